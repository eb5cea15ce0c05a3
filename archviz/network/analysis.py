"""Shapes, parameters, multiply-adds and depth of a network.

One walk in the order of execution. The walk carries the shape and the depth so far; what a
layer does to its input is worked out once for each shape that it gets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from archviz.errors import ArchvizError, Mark, Problem
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
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
    children,
)
from archviz.network.paths import Scope
from archviz.network.rules import ShapeError, check_size

State: TypeAlias = tuple[Shape | None, int]
"""The shape at a place, None behind a problem, and the depth there."""


TIMES, LABELS = 7, 8
"""Places of these among the facts of a place."""


class Row(NamedTuple):
    """One executed layer; the layers of N identical towers are one row, counted N times."""

    path: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    trainable: int
    non_trainable: int
    macs: int

    @property
    def parameters(self) -> int:
        """All weights, moving statistics included."""
        return self.trainable + self.non_trainable


class Totals(NamedTuple):
    """What a whole network comes to."""

    parameters: int
    trainable: int
    non_trainable: int
    macs: int
    depth: int


class Facts(NamedTuple):
    """What the executions of one place of the spec have: distinct values, first seen first.

    ``calls`` counts them. Of identical towers the numbers are those of one.
    """

    calls: int
    kernels: tuple[tuple[int, int], ...] = ()
    filters: tuple[int, ...] = ()
    strides: tuple[tuple[int, int], ...] = ()
    shapes: tuple[Shape, ...] = ()
    input_shapes: tuple[Shape, ...] = ()
    parameters: tuple[int, ...] = ()
    macs: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    """Of a repeat, or of identical towers: how many."""
    labels: tuple[str, ...] = ()
    """Of a module's calls, where its label has parameters in it."""


class Analysis(NamedTuple):
    """All rows and totals of a network, and the facts of each place by its ``where``."""

    rows: tuple[Row, ...]
    auxiliary_rows: tuple[Row, ...]
    totals: Totals
    with_auxiliary: Totals | None
    facts: Mapping[str, Facts]


def analyse(network: Network) -> Analysis:
    """Work a network out; :class:`ArchvizError` with every shape that does not fit."""
    walk = _Walk()
    scope = Scope("")
    _, depth = walk.series(network.body, (None, 0), scope)
    if walk.problems:
        raise ArchvizError(tuple(walk.problems.values()))
    totals = _totals(walk.rows, depth)
    both = None
    if walk.auxiliary_rows:
        both = _totals([*walk.rows, *walk.auxiliary_rows], depth)
    facts = {where: tally.facts() for where, tally in walk.tallies.items()}
    return Analysis(tuple(walk.rows), tuple(walk.auxiliary_rows), totals, both, facts)


def _totals(rows: Sequence[Row], depth: int) -> Totals:
    trainable = sum(row.trainable for row in rows)
    moving = sum(row.non_trainable for row in rows)
    return Totals(trainable + moving, trainable, moving, sum(row.macs for row in rows), depth)


def check_published(network: Network, analysis: Analysis) -> list[Problem]:
    """Each published number that the network does not reproduce, as a problem at its place."""
    totals, stated, both = analysis.totals, network.head.published, analysis.with_auxiliary
    pairs = (
        ("parameters", stated.parameters, totals.parameters),
        ("trainable", stated.trainable, totals.trainable),
        ("non-trainable", stated.non_trainable, totals.non_trainable),
        ("macs", stated.macs, totals.macs),
        ("depth", stated.depth, totals.depth),
        ("with-auxiliary", stated.with_auxiliary, (both or totals).parameters),
    )
    problems = []
    for key, published, computed in pairs:
        if published is None or published == computed:
            continue
        mark = network.published_marks.get(key, Mark(network.head.name))
        message = f"{key} come to {computed:,}, published are {published:,}"
        if key == "depth":
            message = f"depth comes to {computed:,}, published is {published:,}"
        more = f"{abs(computed - published):,} too {'many' if computed > published else 'few'}"
        problems.append(Problem(mark, f"{message}: {more}"))
    return problems


class Outcome(NamedTuple):
    """What a layer does to one input shape."""

    shape: Shape
    trainable: int
    non_trainable: int
    macs: int
    depth: int


class _Tally:
    """Distinct values of one place, gathered while walking."""

    __slots__ = ("calls", "sets")

    def __init__(self) -> None:
        self.calls = 0
        self.sets: tuple[dict[Any, None], ...] = ({}, {}, {}, {}, {}, {}, {}, {}, {})

    def add(self, *values: Any) -> None:
        for seen, value in zip(self.sets, values, strict=False):
            if value is not None:
                seen[value] = None

    def facts(self) -> Facts:
        return Facts(self.calls, *map(tuple, self.sets))


