"""A mixture of experts: the layer of that kind where it says all, else a box of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archviz.importers.fold.named import named
from archviz.importers.fold.state import Fold, product

if TYPE_CHECKING:
    from archviz.importers.graphs import Op
    from archviz.network.model import Shape

LABEL = "mixture of experts"


def mixture(fold: Fold, op: Op) -> bool:
    """The router and all experts have weights; multiply-adds are those that ran."""
    value = fold.value(op)
    if value is None or value.axes is None or value.axes[-1] != len(value.draft.shape) - 1:
        return False
    shape = value.draft.shape
    made = named(fold, op, LABEL, [value.draft], shape)
    fold.weigh(made, *op.inputs[1:])
    made.macs = op.attributes["macs"] // fold.batch
    options = _plain(op, shape, made.parameters, made.macs)
    if options and "shared" not in made.options:
        made.kind, made.named, made.options = "mixture-of-experts", False, options
    fold.give(op, made, value.axes)
    return True


def _plain(op: Op, shape: Shape, weights: int, macs: int) -> dict[str, Any]:
    """The options of the kind, where weights and multiply-adds are those that it has."""
    given = op.attributes
    experts, active, inner = given["experts"], given["active"], given["inner"]
    if not given["activation"]:
        return {}
    for into in (1, 2):
        for bias in (0, 1):
            own = (into + 1) * shape[-1] * inner + bias * (into * inner + shape[-1])
            products = product(shape) * (inner * (into + 1) * active + experts)
            if (weights, macs) == (experts * (own + shape[-1]), products):
                return {
                    "count": experts,
                    "filters": inner,
                    "active": active,
                    "activation": given["activation"],
                    **({"gated": True} if into == 2 else {}),
                    **({} if bias else {"bias": False}),
                }
    return {}
