"""The keys and texts of a spec that may be half written, and where the cursor is among them.

YAML that is being typed seldom parses; here each line is read for itself, and indentation and
brackets say what it is part of.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s#\[\]{},"'][^:#\[\]{},]*?)\s*:(?=\s|$)""")
_TOKEN = re.compile(r"""("[^"]*"?|'[^']*'?)|(?<!\S)(\#.*)|(:)(?=[\s,}\]]|$)|([\[\]{},])|.""")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")


class Piece(NamedTuple):
    """A key or a text: the keys around it, its line and column from 0."""

    path: tuple[str, ...]
    text: str
    key: bool
    line: int
    column: int


class Cursor(NamedTuple):
    """Where somebody types: the keys around it, those before it in its mapping, and its text."""

    path: tuple[str, ...]
    beside: tuple[str, ...]
    text: str
    """Of the value or key, up to the cursor."""
    keyed: bool
    """Whether only a key can stand here."""


class _Frame:
    """A list or mapping that is open; ``column`` is -1 in brackets."""

    def __init__(self, kind: str, column: int = -1) -> None:
        self.kind = kind
        self.column = column
        self.keys: list[str] = []
        self.inside = False
        """Whether the value of the last key is being read."""


class Outline:
    """All pieces of a text, and the cursor at its end."""

    def __init__(self, text: str) -> None:
        self.pieces: list[Piece] = []
        self._frames: list[_Frame] = []
        self._folded = -1
        """Column of the key whose block scalar is being read."""
        self._text, self._column = "", 0
        self._ended = False
        """Whether a comment hides the rest of the line."""
        *lines, last = text.split("\n")
        for number, line in enumerate(lines):
            if line.strip():
                self._line(line.rstrip("\r"), number)
                self._flush(number)
        self._line(last, len(lines))

    @property
    def path(self) -> tuple[str, ...]:
        """The keys around the place that is being read."""
        return tuple(frame.keys[-1] for frame in self._frames if frame.inside)

    @property
    def cursor(self) -> Cursor | None:
        """The place at the end of the text; None in a comment or a block scalar."""
        if self._ended or self._folded >= 0:
            return None
        top = self._frames[-1] if self._frames else None
        keyed = bool(top and top.kind == "mapping" and not top.inside)
        beside = tuple(top.keys) if top and keyed else ()
        return Cursor(self.path, beside, self._text.lstrip(), keyed)

    def _line(self, line: str, number: int) -> None:
        self._ended = False
        at = len(line) - len(line.lstrip(" "))
        if not (self._frames and self._frames[-1].column < 0):
            if self._folded >= 0 and (at > self._folded or not line.strip()):
                return
            self._folded = -1
            at = self._block(line, at, number)
        if at >= 0:
            self._values(line, at, number)

    def _block(self, line: str, at: int, number: int) -> int:
        """Read dashes and a key at the start of a line; where the rest begins, or -1."""
        if line.lstrip(" ").startswith("#"):
            self._ended = True
            return -1
        while re.match(r"-(\s|$)", line[at:]):
            self._close(at, True)
            self._frames.append(_Frame("list", at))
            at += 1 + len(line[at + 1 :]) - len(line[at + 1 :].lstrip(" "))
        found = _KEY.match(line, at)
        self._close(at, False)
        top = self._frames[-1] if self._frames else None
        same = top if top and top.kind == "mapping" and top.column == at else None
        if not found:
            if same:
                same.inside = False
            return at
        if same is None:
            same = _Frame("mapping", at)
            self._frames.append(same)
        self._key(same, found[1], number, at)
        at = found.end()
        at = _PROPERTIES.match(line, at + len(line[at:]) - len(line[at:].lstrip())).end()  # type: ignore[union-attr]
        if line[at : at + 1] in (">", "|") and line[at:]:
            self._folded = same.column
            return -1
        return at

    def _close(self, column: int, dash: bool) -> None:
        """Close what a line at a column is not part of; a dash may stand under its key."""
        while self._frames:
            top = self._frames[-1]
            if top.column < column or (top.column == column and top.kind == "mapping"):
                break
            if top.column == column and not dash and top.kind == "list" and len(self._frames) == 1:
                break
            self._frames.pop()

    def _key(self, frame: _Frame, text: str, number: int, column: int) -> None:
        frame.inside = False
        name = text.strip().strip("\"'")
        self.pieces.append(Piece(self.path, name, True, number, column))
        frame.keys.append(name)
        frame.inside = True
        self._text = ""

    def _values(self, line: str, at: int, number: int) -> None:
        """Read the texts and brackets of the rest of a line."""
        for found in _TOKEN.finditer(line, at):
            quoted, comment, colon, mark = found.groups()
            if comment:
                self._ended = True
                break
            flow = bool(self._frames and self._frames[-1].column < 0)
            if mark and (flow or (mark in "[{" and not self._text.strip())):
                self._bracket(mark, number)
            elif colon and flow:
                self._pair(number)
            else:
                if not self._text.strip():
                    self._text, self._column = "", found.start()
                self._text += quoted.strip("\"'") if quoted else found[0]

    def _bracket(self, mark: str, number: int) -> None:
        if mark in "[{":
            self._text = ""
            self._frames.append(_Frame("list" if mark == "[" else "mapping"))
            return
        self._flush(number)
        top = self._frames[-1]
        if top.kind == "pair":
            self._frames.pop()
            top = self._frames[-1]
        if mark in "]}":
            self._frames.pop()
        else:
            top.inside = False

    def _pair(self, number: int) -> None:
        """A text in brackets is a key; in a list it begins a mapping without brackets."""
        if self._frames[-1].kind == "list":
            self._frames.append(_Frame("pair"))
        self._key(self._frames[-1], self._text, number, self._column)

    def _flush(self, number: int) -> None:
        text = self._text.strip()
        if text:
            self.pieces.append(Piece(self.path, text, False, number, self._column))
        self._text = ""
