"""The order of a graph's vertices in their columns, with as few crossings as can be found.

Chains are ordered as wholes, so that lines cross where they branch or merge and a chain can
be drawn straight: one order of all chains, of which each column shows those that pass it.
Each chain in turn is sifted through that order to the place with the fewest crossings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from archviz.layout.graph_layers import SKIP_ABOVE, Chain, Vertex, chains_of, link, number, unlink
from archviz.layout.graph_nets import refine

ROUNDS = 8
MOST_STEPS = 400_000
"""Neighbours that chains are compared with in one round."""


def order_columns(
    columns: list[list[Vertex]], starts: Sequence[dict[Vertex, float]]
) -> list[Chain]:
    """Sort the columns; ``starts`` are heights to begin from, of which the best end counts.

    Returns the chains, none of which crosses another but at its ends.
    """
    chains = chains_of(columns)
    chain_of = {vertex: chain for chain in chains for vertex in chain.vertices}
    best: tuple[float, list[Chain]] | None = None
    for heights in starts:
        order = sorted(
            chains,
            key=lambda chain: sum(heights[v] for v in chain.vertices) / len(chain.vertices),
        )
        for place, chain in enumerate(order):
            chain.place = place
        for _ in range(ROUNDS):
            if not _sift_all(order, chain_of):
                break
        for column in columns:
            column.sort(key=lambda vertex: chain_of[vertex].place)
        cost = refine(columns, order) + SKIP_ABOVE * _skips_above(columns)
        if best is None or cost < best[0] - 1e-9:
            best = (cost, order)
    assert best is not None
    for place, chain in enumerate(best[1]):
        chain.place = place
    for column in columns:
        column.sort(key=lambda vertex: chain_of[vertex].place)
        number(column)
    return chains


def _sift_all(order: list[Chain], chain_of: dict[Vertex, Chain]) -> bool:
    """One round: each chain to its best place; whether any moved."""
    moved = False
    window = max(4, MOST_STEPS // len(order))
    for chain in sorted(order, key=lambda chain: (chain.first, chain.place)):
        origin = chain.place
        best, to = -1e-9, origin
        for step in (-1, 1):
            gain = 0.0
            end = max(-1, origin - window) if step < 0 else min(len(order), origin + window)
            for place in range(origin + step, end, step):
                other = order[place]
                upper, lower = (other, chain) if step < 0 else (chain, other)
                gain += _swapped(upper, lower, chain_of)
                chain.place, other.place = place, other.place - step
                if gain < best:
                    best, to = gain, place
            for place in range(end - step, origin, -step):  # back to where it was
                order[place].place = place
            if end != origin + step:
                chain.place = origin
        if to != origin:
            order.remove(chain)
            order.insert(to, chain)
            for place in range(min(to, origin), max(to, origin) + 1):
                order[place].place = place
            moved = True
    return moved


def _swapped(upper: Chain, lower: Chain, chain_of: dict[Vertex, Chain]) -> float:
    """How many crossings more there are where two neighbours in the order change places."""
    cost = 0.0
    for rank in range(max(upper.first, lower.first), min(upper.stop, lower.stop)):
        a, b = upper.vertices[rank - upper.first], lower.vertices[rank - lower.first]
        for nears, others in ((a.sources, b.sources), (a.targets, b.targets)):
            for near, other in product(nears, others):
                one, two = chain_of[near], chain_of[other]
                if near is other or {one, two} == {upper, lower}:
                    continue
                cost += 1 if one.place < two.place else -1
        cost += SKIP_ABOVE * ((a.block is not None) - (b.block is not None))
    return cost


def _skips_above(columns: Sequence[Sequence[Vertex]]) -> int:
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


def hook_skips(columns: list[list[Vertex]], free: Sequence[Vertex]) -> None:
    """Let what skips others enter the merge, where it ends, from below or above.

    That is the line of a value which forks, at a merge of two (``free``: those that can be
    entered so), if it can pass there without a crossing.
    """
    for vertex in free:
        if len(vertex.sources) != 2:
            continue
        for line in sorted(vertex.sources, key=lambda source: -source.place):
            skips = line.block is None and line.sources and _begins_forked(line)
            if skips and _hook(columns, vertex, line):
                break


def _begins_forked(line: Vertex) -> bool:
    """Whether the line of a value is not all that leaves its node."""
    while line.block is None and line.sources:
        if len(line.targets) > 1:
            return True
        line = line.sources[0]
    return len(line.targets) > 1


def _hook(columns: list[list[Vertex]], vertex: Vertex, line: Vertex) -> bool:
    """Lead ``line`` on beside ``vertex`` and from there into it; False if others are between."""
    column = columns[vertex.rank]
    onward = next((target for target in line.targets if target.block is None), None)
    if onward is None:
        below = line.place > min(source.place for source in vertex.sources)
        side = vertex.place + below
        if len(line.targets) > 1 or _is_crossed(columns[line.rank], line, vertex, side):
            return False
        onward = Vertex("", vertex.rank)
        column.insert(side, onward)
        number(column)
        link(line, onward)
    elif abs(onward.place - vertex.place) != 1:
        return False
    unlink(line, vertex)
    vertex.hooks.append(onward)
    return True


def _is_crossed(column: Sequence[Vertex], line: Vertex, vertex: Vertex, side: int) -> bool:
    """Whether a line from ``line`` to place ``side`` of the next column would cross another."""
    for other in column:
        for target in other.targets:
            if target is vertex or other is line:
                continue
            if (other.place < line.place) != (target.place < side):
                return True
    return False
