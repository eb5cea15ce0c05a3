"""Norms that are written out as arithmetic.

Over the rows, they begin where a value is divided by its deviation; a scale and a shift for each
channel, which ``arithmetic`` finds, end them. Batch norms are nothing but these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archviz.importers.fold.axes import reduced_axes
from archviz.importers.fold.layers import attach
from archviz.importers.fold.match import operands
from archviz.importers.fold.named import named
from archviz.importers.fold.state import ONE, Fold, LayerDraft, TensorView

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

WRITTEN_OUT: Mapping[tuple[str, ...], str] = {
    ("Sub", "Mul", "Add"): "batch-norm",
    ("Mul", "Add"): "batch-norm",
    ("Sub", "Div", "Mul", "Add"): "batch-norm",
    ("layer-norm", "Mul", "Add"): "layer-norm",
    ("rms-norm", "Mul"): "rms-norm",
    ("group-norm", "Mul", "Add"): "group-norm",
}
"""The norm that steps with a number for each channel come to."""


def finish_norm(fold: Fold, op: Op, value: TensorView, last: LayerDraft, norm: str) -> bool:
    """Make a norm of its steps, the last of which has just been made."""
    steps = [last]
    while len(steps) < len(last.norm_steps):
        steps.append(steps[-1].inputs[0])
    fold.drafts.pop()
    first = steps[-1]
    base = first.inputs[0]
    taken = first.options.get("taken", 1)
    own = sum(step.parameters for step in steps)
    draft = attach(fold, op, TensorView(base, value.axes), "norm", norm, taken)
    channels = draft.shape[-1]
    if norm == "batch-norm":
        # However many vectors the exporter has left, the layer had four.
        draft.parameters += 4 * channels
        draft.fixed += 2 * channels
        if last.norm_steps[0] == "Sub":
            fold.merged += 4 * channels - own
    else:
        draft.parameters += own
    return True


def by_deviation(fold: Fold, op: Op) -> bool:
    """(x - mean) / sqrt(variance + epsilon), the start of a norm that is written out."""
    for upper, lower in operands(fold, op):
        square = _deviation(lower.draft, op.kind)
        if square is None:
            continue
        centred = upper.draft
        if square.inputs[0] is not centred:
            continue
        base, norm, taken = centred, "rms-norm", 2
        if centred.op.kind == "Sub" and len(centred.inputs) == 2:
            base, mean = centred.inputs
            norm, taken = "layer-norm", 2
            if mean.kind != "~mean" or mean.inputs[0] is not base:
                continue
        made = fold.draft("~norm", op, [base], base.shape)
        made.norm_steps = (norm,)
        made.options["taken"] = taken
        fold.give(op, made, upper.axes, upper.dims)
        return True
    return False


def _deviation(draft: LayerDraft, kind: str) -> LayerDraft | None:
    """The square below sqrt(mean(square) + epsilon), or below its reciprocal."""
    if kind == "Mul":
        over = draft.op.kind == "Div" and draft.operands[:1] == (1,)
        if draft.kind != "~math" or not (over or draft.op.kind == "Reciprocal"):
            return None
        draft = draft.inputs[0]
    for step in ("Sqrt", "Add"):
        if draft.kind != "~math" or draft.op.kind != step or len(draft.inputs) != 1:
            return None
        draft = draft.inputs[0]
    if draft.kind != "~mean":
        return None
    square = draft.inputs[0]
    if square.op.kind == "Pow" and square.kind == "~math" and square.operands[1] == 2:
        return square
    if square.op.kind == "Mul" and len(square.inputs) == 2:
        return square if square.inputs[0] is square.inputs[1] else None
    return None


def feature_mean(fold: Fold, op: Op) -> bool:
    """ReduceMean over the features of each row, or of each head: a step of a norm."""
    value = fold.value(op)
    if value is None or value.axes is None or op.kind != "ReduceMean":
        return False
    draft, order = value.draft, value.axes
    gone = reduced_axes(fold, op, len(order))
    if not gone:
        return False
    targets = {order[axis] for axis in gone} - {ONE}
    kept = op.attributes.get("keepdims", 1)
    if targets == {len(draft.shape) - 1} and len(gone) == 1:
        made = fold.draft("~mean", op, [draft], (*draft.shape[:-1], 1))
        left = order if kept else tuple(a for i, a in enumerate(order) if i not in gone)
        fold.give(op, made, left)
        return True
    base = draft.base if draft.base is not None else draft
    if base.kind != "~view" or gone != {len(order) - 1} or len(targets) != 1 or not kept:
        return False
    sides = tuple(1 if axis in targets else side for axis, side in enumerate(draft.shape))
    fold.give(op, fold.draft("~mean", op, [draft], sides), order)
    return True


def by_length(fold: Fold, op: Op) -> bool:
    """A value divided by its own length."""
    left, right = fold.value(op), fold.value(op, 1)
    if left is None or right is None or _length(right.draft) is not left.draft:
        return False
    if len(left.axes or ()) != len(right.axes or ()) or left.axes is None:
        return False
    left.draft.refs -= 1
    made = named(fold, op, "L2 normalisation", [left.draft], left.draft.shape)
    fold.give(op, made, left.axes)
    return True


def _length(draft: LayerDraft) -> LayerDraft | None:
    """What a draft is the length of, but for a number that keeps it from being 0."""
    while len(draft.inputs) == 1:
        if draft.options.get("label") == "L2 norm":
            return draft.inputs[0]
        if draft.op.kind not in ("Expand", "Clip", "Max", "Add"):
            return None
        draft = draft.inputs[0]
    return None
