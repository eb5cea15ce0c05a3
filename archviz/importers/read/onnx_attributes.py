"""Attributes of ONNX operators: numbers, texts, tensors, and what graphs inside graphs hold."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, islice
from typing import Any, NamedTuple

from archviz.errors import one_line
from archviz.importers.graphs import Op, Tensor
from archviz.importers.read.onnx_fields import (
    BYTES,
    FIXED32,
    VARINT,
    AttributeProto,
    DataType,
    FunctionProto,
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
from archviz.importers.weights import weights_in

MAX_NESTING = 32
MAX_BODIES = 10_000
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


_GRAPH = {
    GraphProto.NODE: "operator",
    GraphProto.INITIALIZER: "weight",
    GraphProto.INPUT: "input",
    GraphProto.OUTPUT: "output",
}
_FUNCTION = {FunctionProto.NODE: "operator"}
"""What the fields of a graph and of a function are; a function names what goes in and out."""
_NAMES = frozenset({NodeProto.INPUT, NodeProto.OUTPUT, NodeProto.OP_TYPE, NodeProto.DOMAIN})
"""Fields of an operator: inputs, outputs, its own name and that of its domain."""


class Body(NamedTuple):
    """A graph in an operator, or the body of a function."""

    captured: tuple[str, ...]
    """Values from outside that it uses."""
    weights: Mapping[str, int]
    """Sizes of the weights that it holds, by name."""
    kinds: frozenset[str]
    """The operators in it."""
    raw: bytes = b""
    """The graph as it stands in the file; of functions nothing."""
    called: str = ""
    """The attribute that has it."""


def in_order(bodies: list[Body]) -> tuple[Body, ...]:
    """Bodies of an operator: of an ``If``, the one for true before the one for false."""
    return tuple(sorted(bodies, key=lambda body: body.called == "else_branch"))


class AttributeOf(NamedTuple):
    """In a function: the attribute of this name of the operator that calls it."""

    name: str


class Attributes:
    """Reads attributes; equal ones only once."""

    def __init__(self) -> None:
        self.known: dict[bytes, tuple[str, Any]] = {}
        self.bodies = 0

    def read(self, raw: bytes) -> tuple[str, Any]:
        """Name and value; graphs are bodies, under no name.

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
        bodies: list[Body] = []
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
                bodies.append(self._body(raw, low, high, 0, _GRAPH))
            elif number == AttributeProto.REF_ATTR_NAME and wire == BYTES and high > low:
                return name, AttributeOf(text(raw, low, high))
        if bodies:
            return "", tuple([body._replace(called=name) for body in bodies])
        value = tuple(several[:MAX_LIST]) if several else value
        wanted = _TYPES.get(name)
        if wanted and not isinstance(value, wanted):
            return ("!", name) if value is not None else ("?", None)
        if wanted is tuple and name != "scales" and not all(type(one) is int for one in value):
            return "!", name
        return name or "?", value

    def function(self, raw: bytes) -> tuple[str, Body]:
        """A function of the model: the kind of the operators that call it, and its body."""
        name = domain = ""
        for number, wire, low, high in scan(raw, 0, len(raw)):
            if number == FunctionProto.NAME and wire == BYTES:
                name = text(raw, low, high)
            elif number == FunctionProto.DOMAIN and wire == BYTES:
                domain = text(raw, low, high)
        return kind_of(domain, name), self._body(raw, 0, len(raw), 0, _FUNCTION)

    def _body(self, raw: bytes, start: int, end: int, depth: int, parts: Mapping[int, str]) -> Body:
        """What a graph in a graph uses and holds."""
        self.bodies += 1
        if depth > MAX_NESTING or self.bodies > MAX_BODIES:
            raise WireError("graphs inside graphs, without end")
        ops: list[Op] = []
        constants: dict[str, Tensor] = {}
        own: set[str] = set()
        ends: list[str] = []
        inner: list[Body] = []
        for number, wire, low, high in scan(raw, start, end):
            part = parts.get(number) if wire == BYTES else ""
            if part == "operator":
                ops.append(self._operator(raw, low, high, depth, constants, inner))
            elif part == "weight":
                head = tensor(raw, low, high)
                constants[head.name] = Tensor(
                    head.shape, head.values, head.type in DataType.FLOATING
                )
            elif part == "input":
                own.add(value_info(raw, low, high, {})[0])
            elif part == "output":
                ends.append(value_info(raw, low, high, {})[0])
        own.update(constants, *[op.outputs for op in ops])
        used = dict.fromkeys([*chain.from_iterable([op.inputs for op in ops]), *ends])
        weights = weights_in(ops, constants)
        for number, body in enumerate(inner):
            used.update(dict.fromkeys(body.captured))
            weights |= {f"{number}/{name}": size for name, size in body.weights.items()}
        return Body(
            tuple([name for name in used if name and name not in own]),
            weights,
            frozenset([op.kind for op in ops]).union(*[body.kinds for body in inner]),
            raw[start:end] if parts is _GRAPH and not depth else b"",
        )

    def _operator(
        self,
        raw: bytes,
        start: int,
        end: int,
        depth: int,
        constants: dict[str, Tensor],
        inner: list[Body],
    ) -> Op:
        """An operator in a body; what it holds joins the constants, graphs in it the others."""
        inputs: list[str] = []
        outputs: list[str] = []
        kind = domain = ""
        attributes: list[tuple[int, int]] = []
        for number, wire, low, high in scan(raw, start, end):
            if wire != BYTES:
                continue
            if number == NodeProto.ATTRIBUTE:
                attributes.append((low, high))
            elif number in _NAMES:
                word = text(raw, low, high)
                if number == NodeProto.INPUT:
                    inputs.append(word)
                elif number == NodeProto.OUTPUT:
                    outputs.append(word)
                elif number == NodeProto.OP_TYPE:
                    kind = word
                else:
                    domain = word
        kind = kind_of(domain, kind)
        for low, high in attributes:
            for number, wire, first, last in scan(raw, low, high):
                if number in (AttributeProto.GRAPH, AttributeProto.GRAPHS) and wire == BYTES:
                    inner.append(self._body(raw, first, last, depth + 1, _GRAPH))
            if kind == "Constant" and outputs:
                made = constant_of(dict([self.read(raw[low:high])]))
                constants |= {outputs[0]: made} if made is not None else {}
        return Op(kind, "", tuple(inputs), tuple(outputs))


def kind_of(domain: str, name: str) -> str:
    """What an operator is: its name, after that of a domain other than ONNX's own."""
    word = one_line(name, 100)
    return f"{one_line(domain)}.{word}" if domain and domain != "ai.onnx" else word


def constant_of(attributes: Mapping[str, Any]) -> Tensor | None:
    """What a Constant gives, where its value is a tensor or numbers."""
    for value in attributes.values():
        if isinstance(value, Tensor):
            return value
        if isinstance(value, int | float):
            return Tensor((), (value,), isinstance(value, float))
        if isinstance(value, tuple) and not any(isinstance(one, str | Body) for one in value):
            return Tensor((len(value),), value, isinstance(value[0], float))
    return None
