"""Where lines cross, one leads over the other, which has a gap there.

A fork and a merge have none, so that lines that join and lines that cross look different.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from archviz.layout.canvas import rounded
from archviz.layout.style import Style
from archviz.scene.scene import Connector, Item, Line, Point, shapes_in

GAP = 0.14
"""Units between the upper line and either end of the one below it."""


class Piece(NamedTuple):
    """A straight piece of a connector, from its left or upper end."""

    start: Point
    stop: Point
    line: Connector

    @property
    def level(self) -> bool:
        """Whether it runs from left to right."""
        return self.start[1] == self.stop[1]


def gaps(lines: Iterable[Item], behind: Iterable[Item], style: Style) -> list[Line]:
    """What is laid over ``lines`` where they cross: the colour of what is ``behind``.

    The line of a row leads over a wire; of two alike, the one that runs along the flow.
    """
    pieces = [
        Piece(min(ends), max(ends), line)
        for line in lines
        if isinstance(line, Connector)
        for ends in pairwise(line.points)
    ]
    upright = sorted((piece for piece in pieces if not piece.level), key=lambda p: p.start[0])
    xs = [piece.start[0] for piece in upright]
    crossings: dict[Point, tuple[Piece, Piece]] = {}
    for one in pieces:
        if one.level:
            near = upright[bisect_right(xs, one.start[0]) : bisect_left(xs, one.stop[0])]
            crossings |= {at: (one, other) for other in near if (at := _crossing(one, other))}
    if not crossings:
        return []
    page = style.theme.with_ground().color("page")
    grounds = [shape for shape in shapes_in(behind) if shape.role in ("panel", "ground")]
    found: list[Line] = []
    for at, (level, other) in crossings.items():
        over, under = (other, level) if style.flow.vertical else (level, other)
        if over.line.role == "wire" and under.line.role != "wire":
            over, under = under, over
        fills = [s.fill for s in grounds if _inside(at, s.box)]
        found += _gap(at, over.line, under, (fills or [page])[-1], style)
    return found


def _crossing(level: Piece, upright: Piece) -> Point | None:
    """Where two pieces cross inside of both."""
    at = (upright.start[0], level.start[1])
    return at if upright.start[1] < at[1] < upright.stop[1] else None


def _inside(at: Point, box: Sequence[float]) -> bool:
    x, y, width, height = box
    return x <= at[0] <= x + width and y <= at[1] <= y + height


def _gap(at: Point, over: Connector, under: Piece, fill: str, style: Style) -> Iterator[Line]:
    """What covers the lower line on both sides of the upper one."""
    width = under.line.line_width
    near = 0.5 * over.line_width
    for side in (-1, 1):
        ends = [side * (near + far) for far in (0.0, style.px(GAP))]
        points = [(at[0] + end, at[1]) if under.level else (at[0], at[1] + end) for end in ends]
        covered = [(rounded(x), rounded(y)) for x, y in points]
        yield Line((covered[0], covered[1]), fill, rounded(width + 1.6), "crossing")
