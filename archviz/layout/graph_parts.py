"""Graphs that are too long for their lines, cut between columns into parts that stand in a row.

Where one value crosses a cut, it is the line from part to part. Of several one is, and the
others go on by their names. All this is done to the tree, before anything is measured for
good: what draws rows, names and slides draws the parts, too.

::

    graph ─columns─▶ widths, values crossing ─cuts─▶ parts ─▶ graphs, layers and names
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from math import ceil
from typing import NamedTuple

from archviz.layout.blocks import Block
from archviz.layout.graph import (
    BEFORE_TRACKS,
    BEHIND_TRACKS,
    TRACK,
    node_blocks,
)
from archviz.layout.graph_layers import ranks_of
from archviz.layout.hidden_values import free_name
from archviz.layout.names import each_series
from archviz.layout.style import Style
from archviz.layout.wires import is_drawn, taken_in
from archviz.network import walk
from archviz.network.model import (
    COMING_IN,
    PLAIN,
    PREVIOUS,
    Graph,
    Named,
    Node,
    Series,
)

INPUT = "input"
"""The name of what comes into a graph, where a part of it needs one."""
PART, UNEVEN = 3.0, 2.0
"""What a part costs, and that it is as long again as it should be, in names at cuts."""
LONG_NODE = 4
"""What stands at a node is drawn as several if it is longer than one of so many of a line."""
TRIES, STRETCH = 8, 1.02
"""How often a graph is cut anew because a part is longer than it was thought to be, and how
much longer than that it is thought to be then."""


class Columns(NamedTuple):
    """A graph's columns, measured, and the values that cross from each to the next."""

    ranks: Mapping[str, int]
    sizes: tuple[float, ...]
    """The length of each column with what is behind it."""
    starts: tuple[float, ...]
    """Where each begins, and where the last ends."""
    lead: float
    """What stands before the first column of a part."""
    crossing: tuple[int, ...]
    first: int
    """The first column in which a node stands; ``last``: the last one."""
    last: int

    def length(self, first: int, last: int) -> float:
        """Length of a part from one column to another: a line leads to it, and on from it."""
        return self.starts[last + 1] - self.starts[first] + self.lead

    def stretched(self, first: int, last: int, share: float) -> Columns:
        """With columns longer that are so when they are drawn."""
        sizes = tuple(
            size * share if first <= rank <= last else size for rank, size in enumerate(self.sizes)
        )
        return self._replace(sizes=sizes, starts=tuple(accumulate(sizes, initial=0.0)))


class Maker(NamedTuple):
    """Makes blocks of what stands in graphs that are no longer than ``longest`` pixels.

    ``block_of`` is told which names there are of values to which no wire leads.
    """

    block_of: Callable[[Series, frozenset[str]], Block]
    style: Style
    longest: float

    def plain(self, series: Series) -> Block:
        """The block of a series without such names."""
        return self.block_of(series, frozenset())


def in_parts(
    body: Series, maker: Maker, gives: Sequence[str] = ()
) -> tuple[Series, frozenset[str]]:
    """``body`` with those graphs in parts that are too long, and the new names.

    Values of the names ``gives`` go out of ``body``.
    """
    shown = {id(node) for node in walk.within(body, shown=True, modules=False)}
    known = {COMING_IN, PREVIOUS, *gives, *taken_in(body)}
    for node in walk.within(body, modules=False):
        known.update(walk.gives(node))
    named: set[str] = set()

    def parted(series: Series) -> Series:
        nodes: list[Node] = []
        for node in series.nodes:
            if isinstance(node, Graph) and is_drawn(node) and id(node) in shown:
                before = nodes[-1] if nodes else None
                parts, names = _parted(node, maker, before, known | named)
                named.update(names)
                nodes += parts
            else:
                nodes.append(node)
        return Series(tuple(nodes))

    return each_series(body, parted), frozenset(named)


