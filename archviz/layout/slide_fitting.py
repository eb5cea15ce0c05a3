"""What of a network stands on which slide, and how large.

The page is fitted, not the picture shrunk: the main row wraps, panels are packed in rows as wide
as the slide and go on to a next slide where they must. First all of it is put on as few slides
as can be at 12 pt, the main row whole; then each slide is made as large as what it shows can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from archviz.layout.aggregation import aggregated
from archviz.layout.blocks import BoxBlock
from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.chapters import (
    Chapter,
    Parts,
    Space,
    lonely_panels,
    make_chapters,
    notes_along,
    row_slides,
    torn_families,
)
from archviz.layout.densities import COMPACT, FULL, MARGIN, NEAR, Density, slide_style
from archviz.layout.flow import FLOWS, Flow
from archviz.layout.levels_rows import RowsBlock
from archviz.layout.narrow import narrowed_row
from archviz.layout.panels import build_panels
from archviz.layout.pyramid import ALONE, BESIDE, NARROWER, Beside
from archviz.layout.row import MainRow, main_row, turn_room, unsettled
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.slide_form import SlideForm
from archviz.scene.theme import Theme

ROOMY = 0.4
"""The label of the densest slides on which it is tried whether all is on fewer, with details."""
WAYS_BESIDE = (BESIDE, BESIDE._replace(behind=0), ALONE)
"""Layers beside a U; the first of those with which the slides are fewest is drawn."""
ROW: tuple[Beside | None, ...] = (None,)
"""A U or a pyramid of many levels as a row, which can go on."""
SCALES = (1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.22, 1.15, 1.08)
CROWDED = 0.95
"""What letters on a slide of the next density are worth, of as large ones with more room."""
FREE = 0.43
"""The largest label of which two lines keep clear of a box's edges at any size."""
LAST_RESORT = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""For a box or a panel wider than a slide, which only a spec of one's own can have."""
OVERHANG = 10.0
"""Pixels that the captions of the first and the last box of a row may stand out at its ends."""
NO_ROW = MainRow((), ())


class Wanted(NamedTuple):
    """What is to be drawn on slides of a form; ``lead``: pixels of the first under its title."""

    network: Network
    analysis: Analysis
    theme: Theme
    form: SlideForm
    detail: tuple[str, ...]
    lead: float = 0.0
    cut: int = 0
    """What may be in parts: 0 nothing, 1 long graphs, 2 high panels, too."""

    @property
    def flow(self) -> Flow:
        """The direction of the figure."""
        return FLOWS[self.network.figure.direction]

    @property
    def densities(self) -> tuple[Density, ...]:
        """How near to one another things may stand, the roomiest first."""
        return FULL if self.detail else (*COMPACT, *NEAR)

    def space(self, density: Density, lead: float) -> Space:
        """What is free on a slide along the flow and across it."""
        bleed = min(self.form.bleed, MARGIN - density.margin)
        wide = self.form.inner + 2 * (bleed if self.form.bleed else -OVERHANG)
        high = self.form.room[3]
        if self.flow.vertical:  # along is down: what stands above all is off every slide
            return Space(high - lead, wide)
        return Space(wide, high, lead)

    def style(self, density: Density, scale: float = 1.0) -> Style:
        """The style of the slides."""
        return slide_style(self.theme, scale, density, self.detail, self.flow)


class Known(NamedTuple):
    """Names of values that no wire brings to where they are taken, and of those from below."""

    stubs: frozenset[str] = frozenset()
    under: frozenset[str] = frozenset()


class Content(NamedTuple):
    """What stands on one slide: whether the main row and the notes; panels by their numbers."""

    row: bool
    panels: tuple[int, ...]
    notes: bool
    lead: float


class Way(NamedTuple):
    """How slides are drawn: how near to one another, what beside a U, how large."""

    density: Density
    beside: Beside | None
    scale: float = 1.0


