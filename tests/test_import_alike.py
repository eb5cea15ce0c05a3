"""What is read once and found again: endings of operators, heads of tensors, shapes, layers."""

from __future__ import annotations

import gc

import pytest
from proofs import compare

from archviz.errors import ArchvizError
from archviz.importers.garbage_collector import without_collector
from archviz.importers.graphs import LayerGraph, LayerNode, module_path
from archviz.importers.read.onnx import HEAD, read_onnx_data

from models import Builder, TensorProto, resnet  # isort: skip


def field(number: int, payload: bytes) -> bytes:
    size = len(payload)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([number << 3 | 2]) + length + payload


def file_with(*fields: bytes) -> bytes:
    """A model whose graph has one input, one operator and the fields given."""
    value = field(1, b"x") + field(2, field(1, b"\x08\x01" + field(2, field(1, b"\x08\x04") * 2)))
    return field(7, b"".join([field(11, value), *fields, field(12, field(1, b"end"))]))


RELU = field(1, b"x") + field(2, b"end") + field(3, b"name") + field(4, b"Relu")


def test_names_may_stand_behind_what_an_operator_is() -> None:
    usual = read_onnx_data(file_with(field(1, RELU)), "m")
    turned = field(4, b"Relu") + field(3, b"name") + field(2, b"end") + field(1, b"x")
    for _ in range(2):
        other = read_onnx_data(file_with(field(1, turned)), "m")
        assert other.ops == usual.ops
    assert usual.ops[0].inputs == ("x",)


def test_names_need_not_be_ascii() -> None:
    named = RELU.replace(field(3, b"name"), field(3, "Schicht-ä/名前".encode()))
    assert read_onnx_data(file_with(field(1, named)), "m").ops[0].name == "Schicht-ä/名前"


def weights(*tensors: bytes) -> dict[str, tuple[tuple[int, ...], object]]:
    graph = read_onnx_data(file_with(field(1, RELU), *[field(5, one) for one in tensors]), "m")
    return {name: (one.shape, one.values) for name, one in graph.constants.items()}


def test_heads_of_tensors_that_are_alike() -> None:
    large, small = b"\x08\x42\x08\x40\x10\x01", b"\x08\x02\x10\x01"
    data = field(9, b"\0\0\x80\x3f\0\0\0\x40")
    long = b"n" * (HEAD + 8)
    found = weights(
        large + field(8, b"a"),
        large + field(8, b"b") + field(9, b"\0" * 300),
        large + field(8, b"c") + b"\x08\x03",
        b"\x10\x01" + field(8, long) + b"\x08\x07",
        large + field(8, long + b"2"),
        small + field(8, b"e"),
        small + field(8, b"f") + data,
        small + data + field(8, b"g"),
        small + field(8, b"h"),
    )
    sides = (66, 64)
    assert found == {
        "a": (sides, None),
        "b": (sides, None),
        "c": ((*sides, 3), None),
        long.decode(): ((7,), None),
        long.decode() + "2": (sides, None),
        "e": ((2,), None),
        "f": ((2,), (1.0, 2.0)),
        "g": ((2,), (1.0, 2.0)),
        "h": ((2,), None),
    }


def test_a_tensor_that_is_cut_off_is_noticed_though_its_head_is_known() -> None:
    head = b"\x08\x42\x08\x40\x10\x01"
    for cut in (field(8, b"b")[:-1], field(8, b"b") + b"\x4a\x7f", field(8, b"b") + b"\x08"):
        with pytest.raises(ArchvizError, match="is no ONNX model"):
            weights(head + field(8, b"a"), head + cut)


def test_shapes_between_layers_are_read_wherever_they_stand() -> None:
    value = field(1, b"mid") + field(2, field(1, field(2, field(1, b"\x08\x05"))))
    graph = read_onnx_data(file_with(field(13, value), field(1, RELU), field(13, value)), "m")
    assert graph.shapes["x"] == (4, 4)
    assert graph.shapes["mid"] == (5,)
    assert dict(graph.shapes) == {"x": (4, 4), "mid": (5,)}
    assert graph.shapes.get("other") is None
    with pytest.raises(ArchvizError, match="is no ONNX model"):
        read_onnx_data(file_with(field(13, b"\x0a\x7f"), field(1, RELU)), "m")


def test_paths_are_taken_apart() -> None:
    assert module_path("/features/features.17/conv.1/Conv") == ("features", "17", "conv", "1")
    assert module_path("Conv_3") == module_path(()) == ()
    assert module_path(("a", "b")) == ("a", "b")
    assert len(module_path("/x" * 1000)) < 100


def test_layers_that_say_the_same_share_their_options() -> None:
    model = resnet(3)
    graph = model.layers(model.nodes[-1].output[0])
    convs = [node for node in graph.nodes if node.kind == "conv"]
    # those with an activation, and the second of each block, which has none
    assert len({id(node.options) for node in convs}) == 2


def test_an_operator_without_outputs_is_dropped() -> None:
    printed = field(1, b"end") + field(4, b"Print")
    graph = read_onnx_data(file_with(field(1, RELU), field(1, printed)), "m")
    assert [op.kind for op in graph.ops] == ["Relu"]


def test_twins_that_lead_to_different_places_are_told_apart() -> None:
    shape = 8, 8, 4
    start = LayerNode("x", "input", (), {"shape": shape}, shape)
    twins = [LayerNode(name, "sigmoid", ("x",), {}, shape) for name in "ab"]
    users = [LayerNode("c", "relu", ("a",), {}, shape), LayerNode("d", "tanh", ("b",), {}, shape)]
    end = LayerNode("e", "add", ("c", "d"), {}, shape)
    one = LayerGraph("T", (start, *twins, *users, end), ("e",))
    two = LayerGraph("T", (start, *twins, *users[::-1], end), ("e",))
    assert compare(one, two) == compare(two, one) == []  # though the first twin seems to fit
    crossed = users[1]._replace(inputs=("a",))
    three = LayerGraph("T", (start, *twins, users[0], crossed, end), ("e",))
    assert "wired otherwise" in compare(one, three)[0]


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    with without_collector():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
    gc.freeze()
    try:
        with pytest.raises(ZeroDivisionError), without_collector():
            _ = 1 // 0
        assert gc.isenabled()
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_weights_of_other_types_have_their_values() -> None:
    model = Builder()
    name = model.constant(list(range(40)), [40], TensorProto.INT64)
    end = model.op("Relu", "x")
    model.op("Cast", name, to=1)
    assert read_onnx_data(model.bytes(end), "m").constants[name].values == tuple(range(40))
