"""Shapes that no file states: computed for every standard operator, or unknown."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

from archviz.importers.imported import Imported, import_layers

from models import Builder, TensorProto, helper  # isort: skip


def said(model: Builder, *outputs: str) -> Imported:
    return import_layers(model.layers(*outputs), "m", "m.onnx")


def last(model: Builder, *outputs: str) -> tuple[int, ...]:
    return model.layers(*outputs).nodes[-1].shape


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_no_model_of_a_single_operator_is_wrong() -> None:
    from benchmark_onnx_operators import cases, verdict

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        some = [case for number, case in enumerate(cases()) if number % 8 == 0]
    found = {name: verdict(model, outputs) for name, model, outputs in some}
    assert not {name: one for name, one in found.items() if one.outcome == "wrong"}
    right = sum(one.outcome == "right" for one in found.values())
    assert right >= 0.85 * len(found)


def ints(model: Builder, *values: int) -> str:
    return model.ints(*values)


@pytest.mark.parametrize(
    ("kind", "inputs", "attributes", "shape"),
    [
        ("TopK", [(3,)], {"outputs": 2}, (8, 3)),
        ("CumSum", [(1,)], {}, (8, 16)),
        ("Compress", [(0, 1, 1, 0)], {"axis": 2}, (8, 2)),
        ("Tile", [(1, 2, 3)], {}, (16, 48)),
        ("OneHot", [(5,), (0, 1)], {}, (16, 5, 8)),
        ("GatherElements", [((1, 8, 4),)], {"axis": 2}, (8, 4)),
        ("ArgMax", [], {"axis": 2}, (8, 1)),
        ("ReduceSum", [(2,)], {"keepdims": 0}, (8,)),
        ("ReduceLogSum", [(1,)], {}, (1, 16)),
        ("ReduceMean", [], {"noop_with_empty_axes": 1}, (8, 16)),
        ("Einsum", [], {"equation": "bij->bji"}, (16, 8)),
        ("DFT", [], {"axis": 1}, (8, 2)),
        ("Trilu", [], {}, (8, 16)),
    ],
)
def test_a_shape_is_computed(
    kind: str, inputs: list[Any], attributes: dict[str, Any], shape: tuple[int, ...]
) -> None:
    model = Builder((1, 8, 16))
    names = []
    for values in inputs:
        if isinstance(values[0], tuple):
            dims = values[0]
            size = dims[0] * dims[1] * dims[2]
            names.append(model.constant([0] * size, dims, TensorProto.INT64))
        else:
            names.append(ints(model, *values))
    end = model.op(kind, model.op("Relu", "x"), *names, **attributes)
    found = said(model, end)
    assert last(model, end) == shape
    assert "guesses" not in found.report
    assert found.faithful


@pytest.mark.parametrize("kind", ["NonZero", "Unique", "Frobnicate"])
def test_what_cannot_be_known_is_said_and_so_is_what_follows(kind: str) -> None:
    model = Builder((1, 8, 16))
    value = model.op(kind, model.op("MatMul", "x", model.weight(16, 16)))
    found = said(model, model.op("Concat", value, value, axis=1))
    assert not found.faithful
    assert re.search(rf"guesses: Concat, {kind}", found.report)


def test_a_known_shape_ends_what_is_unknown() -> None:
    model = Builder((1, 8, 16))
    value = model.op("Frobnicate", "x", domain="com.example")
    value = model.op("Reshape", value, ints(model, 1, 4, 32))
    end = model.op("MatMul", value, model.weight(32, 8))
    assert last(model, end) == (4, 8)


@pytest.mark.parametrize(
    ("kind", "more"), [("ReduceSum", "axes"), ("Split", "sizes"), ("Squeeze", "axes")]
)
def test_what_is_given_at_run_time_is_not_taken_for_the_default(kind: str, more: str) -> None:
    model = Builder((2, 8, 1))
    model.inputs.append(helper.make_tensor_value_info(more, TensorProto.INT64, [2]))
    outputs = 2 if kind == "Split" else 1
    end = model.op(kind, "x", more, outputs=outputs)
    assert f"guesses: {kind}" in said(model, end).report


@pytest.mark.parametrize("kind", ["ReduceSum", "ReduceL2", "ReduceMin", "ReduceProd"])
def test_only_means_and_maxima_are_global_poolings(kind: str) -> None:
    model = Builder()
    end = model.op(kind, model.conv("x", 3, 8), ints(model, 2, 3), keepdims=0)
    node = model.layers(end).nodes[-1]
    assert (node.kind, node.shape) == ("op", (8,))


@pytest.mark.parametrize(
    ("kind", "word"), [("ReduceSum", ""), ("ReduceL1", "abs"), ("ReduceSumSquare", "square")]
)
def test_a_reduction_over_no_axes_does_what_it_does_to_each(kind: str, word: str) -> None:
    model = Builder()
    end = model.op(kind, model.conv("x", 3, 8), noop_with_empty_axes=1)
    node = model.layers(end).nodes[-1]
    assert node.shape == (32, 32, 8)
    assert node.options.get("label", "") == word


def test_a_part_of_the_batch_is_no_part_of_a_layer() -> None:
    model = Builder((20, 10, 5))
    end = model.op("Slice", "x", ints(model, 0), ints(model, 3), ints(model, 0))
    assert said(model, end).faithful
    assert last(model, end) == (3, 10, 5)


def test_inputs_of_different_batches_keep_all_sides() -> None:
    model = Builder((3, 4))
    model.inputs.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 5]))
    graph = model.layers(model.op("MatMul", "x", "y"))
    assert [node.shape for node in graph.nodes] == [(3, 4), (4, 5), (3, 5)]


def test_a_model_of_views_alone_has_boxes() -> None:
    model = Builder((1, 8, 16))
    graph = model.layers(model.op("Transpose", "x", perm=[0, 2, 1]))
    assert [node.shape for node in graph.nodes] == [(8, 16), (16, 8)]


def test_a_box_has_its_multiply_adds() -> None:
    model = Builder((1, 8, 16))
    left = model.weight(4, 8)
    end = model.op("MatMul", left, "x")
    node = model.layers(end).nodes[-1]
    assert (node.shape, node.macs) == ((4, 16), 4 * 8 * 16)


def test_multiply_adds_that_nobody_knows_are_said() -> None:
    model = Builder((1, 8, 16))
    value = model.op("Frobnicate", "x", model.weight(16, 16), domain="com.example")
    assert "multiply-adds of such boxes with weights are not counted" in said(model, value).report
    model = Builder((1, 8, 16))
    value = model.op("MatMul", model.weight(4, 8), "x")
    assert "not counted" not in said(model, value).report


def test_attention_of_the_standard_counts_its_scores() -> None:
    model = Builder((1, 8, 32))
    heads = {"q_num_heads": 4, "kv_num_heads": 4}
    node = model.layers(model.op("Attention", "x", "x", "x", **heads)).nodes[-1]
    assert (node.shape, node.macs) == ((8, 32), 2 * 8 * 8 * 32)


def test_a_second_output_that_only_is_used_takes_the_weights() -> None:
    model = Builder((12, 1, 6))
    weights = model.weight(1, 32, 6), model.weight(1, 32, 8)
    model.op("LSTM", "x", *weights, outputs=2, hidden_size=8)
    found = said(model, model.nodes[-1].output[1])
    assert f"{32 * 14} parameters" in found.report
    assert "differs" not in found.report


def test_a_mask_that_a_dropout_gives_is_not_lost() -> None:
    model = Builder((1, 8))
    value = model.op("Dropout", model.op("Relu", "x"), outputs=2)
    graph = model.layers(value, model.nodes[-1].output[1])
    assert len(graph.outputs) == 2


def test_a_constant_cast_like_a_value_stays_one() -> None:
    model = Builder((1, 8, 16))
    scale = model.op("CastLike", model.constant(0.5), "x")
    assert "CastLike" not in said(model, model.op("Mul", "x", scale)).report


def test_what_a_model_makes_up_is_no_weight() -> None:
    model = Builder((1, 8, 16))
    ones = model.op("ConstantOfShape", ints(model, 8, 16))
    found = said(model, model.op("Add", model.op("Relu", "x"), ones))
    assert "0 parameters" in found.report
    assert "differs" not in found.report


def test_parts_without_numbers_are_left_out() -> None:
    model = Builder((1, 8, 16))
    parts = model.op("Split", "x", ints(model, 8, 0), outputs=2, axis=1, gives="part")
    joined = model.op("Concat", model.op("Relu", parts), "part.1", axis=1)
    found = said(model, model.op("Gemm", joined, model.weight(16, 4)))
    assert found.faithful, found.report
    assert "concat" not in found.text.lower()


def test_sizes_that_a_split_takes_apart_are_known() -> None:
    model = Builder((1, 8, 16))
    model.op("Split", ints(model, 1, 4, 32), outputs=3, axis=0, gives="side")
    target = model.op("Concat", *(f"side{end}" for end in ("", ".1", ".2")), axis=0)
    assert last(model, model.op("Reshape", "x", target)) == (4, 32)


def test_whole_numbers_that_are_made_real_are_divided_with_a_rest() -> None:
    model = Builder((1, 3, 8, 8))
    shape = model.op("Shape", "x")
    sides = [model.op("Gather", shape, ints(model, axis), axis=0) for axis in (2, 1)]
    scale = model.op("Div", *[model.op("Cast", one, to=TensorProto.FLOAT) for one in sides])
    ones = model.constant([1.0, 1.0], (2,))
    scales = model.op("Concat", ones, scale, scale, axis=0)
    assert last(model, model.op("Resize", "x", "", scales)) == (21, 21, 3)


def test_whole_numbers_are_no_weights() -> None:
    model = Builder((1, 4))
    found = said(model, model.op("Div", "x", ints(model, 2, 2, 3, 3)))
    assert found.faithful, found.report
    assert "0 parameters" in found.report


def test_a_first_side_that_is_open_is_no_batch_where_all_inputs_are_known() -> None:
    model = Builder((3, 8))
    rows = model.op("Unknown", "x", domain="my.domain", gives="rows")
    model.infos.append(helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["some", 8]))
    assert "guesses: Relu, Unknown" in said(model, model.op("Relu", rows)).report


def test_examples_stay_apart_where_a_side_of_1_is_put_before_them() -> None:
    model = Builder((3, 4))
    value = model.op("MatMul", "x", model.weight(4, 2))
    value = model.op("Tanh", model.op("Add", model.weight(1, 3, 2), value))
    graph = model.layers(model.op("MatMul", value, model.weight(2, 2)))
    assert graph.nodes[-1].macs == 4
    assert 3 not in graph.nodes[-1].shape


def test_a_sum_that_makes_one_value_of_all_examples_is_said() -> None:
    model = Builder((3, 4))
    value = model.op("MatMul", "x", model.weight(4, 2))
    value = model.op("Add", model.weight(5, 3, 2), value)
    found = said(model, model.op("MatMul", value, model.weight(2, 2)))
    assert "of all examples, not of one" in found.report
