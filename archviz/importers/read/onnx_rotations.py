"""Tables of rotations by position, which exporters compute in advance.

A value is turned as ``x · cos + turned(x) · sin``, where ``turned`` has the second half of the
features, negated, before the first. The tables stand in the file like weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor

_PARTED = ("Slice", "Split")
_ANGLES = ("Cos", "Sin")
_MOST = 256
"""Steps from a table to what it is computed from, at most."""


def rotations(constants: Mapping[str, Tensor], own: Set[str], ops: Sequence[Op]) -> frozenset[str]:
    """Which of a model's ``own`` numbers are tables of rotations, wherever operators take them."""
    found: set[str] = set()
    if not any(op.kind == "Neg" for op in ops):
        return frozenset()
    made = {name: op for op in ops for name in op.outputs}
    for op in ops:
        if op.kind == "Add" and len(op.inputs) == 2:
            found.update(_tables(op, made, constants))
    tables = {name for name in found if constants[name].floating and constants[name].size > 1}
    return frozenset(tables & own)


def _tables(op: Op, made: Mapping[str, Op], constants: Mapping[str, Tensor]) -> Iterator[str]:
    """What the two tables are computed from, if an operator is the end of a rotation."""
    one, two = (made.get(name) for name in op.inputs)
    if one is None or two is None or one.kind != "Mul" or two.kind != "Mul":
        return
    for straight, turned in ((one, two), (two, one)):
        for at, place in product((0, 1), (0, 1)):
            if _turned(turned.inputs[place], straight.inputs[at], made):
                cosines = _sources(straight.inputs[1 - at], made, constants)
                sines = _sources(turned.inputs[1 - place], made, constants)
                if cosines and sines:
                    yield from (*cosines, *sines)


def _turned(name: str, value: str, made: Mapping[str, Op]) -> bool:
    """Whether ``name`` is a value with its second half, negated, before its first."""
    joined = made.get(name)
    if joined is None or joined.kind != "Concat" or len(joined.inputs) != 2:
        return False
    negated, first = (made.get(one) for one in joined.inputs)
    if negated is None or first is None or negated.kind != "Neg":
        return False
    second = made.get(negated.inputs[0])
    return (
        second is not None
        and first.kind in _PARTED
        and second.kind in _PARTED
        and first.inputs[0] == second.inputs[0] == value
    )


def _sources(name: str, made: Mapping[str, Op], constants: Mapping[str, Tensor]) -> set[str]:
    """The constants that a table is computed from: of positions, if not of constants alone."""
    found: set[str] = set()
    kinds: set[str] = set()
    whole, todo, seen = True, [name], {name}
    while todo:
        name = todo.pop()
        if name in constants:
            found.add(name)
        elif name in made and made[name].inputs:
            kinds.add(made[name].kind)
            new = {one for one in made[name].inputs if one} - seen
            seen |= new
            todo += new
        else:
            whole = False
        if len(seen) > _MOST:
            return set()
    return found if whole or not kinds.isdisjoint(_ANGLES) else set()
