"""The tables of ``docs/proofs.md``: what each network was held against, and what its head says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import archviz
from archviz import catalog

RECORD = Path(__file__).parents[1] / "proofs.json"
HEADER = "| network | held against | layers | parameters | trained | multiply-adds |"


def record() -> Mapping[str, Any]:
    """What the last run of the proof found, by the names of networks."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8")))


def proofs_list() -> str:
    """A row for each network of the gallery that is proven."""
    known = record()
    lines = [HEADER, "|---|---|--:|--:|--:|--:|"]
    for entry in catalog.entries():
        found = known.get(entry["name"])
        if found:
            numbers = [f"{found[key]:,}" for key in ("layers", "parameters", "trainable", "macs")]
            lines.append(f"| {entry['title']} | {' | '.join([_against(found), *numbers])} |")
    return "\n".join(lines)


def _against(found: Mapping[str, Any]) -> str:
    package, model = found["package"], found["model"]
    if not package:
        return f"`{model}` in [tests/networks.py](../tests/networks.py)"
    shown = model if " " in model else f"`{model}`"
    text = f"{shown} of {package} {found['version']}"
    return f"{text}, {found['remark']}" if found["remark"] else text


def sources_list() -> str:
    """What each head says of where filters and totals come from."""
    lines = ["| network | its spec says |", "|---|---|"]
    for entry in catalog.entries():
        head = archviz.load(entry["name"]).network.head
        lines.append(f"| {head.title} | {' '.join(head.source.split())} |")
    return "\n".join(lines)
