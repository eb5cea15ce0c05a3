"""Rules of the operations of ``keras.ops`` that models call between their layers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from archviz.importers.fold.keras_rule import KerasRule, named, said, same
from archviz.importers.fold.keras_values import Given, listed
from archviz.network.model import Shape

PREFIX = "ops."
_SIGNS = {"Add": "+", "Subtract": "−", "Multiply": "×", "Divide": "÷", "TrueDivide": "÷"}
_TWO = (
    *_SIGNS, "FloorDivide", "Maximum", "Minimum", "Power", "Mod", "Equal", "NotEqual", "Greater",
    "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr", "LogicalXor", "Where",
    "Arctan2",
)  # fmt: skip
_ONE = (
    "Abs", "Absolute", "Negative", "Square", "Sqrt", "Rsqrt", "Exp", "Expm1", "Log", "Log1p",
    "Log10", "Log2", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Arcsin", "Arccos", "Arctan", "Arcsinh",
    "Arccosh", "Arctanh", "Ceil", "Floor", "Round", "Sign", "Reciprocal", "Erf", "Erfinv", "Cast",
    "Clip", "StopGradient", "LogicalNot", "Isnan", "Isinf", "Isfinite", "OnesLike", "ZerosLike",
    "NanToNum", "Copy", "Flip", "Roll", "Cumsum", "Cumprod", "Conjugate", "Real", "Imag", "Sort",
    "Argsort", "Softsign", "Celu", "HardTanh", "HardShrink", "SoftShrink", "TanhShrink",
    "LogSigmoid", "Squareplus", "SparsePlus", "Sparsemax", "Threshold", "Normalize",
    "Tril", "Triu",
)  # fmt: skip
BADGES = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Silu": "silu",
    "Gelu": "gelu", "Elu": "elu", "Selu": "selu", "HardSigmoid": "hard-sigmoid",
    "HardSilu": "hard-swish", "LeakyRelu": "leaky-relu", "Softplus": "softplus",
    "Softmax": "softmax", "LogSoftmax": "log-softmax", "Mish": "mish",
}  # fmt: skip
"""Operations that are activations of ours."""
_REDUCED = ("Mean", "Sum", "Max", "Min", "Prod", "Var", "Std", "Amax", "Amin", "Any", "All",
            "Argmax", "Argmin", "LogSumExp", "Logsumexp", "CountNonzero", "Median",
            "Average")  # fmt: skip


def broadcast(given: Given) -> Shape:
    """Equal sides, or sides of 1 that are spread out."""
    shapes = [shape for shape in given.shapes if shape] or [()]
    rank = max(map(len, shapes))
    wide = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    found = []
    for column in zip(*wide, strict=True):
        side = max(column)
        if any(one not in (1, side) for one in column):
            raise ValueError("sides that do not fit")
        found.append(side)
    return tuple(found)


def _two_label(given: Given) -> str:
    """``+ 3`` with a number, else the word."""
    name = given.kind.removeprefix(PREFIX)
    words = {"Add": "add", "Subtract": "subtract", "Multiply": "multiply", "TrueDivide": "divide"}
    text = words.get(name) or said(given)
    numbers = [one for one in given.arguments if type(one) in (int, float)]
    if len(given.shapes) != 1 or len(numbers) != 1 or len(given.arguments) != 2:
        return text
    number = f"{numbers[0]:.4g}".replace("-", "−")
    sign = _SIGNS.get(name)
    if sign is None:
        return f"{text} with {number}" if name in ("Maximum", "Minimum") else f"{text} {number}"
    ahead = given.arguments[1] is None and name not in ("Add", "Multiply")
    return f"{number} {sign} x" if ahead else f"{sign} {number}"


def argument(given: Given, name: str, place: int, default: Any = None) -> Any:
    """An argument that is no tensor, of the call or of the operation."""
    if given.config.get(name) is not None:
        return listed(given.config[name])
    if place < len(given.arguments) and given.arguments[place] is not None:
        return listed(given.arguments[place])
    return default


def _reduced_shape(given: Given) -> Shape:
    rank = len(given.shapes[0]) + 1
    axis = argument(given, "axis", 1)
    if axis is None:
        raise ValueError("it leaves no batch")
    axes = {int(one) % rank - 1 for one in (axis if isinstance(axis, list) else [axis])}
    if -1 in axes:
        raise ValueError("it leaves no batch")
    kept = bool(argument(given, "keepdims", 2, False))
    sides = [(1 if axis in axes else side) for axis, side in enumerate(given.shapes[0])]
    return tuple([side for axis, side in enumerate(sides) if kept or axis not in axes])


def _wider_shape(given: Given) -> Shape:
    rank = len(given.shapes[0]) + 2
    axes = argument(given, "axis", 1, -1)
    shape = [0, *given.shapes[0]]
    for axis in axes if isinstance(axes, list) else [axes]:
        place = int(axis) % rank
        shape.insert(place, 1)
    return tuple(shape[1:])


def _narrower_shape(given: Given) -> Shape:
    rank = len(given.shapes[0]) + 1
    axes = argument(given, "axis", 1)
    if axes is None:
        return tuple([side for side in given.shapes[0] if side != 1])
    gone = {int(axis) % rank - 1 for axis in (axes if isinstance(axes, list) else [axes])}
    return tuple([side for axis, side in enumerate(given.shapes[0]) if axis not in gone])


def _moved_shape(given: Given) -> Shape:
    axes = argument(given, "axes", 1)
    if not isinstance(axes, list) or axes[0] != 0:
        raise ValueError("its batch moves")
    return tuple([given.shapes[0][int(axis) - 1] for axis in axes[1:]])


def _shaped_shape(given: Given) -> Shape:
    target = argument(given, "newshape", 1) or argument(given, "shape", 1)
    if not isinstance(target, list) or not target or target[0] not in (-1, None):
        raise ValueError("its batch is not told apart")
    return tuple([int(side) for side in target[1:]])


def _product_shape(given: Given) -> Shape:
    one, two = given.shapes
    if min(len(one), len(two)) < 2:
        raise ValueError("no matrices")
    lead = broadcast(given._replace(shapes=(one[:-2], two[:-2])))
    return (*lead, one[-2], two[-1])


def _product_macs(given: Given, shape: Shape) -> int:
    return prod(shape) * given.shapes[0][-1] if len(given.shapes) == 2 else 0


def _stacked_shape(given: Given) -> Shape:
    shape = [0, *given.shapes[0]]
    shape.insert(int(argument(given, "axis", 1, 0)) % (len(shape) + 1), len(given.shapes))
    return tuple(shape[1:])


def _joined_shape(given: Given) -> Shape:
    axis = int(argument(given, "axis", 1, -1)) % (len(given.shapes[0]) + 1) - 1
    shape = list(given.shapes[0])
    shape[axis] = sum(one[axis] for one in given.shapes)
    return tuple(shape)


def _halved_shape(given: Given) -> Shape:
    axis = int(argument(given, "axis", 1, -1)) % (len(given.shapes[0]) + 1) - 1
    return tuple([side // 2 if at == axis else side for at, side in enumerate(given.shapes[0])])


def _unknown_shape(given: Given) -> Shape:
    raise ValueError("its shape is not known")


_STATED = {
    "GetItem": "slice", "Slice": "slice", "Take": "pick", "Split": "split", "Repeat": "repeat",
    "Tile": "repeat", "Pad": "padding", "BroadcastTo": "repeat", "Einsum": "tensor product",
    "Resize": "resize", "OneHot": "one-hot", "TopK": "largest values", "Swapaxes": "transpose",
    "Moveaxis": "transpose", "Ravel": "flatten",
}  # fmt: skip
"""Operations whose shapes only their source states, by what they are called."""

_RULES: Mapping[str, KerasRule] = {
    **dict.fromkeys(_ONE, KerasRule(same)),
    **dict.fromkeys(BADGES, KerasRule(same)),
    **dict.fromkeys(_TWO, KerasRule(broadcast, label=_two_label)),
    **dict.fromkeys(_REDUCED, KerasRule(_reduced_shape)),
    **{name: KerasRule(_unknown_shape, label=named(words)) for name, words in _STATED.items()},
    "ExpandDims": KerasRule(_wider_shape), "Squeeze": KerasRule(_narrower_shape),
    "Transpose": KerasRule(_moved_shape), "Reshape": KerasRule(_shaped_shape),
    "Matmul": KerasRule(_product_shape, macs=_product_macs, label=named("matrix product")),
    "Glu": KerasRule(_halved_shape, label=named("GLU")),
    "Stack": KerasRule(_stacked_shape), "Concatenate": KerasRule(_joined_shape),
}  # fmt: skip
RULES: Mapping[str, KerasRule] = {PREFIX + name: rule for name, rule in _RULES.items()}
"""What is known of them."""
