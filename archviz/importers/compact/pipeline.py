"""From a layer graph to an outline: reduction, modules, parameters, repeats."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from archviz.importers.compact.module_calls import MOST_TOWERS, Group
from archviz.importers.compact.modules import Selector
from archviz.importers.compact.names import name_modules, with_kernel
from archviz.importers.compact.outline import (
    Cell,
    Head,
    Invoke,
    Item,
    Outline,
    Parameter,
    Split,
    Unit,
    Wires,
    badges_once,
    parts,
    with_parts,
)
from archviz.importers.compact.parameters import Column, Found, family, infer, text_of
from archviz.importers.compact.prepare import Offshoot, Settled, joined_outputs, settle
from archviz.importers.compact.repeats import compress
from archviz.importers.compact.series_parallel import Wiring, reduce
from archviz.importers.compact.several_inputs import START, cut_start, has_input, with_start
from archviz.importers.compact.structure import Book, Slot, take_apart
from archviz.importers.compact.tree import Call, Chain, Element, Fork, Par, Wild, chains_of
from archviz.importers.graphs import ORDERED, LayerGraph, LayerNode
from archviz.language.repeats import MAX_COPIES

MOST_PARAMETERS = 16
NOWHERE = LayerNode("", "dropout", (), {"drawn": False})
"""A layer that does nothing and is not drawn: a second way between two layers."""


def compact(graph: LayerGraph, file: str = "<model>") -> Outline:
    """The outline of a model.

    Raises:
        ArchvizError: the model has no input.
    """
    settled = settle(graph, file)
    nodes = list(with_start(settled.nodes))
    chain, taps = _tree(nodes, settled)
    if taps is None:
        hanging = [node for shoot in settled.offshoots for node in shoot.nodes]
        settled = joined_outputs([*settled.nodes, *hanging], list(graph.outputs))
        nodes = list(with_start(settled.nodes))
        chain, taps = _tree(nodes, settled)
    first = nodes[0]
    if first is START:
        cut_start(chain, nodes)
        if isinstance(chain[0], int):
            first = nodes[chain[0]]
            del chain[0]
    heads: dict[int, list[Offshoot]] = {}
    for shoot, tap in zip(settled.offshoots, taps or (), strict=True):
        heads.setdefault(tap, []).append(shoot)
    bodies = {tap: [_head(nodes, tap, shoot) for shoot in shoots] for tap, shoots in heads.items()}
    book = Book(nodes)
    put_in_order(book, chain)
    for tap_bodies in bodies.values():
        for body in tap_bodies:
            put_in_order(book, body)
    selector = Selector(book, chain, list(heads))
    groups = selector.run()
    outline = _Writer(book, groups, bodies).outline(graph.name, first, chain)
    hidden, note = badges_once(outline)
    return outline._replace(joined=settled.joined, hidden=hidden, notes=(note,) if note else ())


def _tree(nodes: list[LayerNode], settled: Settled) -> tuple[Chain, list[int] | None]:
    """The chain behind the input, and where the offshoots hang; None where one cannot."""
    index = {node.id: number for number, node in enumerate(nodes)}
    inputs = [[index[source] for source in node.inputs] for node in nodes]
    kinds = [node.kind if node is not START else "start" for node in nodes]
    chain, spare = reduce(Wiring(kinds, inputs))
    nodes += [NOWHERE] * spare
    if not settled.offshoots:
        return chain, []
    ends = {0}
    for element in chain:
        if isinstance(element, int):
            ends.add(element)
        elif isinstance(element, Par):
            ends.add(element.merge)
        elif isinstance(element, Wild):
            last = next(source for source, target in element.edges if target == "out")
            final = dict(element.nodes)[last][-1]
            ends.add(final.merge if isinstance(final, Par) else final)  # type: ignore[arg-type]
    taps = [index[shoot.tap] for shoot in settled.offshoots]
    return chain, taps if ends.issuperset(taps) else None


def _head(nodes: list[LayerNode], tap: int, shoot: Offshoot) -> Chain:
    """The chain of an auxiliary classifier; its layers go behind all others."""
    first = len(nodes)
    index = {node.id: number for number, node in enumerate(shoot.nodes, 1)}
    index[shoot.tap] = 0
    inputs = [[], *([index[source] for source in node.inputs] for node in shoot.nodes)]
    kinds = [nodes[tap].kind, *(node.kind for node in shoot.nodes)]
    chain, spare = reduce(Wiring(kinds, inputs))
    nodes += [*shoot.nodes, *([NOWHERE] * spare)]
    return _shifted(chain, first - 1)


def _shifted(chain: Chain, by: int) -> Chain:
    result: Chain = []
    for element in chain:
        if isinstance(element, int):
            result.append(element + by)
            continue
        if isinstance(element, Par):
            element.merge += by
        for inner in chains_of(element):
            inner[:] = _shifted(inner, by)
        result.append(element)
    return result


def put_in_order(book: Book, chain: Chain) -> None:
    """Paths in the order in which a person lists them: the longest first, pooling behind."""
    order = partial(_order, book)
    for element in chain:
        if isinstance(element, int):
            continue
        if element.depth > 1:
            for inner in chains_of(element):
                put_in_order(book, inner)
        if isinstance(element, Wild | Call):
            continue
        kind = book.kind(element)
        if kind not in ORDERED and not has_input(element, book.nodes):
            element.branches.sort(key=order)


def _order(book: Book, branch: Chain) -> tuple[int, bool, tuple[int, ...]]:
    for element in branch:
        if not isinstance(element, int):
            book.key(element)  # before its layers: the order goes by the numbers of keys
    keys, sizes = book.chain_key(branch), book.sizes
    pool = bool(branch) and "pool" in book.kind(branch[0])
    return -sum([sizes[key] for key in keys]), pool, keys


class Plan(NamedTuple):
    """A module whose parameters are known, and the texts of its fields."""

    takes: tuple[Found, ...]
    texts: tuple[str, ...]
    body: Chain


class _Writer:
    def __init__(self, book: Book, groups: Sequence[Group], heads: dict[int, list[Chain]]) -> None:
        self.book = book
        self.groups = list(groups)
        self.heads = heads
        self.plans: dict[int, Plan] = {}
        self.arguments: dict[int, tuple[Slot, ...]] = {}

    def outline(self, name: str, first: LayerNode, chain: Chain) -> Outline:
        self.separate()
        body = self.rendered(chain, (), True)
        used = self.first_uses(chain)
        bodies = {index: self.plans[index].body for index in used}
        labels = name_modules(self.book, self.groups, bodies)
        places = {index: place for place, index in enumerate(used)}
        units = []
        for index in used:
            plan = self.plans[index]
            takes = tuple(Parameter(found.name, found.default) for found in plan.takes)
            inside = tuple(self.items(plan.body, iter(plan.texts)))
            inside = _renumbered(compress(inside, [one.name for one in takes]), places)
            units.append(Unit(*with_kernel(labels[index], inside), takes, inside))
        entry = None
        if first is not START:
            leaf = take_apart(first)
            texts = tuple([(field, text_of(value)) for field, value in leaf.slots])
            entry = Cell(first.kind, leaf.fixed, texts)
        return Outline(name, entry, tuple(units), _renumbered(body, places))

    def first_uses(self, chain: Chain) -> list[int]:
        """The modules in the order in which the figure shows them."""
        found: dict[int, None] = {}

        def look(inner: Chain) -> None:
            for element in inner:
                if isinstance(element, Call):
                    if element.module in found:
                        continue
                    found[element.module] = None
                for branch in chains_of(element):
                    look(branch)

        look(chain)
        return list(found)

    def separate(self) -> None:
        """Calls that would make their module take too much become modules of their own."""
        done = 0
        while done < len(self.groups):
            group = self.groups[done]
            done += 1
            if len(group.calls) < 2:
                continue
            plan = self.plan(done - 1)
            if len(plan.takes) > MOST_PARAMETERS:
                self.split(done - 1)
            elif 2 < len(group.calls) <= 64 and group.role == "block":
                rest = self.found_in(group.calls[:-1])
                if self.sizes(rest) < self.sizes(plan.takes):
                    self.move([group.calls.pop()])

    def split(self, index: int) -> None:
        """A module for each set of equal values."""
        rows: dict[tuple[Slot, ...], list[Call]] = {}
        for call in self.groups[index].calls:
            rows.setdefault(tuple(self.slots(call.body)), []).append(call)
        first, *others = rows.values()
        self.groups[index].calls[:] = first
        for calls in others:
            self.move(calls, self.groups[index].role)

    def move(self, calls: list[Call], role: str = "block") -> None:
        """Let calls be of a new module; what was found for others is found again."""
        for call in calls:
            call.module = len(self.groups)
        self.groups.append(Group(role, calls))
        self.plans.clear()
        self.arguments.clear()

    def found_in(self, calls: Sequence[Call]) -> Sequence[Found]:
        rows = [self.slots(call.body) for call in calls]
        return infer(_columns(rows))[0]

    def sizes(self, takes: Sequence[Found]) -> int:
        return sum(family(one.field) == "size" for one in takes)

    # ---- parameters ---------------------------------------------------------------------------

    def plan(self, index: int) -> Plan:
        """Find the parameters of a module and the arguments of its calls."""
        if index in self.plans:
            return self.plans[index]
        calls = self.groups[index].calls
        rows = [self.pieces(call.body) for call in calls]
        if rows.count(rows[0]) == len(rows):
            del rows[1:]  # calls that are all equal have no parameters
        takes, texts = infer(_columns([joined(row) for row in rows]))
        plan = self.plans[index] = Plan(tuple(takes), tuple(texts), calls[0].body)
        if takes:
            for number, call in enumerate(calls):
                self.arguments[id(call)] = tuple(
                    (found.field, found.values[number]) for found in takes
                )
        return plan

    def slots(self, chain: Chain) -> list[Slot]:
        """Fields and values of a chain; of the calls in it their arguments."""
        return joined(self.pieces(chain))

    def pieces(self, chain: Chain) -> list[tuple[Slot, ...]]:
        """The slots of a chain, layer by layer and call by call."""
        leaf = self.book.leaf
        found: list[tuple[Slot, ...]] = []
        for element in chain:
            if isinstance(element, int):
                found.append(leaf(element).slots)
            elif isinstance(element, Call):
                if self.plan(element.module).takes:
                    found.append(self.arguments[id(element)])
            else:
                for inner in chains_of(element):
                    found += self.pieces(inner)
                if isinstance(element, Par):
                    found.append(leaf(element.merge).slots)
        return found

    # ---- items --------------------------------------------------------------------------------

    def rendered(self, chain: Chain, taken: Collection[str], top: bool = False) -> tuple[Item, ...]:
        """A chain without parameters as items, with its repeats."""
        texts = iter([text_of(value) for _, value in self.slots(chain)])
        items: list[Item] = []
        for element in chain:
            items.append(self.item(element, texts))
            if top and self.heads:
                end = self.last_leaf(element)
                for head in self.heads.get(end, ()):
                    items.append(Head(self.rendered(head, taken)))
        if top and 0 in self.heads:
            items[:0] = [Head(self.rendered(head, taken)) for head in self.heads[0]]
        return compress(items, taken)

    def last_leaf(self, element: Element) -> int:
        while not isinstance(element, int):
            if isinstance(element, Par):
                return element.merge
            element = chains_of(element)[-1][-1]
        return element

    def items(self, chain: Chain, texts: Iterator[str]) -> Iterator[Item]:
        for element in chain:
            yield self.item(element, texts)

    def item(self, element: Element, texts: Iterator[str]) -> Item:
        """An element with its texts filled in."""
        if isinstance(element, int):
            return self.cell(element, texts)
        if isinstance(element, Call):
            takes = self.plans[element.module].takes
            return Invoke(element.module, tuple([(found.name, next(texts)) for found in takes]))
        branches = tuple(tuple(self.items(chain, texts)) for chain in chains_of(element))
        if isinstance(element, Wild):
            names = [name for name, _ in element.nodes]
            return Wires(tuple(zip(names, branches, strict=True)), tuple(element.edges))
        if isinstance(element, Fork):
            return Split("fork", branches)
        merge = self.cell(element.merge, texts)
        if MOST_TOWERS < len(branches) <= MAX_COPIES and branches[0] and len(set(branches)) == 1:
            return Split("towers", branches[:1], merge, len(branches))
        return Split(self.form(element), branches, merge)

    def form(self, par: Par) -> str:
        """Whether parallel paths are a residual, its main path first, or towers."""
        kind = self.book.kind(par.merge)
        if has_input(par, self.book.nodes):
            return "towers"
        if len(par.branches) != 2 or any(b and isinstance(b[-1], Fork) for b in par.branches):
            return "towers"
        main, side = par.branches
        if kind == "scaled-add":
            return "residual"
        if not main or kind == "op-merge":
            return "towers"
        if not side:
            return "residual"
        weighed = [sum(self.weighs(leaf) for leaf in branch) for branch in par.branches]
        short = weighed[1] == 1 and len(side) <= 2 and self.book.chain_size(main) > 2
        return "residual" if kind == "add" and short and weighed[0] > 1 else "towers"

    def weighs(self, element: Element) -> int:
        return 2 if not isinstance(element, int) else int("conv" in self.book.kind(element))

    def cell(self, number: int, texts: Iterator[str]) -> Cell:
        leaf = self.book.leaf(number)
        values = tuple((field, next(texts)) for field, _ in leaf.slots)
        kept = tuple(
            (field, text) for field, text in values if not (field == "present" and text == "1")
        )
        return Cell(self.book.kind(number), leaf.fixed, kept)


def joined(pieces: Sequence[tuple[Slot, ...]]) -> list[Slot]:
    """All slots of some pieces."""
    return [slot for piece in pieces for slot in piece]


def _columns(rows: Sequence[Sequence[Slot]]) -> list[Column]:
    return [
        Column(field, tuple(row[place][1] for row in rows))
        for place, (field, _) in enumerate(rows[0])
    ]


def _renumbered(items: Sequence[Item], places: Mapping[int, int]) -> tuple[Item, ...]:
    """Items whose calls count the modules of the outline."""
    found = []
    for item in items:
        if isinstance(item, Invoke):
            item = item._replace(module=places[item.module])
        found.append(with_parts(item, tuple(_renumbered(one, places) for one in parts(item))))
    return tuple(found)
