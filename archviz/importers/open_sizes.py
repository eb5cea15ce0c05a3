"""Sources whose inputs have open sides: at which sizes to read them, and one spec for all.

A source is read at several sizes, as :mod:`archviz.network.telling` says, and what differs
between the specs that come of that is written as it depends on the names of the sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archviz.importers.graphs import Op
from archviz.importers.sizes import RECURRENT
from archviz.language.expression import is_name
from archviz.language.open_names import NOT_NAMES
from archviz.language.options import MAX_SIDES, OPTIONS
from archviz.network.telling import (
    MAX_NAMES,
    Sizes,
    Telling,
    Terms,
    UntoldError,
    shown,
    trial_sizes,
)

if TYPE_CHECKING:
    from archviz.importers.graphs import LayerGraph, OpGraph, Tensor
    from archviz.importers.sizes import OpenSizesError
    from archviz.network.model import Shape

MAP_BASES = (32, 192, 960, 16, 8, 4, 2, 1)
SMALL_BASES = (32,)
"""Of maps whose tables are only known where they are small: tried with small multiples."""
SMALL = (2, 3, 5, 7, 11, 13, 9, 8)
ROW_BASES = (16, 4, 1, 64, 192, 960)
"""What sizes are multiples of: those of maps divide by strides, those of rows fit short tables."""
FEW = 2
HEIGHTS = (48, 32, 64)
"""Of lines of text, of which a network reads those of one height."""
LARGE = 20_000
"""Operators from which on few sizes are tried."""
MOST_SIDES = 5
"""Sides that are stated further behind, and tried."""
FAR = 960
"""What large sizes are multiples of, at which a spec has to hold, too."""
LONGEST = 2**14
"""Sides that are tried, where a layer asks for a certain one."""
_USUAL = (224, 256, 512, 128, 64, 32, 299, 227, 28)
_RENAMED = {"height": "H", "width": "W", "depth": "D", "length": "N", "channels": "C"}
_MADE_UP = re.compile(r"(?:unk_*|s|u|dim_*|dynamic_?axes?_?)\d+|.*_dim_\d+|None|x|X|dynamic.*")
"""Names of sides that an exporter numbers."""
_GAP = re.compile(r"is ([\d?×]+), the layers give ([\d?×]+)")
_BY_SIDES = {1: ("N",), 2: ("H", "W"), 3: ("D", "H", "W")}


class Plan(NamedTuple):
    """The inputs of a source, open sides by their names, and what their sizes are multiples of."""

    inputs: Mapping[str, tuple[int | str, ...]]
    names: tuple[str, ...]
    bases: tuple[int, ...]

    def at(self, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
        """The size of each input, for sizes by names."""
        return {
            name: tuple([sizes[side] if isinstance(side, str) else side for side in dims])
            for name, dims in self.inputs.items()
        }

    def trials(self) -> Iterator[Sizes]:
        """The sizes that are tried, each time some of which specs can be told."""
        small = len(self.names) * 4 <= len(SMALL) and self.bases[0] in SMALL_BASES
        for base in self.bases:
            yield trial_sizes(self.names, base)
            if base == FAR and small:
                yield from (trial_sizes(self.names, one, SMALL) for one in SMALL_BASES)

    def at_one(self, name: str, size: int) -> Plan:
        """One open side at a size, the others open; few sizes are tried then."""
        inputs = {
            one: tuple([size if side == name else side for side in dims])
            for one, dims in self.inputs.items()
        }
        names = tuple([one for one in self.names if one != name])
        return Plan(inputs, names, self.bases[:FEW])

    def tied(self) -> Plan:
        """All open sides of one size."""
        return self.named(dict.fromkeys(self.names, self.names[0]))

    def alike(self) -> Plan:
        """Open sides that several inputs have at the same axes, of one size each."""
        return self.named({name: name.rstrip("0123456789") for name in self.names})

    def named(self, names: Mapping[str, str]) -> Plan:
        """The same with other names."""
        inputs = {
            one: tuple([names[side] if isinstance(side, str) else side for side in dims])
            for one, dims in self.inputs.items()
        }
        return Plan(inputs, tuple(dict.fromkeys(names.values())), self.bases)


# ---- what the source says ----------------------------------------------------------------------


def plans(refused: OpenSizesError) -> tuple[tuple[Plan, ...], tuple[Plan, ...]]:
    """What may be open: all sides on their own, or as the inputs have them; else all alike."""
    plan = _planned(refused)
    if plan is None or len(plan.names) > MAX_NAMES:
        return (), ()
    alike = plan.alike()
    free = (plan, alike) if 1 < len(alike.names) < len(plan.names) else (plan,)
    return free, (plan.tied(),) if len(plan.names) > 1 else ()


def _planned(refused: OpenSizesError) -> Plan | None:
    """The sides of all inputs; None where the source does not even say how many there are."""
    graph, users = refused.graph, refused.users
    stated = {name: graph.shapes.get(name, _rank(users.get(name), graph)) for name in graph.inputs}
    taken: dict[tuple[str, str, int], str] = {}
    inputs: dict[str, tuple[int | str, ...]] = {}
    for name, dims in stated.items():
        if dims is None:
            return None
        words = _words(graph, name)
        fixed = _fixed(users.get(name), name, graph, len(dims))
        known = {refused.batches[name]: 1} | fixed
        own = [axis for axis, side in enumerate(dims) if side is None and axis not in known]
        usual = _BY_SIDES.get(len(own), tuple([f"N{place + 1}" for place in range(len(own))]))
        sides: dict[int, int | str] = dict(known)
        for place, axis in enumerate(own):
            key = ("", words[axis], 0) if words[axis] else (name, "", axis)
            if key not in taken:
                taken[key] = _unused(_named(words[axis]) or usual[place], set(taken.values()))
            sides[axis] = taken[key]
        inputs[name] = tuple([side or sides[axis] for axis, side in enumerate(dims)])
    maps = any("Conv" in op.kind or "Pool" in op.kind for op in users.values())
    bases = MAP_BASES if maps else ROW_BASES
    return Plan(inputs, tuple(taken.values()), bases[: FEW if len(graph.ops) > LARGE else None])


def _rank(user: Op | None, graph: OpGraph) -> tuple[int | None, ...] | None:
    """The open sides of an input of which not even their number is stated, by its first layer."""
    weight = graph.constants.get(user.inputs[1]) if user and len(user.inputs) > 1 else None
    known = user and weight and user.kind in ("Conv", "Gemm")
    return (None,) * len(weight.shape) if known and weight else None


def _words(graph: OpGraph, name: str) -> tuple[str, ...]:
    return graph.sides.get(name) or ("",) * MAX_SIDES


def _fixed(user: Op | None, name: str, graph: OpGraph, rank: int) -> dict[int, int]:
    """Sides that the weights of the first layer fix: its channels."""
    weight = graph.constants.get(user.inputs[1]) if user and len(user.inputs) > 1 else None
    if user is None or weight is None or not user.inputs or user.inputs[0] != name:
        return {}
    shape = weight.shape
    if user.kind == "Conv" and len(shape) == rank:
        return {1: shape[1] * int(user.attributes.get("group", 1))}
    if user.kind in ("MatMul", "Gemm") and len(shape) == 2:
        return {rank - 1: shape[1 if user.attributes.get("transB") else 0]}
    if user.kind in RECURRENT and len(shape) == 3:
        return {rank - 1: shape[2]}
    return {}


def _named(word: str) -> str:
    """A name that a spec can have for what a source calls ``word``; '' where there is none."""
    word = _RENAMED.get(word.lower(), word)
    good = is_name(word) and not _MADE_UP.fullmatch(word) and "x" not in word
    taken = word in NOT_NAMES or word in OPTIONS  # parameters of modules are called like options
    return word if good and not taken and len(word) <= 20 else ""


def _unused(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found


# ---- sizes that the layers fix -------------------------------------------------------------------


def asked_for(layers: LayerGraph, graph: OpGraph, likely: bool = False) -> tuple[int, int] | None:
    """How many values the first operator gets that do not fit it, and how many it takes.

    ``likely``: also of operators that may fit, if another axis or the batch is meant.
    """
    asking = {name: op for op in graph.ops if op.kind in _ASKING for name in (op.name, *op.outputs)}
    shapes = {node.id: node.shape for node in layers.nodes}
    for node in layers.nodes:
        op = asking.get(node.id)
        named = op.inputs[op.kind in _PRODUCTS :] if op else ()
        held = [graph.constants[name] for name in named if name in graph.constants]
        if op is None or not held or not node.inputs:
            continue
        given = shapes[node.inputs[0]]
        sure = likely or op.kind not in _PRODUCTS
        found = _ASKING[op.kind](op, given, held[0]) if sure else None
        if found is None and likely and op.kind == "Reshape":
            found = _of_view(op, given, held[0], batch=-1)
        if found and found[0] != found[1]:
            return found
    return None


def is_beyond(size: int, graph: OpGraph) -> bool:
    """Whether a table is shorter than a size, of which so many rows are taken as come in."""
    cuts = (op for op in graph.ops if op.kind == "Slice" and len(op.inputs) > 2)
    return any(
        cut.inputs[0] in graph.constants
        and cut.inputs[2] not in graph.constants
        and size > max(graph.constants[cut.inputs[0]].shape[:2], default=size)
        for cut in cuts
    )


def _sides_of(table: Tensor) -> Shape:
    """The sides of a table, without those of 1 before them."""
    sides = table.shape
    while sides[:1] == (1,):
        sides = sides[1:]
    return sides


def _of_product(op: Op, given: Shape, weight: Tensor) -> tuple[int, int] | None:
    """Features that a matrix gets, and takes."""
    if len(weight.shape) != 2 or not given:
        return None
    return given[-1], weight.shape[1 if op.attributes.get("transB") else 0]


def _of_view(op: Op, given: Shape, target: Tensor, batch: int = 0) -> tuple[int, int] | None:
    """Values that come into a view, and that it has, where it says so of all sides."""
    sides = [int(side) for side in target.values or ()]
    if sides[:1] == [batch]:
        sides = sides[1:]
    return (prod(given), prod(sides)) if sides and min(sides) > 0 else None


def _of_table(op: Op, given: Shape, table: Tensor) -> tuple[int, int] | None:
    """Values that a table is added to, and its own, where none of its sides is spread out."""
    sides = _sides_of(table)
    if not 1 < len(sides) == len(given) or 1 in sides:
        return None
    if given in (sides, (*sides[1:], sides[0])):  # the file may have the channels first
        return prod(given), prod(given)
    same = prod(given) == prod(sides)
    return prod(given) - same, prod(sides)


_ASKING: Mapping[str, Callable[[Op, Shape, Tensor], tuple[int, int] | None]] = {
    "Gemm": _of_product,
    "MatMul": _of_product,
    **dict.fromkeys(("Add", "Sub", "Mul"), _of_table),
    "Reshape": _of_view,
}
_PRODUCTS = ("Gemm", "MatMul")


def fitting(values: Callable[[int], tuple[int, int] | None], start: int) -> range:
    """The sizes of one open side at which a product gets what it takes, if there are any.

    ``values`` gives how many it gets and takes at a size, None where all is well.
    """

    def order(size: int) -> int:
        found = values(size)
        return 0 if found is None else found[0] - found[1]

    low, high = 1, start
    while order(high) < 0 and high < LONGEST:
        low, high = high, 2 * high
    first = _least(low, high, lambda size: order(size) >= 0)
    if order(first):
        return range(0)
    return range(first, _least(first, 2 * first + 64, lambda size: order(size) > 0))


def _least(low: int, high: int, right: Callable[[int], bool]) -> int:
    """The least number that is right, of those behind which all are."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if right(middle) else (middle + 1, high)
    return low


