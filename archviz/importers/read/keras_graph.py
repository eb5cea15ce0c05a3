"""From the configuration of a Keras model to its layers, called one by one.

Nested models are written out, with their names as scopes; a layer that is called again shares
its weights with its first call. What a ``TimeDistributed`` has inside stands there itself, with
an axis of time before its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archviz.errors import fail, one_line
from archviz.importers.fold.keras_values import (
    CALL,
    END,
    Call,
    Weights,
    changes_of,
    class_of,
)
from archviz.importers.graphs import Op, OpGraph
from archviz.importers.read.keras_operations import kind_of
from archviz.importers.read.keras_wires import (
    CallWires,
    Wire,
    calls_of,
    side,
    stated_shapes,
    wires_in,
)
from archviz.importers.sizes import Dims

MAX_CALLS = 200_000
MAX_NESTING = 16
MODELS = ("Functional", "Model", "Sequential", "Pipeline")
HELD = "@held"
"""Where the configuration of a layer has its weights, once its source has been looked at."""
GIVES = "@gives"
"""Where that of a layer of a live model has the shapes that its calls give."""
WHO = "@who"
"""Where that of a layer of a live model has what it is known by, however often it is used."""


def config_of(layer: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a layer; Keras 2 wrote that of a Sequential as a list."""
    config = layer["config"]
    return {"layers": config} if isinstance(config, list) else config


def is_model(layer: Any) -> bool:
    """Whether a layer is a model of layers, whatever its class is called."""
    config = layer.get("config")
    if isinstance(config, list):
        return layer.get("class_name") in MODELS
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        return False
    return layer.get("class_name") in MODELS or "input_layers" in config


def is_row(layer: Mapping[str, Any]) -> bool:
    """Whether a model is a row of layers, without a word on what each takes."""
    return "input_layers" not in config_of(layer)


class Place(NamedTuple):
    """Where in a model of models a layer stands."""

    prefix: str = ""
    """Before the names of its values."""
    scope: tuple[str, ...] = ()
    """The names of the models around it."""
    steps: int = 0
    """How many axes of time there are before its own."""
    frozen: bool = False
    """Whether a model around it is not trained."""
    batch: int | None = None
    """The batch that a model was made with, which is not that of its calls."""

    def inside(self, layer: Mapping[str, Any], name: str, target: str, steps: int) -> Place:
        """The place of the layers of a model that stands here."""
        frozen = self.frozen or config_of(layer).get("trainable") is False
        shape = _first_shape(layer, 0)
        batch = side(shape[0]) if isinstance(shape, list | tuple) and shape else None
        return Place(f"{target}/", (*self.scope, name), steps, frozen, batch)


