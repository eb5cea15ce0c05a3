"""Operators that are understood but have no kind of their own: boxes with a name of the field."""

from __future__ import annotations

import math
from collections.abc import Set
from typing import TYPE_CHECKING

from archviz.importers.fold.axes import reduced_axes
from archviz.importers.fold.layers import attach
from archviz.importers.fold.state import (
    BATCH,
    Axes,
    Fold,
    LayerDraft,
    TensorView,
    numbers,
    product,
    scalar,
)
from archviz.importers.fold.views import padded, same, zero_pad
from archviz.importers.fold.windows import resize as window_resize
from archviz.network.kinds import ACTIVATIONS, NORMS, STATED

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape

_WAITING = {"~stack": "stack", "~product": "matrix product", "~mean": "mean"}
"""What is left of drafts that have waited for more in vain."""
_KEPT = ("norm", "activation", "drawn", "shared", "frozen", "untrained", "color")

_UNARY = {
    "Exp": "exp",
    "Neg": "negate",
    "Abs": "abs",
    "Sqrt": "square root",
    "Log": "log",
    "Reciprocal": "reciprocal",
    "Erf": "erf",
}
_BINARY = {"Add": "+", "Sub": "−", "Mul": "×", "Div": "÷"}
_OF_TWO = {
    "Sub": "subtract",
    "Div": "divide",
    "Min": "minimum",
    "Max": "maximum",
    "Add": "add",
    "Mul": "multiply",
    "Pow": "power",
    "Mod": "modulo",
}


def named(
    fold: Fold, op: Op, label: str, inputs: list[LayerDraft], shape: Shape, /, kind: str = "op"
) -> LayerDraft:
    """A box with a name; one with several inputs is a merge that keeps their order."""
    draft = fold.draft("op-merge" if len(inputs) > 1 else kind, op, inputs, shape, label=label)
    draft.named = True
    return draft


def as_named_box(draft: LayerDraft) -> bool:
    """Make an operator of what is understood: a named box, or a step of arithmetic."""
    if draft.named:
        state(draft, draft.options["label"])
        return True
    if draft.direction is not None:
        way = ("forward", "backward")[draft.direction.number]
        state(draft, f"{way} states" if len(draft.shape) > 1 else f"{way} state")
        return True
    if draft.kind in _WAITING:
        state(draft, _WAITING[draft.kind])
        return True
    if draft.kind == "~math":
        label = _arithmetic(draft)
        if label:
            state(draft, label)
        return bool(label)
    return False


def state(draft: LayerDraft, label: str) -> None:
    """Let a draft be an operator that states its shape and its weights."""
    own = {key: draft.options[key] for key in _KEPT if key in draft.options}
    channels = draft.shape[-1]
    weights = draft.parameters
    if "norm" in own:
        weights -= sum(NORMS[own["norm"]].weights) * channels
    if "activation" in own:
        weights -= ACTIVATIONS[own["activation"]].weights[0] * channels
    if len(draft.inputs) > 1:
        draft.kind = "op-merge"
    elif draft.kind not in STATED:
        draft.kind = "op"
    draft.options = {"label": label, "shape": draft.shape, **own}
    if weights:
        draft.options["weights"] = weights
    draft.macs, draft.before = draft.macs + draft.before, 0
    if draft.macs:
        draft.options["macs"] = draft.macs


def _arithmetic(draft: LayerDraft) -> str:
    kind = draft.op.kind
    numbers = [one for one in draft.operands if not isinstance(one, LayerDraft)]
    if len(draft.operands) == 1:
        return _UNARY.get(kind, "")
    if kind == "Clip":
        return _between(*numbers)
    if not numbers:
        return _OF_TWO.get(kind, "")
    first = not isinstance(draft.operands[0], LayerDraft)
    number = _short(numbers[0])
    if kind == "Pow":
        return f"{number} to the power" if first else f"power of {number}"
    if kind in ("Min", "Max"):
        return f"{_OF_TWO[kind]} with {number}"
    sign = _BINARY.get(kind, "")
    if sign and first and kind in ("Sub", "Div"):
        return f"{number} {sign} x"
    return f"{sign} {number}" if sign else ""


def _short(number: float) -> str:
    if abs(number) == math.inf:
        return "∞" if number > 0 else "−∞"
    return f"{number:.4g}".replace("-", "−")


