"""Slides: a network on as many pages of a fixed shape as it takes, no label below 12 pt.

The page is fitted, not the picture shrunk: the main row wraps, panels are packed in rows
as wide as the slide and go on to a next slide where they must. What room is left then
makes everything larger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from archviz.errors import fail
from archviz.layout.breaks import Spans
from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.canvas import TURN, Canvas, rounded
from archviz.layout.flow import FLOWS, RIGHT, Flow
from archviz.layout.narrow import narrowed_row
from archviz.layout.packing import pack
from archviz.layout.page import NEARLY, describe_network, heading_text, row_width
from archviz.layout.panels import Panel, build_panels, row_height
from archviz.layout.row import (
    MainRow,
    RowLine,
    break_row,
    fill_row,
    main_row,
    measure_lines,
    unsettled,
)
from archviz.layout.sheet import PANEL_GAP, ROW_GAP, Sheet, moved
from archviz.layout.style import Room, Style
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Group, Item, Scene, extent, total
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, paragraph, text_width
from archviz.scene.theme import Theme

SLIDE_HEIGHT = 720.0
"""Pixels of 1/96 inch: 7.5 inches."""
LEAST_TEXT = 16.0
"""Pixels: 12 pt."""
MARGIN = 44.0
TOP = 102.0
BOTTOM = 20.0
SCALES = (1.6, 1.45, 1.3, 1.2, 1.12, 1.06)
LAST_RESORT = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""For a box or a panel wider than a slide, which only a spec of one's own can have."""
MOST_TRIES = 40
"""Numbers of lines that are tried for a main row, from the least that can do."""
MOST_SLIDES = 100_000
MOST_PANELS = 10
"""All arrangements of so many panels are tried; of more only the lowest."""


class Chapter(NamedTuple):
    """What stands on one slide: lines of the main row, rows of panels, notes."""

    lines: tuple[RowLine, ...]
    rows: tuple[tuple[Panel, ...], ...]
    notes: tuple[str, ...]


class Parts(NamedTuple):
    """A network's measured parts."""

    row: MainRow
    panels: Sequence[Panel]
    notes: tuple[str, ...]
    style: Style


class Density(NamedTuple):
    """Metrics of a slide, in units; the larger the letters, the less room do boxes take."""

    label: float = 0.37
    row_gap: float = 0.62
    under_badge: float = 0.1
    under_box: float = 0.36


COMPACT = (Density(),)
FULL = (Density(under_badge=0.17), Density(0.4, 0.5, 0.17, 0.27), Density(0.4, 0.45, 0.17, 0.22))
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
        "gap": min(theme.metric("gap"), 0.66),
        "row-gap": min(theme.metric("row-gap"), density.row_gap),
        "shrink": 1.0,
        "badge": 0.68 * label / COMPACT[0].label,
    }
    return theme._replace(metrics=metrics)


def network_slides(
    network: Network,
    analysis: Analysis,
    theme: Theme,
    aspect: float = 16 / 9,
    full: bool = False,
) -> list[Scene]:
    """The slides of a network, 7.5 inches high and ``aspect`` times as wide.

    With ``full``, filters, strides and output shapes stand under each layer.

    Raises:
        ArchvizError: not even the smallest scale makes a part of it fit.
    """
    width = rounded(SLIDE_HEIGHT * aspect)
    flow = FLOWS[network.figure.direction]
    inner = (width - 2 * MARGIN, SLIDE_HEIGHT - TOP - BOTTOM)
    room = flow.lies(*inner)
    known = Known()
    for density in FULL if full else COMPACT:
        style = slide_style(theme, 1.0, density, full, flow)
        parts, chapters, known = _arranged(network, analysis, style, room, known)
        if chapters:
            break
    scale = _best_scale(parts, room)
    roomy = (room[0] + 0.5, room[1] + 0.5)
    for smaller in (scale, *(other for other in LAST_RESORT if other < scale)):
        if smaller != 1.0:
            style = slide_style(theme, smaller, density, full, flow)
            parts, chapters, known = _arranged(network, analysis, style, roomy, known)
        if chapters:
            break
    if not chapters:
        raise fail(
            network.head.name,
            "a box or a panel of this network is too large for any slide",
            "break it up into modules, or write another format, such as svg",
        )
    last = max(number for number, chapter in enumerate(chapters) if chapter.lines)
    return [
        _slide(
            network,
            analysis,
            chapter,
            parts.style,
            (width, *inner),
            number,
            (number == 0, number == last),
        )
        for number, chapter in enumerate(chapters)
    ]


