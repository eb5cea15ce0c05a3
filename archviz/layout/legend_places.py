"""Where the entries of a legend stand: in a strip below a figure, or in columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.canvas import Canvas
from archviz.layout.legend import Entry, Section
from archviz.layout.style import Style
from archviz.scene.text import ASCENT, text_width

COLUMN = 6
"""Entries that stand under one another."""
ENTRY_PITCH = 1.2
TORN = 0.16
"""What it costs that a section goes on in a next line: a line that is 0.4 of a width short."""

WIDE = 1.5
"""Units of glyphs beyond which their texts do not begin at one place: behind several colours."""


class Placed(NamedTuple):
    """An entry in a strip: ``length`` with its text, ``before`` the room to the one before."""

    entry: Entry
    length: float
    before: float
    torn: bool
    """Whether a line that begins with it tears its section apart."""


def place_strip(
    sections: Sequence[Section], canvas: Canvas, style: Style, width: float, y: float
) -> tuple[float, float]:
    """Draw the legend as a strip from x = 0, wrapped at ``width``; its (width, height)."""
    size = style.metric("caption")
    pitch, between = style.px(1.15), style.px(0.25)
    entries = [
        Placed(
            entry,
            entry.width + between + text_width(entry.text, size),
            style.px(0.7 if index else 1.2),
            index > 0,
        )
        for section in sections
        for index, entry in enumerate(section.entries)
    ]
    line, widest = y - pitch / 2, 0.0
    for placed in strip_lines(entries, width):
        x, line = -placed[0].before, line + pitch
        for entry, length, before, _ in placed:
            x += before
            entry.draw(canvas, x, line)
            canvas.text(
                x + entry.width + between,
                line + ASCENT * size / 2,
                entry.text,
                size,
                style.theme.color("text"),
                anchor="start",
                role="legend",
            )
            x += length
        widest = max(widest, x)
    return widest, line + pitch / 2 - y


def strip_lines(entries: Sequence[Placed], width: float) -> list[Sequence[Placed]]:
    """Entries in the fewest lines no longer than ``width``, about as long as one another.

    A section goes on in a next line only where lines would differ much otherwise.
    """
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    # of the first entries: lines, cost, and where the last line begins
    for stop in range(1, len(entries) + 1):
        ways: list[tuple[int, float, int]] = []
        length = 0.0
        for start in range(stop - 1, -1, -1):
            length += entries[start].length
            if length > width and start < stop - 1:
                break
            lines, cost, _ = best[start]
            cost += (1 - length / width) ** 2 + TORN * entries[start].torn
            ways.append((lines + 1, cost, start))
            length += entries[start].before
        best.append(min(ways))
    found: list[Sequence[Placed]] = []
    stop = len(entries)
    while stop:
        start = best[stop][2]
        found.insert(0, entries[start:stop])
        stop = start
    return found


def place_columns(
    sections: Sequence[Section], canvas: Canvas, style: Style, width: float = float("inf")
) -> tuple[float, float]:
    """Draw the legend as columns under bold headings from (0, 0); its (width, height).

    A section with more than :data:`COLUMN` entries goes on beside; short ones share a column.
    Columns for which a band ``width`` pixels wide has no room stand in a next one below.
    """
    right = widest = lowest = top = 0.0
    for column in _columns(sections):
        length = _place_column(column, Canvas("measured"), style, right, top)[0]
        if right and right + length > width:
            right, top = 0.0, lowest + style.px(0.8)
        length, bottom = _place_column(column, canvas, style, right, top)
        widest, lowest = max(widest, right + length), max(lowest, bottom)
        right += length + style.px(1.1)
    return widest, lowest


def _columns(sections: Sequence[Section]) -> list[list[Section]]:
    """The sections of each column."""
    columns: list[list[Section]] = []
    rows = 0.0
    for section in sections:
        count = len(section.entries)
        if not columns or rows + 1.6 + count > COLUMN + 1.5:
            columns.append([])
            rows = 0.0
        columns[-1].append(section)
        rows += min(COLUMN, count) + (0.6 + 0.5 * (rows > 0)) / ENTRY_PITCH
    return columns


def _place_column(
    sections: Sequence[Section], canvas: Canvas, style: Style, x: float, y: float
) -> tuple[float, float]:
    """One column from (x, y); its width, and where it ends."""
    widest = 0.0
    for number, section in enumerate(sections):
        y += style.px(0.5) if number else 0.0
        width, height = _place_section(section, canvas, style, x, y)
        widest, y = max(widest, width), y + height
    return widest, y


def _place_section(
    section: Section, canvas: Canvas, style: Style, x: float, y: float
) -> tuple[float, float]:
    """One section from (x, y); its (width, height)."""
    size, heading = style.metric("caption"), style.metric("title")
    fill, pitch = style.theme.color("text"), style.px(ENTRY_PITCH)
    canvas.text(
        x,
        y + ASCENT * heading,
        section.heading,
        heading,
        fill,
        bold=True,
        anchor="start",
        role="title",
    )
    glyphs = max(entry.width for entry in section.entries)
    ragged = glyphs > style.px(WIDE)
    widest = text_width(section.heading, heading, bold=True)
    left = x
    for first in range(0, len(section.entries), COLUMN):
        line = y + style.px(1.2)
        for entry in section.entries[first : first + COLUMN]:
            room = entry.width if ragged else glyphs
            start = left + room + style.px(0.35)
            entry.draw(canvas, left + (room - entry.width) / 2, line)
            canvas.text(
                start,
                line + ASCENT * size / 2,
                entry.text,
                size,
                fill,
                anchor="start",
                role="legend",
            )
            widest = max(widest, start + text_width(entry.text, size) - x)
            line += pitch
        left = x + widest + style.px(0.6)
    return widest, style.px(0.6) + pitch * min(COLUMN, len(section.entries))
