"""Stages: stretches of the main row that have a name, on a ground of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.canvas import Canvas, rounded
from archviz.layout.compound import SeriesBlock
from archviz.layout.style import Style
from archviz.network.model import Stage
from archviz.scene.scene import Shape
from archviz.scene.text import ASCENT, clip

STAGE_GAP = 0.5
"""Units that stand between stages besides what stands between their blocks."""
PAD = 0.3
"""Units between the blocks of a stage and the edge of its ground."""


class StageSpan(NamedTuple):
    """The blocks ``start`` to ``stop`` of a main row that are a stage."""

    stage: Stage
    start: int
    stop: int


def stage_room(
    spans: Sequence[StageSpan], up: float, down: float, style: Style
) -> tuple[float, float]:
    """How far a line with stages reaches above and below, grounds and titles included."""
    if not spans:
        return up, down
    return up + style.px(PAD), down + style.px(2 * PAD) + style.metric("caption")


def place_stage(
    span: StageSpan,
    series: SeriesBlock,
    first: int,
    canvas: Canvas,
    x: float,
    y: float,
    style: Style,
) -> None:
    """Draw the ground behind as much of a stage as stands on a line, its title below."""
    start, stop = max(0, span.start - first), min(len(series.blocks), span.stop - first)
    blocks = series.blocks[start:stop]
    pad, size = style.px(PAD), style.metric("caption")
    left = x + series.offsets[start] - pad
    right = x + series.offsets[stop - 1] + blocks[-1].width + pad
    top = y - max(style.px(0.8), *(block.up for block in blocks)) - pad
    bottom = y + max(style.px(0.8), *(block.down for block in blocks)) + pad
    look = span.stage.look
    role = look.color or "pool"
    canvas.back.append(
        Shape(
            id=canvas.new_id(),
            form="rect",
            x=rounded(left),
            y=rounded(top),
            width=rounded(right - left),
            height=rounded(bottom + size + pad - top),
            fill=style.theme.tint(role),
            radius=rounded(style.px(0.12)),
            role="ground",
        )
    )
    title = clip(look.label or span.stage.title, right - left - pad, size)
    canvas.text(
        (left + right) / 2,
        bottom + ASCENT * size,
        title,
        size,
        style.theme.color("caption"),
        role="stage",
    )
