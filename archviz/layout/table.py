"""A table as a figure: a bold header, hairlines, numbers flush right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.errors import fail
from archviz.layout.canvas import Canvas, simplify
from archviz.layout.style import Style
from archviz.network.head import Head
from archviz.scene.scene import Group, Item, Line, total
from archviz.scene.text import ASCENT, LINE_HEIGHT, paragraph, text_width

KERAS_COLUMNS = ("model", "size", "top-1", "top-5", "parameters", "depth")

MOST_OTHERS = 12
"""Networks that Keras does not ship which are named; more are counted."""


def keras_rows(heads: Sequence[Head]) -> list[tuple[str, ...]]:
    """The rows of the networks that Keras ships, from their specs' ``keras:`` entries."""
    return [
        (
            str(head.keras.get("model", head.title)),
            _cell(head, "size_mb", "{:,.0f} MB"),
            _cell(head, "top1", "{:.3f}"),
            _cell(head, "top5", "{:.3f}"),
            _cell(head, "parameters", "{:,.0f}"),
            _cell(head, "depth", "{:.0f}"),
        )
        for head in heads
        if head.keras
    ]


def _cell(head: Head, key: str, form: str) -> str:
    value = head.keras.get(key)
    return form.format(value) if isinstance(value, int | float) else "-"


def not_in_keras(heads: Sequence[Head]) -> str:
    """What to say of networks that are no rows; empty where there are none."""
    others = [head.title for head in heads if not head.keras]
    if len(others) > MOST_OTHERS:
        return f"Not in Keras: {len(others)} of the {len(heads)} networks"
    return f"Not in Keras: {', '.join(others)}" if others else ""


class Columns(NamedTuple):
    """Where the columns of a table are, and how far it reaches; pixels."""

    widths: tuple[float, ...]
    gap: float
    words: frozenset[int] = frozenset({0})
    """Those whose cells stand flush left."""

    @property
    def right(self) -> float:
        """The right edge of the last."""
        return total(self.widths) + self.gap * (len(self.widths) - 1)


def keras_table(heads: Sequence[Head], style: Style, width: float = 0.0) -> tuple[Item, ...]:
    """The table of the networks that Keras ships, on one page."""
    (items,) = keras_pages(heads, style, width)
    return items


def keras_pages(
    heads: Sequence[Head], style: Style, width: float = 0.0, height: float = float("inf")
) -> list[tuple[Item, ...]]:
    """The table of the networks that Keras ships, on pages of a size; what it lacks is named.

    Raises:
        ArchvizError: Keras ships none of them.
    """
    rows = keras_rows(heads)
    if not rows:
        names = ", ".join(head.name for head in heads)
        raise fail(
            "table", f"Keras ships none of {names}", "'archviz table' alone has those it does"
        )
    return table_pages(KERAS_COLUMNS, rows, style, width, height, not_in_keras(heads))


def table_pages(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    style: Style,
    width: float = 0.0,
    height: float = float("inf"),
    note: str = "",
    words: frozenset[int] = frozenset(),
) -> list[tuple[Item, ...]]:
    """A table from (0, 0) on pages no higher than ``height``, the header on each.

    Columns are spread where ``width`` pixels are more than they need; where they are fewer, what
    stands in the first goes on in a next line. ``note`` stands under the last page. The first
    column and those of ``words`` are flush left.
    """
    size, pitch = style.metric("caption"), style.px(1.05)
    columns = _columns([header, *rows], style, width)._replace(words=words | {0})
    lines = [paragraph(row[0], columns.widths[0] + 0.01, size) or [""] for row in rows]
    heights = [pitch + (len(texts) - 1) * LINE_HEIGHT * size for texts in lines]
    notes = paragraph(note, max(columns.right, width), size) if note else []
    foot = len(notes) * LINE_HEIGHT * size + style.px(0.3) * bool(notes)
    pages: list[list[int]] = [[]]
    used = pitch
    for number, high in enumerate(heights):
        last = foot if number == len(rows) - 1 else 0.0
        if pages[-1] and used + high + last > height:
            pages.append([])
            used = pitch
        pages[-1].append(number)
        used += high
    found: list[tuple[Item, ...]] = []
    for page, numbers in enumerate(pages):
        canvas = Canvas("table")
        y = _row(canvas, [[header[0]], *([text] for text in header[1:])], columns, 0.0, style, True)
        _rule(canvas, y, columns, style, 1.0)
        for number in numbers:
            cells = [lines[number], *([text] for text in rows[number][1:])]
            y = _row(canvas, cells, columns, y, style)
            _rule(canvas, y, columns, style, 1.0 if number == numbers[-1] else 0.4)
        y += style.px(0.3)
        for text in notes if page == len(pages) - 1 else ():
            fill = style.theme.color("caption")
            canvas.text(0.0, y + ASCENT * size, text, size, fill, anchor="start", role="note")
            y += LINE_HEIGHT * size
        found.append((Group("table", "table", "Table of networks", items=canvas.items()),))
    return found


def _columns(table: Sequence[Sequence[str]], style: Style, width: float) -> Columns:
    size = style.metric("caption")
    widths = [
        max(text_width(row[column], size, bold=number == 0) for number, row in enumerate(table))
        for column in range(len(table[0]))
    ]
    gaps = len(widths) - 1
    gap = max(style.px(0.9), (width - total(widths)) / max(1, gaps))
    if width and total(widths) + gap * gaps > width:
        gap = style.px(0.5)
        widths[0] = max(style.px(2.5), width - total(widths[1:]) - gap * gaps)
    return Columns(tuple(widths), gap)


def _row(
    canvas: Canvas,
    cells: Sequence[Sequence[str]],
    columns: Columns,
    y: float,
    style: Style,
    bold: bool = False,
) -> float:
    """Draw a row from ``y`` on, numbers flush right; where it ends."""
    size, pitch, x = style.metric("caption"), style.px(1.05), 0.0
    most = max(map(len, cells))
    for column, (lines, wide) in enumerate(zip(cells, columns.widths, strict=True)):
        flush = column not in columns.words
        for index, text in enumerate(lines):
            canvas.text(
                x + wide if flush else x,
                y + pitch / 2 + ASCENT * size / 2 + index * LINE_HEIGHT * size,
                text,
                size,
                style.theme.color("text"),
                bold=bold,
                anchor="end" if flush else "start",
                role="cell",
            )
        x += wide + columns.gap
    return y + pitch + (most - 1) * LINE_HEIGHT * size


def _rule(canvas: Canvas, y: float, columns: Columns, style: Style, share: float) -> None:
    line = simplify(((0.0, y), (columns.right, y)))
    canvas.back.append(Line(line, style.line, style.line_width * share, "rule"))
