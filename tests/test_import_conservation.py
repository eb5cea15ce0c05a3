"""What a source holds against what is drawn of it: a wrong total is never called faithful."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archviz.cli.commands import main
from archviz.importers.at_sizes import import_file
from archviz.importers.constant_uses import uses_of
from archviz.importers.graphs import Op, OpGraph, Tensor
from archviz.importers.imported import Imported, import_layers
from archviz.importers.read.hdf5 import UnreadError, arrays
from archviz.importers.read.keras_live import layers_of_keras
from archviz.importers.weights import census, weights_in
from archviz.network.analysis import analyse

pytest.importorskip("onnx", reason="builds its models with the onnx package")
from hdf5 import hdf5_of
from models import Builder, keras_input, keras_layer, keras_model
from onnx import TensorProto, helper


def said(model: Builder, *ends: str, functions: Any = ()) -> Imported:
    """What an import of a model says."""
    from archviz.importers.fold.pipeline import fold_graph
    from archviz.importers.read.onnx import read_onnx_data

    data = model.bytes(*ends)
    if functions:
        import onnx

        proto = onnx.load_from_string(data)
        proto.functions.extend(functions)
        data = proto.SerializeToString()
    return import_layers(fold_graph(read_onnx_data(data, "m.onnx"), "m.onnx"), "m", "m.onnx")


def named(model: Builder, name: str, *dims: int, kind: int = TensorProto.FLOAT) -> str:
    """A weight under a name of its own."""
    model.weight(*dims, kind=kind)
    model.weights[-1].name = name
    return name


# ---- ONNX ---------------------------------------------------------------------------------------


def test_a_learned_number_is_a_weight() -> None:
    model = Builder()
    value = model.conv("x", 3, 8)
    model.weights.append(helper.make_tensor("gain", TensorProto.FLOAT, [1], [1.3]))
    found = said(model, model.op("Relu", model.op("Mul", value, "gain")))
    assert found.plain
    assert "217 parameters" in found.report


def test_a_learned_number_of_a_shortcut_is_a_weight_and_so_is_one_of_1() -> None:
    for number in (0.3, 1.0):
        model = Builder((1, 8, 16, 16))
        value = model.conv("x", 8, 8)
        model.weights.append(helper.make_tensor("gain", TensorProto.FLOAT, [1], [number]))
        found = said(model, model.op("Add", "x", model.op("Mul", value, "gain")))
        assert "577 parameters" in found.report, number
        assert found.plain


@pytest.mark.parametrize("name", ["val_7", "/block/Constant_output_0", "onnx::Mul_17", "Const__3"])
def test_numbers_of_the_code_are_none(name: str) -> None:
    model = Builder()
    model.weights.append(helper.make_tensor(name, TensorProto.FLOAT, [1], [1.3]))
    found = said(model, model.op("Mul", model.conv("x", 3, 8), name))
    assert found.plain
    assert "faithful" in found.report


def test_a_number_without_axes_is_said_to_count_for_nothing() -> None:
    model = Builder()
    number = model.constant(1.3)
    found = said(model, model.op("Mul", model.conv("x", 3, 8), number))
    assert found.faithful
    assert not found.plain
    assert f"not counted as weights: {number}, 1 number" in found.report


def test_weights_that_nothing_uses_are_named() -> None:
    model = Builder()
    end = model.conv("x", 3, 8)
    named(model, "left.over", 9, 9)
    assert "differs by 81 (used by nothing: left.over)" in said(model, end).report


def test_packed_weights_are_those_of_their_box() -> None:
    model = Builder((1, 8))
    kind = TensorProto.INT8
    names = [named(model, "packed", 8, 4, kind=kind), model.weight(4)]
    value = model.op(
        "DynamicQuantizeMatMul", "x", names[0], names[1], outputs=1, domain="com.microsoft"
    )
    found = said(model, value)
    assert found.faithful
    assert "32 parameters" in found.report


def test_four_bits_count_as_what_is_packed_in_them() -> None:
    model = Builder((1, 64))
    packed = named(model, "packed", 32, 2, 16, kind=TensorProto.UINT8)
    value = model.op(
        "MatMulNBits", "x", packed, model.weight(64), domain="com.microsoft", K=64, N=32, bits=4
    )
    found = said(model, value)
    assert found.faithful
    assert f"{64 * 32:,} parameters" in found.report


def body(name: str, *nodes: Any, weights: Any = ()) -> Any:
    out = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)
    return helper.make_graph(list(nodes), name, [], [out], list(weights))


def test_weights_in_the_bodies_of_an_operator_are_those_of_its_box() -> None:
    model = Builder()
    model.inputs.append(helper.make_tensor_value_info("flag", TensorProto.BOOL, []))
    value = model.conv("x", 3, 8)
    weight = helper.make_tensor("inner", TensorProto.FLOAT, [8, 8, 1, 1], [0.0] * 64)
    one = body("one", helper.make_node("Conv", [value, "inner"], ["a"]), weights=[weight])
    constant = helper.make_node(
        "Constant",
        [],
        ["k"],
        value=helper.make_tensor("k", TensorProto.FLOAT, [8, 1, 1], [1.0] * 8),
    )
    two = body("two", constant, helper.make_node("Mul", [value, "k"], ["b"]))
    end = model.op("If", "flag", name="choose", then_branch=one, else_branch=two)
    found = said(model, end)
    assert "differs" not in found.report
    assert "288 parameters" in found.report


def test_weights_in_a_function_count_once_and_only_where_it_is_called() -> None:
    held = helper.make_tensor("k", TensorProto.FLOAT, [8, 1, 1], [1.0] * 8)
    nodes = [
        helper.make_node("Constant", [], ["k"], value=held),
        helper.make_node("Mul", ["a", "k"], ["b"]),
    ]
    function = helper.make_function(
        "local", "Scaled", ["a"], ["b"], nodes, [helper.make_opsetid("", 17)]
    )
    model = Builder()
    value = model.conv("x", 3, 8)
    assert said(model, value, functions=[function]).plain
    for _ in range(2):
        value = model.op("Scaled", value, domain="local")
    found = said(model, value, functions=[function])
    assert "differs" not in found.report
    assert "224 parameters" in found.report


def test_what_is_quantised_counts_as_what_it_stands_for() -> None:
    model = Builder()
    scale, zero = model.constant(0.1), model.constant(0, kind=TensorProto.INT8)
    weight = model.op("DequantizeLinear", model.weight(8, 3, 3, 3, kind=3), scale, zero)
    bias = model.op("DequantizeLinear", model.weight(8, kind=6), scale)
    end = model.op("Conv", "x", weight, bias, kernel_shape=[3, 3])
    found = said(model, end)
    assert found.plain
    assert "224 parameters" in found.report


def test_a_weight_that_is_used_twice_after_different_steps_counts_once() -> None:
    model = Builder((1, 16))
    weight = model.weight(16, 16)
    scale = model.constant(0.1)
    value = "x"
    for _ in range(2):
        value = model.op("MatMul", value, model.op("Mul", weight, scale))
    found = said(model, value)
    assert found.faithful
    assert " 256 parameters, 512 multiply-adds" in found.report


def test_weights_that_are_computed_count_as_what_they_come_from() -> None:
    model = Builder()
    size, direction = named(model, "conv.g", 8, 1, 1, 1), named(model, "conv.v", 8, 3, 3, 3)
    found = said(
        model, model.op("Conv", "x", model.op("Mul", size, direction), kernel_shape=[3, 3])
    )
    assert "faithful" in found.report and " 224 parameters" in found.report
    assert "weight-norm" not in found.text  # nothing takes a norm


def test_a_power_of_whole_exponent_leaves_weights_what_they_are() -> None:
    """A window of a resampler, squared: real numbers to a power that is a whole one."""
    model = Builder((1, 1, 64))
    rows, times = named(model, "rows", 4, 1, 1), named(model, "times", 9)
    kernel = model.op("Add", rows, times)
    window = model.op("Pow", model.op("Cos", kernel), model.constant(2, kind=TensorProto.INT64))
    kernel = model.op("Mul", model.op("Mul", kernel, window), model.constant(0.5))
    found = said(model, model.op("Conv", "x", kernel, kernel_shape=[9]))
    assert "faithful" in found.report and " 13 parameters" in found.report


def test_a_weight_norm_is_where_a_norm_is_taken() -> None:
    model = Builder()
    size, direction = named(model, "conv.g", 8, 1, 1, 1), named(model, "conv.v", 8, 3, 3, 3)
    norm = model.op("ReduceL2", direction, axes=[1, 2, 3])
    weight = model.op("Mul", size, model.op("Div", direction, norm))
    found = said(model, model.op("Conv", "x", weight, kernel_shape=[3, 3]))
    assert "faithful" in found.report and " 224 parameters" in found.report
    assert "weight-norm" in found.text


def test_waves_computed_from_whole_numbers_are_no_weights() -> None:
    model = Builder((1, 8))
    rows, columns = (
        model.constant(list(range(8)), [8, 1], 7),
        model.constant([*range(8)], [1, 8], 7),
    )
    angle = model.op(
        "Mul", model.op("Cast", model.op("Mul", rows, columns), to=1), model.constant(0.8)
    )
    found = said(model, model.op("MatMul", "x", model.op("Cos", angle)))
    assert found.network is not None and " 0 parameters" in found.report
    assert "faithful" in found.report


def test_a_constant_wider_than_the_value_spreads_it() -> None:
    model = Builder((1, 1))
    found = said(model, model.op("Mul", "x", named(model, "gamma", 8)))
    assert "faithful" in found.report and " 8 parameters" in found.report
    assert "shape=8" in found.text


def test_a_bias_of_one_number_is_shared_with_its_weights() -> None:
    model = Builder((1, 1, 64, 64))
    weight, bias = named(model, "conv.weight", 1, 1, 3, 3), named(model, "conv.bias", 1)
    value = "x"
    for _ in range(3):
        value = model.op("Conv", value, weight, bias, kernel_shape=[3, 3], strides=[2, 2])
    found = said(model, value)
    assert "faithful" in found.report and " 10 parameters" in found.report


def test_a_bias_of_one_number_with_all_its_axes_is_one() -> None:
    model = Builder()
    value = model.op("Conv", "x", model.weight(1, 3, 1, 1), kernel_shape=[1, 1])
    found = said(model, model.op("Add", value, named(model, "bias", 1, 1, 1, 1)))
    assert found.plain and " 4 parameters" in found.report


def test_a_map_of_height_1_and_the_sequence_that_it_is_are_added() -> None:
    """As text recognisers do: rows of a map go through layers for sequences, and back."""
    model = Builder((1, 8, 1, 40))
    rows = model.op("Transpose", model.op("Squeeze", "x", model.ints(2)), perm=[0, 2, 1])
    mixed = model.op("MatMul", rows, model.weight(8, 8))
    value = model.op("Add", rows, mixed)
    back = model.op("Unsqueeze", model.op("Transpose", value, perm=[0, 2, 1]), model.ints(2))
    again = model.op("Conv", "x", model.weight(8, 8, 1, 1), kernel_shape=[1, 1])
    found = said(model, model.op("Relu", model.op("Add", back, again)))
    assert found.plain, found.report


def test_weights_in_a_computed_bias_are_shared_with_the_layer_that_has_them_again() -> None:
    """As an unrolled cell does, whose first state is a constant."""
    model = Builder((1, 8))
    recurrent, state = named(model, "whh", 16, 16), named(model, "h0", 1, 16)
    first = model.op("MatMul", "x", named(model, "wih", 8, 16))
    value = model.op("Tanh", model.op("Add", first, model.op("MatMul", state, recurrent)))
    found = said(model, model.op("Tanh", model.op("MatMul", value, recurrent)))
    assert "faithful" in found.report and f" {8 * 16 + 16 * 16 + 16} parameters" in found.report


def test_shapes_and_limits_are_no_weights() -> None:
    model = Builder()
    value = model.op("Clip", model.conv("x", 3, 8), model.constant(0.0), model.constant(6.0))
    value = model.op("Resize", value, "", model.constant([1.0, 1.0, 2.0, 2.0], [4]))
    value = model.op("Reshape", value, model.ints(1, -1))
    assert said(model, model.op("Softmax", value)).plain


def test_states_that_a_network_starts_from_are_no_weights_unless_they_are_named() -> None:
    for name, faithful in (("onnx::LSTM_40", True), ("memory.start", False)):
        model = Builder((5, 1, 8))
        weights = [model.weight(1, 64, 8), model.weight(1, 64, 16), model.weight(1, 128)]
        states = [named(model, name, 1, 1, 16), named(model, f"{name}1", 1, 1, 16)]
        value = model.op("LSTM", "x", *weights, "", *states, outputs=3, hidden_size=16)
        found = said(model, model.op("Squeeze", value, model.ints(1)))
        assert ("differs by 32" in found.report) is not faithful


def test_ones_and_zeros_of_a_norm_without_weights_are_none() -> None:
    model = Builder((1, 4, 8, 8))
    value = model.op("Reshape", "x", model.ints(1, 2, -1))
    fills = [named(model, "val_1", 2), named(model, "val_2", 2)]
    value = model.op("InstanceNormalization", value, *fills)
    value = model.op("Reshape", value, model.ints(1, 4, 8, 8))
    value = model.op("Mul", value, model.weight(4, 1, 1))
    found = said(model, model.op("Add", value, model.weight(4, 1, 1)))
    assert "faithful" in found.report
    assert "8 parameters" in found.report


def test_stated_shapes_are_held_against_those_of_the_layers() -> None:
    model = Builder((1, 8, 16))
    value = model.op("MatMul", "x", model.weight(16, 32))
    last = model.op("TopK", value, model.ints(2), outputs=2)
    end = model.op("Softmax", last)
    model.infos.append(helper.make_tensor_value_info(end, TensorProto.FLOAT, [1, 8, 3]))
    found = said(model, end)
    assert not found.faithful
    assert f"the file states other shapes: '{end}' is 1×8×3, the layers give 1×8×2" in found.report


def test_a_guessed_shape_is_not_called_faithful() -> None:
    model = Builder()
    end = model.op("Frobnicate", model.conv("x", 3, 8), domain="com.example")
    found = said(model, end)
    assert not found.faithful
    assert "not proven: the shapes of plain boxes are guesses: Frobnicate" in found.report
    model.infos.append(helper.make_tensor_value_info(end, TensorProto.FLOAT, [1, 8, 4, 4]))
    assert said(model, end).faithful


@pytest.mark.parametrize("name", ["aux", "side"])
def test_a_head_that_the_total_leaves_out_is_said(name: str) -> None:
    model = Builder()
    value = model.op("Relu", model.conv("x", 3, 8))
    side = model.op("Identity", model.conv(value, 8, 2, 1), gives=name)
    main_end = model.conv(model.op("Relu", model.conv(value, 8, 8)), 8, 4, 1)
    found = said(model, main_end, side)
    assert found.faithful
    left_out = "the figure's total leaves out 16 weights of auxiliary heads, as the file calls them"
    assert (left_out in found.report) is (name == "aux")
    assert found.plain is (name == "side")
    assert f"{824 if name == 'aux' else 840} parameters" in found.report


def test_weights_that_a_box_has_computed_with_may_be_those_of_a_layer_behind_it() -> None:
    """A step of a recurrent network that an exporter has unrolled, its first state a constant."""
    model = Builder((1, 8))
    state, again = model.weight(1, 16), model.weight(16, 16)
    first = model.op("MatMul", state, again)
    value = model.op("Tanh", model.op("Add", model.op("MatMul", "x", model.weight(8, 16)), first))
    value = model.op("Tanh", model.op("MatMul", value, again))
    found = said(model, model.op("MatMul", value, model.weight(16, 4)))
    assert found.faithful, found.report
    assert f"{16 + 256 + 128 + 64} parameters" in found.report


def gained(model: Builder, value: str, name: str, dims: list[int], number: float) -> str:
    model.weights.append(helper.make_tensor(name, TensorProto.FLOAT, dims, [number]))
    return model.op("Mul", model.conv(value, 3, 3), name)


@pytest.mark.parametrize(
    ("names", "dims"),
    [
        (["s0", "s1", "s2"], [1]),
        (["s0", "s1", "s2"], [1, 1, 1]),
        (["body.0.s", "body.1.s", "body.2.s"], []),
    ],
)
def test_learned_numbers_are_weights_and_no_names(names: list[str], dims: list[int]) -> None:
    model, end = Builder(), "x"
    for place, name in enumerate(names):
        end = model.op("Relu", gained(model, end, name, dims, 1.5 + place))
    found = said(model, end)
    assert found.plain, found.report
    assert f"{3 * 81 + 3} parameters" in found.report
    assert "repeat: 3" in found.text
    assert "learned number" in found.text


@pytest.mark.parametrize("number", [1.0, 1.384, 1.702])
def test_an_activation_of_a_learned_product_is_one(number: float) -> None:
    model = Builder()
    value = gained(model, "x", "gain", [1], number)
    end = model.op("Mul", value, model.op("Sigmoid", value))
    found = said(model, end)
    assert found.plain, found.report
    assert "silu weights=1" in found.text


def test_a_number_of_an_activation_is_none_of_its_weights() -> None:
    model = Builder()
    value = model.conv("x", 3, 3)
    model.weights.append(helper.make_tensor("slope", TensorProto.FLOAT, [1], [1.702]))
    end = model.op("Mul", value, model.op("Sigmoid", model.op("Mul", value, "slope")))
    found = said(model, end)
    assert found.plain, found.report
    assert "quick-gelu" in found.text
    assert "81 parameters" in found.report


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    model = Builder()
    end = model.conv("x", 3, 8)
    named(model, "left.over", 2)
    path = tmp_path / "odd.onnx"
    path.write_bytes(model.bytes(end))
    return path


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["import", "odd.onnx", "-o", "odd.yaml"], 1),
        (["render", "odd.onnx", "-o", "odd.svg"], 0),
        (["info", "odd.onnx"], 0),
        (["check", "odd.onnx"], 1),
        (["compare", "odd.onnx", "nin", "-o", "two.svg"], 0),
        (["export", "odd.onnx", "-f", "svg", "-d", "out"], 0),
    ],
)
def test_every_command_says_it(
    words: list[str], status: int, odd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(odd.parent)
    result = CliRunner().invoke(main, words)
    assert result.exit_code == status, result.output
    assert "the file holds 218 weights, the layers drawn take 216" in result.stderr
    assert "faithful" not in result.output


def test_info_says_it(odd: Path) -> None:
    result = CliRunner().invoke(main, ["info", str(odd)])
    assert "imported" in result.stdout
    assert "differs by 2" in result.stdout
    data = json.loads(CliRunner().invoke(main, ["info", str(odd), "--json"]).stdout)
    assert data["imported"]["faithful"] is False
    assert "differs by 2" in data["imported"]["report"]
    bundled = json.loads(CliRunner().invoke(main, ["info", "nin", "--json"]).stdout)
    assert "imported" not in bundled


# ---- Keras --------------------------------------------------------------------------------------


def small(*layers: dict[str, Any]) -> str:
    """A model of one input and layers in a row; each names the one before it."""
    return keras_model([keras_input(8, 8, 3), *layers], layers[-1]["name"])


def conv(name: str = "conv", source: str = "in", **config: Any) -> dict[str, Any]:
    config = {"filters": 4, "kernel_size": [3, 3], "padding": "same", **config}
    return keras_layer("Conv2D", name, source, **config)


def archive(path: Path, text: str, data: bytes, compression: int = zipfile.ZIP_STORED) -> Imported:
    with zipfile.ZipFile(path, "w", compression) as made:
        made.writestr("metadata.json", "{}")
        made.writestr("config.json", text)
        made.writestr("model.weights.h5", data)
    return import_file(str(path))


WEIGHTS = {
    "layers/conv2d/vars/0": (3, 3, 3, 4),
    "layers/conv2d/vars/1": (4,),
    "layers/batch_normalization/vars/0": (4,),
    "layers/batch_normalization/vars/1": (4,),
    "layers/batch_normalization/vars/2": (4,),
    "layers/batch_normalization/vars/3": (4,),
}
ASIDE = {"optimizer/vars/0": (9, 9), "layers/dropout/seed_generator/vars/0": (2,)}


def normed(**config: Any) -> str:
    norm = keras_layer("BatchNormalization", "bn", "conv", axis=-1)
    return small(conv(**config), norm)


def test_the_weights_of_an_archive_are_compared(tmp_path: Path) -> None:
    found = archive(tmp_path / "m.keras", normed(), hdf5_of({**WEIGHTS, **ASIDE}))
    assert found.plain
    assert "faithful" in found.report
    assert "not compared" not in found.report


def test_a_layer_of_ones_own_has_the_weights_of_its_group(tmp_path: Path) -> None:
    text = small(conv(), keras_layer("Odd", "strange", "conv"))
    held = {**dict(list(WEIGHTS.items())[:2]), "layers/odd/inner/vars/0": (5, 5)}
    found = archive(tmp_path / "m.keras", text, hdf5_of(held))
    assert "weights=25" in found.text
    assert "137 parameters" in found.report
    assert "the shapes of plain boxes are guesses: Odd" in found.report


def test_weights_that_are_in_no_layer_are_named(tmp_path: Path) -> None:
    held = {**dict(list(WEIGHTS.items())[:2]), "layers/odd/inner/vars/0": (5, 5)}
    found = archive(tmp_path / "m.keras", small(conv()), hdf5_of(held))
    assert not found.faithful
    words = "the file holds 137 weights, the layers drawn take 112: differs by 25"
    assert words in found.report
    assert "(in no layer: layers/odd/inner/vars/0)" in found.report


def test_frozen_layers_are_not_trained(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(normed(trainable=False))
    stored = archive(tmp_path / "m.keras", normed(trainable=False), hdf5_of(WEIGHTS))
    for found in (stored, import_file(str(path))):
        assert found.plain
        assert "conv 3x3 4 same frozen" in found.text
        totals = analyse(found.network).totals
        assert (totals.trainable, totals.non_trainable) == (8, 120)


@pytest.mark.parametrize("damage", ["short", "other", "packed"])
def test_weights_that_cannot_be_read_are_not_claimed(tmp_path: Path, damage: str) -> None:
    data = hdf5_of(WEIGHTS)
    data = {"short": data[:300], "other": b"what is this", "packed": data}[damage]
    packed = zipfile.ZIP_DEFLATED if damage == "packed" else zipfile.ZIP_STORED
    found = archive(tmp_path / "m.keras", normed(), data, packed)
    assert found.faithful
    assert "its weights were not compared: the file does not tell them" in found.report


def test_json_holds_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(normed())
    found = import_file(str(path))
    assert found.plain
    assert "its weights were not compared" in found.report
    path.write_text(small(conv(), keras_layer("Odd", "strange", "conv")))
    found = import_file(str(path))
    assert not found.faithful
    assert "what weights the plain boxes have is not known: Odd" in found.report
    path.write_text(small(conv(), keras_layer("Rescaling", "scale", "conv", scale=2.0)))
    assert "what weights" not in import_file(str(path)).report


class Weight:
    def __init__(self, *shape: int) -> None:
        self.shape = shape


class Live:
    """As much of a Keras model as is asked for: that Keras counts like this is Keras's affair."""

    name = "live"

    def __init__(self, count: int, fixed: int) -> None:
        self.count = count
        self.non_trainable_weights = [Weight(fixed)]
        self.layers: list[Any] = []

    def to_json(self) -> str:
        return normed()

    def count_params(self) -> int:
        return self.count


