"""Operators that are layers of ours: dense layers, norms, activations, embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.reorient import channels_behind, features_last
from archviz.importers.fold.state import (
    BATCH,
    Axes,
    Fold,
    LayerDraft,
    TensorView,
    product,
)
from archviz.importers.fold.views import as_vector, straight, viewed
from archviz.network.kinds import KINDS, NORMS

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor

HEAD_NORM = "norm of each head"
"""What a norm over the features of each head of an attention is called."""


def dense_layer(fold: Fold, op: Op, draft: LayerDraft, units: int, bias: bool, axes: Axes) -> bool:
    """A dense layer on the last axis of a draft, with the weights that the operator names."""
    made = fold.draft("dense", op, [draft], (*draft.shape[:-1], units), filters=units)
    if not bias:
        made.options["bias"] = False
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(draft.shape) * units
    fold.give(op, made, axes)
    return True


def dense(fold: Fold, op: Op) -> bool:
    """Gemm and MatMul with a constant: on a vector, on each row, or at each place of a map."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or len(weight.shape) != 2 or op.attributes.get("transA"):
        return False
    turned = bool(op.attributes.get("transB"))
    units, depth = weight.shape if turned else weight.shape[::-1]
    bias = op.kind == "Gemm" and len(op.inputs) > 2 and op.inputs[2] != ""
    if bias and fold.constant(op, 2) is None:
        return False
    value = fold.sequence(op, value)
    value = features_last(fold, value)
    dims = fold.dims(value)
    if not dims or dims[-1] != depth or not units:
        return False
    if value.draft.kind == "~attention" and _project(fold, op, value, units, bias):
        return True
    draft, axes = value.draft, value.axes
    if axes is None:
        return False
    if len(dims) == 2 and dims[0] == fold.batch and len(draft.shape) != 2:
        flat = as_vector(fold, op, value)
        return flat is not None and dense_layer(fold, op, flat, units, bias, (BATCH, 0))
    if axes[-1] != len(draft.shape) - 1:
        value = straight(fold, op, value) if len(draft.shape) == 2 else value
        if value.draft is draft or value.axes is None:
            return False
        draft, axes = value.draft, value.axes
    if len(draft.shape) < 3:
        return dense_layer(fold, op, draft, units, bias, axes)
    if len(draft.shape) > 3:
        return False
    made = fold.draft("conv", op, [draft], (*draft.shape[:2], units), kernel=(1, 1), filters=units)
    if not bias:
        made.options["bias"] = False
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(draft.shape) * units
    fold.give(op, made, axes)
    return True


def _project(fold: Fold, op: Op, value: TensorView, units: int, bias: bool) -> bool:
    """The projection behind an attention belongs to it, if it has none yet."""
    draft = value.draft
    facts = draft.attention
    if facts is None or draft.refs != 1 or facts.out:
        return False
    dims = (*fold.dims(value)[:-1], units)
    made = fold.draft("~attention", op, draft.inputs, (*draft.shape[:-1], units))
    made.name, made.path = draft.name, draft.path
    made.attention = facts._replace(out=units, out_biased=bias)
    made.parameters, made.macs, made.fixed = draft.parameters, draft.macs, draft.fixed
    made.macs += product(fold.dims(value)) // fold.batch * units
    made.lent = draft.lent
    if "shared" in draft.options:
        made.options["shared"] = True
    fold.weigh(made, *op.inputs[1:3])
    fold.give(op, made, None, dims)
    made.refs += 1 - fold.uses.get(op.outputs[0], 0)
    viewed(fold, op, TensorView(made, None, dims), dims)
    return True


# ---- norms and activations ------------------------------------------------------------------


_OF_CHANNELS = frozenset({*NORMS, "prelu", "softmax", "log-softmax"})
"""What is done along the last side: behind it, the order of sides is no guess any more."""
BADGED = frozenset(name for name, kind in KINDS.items() if "act" in kind.options)


