"""What the importers call by a name of the field, though no kind of layer says it."""

from __future__ import annotations

from typing import Any

import pytest

from archviz.importers.graphs import LayerNode
from archviz.importers.imported import import_layers

from models import Builder, TensorProto, kinds  # isort: skip


def last(model: Builder, end: str) -> LayerNode:
    graph = model.layers(end)
    assert not graph.unknown
    assert import_layers(graph, "test", "test").faithful
    return graph.nodes[-1]


def label(model: Builder, end: str) -> str:
    return str(last(model, end).options["label"])


def whole(model: Builder, value: int) -> str:
    return model.constant(value, (), TensorProto.INT64)


# ---- volumes ------------------------------------------------------------------------------------


def test_a_network_of_volumes() -> None:
    model = Builder((1, 3, 8, 16, 16))
    value = model.op(
        "Conv",
        "x",
        model.weight(8, 3, 3, 3, 3),
        kernel_shape=[3, 3, 3],
        strides=[1, 2, 2],
        pads=[1] * 6,
    )
    value = model.op("Relu", model.norm(value, 8))
    value = model.op("MaxPool", value, kernel_shape=[2, 2, 2], strides=[2, 2, 2])
    value = model.op(
        "ConvTranspose",
        value,
        model.weight(8, 4, 2, 2, 2),
        model.weight(4),
        kernel_shape=[2, 2, 2],
        strides=[2, 2, 2],
    )
    value = model.op("Flatten", model.op("GlobalAveragePool", value))
    end = model.op("Gemm", value, model.weight(5, 4), model.weight(5), transB=1)
    graph = model.layers(end)
    assert kinds(graph) == [
        "conv-3d",
        "max-pool-3d",
        "conv-transpose-3d",
        "global-avg-pool",
        "dense",
    ]
    assert [node.shape for node in graph.nodes] == [
        (8, 16, 16, 3),
        (8, 8, 8, 8),
        (4, 4, 4, 8),
        (8, 8, 8, 4),
        (4,),
        (5,),
    ]
    first = graph.nodes[1]
    assert first.options == {
        "kernel": (3, 3, 3),
        "stride": (1, 2, 2),
        "padding": (1,) * 6,
        "filters": 8,
        "bias": False,
        "norm": "batch-norm",
        "activation": "relu",
    }
    assert first.macs == 648 * 512
    assert (first.parameters, first.fixed) == (648 + 32, 16)
    assert graph.nodes[3].parameters == 8 * 4 * 8 + 4
    assert import_layers(graph, "test", "test").faithful


def test_a_pool_over_a_whole_volume_is_global() -> None:
    model = Builder((1, 4, 2, 6, 6))
    pool = model.op("AveragePool", "x", kernel_shape=[2, 6, 6])
    assert last(model, pool).kind == "global-avg-pool"
    model = Builder((1, 4, 2, 6, 6))
    value = model.op("Conv", "x", model.weight(4, 4, 1, 1, 1), kernel_shape=[1, 1, 1])
    mean = model.op("ReduceMean", value, axes=[2, 3, 4], keepdims=0)
    assert last(model, mean).kind == "global-avg-pool"


# ---- recurrent layers -------------------------------------------------------------------------


def recurrent(
    model: Builder, value: str, kind: str, depth: int, ways: int = 1, outputs: int = 2
) -> str:
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
    weights = (
        model.weight(ways, gates * 8, depth),
        model.weight(ways, gates * 8, 8),
        model.weight(ways, 2 * gates * 8),
    )
    direction = "bidirectional" if ways == 2 else "forward"
    return model.op(kind, value, *weights, outputs=outputs, hidden_size=8, direction=direction)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_count_what_they_compute(kind: str) -> None:
    model = Builder((12, 1, 6))
    value = model.op("Squeeze", recurrent(model, "x", kind, 6), model.ints(1))
    node = last(model, value)
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
    assert node.kind == kind.lower()
    assert node.options == {"filters": 8, "biases": 2}
    assert node.shape == (12, 8)
    assert node.parameters == gates * 8 * (6 + 8 + 2)
    assert node.macs == 12 * gates * 8 * (6 + 8)


