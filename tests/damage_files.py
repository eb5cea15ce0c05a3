"""Sound models in files of every kind, and ways to damage them: for ``fuzz_guided.py``."""

from __future__ import annotations

import contextlib
import io
import json
import random
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import damage_models
import gguf_files
import hdf5
import language_models
import model_seeds
import programs
from models import Builder, TensorProto, helper, onnx


class Case(NamedTuple):
    """A file by what its name ends with.

    ``.beside`` is a safetensors file that lies beside the configuration of a language model.
    """

    suffix: str
    data: bytes


BESIDE = ".beside"
CONFIG = next(one.config for one in language_models.MODELS if "num_hidden_layers" in one.config)


# ---- sound files --------------------------------------------------------------------------------


def bodies() -> bytes:
    """A choice, a loop and a scan with weights, in one another."""
    model = Builder((1, 6, 8))
    row = helper.make_tensor_value_info("row", TensorProto.FLOAT, [1, 8])
    sum_in, sum_out, each = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8])
        for name in ("state", "sum", "each")
    )
    weight = helper.make_tensor("inner.w", TensorProto.FLOAT, [8, 8], [0.1] * 64)
    steps = [
        helper.make_node("MatMul", ["row", "inner.w"], ["m"]),
        helper.make_node("Add", ["m", "state"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["each"]),
    ]
    scanned = helper.make_graph(steps, "scan", [sum_in, row], [sum_out, each], [weight])
    model.op("Identity", model.op("ReduceMean", "x", axes=[1], keepdims=0))
    start = model.nodes[-1].output[0]
    value = model.op("Scan", start, "x", outputs=2, body=scanned, num_scan_inputs=1,
                     scan_input_axes=[1], scan_output_axes=[1])  # fmt: skip
    flag = model.op("Greater", model.op("Size", "x"), model.ints(4))
    ways = [
        helper.make_graph(
            [helper.make_node(kind, [value, "k"], ["way"])],
            kind,
            [],
            [helper.make_tensor_value_info("way", TensorProto.FLOAT, [1, 8])],
            [helper.make_tensor("k", TensorProto.FLOAT, [8, 8], [0.2] * 64)],
        )
        for kind in ("MatMul", "Gemm")
    ]
    value = model.op("If", flag, then_branch=ways[0], else_branch=ways[1])
    turn = [
        helper.make_node("Identity", ["go"], ["on"]),
        helper.make_node("MatMul", ["old", "loop.w"], ["new"]),
    ]
    bools = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("go", "on")]
    number = helper.make_tensor_value_info("turn", TensorProto.INT64, [])
    states = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8]) for name in ("old", "new")
    ]
    own = helper.make_tensor("loop.w", TensorProto.FLOAT, [8, 8], [0.3] * 64)
    body = helper.make_graph(
        turn, "body", [number, bools[0], states[0]], [bools[1], states[1]], [own]
    )
    value = model.op("Loop", model.ints(3), "", value, body=body)
    return model.bytes(model.op("MatMul", value, model.weight(8, 4)))


def scoped() -> bytes:
    """Blocks whose modules are noted as the newer exporter of PyTorch notes them."""
    whole = onnx.load_from_string(model_seeds.residual())
    for number, node in enumerate(whole.graph.node):
        path = ["", "body", f"body.{number // 4}", f"body.{number // 4}.{node.op_type.lower()}"]
        kinds = ["my.Net", "torch.nn.Sequential", "my.Block", f"torch.nn.{node.op_type}", "aten.x"]
        for key, words in (("name_scopes", [*path, "op"]), ("class_hierarchy", kinds)):
            node.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=str(words))
    data: bytes = whole.SerializeToString()
    return data


def exported() -> bytes:
    """A program of PyTorch in its archive."""
    net = programs.residual(2, frozen=1)
    with tempfile.TemporaryDirectory() as folder:
        return net.save(Path(folder) / "net.pt2", net.end).read_bytes()


