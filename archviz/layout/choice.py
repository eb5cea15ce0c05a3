"""Which of its ways each wire takes, so that few cross one another.

Lanes that lie over one another have an order in which as few ways up or down as can be
cross one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from archviz.layout.grounds import FAR
from archviz.layout.style import Style
from archviz.layout.ways import Lane, Leg, Route, Zone

MOST_STEPS = 3000
MOST_CROSSED = 2
"""Lines that a wire crosses at most: names at both ends are clearer then."""
MOST_ALL = 1_000_000
"""Lines that all wires cross together at most."""
INFINITE = float("inf")
Place: TypeAlias = tuple[int, int]
"""The number of a wire, and of a way that it could take."""
Orders: TypeAlias = dict[tuple[int, ...], tuple[Lane, ...] | None]
"""Orders that were found, by the ids of the lanes: those are kept as long as these."""


def choose(wires: Sequence[Sequence[Route]], style: Style, known: bool = False) -> list[Route]:
    """A way for each wire, so that few cross anything; or for as many so as can be.

    ``known``: they were chosen before; however many they cross then, all have theirs again.
    """
    table = _Table(wires, style)
    for most in (*range(MOST_CROSSED + 1), *([MOST_ALL] if known else [])):
        every = table.every(most, MOST_STEPS // (1 + min(most, MOST_CROSSED)))
        if every is not None:
            return table.drawn(every.places)
    chosen = Chosen()
    left: list[int] = []
    for number in range(len(wires)):
        found = next(table.fitting(chosen, number, 0), None)
        if found:
            chosen = found
        else:
            left.append(number)
    for number in left:
        limit = chosen.crossed + MOST_CROSSED
        ways = [table.more(chosen, (number, way), limit) for way in range(len(wires[number]))]
        chosen = min((way for way in ways if way), key=lambda way: way.crossed, default=chosen)
    return table.drawn(chosen.places)


class Chosen(NamedTuple):
    """Ways that are chosen for the first wires, and what is known of them together.

    ``crossed``: how often wires cross; ``zones``: the lanes in each zone, as they came;
    ``orders``: the same from top to bottom; ``turning``: wires that turn at a side.
    """

    places: tuple[Place, ...] = ()
    crossed: float = 0.0
    zones: Mapping[Zone, tuple[Lane, ...]] = MappingProxyType({})
    orders: Mapping[Zone, tuple[Lane, ...]] = MappingProxyType({})
    turning: tuple[Route, ...] = ()


class _Table:
    """The ways of all wires, and what is known of each two of them."""

    def __init__(self, wires: Sequence[Sequence[Route]], style: Style) -> None:
        self.wires, self.style = wires, style
        self.pairs: dict[tuple[Place, Place], float] = {}
        self.orders: Orders = {}
        self.steps = 0

    def drawn(self, places: Sequence[Place]) -> list[Route]:
        """The routes at these places."""
        return [self.wires[number][way] for number, way in places]

    def more(self, chosen: Chosen, new: Place, most: float) -> Chosen | None:
        """What is chosen with a way for one more wire.

        None where there are over ``most`` crossings then, where two wires have over
        :data:`MOST_CROSSED`, or where they cannot all be drawn.
        """
        count = chosen.crossed + self.pair(new, new)
        for place in chosen.places:
            pair = self.pair(place, new)
            count += pair
            if count > most or pair > MOST_CROSSED:
                return None
        if count > most:
            return None
        route = self.wires[new[0]][new[1]]
        return self._placed(chosen, route, (*chosen.places, new), count)

    def _placed(
        self, chosen: Chosen, route: Route, places: tuple[Place, ...], count: float
    ) -> Chosen | None:
        """What is chosen with one more route, if the lanes of each zone have an order then.

        Wires must not cross that turn at a side. Of those that were chosen before it is known
        that they do not, as long as their lanes keep their order.
        """
        zones, orders, kept = {**chosen.zones}, {**chosen.orders}, True
        for zone, lanes in by_zone([route]).items():
            zones[zone] = (*zones.get(zone, ()), *lanes)
            order = self._order(zones[zone])
            if order is None:
                return None
            before = orders.get(zone, ())
            kept = kept and tuple(lane for lane in order if lane in before) == before
            orders[zone] = order
        turning = chosen.turning
        if len(route) > 1 or not kept:
            turning = (*turning, route) if len(route) > 1 else turning
            those = [(turning[-1], other) for other in turning[:-1]]
            if not _nested(those if kept else combinations(turning, 2), orders):
                return None
        return Chosen(places, count, zones, orders, turning)

    def _order(self, lanes: tuple[Lane, ...]) -> tuple[Lane, ...] | None:
        if len(lanes) == 1:
            return lanes
        key = tuple(map(id, lanes))
        if key not in self.orders:
            order = ordered(lanes, self.style)
            self.orders[key] = None if order is None else tuple(order)
        return self.orders[key]

    def pair(self, one: Place, new: Place) -> float:
        """How often two wires cross, or one itself and lines of rows."""
        if (one, new) not in self.pairs:
            own, other = self.drawn((one, new))
            clear = self.style.px(0.3)
            found = _of_one(own, clear) if one == new else _of_pair(own, other, clear)
            self.pairs[one, new] = found
        return self.pairs[one, new]

    def fitting(self, chosen: Chosen, number: int, most: float) -> Iterator[Chosen]:
        """What is chosen with each way of a wire with which there are at ``most`` so many
        crossings."""
        for way, route in enumerate(self.wires[number]):
            if route[0].crossed <= most:
                self.steps -= 1
                found = self.more(chosen, (number, way), most)
                if found:
                    yield found

    def every(self, most: float, steps: int) -> Chosen | None:
        """A way for every wire with at ``most`` so many crossings; None where none is found."""
        self.steps = steps
        if not self.wires:
            return Chosen()
        open_ones = [self.fitting(Chosen(), 0, most)]  # no calls in calls: there may be many
        while open_ones:
            chosen = next(open_ones[-1], None)
            if self.steps <= 0:
                return None
            if chosen is None:
                open_ones.pop()
                continue
            if len(chosen.places) == len(self.wires):
                return chosen
            open_ones.append(self.fitting(chosen, len(chosen.places), most))
        return None


def _of_one(route: Route, clear: float) -> float:
    """How many crossings a wire has alone."""
    count = float(route[0].crossed) + sum(_passed(lane, lane, clear) for lane in route)
    return count + sum(_meeting(one, other, clear) for one, other in combinations(route, 2))


def _of_pair(one: Route, other: Route, clear: float) -> float:
    """How often two wires cross; infinite where they would touch."""
    count = 0.0
    for own, lane in product(one, other):
        if any(_along(a, own, b, lane, clear) for a, b in product(own.legs, lane.legs)):
            return INFINITE
        for inner, outer in ((own, lane), (lane, own)):
            if inner.level is not None and _clash(inner, outer, clear):
                return INFINITE
        count += _meeting(own, lane, clear)
    return count


def _meeting(lane: Lane, other: Lane, clear: float) -> float:
    """How often two lanes cross one another with their legs, at best."""
    count = _passed(lane, other, clear) + _passed(other, lane, clear)
    if lane.zone == other.zone and lane.level is None and other.level is None:
        above, below = _crossed_above(lane, other, clear), _crossed_above(other, lane, clear)
        return count + min(above, below)
    for over, under in ((lane, other), (other, lane)):
        next_above = over.zone[1] and under.zone == (over.zone[0] + 1, False)
        if next_above and any(_cuts(leg, over, clear) for leg in under.legs if leg.up):
            return INFINITE
    return count


def _passed(lane: Lane, other: Lane, clear: float) -> float:
    """How often legs cross another lane on their way past lines of the row."""
    count = 0.0
    for leg in lane.legs:
        if leg.passed:
            count += sum(
                _cuts(leg, other, clear) for zone in lane.passes(leg) if zone == other.zone
            )
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
    if lane.right + clear <= other.left or other.right + clear <= lane.left:
        return 0.0
    count = 0.0
    for leg in lane.legs:
        if not leg.up:
            count += _cuts(leg, other, clear)
    for leg in other.legs:
        if leg.up:
            count += _cuts(leg, lane, clear)
    return count


def _cuts(leg: Leg, lane: Lane, clear: float) -> float:
    """1 where a leg crosses a lane, infinite where that would touch an end, a leg or the name."""
    if not lane.left - clear < leg.x < lane.right + clear:
        return 0.0
    at = leg.x
    if abs(lane.left - at) <= clear or abs(lane.right - at) <= clear:
        return INFINITE
    for own in lane.legs:
        if abs(own.x - at) <= clear:
            return INFINITE
    return INFINITE if lane.named[0] - clear < at < lane.named[1] + clear else 1.0


def ordered(lanes: Sequence[Lane], style: Style) -> list[Lane] | None:
    """The lanes of one zone from top to bottom, so that they cross as seldom as can be.

    Without those between the boxes of the line. None where they have no order.
    """
    lanes = [lane for lane in lanes if lane.level is None]
    if len(lanes) < 2:
        return lanes
    lanes.sort(key=lambda lane: lane.left - lane.right)
    if lanes[0].zone[1]:
        lanes.reverse()
    clear = style.px(0.3)
    under: list[set[int]] = [set() for _ in lanes]
    for (number, lane), (place, other) in combinations(enumerate(lanes), 2):
        above, below = _crossed_above(lane, other, clear), _crossed_above(other, lane, clear)
        if below > above:
            under[place].add(number)
        elif above > below:
            under[number].add(place)
        elif above == INFINITE:
            return None
    order: list[int] = []
    placed: set[int] = set()
    rest = [*range(len(lanes))]
    while rest:
        free = next((number for number in rest if under[number] <= placed), None)
        if free is None:
            return None
        order.append(free)
        placed.add(free)
        rest.remove(free)
    return [lanes[number] for number in order]


def _along(leg: Leg, lane: Lane, other: Leg, second: Lane, clear: float) -> bool:
    """Whether two legs would run beside one another too near, on lines or to either side of one.

    Those of one zone that pass no lines are told apart by the order of their lanes.
    """
    inside = lane.zone == second.zone and not (leg.passed or other.passed)
    if inside or abs(leg.x - other.x) >= clear:
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


def _nested(pairs: Iterable[tuple[Route, Route]], orders: Mapping[Zone, Sequence[Lane]]) -> bool:
    """Whether of wires that go round one side of the lines each two lie in one another or apart."""
    ends: dict[int, list[tuple[int, bool, int]]] = {}

    def places(route: Route) -> list[tuple[int, bool, int]]:
        if id(route) not in ends:
            ends[id(route)] = [(*lane.zone, _index(orders[lane.zone], lane)) for lane in route]
        return ends[id(route)]

    return all(
        _outside(places(a), places(b)) or _outside(places(b), places(a))
        for a, b in pairs
        if (a[0].right == FAR) == (b[0].right == FAR)
    )


def _index(order: Sequence[Lane], lane: Lane) -> int:
    return next(place for place, other in enumerate(order) if other is lane)


def _outside(a: Sequence[tuple[int, bool, int]], b: Sequence[tuple[int, bool, int]]) -> bool:
    return not any(min(b) < place < max(b) for place in a)
