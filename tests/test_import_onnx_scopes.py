"""Modules of exported PyTorch models: what exporters note of them makes the figure's modules."""

from __future__ import annotations

from typing import Any

import pytest

from archviz.importers.fold.pipeline import fold_graph
from archviz.importers.graphs import Op
from archviz.importers.imported import Imported, import_layers
from archviz.importers.read.onnx import read_onnx_data
from archviz.importers.read.onnx_scopes import alike, with_scopes

from models import Builder, onnx  # isort: skip


def noted(node: Any, scopes: list[str], classes: list[str]) -> None:
    """Note the modules of an operator as the newer exporter does."""
    for key, value in (("name_scopes", scopes), ("class_hierarchy", classes)):
        node.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=str(value))


def gated(model: Builder, value: str, path: str, mark: Any) -> str:
    """A block whose structure alone is no module: two convolutions in a row."""
    for number in (1, 2):
        value = model.conv(value, 8, 8)
        mark(model.nodes[-1], f"{path}.conv{number}", "Conv2d")
        value = model.op("Relu", value)
        mark(model.nodes[-1], path, "")
    return value


def by_notes(node: Any, path: str, kind: str) -> None:
    words = path.split(".")
    scopes = [".".join(words[:depth]) for depth in range(len(words) + 1)]
    classes = ["my.Net", "torch.nn.modules.container.Sequential", "my.blocks.Twice"]
    noted(
        node, [*scopes, "aten"], [*classes[: len(words) + 1], *([kind] if kind else []), "aten.x"]
    )


def by_names(node: Any, path: str, kind: str) -> None:
    words = path.split(".")
    parts = [words[0], f"{words[0]}.{words[1]}", *words[2:]]
    node.name = "/" + "/".join([*parts, node.op_type])


def said(mark: Any) -> Imported:
    model = Builder((1, 8, 16, 16))
    value = "x"
    for block in range(3):
        value = gated(model, value, f"body.{block}", mark)
        value = model.op("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])
        mark(model.nodes[-1], "pool.0", "")
    proto = onnx.load_from_string(model.bytes(value))
    graph = fold_graph(read_onnx_data(proto.SerializeToString(), "m.onnx"), "m.onnx")
    return import_layers(graph, "m", "m.onnx")


def test_classes_that_a_file_notes_are_modules_with_their_names() -> None:
    found = said(by_notes)
    assert found.plain, found.report
    assert "  twice:\n    label: Twice\n" in found.text
    assert "of: [twice, max-pool 2x2]" in found.text


def test_paths_of_the_older_exporter_are_modules_too() -> None:
    found = said(by_names)
    assert found.plain, found.report
    assert "label: Twice" not in found.text
    assert found.text.count("layers:") == 1
    assert ", max-pool 2x2]" in found.text


def test_without_notes_there_are_none() -> None:
    assert "modules:" not in said(lambda node, path, kind: None).text


def op(path: str, kind: str = "Conv") -> Op:
    return Op(kind, "", (), (), path=f"/{path}/{kind}")


def test_modules_of_one_list_are_alike_and_so_are_those_of_the_same_parts() -> None:
    names = ["a/a.0/one", "a/a.0/two", "a/a.1/one", "a/a.1/two", "a/a.1/down", "b/b.0/one",
             "b/b.0/two", "c/x", "c/y"]  # fmt: skip
    found = alike([op(name) for name in names])
    assert "a" not in found
    assert found["a.0"] == found["a.1"] == found["b.0"] != found["c"]
    assert all(name.startswith("~") for name in found.values())


def test_what_an_exporter_has_rewritten_is_in_the_module_of_its_users() -> None:
    ops = [
        Op("Conv", "", ("x",), ("a",), path=("one",)),
        Op("Split", "", ("a",), ("b", "c"), path=()),
        Op("Relu", "", ("b",), ("d",), path=("two", "left")),
        Op("Add", "", ("c", "d"), ("e",), path=("two",)),
        Op("Concat", "", ("e", "a"), ("f",), path=()),
    ]
    paths = [one.path for one in with_scopes(ops, {"b"})]
    assert paths == [("one",), ("two",), ("two", "left"), ("two",), ()]


@pytest.mark.parametrize("classes", ["[]", "nothing", "['a'", "[1, 2]"])
def test_odd_notes_do_no_harm(classes: str) -> None:
    def mark(node: Any, path: str, kind: str) -> None:
        noted(node, ["", *path.split(".")], [])
        node.metadata_props[-1].value = classes

    assert said(mark).plain
