"""Variants of a block of the model's own code as one module, with what some of them have alone.

Where a figure would be too large with a panel for each variant, those that read well together
become one: what some leave out is dashed in its panel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, pairwise
from typing import assert_never

from archviz.importers.compact.alignment import Aligned, Alignment, Alone, Around, Script
from archviz.importers.compact.module_drafts import ModuleDraft, ModuleDrafts
from archviz.importers.compact.series_parallel import nesting
from archviz.importers.compact.structure import PRESENT, Structures, varying_fields
from archviz.importers.compact.tree import (
    UNKNOWN,
    Call,
    Chain,
    Element,
    Fork,
    FreeGraph,
    Parallel,
    Run,
    chain_layers,
    chains_of,
)

FEWEST = 2
"""Boxes that variants have in common, at least."""
MOST_WORDS = 1.0
"""What it may cost that variants differ in words, in a figure that is small enough."""
MOST_DASHED = 6
"""Boxes of a module that some of its calls leave out, at most."""


class Unions:
    """Makes one module of variants of one class."""

    def __init__(self, structures: Structures, drafts: ModuleDrafts, share: float) -> None:
        self.structures = structures
        self.drafts = drafts
        self.share = share
        """Boxes that one variant may have alone, for each that both have."""
        self.alignment = Alignment(structures)
        self.classes: dict[str, list[int]] = {}
        for key, number in drafts.by_key.items():
            if isinstance(key, tuple) and key[0] == "code":
                self.classes.setdefault(key[1], []).append(number)
        self.name_of = {number: name for name, of in self.classes.items() for number in of}
        self.done: set[str] = set()
        self.changed = False
        self.ran = False
        """Whether there may be runs in modules."""

    def run(self, chain: Chain) -> bool:
        """Unite what can be, modules in others first; ``chain`` is the main row.

        Returns whether anything is not as it was.
        """
        for name in [*self.classes] if self.share else ():
            if len(self.classes[name]) > 1:
                self.unwrap(name)
        for name in self.classes:
            self.unite(name)
        if self.changed or self.ran:
            forget(chain)
        return self.changed

    def unwrap(self, name: str) -> None:
        """Let shortcuts round one module be in it, where a class puts them round several."""
        found = {number: self.wrapped(number) for number in self.classes[name]}
        for number, inner in found.items():
            if inner < 0 or self.name_of[inner] == name:
                continue
            self.changed = True
            for call in self.drafts.found[number].calls:
                block = call.body[0]
                assert isinstance(block, Parallel)
                (one,) = block.branches[0]
                assert isinstance(one, Call)
                self.drafts.found[inner].calls.remove(one)
                block.branches[0] = one.body
                block.depth = 1 + nesting(block.branches)
                forget(call.body)
            self.classes[name].remove(number)
            self.name_of[number] = self.name_of[inner]
            self.classes[self.name_of[inner]].append(number)
            draft = self.drafts.found[number]
            self.drafts.found[number] = draft._replace(name=self.name_of[inner])

    def wrapped(self, number: int) -> int:
        """The module round which another one is nothing but a shortcut; -1 where it is more."""
        for call in self.drafts.found[number].calls:
            block = call.body[0]
            if len(call.body) > 1 or not isinstance(block, Parallel):
                return -1
            if self.structures.kind(block) != "add" or len(block.branches) != 2:
                return -1
            main, shortcut = block.branches
            if shortcut or len(main) != 1 or not isinstance(main[0], Call):
                return -1
            return main[0].module if main[0].module in self.name_of else -1
        return -1

    def unite(self, name: str) -> None:
        """Unite the variants of a class, those that differ least first."""
        if name in self.done:
            return
        self.done.add(name)
        for number in self.classes[name]:
            for inner in calls_in([call.body for call in self.drafts.found[number].calls]):
                if inner.module in self.name_of:
                    self.unite(self.name_of[inner.module])
        if len(self.classes[name]) < 2 and not (self.changed or self.ran):
            return
        for number in self.classes[name]:
            for call in self.drafts.found[number].calls:
                forget(call.body)
        if len(self.classes[name]) > 1:
            self.ran = True
            self.with_runs(name)
        left = [number for number in self.classes[name] if self.drafts.found[number].calls]
        while True:
            pairs = {pair: self.aligned(*pair) for pair in combinations(left, 2)}
            good = {pair: found for pair, found in pairs.items() if found is not None}
            if not good:
                return
            first, second = min(good, key=lambda pair: good[pair].cost / good[pair].common)
            self.merge(first, second, good[first, second].script)
            left.remove(second)

    def with_runs(self, name: str) -> None:
        """Let equal elements in a row be one, of which a variant may have more than another."""
        drafts = [self.drafts.found[number] for number in self.classes[name]]
        bodies = [[call.body for call in draft.calls] for draft in drafts if draft.calls]
        often = {key for some in bodies for key in self.repeated(some)}
        for some in bodies:
            in_runs(self.structures, some, often)
            for body in some:
                forget(body)

    def repeated(self, chains: Sequence[Chain]) -> Iterator[int]:
        """The structures of which chains of one structure have several in a row."""
        for place, (one, behind) in enumerate(pairwise(chains[0])):
            key = -1 if isinstance(one, int) else self.structures.key(one)
            if key == self.structures.key(behind) and all(
                is_equal(self.structures, *chain[place : place + 2]) for chain in chains
            ):
                yield key
        for inner in open_chains(chains):
            yield from self.repeated(inner)

    def aligned(self, first: int, second: int) -> Aligned | None:
        """How two modules are one; None where they would not read well as one."""
        bodies = [self.drafts.found[number].calls[0].body for number in (first, second)]
        found = self.alignment.chains(*bodies)
        if found is None or found.common < FEWEST or found.alone > self.share * found.common:
            return None
        if not self.share and found.cost > MOST_WORDS:
            return None
        return found if found.dashed <= MOST_DASHED else None

    def merge(self, first: int, second: int, script: Script) -> None:
        """Let the calls of two modules be those of the first one, with all that both have."""
        self.changed = True
        drafts = [self.drafts.found[number] for number in (first, second)]
        bodies = [copied(draft.calls[0].body) for draft in drafts]
        wide = _Widening(self.structures, self.drafts)
        made = [
            [wide.chain(call.body, bodies[1 - side], script, side) for call in draft.calls]
            for side, draft in enumerate(drafts)
        ]
        for draft, chains in zip(drafts, made, strict=True):
            for call, chain in zip(draft.calls, chains, strict=True):
                call.body[:] = chain
                call.module, call.key = first, UNKNOWN
                forget(chain)
        together = sorted([*drafts[0].calls, *drafts[1].calls], key=lambda one: _first(one.body))
        drafts[0].calls[:] = together
        drafts[1].calls.clear()


class _Widening:
    """Writes chains of one side with what the other side has alone, as what is not there."""

    def __init__(self, structures: Structures, drafts: ModuleDrafts) -> None:
        self.structures = structures
        self.drafts = drafts

    def chain(self, own: Chain, other: Chain, script: Script, side: int) -> Chain:
        """A chain of ``side``; ``other`` is one of the other side."""
        result: Chain = []
        places = [0, 0]
        chains = (own, other) if side == 0 else (other, own)
        for step in script:
            i, j = places
            if isinstance(step, Alone):
                element = chains[step.side][places[step.side]]
                result.append(self.alone(element, step.side == side))
                places[step.side] += 1
            elif isinstance(step, Around):
                around = chains[step.side][places[step.side]]
                start = places[1 - step.side]
                row = chains[1 - step.side][start : start + step.length]
                assert isinstance(around, Parallel)
                result.append(self.around(around, row, step, side))
                places[step.side] += 1
                places[1 - step.side] += step.length
            else:
                pair = (chains[0][i], chains[1][j])
                swap = step.swapped, side
                self.both(pair[side], pair[1 - side], step.freed, step.inner, swap)
                result.append(pair[side])
                places = [i + 1, j + 1]
        return result

    def both(
        self,
        own: Element,
        other: Element,
        fields: frozenset[str],
        inner: Sequence[Script],
        swap: tuple[bool, int],
    ) -> None:
        """Let an element have all that the other one has, too."""
        if isinstance(own, int):
            if fields:
                self.structures.free(own, fields)
            return
        swapped, side = swap
        if swapped and isinstance(own, Parallel) and side == 1:
            own.branches.reverse()
        if isinstance(own, Run) and isinstance(other, Run):
            for chain in own.bodies:
                chain[:] = self.chain(chain, other.bodies[0], inner[0], side)
            return
        others = [*chains_of(other)]
        if swapped and side == 0:
            others.reverse()
        for chain, theirs, script in zip(chains_of(own), others, inner, strict=True):
            chain[:] = self.chain(chain, theirs, script, side)
        if isinstance(own, Parallel) and fields:
            self.structures.free(own.merge, fields)
        if isinstance(own, Call) and isinstance(other, Call):
            own.optional |= other.optional
        if not isinstance(own, Call | Run):
            own.depth = 1 + nesting(chains_of(own))

    def alone(self, element: Element, is_own: bool) -> Element:
        """What only one side has: optional there, and not there on the other side."""
        if isinstance(element, int):
            self.structures.free(element, {PRESENT})
            return element if is_own or element < 0 else ~element
        if not isinstance(element, Call):
            element = Call(self.gate(element), [element])
            if is_own:
                self.drafts.of(element).calls.append(element)
        if not is_own:
            return without(element)
        element.optional = True
        return element

    def gate(self, element: Element) -> int:
        """The module of a gate, so that a call of it can be left out."""
        key = self.structures.key(element)
        if key not in self.drafts.by_key:
            self.drafts.by_key[key] = len(self.drafts.found)
            self.drafts.found.append(ModuleDraft("inner", []))
        return self.drafts.by_key[key]

    def around(self, element: Parallel, row: Chain, step: Around, side: int) -> Element:
        """A residual whose shortcut some leave out."""
        self.structures.free(element.merge, {PRESENT})
        if side == step.side:
            element.branches[0] = self.chain(element.branches[0], row, step.inner, side)
            element.depth = 1 + nesting(element.branches)
            return element
        main = self.chain(row, element.branches[0], step.inner, side)
        branches = [main, copied(element.branches[1], False)]
        return Parallel(branches, away(element.merge), 1 + nesting(branches))


def away(layer: int) -> int:
    """What stands for a layer that is not there."""
    return layer if layer < 0 else ~layer


def without(call: Call) -> Call:
    """What stands for a call that is not there."""
    return Call(call.module, copied(call.body, False), False)


def copied(chain: Chain, present: bool = True) -> Chain:
    """A chain once more; one that is not ``present`` stands for that which is not there."""
    return [_copy(element, present) for element in chain]


def _copy(element: Element, present: bool) -> Element:
    match element:
        case int():
            return element if present else away(element)
        case Call():
            call = Call(element.module, copied(element.body, present), present and element.present)
            call.optional |= element.optional
            return call
        case Parallel():
            branches = [copied(branch, present) for branch in element.branches]
            merge = element.merge if present else away(element.merge)
            return Parallel(branches, merge, element.depth)
        case Run():
            return Run([copied(body, present) for body in element.bodies])
        case Fork():
            return Fork([copied(branch, present) for branch in element.branches], element.depth)
        case FreeGraph():
            nodes = [(name, copied(inner, present)) for name, inner in element.nodes]
            return FreeGraph(nodes, [*element.edges], element.depth)
        case _:
            assert_never(element)


def is_equal(structures: Structures, first: Element, second: Element) -> bool:
    """Whether two elements are the same in all."""
    fields = [varying_fields(structures, [one]) for one in (first, second)]
    return structures.key(first) == structures.key(second) and fields[0] == fields[1]


def open_chains(chains: Sequence[Chain]) -> Iterator[tuple[Chain, ...]]:
    """The chains in some of one structure, side by side, but not those in modules."""
    for elements in zip(*chains, strict=True):
        if not isinstance(elements[0], Call):
            yield from zip(*map(chains_of, elements), strict=True)


def in_runs(structures: Structures, chains: Sequence[Chain], often: Collection[int]) -> None:
    """Write what occurs often in a row as runs, in chains of one structure."""
    for inner in open_chains(chains):
        in_runs(structures, inner, often)
    keys = [*structures.chain_key(chains[0])]
    starts: list[int] = []
    for place, key in enumerate(keys):
        goes_on = place and key in often and keys[place - 1] == key
        if not (
            goes_on
            and all(is_equal(structures, chain[place - 1], chain[place]) for chain in chains)
        ):
            starts.append(place)
    for chain in chains:
        stretches = [chain[a:b] for a, b in pairwise([*starts, len(chain)])]
        chain[:] = [
            Run([[one] for one in row]) if keys[start] in often else row[0]
            for start, row in zip(starts, stretches, strict=True)
        ]


def forget(chain: Chain) -> None:
    """Let the structures of what is in a chain be found again."""
    for element in chain:
        if not isinstance(element, int):
            element.key = UNKNOWN
            for inner in chains_of(element):
                forget(inner)


def calls_in(chains: Sequence[Chain]) -> list[Call]:
    """The calls in some chains, with those in them."""
    found = []
    for chain in chains:
        for element in chain:
            if isinstance(element, Call):
                found.append(element)
            found += calls_in(chains_of(element))
    return found


def _first(body: Chain) -> int:
    return min((layer for layer in chain_layers(body) if layer >= 0), default=0)
