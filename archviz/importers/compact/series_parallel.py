"""Series-parallel reduction: from the layers of a graph to a tree of chains and paths.

One sweep in topological order. A layer with one way in and one way out joins the chain
before it; where all ways into a merge come from one place, they and the merge become one
element; where some do, they become a fork at the end of a path. What is left is wired
freely: its smallest regions with one way in and one way out become one element each, and
the sweep runs again.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import NamedTuple

from archviz.importers.compact.cell_chains import cells_of
from archviz.importers.compact.regions import Region, closed_regions
from archviz.importers.compact.tree import (
    Chain,
    Element,
    Fork,
    FreeGraph,
    Parallel,
    chains_of,
    takes_previous,
)
from archviz.network.model import PREVIOUS

DEEPEST = 14
"""Paths in paths; what nests deeper is wired freely, since nobody could read it."""
FORKED = frozenset({"concat", "add"})
"""Merges of merges of these kinds come to the same as one merge."""


class Edge:
    """A way between two layers, and the elements on it; ``place`` among the target's inputs."""

    __slots__ = ("content", "place", "source", "target")

    def __init__(self, source: int, target: int, place: int, content: Chain) -> None:
        self.source = source
        self.target = target
        self.place = place
        self.content = content


_place = attrgetter("place")


class Wiring(NamedTuple):
    """What the reduction needs of a graph: kinds and inputs by number, in topological order.

    The first layer is the input, the last one the output.
    """

    kinds: Sequence[str]
    inputs: Sequence[Sequence[int]]


def decompose(wiring: Wiring) -> tuple[Chain, int]:
    """The chain from the input to the output, and how many layers stand for nothing.

    A layer that takes one value twice in free wiring gets it once through an element that
    is no layer: a number beyond all layers.
    """
    return _Decomposition(wiring).run()


