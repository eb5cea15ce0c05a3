"""Encoders with their decoders written with named values, as skips inside one another.

Values that are named on the way down and taken, once each and the last one first, on the way
up are the same network as skips, and the same U.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archviz.layout.levels import FactsOf, ladder_of, resizes
from archviz.layout.pyramid import with_outs
from archviz.layout.wires import taken_in
from archviz.network import walk
from archviz.network.kinds import KINDS
from archviz.network.model import (
    PLAIN,
    Auxiliary,
    From,
    Layer,
    Named,
    Node,
    Outputs,
    Residual,
    Series,
    Stage,
    Towers,
)


def with_skips(body: Series, facts: FactsOf, names: Counter[str]) -> Series:
    """``body`` with skips for values that are named and taken so; as it is where there is no U.

    ``names``: how often each is taken in it, or given out of it.
    """
    if not names:
        return body
    nodes: list[Node] = []
    skips: list[Residual] = []
    for node in body.nodes:
        taken = merged(node)
        place = _place_of(taken[0], nodes) if taken and names.get(taken[0]) == 1 else -1
        if taken and place >= 0 and one_way(nodes[place + 1 :]):
            _, shortcut, merge = taken
            main = Series(tuple(nodes[place + 1 :]))
            skips.append(Residual(main, shortcut, merge, merge.where, merge.mark))
            nodes[place:] = skips[-1:]
        else:
            nodes.append(node)
    outermost = [skip for skip in skips if any(node is skip for node in nodes)]
    if outermost and all(
        resizes(skip, facts)
        and (ladder := ladder_of(skip, facts))
        and (_alone(skip, names) or with_outs(ladder, _behind(skip, nodes)).outs)
        for skip in outermost
    ):
        return Series(tuple(nodes))
    return body


def _alone(skip: Residual, names: Counter[str]) -> bool:
    """Whether no value that is named inside a skip is taken outside of it."""
    inside = Counter(taken_in(skip))
    return all(
        names[node.name] == inside[node.name]
        for node in walk.within(skip.main, modules=False)
        if isinstance(node, Named)
    )


def _behind(skip: Residual, nodes: Sequence[Node]) -> Sequence[Node]:
    """What stands behind a skip."""
    at = next(place for place, node in enumerate(nodes) if node is skip)
    return nodes[at + 1 :]


def merged(node: Node) -> tuple[str, Series, Layer] | None:
    """The value that a merge takes besides what comes in, what it passes, and the merge alone."""
    if isinstance(node, Layer) and KINDS[node.kind].join and len(node.takes) == 1:
        return None if node.alone else (node.takes[0], Series(), node._replace(takes=()))
    if not isinstance(node, Towers) or len(node.branches) != 2 or node.look != PLAIN:
        return None
    passed = [branch.nodes for branch in node.branches if branch.nodes]
    if len(passed) != 1 or not isinstance(passed[0][0], From) or node.joined or node.copies > 1:
        return None
    return passed[0][0].name, Series(passed[0][1:]), node.merge


def _place_of(name: str, nodes: list[Node]) -> int:
    """Where a value is named; -1 where it is named elsewhere."""
    for place, node in enumerate(nodes):
        if isinstance(node, Named) and node.name == name:
            return place
    return -1


def one_way(nodes: Sequence[Node]) -> bool:
    """Whether nothing begins or ends in these nodes."""
    for node in nodes:
        if isinstance(node, Auxiliary | Outputs | Stage | From):
            return False
        if isinstance(node, Layer) and (KINDS[node.kind].begins or node.alone):
            return False
    return True


def taken_beside(skip: Residual, body: Series) -> frozenset[str]:
    """The values that nothing takes but what stands on a skip."""
    there = [name for node in skip.shortcut.nodes for name in taken_in(node)]
    everywhere = list(taken_in(body))
    return frozenset(name for name in there if everywhere.count(name) == there.count(name))