def usual_size(sizes: range) -> int:
    """Of sizes that all fit, the one that people take: a usual one, or the roundest."""
    for size in _USUAL:
        if size in sizes:
            return size
    return max(sizes, key=lambda size: (size & -size, -size))


def stated_sides(graph: OpGraph, gaps: Sequence[str]) -> list[int]:
    """Numbers in the shapes of outputs, and in those that others have: an open side may be one.

    ``gaps`` are sentences on shapes that the source states and the layers do not give.
    """
    found = []
    for stated, given in _GAP.findall(" ".join(gaps)):
        pairs = zip(stated.split("×"), given.split("×"), strict=False)
        found += [int(one) for one, other in pairs if one.isdigit() and one != other]
    found += [side for name in graph.outputs for side in graph.shapes.get(name) or () if side]
    return list(dict.fromkeys(found))[:MOST_SIDES]


def table_sides(graph: OpGraph) -> list[int]:
    """Numbers in the shapes of tables that are added: open sides may be some of them."""
    adding = (op for op in graph.ops if _ASKING.get(op.kind) is _of_table)
    names = (name for op in adding for name in op.inputs if name in graph.constants)
    shapes = (graph.constants[name].shape for name in names)
    found = (side for shape in shapes if len(shape) > 1 for side in shape if side > 1)
    return list(dict.fromkeys(found))[:MOST_SIDES]