class _Decomposition:
    def __init__(self, wiring: Wiring) -> None:
        self.kinds = wiring.kinds
        size = len(wiring.inputs)
        self.element: list[Element] = list(range(size))
        self.order: list[int] = list(range(size))
        self.arriving: list[list[Edge]] = [
            [Edge(source, target, place, []) for place, source in enumerate(sources)]
            for target, sources in enumerate(wiring.inputs)
        ]
        self.leaving: list[int] = []
        self.only_out: list[Edge | None] = []
        self.spare = size
        self.entries: dict[FreeGraph, list[int]] = {}
        """Of wiring without nesting: where its edges from ``in`` are."""

    def run(self) -> tuple[Chain, int]:
        last = self.order[-1]
        size = len(self.arriving)
        while True:
            self.count_out()
            for vertex in self.order:
                self.visit(vertex)
            entry = self.arriving[last]
            if not entry or (len(entry) == 1 and entry[0].source == self.order[0]):
                content = entry[0].content if entry else []
                if entry:
                    content.append(self.element[last])
                return content, self.spare - size
            self.contract()

    def count_out(self) -> None:
        size = len(self.arriving)
        leaving = self.leaving = [0] * size
        only_out = self.only_out = [None] * size
        for vertex in self.order:
            for edge in self.arriving[vertex]:
                leaving[edge.source] += 1
                only_out[edge.source] = edge

    def visit(self, vertex: int) -> None:
        """Join what arrives; go into the only edge that leaves, if there is one way in."""
        arriving = self.arriving[vertex]
        if len(arriving) > 1:
            self.join(vertex)
            arriving = self.arriving[vertex]
        if len(arriving) == 1 and self.leaving[vertex] == 1:
            self.absorb(vertex, self.only_out[vertex])

    def absorb(self, vertex: int, edge: Edge | None) -> None:
        """Put a vertex with one way in and one out, and what is before it, into the way out."""
        assert edge is not None
        before = self.arriving[vertex][0]
        content = before.content
        content.append(self.element[vertex])
        content += edge.content
        edge.content = content
        edge.source = before.source
        if self.leaving[edge.source] == 1:
            self.only_out[edge.source] = edge
        self.arriving[vertex] = []
        self.leaving[vertex] = 0

    def join(self, vertex: int) -> None:
        """Bring together the edges that come from one place, the latest place first."""
        arriving = self.arriving[vertex]
        if len({edge.source for edge in arriving}) == 1:
            self.close(vertex, arriving)
            return
        groups: dict[int, list[Edge]] = {}
        for edge in arriving:
            groups.setdefault(edge.source, []).append(edge)
        forks = self.kinds[vertex] in FORKED and isinstance(self.element[vertex], int)
        waiting = [-source for source, edges in groups.items() if len(edges) > 1]
        heapify(waiting)
        while waiting:
            source = -heappop(waiting)
            edges = groups[source]
            if len(groups) == 1:
                self.close(vertex, edges)
                return
            if not forks:
                continue
            edges.sort(key=_place)
            contents = [edge.content for edge in edges]
            depth = 1 + nesting(contents)
            if depth > DEEPEST:
                continue
            fork = Fork(contents, depth)
            joined = Edge(source, vertex, edges[0].place, [fork])
            groups[source] = [joined]
            self.leaving[source] -= len(edges) - 1
            if self.leaving[source] == 1 and len(self.arriving[source]) == 1:
                del groups[source]
                self.absorb(source, joined)
                group = groups.setdefault(joined.source, [])
                group.append(joined)
                if len(group) == 2:
                    heappush(waiting, -joined.source)
        self.arriving[vertex] = [edge for edges in groups.values() for edge in edges]

    def close(self, vertex: int, edges: list[Edge]) -> None:
        """All edges into a merge come from one place: one element."""
        edges.sort(key=_place)
        source = edges[0].source
        contents = [edge.content for edge in edges]
        depth = 1 + nesting(contents)
        merge = self.element[vertex]
        assert isinstance(merge, int)
        self.element[vertex] = (
            Parallel(contents, merge, depth) if depth <= DEEPEST else self.flat(vertex, edges)
        )
        entry = Edge(source, vertex, 0, [])
        self.arriving[vertex] = [entry]
        self.leaving[source] -= len(edges) - 1
        if self.leaving[source] == 1:
            self.only_out[source] = entry
            if len(self.arriving[source]) == 1:
                self.absorb(source, entry)

    # ---- free wiring ------------------------------------------------------------------------

    def contract(self) -> None:
        """Make one element of each smallest region with one way in and one way out."""
        alive = [v for v in self.order if self.arriving[v] or v == self.order[0]]
        self.order = alive
        preds = {v: [edge.source for edge in self.arriving[v]] for v in alive}
        for region in closed_regions(alive, preds):
            spans = self.is_shallow(region) and cells_of(region, preds, self.may_end)
            before = region.entry
            content: Chain = []
            for span in spans or [region]:
                content.append(self.one_element(span, before))
                before = span.entry
            for vertex in region.inner:
                self.arriving[vertex] = []
            self.element[region.exit] = content.pop()
            self.arriving[region.exit] = [Edge(region.entry, region.exit, 0, content)]
        self.order = [v for v in alive if self.arriving[v] or v == alive[0]]

    def is_shallow(self, region: Region) -> bool:
        """Whether cells can be made of a region without nesting too deep."""
        if self.kinds[region.entry] == "start":
            return False
        edges = [edge for v in (*region.inner, region.exit) for edge in self.arriving[v]]
        return nesting([edge.content for edge in edges]) < DEEPEST - 1

    def may_end(self, vertex: int) -> bool:
        """Whether a vertex can be the end of a cell: it brings paths together."""
        return len(self.arriving[vertex]) > 1 or not isinstance(self.element[vertex], int)

    def one_element(self, region: Region, before: int) -> Element:
        """A region as one element; ``before`` is what the element before it takes in."""
        if not region.inner and len(self.arriving[region.exit]) == 1:
            only = self.arriving[region.exit][0]
            if not only.content:
                return self.element[region.exit]
        builder = _FreeGraphBuilder(self, region.entry)
        builder.names.setdefault(before, PREVIOUS)
        for vertex in region.inner:
            builder.vertex(vertex)
        builder.vertex(region.exit)
        builder.edges.append((builder.names[region.exit], "out"))
        depth = 1 + nesting([chain for _, chain in builder.nodes])
        made = FreeGraph(builder.nodes, builder.edges, depth)
        return made if depth <= DEEPEST else self.flattened(region.entry, made)

    def flat(self, vertex: int, edges: list[Edge]) -> FreeGraph:
        """Paths that nest too deep, as free wiring without any nesting."""
        builder = _FreeGraphBuilder(
            self, edges[0].source, self.largest([edge.content for edge in edges])
        )
        ends: list[str] = []
        for edge in edges:
            ends += builder.flat_chain(edge.content, ["in"])
        return self.closed(builder, builder.node([self.element[vertex]], ends))

    def flattened(self, entry: int, graph: FreeGraph) -> FreeGraph:
        """Free wiring with deep paths in it, without any nesting."""
        builder = _FreeGraphBuilder(self, entry, self.largest([chain for _, chain in graph.nodes]))
        return self.closed(builder, builder.flat_graph(graph, ["in"], ["in"])[0])

    def largest(self, chains: Sequence[Chain]) -> FreeGraph | None:
        """The largest free wiring without nesting in some chains: it is kept and added to."""
        inside = [
            e for chain in chains for e in chain if isinstance(e, FreeGraph) and e in self.entries
        ]
        return max(inside, default=None, key=_nodes_in)

    def closed(self, builder: _FreeGraphBuilder, last: str) -> FreeGraph:
        """What a builder has made, as an element that ends in a node."""
        builder.edges.append((last, "out"))
        made = FreeGraph(builder.nodes, builder.edges, DEEPEST)
        self.entries[made] = builder.entries
        return made


