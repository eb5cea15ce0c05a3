"""The outline of a tree whose modules are chosen: their parameters, and all layers as items."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, assert_never

from archviz.importers.compact.code_names import CodeNames
from archviz.importers.compact.module_drafts import MOST_TOWERS, ModuleDraft
from archviz.importers.compact.names import name_modules, with_kernel
from archviz.importers.compact.outline import (
    WHEN,
    AuxiliaryItem,
    CallItem,
    GraphItem,
    Item,
    LayerItem,
    NameItem,
    Outline,
    OutlineModule,
    OutputsItem,
    ParallelItem,
    Parameter,
    RepeatItem,
    Values,
    begun,
    going_on,
    with_names,
)
from archviz.importers.compact.outline_parts import called_in, columns, renumbered
from archviz.importers.compact.outputs import tail_of
from archviz.importers.compact.parameters import (
    InferredParameter,
    family,
    infer_parameters,
    text_of,
)
from archviz.importers.compact.repeats import MOST_AT_ONE_SIZE, MOST_VARIABLES, with_repeats
from archviz.importers.compact.rows import TAKES
from archviz.importers.compact.several_inputs import START, has_input
from archviz.importers.compact.structure import (
    EXTRA,
    OPTIONAL,
    TIMES,
    Structures,
    VaryingField,
    layer_structure,
)
from archviz.importers.compact.told_apart import stretches
from archviz.importers.compact.tree import (
    Call,
    Chain,
    Element,
    Fork,
    FreeGraph,
    Parallel,
    Run,
    chain_layers,
    chains_of,
    last_layer,
)
from archviz.language.repeats import MAX_COPIES

MOST_PARAMETERS = 16
"""A module that would take more becomes several."""


def build_outline(
    name: str,
    first: int,
    chain: Chain,
    structures: Structures,
    drafts: Sequence[ModuleDraft],
    hung: Hung,
    code: CodeNames,
) -> Outline:
    """The outline of the network that begins with layer ``first`` and goes on with ``chain``.

    ``hung`` is what hangs on its layers; ``code`` knows what the model's own code calls its parts.
    """
    return _OutlineBuilder(structures, drafts, hung).outline(name, first, chain, code)


class Hung(NamedTuple):
    """What hangs on layers, by their numbers: auxiliary classifiers, and names of values.

    ``ends``: names of several outputs, with what leads to each; nothing for what the row ends in.
    ``kept``: names that layers take.
    """

    heads: Mapping[int, list[Chain]]
    names: Mapping[int, str]
    ends: Sequence[tuple[str, Chain]] = ()
    kept: Collection[str] = ()


class ModulePlan(NamedTuple):
    """A module whose parameters are known, and the texts of its fields."""

    takes: tuple[InferredParameter, ...]
    texts: tuple[str, ...]
    body: Chain


class _OutlineBuilder:
    def __init__(self, structures: Structures, drafts: Sequence[ModuleDraft], hung: Hung) -> None:
        self.structures = structures
        self.drafts = list(drafts)
        self.heads, self.names, self.ends, self.kept = hung
        self.plans: dict[int, ModulePlan] = {}
        self.arguments: dict[Call, tuple[VaryingField, ...]] = {}

    def outline(self, name: str, first: int, chain: Chain, code: CodeNames) -> Outline:
        self.split_off()
        body = self.body(chain, first)
        used = self.first_uses([*chain, *(one for _, end in self.ends for one in end)])
        bodies = {index: self.plans[index].body for index in used}
        labels = name_modules(self.structures, self.drafts, bodies, code)
        places = {index: place for place, index in enumerate(used)}
        modules = []
        for index in used:
            plan = self.plans[index]
            takes = tuple(Parameter(found.name, found.default) for found in plan.takes)
            inside = tuple(self.items(plan.body, iter(plan.texts)))
            inside = renumbered(with_repeats(inside, [one.name for one in takes]), places)
            inside = with_names(inside, ()) if self.names else inside
            label = with_kernel(labels[index], inside)
            modules.append(OutlineModule(*label, takes, inside, self.values_in(plan.body)))
        entry = None
        if not self.is_start(first):
            layer = layer_structure(self.structures.nodes[first])
            texts = tuple([(field, text_of(value)) for field, value in layer.varying])
            entry = LayerItem("input", layer.fixed, texts)
        return Outline(name, entry, tuple(modules), renumbered(body, places))

    def values_in(self, chain: Chain) -> tuple[str, ...]:
        """The named values that layers of a chain take, those in its modules among them."""
        taken = [self.structures.nodes[layer if layer >= 0 else ~layer].options.get(TAKES, ())
                 for layer in chain_layers(chain)]  # fmt: skip
        return tuple(dict.fromkeys([name for names in taken for name in names]))

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

    def split_off(self) -> None:
        """Calls that would make their module take too much become modules of their own."""
        done = 0
        while done < len(self.drafts):
            while self.parted():
                pass
            draft = self.drafts[done]
            done += 1
            if len(draft.calls) < 2:
                continue
            plan = self.plan(done - 1)
            if len(plan.takes) > MOST_PARAMETERS:
                self.split(done - 1)
            elif 2 < len(draft.calls) <= 64 and draft.role == "block" and not draft.coded:
                rest = self.parameters_of(draft.calls[:-1])
                if self.sizes(rest) < self.sizes(plan.takes):
                    self.move([draft.calls.pop()], draft)

    def parted(self) -> bool:
        """Let calls with calls of different modules in them be of different modules, too."""
        for draft in self.drafts:
            groups: dict[tuple[int, ...], list[Call]] = {}
            for call in draft.calls:
                groups.setdefault(tuple(called_in(call.body)), []).append(call)
            if len(groups) > 1:
                draft.calls[:], *others = groups.values()
                for calls in others:
                    self.move(calls, draft)
                return True
        return False

    def split(self, index: int) -> None:
        """A module for each set of equal values."""
        rows: dict[tuple[VaryingField, ...], list[Call]] = {}
        for call in self.drafts[index].calls:
            rows.setdefault(tuple(self.varying(call.body)), []).append(call)
        first, *others = rows.values()
        self.drafts[index].calls[:] = first
        for calls in others:
            self.move(calls, self.drafts[index])

    def move(self, calls: list[Call], like: ModuleDraft) -> None:
        """Let calls be of a new module; what was found for others is found again."""
        for call in calls:
            call.module = len(self.drafts)
        self.drafts.append(like._replace(calls=calls))
        self.plans.clear()
        self.arguments.clear()

    def parameters_of(self, calls: Sequence[Call]) -> Sequence[InferredParameter]:
        rows = [self.varying(call.body) for call in calls]
        return infer_parameters(columns(rows))[0]

    def sizes(self, takes: Sequence[InferredParameter]) -> int:
        return sum(family(one.field) == "size" for one in takes)

    # ---- parameters ---------------------------------------------------------------------------

    def plan(self, index: int) -> ModulePlan:
        """Find the parameters of a module and the arguments of its calls."""
        if index in self.plans:
            return self.plans[index]
        calls = self.drafts[index].calls
        rows = [self.pieces(call.body) for call in calls]
        if rows.count(rows[0]) == len(rows):
            del rows[1:]  # calls that are all equal have no parameters
        takes, texts = infer_parameters(columns([joined(row) for row in rows]))
        plan = self.plans[index] = ModulePlan(tuple(takes), tuple(texts), calls[0].body)
        if takes:
            for number, call in enumerate(calls):
                self.arguments[call] = tuple((found.field, found.values[number]) for found in takes)
        return plan

    def varying(self, chain: Chain) -> list[VaryingField]:
        """Fields and values of a chain; of the calls in it their arguments."""
        return joined(self.pieces(chain))

    def pieces(self, chain: Chain) -> list[tuple[VaryingField, ...]]:
        """The varying fields of a chain, layer by layer and call by call."""
        layer = self.structures.layer
        found: list[tuple[VaryingField, ...]] = []
        for element in chain:
            if isinstance(element, int):
                found.append(layer(element).varying)
            elif isinstance(element, Call):
                takes = self.plan(element.module).takes
                if takes and element.present:
                    found.append(self.arguments[element])
                elif takes:
                    found.append(tuple([(one.field, None) for one in takes]))
                if element.optional:
                    found.append(((EXTRA, int(element.present)),))
            else:
                for inner in chains_of(element):
                    found += self.pieces(inner)
                if isinstance(element, Parallel):
                    found.append(layer(element.merge).varying)
                elif isinstance(element, Run):
                    found.append(((TIMES, len(element.bodies)),))
        return found

    # ---- items --------------------------------------------------------------------------------

    def body(self, chain: Chain, first: int) -> tuple[Item, ...]:
        """The row behind its first layer, and the outputs where it has several."""
        if not self.ends:
            return self.row(chain, first)
        lengths = [len(end) for _, end in self.ends if end]
        start = max(tail_of(chain, self.names.keys(), lengths), self.is_start(first))
        last = last_layer(chain[start - 1]) if start else first
        found = [self.rendered(end or chain[start:]) for _, end in self.ends]
        if last is not None and last in self.names:  # what goes on from there needs no word for it
            found = [going_on(branch, self.names[last]) for branch in found]
        kept = {*self.kept, *(name for branch in found for name in begun(branch))}
        branches = zip([name for name, _ in self.ends], found, strict=True)
        outputs = OutputsItem(tuple([(name, with_names(one, kept)) for name, one in branches]))
        return (*with_names(self.row(chain[:start], first), kept), outputs)

    def is_start(self, first: int) -> bool:
        """Whether what a row begins with is not before it, but in its first element."""
        return self.structures.nodes[first] is START

    def row(self, chain: Chain, first: int) -> tuple[Item, ...]:
        """A part of the row with what hangs on its layers."""
        texts = iter([text_of(value) for _, value in self.varying(chain)])
        begin: list[Item] = [NameItem(self.names[first])] if first in self.names else []
        rows: list[list[Item]] = [[*begin, *self.hanging(first)]]
        most = [MOST_VARIABLES]
        cut = stretches(self.structures, chain)
        for place, element in enumerate(chain):
            if place in cut.begins:
                rows.append([])
                most.append(MOST_AT_ONE_SIZE)
            elif place in cut.changes:
                most[-1] = MOST_VARIABLES
            rows[-1] += self.named(element, texts)
            if self.heads:
                rows[-1] += self.hanging(last_layer(element))
        made = [with_repeats(row, (), few) for row, few in zip(rows, most, strict=True)]
        return tuple([item for row in made for item in row])

    def rendered(self, chain: Chain) -> tuple[Item, ...]:
        """A chain without parameters as items, with its repeats."""
        texts = iter([text_of(value) for _, value in self.varying(chain)])
        return with_repeats(list(self.items(chain, texts)))

    def hanging(self, layer: int | None) -> list[Item]:
        """The auxiliary classifiers that hang on a layer of the row."""
        heads = self.heads.get(layer, ()) if layer is not None else ()
        return [AuxiliaryItem(self.rendered(head)) for head in heads]

    def items(self, chain: Chain, texts: Iterator[str]) -> Iterator[Item]:
        for element in chain:
            yield from self.named(element, texts)

    def named(self, element: Element, texts: Iterator[str]) -> list[Item]:
        """An element, and the name of its value where it has one."""
        item = self.item(element, texts)
        last = last_layer(element) if self.names else None
        if last is None or last not in self.names or isinstance(element, FreeGraph):
            return [item]  # free wiring has the name inside
        return [item, NameItem(self.names[last])]

    def item(self, element: Element, texts: Iterator[str]) -> Item:
        """An element with its texts filled in."""
        match element:
            case int():
                return self.layer_item(element, texts)
            case Call():
                names = [one.name for one in self.plans[element.module].takes]
                values = [(name, next(texts)) for name in names]
                when = next(texts) if element.optional else "1"
                values += [(WHEN, when)] if when != "1" else []
                return CallItem(element.module, tuple(values))
            case Run():
                body = tuple(self.items(element.bodies[0], texts))
                times = next(texts)
                return body[0] if times == "1" else RepeatItem(0, body, often=times)
            case FreeGraph():
                nodes = [(name, tuple(self.items(chain, texts))) for name, chain in element.nodes]
                return GraphItem(tuple(nodes), tuple(element.edges))
            case Fork():
                return ParallelItem("fork", self.paths(element, texts))
            case Parallel():
                return self.parallel_item(element, texts)
            case _:
                assert_never(element)

    def paths(self, element: Fork | Parallel, texts: Iterator[str]) -> tuple[tuple[Item, ...], ...]:
        return tuple([tuple(self.items(chain, texts)) for chain in element.branches])

    def parallel_item(self, element: Parallel, texts: Iterator[str]) -> ParallelItem:
        paths = self.paths(element, texts)
        merge = self.layer_item(element.merge, texts)
        if MOST_TOWERS < len(paths) <= MAX_COPIES and paths[0] and len(set(paths)) == 1:
            return ParallelItem("towers", paths[:1], merge, len(paths))
        return ParallelItem(self.form(element), paths, merge)

    def form(self, parallel: Parallel) -> str:
        """Whether parallel paths are a residual, its main path first, or towers."""
        kind = self.structures.kind(parallel.merge)
        if self.structures.may_lack(parallel.merge):
            return "residual"
        if has_input(parallel, self.structures.nodes):
            return "towers"
        if len(parallel.branches) != 2 or any(
            b and isinstance(b[-1], Fork) for b in parallel.branches
        ):
            return "towers"
        main, side = parallel.branches
        if kind == "scaled-add":
            return "residual"
        if not main or kind == "op-merge":
            return "towers"
        if not side:
            return "residual"
        weighed = [sum(self.weighs(layer) for layer in branch) for branch in parallel.branches]
        short = weighed[1] == 1 and len(side) <= 2
        return "residual" if kind == "add" and short and weighed[0] > 1 else "towers"

    def weighs(self, element: Element) -> int:
        return 2 if not isinstance(element, int) else int("conv" in self.structures.kind(element))

    def layer_item(self, number: int, texts: Iterator[str]) -> LayerItem:
        layer = self.structures.layer(number)
        values = [(field, next(texts)) for field, _ in layer.varying]
        return LayerItem(self.structures.kind(number), layer.fixed, _there(values))


def _there(values: Sequence[tuple[str, str]]) -> Values:
    """The texts of fields, without that of presence where all have it."""
    return tuple([(name, text) for name, text in values if name not in OPTIONAL or text != "1"])


def joined(pieces: Sequence[tuple[VaryingField, ...]]) -> list[VaryingField]:
    """All fields of some pieces."""
    return [field for piece in pieces for field in piece]
