"""How models are read: whose words label their modules, and the mode of live ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.importers.imported import import_layers

CODE = """
from torch import nn
class _NarrowResidualBottleneckBlock(nn.Module):
    def __init__(self, stride=1):
        super().__init__()
        self.a, self.b = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 3, padding=1)
    def forward(self, x):
        return x + self.b(self.a(x).relu())
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.body = nn.Sequential(*[_NarrowResidualBottleneckBlock() for _ in range(3)])
        self.more, self.head = nn.Linear(8, 8), nn.Linear(8, 10)
    def forward(self, x):
        x = self.body(self.stem(x)).mean((-2, -1))
        return self.head(self.more(x).relu() if self.training else x)
"""
OWN = "_NarrowResidualBottleneckBlock"
SIZE = "--input", "1x3x16x16"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    pytest.importorskip("torch", reason="builds its models with PyTorch")
    (tmp_path / "model.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return "model.py:Net"


def blocks() -> LayerGraph:
    """Blocks of a class, as a source knows them that has classes."""
    nodes = [LayerNode("x", "input", (), {"shape": (8, 8, 8)}, (8, 8, 8))]
    classes = {}
    for number in range(3):
        path = ("body", str(number))
        classes[".".join(path)] = OWN
        for kind in ("a", "b"):
            options = {"kernel": (1, 1), "filters": 8, "activation": "relu"}
            name = f"{kind}{number}"
            before = (nodes[-1].id,)
            nodes.append(LayerNode(name, "conv", before, options, (8, 8, 8), path, 72, 0, 64 * 64))
        sources = (nodes[-1].id, nodes[-3].id)
        nodes.append(LayerNode(f"+{number}", "add", sources, {}, (8, 8, 8), path))
    return LayerGraph("Net", tuple(nodes), (nodes[-1].id,), classes=classes)


def test_labels_of_the_field_and_of_the_code() -> None:
    field = import_layers(blocks(), "net", "net")
    assert "label: Narrow residual bottleneck block" in field.text
    assert "title: NarrowResidualBottleneckBlock" in field.text
    code = import_layers(blocks()._replace(names="code"), "net", "net")
    assert f'label: "{OWN}"' in code.text
    assert "title: N" not in code.text
    assert field.faithful == code.faithful
    assert field.text.count("narrow-residual-bottleneck-block") == 2
    assert code.text.count("narrow-residual-bottleneck-block") == 2


def test_names_in_python_and_on_the_command_line(model: str) -> None:
    import torch

    space: dict[str, Any] = {"__name__": "space"}
    exec(CODE, space)
    module, size = space["Net"](), (1, 3, 16, 16)
    svg = archviz.from_torch(module, size, names="code").svg()
    assert f"<title>{OWN}" in svg
    assert "_NarrowResidual</text>" in svg  # it breaks before a capital
    assert f"<title>{OWN[1:]}" in archviz.from_torch(module, torch.zeros(size)).svg()
    with pytest.raises(ValueError, match="names is 'field' or 'code', not 'both'"):
        archviz.from_torch(module, size, names="both")  # type: ignore[arg-type]
    for command in ("render", "import"):
        result = run(command, model, *SIZE, "--names", "code")
        assert result.exit_code == 0, result.stderr
        assert OWN in result.stdout
        assert OWN not in run(command, model, *SIZE).stdout


@pytest.mark.parametrize("command", ["render", "import", "info", "check", "compare"])
def test_modes_of_live_modules(model: str, command: str) -> None:
    evaluated = run(command, model, *SIZE)
    trained = run(command, model, *SIZE, "--mode", "train")
    for result in (evaluated, trained):
        assert result.exit_code == 0, result.stderr
    assert evaluated.stdout != trained.stdout
    if command in ("import", "info"):
        assert "read in evaluation mode" in evaluated.output
        assert "read in training mode" in trained.output


def test_an_export_in_training_mode(model: str, tmp_path: Path) -> None:
    words = "export", model, *SIZE, "--mode", "train", "-f", "json", "-d", "out"
    assert run(*words).exit_code == 0
    assert (tmp_path / "out" / "Net.json").read_text().count('"dense 8"') == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("render", "resnet50", "--mode", "train"), "--mode is for PyTorch modules (model.py:Net)"),
        (("info", "m.onnx", "--mode", "eval"), "--mode is for PyTorch modules (model.py:Net)"),
        (("info", "resnet50", "--names", "code"), "--names is for model files and PyTorch modules"),
        (("import", "model.py:Net", "--names", "mine"), "'mine' is not one of 'field', 'code'"),
        (("import", "model.py:Net", "--mode", "test"), "'test' is not one of 'eval', 'train'"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_files_have_names_too(tmp_path: Path) -> None:
    result = run("import", str(tmp_path / "nothing.onnx"), "--names", "code")
    assert result.exit_code == 1
    assert "no such file" in result.stderr
    with pytest.raises(ValueError, match="names is"):
        archviz.from_onnx("nothing.onnx", names="mine")  # type: ignore[arg-type]
