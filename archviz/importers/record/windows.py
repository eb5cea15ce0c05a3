"""Functions with a window, as operators: convolutions, poolings, resizing, padding."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from archviz.importers.record.operators import Operators, sides


def conv(low: Operators, given: SimpleNamespace) -> None:
    """Convolution on one to three axes."""
    rank = len(low.shape(given.weight)) - 2
    kernel = low.shape(given.weight)[2:]
    dilation = sides(given.dilation, rank)
    if given.padding == "same":
        spans = [step * (side - 1) for step, side in zip(dilation, kernel, strict=True)]
        pads = (*[span // 2 for span in spans], *[span - span // 2 for span in spans])
    else:
        pads = sides(0 if given.padding == "valid" else given.padding, rank) * 2
    low.put(
        "Conv",
        [low.operand(given.input), low.operand(given.weight), low.operand(given.bias)],
        given.out,
        strides=sides(given.stride, rank),
        pads=pads,
        dilations=dilation,
        group=given.groups,
    )


def conv_transpose(low: Operators, given: SimpleNamespace) -> None:
    """Transposed convolution."""
    rank = len(low.shape(given.weight)) - 2
    low.put(
        "ConvTranspose",
        [low.operand(given.input), low.operand(given.weight), low.operand(given.bias)],
        given.out,
        strides=sides(given.stride, rank),
        pads=sides(given.padding, rank) * 2,
        output_padding=sides(given.output_padding, rank),
        dilations=sides(given.dilation, rank),
        group=given.groups,
    )


def _pool(low: Operators, given: SimpleNamespace, kind: str, **more: Any) -> None:
    rank = len(low.shape(given.out)) - 2
    kernel = sides(given.kernel_size, rank)
    low.put(
        kind,
        [low.operand(given.input)],
        *given.outs,
        kernel_shape=kernel,
        strides=sides(given.stride, rank) if given.stride else kernel,
        pads=sides(given.padding, rank) * 2,
        ceil_mode=int(given.ceil_mode),
        **more,
    )


def max_pool(low: Operators, given: SimpleNamespace) -> None:
    """Max pooling."""
    _pool(low, given, "MaxPool", dilations=sides(given.dilation, len(low.shape(given.out)) - 2))


def avg_pool(low: Operators, given: SimpleNamespace) -> None:
    """Average pooling."""
    _pool(low, given, "AveragePool")


def adaptive(low: Operators, given: SimpleNamespace) -> None:
    """Pooling to a size: of all places, of equal windows, or a box that says so."""
    name = low.operand(given.input)
    largest = "max" in given.call.function
    old, new = low.shape(name), low.shape(given.out)
    rank = int(given.call.function[-2])
    places, wanted = old[-rank:], new[-rank:]
    if set(wanted) == {1}:
        low.put("GlobalMaxPool" if largest else "GlobalAveragePool", [name], *given.outs)
    elif places == wanted:
        low.put("Identity", [name], given.out)
    elif all(side % part == 0 for side, part in zip(places, wanted, strict=True)):
        kernel = tuple(side // part for side, part in zip(places, wanted, strict=True))
        kind = "MaxPool" if largest else "AveragePool"
        low.put(kind, [name], *given.outs, kernel_shape=kernel, strides=kernel)
    else:
        low.put("AdaptiveMaxPool" if largest else "AdaptiveAveragePool", [name], *given.outs)


def interpolate(low: Operators, given: SimpleNamespace) -> None:
    """Resizing to a size or by a factor."""
    size = low.list_of(low.shape(given.out))
    low.put("Resize", [low.operand(given.input), "", "", size], given.out, mode=given.mode)


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(low: Operators, given: SimpleNamespace) -> None:
    """Padding; torch states it from the last axis on."""
    name = low.operand(given.input)
    rank = len(low.shape(name))
    before, after = [0] * rank, [0] * rank
    for place, side in enumerate(given.pad):
        (after if place % 2 else before)[rank - 1 - place // 2] = int(side)
    mode = _MODES.get(given.mode or "constant", "constant")
    low.put("Pad", [name, low.list_of([*before, *after])], given.out, mode=mode)


def pixel_shuffle(low: Operators, given: SimpleNamespace) -> None:
    """Channels become blocks of the map."""
    name = low.operand(given.input)
    low.put("DepthToSpace", [name], given.out, blocksize=given.factor, mode="CRD")


def pixel_unshuffle(low: Operators, given: SimpleNamespace) -> None:
    """Blocks of the map become channels."""
    low.put("SpaceToDepth", [low.operand(given.input)], given.out, blocksize=given.factor)


def channel_shuffle(low: Operators, given: SimpleNamespace) -> None:
    """Channels of all groups take turns."""
    name = low.operand(given.input)
    batch, channels, *rest = low.shape(name)
    order = (0, 2, 1, *range(3, 3 + len(rest)))
    apart = low.reshaped(name, (batch, given.groups, channels // given.groups, *rest))
    low.reshape(low.transposed(apart, order), given.out)
