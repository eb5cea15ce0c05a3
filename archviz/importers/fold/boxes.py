"""Operators without a rule of their own: a box each, with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archviz.importers.constant_uses import data_of
from archviz.importers.fold.attention_scores import is_mask
from archviz.importers.fold.shapes_bodies import body_shapes
from archviz.importers.fold.shapes_computed import computed_shapes, dims_of
from archviz.importers.fold.state import (
    BATCH,
    NCHW,
    ONE,
    Axes,
    Fold,
    LayerDraft,
    TensorView,
    product,
)
from archviz.importers.weights import unpacked

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape

WORDS: Mapping[str, str] = {
    "Gemm": "dense", "MatMul": "matrix product", "Conv": "conv", "ConvTranspose": "conv transpose",
    "Einsum": "tensor product", "LayerNormalization": "layer norm", "RMSNormalization": "RMS norm",
    "GroupNormalization": "group norm", "Gather": "pick", "Pick": "pick", "Add": "add",
    "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Concat": "concat", "Slice": "slice",
    "Transpose": "transpose", "Expand": "repeat", "Tile": "repeat", "MaxPool": "max pool",
    "AveragePool": "average pool", "AdaptiveMaxPool": "max pool",
    "AdaptiveAveragePool": "average pool", "unfold": "unfold", "fold": "fold",
    "repeat interleave": "repeat", "PRelu": "PReLU", "flip": "flip",
    **{f"{kind} cell": f"{kind} cell" for kind in ("LSTM", "GRU", "RNN")},
    **{f"{kind} cell at each step": f"{kind} cell at each step" for kind in ("LSTM", "GRU", "RNN")},
    "recurrent steps": "recurrent steps", "scan": "scan",
    "grid sample": "grid sample", "deformable conv": "deformable conv",
    **dict.fromkeys(("top k", "TopK"), "top k"),
    "Where": "choose", "Pad": "pad", "Max": "maximum", "Min": "minimum", "Identity": "identity",
    "BatchNormalization": "batch norm", "InstanceNormalization": "instance norm",
    "ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "maximum", "ReduceMin": "minimum",
    **dict.fromkeys(("gather", "take along dim", "take", "GatherElements", "GatherND"), "pick"),
    **dict.fromkeys(("eq", "ne", "gt", "ge", "lt", "le", "isclose", "isin"), "compare"),
    **dict.fromkeys(("Not", "logical and", "logical or", "logical xor", "and", "or"), "logic"),
    **dict.fromkeys(("scatter", "scatter add", "scatter reduce", "index add", "index copy",
                     "index put", "masked scatter", "index fill"), "scatter"),
    **dict.fromkeys(("sort", "argsort", "msort"), "sort"), "cumprod": "running product",
    **dict.fromkeys(("tril", "triu"), "triangle"), "outer": "outer product", "one hot": "one-hot",
    **{f"fft {kind}fft{axes}": "FFT" for kind in ("", "r") for axes in ("", "2", "n")},
    **{f"fft i{kind}fft{axes}": "inverse FFT" for kind in ("", "r") for axes in ("", "2", "n")},
    **dict.fromkeys(("var", "var mean"), "variance"), "std": "standard deviation",
    "write a part": "write a part", "running sum": "running sum", "selection": "selection",
    "RoI align": "RoI align", "RoI pooling": "RoI pooling",
    "non-maximum suppression": "non-maximum suppression",
    "GlobalAveragePool": "global average pool", "GlobalMaxPool": "global max pool",
    "local response norm": "local response norm", "embedding bag": "embedding bag",
    **{f"lp pool{n}d": "power-average pool" for n in (1, 2, 3)},
    **{f"max pool{n}d with indices": "max pool" for n in (1, 2, 3)},
    **{f"max unpool{n}d": "unpool" for n in (1, 2, 3)}, "lerp": "weighted mean",
    "rrelu": "RReLU", "Resize": "resize", "threshold": "threshold", "softmin": "softmin",
    "log sigmoid": "log sigmoid", "tanhshrink": "tanh shrink",
    "softshrink": "soft shrink", "hardshrink": "hard shrink", "log1p": "log of 1 + x",
    "cosine similarity": "cosine similarity", "cdist": "distances", "bilinear": "bilinear",
}  # fmt: skip
"""What a box says whose operator, weights and shapes are all known from a recording."""
TOLD = frozenset({
    "Add", "Sub", "Mul", "Div", "Max", "Min", "Concat", "Slice", "Transpose", "Expand", "Tile",
    "Where", "Pad", "Not", "ReduceMean", "ReduceSum", "ReduceMax",
    "ReduceMin", "GatherElements", "GatherND", "TopK",
})  # fmt: skip
"""Those of a file of which the same is known, once their shapes are: they multiply no matrices."""
_EACH = ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Where")
"""Those that compute with one number of each value, and so with those of one example."""
_REST: Mapping[str, str] = {
    **{f"{kind} cell at each step": "last state" for kind in ("LSTM", "GRU", "RNN")},
    "recurrent steps": "last state", "scan": "last state", "LSTM cell": "cell state",
}  # fmt: skip
"""What the boxes of further results say."""


def box(fold: Fold, op: Op) -> None:
    """A plain box with the operator's name; each further output in use is one more."""
    names = [name for name in dict.fromkeys(op.inputs) if name in fold.values]
    values = [fold.values[name] for name in names]
    for name in op.inputs:
        if name in fold.values and name not in names:
            fold.values[name].draft.refs -= 1
    _boxes(fold, op, values)


