"""Quantised operators: the plain ones, with scales and zero points between their inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archviz.importers.fold.state import Fold

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

_PLAIN: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "QLinearConv": ("Conv", (0, 3, 8)),
    "QLinearMatMul": ("MatMul", (0, 3)),
    "ConvInteger": ("Conv", (0, 1)),
    "MatMulInteger": ("MatMul", (0, 1)),
    "com.microsoft.QGemm": ("Gemm", (0, 3, 6)),
    "com.microsoft.QLinearAdd": ("Add", (0, 3)),
    "com.microsoft.QLinearMul": ("Mul", (0, 3)),
    "com.microsoft.QLinearAveragePool": ("AveragePool", (0,)),
    "com.microsoft.QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "com.microsoft.QLinearSigmoid": ("Sigmoid", (0,)),
    "com.microsoft.QLinearLeakyRelu": ("LeakyRelu", (0,)),
    "com.microsoft.QLinearSoftmax": ("Softmax", (0,)),
}
"""The plain operator, and which inputs are its own."""


def handlers(
    plain: Mapping[str, Callable[[Fold, Op], bool]],
) -> dict[str, Callable[[Fold, Op], bool]]:
    """A handler for each quantised operator, from those of the plain ones."""
    return {kind: _handler(plain[name], name, places) for kind, (name, places) in _PLAIN.items()}


def _handler(
    plain: Callable[[Fold, Op], bool], name: str, places: tuple[int, ...]
) -> Callable[[Fold, Op], bool]:
    def handler(fold: Fold, op: Op) -> bool:
        inputs = tuple([op.inputs[place] for place in places if place < len(op.inputs)])
        return plain(fold, op._replace(kind=name, inputs=inputs))

    return handler