def _parted(
    graph: Graph, maker: Maker, before: Node | None, known: set[str]
) -> tuple[list[Node], frozenset[str]]:
    """A graph in parts, and the names of values that go from one to another.

    ``before``: what stands before it; ``known``: the names of other values.
    """
    block_of, style, longest = maker.plain, maker.style, maker.longest
    none = frozenset[str]()
    columns = _columns(graph, block_of, style)
    if columns.starts[-1] <= longest:
        return [graph], none
    graph = _in_links(graph, block_of, longest / LONG_NODE)
    columns = _columns(graph, block_of, style)
    found: tuple[list[Node], frozenset[str]] = [graph], none
    for _ in range(TRIES):
        cuts = [*_cuts(columns, longest)]
        parts = _Parts(graph, columns.ranks, cuts, before, known)
        found = parts.all, frozenset(parts.new)
        longer = columns
        for place, (start, stop) in enumerate(pairwise([columns.first - 1, *cuts, columns.last])):
            block = maker.block_of(Series(tuple(parts.nodes[place])), found[1])
            if block.width > longest and stop > start + 1:
                share = block.width / columns.length(start + 1, stop)
                longer = longer.stretched(start + 1, stop, STRETCH * max(share, 1.0))
        if longer is columns:
            break
        columns = longer
    return found


def _in_links(graph: Graph, block_of: Callable[[Series], Block], longest: float) -> Graph:
    """The graph with those nodes as several, one behind the other, that are longer than this."""
    nodes: list[tuple[str, Series]] = []
    edges = list[tuple[str, str]]()
    first: dict[str, str] = {}
    for name, body in graph.nodes:
        groups: list[list[Node]] = []
        for node in body.nodes if block_of(body).width > longest else ():
            if groups and (isinstance(node, Named) or not is_drawn(node)):
                groups[-1].append(node)
            else:
                groups.append([node])
        links = [Series(tuple(group)) for group in groups] or [body]
        names = [*(f"{name}.{number}" for number in range(1, len(links))), name]
        nodes += zip(names, links, strict=True)
        edges += pairwise(names)
        first[name] = names[0]
    edges += ((tail, first.get(head, head)) for tail, head in graph.edges)
    return graph._replace(nodes=tuple(nodes), edges=tuple(edges))


def _columns(graph: Graph, block_of: Callable[[Series], Block], style: Style) -> Columns:
    """Measure the columns of a graph; of the tracks between them, about as many as there are."""
    blocks = node_blocks(graph, block_of, style)
    own = {"in", *(name for name, _ in graph.nodes)}
    heads: dict[str, set[str]] = {}
    tails: dict[str, int] = {}
    for tail, head in graph.edges:
        heads.setdefault(tail, set()).add(head)
        tails[head] = tails.get(head, 0) + 1
    ranks = ranks_of(blocks, heads, blocks.keys() - own)
    size = max(ranks.values()) + 1
    widths, tracks, steps = [0.0] * size, [0] * size, [0] * (size + 1)
    for name, rank in ranks.items():
        if name in blocks:
            widths[rank] = max(widths[rank], blocks[name].width)
        tracks[rank] += len(heads.get(name, ())) > 1
        tracks[rank - 1] += tails.get(name, 0) > 1
        if name in own and name in heads:
            steps[rank] += 1
            steps[max(ranks[head] for head in heads[name])] -= 1
    lead = style.gap(BEFORE_TRACKS + BEHIND_TRACKS)
    sizes = [
        width + lead + style.gap(TRACK) * max(0, many - 1)
        for width, many in zip(widths, tracks, strict=True)
    ]
    sizes[-1] = 0.0
    nodes = [ranks[name] for name, _ in graph.nodes]
    crossing = tuple(accumulate(steps[:-1]))
    columns = Columns(ranks, tuple(sizes), (), lead, crossing, min(nodes), max(nodes))
    return columns.stretched(0, 0, 1.0)


def _cuts(columns: Columns, limit: float) -> Iterator[int]:
    """The columns behind which a graph is cut: wherever one value crosses; and where few do, if
    what is between those cuts is longer than ``limit``."""
    first, last, crossing = columns.first, columns.last, columns.crossing
    single = [rank for rank in range(first, last) if crossing[rank] == 1]
    for start, stop in pairwise([first - 1, *single, last]):
        yield from _even_cuts(columns, start + 1, stop, limit)
        if stop != last:
            yield stop


