"""From a Keras model's JSON to layers: ``.keras`` files and ``model.to_json()``, without Keras.

Nested models are written out, with their names as scopes; a layer that is called again shares
its weights with its first call.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from archviz.errors import ArchvizError, fail, one_line
from archviz.files import is_special
from archviz.importers.graphs import LayerGraph, Op, OpGraph
from archviz.importers.read.keras_weights import (
    Counted,
    held_by_json,
    held_by_model,
    held_in_archive,
    with_held,
)
from archviz.importers.read.order import sorted_ops
from archviz.importers.sizes import Sizes, with_sizes

MAX_JSON = 64 * 2**20
MAX_BRACKETS = 4_000_000
"""In memory a pair of brackets takes up to thirty times as much as in the file."""
MAX_CALLS = 200_000
MAX_NESTING = 16
MODELS = ("Functional", "Model", "Sequential")

Wire = tuple[str, int, int]
"""Layer, call, and which of its outputs."""


def looks_like_model(path: str) -> bool:
    """Whether a JSON file starts like the JSON of a Keras model."""
    try:
        if is_special(path):
            return False
        with open(path, "rb") as file:
            head = file.read(4096)
    except (OSError, ValueError):
        return False
    return b'"class_name"' in head


def read_keras(path: str, sizes: Sizes = ()) -> LayerGraph:
    """The layers of the model in a ``.keras`` or ``.json`` file; ``sizes`` fill open sides."""
    try:
        size = os.path.getsize(path)
        if path.lower().endswith(".keras"):
            text = _from_zip(path)
        elif size > MAX_JSON:
            raise fail(path, "is too large for the JSON of a model")
        else:
            with open(path, "rb") as file:
                text = file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise fail(path, f"cannot be read: {reason.lower()}") from error
    archive = path.lower().endswith(".keras")
    return _read(text, path, lambda one: held_in_archive(path, one) if archive else None, sizes)


def _from_zip(path: str) -> bytes:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo("config.json")
            if info.flag_bits & 1:
                raise fail(path, "is encrypted", "save the model without a password")
            if info.file_size > MAX_JSON:
                raise fail(path, "holds a config.json of more than 64 MB: this is no model")
            with archive.open(info) as member:
                text = member.read(MAX_JSON + 1)
            if len(text) > MAX_JSON:
                raise fail(path, "holds a config.json of more than 64 MB: this is no model")
            return text
    except KeyError:
        raise fail(
            path,
            "is a zip file without config.json, and so no .keras file",
            "save the model again with Keras 3",
        ) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        hint = "models of Keras 2 are HDF5 files: save them again with Keras 3"
        raise fail(path, f"is no .keras file: {str(error).lower()[:200]}", hint) from None


def read_keras_text(text: str | bytes, path: str) -> LayerGraph:
    """The layers of a model given as JSON; ``path`` names it in messages."""
    return _read(text, path, lambda model: None)


def _read(
    text: str | bytes,
    path: str,
    count: Callable[[dict[str, Any]], Counted | None],
    sizes: Sizes = (),
) -> LayerGraph:
    """The layers of a model given as JSON; ``count`` gives its weights, None if unknown."""
    brackets = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
    if sum(map(text.count, brackets)) > MAX_BRACKETS:  # type: ignore[arg-type]
        raise fail(path, "has millions of lists in it: this is no model")
    try:
        model = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise fail(path, f"is no JSON: {reason[:200]}", "write model.to_json() to it") from None
    if not isinstance(model, dict) or not isinstance(model.get("config"), dict | list):
        raise fail(path, "is JSON, but not that of a Keras model", "write model.to_json() to it")
    from archviz.importers.fold.keras_table import HANDLERS
    from archviz.importers.fold.pipeline import fold_graph

    try:
        graph = _KerasReader(path).model(model)
        graph = with_sizes(sorted_ops(graph, path), sizes, path)
        layers = fold_graph(graph, path, HANDLERS)
        return with_held(layers, *(count(model) or (held_by_json(layers, model), {})))
    except ArchvizError:
        raise
    except (
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
        RecursionError,
        ArithmeticError,
    ) as error:
        what = f"{type(error).__name__}: {str(error)[:120]}"
        raise fail(path, f"is not the JSON of a Keras model that can be read ({what})") from None


def config_of(layer: Any) -> dict[str, Any]:
    """The configuration of a layer; Keras 2 wrote that of a Sequential as a list."""
    config = layer["config"]
    return {"layers": config} if isinstance(config, list) else config


class _KerasReader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.ops: list[Op] = []
        self.shapes: dict[str, tuple[int | None, ...]] = {}
        self.inputs: list[str] = []
        self.calls: dict[str, int] = {}
        self.last: set[str] = set()

    def model(self, model: dict[str, Any]) -> OpGraph:
        """The whole model."""
        if model.get("class_name") not in MODELS:
            what = str(model.get("class_name"))[:60]
            raise fail(
                self.path,
                f"is a Keras {what}, not a model of layers",
                "only Functional and Sequential models can be imported",
            )
        ends = self.inside(model, None, "", (), 0)
        name = str(config_of(model).get("name", ""))[:200]
        return OpGraph(
            name,
            tuple(self.inputs),
            tuple(ends),
            tuple(self.ops),
            self.shapes,
            {},
            frozenset(self.inputs),
            called={end: end.split(":")[0] for end in ends},
        )

    def inside(
        self,
        model: dict[str, Any],
        given: list[str] | None,
        prefix: str,
        scope: tuple[str, ...],
        depth: int,
    ) -> list[str]:
        """Write a model out on the given values; the names of what it gives."""
        if depth > MAX_NESTING:
            raise fail(self.path, f"nests models more than {MAX_NESTING} deep")
        config = config_of(model)
        layers = config.get("layers")
        if not isinstance(layers, list) or not layers:
            raise fail(self.path, "is a model without layers: there is nothing to draw")
        if model["class_name"] == "Sequential":
            return self.sequential(model, config, layers, given, prefix, scope, depth)
        heads = [_name(wire) for wire in _wires(config["input_layers"])]
        for layer in layers:
            name = str(layer.get("name") or layer["config"]["name"])
            calls = _calls(layer)
            if layer["class_name"] == "InputLayer" or not calls:
                value = f"{prefix}{name}:0:0"
                if given is not None and name in heads and heads.index(name) < len(given):
                    self.op("Identity", name, [given[heads.index(name)]], value, {}, scope)
                else:
                    self.input(value, layer["config"])
                continue
            for number, wires in enumerate(calls):
                sources = [f"{prefix}{a}:{b}:{c}" for a, b, c in wires]
                self.call(layer, name, sources, f"{prefix}{name}:{number}", prefix, scope, depth)
        self.note_shapes(layers, prefix)
        return [f"{prefix}{a}:{b}:{c}" for a, b, c in _wires(config["output_layers"])]

    def sequential(
        self,
        model: dict[str, Any],
        config: dict[str, Any],
        layers: list[Any],
        given: list[str] | None,
        prefix: str,
        scope: tuple[str, ...],
        depth: int,
    ) -> list[str]:
        value = given[0] if given else ""
        if not value:
            first = layers[0]["config"]
            shape = first.get("batch_shape") or first.get("batch_input_shape")
            shape = shape or config.get("build_input_shape")
            shape = shape or (model.get("build_config") or {}).get("input_shape")
            if shape is None and layers[0]["class_name"] in MODELS:
                shape = _first_shape(layers[0], 0)
            value = f"{prefix}input:0:0"
            self.input(value, {"batch_shape": shape})
        for layer in layers:
            if layer["class_name"] == "InputLayer":
                continue
            name = str(layer.get("name") or layer["config"].get("name") or layer["class_name"])
            target = f"{prefix}{name}:0"
            built = (layer.get("build_config") or {}).get("input_shape")
            if isinstance(built, list) and not any(isinstance(side, list) for side in built):
                self.shapes.setdefault(value, tuple(_side(side) for side in built))
            self.call(layer, name, [value], target, prefix, scope, depth)
            value = f"{target}:0"
        return [value]

    def input(self, value: str, config: dict[str, Any]) -> None:
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        if not isinstance(shape, list):
            raise fail(
                self.path,
                "does not say the shape of its input",
                "build the model, or give it an Input layer",
            )
        self.shapes[value] = tuple(_side(side) for side in shape)
        self.inputs.append(value)

    def call(
        self,
        layer: dict[str, Any],
        name: str,
        sources: list[str],
        target: str,
        prefix: str,
        scope: tuple[str, ...],
        depth: int,
    ) -> None:
        kind = layer["class_name"]
        if len(self.ops) > MAX_CALLS:
            raise fail(self.path, f"has more than {MAX_CALLS:,} layers, with models written out")
        if kind in MODELS:
            ends = self.inside(layer, sources, f"{target}/", (*scope, name), depth + 1)
            for index, end in enumerate(ends):
                self.op("Identity", name, [end], f"{target}:{index}", {}, scope)
            return
        if kind in ("TimeDistributed", "Bidirectional"):
            kind = f"{kind}({layer['config']['layer']['class_name']})"
        owner = self.owner(layer, prefix, name)
        times = self.calls[owner] = self.calls.get(owner, 0) + 1
        config = {**layer["config"], "shared": times > 1}
        self.op(str(kind), name, sources, f"{target}:0", config, scope)

    def owner(self, layer: dict[str, Any], prefix: str, name: str) -> str:
        """What names the layer itself, whichever call of the model around it this is."""
        parts = [part.rpartition(":")[0] for part in prefix.split("/") if part]
        return "/".join([*parts, name])

    def op(
        self,
        kind: str,
        name: str,
        sources: list[str],
        value: str,
        config: dict[str, Any],
        scope: tuple[str, ...],
    ) -> None:
        self.ops.append(Op(one_line(kind, 100), name, tuple(sources), (value,), config, scope))

    def note_shapes(self, layers: list[Any], prefix: str) -> None:
        """Keras 3 states the shape of each tensor where it is used."""
        for layer in layers:
            for node in layer.get("inbound_nodes") or ():
                if isinstance(node, dict):
                    for tensor in _tensors([node.get("args"), node.get("kwargs")]):
                        name, call, index = tensor["keras_history"]
                        shape = tensor.get("shape")
                        if isinstance(shape, list):
                            key = f"{prefix}{name}:{call}:{index}"
                            self.shapes.setdefault(key, tuple(_side(side) for side in shape))


def _first_shape(layer: dict[str, Any], depth: int) -> Any:
    """The input shape of a model that is the first layer of another one."""
    first = config_of(layer)["layers"][0]
    if first["class_name"] in MODELS and depth < MAX_NESTING:
        return _first_shape(first, depth + 1)
    config = first["config"]
    return config.get("batch_shape") or config.get("batch_input_shape")


def _side(side: Any) -> int | None:
    return side if type(side) is int and side > 0 else None


def _name(wire: Wire) -> str:
    return wire[0]


def _calls(layer: dict[str, Any]) -> list[list[Wire]]:
    """What each call of a layer gets, in the forms of Keras 3 and Keras 2."""
    calls = []
    for node in layer.get("inbound_nodes") or ():
        if isinstance(node, dict):
            tensors = _tensors([node.get("args"), node.get("kwargs")])
            wires: list[Wire] = []
            for tensor in tensors:
                name, call, index = tensor["keras_history"]
                wires.append((str(name), int(call), int(index)))
        else:
            wires = _wires(node)
            for entry in node if isinstance(node, list) else ():
                if isinstance(entry, list) and len(entry) == 4 and isinstance(entry[3], dict):
                    for value in entry[3].values():
                        wires += _wires(value) if isinstance(value, list) else []
        if wires:
            calls.append(wires)
    return calls


def _tensors(tree: Any) -> list[dict[str, Any]]:
    """Keras 3's tensors in the arguments of a call, in their order."""
    found: list[dict[str, Any]] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo.extend(reversed(node))
        elif isinstance(node, dict):
            if node.get("class_name") == "__keras_tensor__":
                found.append(node["config"])
            else:
                todo.extend(reversed(list(node.values())))
    return found


def _wires(tree: Any) -> list[Wire]:
    """``["conv", 0, 0]``, alone or in lists, in order."""
    if isinstance(tree, dict):
        return [wire for value in tree.values() for wire in _wires(value)]
    if not isinstance(tree, list):
        return []
    if len(tree) >= 3 and isinstance(tree[0], str) and isinstance(tree[1], int):
        return [(tree[0], tree[1], int(tree[2]))]
    found: list[Wire] = []
    for node in tree:
        found.extend(_wires(node))
    return found


def layers_of_keras(model: Any, sizes: Sizes = ()) -> LayerGraph:
    """The layers of a live Keras model; :class:`ArchvizError` where it has no JSON."""
    name = str(getattr(model, "name", "") or type(model).__name__)
    to_json = getattr(model, "to_json", None)
    if to_json is None:
        raise fail(name, "is no Keras model", "give a Functional or Sequential model")
    try:
        text = to_json()
    except Exception as error:  # a subclassed model has no configuration
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise fail(
            name,
            f"cannot be written as JSON: {reason}",
            "only Functional and Sequential models can be imported",
        ) from error
    return _read(text, name, lambda config: held_by_model(model), sizes)
