"""A graph in columns: each node by its longest way from the input, lines cut at each column.

A value has one line: it passes the columns between its node and the last that takes it, and
branches where others do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from archviz.layout.blocks import Block

SKIP_ABOVE = 1e-3
"""What it costs, in crossings, that a line passes a box on the other side than shortcuts."""


@dataclass(eq=False)
class Vertex:
    """A node in its column: a block, or (``block`` None) a line passing or an end."""

    name: str
    rank: int
    block: Block | None = None
    y: float = 0.0
    x: float = 0.0
    place: int = 0
    """Its place in its column, from above."""
    targets: list[Vertex] = field(default_factory=list)
    sources: list[Vertex] = field(default_factory=list)
    hooks: list[Vertex] = field(default_factory=list)
    """Lines in its own column that enter it from above or below."""

    again: list[Vertex] = field(default_factory=list)
    """Its sources of which it takes the value twice."""

    @property
    def width(self) -> float:
        """Width of what is drawn."""
        return self.block.width if self.block else 0.0

    @property
    def up(self) -> float:
        """How far it reaches above its line."""
        return self.block.up if self.block else 0.0

    @property
    def down(self) -> float:
        """How far it reaches below its line."""
        return self.block.down if self.block else 0.0


def layered(
    blocks: Mapping[str, Block], edges: Sequence[tuple[str, str]], early: Iterable[str]
) -> list[list[Vertex]]:
    """Columns of vertices; the first begins with ``in`` if anything takes it, the last is ``out``.

    ``blocks`` in topological order, those in ``early`` stand in the first column.
    """
    heads: dict[str, dict[str, int]] = {}
    for tail, head in edges:
        counts = heads.setdefault(tail, {})
        counts[head] = counts.get(head, 0) + 1
    ranks = ranks_of(blocks, heads, {*early})
    names = [name for name in ("in", *blocks, "out") if name != "in" or name in heads]
    vertices = {name: Vertex(name, ranks[name], blocks.get(name)) for name in names}
    least = min(vertex.rank for vertex in vertices.values())
    columns: list[list[Vertex]] = [[] for _ in range(ranks["out"] - least + 1)]
    for vertex in vertices.values():
        vertex.rank -= least
        columns[vertex.rank].append(vertex)
    for name in names:
        last = vertices[name]
        for head in sorted(heads.get(name, ()), key=lambda head: ranks[head]):
            while last.rank < vertices[head].rank - 1:
                step = Vertex("", last.rank + 1)
                columns[step.rank].append(step)
                link(last, step)
                last = step
            link(last, vertices[head])
            if heads[name][head] > 1:
                vertices[head].again.append(last)
    return columns


def ranks_of(
    blocks: Mapping[str, Block], heads: Mapping[str, Iterable[str]], early: set[str]
) -> dict[str, int]:
    """The column of each node, and of ``in`` and ``out``; inputs stand before what takes them."""
    ranks = dict.fromkeys(("in", *blocks, "out"), 0)
    entered = {head for targets in heads.values() for head in targets}
    inputs = [name for name in blocks if name not in entered and name not in early]
    ranks.update(dict.fromkeys(inputs, 1))
    for name in list(ranks):
        for head in heads.get(name, ()):
            ranks[head] = max(ranks[head], ranks[name] + 1)
    ends = [ranks[name] + 1 for name in blocks if name not in heads]  # taken by a name
    ranks["out"] = max([ranks["out"], *ends])
    for name in inputs:
        ranks[name] = min((ranks[head] for head in heads.get(name, ())), default=2) - 1
    return ranks


def lines_passing(blocks: Mapping[str, Block], edges: Sequence[tuple[str, str]]) -> int:
    """How many vertices lines would be cut into, at least."""
    heads: dict[str, list[str]] = {}
    for tail, head in edges:
        heads.setdefault(tail, []).append(head)
    ranks = ranks_of(blocks, heads, set(heads) - set(blocks))
    far = {tail: max(ranks[head] for head in heads[tail]) for tail in heads if tail in ranks}
    return sum(max(0, rank - ranks[tail] - 1) for tail, rank in far.items())


def link(tail: Vertex, head: Vertex) -> None:
    """Lead a line from ``tail`` to ``head``, in the next column."""
    tail.targets.append(head)
    head.sources.append(tail)


def unlink(tail: Vertex, head: Vertex) -> None:
    """Take that line away."""
    tail.targets.remove(head)
    head.sources.remove(tail)


def follows(tail: Vertex, head: Vertex) -> bool:
    """Whether the two are links of a chain: nothing else leaves the one or enters the other."""
    return len(tail.targets) == 1 and len(head.sources) == 1


def number(column: Iterable[Vertex]) -> None:
    """Tell the vertices of a column their places."""
    for place, vertex in enumerate(column):
        vertex.place = place


class Chain:
    """Vertices one after another, with nothing else entering or leaving between."""

    def __init__(self, number: int, vertices: Sequence[Vertex]) -> None:
        self.number = number
        self.first = vertices[0].rank
        self.vertices = vertices
        self.stop = self.first + len(vertices)
        self.place = 0
        self.counts = [0, *accumulate(vertex.block is not None for vertex in vertices)]

    def at(self, rank: int) -> Vertex:
        """Its vertex in a column."""
        return self.vertices[rank - self.first]

    def boxes(self, first: int, last: int) -> int:
        """How many boxes it has from one column to another."""
        return self.counts[last + 1 - self.first] - self.counts[first - self.first]


def chains_of(columns: Sequence[Sequence[Vertex]]) -> list[Chain]:
    """The chains of a graph, by their first column."""
    chains: list[Chain] = []
    for column in columns:
        for vertex in column:
            if any(follows(source, vertex) for source in vertex.sources):
                continue
            links = [vertex]
            while links[-1].targets and follows(links[-1], links[-1].targets[0]):
                links.append(links[-1].targets[0])
            chains.append(Chain(len(chains), links))
    return chains
