"""Arithmetic, activations and sums over axes, as operators."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TypeAlias

from archviz.importers.record.operators import Operators
from archviz.importers.record.recording import Ref

Rule: TypeAlias = Callable[[Operators, SimpleNamespace], None]


def unary(kind: str) -> Rule:
    """An operator of one value."""

    def write(low: Operators, given: SimpleNamespace) -> None:
        low.put(kind, [low.operand(given.input)], given.out)

    return write


def binary(kind: str, turned: bool = False) -> Rule:
    """An operator of two values, or of a value and a number; ``turned`` where they are swapped."""

    def write(low: Operators, given: SimpleNamespace) -> None:
        names = [low.operand(given.input), low.operand(given.other)]
        alpha = getattr(given, "alpha", 1)
        if alpha != 1:
            factor = low.numbers((), float(alpha))
            names[1] = low.step("Mul", [names[1], factor], low.shape(names[1]))
        low.put(kind, names[::-1] if turned else names, given.out)

    return write


def reduction(kind: str) -> Rule:
    """A sum, mean or maximum over axes, or over all of them."""

    def write(low: Operators, given: SimpleNamespace) -> None:
        name = low.operand(given.input)
        rank = len(low.shape(name))
        dims = (given.dim,) if isinstance(given.dim, int) else tuple(given.dim or range(rank))
        axes = tuple(axis % rank for axis in dims) if rank else ()
        low.put(kind, [name], *given.outs, axes=axes, keepdims=int(bool(given.keepdim)))

    return write


def picked(kind: str) -> Rule:
    """The place of a largest or smallest number."""

    def write(low: Operators, given: SimpleNamespace) -> None:
        axis = 0 if given.dim is None else given.dim
        keep = int(bool(given.keepdim))
        low.put(kind, [low.operand(given.input)], given.out, axis=axis, keepdims=keep)

    return write


def largest(kind: str, of_two: str) -> Rule:
    """``max`` and ``min``: of all, along an axis with the places, or of two values."""

    def write(low: Operators, given: SimpleNamespace) -> None:
        if isinstance(given.dim, Ref):
            low.put(of_two, [low.operand(given.input), given.dim.name], given.out)
            return
        reduction(kind)(low, given)

    return write


def softmax(kind: str) -> Rule:
    """Softmax and its logarithm along an axis."""

    def write(low: Operators, given: SimpleNamespace) -> None:
        axis = -1 if given.dim is None else given.dim
        low.put(kind, [low.operand(given.input)], given.out, axis=axis)

    return write


def clamp(low: Operators, given: SimpleNamespace) -> None:
    """Numbers kept between two others."""
    bounds = []
    for bound, free in ((given.min, -math.inf), (given.max, math.inf)):
        bounds.append(low.operand(free if bound is None else bound))
    low.put("Clip", [low.operand(given.input), *bounds], given.out)


def relu6(low: Operators, given: SimpleNamespace) -> None:
    """ReLU up to 6."""
    bounds = [low.numbers((), 0.0), low.numbers((), 6.0)]
    low.put("Clip", [low.operand(given.input), *bounds], given.out)


def prelu(low: Operators, given: SimpleNamespace) -> None:
    """ReLU with a learned slope."""
    low.put("PRelu", [low.operand(given.input), low.operand(given.weight)], given.out)


def glu(low: Operators, given: SimpleNamespace) -> None:
    """One half times the sigmoid of the other."""
    name = low.operand(given.input)
    shape = low.shape(given.out)
    axis = given.dim % len(shape)
    halves = [f"{given.out}.{half}" for half in ("a", "b")]
    low.shapes.update(dict.fromkeys(halves, shape))
    low.put("Split", [name], *halves, axis=axis, split=(shape[axis], shape[axis]))
    gate = low.step("Sigmoid", [halves[1]], shape)
    low.put("Mul", [halves[0], gate], given.out)


def rsqrt(low: Operators, given: SimpleNamespace) -> None:
    """One over the square root."""
    root = low.step("Sqrt", [low.operand(given.input)], low.shape(given.out))
    low.put("Reciprocal", [root], given.out)


def square(low: Operators, given: SimpleNamespace) -> None:
    """A value by itself."""
    low.put("Pow", [low.operand(given.input), low.numbers((), 2.0)], given.out)


def where(low: Operators, given: SimpleNamespace) -> None:
    """One of two values, as a third says."""
    names = [low.operand(one) for one in (given.condition, given.input, given.other)]
    low.put("Where", names, given.out)


def masked_fill(low: Operators, given: SimpleNamespace) -> None:
    """A number where a mask says so."""
    names = [low.operand(one) for one in (given.mask, given.value, given.input)]
    low.put("Where", names, given.out)


def normalize(low: Operators, given: SimpleNamespace) -> None:
    """A value over its length along an axis."""
    name = low.operand(given.input)
    shape = low.shape(name)
    axis = (given.dim if isinstance(given.dim, int) else given.dim[0]) % len(shape)
    sides = (*shape[:axis], 1, *shape[axis + 1 :])
    length = low.step("ReduceL2", [name], sides, axes=(axis,), keepdims=1)
    length = low.step("Clip", [length, low.numbers((), 1e-12)], sides)
    low.put("Div", [name, low.step("Expand", [length, low.list_of(shape)], shape)], given.out)


def addcmul(low: Operators, given: SimpleNamespace) -> None:
    """A value plus a product of two."""
    names = [low.operand(one) for one in (given.tensor1, given.tensor2)]
    product = low.step("Mul", names, low.shape(given.out))
    low.put("Add", [low.operand(given.input), product], given.out)


UNARY: Mapping[str, str] = {
    "relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "hardswish": "HardSwish",
    "hardsigmoid": "HardSigmoid", "leaky_relu": "LeakyRelu", "elu": "Elu", "gelu": "Gelu",
    "silu": "Swish", "selu": "Selu", "mish": "Mish", "softplus": "Softplus", "celu": "Celu",
    "softsign": "Softsign", "exp": "Exp", "log": "Log", "neg": "Neg", "abs": "Abs",
    "sqrt": "Sqrt", "erf": "Erf", "reciprocal": "Reciprocal", "sin": "Sin", "cos": "Cos",
    "sign": "Sign", "floor": "Floor", "ceil": "Ceil", "round": "Round", "logical_not": "Not",
    "isnan": "IsNaN", "hardshrink": "Shrink",
}  # fmt: skip
BINARY: Mapping[str, str] = {
    "add": "Add", "sub": "Sub", "subtract": "Sub", "mul": "Mul", "multiply": "Mul", "div": "Div",
    "true_divide": "Div", "divide": "Div", "pow": "Pow", "maximum": "Max", "minimum": "Min",
    "remainder": "Mod", "fmod": "Mod",
}  # fmt: skip