def is_told(fold: Fold, op: Op) -> bool:
    """Whether all of an operator of a file is known, but for what it computes with."""
    if op.kind != "Concat":
        return op.kind in TOLD
    dims = [dims_of(fold, name) or () for name in op.inputs]
    axis = op.attributes.get("axis", 1)
    if (
        not all(dims)
        or len({len(one) for one in dims}) > 1
        or not -len(dims[0]) <= axis < len(dims[0])
    ):
        return False
    place = axis % len(dims[0])
    return len({(*one[:place], *one[place + 1 :]) for one in dims}) == 1


def further(fold: Fold, op: Op) -> None:
    """A box for each output that is used, and that the layer of the operator does not give."""
    rest = [
        name
        for name in op.outputs[1:]
        if name and name in fold.uses and name not in fold.values and name not in fold.constants
    ]
    if rest:
        values = [fold.values[name] for name in dict.fromkeys(op.inputs) if name in fold.values]
        _boxes(fold, op, values, rest)


def _boxes(fold: Fold, op: Op, values: list[TensorView], only: Sequence[str] = ()) -> None:
    drafts = [value.draft for value in values]
    said = _word(op.kind) if fold.graph.learned else ""
    label = said or op.kind.rpartition(".")[2] or "op"
    computed = computed_shapes(fold, op)
    if None in computed and op.outputs and op.outputs[0] in fold.graph.bodies:
        computed = body_shapes(fold, op)
    made = _layer_of(fold, op) if only else None
    for index, name in enumerate(op.outputs):
        if not name or not fold.uses.get(name) or (only and name not in only):
            continue
        dims = computed[index]
        if dims is not None and 0 in dims and index:
            fold.give_nothing(name, dims)
            continue
        if dims is None or 0 in dims:
            dims = fold.known(name)
        shape, axes = _box_shape(fold, dims, values)
        alike = made is not None and made.shape == shape and made.guessed == (dims is None)
        if made is not None and alike and not only:
            made.refs += fold.uses[name]  # another value of the same box
            fold.values[name] = TensorView(made, axes)
            continue
        draft = fold.draft("op", op, drafts, shape, label=label)
        draft.guessed = dims is None
        lost = fold.batch > 1 and op.kind in _EACH and BATCH not in axes and fold.batch in shape
        if lost and any(BATCH in (value.axes or ()) for value in values):
            fold.unbatched.add(draft)
        fold.guesses += draft.guessed
        if made is not None:
            rest = _REST.get(label) or f"{label}, output {index + 1}"
            draft.inputs, draft.options["label"] = [made], rest
            draft.known = bool(said)
            made.refs += 1
        elif not only:
            made = draft
            draft.known = bool(said)
            draft.macs = _multiply_adds(fold, op, dims)
            fold.weigh_inside(draft, op)
            _weigh(fold, draft, op)
            if op.kind == "BatchNormalization" and (fixed := _moving(fold, op)):
                draft.fixed = draft.options["untrained"] = fixed
        draft.refs = fold.uses[name]
        draft.free = True
        fold.values[name] = TensorView(draft, axes)


def _word(kind: str) -> str:
    """What a box of a recording says; of a recurrent layer its kind and width."""
    recurrent = kind.partition(" ")[0] in ("LSTM", "GRU", "RNN")
    return WORDS.get(kind, "") or (kind if recurrent else "")


def _layer_of(fold: Fold, op: Op) -> LayerDraft | None:
    """The layer that an operator has become, if it is that alone."""
    value = fold.values.get(op.outputs[0])
    return value.draft if value is not None and value.draft.op is op else None


def _weigh(fold: Fold, draft: LayerDraft, op: Op) -> None:
    """Count what an operator computes with: single numbers only where a model has named them."""
    for name, whole in data_of(op).items():
        tensor = fold.constants.get(name)
        if tensor is None or not tensor.shape or not (tensor.floating or whole):
            continue
        if not fold.graph.learned and is_mask(fold, op, name):
            fold.masks.add(name)
        elif tensor.size > 1 or fold.is_named(name) or fold.graph.learned:
            fold.weigh(draft, name)
            if whole:
                draft.parameters += unpacked(op, tensor.size) - tensor.size


