"""Functions of an ONNX model's own: where operators call them, what is in them stands instead.

What is in a function is a module of the figure, with the function's name; where it is called
several times, its weights are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archviz.errors import fail
from archviz.importers.graphs import Op, Tensor
from archviz.importers.read.onnx_attributes import AttributeOf, Body, constant_of

MOST_OPS = 100_000
"""Operators that a model's functions may come to, with all their calls."""
DEEPEST = 32
"""Functions in functions that are opened."""
UNNAMED = ("pkg.onnxscript", "com.microsoft", "ai.onnx")
"""Domains whose functions stand for single operators: no modules of a model's code."""

Bodies = list[tuple[str, str, Body]]
"""Graphs in operators, with the names of these and the first values that they give."""


class Function(NamedTuple):
    """A function: what goes in and out, what attributes are without a word, and its operators."""

    inputs: Sequence[str]
    outputs: Sequence[str]
    defaults: Mapping[str, Any]
    ops: Sequence[Op]
    constants: Mapping[str, Tensor]
    bodies: Bodies


class Opened:
    """A model's operators with those of its functions in place of calls."""

    def __init__(self, functions: Mapping[str, Function], path: str) -> None:
        self.functions = functions
        self.path = path
        self.ops: list[Op] = []
        self.constants: dict[str, Tensor] = {}
        """Those that functions have in them."""
        self.bodies: Bodies = []
        self.classes: dict[str, str] = {}
        """The names of functions, by the paths of what is in them."""
        self.called: set[str] = set()
        self.names: dict[str, int] = {}
        self.steps = 0
        """Operators and calls in functions, so far."""
        self.inside: list[str] = []
        """The functions that are being opened."""

    def add(self, op: Op) -> None:
        """An operator, or what is in the function that it calls."""
        function = self.functions.get(op.kind)
        deep = op.kind in self.inside or len(self.inside) >= DEEPEST
        self.steps += bool(self.inside)
        if self.steps > MOST_OPS:
            what = f"calls functions that come to more than {MOST_OPS:,} operators"
            raise fail(self.path, what, "export it with its functions inlined")
        if function is None or deep:
            self.ops.append(op)
            return
        self.inside.append(op.kind)
        self.open(op, function)
        self.called.add(op.kind)
        self.inside.pop()

    def open(self, op: Op, function: Function) -> None:
        """What is in a function, with the values of a call."""
        domain, _, word = op.kind.rpartition(".")
        own = self.unused(op.name or word)
        named = not domain.startswith(UNNAMED)
        path = (*op.scope, own.replace("/", "_")) if named else op.scope
        if named:
            self.classes[".".join(path)] = word
        names = {"": ""}
        names |= dict.fromkeys(function.inputs, "")
        names |= dict(zip(function.inputs, op.inputs, strict=False))
        given = dict(zip(function.outputs, op.outputs, strict=False))
        known = {**function.defaults, **op.attributes}
        for name, tensor in function.constants.items():
            names[name] = f"{op.kind}/{name}"
            self.constants[names[name]] = tensor
        again = op.kind in self.called  # then they have no weights that have not counted
        bodies = {first: (owner, body) for owner, first, body in function.bodies if not again}
        for inner in function.ops:
            for value in inner.outputs:
                names[value] = given.get(value) or f"{own}/{value}" if value else ""
            self.inner(inner, names, known, path, bodies)
        for value, outer in given.items():
            source = names.get(value)
            if outer and source and source != outer:  # an input, or a constant, as it is
                self.add(Op("Identity", own, (source,), (outer,), path=path))

    def inner(
        self,
        op: Op,
        names: Mapping[str, str],
        known: Mapping[str, Any],
        path: tuple[str, ...],
        bodies: Mapping[str, tuple[str, Body]],
    ) -> None:
        """An operator of a function, with the names and the attributes of a call."""
        attributes = {
            word: known.get(value.name) if isinstance(value, AttributeOf) else value
            for word, value in op.attributes.items()
        }
        attributes = {word: value for word, value in attributes.items() if value is not None}
        inputs = tuple([names.get(value, value) for value in op.inputs])
        outputs = tuple([names[value] for value in op.outputs])
        made = constant_of(attributes) if op.kind == "Constant" and outputs else None
        if made is not None:
            self.constants[outputs[0]] = made
            return
        first = op.outputs[0] if op.outputs else ""
        if first in bodies:
            owner, body = bodies[first]
            self.bodies.append((owner, outputs[0], body))
        name = f"{path[-1]}/{op.name}" if path and op.name else op.name
        self.add(Op(op.kind, name, inputs, outputs, attributes, path))

    def unused(self, word: str) -> str:
        """A name for a call that no other has."""
        self.names[word] = self.names.get(word, 0) + 1
        return word if self.names[word] == 1 else self.unused(f"{word}-{self.names[word]}")
