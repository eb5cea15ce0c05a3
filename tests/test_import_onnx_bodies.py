"""Operators with graphs in them, and operators with several outputs: a box each, and its shape."""

from __future__ import annotations

from typing import Any

import pytest

from archviz.importers.imported import Imported, import_layers

from models import Builder, TensorProto, helper, kinds  # isort: skip

FLOAT, BOOL, INT = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64


def info(name: str, kind: int = FLOAT, shape: Any = None) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name: str, *dims: int) -> Any:
    return TensorProto(name=name, data_type=FLOAT, dims=dims)


def branch(name: str, value: str, filters: int, *, nested: bool = False) -> Any:
    """A convolution of a value from outside."""
    conv = helper.make_node("Conv", [value, f"{name}.w"], [f"{name}.c"], kernel_shape=[1, 1])
    end = helper.make_node("Relu", [f"{name}.c"], [f"{name}.y"])
    if nested:
        inner = branch(f"{name}.n", f"{name}.c", filters)
        end = helper.make_node(
            "If", ["flag"], [f"{name}.y"], then_branch=inner, else_branch=branch(
                f"{name}.m", f"{name}.c", filters)
        )  # fmt: skip
    return helper.make_graph(
        [conv, end], name, [], [info(f"{name}.y")], [weight(f"{name}.w", filters, 8, 1, 1)]
    )


def said(model: Builder, *ends: str) -> Imported:
    return import_layers(model.layers(*ends), "m", "m.onnx")


def conditional(filters: tuple[int, int], nested: bool = False) -> tuple[Builder, str]:
    model = Builder()
    model.inputs.append(info("flag", BOOL, []))
    value = model.conv("x", 3, 8)
    ways = {
        f"{word}_branch": branch(word, value, count, nested=nested)
        for word, count in zip(("then", "else"), filters, strict=True)
    }
    return model, model.op("If", "flag", **ways)


@pytest.mark.parametrize("nested", [False, True])
def test_a_condition_has_the_shape_and_all_weights_of_its_branches(nested: bool) -> None:
    model, end = conditional((8, 8), nested)
    found = said(model, model.conv(end, 8, 4))
    assert found.faithful, found.report
    assert "shape=32x32x8 label=If" in found.text
    assert f"{216 + 64 * (6 if nested else 2) + 288} parameters" in found.report


def test_branches_of_other_shapes_are_no_shape() -> None:
    model, end = conditional((8, 16))
    found = said(model, end)
    assert not found.faithful
    assert "the shapes of plain boxes are guesses: If" in found.report
    assert "408 parameters" in found.report


@pytest.mark.parametrize(("flag", "filters"), [(True, 8), (False, 16)])
def test_a_constant_condition_chooses_its_branch(flag: bool, filters: int) -> None:
    for turned in (False, True):
        model = Builder()
        value, chosen = model.conv("x", 3, 8), model.constant(flag, (), BOOL)
        ways = {"then_branch": branch("then", value, 8), "else_branch": branch("else", value, 16)}
        end = model.op("If", chosen, **dict(sorted(ways.items(), reverse=turned)))
        if turned:
            model.nodes[-1].attribute.sort(key=lambda one: one.name, reverse=True)
        found = said(model, end)
        assert found.faithful, found.report
        assert f"shape=32x32x{filters} label=If" in found.text
        assert "408 parameters" in found.report


@pytest.mark.parametrize("depth", [1, 3])
def test_the_way_that_a_constant_chooses_is_drawn_where_no_way_has_weights(depth: int) -> None:
    model = Builder()
    value = model.conv("x", 3, 8)
    flag, other = model.constant(True, (), BOOL), model.constant(False, (), BOOL)

    def way(kind: str, given: str, deep: int) -> Any:
        name = f"{kind}.{deep}"
        nodes = [helper.make_node(kind, [given], [name])]
        if deep > 1:
            both = way("Relu", name, deep - 1), way("Sigmoid", name, deep - 1)
            nodes.append(helper.make_node(
                "If", [other], [f"{name}.end"], then_branch=both[1], else_branch=both[0]
            ))  # fmt: skip
        return helper.make_graph(nodes, name, [], [info(nodes[-1].output[0])])

    ways = {"then_branch": way("Relu", value, depth), "else_branch": way("Tanh", value, 1)}
    found = said(model, model.conv(model.op("If", flag, **ways), 8, 4))
    assert found.faithful, found.report
    assert found.plain, found.report
    assert "conv 3x3 8 relu" in found.text


def loop(growing: bool) -> tuple[Builder, str]:
    model = Builder((1, 8))
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["goes.on"]),
            helper.make_node("Gemm", ["state", "w"], ["next"]),
            helper.make_node("Relu", ["next"], ["seen"]),
            helper.make_node("Concat", ["next", "next"], ["twice"], axis=1),
        ],
        "body",
        [info("n", INT, []), info("on", BOOL, []), info("state")],
        [info("goes.on", BOOL), info("twice" if growing else "next"), info("seen")],
        [weight("w", 8, 8)],
    )
    times = model.constant(5, (), INT)
    on = model.constant(True, (), BOOL)
    value = model.op("Relu", "x")
    return model, model.op("Loop", times, on, value, outputs=2, body=body, gives="turn")


def test_a_loop_keeps_the_shape_of_what_goes_round() -> None:
    model, end = loop(False)
    found = said(model, model.op("Gemm", end, model.weight(8, 3)), "turn.1")
    assert found.faithful, found.report
    assert "shape=8 label=Loop" in found.text
    assert "shape=5x1x8" in found.text
    assert "88 parameters" in found.report


def test_a_loop_of_what_grows_has_no_shape() -> None:
    model, end = loop(True)
    assert "guesses: Loop" in said(model, end).report


