"""The ``graph:`` form: named nodes and edges, checked and put in topological order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from archviz.errors import Mark
from archviz.language.places import Place, ReadSeries, begins, check_keys, find
from archviz.language.reader import SpecReader, tokens_of
from archviz.language.syntax import (
    FromSpec,
    GraphSpec,
    ItemSpec,
    LayerSpec,
    SeriesSpec,
    TowersSpec,
)
from archviz.language.values import is_value_name, take_name
from archviz.network.kinds import KINDS
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode, describe, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

Edges: TypeAlias = dict[tuple[str, str], Mark]

START = "in"


def read_graph(
    reader: SpecReader,
    node: YamlNode,
    where: str,
    place: Place,
    read_series: ReadSeries,
) -> GraphSpec | None:
    """A graph from its mapping of ``nodes`` and ``edges``; None, with problems, if it is none.

    ``read_series`` reads what stands at a node, which may hold graphs again. Edges may start
    at values that have a name outside of the graph.
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
    outside = {START, *reader.values.known}
    bodies, borrowed = _read_nodes(reader, nodes, where, place, read_series)
    wires, again = _read_edges(reader, edges, bodies, outside)
    if len(reader.problems) > before:
        return None
    outside -= bodies.keys()
    names = [name.text for name, _ in nodes.pairs]
    order = _order(reader, node.mark, names, {**wires, **borrowed}, outside)
    marks = {name.text: name.mark for name, _ in nodes.pairs}
    _check_merges(reader, bodies, wires, again, marks)
    inputs = [name for name in order if bodies[name] and begins(bodies[name][0])]
    anew = {name for name in order if bodies[name] and _begins_anew(bodies[name][0])}
    begun = anew if place.first and not place.top else set()  # it takes nothing else then
    _check_ends(reader, node.mark, order, wires, marks, inputs, outside | anew, begun)
    if len(reader.problems) > before:
        return None
    every = tuple(edge for edge in wires for _ in range(2 if edge in again else 1))
    return GraphSpec(tuple((name, bodies[name]) for name in order), every, where, node.mark)


def _begins_anew(item: ItemSpec) -> bool:
    """Whether an item goes on from values with names, or begins with inputs, and takes no other."""
    match item:
        case FromSpec():
            return True
        case TowersSpec():
            return all(branch and _begins_anew(branch[0]) for branch in item.branches)
        case GraphSpec():
            return all(source != START for source, _ in item.edges)
        case _:
            return begins(item)


def _read_nodes(
    reader: SpecReader, nodes: MappingNode, where: str, outer: Place, read_series: ReadSeries
) -> tuple[dict[str, SeriesSpec], Edges]:
    """The nodes, and edges for the named values that one takes out of another."""
    bodies: dict[str, SeriesSpec] = {}
    borrowed: Edges = {}
    owners: dict[str, str] = {}
    taken = reader.values.taken
    for name, value in nodes.pairs:
        if name.text in (START, "out"):
            message = f"'{name.text}' is the {name.text}put of the graph"
            reader.problem(name.mark, message, "give the node another name")
        elif not is_value_name(name.text):
            reader.problem(
                name.mark,
                f"'{shorten(name.text)}' cannot name a node",
                "use letters, digits, '-' and '_'",
            )
        place = Place(outer.scope, own=outer.own, merge=True)
        known, reader.values.taken = set(reader.values.known), set()
        bodies[name.text] = read_series(reader, value, f"{where}/graph/{name.text}", place)
        for value_name in sorted(reader.values.taken & owners.keys()):
            borrowed[owners[value_name], name.text] = name.mark
        taken |= reader.values.taken
        owners |= dict.fromkeys(reader.values.known.keys() - known, name.text)
    reader.values.taken = taken
    return bodies, borrowed


def _read_edges(
    reader: SpecReader, edges: SequenceNode, bodies: dict[str, SeriesSpec], outside: set[str]
) -> tuple[Edges, Edges]:
    """The edges; and those of them that are given twice, as to a merge of a value with itself."""
    wires: Edges = {}
    again: Edges = {}
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
            if name in bodies or name in (START, "out"):
                continue
            if name in outside:
                take_name(reader, name, mark)
            else:
                reader.unknown(mark, "the graph has no node", name, (*bodies, *outside, "out"))
        for (source, _), (target, mark) in pairwise(names):
            if target in outside - bodies.keys() or source == "out":
                reader.problem(mark, f"no edge can go from '{source}' to '{target}'")
            elif (source, target) in again:
                message = f"the edge {source} -> {target} is given more than twice"
                reader.problem(mark, message, "merge it with itself twice")
            elif (source, target) in wires and _merges(bodies.get(target)):
                again[source, target] = mark
            elif (source, target) in wires:
                reader.problem(mark, f"the edge {source} -> {target} is given twice")
            else:
                wires[source, target] = mark
    return wires, again


def _order(
    reader: SpecReader, mark: Mark, names: list[str], wires: Edges, outside: set[str]
) -> list[str]:
    """Topological order, as near to the order of the file as can be."""
    targets = _neighbours(wires)
    waiting = dict.fromkeys(names, 0)
    for source, target in wires:
        if source not in outside and target != "out":
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
    reader: SpecReader,
    bodies: dict[str, SeriesSpec],
    wires: Edges,
    again: Edges,
    marks: dict[str, Mark],
) -> None:
    sources = _neighbours((target, source) for source, target in (*wires, *again))
    for name, body in bodies.items():
        inputs, merges = len(sources.get(name, [])), _merges(body)
        if inputs > 1 and not merges:
            reader.problem(
                marks[name],
                f"node '{name}' has {inputs} inputs and no merge",
                "begin it with concat, add or another merge",
            )
        elif inputs == 1 and merges and not _takes_more(body[0]):
            reader.problem(marks[name], f"node '{name}' begins with a merge and has one input")
    outs = len(sources.get("out", []))
    if outs > 1:
        last = next(mark for (_, target), mark in reversed(wires.items()) if target == "out")
        reader.problem(last, f"{outs} edges go to 'out'", "bring them together in a merge first")


def _merges(body: SeriesSpec | None) -> bool:
    """Whether what stands at a node begins with a merge."""
    first = body[0] if body else None
    return isinstance(first, LayerSpec) and KINDS[first.kind].join is not None


def _takes_more(item: ItemSpec) -> bool:
    """Whether a merge takes named values besides those that its edges bring."""
    return isinstance(item, LayerSpec) and bool(item.fields.get("takes"))


def _check_ends(
    reader: SpecReader,
    mark: Mark,
    order: list[str],
    wires: Edges,
    marks: dict[str, Mark],
    inputs: list[str],
    outside: set[str],
    begun: set[str],
) -> None:
    """Note what no way leads to or from.

    Nodes in ``inputs`` begin with an input; what is ``outside`` has its value from there. Those in
    ``begun`` are enough for a graph that nothing comes into.
    """
    targets = _neighbours(wires)
    sources = {target for _, target in wires}
    from_in = _reach("in", targets)
    from_inputs = {name for start in inputs for name in _reach(start, targets)}
    reached = from_in | from_inputs.union(*(_reach(name, targets) for name in outside))
    for name in inputs:
        if name in sources:
            reader.problem(marks[name], f"node '{name}' begins with an input and has one before it")
    to_out = _reach("out", _neighbours((target, source) for source, target in wires))
    enough = from_inputs.union(*(_reach(name, targets) for name in begun))
    if "out" not in (from_in if "in" in targets or not (inputs or begun) else enough):
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
