"""TikZ: what is in the source, and what pdflatex makes of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

import archviz
from archviz.errors import MissingCharacters
from archviz.scene.scene import Connector, Group, Item, Line, Scene, Shape, Text
from archviz.scene.theme import PATTERNS as THEME_PATTERNS
from archviz.write.latex import latex
from archviz.write.pdf import content_box
from archviz.write.tikz import PATTERNS, write_tikz
from archviz.write.tikz_names import node_names

needs_latex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is absent")
needs_poppler = pytest.mark.skipif(not shutil.which("pdftoppm"), reason="pdftoppm is absent")
HOSTILE = (
    r"\input{/etc/passwd}",
    "100% & more",
    "$x_1^2$",
    "{",
    "}",
    "}{",
    "#1",
    "~tilde~",
    r"\\",
    r"\end{tikzpicture}",
    "a--b---c",
    '"quoted"',
    "`tick'",
    "[opt]",
    "*star",
    "<<>>|",
    "^^M",
    "×÷±·…–—σΣµ∞≤≥→⊕²₃½√",
    "Größe Ça naïve ŁÓDŹ Čąřîj ỗ",
    "卷积 Слой 畳み 합성 😀",
    "\u202e\u200b\xad",
    "\xa0",
    "ﬁ Ⅳ ① ℝ ™",
    "e\u0301\u0327 \u0301 =\u0338",
    "%\\",
    "",
    " ",
    "!`?`",
)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return archviz.load("inception_v3").scene()


def leaves(items: tuple[Item, ...]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, Group):
            yield from leaves(item.items)
        else:
            yield item


def scene_of(*items: Any, background: str = "#ffffff", width: float = 800) -> Scene:
    return Scene(width, 600, "100% {wrong}\nσ", "", background, (Group("g", "row", items=items),))


def box(name: str, place: int, *lines: str, **values: Any) -> Shape:
    options = {"form": "rect", "width": 80, "height": 40, "fill": "#ffffff", **values}
    return Shape(
        name,
        x=10 + 90 * (place % 8),
        y=10 + 50 * (place // 8),
        stroke="#000000",
        line_width=1.6,
        radius=1.6,
        lines=lines,
        widths=(60.0,) * len(lines),
        text_size=12,
        text_fill="#000000",
        role="conv",
        **options,
    )


def compile_tex(source: str, folder: Path, code: int = 0) -> str:
    """Runs pdflatex, which must end with ``code``; its log."""
    (folder / "figure.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figure.tex"],
        cwd=folder,
        capture_output=True,
        timeout=120,
    )
    log = done.stdout.decode("utf-8", "replace")
    assert done.returncode == code, log[-2000:]
    return log


def document(*bodies: str, libraries: str = "arrows.meta") -> str:
    return "\n".join(
        (
            r"\documentclass{article}\usepackage{tikz}\usetikzlibrary{" + libraries + "}",
            r"\begin{document}",
            *bodies,
            r"\end{document}",
        )
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conv 3×3", r"conv 3$\times$3"),
        ("\\{}$&#^_%~", r"\textbackslash{}\{\}\$\&\#\textasciicircum{}\_\%\textasciitilde{}"),
        ("a…b", r"a\ldots{}b"),
        ("1–2—3", "1--2---3"),
        ("a--b", "a-{}-b"),
        ("σ Σ ≤ →", r"$\sigma$ $\Sigma$ $\le$ $\rightarrow$"),
        ("é ü Č å ï ß ø", r"\'{e} \"{u} \v{C} \r{a} \"{\i} \ss{} \o{}"),
        ("x² H₂ ½ ﬁ ① ą", r"x$^{2}$ H$_{2}$ 1/2 fi 1 a"),
        ("卷 Я 😀", "? ? ?"),
        ("a\tb\nc  d\u200b", "a b c d"),
        ("<|>", "$<$$|$$>$"),
    ],
)
def test_latex(text: str, expected: str) -> None:
    assert latex(text) == expected


def test_every_character_becomes_ascii_with_no_special_left_bare() -> None:
    known = re.compile(
        r"""(\\[\\A-Za-z]+(\{\})?|\\[{}$&#_%'"`^~=.]|\$[^$\\{}]\$|\$\\[A-Za-z]+\$"""
        r"""|\$\^(\\circ|\{\w+\})\$|\$_\{\w+\}\$|\{(\w|\\i|\\j|`)\}|~|[^\\{}$&\#^_%~])*"""
    )
    for code in (*range(0x20, 0x3100), *range(0xFB00, 0xFB07), *range(0x1F600, 0x1F610)):
        source = latex("x" + chr(code))
        assert source.isascii(), hex(code)
        assert known.fullmatch(source), (hex(code), source)


def test_the_source_is_ascii_whatever_the_labels() -> None:
    items = [box(f"n\u00e9 {place}", place, text, text) for place, text in enumerate(HOSTILE)]
    for standalone in (True, False):
        with pytest.warns(MissingCharacters):
            assert write_tikz(scene_of(*items), standalone=standalone).isascii()


def test_every_shape_is_a_node_at_its_place(scene: Scene) -> None:
    source = write_tikz(scene)
    nodes = dict(re.findall(r"\((\S+)\) at \((\S+)\)", source))
    shapes = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Shape)]
    names = node_names(scene.items)
    assert len(shapes) > 80
    assert len(set(names.values())) == len(shapes)
    for shape in shapes:
        x, y = map(float, nodes[names[shape.id]].split(","))
        assert x == pytest.approx(shape.x + shape.width / 2, abs=0.01)
        assert y == pytest.approx(shape.y + shape.height / 2, abs=0.01)
    for shape in shapes:
        for line in shape.lines:
            assert rf"\fit{{{latex(line)}}}" in source