class KerasReader:
    """Writes a model out."""

    def __init__(self, path: str, same: Mapping[int, tuple[Any, ...]] | None = None) -> None:
        self.path = path
        self.same = same or {}
        """What layers are known by that stand in several places, by their dictionaries."""
        self.first: dict[int, str] = {}
        """What the first call of each layer gives, by its dictionary."""
        self.ops: list[Op] = []
        self.shapes: dict[str, Dims] = {}
        self.inputs: list[str] = []
        self.owners: set[Any] = set()
        """Layers that have been called."""

    def model(self, model: dict[str, Any]) -> OpGraph:
        """The whole model."""
        if not is_model(model):
            raise fail(
                self.path,
                f"is a Keras {str(model.get('class_name'))[:60]}, whose code connects its layers",
                "no file says how; give the model itself to archviz.from_keras(model)",
            )
        frozen = config_of(model).get("trainable") is False
        ends = self.inside(model, None, Place(frozen=frozen))
        name = str(config_of(model).get("name", ""))[:200]
        first = any(op.attributes.get("data_format") == "channels_first" for op in self.ops)
        ops = [*with_outputs(self.ops, ends)]
        given = [f"{end}#{place}" for place, end in enumerate(ends)]
        for end, value in zip(ends, given, strict=True):
            ops.append(Op(END, "", (end,), (value,), {"first": first}))
        begun = frozenset(self.inputs)
        called = {value: end.split(":")[0] for end, value in zip(ends, given, strict=True)}
        found = tuple(self.inputs), tuple(given), tuple(ops), self.shapes
        return OpGraph(name, *found, {}, begun, called=called)

    def inside(self, model: dict[str, Any], given: list[str] | None, place: Place) -> list[str]:
        """Write a model out on the given values; the names of what it gives."""
        if len(place.scope) > MAX_NESTING:
            raise fail(self.path, f"nests models more than {MAX_NESTING} deep")
        config = config_of(model)
        layers = config.get("layers")
        if not isinstance(layers, list) or not layers:
            raise fail(self.path, "is a model without layers: there is nothing to draw")
        if is_row(model):
            return self.row(model, layers, given, place)
        heads = [wire[0] for wire in wires_in(config["input_layers"])]
        counts = {name_of(layer): calls_of(layer) for layer in layers}
        numbers = Numbers(counts, {name_of(layer): layer for layer in layers})
        for layer in layers:
            name = name_of(layer)
            calls = counts[name]
            if layer["class_name"] == "InputLayer" or not calls:
                value = f"{place.prefix}{name}:0:0"
                if given is not None and name in heads and heads.index(name) < len(given):
                    source = given[heads.index(name)]
                    self.op("Identity", name, [source], value, {}, place.scope)
                elif is_model(layer):
                    raise fail(self.path, f"says nothing of what goes into '{name[:80]}'")
                else:
                    self.input(value, layer["config"])
                continue
            for number, call in enumerate(calls):
                wires = [numbers.inner(wire) for wire in call.wires]
                found = [f"{place.prefix}{a}:{b}:{c}" for a, b, c in wires]
                target = f"{place.prefix}{name}:{number}"
                self.call(layer, name, call, found, target, place)
                self.note_given(layer, number, target, place)
        for wire, dims in stated_shapes(layers):
            name, number, index = numbers.inner(wire)
            self.state(f"{place.prefix}{name}:{number}:{index}", dims, place)
        ends = [numbers.outer(wire) for wire in wires_in(config["output_layers"])]
        return [f"{place.prefix}{name}:{number}:{index}" for name, number, index in ends]

    def row(
        self, model: dict[str, Any], layers: list[Any], given: list[str] | None, place: Place
    ) -> list[str]:
        """Write a Sequential out."""
        value = given[0] if given else ""
        if not value:
            value = f"{place.prefix}input:0:0"
            self.input(value, {"batch_shape": _first_shape(model, 0)})
        seen: set[str] = set()
        for layer in layers:
            if layer["class_name"] == "InputLayer":
                continue
            name = name_of(layer)
            while name in seen:
                name += "_"
            seen.add(name)
            target = f"{place.prefix}{name}:0"
            built = (layer.get("build_config") or {}).get("input_shape")
            if isinstance(built, list) and not any(isinstance(one, list | dict) for one in built):
                self.state(value, tuple([side(one) for one in built]), place)
            self.call(layer, name, CallWires((), ("0",)), [value], target, place)
            self.note_given(layer, 0, target, place)
            value = f"{target}:0"
        return [value]

    def state(self, value: str, dims: Dims, place: Place) -> None:
        """Note the shape that the source states for a value."""
        if place.batch is not None and dims[:1] == (place.batch,):
            dims = (None, *dims[1:])
        if place.steps:
            dims = (*dims[:1], *(None,) * place.steps, *dims[1:])
        self.shapes.setdefault(value, dims)

    def note_given(self, layer: Mapping[str, Any], number: int, target: str, place: Place) -> None:
        """Note the shapes that a call of a live layer gives."""
        given = layer.get(GIVES)
        if isinstance(given, Given):
            for index, dims in enumerate(given.shapes[number]):
                self.state(f"{target}:{index}", dims, place)

    def input(self, value: str, config: dict[str, Any]) -> None:
        """Begin with an input of the model."""
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        if not isinstance(shape, list | tuple):
            raise fail(
                self.path,
                "does not say the shape of its input",
                "build the model, or give it an Input layer",
            )
        self.shapes[value] = tuple([side(one) for one in shape])
        self.inputs.append(value)

    def call(
        self,
        layer: dict[str, Any],
        name: str,
        call: CallWires,
        sources: list[str],
        target: str,
        place: Place,
    ) -> None:
        """Write one call out."""
        if len(self.ops) > MAX_CALLS:
            raise fail(self.path, f"has more than {MAX_CALLS:,} layers, with models written out")
        held, who = layer.get(HELD), layer.get(WHO)
        steps, frozen = place.steps, place.frozen
        while class_of(layer) == "TimeDistributed" and isinstance(layer["config"]["layer"], dict):
            frozen = frozen or layer["config"].get("trainable") is False
            layer, steps = layer["config"]["layer"], steps + 1
        if is_model(layer):
            inner = place._replace(frozen=frozen).inside(layer, name, target, steps)
            for index, end in enumerate(self.inside(layer, sources, inner)):
                self.op("Identity", name, [end], f"{target}:{index}", {}, place.scope)
            return
        self.first.setdefault(id(layer), f"{target}:0")
        who = who or self.same.get(id(layer)) or (*place.scope, name)
        weights = held if isinstance(held, Weights) else None
        shared = isinstance(who, tuple) and who in self.owners
        self.owners.add(who if isinstance(who, tuple) else None)
        own = layer.get("config")
        changed = changes_of(own) if isinstance(own, dict) else ""
        known = Call(call.roles, weights, shared, steps, call.arguments, changed)
        config = {**own, CALL: known} if isinstance(own, dict) else {CALL: known}
        inner_config = (own.get("layer") or {}) if isinstance(own, dict) else {}
        inside = inner_config.get("config") if class_of(layer) == "Bidirectional" else None
        if frozen or (isinstance(inside, dict) and inside.get("trainable") is False):
            config["trainable"] = False
        self.op(kind_of(layer), name, sources, f"{target}:0", config, place.scope)

    def op(
        self,
        kind: str,
        name: str,
        sources: list[str],
        value: str,
        config: dict[str, Any],
        scope: tuple[str, ...],
    ) -> None:
        """Add an operator."""
        self.ops.append(Op(one_line(kind, 100), name, tuple(sources), (value,), config, scope))


