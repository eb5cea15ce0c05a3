"""The shapes that an ONNX file states for values."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archviz.importers.read.onnx_fields import BYTES, VARINT, ValueInfoProto, key
from archviz.importers.read.onnx_wire import (
    MAX_RANK,
    WireError,
    scan,
    signed,
    stream,
    text,
)

if TYPE_CHECKING:
    from archviz.importers.read.onnx_wire import Buffer

Dims: TypeAlias = tuple[int | None, ...]
_NAME, _TYPE = key(ValueInfoProto.NAME), key(ValueInfoProto.TYPE)


def side_names(data: Buffer, start: int, end: int) -> tuple[str, ...]:
    """What a value calls its sides, '' where they have a size or no name, such as ``?``."""
    wanted = (ValueInfoProto.TYPE, ValueInfoProto.TENSOR_TYPE, ValueInfoProto.SHAPE)
    parts = [(start, end)]
    for number in (*wanted, ValueInfoProto.DIM):
        parts = [inner for low, high in parts for inner in _inside(data, low, high, number)]
    names = []
    for low, high in parts:
        words = _inside(data, low, high, ValueInfoProto.DIM_PARAM)
        word = text(data, *words[-1]) if words else ""
        names.append(word if any(map(str.isalpha, word)) and word != "None" else "")
    return tuple(names)


def _inside(data: Buffer, start: int, end: int, number: int) -> list[tuple[int, int]]:
    """Where the fields of a number stand."""
    fields = stream(data, start, end)
    return [(low, high) for found, wire, low, high in fields if (found, wire) == (number, BYTES)]


class Shapes:
    """Shapes by the name of the value, as far as they have been read."""

    def __init__(self) -> None:
        self.known: dict[str, Dims] = {}
        self.types: dict[bytes, Dims | None] = {}

    def add(self, data: Buffer, start: int, end: int) -> str:
        """Note the value in ``start:end``; its name. Mostly it is a name and a known type."""
        raw, size, shape = data[start:end], end - start, None
        if size > 4 and raw[0] == _NAME:
            middle = raw[1] + 2
            behind = size - middle - 2
            if 0 < behind < 128 and raw[middle] == _TYPE and raw[middle + 1] == behind:
                shape = self.types.get(raw[middle + 2 :])
        if shape is not None and middle < 130:
            name = raw[2:middle].decode("utf-8", "replace")
        else:
            name, shape = value_info(data, start, end, self.types)
        if shape is not None:
            self.known[name] = shape
        return name


def value_info(
    data: Buffer, start: int, end: int, seen: dict[bytes, Dims | None]
) -> tuple[str, Dims | None]:
    """Name and shape of a value, None where it says none; ``seen`` remembers equal types."""
    name, shape = "", None
    for number, wire, low, high in stream(data, start, end):
        if wire != BYTES:
            continue
        if number == ValueInfoProto.NAME:
            name = text(data, low, high)
        elif number == ValueInfoProto.TYPE:
            raw = data[low:high]
            if raw in seen:
                shape = seen[raw]
            else:
                shape = seen[raw] = _type(raw)
    return name, shape


def _type(raw: bytes) -> Dims | None:
    """The shape in a TypeProto; None where it is no tensor, or one of unknown rank."""
    for number, wire, low, high in scan(raw, 0, len(raw)):
        if number != ValueInfoProto.TENSOR_TYPE or wire != BYTES:
            continue
        for inner, form, start, end in scan(raw, low, high):
            if inner == ValueInfoProto.SHAPE and form == BYTES:
                fields = scan(raw, start, end)
                dims = [
                    _side(raw, *field[2:]) for field in fields if field[0] == ValueInfoProto.DIM
                ]
                if len(dims) > MAX_RANK:
                    raise WireError(f"a value of more than {MAX_RANK} axes")
                return tuple(dims)
    return None


def _side(raw: bytes, start: int, end: int) -> int | None:
    for number, wire, value, _ in scan(raw, start, min(end, len(raw))):
        if number == ValueInfoProto.DIM_VALUE and wire == VARINT:
            side = signed(value)
            return side if side > 0 else None
    return None
