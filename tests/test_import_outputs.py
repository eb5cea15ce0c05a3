"""Models of several outputs: all of them are outputs of the figure, and all of them count."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import prod
from typing import Any

import pytest

from archviz.api import LoadedNetwork
from archviz.importers.imported import Imported, import_layers
from archviz.importers.read.keras import read_keras_text
from archviz.network.analysis import analyse

from invariants import violations  # isort: skip
from models import Builder, keras_input, keras_layer, keras_model  # isort: skip

Build = Callable[[Builder], tuple[str, ...]]


def at_the_end(model: Builder) -> tuple[str, ...]:
    x = model.op("Relu", model.conv("x", 3, 8))
    return (
        model.op("Identity", model.conv(x, 8, 2, 1), gives="cls"),
        model.op("Identity", model.conv(x, 8, 4, 1), gives="box"),
    )


def on_the_way(model: Builder) -> tuple[str, ...]:
    first = model.conv("x", 3, 8, strides=[2, 2])
    second = model.conv(first, 8, 16, strides=[2, 2])
    return first, second, model.conv(second, 16, 32, strides=[2, 2])


def in_a_path(model: Builder) -> tuple[str, ...]:
    x = model.conv("x", 3, 8)
    inner = model.op("Relu", model.conv(x, 8, 8))
    whole = model.op("Add", model.conv(inner, 8, 8), x)
    return model.conv(whole, 8, 8), model.conv(inner, 8, 5, 1)


def from_two_places(model: Builder) -> tuple[str, ...]:
    first = model.conv("x", 3, 8)
    second = model.conv(first, 8, 8)
    both = model.op("Concat", model.conv(first, 8, 2, 1), model.conv(second, 8, 3, 1), axis=1)
    third = model.conv(model.conv(second, 8, 8), 8, 8)
    return model.conv(both, 5, 4), model.conv(model.conv(third, 8, 8), 8, 8)


def sharing_a_head(model: Builder) -> tuple[str, ...]:
    x = model.conv("x", 3, 8)
    head = model.conv(x, 8, 16)
    main = model.conv(model.conv(model.conv(x, 8, 8), 8, 8), 8, 3)
    return main, model.conv(head, 16, 2, 1), model.conv(head, 16, 4, 1)


def one_in_the_other(model: Builder) -> tuple[str, ...]:
    x = model.conv("x", 3, 8)
    coarse = model.op("Relu", model.conv(x, 8, 2, 1))
    fine = model.op("Concat", coarse, model.conv(model.conv(x, 8, 8), 8, 8), axis=1)
    return coarse, model.conv(fine, 10, 4)


def blocks(model: Builder, value: str, times: int) -> str:
    for _ in range(times):
        inner = model.conv(model.op("Relu", model.conv(value, 8, 8)), 8, 8)
        value = model.op("Relu", model.op("Add", inner, value))
    return value


def blocks_in_all(model: Builder) -> tuple[str, ...]:
    x = blocks(model, model.conv("x", 3, 8), 3)
    return model.conv(blocks(model, x, 2), 8, 2), model.conv(blocks(model, x, 2), 8, 4)


CASES: dict[str, tuple[Build, str]] = {
    "at the end": (
        at_the_end,
        "  - conv 3x3 8 relu\n  - {outputs: {cls: conv 1x1 2, box: conv 1x1 4}}\n",
    ),
    "on the way": (
        on_the_way,
        "  - conv 3x3 8 /2 pad=1 as=c1\n  - conv 3x3 16 /2 pad=1\n"
        "  - {outputs: {v2: from c1, v4: identity, v6: conv 3x3 32 /2 pad=1}}\n",
    ),
    "in a path": (in_a_path, "{residual: [conv 3x3 8 relu as=map-1, conv 3x3 8]}"),
    "from two places": (from_two_places, "{towers: [[from map-1, conv 1x1 2], conv 1x1 3]}"),
    "sharing a head": (
        sharing_a_head,
        "[conv 3x3 16 as=map-2, conv 1x1 2]\n      v14: [from map-2, conv 1x1 4]\n",
    ),
    "one in the other": (one_in_the_other, "v5: from map-1"),
    "blocks in all": (blocks_in_all, "[{repeat: 2, of: identity-block}, conv 3x3 4]"),
}


def said(build: Build) -> Imported:
    model = Builder()
    return import_layers(model.layers(*build(model)), "m", "m.onnx")


@pytest.mark.parametrize("name", CASES)
def test_every_output_counts(name: str) -> None:
    build, words = CASES[name]
    found, model = said(build), Builder()
    ends = build(model)
    assert found.plain, found.report
    assert words in found.text
    analysis = analyse(found.network)
    assert analysis.totals.parameters == sum(prod(weight.dims) for weight in model.weights)
    assert analysis.with_auxiliary is None
    assert len(analysis.outputs) == len(ends)
    assert violations(LoadedNetwork(found.network).scene()) == []


def test_names_that_are_none_are_numbers() -> None:
    model = Builder()
    x = model.conv("x", 3, 8)
    names = ["/head/Conv_output_0", "241", "ok", "output 4"]
    ends = [model.op("Identity", model.conv(x, 8, 2, 1), gives=name) for name in names]
    found = import_layers(model.layers(*ends, model.conv(x, 8, 3, 1)), "m", "m.onnx")
    shown = [name for name, _ in analyse(found.network).outputs]
    assert shown[:4] == ["output 1", "output 2", "ok", "output 4"]
    assert len(set(shown)) == 5


def test_an_output_with_an_input_of_its_own() -> None:
    model = Builder()
    model.inputs.append(Builder((1, 3, 32, 32), "y").inputs[0])
    x, y = model.conv("x", 3, 8), model.conv("y", 3, 4)
    ends = (
        model.conv(model.conv(x, 8, 8), 8, 2),
        model.conv(model.op("Concat", x, y, axis=1), 12, 2, 1),
        model.conv(model.op("Relu", y), 4, 3, 1),
    )
    found = import_layers(model.layers(*ends), "m", "m.onnx")
    assert found.plain, found.report
    assert violations(LoadedNetwork(found.network).scene()) == []


def test_the_input_itself_is_an_output() -> None:
    model = Builder()
    found = import_layers(model.layers(model.conv("x", 3, 8), "x"), "m", "m.onnx")
    assert found.plain, found.report
    assert [name for name, _ in analyse(found.network).outputs][1:] == ["x"]


def of_keras(*ends: str) -> dict[str, Any]:
    conv = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same"}
    layers = [
        keras_input(32, 32, 3),
        keras_layer("Conv2D", "body", "in", filters=8, activation="relu", **conv),
        keras_layer("GlobalAveragePooling2D", "pool", "body"),
        keras_layer("Dense", "age", "pool", units=1),
        keras_layer("Dense", "kind", "pool", units=4, activation="softmax"),
        keras_layer("Conv2D", "aux", "body", filters=2, **conv),
    ]
    tree: dict[str, Any] = json.loads(keras_model(layers, "age"))
    tree["config"]["output_layers"] = [[end, 0, 0] for end in ends]
    return tree


@pytest.mark.parametrize(
    ("ends", "parameters", "names"),
    [
        (("age", "kind"), 224 + 9 + 36, ["age", "kind"]),
        (("kind", "age", "aux"), 224 + 9 + 36, ["kind", "age"]),
        (("kind", "body"), 224 + 36, ["kind", "body"]),
    ],
)
def test_of_keras(ends: tuple[str, ...], parameters: int, names: list[str]) -> None:
    graph = read_keras_text(json.dumps(of_keras(*ends)), "model.json")
    found = import_layers(graph, "m", "model.json")
    analysis = analyse(found.network)
    assert analysis.totals.parameters == parameters, found.report
    assert [name for name, _ in analysis.outputs] == names
    assert (analysis.with_auxiliary is not None) is ("aux" in ends)
