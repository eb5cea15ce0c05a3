"""Operators of ONNX by their names: what each is called, its shape, and what stays unknown."""

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


def said(node: LayerNode) -> str:
    return str(node.options.get("label", node.kind))


# ---- of one value -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("Exp", "exp"),
        ("Neg", "negate"),
        ("Abs", "abs"),
        ("Sqrt", "square root"),
        ("Log", "log"),
        ("Reciprocal", "reciprocal"),
        ("Erf", "erf"),
        ("Sin", "sine"),
        ("Cos", "cosine"),
        ("Sign", "sign"),
        ("Floor", "floor"),
        ("Round", "round"),
        ("Softsign", "softsign"),
        ("MeanVarianceNormalization", "mean-variance norm"),
    ],
)
def test_functions_of_each_value(kind: str, label: str) -> None:
    model = Builder()
    node = last(model, model.op(kind, model.conv("x", 3, 8)))
    assert (node.kind, said(node), node.shape) == ("op", label, (32, 32, 8))


@pytest.mark.parametrize(
    ("kind", "number", "first", "label"),
    [
        ("Pow", 3.0, False, "power of 3"),
        ("Pow", 2.0, True, "2 to the power"),
        ("Min", 5.0, False, "minimum with 5"),
        ("Max", -5.0, False, "maximum with −5"),
        ("Add", 0.25, False, "+ 0.25"),
        ("Sub", 1.0, True, "1 − x"),
        ("Sub", 1.5, False, "− 1.5"),
        ("Mul", 3.0, False, "× 3"),
        ("Div", 1.0, True, "1 ÷ x"),
        ("Div", 255.0, False, "÷ 255"),
        ("Min", float("inf"), False, "minimum with ∞"),
        ("Max", float("-inf"), False, "maximum with −∞"),
    ],
)
def test_arithmetic_with_a_number(kind: str, number: float, first: bool, label: str) -> None:
    model = Builder()
    value, constant = model.conv("x", 3, 8), model.constant(number)
    pair = (constant, value) if first else (value, constant)
    assert said(last(model, model.op(kind, *pair))) == label


@pytest.mark.parametrize(
    ("low", "high", "label"),
    [(0.0, 1e38, "relu"), (-2.0, 1e38, "at least −2"), (-1e38, 3.0, "at most 3")],
)
def test_clips_with_one_bound(low: float, high: float, label: str) -> None:
    model = Builder()
    clip = model.op("Clip", model.conv("x", 3, 8), model.constant(low), model.constant(high))
    node = last(model, clip)
    assert node.options.get("activation", said(node)) == label


@pytest.mark.parametrize(
    ("kind", "axes", "keep", "label", "shape"),
    [
        ("ReduceSum", [1], 1, "sum", (32, 32, 1)),
        ("ReduceSum", [1], 0, "sum", (32, 32)),
        ("ReduceMax", [2], 1, "maximum", (1, 32, 8)),
        ("ReduceMin", [3], 0, "minimum", (32, 8)),
        ("ReduceL2", [1], 1, "L2 norm", (32, 32, 1)),
        ("ReduceL1", [-1], 1, "L1 norm", (32, 1, 8)),
        ("ReduceProd", [1, 2], 0, "product", (32,)),
        ("ReduceLogSumExp", [1, 2, 3], 0, "log-sum-exp", (1,)),
        ("ReduceMean", [2], 1, "mean", (1, 32, 8)),
    ],
)
def test_reductions(kind: str, axes: list[int], keep: int, label: str, shape: Any) -> None:
    model = Builder()
    end = model.op(kind, model.conv("x", 3, 8), axes=axes, keepdims=keep)
    node = last(model, end)
    assert (said(node), node.shape) == (label, shape)


@pytest.mark.parametrize("kind", ["ArgMax", "ArgMin"])
def test_the_place_of_the_largest(kind: str) -> None:
    model = Builder()
    node = last(model, model.op(kind, model.conv("x", 3, 8), axis=1, keepdims=0))
    assert (said(node), node.shape) == (kind.lower(), (32, 32))


@pytest.mark.parametrize(
    ("axis", "label"), [(1, ""), (2, "rows"), (3, "columns"), (-1, "columns"), (-2, "rows")]
)
def test_softmax_over_an_axis(axis: int, label: str) -> None:
    model = Builder()
    node = last(model, model.op("LogSoftmax", model.conv("x", 3, 8), axis=axis))
    if label:
        assert said(node) == f"log softmax over {label}"
    else:
        assert node.options["activation"] == "log-softmax"


