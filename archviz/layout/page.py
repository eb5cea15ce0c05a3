"""The page: the main row, the panels below it, notes and legend, fitted to a shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from archviz.errors import fail
from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.canvas import PAD, Canvas, rounded
from archviz.layout.flow import FLOWS
from archviz.layout.left_out import left_out
from archviz.layout.legend import used_in, whole_legend
from archviz.layout.legend_places import place_columns
from archviz.layout.packing import Packed, Packer, row_length
from archviz.layout.panels import Panel, build_panels
from archviz.layout.pyramid import ALONE, BESIDE
from archviz.layout.row import (
    MainRow,
    RowLine,
    break_row,
    count_lines,
    longest_line,
    main_row,
    measure_lines,
    turn_room,
    unsettled,
)
from archviz.layout.sheet import PANEL_GAP, ROW_GAP, Sheet, moved
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.head import Head
from archviz.network.labels import macs_text, totals_text
from archviz.network.model import Network
from archviz.scene.scene import Group, Scene, total
from archviz.scene.theme import Theme

MAIN_ROW = "row"
"""What the main row is called among what is shown."""
MARGIN = 0.8
NATURAL_ASPECT = 1.5
"""Width to height that panels are packed for where no shape is asked for."""
NEARLY = 0.15
"""How much longer the longest line of a row may be for lines to begin where it is natural."""
USUAL_WIDTH = 36.0
"""Units of a row of twelve boxes."""
TIMELINE_WIDTH = 1180.0
"""Pixels without margins."""
ABOUT_TIMELINE = "When the networks were first public."
ABOUT_TABLE = "Size, accuracy on ImageNet, parameters and depth of the networks that Keras ships."
MOST_WIDTHS = 40
MOST_COLUMNS = 5
COLUMN = 5.0
"""Boxes that each column of a figure has at least which goes down or up in several."""
AROUND = 5.0
"""Units that title and legend take above and below a figure."""
UNFILLED = 0.15
"""What a page costs that is longer than its shape, as a share of the length."""
CLEARLY = 0.92
"""How much less a page with panels under its main row has to cost, where they could be beside."""
BARE = 0.5
"""What it costs that columns of panels are longer than the main row, as a share of that."""


class Place(NamedTuple):
    """Where a figure will stand: its width, the smallest letters there, its greatest height.

    Pixels of 1/96 inch.
    """

    width: float
    least_text: float
    height: float = float("inf")


class Options(NamedTuple):
    """What the user chose. ``aspect`` is width / height of the page, 0 for as it comes."""

    theme: Theme
    title: bool | str = False
    """Whether the network's title stands over the figure, or what else does."""
    legend: bool = True
    aspect: float = 0.0
    detail: tuple[str, ...] = ()
    """What is printed at each layer, of :data:`archviz.looks.DETAILS`."""
    place: Place | None = None
    """What the figure is made for, where that is said."""
    only: tuple[str, ...] = ()
    """What is shown, where that is not all: the main row, and modules by their names."""
    totals: bool = False
    """Whether parameters, multiply-adds and depth stand over the figure."""


class PagePlan(NamedTuple):
    """A way to arrange the page: lines of the main row, and rows of panels.

    ``width`` is along the flow, ``height`` across it. ``under``: rows of panels of which the
    flow goes down or up stand under the main row, and not beside it.
    """

    lines: tuple[RowLine, ...]
    panels: tuple[tuple[Panel, ...], ...]
    width: float
    height: float
    under: bool = False


