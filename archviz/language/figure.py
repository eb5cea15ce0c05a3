"""What a spec says of its figure: notes, colours, and how it looks."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from archviz.errors import did_you_mean
from archviz.language.head import read_text
from archviz.looks import (
    LOOKS,
    MODULE_COLORS,
    MODULES,
    NONE,
    SpecTheme,
    color_hint,
    color_of,
    theme_names,
)
from archviz.network.kinds import KINDS, OPENABLE
from archviz.network.model import Figure
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode, describe, leaves

if TYPE_CHECKING:
    from archviz.language.reader import SpecReader

OWN_KEYS: Mapping[str, str] = {
    "notes": "sentences under the figure",
    "hide-badges": "layer kinds whose badges are left out",
    "colors": "what colours mean, for the legend",
}
"""Keys of ``figure`` that no option of the command line has."""
KEYS = (*OWN_KEYS, *LOOKS)
FEW = 6
"""Modules that may be alike where a spec gives them no colour."""
UNSAID = (*MODULE_COLORS[3:], "yellow", "orange")
"""What they take where they are more, after green."""


def read_figure(
    reader: SpecReader, pairs: Mapping[ScalarNode, YamlNode], modules: Collection[str]
) -> Figure:
    """What a spec says of its figure; the options are those of :data:`LOOKS`."""
    figure, looks = Figure(), dict[str, Any]()
    for key, value in pairs.items():
        items = value.items if isinstance(value, SequenceNode) else (value,)
        if key.text == "notes":
            notes = tuple([read_text(reader, item, "a note", 600) for item in items])
            figure = figure._replace(notes=notes)
        elif key.text == "hide-badges":
            hidden = frozenset(_names(reader, items, KINDS, "no layer kind is called"))
            figure = figure._replace(hide_badges=hidden)
        elif key.text == "colors":
            figure = figure._replace(colors=_read_colors(reader, value))
        elif key.text == "open":
            known = (*modules, *OPENABLE, MODULES, NONE)
            looks["open"] = tuple(_names(reader, items, known, "no panel can open"))
        elif key.text == "panels":
            known = (*modules, *OPENABLE)
            looks["panels"] = tuple(_names(reader, items, known, "there is no panel of"))
        elif key.text == "theme":
            looks["theme"] = _read_theme(reader, value)
        elif key.text in LOOKS:
            looks[key.text] = _read_look(reader, key.text, value)
        else:
            reader.unknown(key.mark, "figure has no key", key.text, KEYS)
    return figure._replace(looks=looks)


def read_color(reader: SpecReader, node: YamlNode) -> str:
    """A role of the theme, or ``#rrggbb``; ``green`` where it is neither."""
    text = node.text if isinstance(node, ScalarNode) else ""
    if not color_of(text):
        reader.problem(node.mark, f"there is no color {describe(node)}", color_hint(text))
    return color_of(text) or "green"


def colors_unsaid(names: Sequence[str], said: Collection[str]) -> dict[str, str]:
    """Colours of the modules ``names``, of which a spec says none: green.

    Where they are more than :data:`FEW`, each family (``cell-a``, ``cell-b``) has one of its own,
    of those that no other module has by its spec (``said``).
    """
    if len(names) <= FEW:
        return dict.fromkeys(names, "green")
    free = ["green", *(color for color in UNSAID if color not in said)]
    colors = dict(zip(dict.fromkeys(map(_family, names)), cycle(free), strict=False))
    return {name: colors[_family(name)] for name in names}


def _family(name: str) -> str:
    """A module's name without the letter or the number at its end."""
    return re.sub(r"(-[a-z]|-?[0-9]+)$", "", name)


def _read_colors(reader: SpecReader, node: YamlNode) -> dict[str, str]:
    if not isinstance(node, MappingNode):
        message = f"colors is {describe(node)} where a mapping is needed"
        reader.problem(node.mark, message, "write {green: Residual block}")
        return {}
    return {
        read_color(reader, key): read_text(reader, value, "what a color means", 60)
        for key, value in node.pairs
    }


def _names(
    reader: SpecReader, items: tuple[YamlNode, ...], known: Collection[str], problem: str
) -> dict[str, None]:
    """Names, each once, in their order."""
    found: dict[str, None] = {}
    for item in items:
        word = item.text if isinstance(item, ScalarNode) else ""
        if word not in known:
            reader.unknown(item.mark, problem, word, known)
        found[word] = None
    return found


def _read_look(reader: SpecReader, name: str, node: YamlNode) -> Any:
    value: str | list[str]
    if isinstance(node, ScalarNode):
        value = node.text
    elif isinstance(node, SequenceNode) and LOOKS[name].words:
        value = [item.text if isinstance(item, ScalarNode) else "?" for item in node.items]
    else:
        reader.problem(node.mark, f"{name} is {describe(node)} where one value is needed")
        return None
    try:
        return LOOKS[name].read(value)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        reader.problem(node.mark, message, hint)
        return None


def _read_theme(reader: SpecReader, node: YamlNode) -> SpecTheme:
    """A bundled theme, or a file beside the spec."""
    name = node.text if isinstance(node, ScalarNode) else ""
    if name in theme_names():
        return SpecTheme(name)
    if not name.lower().endswith((".yaml", ".yml")):
        hint = did_you_mean(name, theme_names()) or f"the themes are {', '.join(theme_names())}"
        reader.problem(node.mark, f"there is no theme {describe(node)}", hint)
        return SpecTheme("article")
    folder = os.path.dirname(node.mark.file) or os.curdir
    path = os.path.join(folder, name)
    if reader.allow_outside:
        folder = ""
    if folder and leaves(path, folder):
        message = f"{describe(node)} is outside of the spec's folder"
        reader.problem(node.mark, message, "put the theme beside the spec, or give --allow-outside")
    elif not os.path.isfile(path):
        hint = "a path is that from the spec's folder"
        reader.problem(node.mark, f"there is no file {describe(node)}", hint)
    return SpecTheme(path, folder)
