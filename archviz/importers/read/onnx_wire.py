"""Protobuf off the wire: only what an ONNX file needs, and nothing is copied that is not asked for.

A message is a stretch ``start:end`` of the file; :func:`scan` lists its fields, where a field
that holds bytes is again a stretch. The payload of a tensor is a stretch that nobody reads.
"""

from __future__ import annotations

import struct
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.errors import ArchvizError, fail

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

    Buffer: TypeAlias = bytes | mmap.mmap

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_RANK = 64
MAX_VALUES = 64
MAX_REALS = 16
"""Constants with more elements than this are weights: only their shape is kept.
Of floating-point numbers few steer operators: scales and limits."""

Field: TypeAlias = tuple[int, int, int, int]
"""Number, wire type, and a stretch (BYTES) or a value and 0."""


class WireError(Exception):
    """Why the bytes are no protobuf message."""


def damaged(error: WireError | IndexError, path: str) -> ArchvizError:
    """What to say of a file that is no protobuf message."""
    reason = str(error) if isinstance(error, WireError) else "the file ends too early"
    return fail(path, f"is no ONNX model: {reason}", "export or download it again")


def varint(data: Buffer, position: int, end: int) -> tuple[int, int]:
    """A number and the position behind it."""
    value = shift = 0
    while position < end:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
        if shift > 63:
            raise WireError("a number of more than 64 bits")
    raise WireError("the file ends inside a number")


def scan(data: Buffer, position: int, end: int) -> list[Field]:
    """The fields of the message in ``position:end``."""
    return list(stream(data, position, end))


def stream(data: Buffer, position: int, end: int) -> Iterator[Field]:
    """The fields of the message in ``position:end``, one by one."""
    while position < end:
        key = data[position]
        position += 1
        if key > 127:
            key, position = varint(data, position - 1, end)
        wire = key & 7
        if wire == 2:
            size = data[position] if position < end else 128
            position += 1
            if size > 127:
                size, position = varint(data, position - 1, end)
            start = position
            position += size
            if position > end:
                break
            yield key >> 3, 2, start, position
        elif wire == 0:
            value, position = varint(data, position, end)
            yield key >> 3, 0, value, 0
        elif wire in (1, 5):
            start = position
            position += 8 if wire == 1 else 4
            if position > end:
                break
            yield key >> 3, wire, start, 0
        else:
            raise WireError("a field of an unknown type")
        if key < 8:
            raise WireError("a field with the number 0")
    if position != end:
        raise WireError("the file ends inside a field")


def skipped(data: Buffer, position: int, end: int) -> int:
    """The position behind the field at ``position``, whatever it is."""
    key, position = varint(data, position, end)
    wire = key & 7
    if key < 8:
        raise WireError("a field with the number 0")
    if wire == VARINT:
        return varint(data, position, end)[1]
    if wire == BYTES:
        size, position = varint(data, position, end)
        return position + size
    if wire in (FIXED64, FIXED32):
        return position + (8 if wire == FIXED64 else 4)
    raise WireError("a field of an unknown type")


def text(data: Buffer, start: int, end: int) -> str:
    """The stretch as text."""
    return data[start:end].decode("utf-8", "replace")


def signed(value: int) -> int:
    """A varint as the signed number that it stands for."""
    return value - (1 << 64) if value >> 63 else value


def numbers(data: Buffer, field: Field) -> Iterator[int]:
    """The numbers of a repeated field, packed or not."""
    _, wire, start, end = field
    if wire == VARINT:
        yield signed(start)
    elif wire == BYTES:
        while start < end:
            value, start = varint(data, start, end)
            yield signed(value)
    else:
        raise WireError("a list of numbers of an unknown type")


def floats(data: Buffer, field: Field, form: str = "f") -> tuple[float, ...]:
    """The floating-point numbers of a repeated field, packed or not."""
    _, wire, start, end = field
    size = struct.calcsize(form)
    if wire != BYTES:
        end = start + size
    stretch = data[start:end]
    if len(stretch) % size or wire == VARINT:
        raise WireError("a list of numbers is cut off")
    return struct.unpack(f"<{len(stretch) // size}{form}", stretch)


