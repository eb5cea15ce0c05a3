"""The arrays in an HDF5 file by path and shape, as Keras writes its weights; no number is read.

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
_SPACE, _CONTINUED, _GROUP = 0x01, 0x10, 0x11
"""Messages of an object header: the shape of an array, more of the header, a group."""


class UnreadError(Exception):
    """The file is damaged, or of a form that we do not read."""


class Array(NamedTuple):
    """An array of the file."""

    path: tuple[str, ...]
    shape: tuple[int, ...]


def arrays(data: mmap.mmap | bytes, start: int = 0) -> list[Array]:
    """All arrays of the HDF5 file that begins at ``start``.

    Raises:
        UnreadError: the file is damaged, or of a form that is not read.
    """
    try:
        return list(_File(data, start).all())
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise UnreadError(str(error)) from error


class _File:
    def __init__(self, data: mmap.mmap | bytes, start: int) -> None:
        self.data = data
        self.start = start
        self.steps = 0

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

    def all(self) -> Iterator[Array]:
        self.signed(SIGNATURE, 0)
        version, _, _, _, _, offsets, lengths = self.numbers("7B", 8)
        if version > 1 or (offsets, lengths) != (8, 8):
            raise UnreadError(f"a superblock of version {version}")
        root = self.numbers("Q", 64 + 4 * version)[0]
        yield from self.object(root, (), 0)

    def object(self, at: int, path: tuple[str, ...], depth: int) -> Iterator[Array]:
        """The array at an address, or those of the group there."""
        if depth > MAX_DEPTH:
            raise UnreadError("groups inside groups, without end")
        for kind, place in self.messages(at):
            if kind == _SPACE:
                version, rank = self.numbers("2B", place)
                if version not in (1, 2):
                    raise UnreadError(f"a shape of version {version}")
                yield Array(path, self.numbers(f"{rank}Q", place + (8 if version == 1 else 4)))
            elif kind == _GROUP:
                tree, heap = self.numbers("2Q", place)
                self.signed(b"HEAP", heap)
                names = self.numbers("Q", heap + 24)[0]
                for name, address in self.entries(tree, names, 0):
                    yield from self.object(address, (*path, name), depth + 1)

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
                name, address = self.numbers("2Q", entry)
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
