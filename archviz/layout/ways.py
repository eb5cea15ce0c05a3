"""The ways that the wire of a named value could take through what is drawn.

A wire leaves its line straight up or down, past other lines of the row where nothing stands,
runs on a lane and enters straight again. A lane lies above or below everything that stands
there, or between that and the boxes; between lines of a row it can go round their ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from math import prod
from typing import NamedTuple, TypeAlias

from archviz.layout.canvas import RISE, TURN, Pin
from archviz.layout.grounds import FAR, Ground, crossed, leaving, passing, sides
from archviz.layout.style import Style
from archviz.scene.scene import total
from archviz.scene.text import text_width

ABOVE = 0.5
"""Units between a lane and what it passes."""
LIMP = 0.22
"""Units that two legs of a wire are apart, if they are: an arrowhead's width."""
MOST_PASSED = 4
"""Lines of a row that a wire passes at once."""
MOST_INNER = 2
"""Lanes between boxes and what stands further away, of one wire."""
MOST_WAYS = 300
"""Ways of the legs of a wire that are tried, and of those how many are kept."""
MOST_KEPT = 16
Zone: TypeAlias = tuple[int, bool]
"""The room below (True) or above (False) line number so and so."""
Signature: TypeAlias = frozenset[tuple[int, bool, int, int]]
"""Of every leg: its line, whether that is above the lane, the lines passed, the lane's depth."""


class Leg(NamedTuple):
    """A wire's way between a lane and a pin."""

    x: float
    pin: Pin
    up: bool
    """Whether the pin is above the lane."""
    passed: int = 0
    """How many other lines of the row it passes on its way."""


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
    named: tuple[float, float] = (FAR, FAR)
    """From where to where the name stands."""
    level: float | None = None
    """Its height, where it lies nearer to its line than something that stands there."""
    strip: tuple[float, float] = (0.0, 0.0)
    """Of such a one: the heights between which it and its name take room."""
    depth: int = 0
    """Of such ones of a wire: the number, from 1."""
    crossed: float = 0
    """How many lines of rows its legs cross."""

    def passes(self, leg: Leg) -> list[Zone]:
        """The zones that one of its legs passes, besides that of the lane.

        The room above a line that is passed is that below the line before it, too.
        """
        line, below = self.zone
        last = line if below or not leg.up else line - 1  # the one next to the lane
        first = last - leg.passed + 1 if leg.up else last + 1
        passed = range(first, first + leg.passed)
        return [zone for number in passed for zone in ((number - 1, True), (number, False))]

    def reach(self, leg: Leg, line: int) -> tuple[float, float] | None:
        """From where to where one of its legs runs up or down at a line, if it does."""
        at = self.line_of(leg)
        if line != at:
            first, last = sorted((at, at + leg.passed if leg.up else at - leg.passed))
            return (-FAR, FAR) if first <= line <= last else None
        start = leg.pin.down if leg.up else leg.pin.up
        beyond = FAR if leg.up else -FAR
        low, high = sorted((start or 0.0, beyond if self.level is None else self.level))
        return low, high

    def line_of(self, leg: Leg) -> int:
        """The line of a leg's pin."""
        line, below = self.zone
        last = line if below or not leg.up else line - 1
        return last - leg.passed if leg.up else last + leg.passed


Route: TypeAlias = tuple[Lane, ...]
"""A wire: its lanes, that of its start first; several are joined at the end of the lines."""


def known_routes(
    name: str, grounds: Sequence[Ground], style: Style, found: Signature, offset: int
) -> list[Route]:
    """The ways of a wire of which it is known how it begins and ends; all, if there is none."""
    like = frozenset((line - offset, up, passed, depth) for line, up, passed, depth in found)
    routes = candidates(name, grounds, style, like)
    fitting = [route for route in routes if signature(route, 0) == like]
    return fitting or candidates(name, grounds, style, frozenset())


