"""Arithmetic of two: merges, biases, and norms that are written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.importers.fold.activations import common_base, grow
from archviz.importers.fold.layers import attach
from archviz.importers.fold.named import named, of_two
from archviz.importers.fold.splits import taken_once
from archviz.importers.fold.state import ONE, Cell, Fold, Value, product, scalar, takes
from archviz.importers.fold.views import straight

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, Tensor


def binary(fold: Fold, op: Op) -> bool:
    """Add, Sub, Mul, Div, Pow, Min, Max of two."""
    if len(op.inputs) != 2:
        return _merge_many(fold, op)
    left, right = fold.value(op), fold.value(op, 1)
    if left is not None and right is not None:
        return _two(fold, op, left, right)
    value = left or right
    constant = fold.constant(op, 1 if left is not None else 0)
    if value is None or constant is None:
        return False
    if product(constant.shape) == 1:
        number = scalar(constant)
        if number is None:
            return False
        single = value.axes is not None and value.cell.shape[-1] == 1 and constant.shape == (1,)
        if single and op.kind == "Add" and value.cell.options.get("bias") is False:
            return _by_channel(fold, op, value, op.inputs[1 if left is not None else 0])
        if op.kind in ("Mul", "Div", "Pow") and number == 1 and left is not None:
            fold.alias(op, value)
            return True
        operands = (value.cell, number) if left is not None else (number, value.cell)
        grow(fold, op, value, operands)
        return True
    name = op.inputs[1 if left is not None else 0]
    return _with_weights(fold, op, value, constant, name, left is not None)


def _with_weights(
    fold: Fold, op: Op, value: Value, constant: Tensor, name: str, first: bool
) -> bool:
    cell, axes = value.cell, value.axes
    if cell.kind == "~attention" and op.kind == "Add":
        return _attention_bias(fold, op, value, constant, name)
    if axes is None or len(constant.shape) > len(axes):
        return False
    offset = len(axes) - len(constant.shape)
    touched = [axes[offset + index] for index, side in enumerate(constant.shape) if side != 1]
    channels = len(cell.shape) - 1
    if touched == [channels] and (first or op.kind in ("Add", "Mul")):
        return _by_channel(fold, op, value, name)
    sides = [axis for axis, side in enumerate(cell.shape) if side != 1]
    rows = name in fold.origins and len(cell.shape) == 2 and channels in touched
    if op.kind == "Add" and (sorted(touched) == sides or rows) and cell.kind[0] != "~":
        _positions(fold, op, value, constant, name)
        return True
    return False


def _positions(fold: Fold, op: Op, value: Value, constant: Tensor, name: str) -> None:
    """Learned rows added to a sequence: all of a table, or those that a model has picked."""
    cell = value.cell
    table = fold.constants[fold.origins.get(name, name)].shape
    if product(table) == product(constant.shape) == product(cell.shape):
        made = fold.cell("position", op, [cell], cell.shape)
    else:
        what = "position" if len(table) < 2 or table[-2] >= cell.shape[0] else "segment"
        made = named(fold, op, f"{what} embedding", [cell], cell.shape)
    fold.weigh(made, name, whole=True)
    fold.give(op, made, value.axes)


def _by_channel(fold: Fold, op: Op, value: Value, name: str) -> bool:
    """A number for each channel: a bias, or a step of a batch norm that is written out."""
    cell = value.cell
    plain = "norm" not in cell.options and "activation" not in cell.options and cell.refs == 1
    if op.kind == "Add" and plain and cell.options.get("bias") is False and takes(cell, "bias"):
        del cell.options["bias"]
        fold.weigh(cell, name)
        fold.give(op, cell, value.axes)
        return True
    if op.kind not in ("Add", "Sub", "Mul", "Div"):
        return False
    made = fold.cell("~affine", op, [cell], cell.shape)
    fold.weigh(made, name)
    made.extra = (op.kind,)
    follows = cell.kind in ("~affine", "~norm") and cell.refs == 1
    if follows:
        made.extra = (*cell.extra, op.kind)
    fold.give(op, made, value.axes)
    norm = _WRITTEN_OUT.get(made.extra)
    if norm is None:
        return True
    return _finish_norm(fold, op, value, made, norm)


_WRITTEN_OUT = {
    ("Sub", "Mul", "Add"): "batch",
    ("Mul", "Add"): "batch",
    ("Sub", "Div", "Mul", "Add"): "batch",
    ("layer", "Mul", "Add"): "layer",
    ("rms", "Mul"): "rms",
    ("group", "Mul", "Add"): "group",
}


def _finish_norm(fold: Fold, op: Op, value: Value, last: Cell, norm: str) -> bool:
    steps = [last]
    while len(steps) < len(last.extra):
        steps.append(steps[-1].inputs[0])
    fold.cells.pop()
    first = steps[-1]
    base = first.inputs[0]
    taken = first.options.get("taken", 1)
    own = sum(step.parameters for step in steps)
    cell = attach(fold, op, Value(base, value.axes), "norm", norm, taken)
    channels = cell.shape[-1]
    if norm == "batch":
        # However many vectors the exporter has left, the layer had four.
        cell.parameters += 4 * channels
        cell.fixed += 2 * channels
    else:
        cell.parameters += own
    return True


def _attention_bias(fold: Fold, op: Op, value: Value, constant: Tensor, name: str) -> bool:
    cell = value.cell
    facts = cell.extra
    if cell.refs != 1 or not facts["out"] or facts["out_bias"]:
        return False
    if constant.shape != (facts["out"],):
        return False
    facts["out_bias"] = True
    fold.weigh(cell, name)
    fold.give(op, cell, value.axes, value.dims)
    return True


def _two(fold: Fold, op: Op, left: Value, right: Value) -> bool:
    one, two = left.cell, right.cell
    same = fold.alike(left.axes, right.axes) and one.shape == two.shape
    if op.kind == "Add" and same:
        if "~math" in (one.kind, two.kind):
            if common_base(one, two):
                grow(fold, op, left, (one, two))
                return True
            scaled = _scaled(fold, op, left, right)
            if scaled:
                return True
    elif same and op.kind in ("Mul", "Sub", "Div") and common_base(one, two):
        grow(fold, op, left, (one, two))
        return True
    if op.kind == "Mul" and _gated(fold, op, left, right):
        return True
    if op.kind in ("Div", "Mul") and _written_norm(fold, op, left, right):
        return True
    kind = {"Add": "add", "Mul": "multiply"}.get(op.kind)
    if kind is not None and merge(fold, op, kind, [left, right]):
        return True
    return op.kind not in ("Add", "Mul") and of_two(fold, op, left, right)


def _scaled(fold: Fold, op: Op, left: Value, right: Value) -> bool:
    """x + s·f(x): the scaled path first."""
    for main, other in ((left, right), (right, left)):
        cell = main.cell
        if cell.kind != "~math" or cell.op.kind not in ("Mul", "Div") or cell.refs != 1:
            continue
        if len(cell.inputs) != 1 or len(cell.extra) != 2:
            continue
        factor = next(one for one in cell.extra if not isinstance(one, Cell))
        if cell.op.kind == "Div":
            if isinstance(cell.extra[0], float) or not factor:
                continue
            factor = 1 / factor
        factor = float(f"{factor:.6g}")
        made = fold.cell(
            "scaled-add", op, [cell.inputs[0], other.cell], other.cell.shape, value=factor
        )
        fold.give(op, made, other.axes)
        return True
    return False


def _gated(fold: Fold, op: Op, left: Value, right: Value) -> bool:
    """One half times the sigmoid of the other: a gated linear unit."""
    half, gate = left.cell, right.cell
    if half.kind != "~slice" or gate.kind != "sigmoid" or gate.inputs[0].kind != "~slice":
        return False
    other = gate.inputs[0]
    source = half.inputs[0]
    if other.inputs[0] is not source or 2 * half.shape[-1] != source.shape[-1]:
        return False
    if half.extra[1:3] != (len(half.shape) - 1, 0) or other.extra[2] != half.shape[-1]:
        return False
    taken_once(source, (half, other))
    fold.give(op, named(fold, op, "GLU", [source], half.shape), left.axes)
    return True


def _written_norm(fold: Fold, op: Op, left: Value, right: Value) -> bool:
    """(x - mean) / sqrt(variance + epsilon), the start of a norm that is written out."""
    for upper, lower in ((left, right), (right, left)):
        square = _deviation(lower.cell, op.kind)
        if square is None:
            continue
        centred = upper.cell
        if square.inputs[0] is not centred:
            continue
        base, norm, taken = centred, "rms", 2
        if centred.op.kind == "Sub" and len(centred.inputs) == 2:
            base, mean = centred.inputs
            norm, taken = "layer", 2
            if mean.kind != "~mean" or mean.inputs[0] is not base:
                continue
        made = fold.cell("~norm", op, [base], base.shape)
        made.extra = (norm,)
        made.options["taken"] = taken
        fold.give(op, made, upper.axes, upper.dims)
        return True
    return False


def _deviation(cell: Cell, kind: str) -> Cell | None:
    """The square below sqrt(mean(square) + epsilon), or below its reciprocal."""
    if kind == "Mul":
        over = cell.op.kind == "Div" and cell.extra and cell.extra[0] == 1
        if cell.kind != "~math" or not (over or cell.op.kind == "Reciprocal"):
            return None
        cell = cell.inputs[0]
    for step in ("Sqrt", "Add"):
        if cell.kind != "~math" or cell.op.kind != step or len(cell.inputs) != 1:
            return None
        cell = cell.inputs[0]
    if cell.kind != "~mean":
        return None
    square = cell.inputs[0]
    if square.op.kind == "Pow" and square.kind == "~math" and square.extra[1] == 2:
        return square
    if square.op.kind == "Mul" and len(square.inputs) == 2:
        return square if square.inputs[0] is square.inputs[1] else None
    return None


def _merge_many(fold: Fold, op: Op) -> bool:
    if op.kind != "Sum":
        return False
    values = [fold.value(op, index) for index in range(len(op.inputs))]
    found = [value for value in values if value is not None]
    return len(found) == len(values) and merge(fold, op, "add", found)


def _rank(value: Value) -> int:
    return len(value.cell.shape)


def merge(fold: Fold, op: Op, kind: str, values: list[Value]) -> bool:
    """Add or multiply as a layer, where the shapes are what our rules take."""
    first = values[0]
    shape, axes = first.cell.shape, first.axes
    equal = [value.cell for value in values if value.axes == axes and value.cell.shape == shape]
    if axes is not None and len(equal) == len(values):
        fold.give(op, fold.cell(kind, op, equal, shape), axes)
        return True
    if len({value.axes for value in values}) > 1:
        turned = {value.axes: fold.dims(value) for value in values if len(value.cell.shape) == 2}
        if len(turned) == len(values) and len(set(turned.values())) == 1:
            values = [straight(fold, op, value) for value in values]
    largest = max(values, key=_rank)
    axes = largest.axes
    if axes is None:
        return False
    shape = largest.cell.shape
    for value in values:
        if value.axes is None:
            return False
        if value.cell.shape == shape and fold.alike(value.axes, axes):
            continue
        if kind != "multiply" or not _gates(value, largest):
            return False
    made = fold.cell(kind, op, [value.cell for value in values], shape)
    fold.give(op, made, axes)
    return True


def _gates(value: Value, largest: Value) -> bool:
    """Whether a value is one number a channel, or a map with sides of 1, of the largest."""
    small, large = value.axes, largest.axes
    assert small is not None
    assert large is not None
    if len(small) != len(large):
        return False
    if len(value.cell.shape) == 1:
        return value.cell.shape == largest.cell.shape[-1:] and all(
            (a == 0) == (b == len(largest.cell.shape) - 1) or a == ONE
            for a, b in zip(small, large, strict=True)
        )
    return small == large and all(
        a in (1, b) for a, b in zip(value.cell.shape, largest.cell.shape, strict=True)
    )
