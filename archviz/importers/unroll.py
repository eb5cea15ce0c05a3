"""A network unrolled: every layer of every iteration, tower and call, wired one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from typing import NamedTuple

from archviz.importers.graphs import LayerNode
from archviz.language.options import OPTIONS
from archviz.network.kinds import KINDS, STATED
from archviz.network.measure import measure
from archviz.network.model import (
    Auxiliary,
    Layer,
    Network,
    Outputs,
    Repeat,
    Series,
    Shape,
)
from archviz.network.paths import Scope
from archviz.network.walk import Run, Walk, gives, within

_PLAIN = Layer("", "", None)  # type: ignore[arg-type]


@cache
def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a layer that say what it computes, for its kind."""
    row = KINDS[kind]
    named = {*row.takes, *row.gives}  # values that it is wired to
    names = dict.fromkeys(OPTIONS[option].field for option in row.options if option not in named)
    return (*names, "shared", "own", "frozen", "untrained", *(["label"] if kind in STATED else []))


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
        own, hung = (sum(map(attrgetter(field), some)) for some in (self.nodes, aside))
        return int(own - hung)


def unrolled(network: Network) -> Wired:
    """The layers of a network in order of execution.

    Raises:
        ShapeError: a layer cannot take what it gets; ``analyse`` says which.
    """
    flat = _Flat()
    end = flat.series(network.body, flat.nothing, _Unnamed(""))
    return Wired(flat.nodes, flat.inputs, [*flat.ends, end], tuple(flat.spans))


class _Unnamed(Scope):
    """Nobody asks for the names of the layers."""

    def inside(self, word: str, name: str = "") -> Scope:
        return self


class _Place(NamedTuple):
    """Where an iteration begins: the first of its layers, what goes in, and what stood before."""

    start: int
    entered: int
    before: int
    aside: tuple[int, int]
    """How many outputs and auxiliary classifiers there are."""


class _Flat(Walk[int]):
    """Layers are known by their number while unrolling."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.nodes: list[LayerNode] = []
        self.inputs: list[tuple[int, ...]] = []
        self.ends: list[int] = []
        self.spans: list[tuple[int, int]] = []
        """Of auxiliary classifiers."""
        self.known: dict[object, LayerNode] = {}
        """By what a layer states and takes; that spares much of the time of an import."""

    def layer(
        self, layer: Layer, values: tuple[int, ...], names: Sequence[str], scope: Scope
    ) -> int:
        if layer.kind == "dropout" and not layer.value:
            return values[0]  # a second way between two layers
        if self.sharing:
            layer = layer._replace(shared=True)
        nodes = self.nodes
        shapes = tuple([nodes[source].shape for source in values])
        stated = layer[:-1], shapes  # all but the texts of its parameters
        node = self.known.get(stated)
        if node is None:
            node = self.known[stated] = _measured(layer, shapes, names)
        nodes.append(node)
        self.inputs.append(values)
        return len(nodes) - 1

    def run(self, node: Run, bodies: Sequence[Series], value: int, scope: Scope) -> int:
        """Iterations that come out like the one before them are copied."""
        names = self.named or (isinstance(node, Repeat) and any(gives(one) for one in within(node)))
        if not isinstance(node, Repeat) or len(node.bodies) > 1 or node.shared or names:
            return super().run(node, bodies, value, scope)
        for done in range(1, len(bodies) + 1):
            entry = _Place(len(self.nodes), value, self.before, (len(self.ends), len(self.spans)))
            value = super().run(node, bodies[:1], value, scope)
            if done > 1 and done < len(bodies) and self.goes_on(entry, value):
                return self.copied(entry, value, len(bodies) - done)
        return value

    def goes_on(self, entry: _Place, value: int) -> bool:
        """Whether what has come since ``entry`` would come again, on what it gives itself."""
        start, entered, before, aside = entry
        nodes, outside = self.nodes, {entered, before}
        if aside != (len(self.ends), len(self.spans)) or min(before, self.before) < 0:
            return False
        if nodes[entered].shape != nodes[value].shape:
            return False
        if nodes[before].shape != nodes[self.before].shape:
            return False
        if (entered == before) != (value == self.before):
            return False
        taken = {source for sources in self.inputs[start:] for source in sources}
        return all(one >= start or one in outside for one in (*taken, value, self.before))

    def copied(self, entry: _Place, value: int, times: int) -> int:
        """Let what has come since ``entry`` come again; what it gives in the end."""
        start, entered, before, _ = entry
        nodes, inputs = self.nodes[start:], self.inputs[start:]
        ends = value, self.before
        for number in range(1, times + 1):
            by = number * len(nodes)
            places = {entered: value, before: self.before}
            self.nodes += nodes
            self.inputs += [
                tuple([one + by if one >= start else places[one] for one in sources])
                for sources in inputs
            ]
            value, self.before = [one + by if one >= start else places[one] for one in ends]
        return value

    def outputs(self, node: Outputs, ends: Sequence[int]) -> int:
        self.ends += ends[:-1]
        return ends[-1]

    def auxiliary(self, node: Auxiliary, value: int, scope: Scope) -> None:
        start = len(self.nodes)
        self.ends.append(self.run(node, (node.body,), value, scope))
        self.spans.append((start, len(self.nodes)))


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
