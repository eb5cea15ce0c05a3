"""The outputs of a network that has several: a fan of branches, each into its name."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blocks import Block
from archviz.layout.canvas import Canvas, Port, port_shape
from archviz.layout.compound import TowersBlock
from archviz.layout.style import Style
from archviz.scene.text import ASCENT, clip, text_width

OUT = 0.95
"""Units of the arrows that lead out."""
GAP = 0.8
"""Units between two outputs, so that wires reach them above and below the row."""
MOST_NAME = 8.0
"""Units that the name of an output may be wide."""


class OutputsBlock(TowersBlock):
    """Towers without a merge: every one ends in an arrow to the name of its output."""

    def __init__(self, branches: Sequence[Block], names: Sequence[str], style: Style) -> None:
        super().__init__(branches, None, style, centred=True, gap=GAP)
        self.size = style.metric("title")
        self.names = [clip(name, style.px(MOST_NAME), self.size) for name in names]
        self.out = self.ends + style.gap(OUT)
        self.text_at = self.out + style.px(0.16)
        self.width = self.text_at + max(text_width(name, self.size) for name in self.names)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; no line goes on."""
        ports = super().place(canvas, x, y, sources)
        fill = self.style.theme.color("text")
        for port, name, height in zip(ports, self.names, self.heights, strict=True):
            end = port_shape(canvas, x + self.out, y + height)
            canvas.connect(port, self.style, (end.x, end.y), target=end.id)
            canvas.text(
                x + self.text_at,
                y + height + ASCENT * self.size / 2,
                name,
                self.size,
                fill,
                anchor="start",
                role="output",
            )
        return []
