"""Attention: softmax(q·k)·v with its projections becomes one layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from archviz.importers.fold.attention_scores import biases, is_placed, only_masked
from archviz.importers.fold.facts import AttentionFacts
from archviz.importers.fold.layers import HEAD_NORM
from archviz.importers.fold.match import near
from archviz.importers.fold.named import softmax as named_softmax
from archviz.importers.fold.shapes_layers import multiplied
from archviz.importers.fold.state import (
    BATCH,
    Fold,
    LayerDraft,
    TensorView,
    product,
)

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

_STEPS = 64
"""How many views, scalings and rotations may lie between a projection and its product."""
_PASSIVE = frozenset(
    {
        *("Add", "Where", "Transpose", "Mul", "Div", "Sub", "Neg", "Concat", "Slice", "Split"),
        *("Expand", "Gather", "Cast", "Reshape", "Tile", "Unsqueeze", "Squeeze", "And", "Pick"),
        *("RotaryEmbedding", "com.microsoft.RotaryEmbedding"),
    }
)
"""Operators that may lie there: masks, rotations by position, heads that share their keys."""
RULE = "Attention"
_NORMS = ("rms-norm", "layer-norm", "layer-norm-unscaled", "layer-norm-unshifted")
_VIEWS = (
    "~view",
    "~slice",
    "~select",
    "reshape",
    "~math",
    "~affine",
    "position",
    "concat",
    "add",
    "multiply",
)


class _Parts(NamedTuple):
    """The projections of an attention."""

    queries: LayerDraft
    keys: LayerDraft
    values: LayerDraft

    def different(self) -> list[LayerDraft]:
        """Each of them once: one may give all three."""
        return list(dict.fromkeys(self))


def softmax(fold: Fold, op: Op) -> bool:
    """Softmax: a layer of its own in what may turn out to be an attention, else as elsewhere."""
    value = fold.value(op)
    if value is not None and value.axes is not None and _below(value.draft).kind == "~product":
        made = fold.draft("softmax", op, [value.draft], value.draft.shape)
        fold.give(op, made, value.axes)
        return True
    return named_softmax(fold, op)


class _Product(NamedTuple):
    """A product of two values."""

    left: LayerDraft
    right: LayerDraft
    dims: tuple[int, ...]
    inner: int
    """Over how many values each value of the product is a sum; 0 where it is none."""


def attention(fold: Fold, op: Op) -> bool:
    """The product of the weights of an attention and its values."""
    found = _product(fold, op)
    if found is None:
        return False
    left, right, dims, inner = found
    macs = product(dims) * inner // fold.batch
    for place, (weights, values) in enumerate(((left, right), (right, left))):
        scores = _scores(weights)
        if scores is None:
            gate = _back(weights)
            if gate.kind == "sigmoid" and _below(gate.inputs[0]).kind == "~product":
                near(fold, op, RULE, "its scores go through a sigmoid, not a softmax")
        elif not _sums_to_one(fold, op, place, weights):
            near(fold, op, RULE, "the softmax is over the queries")
        elif _attention(fold, op, scores, weights, values, dims, macs):
            return True
    return False


def _sums_to_one(fold: Fold, op: Op, place: int, weights: LayerDraft) -> bool:
    """Whether the softmax of the weights is over what a product sums over, where that is known."""
    value = fold.value(op, place)
    if op.kind != "MatMul" or weights.kind != "softmax" or value is None or value.axes is None:
        return True
    given = fold.values[weights.op.inputs[0]].axes
    axis = weights.op.attributes.get("axis", -1)
    return given is None or given[axis] == value.axes[-1 - place]


def product_of_two(fold: Fold, op: Op) -> bool:
    """MatMul or Einsum of two values that ends no attention; it may begin one."""
    found = _product(fold, op)
    if found is None:
        return False
    dims, drafts = found.dims, [found.left, found.right]
    batched = len(dims) > 1 and dims[0] == fold.batch
    made = fold.draft("~product", op, drafts, dims[1:] if batched else dims)
    made.macs = product(dims) * found.inner // fold.batch
    first = BATCH if batched else 0
    fold.give(op, made, (first, *range(first + 1, first + len(dims))))
    return True


def _product(fold: Fold, op: Op) -> _Product | None:
    left, right = fold.value(op), fold.value(op, 1)
    if left is None or right is None:
        return None
    if op.kind == "Einsum":
        return _by_letters(fold, op, left, right)
    one, two = fold.dims(left), fold.dims(right)
    if len(one) < 2 or len(two) < 2 or one[-1] != two[-2]:
        return None
    return _Product(left.draft, right.draft, multiplied(one, two), one[-1])


def _by_letters(fold: Fold, op: Op, left: TensorView, right: TensorView) -> _Product | None:
    """What an Einsum is a product of, and over what."""
    inputs, arrow, output = str(op.attributes.get("equation", "")).replace(" ", "").partition("->")
    terms = inputs.split(",")
    if not arrow or len(terms) != 2 or "." in inputs:
        return None
    sides: dict[str, int] = {}
    for term, value in zip(terms, (left, right), strict=True):
        dims = fold.dims(value)
        if len(dims) != len(term):
            return None
        sides.update(zip(term, dims, strict=True))
    dims = tuple(sides.pop(letter) for letter in output)
    summed = [side for letter, side in sides.items() if all(letter in term for term in terms)]
    return _Product(left.draft, right.draft, dims, product(summed) if summed else 0)


def _back(draft: LayerDraft) -> LayerDraft:
    """The draft behind views, scalings by a number, masks and parts."""
    for _ in range(_STEPS):
        passive = draft.kind == "op" and not draft.named and draft.op.kind in _PASSIVE
        if not draft.inputs or not (passive or draft.kind in _VIEWS):
            break
        draft = draft.inputs[0]
    return draft


def _below(draft: LayerDraft) -> LayerDraft:
    """The same for what goes into a softmax; scores may be kept between two numbers."""
    found = _back(draft)
    return _back(found.inputs[0]) if found.kind == "tanh" else found


def _scores(draft: LayerDraft) -> LayerDraft | None:
    """The product below a softmax; None where there is none."""
    found = _back(draft)
    if found.kind != "softmax":
        return None
    below = _below(found.inputs[0])
    return below if below.kind == "~product" else None


def _projection(
    draft: LayerDraft, norms: dict[LayerDraft, None], learned: bool
) -> LayerDraft | None:
    """The one dense layer that all of a value comes from, through views and rotations.

    Norms of its heads, or of all its features, that lie between go to ``norms``, and so do rows
    that stand behind its own, where the source says that they are ``learned``: others may be zeros.
    """
    leaves: dict[LayerDraft, None] = {}
    seen = {draft}
    todo = [draft]
    while todo:
        draft = todo.pop()
        passive = draft.kind in ("op", "op-merge") and draft.op.kind in _PASSIVE
        if draft.kind in _NORMS or (draft.named and draft.options["label"] == HEAD_NORM):
            norms[draft] = None
            passive = True
        elif learned and passive and draft.op.kind == "Concat" and draft.parameters:
            norms[draft] = None
        if draft.inputs and (
            draft.kind in _VIEWS or (passive and not draft.named) or draft in norms
        ):
            new = [source for source in draft.inputs if source not in seen]
            seen.update(new)
            todo += new
        else:
            leaves[draft] = None
        if len(seen) > _STEPS:
            return None
    if len(leaves) != 1:
        return None
    found = next(iter(leaves))
    pointwise = found.kind == "conv" and found.op.kind in ("MatMul", "Gemm")
    plain = "activation" not in found.options
    return found if plain and (found.kind == "dense" or pointwise) else None


def _parts(
    fold: Fold, op: Op, tips: Sequence[LayerDraft], norms: dict[LayerDraft, None], packed: bool
) -> _Parts | None:
    """What queries, keys and values are projected with."""
    found = [_projection(tip, norms, fold.graph.learned) for tip in tips]
    if not packed and len({found[0], *tips}) == 1:
        near(fold, op, RULE, "queries, keys and values are one and the same")
        return None
    known = [draft for draft in found if draft is not None]
    if len(known) < len(found):
        words = zip(_Parts._fields, found, strict=True)
        lacking = " and ".join([word for word, draft in words if draft is None])
        near(fold, op, RULE, f"its {lacking} are no projection of one value")
        return None
    return _Parts(*known)


def _attention(
    fold: Fold,
    op: Op,
    scores: LayerDraft,
    weights: LayerDraft,
    values: LayerDraft,
    dims: tuple[int, ...],
    macs: int,
) -> bool:
    """An attention where queries, keys and values are projections of one or two sequences."""
    tips = scores.inputs[0], scores.inputs[1], values
    made = of_projections(fold, op, tips, weights, dims, scores.macs + macs, scores)
    if made is not None:
        fold.give(op, made, None, dims)
    return made is not None


def of_projections(
    fold: Fold,
    op: Op,
    tips: tuple[LayerDraft, LayerDraft, LayerDraft],
    weights: LayerDraft | None,
    dims: tuple[int, ...],
    macs: int,
    scores: LayerDraft | None = None,
    packed: bool = False,
) -> LayerDraft | None:
    """An attention on queries, keys and values, if they are projections of one or two sequences.

    ``weights`` are those of its softmax, where they are seen; ``dims`` are the sides of what its
    heads give, ``macs`` the multiply-adds between the projections; ``packed``: all are one.
    """
    norms: dict[LayerDraft, None] = {}
    parts = _parts(fold, op, tips, norms, packed)
    if parts is None:
        return None
    source, placed, memory = (part.inputs[0] for part in parts)
    if len(source.shape) == 1 and len(dims) > 2 and dims[-2] > 1:
        near(fold, op, RULE, "its rows are cut out of one value")
        return None
    if placed is not memory:
        if not is_placed(placed, memory):
            near(fold, op, RULE, "keys and values are of two sequences")
            return None
        memory.refs -= 1
        if source is placed or is_placed(source, memory):
            memory.refs -= source is not placed
            source = memory
    single = parts.different()
    masked = weights is None or scores is None or only_masked(weights, scores, parts)
    if not masked or (len(single) == 2 and parts.keys is not parts.values):
        return None
    features = _features(fold, source, dims)
    heads, width, keys = _sizes(parts, dims, features)
    sources = [source] if memory is source else [source, memory]
    made = fold.draft("~attention", op, sources, (*source.shape[:-1], features or width))
    made.name, made.path, made.fixed = single[0].name, _common(single, op), _fixed(single)
    made.parameters = sum(part.parameters for part in single)
    own, learned = biases(fold, made, weights, heads) if weights is not None else (0, 0)
    made.parameters += own + _of_norms(fold, made, norms)
    normed = any(norm.op.kind != "Concat" for norm in norms)
    more = ", QK norm" if normed or any("norm" in part.options for part in single) else ""
    more += ", positions" if placed is not memory else ""
    capped = weights is not None and _back(_back(weights).inputs[0]).kind == "tanh"
    more += ", soft cap" if capped or op.attributes.get("softcap") else ""
    made.macs = sum(part.macs for part in single) + macs
    bare = ["bias" in part.options for part in single]
    told = not any(bare), all(bare), bare == [False, True, False]
    label = _label(parts, source is not memory) + more
    made.attention = AttentionFacts(
        heads, width, keys, source.shape[-1], *told, label, scored=learned > 0
    )
    if any(part.options.get("shared") for part in single):
        made.options["shared"] = True
        made.lent = sum(part.lent for part in single)
    _release(single, source, memory)
    return made


def _sizes(parts: _Parts, dims: tuple[int, ...], features: int) -> tuple[int, int, int]:
    """How many heads there are, and the features of all queries and of all keys."""
    heads = dims[-3] if len(dims) > 2 else 1
    width = parts.queries.shape[-1]
    keys = parts.keys.shape[-1] if len(parts.different()) == 3 else width
    if len(parts.different()) == 1:  # all three in one, where heads may share their keys
        whole = width
        width = keys = whole // 3
        if 3 * heads * dims[-1] > whole > heads * dims[-1] and (whole - heads * dims[-1]) % 2 == 0:
            width, keys = heads * dims[-1], (whole - heads * dims[-1]) // 2
    if heads * dims[-1] not in (width, features):
        heads = width // dims[-1] if width % dims[-1] == 0 else 1
    return heads, width, keys


def _fixed(parts: list[LayerDraft]) -> int:
    """How many weights of projections are not trained: the statistics of their norms."""
    return sum(part.fixed for part in parts)


def _features(fold: Fold, source: LayerDraft, dims: tuple[int, ...]) -> int:
    """How many features all heads give for each row; 0 where that is not known."""
    rows, whole = product(source.shape[:-1]), product(dims) // fold.batch
    return 0 if whole % rows else whole // rows


def _of_norms(fold: Fold, made: LayerDraft, norms: dict[LayerDraft, None]) -> int:
    """The weights of norms of heads, and of rows, which are the attention's now."""
    for norm in norms:
        for name in norm.op.inputs:
            if fold.weighed.get(name) is norm:
                fold.weighed[name] = made
    return sum(norm.parameters for norm in norms)


def _label(parts: _Parts, crossed: bool) -> str:
    if crossed:
        return "cross-attention"
    if parts.queries is not parts.keys and parts.keys.shape[-1] < parts.queries.shape[-1]:
        return "grouped-query attention"
    return "attention"


def _common(parts: list[LayerDraft], op: Op) -> tuple[str, ...]:
    """The module path that all parts share."""
    paths = [part.scope for part in parts] + [op.scope]
    common = []
    for words in zip(*paths, strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return tuple(common)


def _release(parts: list[LayerDraft], source: LayerDraft, memory: LayerDraft) -> None:
    """The projections give their references to what they project up for one."""
    for one in {source, memory}:
        users = sum(part.inputs[0] is one for part in parts)
        one.refs -= max(users - 1, 0)
