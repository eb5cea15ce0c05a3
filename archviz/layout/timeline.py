"""The timeline: when the networks were published, on one band of years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from archviz.layout.canvas import Canvas, rounded, simplify
from archviz.layout.glyphs import box_shape
from archviz.layout.style import Style
from archviz.network.model import Head
from archviz.scene.scene import Group, Item, Line, Point, total
from archviz.scene.text import ASCENT, text_width

BAND = 0.9
"""Units of the band's height."""
BOX = 1.35
LEVEL = BOX + 0.35
FIRST = 0.6
"""Units from the band to the nearest box."""
LONG_PAUSE = 4
"""Years without a network of which the band leaves out the middle."""
MOST_LEVELS = 3
"""Levels at each side on which places are searched where no box stands before another's line."""
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Span(NamedTuple):
    """Whole years that the band shows, from ``x`` on, each ``year_width`` pixels wide."""

    first: int
    last: int
    x: float
    year_width: float


class Spot(NamedTuple):
    """A network's box: its left edge, its width, its level (below the band: negative)."""

    left: float
    width: float
    level: int
    at: float

    def hits(self, other: Spot, room: float) -> bool:
        """Whether the two boxes, or a box and the other's leader, are in each other's way."""
        if (self.level > 0) != (other.level > 0):
            return False
        if self.level == other.level:
            apart = self.left > other.left + other.width + room
            return not (apart or other.left > self.left + self.width + room)
        low, high = sorted((self, other), key=lambda spot: abs(spot.level))
        return low.left - room < high.at < low.left + low.width + room

    def at_edge(self, other: Spot, room: float) -> bool:
        """Whether the leader of one runs along the edge of the other's box."""
        low, high = sorted((self, other), key=lambda spot: abs(spot.level))
        return min(abs(high.at - low.left), abs(high.at - low.left - low.width)) < room


def moment(head: Head) -> float:
    """A publication date as a number: 2015.96 for December 2015."""
    year, month, day = (*(head.date or str(head.year)).split("-"), "", "")[:3]
    return int(year) + (int(month or 7) - 1 + (int(day or 15) - 0.5) / 31) / 12


def date_text(head: Head) -> str:
    """``Dec 2015``."""
    year, month = (*head.date.split("-"), "")[:2]
    return f"{MONTHS[int(month) - 1]} {year}" if month else year or str(head.year)


def timeline_items(heads: Sequence[Head], style: Style, width: float) -> tuple[Item, ...]:
    """The timeline, ``width`` pixels wide, the top of its band at y = 0."""
    heads = sorted(heads, key=moment)
    canvas = Canvas("timeline")
    spans = _spans([moment(head) for head in heads], style, width)
    _draw_band(canvas, spans, style)
    spots = _place(heads, spans, style, width)
    canvas.lines += _leaders(spots, style)
    for head, spot in zip(heads, spots, strict=True):
        _draw_spot(canvas, head, spot, style)
    return (Group("timeline", "timeline", "Timeline of publications", items=canvas.items()),)


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


def _place(heads: Sequence[Head], spans: Sequence[Span], style: Style, width: float) -> list[Spot]:
    """Places for all boxes, on as few levels as can be, above and below in turn."""
    size = style.metric("caption")
    boxes = []
    for head in heads:
        wide = max(text_width(head.title, size, bold=True), text_width(date_text(head), size))
        boxes.append((wide + style.px(0.5), _at(moment(head), spans)))
    for levels in range(1, MOST_LEVELS + 1):
        budget = [30_000]
        spots = _search(boxes, levels, [], style, width, budget)
        if spots is not None:
            return spots
    ways = [_beside(boxes, weight, style, width) for weight in (1.0, 0.6, 0.3, 0.1)]
    return min(ways, key=lambda spots: len({spot.level for spot in spots}))


def _beside(
    boxes: Sequence[tuple[float, float]], weight: float, style: Style, width: float
) -> list[Spot]:
    """Places for all boxes, some before the lines of others, which cost ``weight`` each."""
    spots: list[Spot] = []
    for box, at in boxes:
        spots.append(_least_in_the_way(box, at, spots, weight, style, width))
    return spots


