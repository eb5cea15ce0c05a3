"""From an ONNX file to an :class:`OpGraph`, without onnx, protobuf or numpy.

The weights are never read: of a tensor the shape is enough, and of the few small ones that
steer operators the values. Files with external data need no second file.

What an exporter writes is much alike. Names differ; what stands behind the names of an
operator, and before the name of a weight, is read once and found again by its bytes.
"""

from __future__ import annotations

import os
import re
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.errors import fail
from archviz.importers.graphs import Op, OpGraph, Tensor, record
from archviz.importers.read.onnx_attributes import Attributes, Body, constant_of, in_order, kind_of
from archviz.importers.read.onnx_bodies import inner_weights
from archviz.importers.read.onnx_fields import (
    BYTES,
    DataType,
    FunctionProto,
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    key,
)
from archviz.importers.read.onnx_functions import Function, Opened
from archviz.importers.read.onnx_large_constants import LARGE, lighter
from archviz.importers.read.onnx_scopes import CLASSES, SCOPES, Scopes, alike, with_scopes
from archviz.importers.read.onnx_shapes import Shapes, side_names
from archviz.importers.read.onnx_signature import set_apart, signature
from archviz.importers.read.onnx_wire import (
    WireError,
    damaged,
    most_values,
    only_payload,
    scan,
    skipped,
    sparse_tensor,
    stream,
    tensor,
    text,
    varint,
)
from archviz.importers.read.order import sorted_ops
from archviz.importers.sizes import Sizes, with_sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from archviz.importers.read.onnx_wire import Buffer

MAX_OPS = 1_000_000
MAX_PARTS = 4 * MAX_OPS
MAX_REMEMBERED = 512
"""Bytes behind an operator's names from which on equal ones are read again."""
MAX_ENDINGS = 4096
"""How many different such endings are kept."""
HEAD = 160
"""Bytes at the start of a tensor in which its sides, its type and its name are looked for."""

_NODE, _INITIALIZER = key(GraphProto.NODE), key(GraphProto.INITIALIZER)
_VALUE_INFO = key(GraphProto.VALUE_INFO)
_METADATA = bytes([key(GraphProto.METADATA) & 127 | 128, key(GraphProto.METADATA) >> 7])
_INPUT, _OUTPUT, _NAME = key(NodeProto.INPUT), key(NodeProto.OUTPUT), key(NodeProto.NAME)
_NAMES = frozenset({_INPUT, _OUTPUT, _NAME})
_TENSOR_NAME = bytes([key(TensorProto.NAME)])
_SIDES = re.compile(rb"(?:[\x08\x10][\x80-\xff]*[\x00-\x7f])*")
"""Sides and type of a tensor, before its name."""


def read_onnx(path: str, sizes: Sizes = ()) -> OpGraph:
    """Read the model in a file; :class:`ArchvizError` where it is none.

    ``sizes`` of inputs fill the sides that the file leaves open.
    """
    import mmap

    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise fail(path, "is empty", "export the model again")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return with_sizes(read_onnx_data(data, path), sizes, path)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise fail(path, f"cannot be read: {reason}") from error


def read_onnx_data(data: Buffer, path: str) -> OpGraph:
    """Read a model in memory; ``path`` names it in messages."""
    try:
        return _OnnxReader(data, path).model()
    except (WireError, IndexError) as error:
        raise damaged(error, path) from None


class _Ending(NamedTuple):
    """What stands behind the names of an operator."""

    kind: str
    attributes: dict[str, Any]
    bodies: tuple[Body, ...]
    """The graphs in it."""
    scope: tuple[str, ...] | None
    """The modules that it was in; None where nothing is noted."""
    names: tuple[tuple[int, str], ...]
    """Names that do not stand in front, as they do in the files of all exporters we know."""


