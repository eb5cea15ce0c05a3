"""The range of PyTorch versions is stated, and said where another one is there."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.importers.read.torch_version import HIGHEST, LOWEST, outside, version_of

PROJECT = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text("utf-8"))


def test_what_is_stated_is_what_is_looked_at() -> None:
    low, high = (".".join(map(str, one)) for one in (LOWEST, (HIGHEST[0], HIGHEST[1] + 1)))
    assert PROJECT["project"]["optional-dependencies"]["torch"] == [f"torch>={low}.0,<{high}"]
    assert PROJECT["dependency-groups"]["torch"] == [f"torch=={low}.0"]
    page = Path(__file__).parents[1].joinpath("docs", "import.md").read_text("utf-8")
    tried = re.search(r"tested with (\S+) and (\S+);", page)
    assert tried is not None
    assert [tuple(map(int, one.split(".")[:2])) for one in tried.groups()] == [LOWEST, HIGHEST]


@pytest.mark.parametrize("version", ["2.13.0", "2.13.0+cpu", "2.14.1", "2.14.2.dev2"])
def test_versions_inside(version: str) -> None:
    assert outside(SimpleNamespace(__version__=version)) == ""


@pytest.mark.parametrize("version", ["2.12.1", "2.15.0", "3.0", "2.9.9", "nightly", ""])
def test_versions_outside(version: str) -> None:
    assert "archviz is with 2.13 to 2.14" in outside(SimpleNamespace(__version__=version))


def test_the_range_has_the_version_that_is_here() -> None:
    torch = pytest.importorskip("torch")
    assert LOWEST <= version_of(torch) <= HIGHEST


def test_it_is_said_in_the_report_and_on_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "model.py"
    path.write_text("from torch import nn\ndef net(): return nn.Linear(2, 2)\n")
    words = "render", f"{path}:net", "--input", "1x2"
    plain = CliRunner().invoke(main, words)
    monkeypatch.setattr(torch, "__version__", "2.99.0")
    other = CliRunner().invoke(main, words)
    assert (plain.exit_code, plain.stderr, other.exit_code) == (0, "", 0)
    assert "read with PyTorch 2.99.0, which was not tried" in other.stderr
    net = archviz.from_torch(torch.nn.Linear(2, 2), (1, 2))
    assert net.imported is not None
    assert (net.imported.faithful, net.imported.plain) == (True, False)
    with pytest.raises(ArchvizError, match="which was not tried"):
        archviz.from_torch(torch.nn.Linear(2, 2), (1, 3))
    monkeypatch.setattr(torch, "__version__", "1.13.1")
    with pytest.raises(ArchvizError, match="this is 1"):
        archviz.from_torch(torch.nn.Linear(2, 2), (1, 2))


def test_without_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ArchvizError) as caught:
        archviz.from_torch(object(), (1, 2))
    assert "pip install 'archviz[torch]'" in str(caught.value)
