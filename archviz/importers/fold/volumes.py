"""Layers on volumes, (depth, height, width, channels)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archviz.importers.fold.named import named
from archviz.importers.fold.reorient import moved
from archviz.importers.fold.state import BATCH, ONE, Axes, Fold, LayerDraft, TensorView, product
from archviz.importers.fold.windows import ruled
from archviz.network.kinds import KINDS

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
        moved(fold, draft, (1, 2, 3, 0))
        draft.free = False
        return draft
    if [side for side in shape if side != 1] == [side for side in draft.shape if side != 1]:
        return fold.between("reshape", op, draft, shape, shape=shape)
    made = fold.between("op", op, draft, shape, label="transpose")
    made.named = True
    return made


def _window(op: Op, kernel: tuple[int, ...]) -> dict[str, Any]:
    """Kernel, stride, dilation and padding of an operator, as options that are not the default."""
    get = op.attributes.get
    options: dict[str, Any] = {"kernel": kernel}
    for option, attribute in (("stride", "strides"), ("dilation", "dilations")):
        sides = get(attribute, (1, 1, 1))
        if set(sides) != {1}:
            options[option] = tuple(sides)
    auto, pads = str(get("auto_pad", "NOTSET")), get("pads", (0,) * 6)
    if auto.startswith("SAME"):
        options["padding"] = "same"
    elif auto == "NOTSET" and any(pads):
        options["padding"] = _interleaved(pads)
    if get("ceil_mode"):
        options["ceil"] = True
    return options


def _interleaved(pads: tuple[int, ...], less: tuple[int, ...] = (0, 0, 0)) -> tuple[int, ...]:
    """Paddings before and behind, axis by axis, ``less`` taken from those behind."""
    return tuple([side for axis in range(3) for side in (pads[axis], pads[axis + 3] - less[axis])])


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
    kind, options = "conv-transpose-3d" if turned else "conv-3d", _window(op, kernel)
    if groups == depth > 1 and not turned and filters % groups == 0:
        kind, groups = "depthwise-conv-3d", 1
        options.update({"multiplier": filters // depth} if filters > depth else {})
    else:
        options["filters"] = filters
    if groups > 1:
        options["groups"] = groups
    if len(op.inputs) < 3 or not op.inputs[2]:
        options["bias"] = False
    if turned and "padding" not in options:
        options["padding"] = (0,) * 6
    shape = ruled(fold, kind, draft.shape, options)
    if turned:
        shape = _grown(fold, op, draft.shape, options)
    if shape is None:
        return False
    if "padding" in options or not turned:
        made = fold.draft(kind, op, [draft], shape, **options)
    else:
        made = named(fold, op, f"conv T {'×'.join(map(str, kernel))}", [draft], shape)
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(weight.shape) * product(draft.shape[:3] if turned else shape[:3])
    fold.give(op, made, AXES)
    return True


def _grown(fold: Fold, op: Op, shape: Shape, options: dict[str, Any]) -> Shape | None:
    """The shape of a transposed convolution; its padding goes where none of ours gives it."""
    get = op.attributes.get
    more, padding = get("output_padding", (0, 0, 0)), options["padding"]
    stated = get("output_shape")
    exact = padding
    if isinstance(padding, tuple):
        exact = tuple(side - more[axis // 2] * (axis % 2) for axis, side in enumerate(padding))
    choices = [one for one in ("valid", "same", exact) if isinstance(one, str) or min(one) >= 0]
    plain = {**options, "padding": (0,) * 6}
    whole = ruled(fold, "conv-transpose-3d", shape, plain)
    if whole is None:
        return None
    wanted = tuple(stated[-3:]) if isinstance(stated, tuple) and len(stated) >= 3 else ()
    if not wanted and isinstance(exact, tuple):
        wanted = tuple(whole[axis] - exact[2 * axis] - exact[2 * axis + 1] for axis in range(3))
    for choice in choices:
        options["padding"] = choice
        found = ruled(fold, "conv-transpose-3d", shape, options)
        if found is not None and (found[:3] == wanted or not wanted):
            return found
    del options["padding"]
    return (*wanted, whole[3]) if min(wanted) > 0 else None


def pool(fold: Fold, op: Op) -> bool:
    """Pooling of a volume; one that covers all of it is a global pooling."""
    value, kernel = fold.value(op), op.attributes.get("kernel_shape")
    if value is None or not isinstance(kernel, tuple) or len(kernel) != 3:
        return False
    draft = _as_volume(fold, op, value)
    if draft is None or any(fold.uses.get(name) for name in op.outputs[1:]):
        return False
    kind, options = f"{'max' if op.kind == 'MaxPool' else 'avg'}-pool-3d", _window(op, kernel)
    options["stride"] = options.get("stride", (1, 1, 1))
    shape = ruled(fold, kind, draft.shape, options)
    if shape is None:
        return False
    if kernel == draft.shape[:3] and shape[:3] == (1, 1, 1):
        made = fold.draft(f"global-{kind[:8]}", op, [draft], draft.shape[3:])
        fold.give(op, made, (BATCH, 0, ONE, ONE, ONE))
        return True
    if "dilation" in options:
        made = named(fold, op, KINDS[kind].title, [draft], shape)
    else:
        made = fold.draft(kind, op, [draft], shape, **options)
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
