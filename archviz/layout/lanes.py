"""Wires of named values: from where a value gets its name to whatever takes it.

A wire leaves its line straight up or down, runs on a lane above or below everything that
stands there, and enters straight again. Where lanes lie over one another, their order is
such that none crosses another; between lines of a row a wire goes round their ends. What
cannot be drawn without a crossing is not drawn: there the name stands at both places.

::

    pins, what is drawn ─candidates─▶ lanes of each wire ─choose─▶ Wiring ─draw─▶ connectors
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise, product
from typing import NamedTuple, TypeAlias

from archviz.layout.canvas import Pin
from archviz.layout.style import Style
from archviz.scene.scene import Box, Connector, Item, Line, Shape, Text, box_of, leaves, shapes_in
from archviz.scene.text import text_width

CLEAR = 0.14
"""Units that are free on both sides of a wire's way up or down."""
LANE = 0.62
"""Units between two lanes: the name stands between them."""
ABOVE = 0.5
"""Units between a lane and what it passes."""
MOST_STEPS = 3000
FAR = 1e7
"""Pixels: where a lane goes round the end of its line."""
Zone: TypeAlias = tuple[int, bool]
"""The room below (True) or above (False) line number so and so."""


class Ground(NamedTuple):
    """A line with its pins and the boxes of what is drawn on it.

    ``joined``: no turn leads into it, so that the room above it is that below the line before.
    """

    y: float
    pins: tuple[Pin, ...]
    boxes: tuple[Box, ...]
    joined: bool = True
    behind: tuple[Box, ...] = ()
    """Grounds of stages: legs pass over them, lanes do not."""


class Leg(NamedTuple):
    """A wire's way between a lane and a pin."""

    x: float
    pin: Pin
    up: bool
    """Whether the pin is above the lane."""


class Lane(NamedTuple):
    """A level stretch of a wire; the first of a wire begins in the leg of its start."""

    name: str
    zone: Zone
    legs: tuple[Leg, ...]
    left: float
    right: float
    """Its ends, with the name over it; FAR where it goes round the end of the line."""
    under: bool = False
    """Whether the name stands below it, since the wire goes up again."""
    leftward: bool = False
    """Whether the name stands left of the start."""


Route: TypeAlias = tuple[Lane, ...]
"""A wire: its lanes, that of its start first; several are joined at the end of the lines."""


class Wiring(NamedTuple):
    """What was chosen: lanes in each zone from top to bottom, the height of each; the others."""

    routes: tuple[Route, ...]
    heights: Mapping[Lane, float]
    beside: Mapping[str, float]
    """x at which a wire of several lanes goes round the end of the lines."""
    failed: frozenset[str]


def obstacles(items: Iterable[Item]) -> tuple[Box, ...]:
    """Boxes of what a wire may not touch, lines as boxes without thickness."""
    found: list[Box] = []
    for leaf in leaves(items):
        match leaf:
            case Shape(role="panel" | "port" | "ground"):
                continue
            case Connector() | Line():
                points = leaf.points
                found += [box_of(points[at : at + 2]) for at in range(len(points) - 1)]
            case Shape() | Text():
                found.append(leaf.box)
    return tuple(found)


def ground_of(
    items: Sequence[Item],
    pins: Sequence[Pin],
    y: float,
    joined: bool = True,
    reach: Box | None = None,
) -> Ground:
    """A line with what is drawn on it; of what stands out of ``reach``, nothing."""
    behind = [s.box for s in shapes_in(items) if s.role == "ground"]
    boxes = obstacles(items)
    if reach:
        top, bottom = reach[1], reach[1] + reach[3]
        boxes = tuple(box for box in boxes if box[1] >= top and box[1] + box[3] <= bottom)
    return Ground(y, tuple(pins), boxes, joined, tuple(behind))


