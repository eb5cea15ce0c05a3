"""A network unrolled: every layer of every iteration, tower and call, wired one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.language.options import OPTIONS
from archviz.network.analysis import measure
from archviz.network.kinds import KINDS, STATED
from archviz.network.model import (
    Auxiliary,
    Graph,
    Layer,
    ModuleCall,
    Network,
    Node,
    Repeat,
    Residual,
    Series,
    Shape,
    Towers,
)

_PLAIN = Layer("", "", None)  # type: ignore[arg-type]
_FIELDS: dict[str, tuple[str, ...]] = {}


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a layer that say what it computes, for its kind."""
    found = _FIELDS.get(kind)
    if found is None:
        names = dict.fromkeys(OPTIONS[option].field for option in KINDS[kind].options)
        extra = ["shared", "own"]
        if kind in STATED:
            extra.append("label")
        found = _FIELDS[kind] = (*names, *extra)
    return found


class Wired(NamedTuple):
    """Layers in an order of execution, wired by their numbers.

    Layers that are alike may be one record, whose id and inputs say nothing then.
    """

    nodes: Sequence[LayerNode]
    inputs: list[tuple[int, ...]]
    outputs: list[int]
    auxiliary: tuple[tuple[int, int], ...] = ()
    """Start and end of each auxiliary classifier."""

    def total(self, field: str) -> int:
        """What the layers come to together, without those of auxiliary classifiers."""
        aside = [node for start, end in self.auxiliary for node in self.nodes[start:end]]
        own, hung = (sum([getattr(node, field) for node in some]) for some in (self.nodes, aside))
        return int(own - hung)


def flatten_network(network: Network) -> LayerGraph:
    """The layers of a network in order of execution, as an import would have read them."""
    flat = unrolled(network)
    ids = [f"{node.kind}-{number}" for number, node in enumerate(flat.nodes)]
    nodes = tuple(
        [
            node._replace(
                id=ids[number], inputs=tuple([ids[source] for source in flat.inputs[number]])
            )
            for number, node in enumerate(flat.nodes)
        ]
    )
    return LayerGraph(network.head.name, nodes, tuple([ids[number] for number in flat.outputs]))


def unrolled(network: Network) -> Wired:
    """The layers of a network in order of execution.

    Raises:
        ShapeError: a layer cannot take what it gets; ``analyse`` says which.
    """
    flat = _Flat()
    end = flat.series(network.body, -1)
    return Wired(flat.nodes, flat.inputs, [*flat.outputs, end], tuple(flat.auxiliary))


class _Flat:
    """Layers are known by their number while unrolling."""

    def __init__(self) -> None:
        self.nodes: list[LayerNode] = []
        self.inputs: list[tuple[int, ...]] = []
        self.before = -1
        """What the item before this one took in; in front of a series, what that takes in."""
        self.outputs: list[int] = []
        self.auxiliary: list[tuple[int, int]] = []
        self.known: dict[tuple[int, tuple[Shape, ...]], LayerNode] = {}

    def add(self, layer: Layer, sources: tuple[int, ...]) -> int:
        nodes = self.nodes
        number = len(nodes)
        shapes = tuple([nodes[source].shape for source in sources])
        node = self.known.get((id(layer), shapes))
        if node is None:
            names = [f"{nodes[source].kind}-{source}" for source in sources]
            node = self.known[id(layer), shapes] = _measured(layer, shapes, names)
        nodes.append(node)
        self.inputs.append(sources)
        return number

    def branch(self, series: Series, at: int) -> int:
        """A series that begins anew: nothing stands before its first item."""
        self.before = at
        return self.series(series, at)

    def series(self, series: Series, at: int) -> int:
        for node in series.nodes:
            entered, at = at, self.node(node, at)
            if entered < 0:  # it begins with inputs: nothing is before it
                self.before = at
            elif at != entered and not isinstance(node, Repeat | Series):
                self.before = entered
        return at

    def node(self, node: Node, at: int) -> int:
        if isinstance(node, Layer):
            if node.kind == "dropout" and not node.value:
                return at  # a second way between two layers
            sources = () if node.kind == "input" else (at,)
            return self.add(node, sources) if node.present or not sources else at
        if isinstance(node, Series):
            return self.series(node, at)
        if isinstance(node, ModuleCall):
            return self.series(node.body, at) if node.present else at
        if isinstance(node, Repeat):
            for body in node.bodies * (node.times if len(node.bodies) == 1 else 1):
                at = self.series(body, at)
            return at
        if isinstance(node, Towers):
            branches = node.branches * node.copies if node.copies > 1 else node.branches
            return self.add(node.merge, tuple([self.branch(branch, at) for branch in branches]))
        if isinstance(node, Residual):
            main = self.branch(node.main, at)
            return self.add(node.merge, (main, self.branch(node.shortcut, at)))
        if isinstance(node, Auxiliary):
            before, start = self.before, len(self.nodes)
            self.outputs.append(self.branch(node.body, at))
            self.auxiliary.append((start, len(self.nodes)))
            self.before = before
            return at
        return self.graph(node, at)

    def graph(self, node: Graph, at: int) -> int:
        ends = {"in": at, "previous": self.before}
        sources: dict[str, list[str]] = {}
        for source, target in node.edges:
            sources.setdefault(target, []).append(source)
        for name, body in node.nodes:
            froms = [ends[source] for source in sources.get(name, ())]
            if len(froms) < 2:  # without any, it begins with an input
                ends[name] = self.branch(body, froms[0] if froms else -1)
                continue
            first = body.nodes[0]
            assert isinstance(first, Layer)  # a node with several inputs begins with a merge
            ends[name] = self.branch(Series(body.nodes[1:]), self.add(first, tuple(froms)))
        return ends[sources["out"][0]]


def _measured(layer: Layer, shapes: tuple[Shape, ...], names: Sequence[str]) -> LayerNode:
    """What a layer states and what it comes to."""
    outcome = measure(layer, shapes or (layer.shape,), names)
    stated = {
        field: value
        for field in fields_of(layer.kind)
        if (value := getattr(layer, field)) != getattr(_PLAIN, field)
    }
    return LayerNode(
        "",
        layer.kind,
        (),
        stated,
        outcome.shape,
        (),
        outcome.trainable + outcome.non_trainable,
        outcome.non_trainable,
        outcome.macs,
    )
