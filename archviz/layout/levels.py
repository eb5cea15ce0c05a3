"""An encoder and its decoder as a U: a level a line, skips straight across.

As in figure 1 of "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015).
Every level begins at the left, below the one before it, and ends at the right, from where a
line goes up into the merge of the level above.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from archviz.layout.blocks import Block, BoxBlock
from archviz.layout.canvas import TURN, Canvas, Port
from archviz.layout.compound import SeriesBlock, stack
from archviz.layout.style import Style
from archviz.network.model import Layer, Residual, Series

FEWEST = 3
"""Skips inside one another that make a U."""


class Nodes(NamedTuple):
    """What stands before a skip, the skip, and what stands behind its merge."""

    before: Series
    skip: Residual
    behind: Series


def levels_of(series: Series) -> list[Nodes]:
    """The levels of an encoder with its decoder, the outermost first; none where it is no such."""
    found: list[Nodes] = []
    while True:
        places = [
            place
            for place, node in enumerate(series.nodes)
            if isinstance(node, Residual) and _straight(node.shortcut)
        ]
        if len(places) != 1 or not places[0]:
            break
        skip = series.nodes[places[0]]
        assert isinstance(skip, Residual)
        before, behind = series.nodes[: places[0]], series.nodes[places[0] + 1 :]
        found.append(Nodes(Series(before), skip, Series(behind)))
        series = skip.main
    return found if len(found) >= FEWEST else []


def _straight(shortcut: Series) -> bool:
    """Whether a shortcut is a skip of a U: nothing in it but crops."""
    return all(isinstance(node, Layer) and node.kind == "crop" for node in shortcut.nodes)


class Level(NamedTuple):
    """One line of a U, measured."""

    left: SeriesBlock
    skip: SeriesBlock
    merge: BoxBlock
    right: SeriesBlock


class LevelsBlock(Block):
    """Lines one below the other; the last has no merge."""

    def __init__(self, levels: Sequence[Level], bottom: SeriesBlock, style: Style) -> None:
        self.levels, self.bottom, self.style = list(levels), bottom, style
        self.begins = levels[0].left.begins
        self.side = max(style.gap(TURN), style.px(0.6))
        lefts = [level.left for level in levels]
        self.fork = self.side + max(left.width for left in lefts) + style.gap(0.7)
        merge = max(level.merge.width for level in levels)
        skip = max(level.skip.width for level in levels)
        self.skip_at = self.fork + style.gap(0.7) + skip / 2
        self.merge_at = max(
            self.fork + style.gap(0.9 if not skip else 1.5) + skip,
            self.side + bottom.width + style.gap(0.7) - merge / 2,
        )
        self.right_at = self.merge_at + merge + style.gap(1)
        rights = [level.right for level in levels[1:]]
        self.out = self.right_at + max(right.width for right in rights) + style.gap(0.5)
        self.width = max(self.out + style.gap(0.5), self.right_at + self.levels[0].right.width)
        lines = [_LevelLine(level) for level in levels]
        self.heights = stack([*lines, bottom], style.row_gap(0.7) + style.px(0.3))
        placed = zip(self.heights, [*lines, bottom], strict=True)
        self.channels = [
            (height + line.down + below - under.up) / 2
            for (height, line), (below, under) in pairwise(placed)
        ]
        self.up = lines[0].up
        self.down = self.heights[-1] + bottom.down
        self.left_gap = self.right_gap = style.gap(0.45)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port, or none for an input."""
        ports = list(sources)
        merges: list[Port] = []
        lines = zip(self.levels, self.channels, pairwise(self.heights), strict=True)
        for level, channel, (height, below) in lines:
            line = y + height
            port = level.left.place(canvas, x + self.side, line, ports)[0]
            fork, back = x + self.fork, x + self.side / 4
            ports = [
                port.branch(
                    (fork, line),
                    (fork, y + channel),
                    (back, y + channel),
                    (back, y + below),
                )
            ]
            if level.skip.blocks:
                left = x + self.skip_at - level.skip.width / 2
                port = level.skip.place(canvas, left, line, [port])[0]
            merges += level.merge.place(canvas, x + self.merge_at, line, [port])
        ports = self.bottom.place(canvas, x + self.side, y + self.heights[-1], ports)
        return self._back_up(canvas, x, y, ports[0], merges)

    def _back_up(
        self, canvas: Canvas, x: float, y: float, port: Port, merges: Sequence[Port]
    ) -> list[Port]:
        """Lines from the end of each level into the merge above it, the lowest first."""
        for number in range(len(self.levels) - 1, -1, -1):
            level, height = self.levels[number], self.heights[number]
            middle = x + self.merge_at + level.merge.width / 2
            entry = (middle, y + height + level.merge.height / 2)
            way = [(middle, port.y)]
            if number < len(self.levels) - 1:  # from the right, above its own level
                out, channel = x + self.out, y + self.channels[number]
                way = [(out, port.y), (out, channel), (middle, channel)]
            canvas.connect(port, self.style, *way, entry, target=merges[number].source)
            port = level.right.place(canvas, x + self.right_at, y + height, [merges[number]])[0]
        return [port]


class _LevelLine(Block):
    """A level as high as the highest of its parts."""

    def __init__(self, level: Level) -> None:
        parts: tuple[Block, ...] = (level.left, level.skip, level.merge, level.right)
        self.up = max(part.up for part in parts)
        self.down = max(part.down for part in parts)
