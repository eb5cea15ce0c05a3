"""The weights in the bodies of ONNX operators, and in functions that these call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archviz.importers.graphs import Op
from archviz.importers.read.onnx_attributes import Body
from archviz.importers.read.onnx_functions import Bodies


def inner_weights(
    ops: Iterable[Op], bodies: Bodies, functions: Mapping[str, Body], called: set[str]
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Sizes of the weights in bodies, and which operators have them by what these give.

    A function has its weights once; they are those of the operator that calls it first. Those
    that are ``called`` are opened, and have none here.
    """
    found: dict[str, int] = {}
    insides: dict[str, list[str]] = {}

    def hold(owner: str, first: str, body: Body) -> None:
        for inner, size in body.weights.items():
            name = f"{owner}/{inner}"
            name = f"{name}#{len(found)}" if name in found else name
            found[name] = size
            insides.setdefault(first, []).append(name)
        for kind in sorted(body.kinds):
            call(kind, first)

    def call(kind: str, first: str) -> None:
        if kind in functions and kind not in called:
            called.add(kind)
            hold(kind, first, functions[kind])

    for owner, first, body in bodies:
        hold(owner, first, body)
    if functions:
        for op in ops:
            call(op.kind, op.outputs[0] if op.outputs else "")
    return found, insides
