"""Parameters filled in: layers, arguments and numbers of a spec for one call of a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from archviz.errors import Mark, Problem
from archviz.language.expression import Expression, ExpressionError, Value, evaluate, show
from archviz.language.options import OPTIONS, OptionError, Setting, setting_value, whole
from archviz.language.shapes import shape_values
from archviz.language.syntax import Argument, ChoiceSpec, LayerSpec, ModuleSpec
from archviz.network.kinds import KINDS
from archviz.network.labels import filled
from archviz.network.model import PREVIOUS, Layer, Node, Shape

Values: TypeAlias = Mapping[str, Value]


class Filler:
    """Fills parameters in, and notes what does not suit."""

    def __init__(self, sizes: Values) -> None:
        self.sizes = sizes
        """Of the sides that are open, by their names."""
        self.problems: dict[Mark, Problem] = {}
        self.inside: list[tuple[str, Mark]] = []
        """The calls that are being filled in."""
        self.inputs: list[Layer] = []
        self.previous = False
        """Whether something takes what the item before its module took in."""
        self.at: Shape | None = None
        """The shape at the place that is being built, where it is known."""
        self.choices: dict[tuple[str, str], LayerSpec] = {}

    def problem(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note a problem; of one place, the first."""
        self.problems.setdefault(mark, Problem(mark, message, hint, tuple(reversed(self.inside))))

    def seen(self, name: str) -> str:
        """The name of a value, which the figure may have to explain."""
        self.previous = self.previous or name == PREVIOUS
        return name

    def layer(self, spec: LayerSpec | ChoiceSpec, values: Values) -> Layer:
        """A layer with all its options settled."""
        if isinstance(spec, ChoiceSpec):
            spec = self.chosen(spec, values)
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
        if "stride" not in fields and "ceil" in KINDS[spec.kind].options:
            fields["stride"] = fields.get("kernel", (1, 1))
        if spec.kind == "scaled-add":
            fields.setdefault("value", 1.0)
        if "{" in fields.get("label", ""):
            shown = {name: show(value) for name, value in values.items()}
            fields["label"] = filled(fields["label"], shown)
        fields.setdefault("drawn", KINDS[spec.kind].drawn)
        layer = Layer(kind=spec.kind, where=spec.where, mark=spec.mark, **fields)
        if spec.kind == "input":
            self.inputs.append(layer)
        for name in layer.takes:
            self.seen(name)
        return layer

    def chosen(self, spec: ChoiceSpec, values: Values) -> LayerSpec:
        """The layer of the kind that a parameter has here."""
        kind = values[spec.parameter]
        if not isinstance(kind, str) or kind not in KINDS:
            message = f"'{spec.parameter}' is {show(kind)} where a layer kind is needed"
            self.problem(spec.mark, message, "such as max-pool")
            return LayerSpec("dropout", spec.where, spec.mark, {})
        key = spec.where, kind
        if key not in self.choices:
            self.choices[key], problems = spec.read(kind)
            for problem in problems:
                self.problem(problem.mark, problem.message, problem.hint)
        return self.choices[key]

    def fill(
        self, setting: Setting, values: Values, fields: dict[str, object], absent: bool
    ) -> None:
        """Settle one option, or note why it cannot be."""
        try:
            fields[OPTIONS[setting.option].field] = setting_value(setting, values)
        except OptionError as error:
            if not absent:
                self.problem(setting.mark, f"'{setting.text[:60]}': {error.message}", error.hint)

    def present(self, setting: Setting | None, values: Values) -> bool:
        """Whether ``when`` lets an item stand."""
        if setting is None:
            return True
        if any(name in self.sizes and values[name] is self.sizes[name] for name in setting.names):
            message = f"'{setting.text[:60]}' depends on a side that is open"
            self.problem(setting.mark, message, "what stands here has to be the same at all sizes")
            return True
        try:
            return bool(setting_value(setting, values))
        except OptionError as error:
            self.problem(setting.mark, f"'{setting.text[:60]}': {error.message}", error.hint)
            return True

    def needed(self, merge: Node) -> None:
        """Note a merge of several values that is left out."""
        if isinstance(merge, Layer) and not merge.present:
            hint = "only the merge of a residual can be: its main path is left then"
            self.problem(
                merge.mark, f"{merge.kind} brings values together and cannot be left out", hint
            )

    def arguments(
        self, given: tuple[Argument, ...], module: ModuleSpec, values: Values
    ) -> dict[str, Value]:
        """The values of a module's parameters in one call."""
        arguments: dict[str, Value] = {}
        written_out = {argument.parameter: argument for argument in given}
        for name, default in module.takes.items():
            if name not in written_out:
                known = shape_values(self.at or (1,)) if default and default.names else {}
                known = {**self.sizes, **known, **arguments}
                arguments[name] = self.value(default, module.mark, known) if default else (0, 1)
                continue
            argument = written_out[name]
            arguments[name] = self.value(argument.value, argument.mark, values)
        return arguments

    def value(self, expression: Expression, mark: Mark, values: Values) -> Value:
        """The value of an expression; 1 where it has none, with a problem."""
        try:
            return evaluate(expression, values)
        except ExpressionError as error:
            self.problem(mark, f"'{expression.text[:60]}': {error.message}")
            return (1, 1)

    def times(
        self, item: Expression, mark: Mark, values: Values, what: str, low: int, high: int
    ) -> int:
        """How often something stands there, within bounds."""
        try:
            return whole(what, evaluate(item, values), low, high)
        except (OptionError, ExpressionError) as error:
            self.problem(mark, error.message)
            return low
