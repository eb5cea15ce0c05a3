"""Rules of Keras layers that move over places: convolutions, poolings, paddings, resizings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from archviz.importers.fold.keras_rule import KerasRule, said, times
from archviz.importers.fold.keras_values import Given, listed, sides
from archviz.network.model import Shape


def parted(given: Given, shape: Shape) -> tuple[Shape, int]:
    """The places of a map, and its channels."""
    if len(shape) != given.rank + 1:
        raise ValueError(f"{len(shape)} sides of what comes in")
    return (shape[1:], shape[0]) if given.first else (shape[:-1], shape[-1])


def put(given: Given, places: Shape, channels: int) -> Shape:
    """A map of places and channels, in the order of the layer."""
    return (channels, *places) if given.first else (*places, channels)


def _window(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    if padding in ("same", "causal"):
        return -(-size // stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def _places(given: Given, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Shape:
    places, _ = parted(given, given.shapes[0])
    dilation = sides(given.config.get("dilation_rate"), given.rank)
    padding = str(given.config.get("padding", "valid")).lower()
    steps = zip(places, kernel, stride, dilation, strict=True)
    found = tuple([_window(*step, padding) for step in steps])
    if min(found) < 1:
        raise ValueError("its kernel is larger than its input")
    return found


def kernel_of(given: Given) -> tuple[int, ...]:
    """The sides of a kernel."""
    return sides(given.config.get("kernel_size"), given.rank)


# ---- convolutions ------------------------------------------------------------------------------


def _multiplier(given: Given) -> int:
    return int(given.config.get("depth_multiplier") or 1)


def _channels(given: Given) -> int:
    """The channels that a convolution gives."""
    if given.kind.startswith("Depthwise"):
        return parted(given, given.shapes[0])[1] * _multiplier(given)
    return int(given.config["filters"])


def conv_shape(given: Given) -> Shape:
    """Map of a convolution."""
    places = _places(given, kernel_of(given), sides(given.config.get("strides"), given.rank))
    return put(given, places, _channels(given))


def transposed_places(given: Given) -> tuple[int, ...]:
    """The places that a transposed convolution gives."""
    config, rank = given.config, given.rank
    places, _ = parted(given, given.shapes[0])
    stride, dilation = (sides(config.get(key), rank) for key in ("strides", "dilation_rate"))
    more = config.get("output_padding")
    found = []
    for axis, size in enumerate(places):
        step = stride[axis]
        kernel = (kernel_of(given)[axis] - 1) * dilation[axis] + 1
        if config.get("padding") == "same":
            side = size * step
            if more is not None:
                side = (size - 1) * step + kernel % 2 + sides(more, rank)[axis]
        else:
            extra = max(kernel, step) - kernel if more is None else sides(more, rank)[axis]
            side = (size - 1) * step + kernel + extra
        found.append(side)
    return tuple(found)


def transposed_shape(given: Given) -> Shape:
    """Map of a transposed convolution."""
    return put(given, transposed_places(given), int(given.config["filters"]))


def conv_weights(given: Given) -> tuple[int, int]:
    """Kernels and biases of every convolution."""
    _, channels = parted(given, given.shapes[0])
    size, biased = prod(kernel_of(given)), given.config.get("use_bias") is not False
    if given.kind.startswith("Depthwise"):
        inner = channels * _multiplier(given)
        return size * inner + biased * inner, 0
    filters = int(given.config["filters"])
    if given.kind.startswith("Separable"):
        inner = channels * _multiplier(given)
        return size * inner + inner * filters + biased * filters, 0
    groups = int(given.config.get("groups") or 1)
    return size * channels // groups * filters + biased * filters, 0


def conv_macs(given: Given, shape: Shape) -> int:
    """One a weight at each place; of a transposed convolution, of what comes in."""
    plain = given._replace(config={**given.config, "use_bias": False})
    turned = given.kind.endswith("Transpose")
    places, _ = parted(given, given.shapes[0] if turned else shape)
    return prod(places) * conv_weights(plain)[0]


def conv_label(given: Given) -> str:
    """``conv 3×3``, ``depthwise conv 3``."""
    words = {"De": "depthwise ", "Se": "separable "}.get(given.kind[:2], "")
    turned = " T" if given.kind.endswith("Transpose") else ""
    return f"{words}conv{turned} {times(kernel_of(given))}"


def _local_weights(given: Given) -> tuple[int, int]:
    """Kernels and biases of their own at each place."""
    filters, (_, channels) = int(given.config["filters"]), parted(given, given.shapes[0])
    places, _ = parted(given, conv_shape(given))
    biased = given.config.get("use_bias") is not False
    return prod(places) * filters * (prod(kernel_of(given)) * channels + biased), 0


def _local_macs(given: Given, shape: Shape) -> int:
    plain = given._replace(config={**given.config, "use_bias": False})
    return _local_weights(plain)[0]


def _local_label(given: Given) -> str:
    return f"local conv {times(kernel_of(given))}"


_LOCAL = KerasRule(conv_shape, _local_weights, _local_macs, _local_label, role="conv")
_CONV = KerasRule(conv_shape, conv_weights, conv_macs, conv_label, role="conv")
_TURNED = _CONV._replace(shape=transposed_shape)


# ---- poolings ----------------------------------------------------------------------------------


def _pool_shape(given: Given) -> Shape:
    config, rank = given.config, given.rank
    kernel = sides(config.get("pool_size"), rank, 2)
    stride = sides(config.get("strides") or list(kernel), rank)
    plain = given._replace(config={**config, "dilation_rate": 1})
    return put(given, _places(plain, kernel, stride), parted(given, given.shapes[0])[1])


def _global_shape(given: Given) -> Shape:
    places, channels = parted(given, given.shapes[0])
    return put(given, (1,) * len(places), channels) if given.config.get("keepdims") else (channels,)


def _adaptive_shape(given: Given) -> Shape:
    size = sides(given.config.get("output_size"), given.rank)
    return put(given, size, parted(given, given.shapes[0])[1])


# ---- paddings, croppings, sizes ---------------------------------------------------------------


def edges(given: Given, key: str, default: int = 1) -> tuple[tuple[int, int], ...]:
    """How much is put or cut before and behind each axis."""
    value, rank = listed(given.config.get(key, default)), given.rank
    if isinstance(value, int):
        return ((value, value),) * rank
    value = [listed(side) for side in value]
    if rank == 1 and len(value) == 2 and all(isinstance(side, int) for side in value):
        return ((int(value[0]), int(value[1])),)
    if rank == 1 and len(value) == 1:
        value = value * 1
    if len(value) != rank:
        raise ValueError(f"{len(value)} paddings")
    pairs = [side if isinstance(side, list) else [side, side] for side in value]
    return tuple([(int(before), int(behind)) for before, behind in pairs])


def _edged(key: str, sign: int) -> Callable[[Given], Shape]:
    def shape(given: Given) -> Shape:
        places, channels = parted(given, given.shapes[0])
        around = edges(given, key)
        found = [side + sign * (one + two) for side, (one, two) in zip(places, around, strict=True)]
        if min(found) < 1:
            raise ValueError("nothing is left of it")
        return put(given, tuple(found), channels)

    return shape


def _larger_shape(given: Given) -> Shape:
    places, channels = parted(given, given.shapes[0])
    factors = sides(given.config.get("size"), given.rank, 2)
    if min(factors) < 1:
        raise ValueError("a size of less than 1")
    return put(given, tuple([a * b for a, b in zip(places, factors, strict=True)]), channels)


def _larger_label(given: Given) -> str:
    way = str(given.config.get("interpolation", "nearest"))
    words = "" if way == "nearest" else f"{way[:20]} "
    return f"{words}upsampling {times(sides(given.config.get('size'), given.rank, 2))}"


def _sized_shape(given: Given) -> Shape:
    shape, config = given.shapes[0], given.config
    size = int(config["height"]), int(config["width"])
    if len(shape) < 3:
        raise ValueError("no image comes in")
    return (*shape[:-2], *size) if given.first else (*shape[:-3], *size, shape[-1])


def _sized_label(given: Given) -> str:
    return f"{said(given)} {given.config['height']}×{given.config['width']}"


def _numbered(prefix: str, suffix: str, rule: KerasRule, ranks: str = "123") -> dict[str, Any]:
    return {f"{prefix}{rank}D{suffix}": rule for rank in ranks}


def _pooled(rule: KerasRule, front: str) -> dict[str, KerasRule]:
    names = {"Average": "average", "Max": "max"}
    return {
        key: one
        for way in names
        for key, one in _numbered(f"{front}{way}Pooling", "", rule).items()
    }


RULES: Mapping[str, KerasRule] = {
    **_numbered("LocallyConnected", "", _LOCAL, "12"),
    **_numbered("Conv", "", _CONV), **_numbered("Convolution", "", _CONV),
    **_numbered("DepthwiseConv", "", _CONV, "12"), **_numbered("SeparableConv", "", _CONV, "12"),
    **_numbered("SeparableConvolution", "", _CONV, "12"),
    **_numbered("Conv", "Transpose", _TURNED), **_numbered("Convolution", "Transpose", _TURNED),
    **_pooled(KerasRule(_pool_shape, role="pool"), ""),
    **_pooled(KerasRule(_global_shape, role="pool"), "Global"),
    **_pooled(KerasRule(_adaptive_shape, role="pool"), "Adaptive"),
    **_numbered("ZeroPadding", "", KerasRule(_edged("padding", 1))),
    **_numbered("Cropping", "", KerasRule(_edged("cropping", -1), label=lambda given: "crop")),
    **_numbered("UpSampling", "", KerasRule(_larger_shape, label=_larger_label)),
    **dict.fromkeys(("Resizing", "CenterCrop", "RandomCrop"),
                    KerasRule(_sized_shape, label=_sized_label)),
}  # fmt: skip
"""What is known of them."""
