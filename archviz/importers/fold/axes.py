"""The axes that operators name, as an attribute or as an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.state import Fold, numbers

if TYPE_CHECKING:
    from archviz.importers.graphs import Op


def reduced_axes(fold: Fold, op: Op, rank: int) -> frozenset[int] | None:
    """The axes, from 0, that a reduction is over; none where it does nothing, None if not known."""
    found = (op.attributes.get("axis", 0),) if op.kind.startswith("Arg") else axes_list(fold, op)
    if found is None and len(op.inputs) > 1 and op.inputs[1]:
        return None
    if not found:
        return frozenset(() if op.attributes.get("noop_with_empty_axes") else range(rank))
    return frozenset(axis % rank for axis in found)


def axes_list(fold: Fold, op: Op, index: int = 1, key: str = "axes") -> tuple[int, ...] | None:
    """Axes as an attribute, or as a constant input in newer operator sets."""
    found = op.attributes.get(key)
    if found is None and index < len(op.inputs):
        found = numbers(fold.constant(op, index))
    if isinstance(found, int):
        return (found,)
    return found if isinstance(found, tuple) else None
