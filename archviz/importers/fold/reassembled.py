"""Parts of a value that Concat puts together in another way: shifts, blocks, channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.map_windows import shifted
from archviz.importers.fold.match import near, side_by_side, values
from archviz.importers.fold.named import named
from archviz.importers.fold.splits import taken_once
from archviz.importers.fold.state import Fold

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

MAX_STEP = 64
"""Rows that a map may be folded by."""
_LINEAR = ("Mul", "Add", "Sub", "Div")


def cyclic_shift(fold: Fold, op: Op) -> bool:
    """Concat of the two parts of a value in the other order: it is rolled along an axis."""
    found = values(fold, op)
    if found is None or len(found) != 2 or found[0].axes is None:
        return False
    axes, drafts = found[0].axes, [value.draft for value in found]
    axis = op.attributes.get("axis", 1) % len(axes)
    spans = [draft.span for draft in drafts if draft.span is not None]
    if len(spans) != 2:
        return False
    source = drafts[0].inputs[0]
    (_, target, start, size, step), (_, other, first, left, hop) = spans
    if drafts[1].inputs[0] is not source or target != axes[axis] or other != target:
        return False
    if step != 1 or hop != 1:
        return False
    if first != 0 or start != left or start + size != source.shape[target]:
        return near(fold, op, "Cyclic shift", "its parts are not all of the value, in turn")
    taken_once(source, drafts)
    return shifted(fold, op, source, target, start, axes)


def gathered_blocks(fold: Fold, op: Op) -> bool:
    """Every second row and column, from each start: a map folded into its channels."""
    found = side_by_side(fold, op)
    if found is None:
        return False
    drafts = [value.draft for value in found]
    starts = set()
    sources = set()
    step = 0
    for draft in drafts:
        inner = draft.inputs[0] if draft.inputs else draft
        if draft.span is None or inner.span is None:
            return False
        sources.add(inner.inputs[0])
        spans = {one.axis: one for one in (inner.span, draft.span)}
        if len(draft.shape) != 3 or sorted(spans) != [0, 1]:
            return False
        starts.add((spans[0].start, spans[1].start, spans[0].step, spans[1].step))
        step = draft.span.step
    source = sources.pop()
    if step > MAX_STEP:
        return False
    wanted = {(high, wide, step, step) for high in range(step) for wide in range(step)}
    if sources or not starts <= wanted or len(drafts) > len(wanted):
        return False
    if starts != wanted or len(drafts) != len(wanted):
        return near(fold, op, "Patch merging", f"it has {len(starts)} of {len(wanted)} starts")
    shape = (*drafts[0].shape[:2], drafts[0].shape[2] * len(drafts))
    source.refs -= len({draft.inputs[0] for draft in drafts}) - 1
    fold.give(op, named(fold, op, "space to depth", [source], shape), found[0].axes)
    return True


def rescaled(fold: Fold, op: Op) -> bool:
    """Each channel of a map times a number, plus a number: what a model does to its images."""
    found = side_by_side(fold, op)
    if found is None:
        return False
    drafts = [value.draft for value in found]
    source = None
    parts = []
    for index, draft in enumerate(drafts):
        if draft.kind != "~math":
            return False
        while draft.kind == "~math" and len(draft.inputs) == 1 and draft.op.kind in _LINEAR:
            draft = draft.inputs[0]
        last = len(draft.shape) - 1
        if draft.span is None or (draft.span.axis, draft.span.size) != (last, 1):
            return False
        if draft.span.start != index:
            return near(fold, op, "Rescaled images", "the channels stand in another order")
        if source is not None and draft.inputs[0] is not source:
            return False
        source = draft.inputs[0]
        parts.append(draft)
    if source is None or source.shape[-1] != len(drafts):
        return False
    taken_once(source, parts)
    fold.give(op, named(fold, op, "rescale", [source], source.shape), found[0].axes)
    return True
