"""Module panels: a module's inside on its tint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from archviz.layout.blocks import Block
from archviz.layout.build import Builder, Unsettled, settled
from archviz.layout.canvas import RISE, Canvas, Pin, Port, port_shape, rounded, rounded_box
from archviz.layout.compound import SeriesBlock, inner_side
from archviz.layout.crossings import gaps
from archviz.layout.grounds import FAR, Ground, ground_of
from archviz.layout.lanes import Chosen, Wiring, wire
from archviz.layout.narrow import narrowed
from archviz.layout.panel_parts import panel_parts
from archviz.layout.style import Style
from archviz.layout.variants import note_lines, variant_notes
from archviz.layout.wires import draw_wires, room_of
from archviz.looks import MODULE_COLORS, MODULES
from archviz.network.kinds import OPENABLE
from archviz.network.model import COMING_IN, Module, ModuleCall, Network, Node, Series
from archviz.network.walk import children
from archviz.scene.scene import Group, Shape
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, text_width

COLOR_ORDER = {color: place for place, color in enumerate(MODULE_COLORS)}
EDGE = 0.55
"""Units that the lines of named values stand out of a panel's top."""
ENTRY = 0.5
"""Units between the fork of what comes in and the first that stands in a panel."""
STUB = 0.95
"""Units that the entering and the leaving arrow stand out of a panel."""
PAD_LEFT, PAD_RIGHT = 0.9, 0.85
"""Units from a panel's edges to what stands in it."""


class Measures(NamedTuple):
    """What is known of a panel."""

    module: Module
    content: Block
    style: Style
    width: float
    box_height: float
    line: float
    """Height of the entry line below the panel's top edge."""
    pad_left: float
    pad_right: float
    head: float = 0.0
    """Room above the tinted rectangle, for the values that come in or go out there."""
    unsettled: Unsettled = Unsettled()
    chosen: Chosen = Chosen({})
    notes: tuple[str, ...] = ()
    """Lines under the title: which calls have what."""


class Panel(Measures):
    """A module's inside, measured; ``width`` includes the arrows at both sides.

    Where the flow goes right, the title and the lines under it stand below the panel; else
    the title above its upper arrow, the lines below its lower one.
    """

    @cached_property
    def foot(self) -> float:
        """Height of the lines under the title, or under the lower arrow."""
        clear = self.style.px(0.25) if self.notes and self.style.flow.vertical else 0.0
        return clear + LINE_HEIGHT * self.style.metric("caption") * len(self.notes)

    @cached_property
    def titled(self) -> float:
        """Height of the title with what is free between it and the panel."""
        return self.style.px(0.48) + self.style.row_gap(0.52)

    @cached_property
    def box_width(self) -> float:
        """Length of the tinted rectangle along the flow."""
        return self.width - 2 * self.style.gap(STUB)

    @cached_property
    def length(self) -> float:
        """How much room it takes along the flow."""
        if not self.style.flow.vertical:
            return self.width
        return self.width + self.style.metric("title") * 1.5 + self.foot

    @cached_property
    def height(self) -> float:
        """How much room it takes across the flow, with the title and the lines under it."""
        if self.style.flow.vertical:
            return self.head + max(self.box_height, *self._texts())
        return self.head + self.box_height + self.titled + self.foot

    @cached_property
    def body(self) -> float:
        """The same without the lines under the title, where these stand across."""
        return self.height if self.style.flow.vertical else self.height - self.foot

    @cached_property
    def start(self) -> float:
        """How far behind its beginning its first arrow begins."""
        flow, title = self.style.flow, self.style.metric("title") * 1.5
        return (self.foot if flow.upward else title) if flow.vertical else 0.0

    @cached_property
    def inset(self) -> float:
        """How far across its tinted rectangle begins."""
        spare = self.height - self.head - self.box_height if self.style.flow.vertical else 0.0
        return self.head + spare / 2

    def _texts(self) -> Iterator[float]:
        """Widths of its title and of the lines under it."""
        yield text_width(self.module.title, self.style.metric("title"), bold=True)
        for note in self.notes:
            yield text_width(note, self.style.metric("caption"))


def module_bodies(network: Network) -> dict[str, Series]:
    """The body of the first call of every module that is not left out, by their first use."""
    bodies: dict[str, Series] = {}
    seen: set[int] = set()

    def find(node: Node) -> None:
        if isinstance(node, ModuleCall):
            if not node.present:
                return
            bodies.setdefault(node.module, node.body)
        if not isinstance(node, Series):
            for child in children(node):
                find(child)
        elif id(node) not in seen:  # calls share equal bodies
            seen.add(id(node))
            for child in node.nodes:
                find(child)

    find(network.body)
    return bodies


