"""Encoders with their decoders: which part of a network is a U, and what stands where in it.

Skips inside one another make levels. What makes the map smaller stands on the line down to
a level, what makes it larger again on the line up from it; the rest in the level's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from archviz.network.facts import Facts
from archviz.network.model import (
    PLAIN,
    Layer,
    ModuleCall,
    Named,
    Node,
    Repeat,
    Residual,
    Series,
    Shape,
    Stage,
    Towers,
)

FEWEST = 3
"""Rows of a U; without a change of size on the way down, skips."""
ON_A_LINE = 2
"""The most that stands on one line down or up; more stands in the row."""
FactsOf: TypeAlias = Mapping[str, Facts]


class Wire(NamedTuple):
    """A value that goes straight across, and what the modules at both of its ends call it."""

    name: str
    given: str = ""
    taken: str = ""


class Across(NamedTuple):
    """Values of a level's last box, which go straight across into what takes them.

    ``joined``: that stands in the level above, and reaches down to this one.
    """

    merge: Layer | ModuleCall
    wires: tuple[Wire, ...]
    joined: bool = False


class Rung(NamedTuple):
    """A level: its row before and behind the skip, and the ways down to it and up from it.

    The first has no ways, the last no skip and nothing behind it.
    """

    before: tuple[Node, ...]
    skip: Residual | Across | None = None
    behind: tuple[Node, ...] = ()
    down: tuple[Node, ...] = ()
    up: tuple[Node, ...] = ()


class Out(NamedTuple):
    """What leads from a level to an output: its row, and the way to it from the one before.

    Or an output in which one value of each row comes together. ``tap``: the place in the row
    of what the next one goes on from; -1 for none.
    """

    name: str
    caption: str
    row: tuple[Node, ...]
    way: tuple[Node, ...] = ()
    tap: int = -1


class Ladder(NamedTuple):
    """An encoder with its decoder, the outermost level first.

    A pyramid has rows ``outs``, the first of them one a level, which lead to outputs, or to
    ``merges`` in front of them; ``ends`` is what stands behind the ladder in the network then.
    """

    rungs: tuple[Rung, ...]
    outs: tuple[Out, ...] = ()
    merges: tuple[Out, ...] = ()
    ends: tuple[Node, ...] = ()
    nodes: tuple[Node, ...] = ()
    """What it is of, where values go straight across in it."""


Piece: TypeAlias = Node | Ladder
"""What is drawn of a series, one after another."""


def ladder_of(skip: Residual, facts: FactsOf) -> Ladder | None:
    """The levels of a skip and those inside it; None where they are no U."""
    if not any(isinstance(node, Residual) for node in skip.main.nodes) or _absent(skip, facts):
        return None
    skips = _nested(skip, facts)
    sized = [resizes(one, facts) for one in skips]
    while any(sized) and not sized[-1]:  # a residual block at the bottom
        skips, sized = skips[:-1], sized[:-1]
    if len(skips) < (FEWEST - 1 if any(sized) else FEWEST):
        return None
    rungs = [Rung((), skip)]
    for outer, inner in zip(skips, [*skips[1:], None], strict=True):
        nodes = outer.main.nodes
        at = next((place for place, node in enumerate(nodes) if node is inner), len(nodes))
        rungs.append(rung(nodes[:at], inner, nodes[at + 1 :], rungs, facts))
    return Ladder(tuple(rungs))


def _nested(skip: Residual, facts: FactsOf) -> list[Residual]:
    """A skip and those inside it, as long as one stands out: it resizes, or is the deepest."""
    chain = [skip]
    while True:
        inside = [one for one in chain[-1].main.nodes if isinstance(one, Residual)]
        ranks = [(resizes(one, facts), _depth(one)) for one in inside]
        found = [one for one, rank in zip(inside, ranks, strict=True) if rank == max(ranks)]
        if len(found) != 1 or found[0].look != PLAIN or _absent(found[0], facts):
            return chain
        chain.append(found[0])


def _absent(skip: Residual, facts: FactsOf) -> bool:
    """Whether no call has a skip's merge."""
    return skip.merge.where not in facts or not facts[skip.merge.where].present


def _depth(skip: Residual) -> int:
    inside = (one for one in skip.main.nodes if isinstance(one, Residual))
    return 1 + max(map(_depth, inside), default=0)


# ---- sizes -----------------------------------------------------------------------------------


