"""Batch norms whose scale and shift are computed from statistics that are kept.

``x · s + t`` with ``s = w / √(variance + ε)`` and ``t = b − mean · s``, each perhaps in another
shape: what a batch norm does in evaluation mode, written out. Detectors freeze theirs so, with
``w`` and ``b`` as buffers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archviz.importers.record.operators import Operators
from archviz.importers.record.recording import Call, Ref

_VIEWS = frozenset(
    {"view", "reshape", "unsqueeze", "squeeze", "getitem", "expand", "to", "type_as"}
)
_HELD = ("parameter", "buffer")


class FrozenNorm(NamedTuple):
    """A norm: what goes in, and what it holds; scale and shift where they are learned."""

    source: str
    scale: str
    shift: str
    mean: str
    variance: str


def frozen_norm(low: Operators, call: Call) -> FrozenNorm | None:
    """The norm whose last step a call is; None where it is none."""
    for scaled, shift in _pairs(call, "add"):
        if low.is_constant(scaled) or not low.is_constant(shift):
            continue
        for source, factor in _pairs(low.makers.get(scaled), "mul"):
            if low.is_constant(source) or not low.is_constant(factor):
                continue
            found = _statistics(low, _bare(low, factor), _bare(low, shift))
            if found is not None:
                return FrozenNorm(source, *found)
    return None


def _statistics(low: Operators, factor: str, shift: str) -> tuple[str, str, str, str] | None:
    """Scale, shift, mean and variance that a factor and a shift are computed from."""
    scaled = _scale(low, factor)
    made = low.makers.get(shift)
    if scaled is None or made is None or made.function not in ("sub", "rsub"):
        return None
    pairs = _pairs(made, made.function, ordered=True)
    for first, second in pairs:
        bias, moved = (first, second) if made.function == "sub" else (second, first)
        for mean, other in _pairs(low.makers.get(_bare(low, moved)), "mul"):
            held = [_held(low, mean), _held(low, bias)]
            weight, variance = scaled
            kept = all(_learned(low, one) for one in (held[0], variance))
            if _bare(low, other) == factor and all(held) and kept:
                return _learned(low, weight), _learned(low, held[1]), held[0], variance
    return None


def _scale(low: Operators, factor: str) -> tuple[str, str] | None:
    """The weight, if any, and the variance in ``w / √(variance + ε)``."""
    if variance := _of_root(low, factor):
        return "", variance
    for weight, root in _pairs(low.makers.get(factor), "mul"):
        variance = _of_root(low, _bare(low, root))
        if variance and _held(low, weight):
            return _held(low, weight), variance
    made = low.makers.get(factor)
    for weight, root in _pairs(made, "div", ordered=True):
        below = low.makers.get(_bare(low, root))
        rooted = below is not None and below.function == "sqrt"
        variance = _with_number(low, below.args[0]) if rooted and below else ""
        if variance and _held(low, weight):
            return _held(low, weight), variance
    return None


def _of_root(low: Operators, name: str) -> str:
    """The variance of ``1 / √(variance + ε)``."""
    made = low.makers.get(name)
    if made is not None and made.function == "rsqrt":
        return _with_number(low, made.args[0])
    if made is not None and made.function == "pow" and made.args[1:] == (-0.5,):
        return _with_number(low, made.args[0])
    if made is not None and made.function == "reciprocal":
        made = low.makers.get(_name(made.args[0]))
        return _with_number(low, made.args[0]) if made and made.function == "sqrt" else ""
    return ""


def _with_number(low: Operators, value: Any) -> str:
    """What a number is added to."""
    made = low.makers.get(_bare(low, _name(value)))
    if made is None or made.function != "add" or isinstance(made.args[-1], Ref):
        return ""
    return _held(low, _name(made.args[0]))


def _held(low: Operators, name: str) -> str:
    """The parameter or buffer that a value is a view of."""
    name = _bare(low, name)
    return name if low.recording.values[name].origin in _HELD else ""


def _learned(low: Operators, name: str) -> str:
    """A parameter; what is none is no weight of a norm."""
    return name if name and low.constants[name].weight else ""


def _bare(low: Operators, name: str) -> str:
    """A value behind views of it."""
    made = low.makers.get(name)
    while made is not None and made.function in _VIEWS:
        name = _name(made.args[0])
        made = low.makers.get(name)
    return name


def _name(value: Any) -> str:
    return value.name if isinstance(value, Ref) else ""


def _pairs(call: Call | None, function: str, ordered: bool = False) -> list[tuple[str, str]]:
    """The two values that a function takes, in either order where that is the same."""
    if call is None or call.function != function or len(call.args) != 2 or call.kwargs:
        return []
    one, two = map(_name, call.args)
    if not (one and two):
        return []
    return [(one, two)] if ordered else [(one, two), (two, one)]
