"""Keras layers as drafts: poolings, merges and views, and the table of all classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from archviz.importers.fold.arithmetic import merge
from archviz.importers.fold.keras_layers import (
    activation,
    as_map,
    conv,
    dense,
    finish,
    norm,
    pair,
    window_of,
)
from archviz.importers.fold.keras_recurrent import KINDS_OF, recurrent
from archviz.importers.fold.state import BATCH, Fold, product
from archviz.importers.fold.views import reshaped, same, transpose
from archviz.importers.fold.windows import ruled

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape


def pool(kind: str) -> Callable[[Fold, Op], bool]:
    """Handler of a pooling."""

    def handler(fold: Fold, op: Op) -> bool:
        value = fold.value(op)
        found = as_map(fold, op, value) if value is not None else None
        if found is None:
            return False
        draft, axes = found
        options = window_of(op, "pool_size")
        shape = ruled(fold, kind, draft.shape, options)
        if shape is None:
            return False
        fold.give(op, fold.draft(kind, op, [draft], shape, **options), axes)
        return True

    return handler


def global_pool(kind: str) -> Callable[[Fold, Op], bool]:
    """Handler of a global pooling; with ``keepdims`` the vector is a map again."""

    def handler(fold: Fold, op: Op) -> bool:
        value = fold.value(op)
        if value is None or value.axes is None or len(value.draft.shape) not in (2, 3):
            return False
        draft = value.draft
        made = fold.draft(kind, op, [draft], draft.shape[-1:])
        if not op.attributes.get("keepdims"):
            fold.give(op, made, (BATCH, 0))
            return True
        made.refs = 1
        shape: Shape = (*[1] * (len(draft.shape) - 1), draft.shape[-1])
        wide = fold.draft("reshape", op, [made], shape, shape=shape)
        wide.name = ""
        fold.give(op, wide, value.axes)
        return True

    return handler


def merges(kind: str) -> Callable[[Fold, Op], bool]:
    """Handler of Add and Multiply."""

    def handler(fold: Fold, op: Op) -> bool:
        values = [value for name in op.inputs if (value := fold.values.get(name)) is not None]
        return len(values) > 1 and merge(fold, op, kind, values)

    return handler


def concat(fold: Fold, op: Op) -> bool:
    """Concatenate along the channels."""
    values = [fold.values[name] for name in op.inputs]
    axes, shape = values[0].axes, values[0].draft.shape
    axis = op.attributes.get("axis", -1)
    if axes is None or len(values) < 2 or axes[axis] != len(shape) - 1:
        return False
    if any(value.axes != axes or value.draft.shape[:-1] != shape[:-1] for value in values):
        return False
    total = sum(value.draft.shape[-1] for value in values)
    draft = fold.draft("concat", op, [value.draft for value in values], (*shape[:-1], total))
    fold.give(op, draft, axes)
    return True


def scaled_add(fold: Fold, op: Op) -> bool:
    """The scaled sum of Inception-ResNet in Keras: x, f(x), and a factor."""
    values = [fold.values[name] for name in op.inputs]
    if len(values) != 2 or values[0].draft.shape != values[1].draft.shape:
        return False
    factor = op.attributes.get("scale")
    if not isinstance(factor, int | float):
        return False
    made = fold.draft(
        "scaled-add",
        op,
        [values[1].draft, values[0].draft],
        values[0].draft.shape,
        value=float(factor),
    )
    fold.give(op, made, values[0].axes)
    return True


def flatten(fold: Fold, op: Op) -> bool:
    """Flatten and Reshape."""
    value = fold.value(op)
    if value is None:
        return False
    dims = fold.dims(value)
    target = [product(dims[1:])]
    if op.kind == "Reshape":
        target = [int(side) for side in op.attributes["target_shape"]]
        if target.count(-1) == 1:
            rest = -product(target)
            target[target.index(-1)] = product(dims[1:]) // rest if rest else 0
    if product(target) != product(dims[1:]) or min(target, default=0) < 1:
        return False
    if value.axes is not None and list(value.axes[1:]) == list(range(len(value.draft.shape))):
        # In Keras' own order a reshape is a reshape: nothing has to be made out of it.
        shape = tuple(target)
        if shape == value.draft.shape:
            fold.alias(op, value)
            return True
        kind = "flatten" if len(shape) == 1 else "reshape"
        options = {} if kind == "flatten" else {"shape": shape}
        made = fold.draft(kind, op, [value.draft], shape, **options)
        fold.give(op, made, (BATCH, *range(len(shape))))
        return True
    reshaped(fold, op, value, (dims[0], *target))
    return True


def permute(fold: Fold, op: Op) -> bool:
    """Permute: another view."""
    dims = op.attributes.get("dims")
    if not isinstance(dims, list):
        return False
    return transpose(fold, op._replace(attributes={"perm": (0, *(int(axis) for axis in dims))}))


def zero_pad(fold: Fold, op: Op) -> bool:
    """ZeroPadding2D and ZeroPadding1D."""
    value = fold.value(op)
    found = as_map(fold, op, value) if value is not None else None
    if found is None:
        return False
    draft, axes = found
    sides = op.attributes.get("padding", 1)
    if isinstance(sides, int):
        sides = [sides, sides]
    if op.kind.endswith("1D"):
        sides = [0, sides if len(sides) == 2 else [sides[0], sides[0]]]
    pairs = [pair(side) for side in sides]
    padding = (*pairs[0], *pairs[1])
    height, width, channels = draft.shape
    shape = height + sum(pairs[0]), width + sum(pairs[1]), channels
    made = fold.draft("zero-pad", op, [draft], shape, padding=padding)
    fold.give(op, made, axes)
    return True


def upsample(fold: Fold, op: Op) -> bool:
    """UpSampling2D by one factor."""
    value = fold.value(op)
    found = as_map(fold, op, value) if value is not None else None
    factors = pair(op.attributes.get("size", 2))
    if found is None or factors[0] != factors[1]:
        return False
    draft, axes = found
    shape = draft.shape[0] * factors[0], draft.shape[1] * factors[0], draft.shape[2]
    if min(factors) < 1:
        raise ValueError("a size of less than 1")
    fold.give(op, fold.draft("upsample", op, [draft], shape, value=float(factors[0])), axes)
    return True


# ---- sequences -----------------------------------------------------------------------------


def embedding(fold: Fold, op: Op) -> bool:
    """Embedding."""
    value = fold.value(op)
    if value is None or value.axes is None or len(value.draft.shape) != 1:
        return False
    width = int(op.attributes["output_dim"])
    made = fold.draft(
        "embedding",
        op,
        [value.draft],
        (*value.draft.shape, width),
        filters=width,
        count=int(op.attributes["input_dim"]),
    )
    return finish(fold, op, made, (*value.axes, 1))


def attention(fold: Fold, op: Op) -> bool:
    """MultiHeadAttention of a sequence with itself."""
    config = op.attributes
    drafts = {fold.values[name].draft for name in op.inputs}
    value = fold.value(op)
    if value is None or len(drafts) != 1 or len(value.draft.shape) != 2:
        return False
    heads, depth = int(config["num_heads"]), int(config["key_dim"])
    if config.get("output_shape") or config.get("value_dim", depth) not in (depth, None):
        return False
    options: dict[str, Any] = {"count": heads}
    if heads * depth != value.draft.shape[1]:
        options["filters"] = heads * depth
    if config.get("use_bias") is False:
        options["bias"] = False
    value.draft.refs -= len(op.inputs) - 1
    made = fold.draft("attention", op, [value.draft], value.draft.shape, **options)
    assert value.axes is not None
    return finish(fold, op, made, value.axes)


Handler = Callable[[Fold, "Op"], bool]
_SAME = (
    "Identity",
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomContrast",
    "RandomTranslation",
)

HANDLERS: Mapping[str, Handler] = {
    **{f"Conv{rank}D": conv("conv") for rank in (1, 2)},
    **{f"Convolution{rank}D": conv("conv") for rank in (1, 2)},
    **{f"DepthwiseConv{rank}D": conv("depthwise-conv") for rank in (1, 2)},
    **{f"SeparableConv{rank}D": conv("sep-conv") for rank in (1, 2)},
    "Conv2DTranspose": conv("conv-transpose"), "Dense": dense,
    "BatchNormalization": norm("batch-norm"), "LayerNormalization": norm("layer-norm"),
    "GroupNormalization": norm("group-norm"), "RMSNormalization": norm("rms-norm"),
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "PReLU"), activation),
    **{f"MaxPooling{rank}D": pool("max-pool") for rank in (1, 2)},
    **{f"AveragePooling{rank}D": pool("avg-pool") for rank in (1, 2)},
    **{f"GlobalAveragePooling{rank}D": global_pool("global-avg-pool") for rank in (1, 2)},
    **{f"GlobalMaxPooling{rank}D": global_pool("global-max-pool") for rank in (1, 2)},
    "Average": merges("mean"), "Maximum": merges("maximum"), "Minimum": merges("minimum"),
    **{name: recurrent for one in KINDS_OF for name in (one, f"Bidirectional({one})")},
    "Add": merges("add"), "Multiply": merges("multiply"), "Concatenate": concat,
    "CustomScaleLayer": scaled_add, "Flatten": flatten, "Reshape": flatten, "Permute": permute,
    "ZeroPadding2D": zero_pad, "ZeroPadding1D": zero_pad, "UpSampling2D": upsample,
    "Embedding": embedding, "MultiHeadAttention": attention,
    **dict.fromkeys(_SAME, same),
}  # fmt: skip
