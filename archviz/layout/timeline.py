"""The timeline: when the networks were first public, on bands of years.

What is of one month is one box. Where a band has no room for all boxes, it goes on in a next
row; a page has as many rows as it has room for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from math import ceil
from typing import NamedTuple

from archviz.errors import fail
from archviz.layout.canvas import Canvas, rounded, simplify
from archviz.layout.glyphs import box_shape
from archviz.layout.sheet import moved
from archviz.layout.style import Style
from archviz.layout.timeline_places import Ground, Spot, Wanted, places
from archviz.network.head import Head, moment
from archviz.scene.scene import Group, Item, Line, total
from archviz.scene.text import ASCENT, LINE_HEIGHT, paragraph, text_width

BAND = 0.9
"""Units of the band's height."""
FIRST = 0.6
"""Units from the band to the nearest box."""
BETWEEN = 0.35
"""Units between one level of boxes and the next."""
SIDE = 0.25
"""Units between a box's text and its edge."""
ROW_GAP = 1.3
"""Units between one row and the next."""
LONG_PAUSE = 4
"""Years without a network of which the band leaves out the middle."""
MOST_UNEVEN = 3
"""By how many boxes a row may have more than each would have if all had as many."""
FEW_LINES = 4
"""Titles that stand one under the other in a box; more stand in columns, where these fit."""
MOST_LINES = 12
PITCH = 1.44
"""From one line of a box to the next, in heights of its letters."""
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Span(NamedTuple):
    """Whole years that the band shows, from ``x`` on, each ``year_width`` pixels wide."""

    first: int
    last: int
    x: float
    year_width: float


class Room(NamedTuple):
    """What a row has room for, in pixels."""

    width: float
    height: float


class Entry(NamedTuple):
    """A box: networks of one date, their titles in lines and columns."""

    heads: tuple[Head, ...]
    at: float
    columns: tuple[tuple[str, ...], ...]
    date: str
    widths: tuple[float, ...]
    width: float
    height: float


class Row(NamedTuple):
    """A stretch of the timeline on a band of its own; the top of its band at y = 0."""

    entries: tuple[Entry, ...]
    spans: tuple[Span, ...]
    spots: tuple[Spot, ...]
    up: float
    down: float

    @property
    def years(self) -> tuple[int, int]:
        """The first and the last."""
        return self.spans[0].first, self.spans[-1].last


def _month(head: Head) -> float:
    """The middle of the month in which a network was first public, or of the year."""
    year, month = (*(head.date or str(head.year)).split("-"), "")[:2]
    return int(year) + ((int(month) - 0.5) / 12 if month else 0.5)


def _in_order(head: Head) -> tuple[float, bool, float]:
    return _month(head), head.appendix, moment(head)


def date_text(head: Head) -> str:
    """``Dec 2015``."""
    year, month = (*head.date.split("-"), "")[:2]
    return f"{MONTHS[int(month) - 1]} {year}" if month else year or str(head.year)


def timeline_pages(
    heads: Sequence[Head], style: Style, width: float, height: float = float("inf")
) -> list[tuple[str, tuple[Item, ...]]]:
    """The timeline on pages of this size, each with its years: ``2012 to 2016``.

    Its items stand from (0, 0) on, ``width`` pixels wide. Networks of which no year is known are
    named under the last row.

    Raises:
        ArchvizError: no network has a date.
    """
    dated = sorted((head for head in heads if head.year), key=_in_order)
    if not dated:
        raise fail("timeline", "no network has a date", "write date: 2015-12 in its spec, or year")
    notes = _undated([head for head in heads if not head.year], style, width)
    gap, foot = style.px(ROW_GAP), _height(notes, style)
    room = Room(width, height - foot)
    rows = _rows(_entries(dated, style, room), style, room)
    pages: list[list[Row]] = [[]]
    for row in rows:
        used = total(one.up + one.down + gap for one in pages[-1])
        last = foot if row is rows[-1] else 0.0
        if pages[-1] and used + row.up + row.down + last > height:
            pages.append([])
        pages[-1].append(row)
    return [
        (_years(page), _drawn(page, notes if page is pages[-1] else (), style)) for page in pages
    ]


