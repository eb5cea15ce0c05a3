"""From a layer graph to an outline: its tree, the modules in it, and what they take."""

from __future__ import annotations

from archviz.importers.compact.code_modules import INNER, PAIR
from archviz.importers.compact.code_names import CodeNames
from archviz.importers.compact.code_tree import NOWHERE, CodeTree
from archviz.importers.compact.module_drafts import ModuleDrafts
from archviz.importers.compact.modules import ModuleSelector
from archviz.importers.compact.outline import (
    Outline,
    badges_once,
    boxes,
)
from archviz.importers.compact.outline_builder import Hung, build_outline
from archviz.importers.compact.path_order import put_in_order
from archviz.importers.compact.prepare import Offshoot, Prepared, joined_outputs, prepare
from archviz.importers.compact.rows import in_one, over_words, rows_of
from archviz.importers.compact.series_parallel import Wiring, decompose
from archviz.importers.compact.several_inputs import START, cut_start
from archviz.importers.compact.structure import Structures
from archviz.importers.compact.tree import (
    Chain,
    Parallel,
    chains_of,
)
from archviz.importers.compact.unions import Unions
from archviz.importers.graphs import LayerGraph, LayerNode

MOST_BOXES = 40
"""Boxes of a figure that has a panel for each variant of a block."""
WAYS = ((0.5, INNER), (1, INNER), (2, INNER), (1, PAIR))
"""What to try: how many boxes a variant may have alone, for each that it has in common with
another, and how many boxes a module in a module has at least."""


def compact(graph: LayerGraph, file: str = "<model>") -> Outline:
    """The outline of a model: variants of a block that differ in words or numbers are one module.

    Where it is too large, those that differ in more are one, too.

    Raises:
        ArchvizError: the model has no input.
    """
    best = outlined(graph, file, 0)
    least = boxes(best)
    for share, inner in WAYS if graph.classes else ():
        if least <= MOST_BOXES:
            break
        other = outlined(graph, file, share, inner)
        if boxes(other) < least:
            best, least = other, boxes(other)
    return best


def outlined(
    graph: LayerGraph, file: str = "<model>", share: float | None = None, inner: int = INNER
) -> Outline:
    """The outline of a model whose variants of a block are one if they differ in so little.

    ``share``: boxes that one may have alone, for each that both have; None keeps all apart.
    ``inner``: boxes of a module in a module, at least.
    """
    prepared = prepare(graph, file)
    rows = rows_of(prepared.nodes)
    nodes = in_one(rows)
    tree, taps = _tree(nodes, prepared, graph)
    if taps is None:
        hanging = [node for shoot in prepared.offshoots for node in shoot.nodes]
        prepared = joined_outputs([*prepared.nodes, *hanging], list(graph.outputs))
        rows = rows_of(prepared.nodes)
        nodes = in_one(rows)
        tree, taps = _tree(nodes, prepared, graph)
    heads: dict[int, list[Offshoot]] = {}
    for shoot, tap in zip(prepared.offshoots, taps or (), strict=True):
        heads.setdefault(tap, []).append(shoot)
    bodies = {tap: [_head(nodes, tap, shoot) for shoot in shoots] for tap, shoots in heads.items()}
    structures = Structures(nodes)
    drafts = ModuleDrafts()
    chain = tree.with_modules(structures, drafts, inner)
    first = nodes[0]
    if first is START:
        cut_start(chain, nodes)
        if isinstance(chain[0], int):
            first = nodes[chain[0]]
            del chain[0]
    put_in_order(structures, chain)
    for tap_bodies in bodies.values():
        for body in tap_bodies:
            put_in_order(structures, body)
    united = share is not None and Unions(structures, drafts, share).run(chain)
    named = {tree.index[row.nodes[-1].id]: row.name for row in rows[:-1]}
    begins = [one for one in chain if isinstance(one, int) and nodes[one].kind == "input"]
    ModuleSelector(structures, chain, [*heads, *named, *begins], drafts).run()
    code = CodeNames(graph.name, graph.nodes, graph.classes, graph.names)
    hung = Hung(bodies, named)
    outline = build_outline(graph.name, first, chain, structures, drafts.found, hung, code)
    hidden, note = badges_once(outline)
    return outline._replace(
        joined=prepared.joined,
        united=united,
        hidden=hidden,
        notes=(note,) if note else (),
        direction="up" if over_words(rows[-1].nodes) else "",
    )


def _tree(
    nodes: list[LayerNode], prepared: Prepared, graph: LayerGraph
) -> tuple[CodeTree, list[int] | None]:
    """The tree behind the input, and where the offshoots hang; None where one cannot."""
    tapped = [shoot.tap for shoot in prepared.offshoots]
    tree = CodeTree(nodes, graph.classes, tapped)
    if not tapped:
        return tree, []
    taps = [tree.index[tap] for tap in tapped]
    return tree, taps if tree.ends().issuperset(taps) else None


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
