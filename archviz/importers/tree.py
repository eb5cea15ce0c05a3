"""The tree of a layer graph: chains, parallel paths, and wiring that is neither.

An element of a chain is a layer (its number in the graph; ``~number`` stands for a layer
like that one which is not there), or one of the records below. Chains are lists, so that
a long one grows in linear time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from archviz.syntax import PREVIOUS


class Par:
    """Paths from one place to one merge; an empty path is the identity."""

    __slots__ = ("branches", "merge")

    def __init__(self, branches: list[Chain], merge: int) -> None:
        self.branches = branches
        self.merge = merge


class Fork:
    """Paths that go straight on to the merge of the paths around them."""

    __slots__ = ("branches",)

    def __init__(self, branches: list[Chain]) -> None:
        self.branches = branches


class Wild:
    """Any wiring from one place to one other: named chains, and edges between their names.

    ``in`` is the place before, ``out`` the one behind; ``previous`` is what the element
    before it in its chain took in.
    """

    __slots__ = ("edges", "nodes")

    def __init__(self, nodes: list[tuple[str, Chain]], edges: list[tuple[str, str]]) -> None:
        self.nodes = nodes
        self.edges = edges


class Call:
    """A module, and what stands in it at this place."""

    __slots__ = ("body", "module")

    def __init__(self, module: int, body: Chain) -> None:
        self.module = module
        self.body = body


Element: TypeAlias = int | Par | Fork | Wild | Call
Chain: TypeAlias = list[Element]


def takes_previous(element: Element) -> bool:
    """Whether an element has a second input."""
    if isinstance(element, Call):
        return takes_previous(element.body[0])
    return isinstance(element, Wild) and any(source == PREVIOUS for source, _ in element.edges)


def chains_of(element: Element) -> list[Chain]:
    """The chains in an element."""
    if isinstance(element, int):
        return []
    if isinstance(element, Wild):
        return [chain for _, chain in element.nodes]
    return [element.body] if isinstance(element, Call) else element.branches


def leaves(element: Element) -> Iterator[int]:
    """The layers in an element, merges behind their paths."""
    if isinstance(element, int):
        yield element
        return
    for chain in chains_of(element):
        for inner in chain:
            yield from leaves(inner)
    if isinstance(element, Par):
        yield element.merge


def chain_leaves(chain: Chain) -> Iterator[int]:
    """The layers in a chain."""
    for element in chain:
        yield from leaves(element)


def every_chain(chain: Chain) -> Iterator[Chain]:
    """A chain and all chains in it, outer before inner."""
    yield chain
    for element in chain:
        for inner in chains_of(element):
            yield from every_chain(inner)
