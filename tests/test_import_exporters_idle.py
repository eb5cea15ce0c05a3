"""What exporters compute in advance and merge: numbers that change nothing, windows, rows."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz.importers.fold.pipeline import fold_graph
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.onnx import read_onnx

from models import Builder, kinds, onnx  # isort: skip
from test_import_exporters import attended, labels, said, signed  # isort: skip

FLOAT = onnx.TensorProto.FLOAT


def full(model: Builder, name: str, number: float, *dims: int, odd: float | None = None) -> str:
    """A constant of equal numbers, but perhaps for the last."""
    values = [number] * prod(dims)
    values[-1] = number if odd is None else odd
    raw = onnx.helper.make_tensor(name, FLOAT, list(dims), values)
    data = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(raw), name)
    model.weights.append(data)
    return name


def held_by_an_operator(model: Builder, name: str) -> str:
    """The last constant, as an operator holds it."""
    return model.op("Constant", value=model.weights.pop(), gives=name)


def read(model: Builder, end: str, path: Path) -> LayerGraph:
    path.write_bytes(model.bytes(end))
    return fold_graph(read_onnx(str(path)), str(path))


@pytest.mark.parametrize("rows", [6, 40])
@pytest.mark.parametrize(("odd", "learned"), [(None, 0), (0.5, 1)])
def test_ones_that_rows_are_multiplied_by_are_no_weights(
    rows: int, odd: float | None, learned: int, tmp_path: Path
) -> None:
    model = Builder((1, rows, 8))
    full(model, "ones", 1.0, 1, rows, 1, odd=odd)
    mask = held_by_an_operator(model, "mask")
    value = model.op("Mul", model.op("MatMul", "x", model.weight(8, 8)), mask)
    graph = read(model, model.op("Softmax", value, axis=-1), tmp_path / "m.onnx")
    assert sum(node.parameters for node in graph.nodes) == 64 + learned * rows
    assert sum(graph.held.aside.values()) == (0 if learned else rows)
    assert ("× table" in labels(graph)) == (not learned)
    assert "faithful" in said(graph).report


@pytest.mark.parametrize(("odd", "learned"), [(None, 0), (0.5, 1)])
def test_zeros_that_are_added_to_scores_are_a_mask(
    odd: float | None, learned: int, tmp_path: Path
) -> None:
    model = Builder((1, 16, 32))
    full(model, "zeros", 0.0, 1, 4, 16, 16, odd=odd)
    mask = held_by_an_operator(model, "mask")
    graph = read(model, attended(model, mask), tmp_path / "m.onnx")
    assert kinds(graph) == ["other-attention"]
    assert graph.nodes[1].parameters == 3 * 32 * 32 + learned * 1024
    assert sum(graph.held.aside.values()) == (0 if learned else 1024)


def signed_by(model: Builder, end: str, lines: str, path: Path) -> Any:
    path.write_bytes(signed(model, end, lines))
    return archviz.from_onnx(str(path))


@pytest.mark.parametrize("kind", ["PARAMETER", "", "beside"])
def test_zeros_that_a_signature_names_are_weights(kind: str, tmp_path: Path) -> None:
    """Those that it does not name are no parameters, also where they stand in a second file."""
    model = Builder((1, 16, 32))
    name = full(model, "zeros", 0.0, 1, 4, 16, 16)
    if kind == "beside":
        tensor = model.weights[-1]
        (tmp_path / "m.data").write_bytes(b"\1" * 8 + tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", "m.data"), ("offset", "8"), ("length", "4096")):
            tensor.external_data.add(key=key, value=value)
    end = attended(model, name)
    row = f"p: {kind} target='{name}'" if kind == "PARAMETER" else "p: PARAMETER target='other'"
    net = signed_by(model, end, row, tmp_path / "m.onnx")
    learned = 1024 if kind == "PARAMETER" else 0
    assert net.info()["totals"]["parameters"] == 3 * 32 * 32 + learned
    assert "faithful" in net.imported.report
    if kind == "beside":
        (tmp_path / "m.data").unlink()  # what cannot be looked at counts as it stands there
        net = archviz.from_onnx(str(tmp_path / "m.onnx"))
        assert net.info()["totals"]["parameters"] == 3 * 32 * 32 + 1024


@pytest.mark.parametrize("location", ["../m.data", "/etc/hostname", "", "folder"])
def test_only_files_beside_the_model_are_looked_at(location: str, tmp_path: Path) -> None:
    (tmp_path / "m.data").write_bytes(bytes(4096))
    folder = tmp_path / "inner"
    (folder / "folder").mkdir(parents=True)
    model = Builder((1, 16, 32))
    name = full(model, "zeros", 0.0, 1, 4, 16, 16)
    tensor = model.weights[-1]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "4096")):
        tensor.external_data.add(key=key, value=value)
    row = "p: PARAMETER target='other'"
    net = signed_by(model, attended(model, name), row, folder / "m.onnx")
    assert net.info()["totals"]["parameters"] == 3 * 32 * 32 + 1024


def test_a_filter_is_standardised_by_its_own_statistics(tmp_path: Path) -> None:
    model = Builder((1, 3, 8, 8))
    data = model.op("Reshape", model.weight(4, 3, 3, 3), model.ints(1, 4, 27))
    mean = model.op("ReduceMean", data, axes=[0, 2], keepdims=0)
    centred = model.op("Sub", data, model.op("ReduceMean", data, axes=[0, 2], keepdims=1))
    spread = model.op("ReduceMean", model.op("Mul", centred, centred), axes=[0, 2], keepdims=0)
    shift = full(model, "shift", 0.0, 4)
    made = model.op("BatchNormalization", data, model.weight(4), shift, mean, spread)
    end = model.op("Conv", "x", model.op("Reshape", made, model.ints(4, 3, 3, 3)))
    net = signed_by(model, end, "p: PARAMETER target='other'", tmp_path / "m.onnx")
    assert net.info()["totals"]["parameters"] == 27 * 4 + 4
    assert "faithful" in net.imported.report


# ---- windows, rows, factors ---------------------------------------------------------------------


def test_windows_of_rows_and_rows_of_windows_are_those_of_a_map() -> None:
    """The map's own sides are written nowhere: a reshape before and behind is merged away."""
    model = Builder((1, 96, 32))
    cut = model.op("Reshape", "x", model.ints(1, 2, 4, 3, 4, 32))
    cut = model.op("Transpose", cut, perm=[0, 1, 3, 2, 4, 5])
    cut = model.op("Reshape", cut, model.ints(6, 16, 32))

    def heads(order: list[int]) -> str:
        made = model.op("MatMul", cut, model.weight(32, 32))
        made = model.op("Reshape", made, model.ints(6, 16, 4, 8))
        return model.op("Transpose", made, perm=order)

    scores = model.op("MatMul", heads([0, 2, 1, 3]), heads([0, 2, 3, 1]))
    value = model.op("MatMul", model.op("Softmax", scores, axis=-1), heads([0, 2, 1, 3]))
    value = model.op("Transpose", value, perm=[0, 2, 1, 3])
    value = model.op(
        "MatMul", model.op("Reshape", value, model.ints(6, 16, 32)), model.weight(32, 32)
    )
    value = model.op("Reshape", value, model.ints(1, 2, 3, 4, 4, 32))
    value = model.op("Transpose", value, perm=[0, 1, 3, 2, 4, 5])
    value = model.op("Reshape", value, model.ints(1, 96, 32))
    graph = model.layers(model.op("Add", "x", value))
    assert labels(graph) == ["reshape", "window attention", "reshape", "add"]
    assert [node.shape for node in graph.nodes[1:4]] == [(8, 12, 32), (8, 12, 32), (96, 32)]


