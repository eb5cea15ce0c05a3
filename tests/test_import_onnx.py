from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest

from archviz.errors import ArchvizError
from archviz.importers.fold.pipeline import fold_graph
from archviz.importers.imported import import_layers
from archviz.importers.read.onnx import read_onnx, read_onnx_data
from archviz.importers.sources import read_model
from archviz.network.analysis import analyse

from models import Builder, helper, kinds, resnet  # isort: skip
from models import TensorProto  # isort: skip


def read(data: bytes) -> Any:
    return fold_graph(read_onnx_data(data, "test.onnx"), "test.onnx")


def message(data: bytes) -> str:
    with pytest.raises(ArchvizError) as caught:
        read(data)
    assert len(caught.value.problems) == 1
    return str(caught.value)


# ---- layers -----------------------------------------------------------------------------------


def test_a_residual_network_folds_norms_and_activations() -> None:
    model = resnet(1)
    graph = model.layers(model.nodes[-1].output[0])
    assert kinds(graph) == ["conv", "conv", "conv", "add", "global-avg-pool", "dense"]
    stem = graph.nodes[1]
    assert stem.options == {
        "kernel": (3, 3),
        "padding": "same",
        "filters": 8,
        "bias": False,
        "norm": "batch-norm",
        "activation": "relu",
    }
    assert stem.shape == (32, 32, 8)
    assert (stem.parameters, stem.fixed, stem.macs) == (27 * 8 + 32, 16, 27 * 8 * 1024)
    assert "activation" not in graph.nodes[3].options
    assert graph.nodes[4].options == {"activation": "relu"}
    assert set(graph.nodes[4].inputs) == {graph.nodes[3].id, stem.id}
    assert graph.nodes[-1].parameters == 90


def test_a_norm_whose_input_is_used_elsewhere_stays_a_layer() -> None:
    model = Builder()
    conv = model.conv("x", 3, 8)
    after = model.op("Relu", model.norm(conv, 8))
    end = model.op("Add", conv, after)
    assert kinds(model.layers(end)) == ["conv", "batch-norm", "relu", "add"]


def test_an_activation_before_the_norm_keeps_the_order() -> None:
    model = Builder()
    end = model.norm(model.op("Relu", model.conv("x", 3, 8)), 8)
    graph = model.layers(end)
    assert kinds(graph) == ["conv", "batch-norm"]
    assert graph.nodes[1].options["activation"] == "relu"


def test_a_norm_behind_a_concat_is_that_of_the_next_layer() -> None:
    model = Builder()
    one, two = model.conv("x", 3, 8), model.conv("x", 3, 4)
    end = model.conv(model.op("Relu", model.norm(model.op("Concat", one, two, axis=1), 12)), 12, 4)
    assert kinds(model.layers(end)) == ["conv", "conv", "concat", "batch-norm", "relu", "conv"]


def channels(model: Builder, value: str, kind: str, count: int) -> str:
    return model.op(kind, value, model.weight(1, 1, 1, count))


def test_channels_last_with_a_norm_written_out() -> None:
    model = Builder((1, 32, 32, 3))
    padded = model.op("Pad", "x", model.ints(0, 1, 1, 0, 0, 1, 1, 0))
    value = model.op("Transpose", padded, perm=[0, 3, 1, 2])
    value = model.conv(value, 3, 8, pads=[0, 0, 0, 0], strides=[2, 2])
    value = model.op("Transpose", value, perm=[0, 2, 3, 1])
    for kind in ("Add", "Sub", "Mul", "Add"):
        value = channels(model, value, kind, 8)
    value = model.op("Relu", value)
    end = model.op("ReduceMean", value, axes=[1, 2], keepdims=0)
    graph = model.layers(end)
    assert kinds(graph) == ["conv", "global-avg-pool"]
    assert graph.nodes[1].options == {
        "kernel": (3, 3),
        "stride": (2, 2),
        "padding": (1, 1, 1, 1),
        "filters": 8,
        "norm": "batch-norm",
        "activation": "relu",
    }
    assert graph.nodes[1].shape == (16, 16, 8)
    assert graph.nodes[1].parameters == 27 * 8 + 8 + 4 * 8


def test_a_pad_before_a_max_pool_is_a_layer() -> None:
    model = Builder()
    padded = model.op("Pad", "x", model.ints(0, 0, 1, 1, 0, 0, 1, 1))
    end = model.op("MaxPool", padded, kernel_shape=[3, 3], strides=[2, 2])
    graph = model.layers(end)
    assert kinds(graph) == ["zero-pad", "max-pool"]
    assert graph.nodes[1].options["padding"] == (1, 1, 1, 1)
    assert graph.nodes[2].shape == (16, 16, 3)


