"""Slides: a network on as many pages of a fixed shape as it takes, no label below 12 pt.

The page is fitted, not the picture shrunk: the main row wraps, panels are packed in rows
as wide as the slide and go on to a next slide where they must. What room is left then
makes everything larger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from archviz.errors import fail
from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.canvas import Canvas, rounded
from archviz.layout.chapters import Chapter, Parts, lonely_panels, make_chapters, notes_along
from archviz.layout.flow import FLOWS, RIGHT, Flow
from archviz.layout.levels_block import LevelsBlock
from archviz.layout.narrow import narrowed_row
from archviz.layout.page import describe_network, heading_text
from archviz.layout.panels import build_panels
from archviz.layout.pyramid import ALONE, BESIDE, Beside
from archviz.layout.row import (
    MainRow,
    main_row,
    turn_room,
    unsettled,
)
from archviz.layout.sheet import Sheet, moved
from archviz.layout.style import Room, Style
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Group, Item, Scene
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, paragraph, text_width
from archviz.scene.theme import Theme

SLIDE_HEIGHT = 720.0
"""Pixels of 1/96 inch: 7.5 inches."""
LEAST_TEXT = 16.0
"""Pixels: 12 pt."""
MARGIN = 44.0
TOP = 102.0
BOTTOM = 20.0
ROOMY = 0.4
"""The label of the densest slides on which it is tried whether fewer panels stand alone."""
WAYS_BESIDE = (BESIDE, BESIDE._replace(behind=0), ALONE)
"""Layers beside a U; the first of those with which the slides are fewest is drawn."""
ROW: tuple[Beside | None, ...] = (None,)
"""A U or a pyramid of many levels as a row, which can go on."""
SCALES = (1.6, 1.45, 1.3, 1.2, 1.12, 1.06)
LAST_RESORT = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""For a box or a panel wider than a slide, which only a spec of one's own can have."""


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


COMPACT = (
    Density(),
    Density(0.4, 0.5, 0.1, 0.27, margin=28),
    Density(0.44, 0.45, 0.1, 0.22, margin=28),
)
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


def network_slides(
    network: Network,
    analysis: Analysis,
    theme: Theme,
    aspect: float = 16 / 9,
    detail: tuple[str, ...] = (),
) -> list[Scene]:
    """The slides of a network, 7.5 inches high and ``aspect`` times as wide.

    ``detail``: what is printed at each layer, of :data:`archviz.looks.DETAILS`.

    Raises:
        ArchvizError: not even the smallest scale makes a part of it fit.
    """
    width = rounded(SLIDE_HEIGHT * aspect)
    wanted = Wanted(network, analysis, theme, width, detail)
    beside = _ways_beside(wanted)
    fitted = _fitted(wanted, beside)
    for cut, ways in ((0, ROW), (1, beside), (2, beside), (2, ROW)):
        if fitted.scale < 1.0:
            other = _fitted(wanted._replace(cut=cut), ways)
            fitted = max(fitted, other, key=lambda one: one.scale)
    chapters = fitted.chapters
    if not chapters:
        raise fail(
            network.head.name,
            "a box or a panel of this network is too large for any slide",
            "break it up into modules, or write another format, such as svg",
        )
    last = max(number for number, chapter in enumerate(chapters) if chapter.lines)
    return [
        _slide(wanted, chapter, fitted.style, number, (number == 0, number == last))
        for number, chapter in enumerate(chapters)
    ]


class Wanted(NamedTuple):
    """What is to be drawn on slides that are ``width`` pixels wide."""

    network: Network
    analysis: Analysis
    theme: Theme
    width: float
    detail: tuple[str, ...]
    cut: int = 0
    """What may be in parts: 0 nothing, 1 long graphs, 2 high panels, too."""

    @property
    def flow(self) -> Flow:
        """The direction of the figure."""
        return FLOWS[self.network.figure.direction]

    def room(self, density: Density) -> tuple[float, float]:
        """What is free on a slide along the flow and across it."""
        return self.flow.lies(self.width - 2 * density.margin, SLIDE_HEIGHT - TOP - BOTTOM)

    def style(self, density: Density, scale: float = 1.0) -> Style:
        """The style of the slides."""
        return slide_style(self.theme, scale, density, self.detail, self.flow)


class Known(NamedTuple):
    """Names of values that no wire brings to where they are taken, and of those from below."""

    stubs: frozenset[str] = frozenset()
    under: frozenset[str] = frozenset()


class Fitted(NamedTuple):
    """The slides that a network takes at a scale; none where it does not fit."""

    scale: float
    style: Style
    parts: Parts
    chapters: list[Chapter]
    known: Known

    @property
    def lonely(self) -> int:
        """How many panels stand alone on a slide though there are several."""
        return lonely_panels(self.chapters) if len(self.parts.panels) > 1 else 0


def _ways_beside(wanted: Wanted) -> tuple[Beside, ...]:
    """What to try to draw beside a U; nothing where a U is too high for any slide."""
    network = wanted.network
    for density in FULL if wanted.detail else COMPACT:
        builder = Builder(network, wanted.analysis, wanted.style(density), beside=ALONE)
        blocks = main_row(builder.within(network.body)).blocks
        us = [block for block in blocks if isinstance(block, LevelsBlock)]
        if not us:
            return (ALONE,)
        length, breadth = wanted.room(density)
        if all(u.width <= length and u.up + u.down <= breadth for u in us):
            return WAYS_BESIDE
    return ()


