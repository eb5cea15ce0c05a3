"""A network unrolled: every layer of every iteration, tower and call, wired one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archviz.analysis import Outcome, measure
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.kinds import KINDS
from archviz.model import (
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
from archviz.options import OPTIONS

_PLAIN = Layer("", "", None)  # type: ignore[arg-type]
_FIELDS: dict[str, tuple[str, ...]] = {}


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a layer that say what it computes, for its kind."""
    found = _FIELDS.get(kind)
    if found is None:
        names = dict.fromkeys(OPTIONS[option].field for option in KINDS[kind].options)
        extra = ["shared"]
        if kind in ("op", "op-merge"):
            extra.append("label")
        found = _FIELDS[kind] = (*names, *extra)
    return found


def flatten_network(network: Network) -> LayerGraph:
    """The layers of a network in order of execution, as an import would have read them."""
    flat = _Flat()
    end = flat.series(network.body, -1)
    nodes = tuple(flat.nodes)
    return LayerGraph(network.head.name, nodes, (*flat.outputs, nodes[end].id))


class _Flat:
    """Layers are known by their number while unrolling."""

    def __init__(self) -> None:
        self.nodes: list[LayerNode] = []
        self.before = -1
        """What the item before this one took in; in front of a series, what that takes in."""
        self.outputs: list[str] = []
        self.known: dict[tuple[Any, ...], Outcome] = {}
        self.options: dict[int, tuple[Layer, dict[str, Any]]] = {}

    def add(self, layer: Layer, sources: Sequence[int]) -> int:
        number = len(self.nodes)
        shapes: tuple[Shape, ...] = tuple(self.nodes[source].shape for source in sources)
        key = (id(layer), shapes)
        outcome = self.known.get(key)
        if outcome is None:
            names = tuple(self.nodes[source].id for source in sources)
            outcome = measure(layer, shapes or (layer.shape,), names)
            self.known[key] = outcome
        options = self.options.get(id(layer))
        if options is None:
            stated = {
                field: value
                for field in fields_of(layer.kind)
                if (value := getattr(layer, field)) != getattr(_PLAIN, field)
            }
            options = self.options[id(layer)] = (layer, stated)
        node = LayerNode(
            f"{layer.kind}-{number}", layer.kind, tuple(self.nodes[one].id for one in sources),
            options[1], outcome.shape, (), outcome.trainable + outcome.non_trainable,
            outcome.non_trainable, outcome.macs,
        )  # fmt: skip
        self.nodes.append(node)
        return number

    def branch(self, series: Series, at: int) -> int:
        """A series that begins anew: nothing stands before its first item."""
        self.before = at
        return self.series(series, at)

    def series(self, series: Series, at: int) -> int:
        for node in series.nodes:
            entered, at = at, self.node(node, at)
            if isinstance(node, Layer) and node.kind == "input":
                self.before = at
            elif at != entered and not isinstance(node, Repeat | Series):
                self.before = entered
        return at

    def node(self, node: Node, at: int) -> int:
        if isinstance(node, Layer):
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
            return self.add(node.merge, [self.branch(branch, at) for branch in branches])
        if isinstance(node, Residual):
            main = self.branch(node.main, at)
            return self.add(node.merge, (main, self.branch(node.shortcut, at)))
        if isinstance(node, Auxiliary):
            before = self.before
            self.outputs.append(self.nodes[self.branch(node.body, at)].id)
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
            ends[name] = self.branch(Series(body.nodes[1:]), self.add(first, froms))
        return ends[sources["out"][0]]
