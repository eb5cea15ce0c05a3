"""Keras models of one layer and of several, with options drawn for each; needs Keras.

Each row of ``CASES`` is a class of ``keras.layers``, and a function that draws the shapes of what
goes in and how the layer is called.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from keras import Input, Model, Sequential, layers

Drawn = tuple[list[tuple[int, ...]], Callable[[list[Any]], Any]]
"""Shapes of the inputs without the batch, and what is done with them."""
Draw = Callable[[random.Random], Drawn]

SEQUENCE, MAP, VOLUME = (12, 6), (10, 9, 4), (6, 7, 8, 4)
OF_RANK = {1: SEQUENCE, 2: MAP, 3: VOLUME}


def one(shape: tuple[int, ...], layer: Any, **call: Any) -> Drawn:
    return [shape], lambda inputs: layer(inputs[0], **call)


def many(shapes: list[tuple[int, ...]], layer: Any) -> Drawn:
    return shapes, lambda inputs: layer(inputs)


def flip(rng: random.Random) -> bool:
    return rng.random() < 0.5


def sides(rng: random.Random, rank: int, top: int = 3) -> Any:
    if flip(rng):
        return rng.randint(1, top)
    return tuple(rng.randint(1, top) for _ in range(rank))


def window(rng: random.Random, rank: int, top: int = 3) -> dict[str, Any]:
    """A kernel with a stride or a dilation, never both."""
    found: dict[str, Any] = {"kernel_size": sides(rng, rank, top)}
    if flip(rng):
        found["strides"] = rng.randint(1, 3) if rank > 1 else sides(rng, 1)
    elif flip(rng):
        found["dilation_rate"] = 2
    found["padding"] = rng.choice(["valid", "same"])
    return found


def conv(rank: int) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        options = window(rng, rank)
        if rank == 1 and flip(rng):
            options["padding"] = "causal"
        options |= {"groups": rng.choice([1, 2]), "use_bias": flip(rng)}
        options["activation"] = rng.choice([None, "relu", "gelu", "softmax", "softsign"])
        return one(OF_RANK[rank], getattr(layers, f"Conv{rank}D")(8, **options))

    return draw


def depthwise(rank: int) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        options = window(rng, rank)
        options |= {"depth_multiplier": rng.randint(1, 3), "use_bias": flip(rng)}
        kind = rng.choice(["DepthwiseConv", "SeparableConv"])
        first = (5,) if kind == "SeparableConv" else ()
        return one(OF_RANK[rank], getattr(layers, f"{kind}{rank}D")(*first, **options))

    return draw


def transposed(rank: int) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        options: dict[str, Any] = {"kernel_size": rng.randint(1, 4), "strides": rng.randint(1, 3)}
        options |= {"padding": rng.choice(["valid", "same"]), "use_bias": flip(rng)}
        if options["strides"] > 1 and flip(rng):
            options["output_padding"] = rng.randint(0, options["strides"] - 1)
        return one(OF_RANK[rank], getattr(layers, f"Conv{rank}DTranspose")(5, **options))

    return draw


def pool(rank: int, way: str) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        options: dict[str, Any] = {"pool_size": sides(rng, rank)}
        options["padding"] = rng.choice(["valid", "same"])
        if flip(rng):
            options["strides"] = sides(rng, rank)
        return one(OF_RANK[rank], getattr(layers, f"{way}Pooling{rank}D")(**options))

    return draw


def global_pool(rank: int, way: str) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        kind = getattr(layers, f"Global{way}Pooling{rank}D")
        return one(OF_RANK[rank], kind(keepdims=flip(rng)))

    return draw


def adaptive_pool(rank: int, way: str) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        kind = getattr(layers, f"Adaptive{way}Pooling{rank}D")
        return one(OF_RANK[rank], kind(sides(rng, rank)))

    return draw


def edges(rank: int, kind: str, key: str) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        value: Any = rng.randint(0, 2)
        if flip(rng):
            pairs = [(rng.randint(0, 2), rng.randint(0, 2)) for _ in range(rank)]
            value = tuple(pairs) if rank > 1 else pairs[0]
        return one(OF_RANK[rank], getattr(layers, f"{kind}{rank}D")(**{key: value}))

    return draw


def larger(rank: int) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        size = rng.randint(1, 3) if rank == 1 else sides(rng, rank)
        more = {"interpolation": rng.choice(["nearest", "bilinear"])} if rank == 2 else {}
        return one(OF_RANK[rank], getattr(layers, f"UpSampling{rank}D")(size, **more))

    return draw


def any_shape(rng: random.Random) -> tuple[int, ...]:
    return rng.choice([(7,), SEQUENCE, MAP, VOLUME])


def norm(kind: str) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        shape = any_shape(rng) if kind != "GroupNormalization" else rng.choice([SEQUENCE, MAP])
        axis: Any = rng.choice([-1, rng.randint(1, len(shape))])
        options: dict[str, Any] = {}
        if kind in ("LayerNormalization", "UnitNormalization", "RMSNormalization") and flip(rng):
            axis = list(range(1, len(shape) + 1))
        if kind not in ("UnitNormalization", "RMSNormalization"):
            options = {"scale": flip(rng), "center": flip(rng)}
        if kind == "GroupNormalization":
            axis, options["groups"] = -1, rng.choice([1, 2, -1])
        if kind == "LayerNormalization" and rng.random() < 0.2:
            options["rms_scaling"] = True
        return one(shape, getattr(layers, kind)(axis=axis, **options))

    return draw


def recurrent(rng: random.Random, **more: Any) -> Any:
    kind = rng.choice(["LSTM", "GRU", "SimpleRNN"])
    options: dict[str, Any] = {"use_bias": flip(rng), "return_sequences": flip(rng), **more}
    if kind == "GRU":
        options["reset_after"] = flip(rng)
    if rng.random() < 0.2:
        options["activation"] = "relu"
    if rng.random() < 0.2 and "return_state" not in more:
        options["go_backwards"] = True
    return getattr(layers, kind)(rng.randint(2, 7), **options)


def plain_recurrent(rng: random.Random) -> Drawn:
    return one(SEQUENCE, recurrent(rng))


def states(rng: random.Random) -> Drawn:
    layer = recurrent(rng, return_state=True, return_sequences=True)
    other = type(layer)(layer.units, return_sequences=flip(rng))

    def call(inputs: list[Any]) -> Any:
        whole, *last = layer(inputs[0])
        return [other(whole, initial_state=last), *last]

    return [SEQUENCE], call


def cells(rng: random.Random) -> Drawn:
    kinds = rng.choices(["LSTMCell", "GRUCell", "SimpleRNNCell"], k=rng.randint(1, 3))
    found = [getattr(layers, kind)(rng.randint(2, 6)) for kind in kinds]
    cell = found[0] if len(found) == 1 else layers.StackedRNNCells(found)
    return one(SEQUENCE, layers.RNN(cell, return_sequences=flip(rng)))


def both_ways(rng: random.Random) -> Drawn:
    mode = rng.choice(["concat", "sum", "mul", "ave", None])
    layer = recurrent(rng, go_backwards=False)
    return one(SEQUENCE, layers.Bidirectional(layer, merge_mode=mode))


def both_ways_states(rng: random.Random) -> Drawn:
    layer = recurrent(rng, go_backwards=False, return_state=True)
    return one(SEQUENCE, layers.Bidirectional(layer))


def conv_lstm(rank: int) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        options = {"padding": rng.choice(["valid", "same"]), "strides": rng.randint(1, 2)}
        options |= {"return_sequences": flip(rng), "use_bias": flip(rng)}
        kind = getattr(layers, f"ConvLSTM{rank}D")
        small = {1: (8, 3), 2: (6, 7, 3), 3: (5, 5, 6, 2)}[rank]
        return one((4, *small), kind(rng.randint(2, 5), rng.randint(1, 3), **options))

    return draw


def each_step(rng: random.Random) -> Drawn:
    inner, shape = rng.choice([
        (lambda: layers.Dense(5, activation="relu"), SEQUENCE),
        (lambda: layers.Conv2D(5, 3, padding="same"), (4, *MAP)),
        (lambda: layers.Conv1D(5, 3), (4, *SEQUENCE)),
        (lambda: layers.MaxPooling2D(2), (4, *MAP)),
        (lambda: layers.Flatten(), (4, *MAP)),
        (lambda: layers.GlobalAveragePooling2D(), (4, *MAP)),
        (lambda: layers.LSTM(5), (4, *SEQUENCE)),
        (lambda: layers.BatchNormalization(), (4, *SEQUENCE)),
        (lambda: layers.LayerNormalization(), (4, *MAP)),
        (lambda: layers.Embedding(20, 5), (4, 9)),
        (lambda: layers.DepthwiseConv2D(3), (4, *MAP)),
        (lambda: layers.Conv2DTranspose(5, 3, strides=2), (4, *MAP)),
        (lambda: layers.ZeroPadding2D(1), (4, *MAP)),
        (lambda: layers.UpSampling2D(2), (4, *MAP)),
        (lambda: layers.Reshape((9, 40)), (4, *MAP)),
        (lambda: layers.Permute((2, 1, 3)), (4, *MAP)),
        (lambda: layers.Conv3D(5, 3), (4, *VOLUME)),
        (lambda: layers.Bidirectional(layers.LSTM(3)), (4, *SEQUENCE)),
        (lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 5)), (4, *SEQUENCE)),
        (lambda: layers.PReLU(shared_axes=[1, 2]), (4, *MAP)),
        (lambda: layers.Dropout(0.3), (4, *MAP)),
        (lambda: layers.Softmax(axis=1), (4, *SEQUENCE)),
        (lambda: inner_model(), (4, *MAP)),
    ])  # fmt: skip
    return one(shape, layers.TimeDistributed(inner()))


def inner_model() -> Any:
    begin = Input(MAP)
    value = layers.Conv2D(4, 3, activation="relu")(begin)
    value = layers.add([value, layers.BatchNormalization()(value)])
    return Model(begin, layers.Dense(3)(layers.GlobalMaxPooling2D()(value)))


def spectral(rng: random.Random) -> Drawn:
    inner, shape = rng.choice([
        (lambda: layers.Conv2D(5, 3), MAP), (lambda: layers.Dense(5), (7,)),
        (lambda: layers.Conv1D(5, 3), SEQUENCE), (lambda: layers.Conv2DTranspose(5, 3), MAP),
    ])  # fmt: skip
    return one(shape, layers.SpectralNormalization(inner()))


def einsum(rng: random.Random) -> Drawn:
    equation, out, bias, shape = rng.choice([
        ("abc,cd->abd", (None, 5), "d", SEQUENCE), ("abc,bd->adc", (7, None), "d", SEQUENCE),
        ("...x,xy->...y", (5,), "y", (9, 9, 4)), ("abc,cde->abde", (None, 2, 3), "de", SEQUENCE),
        ("ab,bc->ac", (5,), None, (7,)), ("abcd,cde->abe", (None, 5), "e", MAP),
        ("ab...,bc->ac...", (5,), None, MAP),
    ])  # fmt: skip
    out = out[-1:] if equation.startswith("...") else out
    return one(shape, layers.EinsumDense(equation, output_shape=out, bias_axes=bias))


def heads(rng: random.Random) -> Drawn:
    options: dict[str, Any] = {"num_heads": rng.randint(1, 3), "key_dim": rng.randint(2, 4)}
    options["use_bias"] = flip(rng)
    if rng.random() < 0.3:
        options["value_dim"] = rng.randint(2, 5)
    if rng.random() < 0.3:
        options["output_shape"] = rng.randint(2, 9)
    shape = rng.choice([SEQUENCE, SEQUENCE, (3, 4, 6)])
    if shape != SEQUENCE and flip(rng):
        options["attention_axes"] = (2,)
    layer = layers.MultiHeadAttention(**options)
    ways = ["self", "cross", "three"]  # of maps Keras states other scores than it gives
    way = rng.choice([*ways, "scores"] if shape == SEQUENCE else ways)
    if way == "self":
        return [shape], lambda inputs: layer(inputs[0], inputs[0])
    if way == "scores":
        return [shape], lambda inputs: list(
            layer(inputs[0], inputs[0], return_attention_scores=True)
        )
    if way == "cross":
        memory = shape if len(shape) > 2 else (5, 8)
        return [shape, memory], lambda inputs: layer(inputs[0], inputs[1])
    memory = shape if len(shape) > 2 else (5, 8)
    return [shape, memory, memory], lambda inputs: layer(inputs[0], inputs[1], key=inputs[2])


def grouped(rng: random.Random) -> Drawn:
    keys = rng.randint(1, 3)
    gate = {"use_gate": True} if flip(rng) else {}
    layer = layers.GroupQueryAttention(
        rng.randint(2, 4), keys * rng.randint(1, 2), keys, use_bias=flip(rng), **gate
    )
    return [SEQUENCE], lambda inputs: layer(inputs[0], inputs[0])


def dot_attention(rng: random.Random) -> Drawn:
    kind = rng.choice([layers.Attention, layers.AdditiveAttention])
    options: dict[str, Any] = {"use_scale": flip(rng)}
    if kind is layers.Attention and flip(rng):
        options["score_mode"] = "concat"
    layer = kind(**options)
    if flip(rng):
        return [SEQUENCE], lambda inputs: layer([inputs[0], inputs[0]])
    return [SEQUENCE, (5, 6)], lambda inputs: layer([inputs[0], inputs[1]])


def merged(kind: str) -> Draw:
    def draw(rng: random.Random) -> Drawn:
        shape = any_shape(rng)
        if kind == "Subtract":
            return many([shape, shape], layers.Subtract())
        other = shape
        if len(shape) > 1 and flip(rng):
            other = (*(1 for _ in shape[:-1]), shape[-1])
        count = rng.randint(1, 2)
        return many([shape, *[other] * count], getattr(layers, kind)())

    return draw


def concat(rng: random.Random) -> Drawn:
    shape = any_shape(rng)
    axis = rng.choice([-1, rng.randint(1, len(shape))])
    other = list(shape)
    other[axis - 1 if axis > 0 else axis] += rng.randint(0, 2)
    return many([shape, tuple(other)], layers.Concatenate(axis=axis))


def dot(rng: random.Random) -> Drawn:
    shapes, axes = rng.choice([
        ([(5,), (5,)], 1), ([(4, 6), (3, 6)], 2), ([(4, 6), (4, 7)], 1), ([(4, 6), (6,)], (2, 1)),
    ])  # fmt: skip
    return many(list(shapes), layers.Dot(axes=axes))


def activation(rng: random.Random) -> Drawn:
    kind = rng.choice([
        lambda: layers.ReLU(rng.choice([None, 6.0, 3.0]), rng.choice([0.0, 0.1]),
                            rng.choice([0.0, 0.5])),
        lambda: layers.LeakyReLU(), lambda: layers.ELU(), lambda: layers.Softmax(),
        lambda: layers.PReLU(),
        lambda: layers.Activation(rng.choice(["relu", "swish", "exponential", "mish", "celu"])),
    ])  # fmt: skip
    return one(any_shape(rng), kind())


def prelu(rng: random.Random) -> Drawn:
    shape = any_shape(rng)
    shared = sorted(rng.sample(range(1, len(shape) + 1), rng.randint(0, len(shape))))
    return one(shape, layers.PReLU(shared_axes=shared or None))


def dense(rng: random.Random) -> Drawn:
    shape = rng.choice([any_shape(rng), (2, 3, 4, 5, 6)])
    return one(shape, layers.Dense(rng.randint(1, 9), use_bias=flip(rng)))


def embedding(rng: random.Random) -> Drawn:
    shape = rng.choice([(), (9,), (4, 9)])
    return one(shape, layers.Embedding(20, rng.randint(1, 6), mask_zero=flip(rng)))


def reversible(rng: random.Random) -> Drawn:
    layer = layers.ReversibleEmbedding(20, 6, tie_weights=flip(rng))
    return [(9,)], lambda inputs: layer(layers.Dense(6)(layer(inputs[0])), reverse=True)


def plain(kind: str, shape: tuple[int, ...], **options: Any) -> Draw:
    return lambda rng: one(shape, getattr(layers, kind)(**options))


def normalisation(rng: random.Random) -> Drawn:
    if flip(rng):
        return one(MAP, layers.Normalization(mean=[0.5] * 4, variance=[2.0] * 4))
    return one(MAP, layers.Normalization(axis=rng.choice([-1, None, 1])))


def flattened(rng: random.Random) -> Drawn:
    first = {"data_format": "channels_first"} if flip(rng) else {}
    return one(any_shape(rng), layers.Flatten(**first))


def permuted(rng: random.Random) -> Drawn:
    shape = rng.choice([SEQUENCE, MAP])
    order = list(range(1, len(shape) + 1))
    rng.shuffle(order)
    return one(shape, layers.Permute(tuple(order)))


RANKS = (1, 2, 3)
WAYS = ("Average", "Max")
CASES: dict[str, Draw] = {
    **{f"Conv{rank}D": conv(rank) for rank in RANKS},
    **{f"DepthwiseConv{rank}D": depthwise(rank) for rank in (1, 2)},
    **{f"Conv{rank}DTranspose": transposed(rank) for rank in RANKS},
    **{f"{way}Pooling{rank}D": pool(rank, way) for way in WAYS for rank in RANKS},
    **{f"Global{way}Pooling{rank}D": global_pool(rank, way) for way in WAYS for rank in RANKS},
    **{f"Adaptive{way}Pooling{rank}D": adaptive_pool(rank, way) for way in WAYS for rank in RANKS},
    **{f"ZeroPadding{rank}D": edges(rank, "ZeroPadding", "padding") for rank in RANKS},
    **{f"Cropping{rank}D": edges(rank, "Cropping", "cropping") for rank in RANKS},
    **{f"UpSampling{rank}D": larger(rank) for rank in RANKS},
    **{kind: norm(kind) for kind in (
        "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
        "UnitNormalization")},
    "LSTM": plain_recurrent, "states": states, "RNN": cells, "Bidirectional": both_ways,
    "Bidirectional states": both_ways_states,
    **{f"ConvLSTM{rank}D": conv_lstm(rank) for rank in RANKS},
    "TimeDistributed": each_step, "SpectralNormalization": spectral, "EinsumDense": einsum,
    "MultiHeadAttention": heads, "GroupQueryAttention": grouped, "Attention": dot_attention,
    **{kind: merged(kind) for kind in (
        "Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")},
    "Concatenate": concat, "Dot": dot, "Activation": activation, "PReLU": prelu, "Dense": dense,
    "Embedding": embedding, "ReversibleEmbedding": reversible, "Flatten": flattened,
    "Permute": permuted, "Normalization": normalisation,
    "Reshape": plain("Reshape", MAP, target_shape=(9, -1)),
    "RepeatVector": plain("RepeatVector", (7,), n=3), "Masking": plain("Masking", SEQUENCE),
    "Rescaling": plain("Rescaling", MAP, scale=0.1),
    "Resizing": plain("Resizing", MAP, height=5, width=6),
    "CenterCrop": plain("CenterCrop", MAP, height=5, width=6),
    "RandomCrop": plain("RandomCrop", MAP, height=5, width=6),
    "Identity": plain("Identity", MAP), "Dropout": plain("Dropout", MAP, rate=0.5),
    "SpatialDropout2D": plain("SpatialDropout2D", MAP, rate=0.5),
    "GaussianNoise": plain("GaussianNoise", MAP, stddev=0.1),
    "GaussianDropout": plain("GaussianDropout", MAP, rate=0.1),
    "AlphaDropout": plain("AlphaDropout", MAP, rate=0.1),
    "ActivityRegularization": plain("ActivityRegularization", MAP),
    "RandomFlip": plain("RandomFlip", MAP),
    "RandomRotation": plain("RandomRotation", MAP, factor=0.1),
    "CategoryEncoding": plain("CategoryEncoding", (7,), num_tokens=9),
    "Discretization": plain("Discretization", (7,), bin_boundaries=[0.0, 1.0]),
    "MelSpectrogram": plain("MelSpectrogram", (16000,)),
    "STFTSpectrogram": plain("STFTSpectrogram", (16000, 1)),
    "Lambda": lambda rng: one(MAP, layers.Lambda(lambda x: x * 2)),
    "AugMix": plain("AugMix", MAP), "Solarization": plain("Solarization", MAP),
    "Softmax": lambda rng: one(SEQUENCE, layers.Softmax(axis=rng.choice([-1, 1]))),
}  # fmt: skip


def behind(value: Any, rng: random.Random) -> Any:
    """A layer that any value can go into."""
    rank = len(value.shape)
    return rng.choice([
        lambda: layers.Dense(3)(value),
        lambda: layers.Activation("relu")(value),
        lambda: layers.Dropout(0.2)(value),
        lambda: layers.LayerNormalization()(value) if rank > 1 else value,
        lambda: layers.BatchNormalization()(value),
        lambda: layers.Flatten()(value),
    ])()  # fmt: skip


def models(name: str, rng: random.Random, longer: bool) -> Iterator[Any]:
    """A functional model of a row, alone or between other layers; and a Sequential of it."""
    shapes, call = CASES[name](rng)
    whole = name in ("Embedding", "ReversibleEmbedding") or (
        name == "TimeDistributed" and shapes[0] == (4, 9)
    )
    inputs = [Input(shape) for shape in shapes]
    values = inputs
    if longer and not whole and name not in ("MelSpectrogram", "STFTSpectrogram"):
        values = [layers.Activation("tanh")(layers.Dense(one.shape[-1])(one)) for one in inputs]
    found = call(values)
    found = found if isinstance(found, list | tuple) else [found]
    if longer:
        found = [behind(one, rng) for one in found]
    model = Model(inputs, list(found) if len(found) > 1 else found[0])
    if rng.random() < 0.2:
        some = [one for one in model.layers if one.weights]
        if some:
            rng.choice(some).trainable = False
    yield model
    alone = [one for one in model.layers if one.__class__.__name__ != "InputLayer"]
    if len(inputs) == len(found) == len(alone) == 1:
        nodes = alone[0]._inbound_nodes
        if len(nodes) == 1 and len(nodes[0].input_tensors) == 1:
            yield Sequential([Input(shapes[0]), alone[0]])