def test_both_directions_are_one_box() -> None:
    model = Builder((12, 1, 6))
    value = recurrent(model, "x", "GRU", 6, 2)
    value = model.op(
        "Reshape", model.op("Transpose", value, perm=[0, 2, 1, 3]), model.ints(12, 1, 16)
    )
    graph = model.layers(model.op("Relu", value))
    assert graph.nodes[1].options == {"filters": 8, "bidirectional": True, "biases": 2}
    node = graph.nodes[-1]
    assert (node.kind, node.shape) == ("relu", (12, 16))


def test_the_last_state_of_the_last_layer() -> None:
    model = Builder((12, 1, 6))
    first = recurrent(model, "x", "LSTM", 6, outputs=3)
    hidden = model.op("Squeeze", first, model.ints(1))
    second = recurrent(model, model.op("Unsqueeze", hidden, model.ints(1)), "LSTM", 8, outputs=3)
    states = model.op("Concat", f"{first}.1", f"{second}.1", axis=0)
    picked = model.op("Gather", states, whole(model, -1), axis=0)
    end = model.op("Gemm", picked, model.weight(2, 8), model.weight(2), transB=1)
    graph = model.layers(end)
    assert kinds(graph) == ["lstm", "lstm", "dense"]
    assert [node.shape for node in graph.nodes[1:]] == [(12, 8), (8,), (2,)]
    assert not graph.unknown


def test_the_states_of_both_directions_side_by_side() -> None:
    model = Builder((12, 1, 6))
    states = f"{recurrent(model, 'x', 'GRU', 6, 2)}.1"
    sides = [model.op("Gather", states, whole(model, way), axis=0) for way in (0, 1)]
    end = model.op("Gemm", model.op("Concat", *sides, axis=1), model.weight(16, 2))
    graph = model.layers(end)
    assert kinds(graph) == ["gru", "dense"]
    assert graph.nodes[1].shape == (16,)


def test_the_other_order_of_the_directions_is_drawn() -> None:
    model = Builder((12, 1, 6))
    states = f"{recurrent(model, 'x', 'GRU', 6, 2)}.1"
    sides = [model.op("Gather", states, whole(model, way), axis=0) for way in (1, 0)]
    graph = model.layers(model.op("Concat", *sides, axis=1))
    assert kinds(graph) == ["gru", "op", "op", "concat"]
    labels = {node.options["label"] for node in graph.nodes[2:4]}
    assert labels == {"forward state", "backward state"}


# ---- shuffles -----------------------------------------------------------------------------------


def regrouped(
    model: Builder, value: str, parts: list[int], order: list[int], end: list[int]
) -> str:
    value = model.op("Reshape", value, model.ints(*parts))
    return model.op("Reshape", model.op("Transpose", value, perm=order), model.ints(*end))


def test_shuffles_written_out() -> None:
    model = Builder((1, 8, 4, 6))
    end = regrouped(model, "x", [1, 2, 4, 4, 6], [0, 2, 1, 3, 4], [1, 8, 4, 6])
    assert (last(model, end).kind, last(model, end).options) == ("channel-shuffle", {"groups": 2})
    model = Builder((1, 8, 4, 6))
    end = regrouped(model, "x", [1, 2, 2, 2, 4, 6], [0, 1, 4, 2, 5, 3], [1, 2, 8, 12])
    node = last(model, end)
    assert (node.kind, node.options["value"], node.shape) == ("pixel-shuffle", 2, (8, 12, 2))
    model = Builder((1, 8, 4, 6))
    end = regrouped(model, "x", [1, 8, 2, 2, 3, 2], [0, 1, 3, 5, 2, 4], [1, 32, 2, 3])
    node = last(model, end)
    assert (node.options["label"], node.shape) == ("space to depth", (2, 3, 32))
    model = Builder((1, 8, 4, 6))
    end = regrouped(model, "x", [1, 8, 2, 2, 3, 2], [0, 2, 4, 3, 5, 1], [1, 6, 32])
    node = last(model, end)
    assert (node.options["label"], node.shape) == ("patches 2×2", (6, 32))


