"""Attention that is one operator: a runtime's own, and PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from archviz.importers.fold.attention import of_projections
from archviz.importers.fold.facts import AttentionFacts
from archviz.importers.fold.state import BATCH, Fold, TensorView, product
from archviz.importers.fold.views import straight

if TYPE_CHECKING:
    from archviz.importers.fold.state import LayerDraft
    from archviz.importers.graphs import Op


def fused(fold: Fold, op: Op) -> bool:
    """``com.microsoft.Attention``: input, weights, biases; ``QAttention`` has scales as well."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or len(weight.shape) != 2 or len(value.draft.shape) != 2:
        return False
    quantised = op.kind.endswith("QAttention")
    if _given(op, 8 if quantised else 4):
        return False  # keys and values of earlier steps
    if any(name and fold.uses.get(name) for name in op.outputs[1:]):
        return False
    features, triple = weight.shape
    sizes = op.attributes.get("qkv_hidden_sizes") or (triple // 3,) * 3
    if features != value.draft.shape[1] or sum(sizes) != triple or sizes[0] != sizes[1]:
        return False
    length, width, heads = value.draft.shape[0], sizes[0], op.attributes.get("num_heads", 1)
    dims = (*fold.dims(value)[:-1], sizes[2])
    made = fold.draft("~attention", op, [value.draft], (length, sizes[2]))
    bias = fold.constant(op, 2) is not None
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(value.draft.shape) * triple + length * length * (width + sizes[2])
    made.attention = AttentionFacts(
        heads, width, width, features, bias, not bias, False, "attention"
    )
    if not quantised:
        _add_to_scores(fold, op, made, 5, heads)
    fold.give(op, made, value.axes, dims)
    return True


def _add_to_scores(fold: Fold, op: Op, made: LayerDraft, slot: int, heads: int) -> None:
    """Learned numbers for each head that are added to the scores; a mask is none."""
    added = fold.constant(op, slot)
    if made.attention is None or added is None or len(added.shape) < 3:
        return
    if added.shape[-3] == heads > 1:
        fold.weigh(made, op.inputs[slot])
        made.attention = made.attention._replace(scored=True)


def multi_head(fold: Fold, op: Op) -> bool:
    """PyTorch's multi-head attention: queries, keys and values, then all weights.

    Its sequences may have the batch at any axis. A second output, the weights of the attention,
    is a box of its own.
    """
    found = [fold.value(op, index) for index in range(3)]
    seen = {value: fold.sequence(op, value) for value in found if value is not None}
    seen = {value: straight(fold, op, one) for value, one in seen.items()}
    parts = [seen[value] for value in found if value is not None]
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
        False,
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


# ---- heads alone, with the projections before them --------------------------------------------


class _Slots(NamedTuple):
    """What the inputs and attributes of an operator on heads are called."""

    heads: str
    shared: str
    """Heads of keys and values; the same where it is empty."""
    bias: int
    """Of queries, keys and values, one after another; below 0 where there is none."""
    added: int
    """What is added to the scores: a mask, or learned numbers for each head."""
    past: tuple[int, ...]
    """Keys and values of earlier steps."""


HEADS: Mapping[str, _Slots] = {
    "Attention": _Slots("q_num_heads", "kv_num_heads", -1, 3, (4, 5)),
    "com.microsoft.MultiHeadAttention": _Slots("num_heads", "", 3, 5, (6, 7)),
    "com.microsoft.GroupQueryAttention": _Slots("num_heads", "kv_num_heads", -1, 10, (3, 4)),
}


def of_heads(fold: Fold, op: Op) -> bool:
    """Attention of queries, keys and values that were projected before it: one layer with them.

    All others are boxes: on values that are no projections, with those of earlier steps.
    """
    slots = HEADS[op.kind]
    if any(_given(op, index) for index in slots.past):
        return False
    if any(name and fold.uses.get(name) for name in op.outputs[1:]):
        return False
    values = [fold.value(op, index) for index in range(3)]
    whole = not any(_given(op, index) for index in (1, 2))
    found = [value for value in (values[:1] * 3 if whole else values) if value is not None]
    dims = [fold.dims(value) for value in found]
    if len(found) < 3 or len({len(sides) for sides in dims}) > 1 or len(dims[0]) not in (3, 4):
        return False
    heads = op.attributes.get(slots.heads) or (dims[0][1] if len(dims[0]) == 4 else 0)
    shared = op.attributes.get(slots.shared) or heads
    made = _with_projections(fold, op, found, heads, shared, whole) if heads else None
    if made is None or made.attention is None:
        return False
    facts = made.attention
    bias = fold.constant(op, slots.bias) if slots.bias >= 0 else None
    if bias is not None:
        fold.weigh(made, op.inputs[slots.bias])
        facts = facts._replace(biased=True, unbiased=False, keyless=False)
    made.attention = facts
    _add_to_scores(fold, op, made, slots.added, heads)
    flat = len(dims[0]) == 3
    out = (*dims[0][:-1], facts.width) if flat else (*dims[0][:-1], dims[2][-1])
    fold.give(op, made, found[0].axes if flat else None, out)
    return True


def _with_projections(
    fold: Fold, op: Op, found: list[TensorView], heads: int, shared: int, whole: bool
) -> LayerDraft | None:
    """The layer of queries, keys and values with their projections; None where they have none."""
    sides = [fold.dims(value) for value in found]
    if len(sides[0]) == 4:
        batch, _, rows, size = sides[0]
        seen = sides[1][2]
    else:
        batch, rows, width = sides[0]
        size = width // (heads + 2 * shared if whole else heads)
        seen = sides[1][1]
    if not size or batch != fold.batch:
        return None
    query, key, value = (one.draft for one in found)
    macs = 2 * rows * seen * heads * size
    dims = batch, heads, rows, size
    return of_projections(fold, op, (query, key, value), None, dims, macs, packed=whole)


def _given(op: Op, index: int) -> bool:
    return index < len(op.inputs) and op.inputs[index] != ""