def _fitted(wanted: Wanted, ways: Sequence[Beside | None]) -> Fitted:
    """The largest scale at which a network fits on slides, its parts and the slides; 0 for none.

    ``ways``: what stands beside an encoder with its decoder, which are a U; None for no U.
    """
    known, made = Known(), list[tuple[Fitted, Density, Beside | None]]()
    fits = False
    for density in FULL if wanted.detail else COMPACT:
        if fits and density.label > ROOMY:
            break
        for beside in ways:
            fitted = _arranged(wanted, density, 1.0, known, beside)
            made.append((fitted, density, beside))
            known = fitted.known
        fitting = [one for one in made if one[0].chapters]
        if fitting:
            made = [min(fitting, key=lambda one: (one[0].lonely, len(one[0].chapters)))]
            fits = True
        if fits and not made[0][0].lonely:
            break
    if not made:
        density = COMPACT[0]
        return Fitted(
            0.0,
            wanted.style(density),
            Parts(MainRow((), ()), (), (), wanted.style(density)),
            [],
            known,
        )
    fitted, density, beside = made[-1]
    scale = _best_scale(fitted.parts, wanted.room(density))
    for smaller in (scale, *(other for other in LAST_RESORT if other < scale)):
        if smaller != 1.0:
            fitted = _arranged(wanted, density, smaller, fitted.known, beside)
        if fitted.chapters:
            return fitted
    return fitted._replace(scale=0.0)


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
    return Style(theme, theme.metric("unit"), detail, room=room, flow=flow)


def _arranged(
    wanted: Wanted, density: Density, scale: float, known: Known, beside: Beside | None
) -> Fitted:
    """The parts of a network and their slides; no wire leads from one slide to another."""
    network, style, room = wanted.network, wanted.style(density, scale), wanted.room(density)
    if scale != 1.0:  # what just fits still does when rounded
        room = (room[0] + 0.5, room[1] + 0.5)
    builder = Builder(network, wanted.analysis, style, ladders=beside is not None)
    if wanted.cut:
        builder = builder._replace(longest=room[0] - 2 * turn_room((), style))
    builder = builder._replace(beside=beside or ALONE).within(network.body)
    notes = network.figure.notes
    long, high = room[0] - notes_along(notes, style, room[1]), float("inf")
    panels = build_panels(network, builder, long, room[1] if wanted.cut > 1 else high)

    def made(builder: Builder) -> tuple[Fitted, Unsettled]:
        row = narrowed_row(main_row(builder), room[0], style)
        parts = Parts(row, panels, notes, style)
        chapters = make_chapters(parts, *room)
        failed, turned = unsettled([line for chapter in chapters for line in chapter.lines])
        names = [
            frozenset[str]().union(*(line.names for line in chapter.lines)) for chapter in chapters
        ]
        for one, other in combinations(names, 2):
            failed |= one & other
        known = Known(builder.stubs, builder.under)
        return Fitted(scale, style, parts, chapters, known), Unsettled(failed, turned)

    return settled(builder._replace(stubs=builder.stubs | known.stubs, under=known.under), made)


def _best_scale(parts: Parts, room: tuple[float, float]) -> float:
    """The largest scale at which the slides are as few as at 12 pt."""
    smallest = make_chapters(parts, *room, even=False)
    if not smallest:
        for scale in LAST_RESORT:
            if make_chapters(parts, room[0] / scale, room[1] / scale, even=False):
                return scale
        return LAST_RESORT[-1]
    for scale in SCALES:
        chapters = make_chapters(parts, room[0] / scale, room[1] / scale, even=False)
        if chapters and len(chapters) == len(smallest):
            return scale
    return 1.0


def _slide(
    wanted: Wanted,
    chapter: Chapter,
    style: Style,
    number: int,
    parts_of_row: tuple[bool, bool],
) -> Scene:
    """One slide: heading above, the chapter centred in the room below."""
    network, width = wanted.network, wanted.width
    inner, height = width - 2 * MARGIN, SLIDE_HEIGHT - TOP - BOTTOM
    sheet = Sheet(style, style.flow.lies(inner, height)[0])
    if chapter.lines:
        sheet.row(chapter.lines, *parts_of_row)
    for row in chapter.rows:
        sheet.panels(row)
    sheet.notes(chapter.notes, inner)
    left, top, right, bottom = sheet.extent()
    dx = rounded(MARGIN + (inner - (right - left)) / 2 - left)
    dy = rounded(TOP + max(0.0, (height - (bottom - top)) * 0.45) - top)
    title = heading_text(network) + (", continued" if number else "")
    heading = slide_heading(
        title,
        "" if number else network.head.brought,
        f"{wanted.analysis.totals.parameters:,} parameters",
        style.theme,
        width,
    )
    return Scene(
        width,
        SLIDE_HEIGHT,
        title,
        describe_network(network, wanted.analysis),
        style.theme.color("page"),
        (*heading, *(moved(item, dx, dy) for item in sheet.items)),
    )


def slide_heading(title: str, line: str, aside: str, theme: Theme, width: float) -> Iterator[Item]:
    """A slide's title, what stands at its right, and a line or two below."""
    canvas = Canvas("heading")
    text, muted = theme.color("text"), theme.color("caption")
    inner = width - 2 * MARGIN
    aside_width = text_width(aside, 18)
    canvas.text(
        MARGIN,
        54,
        clip(title, inner - aside_width - 30, 32, bold=True),
        32,
        text,
        bold=True,
        anchor="start",
        role="slide-title",
    )
    if aside:
        canvas.text(width - MARGIN, 54, aside, 18, muted, anchor="end", role="aside")
    y = 54 + 14 + ASCENT * 18
    first, *rest = paragraph(line, inner, 18) or [""]
    for part in filter(None, (first, clip(" ".join(rest), inner, 18))):
        canvas.text(MARGIN, y, part, 18, muted, anchor="start", role="lead")
        y += LINE_HEIGHT * 18
    yield Group("heading", "heading", title, items=canvas.items())
