"""A theme at a scale: what blocks ask for lengths and colours."""

from __future__ import annotations

from typing import NamedTuple

from archviz.layout.flow import RIGHT, Flow
from archviz.scene.theme import Colors, Theme


class Room(NamedTuple):
    """What slides set otherwise than figures, in units: the letters on a badge, and what is
    free between a badge or a box and the captions below it; the size of the letters of
    ``several`` functions on one badge, against those of one; how small they may become; in how
    many ``lines`` the captions of a box stand at most, 0 for one each; whether rows of a U are so
    ``tight`` that what stands in one may reach past what stands in the other; whether shapes
    stand ``below`` the boxes that they leave, not on the wires; whether long captions are
    ``split`` in two lines, or ``broken`` in as many as it takes."""

    badge_label: float = 0.37
    under_badge: float = 0.1
    under_box: float = 0.36
    several: float = 0.8
    least_badge: float = 0.16
    lines: int = 0
    tight: bool = False
    below: bool = False
    split: bool = False
    broken: bool = False


class Style(NamedTuple):
    """``unit`` is the height of a layer's box in pixels; all lengths are multiples of it."""

    theme: Theme
    unit: float
    detail: tuple[str, ...] = ()
    """What is printed at each layer, of :data:`archviz.looks.DETAILS`."""
    in_panel: bool = False
    room: Room = Room()
    flow: Flow = RIGHT

    def px(self, units: float) -> float:
        """``units`` in pixels."""
        return units * self.unit

    def gap(self, units: float) -> float:
        """A distance between things, in pixels: ``units`` times the theme's ``gap``."""
        return units * self.metric("gap")

    def row_gap(self, units: float) -> float:
        """A distance of rows, in pixels: ``units`` times the theme's ``row-gap``."""
        return units * self.metric("row-gap")

    def metric(self, name: str) -> float:
        """A theme metric, in pixels."""
        return self.theme.metrics[name] * self.unit

    @property
    def line(self) -> str:
        """Colour of lines."""
        return self.theme.color("line")

    @property
    def line_width(self) -> float:
        """Width of lines in pixels."""
        return round(self.metric("line"), 2)

    @property
    def dash(self) -> float:
        """Length in pixels of the dashes of what some calls leave out."""
        return round(self.px(0.14), 2)

    def role(self, name: str) -> Colors:
        """Colours of a role."""
        return self.theme.role(name)

    def panel(self) -> Style:
        """The style inside a panel."""
        return self._replace(unit=self.unit * self.theme.metric("panel-scale"), in_panel=True)
