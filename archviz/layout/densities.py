"""How near to one another things stand on a slide, and the style that comes of it.

No letter is below 12 pt: the larger they are in units, the less room do boxes take.
"""

from __future__ import annotations

from typing import NamedTuple

from archviz.layout.flow import RIGHT, Flow
from archviz.layout.style import Room, Style
from archviz.scene.theme import Theme

LEAST_TEXT = 16.0
"""Pixels: 12 pt."""
MARGIN = 44.0
"""Pixels at the left and right of a slide."""


class Density(NamedTuple):
    """Metrics of a slide, in units; the larger the letters, the less room do boxes take."""

    label: float = 0.37
    row_gap: float = 0.62
    under_badge: float = 0.1
    under_box: float = 0.36
    gap: float = 0.66
    margin: float = MARGIN
    """Pixels at the left and right of what is drawn."""
    lines: int = 0
    """The most lines of captions at a box; 0 for one each."""
    badge: float = 0.68
    """Of the usual letters."""
    tight: bool = False
    """Whether rows of a U stand as near as what is in them leaves free."""
    below: bool = False
    """Whether shapes stand below boxes, where there is no room for them on the wires."""
    split: bool = False
    """Whether long captions stand in two lines, where there is little room along."""
    broken: bool = False
    """Whether they stand in as many as it takes at a row that goes down or up."""


COMPACT = (
    Density(),
    Density(0.4, 0.5, 0.1, 0.27, margin=28),
    Density(0.44, 0.45, 0.1, 0.22, margin=28),
)
NARROW = (
    Density(0.44, 0.45, 0.1, 0.22, gap=0.56),
    Density(0.45, 0.42, 0.1, 0.22, gap=0.46, badge=0.64),
)
"""Nearer to one another, where it must be."""
NEAR = (NARROW[0], Density(0.45, 0.36, 0.1, 0.2, 0.46, 22.0, badge=0.64))
"""As near as things on a slide may stand, for a row that would be torn otherwise."""
_ON_WIRES = (
    Density(under_badge=0.17),
    Density(0.4, 0.5, 0.17, 0.27),
    Density(0.4, 0.45, 0.17, 0.22),
    Density(0.42, 0.4, 0.1, 0.22, 0.66, 28.0, 2, tight=True),
    Density(0.44, 0.4, 0.1, 0.2, 0.66, 28.0, 2, tight=True),
    Density(0.44, 0.4, 0.1, 0.2, 0.58, 22.0, 3, 0.58, tight=True),
)
FULL = (
    *_ON_WIRES,
    *(one._replace(below=True) for one in _ON_WIRES),
    Density(0.44, 0.4, 0.1, 0.2, 0.58, 22.0, 1, 0.58, tight=True),
    Density(0.44, 0.4, 0.1, 0.2, 0.58, 22.0, 1, 0.58, tight=True, below=True),
    Density(0.45, 0.38, 0.1, 0.2, 0.46, 22.0, 1, 0.54, tight=True),
    Density(0.45, 0.38, 0.1, 0.2, 0.46, 22.0, 1, 0.54, tight=True, below=True),
    Density(0.45, 0.38, 0.1, 0.2, 0.46, 22.0, 2, 0.54, tight=True, below=True),
    Density(0.45, 0.38, 0.1, 0.2, 0.46, 22.0, 3, 0.54, tight=True, below=True),
)
"""What is tried in turn until all of a network fits at 12 pt."""


def slide_theme(theme: Theme, scale: float = 1.0, density: Density = COMPACT[0]) -> Theme:
    """The theme with metrics for slides: all text 12 pt or more, panels as large as the row."""
    label = density.label
    metrics = {
        **theme.metrics,
        "unit": (LEAST_TEXT / label + 0.1) * scale,
        "panel-scale": 1.0,
        "label": label,
        "caption": label,
        "detail": label,
        "title": max(label, theme.metric("title")),
        "gap": min(theme.metric("gap"), density.gap),
        "row-gap": min(theme.metric("row-gap"), density.row_gap),
        "shrink": 1.0,
        "badge": density.badge * label / COMPACT[0].label,
    }
    return theme._replace(metrics=metrics)


def slide_style(
    theme: Theme, scale: float, density: Density, detail: tuple[str, ...], flow: Flow = RIGHT
) -> Style:
    """The style of a network's slides."""
    theme = slide_theme(theme, scale, density)
    label = density.label
    room = Room(label, density.under_badge, density.under_box, 1.0, label)
    room = room._replace(
        lines=density.lines, tight=density.tight, below=density.below, split=density.split
    )
    room = room._replace(broken=density.broken)
    return Style(theme, theme.metric("unit"), detail, room=room, flow=flow)
