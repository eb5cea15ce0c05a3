from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from archviz.errors import ArchvizError
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.keras import read_keras_text
from archviz.importers.read.keras_live import layers_of_keras
from archviz.importers.sources import is_model_file, read_model

from model_seeds import CONV, of_keras_2  # isort: skip
from models import keras_input, keras_layer, keras_model, kinds  # isort: skip


def read(text: str) -> LayerGraph:
    return read_keras_text(text, "model.json")


def message(text: str) -> str:
    with pytest.raises(ArchvizError) as caught:
        read(text)
    return str(caught.value)


def small() -> str:
    layers = [
        keras_input(32, 32, 3),
        keras_layer("Conv2D", "conv", "in", use_bias=False, **CONV),
        keras_layer("BatchNormalization", "bn", "conv", axis=3, scale=False),
        keras_layer("Activation", "act", "bn", activation="relu"),
        keras_layer("SeparableConv2D", "sep", "act", use_bias=False, **CONV),
        keras_layer("Add", "sum", "sep", "act"),
        keras_layer("GlobalAveragePooling2D", "pool", "sum"),
        keras_layer("Dropout", "drop", "pool", rate=0.5),
        keras_layer("Dense", "top", "drop", units=10, activation="softmax"),
    ]
    return keras_model(layers, "top")


def test_a_functional_model() -> None:
    graph = read(small())
    assert kinds(graph) == ["conv", "sep-conv", "add", "global-avg-pool", "dense"]
    conv, sep, dense = graph.nodes[1], graph.nodes[2], graph.nodes[5]
    assert conv.options == {
        "kernel": (3, 3),
        "padding": "same",
        "filters": 8,
        "bias": False,
        "norm": "batch-norm-unscaled",
        "activation": "relu",
    }
    assert (conv.parameters, conv.fixed) == (27 * 8 + 24, 16)
    assert sep.parameters == 72 + 64
    assert sep.macs == (72 + 64) * 1024
    assert dense.options == {"filters": 10, "activation": "softmax"}
    assert graph.nodes[3].inputs == ("sep", "conv")
    assert graph.outputs == ("top",)


def test_keras_2() -> None:
    graph = read(of_keras_2())
    assert kinds(graph) == ["conv", "max-pool", "conv", "concat", "flatten"]
    assert graph.nodes[-1].shape == (16 * 16 * 16,)
    assert graph.nodes[4].inputs == ("pool", "other")


def test_sequential_models_of_both_versions() -> None:
    layers = [
        {
            "class_name": "Conv2D",
            "config": {
                "name": "a",
                "batch_input_shape": [None, 8, 8, 3],
                **CONV,
                "activation": "relu",
            },
        },
        {"class_name": "Flatten", "config": {"name": "b"}},
        {"class_name": "Dense", "config": {"name": "c", "units": 4, "activation": "linear"}},
    ]
    old = read(json.dumps({"class_name": "Sequential", "config": layers}))
    start = {"class_name": "InputLayer", "config": {"batch_shape": [None, 8, 8, 3]}}
    config = {"name": "s", "layers": [start, *layers]}
    new = read(json.dumps({"class_name": "Sequential", "config": config}))
    for graph in (old, new):
        assert kinds(graph) == ["conv", "flatten", "dense"]
        assert graph.nodes[-1].parameters == (512 + 1) * 4


def test_a_model_inside_a_model_is_written_out() -> None:
    inner = [
        keras_input(8, 8, 3, name="start"),
        keras_layer("Conv2D", "conv", "start", **CONV),
        keras_layer("ReLU", "relu", "conv"),
    ]
    nested = keras_layer("Functional", "body", call=[("in", 0)])
    nested["config"] = {
        "name": "body",
        "layers": inner,
        "input_layers": [["start", 0, 0]],
        "output_layers": [["relu", 0, 0]],
    }
    layers = [
        keras_input(8, 8, 3),
        nested,
        keras_layer("GlobalMaxPooling2D", "pool", "body"),
    ]
    graph = read(keras_model(layers, "pool"))
    assert kinds(graph) == ["conv", "global-max-pool"]
    assert graph.nodes[1].scope == ("body",)
    assert graph.nodes[1].options["activation"] == "relu"


def test_a_shared_layer_counts_once() -> None:
    conv = keras_layer("Conv2D", "conv", "in", filters=3, kernel_size=[1, 1])
    again = keras_layer("Conv2D", "conv", "conv")["inbound_nodes"]
    conv["inbound_nodes"] += again
    layers = [keras_input(8, 8, 3), conv, keras_layer("Flatten", "flat", call=[("conv", 1)])]
    graph = read(keras_model(layers, "flat"))
    assert kinds(graph) == ["conv", "conv", "flatten"]
    assert "shared" not in graph.nodes[1].options
    assert graph.nodes[2].options["shared"] is True
    assert graph.nodes[2].inputs == (graph.nodes[1].id,)


