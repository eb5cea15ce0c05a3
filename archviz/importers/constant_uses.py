"""What operators do with the constants of a graph: compute with them, or be steered by them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from archviz.importers.graphs import Op, Tensor

_STEERING: Mapping[str, frozenset[int]] = {
    kind: frozenset(slots)
    for kind, slots in {
        "Resize": (1, 2, 3),
        "Upsample": (1,),
        "Clip": (1, 2),
        "Pad": (1, 2, 3),
        "OneHot": (1, 2),
        "Range": (0, 1, 2),
        "Dropout": (1, 2),
        "Gather": (1,),
        "CastLike": (1,),
        "ConstantOfShape": (0,),
        "NonMaxSuppression": (2, 3, 4),
        "QuantizeLinear": (1, 2),
        "DequantizeLinear": (1, 2),
        "QLinearConv": (1, 2, 4, 5, 6, 7),
        "QLinearMatMul": (1, 2, 4, 5, 6, 7),
        "com.microsoft.QGemm": (1, 2, 4, 5, 7, 8),
        "com.microsoft.QLinearAdd": (1, 2, 4, 5, 6, 7),
        "com.microsoft.QLinearMul": (1, 2, 4, 5, 6, 7),
        "com.microsoft.DynamicQuantizeMatMul": (2, 3),
        "com.microsoft.MatMulIntegerToFloat": (2, 3, 4, 5),
        "com.microsoft.MatMulNBits": (2, 3, 4),
        "com.microsoft.QAttention": (3, 4, 5, 6, 7),
        "com.microsoft.GroupQueryAttention": (5, 6, 7, 8, 9),
        "com.microsoft.RotaryEmbedding": (1, 2, 3),
        "RotaryEmbedding": (1, 2, 3),
    }.items()
}
"""Inputs that say how an operator computes: limits, sizes, indices, scales, zero points."""

_WHOLE: Mapping[str, frozenset[int]] = {
    kind: frozenset(slots)
    for kind, slots in {
        "DequantizeLinear": (0,),
        "QLinearConv": (3, 8),
        "QLinearMatMul": (0, 3),
        "ConvInteger": (1,),
        "MatMulInteger": (0, 1),
        "com.microsoft.QGemm": (3, 6),
        "com.microsoft.QLinearAdd": (0, 3),
        "com.microsoft.QLinearMul": (0, 3),
        "com.microsoft.DynamicQuantizeMatMul": (1,),
        "com.microsoft.MatMulIntegerToFloat": (1,),
        "com.microsoft.MatMulNBits": (1,),
        "com.microsoft.QAttention": (1,),
    }.items()
}
"""Inputs that are weights though they are whole numbers."""

_NONE: frozenset[int] = frozenset()


_SPECIAL = frozenset({*_STEERING, *_WHOLE, "Constant", "Shape", "Size", "Gather"})
"""Operators that do not just compute with all that they take."""


def data_of(op: Op) -> dict[str, bool]:
    """What an operator computes with, and whether that is a weight though of whole numbers."""
    steering, whole = _STEERING.get(op.kind, _NONE), _WHOLE.get(op.kind, _NONE)
    slots = enumerate(op.inputs)
    return {name: slot in whole for slot, name in slots if slot not in steering}


class Use(NamedTuple):
    """An operator on data that takes a constant."""

    op: Op
    slot: int


class Uses(NamedTuple):
    """What the operators of a graph do with its constants."""

    uses: Mapping[str, list[Use]]
    """By the constant as the file has it."""
    sources: Mapping[str, tuple[str, ...]]
    """Of constants that are computed: those that they come from."""
    whole: frozenset[str]
    """Constants that are weights of quantised operators."""
    sure: Sequence[str] = ()
    """Constants of which nothing else was asked than whether operators compute with them."""

    def leaves(self, name: str) -> tuple[str, ...]:
        """The constants of the file that a constant comes from."""
        return self.sources.get(name, (name,))


def uses_of(ops: Iterable[Op], constants: Mapping[str, Tensor], sure: Collection[str] = ()) -> Uses:
    """What operators, in topological order, do with constants.

    Of those that are ``sure`` it is enough that operators compute with them. They are kept in the
    order of the operators: a set would spread them over memory, and all that goes through them.
    """
    uses: dict[str, list[Use]] = {}
    sources: dict[str, tuple[str, ...]] = {}
    whole: set[str] = set()
    tables: dict[str, str] = {}
    seen: list[str] = []
    is_sure = sure.__contains__
    for op in ops:
        kind, _, inputs, *_ = op
        if kind not in _SPECIAL and inputs:
            first, data = inputs[0], inputs[1:]
            moving = first and first not in constants and first not in sources
            if moving and all(map(is_sure, data)):
                seen += data
                continue
        if kind == "Constant":
            continue
        if kind == "DequantizeLinear" and inputs and inputs[0] in tables:
            whole.add(tables[inputs[0]])
        known = [name in constants or name in sources for name in inputs]
        asked = kind in ("Shape", "Size")
        if inputs and not asked and True not in known:
            continue
        computed = asked or known.count(True) + inputs.count("") == len(inputs)
        steering, quantised = _STEERING.get(kind, _NONE), _WHOLE.get(kind, _NONE)
        leaves: dict[str, None] = {}
        for slot, name in enumerate(inputs):
            if not known[slot] or slot in steering:
                continue
            for leaf in sources.get(name, (name,)):
                if slot in quantised:
                    whole.add(leaf)
                if computed:
                    leaves[leaf] = None
                elif leaf in uses:
                    uses[leaf].append(Use(op, slot))
                else:
                    uses[leaf] = [Use(op, slot)]
        if computed:
            sources.update(dict.fromkeys(op.outputs, () if asked else tuple(leaves)))
        elif kind == "Gather" and inputs[0] in constants and op.outputs:
            tables[op.outputs[0]] = inputs[0]
    return Uses(uses, sources, frozenset(whole), seen)
