"""Keras layers as drafts, on the same machinery as the operators of ONNX: what has weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archviz.errors import one_line
from archviz.importers.fold.layers import attach
from archviz.importers.fold.state import BATCH, NCHW, NHWC, Axes, Fold, LayerDraft, TensorView
from archviz.importers.fold.views import arranged
from archviz.importers.fold.windows import ruled, tidy
from archviz.network.kinds import KINDS, NORMS
from archviz.network.model import Layer

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
}


def pair(value: Any, default: int = 1) -> tuple[int, int]:
    """Two sides of an option; that of a 1-D layer is the width of a map of height 1."""
    if isinstance(value, int):
        return int(value), int(value)
    if isinstance(value, list | tuple) and value:
        return (1, int(value[0])) if len(value) == 1 else (int(value[0]), int(value[1]))
    return default, default


def count(draft: LayerDraft) -> None:
    """Count a new draft's weights and multiply-adds by the rules of its kind."""
    kind = KINDS[draft.kind]
    layer = Layer(draft.kind, "", _NOWHERE, **draft.options)
    trainable, moving = kind.weights(layer, draft.inputs[0].shape)
    draft.parameters += trainable + moving
    draft.fixed += moving
    draft.macs = kind.macs(layer, draft.inputs[0].shape, draft.shape)


def finish(fold: Fold, op: Op, draft: LayerDraft, axes: Axes) -> bool:
    """Count, mark a second call, bind, and add the activation that the layer applies itself."""
    if min(draft.options.get(option, 1) for option in ("filters", "count", "multiplier")) < 1:
        raise ValueError("a size of less than 1")
    if draft.kind in KINDS:
        count(draft)
    if op.attributes.get("shared") and draft.parameters:
        draft.options["shared"] = True
        draft.lent = draft.parameters
    uses = fold.uses.get(op.outputs[0], 0)
    fold.give(op, draft, axes)
    draft.refs = 1
    if not _activate(fold, op, TensorView(draft, axes), op.attributes.get("activation")):
        draft.refs = uses
    return True


def _activate(fold: Fold, op: Op, value: TensorView, activation: Any) -> bool:
    """Apply an activation given by name; a box where we do not know it."""
    name, _ = _activation_name(activation)
    if name in ("", "linear"):
        return False
    if name in _ACTIVATIONS:
        attach(fold, op, value, "activation", _ACTIVATIONS[name])
        return True
    made = fold.draft("op", op, [value.draft], value.draft.shape, label=one_line(name, 100) or "op")
    fold.give(op, made, value.axes)
    return True


