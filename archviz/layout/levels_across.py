"""Encoders with their decoders where one block takes several values of the way down.

Each node that gives some of them has a level of its own, and what takes the values of
several levels stands beside all of them: all lines between the two are straight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from archviz.layout.levels import Across, FactsOf, Ladder, Piece, Rung, Wire, gets_smaller, rung
from archviz.layout.levels_named import one_way
from archviz.layout.pyramid import Beside, outermost
from archviz.network.kinds import KINDS
from archviz.network.model import Layer, ModuleCall, Named, Node, Series


class _Value(NamedTuple):
    """A named value: the place of the box that gives it, and what that calls it, if anything."""

    place: int
    own: str


def pieces_across(
    series: Series, facts: FactsOf, beside: Beside, counts: Mapping[str, int]
) -> list[Piece] | None:
    """The nodes of a series, with a U as one piece, and so many layers on both of its sides.

    None where there is no such U; ``counts``: see :func:`ladder_across`.
    """
    nodes = series.nodes
    found = ladder_across(nodes, facts, counts)
    if not found:
        return None
    first, last, ladder = found
    start = outermost(nodes, first, -1, beside.before)
    stop = outermost(nodes, last, 1, beside.behind)
    left, right = nodes[start:first], nodes[last + 1 : stop + 1]
    top = ladder.rungs[0]
    top = top._replace(before=(*left, *top.before), behind=(*top.behind, *right))
    whole = Ladder((top, *ladder.rungs[1:]), nodes=(*left, *ladder.nodes, *right))
    return [*nodes[:start], whole, *nodes[stop + 1 :]]


def ladder_across(
    nodes: Sequence[Node], facts: FactsOf, counts: Mapping[str, int]
) -> tuple[int, int, Ladder] | None:
    """The places of the first and the last box of a U in a series, and that U, if there is one.

    ``counts``: how often each named value is taken in the drawing, or given out of it.
    """
    if sum(counts.get(name) == 1 for node in nodes for _, name in _taken(node)) < 2:
        return None
    given = _given(nodes, facts)
    lines: dict[int, list[Wire]] = {}
    ends: dict[int, int] = {}
    for place, node in enumerate(nodes):
        for own, name in _taken(node):
            value = given.get(name)
            if counts.get(name) == 1 and value and value.place < place:
                if ends.setdefault(value.place, place) != place:
                    return None
                lines.setdefault(value.place, []).append(Wire(name, value.own, own))
    order = list(given)
    starts, stops = sorted(ends), [ends[start] for start in sorted(ends)]
    several = any(stops.count(stop) > 1 or len(lines[at]) > 1 for at, stop in ends.items())
    nested = len({*stops}) > 1 and stops == sorted(stops, reverse=True)
    if not (several and nested and starts[-1] < stops[-1]):
        return None
    crossing = {one.name for those in lines.values() for one in those}
    ways = [name for name, value in given.items() if value.place in {*starts, *stops}]
    if any(counts.get(name) and name not in crossing for name in ways):
        return None
    between = nodes[starts[0] + 1 : stops[0]]
    boxes = all(_is_box(nodes[stop], facts) for stop in stops)
    if not (boxes and one_way(between) and gets_smaller(nodes[stops[0]], between, facts)):
        return None
    wires = [tuple(sorted(lines[at], key=lambda one: order.index(one.name))) for at in starts]
    return starts[0], stops[0], _ladder(nodes, starts, stops, wires, facts)


def _ladder(
    nodes: Sequence[Node],
    starts: Sequence[int],
    stops: Sequence[int],
    wires: Sequence[tuple[Wire, ...]],
    facts: FactsOf,
) -> Ladder:
    """The levels: one for each box that gives values, and the bottom."""
    skips = [
        Across(nodes[stop], wire, bool(number) and stop == stops[number - 1])  # type: ignore[arg-type]
        for number, (stop, wire) in enumerate(zip(stops, wires, strict=True))
    ]
    rungs = [Rung((nodes[starts[0]],), skips[0])]
    for number, (start, under) in enumerate(pairwise([*starts, stops[-1]])):
        last = number == len(starts) - 1
        begin = next(at for at in range(start + 1, under + 1) if not isinstance(nodes[at], Named))
        before = tuple(nodes[begin : under + (not last)])
        behind: tuple[Node, ...] = ()
        if not last and stops[number + 1] != stops[number]:
            behind = tuple(nodes[stops[number + 1] + 1 : stops[number]])
        rungs.append(rung(before, None if last else skips[number + 1], behind, rungs, facts))
    return Ladder(tuple(rungs), nodes=tuple(nodes[starts[0] : stops[0] + 1]))


def _given(nodes: Sequence[Node], facts: FactsOf) -> dict[str, _Value]:
    """The values that boxes of a series give, the highest first of one box."""
    found: dict[str, _Value] = {}
    place = -1
    for at, node in enumerate(nodes):
        if isinstance(node, Named):
            if place >= 0:
                found[node.name] = _Value(place, "")
            continue
        place = at if _is_box(node, facts) else -1
        if place >= 0:
            given = node.gives if isinstance(node, ModuleCall) else ()
            found |= {name: _Value(place, own) for own, name in given}
    return found


def _taken(node: Node) -> Sequence[tuple[str, str]]:
    """The values that a box takes besides what comes in, each with what the box calls it."""
    if isinstance(node, ModuleCall):
        return node.inputs
    if isinstance(node, Layer) and not node.alone:
        return [("", name) for name in node.takes] if node.takes else ()
    return ()


def _is_box(node: Node, facts: FactsOf) -> bool:
    """Whether a node is drawn as a box that a line can enter and leave anywhere."""
    known = facts.get(getattr(node, "where", ""))
    if isinstance(node, ModuleCall):
        return node.look.drawn and known is not None and bool(known.calls)
    if not isinstance(node, Layer) or node.gives or KINDS[node.kind].begins or not known:
        return False
    drawn = bool(known.layers) and all(one.drawn for one in known.layers)
    return drawn and all(KINDS[one.kind].glyph == "box" for one in known.layers)
