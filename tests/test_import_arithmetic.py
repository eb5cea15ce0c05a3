"""Arithmetic of operators: merges, biases, gates, scaled sums, norms that are written out."""

from __future__ import annotations

from typing import Any

import pytest

from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import import_layers

from models import Builder, kinds  # isort: skip


def faithful(model: Builder, *ends: str) -> LayerGraph:
    graph = model.layers(*ends)
    assert not graph.unknown
    assert import_layers(graph, "test", "test").faithful
    return graph


def unknown(model: Builder, end: str) -> list[str]:
    return [name.partition(" ")[0] for name in model.layers(end).unknown]


# ---- with a constant ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Mul", "Div", "Pow"])
def test_what_changes_nothing_is_nothing(kind: str) -> None:
    model = Builder()
    value = model.op(kind, model.conv("x", 3, 8), model.constant(1.0))
    assert kinds(faithful(model, model.conv(value, 8, 4))) == ["conv", "conv"]


def test_one_divided_by_a_value_is_not_nothing() -> None:
    model = Builder()
    value = model.op("Div", model.constant(1.0), model.conv("x", 3, 8))
    assert kinds(faithful(model, value)) == ["conv", "op"]


def test_a_bias_that_is_added_is_that_of_the_layer() -> None:
    model = Builder((1, 6))
    value = model.op("MatMul", "x", model.weight(6, 8))
    graph = faithful(model, model.op("Relu", model.op("Add", value, model.weight(8))))
    assert kinds(graph) == ["dense"]
    assert graph.nodes[-1].options == {"filters": 8, "activation": "relu"}
    assert graph.nodes[-1].parameters == 56


def test_the_bias_of_one_unit_is_one_too() -> None:
    model = Builder((1, 6))
    value = model.op("MatMul", "x", model.weight(6, 1))
    graph = faithful(model, model.op("Add", value, model.constant(0.5, [1])))
    assert kinds(graph) == ["dense"]
    assert (graph.nodes[-1].parameters, graph.nodes[-1].options) == (7, {"filters": 1})


def test_a_bias_behind_what_is_used_twice_is_no_bias_of_it() -> None:
    model = Builder((1, 6))
    value = model.op("MatMul", "x", model.weight(6, 8))
    moved = model.op("Add", value, model.weight(8))
    graph = model.layers(model.op("Add", value, moved))
    assert graph.nodes[1].options["bias"] is False
    assert len(graph.nodes) == 4
    assert sum(node.parameters for node in graph.nodes) == 48 + 8


def test_rows_that_are_learned_are_positions() -> None:
    model = Builder((1, 10, 16))
    graph = faithful(model, model.op("Add", "x", model.weight(1, 10, 16)))
    assert kinds(graph) == ["position"]
    assert graph.nodes[-1].parameters == 160


def test_powers_of_weights_are_not_understood() -> None:
    model = Builder()
    value = model.op("Pow", model.conv("x", 3, 8), model.weight(1, 8, 1, 1))
    assert unknown(model, value) == ["Pow"]


# ---- of two values ------------------------------------------------------------------------------


def two(model: Builder) -> tuple[str, str]:
    return model.conv("x", 3, 8), model.conv("x", 3, 8)


@pytest.mark.parametrize(
    ("kind", "factor", "turned", "value"),
    [
        ("Mul", 0.2, False, 0.2),
        ("Mul", 0.2, True, 0.2),
        ("Div", 4.0, False, 0.25),
        ("Mul", 1 / 3, False, 0.333333),
    ],
)
def test_scaled_sums(kind: str, factor: float, turned: bool, value: float) -> None:
    model = Builder()
    one, other = two(model)
    scaled = model.op(kind, one, model.constant(factor))
    end = model.op("Add", *((other, scaled) if turned else (scaled, other)))
    node = faithful(model, end).nodes[-1]
    assert (node.kind, node.options["value"]) == ("scaled-add", pytest.approx(value))
    assert node.inputs == (one, other)


@pytest.mark.parametrize("kind", ["Sub", "Pow"])
def test_other_arithmetic_before_a_sum_is_no_scale(kind: str) -> None:
    model = Builder()
    one, other = two(model)
    end = model.op("Add", model.op(kind, one, model.constant(3.0)), other)
    assert kinds(faithful(model, end)) == ["conv", "conv", "op", "add"]


