"""Chains of cells: parts of a graph that take what the two parts before them gave.

NASNet and its kin are such chains ("Learning Transferable Architectures for Scalable Image
Recognition", 2017, figure 4): a cell has two inputs, so that no single layer parts the
network, but every two results in a row do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from archviz.importers.compact.regions import Region

FEWEST = 3
"""Parts that make a chain."""


def cells_of(
    region: Region, preds: Mapping[int, Sequence[int]], may_end: Callable[[int], bool]
) -> list[Region]:
    """The cells of a region, in a row; empty where it is no chain of cells.

    What is in a cell uses that, the end of the cell before, and the end of the one before
    that. ``may_end`` tells the vertices that a cell can end in.
    """
    order = _deepest_first(region, preds)
    cuts = _chain(order, preds, may_end)
    if len(cuts) <= FEWEST:
        return []
    inner = set(region.inner)
    place = {vertex: index for index, vertex in enumerate(region.inner)}
    found: list[Region] = []
    for start, stop in pairwise(cuts):
        between = sorted(inner.intersection(order[start + 1 : stop]), key=place.__getitem__)
        found.append(Region(order[start], tuple(between), order[stop]))
    if not all(_takes_entry(cell, preds) for cell in found):
        return []
    forms = Counter(_form(cell, before, preds) for cell, before in _with_previous(found))
    return found if max(forms.values()) > 1 else []


def _takes_entry(cell: Region, preds: Mapping[int, Sequence[int]]) -> bool:
    """Whether a cell uses the end of the cell before it; two streams side by side do not."""
    return any(cell.entry in preds[vertex] for vertex in (*cell.inner, cell.exit))


def _with_previous(cells: Sequence[Region]) -> list[tuple[Region, int]]:
    """Each cell with the vertex that enters the one before it."""
    entries = [cells[0].entry, *(cell.entry for cell in cells)]
    return list(zip(cells, entries, strict=False))


def _form(cell: Region, before: int, preds: Mapping[int, Sequence[int]]) -> object:
    """How a cell is wired, the same for cells that are wired alike."""
    names = {before: -2, cell.entry: -1}
    names |= {vertex: index for index, vertex in enumerate(cell.inner)}
    return tuple(
        tuple(names[source] for source in preds[vertex]) for vertex in (*cell.inner, cell.exit)
    )


def _deepest_first(region: Region, preds: Mapping[int, Sequence[int]]) -> list[int]:
    """A topological order in which each cell is in one piece: what is deepest comes first."""
    depth = {region.entry: 0}
    for vertex in (*region.inner, region.exit):
        depth[vertex] = 1 + max(depth[source] for source in preds[vertex])
    order: list[int] = []
    seen: set[int] = set()
    waiting = [(region.exit, False)]
    while waiting:
        vertex, done = waiting.pop()
        if done:
            order.append(vertex)
        elif vertex not in seen:
            seen.add(vertex)
            waiting.append((vertex, True))
            if vertex != region.entry:
                sources = sorted(preds[vertex], key=depth.__getitem__)
                waiting += [(source, False) for source in sources]
    return order


def _chain(
    order: Sequence[int], preds: Mapping[int, Sequence[int]], may_end: Callable[[int], bool]
) -> list[int]:
    """The places in ``order`` of the longest chain of ends, from the first to the last."""
    last_use: dict[int, int] = {}
    for index, vertex in enumerate(order[1:], 1):
        for source in preds[vertex]:
            last_use[source] = index
    length, back = {0: 0}, {0: 0}
    ends = {order[0]: 0}
    live = {order[0]}
    for index, vertex in enumerate(order[1:-1], 1):
        live.difference_update(one for one in preds[vertex] if last_use[one] == index)
        live.add(vertex)
        if len(live) == 2 and may_end(vertex):
            other = next(one for one in live if one != vertex)
            if other in ends:
                back[index] = ends[other]
                length[index] = length[back[index]] + 1
                ends[vertex] = index
    at = max(length, key=lambda index: (length[index], index))
    cuts = [len(order) - 1]
    while at:
        cuts.append(at)
        at = back[at]
    return [0, *reversed(cuts)]
