"""The layer kinds: one table row each, with all that the program knows about a kind.

Spec reader, analysis, layout, manual and schema read these tables; a new kind is a new row.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

from archviz.network import counts, merges, rules, sequences, windows
from archviz.network.kind import Kind, Trait, counted, merge, other, stated, windowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archviz.network.model import Layer, Shape

# ---- norms and activations -----------------------------------------------------------------


class Badge(NamedTuple):
    """A norm or an activation: the text in its circle, its title, its theme role.

    ``weights``: trainable and non-trainable numbers per channel.
    """

    text: str
    title: str
    role: str
    weights: tuple[int, int] = (0, 0)


NORMS: Mapping[str, Badge] = {
    "batch-norm": Badge("B", "batch normalisation", "function", (2, 2)),
    "batch-norm-unscaled": Badge("B", "batch normalisation without scale", "function", (1, 2)),
    "batch-norm-plain": Badge("B", "batch normalisation without weights", "function", (0, 2)),
    "batch-norm-frozen": Badge("B", "batch normalisation, frozen", "function", (0, 4)),
    "batch-norm-unshifted": Badge("B", "batch normalisation without shift", "function", (1, 2)),
    "layer-norm": Badge("L", "layer normalisation", "function", (2, 0)),
    "layer-norm-unscaled": Badge("L", "layer normalisation without scale", "function", (1, 0)),
    "layer-norm-unshifted": Badge("L", "layer normalisation without shift", "function", (1, 0)),
    "group-norm": Badge("Gn", "group normalisation", "function", (2, 0)),
    "group-norm-unscaled": Badge("Gn", "group normalisation without scale", "function", (1, 0)),
    "group-norm-unshifted": Badge("Gn", "group normalisation without shift", "function", (1, 0)),
    "group-norm-plain": Badge("Gn", "group normalisation without weights", "function"),
    "instance-norm": Badge("In", "instance normalisation", "function", (2, 0)),
    "layer-norm-plain": Badge("L", "layer normalisation without weights", "function"),
    "instance-norm-plain": Badge("In", "instance normalisation without weights", "function"),
    "rms-norm": Badge("Rm", "root mean square normalisation", "function", (1, 0)),
    "weight-norm": Badge("W", "weight normalisation", "function", (1, 0)),
}
ACTIVATIONS: Mapping[str, Badge] = {
    "relu": Badge("R", "ReLU", "activation"),
    "tanh": Badge("T", "tanh", "activation"),
    "softmax": Badge("S", "softmax", "function"),
    "sigmoid": Badge("σ", "sigmoid", "activation"),
    "gelu": Badge("G", "GELU", "activation"),
    "silu": Badge("Sw", "SiLU (swish)", "activation"),
    "hard-swish": Badge("hS", "hard swish", "activation"),
    "hard-sigmoid": Badge("hσ", "hard sigmoid", "activation"),
    "relu6": Badge("R6", "ReLU6", "activation"),
    "leaky-relu": Badge("LR", "leaky ReLU", "activation"),
    "prelu": Badge("PR", "parametric ReLU", "activation", (1, 0)),
    "elu": Badge("E", "ELU", "activation"),
    "selu": Badge("SE", "SELU", "activation"),
    "mish": Badge("M", "mish", "activation"),
    "quick-gelu": Badge("qG", "quick GELU", "activation"),
    "softplus": Badge("S+", "softplus", "activation"),
    "log-softmax": Badge("lS", "log softmax", "function"),
}


def _norm_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    trainable, moving = NORMS[layer.kind].weights
    return trainable * shape[-1], moving * shape[-1]


def _attention_weights(layer: Layer, shape: Shape, *named: Shape) -> tuple[int, int]:
    trainable, moving = sequences.attention_weights(layer, shape, *named)
    if layer.qk_norm in NORMS:
        queries, keys = sequences.widths(layer, shape[-1])
        width = queries + keys if layer.qk_whole else 2 * queries // layer.count
        own, fixed = NORMS[layer.qk_norm].weights
        return trainable + own * width, moving + fixed * width
    return trainable, moving


def _activation_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    return ACTIVATIONS[layer.kind].weights[0] * shape[-1], 0


# ---- what boxes say --------------------------------------------------------------------------


def _window(layer: Layer) -> str:
    """A window of a map as its sides, where its relative positions say that it is square."""
    side = isqrt(layer.window)
    square = side**2 == layer.window and layer.relative == (2 * side - 1) ** 2
    return f"window {side}×{side}" if square else f"window {layer.window}"


def _attention_words(layer: Layer) -> tuple[str, tuple[Trait, ...]]:
    label, heads, keys = "attention", layer.count, layer.kv_heads or layer.count
    if keys < heads:
        label = "multi-query attention" if keys == 1 else "grouped-query attention"
    if layer.takes:
        label = label.replace("attention", "cross-attention")
    width, normed = layer.head_width or layer.filters // heads, layer.qk_norm != "none"
    return ("causal " if layer.causal else "") + label, (
        Trait("heads", counted(heads, "head") + (f" of {width}" if width else "")),
        Trait("keys", counted(keys, "key head"), keys == heads),
        Trait("window", _window(layer) if layer.window else "no window", not layer.window),
        Trait(
            "relative",
            "relative bias" if layer.relative else "no relative bias",
            not layer.relative,
        ),
        Trait("rotary", "rotary" if layer.rotary else "not rotary", not layer.rotary),
        Trait("qk-norm", "QK norm" if normed else "no QK norm", not normed),
    )


_GATED = {"silu": "SwiGLU", "gelu": "GEGLU", "relu": "ReGLU", "sigmoid": "GLU", "none": "bilinear"}


def _inner_words(layer: Layer) -> tuple[Trait, ...]:
    act = layer.activation
    text = ACTIVATIONS[act].title if act in ACTIVATIONS else "linear"
    if layer.gated:
        text = _GATED.get(act, f"gated {text}")
    return Trait("inner", f"{layer.filters}"), Trait("act", text)


def _feed_forward_words(layer: Layer) -> tuple[str, tuple[Trait, ...]]:
    return "feed-forward", _inner_words(layer)


def _experts_words(layer: Layer) -> tuple[str, tuple[Trait, ...]]:
    return f"{layer.active} of {layer.count} experts", _inner_words(layer)


def _recurrent_words(layer: Layer) -> tuple[str, tuple[Trait, ...]]:
    label = ("bidirectional " if layer.bidirectional else "") + layer.kind.upper()
    last = Trait("last", "last state" if layer.last else "all states", not layer.last)
    return label, (Trait("units", f"{layer.filters}"), last)


def _token_words(layer: Layer) -> tuple[str, tuple[Trait, ...]]:
    return "class token" if layer.count == 1 else f"{layer.count} class tokens", ()


# ---- the table ------------------------------------------------------------------------------


def _activation(name: str, badge: Badge) -> Kind:
    about = "per channel one weight" if badge.weights[0] else "on its own, before a layer"
    return Kind(
        name,
        "activation",
        badge.title,
        badge.title,
        f"{badge.title}, {about}",
        "circle",
        badge=badge.text,
        weights=_activation_weights,
    )


def _norm(name: str, badge: Badge) -> Kind:
    return Kind(
        name,
        "norm",
        f"{name.partition('-')[0]} norm",
        badge.title,
        f"{badge.title}, on its own",
        "circle",
        badge=badge.text,
        weights=_norm_weights,
    )


_POST = ("bias", "norm", "act")
_WINDOW = ("kernel", "stride", "pad")
_FEED = ("inner", "act", "gated", "bias", "norm")


def _recurrent(name: str, title: str, about: str, *more: str) -> Kind:
    options = ("units", "bidirectional", "last", "state", "last-state", "bias", "biases", *more)
    return Kind(
        name, "recurrent", name.upper(), title, about, "box", (*options, "norm"), "units",
        ("units",), shape=sequences.recurrent_shape, weights=sequences.recurrent_weights,
        macs=sequences.recurrent_macs, takes=("state",), gives=("last-state",),
        words=_recurrent_words,
    )  # fmt: skip


_ROWS = (
    Kind("input", "input", "input", "input", "an input, `HxWxC` or `N`; first in a network",
         options=("shape",), main="shape", required=("shape",), shape=rules.input_shape,
         begins=True),
    *windowed(Kind(
        "conv", "conv", "conv {kernel}", "convolution", "convolution: kernel, then filters",
        "box", ("filters", *_WINDOW, "dilation", "groups", *_POST), "filters",
        ("kernel", "filters"), shape=windows.conv_shape, weights=windows.conv_weights,
        macs=windows.conv_macs)),
    *windowed(Kind(
        "sep-conv", "conv", "conv sep {kernel}", "depthwise separable convolution",
        "depthwise, then pointwise convolution, as one layer",
        "box", ("filters", *_WINDOW, "dilation", "multiplier", *_POST), "filters",
        ("kernel", "filters"), shape=windows.sep_shape, weights=windows.sep_weights,
        macs=windows.sep_macs)),
    *windowed(Kind(
        "depthwise-conv", "conv", "conv dw {kernel}", "depthwise convolution",
        "one convolution a channel", "box", ("multiplier", *_WINDOW, "dilation", *_POST),
        "multiplier", ("kernel",), shape=windows.depthwise_shape,
        weights=windows.depthwise_weights, macs=windows.depthwise_macs)),
    *windowed(Kind(
        "conv-transpose", "conv", "conv T {kernel}", "transposed convolution",
        "transposed convolution, enlarges the map", "box",
        ("filters", *_WINDOW, "dilation", "groups", *_POST), "filters", ("kernel", "filters"),
        shape=windows.transpose_shape, weights=windows.conv_weights,
        macs=windows.transpose_macs)),
    Kind("dense", "dense", "dense", "dense layer", "fully connected layer: units, on a vector",
         "bar", ("units", *_POST), "units", ("units",), shape=rules.dense_shape,
         weights=counts.dense_weights, macs=counts.dense_macs),
    *windowed(Kind("max-pool", "pool", "max-pool {kernel}", "max pooling",
                   "largest value under a kernel; stride = kernel", "box", (*_WINDOW, "ceil"), "",
                   ("kernel",), shape=windows.pool_shape)),
    *windowed(Kind("avg-pool", "pool", "avg-pool {kernel}", "average pooling",
                   "mean value under a kernel; stride = kernel", "box", (*_WINDOW, "ceil"), "",
                   ("kernel",), shape=windows.pool_shape)),
    Kind("global-avg-pool", "pool", "global avg-pool", "global average pooling",
         "mean of each channel: a map becomes a vector", options=("keep",),
         shape=rules.global_shape),
    Kind("global-max-pool", "pool", "global max-pool", "global max pooling",
         "maximum of each channel: a map becomes a vector", options=("keep",),
         shape=rules.global_shape),
    merge("concat", "channels of all inputs, one after another", merges.concat),
    merge("append", "rows of all sequences, one after another", merges.append),
    merge("add", "sum of equal shapes, or of a map and one value a channel",
          merges.spread("add")),
    merge("scaled-add", "x + scale·f(x), one layer", merges.equal, "scale"),
    merge("multiply", "product of equal shapes, or of a map and one value a channel",
          merges.spread("multiply")),
    merge("mean", "mean of the inputs, value by value", merges.spread("mean")),
    merge("minimum", "smallest of the inputs, value by value", merges.spread("minimum")),
    merge("maximum", "largest of the inputs, value by value", merges.spread("maximum")),
    *(_activation(name, badge) for name, badge in ACTIVATIONS.items()),
    *(_norm(name, badge) for name, badge in NORMS.items()),
    other("upsample", "repeats rows and columns: factor", rules.upsample_shape, "factor", True,
          "upsampling"),
    Kind("max-unpool", "pool", "max-unpool", "max unpooling",
         "values back at the places that a max-pool took them from, zeros round them: factor; "
         "`from=NAME`, what that pooling gives", options=("factor", "from"), main="factor",
         required=("factor", "from"), shape=rules.unpooled_shape, takes=("from",)),
    other("pixel-shuffle", "channels become blocks of the map, factor times as high and as wide",
          rules.shuffled_shape, "factor", True, "pixel shuffle"),
    other("channel-shuffle", "channels of all groups take turns: groups",
          rules.regrouped_shape, "groups", True, "channel shuffle"),
    other("flatten", "a map becomes a vector", rules.flatten_shape),
    other("dropout", "dropout: rate", rules.same_shape, "rate"),
    other("lrn", "local response normalisation", rules.map_shape,
          title="local response normalisation"),
    Kind("zero-pad", "other", "zero-pad", "zero padding",
         "zeros round the map: `pad=N`, `pad=HxW`, `pad=T,B,L,R`, or up to the size of a value: "
         "`to=NAME`", options=("pad", "to"), main="pad", required=("pad/to",), drawn=False,
         shape=rules.pad_shape, takes=("to",)),
    Kind("crop", "other", "crop", "crop",
         "the middle of the map, `HxW`, or as large as a value: `to=NAME`",
         options=("size", "to"), main="size", required=("size/to",), shape=rules.crop_shape,
         takes=("to",)),
    other("reshape", "the same values in another shape, `HxWxC`, `LxN` or `N`",
          rules.stated_shape, "shape"),
    Kind("split", "other", "split", "split",
         "equal parts of the channels, with their names; the last one goes on",
         options=("parts",), main="parts", required=("parts",), shape=rules.split_shape,
         gives=("parts",)),
    Kind("attention", "attention", "attention", "multi-head attention",
         "attention of a sequence, or of the places of a map, with its four projections: heads",
         options=("heads", "kv-heads", "head-width", "width", "from", "causal", "window",
                  "relative", "rotary", "qk-norm", "qk-whole", "bias", "key-bias", "out-bias",
                  "norm"),
         main="heads", required=("heads",), shape=sequences.attention_shape,
         weights=_attention_weights, macs=sequences.attention_macs,
         products=sequences.attention_products, takes=("from",), words=_attention_words),
    Kind("feed-forward", "dense", "feed-forward", "feed-forward part",
         "two dense layers with an activation between them: features there; `gated`: the first "
         "twice, multiplied", options=_FEED, main="inner", required=("inner",), depth=2,
         shape=sequences.rows_shape, weights=sequences.feed_forward_weights,
         macs=sequences.feed_forward_macs, inside=True, words=_feed_forward_words),
    Kind("mixture-of-experts", "dense", "experts", "mixture of experts",
         "so many feed-forward parts, of which a router lets some be `active` for each row",
         options=("experts", "active", *_FEED), main="experts",
         required=("experts", "active", "inner"), depth=2, shape=sequences.experts_shape,
         weights=sequences.experts_weights, macs=sequences.experts_macs, inside=True,
         words=_experts_words),
    _recurrent("lstm", "long short-term memory", "LSTM: units; the sequence of its states"),
    _recurrent("gru", "gated recurrent units", "GRU: units; the sequence of its states",
               "reset-after"),
    _recurrent("rnn", "recurrent layer", "plain recurrent layer: units; its states"),
    Kind("embedding", "embedding", "embedding", "embedding",
         "a learned row of `width` for each word", options=("width", "words"), main="width",
         required=("width", "words"), shape=sequences.embedding_shape,
         weights=sequences.embedding_weights),
    Kind("position", "embedding", "position", "learned positions",
         "adds a learned number to each value; of a longer table: its `rows`", options=("rows",),
         main="rows", shape=sequences.position_shape, weights=sequences.position_weights),
    other("sinusoidal-position", "adds sines and cosines of each row's place, nothing learned",
          sequences.rows_shape, "", True, "sinusoidal positions")
    ._replace(role="embedding", label="sinusoidal positions"),
    other("sinusoidal-embedding", "sines and cosines of a number, such as a time step: features",
          sequences.waves_shape, "width", True, "sinusoidal embedding")
    ._replace(role="embedding", label="sinusoidal embedding"),
    Kind("class-token", "other", "class token", "class token",
         "puts learned rows before a sequence: how many", options=("tokens",), main="tokens",
         shape=sequences.token_shape, weights=sequences.token_weights, words=_token_words),
    Kind("select", "other", "select", "select", "the first row of a sequence, a vector; or its "
         "`last` one", options=("last",), drawn=False, shape=sequences.select_shape),
    Kind("matmul", "dense", "matmul", "matrix product",
         "a matrix, `from=NAME`, times the rows that come in", options=("from", "norm", "act"),
         required=("from",), shape=rules.matmul_shape, macs=counts.matmul_macs,
         products=counts.matmul_macs, takes=("from",)),
    Kind("learned", "other", "learned", "learned tensor",
         "learned values of the stated shape; nothing comes in", options=("shape",), main="shape",
         required=("shape",), shape=rules.input_shape, weights=counts.learned_weights,
         begins=True),
    Kind("constant", "other", "constant", "constant",
         "fixed values of the stated shape; nothing comes in", options=("shape",), main="shape",
         required=("shape",), shape=rules.input_shape, begins=True),
    Kind("scale", "other", "scale", "scale", "a learned factor for each channel", drawn=False,
         weights=counts.scale_weights),
    other("slice", "a part of the input, of the stated shape", rules.given_shape, "shape", True),
    stated("other-attention", "attention", "attention",
           "attention of other kinds, named by `label`"),
    stated("other-embedding", "embedding", "embedding",
           "embeddings of other kinds, named by `label`"),
    stated("other-recurrent", "recurrent", "recurrent layer",
           "recurrent layers of other kinds, named by `label`"),
    stated("other-conv", "conv", "convolution", "convolutions of other kinds, named by `label`"),
    stated("other-pool", "pool", "pooling", "poolings of other kinds, named by `label`"),
    stated("op", "other", "op", "any other operator, named by `label`"),
    Kind("op-merge", "merge", "op", "operator", "any other operator of several inputs",
         options=("shape", "weights", "macs", "norm", "act"), weights=counts.stated_weights,
         macs=counts.stated_macs, join=merges.any_shapes),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ROWS}
STATED = frozenset(kind.name for kind in _ROWS if "weights" in kind.options)
"""Kinds that state what they count, and are what their label says."""

OPENABLE = ("attention",)
"""Kinds of layers of which a panel can show the inside."""
