"""The rules behind the plain kinds: weights and multiply-adds of a layer, from its shapes.

Weights are (trainable, non-trainable).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TypeAlias

from archviz.network.model import Layer, Shape

WeightRule: TypeAlias = Callable[..., tuple[int, int]]
"""From the layer, the shape that comes in, and those of the named values that it takes."""
MacRule: TypeAlias = Callable[..., int]
"""From the layer, the shapes that come in and go out, and those of the named values."""


def no_weights(layer: Layer, shape: Shape, *named: Shape) -> tuple[int, int]:
    """Nothing to learn."""
    return 0, 0


def no_macs(layer: Layer, shape: Shape, output: Shape, *named: Shape) -> int:
    """Nothing that counts as a multiply-add."""
    return 0


def dense_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Weights and biases of a dense layer."""
    return (shape[-1] + layer.bias) * layer.filters, 0


def dense_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One a weight, for each row of a sequence."""
    return prod(shape) * layer.filters


def scale_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """A factor for each channel."""
    return shape[-1], 0


def stated_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """What an operator states."""
    return layer.weights, 0


def stated_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """What an operator states."""
    return layer.macs


def learned_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Each value of a learned tensor."""
    return prod(layer.shape), 0


def matmul_macs(layer: Layer, shape: Shape, output: Shape, *named: Shape) -> int:
    """A row of the matrix times a column of what comes in, for each value."""
    return output[0] * prod(shape)
