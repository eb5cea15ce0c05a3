"""The text of a spec as a tree that keeps what the reader passes over: comments, blank lines,
anchors, and which collections stand in brackets.

PyYAML's tokens say where everything stands; what lies between two of them is blank or a comment.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
COMMENT = re.compile("#[^\n\r\x85\u2028\u2029]*")


@dataclass(slots=True)
class Comment:
    """``# ...``; ``own``: on a line of its own, perhaps with an empty one above (``blank``)."""

    text: str
    index: int
    column: int
    own: bool
    blank: bool = False


@dataclass(slots=True)
class Value:
    """A scalar, an alias, or a collection with its entries; ``properties``: anchor and tag."""

    form: str
    start: int
    end: int
    text: str = ""
    quoted: bool = False
    flow: bool = False
    """In brackets; of a single pair in a list, also without."""
    bare: bool = False
    """A single pair in a list in brackets, which has none itself."""
    properties: tuple[str, ...] = ()
    owner: Entry | None = None
    entries: list[Entry] = field(default_factory=list)
    broken: bool = False
    """In brackets with comments in it, so that it cannot stay on a line."""
    tail: list[Comment] = field(default_factory=list)

    @property
    def bracketed(self) -> bool:
        """Whether brackets stand round it."""
        return self.flow and not self.bare


@dataclass(slots=True)
class Entry:
    """A pair of a mapping, or an item of a list (without a ``key``), with its comments."""

    parent: Value
    key: Value | None
    value: Value
    start: int
    column: int = 0
    before: list[Comment] = field(default_factory=list)
    after: Comment | None = None
    blank: bool = False


@dataclass(slots=True)
class Document:
    """A whole file: its first comments, its root, and the comments behind it."""

    head: list[Comment]
    root: Value


def read_tree(text: str) -> Document:
    """The tree of the one document in ``text``, which PyYAML has been seen to parse."""
    starts = [0, *(found.end() for found in BREAK.finditer(text))]
    tokens = list(yaml.scan(text, Loader=LOADER))
    root = _Builder(text, tokens).build()
    assert root is not None  # an empty file is no spec
    entries = list(_entries(root))
    for entry in entries:
        line = _line(starts, entry.start)
        entry.column = entry.start - starts[line]
        entry.blank = _is_blank(text, starts, line)
    document = Document([], root)
    for comment in _comments(text, starts, tokens):
        _attach(comment, document, entries)
    return document


def _line(starts: list[int], index: int) -> int:
    return bisect_left(starts, index + 1) - 1


def _is_blank(text: str, starts: list[int], line: int) -> bool:
    """Whether the line above is there and has nothing in it."""
    return line > 0 and not text[starts[line - 1] : starts[line]].strip()


def _entries(value: Value) -> Iterator[Entry]:
    for entry in value.entries:
        yield entry
        yield from _entries(entry.value)


def _comments(text: str, starts: list[int], tokens: list[Any]) -> Iterator[Comment]:
    """The comments between the tokens, and those in the first lines of block scalars."""
    at = 0
    for token in tokens:
        stretches = [(at, token.start_mark.index)]
        at = max(at, token.end_mark.index)
        if getattr(token, "style", None) in ("|", ">"):
            first = BREAK.search(text, token.start_mark.index)
            stretches.append((token.start_mark.index, first.start() if first else at))
        for start, stop in stretches:
            for found in COMMENT.finditer(text, start, stop):
                line = _line(starts, found.start())
                before = text[starts[line] : found.start()]
                own = not before.strip()
                blank = own and _is_blank(text, starts, line)
                yield Comment(found[0].rstrip(), found.start(), len(before), own, blank)


# ---- the tree ---------------------------------------------------------------------------------