def test_what_a_number_is_divided_by_is_no_scale() -> None:
    model = Builder()
    one, other = two(model)
    end = model.op("Add", model.op("Div", model.constant(2.0), one), other)
    assert "scaled-add" not in kinds(faithful(model, end))


def test_a_scaled_path_that_is_used_twice_is_a_layer() -> None:
    model = Builder()
    one, other = two(model)
    scaled = model.op("Mul", one, model.constant(0.2))
    end = model.op("Add", model.op("Add", scaled, other), scaled)
    graph = faithful(model, end)
    assert kinds(graph).count("op") == 1
    assert "scaled-add" not in kinds(graph)


def test_a_sum_of_many_is_one_layer() -> None:
    model = Builder()
    values = [model.conv("x", 3, 8) for _ in range(3)]
    graph = faithful(model, model.op("Sum", *values))
    assert kinds(graph) == ["conv"] * 3 + ["add"]
    assert graph.nodes[-1].inputs == tuple(values)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("Sum", "add"), ("Mean", "mean"), ("Max", "maximum"), ("Min", "minimum")],
)
def test_many_values_meet_in_a_merge(kind: str, wanted: str) -> None:
    model = Builder()
    values = [model.conv("x", 3, 8) for _ in range(3)]
    assert kinds(model.layers(model.op(kind, *values)))[-1] == wanted
    model = Builder()
    assert kinds(model.layers(model.op(kind, model.conv("x", 3, 8)))) == ["conv"]


@pytest.mark.parametrize(("kind", "wanted"), [("Sum", "add"), ("Mean", "mean")])
def test_two_values_meet_in_a_merge(kind: str, wanted: str) -> None:
    model = Builder()
    end = model.op(kind, *two(model))
    assert kinds(model.layers(end))[-1] == wanted


def test_a_sum_of_many_with_a_constant_is_not_understood() -> None:
    model = Builder()
    end = model.op("Sum", *two(model), model.weight(1, 8, 32, 32))
    assert unknown(model, end) == ["Sum"]


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [((1, 8, 1, 1), "multiply"), ((1, 1, 32, 32), "multiply"), ((1, 8, 1, 32), "multiply")],
)
def test_gates_of_a_map(shape: tuple[int, ...], wanted: str) -> None:
    model = Builder()
    value, gate = two(model)
    axes = [axis for axis in (1, 2, 3) if shape[axis] == 1]
    gate = model.op("ReduceMax", gate, axes=axes, keepdims=1)
    graph = faithful(model, model.op("Mul", value, gate))
    assert graph.nodes[-1].kind == wanted
    assert graph.nodes[-1].shape == (32, 32, 8)
    assert graph.nodes[-1].inputs == (value, gate)


def test_a_sum_with_a_map_of_another_size_is_no_layer_of_ours() -> None:
    model = Builder()
    value, other = two(model)
    other = model.op("ReduceMax", other, axes=[2, 3], keepdims=1)
    assert "add" not in kinds(model.layers(model.op("Add", value, other)))


# ---- gated linear units -------------------------------------------------------------------------


def halves(model: Builder, first: int, second: int) -> tuple[str, str]:
    value = model.conv("x", 3, 8)
    half = model.op("Split", value, model.ints(first, second), outputs=2, axis=1)
    return half, f"{half}.1"


def test_a_gate_from_the_second_half_is_a_gated_linear_unit() -> None:
    model = Builder()
    one, other = halves(model, 4, 4)
    graph = faithful(model, model.op("Mul", one, model.op("Sigmoid", other)))
    assert [node.options.get("label") for node in graph.nodes[2:]] == ["GLU"]


def test_a_gate_from_the_first_half_is_drawn_as_it_is() -> None:
    model = Builder()
    one, other = halves(model, 4, 4)
    graph = faithful(model, model.op("Mul", other, model.op("Sigmoid", one)))
    assert "GLU" not in [node.options.get("label") for node in graph.nodes]
    assert graph.nodes[-1].kind == "multiply"


def test_a_gate_of_another_function_is_drawn_as_it_is() -> None:
    model = Builder()
    one, other = halves(model, 4, 4)
    graph = faithful(model, model.op("Mul", one, model.op("Tanh", other)))
    assert graph.nodes[-1].kind == "multiply"


# ---- norms that are written out -----------------------------------------------------------------


def centred(model: Builder, value: str) -> str:
    return model.op("Sub", value, model.op("ReduceMean", value, axes=[-1]))


