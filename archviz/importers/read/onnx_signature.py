"""What a file says of the model's own tensors: which are learned, and which only lie beside them.

The newer exporter of PyTorch notes the signature of the program that it wrote down: a line for each
parameter and each buffer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from archviz.importers.read.onnx_fields import BYTES, GraphProto
from archviz.importers.read.onnx_wire import scan, text

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor
    from archviz.importers.read.onnx_wire import Buffer

_KEY = "pkg.torch.export.ExportedProgram.graph_signature"
_TABLE = re.compile(r"^\w+: (?:BUFFER|CONSTANT_TENSOR) target='([^'\n]*)'", re.MULTILINE)
_MOVING = ("running_mean", "running_var")
"""Buffers that count as parameters which are not trained."""


def tables(data: Buffer, start: int, end: int) -> list[str]:
    """The tensors that a note of a graph says are no parameters; none where it says other things.

    The note is the field that begins at ``start``.
    """
    key = value = ""
    _, _, start, end = scan(data, start, end)[0]
    for field, wire, low, high in scan(data, start, end):
        if wire == BYTES and field == GraphProto.METADATA_KEY:
            key = text(data, low, high)
        elif wire == BYTES and field == GraphProto.METADATA_VALUE:
            value = text(data, low, high)
    return _TABLE.findall(value) if key == _KEY else []


def set_apart(
    constants: dict[str, Tensor], names: list[str], ops: Sequence[Op], written: Set[str]
) -> None:
    """Note of constants that they are no weights: tables that a note names, and first states.

    ``written``: constants that operators hold. Those of zeros that are multiplied, or from which
    something is subtracted, are no parameters, but the state with which a cell begins.
    """
    _set_tables_apart(constants, names)
    zeros = {name for name in written if _is_zeros(constants[name])}
    if not zeros:
        return
    states = {
        name
        for op in ops
        if op.kind in ("Gemm", "MatMul", "Sub", "Mul") and not zeros.isdisjoint(op.inputs)
        for name in (op.inputs if op.kind == "Mul" else op.inputs[:1])
    }
    for name in states & zeros:
        constants[name] = constants[name]._replace(weight=False)


def _is_zeros(tensor: Tensor) -> bool:
    """Whether it has several numbers, all of them 0."""
    return (
        tensor.floating and tensor.size > 1 and tensor.values is not None and not any(tensor.values)
    )


def _set_tables_apart(constants: dict[str, Tensor], names: list[str]) -> None:
    """Note of tables that they are no weights: but moving statistics, and what is quantised."""
    for name in names:
        tensor = constants.get(name)
        if tensor is not None and tensor.floating and not name.endswith(_MOVING):
            constants[name] = tensor._replace(weight=False)
