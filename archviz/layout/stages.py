"""Stages: stretches of the main row that have a name, on a ground of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.blocks import Block
from archviz.layout.canvas import PAD, Canvas, Port, rounded
from archviz.layout.compound import SeriesBlock
from archviz.layout.style import Style
from archviz.network.model import Auxiliary, Graph, Repeat, Residual, Stage, Towers
from archviz.scene.scene import Shape
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, text_width

STAGE_GAP = 0.9
"""Units that stand between stages besides what stands between their blocks."""


class StageSpan(NamedTuple):
    """The blocks ``start`` to ``stop`` of a main row that are a stage."""

    stage: Stage
    start: int
    stop: int


class NotedBlock(Block):
    """A block with what a spec says to it below, and a ground behind it where it has a colour."""

    def __init__(self, content: Block, notes: Sequence[str], color: str, style: Style) -> None:
        self.content, self.notes, self.color, self.style = content, list(notes), color, style
        self.size = style.metric("caption")
        self.pad = style.px(PAD) if color else 0.0
        texts = max((text_width(note, self.size) for note in notes), default=0.0)
        self.inner = max(content.width, texts)
        self.width = self.inner + 2 * self.pad
        self.up = content.up + self.pad
        self.text_at = content.down + (self.pad or style.px(0.3))
        self.down = self.text_at + LINE_HEIGHT * self.size * len(self.notes) + self.pad / 2
        self.begins = content.begins
        self.overhang = self.pad + (self.inner - content.width) / 2 + content.overhang
        self.left_gap, self.right_gap = content.left_gap, content.right_gap

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        style = self.style
        if self.color:
            place_ground(canvas, x, y - self.up, self.width, self.up + self.down, self.color, style)
        baseline = y + self.text_at + ASCENT * self.size
        for note in self.notes:
            fill = style.theme.color("caption")
            canvas.text(x + self.width / 2, baseline, note, self.size, fill)
            baseline += LINE_HEIGHT * self.size
        left = x + self.pad + (self.inner - self.content.width) / 2
        return self.content.place(canvas, left, y, sources)


def noted(
    block: Block, node: Repeat | Towers | Residual | Graph | Auxiliary, style: Style
) -> Block:
    """A block with what its node's look says."""
    look = node.look
    shared = isinstance(node, Repeat | Towers) and node.shared
    label = "" if isinstance(node, Repeat) else look.label
    notes = [note for note in (label or look.title, look.caption, "shared" * shared) if note]
    notes = [clip(note, style.px(8), style.metric("caption")) for note in notes]
    return NotedBlock(block, notes, look.color, style) if notes or look.color else block


def place_ground(
    canvas: Canvas, x: float, y: float, width: float, height: float, color: str, style: Style
) -> None:
    """A ground behind what is drawn."""
    canvas.back.append(
        Shape(
            id=canvas.new_id(),
            form="rect",
            x=rounded(x),
            y=rounded(y),
            width=rounded(width),
            height=rounded(height),
            fill=style.theme.ground(color),
            radius=rounded(style.px(0.12)),
            role="ground",
        )
    )


def stage_room(
    spans: Sequence[StageSpan], up: float, down: float, style: Style
) -> tuple[float, float]:
    """How far a line with stages reaches above and below, grounds and titles included."""
    if not spans:
        return up, down
    return up + style.px(PAD), down + style.px(2 * PAD) + style.metric("caption")


def place_stages(
    spans: Sequence[StageSpan],
    series: SeriesBlock,
    first: int,
    canvas: Canvas,
    x: float,
    y: float,
    style: Style,
) -> None:
    """Draw grounds of one height behind what stands of stages on a line, with their titles."""
    last = len(series.blocks)
    parts = [(span, max(0, span.start - first), min(last, span.stop - first)) for span in spans]
    blocks = [block for _, start, stop in parts for block in series.blocks[start:stop]]
    pad, size = style.px(PAD), style.metric("caption")
    top = y - max([style.px(0.8), *(block.up for block in blocks)]) - pad
    bottom = y + max([style.px(0.8), *(block.down for block in blocks)]) + pad
    for span, start, stop in parts:
        left = x + series.offsets[start] - pad
        right = x + series.offsets[stop - 1] + series.blocks[stop - 1].width + pad
        look, height = span.stage.look, bottom + size + pad - top
        place_ground(canvas, left, top, right - left, height, look.color, style)
        title = clip(look.label or span.stage.title, right - left - pad, size)
        fill, middle = style.theme.color("caption"), (left + right) / 2
        canvas.text(middle, bottom + ASCENT * size, title, size, fill, role="stage")
