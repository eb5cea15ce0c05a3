"""Pyramids that are merged level by level, with blocks behind the merges: down, and up again.

As in figure 1 of "Path Aggregation Network for Instance Segmentation" (2018): the backbone's maps
get smaller from level to level, one path brings the smallest down to the largest, another one,
if there is one, what has come out up again. Every merge takes the value of its level by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from archviz.layout.levels import (
    FEWEST,
    ON_A_LINE,
    FactsOf,
    Out,
    shape_behind,
    shrinks,
    way_down,
)
from archviz.layout.levels_named import merged, one_way
from archviz.layout.pyramid import Beside, led_out, outermost, plain
from archviz.layout.wires import taken_in
from archviz.network.model import (
    From,
    Layer,
    ModuleCall,
    Named,
    Node,
    Outputs,
    Series,
    Shape,
    Stage,
)


class Step(NamedTuple):
    """One part of a level's row, and what stands on the way to it from the step before.

    With a ``merge`` of that way and of the level's value, which passes what is ``beside`` it.
    """

    level: int
    row: tuple[Node, ...]
    way: tuple[Node, ...] = ()
    beside: tuple[Node, ...] = ()
    merge: Layer | None = None


class Aggregation(NamedTuple):
    """A backbone and the paths through its levels, of which 0 is the largest map's.

    ``steps``: up the backbone, down from its last level, and up again where that is done.
    Rows ``outs`` lead to outputs, or to ``merges`` in front of them.
    """

    steps: tuple[Step, ...]
    outs: tuple[Out, ...]
    merges: tuple[Out, ...] = ()
    stages: tuple[tuple[Stage, frozenset[int]], ...] = ()
    """Stages, each with the identities of the nodes that are of it."""


class Aggregated(NamedTuple):
    """What stands in the row before an aggregation, and this."""

    before: tuple[Node, ...]
    net: Aggregation


class _Row(NamedTuple):
    """Nodes of a row, the names of its value, and what goes on from it."""

    nodes: tuple[Node, ...]
    names: frozenset[str]
    rest: tuple[Node, ...]


def aggregated(series: Series, facts: FactsOf, beside: Beside) -> Aggregated | None:
    """A series that ends in such a pyramid's outputs; None where it is none.

    ``beside``: how many layers before the first level's last one stand in its row.
    """
    nodes, staged = _flat(series)
    cut = next((at for at, one in enumerate(nodes) if isinstance(one, From | Outputs)), 0)
    chain, ends = nodes[:cut], nodes[cut:]
    given = {node.name for node in chain if isinstance(node, Named)}
    at = [place for place, node in enumerate(chain) if (one := merged(node)) and one[0] in given]
    loose = any(id(node) in staged for node in ends)
    if loose or len(at) < FEWEST - 1 or not one_way(chain[1:]):
        return None
    taken = Counter(taken_in(Series(tuple(nodes))))
    parts = [tuple(chain[start:stop]) for start, stop in pairwise([0, *at, len(chain)])]
    rows = [_row(part[number > 0 :], taken) for number, part in enumerate(parts)]
    if len(ends) > 1:  # what leads to the first output stands in the last row
        rows[-1] = _shortened(parts[-1][1:], len(plain(rows[-2].nodes)))
        ends = [*rows[-1].rest, *ends]
    takes = [one for place in at if (one := merged(chain[place]))]
    steps = _steps(rows, [name for name, _, _ in takes], facts)
    if not steps:
        return None
    count = 1 + max(step.level for step in steps)
    for number, (_, passed, merge) in enumerate(takes):
        step = steps[count + number]
        steps[count + number] = step._replace(beside=plain(passed.nodes), merge=merge)
        if (stage := staged.get(id(chain[at[number]]))) is not None:
            staged |= {id(node): stage for node in (*passed.nodes, merge)}
    names = [frozenset[str]()] * count
    for step, row in zip(steps[count - 1 :], rows, strict=True):
        names[step.level] = row.names
    names[steps[-1].level] |= {""}
    inner = {name for name, _, _ in takes}
    led = led_out([one - inner for one in names], ends, ())
    if not led or max(taken.values()) > 1 or {*taken} != inner | {*taken_in(Series(tuple(ends)))}:
        return None
    return _beside(Aggregation(tuple(steps), *led), series, staged, beside)


def _flat(series: Series) -> tuple[list[Node], dict[int, int]]:
    """The nodes of a series and of its stages; the number of the stage of each that has one."""
    nodes, staged = list[Node](), dict[int, int]()
    for number, node in enumerate(series.nodes):
        inner = node.body.nodes if isinstance(node, Stage) else (node,)
        nodes += inner
        if isinstance(node, Stage):
            staged |= {id(one): number for one in inner}
    return nodes, staged


def _row(nodes: Sequence[Node], taken: Counter[str]) -> _Row:
    """Nodes behind a merge, parted where the last of their values is named that are taken."""
    named = [at for at, one in enumerate(nodes) if isinstance(one, Named) and taken[one.name]]
    if not named:
        return _Row(tuple(nodes), frozenset(), ())
    stop = start = named[-1] + 1
    while start and isinstance(nodes[start - 1], Named):
        start -= 1
    names = {node.name for node in nodes[start:stop] if isinstance(node, Named)}
    return _Row(tuple(nodes[:start]), frozenset(names), tuple(nodes[stop:]))


def _shortened(nodes: tuple[Node, ...], count: int) -> _Row:
    """Nodes behind the last merge, of which so many boxes are of its row."""
    boxes = [at for at, node in enumerate(nodes) if not isinstance(node, Named)]
    stop = boxes[count] if count < len(boxes) else len(nodes)
    return _Row(nodes[:stop], frozenset(), nodes[stop:])


def _steps(rows: Sequence[_Row], takes: Sequence[str], facts: FactsOf) -> list[Step]:
    """The backbone's levels and what goes on from them; none where merges take other values."""
    backbone = rows[0].nodes
    places = {node.name: at for at, node in enumerate(backbone) if isinstance(node, Named)}
    found = [places[name] for name in takes if name in places]
    cuts, again = found[::-1], takes[len(found) :]
    if (
        len(cuts) < FEWEST - 1
        or cuts != sorted({*cuts})
        or takes[: len(cuts)] != [name for name in takes if name in places]
    ):
        return []
    steps = _backbone([*cuts, len(backbone)], backbone, facts)
    if not steps:
        return []
    top = len(cuts)
    for number, row in enumerate(rows[1 : top + 1], 1):
        steps.append(Step(top - number, plain(row.nodes), plain(rows[number - 1].rest)))
    if again:
        givers = [*(rows[number] for number in range(top - 1, 0, -1)), rows[0]]
        if len(again) != top or any(
            name not in row.names for name, row in zip(again, givers, strict=True)
        ):
            return []
        for number, row in enumerate(rows[top + 1 :], 1):
            way = plain(rows[top + number - 1].rest)
            steps.append(Step(number, plain(row.nodes), way))
    return steps if all(_goes(step.way) for step in steps) else []


