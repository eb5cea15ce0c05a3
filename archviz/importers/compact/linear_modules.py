"""Linear parts that become modules: what occurs again between the blocks, and the stem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from archviz.importers.compact.module_drafts import LARGE, ModuleDrafts, is_gate
from archviz.importers.compact.several_inputs import has_input
from archviz.importers.compact.structure import Structures
from archviz.importers.compact.tree import Call, Chain, Element, FreeGraph, Parallel, takes_previous

SHORTEST, LONGEST = 3, 12
"""Elements of a linear part that becomes a module where it occurs again."""
MANY_RUNS = 5
"""Equal rows of convolutions that make a module in an encoder with its decoder."""


class LinearModules:
    """Makes modules of what lies between the blocks of a chain."""

    def __init__(self, structures: Structures, drafts: ModuleDrafts, taps: frozenset[int]) -> None:
        self.structures = structures
        self.drafts = drafts
        self.taps = taps

    def is_block(self, element: Element) -> bool:
        """Whether an element of a chain is a module that stands for itself."""
        if isinstance(element, Call):
            return self.drafts.of(element).role in ("block", "pair", "graph")
        return isinstance(element, Parallel | FreeGraph) and not is_gate(self.structures, element)

    def levels(self, chains: Sequence[Chain]) -> None:
        """Convolutions in a row that every level of an encoder and its decoder has."""
        cut = [self.runs(chain) for chain in chains]
        times = Counter(
            self.structures.chain_key(run) for runs in cut for run in runs if len(run) > 1
        )
        for chain, runs in zip(chains, cut, strict=True):
            chain.clear()
            for run in runs:
                key = self.structures.chain_key(run) if len(run) > 1 else ()
                often = times[key] >= MANY_RUNS
                chain += [self.drafts.call(("run", key), "linear", run)] if often else run

    def runs(self, chain: Chain) -> list[Chain]:
        """A chain cut into rows of equal convolutions, and single elements."""
        found: list[Chain] = []
        for element, behind in zip_longest(chain, chain[1:]):
            # a cell also takes the input of what is before it, which has to stand alone
            alone = behind is not None and takes_previous(behind)
            if found and not alone and self.goes_on(found[-1][-1], element):
                found[-1].append(element)
            else:
                found.append([element])
        return found

    def goes_on(self, first: Element, other: Element) -> bool:
        """Whether two elements are equal convolutions but for their sizes, not parted by a tap."""
        if not (isinstance(first, int) and isinstance(other, int)):
            return False
        conv = self.structures.kind(first) == "conv" and first not in self.taps
        return conv and self.structures.key(first) == self.structures.key(other)

    def between_blocks(self, chain: Chain) -> None:
        """Linear parts between the modules that occur again."""
        structures = self.structures
        if not any(self.is_block(element) for element in chain):
            return
        gaps = [
            (start, stop) for start, stop in self.gaps(chain) if SHORTEST <= stop - start <= LONGEST
        ]
        if len(gaps) < 2:
            return
        keys = list(structures.chain_key(chain))
        whole: dict[tuple[int, ...], int] = {}
        for start, stop in gaps:
            pattern = tuple(keys[start:stop])
            whole[pattern] = whole.get(pattern, 0) + 1
        often = [pattern for pattern, times in whole.items() if times > 1]
        for pattern in sorted(often, key=len, reverse=True):
            if self.is_drawn_enough(pattern, chain, keys):
                self.replace(chain, pattern)

    def is_drawn_enough(self, pattern: tuple[int, ...], chain: Chain, keys: Sequence[int]) -> bool:
        """Whether enough of a pattern is drawn for a module."""
        drawn = sum(self.structures.size(chain[keys.index(key)]) for key in pattern)
        return drawn >= 3

    def gaps(self, chain: Chain) -> list[tuple[int, int]]:
        """Start and end of what lies between blocks, taps and ends."""
        gaps, start = [], 0
        for place, element in enumerate(chain):
            if self.is_block(element):
                gaps.append((start, place))
                start = place + 1
            elif isinstance(element, int) and element in self.taps:
                gaps.append((start, place + 1))
                start = place + 1
        gaps.append((start, len(chain)))
        # a cell also takes the input of what is before it, which has to stand alone
        gaps = [
            (start, stop - (stop < len(chain) and takes_previous(chain[stop])))
            for start, stop in gaps
        ]
        return [(start, stop) for start, stop in gaps if stop > start]

    def replace(self, chain: Chain, pattern: tuple[int, ...]) -> None:
        """Every place of a pattern in the gaps of a chain by a call."""
        structures = self.structures
        result: Chain = []
        done = 0
        for start, stop in self.gaps(chain):
            result += chain[done:start]
            at = start
            while at < stop:
                piece = chain[at : at + len(pattern)]
                if at + len(pattern) <= stop and structures.chain_key(piece) == pattern:
                    result.append(self.drafts.call(("linear", pattern), "linear", piece))
                    at += len(pattern)
                else:
                    result.append(chain[at])
                    at += 1
            done = stop
        chain[:] = [*result, *chain[done:]]

    def stem(self, root: Chain) -> None:
        """The start up to the first module that is more than a part of a stem."""
        stop = 0
        while stop < len(root) and self.is_stem(root[stop]):
            stop += 1
        if stop and stop < len(root) and takes_previous(root[stop]):
            stop -= 1
        head = root[:stop]
        if stop == len(root) or has_input(root[stop], self.structures.nodes):
            return
        if (
            self.structures.chain_size(head) < LARGE
            or len(set(self.structures.chain_key(head))) == 1
        ):
            return  # equal layers in a row are one box, repeated
        body: Chain = []
        for element in head:
            if isinstance(element, Call) and self.drafts.of(element).role == "block":
                self.drafts.of(element).calls.remove(element)
                body += element.body
            else:
                body.append(element)
        root[:stop] = [self.drafts.call("stem", "stem", body)]

    def is_stem(self, element: Element) -> bool:
        """Whether an element may stand in a stem: a layer, or towers of few layers."""
        if isinstance(element, int):
            return element not in self.taps
        if isinstance(element, Call):
            draft = self.drafts.of(element)
            if draft.role == "inner" or draft.coded:
                return False
            element = element.body[0] if draft.role == "block" else element
        if not isinstance(element, Parallel) or self.structures.size(element) >= 8:
            return False
        if has_input(element, self.structures.nodes):
            return False
        paths = element.branches
        return self.structures.kind(element) == "concat" and len(paths) == 2 and all(paths)
