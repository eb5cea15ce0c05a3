"""Arithmetic of two: merges, biases, gates, positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.activations import common_base, grow
from archviz.importers.fold.layers import head_norm
from archviz.importers.fold.match import WithConstant, near, operands, same_form, two, with_constant
from archviz.importers.fold.named import named, of_two
from archviz.importers.fold.splits import taken_once
from archviz.importers.fold.state import (
    BATCH,
    ONE,
    Fold,
    LayerDraft,
    TensorView,
    product,
    scalar,
    takes,
)
from archviz.importers.fold.views import same as unchanged
from archviz.importers.fold.views import straight
from archviz.importers.fold.written_norms import (
    WRITTEN_OUT,
    by_statistics,
    finish_norm,
    whole_norm,
)

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor


def binary(fold: Fold, op: Op) -> bool:
    """Add, Sub, Mul, Div, Pow, Min, Max of two."""
    if len(op.inputs) != 2:
        return merge_many(fold, op)
    if op.kind == "Sum":
        op = op._replace(kind="Add")
    pair = two(fold, op)
    if pair is not None:
        return _two(fold, op, *pair)
    found = with_constant(fold, op)
    if found is None:
        return False
    value, constant, _, behind = found
    if product(constant.shape) != 1:
        return _with_weights(fold, op, found)
    single = value.axes is not None and value.draft.shape[-1] == 1 and bool(constant.shape)
    if single and op.kind == "Add" and value.draft.options.get("bias") is False:
        return _by_channel(fold, op, value, found.name)
    learned = constant.weight and (fold.graph.learned or found.name in fold.numbers)
    number = None if learned else scalar(constant)
    if number is None:
        return _with_table(fold, op, found)
    if _changes_nothing(op.kind, number, behind):
        fold.alias(op, value)
        return True
    grow(fold, op, value, (value.draft, number) if behind else (number, value.draft))
    return True


def _changes_nothing(kind: str, number: float, behind: bool) -> bool:
    """Whether arithmetic with a number, which stands ``behind`` the value or before it, is none."""
    if number == 0:
        return kind == "Add" or (kind == "Sub" and behind)
    return number == 1 and (kind == "Mul" or (kind in ("Div", "Pow") and behind))


def _with_weights(fold: Fold, op: Op, found: WithConstant) -> bool:
    (draft, axes, _), constant, name, behind = found
    if draft.kind == "~attention" and op.kind == "Add":
        return _attention_bias(fold, op, found.value, constant, name)
    whole = not constant.floating and name in fold.graph.constants and not fold.graph.learned
    if axes is None or whole or _spreads(fold, found):  # whole numbers are no weights
        return False
    touched = _touched(found)
    centred = draft.kind == "~affine" and draft.norm_steps[:2] == ("Sub", "Div")
    if not constant.weight and not centred:  # scale and shift of a frozen norm may be buffers
        return _with_table(fold, op, found)
    if touched == [len(draft.shape) - 1] and (behind or op.kind in ("Add", "Mul")):
        return _by_channel(fold, op, found.value, name)
    if op.kind == "Mul" and draft.norm_steps == ("rms-norm",) and touched == [axes[-1]]:
        made = head_norm(fold, op, draft.inputs[0])
        draft.inputs[0].refs -= draft.options["taken"] - 1
        fold.weigh(made, name)
        fold.give(op, made, axes)
        return True
    return _with_table(fold, op, found)


def _spreads(fold: Fold, found: WithConstant) -> bool:
    """Whether a constant is wider than the value, so that what comes out is too."""
    constant, dims = found.constant.shape, fold.dims(found.value)
    sides = zip(reversed(constant), reversed(dims), strict=False)
    return len(constant) > len(dims) or any(side not in (1, dim) for side, dim in sides)


def _touched(found: WithConstant) -> list[int]:
    """The axes of a draft along which a constant has more than one number."""
    axes, sides = found.value.axes or (), found.constant.shape
    offset = len(axes) - len(sides)
    return [axes[offset + index] for index, side in enumerate(sides) if side != 1]


_SIGNS = {"Add": "+", "Sub": "−", "Mul": "×", "Div": "÷"}


def _with_table(fold: Fold, op: Op, found: WithConstant) -> bool:
    """Numbers of the model's code, or learned ones, with a value: a step that says which."""
    value, constant, name, _ = found
    sign = _SIGNS.get(op.kind)
    idle = name in fold.graph.idle
    told = fold.graph.learned or name in fold.numbers or not constant.weight or idle
    if not told or sign is None or value.axes is None or _spreads(fold, found):
        return False
    what = "number" if product(constant.shape) == 1 else "table"
    label = f"{sign} learned {what}" if constant.weight and not idle else f"{sign} {what}"
    made = fold.draft("op", op, [value.draft], value.draft.shape, label=label)
    made.known = True
    if idle:
        fold.masks.add(name)
    else:
        fold.weigh(made, name, whole=True)
    fold.give(op, made, value.axes)
    return True


