"""The Python API: load, svg, save, scene, info, and how a notebook shows a network."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz.keywords import TYPES, FileKeywords
from archviz.marks import marked
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
        "MissingCharacters",
        "Overview",
        "Problem",
        "__version__",
        "chart",
        "compare",
        "first_font",
        "from_keras",
        "from_onnx",
        "from_torch",
        "load",
        "load_text",
        "table",
        "timeline",
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
    drawn = FORMATS[suffix].write(net.scene(title=True), Settings())
    assert data == marked(drawn, FORMATS[suffix].mark)


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


def test_the_shape_of_a_page_may_be_written_as_on_the_command_line() -> None:
    net = archviz.load("vgg16")
    assert net.svg(aspect="16:9") == net.svg(aspect=16 / 9) == net.svg(aspect="16x9")
    assert net.svg(aspect=0) == net.svg(aspect=None) == net.svg()
    with pytest.raises(ValueError, match="'wide' is no aspect of a page; write 16:9"):
        net.svg(aspect="wide")


def test_a_theme_is_a_name_a_path_or_what_stands_in_a_file(tmp_path: Path) -> None:
    net = archviz.load("lenet5")
    theme = {"extends": "dark", "roles": {"conv": {"fill": "#123456"}}, "metrics": {"unit": 50}}
    path = tmp_path / "mine.yaml"
    path.write_text(
        'extends: dark\nroles: {conv: {fill: "#123456"}}\nmetrics: {unit: 50}\n', encoding="utf-8"
    )
    assert net.svg(theme=theme) == net.svg(theme=path) == net.svg(theme=str(path))
    assert net.svg(theme=theme) != net.svg(theme="dark")
    wrong = {"extends": "dark", "roles": {"conv": {"fil": "#123456"}}}
    with pytest.raises(archviz.ArchvizError) as caught:
        net.svg(theme=wrong)
    assert str(caught.value) == (
        "theme['roles']['conv']: unknown key 'fil'\n    hint: did you mean 'fill'?"
    )
    endless: dict[str, Any] = {"extends": "article"}
    endless["roles"] = endless
    for bad in ({}, {"extends": {}}, {"roles": 5}, {"metrics": {"unit": "x"}}, endless):
        with pytest.raises(archviz.ArchvizError, match=r"^theme"):
            net.svg(theme=bad)


def test_a_stream_takes_what_a_file_would(tmp_path: Path) -> None:
    net, stream = archviz.load("lenet5"), io.BytesIO()
    net.save(stream, format="png", width=300, transparent=True)
    net.save(tmp_path / "x.png", width=300, transparent=True)
    net.save(tmp_path / "y", "PNG", width=300, transparent=True)
    assert stream.getvalue() == (tmp_path / "x.png").read_bytes() == (tmp_path / "y").read_bytes()
    stream = io.BytesIO()
    net.save(stream, "svg", title=True)
    assert stream.getvalue() == marked(net.svg(title=True).encode(), "xml")


def test_what_is_no_place_to_save_to_is_said(tmp_path: Path) -> None:
    net = archviz.load("lenet5")
    with pytest.raises(ValueError, match="say which format"):
        net.save(io.BytesIO())
    with pytest.raises(ValueError, match="there is no format 'svgg'; did you mean 'svg'"):
        net.save(io.BytesIO(), format="svgg")
    with pytest.raises(archviz.ArchvizError, match="the name says svg, and the format asked for"):
        net.save(tmp_path / "x.svg", format="png")
    for target in (io.StringIO(), 5, None):
        with pytest.raises(TypeError, match="a path or a binary stream"):
            net.save(target, format="svg")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "given", "words"),
    [
        ("x.svg", {"scale": 3.0}, "scale is for png, not for svg"),
        ("x.svg", {"template": "house.pptx"}, "template is for pptx, not for svg"),
        ("x.html", {"aspect": 1.5}, "aspect is for svg, .*, not for html"),
        ("x.pptx", {"title": True}, "title is for svg, .*, not for pptx"),
        ("x.png", {"scale": 3.0, "width": 300}, "scale and width both size the picture"),
    ],
)
def test_a_keyword_that_the_format_would_ignore_is_a_value_error(
    target: str, given: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=words):
        archviz.load("lenet5").save(tmp_path / target, **given)
    assert list(tmp_path.iterdir()) == []


def test_svg_and_scene_know_what_a_figure_does() -> None:
    net = archviz.load("lenet5")
    assert net.scene(transparent=True).background == ""
    assert net.scene(transparent=True).items == net.scene().items
    for call in (net.svg, net.scene):
        with pytest.raises(ValueError, match="scale is for png"):
            call(scale=2.0)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": 1},
        {"legend": "yes"},
        {"theme": 5},
        {"aspect": [1]},
        {"scale": "3"},
        {"template": 3},
    ],
)
def test_values_of_the_wrong_type_are_type_errors(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(wrong))} must be "):
        archviz.load("lenet5").save(tmp_path / "x.png", **wrong)


def test_every_keyword_is_typed_once() -> None:
    keywords = typing.get_type_hints(FileKeywords)
    assert list(keywords) == list(TYPES)
    for name, hint in keywords.items():
        allowed = {typing.get_origin(part) or part for part in typing.get_args(hint)}
        allowed = {str if part is typing.Literal else part for part in allowed}
        assert {int, *TYPES[name][1]} >= allowed - {type(None)} >= set(TYPES[name][1]) - {int}, name


def test_a_network_from_text(spec: Path) -> None:
    drawn = archviz.load(spec).svg()
    assert archviz.load_text(SPEC).svg() == archviz.load_text(SPEC.encode()).svg() == drawn
    assert archviz.load(io.StringIO(SPEC)).svg() == archviz.load(io.BytesIO(SPEC.encode())).svg()
    with spec.open(encoding="utf-8") as file:
        assert archviz.load(file).svg() == drawn
    assert archviz.load_text("\ufeff" + SPEC).svg() == drawn
    with pytest.raises(archviz.ArchvizError, match=r"^mine:2:11: no layer kind"):
        archviz.load_text("title: T\nnetwork: [inputt 4x4x3]", "mine")


@pytest.mark.parametrize("text", ["", "resnet50", "title: \ud800", "title: \0", "a" * 2_000_001])
def test_text_that_is_no_spec_is_an_archviz_error(text: str) -> None:
    with pytest.raises(archviz.ArchvizError, match=r"^text"):
        archviz.load_text(text)


def test_text_where_a_name_belongs_is_told_of_load_text() -> None:
    with pytest.raises(archviz.ArchvizError, match=r"use archviz\.load_text\(text\)"):
        archviz.load(SPEC)
    for wrong in (5, None, {"title": "x"}):
        with pytest.raises(TypeError, match="a name, a path or an open file"):
            archviz.load(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the text of a spec, not int"):
        archviz.load_text(5)  # type: ignore[arg-type]


def test_unknown_options_are_type_errors(spec: Path) -> None:
    with pytest.raises(TypeError, match="colour"):
        archviz.load(spec).svg(colour="red")
    with pytest.raises(TypeError, match="colour"):
        archviz.load(spec).save("x.svg", colour="red")


@pytest.mark.parametrize("name", ["R E S N E T 5 1", "resnet51"])
def test_a_name_that_is_nearly_one_is_answered_with_it(name: str) -> None:
    with pytest.raises(archviz.ArchvizError, match="resnet50"):
        archviz.load(name)
