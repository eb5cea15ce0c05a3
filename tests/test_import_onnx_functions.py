"""Functions of an ONNX model's own are opened: modules with their names, weights that count."""

from __future__ import annotations

from typing import Any

import pytest

from archviz.errors import ArchvizError
from archviz.importers.fold.pipeline import fold_graph
from archviz.importers.imported import Imported, import_layers
from archviz.importers.read.onnx import read_onnx_data

from models import Builder, TensorProto, helper, onnx  # isort: skip

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("net", 1)]


def node(kind: str, inputs: str, outputs: str, domain: str = "", **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), outputs.split(), domain=domain, **attributes)


def function(name: str, inputs: str, outputs: str, *nodes: Any, **more: Any) -> Any:
    return helper.make_function("net", name, inputs.split(), outputs.split(), nodes, OPSETS, **more)


def conv(value: str, weight: str, made: str) -> Any:
    return node("Conv", f"{value} {weight}", made, kernel_shape=[3, 3], pads=[1] * 4)


BLOCK = function(
    "ResidualUnit",
    "x one two",
    "y",
    conv("x", "one", "a"),
    node("Relu", "a", "b"),
    conv("b", "two", "c"),
    node("Add", "c x", "d"),
    node("Relu", "d", "y"),
)


def said(model: Builder, ends: list[str], *functions: Any) -> Imported:
    proto = onnx.load_from_string(model.bytes(*ends))
    proto.functions.extend(functions)
    data = proto.SerializeToString()
    return import_layers(fold_graph(read_onnx_data(data, "m.onnx"), "m.onnx"), "m", "m.onnx")


def blocks(model: Builder, times: int) -> str:
    value = model.conv("x", 3, 8)
    for _ in range(times):
        weights = [model.weight(8, 8, 3, 3) for _ in range(2)]
        value = model.op("ResidualUnit", value, *weights, domain="net")
    return value


def test_a_function_is_a_module_with_its_name() -> None:
    model = Builder()
    found = said(model, [blocks(model, 3)], BLOCK)
    assert found.plain, found.report
    assert "residual-unit:\n    label: Residual unit\n    title: ResidualUnit\n" in found.text
    assert "{repeat: 3, of: residual-unit}" in found.text
    assert f"{216 + 6 * 576:,} parameters" in found.report


def test_functions_in_functions_are_modules_in_modules() -> None:
    stage = function(
        "Stage",
        "x a b c d",
        "y",
        node("ResidualUnit", "x a b", "first", "net"),
        node("MaxPool", "first", "small", kernel_shape=[2, 2], strides=[2, 2]),
        node("ResidualUnit", "small c d", "y", "net"),
    )
    model = Builder()
    value = model.conv("x", 3, 8)
    for _ in range(2):
        value = model.op(
            "Stage", value, *[model.weight(8, 8, 3, 3) for _ in range(4)], domain="net"
        )
    found = said(model, [value], stage, BLOCK)
    assert found.plain, found.report
    assert "ResidualUnit" in found.text
    assert f"{216 + 8 * 576:,} parameters" in found.report


def test_weights_in_a_function_are_those_of_all_its_calls() -> None:
    numbers = helper.make_tensor("w", TensorProto.FLOAT, [8, 8, 1, 1], [0.1] * 64)
    inner = function(
        "Mix",
        "x",
        "y",
        node("Constant", "", "w", value=numbers),
        node("Conv", "x w", "y", kernel_shape=[1, 1]),
    )
    model = Builder()
    value = model.conv("x", 3, 8)
    for _ in range(3):
        value = model.op("Relu", model.op("Mix", value, domain="net"))
    found = said(model, [value], inner)
    assert found.plain, found.report
    assert "280 parameters" in found.report
    assert "  - conv 1x1 8\n  - conv 1x1 8 shared\n  - conv 1x1 8 shared\n" in found.text


def test_attributes_of_a_call_and_those_without_a_word() -> None:
    inner = function("Down", "x w", "y", attributes=["pads"], attribute_protos=[
        helper.make_attribute("strides", [2, 2])
    ])  # fmt: skip
    made = node("Conv", "x w", "y", kernel_shape=[3, 3])
    for word, kind in (("strides", onnx.AttributeProto.INTS), ("pads", onnx.AttributeProto.INTS)):
        made.attribute.append(onnx.AttributeProto(name=word, ref_attr_name=word, type=kind))
    inner.node.append(made)
    model = Builder()
    weight = model.weight(8, 3, 3, 3)
    value = model.op("Down", "x", weight, domain="net", pads=[1, 1, 1, 1])
    last = model.op("Down", value, model.weight(8, 8, 3, 3), domain="net", strides=[1, 1])
    found = said(model, [last], inner)
    assert found.plain, found.report
    assert "each: {stride: [2, 1], edge: [1, valid]}" in found.text


def test_optional_inputs_several_outputs_and_outputs_that_are_inputs() -> None:
    inner = function(
        "Two",
        "x w b",
        "y same other",
        node("Conv", "x w b", "y", kernel_shape=[3, 3]),
        node("Relu", "x", "other"),
        node("Identity", "x", "same"),
    )
    passed = function("Pass", "x", "x")
    model = Builder()
    model.op("Two", "x", model.weight(8, 3, 3, 3), outputs=3, domain="net", gives="out")
    end = model.op("Pass", model.conv("out", 8, 4), domain="net")
    found = said(model, [end, model.conv("out.2", 3, 2)], inner, passed)
    assert found.plain, found.report
    assert "no-bias" in found.text
    assert f"{216 + 288 + 54} parameters" in found.report


def test_a_function_that_calls_itself_is_a_box() -> None:
    inner = function("Again", "x", "y", node("Again", "x", "y", "net"))
    model = Builder()
    found = said(model, [model.op("Again", model.conv("x", 3, 8), domain="net")], inner)
    assert "not understood" in found.report
    assert "Again" in found.report


def test_functions_that_double_without_end_are_refused() -> None:
    functions = [
        function(f"F{n}", "x", "y", node(f"F{n + 1}", "x", "a", "net"),
                 node(f"F{n + 1}", "a", "y", "net"))
        for n in range(30)
    ]  # fmt: skip
    functions.append(function("F30", "x", "y", node("Relu", "x", "y")))
    model = Builder()
    with pytest.raises(ArchvizError, match="more than"):
        said(model, [model.op("F0", model.conv("x", 3, 8), domain="net")], *functions)
