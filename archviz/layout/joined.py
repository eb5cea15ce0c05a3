"""Values that are brought together by a merge that is not drawn."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blocks import Block
from archviz.layout.canvas import BUS_TO_MERGE, Canvas, Port, port_shape
from archviz.layout.compound import BOX_TO_BUS, TowersBlock
from archviz.layout.style import Style


class JoinedBlock(Block):
    """Values that are one behind a merge that is not drawn: their lines meet and go on."""

    begins = True

    def __init__(self, branches: Sequence[Block], style: Style) -> None:
        self.towers, self.style = TowersBlock(branches, None, style, centred=True), style
        told = max(0.0, self.towers.told - style.gap(BOX_TO_BUS))
        self.width = self.towers.width + style.gap(BOX_TO_BUS + BUS_TO_MERGE) + told
        self.up, self.down = self.towers.up, self.towers.down
        self.left_gap, self.right_gap = self.towers.left_gap, self.towers.right_gap

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; no line enters."""
        ports, end = self.towers.place(canvas, x, y, []), x + self.width
        joint = port_shape(canvas, end, y)
        canvas.arrow_into(ports, self.style, end, y, joint.id, joint=True)
        return [Port(((end, y),), source=joint.id)]
