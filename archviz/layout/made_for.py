"""A figure made for the place where it will stand: as wide as that, no letter too small.

Nothing is shrunk afterwards. The unit is what the letters ask for; the main row wraps, panels
are packed into rows and wrap inside, until all is as narrow as the place. What is still too
high, or too wide beside another, becomes several figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from archviz.errors import ArchvizError
from archviz.layout.blank import blanked
from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.canvas import rounded
from archviz.layout.chapters import Chapter, Parts, Space, make_chapters, ways_within
from archviz.layout.densities import COMPACT, FULL, LEAST_TEXT, NARROW, Density, slide_style
from archviz.layout.flow import FLOWS
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
    row_width,
    shown_in,
    with_dark,
)
from archviz.layout.panels import Panel, build_panels
from archviz.layout.pyramid import ALONE
from archviz.layout.row import MainRow, RowLine, main_row, turn_room, unsettled
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
FEW_PARTS = 3
"""So many parts are few: whether there could be fewer is not tried then."""
LOWERED = 6
"""How often parts are made lower for their legends to have room."""
INFINITE = float("inf")


class Wanted(NamedTuple):
    """What is to be drawn, and for which place."""

    network: Network
    analysis: Analysis
    options: Options
    place: Place
    ladders: bool = True
    """Whether an encoder with its decoder is drawn as a U."""

    @property
    def densities(self) -> tuple[Density, ...]:
        """How near to one another things may stand, the roomiest first."""
        usual = (*(FULL if self.options.detail else COMPACT), *NARROW)
        usual = usual if self.ladders else NARROW
        below = [one._replace(below=True, split=True) for one in (*usual[3:4], *NARROW)]
        return (*usual, *(below if self.options.detail else ()))

    def style(self, density: Density, scale: float) -> Style:
        """The style with letters ``scale`` times as large as they must be."""
        flow = FLOWS[self.network.figure.direction]
        scale *= self.place.least_text / LEAST_TEXT
        return slide_style(self.options.theme, scale, density, self.options.detail, flow)

    def builder(self, style: Style, along: float) -> Builder:
        """What makes the blocks of its main row."""
        builder = Builder(self.network, self.analysis, style, beside=ALONE, ladders=self.ladders)
        builder = builder.within(self.network.body)
        if along == INFINITE:
            return builder
        return builder._replace(longest=along - 2 * turn_room((), style))


class Part(NamedTuple):
    """One of several figures of a network, and its name."""

    name: str
    scene: Scene


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
    if scene := _lowest(wanted):
        return scene
    raise _too_small(wanted)


def draw_parts(network: Network, analysis: Analysis, options: Options, place: Place) -> list[Part]:
    """A network as few figures as can be, each made for a place.

    Where the place has no greatest height, the main row is one, and each panel.

    Raises:
        ArchvizError: a part cannot be so small.
    """
    wanted = Wanted(network, analysis, options, place)
    whole = _lowest(wanted) if place.height < INFINITE else None
    if whole:
        return [Part("", whole)]
    best: list[Part] = []
    for ladders in (True, False):
        wanted = wanted._replace(ladders=ladders)
        for density in wanted.densities:
            made = _parts(wanted, density)
            if made and (not best or len(made) < len(best)):
                best = made
            if 0 < len(best) <= FEW_PARTS:
                return best
        if best:
            return best
    raise _too_small(wanted)


def parts_as_they_come(network: Network, analysis: Analysis, options: Options) -> list[Part]:
    """The main row and each module as figures of their own, as large as they come."""
    opened = {
        panel.module.name: panel.module.title for panel in _panels(network, analysis, options)
    }
    names = {MAIN_ROW: "Main row", **opened}
    return [
        Part(title, draw_network(network, analysis, options._replace(only=(name,))))
        for name, title in names.items()
        if not options.only or name in options.only
    ]


def _panels(network: Network, analysis: Analysis, options: Options) -> list[Panel]:
    style = Style(options.theme, options.theme.metric("unit"), options.detail)
    style = style._replace(flow=FLOWS[network.figure.direction])
    return build_panels(network, Builder(network, analysis, style))


def _lowest(wanted: Wanted) -> Scene | None:
    """The lowest figure that fits; None where none does."""
    best: Scene | None = None
    for ladders in (True, False):
        wanted = wanted._replace(ladders=ladders)
        for density in wanted.densities:
            if best and (density in NARROW or density.below):
                return best
            made = smallest(wanted, density)
            if made and (best is None or made.height * ROOMIER < best.height):
                best = made
        if best:
            break
    return best


def _too_small(wanted: Wanted) -> ArchvizError:
    def fits(place: Place) -> bool:
        return _lowest(wanted._replace(place=place)) is not None

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
    along = INFINITE if style.flow.vertical else room
    builder = wanted.builder(style, along)
    only = wanted.options.only
    panels = only_these(build_panels(wanted.network, builder, along), only)

    def arranged(builder: Builder) -> tuple[Chapter | None, Unsettled]:
        row = main_row(builder) if not only or MAIN_ROW in only else None
        chapter = _chapter(row, panels, style, room)
        return chapter, unsettled(chapter.lines) if chapter else Unsettled()

    chapter = settled(builder, arranged)
    if chapter is None:
        return None
    scene = _scene(wanted, chapter._replace(notes=wanted.network.figure.notes), style)
    fits = scene.width <= place.width + SPARE and scene.height <= place.height
    return scene if fits else None


def _chapter(
    row: MainRow | None, panels: Sequence[Panel], style: Style, room: float
) -> Chapter | None:
    """The lowest arrangement that is no wider than ``room``."""
    packer = Packer(panels, style.gap(PANEL_GAP), style.row_gap(ROW_GAP))
    for length in _lengths(row, panels, style, room):
        packed, lines = packer.within(length), tuple[RowLine, ...]()
        if row:
            parts = Parts(narrowed_row(row, length, style), panels, (), style)
            lines = next(ways_within(parts, length), ())
        fits = packed.widest <= length and (lines or not row)
        if fits and (not style.flow.vertical or plan_of(lines, packed, style).height <= room):
            return Chapter(lines, packed.rows, ())
    return None


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


def _parts(wanted: Wanted, density: Density) -> list[Part]:
    """The parts of a network at a density; none where one does not fit."""
    scale, height = 1.0, wanted.place.height
    for _ in range(LOWERED):
        made = _parts_at(wanted, density, scale, height)
        scenes = [part.scene for part in made]
        if not made or any(scene.width > wanted.place.width + SPARE for scene in scenes):
            return []
        if least_text(scenes) < wanted.place.least_text:
            scale *= (wanted.place.least_text + ROUNDED) / least_text(scenes)
            continue
        over = max(scene.height for scene in scenes) - wanted.place.height
        if over <= 0:
            return made
        height -= over
    return []


def at_scale(wanted: Wanted, density: Density, scale: float) -> list[Part]:
    """A network, or parts of it, with letters so large; none where it is too large."""
    height = wanted.place.height
    if whole := drawn_at(wanted, density, scale):
        return [Part("", whole)]
    for _ in range(LOWERED):
        made = _parts_at(wanted, density, scale, height)
        over = max((part.scene.height for part in made), default=0.0) - wanted.place.height
        if over <= 0:
            most = max((part.scene.width for part in made), default=0.0)
            return made if most <= wanted.place.width + SPARE else []
        height -= over
    return []


def _parts_at(wanted: Wanted, density: Density, scale: float, height: float) -> list[Part]:
    """Parts with letters so large, no higher than that without notes and legends."""
    style = wanted.style(density, scale)
    wide = wanted.place.width - 2 * style.px(MARGIN)
    room = style.flow.lies(wide, height - 2 * style.px(MARGIN))
    builder = wanted.builder(style, room[0])
    only = wanted.options.only
    panels = only_these(build_panels(wanted.network, builder, room[0], room[1]), only)

    def arranged(builder: Builder) -> tuple[list[Chapter], Unsettled]:
        row = narrowed_row(main_row(builder), room[0], style)
        chapters = _chapters(Parts(row, panels, (), style), room, height == INFINITE)
        failed, turned = unsettled([line for one in chapters for line in one.lines])
        none = frozenset[str]()
        names = [none.union(*(line.names for line in one.lines)) for one in chapters]
        for one, other in combinations(names, 2):
            failed |= one & other
        return chapters, Unsettled(failed, turned)

    chapters = settled(builder, arranged)
    if only and MAIN_ROW not in only:
        chapters = [one._replace(lines=()) for one in chapters if one.rows]
    notes = wanted.network.figure.notes
    if chapters:
        chapters[-1] = chapters[-1]._replace(notes=notes)
    rows = [number for number, one in enumerate(chapters) if one.lines]
    made: list[Part] = []
    for number, one in enumerate(chapters):
        whole = number in rows[:1], number in rows[-1:]
        name = _name(one, whole[0])
        made.append(Part(name, _scene(wanted, one, style, name, whole)))
    return made


def _chapters(parts: Parts, room: tuple[float, float], each: bool) -> list[Chapter]:
    """What stands in which part; ``each``: the row, and every panel, is one."""
    if not each:
        return make_chapters(parts, Space(*room))
    chapter = _chapter(parts.row, (), parts.style, min(room))
    if chapter is None or any(panel.length > room[0] for panel in parts.panels):
        return []
    return [chapter, *(Chapter((), ((panel,),), ()) for panel in parts.panels)]


def _name(chapter: Chapter, begins: bool) -> str:
    """The name of a part: what it shows."""
    titles = [panel.module.title for row in chapter.rows for panel in row]
    main_row = "Main row" if begins else "Main row, continued"
    shown = [*([main_row] if chapter.lines else []), *titles]
    return shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"


def _scene(
    wanted: Wanted,
    chapter: Chapter,
    style: Style,
    part: str = "",
    whole: tuple[bool, bool] = (True, True),
) -> Scene:
    """The figure of a chapter, as wide as its place, or wider where it does not fit.

    ``whole``: whether the main row begins in it, and whether it ends.
    """
    network, analysis, options, place, _ = wanted
    room = place.width - 2 * style.px(MARGIN)
    gap = style.gap(PANEL_GAP)
    lengths = [row_width(chapter.lines, style), *(row_length(row, gap) for row in chapter.rows)]
    sheet = Sheet(style, max(lengths) if style.flow.vertical else room)
    if chapter.lines:
        sheet.row(chapter.lines, *whole)
    for row in chapter.rows:
        sheet.panels(row, max(row_length(one, gap) for one in chapter.rows))
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
