"""A spec as it is written: the items of a series, with their places, nothing filled in."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from archviz.errors import Mark
from archviz.language.expression import Expression
from archviz.language.options import Setting
from archviz.network.model import Figure, Head


class LayerSpec(NamedTuple):
    """A layer as written; ``fields`` are settled, ``open`` waits for parameters."""

    kind: str
    where: str
    mark: Mark
    fields: Mapping[str, Any]
    open: tuple[Setting, ...] = ()


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
    name: str = ""
    when: Setting | None = None


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


class TowersSpec(NamedTuple):
    """Towers, or with ``copies`` one tower many times; ``joined``: a fork."""

    branches: tuple["SeriesSpec", ...]
    merge: LayerSpec
    where: str
    mark: Mark
    copies: Expression | None = None
    joined: bool = False


class ResidualSpec(NamedTuple):
    """A main path and a shortcut."""

    main: "SeriesSpec"
    shortcut: "SeriesSpec"
    merge: LayerSpec
    where: str
    mark: Mark


class GraphSpec(NamedTuple):
    """A wiring; its nodes in topological order."""

    nodes: tuple[tuple[str, "SeriesSpec"], ...]
    edges: tuple[tuple[str, str], ...]
    where: str
    mark: Mark


class AuxiliarySpec(NamedTuple):
    """An auxiliary classifier."""

    body: "SeriesSpec"
    where: str
    mark: Mark
    side: str = "auto"
    name: str = ""


ItemSpec: TypeAlias = (
    LayerSpec | CallSpec | RepeatSpec | TowersSpec | ResidualSpec | GraphSpec | AuxiliarySpec
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


class Spec(NamedTuple):
    """A whole spec as written."""

    head: Head
    network: SeriesSpec
    modules: Mapping[str, ModuleSpec]
    figure: Figure
    published_marks: Mapping[str, Mark]