def test_every_connector_starts_and_ends_where_it_should(scene: Scene) -> None:
    source = write_tikz(scene)
    names = node_names(scene.items)
    shapes = {names[leaf.id]: leaf for leaf in leaves(scene.items) if isinstance(leaf, Shape)}

    def position(text: str) -> tuple[float, float]:
        if "," in text:
            x, y = text.split(",")
            return (float(x), float(y))
        name, _, side = text.partition(".")
        x, y, width, height = shapes[name].box
        across = {"west": 0.0, "east": 1.0}.get(side, 0.5)
        down = {"north": 0.0, "south": 1.0}.get(side, 0.5)
        return (x + across * width, y + down * height)

    drawn = [
        [position(point) for point in re.findall(r"\(([^()]+)\)", path)]
        for path in re.findall(r"\\draw\[archviz (?:arrow|connector)[^]]*\](.*);", source)
    ]
    connectors = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Connector)]
    assert len(drawn) == len(connectors) > 50
    for found, line in zip(drawn, connectors, strict=True):
        for at, expected in zip(found, line.points, strict=True):
            assert at == pytest.approx(expected, abs=0.03)
    assert source.count(".east) -- (") > 30, "connectors are tied to nodes"


def test_colours_and_styles_are_defined_once_and_used(scene: Scene) -> None:
    lines = write_tikz(scene).splitlines()
    source = "\n".join(line for line in lines if not line.startswith("%"))
    colors = re.findall(r"\\definecolor\{(\S+?)\}\{HTML\}\{[0-9A-F]{6}\}", source)
    assert {"conv-fill", "pool-fill", "panel-fill", "line", "ink"} <= set(colors)
    assert len(colors) == len(set(colors))
    used = set(re.findall(r"(?:draw|fill|text)=([a-z0-9-]+)", source))
    assert used == set(colors)
    styles = re.findall(r"^  (archviz [a-z0-9 -]+)/\.style", source, re.M)
    assert len(styles) == len(set(styles))
    assert {style for style in styles if f"[{style}" not in source} == set()


