"""A ``graph:`` module: nodes in columns, with right-angled lines between them.

dot's order of the nodes is where ours begins; the heights and the lines are our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archviz.errors import ArchvizError, Problem
from archviz.layout.blocks import NEAR_BADGE, Block, BoxBlock
from archviz.layout.canvas import Canvas, Port, port_shape
from archviz.layout.compound import SeriesBlock
from archviz.layout.graph_arrange import arrange
from archviz.layout.graph_channels import Vertical, Wire
from archviz.layout.graph_layers import Vertex, layered, lines_passing
from archviz.layout.graphviz_engine import dot_positions
from archviz.layout.style import Style
from archviz.network.model import PREVIOUS, Graph, Series
from archviz.scene.scene import Point, Shape
from archviz.scene.text import text_width

TRACK = 0.4
"""Units between two tracks."""
NEAR = 0.2
"""Units within which two lines would seem to touch."""
BESIDE, LINES = 0.34, 0.45
"""Units between what stands in one column; between two lines, whose crossings have gaps."""
NAME_CLEAR, NAME_OVER = 0.95, 1.35
"""Sizes of its letters between a name and the next line above; the same below its baseline."""
LEAST = (0.22, 4.5)
"""Units, and pixels where these are less, between two lines, however near things stand."""
HOOK, LEAST_HOOK = 0.5, 0.4
"""Units between a box and a line that enters it from above or below, however near rows are: an
arrowhead and its line."""
BEFORE_TRACKS, BEHIND_TRACKS = 0.5, 0.7
"""Units from a column to the first track behind it, and from the last track to the next."""
MOST_PASSING = 12_000
"""Places at which lines pass a column; a graph with more is not drawn."""
MOST_FOR_DOT = 600
"""Vertices of which dot is asked for an order."""


class EntryBlock(Block):
    """A line of a named value, with its name on it."""

    def __init__(self, name: str, style: Style) -> None:
        self.name, self.style = name, style
        self.size = style.metric("caption")
        self.rise = style.px(0.12)
        self.width, across = style.flow.lies(text_width(name, self.size), self.size)
        clear = max(0.0, NAME_CLEAR * self.size - style.row_gap(BESIDE))
        self.up = self.rise + across + clear
        self.down = max(style.px(0.1), NAME_OVER * self.size - self.rise - style.row_gap(BESIDE))

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; the line of ``previous`` starts level with one from outside."""
        left = x
        if self.name == PREVIOUS and sources and len({y for _, y in sources[0].pen}) == 1:
            outside = (one.id for one in canvas.back if isinstance(one, Shape))
            left = sources[0].x if sources[0].source in outside else x
        start = port_shape(canvas, left, y)
        fill = self.style.theme.color("caption")
        role = "caption" if self.name == PREVIOUS else "wire"
        at = x, y - self.rise
        canvas.label(*at, self.name, self.size, fill, along="after", across="before", role=role)
        return [Port(((left, y), (x + self.width, y)), source=start.id)]


def node_blocks(
    graph: Graph, block_of: Callable[[Series], Block], style: Style
) -> dict[str, Block]:
    """The blocks of a graph's named values and nodes, if a picture can show their lines."""
    nodes = {"in", *(name for name, _ in graph.nodes)}
    names = [source for source, _ in graph.edges if source not in nodes]
    blocks: dict[str, Block] = {name: EntryBlock(name, style) for name in names}
    blocks |= {name: block_of(series) for name, series in graph.nodes}
    if lines_passing(blocks, graph.edges) > MOST_PASSING:
        message = f"the graph of {len(graph.nodes)} nodes is too entangled to be drawn"
        raise ArchvizError([Problem(graph.mark, message, "put parts of it into modules")])
    return blocks


def graph_block(graph: Graph, block_of: Callable[[Series], Block], style: Style) -> GraphBlock:
    """The block of a graph; ``block_of`` makes the block of what stands at a node."""
    blocks = node_blocks(graph, block_of, style)
    return GraphBlock(blocks, graph.edges, style)


