"""The heights of a graph's vertices: what stands on one line, and where that line stands.

Chains stand on one line each, as does the way from the input to the output; where a value
forks or lines merge, the way on is straight for one of them where that can be, or for none
where an even number of towers stand between the two. All lines then stand as near to what
they are joined to as their distances allow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from math import inf

from archviz.layout.graph_layers import Chain, Vertex, follows

ROUNDS = 30
MOST_JOINED = 1500
"""Strands above which no two are looked at for being one."""
HIGHER = 1.2
"""How much higher a graph may be for the sake of straight lines than it has to be."""
SKIP = 0.25
"""How strongly a passing line is drawn to what it is joined to; boxes: 1."""
FAR = 1e4
"""How strongly the line of the input and the output stands at 0."""


class Strand:
    """Vertices at one height."""

    def __init__(self, vertex: Vertex) -> None:
        self.vertices = [vertex]
        self.y = 0.0
        self.above: dict[Strand, float] = {}
        """Strands above it, and how far it keeps below each."""
        self.below: dict[Strand, None] = {}


class Strands:
    """The strands of a graph; they can be joined as long as no circle of distances results."""

    def __init__(
        self, columns: Sequence[Sequence[Vertex]], apart: Callable[[Vertex, Vertex], float]
    ) -> None:
        self._needed: tuple[dict[Strand, float], dict[Strand, float]] | None = None
        self.of = {vertex: Strand(vertex) for column in columns for vertex in column}
        for column in columns:
            for upper, lower in pairwise(column):
                self._keep_apart(self.of[upper], self.of[lower], apart(upper, lower))

    def _keep_apart(self, upper: Strand, lower: Strand, distance: float) -> None:
        lower.above[upper] = max(distance, lower.above.get(upper, 0.0))
        upper.below[lower] = None

    def join(self, one: Vertex, other: Vertex) -> None:
        """Put the strands of two vertices on one line."""
        into, gone = self.of[one], self.of[other]
        self._needed = None
        if len(into.vertices) < len(gone.vertices):
            into, gone = gone, into
        for vertex in gone.vertices:
            self.of[vertex] = into
        into.vertices += gone.vertices
        for upper, distance in gone.above.items():
            del upper.below[gone]
            self._keep_apart(upper, into, distance)
        for lower in gone.below:
            self._keep_apart(into, lower, lower.above.pop(gone))

    def can_join(self, one: Vertex, other: Vertex, most: float) -> bool:
        """Whether neither of the two stands above the other, and all keeps to a height."""
        upper, lower = self.of[one], self.of[other]
        if upper is lower or self._reaches(upper, lower) or self._reaches(lower, upper):
            return False
        above, below = self.needed()
        return max(above[upper], above[lower]) + max(below[upper], below[lower]) <= most

    def needed(self) -> tuple[dict[Strand, float], dict[Strand, float]]:
        """The room that each strand needs above itself, and below."""
        if self._needed is None:
            order = self.ordered()
            above, below = dict.fromkeys(order, 0.0), dict.fromkeys(order, 0.0)
            for strand in order:
                for upper, distance in strand.above.items():
                    above[strand] = max(above[strand], above[upper] + distance)
            for strand in reversed(order):
                for upper, distance in strand.above.items():
                    below[upper] = max(below[upper], below[strand] + distance)
            self._needed = above, below
        return self._needed

    def _reaches(self, upper: Strand, lower: Strand) -> bool:
        seen, waiting = {upper}, [upper]
        while waiting:
            for strand in waiting.pop().below:
                if strand is lower:
                    return True
                if strand not in seen:
                    seen.add(strand)
                    waiting.append(strand)
        return False

    def ordered(self) -> list[Strand]:
        """All strands, each behind those above it."""
        strands = list(dict.fromkeys(self.of.values()))
        left = {strand: len(strand.above) for strand in strands}
        ready = [strand for strand in reversed(strands) if not left[strand]]
        order: list[Strand] = []
        while ready:
            order.append(ready.pop())
            for lower in order[-1].below:
                left[lower] -= 1
                if not left[lower]:
                    ready.append(lower)
        return order


def place_heights(
    columns: Sequence[Sequence[Vertex]],
    chains: Sequence[Chain],
    apart: Callable[[Vertex, Vertex], float],
    near: float,
) -> None:
    """Give every vertex its height; the way from the first column to the last is at 0.

    ``apart``: what two neighbours in a column keep between their lines at least; ``near``:
    where lines that are joined would stand nearer than that they are level, if they can be.
    """
    edges = [(v, target) for column in columns for v in column for target in v.targets]
    end = columns[-1][0]
    start = next((vertex for vertex in columns[0] if vertex.name == "in"), end)
    strands = _of_chains(columns, chains, apart, ())
    if strands.of[start] is not strands.of[end] and not strands.can_join(start, end, inf):
        strands = _of_chains(columns, chains, apart, (start, end))
        strands.join(start, end)
    few = len(set(strands.of.values())) <= MOST_JOINED
    most = max(strands.needed()[0].values()) * HIGHER + 10 * near
    if few:
        for vertex, target in [(start, end), *_straight(columns, start)]:
            if strands.can_join(vertex, target, most):
                strands.join(vertex, target)
    fixed = {start, end}
    edges += [(hook, vertex) for column in columns for vertex in column for hook in vertex.hooks]
    _settle(strands, edges, fixed)
    for _ in range(4 if few else 0):
        close = [
            (vertex, target)
            for vertex, target in edges
            if 0 < abs(strands.of[vertex].y - strands.of[target].y) < near
            and strands.can_join(vertex, target, most)
        ]
        if not close:
            break
        for vertex, target in close:
            if strands.can_join(vertex, target, most):
                strands.join(vertex, target)
        _settle(strands, edges, fixed)
    zero = strands.of[end].y
    for vertex, strand in strands.of.items():
        vertex.y = round(strand.y - zero, 3)


def _of_chains(
    columns: Sequence[Sequence[Vertex]],
    chains: Sequence[Chain],
    apart: Callable[[Vertex, Vertex], float],
    free: Collection[Vertex],
) -> Strands:
    """A strand for every chain; those vertices that are ``free`` stand at heights of their own."""
    strands = Strands(columns, apart)
    for chain in chains:
        for vertex, target in pairwise(chain.vertices):
            if vertex not in free and target not in free:
                strands.join(vertex, target)
    return strands


def _straight(columns: Sequence[Sequence[Vertex]], start: Vertex) -> list[tuple[Vertex, Vertex]]:
    """What is to be level, if it can be, the most important first."""
    level: list[tuple[Vertex, Vertex]] = []
    bent: set[tuple[Vertex, Vertex]] = set()
    for column in columns:
        for vertex in column:
            level += [(vertex, t) for t in vertex.targets if follows(vertex, t)]
            towers = _towers(vertex)
            if towers:
                level.append((vertex, towers[0][1].targets[0]))
                straight = len(towers) // 2 if len(towers) % 2 else None
                for place, (first, last) in enumerate(towers):
                    if place != straight:
                        bent |= {(vertex, first), (last, last.targets[0])}
    main = set(pairwise(_main_way(columns, start)))
    wanted: list[tuple[tuple[float, ...], Vertex, Vertex]] = []
    for column in columns:
        for vertex in column:
            for target in vertex.targets:
                if (vertex, target) in bent:
                    continue
                lines = (vertex.block is None) + (target.block is None)
                middle = _off_middle(target, vertex.targets) + _off_middle(vertex, target.sources)
                key = (0 if (vertex, target) in main else 1, lines, middle, vertex.rank)
                wanted.append((key, vertex, target))
    wanted.sort(key=lambda entry: entry[0])
    return level + [(vertex, target) for _, vertex, target in wanted]


def _off_middle(vertex: Vertex, among: Sequence[Vertex]) -> float:
    """How far a vertex stands from the middle of some of its column."""
    places = sorted(other.place for other in among)
    return abs(places.index(vertex.place) - (len(places) - 1) / 2)


def _towers(vertex: Vertex) -> list[tuple[Vertex, Vertex]]:
    """The first and the last vertex of the chains from a fork, if all end in one merge there."""
    towers: list[tuple[Vertex, Vertex]] = []
    if len(vertex.targets) < 2:
        return towers
    for first in sorted(vertex.targets, key=lambda target: target.place):
        last = first
        while last.targets and follows(last, last.targets[0]):
            last = last.targets[0]
        towers.append((first, last))
    merges = {target for _, last in towers for target in last.targets}
    if len(merges) != 1:
        return []
    (merge,) = merges
    return towers if {last for _, last in towers} == {*merge.sources} else []


def _main_way(columns: Sequence[Sequence[Vertex]], start: Vertex) -> list[Vertex]:
    """The way from the input to the output through most boxes; through the middle, if it can."""
    boxes: dict[Vertex, tuple[float, float]] = {}
    onward: dict[Vertex, Vertex] = {}
    for column in reversed(columns):
        for vertex in column:
            best = (0.0, 0.0)
            for target in vertex.targets:
                off = _off_middle(target, vertex.targets)
                this = (boxes[target][0], boxes[target][1] - off)
                if vertex not in onward or this > best:
                    best, onward[vertex] = this, target
            boxes[vertex] = (best[0] + (vertex.block is not None), best[1])
    way = [start if start.targets else columns[0][0]]
    while way[-1] in onward:
        way.append(onward[way[-1]])
    return way


def _settle(strands: Strands, edges: Sequence[tuple[Vertex, Vertex]], fixed: set[Vertex]) -> None:
    """Move all strands as near to what they are joined to as their distances allow."""
    order = strands.ordered()
    pulls: dict[Strand, list[tuple[Strand, float]]] = {strand: [] for strand in order}
    for vertex, target in edges:
        one, other = strands.of[vertex], strands.of[target]
        if one is not other:
            pull = SKIP if vertex.block is None or target.block is None else 1.0
            pulls[one].append((other, pull))
            pulls[other].append((one, pull))
    held = {strands.of[vertex] for vertex in fixed}
    for _ in range(ROUNDS):
        wished: dict[Strand, tuple[float, float]] = {}
        for strand in order:
            weight = sum(pull for _, pull in pulls[strand])
            if strand in held:
                wished[strand] = (0.0, FAR)
            elif weight:
                mean = sum(other.y * pull for other, pull in pulls[strand]) / weight
                wished[strand] = ((mean + strand.y) / 2, weight)
            else:
                wished[strand] = (strand.y, 0.01)
        _keep_distances(order, wished)


def _keep_distances(order: Sequence[Strand], wished: dict[Strand, tuple[float, float]]) -> None:
    """Place strands as near to (height, weight) as can be: those too near move as one."""
    group_of: dict[Strand, _Group] = {}
    for strand in order:
        group = _Group(strand, *wished[strand])
        group_of[strand] = group
        while True:
            upper, lower = _nearest(group, group_of)
            if upper is None or lower is None:
                break
            taken, group = group, group_of[upper]
            group.take(taken, upper, lower, lower.above[upper])
            for member in taken.members:
                group_of[member] = group
    for strand in order:
        strand.y = group_of[strand].y(strand)


def _nearest(
    group: _Group, group_of: Mapping[Strand, _Group]
) -> tuple[Strand | None, Strand | None]:
    """A strand of another group, and that of this one which is most too near to it from below."""
    worst, upper, lower = 1e-9, None, None
    for member in [*group.open]:
        outside = False
        for above, distance in member.above.items():
            over = group_of[above]
            if over is not group:
                outside = True
                lack = over.y(above) + distance - group.y(member)
                if lack > worst:
                    worst, upper, lower = lack, above, member
        if not outside:
            del group.open[member]
    return upper, lower


class _Group:
    """Strands that stand at fixed distances from one another, about what they wish."""

    def __init__(self, strand: Strand, height: float, weight: float) -> None:
        self.members = {strand: 0.0}
        self.open = {strand: None}
        """Those that stand below strands of other groups."""
        self.sum, self.weight = height * weight, weight

    def y(self, strand: Strand) -> float:
        """The height of one of them."""
        return self.sum / self.weight + self.members[strand]

    def take(self, other: _Group, upper: Strand, lower: Strand, distance: float) -> None:
        """Take in all of another, ``lower`` of it just below ``upper``."""
        shift = self.members[upper] + distance - other.members[lower]
        self.members |= {strand: offset + shift for strand, offset in other.members.items()}
        self.sum += other.sum - shift * other.weight
        self.weight += other.weight
        self.open |= other.open