def _between(low: float, high: float) -> str:
    if low <= -1e30:
        return f"at most {_short(high)}"
    return f"at least {_short(low)}" if high >= 1e30 else f"clip {_short(low)} to {_short(high)}"


def of_two(fold: Fold, op: Op, left: TensorView, right: TensorView) -> bool:
    """A difference, quotient, minimum or maximum of two layers, whose order is kept."""
    label = _OF_TWO.get(op.kind)
    if label is None or left.axes is None or right.axes is None:
        return False
    wide = max((left, right), key=lambda value: (len(value.axes or ()), product(value.draft.shape)))
    small = right if wide is left else left
    if len(small.axes or ()) != len(wide.axes or ()):
        return False
    pairs = zip(fold.dims(small), fold.dims(wide), strict=True)
    if any(one not in (1, side) for one, side in pairs):
        return False
    made = named(fold, op, label, [left.draft, right.draft], wide.draft.shape)
    fold.give(op, made, wide.axes)
    return True


# ---- operators of one value -------------------------------------------------------------------


def clip(fold: Fold, op: Op) -> bool:
    """Clip as ReLU6 or ReLU; with other bounds a named box."""
    value = fold.value(op)
    if value is None:
        return False
    bounds = []
    for key, index, free in (("min", 1, -math.inf), ("max", 2, math.inf)):
        given = index < len(op.inputs) and op.inputs[index]
        bound = op.attributes.get(key, scalar(fold.constant(op, index)) if given else free)
        if bound is None:
            return False
        bounds.append(bound)
    low, high = bounds
    if low == 0 and (high > 1e30 or high == 6):
        attach(fold, op, value, "activation", "relu6" if high == 6 else "relu")
        return True
    fold.give(
        op,
        named(fold, op, _between(low, high), [value.draft], value.draft.shape),
        value.axes,
        value.dims,
    )
    return True


_AXES = {2: ("rows", "features"), 3: ("rows", "columns", "channels")}


def softmax(fold: Fold, op: Op) -> bool:
    """Softmax and its logarithm over the channels as an activation; over another axis as a box."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    draft, axes = value.draft, value.axes
    log = "log " if op.kind == "LogSoftmax" else ""
    target = axes[op.attributes.get("axis", -1) % len(axes)]
    if target == len(draft.shape) - 1:
        attach(fold, op, value, "activation", "log-softmax" if log else "softmax")
        return True
    if target < 0:
        return False
    names = _AXES.get(len(draft.shape))
    where = names[target] if names else f"axis {target + 1}"
    made = named(fold, op, f"{log}softmax over {where}", [draft], draft.shape)
    fold.give(op, made, axes)
    return True


_REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "maximum",
    "ReduceMin": "minimum",
    "ReduceL2": "L2 norm",
    "ReduceL1": "L1 norm",
    "ReduceProd": "product",
    "ArgMax": "argmax",
    "ArgMin": "argmin",
    "ReduceLogSumExp": "log-sum-exp",
    "ReduceLogSum": "log-sum",
    "ReduceSumSquare": "sum of squares",
}
_EACH = {
    "ReduceL1": "abs",
    "ReduceL2": "abs",
    "ReduceSumSquare": "square",
    "ReduceLogSum": "log",
}
REDUCTIONS = tuple(_REDUCTIONS)


def reduction(fold: Fold, op: Op) -> bool:
    """A mean, sum or maximum over some of the axes, as a named box."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    draft, order = value.draft, value.axes
    found = reduced_axes(fold, op, len(order))
    if found is not None and not found:
        return _unreduced(fold, op, value)
    gone = found or frozenset()
    if fold.batch > 1 and any(order[axis] == BATCH for axis in gone):
        return False
    targets = {order[axis] for axis in gone if order[axis] >= 0}
    if not targets:
        return False
    keep = op.attributes.get("keepdims", 1)
    shape, axes = _left(draft.shape, order, gone, targets, bool(keep))
    made = named(fold, op, _REDUCTIONS[op.kind], [draft], shape)
    fold.give(op, made, axes)
    return True


def _unreduced(fold: Fold, op: Op, value: TensorView) -> bool:
    """A reduction over no axes: all that it does is done to each value by itself."""
    label = _EACH.get(op.kind)
    if label is None:
        return same(fold, op)
    made = named(fold, op, label, [value.draft], value.draft.shape)
    fold.give(op, made, value.axes, value.dims)
    return True