class _Walk:
    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.auxiliary_rows: list[Row] = []
        self.into = self.rows
        self.problems: dict[str, Problem] = {}
        self.tallies: dict[str, _Tally] = {}
        self.outcomes: dict[tuple[Any, ...], Outcome] = {}
        self.copies = 1
        self.before: State = (None, 0)
        """What the item before this one took in; in front of a series, what that takes in."""
        self.parameters = 0
        self.macs = 0

    def tally(self, where: str) -> _Tally:
        tally = self.tallies.get(where)
        if tally is None:
            tally = self.tallies[where] = _Tally()
        return tally

    # ---- layers ----------------------------------------------------------------------

    def layer(self, layer: Layer, state: State, scope: Scope) -> State:
        tally = self.tally(layer.where)
        shape, depth = (layer.shape, 0) if layer.kind == "input" else state
        if shape is None or not (layer.present or layer.kind == "input"):
            return state
        return self.run(layer, (shape,), (), depth, scope, tally)

    def merge(
        self,
        layer: Layer,
        states: Sequence[State],
        names: Sequence[str],
        scope: Scope,
        times: int = 1,
    ) -> State:
        tally = self.tally(layer.where)
        depth = max(state[1] for state in states)
        shapes = tuple(shape for shape, _ in states if shape is not None)
        if len(shapes) < len(states):
            return None, depth
        return self.run(layer, shapes, names, depth, scope, tally, times)

    def run(
        self,
        layer: Layer,
        shapes: tuple[Shape, ...],
        names: Sequence[str],
        depth: int,
        scope: Scope,
        tally: _Tally,
        times: int = 1,
    ) -> State:
        key = (id(layer), shapes, times)
        outcome = self.outcomes.get(key)
        tally.calls += self.copies
        if outcome is None:
            try:
                outcome = self.outcomes[key] = measure(layer, shapes * times, names)
            except ShapeError as error:
                self.problems.setdefault(
                    layer.where, Problem(layer.mark, error.message, error.hint)
                )
                return None, depth
            parameters = outcome.trainable + outcome.non_trainable
            windowed = "kernel" in KINDS[layer.kind].options
            tally.add(
                layer.kernel if windowed else None,
                layer.filters or None,
                layer.stride if windowed else None,
                outcome.shape,
                shapes[0],
                parameters,
                outcome.macs,
            )
        trainable, moving = outcome.trainable * self.copies, outcome.non_trainable * self.copies
        macs = outcome.macs * self.copies
        path = scope.path(layer.kind, layer.name or ("input" if layer.kind == "input" else ""))
        self.into.append(Row(path, layer, shapes[0], outcome.shape, trainable, moving, macs))
        self.parameters += trainable + moving
        self.macs += macs
        return outcome.shape, depth + outcome.depth

    # ---- structure -------------------------------------------------------------------

    def branch(self, series: Series, state: State, scope: Scope) -> State:
        """A series that begins anew: nothing stands before its first item."""
        self.before = state
        return self.series(series, state, scope)

    def series(self, series: Series, state: State, scope: Scope) -> State:
        for node in series.nodes:
            entered, state = state, self.node(node, state, scope)
            if entered[0] is None:  # it begins with inputs: nothing is before it
                self.before = state
            elif state is not entered and not isinstance(node, Repeat | Series):
                self.before = entered
        return state

    def node(self, node: Node, state: State, scope: Scope) -> State:
        if isinstance(node, Layer):
            return self.layer(node, state, scope)
        if isinstance(node, ModuleCall):
            if not node.present:
                self.register(node)
                return state
            inner = scope.inside(node.module, node.name)
            if node.label:
                self.tally(node.where).sets[LABELS][node.label] = None
            return self.counted(node.where, (node.body,), state, inner)
        if isinstance(node, Repeat):
            bodies = node.bodies * (node.times if len(node.bodies) == 1 else 1)
            self.tally(node.where).sets[TIMES][node.times] = None
            return self.counted(node.where, bodies, state, scope)
        if isinstance(node, Towers):
            return self.towers(node, state, scope)
        if isinstance(node, Residual):
            main = self.branch(node.main, state, scope)
            path = scope.inside("shortcut") if node.shortcut.nodes else scope
            shortcut = self.branch(node.shortcut, state, path)
            names = ("the main path", "the shortcut")
            return self.merge(node.merge, (main, shortcut), names, scope)
        if isinstance(node, Graph):
            return self.graph(node, state, scope)
        if isinstance(node, Auxiliary):
            return self.auxiliary(node, state, scope)
        return self.series(node, state, scope)

    def register(self, node: Node) -> None:
        """Give every place in what is left out its facts, though nothing runs there."""
        if isinstance(node, Layer | ModuleCall | Repeat):
            if node.where in self.tallies:
                return
            self.tally(node.where)
        for child in children(node):
            self.register(child)

    def counted(self, where: str, bodies: Sequence[Series], state: State, scope: Scope) -> State:
        """Walk bodies one after another and note what they come to together."""
        tally = self.tally(where)
        parameters, macs, before = self.parameters, self.macs, state[0]
        for body in bodies:
            state = self.series(body, state, scope)
        tally.calls += self.copies
        added = (self.parameters - parameters) // self.copies
        tally.add(None, None, None, state[0], before, added, (self.macs - macs) // self.copies)
        return state

    def towers(self, node: Towers, state: State, scope: Scope) -> State:
        if node.copies > 1:
            self.tally(node.where).sets[TIMES][node.copies] = None
            inner = scope.inside("", f"towers×{node.copies}")
            self.copies *= node.copies
            end = self.branch(node.branches[0], state, inner)
            self.copies //= node.copies
            return self.merge(node.merge, [end], _TowerNames(), scope, node.copies)
        word = "branch" if node.joined else "tower"
        ends = [
            self.branch(branch, state, scope.inside(word) if branch.nodes else scope)
            for branch in node.branches
        ]
        return self.merge(node.merge, ends, _TowerNames(word), scope)

    def graph(self, node: Graph, state: State, scope: Scope) -> State:
        states = {"in": state, "previous": self.before}
        sources: dict[str, list[str]] = {}
        for source, target in node.edges:
            sources.setdefault(target, []).append(source)
        for name, body in node.nodes:
            names = sources.get(name, ())  # without any, it begins with an input
            inner = scope.inside("", name)
            if len(names) < 2:
                start = states[names[0]] if names else (None, 0)
                states[name] = self.branch(body, start, inner)
                continue
            first = body.nodes[0]
            assert isinstance(first, Layer)  # a node with several inputs begins with a merge
            joined = self.merge(first, [states[source] for source in names], names, inner)
            states[name] = self.branch(Series(body.nodes[1:]), joined, inner)
        return states[sources["out"][0]]

    def auxiliary(self, node: Auxiliary, state: State, scope: Scope) -> State:
        totals = self.parameters, self.macs
        before, self.before = self.before, state
        self.into = self.auxiliary_rows
        self.counted(node.where, (node.body,), state, scope.inside("auxiliary", node.name))
        self.into = self.rows
        self.before = before
        self.parameters, self.macs = totals
        return state


class _TowerNames(Sequence[str]):
    """``tower 1``, ``tower 2`` ... for messages, made only when asked for."""

    def __init__(self, word: str = "tower") -> None:
        self.word = word

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, index: Any) -> Any:
        return f"{self.word} {index + 1}"