def _activation_name(activation: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(activation, str):
        return activation, {}
    if isinstance(activation, dict):
        config = activation.get("config")
        if isinstance(config, str):
            return config, {}
        name = str(activation.get("class_name", "op"))
        known = {"ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu"}
        return known.get(name, name), config or {}
    return "", {}


# ---- convolutions and dense layers ---------------------------------------------------------


def as_map(fold: Fold, op: Op, value: TensorView) -> tuple[LayerDraft, Axes] | None:
    """The map that a windowed layer gets, and the order of its axes; 1-D is a map of height 1."""
    dims = fold.dims(value)
    first = op.attributes.get("data_format") == "channels_first"
    if value.axes is None or len(dims) not in (3, 4):
        return None
    order: tuple[int, ...]
    if len(dims) == 4:
        order = (2, 3, 1) if first else (1, 2, 3)
        axes = NCHW if first else NHWC
        return arranged(fold, op, value, order, tuple(dims[axis] for axis in order)), axes
    order = (2, 1) if first else (1, 2)
    wide = (1, *(dims[axis] for axis in order))
    return arranged(fold, op, value, order, wide), (BATCH, 2, 1) if first else (BATCH, 1, 2)


def window_of(op: Op, kernel: str) -> dict[str, Any]:
    """Kernel, stride, dilation and padding, where they are not the default."""
    config = op.attributes
    options: dict[str, Any] = {"kernel": pair(config.get(kernel))}
    if op.kind.endswith("1D"):
        options["kernel"] = 1, options["kernel"][1]
    stride = pair(config.get("strides") or (config.get(kernel) if "pool" in kernel else 1))
    dilation = pair(config.get("dilation_rate", 1))
    if op.kind.endswith("1D"):
        stride, dilation = (1, stride[1]), (1, dilation[1])
    if stride != (1, 1) or "pool" in kernel:
        options["stride"] = stride
    if dilation != (1, 1):
        options["dilation"] = dilation
    if config.get("padding") == "same":
        options["padding"] = "same"
    elif config.get("padding") == "causal":
        options["padding"] = 0, 0, (options["kernel"][1] - 1) * dilation[1], 0
    return options


def conv(kind: str) -> Callable[[Fold, Op], bool]:
    """Handler of a convolution of the given kind."""

    def handler(fold: Fold, op: Op) -> bool:
        value, config = fold.value(op), op.attributes
        found = as_map(fold, op, value) if value is not None else None
        if found is None:
            return False
        draft, axes = found
        options = window_of(op, "kernel_size")
        if kind != "depthwise-conv":
            options["filters"] = int(config["filters"])
        if kind in ("depthwise-conv", "sep-conv") and int(config.get("depth_multiplier", 1)) != 1:
            options["multiplier"] = int(config["depth_multiplier"])
        if kind == "conv" and int(config.get("groups", 1)) != 1:
            options["groups"] = int(config["groups"])
        if config.get("use_bias") is False:
            options["bias"] = False
        draft = _without_pad(draft, options)
        shape = ruled(fold, kind, draft.shape, options)
        if shape is None:
            return False
        made = fold.draft(kind, op, [draft], shape, **options)
        return finish(fold, op, made, axes)

    return handler


def _without_pad(draft: LayerDraft, options: dict[str, Any]) -> LayerDraft:
    """Zeros that were put round the map just for this layer become its own padding."""
    if draft.kind != "zero-pad" or draft.refs != 1 or "padding" in options:
        return draft
    stride, dilation = options.get("stride", (1, 1)), options.get("dilation", (1, 1))
    options["padding"] = tidy(draft.options["padding"], options["kernel"], stride, dilation)
    return draft.inputs[0]


def dense(fold: Fold, op: Op) -> bool:
    """Dense: on a vector, on each row of a sequence, at each place of a map."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    draft, units = value.draft, int(op.attributes["units"])
    if value.axes[-1] != len(draft.shape) - 1 or len(draft.shape) > 3:
        return False
    options: dict[str, Any] = {"filters": units}
    kind = "dense"
    if len(draft.shape) == 3:
        kind, options = "conv", {"kernel": (1, 1), "filters": units}
    if op.attributes.get("use_bias") is False:
        options["bias"] = False
    made = fold.draft(kind, op, [draft], (*draft.shape[:-1], units), **options)
    return finish(fold, op, made, value.axes)


# ---- norms and activations -----------------------------------------------------------------


def norm(base: str) -> Callable[[Fold, Op], bool]:
    """Handler of a normalisation."""

    def handler(fold: Fold, op: Op) -> bool:
        value, config = fold.value(op), op.attributes
        if value is None or value.axes is None:
            return False
        axis = config.get("axis", -1)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if not isinstance(axis, int) or value.axes[axis] != len(value.draft.shape) - 1:
            return False
        scaled, centred = config.get("scale", True), config.get("center", True)
        if not scaled and not centred:
            return False
        name = base if scaled and centred else f"{base}-unscaled"
        if config.get("rms_scaling"):
            name = "rms-norm"
        if name not in NORMS:
            return False
        draft = attach(fold, op, value, "norm", name)
        trainable, moving = NORMS[name].weights
        channels = draft.shape[-1]
        draft.parameters += (trainable + moving) * channels
        draft.fixed += moving * channels
        if config.get("shared"):
            return _shared_norm(draft, (trainable + moving) * channels)
        return True

    return handler


def _shared_norm(draft: LayerDraft, size: int) -> bool:
    draft.options["shared"] = True
    draft.lent += size
    return True


def activation(fold: Fold, op: Op) -> bool:
    """Activation layers."""
    value, config = fold.value(op), op.attributes
    if value is None:
        return False
    if op.kind == "Activation":
        if not _activate(fold, op, value, config.get("activation")):
            fold.alias(op, value)
        return True
    name = {
        "ReLU": "relu",
        "LeakyReLU": "leaky-relu",
        "ELU": "elu",
        "Softmax": "softmax",
        "PReLU": "prelu",
    }[op.kind]
    if op.kind == "ReLU":
        top = config.get("max_value")
        if top not in (None, 6, 6.0) or config.get("threshold"):
            return False
        name = "relu6" if top else "relu"
        if config.get("negative_slope"):
            name = "leaky-relu"
    if op.kind == "PReLU" and len(value.draft.shape) > 1:
        shared = config.get("shared_axes") or []
        if len(shared) != len(value.draft.shape) - 1:
            return False
    draft = attach(fold, op, value, "activation", name)
    if name == "prelu":
        draft.parameters += draft.shape[-1]
    return True