def timeline_items(heads: Sequence[Head], style: Style, width: float) -> tuple[Item, ...]:
    """The timeline as one figure, ``width`` pixels wide."""
    ((_, items),) = timeline_pages(heads, style, width)
    return items


def _years(rows: Sequence[Row]) -> str:
    first, last = rows[0].years[0], rows[-1].years[1]
    return str(first) if first == last else f"{first} to {last}"


def _undated(heads: Sequence[Head], style: Style, width: float) -> tuple[str, ...]:
    if not heads:
        return ()
    text = "Without a date: " + ", ".join(head.title for head in heads)
    return tuple(paragraph(text, width, style.metric("caption")))


def _height(notes: Sequence[str], style: Style) -> float:
    return len(notes) * LINE_HEIGHT * style.metric("caption") + style.px(0.7) * bool(notes)


def _entries(heads: Sequence[Head], style: Style, room: Room) -> list[Entry]:
    """The boxes of networks in their order: one for each date, or several where they are many."""
    found = []
    for _, group in groupby(heads, key=lambda head: (_month(head), head.appendix)):
        some = [*group]
        while some:
            entry, some = _entry(some, style, room)
            found.append(entry)
    return found


def _entry(heads: Sequence[Head], style: Style, room: Room) -> tuple[Entry, list[Head]]:
    """A box with as many of the networks of one date as it has room for, and the others."""
    size, side = style.metric("caption"), style.px(SIDE)
    wide, free = room.width - 2 * side, room.height - style.px(BAND + FIRST + 0.3)
    lines = [paragraph(head.title, wide, size, bold=True) for head in heads]
    longest = max(text_width(line, size, bold=True) for texts in lines for line in texts)
    most = max(1, int((wide + 2 * side) / (longest + 2 * side)))
    count = sum(map(len, lines))
    columns = min(most, ceil(count / FEW_LINES))
    high = min(MOST_LINES, ceil(count / columns), max(1, int(min(free / (PITCH * size), 999)) - 1))
    cells: list[list[str]] = [[]]
    taken = 0
    for texts in lines:
        if len(cells[-1]) + len(texts) > max(high, len(texts)):
            if len(cells) == columns:
                break
            cells.append([])
        cells[-1] += texts
        taken += 1
    widths = [max(text_width(text, size, bold=True) for text in cell) for cell in cells]
    date = date_text(heads[0])
    inner = max(total(widths) + 2 * side * (len(widths) - 1), text_width(date, size))
    height = (max(map(len, cells)) + 1) * PITCH * size + style.px(0.3)
    entry = Entry(
        tuple(heads[:taken]),
        _month(heads[0]),
        tuple(map(tuple, cells)),
        date,
        tuple(widths),
        inner + 2 * side,
        height,
    )
    return entry, [*heads[taken:]]


def _rows(entries: Sequence[Entry], style: Style, room: Room) -> list[Row]:
    """As few rows as hold all boxes, about as many in each."""
    full = _filled(entries, style, room, len(entries))
    least = ceil(len(entries) / len(full))
    for most in range(least, min(least + MOST_UNEVEN, len(entries))):
        rows = _filled(entries, style, room, most)
        if len(rows) == len(full):
            return rows
    return full


def _filled(entries: Sequence[Entry], style: Style, room: Room, most: int) -> list[Row]:
    """Rows, each with as many boxes as have room, and no more than ``most``."""
    rows, start = list[Row](), 0
    while start < len(entries):
        row = _row(entries[start : start + 1], style, room)
        assert row  # one box has room wherever its moment is
        for stop in range(start + 2, min(len(entries), start + most) + 1):
            more = _row(entries[start:stop], style, room)
            if more is None:
                break
            row = more
        start += len(row.entries)
        rows.append(row)
    return rows