def test_another_transposition_is_no_shuffle() -> None:
    model = Builder((1, 8, 4, 6))
    end = regrouped(model, "x", [1, 2, 4, 4, 6], [0, 2, 1, 4, 3], [1, 8, 4, 6])
    graph = model.layers(end)
    assert "channel-shuffle" not in kinds(graph)


def test_depth_to_space() -> None:
    model = Builder((1, 18, 4, 4))
    node = last(model, model.op("DepthToSpace", "x", blocksize=3))
    assert (node.kind, node.shape) == ("pixel-shuffle", (12, 12, 2))
    model = Builder((1, 2, 4, 4))
    assert label(model, model.op("SpaceToDepth", "x", blocksize=2)) == "space to depth"


def test_every_second_row_and_column() -> None:
    model = Builder((1, 3, 8, 8))
    parts = []
    for high in (0, 1):
        rows = model.op(
            "Slice", "x", model.ints(high), model.ints(99), model.ints(2), model.ints(2)
        )
        parts += [
            model.op("Slice", rows, model.ints(wide), model.ints(99), model.ints(3), model.ints(2))
            for wide in (0, 1)
        ]
    node = last(model, model.op("Concat", *parts, axis=1))
    assert (node.options["label"], node.shape) == ("space to depth", (4, 4, 12))


def test_a_roll_is_a_shift() -> None:
    model = Builder((1, 8, 8, 4))
    value = model.op(
        "Transpose",
        model.conv(model.op("Transpose", "x", perm=[0, 3, 1, 2]), 4, 4),
        perm=[0, 2, 3, 1],
    )
    for axis in (1, 2):
        tail = model.op("Slice", value, model.ints(3), model.ints(99), model.ints(axis))
        head = model.op("Slice", value, model.ints(0), model.ints(3), model.ints(axis))
        value = model.op("Concat", tail, head, axis=axis)
    graph = model.layers(value)
    assert kinds(graph) == ["conv", "op"]
    assert graph.nodes[2].options["label"] == "cyclic shift −3×−3"


def test_images_that_are_rescaled() -> None:
    model = Builder()
    parts = []
    for channel in range(3):
        one = model.op("Gather", "x", whole(model, channel), axis=1)
        one = model.op("Unsqueeze", one, model.ints(1))
        one = model.op("Mul", one, model.constant(0.5))
        parts.append(model.op("Add", one, model.constant(-0.1)))
    value = model.op("Concat", *parts, axis=1)
    graph = model.layers(model.conv(value, 3, 8))
    assert kinds(graph) == ["op", "conv"]
    assert graph.nodes[1].options["label"] == "rescale"


# ---- operators by name --------------------------------------------------------------------------


def clipped(model: Builder, low: float, high: float) -> str:
    return model.op("Clip", model.conv("x", 3, 8), model.constant(low), model.constant(high))


def test_clips() -> None:
    for low, high, wanted in ((0, 20, "clip 0 to 20"), (-1, 1, "clip −1 to 1")):
        model = Builder()
        assert label(model, clipped(model, low, high)) == wanted
    model = Builder()
    assert last(model, clipped(model, 0, 6)).options["activation"] == "relu6"


def test_softmax_by_its_axis() -> None:
    model = Builder()
    assert label(model, model.op("Softmax", model.conv("x", 3, 8), axis=2)) == "softmax over rows"
    model = Builder()
    node = last(model, model.op("LogSoftmax", model.conv("x", 3, 8), axis=1))
    assert node.options["activation"] == "log-softmax"


def test_operators_of_two_keep_their_order() -> None:
    model = Builder((1, 8))
    one = model.op("Gemm", "x", model.weight(8, 8))
    two = model.op("Gemm", "x", model.weight(8, 8))
    for kind, wanted in (("Sub", "subtract"), ("Div", "divide"), ("Max", "maximum")):
        node = last(model, model.op(kind, two, one))
        assert (node.kind, node.options["label"]) == ("op-merge", wanted)
        assert node.inputs == (two, one)


