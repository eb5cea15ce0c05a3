"""The classes of Keras that ``docs/import.md`` lists, from the tables that the import goes by."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from archviz.importers.fold.keras_rules import RULES
from archviz.importers.fold.keras_rules_operations import PREFIX
from archviz.importers.fold.keras_table import KINDS_FOR
from archviz.importers.fold.keras_values import CELLS_RUN

OLD = ("Convolution", "CuDNN", "SeparableConvolution", "CustomScaleLayer", "LayerScale", "Bias")
"""Other names of classes, and those of published models."""


def keras_list() -> str:
    """Layers with kinds of their own, layers that are boxes, and functions."""
    layers = [
        name.replace(CELLS_RUN, "RNN")
        for name in KINDS_FOR
        if not name.startswith((PREFIX, "@", *OLD))
    ]
    boxes = [
        name
        for name in RULES
        if not name.startswith((PREFIX, *OLD)) and name not in (*layers, CELLS_RUN)
    ]
    functions = [name.removeprefix(PREFIX) for name in RULES if name.startswith(PREFIX)]
    rows = (
        ("Layers and kinds of ours, where these say all of them", layers),
        ("Boxes with their name, weights, shapes and multiply-adds", boxes),
        ("Functions of `keras.ops`", functions),
    )
    return "\n" + "\n\n".join([_entry(words, names) for words, names in rows]) + "\n"


def _entry(words: str, names: Iterable[str]) -> str:
    text = f"**{words}:** {', '.join(_short(sorted(names)))}."
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _short(names: Iterable[str]) -> list[str]:
    """Names, with classes of several ranks as one: ``Conv1D/2D/3D``."""
    ranks: dict[tuple[str, str], list[str]] = {}
    for name in names:
        match = re.fullmatch(r"(\w+?)([123]D)(\w*)", name)
        stem = (match[1], match[3]) if match else (name, "")
        ranks.setdefault(stem, []).extend([match[2]] if match else [])
    return [f"{front}{'/'.join(found)}{behind}" for (front, behind), found in ranks.items()]
