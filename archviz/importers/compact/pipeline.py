"""From a layer graph to an outline: its tree, the modules in it, and what they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

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
from archviz.importers.compact.outputs import (
    Offshoot,
    auxiliary_outputs,
    called,
    open_tapped,
    standing_for,
    value_names,
)
from archviz.importers.compact.path_order import put_in_order
from archviz.importers.compact.prepare import prepare
from archviz.importers.compact.rows import in_one, over_words, rows_of
from archviz.importers.compact.series_parallel import Wiring, decompose
from archviz.importers.compact.several_inputs import START, cut_start
from archviz.importers.compact.several_inputs import hung as begun_anew
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
    taps = list(dict.fromkeys([tap for shoot in prepared.offshoots for tap in shoot.taps]))
    tree = CodeTree(nodes, graph.classes, taps)
    aside, beside = _parted(prepared.offshoots, tree, graph)
    side = max(graph.nodes[0].shape[:1], default=0)
    ends = {row.nodes[-1].id: row.name for row in rows[:-1]}
    taken = {tap for shoot in beside for tap in shoot.taps}
    taps = [node.id for node in graph.nodes if node.id in taken]
    names = value_names({node.id: node for node in graph.nodes}, taps, ends, side)
    heads: dict[int, list[Chain]] = {}
    for shoot in aside:
        heads.setdefault(tree.index[shoot.taps[0]], []).append(_head(nodes, tree, shoot))
    trees = {shoot.output: _tree(nodes, shoot, names, graph, taps) for shoot in beside}
    structures = Structures(nodes)
    drafts = ModuleDrafts()
    chain = tree.with_modules(structures, drafts, inner)
    first = 0
    if nodes[0] is START:
        cut_start(chain, nodes)
        if isinstance(chain[0], int):
            first = chain[0]
            del chain[0]
    chains = {one: grown.with_modules(structures, drafts, inner) for one, grown in trees.items()}
    for one, branch in chains.items():
        if nodes[trees[one].start] is START:
            cut_start(branch, nodes)
        else:
            branch.insert(0, trees[one].start)
    for some in (chain, *chains.values(), *(head for found in heads.values() for head in found)):
        put_in_order(structures, some)
    united = share is not None and Unions(structures, drafts, share).run(chain)
    index = {name: n for one in (tree, *trees.values()) for name, n in one.own().items()}
    named = {index[tap]: name for tap, name in names.items()}
    begins = [one for one in chain if isinstance(one, int) and nodes[one].kind == "input"]
    ModuleSelector(structures, [chain, *chains.values()], [*heads, *named, *begins], drafts).run()
    if beside:
        chain = open_tapped(chain, named, drafts)
        chains = {one: open_tapped(branch, named, drafts) for one, branch in chains.items()}
    code = CodeNames(graph.classes.get("", graph.name), graph.nodes, graph.classes, graph.names)
    words = called(graph, [shoot.output for shoot in aside]) if beside else {}
    shown = [(word, chains.get(one, [])) for one, word in words.items()]
    hung = Hung(heads, named, shown, ends.values())
    outline = build_outline(graph.name, first, chain, structures, drafts.found, hung, code)
    kind, note = badges_once(outline)
    return outline._replace(
        united=united,
        hidden=kind,
        notes=(note,) if note else (),
        direction="up" if over_words(rows[-1].nodes) else "",
    )


def _parted(
    found: Sequence[Offshoot], tree: CodeTree, graph: LayerGraph
) -> tuple[list[Offshoot], list[Offshoot]]:
    """What is auxiliary and hangs from the row at one place, and what leads to further outputs."""
    called_so, places = auxiliary_outputs(graph), tree.ends()
    shared = Counter([tap for shoot in found for tap in shoot.taps if tap not in tree.index])
    aside: list[Offshoot] = []
    beside: list[Offshoot] = []
    for shoot in found:
        taps = [tree.index.get(tap) for tap in shoot.taps]
        alone = shared.keys().isdisjoint(node.id for node in shoot.nodes)
        hangs = alone and len(taps) == 1 and taps[0] in places and shoot.nodes
        (aside if hangs and shoot.output in called_so else beside).append(shoot)
    return aside, beside


def _tree(
    nodes: list[LayerNode],
    shoot: Offshoot,
    names: Mapping[str, str],
    graph: LayerGraph,
    taps: Sequence[str],
) -> CodeTree:
    """The tree of what leads to a further output; its layers go behind all others."""
    start = len(nodes)
    shapes = {node.id: node.shape for node in graph.nodes}
    begins = [standing_for(tap, names[tap], shapes[tap]) for tap in shoot.taps]
    inner = [begun_anew(node) if node.kind == "input" else node for node in shoot.nodes]
    if len(begins) + sum(node.kind == "input" for node in inner) > 1:
        begins.insert(0, START)
    nodes += [*begins, *inner]
    return CodeTree(nodes, graph.classes, taps, start)


def _head(nodes: list[LayerNode], tree: CodeTree, shoot: Offshoot) -> Chain:
    """The chain of an auxiliary classifier; its layers go behind all others."""
    first, tap = len(nodes), shoot.taps[0]
    index = {node.id: number for number, node in enumerate(shoot.nodes, 1)}
    index[tap] = 0
    inputs = [[], *([index[source] for source in node.inputs] for node in shoot.nodes)]
    kinds = [nodes[tree.index[tap]].kind, *(node.kind for node in shoot.nodes)]
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
