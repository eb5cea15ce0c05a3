"""A folder stands for the model in it."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError

from models import keras_input, keras_layer, keras_model  # isort: skip

LLAMA = {
    "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 96, "vocab_size": 100, "tie_word_embeddings": True,
}  # fmt: skip
KERAS = keras_model([keras_input(4), keras_layer("Dense", "one", "in", units=3)], "one")


def with_weights(folder: Path) -> Path:
    """The files that a language model is published as."""
    (folder / "config.json").write_text(json.dumps(LLAMA), "utf-8")
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    head = json.dumps(
        {"model.norm.weight": {"dtype": "F32", "shape": [64], "data_offsets": [0, 0]}}
    )
    data = struct.pack("<Q", len(head)) + head.encode()
    (folder / "model.safetensors").write_bytes(data)
    return folder


def test_a_folder_of_a_language_model_is_its_configuration(tmp_path: Path) -> None:
    net = archviz.load(with_weights(tmp_path))
    assert net.imported is not None
    assert net.imported.text == archviz.load(tmp_path / "config.json").imported.text  # type: ignore[union-attr]
    assert net.source == str(tmp_path / "config.json")


def test_a_folder_with_one_model_file_is_that(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    (tmp_path / "net.json").write_text(KERAS, "utf-8")
    assert archviz.from_onnx(tmp_path).info()["totals"]["parameters"] == 15
    found = CliRunner().invoke(main, ["info", str(tmp_path)])
    assert found.exit_code == 0 and "15" in found.output, found.output


def test_a_folder_with_several_says_which(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(KERAS, "utf-8")
    with pytest.raises(ArchvizError) as error:
        archviz.load(tmp_path)
    assert "this is a folder with 2 models: a.json, b.json" in str(error.value)
    assert f"name one of them, such as {tmp_path / 'a.json'}" in str(error.value)


def test_a_folder_with_none_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(ArchvizError, match=r"this is a folder, not a spec file"):
        archviz.load(tmp_path)
    with pytest.raises(ArchvizError, match=r"this is a folder without a model"):
        archviz.from_onnx(tmp_path)
    found = CliRunner().invoke(main, ["import", str(tmp_path)])
    assert found.exit_code == 1 and "give an ONNX file" in found.output, found.output
