"""Norms that are written out as arithmetic.

Over the rows, they begin where a value is divided by its deviation; a scale and a shift for each
channel, which ``arithmetic`` finds, end them. Batch norms are nothing but these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archviz.importers.fold.axes import reduced_axes
from archviz.importers.fold.layers import attach
from archviz.importers.fold.match import near, operands
from archviz.importers.fold.named import named
from archviz.importers.fold.state import ONE, Fold, LayerDraft, TensorView, product
from archviz.network.kinds import NORMS

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


def by_statistics(fold: Fold, op: Op, value: TensorView, last: LayerDraft) -> bool:
    """A batch norm that goes by moving statistics, written out: of its steps one norm."""
    steps = _steps(last)
    names = [name for step in steps for name in step.op.inputs if name in fold.constants]
    every = {leaf: None for name in names for leaf in fold.leaves.get(name, (name,))}
    found = [leaf for leaf in every if fold.constants[leaf].weight]
    norm = {4: "batch-norm", 2: "batch-norm-plain"}.get(len(found), "")
    base = steps[-1].inputs[0]
    channels = base.shape[-1]
    fits = all(product(fold.constants[leaf].shape) == channels for leaf in found)
    if not norm or not fits or fold.reduced.isdisjoint(names):
        return False
    if len(fold.graph.moving.intersection(found)) != 2:
        return False
    fold.drafts.pop()
    for name in names:
        fold.weighed.pop(name, None)
    for leaf, draft in list(fold.seen_weights.items()):
        if draft in steps:
            del fold.seen_weights[leaf]
    taken = steps[-1].options.get("taken", 1)
    draft = attach(fold, op, TensorView(base, value.axes), "norm", norm, taken)
    fold.weigh(draft, *found)
    draft.fixed += NORMS[norm].weights[1] * channels
    return True


def _steps(last: LayerDraft) -> list[LayerDraft]:
    """The steps of a norm, the last one first."""
    steps = [last]
    while len(steps) < len(last.norm_steps):
        steps.append(steps[-1].inputs[0])
    return steps


def whole_norm(fold: Fold, last: LayerDraft) -> bool:
    """Whether the numbers of steps are used together: elsewhere all of them are, or none is.

    A learned row that is added here and stands in a sequence there is no norm's shift.
    """
    names = [name for step in _steps(last) for name in step.op.inputs if name in fold.constants]
    return len({name in fold.reused for name in names}) == 1


def finish_norm(fold: Fold, op: Op, value: TensorView, last: LayerDraft, norm: str) -> bool:
    """Make a norm of its steps, the last of which has just been made."""
    steps = _steps(last)
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
    why = ""
    for upper, lower in operands(fold, op):
        square = _deviation(lower.draft, op.kind)
        why = square if isinstance(square, str) else why
        if square is None or isinstance(square, str):
            why = why or _turned(upper.draft, lower.draft, op.kind)
            continue
        centred = upper.draft
        if square.inputs[0] is not centred:
            why = "the deviation is that of another value"
            continue
        base, norm, taken = centred, "rms-norm", 2
        if centred.op.kind == "Sub" and len(centred.inputs) == 2:
            base, mean = centred.inputs
            norm, taken = "layer-norm", 2
            if mean.kind != "~mean" or mean.inputs[0] is not base:
                why = "what is taken away is no mean of the value"
                continue
        made = fold.draft("~norm", op, [base], base.shape)
        made.norm_steps = (norm,)
        made.options["taken"] = taken
        fold.give(op, made, upper.axes, upper.dims)
        return True
    return bool(why) and near(fold, op, "RMS norm written out", why)


def _turned(upper: LayerDraft, lower: LayerDraft, kind: str) -> str:
    """What to say where a deviation is divided by its value."""
    square = _deviation(upper, kind) if kind == "Div" else None
    turned = isinstance(square, LayerDraft) and square.inputs[0] is lower
    return "the deviation is divided by the value" if turned else ""


def _deviation(draft: LayerDraft, kind: str) -> LayerDraft | str | None:
    """The square below sqrt(mean(square) + epsilon), or below its reciprocal.

    Words where it is nearly that.
    """
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
        return "the mean is not over the features" if draft.op.kind == "ReduceMean" else None
    square = draft.inputs[0]
    if square.op.kind == "Pow" and square.kind == "~math":
        return square if square.operands[1] == 2 else f"the power is {square.operands[1]:g}, not 2"
    if square.op.kind == "Mul" and len(square.inputs) == 2:
        return square if square.inputs[0] is square.inputs[1] else "what is summed is no square"
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
    length = _length(right.draft) if left is not None and right is not None else None
    if left is None or right is None or length is None:
        return False
    if length is not left.draft:
        return near(fold, op, "L2 normalisation", "the length is that of another value")
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
