"""The Python API: load, svg, save, scene, info, and how a notebook shows a network."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz.scene.scene import Scene
from archviz.write.formats import FORMATS, Settings
from archviz.write.svg import write_svg

SPEC = """\
title: Mine
network:
  - input 8x8x3
  - conv 3x3 4 relu
  - flatten
  - dense 2 softmax
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_the_names_of_the_package() -> None:
    assert archviz.__all__ == [
        "ArchvizError",
        "LoadedNetwork",
        "Problem",
        "__version__",
        "from_keras",
        "from_onnx",
        "from_torch",
        "load",
    ]
    for name in archviz.__all__:
        assert getattr(archviz, name)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = archviz.lode  # type: ignore[attr-defined]


def test_importing_the_package_loads_nothing_else() -> None:
    code = "import sys, archviz; print(*[name for name in sys.modules if 'archviz' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["archviz"]


def test_the_command_line_starts_without_what_it_does_not_need() -> None:
    code = "import sys, archviz.cli.commands; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"yaml", "jinja2", "graphviz", "wasmtime", "importlib.metadata"})
    heavy = (
        "archviz.layout",
        "archviz.write",
        "archviz.language.spec",
        "archviz.network.model",
        "archviz.network.analysis",
    )
    assert not [name for name in loaded if name.startswith(heavy)]


def test_a_network_by_name_or_by_path(spec: Path) -> None:
    assert archviz.load("resnet50").network.head.title == "ResNet-50"
    assert archviz.load("ResNet-50").svg() == archviz.load("resnet50").svg()
    assert archviz.load(spec).svg() == archviz.load(str(spec)).svg()
    assert repr(archviz.load(spec)) == "<archviz network 'Mine'>"


def test_svg_and_scene_take_the_options_of_the_command() -> None:
    net = archviz.load("lenet5")
    scene = net.scene(title=True, legend=False, aspect=1.0, detail="full", theme="article")
    assert isinstance(scene, Scene)
    assert scene.width == scene.height
    options: dict[str, Any] = {"title": True, "legend": False, "aspect": 1.0, "detail": "full"}
    assert net.svg(**options) == write_svg(scene)
    assert net.svg() != net.svg(**options)


def test_a_notebook_shows_the_picture() -> None:
    net = archviz.load("lenet5")
    assert net._repr_svg_() == net.svg()
    assert net.svg().startswith("<svg ")
    assert net.svg() == archviz.load("lenet5").svg()  # drawing changes nothing


@pytest.mark.parametrize("suffix", ["svg", "json", "gv"])
def test_save_writes_the_format_of_the_suffix(suffix: str, tmp_path: Path) -> None:
    net = archviz.load("lenet5")
    net.save(tmp_path / f"x.{suffix}", title=True)
    net.save(str(tmp_path / f"y.{suffix}"), title=True)
    data = (tmp_path / f"x.{suffix}").read_bytes()
    assert data == (tmp_path / f"y.{suffix}").read_bytes()
    assert data == FORMATS[suffix].write(net.scene(title=True), Settings())


def test_info_is_plain_data(spec: Path) -> None:
    info = archviz.load(spec).info()
    assert info["totals"] == {
        "parameters": 112 + 290,
        "trainable": 402,
        "non_trainable": 0,
        "macs": 6 * 6 * 4 * 27 + 144 * 2,
        "depth": 4,
    }
    assert [layer["path"] for layer in info["layers"]] == ["input", "conv1", "flatten1", "dense1"]
    assert pickle.loads(pickle.dumps(info)) == info


def test_an_analysis_is_made_once(spec: Path) -> None:
    net = archviz.load(spec)
    assert net.analysis is net.analysis


def test_all_problems_come_in_one_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(SPEC.replace("3x3 4 relu", "3x3 4 rleu").replace("2 softmax", "2 x"), "utf-8")
    with pytest.raises(archviz.ArchvizError) as caught:
        archviz.load(path)
    first, second = caught.value.problems
    assert isinstance(first, archviz.Problem)
    assert (first.mark.file, first.mark.line, first.mark.column) == (str(path), 4, 16)
    assert (first.message, first.hint) == ("'rleu' means nothing to conv", "did you mean 'relu'?")
    assert second.mark.line == 6
    assert str(caught.value) == f"{first}\n{second}"
    assert str(first) == (
        f"{path}:4:16: 'rleu' means nothing to conv\n    hint: did you mean 'relu'?"
    )


def test_what_cannot_be_loaded_or_saved_is_an_archviz_error(spec: Path, tmp_path: Path) -> None:
    for source in ("resnet5", "missing.yaml", tmp_path):
        with pytest.raises(archviz.ArchvizError):
            archviz.load(source)
    net = archviz.load(spec)
    for target in ("x.bmp", tmp_path / "no" / "x.svg", tmp_path / "x"):
        with pytest.raises(archviz.ArchvizError):
            net.save(target)
    with pytest.raises(archviz.ArchvizError, match="there is no theme"):
        net.svg(theme="dakr")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_shapes_that_do_not_fit_are_found_when_they_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "shapes.yaml"
    path.write_text("title: T\nnetwork: [input 4x4x3, conv 5x5 2]\n", "utf-8")
    net = archviz.load(path)
    for call in (net.svg, net.info, net.scene):
        with pytest.raises(archviz.ArchvizError, match=r"shapes\.yaml:2:24: "):
            call()


@pytest.mark.parametrize(
    "wrong", [{"detail": "some"}, {"aspect": 0.01}, {"aspect": -1.0}, {"aspect": float("inf")}]
)
def test_wrong_options_are_value_errors(wrong: dict[str, Any], spec: Path) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        archviz.load(spec).svg(**wrong)


def test_unknown_options_are_type_errors(spec: Path) -> None:
    with pytest.raises(TypeError, match="colour"):
        archviz.load(spec).svg(colour="red")
    with pytest.raises(TypeError, match="colour"):
        archviz.load(spec).save("x.svg", colour="red")


@pytest.mark.parametrize("name", ["R E S N E T 5 1", "resnet51"])
def test_a_name_that_is_nearly_one_is_answered_with_it(name: str) -> None:
    with pytest.raises(archviz.ArchvizError, match="resnet50"):
        archviz.load(name)
