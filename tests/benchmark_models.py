"""ONNX files as PyTorch's exporter writes them, of any size: what ``benchmark_import.py`` reads.

    python benchmark_models.py FOLDER SIZE...    chains of so many operators, and ResNet-50

Names carry the module path, each value has its shape. The weights of convolutions are external
tensors of a file that does not exist; the vectors of the norms have a shape and no payload.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper

FLOAT = TensorProto.FLOAT
BLOCK = 7
"""Operators of a block of a chain."""


class Torchlike:
    """A model that grows module by module."""

    def __init__(self, side: int, depth: int) -> None:
        self.graph = GraphProto(name="main_graph")
        self.shapes: dict[str, tuple[int, ...]] = {"input": (1, depth, side, side)}
        self.graph.input.append(
            helper.make_tensor_value_info("input", FLOAT, list(self.shapes["input"]))
        )
        self.offset = 0

    def weight(self, name: str, *dims: int) -> str:
        """A tensor without its payload; one of several axes says in which file that would be."""
        tensor = TensorProto(name=name, data_type=FLOAT, dims=dims)
        if len(dims) > 1:
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (
                ("location", "weights.bin"),
                ("offset", str(self.offset)),
                ("length", str(4 * dims[0] * dims[1])),
            ):
                tensor.external_data.add(key=key, value=value)
            self.offset += 4096
        self.graph.initializer.append(tensor)
        return name

    def op(
        self,
        kind: str,
        path: str,
        inputs: Sequence[str],
        shape: tuple[int, ...],
        **attributes: object,
    ) -> str:
        """An operator of the module ``layer1.0.conv1``; what it gives."""
        words = path.split(".") if path else []
        scopes = [".".join(words[:end]) for end in range(1, len(words) + 1)]
        if len(words) > 1 and not words[-1].isdigit():
            scopes[-1] = words[-1]
        name = "".join(f"/{scope}" for scope in scopes) + f"/{kind}"
        given = f"{name}_output_0"
        self.graph.node.append(
            helper.make_node(kind, list(inputs), [given], name=name, **attributes)  # type: ignore[arg-type]
        )
        self.graph.value_info.append(helper.make_tensor_value_info(given, FLOAT, list(shape)))
        self.shapes[given] = shape
        return given

    def conv(self, path: str, value: str, filters: int, kernel: int, stride: int = 1) -> str:
        """A convolution without bias."""
        batch, depth, high, wide = self.shapes[value]
        weight = self.weight(f"{path}.weight", filters, depth, kernel, kernel)
        shape = batch, filters, -(-high // stride), -(-wide // stride)
        return self.op(
            "Conv",
            path,
            [value, weight],
            shape,
            dilations=[1, 1],
            group=1,
            kernel_shape=[kernel] * 2,
            pads=[kernel // 2] * 4,
            strides=[stride] * 2,
        )

    def norm(self, path: str, value: str) -> str:
        """A batch norm."""
        shape = self.shapes[value]
        names = [
            self.weight(f"{path}.{part}", shape[1])
            for part in ("weight", "bias", "running_mean", "running_var")
        ]
        return self.op(
            "BatchNormalization",
            path,
            [value, *names],
            shape,
            epsilon=1e-5,
            momentum=0.9,
            training_mode=0,
        )

    def same(self, kind: str, path: str, *values: str) -> str:
        """An operator that keeps the shape."""
        return self.op(kind, path, values, self.shapes[values[0]])

    def stem(self, filters: int, kernel: int, stride: int) -> str:
        """Convolution, norm, activation."""
        value = self.norm("bn1", self.conv("conv1", "input", filters, kernel, stride))
        return self.same("Relu", "relu", value)

    def classified(self, value: str, classes: int) -> None:
        """Global pooling and a dense layer; the end of the model."""
        depth = self.shapes[value][1]
        value = self.op("GlobalAveragePool", "avgpool", [value], (1, depth, 1, 1))
        value = self.op("Flatten", "", [value], (1, depth), axis=1)
        weights = [self.weight("fc.weight", classes, depth), self.weight("fc.bias", classes)]
        end = self.op("Gemm", "fc", [value, *weights], (1, classes), alpha=1.0, beta=1.0, transB=1)
        self.graph.output.append(self.graph.value_info.pop())
        assert self.graph.output[0].name == end

    def bytes(self) -> bytes:
        """The model as a file."""
        model = ModelProto(ir_version=8, producer_name="pytorch", graph=self.graph)
        model.opset_import.add(version=17)
        data: bytes = model.SerializeToString()
        return data

    @property
    def nodes(self) -> Sequence[NodeProto]:
        """All operators."""
        return list(self.graph.node)


def chain(size: int, width: int = 64) -> bytes:
    """A stem, ``layer1`` to ``layer4`` of equal residual blocks, a dense layer: ``size`` nodes.

    Where the number does not come out even, it is up to six nodes less.
    """
    model = Torchlike(32, 3)
    value = model.stem(width, 3, 1)
    blocks = (size - len(model.nodes) - 3) // BLOCK
    for stage in range(4):
        for index in range(blocks * stage // 4, blocks * (stage + 1) // 4):
            path = f"layer{stage + 1}.{index - blocks * stage // 4}"
            inner = model.conv(f"{path}.conv1", value, width, 3)
            inner = model.same("Relu", f"{path}.relu", model.norm(f"{path}.bn1", inner))
            inner = model.conv(f"{path}.conv2", inner, width, 3)
            inner = model.norm(f"{path}.bn2", inner)
            value = model.same("Relu", f"{path}.relu_1", model.same("Add", path, inner, value))
    model.classified(value, 10)
    return model.bytes()


def resnet50() -> bytes:
    """ResNet-50 with its strides in the 3×3 convolutions, as torchvision has it."""
    model = Torchlike(224, 3)
    value = model.stem(64, 7, 2)
    value = model.op(
        "MaxPool",
        "maxpool",
        [value],
        (1, 64, 56, 56),
        ceil_mode=0,
        dilations=[1, 1],
        kernel_shape=[3, 3],
        pads=[1] * 4,
        strides=[2, 2],
    )
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for index in range(blocks):
            path, stride = f"layer{stage + 1}.{index}", 2 if stage and not index else 1
            inner = value
            for place, (filters, kernel) in enumerate(((width, 1), (width, 3), (4 * width, 1)), 1):
                by = stride if place == 2 else 1
                inner = model.conv(f"{path}.conv{place}", inner, filters, kernel, by)
                inner = model.norm(f"{path}.bn{place}", inner)
                if place < 3:
                    relu = "relu" if place == 1 else "relu_1"
                    inner = model.same("Relu", f"{path}.{relu}", inner)
            if not index:
                value = model.conv(f"{path}.downsample.0", value, 4 * width, 1, stride)
                value = model.norm(f"{path}.downsample.1", value)
            value = model.same("Relu", f"{path}.relu_2", model.same("Add", path, inner, value))
    model.classified(value, 1000)
    return model.bytes()


def main() -> None:
    folder = Path(sys.argv[1])
    for size in map(int, sys.argv[2:]):
        (folder / f"chain{size}.onnx").write_bytes(chain(size))
    (folder / "resnet50.onnx").write_bytes(resnet50())


if __name__ == "__main__":
    main()
