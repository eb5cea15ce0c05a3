"""Parts of values: splits and slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archviz.importers.fold.axes import axes_list
from archviz.importers.fold.facts import Span
from archviz.importers.fold.recurrent import one_way
from archviz.importers.fold.state import Fold, LayerDraft, TensorView, numbers
from archviz.importers.fold.views import same

if TYPE_CHECKING:
    from archviz.importers.graphs import Op


FEW = 4
"""Equal parts that slices are counted as, where they are the first or the last ones."""


def split(fold: Fold, op: Op) -> bool:
    """Split and Chunk: a draft for each part, since each edge has its own shape."""
    value = fold.value(op)
    if value is None or value.axes is None:
        return False
    dims = fold.dims(value)
    axis = op.attributes.get("axis", 0) % len(dims)
    sizes = op.attributes.get("split") or numbers(fold.constant(op, 1))
    if sizes is None and len(op.inputs) > 1 and op.inputs[1]:
        return False  # given at run time
    if sizes is None:
        count = len(op.outputs)
        size = -(-dims[axis] // count)
        sizes = (*[size] * (count - 1), dims[axis] - size * (count - 1))
    if sum(sizes) != dims[axis] or len(sizes) != len(op.outputs) or min(sizes) < 0:
        return False
    for name, size in zip(op.outputs, sizes, strict=True):
        if not size:
            fold.give_nothing(name, (*dims[:axis], 0, *dims[axis + 1 :]))
    some = [(name, size) for name, size in zip(op.outputs, sizes, strict=True) if size]
    if len(some) == 1 < len(sizes):
        return same(fold, op._replace(outputs=(some[0][0],)))
    if len(some) > 1 and value.axes[axis] < 0:
        return False
    start, count = 0, len(some)
    uneven = len({size for _, size in some}) > 1
    for number, (name, size) in enumerate(some, 1):
        # their sizes stand in their shapes: a number tells such parts apart at any width
        words = f", part {number} of {count}" if uneven else ""
        part(fold, op, value, axis, (start, size), name, words=words)
        start += size
    return True


def part(
    fold: Fold,
    op: Op,
    value: TensorView,
    axis: int,
    span: tuple[int, int],
    name: str,
    step: int = 1,
    words: str = "",
) -> None:
    """A stretch of a value along an axis, or every so many of it; ``words`` say which it is."""
    assert value.axes is not None
    target = value.axes[axis]
    shape = list(value.draft.shape)
    if target >= 0:
        shape[target] = span[1]
    draft = fold.draft("~slice", op, [value.draft], tuple(shape))
    what = {len(shape) - 1: "channel", len(shape) - 2: "column"}.get(target, "row")
    what = "row" if what == "column" and len(shape) < 3 else what
    label = f"{what}s{words}" if words else _share(what, span, fold.dims(value)[axis])
    if step > 1:
        label = f"every {step}{ {2: 'nd', 3: 'rd'}.get(step, 'th') } {what}"
    draft.span = Span(label, target, *span, step)
    draft.refs = fold.uses.get(name, 0)
    fold.values[name] = TensorView(draft, value.axes)


def taken_once(source: LayerDraft, parts: Sequence[LayerDraft]) -> None:
    """Let what is made of all parts of a source take it once: all of a Split take it so already."""
    source.refs -= len({part.op.outputs for part in parts}) - 1


def _share(what: str, span: tuple[int, int], whole: int) -> str:
    """What a part is called: without its size where it is one of some equal ones, or a crop.

    Channels are first or last ones whatever their number, which blocks of other widths differ in.
    """
    start, size = span
    if size == 1:
        return f"{what} {start}"
    even = start % size == 0 and whole % size == 0 and whole // size <= 8
    few = even and whole // size <= FEW
    if what == "channel" and not few and (start == 0 or start + size == whole):
        return "last channels" if start else "first channels"
    if start + size == whole and start < size:
        return f"without first {what}" if start == 1 else f"without first {start} {what}s"
    if start == 0 and whole - size < size:
        left = whole - size
        return f"without last {what}" if left == 1 else f"without last {left} {what}s"
    if not even:
        return f"{what}s {start}–{start + size - 1}"
    if whole == 2 * size:
        return f"{'second' if start else 'first'} half" + ("" if what == "channel" else " of rows")
    return f"{what}s, part {start // size + 1} of {whole // size}"


def slices(fold: Fold, op: Op) -> bool:
    """Slice along one axis, with a step of 1 or more."""
    value = fold.value(op)
    if value is None:
        return False
    dims = list(fold.dims(value))
    starts = op.attributes.get("starts") or numbers(fold.constant(op, 1))
    ends = op.attributes.get("ends") or numbers(fold.constant(op, 2))
    axes = axes_list(fold, op, 3)
    if starts is None or ends is None:
        return False
    axes = axes or tuple(range(len(starts)))
    steps = numbers(fold.constant(op, 4)) or (1,) * len(starts)
    changed = []
    for axis, low, high, step in zip(axes, starts, ends, steps, strict=False):
        axis %= len(dims)
        low, high = (
            min(max(at + dims[axis] if at < 0 else at, 0), dims[axis]) for at in (low, high)
        )
        size = -(-(high - low) // step) if step > 0 else 0
        if size < 1:
            return False
        if size != dims[axis]:
            changed.append((axis, (low, size), step))
    if not changed:
        return same(fold, op)
    axis, span, step = changed[0]
    if len(changed) == 1 and value.axes is None:
        return one_way(fold, op, value, axis, span, True)
    if len(changed) > 1 or value.axes is None or value.axes[axis] < 0:
        return False  # some of the batch is no part of a layer
    part(fold, op, value, axis, span, op.outputs[0], step)
    return True
