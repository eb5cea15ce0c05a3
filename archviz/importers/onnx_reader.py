"""From an ONNX file to an :class:`OpGraph`, without onnx, protobuf or numpy.

The weights are never read: of a tensor the shape is enough, and of the few small ones that
steer operators the values. Files with external data need no second file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archviz.errors import fail
from archviz.importers.graphs import Op, OpGraph, Tensor
from archviz.importers.onnx_wire import (
    BYTES,
    FLOATS,
    VARINT,
    WireError,
    floats,
    numbers,
    scan,
    signed,
    skipped,
    stream,
    tensor,
    text,
    value_info,
    varint,
)
from archviz.importers.order import sorted_ops

if TYPE_CHECKING:
    from archviz.importers.onnx_wire import Buffer, Dims, TensorHead

MAX_OPS = 1_000_000
MAX_NESTING = 32
MAX_SUBGRAPHS = 10_000
MAX_LIST = 4096
MAX_SCOPE = 64

_SCOPES = b"\n\x1apkg.torch.onnx.name_scopes"
_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("axis", "group", "ceil_mode", "keepdims", "transA", "transB", "hidden_size",
                     "num_heads", "allowzero", "start", "end", "layout"), int),
    **dict.fromkeys(("kernel_shape", "strides", "pads", "dilations", "perm", "axes", "split",
                     "starts", "ends", "output_padding", "output_shape", "scales"), tuple),
    **dict.fromkeys(("auto_pad", "mode", "direction"), str),
}  # fmt: skip
"""What the attributes that steer us have to be in ONNX's own operators."""


def read_onnx(path: str) -> OpGraph:
    """Read the model in a file; :class:`ArchvizError` where it is none."""
    import mmap

    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise fail(path, "is empty", "export the model again")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return read_onnx_data(data, path)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise fail(path, f"cannot be read: {reason}") from error


def read_onnx_data(data: Buffer, path: str) -> OpGraph:
    """Read a model in memory; ``path`` names it in messages."""
    try:
        return _Reader(data, path).model()
    except (WireError, IndexError) as error:
        reason = str(error) if isinstance(error, WireError) else "the file ends too early"
        raise fail(path, f"is no ONNX model: {reason}", "export or download it again") from None


