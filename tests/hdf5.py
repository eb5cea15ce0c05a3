"""HDF5 files with arrays of no numbers, in the form in which h5py writes them by default."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

NOWHERE = 2**64 - 1
Shapes = Mapping[str, tuple[int, ...]]


def hdf5_of(shapes: Shapes) -> bytes:
    """A file of arrays by path, such as ``{"layers/dense/vars/0": (4, 2)}``."""
    tree: dict[str, Any] = {}
    for path, shape in shapes.items():
        *groups, name = path.split("/")
        at = tree
        for group in groups:
            at = at.setdefault(group, {})
        at[name] = shape
    out = bytearray(96)
    root, nodes, heap = _group(out, tree)
    entry = struct.pack("<QQII", 0, root, 1, 0) + struct.pack("<QQ", nodes, heap)
    start = struct.pack("<8s8B2HI", b"\x89HDF\r\n\x1a\n", 0, 0, 0, 0, 0, 8, 8, 0, 4, 16, 0)
    out[:96] = start + struct.pack("<4Q", 0, NOWHERE, len(out), NOWHERE) + entry
    return bytes(out)


def _put(out: bytearray, data: bytes) -> int:
    """Write something behind all else; its address."""
    at = len(out)
    out += data + bytes(-len(data) % 8)
    return at


def _object(out: bytearray, kind: int, message: bytes) -> int:
    message += bytes(-len(message) % 8)
    body = struct.pack("<HHB3x", kind, len(message), 0) + message
    return _put(out, struct.pack("<BBHII4x", 1, 0, 1, 1, len(body)) + body)


def _group(out: bytearray, tree: Mapping[str, Any]) -> tuple[int, int, int]:
    """A group; the addresses of its header, its tree and its names."""
    words, entries = bytearray(8), b""
    for name in sorted(tree):
        inner = tree[name]
        if isinstance(inner, tuple):
            space = struct.pack(f"<BBB5x{len(inner)}Q", 1, len(inner), 0, *inner)
            at = _object(out, 1, space)
        else:
            at = _group(out, inner)[0]
        entries += struct.pack("<QQII16x", len(words), at, 0, 0)
        words += name.encode() + b"\0"
        words += bytes(-len(words) % 8)
    held = _put(out, bytes(words))
    heap = _put(out, struct.pack("<4sB3xQQQ", b"HEAP", 0, len(words), NOWHERE, held))
    symbols = _put(
        out, (struct.pack("<4sBBH", b"SNOD", 1, 0, len(tree)) + entries).ljust(328, b"\0")
    )
    keys = struct.pack("<3Q", 0, symbols, len(words))
    nodes = _put(
        out, struct.pack("<4sBBHQQ", b"TREE", 0, 0, 1, NOWHERE, NOWHERE) + keys + bytes(496)
    )
    return _object(out, 0x11, struct.pack("<QQ", nodes, heap)), nodes, heap
