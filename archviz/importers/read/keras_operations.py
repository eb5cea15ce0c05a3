"""Functions of TensorFlow that models of Keras 2 call between their layers, as those of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archviz.importers.fold.keras_rules import RULES
from archviz.importers.fold.keras_rules_operations import PREFIX
from archviz.importers.fold.keras_values import CELLS_RUN, class_of

_MODULE = "keras.src.ops"
_WRAPPERS = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod")
_FUNCTIONS = {
    "add": "Add", "addv2": "Add", "biasadd": "Add", "bias_add": "Add", "radd": "Add",
    "subtract": "Subtract", "sub": "Subtract", "multiply": "Multiply", "mul": "Multiply",
    "rmul": "Multiply", "truediv": "TrueDivide", "realdiv": "TrueDivide", "divide": "TrueDivide",
    "div": "TrueDivide", "maximum": "Maximum", "minimum": "Minimum", "pow": "Power",
    "square": "Square", "sqrt": "Sqrt", "rsqrt": "Rsqrt", "exp": "Exp", "log": "Log", "abs": "Abs",
    "negative": "Negative", "neg": "Negative", "cast": "Cast", "stop_gradient": "StopGradient",
    "clip_by_value": "Clip", "not_equal": "NotEqual", "notequal": "NotEqual", "equal": "Equal",
    "relu": "Relu", "relu6": "Relu6", "sigmoid": "Sigmoid", "tanh": "Tanh", "silu": "Silu",
    "swish": "Silu", "gelu": "Gelu", "elu": "Elu", "selu": "Selu", "softplus": "Softplus",
    "leaky_relu": "LeakyRelu", "leakyrelu": "LeakyRelu", "softmax": "Softmax",
    "log_softmax": "LogSoftmax", "reduce_mean": "Mean", "mean": "Mean", "reduce_sum": "Sum",
    "sum": "Sum", "reduce_max": "Max", "max": "Max", "reduce_min": "Min", "min": "Min",
    "argmax": "Argmax", "expand_dims": "ExpandDims", "expanddims": "ExpandDims",
    "squeeze": "Squeeze", "concat": "Concatenate", "concatv2": "Concatenate", "stack": "Stack",
    "reshape": "Reshape", "transpose": "Transpose", "matmul": "Matmul", "batchmatmulv2": "Matmul",
    "getitem": "GetItem", "strided_slice": "GetItem", "stridedslice": "GetItem", "split": "Split",
    "gather": "Take", "gatherv2": "Take", "tile": "Tile", "pad": "Pad", "einsum": "Einsum",
    "one_hot": "OneHot", "broadcast_to": "BroadcastTo", "resize": "Resize", "top_k": "TopK",
}  # fmt: skip


def kind_of(layer: Mapping[str, Any]) -> str:
    """The class of a layer; functions are told apart from layers of their name."""
    kind = class_of(layer)
    if str(layer.get("module") or "").startswith(_MODULE):
        return PREFIX + kind
    if kind in _WRAPPERS:
        return _wrapped(layer, kind)
    if kind == "RNN":
        return CELLS_RUN
    return PREFIX + kind if kind not in RULES and PREFIX + kind in RULES else kind


def _wrapped(layer: Mapping[str, Any], kind: str) -> str:
    """A function by its name in TensorFlow; its own name where that is not known."""
    config = layer.get("config") or {}
    name = str(config.get("function") or "")
    if kind == "TensorFlowOpLayer":
        node = config.get("node_def")
        text = node if isinstance(node, str) else ""
        name = text.partition('op: "')[2].partition('"')[0] or str(
            node.get("op", "") if isinstance(node, dict) else ""
        )
    word = name.rpartition(".")[2]
    known = _FUNCTIONS.get(word.lower().strip("_"))
    return PREFIX + known if known else PREFIX + (word or kind)
