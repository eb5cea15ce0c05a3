"""The tree of a layer graph: chains, parallel paths, and wiring that is neither.

An element of a chain is a layer (its number in the graph; ``~number`` stands for a layer
like that one which is not there), or one of the records below. Chains are lists, so that
a long one grows in linear time.

The records have a ``depth``: how deep paths nest in them at most, 1 where their paths have
nothing but layers; and a ``key``: what :class:`archviz.importers.compact.structure.Structures` has
numbered their structure with, once somebody has asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, assert_never

from archviz.network.model import PREVIOUS

UNKNOWN = -1
"""The key of what nobody has looked at yet."""


class Parallel:
    """Paths from one place to one merge; an empty path is the identity."""

    __slots__ = ("branches", "depth", "key", "merge")

    def __init__(self, branches: list[Chain], merge: int, depth: int) -> None:
        self.branches = branches
        self.merge = merge
        self.depth = depth
        self.key = UNKNOWN


class Fork:
    """Paths that go straight on to the merge of the paths around them."""

    __slots__ = ("branches", "depth", "key")

    def __init__(self, branches: list[Chain], depth: int) -> None:
        self.branches = branches
        self.depth = depth
        self.key = UNKNOWN


class FreeGraph:
    """Any wiring from one place to one other: named chains, and edges between their names.

    ``in`` is the place before, ``out`` the one behind; ``previous`` is what the element
    before it in its chain took in.
    """

    __slots__ = ("depth", "edges", "key", "nodes")

    def __init__(
        self, nodes: list[tuple[str, Chain]], edges: list[tuple[str, str]], depth: int
    ) -> None:
        self.nodes = nodes
        self.edges = edges
        self.depth = depth
        self.key = UNKNOWN


class Call:
    """A module, and what stands in it at this place.

    ``optional``: calls of the module around it may leave it out; one that is not ``present``
    stands for a call like that one which is not there.
    """

    __slots__ = ("body", "key", "module", "optional", "present")

    depth = 2
    """What it calls may have any paths in it."""

    def __init__(self, module: int, body: Chain, present: bool = True) -> None:
        self.module = module
        self.body = body
        self.key = UNKNOWN
        self.optional = not present
        self.present = present


class Run:
    """Equal elements in a row, of which a module may have more in some calls than in others."""

    __slots__ = ("bodies", "key")

    depth = 2

    def __init__(self, bodies: list[Chain]) -> None:
        self.bodies = bodies
        self.key = UNKNOWN


Element: TypeAlias = int | Parallel | Fork | FreeGraph | Call | Run
Chain: TypeAlias = list[Element]


def takes_previous(element: Element) -> bool:
    """Whether an element has a second input."""
    if isinstance(element, Call):
        return takes_previous(element.body[0])
    return isinstance(element, FreeGraph) and any(source == PREVIOUS for source, _ in element.edges)


def chains_of(element: Element) -> list[Chain]:
    """The chains in an element."""
    match element:
        case int():
            return []
        case Parallel() | Fork():
            return element.branches
        case FreeGraph():
            return [chain for _, chain in element.nodes]
        case Call():
            return [element.body]
        case Run():
            return element.bodies[:1]
        case _:
            assert_never(element)


def last_layer(element: Element) -> int | None:
    """The layer whose value an element gives; None where that is several.

    Of an element that is not there, a negative number.
    """
    match element:
        case int():
            return element
        case Parallel():
            return element.merge if element.merge >= 0 else last_there(element.branches[0])
        case Call():
            return last_there(element.body)
        case Run():
            return last_there(element.bodies[-1])
        case FreeGraph():
            last = next(source for source, target in element.edges if target == "out")
            return last_there(dict(element.nodes)[last])
        case Fork():
            return None
        case _:
            assert_never(element)


def last_there(chain: Chain) -> int | None:
    """The layer whose value a chain gives, behind which there may be what is not there."""
    last: int | None = None
    for element in reversed(chain):
        last = last_layer(element)
        if last is None or last >= 0:
            break
    return last


def layers_in(element: Element) -> Iterator[int]:
    """The layers in an element, merges behind their paths."""
    if isinstance(element, int):
        yield element
        return
    for chain in element.bodies if isinstance(element, Run) else chains_of(element):
        for inner in chain:
            yield from layers_in(inner)
    if isinstance(element, Parallel):
        yield element.merge


def chain_layers(chain: Chain) -> Iterator[int]:
    """The layers in a chain."""
    for element in chain:
        yield from layers_in(element)


def has_free_graph(chain: Chain) -> bool:
    """Whether there is free wiring in a chain, or in the paths in it."""
    for element in chain:
        if isinstance(element, int):
            continue
        if isinstance(element, FreeGraph):
            return True
        if element.depth > 1 and any(has_free_graph(inner) for inner in chains_of(element)):
            return True
    return False


def graph_chains(chain: Chain, shut: Callable[[Element], bool]) -> Iterator[Chain]:
    """The chains in the free wiring of a chain, and all chains in them, outer before inner.

    Nothing is looked for in elements that are ``shut``.
    """
    for element in chain:
        if isinstance(element, FreeGraph):
            for inner in chains_of(element):
                yield from every_chain(inner, shut)
    for element in chain:
        if not isinstance(element, FreeGraph) and not shut(element):
            for inner in chains_of(element):
                yield from graph_chains(inner, shut)


def every_chain(
    chain: Chain, shut: Callable[[Element], bool] = lambda element: False
) -> Iterator[Chain]:
    """A chain and all chains in it, outer before inner, but for those in ``shut`` elements."""
    yield chain
    for element in chain:
        if not shut(element):
            for inner in chains_of(element):
                yield from every_chain(inner, shut)
