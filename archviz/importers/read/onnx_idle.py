"""Constants that change nothing: zeros that are added, ones that something is multiplied by.

Exporters compute masks in advance. One of a text without gaps has nothing but zeros or ones, and
stands in the file like a weight.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, NamedTuple

from archviz.importers.read.onnx_fields import (
    BYTES,
    VARINT,
    AttributeProto,
    DataType,
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
)
from archviz.importers.read.onnx_wire import scan, stream, text

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor
    from archviz.importers.read.onnx_wire import Buffer

MOST = 2**26
"""Bytes of a constant, at most, that are looked at."""
_FORMS: Mapping[int, str] = {DataType.FLOAT: "<f", DataType.DOUBLE: "<d", DataType.FLOAT16: "<e"}
_CONSTANT = b"\x22\x08Constant"
"""The kind of an operator, as a field of it."""


def idle(
    constants: Mapping[str, Tensor], own: Set[str], ops: Sequence[Op], data: Buffer, path: str
) -> frozenset[str]:
    """Which of a model's ``own`` numbers change nothing, wherever operators take them.

    Ones count where they are the same for all features, zeros where they are for several rows: a
    row of either may be a weight that is still to be learned.
    """
    asked: dict[str, float] = {}
    other: set[str] = set()
    for op in ops if own else ():
        for slot, name in enumerate(op.inputs):
            if name in own:
                wanted = _wanted(op, slot, constants[name])
                if wanted is None or asked.setdefault(name, wanted) != wanted:
                    other.add(name)
    asked = {name: wanted for name, wanted in asked.items() if name not in other}
    found = {name: constants[name].values for name in asked}
    few = {name for name, values in found.items() if values and set(values) == {asked[name]}}
    many = {name for name, values in found.items() if values is None}
    if many:
        tensors = _tensors(data, many)
        few |= {one.name for one in tensors if one.is_all(data, asked[one.name], path)}
    return frozenset(few)


def _wanted(op: Op, slot: int, tensor: Tensor) -> float | None:
    """The number that a constant must be full of to change nothing."""
    sides = tensor.shape
    if not tensor.floating or tensor.size < 2:
        return None
    if op.kind == "Mul" and len(sides) > 1 and sides[-1] == 1:
        return 1.0
    if op.kind == "Add" and len(sides) > 2 and min(sides[-2:]) > 1:
        return 0.0
    return 0.0 if op.kind == "BatchNormalization" and slot == 2 else None


class _Stretch(NamedTuple):
    """Where the numbers of a tensor stand."""

    name: str
    form: str
    start: int
    end: int
    beside: str
    """The file beside the model that has them; '' where the model has."""

    def is_all(self, data: Buffer, number: float, path: str) -> bool:
        """Whether each of them is a number."""
        size, wide = self.end - self.start, struct.calcsize(self.form)
        if not 0 < size <= MOST or size % wide:
            return False
        held = self._beside(path) if self.beside else memoryview(data)[self.start : self.end]
        one = struct.pack(self.form, number)
        return len(held) == size and held[:wide] == one and held[:-wide] == held[wide:]

    def _beside(self, path: str) -> memoryview:
        place = os.path.join(os.path.dirname(path), self.beside)
        if os.path.basename(self.beside) != self.beside or not os.path.isfile(place):
            return memoryview(b"")
        try:
            with open(place, "rb") as file:
                file.seek(self.start)
                return memoryview(file.read(self.end - self.start))
        except (OSError, ValueError):
            return memoryview(b"")


def _tensors(data: Buffer, names: Set[str]) -> Iterator[_Stretch]:
    """The tensors of these names that hold their numbers in one stretch."""
    for number, wire, start, end in stream(data, 0, len(data)):
        if number == ModelProto.GRAPH and wire == BYTES:
            for field, kind, low, high in stream(data, start, end):
                if kind == BYTES and field in (GraphProto.INITIALIZER, GraphProto.NODE):
                    one = (_stretch if field == GraphProto.INITIALIZER else _held)(data, low, high)
                    if one is not None and one.name in names:
                        yield one


def _held(data: Buffer, start: int, end: int) -> _Stretch | None:
    """The tensor that a ``Constant`` holds, by the name of what it gives."""
    if data.find(_CONSTANT, start, end) < 0:
        return None
    name, found = "", None
    for field, wire, low, high in scan(data, start, end):
        if field == NodeProto.OUTPUT and wire == BYTES:
            name = text(data, low, high)
        elif field == NodeProto.ATTRIBUTE and wire == BYTES:
            for number, kind, first, last in scan(data, low, high):
                if number == AttributeProto.TENSOR and kind == BYTES:
                    found = _stretch(data, first, last)
    return found._replace(name=name) if found is not None else None


def _stretch(data: Buffer, start: int, end: int) -> _Stretch | None:
    name, kind, place = "", 0, (0, 0)
    elsewhere: dict[str, str] = {}
    for field, wire, low, high in scan(data, start, end):
        if field == TensorProto.NAME and wire == BYTES:
            name = text(data, low, high)
        elif field == TensorProto.DATA_TYPE and wire == VARINT:
            kind = low
        elif field in (TensorProto.RAW_DATA, TensorProto.FLOAT_DATA) and wire == BYTES:
            place = (low, high)
        elif field == TensorProto.EXTERNAL_DATA and wire == BYTES:
            words = [text(data, first, last) for _, _, first, last in scan(data, low, high)]
            elsewhere |= {words[0]: words[1]} if len(words) == 2 else {}
    if kind not in _FORMS:
        return None
    if elsewhere:
        try:
            first, size = int(elsewhere.get("offset", "0")), int(elsewhere.get("length", "0"))
        except ValueError:
            return None
        if first < 0:
            return None
        return _Stretch(name, _FORMS[kind], first, first + size, elsewhere.get("location", ""))
    return _Stretch(name, _FORMS[kind], *place, "")
