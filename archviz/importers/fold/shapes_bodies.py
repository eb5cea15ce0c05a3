"""Shapes of what ``If``, ``Loop`` and ``Scan`` give: those of what their bodies come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archviz.errors import ArchvizError
from archviz.importers.fold.shapes_computed import dims_of

if TYPE_CHECKING:
    from archviz.importers.fold.shapes_moves import Dims
    from archviz.importers.fold.state import Fold
    from archviz.importers.graphs import Op, OpGraph

DEEPEST = 8
"""Bodies in bodies that are looked into."""


def body_shapes(fold: Fold, op: Op) -> list[Dims | None]:
    """The shape of each output of an operator with bodies; None where it cannot be known."""
    unknown: list[Dims | None] = [None] * len(op.outputs)
    rule = _RULES.get(op.kind)
    bodies = fold.graph.bodies.get(op.outputs[0], ())
    if rule is None or not bodies or fold.deep >= DEEPEST:
        return unknown
    try:
        found = rule(fold, op, [body() for body in bodies])
    except (ArchvizError, LookupError, ValueError, TypeError):
        return unknown
    return (found + unknown)[: len(unknown)]


def _if(fold: Fold, op: Op, bodies: list[OpGraph]) -> list[Dims | None]:
    """What both ways give, or the one that a constant chooses: the first where it is true."""
    chosen = fold.constants.get(op.inputs[0])
    if chosen is not None and chosen.values and len(bodies) == 2:
        bodies = bodies[:1] if _is_true(chosen) else bodies[1:]
    ways = [_ends(fold, body, {}) for body in bodies]
    return [dims[0] if len(set(dims)) == 1 else None for dims in zip(*ways, strict=True)]


def _loop(fold: Fold, op: Op, bodies: list[OpGraph]) -> list[Dims | None]:
    """What goes round keeps its shape, or it cannot be known; what is gathered has one a round."""
    body = bodies[0]
    carried = [dims_of(fold, name) for name in op.inputs[2 : len(body.inputs)]]
    given = dict(zip(body.inputs, [(), (), *carried], strict=True))
    ends = _ends(fold, body, given)[1:]
    rounds, goes_on = (fold.constants.get(name) for name in op.inputs[:2])
    count = None
    if rounds is not None and rounds.values and (not op.inputs[1] or _is_true(goes_on)):
        count = int(rounds.values[0])
    found = _kept(carried, ends)
    gathered = ends[len(carried) :]
    return found + [_gathered(count, dims) for dims in gathered]


def _scan(fold: Fold, op: Op, bodies: list[OpGraph]) -> list[Dims | None]:
    """States keep their shape; what each step gives is gathered along an axis."""
    body, slices = bodies[0], int(op.attributes["num_scan_inputs"])
    names, first = op.inputs[: len(body.inputs)], 0
    if not op.inputs[0]:
        names, first = op.inputs[1 : len(body.inputs) + 1], 1  # the first version, with a batch
    dims = [dims_of(fold, name) for name in names]
    carried, sliced = dims[: len(dims) - slices], dims[len(dims) - slices :]
    axes = op.attributes.get("scan_input_axes") or (0,) * slices
    steps = [_step(one, first, axis) for one, axis in zip(sliced, axes, strict=True)]
    count = steps[0][0]
    inside = [one and one[first:] for one in carried]
    given = dict(zip(body.inputs, [*inside, *(one for _, one in steps)], strict=True))
    ends = _ends(fold, body, given)
    if None in _kept(inside, ends):
        return []
    gathered = ends[len(carried) :]
    axes = op.attributes.get("scan_output_axes") or (0,) * len(gathered)
    lead = sliced[0][:first] if sliced[0] else ()
    outside = [_stacked(count, one, axis) for one, axis in zip(gathered, axes, strict=True)]
    return carried + [one and (*lead, *one) for one in outside]


def _step(dims: Dims | None, first: int, axis: int) -> tuple[int | None, Dims | None]:
    """How many slices a value has along an axis, and the shape of one."""
    if dims is None:
        return None, None
    own = dims[first:]
    axis = range(len(own))[axis]
    return own[axis], own[:axis] + own[axis + 1 :]


def _stacked(count: int | None, dims: Dims | None, axis: int) -> Dims | None:
    """So many of a shape, along an axis of the result."""
    if not count or dims is None:
        return None
    axis = range(len(dims) + 1)[axis]
    return (*dims[:axis], count, *dims[axis:])


def _kept(carried: list[Dims | None], ends: list[Dims | None]) -> list[Dims | None]:
    return [one if one == end else None for one, end in zip(carried, ends, strict=False)]


def _gathered(count: int | None, dims: Dims | None) -> Dims | None:
    return (count, *dims) if count and dims is not None else None


def _is_true(tensor: object) -> bool:
    return bool((getattr(tensor, "values", None) or (0,))[0])


def _ends(fold: Fold, body: OpGraph, given: Mapping[str, Dims | None]) -> list[Dims | None]:
    """The shapes of what a body gives, where those of what it takes are ``given``."""
    made = {name for op in body.ops for name in op.outputs}
    used = {name for op in body.ops for name in op.inputs} | {*body.outputs}
    outside = {name for name in used if name and name not in made} - {*body.inputs}
    constants = {name: fold.constants[name] for name in outside & fold.constants.keys()}
    shapes = {**body.shapes, **{name: dims for name, dims in given.items() if dims is not None}}
    for name in outside & fold.values.keys():
        dims = dims_of(fold, name)
        if dims is not None:
            shapes[name] = dims
    taken = [name for name in (*body.inputs, *sorted(outside)) if name in shapes]
    graph = body._replace(
        inputs=tuple([name for name in taken if name in used]),
        shapes=shapes,
        constants={**constants, **body.constants},
    )
    assert fold.folded is not None
    inner = fold.folded(graph, fold.path, fold.deep + 1)
    return [dims_of(inner, name) for name in body.outputs]


_RULES: Mapping[str, Callable[[Fold, Op, list[OpGraph]], list[Dims | None]]] = {
    "If": _if,
    "Loop": _loop,
    "Scan": _scan,
}
