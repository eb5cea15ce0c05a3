"""From a :class:`Spec` to a :class:`Network`: parameters filled in, repeats and calls resolved.

The body of a module is built once for equal arguments, and shared by its calls. Sizes are known
before anything large is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar, assert_never

from archviz.errors import ArchvizError, Mark, Problem
from archviz.language.expression import Expression, ExpressionError, Value, evaluate, pretty
from archviz.language.options import OPTIONS, OptionError, Setting, setting_value, whole, written
from archviz.language.repeats import MAX_COPIES, MAX_TIMES
from archviz.language.spec import read_spec
from archviz.language.syntax import (
    Argument,
    AuxiliarySpec,
    CallSpec,
    GraphSpec,
    ItemSpec,
    LayerSpec,
    ModuleSpec,
    RepeatSpec,
    ResidualSpec,
    SeriesSpec,
    Spec,
    TowersSpec,
)
from archviz.network.kinds import KINDS
from archviz.network.labels import filled, without_braces
from archviz.network.model import (
    PREVIOUS,
    Auxiliary,
    Graph,
    Layer,
    Look,
    Module,
    ModuleCall,
    Network,
    Node,
    Repeat,
    Residual,
    Series,
    Towers,
)
from archviz.yamlnodes import read_spec_text

MAX_LAYERS = 200_000
MAX_NESTING = 48
PREVIOUS_NOTE = "“Previous” is what went into the box before."
"""Said in a figure in which a module has a second input, which its row does not show."""

Values: TypeAlias = Mapping[str, Value]


def load_network(path: str, allow_outside: bool = False) -> Network:
    """Read, check and expand the spec in a file; :class:`ArchvizError` if it is wrong."""
    return network_from_text(read_spec_text(path), path, allow_outside)


def network_from_text(text: str, file: str = "<text>", allow_outside: bool = False) -> Network:
    """The network of a spec given as text; ``file`` names it in messages.

    ``allow_outside``: files that it names may be outside of the folder of ``file``.
    """
    return expand(read_spec(text, file, allow_outside))


def expand(spec: Spec) -> Network:
    """The canonical tree of a spec; :class:`ArchvizError` where parameters do not suit."""
    expander = _Expander(spec.modules)
    try:
        body, _, _ = expander.series(spec.network, {}, 0)
    except _TooMuch as stop:
        raise ArchvizError([*expander.problems.values(), stop.problem]) from None
    if expander.problems:
        raise ArchvizError(tuple(expander.problems.values()))
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
    )


class _TooMuch(Exception):  # noqa: N818 (it stops, and is caught here)
    """The spec describes more than anybody can draw."""

    def __init__(self, mark: Mark, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(mark, message, hint)


Counted: TypeAlias = tuple[Node, int, int]
"""A node, the layers and calls in it with repeats written out, and how deep it nests."""
CountedSeries: TypeAlias = tuple[Series, int, int]


class _Expander:
    def __init__(self, modules: Mapping[str, ModuleSpec]) -> None:
        self.modules = modules
        self.used: dict[str, Module] = {}
        self.problems: dict[Mark, Problem] = {}
        self.built = 0
        self.previous = False
        """Whether a graph takes what the item before its module took in."""
        self.inputs: list[Layer] = []
        self.bodies: dict[tuple[object, ...], CountedSeries] = {}

    def problem(self, mark: Mark, message: str, hint: str = "") -> None:
        self.problems.setdefault(mark, Problem(mark, message, hint))

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
            node, count, inner = self.node(item, values, depth)
            nodes.append(node)
            total += count
            height = max(height, inner)
            self.check(total, item.mark)
        return Series(tuple(nodes)), total, height + 1

    def node(self, item: ItemSpec, values: Values, depth: int) -> Counted:
        match item:
            case LayerSpec():
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
            case AuxiliarySpec():
                body, count, height = self.series(item.body, values, depth + 1)
                node = Auxiliary(body, item.where, item.mark, item.side, item.name)
                return node, count, height
            case _:
                assert_never(item)

    def residual(self, item: ResidualSpec, values: Values, depth: int) -> Counted:
        main, count, height = self.series(item.main, values, depth + 1)
        shortcut, more, other = self.series(item.shortcut, values, depth + 1)
        merge = self.layer(item.merge, values)
        node = Residual(main, shortcut, merge, item.where, item.mark)
        return node, count + more + 1, max(height, other)

    def graph(self, item: GraphSpec, values: Values, depth: int) -> Counted:
        total, height = len(item.nodes) + len(item.edges), 0
        nodes = []
        for name, body in item.nodes:
            series, count, inner = self.series(body, values, depth + 1)
            nodes.append((name, series))
            total += count
            height = max(height, inner)
        self.previous = self.previous or any(source == PREVIOUS for source, _ in item.edges)
        return Graph(tuple(nodes), item.edges, item.where, item.mark), total, height

    # ---- layers ----------------------------------------------------------------------

    def layer(self, spec: LayerSpec, values: Values) -> Layer:
        fields = dict(spec.fields)
        waiting = spec.open
        if waiting:
            when = next((setting for setting in waiting if setting.option == "when"), None)
            if when is not None:
                fields["present"] = self.present(when, values)
            absent = not fields.get("present", True)
            for setting in waiting:
                if setting is not when:
                    self.fill(setting, values, fields, absent)
            texts = written(waiting)
            if texts:
                fields["written"] = texts
        if "stride" not in fields and "ceil" in KINDS[spec.kind].options:
            fields["stride"] = fields.get("kernel", (1, 1))
        if spec.kind == "scaled-add":
            fields.setdefault("value", 1.0)
        fields.setdefault("drawn", KINDS[spec.kind].drawn)
        layer = Layer(kind=spec.kind, where=spec.where, mark=spec.mark, **fields)
        if spec.kind == "input":
            self.inputs.append(layer)
        return layer

    def fill(
        self, setting: Setting, values: Values, fields: dict[str, object], absent: bool
    ) -> None:
        try:
            fields[OPTIONS[setting.option].field] = setting_value(setting, values)
        except OptionError as error:
            if not absent:
                self.problem(setting.mark, f"'{setting.text[:60]}': {error.message}", error.hint)

    def present(self, setting: Setting | None, values: Values) -> bool:
        if setting is None:
            return True
        try:
            return bool(setting_value(setting, values))
        except OptionError as error:
            self.problem(setting.mark, f"'{setting.text[:60]}': {error.message}", error.hint)
            return True

    # ---- calls -----------------------------------------------------------------------

    def call(self, item: CallSpec, values: Values, depth: int) -> Counted:
        module = self.modules[item.module]
        if item.module not in self.used:
            label = module.label or item.module
            title = module.title or without_braces(label[:1].upper() + label[1:])
            self.used[item.module] = Module(item.module, label, title, module.color, module.mark)
        arguments = self.arguments(item.arguments, module, values)
        key = (item.module, *arguments.values())
        if key not in self.bodies:
            self.bodies[key] = self.series(module.body, arguments, depth + 1)
        body, count, height = self.bodies[key]
        self.deeper(depth + height, item.mark)
        shown = {name: _plain(value) for name, value in arguments.items()}
        present = self.present(item.when, values)
        label = filled(module.label, shown)
        call = ModuleCall(
            item.module,
            shown,
            body,
            item.where,
            item.mark,
            item.name,
            present,
            Look(label=label if label != module.label else ""),
        )
        return call, count + 1, height

    def arguments(
        self, given: tuple[Argument, ...], module: ModuleSpec, values: Values
    ) -> dict[str, Value]:
        arguments: dict[str, Value] = {}
        written_out = {argument.parameter: argument for argument in given}
        for name, default in module.takes.items():
            if name not in written_out:
                arguments[name] = evaluate(default, {}) if default else (0, 1)
                continue
            argument = written_out[name]
            arguments[name] = self.value(argument.value, argument.mark, values)
        return arguments

    def value(self, expression: Expression, mark: Mark, values: Values) -> Value:
        try:
            return evaluate(expression, values)
        except ExpressionError as error:
            self.problem(mark, f"'{expression.text[:60]}': {error.message}")
            return (1, 1)

    # ---- repeats and towers ------------------------------------------------------------

    def times(
        self, item: Expression, mark: Mark, values: Values, what: str, low: int, high: int
    ) -> int:
        try:
            return whole(what, evaluate(item, values), low, high)
        except (OptionError, ExpressionError) as error:
            self.problem(mark, error.message)
            return low

    def repeat(self, item: RepeatSpec, values: Values, depth: int) -> Counted:
        times = self.times(item.times, item.mark, values, "repeat", 1, MAX_TIMES)
        bodies: list[Series] = []
        total = height = 0
        rows = _written_out(item.rows)
        choices = {name: _written_out(runs) for name, runs in item.bindings}
        for index in range(times if item.rows or item.bindings else 1):
            inner = values
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
        node = Repeat(times, tuple(bodies), item.where, item.mark, _written(item.times))
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
            series, count, high = self.series(branch, values, depth + 1)
            branches.append(series)
            total += count
            height = max(height, high)
        merge = self.layer(item.merge, values)
        text = _written(item.copies)
        towers = Towers(tuple(branches), merge, item.where, item.mark, copies, item.joined, text)
        return towers, total, height


_Choice = TypeVar("_Choice")


def _written_out(runs: Iterable[tuple[int, _Choice]]) -> list[_Choice]:
    """``9 x 0.2`` as nine values."""
    return [value for times, value in runs for _ in range(times)]


def _written(count: Expression | None) -> str:
    return pretty(count.text) if count is not None and count.names else ""


def _plain(value: Value) -> int | float | str:
    """A value as the tree shows it: an int, a float where it is not whole, a word."""
    if isinstance(value, str):
        return value
    return value[0] if value[1] == 1 else value[0] / value[1]