def candidates(
    name: str, grounds: Sequence[Ground], style: Style, like: Signature | None = None
) -> list[Route]:
    """The ways that a value's wire could take, the plainest first; all, if one is known.

    ``like``: only those that could begin and end so, if that is not empty.
    """
    pins = [(number, pin) for number, ground in enumerate(grounds) for pin in ground.pins]
    pins = [(number, pin) for number, pin in pins if pin.name == name]
    starts = [(number, pin) for number, pin in pins if pin.port]
    ends = [(number, pin) for number, pin in pins if not pin.port]
    if len(starts) != 1 or not ends:
        return []
    number, start = starts[0]
    legs = [list(_legs(number, [start], grounds, style))]
    for line in sorted({line for line, _ in ends}):
        here = [pin for at, pin in ends if at == line]
        legs.append(list(_legs(line, here, grounds, style)))
    if prod(map(len, legs)) > MOST_WAYS:
        legs = [[way for way in ways if not way.legs[0][1].passed] for ways in legs]
    if like:
        ends_so = {(line, up, passed) for line, up, passed, depth in like if not depth}
        legs = [[way for way in ways if way.ends <= ends_so] for ways in legs]
    routes, reach = list[Route](), sides(grounds)
    for ways in product(*legs):
        placed = [leg for way in ways for leg in way.legs]
        route = _route(name, placed, grounds, reach, style)
        if route:
            count = total(way.crossed for way in ways)
            routes.append((route[0]._replace(crossed=count), *route[1:]))
    inner = not like or any(depth for _, _, _, depth in like)
    if inner and all(line == number for line, _ in ends):
        own = [start, *(pin for _, pin in ends)]
        for below in (False, True):
            routes += inner_routes(name, number, own, below, grounds[number], style)
    routes.sort(key=lambda route: (route[0].crossed, len(route), length(route)))
    return routes[:MOST_KEPT] if like is None else routes


class _Way(NamedTuple):
    """How wires could leave or enter at the pins of one line: (line, leg) of each."""

    legs: tuple[tuple[int, Leg], ...]
    crossed: float

    @property
    def ends(self) -> set[tuple[int, bool, int]]:
        """What a signature says of each leg, depths apart."""
        return {(line, leg.up, leg.passed) for line, leg in self.legs}


def _legs(
    line: int, pins: Sequence[Pin], grounds: Sequence[Ground], style: Style
) -> Iterator[_Way]:
    """The ways up or down from pins of a line, past the lines next to it where they are free."""
    for up in (True, False):
        step = -1 if up else 1
        counts = [leaving(pin, up, grounds[line], style) for pin in pins]
        for passed in range(MOST_PASSED + 1):
            if passed:
                other = line + passed * step
                if not (0 <= other < len(grounds)) or not grounds[other].boxes:
                    break
                if not grounds[max(other, other - step)].joined:
                    break
                turns = not (up or other + 1 == len(grounds) or grounds[other + 1].joined)
                if turns and any(pin.x > grounds[other].right for pin in pins):
                    break  # there the row goes on to its next line
                counts += [passing(pin.x, grounds[other], style) for pin in pins]
            if None in counts:
                break
            legs = [(line, Leg(pin.x, pin, not up, passed)) for pin in pins]
            yield _Way(tuple(legs), total(count or 0 for count in counts))


def _route(
    name: str,
    placed: Sequence[tuple[int, Leg]],
    grounds: Sequence[Ground],
    reach: tuple[float, float],
    style: Style,
) -> Route | None:
    """The lanes of a wire whose legs are settled, that of its start first.

    None where they cannot be joined. ``reach``: how far what is drawn reaches at the sides.
    """
    start, *ends = placed
    if any(_covers(leg, other) for _, leg in placed for _, other in placed if leg.passed):
        return None
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
    least, most = reach
    for zone, those in legs.items():
        if zone != first and not zone[1] and any(leg.up for leg in those):
            return None  # round its own line
        xs = sorted({leg.x for leg in those})
        if any(right - left < style.px(LIMP) for left, right in pairwise(xs)):
            return None
        xs += [beyond] if beyond else []
        left, right = min(xs), max(xs)
        under = zone == first and any(leg.up for leg in those[1:])
        leftward, named = False, (FAR, FAR)
        if zone == first and not start[1].pin.mute:
            shut = beyond != 0 or not all(ground.joined for ground in grounds[1:])
            fitting = [
                span
                for span in _name_spans(name, start[1].x, left, style)
                if (
                    not shut
                    or (least <= span[0] and span[1] <= min(most, _turn(zone, grounds, style)))
                )
                and not any(under != leg.up and span[0] <= leg.x <= span[1] for leg in those[1:])
            ]
            if not fitting:
                return None
            named = fitting[0]
            leftward = named[1] == start[1].x
            left, right = min(left, named[0]), max(right, named[1])
        lanes.append(Lane(name, zone, tuple(those), left, right, under, leftward, named))
    return tuple(lanes)


def _turn(zone: Zone, grounds: Sequence[Ground], style: Style) -> float:
    """How far names reach below a line at most: there the row goes on to its next one."""
    line, below = zone
    if not below or line + 1 == len(grounds) or grounds[line + 1].joined:
        return FAR
    return grounds[line].right + style.gap(TURN) - style.px(ABOVE) / 2


