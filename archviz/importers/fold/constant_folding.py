"""Constants that a model computes: shapes taken apart and put together again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from archviz.importers.fold.axes import axes_list
from archviz.importers.fold.shapes_computed import computed_shapes
from archviz.importers.fold.shapes_moves import spread
from archviz.importers.fold.state import Fold, numbers, product
from archviz.importers.graphs import Tensor

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

MAX_VALUES = 64

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: (a / b if a % b else a // b) if b else 0,
    "Min": min,
    "Max": max,
    "Mod": lambda a, b: a % b if b else 0,
    "Equal": lambda a, b: float(a == b),
    "Greater": lambda a, b: float(a > b),
    "Less": lambda a, b: float(a < b),
    "GreaterOrEqual": lambda a, b: float(a >= b),
    "LessOrEqual": lambda a, b: float(a <= b),
    "And": lambda a, b: float(bool(a) and bool(b)),
    "Or": lambda a, b: float(bool(a) or bool(b)),
    "Xor": lambda a, b: float(bool(a) != bool(b)),
}
_PICKS = frozenset(
    {
        *("Gather", "Slice", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Expand", "Flatten"),
        *("Identity", "Cast"),
    }
)
"""Operators that pick or move the numbers of one weight."""
_SAME = ("Cast", "CastLike", "Identity", "Dropout", "QuantizeLinear", "DequantizeLinear")
_REAL = frozenset({1, 10, 11, 16})
"""The types of real numbers, as ``Cast`` names them."""
_MADE = frozenset({"ConstantOfShape", "Range", "EyeLike", "RandomNormal", "RandomUniform"})
"""Operators that make numbers up, which nobody has learned."""


def shape_of(fold: Fold, op: Op) -> bool:
    """Shape and Size of a value whose shape is known."""
    if op.inputs[0] in fold.constants:
        dims = fold.constants[op.inputs[0]].shape
    else:
        value = fold.value(op)
        if value is None:
            return False
        dims = fold.dims(value)
    if op.kind == "Size":
        fold.constants[op.outputs[0]] = Tensor((), (product(dims),), False, False)
        return True
    start, end = op.attributes.get("start", 0), op.attributes.get("end", len(dims))
    part = dims[start:end]
    fold.constants[op.outputs[0]] = Tensor((len(part),), part, False, False)
    return True


def constant(fold: Fold, op: Op) -> bool:
    """An operator on constants alone: its result, or at least its shape, is a constant."""
    names = op.inputs[:1] if op.kind == "CastLike" else op.inputs
    tensors = [fold.constants[name] for name in names if name]
    if op.kind in _PICKS and tensors[0].floating and tensors[0].shape:
        fold.origins[op.outputs[0]] = fold.origins.get(op.inputs[0], op.inputs[0])
    if op.kind in ("If", "Loop", "Scan") or "Random" in op.kind:
        return False
    try:
        found = _compute(fold, op, tensors)
    except (ArithmeticError, ValueError, IndexError):
        found = None
    if found is None:
        dims = fold.known(op.outputs[0])
        dims = computed_shapes(fold, op)[0] if dims is None else dims
        floating = any(tensor.floating for tensor in tensors)
        if dims is None:
            # Of unknown shape, but made of so many numbers, which whoever uses it counts.
            dims = (max((product(tensor.shape) for tensor in tensors), default=1),)
            fold.shapeless.add(op.outputs[0])
        found = Tensor(dims, None, floating)
    elif found.values is not None and len(found.values) > MAX_VALUES:
        found = found._replace(values=None)
    learned = _note_leaves(fold, op)
    _note_products(fold, op, found)
    if op.kind in _MADE or not learned or not _from_weights(tensors):
        found = found._replace(weight=False)
    fold.constants[op.outputs[0]] = found
    if len(op.outputs) > 1:
        _further(fold, op, tensors[0], found)
    return True


def _further(fold: Fold, op: Op, first: Tensor, found: Tensor) -> None:
    """The other results: parts of a small list with their numbers."""
    shapes = computed_shapes(fold, op)
    listed = op.kind == "Split" and len(first.shape) == 1 and None not in shapes
    values, start = first.values if listed else None, 0
    for number, (name, computed) in enumerate(zip(op.outputs, shapes, strict=True)):
        dims = fold.known(name) if computed is None else computed
        if dims is None and number:
            fold.shapeless.add(name)
        shape = found.shape if dims is None else dims
        own = values[start : start + shape[0]] if values is not None else None
        start += shape[0] if listed else 0
        if number or own is not None:
            fold.constants[name] = found._replace(shape=shape, values=own)


def _note_products(fold: Fold, op: Op, found: Tensor) -> None:
    """Note the products of constants that a constant is computed from, and this one."""
    products: dict[str, int] = {}
    for name in op.inputs:
        products |= fold.products.get(name, {})
    if op.kind in ("Gemm", "MatMul"):
        dims = fold.constants[op.inputs[0]].shape
        depth = dims[-2:][0 if op.attributes.get("transA") else -1] if dims else 0
        products[op.outputs[0]] = found.size * depth
    if products:
        fold.products.update(dict.fromkeys(op.outputs, products))


def _from_weights(tensors: list[Tensor]) -> bool:
    """Whether a weight is among constants: a single number beside others made up is none."""
    found = [tensor.size for tensor in tensors if tensor.weight]
    return bool(found) and (len(found) == len(tensors) or max(found) > 1)


def _note_leaves(fold: Fold, op: Op) -> bool:
    """Note the weights that a constant is computed from; whether there are any.

    Whole numbers are weights where they are quantised ones, and a single number beside others
    is none.
    """
    leaves: dict[str, None] = {}
    for name in _learned_inputs(fold, op):
        tensor = fold.constants.get(name)
        counts = tensor is not None and (tensor.floating or op.kind == "DequantizeLinear")
        if tensor is not None and counts and tensor.weight:
            leaves.update(dict.fromkeys(fold.leaves.get(name, (name,))))
        if name in fold.reduced:
            fold.reduced.update(op.outputs)
    if op.kind.startswith("Reduce") or op.kind.endswith(("Normalization", "Sqrt", "sqrt")):
        fold.reduced.update(op.outputs)
    several = [name for name in leaves if fold.graph.learned or fold.constants[name].size > 1]
    if leaves:
        fold.leaves.update(dict.fromkeys(op.outputs, tuple(several or leaves)))
    return bool(leaves)


def _learned_inputs(fold: Fold, op: Op) -> Sequence[str]:
    """Those inputs of an operator on constants that may be weights.

    Of a filter that is brought to mean 0 and deviation 1, its statistics are none, be they those of
    a copy of it in another order of axes; nor is the shift that an exporter has filled in.
    """
    if op.kind in _SAME:
        return op.inputs[:1]
    if op.kind != "BatchNormalization" or len(op.inputs) < 5:
        return op.inputs
    data, scale, shift, *statistics = op.inputs[:5]
    if any(name in fold.graph.constants for name in statistics):
        return op.inputs
    size, own = fold.constants[data].size, fold.leaves.get(data, (data,))
    for name in statistics:
        copies = [leaf for leaf in fold.leaves.get(name, ()) if fold.constants[leaf].size == size]
        fold.masks.update(leaf for leaf in copies if leaf not in own)
    filled = shift in fold.graph.written and scale not in fold.graph.written
    if not filled and shift not in fold.graph.idle:
        return op.inputs[:3]
    fold.masks.add(shift)
    return op.inputs[:2]


def _compute(fold: Fold, op: Op, tensors: list[Tensor]) -> Tensor | None:
    if not tensors:
        return None
    first = tensors[0]
    if op.kind in _SAME:
        like = fold.constants.get(op.inputs[1]) if op.kind == "CastLike" else None
        real = op.attributes.get("to") in _REAL or (op.kind == "CastLike" and not like)
        return first._replace(floating=True) if real and not first.weight else first
    if op.kind in ("Reshape", "Flatten", "Squeeze", "Unsqueeze"):
        from archviz.importers.fold.views import target_dims

        dims = target_dims(fold, op, first.shape)
        if dims is None or product(dims) != product(first.shape):
            return None
        return first._replace(shape=dims)
    if op.kind == "Transpose":
        order = op.attributes.get("perm") or tuple(reversed(range(len(first.shape))))
        return _picked(first, tuple(first.shape[axis] for axis in order), order, (), ())
    if op.kind == "Gather" and (len(first.shape) != 1 or first.values is None):
        axis = op.attributes.get("axis", 0) % max(len(first.shape), 1)
        dims = (*first.shape[:axis], *tensors[1].shape, *first.shape[axis + 1 :])
        return Tensor(dims, None, first.floating)
    if op.kind == "Slice":
        return _sliced(fold, op, first)
    if op.kind == "Concat":
        return _joined(op, tensors)
    if op.kind == "Expand" and numbers(tensors[1]) is not None:
        return _expanded(first, numbers(tensors[1]) or ())
    values = [tensor.values for tensor in tensors]
    if any(value is None for value in values):
        return _spread(op, tensors)
    return _small(fold, op, tensors)


def _expanded(first: Tensor, target: tuple[int, ...]) -> Tensor:
    """A constant spread out; its numbers where they are few."""
    shape = spread([first.shape, target])
    if product(shape) > MAX_VALUES or not first.values:
        return Tensor(shape, None, first.floating)
    return Tensor(shape, tuple(_spread_values(first, shape)), first.floating)


_EACH = (
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Sqrt",
    "Neg",
    "Exp",
    "Abs",
    "Reciprocal",
    "Softplus",
    "Sigmoid",
    "Tanh",
    "Clip",
    "Min",
    "Max",
    "Where",
)


def _spread(op: Op, tensors: list[Tensor]) -> Tensor | None:
    """The shape of arithmetic on weights, such as a weight norm."""
    first = tensors[0]
    if op.kind.startswith("Reduce") and op.kind != "ReduceProd":
        axes = op.attributes.get("axes") or (numbers(tensors[1]) if len(tensors) > 1 else None)
        if not isinstance(axes, tuple) or not op.attributes.get("keepdims", 1):
            return None
        gone = {axis % len(first.shape) for axis in axes}
        kept = tuple(1 if axis in gone else side for axis, side in enumerate(first.shape))
        return Tensor(kept, None, first.floating)
    if op.kind not in _EACH:
        return None
    shapes = [tensor.shape for tensor in tensors]
    rank = max(map(len, shapes))
    full = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    floating = any(tensor.floating for tensor in tensors)  # of a power the exponent may be whole
    return Tensor(tuple(map(max, zip(*full, strict=True))), None, floating)


def _small(fold: Fold, op: Op, tensors: list[Tensor]) -> Tensor | None:
    first = tensors[0]
    values = first.values or ()
    if op.kind == "Gather" and len(first.shape) == 1:
        chosen = numbers(tensors[1]) or ()
        return Tensor(tensors[1].shape, tuple(values[at] for at in chosen), first.floating)
    if op.kind in ("Floor", "Ceil", "Neg", "Sqrt", "Not"):
        by = {"Floor": math.floor, "Ceil": math.ceil, "Neg": lambda x: -x, "Sqrt": math.sqrt}
        by["Not"] = lambda x: float(not x)
        return first._replace(values=tuple(by[op.kind](value) for value in values))
    if op.kind == "ConstantOfShape":
        dims = numbers(first) or ()
        fill = op.attributes.get("value")
        one = fill.values[0] if isinstance(fill, Tensor) and fill.values else 0.0
        size = product(dims)
        floating = not isinstance(fill, Tensor) or fill.floating
        return Tensor(dims, (one,) * size if size <= MAX_VALUES else None, floating)
    if op.kind == "Where" and len(tensors) == 3 and len(values) == product(tensors[1].shape):
        yes, no = tensors[1].values or (), tensors[2].values or ()
        no = no * len(yes) if len(no) == 1 else no
        picked = tuple(a if flag else b for flag, a, b in zip(values, yes, no, strict=True))
        return tensors[1]._replace(values=picked)
    if op.kind == "Range" and len(tensors) == 3:
        low, high, step = (int((tensor.values or (0,))[0]) for tensor in tensors)
        span = range(low, high, step)
        return Tensor((len(span),), tuple(span), False) if len(span) <= MAX_VALUES else None
    return _arithmetic(op, tensors)


def _picked(
    first: Tensor,
    dims: tuple[int, ...],
    order: tuple[int, ...],
    starts: tuple[int, ...],
    steps: tuple[int, ...],
) -> Tensor:
    """Elements of a constant along its axes in another order, with starts and steps."""
    if first.values is None or product(dims) > MAX_VALUES:
        return Tensor(dims, None, first.floating)
    strides = [product(first.shape[axis + 1 :]) for axis in range(len(first.shape))]
    places = [0]
    for index, axis in enumerate(order):
        low, step = (starts[axis], steps[axis]) if starts else (0, 1)
        hops = [(low + step * at) * strides[axis] for at in range(dims[index])]
        places = [place + hop for place in places for hop in hops]
    return Tensor(dims, tuple(first.values[place] for place in places), first.floating)


def _sliced(fold: Fold, op: Op, first: Tensor) -> Tensor | None:
    lows = op.attributes.get("starts") or numbers(fold.constant(op, 1))
    highs = op.attributes.get("ends") or numbers(fold.constant(op, 2))
    if lows is None or highs is None:
        return None
    axes = axes_list(fold, op, 3) or tuple(range(len(lows)))
    hops = numbers(fold.constant(op, 4)) or (1,) * len(lows)
    rank = len(first.shape)
    starts, steps, dims = [0] * rank, [1] * rank, list(first.shape)
    for axis, low, high, hop in zip(axes, lows, highs, hops, strict=False):
        axis %= rank
        span = range(first.shape[axis])[low:high:hop]
        starts[axis], steps[axis], dims[axis] = span.start, span.step, len(span)
    return _picked(first, tuple(dims), tuple(range(rank)), tuple(starts), tuple(steps))


def _joined(op: Op, tensors: list[Tensor]) -> Tensor | None:
    first = tensors[0]
    rank = len(first.shape)
    axis = op.attributes.get("axis", 0) % max(rank, 1)
    if any(len(tensor.shape) != rank for tensor in tensors) or not rank:
        return None
    side = sum(tensor.shape[axis] for tensor in tensors)
    dims = (*first.shape[:axis], side, *first.shape[axis + 1 :])
    if axis or any(tensor.values is None for tensor in tensors):
        return Tensor(dims, None, first.floating)
    return Tensor(
        dims, tuple(value for tensor in tensors for value in tensor.values or ()), first.floating
    )


def _whole_quotient(a: float, b: float) -> float:
    """The quotient of whole numbers without its fraction, as sizes of parts are computed."""
    found = abs(int(a)) // abs(int(b)) if b else 0
    return found if (a < 0) == (b < 0) else -found


def _arithmetic(op: Op, tensors: list[Tensor]) -> Tensor | None:
    if op.kind == "Reduce" or op.kind not in _ARITHMETIC or len(tensors) != 2:
        if op.kind == "ReduceProd" and tensors[0].values:
            return Tensor((1,), (product(numbers(tensors[0]) or ()),), tensors[0].floating)
        return None
    first, second = tensors
    if not first.values or not second.values:
        return None
    shape = spread([first.shape, second.shape])
    if product(shape) > MAX_VALUES:
        return Tensor(shape, None, first.floating)
    by = _ARITHMETIC[op.kind]
    if op.kind == "Div" and not (first.floating or second.floating):
        by = _whole_quotient
    pairs = zip(_spread_values(first, shape), _spread_values(second, shape), strict=True)
    return Tensor(shape, tuple(by(a, b) for a, b in pairs), first.floating)


def _spread_values(tensor: Tensor, shape: tuple[int, ...]) -> list[float]:
    """The values of a small constant, spread to a shape as broadcasting does."""
    values = list(tensor.values or ())
    block = 1  # of numbers behind the axis at hand
    sides = (1,) * (len(shape) - len(tensor.shape)) + tensor.shape
    for side, wanted in reversed(list(zip(sides, shape, strict=True))):
        if side != wanted:
            blocks = [values[at : at + block] for at in range(0, len(values), block)]
            values = [value for one in blocks for value in one * wanted]
        block *= wanted
    return values
