"""Fused operators: what they stand for, step by step, as files without fusion have it.

The table ``PARTS`` says which operators each of them is. They are folded like any others, so that a
fused convolution is a convolution with its activation, and nothing is said twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from archviz.errors import ArchvizError
from archviz.importers.fold.shapes_computed import dims_of
from archviz.importers.fold.state import Fold
from archviz.importers.graphs import Op, Tensor

if TYPE_CHECKING:
    from archviz.importers.fold.rules.rule import Handler

Fill: TypeAlias = Callable[["Steps"], bool]


class Steps:
    """The operators that a fused one stands for, with values between them."""

    def __init__(self, fold: Fold, op: Op) -> None:
        self.fold = fold
        self.of = op
        self.ops: list[Op] = []
        self.constants: dict[str, Tensor] = {}
        self.ends: dict[str, str] = {}
        """What each output of the fused operator is."""

    def has(self, index: int) -> bool:
        """Whether an input is given."""
        return index < len(self.of.inputs) and self.of.inputs[index] != ""

    def taken(self, *indices: int) -> list[str]:
        """The inputs at some places; '' for those that are not given."""
        return [self.of.inputs[index] if self.has(index) else "" for index in indices]

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """One more operator; the first value that it gives."""
        first = f"{self.of.outputs[0]}/{len(self.ops)}"
        made = (first, *(f"{first}.{number}" for number in range(1, outputs)))
        taken = list(inputs)
        while taken and not taken[-1]:
            taken.pop()
        self.ops.append(Op(kind, self.of.name, tuple(taken), made, attributes, self.of.path))
        return first

    def constant(self, *values: float, single: bool = False) -> str:
        """A constant of the operator itself, which is no weight."""
        name = f"{self.of.outputs[0]}/constant {len(self.constants)}"
        floating = any(isinstance(value, float) for value in values)
        shape = () if single else (len(values),)
        self.constants[name] = self.fold.constants[name] = Tensor(shape, values, floating, False)
        return name

    def weights(self, index: int, shape: tuple[int, ...] = ()) -> str:
        """An input as weights to compute with: quantised ones, or packed ones unpacked."""
        name = self.of.inputs[index]
        tensor = self.fold.constants.get(name)
        if tensor is not None and (shape or not tensor.floating):
            made = Tensor(shape or tensor.shape)
            self.constants[name] = self.fold.constants[name] = made
        return name

    def dims(self, index: int) -> tuple[int, ...] | None:
        """The shape of an input, None where it is unknown."""
        return dims_of(self.fold, self.of.inputs[index]) if self.has(index) else None

    def end(self, value: str, index: int = 0) -> bool:
        """Let an output of the fused operator be a value."""
        if index < len(self.of.outputs) and self.of.outputs[index]:
            self.ends[self.of.outputs[index]] = value
        return True


def handlers(run: Callable[[Fold, Op], None]) -> dict[str, Handler]:
    """A handler for each fused operator; ``run`` folds one operator."""
    return {kind: _handler(fill, run) for kind, fill in PARTS.items()}


def _handler(fill: Fill, run: Callable[[Fold, Op], None]) -> Handler:
    def handler(fold: Fold, op: Op) -> bool:
        steps = Steps(fold, op)
        if not op.outputs or not fill(steps):
            return False
        _count(fold, op, steps)
        ends = [Op("Identity", "", (value,), (name,)) for name, value in steps.ends.items()]
        fold.parts[op.outputs] = [*steps.ops, *ends], steps.constants
        for inner in steps.ops:
            run(fold, inner)
        for name, value in steps.ends.items():
            if value in fold.values:
                fold.values[name] = fold.values[value]
            elif value in fold.constants:
                fold.constants[name] = fold.constants[value]
        return True

    return handler


def _count(fold: Fold, op: Op, steps: Steps) -> None:
    """How often each value is used, now that the steps are there."""
    uses = Counter([name for inner in steps.ops for name in inner.inputs])
    before = Counter(op.inputs)
    for name in {*uses, *before} & fold.values.keys():
        fold.values[name].draft.refs += uses[name] - before[name]
    for inner in steps.ops:
        for name in inner.outputs:
            ends = [end for end, value in steps.ends.items() if value == name]
            fold.uses[name] = uses[name] + sum(fold.uses.get(end, 0) for end in ends)


# ---- products and convolutions ------------------------------------------------------------------


def _activated(steps: Steps, value: str) -> bool:
    """The activation that an attribute names."""
    kind = steps.of.attributes.get("activation", "")
    given = steps.of.attributes.get("activation_params", ())
    if kind == "Clip":
        low, high = (steps.constant(float(limit), single=True) for limit in given[:2])
        return steps.end(steps.add("Clip", value, low, high))
    if kind:
        value = steps.add(kind, value)
    return steps.end(value)


def _conv(steps: Steps) -> bool:
    value = steps.add("Conv", *steps.taken(0, 1, 2), **_own(steps))
    if steps.has(3):
        value = steps.add("Add", value, steps.of.inputs[3])
    return _activated(steps, value)


def _own(steps: Steps) -> dict[str, Any]:
    """The attributes of an operator but those of its activation."""
    return {k: v for k, v in steps.of.attributes.items() if not k.startswith("activation")}


def _gemm(steps: Steps) -> bool:
    return _activated(steps, steps.add("Gemm", *steps.taken(0, 1, 2), **_own(steps)))


def _matmul(steps: Steps) -> bool:
    """A product of which either side may be turned, times a number."""
    get = steps.of.attributes.get
    if get("transBatchA") or get("transBatchB"):
        return False
    sides = steps.taken(0, 1)
    attributes = {}
    for index, word in enumerate(("transA", "transB")):
        if not get(word):
            continue
        dims = steps.dims(index)
        if dims is None or len(dims) < 2:
            return False
        if index and sides[1] in steps.fold.constants and len(dims) == 2:
            attributes["transB"] = 1
            continue
        axes = [*range(len(dims) - 2), len(dims) - 1, len(dims) - 2]
        sides[index] = steps.add("Transpose", sides[index], perm=tuple(axes))
    value = steps.add("MatMul", *sides, **attributes)
    factor = float(get("alpha", 1.0))
    if factor != 1.0:
        value = steps.add("Mul", value, steps.constant(factor, single=True))
    return steps.end(value)


def _product(bias: int) -> Fill:
    """A product of quantised weights, and a bias at a place."""

    def fill(steps: Steps) -> bool:
        if not steps.has(1):
            return False
        value = steps.add("MatMul", steps.of.inputs[0], steps.weights(1))
        if steps.has(bias):
            value = steps.add("Add", value, steps.of.inputs[bias])
        return steps.end(value)

    return fill


def _packed(steps: Steps) -> bool:
    """A product with weights of a few bits each, several in one number."""
    depth, units = (steps.of.attributes.get(word) for word in "KN")
    if not isinstance(depth, int) or not isinstance(units, int) or not steps.has(1):
        return False
    if depth < 1 or units < 1 or steps.of.inputs[1] not in steps.fold.constants:
        return False
    value = steps.add("MatMul", steps.of.inputs[0], steps.weights(1, (depth, units)))
    if steps.has(5):
        value = steps.add("Add", value, steps.of.inputs[5])
    return steps.end(value)


def _joined(steps: Steps) -> bool:
    """Quantised values side by side: each with its scale and its zero point."""
    values = steps.of.inputs[2::3]
    return steps.end(steps.add("Concat", *values, axis=steps.of.attributes.get("axis", 1)))


# ---- sums with norms and activations -----------------------------------------------------------


def _biased(steps: Steps, values: Sequence[str], bias: str) -> list[str]:
    """Some values of which one has a bias: that of a layer which has none."""
    found = list(values)
    if not bias:
        return found
    place = 0
    for index, name in enumerate(found):
        value = steps.fold.values.get(name)
        if value is not None and value.draft.options.get("bias") is False:
            place = index
    found[place] = steps.add("Add", found[place], bias)
    return found


def _skip_norm(kind: str, gamma: int, bias: int) -> Fill:
    """A sum and its norm; the sum itself may be the fourth output."""

    def fill(steps: Steps) -> bool:
        first, second = _biased(steps, steps.taken(0, 1), *steps.taken(bias))
        total = steps.add("Add", first, second)
        beta = steps.taken(3) if kind == "LayerNormalization" else []
        value = steps.add(kind, total, *steps.taken(gamma), *beta, axis=-1)
        steps.end(total, 3)
        return steps.end(value)

    return fill


def _biased_gelu(steps: Steps) -> bool:
    value = steps.of.inputs[0]
    value = steps.add("Add", value, steps.of.inputs[1]) if steps.has(1) else value
    return steps.end(steps.add("Gelu", value))


def _product_gelu(steps: Steps) -> bool:
    value = steps.add("MatMul", *steps.taken(0, 1))
    value = steps.add("Add", value, steps.of.inputs[2]) if steps.has(2) else value
    return steps.end(steps.add("Gelu", value))


def _split_gelu(steps: Steps) -> bool:
    """A bias, and the first half times the GELU of the second."""
    total = steps.add("Add", *steps.taken(0, 1))
    half = steps.add("Split", total, outputs=2, axis=-1, num_outputs=2)
    return steps.end(steps.add("Mul", half, steps.add("Gelu", f"{half}.1")))


def _sum_of_three(steps: Steps) -> bool:
    """A value, its bias and a skip."""
    return steps.end(steps.add("Add", steps.add("Add", *steps.taken(0, 1)), *steps.taken(2)))


def _group_norm(steps: Steps) -> bool:
    """A group norm, mostly of a map with its channels last."""
    get = steps.of.attributes.get
    last = bool(get("channels_last", 1))
    value = steps.of.inputs[0]
    if steps.has(3):
        value = steps.add("Add", _biased(steps, [value], *steps.taken(4))[0], steps.of.inputs[3])
        steps.end(value, 1)
    value = steps.add("Transpose", value, perm=(0, 3, 1, 2)) if last else value
    value = steps.add("GroupNormalization", value, *steps.taken(1, 2), num_groups=get("groups", 1))
    if get("activation"):
        value = steps.add("Swish", value)
    return steps.end(steps.add("Transpose", value, perm=(0, 2, 3, 1)) if last else value)


def _embedded(steps: Steps) -> bool:
    """Words, with their positions and segments, and a norm."""
    ids = steps.dims(0)
    if ids is None or len(ids) != 2:
        return False
    for index in range(2, min(len(steps.of.inputs), 7)):
        steps.weights(index)
    value = steps.add("Gather", *steps.taken(2, 0), axis=0)
    if steps.has(8):
        rows = steps.add("Gather", *steps.taken(3, 8), axis=0)
    else:
        sides = (steps.constant(number) for number in (0, ids[1], 0))
        rows = steps.add("Slice", *steps.taken(3), *sides)
    value = steps.add("Add", value, rows)
    if steps.has(1) and steps.has(4):
        value = steps.add("Add", value, steps.add("Gather", *steps.taken(4, 1), axis=0))
    steps.end(value, 2)
    return steps.end(steps.add("LayerNormalization", value, *steps.taken(5, 6), axis=-1))


def _chosen(steps: Steps) -> bool:
    """The way that a constant chooses, where neither has weights."""
    fold, op = steps.fold, steps.of
    test, bodies = fold.constants.get(op.inputs[0]), fold.graph.bodies.get(op.outputs[0], ())
    if test is None or not test.values or len(bodies) != 2 or op.outputs[0] in fold.graph.insides:
        return False
    try:
        body = bodies[0 if test.values[0] else 1]()
    except ArchvizError:
        return False
    steps.ops += body.ops
    steps.constants.update(body.constants)
    fold.constants.update(body.constants)
    if body.bodies:
        fold.graph = fold.graph._replace(bodies={**fold.graph.bodies, **body.bodies})
    for index, value in enumerate(body.outputs):
        steps.end(value, index)
    return True


_SKIP = {
    "SkipLayerNormalization": _skip_norm("LayerNormalization", 2, 4),
    "SkipSimplifiedLayerNormalization": _skip_norm("SimplifiedLayerNormalization", 2, 3),
}
_MICROSOFT: Mapping[str, Fill] = {
    **_SKIP,
    "FusedConv": _conv,
    "FusedGemm": _gemm,
    **dict.fromkeys(("FusedMatMul", "TransposeMatMul"), _matmul),
    "DynamicQuantizeMatMul": _product(4),
    "MatMulIntegerToFloat": _product(6),
    **dict.fromkeys(("MatMulNBits", "MatMulBnb4"), _packed),
    "QLinearConcat": _joined,
    **dict.fromkeys(("BiasGelu", "FastGelu"), _biased_gelu),
    "GemmFastGelu": _product_gelu,
    "BiasSplitGelu": _split_gelu,
    "BiasAdd": _sum_of_three,
    **dict.fromkeys(("GroupNorm", "SkipGroupNorm"), _group_norm),
    **dict.fromkeys(("EmbedLayerNormalization", "QEmbedLayerNormalization"), _embedded),
}
PARTS: Mapping[str, Fill] = {
    **_SKIP,
    "If": _chosen,
    **{f"com.microsoft.{kind}": fill for kind, fill in _MICROSOFT.items()},
}
"""What fused operators stand for."""
