"""What every item may say beside what it is: its name, and how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archviz.language.figure import read_color
from archviz.language.head import read_text
from archviz.language.shorthand import LABEL_LENGTH
from archviz.language.syntax import Style
from archviz.language.values import NAME_LENGTH, is_value_name
from archviz.network.model import Look
from archviz.yamlnodes import MappingNode, ScalarNode, YamlNode, boolean, describe, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archviz.language.reader import SpecReader

LOOK_KEYS = ("name", "label", "title", "color", "caption", "hidden")
"""Keys of every item in its long form, besides ``as``."""
CAPTION_LENGTH = 200
FORM_KEYS: Mapping[str, tuple[str, ...]] = {
    "repeat": ("repeat", "of", "each", *LOOK_KEYS, "shared"),
    "towers": ("towers", "of", "merge", *LOOK_KEYS, "shared"),
    "fork": ("fork",),
    "residual": ("residual", "shortcut", "merge", *LOOK_KEYS),
    "graph": ("graph", *LOOK_KEYS),
    "auxiliary": ("auxiliary", "side", *LOOK_KEYS),
    "stage": ("stage", "of", *LOOK_KEYS),
    "outputs": ("outputs",),
}
"""The keys of each form of an item, besides ``as``."""
OUTPUT_KEYS = ("of", "label", "caption")
"""The keys of an output in its long form."""


def read_style(reader: SpecReader, node: MappingNode) -> Style:
    """The keys of an item that every item may have."""
    values: dict[str, Any] = {}
    for key, value in node.pairs:
        if key.text in (*LOOK_KEYS, "shared"):
            read_key(reader, key.text, value, values)
    return style_of(values)


def style_of(values: dict[str, Any]) -> Style:
    """A style of the keys that :func:`read_key` has read."""
    look = {key: value for key, value in values.items() if key not in ("name", "shared", "hidden")}
    drawn = not values.get("hidden", False)
    return Style(
        values.get("name", ""), Look(**look, drawn=drawn), bool(values.get("shared", False))
    )


def read_key(reader: SpecReader, key: str, node: YamlNode, values: dict[str, Any]) -> None:
    """Put one key of every item into ``values``, or note what is wrong with it."""
    if key in ("hidden", "shared"):
        answer = boolean(node.text) if isinstance(node, ScalarNode) else None
        if answer is None:
            reader.problem(node.mark, f"{key} is {describe(node)}", "use yes or no")
        values[key] = bool(answer)
        return
    if key == "color":
        values[key] = read_color(reader, node)
        return
    limit = {"name": NAME_LENGTH, "caption": CAPTION_LENGTH}.get(key, LABEL_LENGTH)
    text = read_text(reader, node, key, limit)
    if key == "name" and text and not is_value_name(text.replace(".", "")):
        hint = f"use letters, digits, '-', '_' and '.', at most {limit} characters"
        reader.problem(node.mark, f"name '{shorten(text)}'", hint)
        text = ""
    values[key] = text
