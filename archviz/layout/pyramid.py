"""Us in a series, and those that are pyramids: from every level something leads to an output.

As in figure 3 of "Focal Loss for Dense Object Detection" (2017): the merged value of a level
goes on to the next one and to an output of its own. Further levels go on from the last one's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import pairwise, takewhile
from typing import NamedTuple

from archviz.layout.levels import FactsOf, Ladder, Out, Piece, Rung, ladder_of
from archviz.layout.wires import taken_in
from archviz.network.kinds import KINDS
from archviz.network.model import (
    PLAIN,
    From,
    Layer,
    ModuleCall,
    Named,
    Node,
    Outputs,
    Residual,
    Series,
)


class Beside(NamedTuple):
    """How many layers of the row around a U stand in its topmost row, at most.

    ``torn``: a stage may be torn for it, of which the rest stands before it; ``bare``: not even
    sizes stand beside its levels.
    """

    before: int
    behind: int
    torn: bool = False
    bare: bool = False


BESIDE = Beside(4, 4)
ALONE = Beside(0, 0)
NARROWER = (Beside(0, 0, torn=True), Beside(0, 0, torn=True, bare=True))
"""Where even one alone is too wide."""


def pieces(series: Series, facts: FactsOf, beside: Beside) -> list[Piece]:
    """The nodes of a series, each U in it one piece with so many layers right beside it."""
    found: list[Piece] = list(series.nodes)
    for node in series.nodes:
        if not isinstance(node, Residual) or node.look != PLAIN:
            continue
        ladder = ladder_of(node, facts)
        if ladder:
            at = next(place for place, one in enumerate(found) if one is node)
            ends = [one for one in found[at + 1 :] if not isinstance(one, Ladder)]
            ladder = with_outs(ladder, ends)
            start = outermost(found, at, -1, max(1, beside.before))
            stop = len(found) - 1 if ladder.outs else outermost(found, at, 1, beside.behind)
            before, behind = found[start:at], [] if ladder.outs else found[at + 1 : stop + 1]
            first = ladder.rungs[0]._replace(
                before=tuple(before),  # type: ignore[arg-type]  # no ladders beside
                behind=tuple(behind),  # type: ignore[arg-type]
            )
            found[start : stop + 1] = [ladder._replace(rungs=(first, *ladder.rungs[1:]))]
    return found


def outermost(found: Sequence[Piece], at: int, step: int, most: int) -> int:
    """The place of the outermost neighbour that stands in a U's first row."""
    for place in range(at + step, at + step * (most + 1), step):
        if not 0 <= place < len(found) or not isinstance(found[place], Layer | ModuleCall):
            break
        at = place
    return at


class Led(NamedTuple):
    """What leads from the levels of a pyramid to its outputs: see :class:`Ladder`."""

    outs: tuple[Out, ...]
    merges: tuple[Out, ...]


def with_outs(ladder: Ladder, ends: Sequence[Node]) -> Ladder:
    """``ladder`` with what leads from its levels to the outputs in ``ends``, if all of it does.

    ``ends``: the nodes behind it in the series.
    """
    rungs, skip = ladder.rungs, ladder.rungs[0].skip
    if not isinstance(skip, Residual):
        return ladder
    last = len(rungs) - 1
    levels = [_names(rung, number == last) if number else {""} for number, rung in enumerate(rungs)]
    led = led_out(levels, ends, taken_in(skip))
    if not led:
        return ladder
    return Ladder(tuple(_in_row(rung) for rung in rungs), *led, tuple(ends))


def led_out(levels: Sequence[Set[str]], ends: Sequence[Node], inside: Iterable[str]) -> Led | None:
    """What leads from each level to the outputs in ``ends``; None where that is not all of them.

    ``levels``: names of their values, empty for what comes in; ``inside``: what they take.
    """
    outputs = ends[-1] if ends else None
    if not isinstance(outputs, Outputs):
        return None
    ended = drawn_outputs(outputs)
    alone = all(isinstance(node, Named) for node in ends[:-1])
    waiting = ended if alone else [Out("", "", nodes) for nodes in strands(ends[:-1])]
    taken = Counter([*taken_in(Series(tuple(ends))), *inside])
    names = {first_name(out.row) for out in waiting} - {""}
    if not alone:
        names.update(*(taken_together(out.row) for out in ended))
    if names != {*taken} or max(taken.values(), default=0) > 1 or not ended:
        return None
    outs = _in_levels(levels, waiting)
    if not outs or not (alone or all_taken(outs, ended)):
        return None
    outs = [out._replace(row=plain(out.row)) for out in outs]
    return Led(tuple(outs), () if alone else tuple(ended))