class TensorHead(NamedTuple):
    """A tensor: its name, shape, element type, and its values where they are few."""

    name: str
    shape: tuple[int, ...]
    type: int
    values: tuple[float, ...] | None


FLOATS = frozenset({1, 10, 11, 16, 17, 18, 19, 20, 23})
"""Element types that are floating-point numbers of some precision."""

_HEAD = frozenset({8, 10, 16, 66})
"""Keys of the fields that say what a tensor is: sides, singly or as a list, type and name."""

_RAW = {
    1: "f",
    2: "B",
    3: "b",
    4: "H",
    5: "h",
    6: "i",
    7: "q",
    9: "?",
    10: "e",
    11: "d",
    12: "I",
    13: "Q",
}


def tensor(data: Buffer, start: int, end: int) -> TensorHead:
    """Read a TensorProto; its payload only where it has few elements."""
    name, kind = "", 0
    shape: list[int] = []
    payload: list[Field] = []
    position = start
    while position < end:
        key = data[position]
        if key > 127 or key & 5:  # neither a number nor bytes, or a field that we do not know
            if key in (37, 81) and len(payload) <= MAX_VALUES:
                payload.append((key >> 3, key & 7, position + 1, 0))
            position = skipped(data, position, end)
            continue
        low = data[position + 1]
        position += 2
        if low > 127:
            low, position = varint(data, position - 1, end)
        if key == 8:  # one side of the shape
            shape.append(signed(low))
        elif key == 16:
            kind = low
        elif key == 66:
            name = data[position : position + low].decode("utf-8", "replace")
            position += low
        elif key & 2:
            if key == 10:
                shape.extend(
                    islice(numbers(data, (1, BYTES, position, position + low)), MAX_RANK + 1)
                )
            elif key in (34, 42, 58, 74, 82) and len(payload) <= MAX_VALUES:
                payload.append((key >> 3, BYTES, position, position + low))
            position += low
        elif key in (40, 56) and len(payload) <= MAX_VALUES:
            payload.append((key >> 3, VARINT, low, 0))
        if len(shape) > MAX_RANK:
            raise WireError(f"a tensor of more than {MAX_RANK} axes")
    if position != end:
        raise WireError("the file ends inside a tensor")
    if min(shape, default=0) < 0:
        raise WireError(f"the tensor '{name[:80]}' has a negative side")
    count = prod(shape)
    values = _values(data, kind, count, payload) if count <= most_values(kind) else None
    return TensorHead(name, tuple(shape), kind, values)


def most_values(kind: int) -> int:
    """How many values a constant of an element type may have that we want to know."""
    return MAX_REALS if kind in FLOATS else MAX_VALUES


def only_payload(data: Buffer, position: int, end: int) -> bool:
    """Whether the fields of a tensor in ``position:end`` are sound and say nothing of its head."""
    while position < end:
        key, size = data[position], data[position + 1]
        if key in _HEAD:
            return False
        if key < 128 and key & 7 == BYTES:
            position += 2
            if size > 127:
                size, position = varint(data, position - 1, end)
            position += size
        else:
            position = skipped(data, position, end)
    return position == end


def _values(data: Buffer, kind: int, count: int, payload: list[Field]) -> tuple[float, ...] | None:
    found: list[float] = []
    for field in payload:
        number, _, start, end = field
        if number == 9:
            form = _RAW.get(kind)
            if form is None or end - start != count * struct.calcsize(form):
                return None
            found.extend(struct.unpack(f"<{count}{form}", data[start:end]))
        elif number in (4, 10):
            found.extend(floats(data, field, "f" if number == 4 else "d"))
        elif kind not in (10, 16):
            found.extend(numbers(data, field))
        if len(found) > count:
            raise WireError("a tensor has more values than its shape says")
    return tuple(found) if len(found) == count else None
