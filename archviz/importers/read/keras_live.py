"""Live Keras models, in the form in which files have theirs, with the variables of each layer.

A model with code of its own is called once with symbols in place of tensors: nothing is computed,
and what its layers are given is taken down. Its layers are left as they were.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

from archviz.errors import fail
from archviz.importers.fold.keras_values import Weights
from archviz.importers.graphs import Held, LayerGraph
from archviz.importers.read.keras import Source, read_config, read_text
from archviz.importers.read.keras_graph import GIVES, HELD, MAX_NESTING, WHO, Given
from archviz.importers.read.keras_shared import nothing_shared
from archviz.importers.read.keras_weights import named_places
from archviz.importers.sizes import Sizes

_OWN = ("keras.", "keras_core.")
"""Packages whose layers are known by their class."""
_ROOT = "keras"


def layers_of_keras(model: Any, sizes: Sizes = ()) -> LayerGraph:
    """The layers of a live Keras model; :class:`ArchvizError` where they cannot be known."""
    name = str(getattr(model, "name", "") or type(model).__name__)
    if _functional(model) is None and not hasattr(model, "_build_shapes_dict"):
        return _by_json(model, name, sizes)
    with _Untouched(model):
        reader = _LiveReader(model)
        config = reader.model(model, 0)
        if config is None:
            raise fail(name, *reader.why(model))
        return read_config(
            config, name, lambda _: nothing_shared(), lambda *_: reader.held(), sizes
        )


def _by_json(model: Any, name: str, sizes: Sizes) -> LayerGraph:
    """A model of Keras 2 through what it writes itself."""
    to_json = getattr(model, "to_json", None)
    if to_json is None:
        raise fail(name, "is no Keras model", "give a keras.Model")
    try:
        text = to_json()
    except Exception as error:  # a subclassed model has no configuration
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        hint = "only Functional and Sequential models of Keras 2 can be imported"
        raise fail(name, f"cannot be written as JSON: {reason}", hint) from error
    return read_text(text, name, Source(lambda config, _: _counted(model, config)), sizes)


def _counted(model: Any, config: dict[str, Any]) -> Held | None:
    """What a model of Keras 2 counts itself, and each of its layers by its name."""
    try:
        fixed = sum(prod(weight.shape) for weight in model.non_trainable_weights)
        held = Held("model", int(model.count_params()), fixed=int(fixed))
        layers = dict(_by_names(model, (), 0))
    except (AttributeError, TypeError, ValueError):
        return None
    for names, place in named_places(config):
        place.layer[HELD] = layers.get(names)
    return held


def _by_names(model: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[Any, Weights]]:
    for layer in model.layers:
        names = (*path, str(layer.name))
        if getattr(layer, "layers", None) and depth < MAX_NESTING:
            yield from _by_names(layer, names, depth + 1)
            continue
        total = int(layer.count_params())
        still = getattr(layer, "non_trainable_weights", None)
        if still is not None:
            fixed = sum([_size(one) for one in still])
            yield names, Weights(total - fixed, fixed)


class _Untouched:
    """Leaves no trace of calls in the layers of a model."""

    def __init__(self, model: Any) -> None:
        self.nodes = {id(one): (one, *_lists(one)) for one in _all_layers(model, 0)}

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        for layer, taken, given in self.nodes.values():
            for name, old in (("_inbound_nodes", taken), ("_outbound_nodes", given)):
                now = getattr(layer, name, None)
                if isinstance(now, list) and old is not None:
                    del now[len(old) :]


def _lists(layer: Any) -> tuple[list[Any] | None, ...]:
    found = (getattr(layer, name, None) for name in ("_inbound_nodes", "_outbound_nodes"))
    return tuple([list(one) if isinstance(one, list) else None for one in found])


def _all_layers(layer: Any, depth: int) -> Iterator[Any]:
    yield layer
    if depth < 2 * MAX_NESTING:
        for inner in getattr(layer, "_layers", None) or ():
            yield from _all_layers(inner, depth + 1)


class _LiveReader:
    def __init__(self, model: Any) -> None:
        self.root = model
        self.trained = {id(one) for one in getattr(model, "trainable_weights", ())}
        self.taken: dict[int, int] = {}
        """The weights that layers have, with their sizes."""
        self.problem = ""

    # ---- models --------------------------------------------------------------------------------

    def model(self, model: Any, depth: int) -> dict[str, Any] | None:
        """A model as a file would have it; None where its code cannot be followed."""
        found = _functional(model)
        if found is None:
            found = self.traced(model, _built(model))
        return None if found is None else self.functional(found, str(model.name), depth)

    def functional(self, model: Any, name: str, depth: int) -> dict[str, Any]:
        """A model whose layers are connected by tensors."""
        kept = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
        numbers: dict[tuple[int, int], int] = {}
        operations = list(model.operations)
        for operation in operations:
            inside = [at for at, node in enumerate(operation._inbound_nodes) if id(node) in kept]
            numbers.update({(id(operation), at): new for new, at in enumerate(inside)})
        layers = [self.layer(one, kept, numbers, depth) for one in operations]
        wires = [
            [_wire(tensor, numbers) for tensor in tensors]
            for tensors in (model._inputs, model._outputs)
        ]
        config = {
            "name": name,
            "layers": layers,
            "input_layers": wires[0],
            "output_layers": wires[1],
        }
        return {"class_name": "Functional", "name": name, "config": config}

    def traced(self, layer: Any, arguments: tuple[Any, Mapping[str, Any]] | None) -> Any:
        """What a layer with code of its own does, as a model of layers connected by tensors."""
        keras = sys.modules.get(_ROOT)
        if keras is None or arguments is None:
            self.problem = self.problem or "it has not been built"
            return None
        inputs: list[Any] = []

        def fresh(shape: Any, dtype: Any = None) -> Any:
            inputs.append(keras.Input(batch_shape=(None, *shape[1:]), dtype=dtype))
            return inputs[-1]

        try:
            args, named = arguments
            outputs = layer.call(
                *[_each(one, fresh) for one in args],
                **{key: _each(one, fresh) for key, one in named.items()},
            )
            return keras.Model(inputs, outputs)
        except Exception as error:  # whatever the code of the model does with a symbol
            self.problem = " ".join(str(error).split())[:200] or type(error).__name__
            return None

    def why(self, model: Any) -> tuple[str, str]:
        """Why the code of a model cannot be followed, and what to do."""
        what = f"has code of its own that cannot be followed: {self.problem}"
        if not getattr(model, "built", False) or "built" in self.problem:
            return what, "call the model once, on an example, before it is imported"
        return what, "only layers and functions of keras.ops can be followed, not other code"

    # ---- layers --------------------------------------------------------------------------------

    def layer(
        self, layer: Any, kept: set[int], numbers: dict[tuple[int, int], int], depth: int
    ) -> dict[str, Any]:
        """A layer, or an operation, with its calls."""
        nodes = [node for node in layer._inbound_nodes if id(node) in kept]
        found = self.described(layer, nodes, depth)
        calls = []
        for node in nodes:
            args, named = node.arguments.args, node.arguments.kwargs
            if not node.input_tensors:
                continue
            turned = [_each_tensor(one, lambda tensor: _tensor(tensor, numbers)) for one in args]
            others = {
                key: _each_tensor(one, lambda tensor: _tensor(tensor, numbers))
                for key, one in named.items()
            }
            calls.append({"args": turned, "kwargs": others})
        given = tuple([tuple([_dims(one) for one in node.output_tensors]) for node in nodes])
        return {**found, "name": layer.name, "inbound_nodes": calls, GIVES: Given(given)}

    def described(self, layer: Any, nodes: list[Any], depth: int) -> dict[str, Any]:
        """Class, configuration and weights of a layer."""
        if not hasattr(layer, "count_params"):
            found: dict[str, Any] = {"class_name": type(layer).__name__, "module": "keras.src.ops"}
            return {**found, "config": _config(layer), **self.weighed(layer, _variables(nodes))}
        weights = list(layer.weights)
        opened = self.opened(layer, nodes, depth)
        if opened is not None:
            return {**opened, WHO: _who(layer, weights)}
        kind, config = type(layer).__name__, _config(layer)
        inner = getattr(layer, "layer", None)
        if kind == "TimeDistributed" and inner is not None:
            config = {"trainable": True, "layer": self.described(inner, [], depth + 1)}
            config["layer"]["name"] = str(inner.name)
        return {"class_name": kind, "config": config, **self.weighed(layer, weights)}

    def weighed(self, layer: Any, weights: list[Any]) -> dict[str, Any]:
        """What a layer has that no earlier one has taken; all of it where all has been."""
        own = [one for one in weights if id(one) not in self.taken] or weights
        trained = sum([_size(one) for one in own if id(one) in self.trained])
        held = Weights(trained, sum([_size(one) for one in own]) - trained)
        self.taken.update({id(one): _size(one) for one in weights})
        return {HELD: held, WHO: _who(layer, weights)}

    def opened(self, layer: Any, nodes: list[Any], depth: int) -> dict[str, Any] | None:
        """A layer that is a model, or that is made of layers by code that can be followed."""
        if depth >= MAX_NESTING:
            return None
        found = _functional(layer)
        if found is not None:
            return self.functional(found, str(layer.name), depth + 1)
        known = type(layer).__module__.startswith(_OWN)
        inner = [one for one in getattr(layer, "_layers", None) or () if one.weights]
        if known or not inner:
            return None
        shapes = {tuple([_dims(one) for one in node.input_tensors]) for node in nodes}
        if len(shapes) != 1:
            return None
        args = nodes[0].arguments
        traced = self.traced(layer, (args.args, args.kwargs))
        if traced is None:
            return None
        found = {id(one) for one in traced.weights}
        every = [node for nodes in traced._nodes_by_depth.values() for node in nodes]
        found |= {id(one) for one in _variables(every)}
        if found != {id(one) for one in layer.weights}:
            return None  # code of its own takes some
        return self.functional(traced, str(layer.name), depth + 1)

    def held(self) -> Held:
        """What the model has, and which of its weights no layer has."""
        weights = {id(one): one for one in self.root.weights}
        lost = {
            str(getattr(one, "path", "") or one.name): _size(one)
            for key, one in weights.items()
            if key not in self.taken
        }
        fixed = sum([_size(one) for key, one in weights.items() if key not in self.trained])
        try:
            total = int(self.root.count_params())
        except ValueError:
            total = sum(map(_size, weights.values()))
        return Held("model", total, fixed=fixed, untaken=lost)


def _functional(model: Any) -> Any:
    """The model of connected layers that a layer is, or that a Sequential has; None of others."""
    inner = getattr(model, "_functional", None)
    found = inner if inner is not None else model
    wanted = ("_nodes_by_depth", "operations", "_inputs", "_outputs")
    return found if all(hasattr(found, name) for name in wanted) else None


def _built(model: Any) -> tuple[Any, Mapping[str, Any]] | None:
    """The shapes that a model was built with, as arguments of its call."""
    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes:
        return None
    named = {str(key).removesuffix("_shape"): value for key, value in shapes.items()}
    code = getattr(getattr(model.call, "__func__", model.call), "__code__", None)
    words = code.co_varnames[: code.co_argcount] if code is not None else ()
    if len(named) == 1 or not set(named) <= set(words):
        return tuple(named.values()), {}
    return (), named


def _each(value: Any, fresh: Callable[..., Any]) -> Any:
    """An argument with a new input for each tensor, or for each shape of one."""
    if hasattr(value, "_keras_history"):
        return fresh(tuple(value.shape), value.dtype)
    if isinstance(value, Mapping):
        return {key: _each(one, fresh) for key, one in value.items()}
    if isinstance(value, list | tuple):
        sides = [side is None or type(side) is int for side in value]
        if value and all(sides):
            return fresh(tuple(value))
        return type(value)([_each(one, fresh) for one in value])
    return value


def _each_tensor(value: Any, turn: Callable[[Any], Any]) -> Any:
    if hasattr(value, "_keras_history"):
        return turn(value)
    if isinstance(value, Mapping):
        return {key: _each_tensor(one, turn) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_each_tensor(one, turn) for one in value]
    return value


def _tensor(tensor: Any, numbers: Mapping[tuple[int, int], int]) -> dict[str, Any]:
    config = {"keras_history": _wire(tensor, numbers), "shape": list(_dims(tensor))}
    return {"class_name": "__keras_tensor__", "config": config}


def _wire(tensor: Any, numbers: Mapping[tuple[int, int], int]) -> list[Any]:
    operation, number, index = tensor._keras_history
    return [operation.name, numbers[id(operation), number], index]


def _variables(nodes: list[Any]) -> list[Any]:
    """The weights that calls of functions get as arguments, each once."""
    found: dict[int, Any] = {}
    for node in nodes:
        if not hasattr(node.operation, "count_params"):
            todo = [node.arguments.args, node.arguments.kwargs]
            while todo:
                value = todo.pop()
                if isinstance(value, Mapping):
                    todo += list(value.values())
                elif isinstance(value, list | tuple):
                    todo += list(value)
                elif hasattr(value, "trainable") and hasattr(value, "assign"):
                    found[id(value)] = value
    return list(found.values())


def _who(layer: Any, weights: list[Any]) -> tuple[int, ...]:
    """What a layer is known by: its weights, so that two that have the same are one."""
    return tuple(sorted({id(one) for one in weights})) or (id(layer),)


def _dims(tensor: Any) -> tuple[int | None, ...]:
    return tuple([side if type(side) is int else None for side in tensor.shape])


def _size(weight: Any) -> int:
    return prod([int(side) for side in weight.shape])


def _config(layer: Any) -> dict[str, Any]:
    """What a layer says of itself; a class that says nothing is known by its name."""
    try:
        config = layer.get_config()
    except Exception:
        config = {}
    return dict(config) if isinstance(config, dict) else {}
