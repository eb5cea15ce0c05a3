"""What stands on which slide: lines of the main row, rows of panels, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Literal, NamedTuple

from archviz.layout.breaks import Spans
from archviz.layout.canvas import TURN
from archviz.layout.packing import pack, row_height
from archviz.layout.page import NEARLY, row_width
from archviz.layout.panels import Panel
from archviz.layout.row import MainRow, RowLine, break_row, fill_row, measure_line, with_wires
from archviz.layout.sheet import PANEL_GAP, ROW_GAP, over_notes
from archviz.layout.style import Style
from archviz.scene.scene import total
from archviz.scene.text import LINE_HEIGHT, paragraph

MOST_TRIES = 40
"""Numbers of lines that are tried for a main row, from the least that can do."""
FILLED = (0.6, 0.7, 0.8, 0.9, 1.0)
"""Of a slide's width: the lengths of a main row's lines, if not all alike."""
MOST_SLIDES = 100_000
MOST_PANELS = 10
"""All arrangements of so many panels are tried; of more only the lowest."""

MOST_PANELS_EVEN = 7
"""Of more, one break that a slide has room behind is tried, not two."""


class Chapter(NamedTuple):
    """What stands on one slide: lines of the main row, rows of panels, notes."""

    lines: tuple[RowLine, ...]
    rows: tuple[tuple[Panel, ...], ...]
    notes: tuple[str, ...]
    standing: Literal["beside", "under", "across"] = "beside"
    """Where panels of a row that goes down or up stand: under it, they may be read to the right."""


class Parts(NamedTuple):
    """A network's measured parts."""

    row: MainRow
    panels: Sequence[Panel]
    notes: tuple[str, ...]
    style: Style


class Space(NamedTuple):
    """What is free on a slide along the flow and across it; ``lead``: less on the first."""

    width: float
    height: float
    lead: float = 0.0

    def scaled(self, scale: float) -> Space:
        """What is free for things that are drawn so much larger afterwards."""
        return Space(self.width / scale, self.height / scale, self.lead / scale)


def make_chapters(
    parts: Parts, space: Space, even: bool = True, whole: bool = False
) -> list[Chapter]:
    """The slides that it takes, each no larger than this; empty if some part does not fit.

    ``even``: with no more slides than that, no panel stands alone on one if it can be helped.
    ``whole``: the main row is on one slide, if it can be, though there are more slides then.
    """
    space = space._replace(width=space.width - notes_along(parts.notes, parts.style, space.height))
    ways = [
        way
        for way in ways_within(parts, space.width)
        if all(
            one.up + one.down <= space.height - space.lead * (n == 0) for n, one in enumerate(way)
        )
    ]
    best = _fewest(parts, ways, space, 1, whole)
    if even and lonely_panels(best) and 1 < len(parts.panels) <= MOST_PANELS_EVEN:
        best = _fewest(parts, ways, space, 2, whole)
    return best


def _fewest(
    parts: Parts, ways: Sequence[tuple[RowLine, ...]], space: Space, breaks: int, whole: bool
) -> list[Chapter]:
    """The fewest slides, with at most so many breaks where there is room to go on.

    ``ways``: the lines of the main row.
    """
    best: list[Chapter] = []
    fewest = (MOST_SLIDES, 0, 0, 0, 0, 0.0)
    for lines in ways:
        for rows in _arrangements(parts.panels, space.width, parts.style):
            high = space.height - (0.0 if lines else space.lead)
            if any(row_height(row) > (space.height if n else high) for n, row in enumerate(rows)):
                continue
            length = total(row_height(row) for row in rows)
            for count in range(breaks + 1):
                for early in combinations(range(len(rows)), count):
                    chapters = _paginate(lines, rows, parts, space, early)
                    torn, lonely = torn_families(chapters), lonely_panels(chapters)
                    cut = row_slides(chapters) if whole else 0
                    cost = (cut, len(chapters), torn + lonely, lonely, count, length)
                    if cost < fewest:
                        best, fewest = chapters, cost
    return best