def test_what_is_usual_in_a_part_is_said_once(scene: Scene) -> None:
    source = write_tikz(scene)
    nodes = re.findall(r"\\node\[(archviz conv,.*?)\] ", source)
    assert len(nodes) > 30
    assert sum("line width" in node or "type" in node for node in nodes) < len(nodes) / 10


def test_a_line_to_a_node_that_comes_later_has_numbers() -> None:
    points = ((100.0, 30.0), (200.0, 30.0))
    line = Connector(points, points, "#000000", 1, True, 8, 6, source="a", target="later")
    first = Group("one", "row", items=(box("a", 0), line))
    second = Group("two", "row", items=(box("later", 2),))
    source = write_tikz(Scene(800, 600, "t", "", "", (first, second)))
    assert "(100,30) -- (200,30)" in source


def test_two_forms(scene: Scene) -> None:
    whole, part = write_tikz(scene), write_tikz(scene, standalone=False)
    assert r"\documentclass" in whole
    assert r"\documentclass" not in part
    assert part.count(r"\begin{tikzpicture}") == 1
    assert part.rstrip().endswith(r"\endgroup")
    x, y, _, _ = content_box(scene)
    for source in (whole, part, write_tikz(scene, standalone=False, cropped=False)):
        assert rf"\path[use as bounding box] ({x:g},{y:g})" in source
    placed = write_tikz(scene, cropped=False)
    assert f"rectangle ({scene.width:g},{scene.height:g});" in placed
    assert whole == write_tikz(scene)


def test_every_hatching_of_themes_is_known() -> None:
    assert set(PATTERNS) == set(THEME_PATTERNS[1:])


@needs_latex
def test_a_figure_compiles_on_a_page_of_its_size(scene: Scene, tmp_path: Path) -> None:
    log = compile_tex(write_tikz(scene), tmp_path)
    assert "Overfull" not in log
    reader = PdfReader(tmp_path / "figure.pdf")
    assert len(reader.pages) == 1
    _, _, width, height = content_box(scene)
    assert float(reader.pages[0].mediabox.width) == pytest.approx(width * 0.75, abs=0.05)
    assert float(reader.pages[0].mediabox.height) == pytest.approx(height * 0.75, abs=0.05)
    text = reader.pages[0].extract_text()
    assert all(word in text for word in ("Stem", "concat", "max-pool", "repeated N times"))


@pytest.mark.long
@needs_latex
@needs_poppler
@pytest.mark.parametrize("name", ["inception_v3", "resnet50"])
def test_boxes_have_their_places_and_colours(name: str, tmp_path: Path) -> None:
    """Left of its middle, near its lower edge, a box shows its fill, and beside it, not."""
    scene = archviz.load(name).scene()
    compile_tex(write_tikz(scene, cropped=False), tmp_path)
    command = ["pdftoppm", "-r", "192", "-singlefile", "-png", "figure.pdf", "page"]
    subprocess.run(command, cwd=tmp_path, check=True)
    page = Image.open(tmp_path / "page.png").convert("RGB")
    seen = []
    for shape in leaves(scene.items):
        if isinstance(shape, Shape) and shape.form == "rect" and shape.role != "panel":
            inside = [(shape.x + 5, shape.y + shape.height - 3), (shape.x + 3, shape.y + 5)]
            outside = (shape.x - 3, shape.y + shape.height - 4)
            colors = [page.getpixel((int(2 * x), int(2 * y))) for x, y in (*inside, outside)]
            fill = tuple(bytes.fromhex(shape.fill[1:]))
            seen.append(colors[0] == colors[1] == fill != colors[2])
    assert len(seen) > 20
    assert sum(seen) >= 0.97 * len(seen)