def _lefts(box: float, at: float, style: Style, width: float) -> Iterator[float]:
    """Left edges at which a box stands over its moment, the best first."""
    edge = style.px(0.14)
    for shift in (0.5, 0.75, 0.25, 0.95, 0.05):
        left = min(max(at - box * shift, 0.0), max(0.0, width - box))
        if not left + edge < at < left + box - edge:
            left = min(max(left, at - box + edge), at - edge)
        yield left


def _least_in_the_way(
    box: float, at: float, placed: Sequence[Spot], weight: float, style: Style, width: float
) -> Spot:
    """A place on no other box, near the band and with few boxes between it and the band."""
    room = style.px(0.25)
    levels = [spot.level for spot in placed]
    best: tuple[float, Spot] | None = None
    for level in range(min([0, *levels]) - 1, max([0, *levels]) + 2):
        for away, left in enumerate(_lefts(box, at, style, width)):
            spot = Spot(left, box, level, at)
            hit = [other for other in placed if level and spot.hits(other, room)]
            if not level or any(other.level == level for other in hit):
                continue
            passed = total(0.3 if abs(other.at - at) < room else 0.9 for other in hit)
            passed += 2 * sum(spot.at_edge(other, room) for other in hit)
            cost = abs(level) + weight * (passed + 0.2 * away)
            if best is None or cost < best[0]:
                best = cost, spot
    assert best is not None  # the outermost levels are free
    return best[1]


def _search(
    boxes: Sequence[tuple[float, float]],
    levels: int,
    placed: list[Spot],
    style: Style,
    width: float,
    budget: list[int],
) -> list[Spot] | None:
    """Places for the boxes that are left, or None; ``budget`` is how much may be tried."""
    if len(placed) == len(boxes):
        return placed
    box, at = boxes[len(placed)]
    first = 1 if len(placed) % 2 == 0 else -1
    room = style.px(0.25)
    for left in _lefts(box, at, style, width):
        for level in range(1, levels + 1):
            for side in (first, -first):
                spot = Spot(left, box, level * side, at)
                budget[0] -= 1
                if budget[0] < 0:
                    return None
                if not any(spot.hits(other, room) for other in placed):
                    found = _search(boxes, levels, [*placed, spot], style, width, budget)
                    if found is not None:
                        return found
    return None


def _ends(spot: Spot, style: Style) -> tuple[float, float]:
    """Where a box begins and ends, as distances from the band."""
    away = style.px(FIRST + LEVEL * (abs(spot.level) - 1))
    return away, away + style.px(BOX)


def _leaders(spots: Sequence[Spot], style: Style) -> list[Line]:
    """Lines from the band to the boxes, behind the boxes between; one for those of one day."""
    lines: dict[tuple[Point, ...], Line] = {}
    for spot in spots:
        side = [other for other in spots if (other.level > 0) == (spot.level > 0)]
        between = [
            _ends(other, style)
            for other in sorted(side, key=lambda other: abs(other.level))
            if abs(other.level) < abs(spot.level)
            and other.left < spot.at < other.left + other.width
        ]
        band = style.px(BAND)
        starts = [0.0, *(end for _, end in between)]
        stops = [*(start for start, _ in between), _ends(spot, style)[0]]
        for ends in zip(starts, stops, strict=True):
            heights = [-end if spot.level > 0 else band + end for end in ends]
            points = simplify((spot.at, height) for height in heights)
            line = Line(points, style.line, style.line_width, "leader")
            lines.setdefault(points, line)
    return list(lines.values())


def _draw_spot(canvas: Canvas, head: Head, spot: Spot, style: Style) -> None:
    height, (near, far) = style.px(BOX), _ends(spot, style)
    top = -far if spot.level > 0 else style.px(BAND) + near
    role = "green" if not head.appendix else "yellow"
    shape = box_shape(canvas, style, spot.left, top, spot.width, height, role)
    size = style.metric("caption")
    middle = spot.left + spot.width / 2
    inner = Canvas(shape.id)
    inner.front.append(shape)
    for index, text in enumerate((head.title, date_text(head))):
        baseline = top + height * (0.32 + 0.38 * index) + ASCENT * size / 2
        inner.text(
            middle, rounded(baseline), text, size, shape.text_fill, bold=index == 0, role="label"
        )
    canvas.group(
        Group(
            f"{shape.id}-g",
            "layer",
            head.title,
            f"{head.title}\n{date_text(head)}\n{head.paper}",
            head.name,
            inner.items(),
        )
    )
