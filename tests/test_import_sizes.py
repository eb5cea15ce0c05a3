"""Sizes that an ONNX file leaves open, and how they are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main

from models import Builder, TensorProto, helper, keras_layer, keras_model  # isort: skip


def detector(tmp_path: Path, *sides: int | str) -> str:
    model = Builder(sides or ("batch", 3, "height", "width"))
    path = tmp_path / "open.onnx"
    path.write_bytes(model.bytes(model.conv("x", 3, 8)))
    return str(path)


def test_open_sides_are_filled_in_the_order_of_the_file(tmp_path: Path) -> None:
    net = archviz.from_onnx(detector(tmp_path), (1, 3, 64, 48))
    assert net.analysis.rows[-1].output_shape == (64, 48, 8)
    assert net.imported is not None
    assert net.imported.faithful


@pytest.mark.parametrize(
    "given", [(1, 3, 64, 48), [(1, 3, 64, 48)], {"x": (1, 3, 64, 48)}, [1, 3, 64, 48]]
)
def test_a_size_may_be_given_in_any_form(tmp_path: Path, given: Any) -> None:
    assert archviz.from_onnx(detector(tmp_path), given).analysis.rows[0].input_shape == (64, 48, 3)


@pytest.mark.parametrize("given", ["1x3x64x48", 3.5, [[1.5]], (1, 0, 2), {"x": "1x3"}])
def test_what_is_no_size_is_a_type_error(tmp_path: Path, given: Any) -> None:
    with pytest.raises(TypeError, match="input_size is"):
        archviz.from_onnx(detector(tmp_path), given)


def refused(path: str, *given: str) -> str:
    words = [part for size in given for part in ("--input", size)]
    result = CliRunner().invoke(main, ["import", path, *words])
    assert result.exit_code == 1, result.output
    return result.stderr


def test_another_order_is_refused_with_the_right_one(tmp_path: Path) -> None:
    said = refused(detector(tmp_path), "1x64x48x3")
    assert "'x' (batch×3×height×width) cannot be 1×64×48×3" in said
    assert "--input 1x3x64x48" in said


def test_a_batch_that_was_forgotten_is_put_in_front(tmp_path: Path) -> None:
    assert "--input 1x3x64x48" in refused(detector(tmp_path), "3x64x48")


def test_without_a_size_open_sides_have_names(tmp_path: Path) -> None:
    path = detector(tmp_path)
    result = CliRunner().invoke(main, ["import", path])
    assert result.exit_code == 0
    assert "input HxWx3" in result.stdout
    assert "216 parameters; H and W are open; multiply-adds depend on them" in result.stderr
    result = CliRunner().invoke(main, ["import", path, "--input", "1x3x224x224"])
    assert result.exit_code == 0
    assert "input 224x224x3" in result.stdout


def test_where_no_size_will_do_the_message_says_which_option_gives_it(tmp_path: Path) -> None:
    model = Builder()
    model.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)]
    path = tmp_path / "open.onnx"
    path.write_bytes(model.bytes(model.op("Relu", "x")))
    said = refused(str(path))
    assert "says no shape for its input 'x'" in said
    assert "--input 1x3x224x224" in said
    assert "input_size=" in said


def test_sides_that_the_file_fixes_stay(tmp_path: Path) -> None:
    said = refused(detector(tmp_path, 1, 3, 32, 32), "1x3x64x64")
    assert "the file fixes all of its sides" in said
    net = archviz.from_onnx(detector(tmp_path, 1, 3, 32, 32), (1, 3, 32, 32))
    assert net.analysis.rows[0].input_shape == (32, 32, 3)


def two_inputs(tmp_path: Path, second: str = "length") -> str:
    model = Builder(("batch", "length", 8))
    info = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", second, 8])
    model.inputs.append(info)
    path = tmp_path / "two.onnx"
    path.write_bytes(model.bytes(model.op("Add", "x", "y")))
    return str(path)


def test_sides_of_one_name_are_one_side(tmp_path: Path) -> None:
    net = archviz.from_onnx(two_inputs(tmp_path), {"x": (1, 5, 8)})
    assert net.analysis.rows[-1].output_shape == (5, 8)
    said = refused(two_inputs(tmp_path), "x=1x5x8", "y=1x6x8")
    assert "gives 'length' two sizes, 5 and 6" in said


def test_several_inputs_are_told_apart(tmp_path: Path) -> None:
    path = two_inputs(tmp_path, "other")
    said = refused(path, "1x5x8")
    assert "--input x=1x3x8 --input y=1x3x8" in said
    assert "has no input 'z'" in refused(path, "z=1x5x8")
    assert archviz.from_onnx(path, [(1, 5, 8), (1, 5, 8)]).analysis.rows[-1].output_shape == (5, 8)


def test_a_figure_is_drawn_at_once(tmp_path: Path) -> None:
    out = tmp_path / "net.svg"
    words = ["render", detector(tmp_path), "--input", "1x3x64x48", "-o", str(out)]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "64×48×3" in out.read_text()


def test_keras_sizes_have_the_channels_last(tmp_path: Path) -> None:
    start = keras_layer("InputLayer", "image", batch_shape=[None, None, None, 3])
    pool = keras_layer("GlobalAveragePooling2D", "pool", "image")
    path = tmp_path / "model.json"
    path.write_text(keras_model([start, pool], "pool", "image"))
    assert "input HxWx3" in archviz.from_onnx(str(path)).imported.text  # type: ignore[union-attr]
    assert "--input 1x64x48x3" in refused(str(path), "1x3x64x48")
    net = archviz.from_onnx(str(path), {"image": (1, 64, 48, 3)})
    assert net.analysis.rows[0].input_shape == (64, 48, 3)
