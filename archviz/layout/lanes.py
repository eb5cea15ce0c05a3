"""Lanes of the wires of named values, chosen so that few cross one another.

Where lanes lie over one another, their order is such that no way up or down crosses one.
What would cross more than MOST_CROSSED lines is left to names at both of its ends.

::

    pins, what is drawn ─candidates─▶ ways of each wire ─choose─▶ Wiring ─draw─▶ connectors
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from archviz.layout.canvas import PAD, TURN
from archviz.layout.grounds import FAR, Ground, sides, straightened
from archviz.layout.style import Style
from archviz.layout.ways import (
    ABOVE,
    Lane,
    Leg,
    Route,
    Signature,
    Zone,
    candidates,
    length,
    name_room,
    signature,
)
from archviz.scene.scene import total

LANE = 0.62
"""Units between two lanes: the name stands between them."""
MOST_STEPS = 3000
MOST_CROSSED = 2
"""Lines that a wire crosses at most: names at both ends are clearer then."""
INFINITE = float("inf")


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
    names = {pin.name: None for ground in grounds for pin in ground.pins}
    found = {name: candidates(name, grounds, style) for name in names}
    if known:
        found = {
            name: [r for r in routes if signature(r, known.offset) == known.sides.get(name)]
            for name, routes in found.items()
        }
    if not rounds:
        found = {name: [r for r in routes if len(r) == 1] for name, routes in found.items()}
    open_ones = sorted((name for name in names if found[name]), key=lambda n: length(found[n][0]))
    chosen = _search([found[name] for name in open_ones], style)
    routed = frozenset(route[0].name for route in chosen)
    heights = _heights(chosen, grounds, style)
    beside = _beside(chosen, heights, grounds, style)
    return Wiring(tuple(chosen), heights, beside, frozenset(names) - routed)


# ---- which of them -----------------------------------------------------------------------


def _search(wires: Sequence[Sequence[Route]], style: Style) -> list[Route]:
    """A way for each wire, so that none crosses anything; or as many so as can be.

    The others cross as few lines as they can.
    """
    steps = 0
    plain = [[route for route in routes if not route[0].crossed] for routes in wires]

    def go_on(chosen: list[Route], place: int) -> list[Route] | None:
        nonlocal steps
        if place == len(wires):
            return chosen
        for route in plain[place]:
            steps += 1
            if steps > MOST_STEPS:
                return None
            if _crossings([*chosen, route], style) == 0:
                found = go_on([*chosen, route], place + 1)
                if found is not None:
                    return found
        return None

    every = go_on([], 0)
    if every is not None:
        return every
    chosen: list[Route] = []
    left: list[Sequence[Route]] = []
    for routes, straight in zip(wires, plain, strict=True):
        fitting = (route for route in straight if _crossings([*chosen, route], style) == 0)
        route = next(fitting, None)
        chosen += [route] if route else []
        left += [] if route else [routes]
    before = 0.0
    for routes in left:
        counts = [_crossings([*chosen, route], style) for route in routes]
        count, place = min(zip(counts, range(len(counts)), strict=True))
        if count - before <= MOST_CROSSED:
            chosen.append(routes[place])
            before = count
    return chosen


def _crossings(routes: Sequence[Route], style: Style) -> float:
    """How many crossings there are where all of these are drawn; infinite where they cannot be."""
    places: dict[Lane, tuple[int, bool, int]] = {}
    zones, clear = _zones(routes), style.px(0.3)
    count = float(sum(route[0].crossed for route in routes))
    for zone, lanes in zones.items():
        ups = [g for other in zones.get((zone[0] + 1, False), ()) for g in other.legs if g.up]
        if zone[1] and any(_cuts(leg, lane, clear) for leg in ups for lane in lanes):
            return INFINITE
        order, more = _ordered(lanes, style)
        count += more
        places |= {lane: (*zone, place) for place, lane in enumerate(order)}
    for lane in places:
        for leg in lane.legs:
            passed = [other for zone in lane.passes(leg) for other in zones.get(zone, ())]
            count += total(_cuts(leg, other, clear) for other in passed)
    if not _nested([[places[lane] for lane in route] for route in routes if len(route) > 1]):
        return INFINITE
    return count


def _zones(routes: Iterable[Route]) -> dict[Zone, list[Lane]]:
    zones: dict[Zone, list[Lane]] = {}
    for route in routes:
        for lane in route:
            zones.setdefault(lane.zone, []).append(lane)
    return zones


def _crossed_above(lane: Lane, other: Lane, clear: float) -> float:
    """How often legs of the two cross the other one where the first is above."""
    down = total(_cuts(leg, other, clear) for leg in lane.legs if not leg.up)
    return down + total(_cuts(leg, lane, clear) for leg in other.legs if leg.up)


def _cuts(leg: Leg, lane: Lane, clear: float) -> float:
    """1 where a leg crosses a lane, infinite where that would touch an end, a leg or the name."""
    if not lane.left - clear < leg.x < lane.right + clear:
        return 0.0
    if lane.left == -FAR or lane.right == FAR:
        ends = [x for x in (lane.left, lane.right) if abs(x) != FAR]
    else:
        ends = [lane.left, lane.right]
    corners = [*ends, *(own.x for own in lane.legs)]
    near = any(abs(x - leg.x) <= clear for x in corners)
    named = lane.named[0] - clear < leg.x < lane.named[1] + clear
    return INFINITE if near or named else 1.0


def _ordered(lanes: Sequence[Lane], style: Style) -> tuple[list[Lane], float]:
    """The lanes of one zone from top to bottom, and how often they cross one another.

    Those between the boxes of the line are next to it. Infinite where they would touch.
    """
    clear = style.px(0.3)
    under: dict[Lane, set[Lane]] = {lane: set() for lane in lanes}
    count = 0.0
    for lane, other in combinations(lanes, 2):
        above, below = _crossed_above(lane, other, clear), _crossed_above(other, lane, clear)
        if lane.level is not None and other.level is not None:
            apart = lane.left - clear > other.right or other.left - clear > lane.right
            if not apart and abs(lane.level - other.level) < 1.7 * _pitch(lane, other, style):
                return list(lanes), INFINITE
            above, below = _only(lane.level < other.level, above, below)
        elif lane.level is not None or other.level is not None:
            above, below = _only((lane.level is not None) == lane.zone[1], above, below)
        count += min(above, below)
        if below > above:
            under[other].add(lane)
        elif above > below:
            under[lane].add(other)
        elif above == INFINITE:
            return list(lanes), INFINITE
    order: list[Lane] = []
    rest = sorted(lanes, key=lambda lane: lane.left - lane.right)
    if lanes[0].zone[1]:
        rest.reverse()
    while rest:
        free = [lane for lane in rest if under[lane] <= {*order}]
        if not free:
            return list(lanes), INFINITE
        order.append(free[0])
        rest.remove(free[0])
    return order, count


def _only(first: bool, above: float, below: float) -> tuple[float, float]:
    """What is left of two orders where the first or only the second can be."""
    return (above, INFINITE) if first else (INFINITE, below)


def _nested(places: Sequence[Sequence[tuple[int, bool, int]]]) -> bool:
    """Whether wires that go round the ends of lines lie in one another or apart."""
    return all(_outside(a, b) or _outside(b, a) for a, b in combinations(places, 2))


def _outside(a: Sequence[tuple[int, bool, int]], b: Sequence[tuple[int, bool, int]]) -> bool:
    return not any(min(b) < place < max(b) for place in a)


# ---- where they lie ----------------------------------------------------------------------


def _heights(routes: Sequence[Route], grounds: Sequence[Ground], style: Style) -> dict[Lane, float]:
    """The height of every lane: as near to its line as what is below it allows."""
    heights: dict[Lane, float] = {}
    clear = style.px(0.3)
    for (line, below), lanes in _zones(routes).items():
        order, _ = _ordered(lanes, style)
        ground = grounds[line]
        heights |= {lane: lane.level for lane in order if lane.level is not None}
        order = [lane for lane in order if lane.level is None]
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
            if below:
                base = max((y + height for _, y, _, height in inside), default=ground.y)
                base += style.px(ABOVE)
                heights[lane] = max([base, *(y + pitch for y, pitch in near)])
            else:
                base = min((y for _, y, _, _ in inside), default=ground.y) - style.px(ABOVE)
                heights[lane] = min([base, *(y - pitch for y, pitch in near)])
                heights[lane] = _level(lane, heights[lane], ground, near, style)
    return heights


def _pitch(lane: Lane, other: Lane, style: Style) -> float:
    """The distance of two lanes, the first one further away: a name stands between them."""
    size = style.metric("caption")
    names = [name_room(one.name, style)[1] for one in (lane, other) if one.named[0] != FAR]
    across = max(names, default=size) - size
    return style.px(LANE if lane.under <= other.under else 1.7 * LANE) + across


def _level(
    lane: Lane, height: float, ground: Ground, near: Sequence[tuple[float, float]], style: Style
) -> float:
    """The height of the branch that a lane ends in, if the lane can lie there: no corner then."""
    ends = [leg.pin for leg in lane.legs if not leg.pin.head and leg.x == lane.right]
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
    """Where wires go round the ends of lines, the inner ones nearer to them."""
    found: dict[str, float] = {}
    least, most = sides(grounds)
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
