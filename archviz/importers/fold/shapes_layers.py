"""Shapes that products, norms, states, heads, losses and signals give."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, prod

from archviz.importers.fold.shapes_moves import Ask, Dims, Found, Rule, at, first_same, spread

# ---- products ---------------------------------------------------------------------------------


def multiplied(one: Dims, two: Dims) -> Dims:
    """The shape of a matrix product.

    Raises:
        ValueError: they do not go together.
    """
    left, right = one, two
    if len(one) == 1:
        left = (1, *one)
    if len(two) == 1:
        right = (*two, 1)
    if left[-1] != right[-2]:
        raise ValueError("shapes that do not go together")
    found = [*spread([left[:-2], right[:-2]])] if max(len(left), len(right)) > 2 else []
    rows = [left[-2]] if len(one) > 1 else []
    return (*found, *rows, *([right[-1]] if len(two) > 1 else []))


def matmul(ask: Ask) -> Found:
    """A matrix product."""
    return [multiplied(ask.shape(), ask.shape(1))]


def quantised_matmul(ask: Ask) -> Found:
    """A matrix product whose scales stand among its inputs."""
    return [multiplied(ask.shape(), ask.shape(3))]


def fused_matmul(ask: Ask) -> Found:
    """A matrix product of what may be transposed first."""
    one, two = ask.shape(), ask.shape(1)
    if ask.get("transA"):
        one = (*one[:-2], one[-1], one[-2])
    if ask.get("transB"):
        two = (*two[:-2], two[-1], two[-2])
    return [multiplied(one, two)]


def packed_matmul(ask: Ask) -> Found:
    """A product with a matrix whose numbers lie packed."""
    return [(*ask.shape()[:-1], ask.get("N"))]


def einsum(ask: Ask) -> Found:
    """Products and sums by their letters."""
    words = "".join(str(ask.get("equation", "")).split())
    inputs, arrow, output = words.partition("->")
    sides: dict[str, int] = {}
    rest: list[Dims] = []
    for index, term in enumerate(inputs.split(",")):
        dims = ask.shape(index)
        before, dots, after = term.partition("...")
        spare = len(dims) - len(before) - len(after)
        if spare < 0 or (spare and not dots):
            raise ValueError("not that many axes")
        rest.append(dims[len(before) : len(before) + spare])
        ends = [*zip(before, dims, strict=False)]
        ends += [*zip(after, dims[len(dims) - len(after) :], strict=False)]
        for letter, side in ends:
            sides[letter] = max(side, sides.get(letter, 1))
    common = spread(rest)
    if not arrow:
        letters = sorted(set(inputs) - set(",."))
        once = [letter for letter in letters if inputs.count(letter) == 1]
        return [(*common, *[sides[letter] for letter in once])]
    before, dots, after = output.partition("...")
    front = [sides[letter] for letter in before]
    return [(*front, *(common if dots else ()), *[sides[letter] for letter in after])]


# ---- norms, states and heads ------------------------------------------------------------------


def batch_norm(ask: Ask) -> Found:
    """The input as it is; in training the new means and variances."""
    dims = ask.shape()
    return [dims, *[(dims[1],)] * (len(ask.op.outputs) - 1)]


def layer_norm(ask: Ask) -> Found:
    """The input as it is, and what it was divided by."""
    dims = ask.shape()
    axis = at(ask.get("axis", -1), len(dims))
    left = (*dims[:axis], *[1] * (len(dims) - axis))
    return [dims, left, left]


def dynamic_quantised(ask: Ask) -> Found:
    """The input as it is, its scale and its zero point."""
    return [ask.shape(), (), ()]


def recurrent(ask: Ask) -> Found:
    """All states, the last ones, and the last cells."""
    dims, hidden = ask.shape(), ask.get("hidden_size")
    hidden = ask.shape(2)[-1] if hidden is None else hidden
    ways = 2 if ask.get("direction") == "bidirectional" else 1
    if ask.get("layout"):
        batch, steps = dims[:2]
        last = batch, ways, hidden
        return [(batch, steps, ways, hidden), last, last]
    steps, batch = dims[:2]
    last = ways, batch, hidden
    return [(steps, ways, batch, hidden), last, last]


def _heads(dims: Dims, count: int) -> Dims:
    """A packed sequence with its heads apart: batch, heads, rows, features of a head."""
    if len(dims) == 4:
        return dims
    batch, rows, features = dims
    return batch, count, rows, features // count


def attention(ask: Ask) -> Found:
    """Attention of opset 23: what it gives, all keys and values, and the scores."""
    count = ask.get("q_num_heads", 1)
    keys = ask.get("kv_num_heads", count)
    query, key, value = (_heads(ask.shape(index), (count, keys, keys)[index]) for index in range(3))
    past = ask.shape(4)[2] if ask.has(4) else 0
    rows = key[2] + past
    batch, heads, length, _ = query
    head = value[3]
    packed = len(ask.shape()) == 3
    found = (batch, length, heads * head) if packed else (batch, heads, length, head)
    kept = (*key[:2], rows, key[3]), (*value[:2], rows, head)
    return [found, *kept, (batch, heads, length, rows)]


def linear_attention(ask: Ask) -> Found:
    """Attention without scores: what it gives, and its state."""
    count, keys = ask.get("q_num_heads"), ask.get("kv_num_heads")
    batch, length, _ = ask.shape()
    key, value = ask.shape(1)[2] // keys, ask.shape(2)[2] // keys
    return [(batch, length, count * value), (batch, keys, key, value)]


def multi_head(ask: Ask) -> Found:
    """Attention of projections that are there already, (batch, rows, features)."""
    dims = ask.shape()
    if len(dims) != 3 or not ask.has(2):
        raise LookupError("packed")
    value = ask.shape(2)
    width = value[2] if len(value) == 3 else value[1] * value[3]
    return [(*dims[:2], width)]


def group_query(ask: Ask) -> Found:
    """Attention of several heads of queries to one of keys."""
    dims, heads, keys = ask.shape(), ask.get("num_heads"), ask.get("kv_num_heads")
    if ask.has(1):
        return [dims]
    return [(*dims[:2], dims[2] // (heads + 2 * keys) * heads)]


def fused_attention(ask: Ask) -> Found:
    """Attention with its projections, whose matrices lie side by side."""
    sizes = ask.get("qkv_hidden_sizes")
    width = sizes[2] if sizes else ask.shape(1)[1] // 3
    return [(*ask.shape()[:2], width)]


def stateful_conv(ask: Ask) -> Found:
    """A causal convolution, and the steps that it keeps."""
    dims = ask.shape()
    return [dims, (*dims[:2], ask.shape(1)[2] - 1)]


# ---- losses and signals -----------------------------------------------------------------------


def loss(ask: Ask) -> Found:
    """A number, or one a label; of cross entropies also the logarithms."""
    labels = ask.shape(1)
    return [labels if ask.get("reduction", "mean") == "none" else (), ask.shape()]


def fourier(ask: Ask) -> Found:
    """The transform along an axis, complex."""
    dims = list(ask.shape())
    stated = ask.get("axis")
    if stated is None and ask.has(2):
        stated = ask.ints(2)[0]
    axis = at(-2 if stated is None else stated, len(dims))
    size = ask.ints(1)[0] if ask.has(1) else dims[axis]
    one, back = bool(ask.get("onesided")), bool(ask.get("inverse"))
    if one and back:
        size = size if ask.has(1) else 2 * (dims[axis] - 1)
    dims[axis] = size // 2 + 1 if one and not back else size
    dims[-1] = 1 if one and back else 2
    return [tuple(dims)]


def short_fourier(ask: Ask) -> Found:
    """The transform of one stretch after another; real signals may come without their axis of 1."""
    batch, length = ask.shape()[:2]
    step = ask.ints(1)[0]
    size = ask.shape(2)[0] if ask.has(2) else length
    size = ask.ints(3)[0] if ask.has(3) else size
    bins = size // 2 + 1 if ask.get("onesided", 1) else size
    return [(batch, floor((length - size) / step) + 1, bins, 2)]


def normal_words(ask: Ask) -> Found:
    """Words as they are, where none is left out."""
    return [None if ask.get("stopwords") else ask.shape()]


def words(ask: Ask) -> Found:
    """Texts taken apart, into nobody knows how many words, and how many that are."""
    return [None, ask.shape()]


def grams(ask: Ask) -> Found:
    """How often each run of words is in a text."""
    return [(*ask.shape()[:-1], max(ask.get("ngram_indexes")) + 1)]


def picked_features(ask: Ask) -> Found:
    """Columns by their numbers."""
    return [(*(ask.shape()[:-1] or (1,)), prod(ask.shape(1)))]


def trees(ask: Ask) -> Found:
    """A value for each target."""
    return [(ask.shape()[0], ask.get("n_targets", 1))]


def embedded(ask: Ask) -> Found:
    """Embedded words with their positions and segments."""
    return [(*ask.shape(), ask.shape(2)[1])]


def stepped(ask: Ask) -> Found:
    """Weights behind a step, without their gradients."""
    groups = 4 if ask.op.kind.endswith("Adam") else 3  # weights, gradients, and moments
    each = (len(ask.dims) - 2) // groups
    places = [group * each + index for group in range(groups) for index in range(each)]
    return [ask.shape(2 + place) for place in places if place // each != 1]


LAYERS: Mapping[str, Rule] = {
    **dict.fromkeys(("MatMul", "MatMulInteger", "com.microsoft.MatMulIntegerToFloat",
                     "com.microsoft.DynamicQuantizeMatMul"), matmul),
    "QLinearMatMul": quantised_matmul,
    **dict.fromkeys(("Gemm", "com.microsoft.FusedGemm", "com.microsoft.FusedMatMul"),
                    fused_matmul),
    **dict.fromkeys(("com.microsoft.MatMulNBits", "com.microsoft.MatMulBnb4"), packed_matmul),
    "Einsum": einsum, "BatchNormalization": batch_norm,
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), layer_norm),
    "DynamicQuantizeLinear": dynamic_quantised,
    **dict.fromkeys(("LSTM", "GRU", "RNN", "com.microsoft.DynamicQuantizeLSTM"), recurrent),
    "Attention": attention,
    "ai.onnx.preview.FlexAttention": attention, "LinearAttention": linear_attention,
    **dict.fromkeys(("com.microsoft.MultiHeadAttention", "MultiHeadAttention"), multi_head),
    **dict.fromkeys(("com.microsoft.GroupQueryAttention", "GroupQueryAttention"), group_query),
    **dict.fromkeys(("com.microsoft.Attention", "com.microsoft.QAttention"), fused_attention),
    "CausalConvWithState": stateful_conv, "SwiGLU": first_same,
    **dict.fromkeys(("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"), loss),
    "StringSplit": words, "StringNormalizer": normal_words, "DFT": fourier,
    "STFT": short_fourier, "TfIdfVectorizer": grams,
    "ai.onnx.ml.ArrayFeatureExtractor": picked_features, "ai.onnx.ml.TreeEnsemble": trees,
    "com.microsoft.EmbedLayerNormalization": embedded,
    **dict.fromkeys([f"ai.onnx.preview.training.{kind}"
                     for kind in ("Adagrad", "Adam", "Momentum")], stepped),
}  # fmt: skip
