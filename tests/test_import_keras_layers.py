"""Every class of Keras that has a kind: its options, shape and weights; and what stays a box."""

from __future__ import annotations

import json
from typing import Any

import pytest

import archviz
from archviz.errors import ArchvizError
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.importers.imported import import_layers
from archviz.importers.read.keras import read_keras_text
from archviz.network.analysis import analyse

from models import keras_input, keras_layer, keras_model, kinds  # isort: skip

MAP, ROW, VECTOR = (8, 6, 4), (10, 4), (4,)


def graph_of(layers: list[dict[str, Any]], *shape: int, faithful: bool = True) -> LayerGraph:
    text = keras_model([keras_input(*shape), *layers], layers[-1]["name"])
    graph = read_keras_text(text, "model.json")
    assert import_layers(graph, "test", "test").faithful == faithful
    return graph


def layer_of(kind: str, shape: tuple[int, ...], **config: Any) -> LayerNode:
    """The last layer of a model of one Keras layer."""
    graph = graph_of([keras_layer(kind, "one", "in", **config)], *shape)
    assert not graph.unknown
    return graph.nodes[-1]


WINDOWS = [
    # class, input, its configuration -> kind, shape, parameters, options
    ("Conv1D", ROW, {"filters": 5, "kernel_size": [3]},
     "conv-1d", (8, 5), 65, {"kernel": (3,), "filters": 5}),
    ("Conv1D", ROW, {"filters": 5, "kernel_size": [3], "padding": "causal", "dilation_rate": [2]},
     "conv-1d", (10, 5), 65,
     {"kernel": (3,), "filters": 5, "dilation": (2,), "padding": (4, 0)}),
    ("Conv1D", ROW, {"filters": 5, "kernel_size": 3, "strides": 2},
     "conv-1d", (4, 5), 65, {"kernel": (3,), "filters": 5, "stride": (2,)}),
    ("Conv2D", MAP, {"filters": 6, "kernel_size": [3, 3], "groups": 2},
     "conv", (6, 4, 6), 114, {"kernel": (3, 3), "filters": 6, "groups": 2}),
    ("Conv2D", MAP, {"filters": 6, "kernel_size": 1, "data_format": "channels_first"},
     "conv", (6, 4, 6), 54, {"kernel": (1, 1), "filters": 6}),
    ("DepthwiseConv2D", MAP, {"kernel_size": [3, 3], "depth_multiplier": 2, "use_bias": False},
     "depthwise-conv", (6, 4, 8), 72, {"kernel": (3, 3), "multiplier": 2, "bias": False}),
    ("SeparableConv2D", MAP, {"filters": 5, "kernel_size": [3, 3], "depth_multiplier": 2},
     "sep-conv", (6, 4, 5), 117, {"kernel": (3, 3), "filters": 5, "multiplier": 2}),
    ("Conv2DTranspose", MAP, {"filters": 5, "kernel_size": [2, 2], "strides": [2, 2]},
     "conv-transpose", (16, 12, 5), 85, {"kernel": (2, 2), "filters": 5, "stride": (2, 2)}),
    ("MaxPooling1D", ROW, {"pool_size": [2]},
     "max-pool-1d", (5, 4), 0, {"kernel": (2,), "stride": (2,)}),
    ("AveragePooling2D", MAP, {"pool_size": [3, 3], "strides": [1, 1], "padding": "same"},
     "avg-pool", (8, 6, 4), 0, {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}),
    ("ZeroPadding1D", ROW, {"padding": [1, 2]},
     "op", (13, 4), 0, {"label": "zero padding", "shape": (13, 4)}),
    ("ZeroPadding1D", ROW, {"padding": 2},
     "op", (14, 4), 0, {"label": "zero padding", "shape": (14, 4)}),
    ("ZeroPadding2D", MAP, {"padding": [[1, 0], [0, 3]]},
     "zero-pad", (9, 9, 4), 0, {"padding": (1, 0, 0, 3)}),
    ("UpSampling2D", MAP, {"size": [3, 3]},
     "upsample", (24, 18, 4), 0, {"value": 3.0}),
    ("Dense", ROW, {"units": 3}, "dense", (10, 3), 15, {"filters": 3}),
    ("Dense", MAP, {"units": 3, "use_bias": False},
     "conv", (8, 6, 3), 12, {"kernel": (1, 1), "filters": 3, "bias": False}),
    ("Embedding", (10,), {"input_dim": 50, "output_dim": 7},
     "embedding", (10, 7), 350, {"filters": 7, "count": 50}),
    ("GlobalMaxPooling1D", ROW, {}, "global-max-pool", (4,), 0, {}),
    ("GlobalAveragePooling2D", MAP, {}, "global-avg-pool", (4,), 0, {}),
    ("Flatten", MAP, {}, "flatten", (192,), 0, {}),
    ("Reshape", MAP, {"target_shape": [12, -1]}, "reshape", (12, 16), 0, {"shape": (12, 16)}),
]  # fmt: skip


