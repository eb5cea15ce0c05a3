"""A Keras model with code of its own: no file says how its layers are connected.

A ``.keras`` file lists its weights by the attributes that hold them. Its layers are drawn with
those beside one another, between what goes in and a box for the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.errors import one_line
from archviz.importers.fold.keras_rules import RULES
from archviz.importers.fold.keras_values import Weights, class_of
from archviz.importers.graphs import Held
from archviz.importers.read.hdf5 import Array, arrays, groups
from archviz.importers.read.keras_graph import HELD
from archviz.importers.read.keras_weights import NO_WEIGHTS, in_weights

if TYPE_CHECKING:
    import mmap

MOST = 16
"""Layers that are drawn one by one; of more, each attribute of the model is a box."""
_OWN = "vars"
"""The group in which a layer's own weights are."""

_CONTAINERS = frozenset({"layers", "_layer_checkpoint_dependencies"})
"""Groups that Keras puts layers in; no attributes of the model's code."""
_NUMBER = re.compile(r"_\d+$")
"""Behind names that Keras makes itself."""

Path = tuple[str, ...]


class Listed(NamedTuple):
    """A model whose layers stand beside one another, and what its file holds."""

    model: dict[str, Any]
    held: Held
    code: str
    """The class whose code connects the layers."""


class _Part(NamedTuple):
    """A layer, or several."""

    label: str
    size: int


def listed_model(path: str, model: Mapping[str, Any]) -> Listed | None:
    """What an archive lists of a model with code of its own; None where that is too little."""
    shapes = list(_input_shapes(model.get("build_config"), 0))
    found = in_weights(path, lambda data, at: (_layers_of(data, at), groups(data, at)))
    if not shapes or found is None:
        return None
    layers, named = found
    around = {where[:end] for where in layers for end in range(len(where))}
    for where in named:
        if where[-1:] == (_OWN,) and NO_WEIGHTS.isdisjoint(where) and where[:-1] not in around:
            layers.setdefault(where[:-1], [])
    own = sum([prod(shape) for shape in layers.pop((), [])])
    parts = [_part(where, some, named) for where, some in layers.items()]
    if len(parts) > MOST:
        parts = list(_attributes(layers))
    total = own + sum([part.size for part in parts])
    if not parts or not total:
        return None
    code = one_line(class_of(model), 60) or "model"
    held = Held("file", total, unwired=code)
    return Listed(_beside(code, shapes, parts, own), held, code)


def _layers_of(data: mmap.mmap, start: int) -> dict[Path, list[tuple[int, ...]]]:
    """The shapes of the weights of each layer."""
    found: dict[Path, list[tuple[int, ...]]] = {}
    for array in arrays(data, start):
        if NO_WEIGHTS.isdisjoint(array.path):
            found.setdefault(_layer_of(array), []).append(array.shape)
    return found


def _layer_of(array: Array) -> Path:
    where = array.path
    return where[: where.index(_OWN)] if _OWN in where else where[:-1]


def _part(where: Path, shapes: list[tuple[int, ...]], named: Mapping[Path, str]) -> _Part:
    """One layer, with what it is called and its largest array."""
    own = named.get((*where, _OWN), "")
    name = _NUMBER.sub("", own)
    words = ".".join(_without_containers(where))
    if where[-1] == own and where[-2:-1] and where[-2] in _CONTAINERS:
        words = re.sub(r"_(?=\D)", " ", words)  # a name that Keras has made, of a class
    elif name and name != _NUMBER.sub("", where[-1]):
        words += f" ({name.replace('_', ' ')})"
    words = one_line(words, 60)
    words += " layer" if words in RULES else ""
    largest = max(shapes, key=prod, default=())
    words += f" {'×'.join(map(str, largest))}" if len(largest) > 1 else ""
    return _Part(words, sum(map(prod, shapes)))


def _without_containers(where: Path) -> Path:
    found = tuple([part for part in where if part not in _CONTAINERS])
    return found or where


def _attributes(layers: Mapping[Path, list[tuple[int, ...]]]) -> Iterator[_Part]:
    """The attributes of the model, with all layers in each; the smallest ones together."""
    inside: dict[str, list[int]] = {}
    for where, shapes in layers.items():
        inside.setdefault(_without_containers(where)[0], []).append(sum(map(prod, shapes)))
    ordered = sorted(inside, key=lambda name: -sum(inside[name]))
    alone = set(ordered[: MOST - 1] if len(ordered) > MOST else ordered)
    rest = [size for name in inside if name not in alone for size in inside[name]]
    for name, sizes in inside.items():
        if name in alone:
            yield _Part(f"{name}, {_count(len(sizes))}", sum(sizes))
    if rest:
        yield _Part(f"others, {_count(len(rest))}", sum(rest))


def _count(layers: int) -> str:
    return "1 layer" if layers == 1 else f"{layers:,} layers"


def _input_shapes(value: Any, depth: int) -> Iterator[list[Any]]:
    """The shapes that a model was built for, in lists and dictionaries."""
    if isinstance(value, list) and value and all(one is None or type(one) is int for one in value):
        yield value
    elif isinstance(value, list | dict) and depth < 4:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _input_shapes(one, depth + 1)


def _beside(code: str, shapes: list[list[Any]], parts: list[_Part], own: int) -> dict[str, Any]:
    """A model in which all layers stand between the inputs and what connects them."""
    begin = [f"in{number}" for number in range(len(shapes))]
    layers: list[dict[str, Any]] = []
    for name, shape in zip(begin, shapes, strict=True):
        config = {"batch_shape": [None, *shape[1:]]}
        layers.append({"class_name": "InputLayer", "name": name, "config": config})
    for number, part in enumerate(parts):
        layers.append(_box(f"part{number}", part.label, part.size, begin))
    names = [f"part{number}" for number in range(len(parts))]
    layers.append(_box("code", f"the code of {code}", own, names))
    ends = {"input_layers": [[name, 0, 0] for name in begin], "output_layers": [["code", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": code, "layers": layers, **ends}}


def _box(name: str, label: str, size: int, sources: list[str]) -> dict[str, Any]:
    called = [[[source, 0, 0, {}] for source in sources]]
    layer = {"class_name": one_line(label, 100), "name": name, "config": {}}
    return {**layer, HELD: Weights(size, 0), "inbound_nodes": called}
