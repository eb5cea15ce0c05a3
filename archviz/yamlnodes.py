"""YAML text to a small tree of nodes, each with its place in the file.

Only the event stream of PyYAML is used: its C composer overflows the stack on deep
nesting, its plain loader lets the last of two equal keys win and turns ``on`` into a
boolean. Here a scalar stays text, and whoever reads it says what it should be.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, assert_never

import yaml

from archviz.errors import ArchvizError, Mark, Problem, fail
from archviz.looks import SWITCH

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 2_000_000
MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_MENDED = 20
"""How many mistakes a parser is helped over."""

_NULLS = frozenset({"~", "null", "Null", "NULL"})
"""Without quotes nothing, as to every reader of YAML."""
_CORE_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")
)


class ScalarNode(NamedTuple):
    """A text. ``offset``: columns from ``mark`` to its first character, -1 if unknown."""

    text: str
    plain: bool
    mark: Mark
    offset: int = -1
    lines: tuple[tuple[int, Mark], ...] = ()
    """Of a text without quotes on several lines: the index and the place where each begins."""

    def mark_at(self, index: int) -> Mark:
        """The place of one character; of the scalar, where escapes or lines hide it."""
        for start, mark in reversed(self.lines):
            if start <= index:
                return mark._replace(column=mark.column + index - start)
        if self.offset < 0 or not index + self.offset:
            return self.mark
        return Mark(self.mark.file, self.mark.line, self.mark.column + self.offset + index)


class SequenceNode(NamedTuple):
    """A list."""

    items: tuple[YamlNode, ...]
    mark: Mark


class MappingNode(NamedTuple):
    """Pairs in the order of the file; keys are scalars and differ."""

    pairs: tuple[tuple[ScalarNode, YamlNode], ...]
    mark: Mark


YamlNode: TypeAlias = ScalarNode | SequenceNode | MappingNode


class _Stop(Exception):  # noqa: N818 (it stops, and is caught here)
    """A problem after which the rest of the file cannot be trusted."""

    def __init__(self, mark: Mark, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(mark, message, hint)


def read_spec_text(path: str) -> str:
    """The text of a spec file; :class:`ArchvizError` says in one problem why there is none."""
    return spec_text(read_spec_bytes(path), path)


def read_spec_bytes(path: str) -> bytes:
    """A spec file as it is; :class:`ArchvizError` where it cannot be read or is too large."""
    try:
        if os.path.isdir(path):
            raise fail(path, "this is a folder, not a spec file", "name a .yaml file in it")
        if os.stat(path).st_size > MAX_BYTES:
            raise _too_large(path)
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise fail(path, "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise fail(path, f"cannot be read: {reason.lower()}") from None
    return data


def spec_text(data: str | bytes, path: str) -> str:
    """What was read from ``path`` as text; :class:`ArchvizError` where it is none."""
    if len(data) > MAX_BYTES:
        raise _too_large(path)
    return data.removeprefix("\ufeff") if isinstance(data, str) else _decode(data, path)


def _too_large(path: str) -> ArchvizError:
    return fail(path, f"larger than {MAX_BYTES:,} bytes", "a spec is a few kilobytes of text")


def _decode(data: bytes, path: str) -> str:
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        mark = _mark_of_index(before, len(before), path)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise ArchvizError([Problem(mark, message, "save the file as UTF-8")]) from None


def _mark_of_index(text: str, index: int, file: str) -> Mark:
    line_start = text.rfind("\n", 0, index) + 1
    return Mark(file, text.count("\n", 0, index) + 1, index - line_start + 1)


def leaves(path: str, folder: str) -> bool:
    """Whether a path leads out of a folder, also by links."""
    inside = os.path.realpath(folder)
    try:
        return os.path.commonpath([inside, os.path.realpath(path)]) != inside
    except ValueError:  # another drive, or no path at all
        return True


def parse_yaml(text: str, file: str) -> tuple[YamlNode | None, list[Problem]]:
    """The tree of one YAML document, or None, and everything wrong with it."""
    text = text.removeprefix("\ufeff")
    bad = _bad_character(text)
    if bad >= 0:
        mark = _mark_of_index(text, bad, file)
        return None, [Problem(mark, f"character U+{ord(text[bad]):04X} is not allowed in a spec")]
    problems: list[Problem] = []
    while True:
        composer = _Composer(file, text)
        try:
            root = composer.compose(_events(text))
        except _Stop as stop:
            return None, [*problems, *composer.problems, stop.problem]
        except yaml.YAMLError as error:
            from archviz.yamlmistakes import yaml_mistake

            problem, text = yaml_mistake(error, text, file)
            if not text or len(problems) == MAX_MENDED:
                return None, [*composer.problems, *problems, problem]
            problems.append(problem)
            continue
        if root is None:
            problems.append(Problem(Mark(file), "the file is empty"))
        return root, [*problems, *composer.problems]


def _events(text: str) -> Iterator[Any]:
    """What PyYAML finds, in order.

    From 6.0.4 on its scanner, which reads ahead, stops at a nesting of its own. What stands
    before that place still comes first, so that ours, which is lower, is met.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    seen = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            yield event
            seen += 1
    except yaml.MarkedYAMLError as error:
        if "nesting" not in str(error.problem) or error.problem_mark is None:
            raise
        before = text[: error.problem_mark.index]
        yield from islice(yaml.parse(before, Loader=loader), seen, None)


