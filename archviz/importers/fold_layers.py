"""Operators that are layers of ours: convolutions, dense layers, poolings, norms, embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archviz.importers.fold_state import (
    BATCH,
    NCHW,
    ONE,
    Axes,
    Cell,
    Fold,
    Value,
    axes_list,
    product,
    scalar,
    takes,
)
from archviz.importers.fold_view import as_map, as_vector
from archviz.kinds import KINDS
from archviz.model import Layer
from archviz.rules import ShapeError

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.model import Shape

_NOWHERE: Any = None
Padding = str | tuple[int, int, int, int]


def ruled(fold: Fold, kind: str, shape: Shape, options: dict[str, Any]) -> Shape | None:
    """The shape that a kind's rule gives, None where the layer cannot take its input."""
    try:
        return KINDS[kind].shape(Layer(kind, "", _NOWHERE, **options), shape)
    except ShapeError:
        return None


# ---- windows --------------------------------------------------------------------------------


def _pair(value: Any, rank: int, default: int) -> tuple[int, int]:
    """Two sides of an attribute; one spatial axis is a map of height 1."""
    if not isinstance(value, tuple) or len(value) != rank:
        return (1, default) if rank == 1 else (default, default)
    return (1, int(value[0])) if rank == 1 else (int(value[0]), int(value[1]))


def window(op: Op, rank: int, kernel: tuple[int, int]) -> dict[str, Any]:
    """Kernel, stride, dilation and padding of an operator, as options that are not the default."""
    get = op.attributes.get
    options: dict[str, Any] = {"kernel": kernel}
    stride = _pair(get("strides"), rank, 1)
    dilation = _pair(get("dilations"), rank, 1)
    if stride != (1, 1):
        options["stride"] = stride
    if dilation != (1, 1):
        options["dilation"] = dilation
    padding = _padding(op, rank)
    padding = tidy(padding, kernel, stride, dilation)
    if padding != "valid":
        options["padding"] = padding
    return options


def _padding(op: Op, rank: int) -> Padding:
    auto = op.attributes.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        return "same"
    pads = op.attributes.get("pads")
    if auto == "VALID" or not isinstance(pads, tuple) or len(pads) != 2 * rank:
        return "valid"
    if rank == 1:
        return 0, 0, int(pads[0]), int(pads[1])
    return int(pads[0]), int(pads[2]), int(pads[1]), int(pads[3])


