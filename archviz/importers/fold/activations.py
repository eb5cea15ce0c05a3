"""Activations that are written out.

An expression of one value and numbers is kept as it is until it turns out to be an activation:
it is computed at a few places and compared with those that we know, so that it does not matter
in which of its many ways an exporter has written it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from archviz.importers.fold.layers import attach
from archviz.importers.fold.state import Fold, LayerDraft, TensorView

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

MAX_EXPRESSION = 16

PLACES = (-7.5, -3.1, -1.3, -0.4, 0.7, 2.2, 5.1, 8.0)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(min(x, 60), -60)))


def _softplus(x: float) -> float:
    return max(x, 0) + math.log1p(math.exp(-abs(x)))


UNARY: Mapping[str, Callable[[float], float]] = {
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
    "Erf": math.erf,
    "softplus": _softplus,
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "hard-sigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0),
    "Exp": lambda x: math.exp(min(x, 300)),
    "Neg": lambda x: -x,
    "Abs": abs,
    "Sqrt": lambda x: math.sqrt(max(x, 0.0)),
    "Log": lambda x: math.log(max(x, 1e-300)),
    "Reciprocal": lambda x: 1 / x if x else 0.0,
}
BINARY: Mapping[str, Callable[[float, float], float]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: a / b if b else 0.0,
    "Min": min,
    "Max": max,
    "Pow": lambda a, b: math.pow(a, b) if abs(a) < 1e6 and (b == int(b) or a > 0) else 0.0,
}
KNOWN: Mapping[str, Callable[[float], float]] = {
    "silu": lambda x: x * _sigmoid(x),
    "hard-swish": lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0),
    "gelu": lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))),
    "hard-sigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "mish": lambda x: x * math.tanh(_softplus(x)),
    "quick-gelu": lambda x: x * _sigmoid(1.702 * x),
    "relu": lambda x: max(x, 0.0),
    "softplus": _softplus,
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
}
CURVES = {name: [curve(x) for x in PLACES] for name, curve in KNOWN.items()}


def kept_from_nan(fold: Fold, op: Op) -> bool:
    """A value in which a number stands for what is none: of a softmax over nothing but masks."""
    test, value, other = fold.value(op), fold.value(op, 2), fold.constant(op, 1)
    if test is None or value is None or other is None or math.prod(other.shape) != 1:
        return False
    if test.draft.op.kind != "IsNaN" or test.draft.inputs != [value.draft]:
        return False
    test.draft.refs -= 1
    value.draft.refs -= not test.draft.refs
    fold.alias(op, value)
    return True


# ---- expressions ------------------------------------------------------------------------------


def unary(fold: Fold, op: Op) -> bool:
    """Erf, Exp and the like of one value."""
    value = fold.value(op)
    if value is None or op.kind not in UNARY:
        return False
    grow(fold, op, value, (value.draft,))
    return True


def grow(fold: Fold, op: Op, value: TensorView, operands: tuple[LayerDraft | float, ...]) -> None:
    """A step of an expression; an activation where it has become one."""
    drafts = [operand for operand in operands if isinstance(operand, LayerDraft)]
    bases = {_base(draft) for draft in drafts} - {None}
    base = bases.pop() if len(bases) == 1 else None
    if base is None:
        base = next(
            draft
            for draft in drafts
            if all(_base(other) in (draft, None) or other is draft for other in drafts)
        )
    made = fold.draft("~math", op, drafts, value.draft.shape)
    made.base = base
    made.operands = operands
    fold.give(op, made, value.axes, value.dims)
    found = _recognise(made, base)
    for inner in drafts if found is None and op.kind == "Mul" else ():
        gate = _recognise(made, inner) if inner.kind == "~math" else None
        if gate is not None and gate[0] in RULES and gate[1] >= 0:  # of a value that is scaled
            base, found = inner, gate
    if found is None:
        return
    name, taken = found
    fold.drafts.pop()
    attach(fold, op, TensorView(base, value.axes, value.dims), "activation", name, taken)


def _base(draft: LayerDraft) -> LayerDraft | None:
    return draft.base if draft.kind == "~math" or draft.kind in UNARY else None


def common_base(left: LayerDraft, right: LayerDraft) -> bool:
    """Whether two drafts are expressions of one value."""
    one, two = _base(left), _base(right)
    return left is right or one is right or two is left or (one is not None and one is two)


def _recognise(root: LayerDraft, base: LayerDraft) -> tuple[str, int] | None:
    """The activation that an expression is, and how many references to its base it takes."""
    order = _steps(root, base)
    if order is None:
        return None
    curve = _curve(order, root, base)
    for name, known in CURVES.items():
        if all(abs(a - b) < 3e-3 for a, b in zip(curve, known, strict=True)):
            return name, _taken(order, root, base)
    return None


def _curve(order: Sequence[LayerDraft], root: LayerDraft, base: LayerDraft) -> list[float]:
    """What an expression of a value is at some of its values."""
    curve = []
    for x in PLACES:
        found = {base: x}
        for draft in order:
            found[draft] = _compute(draft, found)
        curve.append(found[root])
    return curve


def _steps(root: LayerDraft, base: LayerDraft) -> list[LayerDraft] | None:
    """The drafts from the base to the root, in order; None where it is no small expression."""
    order: list[LayerDraft] = []
    seen = {base}
    todo = [(root, False)]
    while todo:
        draft, ready = todo.pop()
        if ready:
            order.append(draft)
            continue
        if draft in seen:
            continue
        seen.add(draft)
        if _base(draft) is None or len(seen) > MAX_EXPRESSION:
            return None
        todo.append((draft, True))
        todo.extend((inner, False) for inner in draft.inputs)
    return order


def _taken(order: list[LayerDraft], root: LayerDraft, base: LayerDraft) -> int:
    """References to the base that go when the expression goes; -1 where parts of it stay."""
    slots: dict[LayerDraft, int] = {}
    for draft in order:
        for source in draft.inputs:
            slots[source] = slots.get(source, 0) + 1
    if any(draft is not root and draft.refs != slots.get(draft, 0) for draft in order):
        return -1
    return slots.get(base, 0)


def _compute(draft: LayerDraft, found: Mapping[LayerDraft, float]) -> float:
    if draft.kind != "~math":
        return UNARY[draft.kind](found[draft.inputs[0]])
    operands = [found[one] if isinstance(one, LayerDraft) else one for one in draft.operands]
    if len(operands) == 1:
        return UNARY[draft.op.kind](operands[0])
    if draft.op.kind == "Clip":
        return min(max(operands[0], operands[1]), operands[2])
    return BINARY[draft.op.kind](operands[0], operands[1])


# ---- what is nearly one -----------------------------------------------------------------------

CLOSE = 0.25
"""How far an expression may be from an activation that it is likely to be meant for."""
RULES = {
    "silu": "SiLU",
    "hard-swish": "Hard swish",
    "gelu": "GELU",
    "mish": "Mish",
    "quick-gelu": "GELU",
}


def nearly(drafts: Sequence[LayerDraft]) -> dict[tuple[str, str], str]:
    """Expressions that are left as they are, and the activations that they are nearly.

    By what their last operator gives, and the rule: where the two differ most.
    """
    steps = [draft for draft in drafts if draft.kind == "~math"]
    inner = {source for draft in steps for source in draft.inputs}
    found: dict[tuple[str, str], str] = {}
    for root in steps:
        base = root.base
        order = _steps(root, base) if base is not None and root not in inner else None
        if base is None or order is None or len(order) < 2:
            continue
        curve = _curve(order, root, base)
        names = {name: _away(curve, CURVES[name]) for name in RULES}
        nearest = min(names, key=lambda name: max(names[name]))
        away = names[nearest]
        if max(away) < CLOSE:
            at = away.index(max(away))
            why = f"at {PLACES[at]:g} it is {curve[at]:.3g}, not {CURVES[nearest][at]:.3g}"
            found[root.op.outputs[0], RULES[nearest]] = why
    return found


def _away(curve: Sequence[float], known: Sequence[float]) -> list[float]:
    return [abs(a - b) / (1 + abs(b)) for a, b in zip(curve, known, strict=True)]