def positions(fold: Fold, op: Op) -> bool:
    """Learned rows added to a sequence: all of a table, or those that a model has picked."""
    found = with_constant(fold, op)
    if found is None or found.value.axes is None or found.value.draft.kind[0] == "~":
        return False
    value, constant, name, _ = found
    draft = value.draft
    if not constant.weight or not 0 < len(constant.shape) <= len(found.value.axes):
        return False
    touched, channels = _touched(found), len(draft.shape) - 1
    sides = [axis for axis, side in enumerate(draft.shape) if side != 1]
    rows = name in fold.origins and len(draft.shape) == 2 and channels in touched
    lone = rows and draft.shape[0] == 1  # of a text of one word, the row of its position
    if touched == [] or (touched == [channels] and not lone):
        return False
    if not (sorted(touched) == sides or rows):
        return False
    table = fold.constants[fold.origins.get(name, name)].shape
    if product(table) == product(constant.shape) == product(draft.shape):
        made = fold.draft("position", op, [draft], draft.shape)
    elif len(table) == 2 and table[0] >= draft.shape[0] and table[1:] == draft.shape[1:]:
        made = fold.draft("position", op, [draft], draft.shape, count=table[0])
    else:
        what = "position" if len(table) < 2 or table[-2] >= draft.shape[0] else "segment"
        made = named(fold, op, f"{what} embedding", [draft], draft.shape)
        made.kind = "other-embedding"
    fold.weigh(made, name, whole=True)
    fold.give(op, made, value.axes)
    return True


def _by_channel(fold: Fold, op: Op, value: TensorView, name: str) -> bool:
    """A number for each channel: a bias, or a step of a batch norm that is written out."""
    draft = value.draft
    plain = "norm" not in draft.options and "activation" not in draft.options and draft.refs == 1
    if op.kind == "Add" and plain and draft.options.get("bias") is False and takes(draft, "bias"):
        del draft.options["bias"]
        fold.weigh(draft, name)
        fold.give(op, draft, value.axes)
        return True
    if op.kind not in ("Add", "Sub", "Mul", "Div"):
        return False
    made = fold.draft("~affine", op, [draft], draft.shape)
    fold.weigh(made, name)
    follows = draft.kind in ("~affine", "~norm") and draft.refs == 1
    made.norm_steps = (*draft.norm_steps, op.kind) if follows else (op.kind,)
    fold.give(op, made, value.axes)
    norm = WRITTEN_OUT.get(made.norm_steps)
    if norm == "batch-norm" and fold.graph.learned:
        return by_statistics(fold, op, value, made) or True
    if norm is None or (norm == "batch-norm" and not whole_norm(fold, made)):
        return True
    return finish_norm(fold, op, value, made, norm)


