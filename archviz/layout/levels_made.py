"""The levels of a U, or of a pyramid, made of the nodes of a ladder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol, Self

from archviz.layout.blocks import Block, BoxBlock
from archviz.layout.compound import SeriesBlock
from archviz.layout.levels import Across, Ladder, Rung, shapes_behind
from archviz.layout.levels_block import LevelsBlock
from archviz.layout.levels_named import taken_beside
from archviz.layout.levels_parts import Level, On, OutRow, TakingBox, beside, stands
from archviz.layout.pyramid import Beside
from archviz.layout.pyramid_rows import OutRows
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.labels import shape_text
from archviz.network.model import Layer, Named, Node, Residual, Series


class Builder(Protocol):
    """What makes the blocks of nodes: see :class:`archviz.layout.build.Builder`."""

    @property
    def style(self) -> Style:
        """The style of the blocks."""

    @property
    def analysis(self) -> Analysis:
        """What is known of the network."""

    @property
    def body(self) -> Series:
        """What the drawing shows."""

    @property
    def beside(self) -> Beside:
        """What stands beside a U."""

    @property
    def taken(self) -> frozenset[str]:
        """Named values that are taken in it."""

    def block(self, node: Node) -> Block | None:
        """The block of a node, or None where nothing of it is drawn."""

    def blocks(self, nodes: Sequence[Node]) -> list[Block]:
        """What is drawn of nodes."""

    def series(self, series: Series) -> SeriesBlock:
        """A series of what is drawn of its nodes."""

    def merge(self, layer: Layer, captions_above: bool = False) -> BoxBlock:
        """A merge's box."""

    def residual(self, node: Residual) -> Block | None:
        """A main path with its shortcut."""

    def _replace(self, *, style: Style = ..., taken: frozenset[str] = ...) -> Self:
        """The same with other values."""


class Ways(NamedTuple):
    """What stands on the lines down to a level and up from it, and in its row otherwise."""

    down: list[Block]
    up: list[On]
    before: list[Block]
    behind: list[Block]

    @property
    def names(self) -> frozenset[str]:
        """The values that leave the line up."""
        return frozenset(one for one in self.up if isinstance(one, str))


def levels_block(ladder: Ladder, builder: Builder) -> Block:
    """The block of a U; where its rows cannot be drawn as such, that of its nodes in a row.

    A pyramid has its smallest level on top, where the flow goes right.
    """
    plain = builder
    skips = [rung.skip for rung in ladder.rungs if isinstance(rung.skip, Across)]
    crossing = [wire.name for skip in skips for wire in skip.wires]
    builder = builder._replace(taken=builder.taken.difference(crossing))
    if ladder.outs and not builder.style.flow.vertical:
        flow = builder.style.flow._replace(mirrored=True)
        builder = builder._replace(style=builder.style._replace(flow=flow))
    first, ways = ladder.rungs[0], [Ways([], [], [], [])]
    for over, rung in pairwise(ladder.rungs):
        assert over.skip
        ways.append(_ways(rung, over.skip, builder))
    below = [*(way.names for way in ways[1:]), frozenset[str]()]
    levels = [
        _level(rung, way, names, builder, bool(ladder.outs))
        for rung, way, names in zip(ladder.rungs, ways, below, strict=True)
    ]
    inner = builder._replace(taken=frozenset())
    outs, merges = (
        [
            OutRow(out.name, out.caption, inner.blocks(out.row), inner.blocks(out.way), out.tap)
            for out in found
        ]
        for found in (ladder.outs, ladder.merges)
    )
    if len(levels) == 1:
        outs = _sized(outs, ladder, builder)
    if all(_whole(level, number) for number, level in enumerate(levels)) and all(
        out.whole for out in outs
    ):
        rows = OutRows(outs, merges, len(levels), builder.style) if outs else None
        return LevelsBlock(levels, builder.style, rows)
    if ladder.nodes:
        return SeriesBlock(plain.blocks(ladder.nodes), plain.style)
    assert isinstance(first.skip, Residual)
    block = plain.residual(first.skip)
    row = [
        *plain.blocks(first.before),
        *([block] if block else []),
        *plain.blocks([*first.behind, *ladder.ends]),
    ]
    return SeriesBlock(row, plain.style)


