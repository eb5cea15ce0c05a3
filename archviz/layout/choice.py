"""Which of its ways each wire takes, so that few cross one another.

Lanes that lie over one another have an order in which as few ways up or down as can be
cross one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import TypeAlias

from archviz.layout.grounds import FAR
from archviz.layout.style import Style
from archviz.layout.ways import Lane, Leg, Route, Zone
from archviz.scene.scene import total

MOST_STEPS = 3000
MOST_CROSSED = 2
"""Lines that a wire crosses at most: names at both ends are clearer then."""
INFINITE = float("inf")
Place: TypeAlias = tuple[int, int]
"""The number of a wire, and of a way that it could take."""


def choose(wires: Sequence[Sequence[Route]], style: Style) -> list[Route]:
    """A way for each wire, so that few cross anything; or for as many so as can be."""
    table = _Table(wires, style)
    for most in range(MOST_CROSSED + 1):
        every = table.every(most, MOST_STEPS // (1 + most))
        if every is not None:
            return table.drawn(every)
    chosen: list[Place] = []
    left: list[int] = []
    for number in range(len(wires)):
        place = next(table.fitting(chosen, number, 0), None)
        if place:
            chosen.append(place)
        else:
            left.append(number)
    before = 0.0
    for number in left:
        places = [(number, way) for way in range(len(wires[number]))]
        counts = [table.crossings(chosen, place, MOST_CROSSED) for place in places]
        count, place = min(zip(counts, places, strict=True))
        if count - before <= MOST_CROSSED:
            chosen.append(place)
            before = count
    return table.drawn(chosen)


class _Table:
    """The ways of all wires, and what is known of each two of them."""

    def __init__(self, wires: Sequence[Sequence[Route]], style: Style) -> None:
        self.wires, self.style = wires, style
        self.pairs: dict[tuple[Place, Place], float] = {}
        self.steps = 0

    def drawn(self, places: Sequence[Place]) -> list[Route]:
        """The routes at these places."""
        return [self.wires[number][way] for number, way in places]

    def crossings(self, chosen: Sequence[Place], new: Place, most: float) -> float:
        """How many crossings there are with a new wire; infinite where two have over ``most``."""
        for place in chosen:
            if (place, new) not in self.pairs:
                one, other = self.drawn((place, new))
                self.pairs[place, new] = _of_pair(one, other, self.style)
            if self.pairs[place, new] > most:
                return INFINITE
        return crossings(self.drawn([*chosen, new]), self.style)

    def fitting(self, chosen: Sequence[Place], number: int, most: int) -> Iterator[Place]:
        """The ways of a wire with which there are at ``most`` so many crossings."""
        for way, route in enumerate(self.wires[number]):
            if route[0].crossed <= most:
                self.steps -= 1
                if self.crossings(chosen, (number, way), most) <= most:
                    yield (number, way)

    def every(self, most: int, steps: int) -> list[Place] | None:
        """A way for every wire with at ``most`` so many crossings; None where none is found."""
        self.steps = steps

        def go_on(chosen: list[Place]) -> list[Place] | None:
            if len(chosen) == len(self.wires):
                return chosen
            for place in self.fitting(chosen, len(chosen), most):
                found = go_on([*chosen, place]) if self.steps > 0 else None
                if found is not None or self.steps <= 0:
                    return found
            return None

        return go_on([])


def _of_pair(one: Route, other: Route, style: Style) -> float:
    """How often two wires cross; infinite where they would touch."""
    clear = style.px(0.3)
    for own, lane in product(one, other):
        if any(_along(a, own, b, lane, clear) for a, b in product(own.legs, lane.legs)):
            return INFINITE
    for inner, lane in (*product(one, other), *product(other, one)):
        if inner.level is not None and _clash(inner, lane, clear):
            return INFINITE
    return crossings([one, other], style) - one[0].crossed - other[0].crossed


def crossings(routes: Sequence[Route], style: Style) -> float:
    """How many crossings there are where all of these are drawn; infinite where they cannot be."""
    places: dict[Lane, tuple[int, bool, int]] = {}
    zones, clear = by_zone(routes), style.px(0.3)
    count = float(sum(route[0].crossed for route in routes))
    for zone, lanes in zones.items():
        ups = [g for other in zones.get((zone[0] + 1, False), ()) for g in other.legs if g.up]
        if zone[1] and any(_cuts(leg, lane, clear) for leg in ups for lane in lanes):
            return INFINITE
        order, more = ordered(lanes, style)
        count += more
        places |= {lane: (*zone, place) for place, lane in enumerate(order)}
    for lane in (lane for route in routes for lane in route):
        for leg in lane.legs if any(leg.passed for leg in lane.legs) else ():
            passed = [other for zone in lane.passes(leg) for other in zones.get(zone, ())]
            count += total(_cuts(leg, other, clear) for other in passed)
    for right in (False, True):
        turning = [r for r in routes if len(r) > 1 and (r[0].right == FAR) == right]
        if not _nested([[places[lane] for lane in route] for route in turning]):
            return INFINITE
    return count


def by_zone(routes: Iterable[Route]) -> dict[Zone, list[Lane]]:
    """The lanes of wires by the zones in which they lie."""
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


def ordered(lanes: Sequence[Lane], style: Style) -> tuple[list[Lane], float]:
    """The lanes of one zone from top to bottom, and how often they cross one another.

    Without those between the boxes of the line. Infinite where they would touch.
    """
    lanes = [lane for lane in lanes if lane.level is None]
    clear = style.px(0.3)
    under: dict[Lane, set[Lane]] = {lane: set() for lane in lanes}
    count = 0.0
    for lane, other in combinations(lanes, 2):
        above, below = _crossed_above(lane, other, clear), _crossed_above(other, lane, clear)
        count += min(above, below)
        if below > above:
            under[other].add(lane)
        elif above > below:
            under[lane].add(other)
        elif above == INFINITE:
            return list(lanes), INFINITE
    order: list[Lane] = []
    rest = sorted(lanes, key=lambda lane: lane.left - lane.right)
    if lanes and lanes[0].zone[1]:
        rest.reverse()
    while rest:
        free = [lane for lane in rest if under[lane] <= {*order}]
        if not free:
            return list(lanes), INFINITE
        order.append(free[0])
        rest.remove(free[0])
    return order, count


def _along(leg: Leg, lane: Lane, other: Leg, second: Lane, clear: float) -> bool:
    """Whether two legs, of which one passes lines, would run beside one another too near."""
    if abs(leg.x - other.x) >= clear or not (leg.passed or other.passed):
        return False
    ends = [lane.line_of(leg), second.line_of(other)]
    near = max(leg.passed, other.passed)
    lines = range(min(ends) - near, max(ends) + near + 1)
    spans = [(lane.reach(leg, line), second.reach(other, line)) for line in lines]
    return any(a and b and a[0] < b[1] and b[0] < a[1] for a, b in spans)


def _clash(inner: Lane, other: Lane, clear: float) -> bool:
    """Whether a lane between the boxes of a line would touch another one or its legs."""
    line, (low, high) = inner.zone[0], inner.strip
    both = other.level is not None and other.zone[0] == line
    if both and other.strip[0] < high and low < other.strip[1]:
        return other.left - clear < inner.right and inner.left - clear < other.right
    if both and any(_meets(leg, inner, other, clear) for leg in inner.legs):
        return True
    if any(_meets(leg, other, inner, clear) for leg in other.legs):
        return True
    ways = [(leg.x, other.reach(leg, line)) for leg in other.legs]
    return any(
        span and abs(x - leg.x) < clear and span[0] < own[1] and own[0] < span[1]
        for leg in inner.legs
        if (own := inner.reach(leg, line))
        for x, span in ways
    )


def _meets(leg: Leg, lane: Lane, inner: Lane, clear: float) -> bool:
    """Whether a leg of a lane runs through an inner lane or its name."""
    span, (low, high) = lane.reach(leg, inner.zone[0]), inner.strip
    across = span is not None and span[0] < high and low < span[1]
    return across and inner.left - clear < leg.x < inner.right + clear


def _nested(places: Sequence[Sequence[tuple[int, bool, int]]]) -> bool:
    """Whether wires that go round one side of the lines lie in one another or apart."""
    return all(_outside(a, b) or _outside(b, a) for a, b in combinations(places, 2))


def _outside(a: Sequence[tuple[int, bool, int]], b: Sequence[tuple[int, bool, int]]) -> bool:
    return not any(min(b) < place < max(b) for place in a)