@pytest.mark.parametrize("row", WINDOWS, ids=lambda row: f"{row[0]}-{row[3]}-{row[4]}")
def test_layers_that_have_a_kind(row: tuple[Any, ...]) -> None:
    name, shape, config, kind, given, parameters, options = row
    node = layer_of(name, shape, **config)
    said = {key: value for key, value in node.options.items() if value is not None}
    assert (node.kind, node.shape, node.parameters) == (kind, given, parameters)
    assert said == options


def test_a_global_pooling_that_keeps_its_sides_is_a_map_again() -> None:
    graph = graph_of([keras_layer("GlobalAveragePooling2D", "a", "in", keepdims=True)], *MAP)
    assert kinds(graph) == ["global-avg-pool"]
    assert graph.nodes[-1].options == {"keep": True}
    assert graph.nodes[-1].shape == (1, 1, 4)


def test_zeros_round_a_map_are_the_padding_of_the_next_layer() -> None:
    pad = keras_layer("ZeroPadding2D", "pad", "in", padding=1)
    conv = keras_layer("Conv2D", "conv", "pad", filters=2, kernel_size=[3, 3], strides=[2, 2])
    graph = graph_of([pad, conv], *MAP)
    assert kinds(graph) == ["conv"]
    assert graph.nodes[-1].shape == (4, 3, 2)
    assert graph.nodes[-1].options["padding"] == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("kind", "config", "name", "parameters", "fixed"),
    [
        ("BatchNormalization", {}, "batch-norm", 16, 8),
        ("BatchNormalization", {"axis": [3]}, "batch-norm", 16, 8),
        ("BatchNormalization", {"scale": False}, "batch-norm-unscaled", 12, 8),
        ("LayerNormalization", {}, "layer-norm", 8, 0),
        ("LayerNormalization", {"rms_scaling": True}, "rms-norm", 4, 0),
        ("LayerNormalization", {"center": False}, "layer-norm-unshifted", 4, 0),
        ("LayerNormalization", {"scale": False}, "layer-norm-unscaled", 4, 0),
        ("BatchNormalization", {"center": False}, "batch-norm-unshifted", 12, 8),
        ("BatchNormalization", {"scale": False, "center": False}, "batch-norm-plain", 8, 8),
        ("GroupNormalization", {"scale": False}, "group-norm-unscaled", 4, 0),
        ("GroupNormalization", {"center": False}, "group-norm-unshifted", 4, 0),
        ("GroupNormalization", {}, "group-norm", 8, 0),
        ("RMSNormalization", {}, "rms-norm", 4, 0),
    ],
)
def test_normalisations(
    kind: str, config: dict[str, Any], name: str, parameters: int, fixed: int
) -> None:
    conv = keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=1)
    node = graph_of([conv, keras_layer(kind, "norm", "conv", **config)], *MAP).nodes[-1]
    assert node.kind == "conv"
    assert node.options["norm"] == name
    assert (node.parameters, node.fixed) == (20 + parameters, fixed)


