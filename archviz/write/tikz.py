"""TikZ: a figure that pdflatex draws and a human can go on editing.

Colours and styles are named after roles and defined once; boxes are nodes with names,
connectors are paths between their sides.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, assert_never

from archviz.scene.scene import (
    POINTS,
    Connector,
    Group,
    Line,
    Shape,
    Text,
    leaves,
    shapes_in,
    texts_in,
)
from archviz.write.lacking import warn_of
from archviz.write.latex import ascii_line
from archviz.write.pdf import content_box
from archviz.write.svg import SHADOW_LEVELS, number
from archviz.write.templates import render_template
from archviz.write.tikz_fonts import tex_face
from archviz.write.tikz_names import Names, node_names, tex_word
from archviz.write.tikz_scripts import Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archviz.scene.scene import Box, Item, Point, Primitive, Scene

LARGEST = 14000.0
"""Pixels that a side may have: TeX's arithmetic ends at 16383; a larger scene is shrunk."""
PATTERNS = {
    "lines": "north east lines",
    "dots": "dots",
    "cross": "crosshatch",
    "grid": "grid",
    "steep": "north west lines",
}
HAIR = 0.01
"""Points that a page is higher than its picture, which would go to the next if it were lower."""
NEAR = 0.02
"""Pixels by which a connector's end may miss the middle of a node's side."""


def write_tikz(scene: Scene, *, standalone: bool = True, cropped: bool = True) -> str:
    """The scene as LaTeX source.

    A whole document, or a ``tikzpicture`` for ``\\input``; as large as what is drawn, but for a
    document that is not ``cropped``: its page is the scene.
    """
    whole = (0.0, 0.0, scene.width, scene.height)
    box = content_box(scene) if cropped or not standalone else whole
    return _TikzWriter(scene, box).source(standalone)


class _TikzScope(NamedTuple):
    """A scope: nodes and paths as statements, names of nodes by layer and depth of shadow."""

    name: str
    settings: Sequence[str]
    nodes: dict[str, list[str]]
    shadows: dict[tuple[str, str], list[str]]
    paths: list[str]


class _Usual(NamedTuple):
    """What most primitives of a part have, and so need not say."""

    line: float
    corner: float
    type: float
    bracket: float
    connector: tuple[float, float, float]


