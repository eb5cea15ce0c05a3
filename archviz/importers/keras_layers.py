"""Keras layers as cells: one handler a class, on the same machinery as the operators of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from archviz.importers.fold_layers import attach, ruled, tidy
from archviz.importers.fold_math import merge
from archviz.importers.fold_state import BATCH, NCHW, NHWC, Axes, Cell, Fold, Value, product
from archviz.importers.fold_view import arranged, reshaped, same, transpose
from archviz.kinds import KINDS, NORMS
from archviz.model import Layer

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.model import Shape

_NOWHERE: Any = None

_ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "softmax": "softmax", "sigmoid": "sigmoid", "tanh": "tanh",
    "swish": "silu", "silu": "silu", "gelu": "gelu", "elu": "elu", "selu": "selu",
    "hard_sigmoid": "hard-sigmoid", "hard_swish": "hard-swish", "hard_silu": "hard-swish",
    "leaky_relu": "leaky-relu", "mish": "mish", "softplus": "softplus",
}  # fmt: skip


def _pair(value: Any, default: int = 1) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    if isinstance(value, list | tuple) and value:
        return (1, int(value[0])) if len(value) == 1 else (int(value[0]), int(value[1]))
    return default, default


def count(cell: Cell) -> None:
    """Count a new cell's weights and multiply-adds by the rules of its kind."""
    kind = KINDS[cell.kind]
    layer = Layer(cell.kind, "", _NOWHERE, **cell.options)
    trainable, moving = kind.weights(layer, cell.inputs[0].shape)
    cell.parameters += trainable + moving
    cell.fixed += moving
    cell.macs = kind.macs(layer, cell.inputs[0].shape, cell.shape)


def _finish(fold: Fold, op: Op, cell: Cell, axes: Axes) -> bool:
    """Count, mark a second call, bind, and add the activation that the layer applies itself."""
    if cell.kind in KINDS:
        count(cell)
    if op.attributes.get("shared") and cell.parameters:
        cell.options["shared"] = True
    uses = fold.uses.get(op.outputs[0], 0)
    fold.give(op, cell, axes)
    cell.refs = 1
    if not _activate(fold, op, Value(cell, axes), op.attributes.get("activation")):
        cell.refs = uses
    return True


def _activate(fold: Fold, op: Op, value: Value, activation: Any) -> bool:
    """Apply an activation given by name; a box where we do not know it."""
    name, _ = _activation_name(activation)
    if name in ("", "linear"):
        return False
    if name in _ACTIVATIONS:
        attach(fold, op, value, "activation", _ACTIVATIONS[name])
        return True
    made = fold.cell("op", op, [value.cell], value.cell.shape, label=name)
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


def _as_map(fold: Fold, op: Op, value: Value) -> tuple[Cell, Axes] | None:
    """The map that a windowed layer gets, and the order of its axes; 1-D is a map of height 1."""
    dims = fold.dims(value)
    first = op.attributes.get("data_format") == "channels_first"
    if value.axes is None or len(dims) not in (3, 4):
        return None
    if len(dims) == 4:
        order = (2, 3, 1) if first else (1, 2, 3)
        axes = NCHW if first else NHWC
        return arranged(fold, op, value, order, tuple(dims[axis] for axis in order)), axes
    order = (2, 1) if first else (1, 2)
    shape = (1, *(dims[axis] for axis in order))
    return arranged(fold, op, value, order, shape), (BATCH, 2, 1) if first else (BATCH, 1, 2)


def _window(op: Op, kernel: str) -> dict[str, Any]:
    config = op.attributes
    options: dict[str, Any] = {"kernel": _pair(config.get(kernel))}
    if op.kind.endswith("1D"):
        options["kernel"] = 1, options["kernel"][1]
    stride = _pair(config.get("strides") or (config.get(kernel) if "pool" in kernel else 1))
    dilation = _pair(config.get("dilation_rate", 1))
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
        found = _as_map(fold, op, value) if value is not None else None
        if found is None:
            return False
        cell, axes = found
        options = _window(op, "kernel_size")
        if kind != "depthwise-conv":
            options["filters"] = int(config["filters"])
        if kind in ("depthwise-conv", "sep-conv") and int(config.get("depth_multiplier", 1)) != 1:
            options["multiplier"] = int(config["depth_multiplier"])
        if kind == "conv" and int(config.get("groups", 1)) != 1:
            options["groups"] = int(config["groups"])
        if config.get("use_bias") is False:
            options["bias"] = False
        cell = _without_pad(cell, options)
        shape = ruled(fold, kind, cell.shape, options)
        if shape is None:
            return False
        made = fold.cell(kind, op, [cell], shape, **options)
        return _finish(fold, op, made, axes)

    return handler


def _without_pad(cell: Cell, options: dict[str, Any]) -> Cell:
    """Zeros that were put round the map just for this layer become its own padding."""
    if cell.kind != "zero-pad" or cell.refs != 1 or "padding" in options:
        return cell
    stride, dilation = options.get("stride", (1, 1)), options.get("dilation", (1, 1))
    options["padding"] = tidy(cell.options["padding"], options["kernel"], stride, dilation)
    return cell.inputs[0]


