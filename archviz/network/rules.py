"""The rules behind the kinds: output shapes, of single layers and of merges.

Sides of a map are (height, width); a vector has one side. Nothing here knows the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
JoinRule: TypeAlias = Callable[[Sequence[Shape], Sequence[str]], Shape]


def show_shape(shape: Shape) -> str:
    """``35×35×288``, or ``1000`` for a vector."""
    return "×".join(map(str, shape))


def describe_shape(shape: Shape) -> str:
    """``a map of 35×35×288``, ``a sequence of 197×768``, ``a vector of 1000``."""
    what = {1: "vector", 2: "sequence", 3: "map"}.get(len(shape), "tensor")
    return f"a {what} of {show_shape(shape)}"


def check_size(shape: Shape) -> None:
    """:class:`ShapeError` where nothing is left of a shape, or where it is beyond all sense."""
    if min(shape) < 1:
        raise ShapeError(f"the output would be {show_shape(shape)}", "stride and pool less")
    if max(shape) > MAX_DIMENSION:
        raise ShapeError("the output would have a side of more than 10^12")


# ---- shapes -------------------------------------------------------------------------------


def _map(shape: Shape, what: str) -> Shape:
    if len(shape) != 3:
        raise ShapeError(
            f"{what} needs a map (height×width×channels) and gets {describe_shape(shape)}",
            "put it before `flatten`, `dense` or a global pooling",
        )
    return shape


def _out(layer: Layer, size: int, axis: int) -> int:
    """Output height (axis 0) or width (axis 1) of a convolution or a pooling."""
    kernel = (layer.kernel[axis] - 1) * layer.dilation[axis] + 1
    stride = layer.stride[axis]
    if layer.padding == "same":
        return -(-size // stride)
    before, after = _pads(layer.padding, axis)
    room = size + before + after - kernel
    if room < 0:
        raise ShapeError(
            f"a kernel of {kernel} does not fit on a map of {size + before + after}",
            "use `same`, add `pad=`, or pool less before it",
        )
    if not layer.ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    # A window that would start in the padding behind the map is left out, as in Caffe.
    return count - 1 if (count - 1) * stride >= size + before else count


def _pads(padding: str | tuple[int, int, int, int], axis: int) -> tuple[int, int]:
    if isinstance(padding, str):
        return 0, 0
    return (padding[0], padding[1]) if axis == 0 else (padding[2], padding[3])


def _grouped(layer: Layer, channels: int) -> None:
    if channels % layer.groups or layer.filters % layer.groups:
        wrong = f"{channels} input channels" if channels % layer.groups else ""
        wrong = wrong or f"{layer.filters} filters"
        raise ShapeError(f"{wrong} cannot be divided into {layer.groups} groups")


def conv_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a convolution."""
    height, width, channels = _map(shape, layer.kind)
    _grouped(layer, channels)
    return _out(layer, height, 0), _out(layer, width, 1), layer.filters


def depthwise_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a convolution of each channel on its own."""
    height, width, channels = _map(shape, layer.kind)
    return _out(layer, height, 0), _out(layer, width, 1), channels * layer.multiplier


def sep_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a depthwise, then pointwise convolution."""
    return (*depthwise_shape(layer, shape)[:2], layer.filters)


def transpose_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a transposed convolution; with ``valid`` never smaller than size x stride."""
    _grouped(layer, _map(shape, layer.kind)[2])
    sides = []
    for axis in (0, 1):
        size, kernel, stride = shape[axis], layer.kernel[axis], layer.stride[axis]
        if layer.padding == "same":
            sides.append(size * stride)
        elif layer.padding == "valid":
            sides.append(size * stride + max(kernel - stride, 0))
        else:
            sides.append((size - 1) * stride + kernel - sum(_pads(layer.padding, axis)))
    return sides[0], sides[1], layer.filters


def pool_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a pooling."""
    height, width, channels = _map(shape, layer.kind)
    return _out(layer, height, 0), _out(layer, width, 1), channels


def global_shape(layer: Layer, shape: Shape) -> Shape:
    """Vector of a global pooling, of a map, a sequence or a volume."""
    if len(shape) in (2, 4):
        return shape[-1:]
    return (_map(shape, layer.kind)[2],)


