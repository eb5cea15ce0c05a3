"""Functions that write into a value: all of it, or a part of what was made for that."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from archviz.importers.record.operators import Operators
from archviz.importers.record.recording import Ref

_ZEROS = frozenset({"zeros", "zeros_like", "new_zeros"})
_FILLED = frozenset({"full", "full_like", "new_full"})


def copy(low: Operators, given: SimpleNamespace) -> None:
    """``a.copy_(b)`` is ``b``."""
    _put_all(low, given.source.name, given.out)


def set_item(low: Operators, given: SimpleNamespace) -> None:
    """``a[i] = b``."""
    if not isinstance(given.value, Ref):
        raise ValueError("a number")
    _write(low, given.input, given.index, given.value.name, given.out)


def write_view(low: Operators, given: SimpleNamespace) -> None:
    """What a part of a value was changed to, in the value."""
    changed = low.makers[given.part.name]
    taken = low.makers[changed.args[0].name]
    if taken.function != "getitem" or taken.args[0] != given.input:
        raise ValueError("another view")
    _write(low, given.input, taken.args[1], given.part.name, given.out)


def _write(low: Operators, base: Ref, index: Any, value: str, output: str) -> None:
    """A value in the place that an index names: all of the base, or zeros stay round it."""
    sides = low.shape(base)
    spans = _spans(index, sides)
    if all(len(span) == side for span, side in zip(spans, sides, strict=True)):
        _put_all(low, value, output)
        return
    if not _is_zero(low, base.name):
        raise ValueError("what is there stays")
    steps = {span.step for span in spans if len(span) > 1}
    inner = tuple(map(len, spans))
    if steps - {1}:
        raise ValueError("places apart")
    before = [span.start for span in spans]
    after = [side - span.stop for span, side in zip(spans, sides, strict=True)]
    name = _spread(low, value, inner)
    low.put("Pad", [name, low.list_of([*before, *after])], output, mode="constant")


def _put_all(low: Operators, value: str, output: str) -> None:
    low.put("Identity", [_spread(low, value, low.shape(output))], output)


def _spread(low: Operators, value: str, sides: tuple[int, ...]) -> str:
    """A value with other sides of 1, or copies of it."""
    own = low.shape(value)
    if [side for side in own if side != 1] == [side for side in sides if side != 1]:
        return low.reshaped(value, sides)
    return low.step("Expand", [value, low.list_of(sides)], sides)


def _spans(index: Any, sides: tuple[int, ...]) -> list[range]:
    """The places along each axis that an index names; :class:`ValueError` for lists of places."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if not all(isinstance(one, int | slice) or one is Ellipsis for one in parts):
        raise ValueError("places by a list")
    if any(isinstance(one, bool) for one in parts):
        raise ValueError("places by a mask")
    if Ellipsis in parts:
        place = parts.index(Ellipsis)
        parts[place : place + 1] = [slice(None)] * (len(sides) - len(parts) + 1)
    parts += [slice(None)] * (len(sides) - len(parts))
    return [
        range(side)[one] if isinstance(one, slice) else range(one % side, one % side + 1)
        for one, side in zip(parts, sides, strict=True)
    ]


def _is_zero(low: Operators, name: str) -> bool:
    """Whether a value was made of zeros, and nobody has written to it."""
    call = low.makers.get(name)
    if call is None or not low.is_constant(name):
        return False
    fill = call.kwargs.get("fill_value", call.args[-1] if call.args else None)
    return call.function in _ZEROS or (call.function in _FILLED and fill == 0)
