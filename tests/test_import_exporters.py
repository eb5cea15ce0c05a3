"""What PyTorch's exporters write otherwise than its modules say, and the layers that it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import Imported, import_layers

from models import Builder, kinds, onnx  # isort: skip


def scoped(node: Any, path: str, kinds: list[str]) -> None:
    """Note the modules of an operator as the newer exporter does."""
    words = path.split(".") if path else []
    scopes = [".".join(words[:depth]) for depth in range(len(words) + 1)]
    for key, value in (("name_scopes", [*scopes, "op"]), ("class_hierarchy", [*kinds, "aten.op"])):
        node.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=str(value))


def labels(graph: LayerGraph) -> list[str]:
    return [str(node.options.get("label", node.kind)) for node in graph.nodes[1:]]


def said(graph: LayerGraph) -> Imported:
    return import_layers(graph, "m", "m.onnx")


def heads(model: Builder, value: str, order: list[int], width: int = 32) -> str:
    """A projection of 16 rows, cut into four heads."""
    made = model.op("MatMul", value, model.weight(32, width))
    return model.op("Transpose", model.op("Reshape", made, model.ints(1, 16, 4, -1)), perm=order)


def attended(model: Builder, added: str, unit: bool = False, width: int = 32) -> str:
    """An attention with something added to its scores; queries of unit length leave it in parts."""
    query = heads(model, "x", [0, 2, 1, 3])
    if unit:
        length = model.op("ReduceL2", query, model.ints(-1), keepdims=1)
        query = model.op("Div", query, length)
    scores = model.op("MatMul", query, heads(model, "x", [0, 2, 3, 1]))
    scores = model.op("Softmax", model.op("Add", scores, added), axis=-1)
    value = model.op("MatMul", scores, heads(model, "x", [0, 2, 1, 3], width))
    return model.op(
        "Reshape", model.op("Transpose", value, perm=[0, 2, 1, 3]), model.ints(1, 16, width)
    )


def signed(model: Builder, end: str, lines: str) -> bytes:
    """A file with the note of which tensors of the model are parameters."""
    proto = onnx.load_from_string(model.bytes(end))
    key = "pkg.torch.export.ExportedProgram.graph_signature"
    proto.graph.metadata_props.add(key="other", value="BUFFER target='w1'")
    proto.graph.metadata_props.add(key=key, value=f"\n# inputs\n{lines}\n\n# outputs\ny: X\n")
    data: bytes = proto.SerializeToString()
    return data


@pytest.mark.parametrize(
    ("kind", "parameters", "step"),
    [("PARAMETER", 48, "position"), ("BUFFER", 0, "+ table"), ("CONSTANT_TENSOR", 0, "+ table")],
)
def test_what_a_file_says_is_a_buffer_is_no_weight(
    kind: str, parameters: int, step: str, tmp_path: Path
) -> None:
    model = Builder((1, 6, 8))
    table = model.weight(1, 6, 8)
    end = model.op("Softmax", model.op("Add", "x", table), axis=-1)
    path = tmp_path / "m.onnx"
    path.write_bytes(signed(model, end, f"b_t: {kind} target='{table}' persistent=False"))
    net = archviz.from_onnx(str(path))
    assert net.info()["totals"]["parameters"] == parameters
    assert step in net.imported.text
    assert "faithful" in net.imported.report


def test_moving_statistics_are_buffers_that_count(tmp_path: Path) -> None:
    model = Builder((1, 3, 8, 8))
    end = model.norm(model.conv("x", 3, 8), 8)
    for tensor, word in zip(
        model.weights[1:], ("w", "b", "running_mean", "running_var"), strict=True
    ):
        model.nodes[-1].input[model.weights.index(tensor)] = tensor.name = f"bn.{word}"
    lines = [f"b: BUFFER target='bn.{word}'" for word in ("running_mean", "running_var")]
    path = tmp_path / "m.onnx"
    path.write_bytes(signed(model, end, "\n".join(lines)))
    totals = archviz.from_onnx(str(path)).info()["totals"]
    assert (totals["parameters"], totals["non_trainable"]) == (216 + 32, 16)


def test_a_row_that_stands_elsewhere_too_is_no_shift_of_a_norm() -> None:
    model = Builder((1, 6, 8))
    row = model.weight(1, 1, 8)
    value = model.op("Mul", "x", model.weight(8))
    value = model.op("Concat", row, model.op("Add", value, row), axis=1)
    graph = model.layers(model.op("Softmax", value, axis=-1))
    assert "batch-norm" not in kinds(graph)
    assert sum(node.parameters for node in graph.nodes) - 8 == 16  # the row once
    assert "faithful" in said(graph).report


def test_scores_take_what_was_picked_from_a_table_of_heads() -> None:
    model = Builder((1, 16, 32))
    index = model.constant([0] * 256, [16, 16], onnx.TensorProto.INT64)
    table = model.op("Gather", model.weight(4, 31), index, axis=1)
    graph = model.layers(attended(model, table))
    assert kinds(graph) == ["other-attention"]
    assert graph.nodes[1].parameters == 3 * 32 * 32 + 4 * 31


@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize(("sides", "learned"), [((1, 16), 0), ((4, 16), 4 * 256), ((4, 1), 0)])
def test_what_is_added_to_all_heads_or_queries_alike_is_a_mask(
    sides: tuple[int, int], learned: int, unit: bool
) -> None:
    model = Builder((1, 16, 32))
    graph = model.layers(attended(model, model.weight(1, *sides, 16), unit))
    assert sum(node.parameters for node in graph.nodes) == 3 * 32 * 32 + learned
    assert sum(graph.held.aside.values()) == (0 if learned else 16 * sides[0] * sides[1])
    report = said(graph).report
    assert "faithful" in report and ("not counted as weights" in report) == (not learned)


def test_values_may_be_wider_than_queries() -> None:
    model = Builder((1, 16, 32))
    value = attended(model, model.weight(1, 1, 16, 16), width=128)
    value = model.op("HardSwish", value)
    graph = model.layers(model.op("MatMul", value, model.weight(128, 24)))
    shapes = [node.shape for node in graph.nodes[1:]]
    assert shapes == [(16, 128), (16, 128), (16, 24)]
    assert graph.nodes[-1].kind == "dense" and graph.nodes[-1].macs == 16 * 128 * 24


def test_a_module_that_is_an_attention_in_parts_is_one_box() -> None:
    model = Builder((1, 16, 32))
    value = attended(model, model.weight(1, 4, 16, 16), unit=True)
    for node in model.nodes:
        scoped(node, "blocks.0.attn", ["m.Net", "m.Blocks", "m.Block", "m.Attention"])
    value = model.op("Relu", model.op("MatMul", value, model.weight(32, 32)))
    for node in model.nodes[-2:]:
        scoped(node, "blocks.0.mlp", ["m.Net", "m.Blocks", "m.Block", "m.Mlp"])
    from archviz.importers.attention_parts import with_attention

    plain = model.layers(value)
    graph = with_attention(plain)
    assert len(plain.nodes) > len(graph.nodes) == 3
    assert labels(graph)[0] == "attention" and graph.nodes[1].shape == (16, 32)
    assert graph.nodes[1].parameters == 3 * 32 * 32 + 4 * 256
    assert sum(n.macs for n in graph.nodes) == sum(n.macs for n in plain.nodes)


def test_boxes_of_understood_operators_are_called_by_words() -> None:
    model = Builder((1, 6, 8))
    value = model.op("Concat", model.weight(1, 1, 8), model.weight(1, 1, 8), "x", axis=1)
    graph = model.layers(model.op("Softmax", value, axis=-1))
    assert labels(graph)[0] == "concat" and not graph.unknown
    assert graph.nodes[1].parameters == 16 and graph.nodes[1].shape == (8, 8)


def test_labels_leave_out_what_the_whole_model_is_called() -> None:
    model = Builder((1, 8, 16, 16))
    value = "x"
    for block in range(3):
        inner = model.op("Relu", model.conv(value, 8, 8))
        value = model.op("Add", value, model.conv(inner, 8, 8))
        for node in model.nodes[-4:]:
            scoped(node, f"b{block}", ["m.ConvNeXt", "m.ConvNeXtBlock"])
    graph = model.layers(value)
    assert graph.classes[""] == "ConvNeXt"
    assert "Conv block" in said(graph).text


def test_a_filter_that_is_standardised_counts_once() -> None:
    model = Builder((1, 3, 8, 8))
    copy = model.weight(1, 27, 4)
    mean = model.op("ReduceMean", copy, axes=[0, 1], keepdims=0)
    centred = model.op("Sub", copy, model.op("ReduceMean", copy, axes=[0, 1], keepdims=1))
    square = model.op("Mul", centred, centred)
    spread = model.op("ReduceMean", square, axes=[0, 1], keepdims=0)
    tensor = onnx.helper.make_tensor("zeros", onnx.TensorProto.FLOAT, [4], [0.0] * 4)
    shift = model.op("Constant", value=tensor)
    data = model.op(
        "BatchNormalization", model.weight(1, 4, 27), model.weight(4), shift, mean, spread
    )
    value = model.op("Conv", "x", model.op("Reshape", data, model.ints(4, 3, 3, 3)))
    graph = model.layers(value)
    assert graph.nodes[1].options["norm"] == "weight-norm"
    assert graph.nodes[1].parameters == 27 * 4 + 4
    assert sum(graph.held.aside.values()) == 27 * 4 + 4
    assert "faithful" in said(graph).report


def test_a_gate_of_a_scaled_value_is_an_activation() -> None:
    model = Builder((1, 3, 8, 8))
    value = model.op("Mul", model.conv("x", 3, 4), model.constant(2.0))
    value = model.op("Mul", value, model.op("Sigmoid", value))
    graph = model.layers(model.conv(value, 4, 4))
    assert labels(graph) == ["conv", "× 2", "silu", "conv"]


def test_a_weight_that_two_steps_compute_with_counts_once() -> None:
    model = Builder((1, 6, 8))
    gate = model.op("Sigmoid", model.weight(1, 6, 1))
    other = model.op("Sub", model.constant(1.0), gate)
    sides = [model.op("Mul", "x", other), model.op("Mul", model.op("Relu", "x"), gate)]
    graph = model.layers(model.op("Softmax", model.op("Add", *sides), axis=-1))
    found = said(graph)
    assert "faithful" in found.report and " 6 parameters" in found.report


def test_a_table_that_several_attentions_take_counts_in_the_first() -> None:
    model = Builder((1, 16, 32))
    index = model.constant([0] * 256, [16, 16], onnx.TensorProto.INT64)
    table = model.op("Gather", model.weight(4, 31), index, axis=1)
    first, second = attended(model, table), attended(model, table)
    graph = model.layers(model.op("Add", first, second))
    assert kinds(graph) == ["other-attention", "other-attention", "add"]
    assert [node.parameters for node in graph.nodes[1:3]] == [3 * 32 * 32 + 4 * 31, 3 * 32 * 32]
    assert "faithful" in said(graph).report


def test_a_table_of_heads_is_found_where_values_are_wider() -> None:
    model = Builder((1, 16, 32))
    graph = model.layers(attended(model, model.weight(4, 16, 16), width=128))
    (node,) = graph.nodes[1:]
    assert (node.shape, node.parameters) == ((16, 128), 32 * (32 + 32 + 128) + 4 * 256)
    assert not graph.held.aside
