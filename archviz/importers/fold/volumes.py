"""Layers on volumes, (depth, height, width, channels): boxes that count what they compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.named import named
from archviz.importers.fold.state import BATCH, ONE, Axes, Fold, LayerDraft, TensorView, product

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape

AXES: Axes = (BATCH, 3, 0, 1, 2)
USERS = (
    "Conv",
    "ConvTranspose",
    "MaxPool",
    "AveragePool",
    "BatchNormalization",
    "Pad",
    "InstanceNormalization",
)
"""Operators whose input of five axes is a volume with its channels first."""


def is_volume(fold: Fold, op: Op) -> bool:
    """Whether an operator with a window works on a volume."""
    value = fold.value(op)
    if value is None or len(value.dims if value.axes is None else value.axes) != 5:
        return False
    weight = fold.constant(op, 1)
    return not op.kind.startswith("Conv") or (weight is not None and len(weight.shape) == 5)


def _as_volume(fold: Fold, op: Op, value: TensorView) -> LayerDraft | None:
    draft, axes, _ = value
    if axes is None or fold.alike(axes, AXES):
        return draft if axes is not None else None
    dims = fold.dims(value)
    shape = (*dims[2:], dims[1])
    if draft.free and draft.refs == 1 and axes == (BATCH, 0, 1, 2, 3):
        draft.shape, draft.free = shape, False
        return draft
    return fold.between("op", op, draft, shape, label="Transpose")


def _side(op: Op, size: int, kernel: int, axis: int) -> int:
    """A side of what a window gives."""
    get = op.attributes.get
    stride: int = get("strides", (1, 1, 1))[axis]
    auto = str(get("auto_pad", "NOTSET"))
    if auto.startswith("SAME"):
        return -(-size // stride)
    pads = get("pads", (0,) * 6) if auto == "NOTSET" else (0,) * 6
    room: int = size + pads[axis] + pads[axis + 3] - (kernel - 1) * get("dilations", (1,) * 3)[axis]
    if not get("ceil_mode"):
        return (room - 1) // stride + 1
    count: int = -(-(room - 1) // stride) + 1
    return count - 1 if (count - 1) * stride >= size + pads[axis] else count


def _sizes(values: tuple[int, ...]) -> str:
    return "×".join(map(str, values))


def _label(what: str, op: Op, kernel: tuple[int, ...]) -> str:
    strides = op.attributes.get("strides", (1, 1, 1))
    groups = op.attributes.get("group", 1)
    words = [what, _sizes(kernel)]
    if set(strides) != {1} and not (what.endswith("pool") and strides == kernel):
        words.append(f"/{strides[0] if len(set(strides)) == 1 else _sizes(strides)}")
    return " ".join(words) + (f", {groups} groups" if groups > 1 else "")


def conv(fold: Fold, op: Op) -> bool:
    """Convolution of a volume, plain, grouped or transposed."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None:
        return False
    groups, kernel = op.attributes.get("group", 1), weight.shape[2:]
    if op.attributes.get("kernel_shape", kernel) != kernel or min(kernel) < 1:
        raise ValueError("its kernel is not that of its weights")
    draft = _as_volume(fold, op, value)
    turned = op.kind == "ConvTranspose"
    depth = weight.shape[0] if turned else weight.shape[1] * groups
    filters = weight.shape[1] * groups if turned else weight.shape[0]
    if draft is None or draft.shape[3] != depth or not filters:
        return False
    if turned:
        sides = _grown(op, draft.shape, kernel)
    else:
        sides = tuple(_side(op, draft.shape[axis], kernel[axis], axis) for axis in range(3))
    if min(sides) < 1:
        return False
    label = _label("conv T" if turned else "conv", op, kernel)
    made = named(fold, op, label, [draft], (*sides, filters), "conv-3d")
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(weight.shape) * product(draft.shape[:3] if turned else sides)
    fold.give(op, made, AXES)
    return True


def _grown(op: Op, shape: Shape, kernel: tuple[int, ...]) -> tuple[int, ...]:
    get = op.attributes.get
    stated = get("output_shape")
    if isinstance(stated, tuple) and len(stated) >= 3:
        return tuple(stated[-3:])
    strides, more = get("strides", (1, 1, 1)), get("output_padding", (0, 0, 0))
    pads, steps = get("pads", (0,) * 6), get("dilations", (1, 1, 1))
    return tuple(
        (shape[axis] - 1) * strides[axis]
        + (kernel[axis] - 1) * steps[axis]
        + 1
        - pads[axis]
        - pads[axis + 3]
        + more[axis]
        for axis in range(3)
    )


def pool(fold: Fold, op: Op) -> bool:
    """Pooling of a volume; one that covers all of it is a global pooling."""
    value, kernel = fold.value(op), op.attributes.get("kernel_shape")
    if value is None or not isinstance(kernel, tuple) or len(kernel) != 3:
        return False
    draft = _as_volume(fold, op, value)
    if draft is None or any(fold.uses.get(name) for name in op.outputs[1:]):
        return False
    what = "max-pool" if op.kind == "MaxPool" else "avg-pool"
    sides = tuple(_side(op, draft.shape[axis], kernel[axis], axis) for axis in range(3))
    if min(sides) < 1:
        return False
    if kernel == draft.shape[:3] and sides == (1, 1, 1):
        made = fold.draft(f"global-{what}", op, [draft], draft.shape[3:])
        fold.give(op, made, (BATCH, 0, ONE, ONE, ONE))
        return True
    shape = (*sides, draft.shape[3])
    made = named(fold, op, _label(what, op, kernel), [draft], shape, "pool-3d")
    fold.give(op, made, AXES)
    return True


def global_pool(fold: Fold, op: Op) -> bool:
    """GlobalAveragePool and GlobalMaxPool of a volume."""
    value = fold.value(op)
    draft = None if value is None else _as_volume(fold, op, value)
    if draft is None:
        return False
    what = "max" if "Max" in op.kind else "avg"
    made = fold.draft(f"global-{what}-pool", op, [draft], draft.shape[3:])
    fold.give(op, made, (BATCH, 0, ONE, ONE, ONE))
    return True
