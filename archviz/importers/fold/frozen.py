"""Layers that are not trained, or in part: the source says of which parameters that is so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archviz.importers.graphs import LayerGraph, LayerNode, Op, OpGraph
from archviz.network.kinds import NORMS


def with_frozen(graph: LayerGraph, operators: OpGraph) -> LayerGraph:
    """The layers of some operators, with a word on those whose parameters are frozen."""
    if not operators.frozen:
        return graph
    owned = _parameters_of(graph, operators)
    norms = {op.inputs[1:3]: "" for op in operators.ops if op.kind == "BatchNormalization"}
    seen: set[str] = set()
    marked: dict[str, LayerNode] = {}
    for node in sorted(graph.nodes, key=lambda node: "shared" in node.options):
        names = [name for name in owned.get(node.id, []) if name not in seen]
        seen.update(names)  # a weight counts where it is first, and not where it is shared
        marked[node.id] = _marked(node, names, operators, norms)
    return graph._replace(nodes=tuple([marked[node.id] for node in graph.nodes]))


def _parameters_of(graph: LayerGraph, operators: OpGraph) -> dict[str, list[str]]:
    """The parameters that come to each layer, and to no other on their way."""
    layers = {node.id for node in graph.nodes}
    users: dict[str, list[Op]] = {}
    for op in operators.ops:
        for name in op.inputs:
            users.setdefault(name, []).append(op)
    found: dict[str, dict[str, None]] = {}
    nodes = {node.id: node for node in graph.nodes}
    for name, tensor in operators.constants.items():
        if tensor.weight and name not in operators.moving:
            first = list(_first_layers(name, users, graph.owners))
            weighing = [one for one in first if one in layers and nodes[one].parameters]
            for layer in weighing or first:
                while layer in layers and not nodes[layer].parameters and nodes[layer].inputs:
                    layer = nodes[layer].inputs[0]  # a further result hangs from its layer
                if layer in layers and nodes[layer].kind != "input":
                    found.setdefault(layer, {})[name] = None
    return {layer: list(names) for layer, names in found.items()}


def _first_layers(
    name: str, users: Mapping[str, Sequence[Op]], owners: Mapping[str, str]
) -> Iterator[str]:
    """The layers that a value first goes into."""
    todo, seen = [name], {name}
    while todo:
        for op in users.get(todo.pop(), ()):
            for value in op.outputs:
                if value in owners:
                    yield owners[value]
                elif value not in seen:
                    seen.add(value)
                    todo.append(value)


def _marked(
    node: LayerNode,
    names: Sequence[str],
    operators: OpGraph,
    norms: Mapping[tuple[str, ...], str],
) -> LayerNode:
    """A layer with the option that says how much of it is frozen."""
    idle = [name for name in names if name in operators.frozen]
    if not idle:
        return node
    shared = "shared" in node.options
    if len(idle) == len(names):
        fixed = node.fixed if shared else node.parameters
        return node._replace(options={**node.options, "frozen": True}, fixed=fixed)
    size = sum(operators.constants[name].size for name in idle)
    frozen = "batch-norm-frozen"
    plain = node.options.get("norm", "") == "batch-norm" and not shared
    if plain and tuple(idle) in norms and size == NORMS["batch-norm"].weights[0] * node.shape[-1]:
        return node._replace(options={**node.options, "norm": frozen}, fixed=node.fixed + size)
    fixed = node.fixed if shared else node.fixed + size
    size += node.options.get("untrained", 0)
    return node._replace(options={**node.options, "untrained": size}, fixed=fixed)