def attach(
    fold: Fold, op: Op, value: TensorView, option: str, name: str, taken: int = 1
) -> LayerDraft:
    """A norm or an activation: in the layer before where it can be, else a layer of its own.

    ``taken``: how many of the references to the layer before are this one's.
    """
    draft = value.draft
    again = any(fold.weighed.get(one) is draft for one in op.inputs[1:])  # it counts them already
    if draft.refs == taken and not again and _has_room(draft, option):
        draft.options[option] = name
        draft.free = draft.free and name not in _OF_CHANNELS
        fold.keep(op, value)
        return draft
    made = fold.draft(name, op, [draft], draft.shape)
    made.base = draft.base if draft.base is not None else draft
    fold.give(op, made, value.axes, value.dims)
    return made


def _has_room(draft: LayerDraft, option: str) -> bool:
    """Whether a draft can have a norm or an activation as a badge."""
    options = draft.options
    if draft.kind not in BADGED or options.get("activation") is not None:
        return False
    if option == "norm" and draft.computed and draft.kind in ("op", "op-merge"):
        return False  # its weights and those of the norm count in different ways
    # a norm behind a merge stands before what follows, as in DenseNet
    return option == "activation" or (options.get("norm") is None and not KINDS[draft.kind].join)


def _channels_last(value: TensorView) -> bool:
    return value.axes is not None and value.axes[-1] == len(value.draft.shape) - 1


_BATCH_NORMS = {4: "batch-norm", 2: "batch-norm-plain"}
"""By how many weights they have, moving statistics among them."""


def batch_norm(fold: Fold, op: Op) -> bool:
    """BatchNormalization."""
    value = fold.value(op)
    if value is not None:
        value = channels_behind(fold, value)
    if value is None or value.axes is None or len(op.inputs) < 5 or len(value.axes) < 2:
        return False
    shape = value.draft.shape
    channels, wanted, constants = shape[-1], shape[-1:], fold.constants
    if value.axes[1] != len(shape) - 1:
        return False
    names = []
    for name in op.inputs[1:5]:
        tensor = constants.get(name)
        if not name or (tensor is not None and not tensor.weight):
            continue  # no weight, but a buffer of a PyTorch module
        if tensor is None or tensor.shape != wanted:
            return False
        names.append(name)
    norm = _BATCH_NORMS.get(len(names))
    if norm is None or names[-2:] != [*op.inputs[3:5]]:
        return False
    draft = attach(fold, op, value, "norm", norm)
    fold.weigh_known(draft, names, channels)
    draft.fixed += 2 * channels
    return True


def layer_norm(fold: Fold, op: Op) -> bool:
    """LayerNormalization and RMSNormalization over the channels."""
    value = fold.value(op)
    scale = fold.constant(op, 1)
    if value is not None and scale is not None and _of_heads(fold, op, value, scale):
        return True
    if value is not None:
        value = features_last(fold, value)
    if value is None or not _channels_last(value):
        return False
    root = op.kind.startswith(("RMS", "Simplified"))
    if not any(op.inputs[1:3]) and op.attributes.get("axis") == -1 and not root:
        attach(fold, op, value, "norm", "layer-norm-plain")
        return True
    if scale is None:
        return False
    rank = len(fold.dims(value))
    if op.attributes.get("axis", -1) % rank != rank - 1:
        return False
    if product(scale.shape) != value.draft.shape[-1]:
        return False
    norm = "rms-norm" if root else "layer-norm"
    shifted = len(op.inputs) > 2 and op.inputs[2] != ""
    if norm == "layer-norm" and not shifted:
        norm = "layer-norm-unshifted"
    draft = attach(fold, op, value, "norm", norm)
    fold.weigh(draft, *op.inputs[1:3])
    return True


def _of_heads(fold: Fold, op: Op, value: TensorView, scale: Tensor) -> bool:
    """A norm over the features of each head, which a view has made an axis."""
    draft, axes = value.draft, value.axes
    if draft.kind != "~view" or axes is None or _channels_last(value):
        return False
    if scale.shape != fold.dims(value)[-1:]:
        return False
    made = head_norm(fold, op, draft)
    fold.weigh(made, *op.inputs[1:3])
    fold.give(op, made, axes)
    return True


