"""A graph arranged: the best of some orders of its vertices, with their heights and wires."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from archviz.layout.blocks import BoxBlock
from archviz.layout.compound import SeriesBlock
from archviz.layout.graph_channels import Channel, route_channel
from archviz.layout.graph_heights import place_heights
from archviz.layout.graph_layers import Vertex, link, number, unlink
from archviz.layout.graph_order import apply_order, find_orders


class Arranged(NamedTuple):
    """Columns of vertices that have their heights, and the channels between them."""

    columns: list[list[Vertex]]
    channels: list[Channel]

    @property
    def reach(self) -> tuple[float, float]:
        """From where to where it reaches."""
        vertices = [vertex for column in self.columns for vertex in column]
        levels = [wire.level for channel in self.channels for wire in channel.wires]
        tops = [*(vertex.y - vertex.up for vertex in vertices), *levels]
        return min(tops), max([*(vertex.y + vertex.down for vertex in vertices), *levels])

    @property
    def faults(self) -> tuple[int, int, float]:
        """Crossings, bends and height: the fewer the better."""
        top, bottom = self.reach
        crossings = sum(channel.crossings for channel in self.channels)
        bends = sum(channel.bends for channel in self.channels)
        hooks = sum(not hook.targets for c in self.columns for v in c for hook in v.hooks)
        return crossings, bends + hooks, round(bottom - top, 2)


def arrange(
    layers: Callable[[], list[list[Vertex]]],
    starts: Callable[[list[list[Vertex]]], Sequence[dict[Vertex, float]]],
    apart: Callable[[Vertex, Vertex], float],
    near: float,
    side: int,
) -> Arranged:
    """Arrange the columns that ``layers`` makes, each time anew.

    ``starts``: heights with which the search for an order begins; ``apart``: what neighbours
    in a column keep between their lines; ``near``: within which two lines would touch;
    ``side``: that of shortcuts, 1 for below.
    """
    columns = layers()
    made: list[Arranged] = []
    for order in find_orders(columns, starts(columns), side):
        columns = layers()
        chains = apply_order(columns, order)
        hook_skips(columns)
        place_heights(columns, chains, apart, 2 * near)
        made.append(Arranged(columns, [route_channel(column, near) for column in columns[:-1]]))
    return min(made, key=lambda one: one.faults)


def first_of(vertex: Vertex) -> BoxBlock | None:
    """The box that stands first at a node."""
    block = vertex.block
    first = block.blocks[0] if isinstance(block, SeriesBlock) and block.blocks else None
    return first if isinstance(first, BoxBlock) else None


def _free_below(vertex: Vertex) -> None:
    """Move the captions of a node's first box above it."""
    block, box = vertex.block, first_of(vertex)
    assert isinstance(block, SeriesBlock) and box
    box = BoxBlock(box.face, box.style, captions_above=True, stubs=box.stubs)
    vertex.block = SeriesBlock([box, *block.blocks[1:]], block.style)


def hook_skips(columns: list[list[Vertex]]) -> None:
    """Let skips enter a merge, where it stands, from below or above: one on each side at most.

    That is what branches off just before the merge, or, where two are merged, what comes from
    a fork, if it can pass there without a crossing.
    """
    vertices = [vertex for column in columns for vertex in column]
    forked: set[Vertex] = set()
    for vertex in vertices:  # those behind a fork, on its lines
        on_line = vertex.block is None and not forked.isdisjoint(vertex.sources)
        if len(vertex.targets) > 1 or on_line:
            forked.add(vertex)
    for vertex in vertices:
        box = first_of(vertex)
        for line in vertex.again if box else ():
            _hook(columns, vertex, line, again=True)
        if box is None or box.face.gives or box.face.takes or len(vertex.sources) < 2:
            continue
        two = len(vertex.sources) == 2
        for line in (max(vertex.sources, key=_place), min(vertex.sources, key=_place)):
            skips = two and line.block is None and line in forked
            if vertex.hooks and box.captions:
                break  # they take the other side
            if len(vertex.sources) > 1 and (skips or len(line.targets) > 1):
                _hook(columns, vertex, line)


def _place(vertex: Vertex) -> int:
    return vertex.place


def _hook(columns: list[list[Vertex]], vertex: Vertex, line: Vertex, again: bool = False) -> None:
    """Lead ``line`` on beside ``vertex`` and from there into it, if nothing is between.

    ``again``: it enters from its front too, and from here whatever it crosses.
    """
    column = columns[vertex.rank]
    onward = next((target for target in line.targets if target.block is None), None)
    below = again or line.place > min(source.place for source in vertex.sources)
    if any((hook.place > vertex.place) == below for hook in vertex.hooks):
        below = not below
    side = vertex.place + (1 if below else -1)
    if onward is None or (again and onward.place != side):
        if not again and _is_crossed(columns[line.rank], line, vertex, vertex.place + below):
            return
        onward = Vertex("", vertex.rank)
        column.insert(vertex.place + below, onward)
        number(column)
        link(line, onward)
    elif onward.place != side:
        return
    if below:
        _free_below(vertex)
    if not again:
        unlink(line, vertex)
    vertex.hooks.append(onward)


def _is_crossed(column: Sequence[Vertex], line: Vertex, vertex: Vertex, side: int) -> bool:
    """Whether a line from ``line`` to place ``side`` of the next column would cross another."""
    for other in column:
        for target in other.targets:
            if target is vertex or other is line:
                continue
            if (other.place < line.place) != (target.place < side):
                return True
    return False