def test_softmax_over_a_volume_names_the_number_of_its_axis() -> None:
    model = Builder((1, 3, 4, 6, 5))
    value = model.op("Conv", "x", model.weight(4, 3, 1, 1, 1), kernel_shape=[1, 1, 1])
    assert said(last(model, model.op("Softmax", value, axis=2))) == "softmax over axis 1"


def test_dividing_by_its_length_is_a_normalisation() -> None:
    model = Builder((1, 8))
    value = model.op("Gemm", "x", model.weight(8, 8))
    length = model.op("ReduceL2", value, axes=[1], keepdims=1)
    length = model.op("Clip", length, model.constant(1e-12), model.constant(1e38))
    node = last(model, model.op("Div", value, length))
    assert (said(node), node.shape) == ("L2 normalisation", (8,))
    model = Builder((1, 8))
    value = model.op("Gemm", "x", model.weight(8, 8))
    length = model.op("Exp", model.op("ReduceL2", value, axes=[1], keepdims=1))
    assert said(last(model, model.op("Div", value, length))) == "divide"


@pytest.mark.parametrize(
    ("mode", "label"),
    [("edge", "replication pad"), ("wrap", "circular pad"), ("reflect", "reflection pad")],
)
def test_paddings(mode: str, label: str) -> None:
    model = Builder()
    value = model.op("Pad", "x", model.ints(0, 0, 2, 1, 0, 0, 0, 3), mode=mode)
    node = model.layers(model.conv(value, 3, 8)).nodes[1]
    assert (said(node), node.shape) == (label, (34, 36, 3))


def test_a_padding_of_less_than_nothing_is_a_crop() -> None:
    model = Builder()
    value = model.op("Pad", model.conv("x", 3, 8), model.ints(0, 0, -1, -2, 0, 0, -3, 0))
    node = last(model, value)
    assert (said(node), node.shape) == ("crop", (28, 30, 8))


def test_a_padding_of_channels_is_drawn() -> None:
    model = Builder()
    value = model.op("Pad", model.conv("x", 3, 8), model.ints(0, 4, 0, 0, 0, 4, 0, 0))
    node = last(model, value)
    assert (said(node), node.shape) == ("pad", (32, 32, 16))
    assert "drawn" not in node.options


def test_a_padding_of_nothing_is_nothing() -> None:
    model = Builder()
    value = model.op("Pad", model.conv("x", 3, 8), model.ints(*[0] * 8))
    assert kinds(model.layers(value)) == ["conv"]


def test_noise_has_the_shape_of_what_it_is_like() -> None:
    model = Builder((1, 8))
    value = model.op("Gemm", "x", model.weight(8, 4))
    noise = model.op("RandomNormalLike", value)
    node = model.layers(model.op("Add", value, noise)).nodes[2]
    assert (said(node), node.shape) == ("noise", (4,))


def test_local_response_normalisation() -> None:
    model = Builder()
    node = last(model, model.op("LRN", model.conv("x", 3, 8), size=5))
    assert (node.kind, node.shape) == ("lrn", (32, 32, 8))


@pytest.mark.parametrize(
    ("shape", "kind", "attributes", "more"),
    [
        ((1, 8), "LRN", {"size": 5}, ()),
        ((1, 3, 5, 4), "SpaceToDepth", {"blocksize": 2}, ()),
        ((1, 3, 4, 4), "DepthToSpace", {"blocksize": 2}, ()),
        ((1, 3, 4, 4), "DepthToSpace", {"blocksize": 0}, ()),
        ((1, 8), "DepthToSpace", {"blocksize": 2}, ()),
    ],
)
def test_what_does_not_fit_is_unknown(
    shape: tuple[int, ...], kind: str, attributes: dict[str, Any], more: tuple[str, ...]
) -> None:
    model = Builder(shape)
    graph = model.layers(model.op(kind, "x", *more, **attributes))
    assert [name.partition(" ")[0] for name in graph.unknown] == [kind]


