"""The order in which a person lists parallel paths."""

from __future__ import annotations

from functools import partial

from archviz.importers.compact.several_inputs import has_input
from archviz.importers.compact.structure import Structures
from archviz.importers.compact.tree import Call, Chain, FreeGraph, Run, chains_of
from archviz.importers.graphs import ORDERED


def put_in_order(structures: Structures, chain: Chain) -> None:
    """Paths in the order in which a person lists them: the longest first, pooling behind.

    What stands in calls has been put in order when these were made.
    """
    order = partial(_order, structures)
    for element in chain:
        if isinstance(element, int | Call | Run):
            continue
        if element.depth > 1:
            for inner in chains_of(element):
                put_in_order(structures, inner)
        if isinstance(element, FreeGraph) or structures.kind(element) in ORDERED:
            continue
        if not (structures.inputs and has_input(element, structures.nodes)):
            element.branches.sort(key=order)


def _order(structures: Structures, branch: Chain) -> tuple[int, bool, tuple[int, ...]]:
    for element in branch:
        if not isinstance(element, int):
            structures.key(element)  # before its layers: the order goes by the numbers of keys
    if not branch:
        return 0, False, ()
    keys, sizes = structures.chain_key(branch), structures.sizes
    return -sum([sizes[key] for key in keys]), "pool" in structures.kind(branch[0]), keys