def test_a_live_model_is_compared_with_its_own_count() -> None:
    def report(count: int, fixed: int) -> str:
        return import_layers(layers_of_keras(Live(count, fixed)), "m", "m").report

    assert "faithful" in report(128, 8)
    assert "the model has 121 trainable and 8 non-trainable parameters" in report(129, 8)
    assert "the layers drawn take 120 and 8: differs by 8" in report(128, 16)


def test_hdf5_that_leads_in_a_circle_or_nowhere_is_not_read() -> None:
    data = bytearray(hdf5_of({"a/b": (2, 3)}))
    assert [(array.path, array.shape) for array in arrays(bytes(data))] == [(("a", "b"), (2, 3))]
    root = data[64:72]
    at = data.find(b"SNOD") + 8
    data[at + 8 : at + 16] = root  # the first entry is the root again
    with pytest.raises(UnreadError):
        arrays(bytes(data))
    for cut in range(0, len(data), 7):
        with pytest.raises(UnreadError):
            arrays(bytes(data[:cut]))


def test_weights_of_keras_are_read_as_h5py_writes_them() -> None:
    h5py = pytest.importorskip("h5py", reason="writes its files with h5py")
    import io

    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        for path, shape in WEIGHTS.items():
            made.create_dataset(path, shape, "f4")
    found = {"/".join(array.path): array.shape for array in arrays(file.getvalue())}
    assert found == WEIGHTS


