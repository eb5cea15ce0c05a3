"""Attention that is one operator: a runtime's own, and PyTorch's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.facts import AttentionFacts
from archviz.importers.fold.state import BATCH, Fold, TensorView, product

if TYPE_CHECKING:
    from archviz.importers.graphs import Op


def fused(fold: Fold, op: Op) -> bool:
    """``com.microsoft.Attention``: input, weights, biases."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or len(weight.shape) != 2 or len(value.draft.shape) != 2:
        return False
    features, triple = weight.shape
    if features != value.draft.shape[1] or triple % 3:
        return False
    dims = (*fold.dims(value)[:-1], triple // 3)
    made = fold.draft("~attention", op, [value.draft], (value.draft.shape[0], triple // 3))
    bias = fold.constant(op, 2) is not None
    fold.weigh(made, *op.inputs[1:3])
    length, width = value.draft.shape[0], triple // 3
    made.macs = product(value.draft.shape) * triple + 2 * length * length * width
    heads = op.attributes.get("num_heads", 1)
    made.attention = AttentionFacts(heads, width, width, features, bias, not bias, "attention")
    fold.give(op, made, value.axes, dims)
    return True


def multi_head(fold: Fold, op: Op) -> bool:
    """PyTorch's multi-head attention: queries, keys and values, then all weights.

    Its sequences may have the batch at any axis. A second output, the weights of the attention,
    is a box of its own.
    """
    found = [fold.value(op, index) for index in range(3)]
    parts = [fold.sequence(op, value) for value in found if value is not None]
    if len(parts) < 3 or any(
        value.axes is None or len(value.draft.shape) != 2 or value.axes[-1] != 1 for value in parts
    ):
        return False
    query, key, value = (one.draft for one in parts)
    get = op.attributes
    length, width = query.shape
    keys = key.shape[0] + get["more_keys"]
    sources = list(dict.fromkeys([query, key, value]))
    made = fold.draft("~attention", op, sources, query.shape)
    fold.weigh(made, *op.inputs[3:])
    made.macs = width * sum(one.shape[0] * one.shape[1] for one in (query, key, value))
    made.macs += 2 * length * keys * width + length * width * width
    made.attention = AttentionFacts(
        get["heads"],
        width,
        width,
        width,
        get["biased"],
        not get["biased"],
        "attention" if len(sources) == 1 else "cross-attention",
        width,
        get["out_biased"],
    )
    for one in sources:
        one.refs -= [query, key, value].count(one) - 1
    fold.give(op, made, parts[0].axes)
    if len(op.outputs) > 1 and fold.uses.get(op.outputs[1]):
        scores = fold.draft("op", op, [made], (length, keys), label="attention weights")
        scores.named = True
        scores.refs = fold.uses[op.outputs[1]]
        made.refs += 1
        fold.values[op.outputs[1]] = TensorView(scores, (BATCH, 0, 1))
    return True
