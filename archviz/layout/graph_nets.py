"""Crossings as they are drawn: of trunks and buses, not of single lines.

Two lines from one trunk that cross a third are one crossing where the third crosses the
trunk. So an order of chains is refined by what the channels between columns would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from archviz.layout.graph_layers import SKIP_ABOVE, Chain, Vertex, number

MOST_TRIES = 3000
"""Channels that are looked at in search of a better order."""

Ends: TypeAlias = tuple[int, ...]


class Net(NamedTuple):
    """Places of what a trunk leads to (``many``) from one vertex; of a bus, what it takes."""

    one: int
    many: Ends
    into: bool


def nets_of(column: Sequence[Vertex]) -> list[Net]:
    """The trunks and buses between a column and the next."""
    nets: list[Net] = []
    merges: dict[Vertex, None] = {}
    for vertex in column:
        if len(vertex.targets) > 1 or any(len(t.sources) == 1 for t in vertex.targets):
            nets.append(
                Net(vertex.place, tuple(sorted(t.place for t in vertex.targets)), into=False)
            )
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


def refine(columns: list[list[Vertex]], order: list[Chain]) -> float:
    """Sift chains through their order by what they would show; what that costs at the end.

    ``columns`` are in that order, and remain so.
    """
    return _Refiner(columns, order).run()


class _Refiner:
    """An order of chains on its way to a better one."""

    def __init__(self, columns: list[list[Vertex]], order: list[Chain]) -> None:
        self.columns, self.order = columns, order
        self.names = {v: name for name, chain in enumerate(order) for v in chain.vertices}
        self.tries = 0
        self.known: dict[tuple[int, ...], int] = {}
        for column in columns:
            number(column)
        self.costs = [self._cost(rank) for rank in range(len(columns) - 1)]

    def run(self) -> float:
        """Rounds in which each chain goes to its best place, until none moves."""
        moved = True
        while moved and self.tries < MOST_TRIES:
            moved = False
            for chain in sorted(self.order, key=lambda chain: (chain.first, chain.place)):
                moved = self._sift(chain) or moved
        return sum(self.costs)

    def _sift(self, chain: Chain) -> bool:
        """Move a chain to its best place; whether that is another."""
        origin = best_place = chain.place
        change, best = 0.0, -1e-9
        for goal in (0, len(self.order) - 1):
            while chain.place != goal and self.tries < MOST_TRIES:
                change += self._step(chain, 1 if goal > chain.place else -1)
                if change < best:
                    best, best_place = change, chain.place
            while chain.place != origin:
                self._step(chain, 1 if origin > chain.place else -1)
            change = 0.0
        while chain.place != best_place:
            self._step(chain, 1 if best_place > chain.place else -1)
        return best_place != origin

    def _step(self, chain: Chain, step: int) -> float:
        """Let a chain change places with its neighbour; how much more that costs."""
        other = self.order[chain.place + step]
        self.order[chain.place], self.order[other.place] = other, chain
        chain.place, other.place = other.place, chain.place
        shared = range(max(chain.first, other.first), min(chain.stop, other.stop))
        change = 0.0
        for rank in shared:
            one, two = chain.vertices[rank - chain.first], other.vertices[rank - other.first]
            column = self.columns[rank]
            column[one.place], column[two.place] = two, one
            one.place, two.place = two.place, one.place
            change += SKIP_ABOVE * step * ((one.block is not None) - (two.block is not None))
        first, last = max(0, shared.start - 1), min(shared.stop, len(self.costs))
        for rank in range(first, last) if shared else ():
            change -= self.costs[rank]
            self.costs[rank] = self._cost(rank)
            change += self.costs[rank]
        return change

    def _cost(self, rank: int) -> int:
        """Crossings in a channel."""
        key = (rank, *(self.names[v] for r in (rank, rank + 1) for v in self.columns[r]))
        if key not in self.known:
            self.tries += 1
            self.known[key] = crossings(nets_of(self.columns[rank]))
        return self.known[key]
