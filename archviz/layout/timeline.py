"""The timeline: when the networks were published, on one band of years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.canvas import Canvas, rounded, simplify
from archviz.layout.glyphs import box_shape
from archviz.layout.style import Style
from archviz.network.model import Head
from archviz.scene.scene import Group, Item, Line
from archviz.scene.text import ASCENT, text_width

BAND = 0.9
"""Units of the band's height."""
BOX = 1.35
LEVEL = BOX + 0.35
FIRST = 0.6
"""Units from the band to the nearest box."""
LONG_PAUSE = 4
"""Years without a network of which the band leaves out the middle."""
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
    for head, spot in zip(heads, _place(heads, spans, style, width), strict=True):
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
    count = sum(last - first + 1 for first, last in years)
    year_width = (width - pause * (len(years) - 1)) / count
    spans: list[Span] = []
    x = 0.0
    for first, last in years:
        spans.append(Span(first, last, x, year_width))
        x += (last - first + 1) * year_width + pause
    return spans


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
        for year in range(span.first, span.last + 1):
            x = span.x + (year - span.first) * span.year_width
            width = span.year_width
            shape = box_shape(canvas, style, x, 0.0, width, height, "pool", (str(year),), size)
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
    for levels in range(1, len(boxes) + 1):
        budget = [30_000]
        spots = _search(boxes, levels, [], style, width, budget)
        if spots is not None:
            return spots
    return [Spot(0.0, box, number + 1, at) for number, (box, at) in enumerate(boxes)]


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
    edge, room = style.px(0.14), style.px(0.25)
    for shift in (0.5, 0.75, 0.25, 0.95, 0.05):
        left = min(max(at - box * shift, 0.0), max(0.0, width - box))
        if not left + edge < at < left + box - edge:
            left = min(max(left, at - box + edge), at - edge)
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


def _draw_spot(canvas: Canvas, head: Head, spot: Spot, style: Style) -> None:
    away = style.px(FIRST + LEVEL * (abs(spot.level) - 1))
    band, height = style.px(BAND), style.px(BOX)
    top = -away - height if spot.level > 0 else band + away
    ends = (0.0, top + height) if spot.level > 0 else (band, top)
    canvas.lines.append(
        Line(
            simplify(((spot.at, ends[0]), (spot.at, ends[1]))),
            style.line,
            style.line_width,
            "leader",
        )
    )
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