def slide_style(
    theme: Theme, scale: float, density: Density, full: bool, flow: Flow = RIGHT
) -> Style:
    """The style of a network's slides."""
    theme = slide_theme(theme, scale, density)
    label = density.label
    room = Room(label, density.under_badge, density.under_box, several=1.0, least_badge=label)
    return Style(theme, theme.metric("unit"), full, room=room, flow=flow)


class Known(NamedTuple):
    """Names of values that no wire brings to where they are taken, and of those from below."""

    stubs: frozenset[str] = frozenset()
    under: frozenset[str] = frozenset()


def _arranged(
    network: Network,
    analysis: Analysis,
    style: Style,
    room: tuple[float, float],
    known: Known,
) -> tuple[Parts, list[Chapter], Known]:
    """The parts of a network and their slides; no wire leads from one slide to another."""
    builder = Builder(network, analysis, style, beside=0).within(network.body)
    notes = network.figure.notes
    panels = build_panels(network, builder, room[0] - _notes_along(notes, style, room[1]))

    def made(builder: Builder) -> tuple[tuple[Parts, list[Chapter], Known], Unsettled]:
        row = narrowed_row(main_row(builder), room[0], style)
        parts = Parts(row, panels, notes, style)
        chapters = _chapters(parts, *room)
        failed, turned = unsettled([line for chapter in chapters for line in chapter.lines])
        names = [
            frozenset[str]().union(*(line.names for line in chapter.lines)) for chapter in chapters
        ]
        for one, other in combinations(names, 2):
            failed |= one & other
        return (parts, chapters, Known(builder.stubs, builder.under)), Unsettled(failed, turned)

    return settled(builder._replace(stubs=known.stubs, under=known.under), made)


def _best_scale(parts: Parts, room: tuple[float, float]) -> float:
    """The largest scale at which the slides are as few as at 12 pt."""
    smallest = _chapters(parts, *room)
    if not smallest:
        for scale in LAST_RESORT:
            if _chapters(parts, room[0] / scale, room[1] / scale):
                return scale
        return LAST_RESORT[-1]
    for scale in SCALES:
        chapters = _chapters(parts, room[0] / scale, room[1] / scale)
        if chapters and len(chapters) == len(smallest):
            return scale
    return 1.0


def _chapters(parts: Parts, width: float, height: float) -> list[Chapter]:
    """The slides that it takes, each no larger than this; empty if some part does not fit."""
    style = parts.style
    width -= _notes_along(parts.notes, style, height)
    best: list[Chapter] = []
    fewest = (MOST_SLIDES, 0, False, 0.0)
    low = (way for way in _ways(parts, width) if all(line.up + line.down <= height for line in way))
    for lines in low:
        for rows in _arrangements(parts.panels, width, style):
            if any(row_height(row) > height for row in rows):
                continue
            for early in range(len(rows) + 1):
                chapters = _paginate(lines, rows, parts, width, height, early)
                length = total(row_height(row) for row in rows)
                cost = (len(chapters), _torn(chapters), early < len(rows), length)
                if cost < fewest:
                    best, fewest = chapters, cost
    return best


def _torn(chapters: Sequence[Chapter]) -> int:
    """How many families of one colour go on from one slide to the next."""
    panels = [[panel.module.color for row in chapter.rows for panel in row] for chapter in chapters]
    return sum(before[-1:] == after[:1] != [] for before, after in pairwise(panels))


def _arrangements(
    panels: Sequence[Panel], width: float, style: Style
) -> Iterator[tuple[tuple[Panel, ...], ...]]:
    """Ways to break the panels into rows no wider than ``width``; all of them, if few."""
    gap = style.gap(PANEL_GAP)
    if len(panels) > MOST_PANELS:
        rows = tuple(tuple(row) for row in pack(panels, width, gap))
        if all(_row_span(row, gap) <= width for row in rows):
            yield rows
        return
    if not panels:
        yield ()
    for count in range(1, len(panels) + 1):
        first = tuple(panels[:count])
        if _row_span(first, gap) > width:
            return
        for rest in _arrangements(panels[count:], width, style):
            yield (first, *rest)


