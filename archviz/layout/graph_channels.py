"""The lines in the channel between two columns of a graph.

Each line leaves level with its source and arrives level with its target. What a value
branches into leaves it on one vertical, its trunk; what a merge takes comes to it on one,
its bus; what leads from a trunk to a bus has a height of its own between them. So whoever
follows lines to the right, and up or down, comes to what takes the value and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from archviz.layout.graph_layers import Vertex

MOST_EXACT = 9
"""Verticals of which every order is looked at."""
MOST_COMPARED = 150
"""Verticals in one channel of which crossings are counted."""


class Vertical(NamedTuple):
    """The trunk of what leaves a vertex, or the bus (``into``) of what enters it."""

    vertex: Vertex
    into: bool


class Wire(NamedTuple):
    """One line through a channel: on its ``trunk`` from its source's height to ``level``, on
    its ``bus`` from there to its target's; None where there is no such piece."""

    source: Vertex
    target: Vertex
    trunk: Vertical | None
    level: float
    bus: Vertical | None


class Piece(NamedTuple):
    """A level piece of a wire from one vertical to another; None: from or to a column."""

    y: float
    left: Vertical | None
    right: Vertical | None
    wire: int


class Channel(NamedTuple):
    """Wires, and the track of each vertical, from the left."""

    wires: tuple[Wire, ...]
    tracks: dict[Vertical, int]

    order: tuple[Vertical, ...] = ()
    """The verticals from the left."""

    @property
    def bends(self) -> int:
        """How many corners are drawn."""
        return sum(
            (wire.trunk is not None and wire.source.y != wire.level)
            + (wire.bus is not None and wire.target.y != wire.level)
            + (wire.trunk is not None and wire.bus is not None)
            for wire in self.wires
        )

    @property
    def crossings(self) -> int:
        """How often lines cross."""
        place = {vertical: number for number, vertical in enumerate(self.order)}
        spans = _spans(self.wires)
        count = 0
        for piece in _pieces(self.wires):
            first = place[piece.left] if piece.left else -1
            last = place[piece.right] if piece.right else len(self.order)
            for vertical in self.order[first + 1 : last]:
                low, high = spans[vertical]
                count += low < piece.y < high
        return count

    @property
    def width(self) -> int:
        """The number of tracks."""
        return 1 + max(self.tracks.values(), default=-1)


def route_channel(column: Sequence[Vertex], near: float) -> Channel:
    """Route what leads from a column to the next; lines nearer than ``near`` would touch."""
    wires = _first_wires(column, near)
    while True:
        order, before, clash = _constraints(wires, near)
        loop = _loop(order, before)
        if not loop:
            break
        wires = _detour(wires, loop, clash, near)
    spans = _spans(wires)
    order = _sorted(order, before, wires, spans)
    return Channel(tuple(wires), _tracks(order, before, spans, near), tuple(order))


def _first_wires(column: Sequence[Vertex], near: float) -> list[Wire]:
    """The wires with as few pieces as can be."""
    pairs = [
        (source, target)
        for source in column
        for target in sorted(source.targets, key=lambda target: target.place)
    ]
    used = [y for source, target in pairs for y in (source.y, target.y)]
    wires: list[Wire] = []
    later: list[tuple[Vertex, Vertex]] = []
    for source, target in pairs:
        trunk, bus = Vertical(source, False), Vertical(target, True)
        if len(target.sources) == 1:
            straight = source.y == target.y and len(source.targets) == 1
            wires.append(Wire(source, target, None if straight else trunk, target.y, None))
        elif len(source.targets) == 1:
            wires.append(Wire(source, target, None, source.y, bus))
        else:
            later.append((source, target))
    for source, target in sorted(later, key=lambda pair: abs(pair[0].y - pair[1].y)):
        level = _own_level(source, target, wires, used, near)
        used.append(level)
        wires.append(Wire(source, target, Vertical(source, False), level, Vertical(target, True)))
    return wires


def _own_level(
    source: Vertex, target: Vertex, wires: Sequence[Wire], used: Sequence[float], near: float
) -> float:
    """A height for what leads from a trunk to a bus: level with one of its ends, or free."""
    own = [wire.level for wire in wires if wire.trunk and wire.bus]
    out = [*own, *(wire.level for wire in wires if wire.source is source)]
    into = [*own, *(wire.level for wire in wires if wire.target is target)]
    for y, taken, ends in ((target.y, into, source.targets), (source.y, out, target.sources)):
        others = [end.y for end in ends if end is not target and end is not source]
        if all(abs(y - other) >= near for other in (*taken, *others)):
            return y
    return _free_level(source.y, target.y, used, near)


