"""The table of families, ``families.yaml``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "families.yaml")


class Keys(NamedTuple):
    """Under which keys a fact stands: in ``config.json``, and in GGUF."""

    config: tuple[str, ...]
    gguf: str


class Family(NamedTuple):
    """A row of the table: one kind of language models."""

    name: str
    title: str
    traits: Mapping[str, Any]
    """What its wiring is; a text is the key of ``config.json`` that decides."""
    defaults: Mapping[str, Any]
    """What holds where ``config.json`` is silent; None where nothing does."""


class Table(NamedTuple):
    """All that is known of families."""

    facts: Mapping[str, Keys]
    blocks: Mapping[str, Any]
    """How a block is wired, as in a spec; ``norm``, ``attention``, ``feed-forward`` to fill in."""
    heads: Mapping[str, tuple[str, ...]]
    """What stands behind the blocks, by the ends of the names of classes."""
    types: Mapping[str, Family]
    """Families by ``model_type``."""
    architectures: Mapping[str, Family]
    """Families by ``general.architecture``."""


@cache
def table() -> Table:
    """The table, read once."""
    import yaml

    with open(FILE, "rb") as file:
        data = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    facts = {name: Keys(tuple(row["config"]), row["gguf"]) for name, row in data["facts"].items()}
    types, architectures = {}, {}
    for name, row in data["families"].items():
        empty = dict.fromkeys(row.get("also", ()))
        family = Family(name, row["title"], row, {**empty, **row["defaults"]})
        types.update(dict.fromkeys(row.get("types", ()), family))
        architectures.update(dict.fromkeys(row.get("gguf", ()), family))
    heads = {end: tuple(parts) for end, parts in data["heads"].items()}
    return Table(facts, data["blocks"], heads, types, architectures)
