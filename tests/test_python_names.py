"""Live PyTorch modules by their names on the command line."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archviz.cli.commands import main
from archviz.cli.options import read_inputs
from archviz.importers.read.python_names import named, opened

CODE = """
import torch
from torch import nn
print("said on the way")
class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, width, 3, padding=1), nn.Linear(width, 10)
    def forward(self, x):
        return self.head(self.conv(x).relu().mean((-2, -1)))
class Looks(Net):
    def __init__(self):
        super().__init__()
        self.many = int(self.head.weight.ne(0).sum())
class Needs(Net):
    def __init__(self, width):
        super().__init__(width)
class Bad(Net):
    def __init__(self):
        raise ValueError("no way")
class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.head = nn.Embedding(50, 8), nn.Linear(12, 3)
    def forward(self, ids, x):
        return self.head(torch.cat([x, self.words(ids).mean(1)], 1))
class Plain: pass
class Nest: inner = Net()
net = Net()
number = 4
def make(): return Net()
def other(): return 3
def leaves(): raise SystemExit(3)
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("torch", reason="builds its models with PyTorch")
    (tmp_path / "model.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["Net", "net", "make", "Looks", "Nest.inner"])
def test_a_class_an_instance_or_a_function_of_a_file(folder: Path, name: str) -> None:
    path = list(sys.path)
    result = run("import", f"model.py:{name}", "--input", "1x3x32x32")
    assert result.exit_code == 0, result.output
    assert "said on the way" not in result.stdout
    assert "conv 3x3 8" in result.stdout
    assert "faithful: the same 4 layers and wiring, 314 parameters" in result.stderr
    assert sys.path == path


@pytest.mark.parametrize("command", ["render", "info", "check"])
def test_every_command_reads_modules(folder: Path, command: str) -> None:
    result = run(command, "model.py:Net", "--input", "3x32x32")
    assert result.exit_code == 0, result.output
    assert result.stdout


def test_several_are_exported_and_compared(folder: Path) -> None:
    words = ["model.py:Net", "model.py:net", "--input", "1x3x32x32"]
    assert run("compare", *words, "-o", "two.svg").exit_code == 0
    assert run("export", "model.py:Net", *words[2:], "-f", "svg", "-d", "out").exit_code == 0
    assert (folder / "out" / "Net.svg").exists()


@pytest.mark.parametrize("sizes", [("1x6", "1x4"), ("ids=1x6", "x=1x4"), ("x=1x4", "ids=1x6")])
def test_several_inputs(folder: Path, sizes: tuple[str, str]) -> None:
    result = run("import", "model.py:Pair", "--input", sizes[0], "--input", sizes[1])
    assert result.exit_code == 0, result.output
    assert "439 parameters" in result.stderr


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nope.py:Net", "nope.py: there is no such file"),
        ("model.py", "say what is in it, such as model.py:Net"),
        ("model.py:Nett", "has no 'Nett'"),
        ("model.py:Needs", "needs arguments: width"),
        ("model.py:Bad", "cannot be made: ValueError: no way"),
        ("model.py:leaves", "cannot be made: SystemExit: 3"),
        ("model.py:other", "gives int, no PyTorch module"),
        ("model.py:Plain", "is no PyTorch module (Plain)"),
        ("model.py:number", "is no PyTorch module (int)"),
        ("broken.py:Net", "cannot be imported: SyntaxError"),
        ("model:Net", "there is the file model.py: write model.py:Net, and its code runs"),
        ("no.such.package:Net", "there is no module 'no'"),
        ("model.py:Net", "does not say which size its input has"),
    ],
)
def test_what_cannot_be_read_is_one_message(folder: Path, source: str, message: str) -> None:
    (folder / "broken.py").write_text("def :")
    result = run("render", source)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not result.stdout
    assert len(result.stderr.splitlines()) <= 3


@pytest.mark.parametrize("size", ["1xx3", "0x3", "-1x3", "a", "x=", "1x99999999999999"])
def test_sizes_that_are_none(size: str) -> None:
    result = run("render", "model.py:Net", "--input", size)
    assert result.exit_code == 2
    assert "is no size" in result.stderr


def test_inputs_are_for_modules_and_all_have_names_or_none() -> None:
    result = run("render", "resnet50", "--input", "1x3x8x8")
    assert (result.exit_code, "--input is for model files" in result.stderr) == (2, True)
    assert read_inputs(("1x2", "3X4")) == [(1, 2), (3, 4)]
    assert read_inputs(("a=1x2", "b=3")) == {"a": (1, 2), "b": (3,)}
    with pytest.raises(ValueError, match="a name of its own"):
        read_inputs(("a=1x2", "3x4"))


def test_a_bare_name_is_never_taken_from_the_current_folder(folder: Path) -> None:
    (folder / "mine.py").write_text("open('ran', 'w')\n")
    words = [sys.executable, "-m", "archviz", "render", "mine:Net"]
    result = subprocess.run(words, capture_output=True, text=True, cwd=folder, check=False)
    assert result.returncode == 1
    assert "there is no module 'mine'" in result.stderr
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("source", ["resnet50", "C:\\net.yaml", "a b:c", "net.yaml", "x/y:z"])
def test_other_words_name_no_code(source: str) -> None:
    assert named(source) is None


def test_models_of_libraries_come_without_weights(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from torch import nn

    asked: list[Any] = []

    def create_model(name: str, pretrained: bool) -> Any:
        asked.append((name, pretrained, os.environ.get("HF_HUB_OFFLINE")))
        model = nn.Sequential(nn.Conv2d(3, 4, 3))
        model.default_cfg = {"input_size": (3, 16, 16)}
        return model

    timm = types.ModuleType("timm")
    timm.is_model = lambda name: name == "small"  # type: ignore[attr-defined]
    timm.list_models = lambda: ["small"]  # type: ignore[attr-defined]
    timm.create_model = create_model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", timm)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    result = run("import", "timm:small")
    assert result.exit_code == 0, result.output
    assert asked == [("small", False, "1")]
    assert "HF_HUB_OFFLINE" not in os.environ
    assert "did you mean 'small'" in run("render", "timm:smal").stderr
    assert "nothing is downloaded" in run("render", "timm:hf-hub:org/small").stderr


def test_code_that_a_configuration_brings_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformers = types.ModuleType("transformers")
    transformers.CONFIG_MAPPING = {}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers", transformers)
    (folder / "mine").mkdir()
    (folder / "mine" / "config.json").write_text('{"auto_map": {"AutoModel": "evil.Net"}}')
    result = run("render", "transformers:./mine")
    assert result.exit_code == 1
    assert "auto_map" in result.stderr
    assert "nothing is downloaded" in run("render", "transformers:org/mine").stderr


def test_a_library_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    result = run("render", "torchvision:resnet50")
    assert result.exit_code == 1
    assert "needs torchvision, which is not installed" in result.stderr


def test_what_is_made_to_be_read_has_no_numbers(folder: Path) -> None:
    what = named("model.py:Net")
    assert what is not None
    with opened(what) as make:
        assert all(one.is_meta for one in make(True).module.parameters())
        assert not any(one.is_meta for one in make(False).module.parameters())
