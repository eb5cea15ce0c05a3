"""The shapes that operators give, where no layer of ours and no word of the file says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archviz.importers.fold.shapes_layers import LAYERS
from archviz.importers.fold.shapes_moves import (
    MOVES,
    Ask,
    Dims,
    Rule,
    broadcast,
    first_same,
    same,
)
from archviz.importers.fold.shapes_windows import WINDOWS

if TYPE_CHECKING:
    from archviz.importers.fold.state import Fold
    from archviz.importers.graphs import Op

MAX_SIDE = 2**40

_SAME = (
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Bernoulli", "BitCast", "BitwiseNot",
    "Cast", "CastLike", "Ceil", "Celu", "Clip", "Cos", "Cosh", "CumProd", "CumSum",
    "DequantizeLinear", "Elu", "Erf", "Exp", "EyeLike", "Floor", "Gelu", "HardSigmoid",
    "HardSwish", "Hardmax", "Identity", "InstanceNormalization", "GroupNormalization", "IsInf",
    "IsNaN", "LRN", "LeakyRelu", "Log", "LogSoftmax", "LpNormalization",
    "MeanVarianceNormalization", "Mish", "Neg", "Not", "PRelu", "QuantizeLinear",
    "RandomNormalLike", "RandomUniformLike", "Reciprocal", "RegexFullMatch", "Relu",
    "ReverseSequence", "RotaryEmbedding", "Round", "Scatter", "ScatterElements", "ScatterND",
    "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softmax", "Softplus", "Softsign", "Sqrt",
    "Swish", "Tan", "Tanh", "TensorScatter", "ThresholdedRelu", "Trilu", "Dropout",
    "ai.onnx.ml.Binarizer", "ai.onnx.ml.LabelEncoder", "ai.onnx.ml.Normalizer",
    "ai.onnx.ml.Scaler", "ai.onnx.ml.Imputer",
    "com.microsoft.Gelu", "com.microsoft.FastGelu", "com.microsoft.QuickGelu",
    "com.microsoft.BiasGelu", "com.microsoft.RotaryEmbedding", "com.microsoft.QLinearSigmoid",
    "com.microsoft.QLinearLeakyRelu", "com.microsoft.QLinearSoftmax",
)  # fmt: skip
_FIRST_SAME = (
    "com.microsoft.SkipLayerNormalization", "com.microsoft.SkipSimplifiedLayerNormalization",
    "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "SimplifiedLayerNormalization",
    "com.microsoft.GroupNorm", "com.microsoft.BiasSplitGelu",
)  # fmt: skip
_SPREAD = (
    "Add", "And", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater",
    "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow",
    "StringConcat", "Sub", "Sum", "Where", "Xor",
)  # fmt: skip
_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_SAME, same),
    **dict.fromkeys(_FIRST_SAME, first_same),
    **dict.fromkeys(_SPREAD, broadcast),
    **MOVES,
    **WINDOWS,
    **LAYERS,
}


def computed_shapes(fold: Fold, op: Op) -> list[Dims | None]:
    """The shape of each output of an operator, None where it cannot be known."""
    unknown: list[Dims | None] = [None] * len(op.outputs)
    rule = None if fold.graph.learned else _RULES.get(op.kind)
    if rule is None:
        return unknown
    tensors = tuple([fold.constants.get(name) for name in op.inputs])
    ask = Ask(op, tuple([dims_of(fold, name) for name in op.inputs]), tensors)
    try:
        found = list(rule(ask))
    except (LookupError, ValueError, TypeError, ArithmeticError):
        return unknown
    found = [
        dims if dims is not None and all(0 <= side < MAX_SIDE for side in dims) else None
        for dims in found
    ]
    return (found + unknown)[: len(unknown)]


def dims_of(fold: Fold, name: str) -> Dims | None:
    """The shape of a value, None where it is unknown."""
    tensor = fold.constants.get(name)
    if tensor is not None:
        return None if name in fold.shapeless else tensor.shape
    value = fold.values.get(name)
    if value is None or value.draft.guessed:
        return fold.known(name)
    return fold.dims(value)
