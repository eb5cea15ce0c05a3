"""Receptive fields: which places of the input a place of a value depends on.

Through convolutions and poolings they are counted place by place, with paddings and dilations,
and where ways of one stride meet they are put together; statistics of a normalisation do not
count. Behind what spreads places (an upsampling, a transposed convolution) or mixes them in ways
that no kind describes they are unknown, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.model import Layer, Shape
from archviz.network.rules import dimensions
from archviz.network.windows import at, pads_before, span_of

Axis = tuple[int, int, int]
"""A place i depends on those from ``jump``·i + ``low`` to ``jump``·i + ``high``."""


class Sort(Enum):
    """How a value depends on the input."""

    NOTHING = "not at all"
    WINDOW = "each place on a window of its own"
    PATCH = "each place on a window, which has lost its order"
    BEFORE = "each place on all up to it"
    WHOLE = "each place on all"
    UNKNOWN = ""


class Reach(NamedTuple):
    """The receptive field of a value; ``whole``: whether all places together see all."""

    sort: Sort
    axes: tuple[Axis, ...] = ()
    whole: bool = False

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of a window: how many places of each axis."""
        return tuple(high - low + 1 for _, low, high in self.axes)


NOTHING, WHOLE, UNKNOWN = Reach(Sort.NOTHING), Reach(Sort.WHOLE), Reach(Sort.UNKNOWN)
BEFORE = Reach(Sort.BEFORE)

_POINTWISE = (
    "dropout", "lrn", "scale", "channel-shuffle", "split", "feed-forward", "class-token",
    "mixture-of-experts", "position", "sinusoidal-position",
)  # fmt: skip
_SAME = frozenset((*ACTIVATIONS, *NORMS, *_POINTWISE))
_ALL = frozenset(("global-avg-pool", "global-max-pool", "flatten"))
_RECURRENT = frozenset(("lstm", "gru", "rnn"))
_SHAPED = frozenset(("crop", "reshape", "select", "slice", "upsample", "pixel-shuffle"))
"""What leaves a value that depends on all as it is."""
_WINDOWS = ("conv", "sep-conv", "depthwise-conv", "max-pool", "avg-pool")


def first_reach(shape: Shape) -> Reach:
    """That of the input itself; a vector, such as words, has its places along itself."""
    return Reach(Sort.WINDOW, ((1, 0, 0),) * max(len(shape) - 1, 1))


def met(reaches: Sequence[Reach]) -> Reach:
    """That of a merge."""
    found = [one for one in reaches if one.sort is not Sort.NOTHING]
    sorts = {one.sort for one in found}
    if not found:
        return NOTHING
    for sort in (Sort.WHOLE, Sort.UNKNOWN, Sort.BEFORE):
        if sort in sorts:
            return Reach(sort)
    first = found[0]
    if all(one == first for one in found):
        return first
    jumps = {tuple(jump for jump, _, _ in one.axes) for one in found}
    if sorts != {Sort.WINDOW} or len(jumps) > 1:
        return UNKNOWN
    sides = zip(*(one.axes for one in found), strict=True)
    axes = (
        (side[0][0], min(low for _, low, _ in side), max(high for _, _, high in side))
        for side in sides
    )
    return Reach(Sort.WINDOW, tuple(axes))


def reach_behind(layer: Layer, reach: Reach, shape: Shape, output: Shape, whole: Shape) -> Reach:
    """That of what a layer gives, from that of what comes in, of ``shape``.

    ``whole`` is the shape of the network's input.
    """
    kind = layer.kind
    if kind in _SAME or reach.sort is Sort.NOTHING or (kind == "dense" and len(shape) > 1):
        return reach
    if reach.sort is Sort.WHOLE:
        known = kind in _SHAPED or not kind.startswith(("op", "other"))
        return reach if known else UNKNOWN
    if kind.removesuffix("-1d").removesuffix("-3d") in _WINDOWS:
        return _through_window(layer, reach, shape)
    if kind == "embedding" and reach.axes == ((1, 0, 0),):
        return reach
    if kind == "zero-pad" and reach.sort is Sort.WINDOW and not layer.takes:
        return _shifted(layer, reach)
    if kind == "reshape" and reach.sort is Sort.WINDOW and shape[-1:] == output[-1:]:
        return Reach(Sort.PATCH, reach.axes, covers(reach, shape, whole))
    if kind in _ALL or kind == "dense":
        return WHOLE if covers(reach, shape, whole) else UNKNOWN
    if kind == "attention" and not layer.takes and not layer.window:
        return _seen(layer.causal, reach, shape, whole)
    if kind in _RECURRENT:
        return _seen(not layer.bidirectional and not layer.last, reach, shape, whole)
    return UNKNOWN


def covers(reach: Reach, shape: Shape, whole: Shape) -> bool:
    """Whether the places of a value together depend on each place of the input."""
    if reach.sort is not Sort.WINDOW:
        return reach.whole
    sides = whole[:-1] or whole
    if len(sides) != len(reach.axes) or len(shape) < len(reach.axes):
        return False
    return all(
        low <= 0 and jump * (count - 1) + high >= size - 1 and jump <= high - low + 1
        for (jump, low, high), count, size in zip(reach.axes, shape, sides, strict=False)
    )


def _seen(causal: bool, reach: Reach, shape: Shape, whole: Shape) -> Reach:
    """That behind what lets each place see all, or all up to it."""
    if causal and (reach.sort is Sort.BEFORE or reach.axes == ((1, 0, 0),)):
        return BEFORE
    return WHOLE if not causal and covers(reach, shape, whole) else UNKNOWN


def _through_window(layer: Layer, reach: Reach, shape: Shape) -> Reach:
    """That behind a convolution or a pooling."""
    axes = range(dimensions(layer.kind))
    point = all(at(layer.kernel, axis) == at(layer.stride, axis) == 1 for axis in axes)
    if point:
        return reach
    if reach.sort is not Sort.WINDOW or len(reach.axes) != len(axes):
        return UNKNOWN
    found = []
    for axis, (jump, low, high) in enumerate(reach.axes):
        before, wide = pads_before(layer, shape[axis], axis), span_of(layer, axis)
        start = low - jump * before
        found.append((jump * at(layer.stride, axis), start, start + jump * (wide - 1) + high - low))
    return Reach(Sort.WINDOW, tuple(found))


def _shifted(layer: Layer, reach: Reach) -> Reach:
    """That behind zeros round a map."""
    if isinstance(layer.padding, str):
        return UNKNOWN
    before = layer.padding[::2]
    return reach._replace(
        axes=tuple(
            (jump, low - jump * pad, high - jump * pad)
            for (jump, low, high), pad in zip(reach.axes, before, strict=False)
        )
    )


assert KINDS.keys() >= _SAME | _ALL | _RECURRENT | _SHAPED