@pytest.mark.parametrize(
    ("kind", "config", "name"),
    [
        ("Activation", {"activation": "swish"}, "silu"),
        ("Activation", {"activation": {"class_name": "LeakyReLU", "config": {}}}, "leaky-relu"),
        ("Activation", {"activation": {"class_name": "function", "config": "gelu"}}, "gelu"),
        ("ReLU", {}, "relu"),
        ("ReLU", {"max_value": 6.0}, "relu6"),
        ("ReLU", {"negative_slope": 0.1}, "leaky-relu"),
        ("LeakyReLU", {}, "leaky-relu"),
        ("ELU", {}, "elu"),
        ("Softmax", {}, "softmax"),
        ("PReLU", {"shared_axes": [1, 2]}, "prelu"),
    ],
)
def test_activations(kind: str, config: dict[str, Any], name: str) -> None:
    conv = keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=1)
    node = graph_of([conv, keras_layer(kind, "act", "conv", **config)], *MAP).nodes[-1]
    assert node.options["activation"] == name
    assert node.parameters == 20 + (4 if name == "prelu" else 0)


def test_an_activation_that_does_nothing_is_nothing() -> None:
    conv = keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=1)
    graph = graph_of([conv, keras_layer("Activation", "a", "conv", activation="linear")], *MAP)
    assert kinds(graph) == ["conv"]
    assert "activation" not in graph.nodes[-1].options


def test_an_activation_of_ones_own_is_a_box_with_its_name() -> None:
    conv = keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=1, activation="mine")
    graph = graph_of([conv], *MAP, faithful=False)  # who knows what weights it has
    assert kinds(graph) == ["conv", "op"]
    assert graph.nodes[-1].options["label"] == "mine"


@pytest.mark.parametrize(
    ("kind", "shape", "config"),
    [
        ("Conv2D", VECTOR, {"filters": 2, "kernel_size": 1}),
        ("MaxPooling2D", VECTOR, {"pool_size": 2}),
        ("MaxPooling2D", MAP, {"pool_size": 9}),
        ("Conv2D", MAP, {"filters": 2, "kernel_size": [9, 9]}),
        ("GlobalAveragePooling2D", VECTOR, {}),
        ("ZeroPadding2D", VECTOR, {}),
        ("Reshape", MAP, {"target_shape": [5, 5]}),
        ("Permute", MAP, {"dims": 1}),
        ("CustomScaleLayer", MAP, {}),
    ],
)
def test_what_is_not_understood_is_a_box_and_said(
    kind: str, shape: tuple[int, ...], config: dict[str, Any]
) -> None:
    text = keras_model([keras_input(*shape), keras_layer(kind, "one", "in", **config)], "one")
    graph = read_keras_text(text, "model.json")
    assert [name.partition(" ")[0] for name in graph.unknown] == [kind]
    assert graph.nodes[-1].kind in ("op", "op-merge")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"axis": 1}, "op-merge"),
        ({"axis": -1}, "concat"),
        ({"axis": 3}, "concat"),
    ],
)
def test_concats_are_of_channels(config: dict[str, Any], said: str) -> None:
    layers = [
        keras_layer("Conv2D", "a", "in", filters=4, kernel_size=1),
        keras_layer("Conv2D", "b", "in", filters=4, kernel_size=1),
        keras_layer("Concatenate", "both", "a", "b", **config),
    ]
    text = keras_model([keras_input(*MAP), *layers], "both")
    graph = read_keras_text(text, "model.json")
    assert graph.nodes[-1].kind == said
    assert graph.nodes[-1].inputs == ("a", "b")