def deviation(model: Builder, value: str, square: str, how: str) -> str:
    squared = (
        model.op("Mul", value, value)
        if square == "Mul"
        else model.op("Pow", value, model.constant(2.0))
    )
    spread = model.op("ReduceMean", squared, axes=[-1])
    root = model.op("Sqrt", model.op("Add", spread, model.constant(1e-5)))
    if how == "Reciprocal":
        return model.op("Mul", value, model.op("Reciprocal", root))
    if how == "over":
        return model.op("Mul", value, model.op("Div", model.constant(1.0), root))
    return model.op("Div", value, root)


@pytest.mark.parametrize("square", ["Mul", "Pow"])
@pytest.mark.parametrize("how", ["Div", "over", "Reciprocal"])
@pytest.mark.parametrize("norm", ["layer-norm", "rms-norm"])
def test_norms_of_rows(square: str, how: str, norm: str) -> None:
    model = Builder((1, 10, 8))
    value = model.op("MatMul", "x", model.weight(8, 8))
    base = centred(model, value) if norm == "layer-norm" else value
    value = model.op("Mul", deviation(model, base, square, how), model.weight(8))
    if norm == "layer-norm":
        value = model.op("Add", value, model.weight(8))
    graph = faithful(model, value)
    assert "op" not in kinds(graph)
    options = [node.options.get("norm", "") for node in graph.nodes]
    assert norm in options or norm in kinds(graph)
    assert sum(node.parameters for node in graph.nodes) == 64 + (16 if norm == "layer-norm" else 8)


def test_a_cube_is_no_norm() -> None:
    model = Builder((1, 10, 8))
    cube = model.op("ReduceMean", model.op("Pow", "x", model.constant(3.0)), axes=[-1])
    root = model.op("Sqrt", model.op("Add", cube, model.constant(1e-5)))
    value = model.op("Mul", model.op("Div", "x", root), model.weight(8))
    assert "rms-norm" not in kinds(model.layers(value))


def test_the_spread_of_another_value_is_no_norm() -> None:
    model = Builder((1, 10, 8))
    other = model.op("MatMul", "x", model.weight(8, 8))
    square = model.op("ReduceMean", model.op("Pow", other, model.constant(2.0)), axes=[-1])
    root = model.op("Sqrt", model.op("Add", square, model.constant(1e-5)))
    value = model.op("Mul", model.op("Div", "x", root), model.weight(8))
    assert "rms-norm" not in kinds(model.layers(value))


# ---- layers of one operator ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "weights", "shape", "parameters", "bias"),
    [
        ({"transB": 1}, [(4, 6), (4,)], (4,), 28, True),
        ({}, [(6, 4), (4,)], (4,), 28, True),
        ({}, [(6, 4)], (4,), 24, False),
    ],
)
def test_dense_layers(
    attributes: dict[str, Any], weights: list[Any], shape: Any, parameters: int, bias: bool
) -> None:
    model = Builder((1, 6))
    end = model.op("Gemm", "x", *(model.weight(*dims) for dims in weights), **attributes)
    node = faithful(model, end).nodes[-1]
    assert (node.kind, node.shape, node.parameters, node.macs) == ("dense", shape, parameters, 24)
    assert node.options.get("bias", True) is bias


@pytest.mark.parametrize(
    ("inputs", "attributes"),
    [
        ([(6, 4)], {"transA": 1}),
        ([(5, 4)], {}),
        ([(6, 4)], {"transB": 1}),
        ([(2, 6, 4)], {}),
    ],
)
def test_products_that_are_no_dense_layer(inputs: list[Any], attributes: dict[str, Any]) -> None:
    model = Builder((1, 6))
    end = model.op("Gemm", "x", *(model.weight(*dims) for dims in inputs), **attributes)
    assert unknown(model, end) == ["Gemm"]


def test_a_dense_layer_at_each_place_of_a_map() -> None:
    model = Builder((1, 8, 6, 3))
    value = model.op("Transpose", "x", perm=[0, 3, 1, 2])
    value = model.op("Transpose", model.conv(value, 3, 5), perm=[0, 2, 3, 1])
    value = model.op("Add", model.op("MatMul", value, model.weight(5, 7)), model.weight(7))
    node = faithful(model, value).nodes[-1]
    assert (node.kind, node.shape, node.parameters) == ("conv", (8, 6, 7), 42)
    assert node.options == {"kernel": (1, 1), "filters": 7}
    assert node.macs == 8 * 6 * 35


