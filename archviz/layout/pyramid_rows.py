"""The rows that lead from the levels of a pyramid to its outputs, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.canvas import BUS_TO_MERGE, Canvas, Port
from archviz.layout.compound import SeriesBlock
from archviz.layout.levels_parts import BesideBox, OutRow, above, beside, half, told_below
from archviz.layout.outputs import OUT, OutputNames
from archviz.layout.style import Style

BUSES = 0.5
"""Units between the lines on which the values of two merges come together."""


class OutRows:
    """Rows that begin and end alike; ``count`` of them at levels, the others go on from these.

    With ``merges`` the last box of every row gives each of them a value. The first merge is
    level with the first row and the last with the last, so that lines cross where they must.
    """

    def __init__(
        self, outs: Sequence[OutRow], merges: Sequence[OutRow], count: int, style: Style
    ) -> None:
        self.outs, self.style, self.count = outs, style, count
        mirrored = style.flow.mirrored
        ends = (merges[::-1] if mirrored else merges) or outs
        self.names = OutputNames([(out.name, out.caption) for out in ends], style)
        self.rows: list[SeriesBlock] = []
        for number, out in enumerate(outs):
            row = [above(block, style) if mirrored else block for block in out.row]
            if merges:  # several lines leave the last one
                row[-1] = told_below(row[-1], style)
            if number >= count:
                row[0] = beside(row[0], style, before=True)
            if out.tap > 0 or (out.tap == 0 and number < count):
                row[out.tap] = above(row[out.tap], style)
            self.rows.append(SeriesBlock(row, style))
        self.ways = [[beside(block, style) for block in out.way] for out in outs]
        self.merges: list[SeriesBlock] = []
        for out in ends if merges else ():
            row = [above(block, style) if mirrored else block for block in out.row]
            self.merges.append(SeriesBlock(row, style))
        pitch = half(self.rows[0].blocks[-1]) / max(1, len(merges) - 1)
        self.slots = [(k - (len(merges) - 1) / 2) * pitch for k in range(len(merges))]
        self.beyond = max(self.slots, default=0.0)
        """How far merges reach across beyond the rows."""

    def begin(self, x: float) -> float:
        """Let those at levels begin at ``x``; how far they all reach."""
        self.starts = [x] * self.count
        for number in range(self.count, len(self.rows)):
            over, tap = self.rows[number - 1], self.outs[number - 1].tap
            middle = self.starts[-1] + over.offsets[tap] + over.blocks[tap].width / 2
            self.starts.append(middle - self.rows[number].blocks[0].width / 2)
        firsts = zip(self.starts, [row.blocks[0] for row in self.rows], strict=True)
        told = [start - one.reach for start, one in firsts if isinstance(one, BesideBox)]
        self.starts = [start - min([0.0, *told]) for start in self.starts]
        self._align()
        rows = zip(self.starts, self.rows, strict=True)
        style, ends = self.style, max(start + row.width + row.right_gap for start, row in rows)
        self.buses = [ends + style.gap(BUSES * place) for place in range(len(self.merges))]
        if self.merges:
            self.merge_at = self.buses[-1] + style.gap(BUS_TO_MERGE)
            ends = self.merge_at + max(merge.width + merge.right_gap for merge in self.merges)
        self.out = ends + style.gap(OUT)
        return self.out + self.names.width

    def _align(self) -> None:
        """Let all rows end at the same place, in boxes over one another."""
        ends = [start + row.width for start, row in zip(self.starts, self.rows, strict=True)]
        for number, (row, out) in enumerate(zip(self.rows, self.outs, strict=True)):
            last = len(row.blocks) - 1
            if (short := max(ends) - ends[number]) > 0.01 and last > max(0, out.tap):
                self.rows[number] = SeriesBlock(row.blocks, self.style, {last - 1: short})

    def middle(self, number: int) -> float:
        """Where the line is that enters a row from the one before."""
        return self.starts[number] + self.rows[number].blocks[0].width / 2

    def place(
        self, canvas: Canvas, number: int, x: float, y: float, ports: Sequence[Port]
    ) -> tuple[list[str], Port]:
        """Draw a row; the ids of what its blocks end in, and where the last one ends."""
        row, ids, ports = self.rows[number], list[str](), list(ports)
        for block, offset in zip(row.blocks, row.offsets, strict=True):
            ports = block.place(canvas, x + self.starts[number] + offset, y, ports)
            ids.append(ports[0].source)
        if not self.merges:
            self.names.lead(canvas, ports[0], (x + self.out, y), number)
        return ids, ports[0]

    def merge(self, canvas: Canvas, x: float, ends: Sequence[Port]) -> None:
        """Draw the merges of what rows end in, with the lines into them."""
        for place, (merge, slot) in enumerate(zip(self.merges, self.slots, strict=True)):
            level = ends[place * (len(ends) - 1) // max(1, len(self.merges) - 1)].y + slot
            ports = [
                Port(((end.x, end.y + slot),), source=end.source, bus=x + self.buses[place])
                for end in ends
            ]
            (port,) = merge.place(canvas, x + self.merge_at, level, ports)
            self.names.lead(canvas, port, (x + self.out, level), place)
