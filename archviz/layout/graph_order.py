"""The order of a graph's vertices in their columns, with as few crossings as can be found.

Chains are ordered as wholes, so that lines cross where they branch or merge and a chain can
be drawn straight: one order of all chains, of which each column shows those that pass it.
Each chain in turn is sifted through that order to the place with the fewest crossings.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from archviz.layout.blocks import Block
from archviz.layout.graph_layers import SKIP_ABOVE, Chain, Vertex, chains_of, number
from archviz.layout.graph_nets import Refiner

ROUNDS = 8
MOST_STEPS = 200_000
"""Neighbours that chains are compared with, in one round and, about, in all."""
MOST_REFINED = 150
"""Chains of which more than a first order is looked for."""
MOST_ORDERS = 8
"""Orders of which the drawn crossings are counted."""

Places: TypeAlias = tuple[int, ...]
Form: TypeAlias = tuple[tuple[tuple[bool, Places, Places], ...], ...]
"""The vertices of each column: whether one is a box, and the places of its sources and targets in
the columns beside."""


def find_orders(
    columns: list[list[Vertex]], starts: Sequence[dict[Vertex, float]], side: int
) -> list[list[int]]:
    """Orders of a graph's chains (numbers of :func:`chains_of`) with few crossings, the best first.

    ``starts`` are heights of vertices that the search begins with; ``side``: 1 where lines had
    better pass below boxes, -1 for above.
    """
    chains, orders = chains_of(columns), list[Places]()
    for heights in starts:
        order = sorted(
            chains,
            key=lambda chain: sum(heights[v] for v in chain.vertices) / len(chain.vertices),
        )
        orders.append(tuple(chain.number for chain in order))
    return [list(places) for places in _orders(_form_of(columns), tuple(orders), side)]


@lru_cache(maxsize=64)  # a graph is drawn at many sizes until one fits
def _orders(form: Form, starts: Sequence[Places], side: int) -> list[list[int]]:
    """The best orders of the chains of a graph, found from these ``starts``."""
    columns = _columns_of(form)
    chains = chains_of(columns)
    chain_of = {vertex: chain for chain in chains for vertex in chain.vertices}
    best: Refiner | None = None
    for start in starts:
        order = [chains[index] for index in start]
        for place, chain in enumerate(order):
            chain.place = place
        rounds = min(ROUNDS, 1 + MOST_STEPS // len(order) ** 2) if order else 0
        for _ in range(rounds):
            if not _sift_all(order, chain_of, side):
                break
        if len(chains) > MOST_REFINED:
            return [[chain.number for chain in order]]
        tried = Refiner(columns, order, side)
        tried.descend()
        if best is None or tried.cost < best.cost - 1e-9:
            best = tried
    assert best is not None
    return [[chain.number for chain in order] for order in best.shake()[:MOST_ORDERS]]


def _form_of(columns: Sequence[Sequence[Vertex]]) -> Form:
    """What an order depends on: which vertices are boxes, and where lines lead."""
    numbers = {vertex: place for column in columns for place, vertex in enumerate(column)}

    def places(ends: Sequence[Vertex]) -> Places:
        return tuple(numbers[end] for end in ends)

    return tuple(
        tuple((one.block is not None, places(one.sources), places(one.targets)) for one in column)
        for column in columns
    )


def _columns_of(form: Form) -> list[list[Vertex]]:
    """Columns of that form, of boxes without a size."""
    box = Block()
    columns = [
        [Vertex("", rank, box if boxed else None) for boxed, *_ in column]
        for rank, column in enumerate(form)
    ]
    for rank, column in enumerate(form):
        for vertex, (_, sources, targets) in zip(columns[rank], column, strict=True):
            vertex.sources += [columns[rank - 1][place] for place in sources]
            vertex.targets += [columns[rank + 1][place] for place in targets]
    return columns


def apply_order(columns: list[list[Vertex]], order: Sequence[int]) -> list[Chain]:
    """Sort columns by an order of their chains; these, no two of which cross but at their ends."""
    chains = chains_of(columns)
    places = {
        vertex: place for place, index in enumerate(order) for vertex in chains[index].vertices
    }
    for column in columns:
        column.sort(key=lambda vertex: places[vertex])
        number(column)
    return chains


def _sift_all(order: list[Chain], chain_of: dict[Vertex, Chain], side: int) -> bool:
    """One round: each chain to its best place; whether any moved."""
    moved = False
    window = max(4, MOST_STEPS // len(order) // 2)
    for chain in sorted(order, key=lambda chain: (chain.first, chain.place)):
        origin = chain.place
        best, to = -1e-9, origin
        for step in (-1, 1):
            gain = 0.0
            end = max(-1, origin - window) if step < 0 else min(len(order), origin + window)
            for place in range(origin + step, end, step):
                other = order[place]
                upper, lower = (other, chain) if step < 0 else (chain, other)
                gain += _swapped(upper, lower, chain_of, side)
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


def _swapped(upper: Chain, lower: Chain, chain_of: dict[Vertex, Chain], side: int) -> float:
    """How many crossings more there are where two neighbours in the order change places."""
    first, last = max(upper.first, lower.first), min(upper.stop, lower.stop) - 1
    if first > last:
        return 0.0
    cost = SKIP_ABOVE * side * (upper.boxes(first, last) - lower.boxes(first, last))
    ends = (
        (upper.at(first).sources, lower.at(first).sources),
        (upper.at(last).targets, lower.at(last).targets),
    )  # what is between is next to itself
    for nears, others in ends:
        for near, other in product(nears, others):
            one, two = chain_of[near], chain_of[other]
            if near is not other and {one, two} != {upper, lower}:
                cost += 1 if one.place < two.place else -1
    return cost
