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
class Cell:
    """A node in its column: a block, or (``block`` None) a line passing or an end."""

    name: str
    rank: int
    block: Block | None = None
    y: float = 0.0
    x: float = 0.0
    targets: list[Cell] = field(default_factory=list)
    sources: list[Cell] = field(default_factory=list)

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

    def meets(self, other: Cell) -> bool:
        """Whether a line between the two is straight."""
        return self.y == other.y


class EntryBlock(Block):
    """A second line into a panel, with its name on it."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.size = style.metric("caption")
        self.width = text_width(PREVIOUS, self.size)
        self.rise = style.px(0.12)
        self.up = self.rise + self.size
        self.down = style.px(0.1)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; the line starts level with ``sources``."""
        start = port_shape(canvas, sources[0].x, y)
        fill = self.style.theme.color("caption")
        canvas.text(x, y - self.rise, PREVIOUS, self.size, fill, anchor="start")
        return [Port(((sources[0].x, y), (x + self.width, y)), source=start.id)]


def graph_block(graph: Graph, block_of: Callable[[Series], Block], style: Style) -> GraphBlock:
    """The block of a graph; ``block_of`` makes the block of what stands at a node."""
    blocks: dict[str, Block] = {}
    if any(source == PREVIOUS for source, _ in graph.edges):
        blocks[PREVIOUS] = EntryBlock(style)
    blocks |= {name: block_of(series) for name, series in graph.nodes}
    return GraphBlock(blocks, graph.edges, style)