# ---- one spec for all sizes ----------------------------------------------------------------------


class Writing(Telling):
    """Brings specs together, in their own language."""

    digits = re.compile(r"\d+(?:x\d+)+|\d+(?:\.\d+)?")

    def numbers(self, values: Sequence[str]) -> str:
        """See :meth:`Telling.numbers`; shapes side by side."""
        sides = [value.split("x") for value in values]
        if any(len(one) != len(sides[0]) for one in sides):
            raise UntoldError
        told = list(map(super().numbers, zip(*sides, strict=True)))
        plain = all(len(word) < 2 for side in told for word in re.findall("[A-Za-z_]+", side))
        return ("x" if plain else "×").join(told)

    def shown(self, terms: Terms) -> str:
        """See :meth:`Telling.shown`."""
        return shown(terms, "*", "-")


def one_spec(texts: Sequence[str], sizes: Sizes) -> str:
    """The spec of which those at all sizes are cases; '' where there is none.

    ``texts`` are those at ``sizes``.
    """
    try:
        lines = zip(*(text.split("\n") for text in texts), strict=True)
        writing = Writing(sizes)
        found = "\n".join([writing.text(line) for line in lines])
    except (UntoldError, ValueError):
        return ""
    return "" if "?" in writing.told.values() else found


def example(plan: Plan) -> dict[str, int]:
    """Sizes for an example, where a source can be read at some only."""
    usual = {"H": 224, "W": 224, "D": 16}
    return {name: usual.get(name.rstrip("0123456789"), 64) for name in plan.names}


def size_text(size: Sequence[int]) -> str:
    """``1×3×224×224``."""
    return "×".join(map(str, size))
