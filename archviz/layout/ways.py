"""The ways that the wire of a named value could take through what is drawn.

A wire leaves its line straight up or down, runs on a lane above or below everything that
stands there, and enters straight again; between lines of a row it goes round their ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple, TypeAlias

from archviz.layout.canvas import Pin
from archviz.layout.flow import Flow
from archviz.layout.style import Style
from archviz.scene.scene import Box, Connector, Item, Line, Shape, Text, box_of, leaves, shapes_in
from archviz.scene.text import text_width

CLEAR = 0.14
"""Units that are free on both sides of a wire's way up or down."""
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
    right: float = 0.0
    """Where the line ends, which may be behind all that is drawn on it."""

    def settled(self) -> Ground:
        """The same where no captions give way any more."""
        pins = (pin._replace(down=None) if pin.captions else pin for pin in self.pins)
        return self._replace(pins=tuple(pins))


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


def obstacles(items: Iterable[Item], flow: Flow) -> tuple[Box, ...]:
    """Boxes of what a wire may not touch, along and across; lines have no thickness."""
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
    return tuple(map(flow.within, found))


def ground_of(
    items: Sequence[Item],
    pins: Sequence[Pin],
    y: float,
    flow: Flow,
    joined: bool = True,
    reach: Box | None = None,
) -> Ground:
    """A line with what is drawn on it; of what stands out of ``reach``, nothing."""
    behind = [flow.within(s.box) for s in shapes_in(items) if s.role == "ground"]
    boxes = obstacles(items, flow)
    if reach:
        top, bottom = reach[1], reach[1] + reach[3]
        boxes = tuple(box for box in boxes if box[1] >= top and box[1] + box[3] <= bottom)
    return Ground(y, tuple(pins), boxes, joined, tuple(behind))


def straightened(grounds: Sequence[Ground], style: Style) -> list[Ground]:
    """The same, where a value that ends a line goes on to right above what takes it below.

    Pins of one box are given to its values so that their wires lie in one another.
    """
    done = [_sorted_slots(number, grounds) for number in range(len(grounds))]
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


def _sorted_slots(number: int, grounds: Sequence[Ground]) -> Ground:
    """The pins at one box in the order in which their wires arrive.

    From the left come values of the line itself, the latest first; then those of the line
    above; then, round the right end, those of lines further up, the latest first.
    """
    ground = grounds[number]
    given = [(line, pin.name) for line, g in enumerate(grounds) for pin in g.pins if pin.port]
    places = {name: (line, place) for place, (line, name) in enumerate(given)}

    def arrival(pin: Pin) -> tuple[int, int]:
        line, place = places[pin.name]
        if line == number:
            return 0, -place
        return (1, place) if line == number - 1 and ground.joined else (2, -place)

    slots: dict[str, list[Pin]] = {}
    for pin in ground.pins:
        if pin.target and pin.head and pin.name in places:
            slots.setdefault(pin.target, []).append(pin)
    moved: dict[Pin, float] = {}
    for pins in slots.values():
        xs = sorted(pin.x for pin in pins)
        moved |= dict(zip(sorted(pins, key=arrival), xs, strict=True))
    return ground._replace(pins=tuple(p._replace(x=moved.get(p, p.x)) for p in ground.pins))


def candidates(name: str, grounds: Sequence[Ground], style: Style) -> list[Route]:
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
    return sorted(routes, key=lambda route: (len(route), length(route)))


def _free(pin: Pin, up: bool, ground: Ground, style: Style) -> bool:
    """Whether the way straight up or down from a pin is free of all that is drawn there."""
    start = pin.up if up else pin.down
    if start is None:
        return False
    start += 0.0 if up else pin.captions
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
    if len(legs) == 1 and not first[1] and all(leg.up for leg in legs[first]):
        first = (first[0] - 1, True)  # it does not leave the line above
        legs = {first: next(iter(legs.values()))}
    rounds: set[float] = {FAR, -FAR} if len(legs) > 1 else {0.0}
    for zone in legs:
        rounds &= {0.0, *_ends(zone, grounds)}
    if not rounds:
        return None
    beyond = max(rounds)
    lanes: list[Lane] = []
    least, most = sides(grounds)
    for zone, those in legs.items():
        if zone != first and not zone[1] and any(leg.up for leg in those):
            return None  # round its own line
        xs = [leg.x for leg in those] + ([beyond] if beyond else [])
        left, right = min(xs), max(xs)
        under = zone == first and any(leg.up for leg in those[1:])
        leftward = False
        if zone == first and not start[1].pin.mute:
            size = style.metric("caption")
            along = style.flow.lies(text_width(name, size), size)[0]
            at, long = start[1].x, along + style.px(0.3)
            shut = beyond != 0 or not all(ground.joined for ground in grounds[1:])
            spans = (
                [(at - long, at), (at, at + long)]
                if left < at
                else [(at, at + long), (at - long, at)]
            )
            fitting = [
                span
                for span in spans
                if (not shut or (least <= span[0] and span[1] <= most))
                and not any(under != leg.up and span[0] <= leg.x <= span[1] for leg in those[1:])
            ]
            if not fitting:
                return None
            leftward = fitting[0][1] == at
            left, right = min(left, fitting[0][0]), max(right, fitting[0][1])
        lanes.append(Lane(name, zone, tuple(those), left, right, under, leftward))
    return tuple(lanes)


def sides(grounds: Sequence[Ground]) -> tuple[float, float]:
    """How far what is drawn reaches to the left and to the right."""
    boxes = [box for ground in grounds for box in (*ground.boxes, *ground.behind)]
    rights = [*(box[0] + box[2] for box in boxes), *(ground.right for ground in grounds)]
    return min((box[0] for box in boxes), default=0.0), max(rights, default=0.0)


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


def length(route: Route) -> float:
    """How long a wire is, about: of two alike, that above its line is the shorter."""
    return sum(lane.right - lane.left for lane in route) + (0.5 if route[0].zone[1] else 0.0)


def signature(route: Route, offset: int) -> frozenset[tuple[int, bool]]:
    """The sides of lines on which a wire begins and ends, lines counted from ``-offset``."""
    found: set[tuple[int, bool]] = set()
    for lane in route:
        line, below = lane.zone
        found |= {(line + offset - (leg.up and not below), leg.up) for leg in lane.legs}
    return frozenset(found)
