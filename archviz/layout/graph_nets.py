"""Crossings as they are drawn: of trunks and buses, not of single lines.

Two lines from one trunk that cross a third are one crossing where the third crosses the
trunk. So an order of chains is refined by what the channels between columns would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, TypeAlias

from archviz.layout.graph_layers import SKIP_ABOVE, Chain, Vertex, number

MOST_STEPS = 15_000
"""Steps of chains in search of a better order; a channel that is new counts as some."""
MOST_IDLE = 30
"""Trials by chance, after the last that was better."""
ANEW = 2
"""Of so many trials one begins with any order."""

Ends: TypeAlias = tuple[int, ...]
Shown: TypeAlias = tuple[int, ...]
"""Which chains stand below one another in a column."""


class Net(NamedTuple):
    """Places of what a trunk leads to (``many``) from one vertex; of a bus, what it takes."""

    one: int
    many: Ends
    into: bool


def nets_of(column: Sequence[Vertex]) -> list[Net]:
    """The trunks and buses between a column and the next; what joins two belongs to the bus."""
    nets: list[Net] = []
    merges: dict[Vertex, None] = {}
    for vertex in column:
        alone = sorted(t.place for t in vertex.targets if len(t.sources) == 1)
        if alone:
            nets.append(Net(vertex.place, tuple(alone), into=False))
        merges |= {target: None for target in vertex.targets if len(target.sources) > 1}
    for merge in merges:
        nets.append(Net(merge.place, tuple(sorted(s.place for s in merge.sources)), into=True))
    return nets


def crossings(nets: Sequence[Net]) -> int:
    """How often the lines of these nets would cross."""
    count = 0
    for index, net in enumerate(nets):
        for other in nets[index + 1 :]:
            if net.into != other.into:
                count += _mixed(other, net) if net.into else _mixed(net, other)
            elif net.one < other.one:
                count += _alike(net.many, other.many)
            else:
                count += _alike(other.many, net.many)
    return count


def _alike(upper: Ends, lower: Ends) -> int:
    """Crossings of two trunks, or buses, the vertex of ``upper`` above that of ``lower``."""
    if upper[-1] <= lower[0]:
        return 0
    one = sum(lower[0] < place < lower[-1] for place in upper)
    other = sum(upper[0] < place < upper[-1] for place in lower)
    one += upper[-1] > lower[(len(lower) - 1) // 2]  # about where the other comes from
    other += lower[0] < upper[len(upper) // 2]
    return min(one, other)


def _mixed(trunk: Net, bus: Net) -> int:
    """Crossings of a trunk and a bus."""
    left: set[int] = set()
    right: set[int] = set()
    for source in bus.many:
        for target in trunk.many:
            if (source - trunk.one) * (bus.one - target) < 0:
                left.add(source)
                right.add(target)
    return min(len(left), len(right))


def skips_above(columns: Sequence[Sequence[Vertex]]) -> int:
    """Pairs of a line and a box below it, in one column."""
    count = 0
    for column in columns:
        lines = 0
        for vertex in column:
            if vertex.block is None:
                lines += 1
            else:
                count += lines
    return count


class Refiner:
    """An order of chains on its way to a better one; ``columns`` are in that order."""

    def __init__(self, columns: list[list[Vertex]], order: list[Chain], side: int) -> None:
        self.columns, self.order = columns, order
        self.skip = SKIP_ABOVE * side
        self.names = {v: name for name, chain in enumerate(order) for v in chain.vertices}
        self.steps = 0
        self.known: dict[tuple[int, Shown, Shown], int] = {}
        self._set(list(order))

    def shake(self) -> list[list[Chain]]:
        """The best orders from here and from what chance makes of them, the best first."""
        chance = Random(len(self.order))
        best, order, most = self.cost, list(self.order), self.steps + MOST_STEPS
        found, idle = {tuple(self.shown): (best, order)}, 0
        while best >= 1 and idle < MOST_IDLE and self.steps < most:
            if idle % ANEW == ANEW - 1:
                self._set(chance.sample(order, len(order)))
            else:
                start = chance.randrange(len(order))
                stop = start + chance.randint(2, 6)
                self._set([*order[:start], *order[start:stop][::-1], *order[stop:]])
            self.descend(most)
            found[tuple(self.shown)] = (self.cost, list(self.order))
            idle = 0 if self.cost < best - 0.5 else idle + 1
            if self.cost < best + 0.5:
                best, order = min(best, self.cost), list(self.order)
        near = [entry for entry in found.values() if entry[0] < best + 0.5]
        return [order for _, order in sorted(near, key=lambda entry: entry[0])]

    def _set(self, order: list[Chain]) -> None:
        """Take up another order."""
        self.order[:] = order
        places: dict[Vertex, int] = {}
        for place, chain in enumerate(order):
            chain.place = place
            places |= dict.fromkeys(chain.vertices, place)
        for column in self.columns:
            column.sort(key=lambda vertex: places[vertex])
            number(column)
        self.shown = [tuple(self.names[vertex] for vertex in column) for column in self.columns]
        self.costs = [self._cost(rank) for rank in range(len(self.columns) - 1)]
        self.cost = sum(self.costs) + self.skip * skips_above(self.columns)

    def descend(self, most: int = MOST_STEPS) -> None:
        """Rounds in which each chain goes to its best place, until none moves."""
        moved = True
        while moved and self.steps < most:
            moved = False
            for chain in sorted(self.order, key=lambda chain: (chain.first, chain.place)):
                moved = (self.steps < most and self._sift(chain)) or moved

    def _sift(self, chain: Chain) -> bool:
        """Move a chain to its best place; whether that is another."""
        origin = best_place = chain.place
        change, best = 0.0, -1e-9
        for goal in (0, len(self.order) - 1):
            while chain.place != goal:
                change += self._step(chain, 1 if goal > chain.place else -1)
                if change < best:
                    best, best_place = change, chain.place
        while chain.place != best_place:
            self._step(chain, -1)
        return best_place != origin

    def _step(self, chain: Chain, step: int) -> float:
        """Let a chain change places with its neighbour; how much more that costs."""
        other = self.order[chain.place + step]
        self.order[chain.place], self.order[other.place] = other, chain
        chain.place, other.place = other.place, chain.place
        shared = range(max(chain.first, other.first), min(chain.stop, other.stop))
        if not shared:
            return 0.0
        self.steps += 1
        change = 0.0
        for rank in shared:
            one, two = chain.at(rank), other.at(rank)
            column = self.columns[rank]
            column[one.place], column[two.place] = two, one
            one.place, two.place = two.place, one.place
            change += self.skip * step * ((one.block is not None) - (two.block is not None))
            self.shown[rank] = tuple(self.names[vertex] for vertex in column)
        for rank in (shared.start - 1, shared.stop - 1):  # between they cross nothing anew
            if 0 <= rank < len(self.costs):
                change -= self.costs[rank]
                self.costs[rank] = self._cost(rank)
                change += self.costs[rank]
        self.cost += change
        return change

    def _cost(self, rank: int) -> int:
        """Crossings in a channel."""
        key = (rank, self.shown[rank], self.shown[rank + 1])
        if key not in self.known:
            nets = nets_of(self.columns[rank])
            self.steps += 1 + len(nets) ** 2 // 6
            self.known[key] = crossings(nets)
        return self.known[key]