class _Reader:
    def __init__(self, data: Buffer, path: str) -> None:
        self.data = data
        self.path = path
        self.attributes: dict[bytes, tuple[str, Any]] = {}
        self.types: dict[bytes, Dims | None] = {}
        self.scopes: dict[bytes, tuple[str, ...]] = {}
        self.names: dict[bytes, tuple[str, ...]] = {}
        self.constants: dict[str, Tensor] = {}
        self.shapes: dict[str, Dims] = {}
        self.ops: list[Op] = []
        self.subgraphs = 0

    def model(self) -> OpGraph:
        """The whole file."""
        graphs = [field for field in scan(self.data, 0, len(self.data)) if field[0] == 7]
        if len(graphs) != 1 or graphs[0][1] != BYTES:
            raise WireError("there is no graph in it")
        return self.graph(graphs[0][2], graphs[0][3])

    def graph(self, start: int, end: int) -> OpGraph:
        data, name = self.data, ""
        inputs: list[str] = []
        outputs: list[str] = []
        for number, wire, low, high in stream(data, start, end):
            if wire != BYTES:
                continue
            if number == 1:
                self.node(low, high)
            elif number == 5:
                self.initializer(tensor(data, low, high))
            elif number in (11, 12, 13):
                value = self.value(low, high)
                if number != 13:
                    (inputs if number == 11 else outputs).append(value)
            elif number == 2:
                name = text(data, low, high)
            elif number == 15:
                self.sparse(low, high)
        inputs = [value for value in inputs if value not in self.constants]
        if not self.ops:
            raise fail(self.path, "has no operators: there is nothing to draw")
        if not outputs:
            raise fail(self.path, "names no output", "export it again, with its outputs")
        graph = OpGraph(name, tuple(inputs), tuple(outputs), tuple(self.ops), self.shapes,
                        self.constants)  # fmt: skip
        return sorted_ops(graph, self.path)

    def value(self, start: int, end: int) -> str:
        name, shape = value_info(self.data, start, end, self.types)
        if shape is not None:
            self.shapes[name] = shape
        return name

    def initializer(self, head: TensorHead) -> None:
        self.constants[head.name] = Tensor(head.shape, head.values, head.type in FLOATS)

    def sparse(self, start: int, end: int) -> None:
        """A sparse initialiser: the name is that of its values, the shape its own."""
        name = ""
        shape: list[int] = []
        for field in scan(self.data, start, end):
            if field[0] == 1 and field[1] == BYTES:
                name = tensor(self.data, field[2], field[3]).name
            elif field[0] == 3:
                shape.extend(numbers(self.data, field))
        self.constants[name] = Tensor(tuple(max(side, 0) for side in shape[:64]))

    # ---- nodes -----------------------------------------------------------------------------

    def node(self, start: int, end: int) -> None:
        data = self.data
        raw = data[start:end]
        inputs: list[str] = []
        outputs: list[str] = []
        name = kind = domain = ""
        attributes: dict[str, Any] = {}
        captured: list[str] = []
        scope: tuple[str, ...] = ()
        position, end = 0, len(raw)
        while position < end:
            key, size = raw[position], raw[position + 1]
            position += 2
            if key & 7 != BYTES or key > 127:
                position = skipped(raw, position - 2, end)
                continue
            if size > 127:
                size, position = varint(raw, position - 1, end)
            low, position = position, position + size
            if key == 42:
                piece = raw[low:position]
                word, value = self.attributes.get(piece) or self.attribute(piece)
                if word:
                    attributes[word] = value
                elif value:
                    captured += value
            elif key < 42:
                word = raw[low:position].decode("utf-8", "replace")
                if key == 10:
                    inputs.append(word)
                elif key == 18:
                    outputs.append(word)
                elif key == 26:
                    name = word
                elif key == 34:
                    kind = word
            elif key == 74:
                if raw.startswith(_SCOPES, low):
                    scope = self.scope_list(raw[low:position])
            elif key == 58:
                domain = text(raw, low, position)
        if position != end:
            raise WireError("the file ends inside an operator")
        if domain and domain != "ai.onnx":
            kind = f"{domain}.{kind}"
        elif "!" in attributes:
            wrong = f"'{attributes['!']}' of the operator '{name[:80]}'"
            raise WireError(f"the attribute {wrong} is of the wrong type")
        if kind == "Constant" and self.constant(outputs, attributes):
            return
        if not scope and name.count("/") > 1:
            scope = self.scope_of(name)
        if captured:
            inputs += [value for value in dict.fromkeys(captured) if value not in inputs]
        if len(self.ops) >= MAX_OPS:
            raise fail(self.path, f"has more than {MAX_OPS:,} operators")
        self.ops.append(Op(kind, name, tuple(inputs), tuple(outputs), attributes, scope))

    def constant(self, outputs: list[str], attributes: dict[str, Any]) -> bool:
        """Note a Constant among the constants, where its value is a tensor or numbers."""
        for value in attributes.values():
            if not outputs:
                return False
            if isinstance(value, Tensor):
                self.constants[outputs[0]] = value
            elif isinstance(value, int | float):
                self.constants[outputs[0]] = Tensor((), (value,), isinstance(value, float))
            elif isinstance(value, tuple) and not any(isinstance(one, str) for one in value):
                real = isinstance(value[0], float)
                self.constants[outputs[0]] = Tensor((len(value),), value, real)
            else:
                continue
            return True
        return False

    def scope_of(self, name: str) -> tuple[str, ...]:
        """``/layer1/layer1.0/conv1/Conv`` as ``layer1``, ``0``, ``conv1``."""
        path = name.rpartition("/")[0]
        key = path.encode()
        if key not in self.names:
            self.names[key] = _module_path(path.split("/")[:MAX_SCOPE])
        return self.names[key]

    def scope_list(self, raw: bytes) -> tuple[str, ...]:
        """The module path in torch's ``['', 'encoder', 'encoder.ln', 'add']``."""
        value = b""
        for number, wire, low, high in scan(raw, 0, len(raw)):
            if number == 2 and wire == BYTES:
                value = raw[low:high]
        head = value.rpartition(b",")[0]
        if head not in self.scopes:
            last = head.decode("utf-8", "replace").strip("[]").rpartition(",")[2]
            words = last.strip().strip("'\"").split(".")[:MAX_SCOPE]
            self.scopes[head] = tuple(word for word in words if word)
        return self.scopes[head]

    # ---- attributes --------------------------------------------------------------------------

    def attribute(self, raw: bytes) -> tuple[str, Any]:
        """Name and value; a subgraph gives the outer values that it uses, under no name."""
        name = ""
        value: Any = None
        several: list[Any] = []
        captured: list[str] = []
        for field in scan(raw, 0, len(raw)):
            number, wire, low, high = field
            if number == 1 and wire == BYTES:
                name = text(raw, low, high)
            elif number == 2:
                value = floats(raw, field)[0] if wire == 5 else None
            elif number == 3 and wire == VARINT:
                value = signed(low)
            elif number in (4, 9) and wire == BYTES:
                word = raw[low : min(high, low + MAX_LIST)].decode("utf-8", "replace")
                if number == 4:
                    value = word
                else:
                    several.append(word)
            elif number == 5 and wire == BYTES:
                head = tensor(raw, low, high)
                value = Tensor(head.shape, head.values, head.type in FLOATS)
            elif number == 7:
                several.extend(floats(raw, field))
            elif number == 8:
                several.extend(numbers(raw, field))
            elif number in (6, 11) and wire == BYTES:
                captured.extend(self.captured(raw, low, high, 0))
        if captured:
            return "", tuple(captured)
        value = tuple(several[:MAX_LIST]) if several else value
        wanted = _TYPES.get(name)
        found: tuple[str, Any] = name or "?", value
        if wanted and not isinstance(value, wanted):
            found = ("!", name) if value is not None else ("?", None)
        elif wanted is tuple and name != "scales" and not all(type(one) is int for one in value):
            found = "!", name
        if len(raw) < 512:
            self.attributes[raw] = found
        return found

    def captured(self, raw: bytes, start: int, end: int, depth: int) -> list[str]:
        """Values that a subgraph uses and does not make itself."""
        self.subgraphs += 1
        if depth > MAX_NESTING or self.subgraphs > MAX_SUBGRAPHS:
            raise WireError("graphs inside graphs, without end")
        used: dict[str, None] = {}
        own: set[str] = set()
        for number, wire, low, high in scan(raw, start, end):
            if wire != BYTES:
                continue
            if number == 1:
                self.inner_node(raw, low, high, used, own, depth)
            elif number == 5:
                own.add(tensor(raw, low, high).name)
            elif number == 11:
                own.add(value_info(raw, low, high, self.types)[0])
            elif number == 12:
                used[value_info(raw, low, high, self.types)[0]] = None
        return [name for name in used if name and name not in own]

    def inner_node(self, raw: bytes, start: int, end: int, used: dict[str, None], own: set[str],
                   depth: int) -> None:  # fmt: skip
        for number, wire, low, high in scan(raw, start, end):
            if wire != BYTES:
                continue
            if number == 1:
                used[text(raw, low, high)] = None
            elif number == 2:
                own.add(text(raw, low, high))
            elif number == 5:
                for inner, form, first, last in scan(raw, low, high):
                    if inner in (6, 11) and form == BYTES:
                        names = self.captured(raw, first, last, depth + 1)
                        used.update(dict.fromkeys(names))


def _module_path(parts: list[str]) -> tuple[str, ...]:
    """``features``, ``features.17``, ``conv.1`` as ``features``, ``17``, ``conv``, ``1``."""
    path: list[str] = []
    before = ""
    for part in parts:
        if part:
            own = part.removeprefix(f"{before}.") if before else part
            path.extend(word for word in own.split(".") if word)
            before = part
    return tuple(path)
