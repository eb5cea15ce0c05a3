"""Padding that a framework calls ``same``, from the numbers that ONNX has.

With a stride, ``same`` pads by what the size of the map needs, at the bottom and at the right
first. A model with such an uneven padding comes from a framework that pads like that: there
even numbers that come to the same are ``same`` as well.
"""

from __future__ import annotations

from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.network.model import Shape


def same_padding(graph: LayerGraph) -> LayerGraph:
    """The graph with ``same`` in place of numbers that come to it, where any are uneven."""
    if not any(_is_uneven(node) for node in graph.nodes):
        return graph
    shapes = {node.id: node.shape for node in graph.nodes}
    fitting = {
        node.id
        for node in graph.nodes
        if _has_numbers(node) and _is_same(node, shapes[node.inputs[0]])
    }
    if not any(node.id in fitting and _is_uneven(node) for node in graph.nodes):
        return graph
    nodes = [
        node._replace(options={**node.options, "padding": "same"}) if node.id in fitting else node
        for node in graph.nodes
    ]
    return graph._replace(nodes=tuple(nodes))


def _has_numbers(node: LayerNode) -> bool:
    padding = node.options.get("padding", "")
    return "stride" in node.options and not isinstance(padding, str) and len(node.inputs) == 1


def _is_uneven(node: LayerNode) -> bool:
    if not _has_numbers(node):
        return False
    padding = node.options["padding"]
    return bool(padding[::2] != padding[1::2])


def _is_same(node: LayerNode, shape: Shape) -> bool:
    if len(shape) != 3 or node.options.get("ceil") or node.kind == "conv-transpose":
        return False
    options, wanted = node.options, []
    for axis in (0, 1):
        kernel = options.get("kernel", (1, 1))[axis]
        span = (kernel - 1) * options.get("dilation", (1, 1))[axis] + 1
        stride = options["stride"][axis]
        total = max((-(-shape[axis] // stride) - 1) * stride + span - shape[axis], 0)
        wanted += [total // 2, total - total // 2]
    return tuple(options["padding"]) == tuple(wanted)