def expressions() -> dict[str, Any]:
    def silu(m: Builder, x: str) -> str:
        return m.op("Mul", x, m.op("Sigmoid", x))

    def hard_swish(m: Builder, x: str) -> str:
        three, six, zero = m.constant(3.0), m.constant(6.0), m.constant(0.0)
        return m.op("Div", m.op("Mul", x, m.op("Clip", m.op("Add", x, three), zero, six)), six)

    def gelu(m: Builder, x: str) -> str:
        half, one, root = m.constant(0.5), m.constant(1.0), m.constant(2**0.5)
        inner = m.op("Add", m.op("Erf", m.op("Div", x, root)), one)
        return m.op("Mul", m.op("Mul", x, inner), half)

    def gelu_halved(m: Builder, x: str) -> str:
        half, one, root = m.constant(0.5), m.constant(1.0), m.constant(2**0.5)
        inner = m.op("Add", m.op("Erf", m.op("Div", x, root)), one)
        return m.op("Mul", m.op("Mul", x, half), inner)

    def tanh_gelu(m: Builder, x: str) -> str:
        cube = m.op("Mul", m.op("Pow", x, m.constant(3.0)), m.constant(0.044715))
        inner = m.op("Mul", m.op("Add", x, cube), m.constant(0.7978845608))
        outer = m.op("Add", m.op("Tanh", inner), m.constant(1.0))
        return m.op("Mul", m.op("Mul", x, m.constant(0.5)), outer)

    def mish(m: Builder, x: str) -> str:
        return m.op("Mul", x, m.op("Tanh", m.op("Softplus", x)))

    def relu6(m: Builder, x: str) -> str:
        return m.op("Clip", x, m.constant(0.0), m.constant(6.0))

    return {
        "silu": silu,
        "hard-swish": hard_swish,
        "gelu": gelu,
        "gelu (halved first)": gelu_halved,
        "gelu (tanh)": tanh_gelu,
        "mish": mish,
        "relu6": relu6,
    }


@pytest.mark.parametrize("name", list(expressions()))
def test_activations_that_are_written_out(name: str) -> None:
    model = Builder()
    value = expressions()[name](model, model.conv("x", 3, 8))
    end = model.conv(value, 8, 8)
    graph = model.layers(end)
    assert kinds(graph) == ["conv", "conv"]
    assert graph.nodes[1].options["activation"] == name.partition(" ")[0]
    assert not graph.unknown


def test_an_expression_that_is_no_activation_stays_in_view() -> None:
    model = Builder()
    value = model.op("Mul", model.op("Sigmoid", model.conv("x", 3, 8)), model.constant(2.0))
    graph = model.layers(model.conv(value, 8, 8))
    assert kinds(graph) == ["conv", "op", "conv"]
    assert graph.nodes[1].options["activation"] == "sigmoid"
    assert graph.nodes[2].options["label"] == "× 2"
    assert not graph.unknown


def test_squeeze_and_excitation() -> None:
    model = Builder()
    value = model.conv("x", 3, 8)
    small = model.op("Relu", model.conv(model.op("GlobalAveragePool", value), 8, 2, 1, bias=True))
    gate = model.op("Sigmoid", model.conv(small, 2, 8, 1, bias=True))
    graph = model.layers(model.op("Mul", value, gate))
    assert kinds(graph) == ["conv", "global-avg-pool", "dense", "dense", "multiply"]
    assert graph.nodes[4].options["activation"] == "sigmoid"
    assert graph.nodes[5].shape == (32, 32, 8)


def test_depthwise_grouped_and_transposed_convolutions() -> None:
    model = Builder((1, 8, 16, 16))
    value = model.conv("x", 8, 16, group=8)
    value = model.conv(value, 16, 32, group=4)
    weight = model.weight(32, 8, 2, 2)
    end = model.op("ConvTranspose", value, weight, kernel_shape=[2, 2], strides=[2, 2])
    graph = model.layers(end)
    assert kinds(graph) == ["depthwise-conv", "conv", "conv-transpose"]
    assert graph.nodes[1].options["multiplier"] == 2
    assert graph.nodes[2].options["groups"] == 4
    assert graph.nodes[3].shape == (32, 32, 8)


def test_a_transposed_convolution_with_padding_of_its_output() -> None:
    model = Builder((1, 8, 16, 16))
    end = model.op(
        "ConvTranspose",
        "x",
        model.weight(8, 4, 3, 3),
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        output_padding=[1, 1],
    )
    graph = model.layers(end)
    assert graph.nodes[1].options["padding"] == "same"
    assert graph.nodes[1].shape == (32, 32, 4)