def _backbone(cuts: Sequence[int], nodes: Sequence[Node], facts: FactsOf) -> list[Step]:
    """The levels of a backbone, cut where values are named; none where maps do not shrink."""
    steps, start = list[Step](), 0
    before: Shape = ()
    for level, stop in enumerate(cuts):
        row = plain(nodes[start:stop])
        shape = shape_behind(Series(row), facts)
        way = way_down(row, before, facts) if level else 0
        if not row or (level and not shrinks(before, shape)):
            return []
        steps.append(Step(level, row[way:], row[:way]))
        start, before = stop, shape
    return steps


def _goes(way: Sequence[Node]) -> bool:
    """Whether nodes can stand on a line between two rows."""
    return len(way) <= ON_A_LINE and all(isinstance(node, Layer | ModuleCall) for node in way)


def _beside(net: Aggregation, series: Series, staged: dict[int, int], beside: Beside) -> Aggregated:
    """An aggregation whose first row has as much before it as stands beside it, and its stages."""
    first, *rest = net.steps
    row = list(first.row)
    start = outermost(row, len(row) - 1, -1, max(0 if beside.bare else 1, beside.before))
    while start and id(row[start - 1]) in staged and not beside.torn:
        start -= 1
    net = net._replace(steps=(first._replace(row=tuple(row[start:])), *rest))
    before, behind = row[:start], {id(node) for node in row[:start]}
    stages = tuple(
        (stage, frozenset(node for node, at in staged.items() if at == number) - behind)
        for number, stage in enumerate(series.nodes)
        if isinstance(stage, Stage)
    )
    return Aggregated(tuple(_in_stages(before, series, staged)), net._replace(stages=stages))


def _in_stages(nodes: Sequence[Node], series: Series, staged: dict[int, int]) -> list[Node]:
    """Nodes of a series in the stages that they are of."""
    found = list[Node]()
    for number, group in groupby(nodes, lambda node: staged.get(id(node))):
        stage = None if number is None else series.nodes[number]
        inner = tuple(group)
        found += [stage._replace(body=Series(inner))] if isinstance(stage, Stage) else inner
    return found
