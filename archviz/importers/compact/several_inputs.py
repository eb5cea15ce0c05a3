"""Models with several inputs: one begins the row, the others begin towers or nodes of a graph.

The reduction needs one place to start from, so that all inputs hang from a start that is no
layer. Here they are cut from it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never

from archviz.errors import one_line
from archviz.importers.compact.tree import (
    Call,
    Chain,
    Element,
    Fork,
    FreeGraph,
    Parallel,
    Run,
    chain_layers,
    chains_of,
)
from archviz.importers.graphs import ORDERED, LayerGraph, LayerNode

START = LayerNode("", "input", ())
"""What all inputs hang from."""
NUMBERED = re.compile(r"(input|in|x|n|arg|args)?([._]?(\d+|layer))*", re.IGNORECASE)
"""Names that frameworks give to inputs which have none."""
SIDE = 0.5
"""Paths that hold this share of the largest one or less are its side inputs."""


def idle_inputs(graph: LayerGraph) -> list[str]:
    """Inputs that no layer takes, where another one is taken."""
    names = [node.id for node in graph.nodes if node.kind == "input"]
    if len(names) < 2:
        return []
    used = {source for node in graph.nodes for source in node.inputs} | {*graph.outputs}
    idle = [name for name in names if name not in used]
    return idle if len(idle) < len(names) else []


def without_inputs(graph: LayerGraph, names: Sequence[str]) -> LayerGraph:
    """The graph without some inputs that nothing takes."""
    return graph._replace(nodes=tuple(node for node in graph.nodes if node.id not in names))


def without_passing_outputs(graph: LayerGraph) -> LayerGraph:
    """The graph without outputs that are rows or vectors on the way to other outputs.

    Maps stay: what gives its maps of all sizes is asked for just these.
    """
    if len(graph.outputs) < 2:
        return graph
    shapes = {node.id: node.shape for node in graph.nodes}
    sources = {node.id: node.inputs for node in graph.nodes}
    passing: set[str] = set()
    todo = [source for name in graph.outputs for source in sources[name]]
    while todo:
        one = todo.pop()
        if one not in passing:
            passing.add(one)
            todo += sources[one]
    kept = [name for name in graph.outputs if name not in passing or len(shapes[name]) > 2]
    return graph._replace(outputs=tuple(kept))


def with_start(nodes: Sequence[LayerNode]) -> tuple[LayerNode, ...]:
    """Layers with a start before all inputs, where there are several."""
    if sum(node.kind == "input" for node in nodes) < 2:
        return tuple(nodes)
    return (START, *(hung(node) if node.kind == "input" else node for node in nodes))


def hung(node: LayerNode, *before: str) -> LayerNode:
    """An input behind the start, or another layer, with its name on it if it was given one."""
    named = not NUMBERED.fullmatch(node.id)
    label = one_line(node.id, 100)
    options = {**node.options, "label": label} if named and label else node.options
    return node._replace(inputs=before or ("",), options=options)


def begins(element: Element, nodes: Sequence[LayerNode]) -> bool:
    """Whether an element begins with nothing but inputs."""
    match element:
        case int():
            return element >= 0 and nodes[element].kind == "input"
        case Parallel():
            return all(branch and begins(branch[0], nodes) for branch in element.branches)
        case FreeGraph():
            return all(source != "in" for source, _ in element.edges)
        case Fork() | Call() | Run():
            return False
        case _:
            assert_never(element)


def has_input(element: Element, nodes: Sequence[LayerNode]) -> bool:
    """Whether a path of an element begins with an input."""
    return any(chain and begins(chain[0], nodes) for chain in chains_of(element))


def cut_start(chain: Chain, nodes: Sequence[LayerNode]) -> None:
    """Let the chain behind a start begin with the inputs themselves.

    Where one of parallel paths holds most of the network, the others join it on its way.
    """
    cut_edges(chain[0], nodes)
    while isinstance(chain[0], Parallel):
        first = chain[0]
        sizes = [sum(1 for _ in chain_layers(branch)) for branch in first.branches]
        largest = sizes.index(max(sizes))
        if nodes[first.merge].kind in ORDERED:
            break
        if sum(sizes) - sizes[largest] > SIDE * sizes[largest]:
            break
        main = first.branches[largest]
        if isinstance(main[-1], Fork):
            break
        sides = [branch for branch in first.branches if branch is not main]
        chain[:1] = [*main, Parallel([[], *sides], first.merge, first.depth)]


def cut_edges(element: Element, nodes: Sequence[LayerNode]) -> None:
    """Take the ways from the start out of free wiring that begins a network."""
    if isinstance(element, Parallel):
        for branch in element.branches:
            if branch:
                cut_edges(branch[0], nodes)
    elif isinstance(element, FreeGraph):
        for _, body in element.nodes:
            cut_edges(body[0], nodes)
        bodies = dict(element.nodes)
        element.edges[:] = [
            (source, target)
            for source, target in element.edges
            if source != "in" or not begins(bodies[target][0], nodes)
        ]
