"""A network as several figures, each made for a place: as few as can be, each with a name.

Where the place has no greatest height, the main row is one, and each panel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.chapters import Chapter, Parts, Space, make_chapters
from archviz.layout.densities import Density
from archviz.layout.flow import FLOWS, RIGHT
from archviz.layout.made_for import (
    INFINITE,
    MARGIN,
    ROUNDED,
    SPARE,
    Wanted,
    chapter_of,
    chapter_scene,
    drawn_at,
    least_text,
    lowest,
    too_small,
)
from archviz.layout.narrow import narrowed_row
from archviz.layout.page import MAIN_ROW, Options, Place, draw_network
from archviz.layout.panels import Panel, build_panels
from archviz.layout.row import MainRow, main_row, unsettled
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Scene

FEW_PARTS = 2
"""So many parts are few: whether there could be fewer is not tried then."""
LOWERED = 6
"""How often parts are made lower for their legends to have room."""


class Part(NamedTuple):
    """One of several figures of a network, and its name."""

    name: str
    scene: Scene


def draw_parts(network: Network, analysis: Analysis, options: Options, place: Place) -> list[Part]:
    """A network as few figures as can be, each made for a place.

    Where the place has no greatest height, the main row is one, and each panel.

    Raises:
        ArchvizError: a part cannot be so small.
    """
    wanted = Wanted(network, analysis, options, place)
    whole = lowest(wanted) if place.height < INFINITE else None
    if whole:
        return [Part("", whole)]
    best: list[Part] = []
    for form in wanted.forms:
        for density in form.densities:
            made = _parts(form, density)
            if made and (not best or len(made) < len(best)):
                best = made
            if 0 < len(best) <= FEW_PARTS:
                return best
        if best:
            return best
    raise too_small(wanted)


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
    wide, high = wanted.place.width - 2 * style.px(MARGIN), height - 2 * style.px(MARGIN)
    room = style.flow.lies(wide, high)
    builder = wanted.builder(style, room[0])
    only = wanted.options.only
    panels = wanted.panels(style, wide, high)
    apart = wanted.standing == "across"

    def arranged(builder: Builder) -> tuple[list[Chapter], Unsettled]:
        row = narrowed_row(main_row(builder), room[0], style)
        parts = Parts(row, () if apart else panels, (), style)
        chapters = _chapters(parts, room, height == INFINITE)
        if apart and chapters:
            chapters += _across(panels, style, (wide, high))
        failed, turned = unsettled([line for one in chapters for line in one.lines])
        none = frozenset[str]()
        names = [none.union(*(line.names for line in one.lines)) for one in chapters]
        for one, other in combinations(names, 2):
            failed |= one & other
        return chapters, Unsettled(failed, turned)

    chapters = settled(builder, arranged)
    if only and MAIN_ROW not in only:
        chapters = [one._replace(lines=()) for one in chapters if one.rows]
    notes = wanted.network.figure.notes  # each part is read alone
    chapters = [one._replace(notes=notes) for one in chapters]
    rows = [number for number, one in enumerate(chapters) if one.lines]
    made: list[Part] = []
    for number, one in enumerate(chapters):
        whole = number in rows[:1], number in rows[-1:]
        name = _name(one, whole[0])
        made.append(Part(name, chapter_scene(wanted, one, style, name, whole)))
    return made


def _chapters(parts: Parts, room: tuple[float, float], each: bool) -> list[Chapter]:
    """What stands in which part; ``each``: the row, and every panel, is one."""
    if not each:
        return make_chapters(parts, Space(*room))
    rows = [chapter_of(parts.row, (), parts.style, min(room))] if parts.row.blocks else []
    if None in rows or any(panel.length > room[0] for panel in parts.panels):
        return []
    return [*filter(None, rows), *(Chapter((), ((panel,),), ()) for panel in parts.panels)]


def _across(panels: Sequence[Panel], style: Style, room: tuple[float, float]) -> list[Chapter]:
    """Parts of panels that are read to the right, of a row that is not; one that does not fit
    where a panel does not."""
    row, style = MainRow((), ()), style._replace(flow=RIGHT)
    chapters = _chapters(Parts(row, panels, (), style), room, room[1] == INFINITE)
    chapters = chapters or [Chapter((), tuple((panel,) for panel in panels), ())]
    return [one._replace(standing="across") for one in chapters if one.rows]


def _name(chapter: Chapter, begins: bool) -> str:
    """The name of a part: what it shows."""
    titles = [panel.module.title for row in chapter.rows for panel in row]
    main_row = "Main row" if begins else "Main row, continued"
    shown = [*([main_row] if chapter.lines else []), *titles]
    return shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"
