"""Regions of a graph with one way in and one way out, found by dominators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Region(NamedTuple):
    """What lies between two vertices and has no other way in or out."""

    entry: int
    inner: tuple[int, ...]
    exit: int


def closed_regions(order: Sequence[int], preds: Mapping[int, Sequence[int]]) -> list[Region]:
    """The smallest closed regions that end in a merge, in topological order.

    ``order`` is topological, from the only entry to the only exit; a region that holds
    another one of the list is left out.
    """
    succs: dict[int, list[int]] = {vertex: [] for vertex in order}
    for vertex in order:
        for source in preds[vertex]:
            succs[source].append(vertex)
    position = {vertex: index for index, vertex in enumerate(order)}
    above = _dominators(order, preds, position)
    backwards = {vertex: -index for vertex, index in position.items()}
    below = _dominators(order[::-1], succs, backwards)
    spans = _spans(order[::-1], below)
    found: list[Region] = []
    taken: set[int] = set()
    for exit_ in order:
        if len(preds[exit_]) > 1:
            inner = _between(above[exit_], exit_, preds, spans, taken)
            if inner is not None:
                found.append(
                    Region(above[exit_], tuple(sorted(inner, key=position.__getitem__)), exit_)
                )
                taken.add(exit_)
                taken |= inner
    return found


def _dominators(
    order: Sequence[int], preds: Mapping[int, Sequence[int]], position: Mapping[int, int]
) -> dict[int, int]:
    """The immediate dominator of every vertex; one pass is enough without circles."""
    result = {order[0]: order[0]}
    for vertex in order[1:]:
        common = preds[vertex][0]
        for other in preds[vertex][1:]:
            while common != other:
                if position[common] > position[other]:
                    common = result[common]
                else:
                    other = result[other]
        result[vertex] = common
    return result


def _spans(order: Sequence[int], above: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Of every vertex of a dominator tree the numbers of itself and of its last descendant."""
    children: dict[int, list[int]] = {vertex: [] for vertex in order}
    for vertex in order[1:]:
        children[above[vertex]].append(vertex)
    sizes = dict.fromkeys(order, 1)
    for vertex in reversed(order[1:]):
        sizes[above[vertex]] += sizes[vertex]
    start = {order[0]: 0}
    for vertex in order:
        number = start[vertex] + 1
        for child in children[vertex]:
            start[child] = number
            number += sizes[child]
    return {vertex: (start[vertex], start[vertex] + sizes[vertex] - 1) for vertex in order}


def _between(
    entry: int,
    exit_: int,
    preds: Mapping[int, Sequence[int]],
    spans: Mapping[int, tuple[int, int]],
    taken: set[int],
) -> set[int] | None:
    """The vertices between two, None where a way leads out or another region is in it."""
    low, high = spans[exit_]
    inner: set[int] = set()
    waiting = [exit_]
    while waiting:
        for vertex in preds[waiting.pop()]:
            if vertex == entry or vertex in inner:
                continue
            if vertex in taken or not low <= spans[vertex][0] <= high:
                return None
            inner.add(vertex)
            waiting.append(vertex)
    return inner