def build_panels(
    network: Network,
    builder: Builder,
    most: float = float("inf"),
    highest: float = float("inf"),
) -> list[Panel]:
    """A panel for each module that is opened.

    Those that the figure lists stand first, then stems, modules and reductions, by first use.
    A panel wider than ``most`` pixels is wrapped where its outermost series can be; one that
    is then higher than ``highest`` becomes several, if it can.
    """
    style, ladders = builder.style.panel(), builder.ladders
    inside = Builder(builder.network, builder.analysis, style, ladders=ladders)
    if builder.longest < float("inf"):
        inside = inside._replace(longest=most - _around(style))
    opened, first = network.figure.opened, network.figure.panels
    every = MODULES in opened and MODULES not in network.modules
    panels = [
        panel
        for name, body in module_bodies(network).items()
        if every or name in opened
        for panel in _panels_of(network.modules[name], body, inside, most, highest)
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
        return listed, COLOR_ORDER.get(panel.module.color, len(COLOR_ORDER))

    return sorted(panels, key=order)


def _around(style: Style) -> float:
    """What a panel takes along the flow around lines in it."""
    title = style.metric("title") * 1.5 if style.flow.vertical else 0.0
    return title + style.gap(2 * STUB + PAD_LEFT + PAD_RIGHT) + 2 * inner_side(style)


def _panels_of(
    module: Module, body: Series, builder: Builder, most: float, highest: float
) -> list[Panel]:
    """A module's panel; several, if one would be too high."""
    notes = variant_notes(builder.network, builder.analysis, module, body)

    def fitted(builder: Builder) -> tuple[list[Panel], Unsettled]:
        content, named = builder.series(builder.body), bool(builder.taken)
        panel = fit_panel(module, content, builder.style, most, named)
        room = highest - LINE_HEIGHT * panel.style.metric("caption") * len(notes)
        if panel.height <= room:
            return [panel], panel.unsettled
        title = f"{module.title}, continued"

        def made(content: Block, later: bool) -> Panel:
            shown = module._replace(title=title) if later else module
            return make_panel(shown, content, builder.style, named)

        return panel_parts(panel, made, room)

    first, *more = settled(builder.within(body, module.gives), fitted)
    across = max(first.height, first.style.px(8))
    room = across if first.style.flow.vertical else first.width
    return [first._replace(notes=note_lines(notes, room, first.style)), *more]


def fit_panel(
    module: Module, content: SeriesBlock, style: Style, most: float, named: bool = False
) -> Panel:
    """The panel round ``content``, in the fewest lines in which it is no wider than ``most``.

    ``named``: whether a value in it is taken by its name, so that there may be wires.
    """
    panel = make_panel(module, content, style, named)
    if panel.length <= most:
        return panel
    sides = panel.length - content.width
    return make_panel(module, narrowed(content, most - sides), style, named)


def make_panel(module: Module, content: Block, style: Style, named: bool) -> Panel:
    """Measure a panel round ``content``."""
    pad_left = style.gap(PAD_LEFT if content.left_gap > style.gap(0.46) else 0.6)
    pad_right = max(style.gap(PAD_RIGHT), content.badges[1] + style.px(0.12))
    pad = style.row_gap(0.42)
    up = max(content.up, style.px(0.7)) + pad
    down = max(content.down, style.px(0.7)) + pad
    title = text_width(module.title, style.metric("title"), bold=True)
    inner = max(content.width, style.px(1.2))
    wiring, grounds = _wired(module, content, style) if named else (None, [])
    head, unsettled = 0.0, Unsettled()
    if wiring:
        unsettled = Unsettled(wiring.failed | _crowded(grounds[0], style), wiring.turned)
        above, below = room_of(wiring, grounds, style)[1]
        up, down = max(up, above + pad / 2), max(down, below + pad / 2)
        if any(pin.name == COMING_IN for pin in grounds[1].pins):
            pad_left += style.gap(ENTRY) / 2
        if grounds[0].pins:
            size = style.metric("caption")
            widest = max(text_width(pin.name, size) for pin in grounds[0].pins)
            head = style.px(EDGE + RISE) + style.flow.lies(widest, size)[1]
    titled = 0.0 if style.flow.vertical else min(title, style.px(10)) - style.gap(STUB)
    box_width = max(inner + pad_left + pad_right, titled)
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
        head=head,
        unsettled=unsettled,
        chosen=wiring.chosen if wiring else Chosen({}),
    )


def _wired(module: Module, content: Block, style: Style) -> tuple[Wiring | None, list[Ground]]:
    """The wires of what a panel shows; none where nothing has a name."""
    canvas = Canvas("measured", style.flow)
    entry = Port(((-style.gap(ENTRY) - 1.0, 0.0),))
    ends = content.place(canvas, 0.0, 0.0, [entry])
    tap_entry(canvas, entry, 0.0, style)
    if not canvas.pins:
        return None, []
    canvas.arrow_into(ends, style, content.width + 1, ends[0].y, "")
    grounds = _grounds(module, canvas, 0.0, -FAR, style)
    return wire(grounds, style, rounds=False), grounds


def tap_entry(canvas: Canvas, entry: Port, x: float, style: Style) -> None:
    """Where what comes in is taken by its name: a fork of the line before ``x``."""
    if any(pin.name == COMING_IN for pin in canvas.pins):
        x -= style.gap(ENTRY)
        canvas.pins.append(Pin(COMING_IN, x, entry.y, entry.y, entry.to((x, entry.y)), mute=True))


