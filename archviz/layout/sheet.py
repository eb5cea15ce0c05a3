"""A sheet: what a page consists of, placed one thing under the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from archviz.layout.canvas import Canvas, Port, port_shape, rounded
from archviz.layout.crossings import gaps
from archviz.layout.grounds import Ground, ground_of
from archviz.layout.legend import Used, legend_sections
from archviz.layout.legend_places import place_strip
from archviz.layout.packing import row_height, row_length
from archviz.layout.panels import Panel, level, place_panel
from archviz.layout.row import RowLine, place_line, turn_room
from archviz.layout.style import Style
from archviz.layout.wires import draw_wires
from archviz.scene.scene import (
    Box,
    Connector,
    Group,
    Item,
    Line,
    Point,
    Shape,
    Text,
    extent,
    total,
)
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, paragraph, text_width

ROW_GAP = 1.0
PANEL_GAP = 0.9
OFF_ARROWS = 1.5
"""Sizes of its letters that a note keeps off arrows that lead up or down to where it stands: it is
no name at their ends."""


def over_notes(style: Style) -> float:
    """Pixels between a figure and the notes under it."""
    clear = OFF_ARROWS * style.metric("caption") if style.flow.vertical else 0.0
    return max(style.row_gap(0.7), clear)


class Sheet:
    """Places one thing beside the other across the flow, centred on a known length along it.

    ``y`` is where it has come, ``width`` the length along. Heading, notes and legend stand
    above and below all that, whatever the flow.
    """

    def __init__(self, style: Style, width: float) -> None:
        self.style = style
        self.width = width
        self.y = 0.0
        self.items: list[Item] = []
        self.panel_count = 0
        self._measured: dict[int, tuple[Item, Box]] = {}

    def extent(self) -> Box:
        """(left, top, right, bottom) of all that has been placed, each measured once."""
        drawn = [item for item in self.items if not isinstance(item, Group) or item.items]
        for item in drawn:
            if id(item) not in self._measured:  # the item is kept, so that its id stays its own
                self._measured[id(item)] = item, extent([item])
        boxes = [self._measured[id(item)][1] for item in drawn]
        if not boxes:
            return (0.0, 0.0, 0.0, 0.0)
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return (min(lefts), min(tops), max(rights), max(bottoms))

    def page(self) -> Box:
        """(left, top, right, bottom) on the page of what has been placed."""
        if not self.style.flow.vertical:
            return (0.0, 0.0, self.width, self.y)
        return self.extent()

    def heading(self, text: str) -> None:
        """The figure's title, centred over all that has been placed."""
        size = self.style.metric("title") * 1.3
        left, top, right, _ = self.extent()
        canvas = Canvas("title")
        told = any(item.role == "heading" for item in self.items)
        gap = self.style.px(0.25) if told else self.style.row_gap(0.7)
        canvas.text(
            (left + right) / 2,
            top - gap - size + ASCENT * size,
            clip(text, right - left, size, True),
            size,
            self.style.theme.color("text"),
            bold=True,
            role="title",
        )
        self.items.insert(0, Group("title", "heading", text, items=canvas.items()))

    def totals(self, text: str) -> None:
        """What the network comes to, centred over all that has been placed."""
        size = self.style.metric("caption")
        left, top, right, _ = self.extent()
        baseline = top - self.style.row_gap(0.6) - size + ASCENT * size
        canvas = Canvas("totals")
        fill = self.style.theme.color("caption")
        for line in reversed(paragraph(text, right - left, size)):
            canvas.text((left + right) / 2, baseline, line, size, fill, role="figures")
            baseline -= LINE_HEIGHT * size
        self.items.insert(0, Group("totals", "heading", text, items=canvas.items()))

    def row(self, lines: Sequence[RowLine], begins: bool = True, ends: bool = True) -> None:
        """The main row; a line ends where the next one begins, one turn below.

        A row that does not begin or end here comes from another page, or goes on there.
        """
        style, canvas = self.style, Canvas("row", self.style.flow)
        port: Port | None = None
        width = 0.0
        left = (self.width - max(line.width for line in lines)) / 2
        bottom = self.y
        grounds: list[Ground] = []
        if not begins and not lines[0].anew:
            at = left - turn_room(lines, style), self.y + lines[0].up
            port = Port((at,), source=port_shape(canvas, *at).id)
        for line in lines:
            y = self.y + line.up
            if port is not None and line is not lines[0] and not line.anew:
                turn = turn_room(lines, style)
                between = bottom + style.row_gap(ROW_GAP) / 2
                out = max(port.x, left + width) + turn
                port = port.turn(out, between, left - turn, y)
            drawn = len(canvas.back), len(canvas.lines), len(canvas.front), len(canvas.pins)
            port = place_line(line, canvas, left, y, port, style)
            if any(other.names for other in lines):
                ground = self._ground(canvas, line, y, drawn)
                grounds.append(ground._replace(right=left + line.width))
            width = line.width
            bottom = y + line.down
            self.y = bottom + style.row_gap(ROW_GAP)
        if not ends and not lines[-1].last and port is not None:
            at = max(port.x, left + width) + turn_room(lines, style), port.y
            canvas.connect(port, style, at, target=port_shape(canvas, *at).id)
        draw_wires(canvas, grounds, style, lines[0].chosen._replace(offset=lines[0].number))
        self.y = bottom
        canvas.lines += gaps(canvas.lines, canvas.back, style)
        self.items.append(Group("row", "row", "Main row", items=canvas.items()))

    def _ground(
        self, canvas: Canvas, line: RowLine, y: float, drawn: tuple[int, int, int, int]
    ) -> Ground:
        """A line for the wires: what was drawn of it, without the turn that leads into it."""
        items = canvas.back[drawn[0] :] + canvas.lines[drawn[1] :] + canvas.front[drawn[2] :]
        reach = (0.0, y - line.up - 1, 0.0, line.up + line.down + 2)
        return ground_of(items, canvas.pins[drawn[3] :], y, canvas.flow, line.anew, reach)

    def panels(self, panels: Sequence[Panel], longest: float = 0.0) -> None:
        """A row of panels, their titles on one line, centred on the page.

        Columns, of which the longest is known, begin level at the top of the page.
        """
        gap, flow = self.style.gap(PANEL_GAP), self.style.flow
        length = row_length(panels, gap)
        x = (self.width - length) / 2
        if flow.vertical and longest:
            x += (length - longest) / 2 * (-1 if flow.upward else 1)
        panels = level(panels)
        body = max(panel.body for panel in panels)
        self.y += self.style.row_gap(ROW_GAP)
        for panel in panels:
            self.panel_count += 1
            canvas = Canvas(f"panel{self.panel_count}", self.style.flow)
            top = self.y + (body - panel.body) * (0.5 if flow.vertical else 1.0)
            self.items.append(place_panel(panel, canvas, x, top))
            x += panel.length + gap
        self.y += row_height(panels)

    def panels_under(self, rows: Sequence[Sequence[Panel]], across: float) -> None:
        """Rows of panels under the main row, where the flow goes down or up, their titles level.

        ``across``: how much room there is for them in the middle of which they stand.
        """
        style, gap, between = self.style, self.style.gap(PANEL_GAP), self.style.row_gap(ROW_GAP)
        upward = style.flow.upward
        x = 0.0 if upward else self.width
        for row in rows:
            y = (across - total(panel.height for panel in row) - gap * (len(row) - 1)) / 2
            longest = max(panel.length for panel in row)
            x += -(between + longest) if upward else between
            for panel in row:
                self.panel_count += 1
                canvas = Canvas(f"panel{self.panel_count}", style.flow)
                start = x + (longest - panel.length if upward else 0.0)
                self.items.append(place_panel(panel, canvas, start, y))
                y += panel.height + gap
            x += 0.0 if upward else longest
        self.y = across

    def notes(self, notes: Sequence[str], room: float = 0.0, alone: bool = False) -> None:
        """Sentences under the figure, as wide as that is, or as ``room``; they begin where a
        legend under them does, or, ``alone`` on a slide, where what is drawn does."""
        if not notes:
            return
        style, canvas = self.style, Canvas("notes")
        size, fill = style.metric("caption"), style.theme.color("text")
        left, _, right, y = self.page()
        if alone and self.items:
            left, _, right, _ = self.extent()
        y += over_notes(style)
        lines = [paragraph(note, max(right - left, style.px(8), room), size) for note in notes]
        widths = [text_width(text, size) for texts in lines for text in texts]
        left += min(0.0, right - left - max(widths, default=0.0)) / 2
        for texts in lines:
            for text in texts:
                canvas.text(left, y + ASCENT * size, text, size, fill, anchor="start", role="note")
                y += LINE_HEIGHT * size
            y += 0.25 * size
        self.y = y
        self.items.append(Group("notes", "notes", "Notes", items=canvas.items()))

    def legend(self, used: Used, left_out: str = "") -> None:
        """The legend of what the figure uses, and under it what the figure leaves out."""
        sections = legend_sections(self.style, used)
        canvas = Canvas("legend")
        left, _, right, y = self.page()
        width = max(right - left, self.style.px(12))
        y += self.style.px(0.6)
        length, height = place_strip(sections, canvas, self.style, width, y)
        left += min(0.0, right - left - length) / 2  # a longer legend is centred under the figure
        self.y = y + height
        size, fill = self.style.metric("caption"), self.style.theme.color("caption")
        for text in paragraph(left_out, max(width, length), size):
            baseline = self.y + ASCENT * size + self.style.px(0.2)
            canvas.text(0.0, baseline, text, size, fill, anchor="start", role="note")
            self.y += LINE_HEIGHT * size
        group = Group("legend", "legend", "Legend", items=canvas.items())
        self.items.append(moved(group, rounded(left), 0.0))


def moved(item: Item, dx: float, dy: float) -> Item:
    """``item`` moved by (dx, dy)."""
    match item:
        case Group():
            return item._replace(items=tuple(moved(inner, dx, dy) for inner in item.items))
        case Connector():
            points = route = _moved_points(item.points, dx, dy)
            if item.route is not item.points:
                route = _moved_points(item.route, dx, dy)
            return item._replace(points=points, route=route)
        case Line():
            return item._replace(points=_moved_points(item.points, dx, dy))
        case Shape() | Text():
            return item._replace(x=rounded(item.x + dx), y=rounded(item.y + dy))
        case _:
            assert_never(item)


def _moved_points(points: tuple[Point, ...], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple([(round(x + dx, 2) + 0.0, round(y + dy, 2) + 0.0) for x, y in points])
