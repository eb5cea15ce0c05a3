"""Protobuf off the wire: only what an ONNX file needs, and nothing is copied that is not asked for.

A message is a stretch ``start:end`` of the file; :func:`scan` lists its fields, where a field
that holds bytes is again a stretch. The payload of a tensor is a stretch that nobody reads.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.errors import ArchvizError, fail
from archviz.importers.read.onnx_fields import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    DataType,
    TensorProto,
    key,
)

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

    Buffer: TypeAlias = bytes | mmap.mmap

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
        head = data[position]
        position += 1
        if head > 127:
            head, position = varint(data, position - 1, end)
        wire = head & 7
        if wire == BYTES:
            size = data[position] if position < end else 128
            position += 1
            if size > 127:
                size, position = varint(data, position - 1, end)
            start = position
            position += size
            if position > end:
                break
            yield head >> 3, BYTES, start, position
        elif wire == VARINT:
            value, position = varint(data, position, end)
            yield head >> 3, VARINT, value, 0
        elif wire in (FIXED64, FIXED32):
            start = position
            position += 8 if wire == FIXED64 else 4
            if position > end:
                break
            yield head >> 3, wire, start, 0
        else:
            raise WireError("a field of an unknown type")
        if head < 8:
            raise WireError("a field with the number 0")
    if position != end:
        raise WireError("the file ends inside a field")


def skipped(data: Buffer, position: int, end: int) -> int:
    """The position behind the field at ``position``, whatever it is."""
    head, position = varint(data, position, end)
    wire = head & 7
    if head < 8:
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
    raw = data[start:end]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


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


_SIDE, _SIDES = key(TensorProto.DIMS, VARINT), key(TensorProto.DIMS)
_TYPE, _NAME = key(TensorProto.DATA_TYPE, VARINT), key(TensorProto.NAME)
_HEAD = frozenset({_SIDE, _SIDES, _TYPE, _NAME})
"""Keys of the fields that say what a tensor is: sides, singly or as a list, type and name."""
_ALONE = {
    TensorProto.FLOAT_DATA: FIXED32,
    TensorProto.DOUBLE_DATA: FIXED64,
    TensorProto.INT32_DATA: VARINT,
    TensorProto.INT64_DATA: VARINT,
    TensorProto.RAW_DATA: BYTES,
}
"""How elements are written singly; in a list they are bytes."""
_PAYLOAD = frozenset(key(field, wire) for field in _ALONE for wire in (BYTES, _ALONE[field]))
"""Keys of the fields that hold its elements."""
_RAW: Mapping[int, str] = {
    DataType.FLOAT: "f",
    DataType.UINT8: "B",
    DataType.INT8: "b",
    DataType.UINT16: "H",
    DataType.INT16: "h",
    DataType.INT32: "i",
    DataType.INT64: "q",
    DataType.BOOL: "?",
    DataType.FLOAT16: "e",
    DataType.DOUBLE: "d",
    DataType.UINT32: "I",
    DataType.UINT64: "Q",
}
"""How elements of a type are written one after another."""


def tensor(data: Buffer, start: int, end: int) -> TensorHead:
    """Read a TensorProto; its payload only where it has few elements."""
    name, kind = "", 0
    shape: list[int] = []
    payload: list[Field] = []
    position = start
    while position < end:
        head, low, high = data[position], position + 1, 0
        if head > 127 or head & 5:  # neither a number nor bytes, or a field that we do not know
            position = skipped(data, position, end)
        else:
            low, position = data[low], position + 2
            if low > 127:
                low, position = varint(data, position - 1, end)
            if head & BYTES:
                low, high = position, position + low
                position = high
        if head == _SIDE:
            shape.append(signed(low))
        elif head == _SIDES:
            shape.extend(islice(numbers(data, (TensorProto.DIMS, BYTES, low, high)), MAX_RANK + 1))
        elif head == _TYPE:
            kind = low
        elif head == _NAME:
            name = text(data, low, high)
        elif head in _PAYLOAD and len(payload) <= MAX_VALUES:
            payload.append((head >> 3, head & 7, low, high))
        if len(shape) > MAX_RANK:
            raise WireError(f"a tensor of more than {MAX_RANK} axes")
    if position != end:
        raise WireError("the file ends inside a tensor")
    if min(shape, default=0) < 0:
        raise WireError(f"the tensor '{name[:80]}' has a negative side")
    count = prod(shape)
    values = _values(data, kind, count, payload) if count <= most_values(kind) else None
    return TensorHead(name, tuple(shape), kind, values)


def sparse_tensor(data: Buffer, start: int, end: int) -> tuple[str, list[int]]:
    """The name of a SparseTensorProto, which is that of its values, and its own sides."""
    name = ""
    shape: list[int] = []
    for field in scan(data, start, end):
        if field[0] == TensorProto.SPARSE_VALUES and field[1] == BYTES:
            name = tensor(data, field[2], field[3]).name
        elif field[0] == TensorProto.SPARSE_DIMS:
            shape.extend(numbers(data, field))
    return name, shape


def most_values(kind: int) -> int:
    """How many values a constant of an element type may have that we want to know."""
    return MAX_REALS if kind in DataType.FLOATING else MAX_VALUES


def only_payload(data: Buffer, position: int, end: int) -> bool:
    """Whether the fields of a tensor in ``position:end`` are sound and say nothing of its head."""
    while position < end:
        head, size = data[position], data[position + 1]
        if head in _HEAD:
            return False
        if head < 128 and head & 7 == BYTES:
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
        if number == TensorProto.RAW_DATA:
            form = _RAW.get(kind)
            if form is None or end - start != count * struct.calcsize(form):
                return None
            found.extend(struct.unpack(f"<{count}{form}", data[start:end]))
        elif number in (TensorProto.FLOAT_DATA, TensorProto.DOUBLE_DATA):
            found.extend(floats(data, field, "f" if number == TensorProto.FLOAT_DATA else "d"))
        elif kind not in (DataType.FLOAT16, DataType.BFLOAT16):
            found.extend(numbers(data, field))
        if len(found) > count:
            raise WireError("a tensor has more values than its shape says")
    return tuple(found) if len(found) == count else None
