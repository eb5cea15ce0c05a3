"""Us in a series, and those that are pyramids: from every level something leads to an output.

As in figure 3 of "Focal Loss for Dense Object Detection" (2017): the merged value of a level
goes on to the next one and to an output of its own. Further levels go on from the last one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

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

BESIDE = 4
"""Layers of the row around a U that stand in its topmost row."""


def pieces(series: Series, facts: FactsOf, beside: int) -> list[Piece]:
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
            start = outermost(found, at, -1, max(1, beside))
            stop = len(found) - 1 if ladder.outs else outermost(found, at, 1, beside)
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


def with_outs(ladder: Ladder, ends: Sequence[Node]) -> Ladder:
    """``ladder`` with what leads from its levels to the outputs in ``ends``, if all of it does.

    ``ends``: the nodes behind it in the series.
    """
    outputs = ends[-1] if ends else None
    if not isinstance(outputs, Outputs) or not all(isinstance(n, Named) for n in ends[:-1]):
        return ladder
    skip = ladder.rungs[0].skip
    taken = [*taken_in(outputs), *(taken_in(skip) if isinstance(skip, Residual) else ())]
    branches = [series.nodes for _, series in outputs.branches]
    if len({*taken}) < len(taken) or len(taken) != sum(
        bool(_first_name(nodes)) for nodes in branches
    ):
        return ladder
    looks = outputs.looks or (PLAIN,) * len(outputs.branches)
    if not all(look.drawn for look in looks):
        return ladder
    texts = [
        (look.label or name, look.caption)
        for (name, _), look in zip(outputs.branches, looks, strict=True)
    ]
    waiting = dict(enumerate(branches))
    outs: list[Out] = []
    for number, rung in enumerate(ladder.rungs):
        names = _names(rung, last=number == len(ladder.rungs) - 1) if number else frozenset()
        if names is None:
            return ladder
        here = [at for at, nodes in waiting.items() if _begins(nodes, names, top=not number)]
        if len(here) != 1:
            return ladder
        nodes = waiting.pop(here[0])
        outs.append(Out(*texts[here[0]], nodes[1 if number else 0 :]))
    while waiting:
        named = frozenset(node.name for node in outs[-1].row if isinstance(node, Named))
        here = [at for at, nodes in waiting.items() if _begins(nodes, named)]
        if len(here) != 1:
            return ladder
        first, *rest = waiting.pop(here[0])
        outs[-1] = _tapped(outs[-1], _first_name([first]))
        way = tuple(takewhile(_idle, rest))
        outs.append(Out(*texts[here[0]], tuple(rest[len(way) :]), way))
    outs = [out._replace(row=_plain(out.row)) for out in outs]
    rungs = [_in_row(rung) for rung in ladder.rungs]
    return Ladder(tuple(rungs), tuple(outs), tuple(ends))


def _in_row(rung: Rung) -> Rung:
    """A level with a row of its own: what shrinks stands on the way to it only beside others."""
    before, down = _plain(rung.before), rung.down
    if len(before) < (1 if rung.skip else 2) or any(isinstance(n, ModuleCall) for n in down):
        before, down = (*down, *before), ()
    return rung._replace(before=before, behind=(), down=down, up=_plain(rung.up))


def _names(rung: Rung, last: bool) -> frozenset[str] | None:
    """The names of a level's value; None where something stands behind its merge."""
    if any(not isinstance(node, Named) for node in rung.behind):
        return None
    row = takewhile(_is_name, reversed(rung.before)) if last else rung.behind
    found = [*row, *takewhile(_is_name, rung.up)]
    return frozenset(node.name for node in found if isinstance(node, Named))


def _is_name(node: Node) -> bool:
    return isinstance(node, Named)


def _idle(node: Node) -> bool:
    """Whether it can stand on the way to a further level: what has no weights."""
    return isinstance(node, Layer) and KINDS[node.kind].role not in ("conv", "dense", "merge")


def _begins(nodes: Sequence[Node], names: frozenset[str], top: bool = False) -> bool:
    """Whether a branch goes on from a value of these names; at the ``top`` from what comes in."""
    name = _first_name(nodes)
    return not name if top else name in names


def _first_name(nodes: Sequence[Node]) -> str:
    """The value that a branch goes on from; empty for what comes in."""
    return nodes[0].name if nodes and isinstance(nodes[0], From) else ""


def _tapped(out: Out, name: str) -> Out:
    """The row with the place of what has this name."""
    before = list(takewhile(lambda node: getattr(node, "name", "") != name, out.row))
    return out._replace(tap=sum(not _is_name(node) for node in before) - 1)


def _plain(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Nodes without names of values."""
    return tuple(node for node in nodes if not _is_name(node))
