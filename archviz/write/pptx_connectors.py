"""The connectors of a slide in DrawingML, glued to the shapes that they join."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from archviz.write.pptx_parts import (
    EMU_IN_POINT,
    NO_EFFECT,
    QUARTER_TURN,
    SILENT,
    geometry,
    identity,
    xfrm,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archviz.scene.scene import Connector
    from archviz.write.pptx_parts import Drawn, EmuBox, EmuPoint, Frame

LEAST_EXTENT = 3175
"""Extent of a bent connector whose ends are level: its adjusts are shares of it."""
PORT = 9524
"""Diameter of the invisible oval at an end that comes from outside: about a pixel."""
JOINT = 1906
"""Length of a joint between two parts of a line: a fifth of a pixel."""

OFF_SITE = 1900
"""How far a line's end may be from a site that it is glued to: a fifth of a pixel."""


class Bend(NamedTuple):
    """A preset connector: its box before it is flipped and turned, and its adjusts."""

    preset: str
    x: int
    y: int
    width: int
    height: int
    turned: bool = False
    flip_h: bool = False
    flip_v: bool = False
    adjusts: tuple[int, ...] = ()

    @property
    def box(self) -> EmuBox:
        """The box that it takes on the slide, turned."""
        if not self.turned:
            return (self.x, self.y, self.x + self.width, self.y + self.height)
        shift = (self.width - self.height) // 2
        left, top = self.x + shift, self.y - shift
        return (left, top, left + self.height, top + self.width)


def bend(route: Sequence[EmuPoint]) -> Bend:
    """The preset connector that runs along ``route``: 1 to 5 right-angled pieces.

    A bent preset leaves its start to the right and ends at the lower right corner of its
    box; the flips and a quarter turn give all other directions. In the preset's own
    coordinates, u runs along the first piece and v across it.
    """
    (x0, y0), (x1, y1) = route[0], route[-1]
    dx, dy = x1 - x0, y1 - y0
    pieces = len(route) - 1
    if pieces == 1:
        return Bend(
            "straightConnector1",
            min(x0, x1),
            min(y0, y1),
            abs(dx),
            abs(dy),
            flip_h=dx < 0,
            flip_v=dy < 0,
        )
    turned = route[0][0] == route[1][0]
    end_u, end_v = (dy, -dx) if turned else (dx, dy)
    flip_h, flip_v = end_u < 0, end_v < 0
    width = max(abs(end_u), LEAST_EXTENT if pieces > 2 else 0)
    height = max(abs(end_v), LEAST_EXTENT if pieces > 3 else 0)
    adjusts = []
    for number, (x, y) in enumerate(route[2:-1]):
        u, v = (y - y0, x0 - x) if turned else (x - x0, y - y0)
        along, extent, flipped = (v, height, flip_v) if number % 2 else (u, width, flip_h)
        adjusts.append(round(100_000 * (-along if flipped else along) / extent))
    left, top = round((x0 + x1 - width) / 2), round((y0 + y1 - height) / 2)
    return Bend(
        f"bentConnector{pieces}", left, top, width, height, turned, flip_h, flip_v, tuple(adjusts)
    )


def cut(route: Sequence[EmuPoint], most: int) -> list[list[EmuPoint]]:
    """``route`` in parts of at most ``most`` straight pieces, one for each connector.

    It is cut in the middle of a piece, where a joint follows. A route that is not
    right-angled is cut at its corners.
    """
    rest = [point for number, point in enumerate(route) if not number or point != route[number - 1]]
    if len(rest) < 2:
        return [[route[0], route[-1]]]
    if any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(rest)):
        return [[a, b] for a, b in pairwise(rest)]
    parts = []
    while len(rest) - 1 > most:
        (ax, ay), (bx, by) = rest[most - 1], rest[most]
        reach = min(JOINT, abs(bx - ax) + abs(by - ay)) // 2
        x, y = (ax + bx) // 2, (ay + by) // 2
        dx, dy = reach * _sign(bx - ax), reach * _sign(by - ay)
        parts.append([*rest[:most], (x - dx, y - dy)])
        rest = [(x + dx, y + dy), *rest[most:]]
    return [*parts, rest]


