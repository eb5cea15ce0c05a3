"""A spec as it is written: the items of a series, with their places, nothing filled in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from archviz.errors import Mark, Problem
from archviz.language.expression import Expression
from archviz.language.options import Setting
from archviz.network.head import Head
from archviz.network.model import PLAIN, Figure, Look


class LayerSpec(NamedTuple):
    """A layer as written; ``fields`` are settled, ``open`` waits for parameters."""

    kind: str
    where: str
    mark: Mark
    fields: Mapping[str, Any]
    open: tuple[Setting, ...] = ()


class Style(NamedTuple):
    """What every item can have beside what it is."""

    name: str = ""
    look: Look = PLAIN
    shared: bool = False


class ChoiceSpec(NamedTuple):
    """A layer whose kind is a parameter; ``read`` makes it one of a kind."""

    parameter: str
    where: str
    mark: Mark
    words: tuple[str, ...]
    """All words in its text."""
    read: Callable[[str], tuple[LayerSpec, Sequence[Problem]]]


class NamedSpec(NamedTuple):
    """A name for the value behind the item before."""

    name: str
    where: str
    mark: Mark


class FromSpec(NamedTuple):
    """The series goes on from named values; of several, a merge comes next."""

    names: tuple[str, ...]
    where: str
    mark: Mark


class Argument(NamedTuple):
    """One argument of a module call."""

    parameter: str
    value: Expression
    mark: Mark


class CallSpec(NamedTuple):
    """A module call as written; parameters without an argument take their default."""

    module: str
    where: str
    mark: Mark
    arguments: tuple[Argument, ...] = ()
    when: Setting | None = None
    style: Style = Style()
    inputs: tuple[tuple[str, str], ...] = ()
    gives: tuple[tuple[str, str], ...] = ()


Binding: TypeAlias = tuple[str, tuple[tuple[int, Expression], ...]]
"""A variable of ``each``; every value with the number of iterations that have it."""


class RepeatSpec(NamedTuple):
    """A repeat; ``bindings`` or ``rows`` say what differs between its iterations."""

    times: Expression
    body: "SeriesSpec"
    where: str
    mark: Mark
    bindings: tuple[Binding, ...] = ()
    rows: tuple[tuple[int, "SeriesSpec"], ...] = ()
    style: Style = Style()


class TowersSpec(NamedTuple):
    """Towers, or with ``copies`` one tower many times; ``joined``: a fork."""

    branches: tuple["SeriesSpec", ...]
    merge: LayerSpec | ChoiceSpec
    where: str
    mark: Mark
    copies: Expression | None = None
    joined: bool = False
    style: Style = Style()


class ResidualSpec(NamedTuple):
    """A main path and a shortcut."""

    main: "SeriesSpec"
    shortcut: "SeriesSpec"
    merge: LayerSpec | ChoiceSpec
    where: str
    mark: Mark
    style: Style = Style()


class GraphSpec(NamedTuple):
    """A wiring; its nodes in topological order."""

    nodes: tuple[tuple[str, "SeriesSpec"], ...]
    edges: tuple[tuple[str, str], ...]
    where: str
    mark: Mark
    style: Style = Style()


class AuxiliarySpec(NamedTuple):
    """An auxiliary classifier."""

    body: "SeriesSpec"
    where: str
    mark: Mark
    side: str = "auto"
    style: Style = Style()


class StageSpec(NamedTuple):
    """A stretch of the main row with a title."""

    title: str
    body: "SeriesSpec"
    where: str
    mark: Mark
    style: Style = Style()


class OutputsSpec(NamedTuple):
    """Several outputs, by their names."""

    branches: tuple[tuple[str, "SeriesSpec"], ...]
    where: str
    mark: Mark
    looks: tuple[Look, ...] = ()


ItemSpec: TypeAlias = (
    LayerSpec
    | ChoiceSpec
    | CallSpec
    | RepeatSpec
    | TowersSpec
    | ResidualSpec
    | GraphSpec
    | AuxiliarySpec
    | NamedSpec
    | FromSpec
    | StageSpec
    | OutputsSpec
)
SeriesSpec: TypeAlias = tuple[ItemSpec, ...]


class ModuleSpec(NamedTuple):
    """A module as written; parameters with None have no default."""

    name: str
    mark: Mark
    body: "SeriesSpec"
    takes: Mapping[str, Expression | None]
    color: str = "green"
    label: str = ""
    title: str = ""
    inputs: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    whole: bool = False
    """Whether it is a network, before whose first item nothing stands."""
    shaped: bool = False
    """Whether it, or a module in it, knows the shape that comes in."""


class Spec(NamedTuple):
    """A whole spec as written."""

    head: Head
    network: SeriesSpec
    modules: Mapping[str, ModuleSpec]
    figure: Figure
    published_marks: Mapping[str, Mark]
    files: tuple[str, ...] = ()
    """Of the specs that parts of it come from."""
    warnings: tuple[Problem, ...] = ()
    open: tuple[str, ...] = ()
    """The names of sides of its inputs that are open."""
