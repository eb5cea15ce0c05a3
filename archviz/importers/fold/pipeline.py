"""From operators to layers: :func:`fold_graph` makes a :class:`LayerGraph` of an OpGraph.

One pass in topological order. Each operator grows a layer that is there, makes a new one, or
is only another view of a value. What nobody understands becomes a plain box of its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from archviz.errors import fail
from archviz.importers.fold import (
    activations,
    arithmetic,
    attention,
    attention_operators,
    boxes,
    concat,
    constant_folding,
    experts,
    fused,
    gather,
    inputs,
    layers,
    named,
    quantised,
    recurrent,
    regroup,
    splits,
    views,
    volumes,
    windows,
    written_norms,
)
from archviz.importers.fold.emitted import emitted
from archviz.importers.fold.rules import RULES
from archviz.importers.fold.rules.rule import Handler, Rule
from archviz.importers.fold.same_padding import same_padding
from archviz.importers.fold.separable import join_separable
from archviz.importers.fold.state import (
    Fold,
)
from archviz.importers.graphs import EXPERTS, LayerGraph, Op, OpGraph
from archviz.importers.weights import learned_numbers


def fold_graph(
    graph: OpGraph, path: str, handlers: Mapping[str, Handler] | None = None
) -> LayerGraph:
    """The layers of a model; :class:`ArchvizError` where its shapes cannot be known.

    ``handlers`` by operator; those of ONNX where none are given.
    """
    made = _folded(graph, path, handlers)
    numbers = learned_numbers(graph, made.held)
    if numbers:  # now that it is known, they are no part of anything else
        made = _folded(graph, path, handlers, numbers)
    return join_separable(same_padding(made))


def _folded(
    graph: OpGraph,
    path: str,
    handlers: Mapping[str, Handler] | None,
    numbers: Collection[str] = (),
) -> LayerGraph:
    fold = folded(graph, path, handlers, numbers)
    if handlers is None and all(draft.kind == "input" for draft in fold.drafts):
        fold = folded(graph, path, {})  # nothing but views: each of them is a box
        for draft in fold.drafts:
            draft.known = not draft.guessed
    return emitted(fold)


def folded(
    graph: OpGraph,
    path: str,
    handlers: Mapping[str, Handler] | None = None,
    numbers: Collection[str] = (),
    deep: int = 0,
) -> Fold:
    """A model with each of its operators folded, and what each value has come to.

    ``numbers``: constants of one number that are learned, as far as is known; ``deep``: in how
    many operators the graph stands.
    """
    fold = Fold(graph, path, numbers)
    fold.folded, fold.deep = _folded_inside, deep
    inputs.inputs(fold)
    op, chosen = Op("", "", (), ()), HANDLERS if handlers is None else handlers
    try:
        for op in graph.ops:
            if fold.guesses and handlers is None and _follows_guess(fold, op):
                boxes.box(fold, op)
            else:
                _fold(fold, op, chosen)
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        StopIteration,
        TypeError,
        ValueError,
    ) as error:
        what = f"{op.kind[:40]} '{op.name[:80]}'"
        why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise fail(
            path,
            f"the operator {what} makes no sense: {why[:80] or 'wrong inputs'}",
            "the file seems to be damaged",
        ) from error
    return fold


def _folded_inside(graph: OpGraph, path: str, deep: int) -> Fold:
    return folded(graph, path, deep=deep)


def _fold(fold: Fold, op: Op, handlers: Mapping[str, Handler]) -> None:
    kind, _, names, outputs, *_ = op
    constants = fold.constants
    if not outputs or (kind in ("Shape", "Size") and constant_folding.shape_of(fold, op)):
        return
    for name in names if kind != "CastLike" else names[:1]:
        if name and name not in constants:
            break
    else:
        if constant_folding.constant(fold, op):
            return
    handler = handlers.get(kind)
    if handler is None or not handler(fold, op):
        boxes.box(fold, op)
    elif len(outputs) > 1:
        boxes.further(fold, op)


def _follows_guess(fold: Fold, op: Op) -> bool:
    """Whether an operator takes a value whose shape nothing says: so is what it gives."""
    values = [fold.values.get(name) for name in op.inputs]
    return any(value is not None and value.draft.guessed for value in values)


def _matmul(fold: Fold, op: Op) -> bool:
    return layers.dense(fold, op) or attention.product_of_two(fold, op)


def _conv(fold: Fold, op: Op) -> bool:
    return windows.conv_again(fold, op) or _windowed(fold, op)


def _windowed(fold: Fold, op: Op) -> bool:
    return (_VOLUMES if volumes.is_volume(fold, op) else _MAPS)[op.kind](fold, op)


def _reduction(fold: Fold, op: Op) -> bool:
    return written_norms.feature_mean(fold, op) or named.reduction(fold, op)


def with_rules(plain: Mapping[str, Handler], rules: Sequence[Rule]) -> dict[str, Handler]:
    """Handlers that first look whether an operator is the last of what a rule knows."""
    matchers: dict[str, dict[Handler, None]] = {}
    for rule in rules:
        for kind in rule.at:
            assert rule.match is not None
            matchers.setdefault(kind, {})[rule.match] = None
    return {
        kind: _first_of(tuple(matchers[kind]), handler) if kind in matchers else handler
        for kind, handler in plain.items()
    }


def _first_of(matchers: tuple[Handler, ...], plain: Handler) -> Handler:
    def handler(fold: Fold, op: Op) -> bool:
        for one in matchers:
            if one(fold, op):
                break
        else:
            return plain(fold, op)
        if fold.missed:  # what is one rule's is no other's
            for key in [key for key in fold.missed if key[0] == op.outputs[0]]:
                del fold.missed[key]
        return True

    return handler


_MAPS: Mapping[str, Handler] = {
    "Conv": windows.conv,
    "ConvTranspose": windows.transposed_conv,
    "MaxPool": windows.pool,
    "AveragePool": windows.pool,
    "GlobalAveragePool": windows.global_pool,
    "GlobalMaxPool": windows.global_pool,
}
_VOLUMES: Mapping[str, Handler] = {
    "Conv": volumes.conv,
    "ConvTranspose": volumes.conv,
    "MaxPool": volumes.pool,
    "AveragePool": volumes.pool,
    "GlobalAveragePool": volumes.global_pool,
    "GlobalMaxPool": volumes.global_pool,
}
OPERATORS: Mapping[str, Handler] = {
    **dict.fromkeys(_MAPS, _windowed), "Conv": _conv,
    "Gemm": layers.dense, "MatMul": _matmul,
    "BatchNormalization": layers.batch_norm,
    "LayerNormalization": layers.layer_norm, "RMSNormalization": layers.layer_norm,
    "SimplifiedLayerNormalization": layers.layer_norm,
    "InstanceNormalization": layers.group_norm,
    "GroupNormalization": layers.group_norm,
    **dict.fromkeys(named.REDUCTIONS, _reduction),
    "Einsum": attention.product_of_two, "Gather": gather.gather,
    "Resize": named.resize, "Upsample": named.resize,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), recurrent.recurrent),
    "Softmax": attention.softmax, "LogSoftmax": attention.softmax,
    "Clip": named.clip, "PRelu": layers.prelu, "LRN": named.lrn,
    "DepthToSpace": regroup.depth_to_space, "SpaceToDepth": regroup.depth_to_space,
    **dict.fromkeys(named.PLAIN, named.plain),
    **dict.fromkeys(("RandomNormalLike", "RandomUniformLike"), named.random),
    **dict.fromkeys(layers.ACTIVATION_OPS, layers.activation),
    **dict.fromkeys(("Erf", "Exp", "Neg", "Abs", "Sqrt", "Log", "Reciprocal"), activations.unary),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum"), arithmetic.binary),
    "Where": activations.kept_from_nan,
    "Mean": arithmetic.merge_many, "Concat": concat.concat, "Transpose": views.transpose,
    **dict.fromkeys(("Flatten", "Reshape"), regroup.reshape),
    **dict.fromkeys(("Squeeze", "Unsqueeze"), views.reshape),
    **dict.fromkeys(("Identity", "Cast", "Dropout", "CastLike"), views.same),
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear"), views.same),
    "Expand": views.expand, "Pad": named.pad, "Split": splits.split,
    "Slice": splits.slices, "com.microsoft.Attention": attention_operators.fused,
    "com.microsoft.QAttention": attention_operators.fused,
    **dict.fromkeys(attention_operators.HEADS, attention_operators.of_heads),
    "MultiHeadAttention": attention_operators.multi_head, EXPERTS: experts.mixture,
}  # fmt: skip
"""What operators are by themselves."""


def handlers_of(rules: Sequence[Rule]) -> Mapping[str, Handler]:
    """A handler for each operator of ONNX, quantised ones too."""
    found = with_rules(OPERATORS, rules)
    return {**found, **quantised.handlers(found), **fused.handlers(_fold_step)}


def _fold_step(fold: Fold, op: Op) -> None:
    _fold(fold, op, HANDLERS)


HANDLERS = handlers_of(RULES)


# ---- out --------------------------------------------------------------------------------------
