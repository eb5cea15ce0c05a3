"""The rules behind the kinds: weights and multiply-adds of a layer, from its shapes.

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


def no_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Nothing to learn."""
    return 0, 0


def no_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """Nothing that counts as a multiply-add."""
    return 0


def conv_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Kernels and biases of a convolution."""
    kernel = layer.kernel[0] * layer.kernel[1]
    return kernel * (shape[-1] // layer.groups) * layer.filters + layer.bias * layer.filters, 0


def conv_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One kernel at each place of the output."""
    kernel = layer.kernel[0] * layer.kernel[1]
    return output[0] * output[1] * kernel * (shape[-1] // layer.groups) * layer.filters


def transpose_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One kernel at each place of the input."""
    return conv_macs(layer, shape, shape)


def depthwise_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """One kernel a channel, and biases."""
    channels = shape[-1] * layer.multiplier
    return layer.kernel[0] * layer.kernel[1] * channels + layer.bias * channels, 0


def depthwise_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One kernel a channel at each place of the output."""
    return output[0] * output[1] * layer.kernel[0] * layer.kernel[1] * shape[-1] * layer.multiplier


def sep_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Depthwise and pointwise kernels; biases of the pointwise ones."""
    channels = shape[-1] * layer.multiplier
    depthwise = layer.kernel[0] * layer.kernel[1] * channels
    return depthwise + channels * layer.filters + layer.bias * layer.filters, 0


def sep_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """Depthwise, then pointwise."""
    pointwise = output[0] * output[1] * shape[-1] * layer.multiplier * layer.filters
    return depthwise_macs(layer, shape, output) + pointwise


def dense_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Weights and biases of a dense layer."""
    return (shape[-1] + layer.bias) * layer.filters, 0


def dense_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One a weight, for each row of a sequence."""
    return prod(shape) * layer.filters


def attention_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Projections to queries, keys and values, and the one behind them."""
    features, width = shape[-1], layer.filters or shape[-1]
    return 4 * features * width + layer.bias * (3 * width + features), 0


def attention_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """The four projections of each row; the products among rows are not counted."""
    return 4 * prod(shape) * (layer.filters or shape[-1])


def embedding_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """A row for each word."""
    return layer.count * layer.filters, 0


def position_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """A number for each of the input."""
    return prod(shape), 0


def token_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """The tokens themselves."""
    return layer.count * shape[-1], 0


def scale_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """A factor for each channel."""
    return shape[-1], 0


def stated_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """What an operator states."""
    return layer.weights, 0


def stated_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """What an operator states."""
    return layer.macs
