"""A panel that is too high for a slide: its lines in several panels, the later ones continued."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Protocol, TypeVar

from archviz.layout.blocks import Block
from archviz.layout.build import Unsettled
from archviz.layout.canvas import Canvas, Port
from archviz.layout.compound import WrappedBlock
from archviz.layout.narrow import InnerLines
from archviz.layout.style import Style
from archviz.network.model import COMING_IN


class Framed(Protocol):
    """What is known here of a panel."""

    @property
    def content(self) -> Block:
        """What stands in it."""

    @property
    def style(self) -> Style:
        """Its style."""

    @property
    def height(self) -> float:
        """How much room it takes across the flow."""

    @property
    def unsettled(self) -> Unsettled:
        """What is not settled yet of its wires."""


Made = TypeVar("Made", bound=Framed)


def panel_parts(
    panel: Made, make: Callable[[Block, bool], Made], highest: float
) -> tuple[list[Made], Unsettled]:
    """A panel's lines in as few panels as can be that are no higher than ``highest``.

    ``make`` makes a panel of some of them, which may be a later one. A value that goes from
    one to another by its name has the name at both ends.
    """
    if not isinstance(panel.content, WrappedBlock):
        return [panel], panel.unsettled
    style, lines, parts = panel.style, panel.content.lines, list[Made]()
    while lines:
        found, count = make(lines[0], bool(parts)), 1
        while count < len(lines):
            longer = make(InnerLines(lines[: count + 1], style), bool(parts))
            if longer.height > highest:
                break
            found, count = longer, count + 1
        parts.append(found)
        lines = lines[count:]
    none = frozenset[str]()
    names = [_names(part) for part in parts]
    if any(COMING_IN in taken for _, taken in names[1:]):
        return [panel], panel.unsettled  # there the line is another value's
    given = none.union(*(gives for gives, _ in names))
    shared = {name for a, b in combinations(names, 2) for name in (a[0] | a[1]) & (b[0] | b[1])}
    failed = none.union(given & shared, *(part.unsettled.failed for part in parts))
    return parts, Unsettled(failed, none.union(*(part.unsettled.turned for part in parts)))


def _names(panel: Framed) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the values that are given in a panel, and of those that are taken."""
    canvas = Canvas("measured", panel.style.flow)
    panel.content.place(canvas, 0.0, 0.0, [Port(((-1.0, 0.0),))])
    given = frozenset(pin.name for pin in canvas.pins if pin.port)
    return given, frozenset(pin.name for pin in canvas.pins if not pin.port)
