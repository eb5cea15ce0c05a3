"""Gather: rows of a table are an embedding, one row of a sequence is a selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.named import named
from archviz.importers.fold.recurrent import STACK, one_way, unstack
from archviz.importers.fold.splits import part
from archviz.importers.fold.state import ONE, Fold, LayerDraft, TensorView, numbers, product
from archviz.importers.fold.views import reshaped, view

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape


def gather(fold: Fold, op: Op) -> bool:
    """Rows of a constant are an embedding; one row of a sequence is a selection."""
    data, index = fold.constant(op, 0), fold.value(op, 1)
    axis = op.attributes.get("axis", 0)
    if data is not None and index is not None:
        return _embedding(fold, op, data.shape, index, axis)
    value, chosen = fold.value(op), fold.constant(op, 1)
    if value is None or chosen is None:
        return False
    dims = fold.dims(value)
    axis %= len(dims)
    if _restrided(fold, op, value, chosen.shape):
        return True
    if product(chosen.shape) != 1:
        return False
    left = (*dims[:axis], *[1] * len(chosen.shape), *dims[axis + 1 :])
    order = value.axes
    row = order is not None and order[axis] == 0 and len(value.draft.shape) == 2
    if order is not None and row and value.draft.kind != STACK:
        rest = [ONE] * len(chosen.shape)
        axes = (*order[:axis], *rest, *order[axis + 1 :])
        made = fold.draft("~select", op, [value.draft], value.draft.shape[1:])
        fold.give(op, made, tuple(0 if target == 1 else target for target in axes))
        return True
    place = (numbers(chosen) or (0,))[0] % dims[axis]
    keep = bool(chosen.shape)
    if len(chosen.shape) < 2 and (
        unstack(fold, op, value, axis, place, keep)
        or one_way(fold, op, value, axis, (place, 1), keep)
    ):
        return True
    if order is not None and len(value.draft.shape) == 3 and order[axis] == 2:
        part(fold, op, value, axis, (place, 1), op.outputs[0])
        made = fold.values[op.outputs[0]].draft
        kept = (*order[:axis], 2, *order[axis + 1 :]) if keep else order[:axis] + order[axis + 1 :]
        fold.values[op.outputs[0]] = TensorView(made, kept)
        return True
    made = view(fold, op, [value.draft], left)
    made.options["label"] = f"part {place + 1} of {dims[axis]}"
    made.known = numbers(chosen) is not None
    return True


def _restrided(fold: Fold, op: Op, value: TensorView, dims: Shape) -> bool:
    """The last step of a global pooling as PyTorch exports it: all values as they are."""
    size = product(value.draft.shape)
    if "as_strided" not in op.name + op.outputs[0] or len(fold.dims(value)) != 1:
        return False
    if product(dims) != size or dims[0] != fold.batch or size not in dims:
        return False
    reshaped(fold, op, value, dims)
    return True


_COUNTING = ("running sum", "CumSum")
_WHOLE = frozenset(
    {"Add", "Sub", "Mul", "Not", "Equal", "Cast", "eq", "ne", "gt", "lt", "ge", "le", *_COUNTING}
)
"""Arithmetic of whole numbers, of which places in a text are made."""
_FEW = 16


def counted_positions(fold: Fold, op: Op) -> bool:
    """Rows of a table for places that are counted in the words: those that are no padding."""
    data, index = fold.constant(op, 0), fold.value(op, 1)
    if data is None or index is None or len(data.shape) != 2 or op.attributes.get("axis", 0):
        return False
    found = _counted(index.draft) if index.draft.refs == 1 else None
    if found is None or index.axes is None or found.shape != index.draft.shape:
        return False
    width = data.shape[1]
    made = named(fold, op, "position embedding", [found], (*found.shape, width))
    made.kind = "other-embedding"
    fold.weigh(made, op.inputs[0])
    fold.give(op, made, (*index.axes, len(found.shape)))
    return True


def _counted(draft: LayerDraft) -> LayerDraft | None:
    """The words that places are counted in; None where a value is something else."""
    seen, todo, words, counts = {draft}, [draft], set[LayerDraft](), False
    while todo and len(seen) < _FEW:
        one = todo.pop()
        if one.kind == "input":
            words.add(one)
            continue
        counts = counts or one.op.kind in _COUNTING
        if one.op.kind not in _WHOLE or one.parameters or not one.inputs:
            return None
        new = [source for source in one.inputs if source not in seen]
        seen.update(new)
        todo += new
    return words.pop() if counts and len(words) == 1 and not todo else None


def _embedding(fold: Fold, op: Op, table: Shape, index: TensorView, axis: int) -> bool:
    draft, axes = index.draft, index.axes
    if len(table) != 2 or axis or axes is None or len(draft.shape) > 1:
        return False
    words, width = table
    made = fold.draft("embedding", op, [draft], (*draft.shape, width), filters=width, count=words)
    fold.weigh(made, op.inputs[0])
    fold.give(op, made, (*axes, len(draft.shape)))
    return True
