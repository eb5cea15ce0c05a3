"""The page: the main row, the panels below it, notes and legend, fitted to a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.analysis import Analysis
from archviz.layout.build import Builder
from archviz.layout.canvas import Canvas, Port, rounded
from archviz.layout.legend import legend_sections, place_columns, place_strip, used_in, whole_legend
from archviz.layout.panels import Panel, build_panels, level, pack, place_panel
from archviz.layout.row import Line, Row, break_row, main_row, measure_line, place_line
from archviz.layout.style import Style
from archviz.model import Network
from archviz.scene import Connector, Group, Item, Scene, Shape, Text
from archviz.scene import Line as SceneLine
from archviz.text import ASCENT, LINE_HEIGHT, clip, paragraph
from archviz.theme import Theme

MARGIN = 0.8
ROW_GAP = 1.0
PANEL_GAP = 0.9
TURN = 0.75
"""Units that the line from one line of the main row to the next stands out."""
NATURAL_ASPECT = 1.5
"""Width to height that panels are packed for where no shape is asked for."""


class Options(NamedTuple):
    """What the user chose. ``aspect`` is width / height of the page, 0 for as it comes."""

    theme: Theme
    title: bool = False
    legend: bool = True
    aspect: float = 0.0
    full: bool = False


class Plan(NamedTuple):
    """A way to arrange the page: lines of the main row, and rows of panels."""

    lines: tuple[Line, ...]
    panels: tuple[tuple[Panel, ...], ...]
    width: float
    height: float


def draw_network(network: Network, analysis: Analysis, options: Options) -> Scene:
    """The figure of a network.

    ::

        network, analysis ─build─▶ blocks (measured) ─plan─▶ lines, rows ─place─▶ Scene
    """
    style = Style(options.theme, options.theme.metric("unit"), options.full)
    builder = Builder(network, analysis, style)
    row = main_row(network, builder)
    panels = build_panels(network, builder)
    plan = choose_plan(row, panels, style, options.aspect)
    page = _Page(style, plan.width)
    if options.title:
        page.heading(_heading(network))
    page.row(plan.lines)
    for panel_row in plan.panels:
        page.panels(panel_row)
    page.notes(network.notes)
    if options.legend:
        page.legend()
    return page.scene(network.head.title, describe(network, analysis), options.aspect)


def draw_legend(theme: Theme) -> Scene:
    """The whole legend as a figure of its own."""
    style = Style(theme, theme.metric("unit"))
    canvas = Canvas("legend")
    margin = style.px(MARGIN)
    width, height = place_columns(whole_legend(style), canvas, style, margin, margin)
    group = Group("legend", "legend", "Legend", items=canvas.items())
    return Scene(
        rounded(width + 2 * margin), rounded(height + 2 * margin), "Legend",
        "What the colours, badges and brackets of the figures mean.", theme.color("page"), (group,),
    )  # fmt: skip


def describe(network: Network, analysis: Analysis) -> str:
    """One sentence for those who cannot see the picture."""
    totals = analysis.totals
    year = f" ({network.head.year})" if network.head.year else ""
    return (
        f"{network.head.title}{year}: {totals.parameters:,} parameters, "
        f"{totals.macs:,} multiply-adds, depth {totals.depth}."
    )


def _heading(network: Network) -> str:
    return (
        f"{network.head.title} ({network.head.year})" if network.head.year else network.head.title
    )


def choose_plan(row: Row, panels: Sequence[Panel], style: Style, aspect: float) -> Plan:
    """The arrangement in which the picture is largest on a page of shape ``aspect``.

    Without an aspect the main row stays one line, and only the panels are packed.
    """
    most_lines = min(6, len(row.blocks)) if aspect else 1
    best: tuple[float, Plan] | None = None
    seen: set[int] = set()
    for count in range(1, most_lines + 1):
        spans = break_row(row, count, style)
        if len(spans) in seen:
            continue
        seen.add(len(spans))
        lines = tuple(measure_line(row, start, stop, style) for start, stop in spans)
        for width in _candidate_widths(lines, panels, style):
            plan = _plan(lines, panels, width, style)
            shape = aspect or NATURAL_ASPECT
            score = max(plan.width, plan.height * shape)
            if best is None or score < best[0] * 0.999:
                best = (score, plan)
    assert best is not None
    return best[1]


def _candidate_widths(lines: Sequence[Line], panels: Sequence[Panel], style: Style) -> list[float]:
    """Page widths worth trying: the main row's, and those at which another panel fits."""
    row_width = _row_width(lines, style)
    gap = style.px(PANEL_GAP)
    widths = {row_width}
    for start in range(len(panels)):
        length = -gap
        for panel in panels[start:]:
            length += panel.width + gap
            if length > row_width:
                widths.add(length)
    return sorted(widths)


def _row_width(lines: Sequence[Line], style: Style) -> float:
    turn = 2 * style.px(TURN) if len(lines) > 1 else 0.0
    return max(line.width for line in lines) + turn


def _plan(lines: tuple[Line, ...], panels: Sequence[Panel], width: float, style: Style) -> Plan:
    gap = style.px(PANEL_GAP)
    rows = pack(panels, width, gap)
    widest = max((sum(p.width for p in row) + gap * (len(row) - 1) for row in rows), default=0.0)
    height = sum(line.up + line.down for line in lines) + style.px(ROW_GAP) * (len(lines) - 1)
    height += sum(style.px(ROW_GAP) + max(panel.height for panel in row) for row in rows)
    return Plan(
        lines, tuple(tuple(row) for row in rows), max(widest, _row_width(lines, style)), height
    )


