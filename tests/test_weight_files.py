"""Files of weights, and whatever else is given for a module: an answer that helps, nothing run."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError

WITHOUT = "holds weights without their network"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def said(path: Path) -> str:
    """What is said of a file, on the command line and in Python alike."""
    result = run("render", str(path))
    assert result.exit_code == 1
    assert not result.stdout
    for read in (archviz.load, archviz.from_onnx):
        with pytest.raises(ArchvizError) as caught:
            read(path)
        assert str(caught.value).splitlines() == result.stderr.splitlines()
    return result.stderr


def safetensors(path: Path, header: Any) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(64))
    return path


class Whole:
    """Something that is more than weights."""


def zipped(path: Path, value: Any, **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps(value, 2))
        for name, data in more.items():
            archive.writestr(f"net/{name}", data)
    return path


def test_safetensors(tmp_path: Path) -> None:
    tensors = {
        "a.weight": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]},
        "a.bias": {"dtype": "F32", "shape": [4], "data_offsets": [48, 64]},
    }
    path = safetensors(tmp_path / "m.safetensors", {"__metadata__": {"a": "b"}, **tensors})
    text = said(path)
    assert f"{WITHOUT}: 2 tensors, 16 numbers" in text
    assert "model.py:Net" in text


@pytest.mark.parametrize(
    "data",
    [b"", b"12345678", struct.pack("<Q", 2**62), struct.pack("<Q", 4) + b"nope",
     struct.pack("<Q", 6) + b'{"a":1', struct.pack("<Q", 7) + b'{"a":1}',
     struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 200_000) + b"[" * 200_000],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".ckpt"])
def test_damaged_files(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"m{suffix}"
    path.write_bytes(data)
    assert "is no file of weights that PyTorch or safetensors writes" in said(path)


def test_pickles_are_looked_at_and_never_run(tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    text = said(zipped(tmp_path / "runs.pt", Runs()))
    assert "is a pickle with whole objects in it (mkdir)" in text
    assert "which only runs as Python code" in text
    assert not (tmp_path / "ran").exists()
    assert "(Whole)" in said(zipped(tmp_path / "whole.pth", {"model": Whole()}))
    old = tmp_path / "old.pkl"
    for protocol in (2, 4):
        old.write_bytes(
            pickle.dumps(119, protocol) + pickle.dumps(OrderedDict(a=Whole()), protocol)
        )
        assert "(Whole)" in said(old)
    assert WITHOUT in said(zipped(tmp_path / "state.bin", OrderedDict(a=1)))
    assert "TorchScript" in said(zipped(tmp_path / "script.pt", {}, **{"constants.pkl": b""}))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    result = run("render", str(tmp_path / "no.safetensors"))
    assert (result.exit_code, "there is no such file" in result.stderr) == (1, True)


# ---- with PyTorch ------------------------------------------------------------------------------


def made(torch: Any) -> Any:
    nn = torch.nn
    parts = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
    return nn.Sequential(*parts)


def test_what_pytorch_saves(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="saves its files with PyTorch")
    module, path = made(torch), tmp_path / "m.pt"
    for zipped in (True, False):
        torch.save(module.state_dict(), path, _use_new_zipfile_serialization=zipped)
        assert WITHOUT in said(path)
        torch.save({"epoch": 3, "model": module.state_dict()}, path,
                   _use_new_zipfile_serialization=zipped)  # fmt: skip
        assert WITHOUT in said(path)
        torch.save(module, path, _use_new_zipfile_serialization=zipped)
        assert "whole objects in it (Sequential)" in said(path)
        with pytest.raises(ArchvizError, match="whole objects"):
            archviz.from_torch(path)


@pytest.mark.filterwarnings("ignore")
def test_what_is_given_instead_of_a_module(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    module = made(torch)
    state = module.state_dict()
    for given, message, advice in (
        (type(module), "Sequential: is a class", "make a model of it: Sequential(…)"),
        (state, "is a state dict", "load_state_dict"),
        ({"epoch": 1, "state": state}, "is a checkpoint: its ['state'] are weights", "make the"),
        (
            {"epoch": 1, "model": module},
            "is a checkpoint with a module in it",
            "give its ['model']",
        ),
        ([module], "is no PyTorch module, but has some in it", "nn.Sequential"),
        (torch.nn.ModuleList([module]), "has no forward", "give the module that calls"),
        (torch.relu, "relu: is no PyTorch module: a function", "give what it makes"),
        (torch.zeros(3), "Tensor: is no PyTorch module: a tensor", "module first"),
        (torch.jit.script(module), "is a script", "give the module it was made of"),
        ("timm:resnet50", "is the name of a module", "archviz render timm:resnet50"),
        ("model.py:Net", "is the name of a module", "archviz render model.py:Net"),
        ("net.onnx", "is a file, no PyTorch module", "archviz.from_onnx"),
        ("resnet50", "is a text, no PyTorch module", "archviz.load"),
        (tmp_path / "no.pth", "there is no such file", ""),
        (None, "NoneType: is no PyTorch module", "torch.nn.Module"),
    ):
        with pytest.raises(ArchvizError) as caught:
            archviz.from_torch(given, (1, 3, 8, 8))
        assert message in str(caught.value)
        assert advice in str(caught.value)


@pytest.mark.filterwarnings("ignore")
def test_what_wraps_a_module_is_looked_through() -> None:
    torch = pytest.importorskip("torch")
    plain = made(torch)
    parallel, compiled = torch.nn.DataParallel(plain), torch.compile(plain)
    own = made(torch)
    own.compile()
    for given in (
        parallel,
        compiled,
        torch.compile(parallel),
        torch.nn.DataParallel(compiled),
        own,
    ):
        net = archviz.from_torch(given, (1, 3, 8, 8))
        assert net.imported is not None
        assert net.imported.text == archviz.from_torch(plain, (1, 3, 8, 8)).imported.text  # type: ignore[union-attr]
        assert net.imported.faithful
        assert net.network.head.title == "Sequential"


@pytest.mark.filterwarnings("ignore")
def test_scripts_inside_are_boxes_and_their_functions_are_read() -> None:
    torch = pytest.importorskip("torch")

    @torch.jit.script  # type: ignore[untyped-decorator]
    def doubled(x):  # type: ignore[no-untyped-def]
        return x.relu() + x.relu()

    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, script: bool) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 8, 3)
            if script:
                self.conv = torch.jit.script(self.conv)

        def forward(self, x: Any) -> Any:
            return doubled(self.conv(x))

    plain, scripted = (archviz.from_torch(Net(one), (1, 3, 8, 8)) for one in (False, True))
    assert plain.imported is not None
    assert scripted.imported is not None
    assert plain.imported.plain
    assert "conv 3x3 8" in plain.imported.text
    assert not scripted.imported.faithful
    assert "not proven: the multiply-adds are not known of: Conv2d" in scripted.imported.report
    assert 'op: "weights=224' in scripted.imported.text or "weights=224" in scripted.imported.text
    assert scripted.info()["totals"]["parameters"] == 224
    assert torch.jit.ScriptFunction.__call__.__name__ != "function"


def test_a_dictionary_named_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    (tmp_path / "model.py").write_text(
        "from torch import nn\nstate = nn.Linear(2, 2).state_dict()\n"
        "def made(): return nn.ModuleList([nn.Linear(2, 2)])\n"
        "def inside(): return nn.DataParallel(nn.Linear(2, 2))\n"
    )
    monkeypatch.chdir(tmp_path)
    for name, message in (("state", "is a state dict"), ("made", "has no forward")):
        result = run("render", f"model.py:{name}", "--input", "1x2")
        assert (result.exit_code, message in result.stderr) == (1, True)
    assert run("import", "model.py:inside", "--input", "1x2").exit_code == 0


def test_sizes_without_a_batch() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Means(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(3, 4)

        def forward(self, x: Any) -> Any:
            return self.head(x.mean((-2, -1)))

    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 4))
    pooled = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(3 * 4 * 4, 4))
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    for module, size, macs in (
        (Means(), (3, 8, 8), 12),
        (flat, (3, 8, 8), 3 * 64 * 4),
        (pooled, (3, 8, 8), 3 * 16 * 4),
        (layer, (10, 8), 10 * (4 * 64 + 2 * 128) + 2 * 10 * 10 * 8),
    ):
        net = archviz.from_torch(module, size)
        assert net.imported is not None
        assert net.imported.faithful, net.imported.report
        assert net.info()["totals"]["macs"] == macs
        assert net.info()["input"] == [*size[1:], size[0]] if len(size) == 3 else [*size]
    with pytest.raises(ArchvizError, match="cannot run"):
        archviz.from_torch(flat, (3, 9, 9))
