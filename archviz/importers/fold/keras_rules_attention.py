"""Rules of Keras' attentions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from archviz.importers.fold.keras_rule import KerasRule, named
from archviz.importers.fold.keras_values import Given, listed
from archviz.network.kind import counted
from archviz.network.model import Shape

_ROLES = (("query", 0), ("value", 1), ("key", 2))


class Heads(NamedTuple):
    """The sizes of an attention of several heads."""

    heads: int
    keys: int
    """Heads of keys and values."""
    width: int
    """Features of a head of queries and keys."""
    values: int
    """Features of a head of values."""
    out: tuple[int, ...]
    biased: bool
    gated: bool
    query: Shape
    value: Shape
    key: Shape
    axes: tuple[int, ...]
    """Which sides are attended over, of a value without its batch."""


def heads_of(given: Given) -> Heads:
    """The sizes of a ``MultiHeadAttention`` or a ``GroupedQueryAttention``."""
    config = given.config
    query, value, key = (given.shape(*role) for role in _ROLES)
    query = given.shapes[0] if query is None else query
    value = query if value is None else value
    key = value if key is None else key
    out: tuple[int, ...] = (query[-1],)
    axes = tuple(range(len(query) - 1))
    gated, biased = bool(config.get("use_gate")), config.get("use_bias") is not False
    if given.kind.startswith("Group"):
        head, heads = int(config["head_dim"]), int(config["num_query_heads"])
        sizes = heads, int(config["num_key_value_heads"]), head, head
    else:
        heads, head = int(config["num_heads"]), int(config["key_dim"])
        sizes = heads, heads, head, int(config.get("value_dim") or head)
        stated = listed(config.get("output_shape"))
        if stated:
            out = tuple(stated) if isinstance(stated, list) else (int(stated),)
        chosen = listed(config.get("attention_axes"))
        if chosen:
            chosen = [chosen] if isinstance(chosen, int) else chosen
            axes = tuple([(axis - 1 if axis > 0 else axis) % len(query) for axis in chosen])
    if min(sizes) < 1 or min(len(query), len(value), len(key)) < 2:
        raise ValueError("sizes that no attention has")
    return Heads(*sizes, out, biased, gated, query, value, key, axes)


def _shape(given: Given) -> list[Shape]:
    found = heads_of(given)
    places = found.query[:-1]
    kept = [side for axis, side in enumerate(places) if axis not in found.axes]
    own = [tuple([shape[axis] for axis in found.axes]) for shape in (found.query, found.key)]
    return [(*places, *found.out), (*kept, found.heads, *own[0], *own[1])]


def _sizes(found: Heads) -> tuple[int, int, int, int, int]:
    """Weights of the matrices: queries, keys, values, what comes out, the gate."""
    values = found.heads * found.values
    return (
        found.query[-1] * found.heads * found.width,
        found.key[-1] * found.keys * found.width,
        found.value[-1] * found.keys * found.values,
        values * prod(found.out),
        found.query[-1] * found.heads * found.values if found.gated else 0,
    )


def _weights(given: Given) -> tuple[int, int]:
    found = heads_of(given)
    biases = found.heads * found.width + found.keys * (found.width + found.values)
    biases += prod(found.out) + found.gated * found.heads * found.values
    return sum(_sizes(found)) + found.biased * biases, 0


def _macs(given: Given, shape: Shape) -> int:
    found = heads_of(given)
    query, key, value, out, gate = _sizes(found)
    rows = [prod(one[:-1]) for one in (found.query, found.key, found.value)]
    seen = prod(found.key[axis] for axis in found.axes)
    products = rows[0] * seen * found.heads * (found.width + found.values)
    return rows[0] * (query + out + gate) + rows[1] * key + rows[2] * value + products


def _label(given: Given) -> str:
    found = heads_of(given)
    words = "attention"
    if found.keys < found.heads:
        words = "grouped-query attention" if found.keys > 1 else "multi-query attention"
    return f"{words}, {counted(found.heads, 'head')}"


def _further(given: Given) -> Sequence[str]:
    return ("scores",)


# ---- attentions without projections ------------------------------------------------------------


def _three(given: Given) -> tuple[Shape, Shape, Shape]:
    query = given.shapes[0]
    value = given.shapes[1] if len(given.shapes) > 1 else query
    key = given.shapes[2] if len(given.shapes) > 2 and given.roles[2:3] in ((), ("0",)) else value
    return query, value, key


def _dot_shape(given: Given) -> list[Shape]:
    query, value, key = _three(given)
    return [(*query[:-1], value[-1]), (*query[:-1], key[-2])]


def _dot_weights(given: Given) -> tuple[int, int]:
    joined = given.config.get("score_mode") == "concat"
    return int(bool(given.config.get("use_scale"))) + joined, 0


def _dot_macs(given: Given, shape: Shape) -> int:
    query, value, key = _three(given)
    products = 0 if given.config.get("score_mode") == "concat" else query[-1]
    return prod(query[:-1]) * key[-2] * (products + value[-1])


def _sum_weights(given: Given) -> tuple[int, int]:
    scaled = given.config.get("use_scale", True)
    return given.shapes[0][-1] if scaled else 0, 0


def _sum_macs(given: Given, shape: Shape) -> int:
    query, value, key = _three(given)
    scaled = query[-1] if given.config.get("use_scale", True) else 0
    return prod(query[:-1]) * key[-2] * (scaled + value[-1])


_HEADS = KerasRule(_shape, _weights, _macs, _label, "attention", _further)
_DOT = _HEADS._replace(
    shape=_dot_shape, weights=_dot_weights, macs=_dot_macs, label=named("dot-product attention")
)

RULES: Mapping[str, KerasRule] = {
    **dict.fromkeys(
        ("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"), _HEADS
    ),
    "Attention": _DOT,
    "AdditiveAttention": _DOT._replace(
        weights=_sum_weights, macs=_sum_macs, label=named("additive attention")
    ),
}  # fmt: skip
"""What is known of them."""
