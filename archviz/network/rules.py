"""The rules behind the kinds: output shapes. What all of them need, and those of the plain kinds.

Nothing here knows the spec.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TypeAlias

from archviz.network.model import Layer, Shape

MAX_DIMENSION = 10**12


class ShapeError(Exception):
    """Why a layer cannot take its input."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


ShapeRule: TypeAlias = Callable[..., Shape]
"""From the layer, the shape that comes in, and those of the named values that it takes."""


def show_shape(shape: Shape) -> str:
    """``35×35×288``, or ``1000`` for a vector."""
    return "×".join(map(str, shape))


def describe_shape(shape: Shape) -> str:
    """``a map of 35×35×288``, ``a sequence of 197×768``, ``a vector of 1000``."""
    what = {1: "vector", 2: "sequence", 3: "map", 4: "volume"}.get(len(shape), "tensor")
    return f"a {what} of {show_shape(shape)}"


def check_size(shape: Shape) -> None:
    """:class:`ShapeError` where nothing is left of a shape, or where it is beyond all sense."""
    if min(shape, default=0) < 1:
        raise ShapeError(f"the output would be {show_shape(shape)}", "stride and pool less")
    if max(shape) > MAX_DIMENSION:
        raise ShapeError("the output would have a side of more than 10^12")


# ---- what is expected ----------------------------------------------------------------------


_EXPECTED = {
    1: ("a sequence (length×features)", "put `reshape` before it"),
    2: (
        "a map (height×width×channels)",
        "put it before `flatten`, `dense` or a global pooling",
    ),
    3: ("a volume (depth×height×width×channels)", "it needs an input of four sides"),
}


_DIMENSIONS = {"-1d": 1, "-3d": 3}


def dimensions(kind: str) -> int:
    """How many sides the kernels of a kind have: 1 of ``conv-1d``, 3 of ``conv-3d``, else 2."""
    return _DIMENSIONS.get(kind[-3:], 2)


def check_rank(shape: Shape, sides: int, what: str) -> Shape:
    """The shape, of a sequence (1 side), map (2) or volume (3); else :class:`ShapeError`."""
    if len(shape) != sides + 1:
        expected, hint = _EXPECTED[sides]
        raise ShapeError(f"{what} needs {expected} and gets {describe_shape(shape)}", hint)
    return shape


def rows_of(shape: Shape, what: str) -> tuple[int, int]:
    """How many rows of how many features: of a sequence, or the places of a map or volume."""
    if len(shape) < 2:
        check_rank(shape, 1, what)
    return prod(shape[:-1]), shape[-1]


def check_divides(count: int, parts: int, what: str, of: str = "groups") -> None:
    """:class:`ShapeError` where channels do not come out even."""
    if count % parts:
        raise ShapeError(f"{count} {what} cannot be divided into {parts} {of}")


# ---- shapes of the plain kinds -------------------------------------------------------------


def same_shape(layer: Layer, shape: Shape) -> Shape:
    """The input as it is, map or vector."""
    return shape


def map_shape(layer: Layer, shape: Shape) -> Shape:
    """The input as it is, which has to be a map."""
    return check_rank(shape, 2, layer.kind)


def dense_shape(layer: Layer, shape: Shape) -> Shape:
    """Vector of a dense layer; of a sequence, each of its rows."""
    if len(shape) not in (1, 2):
        raise ShapeError(
            f"dense needs a vector and gets {describe_shape(shape)}",
            "put `flatten` or `global-avg-pool` before it; for each place of a map, write conv 1x1",
        )
    return (*shape[:-1], layer.filters)


def given_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that an operator states; without one the shape of its input."""
    return layer.shape or shape


def input_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that an input states."""
    return layer.shape


