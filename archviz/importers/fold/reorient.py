"""Views whose order of sides was a guess get the one that what takes them needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archviz.importers.fold.state import BATCH, NCHW, ONE, Fold, LayerDraft, TensorView
from archviz.network.model import Shape


def settle_order(fold: Fold, value: TensorView, wanted: Sequence[int]) -> bool:
    """Let the axes of a free draft stand in an order, if it has all of them and nothing took it.

    ``wanted`` are its axes as they are, in the order in which they shall be.
    """
    draft = value.draft
    if not draft.free or sorted(wanted) != list(range(len(draft.shape))):
        return False
    if _is_taken(fold, draft):
        return False
    moved(fold, draft, wanted)
    return True


def moved(fold: Fold, draft: LayerDraft, wanted: Sequence[int]) -> None:
    """Change the order of the axes of a draft, and of all that is seen of it."""
    place = {old: new for new, old in enumerate(wanted)}
    placed(fold, draft, place, tuple([draft.shape[axis] for axis in wanted]))


def placed(fold: Fold, draft: LayerDraft, place: Mapping[int, int], shape: Shape) -> None:
    """Put each axis of a draft, and of all that is seen of it, to its place in another shape."""
    draft.shape = shape
    first = draft.op.outputs[0] if draft.op.outputs else ""
    for name in reversed(fold.values):
        one = fold.values[name]
        if one.draft is draft and one.axes is not None:
            axes = tuple([place.get(axis, axis) for axis in one.axes])
            fold.values[name] = one._replace(axes=axes)
        if name == first:
            break


def _is_taken(fold: Fold, draft: LayerDraft) -> bool:
    for later in reversed(fold.drafts):
        if later is draft:
            return False
        if draft in later.inputs:
            return True
    return False


def features_last(fold: Fold, value: TensorView) -> TensorView:
    """A value with its last side as the channels of its draft, where the order was a guess."""
    draft, axes, dims = value
    if axes is None or not draft.free or axes[-1] == len(draft.shape) - 1:
        return value
    wanted = [axis for axis in axes if axis >= 0]
    if not settle_order(fold, value, wanted):
        return value
    place = {old: new for new, old in enumerate(wanted)}
    return TensorView(draft, tuple(place.get(axis, axis) for axis in axes), dims)


def channels_behind(fold: Fold, value: TensorView) -> TensorView:
    """A value (batch, channels, …) with the channels last in its draft, where that was a guess."""
    draft, axes, dims = value
    if axes is None or not draft.free or len(axes) < 3 or axes[1] == len(draft.shape) - 1:
        return value
    seen = [axis for axis in (*axes[2:], axes[1]) if axis >= 0]
    lost = [axis for axis, side in enumerate(draft.shape) if axis not in seen and side == 1]
    wanted = [*lost, *seen]
    if axes[1] < 0 or not settle_order(fold, value, wanted):
        return value
    place = {old: new for new, old in enumerate(wanted)}
    return TensorView(draft, tuple(place.get(axis, axis) for axis in axes), dims)


def made_alike(fold: Fold, values: Sequence[TensorView]) -> list[TensorView]:
    """Values of equal sides in the order of the first of them whose order is known."""
    known = next((one for one in values if one.axes is not None and not one.draft.free), None)
    if known is None or known.axes is None or len({fold.dims(one) for one in values}) > 1:
        return list(values)
    found = []
    for one in values:
        axes = one.axes
        if axes is not None and axes != known.axes and len(axes) == len(known.axes):
            pairs = sorted(
                (new, old) for new, old in zip(known.axes, axes, strict=True) if new >= 0
            )
            wanted = [old for _, old in pairs]
            same = all((a < 0) == (b < 0) for a, b in zip(axes, known.axes, strict=True))
            same = same and sorted(axes) == sorted(known.axes)  # one may have a height of 1
            if same and {BATCH, ONE}.isdisjoint(wanted) and settle_order(fold, one, wanted):
                one = TensorView(one.draft, known.axes, one.dims)
        found.append(one)
    return found


def mixes(fold: Fold, draft: LayerDraft) -> bool:
    """Whether a reshape takes places in another order than they stand in; channels may be first."""
    value = fold.values.get(draft.op.inputs[0])
    if value is None or value.axes is None or value.draft is not draft.inputs[0]:
        return False
    known = not value.draft.free  # where its channels are
    channels = len(value.draft.shape) - known
    sides = zip(value.axes, fold.dims(value), strict=True)
    places = [axis for axis, side in sides if 0 <= axis < channels and side > 1]
    return places != sorted(places) and not _ends_in_channels(fold, value)


def _ends_in_channels(fold: Fold, value: TensorView) -> bool:
    """Whether parts of the channels of a map stand behind its places, as our maps have them."""
    draft, axes, _ = value
    made = fold.values.get(draft.op.outputs[0])
    source = fold.values.get(draft.op.inputs[0]) if draft.op.inputs else None
    if made is None or made.draft is not draft or source is None or made.axes is None:
        return False
    if axes is None or not fold.alike(source.axes, NCHW) or draft.op.kind != "Reshape":
        return False
    order = [made.axes.index(axis) for axis in axes if axis >= 0]
    last = len(made.axes) - 2
    front = [place for place in order if place >= last]
    whole = fold.dims(made)[last:] == fold.dims(source)[2:]
    return whole and order == [*sorted(front), *sorted(set(order) - set(front))]