def _sized(outs: Sequence[OutRow], ladder: Ladder, builder: Builder) -> list[OutRow]:
    """Rows whose levels have no boxes of their own, with the size of each at its first box."""
    style, told = builder.style, [*outs]
    for number, (made, out) in enumerate(zip(outs, ladder.outs, strict=True)):
        tap = out.row[: out.tap + 1] if out.tap >= 0 else out.row[:-1] or out.row
        shapes = shapes_behind(Series(tap), builder.analysis.facts)
        if len(shapes) != 1 or "shapes" in style.detail or not made.row:
            continue
        size, (first, *rest) = shape_text(shapes[0]), made.row
        if number:
            first = beside(first, style, [size], before=True)
        elif isinstance(first, BoxBlock):
            face = first.face._replace(captions=(*first.face.captions, size))
            first = type(first)(face, style, first.captions_above, first.stubs)
        told[number] = made._replace(row=[first, *rest])
    return told


def _ways(rung: Rung, over: Residual | Across, builder: Builder) -> Ways:
    """The ways of a level below the skip ``over``."""
    down, names = builder.blocks(rung.down), frozenset[str]()
    if isinstance(over, Residual):
        names = taken_beside(over, builder.body)
    up: list[On] = []
    for node in rung.up:
        if isinstance(node, Named) and node.name in names:
            up.append(node.name)
        elif block := builder.block(node):
            up.append(block)
    before: list[Block] = []
    behind: list[Block] = []
    if not all(map(stands, down)):
        down, before = [], down
    if not all(isinstance(one, str) or stands(one) for one in up):
        up, behind = [], builder.blocks(rung.up)
    return Ways(down, up, before, behind)


def _level(
    rung: Rung, ways: Ways, names: frozenset[str], builder: Builder, led: bool = False
) -> Level:
    """A level, measured; ``names`` are values from the line up to it.

    ``led``: it is one of a pyramid, where more stands above the merges than makes the level.
    """
    facts, style = builder.analysis.facts, builder.style
    left = [*ways.before, *builder.blocks(rung.before)]
    first = rung.before[:1] if led and not rung.skip else rung.before
    shapes = shapes_behind(Series(first), facts)
    size = shape_text(shapes[0]) if len(shapes) == 1 and "shapes" not in style.detail else ""
    right = [*builder.blocks(rung.behind), *ways.behind]
    if not rung.skip:
        return Level([*left, *right], [], None, [], ways.down, ways.up, size)
    if isinstance(rung.skip, Across):
        taker = None if rung.skip.joined else builder.block(rung.skip.merge)
        assert taker is None or isinstance(taker, BoxBlock)
        level = Level(left, [], taker, right, ways.down, ways.up, size)
        return level._replace(wires=rung.skip.wires, joined=rung.skip.joined)
    skip = builder.series(rung.skip.shortcut).blocks
    for place, block in enumerate(skip):
        if isinstance(block, BoxBlock) and not names.isdisjoint(block.face.takes):
            skip[place] = TakingBox(block.face, names, style, block.stubs)
    merge = builder.merge(rung.skip.merge, captions_above=True)
    return Level(left, skip, merge, right, ways.down, ways.up, size)


def _whole(level: Level, number: int) -> bool:
    """Whether a level can be drawn: something is in its row, and nothing in it begins anew."""
    if number and not level.left:
        return False
    rows: Sequence[Sequence[Block]] = (level.left[number == 0 :], level.skip, level.right)
    return not any(block.begins for row in rows for block in row)
