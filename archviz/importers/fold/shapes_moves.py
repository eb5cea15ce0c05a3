"""Shapes that operators give which move, pick, join and reduce values.

A rule takes what is known of an operator and gives the shapes of its outputs, as many as it
knows; None for one that cannot be known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import floor, prod
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.graphs import Op, Tensor

Dims: TypeAlias = tuple[int, ...]
Found: TypeAlias = Sequence[Dims | None]


class Ask(NamedTuple):
    """An operator with what is known of its inputs."""

    op: Op
    dims: tuple[Dims | None, ...]
    """Shapes of the inputs; None of one that is unknown or missing."""
    tensors: tuple[Tensor | None, ...]
    """Those of the inputs that are constants."""

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute of the operator."""
        return self.op.attributes.get(name, default)

    def has(self, index: int) -> bool:
        """Whether there is an input at a place."""
        return index < len(self.op.inputs) and self.op.inputs[index] != ""

    def shape(self, index: int = 0) -> Dims:
        """The shape of an input.

        Raises:
            LookupError: it is unknown.
        """
        found = self.dims[index]
        if found is None:
            raise LookupError("unknown")
        return found

    def numbers(self, index: int) -> tuple[float, ...] | None:
        """The values of a constant input."""
        tensor = self.tensors[index] if index < len(self.tensors) else None
        return None if tensor is None else tensor.values

    def ints(self, index: int, name: str = "") -> tuple[int, ...]:
        """Whole numbers of an attribute, or of a constant input.

        Raises:
            LookupError: they are given at run time.
        """
        stated = self.get(name) if name else None
        if isinstance(stated, int):
            return (stated,)
        found = stated if isinstance(stated, tuple) else self.numbers(index)
        if found is None:
            if self.has(index) and self.tensors[index] is not None:
                tensor = self.tensors[index]
                if tensor is not None and 0 in tensor.shape:
                    return ()
            raise LookupError("given at run time")
        return tuple([int(one) for one in found])


Rule: TypeAlias = Callable[[Ask], Found]


def same(ask: Ask) -> Found:
    """All outputs are as the first input."""
    return [ask.shape()] * len(ask.op.outputs)


def first_same(ask: Ask) -> Found:
    """The first output is as the first input."""
    return [ask.shape()]


def single(ask: Ask) -> Found:
    """One number."""
    return [()]


def spread(shapes: Sequence[Dims]) -> Dims:
    """What shapes come to when they are spread to one another.

    Raises:
        ValueError: they do not go together.
    """
    rank = max(map(len, shapes))
    full = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    found = []
    for sides in zip(*full, strict=True):
        wide = {side for side in sides if side != 1}
        if len(wide) > 1:
            raise ValueError("shapes that do not go together")
        found.append(wide.pop() if wide else 1)
    return tuple(found)


def broadcast(ask: Ask) -> Found:
    """Arithmetic: all inputs are spread to one another."""
    return [spread([ask.shape(index) for index in range(len(ask.dims))])]


def at(axis: int, rank: int) -> int:
    """An axis, counted from the front.

    Raises:
        ValueError: there is none such.
    """
    if not -rank <= axis < rank:
        raise ValueError(f"no axis {axis}")
    return axis % rank


# ---- reductions -------------------------------------------------------------------------------


def reduced(dims: Dims, axes: Sequence[int], keep: bool) -> Dims:
    """A shape without some of its axes, or with 1 in their place."""
    gone = {at(axis, len(dims)) for axis in axes}
    if keep:
        return tuple(1 if axis in gone else side for axis, side in enumerate(dims))
    return tuple(side for axis, side in enumerate(dims) if axis not in gone)


def reduction(ask: Ask) -> Found:
    """A sum, mean or maximum over axes that are stated, or over all."""
    dims = ask.shape()
    axes = ask.ints(1, "axes") if ask.has(1) or ask.get("axes") is not None else ()
    if not axes:
        if ask.get("noop_with_empty_axes"):
            return [dims]
        axes = tuple(range(len(dims)))
    return [reduced(dims, axes, bool(ask.get("keepdims", 1)))]


def arg_reduction(ask: Ask) -> Found:
    """Where the largest or the smallest is."""
    return [reduced(ask.shape(), (ask.get("axis", 0),), bool(ask.get("keepdims", 1)))]


