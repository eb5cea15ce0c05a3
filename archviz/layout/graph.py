"""A ``graph:`` module: dot orders the nodes, we draw right-angled lines between them.

Every edge is cut into steps from one column to the next, with a bend point in each column
that it passes, so that dot keeps room for it beside the boxes. In the channel between two
columns each target has a track of its own for its vertical: no two lines run on top of
one another unless they come from one source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from archviz.layout.blocks import Block
from archviz.layout.canvas import Canvas, Port, port_shape
from archviz.layout.graphviz_engine import dot_positions
from archviz.layout.style import Style
from archviz.network.model import PREVIOUS, Graph, Series
from archviz.scene.text import text_width

TRACK = 0.32
"""Units between two tracks."""
NEAR = 0.15
"""Units within which two lines would seem to touch."""


@dataclass(eq=False)
class Vertex:
    """A node in its column: a block, or (``block`` None) a line passing or an end."""

    name: str
    rank: int
    block: Block | None = None
    y: float = 0.0
    x: float = 0.0
    targets: list[Vertex] = field(default_factory=list)
    sources: list[Vertex] = field(default_factory=list)

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

    def meets(self, other: Vertex) -> bool:
        """Whether a line between the two is straight."""
        return self.y == other.y


class EntryBlock(Block):
    """A line of a named value, with its name on it."""

    def __init__(self, name: str, style: Style) -> None:
        self.name, self.style = name, style
        self.size = style.metric("caption")
        self.rise = style.px(0.12)
        self.width, across = style.flow.lies(text_width(name, self.size), self.size)
        self.up = self.rise + across
        self.down = style.px(0.1)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; the line of ``previous`` starts level with ``sources``."""
        left = sources[0].x if sources and self.name == PREVIOUS else x
        start = port_shape(canvas, left, y)
        fill = self.style.theme.color("caption")
        role = "caption" if self.name == PREVIOUS else "wire"
        at = x, y - self.rise
        canvas.label(*at, self.name, self.size, fill, along="after", across="before", role=role)
        return [Port(((left, y), (x + self.width, y)), source=start.id)]


def graph_block(graph: Graph, block_of: Callable[[Series], Block], style: Style) -> GraphBlock:
    """The block of a graph; ``block_of`` makes the block of what stands at a node."""
    nodes = {"in", *(name for name, _ in graph.nodes)}
    names = [source for source, _ in graph.edges if source not in nodes]
    blocks: dict[str, Block] = {name: EntryBlock(name, style) for name in names}
    blocks |= {name: block_of(series) for name, series in graph.nodes}
    return GraphBlock(blocks, graph.edges, style)