class _TikzWriter:
    """Turns a scene into what the template needs, and gathers colours and styles on the way."""

    def __init__(self, scene: Scene, box: Box) -> None:
        self.scene = scene
        self.box = x, y, width, height = box
        self.scale = min(1.0, LARGEST / max(x + width, y + height))
        self.colors: dict[str, str] = {}
        self.color_names = Names()
        self.styles: dict[str, list[str]] = {}
        self.style_names = Names()
        self.node_names = node_names(scene.items)
        self.labels = Labels()
        drawn = list(leaves(scene.items))
        shapes = [leaf for leaf in drawn if isinstance(leaf, Shape)]
        texts = [leaf for leaf in drawn if isinstance(leaf, Text)]
        self.placed: dict[str, Shape] = {}
        self.type_of = {text.role: text.size for text in reversed(texts)}
        self.round = all(s.form == "rect" or abs(s.width - s.height) < NEAR for s in shapes)
        self.patterned = any(shape.pattern for shape in shapes)
        for wish, values in (
            ("line", [leaf.stroke for leaf in drawn if not isinstance(leaf, Text)]),
            ("ink", [shape.text_fill for shape in shapes]),
        ):
            for value, _ in Counter(filter(None, values)).most_common():
                self.color(wish, value)

    def source(self, standalone: bool) -> str:
        """The whole source."""
        scene = self.scene
        white = scene.background in ("", "#ffffff")
        page = "" if white else self.color("page", scene.background)
        parts = [self.part(name, items) for name, items in _parts(scene.items)]
        warn_of("".join(self.labels.missing), "? stands for them in TeX, or a letter like them")
        x, y, width, height = self.box
        libraries = ["arrows.meta", *["shapes.geometric"] * (not self.round)]
        libraries += ["patterns"] * self.patterned
        return render_template(
            "figure.tex.j2",
            title=ascii_line(scene.title),
            standalone=standalone,
            page_width=number(width * self.scale * POINTS),
            page_height=number(height * self.scale * POINTS + HAIR),
            unit=number(POINTS),
            width=self.length(width),
            hundredths=round(width * self.scale * 100),
            least=self.length(min((text.size for text in texts_in(scene.items)), default=12.0)),
            face=tex_face(),
            libraries=libraries,
            colors=list(self.colors.items()),
            styles=list(self.styles.items()),
            badge="circle" if self.round else "ellipse",
            shadow_levels=",".join(f"{grow:g}/{opacity:g}" for grow, opacity in SHADOW_LEVELS),
            corners=[self.point((x, y)), self.point((x + width, y + height))],
            background=page,
            parts=parts,
            fonts=[(name, path) for path, name in self.labels.fonts.items()],
            heavy=number(100 * self.labels.heavy),
        )

    def length(self, value: float) -> str:
        return number(value * self.scale)

    def point(self, point: Point) -> str:
        return f"{self.length(point[0])},{self.length(point[1])}"

    def color(self, wish: str, value: str) -> str:
        """The name of a colour; each wish and value is defined once."""
        name = self.color_names.name((wish, value), wish)
        self.colors[name] = value.lstrip("#").upper()
        return name

    def style(self, wish: str, settings: list[str]) -> str:
        """The name of a style with these settings."""
        name = self.style_names.name((wish, *settings), f"archviz {wish}", gap=" ")
        self.styles[name] = settings
        return name

    def part(self, name: str, items: Sequence[Item]) -> _TikzScope:
        """A top-level group, or what stands between two of them."""
        drawn = list(leaves(items))
        usual = _usual(drawn)
        part = _TikzScope(
            ascii_line(name), self.settings(drawn, usual), {"panels": [], "main": []}, {}, []
        )
        for shape in shapes_in(items):
            self.shape(shape, usual, part)
        for leaf in drawn:
            match leaf:
                case Shape():
                    pass  # boxes stand below all texts
                case Text():
                    part.nodes["main"].append(self.words(leaf))
                case Line():
                    part.paths.append(self.line(leaf, usual))
                case Connector():
                    part.paths.append(self.connector(leaf, usual))
                case _:
                    assert_never(leaf)
        return part

    def settings(self, drawn: Sequence[Primitive], usual: _Usual) -> list[str]:
        """The options of a part's scope."""
        kinds = (
            ("boxes", Shape, (usual.line, usual.corner, usual.type)),
            ("brackets", Line, (usual.bracket,)),
            ("connectors", Connector, usual.connector),
        )
        return [
            f"{name}=" + "".join(f"{{{self.length(value)}}}" for value in values)
            for name, kind, values in kinds
            if any(isinstance(leaf, kind) for leaf in drawn)
        ]

    def shape(self, shape: Shape, usual: _Usual, part: _TikzScope) -> None:
        """A box or a badge as a node, its shadow; a port as a coordinate."""
        name = self.node_names[shape.id]
        self.placed[shape.id] = shape
        at = self.point((shape.x + shape.width / 2, shape.y + shape.height / 2))
        if not (shape.fill or shape.stroke):
            part.nodes["main"].append(rf"\coordinate ({name}) at ({at});")
            return
        layer = "panels" if shape.role in ("panel", "ground") else "main"
        fit = "" if shape.role == "symbol" else r"\fit"  # a sign stands in the middle as it is
        lines = [self.labels.latex(line, shape.bold) for line in shape.lines]
        label = r"\\".join(f"{fit}{{{line}}}" for line in lines)
        options = ", ".join(self.shape_options(shape, usual))
        part.nodes[layer].append(rf"\node[{options}] ({name}) at ({at}) {{{label}}};")
        if shape.shadow:
            below = "floor" if layer == "panels" else "shadows"
            part.shadows.setdefault((below, self.length(shape.shadow)), []).append(name)

    def shape_options(self, shape: Shape, usual: _Usual) -> list[str]:
        """The style, the size, and what is not usual in the part."""
        options = [self.shape_style(shape)]
        options.append(f"size={{{self.length(shape.width)}}}{{{self.length(shape.height)}}}")
        if shape.stroke and shape.line_width != usual.line:
            options.append(rf"line width={self.length(shape.line_width)}\px")
        options += self.dashes(shape.dash)
        square = shape.form == "ellipse" or shape.role == "panel"
        if not square and shape.radius != usual.corner:
            options.append(f"corner={self.length(shape.radius)}")
        if shape.lines and shape.text_size != usual.type:
            options.append(f"type={self.length(shape.text_size)}")
        if shape.lift:
            options.append(f"lift={self.length(shape.lift)}")
        if shape.widths and max(shape.widths) > shape.width - 4:
            options.append(f"room={self.length(max(shape.widths))}")
        return options

    def dashes(self, length: float) -> list[str]:
        """The option of a dashed line."""
        dash = self.length(length)
        return [rf"dash pattern=on {dash}\px off {dash}\px"] if length else []

    def shape_style(self, shape: Shape) -> str:
        """The style of a role's boxes or badges."""
        role = tex_word(shape.role)
        base = "badge" if shape.form == "ellipse" else "box"
        settings = [base]
        if shape.stroke:
            settings.append(f"draw={self.color('line', shape.stroke)}")
        if shape.fill:
            settings.append(f"fill={self.color(f'{role}-fill', shape.fill)}")
        if shape.text_fill:
            settings.append(f"text={self.color('ink', shape.text_fill)}")
        if shape.role == "panel":
            settings.append(f"corner={self.length(shape.radius)}")
        if shape.bold:
            settings.append("bold")
        if shape.pattern:
            ink = self.color("line", shape.stroke or "#000000")
            pattern = f"pattern={PATTERNS[shape.pattern]}, pattern color={ink}"
            settings.append(f"postaction={{{pattern}, opacity=0.3}}")
        return self.style(role if base == "box" else f"{role} {base}", settings)

    def words(self, text: Text) -> str:
        """A text outside of boxes, held by its baseline."""
        role = tex_word(text.role)
        usual = self.type_of[text.role]
        color = self.color(f"{role}-text", text.fill)
        settings = ["words", f"text={color}", f"type={self.length(usual)}"]
        options = [self.style(f"{role} words", settings + ["bold"] * text.bold)]
        if text.size != usual:
            options.append(f"type={self.length(text.size)}")
        if text.anchor != "middle":
            options.append(f"anchor=base {'west' if text.anchor == 'start' else 'east'}")
        if text.width:
            options.append(f"room={self.length(text.width * 1.005)}")
        at, label = self.point((text.x, text.y)), self.labels.latex(text.text, text.bold)
        return rf"\node[{', '.join(options)}] at ({at}) {{\fit{{{label}}}}};"

    def line(self, line: Line, usual: _Usual) -> str:
        """A bracket or another polyline."""
        settings = [f"draw={self.color('line', line.stroke)}", "every bracket/.try"]
        options = [self.style(tex_word(line.role), settings)]
        if line.line_width != usual.bracket:
            options.append(rf"line width={self.length(line.line_width)}\px")
        points = " -- ".join(f"({self.point(point)})" for point in line.points)
        return rf"\draw[{', '.join(options)}] {points};"

    def connector(self, line: Connector, usual: _Usual) -> str:
        """A connector, tied to the sides of its nodes where it starts or ends at them."""
        settings = [f"draw={self.color('line', line.stroke)}", "every connector/.try"]
        settings += ["tip"] if line.head else []
        options = [self.style("arrow" if line.head else "connector", settings)]
        values = (line.line_width, line.head_length, line.head_width)
        if values != usual.connector:
            width, head_length, head_width = map(self.length, values)
            options.append(rf"line width={width}\px")
            if line.head:
                options.append(f"head={{{head_length}}}{{{head_width}}}")
        options += self.dashes(line.dash)
        points = [f"({self.point(point)})" for point in line.points]
        points[0] = self.end(line.source, line.points[0]) or points[0]
        points[-1] = self.end(line.target, line.points[-1]) or points[-1]
        return rf"\draw[{', '.join(options)}] {' -- '.join(points)};"

    def end(self, id_: str, point: Point) -> str:
        """The side of a node whose middle is ``point``; empty if there is none."""
        shape = self.placed.get(id_)
        if shape is None:
            return ""
        name, (x, y, width, height) = self.node_names[shape.id], shape.box
        for side, across, down in (
            ("west", 0.0, 0.5),
            ("east", 1.0, 0.5),
            ("north", 0.5, 0.0),
            ("south", 0.5, 1.0),
        ):
            if abs(x + across * width - point[0]) + abs(y + down * height - point[1]) <= NEAR:
                return f"({name}.{side})" if width or height else f"({name})"
        return ""