def top(ask: Ask) -> Found:
    """The largest few along an axis, and where they are."""
    dims, count = ask.shape(), ask.ints(1, "k")[0]
    axis = at(ask.get("axis", -1), len(dims))
    found = (*dims[:axis], count, *dims[axis + 1 :])
    return [found, found]


def determinant(ask: Ask) -> Found:
    """One number a matrix."""
    return [ask.shape()[:-2]]


# ---- other views ------------------------------------------------------------------------------


def transposed(ask: Ask) -> Found:
    """Another order of axes."""
    dims = ask.shape()
    order = ask.get("perm") or tuple(reversed(range(len(dims))))
    if sorted(order) != list(range(len(dims))):
        raise ValueError("no order of its axes")
    return [tuple(dims[axis] for axis in order)]


def reshaped(ask: Ask) -> Found:
    """The same values in a shape that is stated."""
    stated = list(ask.ints(1, "shape"))
    zero = bool(ask.get("allowzero"))
    if -1 not in stated and (0 not in stated or zero):
        return [tuple(stated)]
    dims = ask.shape()
    filled = [dims[axis] if side == 0 and not zero else side for axis, side in enumerate(stated)]
    if -1 in filled:
        rest = prod(side for side in filled if side != -1)
        if not rest or prod(dims) % rest:
            raise ValueError("does not come out even")
        filled[filled.index(-1)] = prod(dims) // rest
    return [tuple(filled)]


def flattened(ask: Ask) -> Found:
    """Two axes."""
    dims = ask.shape()
    axis = ask.get("axis", 1)
    axis += len(dims) if axis < 0 else 0
    return [(prod(dims[:axis]), prod(dims[axis:]))]


def squeezed(ask: Ask) -> Found:
    """Without axes of 1."""
    dims = ask.shape()
    if not ask.has(1) and ask.get("axes") is None:
        return [tuple(side for side in dims if side != 1)]
    return [reduced(dims, ask.ints(1, "axes"), False)]


def unsqueezed(ask: Ask) -> Found:
    """With more axes of 1."""
    dims, axes = ask.shape(), ask.ints(1, "axes")
    rank = len(dims) + len(axes)
    new = {at(axis, rank) for axis in axes}
    if len(new) < len(axes):
        raise ValueError("an axis twice")
    rest = iter(dims)
    return [tuple(1 if axis in new else next(rest) for axis in range(rank))]


def expanded(ask: Ask) -> Found:
    """Spread to a shape."""
    return [spread([ask.shape(), ask.ints(1)])]


def tiled(ask: Ask) -> Found:
    """Repeated along its axes."""
    return [tuple(side * by for side, by in zip(ask.shape(), ask.ints(1), strict=True))]


def padded(ask: Ask) -> Found:
    """With something before and behind."""
    dims = list(ask.shape())
    sides = ask.ints(1, "pads")
    axes = ask.ints(3) if ask.has(3) else range(len(dims))
    half = len(sides) // 2
    for place, axis in enumerate(axes):
        dims[at(axis, len(dims))] += sides[place] + sides[half + place]
    return [tuple(dims)]


def sliced(ask: Ask) -> Found:
    """A stretch along some axes."""
    dims = list(ask.shape())
    starts, ends = ask.ints(1, "starts"), ask.ints(2, "ends")
    stated = ask.has(3) or ask.get("axes") is not None
    axes = ask.ints(3, "axes") if stated else range(len(starts))
    steps = ask.ints(4) if ask.has(4) else (1,) * len(starts)
    for low, high, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = at(axis, len(dims))
        dims[place] = len(range(dims[place])[low:high:step])
    return [tuple(dims)]


def joined(ask: Ask) -> Found:
    """One behind another along an axis."""
    shapes = [ask.shape(index) for index in range(len(ask.dims))]
    axis = at(ask.get("axis", 1), len(shapes[0]))
    side = sum(shape[axis] for shape in shapes)
    return [(*shapes[0][:axis], side, *shapes[0][axis + 1 :])]


