"""Stages: stretches of the main row that have a name, on a ground of their own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from archviz.layout.blocks import Block
from archviz.layout.canvas import PAD, Canvas, Port, rounded, rounded_box
from archviz.layout.compound import SeriesBlock
from archviz.layout.flow import Side, text_extent
from archviz.layout.style import Style
from archviz.network.model import Auxiliary, Graph, Repeat, Residual, Stage, Towers
from archviz.scene.scene import Shape, total
from archviz.scene.text import clip, text_width

BEHIND_SHAPE = 0.14
"""Units from a shape at the line that leaves a coloured part to the end of its ground."""
STAGE_GAP = 0.9
"""Units that stand between stages on grounds besides what stands between their blocks."""
BRACE_GAP = 0.3
"""The same of those under braces."""
BRACE_AT, BRACE_ARM, BRACE_REACH, BRACE_TEXT = 0.35, 0.14, 0.12, 0.22
"""Units from blocks to a brace, its arms, how far it reaches over its ends, and to its text."""


class StageSpan(NamedTuple):
    """The blocks ``start`` to ``stop`` of a main row that are a stage."""

    stage: Stage
    start: int
    stop: int
    size: str = ""
    """What comes out of it."""
    brace: bool = False
    """Whether a brace stands over it, not a ground behind it."""

    @property
    def title(self) -> str:
        """What it is called in the figure."""
        return self.stage.look.label or self.stage.title


class NotedBlock(Block):
    """A block with what a spec says to it below, and a ground behind it where it has a colour."""

    def __init__(self, content: Block, notes: Sequence[str], color: str, style: Style) -> None:
        self.content, self.notes, self.color, self.style = content, list(notes), color, style
        self.size = style.metric("caption")
        self.pad = style.px(PAD) if color else 0.0
        widths = [text_width(note, self.size) for note in notes]
        along, across = style.flow.lies(*text_extent(widths, self.size))
        self.inner = max(content.width, along)
        aside = (self.inner - content.width) / 2
        told = max(0.0, content.told - aside)  # the shape behind it stands on the ground, too
        behind = max(self.pad, told + style.px(BEHIND_SHAPE)) if color and told else self.pad
        self.width = self.inner + self.pad + behind
        self.told = 0.0 if color else told
        self.up = content.up + self.pad
        self.text_at = content.down + (self.pad or style.px(0.3))
        self.down = self.text_at + across + 0.2 * self.size + self.pad / 2
        self.begins, self.end = content.begins, content.end
        self.overhang = self.pad + aside + content.overhang
        self.left_gap = content.left_gap
        self.right_gap = content.right_gap - (behind - self.pad)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        style = self.style
        if self.color:
            place_ground(canvas, x, y - self.up, self.width, self.up + self.down, self.color, style)
        fill, middle = style.theme.color("caption"), x + self.pad + self.inner / 2
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
    box = rounded_box(canvas.flow.box(x, y, width, height))
    ground = Shape(canvas.new_id(), "rect", *box, style.theme.ground(color), role="ground")
    canvas.back.append(ground._replace(radius=rounded(style.px(0.12))))


def stage_room(
    spans: Sequence[StageSpan], up: float, down: float, style: Style
) -> tuple[float, float]:
    """How far a line with stages reaches above and below, with their grounds, braces and titles."""
    size, grounds = style.metric("caption"), [span for span in spans if not span.brace]
    braced = max((text_room(span, style)[1] for span in spans if span.brace), default=0.0)
    if braced:
        more = style.px(BRACE_AT + BRACE_TEXT) + braced
        up, down = (up, down + more) if style.flow.mirrored else (up + more, down)
    if grounds:
        titles = [text_width(span.title, size) for span in grounds]
        across = style.flow.lies(max(titles), size)[1]
        up, down = max(up, up + style.px(PAD)), down + style.px(2 * PAD) + across
    return up, down


def stage_gap(span: StageSpan, blocks: Sequence[Block], style: Style) -> float:
    """Room that a stage takes before and behind its blocks."""
    if not span.brace:
        return style.px(STAGE_GAP) / 2
    length = total(block.width for block in blocks)
    length += total(a.right_gap + b.left_gap for a, b in pairwise(blocks))
    return style.px(BRACE_GAP) / 2 + max(0.0, text_room(span, style)[0] - length) / 2


def text_room(span: StageSpan, style: Style) -> tuple[float, float]:
    """How far title and size of a stage reach along and across."""
    size, title = style.metric("caption"), clip(span.title, style.px(8), style.metric("caption"))
    widths = [text_width(title, size, bold=True), text_width(span.size, size)]
    return style.flow.lies(*text_extent(widths if span.size else widths[:1], size))


def place_stages(
    spans: Sequence[StageSpan],
    series: SeriesBlock,
    first: int,
    canvas: Canvas,
    x: float,
    y: float,
    style: Style,
) -> None:
    """Draw what stands behind or over the stages on a line, at one height, with their titles."""
    up, down = _reach(spans, series, first, style)
    for span in spans:
        left, right = _along(span, series, first)
        place_stage(span, canvas, (x + left, x + right), (y - up, y + down), style)


def place_stage(
    span: StageSpan,
    canvas: Canvas,
    along: tuple[float, float],
    across: tuple[float, float],
    style: Style,
) -> None:
    """Draw what stands behind or over a stage that reaches so far."""
    draw = _place_brace if span.brace else _place_stage_ground
    draw(span, canvas, along, across, style)


def grounds_taken(
    spans: Sequence[StageSpan], series: SeriesBlock, first: int, style: Style
) -> list[tuple[float, float, float, float]]:
    """The grounds of the stages on a line: from where to where, how far above and below it."""
    up, down = stage_room(spans, *_reach(spans, series, first, style), style)
    along = [_along(span, series, first) for span in spans if not span.brace]
    pad = style.px(PAD)
    return [(left - pad, right + pad, up, down) for left, right in along]


def _on_line(span: StageSpan, series: SeriesBlock, first: int) -> tuple[int, int]:
    """Which blocks of a line are of a stage: from the first to the one behind the last."""
    return max(0, span.start - first), min(len(series.blocks), span.stop - first)


def _along(span: StageSpan, series: SeriesBlock, first: int) -> tuple[float, float]:
    """From where to where the blocks of a stage reach, with the shape behind the last."""
    start, stop = _on_line(span, series, first)
    end = series.blocks[stop - 1]
    return series.offsets[start], series.offsets[stop - 1] + end.width + end.told


def _reach(
    spans: Sequence[StageSpan], series: SeriesBlock, first: int, style: Style
) -> tuple[float, float]:
    """How far the blocks of all stages on a line reach above and below it."""
    places = [_on_line(span, series, first) for span in spans]
    blocks = [block for start, stop in places for block in series.blocks[start:stop]]
    return (
        max([style.px(0.8), *(block.up for block in blocks)]),
        max([style.px(0.8), *(block.down for block in blocks)]),
    )


def _place_brace(
    span: StageSpan,
    canvas: Canvas,
    along: tuple[float, float],
    across: tuple[float, float],
    style: Style,
) -> None:
    """A brace over a stage, and over it the stage's title and its size."""
    mirrored = style.flow.mirrored  # what is behind across is above then
    side, outer = (1.0, across[1]) if mirrored else (-1.0, across[0])
    reach, arm = style.px(BRACE_REACH), side * style.px(BRACE_ARM)
    left, right, line = along[0] - reach, along[1] + reach, outer + side * style.px(BRACE_AT)
    points = ((left, line - arm), (left, line), (right, line), (right, line - arm))
    canvas.back.append(canvas.line(points, style, "stage"))
    size, fill = style.metric("caption"), style.theme.color("caption")
    foot = side * style.px(BRACE_TEXT)
    title = clip(span.title, style.px(8), size)
    lines = [title, span.size] if span.size else [title]
    at = (left + right) / 2, line + foot
    beyond: Side = "after" if mirrored else "before"
    name, *rest = canvas.labels(*at, lines, size, fill, across=beyond, role="stage")
    width = rounded(text_width(title, size, bold=True))
    canvas.front += [name._replace(bold=True, width=width), *rest]


def _place_stage_ground(
    span: StageSpan,
    canvas: Canvas,
    along: tuple[float, float],
    across: tuple[float, float],
    style: Style,
) -> None:
    """A ground behind a stage, with its title at the end."""
    pad, size = style.px(PAD), style.metric("caption")
    left, right, top, bottom = along[0] - pad, along[1] + pad, across[0] - pad, across[1] + pad
    title = span.title
    if not style.flow.vertical:
        title = clip(title, right - left - pad, size)
    height = bottom + style.flow.lies(text_width(title, size), size)[1] + pad - top
    place_ground(canvas, left, top, right - left, height, span.stage.look.color, style)
    fill = style.theme.color("caption")
    canvas.label((left + right) / 2, bottom, title, size, fill, across="after", role="stage")
