"""Reshapes round a transposition that have a name: shuffles and patches.

Each rule takes the last operator of what it stands for, and says whether it was that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archviz.importers.fold.match import near
from archviz.importers.fold.named import named
from archviz.importers.fold.recurrent import STACK, restacked
from archviz.importers.fold.state import (
    BATCH,
    NCHW,
    NHWC,
    Axes,
    Fold,
    LayerDraft,
    TensorView,
    solid,
)
from archviz.importers.fold.views import reshape as plain_reshape
from archviz.importers.fold.views import reshaped, target_dims

if TYPE_CHECKING:
    from archviz.importers.graphs import Op


class Regrouped(NamedTuple):
    """A reshape, a transposition and another reshape of a value."""

    source: TensorView
    parts: tuple[int, ...]
    """The sides behind the first reshape."""
    order: tuple[int, ...]
    dims: tuple[int, ...]
    """The sides behind the second."""


def reshape(fold: Fold, op: Op) -> bool:
    """Reshape: of a stack of states, or a view."""
    value = fold.value(op)
    if value is not None and value.axes is not None and value.draft.kind == STACK:
        dims = target_dims(fold, op, fold.dims(value))
        if dims is not None and restacked(fold, op, value, dims):
            return True
    return _unflattened(fold, op) or repeated_rows(fold, op) or plain_reshape(fold, op)


def _unflattened(fold: Fold, op: Op) -> bool:
    """What was made flat only to get sides of 1: no flattening."""
    value = fold.value(op)
    draft = value.draft if value is not None else None
    if value is None or draft is None or draft.kind != "flatten" or draft.refs != 1:
        return False
    source = fold.values.get(draft.op.inputs[0])
    dims = target_dims(fold, op, fold.dims(value))
    if draft.options or source is None or source.axes is None or dims is None or len(dims) < 3:
        return False
    sides = fold.dims(source)
    if source.draft is not draft.inputs[0] or solid(sides) != solid(dims):
        return False
    reshaped(fold, op, source, dims)
    return True


def repeated_rows(fold: Fold, op: Op) -> bool:
    """Rows of which each stands there several times, one behind the other: one repeat."""
    value = fold.value(op)
    if value is None or value.draft.op.kind not in ("Expand", "Tile") or value.draft.refs != 1:
        return False
    draft = value.draft
    dims = target_dims(fold, op, fold.dims(value))
    if draft.kind not in ("~view", "op") or dims is None or len(dims) != 2:
        return False
    first = fold.values.get(draft.op.inputs[0])
    if first is None or first.axes is None or first.draft is not draft.inputs[0]:
        return False
    sides, old = fold.dims(first), fold.dims(value)
    times = old[1] if len(old) == 3 else 0
    if not times or sides != (old[0], 1, old[2]) or dims != (old[0] * times, old[2]):
        return False
    fold.give(op, named(fold, op, "repeat", [first.draft], dims), (0, 1))
    return True


def regrouped(fold: Fold, op: Op, channels_first: bool) -> Regrouped | None:
    """What an operator is the last step of, on a map with its channels first or on another."""
    value = fold.value(op)
    if value is None or value.axes is None or value.draft.kind != "~view":
        return None
    draft, axes = value.draft, value.axes
    source = fold.values.get(draft.op.inputs[0])
    if draft.op.kind != "Reshape" or draft.refs != 1 or source is None or source.axes is None:
        return None
    first = _view_axes(draft, BATCH in axes)
    if source.draft is not draft.inputs[0] or sorted(first) != sorted(axes):
        return None
    dims = target_dims(fold, op, fold.dims(value))
    if dims is None or fold.alike(source.axes, NCHW) != channels_first:
        return None
    order = tuple(first.index(axis) for axis in axes)
    return Regrouped(source, fold.dims(TensorView(draft, first)), order, dims)


def _view_axes(draft: LayerDraft, batched: bool) -> Axes:
    """The axes that a view had before it was transposed."""
    rank = len(draft.shape)
    order: Axes = (2, 0, 1) if rank == 3 else tuple(range(rank))
    return (BATCH, *order) if batched else order


# ---- a map with its channels first --------------------------------------------------------------


def channel_shuffle(fold: Fold, op: Op) -> bool:
    """Channels of several groups, dealt out among them."""
    found = regrouped(fold, op, True)
    if found is not None and found.order == (0, 2, 1, 4, 3):
        return near(fold, op, "Channel shuffle", "height and width change places, too")
    if found is None or found.order != (0, 2, 1, 3, 4):
        return False
    sides, draft = fold.dims(found.source), found.source.draft
    if found.dims != sides or found.parts[3:] != sides[2:]:
        return False
    made = fold.draft("channel-shuffle", op, [draft], draft.shape, groups=found.parts[1])
    fold.give(op, made, NCHW)
    return True


_UNFOLDED = {(0, 1, 4, 2, 5, 3): slice(2, 4), (0, 3, 4, 1, 5, 2): slice(1, 3)}
"""Where the sides of a block stand, by the order in which its places follow the map's."""