def _covers(leg: Leg, other: Leg) -> bool:
    """Whether a leg that passes lines would lie on another one that is no part of its way."""
    return leg is not other and leg.x == other.x and leg.up == other.up


def _zone(line: int, leg: Leg, grounds: Sequence[Ground]) -> Zone:
    """Where a leg's lane lies; the room between joined lines is that above the second."""
    line += leg.passed if leg.up else -leg.passed
    if leg.up and line + 1 < len(grounds) and grounds[line + 1].joined:
        return (line + 1, False)
    return (line, leg.up)


def _ends(zone: Zone, grounds: Sequence[Ground]) -> Iterator[float]:
    """The sides on which nothing shuts a zone off: a turn leads from its line to the next."""
    line, below = zone
    if not below:
        yield FAR
    if below or (grounds[line].joined and (line or grounds[line].goes_on)):
        yield -FAR


def length(route: Route) -> float:
    """How long a wire is, about: of two alike, that above its line is the shorter."""
    return sum(lane.right - lane.left for lane in route) + (0.5 if route[0].zone[1] else 0.0)


def signature(route: Route, offset: int) -> Signature:
    """How a wire begins and ends at lines, which are counted from ``-offset``."""
    return frozenset(
        (lane.line_of(leg) + offset, leg.up, leg.passed, lane.depth)
        for lane in route
        for leg in lane.legs
    )


def name_room(name: str, style: Style) -> tuple[float, float]:
    """How far a name reaches along and across."""
    size = style.metric("caption")
    return style.flow.lies(text_width(name, size), size)


def _name_spans(name: str, at: float, left: float, style: Style) -> list[tuple[float, float]]:
    """Where a name could stand at the start of its lane, the better place first."""
    long = name_room(name, style)[0] + style.px(0.3)
    spans = [(at, at + long), (at - long, at)]
    return spans if left >= at else spans[::-1]


def _torn(span: tuple[float, float], ground: Ground) -> bool:
    """Whether a name would stand on the end of what is behind a stage."""
    edges = [edge for x, _, width, _ in ground.behind for edge in (x, x + width)]
    return any(span[0] < edge < span[1] for edge in edges)


def inner_routes(
    name: str, number: int, pins: Sequence[Pin], below: bool, ground: Ground, style: Style
) -> Iterator[Route]:
    """Lanes between the boxes that a wire passes and what stands further up or down there.

    ``pins``: that of its start first.
    """
    starts = [pin.down if below else pin.up for pin in pins]
    if None in starts:
        return
    sign, rows = 1 if below else -1, zip(pins, starts, strict=True)
    nearest = [sign * (y or 0.0) + pin.captions * below for pin, y in rows]
    start, xs = pins[0], [pin.x for pin in pins]
    left, right = min(xs), max(xs)
    named, outer = (FAR, FAR), style.px(0.3)
    if not start.mute:
        spans = _name_spans(name, start.x, left, style)
        whole = [span for span in spans if not _torn(span, ground)]
        if not whole:
            return
        named = whole[0]
        left, right = min(left, named[0]), max(right, named[1])
        outer += style.px(RISE) + name_room(name, style)[1]
    clear, touch = style.px(0.3), style.px(0.04)
    taken = [
        (y, y + height) if below else (-y - height, -y)
        for x, y, width, height in ground.boxes
        if x < right + clear and x + width > left - clear
    ]
    edges = [(sign * edge, sign * edge) for edge in ground.edges()]
    legs, depth = tuple(Leg(pin.x, pin, below) for pin in pins), 0
    over, farthest, blocked = style.px(ABOVE), max(nearest), [*taken, *edges]
    for level in sorted({end + over for _, end in taken} | {farthest + over}):
        strip = (level - clear, level + outer)
        if level < farthest or any(a < strip[1] and b > strip[0] for a, b in blocked):
            continue
        if depth == MOST_INNER or not any(low > level for low, _ in taken):
            return
        ways = [sorted((sign * (near + touch), sign * level)) for near in nearest]
        if all(
            crossed(pin.x, (way[0], way[1]), ground, style) == 0
            for pin, way in zip(pins, ways, strict=True)
        ):
            depth, ys = depth + 1, [sign * y for y in strip]
            yield (
                Lane(
                    name,
                    (number, below),
                    legs,
                    left,
                    right,
                    below and not start.mute,
                    named[1] == start.x,
                    named,
                    sign * level,
                    (min(ys), max(ys)),
                    depth,
                ),
            )
