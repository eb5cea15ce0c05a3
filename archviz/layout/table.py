"""A table as a figure: a bold header, hairlines, numbers flush right."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.canvas import Canvas, simplify
from archviz.layout.style import Style
from archviz.network.model import Head
from archviz.scene.scene import Group, Item, Line, total
from archviz.scene.text import ASCENT, text_width

KERAS_COLUMNS = ("model", "size", "top-1", "top-5", "parameters", "depth")


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


def table_items(
    header: Sequence[str], rows: Sequence[Sequence[str]], style: Style, width: float = 0.0
) -> tuple[Item, ...]:
    """The table from (0, 0); columns are spread where ``width`` pixels are more than it needs."""
    canvas = Canvas("table")
    size, pitch = style.metric("caption"), style.px(1.05)
    table = [tuple(header), *(tuple(row) for row in rows)]
    widths = [
        max(text_width(row[column], size, bold=number == 0) for number, row in enumerate(table))
        for column in range(len(header))
    ]
    gap = max(style.px(0.9), (width - total(widths)) / max(1, len(widths) - 1))
    right = total(widths) + gap * (len(widths) - 1)
    y = 0.0
    for number, row in enumerate(table):
        x = 0.0
        for column, text in enumerate(row):
            flush = column > 0
            canvas.text(
                x + widths[column] if flush else x,
                y + pitch / 2 + ASCENT * size / 2,
                text,
                size,
                style.theme.color("text"),
                bold=number == 0,
                anchor="end" if flush else "start",
                role="cell",
            )
            x += widths[column] + gap
        y += pitch
        stroke = style.line_width * (1.0 if number in (0, len(table) - 1) else 0.4)
        canvas.back.append(Line(simplify(((0.0, y), (right, y))), style.line, stroke, "rule"))
    return (Group("table", "table", "Table of networks", items=canvas.items()),)
