"""What stands at a place of a spec: its problems, its numbers, where its names are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from archviz.errors import ArchvizError, Problem
from archviz.language.expand import network_from_text
from archviz.language.options import FLAGS, OPTIONS
from archviz.lsp.completion import Names
from archviz.lsp.outline import Outline
from archviz.network.analysis import Analysis, analyse, check_published
from archviz.network.facts import Facts
from archviz.network.kinds import KINDS
from archviz.network.model import Layer, ModuleCall, Network, Node, Repeat
from archviz.network.walk import children
from archviz.yamlnodes import spec_text

_SPEC = re.compile(r"^(network|modules|defaults)\s*:", re.MULTILINE)
_WORD = re.compile(r"[^\s,\[\]{}:=]+")
MOST = 4
"""Of how many different values a hover names each."""


class Found(NamedTuple):
    """What reading a text came to; the network, where there is one."""

    problems: list[Problem]
    network: Network | None = None
    analysis: Analysis | None = None


def is_spec(text: str) -> bool:
    """Whether a YAML file is likely meant to be a spec, and not something else."""
    return bool(_SPEC.search(text))


def read(text: str, file: str) -> Found:
    """Read, prove and count a spec as ``archviz check`` does."""
    try:
        network = network_from_text(spec_text(text, file), file)
        analysis = analyse(network)
    except ArchvizError as error:
        return Found(list(error.problems))
    problems = [*analysis.warnings, *check_published(network, analysis)]
    return Found(problems, network, analysis)


def extent(line: str, column: int) -> tuple[int, int]:
    """The columns of the word, or the quoted text, at a column; from and to, from 0."""
    quoted = re.match(r""""[^"]*"|'[^']*'""", line[column:])
    if quoted:
        return column, column + quoted.end()
    found = re.match(r"[^\s,\[\]{}]*[^\s,\[\]{}:]", line[column:])
    return column, column + (found.end() if found else 1)


def word_at(line: str, column: int) -> str:
    """The word that a column is in."""
    return next((w[0] for w in _WORD.finditer(line) if w.start() <= column <= w.end()), "")


def typed(before: str) -> str:
    """What has been typed of a word at the end of a line."""
    return re.search(r"[^\s,\[\]{}=\"']*$", before)[0]  # type: ignore[index]


def definition(text: str, line: str, column: int) -> tuple[int, int, str] | None:
    """Line, column and word where the name in a line is given: of a module, or of a value."""
    names = Names(Outline(text).pieces)
    word = word_at(line, column)
    piece = names.modules.get(word) or names.values.get(word)
    return (piece.line, piece.column, word) if piece else None


def hover(found: Found, row: str, line: int, column: int) -> str:
    """What is known of the layer, call or word at a place, as Markdown; empty for nothing."""
    word = word_at(row, column)
    parts = []
    if found.network and found.analysis:
        node = _node_at(found.network, line + 1, column + 1)
        if node is not None and node.where in found.analysis.facts:
            parts.append(_numbers(node, found.analysis.facts[node.where]))
    if word in KINDS:
        parts.append(f"`{word}`: {KINDS[word].about}")
    elif word in OPTIONS or word in FLAGS:
        option = word if word in OPTIONS else FLAGS[word][0]
        parts.append(f"`{word}`: {OPTIONS[option].about}")
    return "\n\n".join(parts)


def _node_at(network: Network, line: int, column: int) -> Layer | ModuleCall | Repeat | None:
    """The node that begins last before a place, on the same line."""
    best: Layer | ModuleCall | Repeat | None = None
    for node in _nodes(network):
        near = node.mark.line == line and node.mark.column <= column
        if near and (best is None or node.mark.column >= best.mark.column):
            best = node
    return best


def _nodes(network: Network) -> Iterator[Layer | ModuleCall | Repeat]:
    """Every node with a place, each place once."""
    seen: set[int] = set()
    waiting: list[Node] = [network.body]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Layer | ModuleCall | Repeat):
            yield node
        waiting += children(node)


def _numbers(node: Layer | ModuleCall | Repeat, facts: Facts) -> str:
    """Shapes, parameters and multiply-adds of what a place stands for."""
    rows = [
        ("comes to", ["×".join(map(str, shape)) for shape in facts.shapes]),
        ("parameters", [f"{number:,}" for number in facts.parameters]),
        ("multiply-adds", [f"{number:,}" for number in facts.macs]),
        ("times", [str(number) for number in facts.times]),
    ]
    name = node.module if isinstance(node, ModuleCall) else getattr(node, "kind", "repeat")
    lines = [f"**{name}**" + (f", {facts.calls} in the network" if facts.calls > 1 else "")]
    for label, values in rows:
        if values and values != ["0"]:
            more = ", …" if len(values) > MOST else ""
            lines.append(f"- {label}: {', '.join(values[:MOST])}{more}")
    return "\n".join(lines)
