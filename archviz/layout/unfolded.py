"""An encoder with its decoder as one row, where there is no room for a U: skips by name.

What is on a skip begins with the name that stands where the skip leaves the row::

    left ─ skip 1 ─ down ─ left ─ up ─ merge ─ right
                                skip 1 ─┘
"""

from __future__ import annotations

from collections.abc import Iterator

from archviz.layout.hidden_values import free_name
from archviz.layout.levels import FactsOf, ladder_of
from archviz.network import walk
from archviz.network.model import From, Named, Node, Residual, Series, Towers

SKIP = "skip"
"""What skips are called in such a row, with a number behind it."""


def unfolded(body: Series, facts: FactsOf) -> tuple[Series, frozenset[str]]:
    """``body`` with named values for the skips of each U in it; and the names."""
    known = {name for node in walk.within(body, modules=False) for name in walk.gives(node)}
    names: list[str] = []

    def flat(nodes: tuple[Node, ...], rungs: tuple[int, ...]) -> Iterator[Node]:
        for node in nodes:
            inside = rungs
            if isinstance(node, Residual) and id(node) not in rungs:
                ladder = ladder_of(node, facts)
                inside = tuple(id(rung.skip) for rung in ladder.rungs) if ladder else ()
            if not isinstance(node, Residual) or id(node) not in inside:
                yield node
                continue
            name = f"{SKIP} {len(names) + 1}"
            name = free_name(name, known) if name in known else name
            names.append(name)
            known.add(name)
            yield Named(name, node.where, node.mark)
            yield from flat(node.main.nodes, inside)
            skip = Series((From(name, node.where, node.mark), *node.shortcut.nodes))
            yield Towers((Series(), skip), node.merge, node.where, node.mark)

    nodes = tuple(flat(body.nodes, ()))
    return (Series(nodes), frozenset(names)) if names else (body, frozenset())
