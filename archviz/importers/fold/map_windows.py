"""Maps cut into windows and put together again, and rolled before and behind that.

A box says how large the windows are, and how far a map is rolled. An attention between a
partition and the return that undoes it is one box with them, and with the shifts round them where
those undo each other as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.match import near
from archviz.importers.fold.named import named
from archviz.importers.fold.regroup import Regrouped, cut_in_parts, is_row_of_cuts, regrouped
from archviz.importers.fold.state import BATCH, NCHW, NHWC, Axes, Fold, LayerDraft, TensorView
from archviz.importers.fold.views import reshape as plain_reshape
from archviz.importers.fold.views import target_dims
from archviz.importers.graphs import Op

if TYPE_CHECKING:
    from archviz.network.model import Shape

PARTITION, REVERSE, SHIFT = "window partition", "window reverse", "cyclic shift"
ROWS: Axes = (BATCH, 0, 1)
_AXES = {2: ("rows", "features"), 3: ("rows", "columns", "channels")}
_STEPS = 4


def window_partition(fold: Fold, op: Op) -> bool:
    """A map cut into windows, which stand one behind the other."""
    if _flattened(fold, op):
        return True
    found = cut_in_parts(fold, op)
    if found is not None and len(found.dims) == 4 and is_row_of_cuts(found):
        _, _, rows, high, columns, wide = found.parts
        made = _windows_of(fold, op, found, (rows, columns, high, wide), found.dims[1:])
        fold.give(op, made, (BATCH, 0, 1, 2))
        return True
    found = _windows(fold, op, "Window partition")
    if found is None:
        return False
    _, rows, high, columns, wide, channels = found.parts
    flat, square = (high * wide, channels), (high, wide, channels)
    if fold.alike(found.source.axes, ROWS):  # the map's own sides are written nowhere
        sides = rows * high, columns * wide, channels
        if found.dims[0] != rows * columns or found.dims[1:] not in (flat, square):
            return False
        made = fold.between("reshape", op, found.source.draft, sides, shape=sides)
        found = found._replace(source=TensorView(made, NHWC))
    if not fold.alike(found.source.axes, NHWC):
        return False
    draft, dims = found.source.draft, found.dims
    if dims[0] != rows * columns or dims[1:] not in (flat, square) or channels != draft.shape[2]:
        return False
    made = _windows_of(fold, op, found, (rows, columns, high, wide), dims)
    fold.give(op, made, tuple(range(len(dims))))
    return True


def _windows_of(
    fold: Fold, op: Op, found: Regrouped, moves: tuple[int, int, int, int], shape: Shape
) -> LayerDraft:
    label = f"{PARTITION} {moves[2]}×{moves[3]}"
    made = named(fold, op, label, [found.source.draft], shape)
    made.moves = moves
    return made


def _flattened(fold: Fold, op: Op) -> bool:
    """The rows and columns of windows as one row each: still the same partition."""
    value = fold.value(op)
    if value is None or value.axes != (0, 1, 2, 3) or not _is(value.draft, PARTITION):
        return False
    draft = value.draft
    dims = target_dims(fold, op, fold.dims(value))
    count, high, wide, channels = draft.shape
    if draft.refs != 1 or dims != (count, high * wide, channels):
        return False
    _keep_dims(fold, draft)
    draft.shape = dims
    fold.give(op, draft, (0, 1, 2))
    return True


def window_reverse(fold: Fold, op: Op) -> bool:
    """The map that windows make up; of a single one only its sides change."""
    if _cut_anew(fold, op):
        return True
    found, axes = _windows(fold, op, "Window return"), NHWC
    if found is None:
        found, axes = regrouped(fold, op, False), NCHW
        if found is None or found.order != (0, 5, 1, 3, 2, 4):
            return False
    elif fold.alike(found.source.axes, NHWC):
        return False
    draft, dims = found.source.draft, found.dims
    batch, rows, columns, high, wide, channels = found.parts
    sides = rows * high, columns * wide, channels
    flat = axes is NHWC and dims == (batch, sides[0] * sides[1], channels)
    whole = (batch, *((sides[2], *sides[:2]) if axes is NCHW else sides))
    if batch != fold.batch or (not flat and dims != whole):
        return False
    moves = rows, columns, high, wide
    if not _joined(fold, op, draft, moves, sides, axes):
        if rows == columns == 1 and axes is NHWC:
            made = fold.draft("reshape", op, [draft], sides, shape=sides)
        else:
            made = named(fold, op, f"{REVERSE} {high}×{wide}", [draft], sides)
            made.moves = moves
        fold.give(op, made, axes)
    if flat:  # the rows of the map that windows make up, one behind the other
        map_of = fold.values[op.outputs[0]].draft
        map_of.refs = 1
        fold.give(op, fold.draft("reshape", op, [map_of], dims[1:], shape=dims[1:]), ROWS)
    return True


def _cut_anew(fold: Fold, op: Op) -> bool:
    """Windows whose map is cut into others at once, so that its own sides are written nowhere."""
    found = regrouped(fold, op, False)
    if found is None or len(found.order) != 6 or len(found.dims) != 6:
        return False
    batch, rows, columns, high, wide, channels = found.parts
    sides, dims = (rows * high, columns * wide), found.dims
    if found.order == (0, 5, 1, 3, 2, 4):
        shape, cut = (batch, channels, *sides), dims[2:]
    elif found.order == (0, 1, 3, 2, 4, 5):
        shape, cut = (batch, *sides, channels), dims[1:5]
    else:
        return False
    if (cut[0] * cut[1], cut[2] * cut[3]) != sides or channels not in (dims[1], dims[5]):
        return False
    between = f"{op.outputs[0]}~map"
    first = Op("Reshape", op.name, op.inputs[:1], (between,), {"shape": shape}, op.path)
    if not window_reverse(fold, first):
        return False
    fold.values[between].draft.refs = 1
    return plain_reshape(fold, op._replace(inputs=(between, *op.inputs[1:])))


def _windows(fold: Fold, op: Op, rule: str) -> Regrouped | None:
    """Columns of windows changed for rows in them, or back, where the channels are last."""
    found = regrouped(fold, op, False)
    if found is None or len(found.order) != 6 or fold.batch != 1 or found.parts[0] != 1:
        return None
    if found.order == (0, 1, 3, 2, 4, 5):
        return found
    of_map = fold.alike(found.source.axes, NHWC) == (rule == "Window partition")
    if of_map and found.order[0] == 0 and found.order[-1] == 5:
        near(fold, op, rule, "the places in each window stand in another order")
    return None


def _is(draft: LayerDraft, what: str) -> bool:
    return draft.named and bool(draft.moves) and draft.options["label"].startswith(what)


# ---- attention in them --------------------------------------------------------------------------


def _joined(
    fold: Fold,
    op: Op,
    draft: LayerDraft,
    moves: tuple[int, int, int, int],
    shape: Shape,
    axes: Axes,
) -> bool:
    """An attention that the partition is for, with that and the return that undoes it."""
    draft = _behind_views(fold, draft)
    facts = draft.attention
    if facts is None or draft.refs != 1 or len(draft.inputs) != 1:
        return False
    windows = draft.inputs[0]
    badges = {"norm", "activation"} & windows.options.keys()
    if not _is(windows, PARTITION) or windows.moves != moves or windows.refs != 1 or badges:
        return False
    source = windows.inputs[0]
    if source.shape[:2] != shape[:2] or windows.refs != 1:
        return False
    _keep_dims(fold, draft)
    draft.inputs, draft.shape = [source], shape
    plain = facts.label.replace("grouped-query ", "")
    draft.attention = facts._replace(label=f"window {plain}")
    fold.give(op, draft, axes)
    return True


def _keep_dims(fold: Fold, draft: LayerDraft) -> None:
    """Let what was seen of a draft keep its sides, though the draft gets others."""
    first = draft.op.outputs[0]
    for name in reversed(fold.values):
        one = fold.values[name]
        if one.draft is draft and one.axes is not None:
            fold.values[name] = TensorView(draft, None, fold.dims(one))
        if name == first:
            break


def _behind_views(fold: Fold, draft: LayerDraft) -> LayerDraft:
    """What a draft is the same numbers of, in the same order."""
    for _ in range(_STEPS):
        if draft.op.kind != "Reshape" or draft.kind not in ("~view", "reshape") or draft.refs != 1:
            break
        source = fold.values.get(draft.op.inputs[0])
        whole = source is not None and source.draft is draft.inputs[0] and source.axes is not None
        if not whole or source is None or list(source.axes or ()) != sorted(source.axes or ()):
            break
        draft = source.draft
    return draft


# ---- shifts -------------------------------------------------------------------------------------


def shifted(fold: Fold, op: Op, source: LayerDraft, axis: int, cut: int, axes: Axes) -> bool:
    """A map rolled along an axis: one shift with that along another, or the end of one."""
    if _is(source, SHIFT) and source.refs == 1 and source.moves[axis] == 0:
        source.refs = 0
        draft = source
    else:
        draft = named(fold, op, SHIFT, [source], source.shape)
        draft.moves = (0,) * len(source.shape)
    draft.moves = (*draft.moves[:axis], cut, *draft.moves[axis + 1 :])
    draft.options["label"] = _label(draft)
    inner = draft.inputs[0]
    before = inner.inputs[0] if inner.inputs else inner
    facts = inner.attention
    undone = facts is not None and _is(before, SHIFT) and _undoes(before, draft)
    if facts is None or not undone or before.refs != 1 or inner.refs not in (0, 1):
        fold.give(op, draft, axes)
        return True
    if not facts.label.startswith("window "):
        fold.give(op, draft, axes)
        return True
    inner.inputs = list(before.inputs)
    inner.attention = facts._replace(label=f"shifted {facts.label}")
    fold.give(op, inner, axes)
    return True


def _undoes(before: LayerDraft, behind: LayerDraft) -> bool:
    """Whether one shift takes a map back to where it was before another."""
    pairs = zip(before.moves, behind.moves, before.shape, strict=True)
    return before.shape == behind.shape and all((a + b) % side == 0 for a, b, side in pairs)


def _label(draft: LayerDraft) -> str:
    """How far a map is rolled along which of its axes, as ``torch.roll`` counts."""
    found = {}
    for axis, (cut, side) in enumerate(zip(draft.moves, draft.shape, strict=True)):
        if cut:
            sign = "±" if 2 * cut == side else "−" if 2 * cut < side else "+"
            found[axis] = f"{sign}{min(cut, side - cut)}"
    if len(found) > 1:
        return f"{SHIFT} {'×'.join(found.values())}"
    axis, text = next(iter(found.items()))
    names = _AXES.get(len(draft.shape))
    return f"{SHIFT} {text} of {names[axis] if names else f'axis {axis}'}"
