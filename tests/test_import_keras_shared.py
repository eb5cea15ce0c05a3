"""A Keras layer that stands in several places: counted once, or said, from every kind of file."""

from __future__ import annotations

import importlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz.importers.at_sizes import import_file
from archviz.importers.imported import import_layers
from archviz.importers.read.keras import read_keras_text

os.environ.setdefault("KERAS_BACKEND", "torch")
try:
    keras: Any = importlib.import_module("keras")
except ImportError as error:  # or what computes for it is not there
    pytest.skip(f"holds files against live models of Keras: {error}", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # what Keras and its backend warn of

layers, Input, Model, Sequential = keras.layers, keras.Input, keras.Model, keras.Sequential
UNTOLD = "whether these are one layer, the file does not say, and each counts"


def dense(name: str = "shared") -> Any:
    return layers.Dense(8, name=name)


def of(begin: Any, end: Callable[[Any], Any], name: str) -> Any:
    return Model(begin, end(begin), name=name)


def inside_and_outside() -> Any:
    one, begin = dense(), Input((8,))
    inner = of(Input((8,)), lambda x: dense("own")(one(x)), "inner")
    return Model(begin, inner(one(begin)))


def in_two_models() -> Any:
    one, begin = dense(), Input((8,))
    first, second = of(Input((8,)), one, "a"), of(Input((8,)), lambda x: one(x) + 1, "b")
    return Model(begin, second(first(begin)))


def in_rows() -> Any:
    one = dense()
    rows = [Sequential([Input((8,)), one, layers.ReLU()], name=name) for name in "ab"]
    return Sequential([Input((8,)), *rows])


def a_model_twice() -> Any:
    inner = Sequential([Input((8,)), dense(), layers.BatchNormalization()], name="inner")
    begin = Input((8,))
    return Model(begin, inner(inner(begin)))


def a_model_in_a_model() -> Any:
    inner, begin = of(Input((8,)), dense(), "inner"), Input((8,))
    outer = of(Input((8,)), lambda x: inner(inner(x)), "outer")
    return Model(begin, inner(outer(begin)))


def at_each_step() -> Any:
    one, begin = dense(), Input((5, 8))
    return Model(begin, layers.TimeDistributed(one)(one(begin)))


def at_each_step_twice() -> Any:
    one, begin = dense(), Input((5, 8))
    steps = [layers.TimeDistributed(one, name=name) for name in "ab"]
    return Model(begin, steps[1](steps[0](begin)))


def a_model_at_each_step() -> Any:
    inner, many, one = of(Input((8,)), dense(), "inner"), Input((5, 8)), Input((8,))
    return Model([many, one], [layers.TimeDistributed(inner)(many), inner(one)])


def a_cell() -> Any:
    cell, begin = layers.LSTMCell(4), Input((5, 8))
    ways = [layers.RNN(cell)(begin), layers.RNN(cell, go_backwards=True)(begin)]
    return Model(begin, ways)


def with_a_namesake() -> Any:
    one, begin = dense(), Input((8,))
    first, second = of(Input((8,)), one, "a"), of(Input((8,)), dense(), "b")
    return Model(begin, second(first(one(begin))))


def namesakes() -> Any:
    begin = Input((8,))
    return Model(begin, of(Input((8,)), dense(), "b")(of(Input((8,)), dense(), "a")(begin)))


def a_copy() -> Any:
    one, begin = layers.LSTM(4, name="shared", return_sequences=True), Input((5, 8))
    return Model(begin, [layers.Bidirectional(one)(begin), one(begin)])


MADE = (
    inside_and_outside, in_two_models, in_rows, a_model_twice, a_model_in_a_model, at_each_step,
    at_each_step_twice, a_model_at_each_step, a_cell, with_a_namesake, namesakes, a_copy,
)  # fmt: skip
CLEAR = (a_model_twice, a_copy)
"""Of these the JSON tells all."""


def parameters(net: Any) -> int:
    return int(net.analysis.totals.parameters)


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_what_is_one_layer_counts_once(make: Callable[[], Any], tmp_path: Path) -> None:
    model = make()
    wanted = model.count_params()
    found = [archviz.from_keras(model)]
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        found.append(archviz.load(str(tmp_path / name)))
    for net in found:
        assert parameters(net) == wanted
        assert net.imported.faithful, net.imported.report
    path = tmp_path / "model.json"
    path.write_text(model.to_json())
    net = archviz.load(str(path))
    assert net.imported.faithful == (make in CLEAR)
    assert (UNTOLD in net.imported.report) == (make not in CLEAR)
    assert parameters(net) == wanted or make not in CLEAR
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        path.write_bytes(archive.read("config.json"))
    if make is not namesakes:  # what has no number at all is not told from what has none
        assert parameters(archviz.load(str(path))) == wanted


def test_equal_numbers_are_said(tmp_path: Path) -> None:
    in_two_models().save(tmp_path / "model.h5")
    report = import_file(str(tmp_path / "model.h5")).report
    assert "one layer, since they have the same numbers: 'shared' in 'a' and in 'b'" in report


def test_numbers_that_tell_nothing_are_no_proof(tmp_path: Path) -> None:
    begin = Input((8,))
    norms = [of(Input((8,)), layers.BatchNormalization(name="norm"), name) for name in "ab"]
    model = Model(begin, norms[1](norms[0](begin)))
    model.save(tmp_path / "model.h5")
    found = import_file(str(tmp_path / "model.h5"))
    assert f"{UNTOLD}: 'norm' in 'a' and in 'b'" in found.report
    assert not found.faithful


def test_what_only_a_part_shares_is_said(tmp_path: Path) -> None:
    one, begin = dense(), Input((8,))
    model = Model(begin, layers.SpectralNormalization(one)(one(begin)))
    model.save(tmp_path / "model.keras")
    found = import_file(str(tmp_path / "model.keras"))
    assert not found.faithful
    text = "one layer that counts in each of its places: 'shared'"
    assert text in found.report


def old(layer: Any) -> Any:
    """A configuration as Keras 2 wrote it, without the modules of classes."""
    if isinstance(layer, list):
        return [old(one) for one in layer]
    if not isinstance(layer, dict):
        return layer
    return {key: old(one) for key, one in layer.items() if key != "module"}


@pytest.mark.parametrize(
    ("version", "numbers", "count", "told"),
    [
        ("2.15.0", (None, 3), 72, True),
        ("2.15.0", (7, 7), 72, True),
        ("2.15.0", (3, 4), 144, True),
        ("2.15.0", (None, None), 144, True),
        ("2.4.0", (None, None), 144, False),
        ("2.16.0", (None, None), 144, False),
        ("", (None, None), 144, False),
        ("", (None, 1), 72, True),
    ],
)
def test_the_numbers_of_keras_2(
    version: str, numbers: tuple[int | None, ...], count: int, told: bool
) -> None:
    model = old(json.loads(in_two_models().to_json()))
    for name, number in zip("ab", numbers, strict=True):
        inner = next(one for one in model["config"]["layers"] if one["name"] == name)
        own = next(one for one in inner["config"]["layers"] if one["name"] == "shared")
        own |= {} if number is None else {"shared_object_id": number}
    text = json.dumps({**model, "keras_version": version})
    found = import_layers(read_keras_text(text, "model.json"), "test", "test")
    assert f"{count} parameters" in found.report
    assert (UNTOLD not in found.report) == told