def test_the_scaled_sum_of_keras() -> None:
    layers = [
        keras_layer("Conv2D", "a", "in", filters=4, kernel_size=1),
        keras_layer("Conv2D", "b", "a", filters=4, kernel_size=1),
        keras_layer("CustomScaleLayer", "sum", "a", "b", scale=0.17),
    ]
    graph = graph_of(layers, *MAP)
    assert graph.nodes[-1].kind == "scaled-add"
    assert graph.nodes[-1].inputs == ("b", "a")  # what is scaled comes first
    assert graph.nodes[-1].options["value"] == 0.17


@pytest.mark.parametrize(
    ("config", "parameters", "options"),
    [
        ({"key_dim": 2}, 4 * 16 + 16, {"count": 2}),
        ({"key_dim": 3}, 4 * 24 + 18 + 4, {"count": 2, "filters": 6}),
        ({"key_dim": 2, "use_bias": False}, 64, {"count": 2, "bias": False}),
    ],
)
def test_attention(config: dict[str, Any], parameters: int, options: dict[str, Any]) -> None:
    one = keras_layer("MultiHeadAttention", "one", num_heads=2, **config)
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["in", 0, 0]}}
    one["inbound_nodes"] = [{"args": [tensor, tensor], "kwargs": {}}]
    node = graph_of([one], *ROW).nodes[-1]
    assert node.kind == "attention"
    assert (node.options, node.parameters) == (options, parameters)


def test_a_shared_norm_counts_once() -> None:
    norm = keras_layer("BatchNormalization", "norm", "a")
    norm["inbound_nodes"] += keras_layer("", "", "b")["inbound_nodes"]
    layers = [
        keras_layer("Conv2D", "a", "in", filters=4, kernel_size=1),
        keras_layer("Conv2D", "b", "in", filters=4, kernel_size=1),
        norm,
        keras_layer("Add", "sum", call=[("norm", 0), ("norm", 1)]),
    ]
    graph = graph_of(layers, *MAP)
    network = import_layers(graph, "test", "test").network
    assert analyse(network).totals.parameters == 20 + 20 + 16


def test_a_permutation_and_back_is_a_map() -> None:
    layers = [
        keras_layer("Permute", "turn", "in", dims=[3, 1, 2]),
        keras_layer("Permute", "back", "turn", dims=[2, 3, 1]),
        keras_layer("Conv2D", "conv", "back", filters=2, kernel_size=1),
    ]
    graph = graph_of(layers, *MAP)
    assert kinds(graph) == ["conv"]
    assert graph.nodes[-1].shape == (8, 6, 2)


@pytest.mark.parametrize(
    ("kind", "config"),
    [("Conv2D", {"filters": 0, "kernel_size": 1}), ("UpSampling2D", {"size": 0})],
)
def test_sizes_of_nothing_are_a_message(kind: str, config: dict[str, Any]) -> None:
    text = keras_model([keras_input(*MAP), keras_layer(kind, "one", "in", **config)], "one")
    with pytest.raises(
        ArchvizError, match=rf"model\.json: the operator {kind} 'one' makes no sense"
    ):
        read_keras_text(text, "model.json")


