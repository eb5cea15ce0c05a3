"""Separable convolutions: a depthwise one, and at once a pointwise one.

Exporters write them as two ("Xception: Deep Learning with Depthwise Separable Convolutions",
2017). With a bias, a normalisation or an activation between them they stay two layers, as
in MobileNet.
"""

from __future__ import annotations

from collections import Counter

from archviz.importers.graphs import LayerGraph, LayerNode

SPACE = ("kernel", "stride", "padding", "dilation", "multiplier")
"""What the depthwise convolution states of both."""


def join_separable(graph: LayerGraph) -> LayerGraph:
    """The graph with each such pair as one layer, in the place of the second."""
    bare = {node.id: node for node in graph.nodes if node.kind == "depthwise-conv" and _bare(node)}
    if not bare:
        return graph
    used = Counter(source for node in graph.nodes for source in node.inputs)
    used.update(graph.outputs)
    joined: dict[str, LayerNode] = {}
    for node in graph.nodes:
        first = bare.get(node.inputs[0]) if len(node.inputs) == 1 else None
        if first is not None and used[first.id] == 1 and _pointwise(node):
            joined[first.id] = first
            joined[node.id] = _joined(first, node)
    nodes = tuple(
        joined.get(node.id, node) for node in graph.nodes if joined.get(node.id) is not node
    )
    return graph._replace(nodes=nodes)


def _bare(node: LayerNode) -> bool:
    own = not {"norm", "activation", "shared"} & node.options.keys()
    return own and node.options.get("bias") is False


def _pointwise(node: LayerNode) -> bool:
    options = node.options
    if node.kind != "conv" or "shared" in options:
        return False
    plain = [options.get(field, (1, 1)) for field in ("kernel", "stride", "dilation")]
    padding = options.get("padding", "valid")
    padded = padding not in ("valid", "same") and any(padding)
    return plain == [(1, 1)] * 3 and options.get("groups", 1) == 1 and not padded


def _joined(first: LayerNode, second: LayerNode) -> LayerNode:
    options = {field: first.options[field] for field in SPACE if field in first.options}
    options |= {key: value for key, value in second.options.items() if key not in SPACE}
    return second._replace(
        kind="sep-conv",
        inputs=first.inputs,
        options=options,
        parameters=first.parameters + second.parameters,
        fixed=first.fixed + second.fixed,
        macs=first.macs + second.macs,
    )
