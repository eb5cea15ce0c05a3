"""What an import says of a model: what differs, what is left out, what no model is."""

from __future__ import annotations

from pathlib import Path

import pytest

from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.importers.imported import import_layers
from archviz.importers.sources import read_model

from layer_graphs import Make  # isort: skip
from models import Builder  # isort: skip


def test_an_input_that_nothing_takes_is_said() -> None:
    net = Make("test", (8, 8, 3))
    spare = net.add("input", (), shape=(4, 4, 1))
    net.conv(net.nodes[0].id, 4)
    nodes = [node._replace(shape=node.options.get("shape", (8, 8, 4))) for node in net.nodes]
    found = import_layers(LayerGraph("test", tuple(nodes), (net.last,)), "test", "test")
    assert not found.plain
    assert f"; not drawn, since nothing takes it: {spare}" in found.report
    assert "4x4x1" not in found.text


def test_totals_that_differ_are_said() -> None:
    net = Builder()
    graph = net.layers(net.norm(net.conv("x", 3, 8), 8))
    last = graph.nodes[-1]._replace(parameters=1234, fixed=5, macs=67)
    found = import_layers(graph._replace(nodes=(graph.nodes[0], last)), "test", "test")
    assert not found.faithful
    assert not found.plain
    assert found.report.startswith("test: the spec differs from the model: ")
    for wanted in ("1,234 parameters", "5 parameters that are not trained", "67 multiply-adds"):
        assert f"the model has {wanted}, the spec " in found.report


def test_a_graph_that_is_none_is_a_mistake_of_ours() -> None:
    start = LayerNode("in", "input", (), {"shape": (8, 8, 3)}, (8, 8, 3))
    lost = LayerNode("lost", "relu", ("nowhere",), {}, (8, 8, 3))
    graph = LayerGraph("test", (start, lost), ("lost",))
    with pytest.raises(ArchvizError) as caught:
        import_layers(graph, "test", "model.onnx")
    said = str(caught.value)
    assert said.startswith("model.onnx: cannot be drawn, by a mistake of archviz (KeyError:")
    assert "please report it" in said


def test_shapes_that_do_not_meet_name_the_line_of_the_spec() -> None:
    net = Make("test", (8, 8, 3))
    one = net.conv(net.last, 4)
    two = net.conv(one, 5)
    net.add("add", (one, two))
    with pytest.raises(ArchvizError, match=r"m\.onnx: cannot be drawn: .* in '.+' of its spec"):
        import_layers(net.graph(), "test", "m.onnx")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.h5", "HDF5"),
        ("a.HDF5", "HDF5"),
        ("a.pt", "is a pickle, which only runs as Python code"),
        ("a.pth", r"give it to archviz\.from_torch"),
        ("a.pkl", "is a pickle"),
        ("a.txt", "is no model that can be imported"),
        ("onnx", "give an ONNX file"),
    ],
)
def test_files_of_other_programs(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x80\x04")
    with pytest.raises(ArchvizError, match=said) as caught:
        read_model(str(path))
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("title", "wanted"), [("Mine", "Mine"), ("", "model"), ("a\nb", "a b"), ("x" * 200, "x" * 99)]
)
def test_the_title_of_a_spec(title: str, wanted: str) -> None:
    net = Builder()
    found = import_layers(net.layers(net.conv("x", 3, 8)), title, "f")
    assert found.text.startswith(f"title: {wanted}")
    assert len(found.text.splitlines()[0]) <= len("title: ") + 100


def test_the_title_of_a_file_is_its_name_without_the_suffix(tmp_path: Path) -> None:
    net = Builder()
    path = tmp_path / "small net.v2.onnx"
    path.write_bytes(net.bytes(net.conv("x", 3, 8)))
    assert import_file(str(path)).text.startswith('title: "small net.v2"\n')