def _row(entries: Sequence[Entry], style: Style, room: Room) -> Row | None:
    """Boxes on a band of their years; None where they have no room."""
    spans = _spans([entry.at for entry in entries], style, room.width)
    ground = Ground(room.width, style.px(0.25), style.px(0.14))
    spots = places([Wanted(entry.width, _at(entry.at, spans)) for entry in entries], ground)
    if not spots:
        return None
    row = Row(tuple(entries), tuple(spans), tuple(spots), 0.0, 0.0)
    up, down = (
        max(
            (_ends(row, spot, style)[1] for spot in spots if (spot.level > 0) == above), default=0.0
        )
        for above in (True, False)
    )
    row = row._replace(up=up, down=style.px(BAND) + down)
    return row if len(entries) == 1 or row.up + row.down <= room.height else None


def _spans(moments: Sequence[float], style: Style, width: float) -> list[Span]:
    """The stretches of years, a long pause between two of them cut to a gap."""
    years: list[tuple[int, int]] = []
    for value in moments:
        year = int(value)
        if years and year - years[-1][1] <= LONG_PAUSE:
            years[-1] = (years[-1][0], max(year, years[-1][1]))
        else:
            years.append((year, year))
    pause = style.px(1.2)
    room, lengths = width - pause * (len(years) - 1), [last - first + 1 for first, last in years]
    least = min(_label_room(style), room / len(years))
    wide = room / sum(lengths)
    for _ in years:  # a short span is as wide as its label, the others share what is left
        longer = [length for length in lengths if length * wide >= least]
        wide = (room - least * (len(lengths) - len(longer))) / max(1, sum(longer))
    spans: list[Span] = []
    x = 0.0
    for (first, last), length in zip(years, lengths, strict=True):
        year_width = max(wide, least / length)
        spans.append(Span(first, last, x, year_width))
        x += length * year_width + pause
    return spans


def _label_room(style: Style) -> float:
    """Room for what stands on a part of the band: ``2015`` or ``2015–17``."""
    return text_width("0000–00", style.metric("caption")) + style.px(0.2)