@pytest.mark.parametrize("way", ["Expand", "Tile"])
@pytest.mark.parametrize("each", [True, False])
def test_rows_that_are_repeated_one_by_one_are_one_repeat(way: str, each: bool) -> None:
    model = Builder((1, 16, 32))
    rows = model.op("Reshape", model.op("MatMul", "x", model.weight(32, 32)), model.ints(16, 32))
    more = model.op("Unsqueeze", rows, model.ints(1 if each else 0))
    times = (1, 2, 1) if each else (2, 1, 1)
    dims = times if way == "Tile" else (16, 2, 32) if each else (2, 16, 32)
    more = model.op("Reshape", model.op(way, more, model.ints(*dims)), model.ints(32, 32))
    graph = model.layers(model.op("MatMul", more, model.weight(32, 8)))
    assert (labels(graph)[1:] == ["repeat", "dense"]) == each
    assert graph.nodes[-1].shape == (32, 8)


def test_what_is_made_flat_to_get_sides_of_1_is_not_made_flat() -> None:
    model = Builder((1, 8, 6, 6))
    parts = model.op("Reshape", model.conv("x", 8, 8), model.ints(1, 2, 4, 6, 6))
    mean = model.op("GlobalAveragePool", "x")
    gate = model.op("Reshape", model.conv(mean, 8, 8, 1), model.ints(1, 1, 2, 4))
    gate = model.op("Softmax", model.op("Transpose", gate, perm=[0, 2, 1, 3]), axis=1)
    flat = model.op("Reshape", gate, model.ints(1, 8))
    for value in (gate, flat):
        factor = model.op("Reshape", value, model.ints(1, 2, 4, 1, 1))
        graph = model.layers(model.op("Mul", parts, factor))
        assert graph.nodes[-1].kind == "multiply" and graph.nodes[-1].shape == (2, 4, 6, 6)
        assert "flatten" not in kinds(graph)


