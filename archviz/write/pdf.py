"""PDF: vector pages, the bundled font embedded, text that can be selected and searched.

:func:`write_pdf` makes a document of pages with bookmarks, :func:`figure_pdf` one page cut
to the picture, for LaTeX's ``\\includegraphics``. What the bundled font lacks is drawn as
outlines of a font of the system; an empty box marks the place of what none has.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, assert_never

from archviz.scene.chosen_font import is_measured
from archviz.scene.scene import (
    POINTS,
    Connector,
    Group,
    Line,
    Shape,
    Text,
    bounds,
    leaves,
    shapes_in,
)
from archviz.write.about import About
from archviz.write.lacking import warn_missing
from archviz.write.pdf_document import Document
from archviz.write.pdf_fonts import encodable
from archviz.write.pdf_text import draw_text
from archviz.write.svg import SHADOW_LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archviz.scene.scene import Box, Item, Page, Point, Scene

TALL = 0.3
"""Share of its size by which a letter of another font may pass the box of its line."""
LARGEST = 14400.0
"""Points that a side of a page may have in PDF; a longer picture is shrunk to it."""

HATCH_WIDTH, HATCH_OPACITY = 0.8, 0.3
HATCHES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "lines": ((1, 1, 8, 0),),
    "cross": ((1, 1, 8, 0), (1, -1, 8, 0)),
    "grid": ((1, 0, 6, 3), (0, 1, 6, 3)),
    "steep": ((2, -1, 12, 0),),
}
"""Families of lines (a, b, step, start): all with ax + by = start + k step, k whole.

They and the dots are those of ``templates/pattern.svg.j2``, counted from the page's corner.
"""
DOT_STEP, DOT_STARTS, DOT_RADIUS = 6.0, (1.5, 4.5), 0.8


def write_pdf(pages: Sequence[Page], about: About) -> bytes:
    """A document with a page and a bookmark for each of ``pages``.

    Raises:
        ValueError: there is no page.
    """
    if not pages:
        raise ValueError("a PDF needs at least one page")
    warn_missing([page.scene for page in pages])
    output = io.BytesIO()
    document = Document(output, about)
    canvas = document.canvas
    for number, page in enumerate(pages, start=1):
        scene = page.scene
        _draw(document, scene, (0.0, 0.0, scene.width, scene.height))
        canvas.bookmarkPage(f"page{number}")
        canvas.addOutlineEntry(encodable(page.title) or str(number), f"page{number}", level=0)
        document.end(alternative(scene))
    canvas.showOutline()
    document.save()
    return output.getvalue()


def figure_pdf(scene: Scene, cropped: bool = True, about: About | None = None) -> bytes:
    """One page, cut to what is drawn where it is ``cropped``: the scene without its margins.

    Title and subject are those of the scene where ``about`` has none.
    """
    warn_missing([scene])
    output = io.BytesIO()
    about = about or About()
    title, subject = about.title or scene.title, about.subject or scene.description
    document = Document(output, about._replace(title=title, subject=subject))
    whole = (0.0, 0.0, scene.width, scene.height)
    _draw(document, scene, content_box(scene) if cropped else whole)
    document.end(alternative(scene))
    document.save()
    return output.getvalue()


def alternative(scene: Scene) -> str:
    """What a scene shows, for those who do not see it."""
    title, words = scene.title.strip(), scene.description.strip()
    return words if words.startswith(title) else f"{title}. {words}".strip()


def content_box(scene: Scene, padding: float = 2.0) -> Box:
    """(x, y, width, height) of all that is drawn, outlines and shadows too, on the scene."""
    boxes = list(_ink(scene.items))
    if not boxes:
        return (0.0, 0.0, scene.width, scene.height)
    x, y, right, bottom = bounds(boxes)
    left, top = max(0.0, x - padding), max(0.0, y - padding)
    right, bottom = min(scene.width, right + padding), min(scene.height, bottom + padding)
    return (left, top, right - left, bottom - top)


def _ink(items: Sequence[Item]) -> Iterator[Box]:
    """The boxes of all that leaves a mark."""
    for leaf in leaves(items):
        match leaf:
            case Shape():
                if leaf.fill or leaf.stroke:
                    yield _grown(leaf.box, leaf.line_width / 2 if leaf.stroke else 0.0)
                    yield from map(_written, leaf.texts)
                if leaf.shadow:
                    x, y, width, height = leaf.box
                    depth = leaf.shadow
                    yield _grown((x + depth / 2, y + depth, width, height), depth)
            case Text():
                yield _written(leaf)
            case Line():
                yield _grown(leaf.box, leaf.line_width / 2)
            case Connector():
                head = leaf.head_width if leaf.head else 0.0
                yield _grown(leaf.box, max(leaf.line_width, head) / 2)
            case _:
                assert_never(leaf)


def _written(text: Text) -> Box:
    """The box of a line, higher where its letters may be."""
    known = is_measured(text.text, text.bold)
    return text.box if known else _grown(text.box, text.size * TALL)


def _grown(box: Box, by: float) -> Box:
    return (box[0] - by, box[1] - by, box[2] + 2 * by, box[3] + 2 * by)


def _draw(document: Document, scene: Scene, box: Box) -> None:
    """The part of a scene inside ``box`` as the document's page, y turned up."""
    canvas = document.canvas
    left, top, width, height = box
    scale = min(POINTS, LARGEST / max(width, height))
    canvas.setPageSize((width * scale, height * scale))
    document.begin()
    canvas.transform(scale, 0, 0, -scale, -left * scale, (top + height) * scale)
    painter = _Painter(canvas)
    if scene.background:
        painter.fill(scene.background)
        canvas.rect(left, top, width, height, stroke=0, fill=1)
    for item in scene.items:
        if isinstance(item, Group):
            painter.part(item)
        else:
            painter.items((item,))


