"""Rotations by position that exporters compute in advance: no weights, wherever their ends go."""

from __future__ import annotations

from pathlib import Path

import pytest

from archviz.importers.fold.pipeline import fold_graph
from archviz.importers.read.onnx import read_onnx

from models import onnx  # isort: skip
from test_import_exporters import said  # isort: skip

FLOAT, INT = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
WIDTH, ROWS = 8, 6


def constant(name: str, kind: int, dims: list[int], values: list[float]) -> onnx.NodeProto:
    tensor = onnx.helper.make_tensor(name, kind, dims, values)
    return onnx.helper.make_node("Constant", [], [name], value=tensor)


def rotating(path: Path, angles: str = "", straight: bool = False, rows: int = ROWS) -> str:
    """A model that projects rows, rotates them, and gives them out as a cache does.

    ``angles``: its tables are computed in the file; ``straight``: the halves are not exchanged, so
    that nothing is turned.
    """
    node = onnx.helper.make_node
    numbers = [0.1 * (at + 1) for at in range(rows * WIDTH)]
    nodes = [constant(name, FLOAT, [1, rows, WIDTH], numbers) for name in ("c", "s")]
    if angles:
        nodes = [
            constant("f", FLOAT, [1, rows, WIDTH], numbers),
            node("Cos", ["f"], ["c"]),
            node("Sin", ["f"], ["s"]),
        ]
    for name, (low, high) in {"low": (0, WIDTH // 2), "high": (WIDTH // 2, WIDTH)}.items():
        nodes += [constant(f"{name}{at}", INT, [1], [end]) for at, end in enumerate((low, high))]
    nodes += [
        constant("last", INT, [1], [2]),
        node("MatMul", ["x", "w"], ["q"]),
        node("Slice", ["q", "low0", "low1", "last"], ["first"]),
        node("Slice", ["q", "high0", "high1", "last"], ["second"]),
        node("Neg", ["second"], ["n"]),
        node("Concat", ["first", "n"] if straight else ["n", "first"], ["t"], axis=2),
        node("Mul", ["q", "c"], ["a"]),
        node("Mul", ["s", "t"], ["b"]),
        node("Add", ["a", "b"], ["y"]),
    ]
    values = [onnx.helper.make_tensor_value_info(one, FLOAT, [1, rows, WIDTH]) for one in "xy"]
    weight = onnx.helper.make_tensor("w", FLOAT, [WIDTH, WIDTH], [0.5] * WIDTH * WIDTH)
    graph = onnx.helper.make_graph(nodes, "g", values[:1], values[1:], [weight])
    onnx.save(onnx.helper.make_model(graph), path)
    return str(path)


@pytest.mark.parametrize("angles", ["", "computed"])
@pytest.mark.parametrize("rows", [1, ROWS])
def test_tables_of_rotations_are_no_weights(angles: str, rows: int, tmp_path: Path) -> None:
    path = rotating(tmp_path / "m.onnx", angles, rows=rows)
    graph = fold_graph(read_onnx(path), path)
    assert sum(node.parameters for node in graph.nodes) == WIDTH * WIDTH
    assert "faithful" in said(graph).report


def test_tables_of_what_is_no_rotation_count(tmp_path: Path) -> None:
    path = rotating(tmp_path / "m.onnx", straight=True)
    graph = fold_graph(read_onnx(path), path)
    assert sum(node.parameters for node in graph.nodes) == WIDTH * WIDTH + 2 * ROWS * WIDTH