def measure(layer: Layer, shapes: tuple[Shape, ...], names: Sequence[str]) -> Outcome:
    """What a layer does to its input, or a merge to its inputs, which ``names`` name."""
    kind = KINDS[layer.kind]
    shape = shapes[0]
    output = kind.join(shapes, names) if kind.join else kind.shape(layer, shape)
    if kind.join and layer.shape:
        output = layer.shape
    check_size(output)
    trainable, moving = kind.weights(layer, shape)
    depth = kind.depth if layer.counts_in_depth else 0
    channels = output[-1]
    if layer.norm != "none":
        norm = NORMS[layer.norm].weights
        trainable, moving = trainable + norm[0] * channels, moving + norm[1] * channels
        depth += 1
    if layer.activation != "none":
        trainable += ACTIVATIONS[layer.activation].weights[0] * channels
        # An activation that a convolution applies itself is no layer of its own.
        depth += 1 if layer.norm != "none" or kind.join else 0
    if layer.shared:
        trainable, moving = own_weights(moving, layer.own)
    return Outcome(output, trainable, moving, kind.macs(layer, shape, output), depth)


def own_weights(moving: int, own: int) -> tuple[int, int]:
    """Of ``own`` parameters that a layer with shared weights has besides: trainable, and not.

    The ``moving`` statistics of its normalisation are among them where there are so many.
    """
    return (own - moving, moving) if own >= 2 * moving else (own, 0)
