"""Archives of exported PyTorch programs for the tests, written without PyTorch."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FLOAT = 7


def meta(sides: Sequence[Any], trained: bool = False, kind: int = FLOAT) -> dict[str, Any]:
    sizes = [side if isinstance(side, dict) else {"as_int": side} for side in sides]
    return {"dtype": kind, "sizes": sizes, "requires_grad": trained}


def tensor(name: str) -> dict[str, Any]:
    return {"as_tensor": {"name": name}}


def argument(value: Any) -> dict[str, Any]:
    """A value as an archive has it; tensors are given by their names in a tuple."""
    if isinstance(value, dict):
        return value
    if isinstance(value, tuple):
        return tensor(value[0]) if len(value) == 1 else {"as_tensors": [{"name": n} for n in value]}
    if value is None:
        return {"as_none": True}
    for kind, word in ((bool, "as_bool"), (int, "as_int"), (float, "as_float"), (str, "as_string")):
        if isinstance(value, kind):
            return {word: value}
    return {"as_ints": list(value)}


class Graph:
    """A graph, grown step by step."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.values: dict[str, Any] = {}
        self.inputs: list[str] = []

    def given(self, name: str, *sides: Any, trained: bool = False, kind: int = FLOAT) -> str:
        self.values[name] = meta(sides, trained, kind)
        self.inputs.append(name)
        return name

    def step(
        self,
        target: str,
        shape: Sequence[Any],
        path: str = "",
        name: str = "",
        /,
        **args: Any,
    ) -> str:
        """A step of ATen; ``path`` is ``body.0:Block/body.0.conv:Conv2d``."""
        name = name or f"{target.split('.')[0]}_{len(self.nodes)}"
        self.values[name] = meta(shape)
        stack = ["L__self__,,model.Net"]
        for part in filter(None, path.split("/")):
            own, _, kind = part.partition(":")
            stack.append(f"L__self___{own},{own.partition('@')[0]},model.{kind}")
        full = target if target.startswith("torch.") else f"torch.ops.aten.{target}"
        self.nodes.append(
            {
                "target": full,
                "inputs": [
                    {"name": word, "arg": argument(value), "kind": 1}
                    for word, value in args.items()
                ],
                "outputs": [tensor(name)],
                "metadata": {"nn_module_stack": ";".join(stack)},
            }
        )
        return name

    def json(self, *outputs: str) -> dict[str, Any]:
        return {
            "inputs": [tensor(name) for name in self.inputs],
            "outputs": [tensor(name) for name in outputs],
            "nodes": self.nodes,
            "tensor_values": self.values,
            "sym_int_values": {},
        }


class Program(Graph):
    """A whole program with its weights."""

    def __init__(self, *sides: Any, name: str = "x") -> None:
        super().__init__()
        self.end = ""
        self.specs: list[Any] = []
        self.weights: dict[str, Any] = {}
        self.given(name, *sides)
        self.last = {"user_input": {"arg": tensor(name)}}

    def weight(
        self, own: str, *sides: int, trained: bool = True, what: str = "parameter", like: str = ""
    ) -> tuple[str]:
        name = f"{what[0]}_{own.replace('.', '_')}"
        self.given(name, *sides, trained=trained and what == "parameter")
        self.specs.append({what: {"arg": {"name": name}, f"{what}_name": own}})
        path = self.weights[like]["path_name"] if like else f"weight_{len(self.weights)}"
        self.weights[own] = {"path_name": path, "tensor_meta": meta(sides)}
        return (name,)

    def conv(self, x: str, own: str, shape: Sequence[int], path: str, **more: Any) -> str:
        """A convolution of 3×3 without a bias, and a batch norm."""
        width = shape[1]
        before = self.values[x]["sizes"][1]["as_int"]
        weight = self.weight(f"{own}.conv.weight", width, before, 3, 3, **more)
        inner = f"{path}/{own}.conv:Conv2d"
        x = self.step("conv2d.default", shape, inner, input=(x,), weight=weight, bias=None,
                      stride=[1, 1], padding=[1, 1])  # fmt: skip
        kinds = ("weight", "bias"), ("running_mean", "running_var")
        two = [self.weight(f"{own}.norm.{one}", width, **more) for one in kinds[0]]
        rest = [self.weight(f"{own}.norm.{one}", width, what="buffer") for one in kinds[1]]
        return self.step("batch_norm.default", shape, f"{path}/{own}.norm:BatchNorm2d", input=(x,),
                         weight=two[0], bias=two[1], running_mean=rest[0], running_var=rest[1],
                         training=False, momentum=0.1, eps=1e-5, cudnn_enabled=False)  # fmt: skip

    def model(self, *outputs: str) -> dict[str, Any]:
        signature = {
            "input_specs": [*self.specs, self.last],
            "output_specs": [{"user_output": {"arg": tensor(name)}} for name in outputs],
        }
        return {
            "graph_module": {"graph": self.json(*outputs), "signature": signature},
            "schema_version": {"major": 8, "minor": 20},
        }

    def save(self, path: Path, *outputs: str) -> Path:
        return archive(path, self.model(*outputs), {"config": self.weights})


def archive(path: Path, model: Any, weights: Any = None, **more: str) -> Path:
    """An archive with a program, of whatever is given as JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("net/archive_format", "pt2")
        file.writestr("net/models/model.json", model if isinstance(model, str) else dumps(model))
        if weights is not None:
            file.writestr("net/data/weights/model_weights_config.json", dumps(weights))
        for name, text in more.items():
            file.writestr(name, text)
    return path


def dumps(value: Mapping[str, Any]) -> str:
    return json.dumps(value)


def residual(blocks: int = 3, frozen: int = 0) -> Program:
    """A stem and blocks of two convolutions with a sum."""
    net = Program(2, 3, 8, 8)
    shape = (2, 8, 8, 8)
    x = net.conv("x", "stem", shape, "stem:Stem")
    x = net.step("relu.default", shape, "stem:Stem", self=(x,))
    for number in range(blocks):
        own = f"body.{number}"
        path, trained = f"{own}:Block", number >= frozen
        y = net.conv(x, f"{own}.a", shape, path, trained=trained)
        y = net.step("relu_.default", shape, path, self=(y,))
        y = net.conv(y, f"{own}.b", shape, path, trained=trained)
        x = net.step("add.Tensor", shape, path, self=(x,), other=(y,))
    x = net.step("mean.dim", (2, 8), "", self=(x,), dim=[-2, -1])
    weight, bias = net.weight("head.weight", 10, 8), net.weight("head.bias", 10)
    x = net.step("linear.default", (2, 10), "head:Linear", input=(x,), weight=weight, bias=bias)
    net.end = x
    return net
