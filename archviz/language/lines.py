"""Texts of items that run over several lines, which may have been meant as several items."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archviz.language.reader import SpecReader, tokens_of
from archviz.language.synonyms import ours
from archviz.network.kinds import KINDS
from archviz.yamlnodes import ScalarNode, SequenceNode, YamlNode, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archviz.errors import Problem


MOST_PARTS = 12
"""How many commas are looked over for the end of a bracket."""
_DASH = re.compile(r"- |-(?=[a-zA-Z])")


def together(items: Sequence[YamlNode]) -> Sequence[YamlNode]:
    """The items of a list in brackets, with ``Conv2d(3, 64, 3)`` not cut at its commas."""
    if not any(isinstance(node, ScalarNode) and "(" in node.text for node in items):
        return items
    found: list[YamlNode] = []
    waiting = list(reversed(items))
    while waiting:
        node = waiting.pop()
        text = node.text if isinstance(node, ScalarNode) else ""
        for number, other in enumerate(reversed(waiting[-MOST_PARTS:]), start=1):
            if text.count("(") <= text.count(")") or not isinstance(other, ScalarNode):
                break
            text = f"{text}, {other.text}"
            if text.count("(") == text.count(")") and isinstance(node, ScalarNode):
                node = node._replace(text=text)
                del waiting[-number:]
        found.append(node)
    return found


def apart(reader: SpecReader, node: YamlNode) -> tuple[YamlNode, ...]:
    """A text that took in ``- items`` which stand below it, and those; other nodes as they are."""
    if not isinstance(node, ScalarNode) or len(node.lines) < 2:
        return (node,)
    found = [(index, _DASH.match(node.text, index)) for index, _ in node.lines]
    if not any(dash for _, dash in found):
        return (node,)
    first = next(index for index, dash in found if dash)
    if node.text[first + 1] == " ":
        message = "this item is indented under the one before, and became a part of its text"
        reader.problem(node.mark_at(first), message, "give both '-' the same column")
    else:
        word = shorten(node.text[first + 1 :].split()[0])
        message, hint = "this '-' has no blank behind it", f"write: - {word}"
        reader.problem(node.mark_at(first), message, hint)
    starts = [0, *(dash.end() for index, dash in found if dash and index)]
    if found[0][1]:
        starts[0] = 1
    swallowed = [index for index, dash in found if dash and index]
    ends = [*swallowed, len(node.text)]
    return tuple(
        ScalarNode(
            node.text[start:end].rstrip(),
            True,
            node.mark_at(start),
            0,
            tuple((index - start, mark) for index, mark in node.lines if start <= index < end),
        )
        for start, end in zip(starts, ends, strict=True)
    )


def listed(reader: SpecReader, node: YamlNode) -> YamlNode:
    """A node, or the list that a text with ``- items`` in it was meant to be."""
    items = apart(reader, node)
    return SequenceNode(items, node.mark) if len(items) > 1 else node


def several_lines(reader: SpecReader, node: ScalarNode, since: int) -> None:
    """Say so where a further line of an item begins like an item.

    ``since``: what is wrong with the item comes behind so many problems; this is why.
    """
    for index, mark in node.lines[1:]:
        word = node.text[index:].split()[0]
        if word not in KINDS and word not in reader.takes and not ours(word, KINDS):
            continue
        text = shorten(" ".join(word for word, _ in tokens_of(node)))
        message = f"this line goes on with the one before: {text}"
        hint = "begin each item with '- '"
        wrong: list[Problem] = reader.problems[since:]
        if wrong:
            del reader.problems[since:]
            reader.problem(mark, message, hint)
        else:
            reader.warn(mark, message, hint + ", or leave it in one line")
        return