class _Painter:
    """Draws items on a canvas whose unit is the pixel and whose y goes down."""

    def __init__(self, canvas: Any) -> None:
        self.canvas = canvas
        canvas.setLineJoin(0)
        canvas.setLineCap(0)

    def part(self, group: Group) -> None:
        """A part of the figure: shadows under all its boxes, then its items."""
        rest: list[Item] = []
        for item in group.items:
            if isinstance(item, Shape) and item.role == "panel":
                self.shadows([item])
                self.items((item,))
            else:
                rest.append(item)
        self.shadows(list(shapes_in(rest)))
        self.items(rest)

    def items(self, items: Sequence[Item]) -> None:
        """Items in their order."""
        for leaf in leaves(items):
            match leaf:
                case Shape():
                    if leaf.fill or leaf.stroke:
                        self.shape(leaf)
                case Text():
                    self.text(leaf)
                case Connector():
                    self.polyline(leaf.shaft(), leaf.stroke, leaf.line_width, leaf.dash)
                    if leaf.head:
                        self.fill(leaf.stroke)
                        path = self.path(leaf.arrowhead())
                        path.close()
                        self.canvas.drawPath(path, stroke=0, fill=1)
                case Line():
                    self.polyline(leaf.points, leaf.stroke, leaf.line_width)
                case _:
                    assert_never(leaf)

    def fill(self, color: str) -> None:
        self.canvas.setFillColorRGB(*_rgb(color))

    def path(self, points: Sequence[Point]) -> Any:
        path = self.canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        return path

    def polyline(
        self, points: Sequence[Point], stroke: str, width: float, dash: float = 0.0
    ) -> None:
        self.outlined(self.path(points), stroke, width, dash)

    def outlined(self, path: Any, stroke: str, width: float, dash: float) -> None:
        self.canvas.setStrokeColorRGB(*_rgb(stroke))
        self.canvas.setLineWidth(width)
        if dash:
            self.canvas.setDash([dash])
        self.canvas.drawPath(path, stroke=1, fill=0)
        if dash:
            self.canvas.setDash([])

    def shadows(self, shapes: Sequence[Shape]) -> None:
        """Soft shadows: a few translucent rectangles each, all of a level in one path."""
        shapes = [shape for shape in shapes if shape.shadow]
        if not shapes:
            return
        self.canvas.saveState()
        self.fill("#000000")
        for growth, opacity in SHADOW_LEVELS:
            path = self.canvas.beginPath()
            for shape in shapes:
                x, y, width, height = _grown(shape.box, growth * shape.shadow)
                path.rect(x + shape.shadow / 2, y + shape.shadow, width, height)
            self.canvas.setFillAlpha(opacity)
            self.canvas.drawPath(path, stroke=0, fill=1, fillMode=1)
        self.canvas.restoreState()

    def shape(self, shape: Shape) -> None:
        """Fill, hatching, outline, and the lines of text."""
        outline = self.outline(shape)
        if shape.fill:
            self.fill(shape.fill)
            self.canvas.drawPath(outline, stroke=0, fill=1)
        if shape.pattern:
            self.canvas.saveState()
            self.canvas.clipPath(outline, stroke=0, fill=0)
            self.hatching(shape)
            self.canvas.restoreState()
        if shape.stroke and shape.line_width:
            self.outlined(outline, shape.stroke, shape.line_width, shape.dash)
        for text in shape.texts:
            self.text(text)

    def outline(self, shape: Shape) -> Any:
        path = self.canvas.beginPath()
        radius = min(shape.radius, shape.width / 2, shape.height / 2)
        if shape.form == "ellipse":
            path.ellipse(*shape.box)
        elif radius > 0:
            path.roundRect(*shape.box, radius)
        else:
            path.rect(*shape.box)
        return path

    def hatching(self, shape: Shape) -> None:
        """The shape's pattern over its box; the canvas is clipped to the shape."""
        color = _rgb(shape.stroke or "#000000")
        if shape.pattern == "dots":
            self.canvas.setFillColorRGB(*color, alpha=HATCH_OPACITY)
            path = self.canvas.beginPath()
            for x, y in _dots(shape.box):
                path.circle(x, y, DOT_RADIUS)
            self.canvas.drawPath(path, stroke=0, fill=1)
            return
        self.canvas.setStrokeColorRGB(*color, alpha=HATCH_OPACITY)
        self.canvas.setLineWidth(HATCH_WIDTH)
        self.canvas.lines(
            [line for family in HATCHES[shape.pattern] for line in _strokes(shape.box, *family)]
        )

    def text(self, text: Text) -> None:
        draw_text(self.canvas, text, _rgb(text.fill))


def _rgb(color: str) -> tuple[float, float, float]:
    """``#rrggbb`` as three shares."""
    return (int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255)


def _strokes(box: Box, a: float, b: float, step: float, start: float) -> Iterator[Box]:
    """The lines ax + by = start + k step that meet a box, as (x, y, x, y), across its width."""
    x, y, width, height = box
    reach = [a * px + b * py for px in (x, x + width) for py in (y, y + height)]
    first, last = int((min(reach) - start) // step), int((max(reach) - start) // step)
    for k in range(first, last + 1):
        value = start + k * step
        if b:
            yield (x, (value - a * x) / b, x + width, (value - a * (x + width)) / b)
        else:
            yield (value / a, y, value / a, y + height)


def _dots(box: Box) -> Iterator[Point]:
    """The middles of the dots that may meet a box."""
    x, y, width, height = box
    for start in DOT_STARTS:
        for column in range(int(x // DOT_STEP) - 1, int((x + width) // DOT_STEP) + 2):
            for row in range(int(y // DOT_STEP) - 1, int((y + height) // DOT_STEP) + 2):
                yield (start + column * DOT_STEP, start + row * DOT_STEP)