def _parts(span: Span, style: Style) -> Iterator[tuple[int, int]]:
    """First and last years of a span's parts: each year, or several where they are narrow."""
    years = span.last - span.first + 1
    count = years
    if span.year_width < text_width("0000", style.metric("caption")) + style.px(0.2):
        count = max(1, years // ceil(_label_room(style) / span.year_width))
    edges = [span.first + years * part // count for part in range(count + 1)]
    for first, after in pairwise(edges):
        yield first, after - 1


def _at(value: float, spans: Sequence[Span]) -> float:
    """Where a moment stands on the band."""
    for span in spans:
        if value < span.last + 1:
            return span.x + (value - span.first) * span.year_width
    return spans[-1].x


def _ends(row: Row, spot: Spot, style: Style) -> tuple[float, float]:
    """Where a box begins and ends, as distances from the band; those of a level begin alike."""
    away = style.px(FIRST)
    for level in range(1, abs(spot.level)):
        side = level if spot.level > 0 else -level
        heights = [e.height for e, s in zip(row.entries, row.spots, strict=True) if s.level == side]
        away += max(heights, default=0.0) + style.px(BETWEEN)
    return away, away + row.entries[row.spots.index(spot)].height


def _drawn(rows: Sequence[Row], notes: Sequence[str], style: Style) -> tuple[Item, ...]:
    """The rows of a page, one under the other, and the notes."""
    items: list[Item] = []
    y = 0.0
    for number, row in enumerate(rows):
        canvas = Canvas(f"timeline{number + 1 if number else ''}")
        _draw_band(canvas, row.spans, style)
        for entry, spot in zip(row.entries, row.spots, strict=True):
            _draw_box(canvas, row, entry, spot, style)
        canvas.lines += _leaders(row, style)
        title = f"Timeline, {_years([row])}"
        group = Group(canvas.prefix, "timeline", title, items=canvas.items())
        items.append(moved(group, 0.0, rounded(y + row.up)))
        y += row.up + row.down + style.px(ROW_GAP)
    if notes:
        canvas, size = Canvas("undated"), style.metric("caption")
        y += style.px(0.7 - ROW_GAP)
        for line in notes:
            fill = style.theme.color("text")
            canvas.text(0.0, y + ASCENT * size, line, size, fill, anchor="start", role="note")
            y += LINE_HEIGHT * size
        items.append(Group("undated", "notes", "Without a date", items=canvas.items()))
    return tuple(items)


def _draw_band(canvas: Canvas, spans: Sequence[Span], style: Style) -> None:
    size = style.metric("caption")
    height = style.px(BAND)
    for number, span in enumerate(spans):
        for first, last in _parts(span, style):
            x = span.x + (first - span.first) * span.year_width
            width = span.year_width * (last - first + 1)
            label = (str(first) if first == last else f"{first}–{last % 100:02}",)
            shape = box_shape(canvas, style, x, 0.0, width, height, "pool", label, size)
            canvas.back.append(shape._replace(shadow=0.0, radius=0.0))
        if number:
            middle = span.x - style.px(0.6)
            for step in (-0.25, 0.0, 0.25):
                dot = box_shape(
                    canvas,
                    style,
                    middle + style.px(step) - style.px(0.06),
                    height / 2 - style.px(0.06),
                    style.px(0.12),
                    style.px(0.12),
                    "input",
                )
                ellipse = dot._replace(form="ellipse", shadow=0.0, stroke="", fill=style.line)
                canvas.back.append(ellipse._replace(role="ellipsis"))


def _leaders(row: Row, style: Style) -> Iterator[Line]:
    """Lines from the band to the boxes; one where several are of one moment."""
    band = style.px(BAND)
    longest: dict[tuple[float, bool], float] = {}
    for spot in row.spots:
        key, near = (spot.at, spot.level > 0), _ends(row, spot, style)[0]
        longest[key] = max(near, longest.get(key, 0.0))
    for (at, above), near in longest.items():
        ends = (0.0, -near) if above else (band, band + near)
        yield Line(simplify((at, y) for y in ends), style.line, style.line_width, "leader")


def _draw_box(canvas: Canvas, row: Row, entry: Entry, spot: Spot, style: Style) -> None:
    near, far = _ends(row, spot, style)
    top = -far if spot.level > 0 else style.px(BAND) + near
    role = "green" if not entry.heads[0].appendix else "yellow"
    shape = box_shape(canvas, style, spot.left, top, entry.width, entry.height, role)
    size, side = style.metric("caption"), style.px(SIDE)
    pitch = PITCH * size
    inner = Canvas(shape.id)
    inner.front.append(shape)
    x = spot.left + (entry.width - total(entry.widths) - 2 * side * (len(entry.widths) - 1)) / 2
    first = top + style.px(0.15) + pitch / 2 + ASCENT * size / 2
    for lines, wide in zip(entry.columns, entry.widths, strict=True):
        for index, text in enumerate(lines):
            y = rounded(first + index * pitch)
            inner.text(x + wide / 2, y, text, size, shape.text_fill, bold=True, role="label")
        x += wide + 2 * side
    y = rounded(first + max(map(len, entry.columns)) * pitch)
    middle = spot.left + entry.width / 2
    inner.text(middle, y, entry.date, size, shape.text_fill, role="label")
    titles = ", ".join(head.title for head in entry.heads)
    papers = [head.paper for head in entry.heads if head.paper]
    detail = "\n".join((titles, entry.date, *papers))
    names = ",".join(head.name for head in entry.heads)
    canvas.group(Group(f"{shape.id}-g", "layer", titles, detail, names, inner.items()))