@needs_latex
@pytest.mark.parametrize("standalone", [True, False])
def test_hostile_labels_compile(standalone: bool, tmp_path: Path) -> None:
    items: list[Any] = [
        box(f"{text} {place}", place, text, text) for place, text in enumerate(HOSTILE)
    ]
    for place, text in enumerate(HOSTILE):
        anchor = ("start", "middle", "end")[place % 3]
        items.append(Text(300, 300 + place, text, 8, 40, "#123456", anchor, place % 2 == 0, text))
        items.append(Line(((1, place), (9, place)), "#000000", 1, role=text))
    groups = tuple(
        Group(text, text, text, text, items=(box(f"x{place}", place, text),))
        for place, text in enumerate(HOSTILE)
    )
    scene = scene_of(*items)
    scene = scene._replace(items=scene.items + groups, title="".join(HOSTILE))
    with pytest.warns(MissingCharacters, match=r"ỗ.*卷.*stands for them in TeX"):
        source = write_tikz(scene, standalone=standalone)
    compile_tex(source if standalone else document(source), tmp_path)
    assert len(PdfReader(tmp_path / "figure.pdf").pages) == 1


@needs_latex
def test_many_figures_go_into_one_document(tmp_path: Path) -> None:
    for name in ("resnet50", "lenet5"):
        source = write_tikz(archviz.load(name).scene(), standalone=False)
        (tmp_path / f"{name}.tex").write_text(source, encoding="utf-8")
    bodies = (
        r"\begin{figure}\centering\resizebox{\linewidth}{!}{\input{resnet50}}\caption{A}\end{figure}",
        r"\begin{figure}\resizebox{.5\linewidth}{!}{\input{lenet5}}\caption{B}\end{figure}",
    )
    log = compile_tex(document(*bodies), tmp_path)
    assert "Overfull" not in log
    width = content_box(archviz.load("lenet5").scene())[2]
    measured = document(
        r"\linewidth=\maxdimen\setbox0\hbox{\input{lenet5}}\typeout{width \the\wd0}x"
    )
    found = re.search(r"^width ([\d.]+)pt", compile_tex(measured, tmp_path), re.M)
    assert found
    assert float(found[1]) == pytest.approx(width * 0.75 * 72.27 / 72, abs=0.1), "stray space"


@needs_latex
def test_a_missing_library_is_named(tmp_path: Path) -> None:
    source = write_tikz(scene_of(box("a", 0)), standalone=False)
    log = compile_tex(document(source, libraries="calc"), tmp_path, code=1)
    assert r"Put \usetikzlibrary{arrows.meta} into the preamble" in log


@needs_latex
def test_hatchings_ovals_ground_and_long_pictures_compile(tmp_path: Path) -> None:
    items = [box(pattern, place, "conv", pattern=pattern) for place, pattern in enumerate(PATTERNS)]
    oval = box("oval", 9, "S", form="ellipse", shadow=3)
    source = write_tikz(scene_of(*items, oval, background="#102030", width=200_000))
    assert r"\usetikzlibrary{arrows.meta,shapes.geometric,patterns}" in source
    compile_tex(source, tmp_path)
    assert len(PdfReader(tmp_path / "figure.pdf").pages) == 1


@needs_latex
def test_a_label_is_squeezed_and_leaves_its_node_alone(tmp_path: Path) -> None:
    words = "a very long label indeed, which is wider than any box"
    badge = box("b", 1, words, form="ellipse", width=25, height=25)
    dot = box("c", 2, form="ellipse", width=4, height=4)
    scene = scene_of(box("a", 0, words, words), badge, dot)
    measured = "".join(
        rf"\path ({name}.west); \pgfgetlastxy{{\sx}}{{\ignored}}"
        rf"\path ({name}.east); \pgfgetlastxy{{\ex}}{{\ignored}}"
        rf"\typeout{{{id_} \the\dimexpr\ex-\sx\relax}}"
        for id_, name in node_names(scene.items).items()
    )
    measured += (
        rf"\node[words, room=76] {{\setbox1\hbox{{\fit{{{words}}}}}\typeout{{t \the\wd1}}}};"
    )
    source = write_tikz(scene, standalone=False)
    end = r"\end{tikzpicture}"
    log = compile_tex(document(source.replace(end, measured + end)), tmp_path)
    found = dict(re.findall(r"^([abct]) ([\d.]+)pt", log, re.M))
    sizes = {name: float(size) * 72 / 72.27 / 0.75 for name, size in found.items()}
    assert sizes == pytest.approx({"a": 80, "b": 25, "c": 4, "t": 76}, abs=0.1)


