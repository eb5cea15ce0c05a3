"""Rows with exits: values of ever smaller maps, from each of which something leads to an output.

As in figure 2 of "SSD: Single Shot MultiBox Detector" (2015), turned so that each map has a row of
its own: it is a pyramid whose levels go on from one another, without a way back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from archviz.layout.levels import FEWEST, FactsOf, Ladder, Out, Piece, Rung, shape_behind, shrinks
from archviz.layout.pyramid import (
    all_taken,
    drawn_outputs,
    first_name,
    idle,
    plain,
    strands,
    taken_together,
)
from archviz.layout.wires import taken_in
from archviz.network.model import Layer, ModuleCall, Named, Node, Outputs, Series


class _Ends(NamedTuple):
    """What leads to outputs: the strands that do, and the merges in front of the outputs."""

    strands: list[Out]
    merges: tuple[Out, ...]


def exits(series: Series, facts: FactsOf) -> list[Piece] | None:
    """A series whose values lead to outputs, as one piece; None where it is no such."""
    nodes = series.nodes
    ended = drawn_outputs(nodes[-1]) if nodes and isinstance(nodes[-1], Outputs) else []
    if not ended:
        return None
    row, *further = strands(nodes[:-1])
    if further:
        ends = _Ends([Out("", "", one) for one in further], tuple(ended))
    else:
        ends = _Ends([out for out in ended if first_name(out.row)], ())
    steps = _steps(row, [first_name(out.row) for out in ends.strands])
    if len(steps) < FEWEST or not _shrink(steps, facts):
        return None
    outs = _outs(steps, ends, [out for out in ended if not first_name(out.row)])
    names = {first_name(out.row) for out in ends.strands}
    names.update(name for out in ends.merges for name in taken_together(out.row))
    taken = Counter(taken_in(series))
    if not outs or names != {*taken} or max(taken.values()) > 1:
        return None
    if ends.merges and not all_taken(outs, ends.merges):
        return None
    outs = [out._replace(row=plain(out.row)) for out in outs]
    before = plain(steps[0])[:-1]
    return [Ladder((Rung(before),), tuple(outs), ends.merges, (nodes[-1],), nodes)]


def _steps(row: Sequence[Node], names: Sequence[str]) -> list[tuple[Node, ...]]:
    """The row cut behind the values of these names; none where it has not each of them once."""
    cuts = [at for at, node in enumerate(row) if isinstance(node, Named) and node.name in names]
    found = [node.name for node in (row[at] for at in cuts) if isinstance(node, Named)]
    if Counter(found) != Counter(names):
        return []
    places = [0, *(at + 1 for at in cuts), len(row)]
    return [tuple(row[start:stop]) for start, stop in pairwise(places)]


def _shrink(steps: Sequence[Sequence[Node]], facts: FactsOf) -> bool:
    """Whether each step but the last begins with a smaller map than the one before.

    The first consists of two boxes or more, and all but the last end in one.
    """
    shapes = [shape_behind(Series(tuple(step)), facts) for step in steps[:-1]]
    ends = [plain(step)[-1:] for step in steps[:-1]]
    whole = all(end and isinstance(end[0], Layer | ModuleCall) for end in ends)
    small = all(shrinks(old, new) for old, new in pairwise(shapes))
    return whole and small and len(plain(steps[0])) > 1


def _outs(steps: Sequence[tuple[Node, ...]], ends: _Ends, last: Sequence[Out]) -> list[Out]:
    """The row of each step with what leads from it to an output; none where it is not clear."""
    by_name = {first_name(out.row): out for out in ends.strands}
    outs: list[Out] = []
    for number, step in enumerate(steps[:-1]):
        name = next(node.name for node in reversed(step) if isinstance(node, Named))
        out, own = by_name[name], plain(step)
        way = tuple(takewhile(idle, own[:-1])) if number else own[:-1]
        own = own[len(way) :]
        way = way if number else ()
        outs.append(out._replace(row=(*own, *out.row[1:]), way=way, tap=len(own) - 1))
    if not ends.merges and len(last) != 1:
        return []
    end = Out("", "", ()) if ends.merges else last[0]
    way = tuple(takewhile(idle, steps[-1]))
    return [*outs, end._replace(row=(*steps[-1][len(way) :], *end.row), way=way)]