def draw_network(network: Network, analysis: Analysis, options: Options) -> Scene:
    """The figure of a network.

    ::

        network, analysis ─build─▶ blocks (measured) ─plan─▶ lines, rows ─place─▶ Scene
    """
    style = Style(options.theme, options.theme.metric("unit"), options.detail)
    style = style._replace(flow=FLOWS[network.figure.direction])
    longest = longest_line(style)
    builder = Builder(network, analysis, style, longest=longest)
    panels = only_these(build_panels(network, builder, longest), options.only)
    packer = Packer(panels, style.gap(PANEL_GAP), style.row_gap(ROW_GAP))

    def arranged(builder: Builder) -> tuple[PagePlan, Unsettled]:
        row = main_row(builder) if not options.only or MAIN_ROW in options.only else None
        plan = choose_plan(row, packer, style, options.aspect)
        return plan, unsettled(plan.lines)

    plan = settled(
        builder.within(network.body)._replace(beside=ALONE if options.aspect else BESIDE), arranged
    )
    sheet = place_plan(plan, style)
    sheet.notes(network.figure.notes)
    options = options._replace(totals=options.totals and bool(plan.lines))
    explain(sheet, network, analysis, options)
    shown = shown_in(plan.lines, plan.panels) if options.only else ()
    about = describe_network(network, analysis, shown)
    return frame(sheet, network.head.title, about, options.aspect)


def place_plan(plan: PagePlan, style: Style) -> Sheet:
    """A sheet with the main row and the panels on it."""
    if plan.under:
        sheet = Sheet(style, row_width(plan.lines, style))
        sheet.y = (plan.height - row_depth(plan.lines, style)) / 2
        sheet.row(plan.lines)
        sheet.panels_under(plan.panels, plan.height)
        return sheet
    sheet = Sheet(style, plan.width)
    if plan.lines:
        sheet.row(plan.lines)
    gap = style.gap(PANEL_GAP)
    longest = max((row_length(panel_row, gap) for panel_row in plan.panels), default=0.0)
    for panel_row in plan.panels:
        sheet.panels(panel_row, longest)
    return sheet


def with_dark(draw: Callable[[Options], Scene], options: Options) -> Scene:
    """A picture; where its theme has another for dark pages, with what it is in that."""
    scene, dark = draw(options), options.theme.dark
    return scene._replace(dark=draw(options._replace(theme=dark))) if dark else scene


def explain(sheet: Sheet, network: Network, analysis: Analysis, options: Options) -> None:
    """Put the legend of what was drawn under it, and above it the title with what all comes to
    under it, as far as they are wanted."""
    style = sheet.style
    if options.legend:
        used = used_in(sheet.items, style, network.figure.colors)
        sheet.legend(used, left_out([network], style.detail))
    if options.totals:
        totals = analysis.totals
        sheet.totals(totals_text(totals.parameters, totals.macs, totals.depth))
    if options.title:
        own = heading_text(network)
        sheet.heading(own if options.title is True else str(options.title))


def only_these(panels: Sequence[Panel], only: Sequence[str]) -> list[Panel]:
    """The panels of the modules that are shown: of all, where nothing is said.

    Raises:
        ArchvizError: neither the main row is, nor a panel.
    """
    shown = [panel for panel in panels if not only or panel.module.name in only]
    if only and not shown and MAIN_ROW not in only:
        names = ", ".join(dict.fromkeys([MAIN_ROW, *(panel.module.name for panel in panels)]))
        raise fail("only", f"there is no panel of {', '.join(only)}", f"there are {names}")
    return shown


def draw_legend(theme: Theme) -> Scene:
    """The whole legend as a figure of its own."""
    style = Style(theme, theme.metric("unit"))
    canvas = Canvas("legend")
    width, _ = place_columns(whole_legend(style), canvas, style)
    sheet = Sheet(style, width)
    sheet.items.append(Group("legend", "legend", "Legend", items=canvas.items()))
    about = "What the colours, badges and brackets of the figures mean."
    return frame(sheet, "Legend", about, 0.0)


def draw_timeline(heads: Sequence[Head], theme: Theme, aspect: float = 0.0) -> Scene:
    """The timeline of publications as a figure of its own."""
    from archviz.layout.timeline import timeline_items

    style = Style(theme, theme.metric("unit"))
    sheet = Sheet(style, TIMELINE_WIDTH)
    sheet.items += timeline_items(heads, style, TIMELINE_WIDTH)
    return frame(sheet, "Timeline", ABOUT_TIMELINE, aspect)