def test_a_ground_lies_below_the_lines_on_it() -> None:
    ground = Shape("g", "rect", 0, 0, 200, 200, "#eeeeee", role="ground")
    source = write_tikz(scene_of(ground, box("a", 1, "conv")))
    node = next(line for line in source.splitlines() if "(ground)" in line)
    before = source[: source.index(node)]
    assert before.rindex(r"\begin{pgfonlayer}{panels}") > before.rfind(r"\end{pgfonlayer}")


def test_nodes_are_named_after_what_they_say() -> None:
    names = set(node_names(archviz.load("resnet50").scene().items).values())
    assert {"input", "conv1", "conv1-B", "conv1-R", "max-pool", "dense", "dense-S"} <= names
    assert {"identity1", "add2", "Conv-block-panel", "legend-conv"} <= names
    items = [box("a", 0, "fc6"), box("b", 1, "fc6"), box("c", 2, "卷积"), box("d", 3, "Größe 3×3")]
    assert list(node_names(items).values()) == ["fc6-1", "fc6-2", "conv", "Grosse"]
    assert node_names([box("a", 0, "y1"), box("b", 1, "y"), box("c", 2, "y")])["b"] == "y2"


ASKED = r"""
\documentclass{article}\usepackage{tikz}\usetikzlibrary{arrows.meta}
\tikzset{every archviz figure/.style={archviz conv/.append style={fill=orange}}}
\newcommand\archvizfont{\ttfamily}
\begin{document}
\def\measured#1{\setbox0\hbox{\input{net}}\typeout{#1 \the\wd0}}
\linewidth=600bp \measured{whole}
\linewidth=597bp \measured{nearly}
\linewidth=300bp \measured{half}
\def\archvizwidth{500bp}\measured{asked}
\def\archvizwidth{\linewidth}\input{net}
\end{document}
"""


@needs_latex
def test_a_picture_respects_its_line(tmp_path: Path) -> None:
    shape = Shape("a", "rect", 0, 0, 800, 40, "#ff0000", text_size=12, role="conv", lines=("n",),
                  widths=(9,))  # fmt: skip
    scene = Scene(800, 40, "t", "", "", (Group("g", "row", items=(shape,)),))
    source = write_tikz(scene, standalone=False)
    (tmp_path / "net.tex").write_text(source, encoding="utf-8")
    log = compile_tex(ASKED, tmp_path)
    found = dict(re.findall(r"^(whole|nearly|half|asked) ([\d.]+)pt", log, re.M))
    wide = {name: float(size) * 72 / 72.27 for name, size in found.items()}
    assert wide == pytest.approx({"whole": 600, "nearly": 597, "half": 300, "asked": 500}, abs=0.1)
    flat = " ".join(log.split())
    assert flat.count("A figure of 800 px is shrunk") == 3, "half, asked, and the last"
    assert "Overfull" not in log
    (page,) = PdfReader(tmp_path / "figure.pdf").pages
    assert "/Courier" in str(page["/Resources"]) or "tt" in str(_fonts(page)).lower()
    contents = page.get_contents()
    assert contents is not None
    assert b"1 0.5 0 rg" in contents.get_data(), "a style of the document is taken"


def _fonts(page: Any) -> list[str]:
    return [font["/BaseFont"] for font in page["/Resources"]["/Font"].values()]
