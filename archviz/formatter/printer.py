"""The tree of a spec as text in its canonical form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archviz.formatter.scalars import folded, scalar_text
from archviz.formatter.words import SECTIONS, in_order, keys_in_order, part_inside, part_under

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from archviz.formatter.tree import Comment, Document, Entry, Value

WIDTH = 99
INDENT = 2

_ALIGNED = ("spec", "gallery", "keras", "published", "accuracy", "defaults")
"""Parts whose scalars stand under one another."""


@dataclass(slots=True)
class _Line:
    text: str
    comment: str = ""
    blank: bool = False
    """An empty line stands above."""


def print_tree(document: Document, names: Collection[str], sort: bool = True) -> str:
    """The text of a document. ``names``: the parameters in it; ``sort``: keys get their order."""
    printer = _Printer(names, sort)
    lines = printer.comments(document.head, 0) + printer.collection(document.root, 0, "spec")
    lines[_comments_before(lines)].blank = True  # what stands first is about the whole file
    lines[0].blank = False
    return "\n".join(_with_comments(lines)) + "\n"


def _comments_before(lines: list[_Line]) -> int:
    """How many lines at the start are comments."""
    return next(n for n, line in enumerate(lines) if not line.text.lstrip().startswith("#"))


def _with_comments(lines: list[_Line]) -> Iterator[str]:
    """Lines with the comments behind them, those of neighbours under one another."""
    column = 0
    for number, line in enumerate(lines):
        if line.blank:
            yield ""
        if not line.comment:
            column = 0
            yield line.text
            continue
        if line.blank or not column:
            last = number + 1
            while last < len(lines) and lines[last].comment and not lines[last].blank:
                last += 1
            column = max(len(other.text) for other in lines[number:last])
        yield f"{line.text:{column}}  {line.comment}"


class _Printer:
    def __init__(self, names: Collection[str], sort: bool) -> None:
        self.names = names
        self.sort = sort

    def comments(self, comments: Iterable[Comment], indent: int) -> list[_Line]:
        return [_Line(" " * indent + comment.text, "", comment.blank) for comment in comments]

    # ---- collections, an entry a line ---------------------------------------------------------

    def collection(self, value: Value, indent: int, part: str) -> list[_Line]:
        """The lines of a list or mapping that is not in brackets."""
        lines: list[_Line] = []
        entries = self.entries(value, part)
        keys = [key_text(e.key) for e in entries if e.key and not e.value.entries]
        pad = max(map(len, keys), default=0) + 1 if part in _ALIGNED else 0
        for number, entry in enumerate(entries):
            found = self.entry(entry, indent, part, pad)
            if part == "spec":
                found[0].blank = entry.key is not None and entry.key.text in SECTIONS
            if not number or part == "modules":
                found[0].blank = bool(number)
            lines += found
        return [*lines, *self.comments(value.tail, indent)]

    def entries(self, value: Value, part: str) -> list[Entry]:
        """The entries of a collection in their order."""
        named = {entry.key.text: entry for entry in value.entries if entry.key}
        if len(named) < len(value.entries) or not self.sort:
            return value.entries
        return [named[key] for key in keys_in_order(tuple(named), part)]

    def entry(self, entry: Entry, indent: int, part: str, pad: int) -> list[_Line]:
        """The lines of an entry, its comments with them."""
        before = self.comments(entry.before, indent)
        start = " " * indent + "-"
        if entry.key:
            start = " " * indent + f"{key_text(entry.key)}:"
            if not entry.value.entries:
                start = start.ljust(indent + pad)
        lines = self.placed(entry, start, indent, part_of(part, entry))
        if entry.after:
            with_room = entry.key or not entry.value.entries or len(lines) == 1
            if with_room and not lines[0].comment:
                lines[0].comment = entry.after.text
            else:
                before.append(_Line(" " * indent + entry.after.text))
        if entry.blank:
            (lines if entry.before else before or lines)[0].blank = True
        return [*before, *lines]

    def placed(self, entry: Entry, start: str, indent: int, part: str) -> list[_Line]:
        """The lines of a value behind its key or dash."""
        value = entry.value
        start = " ".join([start, *value.properties])
        if not value.entries:
            text = self.flow(value, part, False)
            if part == "text" and len(start) + 1 + len(text) > WIDTH and " " in value.text.strip():
                inner = " " * (indent + INDENT)
                words = folded(value.text, WIDTH - len(inner))
                return [_Line(f"{start} >"), *(_Line(inner + line) for line in words)]
            return [_Line(f"{start} {text}".rstrip())]
        if value.bracketed and not value.broken:
            text = f"{start} {self.flow(value, part, False)}"
            if len(text) <= WIDTH:
                return [_Line(text)]
        lines = self.collection(value, indent + INDENT, part)
        if entry.key or value.properties:
            return [_Line(start.rstrip()), *lines]
        first = _comments_before(lines)
        lines[first].text = f"{start} {lines[first].text.lstrip()}"
        for line in lines[:first]:
            line.text = " " * indent + line.text.lstrip()
        return lines

    # ---- on one line --------------------------------------------------------------------------

    def flow(self, value: Value, part: str, inside: bool) -> str:
        """A value on one line, its properties apart; ``inside`` brackets or not."""
        if value.form == "alias":
            return value.text
        if value.form == "scalar":
            return scalar_text(self.words(value.text, part), value.quoted, inside)
        parts = [self.flow_entry(entry, part) for entry in self.entries(value, part)]
        text = ", ".join(parts)
        if value.bare:
            return text
        return f"[{text}]" if value.form == "list" else f"{{{text}}}"

    def flow_entry(self, entry: Entry, part: str) -> str:
        text = self.flow(entry.value, part_of(part, entry), True)
        text = " ".join([*entry.value.properties, text])
        return f"{key_text(entry.key, True)}: {text}" if entry.key else text

    def words(self, text: str, part: str) -> str:
        """The text of a scalar, its words in order where it is a layer or a call."""
        name, _, kind = part.partition(" ")
        if name == "layer":
            return in_order(text, kind, self.names)
        if name == "series":
            first, *rest = text.split(maxsplit=1) or [""]
            return " ".join([first, *(in_order(more, first, self.names) for more in rest)])
        return " ".join(text.split()) if name in ("words", "text") else text


def part_of(part: str, entry: Entry) -> str:
    """Which part of a spec an entry of a part holds."""
    return part_inside(part) if entry.key is None else part_under(part, entry.key.text)


def key_text(key: Value, inside: bool = False) -> str:
    """A key without its colon."""
    if key.form == "alias":
        return f"{key.text} "
    return " ".join([*key.properties, scalar_text(key.text, key.quoted, inside, True)])
