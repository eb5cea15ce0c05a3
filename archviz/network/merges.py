"""The rules behind merges: what several inputs come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TypeAlias

from archviz.network.model import Shape
from archviz.network.rules import ShapeError, show_shape

JoinRule: TypeAlias = Callable[[Sequence[Shape], Sequence[str]], Shape]
"""From the shapes of all inputs, and what messages call them."""


def concat(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
    """Join along the channels."""
    first = shapes[0]
    for index, shape in enumerate(shapes):
        if shape[:-1] != first[:-1]:
            rule = "concat needs maps of one height and width"
            _differ(rule, first, shape, names[0], names[index])
    return (*first[:-1], sum(shape[-1] for shape in shapes))


def append(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
    """Join of sequences one behind another."""
    first = shapes[0]
    for index, shape in enumerate(shapes):
        if len(shape) != 2 or shape[-1] != first[-1]:
            rule = "append needs sequences of as many features"
            _differ(rule, first, shape, names[0], names[index])
    return sum(shape[0] for shape in shapes), first[-1]


def equal(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
    """Join of equal shapes, as a scaled sum."""
    first = shapes[0]
    for index, shape in enumerate(shapes):
        if shape != first:
            _differ("scaled-add needs equal shapes", first, shape, names[0], names[index])
    return first


def spread(kind: str) -> JoinRule:
    """The rule of a merge of equal shapes, or of a map and one value a channel (or a place)."""

    def rule(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
        if len(set(shapes)) == 1:
            return shapes[0]
        largest = max(shapes, key=lambda shape: (len(shape), prod(shape)))
        for index, shape in enumerate(shapes):
            if shape != largest[-1:] and not _spreads(shape, largest):
                one, two = sorted((index, shapes.index(largest)))
                text = f"{kind} needs equal shapes, or one value a channel"
                _differ(text, shapes[one], shapes[two], names[one], names[two])
        return largest

    return rule


def _spreads(shape: Shape, largest: Shape) -> bool:
    """Whether a shape has the sides of the largest one, or 1 where it is spread out."""
    pairs = zip(shape, largest, strict=False)
    return len(shape) == len(largest) and all(one in (1, side) for one, side in pairs)


def any_shapes(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
    """Join of an operator that states its shape; without that, the largest one."""
    return max(shapes, key=prod)


def _differ(rule: str, first: Shape, other: Shape, first_name: str, name: str) -> None:
    raise ShapeError(
        f"{rule}: {first_name} gives {show_shape(first)}, {name} gives {show_shape(other)}",
        "compare their strides, paddings and filters",
    )
