"""Concat: along the channels, and learned rows before a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold import recurrent, views
from archviz.importers.fold.match import side_by_side, values
from archviz.importers.fold.named import named
from archviz.importers.fold.state import BATCH, ONE, Fold, TensorView, product

if TYPE_CHECKING:
    from archviz.importers.graphs import Op


def concat(fold: Fold, op: Op) -> bool:
    """Concat along the channels, or of states one above the other; of one value nothing."""
    some = tuple([name for name in op.inputs if not _is_empty(fold, name)])
    if 0 < len(some) < len(op.inputs):
        op = op._replace(inputs=some)
    if len(op.inputs) == 1:
        return views.same(fold, op)
    found = side_by_side(fold, op)
    if found is None:
        return _stacked(fold, op)
    drafts = [value.draft for value in found]
    total = sum(draft.shape[-1] for draft in drafts)
    made = fold.draft("concat", op, drafts, (*drafts[0].shape[:-1], total))
    fold.give(op, made, found[0].axes)
    return True


def _is_empty(fold: Fold, name: str) -> bool:
    """Whether a value has no numbers."""
    tensor = fold.constants.get(name)
    return tensor is not None and 0 in tensor.shape


def _stacked(fold: Fold, op: Op) -> bool:
    found = values(fold, op)
    if not found or found[0].axes is None:
        return False
    axes = found[0].axes
    axis = op.attributes.get("axis", 1) % len(axes)
    along = axes[axis] == len(found[0].draft.shape) - 1
    return not along and (
        recurrent.stacked(fold, op, found, axis) or _on_top(fold, op, found, axis)
    )


def _on_top(fold: Fold, op: Op, found: list[TensorView], axis: int) -> bool:
    """Values along a new axis that stands before the batch."""
    draft, axes = found[0].draft, found[0].axes
    unlike = (ONE,) if fold.batch > 1 else (ONE, BATCH)  # of 1, a batch is like any side of 1
    if axes is None or axes[axis] not in unlike:
        return False
    behind = next((place for place in range(axis + 1, len(axes)) if axes[place] < 0), None)
    if behind is None or (fold.batch > 1 and axes[behind] != BATCH):
        return False
    if any(one.axes != axes or one.draft.shape != draft.shape for one in found):
        return False
    made = named(fold, op, "stack", [one.draft for one in found], (len(found), *draft.shape))
    order = [one + 1 if one >= 0 else one for one in axes]
    order[axis], order[behind] = 0, BATCH
    fold.give(op, made, tuple(order))
    return True


def class_token(fold: Fold, op: Op) -> bool:
    """Learned rows before a sequence."""
    if len(op.inputs) != 2:
        return False
    name = op.inputs[0]
    value, tensor = fold.value(op, 1), fold.constants.get(name)
    if value is None or tensor is None or value.axes is None or len(value.draft.shape) != 2:
        return False
    draft, axes = value.draft, value.axes
    if axes[op.attributes.get("axis", 1) % len(axes)] != 0:
        return False
    rows = product(tensor.shape) // draft.shape[1]
    spread = len(tensor.shape) == len(axes) and tensor.shape[0] == fold.batch  # once an example
    count = rows // fold.batch if spread and axes[0] == BATCH else rows
    if not count or rows * draft.shape[1] != product(tensor.shape):
        return False
    shape = draft.shape[0] + count, draft.shape[1]
    made = fold.draft("class-token", op, [draft], shape, count=count)
    fold.weigh(made, name)
    fold.give(op, made, axes)
    return True
