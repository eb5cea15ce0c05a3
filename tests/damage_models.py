"""Ways to damage models: ONNX files as bytes, as fields and as graphs; Keras as JSON and as zip."""

from __future__ import annotations

import contextlib
import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from models import helper, onnx

ODD = (
    0,
    -1,
    1,
    2,
    3,
    7,
    64,
    65,
    255,
    1000,
    2**31 - 1,
    2**31,
    -(2**31),
    2**40,
    2**62,
    2**63 - 1,
    -(2**63),
)
WORDS = (
    "",
    "x",
    "v1",
    "relu",
    "a b",
    "a: b",
    "- a",
    "{a: 1}",
    "[x",
    "#",
    "'",
    '"',
    "&a",
    "*a",
    "!x",
    "%",
    "null",
    "0x10",
    "1e9",
    "a\nb",
    "a\tb",
    "\x00",
    "\x1b[31m",
    "\u202e",
    "漢字",
    "é",
    "😀",
    "\ufeff",
    "\ud7ff",
    "a" * 5000,
    "a/b/c/d",
    "/a/a.b/a.b.c/Conv",
    "in",
    "out",
    "conv",
    "input",
    "identity",
    "outputs",
    "->",
    "$x",
    "<b>&amp;",
    "\\",
    "a,b",
    "\x85",
    "~",
)
KINDS = (
    "Conv",
    "Relu",
    "Add",
    "Mul",
    "Concat",
    "Reshape",
    "Transpose",
    "MatMul",
    "Gemm",
    "If",
    "Loop",
    "Scan",
    "LSTM",
    "Slice",
    "Gather",
    "Split",
    "Softmax",
    "Einsum",
    "Resize",
    "Pad",
    "BatchNormalization",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Shape",
    "Expand",
    "Clip",
    "Constant",
    "Identity",
    "MaxPool",
    "GlobalAveragePool",
    "ReduceMean",
    "TopK",
    "Nonsense",
    "PRelu",
    "LRN",
    "DepthToSpace",
    "ConvTranspose",
    "Cast",
    "Dropout",
    "Where",
    "Div",
    "Sub",
    "Pow",
    "Erf",
    "Sqrt",
    "LayerNormalization",
    "GRU",
    "Range",
    "ConstantOfShape",
    "Size",
)
ATTRIBUTES = (
    "axis",
    "axes",
    "perm",
    "group",
    "strides",
    "pads",
    "kernel_shape",
    "dilations",
    "split",
    "transB",
    "keepdims",
    "blocksize",
    "hidden_size",
    "direction",
    "auto_pad",
    "ceil_mode",
    "output_padding",
    "num_heads",
    "equation",
    "value",
    "to",
    "starts",
)