def _attention_bias(fold: Fold, op: Op, value: TensorView, constant: Tensor, name: str) -> bool:
    draft = value.draft
    facts = draft.attention
    if facts is None or draft.refs != 1 or not facts.out or facts.out_biased:
        return False
    if constant.shape != (facts.out,):
        return False
    draft.attention = facts._replace(out_biased=True)
    fold.weigh(draft, name)
    fold.give(op, draft, value.axes, value.dims)
    return True


def _two(fold: Fold, op: Op, left: TensorView, right: TensorView) -> bool:
    drafts = left.draft, right.draft
    grows = op.kind in ("Mul", "Sub", "Div")
    grows = grows or (op.kind == "Add" and any(draft.kind == "~math" for draft in drafts))
    if grows and same_form(fold, left, right) and common_base(*drafts):
        grow(fold, op, left, drafts)
        return True
    kind = {"Add": "add", "Mul": "multiply"}.get(op.kind)
    if kind is not None and merge(fold, op, kind, [left, right]):
        return True
    return op.kind not in ("Add", "Mul") and of_two(fold, op, left, right)


def scaled_sum(fold: Fold, op: Op) -> bool:
    """x + s·f(x): the scaled path first."""
    for main, other in operands(fold, op):
        draft = main.draft
        if not same_form(fold, main, other) or common_base(draft, other.draft):
            return False
        if draft.kind != "~math" or draft.refs != 1:
            continue
        if len(draft.inputs) != 1 or len(draft.operands) != 2:
            continue
        if draft.op.kind not in ("Mul", "Div"):
            near(fold, op, "Scaled sum", f"the number is not multiplied: {draft.op.kind}")
            continue
        factor = next(one for one in draft.operands if not isinstance(one, LayerDraft))
        if draft.op.kind == "Div":
            if isinstance(draft.operands[0], float) or not factor:
                continue
            factor = 1 / factor
        factor = float(f"{factor:.6g}")
        made = fold.draft(
            "scaled-add", op, [draft.inputs[0], other.draft], other.draft.shape, value=factor
        )
        fold.give(op, made, other.axes)
        return True
    return False


def gated(fold: Fold, op: Op) -> bool:
    """One half times the sigmoid of the other: a gated linear unit."""
    return any(_is_gated(fold, op, *pair) for pair in operands(fold, op))


def _is_gated(fold: Fold, op: Op, left: TensorView, right: TensorView) -> bool:
    half, gate = left.draft, right.draft
    if half.span is None or gate.kind != "sigmoid" or gate.inputs[0].span is None:
        return False
    other = gate.inputs[0]
    source = half.inputs[0]
    if other.inputs[0] is not source or 2 * half.shape[-1] != source.shape[-1]:
        return False
    if half.span[1:3] != (len(half.shape) - 1, 0) or gate.inputs[0].span.start != half.shape[-1]:
        return near(fold, op, "Gated linear unit", "the halves stand the other way round")
    taken_once(source, (half, other))
    fold.give(op, named(fold, op, "GLU", [source], half.shape), left.axes)
    return True


_OF_MANY = {"Sum": "add", "Mean": "mean", "Min": "minimum", "Max": "maximum"}


def merge_many(fold: Fold, op: Op) -> bool:
    """Sum, Mean, Min, Max of any number of values; of one nothing."""
    if len(op.inputs) == 1:
        return unchanged(fold, op)
    values = [fold.value(op, index) for index in range(len(op.inputs))]
    found = [value for value in values if value is not None]
    kind = _OF_MANY.get(op.kind)
    return kind is not None and len(found) == len(values) and merge(fold, op, kind, found)


def _rank(value: TensorView) -> int:
    return len(value.draft.shape)