def dense(fold: Fold, op: Op) -> bool:
    """Dense: on a vector, on each row of a sequence, at each place of a map."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    cell, units = value.cell, int(op.attributes["units"])
    if value.axes[-1] != len(cell.shape) - 1 or len(cell.shape) > 3:
        return False
    options: dict[str, Any] = {"filters": units}
    kind = "dense"
    if len(cell.shape) == 3:
        kind, options = "conv", {"kernel": (1, 1), "filters": units}
    if op.attributes.get("use_bias") is False:
        options["bias"] = False
    made = fold.cell(kind, op, [cell], (*cell.shape[:-1], units), **options)
    return _finish(fold, op, made, value.axes)


# ---- norms and activations -----------------------------------------------------------------


def norm(base: str) -> Callable[[Fold, Op], bool]:
    """Handler of a normalisation."""

    def handler(fold: Fold, op: Op) -> bool:
        value, config = fold.value(op), op.attributes
        if value is None or value.axes is None:
            return False
        axis = config.get("axis", -1)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if not isinstance(axis, int) or value.axes[axis] != len(value.cell.shape) - 1:
            return False
        scaled, centred = config.get("scale", True), config.get("center", True)
        if not scaled and not centred:
            return False
        name = base if scaled and centred else f"{base}-unscaled"
        if config.get("rms_scaling"):
            name = "rms"
        if name not in NORMS:
            return False
        cell = attach(fold, op, value, "norm", name)
        trainable, moving = NORMS[name].weights
        channels = cell.shape[-1]
        cell.parameters += (trainable + moving) * channels
        cell.fixed += moving * channels
        if config.get("shared"):
            return _shared_norm(cell)
        return True

    return handler


def _shared_norm(cell: Cell) -> bool:
    cell.options["shared"] = True
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
    name = {"ReLU": "relu", "LeakyReLU": "leaky-relu", "ELU": "elu", "Softmax": "softmax",
            "PReLU": "prelu"}[op.kind]  # fmt: skip
    if op.kind == "ReLU":
        top = config.get("max_value")
        if top not in (None, 6, 6.0) or config.get("threshold"):
            return False
        name = "relu6" if top else "relu"
        if config.get("negative_slope"):
            name = "leaky-relu"
    if op.kind == "PReLU" and len(value.cell.shape) > 1:
        shared = config.get("shared_axes") or []
        if len(shared) != len(value.cell.shape) - 1:
            return False
    cell = attach(fold, op, value, "activation", name)
    if name == "prelu":
        cell.parameters += cell.shape[-1]
    return True


# ---- poolings, merges, views ---------------------------------------------------------------


def pool(kind: str) -> Callable[[Fold, Op], bool]:
    """Handler of a pooling."""

    def handler(fold: Fold, op: Op) -> bool:
        value = fold.value(op)
        found = _as_map(fold, op, value) if value is not None else None
        if found is None:
            return False
        cell, axes = found
        options = _window(op, "pool_size")
        shape = ruled(fold, kind, cell.shape, options)
        if shape is None:
            return False
        fold.give(op, fold.cell(kind, op, [cell], shape, **options), axes)
        return True

    return handler


def global_pool(kind: str) -> Callable[[Fold, Op], bool]:
    """Handler of a global pooling; with ``keepdims`` the vector is a map again."""

    def handler(fold: Fold, op: Op) -> bool:
        value = fold.value(op)
        if value is None or value.axes is None or len(value.cell.shape) not in (2, 3):
            return False
        cell = value.cell
        made = fold.cell(kind, op, [cell], cell.shape[-1:])
        if not op.attributes.get("keepdims"):
            fold.give(op, made, (BATCH, 0))
            return True
        made.refs = 1
        shape: Shape = (*[1] * (len(cell.shape) - 1), cell.shape[-1])
        wide = fold.cell("reshape", op, [made], shape, shape=shape)
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
    axes, shape = values[0].axes, values[0].cell.shape
    axis = op.attributes.get("axis", -1)
    if axes is None or len(values) < 2 or axes[axis] != len(shape) - 1:
        return False
    if any(value.axes != axes or value.cell.shape[:-1] != shape[:-1] for value in values):
        return False
    total = sum(value.cell.shape[-1] for value in values)
    cell = fold.cell("concat", op, [value.cell for value in values], (*shape[:-1], total))
    fold.give(op, cell, axes)
    return True


def scaled_add(fold: Fold, op: Op) -> bool:
    """The scaled sum of Inception-ResNet in Keras: x, f(x), and a factor."""
    values = [fold.values[name] for name in op.inputs]
    if len(values) != 2 or values[0].cell.shape != values[1].cell.shape:
        return False
    factor = op.attributes.get("scale")
    if not isinstance(factor, int | float):
        return False
    made = fold.cell("scaled-add", op, [values[1].cell, values[0].cell], values[0].cell.shape,
                     value=float(factor))  # fmt: skip
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
    if value.axes is not None and list(value.axes[1:]) == list(range(len(value.cell.shape))):
        # In Keras' own order a reshape is a reshape: nothing has to be made out of it.
        shape = tuple(target)
        if shape == value.cell.shape:
            fold.alias(op, value)
            return True
        kind = "flatten" if len(shape) == 1 else "reshape"
        options = {} if kind == "flatten" else {"shape": shape}
        made = fold.cell(kind, op, [value.cell], shape, **options)
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
    found = _as_map(fold, op, value) if value is not None else None
    if found is None:
        return False
    cell, axes = found
    sides = op.attributes.get("padding", 1)
    if isinstance(sides, int):
        sides = [sides, sides]
    if op.kind.endswith("1D"):
        sides = [0, sides if len(sides) == 2 else [sides[0], sides[0]]]
    pairs = [_pair(side) for side in sides]
    padding = (*pairs[0], *pairs[1])
    height, width, channels = cell.shape
    shape = height + sum(pairs[0]), width + sum(pairs[1]), channels
    made = fold.cell("zero-pad", op, [cell], shape, padding=padding)
    fold.give(op, made, axes)
    return True


def upsample(fold: Fold, op: Op) -> bool:
    """UpSampling2D by one factor."""
    value = fold.value(op)
    found = _as_map(fold, op, value) if value is not None else None
    factors = _pair(op.attributes.get("size", 2))
    if found is None or factors[0] != factors[1]:
        return False
    cell, axes = found
    shape = cell.shape[0] * factors[0], cell.shape[1] * factors[0], cell.shape[2]
    fold.give(op, fold.cell("upsample", op, [cell], shape, value=float(factors[0])), axes)
    return True


# ---- sequences -----------------------------------------------------------------------------


def embedding(fold: Fold, op: Op) -> bool:
    """Embedding."""
    value = fold.value(op)
    if value is None or value.axes is None or len(value.cell.shape) != 1:
        return False
    width = int(op.attributes["output_dim"])
    made = fold.cell("embedding", op, [value.cell], (*value.cell.shape, width), filters=width,
                     count=int(op.attributes["input_dim"]))  # fmt: skip
    return _finish(fold, op, made, (*value.axes, 1))


def attention(fold: Fold, op: Op) -> bool:
    """MultiHeadAttention of a sequence with itself."""
    config = op.attributes
    cells = {fold.values[name].cell for name in op.inputs}
    value = fold.value(op)
    if value is None or len(cells) != 1 or len(value.cell.shape) != 2:
        return False
    heads, depth = int(config["num_heads"]), int(config["key_dim"])
    if config.get("output_shape") or config.get("value_dim", depth) not in (depth, None):
        return False
    options: dict[str, Any] = {"count": heads}
    if heads * depth != value.cell.shape[1]:
        options["filters"] = heads * depth
    if config.get("use_bias") is False:
        options["bias"] = False
    value.cell.refs -= len(op.inputs) - 1
    made = fold.cell("attention", op, [value.cell], value.cell.shape, **options)
    assert value.axes is not None
    return _finish(fold, op, made, value.axes)


Handler = Callable[[Fold, "Op"], bool]
_SAME = ("Identity", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise",
         "GaussianDropout", "AlphaDropout", "ActivityRegularization", "RandomFlip",
         "RandomRotation", "RandomZoom", "RandomContrast", "RandomTranslation")  # fmt: skip

HANDLERS: Mapping[str, Handler] = {
    **{f"Conv{rank}D": conv("conv") for rank in (1, 2)},
    **{f"Convolution{rank}D": conv("conv") for rank in (1, 2)},
    **{f"DepthwiseConv{rank}D": conv("depthwise-conv") for rank in (1, 2)},
    **{f"SeparableConv{rank}D": conv("sep-conv") for rank in (1, 2)},
    "Conv2DTranspose": conv("conv-transpose"), "Dense": dense,
    "BatchNormalization": norm("batch"), "LayerNormalization": norm("layer"),
    "GroupNormalization": norm("group"), "RMSNormalization": norm("rms"),
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "PReLU"), activation),
    **{f"MaxPooling{rank}D": pool("max-pool") for rank in (1, 2)},
    **{f"AveragePooling{rank}D": pool("avg-pool") for rank in (1, 2)},
    **{f"GlobalAveragePooling{rank}D": global_pool("global-avg-pool") for rank in (1, 2)},
    **{f"GlobalMaxPooling{rank}D": global_pool("global-max-pool") for rank in (1, 2)},
    "Add": merges("add"), "Multiply": merges("multiply"), "Concatenate": concat,
    "CustomScaleLayer": scaled_add, "Flatten": flatten, "Reshape": flatten, "Permute": permute,
    "ZeroPadding2D": zero_pad, "ZeroPadding1D": zero_pad, "UpSampling2D": upsample,
    "Embedding": embedding, "MultiHeadAttention": attention,
    **dict.fromkeys(_SAME, same),
}  # fmt: skip