@pytest.mark.parametrize(
    ("kind", "slots"),
    [("QLinearMatMul", {0, 3}), ("QLinearConv", {3, 8}), ("ConvInteger", {1}), ("Gather", set())],
)
def test_whole_numbers_are_weights_where_an_operator_multiplies_with_them(
    kind: str, slots: set[int]
) -> None:
    """Inputs as ONNX numbers them, from 0; scales, zero points and indices are none."""
    constants = {f"c{slot}": Tensor((2, 3), None, False) for slot in range(9)}
    op = Op(kind, "", (*constants, "x"), ("y",))
    assert set(weights_in([op], constants)) == {f"c{slot}" for slot in slots}


STEERED = {
    "Resize": "X roi scales sizes",
    "Upsample": "X scales",
    "Clip": "X min max",
    "Pad": "X pads value axes",
    "OneHot": "X depth values",
    "Range": "start limit delta",
    "Dropout": "X ratio training",
    "Gather": "X indices",
    "CastLike": "X target",
    "ConstantOfShape": "shape",
    "NonMaxSuppression": "X X boxes iou score",
    "QuantizeLinear": "X scale zero",
    "DequantizeLinear": "X scale zero",
    "QLinearConv": "X scale zero X scale zero scale zero X",
    "QLinearMatMul": "X scale zero X scale zero scale zero",
    "com.microsoft.QGemm": "X scale zero X scale zero X scale zero",
    "com.microsoft.QLinearAdd": "X scale zero X scale zero scale zero",
    "com.microsoft.QLinearMul": "X scale zero X scale zero scale zero",
    "com.microsoft.DynamicQuantizeMatMul": "X X scale zero X",
    "com.microsoft.MatMulIntegerToFloat": "X X scale scale zero zero X",
    "com.microsoft.MatMulNBits": "X X scale zero groups X",
    "com.microsoft.QAttention": "X X X scale scale mask zero zero X",
    "Add": "X X",
}
"""The inputs of operators in their order: X is data or a weight, the others steer."""


