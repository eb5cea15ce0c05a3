"""Keras models with code of their own, from ``.keras`` files, which only list their weights."""

from __future__ import annotations

import importlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.importers.imported import Imported
from archviz.network.analysis import analyse

from hdf5 import hdf5_of  # isort: skip

Shapes = dict[str, tuple[int, ...]]
SMALL: Shapes = {
    "conv/vars/0": (3, 3, 3, 8), "conv/vars/1": (8,), "head/vars/0": (8, 5), "vars/0": (8,),
    "enc/layers/dense/vars/0": (8, 8), "enc/layers/dense_1/vars/0": (8, 8),
    "optimizer/vars/0": (3, 3, 3, 8),
}  # fmt: skip
HELD = 3 * 3 * 3 * 8 + 8 + 40 + 8 + 64 + 64


def archive(path: Path, shapes: Shapes, build: Any = None, **config: Any) -> str:
    model = {"class_name": "mine>Net", "config": config, "registered_name": "Net"}
    if build is not None:
        model["build_config"] = build
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("config.json", json.dumps(model))
        made.writestr("model.weights.h5", hdf5_of(shapes))
    return str(path)


def built(*shape: int | None) -> dict[str, Any]:
    return {"input_shape": list(shape)}


def labels(found: Imported) -> dict[str, int]:
    rows = analyse(found.network).rows
    return {row.layer.label: row.trainable for row in rows if row.layer.kind != "input"}


def test_layers_stand_beside_one_another_with_their_weights(tmp_path: Path) -> None:
    found = import_file(archive(tmp_path / "m.keras", SMALL, built(2, 16, 16, 3)))
    assert not found.faithful
    assert not found.agrees
    assert analyse(found.network).totals.parameters == HELD
    assert labels(found) == {
        "conv 3×3×3×8": 224, "enc.dense 8×8": 64, "enc.dense_1 8×8": 64, "head 8×5": 40,
        "the code of Net": 8,
    }  # fmt: skip
    assert "not proven: how the code of Net connects its layers, the file does not say" in (
        found.report
    )
    assert "the same" not in found.report
    assert "multiply-adds;" in found.report
    assert "How they are connected is in the code of Net" in found.text


def test_of_many_layers_each_attribute_is_a_box(tmp_path: Path) -> None:
    shapes: Shapes = {f"blocks/block_{n}/dense/vars/0": (4, 4) for n in range(40)}
    shapes |= {"head/vars/0": (4, 2)}
    found = import_file(archive(tmp_path / "m.keras", shapes, built(None, 4)))
    assert labels(found) == {"blocks, 40 layers": 640, "head, 1 layer": 8, "the code of Net": 0}
    shapes = {f"part{n}/vars/0": (4, 4 + n) for n in range(30)}
    found = import_file(archive(tmp_path / "n.keras", shapes, built(None, 4)))
    assert len(labels(found)) == 17
    assert labels(found)["others, 15 layers"] == 4 * sum(range(4, 19))


def test_open_sides_have_names(tmp_path: Path) -> None:
    found = import_file(archive(tmp_path / "m.keras", SMALL, built(None, None, None, 3)))
    assert "input HxWx3" in found.text
    assert analyse(found.network).totals.parameters == HELD


def test_several_inputs(tmp_path: Path) -> None:
    build = {"shapes_dict": {"a": [None, 7], "b": [None, 5, 3]}}
    found = import_file(archive(tmp_path / "m.keras", SMALL, build))
    assert analyse(found.network).totals.parameters == HELD
    assert "input" in found.text


@pytest.mark.parametrize(
    ("shapes", "build"),
    [
        (SMALL, None),
        (SMALL, {"input_shape": None}),
        ({"optimizer/vars/0": (4,)}, built(None, 4)),
    ],
)
def test_what_says_too_little_is_refused(tmp_path: Path, shapes: Shapes, build: Any) -> None:
    path = archive(tmp_path / "m.keras", shapes, build)
    with pytest.raises(ArchvizError, match=r"is a Keras .*Net, whose code connects its layers"):
        import_file(path)


@pytest.mark.filterwarnings("ignore")  # what Keras and its backend warn of
def test_what_a_live_model_saves(tmp_path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        keras: Any = importlib.import_module("keras")
    except ImportError as error:
        pytest.skip(f"saves a live model of Keras: {error}")

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = keras.layers.Conv2D(8, 3)
            self.bn = keras.layers.BatchNormalization(name="own")
            self.inner = keras.Sequential([keras.layers.Dense(4), keras.layers.ReLU()])
            self.scale = self.add_weight(shape=(8,), name="scale")

        def call(self, value: Any) -> Any:
            return self.inner(self.bn(self.first(value)) * self.scale)

    model = Net()
    model(keras.ops.zeros((1, 12, 12, 3)))
    model.save(tmp_path / "m.keras")
    found = import_file(str(tmp_path / "m.keras"))
    assert analyse(found.network).totals.parameters == model.count_params()
    assert labels(found) == {
        "first (conv2d) 3×3×3×8": 224, "inner.dense 8×4": 36, "inner.re lu": 0, "bn (own)": 32,
        "the code of Net": 8,
    }  # fmt: skip