def _even_cuts(columns: Columns, first: int, last: int, limit: float) -> list[int]:
    """Where few values cross, so that parts are no longer than ``limit`` and about as long."""
    whole = columns.length(first, last)
    if whole <= limit:
        return []
    ideal = whole / ceil(whole / limit)
    costs = {first - 1: (0.0, first - 1)}
    """By the last column of a part: what all parts as far as there cost, and the one before."""
    for end in range(first, last + 1):
        ways: list[tuple[float, int]] = []
        for before in range(end - 1, first - 2, -1):
            length = columns.length(before + 1, end)
            if length > limit and before < end - 1:
                break
            uneven = UNEVEN * (1 - length / ideal) ** 2
            names = columns.crossing[end] - 1 if end < last else 0
            ways.append((costs[before][0] + PART + uneven + names, before))
        costs[end] = min(ways)
    cuts = [costs[last][1]]
    while cuts[-1] >= first:
        cuts.append(costs[cuts[-1]][1])
    return sorted(cut for cut in cuts if cut >= first)


class _Parts:
    """The parts of a graph that is cut behind some columns."""

    def __init__(
        self,
        graph: Graph,
        ranks: Mapping[str, int],
        cuts: Sequence[int],
        before: Node | None,
        known: set[str],
    ) -> None:
        self.graph, self.cuts = graph, cuts
        self.known = set(known)
        self.bodies = dict(graph.nodes)
        order = ["in", *self.bodies]
        self.part = {name: bisect_left(cuts, ranks[name]) for name in order}
        self.part["out"] = len(cuts)
        self.lines = [self._line(ranks, place) for place in range(len(cuts))]
        """The value that leads from each part to the next."""
        by_name = {
            tail: None
            for tail, head in graph.edges
            if tail in self.part and self._by_name(tail, self.part[head])
        }
        self.new: list[str] = []
        self.names = {name: self._name(name, before) for name in by_name}
        self.nodes = [self._part(place) for place in range(len(cuts) + 1)]
        """What stands in each part."""

    @property
    def all(self) -> list[Node]:
        """All parts, and before them a name of what comes in, where one has to be given."""
        given = "in" in self.names and self.names["in"] in self.new
        return [*([self._named("in")] if given else []), *chain.from_iterable(self.nodes)]

    def _line(self, ranks: Mapping[str, int], place: int) -> str:
        """What leads on from a part: of the values that the next part takes the one made last."""
        crossing = [
            tail
            for tail, head in self.graph.edges
            if tail in self.part and self.part[tail] <= place < self.part[head]
        ]
        soon = {tail for tail, head in self.graph.edges if self.part[head] == place + 1}
        return max(crossing, key=lambda tail: (tail in soon, ranks[tail]))

    def _by_name(self, tail: str, part: int) -> bool:
        """Whether a part takes a value by its name."""
        return self.part[tail] < part and self.lines[part - 1] != tail

    def _name(self, value: str, before: Node | None) -> str:
        """The name of a value: that which it has, else that of its node."""
        last = before
        if value != "in":
            last = self.bodies[value].nodes[-1] if self.bodies[value].nodes else None
        if isinstance(last, Named):
            return last.name
        name = INPUT if value == "in" else value
        found = name if name not in self.known else free_name(name, self.known)
        self.known.add(found)
        self.new.append(found)
        return found

    def _named(self, value: str) -> Named:
        name = self.names[value]
        return Named(name, f"{self.graph.where}.{name}", self.graph.mark)

    def _tail(self, tail: str, part: int) -> str:
        """Where a value comes from in a part."""
        if tail not in self.part or self.part[tail] == part:
            return tail
        return self.names[tail] if self._by_name(tail, part) else "in"

    def _part(self, place: int) -> list[Node]:
        """What stands in a part: a graph, or what a graph would only have in a row."""
        graph = self.graph
        bodies = [(name, body) for name, body in graph.nodes if self.part[name] == place]
        for at, (name, body) in enumerate(bodies):
            if self.names.get(name) in self.new:
                bodies[at] = name, Series((*body.nodes, self._named(name)))
        edges = [
            (self._tail(tail, place), head)
            for tail, head in graph.edges
            if self.part[head] == place
        ]
        if place < len(self.cuts):
            edges.append((self._tail(self.lines[place], place), "out"))
        look = graph.look if not place else PLAIN._replace(color=graph.look.color)
        in_row = ["in", *(name for name, _ in bodies), "out"]
        if look == PLAIN and sorted(edges) == sorted(pairwise(in_row)):
            return [node for _, body in bodies for node in body.nodes]
        return [graph._replace(nodes=tuple(bodies), edges=tuple(edges), look=look)]
