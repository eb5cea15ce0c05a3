"""Blocks that are too long for a page: the series inside them go on in further lines."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blocks import Block
from archviz.layout.breaks import break_blocks
from archviz.layout.bundles import BundleBlock
from archviz.layout.canvas import BUS_TO_MERGE
from archviz.layout.compound import (
    BOX_TO_BUS,
    RepeatBlock,
    ResidualBlock,
    SeriesBlock,
    TowersBlock,
    WrappedBlock,
    inner_side,
)
from archviz.layout.outputs import OutputsBlock
from archviz.layout.row import HEAD, AuxiliaryHead, MainRow, measure_line, tapped_blocks, turn_room
from archviz.layout.stages import NotedBlock
from archviz.layout.style import Style

MOST_LINES = 40


class InnerLines(WrappedBlock):
    """Lines inside a tower, a repeat or a residual; from the last one leads back to the first's."""

    def __init__(self, lines: Sequence[SeriesBlock], style: Style) -> None:
        super().__init__(lines, style)
        self.begins = self.lines[0].begins
        self.right_gap = style.gap(BOX_TO_BUS + BUS_TO_MERGE)


def narrowed(block: Block, width: float) -> Block:
    """The block, no longer than ``width`` pixels where the series in it can be wrapped."""
    found = _shorter(block, width)
    if found.width > width:  # lines want more room behind them than one line
        found = _shorter(block, 2 * width - found.width)
    return found


def _shorter(block: Block, width: float) -> Block:
    """The block, what is in it made about as much shorter as it should be itself."""
    if block.width <= width:
        return block
    match block:
        case BundleBlock():
            return block  # its arrows lead straight from box to box
        case SeriesBlock():
            return _lines(block, width)
        case RepeatBlock():
            content = _shorter(block.content, width - (block.width - block.content.width))
            return RepeatBlock(content, block.text, block.style)
        case NotedBlock():
            content = _shorter(block.content, width - (block.width - block.content.width))
            return NotedBlock(content, block.notes, block.color, block.style)
        case ResidualBlock():
            main = _shorter(block.main, width - (block.width - block.main.width))
            return ResidualBlock(main, block.shortcut, block.merge, block.style)
        case TowersBlock():
            inner = block.ends - block.lead
            room = width - (block.width - inner)
            branches = [_shorter(branch, room + branch.overhang) for branch in block.branches]
            if isinstance(block, OutputsBlock):
                return block.of(branches)
            return TowersBlock(branches, block.merge, block.style)
        case _:
            return block


def narrowed_row(row: MainRow, width: float, style: Style) -> MainRow:
    """The row, its blocks no longer than a line of it that is ``width`` pixels long may be."""
    room = width - 2 * turn_room((), style) * (len(row.blocks) > 1)
    blocks = tuple(narrowed(block, room) for block in row.blocks)
    row = row._replace(blocks=blocks)
    heads = (
        head._replace(block=narrowed(head.block, _behind(row, head, room, style)))
        for head in row.heads
    )
    return row._replace(heads=tuple(heads))


def _behind(row: MainRow, head: AuxiliaryHead, room: float, style: Style) -> float:
    """What a line has for a head behind its tap, if it begins as late as it can: no line ends
    in a block behind which a head is tapped."""
    tapped, first = tapped_blocks(row), head.after
    while first - 1 in tapped:
        first -= 1
    line = measure_line(row, first, head.after + 1, style)
    return room - next(tap for other, tap, _ in line.heads if other is head) - style.gap(HEAD)


def _lines(series: SeriesBlock, width: float) -> Block:
    """A series in the fewest lines in which it is no longer than ``width``."""
    style, blocks = series.style, series.blocks
    if len(blocks) == 1:
        return SeriesBlock([_shorter(blocks[0], width)], style)
    room = width - 2 * inner_side(style)
    blocks = [_shorter(block, room) for block in blocks]
    best: Block = series
    for count in range(2, min(MOST_LINES, len(blocks)) + 1):
        lines = break_blocks(blocks, count, style)
        best = InnerLines([SeriesBlock(blocks[a:b], style) for a, b in lines], style)
        if best.width <= width:
            break
    return best