def _grounds(module: Module, canvas: Canvas, y: float, edge: float, style: Style) -> list[Ground]:
    """The line of a panel, and above it the edge at which values come in and go out."""
    inside: dict[str, Pin] = {}
    for pin in sorted(canvas.pins, key=lambda pin: pin.x):
        inside.setdefault(pin.name, pin)
    given = {pin.name for pin in canvas.pins if pin.port}
    pins: list[Pin] = []
    for name, pin in inside.items():
        if name not in given:
            port = Port(((pin.x, edge),), source=name)
            pins.append(Pin(name, pin.x, None, edge, port, mute=True))
        elif name in module.gives:
            pins.append(Pin(name, pin.x, None, edge, target=name))
    inner = [pin._replace(mute=pin.mute or pin.name in module.gives) for pin in canvas.pins]
    return [Ground(edge, tuple(pins), ()), ground_of(canvas.items(), inner, y, canvas.flow)]


def _crowded(edge: Ground, style: Style) -> frozenset[str]:
    """The values of which the names would stand on others at the edge of a panel."""
    size, found, end = style.metric("caption"), set[str](), -FAR
    for pin in sorted(edge.pins, key=lambda pin: pin.x):
        along = style.flow.lies(text_width(pin.name, size), size)[0]
        if pin.x - along / 2 < end:
            found.add(pin.name)
        else:
            end = pin.x + along / 2 + style.px(RISE)
    return frozenset(found)


def place_panel(panel: Panel, canvas: Canvas, x: float, y: float) -> Group:
    """Draw a panel with its arrows and texts, from ``x`` and ``y`` on."""
    style = panel.style
    colors = style.role(panel.module.color)
    x, y = x + panel.start, y + panel.inset
    left = x + style.gap(STUB)
    line = y + panel.line
    box = canvas.flow.box(left, y, panel.box_width, panel.box_height)
    back = Shape(canvas.new_id(), "rect", *rounded_box(box), colors.panel, role="panel")
    back = back._replace(shadow=rounded(style.metric("shadow")))
    canvas.back.append(back)
    start = port_shape(canvas, x, line)
    entry, inside = Port(((x, line), (x, line)), source=start.id), left + panel.pad_left
    ends = panel.content.place(canvas, inside, line, [entry])
    tap_entry(canvas, entry, inside, style)
    leave = ends[0].y if len(ends) == 1 else line
    end = port_shape(canvas, x + panel.width, leave)
    canvas.arrow_into(ends, style, x + panel.width, leave, end.id)
    if canvas.pins or canvas.loose:
        edge = y - style.px(EDGE)
        grounds = _grounds(panel.module, canvas, line, edge, style)
        draw_wires(
            canvas,
            [_at_edge(grounds[0], canvas, style), grounds[1]],
            style,
            panel.chosen,
            rounds=False,
        )
    canvas.lines += gaps(canvas.lines, canvas.back, style)
    _draw_title(panel, canvas, back, leave if style.flow.upward else line)
    return Group(canvas.prefix, "panel", panel.module.title, "", panel.module.name, canvas.items())


def _draw_title(panel: Panel, canvas: Canvas, back: Shape, arrow: float) -> None:
    """A panel's title and the lines under it, by its tinted rectangle ``back``.

    ``arrow``: where its upper arrow is, which has the title above it.
    """
    style, flow = panel.style, panel.style.flow
    size, small = style.metric("title"), style.metric("caption")
    below = back.y + back.height
    middle, baseline = back.x + back.width / 2, below + style.px(0.1) + style.row_gap(0.32)
    notes = below + panel.titled
    baseline += ASCENT * size
    room = panel.height if flow.vertical else panel.width
    title = clip(panel.module.title, room, size, bold=True)
    over = middle
    if flow.vertical:
        baseline = back.y - style.gap(STUB) - 0.4 * size
        notes = below + style.gap(STUB) + style.px(0.25)
        spare = (max(room - panel.head, back.width) - text_width(title, size, bold=True)) / 2
        over = middle + min(max(arrow - middle, -spare), spare)
    fill = style.theme.color("text")
    canvas.text(over, baseline, title, size, fill, bold=True, role="title")
    for row, line in enumerate(panel.notes):
        baseline = notes + (LINE_HEIGHT * (row + 0.25) + ASCENT) * small
        canvas.text(middle, baseline, line, small, fill, role="note")


def _at_edge(edge: Ground, canvas: Canvas, style: Style) -> Ground:
    """The edge of a panel with the names of what comes in and goes out there."""
    pins = []
    for pin in edge.pins:
        end = port_shape(canvas, pin.x, edge.y)
        canvas.name(pin.x, edge.y, pin.name, style)
        port = pin.port and pin.port._replace(source=end.id)
        pins.append(pin._replace(port=port, target="" if port else end.id))
    return edge._replace(pins=tuple(pins))


def level(panels: Sequence[Panel]) -> list[Panel]:
    """A row of panels, made equally high where their heights differ little."""
    highest = max(panel.box_height for panel in panels)
    return [
        panel._replace(box_height=highest, line=panel.line + (highest - panel.box_height) / 2)
        if panel.box_height >= 0.72 * highest
        else panel
        for panel in panels
    ]
