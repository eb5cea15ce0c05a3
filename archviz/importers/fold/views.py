"""Operators that move values about: transpositions, reshapes, slices, paddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archviz.importers.fold.axes import axes_list
from archviz.importers.fold.reorient import placed
from archviz.importers.fold.state import (
    BATCH,
    NCHW,
    ONE,
    VECTOR,
    Axes,
    Fold,
    LayerDraft,
    TensorView,
    numbers,
    product,
    solid,
)

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape


# ---- the view that a layer needs ------------------------------------------------------------


def as_map(fold: Fold, op: Op, value: TensorView, rank: int = 0) -> LayerDraft | None:
    """The draft of a value that is used as (batch, channels, height, width), or without height.

    Inserts a reshape where the draft has another shape; None where that is not possible, or where
    the value has not ``rank`` axes in space.
    """
    draft, axes, _ = value
    if axes is None or (rank and len(axes) != rank + 2):
        return None
    if axes == NCHW:
        return draft
    dims = fold.dims(value)
    if len(dims) not in (3, 4):
        return None
    order = (2, 3, 1) if len(dims) == 4 else (2, 1)
    shape = tuple(dims[axis] for axis in order)
    if product(shape) != product(draft.shape):
        return None  # what the layer takes for the batch is not
    return arranged(fold, op, value, order, shape if len(dims) == 4 else (1, *shape))


def arranged(
    fold: Fold, op: Op, value: TensorView, order: Sequence[int], shape: Shape
) -> LayerDraft:
    """The draft of a value with its file axes in the given order as axes of ``shape``."""
    draft, axes, _ = value
    assert axes is not None
    kept = [axes[axis] for axis in order if axes[axis] >= 0 and draft.shape[axes[axis]] != 1]
    if kept == sorted(kept):
        if draft.shape == shape:
            return draft
        kind = "flatten" if len(shape) == 1 else "reshape"
        made = fold.between(kind, op, draft, shape)
    elif draft.free and draft.refs == 1:
        first = len(shape) - len(order)
        place = {axes[axis]: first + at for at, axis in enumerate(order) if axes[axis] >= 0}
        if sorted(place) == list(range(len(draft.shape))):
            placed(fold, draft, place, shape)
            draft.free = False
            return draft
        made = fold.between("op", op, draft, shape, label="transpose")
        made.named = True
        return made
    else:
        made = fold.between("op", op, draft, shape, label="transpose")
        made.named = True
        return made
    if made.kind == "reshape":
        made.options["shape"] = shape
    return made


def straight(fold: Fold, op: Op, value: TensorView) -> TensorView:
    """A value with its axes in the order of its draft: a transposition is drawn where need be."""
    axes = value.axes
    if axes is None or [axis for axis in axes if axis >= 0] == sorted(set(axes) - {BATCH, ONE}):
        return value
    order = [place for place, axis in enumerate(axes) if axis >= 0]
    if len(order) != len(value.draft.shape):
        return value
    shape = tuple(value.draft.shape[axes[place]] for place in order)
    made = fold.between("op", op, value.draft, shape, label="transpose")
    made.named = True
    found = list(axes)
    for target, place in enumerate(order):
        found[place] = target
    return TensorView(made, tuple(found))


def as_vector(fold: Fold, op: Op, value: TensorView) -> LayerDraft | None:
    """The draft of a value (batch, features) as a vector."""
    dims = fold.dims(value)
    if value.axes is None or product(dims[1:]) != product(value.draft.shape):
        return None
    if len(value.draft.shape) == 1:
        return value.draft
    return arranged(fold, op, value, range(1, len(dims)), (product(dims[1:]),))


# ---- views ----------------------------------------------------------------------------------


def transpose(fold: Fold, op: Op) -> bool:
    """Another order of axes: another view of the same draft."""
    value = fold.value(op)
    if value is None:
        return False
    dims = fold.dims(value)
    order = op.attributes.get("perm") or tuple(reversed(range(len(dims))))
    if sorted(order) != list(range(len(dims))):
        return False
    if value.axes is None:
        moved = tuple(dims[axis] for axis in order)
        viewed(fold, op, value, moved)
    else:
        fold.alias(op, TensorView(value.draft, tuple(value.axes[axis] for axis in order)))
    return True


def viewed(fold: Fold, op: Op, value: TensorView, dims: tuple[int, ...]) -> None:
    """Let the output be the draft in a view that may make sense of its axes again."""
    draft = value.draft
    if draft.kind == "~norm" and draft.options.get("dims") == dims:
        fold.alias(op, TensorView(draft, draft.options["axes"]))
    elif solid(dims) == solid(draft.shape):
        fold.alias(
            op,
            TensorView(
                draft,
                _order(fold, dims, [axis for axis, side in enumerate(draft.shape) if side != 1]),
            ),
        )
    else:
        fold.alias(op, TensorView(draft, _batched(fold, draft, dims), dims))


def _batched(fold: Fold, draft: LayerDraft, dims: tuple[int, ...]) -> Axes | None:
    """The order of axes where one side is the batch and the others are the draft's."""
    if fold.batch == 1 or product(dims) != fold.batch * product(draft.shape):
        return None
    for place, side in enumerate(dims):
        rest = (*dims[:place], *dims[place + 1 :])
        if side == fold.batch and solid(rest) == solid(draft.shape):
            sides = [axis for axis, size in enumerate(draft.shape) if size != 1]
            order = list(_order(fold, rest, sides))
            return (*order[:place], BATCH, *order[place:])
    return None


