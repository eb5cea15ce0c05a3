"""A rule: what several operators mean together, with an example and a look-alike of each.

Examples are graphs of operators in a few lines of text::

    x: 1 8 6 6                        the input and its shape; `learned` behind it: of PyTorch
    w: 8 8 3 3                        a weight
    a = Conv x w pads=(1,1,1,1)       an operator, what it takes and its attributes
    b, c = Split a axis=1
    y = Mul b 0.5                     numbers, [lists] of them and <weights> stand where they are

What the last line gives is what the model gives, or what a line ``out`` names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.fold.state import Fold
from archviz.importers.graphs import Op, OpGraph, Tensor

Handler: TypeAlias = Callable[[Fold, Op], bool]
"""Folds an operator; whether it could."""
_TOKEN = re.compile(r"\S*\([^)]*\)|\[[^]]*\]|<[^>]*>|\S+")


class Example(NamedTuple):
    """Operators, and the layers that they come to, with their badges: ``conv batch-norm``."""

    text: str
    layers: tuple[str, ...]


class Rule(NamedTuple):
    """What several operators mean together.

    ``at`` are the operators that may end what ``match`` looks for. A rule without has its place
    in what makes or finishes a layer.
    """

    name: str
    before: str
    """A drawing of the operators."""
    after: str
    """The layer that they are, or the badge of one."""
    why: str
    """How it is told from what looks like it, or what is done with it: a sentence of the manual."""
    fires: Example
    apart: Example
    """A look-alike, which stays as it is."""
    but: str
    """What the look-alike is."""
    at: tuple[str, ...] = ()
    match: Handler | None = None


def forked(start: str, *ways: str, end: str) -> str:
    """The drawing of a value that goes several ways, which meet again."""
    width = max(map(len, ways))
    bodies = [(f"─ {way} " if way else "").ljust(width + 4, "─") for way in ways]
    left = ["┬", *"├" * (len(ways) - 2), "└"]
    right = ["┬", *"┤" * (len(ways) - 2), "┘"]
    heads = [f"{start} ─", *[" " * (len(start) + 2)] * (len(ways) - 1)]
    rows = ["".join(row) for row in zip(heads, left, bodies, right, strict=True)]
    return "\n".join([f"{rows[0]}─ {end}", *rows[1:]])


def regrouped(shape: str, parts: str, order: str, end: str) -> str:
    """The text of an example: a reshape, a transposition and another reshape."""
    return f"""
    x: {shape}
    a = Reshape x [{parts}]
    b = Transpose a perm=({order})
    y = Reshape b [{end}]
    """


def read_example(text: str) -> OpGraph:
    """The graph of operators that the text of an example says."""
    constants: dict[str, Tensor] = {}
    shapes: dict[str, tuple[int | None, ...]] = {}
    inputs: list[str] = []
    outputs: list[str] = []
    ops: list[Op] = []
    learned = False
    for line in filter(None, map(str.strip, text.splitlines())):
        given, sign, rest = line.partition(" = ")
        words = _TOKEN.findall(rest or line)
        if words[0] == "out":
            outputs = words[1:]
        elif sign:
            operands = [_operand(word, constants) for word in words[1:] if "=" not in word]
            stated = [word.partition("=") for word in words[1:] if "=" in word]
            attributes = {key: ast.literal_eval(value) for key, _, value in stated}
            names = tuple(given.split(", "))
            ops.append(Op(words[0], f"{len(ops)}", tuple(operands), names, attributes))
        else:
            name, sides = words[0].removesuffix(":"), [word for word in words[1:] if word.isdigit()]
            shape = tuple(map(int, sides))
            learned = learned or words[-1] == "learned"
            if name[0] == "w":
                constants[name] = Tensor(shape)
            else:
                inputs.append(name)
                shapes[name] = shape
    ends = tuple(outputs or ops[-1].outputs[:1])
    return OpGraph("example", tuple(inputs), ends, tuple(ops), shapes, constants, learned=learned)


def _operand(word: str, constants: dict[str, Tensor]) -> str:
    """The name of a value or a constant, which is made where the word is one."""
    if word[0].isalpha() or word == "_":
        return word.removeprefix("_")
    name = f"#{len(constants)}"
    if word[0] == "<":
        constants[name] = Tensor(tuple(map(int, word[1:-1].split())))
        return name
    value: Any = ast.literal_eval(word.replace(" ", ",") if word[0] == "[" else word)
    numbers = tuple(value) if isinstance(value, list) else (value,)
    dims = (len(numbers),) if isinstance(value, list) else ()
    constants[name] = Tensor(dims, numbers, isinstance(numbers[0], float), weight=False)
    return name
