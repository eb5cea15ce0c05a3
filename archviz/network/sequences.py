"""The rules behind the kinds of sequences: attention, recurrent layers, feed-forward parts, tokens.

A sequence is length × features. Attention and feed-forward parts take a map or a volume too, whose
places are the rows then.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from archviz.network.model import Layer, Shape
from archviz.network.rules import ShapeError, check_divides, check_rank, describe_shape, rows_of

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
"""How many matrices of input and of state a recurrent layer has."""


def rows_shape(layer: Layer, shape: Shape, *named: Shape) -> Shape:
    """The input as it is: a sequence, or a map or volume whose places are its rows."""
    rows_of(shape, layer.kind)
    return shape


# ---- attention ----------------------------------------------------------------------------


class Widths(NamedTuple):
    """What the projections of an attention give: features of all queries, and of all keys."""

    queries: int
    keys: int


def widths(layer: Layer, features: int) -> Widths:
    """The widths of an attention; :class:`ShapeError` where its heads do not come out even."""
    heads, keys = layer.count, layer.kv_heads or layer.count
    width = layer.filters or heads * layer.head_width or features
    if layer.head_width and width != heads * layer.head_width:
        text = f"{heads} heads of {layer.head_width} features have {heads * layer.head_width}"
        raise ShapeError(f"{text} together, and width is {width}", "state one of the two")
    check_divides(width, heads, "features", "heads")
    check_divides(heads, keys, "heads", "heads of keys")
    return Widths(width, width // heads * keys)


def attention_shape(layer: Layer, shape: Shape, memory: Shape = ()) -> Shape:
    """The input as it is, which is a sequence; so is what it attends to."""
    _, features = rows_of(shape, layer.kind)
    if memory:
        rows_of(memory, f"{layer.kind} from={layer.takes[0] if layer.takes else ''}")
    widths(layer, features)
    return shape


def attention_weights(layer: Layer, shape: Shape, memory: Shape = ()) -> tuple[int, int]:
    """Projections to queries, keys and values, and the one behind them; biases of the scores."""
    features, source = shape[-1], (memory or shape)[-1]
    width, keys = widths(layer, features)
    keyed = layer.bias if layer.key_bias is None else layer.key_bias
    biased = layer.bias if layer.out_bias is None else layer.out_bias
    biases = layer.bias * (width + keys) + keyed * keys + biased * features
    relative = layer.relative * layer.count
    return 2 * features * width + 2 * source * keys + biases + relative, 0


def attention_products(layer: Layer, shape: Shape, output: Shape, memory: Shape = ()) -> int:
    """Scores, queries times keys, and scores times values; of a window, the rows that it shows."""
    length, features = rows_of(shape, layer.kind)
    size, _ = rows_of(memory or shape, layer.kind)
    seen = min(layer.window or size, size)
    return 2 * length * seen * widths(layer, features).queries


def attention_macs(layer: Layer, shape: Shape, output: Shape, memory: Shape = ()) -> int:
    """The four projections of each row, and the products among rows; a mask spares none."""
    length, features = rows_of(shape, layer.kind)
    size, source = rows_of(memory or shape, layer.kind)
    width, keys = widths(layer, features)
    projections = 2 * length * features * width + 2 * size * source * keys
    return projections + attention_products(layer, shape, output, memory)


# ---- feed-forward parts ---------------------------------------------------------------------


def feed_forward_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Two dense layers, of which a gated one has the first twice."""
    features, inner, into = shape[-1], layer.filters, 2 if layer.gated else 1
    return (into + 1) * features * inner + layer.bias * (into * inner + features), 0


def feed_forward_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """One a weight, for each row."""
    return prod(shape) * layer.filters * (3 if layer.gated else 2)


def experts_shape(layer: Layer, shape: Shape) -> Shape:
    """The input as it is; no more experts can be active than there are."""
    if layer.active > layer.count:
        raise ShapeError(f"{layer.active} of {layer.count} experts cannot be active")
    return shape


def experts_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """A feed-forward part for each expert, and the router, which has no bias."""
    return feed_forward_weights(layer, shape)[0] * layer.count + shape[-1] * layer.count, 0


def experts_macs(layer: Layer, shape: Shape, output: Shape) -> int:
    """The router, and those experts that are active."""
    return feed_forward_macs(layer, shape, output) * layer.active + prod(shape) * layer.count


# ---- recurrent layers -----------------------------------------------------------------------


def recurrent_shape(layer: Layer, shape: Shape, state: Shape = ()) -> Shape:
    """The sequence of all states, or the last one; those of two directions side by side."""
    length, _ = check_rank(shape, 1, layer.kind)
    width = layer.filters * (2 if layer.bidirectional else 1)
    if state and state[-1] != width:
        message = f"{layer.kind} has a state of {width} and begins with {describe_shape(state)}"
        raise ShapeError(message, "compare their units")
    return (width,) if layer.last else (length, width)


def recurrent_weights(layer: Layer, shape: Shape, *named: Shape) -> tuple[int, int]:
    """For each gate and direction: a matrix of the input, one of the state, one or two biases."""
    units, biases = layer.filters, 2 if layer.reset_after else layer.biases
    gate = units * (shape[-1] + units) + layer.bias * biases * units
    return GATES[layer.kind] * gate * (2 if layer.bidirectional else 1), 0


def recurrent_macs(layer: Layer, shape: Shape, output: Shape, *named: Shape) -> int:
    """Both matrices of each gate, at each step."""
    gate = layer.filters * (shape[-1] + layer.filters)
    return shape[0] * GATES[layer.kind] * gate * (2 if layer.bidirectional else 1)


# ---- words, tokens, positions -----------------------------------------------------------------


def embedding_shape(layer: Layer, shape: Shape) -> Shape:
    """A row for each word."""
    return (*shape, layer.filters)


def embedding_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """A row for each word."""
    return layer.count * layer.filters, 0


def waves_shape(layer: Layer, shape: Shape) -> Shape:
    """A vector for one number, such as a time step; of several, a row each."""
    return (layer.filters,) if shape == (1,) else (*shape, layer.filters)


def position_shape(layer: Layer, shape: Shape) -> Shape:
    """The input as it is; a table of positions has a row for each of its rows, or more."""
    if 1 < layer.count < shape[0]:
        raise ShapeError(f"{layer.count} positions are fewer than the {shape[0]} rows")
    return shape


def position_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """A number for each of the input; of a longer table, for each row of that."""
    rows = max(layer.count, shape[0])
    return rows * prod(shape[1:]), 0


def token_shape(layer: Layer, shape: Shape) -> Shape:
    """A sequence with tokens put before it."""
    length, features = check_rank(shape, 1, layer.kind)
    return length + layer.count, features


def token_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    """The tokens themselves."""
    return layer.count * shape[-1], 0


def select_shape(layer: Layer, shape: Shape) -> Shape:
    """One row of a sequence."""
    return check_rank(shape, 1, layer.kind)[1:]
