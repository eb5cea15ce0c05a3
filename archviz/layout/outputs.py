"""The outputs of a network that has several: a fan of branches, each into its name."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blocks import Block
from archviz.layout.canvas import Canvas, Port, port_shape
from archviz.layout.compound import TowersBlock
from archviz.layout.style import Style
from archviz.scene.text import LINE_HEIGHT, clip, text_width

OUT = 0.95
"""Units of the arrows that lead out."""
GAP = 0.8
"""Units between two outputs, so that wires reach them above and below the row."""
MOST_NAME = 8.0
"""Units that the name of an output may be wide."""


class OutputNames:
    """The names of outputs with their captions, at the ends of arrows that lead out."""

    def __init__(self, outputs: Sequence[tuple[str, str]], style: Style) -> None:
        self.style = style
        self.sizes = (style.metric("title"), style.metric("caption"))
        self.texts = [
            [
                clip(text, style.px(MOST_NAME), size)
                for text, size in zip(texts, self.sizes, strict=True)
            ]
            for texts in outputs
        ]
        self.gap = style.px(0.16)
        extents = [self._extent(texts) for texts in self.texts]
        self.width = self.gap + max((along for along, _ in extents), default=0.0)
        self.across = [across for _, across in extents]

    def _extent(self, texts: Sequence[str]) -> tuple[float, float]:
        """How far the name of an output and its caption reach along and across."""
        widths = [text_width(text, size) for text, size in zip(texts, self.sizes, strict=True)]
        return self.style.flow.lies(max(widths), LINE_HEIGHT * sum(self.sizes))

    def make_room(self, branches: Sequence[Block]) -> None:
        """Let what leads to each output reach as far across as its name."""
        for branch, across in zip(branches, self.across, strict=True):
            branch.up, branch.down = max(branch.up, across / 2), max(branch.down, across / 2)

    def lead(self, canvas: Canvas, port: Port, out: tuple[float, float], number: int) -> None:
        """Lead a line out to the name of output ``number`` at ``out``."""
        colors = self.style.theme.color("text"), self.style.theme.color("caption")
        end = port_shape(canvas, *out)
        canvas.connect(port, self.style, out, target=end.id)
        texts = self.texts[number]
        shown = [row for row in zip(texts, self.sizes, colors, strict=True) if row[0]]
        sizes = [size for _, size, _ in shown]
        at = out[0] + self.gap, out[1]
        anchor, places = canvas.flow.text_places("after", "middle", at, sizes)
        for (text, size, fill), place in zip(shown, places, strict=True):
            canvas.text(*place, text, size, fill, anchor=anchor, role="output")


class OutputsBlock(TowersBlock):
    """Towers without a merge: every one ends in an arrow to the name of its output."""

    def __init__(self, outputs: Sequence[tuple[Block, str, str]], style: Style) -> None:
        branches, self.said = [branch for branch, _, _ in outputs], [said for _, *said in outputs]
        self.names = OutputNames([(name, caption) for name, caption in self.said], style)
        self.names.make_room(branches)
        super().__init__(branches, None, style, centred=True, gap=GAP)
        self.out = self.ends + self.told + style.gap(OUT)
        self.told = 0.0
        self.width = self.out + self.names.width

    def of(self, branches: Sequence[Block]) -> OutputsBlock:
        """The same outputs, their branches drawn otherwise."""
        outputs = [(one, name, text) for one, (name, text) in zip(branches, self.said, strict=True)]
        return OutputsBlock(outputs, self.style)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; no line goes on."""
        ports = super().place(canvas, x, y, sources)
        for number, port in enumerate(ports):  # at the end of what may have several lines
            self.names.lead(canvas, port, (x + self.out, port.y), number)
        return []