class Fitted(NamedTuple):
    """The slides that a network takes, drawn in a way; none where it does not fit."""

    way: Way
    style: Style
    parts: Parts
    chapters: list[Chapter]
    known: Known

    @property
    def cost(self) -> tuple[int, ...]:
        """What is to be as little as can be: the row is whole first, then slides are few."""
        lonely = lonely_panels(self.chapters) if len(self.parts.panels) > 1 else 0
        torn = torn_families(self.chapters)
        rows = max(1, row_slides(self.chapters))
        return rows, len(self.chapters), lonely, torn, self.lonely_lines

    @property
    def lonely_lines(self) -> int:
        """How many lines of the row have one box alone, though the row goes on."""
        lines = [line for chapter in self.chapters for line in chapter.lines if not line.last]
        alone = [line.series.blocks[0] for line in lines if len(line.series.blocks) == 1]
        return sum(isinstance(block, BoxBlock) for block in alone)


class Slide(NamedTuple):
    """What stands on one slide, and its style."""

    chapter: Chapter
    style: Style
    lead: float


def slides_of(wanted: Wanted) -> list[Slide]:
    """The slides of a network; none where a part of it is too large for any."""
    beside = _ways_beside(wanted)
    best, tries = _fitted(wanted, beside)
    for cut, ways in ((0, ROW), (1, beside), (2, beside), (2, ROW)):
        if best.way.scale >= 1.0:
            break
        other, others = _fitted(wanted._replace(cut=cut), ways)
        if other.way.scale > best.way.scale:
            best, tries, wanted = other, others, wanted._replace(cut=cut)
    return [
        _enlarged(wanted, best, tries, number) or _as_it_is(wanted, best, number)
        for number in range(len(best.chapters))
    ]


def _as_it_is(wanted: Wanted, fitted: Fitted, number: int) -> Slide:
    return Slide(fitted.chapters[number], fitted.style, 0.0 if number else wanted.lead)


def _ways_beside(wanted: Wanted) -> tuple[Beside, ...]:
    """What to try to draw beside a U; nothing where a U is too large for any slide."""
    network = wanted.network
    torn = NARROWER[:1] if aggregated(network.body, wanted.analysis.facts, ALONE) else ()
    every = ((ALONE, (*WAYS_BESIDE, *torn)), *((one, (one,)) for one in NARROWER))
    for beside, ways in every:
        for density in wanted.densities:
            builder = Builder(network, wanted.analysis, wanted.style(density), beside=beside)
            blocks = main_row(builder.within(network.body)).blocks
            us = [block for block in blocks if isinstance(block, RowsBlock)]
            if not us:
                return (ALONE,)
            length, breadth, lead = wanted.space(density, wanted.lead)
            if all(u.width <= length and u.up + u.down <= breadth - lead for u in us):
                return ways
    return ()


def _fitted(wanted: Wanted, ways: Sequence[Beside | None]) -> tuple[Fitted, list[Fitted]]:
    """A network on as few slides as can be, and all ways that were tried where it fits in some.

    ``ways``: what stands beside an encoder with its decoder, which are a U; None for no U.
    Where it fits in none at 12 pt, it is drawn smaller; at a scale of 0 where it is too large.
    """
    known, fits, tried = Known(), list[Fitted](), list[Fitted]()
    for density in wanted.densities:
        if wanted.detail and fits and density.label > ROOMY and fits[0].cost[0] == 1:
            break
        for beside in ways:
            fitted = _arranged(wanted, Way(density, beside), known)
            known = fitted.known
            tried.append(fitted)
        fits += [one for one in tried[-len(ways) :] if one.chapters] if ways else []
    if fits:
        return min(fits, key=lambda one: one.cost), tried
    for scale in LAST_RESORT if tried else ():
        space = wanted.space(tried[-1].way.density, wanted.lead).scaled(scale)
        if make_chapters(tried[-1].parts, space, even=False):
            way = tried[-1].way._replace(scale=scale)
            fitted = _arranged(wanted, way, known)
            if fitted.chapters:
                return fitted, [fitted]
    style = wanted.style(wanted.densities[0])
    way = Way(wanted.densities[0], None, 0.0)
    return Fitted(way, style, Parts(NO_ROW, (), (), style), [], known), []