def test_paddings_that_are_not_zeros_are_not_drawn() -> None:
    model = Builder()
    value = model.op("Pad", "x", model.ints(0, 0, 1, 1, 0, 0, 1, 1), mode="reflect")
    graph = model.layers(model.conv(value, 3, 8, pads=[0, 0, 0, 0]))
    assert kinds(graph) == ["op", "conv"]
    assert graph.nodes[1].options == {
        "label": "reflection pad",
        "shape": (34, 34, 3),
        "drawn": False,
    }
    assert graph.nodes[2].shape == (32, 32, 8)


def test_resizing_to_any_size() -> None:
    model = Builder()
    scales = model.constant([1.0, 1.0, 1.5, 1.5], [4])
    node = last(model, model.op("Resize", "x", "", scales, mode="linear"))
    assert (node.options["label"], node.shape) == ("upsample", (48, 48, 3))
    model = Builder()
    node = last(model, model.op("Resize", "x", "", "", model.ints(1, 3, 20, 10)))
    assert (node.options["label"], node.shape) == ("resize", (20, 10, 3))


@pytest.mark.parametrize(("factor", "kind"), [(1024, "upsample"), (1025, "op")])
def test_the_largest_factor_of_an_upsampling(factor: int, kind: str) -> None:
    model = Builder((1, 3, 1, 1))
    scales = model.constant([1.0, 1.0, float(factor), float(factor)], [4])
    assert last(model, model.op("Resize", "x", "", scales)).kind == kind


def test_a_gated_linear_unit() -> None:
    model = Builder()
    value = model.conv("x", 3, 8)
    half = model.op("Split", value, model.ints(4, 4), outputs=2, axis=1)
    node = last(model, model.op("Mul", half, model.op("Sigmoid", f"{half}.1")))
    assert (node.options["label"], node.shape) == ("GLU", (32, 32, 4))


def test_whole_numbers_are_divided_without_a_fraction() -> None:
    model = Builder((1, 10))
    part = model.op("Div", model.constant(11, (), TensorProto.INT64), whole(model, 3))
    end = model.op("Unsqueeze", model.op("Mul", part, whole(model, 2)), model.ints(0))
    value = model.op("Slice", "x", model.ints(0), end, model.ints(1))
    assert model.layers(value).nodes[-1].shape == (6,)


# ---- attention ----------------------------------------------------------------------------------


