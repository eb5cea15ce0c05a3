"""Which of many boxes are near another, without a look at all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product

Box = tuple[float, float, float, float]
SIDE = 96
"""Pixels of the side of a square."""


class Nearby:
    """Boxes, by the squares of a grid that they are in."""

    def __init__(self, boxes: Iterable[Box], reach: float) -> None:
        self.boxes = list(boxes)
        self.reach = reach
        self._squares: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for number, box in enumerate(self.boxes):
            for square in _squares(box, 0.0):
                self._squares[square].append(number)

    def numbers(self, box: Box) -> list[int]:
        """Those not further than ``reach`` from ``box``, and some others, in their order."""
        found: set[int] = set()
        for square in _squares(box, self.reach):
            found.update(self._squares.get(square, ()))
        return sorted(found)


def _squares(box: Box, reach: float) -> Iterator[tuple[int, int]]:
    x, y, width, height = box
    return product(
        range(int((x - reach) // SIDE), int((x + width + reach) // SIDE) + 1),
        range(int((y - reach) // SIDE), int((y + height + reach) // SIDE) + 1),
    )
