"""The inputs of a model: which of their axes are what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.errors import fail
from archviz.importers.fold import volumes
from archviz.importers.fold.state import BATCH, NCHW, NHWC, Axes, Fold
from archviz.importers.graphs import Op
from archviz.importers.sizes import OpenSizesError, batch_axes, option, shown_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archviz.importers.graphs import OpGraph
    from archviz.network.model import Shape

_CHANNELS_LAST = ("LayerNormalization", "MatMul")
_CHANNELS_FIRST = (
    *volumes.USERS,
    "GlobalAveragePool",
    "GlobalMaxPool",
    "DepthToSpace",
    "SpaceToDepth",
    "LRN",
)


def inputs(fold: Fold) -> None:
    """The inputs of the model that something takes, and how large its batch is."""
    graph = fold.graph
    if not graph.inputs:
        raise fail(fold.path, "has no input", "export the model with an example input")
    users = _first_users(graph)
    places = batch_axes(graph, users)
    batches: set[int | None] = set()
    for name, axis in places.items():
        stated = graph.shapes.get(name)
        if stated and len(stated) > 1 and stated[axis]:
            batches.add(stated[axis])
    if len(batches) == 1:
        fold.batch = batches.pop() or 1
    for name in graph.inputs:
        if name in fold.uses:
            _input(fold, name, users, places)


def _first_users(graph: OpGraph) -> dict[str, Op]:
    """The first operator that takes each input of the model, behind paddings and casts."""
    users: dict[str, Op] = {}
    waiting = {name: name for name in graph.inputs}
    for op in graph.ops:
        if not waiting:
            break
        for value in waiting.keys() & op.inputs:
            name = waiting.pop(value)
            users[name] = op
            if op.kind in ("Pad", "Cast", "Identity"):
                waiting[op.outputs[0]] = name
    return users


def _open_sides(stated: tuple[int | None, ...], batch: int) -> bool:
    """Whether more of an input is open than its batch."""
    return any(axis != batch and not side for axis, side in enumerate(stated))


def _advice(fold: Fold, places: Mapping[str, int]) -> str:
    """The option that gives all open inputs a size, with an example."""
    stated = {name: fold.graph.shapes.get(name) for name in fold.graph.inputs}
    wanted = [
        name for name, dims in stated.items() if dims is None or _open_sides(dims, places[name])
    ]
    return f"give its size, such as {option(wanted, stated)}; in Python, input_size="


def _input(fold: Fold, name: str, users: dict[str, Op], places: Mapping[str, int]) -> None:
    user, batch = users.get(name), places[name]
    stated = fold.graph.shapes.get(name)
    if stated is None:
        said = fail(fold.path, f"says no shape for its input '{name[:80]}'", _advice(fold, places))
        raise OpenSizesError(said, fold.graph, users, places)
    if _open_sides(stated, batch):
        said = fail(
            fold.path,
            f"the input {shown_input(name, stated, fold.graph.sides)} is of open size",
            _advice(fold, places),
        )
        raise OpenSizesError(said, fold.graph, users, places)
    if stated and len(stated) > 1 and stated[batch] and stated[batch] != fold.batch:
        _whole(fold, name, stated)
        return
    sides: Shape = tuple(side or 1 for axis, side in enumerate(stated) if axis != batch)
    axes: Axes
    shape: Shape
    if name in fold.graph.channels_last:
        shape, axes = _in_its_order(sides, user)
    elif batch:
        shape = sides
        axes = (*range(batch), BATCH, *range(batch, len(sides)))
    elif len(sides) == 4 and user is not None and user.kind in volumes.USERS:
        shape, axes = (*sides[1:], sides[0]), volumes.AXES
    elif len(sides) == 3:
        last = sides[0] not in (1, 3, 4) and sides[2] in (1, 2, 3, 4)
        if user is not None and user.kind in _CHANNELS_FIRST:
            last = False
        elif user is not None and user.kind in _CHANNELS_LAST:
            last = True
        elif user is not None and user.kind == "Transpose":
            last = user.attributes.get("perm") == (0, 3, 1, 2)
        shape, axes = (sides, NHWC) if last else ((*sides[1:], sides[0]), NCHW)
    elif len(sides) == 2 and user is not None and "Conv" in user.kind:
        shape, axes = (1, sides[1], sides[0]), (BATCH, 2, 1)
    else:
        shape, axes = sides or (1,), (BATCH, *range(len(sides)))
        if len(stated) == 1 and stated[0]:
            shape, axes = (stated[0],), (0,)
        elif not stated:
            axes = ()
    _begin(fold, name, shape, axes)


def _in_its_order(sides: Shape, user: Op | None) -> tuple[Shape, Axes]:
    """An input of Keras: channels last, unless the first layer has them first."""
    rank = len(sides) - 1
    if rank > 0 and user is not None and user.attributes.get("data_format") == "channels_first":
        return (*sides[1:], sides[0]), (BATCH, rank, *range(rank))
    return sides or (1,), (BATCH, *range(len(sides)))


def _whole(fold: Fold, name: str, stated: tuple[int | None, ...]) -> None:
    """An input without a batch, or with another one than the rest has."""
    shape = tuple(side or 1 for side in stated)
    _begin(fold, name, shape, tuple(range(len(shape))))


def _begin(fold: Fold, name: str, shape: Shape, axes: Axes) -> None:
    op = Op("input", name, (), (name,))
    draft = fold.draft("input", op, [], shape, shape=shape)
    if name in fold.graph.channels_last:
        draft.name = name.partition(":")[0]  # as Keras calls it
    fold.give(op, draft, axes)