def test_attention_embedding_and_positions() -> None:
    layers = [
        keras_input(12),
        keras_layer("Embedding", "words", "in", input_dim=100, output_dim=16),
        keras_layer("LayerNormalization", "ln", "words", axis=[-1]),
        keras_layer("MultiHeadAttention", "mha", "ln", "ln", num_heads=4, key_dim=8),
        keras_layer("Add", "sum", "mha", "words"),
        keras_layer("Dense", "mlp", "sum", units=32, activation="gelu"),
        keras_layer("GlobalAveragePooling1D", "pool", "mlp"),
    ]
    graph = read(keras_model(layers, "pool"))
    assert kinds(graph) == [
        "embedding",
        "layer-norm",
        "attention",
        "add",
        "dense",
        "global-avg-pool",
    ]
    assert graph.nodes[3].options == {"count": 4, "filters": 32}
    assert graph.nodes[3].parameters == 4 * 16 * 32 + 3 * 32 + 16
    assert graph.nodes[5].shape == (12, 32)


def test_squeeze_and_excitation_with_a_reshape() -> None:
    layers = [
        keras_input(8, 8, 16),
        keras_layer("GlobalAveragePooling2D", "pool", "in"),
        keras_layer("Reshape", "wide", "pool", target_shape=[1, 1, 16]),
        keras_layer("Conv2D", "gate", "wide", filters=16, kernel_size=[1, 1], activation="sigmoid"),
        keras_layer("Multiply", "mul", "in", "gate"),
    ]
    graph = read(keras_model(layers, "mul"))
    assert kinds(graph) == ["global-avg-pool", "reshape", "conv", "multiply"]
    assert graph.nodes[-1].shape == (8, 8, 16)


def test_what_is_unknown_is_a_box() -> None:
    layers = [
        keras_input(8, 8, 3),
        keras_layer("Lambda", "fun", "in"),
        keras_layer("Activation", "act", "fun", activation="my_activation"),
    ]
    graph = read(keras_model(layers, "act"))
    assert kinds(graph) == ["op", "op"]
    assert graph.unknown == ("Lambda (of unstated shape)", "my_activation")


def test_messages() -> None:
    assert "no JSON" in message("{")
    assert "nests too deep" in message("[" * 100_000)
    assert "not that of a Keras model" in message("[]")
    assert "not that of a Keras model" in message('{"class_name": "Functional"}')
    assert "code connects its layers" in message('{"class_name": "MyModel", "config": {}}')
    assert "without layers" in message('{"class_name": "Sequential", "config": {"layers": []}}')
    wrong = json.loads(small())
    wrong["config"]["layers"][1]["inbound_nodes"] = [{"args": [], "kwargs": {}}]
    assert "shape of its input" in message(json.dumps(wrong))
    wrong = json.loads(small())
    del wrong["config"]["layers"][1]["config"]["filters"]
    assert "makes no sense" in message(json.dumps(wrong))
    layers = [keras_input(8, 8, 3), keras_layer("ReLU", "a", "b"), keras_layer("ReLU", "b", "a")]
    assert "in a circle" in message(keras_model(layers, "b"))


@pytest.mark.long
def test_calls_that_multiply_have_an_end() -> None:
    model = json.loads(small())
    for level in range(12):
        body = {"class_name": "Functional", "name": f"m{level}", "config": model["config"]}
        start = keras_input(32, 32, 3)
        calls = []
        for number in range(10):
            source = "in" if number == 0 else f"m{level}"
            at = max(number - 1, 0)
            calls += keras_layer("X", "x", call=[(source, at)])["inbound_nodes"]
        config = {
            "layers": [start, {**body, "inbound_nodes": calls}],
            "input_layers": [["in", 0, 0]],
            "output_layers": [[f"m{level}", 0, 0]],
        }
        model = {"class_name": "Functional", "config": config}
    assert "more than 200,000 layers" in message(json.dumps(model))


def test_damaged_json_is_a_message_or_a_graph() -> None:
    import random

    source = random.Random(5)
    text = small()
    for _ in range(400):
        characters = list(text)
        for _ in range(source.choice((1, 2, 6))):
            characters[source.randrange(len(characters))] = source.choice('0123456789"[]{},:axn-')
        try:
            read("".join(characters))
        except ArchvizError as error:
            assert len(str(error)) < 1000


# ---- files ------------------------------------------------------------------------------------


def test_a_keras_file(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", small())
        archive.writestr("model.weights.h5", b"never read")
    assert len(read_model(str(path)).nodes) == 6
    assert is_model_file(str(path))


def test_zips_that_are_no_keras_files(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"\x89HDF not a zip")
    with pytest.raises(ArchvizError, match=r"no \.keras file"):
        read_model(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "")
    with pytest.raises(ArchvizError, match=r"without config\.json"):
        read_model(str(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(65 * 2**20))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(ArchvizError, match="more than 64 MB"):
        read_model(str(path))


def test_which_files_are_models(tmp_path: Path) -> None:
    model, scene = tmp_path / "model.json", tmp_path / "scene.json"
    model.write_text(small())
    scene.write_text('{"scene": 1}')
    assert is_model_file(str(model))
    assert not is_model_file(str(scene))
    assert not is_model_file(str(tmp_path / "spec.yaml"))
    assert is_model_file("model.ONNX")
    assert len(read_model(str(model)).nodes) == 6


def test_a_live_model() -> None:
    class Model:
        name = "live"

        def to_json(self) -> str:
            return small()

    assert len(layers_of_keras(Model()).nodes) == 6

    class Subclassed(Model):
        def to_json(self) -> str:
            raise NotImplementedError("no config")

    with pytest.raises(ArchvizError, match="cannot be written as JSON"):
        layers_of_keras(Subclassed())
    with pytest.raises(ArchvizError, match="no Keras model"):
        layers_of_keras(object())
