"""What the file of a Keras model holds: the arrays in it, by layer; no number is read."""

from __future__ import annotations

import mmap
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, TypeVar

from archviz.importers.conservation import SHOWN, UNSTATED
from archviz.importers.fold.keras_values import Weights, class_of
from archviz.importers.graphs import Held, LayerGraph
from archviz.importers.read.hdf5 import UnreadError, arrays
from archviz.importers.read.keras_graph import HELD, MAX_NESTING, config_of, is_model
from archviz.importers.read.keras_operations import kind_of
from archviz.importers.read.keras_shared import Sharing, Standing

MEMBER = "model.weights.h5"
NO_WEIGHTS = frozenset({"optimizer", "metrics", "seed_generator"})
"""Parts of paths under which no weights of the model lie."""
_OLD_LAYERS = "_layer_checkpoint_dependencies"
_RENAMED = {"group_query_attention": "grouped_query_attention"}
"""Groups that are called by another name than the class is in the configuration."""
_WEIGHTLESS = frozenset({"lambda", "Lambda"})
"""Boxes that have no weights, though nothing else is known of them."""

Found = TypeVar("Found")
Arrays = Mapping[tuple[str, ...], tuple[int, ...]]
"""The shapes of arrays, by their paths in the file."""


class PlaceInFile(NamedTuple):
    """A layer of the configuration that has a group of its own in the file."""

    layer: dict[str, Any]
    frozen: bool

    @property
    def inner(self) -> Mapping[str, Any]:
        """The layer, without what repeats it at each step."""
        layer: Mapping[str, Any] = self.layer
        while class_of(layer) == "TimeDistributed" and isinstance(layer["config"]["layer"], dict):
            layer = layer["config"]["layer"]
        return layer


def held_in_archive(path: str, model: dict[str, Any], sharing: Sharing) -> Held | None:
    """What a ``.keras`` file holds; None where its weights cannot be read without Keras.

    Each layer of the configuration is given what is its own.
    """
    found = _arrays_of(path)
    if found is None:
        return None
    shapes = {
        tuple(["layers" if part == _OLD_LAYERS else part for part in where]): shape
        for where, shape in found.items()
        if NO_WEIGHTS.isdisjoint(where)
    }
    places = dict(_places(model, (), False, 0))
    held = shared_out(shapes, places)
    first: dict[Any, Any] = {}
    for place in places.values():  # one that stands in several places is held in the first
        key = sharing.same.get(id(place.inner))
        if key is not None and first.setdefault(key, place.layer[HELD]) is not None:
            place.layer[HELD] = first[key]
    return held


def shared_out(shapes: Arrays, places: Mapping[tuple[str, ...], PlaceInFile]) -> Held:
    """Give each layer the arrays below its place; what the source holds."""
    groups: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    lost: dict[str, int] = {}
    for where, shape in shapes.items():
        ends = [where[:end] for end in range(len(where), 0, -1)]
        own = next((end for end in ends if end in places), None)
        if own is None:
            name = "/".join(where)
            lost[name] = prod(shape)
        else:
            groups.setdefault(own, {})[where[len(own) :]] = prod(shape)
    fixed = total = 0
    for own, sizes in groups.items():
        weights = _split(places[own], _without_copies(places[own], sizes))
        places[own].layer[HELD] = weights
        fixed, total = fixed + weights.fixed, total + weights.total
    for place in places.values():
        place.layer.setdefault(HELD, None)
    return Held("file", total + sum(lost.values()), fixed=fixed, untaken=lost)


def _without_copies(
    place: PlaceInFile, sizes: Mapping[tuple[str, ...], int]
) -> Mapping[tuple[str, ...], int]:
    """The arrays of a layer; a spectral norm has the kernel of what is in it a second time."""
    if class_of(place.inner) != "SpectralNormalization":
        return sizes
    own = sorted([name for name in sizes if "layer" not in name], key=lambda name: name[-1])
    return {name: size for name, size in sizes.items() if name not in own[:-1]}


def _split(place: PlaceInFile, sizes: Mapping[tuple[str, ...], int]) -> Weights:
    """The weights of a layer, those that are trained first in each of its groups."""
    total = sum(sizes.values())
    layer = place.inner
    kind, config = class_of(layer), layer.get("config")
    config = config if isinstance(config, dict) else {}
    if place.frozen or kind == "Normalization":
        return Weights(0, total)
    if kind == "BatchNormalization":
        ordered = sorted(sizes, key=lambda name: (len(name[-1]), name[-1]))
        trained = (config.get("scale") is not False) + (config.get("center") is not False)
        fixed = sum([sizes[name] for name in ordered[trained:]])
        return Weights(total - fixed, fixed)
    if kind == "SpectralNormalization":
        fixed = sum([size for name, size in sizes.items() if "layer" not in name])
        inner = config.get("layer")
        still = isinstance(inner, dict) and inner["config"].get("trainable") is False
        return Weights(0, total) if still else Weights(total - fixed, fixed)
    return Weights(total, 0)


