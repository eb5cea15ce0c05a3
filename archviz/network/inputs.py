"""Inputs that are hardly meant as they stand: channels first, or with a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archviz.errors import Problem
from archviz.network.model import Layer, Shape
from archviz.network.rules import show_shape

FEW, SIDE, LONGER = 4, 16, 4
"""Most channels that an image has, its shortest side, and how many times longer the other is."""


def meant(layers: Sequence[Layer]) -> Mapping[str, Shape]:
    """By their ``where``, the shapes of inputs that would be likelier than what they state."""
    likely = [(layer, _as_map(layer.shape) or _likely(layer.shape)) for layer in layers]
    return {layer.where: shape for layer, shape in likely if shape != layer.shape}


def doubt(layer: Layer, shape: Shape, warning: bool = False) -> Problem:
    """What is to be said of an input that is rather meant to be of ``shape``."""
    text = "x".join(map(str, shape))
    if len(layer.shape) > len(shape):
        message = f"the input is {show_shape(layer.shape)}; is its first side a batch?"
        return Problem(layer.mark, message, f"leave the batch out: input {text}", warning=warning)
    if len(layer.shape) < len(shape):
        message = f"the input is a sequence of {show_shape(layer.shape)}"
        hint = f"of a map, write the channels, too: input {text}"
        return Problem(layer.mark, message, hint, warning=warning)
    height, width, channels = layer.shape
    message = f"the input is {height} high and {width} wide, and has {channels} channels"
    hint = f"height x width x channels: did you mean {text}?"
    return Problem(layer.mark, message, hint, warning=warning)


def doubts(layers: Sequence[Layer]) -> tuple[Problem, ...]:
    """Warnings of inputs of networks in which all fits."""
    likely = [(layer, _likely(layer.shape)) for layer in layers if len(layer.shape) < 4]
    return tuple(
        doubt(layer, shape, warning=True) for layer, shape in likely if shape != layer.shape
    )


def _as_map(shape: Shape) -> Shape:
    """A grey image whose channels are left out; () of other shapes."""
    return (*shape, 1) if len(shape) == 2 and SIDE <= min(shape) == max(shape) else ()


def _likely(shape: Shape) -> Shape:
    """Without what looks like a batch, and with the channels last."""
    if len(shape) == 4:
        shape = shape[1:]
    if len(shape) == 2 and shape[0] == 1:
        return shape[1:]
    if len(shape) != 3:
        return shape
    channels, height, width = shape
    image = min(height, width) >= SIDE and max(height, width) <= LONGER * min(height, width)
    first = channels <= FEW and image and (channels != 1 or height == width)
    return (height, width, channels) if first else shape
