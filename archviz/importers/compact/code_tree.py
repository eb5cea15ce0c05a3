"""The tree of a model whose code tells its parts: each is decomposed for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import zip_longest
from typing import Any, assert_never

from archviz.importers.code_parts import code_parts
from archviz.importers.compact.code_modules import PartTree
from archviz.importers.compact.module_drafts import ModuleDrafts
from archviz.importers.compact.outputs import BEGINS
from archviz.importers.compact.path_order import put_in_order
from archviz.importers.compact.series_parallel import Wiring, decompose, nesting
from archviz.importers.compact.several_inputs import START
from archviz.importers.compact.structure import Structures
from archviz.importers.compact.tree import (
    Call,
    Chain,
    Fork,
    FreeGraph,
    Parallel,
    Run,
    chains_of,
    last_layer,
    takes_previous,
)
from archviz.importers.graphs import LayerNode
from archviz.network.kinds import KINDS

NOWHERE = LayerNode("", "dropout", (), {"drawn": False})
"""A layer that does nothing and is not drawn: a second way between two layers."""


class CodeTree:
    """The chain behind a layer, with calls in it for the parts of the code.

    The layers are ``nodes`` from ``start`` on; others, which the tree is not of, stand before.
    """

    def __init__(
        self,
        nodes: list[LayerNode],
        classes: Mapping[str, str],
        used: Sequence[str],
        start: int = 0,
    ) -> None:
        self.nodes = nodes
        self.start, self.stop = start, len(nodes)
        own = nodes[start:]
        parts, instances = code_parts(own, classes, used)
        self.parts = [
            part._replace(layers=tuple([layer + start for layer in part.layers])) for part in parts
        ]
        drawn = sum(KINDS[node.kind].drawn for node in own if node is not START)
        self.tree = PartTree(self.parts, drawn, instances)
        self.owner: dict[int, int] = {}
        for number, part in enumerate(self.parts):
            for layer in part.layers:
                self.owner.setdefault(layer, number)
        self.index = {node.id: number for number, node in enumerate(own, start)}
        self.known: dict[tuple[Any, ...], tuple[Chain, int]] = {}
        """Chains of what is wired alike, by kinds and inputs, with the layers that are none."""
        self.plain: set[int] = set()
        """Parts with no others in them."""
        self.bodies: list[Chain] = []
        for number in range(len(self.parts)):
            self.bodies.append(self.region(number))
        self.chain = self.region(None)

    def own(self) -> dict[str, int]:
        """The numbers of its layers by name, without what only stands for values of others."""
        return {
            name: number
            for name, number in self.index.items()
            if BEGINS not in self.nodes[number].options
        }

    def item(self, layer: int, region: int | None) -> int:
        """A layer of a region, or ``~`` the part in that region that it is in."""
        at = self.owner.get(layer)
        inner = None
        while at is not None and at != region:
            inner, at = at, self.tree.outer.get(at)
        return layer if inner is None else ~inner

    def region(self, region: int | None) -> Chain:
        """A part, or all that is in none, as a chain with calls of the parts in it."""
        part = None if region is None else self.parts[region]
        entry = self.index[part.entry] if part else self.start
        layers = part.layers if part else range(self.start + 1, self.stop)
        places: dict[int, int] = {}
        items: list[int] = [entry]
        kinds = [self.kind(entry)]
        inputs: list[tuple[int, ...]] = [()]
        nodes, index, owner = self.nodes, self.index, self.owner
        for layer in layers:
            item = layer if owner.get(layer) == region else self.item(layer, region)
            sources: Sequence[str] = nodes[layer].inputs
            if item < 0:
                inner = self.parts[~item]
                if nodes[layer].id != inner.exit:
                    continue
                sources = (inner.entry,)
            inputs.append(tuple([places.get(index[source], 0) for source in sources]))
            places[layer] = len(items)
            items.append(item)
            kinds.append(self.kind(layer) if item >= 0 else "module")
        key = tuple(kinds), tuple(inputs)
        if key not in self.known:
            self.known[key] = decompose(Wiring(kinds, inputs))
        chain, spare = self.known[key]
        for _ in range(spare):
            items.append(len(nodes))
            nodes.append(NOWHERE)
        if region is not None and min(items) >= 0:
            self.plain.add(region)
        return self.named(chain, items)

    def kind(self, layer: int) -> str:
        """What a layer is to the decomposition."""
        return self.nodes[layer].kind if self.nodes[layer] is not START else "start"

    def named(self, chain: Chain, items: Sequence[int]) -> Chain:
        """A copy of a chain, with layers by number and calls of parts for places among items."""
        result: Chain = []
        for element in chain:
            match element:
                case int():
                    item = items[element]
                    result.append(item if item >= 0 else Call(~item, self.bodies[~item]))
                case Parallel():
                    branches = [self.named(inner, items) for inner in element.branches]
                    result.append(Parallel(branches, items[element.merge], element.depth))
                case Fork():
                    branches = [self.named(inner, items) for inner in element.branches]
                    result.append(Fork(branches, element.depth))
                case FreeGraph():
                    nodes = [(name, self.named(inner, items)) for name, inner in element.nodes]
                    result.append(FreeGraph(nodes, [*element.edges], element.depth))
                case Call() | Run():
                    raise AssertionError("there are no modules in it yet")
                case _:
                    assert_never(element)
        return result

    def ends(self) -> set[int]:
        """The layers between which the row can be cut."""
        found = {self.start}
        for element in self.chain:
            last = last_layer(element)
            if last is not None:
                found.add(last)
        return found

    def with_modules(self, structures: Structures, drafts: ModuleDrafts, inner: int) -> Chain:
        """The chain with calls of those parts that are modules; of others what is in them."""
        chosen = self.tree.modules(self.bodies, self.nodes, inner)
        return self.resolved(self.chain, chosen, structures, drafts)

    def resolved(
        self, chain: Chain, chosen: AbstractSet[int], structures: Structures, drafts: ModuleDrafts
    ) -> Chain:
        """A chain in which calls of parts are those of modules, or what is in the parts."""
        result: Chain = []
        for element, behind in zip_longest(chain, chain[1:]):
            if isinstance(element, int):
                result.append(element)
                continue
            if not isinstance(element, Call) or element.module not in self.plain:
                for inner in chains_of(element):
                    inner[:] = self.resolved(inner, chosen, structures, drafts)
            if not isinstance(element, Call):
                element.depth = 1 + nesting(chains_of(element))
                result.append(element)
                continue
            # a cell also takes the input of what is before it, which has to stand alone
            alone = behind is not None and takes_previous(behind) and len(element.body) > 1
            if element.module not in chosen and not alone:
                result += element.body
                continue
            put_in_order(structures, element.body)
            name = self.parts[element.module].name
            key = "code", name, structures.chain_key(element.body)
            role = "graph" if isinstance(element.body[0], FreeGraph) else "block"
            if not chosen.isdisjoint(self.tree.around(element.module)):
                role = "inner"
            result.append(drafts.call(key, role, element.body, name))
        return result