def wire(grounds: Sequence[Ground], style: Style, rounds: bool = True) -> Wiring:
    """Find a lane for every value; ``failed`` has the names of those that have none.

    ``rounds``: whether a wire may go round the ends of lines.
    """
    grounds = _straightened(grounds, style)
    names = {pin.name: None for ground in grounds for pin in ground.pins}
    found = {name: _candidates(name, grounds, style) for name in names}
    if not rounds:
        found = {name: [r for r in routes if len(r) == 1] for name, routes in found.items()}
    open_ones = sorted((name for name in names if found[name]), key=lambda n: _length(found[n][0]))
    chosen = _search([found[name] for name in open_ones], style)
    routed = frozenset(route[0].name for route in chosen)
    heights = _heights(chosen, grounds, style)
    beside = _beside(chosen, heights, grounds, style)
    return Wiring(tuple(chosen), heights, beside, frozenset(names) - routed)


def _straightened(grounds: Sequence[Ground], style: Style) -> list[Ground]:
    """The same, where a value that ends a line goes on to right above what takes it below.

    Pins of one box are given to its values so that their wires lie in one another.
    """
    done = [_sorted_slots(ground, grounds) for ground in grounds]
    for number, (ground, under) in enumerate(pairwise(done)):
        ends = max((box[0] + box[2] for box in ground.boxes), default=0.0)
        pins: list[Pin] = []
        for pin in ground.pins:
            xs = [p.x for p in under.pins if p.name == pin.name and not p.port and p.x > pin.x]
            last = pin.port and len(pin.port.pen) > 1 and pin.x + style.px(0.1) > ends
            if last and under.joined and xs and pin.port and pin.down is not None:
                x = min(xs)
                pin = pin._replace(x=x, port=pin.port.to((x, pin.down)))
            pins.append(pin)
        done[number] = ground._replace(pins=tuple(pins))
    return done


def _sorted_slots(ground: Ground, grounds: Sequence[Ground]) -> Ground:
    """The pins at one box in the order in which their wires arrive: the latest value first."""
    given = [pin.name for other in grounds for pin in other.pins if pin.port]
    here = {pin.name for pin in ground.pins if pin.port}
    slots: dict[str, list[Pin]] = {}
    for pin in ground.pins:
        if pin.target and pin.head and pin.name in given:
            slots.setdefault(pin.target, []).append(pin)
    moved: dict[Pin, float] = {}
    for pins in slots.values():

        def arrival(pin: Pin) -> int:
            order = given.index(pin.name)
            return -order if pin.name in here else order

        ordered = sorted(pins, key=arrival)
        xs = sorted(pin.x for pin in pins)
        moved |= dict(zip(ordered, xs, strict=True))
    return ground._replace(pins=tuple(p._replace(x=moved.get(p, p.x)) for p in ground.pins))


# ---- the ways that there are ------------------------------------------------------------


def _candidates(name: str, grounds: Sequence[Ground], style: Style) -> list[Route]:
    """The ways that a value's wire could take, the plainest first."""
    pins = [(number, pin) for number, ground in enumerate(grounds) for pin in ground.pins]
    pins = [(number, pin) for number, pin in pins if pin.name == name]
    starts = [(number, pin) for number, pin in pins if pin.port]
    ends = [(number, pin) for number, pin in pins if not pin.port]
    if len(starts) != 1 or not ends:
        return []
    number, start = starts[0]
    lines = sorted({line for line, _ in ends})
    options: list[tuple[bool, ...]] = []
    for line in lines:
        here = [pin for at, pin in ends if at == line]
        free = (up for up in (True, False) if all(_free(p, up, grounds[line], style) for p in here))
        options.append(tuple(free))
    routes: list[Route] = []
    for first in (True, False):
        if not _free(start, first, grounds[number], style):
            continue
        for sides in product(*options):
            side_of = dict(zip(lines, sides, strict=True))
            legs = [(line, Leg(pin.x, pin, not side_of[line])) for line, pin in ends]
            route = _route(name, (number, Leg(start.x, start, not first)), legs, grounds, style)
            if route:
                routes.append(route)
    return sorted(routes, key=lambda route: (len(route), _length(route)))


