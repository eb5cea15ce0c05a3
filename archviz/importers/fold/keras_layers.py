"""Keras layers that work on features, as drafts like those of the operators of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from archviz.errors import one_line
from archviz.importers.fold.keras_values import (
    Weights,
    axis_of,
    call_of,
    counted,
    natural,
    order_of,
    weigh,
    weights_of,
)
from archviz.importers.fold.layers import attach
from archviz.importers.fold.state import Axes, Fold, LayerDraft, TensorView
from archviz.network.kinds import KINDS, NORMS
from archviz.network.model import Layer
from archviz.network.rules import ShapeError

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

_NOWHERE: Any = None

_ACTIVATIONS = {
    "relu": "relu",
    "relu6": "relu6",
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "swish": "silu",
    "silu": "silu",
    "gelu": "gelu",
    "elu": "elu",
    "selu": "selu",
    "hard_sigmoid": "hard-sigmoid",
    "hard_swish": "hard-swish",
    "hard_silu": "hard-swish",
    "leaky_relu": "leaky-relu",
    "mish": "mish",
    "softplus": "softplus",
    "log_softmax": "log-softmax",
}
_PLAIN = {
    "exponential": "exp",
    "softsign": "softsign",
    "celu": "CELU",
    "hard_tanh": "hard tanh",
    "hard_shrink": "hard shrink",
    "soft_shrink": "soft shrink",
    "tanh_shrink": "tanh shrink",
    "log_sigmoid": "log sigmoid",
    "squareplus": "square plus",
    "sparse_plus": "sparse plus",
    "sparsemax": "sparsemax",
    "sparse_sigmoid": "sparse sigmoid",
    "threshold": "threshold",
}
"""Functions that keep a shape and have no badge of their own."""


def finish(fold: Fold, op: Op, draft: LayerDraft, axes: Axes) -> bool:
    """Count, mark a second call, bind, and add the activation that the layer applies itself."""
    if min(draft.options.get(option, 1) for option in ("filters", "count", "multiplier")) < 1:
        raise ValueError("a size of less than 1")
    shapes = [one.shape for one in draft.inputs]
    trained, fixed = weights_of(draft.kind, draft.options, *shapes)
    weights = counted(op, trained, fixed)
    if weights is None:
        raise ValueError("it has other weights")  # handlers look before they make a draft
    weigh(op, draft, weights, fixed)
    layer = Layer(draft.kind, "", _NOWHERE, **draft.options)
    draft.macs = KINDS[draft.kind].macs(layer, shapes[0], draft.shape, *shapes[1:])
    uses = fold.uses.get(op.outputs[0], 0)
    fold.give(op, draft, axes)
    draft.refs = 1
    if not activate(fold, op, TensorView(draft, axes), op.attributes.get("activation")):
        draft.refs = uses
    return True


def fits(op: Op, kind: str, options: Mapping[str, Any], *shapes: Any) -> bool:
    """Whether a kind takes such inputs, and has as many weights as the source says."""
    try:
        layer = Layer(kind, "", _NOWHERE, **options)
        KINDS[kind].shape(layer, *shapes)
        return counted(op, *weights_of(kind, options, *shapes)) is not None
    except ShapeError:
        return False


def activate(fold: Fold, op: Op, value: TensorView, activation: Any) -> bool:
    """Apply an activation given by name; a box where we do not know it."""
    name, config = activation_name(activation)
    if name in ("", "linear"):
        return False
    known = _ACTIVATIONS.get(name)
    plain = known is not None and (KINDS[known].role != "function" or on_features(op, value, -1))
    if known is not None and plain and not config:
        attach(fold, op, value, "activation", known)
        return True
    label = known or _PLAIN.get(name) or one_line(name, 100) or "op"
    made = fold.draft("op", op, [value.draft], value.draft.shape, label=label)
    made.named = known is not None or name in _PLAIN
    fold.give(op, made, value.axes)
    return True


def on_features(op: Op, value: TensorView, axis: Any) -> bool:
    """Whether an axis of a value is the one that we draw as its features."""
    axes = value.axes
    return axes is not None and axes[axis_of(op, axis, len(axes))] == len(value.draft.shape) - 1


def activation_name(activation: Any) -> tuple[str, dict[str, Any]]:
    """The name of an activation, and what else is said of it."""
    if isinstance(activation, str):
        return activation, {}
    if isinstance(activation, dict):
        config = activation.get("config")
        if isinstance(config, str):
            return config, {}
        name = str(activation.get("class_name", "op"))
        known = {"ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu"}
        said = config if isinstance(config, dict) else {}
        usual = {"max_value": None, "threshold": 0, "negative_slope": 0, "axis": -1}
        other = {
            key: said[key] for key in usual if key in said and said[key] not in (usual[key], 0.0)
        }
        if name == "LeakyReLU":
            other = {}
        return known.get(name, name), other
    return "", {}


# ---- dense layers ------------------------------------------------------------------------------


def dense(fold: Fold, op: Op) -> bool:
    """Dense: on a vector, on each row of a sequence, at each place of a map or of a volume."""
    value = fold.value(op)
    if value is None or value.axes is None or len(value.axes) < 2:
        return False
    draft, axes = value.draft, value.axes
    if axes[-1] != len(draft.shape) - 1 or len(axes) != len(draft.shape) + 1:
        if len(axes) > 5:
            return False
        draft = natural(fold, op, value)
        axes = order_of(draft.shape)
    units, sides = int(op.attributes["units"]), len(draft.shape)
    options: dict[str, Any] = {"filters": units}
    kind = "dense"
    if sides > 2:
        kind = {3: "conv", 4: "conv-3d"}.get(sides, "")
        options = {"kernel": (1,) * (sides - 1), "filters": units}
    if op.attributes.get("use_bias") is False:
        options["bias"] = False
    if not kind or counted(op, *weights_of(kind, options, draft.shape)) is None:
        return False
    made = fold.draft(kind, op, [draft], (*draft.shape[:-1], units), **options)
    return finish(fold, op, made, axes)


def embedding(fold: Fold, op: Op) -> bool:
    """Embedding of rows of words."""
    value = fold.value(op)
    if value is None or value.axes is None or len(value.axes) < 2:
        return False
    config = op.attributes
    width, words = int(config["output_dim"]), int(config["input_dim"])
    if counted(op, width * words) is None:
        return False
    draft = natural(fold, op, value)
    shape = *draft.shape, width
    made = fold.draft("embedding", op, [draft], shape, filters=width, count=words)
    plain = op._replace(attributes={**config, "activation": None})
    return finish(fold, plain, made, order_of(shape))


# ---- norms and activations ---------------------------------------------------------------------


def norm(base: str) -> Callable[[Fold, Op], bool]:
    """Handler of a normalisation over the features."""

    def handler(fold: Fold, op: Op) -> bool:
        value, config = fold.value(op), op.attributes
        if value is None or value.axes is None:
            return False
        axis = config.get("axis", -1)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if not isinstance(axis, int) or not on_features(op, value, axis) or config.get("renorm"):
            return False
        name = _norm_name(base, config)
        if name not in NORMS:
            return False
        channels = value.draft.shape[-1]
        trained, moving = NORMS[name].weights
        weights = counted(op, trained * channels, moving * channels)
        if weights is None:
            return False
        _badge(fold, op, value, name, weights)
        return True

    return handler


def _norm_name(base: str, config: Mapping[str, Any]) -> str:
    """The norm of ours that has as many vectors for the same reason."""
    if config.get("rms_scaling"):
        return "rms-norm"
    if base == "rms-norm":
        return base
    scaled, centred = config.get("scale", True), config.get("center", True)
    if scaled and centred:
        return base
    if not scaled and not centred:
        return f"{base}-plain"
    return f"{base}-{'unshifted' if scaled else 'unscaled'}"


def _badge(fold: Fold, op: Op, value: TensorView, name: str, weights: Weights) -> None:
    """A norm in the layer before it, or a layer of its own where that one is trained otherwise."""
    draft, still = value.draft, bool(weights.total and not weights.trainable)
    still = still and NORMS[name].weights[0] > 0
    frozen = bool(draft.options.get("frozen"))
    if still and not frozen and name == "batch-norm":
        name, still = "batch-norm-frozen", False
    moved = weights.total > 0 and still != frozen
    if moved and (still or draft.refs == 1):
        made = fold.draft(name, op, [draft], draft.shape)
        made.base = draft.base if draft.base is not None else draft
        fold.give(op, made, value.axes)
    else:
        made = attach(fold, op, value, "norm", name)
    made.parameters += weights.total
    made.fixed += weights.total if made.options.get("frozen") else weights.fixed
    if still and made.kind == name:
        made.options["frozen"] = True
    if call_of(op).shared and weights.total:
        made.options["shared"] = True
        made.lent += weights.total


def softmax(fold: Fold, op: Op) -> bool:
    """Softmax over the features."""
    value, axis = fold.value(op), op.attributes.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if value is None or len(op.inputs) > 1 or not isinstance(axis, int):
        return False
    if not on_features(op, value, axis):
        return False
    attach(fold, op, value, "activation", "softmax")
    return True


def activation(fold: Fold, op: Op) -> bool:
    """Activation layers."""
    value, config = fold.value(op), op.attributes
    if value is None:
        return False
    if op.kind == "Activation":
        if not activate(fold, op, value, config.get("activation")):
            fold.alias(op, value)
        return True
    name = {"ReLU": "relu", "LeakyReLU": "leaky-relu", "ELU": "elu"}[op.kind]
    if op.kind == "ReLU":
        top, slope = config.get("max_value"), config.get("negative_slope")
        if top not in (None, 6, 6.0) or config.get("threshold") or (top and slope):
            return False
        name = "relu6" if top else "relu"
        if slope:
            name = "leaky-relu"
    attach(fold, op, value, "activation", name)
    return True


def prelu(fold: Fold, op: Op) -> bool:
    """PReLU with a slope for each feature."""
    value = fold.value(op)
    if value is None or value.axes is None or call_of(op).steps:
        return False
    shared, dims = op.attributes.get("shared_axes") or [], fold.dims(value)[1:]
    own = [axis for axis, side in enumerate(dims, 1) if axis not in shared and side > 1]
    if len(own) != 1 or not on_features(op, value, own[0]):
        return False
    channels = value.draft.shape[-1]
    weights = counted(op, channels)
    if weights is None or (weights.fixed and not value.draft.options.get("frozen")):
        return False
    if value.draft.options.get("frozen") and weights.trainable:
        return False
    made = attach(fold, op, value, "activation", "prelu")
    made.parameters += weights.total
    made.fixed += weights.fixed
    if call_of(op).shared:
        made.options["shared"] = True
        made.lent += weights.total
    return True
