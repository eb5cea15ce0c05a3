"""Shapes, parameters, multiply-adds and depth of a network.

The walk carries the shape and the depth so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.errors import ArchvizError, Mark, Problem
from archviz.network.facts import Facts, Tally, Varied
from archviz.network.inputs import doubt, doubts, meant
from archviz.network.labels import call_text
from archviz.network.measure import Outcome, given_shape, measure
from archviz.network.model import (
    NOTHING,
    Auxiliary,
    Layer,
    ModuleCall,
    Network,
    Node,
    Outputs,
    Repeat,
    Series,
    Shape,
    Stage,
    Towers,
)
from archviz.network.open_sides import Open, is_open
from archviz.network.paths import Scope
from archviz.network.rules import ShapeError
from archviz.network.sharing import Sharer, Trail, check_owned
from archviz.network.walk import Run, Walk, children, within

if TYPE_CHECKING:
    from archviz.network.telling import Telling

State: TypeAlias = tuple[Shape | None, int]
"""The shape at a place, None behind a problem, and the depth there."""


class Row(NamedTuple):
    """One executed layer; the layers of N identical towers are one row, counted N times."""

    path: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    trainable: int
    non_trainable: int
    macs: int | None
    """None where they depend on a side that is open."""
    products: int | None = 0
    """Of the multiply-adds those of two computed values."""

    @property
    def parameters(self) -> int:
        """All weights, moving statistics included."""
        return self.trainable + self.non_trainable


class Totals(NamedTuple):
    """What a whole network comes to."""

    parameters: int
    trainable: int
    non_trainable: int
    macs: int | None
    """None where they depend on a side that is open."""
    depth: int


class Analysis(NamedTuple):
    """All rows and totals of a network, and the facts of each place by its ``where``.

    ``outputs``: name and shape of each of several outputs. ``executed``: how often each module.
    """

    rows: tuple[Row, ...]
    auxiliary_rows: tuple[Row, ...]
    totals: Totals
    with_auxiliary: Totals | None
    facts: Mapping[str, Facts]
    outputs: tuple[tuple[str, Shape], ...] = ()
    warnings: tuple[Problem, ...] = ()
    """What works and is hardly meant so."""
    executed: Mapping[str, int] = NOTHING
    open: tuple[Open, ...] = ()
    """The names of sides that are open."""


def analyse(network: Network) -> Analysis:
    """Work a network out; :class:`ArchvizError` with every shape that does not fit."""
    if network.trials:
        from archviz.network.telling import Telling

        return told(Telling(network.sizes), [_analyse(trial) for trial in network.trials])
    return _analyse(network)


def told(telling: Telling, trials: Sequence[Analysis]) -> Analysis:
    """What a network comes to, from what it comes to in all trials.

    Raises:
        UntoldError: it is another network in some of them.
        ArchvizError: its parameters depend on what is open.
    """
    found: Analysis = telling.together(trials)
    wrong = {
        row.layer.where: _dependent(row)
        for row in (*found.rows, *found.auxiliary_rows)
        if is_open((row.trainable, row.non_trainable))
    }
    if wrong:
        raise ArchvizError(tuple(wrong.values()))
    return found._replace(open=telling.open)


def _dependent(row: Row) -> Problem:
    """What to say of a layer whose parameters depend on what is open."""
    number = next(one for one in (row.trainable, row.non_trainable) if is_open(one))
    message = f"{row.layer.kind} would have {number} parameters, and that depends on what is open"
    return Problem(row.layer.mark, message, "give the side a number in the input")


def _analyse(network: Network) -> Analysis:
    walk = _Analyser()
    _, depth = walk.series(network.body, walk.nothing, Scope(""))
    rows, aside = tuple(walk.rows), tuple(walk.auxiliary_rows)
    if walk.problems:
        raise ArchvizError(_problems(network, walk.problems))
    if walk.sharers:
        every = [(row.layer, row.input_shape) for row in (*rows, *aside)]  # calls share layers
        once = {(id(layer), shape): (layer, shape) for layer, shape in every}
        check_owned(walk.sharers, once.values())
    totals = _totals(walk.rows, depth)
    both = None
    if walk.auxiliary_rows:
        both = _totals([*walk.rows, *walk.auxiliary_rows], depth)
    facts = {where: tally.facts() for where, tally in walk.tallies.items()}
    warnings = (*network.warnings, *doubts(network.inputs))
    return Analysis(rows, aside, totals, both, facts, walk.ends, warnings, walk.executed)


def _problems(network: Network, found: Mapping[str, Problem]) -> tuple[Problem, ...]:
    """All that does not fit; an input in another order instead of what it makes wrong."""
    instead = meant(network.inputs)
    walk = _Analyser(instead)
    if instead:
        walk.series(network.body, walk.nothing, Scope(""))
    left = walk.problems
    if not instead or len(left) > len(found) or found.keys() <= left.keys():
        return tuple(found.values())
    asked = [layer for layer in network.inputs if layer.where in instead]
    return (*(doubt(layer, instead[layer.where]) for layer in asked), *left.values())


def _totals(rows: Sequence[Row], depth: int) -> Totals:
    trainable = sum(row.trainable for row in rows)
    moving = sum(row.non_trainable for row in rows)
    macs = sum(row.macs or 0 for row in rows)  # nothing is open in a trial
    return Totals(trainable + moving, trainable, moving, macs, depth)


def macs_of(analysis: Analysis, which: str) -> int | None:
    """The multiply-adds of ``all`` matrix products, or of ``layers``: those with weights only.

    None where they depend on what is open.
    """
    if analysis.totals.macs is None:
        return None
    products = sum(row.products or 0 for row in analysis.rows) if which == "layers" else 0
    return analysis.totals.macs - products


def check_published(network: Network, analysis: Analysis) -> list[Problem]:
    """Each published number that the network does not reproduce, as a problem at its place."""
    totals, stated, both = analysis.totals, network.head.published, analysis.with_auxiliary
    pairs = (
        ("parameters", stated.parameters, totals.parameters),
        ("trainable", stated.trainable, totals.trainable),
        ("non-trainable", stated.non_trainable, totals.non_trainable),
        ("macs", stated.macs, macs_of(analysis, stated.macs_of)),
        ("depth", stated.depth, totals.depth),
        ("with-auxiliary", stated.with_auxiliary, (both or totals).parameters),
    )
    problems = []
    for key, published, computed in pairs:
        if published is None or published == computed:
            continue
        mark = network.published_marks.get(key, Mark(network.head.name))
        if computed is None:
            message = f"{key} depend on what is open, and cannot be {published:,}"
            problems.append(Problem(mark, message, "publish what does not depend on it"))
            continue
        message = f"{key} come to {computed:,}, published are {published:,}"
        if key == "depth":
            message = f"depth comes to {computed:,}, published is {published:,}"
        more = f"{abs(computed - published):,} too {'many' if computed > published else 'few'}"
        hint = ""
        if key == "parameters" and computed - published == totals.non_trainable:
            hint = "as many as are non-trainable: PyTorch's count is 'trainable'"
        problems.append(Problem(mark, f"{message}: {more}", hint))
    return problems


class _Analyser(Walk[State]):
    """Gathers rows, problems and the facts of each place."""

    def __init__(self, instead: Mapping[str, Shape] = NOTHING) -> None:
        """``instead``: by their ``where``, other shapes of inputs."""
        super().__init__((None, 0))
        self.instead = instead
        self.inside: list[tuple[ModuleCall | Repeat, int]] = []
        """The calls and repeats that the walk is in, and in which iteration."""
        self.rows: list[Row] = []
        self.auxiliary_rows: list[Row] = []
        self.into = self.rows
        self.measured: dict[tuple[int, tuple[Shape, ...]], tuple[Layer, Outcome]] = {}
        """What layers do, by their ids and the shapes that come in; calls share their layers."""
        self.problems: dict[str, Problem] = {}
        self.tallies: dict[str, Tally] = {}
        self.copies = 1
        """How many identical towers the walk is in."""
        self.weighed = 1
        """How many of them have weights of their own."""
        self.parameters = 0
        self.macs = 0
        self.ends: tuple[tuple[str, Shape], ...] = ()
        self.executed: dict[str, int] = {}
        self.sharers: list[Sharer] = []
        self.number = 0
        """Which call it is of the module that the walk is in; 0 in the main row."""

    def tally(self, where: str) -> Tally:
        tally = self.tallies.get(where)
        if tally is None:
            tally = self.tallies[where] = Tally()
        return tally

    def layer(
        self, layer: Layer, values: tuple[State, ...], names: Sequence[str], scope: Scope
    ) -> State:
        tally = self.tally(layer.where)
        tally.has(layer, self.number)
        depth = max([value[1] for value in values], default=0)
        shapes = tuple([shape for shape, _ in values if shape is not None])
        if not values and layer.where in self.instead:
            layer = layer._replace(shape=self.instead[layer.where])
        shapes = shapes if values else (layer.shape,)
        if len(shapes) < len(values) or not shapes[0]:  # what is wrong was said before
            return None, depth
        tally.calls += self.copies
        try:
            key = id(layer), shapes
            if key not in self.measured:
                self.measured[key] = layer, measure(layer, shapes, names)
            outcome = self.measured[key][1]
            if self.sharing:
                check_seen(outcome, tally)
                outcome = outcome._replace(trainable=0, non_trainable=0)
            elif layer.shared and not layer.own and len(shapes) == 1:
                self.sharers.append(Sharer(layer, shapes[0], _trail(self.inside)))
        except ShapeError as error:
            if layer.where not in self.problems:
                problem = Problem(layer.mark, error.message, error.hint, _trail(self.inside))
                self.problems[layer.where] = problem
            return None, depth
        tally.add(
            depthwise=layer.groups == shapes[0][-1] if layer.groups > 1 and layer.filters else None,
            shapes=outcome.shape,
            changed=shapes.count(outcome.shape) < len(shapes),
            parameters=outcome.trainable + outcome.non_trainable,
            macs=outcome.macs,
        )
        weighed = self.weighed
        trainable, moving = outcome.trainable * weighed, outcome.non_trainable * weighed
        macs, products = outcome.macs * self.copies, outcome.products * self.copies
        path = scope.path(layer.kind, layer.name or ("input" if layer.kind == "input" else ""))
        self.into.append(
            Row(path, layer, shapes[0], outcome.shape, trainable, moving, macs, products)
        )
        self.parameters += trainable + moving
        self.macs += macs
        return outcome.shape, depth + outcome.depth

    def left_out(self, node: Node) -> None:
        """Note what is left out; every place in it has facts, though nothing runs there."""
        self.idle(node)
        for one in within(node, shown=True, modules=False):
            if isinstance(one, Varied):
                self.tally(one.where).has(one, self.number, present=False)

    def idle(self, node: Node) -> None:
        """Give every place in a node its facts."""
        if isinstance(node, Varied):
            if node.where in self.tallies:
                return
            self.tally(node.where)
        for child in children(node):
            self.idle(child)

    def given(self, layer: Layer, value: State) -> State:
        """See :func:`given_shape`; the depth is that of what goes on."""
        shape, depth = value
        return given_shape(layer, shape) if shape else None, depth

    def outputs(self, node: Outputs, ends: Sequence[State]) -> State:
        """The last one's shape, and the longest way."""
        shapes = zip((name for name, _ in node.branches), ends, strict=True)
        self.ends = tuple((name, shape) for name, (shape, _) in shapes if shape)
        return ends[-1][0], max(depth for _, depth in ends)

    def run(self, node: Run, bodies: Sequence[Series], value: State, scope: Scope) -> State:
        """Run bodies one after another and note what they come to together."""
        tally = self.tally(node.where)
        number = self.number
        if not isinstance(node, Auxiliary):
            tally.has(node, number)
        if isinstance(node, Repeat):
            tally.add(times=node.times)
        elif isinstance(node, ModuleCall):
            self.number = self.executed[node.module] = self.executed.get(node.module, 0) + 1
        parameters, macs, entered = self.parameters, self.macs, value[0]
        inside = len(self.inside)
        if not isinstance(node, Auxiliary):
            self.inside.append((node, 0))
        value = super().run(node, bodies, value, scope)
        del self.inside[inside:]
        self.number = number
        tally.calls += self.copies
        tally.add(
            shapes=value[0],
            changed=value[0] != entered if isinstance(node, ModuleCall) else None,
            parameters=(self.parameters - parameters) // self.weighed,
            macs=(self.macs - macs) // self.copies,
        )
        return value

    def stage(self, node: Stage, value: State, scope: Scope) -> State:
        """See :meth:`Walk.stage`; notes what comes out."""
        value = super().stage(node, value, scope)
        self.tally(node.where).add(shapes=value[0])
        return value

    def iteration(self, node: Run, number: int) -> None:
        """See :meth:`Walk.iteration`; messages say which it is."""
        if number and isinstance(node, Repeat):
            self.inside[-1] = node, number

    def identical(self, node: Towers, value: State, scope: Scope) -> list[State]:
        """One of the towers, counted as often as it stands there; shared weights once."""
        tally = self.tally(node.where)
        tally.add(times=node.copies)
        tally.has(node, self.number)
        before = self.copies, self.weighed
        self.copies *= node.copies
        self.weighed *= 1 if node.shared else node.copies
        end = self.branch(node.branches[0], value, scope)
        self.copies, self.weighed = before
        return [end] * node.copies

    def auxiliary(self, node: Auxiliary, value: State, scope: Scope) -> None:
        totals = self.parameters, self.macs
        self.into = self.auxiliary_rows
        self.run(node, (node.body,), value, scope)
        self.into = self.rows
        self.parameters, self.macs = totals


def _trail(inside: Sequence[tuple[ModuleCall | Repeat, int]]) -> Trail:
    """The calls, and the repeats behind their first iteration, from the innermost on."""
    trail: list[tuple[str, Mark]] = []
    for node, number in reversed(inside):
        if isinstance(node, ModuleCall):
            trail.append((call_text(node.module, node.arguments), node.mark))
        elif number:
            trail.append((f"iteration {number + 1} of the repeat", node.mark))
    return tuple(trail)


def check_seen(outcome: Outcome, tally: Tally) -> None:
    """:class:`ShapeError` where a call shares weights that no earlier one has at this place."""
    weights = outcome.trainable + outcome.non_trainable
    if weights not in {0, *tally.seen.get("parameters", ())}:
        message = f"shared, and no earlier call has {weights:,} weights here"
        raise ShapeError(message, "share with a call of the same sizes, or leave out `shared`")