def _enlarged(wanted: Wanted, fitted: Fitted, tries: Sequence[Fitted], number: int) -> Slide | None:
    """One of the slides, with what it shows as large as it can be; None where it is that."""
    chapter = fitted.chapters[number]
    torn = chapter.lines and row_slides(fitted.chapters) > 1
    if fitted.way.scale < 1.0 or wanted.cut or torn:  # parts would be cut elsewhere
        return None
    numbers = {id(panel): place for place, panel in enumerate(fitted.parts.panels)}
    shown = tuple(numbers[id(panel)] for row in chapter.rows for panel in row)
    lead = 0.0 if number else wanted.lead
    content = Content(bool(chapter.lines), shown, bool(chapter.notes), lead)
    ways = sorted(_larger(wanted, fitted, tries, content), key=lambda one: -one[0])
    for _, way in ways:
        made = _arranged(wanted, way, fitted.known, content)
        if len(made.chapters) == 1 and made.lonely_lines <= fitted.lonely_lines:
            return Slide(made.chapters[0], made.style, lead)
    return None


def _larger(
    wanted: Wanted, fitted: Fitted, tries: Sequence[Fitted], content: Content
) -> list[tuple[float, Way]]:
    """Ways in which all that a slide shows fits on it, each with what it is worth."""
    found: list[tuple[float, Way]] = []
    densities = wanted.densities
    for one in tries:
        if len(one.parts.panels) != len(fitted.parts.panels):
            continue
        parts = _part_of(one.parts, content)
        space = wanted.space(one.way.density, content.lead)
        worth = CROWDED ** densities.index(one.way.density)
        most = SCALES[0] if one.way.density.label <= FREE else SCALES[-1]
        for scale in (scale for scale in (*SCALES, 1.0) if scale <= most):
            if len(make_chapters(parts, space.scaled(scale), even=False)) == 1:
                found += [
                    (smaller * worth, one.way._replace(scale=smaller))
                    for smaller in (*SCALES, 1.0)
                    if smaller <= scale
                ][:2]
                break
    return found


def _part_of(parts: Parts, content: Content) -> Parts:
    """What of the parts stands on one slide."""
    panels = [parts.panels[place] for place in content.panels]
    row, notes = parts.row if content.row else NO_ROW, parts.notes if content.notes else ()
    return Parts(row, panels, notes, parts.style)


def _arranged(wanted: Wanted, way: Way, known: Known, content: Content | None = None) -> Fitted:
    """The parts of a network and their slides; no wire leads from one slide to another.

    ``content``: what of it is drawn, if not all.
    """
    network, style = wanted.network, wanted.style(way.density, way.scale)
    space = wanted.space(way.density, content.lead if content else wanted.lead)
    if way.scale != 1.0:  # what just fits still does when rounded
        space = space._replace(width=space.width + 0.5, height=space.height + 0.5)
    builder = Builder(network, wanted.analysis, style, ladders=way.beside is not None)
    if wanted.cut:
        builder = builder._replace(longest=space.width - 2 * turn_room((), style))
    builder = builder._replace(beside=way.beside or ALONE).within(network.body)
    notes, high = network.figure.notes, float("inf")
    long = space.width - notes_along(notes, style, space.height)
    panels = build_panels(network, builder, long, space.height if wanted.cut > 1 else high)

    def made(builder: Builder) -> tuple[Fitted, Unsettled]:
        row = NO_ROW
        if content is None or content.row:
            row = narrowed_row(main_row(builder), space.width, style)
        parts = Parts(row, panels, notes, style)
        if content:
            fits = max(content.panels, default=-1) < len(panels)
            parts = _part_of(parts, content) if fits else parts
        chapters = make_chapters(parts, space, whole=True)
        failed, turned = unsettled([line for chapter in chapters for line in chapter.lines])
        names = [
            frozenset[str]().union(*(line.names for line in chapter.lines)) for chapter in chapters
        ]
        for one, other in combinations(names, 2):
            failed |= one & other
        known = Known(builder.stubs, builder.under)
        return Fitted(way, style, parts, chapters, known), Unsettled(failed, turned)

    return settled(builder._replace(stubs=builder.stubs | known.stubs, under=known.under), made)