def tidy(padding: Padding, kernel: tuple[int, int], stride: tuple[int, int],
         dilation: tuple[int, int]) -> Padding:  # fmt: skip
    """``valid`` and ``same`` where numbers say the same."""
    if isinstance(padding, str):
        return padding
    if not any(padding):
        return "valid"
    if stride == (1, 1):
        high, wide = ((kernel[axis] - 1) * dilation[axis] for axis in (0, 1))
        if padding == (high // 2, high - high // 2, wide // 2, wide - wide // 2):
            return "same"
    return padding


def _absorb_pad(cell: Cell, options: dict[str, Any]) -> Cell:
    """Take the zeros round the map into a convolution's own padding."""
    own = options.get("padding", "valid")
    if cell.kind != "zero-pad" or cell.refs != 1 or own == "same":
        return cell
    more = cell.options["padding"]
    padding = more if own == "valid" else tuple(a + b for a, b in zip(own, more, strict=True))
    stride, dilation = options.get("stride", (1, 1)), options.get("dilation", (1, 1))
    options["padding"] = tidy(padding, options["kernel"], stride, dilation)
    return cell.inputs[0]


def conv(fold: Fold, op: Op) -> bool:
    """Convolution: plain, grouped or depthwise; on a vector with a 1×1 kernel it is dense."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or len(weight.shape) not in (3, 4):
        return False
    rank = len(weight.shape) - 2
    filters, depth, *kernel = weight.shape
    groups = op.attributes.get("group", 1)
    bias = len(op.inputs) > 2 and op.inputs[2] != ""
    if len(value.cell.shape) == 1 and product(kernel) == 1 and groups == 1 and value.axes:
        if value.cell.shape == (depth,):
            axes: Axes = (BATCH, 0, *[ONE] * rank)
            return _dense(fold, op, value.cell, filters, bias, axes, (1, 2))
        return False
    cell = as_map(fold, op, value)
    if cell is None or cell.shape[2] != depth * groups or not filters:
        return False
    key = (cell.shape, weight.shape, bias, *op.attributes.items())
    plan = None if cell.kind == "zero-pad" else fold.plans.get(key)
    if plan is None:
        kind, options = _conv_options(op, weight.shape, cell.shape[2], groups)
        cell = _absorb_pad(cell, options)
        if not bias:
            options["bias"] = False
        shape = ruled(fold, kind, cell.shape, options)
        if shape is None:
            return False
        plan = kind, options, shape, product(weight.shape) * shape[0] * shape[1]
        if cell.shape == key[0]:
            fold.plans[key] = plan
    kind, options, shape, macs = plan
    made = fold.cell(kind, op, [cell], shape, **options)
    fold.weigh(made, *op.inputs[1:3])
    made.macs = macs
    fold.give(op, made, NCHW if rank == 2 else (BATCH, 2, 1))
    return True


def _conv_options(op: Op, weight: Shape, channels: int, groups: int) -> tuple[str, dict[str, Any]]:
    """Kind and options of a convolution, but for bias and what is before it."""
    filters, rank = weight[0], len(weight) - 2
    options = window(op, rank, _pair(tuple(weight[2:]), rank, 1))
    if groups > 1 and groups == channels and filters % groups == 0:
        if filters != groups:
            options["multiplier"] = filters // groups
        return "depthwise-conv", options
    options["filters"] = filters
    if groups != 1:
        options["groups"] = groups
    return "conv", options


def transposed_conv(fold: Fold, op: Op) -> bool:
    """Transposed convolution."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or len(weight.shape) != 4:
        return False
    cell = as_map(fold, op, value)
    groups = op.attributes.get("group", 1)
    depth, filters = weight.shape[0], weight.shape[1] * groups
    if cell is None or cell.shape[2] != depth or op.attributes.get("dilations", (1, 1)) != (1, 1):
        return False
    options = window(op, 2, (weight.shape[2], weight.shape[3]))
    options["filters"] = filters
    if groups != 1:
        options["groups"] = groups
    bias = len(op.inputs) > 2 and op.inputs[2] != ""
    if not bias:
        options["bias"] = False
    wanted = _transposed_sides(op, cell.shape, options)
    pads = op.attributes.get("pads", (0, 0, 0, 0))
    more = op.attributes.get("output_padding", (0, 0))
    exact = pads[0], pads[2] - more[0], pads[1], pads[3] - more[1]
    choices: list[Padding] = ["valid", "same"]
    if min(exact) >= 0:
        choices.append(exact)
    for padding in choices:
        options["padding"] = padding
        shape = ruled(fold, "conv-transpose", cell.shape, options)
        if shape is not None and shape[:2] == wanted:
            break
    else:
        return False
    if options["padding"] == "valid":
        del options["padding"]
    made = fold.cell("conv-transpose", op, [cell], shape, **options)
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(weight.shape) * cell.shape[0] * cell.shape[1]
    fold.give(op, made, NCHW)
    return True


def _transposed_sides(op: Op, shape: Shape, options: dict[str, Any]) -> tuple[int, int]:
    stated = op.attributes.get("output_shape")
    if isinstance(stated, tuple) and len(stated) >= 2:
        return int(stated[-2]), int(stated[-1])
    stride, kernel = options.get("stride", (1, 1)), options["kernel"]
    if str(op.attributes.get("auto_pad", "")).startswith("SAME"):
        return shape[0] * stride[0], shape[1] * stride[1]
    pads = op.attributes.get("pads", (0, 0, 0, 0))
    more = op.attributes.get("output_padding", (0, 0))
    high, wide = (
        (shape[axis] - 1) * stride[axis] + kernel[axis] - pads[axis] - pads[axis + 2] + more[axis]
        for axis in (0, 1)
    )
    return high, wide


# ---- dense ------------------------------------------------------------------------------------


def _dense(fold: Fold, op: Op, cell: Cell, units: int, bias: bool, axes: Axes,
           weights: tuple[int, ...]) -> bool:  # fmt: skip
    made = fold.cell("dense", op, [cell], (*cell.shape[:-1], units), filters=units)
    if not bias:
        made.options["bias"] = False
    fold.weigh(made, *(op.inputs[index] for index in weights if index < len(op.inputs)))
    made.macs = product(cell.shape) * units
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
    dims = fold.dims(value)
    if not dims or dims[-1] != depth or not units:
        return False
    if value.cell.kind == "~attention":
        return _project(fold, op, value, units, bias)
    cell, axes = value.cell, value.axes
    if axes is None:
        return False
    if len(dims) == 2 and dims[0] == fold.batch and len(cell.shape) != 2:
        flat = as_vector(fold, op, value)
        return flat is not None and _dense(fold, op, flat, units, bias, (BATCH, 0), (1, 2))
    if axes[-1] != len(cell.shape) - 1:
        return False
    if len(cell.shape) < 3:
        return _dense(fold, op, cell, units, bias, axes, (1, 2))
    if len(cell.shape) > 3:
        return False
    made = fold.cell("conv", op, [cell], (*cell.shape[:2], units), kernel=(1, 1), filters=units)
    if not bias:
        made.options["bias"] = False
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(cell.shape) * units
    fold.give(op, made, axes)
    return True


def _project(fold: Fold, op: Op, value: Value, units: int, bias: bool) -> bool:
    """The projection behind an attention belongs to it."""
    cell = value.cell
    facts = cell.extra
    if cell.refs != 1 or facts["out"]:
        return False
    dims = (*fold.dims(value)[:-1], units)
    made = fold.cell("~attention", op, cell.inputs, (*cell.shape[:-1], units))
    made.name, made.scope = cell.name, cell.scope
    made.extra = {**facts, "out": units, "out_bias": bias}
    made.parameters, made.macs = cell.parameters, cell.macs + product(cell.shape) * units
    fold.weigh(made, *op.inputs[1:3])
    fold.give(op, made, None, dims)
    from archviz.importers.fold_view import viewed

    made.refs += 1 - fold.uses.get(op.outputs[0], 0)
    viewed(fold, op, Value(made, None, dims), dims)
    return True


# ---- norms and activations ------------------------------------------------------------------


def attach(fold: Fold, op: Op, value: Value, option: str, name: str, taken: int = 1) -> Cell:
    """A norm or an activation: in the layer before where it can be, else a layer of its own.

    ``taken``: how many of the references to the layer before are this one's.
    """
    cell = value.cell
    free = cell.options.get("activation") is None and (
        option == "activation" or cell.options.get("norm") is None
    )
    if option == "norm" and cell.kind in KINDS and KINDS[cell.kind].join:
        free = False  # a norm behind a merge stands before what follows, as in DenseNet
    if free and cell.refs == taken and takes(cell, "act"):
        cell.options[option] = name
        fold.give(op, cell, value.axes)
        return cell
    kind = name if option == "activation" else norm_kind(name)
    made = fold.cell(kind, op, [cell], cell.shape)
    made.base = cell.base if cell.base is not None else cell
    fold.give(op, made, value.axes)
    return made


def norm_kind(norm: str) -> str:
    """The kind of layer that a norm is on its own."""
    base, _, unscaled = norm.partition("-")
    return f"{base}-norm-{unscaled}" if unscaled else f"{base}-norm"


def _channels_last(value: Value) -> bool:
    return value.axes is not None and value.axes[-1] == len(value.cell.shape) - 1


def batch_norm(fold: Fold, op: Op) -> bool:
    """BatchNormalization."""
    value = fold.value(op)
    if value is None or value.axes is None or len(op.inputs) < 5 or len(value.axes) < 2:
        return False
    channels = value.cell.shape[-1]
    if value.axes[1] != len(value.cell.shape) - 1:
        return False
    for index in (1, 2, 3, 4):
        tensor = fold.constant(op, index)
        if tensor is None or tensor.shape != (channels,):
            return False
    cell = attach(fold, op, value, "norm", "batch")
    fold.weigh(cell, *op.inputs[1:5])
    cell.fixed += 2 * channels
    return True


def layer_norm(fold: Fold, op: Op) -> bool:
    """LayerNormalization and RMSNormalization over the channels."""
    value = fold.value(op)
    scale = fold.constant(op, 1)
    if value is None or not _channels_last(value) or scale is None:
        return False
    rank = len(fold.dims(value))
    if op.attributes.get("axis", -1) % rank != rank - 1:
        return False
    if product(scale.shape) != value.cell.shape[-1]:
        return False
    norm = "rms" if op.kind.startswith(("RMS", "Simplified")) else "layer"
    shifted = len(op.inputs) > 2 and op.inputs[2] != ""
    if norm == "layer" and not shifted:
        norm = "layer-unscaled"
    cell = attach(fold, op, value, "norm", norm)
    fold.weigh(cell, *op.inputs[1:3])
    return True


def group_norm(fold: Fold, op: Op) -> bool:
    """InstanceNormalization and GroupNormalization with a weight a channel."""
    value = fold.value(op)
    scale, shift = fold.constant(op, 1), fold.constant(op, 2)
    if value is None or value.axes is None or scale is None or shift is None:
        return False
    if op.kind.startswith("Instance") and value.cell.kind in ("reshape", "~view"):
        return _grouped_norm(fold, op, value)
    channels = value.cell.shape[-1]
    if len(value.axes) < 2 or value.axes[1] != len(value.cell.shape) - 1:
        return False
    if scale.shape != (channels,) or shift.shape != (channels,):
        return False
    norm = "instance" if op.kind.startswith("Instance") else "group"
    cell = attach(fold, op, value, "norm", norm)
    fold.weigh(cell, *op.inputs[1:3])
    return True


def _grouped_norm(fold: Fold, op: Op, value: Value) -> bool:
    """A group norm as exporters write it: a reshape to groups, an instance norm, and back."""
    name = value.cell.op.inputs[0]
    before = fold.values.get(name)
    if before is None or value.cell.refs != 1 or before.cell is not value.cell.inputs[0]:
        return False
    made = fold.cell("~norm", op, [before.cell], before.cell.shape)
    made.extra = ("group",)
    made.options.update(taken=1, axes=before.axes, dims=fold.dims(before))
    fold.give(op, made, None, fold.dims(value))
    return True


_PLAIN = {"Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "HardSwish": "hard-swish",
          "HardSigmoid": "hard-sigmoid", "LeakyRelu": "leaky-relu", "Elu": "elu", "Gelu": "gelu",
          "Swish": "silu", "Selu": "selu", "Mish": "mish", "Softplus": "softplus",
          "com.microsoft.Gelu": "gelu", "com.microsoft.FastGelu": "gelu",
          "com.microsoft.QuickGelu": "quick-gelu"}  # fmt: skip
ACTIVATION_OPS = tuple(_PLAIN)


def activation(fold: Fold, op: Op) -> bool:
    """An activation of one operator."""
    value = fold.value(op)
    name = _PLAIN.get(op.kind, "")
    if value is None or not name or len(op.inputs) > 1:
        return False
    attach(fold, op, value, "activation", name)
    return True


def softmax(fold: Fold, op: Op) -> bool:
    """Softmax over the channels."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    rank = len(value.axes)
    if value.axes[op.attributes.get("axis", -1) % rank] != len(value.cell.shape) - 1:
        return value.cell.kind in ("~product", "~view", "~math") and _loose(fold, op, value)
    attach(fold, op, value, "activation", "softmax")
    return True


def _loose(fold: Fold, op: Op, value: Value) -> bool:
    """A softmax inside what may turn out to be an attention."""
    made = fold.cell("softmax", op, [value.cell], value.cell.shape)
    fold.give(op, made, value.axes)
    return True


def clip(fold: Fold, op: Op) -> bool:
    """Clip as ReLU6 or ReLU."""
    value = fold.value(op)
    if value is None:
        return False
    low, high = (
        op.attributes.get(key, scalar(fold.constant(op, index)))
        for key, index in (("min", 1), ("max", 2))
    )
    if low != 0:
        return False
    if high is None or high > 1e30:
        attach(fold, op, value, "activation", "relu")
    elif high == 6:
        attach(fold, op, value, "activation", "relu6")
    else:
        return False
    return True


def prelu(fold: Fold, op: Op) -> bool:
    """PRelu with a slope a channel."""
    value, slope = fold.value(op), fold.constant(op, 1)
    if value is None or slope is None or product(slope.shape) != value.cell.shape[-1]:
        return False
    cell = attach(fold, op, value, "activation", "prelu")
    fold.weigh(cell, op.inputs[1])
    return True


# ---- poolings ---------------------------------------------------------------------------------


def pool(fold: Fold, op: Op) -> bool:
    """MaxPool and AveragePool; one that covers the whole map is a global pooling."""
    value = fold.value(op)
    kernel = op.attributes.get("kernel_shape")
    if value is None or not isinstance(kernel, tuple) or len(kernel) not in (1, 2):
        return False
    cell = as_map(fold, op, value)
    if cell is None or any(fold.uses.get(name) for name in op.outputs[1:]):
        return False
    rank = len(kernel)
    axes = NCHW if rank == 2 else (BATCH, 2, 1)
    options = window(op, rank, _pair(kernel, rank, 1))
    if "dilation" in options:
        return False
    stride = options.get("stride", (1, 1))
    if options["kernel"] == stride == (1, 1) and "padding" not in options:
        fold.alias(op, value)
        return True
    kind = "max-pool" if op.kind == "MaxPool" else "avg-pool"
    if options["kernel"] == cell.shape[:2] and "padding" not in options and rank == 2:
        return _global(fold, op, cell, "max" if kind == "max-pool" else "avg", 2, True)
    if op.attributes.get("ceil_mode"):
        options["ceil"] = True
    options["stride"] = stride
    shape = ruled(fold, kind, cell.shape, options)
    if shape is None:
        return False
    plain = {key: value for key, value in options.items() if key != "ceil"}
    if options.get("ceil") and ruled(fold, kind, cell.shape, plain) == shape:
        options = plain
    made = fold.cell(kind, op, [cell], shape, **options)
    fold.give(op, made, axes)
    return True


def _global(fold: Fold, op: Op, cell: Cell, what: str, rank: int, keep: bool) -> bool:
    made = fold.cell(f"global-{what}-pool", op, [cell], cell.shape[-1:])
    fold.give(op, made, (BATCH, 0, *([ONE] * rank if keep else ())))
    return True


def global_pool(fold: Fold, op: Op) -> bool:
    """GlobalAveragePool and GlobalMaxPool."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    cell = as_map(fold, op, value)
    if cell is None:
        return False
    what = "max" if "Max" in op.kind else "avg"
    return _global(fold, op, cell, what, len(value.axes) - 2, True)


def reduce(fold: Fold, op: Op) -> bool:
    """ReduceMean and ReduceMax over all places are a global pooling."""
    value = fold.value(op)
    axes = axes_list(fold, op)
    if value is None or value.axes is None or axes is None:
        return False
    cell, order = value.cell, value.axes
    gone = {axis % len(order) for axis in axes}
    targets = {order[axis] for axis in gone} - {ONE}
    if targets == {len(cell.shape) - 1} and op.kind == "ReduceMean" and len(gone) == 1:
        made = fold.cell("~mean", op, [cell], (*cell.shape[:-1], 1))
        kept = op.attributes.get("keepdims", 1)
        fold.give(op, made, order if kept else tuple(a for i, a in enumerate(order)
                                                     if i not in gone))  # fmt: skip
        return True
    if targets != set(range(len(cell.shape) - 1)) or len(cell.shape) not in (2, 3):
        return False
    keep = op.attributes.get("keepdims", 1)
    left: Axes = tuple(
        ONE if axis in gone else min(target, 0)
        for axis, target in enumerate(order)
        if keep or axis not in gone
    )
    what = "max" if "Max" in op.kind else "avg"
    made = fold.cell(f"global-{what}-pool", op, [cell], cell.shape[-1:])
    fold.give(op, made, left)
    return True


# ---- embeddings and upsampling --------------------------------------------------------------


def gather(fold: Fold, op: Op) -> bool:
    """Rows of a constant are an embedding; one row of a sequence is a selection."""
    data, index = fold.constant(op, 0), fold.value(op, 1)
    axis = op.attributes.get("axis", 0)
    if data is not None and index is not None:
        return _embedding(fold, op, data.shape, index, axis)
    value, chosen = fold.value(op), fold.constant(op, 1)
    if value is None or chosen is None or product(chosen.shape) != 1:
        return False
    dims = fold.dims(value)
    axis %= len(dims)
    left = (*dims[:axis], *[1] * len(chosen.shape), *dims[axis + 1 :])
    order = value.axes
    if order is not None and len(value.cell.shape) == 2 and order[axis] == 0:
        rest = [ONE] * len(chosen.shape)
        axes = (*order[:axis], *rest, *order[axis + 1 :])
        made = fold.cell("~select", op, [value.cell], value.cell.shape[1:])
        fold.give(op, made, tuple(0 if target == 1 else target for target in axes))
        return True
    from archviz.importers.fold_view import view

    view(fold, op, [value.cell], left)
    return True


def _embedding(fold: Fold, op: Op, table: Shape, index: Value, axis: int) -> bool:
    cell, axes = index.cell, index.axes
    if len(table) != 2 or axis or axes is None or len(cell.shape) > 1:
        return False
    words, width = table
    made = fold.cell("embedding", op, [cell], (*cell.shape, width), filters=width, count=words)
    fold.weigh(made, op.inputs[0])
    fold.give(op, made, (*axes, len(cell.shape)))
    return True


def recurrent(fold: Fold, op: Op) -> bool:
    """LSTM, GRU and RNN: a box that counts its weights; only the whole sequence is followed."""
    value = fold.value(op)
    weights = [fold.constant(op, index) for index in (1, 2)]
    if value is None or value.axes is None or len(value.cell.shape) != 2:
        return False
    if any(fold.uses.get(name) for name in op.outputs[1:]) or op.attributes.get("layout"):
        return False
    hidden, (first, second) = op.attributes.get("hidden_size", 0), weights
    if not hidden or first is None or second is None or value.axes[-1] != 1:
        return False
    ways = 2 if op.attributes.get("direction") == "bidirectional" else 1
    length = value.cell.shape[0]
    made = fold.cell("op", op, [value.cell], (length, ways * hidden), label=op.kind)
    fold.weigh(made, *op.inputs[1:4])
    made.macs = length * (product(first.shape) + product(second.shape))
    batch = fold.dims(value)[1]
    if ways == 1:
        fold.give(op, made, (value.axes[0], ONE, value.axes[1], 1))
    else:
        fold.give(op, made, None, (length, ways, batch, hidden))
    return True


def resize(fold: Fold, op: Op) -> bool:
    """Resize and Upsample by one whole factor."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    cell = as_map(fold, op, value)
    if cell is None or len(value.axes) != 4:
        return False
    sizes = fold.known(op.outputs[0])
    factors: list[float] = []
    for index in range(1, len(op.inputs)):
        tensor = fold.constant(op, index)
        if tensor is None or tensor.values is None or len(tensor.values) != 4:
            continue
        if index == 3:
            factors = [tensor.values[a] / b for a, b in zip((2, 3), cell.shape, strict=False)]
        else:
            factors = [tensor.values[2], tensor.values[3]]
    scales = op.attributes.get("scales")
    if isinstance(scales, tuple) and len(scales) == 4:
        factors = [scales[2], scales[3]]
    if not factors and sizes is not None and len(sizes) == 4:
        factors = [sizes[2] / cell.shape[0], sizes[3] / cell.shape[1]]
    if len(factors) != 2 or factors[0] != factors[1] or factors[0] != int(factors[0]):
        return False
    factor = int(factors[0])
    if factor == 1:
        fold.alias(op, value)
        return True
    if factor < 1 or factor > 1024:
        return False
    shape = cell.shape[0] * factor, cell.shape[1] * factor, cell.shape[2]
    made = fold.cell("upsample", op, [cell], shape, value=float(factor))
    fold.give(op, made, NCHW)
    return True