class EndShape(NamedTuple):
    """A shape that connectors may be glued to: its number on the slide, box and name."""

    number: int
    box: EmuBox
    ellipse: bool
    name: str

    def site(self, at: EmuPoint, onward: EmuPoint) -> int:
        """The connection site for a line that leaves at ``at`` towards ``onward``.

        It is the nearest one, on the side of the line. Of an ellipse's eight sites only the
        four on its axes are used.
        """
        side = self._side(at, onward)
        return 2 * side if self.ellipse else side

    def misses(self, at: EmuPoint, onward: EmuPoint) -> bool:
        """Whether the site for a line is not where the line ends, as where several enter a side."""
        return math.dist(self._sites()[self._side(at, onward)], at) > OFF_SITE

    def _sites(self) -> Sequence[tuple[float, float]]:
        left, top, right, bottom = self.box
        x, y = (left + right) / 2, (top + bottom) / 2
        return ((x, top), (left, y), (x, bottom), (right, y))

    def _side(self, at: EmuPoint, onward: EmuPoint) -> int:
        sites = self._sites()
        ahead = (at[0] + _sign(onward[0] - at[0]), at[1] + _sign(onward[1] - at[1]))
        return min(range(4), key=lambda number: math.dist(sites[number], ahead))


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def port_box(at: EmuPoint, onward: EmuPoint) -> EmuBox:
    """The box of an oval that touches a line's end ``at``, on the side away from the line."""
    half = PORT // 2
    x = at[0] - half * _sign(onward[0] - at[0])
    y = at[1] - half * _sign(onward[1] - at[1])
    return (x - half, y - half, x + half, y + half)


def joint_box(before: EmuPoint, after: EmuPoint, width: int) -> EmuBox:
    """The box of a joint: as wide as the line, and filling the gap between two parts."""
    (x0, y0), (x1, y1), half = before, after, width // 2
    across, along = (half, 0) if x0 == x1 else (0, half)
    return (min(x0, x1) - across, min(y0, y1) - along, max(x0, x1) + across, max(y0, y1) + along)


def connected_to(start: EndShape, stop: EndShape, route: Sequence[EmuPoint]) -> str:
    """The shapes that a connector is glued to."""
    return (
        f'<a:stCxn id="{start.number}" idx="{start.site(route[0], route[1])}"/>'
        f'<a:endCxn id="{stop.number}" idx="{stop.site(route[-1], route[-2])}"/>'
    )


def connector_shape(number: int, name: str, shape: Bend, line: str, glue: str) -> Drawn:
    """A connector of a preset."""
    attributes = QUARTER_TURN if shape.turned else ""
    attributes += ' flipH="1"' if shape.flip_h else ""
    attributes += ' flipV="1"' if shape.flip_v else ""
    box = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
    adjusts = {f"adj{index}": value for index, value in enumerate(shape.adjusts, 1)}
    return (
        f"<p:cxnSp><p:nvCxnSpPr>{identity(number, name, SILENT)}<p:cNvCxnSpPr>{glue}"
        f"</p:cNvCxnSpPr><p:nvPr/></p:nvCxnSpPr><p:spPr>{xfrm(box, attributes)}"
        f"{geometry(shape.preset, **adjusts)}{line}{NO_EFFECT}</p:spPr></p:cxnSp>",
        shape.box,
    )


def arrowhead(frame: Frame, connector: Connector) -> str:
    """The arrowhead, of the size nearest to the scene's; thin lines count as 2 pt."""
    if not connector.head:
        return ""
    unit = max(connector.line_width, 2 * EMU_IN_POINT / frame.scale)
    width, length = (
        "sm" if pixels < 2.5 * unit else "med" if pixels < 4.25 * unit else "lg"
        for pixels in (connector.head_width, connector.head_length)
    )
    return f'<a:tailEnd type="triangle" w="{width}" len="{length}"/>'
