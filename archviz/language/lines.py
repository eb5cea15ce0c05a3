"""Texts of items that run over several lines, which may have been meant as several items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.language.reader import SpecReader, tokens_of
from archviz.language.synonyms import ours
from archviz.network.kinds import KINDS
from archviz.yamlnodes import ScalarNode, SequenceNode, YamlNode, shorten

if TYPE_CHECKING:
    from archviz.errors import Problem


def apart(reader: SpecReader, node: YamlNode) -> tuple[YamlNode, ...]:
    """A text that took in ``- items`` which stand below it, and those; other nodes as they are."""
    if not isinstance(node, ScalarNode) or len(node.lines) < 2:
        return (node,)
    swallowed = [index for index, _ in node.lines[1:] if node.text[index : index + 2] == "- "]
    if not swallowed:
        return (node,)
    hint = "give both '-' the same column"
    message = "this item is indented under the one before, and became a part of its text"
    reader.problem(node.mark_at(swallowed[0]), message, hint)
    starts = [0, *(index + 2 for index in swallowed)]
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
