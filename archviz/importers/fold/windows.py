"""Operators with a window: convolutions, poolings, and upsampling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from archviz.importers.fold.axes import reduced_axes
from archviz.importers.fold.facts import ConvOutcome
from archviz.importers.fold.layers import dense_layer
from archviz.importers.fold.match import near
from archviz.importers.fold.state import (
    BATCH,
    NCHW,
    ONE,
    Axes,
    Fold,
    LayerDraft,
    product,
)
from archviz.importers.fold.views import as_map
from archviz.network.kinds import KINDS
from archviz.network.model import Layer
from archviz.network.rules import ShapeError
from archviz.network.windows import at

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape

_NOWHERE: Any = None
Padding: TypeAlias = str | tuple[int, ...]


def ruled(fold: Fold, kind: str, shape: Shape, options: dict[str, Any]) -> Shape | None:
    """The shape that a kind's rule gives, None where the layer cannot take its input."""
    for option in ("kernel", "stride", "dilation"):
        if option in options and min(options[option]) < 1:
            raise ValueError(f"{option} of less than 1")
    if options.get("filters", 1) < 1 or options.get("groups", 1) < 1:
        raise ValueError("no channels")
    if isinstance(options.get("padding"), tuple) and min(options["padding"]) < 0:
        raise ValueError("negative padding")
    try:
        return KINDS[kind].shape(Layer(kind, "", _NOWHERE, **options), shape)
    except ShapeError:
        return None


# ---- windows --------------------------------------------------------------------------------


def _pair(value: Any, rank: int, default: int) -> tuple[int, int]:
    """Two sides of an attribute; one spatial axis is a map of height 1."""
    if not isinstance(value, tuple):
        return (1, default) if rank == 1 else (default, default)
    if len(value) != rank:
        raise ValueError(f"{len(value)} sides for {rank} axes")
    return (1, int(value[0])) if rank == 1 else (int(value[0]), int(value[1]))


def window(op: Op, rank: int, kernel: tuple[int, int]) -> dict[str, Any]:
    """Kernel, stride, dilation and padding of an operator, as options that are not the default."""
    get = op.attributes.get
    options: dict[str, Any] = {"kernel": kernel}
    stated = get("kernel_shape")
    if stated is not None and _pair(stated, rank, 1) != kernel:
        raise ValueError("its kernel is not that of its weights")
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
    if auto == "VALID" or not isinstance(pads, tuple):
        return "valid"
    if len(pads) != 2 * rank:
        raise ValueError(f"{len(pads)} sides of a padding for {rank} axes")
    if rank == 1:
        return 0, 0, int(pads[0]), int(pads[1])
    return int(pads[0]), int(pads[2]), int(pads[1]), int(pads[3])


