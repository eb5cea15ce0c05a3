"""The direction in which a drawing flows: along and across it, and the page's x and y.

Blocks know only *along* (the way the network is read) and *across*; a canvas turns them
into the page's coordinates. Across goes down where the flow goes right, else right. Text
stays upright, so how far it reaches along and across depends on the flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from archviz.scene.scene import Box, Point
from archviz.scene.text import ASCENT, LINE_HEIGHT

Side: TypeAlias = Literal["before", "middle", "after"]
"""Where something stands, seen from a point: at lower coordinates, about it, at higher ones."""
ANCHORS: dict[Side, str] = {"before": "end", "middle": "middle", "after": "start"}


OPPOSITE: dict[Side, Side] = {"before": "after", "middle": "middle", "after": "before"}


class Flow(NamedTuple):
    """A direction: to the right, or ``vertical``, and then ``upward`` or down.

    ``mirrored``: across goes up where the flow goes right, else left.
    """

    vertical: bool = False
    upward: bool = False
    mirrored: bool = False

    @property
    def shortcut(self) -> int:
        """The side of a shortcut: 1 for higher across, -1 for lower; captions leave it free."""
        return -1 if self.vertical else 1

    def point(self, along: float, across: float) -> Point:
        """The point of the page."""
        across = -across if self.mirrored else across
        if not self.vertical:
            return (along, across)
        return (across, -along if self.upward else along)

    def way(self, points: Iterable[Point]) -> tuple[Point, ...]:
        """The points of the page."""
        if not (self.vertical or self.mirrored):
            return tuple(points)
        sign = -1.0 if self.mirrored else 1.0
        if not self.vertical:
            return tuple([(x, sign * y) for x, y in points])
        on = -1.0 if self.upward else 1.0
        return tuple([(sign * y, on * x) for x, y in points])

    def box(self, along: float, across: float, length: float, breadth: float) -> Box:
        """The box of the page from its first corner along and across."""
        across = -across - breadth if self.mirrored else across
        if not self.vertical:
            return (along, across, length, breadth)
        return (across, -along - length if self.upward else along, breadth, length)

    def within(self, box: Box) -> Box:
        """A box of the page as (along, across, length, breadth)."""
        if not (self.vertical or self.mirrored):
            return box
        x, y, width, height = box
        if self.vertical:
            x, y, width, height = -y - height if self.upward else y, x, height, width
        return (x, -y - height if self.mirrored else y, width, height)

    def ways(self, points: Iterable[Point]) -> tuple[Point, ...]:
        """Points of the page as (along, across)."""
        if not (self.vertical or self.mirrored):
            return tuple(points)
        if self.vertical:
            points = ((-y if self.upward else y, x) for x, y in points)
        return tuple((x, -y if self.mirrored else y) for x, y in points)

    def lies(self, width: float, height: float) -> tuple[float, float]:
        """How far something upright reaches along and across."""
        return (height, width) if self.vertical else (width, height)

    def text_places(
        self, along: Side, across: Side, at: Point, sizes: Sequence[float]
    ) -> tuple[str, list[Point]]:
        """The anchor of lines of text that stand so beside a point of the flow, and the page's
        point of each: where its baseline begins, ends or has its middle."""
        x, y = self.point(*at)
        across = OPPOSITE[across] if self.mirrored else across
        side, level = (across, along) if self.vertical else (along, across)
        level = OPPOSITE[level] if self.upward else level
        first, *rest = sizes
        offsets = [0.0]
        for size in rest:
            offsets.append(offsets[-1] + LINE_HEIGHT * size)
        match level:
            case "before":
                y -= offsets[-1]
            case "middle":
                y += ASCENT * first / 2 - offsets[-1] / 2
            case _:
                y += ASCENT * first
        return ANCHORS[side], [(x, y + offset) for offset in offsets]


RIGHT = Flow()
FLOWS = {"right": RIGHT, "down": Flow(True), "up": Flow(True, True)}
"""The directions of a figure by their names."""


def text_extent(widths: Sequence[float], size: float) -> tuple[float, float]:
    """Width and height of lines of text of one size, as upright."""
    height = LINE_HEIGHT * size * (len(widths) - 1) + size * 0.95 if widths else 0.0
    return max(widths, default=0.0), height
