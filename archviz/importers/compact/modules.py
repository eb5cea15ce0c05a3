"""Which parts of the tree become modules: what occurs again, and what is large and branches."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from archviz.importers.compact.linear_modules import LinearModules
from archviz.importers.compact.module_drafts import (
    LARGE,
    MOST_OF_IT,
    MOST_TOWERS,
    ModuleDrafts,
    is_gate,
)
from archviz.importers.compact.several_inputs import begins, has_input
from archviz.importers.compact.structure import ALONE, Structures, varying_fields
from archviz.importers.compact.tree import (
    UNKNOWN,
    Call,
    Chain,
    Element,
    FreeGraph,
    Parallel,
    chains_of,
    every_chain,
    graph_chains,
    has_free_graph,
    takes_previous,
)
from archviz.network.kinds import KINDS

LARGEST_ROW = 30
"""Drawn layers of free wiring that may stand in the main row, where it is most of it."""
SEEN = 6
"""Drawn layers of a part that is seen well enough in a module around it."""
MANY_PARTS = 7
"""More equal paths of two convolutions in free wiring than this are a module."""
LONGEST_PERIOD = 8
NESTED = 4
"""Main chains inside one another of which an encoder with its decoder has more."""
TAILS = frozenset({"channel-shuffle"})
"""Layers that belong to the parallel paths before them."""


class ModuleSelector:
    """Turns parts of a tree into calls."""

    def __init__(
        self,
        structures: Structures,
        roots: Sequence[Chain],
        taps: Sequence[int],
        drafts: ModuleDrafts,
    ) -> None:
        """``roots``: the row, and what leads to further outputs."""
        self.structures = structures
        self.roots = roots
        self.taps = frozenset(taps)
        self.drafts = drafts
        self.total = sum(map(structures.chain_size, roots))
        self.main: list[Chain] = []
        self.skeleton: set[Element] = set()
        """Elements whose paths are main chains."""
        self.counts: dict[int, int] = {}
        self.contexts: dict[int, set[object]] = {}

    def run(self) -> None:
        """Choose the modules; the tree has their calls then."""
        wired_freely = any(map(has_free_graph, self.roots))
        if wired_freely:
            self.cells()
        for root in self.roots:
            self.find_main(root)
        for chain in self.main:
            self.add_leads(chain)
        if wired_freely:
            self.parts()
        self.count()
        for chain in self.main:
            self.pairs(chain)
        for chain in self.main:
            self.inner(chain, True)
        for chain in self.main:
            self.blocks(chain)
        between = LinearModules(self.structures, self.drafts, self.taps)
        if len(self.main) > NESTED:
            between.levels(self.main)
        for chain in self.main:
            between.between_blocks(chain)
        between.stem(self.roots[0])

    def cells(self) -> None:
        """Free wiring with a second input stands for itself."""
        for chain in [one for root in self.roots for one in every_chain(root)]:
            chain[:] = [
                self.drafts.call(self.structures.key(one), "graph", [one])
                if takes_previous(one)
                else one
                for one in chain
            ]

    # ---- where to look ------------------------------------------------------------------------

    def find_main(self, chain: Chain, outer: Parallel | None = None) -> None:
        """The main chain, and the paths in it that hold most of the network."""
        self.main.append(chain)
        for element in chain:
            if isinstance(element, Parallel) and self.is_skeleton(element, outer):
                self.skeleton.add(element)
                for branch in element.branches:
                    self.find_main(branch, element)

    def is_skeleton(self, element: Parallel, outer: Parallel | None) -> bool:
        """Whether an element is the network itself: it holds most of it, or is a level of it."""
        structures = self.structures
        if has_input(element, structures.nodes):
            return True
        if outer is not None and structures.kind(outer) == structures.kind(element):
            pair = outer, element
            if all(len(one.branches) == 2 and not one.branches[1] for one in pair):
                return True
        if structures.size(element) < max(MOST_OF_IT * self.total, 12):
            return False
        return any(
            isinstance(one, Parallel)
            and structures.size(one) > 2
            and structures.kind(one) != "multiply"
            for branch in element.branches
            for one in branch
        )

    def count(self) -> None:
        """How often each structure occurs, and in what."""
        waiting: list[tuple[Chain, object]] = [(root, "main") for root in self.roots]
        while waiting:
            chain, context = waiting.pop()
            for element in chain:
                if isinstance(element, int):
                    continue
                key = self.structures.key(element)
                self.counts[key] = self.counts.get(key, 0) + 1
                self.contexts.setdefault(key, set()).add(context)
                if element.depth == 1:
                    continue
                main = element in self.skeleton
                for place, inner in enumerate(chains_of(element)):
                    waiting.append((inner, "main" if main else (key, place)))

    # ---- a first activation that may be missing -----------------------------------------------

    def add_leads(self, chain: Chain) -> None:
        """Blocks that differ in a leading activation only get one that is not there."""
        structures = self.structures
        without: dict[int, tuple[int, int]] = {}
        for element in chain:
            if isinstance(element, Parallel):
                for place, branch in enumerate(element.branches):
                    first = branch[0] if len(branch) > 1 else None
                    if isinstance(first, int) and structures.kind(first) in ALONE:
                        shorter = Parallel([*element.branches], element.merge, element.depth)
                        shorter.branches[place] = branch[1:]
                        without.setdefault(structures.key(shorter), (place, first))
        for element in chain:
            if isinstance(element, Parallel) and structures.key(element) in without:
                place, first = without[structures.key(element)]
                element.branches[place].insert(0, ~first)
                element.key = UNKNOWN

    # ---- the kinds of modules -------------------------------------------------------------------

    def pairs(self, chain: Chain) -> None:
        """Patterns of several blocks that repeat with equal values, as in transformers."""
        blocks = {
            self.structures.key(element) for element in chain if isinstance(element, Parallel)
        }
        if len(blocks) < 2:
            return  # a pattern has several
        keys: list[int] = []
        for period in range(2, min(LONGEST_PERIOD, len(chain) // 3) + 1):
            keys = keys or [self.exact(element) for element in chain]
            lengths = run_lengths(keys, period)
            same = run_lengths(keys, 1)
            result: Chain = []
            at = 0
            while at < len(chain):
                times = lengths[at] // period + 1
                body = chain[at : at + period] if times > 2 and same[at] < period - 1 else []
                if (
                    not body
                    or not self.is_pair(body)
                    or any(map(takes_previous, chain[at : at + times * period + 1]))
                ):
                    result.append(chain[at])
                    at += 1
                    continue
                key = "pair", self.structures.chain_key(body)
                for start in range(at, at + times * period, period):
                    result.append(self.drafts.call(key, "pair", chain[start : start + period]))
                at += times * period
            if len(result) < len(chain):
                chain[:] = result
                self.more_pairs(chain)
                keys = []

    def more_pairs(self, chain: Chain) -> None:
        """Further places of a pattern that is a module, also with other values."""
        keys = [key for key in self.drafts.by_key if isinstance(key, tuple)]
        patterns = [key[1] for key in keys if key[0] == "pair"]
        result: Chain = []
        at = 0
        while at < len(chain):
            for pattern in patterns:
                body = chain[at : at + len(pattern)]
                if self.structures.chain_key(body) == pattern:
                    result.append(self.drafts.call(("pair", pattern), "pair", body))
                    at += len(pattern)
                    break
            else:
                result.append(chain[at])
                at += 1
        chain[:] = result

    def exact(self, element: Element) -> int:
        """A number for all of an element but its weights: one may hold a table of all."""
        found = varying_fields(self.structures, [element])
        values = tuple([(field, value) for field, value in found if field != "weights"])
        return self.structures.number((self.structures.key(element), values))

    def is_pair(self, body: Chain) -> bool:
        """Whether a pattern is made of different blocks."""
        blocks = [one for one in body if isinstance(one, Parallel)]
        return len(blocks) > 1 and len({self.structures.key(one) for one in blocks}) > 1

    def inner(self, chain: Chain, main: bool = False, coded: bool = False) -> None:
        """Parts of several modules become modules of their own.

        ``coded``: the chain is in a module of the model's own code, which shows what is small.
        """
        for element in chain:
            if isinstance(element, int) or element.depth == 1 or element in self.skeleton:
                continue
            within = coded or self.drafts.is_coded(element)
            for branch in chains_of(element):
                if not (isinstance(element, Call) and len(branch) == 1):
                    self.inner(branch, coded=within)
                elif not isinstance(branch[0], int):
                    for path in chains_of(branch[0]):
                        self.inner(path, coded=within)
        for place, element in enumerate(chain):
            if isinstance(element, Parallel) and self.is_inner(element, main, coded):
                key = self.structures.key(element)
                chain[place] = self.drafts.call(key, "inner", [element])

    def is_inner(self, element: Parallel, main: bool, coded: bool) -> bool:
        """Whether parallel paths of several modules are a module."""
        key, gate = self.structures.key(element), is_gate(self.structures, element)
        size = self.structures.sizes[key]
        if len(self.contexts.get(key, ())) < 2 or size < 3:
            return False
        short = sum(map(len, element.branches)) < 3 and self.has_calls(element)
        if short and self.structures.kind(element) == "add":
            return False
        if len(element.branches) > MOST_TOWERS and self.is_uniform(element):
            return False
        return gate or not (main or (coded and size <= SEEN))

    def is_uniform(self, element: Parallel) -> bool:
        """Whether all paths are equal, so that one of them shows all."""
        return len({self.structures.chain_key(branch) for branch in element.branches}) == 1

    def blocks(self, chain: Chain) -> None:
        """Parallel parts of the main chain that occur again, or are large."""
        structures = self.structures
        leads = self.leads(chain)
        result: Chain = []
        taken = -1
        for place, element in enumerate(chain):
            if place == taken:
                continue
            if not self.is_module(element):
                result.append(element)
                continue
            body = [element]
            behind = chain[place + 1 : place + 3]
            led = (
                leads
                and result
                and structures.key(result[-1]) == leads.get(structures.key(element))
            )
            tailed = behind and structures.kind(behind[0]) in TAILS
            if (led or tailed) and not any(map(takes_previous, behind)):
                if led:
                    body.insert(0, result.pop())
                if tailed:
                    body.append(behind[0])
                    taken = place + 1
            role = "graph" if isinstance(element, FreeGraph) else "block"
            key = structures.chain_key(body) if len(body) > 1 else structures.key(element)
            result.append(self.drafts.call(key, role, body))
        chain[:] = result

    def is_module(self, element: Element) -> bool:
        """Whether an element of the main chain becomes a module."""
        structures = self.structures
        if isinstance(element, FreeGraph):
            self.nested_graphs(element)
            return not (has_input(element, structures.nodes) or self.is_network(element))
        if not isinstance(element, Parallel) or is_gate(structures, element):
            return False
        if element in self.skeleton:
            return False
        key = structures.key(element)
        return self.counts.get(key, 0) > 1 or structures.sizes[key] >= LARGE

    def leads(self, chain: Chain) -> dict[int, int]:
        """Structures of paths that meet in a concat, each with that of the convolution which is
        always before it, as the squeezing one of a fire module."""
        structures = self.structures
        before: dict[int, list[int]] = {}
        for first, second in pairwise(chain):
            if isinstance(second, Parallel) and structures.kind(second) == "concat":
                lead = isinstance(first, int) and first not in self.taps
                conv = lead and structures.kind(first) == "conv"
                before.setdefault(structures.key(second), []).append(
                    structures.key(first) if conv else -1
                )
        return {
            key: found[0]
            for key, found in before.items()
            if len(found) > 2 and found[0] >= 0 and len(set(found)) == 1
        }

    def is_network(self, element: FreeGraph) -> bool:
        """Whether free wiring is most of a network that is small enough to stand in the row."""
        return MOST_OF_IT * self.total <= self.structures.size(element) <= LARGEST_ROW

    def has_calls(self, element: Element) -> bool:
        """Whether a path of an element has a module in it."""
        return any(isinstance(one, Call) for chain in chains_of(element) for one in chain)

    def parts(self) -> None:
        """Equal paths of several layers in free wiring become modules."""
        structures = self.structures
        found: dict[tuple[int, ...], list[Chain]] = {}
        shut = self.drafts.is_coded
        for chain in (one for root in self.roots for one in graph_chains(root, shut)):
            if len(chain) < 2 or any(not isinstance(element, int) for element in chain):
                continue
            if not begins(chain[0], structures.nodes) and not self.begins_merge(chain):
                found.setdefault(structures.chain_key(chain), []).append(chain)
        for key, chains in found.items():
            convolutions = all("conv" in structures.kind(element) for element in chains[0])
            least = 2 if convolutions and len(chains) > MANY_PARTS else 3
            if len(chains) > 1 and structures.chain_size(chains[0]) >= least:
                for chain in chains:
                    chain[:] = [self.drafts.call(("part", key), "linear", list(chain))]
        if self.drafts.found:
            for outer in (one for root in self.roots for one in every_chain(root)):
                for element in outer:
                    if not isinstance(element, int):
                        element.key = UNKNOWN

    def nested_graphs(self, element: FreeGraph) -> None:
        """Free wiring in free wiring becomes modules, and so do large blocks where it is long."""
        long = self.structures.size(element) > LARGEST_ROW
        for _, chain in element.nodes:
            for place, inner in enumerate(chain):
                if isinstance(inner, Parallel) and long and self.structures.size(inner) >= LARGE:
                    if not has_input(inner, self.structures.nodes):
                        chain[place] = self.drafts.call(
                            self.structures.key(inner), "block", [inner]
                        )
                elif isinstance(inner, FreeGraph):
                    self.nested_graphs(inner)
                    if has_input(inner, self.structures.nodes):
                        continue
                    chain[place] = self.drafts.call(self.structures.key(inner), "graph", [inner])

    def begins_merge(self, chain: Chain) -> bool:
        """Whether a node of free wiring brings several ways together."""
        return isinstance(chain[0], int) and KINDS[self.structures.kind(chain[0])].join is not None


def run_lengths(keys: Sequence[int], period: int) -> list[int]:
    """How many items from each place on equal the one a period later."""
    result = [0] * (len(keys) + 1)
    for at in range(len(keys) - period - 1, -1, -1):
        result[at] = result[at + 1] + 1 if keys[at] == keys[at + period] else 0
    return result