class Live:
    """What a live Keras model shows of itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def to_json(self) -> str:
        layers = [keras_input(*MAP), keras_layer("Flatten", "flat", "in"),
                  keras_layer("Dense", "top", "flat", units=3)]  # fmt: skip
        return keras_model(layers, "top")


@pytest.mark.parametrize(
    ("name", "title", "wanted"),
    [("mine", "", "mine"), ("mine", "Yours", "Yours"), ("", "", "Live")],
)
def test_a_live_model_by_the_python_api(name: str, title: str, wanted: str) -> None:
    net = archviz.from_keras(Live(name), title)
    assert net.network.head.title == wanted
    assert net.analysis.totals.parameters == 192 * 3 + 3
    assert net.imported is not None
    assert net.imported.faithful
    assert "3" in net.svg()


def test_a_kept_shape_of_a_keras_tensor_is_no_layer() -> None:
    odd = keras_layer("Mystery", "odd", "in")
    after = keras_layer("Dense", "top", "odd", units=3)
    tensor = after["inbound_nodes"][0]["args"][0]
    tensor["config"]["shape"] = [None, 5]
    text = keras_model([keras_input(*VECTOR), odd, after], "top")
    graph = read_keras_text(text, "model.json")
    assert [node.shape for node in graph.nodes] == [(4,), (5,), (3,)]
    assert graph.nodes[-1].parameters == 18


def test_a_model_that_begins_with_a_model_has_its_input() -> None:
    start = {"class_name": "InputLayer", "config": {"batch_shape": [None, 8], "name": "start"}}
    dense = {"class_name": "Dense", "config": {"name": "a", "units": 5}}
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": [start, dense]}}
    middle = {"class_name": "Sequential", "config": {"name": "middle", "layers": [inner]}}
    last = {"class_name": "Dense", "config": {"name": "b", "units": 2}}
    model = {"class_name": "Sequential", "config": {"name": "outer", "layers": [middle, last]}}
    graph = read_keras_text(json.dumps(model), "model.json")
    assert kinds(graph) == ["dense", "dense"]
    assert [node.shape for node in graph.nodes] == [(8,), (5,), (2,)]
    assert graph.nodes[1].scope == ("middle", "inner")


# class, its configuration -> kind, shape, parameters
RECURRENT = [
    ("LSTM", {"units": 5}, "lstm", (5,), 4 * 5 * (4 + 5 + 1)),
    ("LSTM", {"units": 5, "return_sequences": True}, "lstm", (10, 5), 200),
    ("LSTM", {"units": 5, "use_bias": False}, "lstm", (5,), 180),
    ("GRU", {"units": 5}, "gru", (5,), 3 * 5 * (4 + 5 + 2)),
    ("GRU", {"units": 5, "reset_after": False}, "gru", (5,), 3 * 5 * (4 + 5 + 1)),
    ("SimpleRNN", {"units": 5}, "rnn", (5,), 50),
    ("Bidirectional", {"layer": {"class_name": "GRU", "config": {"units": 5}}}, "gru", (10,), 330),
]  # fmt: skip


@pytest.mark.parametrize("row", RECURRENT, ids=lambda row: f"{row[0]}-{row[3]}-{row[4]}")
def test_recurrent_layers(row: tuple[Any, ...]) -> None:
    name, config, kind, shape, parameters = row
    node = layer_of(name, (10, 4), activation="tanh", **config)
    assert (node.kind, node.shape, node.parameters) == (kind, shape, parameters)


@pytest.mark.parametrize(
    ("config", "label"),
    [({"activation": "relu"}, "LSTM 5, relu"), ({"go_backwards": True}, "LSTM 5, backwards")],
)
def test_recurrent_layers_of_another_kind_are_named_boxes(
    config: dict[str, Any], label: str
) -> None:
    node = layer_of("LSTM", (10, 4), units=5, **config)
    assert (node.kind, node.options["label"], node.parameters) == ("other-recurrent", label, 200)
    assert (node.shape, node.macs) == ((5,), 1800)


@pytest.mark.parametrize(
    ("name", "kind"), [("Average", "mean"), ("Maximum", "maximum"), ("Minimum", "minimum")]
)
def test_merges_by_value(name: str, kind: str) -> None:
    layers = [keras_layer("Dense", one, "in", units=4) for one in ("a", "b")]
    both = keras_layer(name, "both", "a", "b")
    assert kinds(graph_of([*layers, both], 7))[-1] == kind


def test_a_recurrent_layer_behind_a_convolution_of_the_same_sequence() -> None:
    conv = keras_layer("Conv1D", "conv", "in", filters=6, kernel_size=[3])
    cells = keras_layer("LSTM", "cells", "conv", units=5)
    graph = graph_of([conv, cells], 10, 4)
    assert kinds(graph) == ["conv-1d", "lstm"]
    assert (graph.nodes[-1].shape, graph.nodes[-1].macs) == ((5,), 8 * 4 * 5 * (6 + 5))
