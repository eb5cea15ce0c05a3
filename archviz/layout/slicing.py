"""Pictures on a page, in their order: side by side, or one under the other, as leaves no holes.

A page is cut in two again and again, by a line from edge to edge; on either side stand pictures
that follow one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.scene.scene import Item, extent

MOST = 24
"""Ways of the same pictures that are kept: none of them is both wider and higher than another."""
MANY = 120
"""Of more pictures, so many ways by their number."""


class Size(NamedTuple):
    """Of a picture or of several, in pixels."""

    width: float
    height: float


def size_of(items: Sequence[Item]) -> Size:
    """What items take of a page."""
    left, top, right, bottom = extent(items)
    return Size(right - left, bottom - top)


class Sliced(NamedTuple):
    """A way to place pictures: its size, and where the upper left corner of each is."""

    width: float
    height: float
    corners: tuple[tuple[float, float], ...]


def sliced(sizes: Sequence[Size], across: float, down: float) -> list[Sliced]:
    """Ways to place pictures, the narrowest first.

    ``across`` and ``down``: pixels between two side by side, and one under the other.
    """
    count = len(sizes)
    most = max(4, min(MOST, MANY // count))
    known = {(at, at + 1): [Sliced(*size, ((0.0, 0.0),))] for at, size in enumerate(sizes)}
    for length in range(2, count + 1):
        for start in range(count - length + 1):
            stop = start + length
            ways = [
                way
                for cut in range(start + 1, stop)
                for one in known[start, cut]
                for other in known[cut, stop]
                for way in (_beside(one, other, across), _under(one, other, down))
            ]
            known[start, stop] = _best(ways, most)
    return known[0, count]


def fitting(sizes: Sequence[Size], room: Size, across: float, down: float) -> list[Sliced]:
    """Pages with as many of the pictures as have room, in their order.

    A picture that has none on any page stands alone on one.
    """
    pages, start = list[Sliced](), 0

    def fits(start: int, stop: int) -> Sliced | None:
        ways = sliced(sizes[start:stop], across, down)
        return next((w for w in ways if w.width <= room.width and w.height <= room.height), None)

    while start < len(sizes):
        stop = start + 1
        page = fits(start, stop) or sliced(sizes[start:stop], across, down)[0]
        while stop < len(sizes) and (more := fits(start, stop + 1)):
            page, stop = more, stop + 1
        pages.append(page)
        start = stop
    return pages


def _beside(one: Sliced, other: Sliced, gap: float) -> Sliced:
    right = one.width + gap
    corners = (*one.corners, *((x + right, y) for x, y in other.corners))
    return Sliced(right + other.width, max(one.height, other.height), corners)


def _under(one: Sliced, other: Sliced, gap: float) -> Sliced:
    bottom = one.height + gap
    corners = (*one.corners, *((x, y + bottom) for x, y in other.corners))
    return Sliced(max(one.width, other.width), bottom + other.height, corners)


def _best(ways: Sequence[Sliced], most: int) -> list[Sliced]:
    """The ways that are lower than all that are as narrow; of many, some of all shapes."""
    kept: list[Sliced] = []
    for way in sorted(ways, key=lambda way: (way.width, way.height)):
        if not kept or way.height < kept[-1].height:
            kept.append(way)
    if len(kept) <= most:
        return kept
    step = (len(kept) - 1) / (most - 1)
    return [kept[round(number * step)] for number in range(most)]
