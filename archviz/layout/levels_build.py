"""The blocks of a U, made of its levels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from archviz.layout.blocks import Block, BoxBlock
from archviz.layout.compound import SeriesBlock
from archviz.layout.levels import Ladder, Rung, shapes_behind
from archviz.layout.levels_block import LevelsBlock
from archviz.layout.levels_parts import Level, On, TakingBox, stands
from archviz.layout.wires import taken_in
from archviz.network.labels import shape_text
from archviz.network.model import Named, Residual, Series

if TYPE_CHECKING:
    from archviz.layout.build import Builder


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
    """The block of a U; where its rows cannot be drawn as such, that of its nodes in a row."""
    first, ways = ladder.rungs[0], [Ways([], [], [], [])]
    for over, rung in pairwise(ladder.rungs):
        assert over.skip
        ways.append(_ways(rung, over.skip, builder))
    below = [*(way.names for way in ways[1:]), frozenset[str]()]
    levels = [
        _level(rung, way, names, builder)
        for rung, way, names in zip(ladder.rungs, ways, below, strict=True)
    ]
    if all(_whole(level, number) for number, level in enumerate(levels)):
        return LevelsBlock(levels, builder.style)
    assert first.skip
    block = builder.residual(first.skip)
    row = [
        *builder.blocks(first.before),
        *([block] if block else []),
        *builder.blocks(first.behind),
    ]
    return SeriesBlock(row, builder.style)


def _ways(rung: Rung, over: Residual, builder: Builder) -> Ways:
    """The ways of a level below the skip ``over``."""
    down, names = builder.blocks(rung.down), _taken_beside(over, builder.body)
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


def _taken_beside(skip: Residual, body: Series) -> frozenset[str]:
    """The values that nothing takes but what stands on a skip."""
    there = [name for node in skip.shortcut.nodes for name in taken_in(node)]
    everywhere = list(taken_in(body))
    return frozenset(name for name in there if everywhere.count(name) == there.count(name))


def _level(rung: Rung, ways: Ways, names: frozenset[str], builder: Builder) -> Level:
    """A level, measured; ``names`` are values from the line up to it."""
    facts, style = builder.analysis.facts, builder.style
    left = [*ways.before, *builder.blocks(rung.before)]
    shapes = shapes_behind(Series(rung.before), facts)
    size = shape_text(shapes[0]) if len(shapes) == 1 and not style.full else ""
    if not rung.skip:
        return Level([*left, *ways.behind], [], None, [], ways.down, ways.up, size)
    skip = builder.series(rung.skip.shortcut).blocks
    for place, block in enumerate(skip):
        if isinstance(block, BoxBlock) and not names.isdisjoint(block.face.takes):
            skip[place] = TakingBox(block.face, names, style, block.stubs)
    merge = builder.merge(rung.skip.merge, captions_above=True)
    right = [*builder.blocks(rung.behind), *ways.behind]
    return Level(left, skip, merge, right, ways.down, ways.up, size)


def _whole(level: Level, number: int) -> bool:
    """Whether a level can be drawn: something is in its row, and nothing in it begins anew."""
    if number and not level.left:
        return False
    rows: Sequence[Sequence[Block]] = (level.left[number == 0 :], level.skip, level.right)
    return not any(block.begins for row in rows for block in row)
