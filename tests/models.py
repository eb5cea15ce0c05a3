"""Models for the tests, built on the spot: ONNX with the onnx package, Keras as plain JSON.

Weights are external tensors of a file that does not exist: nothing may look for them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

onnx = pytest.importorskip("onnx", reason="builds its models with the onnx package")
from onnx import TensorProto, helper  # noqa: E402

from archviz.importers.fold.pipeline import fold_graph  # noqa: E402
from archviz.importers.graphs import LayerGraph  # noqa: E402
from archviz.importers.read.onnx import read_onnx_data  # noqa: E402


class Builder:
    """An ONNX model, grown operator by operator; values are named by what gives them."""

    def __init__(self, shape: Sequence[int | str] = (1, 3, 32, 32), name: str = "x") -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.infos: list[Any] = []
        self.inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))]
        self.count = 0

    def weight(self, *dims: int, kind: int = TensorProto.FLOAT) -> str:
        """A weight whose payload is elsewhere."""
        self.count += 1
        tensor = TensorProto(name=f"w{self.count}", data_type=kind, dims=dims)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="no-such-file")
        self.weights.append(tensor)
        return str(tensor.name)

    def constant(self, values: Any, dims: Sequence[int] = (), kind: int = TensorProto.FLOAT) -> str:
        """A small constant with its values."""
        self.count += 1
        name = f"k{self.count}"
        values = values if isinstance(values, list) else [values]
        self.weights.append(helper.make_tensor(name, kind, list(dims), values))
        return name

    def ints(self, *values: int) -> str:
        """A list of whole numbers, as shapes and axes are given."""
        return self.constant(list(values), [len(values)], TensorProto.INT64)

    def op(
        self,
        kind: str,
        *inputs: str,
        name: str = "",
        outputs: int = 1,
        domain: str = "",
        gives: str = "",
        **attributes: Any,
    ) -> str:
        """An operator; the name of its first output."""
        self.count += 1
        first = gives or f"v{self.count}"
        names = [first if index == 0 else f"{first}.{index}" for index in range(outputs)]
        self.nodes.append(
            helper.make_node(
                kind, list(inputs), names, name=name or names[0], domain=domain, **attributes
            )
        )
        return names[0]

    def conv(
        self,
        value: str,
        depth: int,
        filters: int,
        kernel: int = 3,
        bias: bool = False,
        **attributes: Any,
    ) -> str:
        """A convolution, ``same`` unless pads are given."""
        group = attributes.get("group", 1)
        attributes.setdefault("pads", [kernel // 2] * 4)
        weights = [self.weight(filters, depth // group, kernel, kernel)]
        if bias:
            weights.append(self.weight(filters))
        return self.op("Conv", value, *weights, kernel_shape=[kernel, kernel], **attributes)

    def norm(self, value: str, channels: int) -> str:
        """A batch norm."""
        weights = [self.weight(channels) for _ in range(4)]
        return self.op("BatchNormalization", value, *weights)

    def bytes(self, *outputs: str, functions: Sequence[Any] = ()) -> bytes:
        """The model as a file."""
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(
            self.nodes, "test", self.inputs, ends, self.weights, value_info=self.infos
        )
        data: bytes = helper.make_model(graph).SerializeToString()
        return data

    def layers(self, *outputs: str) -> LayerGraph:
        """The layers that an import finds."""
        return fold_graph(read_onnx_data(self.bytes(*outputs), "test.onnx"), "test.onnx")


def kinds(graph: LayerGraph) -> list[str]:
    """The kinds of all layers but the input."""
    return [node.kind for node in graph.nodes[1:]]


def resnet(blocks: int = 3, width: int = 8) -> Builder:
    """A chain of residual blocks behind a stem."""
    model = Builder()
    value = model.op("Relu", model.norm(model.conv("x", 3, width, 3), width))
    for _ in range(blocks):
        inner = model.op("Relu", model.norm(model.conv(value, width, width), width))
        inner = model.norm(model.conv(inner, width, width), width)
        value = model.op("Relu", model.op("Add", inner, value))
    value = model.op("Flatten", model.op("GlobalAveragePool", value))
    model.op("Gemm", value, model.weight(10, width), model.weight(10), transB=1)
    return model


# ---- Keras ------------------------------------------------------------------------------------


def keras_layer(
    kind: str, name: str, *sources: str, call: Sequence[tuple[str, int]] = (), **config: Any
) -> dict[str, Any]:
    """A layer of a Functional model in the form of Keras 3."""
    calls = call or [(source, 0) for source in sources]
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [source, at, 0]}}
        for source, at in calls
    ]
    nodes = [{"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {}}] if calls else []
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def keras_input(*shape: int, name: str = "in") -> dict[str, Any]:
    """The input of a Functional model."""
    return keras_layer("InputLayer", name, batch_shape=[None, *shape])


def keras_model(layers: list[dict[str, Any]], end: str, start: str = "in") -> str:
    """The JSON of a Functional model."""
    config = {
        "name": "model",
        "layers": layers,
        "input_layers": [[start, 0, 0]],
        "output_layers": [[end, 0, 0]],
    }
    return json.dumps({"class_name": "Functional", "config": config})


def keras2_layer(kind: str, name: str, *calls: list[str], **config: Any) -> dict[str, Any]:
    """A layer of a Functional model in the form of Keras 2."""
    nodes = [[[source, 0, 0, {}] for source in call] for call in calls]
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }
