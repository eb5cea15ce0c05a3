"""The modules of an import in the making: why each is one, and its calls."""

from __future__ import annotations

from typing import NamedTuple

from archviz.importers.compact.structure import Structures
from archviz.importers.compact.tree import Call, Chain, Element, Parallel

LARGE = 4
"""Drawn layers of a part that is a module although it occurs once."""
MOST_OF_IT = 0.45
"""A part of the network of which a path is drawn in the main row, not as a module."""
MOST_TOWERS = 4
"""Equal towers are written one by one up to this many."""


class ModuleDraft(NamedTuple):
    """A module in the making: why it is one, and its calls."""

    role: str
    """``block``, ``inner``, ``pair``, ``linear``, ``stem`` or ``graph``."""
    calls: list[Call]
    coded: bool = False
    """Whether it is a module of the model's own code."""
    name: str = ""
    """Its class there."""


class ModuleDrafts:
    """All modules of a network by what makes calls calls of one module."""

    def __init__(self) -> None:
        self.found: list[ModuleDraft] = []
        self.by_key: dict[object, int] = {}

    def call(self, key: object, role: str, body: Chain, name: str = "") -> Call:
        """A call of the module with a key, which is made if there is none.

        ``name``: its class, if it is a module of the model's own code.
        """
        index = self.by_key.get(key)
        if index is None:
            index = self.by_key[key] = len(self.found)
            self.found.append(ModuleDraft(role, [], bool(name), name))
        call = Call(index, body)
        self.found[index].calls.append(call)
        return call

    def is_coded(self, element: Element) -> bool:
        """Whether an element is a module of the model's own code."""
        return isinstance(element, Call) and self.of(element).coded

    def of(self, call: Call) -> ModuleDraft:
        """The module that is called."""
        return self.found[call.module]


def is_gate(structures: Structures, element: Element) -> bool:
    """Whether an element scales its input, as squeeze-and-excitation does."""
    return isinstance(element, Parallel) and structures.kind(element) == "multiply"
