"""What a file says of the model's own tensors: which are learned, and which only lie beside them.

The newer exporter of PyTorch notes the signature of the program that it wrote down: a line for each
parameter and each buffer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

from archviz.importers.read.onnx_fields import BYTES, GraphProto
from archviz.importers.read.onnx_idle import idle
from archviz.importers.read.onnx_rotations import rotations
from archviz.importers.read.onnx_wire import scan, text

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor
    from archviz.importers.read.onnx_wire import Buffer

_KEY = "pkg.torch.export.ExportedProgram.graph_signature"
_ROW = re.compile(r"^\w+: (PARAMETER|BUFFER|CONSTANT_TENSOR) target='([^'\n]*)'", re.MULTILINE)
_MOVING = ("running_mean", "running_var")
"""Buffers that count as parameters which are not trained."""


def signature(data: Buffer, start: int, end: int) -> list[tuple[str, str]]:
    """What a note of a graph says of tensors: what each is, and its name; else nothing.

    The note is the field that begins at ``start``.
    """
    key = value = ""
    _, _, start, end = scan(data, start, end)[0]
    for field, wire, low, high in scan(data, start, end):
        if wire == BYTES and field == GraphProto.METADATA_KEY:
            key = text(data, low, high)
        elif wire == BYTES and field == GraphProto.METADATA_VALUE:
            value = text(data, low, high)
    return _ROW.findall(value) if key == _KEY else []


def _own_numbers(
    constants: Mapping[str, Tensor], rows: Sequence[tuple[str, str]], written: Set[str]
) -> set[str]:
    """Constants that may be numbers of the model's code: those that no name shows as a parameter.

    A signature names all tensors of the model; else those are meant that operators hold, or that
    have a name that an exporter has made up.
    """
    if rows:
        return set(constants) - {name for _, name in rows}
    return {*written, *[name for name in constants if name.startswith("onnx::")]}


def set_apart(
    constants: dict[str, Tensor],
    rows: Sequence[tuple[str, str]],
    ops: Sequence[Op],
    written: Set[str],
    data: Buffer,
    path: str,
) -> frozenset[str]:
    """Note of constants that they are no weights: tables that a note names or that rotate, and
    first states.

    ``written``: constants that operators hold. Those of zeros that are multiplied, or from which
    something is subtracted, are no parameters, but the state with which a cell begins.
    """
    _set_tables_apart(constants, [name for kind, name in rows if kind != "PARAMETER"])
    own = _own_numbers(constants, rows, written)
    for name in rotations(constants, own, ops):
        constants[name] = constants[name]._replace(weight=False)
    still = idle(constants, own, ops, data, path)
    zeros = {name for name in written if _is_zeros(constants[name])}
    if not zeros:
        return still
    states = {
        name
        for op in ops
        if op.kind in ("Gemm", "MatMul", "Sub", "Mul") and not zeros.isdisjoint(op.inputs)
        for name in (op.inputs if op.kind == "Mul" else op.inputs[:1])
    }
    for name in states & zeros:
        constants[name] = constants[name]._replace(weight=False)
    return still


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