def _moving(fold: Fold, op: Op) -> int:
    """How many weights of a batch norm are the means and variances that it has gathered."""
    found = [fold.constants[name] for name in op.inputs[3:5] if name in fold.constants]
    return sum(tensor.size for tensor in found if tensor.weight)


def _box_shape(
    fold: Fold, dims: tuple[int, ...] | None, values: list[TensorView]
) -> tuple[Shape, Axes]:
    like = next((value for value in values if value.axes is not None), None)
    if dims is None:
        if like is not None and like.axes is not None:
            return like.draft.shape, like.axes
        return (1,), (BATCH, 0)
    before = len(dims) - len(like.axes or ()) if like is not None else -1
    spread = before == 0 or (fold.batch > 1 and before > 0 and set(dims[:before]) == {1})
    if like is not None and like.axes is not None and spread:
        found = _box_like(fold, dims, like.draft.shape, (*[ONE] * before, *like.axes))
        if found is not None:
            return found
    if not dims:
        return (1,), ()
    rest = dims[1:]
    if dims[0] != fold.batch or not rest:
        return dims, tuple(range(len(dims)))
    if len(rest) == 3:
        return (*rest[1:], rest[0]), NCHW
    return rest, (BATCH, *range(len(rest)))


def _box_like(
    fold: Fold, dims: tuple[int, ...], shape: Shape, axes: Axes
) -> tuple[Shape, Axes] | None:
    """Sides in the order of a value that goes in; what has grown from sides of 1 stands first."""
    grown: list[int] = []
    sides, order = list(shape), []
    more = sum(axis == ONE and side > 1 for side, axis in zip(dims, axes, strict=True))
    if more and (fold.batch == 1 or BATCH not in axes):
        return None
    for side, axis in zip(dims, axes, strict=True):
        if axis >= 0:
            sides[axis] = side
            order.append(axis + more)
        elif axis == ONE and side > 1:
            order.append(len(grown))
            grown.append(side)
        elif side != (fold.batch if axis == BATCH else 1):
            return None
        else:
            order.append(axis)
    return (*grown, *sides), tuple(order)


_WEIGHT_SLOT = {"QLinearConv": 3, "QLinearMatMul": 3}


def _multiply_adds(fold: Fold, op: Op, out: tuple[int, ...] | None) -> int:
    """Those of a product whose shapes are known: over how many values each result is a sum."""
    kind = op.kind.rpartition(".")[2]
    if "macs" in op.attributes and fold.graph.learned:
        return int(op.attributes["macs"]) // fold.batch  # counted where it was recorded
    slot = _WEIGHT_SLOT.get(kind, 1)
    if len(op.inputs) <= slot or out is None:
        return 0
    one, two = (dims_of(fold, op.inputs[index]) for index in (0, slot))
    if not one or not two:
        return 0
    if kind == "Einsum":
        return _of_einsum(str(op.attributes.get("equation", "")), (one, two)) // fold.batch
    if kind in ("Gemm", "FusedGemm", "FusedMatMul"):
        depth = one[-2 if op.attributes.get("transA") else -1]
    elif kind in ("MatMul", "MatMulInteger", "QLinearMatMul", "MatMulIntegerToFloat"):
        depth = one[-1]
    elif kind in ("Conv", "FusedConv", "ConvInteger", "QLinearConv", "DeformConv"):
        depth = product(two[1:])
    elif kind in ("LSTM", "GRU", "RNN") and len(op.inputs) > 2:
        steps = one[1 if op.attributes.get("layout") else 0]
        return steps * (product(two) + product(dims_of(fold, op.inputs[2]) or ()))
    elif kind in ("Attention", "FlexAttention"):
        past = dims_of(fold, op.inputs[4]) if len(op.inputs) > 4 and op.inputs[4] else None
        rows = two[-2] + (past[2] if past else 0)
        return (product(one) + product(out)) * rows // fold.batch
    elif kind == "ConvTranspose":
        return product(one) * product(two[1:]) // fold.batch
    else:
        return 0
    return product(out) * depth // fold.batch


def _of_einsum(equation: str, shapes: Sequence[tuple[int, ...]]) -> int:
    """One for each combination of the indices of two values; none where nothing is summed.

    What only one of them has, and the result has not, is summed before.
    """
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) != 2 or any(len(t) != len(dims) for t, dims in zip(terms, shapes, strict=True)):
        return 0
    sides = {
        letter: side
        for t, dims in zip(terms, shapes, strict=True)
        for letter, side in zip(t, dims, strict=True)
    }
    results = equation.replace(" ", "").partition("->")[2]
    summed = {one for one in sides if one not in results and all(one in t for t in terms)}
    if not summed:
        return 0
    return product(side for one, side in sides.items() if one in results or one in summed)