# ---- ONNX as bytes ------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    found = b""
    number &= 2**64 - 1
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def duplicate(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = start + rng.randrange(200)
    return data[:end] + data[start:end] * rng.randint(1, 5) + data[end:]


def insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice((varint(rng.choice(ODD)), rng.randbytes(4))) + data[at:]


def replace(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    number = varint(rng.choice(ODD))
    return data[:at] + number + data[at + rng.choice((1, len(number))) :]


def fields(data: bytes) -> list[tuple[int, int, int, int]]:
    """Start, key, start of the payload and end of each field, as far as they are sound."""
    found, at = [], 0
    while at < len(data):
        start, key = at, data[at]
        at += 1
        if key & 7 == 2:
            size = shift = 0
            while at < len(data):
                byte = data[at]
                at += 1
                size |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            low, at = at, at + size
        elif key & 7 == 0:
            low = at
            while at < len(data) and data[at] > 127:
                at += 1
            at += 1
        else:
            low, at = at, at + {1: 8, 5: 4}.get(key & 7, len(data))
        if key > 127 or at > len(data):
            return []
        found.append((start, key, low, at))
    return found


def field_damage(data: bytes, rng: random.Random, depth: int = 0) -> bytes:
    """Damage one field, somewhere inside; the lengths round it stay right."""
    known = fields(data)
    if not known:
        return flip(data, rng) if data else rng.randbytes(2)
    big = [one for one in known if one[1] & 7 == 2 and one[3] - one[2] > 1]
    if big and rng.random() < 0.85 and depth < 8:
        start, key, low, end = rng.choice(big)
        inner = field_damage(data[low:end], rng, depth + 1)
        return data[:start] + bytes([key]) + varint(len(inner)) + inner + data[end:]
    start, key, low, end = rng.choice(known)
    whole = data[start:end]
    other = rng.choice(known)
    choices = (
        b"",
        whole * rng.choice((2, 2, 70, 300)),
        bytes([key & 7 | rng.randrange(1, 16) << 3]) + data[start + 1 : end],
        bytes([key & ~7 | rng.randrange(8)]) + data[start + 1 : end],
        bytes([key]) + varint(rng.choice(ODD)) + data[low:end],
        data[other[0] : other[3]],
        bytes([key & ~7]) + varint(rng.choice(ODD)),
        bytes([key & ~7 | 2]) + b"\x00",
    )
    return data[:start] + rng.choice(choices) + data[end:]


# ---- ONNX as a graph ----------------------------------------------------------------------------


def any_value(model: Any, rng: random.Random) -> str:
    node = rng.choice(model.graph.node)
    names = [
        *node.output,
        *(one.name for one in model.graph.initializer),
        *(one.name for one in model.graph.input),
    ]
    return str(rng.choice(names or [""]))


def drop_node(model: Any, rng: random.Random) -> None:
    del model.graph.node[rng.randrange(len(model.graph.node))]


def bypass_node(model: Any, rng: random.Random) -> None:
    """Take an operator out; who used it gets its input."""
    at = rng.randrange(len(model.graph.node))
    gone = model.graph.node[at]
    if gone.input and gone.output:
        for node in model.graph.node:
            for index, name in enumerate(node.input):
                if name == gone.output[0]:
                    node.input[index] = gone.input[0]
    del model.graph.node[at]


def rewire(model: Any, rng: random.Random) -> None:
    node = rng.choice(model.graph.node)
    if node.input:
        node.input[rng.randrange(len(node.input))] = any_value(model, rng)


def earlier(model: Any, rng: random.Random) -> None:
    """Another input, made by an operator before this one, so that there is no circle."""
    at = rng.randrange(len(model.graph.node))
    node, before = model.graph.node[at], model.graph.node[rng.randrange(at + 1)]
    if node.input and before is not node and before.output:
        node.input[rng.randrange(len(node.input))] = before.output[0]


def inputs(model: Any, rng: random.Random) -> None:
    node = rng.choice(model.graph.node)
    if rng.random() < 0.5 and node.input:
        del node.input[rng.randrange(len(node.input))]
    else:
        node.input.extend([any_value(model, rng) for _ in range(rng.choice((1, 1, 5, 300)))])


def outputs(model: Any, rng: random.Random) -> None:
    node = rng.choice(model.graph.node)
    chosen = rng.randrange(3)
    if chosen == 0 and node.output:
        del node.output[rng.randrange(len(node.output))]
    elif chosen == 1:
        node.output.append(any_value(model, rng))
    else:
        end = helper.make_tensor_value_info(any_value(model, rng), 1, None)
        model.graph.output.append(end)


def attribute(model: Any, rng: random.Random) -> None:
    node = rng.choice([one for one in model.graph.node if one.attribute] or [model.graph.node[0]])
    few = rng.choice(
        (
            rng.choice(ODD),
            [rng.choice(ODD) for _ in range(rng.randrange(1, 7))],
            rng.choice(WORDS),
            rng.choice((0.0, -1.5, 1e38, float("nan"))),
            [rng.randrange(-3, 9) for _ in range(rng.randrange(1, 7))],
        )
    )
    name = rng.choice(ATTRIBUTES)
    if node.attribute and rng.random() < 0.8:
        place = rng.randrange(len(node.attribute))
        name = node.attribute[place].name
        del node.attribute[place]
    if rng.random() < 0.8:
        node.attribute.append(helper.make_attribute(name or "x", few))


def sides(model: Any, rng: random.Random) -> None:
    """Other sides of a weight, a constant or the input."""
    weights = model.graph.initializer
    if weights and rng.random() < 0.7:
        dims = rng.choice(weights).dims
    else:
        dims = rng.choice(model.graph.input).type.tensor_type.shape.dim
    chosen = rng.randrange(4)
    if chosen == 0 and dims:
        del dims[rng.randrange(len(dims))]
    elif not dims or chosen == 1:
        dims.add(dim_value=rng.choice(ODD)) if hasattr(dims, "add") else dims.append(
            rng.choice(ODD)
        )
    elif hasattr(dims, "add"):
        side = dims[rng.randrange(len(dims))]
        if chosen == 2:
            side.dim_param = rng.choice(("N", "height", *WORDS[:5]))
        else:
            side.dim_value = rng.choice(ODD)
    else:
        dims[rng.randrange(len(dims))] = rng.choice(ODD)


def constants(model: Any, rng: random.Random) -> None:
    """Other values of what steers operators."""
    small = [one for one in model.graph.initializer if one.int64_data or one.float_data]
    if small:
        tensor = rng.choice(small)
        values = tensor.int64_data or tensor.float_data
        odd = ODD if tensor.int64_data else (0.0, -1.0, 1e30, float("nan"), float("inf"), 0.3)
        values[rng.randrange(len(values))] = rng.choice((*odd, rng.randrange(20)))


def rename(model: Any, rng: random.Random) -> None:
    """Another operator, domain or name."""
    node = rng.choice(model.graph.node)
    chosen = rng.randrange(5)
    if chosen == 0:
        node.op_type = rng.choice(KINDS)
    elif chosen == 1:
        node.op_type = rng.choice(WORDS)
    elif chosen == 2:
        node.domain = rng.choice(("com.microsoft", "ai.onnx.ml", *WORDS))
    elif chosen == 3:
        node.name = rng.choice((rng.choice(model.graph.node).name, *WORDS))
    else:
        rng.choice(model.graph.input).name = rng.choice(WORDS)


def values(model: Any, rng: random.Random) -> None:
    """Another name of a value, wherever it stands."""
    old, new = any_value(model, rng), rng.choice(WORDS)
    for node in model.graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new
    for part in (model.graph.input, model.graph.output, model.graph.initializer):
        for one in part:
            one.name = new if one.name == old else one.name


def whole(model: Any, rng: random.Random) -> None:
    """What stands round the operators."""
    graph, chosen = model.graph, rng.randrange(9)
    part = rng.choice((graph.input, graph.output, graph.initializer, graph.value_info))
    if chosen == 0 and part:
        del part[rng.randrange(len(part))]
    elif chosen == 1 and part:
        part.append(rng.choice(part))
    elif chosen == 2:
        del graph.value_info[:]
    elif chosen == 3:
        name = any_value(model, rng)
        dims = [rng.choice((1, *ODD)) for _ in range(rng.randrange(6))]
        graph.value_info.append(helper.make_tensor_value_info(name, 1, dims))
    elif chosen == 4:
        nodes = list(graph.node)
        rng.shuffle(nodes)
        del graph.node[:]
        graph.node.extend(nodes)
    elif chosen == 5:
        graph.node.append(rng.choice(graph.node))
    elif chosen == 6:
        graph.name = rng.choice(WORDS)
    elif chosen == 7:
        model.opset_import[0].version = rng.choice(ODD)
    else:
        model.functions.append(helper.make_function("d", "Relu", ["x"], ["y"], graph.node[:2], []))


STRUCTURE: tuple[Callable[[Any, random.Random], None], ...] = (
    drop_node,
    bypass_node,
    rewire,
    earlier,
    earlier,
    inputs,
    outputs,
    attribute,
    attribute,
    sides,
    sides,
    constants,
    rename,
    rename,
    values,
    whole,
)
BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    flip_bits,
    truncate,
    duplicate,
    insert,
    replace,
    field_damage,
    field_damage,
)


def restructured(data: bytes, rng: random.Random) -> bytes:
    model = onnx.ModelProto.FromString(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if model.graph.node:
            with contextlib.suppress(IndexError):  # nothing of the sort is left
                rng.choice(STRUCTURE)(model, rng)
    found: bytes = model.SerializeToString()
    return found


# ---- Keras --------------------------------------------------------------------------------------


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Each container of a tree with a key in it."""
    found: list[tuple[Any, Any]] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in pairs:
            found.append((node, key))
            if isinstance(value, dict | list):
                todo.append(value)
    return found


def odd_value(rng: random.Random, known: Sequence[tuple[Any, Any]]) -> Any:
    deep: Any = 1
    for _ in range(rng.choice((3, 60, 200))):
        deep = [deep]
    node, key = rng.choice(known)
    return rng.choice(
        (
            rng.choice(ODD),
            rng.choice(WORDS),
            None,
            True,
            1.5,
            1e308,
            [],
            {},
            float("nan"),
            [rng.choice(ODD)] * rng.randrange(5),
            10**30,
            deep,
            "\udc80",
            json.loads(json.dumps(node[key])),
            "Conv2D",
            "Functional",
        )
    )


def restructured_keras(text: str, rng: random.Random) -> str:
    tree = {"": json.loads(text)}
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        known = places(tree)
        node, key = rng.choice(known)
        chosen = rng.randrange(5)
        if chosen == 0 and node is not tree:
            del node[key]
        elif chosen == 1 and isinstance(node, list):
            node.insert(key, node[rng.randrange(len(node))])
        elif chosen == 2 and isinstance(node, dict) and node is not tree:
            node[rng.choice((*WORDS, *(str(one[1]) for one in known)))] = node.pop(key)
        else:
            node[key] = odd_value(rng, known)
    return json.dumps(tree[""])


def zipped(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", b"\x89HDF")
    return file.getvalue()


def damaged(models: Sequence[bytes], texts: Sequence[str], rng: random.Random) -> tuple[str, bytes]:
    """A damaged model and the suffix of its file."""
    chosen = rng.random()
    if chosen < 0.4:
        return ".onnx", restructured(rng.choice(models), rng)
    if chosen < 0.7:
        data = rng.choice(models)
        if rng.random() < 0.1:
            other = rng.choice(models)
            return ".onnx", data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]
        for _ in range(rng.choice((1, 1, 2))):
            data = rng.choice(BYTES)(data or b"\n", rng)
        return ".onnx", data
    text = rng.choice(texts)
    if chosen < 0.92:
        text = restructured_keras(text, rng)
        data = zipped(text) if rng.random() < 0.1 else text.encode()
        return (".keras" if data[:2] == b"PK" else ".json"), data
    if chosen < 0.96:
        return ".keras", rng.choice(BYTES[:6])(zipped(text), rng)
    return ".json", rng.choice(BYTES[:6])(text.encode(), rng)
