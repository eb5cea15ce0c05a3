"""Keras layers that move over places, as the kinds of ours that say all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.importers.fold.keras_layers import finish
from archviz.importers.fold.keras_rules_windows import (
    edges,
    kernel_of,
    transposed_places,
)
from archviz.importers.fold.keras_values import (
    Given,
    call_of,
    counted,
    given_of,
    order_of,
    sides,
    weights_of,
)
from archviz.importers.fold.state import BATCH, Axes, Fold, LayerDraft, TensorView
from archviz.importers.fold.views import arranged
from archviz.importers.fold.windows import ruled, tidy

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape

_SUFFIX = {1: "-1d", 2: "", 3: "-3d"}
Handler = Callable[[Fold, "Op"], bool]


class Places(NamedTuple):
    """What a layer moves over: a sequence, a map or a volume, axes of time among its places."""

    value: TensorView
    order: tuple[int, ...]
    """Which axis of the value each one of ``shape`` is."""
    shape: Shape
    axes: Axes
    """How what is given lies in what we draw."""

    def draft(self, fold: Fold, op: Op) -> LayerDraft:
        """The value in that order."""
        return arranged(fold, op, self.value, self.order, self.shape)


def places_of(fold: Fold, op: Op, given: Given) -> Places | None:
    """The places that a layer gets; None where they are none."""
    value, steps = fold.value(op), call_of(op).steps
    if value is None or value.axes is None:
        return None
    dims, count = fold.dims(value), given.rank + steps
    if len(dims) != count + 2 or count > 3 or value.axes[0] != BATCH:
        return None
    order = tuple(range(1, count + 2))
    axes: Axes = (BATCH, *range(count + 1))
    if given.first:
        order = (*order[:steps], *range(2 + steps, count + 2), 1 + steps)
        axes = (BATCH, *range(steps), count, *range(steps, count))
    return Places(value, order, tuple([dims[axis] for axis in order]), axes)


def _window(op: Op, given: Given, kernel: tuple[int, ...], pooled: bool) -> dict[str, Any]:
    """Kernel, stride, dilation and padding, where they are not the default."""
    config, rank = given.config, given.rank
    ones = (1,) * call_of(op).steps
    stride = sides(config.get("strides") or (list(kernel) if pooled else 1), rank)
    dilation = sides(None if pooled else config.get("dilation_rate"), rank)
    options: dict[str, Any] = {"kernel": (*ones, *kernel)}
    if pooled or set(stride) != {1}:
        options["stride"] = (*ones, *stride)
    if set(dilation) != {1}:
        options["dilation"] = (*ones, *dilation)
    padding = str(config.get("padding", "valid")).lower()
    if padding == "same":
        options["padding"] = "same"
    elif padding == "causal":
        behind = (kernel[0] - 1) * dilation[0]
        options["padding"] = (*(0,) * (2 * len(ones)), behind, 0)
    return options


def conv(kind: str) -> Handler:
    """Handler of a convolution of the given kind."""

    def handler(fold: Fold, op: Op) -> bool:
        given = given_of(fold, op)
        places = places_of(fold, op, given)
        if places is None:
            return False
        options = _window(op, given, kernel_of(given), pooled=False)
        _sizes(kind, given, options)
        name = kind + _SUFFIX[len(places.shape) - 1]
        if kind == "conv-transpose" and not _turned(places, given, options):
            return False
        if ruled(fold, name, places.shape, options) is None:
            return False
        weights = counted(op, *weights_of(name, options, places.shape))
        if weights is None:
            return False
        draft = _without_pad(fold, places.draft(fold, op), options)
        shape = ruled(fold, name, draft.shape, options)
        if shape is None:
            return False
        return finish(fold, op, fold.draft(name, op, [draft], shape, **options), places.axes)

    return handler


def _sizes(kind: str, given: Given, options: dict[str, Any]) -> None:
    config = given.config
    if kind != "depthwise-conv":
        options["filters"] = int(config["filters"])
    if kind in ("depthwise-conv", "sep-conv") and int(config.get("depth_multiplier") or 1) != 1:
        options["multiplier"] = int(config["depth_multiplier"])
    if kind == "conv" and int(config.get("groups") or 1) != 1:
        options["groups"] = int(config["groups"])
    if config.get("use_bias") is False:
        options["bias"] = False


def _turned(places: Places, given: Given, options: dict[str, Any]) -> bool:
    """Give a transposed convolution the padding with which it gives what Keras says."""
    if given.config.get("output_padding") is None:
        return True
    wanted, before = transposed_places(given), places.shape[: len(places.shape) - 1 - given.rank]
    padding = [0] * (2 * len(before))
    for axis, side in enumerate(wanted):
        place = len(before) + axis
        step = options.get("stride", (1,) * 3)[place]
        dilation = options.get("dilation", (1,) * 3)[place]
        kernel = (options["kernel"][place] - 1) * dilation + 1
        less = (places.shape[place] - 1) * step + kernel - side
        padding += [less // 2, less - less // 2]
    options["padding"] = tuple(padding)
    return min(padding) >= 0


def _without_pad(fold: Fold, draft: LayerDraft, options: dict[str, Any]) -> LayerDraft:
    """Zeros that were put round the map just for this layer become its own padding."""
    if draft.refs != 1 or "padding" in options or draft.options.get("norm"):
        return draft
    padding = draft.options.get("padding") if draft.kind == "zero-pad" else None
    if draft.kind == "op" and draft.op.kind.startswith("ZeroPadding") and draft.named:
        given = given_of(fold, draft.op)
        if given.first or call_of(draft.op).steps:
            return draft
        padding = tuple([side for pair in edges(given, "padding") for side in pair])
    if padding is None or len(padding) != 2 * len(options["kernel"]):
        return draft
    ones = (1,) * len(options["kernel"])
    steps = options.get("stride", ones), options.get("dilation", ones)
    options["padding"] = tidy(padding, options["kernel"], *steps)
    return draft.inputs[0]


def pool(kind: str) -> Handler:
    """Handler of a pooling."""

    def handler(fold: Fold, op: Op) -> bool:
        given = given_of(fold, op)
        places = places_of(fold, op, given)
        if places is None:
            return False
        kernel = sides(given.config.get("pool_size"), given.rank, 2)
        options = _window(op, given, kernel, pooled=True)
        name = kind + _SUFFIX[len(places.shape) - 1]
        shape = ruled(fold, name, places.shape, options)
        if shape is None:
            return False
        made = fold.draft(name, op, [places.draft(fold, op)], shape, **options)
        fold.give(op, made, places.axes)
        return True

    return handler


def global_pool(kind: str) -> Handler:
    """Handler of a global pooling; with ``keepdims`` it gives a map of one place."""

    def handler(fold: Fold, op: Op) -> bool:
        given = given_of(fold, op)
        places = None if call_of(op).steps else places_of(fold, op, given)
        if places is None:
            return False
        draft, channels = places.draft(fold, op), places.shape[-1:]
        if op.attributes.get("keepdims"):
            shape: Shape = (*[1] * given.rank, *channels)
            fold.give(op, fold.draft(kind, op, [draft], shape, keep=True), places.axes)
        else:
            fold.give(op, fold.draft(kind, op, [draft], channels), (BATCH, 0))
        return True

    return handler


def zero_pad(fold: Fold, op: Op) -> bool:
    """Zeros round a map."""
    given = given_of(fold, op)
    places = None if call_of(op).steps else places_of(fold, op, given)
    if places is None:
        return False
    around = edges(given, "padding")
    if min(side for pair in around for side in pair) < 0:
        raise ValueError("negative padding")
    shape = *[a + sum(b) for a, b in zip(places.shape, around, strict=False)], places.shape[-1]
    padding = tuple([side for pair in around for side in pair])
    made = fold.draft("zero-pad", op, [places.draft(fold, op)], shape, padding=padding)
    fold.give(op, made, places.axes)
    return True


def upsample(fold: Fold, op: Op) -> bool:
    """Upsampling by one factor, by repeating."""
    given = given_of(fold, op)
    places = None if call_of(op).steps else places_of(fold, op, given)
    factors = sides(given.config.get("size"), given.rank, 2)
    if min(factors) < 1:
        raise ValueError("a size of less than 1")
    plain = given.config.get("interpolation", "nearest") == "nearest"
    if places is None or len(set(factors)) > 1 or not plain:
        return False
    shape = *[side * factors[0] for side in places.shape[:-1]], places.shape[-1]
    draft = places.draft(fold, op)
    fold.give(op, fold.draft("upsample", op, [draft], shape, value=float(factors[0])), places.axes)
    return True


def flatten(fold: Fold, op: Op) -> bool:
    """Flatten and Reshape, of each step where there are steps."""
    value, steps = fold.value(op), call_of(op).steps
    if value is None or value.axes is None:
        return False
    dims = fold.dims(value)
    lead, inner = dims[1 : 1 + steps], dims[1 + steps :]
    size = 1
    for side in inner:
        size *= side
    target = [size]
    if op.kind == "Reshape":
        target = [int(side) for side in op.attributes["target_shape"]]
        if target.count(-1) == 1:
            rest = -_product(target)
            target[target.index(-1)] = size // rest if rest else 0
    if _product(target) != size or min(target, default=0) < 1:
        return False
    draft = arranged(fold, op, value, _flat_order(fold, op, len(dims)), _flat_sides(fold, op, dims))
    shape = (*lead, *target)
    if shape == draft.shape:
        fold.alias(op, TensorView(draft, order_of(shape)) if draft is not value.draft else value)
        return True
    kind = "flatten" if len(shape) == 1 else "reshape"
    options = {} if kind == "flatten" else {"shape": shape}
    fold.give(op, fold.draft(kind, op, [draft], shape, **options), order_of(shape))
    return True


def _flat_order(fold: Fold, op: Op, rank: int) -> tuple[int, ...]:
    """The order in which values are flattened: Keras moves the channels behind the places."""
    moved = op.kind == "Flatten" and op.attributes.get("data_format") == "channels_first"
    steps = call_of(op).steps
    order = tuple(range(1, rank))
    if moved and rank > 2 + steps:
        return *order[:steps], *order[steps + 1 :], order[steps]
    return order


def _flat_sides(fold: Fold, op: Op, dims: tuple[int, ...]) -> Shape:
    return tuple([dims[axis] for axis in _flat_order(fold, op, len(dims))]) or (1,)


def _product(sides_: list[int]) -> int:
    size = 1
    for side in sides_:
        size *= side
    return size