@pytest.mark.parametrize(
    ("kind", "weights", "attributes", "norm"),
    [
        ("LayerNormalization", 2, {"axis": -1}, "layer-norm"),
        ("LayerNormalization", 2, {"axis": 2}, "layer-norm"),
        ("LayerNormalization", 1, {"axis": -1}, "layer-norm-unshifted"),
        ("RMSNormalization", 1, {"axis": -1}, "rms-norm"),
        ("SimplifiedLayerNormalization", 1, {"axis": -1}, "rms-norm"),
    ],
)
def test_norms_of_one_operator(
    kind: str, weights: int, attributes: dict[str, Any], norm: str
) -> None:
    model = Builder((1, 10, 8))
    value = model.op("MatMul", "x", model.weight(8, 8))
    end = model.op(kind, value, *(model.weight(8) for _ in range(weights)), **attributes)
    node = faithful(model, end).nodes[-1]
    said = node.options.get("norm") or node.kind
    assert said == norm
    assert node.parameters - (64 if node.kind == "dense" else 0) == weights * 8


@pytest.mark.parametrize(
    ("kind", "sizes", "attributes"),
    [
        ("LayerNormalization", [8, 8], {"axis": 1}),
        ("LayerNormalization", [7, 7], {"axis": -1}),
        ("BatchNormalization", [10] * 3, {}),
        ("BatchNormalization", [9] * 4, {}),
    ],
)
def test_norms_that_do_not_fit(kind: str, sizes: list[int], attributes: dict[str, Any]) -> None:
    model = Builder((1, 10, 8))
    value = model.op("MatMul", "x", model.weight(8, 8))
    end = model.op(kind, value, *(model.weight(size) for size in sizes), **attributes)
    assert unknown(model, end) == [kind]


def test_group_and_instance_norms() -> None:
    for kind, wanted in (
        ("InstanceNormalization", "instance-norm"),
        ("GroupNormalization", "group-norm"),
    ):
        model = Builder()
        more = {"num_groups": 2} if wanted == "group-norm" else {}
        end = model.op(kind, model.conv("x", 3, 8), model.weight(8), model.weight(8), **more)
        node = faithful(model, end).nodes[-1]
        assert (node.options["norm"], node.parameters) == (wanted, 216 + 16)
        model = Builder()
        end = model.op(kind, model.conv("x", 3, 8), model.weight(4), model.weight(4), **more)
        assert unknown(model, end) == [kind]


@pytest.mark.parametrize(("slopes", "known"), [(8, True), (3, False)])
def test_slopes_of_a_channel_each(slopes: int, known: bool) -> None:
    model = Builder()
    end = model.op("PRelu", model.conv("x", 3, 8), model.weight(slopes, 1, 1))
    if not known:
        assert unknown(model, end) == ["PRelu"]
        return
    node = faithful(model, end).nodes[-1]
    assert (node.options["activation"], node.parameters) == ("prelu", 216 + 8)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Relu", "relu"), ("Tanh", "tanh"), ("Sigmoid", "sigmoid"), ("HardSwish", "hard-swish"),
        ("HardSigmoid", "hard-sigmoid"), ("LeakyRelu", "leaky-relu"), ("Elu", "elu"),
        ("Gelu", "gelu"), ("Selu", "selu"), ("Mish", "mish"), ("Softplus", "softplus"),
    ],
)  # fmt: skip
def test_activations_of_one_operator(kind: str, name: str) -> None:
    model = Builder()
    node = faithful(model, model.op(kind, model.conv("x", 3, 8))).nodes[-1]
    assert (node.kind, node.options["activation"]) == ("conv", name)


@pytest.mark.parametrize(
    ("kind", "shape"), [("Mul", (1, 10, 16)), ("Add", (1, 10, 1)), ("Sub", (1, 10, 16))]
)
def test_weights_for_rows_are_positions_only_where_they_are_added(
    kind: str, shape: tuple[int, ...]
) -> None:
    model = Builder((1, 10, 16))
    node = faithful(model, model.op(kind, "x", model.weight(*shape))).nodes[-1]
    words = {"Mul": "multiply", "Add": "add", "Sub": "subtract"}
    assert (node.kind, node.options["label"]) == ("op", words[kind])


def test_positions_are_not_added_to_half_an_expression() -> None:
    model = Builder((1, 10, 16))
    value = model.op("Mul", model.op("MatMul", "x", model.weight(16, 16)), model.constant(2.0))
    graph = model.layers(model.op("Add", value, model.weight(1, 10, 16)))
    assert "position" not in kinds(graph)
