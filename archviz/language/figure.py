"""What a spec says of its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.errors import did_you_mean
from archviz.looks import ROLES, hex_color
from archviz.yamlnodes import ScalarNode, YamlNode, describe

if TYPE_CHECKING:
    from archviz.language.shorthand import SpecReader


def read_color(reader: SpecReader, node: YamlNode) -> str:
    """A role of the theme, or ``#rrggbb``; ``green`` where it is neither."""
    text = node.text if isinstance(node, ScalarNode) else ""
    color = text if text in ROLES else hex_color(text)
    if color:
        return color
    hint = did_you_mean(text, ROLES) or f'use one of {", ".join(ROLES)}, or "#rrggbb" in quotes'
    reader.problem(node.mark, f"there is no color {describe(node)}", hint)
    return "green"