def test_an_open_side_in_a_body_is_no_batch() -> None:
    model = Builder((1, 8))
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["goes.on"]),
            helper.make_node("Slice", ["state", "n", "n"], ["some"]),
            helper.make_node("Relu", ["some"], ["seen"]),
        ],
        "body",
        [info("n", INT, [1]), info("on", BOOL, [])],
        [info("goes.on", BOOL, []), info("seen", FLOAT, ["rows"])],
    )
    times, on = model.constant(1, (), INT), model.constant(True, (), BOOL)
    model.op("Relu", "x", gives="state")
    end = model.op("Loop", times, on, body=body, gives="turn")
    assert "guesses: Loop" in said(model, end).report


def test_a_scan_gathers_what_each_step_gives() -> None:
    model = Builder((1, 6, 8))
    body = helper.make_graph(
        [
            helper.make_node("Add", ["sum", "one"], ["next"]),
            helper.make_node("Relu", ["next"], ["seen"]),
        ],
        "body",
        [info("sum"), info("one")],
        [info("next"), info("seen")],
    )
    rows = model.op("Squeeze", "x", model.ints(0))
    start = model.op("Squeeze", model.op("Gemm", model.op("ReduceMean", rows, model.ints(0)),
                                         model.weight(8, 8)), model.ints(0))  # fmt: skip
    model.op("Scan", start, rows, outputs=2, body=body, num_scan_inputs=1, gives="run")
    found = said(model, "run.1")
    assert "shape=6x8 label=Scan" in found.text, found.text


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ({}, (1, 6, 8)),
        ({"scan_output_axes": [1]}, (8, 6)),
        ({"scan_input_axes": [1], "scan_input_directions": [1]}, (8, 6)),
        ({"scan_input_axes": [-1], "scan_output_axes": [-1]}, (6, 8)),
    ],
)
def test_a_scan_along_other_axes(axes: dict[str, Any], shape: tuple[int, ...]) -> None:
    """What each step takes of six rows or eight columns, and gathers before or behind."""
    model = Builder((1, 6, 8))
    body = helper.make_graph(
        [helper.make_node("Relu", ["one"], ["seen"])], "body", [info("one")], [info("seen")]
    )
    rows = model.op("Squeeze", "x", model.ints(0))
    end = model.op("Scan", rows, body=body, num_scan_inputs=1, **axes)
    graph = model.layers(model.op("Reshape", end, model.ints(1, -1)))
    scan = next(node for node in graph.nodes if node.options.get("label") == "Scan")
    assert scan.shape == shape[-2:]


def test_a_scan_of_the_first_version_has_a_batch() -> None:
    model = Builder((2, 6, 8))
    body = helper.make_graph(
        [helper.make_node("Add", ["sum", "one"], ["next"]),
         helper.make_node("Identity", ["next"], ["seen"])],
        "body", [info("sum"), info("one")], [info("next"), info("seen")],
    )  # fmt: skip
    start = model.op("ReduceMean", "x", model.ints(1), keepdims=0)
    model.op("Scan", "", start, "x", outputs=2, body=body, num_scan_inputs=1, gives="run")
    graph = model.layers("run.1")
    assert graph.nodes[-1].shape == (6, 8)


def test_a_quantised_lstm_has_the_shapes_of_an_lstm() -> None:
    model = Builder((5, 1, 6))
    weights = [model.weight(1, 6, 16), model.weight(1, 4, 16), model.weight(1, 32)]
    end = model.op("DynamicQuantizeLSTM", "x", *weights, domain="com.microsoft", hidden_size=4)
    found = said(model, end)
    assert "shape=1x4x1 label=DynamicQuantizeLSTM" in found.text  # a way, four units, a batch
    assert "guesses" not in found.report


def test_two_outputs_of_an_operator_are_one_box() -> None:
    model = Builder()
    model.op("Halve", model.conv("x", 3, 8), model.weight(9), outputs=2, domain="own", gives="h")
    for name in ("h", "h.1"):
        model.infos.append(info(name, FLOAT, [1, 4, 32, 32]))
    graph = model.layers(model.op("Add", model.conv("h", 4, 4), model.conv("h.1", 4, 4)))
    assert kinds(graph) == ["conv", "op", "conv", "conv", "add"]
    halves = graph.nodes[2]
    assert halves.parameters == 9
    assert [node.inputs for node in graph.nodes[3:5]] == [(halves.id,)] * 2
    found = import_layers(graph, "m", "m.onnx")
    assert found.faithful, found.report


def test_outputs_of_other_shapes_hang_from_their_box() -> None:
    model = Builder()
    model.op("Parts", model.conv("x", 3, 8), model.weight(9), outputs=2, domain="own", gives="p")
    model.infos.append(info("p", FLOAT, [1, 4, 32, 32]))
    model.infos.append(info("p.1", FLOAT, [1, 7]))
    found = said(model, model.conv("p", 4, 4), model.op("Relu", "p.1"))
    assert found.faithful, found.report
    assert '"Parts, output 2"' in found.text
    assert f"{216 + 9 + 144} parameters" in found.report


@pytest.mark.parametrize("both", [False, True])
def test_the_same_box_may_be_taken_twice_by_one(both: bool) -> None:
    model = Builder()
    model.op("Halve", model.conv("x", 3, 8), outputs=2, domain="own", gives="h")
    for name in ("h", "h.1"):
        model.infos.append(info(name, FLOAT, [1, 4, 32, 32]))
    found = said(model, model.op("Concat", "h", "h.1" if both else "h", axis=1))
    assert "{towers: [identity, identity]}" in found.text
    assert found.faithful, found.report
