"""A line of text on a PDF's page: letters of the bundled or the chosen font, outlines of others."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from archviz.scene.chosen_font import chosen_face
from archviz.scene.scene import total
from archviz.scene.shaping import BUNDLED, Run, runs
from archviz.write.drawn_text import BOX, picture, stroke, way
from archviz.write.outlines import outline
from archviz.write.pdf_embedded import embedded_font, is_embeddable
from archviz.write.pdf_fonts import bundled_font, encodable, unseen_codes, unseen_font

if TYPE_CHECKING:
    from archviz.scene.scene import Text

STRETCH = 0.005
"""Share by which a text may miss its measured width before it is scaled to it."""
Color = tuple[float, float, float]


def draw_text(canvas: Any, text: Text, color: Color) -> None:
    """One line, scaled to its measured width where it would miss it."""
    from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-untyped]

    font, size, chosen = bundled_font(text.bold), text.size, chosen_face(text.bold)
    pieces = [
        (run, stringWidth(run.text, font, size) if run.font == BUNDLED else run.advance * size)
        for run in runs(encodable(text.text), text.bold)
    ]
    natural = total(width for _, width in pieces)
    if not natural:
        return
    stretch = text.width / natural
    if abs(stretch - 1) <= STRETCH or stretch <= 0:
        stretch = 1.0
    canvas.saveState()
    canvas.transform(stretch, 0, 0, -1, text.x - text.shift * natural * stretch, text.y)
    canvas.setFillColorRGB(*color)
    place = 0.0
    for run, width in pieces:
        if run.font == BUNDLED:
            canvas.setFont(font, size)
            canvas.drawString(place, 0, run.text)
        elif chosen and run.font == chosen and is_embeddable(chosen) and not run.leftwards:
            canvas._code.append(embedded_font(canvas._doc, chosen).write(run, place, size))
        else:
            how = way(run)
            if how == "picture":
                _draw_picture(canvas, run, place, width, size)
            elif how == "outline":
                line = stroke(run, text.bold) * size
                if line:
                    canvas.setStrokeColorRGB(*color)
                _draw_outlines(canvas, run, place, size, line)
            else:
                _draw_boxes(canvas, run, place, size, color)
            _write_unseen(canvas, run, place, width, size)
        place += width
    canvas.restoreState()


def _draw_outlines(canvas: Any, run: Run, place: float, size: float, line: float) -> None:
    """The glyphs of a run as one path; with a ``line`` round it, where it has a width."""
    path = canvas.beginPath()
    drawn = False
    for glyph in run.glyphs:
        x, y = place + glyph.x * size, glyph.y * size
        for step in outline(run.font, glyph.number):
            drawn = True
            points = [(x, y)[at % 2] + value * size for at, value in enumerate(step)]
            if len(points) == 2:
                path.moveTo(*points)
            elif len(points) == 4:
                path.lineTo(*points[2:])
            else:
                path.curveTo(*points[2:])
    if drawn:
        if line:
            canvas.setLineWidth(line)
            canvas.setLineJoin(1)
        canvas.drawPath(path, stroke=int(line > 0), fill=1, fillMode=1)


def _draw_boxes(canvas: Any, run: Run, place: float, size: float, color: Color) -> None:
    """An empty box, one em wide as it was measured, for each character that no font has."""
    left, width, height, line = (value * size for value in BOX)
    canvas.setStrokeColorRGB(*color)
    canvas.setLineWidth(line)
    for index in range(round(run.advance)):
        canvas.rect(place + index * size + left, 0, width, height)


def _draw_picture(canvas: Any, run: Run, place: float, width: float, size: float) -> None:
    """Letters that have colours, as the picture that a PNG shows."""
    from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]

    image = ImageReader(BytesIO(picture(run)))
    canvas.drawImage(image, place, -size / 2, width, 2 * size, mask="auto")


def _write_unseen(canvas: Any, run: Run, place: float, width: float, size: float) -> None:
    """The run's text over its letters, from the left to the right as readers of PDF expect."""
    text = run.text[::-1] if run.leftwards else run.text
    codes = unseen_codes(text)
    squeeze = 100 * width / (len(codes) / 2 * size)
    font = unseen_font(canvas._doc)
    canvas._code.append(
        f"BT {font} {size:g} Tf 3 Tr {squeeze:.4g} Tz 1 0 0 1 {place:.6g} 0 Tm "
        f"<{codes.hex().upper()}> Tj 0 Tr 100 Tz ET"
    )
