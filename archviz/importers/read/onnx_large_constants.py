"""Operators that hold large weights themselves, as ``Constant`` may, without these weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archviz.importers.read.onnx_fields import (
    BYTES,
    FIXED64,
    VARINT,
    AttributeProto,
    GraphProto,
    NodeProto,
    key,
)
from archviz.importers.read.onnx_wire import WireError, stream

if TYPE_CHECKING:
    from archviz.importers.read.onnx_wire import Buffer

LARGE = 2**20
"""Bytes from which on a part is looked into, and left out where nothing in it is asked for."""
MAX_PARTS = 1_000_000
MAX_NESTING = 100

_INSIDE: Mapping[str, Mapping[int, str]] = {
    "operator": {NodeProto.ATTRIBUTE: "attribute"},
    "attribute": {
        AttributeProto.TENSOR: "tensor",
        AttributeProto.GRAPH: "graph",
        AttributeProto.TENSORS: "tensor",
        AttributeProto.GRAPHS: "graph",
    },
    "graph": {GraphProto.NODE: "operator", GraphProto.INITIALIZER: "tensor"},
    "tensor": {},
}
"""What the fields of a message are messages of."""


def lighter(data: Buffer, start: int, end: int, what: str = "operator", depth: int = 0) -> bytes:
    """The message in ``start:end`` without what is large and not a message itself."""
    if depth > MAX_NESTING:
        raise WireError("graphs inside graphs, without end")
    parts: list[bytes] = []
    for number, wire, low, high in stream(data, start, end):
        head = _varint(key(number, wire))
        if wire == VARINT:
            parts.append(head + _varint(low))
        elif wire == BYTES:
            inner = _INSIDE[what].get(number)
            if high - low < LARGE:
                payload = data[low:high]
            elif inner:
                payload = lighter(data, low, high, inner, depth + 1)
            else:
                continue
            parts += (head + _varint(len(payload)), payload)
        else:
            parts.append(head + data[low : low + (8 if wire == FIXED64 else 4)])
        if len(parts) > MAX_PARTS:
            raise WireError("an operator of millions of parts")
    return b"".join(parts)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)