def _parts(items: Sequence[Item]) -> Iterator[tuple[str, Sequence[Item]]]:
    """(name, items) of each group; what stands between two groups is a part of its own."""
    for grouped, run in groupby(items, lambda item: isinstance(item, Group)):
        if grouped:
            yield from ((g.name or g.role, g.items) for g in run if isinstance(g, Group))
        else:
            yield ("rest", list(run))


def _most(values: Iterable[float]) -> float:
    """The most frequent value, 0 if there is none."""
    return Counter(values).most_common(1)[0][0] if (values := list(values)) else 0.0


def _usual(drawn: Sequence[Primitive]) -> _Usual:
    shapes = [leaf for leaf in drawn if isinstance(leaf, Shape)]
    connectors = [leaf for leaf in drawn if isinstance(leaf, Connector)]
    heads = [line for line in connectors if line.head] or connectors
    widths = Counter((c.line_width, c.head_length, c.head_width) for c in heads)
    return _Usual(
        _most(shape.line_width for shape in shapes if shape.stroke),
        _most(s.radius for s in shapes if s.form != "ellipse" and s.role != "panel"),
        _most(s.text_size for s in shapes if s.lines) or 12.0,  # TeX has no letters of size 0
        _most(leaf.line_width for leaf in drawn if isinstance(leaf, Line)),
        widths.most_common(1)[0][0] if widths else (0.0, 0.0, 0.0),
    )