# ---- volumes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "attributes", "options", "shape", "parameters"),
    [
        (8, {}, {}, (6, 8, 10, 8), 27 * 4 * 8),
        (8, {"strides": [2, 2, 2]}, {"stride": (2, 2, 2)}, (3, 4, 5, 8), 27 * 4 * 8),
        (8, {"strides": [1, 2, 2], "auto_pad": "SAME_UPPER"},
         {"stride": (1, 2, 2), "padding": "same"}, (8, 5, 6, 8), 27 * 4 * 8),
        (8, {"pads": [1, 1, 1, 0, 0, 0]}, {"padding": (1, 0, 1, 0, 1, 0)},
         (7, 9, 11, 8), 27 * 4 * 8),
        (8, {"dilations": [2, 2, 2]}, {"dilation": (2, 2, 2)}, (4, 6, 8, 8), 27 * 4 * 8),
        (8, {"group": 2}, {"groups": 2}, (6, 8, 10, 8), 27 * 2 * 8),
    ],
)  # fmt: skip
def test_convolutions_of_volumes(
    filters: int, attributes: dict[str, Any], options: Any, shape: Any, parameters: int
) -> None:
    model = Builder((1, 4, 8, 10, 12))
    weight = model.weight(filters, 4 // attributes.get("group", 1), 3, 3, 3)
    node = last(model, model.op("Conv", "x", weight, kernel_shape=[3, 3, 3], **attributes))
    assert (node.kind, node.shape, node.parameters) == ("conv-3d", shape, parameters)
    plain = {"kernel": (3, 3, 3), "filters": filters, "bias": False}
    assert node.options == {**plain, **options}
    height, width, depth, _ = shape
    assert node.macs == parameters * height * width * depth


@pytest.mark.parametrize(
    ("kind", "attributes", "stride", "shape"),
    [
        ("MaxPool", {"strides": [2, 2, 2]}, 2, (4, 5, 6, 4)),
        ("AveragePool", {}, 1, (7, 9, 11, 4)),
        ("MaxPool", {"strides": [3, 3, 3]}, 3, (3, 3, 4, 4)),
        ("MaxPool", {"strides": [3, 3, 3], "ceil_mode": 1}, 3, (3, 4, 4, 4)),
    ],
)
def test_poolings_of_volumes(
    kind: str, attributes: dict[str, Any], stride: int, shape: Any
) -> None:
    model = Builder((1, 4, 8, 10, 12))
    node = last(model, model.op(kind, "x", kernel_shape=[2, 2, 2], **attributes))
    what = "max-pool-3d" if kind == "MaxPool" else "avg-pool-3d"
    assert (node.kind, node.options["stride"], node.shape) == (what, (stride,) * 3, shape)


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ({"strides": [2, 2, 2]}, (16, 20, 24, 5)),
        ({"strides": [2, 2, 2], "output_padding": [1, 1, 1]}, (17, 21, 25, 5)),
        ({"strides": [2, 2, 2], "pads": [1, 1, 1, 0, 0, 0]}, (15, 19, 23, 5)),
        ({"strides": [2, 2, 2], "output_shape": [17, 20, 25]}, (17, 20, 25, 5)),
        ({"dilations": [2, 2, 2]}, (10, 12, 14, 5)),
    ],
)
def test_transposed_convolutions_of_volumes(attributes: dict[str, Any], shape: Any) -> None:
    model = Builder((1, 4, 8, 10, 12))
    weight = model.weight(4, 5, 2, 2, 2)
    node = last(model, model.op("ConvTranspose", "x", weight, kernel_shape=[2, 2, 2], **attributes))
    assert (node.shape, node.parameters) == (shape, 4 * 5 * 8)
    assert node.macs == 4 * 5 * 8 * 8 * 10 * 12
    if "padding" in node.options:
        assert (node.kind, node.options["kernel"]) == ("conv-transpose-3d", (2, 2, 2))
    else:
        assert said(node) == "conv T 2×2×2"


def test_global_max_pooling_of_a_volume() -> None:
    model = Builder((1, 4, 8, 10, 12))
    value = model.op("Conv", "x", model.weight(4, 4, 1, 1, 1), kernel_shape=[1, 1, 1])
    node = last(model, model.op("Flatten", model.op("GlobalMaxPool", value)))
    assert (node.kind, node.shape) == ("global-max-pool", (4,))


