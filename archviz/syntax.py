"""A spec as it is written: the items of a series, with their places, nothing filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from archviz.errors import Mark
from archviz.expression import Expression
from archviz.model import Head
from archviz.options import Setting


@dataclass(frozen=True, eq=False)
class LayerSpec:
    """A layer as written; ``fields`` are settled, ``open`` waits for parameters."""

    kind: str
    where: str
    mark: Mark
    fields: Mapping[str, Any]
    open: tuple[Setting, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Argument:
    """One argument of a module call."""

    parameter: str
    value: Expression
    mark: Mark


@dataclass(frozen=True, eq=False)
class CallSpec:
    """A module call as written; parameters without an argument take their default."""

    module: str
    where: str
    mark: Mark
    arguments: tuple[Argument, ...] = ()
    name: str = ""
    when: Setting | None = None


@dataclass(frozen=True, eq=False)
class RepeatSpec:
    """A repeat; ``bindings`` or ``rows`` say what differs between its iterations."""

    times: Expression
    body: SeriesSpec
    where: str
    mark: Mark
    bindings: tuple[tuple[str, tuple[Expression, ...]], ...] = ()
    rows: tuple[SeriesSpec, ...] = ()


@dataclass(frozen=True, eq=False)
class TowersSpec:
    """Towers, or with ``copies`` one tower many times; ``joined``: a fork."""

    branches: tuple[SeriesSpec, ...]
    merge: LayerSpec
    where: str
    mark: Mark
    copies: Expression | None = None
    joined: bool = False


@dataclass(frozen=True, eq=False)
class ResidualSpec:
    """A main path and a shortcut."""

    main: SeriesSpec
    shortcut: SeriesSpec
    merge: LayerSpec
    where: str
    mark: Mark


@dataclass(frozen=True, eq=False)
class GraphSpec:
    """A wiring; its nodes in topological order."""

    nodes: tuple[tuple[str, SeriesSpec], ...]
    edges: tuple[tuple[str, str], ...]
    where: str
    mark: Mark


@dataclass(frozen=True, eq=False)
class AuxiliarySpec:
    """An auxiliary classifier."""

    body: SeriesSpec
    where: str
    mark: Mark
    side: str = "auto"
    name: str = ""


ItemSpec: TypeAlias = (
    LayerSpec | CallSpec | RepeatSpec | TowersSpec | ResidualSpec | GraphSpec | AuxiliarySpec
)
SeriesSpec: TypeAlias = tuple[ItemSpec, ...]


@dataclass(frozen=True, eq=False)
class ModuleSpec:
    """A module as written; parameters with None have no default."""

    name: str
    mark: Mark
    body: SeriesSpec
    takes: Mapping[str, Expression | None]
    color: str = "green"
    label: str = ""
    title: str = ""


@dataclass(frozen=True, eq=False)
class Spec:
    """A whole spec as written."""

    head: Head
    input: LayerSpec
    network: SeriesSpec
    modules: Mapping[str, ModuleSpec]
    notes: tuple[str, ...] = ()
    hide_badges: frozenset[str] = frozenset()
    published_marks: Mapping[str, Mark] = field(default_factory=dict)
