"""Live Keras models, and the files that Keras writes of them; skipped where Keras is not there."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz.errors import ArchvizError
from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import Imported, import_layers
from archviz.importers.read.keras import read_keras, read_keras_text
from archviz.importers.read.keras_hdf5 import read_keras_hdf5
from archviz.importers.read.keras_live import layers_of_keras
from archviz.network.analysis import analyse

os.environ.setdefault("KERAS_BACKEND", "torch")
try:
    keras = importlib.import_module("keras")
except ImportError as error:  # or what computes for it is not there
    pytest.skip(f"reads live models of Keras: {error}", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # what Keras and its backend warn of

layers, Input, Model, Sequential = keras.layers, keras.Input, keras.Model, keras.Sequential


def encoder() -> Any:
    begin = Input((16,))
    value = layers.Dense(12)(begin)
    return Model(begin, layers.Dense(8, activation="relu")(value), name="encoder")


def siamese() -> Any:
    inner, one, two = encoder(), Input((16,)), Input((16,))
    both = layers.Concatenate()([inner(one), inner(two)])
    return Model([one, two], layers.Dense(1)(both))


def shared_row() -> Any:
    row = Sequential([Input((16,)), layers.Dense(8), layers.BatchNormalization(), layers.Dense(4)])
    one, two = Input((16,)), Input((16,))
    return Model([one, two], layers.Add()([row(one), row(two)]))


def deep() -> Any:
    begin = Input((16,))
    model = Model(begin, layers.Dense(16)(begin))
    for level in range(5):
        begin = Input((16,))
        value = layers.Dense(16, name=f"dense-{level}")(model(begin))
        model = Model(begin, value, name=f"level-{level}")
    return model


def called_twice() -> Any:
    begin, inner = Input((16,)), deep()
    return Model(begin, layers.Dense(2)(inner(inner(begin))))


def two_ends_inside() -> Any:
    begin = Input((8,))
    inner = Model(begin, [layers.Dense(3)(begin), layers.Dense(5)(begin)], name="two")
    outer = Input((8,))
    one, two = inner(outer)
    return Model(outer, layers.Concatenate()([two, one]))


def by_names() -> Any:
    one, two = Input((4,), name="zeta"), Input((6,), name="alpha")
    ends = {"second": layers.Dense(3)(one), "first": layers.Dense(2)(two)}
    inner = Model({"zeta": one, "alpha": two}, ends, name="inner")
    left, right = Input((4,)), Input((6,))
    found = inner({"zeta": left, "alpha": right})
    both = layers.Concatenate()([layers.Dense(7)(found["second"]), found["first"]])
    return Model([left, right], both)


def frozen_model() -> Any:
    inner, one, two = encoder(), Input((16,)), Input((16,))
    model = Model([one, two], layers.Dense(1)(layers.Concatenate()([inner(one), inner(two)])))
    inner.trainable = False
    return model


def frozen_norm() -> Any:
    begin = Input((8, 8, 3))
    norm = layers.BatchNormalization(trainable=False)
    return Model(begin, layers.Dense(2)(norm(layers.Conv2D(4, 3)(begin))))


def frozen_conv() -> Any:
    begin, conv = Input((8, 8, 3)), layers.Conv2D(4, 3, trainable=False)
    value = layers.BatchNormalization()(conv(begin))
    return Model(begin, layers.Activation("relu")(value))


def frozen_and_shared() -> Any:
    begin, conv = Input((8, 8, 4)), layers.Conv2D(4, 3, padding="same", trainable=False)
    return Model(begin, layers.Add()([conv(begin), conv(layers.ReLU()(begin))]))


def frozen_steps() -> Any:
    begin, steps = Input((4, 8, 8, 3)), layers.TimeDistributed(layers.Conv2D(4, 3))
    model = Model(begin, steps(begin))
    steps.trainable = False
    return model


def model_at_each_step() -> Any:
    inner = Sequential([
        Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(),
        layers.GlobalAveragePooling2D(), layers.Dense(5),
    ])  # fmt: skip
    begin = Input((4, 8, 8, 3))
    return Model(begin, layers.LSTM(3)(layers.TimeDistributed(inner)(begin)))


def states() -> Any:
    begin = Input((5, 4))
    whole, *last = layers.LSTM(6, return_sequences=True, return_state=True)(begin)
    return Model(begin, layers.Dense(2)(layers.LSTM(6)(whole, initial_state=last)))


def states_of_both() -> Any:
    begin = Input((5, 4))
    found = layers.Bidirectional(layers.LSTM(3, return_state=True))(begin)
    return Model(begin, layers.Concatenate()([found[0], found[1], found[4]]))


def row_of_cells() -> Any:
    cells = [layers.LSTMCell(3), layers.GRUCell(5)]
    begin = Input((5, 4))
    return Model(begin, layers.RNN(cells, return_sequences=True)(begin))


def masked_attention() -> Any:
    begin, mask = Input((7, 6)), Input((7, 7))
    attention = layers.MultiHeadAttention(2, 3)
    return Model([begin, mask], attention(begin, begin, attention_mask=mask))


def tied_words() -> Any:
    begin, words = Input((9,)), layers.ReversibleEmbedding(20, 6)
    return Model(begin, words(layers.Dense(6)(words(begin)), reverse=True))


def channels_first() -> Any:
    begin = Input((3, 12, 10))
    value = layers.Conv2D(6, 3, data_format="channels_first")(begin)
    value = layers.BatchNormalization(axis=1)(value)
    value = layers.MaxPooling2D(2, data_format="channels_first")(value)
    return Model(begin, layers.Dense(3)(layers.Flatten()(value)))


def arithmetic() -> Any:
    begin = Input((8, 8, 3))
    value = layers.Conv2D(4, 3)(2 - (begin * 2 + 1) / 3.0)
    return Model(begin, layers.Multiply()([value, layers.ReLU(6.0)(value + 3.0) * (1 / 6)]))


MODELS = (
    siamese, shared_row, deep, called_twice, two_ends_inside, by_names, frozen_model, frozen_norm,
    frozen_conv, frozen_and_shared, frozen_steps, model_at_each_step, states, states_of_both,
    row_of_cells, masked_attention, tied_words, channels_first, arithmetic,
)  # fmt: skip


def weights_of(model: Any) -> tuple[int, int]:
    return model.count_params(), sum(prod(one.shape) for one in model.trainable_weights)


def compared(graph: LayerGraph, model: Any) -> Imported:
    """The import of a graph, which has the numbers and the shapes of the model."""
    imported = import_layers(graph, "test", "test")
    totals = analyse(imported.network).totals
    assert (totals.parameters, totals.trainable) == weights_of(model), imported.report
    shapes = {node.id: node.shape for node in graph.nodes}
    wanted = [tuple(one.shape[1:]) for one in model.outputs]
    assert [shapes[name] for name in graph.outputs] == wanted
    return imported


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_models_live_and_from_files(make: Callable[[], Any], tmp_path: Path) -> None:
    model = make()
    assert compared(layers_of_keras(model), model).plain
    assert compared(read_keras_text(model.to_json(), "model.json"), model).plain
    model.save(tmp_path / "model.keras")
    stored = compared(read_keras(str(tmp_path / "model.keras")), model)
    assert stored.plain
    assert "not compared" not in stored.report


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_models_in_hdf5_files(make: Callable[[], Any], tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="HDF5 files are read by h5py")
    model = make()
    path = tmp_path / "model.h5"
    model.save(path)
    found = compared(read_keras_hdf5(str(path)), model)
    assert found.plain
    assert "not compared" not in found.report


def test_a_hard_swish_in_its_parts_is_one() -> None:
    assert "conv 3x3 4 hard-swish" in archviz.from_keras(arithmetic()).imported.text


# ---- code of one's own -------------------------------------------------------------------------


class Residual(layers.Layer):  # type: ignore[misc, name-defined]
    """A block whose code connects its layers."""

    def __init__(self, filters: int, **options: Any) -> None:
        super().__init__(**options)
        self.one = layers.Conv2D(filters, 3, padding="same")
        self.norm = layers.BatchNormalization()
        self.two = layers.Conv2D(filters, 3, padding="same")

    def call(self, value: Any, training: bool = False) -> Any:
        inner = keras.ops.relu(self.norm(self.one(value), training=training))
        return keras.ops.relu(value + self.two(inner))


class Scale(layers.Layer):  # type: ignore[misc, name-defined]
    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")
        self.still = self.add_weight(shape=(3,), name="still", trainable=False)

    def call(self, value: Any) -> Any:
        return value * self.factor


class Net(keras.Model):  # type: ignore[misc, name-defined]
    def __init__(self) -> None:
        super().__init__()
        self.stem = layers.Conv2D(8, 3)
        self.blocks = [Residual(8) for _ in range(3)]
        self.head = layers.Dense(5)
        self.drop = layers.Dropout(0.3)

    def build(self, shape: Any) -> None:
        self.gain = self.add_weight(shape=(8,), name="gain")
        super().build(shape)

    def call(self, value: Any, training: bool = False) -> Any:
        value = self.stem(value)
        for block in self.blocks:
            value = block(value, training=training)
        value = keras.ops.mean(value, axis=(1, 2)) * self.gain
        return self.head(self.drop(value, training=training))


def test_a_model_with_code_of_its_own_is_followed() -> None:
    model = Net()
    model(keras.ops.zeros((2, 20, 20, 3)))
    before = [len(layer._inbound_nodes) for layer in model.layers]
    net = archviz.from_keras(model)
    assert [len(layer._inbound_nodes) for layer in model.layers] == before
    assert net.imported is not None
    assert net.imported.plain, net.imported.report
    totals = net.analysis.totals
    assert (totals.parameters, totals.trainable) == weights_of(model)
    assert "repeat: 3" in net.imported.text


def test_a_model_that_is_not_built_says_what_to_do() -> None:
    with pytest.raises(ArchvizError, match="call the model once"):
        archviz.from_keras(Net())


def test_code_that_cannot_be_followed_is_said() -> None:
    class Odd(keras.Model):  # type: ignore[misc, name-defined]
        def call(self, value: Any) -> Any:
            return value.nothing

    model = Odd()
    model.built = True
    model._build_shapes_dict = {"value_shape": (1, 4)}
    with pytest.raises(ArchvizError, match="cannot be followed"):
        archviz.from_keras(model)


def test_a_layer_of_ones_own_is_a_box_with_its_weights(tmp_path: Path) -> None:
    begin = Input((8, 8, 4))
    model = Model(begin, layers.Dense(2)(Scale()(layers.Conv2D(8, 3)(begin))))
    net = archviz.from_keras(model)
    assert net.imported is not None
    assert net.imported.faithful
    assert "weights=11 untrained=3" in net.imported.text
    assert (net.analysis.totals.parameters, net.analysis.totals.trainable) == weights_of(model)
    model.save(tmp_path / "model.keras")
    stored = import_layers(read_keras(str(tmp_path / "model.keras")), "test", "test")
    assert "325 parameters" in stored.report
    assert "which weights are trained, the file does not say of: Scale" in stored.report


def test_blocks_of_ones_own_are_opened() -> None:
    begin = Input((16, 16, 8))
    value = begin
    for _ in range(3):
        value = Residual(8)(value)
    model = Model(begin, layers.Dense(4)(layers.GlobalAveragePooling2D()(value)))
    net = archviz.from_keras(model)
    assert net.imported is not None
    assert net.imported.plain
    assert "batch-norm relu" in net.imported.text


def test_variables_in_no_layer_are_named() -> None:
    begin = Input((4,))

    class Extra(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(begin, layers.Dense(3)(begin))
            self.left_over = self.add_weight(shape=(7,), name="left_over")

    model = Extra()
    net = archviz.from_keras(model)
    assert net.imported is not None
    assert not net.imported.faithful
    assert "differs by 7 (in no layer: " in net.imported.report
    assert "left_over" in net.imported.report


OUTSIDE = {
    "Layer", "InputLayer", "InputSpec", "Wrapper", "TimeDistributed", "Pipeline",
    "FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper", "Lambda", "MaxNumBoundingBoxes",
    "GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells",
}  # fmt: skip
"""Classes that are read otherwise, or that have other code inside."""


def test_every_class_of_keras_is_known() -> None:
    from archviz.importers.fold.keras_rules import RULES

    found = {one.__name__ for one in vars(layers).values() if isinstance(one, type)}
    assert found - set(RULES) - OUTSIDE <= {"GroupedQueryAttention"}


# ---- layers drawn by lot -----------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.timeout(900)
def test_layers_with_options_by_lot() -> None:
    cases = importlib.import_module("keras_cases")
    benchmark = importlib.import_module("benchmark_keras_layers")
    random = importlib.import_module("random")
    wrong = []
    for number, name in enumerate(cases.CASES):
        if "Spectrogram" in name:
            continue
        rng = random.Random(number)
        try:
            found = list(cases.models(name, rng, longer=number % 2 == 1))
        except (ValueError, TypeError, NotImplementedError):
            continue  # Keras refuses such options
        for model in found:
            wrong += [
                f"{name} {way}: {one.why}"
                for way, one in benchmark.verdicts(model)
                if one.outcome in ("wrong", "refused")
            ]
    assert wrong == []


@pytest.mark.long
@pytest.mark.timeout(900)
def test_networks_by_lot() -> None:
    benchmark = importlib.import_module("benchmark_keras_layers")
    random = importlib.import_module("random")
    wrong = []
    for seed in range(20):
        model = benchmark.network(random.Random(seed))
        wrong += [
            f"seed {seed} {way}: {one.why}"
            for way, one in benchmark.verdicts(model)
            if one.outcome in ("wrong", "refused")
        ]
    assert wrong == []