def _free_level(one: float, other: float, used: Sequence[float], near: float) -> float:
    """A height between two, or beyond, at which nothing runs."""
    low, high = min(one, other), max(one, other)
    heights = sorted({low - 1e6, *used, high + 1e6})
    gaps = [(a, b) for a, b in pairwise(heights) if b - a > 2.2 * near]
    middle = (one + other) / 2

    def best(gap: tuple[float, float]) -> float:
        low = min(gap[0] + 2.4 * near, (gap[0] + gap[1]) / 2)
        return min(max(middle, low), max(gap[1] - 2.4 * near, (gap[0] + gap[1]) / 2))

    return min((best(gap) for gap in gaps), key=lambda y: (abs(y - middle), y))


def _pieces(wires: Sequence[Wire]) -> list[Piece]:
    """The level pieces of all wires; those of one source, or into one target, once."""
    pieces: dict[tuple[object, ...], Piece] = {}
    for number, (source, target, trunk, level, bus) in enumerate(wires):
        first, last = trunk or bus, bus or trunk
        pieces[source, first] = Piece(source.y, None, first, number)
        pieces[target, last, 0] = Piece(target.y, last, None, number)
        if trunk and bus:
            pieces[source, target] = Piece(level, trunk, bus, number)
    return list(pieces.values())


Order = dict[Vertical, dict[Vertical, None]]


def _constraints(
    wires: Sequence[Wire], near: float
) -> tuple[list[Vertical], Order, dict[tuple[Vertical, Vertical], tuple[int, int]]]:
    """The verticals; which stand left of which; and for that the pieces on one height.

    Of two pieces at one height the one that comes from the left ends before the other begins.
    """
    order = list(dict.fromkeys(v for wire in wires for v in (wire.trunk, wire.bus) if v))
    before: Order = {vertical: {} for vertical in order}
    clash: dict[tuple[Vertical, Vertical], tuple[int, int]] = {}
    for wire in wires:
        if wire.trunk and wire.bus:
            before[wire.trunk][wire.bus] = None
    pieces = sorted(_pieces(wires), key=lambda piece: piece.y)
    for index, one in enumerate(pieces):
        for other in pieces[index + 1 :]:
            if other.y - one.y >= near:
                break
            for a, b in ((one, other), (other, one)):
                if a.right and b.left and a.right != b.left and (not b.right or b.right != a.left):
                    if a.left and b.right and b.left in before[b.right]:
                        continue
                    before[a.right][b.left] = None
                    clash.setdefault((a.right, b.left), (a.wire, b.wire))
    return order, before, clash


def _loop(order: Sequence[Vertical], before: Order) -> list[Vertical]:
    """Verticals each of which stands left of the next, and the last of the first, if any do."""
    left = dict.fromkeys(order, 0)
    for vertical in order:
        for other in before[vertical]:
            left[other] += 1
    ready = [vertical for vertical in order if not left[vertical]]
    while ready:
        vertical = ready.pop()
        del left[vertical]
        for other in before[vertical]:
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    if not left:
        return []
    behind = {other: vertical for vertical in left for other in before[vertical] if other in left}
    way = [next(iter(left))]
    while behind[way[-1]] not in way:
        way.append(behind[way[-1]])
    return way[way.index(behind[way[-1]]) :][::-1]


def _detour(
    wires: Sequence[Wire],
    loop: Sequence[Vertical],
    clash: dict[tuple[Vertical, Vertical], tuple[int, int]],
    near: float,
) -> list[Wire]:
    """Give one wire of a loop both a trunk and a bus, with a height of its own between."""
    changed = list(wires)
    used = [y for wire in wires for y in (wire.source.y, wire.level, wire.target.y)]
    pairs = [*zip(loop, [*loop[1:], loop[0]], strict=True)]
    choices = [number for pair in pairs if pair in clash for number in clash[pair]]
    whole = {n: wires[n].level for n in choices if wires[n].trunk and wires[n].bus}
    number = next((n for n in choices if n not in whole), -1)
    if number < 0:  # one that is level with an end of its own
        ends = (n for n, y in whole.items() if y in (wires[n].source.y, wires[n].target.y))
        number = next(ends)
    source, target, _, _, _ = wires[number]
    level = _free_level(source.y, target.y, used, near)
    changed[number] = Wire(source, target, Vertical(source, False), level, Vertical(target, True))
    return changed


