"""What rules ask of operators: operands in either order, values side by side, one user."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archviz.importers.fold.reorient import made_alike
from archviz.importers.fold.state import Fold, TensorView

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor

_COMMUTATIVE = ("Add", "Sum", "Mul", "Min", "Max")


class WithConstant(NamedTuple):
    """Arithmetic of a value and a constant."""

    value: TensorView
    constant: Tensor
    name: str
    behind: bool
    """Whether the constant is the second of the two."""


def near(fold: Fold, op: Op, rule: str, why: str) -> bool:
    """Note why a rule does not fit an operator though all else of it does; it does not fit."""
    fold.missed[op.outputs[0], rule] = why
    return False


def two(fold: Fold, op: Op) -> tuple[TensorView, TensorView] | None:
    """The operands of arithmetic where both are values, in one order of axes if that can be."""
    left, right = fold.value(op), fold.value(op, 1)
    if left is None or right is None or len(op.inputs) != 2:
        return None
    if left.axes != right.axes:
        left, right = made_alike(fold, [left, right])
    return left, right


def with_constant(fold: Fold, op: Op) -> WithConstant | None:
    """The operands of arithmetic where one is a value and one a constant, in either order."""
    if len(op.inputs) != 2:
        return None
    behind = fold.value(op) is not None
    value, constant = fold.value(op, 1 - behind), fold.constant(op, int(behind))
    if value is None or constant is None:
        return None
    return WithConstant(value, constant, op.inputs[behind], behind)


def operands(fold: Fold, op: Op) -> tuple[tuple[TensorView, TensorView], ...]:
    """Two values as they stand, and the other way round where that means the same."""
    pair = two(fold, op)
    if pair is None:
        return ()
    return (pair, pair[::-1]) if op.kind in _COMMUTATIVE else (pair,)


def values(fold: Fold, op: Op) -> list[TensorView] | None:
    """What an operator takes, where all of it are values with known axes."""
    found = []
    for name in op.inputs:
        value = fold.values.get(name)
        if value is None or value.axes is None:
            return None
        found.append(value)
    return found


def same_form(fold: Fold, one: TensorView, two: TensorView) -> bool:
    """Whether two values have the same sides in the same order."""
    return one.draft.shape == two.draft.shape and fold.alike(one.axes, two.axes)


def side_by_side(fold: Fold, op: Op) -> list[TensorView] | None:
    """What a Concat puts one behind the other along the channels; None where it does not."""
    found = values(fold, op)
    if found is None or len(found) < 2 or found[0].axes is None:
        return None
    axes, shape = found[0].axes, found[0].draft.shape
    if axes[op.attributes.get("axis", 1) % len(axes)] != len(shape) - 1:
        return None
    for value in found:
        if not fold.alike(value.axes, axes) or value.draft.shape[:-1] != shape[:-1]:
            return None
    return found
