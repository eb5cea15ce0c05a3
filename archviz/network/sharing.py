"""Layers that share weights, and the layers that have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from archviz.errors import ArchvizError, Mark, Problem
from archviz.network.kinds import KINDS, STATED
from archviz.network.model import Layer, Shape

Trail: TypeAlias = tuple[tuple[str, Mark], ...]
"""The calls that a place is in, and where they stand."""


class Sharer(NamedTuple):
    """A layer with the weights of another, what comes in, and where it stands."""

    layer: Layer
    shape: Shape
    trail: Trail


def check_owned(sharers: Sequence[Sharer], layers: Iterable[tuple[Layer, Shape]]) -> None:
    """:class:`ArchvizError` where none of all ``layers`` has the weights that one shares.

    The owner may stand before or behind it: paths that run beside one another have no order. It
    may be a box whose weights are stated, with more than these in it. A box that states its weights
    shares with a layer that has as many, its bias among them.
    """
    owning = [
        (layer, shape)
        for layer, shape in layers
        if not layer.takes and (layer.own or not layer.shared)
    ]
    owners = [(layer.kind in STATED, _kernel(layer, shape)) for layer, shape in owning]
    held = {weights for _, weights in owners}
    whole: set[int] = set()
    if any(one.layer.kind in STATED for one in sharers):
        whole = {sum(KINDS[layer.kind].weights(layer, shape)) for layer, shape in owning}
    most = max((weights for stated, weights in owners if stated), default=0)
    found: dict[str, Problem] = {}
    for layer, shape, trail in sharers:
        wanted = _kernel(layer, shape)
        found_whole = layer.kind in STATED and wanted in whole
        if wanted > most and wanted not in held and not found_whole:
            message = f"shared, and no other layer has its {wanted:,} weights"
            hint = "share with a layer of the same sizes, or leave out `shared`"
            found.setdefault(layer.where, Problem(layer.mark, message, hint, trail))
    if found:
        raise ArchvizError(tuple(found.values()))


def _kernel(layer: Layer, shape: Shape) -> int:
    """The weights of a layer, its bias apart."""
    return KINDS[layer.kind].weights(layer._replace(bias=False), shape)[0]