def _spans(wires: Sequence[Wire]) -> dict[Vertical, tuple[float, float]]:
    """From where to where each vertical reaches."""
    spans: dict[Vertical, tuple[float, float]] = {}
    for wire in wires:
        for vertical in (wire.trunk, wire.bus):
            if vertical:
                y = vertical.vertex.y
                low, high = spans.get(vertical, (y, y))
                spans[vertical] = min(low, wire.level), max(high, wire.level)
    return spans


def _sorted(
    order: list[Vertical],
    before: Order,
    wires: Sequence[Wire],
    spans: dict[Vertical, tuple[float, float]],
) -> list[Vertical]:
    """The order of the verticals with the fewest crossings that can be found."""
    order = sorted(order, key=lambda v: (v.into, spans[v]))
    if len(order) > MOST_COMPARED:
        return _greedy(order, before, lambda one, other: 0)
    pieces = _pieces(wires)
    left: dict[Vertical, list[Piece]] = {vertical: [] for vertical in order}
    right: dict[Vertical, list[Piece]] = {vertical: [] for vertical in order}
    for piece in pieces:
        if piece.right:
            left[piece.right].append(piece)
        if piece.left:
            right[piece.left].append(piece)

    def inside(one: Vertical, piece: Piece) -> bool:
        low, high = spans[one]
        return low < piece.y < high and one not in (piece.left, piece.right)

    costs = {
        (one, other): sum(inside(one, piece) for piece in left[other])
        + sum(inside(other, piece) for piece in right[one])
        for one in order
        for other in order
    }

    def cost(one: Vertical, other: Vertical) -> int:
        return costs[one, other]

    if len(order) > MOST_EXACT:
        return _improved(_greedy(order, before, cost), before, cost)
    return _exact(order, before, cost)


def _exact(
    order: Sequence[Vertical], before: Order, cost: Callable[[Vertical, Vertical], int]
) -> list[Vertical]:
    """The best order: the best of every set of verticals that stand leftmost, in turn."""
    count = len(order)
    needed = [0] * count
    for number, vertical in enumerate(order):
        for other in before[vertical]:
            needed[order.index(other)] |= 1 << number
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for chosen in range(1 << count):
        if chosen not in best:
            continue
        total, way = best[chosen]
        for number in range(count):
            if chosen >> number & 1 or needed[number] & ~chosen:
                continue
            more = sum(cost(order[placed], order[number]) for placed in way)
            after = chosen | 1 << number
            if after not in best or (total + more, (*way, number)) < best[after]:
                best[after] = (total + more, (*way, number))
    return [order[number] for number in best[(1 << count) - 1][1]]


def _greedy(
    order: Sequence[Vertical], before: Order, cost: Callable[[Vertical, Vertical], int]
) -> list[Vertical]:
    """An order in which each vertical is the best of those that can stand next."""
    rest, placed = list(order), list[Vertical]()
    waiting = dict.fromkeys(rest, 0)
    for vertical in rest:
        for other in before[vertical]:
            waiting[other] += 1
    gain = {one: sum(cost(one, two) - cost(two, one) for two in rest) for one in rest}
    while rest:
        best = min((v for v in rest if not waiting[v]), key=lambda v: gain[v])
        rest.remove(best)
        placed.append(best)
        for other in rest:
            gain[other] -= cost(other, best) - cost(best, other)
        for other in before[best]:
            waiting[other] -= 1
    return placed


def _improved(
    order: list[Vertical], before: Order, cost: Callable[[Vertical, Vertical], int]
) -> list[Vertical]:
    """An order with neighbours swapped as long as that takes crossings away."""
    for _ in range(len(order)):
        swapped = False
        for place in range(len(order) - 1):
            one, two = order[place], order[place + 1]
            if two not in before[one] and cost(two, one) < cost(one, two):
                order[place], order[place + 1], swapped = two, one, True
        if not swapped:
            break
    return order


def _tracks(
    order: Sequence[Vertical],
    before: Order,
    spans: dict[Vertical, tuple[float, float]],
    near: float,
) -> dict[Vertical, int]:
    """Tracks from the left: trunks as far left as can be, buses as far right."""

    def keeps(one: Vertical, other: Vertical) -> bool:
        (low, high), (other_low, other_high) = spans[one], spans[other]
        return other in before[one] or (low < other_high + near and other_low < high + near)

    tracks: dict[Vertical, int] = {}
    for vertical in order:
        lefts = (track for other, track in tracks.items() if keeps(other, vertical))
        tracks[vertical] = 1 + max(lefts, default=-1)
    last = max(tracks.values(), default=0)
    for place, vertical in reversed([*enumerate(order)]):
        if vertical.into:
            rights = (tracks[other] for other in order[place + 1 :] if keeps(vertical, other))
            tracks[vertical] = min(rights, default=last + 1) - 1
    return tracks
