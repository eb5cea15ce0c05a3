"""Random Keras networks of many layers: branches, models in models, shared layers, several ends."""

from __future__ import annotations

import random
from typing import Any

from keras import Input, Model, Sequential, layers, ops

DEEPEST = 2
"""Models in models of a network."""


def network(rng: random.Random) -> Any:
    """A network over maps, sequences or words."""
    return rng.choice([of_maps, of_maps, of_rows, of_words])(rng, 0)


def flip(rng: random.Random, share: float = 0.5) -> bool:
    return rng.random() < share


def _one(value: Any, rng: random.Random, depth: int) -> Any:
    """A layer behind a map or a sequence, or a block of them."""
    rank, width = len(value.shape) - 2, value.shape[-1]
    small = min(side for side in value.shape[1:-1]) < 4
    conv = getattr(layers, f"Conv{rank}D")
    choices = [
        lambda: conv(rng.randint(2, 8), rng.randint(1, 3), padding="same", use_bias=flip(rng),
                     activation=rng.choice([None, "relu", "swish"]))(value),
        lambda: getattr(layers, f"DepthwiseConv{rank}D")(3, padding="same")(value),
        lambda: getattr(layers, f"SeparableConv{rank}D")(4, 3, padding="same")(value),
        lambda: layers.BatchNormalization(scale=flip(rng, 0.8), trainable=flip(rng, 0.8))(value),
        lambda: layers.LayerNormalization()(value),
        lambda: layers.Activation(rng.choice(["relu", "gelu", "tanh"]))(value),
        lambda: layers.Dropout(0.2)(value),
        lambda: layers.Dense(rng.randint(2, 8), trainable=flip(rng, 0.8))(value),
        lambda: layers.add([value, conv(width, 3, padding="same")(value)]),
        lambda: layers.concatenate([value, conv(3, 1)(value), value]),
        lambda: _gated(value, rng, rank),
        lambda: _nested(value, rng, depth),
        lambda: _again(value, rng, conv, width),
        lambda: ops.relu(value * 2.0 + 1.0),
    ]  # fmt: skip
    if not small:
        choices.append(lambda: getattr(layers, f"MaxPooling{rank}D")(2)(value))
        choices.append(lambda: conv(4, 3, strides=2)(value))
    if rank == 1:
        choices += [
            lambda: layers.LSTM(rng.randint(2, 6), return_sequences=True)(value),
            lambda: layers.Bidirectional(layers.GRU(3, return_sequences=True))(value),
            lambda: layers.MultiHeadAttention(2, 3)(value, value),
            lambda: layers.add([value, layers.MultiHeadAttention(2, 3)(value, value)]),
            lambda: layers.TimeDistributed(layers.Dense(4))(value),
            lambda: _with_states(value),
        ]
    return rng.choice(choices)()


def _gated(value: Any, rng: random.Random, rank: int) -> Any:
    """Squeeze and excitation."""
    width = value.shape[-1]
    gate = getattr(layers, f"GlobalAveragePooling{rank}D")(keepdims=True)(value)
    gate = layers.Dense(max(width // 2, 1), activation="relu")(gate)
    return layers.multiply([value, layers.Dense(width, activation="sigmoid")(gate)])


def _nested(value: Any, rng: random.Random, depth: int) -> Any:
    """A model as a layer, called once or twice."""
    if depth >= DEEPEST:
        return value
    begin = Input(value.shape[1:])
    inner = begin
    for _ in range(rng.randint(1, 3)):
        inner = _one(inner, rng, depth + 1)
    if flip(rng):
        width = value.shape[-1]
        row = [layers.Dense(4), layers.BatchNormalization(), layers.Dense(width)]
        model = Sequential([Input(value.shape[1:]), *row])
    else:
        model = Model(begin, inner)
    found = model(value)
    if found.shape == value.shape and flip(rng):
        found = layers.add([found, model(found)])
    return found


def _again(value: Any, rng: random.Random, conv: Any, width: int) -> Any:
    """One layer twice."""
    layer = conv(width, 3, padding="same", trainable=flip(rng, 0.7))
    return layer(layers.ReLU()(layer(value)))


def _with_states(value: Any) -> Any:
    whole, *last = layers.LSTM(4, return_sequences=True, return_state=True)(value)
    return layers.LSTM(4, return_sequences=True)(whole, initial_state=last)


def _ends(value: Any, begin: Any, rng: random.Random) -> Any:
    rank = len(value.shape) - 2
    flat = rng.choice([
        lambda: layers.Flatten()(value),
        lambda: getattr(layers, f"GlobalAveragePooling{rank}D")()(value),
        lambda: getattr(layers, f"GlobalMaxPooling{rank}D")()(value),
    ])()  # fmt: skip
    end = layers.Dense(rng.randint(1, 9), activation="softmax")(flat)
    return Model(begin, [end, layers.Dense(2)(flat)] if flip(rng, 0.2) else end)


def of_maps(rng: random.Random, depth: int) -> Any:
    begin = Input((rng.choice([12, 16]), rng.choice([12, 16]), rng.choice([1, 3])))
    return _ends(_grown(begin, rng, depth), begin, rng)


def of_rows(rng: random.Random, depth: int) -> Any:
    begin = Input((rng.choice([10, 16]), rng.choice([3, 6])))
    return _ends(_grown(begin, rng, depth), begin, rng)


def of_words(rng: random.Random, depth: int) -> Any:
    begin = Input((rng.choice([10, 16]),))
    words = layers.Embedding(50, rng.choice([4, 6]), mask_zero=False)(begin)
    return _ends(_grown(words, rng, depth), begin, rng)


def _grown(value: Any, rng: random.Random, depth: int) -> Any:
    for _ in range(rng.randint(2, 9)):
        value = _one(value, rng, depth)
    return value
