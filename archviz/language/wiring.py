"""The ``graph:`` form: named nodes and edges, checked and put in topological order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from archviz.errors import Mark
from archviz.language.places import Place, begins, check_keys, find
from archviz.language.shorthand import NAME_LENGTH, SpecReader, tokens_of
from archviz.language.syntax import GraphSpec, LayerSpec, SeriesSpec
from archviz.network.kinds import KINDS
from archviz.network.model import PREVIOUS
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode, describe, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

ReadSeries: TypeAlias = Callable[[SpecReader, YamlNode, str, Place], SeriesSpec]
Edges: TypeAlias = dict[tuple[str, str], Mark]

STARTS = ("in", PREVIOUS)


def read_graph(
    reader: SpecReader,
    node: YamlNode,
    where: str,
    place: Place,
    read_series: ReadSeries,
    body: bool = False,
) -> GraphSpec | None:
    """A graph from its mapping of ``nodes`` and ``edges``; None, with problems, if it is none.

    ``body``: it is the body of a module, and may use ``previous``. ``read_series`` reads what
    stands at a node, which may hold graphs again.
    """
    if not isinstance(node, MappingNode):
        reader.problem(node.mark, f"a graph is {describe(node)}", "it has 'nodes:' and 'edges:'")
        return None
    check_keys(reader, node, ("nodes", "edges"), "a graph")
    nodes, edges = find(node, "nodes"), find(node, "edges")
    if not isinstance(nodes, MappingNode) or not isinstance(edges, SequenceNode) or not edges.items:
        reader.problem(
            node.mark,
            "a graph needs a mapping 'nodes' and a list 'edges'",
            "such as edges: [in -> a -> out]",
        )
        return None
    before = len(reader.problems)
    bodies = _read_nodes(reader, nodes, where, place, read_series)
    wires = _read_edges(reader, edges, bodies)
    for (source, _), mark in wires.items():
        if source == PREVIOUS and not body:
            reader.problem(
                mark,
                "only the graph that is a module has 'previous'",
                "write it under modules: and call it here",
            )
            break
    if len(reader.problems) > before:
        return None
    order = _order(reader, node.mark, [name.text for name, _ in nodes.pairs], wires)
    marks = {name.text: name.mark for name, _ in nodes.pairs}
    _check_merges(reader, bodies, wires, marks)
    inputs = [name for name in order if bodies[name] and begins(bodies[name][0])]
    _check_ends(reader, node.mark, order, wires, marks, inputs)
    if len(reader.problems) > before:
        return None
    return GraphSpec(tuple((name, bodies[name]) for name in order), tuple(wires), where, node.mark)


def _read_nodes(
    reader: SpecReader, nodes: MappingNode, where: str, outer: Place, read_series: ReadSeries
) -> dict[str, SeriesSpec]:
    bodies: dict[str, SeriesSpec] = {}
    for name, value in nodes.pairs:
        allowed = name.text.replace("-", "").replace("_", "")
        if name.text in (*STARTS, "out"):
            what = "previous input" if name.text == PREVIOUS else f"{name.text}put"
            reader.problem(
                name.mark, f"'{name.text}' is the {what} of the graph", "give the node another name"
            )
        elif not (allowed.isascii() and allowed.isalnum() and len(allowed) <= NAME_LENGTH):
            reader.problem(
                name.mark,
                f"'{shorten(name.text)}' cannot name a node",
                "use letters, digits, '-' and '_'",
            )
        place = Place(outer.scope, own=outer.own, merge=True)
        bodies[name.text] = read_series(reader, value, f"{where}/graph/{name.text}", place)
    return bodies


def _read_edges(reader: SpecReader, edges: SequenceNode, bodies: dict[str, SeriesSpec]) -> Edges:
    wires: Edges = {}
    for chain in edges.items:
        if not isinstance(chain, ScalarNode):
            reader.problem(chain.mark, f"an edge is {describe(chain)}", "write: in -> a -> out")
            continue
        tokens = tokens_of(chain)
        names, arrows = tokens[::2], tokens[1::2]
        if len(tokens) < 3 or len(names) != len(arrows) + 1 or any(a != "->" for a, _ in arrows):
            reader.problem(
                chain.mark,
                f"'{shorten(chain.text)}' is no edge",
                "names with ' -> ' between them: in -> a -> out",
            )
            continue
        for name, mark in names:
            if name not in bodies and name not in (*STARTS, "out"):
                reader.unknown(mark, "the graph has no node", name, (*bodies, *STARTS, "out"))
        for (source, _), (target, mark) in pairwise(names):
            if target in STARTS or source == "out":
                reader.problem(mark, f"no edge can go from '{source}' to '{target}'")
            elif (source, target) in wires:
                reader.problem(mark, f"the edge {source} -> {target} is given twice")
            else:
                wires[source, target] = mark
    return wires


def _order(reader: SpecReader, mark: Mark, names: list[str], wires: Edges) -> list[str]:
    """Topological order, as near to the order of the file as can be."""
    targets = _neighbours(wires)
    waiting = dict.fromkeys(names, 0)
    for source, target in wires:
        if source not in STARTS and target != "out":
            waiting[target] += 1
    ready = [name for name in reversed(names) if not waiting[name]]
    order: list[str] = []
    while ready:
        name = ready.pop()
        order.append(name)
        for target in reversed(targets.get(name, [])):
            if target in waiting:
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
    if len(order) < len(names):
        loop = ", ".join(name for name in names if waiting[name])
        reader.problem(mark, f"the graph goes round in a circle through {shorten(loop)}")
    return order


def _neighbours(wires: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for source, target in wires:
        result.setdefault(source, []).append(target)
    return result


def _check_merges(
    reader: SpecReader, bodies: dict[str, SeriesSpec], wires: Edges, marks: dict[str, Mark]
) -> None:
    sources = _neighbours((target, source) for source, target in wires)
    for name, body in bodies.items():
        first = body[0] if body else None
        merges = isinstance(first, LayerSpec) and KINDS[first.kind].join is not None
        inputs = len(sources.get(name, []))
        if inputs > 1 and not merges:
            reader.problem(
                marks[name],
                f"node '{name}' has {inputs} inputs and no merge",
                "begin it with concat, add or another merge",
            )
        elif merges and inputs == 1:
            reader.problem(marks[name], f"node '{name}' begins with a merge and has one input")
    outs = len(sources.get("out", []))
    if outs > 1:
        last = next(mark for (_, target), mark in reversed(wires.items()) if target == "out")
        reader.problem(last, f"{outs} edges go to 'out'", "bring them together in a merge first")


def _check_ends(
    reader: SpecReader,
    mark: Mark,
    order: list[str],
    wires: Edges,
    marks: dict[str, Mark],
    inputs: list[str],
) -> None:
    """Note what no way leads to or from; nodes in ``inputs`` begin with an input."""
    targets = _neighbours(wires)
    sources = {target for _, target in wires}
    from_in = _reach("in", targets)
    from_inputs = {name for start in inputs for name in _reach(start, targets)}
    reached = from_in | from_inputs | _reach(PREVIOUS, targets)
    for name in inputs:
        if name in sources:
            reader.problem(marks[name], f"node '{name}' begins with an input and has one before it")
    to_out = _reach("out", _neighbours((target, source) for source, target in wires))
    if "out" not in (from_in if "in" in targets or not inputs else from_inputs):
        reader.problem(mark, "no way leads from 'in' to 'out'")
        return
    for name in order:
        if name not in reached:
            reader.problem(marks[name], f"node '{name}' cannot be reached from 'in'")
        elif name not in to_out:
            reader.problem(marks[name], f"no way leads from node '{name}' to 'out'")


def _reach(start: str, targets: dict[str, list[str]]) -> set[str]:
    seen = {start}
    waiting = [start]
    while waiting:
        for target in targets.get(waiting.pop(), []):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
