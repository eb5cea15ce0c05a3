"""Where boxes of a timeline stand: over their moments, none on another or before its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

MOST_LEVELS = 2
"""Levels at each side of the band."""
MOST_TRIES = 1000
SHIFTS = (0.5, 0.75, 0.25, 0.95, 0.05)
"""Which share of a box stands before its moment, the best first."""


class Wanted(NamedTuple):
    """A box for which there has to be a place: its width, and where its moment is."""

    width: float
    at: float


class Spot(NamedTuple):
    """A box's left edge, its width, its level (below the band: negative), its moment."""

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


class Ground(NamedTuple):
    """What boxes stand on: its width, the room between them, and how near a leader is to an edge.

    Pixels.
    """

    width: float
    room: float
    edge: float

    def lefts(self, box: Wanted) -> Iterator[float]:
        """Left edges at which a box stands over its moment, the best first."""
        for shift in SHIFTS:
            left = min(max(box.at - box.width * shift, 0.0), max(0.0, self.width - box.width))
            if not left + self.edge < box.at < left + box.width - self.edge:
                left = min(max(left, box.at - box.width + self.edge), box.at - self.edge)
            yield left


def places(boxes: Sequence[Wanted], ground: Ground) -> list[Spot]:
    """Places for all boxes, on as few levels as can be, above and below in turn; none if too many.

    ::

        boxes, from left to right ─one level, then two─▶ spots
    """
    for levels in range(1, MOST_LEVELS + 1):
        found = _search(boxes, levels, [], ground, [MOST_TRIES])
        if found:
            return found
    return []


def _search(
    boxes: Sequence[Wanted], levels: int, placed: list[Spot], ground: Ground, budget: list[int]
) -> list[Spot]:
    """Places for the boxes that are left; ``budget`` is how much may be tried."""
    if len(placed) == len(boxes):
        return placed
    box = boxes[len(placed)]
    first = 1 if len(placed) % 2 == 0 else -1
    for left in ground.lefts(box):
        for level in range(1, levels + 1):
            for side in (first, -first):
                spot = Spot(left, box.width, level * side, box.at)
                budget[0] -= 1
                if budget[0] < 0:
                    return []
                if not any(spot.hits(other, ground.room) for other in placed):
                    found = _search(boxes, levels, [*placed, spot], ground, budget)
                    if found:
                        return found
    return []
