"""What fuzzing has found, kind by kind; and a short run of the fuzzer that watches lines."""

from __future__ import annotations

import argparse
import contextlib
import json
from pathlib import Path

import pytest

from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.importers.sizes import shown_input
from tests import programs

from models import Builder, TensorProto, helper, keras_input, keras_layer, keras_model  # isort: skip
from models import onnx  # isort: skip
from damage_files import keras_archive  # isort: skip


def refused(path: Path) -> str:
    """What is said of a file: of itself, and not of a mistake of ours."""
    with pytest.raises(ArchvizError) as caught:
        import_file(str(path))
    assert caught.value.problems[0].mark.file == str(path)
    assert "a mistake of archviz" not in str(caught.value)
    return str(caught.value)


def test_a_body_with_an_attribute_of_the_wrong_type_has_no_known_shape(tmp_path: Path) -> None:
    """Bodies are read when their shapes are asked for, long after the file."""
    model = Builder((1, 8))
    flag = model.op("Greater", model.op("Size", "x"), model.ints(4))
    ends = [helper.make_tensor_value_info("way", TensorProto.FLOAT, None)]
    node = helper.make_node("Softmax", ["x"], ["way"], axis=1)
    ways = [helper.make_graph([node], "way", [], ends) for _ in range(2)]
    value = model.op("If", flag, then_branch=ways[0], else_branch=ways[1])
    whole = onnx.load_from_string(model.bytes(model.op("MatMul", value, model.weight(8, 4))))
    for attribute in whole.graph.node[-2].attribute:
        attribute.g.node[0].attribute[0].s = b"wrong"
        attribute.g.node[0].attribute[0].type = onnx.AttributeProto.STRING
    path = tmp_path / "net.onnx"
    path.write_bytes(whole.SerializeToString())
    found = import_file(str(path))
    assert not found.faithful
    assert "If (of unstated shape)" in found.report


def test_an_input_whose_type_stands_twice(tmp_path: Path) -> None:
    whole = onnx.load_from_string(Builder(("n", 3, 8, 8)).bytes("x"))
    whole.graph.input[0].type.tensor_type.shape.dim.add(dim_param="m")
    again = whole.graph.input[0].SerializeToString()
    whole.graph.input[0].type.tensor_type.shape.dim.pop()
    own = whole.graph.input[0].SerializeToString()
    node = helper.make_node("Relu", ["x"], ["y"]).SerializeToString()
    parts = b"".join(
        bytes([key]) + bytes([len(part)]) + part
        for key, part in ((10, node), (90, own), (90, again), (98, again.replace(b"x", b"y", 1)))
    )
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x3a" + bytes([len(parts)]) + parts)
    with contextlib.suppress(ArchvizError):
        assert import_file(str(path))
    assert shown_input("x", (None, 3), {"x": ("n", "", "")}) == "'x' (?×3)"


def test_more_weights_than_a_real_number_can_count(tmp_path: Path) -> None:
    units = 10**200
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 4]}},
        {"class_name": "Dense", "config": {"name": "d", "units": units, "use_bias": False}},
        {"class_name": "Dense", "config": {"name": "e", "units": units, "use_bias": False}},
    ]
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"class_name": "Sequential", "config": {"layers": layers}}))
    refused(path)


def test_a_wrapped_layer_whose_configuration_is_a_list(tmp_path: Path) -> None:
    layers = [keras_input(8, 8, 3), keras_layer("Conv2D", "conv", "in", filters=4, kernel_size=1)]
    model = json.loads(keras_model(layers, "conv"))
    model["config"]["layers"][1]["config"] = []
    path = tmp_path / "net.keras"
    path.write_bytes(keras_archive(json.dumps(model)))
    refused(path)


@pytest.mark.parametrize("kind", ["\udc80", "\x1b[31m", "a\nb"])
def test_what_a_program_calls_may_be_no_text(tmp_path: Path, kind: str) -> None:
    net = programs.residual(1)
    for node in net.nodes:
        if node["target"].endswith("relu_.default"):
            node["target"] = kind
            node["metadata"]["nn_module_stack"] += kind
    path = net.save(tmp_path / "net.pt2", net.end)
    with contextlib.suppress(ArchvizError):
        assert import_file(str(path)).text
    net.end = "x"
    assert "net.pt2" in refused(net.save(tmp_path / "net.pt2", net.end))


@pytest.mark.parametrize("guided", [False, pytest.param(True, marks=pytest.mark.long)])
def test_damaged_files_of_every_kind(tmp_path: Path, guided: bool) -> None:
    """More are tried by hand."""
    fuzz_guided = pytest.importorskip("fuzz_guided", reason="the limits of Linux")
    options = argparse.Namespace(
        count=40, seed=7, guided=guided, draw=False, corpus=tmp_path / "corpus", keep=None
    )
    assert not fuzz_guided.fuzz(options)
    assert any((tmp_path / "corpus").iterdir()) is guided
