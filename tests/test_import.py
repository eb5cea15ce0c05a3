"""Importing as a user does it: the command, the figure, the Python API."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.language.expand import network_from_text
from archviz.network.analysis import analyse

pytest.importorskip("onnx", reason="builds its models with the onnx package")
from models import Builder, resnet


@pytest.fixture
def model(tmp_path: Path) -> Path:
    net = resnet()
    path = tmp_path / "small.onnx"
    path.write_bytes(net.bytes(net.nodes[-1].output[0]))
    return path


def test_the_spec_is_written_and_said_to_be_faithful(model: Path) -> None:
    target = model.with_suffix(".yaml")
    result = CliRunner().invoke(main, ["import", str(model), "-o", str(target)])
    assert result.exit_code == 0, result.output
    assert "faithful" in result.stderr
    text = target.read_text(encoding="utf-8")
    assert "repeat: 3" in text
    network = network_from_text(text, "small.yaml")
    # stem, three blocks of two convolutions, each with batch norm, and the dense layer
    expected = 3 * 8 * 9 + 6 * 8 * 8 * 9 + 7 * 4 * 8 + 8 * 10 + 10
    assert analyse(network).totals.parameters == expected


def test_a_model_is_drawn_at_once(model: Path) -> None:
    target = model.with_suffix(".svg")
    result = CliRunner().invoke(main, ["render", str(model), "-o", str(target)])
    assert result.exit_code == 0, result.output
    assert "×3" in target.read_text(encoding="utf-8")
    assert result.stderr == ""


def test_the_python_api_gives_the_same(model: Path) -> None:
    net = archviz.from_onnx(model)
    assert net.imported is not None
    assert net.imported.faithful
    assert net.svg() == archviz.load(model).svg()


def test_what_is_not_understood_is_named_and_drawn(tmp_path: Path) -> None:
    net = Builder()
    value = net.conv("x", 3, 8)
    last = net.op("Frobnicate", value, domain="com.example")
    path = tmp_path / "odd.onnx"
    path.write_bytes(net.bytes(last))
    result = CliRunner().invoke(main, ["import", str(path)])
    assert "Frobnicate" in result.output
    assert "Frobnicate" in result.stderr


@pytest.mark.parametrize("keep", [0, 1, 40, 400])
def test_a_truncated_file_is_one_message(model: Path, keep: int) -> None:
    model.write_bytes(model.read_bytes()[:keep])
    result = CliRunner().invoke(main, ["import", str(model)])
    assert result.exit_code == 1
    assert "small.onnx" in result.stderr
    assert "Traceback" not in result.output


def test_not_a_model(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    result = CliRunner().invoke(main, ["import", str(tmp_path / "x.json")])
    assert result.exit_code == 1
    assert "x.json" in result.stderr