def _order(fold: Fold, dims: Sequence[int], canonical: list[int]) -> Axes:
    """Axes of the file for sides of a draft that come one after another, where not 1."""
    axes: list[int] = []
    rest = iter(canonical)
    for side in dims:
        axes.append(next(rest) if side != 1 else ONE)
    if ONE in axes and fold.batch == 1:
        axes[axes.index(ONE)] = BATCH
    return tuple(axes)


def reshape(fold: Fold, op: Op) -> bool:
    """Reshape, Flatten, Squeeze, Unsqueeze: the same values with other sides."""
    value = fold.value(op)
    if value is None:
        return False
    dims = target_dims(fold, op, fold.dims(value))
    if dims is None or product(dims) != product(fold.dims(value)):
        return False
    reshaped(fold, op, value, dims)
    return True


def target_dims(fold: Fold, op: Op, old: tuple[int, ...]) -> tuple[int, ...] | None:
    """The sides behind a reshape in the file's order."""
    if op.kind == "Flatten":
        axis = op.attributes.get("axis", 1)
        axis += len(old) if axis < 0 else 0
        return product(old[:axis]), product(old[axis:])
    if op.kind == "Reshape":
        stated = numbers(fold.constant(op, 1)) if len(op.inputs) > 1 else None
        stated = stated or op.attributes.get("shape")
        if stated is None:
            return fold.known(op.outputs[0])
        return _resolved(stated, old, bool(op.attributes.get("allowzero")))
    axes = axes_list(fold, op)
    if axes is None and len(op.inputs) > 1 and op.inputs[1]:
        return None  # given at run time
    if op.kind == "Squeeze":
        if axes is None:
            return tuple(solid(old))
        gone = {axis % len(old) for axis in axes} if old else set()
        return tuple(side for axis, side in enumerate(old) if axis not in gone)
    if axes is None:
        return None
    rank = len(old) + len(axes)
    new = {axis % rank for axis in axes}
    if len(new) < len(axes):  # an axis twice
        return None
    rest = iter(old)
    return tuple(1 if axis in new else next(rest) for axis in range(rank))


def _resolved(stated: Sequence[int], old: Sequence[int], zero: bool) -> tuple[int, ...] | None:
    dims = [
        old[axis] if side == 0 and not zero and axis < len(old) else side
        for axis, side in enumerate(stated)
    ]
    if dims.count(-1) == 1:
        rest = -product(dims)
        if rest <= 0 or product(old) % rest:
            return None
        dims[dims.index(-1)] = product(old) // rest
    return tuple(dims) if all(side > 0 for side in dims) else None


def reshaped(fold: Fold, op: Op, value: TensorView, dims: tuple[int, ...]) -> None:
    """Bind the output of a reshape to the given sides: a view where that is possible."""
    draft, axes, _ = value
    old = fold.dims(value)
    if axes is None:
        viewed(fold, op, value, dims)
        return
    if solid(old) == solid(dims):
        lost = [axis for axis, side in enumerate(draft.shape) if side == 1 and axis not in axes]
        back = lost[0] if len(lost) == 1 else None
        fold.alias(op, TensorView(draft, _same_axes(fold, axes, old, dims, back)))
        return
    if len(dims) == 2 and dims[0] == fold.batch and axes[0] == BATCH:
        made = fold.draft("flatten", op, [draft], (dims[1],))
        fold.give(op, made, VECTOR)
        return
    merged = _merged(fold, value, old, dims)
    if merged is not None:
        shape, order = merged
        made = fold.draft("reshape", op, [draft], shape, shape=shape)
        fold.give(op, made, order)
        return
    if draft.kind == "~attention" and axes[0] != BATCH and BATCH in axes:
        fold.alias(op, TensorView(draft, None, dims))  # rows of all examples, for its projection
        return
    features = axes[-1] == len(draft.shape) - 1 and old[-1] == dims[-1]
    view(fold, op, [draft], dims, features)