@pytest.mark.parametrize("kind", STEERED)
def test_inputs_that_steer_an_operator_are_no_weights(kind: str) -> None:
    inputs = STEERED[kind].split()
    for slot, role in enumerate(inputs):
        names = [f"v{other}" for other in range(len(inputs) + 1)]
        names[slot] = "c"
        found = uses_of([Op(kind, "", tuple(names), ("y",))], {"c": Tensor((4,))})
        assert ("c" in found.uses) is (role == "X"), (slot, role)


MOVING = (
    "Add Sub Mul Div Pow Where Neg Concat Slice Split Expand Gather Cast Transpose Reshape Tile "
    "Unsqueeze Squeeze And Identity"
)


@pytest.mark.parametrize("kind", MOVING.split())
def test_a_mask_before_scores_is_aside(kind: str) -> None:
    """Whatever moves it on the way; but not where it goes through a layer."""
    for step, scores in ((kind, True), ("Relu", False)):
        ops = (
            Op("Add", "", ("x", "mask"), ("a",)),
            Op(step, "", ("a",), ("b",)),
            Op("Softmax", "", ("b",), ("y",)),
        )
        graph = OpGraph("g", ("x",), ("y",), ops, {}, {"mask": Tensor((4,))})
        assert census(graph, set(), {}, set(), dict).aside == ({"mask": 4} if scores else {})