def _arrays_of(path: str) -> dict[tuple[str, ...], tuple[int, ...]] | None:
    """The arrays of the weights in the archive, by path; None where they cannot be read."""
    return in_weights(
        path, lambda data, at: {array.path: array.shape for array in arrays(data, at)}
    )


def in_weights(path: str, look: Callable[[mmap.mmap, int], Found]) -> Found | None:
    """What ``look`` finds in the weights of an archive, which begin at a byte of the file.

    None where they cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
            member = archive.getinfo(MEMBER)
            if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                at = member.header_offset + 26
                name, extra = data[at : at + 2], data[at + 2 : at + 4]
                start = at + 4 + sum(int.from_bytes(size, "little") for size in (name, extra))
                return look(data, start)
    except (OSError, KeyError, ValueError, UnreadError, zipfile.BadZipFile, NotImplementedError):
        return None


def _places(
    model: Mapping[str, Any], path: tuple[str, ...], frozen: bool, depth: int
) -> Iterator[tuple[tuple[str, ...], PlaceInFile]]:
    """The layers of a model by their groups, which Keras names by their classes and a number."""
    config = config_of(model)
    layers = config.get("layers")
    frozen = frozen or config.get("trainable") is False
    seen: dict[str, int] = {}
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict) or kind_of(layer).startswith("ops."):
            continue
        word = snake(class_of(layer))
        number = seen[word] = seen.get(word, -1) + 1
        where = (*path, "layers", f"{word}_{number}" if number else word)
        yield from _place(layer, where, frozen, depth)


def _place(
    layer: dict[str, Any], where: tuple[str, ...], frozen: bool, depth: int
) -> Iterator[tuple[tuple[str, ...], PlaceInFile]]:
    own = layer.get("config")
    if depth > MAX_NESTING or not isinstance(own, dict | list):
        return
    if is_model(layer):
        yield from _places(layer, where, frozen, depth + 1)
        return
    if not isinstance(own, dict):
        return  # a list of layers, as old models have it, in what is no model
    still = frozen or own.get("trainable") is False
    yield where, PlaceInFile(layer, still)
    inner = own.get("layer")
    while isinstance(inner, dict) and class_of(inner) == "TimeDistributed":
        where, inner = (*where, "layer"), config_of(inner).get("layer")
    if class_of(layer) == "TimeDistributed" and isinstance(inner, dict) and is_model(inner):
        yield from _places(inner, (*where, "layer"), still, depth + 1)


def snake(name: str) -> str:
    """A class as Keras writes it in paths: ``Conv2DTranspose`` is ``conv2d_transpose``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    name = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
    return _RENAMED.get(name, name)


# ---- HDF5 files, by the names of the layers ----------------------------------------------------

_FIXED = frozenset(
    {"moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev"}
    | {"vector_u", "sn_u"}
)
"""Names of arrays that are not trained."""


def held_by_names(
    shapes: Arrays,
    model: dict[str, Any],
    sharing: Sharing,
    sample: Callable[[tuple[str, ...]], bytes] | None = None,
) -> Held:
    """What a file holds that names its arrays by layers, which are given their own.

    ``sample`` gives some of the numbers of an array, as bytes; nothing where it has one number
    only, however often. A layer that is one in several places is held in each of them.
    """
    places = list(named_places(model))
    found: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    lost: dict[str, int] = {}
    tops = {names[0] for names, _ in places}
    for where, shape in shapes.items():
        path = "/".join(where)
        top = max([name for name in tops if path.startswith(f"{name}/")], key=len, default=None)
        if top is None:
            lost[path] = prod(shape)
            continue
        rest = (top, *path[len(top) + 1 :].split("/"))
        own = _owner(rest, [names for names, _ in places if names[0] == top])
        if own is not None:
            found.setdefault(own, {})[where] = prod(shape)
    if sample is not None:
        arrays_in = {
            id(place.inner): sorted(found.get(names, ()), key=_last) for names, place in places
        }

        def samples(at: Standing) -> tuple[bytes, ...] | None:
            some = tuple([sample(where) for where in arrays_in.get(id(at.layer), ())])
            return some if any(some) else None

        sharing.settle(samples)
    total = sum([prod(shape) for shape in shapes.values()])
    fixed = 0
    known: set[Any] = set()
    for names, place in places:
        weights = _by_name(place, found.get(names, {}))
        place.layer[HELD] = weights if names in found else None
        who = sharing.same.get(id(place.inner))
        if who is not None and (who, weights) in known:
            total -= weights.total
            continue
        known.add((who, weights))
        fixed += weights.fixed
    return Held("file", total, fixed=fixed, untaken=lost)