class GraphBlock(Block):
    """Nodes in columns by their longest way from the input."""

    def __init__(
        self, blocks: dict[str, Block], edges: Sequence[tuple[str, str]], style: Style
    ) -> None:
        self.style = style
        self.begins = all(tail != "in" for tail, _ in edges)
        self.vertices = _vertices(blocks, edges)
        self.columns: list[list[Vertex]] = [
            [] for _ in range(1 + max(c.rank for c in self.vertices))
        ]
        for vertex in self.vertices:
            self.columns[vertex.rank].append(vertex)
        self._heights()
        self.tracks: dict[Vertex, float] = {}
        self._widths()
        self.up = max(vertex.up - vertex.y for vertex in self.vertices) + style.px(0.1)
        self.down = max(vertex.down + vertex.y for vertex in self.vertices) + style.px(0.1)
        self.left_gap = style.px(0.45)
        self.right_gap = style.px(0.2)

    def _heights(self) -> None:
        """Ask dot for the heights; the input stands at 0."""
        style = self.style
        sizes = {}
        for vertex in self.vertices:
            if not vertex.targets and not vertex.sources:
                continue  # an ``in`` that nothing takes, where the graph begins with inputs
            half = max(vertex.up, vertex.down, style.px(0.1))
            sizes[vertex.name] = (style.px(1), 2 * half)
        edges = [
            (vertex.name, target.name) for vertex in self.vertices for target in vertex.targets
        ]
        centres = dot_positions(sizes, edges, node_gap=style.px(0.3), rank_gap=style.px(1))
        zero = centres[self.vertices[-1 if self.begins else 0].name][1]
        for vertex in self.vertices:
            vertex.y = centres.get(vertex.name, (0.0, zero))[1] - zero
        for column in self.columns:
            column.sort(key=lambda vertex: vertex.y)
        # what ends the graph is alone in its column, as is the output: both level with the input
        self.columns[-2][0].y = self.vertices[-1].y = 0.0
        self._straighten()
        for column in self.columns[1:]:
            self._level(column)
            self._untie(column)

    def _level(self, column: Sequence[Vertex]) -> None:
        """Move vertices that are all but level with a source; not what is level with the input."""
        near = self.style.px(NEAR)
        for place, vertex in enumerate(column):
            others = [*column[:place][-1:], *column[place + 1 :][:1]]
            for source in vertex.sources:
                clear = all(abs(other.y - source.y) > 2 * near for other in others)
                if vertex.y and abs(source.y - vertex.y) < near and clear:
                    vertex.y = source.y
                    break

    def _untie(self, column: Sequence[Vertex]) -> None:
        """Move vertices a little off the height of a line that they would have to share."""
        for attempt in range(12):
            _, stuck = _track_order(column, self.style.px(NEAR))
            if not stuck:
                return
            vertex = stuck[attempt % len(stuck)]
            place = column.index(vertex)
            above, below = column[:place][-1:], column[place + 1 :]
            step = self.style.px(NEAR + 0.05)
            least = step + self.style.px(0.2)
            if above and vertex.y - vertex.up - above[0].y - above[0].down > least:
                vertex.y -= step
                continue
            if below and below[0].y - below[0].up - vertex.y - vertex.down < least:
                for other in below:  # there is room on neither side
                    other.y += step
            vertex.y += step

    def _straighten(self) -> None:
        """Move vertices level with a neighbour in the next column where there is room."""
        gap = self.style.px(0.3)
        forward, backward = self.columns[1:-2], self.columns[-3:0:-1]
        for columns, back in ((forward, False), (backward, True), (forward, False)):
            for column in columns:
                for place, vertex in enumerate(column):
                    top, bottom = float("-inf"), float("inf")
                    if place:
                        top = column[place - 1].y + column[place - 1].down + gap + vertex.up
                    if place + 1 < len(column):
                        bottom = column[place + 1].y - column[place + 1].up - gap - vertex.down
                    near = vertex.targets if back else vertex.sources
                    wanted = sorted((other.y for other in near), key=lambda y: abs(y - vertex.y))
                    for y in wanted:
                        close = abs(y - vertex.y) < self.style.px(0.8)
                        if top <= y <= bottom and close and self._is_free(vertex, y):
                            vertex.y = y
                            break

    def _is_free(self, vertex: Vertex, y: float) -> bool:
        """Whether no neighbour that ``vertex`` is not joined to stands at height ``y``."""
        near = self.style.px(NEAR)
        others = [
            *(c for c in self.columns[vertex.rank - 1] if c not in vertex.sources),
            *(c for c in self.columns[vertex.rank + 1] if c not in vertex.targets),
        ]
        return all(abs(other.y - y) > near for other in others)

    def _widths(self) -> None:
        """Columns from left to right, each channel as wide as its tracks need."""
        style = self.style
        clear = max(style.gap(0.45), style.metric("badge") / 2 + style.px(0.1))
        x = 0.0
        for rank, column in enumerate(self.columns):
            if rank:
                order, _ = _track_order(column, style.px(NEAR))
                first = x + clear
                for place, vertex in enumerate(order):
                    self.tracks[vertex] = first + place * style.gap(TRACK)
                x = first + max(0, len(order) - 1) * style.gap(TRACK) + style.gap(0.65)
            width = max(vertex.width for vertex in column)
            for vertex in column:
                vertex.x = x
            x += width
        self.width = x

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port, or none for inputs."""
        start = self.vertices[0]
        arriving: dict[Vertex, list[Port]] = {}
        ends: list[Port] = []
        for column in self.columns:
            right = x + column[0].x + max(vertex.width for vertex in column)
            for vertex in column:
                entry = arriving.get(vertex, ()) if vertex.rank else sources
                ends = (
                    list(sources) if vertex is start else self._enter(vertex, entry, canvas, x, y)
                )
                if vertex.targets:
                    self._leave(vertex, ends[0], arriving, x, right)
        return ends

    def _enter(
        self, vertex: Vertex, ports: Sequence[Port], canvas: Canvas, x: float, y: float
    ) -> list[Port]:
        """Draw a vertex and the lines into it."""
        track = x + self.tracks.get(vertex, vertex.x)
        height = y + vertex.y
        if len(ports) == 1 and vertex.sources:
            port = ports[0]
            if abs(port.y - height) > 0.01:
                port = port.to((track, port.y), (track, height))
            ports = [port]
        if vertex.block is None:
            return [ports[0].to((x + vertex.x, height))]
        return vertex.block.place(
            canvas, x + vertex.x, height, [port._replace(bus=track) for port in ports]
        )

    def _leave(
        self, vertex: Vertex, port: Port, arriving: dict[Vertex, list[Port]], x: float, right: float
    ) -> None:
        """Give the port of a vertex to its targets: one line, cut where it branches."""

        def bend(target: Vertex) -> float:
            straight = target.meets(vertex) and len(target.sources) == 1
            return float("inf") if straight else x + self.tracks.get(target, right)

        joint: tuple[float, float] | None = None
        for target in sorted(vertex.targets, key=bend):
            given = port if joint is None else port.branch(joint)
            arriving.setdefault(target, []).append(given)
            joint = (bend(target), port.y)


def _vertices(blocks: dict[str, Block], edges: Sequence[tuple[str, str]]) -> list[Vertex]:
    """All vertices, the input first, the output last, lines cut at every column they pass."""
    names = ["in", *blocks, "out"]
    ranks = dict.fromkeys(names, 0)
    entries = {name for name, block in blocks.items() if isinstance(block, EntryBlock)}
    inputs = {*blocks} - {head for _, head in edges} - entries
    ranks.update(dict.fromkeys(inputs, 1))
    for name in names:  # topological
        for tail, head in edges:
            if tail == name:
                ranks[head] = max(ranks[head], ranks[name] + 1)
    for name in inputs:
        ranks[name] = min(ranks[head] for tail, head in edges if tail == name) - 1
    vertices = {
        name: Vertex(f"n{number}", ranks[name], blocks.get(name))
        for number, name in enumerate(names)
    }
    passing: list[Vertex] = []
    for name in names:
        last = vertices[name]
        heads = sorted({head for tail, head in edges if tail == name}, key=lambda head: ranks[head])
        for head in heads:
            while last.rank < ranks[head] - 1:
                step = Vertex(f"p{len(passing)}", last.rank + 1)
                passing.append(step)
                _link(last, step)
                last = step
            _link(last, vertices[head])
    ordered = [*vertices.values(), *passing]
    return sorted(ordered, key=lambda vertex: vertex.rank)


def _link(tail: Vertex, head: Vertex) -> None:
    tail.targets.append(head)
    head.sources.append(tail)


def _track_order(column: Sequence[Vertex], near: float) -> tuple[list[Vertex], list[Vertex]]:
    """The vertices of a column that need a track, in the order of their tracks; and those
    for which no place in that order is free of overlaps.

    A line runs level with its source up to its target's track. Where a source stands at
    the height of a target, that target's track goes right of the source's other targets.
    """
    need = [
        vertex
        for vertex in column
        if len(vertex.sources) > 1 or (vertex.sources and not vertex.sources[0].meets(vertex))
    ]
    need.sort(key=lambda vertex: (-len(vertex.sources), vertex.y))
    after: dict[Vertex, set[Vertex]] = {vertex: set() for vertex in need}
    for vertex in need:
        for other in need:
            if other is not vertex and any(abs(s.y - vertex.y) < near for s in other.sources):
                after[vertex].add(other)
    order: list[Vertex] = []
    stuck: list[Vertex] = []
    placed: set[Vertex] = set()
    while len(order) < len(need):
        rest = [vertex for vertex in need if vertex not in placed]
        free = [vertex for vertex in rest if after[vertex] <= placed]
        if not free:
            stuck.append(rest[0])
        order.append((free or rest)[0])
        placed.add(order[-1])
    return order, stuck
