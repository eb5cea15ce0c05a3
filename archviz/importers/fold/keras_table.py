"""Keras layers as drafts: merges and views, attentions, and the table of all classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from archviz.importers.fold.keras_arithmetic import merges, step
from archviz.importers.fold.keras_boxes import box
from archviz.importers.fold.keras_layers import (
    activation,
    dense,
    embedding,
    finish,
    fits,
    norm,
    on_features,
    prelu,
    softmax,
)
from archviz.importers.fold.keras_recurrent import recurrent
from archviz.importers.fold.keras_rules import PASSING
from archviz.importers.fold.keras_rules_attention import Heads, heads_of
from archviz.importers.fold.keras_rules_operations import BADGES, PREFIX
from archviz.importers.fold.keras_rules_recurrent import CELLS
from archviz.importers.fold.keras_values import (
    CELLS_RUN,
    END,
    axis_of,
    call_of,
    counted,
    given_of,
    natural,
    order_of,
    weigh,
)
from archviz.importers.fold.keras_windows import (
    conv,
    flatten,
    global_pool,
    pool,
    upsample,
    zero_pad,
)
from archviz.importers.fold.layers import attach
from archviz.importers.fold.state import BATCH, Fold, TensorView
from archviz.importers.fold.views import same, transpose

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

Handler = Callable[[Fold, "Op"], bool]

# ---- merges ------------------------------------------------------------------------------------


def concat(fold: Fold, op: Op) -> bool:
    """Concatenate along the features, or sequences one behind another."""
    values = [fold.values[name] for name in op.inputs if name in fold.values]
    if len(values) < 2 or len(values) != len(op.inputs):
        return False
    axes, shape = values[0].axes, values[0].draft.shape
    if axes is None or any(value.axes != axes for value in values):
        return False
    axis = axes[axis_of(op, op.attributes.get("axis", -1), len(axes))]
    shapes = [value.draft.shape for value in values]
    drafts = [value.draft for value in values]
    total = sum(one[axis] for one in shapes)
    if axis == len(shape) - 1 and len({one[:-1] for one in shapes}) == 1:
        fold.give(op, fold.draft("concat", op, drafts, (*shape[:-1], total)), axes)
        return True
    rows = axis == 0 and len(shape) == 2 and axes == (BATCH, 0, 1)
    if rows and len({one[1] for one in shapes}) == 1 and len(set(drafts)) == len(drafts):
        fold.give(op, fold.draft("append", op, drafts, (total, shape[1])), axes)
        return True
    return False


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


def layer_scale(fold: Fold, op: Op) -> bool:
    """The learned factors of ConvNeXt in Keras, one for each feature."""
    value = fold.value(op)
    if value is None or not on_features(op, value, -1):
        return False
    weights = counted(op, value.draft.shape[-1])
    if weights is None or call_of(op).steps:
        return False
    made = fold.draft("scale", op, [value.draft], value.draft.shape)
    weigh(op, made, weights)
    assert value.axes is not None
    fold.give(op, made, value.axes)
    return True


# ---- views -------------------------------------------------------------------------------------


def permute(fold: Fold, op: Op) -> bool:
    """Permute: another view."""
    dims, steps = op.attributes.get("dims"), call_of(op).steps
    if not isinstance(dims, list):
        return False
    order = (*range(1 + steps), *(int(axis) + steps for axis in dims))
    return transpose(fold, op._replace(attributes={"perm": order}))


def passing(fold: Fold, op: Op) -> bool:
    """What does nothing but in training; a call with other weights is no such layer."""
    held = call_of(op).weights
    return not (held and held.total) and same(fold, op)


def badge(name: str) -> Handler:
    """Handler of an operation that is an activation."""

    def handler(fold: Fold, op: Op) -> bool:
        value = fold.value(op)
        axis = op.attributes.get("axis", -1)
        if value is None or len(op.inputs) > 1 or type(axis) is not int:
            return False
        if "softmax" in name and not on_features(op, value, axis):
            return False
        attach(fold, op, value, "activation", name)
        return True

    return handler


def ended(fold: Fold, op: Op) -> bool:
    """What a model gives, in the order in which it gives it: a permutation is drawn at the end."""
    value = fold.value(op)
    if value is None or value.axes is None or op.attributes.get("first"):
        return same(fold, op)
    draft = natural(fold, op, value)
    fold.alias(op, TensorView(draft, order_of(draft.shape)) if draft is not value.draft else value)
    return True


# ---- attention ---------------------------------------------------------------------------------


def attention(fold: Fold, op: Op) -> bool:
    """An attention of a sequence with itself, or with another one."""
    call = call_of(op)
    if call.steps or any(fold.uses.get(name) for name in op.outputs[1:]):
        return False
    names = list(op.inputs)
    roles = [_ROLES.get(role, role) for role in call.roles or map(str, range(len(names)))]
    if set(roles) - set(_ROLES.values()) or len(roles) != len(names):
        return False
    by_role = dict(zip(roles, names, strict=True))
    query, value = by_role["query"], by_role.get("value", by_role["query"])
    if by_role.get("key", value) != value or any(name not in fold.values for name in names):
        return False
    found = heads_of(given_of(fold, op))
    if not _usual(found):
        return False
    options: dict[str, Any] = {"count": found.heads}
    if found.heads * found.width != found.query[-1]:
        options["filters"] = found.heads * found.width
    if found.keys != found.heads:
        options["kv_heads"] = found.keys
    if not found.biased:
        options["bias"] = False
    shapes = [fold.dims(fold.values[name])[1:] for name in dict.fromkeys((query, value))]
    if not fits(op, "attention", options, *shapes):
        return False
    for name in names:  # one draft of each value, however often it comes in
        fold.values[name].draft.refs -= 1
    drafts = []
    for name in dict.fromkeys((query, value)):
        fold.values[name].draft.refs += 1
        drafts.append(natural(fold, op, fold.values[name]))
    made = fold.draft("attention", op, drafts, drafts[0].shape, **options)
    plain = op._replace(attributes={**op.attributes, "activation": None})
    return finish(fold, plain, made, order_of(drafts[0].shape))


_ROLES = {
    "0": "query",
    "1": "value",
    "2": "key",
    "query": "query",
    "value": "value",
    "key": "key",
}


def _usual(found: Heads) -> bool:
    """Whether the kind ``attention`` says all of it."""
    everywhere = len(found.axes) == len(found.query) - 1
    own = found.out == found.query[-1:] and found.width == found.values
    return (everywhere and own and not found.gated and len(found.key) == 2) or (
        everywhere and own and not found.gated and found.key == found.query
    )


def _reversible(fold: Fold, op: Op) -> bool:
    return (
        not call_of(op).arguments and op.attributes.get("tie_weights", True) and embedding(fold, op)
    )


# ---- the table ---------------------------------------------------------------------------------


def ranked(
    front: str, handler: Handler, ranks: str = "123", behind: str = ""
) -> dict[str, Handler]:
    """A handler for the classes of several ranks."""
    return {f"{front}{rank}D{behind}": handler for rank in ranks}


KINDS_FOR: Mapping[str, Handler] = {
    **ranked("Conv", conv("conv")), **ranked("Convolution", conv("conv")),
    **ranked("DepthwiseConv", conv("depthwise-conv"), "12"),
    **ranked("SeparableConv", conv("sep-conv"), "12"),
    **ranked("SeparableConvolution", conv("sep-conv"), "12"),
    **ranked("Conv", conv("conv-transpose"), behind="Transpose"),
    **ranked("Convolution", conv("conv-transpose"), behind="Transpose"),
    "Dense": dense, "Embedding": embedding, "ReversibleEmbedding": _reversible,
    "BatchNormalization": norm("batch-norm"), "LayerNormalization": norm("layer-norm"),
    "GroupNormalization": norm("group-norm"), "RMSNormalization": norm("rms-norm"),
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "ELU"), activation),
    "Softmax": softmax, "PReLU": prelu,
    **ranked("MaxPooling", pool("max-pool")), **ranked("AveragePooling", pool("avg-pool")),
    **ranked("GlobalAveragePooling", global_pool("global-avg-pool")),
    **ranked("GlobalMaxPooling", global_pool("global-max-pool")),
    "Average": merges("mean"), "Maximum": merges("maximum"), "Minimum": merges("minimum"),
    "Add": merges("add"), "Multiply": merges("multiply"), "Concatenate": concat,
    **{name: recurrent for name in CELLS if not name.endswith("Cell")},
    CELLS_RUN: recurrent, "Bidirectional": recurrent,
    "CustomScaleLayer": scaled_add, "LayerScale": layer_scale,
    "Flatten": flatten, "Reshape": flatten, "Permute": permute,
    "ZeroPadding2D": zero_pad, **ranked("UpSampling", upsample),
    **dict.fromkeys(("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"),
                    attention),
    **dict.fromkeys(PASSING, passing), END: ended,
    **{PREFIX + name: badge(word) for name, word in BADGES.items()},
    **{f"{PREFIX}{name}": merges(kind) for name, kind in
       (("Add", "add"), ("Multiply", "multiply"), ("Maximum", "maximum"), ("Minimum", "minimum"))},
    **{f"{PREFIX}{name}": step(kind) for name, kind in
       (("Subtract", "subtract"), ("TrueDivide", "divide"), ("Divide", "divide"))},
}  # fmt: skip
"""Classes that kinds of ours may say, and what makes a layer of them."""


def _or_box(handler: Handler) -> Handler:
    def either(fold: Fold, op: Op) -> bool:
        if not handler(fold, op):
            box(fold, op)
        return True

    return either


class _Handlers(dict[str, Handler]):
    """A handler for each class: a box for those that have none."""

    def get(self, key: str, default: Any = None) -> Handler:
        return super().get(key, _or_box(lambda fold, op: False))


BOXES: Mapping[str, Handler] = _Handlers({END: ended})
"""A box for each layer, also for those that do nothing but in training."""
HANDLERS: Mapping[str, Handler] = _Handlers(
    {name: _or_box(handler) for name, handler in KINDS_FOR.items()}
)
"""What becomes of a layer, by its class."""