def tidy(
    padding: Padding,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Padding:
    """``valid`` and ``same`` where numbers say the same."""
    if isinstance(padding, str):
        return padding
    if not any(padding):
        return "valid"
    if set(stride) == {1}:
        spans = [(size - 1) * at(dilation, axis) for axis, size in enumerate(kernel)]
        if padding == tuple([side for span in spans for side in (span // 2, span - span // 2)]):
            return "same"
    return padding


def _absorb_pad(draft: LayerDraft, options: dict[str, Any]) -> LayerDraft:
    """Take the zeros round the map into a convolution's own padding."""
    own = options.get("padding", "valid")
    if draft.kind != "zero-pad" or draft.refs != 1 or own == "same":
        return draft
    more = draft.options["padding"]
    padding = more if own == "valid" else tuple(a + b for a, b in zip(own, more, strict=True))
    stride, dilation = options.get("stride", (1, 1)), options.get("dilation", (1, 1))
    options["padding"] = tidy(padding, options["kernel"], stride, dilation)
    return draft.inputs[0]


def conv(fold: Fold, op: Op) -> bool:
    """Convolution: plain, grouped or depthwise; on a vector with a 1×1 kernel it is dense."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or len(weight.shape) not in (3, 4):
        return False
    rank = len(weight.shape) - 2
    filters, depth, *kernel = weight.shape
    groups = op.attributes.get("group", 1)
    bias = len(op.inputs) > 2 and op.inputs[2] != ""
    plain = product(kernel) == 1 and not any(op.attributes.get("pads") or ())
    if len(value.draft.shape) == 1 and plain and groups == 1 and value.axes:
        if value.draft.shape == (depth,):
            axes: Axes = (BATCH, 0, *[ONE] * rank)
            return dense_layer(fold, op, value.draft, filters, bias, axes)
        return False
    draft = as_map(fold, op, value, rank)
    if draft is None or draft.shape[2] != depth * groups or not filters:
        return False
    kind, options = _conv_options(op, weight.shape, draft.shape[2], groups)
    draft = _absorb_pad(draft, options)
    if not bias:
        options["bias"] = False
    shape = ruled(fold, kind, draft.shape, options)
    if shape is None:
        return False
    size = product(weight.shape)
    made = fold.draft(kind, op, [draft], shape, **options)
    fold.weigh(made, *op.inputs[1:3])
    made.macs = size * shape[0] * shape[1]
    fold.give(op, made, NCHW if rank == 2 else (BATCH, 2, 1))
    if draft is value.draft and value.axes == NCHW:
        key = draft.shape, weight.shape, bias, *op.attributes.items()
        fold.convs[key] = ConvOutcome(kind, options, shape, size, made.macs)
    return True


def conv_again(fold: Fold, op: Op) -> bool:
    """A convolution like an earlier one, on a map of the same size."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or value.axes != NCHW or value.draft.kind == "zero-pad":
        return False
    draft = value.draft
    bias = len(op.inputs) > 2 and op.inputs[2] != ""
    known = fold.convs.get((draft.shape, weight.shape, bias, *op.attributes.items()))
    if known is None:
        return False
    kind, options, shape, size, macs = known
    made = fold.draft(kind, op, [draft], shape, **options)
    fold.weigh_known(made, op.inputs[1:2], size)
    if bias:
        fold.weigh(made, op.inputs[2])
    made.macs = macs
    fold.give(op, made, NCHW)
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
    if value is None or weight is None or len(weight.shape) not in (3, 4):
        return False
    rank = len(weight.shape) - 2
    draft = as_map(fold, op, value, rank)
    groups = op.attributes.get("group", 1)
    depth, filters = weight.shape[0], weight.shape[1] * groups
    if draft is None or draft.shape[2] != depth:
        return False
    options = window(op, rank, _pair(tuple(weight.shape[2:]), rank, 1))
    if "dilation" in options:
        return False
    options["filters"] = filters
    if groups != 1:
        options["groups"] = groups
    bias = len(op.inputs) > 2 and op.inputs[2] != ""
    if not bias:
        options["bias"] = False
    pads, more = _edges(op, rank)
    wanted = _transposed_sides(op, draft.shape, options, pads, more)
    exact = pads[0], pads[2] - more[0], pads[1], pads[3] - more[1]
    choices: list[Padding] = ["valid", "same"]
    if min(exact) >= 0:
        choices.append(exact)
    for padding in choices:
        options["padding"] = padding
        shape = ruled(fold, "conv-transpose", draft.shape, options)
        if shape is not None and shape[:2] == wanted:
            break
    else:
        return False
    if options["padding"] == "valid":
        del options["padding"]
    made = fold.draft("conv-transpose", op, [draft], shape, **options)
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(weight.shape) * draft.shape[0] * draft.shape[1]
    fold.give(op, made, NCHW if rank == 2 else (BATCH, 2, 1))
    return True


def _edges(op: Op, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Paddings of a transposed convolution, and what it adds to its output."""
    pads = op.attributes.get("pads", (0,) * (2 * rank))
    more = op.attributes.get("output_padding", (0,) * rank)
    return ((0, pads[0], 0, pads[1]), (0, *more)) if rank == 1 else (pads, more)


def _transposed_sides(
    op: Op, shape: Shape, options: dict[str, Any], pads: tuple[int, ...], more: tuple[int, ...]
) -> tuple[int, int]:
    stated = op.attributes.get("output_shape")
    if isinstance(stated, tuple) and stated:
        return (shape[0] if len(stated) < 2 else int(stated[-2])), int(stated[-1])
    stride, kernel = options.get("stride", (1, 1)), options["kernel"]
    if str(op.attributes.get("auto_pad", "")).startswith("SAME"):
        return shape[0] * stride[0], shape[1] * stride[1]
    high, wide = (
        (shape[axis] - 1) * stride[axis] + kernel[axis] - pads[axis] - pads[axis + 2] + more[axis]
        for axis in (0, 1)
    )
    return high, wide


# ---- poolings ---------------------------------------------------------------------------------


def pool(fold: Fold, op: Op) -> bool:
    """MaxPool and AveragePool; one that covers the whole map is a global pooling."""
    value = fold.value(op)
    kernel = op.attributes.get("kernel_shape")
    if value is None or not isinstance(kernel, tuple) or len(kernel) not in (1, 2):
        return False
    rank = len(kernel)
    draft = as_map(fold, op, value, rank)
    if draft is None or any(fold.uses.get(name) for name in op.outputs[1:]):
        return False
    axes = NCHW if rank == 2 else (BATCH, 2, 1)
    options = window(op, rank, _pair(kernel, rank, 1))
    if "dilation" in options:
        return False
    stride = options.get("stride", (1, 1))
    if options["kernel"] == stride == (1, 1) and "padding" not in options:
        fold.alias(op, value)
        return True
    kind = "max-pool" if op.kind == "MaxPool" else "avg-pool"
    if options["kernel"] == draft.shape[:2] and "padding" not in options and rank == 2:
        return _global(fold, op, draft, "max" if kind == "max-pool" else "avg", 2, True)
    if op.attributes.get("ceil_mode"):
        options["ceil"] = True
    options["stride"] = stride
    shape = ruled(fold, kind, draft.shape, options)
    if shape is None:
        return False
    plain = {key: value for key, value in options.items() if key != "ceil"}
    if options.get("ceil") and ruled(fold, kind, draft.shape, plain) == shape:
        options = plain
    made = fold.draft(kind, op, [draft], shape, **options)
    fold.give(op, made, axes)
    return True


def _global(fold: Fold, op: Op, draft: LayerDraft, what: str, rank: int, keep: bool) -> bool:
    made = fold.draft(f"global-{what}-pool", op, [draft], draft.shape[-1:])
    fold.give(op, made, (BATCH, 0, *([ONE] * rank if keep else ())))
    return True


def global_pool(fold: Fold, op: Op) -> bool:
    """GlobalAveragePool and GlobalMaxPool."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    draft = as_map(fold, op, value)
    if draft is None:
        return False
    what = "max" if "Max" in op.kind else "avg"
    return _global(fold, op, draft, what, len(value.axes) - 2, True)


def global_reduction(fold: Fold, op: Op) -> bool:
    """ReduceMean and ReduceMax over all places are a global pooling."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    draft, order = value.draft, value.axes
    gone = reduced_axes(fold, op, len(order))
    if not gone:
        return False
    targets = {order[axis] for axis in gone} - {ONE}
    flat = {axis for axis, side in enumerate(draft.shape[:-1]) if side == 1 and axis not in order}
    places = set(range(len(draft.shape) - 1))
    if len(draft.shape) not in (2, 3, 4) or not targets | flat <= places:
        return False
    if targets | flat != places:
        return near(fold, op, "Global pooling as a mean", "it is not over all places")
    keep = op.attributes.get("keepdims", 1)
    left: Axes = tuple(
        ONE if axis in gone and target >= 0 else min(target, 0)
        for axis, target in enumerate(order)
        if keep or axis not in gone
    )
    what = "max" if "Max" in op.kind else "avg"
    made = fold.draft(f"global-{what}-pool", op, [draft], draft.shape[-1:])
    fold.give(op, made, left)
    return True


def resize(fold: Fold, op: Op) -> bool:
    """Resize and Upsample by one whole factor."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    draft = as_map(fold, op, value)
    if draft is None or len(value.axes) != 4:
        return False
    sizes = fold.known(op.outputs[0])
    factors: list[float] = []
    for index in range(1, len(op.inputs)):
        tensor = fold.constant(op, index)
        if tensor is None or tensor.values is None or len(tensor.values) != 4:
            continue
        if index == 3:
            factors = [tensor.values[a] / b for a, b in zip((2, 3), draft.shape, strict=False)]
        else:
            factors = [tensor.values[2], tensor.values[3]]
            if tensor.values[:2] != (1, 1):
                return False
    scales = op.attributes.get("scales")
    if isinstance(scales, tuple) and len(scales) == 4:
        factors = [scales[2], scales[3]]
    if not factors and sizes is not None and len(sizes) == 4:
        factors = [sizes[2] / draft.shape[0], sizes[3] / draft.shape[1]]
    if len(factors) != 2 or factors[0] != factors[1] or factors[0] != int(factors[0]):
        return False
    factor = int(factors[0])
    if factor == 1:
        fold.alias(op, value)
        return True
    if factor < 1 or factor > 1024:
        return False
    shape = draft.shape[0] * factor, draft.shape[1] * factor, draft.shape[2]
    made = fold.draft("upsample", op, [draft], shape, value=float(factor))
    fold.give(op, made, NCHW)
    return True