def stated_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that a reshape states."""
    if prod(shape) != prod(layer.shape):
        raise ShapeError(
            f"{show_shape(shape)} has {prod(shape):,} values, "
            f"{show_shape(layer.shape)} has {prod(layer.shape):,}"
        )
    return layer.shape


def flatten_shape(layer: Layer, shape: Shape) -> Shape:
    """Vector of all values."""
    return (prod(shape),)


def global_shape(layer: Layer, shape: Shape) -> Shape:
    """Vector of a global pooling; with ``keep`` a map of 1×1 places."""
    if len(shape) not in (2, 3, 4):
        check_rank(shape, 2, layer.kind)
    return (*(1 for _ in shape[:-1]), shape[-1]) if layer.keep else shape[-1:]


def upsample_shape(layer: Layer, shape: Shape) -> Shape:
    """Map with rows and columns repeated; a sequence or a volume likewise."""
    if len(shape) not in (2, 4):
        check_rank(shape, 2, layer.kind)
    factor = int(layer.value)
    return (*(side * factor for side in shape[:-1]), shape[-1])


def unpooled_shape(layer: Layer, shape: Shape, pooled: Shape = ()) -> Shape:
    """Map or volume with rows and columns put back; as large as what the pooling gave."""
    if pooled and pooled != shape:
        name = f"{layer.kind} from={layer.takes[0] if layer.takes else ''}"
        text = f"{name} has the places of {describe_shape(pooled)}, and {describe_shape(shape)}"
        raise ShapeError(f"{text} comes in", "name the pooling of the same map")
    return upsample_shape(layer, shape)


def shuffled_shape(layer: Layer, shape: Shape) -> Shape:
    """Map with blocks of factor x factor places, each made of as many channels."""
    height, width, channels = check_rank(shape, 2, layer.kind)
    factor = int(layer.value)
    if channels % factor**2:
        raise ShapeError(f"{channels} channels cannot be divided into blocks of {factor}×{factor}")
    return height * factor, width * factor, channels // factor**2


def regrouped_shape(layer: Layer, shape: Shape) -> Shape:
    """Map with the channels in another order."""
    check_divides(check_rank(shape, 2, layer.kind)[2], layer.groups, "channels")
    return shape


def split_shape(layer: Layer, shape: Shape) -> Shape:
    """One of the equal parts of the channels."""
    parts = len(layer.gives)
    if parts < 2:
        raise ShapeError("split needs two names or more", "such as: split left right")
    check_divides(shape[-1], parts, "channels", "parts")
    return (*shape[:-1], shape[-1] // parts)


def crop_shape(layer: Layer, shape: Shape, partner: Shape = ()) -> Shape:
    """The middle of a map, as large as stated, or as the map of another value."""
    return _fitted(layer, shape, partner, "crop")


def pad_shape(layer: Layer, shape: Shape, partner: Shape = ()) -> Shape:
    """Map with zeros round it, so many, or up to the size of another value."""
    if partner:
        return _fitted(layer, shape, partner, "zero-pad")
    check_rank(shape, 2, layer.kind)
    top, bottom, left, right = layer.padding if isinstance(layer.padding, tuple) else (0, 0, 0, 0)
    return shape[0] + top + bottom, shape[1] + left + right, shape[2]


def _fitted(layer: Layer, shape: Shape, partner: Shape, what: str) -> Shape:
    if partner and (layer.shape or layer.padding != "valid"):
        raise ShapeError(f"{what} states a size and takes that of {layer.takes[0]}", "say one")
    sides, wanted = shape[:-1], partner[:-1] if partner else layer.shape
    if len(sides) != len(wanted) or not sides:
        want = show_shape(wanted) or describe_shape(partner)
        raise ShapeError(f"{what} to {want} does not go with {describe_shape(shape)}")
    for side, goal in zip(sides, wanted, strict=True):
        if side < goal if what == "crop" else side > goal:
            larger = "larger" if what == "crop" else "smaller"
            text = (
                f"{show_shape(sides)} cannot be brought to {show_shape(wanted)}, which is {larger}"
            )
            raise ShapeError(f"{what}: {text}")
    return (*wanted, shape[-1])


def matmul_shape(layer: Layer, shape: Shape, matrix: Shape = ()) -> Shape:
    """A matrix times the rows that come in."""
    length, features = check_rank(shape, 1, layer.kind)
    if len(matrix) != 2 or matrix[1] != length:
        got = describe_shape(matrix) if matrix else "none"
        raise ShapeError(f"matmul of {length} rows needs a matrix of N×{length} and gets {got}")
    return matrix[0], features