class _Page:
    """Places one thing under the other on a page of a known width."""

    def __init__(self, style: Style, width: float) -> None:
        self.style = style
        self.width = width
        self.y = 0.0
        self.items: list[Item] = []
        self.panel_count = 0

    def heading(self, text: str) -> None:
        """The figure's title, centred over it."""
        size = self.style.metric("title") * 1.3
        canvas = Canvas("title")
        canvas.text(self.width / 2, self.y + ASCENT * size, clip(text, self.width, size, True),
                    size, self.style.theme.color("text"), bold=True, role="title")  # fmt: skip
        self.items.append(Group("title", "heading", text, items=canvas.items()))
        self.y += size + self.style.px(0.7)

    def row(self, lines: Sequence[Line]) -> None:
        """The main row; a line ends where the next one begins, one turn below."""
        style, canvas = self.style, Canvas("row")
        port: Port | None = None
        width = 0.0
        left = (self.width - max(line.width for line in lines)) / 2
        bottom = self.y
        for line in lines:
            y = self.y + line.up
            if port is not None:
                turn = style.px(TURN)
                between = bottom + style.px(ROW_GAP) / 2
                out = (max(port.x, left + width) + turn, port.y)
                port = port.to(out, (out[0], between), (left - turn, between), (left - turn, y))
            port = place_line(line, canvas, left, y, port, style)
            width = line.width
            bottom = y + line.down
            self.y = bottom + style.px(ROW_GAP)
        self.y = bottom
        self.items.append(Group("row", "row", "Main row", items=canvas.items()))

    def panels(self, panels: Sequence[Panel]) -> None:
        """A row of panels, their titles on one line, centred on the page."""
        gap = self.style.px(PANEL_GAP)
        x = (self.width - sum(panel.width for panel in panels) - gap * (len(panels) - 1)) / 2
        panels = level(panels)
        height = max(panel.height for panel in panels)
        self.y += self.style.px(ROW_GAP)
        for panel in panels:
            self.panel_count += 1
            canvas = Canvas(f"panel{self.panel_count}")
            self.items.append(place_panel(panel, canvas, x, self.y + height - panel.height))
            x += panel.width + gap
        self.y += height

    def notes(self, notes: Sequence[str]) -> None:
        """Sentences under the figure."""
        if not notes:
            return
        style, canvas = self.style, Canvas("notes")
        size = style.metric("caption")
        self.y += style.px(0.7)
        for note in notes:
            for text in paragraph(note, max(self.width, style.px(8)), size):
                canvas.text(0.0, self.y + ASCENT * size, text, size, style.theme.color("text"),
                            anchor="start", role="note")  # fmt: skip
                self.y += LINE_HEIGHT * size
            self.y += 0.25 * size
        self.items.append(Group("notes", "notes", "Notes", items=canvas.items()))

    def legend(self) -> None:
        """The legend of what the figure uses."""
        roles, badges, repeats = used_in(self.items)
        sections = legend_sections(self.style, roles, badges, repeats)
        canvas = Canvas("legend")
        self.y += self.style.px(0.6)
        width = max(self.width, self.style.px(12))
        used, height = place_strip(sections, canvas, self.style, width, self.y)
        self.width = max(self.width, used)
        self.y += height
        self.items.append(Group("legend", "legend", "Legend", items=canvas.items()))

    def scene(self, title: str, description: str, aspect: float) -> Scene:
        """The finished scene: everything moved inside the margins of its page."""
        margin = self.style.px(MARGIN)
        left, top, right, bottom = extent(self.items)
        width, height = right - left + 2 * margin, bottom - top + 2 * margin
        page = (
            (max(width, height * aspect), max(height, width / aspect))
            if aspect
            else (width, height)
        )
        dx = rounded((page[0] - width) / 2 + margin - left)
        dy = rounded((page[1] - height) / 2 + margin - top)
        return Scene(
            rounded(page[0]), rounded(page[1]), title, description,
            self.style.theme.color("page"), tuple(moved(item, dx, dy) for item in self.items),
        )  # fmt: skip


def extent(items: Sequence[Item]) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of all that is drawn."""
    boxes: list[tuple[float, float, float, float]] = []
    stack = list(items)
    while stack:
        item = stack.pop()
        if isinstance(item, Group):
            stack += item.items
            continue
        boxes.append(item.box)
        if isinstance(item, Shape):
            boxes += [text.box for text in item.texts]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[0] + box[2] for box in boxes),
        max(box[1] + box[3] for box in boxes),
    )


def moved(item: Item, dx: float, dy: float) -> Item:
    """``item`` moved by (dx, dy)."""

    if isinstance(item, Group):
        return item._replace(items=tuple(moved(inner, dx, dy) for inner in item.items))
    if isinstance(item, Connector):
        return item._replace(
            points=_moved_points(item.points, dx, dy), route=_moved_points(item.route, dx, dy)
        )
    if isinstance(item, SceneLine):
        return item._replace(points=_moved_points(item.points, dx, dy))
    assert isinstance(item, Shape | Text)
    return item._replace(x=rounded(item.x + dx), y=rounded(item.y + dy))


def _moved_points(
    points: tuple[tuple[float, float], ...], dx: float, dy: float
) -> tuple[tuple[float, float], ...]:
    return tuple((rounded(x + dx), rounded(y + dy)) for x, y in points)
