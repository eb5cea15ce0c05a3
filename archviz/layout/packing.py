"""Panels in rows: as low as can be, none lonely, families together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

from archviz.layout.panels import Panel
from archviz.network.model import Module
from archviz.scene.scene import total

RAGGED = 0.5
"""What an empty row costs more than one as wide as the page, in gaps between panels."""
LONELY = 10.0
"""What a lonely row costs, in gaps between panels."""


class PackedRow(NamedTuple):
    """A row of panels that ends some rows: its ``cost`` is that of all up to it."""

    start: int
    stop: int
    length: float
    cost: float
    before: PackedRow | None = None

    def unlike(self, other: PackedRow) -> bool:
        """Whether one of two rows is lonely beside the other: far fewer panels, far shorter."""
        if abs(self.stop - self.start - other.stop + other.start) <= 2:
            return False
        shorter, longer = sorted((self.length, other.length))
        return shorter < 0.7 * longer


class Standing(Protocol):
    """What is packed in rows."""

    @property
    def length(self) -> float:
        """How much room it takes along a row."""

    @property
    def height(self) -> float:
        """How much room it takes across it."""

    @property
    def body(self) -> float:
        """The same without the lines under its title."""

    @property
    def module(self) -> Module:
        """What it shows."""


class Turned(NamedTuple):
    """A panel that flows down or up, in a row of the page with others."""

    panel: Panel

    @property
    def length(self) -> float:
        """Its width on the page."""
        return self.panel.height

    @property
    def height(self) -> float:
        """Its height there."""
        return self.panel.length

    @property
    def body(self) -> float:
        """The same: its title stands in it."""
        return self.panel.length

    @property
    def module(self) -> Module:
        """What it shows."""
        return self.panel.module


Stands = TypeVar("Stands", bound=Standing)


class Packed(NamedTuple):
    """Rows of panels; ``height``: with what is free over each."""

    rows: tuple[tuple[Panel, ...], ...]
    widest: float
    height: float


def pack(panels: Sequence[Stands], width: float, gap: float) -> list[list[Stands]]:
    """Rows of panels no wider than ``width`` (one panel may be), in their order.

    The rows are as low as can be, but none stands lonely over or under a long one; where that
    ties or nearly does, a family of one colour is not torn apart, and rows are alike.
    """
    lengths, bodies = [panel.length for panel in panels], [panel.body for panel in panels]
    feet = [panel.height - body for panel, body in zip(panels, bodies, strict=True)]
    ends: list[list[PackedRow]] = [[] for _ in range(len(panels) + 1)]
    for stop in range(1, len(panels) + 1):
        length = -gap
        height = foot = 0.0
        for start in range(stop - 1, -1, -1):
            length += lengths[start] + gap
            height = max(height, bodies[start])
            foot = max(foot, feet[start])
            if length > width and start < stop - 1:
                break
            torn = start > 0 and panels[start - 1].module.color == panels[start].module.color
            cost = height + foot + gap * (3.0 if torn else 1.0)
            cost += gap * RAGGED * max(0.0, 1 - length / width) ** 2
            row = PackedRow(start, stop, length, cost)
            ends[stop].append(_after(row, ends[start], gap) if start else row)
    last = min(ends[-1], key=lambda row: row.cost) if panels else None
    rows: list[list[Stands]] = []
    while last:
        rows.insert(0, list(panels[last.start : last.stop]))
        last = last.before
    return rows


class Packer:
    """Panels that are packed in rows for several widths, for each once."""

    def __init__(self, panels: Sequence[Panel], gap: float, between: float) -> None:
        self.panels, self.gap, self.between = panels, gap, between
        self.known: dict[float, Packed] = {}

    def within(self, width: float) -> Packed:
        """The rows that are no wider, if they can be."""
        if width not in self.known:
            rows = tuple(map(tuple, pack(self.panels, width, self.gap)))
            widest = max((row_length(row, self.gap) for row in rows), default=0.0)
            height = total(self.between + row_height(row) for row in rows)
            self.known[width] = Packed(rows, widest, height)
        return self.known[width]

    def under(self, width: float) -> Packed:
        """Rows of the page, no wider, for panels that flow down or up; measured along and across
        that: ``widest`` is how far they reach down."""
        rows = pack([Turned(panel) for panel in self.panels], width, self.gap)
        deep = total(self.between + max(one.height for one in row) for row in rows)
        across = max((turned_length(row, self.gap) for row in rows), default=0.0)
        return Packed(tuple(tuple(one.panel for one in row) for row in rows), deep, across)


def _after(row: PackedRow, rows: Sequence[PackedRow], gap: float) -> PackedRow:
    """A row behind that of ``rows`` with which all up to it cost least."""

    costs = [
        before.cost + row.cost + (gap * LONELY if row.unlike(before) else 0.0) for before in rows
    ]
    least = min(costs)
    return PackedRow(row.start, row.stop, row.length, least, rows[costs.index(least)])


def row_height(panels: Sequence[Panel]) -> float:
    """The height of a row of panels, whose titles stand on one line."""
    return max(panel.body for panel in panels) + max(one.height - one.body for one in panels)


def turned_length(panels: Sequence[Turned], gap: float) -> float:
    """The width on the page of a row of panels that flow down or up."""
    return total(one.length for one in panels) + gap * (len(panels) - 1)


def row_length(panels: Sequence[Panel], gap: float) -> float:
    """The length of a row of panels along the flow, ``gap`` between each two."""
    return total(panel.length for panel in panels) + gap * (len(panels) - 1)
