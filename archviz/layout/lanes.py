"""Lanes of the wires of named values, chosen so that few cross one another.

What would cross more than a few lines is left to names at both of its ends.

::

    pins, what is drawn ─candidates─▶ ways of each wire ─choose─▶ Wiring ─draw─▶ connectors
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archviz.layout.blocks import BESIDE
from archviz.layout.canvas import PAD, RISE, TURN
from archviz.layout.choice import by_zone, choose, ordered
from archviz.layout.grounds import FAR, Ground, sides, straightened
from archviz.layout.style import Style
from archviz.layout.ways import (
    ABOVE,
    Lane,
    Route,
    Signature,
    candidates,
    known_routes,
    length,
    name_room,
    signature,
)
from archviz.scene.scene import total

HEADS = 0.22
"""Units that a lane stands further away where an arrow crosses it."""
GROUND = 0.05
"""Units between the name of a lane and what it stands over."""
LANE = 0.62
"""Units between two lanes: the name stands between them."""


class Chosen(NamedTuple):
    """The sides of lines on which wires were found to begin and end, by their names.

    ``offset``: the number of the first line that is drawn.
    """

    sides: Mapping[str, Signature]
    offset: int = 0


class Wiring(NamedTuple):
    """What was chosen: lanes in each zone from top to bottom, the height of each; the others."""

    routes: tuple[Route, ...]
    heights: Mapping[Lane, float]
    beside: Mapping[str, float]
    """x at which a wire of several lanes goes round the end of the lines."""
    failed: frozenset[str]

    @property
    def chosen(self) -> Chosen:
        """What has to be found again when it is drawn."""
        return Chosen({route[0].name: signature(route, 0) for route in self.routes})

    @property
    def turned(self) -> frozenset[str]:
        """Keys of the layers that wires enter or leave where their captions still are."""
        legs = [leg for lane in self.heights for leg in lane.legs]
        return frozenset(leg.pin.key for leg in legs if leg.up and leg.pin.captions)


def wire(
    grounds: Sequence[Ground], style: Style, rounds: bool = True, known: Chosen | None = None
) -> Wiring:
    """Find a lane for every value; ``failed`` has the names of those that have none.

    ``rounds``: whether a wire may go round the ends of lines; ``known``: what was found
    before, when room was made for it.
    """
    grounds = straightened(grounds, style)
    if known:
        grounds = [ground.settled() for ground in grounds]
        grounds[:1] = [ground._replace(goes_on=known.offset > 0) for ground in grounds[:1]]
    names = {pin.name: None for ground in grounds for pin in ground.pins}
    if known:
        found = {
            name: known_routes(name, grounds, style, known.sides[name], known.offset)
            for name in names
            if name in known.sides
        }
    else:
        found = {name: candidates(name, grounds, style) for name in names}
    if not rounds:
        found = {name: [r for r in routes if len(r) == 1] for name, routes in found.items()}
    open_ones = sorted(
        (name for name in names if found.get(name)), key=lambda n: length(found[n][0])
    )
    chosen = choose([found[name] for name in open_ones], style, known is not None)
    routed = frozenset(route[0].name for route in chosen)
    heights = _heights(chosen, grounds, style)
    beside = _beside(chosen, heights, grounds, style)
    return Wiring(tuple(chosen), heights, beside, frozenset(names) - routed)


def _heights(routes: Sequence[Route], grounds: Sequence[Ground], style: Style) -> dict[Lane, float]:
    """The height of every lane: as near to its line as what is below it allows."""
    heights: dict[Lane, float] = {}
    clear = style.px(0.3)
    for (line, below), lanes in by_zone(routes).items():
        order = ordered(lanes, style) or []
        ground = grounds[line]
        heights |= {lane: lane.level for lane in lanes if lane.level is not None}
        for lane in order if below else reversed(order):
            inside = [
                box
                for box in (*ground.boxes, *ground.behind)
                if box[0] < lane.right + clear and box[0] + box[2] > lane.left - clear
            ]
            near = [
                (heights[other], _pitch(lane, other, style))
                for other in lanes
                if other in heights
                and other.level is None
                and other.left - clear < lane.right
                and lane.left < other.right + clear
            ]
            more = HEADS * any(
                lane.left < leg.x < lane.right and leg.up == below and leg.pin.target
                for other in lanes
                for leg in other.legs
                if other is not lane
            )
            if lane.under != below and lane.named[0] != FAR:  # its name stands on this side
                size = style.metric("caption") / style.unit
                more += name_room(lane.name, style)[1] / style.unit - size
                off = BESIDE if style.flow.vertical else GROUND  # at a side it is no caption
                more += max(0.0, RISE + size + off - ABOVE)  # of large letters, as on slides
            if below:
                base = max([ground.y, *(y + height for _, y, _, height in inside)])
                base += style.px(ABOVE + more)
                heights[lane] = max([base, *(y + pitch for y, pitch in near)])
            else:
                base = min([ground.y, *(y for _, y, _, _ in inside)]) - style.px(ABOVE + more)
                heights[lane] = min([base, *(y - pitch for y, pitch in near)])
                heights[lane] = _level(lane, heights[lane], ground, near, style)
    return heights


def _pitch(lane: Lane, other: Lane, style: Style) -> float:
    """The distance of two lanes, the first one further away: names stand between them."""
    upper, lower = (other, lane) if lane.zone[1] else (lane, other)
    size = style.metric("caption")
    more = [name_room(one.name, style)[1] - size for one in (lane, other) if one.named[0] != FAR]
    if upper.under and not lower.under:
        return style.px(1.7 * LANE) + total(more)
    return style.px(LANE) + max(more, default=0.0)


def _level(
    lane: Lane, height: float, ground: Ground, near: Sequence[tuple[float, float]], style: Style
) -> float:
    """The height of the branch that a lane ends in, if the lane can lie there: no corner then."""
    here = (leg for leg in lane.legs if lane.line_of(leg) == lane.zone[0])
    ends = [leg.pin for leg in here if not leg.pin.head and leg.x == lane.right]
    if len(ends) != 1 or ends[0].up is None:
        return height
    level, room = ends[0].up, style.px(0.22)
    free = all(level < y - pitch for y, pitch in near) and not any(
        lane.left < x + width and x < lane.right - style.px(0.1) and level > y - room
        for x, y, width, _ in (*ground.boxes, *ground.behind)
    )
    return level if free else height


def _beside(
    routes: Sequence[Route],
    heights: Mapping[Lane, float],
    grounds: Sequence[Ground],
    style: Style,
) -> dict[str, float]:
    """Where wires go round the ends of lines and of names, the inner ones nearer to them."""
    found: dict[str, float] = {}
    least, most = sides(grounds)
    names = [lane.named for route in routes for lane in route if lane.named[0] != FAR]
    least, most = min([least, *(x for x, _ in names)]), max([most, *(x for _, x in names)])
    turns = style.gap(TURN) if not all(ground.joined for ground in grounds[1:]) else 0.0
    if any(ground.behind for ground in grounds):
        turns += style.px(PAD)
    for side in (1, -1):
        wires = [r for r in routes if len(r) > 1 and (r[0].right == FAR) == (side == 1)]
        wires = [r for r in wires if FAR in (r[0].right, -r[0].left)]
        wires.sort(key=lambda r: max(heights[x] for x in r) - min(heights[x] for x in r))
        edge = most if side == 1 else -least
        for place, route in enumerate(wires):
            found[route[0].name] = side * (edge + turns + style.px(0.5 + 0.34 * place))
    return found
