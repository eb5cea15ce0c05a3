"""Shapes that operators with windows give, and those that make maps larger or smaller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, prod

from archviz.importers.fold.shapes_moves import Ask, Dims, Found, Rule, at

# ---- windows ----------------------------------------------------------------------------------


def _slid(ask: Ask, sides: Dims, kernel: Sequence[int]) -> Dims:
    """How often a window fits into each side of a map."""
    rank = len(sides)
    strides = ask.get("strides") or (1,) * rank
    dilations = ask.get("dilations") or (1,) * rank
    pads = ask.get("pads") or (0,) * (2 * rank)
    auto = str(ask.get("auto_pad", "NOTSET"))
    found = []
    for axis, (side, size) in enumerate(zip(sides, kernel, strict=True)):
        stride, span = strides[axis], (size - 1) * dilations[axis] + 1
        if auto.startswith("SAME"):
            found.append(-(-side // stride))
            continue
        padded = side if auto == "VALID" else side + pads[axis] + pads[axis + rank]
        if not ask.get("ceil_mode"):
            found.append((padded - span) // stride + 1)
            continue
        count = -(-(padded - span) // stride) + 1
        # A window that would begin behind the map and what is before it is none.
        begins = 0 if auto == "VALID" else pads[axis]
        found.append(count - ((count - 1) * stride >= side + begins))
    return tuple(found)


def _convolved(ask: Ask, data: int, weight: int) -> Found:
    dims, kernel = ask.shape(data), ask.shape(weight)
    return [(dims[0], kernel[0], *_slid(ask, dims[2:], kernel[2:]))]


def conv(ask: Ask) -> Found:
    """Convolution."""
    return _convolved(ask, 0, 1)


def quantised_conv(ask: Ask) -> Found:
    """Convolution whose scales stand among its inputs."""
    return _convolved(ask, 0, 3)


def transposed_conv(ask: Ask) -> Found:
    """Transposed convolution."""
    dims, weight = ask.shape(), ask.shape(1)
    rank = len(dims) - 2
    filters = weight[1] * ask.get("group", 1)
    wanted = ask.get("output_shape")
    if wanted:
        return [(dims[0], filters, *wanted[-rank:])]
    strides = ask.get("strides") or (1,) * rank
    if str(ask.get("auto_pad", "")).startswith("SAME"):
        sides = [side * stride for side, stride in zip(dims[2:], strides, strict=True)]
        return [(dims[0], filters, *sides)]
    pads = ask.get("pads") or (0,) * (2 * rank)
    more = ask.get("output_padding") or (0,) * rank
    dilations = ask.get("dilations") or (1,) * rank
    sides = [
        (dims[axis + 2] - 1) * strides[axis]
        + (weight[axis + 2] - 1) * dilations[axis]
        + 1
        - pads[axis]
        - pads[axis + rank]
        + more[axis]
        for axis in range(rank)
    ]
    return [(dims[0], filters, *sides)]


def pool(ask: Ask) -> Found:
    """Pooling; a second output says where the largest were."""
    dims = ask.shape()
    found = (*dims[:2], *_slid(ask, dims[2:], ask.get("kernel_shape")))
    return [found] * len(ask.op.outputs)


def global_pool(ask: Ask) -> Found:
    """One value a channel."""
    dims = ask.shape()
    return [(*dims[:2], *[1] * (len(dims) - 2))]


def unpool(ask: Ask) -> Found:
    """The inverse of a pooling."""
    if ask.has(2):
        return [ask.ints(2)]
    dims, kernel = ask.shape(), ask.get("kernel_shape")
    rank = len(kernel)
    strides, pads = ask.get("strides") or (1,) * rank, ask.get("pads") or (0,) * (2 * rank)
    sides = [
        (dims[axis + 2] - 1) * strides[axis] + kernel[axis] - pads[axis] - pads[axis + rank]
        for axis in range(rank)
    ]
    return [(*dims[:2], *sides)]


def from_columns(ask: Ask) -> Found:
    """Columns of blocks as a map."""
    dims, image, block = ask.shape(), ask.ints(1), ask.ints(2)
    return [(dims[0], dims[1] // prod(block), *image)]


def pooled_regions(ask: Ask) -> Found:
    """Regions of a map, each brought to one size."""
    sides = ask.get("output_height", 1), ask.get("output_width", 1)
    return [(ask.shape(1)[0], ask.shape()[1], *sides)]


# ---- sizes of maps ----------------------------------------------------------------------------


def resized(ask: Ask) -> Found:
    """A map brought to a size, or by a factor."""
    dims = ask.shape()
    axes = [at(axis, len(dims)) for axis in ask.get("axes") or range(len(dims))]
    found = list(dims)
    sizes = ask.ints(3) if ask.has(3) else ()
    if sizes:
        policy = str(ask.get("keep_aspect_ratio_policy", "stretch"))
        if policy != "stretch":
            pick = min if policy == "not_larger" else max
            by = pick([size / dims[axis] for axis, size in zip(axes, sizes, strict=True)])
            sizes = tuple([floor(by * dims[axis] + 0.5) for axis in axes])
        for axis, size in zip(axes, sizes, strict=True):
            found[axis] = size
        return [tuple(found)]
    slot = 2 if ask.has(2) else 1
    factors = ask.get("scales") or ask.numbers(slot)
    if not factors:
        raise LookupError("given at run time")
    for axis, factor in zip(axes, factors, strict=True):
        found[axis] = floor(dims[axis] * factor + 1e-6)
    return [tuple(found)]


def sampled(ask: Ask) -> Found:
    """A map looked up at places."""
    dims, places = ask.shape(), ask.shape(1)
    return [(*dims[:2], *places[1:-1])]


def affine_grid(ask: Ask) -> Found:
    """Places of a map that is turned and stretched."""
    size = ask.ints(1)
    return [(size[0], *size[2:], len(size) - 2)]


def depth_to_space(ask: Ask) -> Found:
    """Channels as places."""
    count, channels, height, width = ask.shape()
    block = ask.get("blocksize")
    return [(count, channels // block**2, height * block, width * block)]


def space_to_depth(ask: Ask) -> Found:
    """Places as channels."""
    count, channels, height, width = ask.shape()
    block = ask.get("blocksize")
    return [(count, channels * block**2, height // block, width // block)]


WINDOWS: Mapping[str, Rule] = {
    **dict.fromkeys(("Conv", "ConvInteger", "DeformConv", "com.microsoft.FusedConv"), conv),
    "QLinearConv": quantised_conv, "ConvTranspose": transposed_conv,
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), pool), "MaxUnpool": unpool,
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), global_pool),
    "Col2Im": from_columns, "RoiAlign": pooled_regions, "Resize": resized, "Upsample": resized,
    "GridSample": sampled, "AffineGrid": affine_grid, "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
}  # fmt: skip
