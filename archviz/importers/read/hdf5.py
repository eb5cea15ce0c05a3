"""The arrays in an HDF5 file by path and shape, and texts on its root; no number is read.

Only what h5py writes by default is understood: groups as trees of symbol tables, object headers of
the first version. Whatever else stands there is a :class:`UnreadError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import mmap

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_STEPS = 1_000_000
MAX_DEPTH = 64
_SPACE, _LAYOUT, _ATTRIBUTE, _CONTINUED, _GROUP = 0x01, 0x08, 0x0C, 0x10, 0x11
"""Messages of an object header: a shape, where the numbers are, an attribute, more of the header,
a group."""
_ONE_PIECE = (3, 1)
"""Version and class of a layout with all numbers in one piece."""
_LINKS = (0x02, 0x06)
"""Messages of groups of a newer form."""
_SYMBOLIC = 2
"""What a group has for a name that only leads to another one."""
_FIXED_TEXT, _TEXT_ELSEWHERE = 3, 9
"""Classes of data types: a text of fixed length, and one that stands in a heap."""
_FIRST_FORMS = 1
"""The last version of a superblock that is read."""


class UnreadError(Exception):
    """The file is damaged, or of a form that we do not read."""


class NewerFormError(UnreadError):
    """The file is of a form that HDF5 has had later."""


class Array(NamedTuple):
    """An array of the file."""

    path: tuple[str, ...]
    shape: tuple[int, ...]
    start: int = 0
    """Where its numbers are in the file; 0 where they are not in one piece."""
    size: int = 0
    """How many bytes they have."""


def arrays(data: mmap.mmap | bytes, start: int = 0) -> list[Array]:
    """All arrays of the HDF5 file that begins at ``start``.

    Raises:
        UnreadError: the file is damaged, or of a form that is not read.
    """
    try:
        return list(_File(data, start).all())
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise UnreadError(str(error)) from error


def groups(data: mmap.mmap | bytes, start: int = 0) -> dict[tuple[str, ...], str]:
    """All groups by path, with the text that each has as its ``name``; '' of those without.

    Raises:
        UnreadError: the file is damaged, or of a form that is not read.
    """
    file = _File(data, start)
    try:
        for _ in file.all():
            pass
        return {
            path: (file.attribute(b"name", at) or b"").decode("utf-8", "replace")
            for path, at in file.groups
        }
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise UnreadError(str(error)) from error


def text_of(data: mmap.mmap | bytes, name: str) -> bytes | None:
    """A text that is an attribute of the file's root; None where there is none of the name.

    Raises:
        UnreadError: the file is damaged, or of a form that is not read.
    """
    try:
        file = _File(data, 0)
        return file.attribute(name.encode("utf-8"), file.root())
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise UnreadError(str(error)) from error


class _File:
    def __init__(self, data: mmap.mmap | bytes, start: int) -> None:
        self.data = data
        self.start = start
        self.steps = 0
        self.groups: list[tuple[tuple[str, ...], int]] = []
        """Groups that were met, and where they are."""

    def numbers(self, form: str, at: int) -> tuple[int, ...]:
        """Numbers at an address of the file."""
        self.steps += 1
        if at < 0 or self.steps > MAX_STEPS:
            raise UnreadError("it does not end")
        return struct.unpack_from(f"<{form}", self.data, self.start + at)

    def signed(self, word: bytes, at: int) -> None:
        """See that a structure begins as it has to."""
        found = self.data[self.start + at : self.start + at + len(word)]
        if found != word:
            raise UnreadError(f"no {word!r} at {at}")

    def root(self) -> int:
        """Where the group is that holds all others."""
        self.signed(SIGNATURE, 0)
        version, _, _, _, _, offsets, lengths = self.numbers("7B", 8)
        if _FIRST_FORMS < version < 16:
            raise NewerFormError(f"a superblock of version {version}")
        if version > _FIRST_FORMS or (offsets, lengths) != (8, 8):
            raise UnreadError(f"a superblock of version {version}")
        return int(self.numbers("Q", 64 + 4 * version)[0])

    def all(self) -> Iterator[Array]:
        yield from self.object(self.root(), (), 0)

    def attribute(self, name: bytes, owner: int) -> bytes | None:
        """A text of the group at an address."""
        for kind, place in self.messages(owner):
            if kind != _ATTRIBUTE:
                continue
            version, _, *sizes = self.numbers("2B3H", place)
            if version not in (1, 3):
                raise UnreadError(f"an attribute of version {version}")
            at = place + (8 if version == 1 else 9)
            if version == 1:
                sizes = [size + -size % 8 for size in sizes]
            if self.bytes(at, sizes[0]).rstrip(b"\0") == name:
                return self.text_at(at + sizes[0], at + sum(sizes))
        return None

    def text_at(self, datatype: int, value: int) -> bytes:
        """The text of an attribute, by its data type."""
        kind, _, _, _, size = self.numbers("4BI", datatype)
        if kind & 15 == _FIXED_TEXT:
            return self.bytes(value, size).rstrip(b"\0")
        if kind & 15 != _TEXT_ELSEWHERE:
            raise UnreadError("an attribute that is no text")
        length, heap, wanted = self.numbers("IQI", value)
        self.signed(b"GCOL", heap)
        end = heap + self.numbers("Q", heap + 8)[0]
        at = heap + 16
        while at < end:
            number, _, _, size = self.numbers("2HIQ", at)
            if number == wanted:
                return self.bytes(at + 16, min(length, size))
            if not number:
                break
            at += 16 + size + -size % 8
        raise UnreadError("a text that is not there")

    def bytes(self, at: int, size: int) -> bytes:
        """So many bytes at an address."""
        low = self.start + at
        found = bytes(self.data[low : low + size]) if at >= 0 else b""
        if len(found) != size:
            raise UnreadError("it ends too early")
        return found

    def object(self, at: int, path: tuple[str, ...], depth: int) -> Iterator[Array]:
        """The array at an address, or those of the group there."""
        if depth > MAX_DEPTH:
            raise UnreadError("groups inside groups, without end")
        shape: tuple[int, ...] | None = None
        piece = (0, 0)
        for kind, place in self.messages(at):
            if kind == _SPACE:
                version, rank = self.numbers("2B", place)
                if version not in (1, 2):
                    raise UnreadError(f"a shape of version {version}")
                shape = self.numbers(f"{rank}Q", place + (8 if version == 1 else 4))
            elif kind == _LAYOUT and self.numbers("2B", place) == _ONE_PIECE:
                low, size = self.numbers("2Q", place + 2)
                piece = (self.start + low, size)
            elif kind in _LINKS:
                raise NewerFormError("a group of a newer form")
            elif kind == _GROUP:
                self.groups.append((path, at))
                tree, heap = self.numbers("2Q", place)
                self.signed(b"HEAP", heap)
                names = self.numbers("Q", heap + 24)[0]
                for name, address in self.entries(tree, names, 0):
                    yield from self.object(address, (*path, name), depth + 1)
        if shape is not None:
            yield Array(path, shape, *piece)

    def messages(self, at: int) -> Iterator[tuple[int, int]]:
        """The kinds and places of the messages of an object header."""
        version, _, count, _, size = self.numbers("BBHII", at)
        if version != 1:
            raise UnreadError(f"an object header of version {version}")
        blocks = [(at + 16, size)]
        for place, length in blocks:
            end = place + length
            while place + 8 <= end and count:
                kind, size = self.numbers("2H", place)
                count -= 1
                if kind == _CONTINUED:
                    more, length = self.numbers("2Q", place + 8)
                    blocks.append((more, length))
                else:
                    yield kind, place + 8
                place += 8 + size

    def entries(self, at: int, names: int, depth: int) -> Iterator[tuple[str, int]]:
        """What a group holds: names and addresses."""
        if depth > MAX_DEPTH:
            raise UnreadError("a tree without end")
        if self.data[self.start + at : self.start + at + 4] == b"SNOD":
            count = self.numbers("H", at + 6)[0]
            for entry in range(at + 8, at + 8 + 40 * count, 40):
                name, address, cached = self.numbers("2QI", entry)
                if cached != _SYMBOLIC:
                    yield self.text(names + name), address
            return
        self.signed(b"TREE", at)
        count = self.numbers("H", at + 6)[0]
        for place in range(at + 32, at + 32 + 16 * count, 16):
            yield from self.entries(self.numbers("Q", place)[0], names, depth + 1)

    def text(self, at: int) -> str:
        low = self.start + at
        high = self.data.find(b"\0", low, low + 1024)
        if high < 0:
            raise UnreadError("a name without end")
        return self.data[low:high].decode("utf-8")