def named_places(
    model: Mapping[str, Any], path: tuple[str, ...] = (), frozen: bool = False, depth: int = 0
) -> Iterator[tuple[tuple[str, ...], PlaceInFile]]:
    """The layers of a model by their names and those of the models around them."""
    config = config_of(model)
    frozen = frozen or config.get("trainable") is False
    for layer in config.get("layers") or ():
        own = layer.get("config")
        name = str(layer.get("name") or (own.get("name") if isinstance(own, dict) else "") or "")
        inner = own.get("layer") if isinstance(own, dict) else None
        if is_model(layer) and depth < MAX_NESTING:
            yield from named_places(layer, (*path, name), frozen, depth + 1)
        elif isinstance(own, dict):
            still = frozen or own.get("trainable") is False
            yield (*path, name), PlaceInFile(layer, still)
            steps = class_of(layer) == "TimeDistributed"
            if steps and isinstance(inner, dict) and is_model(inner) and depth < MAX_NESTING:
                yield from named_places(inner, (*path, name), still, depth + 1)


def _owner(where: tuple[str, ...], places: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The layer that an array is of: below the layer or model that its path begins with.

    Models inside that one stand in the path or not; where names do not tell, it is not known.
    """
    if len(places) == 1 and len(places[0]) == 1:
        return places[0]
    parts = where[1:]
    inside = [names for names in places if len(names) > 1 and _parts(names[-1], parts)]
    whole = [names for names in inside if all(_parts(name, parts) for name in names[1:])]
    if len(whole) > 1:
        deepest = max(map(len, whole))
        whole = [names for names in whole if len(names) == deepest]
    found = whole if len(whole) == 1 else inside
    longest = max([name[-1].count("/") for name in found], default=0)
    found = [names for names in found if names[-1].count("/") == longest]
    return found[0] if len(found) == 1 else None


def _parts(name: str, parts: Sequence[str]) -> bool:
    """Whether a name, which may have strokes in it, stands in a path."""
    own = name.split("/")
    return any(list(parts[at : at + len(own)]) == own for at in range(len(parts)))


def _by_name(place: PlaceInFile, sizes: Mapping[tuple[str, ...], int]) -> Weights:
    total = sum(sizes.values())
    if place.frozen or class_of(place.inner) == "Normalization":
        return Weights(0, total)
    fixed = sum([size for name, size in sizes.items() if _last(name) in _FIXED])
    return Weights(total - fixed, fixed)


def _last(where: tuple[str, ...]) -> str:
    """What an array is called in its layer."""
    return where[-1].rpartition("/")[2].partition(":")[0]


def held_by_manifest(manifest: Any, model: dict[str, Any], sharing: Sharing) -> Held | None:
    """What the list of weights says that TensorFlow.js puts beside a model; None without one."""
    shapes: dict[tuple[str, ...], tuple[int, ...]] = {}
    for group in manifest if isinstance(manifest, list) else ():
        for one in group["weights"]:
            shapes[tuple(str(one["name"]).split("/"))] = tuple([int(side) for side in one["shape"]])
    return held_by_names(shapes, model, sharing) if shapes else None


# ---- behind the folding ------------------------------------------------------------------------


def with_held(graph: LayerGraph, held: Held | None) -> LayerGraph:
    """The graph with what its source holds; without a word of it, what may have weights."""
    labels = {name.removesuffix(UNSTATED) for name in graph.unknown} - _WEIGHTLESS
    notes = graph.held.notes
    if held is None:
        held = Held("file", boxes=tuple(sorted(labels)))
    elif held.source == "file":
        boxes = [node for node in graph.nodes if node.options.get("label") in labels]
        names = sorted({str(node.options["label"]) for node in boxes if node.parameters})
        if names:
            said = f"{', '.join(names[:SHOWN])}{' and more' if len(names) > SHOWN else ''}"
            notes = (*notes, f"which weights are trained, the file does not say of: {said}")
    return graph._replace(held=held._replace(shapes=graph.held.shapes, notes=notes))
