"""Names of the values in one drawing: each stands for one value, given by what is drawn.

A name in an auxiliary head can be one of the row, too: the head's has a number then. Names that
are given in what the figure leaves out are written as those of the values that are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from archviz.layout.hidden_values import begins, free_name, shown_names
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


def one_name_each(
    body: Series, nodes: Sequence[Node], gives: Sequence[str] = ()
) -> tuple[Series, frozenset[str]]:
    """``body`` with one name for each value, those of the names ``gives`` with these, too.

    And the names with which series begin that go on from several values at once. ``nodes``: all
    that is in ``body``.
    """
    if any(isinstance(node, Auxiliary) for node in nodes):
        body = _heads_apart(body)
    if all(map(is_drawn, nodes)):
        return body, frozenset()
    others, several, places = shown_names(body, gives)
    if not others and not places:
        return body, several

    def shown(series: Series) -> Series:
        found: list[Node] = []
        for node in series.nodes:
            if not isinstance(node, Series) and not is_drawn(node) and node.where in places:
                found += places[node.where]
            elif not isinstance(node, Named) or node.name not in others:
                found += _taking(node, others)
        return Series(tuple(found))

    names: dict[str, list[str]] = {}
    for name in gives:
        for home in others.get(name, ()):
            names.setdefault(home, []).extend([name] if home != name else [])
    body = each_series(_inner_first(body, shown), lambda series: _also(series, names))
    return body, several


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


def _mapped_heads(body: Series, others: Mapping[str, Series]) -> Series:
    """``body`` with other series in its auxiliary heads."""

    def put(node: Node) -> Node:
        return node._replace(body=others[node.where]) if isinstance(node, Auxiliary) else node

    return each_series(body, lambda series: Series(tuple(map(put, series.nodes))))


def _given(node: Node) -> Iterator[str]:
    """Every name that is given in a node, outside of modules."""
    for inner in walk.within(node, modules=False):
        yield from walk.gives(inner)


def _also(series: Series, more: Mapping[str, Sequence[str]]) -> Series:
    """``series`` with further names for some of the values that are given in it."""
    found: list[Node] = []
    for node in series.nodes:
        names = [name for one in walk.gives(node) for name in more.get(one, ())]
        if isinstance(node, Layer) and names:
            node = node._replace(gives=(*node.gives, *names))
        elif isinstance(node, ModuleCall) and names:
            pairs = ((here, name) for here, there in node.gives for name in more.get(there, ()))
            node = node._replace(gives=(*node.gives, *pairs))
        found.append(node)
        found += [node._replace(name=name) for name in names if isinstance(node, Named)]
    return Series(tuple(found))


def _renamed_series(body: Series, names: Mapping[str, str]) -> Series:
    """``body`` with other names for values."""
    each = {name: (other,) for name, other in names.items()}

    def named(series: Series) -> Series:
        taking = (inner for node in series.nodes for inner in _taking(node, each))
        return Series(tuple(_giving(node, names) for node in taking))

    return each_series(body, named)


def _giving(node: Node, names: Mapping[str, str]) -> Node:
    """A node that gives values by other names, what is in it as it is."""
    match node:
        case Layer():
            return _layer_giving(node, names)
        case Named():
            return node._replace(name=names.get(node.name, node.name))
        case ModuleCall():
            gives = tuple((here, names.get(there, there)) for here, there in node.gives)
            return node._replace(gives=gives)
        case Towers() | Residual():
            return node._replace(merge=_layer_giving(node.merge, names))
        case _:
            return node


def _layer_giving(layer: Layer, names: Mapping[str, str]) -> Layer:
    return layer._replace(gives=tuple(names.get(name, name) for name in layer.gives))


def _taking(node: Node, names: Mapping[str, tuple[str, ...]]) -> tuple[Node, ...]:
    """A node that takes other values for those that have a name, what is in it as it is."""
    match node:
        case Layer():
            return (_layer_taking(node, names),)
        case From():
            others = names.get(node.name, (node.name,))
            return (node,) if len(others) > 1 else begins(others, node)
        case ModuleCall():
            inputs = ((here, one) for here, name in node.inputs for one in names.get(name, (name,)))
            return (node._replace(inputs=tuple(inputs)),)
        case Towers() | Residual():
            return (node._replace(merge=_layer_taking(node.merge, names)),)
        case Graph():
            own = {name for name, _ in node.nodes}
            edges = (
                (tail, head)
                for name, head in node.edges
                for tail in ((name,) if name in own else names.get(name, (name,)))
            )
            return (node._replace(edges=tuple(edges)),)
        case _:
            return (node,)


def _layer_taking(layer: Layer, names: Mapping[str, tuple[str, ...]]) -> Layer:
    takes = (one for name in layer.takes for one in names.get(name, (name,)))
    return layer._replace(takes=tuple(takes))


def each_series(series: Series, change: Callable[[Series], Series]) -> Series:
    """A series changed, and every one in it, outside of modules."""

    def deep(one: Series) -> Series:
        return Series(tuple(_mapped(node, deep) for node in change(one).nodes))

    return deep(series)


def _inner_first(series: Series, change: Callable[[Series], Series]) -> Series:
    """The same, each after those in it: what a change brings is not changed."""

    def deep(one: Series) -> Series:
        return change(Series(tuple(_mapped(node, deep) for node in one.nodes)))

    return deep(series)


def _mapped(node: Node, deep: Callable[[Series], Series]) -> Node:
    """A node with the series in it changed."""
    match node:
        case Series():
            return deep(node)
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