def lonely_panels(chapters: Sequence[Chapter]) -> int:
    """How many panels stand alone on a slide."""
    alone = [(len(chapter.lines), *map(len, chapter.rows)) for chapter in chapters]
    return alone.count((0, 1))


def row_slides(chapters: Sequence[Chapter]) -> int:
    """How many slides the main row takes."""
    return sum(bool(chapter.lines) for chapter in chapters)


def torn_families(chapters: Sequence[Chapter]) -> int:
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
    space: Space,
    early: Sequence[int],
) -> list[Chapter]:
    """Fill one slide after the other; the notes stand on the first that has room.

    Rows of the numbers ``early`` begin a slide though there may be room for them, so that a
    family can stay together and none stands alone.
    """
    between = parts.style.row_gap(ROW_GAP)
    chapters, used = [Chapter((), (), ())], [0.0]

    def high() -> float:
        return space.height - (space.lead if len(used) == 1 else 0.0)

    def make_room(size: float, anew: bool = False) -> Chapter:
        if used[-1] and (anew or used[-1] + between + size > high()):
            chapters.append(Chapter((), (), ()))
            used.append(0.0)
        used[-1] += size + (between if used[-1] else 0.0)
        return chapters[-1]

    for line in lines:
        chapter = make_room(line.up + line.down)
        chapters[-1] = chapter._replace(lines=(*chapter.lines, line))
    for number, row in enumerate(rows):
        chapter = make_room(row_height(row), number in early)
        chapters[-1] = chapter._replace(rows=(*chapter.rows, row))
    vertical = parts.style.flow.vertical
    needed = 0.0 if vertical else _notes_height(parts.notes, parts.style, space.width)
    for number, filled in enumerate(used):
        if filled + needed + space.lead * (number == 0) <= space.height:
            chapters[number] = chapters[number]._replace(notes=parts.notes)
            return chapters
    return [*chapters, Chapter((), (), parts.notes)] if parts.notes else chapters


def ways_within(parts: Parts, width: float) -> Iterator[tuple[RowLine, ...]]:
    """The main row in the fewest lines no wider than ``width``.

    They are alike, or, where no wire leads from one to another, more and more full.
    """
    row, style = parts.row, parts.style
    if not row.blocks:
        yield ()
        return

    def fitting(spans: Spans) -> tuple[RowLine, ...]:
        lines: Sequence[RowLine] = [measure_line(row, *span, style) for span in spans]
        if row_width(lines, style) <= width:  # wires take time to find
            lines = with_wires(row, lines, style)
        return tuple(lines) if row_width(lines, style) <= width else ()

    least = int(total(block.width for block in row.blocks) / width) + 1
    for count in range(least, min(least + MOST_TRIES, len(row.blocks)) + 1):
        alike = [break_row(row, count, style, slack) for slack in (NEARLY, 0.0)]
        lines = fitting(alike[0]) or (fitting(alike[1]) if alike[0] != alike[1] else ())
        if lines:
            yield lines
            if len(lines) == 1 or any(line.names for line in lines):
                return
            most = width + style.gap(1) - 2 * style.gap(TURN)
            fuller = [tuple(fill_row(row, share * most, style)) for share in FILLED]
            for spans in dict.fromkeys(fuller):
                if len(spans) <= count:
                    yield from filter(None, [fitting(list(spans))])
            return


def _row_span(row: Sequence[Panel], gap: float) -> float:
    return total(panel.length for panel in row) + gap * (len(row) - 1)


def notes_along(notes: Sequence[str], style: Style, across: float) -> float:
    """The length that notes leave free below, where the flow goes up or down."""
    return _notes_height(notes, style, across) if style.flow.vertical else 0.0


def _notes_height(notes: Sequence[str], style: Style, width: float) -> float:
    if not notes:
        return 0.0
    size = style.metric("caption")
    count = sum(len(paragraph(note, width, size)) for note in notes)
    return over_notes(style) + (count * LINE_HEIGHT + len(notes) * 0.25) * size