def pixel_shuffle(fold: Fold, op: Op) -> bool:
    """Channels as the places of a block each."""
    found = regrouped(fold, op, True)
    if found is None or found.order not in _UNFOLDED or len(found.dims) != 4:
        return False
    sides, dims, parts = fold.dims(found.source), found.dims, found.parts
    tall, wide = parts[_UNFOLDED[found.order]]
    if parts[4:] != sides[2:] or dims[0] != sides[0]:
        return False
    if tall != wide:
        return near(fold, op, "Pixel shuffle", f"its blocks are {tall}×{wide}, not square")
    if dims[2:] != (sides[2] * tall, sides[3] * tall):
        return False
    return _pixel_shuffle(fold, op, found.source.draft, tall)


def cut_in_parts(fold: Fold, op: Op) -> Regrouped | None:
    """A map with its channels first that is cut into small maps."""
    found = regrouped(fold, op, True)
    if found is None or len(found.order) != 6 or len(found.dims) not in (3, 4):
        return None
    sides, parts = fold.dims(found.source), found.parts
    whole = found.dims[0] == sides[0] and parts[1] == sides[1] and parts[2] * parts[3] == sides[2]
    return found if whole else None


def space_to_depth(fold: Fold, op: Op) -> bool:
    """The places of each block as channels."""
    if _merged_patches(fold, op):
        return True
    found = cut_in_parts(fold, op)
    if found is None or len(found.dims) != 4:
        return False
    if found.order not in ((0, 1, 3, 5, 2, 4), (0, 3, 5, 1, 2, 4)):
        why = "the places of a block do not go to the channels"
        return near(fold, op, "Space to depth", why)
    dims = found.dims
    if dims[2:] != (found.parts[2], found.parts[4]):
        return False
    made = named(fold, op, "space to depth", [found.source.draft], (*dims[2:], dims[1]))
    fold.give(op, made, NCHW)
    return True


def _merged_patches(fold: Fold, op: Op) -> bool:
    """The same where the channels are last, as in the merging of patches."""
    found = regrouped(fold, op, False)
    if found is None or found.order not in ((0, 1, 3, 4, 2, 5), (0, 1, 3, 2, 4, 5)):
        return False
    source, parts = found.source, found.parts
    if not fold.alike(source.axes, NHWC) or parts[5] != source.draft.shape[2]:
        return False
    shape = parts[1], parts[3], parts[2] * parts[4] * parts[5]
    if found.dims != (parts[0], *shape):
        return False
    fold.give(op, named(fold, op, "space to depth", [source.draft], shape), NHWC)
    return True


def patches(fold: Fold, op: Op) -> bool:
    """A map as a sequence of patches, the values of each in a row."""
    found = cut_in_parts(fold, op)
    if found is None or len(found.dims) != 3:
        return False
    if not is_row_of_cuts(found):
        return near(fold, op, "Patches", "a row has places of several patches")
    label = f"patches {found.parts[3]}×{found.parts[5]}"
    made = named(fold, op, label, [found.source.draft], found.dims[1:])
    fold.give(op, made, (BATCH, 0, 1))
    return True


def is_row_of_cuts(found: Regrouped) -> bool:
    """Whether small maps stand one behind the other."""
    orders = (0, 2, 4, 3, 5, 1), (0, 2, 4, 1, 3, 5)
    return found.order in orders and found.dims[1] == found.parts[2] * found.parts[4]


def _pixel_shuffle(fold: Fold, op: Op, draft: LayerDraft, factor: int) -> bool:
    height, width, channels = draft.shape
    if channels % factor**2:
        return False
    shape = height * factor, width * factor, channels // factor**2
    fold.give(op, fold.draft("pixel-shuffle", op, [draft], shape, value=float(factor)), NCHW)
    return True


def depth_to_space(fold: Fold, op: Op) -> bool:
    """DepthToSpace and SpaceToDepth."""
    value, factor = fold.value(op), op.attributes.get("blocksize", 0)
    if value is None or not fold.alike(value.axes, NCHW) or factor < 1:
        return False
    draft = value.draft
    if op.kind == "DepthToSpace":
        return _pixel_shuffle(fold, op, draft, factor)
    height, width, channels = draft.shape
    if height % factor or width % factor:
        return False
    shape = height // factor, width // factor, channels * factor**2
    fold.give(op, named(fold, op, "space to depth", [draft], shape), NCHW)
    return True
