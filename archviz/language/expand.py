"""From a :class:`Spec` to a :class:`Network`: parameters filled in, repeats and calls resolved.

The body of a module is built once for equal arguments, and shared by its calls. Sizes are known
before anything large is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar, assert_never

from archviz.errors import ArchvizError, Mark, Problem
from archviz.language.expression import Expression, Value, plain
from archviz.language.filling import Filler, Values
from archviz.language.repeats import MAX_COPIES, MAX_TIMES
from archviz.language.shapes import ShapeWalk, shape_values
from archviz.language.spec import read_spec
from archviz.language.syntax import (
    AuxiliarySpec,
    CallSpec,
    ChoiceSpec,
    FromSpec,
    GraphSpec,
    ItemSpec,
    LayerSpec,
    ModuleSpec,
    NamedSpec,
    OutputsSpec,
    RepeatSpec,
    ResidualSpec,
    SeriesSpec,
    Spec,
    StageSpec,
    TowersSpec,
)
from archviz.network.labels import call_text, filled, title_of
from archviz.network.model import (
    COMING_IN,
    NOTHING,
    PREVIOUS,
    Auxiliary,
    From,
    Graph,
    Module,
    ModuleCall,
    Named,
    Network,
    Node,
    Outputs,
    Repeat,
    Residual,
    Series,
    Shape,
    Stage,
    Towers,
)
from archviz.network.paths import Scope
from archviz.yamlnodes import read_spec_text

MAX_LAYERS = 200_000
MAX_NESTING = 48
PREVIOUS_NOTE = "“Previous” is what went into the box before."
"""Said in a figure in which a module has a second input, which its row does not show."""


def load_network(path: str, allow_outside: bool = False) -> Network:
    """Read, check and expand the spec in a file; :class:`ArchvizError` if it is wrong."""
    return network_from_text(read_spec_text(path), path, allow_outside)


def network_from_text(text: str, file: str = "<text>", allow_outside: bool = False) -> Network:
    """The network of a spec given as text; ``file`` names it in messages.

    ``allow_outside``: files that it names may be outside of the folder of ``file``.
    """
    return expand(read_spec(text, file, allow_outside))


def expand(spec: Spec) -> Network:
    """The canonical tree of a spec; :class:`ArchvizError` where parameters do not suit.

    Where sides are open, also where shapes do not fit: that decides which sizes are tried.
    """
    if spec.open:
        from archviz.language.trials import with_trials

        return with_trials(spec, expand_at)
    return expand_at(spec, NOTHING)


def expand_at(spec: Spec, sizes: Mapping[str, int]) -> Network:
    """The tree at certain ``sizes`` of what is open; :func:`expand` for the errors."""
    expander = _Expander(spec.modules, sizes)
    try:
        body, _, _ = expander.series(spec.network, expander.sizes, 0)
    except _TooMuch as stop:
        raise ArchvizError([*expander.problems.values(), stop.problem]) from None
    if expander.problems:
        raise ArchvizError(tuple(expander.problems.values()))
    if not expander.inputs:
        problem = Problem(spec.network[0].mark, "a network begins with its input")
        raise ArchvizError([problem])
    figure = spec.figure
    if expander.previous:
        figure = figure._replace(notes=(*figure.notes, PREVIOUS_NOTE))
    return Network(
        spec.head,
        tuple(expander.inputs),
        body,
        expander.used,
        figure,
        spec.published_marks,
        spec.files,
        spec.warnings,
    )


class _TooMuch(Exception):  # noqa: N818 (it stops, and is caught here)
    """The spec describes more than anybody can draw."""

    def __init__(self, mark: Mark, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(mark, message, hint)


Counted: TypeAlias = tuple[Node, int, int]
"""A node, the layers and calls in it with repeats written out, and how deep it nests."""
CountedSeries: TypeAlias = tuple[Series, int, int]


class _Expander(Filler):
    def __init__(self, modules: Mapping[str, ModuleSpec], sizes: Mapping[str, int]) -> None:
        super().__init__({name: (size, 1) for name, size in sizes.items()})
        self.modules = modules
        self.used: dict[str, Module] = {}
        self.built = 0
        self.bodies: dict[tuple[object, ...], CountedSeries] = {}
        asking = any(module.shaped for module in modules.values())
        self.shapes = ShapeWalk() if asking else None
        """Finds the shapes on the way, where a module asks for the one that comes in."""

    def check(self, count: int, mark: Mark) -> None:
        """Stop before more is built than may be."""
        self.built += 1
        if count > MAX_LAYERS or self.built > MAX_LAYERS:
            message = f"more than {MAX_LAYERS:,} layers, with repeats and modules written out"
            raise _TooMuch(mark, message, "repeat less")

    def deeper(self, depth: int, mark: Mark) -> None:
        """Stop where the tree would nest too deep to be walked."""
        if depth > MAX_NESTING:
            message = f"nested more than {MAX_NESTING} deep, with modules filled in"
            raise _TooMuch(mark, message, "use fewer modules inside modules")

    def series(self, items: SeriesSpec, values: Values, depth: int) -> CountedSeries:
        nodes: list[Node] = []
        total = height = 0
        for item in items:
            self.deeper(depth, item.mark)
            node, count, inner = self.node_at(item, values, depth)
            nodes.append(node)
            total += count
            height = max(height, inner)
            self.check(total, item.mark)
        return Series(tuple(nodes)), total, height + 1

    def node_at(self, item: ItemSpec, values: Values, depth: int) -> Counted:
        """A node, and the shape behind it where shapes are asked for."""
        if self.shapes is None:
            return self.node(item, values, depth)
        walk, at = self.shapes, self.at
        named, before = dict(walk.named), walk.before
        counted = self.node(item, values, depth)
        walk.named, walk.before = named, before
        self.at = walk.series(Series((counted[0],)), at, Scope(""))
        return counted

    def branch(self, items: SeriesSpec, values: Values, depth: int) -> CountedSeries:
        """A series beside others, which begins with the shape that is here."""
        at = self.at
        if self.shapes is not None:
            self.shapes.before = at
        counted = self.series(items, values, depth)
        self.at = at
        return counted

    def node(self, item: ItemSpec, values: Values, depth: int) -> Counted:
        match item:
            case LayerSpec() | ChoiceSpec():
                return self.layer(item, values), 1, 0
            case CallSpec():
                return self.call(item, values, depth)
            case RepeatSpec():
                return self.repeat(item, values, depth)
            case TowersSpec():
                return self.towers(item, values, depth)
            case ResidualSpec():
                return self.residual(item, values, depth)
            case GraphSpec():
                return self.graph(item, values, depth)
            case NamedSpec():
                return Named(item.name, item.where, item.mark), 0, 0
            case FromSpec():
                return From(self.seen(item.names[0]), item.where, item.mark), 0, 0
            case _:
                return self.whole(item, values, depth)

    def whole(
        self, item: AuxiliarySpec | StageSpec | OutputsSpec, values: Values, depth: int
    ) -> Counted:
        """What only the network has."""
        match item:
            case AuxiliarySpec():
                body, count, height = self.branch(item.body, values, depth + 1)
                name, look, _ = item.style
                node = Auxiliary(body, item.where, item.mark, item.side, name, look)
                return node, count, height
            case StageSpec():
                body, count, height = self.series(item.body, values, depth + 1)
                look = item.style.look
                return Stage(item.title, body, item.where, item.mark, look), count + 1, height
            case OutputsSpec():
                ends = [
                    (name, *self.branch(body, values, depth + 1)) for name, body in item.branches
                ]
                branches = tuple((name, series) for name, series, _, _ in ends)
                count = sum(count for _, _, count, _ in ends) + len(ends)
                height = max(height for _, _, _, height in ends)
                return Outputs(branches, item.where, item.mark, item.looks), count, height
            case _:
                assert_never(item)

    def residual(self, item: ResidualSpec, values: Values, depth: int) -> Counted:
        main, count, height = self.branch(item.main, values, depth + 1)
        shortcut, more, other = self.branch(item.shortcut, values, depth + 1)
        merge = self.layer(item.merge, values)
        name, look, _ = item.style
        node = Residual(main, shortcut, merge, item.where, item.mark, name, look)
        return node, count + more + 1, max(height, other)

    def graph(self, item: GraphSpec, values: Values, depth: int) -> Counted:
        total, height = len(item.nodes) + len(item.edges), 0
        nodes: list[tuple[str, Series]] = []
        start = self.at
        for name, body in item.nodes:
            self.at = self.entering(name, tuple(nodes), item, start)
            series, count, inner = self.series(body, values, depth + 1)
            if sum(target == name for _, target in item.edges) > 1:
                self.needed(series.nodes[0])
            nodes.append((name, series))
            total += count
            height = max(height, inner)
        for source, _ in item.edges:
            self.seen(source)
        name, look, _ = item.style
        return Graph(tuple(nodes), item.edges, item.where, item.mark, name, look), total, height

    def entering(
        self, name: str, nodes: tuple[tuple[str, Series], ...], item: GraphSpec, start: Shape | None
    ) -> Shape | None:
        """The shape that enters a node of a graph; of several, that of the first."""
        sources = [source for source, target in item.edges if target == name]
        if self.shapes is None or not sources or sources[0] == "in":
            return start
        before = {node for node, _ in nodes}
        edges = [edge for edge in item.edges if edge[1] in before]
        part = Graph(nodes, (*edges, (sources[0], "out")), item.where, item.mark)
        if sources[0] in before:
            return self.shapes.graph(part, start, Scope(""))
        return self.shapes.named[sources[0]][-1]

    # ---- calls -----------------------------------------------------------------------

    def call(self, item: CallSpec, values: Values, depth: int) -> Counted:
        module = self.modules[item.module]
        if item.module not in self.used:
            label = module.label or item.module
            title = module.title or title_of(label) or item.module
            inputs, gives = module.inputs, module.gives
            self.used[item.module] = Module(
                item.module, label, title, module.color, module.mark, inputs, gives
            )
        present = self.present(item.when, values)
        problems = dict(self.problems)
        arguments = self.arguments(item.arguments, module, values)
        shown = {name: plain(value) for name, value in arguments.items()}
        self.inside.append((call_text(item.module, shown), item.mark))
        body, count, height = self.body(item, module, arguments, depth)
        self.inside.pop()
        if not present:  # what is not there has nothing wrong
            self.problems = problems
        self.deeper(depth + height, item.mark)
        name, look, shared = item.style
        label = look.label or filled(module.label, shown)
        call = ModuleCall(
            item.module,
            shown,
            body,
            item.where,
            item.mark,
            name,
            present,
            look._replace(label=label if label != module.label else ""),
            item.inputs,
            item.gives,
            shared,
            module.whole,
        )
        return call, count + 1, height

    def body(
        self, item: CallSpec, module: ModuleSpec, arguments: dict[str, Value], depth: int
    ) -> CountedSeries:
        """The body of a module for its arguments, built once for equal ones."""
        key: tuple[object, ...] = (item.module, *arguments.values())
        if self.shapes is not None and module.shaped:
            named = self.shapes.named
            self.shapes.named = {inner: named[given] for inner, given in item.inputs}
            self.shapes.named[PREVIOUS] = (self.shapes.before,)
            self.shapes.named[COMING_IN] = (self.at,)
            key = (*key, self.at, *self.shapes.named.values())
            if module.whole:
                self.shapes.before = self.at
        if key not in self.bodies:
            problems, at, shapes = dict(self.problems), self.at, self.shapes
            sides = shape_values(self.at or (1,)) if module.shaped else {}
            self.shapes = shapes if module.shaped else None  # nothing in it asks
            self.bodies[key] = self.series(
                module.body, {**self.sizes, **sides, **arguments}, depth + 1
            )
            self.shapes = shapes
            if module.shaped and at is None:  # the shape before it is what is wrong
                self.problems = problems
        return self.bodies[key]

    # ---- repeats and towers ------------------------------------------------------------

    def repeat(self, item: RepeatSpec, values: Values, depth: int) -> Counted:
        times = self.times(item.times, item.mark, values, "repeat", 1, MAX_TIMES)
        bodies: list[Series] = []
        total = height = 0
        rows = _written_out(item.rows)
        choices = {name: _written_out(runs) for name, runs in item.bindings}
        alike = not (item.rows or item.bindings)
        entered: Shape | None = None
        for index in range(times):
            if index and alike and self.at == entered:
                rest = times - index if index > 1 else 0
                bodies += bodies[-1:] * rest
                total += rest * (total // index)
                self.check(total, item.mark)
                break
            inner, entered = values, self.at
            if choices:
                inner = {**values, **self.bind(choices, index, item.mark, values)}
            series = rows[index] if rows else item.body
            body, count, high = self.series(series, inner, depth + 1)
            bodies.append(body)
            total += count + 1
            height = max(height, high)
            # The first iteration tells how large the others will be.
            self.check((count + 1) * times if not index else total, item.mark)
        if len(bodies) == 1:
            total *= times
        node = Repeat(times, tuple(bodies), item.where, item.mark, *item.style)
        return node, total, height

    def bind(
        self, choices: Mapping[str, list[Expression]], index: int, mark: Mark, values: Values
    ) -> dict[str, Value]:
        return {name: self.value(those[index], mark, values) for name, those in choices.items()}

    def towers(self, item: TowersSpec, values: Values, depth: int) -> Counted:
        copies = 1
        if item.copies is not None:
            copies = self.times(item.copies, item.mark, values, "towers", 2, MAX_COPIES)
        branches: list[Series] = []
        total, height = 1 + len(item.branches), 0
        for branch in item.branches:
            series, count, high = self.branch(branch, values, depth + 1)
            branches.append(series)
            total += count
            height = max(height, high)
        merge = self.layer(item.merge, values)
        self.needed(merge)
        towers = Towers(
            tuple(branches), merge, item.where, item.mark, copies, item.joined, *item.style
        )
        return towers, total, height


_Choice = TypeVar("_Choice")


def _written_out(runs: Iterable[tuple[int, _Choice]]) -> list[_Choice]:
    """``9 x 0.2`` as nine values."""
    return [value for times, value in runs for _ in range(times)]