def test_the_largest_of_a_value_are_no_unknown_box() -> None:
    model = Builder((1, 8))
    count = model.ints(3)
    graph = model.layers(model.op("TopK", "x", count, outputs=2, axis=-1))
    assert labels(graph) == ["top k"] and not graph.unknown and graph.nodes[-1].shape == (3,)


def test_a_text_of_one_word_has_a_row_of_the_table_of_positions() -> None:
    model = Builder((1, 1, 8))
    index = model.constant([3], [1, 1], onnx.TensorProto.INT64)
    row = model.op("Gather", model.weight(20, 8), index)
    value = model.op("Add", model.op("MatMul", "x", model.weight(8, 8)), row)
    graph = model.layers(model.op("Softmax", value, axis=-1))
    assert kinds(graph)[:2] == ["dense", "position"]
    assert sum(node.parameters for node in graph.nodes) == 64 + 160
    assert "faithful" in said(graph).report


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_a_map_that_is_cut_anew_at_once_is_still_a_map(first: bool, whole: bool) -> None:
    """``first``: the map between has its channels first; ``whole``: its sides are written there."""
    model = Builder((1, 8, 8, 12))
    value = model.conv("x", 8, 8)
    if first:
        cut = model.op("Reshape", value, model.ints(1, 8, 2, 4, 3, 4))
        cut = model.op("Transpose", cut, perm=[0, 2, 4, 3, 5, 1])
    else:
        cut = model.op("Transpose", value, perm=[0, 2, 3, 1])
        cut = model.op("Reshape", cut, model.ints(1, 2, 4, 3, 4, 8))
        cut = model.op("Transpose", cut, perm=[0, 1, 3, 2, 4, 5])
    value = model.op("Reshape", cut, model.ints(*((1, 6, 16, 8) if first else (6, 16, 8))))
    value = model.op("MatMul", value, model.weight(8, 8))
    value = model.op("Reshape", value, model.ints(1, 2, 3, 4, 4, 8))
    order = [0, 5, 1, 3, 2, 4] if first else [0, 1, 3, 2, 4, 5]
    value = model.op("Transpose", value, perm=order)
    if whole:
        value = model.op("Reshape", value, model.ints(*((1, 8, 8, 12) if first else (1, 8, 12, 8))))
    parts = (1, 8, 4, 2, 6, 2) if first else (1, 4, 2, 6, 2, 8)
    value = model.op("Reshape", value, model.ints(*parts))
    order = [0, 2, 4, 3, 5, 1] if first else [0, 1, 3, 2, 4, 5]
    value = model.op("Transpose", value, perm=order)
    value = model.op("Reshape", value, model.ints(*((1, 24, 4, 8) if first else (24, 4, 8))))
    graph = model.layers(model.op("MatMul", value, model.weight(8, 8)))
    wanted = ["window partition 4×4", "window reverse 4×4", "window partition 2×2"]
    assert [one for one in labels(graph) if one != "conv"] == wanted
