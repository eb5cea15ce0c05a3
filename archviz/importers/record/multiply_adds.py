"""The multiply-adds of a recording, counted from its calls alone.

It knows nothing of layers: what those come to is held against it. Where a function multiplies
matrices and nothing here says how many, its name is given instead of a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import prod
from types import SimpleNamespace
from typing import NamedTuple, TypeAlias

from archviz.importers.record import signatures
from archviz.importers.record.operators import bound
from archviz.importers.record.recording import Call, Recording, Ref, refs_in

LOOP = "loop"
"""A call that stands for equal steps, with their multiply-adds."""


class Counted(NamedTuple):
    """What the calls of a recording come to."""

    total: int
    unknown: tuple[str, ...] = ()
    """Functions that multiply matrices, of which nobody knows how many numbers."""
    constant: int = 0
    """Those of calls that take nothing that goes in; they are the same in every run."""


class Shapes:
    """The shapes of the values of a recording."""

    def __init__(self, recording: Recording) -> None:
        self.values = recording.values

    def of(self, value: object) -> tuple[int, ...]:
        """The shape of what a call was given or gave."""
        name = value.name if isinstance(value, Ref) else str(value)
        return self.values[name].shape

    def size(self, value: object) -> int:
        """How many numbers it has."""
        return prod(self.of(value))


Count: TypeAlias = Callable[[Shapes, SimpleNamespace], int]


def _row_by_row(shapes: Shapes, given: SimpleNamespace) -> int:
    """Each result is a sum over the last axis of the first value."""
    return shapes.size(given.out) * shapes.of(given.input)[-1]


def _turned(shapes: Shapes, given: SimpleNamespace) -> int:
    return shapes.size(given.out) * shapes.of(given.other)[-1]


def _and_sum(shapes: Shapes, given: SimpleNamespace) -> int:
    one = shapes.of(given.mat1)
    summed = one[0] * one[-1] if given.call.function == "addbmm" else one[-1]
    return shapes.size(given.out) * summed


def _dot(shapes: Shapes, given: SimpleNamespace) -> int:
    return shapes.size(given.input)


def _einsum(shapes: Shapes, given: SimpleNamespace) -> int:
    """One for each combination of the indices of two values.

    What only one of them has, and the result has not, is summed before; a product of which
    nothing is summed has none.
    """
    terms, arrow, result = given.equation.replace(" ", "").partition("->")
    names = [shapes.of(one) for one in given.operands]
    if len(names) == 1:
        return 0
    (one, two) = names
    first, second = terms.split(",")
    sides: dict[str, int] = {}
    rest: list[int] = []
    for term, dims in ((first, one), (second, two)):
        before, _, behind = term.partition("...")
        sides.update(zip(before, dims, strict=False))
        if behind:
            sides.update(zip(behind, dims[-len(behind) :], strict=True))
        more = dims[len(before) : len(dims) - len(behind)] if "..." in term else ()
        rest = max(rest, list(more), key=lambda some: (prod(some), len(some)))
    kept = set(result) if arrow else {one for one in terms if terms.count(one) == 1}
    summed = {one for one in sides if one in first and one in second and one not in kept}
    if not summed:
        return 0
    return prod(side for one, side in sides.items() if one in kept | summed) * prod(rest)


def _bilinear(shapes: Shapes, given: SimpleNamespace) -> int:
    return shapes.size(given.out) * prod(shapes.of(given.weight)[1:])


def _conv(shapes: Shapes, given: SimpleNamespace) -> int:
    return shapes.size(given.out) * prod(shapes.of(given.weight)[1:])


def _conv_transpose(shapes: Shapes, given: SimpleNamespace) -> int:
    return shapes.size(given.input) * prod(shapes.of(given.weight)[1:])


def _attention(shapes: Shapes, given: SimpleNamespace) -> int:
    """The scores, and the product of their softmax with the values."""
    key, value, out = shapes.of(given.key), shapes.of(given.value), shapes.of(given.out)
    return prod(out[:-1]) * key[-2] * (key[-1] + value[-1])


def _multi_head(shapes: Shapes, given: SimpleNamespace) -> int:
    """The projections, the scores, the values, and the projection behind them."""
    query, keys, values = (shapes.of(one) for one in (given.query, given.key, given.value))
    width = query[-1]
    batch = query[1] if len(query) > 2 else 1
    seen = keys[0] + (given.bias_k is not None) + bool(given.zero_attention)
    projected = width * (2 * prod(query) + prod(keys) + prod(values))
    return projected + 2 * batch * query[0] * seen * width


def _recurrent(shapes: Shapes, given: SimpleNamespace) -> int:
    """All matrices at each step; of a packed sequence, only its steps."""
    args = given.call.args
    weights = refs_in(args[2] if isinstance(args[2], list | tuple) else args[3])  # of packed ones
    steps = prod(shapes.of(given.input)[:-1])
    return steps * sum(shapes.size(one) for one in weights if len(shapes.of(one)) == 2)


def _cell(shapes: Shapes, given: SimpleNamespace) -> int:
    """Both matrices, once for each sequence."""
    rows = prod(shapes.of(given.input)[:-1])
    return rows * (shapes.size(given.inner) + shapes.size(given.outer))


_CELL = "input state outer inner"
_PRODUCT = "input other"
COUNTS: Mapping[str, tuple[str, Count]] = {
    "linear": (signatures.LINEAR, _row_by_row),
    **dict.fromkeys(("matmul", "bmm", "mm", "mv", "grouped_mm"), (_PRODUCT, _row_by_row)),
    "rmatmul": (_PRODUCT, _turned),
    **dict.fromkeys(("addmm", "baddbmm", "addbmm", "addmv"),
                    ("input mat1|batch1|mat mat2|batch2|vec", _and_sum)),
    **dict.fromkeys(("dot", "vdot"), (_PRODUCT, _dot)),
    "inner": (_PRODUCT, _row_by_row),
    "einsum": (signatures.EINSUM, _einsum),
    **{f"conv{n}d": (signatures.CONV, _conv) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": (signatures.TRANSPOSED, _conv_transpose)
       for n in (1, 2, 3)},
    "bilinear": ("input1 input2 weight", _bilinear),
    "deform_conv2d": ("input offset weight", _conv),
    "scaled_dot_product_attention":
        (signatures.ATTENTION, _attention),
    "multi_head_attention_forward":
        (signatures.MULTI_HEAD, _multi_head),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"),
                    (signatures.RECURRENT, _recurrent)),
    **dict.fromkeys(("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), (_CELL, _cell)),
}  # fmt: skip
"""How functions that multiply matrices are called, and what that comes to."""

_LIKE = re.compile(
    r"(^|_)(mm|bmm|mv|dot|tensordot|matmul|linear|bilinear|attention|lstm|gru|rnn)(_|$)|^conv(_|\d|$)"
)


def is_product(call: Call) -> bool:
    """Whether a function multiplies matrices, by its name."""
    return call.function in COUNTS or bool(_LIKE.search(call.function))


def of_call(recording: Recording, call: Call) -> int | None:
    """The multiply-adds of one call; None where nobody knows."""
    if call.function == LOOP:
        macs: int | None = call.kwargs["macs"]
        return macs
    if call.hidden:
        return None
    found = COUNTS.get(call.function)
    if found is None:
        return None if is_product(call) else 0
    try:
        return found[1](Shapes(recording), bound(found[0], call))
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def counted(recording: Recording) -> Counted:
    """What all calls on the way to an output come to."""
    needed = recording.needed()
    moving = set(recording.inputs)
    total = constant = 0
    unknown: dict[str, None] = {}
    for call in recording.calls:
        depends = not moving.isdisjoint(refs_in((call.args, call.kwargs)))
        if depends:
            moving.update(call.outputs)
        if needed.isdisjoint(call.outputs):
            continue
        found = of_call(recording, call)
        if found is None:
            unknown[call.function] = None
        elif depends:
            total += found
        else:
            constant += found
    return Counted(total, tuple(unknown), constant)


def miscounted(products: Counted, drawn: int, batch: int) -> tuple[str, ...]:
    """What is to be said where layers have other multiply-adds than ran; theirs are of one.

    Layers may count those that are the same in every run, or leave them out.
    """
    if drawn * batch in (products.total, products.total + products.constant):
        return ()
    ran = f"{products.total // batch:,}"
    return (f"it ran {ran} multiply-adds, the layers drawn have {drawn:,}",)


def idle_products(products: Counted, drawn: int, batch: int) -> tuple[str, ...]:
    """What is to be said of products that are the same in every run, and that no layer counts."""
    if not products.constant or drawn * batch == products.total + products.constant:
        return ()
    return (f"not counted: {products.constant:,} multiply-adds of weights alone",)
