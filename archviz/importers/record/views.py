"""Functions that look at a value in another way, take parts of it, or put parts together."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from archviz.importers.record.operators import Operators
from archviz.importers.record.recording import Ref, refs_in


def same(low: Operators, given: SimpleNamespace) -> None:
    """What changes no number that a figure shows: copies, types, dropout."""
    low.put("Identity", [low.operand(given.input)], given.out)


def reshape(low: Operators, given: SimpleNamespace) -> None:
    """View, reshape, flatten, squeeze, unsqueeze and unflatten: the shape behind is known."""
    low.reshape(low.operand(given.input), given.out)


def permute(low: Operators, given: SimpleNamespace) -> None:
    """Axes in a stated order."""
    rank = len(low.shape(given.input))
    order = tuple(axis % rank for axis in given.dims)
    low.put("Transpose", [low.operand(given.input)], given.out, perm=order)


def transpose(low: Operators, given: SimpleNamespace) -> None:
    """Two axes change places."""
    order = [*range(len(low.shape(given.input)))]
    if order:
        one, two = given.dim0, given.dim1
        order[one], order[two] = order[two], order[one]
    low.put("Transpose", [low.operand(given.input)], given.out, perm=tuple(order))


def turned(low: Operators, given: SimpleNamespace) -> None:
    """``t``, ``T``, ``mT`` and ``mH``: the last two axes change places."""
    rank = len(low.shape(given.input))
    order = [*range(rank)]
    if given.call.function in ("T", "H"):
        order.reverse()
    elif rank > 1:
        order[-2:] = [rank - 1, rank - 2]
    low.put("Transpose", [low.operand(given.input)], given.out, perm=tuple(order))


def movedim(low: Operators, given: SimpleNamespace) -> None:
    """Axes go to other places."""
    rank = len(low.shape(given.input))
    listed = [
        [axis % rank for axis in ([one] if isinstance(one, int) else one)]
        for one in (given.source, given.destination)
    ]
    moved = dict(zip(listed[1], listed[0], strict=True))
    rest = iter([axis for axis in range(rank) if axis not in listed[0]])
    order = tuple(moved[axis] if axis in moved else next(rest) for axis in range(rank))
    low.put("Transpose", [low.operand(given.input)], given.out, perm=order)


def expand(low: Operators, given: SimpleNamespace) -> None:
    """Sides of 1 become larger."""
    target = low.list_of(low.shape(given.out))
    low.put("Expand", [low.operand(given.input), target], given.out)


def repeat(low: Operators, given: SimpleNamespace) -> None:
    """Copies of a value side by side."""
    name = low.operand(given.input)
    old, new = low.shape(name), low.shape(given.out)
    if old == new:
        low.put("Identity", [name], given.out)
    elif all(side in (1, wide) for side, wide in zip(reversed(old), reversed(new), strict=False)):
        low.put("Expand", [name, low.list_of(new)], given.out)
    else:
        low.put("Tile", [name], given.out)


def split(low: Operators, given: SimpleNamespace) -> None:
    """Stretches along an axis."""
    name = low.operand(given.input)
    axis = given.dim % len(low.shape(name))
    sizes = tuple(low.shape(part)[axis] for part in given.outs)
    low.put("Split", [name], *given.outs, axis=axis, split=sizes)


def unbind(low: Operators, given: SimpleNamespace) -> None:
    """Every place along an axis by itself."""
    name = low.operand(given.input)
    axis = given.dim % len(low.shape(name))
    for place, part in enumerate(given.outs):
        _one_place(low, name, axis, place, part)


def _one_place(low: Operators, name: str, axis: int, place: int, output: str) -> None:
    """One place along an axis, which is all of a value where there is no other."""
    if low.shape(name)[axis] == 1:
        low.reshape(name, output)
    else:
        low.put("Gather", [name, low.numbers((), place)], output, axis=axis)


def select(low: Operators, given: SimpleNamespace) -> None:
    """One place along an axis."""
    axis = given.dim % len(low.shape(given.input))
    _one_place(low, low.operand(given.input), axis, given.index, given.out)


def narrow(low: Operators, given: SimpleNamespace) -> None:
    """A stretch along an axis."""
    axis = given.dim % len(low.shape(given.input))
    end = given.start + given.length
    bounds = [low.list_of([one]) for one in (given.start, end, axis)]
    low.put("Slice", [low.operand(given.input), *bounds], given.out)


def concat(low: Operators, given: SimpleNamespace) -> None:
    """Values one behind the other; empty ones are left out."""
    rank = len(low.shape(given.out))
    names = [name for name in refs_in(given.tensors) if 0 not in low.shape(name)]
    names = [name for name in names if len(low.shape(name)) == rank] or names
    if len(names) == 1:
        low.put("Identity", names, given.out)
    else:
        low.put("Concat", names, given.out, axis=given.dim % rank)


def stack(low: Operators, given: SimpleNamespace) -> None:
    """Values along an axis that none of them has."""
    shape = low.shape(given.out)
    axis = given.dim % len(shape)
    sides = (*shape[:axis], 1, *shape[axis + 1 :])
    names = [
        low.step("Unsqueeze", [name, low.list_of([axis])], sides) for name in refs_in(given.tensors)
    ]
    low.put("Concat", names, given.out, axis=axis)


def roll(low: Operators, given: SimpleNamespace) -> None:
    """A shift round the ends: two stretches change places, for each axis."""
    name = low.operand(given.input)
    shape = low.shape(name)
    shifts = given.shifts if isinstance(given.shifts, list | tuple) else (given.shifts,)
    dims = given.dims if isinstance(given.dims, list | tuple) else (given.dims,)
    for shift, axis in zip(shifts, dims, strict=False):
        axis %= len(shape)
        cut = -int(shift) % shape[axis]
        if not cut:
            continue
        halves = []
        for start, end in ((cut, shape[axis]), (0, cut)):
            sides = (*shape[:axis], end - start, *shape[axis + 1 :])
            bounds = [low.list_of([one]) for one in (start, end, axis)]
            halves.append(low.step("Slice", [name, *bounds], sides))
        name = low.step("Concat", halves, shape, axis=axis)
    low.put("Identity", [name], given.out)


def getitem(low: Operators, given: SimpleNamespace) -> None:
    """Parts by numbers, stretches, new axes and lists of places."""
    name = low.operand(given.input)
    index = given.index if isinstance(given.index, tuple) else (given.index,)
    places = [one for one in index if one is not None and one is not Ellipsis and one is not True]
    if any(isinstance(one, Ref | list | bool) for one in places):
        _picked(low, given, name, index)
        return
    axis = 0
    rest = len(low.shape(name)) - len(places)
    for one in index:
        if one is None:
            continue
        if one is Ellipsis:
            axis += rest
        elif isinstance(one, slice):
            name = _stretch(low, name, axis, one)
            axis += 1
        else:
            shape = low.shape(name)
            left = (*shape[:axis], *shape[axis + 1 :])
            if shape[axis] == 1:
                name = low.reshaped(name, left)
            else:
                name = low.step("Gather", [name, low.numbers((), int(one))], left, axis=axis)
    low.reshape(name, given.out)


def _stretch(low: Operators, name: str, axis: int, part: slice) -> str:
    shape = low.shape(name)
    span = range(*part.indices(shape[axis]))
    if len(span) == shape[axis]:
        return name
    bounds = [low.list_of([one]) for one in (span.start, span.stop, axis, span.step)]
    return low.step("Slice", [name, *bounds], (*shape[:axis], len(span), *shape[axis + 1 :]))


def _picked(low: Operators, given: SimpleNamespace, name: str, index: tuple[Any, ...]) -> None:
    """Places that a list or a value names, along one axis; else a box."""
    whole = [one for one in index if one == slice(None)] if not refs_in(index) else []
    found = [(axis, one) for axis, one in enumerate(index) if isinstance(one, Ref)]
    plain = all(isinstance(one, Ref) or one == slice(None) for one in index)
    if len(found) == 1 and plain and not whole:
        axis, one = found[0]
        low.put("Gather", [name, one.name], given.out, axis=axis)
    else:
        low.put("Pick", [name, *refs_in(index)], given.out)


def index_select(low: Operators, given: SimpleNamespace) -> None:
    """Places along an axis that a value names."""
    axis = given.dim % len(low.shape(given.input))
    names = [low.operand(given.input), low.operand(given.index)]
    low.put("Gather", names, given.out, axis=axis)