def test_a_volume_with_its_channels_last_is_turned() -> None:
    model = Builder((1, 8, 10, 12, 4))
    value = model.op("Transpose", "x", perm=[0, 4, 1, 2, 3])
    value = model.op("Conv", value, model.weight(2, 4, 1, 1, 1), kernel_shape=[1, 1, 1])
    graph = model.layers(value)
    assert kinds(graph)[-1] == "conv-3d"
    assert graph.nodes[-1].shape == (8, 10, 12, 2)


def test_a_window_larger_than_its_volume_is_no_layer() -> None:
    model = Builder((1, 4, 2, 2, 2))
    graph = model.layers(model.op("MaxPool", "x", kernel_shape=[3, 3, 3]))
    assert [name.partition(" ")[0] for name in graph.unknown] == ["MaxPool"]


# ---- attention ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("bias", "parameters"), [(True, 16 * 48 + 48), (False, 16 * 48)])
def test_the_fused_attention_of_a_runtime(bias: bool, parameters: int) -> None:
    model = Builder((1, 10, 16))
    weights = [model.weight(16, 48), *([model.weight(48)] if bias else [])]
    value = model.op("Attention", "x", *weights, domain="com.microsoft", num_heads=4)
    out = model.op("MatMul", value, model.weight(16, 16))
    out = model.op("Add", out, model.weight(16)) if bias else out
    node = last(model, out)
    assert node.kind == "attention"
    assert node.parameters == parameters + 256 + (16 if bias else 0)
    assert node.options["count"] == 4


def test_attention_written_with_einsum() -> None:
    model = Builder((1, 10, 16))

    def heads() -> str:
        value = model.op("MatMul", "x", model.weight(16, 16))
        value = model.op("Add", value, model.weight(16))
        return model.op("Reshape", value, model.ints(1, 10, 4, 4))

    scores = model.op("Einsum", heads(), heads(), equation="bqhd,bkhd->bhqk")
    weights = model.op("Softmax", scores, axis=-1)
    mixed = model.op("Einsum", weights, heads(), equation="bhqk,bkhd->bqhd")
    graph = model.layers(model.op("Reshape", mixed, model.ints(1, 10, 16)))
    assert "other-attention" in kinds(graph) or "attention" in kinds(graph)
    assert sum(node.parameters for node in graph.nodes) == 3 * (16 * 16 + 16)


@pytest.mark.parametrize("equation", ["bqd,bkd", "...d,...d->...", "bq,bk->qk"])
def test_an_einsum_that_does_not_fit_is_unknown(equation: str) -> None:
    model = Builder((1, 10, 16))
    one = model.op("MatMul", "x", model.weight(16, 16))
    two = model.op("MatMul", "x", model.weight(16, 16))
    graph = model.layers(model.op("Einsum", one, two, equation=equation))
    assert [name.partition(" ")[0] for name in graph.unknown] == ["Einsum"]


def test_a_product_of_two_values_is_named() -> None:
    model = Builder((1, 10, 16))
    one = model.op("MatMul", "x", model.weight(16, 16))
    two = model.op("Transpose", model.op("MatMul", "x", model.weight(16, 16)), perm=[0, 2, 1])
    graph = model.layers(model.op("MatMul", one, two))
    node = graph.nodes[-1]
    assert (node.kind, node.options["label"]) == ("op-merge", "matrix product")
    assert node.shape[-2:] == (10, 10)


# ---- windows and shuffles -----------------------------------------------------------------------


def test_windows_of_a_map_and_back() -> None:
    model = Builder((1, 4, 8, 12))
    value = model.op("Transpose", model.conv("x", 4, 6), perm=[0, 2, 3, 1])
    parts = model.op("Reshape", value, model.ints(1, 2, 4, 3, 4, 6))
    parts = model.op("Transpose", parts, perm=[0, 1, 3, 2, 4, 5])
    windows = model.op("Reshape", parts, model.ints(6, 16, 6))
    windows = model.op("Relu", model.op("MatMul", windows, model.weight(6, 6)))
    back = model.op("Reshape", windows, model.ints(1, 2, 3, 4, 4, 6))
    back = model.op("Transpose", back, perm=[0, 1, 3, 2, 4, 5])
    back = model.op("Reshape", back, model.ints(1, 8, 12, 6))
    graph = model.layers(back)
    labels = [said(node) for node in graph.nodes[1:]]
    assert labels[1] == "window partition 4×4"
    assert labels[-1] == "window reverse 4×4"
    assert graph.nodes[2].shape == (6, 16, 6)
    assert graph.nodes[-1].shape == (8, 12, 6)


