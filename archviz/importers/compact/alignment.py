"""What two variants of a block have in common, and what one of them has alone.

The two are chains; a script says, in the order of both, what becomes of their elements in one
chain that holds all that either has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.compact.module_drafts import is_gate
from archviz.importers.compact.rows import TAKES
from archviz.importers.compact.structure import (
    BLANK,
    DRAWN,
    FREE,
    NUMBER,
    NUMBERED,
    PRESENT,
    Structures,
)
from archviz.importers.compact.tree import (
    Call,
    Chain,
    Element,
    Fork,
    FreeGraph,
    Parallel,
    Run,
    chains_of,
)
from archviz.importers.graphs import ORDERED

UNDRAWN = 0.25
"""What it costs that one has what is not drawn, where a box costs 1."""
OTHERWISE = 0.5
"""What it costs that layers differ in a norm, an activation or a bias."""
LONGEST = 40
"""Elements of chains that are compared."""
LARGEST_GATE = 6
"""Drawn layers of a gate that only one has."""


class Both(NamedTuple):
    """Elements of both that are one: the fields in which layers, or merges, differ."""

    freed: frozenset[str] = frozenset()
    inner: tuple[Script, ...] = ()
    """Of each chain in them."""
    swapped: bool = False
    """Whether the second has its two paths in the other order."""


class Alone(NamedTuple):
    """An element that only one side has."""

    side: int


class Around(NamedTuple):
    """A shortcut of one side round a row of the other."""

    side: int
    length: int
    """Elements in the row."""
    inner: Script


Script: TypeAlias = "tuple[Both | Alone | Around, ...]"


class Aligned(NamedTuple):
    """Two chains as one: what differs, and how many boxes are common and of one side alone."""

    cost: float = 0
    common: int = 0
    alone: int = 0
    script: Script = ()
    dashed: int = 0
    """Boxes that some leave out, then or already."""


class Alignment:
    """Aligns chains of one network."""

    def __init__(self, structures: Structures) -> None:
        self.structures = structures
        self.known: dict[tuple[object, object], Aligned | None] = {}

    def chains(self, first: Chain, second: Chain) -> Aligned | None:
        """The cheapest way in which two chains are one; None where there is none."""
        structures = self.structures
        if max(len(first), len(second)) > LONGEST:
            return None
        key = structures.chain_key(first), structures.chain_key(second)
        if key not in self.known:
            if key[0] == key[1]:
                self.known[key] = self.equal(first, second)
            else:
                self.known[key] = _Table(self, first, second).best()
        return self.known[key]

    def equal(self, first: Chain, second: Chain) -> Aligned | None:
        """Two chains of one structure as one."""
        found: Aligned | None = Aligned()
        for one, other in zip(reversed(first), reversed(second), strict=True):
            found = _before(self.elements(one, other), found)
        return found

    def elements(self, first: Element, second: Element) -> Aligned | None:
        """Two elements as one."""
        if isinstance(first, int) and isinstance(second, int):
            fields = self.fields(first, second)
            if fields is None:
                return None
            drawn = DRAWN[self.structures.kind(first)]
            cost = OTHERWISE * len(fields - {PRESENT} - self.shared_fields(first, second))
            return Aligned(cost, drawn, 0, (Both(fields),), drawn * (PRESENT in fields))
        if isinstance(first, Parallel) and isinstance(second, Parallel):
            return self.parallels(first, second)
        if isinstance(first, Call) and isinstance(second, Call):
            if first.module != second.module:
                return None
            found = self.chains(first.body, second.body)
            step = (Both(frozenset(), (found.script,)),) if found else ()
            return found and Aligned(found.cost, 1, 0, step, first.optional or second.optional)
        same = isinstance(first, FreeGraph) and isinstance(second, FreeGraph) and (
            first.edges == second.edges and dict(first.nodes).keys() == dict(second.nodes).keys()
        )  # fmt: skip
        if same or (isinstance(first, Fork) and isinstance(second, Fork)):
            return self.paths(chains_of(first), chains_of(second))
        if isinstance(first, Run) and isinstance(second, Run):
            found = self.chains(first.bodies[0], second.bodies[0])
            return found and found._replace(script=(Both(frozenset(), (found.script,)),))
        return None

    def shared_fields(self, first: int, second: int) -> frozenset[str]:
        """The fields that vary already."""
        freed = self.structures.freed
        return freed.get(_there(first), frozenset()) | freed.get(_there(second), frozenset())

    def fields(self, first: int, second: int) -> frozenset[str] | None:
        """The fields that have to vary where two layers are one; None where that is not all."""
        structures = self.structures
        if structures.kind(first) != structures.kind(second):
            return None
        shared = self.shared_fields(first, second)
        one, other = structures.as_stated(_there(first)), structures.as_stated(_there(second))
        if one.key == other.key:
            return shared
        fixed, others = dict(one.fixed), dict(other.fixed)
        differing = {
            name
            for name in {*fixed, *others}
            if fixed.get(name, FREE.get(name)) != others.get(name, FREE.get(name))
        }
        if "label" in differing and _same_words(fixed.get("label"), others.get("label")):
            differing = differing - {"label"} | {NUMBER}
        names = [{name for name, _ in layer.varying} for layer in (one, other)]
        if "kernel" in differing:
            if {*fixed.get("kernel", ()), *others.get("kernel", ())} != {1}:
                return None  # only what has equal sides can be a parameter
            differing |= {"dilation"}
        differing |= names[0] ^ names[1]
        return shared | differing if differing <= {*FREE, NUMBER} else None

    def parallels(self, first: Parallel, second: Parallel) -> Aligned | None:
        """Parallel paths of both as one, in whichever order is cheaper."""
        fields = self.fields(first.merge, second.merge)
        if fields is None or len(first.branches) != len(second.branches):
            return None
        found = self.paths(first.branches, second.branches, fields)
        if len(first.branches) == 2 and self.structures.kind(first) not in ORDERED:
            other = self.paths(first.branches, second.branches[::-1], fields, True)
            found = min(filter(None, (found, other)), key=lambda one: one.cost, default=None)
        dashed = PRESENT in fields
        return found and found._replace(common=found.common + 1, dashed=found.dashed + dashed)

    def paths(
        self,
        first: Sequence[Chain],
        second: Sequence[Chain],
        fields: frozenset[str] = frozenset(),
        swapped: bool = False,
    ) -> Aligned | None:
        """Some chains with as many others, one by one."""
        if len(first) != len(second):
            return None
        found = [self.chains(one, other) for one, other in zip(first, second, strict=True)]
        sure = [one for one in found if one is not None]
        if len(sure) < len(found):
            return None
        step = Both(fields, tuple([one.script for one in sure]), swapped)
        return Aligned(
            sum(one.cost for one in sure),
            sum(one.common for one in sure),
            sum(one.alone for one in sure),
            (step,),
            sum(one.dashed for one in sure),
        )

    def left_out(self, element: Element, side: int) -> Aligned | None:
        """An element that only one side has; None where it cannot be left out."""
        structures = self.structures
        step = (Alone(side),)
        if isinstance(element, Call):
            return Aligned(1, 0, 1, step, 1)
        if isinstance(element, int):
            node = structures.nodes[_there(element)]
            if TAKES in node.options or node.kind == "input":
                return None
            drawn = DRAWN[node.kind]
            return Aligned(drawn or UNDRAWN, 0, drawn, step, drawn)
        gate = is_gate(structures, element) and structures.size(element) <= LARGEST_GATE
        return Aligned(1, 0, 1, step, 1) if gate and element.depth == 1 else None

    def around(self, element: Parallel, row: Chain, side: int) -> Aligned | None:
        """A residual of which one side has the main path only."""
        structures = self.structures
        if structures.kind(element) not in ("add", "scaled-add") or len(element.branches) != 2:
            return None
        main, shortcut = element.branches
        if not main or any(not isinstance(one, int) for one in shortcut):
            return None
        pair = (main, row) if side == 0 else (row, main)
        found = self.chains(*pair)
        boxes = 1 + structures.chain_size(shortcut)
        if found is None:
            return None
        step = (Around(side, len(row), found.script),)
        dashed = found.dashed + boxes
        return Aligned(found.cost + boxes, found.common, found.alone + boxes, step, dashed)


class _Table:
    """The cheapest alignment of two chains, from the end of both."""

    def __init__(self, alignment: Alignment, first: Chain, second: Chain) -> None:
        self.alignment = alignment
        self.sides = first, second
        self.rest: dict[tuple[int, int], Aligned | None] = {(len(first), len(second)): Aligned()}

    def best(self) -> Aligned | None:
        """The alignment of the whole chains."""
        first, second = self.sides
        for i in range(len(first), -1, -1):
            for j in range(len(second), -1, -1):
                if (i, j) not in self.rest:
                    ways = filter(None, self.ways(i, j))
                    self.rest[i, j] = min(ways, key=lambda one: one.cost, default=None)
        return self.rest[0, 0]

    def ways(self, i: int, j: int) -> list[Aligned | None]:
        """All ways in which what is left of both chains is one."""
        first, second = self.sides
        found = []
        if i < len(first):
            found.append(_before(self.alignment.left_out(first[i], 0), self.rest[i + 1, j]))
        if j < len(second):
            found.append(_before(self.alignment.left_out(second[j], 1), self.rest[i, j + 1]))
        if i == len(first) or j == len(second):
            return found
        one, other = first[i], second[j]
        found.append(_before(self.alignment.elements(one, other), self.rest[i + 1, j + 1]))
        if isinstance(one, Parallel):
            for stop in range(j + 1, len(second) + 1):
                found.append(
                    _before(self.alignment.around(one, second[j:stop], 0), self.rest[i + 1, stop])
                )
        if isinstance(other, Parallel):
            for stop in range(i + 1, len(first) + 1):
                found.append(
                    _before(self.alignment.around(other, first[i:stop], 1), self.rest[stop, j + 1])
                )
        return found


def _before(first: Aligned | None, rest: Aligned | None) -> Aligned | None:
    """A step, and those behind it."""
    if first is None or rest is None:
        return None
    return Aligned(
        first.cost + rest.cost,
        first.common + rest.common,
        first.alone + rest.alone,
        first.script + rest.script,
        first.dashed + rest.dashed,
    )


def _same_words(first: Any, second: Any) -> bool:
    """Whether two labels differ in one number alone."""
    labels = [str(label) for label in (first, second) if BLANK not in str(label)]
    found = [NUMBERED.findall(label) for label in labels]
    if len(labels) < 2 or any(len(numbers) != 1 for numbers in found):
        return False
    return len({NUMBERED.sub(BLANK, label) for label in labels}) == 1


def _there(number: int) -> int:
    """A layer, or the one that it stands for where it is not there."""
    return number if number >= 0 else ~number