class GraphBlock(Block):
    """Nodes in columns by their longest way from the input."""

    def __init__(
        self, blocks: dict[str, Block], edges: Sequence[tuple[str, str]], style: Style
    ) -> None:
        self.style = style
        self.begins = all(tail != "in" for tail, _ in edges)
        self.cells = _cells(blocks, edges)
        self.columns: list[list[Cell]] = [[] for _ in range(1 + max(c.rank for c in self.cells))]
        for cell in self.cells:
            self.columns[cell.rank].append(cell)
        self._heights()
        self.tracks: dict[int, float] = {}
        self._widths()
        self.up = max(cell.up - cell.y for cell in self.cells) + style.px(0.1)
        self.down = max(cell.down + cell.y for cell in self.cells) + style.px(0.1)
        self.left_gap = style.px(0.45)
        self.right_gap = style.px(0.2)

    def _heights(self) -> None:
        """Ask dot for the heights; the input stands at 0."""
        style = self.style
        sizes = {}
        for cell in self.cells:
            if not cell.targets and not cell.sources:
                continue  # an ``in`` that nothing takes, where the graph begins with inputs
            half = max(cell.up, cell.down, style.px(0.1))
            sizes[cell.name] = (style.px(1), 2 * half)
        edges = [(cell.name, target.name) for cell in self.cells for target in cell.targets]
        centres = dot_positions(sizes, edges, node_gap=style.px(0.3), rank_gap=style.px(1))
        zero = centres[self.cells[-1 if self.begins else 0].name][1]
        for cell in self.cells:
            cell.y = centres.get(cell.name, (0.0, zero))[1] - zero
        for column in self.columns:
            column.sort(key=lambda cell: cell.y)
        # what ends the graph is alone in its column, as is the output: both level with the input
        self.columns[-2][0].y = self.cells[-1].y = 0.0
        self._straighten()
        for column in self.columns[1:]:
            self._level(column)
            self._untie(column)

    def _level(self, column: Sequence[Cell]) -> None:
        """Move cells that are all but level with a source; not what is level with the input."""
        near = self.style.px(NEAR)
        for place, cell in enumerate(column):
            others = [*column[:place][-1:], *column[place + 1 :][:1]]
            for source in cell.sources:
                clear = all(abs(other.y - source.y) > 2 * near for other in others)
                if cell.y and abs(source.y - cell.y) < near and clear:
                    cell.y = source.y
                    break

    def _untie(self, column: Sequence[Cell]) -> None:
        """Move cells a little off the height of a line that they would have to share."""
        for attempt in range(12):
            _, stuck = _track_order(column, self.style.px(NEAR))
            if not stuck:
                return
            cell = stuck[attempt % len(stuck)]
            place = column.index(cell)
            above, below = column[:place][-1:], column[place + 1 :]
            step = self.style.px(NEAR + 0.05)
            least = step + self.style.px(0.2)
            if above and cell.y - cell.up - above[0].y - above[0].down > least:
                cell.y -= step
                continue
            if below and below[0].y - below[0].up - cell.y - cell.down < least:
                for other in below:  # there is room on neither side
                    other.y += step
            cell.y += step

    def _straighten(self) -> None:
        """Move cells level with a neighbour in the next column where there is room."""
        gap = self.style.px(0.3)
        forward, backward = self.columns[1:-2], self.columns[-3:0:-1]
        for columns, back in ((forward, False), (backward, True), (forward, False)):
            for column in columns:
                for place, cell in enumerate(column):
                    top, bottom = float("-inf"), float("inf")
                    if place:
                        top = column[place - 1].y + column[place - 1].down + gap + cell.up
                    if place + 1 < len(column):
                        bottom = column[place + 1].y - column[place + 1].up - gap - cell.down
                    near = cell.targets if back else cell.sources
                    wanted = sorted((other.y for other in near), key=lambda y: abs(y - cell.y))
                    for y in wanted:
                        close = abs(y - cell.y) < self.style.px(0.8)
                        if top <= y <= bottom and close and self._is_free(cell, y):
                            cell.y = y
                            break

    def _is_free(self, cell: Cell, y: float) -> bool:
        """Whether no neighbour that ``cell`` is not joined to stands at height ``y``."""
        near = self.style.px(NEAR)
        others = [
            *(c for c in self.columns[cell.rank - 1] if c not in cell.sources),
            *(c for c in self.columns[cell.rank + 1] if c not in cell.targets),
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
                for place, cell in enumerate(order):
                    self.tracks[id(cell)] = first + place * style.gap(TRACK)
                x = first + max(0, len(order) - 1) * style.gap(TRACK) + style.gap(0.65)
            width = max(cell.width for cell in column)
            for cell in column:
                cell.x = x
            x += width
        self.width = x

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port, or none for inputs."""
        start = self.cells[0]
        arriving: dict[int, list[Port]] = {}
        ends: list[Port] = []
        for column in self.columns:
            right = x + column[0].x + max(cell.width for cell in column)
            for cell in column:
                entry = arriving.get(id(cell), ()) if cell.rank else sources
                ends = list(sources) if cell is start else self._enter(cell, entry, canvas, x, y)
                if cell.targets:
                    self._leave(cell, ends[0], arriving, x, right)
        return ends

    def _enter(
        self, cell: Cell, ports: Sequence[Port], canvas: Canvas, x: float, y: float
    ) -> list[Port]:
        """Draw a cell and the lines into it."""
        track = x + self.tracks.get(id(cell), cell.x)
        height = y + cell.y
        if len(ports) == 1 and cell.sources:
            port = ports[0]
            if abs(port.y - height) > 0.01:
                port = port.to((track, port.y), (track, height))
            ports = [port]
        if cell.block is None:
            return [ports[0].to((x + cell.x, height))]
        return cell.block.place(
            canvas, x + cell.x, height, [port._replace(bus=track) for port in ports]
        )

    def _leave(
        self, cell: Cell, port: Port, arriving: dict[int, list[Port]], x: float, right: float
    ) -> None:
        """Give the port of a cell to its targets: one line, cut where it branches."""

        def bend(target: Cell) -> float:
            straight = target.meets(cell) and len(target.sources) == 1
            return float("inf") if straight else x + self.tracks.get(id(target), right)

        joint: tuple[float, float] | None = None
        for target in sorted(cell.targets, key=bend):
            given = port if joint is None else port.branch(joint)
            arriving.setdefault(id(target), []).append(given)
            joint = (bend(target), port.y)


def _cells(blocks: dict[str, Block], edges: Sequence[tuple[str, str]]) -> list[Cell]:
    """All cells, the input first, the output last, lines cut at every column they pass."""
    names = ["in", *blocks, "out"]
    ranks = dict.fromkeys(names, 0)
    inputs = {*blocks} - {head for _, head in edges} - {PREVIOUS}
    ranks.update(dict.fromkeys(inputs, 1))
    for name in names:  # topological
        for tail, head in edges:
            if tail == name:
                ranks[head] = max(ranks[head], ranks[name] + 1)
    for name in inputs:
        ranks[name] = min(ranks[head] for tail, head in edges if tail == name) - 1
    cells = {
        name: Cell(f"n{number}", ranks[name], blocks.get(name)) for number, name in enumerate(names)
    }
    passing: list[Cell] = []
    for name in names:
        last = cells[name]
        heads = sorted({head for tail, head in edges if tail == name}, key=lambda head: ranks[head])
        for head in heads:
            while last.rank < ranks[head] - 1:
                step = Cell(f"p{len(passing)}", last.rank + 1)
                passing.append(step)
                _link(last, step)
                last = step
            _link(last, cells[head])
    ordered = [*cells.values(), *passing]
    return sorted(ordered, key=lambda cell: cell.rank)


def _link(tail: Cell, head: Cell) -> None:
    tail.targets.append(head)
    head.sources.append(tail)


def _track_order(column: Sequence[Cell], near: float) -> tuple[list[Cell], list[Cell]]:
    """The cells of a column that need a track, in the order of their tracks; and those
    for which no place in that order is free of overlaps.

    A line runs level with its source up to its target's track. Where a source stands at
    the height of a target, that target's track goes right of the source's other targets.
    """
    need = [
        cell
        for cell in column
        if len(cell.sources) > 1 or (cell.sources and not cell.sources[0].meets(cell))
    ]
    need.sort(key=lambda cell: (-len(cell.sources), cell.y))
    after: dict[int, set[int]] = {id(cell): set() for cell in need}
    for cell in need:
        for other in need:
            if other is not cell and any(abs(s.y - cell.y) < near for s in other.sources):
                after[id(cell)].add(id(other))
    order: list[Cell] = []
    stuck: list[Cell] = []
    placed: set[int] = set()
    while len(order) < len(need):
        rest = [cell for cell in need if id(cell) not in placed]
        free = [cell for cell in rest if after[id(cell)] <= placed]
        if not free:
            stuck.append(rest[0])
        order.append((free or rest)[0])
        placed.add(id(order[-1]))
    return order, stuck
