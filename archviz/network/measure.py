"""What one layer does to a shape: what comes out, its weights and its multiply-adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.model import Layer, Shape
from archviz.network.rules import check_size


class Outcome(NamedTuple):
    """What a layer does to one input shape."""

    shape: Shape
    trainable: int
    non_trainable: int
    macs: int
    depth: int
    products: int = 0


def measure(layer: Layer, shapes: tuple[Shape, ...], names: Sequence[str]) -> Outcome:
    """What a layer does to its input, or a merge to its inputs, which ``names`` name.

    Of a layer that is no merge, the shapes behind the first are those of ``layer.takes``.
    """
    kind = KINDS[layer.kind]
    shape, named = shapes[0], () if kind.join else shapes[1:]
    output = kind.join(shapes, names) if kind.join else kind.shape(layer, shape, *named)
    if kind.join and layer.shape:
        output = layer.shape
    check_size(output)
    trainable, moving = kind.weights(layer, shape, *named)
    depth = kind.depth if layer.counts_in_depth else 0
    channels = output[-1]
    if layer.norm != "none":
        norm = NORMS[layer.norm].weights
        trainable, moving = trainable + norm[0] * channels, moving + norm[1] * channels
        depth += 1
    if layer.activation != "none" and not kind.inside:
        trainable += ACTIVATIONS[layer.activation].weights[0] * channels
        # An activation that a convolution applies itself is no layer of its own.
        depth += 1 if layer.norm != "none" or kind.join else 0
    if layer.shared:
        trainable, moving = own_weights(norm_of(layer.kind, layer.norm), moving, layer.own)
    idle = trainable if layer.frozen else min(layer.untrained, trainable)
    trainable, moving = trainable - idle, moving + idle
    macs = kind.macs(layer, shape, output, *named)
    products = kind.products(layer, shape, output, *named)
    return Outcome(output, trainable, moving, macs, depth, products)


def given_shape(layer: Layer, shape: Shape) -> Shape:
    """What a layer gives by name beside a value of ``shape``: parts of a split, a last state."""
    return shape if layer.kind == "split" else shape[-1:]


def norm_of(kind: str, norm: str) -> str:
    """The normalisation that a layer has, or is."""
    return kind if norm == "none" else norm


def own_weights(norm: str, moving: int, own: int) -> tuple[int, int]:
    """Of ``own`` parameters that a layer with shared weights has besides: trainable, and not.

    The ``moving`` statistics of its normalisation are among them where there are so many.
    """
    learned, moved = NORMS[norm].weights if norm in NORMS else (0, 0)
    if not moved:  # those are of another part of it
        learned = moved = 1
    return (own - moving, moving) if own * moved >= moving * (learned + moved) else (own, 0)