def test_a_slice_that_is_no_roll_stays() -> None:
    model = Builder((1, 10, 16))
    value = model.op("MatMul", "x", model.weight(16, 16))
    tail = model.op("Slice", value, model.ints(4), model.ints(99), model.ints(1))
    head = model.op("Slice", value, model.ints(0), model.ints(3), model.ints(1))
    graph = model.layers(model.op("Concat", tail, head, axis=1))
    assert [said(node) for node in graph.nodes[2:]] == [
        "without first 4 rows",
        "rows 0–2",
        "concat",
    ]
    assert not graph.unknown
    assert graph.nodes[-1].shape == (9, 16)


def test_the_states_of_stacked_layers_by_layer() -> None:
    model = Builder((12, 1, 6))
    weights = (model.weight(2, 24, 6), model.weight(2, 24, 8), model.weight(2, 48))
    value = model.op("GRU", "x", *weights, outputs=2, hidden_size=8, direction="bidirectional")
    states = model.op("Reshape", f"{value}.1", model.ints(1, 2, 1, 8))
    index = model.constant(-1, (), TensorProto.INT64)
    layer = model.op("Gather", states, index, axis=0)
    way = model.op("Gather", layer, index, axis=0)
    graph = model.layers(model.op("Gemm", way, model.weight(8, 3)))
    assert kinds(graph)[0] == "gru"
    assert graph.nodes[-1].shape == (3,)
    assert "backward state" in [said(node) for node in graph.nodes]


# ---- what is used elsewhere, too ----------------------------------------------------------------
# An activation that follows belongs to a layer only where nothing else takes what it gives.


def rescaled(model: Builder, value: str) -> str:
    parts = []
    for channel in range(4):
        one = model.op("Gather", value, model.constant(channel, (), TensorProto.INT64), axis=1)
        one = model.op("Unsqueeze", one, model.ints(1))
        parts.append(
            model.op("Add", model.op("Mul", one, model.constant(0.5)), model.constant(2.0))
        )
    return model.op("Concat", *parts, axis=1)


def gated(model: Builder, value: str) -> str:
    half = model.op("Split", value, model.ints(2, 2), outputs=2, axis=1)
    unit = model.op("Mul", half, model.op("Sigmoid", f"{half}.1"))
    return model.op("Concat", unit, unit, axis=1)


def rolled(model: Builder, value: str) -> str:
    tail = model.op("Slice", value, model.ints(3), model.ints(99), model.ints(2))
    head = model.op("Slice", value, model.ints(0), model.ints(3), model.ints(2))
    return model.op("Concat", tail, head, axis=2)


def rescaled_split(model: Builder, value: str) -> str:
    sizes = model.ints(1, 1, 1, 1)
    first = model.op("Split", value, sizes, outputs=4, axis=1)
    parts = [first, *(f"{first}.{number}" for number in (1, 2, 3))]
    parts = [model.op("Mul", part, model.constant(0.5)) for part in parts]
    return model.op("Concat", *parts, axis=1)


def gated_slices(model: Builder, value: str) -> str:
    one, other = (
        model.op("Slice", value, model.ints(start), model.ints(start + 2), model.ints(1))
        for start in (0, 2)
    )
    unit = model.op("Mul", one, model.op("Sigmoid", other))
    return model.op("Concat", unit, unit, axis=1)


def rolled_split(model: Builder, value: str) -> str:
    head = model.op("Split", value, model.ints(3, 5), outputs=2, axis=2)
    return model.op("Concat", f"{head}.1", head, axis=2)


def written_out(model: Builder, value: str) -> str:
    return model.op("Mul", value, model.op("Sigmoid", value))


@pytest.mark.parametrize(
    "build",
    [rescaled, rescaled_split, gated, gated_slices, rolled, rolled_split, written_out],
)
@pytest.mark.parametrize("other", [True, False])
def test_an_activation_is_that_of_a_layer_only_where_it_is_alone(build: Any, other: bool) -> None:
    model = Builder((1, 3, 8, 8))
    value = model.conv("x", 3, 4)
    made = build(model, value)
    end = model.op("Concat", made, model.op("Tanh", value), axis=1) if other else made
    graph = model.layers(end)
    wanted = {
        "r": "cyclic shift −3 of rows" if "rolled" in build.__name__ else "rescale",
        "g": "GLU",
    }
    assert wanted.get(build.__name__[0], "conv") in [said(node) for node in graph.nodes]
    conv = graph.nodes[1]
    assert conv.options.get("activation") == (
        "silu" if build is written_out and not other else None
    )
    assert kinds(graph).count("tanh") == other