def split(ask: Ask) -> Found:
    """Parts along an axis, equal ones where no sizes are stated."""
    dims, count = ask.shape(), len(ask.op.outputs)
    axis = at(ask.get("axis", 0), len(dims))
    if ask.has(1) or ask.get("split") is not None:
        sizes = list(ask.ints(1, "split"))
    else:
        size = -(-dims[axis] // count)
        sizes = [size] * (count - 1)
        sizes.append(dims[axis] - sum(sizes))
    return [(*dims[:axis], size, *dims[axis + 1 :]) for size in sizes]


# ---- picks ------------------------------------------------------------------------------------


def gathered(ask: Ask) -> Found:
    """Rows by their numbers."""
    dims, chosen = ask.shape(), ask.shape(1)
    axis = at(ask.get("axis", 0), len(dims))
    return [(*dims[:axis], *chosen, *dims[axis + 1 :])]


def like_second(ask: Ask) -> Found:
    """As many as the second input says where."""
    return [ask.shape(1)]


def gathered_deep(ask: Ask) -> Found:
    """Parts by their places in several axes."""
    dims, chosen, batch = ask.shape(), ask.shape(1), ask.get("batch_dims", 0)
    return [(*chosen[:-1], *dims[batch + chosen[-1] :])]


def compressed(ask: Ask) -> Found:
    """What a list says yes to, along an axis or of all values."""
    dims, count, axis = ask.shape(), sum(map(bool, ask.ints(1))), ask.get("axis")
    if axis is None:
        return [(count,)]
    place = at(axis, len(dims))
    return [(*dims[:place], count, *dims[place + 1 :])]


def one_hot(ask: Ask) -> Found:
    """One axis more, of so many classes."""
    dims, depth = ask.shape(), ask.ints(1)[0]
    axis = at(ask.get("axis", -1), len(dims) + 1)
    return [(*dims[:axis], depth, *dims[axis:])]


# ---- made up ----------------------------------------------------------------------------------


def stated(ask: Ask) -> Found:
    """The shape is a list of numbers."""
    return [ask.ints(0, "shape")]


def counted(ask: Ask) -> Found:
    """A range of numbers."""
    first, last, step = (ask.numbers(index) for index in range(3))
    if not (first and last and step) or not step[0]:
        raise LookupError("given at run time")
    return [(max(-floor(-(last[0] - first[0]) / step[0]), 0),)]


def window(ask: Ask) -> Found:
    """As many numbers as are asked for."""
    return [(ask.ints(0)[0],)]


def shape_of(ask: Ask) -> Found:
    """One number an axis."""
    rank = len(ask.shape())
    return [(len(range(rank)[ask.get("start", 0) : ask.get("end", rank)]),)]


def mel(ask: Ask) -> Found:
    """A matrix from frequencies to bins of mels."""
    return [(ask.ints(1)[0] // 2 + 1, ask.ints(0)[0])]


def cropped(ask: Ask) -> Found:
    """Cut or padded to sizes."""
    dims, sizes = list(ask.shape()), ask.ints(1)
    axes = ask.get("axes") or range(len(dims))
    for axis, size in zip(axes, sizes, strict=True):
        dims[at(axis, len(dims))] = size
    return [tuple(dims)]


MOVES: Mapping[str, Rule] = {
    "ArgMax": arg_reduction, "ArgMin": arg_reduction, "TopK": top, "Det": determinant,
    "Transpose": transposed, "Reshape": reshaped, "Flatten": flattened, "Squeeze": squeezed,
    "Unsqueeze": unsqueezed, "Expand": expanded, "Tile": tiled, "Pad": padded, "Slice": sliced,
    "Concat": joined, "Split": split, "Gather": gathered, "GatherElements": like_second,
    "GatherND": gathered_deep, "Compress": compressed, "OneHot": one_hot, "ConstantOfShape": stated,
    "RandomNormal": stated, "RandomUniform": stated, "Range": counted, "Shape": shape_of,
    "Size": single, "MelWeightMatrix": mel, "CenterCropPad": cropped,
    "SequenceLength": single, "OptionalHasElement": single,
    **dict.fromkeys(("BlackmanWindow", "HammingWindow", "HannWindow"), window),
    **dict.fromkeys(
        ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2",
         "ReduceProd", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"), reduction),
}  # fmt: skip
