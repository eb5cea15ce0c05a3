"""The layer kinds: one table row each, with all that the program knows about a kind.

Spec reader, analysis, layout, manual and schema read these tables; a new kind is a new row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archviz.network import counts, rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archviz.network.counts import MacRule, WeightRule
    from archviz.network.model import Layer, Shape
    from archviz.network.rules import JoinRule, ShapeRule

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
    "layer-norm": Badge("L", "layer normalisation", "function", (2, 0)),
    "layer-norm-unscaled": Badge("L", "layer normalisation without scale", "function", (1, 0)),
    "group-norm": Badge("Gn", "group normalisation", "function", (2, 0)),
    "instance-norm": Badge("In", "instance normalisation", "function", (2, 0)),
    "layer-norm-plain": Badge("L", "layer normalisation without weights", "function"),
    "instance-norm-plain": Badge("In", "instance normalisation without weights", "function"),
    "rms-norm": Badge("Rm", "root mean square normalisation", "function", (1, 0)),
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


def _activation_weights(layer: Layer, shape: Shape) -> tuple[int, int]:
    return ACTIVATIONS[layer.kind].weights[0] * shape[-1], 0


# ---- the table ------------------------------------------------------------------------------


class Kind(NamedTuple):
    """One kind of layer: how it looks, what it accepts, and what it counts."""

    name: str
    role: str
    """Colour role in a theme."""
    label: str
    """Text in the box; ``{kernel}`` stands for the kernel size."""
    title: str
    about: str
    glyph: str = "box"
    options: tuple[str, ...] = ()
    """Accepted options; ``main`` is the one that a bare number in the shorthand sets."""
    main: str = ""
    required: tuple[str, ...] = ()
    badge: str = ""
    """Text of the circle, for an activation or a norm that is a layer of its own."""
    drawn: bool = True
    depth: int = 1
    shape: ShapeRule = rules.same_shape
    weights: WeightRule = counts.no_weights
    macs: MacRule = counts.no_macs
    join: JoinRule | None = None
    """Set for merges: the shape from those of all inputs, named for messages."""
    takes: tuple[str, ...] = ()
    """Options that name a further value that it takes; the rules get their shapes in this order."""
    gives: tuple[str, ...] = ()
    """Options that name a further value that it gives."""


_POST = ("bias", "norm", "act")
_POOL = ("kernel", "stride", "pad", "ceil")
_STATED = ("shape", "weights", "macs", "norm", "act")


def _conv(
    name: str,
    label: str,
    title: str,
    about: str,
    main: str,
    extra: tuple[str, ...],
    shape: ShapeRule,
    weights: WeightRule,
    macs: MacRule,
) -> Kind:
    required = ("kernel",) if main == "multiplier" else ("kernel", "filters")
    options = (main, "kernel", "stride", "pad", *extra, *_POST)
    return Kind(
        name,
        "conv",
        label,
        title,
        about,
        "box",
        options,
        main,
        required,
        shape=shape,
        weights=weights,
        macs=macs,
    )


def _pool(name: str, label: str, about: str) -> Kind:
    title = label.removesuffix(" {kernel}").replace("max-pool", "max pooling")
    title = title.replace("avg-pool", "average pooling")
    if name.startswith("global"):
        return Kind(name, "pool", label, title, about, shape=rules.global_shape)
    return Kind(
        name, "pool", label, title, about, "box", _POOL, "", ("kernel",), shape=rules.pool_shape
    )


def _merge(name: str, about: str, join: JoinRule, main: str = "") -> Kind:
    options = (main, "norm", "act") if main else ("norm", "act")
    label = name.replace("-", " ")
    return Kind(name, "merge", label, label, about, options=options, main=main, join=join)


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


def _stated(name: str, role: str, title: str, about: str) -> Kind:
    return Kind(
        name,
        role,
        title,
        title,
        about,
        options=_STATED,
        shape=rules.given_shape,
        weights=counts.stated_weights,
        macs=counts.stated_macs,
    )


def _other(
    name: str, about: str, shape: ShapeRule, main: str = "", drawn: bool = False, title: str = ""
) -> Kind:
    options = (main,) if main else ()
    required = options if main != "rate" else ()
    return Kind(
        name,
        "other",
        name,
        title or name,
        about,
        "box",
        options,
        main,
        required,
        drawn=drawn,
        shape=shape,
    )


_ROWS = (
    Kind("input", "input", "input", "input", "an input, `HxWxC` or `N`; first in a network",
         options=("shape",), main="shape", required=("shape",), shape=rules.input_shape),
    _conv("conv", "conv {kernel}", "convolution", "convolution: kernel, then filters", "filters",
          ("dilation", "groups"), rules.conv_shape, counts.conv_weights, counts.conv_macs),
    _conv("sep-conv", "conv sep {kernel}", "depthwise separable convolution",
          "depthwise, then pointwise convolution, as one layer", "filters",
          ("dilation", "multiplier"), rules.sep_shape, counts.sep_weights, counts.sep_macs),
    _conv("depthwise-conv", "conv dw {kernel}", "depthwise convolution",
          "one convolution a channel", "multiplier", ("dilation",),
          rules.depthwise_shape, counts.depthwise_weights, counts.depthwise_macs),
    _conv("conv-transpose", "conv T {kernel}", "transposed convolution",
          "transposed convolution, enlarges the map", "filters", ("groups",),
          rules.transpose_shape, counts.conv_weights, counts.transpose_macs),
    Kind("dense", "dense", "dense", "dense layer", "fully connected layer: units, on a vector",
         "bar", ("units", *_POST), "units", ("units",), shape=rules.dense_shape,
         weights=counts.dense_weights, macs=counts.dense_macs),
    _pool("max-pool", "max-pool {kernel}", "largest value under a kernel; stride = kernel"),
    _pool("avg-pool", "avg-pool {kernel}", "mean value under a kernel; stride = kernel"),
    _pool("global-avg-pool", "global avg-pool", "mean of each channel: a map becomes a vector"),
    _pool("global-max-pool", "global max-pool", "maximum of each channel: a map becomes a vector"),
    _merge("concat", "channels of all inputs, one after another", rules.concat),
    _merge("add", "sum of equal shapes", rules.equal),
    _merge("scaled-add", "x + scale·f(x), one layer", rules.equal, "scale"),
    _merge("multiply", "product of equal shapes, or of a map and one value a channel", rules.gate),
    *(_activation(name, badge) for name, badge in ACTIVATIONS.items()),
    *(_norm(name, badge) for name, badge in NORMS.items()),
    _other("upsample", "repeats rows and columns: factor", rules.upsample_shape, "factor", True,
           "upsampling"),
    _other("pixel-shuffle", "channels become blocks of the map, factor times as high and as wide",
           rules.shuffled_shape, "factor", True, "pixel shuffle"),
    _other("channel-shuffle", "channels of all groups take turns: groups",
           rules.regrouped_shape, "groups", True, "channel shuffle"),
    _other("flatten", "a map becomes a vector", rules.flatten_shape),
    _other("dropout", "dropout: rate", rules.same_shape, "rate"),
    _other("lrn", "local response normalisation", rules.map_shape,
           title="local response normalisation"),
    _other("zero-pad", "zeros round the map: `pad=N`, `pad=HxW` or `pad=T,B,L,R`", rules.pad_shape,
           "pad", title="zero padding"),
    _other("reshape", "the same values in another shape, `HxWxC`, `LxN` or `N`",
           rules.stated_shape, "shape"),
    Kind("attention", "dense", "attention", "multi-head self-attention",
         "self-attention of a sequence with its four projections: heads; `width` of all heads",
         options=("heads", "width", "bias"), main="heads", required=("heads",),
         shape=rules.sequence_shape, weights=counts.attention_weights, macs=counts.attention_macs),
    Kind("embedding", "dense", "embedding", "embedding", "a learned row of `width` for each word",
         options=("width", "words"), main="width", required=("width", "words"),
         shape=rules.embedding_shape, weights=counts.embedding_weights),
    Kind("position", "other", "position", "learned positions",
         "adds a learned number to each value",
         weights=counts.position_weights),
    Kind("class-token", "other", "class token", "class token",
         "puts learned rows before a sequence: how many", options=("tokens",), main="tokens",
         shape=rules.token_shape, weights=counts.token_weights),
    Kind("select", "other", "select", "select", "the first row of a sequence, a vector",
         drawn=False, shape=rules.select_shape),
    Kind("scale", "other", "scale", "scale", "a learned factor for each channel", drawn=False,
         weights=counts.scale_weights),
    _other("slice", "a part of the input, of the stated shape", rules.given_shape, "shape", True),
    _stated("conv-3d", "conv", "3-D convolution", "convolution of a volume, named by `label`"),
    _stated("pool-3d", "pool", "3-D pooling", "pooling of a volume, named by `label`"),
    _stated("recurrent", "dense", "recurrent", "LSTM, GRU and the like, named by `label`"),
    _stated("other-attention", "dense", "attention", "attention of other kinds, named by `label`"),
    _stated("op", "other", "op", "any other operator, named by `label`"),
    Kind("op-merge", "merge", "op", "operator", "any other operator of several inputs",
         options=_STATED, weights=counts.stated_weights, macs=counts.stated_macs,
         join=rules.any_shapes),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ROWS}
STATED = frozenset(kind.name for kind in _ROWS if "weights" in kind.options)
"""Kinds that state what they count, and are what their label says."""

OPENABLE = ("attention",)
"""Kinds of layers of which a panel can show the inside."""
