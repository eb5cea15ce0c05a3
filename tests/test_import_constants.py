"""What a model computes of constants alone, against the reference of the onnx package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from archviz.importers.fold.constant_folding import constant, shape_of
from archviz.importers.fold.state import Fold
from archviz.importers.graphs import Op, Tensor
from archviz.importers.read.onnx import read_onnx_data

from models import TensorProto, helper  # isort: skip
from onnx.reference import ReferenceEvaluator  # isort: skip

LONG, REAL = TensorProto.INT64, TensorProto.FLOAT


def folded(
    kind: str, inputs: Sequence[tuple[list[Any], list[int], int]], **attributes: Any
) -> tuple[Tensor, Any]:
    """What our folding has for an operator, and what the reference computes."""
    tensors = [
        helper.make_tensor(f"k{at}", real, dims, values)
        for at, (values, dims, real) in enumerate(inputs)
    ]
    node = helper.make_node(kind, [tensor.name for tensor in tensors], ["out"], **attributes)
    end = helper.make_tensor_value_info("out", LONG, None)
    graph = helper.make_graph([node], "g", [], [end], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    fold = Fold(read_onnx_data(model.SerializeToString(), "m.onnx"), "m.onnx")
    assert constant(fold, fold.graph.ops[0])
    wanted = ReferenceEvaluator(model).run(None, {})[0]
    return fold.constants["out"], wanted


def ints(*values: int, dims: list[int] | None = None) -> tuple[list[int], list[int], int]:
    return list(values), [len(values)] if dims is None else dims, LONG


def reals(*values: float, dims: list[int] | None = None) -> tuple[list[float], list[int], int]:
    return list(values), [len(values)] if dims is None else dims, REAL


CASES: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("Add", [ints(3, 4), ints(5, 6)], {}),
    ("Sub", [ints(3, 4), ints(5)], {}),
    ("Mul", [ints(3), ints(5, 6, 7)], {}),
    ("Div", [ints(7, 9), ints(2)], {}),
    ("Div", [reals(7, 9), reals(2)], {}),
    ("Mul", [ints(1, 2, 3, dims=[3, 1]), ints(4, 5, 6, dims=[1, 3])], {}),
    ("Sub", [ints(1, 2, dims=[2, 1, 1]), ints(4, 5, 6)], {}),
    ("Add", [ints(*range(6), dims=[1, 2, 3]), ints(7, 8, dims=[2, 1])], {}),
    ("Expand", [ints(1, 2, 3, dims=[3, 1]), ints(2, 1, 4)], {}),
    ("Min", [ints(7, 1), ints(3, 4)], {}),
    ("Max", [ints(7, 1), ints(3, 4)], {}),
    ("Mod", [ints(7, 8), ints(3)], {}),
    ("Equal", [ints(1, 2), ints(1, 3)], {}),
    ("Greater", [ints(1, 4, 3), ints(3)], {}),
    ("Less", [ints(1, 4, 3), ints(3)], {}),
    ("Neg", [ints(1, -4)], {}),
    ("Floor", [reals(1.5, -1.5)], {}),
    ("Ceil", [reals(1.5, -1.5)], {}),
    ("Sqrt", [reals(4, 9)], {}),
    ("Cast", [ints(1, -4)], {"to": REAL}),
    ("Identity", [ints(1, -4)], {}),
    ("Gather", [ints(5, 6, 7), ints(2, 0)], {"axis": 0}),
    ("Gather", [ints(5, 6, 7), ints(1, dims=[])], {}),
    ("Concat", [ints(5, 6), ints(7), ints(8, 9)], {"axis": 0}),
    ("Concat", [ints(5, 6, dims=[1, 2]), ints(7, 8, dims=[1, 2])], {"axis": 0}),
    ("Reshape", [ints(1, 2, 3, 4), ints(2, 2)], {}),
    ("Reshape", [ints(1, 2, 3, 4, 5, 6), ints(-1, 2)], {}),
    ("Unsqueeze", [ints(1, 2), ints(0)], {}),
    ("Squeeze", [ints(1, 2, dims=[1, 2]), ints(0)], {}),
    ("Flatten", [ints(1, 2, 3, 4, dims=[2, 2])], {"axis": 1}),
    ("Transpose", [ints(1, 2, 3, 4, 5, 6, dims=[2, 3])], {"perm": [1, 0]}),
    ("Transpose", [ints(1, 2, 3, 4, 5, 6, dims=[2, 3])], {}),
    ("Transpose", [ints(*range(12), dims=[2, 2, 3])], {"perm": [2, 0, 1]}),
    ("Slice", [ints(5, 6, 7, 8), ints(1), ints(3), ints(0)], {}),
    ("Slice", [ints(5, 6, 7, 8), ints(0), ints(9), ints(0), ints(2)], {}),
    ("Slice", [ints(5, 6, 7, 8), ints(-1), ints(-9), ints(0), ints(-1)], {}),
    ("Slice", [ints(*range(12), dims=[3, 4]), ints(1, 1), ints(3, 4), ints(0, 1), ints(1, 2)], {}),
    ("Expand", [ints(3, dims=[]), ints(2, 2)], {}),
    ("Where", [([1, 0], [2], TensorProto.BOOL), ints(5, 6), ints(7, 8)], {}),
    ("Where", [([1, 0], [2], TensorProto.BOOL), ints(5, 6), ints(7)], {}),
    ("Range", [ints(1, dims=[]), ints(9, dims=[]), ints(3, dims=[])], {}),
    ("ConstantOfShape", [ints(2, 3)], {"value": helper.make_tensor("v", LONG, [1], [7])}),
    ("ConstantOfShape", [ints(3)], {}),
    ("ReduceProd", [ints(2, 3, 4)], {}),
]


@pytest.mark.parametrize(
    ("kind", "inputs", "attributes"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_constants_come_to_what_the_reference_says(
    kind: str, inputs: list[Any], attributes: dict[str, Any]
) -> None:
    found, wanted = folded(kind, inputs, **attributes)
    assert found.values == tuple(wanted.flatten().tolist())
    assert found.shape == wanted.shape


@pytest.mark.parametrize(
    ("kind", "inputs", "attributes"),
    [
        ("Add", [reals(*range(80), dims=[4, 20]), reals(*range(20))], {}),
        ("Mul", [reals(*range(80), dims=[4, 20]), reals(1, 2, 3, 4, dims=[4, 1])], {}),
        ("ReduceSum", [reals(*range(80), dims=[4, 20]), ints(1)], {"keepdims": 1}),
        ("ReduceL2", [reals(*range(80), dims=[4, 20])], {"axes": [0], "keepdims": 1}),
        ("Gather", [reals(*range(80), dims=[4, 20]), ints(0, 2)], {"axis": 0}),
        ("Gather", [reals(*range(80), dims=[4, 20]), ints(0, 2, 3)], {"axis": 1}),
        ("Slice", [reals(*range(80), dims=[4, 20]), ints(3), ints(9), ints(1)], {}),
        ("Transpose", [reals(*range(80), dims=[4, 20])], {"perm": [1, 0]}),
        ("Concat", [reals(*range(80), dims=[4, 20]), reals(*range(20), dims=[1, 20])],
         {"axis": 0}),
        ("Reshape", [reals(*range(80), dims=[4, 20]), ints(2, 40)], {}),
        ("Range", [ints(0, dims=[]), ints(90, dims=[]), ints(1, dims=[])], {}),
        ("ConstantOfShape", [ints(9, 9)], {}),
    ],
)  # fmt: skip
def test_of_many_numbers_only_the_shape_is_known(
    kind: str, inputs: list[Any], attributes: dict[str, Any]
) -> None:
    found, wanted = folded(kind, inputs, **attributes)
    assert found.values is None
    if kind != "Range":
        assert found.shape == wanted.shape


@pytest.mark.parametrize(
    ("kind", "attributes", "shape", "values"),
    [
        ("Shape", {}, (3,), (2, 5, 7)),
        ("Shape", {"start": 1}, (2,), (5, 7)),
        ("Shape", {"end": 1}, (1,), (2,)),
        ("Shape", {"start": -2, "end": -1}, (1,), (5,)),
        ("Size", {}, (), (70,)),
    ],
)
def test_the_shape_of_a_weight(
    kind: str, attributes: dict[str, Any], shape: tuple[int, ...], values: tuple[int, ...]
) -> None:
    weight = helper.make_tensor("w", REAL, [2, 5, 7], [0.0] * 70)
    node = helper.make_node(kind, ["w"], ["out"], **attributes)
    end = helper.make_tensor_value_info("out", LONG, None)
    graph = helper.make_graph([node], "g", [], [end], [weight])
    data = helper.make_model(graph).SerializeToString()
    fold = Fold(read_onnx_data(data, "m.onnx"), "m.onnx")
    assert shape_of(fold, fold.graph.ops[0])
    assert fold.constants["out"] == Tensor(shape, values, floating=False, weight=False)


def test_dividing_by_nothing_is_no_crash() -> None:
    fold = Fold(
        read_onnx_data(
            helper.make_model(
                helper.make_graph(
                    [helper.make_node("Div", ["a", "b"], ["out"])],
                    "g",
                    [],
                    [helper.make_tensor_value_info("out", LONG, None)],
                    [
                        helper.make_tensor("a", LONG, [1], [4]),
                        helper.make_tensor("b", LONG, [1], [0]),
                    ],
                )
            ).SerializeToString(),
            "m.onnx",
        ),
        "m.onnx",
    )
    assert constant(fold, fold.graph.ops[0])
    assert fold.constants["out"].values == (0,)
    assert not constant(fold, Op("If", "", ("a",), ("c",)))