def draw_table(heads: Sequence[Head], theme: Theme, aspect: float = 0.0) -> Scene:
    """The table of the networks that Keras ships, as a figure of its own."""
    from archviz.layout.table import keras_table

    style = Style(theme, theme.metric("unit"))
    sheet = Sheet(style, 0.0)
    sheet.items += keras_table(heads, style)
    return frame(sheet, "Networks in Keras", ABOUT_TABLE, aspect)


def shown_in(lines: Sequence[RowLine], rows: Sequence[Sequence[Panel]]) -> tuple[str, ...]:
    """What a part of a figure shows, in words."""
    titles = [panel.module.title for row in rows for panel in row]
    return (*(["the main row"] if lines else []), *dict.fromkeys(titles))


def describe_network(network: Network, analysis: Analysis, shown: Sequence[str] = ()) -> str:
    """One sentence for those who cannot see the picture; ``shown``: what of it, if not all."""
    totals = analysis.totals
    if shown:
        names = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
        return f"A part of {heading_text(network)}: {names}."
    return (
        f"{heading_text(network)}: {totals.parameters:,} parameters, "
        f"{macs_text(totals.macs)}, depth {totals.depth}."
    )


def heading_text(network: Network) -> str:
    """Title and year."""
    return (
        f"{network.head.title} ({network.head.year})" if network.head.year else network.head.title
    )


def choose_plan(row: MainRow | None, packer: Packer, style: Style, aspect: float) -> PagePlan:
    """The arrangement in which the picture is largest on a page of shape ``aspect``.

    Without an aspect the main row goes on in a next line only where it is very long, and
    panels stand in one row of usual width, however short the main row is. There may be no row.
    """
    shape = aspect or NATURAL_ASPECT
    if style.flow.vertical:
        shape = 1 / shape
    best: tuple[float, PagePlan] | None = None
    seen: set[int] = set()
    for count in _line_counts(row, style, aspect) if row else [0]:
        spans = break_row(row, count, style, NEARLY) if row else []
        if len(spans) in seen:
            continue
        seen.add(len(spans))
        lines = measure_lines(row, spans, style) if row else ()
        for width in _candidate_widths(lines, packer.panels, style, shape):
            plan = plan_of(lines, packer.within(width), style)
            score = _cost(plan, style, shape, bool(aspect))
            if best is None or score < best[0] * 0.999:
                best = (score, plan)
        for plan in _plans_under(lines, packer, style):
            score = _cost(plan, style, shape, bool(aspect))
            if best is None or score < best[0] * CLEARLY:
                best = (score, plan)
    assert best is not None
    return best[1]


def _plans_under(lines: tuple[RowLine, ...], packer: Packer, style: Style) -> Iterator[PagePlan]:
    """Plans in which panels of which the flow goes down or up stand under a wide main row."""
    if not (style.flow.vertical and lines and packer.panels):
        return
    deep, long = row_depth(lines, style), row_width(lines, style)
    if deep < long:
        return
    every = total(panel.height for panel in packer.panels)
    every += packer.gap * (len(packer.panels) - 1)
    for width in dict.fromkeys((deep, every, max(deep, every / 2))):
        packed = packer.under(width)
        across = max(deep, packed.height)
        yield PagePlan(lines, packed.rows, long + packed.widest, across, under=True)


def _cost(plan: PagePlan, style: Style, shape: float, wanted: bool) -> float:
    """The length of a page of the shape on which a plan fits, and what else it costs.

    Where nobody ``wanted`` a shape, a figure that goes down or up fills its page rather
    than that it is narrow, in few columns; legend and title stand above and below it.
    """
    if wanted:
        return max(plan.width, plan.height * shape)
    if not style.flow.vertical:
        free = len(plan.panels) == 1 and plan.width <= style.px(USUAL_WIDTH)
        return max(0.0 if free else plan.width, plan.height * shape)
    tall = plan.width + style.px(AROUND)
    wide = max(plan.height, style.px(2 * AROUND)) * shape
    bare = 0.0 if plan.under else BARE * max(0.0, plan.width - row_width(plan.lines, style))
    return max(tall, wide) + UNFILLED * abs(tall - wide) + bare + style.px(2) * len(plan.lines)