def _bad_character(text: str) -> int:
    """Index of the first character that a spec, or XML, cannot hold; -1 if there is none."""
    if all(map(str.isprintable, text.split("\n"))):
        return -1
    for index, character in enumerate(text):
        code = ord(character)
        if (code < 0x20 and character not in "\t\n\r") or 0x7F <= code < 0xA0:
            return index
        if 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
            return index
    return -1


class _OpenNode:
    """A list or mapping that is still open; only alive while composing."""

    __slots__ = ("anchor", "height", "items", "mapping", "mark", "size_before")

    def __init__(self, mark: Mark, mapping: bool, anchor: str | None, size_before: int) -> None:
        self.mark = mark
        self.mapping = mapping
        self.anchor = anchor
        self.size_before = size_before
        self.items: list[YamlNode] = []
        self.height = 0


class _Composer:
    """Builds the tree from events without recursion, within the bounds above."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.source = text
        self.problems: list[Problem] = []
        self.size = 0
        self.documents = 0
        self.stack: list[_OpenNode] = []
        self.root: YamlNode | None = None
        self.anchors: dict[str, tuple[YamlNode, int, int]] = {}

    def compose(self, events: Iterator[Any]) -> YamlNode | None:
        for event in events:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._scalar(event)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._open(event, kind == "MappingStartEvent")
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._close()
            elif kind == "AliasEvent":
                self._alias(event)
            elif kind == "DocumentStartEvent":
                self.documents += 1
                if self.documents > 1:
                    raise _Stop(self._mark(event), "a spec is one document", "remove the '---'")
        return self.root

    def _mark(self, event: Any) -> Mark:
        place = event.start_mark
        return Mark(self.file, place.line + 1, place.column + 1)

    def _count(self, nodes: int, mark: Mark) -> None:
        self.size += nodes
        if self.size > MAX_NODES:
            message = f"more than {MAX_NODES:,} values, counted with aliases filled in"
            raise _Stop(mark, message, "a spec needs a few hundred")

    def _check_tag(self, event: Any, mark: Mark) -> None:
        tag = event.tag
        if tag is not None and tag != "!" and tag not in _CORE_TAGS:
            self.problems.append(
                Problem(mark, f"the tag '{tag[:60]}' means nothing here", "remove it")
            )

    def _scalar(self, event: Any) -> None:
        mark = self._mark(event)
        self._check_tag(event, mark)
        self._count(1, mark)
        text: str = "" if not event.style and event.value in _NULLS else event.value
        bad = _bad_character(text)
        if bad >= 0:
            message = f"character U+{ord(text[bad]):04X} is not allowed in a text"
            self.problems.append(Problem(mark, message))
            text = "".join("\ufffd" if _bad_character(part) >= 0 else part for part in text)
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column - len(text) if start.line == end.line else -1
        plain = not event.style
        offset = (0 if plain else 1) if width == (0 if plain else 2) else -1
        lines = self._lines(event) if plain and start.line != end.line else ()
        node = ScalarNode(text, plain, mark, offset, lines)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1, 0)
        self._append(node, 0)

    def _lines(self, event: Any) -> tuple[tuple[int, Mark], ...]:
        """Where each line of a text without quotes begins, in it and in the file."""
        start, end = event.start_mark, event.end_mark
        rows = self.source[start.index : end.index].split("\n")
        found, index = [], 0
        for number, row in enumerate(rows):
            words = row.strip()
            index = event.value.find(words, index)
            if index < 0:
                return ()
            column = len(row) - len(row.lstrip()) + (0 if number else start.column)
            if words:
                found.append((index, Mark(self.file, start.line + 1 + number, column + 1)))
            index += len(words)
        return tuple(found)

    def _open(self, event: Any, mapping: bool) -> None:
        mark = self._mark(event)
        self._check_tag(event, mark)
        if len(self.stack) >= MAX_DEPTH:
            raise _Stop(mark, f"nested more than {MAX_DEPTH} deep")
        self.stack.append(_OpenNode(mark, mapping, event.anchor, self.size))
        self._count(1, mark)

    def _close(self) -> None:
        frame = self.stack.pop()
        node: YamlNode
        if frame.mapping:
            node = MappingNode(self._pairs(frame.items), frame.mark)
        else:
            node = SequenceNode(tuple(frame.items), frame.mark)
        if frame.anchor:
            self.anchors[frame.anchor] = (node, self.size - frame.size_before, frame.height + 1)
        self._append(node, frame.height + 1)

    def _alias(self, event: Any) -> None:
        mark = self._mark(event)
        name: str = event.anchor
        if any(frame.anchor == name for frame in self.stack):
            raise _Stop(mark, f"the alias '*{name[:60]}' contains itself")
        if name not in self.anchors:
            hint = "an alias needs an anchor before it"
            raise _Stop(mark, f"nothing is named '&{name[:60]}'", hint)
        node, size, height = self.anchors[name]
        if len(self.stack) + height > MAX_DEPTH:
            raise _Stop(mark, f"nested more than {MAX_DEPTH} deep, with aliases filled in")
        self._count(size, mark)
        self._append(node, height)

    def _append(self, node: YamlNode, height: int) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        frame.items.append(node)
        frame.height = max(frame.height, height)

    def _pairs(self, items: list[YamlNode]) -> tuple[tuple[ScalarNode, YamlNode], ...]:
        pairs: dict[str, tuple[ScalarNode, YamlNode]] = {}
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, ScalarNode):
                self.problems.append(Problem(key.mark, "a key must be a single word"))
            elif key.text in pairs:
                first = pairs[key.text][0].mark
                message = f"'{key.text[:60]}' is given twice"
                place = f"the first is at line {first.line}, column {first.column}"
                self.problems.append(Problem(key.mark, message, place))
            else:
                pairs[key.text] = (key, value)
        return tuple(pairs.values())


def describe(node: YamlNode) -> str:
    """What a node is, in words for a message: ``a list``, ``'3x3'``, ``empty``."""
    match node:
        case SequenceNode():
            return "a list"
        case MappingNode():
            return "a mapping"
        case ScalarNode():
            return f"'{shorten(node.text)}'" if node.text else "empty"
        case _:
            assert_never(node)


def shorten(text: str, limit: int = 60) -> str:
    """The text on one line, cut where it is too long to quote in a message."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def boolean(text: str) -> bool | None:
    """true/yes/on, false/no/off in any case; None for any other text."""
    return SWITCH.get(text.lower())
