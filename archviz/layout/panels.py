"""Module panels: a module's inside on its tint, and their packing into rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.blocks import Block
from archviz.layout.build import Builder
from archviz.layout.canvas import Canvas, Port, port_shape, rounded
from archviz.layout.compound import SeriesBlock, WrappedBlock, break_blocks
from archviz.layout.style import Style
from archviz.looks import MODULES
from archviz.network.kinds import OPENABLE
from archviz.network.model import Module, ModuleCall, Network, Series
from archviz.network.walk import within
from archviz.scene.scene import Group, Shape
from archviz.scene.text import ASCENT, clip, text_width

COLOR_ORDER = {"yellow": 0, "green": 1, "orange": 2}
STUB = 0.95
"""Units that the entering and the leaving arrow stand out of a panel."""


class Panel(NamedTuple):
    """A module's inside, measured; ``width`` includes the arrows at both sides."""

    module: Module
    content: Block
    style: Style
    width: float
    box_height: float
    line: float
    """Height of the entry line below the panel's top edge."""
    pad_left: float
    pad_right: float

    @property
    def box_width(self) -> float:
        """Width of the tinted rectangle."""
        return self.width - 2 * self.style.gap(STUB)

    @property
    def height(self) -> float:
        """Height with the title."""
        return self.box_height + self.style.px(0.48) + self.style.row_gap(0.52)


def module_bodies(network: Network) -> dict[str, Series]:
    """The body of the first call of every module, in the order of first use."""
    bodies: dict[str, Series] = {}
    for node in within(network.body, shown=True):
        if isinstance(node, ModuleCall):
            bodies.setdefault(node.module, node.body)
    return bodies


def build_panels(network: Network, builder: Builder, most: float = float("inf")) -> list[Panel]:
    """A panel for each module that is opened.

    Those that the figure lists stand first, then stems, modules and reductions, by first use.
    A panel wider than ``most`` pixels is wrapped where its outermost series can be.
    """
    inside = Builder(builder.network, builder.analysis, builder.style.panel())
    opened, first = network.figure.opened, network.figure.panels
    every = MODULES in opened and MODULES not in network.modules
    panels = [
        fit_panel(network.modules[name], inside.series(body), inside.style, most)
        for name, body in module_bodies(network).items()
        if every or name in opened
    ]
    if any(kind in opened for kind in OPENABLE):
        from archviz.layout.opened import opened_layers

        panels += [
            fit_panel(module, content, inside.style, most)
            for module, content in opened_layers(network, inside)
        ]

    def order(panel: Panel) -> tuple[int, int]:
        name = panel.module.name
        listed = first.index(name) if name in first else len(first)
        return listed, COLOR_ORDER.get(panel.module.color, 3)

    return sorted(panels, key=order)


def fit_panel(module: Module, content: SeriesBlock, style: Style, most: float) -> Panel:
    """The panel round ``content``, in the fewest lines in which it is no wider than ``most``."""
    panel = make_panel(module, content, style)
    if panel.width <= most:
        return panel
    least = max(2, int(content.width / most))
    for count in range(least, min(least + 40, len(content.blocks)) + 1):
        spans = break_blocks(content.blocks, count, style)
        lines = [SeriesBlock(content.blocks[start:stop], style) for start, stop in spans]
        panel = make_panel(module, WrappedBlock(lines, style), style)
        if panel.width <= most:
            break
    return panel


def make_panel(module: Module, content: Block, style: Style) -> Panel:
    """Measure a panel round ``content``."""
    pad_left = style.gap(0.9 if content.left_gap > style.gap(0.46) else 0.6)
    pad_right = style.gap(0.85)
    pad = style.row_gap(0.42)
    up = max(content.up, style.px(0.7)) + pad
    down = max(content.down, style.px(0.7)) + pad
    title = text_width(module.title, style.metric("title"), bold=True)
    inner = max(content.width, style.px(1.2))
    box_width = max(inner + pad_left + pad_right, min(title, style.px(10)) - style.gap(STUB))
    spare = box_width - inner - pad_left - pad_right
    return Panel(
        module=module,
        content=content,
        style=style,
        width=box_width + 2 * style.gap(STUB),
        box_height=up + down,
        line=up,
        pad_left=pad_left + spare / 2,
        pad_right=pad_right + spare / 2,
    )


def place_panel(panel: Panel, canvas: Canvas, x: float, y: float) -> Group:
    """Draw a panel with its arrows, its left arrow's start at ``x`` and its top at ``y``."""
    style = panel.style
    colors = style.role(panel.module.color)
    stub = style.gap(STUB)
    left, right = x + stub, x + panel.width - stub
    line = y + panel.line
    back = Shape(
        id=canvas.new_id(),
        form="rect",
        x=rounded(left),
        y=rounded(y),
        width=rounded(panel.box_width),
        height=rounded(panel.box_height),
        fill=colors.panel,
        shadow=rounded(style.metric("shadow")),
        role="panel",
    )
    canvas.back.append(back)
    start = port_shape(canvas, x, line)
    ends = panel.content.place(
        canvas, left + panel.pad_left, line, [Port(((x, line),), source=start.id)]
    )
    leave = ends[0].y if len(ends) == 1 else line
    end = port_shape(canvas, x + panel.width, leave)
    canvas.arrow_into(ends, style, x + panel.width, leave, end.id)
    size = style.metric("title")
    title = clip(panel.module.title, panel.width, size, bold=True)
    below = style.px(0.1) + style.row_gap(0.32)
    canvas.text(
        (left + right) / 2,
        y + panel.box_height + below + ASCENT * size,
        title,
        size,
        style.theme.color("text"),
        bold=True,
        role="title",
    )
    return Group(canvas.prefix, "panel", panel.module.title, "", panel.module.name, canvas.items())


def level(panels: Sequence[Panel]) -> list[Panel]:
    """A row of panels, made equally high where their heights differ little."""
    highest = max(panel.box_height for panel in panels)
    return [
        panel._replace(box_height=highest, line=panel.line + (highest - panel.box_height) / 2)
        if panel.box_height >= 0.72 * highest
        else panel
        for panel in panels
    ]


def pack(panels: Sequence[Panel], width: float, gap: float) -> list[list[Panel]]:
    """Rows of panels no wider than ``width`` (one panel may be), in their order.

    The rows are as low as can be; where that ties or nearly does, a family of one colour
    is not torn apart.
    """
    count = len(panels)
    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * count
    for stop in range(1, count + 1):
        length = -gap
        height = 0.0
        for start in range(stop - 1, -1, -1):
            length += panels[start].width + gap
            height = max(height, panels[start].height)
            if length > width and start < stop - 1:
                break
            torn = start > 0 and panels[start - 1].module.color == panels[start].module.color
            cost = best[start][0] + height + gap + (gap * 2.0 if torn else 0.0)
            if cost < best[stop][0] - 1e-6:
                best[stop] = (cost, start)
    rows: list[list[Panel]] = []
    stop = count
    while stop:
        start = best[stop][1]
        rows.insert(0, list(panels[start:stop]))
        stop = start
    return rows
