"""The rules behind convolutions and poolings: shapes, weights and multiply-adds.

All of them hold for sequences (length × features), maps (height × width × channels) and volumes
(depth × height × width × channels): a kernel has a side for each side of what it moves over.
"""

from __future__ import annotations

from math import prod

from archviz.network.model import Layer, Shape
from archviz.network.rules import ShapeError, check_divides, check_rank, dimensions


def _input(layer: Layer, shape: Shape) -> Shape:
    return check_rank(shape, dimensions(layer.kind), layer.kind)


def at(values: tuple[int, ...], axis: int) -> int:
    """The value of an axis; the last one stands for those that are not written."""
    return values[axis] if axis < len(values) else values[-1]


def _each(values: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """A value for each side of a shape but the channels."""
    sides = len(shape) - 1
    return values if len(values) == sides else tuple([at(values, axis) for axis in range(sides)])


def _pads(layer: Layer, axis: int) -> tuple[int, int]:
    """Rows before and behind; none where the padding is no number.

    ``half`` is what PyTorch's networks state: half of the kernel, the same at both ends.
    """
    if layer.padding == "half":
        return ((_kernel(layer, axis) - 1) // 2,) * 2
    if isinstance(layer.padding, str):
        return 0, 0
    return layer.padding[2 * axis], layer.padding[2 * axis + 1]


def _kernel(layer: Layer, axis: int) -> int:
    """A side of the kernel, with the gaps that a dilation leaves."""
    return (at(layer.kernel, axis) - 1) * at(layer.dilation, axis) + 1


def span_of(layer: Layer, axis: int) -> int:
    """How many places of an axis a window spans, with the gaps of a dilation."""
    return _kernel(layer, axis)


def pads_before(layer: Layer, size: int, axis: int) -> int:
    """The padding before an axis of ``size``; with ``same`` the smaller half, as Keras has it."""
    kernel, stride = _kernel(layer, axis), at(layer.stride, axis)
    if layer.causal:
        return kernel - 1
    if layer.padding == "same":
        return max((-(-size // stride) - 1) * stride + kernel - size, 0) // 2
    return _pads(layer, axis)[0]


def _out(layer: Layer, size: int, axis: int) -> int:
    """A side of what a convolution or a pooling gives."""
    kernel, stride = _kernel(layer, axis), at(layer.stride, axis)
    before, after = _pads(layer, axis)
    room = size + before + after - kernel
    if room < 0:
        what = ("sequence", "map", "volume")[dimensions(layer.kind) - 1]
        raise ShapeError(
            f"a kernel of {kernel} does not fit on a {what} of {size + before + after}",
            "use `same`, add `pad=`, or pool less before it",
        )
    if not layer.ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    # A window that would start in the padding behind the map is left out, as in Caffe.
    return count - 1 if (count - 1) * stride >= size + before else count


def _sides(layer: Layer, shape: Shape) -> Shape:
    if layer.padding == "same" or layer.causal:
        steps = zip(shape, _each(layer.stride, shape), strict=False)
        return tuple([-(-size // stride) for size, stride in steps])
    return tuple([_out(layer, size, axis) for axis, size in enumerate(shape[:-1])])


def _size(layer: Layer, shape: Shape) -> int:
    """How many places a kernel covers."""
    return prod(_each(layer.kernel, shape))


def _grouped(layer: Layer, channels: int) -> None:
    check_divides(channels, layer.groups, "input channels")
    check_divides(layer.filters, layer.groups, "filters")


# ---- shapes -------------------------------------------------------------------------------


def conv_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a convolution."""
    _grouped(layer, _input(layer, shape)[-1])
    return (*_sides(layer, shape), layer.filters)


def depthwise_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a convolution of each channel on its own."""
    return (*_sides(layer, _input(layer, shape)), shape[-1] * layer.multiplier)


def sep_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a depthwise, then pointwise convolution."""
    return (*depthwise_shape(layer, shape)[:-1], layer.filters)


def transpose_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a transposed convolution.

    ``same`` and ``valid`` as in Keras: with ``valid`` never smaller than size x stride. Padding by
    a number, 0 too, as in PyTorch: (size - 1) x stride + kernel - padding.
    """
    _grouped(layer, _input(layer, shape)[-1])
    sides = []
    for axis, size in enumerate(shape[:-1]):
        kernel, stride = _kernel(layer, axis), at(layer.stride, axis)
        if layer.padding == "same":
            sides.append(size * stride)
        elif layer.padding == "valid":
            sides.append(size * stride + max(kernel - stride, 0))
        else:
            sides.append((size - 1) * stride + kernel - sum(_pads(layer, axis)))
    return (*sides, layer.filters)


def pool_shape(layer: Layer, shape: Shape) -> Shape:
    """Map of a pooling."""
    return (*_sides(layer, _input(layer, shape)), shape[-1])


# ---- weights: trainable, non-trainable -------------------------------------------------------


def conv_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Kernels and biases of a convolution."""
    kernels = _size(layer, shape) * (shape[-1] // layer.groups) * layer.filters
    return kernels + layer.bias * layer.filters, 0


def depthwise_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """One kernel a channel, and biases."""
    channels = shape[-1] * layer.multiplier
    return _size(layer, shape) * channels + layer.bias * channels, 0


def sep_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Depthwise and pointwise kernels; biases of the pointwise ones."""
    channels = shape[-1] * layer.multiplier
    pointwise = channels * layer.filters
    return _size(layer, shape) * channels + pointwise + layer.bias * layer.filters, 0


# ---- multiply-adds ------------------------------------------------------------------------


def conv_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One kernel at each place of the output."""
    kernel = _size(layer, shape) * (shape[-1] // layer.groups)
    return prod(output[:-1]) * kernel * layer.filters


def transpose_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One kernel at each place of the input."""
    return conv_macs(layer, shape, shape)


def depthwise_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One kernel a channel at each place of the output."""
    return prod(output[:-1]) * _size(layer, shape) * shape[-1] * layer.multiplier


def sep_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """Depthwise, then pointwise."""
    pointwise = prod(output[:-1]) * shape[-1] * layer.multiplier * layer.filters
    return depthwise_macs(layer, shape, output) + pointwise
