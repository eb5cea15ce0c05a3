"""Operators without a rule of their own: a box each, with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archviz.importers.fold.state import (
    BATCH,
    NCHW,
    Axes,
    Fold,
    TensorView,
    product,
)

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape

_SAID: Mapping[str, str] = {
    "Gemm": "dense", "MatMul": "matrix product", "Conv": "conv", "ConvTranspose": "conv transpose",
    "Einsum": "tensor product", "LayerNormalization": "layer norm", "RMSNormalization": "RMS norm",
    "GroupNormalization": "group norm", "Gather": "pick", "Pick": "pick", "Add": "add",
    "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Concat": "concat", "Slice": "slice",
    "Transpose": "transpose", "Expand": "repeat", "Tile": "repeat", "MaxPool": "max pool",
    "AveragePool": "average pool", "AdaptiveMaxPool": "max pool",
    "AdaptiveAveragePool": "average pool", "unfold": "unfold", "fold": "fold",
    "repeat interleave": "repeat", "PRelu": "PReLU", "flip": "flip",
}  # fmt: skip
"""What a box says whose operator, weights and shapes are all known from a recording."""


def box(fold: Fold, op: Op) -> None:
    """A plain box with the operator's name; each further output in use is one more."""
    names = [name for name in dict.fromkeys(op.inputs) if name in fold.values]
    values = [fold.values[name] for name in names]
    drafts = [value.draft for value in values]
    for name in op.inputs:
        if name in fold.values and name not in names:
            fold.values[name].draft.refs -= 1
    said = _SAID.get(op.kind, "") if fold.graph.learned else ""
    label = said or op.kind.rpartition(".")[2] or "op"
    for index, name in enumerate(op.outputs):
        if not name or not fold.uses.get(name):
            continue
        shape, axes = _box_shape(fold, name, values)
        draft = fold.draft("op", op, drafts, shape, label=label)
        draft.guessed = fold.known(name) is None
        if index == 0:
            draft.known = bool(said)
            draft.macs = _multiply_adds(fold, op)
            for source in dict.fromkeys(op.inputs):
                tensor = fold.constants.get(source)
                if tensor is not None and tensor.floating and tensor.shape:
                    fold.weigh(draft, source)
        draft.refs = fold.uses[name]
        draft.free = True
        fold.values[name] = TensorView(draft, axes)


def _box_shape(fold: Fold, name: str, values: list[TensorView]) -> tuple[Shape, Axes]:
    dims = fold.known(name)
    like = next((value for value in values if value.axes is not None), None)
    if dims is None:
        if like is not None and like.axes is not None:
            return like.draft.shape, like.axes
        return (1,), (BATCH, 0)
    if like is not None and like.axes is not None and len(like.axes) == len(dims):
        shape = list(like.draft.shape)
        fits = True
        for side, axis in zip(dims, like.axes, strict=True):
            if axis >= 0:
                shape[axis] = side
            else:
                fits = fits and side == (fold.batch if axis == BATCH else 1)
        if fits:
            return tuple(shape), like.axes
    if not dims:
        return (1,), ()
    rest = dims[1:]
    if dims[0] != fold.batch or not rest:
        return dims, tuple(range(len(dims)))
    if len(rest) == 3:
        return (*rest[1:], rest[0]), NCHW
    return rest, (BATCH, *range(len(rest)))


def _multiply_adds(fold: Fold, op: Op) -> int:
    """Those of a product whose shapes are stated: over how many values each result is a sum."""
    sides = [fold.graph.shapes.get(name) for name in (*op.inputs[:2], *op.outputs[:1])]
    if not fold.graph.learned or len(sides) < 3 or not all(sides):
        return 0
    one, two, out = (tuple(side or 1 for side in dims or ()) for dims in sides)
    if op.kind in ("Gemm", "MatMul"):
        return product(out) * one[-1] // fold.batch
    if op.kind == "Einsum":
        return _of_einsum(str(op.attributes.get("equation", "")), (one, two)) // fold.batch
    if op.kind == "Conv":
        return product(out) * product(two[1:]) // fold.batch
    if op.kind == "ConvTranspose":
        return product(one) * product(two[1:]) // fold.batch
    return 0


def _of_einsum(equation: str, shapes: Sequence[tuple[int, ...]]) -> int:
    """One for each combination of the indices of two values."""
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) != 2 or any(len(t) != len(dims) for t, dims in zip(terms, shapes, strict=True)):
        return 0
    sides = {
        letter: side
        for t, dims in zip(terms, shapes, strict=True)
        for letter, side in zip(t, dims, strict=True)
    }
    return product(tuple(sides.values()))