def _paginate(
    lines: Sequence[RowLine],
    rows: Sequence[tuple[Panel, ...]],
    parts: Parts,
    width: float,
    height: float,
    early: int,
) -> list[Chapter]:
    """Fill one slide after the other; the notes stand on the first that has room.

    Row number ``early`` begins a slide though there may be room for it, so that a family
    can stay together.
    """
    between = parts.style.row_gap(ROW_GAP)
    chapters = [Chapter((), (), ())]
    used = [0.0]

    def make_room(size: float, anew: bool = False) -> Chapter:
        if used[-1] and (anew or used[-1] + between + size > height):
            chapters.append(Chapter((), (), ()))
            used.append(0.0)
        used[-1] += size + (between if used[-1] else 0.0)
        return chapters[-1]

    for line in lines:
        chapter = make_room(line.up + line.down)
        chapters[-1] = chapter._replace(lines=(*chapter.lines, line))
    for number, row in enumerate(rows):
        chapter = make_room(row_height(row), number == early)
        chapters[-1] = chapter._replace(rows=(*chapter.rows, row))
    vertical = parts.style.flow.vertical
    needed = 0.0 if vertical else _notes_height(parts.notes, parts.style, width)
    for number, filled in enumerate(used):
        if filled + needed <= height:
            chapters[number] = chapters[number]._replace(notes=parts.notes)
            return chapters
    return [*chapters, Chapter((), (), parts.notes)] if parts.notes else chapters


def _ways(parts: Parts, width: float) -> Iterator[tuple[RowLine, ...]]:
    """The main row in the fewest lines no wider than ``width``: alike; without wires, or full."""
    row, style = parts.row, parts.style

    def fitting(spans: Spans) -> tuple[RowLine, ...]:
        lines = measure_lines(row, spans, style)
        return lines if row_width(lines, style) <= width else ()

    least = int(total(block.width for block in row.blocks) / width) + 1
    for count in range(least, min(least + MOST_TRIES, len(row.blocks)) + 1):
        alike = [break_row(row, count, style, slack) for slack in (NEARLY, 0.0)]
        lines = fitting(alike[0]) or (fitting(alike[1]) if alike[0] != alike[1] else ())
        if lines:
            yield lines
            full = fill_row(row, width + style.gap(1) - 2 * style.gap(TURN), style)
            if len(full) <= count and not any(line.names for line in lines):
                yield from filter(None, [fitting(full)])
            return


def _row_span(row: Sequence[Panel], gap: float) -> float:
    return total(panel.length for panel in row) + gap * (len(row) - 1)


def _notes_along(notes: Sequence[str], style: Style, across: float) -> float:
    """The length that notes leave free below, where the flow goes up or down."""
    return _notes_height(notes, style, across) if style.flow.vertical else 0.0


def _notes_height(notes: Sequence[str], style: Style, width: float) -> float:
    if not notes:
        return 0.0
    size = style.metric("caption")
    count = sum(len(paragraph(note, width, size)) for note in notes)
    return style.row_gap(0.7) + (count * LINE_HEIGHT + len(notes) * 0.25) * size


def _slide(
    network: Network,
    analysis: Analysis,
    chapter: Chapter,
    style: Style,
    room: tuple[float, float, float],
    number: int,
    parts_of_row: tuple[bool, bool],
) -> Scene:
    """One slide: heading above, the chapter centred in the room below."""
    width, inner, height = room
    sheet = Sheet(style, style.flow.lies(inner, height)[0])
    if chapter.lines:
        sheet.row(chapter.lines, *parts_of_row)
    for row in chapter.rows:
        sheet.panels(row)
    sheet.notes(chapter.notes)
    left, top, right, bottom = extent(sheet.items)
    dx = rounded(MARGIN + (inner - (right - left)) / 2 - left)
    dy = rounded(TOP + max(0.0, (height - (bottom - top)) * 0.45) - top)
    title = heading_text(network) + (", continued" if number else "")
    heading = slide_heading(
        title,
        "" if number else network.head.brought,
        f"{analysis.totals.parameters:,} parameters",
        style.theme,
        width,
    )
    return Scene(
        width,
        SLIDE_HEIGHT,
        title,
        describe_network(network, analysis),
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
    for part in paragraph(line, inner, 18)[:2]:
        canvas.text(MARGIN, y, part, 18, muted, anchor="start", role="lead")
        y += LINE_HEIGHT * 18
    yield Group("heading", "heading", title, items=canvas.items())
