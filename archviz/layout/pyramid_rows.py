"""The rows that lead from the levels of a pyramid to its outputs, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from archviz.layout.blocks import Block
from archviz.layout.canvas import Canvas, Port
from archviz.layout.compound import SeriesBlock
from archviz.layout.levels_parts import OutRow, above, beside
from archviz.layout.outputs import OUT, OutputNames
from archviz.layout.style import Style


class OutRows:
    """Rows that begin and end alike; ``count`` of them at levels, the others go on from these."""

    def __init__(self, outs: Sequence[OutRow], count: int, style: Style) -> None:
        self.outs, self.style = outs, style
        self.names = OutputNames([(out.name, out.caption) for out in outs], style)
        self.rows: list[SeriesBlock] = []
        for number, out in enumerate(outs):
            row = [above(block, style) if style.flow.mirrored else block for block in out.row]
            if number >= count:
                row[0] = beside(row[0], style, before=True)
            if out.tap > 0 or (out.tap == 0 and number < count):
                row[out.tap] = above(row[out.tap], style)
            self.rows.append(SeriesBlock(row, style))
        self.ways = [[beside(block, style) for block in out.way] for out in outs]

    def begin(self, x: float, count: int) -> float:
        """Let the first ``count`` begin at ``x``; how far they all reach."""
        self.starts = [x] * count
        for out, (upper, lower) in list(zip(self.outs, pairwise(self.rows), strict=False)):
            if len(self.starts) < len(self.rows) and upper is self.rows[len(self.starts) - 1]:
                middle = self.starts[-1] + upper.offsets[out.tap] + upper.blocks[out.tap].width / 2
                self.starts.append(middle - lower.blocks[0].width / 2)
        rows = zip(self.starts, self.rows, strict=True)
        self.out = max(start + row.width + row.right_gap for start, row in rows)
        self.out += self.style.gap(OUT)
        return self.out + self.names.width

    def middle(self, number: int) -> float:
        """Where the line is that enters a row from the one before."""
        return self.starts[number] + self.rows[number].blocks[0].width / 2

    def place(
        self, canvas: Canvas, number: int, x: float, y: float, ports: Sequence[Port]
    ) -> list[str]:
        """Draw a row; the ids of what its blocks end in."""
        row, ids, ports = self.rows[number], list[str](), list(ports)
        for block, offset in zip(row.blocks, row.offsets, strict=True):
            ports = block.place(canvas, x + self.starts[number] + offset, y, ports)
            ids.append(ports[0].source)
        self.names.lead(canvas, ports[0], (x + self.out, y), number)
        return ids

    def blocks(self, number: int) -> list[tuple[Block, float]]:
        """What stands in a row, and where."""
        row, start = self.rows[number], self.starts[number]
        return [(b, start + offset) for b, offset in zip(row.blocks, row.offsets, strict=True)]
