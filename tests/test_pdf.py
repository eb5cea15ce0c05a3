"""PDF, read back with pypdf; where poppler is there, held beside the PNG pixel by pixel."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bundled import of_each
from PIL import Image, ImageChops
from pypdf import PdfReader
from pypdf.generic import ContentStream

import archviz
from archviz.errors import MissingCharacters
from archviz.scene.scene import Connector, Group, Line, Page, Scene, Shape, Text
from archviz.scene.text import text_width
from archviz.scene.theme import PATTERNS
from archviz.write.about import About
from archviz.write.pdf import HATCHES, LARGEST, content_box, figure_pdf, write_pdf
from archviz.write.png import write_png

NETWORKS = ("resnet50", "inception_v3", "xception")


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [archviz.load(name).scene() for name in NETWORKS]


@pytest.fixture(scope="module")
def document(scenes: list[Scene]) -> bytes:
    pages = [Page(scene, f"{scene.title} · bookmark") for scene in scenes]
    return write_pdf(pages, About("Three × networks", "σ and ü", "A. Author"))


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data), strict=True)


def words(items: Any) -> list[str]:
    """All lines of text of some items."""
    found: list[str] = []
    for item in items:
        if isinstance(item, Group):
            found += words(item.items)
        elif isinstance(item, Text):
            found.append(item.text)
        elif isinstance(item, Shape):
            found += item.lines
    return found


def operations(reader: PdfReader, page: int = 0) -> list[tuple[str, list[Any]]]:
    contents = reader.pages[page].get_contents()
    assert isinstance(contents, ContentStream)
    return [(operator.decode(), operands) for operands, operator in contents.operations]


def scene_of(*items: Any, width: float = 300, height: float = 100) -> Scene:
    return Scene(width, height, "Test", "", "#ffffff", (Group("all", "row", items=items),))


def label(text: str, width: float = 0, **values: Any) -> Text:
    return Text(100, 50, text, 20, width or text_width(text, 20), "#000000", **values)


def test_a_page_for_each_scene_of_its_size(document: bytes, scenes: list[Scene]) -> None:
    boxes = [page.mediabox for page in read(document).pages]
    assert len(boxes) == len(scenes)
    for box, scene in zip(boxes, scenes, strict=True):
        assert float(box.width) == pytest.approx(scene.width * 0.75, abs=0.01)
        assert float(box.height) == pytest.approx(scene.height * 0.75, abs=0.01)


def test_every_text_is_found_on_its_page(document: bytes, scenes: list[Scene]) -> None:
    for page, scene in zip(read(document).pages, scenes, strict=True):
        lines = page.extract_text().splitlines()
        joined = " ".join(" ".join(lines).split())
        expected = words(scene.items)
        assert len(expected) > 20
        assert [text for text in expected if " ".join(text.split()) not in joined] == []


def test_only_the_bundled_fonts_and_these_embedded(document: bytes) -> None:
    names = set()
    for page in read(document).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            names.add(font["/BaseFont"])
            assert "/FontFile2" in font["/FontDescriptor"], font["/BaseFont"]
            assert "/ToUnicode" in font
    assert {name.split("+")[1] for name in names} == {"Arimo-Regular", "Arimo-Bold"}
    assert all("+" in name for name in names), "not a subset"


def test_bookmarks_lead_to_their_pages(document: bytes, scenes: list[Scene]) -> None:
    reader = read(document)
    assert reader.page_mode == "/UseOutlines"
    found = [
        (entry.title, reader.get_destination_page_number(entry))  # type: ignore[union-attr, arg-type]
        for entry in reader.outline
    ]
    assert found == [(f"{scene.title} · bookmark", place) for place, scene in enumerate(scenes)]


def test_metadata_language_and_shown_title(document: bytes) -> None:
    reader = read(document)
    information = reader.metadata
    assert information is not None
    assert information.title == "Three × networks"
    assert information.author == "A. Author"
    assert information.subject == "σ and ü"
    assert information.creator == "archviz"
    assert reader.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]  # type: ignore[index]


def test_the_same_bytes_in_this_and_in_another_process(scenes: list[Scene]) -> None:
    program = (
        "import archviz, sys; from archviz.write.pdf import figure_pdf;"
        "sys.stdout.buffer.write(figure_pdf(archviz.load('xception').scene()))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        cwd=Path(archviz.__file__).parent.parent,
    ).stdout
    assert figure_pdf(scenes[2]) == figure_pdf(scenes[2]) == other


def test_a_figure_is_cut_to_what_is_drawn(scenes: list[Scene]) -> None:
    for scene in scenes:
        reader = read(figure_pdf(scene))
        _, _, width, height = content_box(scene)
        assert width < scene.width - 20
        assert height < scene.height - 20
        assert len(reader.pages) == 1
        assert reader.outline == []
        assert float(reader.pages[0].mediabox.width) == pytest.approx(width * 0.75, abs=0.01)
        assert float(reader.pages[0].mediabox.height) == pytest.approx(height * 0.75, abs=0.01)


def test_content_box_counts_outlines_shadows_heads_and_texts() -> None:
    box = Shape("a", "rect", 100, 40, 50, 20, "#ffffff", "#000000", line_width=4)
    assert content_box(scene_of(box), padding=0) == (98, 38, 54, 24)
    shadowed = Shape("a", "rect", 100, 40, 50, 20, "#ffffff", shadow=4)
    assert content_box(scene_of(shadowed), padding=0) == (98, 40, 58, 28)
    points = ((100.0, 50.0), (150.0, 50.0))
    arrow = Connector(points, points, "#000000", 2, True, 10, 8)
    assert content_box(scene_of(arrow), padding=0) == (96, 46, 58, 8)
    text = Text(100, 50, "x", 20, 60, "#000000", anchor="start")
    assert content_box(scene_of(text), padding=0)[0::2] == (100, 60)
    port = Shape("p", "ellipse", 5, 5, 0, 0, "")
    assert content_box(scene_of(port, text), padding=0)[0] == 100
    assert content_box(scene_of(), padding=0) == (0, 0, 300, 100)
    assert content_box(scene_of(box), padding=500) == (0, 0, 300, 100)


@pytest.mark.parametrize("anchor", ["start", "middle", "end"])
@pytest.mark.parametrize(("share", "stretch"), [(1.0, 1.0), (1.004, 1.0), (0.8, 0.8), (1.5, 1.5)])
def test_a_text_is_as_wide_as_it_was_measured(anchor: str, share: float, stretch: float) -> None:
    natural = text_width("conv 3×3", 20)
    text = label("conv 3×3", natural * share, anchor=anchor)
    found = operations(read(figure_pdf(scene_of(text))))
    before = found[: next(i for i, (operator, _) in enumerate(found) if operator == "BT")]
    matrix = [float(value) for value in [v for operator, v in before if operator == "cm"][-1]]
    start = {"start": 100, "middle": 100 - natural * stretch / 2, "end": 100 - natural * stretch}
    assert matrix == pytest.approx([stretch, 0, 0, -1, start[anchor], 50], abs=0.01)


def test_a_shadow_is_translucent_rectangles() -> None:
    shape = Shape("a", "rect", 100, 40, 50, 20, "#ffffff", shadow=4)
    reader = read(figure_pdf(scene_of(shape)))
    states = reader.pages[0]["/Resources"]["/ExtGState"].values()  # type: ignore[index]
    assert {float(state["/ca"]) for state in states if "/ca" in state} >= {0.17, 0.11}
    rectangles = [tuple(map(float, v)) for name, v in operations(reader) if name == "re"]
    expected = [(101.2, 43.2, 51.6, 21.6), (98.4, 40.4, 57.2, 27.2)]
    assert [pytest.approx(rectangle, abs=0.01) for rectangle in expected] == rectangles[1:3]


def test_lines_end_in_their_heads() -> None:
    points = ((100.0, 50.0), (100.0, 80.0), (150.0, 80.0))
    arrow = Connector(points, points, "#ff0000", 2, True, 10, 8)
    bracket = Line(((10.0, 10.0), (5.0, 10.0)), "#0000ff", 1)
    found = operations(read(figure_pdf(scene_of(arrow, bracket))))
    drawn = [tuple(map(float, v)) for name, v in found if name in ("m", "l")]
    assert drawn == [
        (100, 50),
        (100, 80),
        (140, 80),
        (150, 80),
        (140, 84),
        (140, 76),
        (10, 10),
        (5, 10),
    ]
    colors = [tuple(map(float, v)) for name, v in found if name in ("RG", "rg")]
    assert (1, 0, 0) in colors
    assert (0, 0, 1) in colors


def test_characters_that_no_font_has() -> None:
    scene = scene_of(label("conv Слой 😀 \ud800"))
    with pytest.warns(MissingCharacters, match=r"has: С \(U\+0421\).*😀 \(U\+1F600\); empty"):
        boxed = read(figure_pdf(scene))
    plain = operations(read(figure_pdf(scene_of(label("conv")))))
    boxes = [sum(name == "re" for name, _ in found) for found in (plain, operations(boxed))]
    assert boxes[1] - boxes[0] == len("Слой😀"), "one box a character"
    assert boxed.pages[0].extract_text().split() == ["conv", "Слой", "😀", "?"], (
        "which are found all the same"
    )


def test_a_document_needs_a_page() -> None:
    with pytest.raises(ValueError, match="at least one page"):
        write_pdf([], About())


def test_a_page_larger_than_pdf_allows_is_shrunk() -> None:
    scene = Scene(60_000, 600, "Long", "", "#ffffff")
    box = read(write_pdf([Page(scene, "")], About())).pages[0].mediabox
    assert float(box.width) == pytest.approx(LARGEST)
    assert float(box.height) == pytest.approx(LARGEST / 100)


def patterned(*patterns: str) -> Scene:
    """A box and a badge of each hatching."""
    items: list[Any] = []
    for place, pattern in enumerate(patterns):
        options = {"fill": "#dddddd", "stroke": "#000000", "line_width": 1.6, "pattern": pattern}
        items.append(Shape(pattern, "rect", 10, 10 + 100 * place, 120, 80, **options))
        items.append(Shape(pattern + "o", "ellipse", 150, 10 + 100 * place, 60, 60, **options))
    return scene_of(*items, width=220, height=100 * len(patterns))


def test_every_hatching_of_themes_is_drawn_inside_its_shape() -> None:
    assert {*HATCHES, "dots"} == set(PATTERNS[1:])
    found = [name for name, _ in operations(read(figure_pdf(patterned(*PATTERNS[1:]))))]
    assert found.count("W*") == 2 * len(HATCHES) + 2, "each is clipped"
    plain = scene_of(*(s._replace(pattern="") for s in patterned(*PATTERNS[1:]).items[0].items))  # type: ignore[union-attr]
    without = [name for name, _ in operations(read(figure_pdf(plain)))]
    assert found.count("l") > without.count("l") + 100


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="pdftoppm (poppler-utils) is absent")
@pytest.mark.parametrize("name", [*PATTERNS[1:], *of_each(NETWORKS)])
def test_pixels_agree_with_the_png(name: str, tmp_path: Path) -> None:
    """On average within 1.2 of 255 levels, hatchings within 5: lines lie on each other."""
    scene = patterned(name) if name in PATTERNS else archviz.load(name).scene()
    path = tmp_path / "page.pdf"
    path.write_bytes(write_pdf([Page(scene, "page")], About()))
    subprocess.run(["pdftoppm", "-r", "288", "-png", path, tmp_path / "page"], check=True)
    (picture,) = tmp_path.glob("page-*.png")
    drawn = Image.open(picture).convert("L")
    expected = Image.open(io.BytesIO(write_png(scene, scale=3))).convert("L")
    assert abs(drawn.width - expected.width) <= 3
    assert abs(drawn.height - expected.height) <= 3
    size = (min(drawn.width, expected.width), min(drawn.height, expected.height))
    difference = ImageChops.difference(drawn.crop((0, 0, *size)), expected.crop((0, 0, *size)))
    levels = difference.histogram()
    assert sum(level * count for level, count in enumerate(levels)) / sum(levels) < (
        5 if name in PATTERNS else 1.2
    )
    assert sum(levels[128:]) / sum(levels) < (0.02 if name in PATTERNS else 0.003)


def test_a_figure_is_as_large_on_paper_as_its_scene_says() -> None:
    """A pixel of the scene is 1/96 inch, a unit of PDF 1/72."""
    scene = archviz.load("lenet5").scene()
    box = PdfReader(io.BytesIO(figure_pdf(scene))).pages[0].mediabox
    _, _, width, height = content_box(scene)
    assert float(box.width) == pytest.approx(width * 72 / 96, abs=0.1)
    assert float(box.height) == pytest.approx(height * 72 / 96, abs=0.1)