class _Builder:
    def __init__(self, text: str, tokens: list[Any]) -> None:
        self.text = text
        self.dashes: list[int] = [
            token.start_mark.index for token in tokens if type(token).__name__ == "BlockEntryToken"
        ]
        self.events: Iterator[Any] = yaml.parse(text, Loader=LOADER)

    def build(self) -> Value | None:
        for event in self.events:
            value = self._value(event)
            if value is not None:
                return value
        return None

    def _value(self, event: Any) -> Value | None:
        """The value that begins with an event; None where none does."""
        start, end = event.start_mark.index, event.end_mark.index
        name = type(event).__name__
        if name == "AliasEvent":
            return Value("alias", start, end, f"*{event.anchor}")
        if name == "ScalarEvent":
            value = Value("scalar", start, end, event.value, event.style in ("'", '"'))
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            value = Value("mapping" if name[0] == "M" else "list", start, end)
            value.flow = bool(event.flow_style)
        else:
            return None
        value.properties = _properties(event)
        if value.form != "scalar":
            value.bare = value.flow and not value.properties and self.text[start] not in "[{"
            self._fill(value)
        return value

    def _fill(self, value: Value) -> None:
        """The entries of a collection, up to the event that ends it."""
        key: Value | None = None
        for event in self.events:
            child = self._value(event)
            if child is None:
                if value.bracketed:
                    value.end = event.end_mark.index
                return
            if value.form == "mapping" and key is None:
                key = child
                continue
            start = key.start if key else child.start
            if value.form == "list" and not value.flow:
                start = self.dashes[bisect_left(self.dashes, start) - 1]
            entry = Entry(value, key, child, start)
            child.owner = entry
            value.entries.append(entry)
            value.end = max(child.end, start)
            key = None


def _properties(event: Any) -> tuple[str, ...]:
    tag = str(event.tag or "").replace("tag:yaml.org,2002:", "!!")
    return tuple(filter(None, (f"&{event.anchor}" if event.anchor else "", tag)))


# ---- where comments belong --------------------------------------------------------------------


def _attach(comment: Comment, document: Document, entries: list[Entry]) -> None:
    """Give a comment to the entry that it is about."""
    number = bisect_left(entries, comment.index, key=lambda entry: entry.start)
    if number == 0:
        document.head.append(comment)
        return
    last = entries[number - 1]
    around = [value for value in _up(last.value) if value.bracketed and _holds(value, comment)]
    for value in around:
        value.broken = True
    if not comment.own:
        _behind(comment, last, document)
        return
    following = entries[number] if number < len(entries) else None
    _between(comment, last, following, around, document)


def _up(value: Value) -> Iterator[Value]:
    """A value and the collections around it."""
    while True:
        yield value
        if value.owner is None:
            return
        value = value.owner.parent


def _holds(value: Value, comment: Comment) -> bool:
    return value.start < comment.index < value.end


def _behind(comment: Comment, last: Entry, document: Document) -> None:
    """A comment at the end of a line belongs to what the line has last."""
    entry: Entry | None = last
    while entry and entry.parent.bracketed and entry.parent.end <= comment.index:
        entry = entry.parent.owner
    if entry is None:
        document.root.tail.append(comment)
    elif entry.after is None:
        entry.after = comment
    else:
        entry.before.append(comment)


def _between(
    comment: Comment,
    last: Entry,
    following: Entry | None,
    around: list[Value],
    document: Document,
) -> None:
    """A comment on a line of its own is about what follows, or ends what is indented as it is."""
    if last.value.form in ("scalar", "alias") and last.value.end > comment.index:
        last.before.append(comment)
        return
    while following and following.parent.bracketed and not _holds(following.parent, comment):
        following = following.parent.owner
    if following and following.start < comment.index:
        following.before.append(comment)
        return
    inside = list(_up(following.parent)) if following else [document.root]
    if around:
        if following and any(value is around[0] for value in inside):
            following.before.append(comment)
        elif around[0].entries:
            around[0].tail.append(comment)
        else:
            last.before.append(comment)
        return
    if following and comment.column > following.column:
        ended = [
            value
            for value in _up(last.parent)
            if not value.flow and not any(value is other for other in inside)
        ]
    else:
        ended = [] if following else [value for value in _up(last.parent) if not value.flow]
    fitting = [value for value in ended if value.entries[0].column <= comment.column]
    if fitting:
        column = fitting[0].entries[0].column
        [value for value in fitting if value.entries[0].column == column][-1].tail.append(comment)
    elif following:
        following.before.append(comment)
    else:
        document.root.tail.append(comment)
