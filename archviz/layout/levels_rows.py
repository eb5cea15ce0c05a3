"""Rows over one another with lines between them, and with rows to outputs at their ends."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blocks import Block
from archviz.layout.canvas import Canvas, Port
from archviz.layout.levels_parts import On, half
from archviz.layout.pyramid_rows import OutRows
from archviz.layout.style import Style
from archviz.scene.scene import total

JOINT = 0.15
"""Units by which a line is longer with the joint of a wire on it."""
HEAD = 0.38
"""Units from such a joint to what the line goes on to."""


class RowsBlock(Block):
    """Rows at heights ``heights``, the first on the line of the row around them.

    ``free``: for each two rows that follow one another what is free for every line between
    them; ``gap``: pixels between what stands on such a line.
    """

    style: Style
    outs: OutRows | None
    heights: list[float]
    free: list[list[tuple[float, float]]]
    gap: float

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port, or none for an input."""
        if not self.style.flow.mirrored:
            return self._place(canvas, x, y, sources)
        flow, pins = canvas.flow, len(canvas.pins)
        canvas.flow = self.style.flow
        ports = self._place(canvas, x, -y, [port.mirrored() for port in sources])
        canvas.flow = flow
        canvas.pins[pins:] = [pin.mirrored() for pin in canvas.pins[pins:]]
        return [port.mirrored() for port in ports]

    def _place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """Draw it where across counts as the style has it."""
        raise NotImplementedError

    def lead_out(
        self, canvas: Canvas, number: int, x: float, y: float, ports: list[Port]
    ) -> dict[int, Port]:
        """The row from a level to its output, and those that go on from it; where they end."""
        ends: dict[int, Port] = {}
        if not self.outs:
            return ends
        ids, ends[number] = self.outs.place(canvas, number, x, y + self.heights[number], ports)
        if number < self.outs.count - 1:
            return ends
        for below in range(number + 1, len(self.heights)):
            tap, over = self.outs.outs[below - 1].tap, self.outs.rows[below - 1]
            middle = x + self.outs.middle(below)
            line = y + self.heights[below - 1] + half(over.blocks[tap])
            port = Port(((middle, line),), source=ids[tap])
            top, bottom = self.free[below - 1][0]
            way, first = self.outs.ways[below], self.outs.rows[below].blocks[0]
            for block, spot in zip(way, self.spots(way, y + top, y + bottom), strict=True):
                port = self.on_line(canvas, block, middle, spot, port, 1)
            ids, ends[below] = self.outs.place(canvas, below, x, y + self.heights[below], [])
            end = y + self.heights[below] - half(first)
            canvas.connect(port, self.style, (middle, end), target=ids[0])
        return ends

    def on_line(
        self, canvas: Canvas, block: Block, x: float, y: float, port: Port, sign: int
    ) -> Port:
        """Draw a block on a line that goes down (``sign`` 1) or up; the port it is left by."""
        way = sign * half(block)
        shape = block.place(canvas, x - block.width / 2, y, [])[0].source
        canvas.connect(port, self.style, (x, y - way), target=shape)
        return Port(((x, y + way),), source=shape)

    def long(self, on: Sequence[On]) -> float:
        """How long a line is at least on which this stands."""
        blocks = [one for one in on if isinstance(one, Block)]
        own = total(block.up + block.down for block in blocks)
        joints = len(on) - len(blocks)
        return own + self.gap * (len(blocks) + 1) + self.style.px(JOINT) * joints

    def spots(self, on: Sequence[On], top: float, bottom: float) -> list[float]:
        """Heights of what stands on a line, from ``top`` down, with equal gaps between."""
        gap = self.gap
        gap += (bottom - top - self.long(on)) / (sum(isinstance(one, Block) for one in on) + 1)
        at, spots = top, list[float]()
        for one in on:
            if isinstance(one, str):
                spots.append(at + self.style.px(HEAD))
                at += self.style.px(JOINT)
            else:
                spots.append(at + gap + one.up)
                at = spots[-1] + one.down
        return spots
