"""From a layer graph to an outline: its tree, the modules in it, and what they take."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from archviz.importers.compact.code_names import CodeNames
from archviz.importers.compact.modules import ModuleSelector
from archviz.importers.compact.outline import (
    Outline,
    badges_once,
)
from archviz.importers.compact.outline_builder import Hung, build_outline
from archviz.importers.compact.prepare import Offshoot, Prepared, joined_outputs, prepare
from archviz.importers.compact.rows import over_words, rows_of
from archviz.importers.compact.series_parallel import Wiring, decompose
from archviz.importers.compact.several_inputs import START, cut_start, has_input, with_start
from archviz.importers.compact.structure import Structures
from archviz.importers.compact.tree import (
    Call,
    Chain,
    Element,
    FreeGraph,
    Parallel,
    chains_of,
)
from archviz.importers.graphs import ORDERED, LayerGraph, LayerNode

NOWHERE = LayerNode("", "dropout", (), {"drawn": False})
"""A layer that does nothing and is not drawn: a second way between two layers."""


def compact(graph: LayerGraph, file: str = "<model>") -> Outline:
    """The outline of a model.

    Raises:
        ArchvizError: the model has no input.
    """
    prepared = prepare(graph, file)
    tree = _tree(prepared)
    if tree.taps is None:
        hanging = [node for shoot in prepared.offshoots for node in shoot.nodes]
        prepared = joined_outputs([*prepared.nodes, *hanging], list(graph.outputs))
        tree = _tree(prepared)
    nodes, chain, taps, names, _ = tree
    first = nodes[0]
    if first is START and isinstance(chain[0], int):
        number = chain.pop(0)
        assert isinstance(number, int)
        first = nodes[number]
        if number in names:
            names[0] = names.pop(number)
    heads: dict[int, list[Offshoot]] = {}
    for shoot, tap in zip(prepared.offshoots, taps or (), strict=True):
        heads.setdefault(tap, []).append(shoot)
    bodies = {tap: [_head(nodes, tap, shoot) for shoot in shoots] for tap, shoots in heads.items()}
    structures = Structures(nodes)
    put_in_order(structures, chain)
    for tap_bodies in bodies.values():
        for body in tap_bodies:
            put_in_order(structures, body)
    begins = [one for one in chain if isinstance(one, int) and nodes[one].kind == "input"]
    selector = ModuleSelector(structures, chain, [*heads, *names, *begins])
    drafts = selector.run()
    code = CodeNames(graph.name, graph.nodes, graph.classes)
    hung = Hung(bodies, names)
    outline = build_outline(graph.name, first, chain, structures, drafts, hung, code)
    hidden, note = badges_once(outline)
    return outline._replace(
        joined=prepared.joined,
        hidden=hidden,
        notes=(note,) if note else (),
        direction=tree.direction,
    )


class _Tree(NamedTuple):
    """The chain behind the input with its layers, and what hangs on it."""

    nodes: list[LayerNode]
    chain: Chain
    taps: list[int] | None
    """Where the offshoots hang; None where one cannot."""
    names: dict[int, str]
    """The names of values, by the layers that they are behind."""
    direction: str
    """The way in which such a network is read."""


def _tree(prepared: Prepared) -> _Tree:
    """The tree of all rows, one behind the other."""
    rows = rows_of(prepared.nodes, [prepared.nodes[-1].id])
    nodes: list[LayerNode] = []
    chain: Chain = []
    names: dict[int, str] = {}
    for row in rows:
        own, content = _row(with_start(row.nodes, len(rows) > 1))
        chain += _shifted(content, max(len(nodes) - 1, 0))
        nodes += own[1:] if nodes else own
        if row.name:
            names[end_of(chain[-1])] = row.name
    direction = "up" if over_words(rows[-1].nodes) else ""
    if not prepared.offshoots:
        return _Tree(nodes, chain, [], names, direction)
    index = {node.id: number for number, node in enumerate(nodes)}
    ends = {0, *map(end_of, chain)}
    taps = [index[shoot.tap] for shoot in prepared.offshoots]
    return _Tree(nodes, chain, taps if ends.issuperset(taps) else None, names, direction)


def _row(layers: Sequence[LayerNode]) -> tuple[list[LayerNode], Chain]:
    """Layers and those that stand for nothing, and the chain behind the first."""
    nodes = list(layers)
    index = {node.id: number for number, node in enumerate(nodes)}
    inputs = [[index[source] for source in node.inputs] for node in nodes]
    kinds = [node.kind if node is not START else "start" for node in nodes]
    chain, spare = decompose(Wiring(kinds, inputs))
    nodes += [NOWHERE] * spare
    if nodes[0] is START:
        cut_start(chain, nodes)
    return nodes, chain


def end_of(element: Element) -> int:
    """The layer that an element ends in."""
    if isinstance(element, int):
        return element
    if isinstance(element, FreeGraph):
        last = next(source for source, target in element.edges if target == "out")
        return end_of(dict(element.nodes)[last][-1])
    if isinstance(element, Parallel):
        return element.merge
    return end_of(chains_of(element)[-1][-1])


def _head(nodes: list[LayerNode], tap: int, shoot: Offshoot) -> Chain:
    """The chain of an auxiliary classifier; its layers go behind all others."""
    first = len(nodes)
    index = {node.id: number for number, node in enumerate(shoot.nodes, 1)}
    index[shoot.tap] = 0
    inputs = [[], *([index[source] for source in node.inputs] for node in shoot.nodes)]
    kinds = [nodes[tap].kind, *(node.kind for node in shoot.nodes)]
    chain, spare = decompose(Wiring(kinds, inputs))
    nodes += [*shoot.nodes, *([NOWHERE] * spare)]
    return _shifted(chain, first - 1)


def _shifted(chain: Chain, by: int) -> Chain:
    result: Chain = []
    for element in chain:
        if isinstance(element, int):
            result.append(element + by)
            continue
        if isinstance(element, Parallel):
            element.merge += by
        for inner in chains_of(element):
            inner[:] = _shifted(inner, by)
        result.append(element)
    return result


def put_in_order(structures: Structures, chain: Chain) -> None:
    """Paths in the order in which a person lists them: the longest first, pooling behind."""
    order = partial(_order, structures)
    for element in chain:
        if isinstance(element, int):
            continue
        if element.depth > 1:
            for inner in chains_of(element):
                put_in_order(structures, inner)
        if isinstance(element, FreeGraph | Call):
            continue
        kind = structures.kind(element)
        if kind not in ORDERED and not has_input(element, structures.nodes):
            element.branches.sort(key=order)


def _order(structures: Structures, branch: Chain) -> tuple[int, bool, tuple[int, ...]]:
    for element in branch:
        if not isinstance(element, int):
            structures.key(element)  # before its layers: the order goes by the numbers of keys
    keys, sizes = structures.chain_key(branch), structures.sizes
    pool = bool(branch) and "pool" in structures.kind(branch[0])
    return -sum([sizes[key] for key in keys]), pool, keys