class _OnnxReader:
    def __init__(self, data: Buffer, path: str) -> None:
        self.data, self.path = data, path
        self.attributes, self.shapes = Attributes(), Shapes()
        self.endings: dict[bytes, _Ending] = {}
        self.heads: dict[bytes, tuple[Tensor, bool]] = {}
        """Tensors by what stands before their names, and whether a payload would have values."""
        self.scopes = Scopes()
        self.constants, self.ops = dict[str, Tensor](), list[Op]()
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.sides: dict[str, tuple[str, ...]] = {}
        self.name, self.written = "", set[str]()
        self.bodies: list[tuple[str, str, Body]] = []
        """The graphs in operators, with their names and the first values that they give."""
        self.rows: list[tuple[str, str]] = []  # what the file says its tensors are, and names
        self.functions: dict[str, Body] = {}
        self.opened: dict[str, Function] = {}

    def model(self) -> OpGraph:
        """The whole file."""
        graphs = []
        for place, field in enumerate(stream(self.data, 0, len(self.data))):
            if field[0] == ModelProto.GRAPH:
                graphs.append(field)
            elif field[0] == ModelProto.FUNCTIONS and field[1] == BYTES:
                raw = self.data[field[2] : field[3]]
                kind, body = self.attributes.function(raw)
                self.functions[kind] = body
                if "." in kind:
                    self.opened[kind] = self.function(raw)
            if place > MAX_OPS:
                raise WireError("millions of parts where a model has a few")
        if len(graphs) != 1 or graphs[0][1] != BYTES:
            raise WireError("there is no graph in it")
        self.graph(graphs[0][2], graphs[0][3])
        still = set_apart(self.constants, self.rows, self.ops, self.written, self.data, self.path)
        if not self.ops:
            raise fail(self.path, "has no operators: there is nothing to draw")
        if not self.outputs:
            raise fail(self.path, "names no output", "export it again, with its outputs")
        unnoted = self.scopes.unnoted(self.ops)
        found = Opened(self.opened, self.path)
        for op in self.ops if self.opened else ():
            found.add(op)
        self.bodies += found.bodies
        self.constants |= found.constants
        self.written |= found.constants.keys()
        self.ops = found.ops or self.ops
        if self.scopes.classes:
            self.ops = with_scopes(self.ops, unnoted)
        classes = {**(self.scopes.classes or alike(self.ops)), **found.classes}
        return sorted_ops(self.made(found.called)._replace(classes=classes, idle=still), self.path)

    def made(self, opened: set[str]) -> OpGraph:
        """The graph that has been read; functions that are ``opened`` are in it."""
        inner, insides = inner_weights(self.ops, self.bodies, self.functions, opened)
        bodies: dict[str, list[Callable[[], OpGraph]]] = {}
        for _, first, body in self.bodies:
            bodies.setdefault(first, []).append(partial(self.body, body.raw))
        return OpGraph(
            self.name,
            tuple([value for value in self.inputs if value not in self.constants]),
            tuple(self.outputs),
            tuple(self.ops),
            self.shapes.known,
            self.constants,
            inner=inner,
            insides={owner: tuple(names) for owner, names in insides.items()},
            written=frozenset(self.written),
            sides=self.sides,
            called={name: name for name in self.outputs},
            bodies={owner: tuple(some) for owner, some in bodies.items()},
        )

    def graph(self, start: int, end: int) -> None:
        data, position = self.data, start
        for _ in repeat(None, MAX_PARTS):
            if position >= end:
                break
            field = position
            head, size = data[field], data[field + 1]
            if head & 7 != BYTES or not 8 < head < 128:
                position = skipped(data, field, end)
                if data[field : field + 2] == _METADATA and position <= end:
                    self.rows += signature(data, field, position)
                continue
            low = field + 2
            if size > 127:  # mostly a number of two bytes
                more = data[low]
                low += 1
                size += (more << 7) - 128
                if more > 127:
                    size, low = varint(data, field + 1, end)
            position = low + size
            if position > end:
                break
            if head == _NODE:
                self.node(low, position)
            elif head == _INITIALIZER:
                self.initializer(low, position)
            elif head == _VALUE_INFO:
                self.shapes.add(data, low, position)
            else:
                self.part(head >> 3, low, position)
        if position != end:
            many = f"a graph of more than {MAX_PARTS:,} parts"
            raise WireError(many if position < end else "the file ends inside a field")

    def part(self, field: int, start: int, end: int) -> None:
        """What a graph has only one or a few of."""
        if field == GraphProto.NAME:
            self.name = text(self.data, start, end)
        elif field == GraphProto.INPUT:
            name = self.shapes.add(self.data, start, end)
            self.inputs.append(name)
            if None in self.shapes.known.get(name, ()):
                self.sides[name] = side_names(self.data, start, end)
        elif field == GraphProto.OUTPUT:
            self.outputs.append(self.shapes.add(self.data, start, end))
        elif field == GraphProto.SPARSE_INITIALIZER:
            self.sparse(start, end)

    def function(self, raw: bytes) -> Function:
        """A function of the model, with its operators."""
        inner = _OnnxReader(raw, self.path)
        inner.attributes = self.attributes
        inputs, outputs = list[str](), list[str]()
        defaults: dict[str, Any] = {}
        for number, wire, low, high in scan(raw, 0, len(raw)):
            if wire != BYTES:
                continue
            if number == FunctionProto.NODE:
                inner.node(low, high)
            elif number in (FunctionProto.INPUT, FunctionProto.OUTPUT):
                names = inputs if number == FunctionProto.INPUT else outputs
                names.append(text(raw, low, high))
            elif number == FunctionProto.ATTRIBUTE_PROTO:
                word, value = self.attributes.read(raw[low:high])
                defaults |= {word: value} if word else {}
        return Function(inputs, outputs, defaults, inner.ops, inner.constants, inner.bodies)

    def body(self, raw: bytes) -> OpGraph:
        """A graph in an operator, with its own operators."""
        inner = _OnnxReader(raw, self.path)
        inner.attributes = self.attributes
        try:
            inner.graph(0, len(raw))
        except (WireError, IndexError) as error:
            raise damaged(error, self.path) from None
        return inner.made(set())

    # ---- constants ---------------------------------------------------------------------------

    def initializer(self, start: int, end: int) -> None:
        """Note a weight. Where its sides and its type are known, only the name is read."""
        head = self.data[start : end if end - start < HEAD else start + HEAD]
        place = head.find(_TENSOR_NAME)  # the key of the name, or a side that looks like it
        sides = head[:place] if place > 0 else b""
        found = self.heads.get(sides)
        if found is not None:
            known, valued = found
            size = head[place + 1]
            low, high = place + 2, place + 2 + size
            behind = start + high
            if (
                size < 128
                and high <= len(head)
                and (behind == end or (not valued and only_payload(self.data, behind, end)))
            ):
                self.constants[head[low:high].decode("utf-8", "replace")] = known
                return
        name, shape, kind, values = tensor(self.data, start, end)
        made = self.constants[name] = Tensor(shape, values, kind in DataType.FLOATING)
        if values is None and 0 not in shape and _SIDES.fullmatch(sides) and sides:
            self.heads[sides] = made, made.size <= most_values(kind)

    def sparse(self, start: int, end: int) -> None:
        """A sparse initialiser: the name is that of its values, the shape its own."""
        name, shape = sparse_tensor(self.data, start, end)
        self.constants[name] = Tensor(tuple(max(side, 0) for side in shape[:64]))

    # ---- operators -----------------------------------------------------------------------------

    def node(self, start: int, end: int) -> None:
        raw = self.data[start:end] if end - start <= LARGE else lighter(self.data, start, end)
        letters = raw.decode("latin-1")  # a letter a byte: names are cut out of it as they are
        inputs: list[str] = []
        outputs: list[str] = []
        name = ""
        position, end = 0, len(raw)
        while position < end:
            head = raw[position]
            if head not in _NAMES:
                break
            size = raw[position + 1]
            low = position + 2
            if size > 127:
                size, low = varint(raw, position + 1, end)
            position = low + size
            word = letters[low:position]
            if head == _INPUT:
                inputs.append(word)
            elif head == _OUTPUT:
                outputs.append(word)
            else:
                name = word
        if position > end:
            raise WireError("the file ends inside an operator")
        if not letters.isascii() and not letters[:position].isascii():
            name, *words = [word.encode("latin-1").decode("utf-8", "replace")
                            for word in (name, *inputs, *outputs)]  # fmt: skip
            inputs, outputs = words[: len(inputs)], words[len(inputs) :]
        ending = raw[position:]
        kind, attributes, bodies, scope, names = self.endings.get(ending) or self.ending(
            ending, name
        )
        for field, word in names:
            if field == NodeProto.NAME:
                name = word
            else:
                (inputs if field == NodeProto.INPUT else outputs).append(word)
        made = constant_of(attributes) if kind == "Constant" and outputs else None
        if made is not None:
            self.constants[outputs[0]] = made
            self.written.add(outputs[0])
            return
        path = scope or self.scopes.by_name(scope, name)
        if scope is not None:
            self.scopes.noted.update(outputs[:1])
        for body in bodies:
            inputs += [value for value in body.captured if value not in inputs]
            self.bodies.append((name or kind, outputs[0] if outputs else "", body))
        if len(self.ops) >= MAX_OPS:
            raise fail(self.path, f"has more than {MAX_OPS:,} operators")
        made_of = (kind, name, tuple(inputs), tuple(outputs), attributes, path)
        self.ops.append(record(Op, made_of))

    def ending(self, raw: bytes, name: str) -> _Ending:
        """What stands behind the names of the operator ``name``."""
        kind = domain = ""
        attributes: dict[str, Any] = {}
        bodies: list[Body] = []
        scopes = classes = b""
        names: list[tuple[int, str]] = []
        position, end = 0, len(raw)
        while position < end:
            head, size = raw[position], raw[position + 1]
            position += 2
            if head & 7 != BYTES or head > 127:
                position = skipped(raw, position - 2, end)
                continue
            if size > 127:
                size, position = varint(raw, position - 1, end)
            low, position = position, position + size
            field = head >> 3
            if field == NodeProto.ATTRIBUTE:
                word, value = self.attributes.read(raw[low:position])
                if word:
                    attributes[word] = value
                else:
                    bodies += value
            elif field == NodeProto.OP_TYPE:
                kind = text(raw, low, position)
            elif field in (NodeProto.INPUT, NodeProto.OUTPUT, NodeProto.NAME):
                names.append((field, text(raw, low, position)))
            elif field == NodeProto.METADATA:
                if raw.startswith(SCOPES, low):
                    scopes = raw[low:position]
                elif raw.startswith(CLASSES, low):
                    classes = raw[low:position]
            elif field == NodeProto.DOMAIN:
                domain = text(raw, low, position)
        if position != end:
            raise WireError("the file ends inside an operator")
        own, kind = not domain or domain == "ai.onnx", kind_of(domain, kind)
        if own and "!" in attributes:
            what = f"the attribute '{attributes['!']}' of the operator '{name[:80]}'"
            raise WireError(f"{what} is of the wrong type")
        scope = self.scopes.path(scopes, classes) if scopes else None
        found = _Ending(kind, attributes, in_order(bodies), scope, tuple(names))
        if len(raw) < MAX_REMEMBERED and len(self.endings) < MAX_ENDINGS:
            self.endings[raw] = found
        return found