def merge(fold: Fold, op: Op, kind: str, values: list[TensorView]) -> bool:
    """Add or multiply as a layer, where the shapes are what our rules take."""
    if kind == "multiply":
        whole = [value for value in values if _unspread(fold, value) is value]
        spread = [_unspread(fold, one) for one in values if one not in whole]
        values = [*whole, *spread] if whole else values
    first = values[0]
    shape, axes = first.draft.shape, first.axes
    equal = [value.draft for value in values if value.axes == axes and value.draft.shape == shape]
    if axes is not None and len(equal) == len(values):
        fold.give(op, fold.draft(kind, op, equal, shape), axes)
        return True
    if len({value.axes for value in values}) > 1:
        turned = {value.axes: fold.dims(value) for value in values if len(value.draft.shape) == 2}
        if len(turned) == len(values) and len(set(turned.values())) == 1:
            values = [straight(fold, op, value) for value in values]
    if len(set(map(_rank, values))) > 1 and len(set(map(fold.dims, values))) == 1:
        values = [fold.sequence(op, value) for value in values]
        values = [_as_map(fold, op, value, max(values, key=_rank)) for value in values]
    largest = max(values, key=_rank)
    axes = largest.axes
    if axes is None:
        return False
    if kind == "multiply":
        values = [_with_sides(fold, op, value, largest) for value in values]
    shape = largest.draft.shape
    for value in values:
        if value.axes is None:
            return False
        if value.draft.shape == shape and fold.alike(value.axes, axes):
            continue
        if kind != "multiply" or not _gates(value, largest):
            return False
    made = fold.draft(kind, op, [value.draft for value in values], shape)
    fold.give(op, made, axes)
    return True


def _unspread(fold: Fold, value: TensorView) -> TensorView:
    """What was spread to the sides of a map only to be multiplied with it."""
    draft = value.draft
    if draft.kind != "~view" or draft.op.kind != "Expand" or draft.refs != 1:
        return value
    inner = fold.values.get(draft.op.inputs[0])
    if inner is None or inner.axes is None or value != fold.values.get(draft.op.outputs[0]):
        return value
    return inner if len(inner.axes) == len(value.axes or ()) else value


def _as_map(fold: Fold, op: Op, value: TensorView, other: TensorView) -> TensorView:
    """A sequence that is seen as a map of height 1 like another, as one; others as they are."""
    if value.axes is None or other.draft.shape != (1, *value.draft.shape):
        return value
    seen = tuple([{ONE: 0, BATCH: BATCH}.get(axis, axis + 1) for axis in value.axes])
    if seen != other.axes:
        return value
    made = fold.between("reshape", op, value.draft, other.draft.shape, shape=other.draft.shape)
    return TensorView(made, other.axes)


def _with_sides(fold: Fold, op: Op, value: TensorView, largest: TensorView) -> TensorView:
    """Factors with the sides of 1 along which a larger value has more; others as they are."""
    small, large = value.axes, largest.axes
    if small is None or large is None or not 1 < _rank(value) < _rank(largest):
        return value
    dims, whole = fold.dims(value), fold.dims(largest)
    if len(dims) != len(whole) or any(a not in (1, b) for a, b in zip(dims, whole, strict=True)):
        return value
    places = sorted((axis, place) for place, axis in enumerate(large) if axis >= 0)
    order = [small[place] for _, place in places if dims[place] != 1]
    shape = tuple(dims[place] for _, place in places)
    if order != sorted(order) or product(shape) != product(value.draft.shape):
        return value
    made = fold.between("reshape", op, value.draft, shape, shape=shape)
    return TensorView(made, large)


def _gates(value: TensorView, largest: TensorView) -> bool:
    """Whether a value is one number a channel, or a map with sides of 1, of the largest."""
    small, large = value.axes, largest.axes
    assert small is not None
    assert large is not None
    if len(small) != len(large):
        return False
    if len(value.draft.shape) == 1:
        return value.draft.shape == largest.draft.shape[-1:] and all(
            (a == 0) == (b == len(largest.draft.shape) - 1) or a == ONE
            for a, b in zip(small, large, strict=True)
        )
    if small != large or len(value.draft.shape) != len(largest.draft.shape):
        return False
    return all(a in (1, b) for a, b in zip(value.draft.shape, largest.draft.shape, strict=True))
