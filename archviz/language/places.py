"""Where items stand: what may stand there, and what all readers of mappings ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

from archviz.language.shorthand import Parameters, SpecReader
from archviz.language.syntax import (
    AuxiliarySpec,
    CallSpec,
    GraphSpec,
    ItemSpec,
    LayerSpec,
    RepeatSpec,
    ResidualSpec,
    TowersSpec,
)
from archviz.yamlnodes import MappingNode, YamlNode

if TYPE_CHECKING:
    from collections.abc import Sequence


class Place(NamedTuple):
    """What may stand where an item stands, and which parameters it may use."""

    scope: Parameters
    top: bool = False
    """In the network's own series: auxiliary classifiers are allowed."""
    own: bool = False
    """In the network itself, towers and graphs in it included: not in a module or a repeat."""
    first: bool = False
    """At the start of a series: in the network itself an input may stand."""
    fork: str = ""
    """At the end of a tower: the kind of the merge that a fork's ends go to."""
    merge: bool = False
    """At the start of a graph's node: a merge may stand."""


def begins(item: ItemSpec) -> bool:
    """Whether an item is an input, or begins with nothing but inputs."""
    match item:
        case LayerSpec():
            return item.kind == "input"
        case TowersSpec():
            return all(branch and begins(branch[0]) for branch in item.branches)
        case GraphSpec():
            return all(source != "in" for source, _ in item.edges)
        case CallSpec() | RepeatSpec() | ResidualSpec() | AuxiliarySpec():
            return False
        case _:
            assert_never(item)


def check_keys(reader: SpecReader, node: MappingNode, allowed: Sequence[str], what: str) -> None:
    """Note the keys of a mapping that are not allowed in it."""
    for key, _ in node.pairs:
        if key.text not in allowed:
            reader.unknown(key.mark, f"{what} has no key", key.text, allowed)


def find(node: MappingNode, name: str) -> YamlNode | None:
    """The value of a key; None where the key is missing."""
    for key, value in node.pairs:
        if key.text == name:
            return value
    return None
