"""What folding carries along: cells, which become layers, and values, which point to them.

A cell has its shape in our order, (height, width, channels). A value of the file is a cell
seen with its axes in another order; a transposition changes the view and makes no layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from math import prod
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.graphs import Op, OpGraph, Tensor, module_path
from archviz.network.kinds import KINDS
from archviz.network.model import Shape

BATCH, ONE = -1, -2
"""Axes of a value that are no axes of the cell: the batch, and further sides of 1."""

Axes: TypeAlias = tuple[int, ...]
NCHW: Axes = (BATCH, 2, 0, 1)
NHWC: Axes = (BATCH, 0, 1, 2)
VECTOR: Axes = (BATCH, 0)


class Cell:
    """A layer in the making; a kind that starts with ``~`` waits for what follows."""

    __slots__ = (
        "base",
        "extra",
        "fixed",
        "free",
        "inputs",
        "kind",
        "lent",
        "macs",
        "name",
        "op",
        "options",
        "parameters",
        "path",
        "refs",
        "shape",
    )

    def __init__(
        self, kind: str, op: Op, inputs: list[Cell], shape: Shape, options: dict[str, Any]
    ) -> None:
        self.kind = kind
        self.op = op
        self.name = op.name
        self.path = op.path
        self.inputs = inputs
        self.shape = shape
        self.options = options
        self.refs = 0
        """How many operators still use what the cell gives."""
        self.parameters = 0
        self.lent = 0
        """How many of them are those of an earlier layer."""
        self.fixed = 0
        self.macs = 0
        self.free = False
        """Whether its shape has not been put in our order for good."""
        self.base: Cell | None = None
        self.extra: Any = None

    @property
    def scope(self) -> tuple[str, ...]:
        """The module path, outermost first."""
        return module_path(self.path)


class Value(NamedTuple):
    """A cell and the order of its axes in the file; ``dims`` where there is no such order."""

    cell: Cell
    axes: Axes | None
    dims: tuple[int, ...] = ()


class Plan(NamedTuple):
    """A layer of weights on a map, as the next equal one will have it."""

    kind: str
    options: Mapping[str, Any]
    shape: Shape
    weights: int
    macs: int


def product(sides: Iterable[int]) -> int:
    """All sides multiplied."""
    size = 1
    for side in sides:
        size *= side
    return size


def solid(dims: Sequence[int]) -> list[int]:
    """The sides that are not 1."""
    return [side for side in dims if side != 1]


class Fold:
    """The state of folding one model."""

    def __init__(self, graph: OpGraph, path: str) -> None:
        self.graph = graph
        self.path = path
        self.constants: dict[str, Tensor] = dict(graph.constants)
        self.values: dict[str, Value] = {}
        self.cells: list[Cell] = []
        self.batch = 1
        self.plans: dict[tuple[Any, ...], Plan] = {}
        """What equal convolutions on equal maps come to."""
        self.sequences: dict[Cell, Cell] = {}
        self.seen_weights: dict[str, Cell] = {}
        self.weighed: dict[str, Cell] = {}
        """The cells that count constants as their weights, by the names of these."""
        self.merged = 0
        """Weights that layers count, and an exporter has merged with others."""
        self.origins: dict[str, str] = {}
        """Of what was computed from one weight alone, such as rows of a table: that weight."""
        taken = [op.inputs for op in graph.ops if op.kind not in ("Shape", "Size")]
        self.uses: dict[str, int] = Counter(chain(graph.outputs, chain.from_iterable(taken)))
        """How many operators take a value, and how many outputs it is."""
        self.reused = {name for name, count in self.uses.items() if count > 1}

    # ---- making cells ----------------------------------------------------------------------

    def cell(self, kind: str, op: Op, inputs: list[Cell], shape: Shape, /, **options: Any) -> Cell:
        """A new cell behind all others."""
        cell = Cell(kind, op, inputs, shape or (1,), options)
        self.cells.append(cell)
        return cell

    def give(self, op: Op, cell: Cell, axes: Axes | None, dims: tuple[int, ...] = ()) -> None:
        """Let the first output of an operator be what a new cell, or a grown one, gives."""
        name = op.outputs[0]
        cell.refs = self.uses.get(name, 0)
        self.values[name] = Value(cell, axes, dims)

    def keep(self, op: Op, value: Value) -> None:
        """Let the first output of an operator be an old value, whose cell has grown."""
        name = op.outputs[0]
        value.cell.refs = self.uses.get(name, 0)
        self.values[name] = value if value.axes is not None else Value(value.cell, None)

    def alias(self, op: Op, value: Value) -> None:
        """Let the first output of an operator be an old value in another view."""
        name = op.outputs[0]
        value.cell.refs += self.uses.get(name, 0) - 1
        self.values[name] = value

    def between(self, kind: str, op: Op, cell: Cell, shape: Shape, /, **options: Any) -> Cell:
        """A cell that the file does not have, before the cell of ``op``."""
        made = self.cell(kind, op, [cell], shape, **options)
        made.name = ""
        made.refs = 1
        return made

    def sequence(self, op: Op, value: Value) -> Value:
        """A map of height 1, seen without its height, as a sequence; others as they are."""
        cell, axes, _ = value
        if axes is None or len(cell.shape) != 3 or cell.shape[0] != 1 or 0 in axes:
            return value
        made = self.sequences.get(cell)
        if made is None:
            made = self.between("reshape", op, cell, cell.shape[1:])
            made.options["shape"] = made.shape
            made.refs = cell.refs
            self.sequences[cell] = made
        return Value(made, tuple(axis - 1 if axis > 0 else axis for axis in axes))

    def weigh(self, cell: Cell, *names: str, whole: bool = False) -> None:
        """Count constants as weights of a cell, each where it is used first.

        ``whole``: of what was picked from a table, all of the table.
        """
        constants, reused, origins = self.constants, self.reused, self.origins
        for name in names:
            tensor = constants.get(name)
            if tensor is None:
                continue
            self.weighed[name] = cell
            origin = origins.get(name) if origins else None
            if origin and (whole or constants[origin].size == tensor.size):
                name, tensor = origin, constants[origin]
            size = prod(tensor.shape)
            cell.parameters += size
            if name in reused or origins:
                first = self.seen_weights.setdefault(name, cell)
                if first is not cell and size > 1:
                    cell.options.setdefault("shared", True)
                    cell.lent += size

    def weigh_known(self, cell: Cell, names: Sequence[str], size: int) -> None:
        """Count constants that are known to have so many elements each."""
        if self.origins or not self.reused.isdisjoint(names):
            self.weigh(cell, *names)
        else:
            self.weighed.update(dict.fromkeys(names, cell))
            cell.parameters += size * len(names)

    # ---- looking ---------------------------------------------------------------------------

    def value(self, op: Op, index: int = 0) -> Value | None:
        """An input of an operator, None where it is a constant or missing."""
        return self.values.get(op.inputs[index]) if index < len(op.inputs) else None

    def constant(self, op: Op, index: int) -> Tensor | None:
        """A constant input of an operator, None where it is none."""
        return self.constants.get(op.inputs[index]) if index < len(op.inputs) else None

    def dims(self, value: Value) -> tuple[int, ...]:
        """The shape of a value in the file's order, with the batch."""
        cell, axes, dims = value
        if axes is None:
            return dims
        shape = cell.shape
        return tuple(shape[a] if a >= 0 else self.batch if a == BATCH else 1 for a in axes)

    def alike(self, one: Axes | None, two: Axes | None) -> bool:
        """Whether two orders of axes are the same; a batch of 1 is like any side of 1."""
        if one == two or self.batch > 1 or one is None or two is None:
            return one == two
        if len(one) != len(two):
            return False
        return all(a == b or (a < 0 and b < 0) for a, b in zip(one, two, strict=True))

    def known(self, name: str) -> tuple[int, ...] | None:
        """The shape that the file states for a value, where it states all of it."""
        stated = self.graph.shapes.get(name)
        if stated is None:
            return None
        dims = tuple(side or 0 for side in stated)
        if dims and not dims[0]:
            dims = (self.batch, *dims[1:])
        return dims if all(dims) else None


def takes(cell: Cell, option: str) -> bool:
    """Whether a kind of layer accepts an option."""
    kind = KINDS.get(cell.kind)
    return kind is not None and option in kind.options


def numbers(tensor: Tensor | None) -> tuple[int, ...] | None:
    """The values of a small constant as whole numbers."""
    if tensor is None or tensor.values is None:
        return None
    if any(value != value or abs(value) == float("inf") for value in tensor.values):
        return None
    return tuple(int(value) for value in tensor.values)


def scalar(tensor: Tensor | None) -> float | None:
    """The value of a constant with one element."""
    if tensor is None or tensor.values is None or len(tensor.values) != 1:
        return None
    return float(tensor.values[0])


def axes_list(fold: Fold, op: Op, index: int = 1, key: str = "axes") -> tuple[int, ...] | None:
    """Axes as an attribute, or as a constant input in newer operator sets."""
    found = op.attributes.get(key)
    if found is None and index < len(op.inputs):
        found = numbers(fold.constant(op, index))
    if isinstance(found, int):
        return (found,)
    return found if isinstance(found, tuple) else None