def head_norm(fold: Fold, op: Op, draft: LayerDraft) -> LayerDraft:
    """A box for a norm over the features of each head."""
    made = fold.draft("op", op, [draft], draft.shape, label=HEAD_NORM)
    made.named = True
    return made


def group_norm(fold: Fold, op: Op) -> bool:
    """InstanceNormalization and GroupNormalization with a weight a channel."""
    value = fold.value(op)
    scale, shift = fold.constant(op, 1), fold.constant(op, 2)
    if value is None or value.axes is None:
        return False
    if op.kind.startswith("Instance") and not any(op.inputs[1:3]):
        attach(fold, op, value, "norm", "instance-norm-plain")
        return True
    if scale is None or shift is None:
        return False
    if op.kind.startswith("Instance") and value.draft.kind in ("reshape", "~view"):
        return _grouped_norm(fold, op, value)
    channels = value.draft.shape[-1]
    if len(value.axes) < 2 or value.axes[1] != len(value.draft.shape) - 1:
        return False
    if scale.shape != (channels,) or shift.shape != (channels,):
        return False
    norm = "instance-norm" if op.kind.startswith("Instance") else "group-norm"
    fixed = all("Constant" in name for name in op.inputs[1:3])  # no weights of the model
    plain = set(scale.values or ()) == {1.0} and not any(shift.values or (1,))
    if norm == "instance-norm" and fixed and plain:
        attach(fold, op, value, "norm", "instance-norm-plain")
        return True
    draft = attach(fold, op, value, "norm", norm)
    fold.weigh(draft, *op.inputs[1:3])
    return True


def _grouped_norm(fold: Fold, op: Op, value: TensorView) -> bool:
    """A group norm as exporters write it: a reshape to groups, an instance norm, and back."""
    name = value.draft.op.inputs[0]
    before = fold.values.get(name)
    if before is None or value.draft.refs != 1 or before.draft is not value.draft.inputs[0]:
        return False
    made = fold.draft("~norm", op, [before.draft], before.draft.shape)
    made.norm_steps = ("group-norm",)
    made.options.update(taken=1, axes=before.axes, dims=fold.dims(before))
    fold.give(op, made, None, fold.dims(value))
    return True


_PLAIN = {
    "Relu": "relu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "HardSwish": "hard-swish",
    "HardSigmoid": "hard-sigmoid",
    "LeakyRelu": "leaky-relu",
    "Elu": "elu",
    "Gelu": "gelu",
    "Swish": "silu",
    "Selu": "selu",
    "Mish": "mish",
    "Softplus": "softplus",
    "com.microsoft.Gelu": "gelu",
    "com.microsoft.FastGelu": "gelu",
    "com.microsoft.QuickGelu": "quick-gelu",
}
ACTIVATION_OPS = tuple(_PLAIN)


def activation(fold: Fold, op: Op) -> bool:
    """An activation of one operator."""
    value = fold.value(op)
    name = _PLAIN.get(op.kind, "")
    if value is None or not name or len(op.inputs) > 1:
        return False
    steepness = op.attributes.get("alpha") if op.kind.endswith(("Swish", "QuickGelu")) else None
    if steepness is not None:
        name = {1.0: "silu", 1.702: "quick-gelu"}.get(round(float(steepness), 3), "")
        if not name:
            return False
    attach(fold, op, value, "activation", name)
    return True


def prelu(fold: Fold, op: Op) -> bool:
    """PRelu with a slope a channel."""
    value, slope = fold.value(op), fold.constant(op, 1)
    if value is None or slope is None or product(slope.shape) != value.draft.shape[-1]:
        return False
    draft = attach(fold, op, value, "activation", "prelu")
    fold.weigh(draft, op.inputs[1])
    return True
