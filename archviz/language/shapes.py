"""The shape that comes into a module, as names in its expressions: ``channels/4``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archviz.language.expression import Expression, Value
from archviz.language.options import Setting
from archviz.language.syntax import ChoiceSpec, ModuleSpec, RepeatSpec
from archviz.network.measure import given_shape, measure
from archviz.network.model import Auxiliary, Layer, Shape
from archviz.network.paths import Scope
from archviz.network.rules import ShapeError, describe_shape
from archviz.network.walk import Walk

if TYPE_CHECKING:
    from archviz.errors import Mark

SHAPE_NAMES: Mapping[str, int] = {
    "height": -3,
    "width": -2,
    "channels": -1,
    "length": -2,
    "features": -1,
}
"""Sides of what comes in, by their place in its shape, counted from the end."""

_RANKS: Mapping[str, tuple[int, ...]] = {
    "height": (3, 4),
    "width": (3, 4),
    "channels": (1, 2, 3, 4),
    "length": (2,),
    "features": (1, 2, 3, 4),
}


def shape_values(shape: Shape) -> dict[str, Value]:
    """The sides of a shape by their names; what it has not is a word that says so."""
    return {
        name: (shape[place], 1) if len(shape) in _RANKS[name] else describe_shape(shape)
        for name, place in SHAPE_NAMES.items()
    }


def with_shapes(
    modules: Mapping[str, ModuleSpec],
    calls: Mapping[str, Mapping[str, Mark]],
    asks: frozenset[str],
) -> dict[str, ModuleSpec]:
    """The modules, with a word where they, or modules in them, ask for the shape that comes in.

    ``asks``: the sides that are named anywhere.
    """
    asking = {
        name
        for name, module in modules.items()
        if (sides := asks - module.takes.keys())
        and not sides.isdisjoint(names_in((module.body, tuple(module.takes.values()))))
    }
    if not asking:
        return dict(modules)
    waiting = [*asking]
    while waiting:
        inner = waiting.pop()
        outer = {name for name, called in calls.items() if inner in called} - asking
        asking |= outer
        waiting += outer
    return {name: module._replace(shaped=name in asking) for name, module in modules.items()}


def names_in(part: Any) -> Iterator[str]:
    """All names in the expressions of a part of a spec."""
    match part:
        case Setting() | Expression():
            yield from part.names
        case ChoiceSpec():
            yield part.parameter
            yield from part.words
        case RepeatSpec():
            bound = {name for name, _ in part.bindings}
            yield from (name for name in names_in(part.body) if name not in bound)
            yield from names_in((part.times, part.bindings, part.rows))
        case str() | int() | float() | None:
            return
        case Mapping():
            return
        case tuple():
            for inner in part:
                yield from names_in(inner)


def words_in(tokens: Sequence[str]) -> tuple[str, ...]:
    """The words in the text of a layer."""
    return tuple(word for token in tokens for word in re.findall("[a-z]+", token))


class ShapeWalk(Walk[Shape | None]):
    """Finds the shapes while a network is being built; None where something does not fit."""

    def __init__(self) -> None:
        super().__init__(None)
        self.found: dict[tuple[int, tuple[Shape, ...]], tuple[Layer, Shape | None]] = {}
        """What comes out of layers, by their ids and what comes in: outer nodes walk them again."""

    def layer(
        self, layer: Layer, values: tuple[Shape | None, ...], names: Sequence[str], scope: Scope
    ) -> Shape | None:
        """See :meth:`Walk.layer`."""
        shapes = tuple([shape for shape in values if shape is not None])
        shapes = shapes if values else (layer.shape,)
        if len(shapes) < len(values) or not shapes[0]:
            return None
        key = id(layer), shapes
        if key not in self.found:
            try:
                self.found[key] = layer, measure(layer, shapes, names).shape
            except ShapeError:
                self.found[key] = layer, None
        return self.found[key][1]

    def given(self, layer: Layer, value: Shape | None) -> Shape | None:
        """See :meth:`Walk.given`."""
        return given_shape(layer, value) if value else None

    def auxiliary(self, node: Auxiliary, value: Shape | None, scope: Scope) -> None:
        """See :meth:`Walk.auxiliary`; nothing goes on from it."""