def nesting(chains: Sequence[Chain]) -> int:
    """How deep paths nest in some chains."""
    deepest = 0
    for chain in chains:
        for element in chain:
            if not isinstance(element, int) and element.depth > deepest:
                deepest = element.depth
    return deepest


def _nodes_in(graph: FreeGraph) -> int:
    return len(graph.nodes)


class _FreeGraphBuilder:
    """Names the nodes of free wiring and gathers its edges."""

    def __init__(self, parent: _Decomposition, entry: int, kept: FreeGraph | None = None) -> None:
        self.parent = parent
        self.names: dict[int, str] = {entry: "in"}
        self.kept = kept
        self.nodes: list[tuple[str, Chain]] = kept.nodes if kept else []
        self.edges: list[tuple[str, str]] = kept.edges if kept else []
        self.entries: list[int] = []
        self.last = self.edges.pop()[0] if kept else "in"

    def node(self, chain: Chain, sources: Sequence[str]) -> str:
        """A new node fed by others, none of them twice."""
        first = chain[0]
        number = (
            first.merge if isinstance(first, Parallel) else first if isinstance(first, int) else -1
        )
        kinds = self.parent.kinds
        kind = kinds[number] if 0 <= number < len(kinds) else "part"
        name = f"{kind}-{len(self.nodes) + 1}"
        seen: set[str] = set()
        wires: list[tuple[str, str]] = []
        for source in sources:
            if source in seen:
                source = self.node([self.parent.spare], [source])
                self.parent.spare += 1
            seen.add(source)
            if source == "in":
                self.entries.append(len(self.edges) + len(wires))
            wires.append((source, name))
        self.nodes.append((name, chain))
        self.edges += wires
        return name

    def vertex(self, vertex: int) -> None:
        """A layer of the region, with what is on the edges that come into it."""
        parent = self.parent
        element = parent.element[vertex]
        arriving = sorted(parent.arriving[vertex], key=_place)
        ends: list[str] = []
        for edge in arriving:
            ends += self.way(edge.content, self.names[edge.source], len(arriving) == 1)
        if len(arriving) == 1 and len(ends) == 1:
            self.names[vertex] = self.node([*arriving[0].content, element], ends)
        else:
            self.names[vertex] = self.node([element], ends)

    def way(self, content: Chain, source: str, alone: bool) -> list[str]:
        """The nodes in which a way ends, a fork at its end taken apart."""
        if content and isinstance(content[-1], Fork):
            fork = content.pop()
            assert isinstance(fork, Fork)
            start = self.node(content, [source]) if content else source
            return [end for branch in fork.branches for end in self.way(branch, start, False)]
        if not content or alone:
            return [source]
        return [self.node(content, [source])]

    def flat_chain(self, chain: Chain, ends: list[str]) -> list[str]:
        """Write a chain out with all paths in it; the nodes in which it ends."""
        run: Chain = []
        before = ends
        for element in chain:
            if isinstance(element, int):
                run.append(element)
                continue
            if len(run) > 1 and takes_previous(element):
                ends, run = [self.node(run[:-1], ends)], run[-1:]
            if run:
                before, ends, run = ends, [self.node(run, ends)], []
            before, ends = ends, self.flat_element(element, ends, before)
        return [self.node(run, ends)] if run else ends

    def flat_element(self, element: Element, ends: list[str], before: list[str]) -> list[str]:
        """An element written out; ``before`` is what the element before it took in."""
        if isinstance(element, FreeGraph):
            return self.flat_graph(element, ends, before)
        inner = [end for chain in chains_of(element) for end in self.flat_chain(chain, ends)]
        return [self.node([element.merge], inner)] if isinstance(element, Parallel) else inner

    def flat_graph(self, graph: FreeGraph, ends: list[str], before: list[str]) -> list[str]:
        """Free wiring inside free wiring; the records of the largest are kept."""
        if graph is self.kept:
            inner = self.parent.entries[graph]
            for index in inner:
                self.edges[index] = ends[0], self.edges[index][1]
            self.entries += inner if ends[0] == "in" else []
            return [self.last]
        sources: dict[str, list[str]] = {}
        for source, target in graph.edges:
            sources.setdefault(target, []).append(source)
        names = {"in": ends[0], PREVIOUS: before[0]}
        for name, chain in graph.nodes:
            feeding = [names[source] for source in sources[name]]
            rest = chain
            if len(feeding) > 1:
                feeding, rest = [self.node(chain[:1], feeding)], chain[1:]
            names[name] = self.flat_chain(rest, feeding)[0]
        return [names[sources["out"][0]]]