def name_of(layer: Mapping[str, Any]) -> str:
    """What a layer is called, by its class where it has no name."""
    return str(layer.get("name") or config_of(layer).get("name") or layer["class_name"])


class Given(NamedTuple):
    """What each call of a layer of a live model gives."""

    shapes: tuple[tuple[Dims, ...], ...]


class Numbers(NamedTuple):
    """How other layers, and the model itself, number the calls of the models in it.

    A model has been called once before, when it was made. That call stands in no file, but is
    counted: by Keras 2 everywhere, by Keras 3 where a model states what it gives.
    """

    calls: Mapping[str, list[CallWires]]
    layers: Mapping[str, Mapping[str, Any]]

    def inner(self, wire: Wire) -> Wire:
        """What a layer takes."""
        return self._placed(wire, self._is_old(wire[0]))

    def outer(self, wire: Wire) -> Wire:
        """What the model gives."""
        layer = self.layers.get(wire[0])
        counted = layer is not None and is_model(layer) and WHO not in layer
        counted = counted and (self._is_old(wire[0]) or not is_row(layer or {}))
        return self._placed(wire, counted)

    def _is_old(self, name: str) -> bool:
        layer = self.layers.get(name)
        if layer is None or not is_model(layer):
            return False
        return any(isinstance(node, list) for node in layer.get("inbound_nodes") or ())

    def _placed(self, wire: Wire, counted: bool) -> Wire:
        name, number, index = wire
        count = len(self.calls.get(name, ()))
        layer = self.layers.get(name)
        if layer is None or not is_model(layer) or not count:
            return wire
        if counted and number > 0:
            number -= 1
        return name, min(number, count - 1), index


def with_outputs(ops: list[Op], ends: list[str]) -> tuple[Op, ...]:
    """Operators with all outputs that are used of them."""
    more: dict[str, int] = {}
    for name in [*ends, *[name for op in ops for name in op.inputs]]:
        stem, _, index = name.rpartition(":")
        if index != "0" and index.isdigit() and int(index) < MAX_CALLS:
            more[stem] = max(more.get(stem, 0), int(index))
    written = {op.outputs[0] for op in ops}
    found = []
    for op in ops:
        stem = op.outputs[0].rpartition(":")[0]
        count = more.get(stem, 0)
        if count and op.outputs[0] == f"{stem}:0" and CALL in op.attributes:
            names = [f"{stem}:{index}" for index in range(count + 1)]
            own = [name if at == 0 or name not in written else "" for at, name in enumerate(names)]
            op = op._replace(outputs=tuple(own))
        found.append(op)
    return tuple(found)


def _first_shape(model: Mapping[str, Any], depth: int) -> Any:
    """The shape of what goes into a model first."""
    config = config_of(model)
    layers = config.get("layers")
    first = layers[0] if isinstance(layers, list) and layers else {}
    if first and is_model(first) and depth < MAX_NESTING:
        return _first_shape(first, depth + 1)
    own = first.get("config") or {}
    if isinstance(own, dict):
        shape = own.get("batch_shape") or own.get("batch_input_shape")
        inner = own.get("layer")
        if shape is None and isinstance(inner, dict) and isinstance(inner.get("config"), dict):
            shape = inner["config"].get("batch_input_shape")
        if isinstance(shape, list | tuple):
            return shape
    shape = config.get("build_input_shape")
    return shape or (model.get("build_config") or {}).get("input_shape")
