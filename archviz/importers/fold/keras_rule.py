"""What is known of a class of Keras layers, apart from a kind of ours that may say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple, TypeAlias

from archviz.importers.fold.keras_values import Given
from archviz.network.model import Shape

Shapes: TypeAlias = Shape | list[Shape]
"""Of one output, or of several."""


def _nothing(given: Given) -> tuple[int, int]:
    return 0, 0


def _no_products(given: Given, shape: Shape) -> int:
    return 0


def _no_labels(given: Given) -> Sequence[str]:
    return ()


def said(given: Given) -> str:
    """A class in words: ``AdaptiveMaxPooling2D`` is ``adaptive max pooling``."""
    words = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", given.kind)
    return re.sub(r" ?[123]\s?D$", "", words.replace("ops.", "")).lower()


class KerasRule(NamedTuple):
    """What a class of layers gives and has."""

    shape: Callable[[Given], Shapes]
    weights: Callable[[Given], tuple[int, int]] = _nothing
    """Trained ones, and others."""
    macs: Callable[[Given, Shape], int] = _no_products
    """Multiply-adds, from what comes in and the first that it gives."""
    label: Callable[[Given], str] = said
    role: str = ""
    """What the box is coloured as; '' as any other layer."""
    further: Callable[[Given], Sequence[str]] = _no_labels
    """What its outputs are called behind the first one."""


def same(given: Given) -> Shape:
    """The first input as it is."""
    return given.shapes[0]


def named(text: str) -> Callable[[Given], str]:
    """The same name for all layers of a class."""
    return lambda given: text


def kept(name: str = "") -> KerasRule:
    """A class without weights that keeps the shape of its input."""
    return KerasRule(same, label=named(name) if name else said)


def rows(shape: Shape) -> int:
    """How many places there are beside the features."""
    return prod(shape[:-1])


def times(values: Sequence[int]) -> str:
    """``3×3``."""
    return "×".join(map(str, values))