def _free(pin: Pin, up: bool, ground: Ground, style: Style) -> bool:
    """Whether the way straight up or down from a pin is free of all that is drawn there."""
    start = pin.up if up else pin.down
    if start is None:
        return False
    clear, touch = style.px(CLEAR), style.px(0.04)
    return not any(
        x < pin.x + clear
        and x + width > pin.x - clear
        and (y < start - touch if up else y + height > start + touch)
        for x, y, width, height in ground.boxes
    )


def _route(
    name: str,
    start: tuple[int, Leg],
    ends: Sequence[tuple[int, Leg]],
    grounds: Sequence[Ground],
    style: Style,
) -> Route | None:
    """The lanes of a wire whose legs are settled; None where they cannot be joined."""
    first = _zone(*start, grounds)
    legs: dict[Zone, list[Leg]] = {first: [start[1]]}
    for line, leg in ends:
        legs.setdefault(_zone(line, leg, grounds), []).append(leg)
    rounds: set[float] = {FAR, -FAR} if len(legs) > 1 else {0.0}
    for zone in legs:
        rounds &= {0.0, *_ends(zone, grounds)}
    if not rounds:
        return None
    beyond = max(rounds)
    lanes: list[Lane] = []
    least, most = _sides(grounds)
    for zone, those in legs.items():
        if zone != first and not zone[1] and any(leg.up for leg in those):
            return None  # round its own line
        xs = [leg.x for leg in those] + ([beyond] if beyond else [])
        left, right = min(xs), max(xs)
        under = zone == first and any(leg.up for leg in those[1:])
        leftward = False
        if zone == first and not start[1].pin.mute:
            length, at = text_width(name, style.metric("caption")) + style.px(0.3), start[1].x
            leftward = left < at and at - length > least
            text = (at - length, at) if leftward else (at, at + length)
            if (under and any(not leg.up and text[0] <= leg.x <= text[1] for leg in those[1:])) or (
                beyond > 0 and text[1] > most
            ):
                return None
            left, right = min(left, text[0]), max(right, text[1])
        lanes.append(Lane(name, zone, tuple(those), left, right, under, leftward))
    return tuple(lanes)


def _sides(grounds: Iterable[Ground]) -> tuple[float, float]:
    """How far what is drawn reaches to the left and to the right."""
    boxes = [box for ground in grounds for box in (*ground.boxes, *ground.behind)]
    return min((box[0] for box in boxes), default=0.0), max(
        (box[0] + box[2] for box in boxes), default=0.0
    )


def _zone(line: int, leg: Leg, grounds: Sequence[Ground]) -> Zone:
    """Where a leg's lane lies; the room between joined lines is that above the second."""
    if leg.up and line + 1 < len(grounds) and grounds[line + 1].joined:
        return (line + 1, False)
    return (line, leg.up)


def _ends(zone: Zone, grounds: Sequence[Ground]) -> Iterator[float]:
    """The sides on which nothing shuts a zone off: a turn leads from its line to the next."""
    line, below = zone
    if not below:
        yield FAR
    if below or (line and grounds[line].joined):
        yield -FAR


def _length(route: Route) -> float:
    return sum(lane.right - lane.left for lane in route) + (0.5 if route[0].zone[1] else 0.0)


# ---- which of them -----------------------------------------------------------------------


def _search(wires: Sequence[Sequence[Route]], style: Style) -> list[Route]:
    """A way for each wire so that none crosses another; for as many as can be."""
    steps = 0

    def go_on(chosen: list[Route], place: int) -> list[Route] | None:
        nonlocal steps
        if place == len(wires):
            return chosen
        for route in wires[place]:
            steps += 1
            if steps > MOST_STEPS:
                return None
            if _fit([*chosen, route], style):
                found = go_on([*chosen, route], place + 1)
                if found is not None:
                    return found
        return None

    every = go_on([], 0)
    if every is not None:
        return every
    chosen: list[Route] = []
    for routes in wires:
        fitting = (route for route in routes if _fit([*chosen, route], style))
        chosen += [route for route in [next(fitting, None)] if route]
    return chosen


