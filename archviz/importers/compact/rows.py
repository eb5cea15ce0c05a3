"""A network of several rows: what one row ends in is a value with a name, which the next one takes.

An encoder with its decoder is such a network: all layers of the decoder take the encoder's
end. Drawn as one graph, each of these would be a line across all of it, and no layer would be
like another one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from archviz.importers.compact.prepare import prepare
from archviz.importers.compact.several_inputs import START, hung, with_start
from archviz.importers.graphs import COUNTED, ORDERED, LayerGraph, LayerNode
from archviz.network.kinds import KINDS

FEWEST = 3
"""Merges that take a value which is worth a row of its own; of attentions one is enough."""
TAKES = "takes"
"""The option of a layer that names the values which it takes."""
RECURRENT = ("lstm", "gru", "rnn")
_NAME = re.compile(r"[a-z][a-z0-9-]*")


class Row(NamedTuple):
    """Layers of a row; what it ends in has a name where later rows take it."""

    nodes: tuple[LayerNode, ...]
    name: str = ""


def rows_of(nodes: Sequence[LayerNode]) -> list[Row]:
    """The rows of a network whose parts share values; one where it has no such parts.

    ``nodes`` all lead to the last one. Rows but the first have one input each.
    """
    begin = _split(nodes)
    if begin is None:
        return [Row(tuple(nodes))]
    found = rows_of([node for node in nodes if node.id not in begin.behind])
    name = _name(found[-1].nodes, [row.name for row in found])
    rest = [_taking(node, {begin.value: name}) for node in nodes if node.id in begin.behind]
    return [*found[:-1], found[-1]._replace(name=name), Row(tuple(rest))]


def in_one(rows: Sequence[Row]) -> list[LayerNode]:
    """The layers of all rows: the input of each hangs from the end of the row before it."""
    nodes = list(with_start(rows[0].nodes))
    if len(rows) > 1 and nodes[0] is not START:
        nodes[0] = hung(nodes[0])._replace(inputs=())
    for before, row in pairwise(rows):
        last = before.nodes[-1].id
        nodes += [hung(node, last) if node.kind == "input" else node for node in row.nodes]
    return nodes


def over_words(row: Sequence[LayerNode]) -> bool:
    """Whether all that goes into a row is words that it looks up, and nothing in it recurs.

    Such networks are drawn upwards, as in "Attention Is All You Need".
    """
    words = {node.inputs[0] for node in row if node.kind == "embedding" and node.inputs}
    begins = {node.id for node in row if node.kind == "input"}
    return bool(begins) and begins <= words and not any(node.kind in RECURRENT for node in row)


def with_boxes(graph: LayerGraph) -> LayerGraph:
    """The graph with a box for each attention to another sequence that no row has a name for."""
    if not any(map(_crosses, graph.nodes)):
        return graph
    prepared = prepare(graph)
    parts = [row.nodes for row in rows_of(prepared.nodes)]
    parts += [shoot.nodes for shoot in prepared.offshoots]
    crossing = {node.id for part in parts for node in part if _crosses(node)}
    nodes = [boxed(node) if node.id in crossing else node for node in graph.nodes]
    return graph._replace(nodes=tuple(nodes))


def boxed(node: LayerNode) -> LayerNode:
    """An attention to another sequence, as a box of two inputs."""
    options = {
        "label": "cross-attention",
        "shape": node.shape,
        "weights": node.parameters,
        "macs": node.macs,
        **{key: node.options[key] for key in COUNTED if key in node.options},
    }
    return node._replace(kind="op-merge", options=options)


def _crosses(node: LayerNode) -> bool:
    return node.kind == "attention" and len(node.inputs) > 1


class _Beginning(NamedTuple):
    """Where a row begins: all that is behind its inputs, and the value of others that it takes."""

    behind: Set[str]
    value: str


def _split(nodes: Sequence[LayerNode]) -> _Beginning | None:
    """The shortest row that takes one value of all others; None where there is none."""
    inputs = [node.id for node in nodes if node.kind == "input"]
    if len(inputs) < 2:
        return None
    found = [_beginning(nodes, one) for one in inputs]
    known = [one for one in found if one is not None]
    return min(known, key=lambda one: len(one.behind), default=None)


def _beginning(nodes: Sequence[LayerNode], begin: str) -> _Beginning | None:
    """What is behind an input, if all that it takes of others is the one value they end in."""
    behind = {begin}
    for node in nodes:
        if not behind.isdisjoint(node.inputs):
            behind.add(node.id)
    others = [node for node in nodes if node.id not in behind]
    if not others or nodes[-1].id not in behind:
        return None
    value = others[-1].id
    used = {source for node in others for source in node.inputs}
    if not used.issuperset([node.id for node in others[:-1]]):
        return None
    times = 0
    for node in nodes:
        taken = [source for source in node.inputs if source not in behind]
        if node.id in behind and taken:
            if taken != [value] or not _may_take(node, value):
                return None
            weighs = node.kind == "attention" or node.options.get("weights")
            times += FEWEST if weighs else 1
    return _Beginning(behind, value) if times >= FEWEST else None


def _may_take(node: LayerNode, value: str) -> bool:
    """Whether a layer can take a value by its name: behind what comes in, where that matters."""
    if len(node.inputs) < 2:
        return False
    if node.kind == "attention" or node.kind in ORDERED:
        return node.inputs[-1] == value
    return KINDS[node.kind].join is not None


def _name(row: Sequence[LayerNode], taken: Collection[str]) -> str:
    """A name for what a row ends in: that of an input, else what the field calls it."""
    own = row[0].id.lower().replace("_", "-") if len(row) == 1 else ""
    word = own if _NAME.fullmatch(own) and own not in KINDS else "memory"
    return word if word not in taken else f"{word}-{len(taken) + 1}"


def _taking(node: LayerNode, names: Mapping[str, str]) -> LayerNode:
    """A layer with the values that have names by these."""
    taken = tuple(names[source] for source in node.inputs if source in names)
    if not taken:
        return node
    inputs = tuple(source for source in node.inputs if source not in names)
    before = node.options.get(TAKES, ())
    return node._replace(inputs=inputs, options={**node.options, TAKES: (*before, *taken)})
