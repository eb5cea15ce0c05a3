"""Names for the sides of inputs that are open: ``input HxWx3``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archviz.language.expression import is_name
from archviz.language.options import FLAGS, RESERVED, SYMBOLS
from archviz.language.shapes import SHAPE_NAMES, names_in
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archviz.language.syntax import Spec

_LIKELY = re.compile(r"\binput\W+(?:shape\W+)?[\dx×]*[A-WYZa-wyz]")
"""Where a text may have such a name; in most there is none, and nothing is looked for."""
NOT_NAMES = SHAPE_NAMES.keys() | FLAGS.keys() | RESERVED | SYMBOLS | {"None"}


def open_names(text: str, network: YamlNode | None) -> Mapping[str, int]:
    """The names in the shapes of a network's inputs, as parameters that are numbers."""
    if network is None or not _LIKELY.search(text):
        return {}
    found = (name for shape in _shapes(network) for name in sides_of(shape))
    return dict.fromkeys((name for name in found if is_name(name) and name not in NOT_NAMES), 0)


def sides_of(shape: str) -> list[str]:
    """The sides in a shape; where one is written with ``×``, names may have an x."""
    return shape.split("×" if "×" in shape else "x")


def _shapes(network: YamlNode) -> Iterator[str]:
    """The shapes of all inputs, as they are written."""
    waiting = [network]
    while waiting:
        node = waiting.pop()
        if isinstance(node, SequenceNode):
            waiting += reversed(node.items)
        elif isinstance(node, MappingNode):
            pairs = {key.text: value for key, value in node.pairs}
            if "input" in pairs:
                waiting.append(pairs.pop("input"))
                for one in (waiting.pop(), pairs.pop("shape", None)):
                    if isinstance(one, ScalarNode):
                        yield from _shape(one.text.split())
            waiting += reversed(pairs.values())
        elif isinstance(node, ScalarNode) and node.text.lstrip().startswith("input "):
            yield from _shape(node.text.split()[1:])


def _shape(words: list[str]) -> Iterator[str]:
    for word in words:
        option, equals, value = word.partition("=")
        if not equals or option == "shape":
            yield value if equals else word


def names_taken(spec: Spec, body: object) -> list[str]:
    """The open names of a spec that a part of it depends on."""
    return [name for name in dict.fromkeys(names_in(body)) if name in spec.open]
