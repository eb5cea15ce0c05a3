"""Sums and products of Keras, as steps of what may turn out to be an activation."""

from __future__ import annotations

from archviz.importers.fold.arithmetic import merge
from archviz.importers.fold.keras_values import CALL, call_of
from archviz.importers.fold.pipeline import HANDLERS
from archviz.importers.fold.rules.rule import Handler
from archviz.importers.fold.state import Fold
from archviz.importers.graphs import Op, Tensor

STEPS = {
    "add": "Add", "multiply": "Mul", "subtract": "Sub", "divide": "Div", "maximum": "Max",
    "minimum": "Min",
}  # fmt: skip
"""Operators of ONNX that are the same steps."""


def merges(kind: str) -> Handler:
    """Handler of Add and Multiply; of one value it is nothing."""

    def handler(fold: Fold, op: Op) -> bool:
        if any(name not in fold.values for name in op.inputs):
            return False
        values = [fold.values[name] for name in op.inputs]
        call = call_of(op)
        if call.arguments or (call.weights is not None and call.weights.total):
            return step(kind)(fold, op)
        if len(values) == 1:
            fold.alias(op, values[0])
            return True
        curved = any(value.draft.base is not None for value in values)
        if curved and len(values) == 2 and step(kind)(fold, op):
            return True
        return merge(fold, op, kind, values)

    return handler


def step(kind: str) -> Handler:
    """Handler of a sum, a difference, a product or a quotient with a number, or of two values."""

    def handler(fold: Fold, op: Op) -> bool:
        call = call_of(op)
        held = call.weights
        if kind not in STEPS or (held is not None and held.total):
            return False
        names, rest = [], iter(op.inputs)
        for place, argument in enumerate(call.arguments or (None,) * len(op.inputs)):
            if argument is None:
                names.append(next(rest, ""))
            elif type(argument) in (int, float):
                names.append(f"{op.outputs[0]}/{place}")
                fold.constants[names[-1]] = Tensor((), (float(argument),), True, weight=False)
            else:
                return False
        if len(names) != 2 or "" in names:
            return False
        plain = {key: value for key, value in op.attributes.items() if key == CALL}
        pseudo = op._replace(kind=STEPS[kind], inputs=tuple(names), attributes=plain)
        return HANDLERS[STEPS[kind]](fold, pseudo)

    return handler