def drawn_outputs(outputs: Outputs) -> list[Out]:
    """What leads to each of the outputs; none where one of them is not drawn."""
    looks = outputs.looks or (PLAIN,) * len(outputs.branches)
    found = [
        Out(look.label or name, look.caption, series.nodes)
        for (name, series), look in zip(outputs.branches, looks, strict=True)
        if look.drawn
    ]
    return found if len(found) == len(looks) else []


def strands(nodes: Sequence[Node]) -> list[tuple[Node, ...]]:
    """Nodes parted where they go on from another value."""
    starts = [0, *(at for at, node in enumerate(nodes) if isinstance(node, From)), len(nodes)]
    return [tuple(nodes[start:stop]) for start, stop in pairwise(starts)]


def _in_levels(levels: Sequence[Set[str]], branches: Sequence[Out]) -> list[Out]:
    """What leads out of each level, and from there on; none where that is not all of it."""
    waiting, outs = list(branches), list[Out]()
    last = len(levels) - 1
    while waiting:
        number = len(outs)
        if number > last:
            names: Set[str] = {node.name for node in outs[-1].row if isinstance(node, Named)}
        else:
            names = levels[number]
        here = [out for out in waiting if first_name(out.row) in names]
        if len(here) != 1:
            return []
        (out,) = here
        waiting.remove(out)
        row = out.row[1:] if first_name(out.row) else out.row
        way = tuple(takewhile(idle, row)) if number > last else ()
        if number > last:
            outs[-1] = _tapped(outs[-1], first_name(out.row))
        outs.append(out._replace(row=row[len(way) :], way=way))
    return outs if len(outs) > last else []


def taken_together(nodes: Sequence[Node]) -> tuple[str, ...]:
    """The values that a merge at the beginning of an output takes, and nothing else."""
    first = nodes[0] if nodes else None
    return first.takes if isinstance(first, Layer) and first.alone else ()


def all_taken(outs: Sequence[Out], merges: Sequence[Out]) -> bool:
    """Whether each of these merges takes one value of each row, from what stands last in it."""
    given: list[set[str]] = []
    for out in outs:
        last = [node for node in out.row if not is_name(node)][-1:]
        names = {n.name for n in takewhile(is_name, reversed(out.row)) if isinstance(n, Named)}
        gives = last[0].gives if last and isinstance(last[0], ModuleCall) else ()
        given.append(names.union(outer for _, outer in gives))
    for merge in merges:
        names = {*taken_together(merge.row)}
        if len(names) != len(outs) or any(len(names & row) != 1 for row in given):
            return False
    return True


def _in_row(rung: Rung) -> Rung:
    """A level with a row of its own: what shrinks stands on the way to it only beside others."""
    before, down = plain(rung.before), rung.down
    if len(before) < (1 if rung.skip else 2) or any(isinstance(n, ModuleCall) for n in down):
        before, down = (*down, *before), ()
    return rung._replace(before=before, behind=(), down=down, up=plain(rung.up))


def _names(rung: Rung, last: bool) -> set[str]:
    """The names of a level's value; none where something stands behind its merge."""
    if any(not isinstance(node, Named) for node in rung.behind):
        return set()
    row = takewhile(is_name, reversed(rung.before)) if last else rung.behind
    found = [*row, *takewhile(is_name, rung.up)]
    return {node.name for node in found if isinstance(node, Named)}


def is_name(node: Node) -> bool:
    """Whether a node is the name of a value, which draws nothing."""
    return isinstance(node, Named)


def idle(node: Node) -> bool:
    """Whether it can stand on the way to a further level: what has no weights."""
    return isinstance(node, Layer) and KINDS[node.kind].role not in ("conv", "dense", "merge")


def first_name(nodes: Sequence[Node]) -> str:
    """The value that a branch goes on from; empty for what comes in."""
    return nodes[0].name if nodes and isinstance(nodes[0], From) else ""


def _tapped(out: Out, name: str) -> Out:
    """The row with the place of what has this name."""
    before = list(takewhile(lambda node: getattr(node, "name", "") != name, out.row))
    return out._replace(tap=sum(not is_name(node) for node in before) - 1)


def plain(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Nodes without names of values."""
    return tuple(node for node in nodes if not is_name(node))