def test_shape_plumbing_before_a_dense_layer() -> None:
    model = Builder()
    value = model.op("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2])
    side = model.op("Gather", model.op("Shape", value), model.constant(0, (), TensorProto.INT64))
    lead = model.op("Unsqueeze", side, model.ints(0))
    target = model.op("Concat", lead, model.ints(-1), axis=0)
    flat = model.op("Reshape", value, target)
    end = model.op("Softmax", model.op("Gemm", flat, model.weight(768, 10), model.weight(10)))
    graph = model.layers(end)
    assert kinds(graph) == ["max-pool", "flatten", "dense"]
    assert graph.nodes[3].options == {"filters": 10, "activation": "softmax"}


def test_a_scaled_residual_is_one_layer_with_the_scaled_path_first() -> None:
    model = Builder((1, 8, 16, 16))
    inner = model.conv("x", 8, 8)
    end = model.op("Relu", model.op("Add", "x", model.op("Mul", inner, model.constant(0.17))))
    graph = model.layers(end)
    assert kinds(graph) == ["conv", "scaled-add"]
    assert graph.nodes[2].options == {"value": 0.17, "activation": "relu"}
    assert graph.nodes[2].inputs == (graph.nodes[1].id, "x")


def test_layer_norm_as_an_operator_and_written_out() -> None:
    model = Builder((1, 10, 8))
    one = model.op("LayerNormalization", "x", model.weight(8), model.weight(8), axis=-1)
    centred = model.op("Sub", one, model.op("ReduceMean", one, axes=[-1]))
    square = model.op("Pow", centred, model.constant(2.0))
    spread = model.op("Add", model.op("ReduceMean", square, axes=[-1]), model.constant(1e-5))
    value = model.op("Div", centred, model.op("Sqrt", spread))
    value = model.op("Mul", value, model.weight(8))
    end = model.op("Add", value, model.weight(8))
    graph = model.layers(end)
    assert kinds(graph) == ["layer-norm", "layer-norm"]
    assert [node.parameters for node in graph.nodes] == [0, 16, 16]


def attention(model: Builder, value: str, width: int, heads: int, length: int) -> str:
    parts = []
    for _ in range(3):
        part = model.op("MatMul", value, model.weight(width, width))
        part = model.op("Add", part, model.weight(width))
        part = model.op("Reshape", part, model.ints(1, length, heads, width // heads))
        parts.append(model.op("Transpose", part, perm=[0, 2, 1, 3]))
    keys = model.op("Transpose", parts[1], perm=[0, 1, 3, 2])
    scores = model.op("MatMul", parts[0], keys)
    scores = model.op("Softmax", model.op("Div", scores, model.constant(2.0)), axis=-1)
    mixed = model.op("Transpose", model.op("MatMul", scores, parts[2]), perm=[0, 2, 1, 3])
    mixed = model.op("Reshape", mixed, model.ints(1, length, width))
    return model.op(
        "Add", model.op("MatMul", mixed, model.weight(width, width)), model.weight(width)
    )


def test_attention_with_its_projections_is_one_layer() -> None:
    model = Builder((1, 10, 16))
    end = model.op("Add", "x", attention(model, "x", 16, 4, 10))
    graph = model.layers(end)
    assert kinds(graph) == ["attention", "add"]
    node = graph.nodes[1]
    assert node.options == {"count": 4}
    assert node.shape == (10, 16)
    assert node.parameters == 4 * 16 * 16 + 4 * 16
    assert node.macs == 4 * 10 * 16 * 16 + 2 * 10 * 10 * 16
    assert not graph.unknown


def test_tokens_and_positions() -> None:
    model = Builder((1, 10, 16))
    value = model.op("Concat", model.weight(1, 1, 16), "x", axis=1)
    value = model.op("Add", value, model.weight(1, 11, 16))
    end = model.op("Gather", value, model.constant(0, (), TensorProto.INT64), axis=1)
    graph = model.layers(end)
    assert kinds(graph) == ["class-token", "position", "select"]
    assert [node.parameters for node in graph.nodes] == [0, 16, 176, 0]
    assert graph.nodes[3].shape == (16,)


def test_what_is_unknown_is_a_box_and_listed() -> None:
    model = Builder()
    value = model.op("Fancy", model.conv("x", 3, 8), model.weight(8, 9), domain="my.domain")
    end = model.op("NonZero", value)
    graph = model.layers(end)
    assert kinds(graph) == ["conv", "op", "op"]
    assert graph.nodes[2].options["label"] == "Fancy"
    assert graph.nodes[2].parameters == 72
    assert graph.unknown == ("Fancy (of unstated shape)", "NonZero (of unstated shape)")


def test_control_flow_is_a_box_fed_by_what_its_inside_uses() -> None:
    model = Builder()
    inner = model.conv("x", 3, 8)
    info = helper.make_tensor_value_info("inside", TensorProto.FLOAT, None)
    branch = helper.make_graph([helper.make_node("Relu", [inner], ["inside"])], "b", [], [info])
    model.inputs.append(helper.make_tensor_value_info("flag", TensorProto.BOOL, []))
    end = model.op("If", "flag", then_branch=branch, else_branch=branch)
    graph = model.layers(end)
    assert kinds(graph) == ["input", "conv", "op-merge"]
    box = graph.nodes[-1]
    assert graph.nodes[-2].id in box.inputs
    assert graph.unknown == ("If",)
    assert box.shape == (32, 32, 8)


def test_shared_weights_count_once() -> None:
    model = Builder((1, 8, 16, 16))
    weight = model.weight(8, 8, 1, 1)
    value = model.op("Conv", "x", weight, kernel_shape=[1, 1])
    end = model.op("Conv", model.op("Relu", value), weight, kernel_shape=[1, 1])
    graph = model.layers(end)
    assert "shared" not in graph.nodes[1].options
    assert graph.nodes[2].options["shared"] is True


def test_module_paths_of_both_exporters() -> None:
    model = Builder()
    one = model.op("Relu", "x", name="/features/features.1/conv/conv.0/Relu")
    model.op("Relu", one)
    entry = model.nodes[-1].metadata_props.add()
    entry.key = "pkg.torch.onnx.name_scopes"
    entry.value = "['', 'features', 'features.1', 'features.1.act', 'relu']"
    graph = model.layers(model.nodes[-1].output[0])
    assert graph.nodes[1].scope == ("features", "1", "conv", "0")
    assert graph.nodes[2].scope == ("features", "1", "act")


def test_operators_out_of_order_are_sorted() -> None:
    model = resnet(2)
    end = model.nodes[-1].output[0]
    wanted = model.layers(end)
    model.nodes.reverse()
    assert sorted(kinds(model.layers(end))) == sorted(kinds(wanted))


def test_an_open_batch_is_no_obstacle() -> None:
    model = Builder(("batch", 3, 32, 32))
    end = model.op("Flatten", model.op("GlobalAveragePool", model.conv("x", 3, 8)))
    assert model.layers(end).nodes[-1].shape == (8,)


# ---- what is wrong ------------------------------------------------------------------------------


def test_messages() -> None:
    model = Builder((1, 3, "height", "width"))
    assert "is of open size" in message(model.bytes(model.conv("x", 3, 8)))
    model = Builder()
    assert "comes from nowhere" in message(model.bytes(model.op("Relu", "nothing")))
    model = Builder()
    model.nodes.append(helper.make_node("Relu", ["b"], ["a"]))
    model.nodes.append(helper.make_node("Relu", ["a"], ["b"]))
    assert "in a circle" in message(model.bytes("b"))
    model = Builder()
    model.nodes += [helper.make_node("Relu", ["x"], ["a"])] * 2
    assert "made twice" in message(model.bytes("a"))
    assert "made by no operator" in message(resnet().bytes("missing"))
    assert "no operators" in message(Builder().bytes("x"))
    assert "no ONNX model" in message(b"")
    assert "no ONNX model" in message(b"hello, world")


def test_every_beginning_of_a_file_is_a_message() -> None:
    model = resnet(1)
    data = model.bytes(model.nodes[-1].output[0])
    for size in range(0, len(data) - 1, 7):
        found = message(data[:size])
        assert size < 20 or "the file ends" in found


def test_an_attribute_of_the_wrong_type_is_named() -> None:
    model = Builder()
    data = model.bytes(model.op("Conv", "x", model.weight(8, 3, 3, 3), group=1.5))
    assert "the attribute 'group'" in message(data)
    model = Builder()
    end = model.op("Conv", "x", model.weight(8, 3, 3, 3), domain="mine", group=1.5)
    assert kinds(model.layers(end)) == ["op"]


def test_graphs_inside_graphs_have_an_end() -> None:
    def field(number: int, data: bytes) -> bytes:
        size, low = b"", len(data)
        while low > 127:
            size += bytes([low & 127 | 128])
            low >>= 7
        return bytes([number << 3 | 2]) + size + bytes([low]) + data

    nodes = field(1, field(1, b"x") + field(2, b"y") + field(4, b"Relu"))
    for _ in range(40):
        branch = field(5, field(1, b"then_branch") + field(6, nodes))
        nodes = field(1, field(1, b"x") + field(2, b"y") + field(4, b"If") + branch)
    data = field(7, nodes + field(11, field(1, b"x")) + field(12, field(1, b"y")))
    assert "without end" in message(data)


def fuzzed(data: bytes, source: random.Random) -> bytes:
    changed = bytearray(data)
    way = source.random()
    if way < 0.2:
        return bytes(changed[: source.randrange(len(changed))])
    if way < 0.8:
        for _ in range(source.choice((1, 2, 8))):
            changed[source.randrange(len(changed))] = source.randrange(256)
        return bytes(changed)
    at = source.randrange(len(changed))
    changed[at : at + source.randrange(40)] = source.randbytes(source.randrange(12))
    return bytes(changed)


def test_damaged_files_are_a_message_or_a_graph() -> None:
    model = resnet(2)
    seeds = [model.bytes(model.nodes[-1].output[0])]
    model = Builder((1, 10, 16))
    seeds.append(model.bytes(model.op("Add", "x", attention(model, "x", 16, 4, 10))))
    source = random.Random(4)
    outcomes = {"graph": 0, "message": 0}
    for number in range(500):
        data = fuzzed(seeds[number % 2], source)
        try:
            read(data)
            outcomes["graph"] += 1
        except ArchvizError as error:
            assert len(str(error)) < 1000
            outcomes["message"] += 1
    assert min(outcomes.values()) > 50


# ---- files --------------------------------------------------------------------------------------


def test_weights_are_not_read(tmp_path: Path) -> None:
    import tracemalloc

    model = Builder()
    weight = model.weight(3072, 2500)
    end = model.op("Gemm", model.op("Flatten", "x"), weight)
    del model.weights[0].external_data[:]
    model.weights[0].data_location = TensorProto.DEFAULT
    model.weights[0].raw_data = bytes(3072 * 2500 * 4)
    path = tmp_path / "large.onnx"
    path.write_bytes(model.bytes(end))
    tracemalloc.start()
    graph = read_model(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert graph.nodes[2].parameters == 3072 * 2500
    assert peak < 1_000_000


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ArchvizError, match="cannot be read"):
        read_onnx(str(tmp_path / "missing.onnx"))
    empty = tmp_path / "empty.onnx"
    empty.touch()
    with pytest.raises(ArchvizError, match="is empty"):
        read_onnx(str(empty))
    for name in ("model.pt", "model.h5", "model.txt"):
        with pytest.raises(ArchvizError):
            read_model(str(tmp_path / name))


def test_tied_weights_count_once_and_their_own_biases_each_time() -> None:
    model = Builder()
    value, tied = model.op("Flatten", "x"), model.weight(3072, 3072)
    for _ in range(2):
        value = model.op("Gemm", value, tied, model.weight(3072))
    layers = model.layers(value)
    assert layers.nodes[-1].options["own"] == 3072
    found = import_layers(layers, "tied", "tied.onnx")
    assert found.faithful
    assert "dense 3072 shared own=3072" in found.text
    assert analyse(found.network).totals.parameters == 3072 * 3072 + 2 * 3072


def test_a_tied_convolution_keeps_its_own_normalisation() -> None:
    model = Builder()
    tied = model.weight(3, 3, 3, 3)
    value = "x"
    for _ in range(2):
        value = model.norm(model.op("Conv", value, tied, kernel_shape=[3, 3], pads=[1] * 4), 3)
    found = import_layers(model.layers(value), "tied", "tied.onnx")
    assert found.faithful
    totals = analyse(found.network).totals
    assert (totals.trainable, totals.non_trainable) == (81 + 2 * 6, 2 * 6)


def test_reading_is_linear() -> None:
    def cost(blocks: int) -> float:
        model = resnet(blocks)
        data = model.bytes(model.nodes[-1].output[0])
        calls = 0

        def count(*_: Any) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(count)
        try:
            read(data)
        finally:
            sys.setprofile(None)
        return calls / len(model.nodes)

    assert cost(400) < 1.1 * cost(80)


def test_a_stretch_that_is_longer_than_its_message_is_noticed() -> None:
    from archviz.importers.read.onnx_wire import WireError, scan, tensor

    for reader, data in ((tensor, b"\x42\x7fab"), (scan, b"\x0a\x7fab"), (scan, b"\x0d\x01")):
        with pytest.raises(WireError, match="the file ends inside"):
            reader(data, 0, len(data))