def keras_archive(text: str) -> bytes:
    """A ``.keras`` file with a listing of weights."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
        archive.writestr("config.json", text)
        shapes = {"layers/conv/vars/0": (3, 3, 3, 8), "layers/dense/vars/0": (8, 10)}
        archive.writestr("model.weights.h5", hdf5.hdf5_of(shapes))
    return file.getvalue()


def keras_hdf5(text: str) -> bytes:
    """An ``.h5`` file of a whole model."""
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made.attrs["keras_version"] = "2.15.0"
        made.attrs["model_config"] = text
        group = made.create_group("model_weights")
        group.attrs["layer_names"] = [b"conv"]
        inner = group.create_group("conv")
        inner.attrs["weight_names"] = [b"conv/kernel:0"]
        inner.create_dataset("conv/kernel:0", (3, 3, 3, 8), "f4")
    return file.getvalue()


def safetensors() -> bytes:
    """The tensors of a language model of two blocks."""
    sides = {"q_proj": [64, 64], "k_proj": [32, 64], "v_proj": [32, 64], "o_proj": [64, 64]}
    rows = {
        f"model.layers.{number}.self_attn.{name}.weight": {
            "dtype": "BF16", "shape": shape, "data_offsets": [0, 0]
        }
        for number in range(2) for name, shape in sides.items()
    }  # fmt: skip
    head = json.dumps({"__metadata__": {"format": "pt"}, **rows}).encode()
    return struct.pack("<Q", len(head)) + head


def sound() -> list[Case]:
    """Files of every kind that is read."""
    found = [Case(".onnx", build()) for build in (*model_seeds.ONNX, bodies, scoped)]
    texts = [build() for build in model_seeds.KERAS]
    found += [Case(".json", text.encode()) for text in texts]
    found += [Case(".keras", keras_archive(text)) for text in texts]
    with contextlib.suppress(ImportError):
        found += [Case(".h5", keras_hdf5(text)) for text in texts]
    found += [Case(".pt2", exported()), Case(".safetensors", safetensors())]
    found.append(Case(BESIDE, safetensors()))
    for kind in list(gguf_files.KINDS)[:3]:
        facts, tensors = gguf_files.facts_of(kind), gguf_files.tensors_of(kind)
        found.append(Case(".gguf", gguf_files.head(facts, tensors)))
    configs = {json.dumps(one.config) for one in language_models.MODELS}
    return [*found, *[Case(".json", text.encode()) for text in sorted(configs)]]


_SHARES = {".onnx": 8, ".json": 4, ".keras": 2, ".pt2": 2}
"""How often there is a file of a kind, for once of any other."""


def drawn(cases: list[Case], rng: random.Random) -> Case:
    """One of some files, whatever kind most of them are of."""
    kinds = sorted({case.suffix for case in cases})
    (kind,) = rng.choices(kinds, [_SHARES.get(one, 1) for one in kinds])
    return rng.choice([case for case in cases if case.suffix == kind])


# ---- damage -------------------------------------------------------------------------------------


def damaged(case: Case, others: list[Case], rng: random.Random) -> Case:
    """A file like another one with something wrong in it; ``others`` lend parts of theirs."""
    suffix, data = case
    if not data:
        return Case(suffix, rng.randbytes(8))
    if rng.random() < 0.05:
        other = rng.choice(others).data or b"\n"
        cut, behind = rng.randrange(len(data)), rng.randrange(len(other))
        return Case(suffix, data[:cut] + other[behind:])
    with contextlib.suppress(Exception):  # it is damaged so much that only bytes are left
        if suffix == ".onnx" and rng.random() < 0.6:
            return Case(suffix, restructured(data, rng))
        if suffix == ".json" and rng.random() < 0.8:
            return Case(suffix, of_json(data, rng))
        if suffix in (".keras", ".pt2") and rng.random() < 0.8:
            return Case(suffix, of_zip(data, rng))
        if suffix in (".safetensors", BESIDE) and rng.random() < 0.7:
            head = of_json(data[8:], rng)
            return Case(suffix, struct.pack("<Q", len(head)) + head)
    for _ in range(rng.choice((1, 1, 2))):
        data = rng.choice(damage_models.BYTES[: None if suffix == ".onnx" else 6])(
            data or b"\n", rng
        )
    return Case(suffix, data)


def graphs(model: Any) -> Iterator[Any]:
    """All that has operators in a model: its graph, bodies and functions."""
    waiting = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting += [one.g for node in graph.node for one in node.attribute if one.HasField("g")]


def restructured(data: bytes, rng: random.Random) -> bytes:
    """An ONNX file with other operators, wires or shapes, somewhere in it."""
    model = onnx.ModelProto.FromString(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        chosen = rng.choice([one for one in graphs(model) if one.node] or [model.graph])
        part = SimpleNamespace(
            graph=chosen, functions=model.functions, opset_import=model.opset_import
        )
        with contextlib.suppress(IndexError, AttributeError, TypeError):
            rng.choice(damage_models.STRUCTURE)(part, rng)
    found: bytes = model.SerializeToString()
    return found


def of_json(data: bytes, rng: random.Random) -> bytes:
    return damage_models.restructured_keras(data.decode(), rng).encode("utf-8", "surrogatepass")


def of_zip(data: bytes, rng: random.Random) -> bytes:
    """An archive with other JSON, or other bytes, in one of its files."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        names = old.namelist()
        jsons = [name for name in names if name.endswith(".json")]
        chosen = rng.choice(jsons if jsons and rng.random() < 0.8 else names)
        for name in names:
            inner = old.read(name)
            if name == chosen:
                text = name.endswith(".json") and rng.random() < 0.9
                inner = of_json(inner, rng) if text else damage_models.flip(inner or b"\n", rng)
            new.writestr(name, inner)
    return file.getvalue()
