"""Attention: softmax(q·k)·v with its projections becomes one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archviz.importers.fold_state import Cell, Fold, product

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

_STEPS = 24
"""How many views and scalings may lie between a projection and its product."""


def product_of_two(fold: Fold, op: Op) -> bool:
    """MatMul of two values: a step of an attention, or its end."""
    left, right = fold.value(op), fold.value(op, 1)
    if left is None or right is None:
        return False
    one, two = fold.dims(left), fold.dims(right)
    if len(one) < 2 or len(two) < 2 or one[-1] != two[-2]:
        return False
    dims = (*(one if len(one) >= len(two) else two)[:-2], one[-2], two[-1])
    scores = _scores(left.cell)
    if scores is not None and _attention(fold, op, scores, right.cell, dims):
        return True
    made = fold.cell("~product", op, [left.cell, right.cell], dims)
    fold.give(op, made, tuple(range(len(dims))))
    return True


def _back(cell: Cell) -> Cell:
    """The cell behind views, scalings by a number, masks and parts."""
    for _ in range(_STEPS):
        if (
            cell.kind in ("~view", "~slice", "reshape", "~affine")
            or (cell.kind == "~math" and len(cell.inputs) == 1 and cell.op.kind in ("Mul", "Div"))
            or (cell.kind in ("op", "position") and cell.op.kind in ("Add", "Where", "Transpose"))
        ):
            cell = cell.inputs[0]
        else:
            break
    return cell


def _scores(cell: Cell) -> Cell | None:
    """The product below a softmax; None where there is none."""
    found = _back(cell)
    if found.kind != "softmax":
        return None
    below = _back(found.inputs[0])
    return below if below.kind == "~product" else None


def _attention(fold: Fold, op: Op, scores: Cell, values: Cell, dims: tuple[int, ...]) -> bool:
    """An attention where queries, keys and values are projections of one sequence."""
    tips = [_back(scores.inputs[0]), _back(scores.inputs[1]), _back(values)]
    parts = list(dict.fromkeys(tips))
    if any(part.kind != "dense" or len(part.shape) != 2 for part in parts):
        return False
    sources = {part.inputs[0] for part in parts}
    if len(sources) != 1 or len(parts) == 2:
        return False
    source = sources.pop()
    if any("activation" in part.options or "norm" in part.options for part in parts):
        return False
    width = sum(part.shape[1] for part in parts) // 3
    heads = dims[-3] if len(dims) > 2 else 1
    if heads * dims[-1] != width:
        heads = width // dims[-1] if width % dims[-1] == 0 else 1
    first = parts[0]
    made = fold.cell("~attention", op, [source], (source.shape[0], width))
    made.name, made.scope = first.name, _common(parts, op)
    made.parameters = sum(part.parameters for part in parts)
    made.macs = sum(part.macs for part in parts)
    made.extra = {
        "heads": heads, "width": width, "features": source.shape[1],
        "biases": sum("bias" not in part.options for part in parts) == len(parts),
        "plain": all("bias" in part.options for part in parts), "out": 0, "out_bias": False,
    }  # fmt: skip
    if any(part.options.get("shared") for part in parts):
        made.options["shared"] = True
    _release(parts, source)
    fold.give(op, made, None, dims)
    return True


def _common(parts: list[Cell], op: Op) -> tuple[str, ...]:
    """The module path that all parts share."""
    paths = [part.scope for part in parts] + [op.scope]
    common = []
    for words in zip(*paths, strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return tuple(common)


def _release(parts: list[Cell], source: Cell) -> None:
    """The projections give their references to the source up for one."""
    source.refs -= len(parts) - 1


def settle(cell: Cell) -> None:
    """Make an attention a layer: of kind ``attention`` where that says all, else an operator."""
    facts: dict[str, Any] = cell.extra
    features, width, out = facts["features"], facts["width"], facts["out"]
    usual = out == features and (
        (facts["biases"] and facts["out_bias"]) or (facts["plain"] and not facts["out_bias"])
    )
    bias = facts["biases"]
    wanted = 4 * features * width + (3 * width + features if bias else 0)
    if usual and wanted == cell.parameters:
        cell.kind = "attention"
        cell.options["count"] = facts["heads"]
        if width != features:
            cell.options["filters"] = width
        if not bias:
            cell.options["bias"] = False
        return
    cell.kind = "op"
    cell.options.update(label="attention", weights=cell.parameters, macs=cell.macs)


def fused(fold: Fold, op: Op) -> bool:
    """``com.microsoft.Attention``: input, weights, biases."""
    value, weight = fold.value(op), fold.constant(op, 1)
    if value is None or weight is None or len(weight.shape) != 2 or len(value.cell.shape) != 2:
        return False
    features, triple = weight.shape
    if features != value.cell.shape[1] or triple % 3:
        return False
    dims = (*fold.dims(value)[:-1], triple // 3)
    made = fold.cell("~attention", op, [value.cell], (value.cell.shape[0], triple // 3))
    bias = fold.constant(op, 2) is not None
    fold.weigh(made, *op.inputs[1:3])
    made.macs = product(value.cell.shape) * triple
    made.extra = {"heads": op.attributes.get("num_heads", 1), "width": triple // 3,
                  "features": features, "biases": bias, "plain": not bias, "out": 0,
                  "out_bias": False}  # fmt: skip
    fold.give(op, made, value.axes, dims)
    return True
