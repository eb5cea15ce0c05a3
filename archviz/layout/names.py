"""Names of the values in one drawing: each stands for one value, given by what is drawn.

A name in an auxiliary head can be one of the row, too: the head's has a number then. What is
left out of the figure and begins with a value gives that value under other names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count

from archviz.layout.wires import is_drawn
from archviz.network import walk
from archviz.network.model import (
    Auxiliary,
    From,
    Graph,
    Layer,
    ModuleCall,
    Named,
    Node,
    Outputs,
    Repeat,
    Residual,
    Series,
    Stage,
    Towers,
)


def one_name_each(body: Series, gives: Sequence[str] = ()) -> Series:
    """``body`` with one name for each value; those of the names ``gives`` keep them, too."""
    nodes = list(walk.within(body, modules=False))
    if any(isinstance(node, Auxiliary) for node in nodes):
        body = _heads_apart(body)
        nodes = list(walk.within(body, modules=False))
    found: dict[str, str] = {}
    for node in nodes:
        if not is_drawn(node):
            _others(node, "", found)
    if not found:
        return body
    found = {name: first for name, first in found.items() if name != first}
    kept = {first: name for name, first in found.items() if name in gives}
    return _also(_renamed_series(body, found), kept)


def _heads_apart(body: Series) -> Series:
    """``body`` with numbers behind those names in auxiliary heads that others have."""
    nodes = walk.within(body, modules=False)
    heads = {node.where: node for node in nodes if isinstance(node, Auxiliary)}
    known = {*_given(_mapped_heads(body, dict.fromkeys(heads, Series())))}
    others: dict[str, Series] = {}
    for where, head in heads.items():
        own = {*_given(head.body)}
        new = {name: free_name(name, known | own) for name in sorted(own & known)}
        known |= own | {*new.values()}
        others[where] = _renamed_series(head.body, new) if new else head.body
    return _mapped_heads(body, others)


def free_name(name: str, known: set[str]) -> str:
    """The name with the first number that makes it a new one."""
    return next(text for n in count(2) if (text := f"{name} ({n})") not in known)


def _mapped_heads(body: Series, others: Mapping[str, Series]) -> Series:
    """``body`` with other series in its auxiliary heads."""

    def put(node: Node) -> Node:
        return node._replace(body=others[node.where]) if isinstance(node, Auxiliary) else node

    return each_series(body, lambda series: Series(tuple(map(put, series.nodes))))


def _given(node: Node) -> Iterator[str]:
    """Every name that is given in a node, outside of modules."""
    for inner in walk.within(node, modules=False):
        yield from walk.gives(inner)


def _others(node: Node, value: str, found: dict[str, str]) -> str:
    """Note which names in what is left out are those of a value from elsewhere.

    ``value``: what comes in, "" where that has no name; the same is what goes on.
    """
    if isinstance(node, From):
        return found.get(node.name, node.name)
    if value:
        found.update(dict.fromkeys(walk.gives(node), value))
    if isinstance(node, ModuleCall):
        return value
    for child in walk.children(node, shown=True):
        after = _others(child, value, found)
        value = after if isinstance(node, Series) else value
    return value


def _also(body: Series, more: Mapping[str, str]) -> Series:
    """``body`` with a second name behind some."""

    def put(series: Series) -> Series:
        pairs = (
            (node, node._replace(name=more[node.name]))
            if isinstance(node, Named) and node.name in more
            else (node,)
            for node in series.nodes
        )
        return Series(tuple(chain.from_iterable(pairs)))

    return each_series(body, put) if more else body


def _renamed_series(body: Series, names: Mapping[str, str]) -> Series:
    """``body`` with other names for values."""

    def named(series: Series) -> Series:
        return Series(tuple(_renamed(node, names) for node in series.nodes))

    return each_series(body, named)


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    """A node with other names for values, what is in it as it is."""
    match node:
        case Layer():
            return _layer_renamed(node, names)
        case Named() | From():
            return node._replace(name=names.get(node.name, node.name))
        case ModuleCall():
            inputs, gives = (
                tuple((here, names.get(there, there)) for here, there in pairs)
                for pairs in (node.inputs, node.gives)
            )
            return node._replace(inputs=inputs, gives=gives)
        case Towers() | Residual():
            return node._replace(merge=_layer_renamed(node.merge, names))
        case Graph():
            own = {name for name, _ in node.nodes}
            edges = ((a if a in own else names.get(a, a), b) for a, b in node.edges)
            return node._replace(edges=tuple(edges))
        case _:
            return node


def _layer_renamed(layer: Layer, names: Mapping[str, str]) -> Layer:
    takes, gives = (
        tuple(names.get(name, name) for name in those) for those in (layer.takes, layer.gives)
    )
    return layer._replace(takes=takes, gives=gives)


def each_series(series: Series, change: Callable[[Series], Series]) -> Series:
    """A series changed, and every one in it, outside of modules."""

    def inside(node: Node) -> Node:
        match node:
            case Series():
                return each_series(node, change)
            case Repeat():
                return node._replace(bodies=tuple(map(deep, node.bodies)))
            case Towers():
                return node._replace(branches=tuple(map(deep, node.branches)))
            case Residual():
                return node._replace(main=deep(node.main), shortcut=deep(node.shortcut))
            case Graph():
                return node._replace(nodes=tuple((name, deep(one)) for name, one in node.nodes))
            case Outputs():
                branches = tuple((name, deep(one)) for name, one in node.branches)
                return node._replace(branches=branches)
            case Auxiliary() | Stage():
                return node._replace(body=deep(node.body))
            case _:
                return node

    def deep(one: Series) -> Series:
        return each_series(one, change)

    return Series(tuple(map(inside, change(series).nodes)))
