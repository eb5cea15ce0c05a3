"""The shapes that an ONNX file states for values; the many of them are read when one is needed."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from archviz.importers.read.onnx_fields import BYTES, VARINT, ValueInfoProto, key
from archviz.importers.read.onnx_wire import (
    MAX_RANK,
    WireError,
    damaged,
    scan,
    signed,
    stream,
    text,
    varint,
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


class Shapes(Mapping[str, Dims]):
    """Shapes by the name of the value: those of inputs and outputs, and all others.

    The others are bytes until one of them is asked for; most models never need them, since
    what a layer gives follows from the layer.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.known: dict[str, Dims] = {}
        self.types: dict[bytes, Dims | None] = {}
        self.unread = b""
        """Fields of a graph, as they stand in the file."""

    def add(self, data: Buffer, start: int, end: int) -> str:
        """Note the value in ``start:end``; its name."""
        name, shape = value_info(data, start, end, self.types)
        if shape is not None:
            self.known[name] = shape
        return name

    def _read(self) -> None:
        fields, self.unread = self.unread, b""
        try:
            self._add_all(fields)
        except (WireError, IndexError) as error:
            raise damaged(error, self.path) from None

    def _add_all(self, fields: bytes) -> None:
        """Note all values of a row of fields; mostly they are a name and a known type."""
        known, types = self.known, self.types
        position, end = 0, len(fields)
        while position < end:
            size, low = fields[position + 1], position + 2
            if size > 127:
                size, low = varint(fields, position + 1, end)
            position = low + size
            middle = low + 2 + (fields[low + 1] if size > 4 else size)
            if (
                middle + 2 < position
                and fields[low] == _NAME
                and middle - low < 130
                and fields[middle] == _TYPE
                and fields[middle + 1] == position - middle - 2
            ):
                raw = fields[middle + 2 : position]
                if raw in types:
                    shape = types[raw]
                    if shape is not None:
                        known[text(fields, low + 2, middle)] = shape
                    continue
            self.add(fields, low, position)

    def __getitem__(self, name: str) -> Dims:
        if self.unread and name not in self.known:
            self._read()
        return self.known[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The shape of a value, or the default; without an exception for each that has none."""
        if self.unread and name not in self.known:
            self._read()
        return self.known.get(name, default)

    def items(self) -> ItemsView[str, Dims]:
        """All of them."""
        self._read()
        return self.known.items()

    def __iter__(self) -> Iterator[str]:
        self._read()
        return iter(self.known)

    def __len__(self) -> int:
        self._read()
        return len(self.known)


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