def dense_shape(layer: Layer, shape: Shape) -> Shape:
    """Vector of a dense layer; of a sequence, each of its rows."""
    if len(shape) not in (1, 2):
        raise ShapeError(
            f"dense needs a vector and gets {describe_shape(shape)}",
            "put `flatten` or `global-avg-pool` before it",
        )
    return (*shape[:-1], layer.filters)


def _sequence(shape: Shape, what: str) -> Shape:
    if len(shape) != 2:
        raise ShapeError(
            f"{what} needs a sequence (length×features) and gets {describe_shape(shape)}",
            "put `reshape` before it",
        )
    return shape


def sequence_shape(layer: Layer, shape: Shape) -> Shape:
    """The input as it is, which has to be a sequence."""
    return _sequence(shape, layer.kind)


def embedding_shape(layer: Layer, shape: Shape) -> Shape:
    """A row for each word."""
    return (*shape, layer.filters)


def token_shape(layer: Layer, shape: Shape) -> Shape:
    """A sequence with tokens put before it."""
    length, features = _sequence(shape, layer.kind)
    return length + layer.count, features


def select_shape(layer: Layer, shape: Shape) -> Shape:
    """One row of a sequence."""
    return _sequence(shape, layer.kind)[1:]


def given_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that an operator states; without one the shape of its input."""
    return layer.shape or shape


def same_shape(layer: Layer, shape: Shape) -> Shape:
    """The input as it is, map or vector."""
    return shape


def map_shape(layer: Layer, shape: Shape) -> Shape:
    """The input as it is, which has to be a map."""
    return _map(shape, layer.kind)


def stated_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that a reshape states."""
    if prod(shape) != prod(layer.shape):
        raise ShapeError(
            f"{show_shape(shape)} has {prod(shape):,} values, "
            f"{show_shape(layer.shape)} has {prod(layer.shape):,}"
        )
    return layer.shape


def input_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that an input states."""
    return layer.shape


def upsample_shape(layer: Layer, shape: Shape) -> Shape:
    """Map with rows and columns repeated."""
    height, width, channels = _map(shape, layer.kind)
    factor = int(layer.value)
    return height * factor, width * factor, channels


def shuffled_shape(layer: Layer, shape: Shape) -> Shape:
    """Map with blocks of factor x factor places, each made of as many channels."""
    height, width, channels = _map(shape, layer.kind)
    factor = int(layer.value)
    if channels % factor**2:
        raise ShapeError(f"{channels} channels cannot be divided into blocks of {factor}×{factor}")
    return height * factor, width * factor, channels // factor**2


def regrouped_shape(layer: Layer, shape: Shape) -> Shape:
    """Map with the channels in another order."""
    if _map(shape, layer.kind)[2] % layer.groups:
        raise ShapeError(f"{shape[2]} channels cannot be divided into {layer.groups} groups")
    return shape


def flatten_shape(layer: Layer, shape: Shape) -> Shape:
    """Vector of all values."""
    return (prod(shape),)


def pad_shape(layer: Layer, shape: Shape) -> Shape:
    """Map with zeros round it."""
    height, width, channels = _map(shape, layer.kind)
    return height + sum(_pads(layer.padding, 0)), width + sum(_pads(layer.padding, 1)), channels


# ---- merges -------------------------------------------------------------------------------


def concat(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
    """Join along the channels."""
    first = shapes[0]
    for index, shape in enumerate(shapes):
        if shape[:-1] != first[:-1]:
            rule = "concat needs maps of one height and width"
            _differ(rule, first, shape, names[0], names[index])
    return (*first[:-1], sum(shape[-1] for shape in shapes))


def equal(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
    """Join of equal shapes, as a sum."""
    first = shapes[0]
    for index, shape in enumerate(shapes):
        if shape != first:
            _differ("add needs equal shapes", first, shape, names[0], names[index])
    return first


def gate(shapes: Sequence[Shape], names: Sequence[str]) -> Shape:
    """Join of equal shapes, or of a map and one value a channel, as a product."""
    largest = max(shapes, key=lambda shape: (len(shape), prod(shape)))
    for index, shape in enumerate(shapes):
        if shape != largest[-1:] and not _spreads(shape, largest):
            other = names[shapes.index(largest)]
            rule = "multiply needs equal shapes, or one value a channel"
            _differ(rule, largest, shape, other, names[index])
    return largest


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
