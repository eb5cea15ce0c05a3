"""Where items stand: what may stand there, and what all readers of mappings ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from archviz.language.reader import SpecReader
from archviz.language.shorthand import Parameters
from archviz.language.synonyms import ours
from archviz.language.syntax import (
    AuxiliarySpec,
    CallSpec,
    ChoiceSpec,
    FromSpec,
    GraphSpec,
    ItemSpec,
    LayerSpec,
    NamedSpec,
    OutputsSpec,
    RepeatSpec,
    ResidualSpec,
    SeriesSpec,
    StageSpec,
    TowersSpec,
)
from archviz.network.kinds import KINDS
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
    """At the start of a graph's node, or behind several values: a merge may stand."""
    ends: bool = False
    """At the end of the network: outputs may stand."""


ReadSeries: TypeAlias = Callable[[SpecReader, YamlNode, str, Place], SeriesSpec]
ReadItem: TypeAlias = Callable[[SpecReader, YamlNode, str, Place], tuple[ItemSpec, ...]]


class Readers(NamedTuple):
    """What reads the items inside an item, and may come to the like of it again."""

    series: ReadSeries
    item: ReadItem


ReadForm: TypeAlias = Callable[
    [Readers, SpecReader, MappingNode, YamlNode, str, Place], ItemSpec | None
]


def begins(item: ItemSpec) -> bool:
    """Whether nothing enters an item: an input, a constant, or what begins with nothing else."""
    match item:
        case LayerSpec():
            return KINDS[item.kind].begins
        case TowersSpec():
            return all(branch and begins(branch[0]) for branch in item.branches)
        case GraphSpec():
            return all(source != "in" for source, _ in item.edges)
        case StageSpec():
            return bool(item.body) and begins(item.body[0])
        case (
            ChoiceSpec()
            | CallSpec()
            | RepeatSpec()
            | ResidualSpec()
            | AuxiliarySpec()
            | NamedSpec()
            | FromSpec()
            | OutputsSpec()
        ):
            return False
        case _:
            assert_never(item)


def check_keys(reader: SpecReader, node: MappingNode, allowed: Sequence[str], what: str) -> None:
    """Note the keys of a mapping that are not allowed in it."""
    for key, _ in node.pairs:
        if key.text not in allowed:
            reader.unknown(key.mark, f"{what} has no key", key.text, allowed)


def find(node: YamlNode, name: str) -> YamlNode | None:
    """The value of a key; None where the key is missing, or there are no keys."""
    for key, value in node.pairs if isinstance(node, MappingNode) else ():
        if key.text == name:
            return value
    return None


def meant(node: MappingNode, allowed: Sequence[str]) -> MappingNode:
    """A mapping with our keys for those of others, of which :func:`check_keys` has told."""
    given = {key.text for key, _ in node.pairs}
    if given.issubset(allowed):
        return node
    pairs = []
    for key, value in node.pairs:
        name = "" if key.text in allowed else ours(key.text, allowed)
        free = name in allowed and name not in given
        pairs.append((key._replace(text=name), value) if free else (key, value))
        given.add(name)
    return MappingNode(tuple(pairs), node.mark)
