"""The words of a spec in their order: keys of mappings, words of a shorthand text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.language.head import ACCURACY, GALLERY, KERAS, PUBLISHED, TEXTS
from archviz.language.items import FORMS
from archviz.language.options import FLAGS, OPTIONS, split_sides
from archviz.looks import LOOKS
from archviz.network.kinds import KINDS
from archviz.network.rules import dimensions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_BODY = ("use", "until", "layers", "towers", "residual", "graph", "of", "each", "shortcut", "merge")
_LOOK = ("as", "name", "label", "title", "color", "caption", "hidden", "shared", "side", "when")
KEYS: Mapping[str, tuple[str, ...]] = {
    "spec": (
        *("title", "year", "date", "paper", "authors", "venue", "link", "source"),
        *("published", "accuracy", "gallery", "take", "defaults", "modules", "network", "figure"),
    ),
    "module": ("takes", "inputs", "gives", "color", "label", "title", *_BODY),
    "series": (*FORMS, *_BODY, *OPTIONS, *_LOOK),
    "graph": ("nodes", "edges"),
    "published": tuple(PUBLISHED),
    "accuracy": tuple(ACCURACY),
    "gallery": tuple(GALLERY),
    "keras": tuple(KERAS),
    "figure": (*LOOKS, "hide-badges", "colors", "notes"),
}
"""The keys of each part of a spec, in their order; of an item, its kind comes first."""

SECTIONS = ("take", "defaults", "modules", "network", "figure")
"""What stands apart, an empty line before each."""

_SERIES = {
    **dict.fromkeys(("layers", "of", "residual", "shortcut", "auxiliary", "merge"), "series"),
    "towers": "parallel",
    "fork": "parallel",
    "outputs": "nodes",
    "graph": "graph",
    "stage": "text",
    **{kind: f"layer {kind}" for kind in KINDS},
}
_PARTS = {
    "spec": {
        **dict.fromkeys(TEXTS, "text"),
        "take": "words",
        "network": "series",
        **{name: name for name in ("modules", "defaults", "figure", "published", "gallery")},
        "accuracy": "accuracy",
    },
    "accuracy": {"dataset": "text", "source": "text"},
    "gallery": {"brought": "text", "family": "text", "names": "words", "keras": "keras"},
    "module": {**_SERIES, "label": "text", "title": "text"},
    "series": _SERIES,
    "defaults": {kind: f"layer {kind}" for kind in KINDS},
    "graph": {"nodes": "nodes", "edges": "words"},
    "figure": {"notes": "text"},
}
"""What stands under the keys of each part of a spec."""
_ALL_KEYS = {"modules": "module", "nodes": "series"}
"""What stands under all keys of a part."""


def part_under(part: str, key: str) -> str:
    """Which part of a spec stands under a key of a part; empty where it is a plain value."""
    return _ALL_KEYS.get(part) or _PARTS.get(part, {}).get(key, "")


def part_inside(part: str) -> str:
    """Which part of a spec the items of a list are that is one."""
    return "series" if part == "parallel" else part


_FIRST = ("kernel", "", "stride", "pad", "ceil", "norm", "bias", "act")
_OPTIONS = (*_FIRST, *(name for name in OPTIONS if name not in _FIRST))


def keys_in_order(keys: Sequence[str], part: str) -> list[str]:
    """The keys of a part of a spec in their order; those that are not known keep theirs."""
    known = KEYS.get(part, ())
    places = {key: place for place, key in enumerate(known)}
    if part == "series" and not any(key in FORMS for key in keys):
        head = next((key for key in keys if key in KINDS or key not in places), "")
        places[head] = -1
    return sorted(keys, key=lambda key: places.get(key, len(known)))


def in_order(text: str, kind: str, scope: Collection[str]) -> str:
    """The words of a text with one blank between; those of a layer of ``kind`` in their order.

    Without a kind it is the call of a module: arguments by their place, then those by name.
    ``scope`` has the names that the spec itself gives, which win over kinds and flags.
    """
    words = text.split()
    if kind not in KINDS or kind in scope:
        return " ".join(sorted(words, key=lambda word: "=" in word))
    words = [_with_x(word) for word in words]
    return " ".join(sorted(words, key=lambda word: _place(word, kind, scope)))


def _place(word: str, kind: str, scope: Collection[str]) -> int:
    option, equals, _ = word.partition("=")
    row = KINDS[kind]
    if word in FLAGS and word not in scope:
        option = FLAGS[word][0]
    elif not equals:
        stride = word[0] == "/" and "stride" in row.options
        kernel = "kernel" in row.options and split_sides(word, scope, dimensions(kind))
        option = "stride" if stride else "kernel" if kernel else ""
    if row.first and option == row.first:
        option = _FIRST[0]
    elif option == row.main:
        option = ""
    return _OPTIONS.index(option) if option in _OPTIONS else len(_OPTIONS)


def _with_x(word: str) -> str:
    """``3×3`` as ``3x3``; between parameters, whose names might run together, it stays."""
    sides = word.rpartition("=")[2].lstrip("/").split("×")
    return word.replace("×", "x") if all(map(str.isdigit, sides)) else word
