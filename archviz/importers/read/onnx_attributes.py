"""Attributes of ONNX operators: numbers, texts, tensors, and what graphs inside graphs use."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from archviz.importers.graphs import Tensor
from archviz.importers.read.onnx_fields import (
    BYTES,
    FIXED32,
    VARINT,
    AttributeProto,
    DataType,
    GraphProto,
    NodeProto,
)
from archviz.importers.read.onnx_shapes import value_info
from archviz.importers.read.onnx_wire import (
    WireError,
    floats,
    numbers,
    scan,
    signed,
    tensor,
    text,
)

MAX_NESTING = 32
MAX_SUBGRAPHS = 10_000
MAX_LIST = 4096
MAX_REMEMBERED = 512
"""Bytes of an attribute from which on equal ones are read again."""

_TYPES: Mapping[str, type] = {
    **dict.fromkeys(
        (
            "axis",
            "group",
            "ceil_mode",
            "keepdims",
            "transA",
            "transB",
            "hidden_size",
            "num_heads",
            "allowzero",
            "start",
            "end",
            "layout",
        ),
        int,
    ),
    **dict.fromkeys(
        (
            "kernel_shape",
            "strides",
            "pads",
            "dilations",
            "perm",
            "axes",
            "split",
            "starts",
            "ends",
            "output_padding",
            "output_shape",
            "scales",
        ),
        tuple,
    ),
    **dict.fromkeys(("auto_pad", "mode", "direction"), str),
}
"""What the attributes that steer us have to be in ONNX's own operators."""


class Attributes:
    """Reads attributes; equal ones only once."""

    def __init__(self) -> None:
        self.known: dict[bytes, tuple[str, Any]] = {}
        self.subgraphs = 0

    def read(self, raw: bytes) -> tuple[str, Any]:
        """Name and value; a subgraph gives the outer values that it uses, under no name.

        One of the wrong type has the name ``!`` and its own as value.
        """
        found = self.known.get(raw)
        if found is None:
            found = self._attribute(raw)
            if found[0] and len(raw) < MAX_REMEMBERED:
                self.known[raw] = found
        return found

    def _attribute(self, raw: bytes) -> tuple[str, Any]:
        name = ""
        value: Any = None
        several: list[Any] = []
        captured: list[str] = []
        for field in scan(raw, 0, len(raw)):
            number, wire, low, high = field
            if number == AttributeProto.NAME and wire == BYTES:
                name = text(raw, low, high)
            elif number == AttributeProto.FLOAT:
                value = floats(raw, field)[0] if wire == FIXED32 else None
            elif number == AttributeProto.INT and wire == VARINT:
                value = signed(low)
            elif number in (AttributeProto.STRING, AttributeProto.STRINGS) and wire == BYTES:
                word = raw[low : min(high, low + MAX_LIST)].decode("utf-8", "replace")
                if number == AttributeProto.STRING:
                    value = word
                else:
                    several.append(word)
            elif number == AttributeProto.TENSOR and wire == BYTES:
                head = tensor(raw, low, high)
                value = Tensor(head.shape, head.values, head.type in DataType.FLOATING)
            elif number == AttributeProto.FLOATS:
                high = min(high, low + 4 * MAX_LIST) if wire == BYTES else high
                several.extend(floats(raw, (number, wire, low, high)))
            elif number == AttributeProto.INTS:
                several.extend(islice(numbers(raw, field), MAX_LIST))
            elif number in (AttributeProto.GRAPH, AttributeProto.GRAPHS) and wire == BYTES:
                captured.extend(self._captured(raw, low, high, 0))
        if captured:
            return "", tuple(captured)
        value = tuple(several[:MAX_LIST]) if several else value
        wanted = _TYPES.get(name)
        if wanted and not isinstance(value, wanted):
            return ("!", name) if value is not None else ("?", None)
        if wanted is tuple and name != "scales" and not all(type(one) is int for one in value):
            return "!", name
        return name or "?", value

    def _captured(self, raw: bytes, start: int, end: int, depth: int) -> list[str]:
        """Values that a subgraph uses and does not make itself."""
        self.subgraphs += 1
        if depth > MAX_NESTING or self.subgraphs > MAX_SUBGRAPHS:
            raise WireError("graphs inside graphs, without end")
        used: dict[str, None] = {}
        own: set[str] = set()
        for number, wire, low, high in scan(raw, start, end):
            if wire != BYTES:
                continue
            if number == GraphProto.NODE:
                self._inner_node(raw, low, high, used, own, depth)
            elif number == GraphProto.INITIALIZER:
                own.add(tensor(raw, low, high).name)
            elif number == GraphProto.INPUT:
                own.add(value_info(raw, low, high, {})[0])
            elif number == GraphProto.OUTPUT:
                used[value_info(raw, low, high, {})[0]] = None
        return [name for name in used if name and name not in own]

    def _inner_node(
        self, raw: bytes, start: int, end: int, used: dict[str, None], own: set[str], depth: int
    ) -> None:
        for number, wire, low, high in scan(raw, start, end):
            if wire != BYTES:
                continue
            if number == NodeProto.INPUT:
                used[text(raw, low, high)] = None
            elif number == NodeProto.OUTPUT:
                own.add(text(raw, low, high))
            elif number == NodeProto.ATTRIBUTE:
                for inner, form, first, last in scan(raw, low, high):
                    if inner in (AttributeProto.GRAPH, AttributeProto.GRAPHS) and form == BYTES:
                        names = self._captured(raw, first, last, depth + 1)
                        used.update(dict.fromkeys(names))