def test_a_constant_that_an_operator_makes_again_is_looked_at_once() -> None:
    """As in a damaged file: it is taken by a layer, and computed from another constant."""
    ops = (Op("MatMul", "", ("x", "w"), ("y",)), Op("Neg", "", ("v",), ("w",)))
    constants = {"w": Tensor((4, 4)), "v": Tensor((4, 4))}
    graph = OpGraph("g", ("x",), ("y",), ops, {}, constants)
    assert census(graph, {"w"}, constants, set(), dict).untaken == {"w": 16}


@pytest.mark.parametrize("batch", [1, 2])
def test_sides_that_hold_all_examples_are_said(batch: int) -> None:
    model = Builder((batch, 5, 16))
    rows = model.op("Transpose", "x", perm=[1, 0, 2])
    rows = model.op("Reshape", rows, model.ints(5 * batch, 16))
    found = said(model, model.op("MatMul", rows, model.weight(16, 8)))
    assert found.faithful == (batch == 1), found.report
    assert ("are of all examples, not of one" in found.report) == (batch > 1), found.report


@pytest.mark.parametrize("biased", [False, True])
def test_the_state_with_which_a_cell_begins_is_no_weight(biased: bool) -> None:
    """Zeros that an exporter writes down; the product with them is one of the file's."""
    model = Builder((1, 6))
    first, second = (
        model.op("Constant", value=helper.make_tensor("v", TensorProto.FLOAT, [1, 2], [0.0, 0.0]))
        for _ in range(2)
    )
    state = model.op("Gemm", first, model.weight(2, 2), model.weight(2))
    biases = [model.weight(2)] if biased else []
    product = model.op("Gemm" if biased else "MatMul", "x", model.weight(6, 2), *biases)
    gate = model.op("Tanh", model.op("Add", state, product))
    found = said(model, model.op("Sub", second, gate))
    assert found.faithful
    total = 2 * 2 + 2 + 6 * 2 + 2 * biased
    assert f"{total} parameters, {2 * 2 + 6 * 2} multiply-adds" in found.report
