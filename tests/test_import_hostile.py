"""Models that are damaged, hostile, or odd: one message or a figure, and nothing half-written."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.language.expand import network_from_text
from archviz.network.analysis import analyse

from models import Builder, TensorProto, helper, keras_input, keras_layer, keras_model  # isort: skip
from models import onnx, resnet  # isort: skip
import model_seeds  # isort: skip


def message(path: Path, data: bytes | str | None = None) -> str:
    """What the command says of a file that it refuses; both commands say it once."""
    if data is not None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    said = set()
    for command, output in (("import", "out.yaml"), ("render", "out.svg")):
        target = path.parent / output
        target.unlink(missing_ok=True)
        result = CliRunner().invoke(main, [command, str(path), "-o", str(target)])
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        assert not target.exists()
        said.add(result.stderr)
    assert len(said) == 1
    text = said.pop()
    assert text.startswith(f"{path}: ")
    assert text.count("\n") == 1 + text.count("    hint: ")
    return text


def shown(path: Path, data: bytes | str | None = None) -> str:
    """The report on a file that is drawn; the spec is one, and so is the picture."""
    if data is not None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    imported = import_file(str(path))
    analyse(network_from_text(imported.text, "out.yaml"))
    target = path.parent / "out.svg"
    result = CliRunner().invoke(main, ["render", str(path), "-o", str(target)])
    assert result.exit_code == 0, result.output
    assert result.stderr == ("" if imported.plain else f"{imported.report}\n")
    ElementTree.parse(target)
    return imported.report


@pytest.mark.long
def test_a_fuzzer_finds_nothing(tmp_path: Path) -> None:
    fuzz_models = pytest.importorskip("fuzz_models", reason="the alarm and limits of Unix")
    outcome = fuzz_models.fuzz(400, tmp_path, seed=7)
    assert not outcome.findings, outcome.first
    assert min(outcome.accepted, outcome.rejected) > 50


@pytest.mark.parametrize("build", [*model_seeds.ONNX, *model_seeds.KERAS], ids=lambda f: f.__name__)
def test_the_models_that_it_damages_are_sound(build: Any, tmp_path: Path) -> None:
    data = build()
    suffix = "onnx" if isinstance(data, bytes) else "json"
    report = shown(tmp_path / f"model.{suffix}", data)
    assert "the same" in report  # unless it says what could not be proven, it is faithful
    assert "faithful" in report or "not proven" in report
    assert "differs" not in report


# ---- files --------------------------------------------------------------------------------------


def test_files_that_are_no_models(tmp_path: Path) -> None:
    for name in ("model.onnx", "model.keras", "model.pt", "model.pkl", "model.h5"):
        assert "hint: " in message(tmp_path / name, "hello\n" * 20)
    for name in ("empty.onnx", "empty.keras"):
        assert "hint: " in message(tmp_path / name, b"")
    folder = tmp_path / "folder.onnx"
    folder.mkdir()
    if os.name != "posix":
        return  # other words, and links only for administrators
    for command in ("import", "render"):
        assert "this is a folder" in CliRunner().invoke(main, [command, str(folder)]).stderr
    loop = tmp_path / "loop.onnx"
    loop.symlink_to(loop)
    assert "too many levels of symbolic links" in message(loop)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    for name in ("pipe.onnx", "pipe.keras"):
        os.mkfifo(tmp_path / name)
        assert "no file on a disk" in message(tmp_path / name)


def test_two_gigabytes_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sparse.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)
    assert "a field with the number 0" in message(path)


def varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def with_length(number: int, data: bytes, more: int = 0) -> bytes:
    return varint(number << 3 | 2) + varint(len(data) + more) + data


def test_a_weight_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    import tracemalloc

    size = 3 * 2**30
    tensor = TensorProto(data_type=1, dims=[256, size // 1024]).SerializeToString()
    tensor += varint(9 << 3 | 2) + varint(size)
    value = with_length(1, b"value") + with_length(5, tensor, size)
    node = with_length(2, b"w") + with_length(4, b"Constant") + with_length(5, value, size)
    model = Builder((1, 256))
    other = onnx.ModelProto.FromString(model.bytes(model.op("MatMul", "x", "w"))).graph
    graph = other.SerializeToString() + with_length(1, node, size)
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.write(with_length(7, graph, size))
        file.truncate(file.tell() + size)
    tracemalloc.start()
    assert f"{size // 4:,} parameters" in shown(path)
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


def test_millions_of_parts_come_to_an_end(tmp_path: Path) -> None:
    assert "millions of parts" in message(tmp_path / "a.onnx", b"\x08\x01" * 1_100_000)
    body = b"\x01" * 3_000_000
    graph = with_length(5, with_length(1, body))
    assert "more than 64 axes" in message(tmp_path / "b.onnx", with_length(7, graph))


def test_zips_that_are_bombs_or_locked(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b"[" + b"{}," * 4_100_000 + b"{}]")
    assert "millions of lists" in message(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(65 * 2**20))
    data = bytearray(path.read_bytes())
    assert "more than 64 MB" in message(path)
    at = data.rfind(b"PK\x01\x02") + 24
    data[at : at + 4] = (1000).to_bytes(4, "little")  # what it says to hold is less
    assert "hint: " in message(path, bytes(data))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", model_seeds.functional())
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in message(path, bytes(data))


def test_nothing_is_written_where_that_fails(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(model_seeds.residual())
    old = tmp_path / "old.yaml"
    old.write_text("old")
    for target in (tmp_path / "none" / "y.yaml", tmp_path):
        result = CliRunner().invoke(main, ["import", str(model), "-o", str(target)])
        assert (result.exit_code, result.stdout) == (1, "")
        assert re.search(r"cannot be written|is a directory", result.stderr)
    model.write_bytes(model.read_bytes()[:100])
    result = CliRunner().invoke(main, ["import", str(model), "-o", str(old)])
    assert result.exit_code == 1
    assert old.read_text() == "old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["model.onnx", "old.yaml"]


# ---- what is in them ----------------------------------------------------------------------------

NASTY = (
    "a: b",
    "- x",
    "#c",
    '"q"',
    "'s'",
    "new\nline",
    "tab\there",
    "nul\x00x",
    "e\x1b[31m",
    "\u202ertl",
    "漢字",
    "😀",
    "{a: [b",
    "&a",
    "*a",
    "!t",
    "%d",
    "null",
    "~",
    "yes",
    "a\\n",
    "<svg onload=x>",
    "</text>",
    "]]>",
    "x" * 3000,
    "\ufeff",
    "\x85",
    "\u2028",
    "\x7f",
    " ",
)


def test_names_of_all_kinds(tmp_path: Path) -> None:
    model = Builder(name=NASTY[0])
    value = model.conv(NASTY[0], 3, 8)
    for number, name in enumerate(NASTY):
        model.nodes.append(helper.make_node(name, [value], [f"{name}{number}"], name=name))
        value = f"{name}{number}"
    path = tmp_path / "new\nline: \x1b[1m#.onnx"
    report = shown(path, model.bytes(value))
    assert report.isprintable()
    assert f"the same {len(NASTY) + 2} layers" in report
    text = import_file(str(path)).text
    assert all(line.isprintable() for line in text.split("\n"))
    assert "nul?x" in text
    assert '"new line"' in text or "new line" in text


def test_names_of_inputs_and_of_keras_layers(tmp_path: Path) -> None:
    model = Builder(name='in\n: "\x1b')
    model.inputs.append(helper.make_tensor_value_info("<b>&\x00\u202e\"'", 1, [1, 12]))
    value = model.op("GlobalAveragePool", model.conv(model.inputs[0].name, 3, 8))
    other = model.op("Gemm", model.inputs[1].name, model.weight(8, 12), transB=1)
    end = model.op("Concat", model.op("Flatten", value), other, axis=1)
    assert "6 layers" in shown(tmp_path / "inputs.onnx", model.bytes(end))
    tree = json.loads(model_seeds.words())
    tree["config"]["layers"][-2]["class_name"] = 'Fun\n: "\udc80'
    tree["config"]["layers"][-3]["config"]["activation"] = "my\x00 act"
    tree["config"]["layers"][-1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = (
        "fun"
    )
    report = shown(tmp_path / "words.json", json.dumps(tree))
    assert 'Fun : "?' in report
    assert "my? act" in report


def test_outputs_of_all_sizes(tmp_path: Path) -> None:
    model = Builder()
    one = model.conv("x", 3, 8)
    two = model.conv(one, 8, 8, strides=[2, 2])
    three = model.conv(two, 8, 4, strides=[2, 2])
    odd = model.op(
        "Fancy",
        model.op("Add", three, model.op("MaxPool", two, kernel_shape=[2, 2], strides=[2, 2])),
    )
    last = model.op("Relu", odd, name="outputs")
    report = shown(tmp_path / "m.onnx", model.bytes(model.conv(one, 8, 4), last, two, "x"))
    assert "differs" not in report
    assert "not proven: the shapes of plain boxes are guesses: Add, Fancy" in report


def test_odd_ends(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = Builder()
    assert "faithful" in shown(path, model.bytes(model.op("Identity", "x")))
    assert "has no layer" in message(path, model.bytes("x"))
    assert "no operators" in message(path, Builder().bytes("x"))
    model = Builder(("N", 3, "height", "width"))
    assert "H and W are open" in shown(path, model.bytes(model.conv("x", 3, 8)))
    model = Builder()
    model.nodes += [helper.make_node("Relu", [a], [b]) for a, b in ("ab", "ba")]
    assert "in a circle" in message(path, model.bytes("b"))


def test_functions_texts_and_equal_names(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = Builder()
    value = model.op("Own", model.conv("x", 3, 8), domain="local")
    whole = onnx.ModelProto.FromString(model.bytes(model.conv(value, 8, 4)))
    inner = [helper.make_node("Relu", ["a"], ["b"])]
    opsets = [helper.make_opsetid("", 17)]
    whole.functions.append(helper.make_function("local", "Own", ["a"], ["b"], inner, opsets))
    assert "faithful: the same 3 layers" in shown(path, whole.SerializeToString())
    model = Builder()
    model.weights.append(helper.make_tensor("words", TensorProto.STRING, [2], [b"a", b"b"]))
    end = model.op("StringConcat", model.conv("x", 3, 8), "words")
    assert "StringConcat" in shown(path, model.bytes(end))
    model = Builder()
    end = model.op("Tanh", model.op("Sigmoid", model.conv("x", 3, 8), name="a"), name="a")
    assert "faithful" in shown(path, model.bytes(end))


# ---- sizes and wires that cannot be -------------------------------------------------------------


@pytest.mark.parametrize(
    "attributes",
    [
        {"strides": [0, 1]},
        {"strides": [1]},
        {"pads": [-3, 4, -2, -3]},
        {"pads": [1, 1, 1]},
        {"dilations": [1, -1]},
        {"kernel_shape": [5, 5]},
    ],
)
def test_windows_that_cannot_be(attributes: dict[str, Any], tmp_path: Path) -> None:
    model = Builder()
    wanted = {"kernel_shape": [3, 3], **attributes}
    end = model.op("Conv", "x", model.weight(8, 3, 3, 3), **wanted)
    assert "makes no sense" in message(tmp_path / "model.onnx", model.bytes(end))
    model = Builder()
    end = model.op("MaxPool", "x", **wanted)
    if not {"dilations", "kernel_shape"} & {*attributes}:
        assert "makes no sense" in message(tmp_path / "model.onnx", model.bytes(end))


@pytest.mark.parametrize(
    ("layer", "option"),
    [
        ("words", "input_dim"),
        ("words", "output_dim"),
        ("mha", "num_heads"),
        ("mlp", "units"),
    ],
)
def test_sizes_that_cannot_be(layer: str, option: str, tmp_path: Path) -> None:
    tree = json.loads(model_seeds.words())
    for one in tree["config"]["layers"]:
        if one["name"] == layer:
            one["config"][option] = -1
    assert "makes no sense" in message(tmp_path / "model.json", json.dumps(tree))


def test_truth_is_no_size(tmp_path: Path) -> None:
    tree = json.loads(model_seeds.sequential())
    tree["config"]["layers"][1]["config"]["kernel_size"] = True
    report = shown(tmp_path / "kernel.json", json.dumps(tree))
    assert "the same" in report
    assert "differs" not in report
    tree["config"]["layers"][0]["config"]["batch_shape"][1] = True
    assert "is open" in shown(tmp_path / "side.json", json.dumps(tree))


def test_a_window_of_another_rank_is_no_layer_of_ours(tmp_path: Path) -> None:
    model = Builder((1, 8, 32, 32))
    value = model.op("Conv", "x", model.weight(8, 8, 3), kernel_shape=[3])
    assert "Conv (of unstated shape)" in shown(tmp_path / "model.onnx", model.bytes(value))


def test_a_pooling_over_what_is_not_the_batch(tmp_path: Path) -> None:
    model = Builder((12, 1, 6))
    weights = model.weight(1, 32, 6), model.weight(1, 32, 8)
    value = model.op("LSTM", "x", *weights, outputs=2, hidden_size=8)
    value = model.op("GlobalAveragePool", model.op("Squeeze", value, model.ints(1)))
    report = shown(tmp_path / "model.onnx", model.bytes(value))
    assert "drawn as plain boxes: GlobalAveragePool" in report
    assert "faithful" in report


@pytest.mark.parametrize("hidden", [0, -8])
def test_a_recurrent_layer_without_size_is_a_plain_box(hidden: int, tmp_path: Path) -> None:
    model = Builder((12, 1, 6))
    weights = model.weight(1, 32, 6), model.weight(1, 32, 8)
    value = model.op("LSTM", "x", *weights, outputs=2, hidden_size=hidden)
    assert "LSTM (of unstated shape)" in shown(tmp_path / "model.onnx", model.bytes(value))


def test_an_upsampling_to_nothing_is_a_message(tmp_path: Path) -> None:
    layer = keras_layer("UpSampling2D", "up", "in", size=[0, 0])
    text = keras_model([keras_input(8, 8, 3), layer], "up")
    path = tmp_path / "model.json"
    assert "a size of less than 1" in message(path, text.encode())


def test_layers_beyond_all_size(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = Builder((1, 3, 2**62, 32))
    assert "larger than a layer can be" in message(path, model.bytes(model.conv("x", 3, 8)))
    model = Builder((1, 10))
    end = model.op("Fancy", "x", model.weight(2**40, 2**20))
    assert "larger than a layer can be" in message(path, model.bytes(end))


def test_an_axis_that_is_added_twice(tmp_path: Path) -> None:
    model = Builder()
    end = model.op("Unsqueeze", model.conv("x", 3, 8), model.ints(0, 0))
    assert "Unsqueeze" in shown(tmp_path / "model.onnx", model.bytes(end))


def test_one_value_of_a_vector(tmp_path: Path) -> None:
    model = Builder((12,))
    first = model.constant(0, (), TensorProto.INT64)
    end = model.op("Relu", model.op("Gather", "x", first, axis=0))
    assert "3 layers" in shown(tmp_path / "model.onnx", model.bytes(end))


def test_a_resize_of_the_channels_is_no_upsampling(tmp_path: Path) -> None:
    model = Builder()
    scales = model.constant([1.0, 2.0, 2.0, 2.0], [4])
    end = model.op("Resize", model.conv("x", 3, 8), "", scales)
    assert "op shape=64x64x16 label=upsample" in import_text(tmp_path, model.bytes(end))


def import_text(folder: Path, data: bytes) -> str:
    (folder / "model.onnx").write_bytes(data)
    return import_file(str(folder / "model.onnx")).text


def test_a_mistake_of_ours_would_be_a_message() -> None:
    from archviz.importers.fold import pipeline
    from archviz.importers.read import onnx

    def handler(state: Any, op: Any) -> bool:
        raise AssertionError

    model = resnet(1)
    graph = onnx.read_onnx_data(model.bytes(model.nodes[-1].output[0]), "model.onnx")
    with pytest.raises(ArchvizError, match="makes no sense: wrong inputs"):
        pipeline.fold_graph(graph, "model.onnx", {"Conv": handler})
