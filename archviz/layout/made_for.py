"""A figure made for the place where it will stand: as wide as that, no letter too small.

Nothing is shrunk afterwards. The unit is what the letters ask for; the main row wraps, panels
are packed into rows and wrap inside, until all is as narrow as the place. What is still too
high, or too wide beside another, becomes several figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from archviz.errors import ArchvizError
from archviz.layout.aggregation import aggregated
from archviz.layout.blank import blanked
from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.canvas import rounded
from archviz.layout.chapters import Chapter, Parts, ways_within
from archviz.layout.densities import COMPACT, FULL, LEAST_TEXT, NARROW, Density, slide_style
from archviz.layout.flow import FLOWS, RIGHT
from archviz.layout.narrow import narrowed_row
from archviz.layout.no_room import no_room
from archviz.layout.packing import Packer, row_length
from archviz.layout.page import (
    MAIN_ROW,
    Options,
    Place,
    describe_network,
    draw_network,
    explain,
    only_these,
    plan_of,
    row_depth,
    row_width,
    shown_in,
    with_dark,
)
from archviz.layout.panels import Panel, build_panels
from archviz.layout.pyramid import ALONE, NARROWER, Beside
from archviz.layout.row import MainRow, RowLine, main_row, measure_line, turn_room, unsettled
from archviz.layout.sheet import PANEL_GAP, ROW_GAP, Sheet, moved
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Scene, texts_in, total

MARGIN = 0.15
"""Units round the figure: a place has margins of its own."""
SPARE = 0.5
"""Pixels that both margins together give way for what is wider by so little."""
ROOMIER = 1.3
"""How much higher a figure may be whose boxes stand farther apart."""
ROUNDED = 0.006
"""Pixels that a rounded size may be too small."""
MOST_COLUMNS = 24
INFINITE = float("inf")

Standing: TypeAlias = Literal["beside", "under", "across"]
"""Where panels of a row that goes down or up stand: beside it; under it; under it, read to the
right, where those that go its way are too wide."""


class Wanted(NamedTuple):
    """What is to be drawn, and for which place."""

    network: Network
    analysis: Analysis
    options: Options
    place: Place
    beside: Beside | None = ALONE
    """What stands beside an encoder with its decoder, which are a U; None for no U."""
    standing: Standing = "beside"

    @property
    def forms(self) -> Iterator[Wanted]:
        """The forms that are tried one after another until one fits, the best first."""
        upright = FLOWS[self.network.figure.direction].vertical and self.network.figure.opened
        ways: tuple[Standing, ...] = ("beside", "under", "across") if upright else ("beside",)
        for beside in self.ways_beside:
            for standing in ways:
                yield self._replace(beside=beside, standing=standing)

    @property
    def ways_beside(self) -> tuple[Beside | None, ...]:
        """What may stand beside a U, the best first."""
        pyramid = aggregated(self.network.body, self.analysis.facts, ALONE)
        return (ALONE, *NARROWER, None) if pyramid else (ALONE, None)

    @property
    def densities(self) -> tuple[Density, ...]:
        """How near to one another things may stand, the roomiest first."""
        usual = (*(FULL if self.options.detail else COMPACT), *NARROW)
        usual = usual if self.beside is not None else NARROW
        below = [one._replace(below=True, split=True) for one in (*usual[3:4], *NARROW)]
        below.append(below[-1]._replace(broken=True))
        return (*usual, *(below if self.options.detail else ()))

    def style(self, density: Density, scale: float) -> Style:
        """The style with letters ``scale`` times as large as they must be."""
        flow = FLOWS[self.network.figure.direction]
        scale *= self.place.least_text / LEAST_TEXT
        return slide_style(self.options.theme, scale, density, self.options.detail, flow)

    def builder(self, style: Style, along: float) -> Builder:
        """What makes the blocks of its main row."""
        builder = Builder(self.network, self.analysis, style, ladders=self.beside is not None)
        builder = builder._replace(beside=self.beside or ALONE).within(self.network.body)
        if along == INFINITE:
            return builder
        return builder._replace(longest=along - 2 * turn_room((), style))

    def panels(self, style: Style, width: float, height: float = INFINITE) -> list[Panel]:
        """Its panels that are shown, in a place of this size."""
        style = style._replace(flow=RIGHT) if self.standing == "across" else style
        along, across = style.flow.lies(width, height)
        across = across if height < INFINITE else INFINITE
        builder = self.builder(style, along)
        return only_these(build_panels(self.network, builder, along, across), self.options.only)


def draw_figure(network: Network, analysis: Analysis, options: Options) -> Scene:
    """The figure of a network: made for a place, where one is asked for, else as it comes.

    Raises:
        ArchvizError: it cannot be as small as the place asks for.
    """

    def draw(options: Options) -> Scene:
        place = options.place
        made = draw_for(network, analysis, options, place) if place else None
        scene = made or draw_network(network, analysis, options)
        return blanked([scene], network.figure.blank, options.theme)[0]

    return with_dark(draw, options)


def draw_for(network: Network, analysis: Analysis, options: Options, place: Place) -> Scene:
    """The figure of a network, made for a place.

    Raises:
        ArchvizError: it cannot be so small; the message says which letters, or which width, can.
    """
    wanted = Wanted(network, analysis, options, place)
    if scene := lowest(wanted):
        return scene
    raise too_small(wanted)


def lowest(wanted: Wanted) -> Scene | None:
    """The lowest figure that fits; None where none does."""
    best: Scene | None = None
    for form in wanted.forms:
        for density in form.densities:
            if best and (density in NARROW or density.below):
                return best
            made = smallest(form, density)
            if made and (best is None or made.height * ROOMIER < best.height):
                best = made
        if best:
            break
    return best


def too_small(wanted: Wanted) -> ArchvizError:
    """What is said where no form fits."""

    def fits(place: Place) -> bool:
        return lowest(wanted._replace(place=place)) is not None

    hint = "draw it in parts (--parts), or some of them (--only)"
    return no_room(wanted.network.head.name, wanted.place, fits, hint)


def least_text(scenes: Sequence[Scene]) -> float:
    """The smallest letters of figures."""
    sizes = (text.size for scene in scenes for text in texts_in(scene.items))
    return min(sizes, default=INFINITE)


def smallest(wanted: Wanted, density: Density) -> Scene | None:
    """The figure with letters as small as they may be; None where it is too large."""
    made, least = drawn_at(wanted, density, 1.0), wanted.place.least_text
    if made and least_text([made]) < least:  # letters of a badge are smaller than others
        made = drawn_at(wanted, density, (least + ROUNDED) / least_text([made]))
    return made


def drawn_at(wanted: Wanted, density: Density, scale: float) -> Scene | None:
    """The figure with letters ``scale`` times as large as they must be; None if it is too large."""
    place, style = wanted.place, wanted.style(density, scale)
    room = place.width - 2 * style.px(MARGIN)
    builder = wanted.builder(style, INFINITE if style.flow.vertical else room)
    only = wanted.options.only
    panels = wanted.panels(style, room)

    def arranged(builder: Builder) -> tuple[Chapter | None, Unsettled]:
        row = main_row(builder) if not only or MAIN_ROW in only else None
        chapter = chapter_of(row, panels, style, room, wanted.standing)
        return chapter, unsettled(chapter.lines) if chapter else Unsettled()

    chapter = settled(builder, arranged)
    if chapter is None:
        return None
    scene = chapter_scene(wanted, chapter._replace(notes=wanted.network.figure.notes), style)
    fits = scene.width <= place.width + SPARE and scene.height <= place.height
    return scene if fits else None


def chapter_of(
    row: MainRow | None,
    panels: Sequence[Panel],
    style: Style,
    room: float,
    standing: Standing = "beside",
) -> Chapter | None:
    """The lowest arrangement that is no wider than ``room``."""
    packer = Packer(panels, style.gap(PANEL_GAP), style.row_gap(ROW_GAP))
    if style.flow.vertical and row and _deepest(row, style) > room:
        return None
    if standing != "beside":
        return _with_under(row, packer, style, room, standing)
    for length in _lengths(row, panels, style, room):
        packed, lines = packer.within(length), tuple[RowLine, ...]()
        if row:
            lines = _lines(row, style, length)
        fits = packed.widest <= length and (lines or not row)
        if fits and (not style.flow.vertical or plan_of(lines, packed, style).height <= room):
            return Chapter(lines, packed.rows, ())
    return None


def _deepest(row: MainRow, style: Style) -> float:
    """How far a row reaches across at least: on as few lines as it can have."""
    edges = [0, *sorted(row.starts - {0}), len(row.blocks)]
    return row_depth([measure_line(row, *span, style) for span in pairwise(edges)], style)


def _with_under(
    row: MainRow | None, packer: Packer, style: Style, room: float, standing: Standing
) -> Chapter | None:
    """The same of a row that goes down or up, with panels under it."""
    packed = packer.within(room) if standing == "across" else packer.under(room)
    widest = packed.widest if standing == "across" else packed.height
    if not packer.panels or widest > room:
        return None
    for length in _lengths(row, (), style, room) if row else ():
        lines = _lines(row, style, length) if row else ()
        if lines and row_depth(lines, style) <= room:
            return Chapter(lines, packed.rows, (), standing)
    return None if row else Chapter((), packed.rows, (), standing)


def _lines(row: MainRow, style: Style, length: float) -> tuple[RowLine, ...]:
    """A row in lines no longer than that; none where it cannot be."""
    return next(ways_within(Parts(narrowed_row(row, length, style), (), (), style), length), ())


def _lengths(
    row: MainRow | None, panels: Sequence[Panel], style: Style, room: float
) -> Iterator[float]:
    """Lengths along the flow to try: the width, or, down or up, more and more."""
    if not style.flow.vertical:
        yield room
        return
    blocks = row.blocks if row else ()
    least = max([block.width for block in blocks] + [panel.length for panel in panels])
    most = total(block.width + style.gap(1) for block in blocks)
    most = max(most, total(panel.length + style.gap(PANEL_GAP) for panel in panels), least)
    for step in range(MOST_COLUMNS + 1):
        yield least * (most / least * 1.05) ** (step / MOST_COLUMNS)


def chapter_scene(
    wanted: Wanted,
    chapter: Chapter,
    style: Style,
    part: str = "",
    whole: tuple[bool, bool] = (True, True),
) -> Scene:
    """The figure of a chapter, as wide as its place, or wider where it does not fit.

    ``whole``: whether the main row begins in it, and whether it ends.
    """
    network, analysis, options, place = wanted[:4]
    room = place.width - 2 * style.px(MARGIN)
    sheet = _placed(chapter, style, room, whole)
    sheet.notes(chapter.notes, room)
    options = options._replace(totals=options.totals and bool(chapter.lines) and whole[0])
    explain(sheet, network, analysis, options)
    shown = shown_in(chapter.lines, chapter.rows) if part or options.only else ()
    left, top, right, bottom = sheet.extent()
    margin = style.px(MARGIN)
    needed = right - left + 2 * margin
    width = place.width if needed <= place.width + SPARE else needed
    dx, dy = rounded((width - (right - left)) / 2 - left), rounded(margin - top)
    return Scene(
        rounded(width),
        rounded(bottom - top + 2 * margin),
        f"{network.head.title}: {part}" if part else network.head.title,
        describe_network(network, analysis, shown),
        style.theme.color("page"),
        tuple(moved(item, dx, dy) for item in sheet.items),
    )


def _placed(chapter: Chapter, style: Style, room: float, whole: tuple[bool, bool]) -> Sheet:
    """A sheet with the main row and the panels of a chapter on it."""
    gap = style.gap(PANEL_GAP)
    rows, under = chapter.rows, chapter.standing != "beside"
    lengths = [row_width(chapter.lines, style)]
    lengths += [] if under else [row_length(row, gap) for row in rows]
    sheet = Sheet(style, max(lengths) if style.flow.vertical else room)
    if chapter.lines:
        sheet.row(chapter.lines, *whole)
    if chapter.standing == "under":
        sheet.panels_under(rows, row_depth(chapter.lines, style))
    elif under:
        _across(sheet, rows, style, room)
    else:
        for row in rows:
            sheet.panels(row, max(row_length(one, gap) for one in rows))
    return sheet


def _across(sheet: Sheet, rows: Sequence[Sequence[Panel]], style: Style, room: float) -> None:
    """Panels that are read to the right, under a row that goes down or up."""
    other = Sheet(style._replace(flow=RIGHT), room)
    for row in rows:
        other.panels(row)
    left, _, right, bottom = sheet.extent()
    at, over, end, _ = other.extent()
    down = bottom + style.row_gap(ROW_GAP) - over if sheet.items else 0.0
    dx = rounded((left + right - at - end) / 2)
    sheet.items += [moved(item, dx, rounded(down)) for item in other.items]
