"""The head of a GGUF file: its facts, and the shapes of its tensors. No weight is read."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from math import prod
from typing import Any, BinaryIO, NamedTuple

from archviz.errors import fail

MAGIC = b"GGUF"
OLD_MAGICS = frozenset({b"ggml", b"ggmf", b"ggjt", b"ggla", b"lmgg", b"fmgg", b"tjgg", b"algg"})
"""Of the formats before GGUF, as the bytes stand in the file."""
MAX_TENSORS = 1_000_000
MAX_FACTS = 100_000
MAX_NAME = 65_535
MAX_TEXT = 64 * 2**20
MAX_ELEMENTS = 4_000_000
"""Texts in all lists: a vocabulary has some hundred thousand."""
MAX_DIMS = 4
MAX_LISTS = 4
"""How deep lists may stand in lists."""
KEPT_TEXT = 1000
KEPT_NUMBERS = 4096
"""Of longer lists only the length is of interest."""
_NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
"""The types of facts that are single numbers."""
_TEXT, _LIST = 8, 9
_LENGTH = struct.Struct("<Q")
CHUNK = 2**18
"""Bytes that are read at once."""
_PART = re.compile(r"^(.*-)(\d{5})-of-(\d{5})(\.gguf)$", re.IGNORECASE)


class Gguf(NamedTuple):
    """What the head of a file says."""

    facts: dict[str, Any]
    """Numbers, texts and short lists as they are, of long lists the :class:`Length`."""
    tensors: dict[str, tuple[int, ...]]
    """The shape of each tensor, the innermost side first, as the file has it."""
    missing: tuple[str, ...] = ()
    """Further parts of the model, in files of their own, that are not there."""

    @property
    def total(self) -> int:
        """Elements of all tensors."""
        return sum([prod(shape) for shape in self.tensors.values()])


class Length(NamedTuple):
    """A list of which only the length is of interest."""

    length: int


class _DamagedError(Exception):
    """Why the bytes are no GGUF."""


def read_gguf(path: str) -> Gguf:
    """The head of a file, and of its other parts where a model has several.

    Raises:
        ArchvizError: the file cannot be read, or is no GGUF of version 2 or 3.
    """
    first = _read_file(path)
    count = first.facts.get("split.count", 1)
    named = _PART.match(os.path.basename(path))
    if not (isinstance(count, int) and 1 < count <= KEPT_NUMBERS):
        return first
    if not named:
        return first._replace(missing=(f"{count - 1} further parts",))
    tensors, missing = dict(first.tensors), []
    facts = first.facts
    for number in range(1, count + 1):
        name = f"{named[1]}{number:05}-of-{named[3]}{named[4]}"
        other = os.path.join(os.path.dirname(path), name)
        if number == int(named[2]):
            continue
        if not os.path.isfile(other):
            missing.append(name)
            continue
        part = _read_file(other)
        tensors |= part.tensors
        facts = {**part.facts, **facts}
    return Gguf(facts, tensors, tuple(missing))


def _read_file(path: str) -> Gguf:
    try:
        with open(path, "rb") as file:
            head = file.read(8)
            _check_version(path, head)
            try:
                return _Reader(file, os.fstat(file.fileno()).st_size).head()
            except _DamagedError as error:
                raise fail(path, f"is damaged: {error}", "download or convert it again") from None
    except OSError as error:
        raise fail(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error


def _check_version(path: str, head: bytes) -> None:
    """Whether these first eight bytes begin a file that is read."""
    if head[:4].lower() in OLD_MAGICS:
        advice = "convert the model again with a llama.cpp of today"
        raise fail(path, "is of a format from before GGUF", advice)
    if head[:4] != MAGIC:
        raise fail(path, "is no GGUF file: it begins with other bytes", "download it again")
    if len(head) < 8:
        raise fail(path, "is damaged: it ends within its head", "download or convert it again")
    (version,) = struct.unpack("<I", head[4:])
    if version in (2, 3):
        return
    (swapped,) = struct.unpack(">I", head[4:])
    if 1 <= swapped < 2**16 <= version:
        raise fail(
            path, "is a big-endian GGUF file, which is not read", "convert it to little-endian"
        )
    message = f"is GGUF of version {version}; versions 2 and 3 are read"
    raise fail(path, message, "convert the model again with a llama.cpp of today")


class _Reader:
    """Reads numbers and texts in their order; nothing is believed that the file's size forbids."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size
        self.elements = 0
        self.ahead = b""
        """What was read of the file and not used yet, but for the first ``at`` bytes."""
        self.at = 0

    def head(self) -> Gguf:
        """All facts and tensors."""
        tensors, facts = self.numbers("QQ")
        self.limit(tensors, MAX_TENSORS, 24, "tensors")
        self.limit(facts, MAX_FACTS, 13, "facts")
        found = self.named(facts, "fact", self.fact)
        return Gguf(found, self.named(tensors, "tensor", self.tensor))

    def named(self, count: int, what: str, read: Callable[[], Any]) -> dict[str, Any]:
        """So many entries by their names, no two of one name."""
        found: dict[str, Any] = {}
        for _ in range(count):
            name = self.text(MAX_NAME)
            if name in found:
                raise _DamagedError(f"the {what} '{name[:60]}' stands in it twice")
            found[name] = read()
        return found

    def fact(self) -> Any:
        """A value with its type."""
        (kind,) = self.numbers("I")
        return self.value(kind)

    def tensor(self) -> tuple[int, ...]:
        """The shape of a tensor; its type and place are passed over."""
        (rank,) = self.numbers("I")
        if rank > MAX_DIMS:
            raise _DamagedError(f"a tensor has {rank:,} dimensions")
        shape = self.numbers("Q" * rank)
        if prod(shape) >= 2**63:
            raise _DamagedError(f"a tensor has the sides {'×'.join(map(str, shape))}")
        self.numbers("IQ")
        return shape

    def value(self, kind: int, depth: int = 0) -> Any:
        """A number, a text or a list."""
        if kind in _NUMBERS:
            return self.numbers(_NUMBERS[kind])[0]
        if kind == _TEXT:
            return self.text(MAX_TEXT, KEPT_TEXT)
        if kind != _LIST:
            raise _DamagedError(f"it has a fact of type {kind}, and there is none")
        if depth >= MAX_LISTS:
            raise _DamagedError("its lists nest too deep")
        inner, count = self.numbers("IQ")
        if inner in _NUMBERS:
            return self.number_list(inner, count)
        self.elements += count
        if self.elements > MAX_ELEMENTS or count * 8 > self.size:
            raise _DamagedError(f"it has a list of {count:,} texts")
        if inner == _TEXT:
            self.skip_texts(count)
        else:
            for _ in range(count):
                self.value(inner, depth + 1)
        return Length(count)

    def number_list(self, kind: int, count: int) -> Any:
        """Numbers of one type; many are passed over."""
        each = struct.calcsize(f"<{_NUMBERS[kind]}")
        if count <= KEPT_NUMBERS:
            return list(self.numbers(_NUMBERS[kind] * count))
        self.skip(count * each)
        return Length(count)

    def text(self, most: int, kept: int = MAX_NAME) -> str:
        """A text, of which so many bytes are kept."""
        (length,) = self.numbers("Q")
        if length > most:
            raise _DamagedError(f"it has a text or name of {length:,} bytes")
        start = self.bytes(min(length, kept))
        self.skip(length - len(start))
        return start.decode("utf-8", "replace")

    def numbers(self, form: str) -> tuple[Any, ...]:
        """Numbers as :mod:`struct` names them, little-endian."""
        return struct.unpack(f"<{form}", self.bytes(struct.calcsize(f"<{form}")))

    def skip_texts(self, count: int) -> None:
        """Pass over texts, of which there are many: the words of a vocabulary."""
        for _ in range(count):
            if self.at + 8 > len(self.ahead):
                self.fill(8)
            (length,) = _LENGTH.unpack_from(self.ahead, self.at)
            self.at += 8 + length
            if self.at > len(self.ahead):
                self.at -= length
                self.skip(length)

    def bytes(self, count: int) -> bytes:
        """The next bytes."""
        if self.at + count > len(self.ahead):
            self.fill(count)
        data = self.ahead[self.at : self.at + count]
        self.at += count
        return data

    def fill(self, count: int) -> None:
        """Read ahead, at least so many bytes."""
        rest = self.ahead[self.at :]
        self.ahead = rest + self.file.read(max(count - len(rest), CHUNK))
        self.at = 0
        if len(self.ahead) < count:
            raise _DamagedError("it ends within its head")

    def skip(self, count: int) -> None:
        """Pass over bytes that nobody needs."""
        rest = len(self.ahead) - self.at
        if count <= rest:
            self.at += count
            return
        if count - rest > self.size - self.file.tell():
            raise _DamagedError("it ends within its head")
        self.file.seek(count - rest, os.SEEK_CUR)
        self.ahead, self.at = b"", 0

    def limit(self, count: int, most: int, each: int, what: str) -> None:
        """So many entries have to fit the file, and what a model has."""
        if count > most or count * each > self.size:
            raise _DamagedError(f"it claims to have {count:,} {what}")