def _fit(routes: Sequence[Route], style: Style) -> bool:
    """Whether all of these can be drawn without a crossing."""
    places: dict[Lane, tuple[int, bool, int]] = {}
    for zone, lanes in _zones(routes).items():
        order = _ordered(lanes, style)
        if order is None:
            return False
        places |= {lane: (*zone, place) for place, lane in enumerate(order)}
    return _nested([[places[lane] for lane in route] for route in routes if len(route) > 1])


def _zones(routes: Iterable[Route]) -> dict[Zone, list[Lane]]:
    zones: dict[Zone, list[Lane]] = {}
    for route in routes:
        for lane in route:
            zones.setdefault(lane.zone, []).append(lane)
    return zones


def _may_be_above(lane: Lane, other: Lane, clear: float) -> bool:
    """Whether no leg of the two crosses the other one."""

    def cuts(leg: Leg, through: Lane) -> bool:
        return through.left - clear < leg.x < through.right + clear

    return not any(cuts(leg, other) for leg in lane.legs if not leg.up) and not any(
        cuts(leg, lane) for leg in other.legs if leg.up
    )


def _ordered(lanes: Sequence[Lane], style: Style) -> list[Lane] | None:
    """The lanes of one zone from top to bottom; None where they would cross."""
    clear = style.px(0.3)
    under: dict[Lane, set[Lane]] = {lane: set() for lane in lanes}
    for lane, other in combinations(lanes, 2):
        above, below = _may_be_above(lane, other, clear), _may_be_above(other, lane, clear)
        if not above and not below:
            return None
        if not below:
            under[other].add(lane)
        elif not above:
            under[lane].add(other)
    order: list[Lane] = []
    rest = sorted(lanes, key=lambda lane: lane.left - lane.right)
    if lanes[0].zone[1]:
        rest.reverse()
    while rest:
        free = [lane for lane in rest if under[lane] <= {*order}]
        if not free:
            return None
        order.append(free[0])
        rest.remove(free[0])
    return order


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
        order = _ordered(lanes, style) or []
        ground = grounds[line]
        for lane in order if below else reversed(order):
            inside = [
                box
                for box in (*ground.boxes, *ground.behind)
                if box[0] < lane.right + clear and box[0] + box[2] > lane.left - clear
            ]
            near = [
                (heights[other], style.px(LANE if lane.under <= other.under else 1.7 * LANE))
                for other in lanes
                if other in heights
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
                heights[lane] = _level(lane, heights[lane], ground, [y for y, _ in near], style)
    return heights


def _level(lane: Lane, height: float, ground: Ground, near: Sequence[float], style: Style) -> float:
    """The height of the branch that a lane ends in, if the lane can lie there: no corner then."""
    ends = [leg.pin for leg in lane.legs if not leg.pin.head and leg.x == lane.right]
    if len(ends) != 1 or ends[0].up is None:
        return height
    level, room = ends[0].up, style.px(ABOVE)
    free = all(level < y - style.px(LANE) for y in near) and not any(
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
    least, most = _sides(grounds)
    turns = style.gap(0.75) if not all(ground.joined for ground in grounds[1:]) else 0.0
    for side in (1, -1):
        wires = [r for r in routes if len(r) > 1 and (r[0].right == FAR) == (side == 1)]
        wires = [r for r in wires if FAR in (r[0].right, -r[0].left)]
        wires.sort(key=lambda r: max(heights[x] for x in r) - min(heights[x] for x in r))
        edge = most if side == 1 else -least
        for place, route in enumerate(wires):
            found[route[0].name] = side * (edge + turns + style.px(0.5 + 0.34 * place))
    return found