def _left(
    shape: Shape, order: Axes, gone: Set[int], targets: Set[int], keep: bool
) -> tuple[Shape, Axes]:
    """Shape and axes behind a reduction: axes that are gone are of side 1, or none at all."""
    if keep:
        kept = tuple(1 if axis in targets else side for axis, side in enumerate(shape))
        return kept, order
    rest = [axis for axis in range(len(shape)) if axis not in targets]
    axes = tuple(
        rest.index(target) if target >= 0 else target
        for axis, target in enumerate(order)
        if axis not in gone
    )
    return tuple(shape[axis] for axis in rest) or (1,), axes


_PLAIN = {
    "Sin": "sine",
    "Cos": "cosine",
    "Sign": "sign",
    "Floor": "floor",
    "Ceil": "ceiling",
    "Round": "round",
    "Not": "not",
    "Celu": "CELU",
    "Softsign": "softsign",
    "ThresholdedRelu": "thresholded ReLU",
    "Hardmax": "hardmax",
    "IsNaN": "is NaN",
    "LpNormalization": "Lp normalisation",
    "Shrink": "shrink",
    "MeanVarianceNormalization": "mean-variance norm",
}
PLAIN = tuple(_PLAIN)


def plain(fold: Fold, op: Op) -> bool:
    """An operator that keeps the shape of its one input."""
    value = fold.value(op)
    if value is None or len(op.inputs) > 1:
        return False
    made = named(fold, op, _PLAIN[op.kind], [value.draft], value.draft.shape)
    fold.give(op, made, value.axes, value.dims)
    return True


_PADDINGS = {"reflect": "reflection pad", "edge": "replication pad", "wrap": "circular pad"}


def pad(fold: Fold, op: Op) -> bool:
    """Zeros round a map, or what else may stand there; like them it is not drawn."""
    value = fold.value(op)
    sides = None if value is None else padded(fold, op, value)
    if value is None or sides is None:
        return False
    before, after = sides
    if not any(before) and not any(after):
        return same(fold, op)
    if zero_pad(fold, op, value, before, after):
        return True
    draft = value.draft
    shape = tuple(a + b + c for a, b, c in zip(before, draft.shape, after, strict=True))
    if min(shape) < 1:
        return False
    cropped = max(*before, *after) <= 0
    label = "crop" if cropped else _PADDINGS.get(op.attributes.get("mode", ""), "pad")
    made = named(fold, op, label, [draft], shape)
    if label.endswith(" pad") and not (before[-1] or after[-1]):
        made.options["drawn"] = False
    fold.give(op, made, value.axes)
    return True


def resize(fold: Fold, op: Op) -> bool:
    """Resize and Upsample by a factor, or else to a size."""
    if window_resize(fold, op):
        return True
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    dims = fold.dims(value)
    sizes = numbers(fold.constant(op, 3)) or _grown(fold, op, dims) or fold.known(op.outputs[0])
    if sizes is None or len(sizes) != len(dims):
        return False
    shape = list(value.draft.shape)
    for axis, target in enumerate(value.axes):
        if target >= 0:
            shape[target] = sizes[axis]
        elif sizes[axis] != dims[axis]:
            return False
    larger = product(shape) > product(value.draft.shape)
    draft = named(fold, op, "upsample" if larger else "resize", [value.draft], tuple(shape))
    fold.give(op, draft, value.axes)
    return True


def _grown(fold: Fold, op: Op, dims: Shape) -> Shape | None:
    """The sides times the factors that an operator states."""
    for index in (1, 2):
        tensor = fold.constant(op, index)
        if tensor is not None and tensor.values and len(tensor.values) == len(dims):
            pairs = zip(dims, tensor.values, strict=True)
            return tuple(max(int(side * factor + 1e-6), 1) for side, factor in pairs)
    return None


def lrn(fold: Fold, op: Op) -> bool:
    """Local response normalisation of a map."""
    value = fold.value(op)
    if value is None or value.axes is None or len(value.draft.shape) != 3:
        return False
    fold.give(op, fold.draft("lrn", op, [value.draft], value.draft.shape), value.axes)
    return True


def random(fold: Fold, op: Op) -> bool:
    """Noise of the shape of a value."""
    value = fold.value(op)
    if value is None:
        return False
    made = named(fold, op, "noise", [value.draft], value.draft.shape)
    fold.give(op, made, value.axes, value.dims)
    return True
