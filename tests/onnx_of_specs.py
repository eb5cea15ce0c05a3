"""Bundled networks as ONNX files, as an exporter of PyTorch would write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofs import flatten_network

from archviz.importers.graphs import LayerNode
from archviz.language.expand import load_network
from tests.models import Builder

ACTIVATIONS: Mapping[str, str] = {
    "relu": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
}
ALIKE: Mapping[str, str] = {"concat": "Concat", "add": "Add", "flatten": "Flatten"}


class _Export(Builder):
    """Writes a layer at a time; ``at`` and ``shapes`` by the ids of the layers."""

    def __init__(self, nodes: tuple[LayerNode, ...]) -> None:
        height, width, channels = nodes[0].shape
        super().__init__((1, channels, height, width))
        self.at: dict[str, str] = {nodes[0].id: "x"}
        self.layers_by_id = {node.id: node for node in nodes}
        for node in nodes[1:]:
            value = self.layer(node, [self.at[source] for source in node.inputs])
            self.at[node.id] = self.badges(value, node)

    def shape(self, node: LayerNode) -> tuple[int, ...]:
        """The shape of what a layer takes in."""
        return self.layers_by_id[node.inputs[0]].shape

    def badges(self, value: str, node: LayerNode) -> str:
        """The normalisation and the activation behind a layer."""
        if node.options.get("norm", "none") != "none":
            value = self.norm(value, node.shape[-1])
        word = ACTIVATIONS.get(node.options.get("activation", ""))
        return self.op(word, value, **({"axis": 1} if word == "Softmax" else {})) if word else value

    def layer(self, node: LayerNode, sources: list[str]) -> str:
        """A layer without its badges; the value that it gives."""
        options, value = node.options, sources[0]
        if node.kind in ("conv", "depthwise-conv", "sep-conv"):
            return self.convolution(node, value)
        if node.kind in ("max-pool", "avg-pool"):
            word = {"max-pool": "MaxPool", "avg-pool": "AveragePool"}[node.kind]
            kernel = list(options.get("kernel", (1, 1)))
            return self.op(
                word,
                value,
                kernel_shape=kernel,
                pads=pads(self, node),
                strides=list(options.get("stride", (1, 1))),
                ceil_mode=int(options.get("ceil", False)),
            )
        if node.kind == "dense":
            weights = [self.weight(node.shape[-1], self.shape(node)[-1])]
            if options.get("bias", True):
                weights.append(self.weight(node.shape[-1]))
            return self.op("Gemm", value, *weights, transB=1)
        if node.kind == "scaled-add":
            scaled = self.op("Mul", sources[0], self.constant(options["value"]))
            return self.op("Add", sources[1], scaled)
        if node.kind == "zero-pad":
            top, bottom, left, right = options["padding"]
            return self.op("Pad", value, self.ints(0, 0, top, left, 0, 0, bottom, right))
        if node.kind in ACTIVATIONS:
            return self.op(ACTIVATIONS[node.kind], value)
        if node.kind == "global-avg-pool":
            return self.op("Flatten", self.op("GlobalAveragePool", value))
        if node.kind == "lrn":
            return self.op("LRN", value, size=5)
        if node.kind == "dropout":
            return value
        if node.kind == "add" and len(sources) > 2:  # Add takes two
            for source in sources[1:]:
                value = self.op("Add", value, source)
            return value
        return self.op(ALIKE[node.kind], *sources, **({"axis": 1} if node.kind == "concat" else {}))

    def convolution(self, node: LayerNode, value: str) -> str:
        """A convolution; a separable one as two."""
        options, depth = node.options, self.shape(node)[-1]
        kernel, stride = options.get("kernel", (1, 1)), options.get("stride", (1, 1))
        keys: dict[str, Any] = {
            "kernel_shape": list(kernel),
            "strides": list(stride),
            "pads": pads(self, node),
        }
        if node.kind != "conv":
            value = self.op("Conv", value, self.weight(depth, 1, *kernel), group=depth, **keys)
            keys, kernel = {"kernel_shape": [1, 1]}, (1, 1)
            if node.kind == "depthwise-conv":
                return value
        groups = options.get("groups", 1)
        weights = [self.weight(node.shape[-1], depth // groups, *kernel)]
        if options.get("bias", True):
            weights.append(self.weight(node.shape[-1]))
        return self.op("Conv", value, *weights, group=groups, **keys)


def pads(export: _Export, node: LayerNode) -> list[int]:
    """The padding as ONNX states it: top, left, bottom, right."""
    padding = node.options.get("padding", "valid")
    if padding == "valid":
        return [0] * 4
    if padding != "same":
        top, bottom, left, right = padding
        return [top, left, bottom, right]
    before, behind = [], []
    for axis in (0, 1):
        size, stride = export.shape(node)[axis], node.options.get("stride", (1, 1))[axis]
        total = max(
            (-(-size // stride) - 1) * stride + node.options.get("kernel", (1, 1))[axis] - size, 0
        )
        before.append(total // 2)
        behind.append(total - total // 2)
    return [*before, *behind]


def onnx_of(name: str) -> bytes:
    """A bundled network, without its auxiliary classifiers, as an ONNX file."""
    network = load_network(f"specs/{name}.yaml")
    graph = flatten_network(network)
    needed = {graph.outputs[-1]}
    kept = []
    for node in reversed(graph.nodes):
        if node.id in needed:
            needed.update(node.inputs)
            kept.append(node)
    made = _Export(tuple(reversed(kept)))
    data: bytes = made.bytes(made.at[graph.outputs[-1]])
    return data
