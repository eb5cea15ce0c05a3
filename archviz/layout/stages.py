"""Stages: stretches of the main row that have a name, on a ground of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.blocks import Block
from archviz.layout.canvas import PAD, Canvas, Port, rounded
from archviz.layout.compound import SeriesBlock
from archviz.layout.flow import text_extent
from archviz.layout.style import Style
from archviz.network.model import Auxiliary, Graph, Repeat, Residual, Stage, Towers
from archviz.scene.scene import Shape
from archviz.scene.text import clip, text_width

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
        widths = [text_width(note, self.size) for note in notes]
        along, across = style.flow.lies(*text_extent(widths, self.size))
        self.inner = max(content.width, along)
        self.width = self.inner + 2 * self.pad
        self.up = content.up + self.pad
        self.text_at = content.down + (self.pad or style.px(0.3))
        self.down = self.text_at + across + 0.2 * self.size + self.pad / 2
        self.begins = content.begins
        self.overhang = self.pad + (self.inner - content.width) / 2 + content.overhang
        self.left_gap, self.right_gap = content.left_gap, content.right_gap

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        style = self.style
        if self.color:
            place_ground(canvas, x, y - self.up, self.width, self.up + self.down, self.color, style)
        fill, middle = style.theme.color("caption"), x + self.width / 2
        canvas.label(middle, y + self.text_at, self.notes, self.size, fill, across="after")
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
    x, y, width, height = canvas.flow.box(x, y, width, height)
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
    titles = [text_width(span.stage.title, style.metric("caption")) for span in spans]
    across = style.flow.lies(max(titles), style.metric("caption"))[1]
    return up + style.px(PAD), down + style.px(2 * PAD) + across


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
        look = span.stage.look
        title = look.label or span.stage.title
        if not style.flow.vertical:
            title = clip(title, right - left - pad, size)
        across = style.flow.lies(text_width(title, size), size)[1]
        place_ground(
            canvas, left, top, right - left, bottom + across + pad - top, look.color, style
        )
        fill, middle = style.theme.color("caption"), (left + right) / 2
        canvas.label(middle, bottom, title, size, fill, across="after", role="stage")