def shapes_behind(node: Node, facts: FactsOf) -> tuple[Shape, ...]:
    """What goes out of a node in all of its calls; none where nobody can say."""
    match node:
        case Layer() | ModuleCall():
            known = facts.get(node.where)
            return known.shapes if known else ()
        case Residual() | Towers():
            return shapes_behind(node.merge, facts)
        case Repeat():
            return shapes_behind(node.bodies[-1], facts)
        case Stage():
            return shapes_behind(node.body, facts)
        case Series():
            known_ones = (shapes_behind(one, facts) for one in reversed(node.nodes))
            return next((shapes for shapes in known_ones if shapes), ())
    return ()


def shape_behind(node: Node, facts: FactsOf) -> Shape:
    """What goes out of a node in the first call; empty where nobody can say."""
    return next(iter(shapes_behind(node, facts)), ())


def _change(before: Shape, after: Shape) -> int:
    """Whether a map gets smaller (-1) or larger (1) by far more than a border."""
    sides = list(zip(before[:-1], after[:-1], strict=False))
    if any(new * 4 <= old * 3 for old, new in sides):
        return -1
    return 1 if any(new * 3 >= old * 4 for old, new in sides) else 0


def shrinks(before: Shape, after: Shape) -> bool:
    """Whether a map gets smaller by far more than a border."""
    return _change(before, after) < 0


def resizes(skip: Residual, facts: FactsOf) -> bool:
    """Whether the map is smaller somewhere inside a skip."""
    return gets_smaller(skip.merge, skip.main.nodes, facts)


def gets_smaller(merge: Node, between: Sequence[Node], facts: FactsOf) -> bool:
    """Whether the map is smaller somewhere before a merge than behind it."""
    outside = shape_behind(merge, facts)
    return any(_change(outside, shape_behind(node, facts)) < 0 for node in between)


def _size_before(rungs: Sequence[Rung], facts: FactsOf) -> Shape:
    """What goes down from the last of these rungs; of the first, as large as its merge."""
    shape = shape_behind(Series(rungs[-1].before), facts)
    skip = rungs[-1].skip
    return shape or (shape_behind(skip.merge, facts) if skip else ())


def rung(
    before: tuple[Node, ...],
    skip: Residual | Across | None,
    behind: tuple[Node, ...],
    rungs: Sequence[Rung],
    facts: FactsOf,
) -> Rung:
    """The level below these, with what stands on the ways down to it and up from it."""
    shape = _size_before(rungs, facts)
    ends = behind if skip else before
    stop = _way_up(ends, shape_behind(skip.merge, facts) if skip else (), facts)
    if not skip and not any(isinstance(node, Layer | ModuleCall) for node in before[:stop]):
        stop = len(before)
    up = ends[stop:]
    if skip:
        behind = behind[:stop]
    else:
        before = before[:stop]
    start = way_down(before, shape, facts)
    return Rung(before[start:], skip, behind, before[:start], up)


def way_down(nodes: Sequence[Node], shape: Shape, facts: FactsOf) -> int:
    """How many of the first nodes stand on the line down: one that shrinks, what goes with it."""
    count = 0
    for place, node in enumerate(nodes[:ON_A_LINE]):
        if not isinstance(node, Layer | ModuleCall):
            break
        after = shape_behind(node, facts)
        if _change(shape, after) < 0 or (count and isinstance(node, Layer) and _idle(node, facts)):
            count = place + 1
        elif count or isinstance(node, ModuleCall):
            break
        shape = after
    rest = any(not isinstance(node, Named) for node in nodes[count:])
    return count if rest else 0


def _idle(layer: Layer, facts: FactsOf) -> bool:
    """Whether a layer learns nothing, such as a dropout."""
    return not any(facts[layer.where].parameters) if layer.where in facts else False


def _way_up(nodes: Sequence[Node], shape: Shape, facts: FactsOf) -> int:
    """Where that begins which stands on the line up: what enlarges, and what follows it."""
    start, shapes = len(nodes), [shape]
    for node in nodes:
        shapes.append(shape_behind(node, facts) or shapes[-1])
    for place, (old, new) in enumerate(pairwise(shapes)):
        if _change(old, new) > 0:
            start = place
    tail = nodes[start:]
    if not all(isinstance(node, Layer | ModuleCall | Named) for node in tail):
        return len(nodes)
    if sum(not isinstance(node, Named) for node in tail) > ON_A_LINE:
        return len(nodes)
    while start and isinstance(nodes[start - 1], Named) and tail:
        start -= 1
    return start
