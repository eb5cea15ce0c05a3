"""Reshapes round a transposition that have a name: shuffles, patches and windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.named import named
from archviz.importers.fold.recurrent import STACK, restacked, reunited
from archviz.importers.fold.splits import taken_once
from archviz.importers.fold.state import BATCH, NCHW, NHWC, Axes, Fold, LayerDraft, TensorView
from archviz.importers.fold.views import reshape as plain_reshape
from archviz.importers.fold.views import target_dims

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

SHIFT = "cyclic shift"
_LINEAR = ("Mul", "Add", "Sub", "Div")


def reshape(fold: Fold, op: Op) -> bool:
    """Reshape: the last step of a shuffle, or a view."""
    value = fold.value(op)
    if value is not None and value.axes is not None:
        if value.draft.kind == "~view" and _regrouped(fold, op, value, value.axes):
            return True
        if value.draft.kind == STACK and value.axes == (BATCH, 0, 1):
            whole = reunited(value.draft.inputs)
            dims = target_dims(fold, op, fold.dims(value))
            if whole is not None and dims == (fold.batch, whole.shape[0]):
                whole.refs += fold.uses.get(op.outputs[0], 0)
                fold.values[op.outputs[0]] = TensorView(whole, (BATCH, 0))
                return True
        if value.draft.kind == STACK:
            dims = target_dims(fold, op, fold.dims(value))
            if dims is not None and restacked(fold, op, value, dims):
                return True
    return plain_reshape(fold, op)


def _regrouped(fold: Fold, op: Op, value: TensorView, axes: Axes) -> bool:
    draft = value.draft
    source = fold.values.get(draft.op.inputs[0])
    if draft.op.kind != "Reshape" or draft.refs != 1 or source is None or source.axes is None:
        return False
    if source.draft is not draft.inputs[0]:
        return False
    first = _view_axes(draft, BATCH in axes)
    if sorted(first) != sorted(axes):
        return False
    order = tuple(first.index(axis) for axis in axes)
    parts = fold.dims(TensorView(draft, first))
    dims = target_dims(fold, op, fold.dims(value))
    if dims is None:
        return False
    if fold.alike(source.axes, NCHW):
        return _of_channels(fold, op, source, parts, order, dims)
    return _of_windows(fold, op, source, parts, order, dims)


def _view_axes(draft: LayerDraft, batched: bool) -> Axes:
    """The axes that a view had before it was transposed."""
    rank = len(draft.shape)
    order: Axes = (2, 0, 1) if rank == 3 else tuple(range(rank))
    return (BATCH, *order) if batched else order


def _of_channels(
    fold: Fold,
    op: Op,
    source: TensorView,
    parts: tuple[int, ...],
    order: tuple[int, ...],
    dims: tuple[int, ...],
) -> bool:
    """A shuffle of a map with its channels first, or its patches as a sequence."""
    draft, sides = source.draft, fold.dims(source)
    if order == (0, 2, 1, 3, 4) and dims == sides and parts[3:] == sides[2:]:
        made = fold.draft("channel-shuffle", op, [draft], draft.shape, groups=parts[1])
        fold.give(op, made, NCHW)
        return True
    if len(order) != 6 or len(dims) not in (3, 4) or dims[0] != sides[0]:
        return False
    folded = {(0, 1, 4, 2, 5, 3): parts[2:4], (0, 3, 4, 1, 5, 2): parts[1:3]}.get(order)
    if folded is not None and parts[4:] == sides[2:] and len(dims) == 4:
        factor = folded[0]
        if folded[1] != factor or dims[2:] != (sides[2] * factor, sides[3] * factor):
            return False
        return _pixel_shuffle(fold, op, draft, factor)
    if parts[1] != sides[1] or parts[2] * parts[3] != sides[2]:
        return False
    if order in ((0, 1, 3, 5, 2, 4), (0, 3, 5, 1, 2, 4)) and dims[2:] == (parts[2], parts[4]):
        made = named(fold, op, "space to depth", [draft], (*dims[2:], dims[1]))
        fold.give(op, made, NCHW)
        return True
    if order in ((0, 2, 4, 3, 5, 1), (0, 2, 4, 1, 3, 5)) and dims[1] == parts[2] * parts[4]:
        label = f"patches {parts[3]}×{parts[5]}" if len(dims) == 3 else "window partition"
        made = named(fold, op, label, [draft], dims[1:])
        fold.give(op, made, (BATCH, *range(len(dims) - 1)))
        return True
    return False


def _pixel_shuffle(fold: Fold, op: Op, draft: LayerDraft, factor: int) -> bool:
    height, width, channels = draft.shape
    if channels % factor**2:
        return False
    shape = height * factor, width * factor, channels // factor**2
    fold.give(op, fold.draft("pixel-shuffle", op, [draft], shape, value=float(factor)), NCHW)
    return True


def depth_to_space(fold: Fold, op: Op) -> bool:
    """DepthToSpace and SpaceToDepth."""
    value, factor = fold.value(op), op.attributes.get("blocksize", 0)
    if value is None or not fold.alike(value.axes, NCHW) or factor < 1:
        return False
    draft = value.draft
    if op.kind == "DepthToSpace":
        return _pixel_shuffle(fold, op, draft, factor)
    height, width, channels = draft.shape
    if height % factor or width % factor:
        return False
    shape = height // factor, width // factor, channels * factor**2
    fold.give(op, named(fold, op, "space to depth", [draft], shape), NCHW)
    return True


def _of_windows(
    fold: Fold,
    op: Op,
    source: TensorView,
    parts: tuple[int, ...],
    order: tuple[int, ...],
    dims: tuple[int, ...],
) -> bool:
    """Windows of a map with its channels last, or the map that windows make up."""
    if order != (0, 1, 3, 2, 4, 5) or fold.batch != 1 or parts[0] != 1:
        return False
    draft = source.draft
    if fold.alike(source.axes, NHWC):
        tall, wide = parts[2], parts[4]
        if dims != (parts[1] * parts[3], tall * wide, parts[5]) or parts[5] != draft.shape[2]:
            return False
        made = named(fold, op, "window partition", [draft], dims)
        fold.give(op, made, (0, 1, 2))
        return True
    if parts[1] == parts[2] == 1 and dims == (1, *parts[3:]):
        fold.give(op, fold.draft("reshape", op, [draft], dims[1:], shape=dims[1:]), NHWC)
        return True
    if dims == (1, parts[1] * parts[3], parts[2] * parts[4], parts[5]):
        made = named(fold, op, "window reverse", [draft], dims[1:])
        fold.give(op, made, NHWC)
        return True
    return False


def shifted(fold: Fold, op: Op, values: list[TensorView], axis: int) -> bool:
    """Concat of the two parts of a value in the other order: it is rolled along an axis."""
    drafts = [value.draft for value in values]
    axes = values[0].axes
    spans = [draft.span for draft in drafts if draft.span is not None]
    if len(drafts) != 2 or axes is None or len(spans) != 2:
        return False
    source = drafts[0].inputs[0]
    (_, target, start, size, step), (_, other, first, left, hop) = spans
    if drafts[1].inputs[0] is not source or target != axes[axis] or other != target:
        return False
    if step != 1 or hop != 1:
        return False
    if first != 0 or start != left or start + size != source.shape[target]:
        return False
    taken_once(source, drafts)
    rolled = source.named and source.options["label"] == SHIFT
    windows = source.attention is not None and source.attention.label.startswith("shifted")
    if source.refs == 1 and (rolled or windows):
        source.refs = 0
        fold.give(op, source, axes)
        return True
    fold.give(op, named(fold, op, SHIFT, [source], source.shape), axes)
    return True


def gathered(fold: Fold, op: Op, values: list[TensorView]) -> bool:
    """Concat of all places of small blocks, or of all channels, each scaled on its own."""
    drafts, axes = [value.draft for value in values], values[0].axes
    if len(drafts) < 2 or axes is None or any(not fold.alike(axes, one.axes) for one in values):
        return False
    made = _blocks(fold, op, drafts) or _rescaled(fold, op, drafts)
    if made is None:
        return False
    fold.give(op, made, axes)
    return True


def _blocks(fold: Fold, op: Op, drafts: list[LayerDraft]) -> LayerDraft | None:
    """Every second row and column, from each start: a map folded into its channels."""
    starts = set()
    sources = set()
    step = 0
    for draft in drafts:
        inner = draft.inputs[0] if draft.inputs else draft
        if draft.span is None or inner.span is None:
            return None
        sources.add(inner.inputs[0])
        spans = {one.axis: one for one in (inner.span, draft.span)}
        if len(draft.shape) != 3 or sorted(spans) != [0, 1]:
            return None
        starts.add((spans[0].start, spans[1].start, spans[0].step, spans[1].step))
        step = draft.span.step
    source = sources.pop()
    wanted = {(high, wide, step, step) for high in range(step) for wide in range(step)}
    if sources or starts != wanted or len(drafts) != step**2:
        return None
    shape = (*drafts[0].shape[:2], drafts[0].shape[2] * len(drafts))
    source.refs -= len({draft.inputs[0] for draft in drafts}) - 1
    return named(fold, op, "space to depth", [source], shape)


def _rescaled(fold: Fold, op: Op, drafts: list[LayerDraft]) -> LayerDraft | None:
    """Each channel of a map times a number, plus a number: what a model does to its images."""
    source = None
    parts = []
    for index, draft in enumerate(drafts):
        if draft.kind != "~math":
            return None
        while draft.kind == "~math" and len(draft.inputs) == 1 and draft.op.kind in _LINEAR:
            draft = draft.inputs[0]
        last = len(draft.shape) - 1
        if draft.span is None or draft.span[1:4] != (last, index, 1):
            return None
        if source is not None and draft.inputs[0] is not source:
            return None
        source = draft.inputs[0]
        parts.append(draft)
    if source is None or source.shape[-1] != len(drafts):
        return None
    taken_once(source, parts)
    return named(fold, op, "rescale", [source], source.shape)
