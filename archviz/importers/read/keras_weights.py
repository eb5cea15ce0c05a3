"""What a Keras model holds: the arrays in a ``.keras`` file, or what a live model counts itself."""

from __future__ import annotations

import mmap
import re
import zipfile
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

from archviz.importers.conservation import UNSTATED
from archviz.importers.graphs import Held, LayerGraph
from archviz.importers.read.hdf5 import UnreadError, arrays
from archviz.network.kinds import STATED

MEMBER = "model.weights.h5"
MAX_NESTING = 16
_NO_WEIGHTS = frozenset({"optimizer", "metrics", "seed_generator"})
"""Parts of paths under which no weights of the model lie."""
_WEIGHTLESS = frozenset({
    "Average", "Cropping1D", "Cropping2D", "Cropping3D", "Dot", "Lambda", "Masking", "Maximum",
    "Minimum", "RepeatVector", "Rescaling", "Resizing", "Subtract", "UnitNormalization",
    "UpSampling1D", "UpSampling2D", "UpSampling3D", "ZeroPadding3D",
    *[f"{way}Pooling{rank}D" for way in ("Average", "Max") for rank in (1, 2, 3)],
    *[f"Global{way}Pooling{rank}D" for way in ("Average", "Max") for rank in (1, 2, 3)],
})  # fmt: skip
"""Layers that have no weights."""
_MOVING = 2
"""Arrays that a batch norm has for its moving statistics, behind the others."""


Counted = tuple[Held, dict[str, int]]
"""What a source holds, and the sizes of the weights by the names of the layers."""


class _Place(NamedTuple):
    """A layer of the configuration that has a group of its own in the file."""

    name: str
    batch_norm: bool
    frozen: bool


def held_in_archive(path: str, config: Mapping[str, Any]) -> Counted | None:
    """What a ``.keras`` file holds; None where its weights cannot be read without Keras."""
    shapes = _shapes(path)
    if shapes is None:
        return None
    places = dict(_places(config, (), 0))
    by_layer: dict[str, int] = {}
    groups: dict[tuple[str, ...], dict[str, int]] = {}
    for where, shape in shapes.items():
        if _NO_WEIGHTS.isdisjoint(where):
            groups.setdefault(where[:-1], {})[where[-1]] = prod(shape)
    fixed = 0
    for where, sizes in groups.items():
        ends = [where[:end] for end in range(len(where), 0, -1)]
        place = next((places[end] for end in ends if end in places), None)
        size = sum(sizes.values())
        if place is None:
            continue
        by_layer[place.name] = by_layer.get(place.name, 0) + size
        if place.frozen:
            fixed += size
        elif place.batch_norm:
            last = sorted(sizes, key=lambda name: (len(name), name))[-_MOVING:]
            fixed += sum(sizes[name] for name in last)
    total = sum(size for sizes in groups.values() for size in sizes.values())
    return Held("file", total, fixed=fixed), by_layer


def _shapes(path: str) -> dict[tuple[str, ...], tuple[int, ...]] | None:
    """The arrays of the weights in the archive, by path; None where they cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
            member = archive.getinfo(MEMBER)
            if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                at = member.header_offset + 26
                name, extra = data[at : at + 2], data[at + 2 : at + 4]
                start = at + 4 + sum(int.from_bytes(size, "little") for size in (name, extra))
                return {array.path: array.shape for array in arrays(data, start)}
    except (OSError, KeyError, ValueError, UnreadError, zipfile.BadZipFile, NotImplementedError):
        return None


def _places(
    model: Mapping[str, Any], path: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], _Place]]:
    """The layers of a model by their groups, which Keras names by their classes and a number."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    seen: dict[str, int] = {}
    for layer in layers if isinstance(layers, list) else ():
        kind, own = (layer.get("class_name"), layer.get("config")) if layer else ("", None)
        word = _snake(str(kind))
        number = seen[word] = seen.get(word, -1) + 1
        where = (*path, "layers", f"{word}_{number}" if number else word)
        if isinstance(own, list) or (isinstance(own, dict) and "layers" in own):
            yield from _places(layer, where, depth + 1) if depth < MAX_NESTING else ()
        elif isinstance(own, dict):
            name = str(layer.get("name") or own.get("name") or kind)
            yield where, _Place(name, kind == "BatchNormalization", own.get("trainable") is False)


def _snake(name: str) -> str:
    """A class as Keras writes it in paths: ``Conv2DTranspose`` is ``conv2d_transpose``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def held_by_model(model: Any) -> Counted | None:
    """What a live Keras model has; None where it has not been built."""
    try:
        fixed = sum(prod(weight.shape) for weight in model.non_trainable_weights)
        held = Held("model", int(model.count_params()), fixed=int(fixed))
        return held, dict(_live_layers(model, 0))
    except (AttributeError, TypeError, ValueError):
        return None


def _live_layers(model: Any, depth: int) -> Iterator[tuple[str, int]]:
    for layer in model.layers:
        if getattr(layer, "layers", None) and depth < MAX_NESTING:
            yield from _live_layers(layer, depth + 1)
        else:
            yield str(layer.name), int(layer.count_params())


def with_held(graph: LayerGraph, held: Held, by_layer: Mapping[str, int]) -> LayerGraph:
    """The graph with what its source holds; a box that takes less than its layer has lost it."""
    lost = {
        node.id: by_layer[node.id]
        for node in graph.nodes
        if node.kind in STATED and node.parameters < by_layer.get(node.id, 0)
    }
    return graph._replace(held=held._replace(untaken=lost, shapes=graph.held.shapes))


def held_by_json(graph: LayerGraph, config: Mapping[str, Any]) -> Held:
    """What the JSON of a model tells without weights: which layers may have some, or are frozen."""
    labels = {name.removesuffix(UNSTATED) for name in graph.unknown}
    bare = {node.id for node in graph.nodes if not node.parameters}
    places = [place for _, place in _places(config, (), 0)]
    frozen = [place.name for place in places if place.frozen and place.name not in bare]
    return Held("file", boxes=tuple(sorted(labels - _WEIGHTLESS)), frozen=tuple(frozen))