class GraphBlock(Block):
    """Nodes in columns by their longest way from the input."""

    def __init__(
        self, blocks: dict[str, Block], edges: Sequence[tuple[str, str]], style: Style
    ) -> None:
        self.style = style
        self.begins = all(tail != "in" for tail, _ in edges)
        early = [name for name, block in blocks.items() if isinstance(block, EntryBlock)]
        self.columns, self.channels = arranged = arrange(
            lambda: layered(blocks, edges, early),
            self._starts,
            self._apart,
            style.px(NEAR),
            style.flow.shortcut,
        )
        self.left: list[float] = []
        """Where the track of each channel begins."""
        self._widths()
        top, bottom = arranged.reach
        self.up, self.down = style.px(0.1) - top, style.px(0.1) + bottom
        self.left_gap = style.px(0.45)
        self.right_gap = style.px(0.2)

    def _starts(self, columns: list[list[Vertex]]) -> list[dict[Vertex, float]]:
        """Heights that the search for an order begins with: those of the file, and dot's."""
        style = self.style
        starts = [{v: float(i) for column in columns for i, v in enumerate(column)}]
        vertices = [vertex for column in columns for vertex in column]
        if len(vertices) <= MOST_FOR_DOT:
            names = {vertex: f"n{number}" for number, vertex in enumerate(vertices)}
            sizes = {
                names[v]: (style.px(1), 2 * max(v.up, v.down, style.px(0.1))) for v in vertices
            }
            edges = [(names[v], names[target]) for v in vertices for target in v.targets]
            found = dot_positions(sizes, edges, node_gap=style.px(0.3), rank_gap=style.px(1))
            starts.append({v: found[names[v]][1] for v in vertices})
        return starts

    def _apart(self, upper: Vertex, lower: Vertex) -> float:
        """What two neighbours in a column keep between their lines."""
        px, least = self.style.px, 0.0
        if upper in lower.hooks or lower in upper.hooks:
            gap, least = HOOK, px(LEAST_HOOK)
        elif upper.block or lower.block:
            gap = BESIDE
        else:
            gap, least = LINES, self._least
        room = max(self.style.row_gap(gap), least)
        return upper.down + room + lower.up

    @property
    def _least(self) -> float:
        """What two lines keep apart, however near things stand."""
        return min(self.style.px(LEAST[0]), LEAST[1])

    @property
    def _track(self) -> float:
        """How far two tracks are apart."""
        return max(self.style.gap(TRACK), self._least)

    def _widths(self) -> None:
        """Columns from left to right, each channel as wide as its tracks need."""
        style = self.style
        badge = style.metric("badge") / 2 + style.px(0.1)
        x = 0.0
        for rank, column in enumerate(self.columns):
            if rank:
                channel = self.channels[rank - 1]
                first = x + max(style.gap(BEFORE_TRACKS), badge)
                self.left.append(first)
                x = first + max(0, channel.width - 1) * self._track
                ahead = max((v.block.badges[0] for v in column if v.block), default=0.0)
                near = ahead + style.px(NEAR_BADGE) if ahead else 0.0
                x += max(style.gap(BEHIND_TRACKS), near)
            overhang = max((v.block.overhang for v in column if v.block), default=0.0)
            for vertex in column:
                vertex.x = x + (overhang - vertex.block.overhang if vertex.block else 0.0)
            x = max(v.x + v.width + (v.block.told if v.block else 0.0) for v in column)
        self.width = x

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port, or none for inputs."""
        ports: dict[Vertex, Port] = {}
        arriving: dict[Vertex, list[Port]] = {}
        for rank, column in enumerate(self.columns):
            hooked: dict[Vertex, list[tuple[Point, Point, str]]] = {}
            for vertex in column:
                given = arriving.get(vertex, []) if vertex.rank else list(sources)
                ports[vertex] = self._enter(vertex, given, hooked, canvas, x, y)
            for line, ends in hooked.items():
                self._hook(ports[line], ends, not line.targets, canvas)
            if rank < len(self.channels):
                channel, left = self.channels[rank], x + self.left[rank]
                tracks = {
                    vertical: left + track * self._track
                    for vertical, track in channel.tracks.items()
                }
                wires: dict[Vertex, list[Wire]] = {}
                for wire in channel.wires:
                    wires.setdefault(wire.source, []).append(wire)
                for vertex, leaving in wires.items():
                    _lead(vertex, ports[vertex], leaving, tracks, y, arriving)
        return [ports[self.columns[-1][0]]]

    def _enter(
        self,
        vertex: Vertex,
        given: list[Port],
        hooked: dict[Vertex, list[tuple[Point, Point, str]]],
        canvas: Canvas,
        x: float,
        y: float,
    ) -> Port:
        """Draw a vertex with the lines into it; the port that it ends in.

        What is to enter it from above or below is noted in ``hooked``.
        """
        left, height = x + vertex.x, y + vertex.y
        if vertex.block is None:
            return given[0].to((left, height)) if vertex.rank else given[0]
        if not vertex.hooks:
            return vertex.block.place(canvas, left, height, given)[0]
        assert isinstance(vertex.block, SeriesBlock)
        for block, offset in zip(vertex.block.blocks, vertex.block.offsets, strict=True):
            given = block.place(canvas, left + offset, height, given)
            if isinstance(block, BoxBlock) and not offset:
                for line in vertex.hooks:
                    middle, half = left + block.width / 2, block.height / 2
                    end = (middle, height + (half if line.y > vertex.y else -half))
                    entry = ((middle, y + line.y), end, given[0].source)
                    hooked.setdefault(line, []).append(entry)
        return given[0]

    def _hook(
        self, port: Port, ends: list[tuple[Point, Point, str]], stops: bool, canvas: Canvas
    ) -> None:
        """Draw lines from a passing one into boxes beside it; ``stops``: it passes no further."""
        for corner, end, target in sorted(ends, reverse=True):
            lead = port.to if stops else port.branch
            canvas.connect(lead(corner, end), self.style, target=target)
            stops = False


def _lead(
    vertex: Vertex,
    port: Port,
    wires: Sequence[Wire],
    tracks: Mapping[Vertical, float],
    y: float,
    arriving: dict[Vertex, list[Port]],
) -> None:
    """Lead the port of a vertex to its targets: one line, cut where it branches."""
    trunk = tracks.get(Vertical(vertex, False), 0.0)
    levels = sorted({wire.level for wire in wires})
    for wire in wires:
        given = port if wire.trunk is None else _branch(port, trunk, y, wire.level, levels)
        if wire.bus and len(wire.target.sources) == 1:
            bus = tracks[wire.bus]
            given = given.to((bus, y + wire.level), (bus, y + wire.target.y))
        elif wire.bus:
            given = given._replace(bus=tracks[wire.bus])
        arriving.setdefault(wire.target, []).append(given)


def _branch(port: Port, trunk: float, y: float, level: float, levels: Sequence[float]) -> Port:
    """The branch of a trunk at one of its ``levels``; the outermost draw the trunk."""
    corner, start = (trunk, y + level), (trunk, port.y)
    if abs(corner[1] - port.y) < 0.01:
        return port.to(corner)
    out = corner[1] < port.y
    if level != (levels[0] if out else levels[-1]):
        return Port((corner,), (*port.lead, *port.pen, start), port.source)
    straight = any(abs(y + other - port.y) < 0.01 for other in levels)
    if straight or (not out and y + levels[0] < port.y):
        return port.branch(start, corner)
    return port.to(start, corner)