def test_an_activation_behind_the_rolled_is_not_before_it() -> None:
    model = Builder((1, 3, 8, 8))
    value = rolled(model, model.conv("x", 3, 4))
    graph = model.layers(model.op("Relu", value))
    assert [said(node) for node in graph.nodes[1:]] == ["conv", "cyclic shift −3 of rows"]
    assert "activation" not in graph.nodes[1].options
    assert graph.nodes[2].options["activation"] == "relu"


def rows_and_columns(model: Builder, value: str, step: int = 2, turned: bool = False) -> str:
    parts = []
    for high in range(step):
        axes = (3, 2) if turned else (2, 3)
        for wide in range(step):
            rows = model.op(
                "Slice",
                value,
                model.ints(high),
                model.ints(99),
                model.ints(axes[0]),
                model.ints(step),
            )
            parts.append(
                model.op(
                    "Slice",
                    rows,
                    model.ints(wide),
                    model.ints(99),
                    model.ints(axes[1]),
                    model.ints(step),
                )
            )
    return model.op("Concat", *parts, axis=1)


@pytest.mark.parametrize(("step", "turned"), [(2, False), (2, True), (4, False)])
def test_blocks_of_a_map_folded_into_channels(step: int, turned: bool) -> None:
    model = Builder((1, 3, 8, 8))
    value = model.conv("x", 3, 4)
    graph = model.layers(rows_and_columns(model, value, step, turned))
    assert [said(node) for node in graph.nodes[1:]] == ["conv", "space to depth"]
    assert graph.nodes[-1].shape == (8 // step, 8 // step, 4 * step**2)


def test_blocks_of_a_map_that_is_used_elsewhere() -> None:
    model = Builder((1, 3, 8, 8))
    value = model.conv("x", 3, 4)
    folded = rows_and_columns(model, value)
    graph = model.layers(folded, model.op("Tanh", value))
    assert "activation" not in graph.nodes[1].options
    assert "tanh" in kinds(graph)


# ---- rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "dims", "kind", "shape"),
    [(0, [], "select", (16,)), (3, [], "select", (16,)), (0, [1], "select", (16,))],
)
def test_one_row_of_a_sequence(index: int, dims: list[int], kind: str, shape: Any) -> None:
    model = Builder((1, 10, 16))
    value = model.op("MatMul", "x", model.weight(16, 16))
    value = model.op("Gather", value, model.constant(index, dims, TensorProto.INT64), axis=1)
    if dims:
        value = model.op("Squeeze", value, model.ints(1))
    node = model.layers(model.op("Relu", value)).nodes[2]
    assert (node.kind, node.shape) == (kind, shape)


def test_several_rows_are_not_understood() -> None:
    model = Builder((1, 10, 16))
    value = model.op("MatMul", "x", model.weight(16, 16))
    end = model.op("Gather", value, model.ints(0, 3), axis=1)
    assert [name.partition(" ")[0] for name in model.layers(end).unknown] == ["Gather"]


def test_words_of_a_table_and_what_is_none() -> None:
    model = Builder((1, 10))
    words = model.op("Cast", "x", to=7)
    node = model.layers(model.op("Gather", model.weight(50, 8), words)).nodes[-1]
    assert (node.kind, node.shape, node.parameters) == ("embedding", (10, 8), 400)
    for table, axis in (((50, 8, 2), 0), ((50, 8), 1)):
        model = Builder((1, 10))
        words = model.op("Cast", "x", to=7)
        graph = model.layers(model.op("Gather", model.weight(*table), words, axis=axis))
        assert [name.partition(" ")[0] for name in graph.unknown] == ["Gather"]


def test_one_channel_of_a_map() -> None:
    for dims, shape in (([], None), ([1], (8, 8, 1))):
        model = Builder((1, 3, 8, 8))
        value = model.conv("x", 3, 4)
        index = model.constant(-1, dims, TensorProto.INT64)
        node = model.layers(model.op("Gather", value, index, axis=1)).nodes[2]
        assert said(node) == "channel 3"
        assert shape is None or node.shape == shape