def _line_counts(row: MainRow, style: Style, aspect: float) -> list[int]:
    """Numbers of lines worth trying: few, and those about which the page's shape is met."""
    length = total(block.width + style.gap(1) for block in row.blocks)
    if not aspect:
        least = count_lines(row, style)
        most = int(length / (COLUMN * (style.px(1) + style.gap(1))))
        plain = style.flow.vertical and not row.starts and not row.named
        return list(range(least, max(least, min(most, MOST_COLUMNS) if plain else 0) + 1))
    aspect = 1 / aspect if style.flow.vertical else aspect
    pitch = max(block.up + block.down for block in row.blocks) + style.row_gap(ROW_GAP)
    ideal = int((length / (pitch * aspect)) ** 0.5)
    counts = {*range(1, 7), *range(max(1, ideal - 2), ideal + 3)}
    return sorted(count for count in counts if count <= len(row.blocks))


def _candidate_widths(
    lines: Sequence[RowLine], panels: Sequence[Panel], style: Style, shape: float
) -> list[float]:
    """Page widths worth trying: the main row's, and those at which another panel fits.

    Of many the :data:`MOST_WIDTHS` that are nearest to the page's shape.
    """
    row = row_width(lines, style)
    gap = style.gap(PANEL_GAP)
    height = total(line.up + line.down for line in lines)
    area = total(panel.length * panel.height for panel in panels)
    ideal = max(row, (shape * (row * height + area)) ** 0.5)
    widths = {row} if row else set[float]()
    for start in range(len(panels)):
        length = -gap
        for panel in panels[start:]:
            length += panel.length + gap
            if length > row:
                widths.add(length)
            if length > 3 * ideal:
                break
    near = sorted(widths, key=lambda width: max(width / ideal, ideal / width))
    return sorted(near[:MOST_WIDTHS])


def row_width(lines: Sequence[RowLine], style: Style) -> float:
    """Width of a main row of several lines, with the turns between them and grounds of stages."""
    if not lines:
        return 0.0
    turn = turn_room(lines, style) if not all(line.anew for line in lines) else 0.0
    grounds = [style.px(PAD) for line in lines for span in line.stages if not span.brace]
    sides = 2 * max(turn, *grounds, *(line.margin for line in lines))
    return max(line.width for line in lines) + sides


def row_depth(lines: Sequence[RowLine], style: Style) -> float:
    """How far a main row of several lines reaches across the flow."""
    return total(line.up + line.down for line in lines) + style.row_gap(ROW_GAP) * (len(lines) - 1)


def plan_of(lines: tuple[RowLine, ...], packed: Packed, style: Style) -> PagePlan:
    """The page of these lines and rows of panels, and what it measures."""
    height = row_depth(lines, style)
    width = max(packed.widest, row_width(lines, style))
    return PagePlan(lines, packed.rows, width, height + packed.height)


def frame(sheet: Sheet, title: str, description: str, aspect: float) -> Scene:
    """The finished scene: everything moved inside the margins of its page."""
    margin = sheet.style.px(MARGIN)
    left, top, right, bottom = sheet.extent()
    width, height = right - left + 2 * margin, bottom - top + 2 * margin
    page = (max(width, height * aspect), max(height, width / aspect)) if aspect else (width, height)
    dx = rounded((page[0] - width) / 2 + margin - left)
    dy = rounded((page[1] - height) / 2 + margin - top)
    return Scene(
        rounded(page[0]),
        rounded(page[1]),
        title,
        description,
        sheet.style.theme.color("page"),
        tuple(moved(item, dx, dy) for item in sheet.items),
    )