def projected(model: Builder, value: str, length: int, width: int, heads: int) -> str:
    value = model.op("Add", model.op("MatMul", value, model.weight(16, width)), model.weight(width))
    value = model.op("Reshape", value, model.ints(1, length, heads, width // heads))
    return model.op("Transpose", value, perm=[0, 2, 1, 3])


def attended(
    model: Builder, asked: str, given: str, lengths: tuple[int, int], change: Any = None
) -> str:
    queries = projected(model, asked, lengths[0], 16, 4)
    keys, values = (projected(model, given, lengths[1], 16, 4) for _ in range(2))
    scores = model.op("MatMul", queries, model.op("Transpose", keys, perm=[0, 1, 3, 2]))
    scores = change(scores) if change else scores
    mixed = model.op("MatMul", model.op("Softmax", scores, axis=-1), values)
    mixed = model.op(
        "Reshape", model.op("Transpose", mixed, perm=[0, 2, 1, 3]), model.ints(1, lengths[0], 16)
    )
    return model.op("Add", model.op("MatMul", mixed, model.weight(16, 16)), model.weight(16))


def test_cross_attention_has_two_inputs_in_their_order() -> None:
    model = Builder((1, 10, 16))
    memory = model.op("MatMul", "x", model.weight(16, 16))
    asked = model.op("Slice", "x", model.ints(0), model.ints(4), model.ints(1))
    graph = model.layers(attended(model, asked, memory, (4, 10)))
    node = graph.nodes[-1]
    assert (node.kind, node.options["count"]) == ("attention", 4)
    assert node.inputs == (asked, memory)
    assert node.shape == (4, 16)
    assert node.parameters == 4 * (16 * 16 + 16)
    assert node.macs == (2 * 4 + 2 * 10) * 16 * 16 + 2 * 4 * 10 * 16
    assert not graph.unknown


def test_a_mask_does_not_count_and_a_learned_bias_does() -> None:
    model = Builder((1, 10, 16))
    mask = model.weight(1, 1, 10, 10)
    end = attended(model, "x", "x", (10, 10), lambda scores: model.op("Add", scores, mask))
    assert last(model, end).kind == "attention"
    model = Builder((1, 10, 16))
    flag = model.weight(1, 1, 10, 10, kind=TensorProto.BOOL)
    least = model.constant(-1e9)
    end = attended(model, "x", "x", (10, 10), lambda one: model.op("Where", flag, one, least))
    assert last(model, end).kind == "attention"
    model = Builder((1, 10, 16))
    bias = model.weight(1, 4, 10, 10)
    end = attended(model, "x", "x", (10, 10), lambda scores: model.op("Add", scores, bias))
    node = last(model, end)
    assert (node.kind, node.options["label"]) == ("other-attention", "attention")
    assert node.parameters == 4 * (16 * 16 + 16) + 4 * 10 * 10


def test_rows_of_tables_that_are_added_count_as_the_tables() -> None:
    model = Builder((1, 10))
    value = model.op("Gather", model.weight(100, 16), model.op("Cast", "x", to=7))
    table, places = model.weight(64, 16), model.constant([*range(10)], [1, 10], TensorProto.INT64)
    value = model.op("Add", value, model.op("Gather", table, places))
    kind, zeros = model.weight(2, 16), model.constant([0] * 10, [1, 10], TensorProto.INT64)
    value = model.op("Add", value, model.op("Gather", kind, zeros))
    graph = model.layers(value)
    assert kinds(graph) == ["embedding", "position", "other-embedding"]
    assert graph.nodes[2].options["count"] == 64
    assert graph.nodes[3].options["label"] == "segment embedding"
    assert [node.parameters for node in graph.nodes] == [0, 1600, 64 * 16, 32]


def test_a_root_mean_square_norm_written_out() -> None:
    model = Builder((1, 10, 16))
    square = model.op("ReduceMean", model.op("Pow", "x", model.constant(2.0)), axes=[-1])
    root = model.op("Sqrt", model.op("Add", square, model.constant(1e-6)))
    value = model.op("Mul", "x", model.op("Div", model.constant(1.0), root))
    node = last(model, model.op("Mul", value, model.weight(16)))
    assert (node.kind, node.parameters) == ("rms-norm", 16)


# ---- quantised ------------------------------------------------------------------------------


def test_quantised_convolutions_are_convolutions() -> None:
    model = Builder()
    one, zero = model.constant(0.1), model.constant(0, kind=TensorProto.UINT8)
    value = model.op("QuantizeLinear", "x", one, zero)
    weight = model.weight(8, 3, 3, 3, kind=TensorProto.INT8)
    bias = model.weight(8, kind=TensorProto.INT32)
    value = model.op(
        "QLinearConv",
        value,
        one,
        zero,
        weight,
        one,
        zero,
        one,
        zero,
        bias,
        kernel_shape=[3, 3],
        pads=[1] * 4,
    )
    other = model.op(
        "QLinearAdd", value, one, zero, value, one, zero, one, zero, domain="com.microsoft"
    )
    value = model.op("DequantizeLinear", other, one, zero)
    layers = model.layers(model.op("Relu", value))
    assert kinds(layers) == ["conv", "add"]
    assert layers.nodes[1].parameters == 8 * 3 * 9 + 8
    assert not layers.unknown


def test_weights_behind_a_dequantisation_are_weights() -> None:
    model = Builder()
    one, zero = model.constant(0.1), model.constant(0, kind=TensorProto.INT8)
    stored = model.weight(8, 3, 3, 3, kind=TensorProto.INT8)
    weight = model.op("DequantizeLinear", stored, one, zero)
    value = model.op("Conv", "x", weight, kernel_shape=[3, 3], pads=[1] * 4)
    layers = model.layers(model.op("DequantizeLinear", model.op("QuantizeLinear", value, one), one))
    assert kinds(layers) == ["conv"]
    assert layers.nodes[1].parameters == 8 * 3 * 9