def _same_axes(
    fold: Fold, axes: Axes, old: Sequence[int], dims: tuple[int, ...], lost: int | None = None
) -> Axes:
    """The axes behind a reshape that only adds and drops sides of 1.

    ``lost``: an axis of the draft that the value has lost, and may get back.
    """
    rest = [axis for axis, side in zip(axes, old, strict=True) if side != 1]
    batch = (fold.batch == 1 or BATCH in axes) and BATCH not in rest
    if lost is not None and list(dims).count(1) == 2 and batch and dims[0] == 1:
        place = dims.index(1, 1)
        found = list(_same_axes(fold, axes, old, (*dims[:place], *dims[place + 1 :])))
        return *found[:place], lost, *found[place:]
    found = []
    for side in dims:
        if side != 1:
            found.append(rest.pop(0))
        elif batch:
            found.append(BATCH)
            batch = False
        else:
            found.append(ONE)
    return tuple(found)


def _merged(
    fold: Fold, value: TensorView, old: Sequence[int], dims: Sequence[int]
) -> tuple[Shape, Axes] | None:
    """Shape and axes where neighbouring sides are merged, such as height and width."""
    axes = value.axes
    assert axes is not None
    if axes[0] != BATCH or not dims or dims[0] != old[0]:
        return None
    groups: list[list[int]] = []
    place = 1
    for side in dims[1:]:
        group: list[int] = []
        size = 1
        while place < len(old) and (size < side or (size == side and old[place] == 1)):
            size *= old[place]
            if axes[place] >= 0:
                group.append(axes[place])
            place += 1
        if size != side or not group or group != list(range(group[0], group[0] + len(group))):
            return None
        groups.append(group)
    ranked = sorted(range(len(groups)), key=lambda index: groups[index][0])
    shape = tuple(dims[1 + index] for index in ranked)
    order = [ranked.index(index) for index in range(len(groups))]
    return (shape, (BATCH, *order)) if place == len(old) else None


def view(
    fold: Fold, op: Op, inputs: list[LayerDraft], dims: tuple[int, ...], features: bool = False
) -> LayerDraft:
    """A draft for a view that is no layer of ours; it may turn out to be part of one.

    ``features``: the last side is known to be that of the features. Else their place is a guess.
    """
    batched = len(dims) > 1 and dims[0] == fold.batch
    draft = fold.draft("~view", op, inputs, dims[1:] if batched else dims)
    first = len(draft.shape) == 3 and not features
    if first:
        draft.shape = (*draft.shape[1:], draft.shape[0])
    order: Axes = (2, 0, 1) if first else tuple(range(len(draft.shape)))
    draft.free = not (features and batched)
    fold.give(op, draft, (BATCH, *order) if batched else order)
    return draft


def expand(fold: Fold, op: Op) -> bool:
    """Expand: mostly to a shape that the value has already."""
    value = fold.value(op)
    target = numbers(fold.constant(op, 1))
    if value is None or target is None:
        return False
    old = fold.dims(value)
    rank = max(len(old), len(target))
    old, target = (1,) * (rank - len(old)) + old, (1,) * (rank - len(target)) + target
    if any(
        1 not in (side, here) and side not in (-1, here)
        for side, here in zip(target, old, strict=True)
    ):
        return False
    dims = tuple(max(pair) for pair in zip(target, old, strict=True))
    if dims == fold.dims(value):
        fold.alias(op, value)
    else:
        view(fold, op, [value.draft], dims)
    return True


def same(fold: Fold, op: Op) -> bool:
    """Identity, Cast, Dropout: nothing that a figure shows."""
    value = fold.value(op)
    if value is None:
        return False
    fold.alias(op, value)
    return True


# ---- paddings ---------------------------------------------------------------------------------


def padded(fold: Fold, op: Op, value: TensorView) -> tuple[list[int], list[int]] | None:
    """How much a Pad puts before and behind each axis of a draft; None where nobody can say."""
    sides = op.attributes.get("pads") or numbers(fold.constant(op, 1))
    if sides is None or value.axes is None:
        return None
    rank = len(value.axes)
    axes = axes_list(fold, op, 3) or tuple(range(rank))
    if len(sides) != 2 * len(axes):
        return None
    before, after = [0] * len(value.draft.shape), [0] * len(value.draft.shape)
    for index, axis in enumerate(axes):
        low, high = sides[index], sides[index + len(axes)]
        target = value.axes[axis % rank]
        if low or high:
            if target < 0:
                return None
            before[target], after[target] = low, high
    return before, after


def zero_pad(fold: Fold, op: Op, value: TensorView, before: list[int], after: list[int]) -> bool:
    """Zeros round a map; the next convolution takes them over where it can."""
    fill = fold.constant(op, 2)
    if len(before) != 3 or op.attributes.get("mode", "constant") != "constant":
        return False
    if before[2] or after[2] or min(*before, *after) < 0:
        return False
    if fill is not None and fill.values != (0.0,):
        return False
    padding = before[0], after[0], before[1], after[1]
    height, width, channels = value.draft.shape
    shape = height + sum(padding[:2]), width + sum(padding[2:]), channels
    made = fold.draft("zero-pad", op, [value.draft], shape, padding=padding)
    fold.give(op, made, value.axes)
    return True
