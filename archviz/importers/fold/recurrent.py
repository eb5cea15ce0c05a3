"""Recurrent layers: LSTM, GRU and RNN, with their whole sequence or their last state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archviz.importers.fold.match import near, side_by_side
from archviz.importers.fold.named import named
from archviz.importers.fold.state import (
    BATCH,
    ONE,
    Direction,
    Fold,
    LayerDraft,
    TensorView,
    product,
)
from archviz.importers.fold.views import target_dims

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

STACK = "~stack"
"""Drafts put above each other along a new axis, until one of them is asked for."""


def recurrent(fold: Fold, op: Op) -> bool:
    """Of the sequence where that is used, else of the last state: a layer, or a box that counts."""
    value = fold.value(op)
    first, second = fold.constant(op, 1), fold.constant(op, 2)
    hidden = op.attributes.get("hidden_size", 0)
    if value is None or first is None or second is None or hidden < 1:
        return False
    value = fold.sequence(op, value)
    batch_first = bool(op.attributes.get("layout"))
    if value.axes is None or len(value.draft.shape) != 2 or value.axes[-1] != 1:
        return False
    if value.axes[1 if batch_first else 0] != 0:
        return False
    ways = 2 if op.attributes.get("direction") == "bidirectional" else 1
    length, width = value.draft.shape[0], ways * hidden
    whole = bool(op.outputs[0] and fold.uses.get(op.outputs[0]))
    inputs = [value.draft]
    for name in dict.fromkeys(op.inputs[5:7]):
        if name in fold.values:
            inputs.append(fold.values[name].draft)
    shape = (length, width) if whole else (width,)
    if len(inputs) == 1 and _usual(op):
        made = fold.draft(op.kind.lower(), op, inputs, shape, **_options(op, hidden, whole))
    else:
        label = f"{'bi-' if ways == 2 else ''}{op.kind} {hidden}"
        made = named(fold, op, label, inputs, shape)
    fold.weigh(made, *op.inputs[1:4], *op.inputs[7:])
    more = [fold.constants[name].shape for name in op.inputs[8:]]  # of the way back, in PyTorch
    steps = [first.shape, second.shape, *(shape for shape in more if len(shape) == 2)]
    made.macs = length * sum(map(product, steps))
    dims = fold.dims(value)
    batch = dims[0] if batch_first else dims[1]
    if whole:
        _sequence(fold, op, made, (length, ways, batch, hidden), batch_first)
    _states(fold, op, made, whole, ways, hidden, batch_first)
    return True


def _usual(op: Op) -> bool:
    """Whether the kinds ``lstm``, ``gru`` and ``rnn`` say all of a layer."""
    own = {name.lower() for name in op.attributes.get("activations", ())}
    turned = op.attributes.get("direction") == "reverse"
    peepholes = len(op.inputs) > 7 and op.inputs[7] != ""
    return not (own - {"sigmoid", "tanh"} or turned or peepholes)


def _options(op: Op, hidden: int, whole: bool) -> dict[str, Any]:
    """What a recurrent layer states that is not the default; ONNX has two biases a gate."""
    options: dict[str, Any] = {"filters": hidden}
    if op.attributes.get("direction") == "bidirectional":
        options["bidirectional"] = True
    if not whole:
        options["last"] = True
    if op.attributes.get("linear_before_reset"):
        options["reset_after"] = True
    if len(op.inputs) < 4 or not op.inputs[3]:
        options["bias"] = False
    elif "reset_after" not in options:
        options["biases"] = 2
    return options


def _sequence(
    fold: Fold, op: Op, made: LayerDraft, dims: tuple[int, int, int, int], batch_first: bool
) -> None:
    length, ways, batch, hidden = dims
    if ways == 1:
        fold.give(op, made, (BATCH, 0, ONE, 1) if batch_first else (0, ONE, BATCH, 1))
    else:
        order = (batch, length, ways, hidden) if batch_first else dims
        fold.give(op, made, None, order)


def one_way(
    fold: Fold, op: Op, value: TensorView, axis: int, span: tuple[int, int], keep: bool
) -> bool:
    """All steps of one direction, cut from a sequence of both."""
    draft, dims = value.draft, value.dims
    if value.axes is not None or len(dims) != 4 or not draft.options.get("bidirectional"):
        return False
    batch_first = dims[0] != draft.shape[0] or dims[1] != 2
    if axis != (2 if batch_first else 1) or dims[axis] != 2 or span[1] != 1:
        return False
    part = fold.draft("~part", op, [draft], (draft.shape[0], dims[-1]))
    part.direction = Direction(draft, span[0], 2)
    axes = [BATCH, 0, ONE, 1] if batch_first else [0, ONE, BATCH, 1]
    if not keep:
        del axes[axis]
    fold.give(op, part, tuple(axes))
    return True


def _states(
    fold: Fold, op: Op, made: LayerDraft, whole: bool, ways: int, hidden: int, batch_first: bool
) -> None:
    """The last states; those of two directions as a stack of two."""
    for index, name in enumerate(op.outputs[1:3]):
        if not name or not fold.uses.get(name):
            continue
        draft = made
        if whole or index:
            draft = named(
                fold, op, "last cell" if index else "last state", [made], (ways * hidden,)
            )
            made.refs += 1
        if ways == 1:
            draft.refs += fold.uses[name]
            axes = (BATCH, ONE, 0) if batch_first else (ONE, BATCH, 0)
            fold.values[name] = TensorView(draft, axes)
            continue
        parts = []
        for way in range(ways):
            part = fold.draft("~part", op, [draft], (hidden,))
            part.direction = Direction(draft, way, ways)
            draft.refs += 1
            parts.append(part)
        stack(fold, op, parts, name, 1 if batch_first else 0)


def stack(fold: Fold, op: Op, drafts: list[LayerDraft], name: str, axis: int) -> None:
    """Vectors or maps on a new axis of the value ``name``."""
    shape = drafts[0].shape
    made = fold.draft(STACK, op, list(drafts), (len(drafts), *shape))
    made.refs = fold.uses.get(name, 0)
    axes = [BATCH, *range(1, len(shape) + 1)]
    axes.insert(axis, 0)
    fold.values[name] = TensorView(made, tuple(axes))


def restacked(fold: Fold, op: Op, value: TensorView, dims: tuple[int, ...]) -> bool:
    """A stack of the states of all layers and directions, by layers."""
    drafts = value.draft.inputs
    if value.axes != (0, BATCH, 1) or len(dims) != 4 or dims[2:] != fold.dims(value)[1:]:
        return False
    if dims[0] * dims[1] != len(drafts):
        return False
    layers = []
    for layer in range(dims[0]):
        inner = drafts[layer * dims[1] : (layer + 1) * dims[1]]
        layers.append(fold.draft(STACK, op, inner, (dims[1], *inner[0].shape)))
    made = fold.draft(STACK, op, layers, (dims[0], *layers[0].shape))
    fold.give(op, made, (0, 1, BATCH, 2))
    return True


def stacked(fold: Fold, op: Op, values: list[TensorView], axis: int) -> bool:
    """Concat along an axis that no layer has: states of several layers, one above the other."""
    drafts: list[LayerDraft] = []
    for value in values:
        axes = value.axes
        if axes is None or len(axes) != 3 or axes[1 - axis if axis < 2 else 0] != BATCH:
            return False
        if value.draft.kind == STACK and axes[axis] == 0 and len(value.draft.shape) == 2:
            drafts += value.draft.inputs
        elif axes[axis] == ONE and len(value.draft.shape) == 1:
            drafts.append(value.draft)
        else:
            return False
    if len({draft.shape for draft in drafts}) != 1:
        return False
    stack(fold, op, drafts, op.outputs[0], axis)
    return True


def unstack(fold: Fold, op: Op, value: TensorView, axis: int, index: int, keep: bool) -> bool:
    """One of the drafts of a stack."""
    draft, axes = value.draft, value.axes
    if draft.kind != STACK or axes is None or axes[axis] != 0:
        return False
    found = draft.inputs[index]
    left = [target - 1 if target > 0 else target for target in axes]
    left[axis] = ONE
    if not keep:
        del left[axis]
    found.refs += fold.uses.get(op.outputs[0], 0)
    draft.refs -= 1
    fold.values[op.outputs[0]] = TensorView(found, tuple(left))
    return True


def both_directions(fold: Fold, op: Op) -> bool:
    """The states of all directions side by side, by Concat or a Reshape of their stack."""
    if op.kind == "Concat":
        found = side_by_side(fold, op)
        if found and _last_of_both(fold, op, [value.draft for value in found]):
            return True
        whole = _reunited([value.draft for value in found]) if found else None
        if found is None or whole is None:
            if found and _reunited([value.draft for value in reversed(found)]):
                why = "the states stand in another order"
                near(fold, op, "Both directions of a recurrent layer", why)
            return False
        fold.give(op, whole, found[0].axes)
        return True
    value = fold.value(op)
    if value is None or value.draft.kind != STACK or value.axes != (BATCH, 0, 1):
        return False
    whole = _reunited(value.draft.inputs)
    if whole is None or target_dims(fold, op, fold.dims(value)) != (fold.batch, whole.shape[0]):
        return False
    whole.refs += fold.uses.get(op.outputs[0], 0)
    fold.values[op.outputs[0]] = TensorView(whole, (BATCH, 0))
    return True


def _last_of_both(fold: Fold, op: Op, drafts: list[LayerDraft]) -> bool:
    """The last step of each direction, the way back's being the first of its sequence."""
    parts = []
    for number, draft in enumerate(drafts):
        span, source = draft.span, draft.inputs[0] if draft.inputs else draft
        if span is None or span[1:] != (0, 0 if number else source.shape[0] - 1, 1, 1):
            return False
        parts.append(source)
    whole = _reunited(parts)
    if whole is None or whole.refs != len(parts):
        return False
    whole.options["last"] = True
    whole.shape = whole.shape[1:]
    fold.give(op, whole, (BATCH, 0))
    return True


def _reunited(drafts: list[LayerDraft]) -> LayerDraft | None:
    """The draft whose parts, one for each direction, are put together again."""
    first = drafts[0].direction if drafts else None
    if first is None:
        return None
    wanted = [first._replace(number=number) for number in range(first.total)]
    return first.whole if [draft.direction for draft in drafts] == wanted else None
