"""What blocks draw on: a canvas that gathers one group's items, and the ports on it.

A :class:`Port` is where a line is waiting to be continued. It carries what of the line
has been drawn already (``lead``) and what the next connector has to draw (``pen``), so
that lines which share a trunk draw it once and yet know their whole route.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archviz.layout.style import Style
from archviz.scene.scene import Connector, Group, Item, Line, Point, Shape, Text
from archviz.scene.text import text_width


class Port(NamedTuple):
    """The end of a line that waits to be continued, from the shape ``source``."""

    pen: tuple[Point, ...]
    lead: tuple[Point, ...] = ()
    source: str = ""
    bus: float | None = None
    """Where the line should turn towards its target; None leaves that to the target."""

    @property
    def x(self) -> float:
        """Where the line ends."""
        return self.pen[-1][0]

    @property
    def y(self) -> float:
        """The height at which the line ends."""
        return self.pen[-1][1]

    def turn(self, out: float, between: float, left: float, y: float) -> Port:
        """The port led to the start of the next line: out at ``out``, back at ``between``."""
        return self.to((out, self.y), (out, between), (left, between), (left, y))

    def to(self, *points: Point) -> Port:
        """The port with ``points`` added to what is to be drawn."""
        return Port((*self.pen, *points), self.lead, self.source)

    def branch(self, joint: Point, *points: Point) -> Port:
        """A branch of the line at ``joint``: what lies before it is drawn by others."""
        return Port((joint, *points), (*self.lead, *self.pen), self.source)


class Pin(NamedTuple):
    """Where the wire of a named value begins (it has a ``port``) or ends (in ``target``).

    ``up`` and ``down`` are the heights at which the wire begins or ends where it runs above
    or below; None where it cannot.
    """

    name: str
    x: float
    up: float | None
    down: float | None
    port: Port | None = None
    target: str = ""
    mute: bool = False
    """Whether its name stands there already."""
    head: bool = True
    """Whether the wire ends here in an arrow."""
    captions: float = 0.0
    """Pixels below ``down`` that captions take, which can go above for a wire from below."""
    key: str = ""
    """The place in the spec of what it is at."""


class Canvas:
    """Items of one group while it is being drawn, by their order from back to front."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.back: list[Item] = []
        self.lines: list[Item] = []
        self.front: list[Item] = []
        self.pins: list[Pin] = []
        self.loose: list[Port] = []
        """Ends of lines with a name at them, which need not be drawn as far as there yet."""
        self.count = 0

    def new_id(self) -> str:
        """The next id; the same drawing gives the same ids."""
        self.count += 1
        return f"{self.prefix}-{self.count}"

    def items(self) -> tuple[Item, ...]:
        """Everything drawn, from back to front."""
        return (*self.back, *self.lines, *self.front)

    def connect(
        self,
        port: Port,
        style: Style,
        *points: Point,
        target: str = "",
        head: bool = True,
        beyond: Sequence[Point] = (),
        role: str = "connector",
    ) -> None:
        """Draw ``port``'s line on to ``points``.

        ``beyond`` is the rest of its route, which another connector draws.
        """
        drawn = simplify((*port.pen, *points))
        if len(drawn) < 2:
            return
        self.lines.append(
            Connector(
                points=drawn,
                route=simplify((*port.lead, *drawn, *beyond)),
                stroke=style.line,
                line_width=style.line_width,
                head=head,
                head_length=rounded(style.px(0.27)),
                head_width=rounded(style.px(0.21)),
                source=port.source,
                target=target,
                role=role,
            )
        )

    def arrow_into(
        self, ports: Sequence[Port], style: Style, x: float, y: float, target: str
    ) -> None:
        """Lines from all ``ports`` into the left side of ``target`` at (x, y).

        Several lines meet on one vertical bus and enter by a single arrow.
        """
        if len(ports) == 1 and abs(ports[0].y - y) < 0.01:
            self.connect(ports[0], style, (x, y), target=target)
            return
        bus = x - style.gap(BUS_TO_MERGE) if ports[0].bus is None else ports[0].bus
        above = [port for port in ports if port.y < y - 0.01]
        below = [port for port in ports if port.y > y + 0.01]
        level = [port for port in ports if abs(port.y - y) <= 0.01]
        has_head = False
        for port in level[:1]:
            self.connect(port, style, (x, y), target=target)
            has_head = True
        for side in (above, below):
            for port in side:
                outermost = abs(port.y - y) == max(abs(other.y - y) for other in side)
                end = [(bus, port.y)]
                rest: list[Point] = [(bus, y), (x, y)]
                if outermost:
                    end.append((bus, y))
                    rest = [(x, y)]
                    if not has_head:
                        end.append((x, y))
                        rest = []
                self.connect(
                    port, style, *end, target=target, head=outermost and not has_head, beyond=rest
                )
                has_head = has_head or outermost

    def bracket(self, x: float, top: float, bottom: float, arm: float, style: Style) -> None:
        """One square bracket at ``x``; a negative ``arm`` closes, a positive one opens."""
        points = ((x + arm, top), (x, top), (x, bottom), (x + arm, bottom))
        self.back.append(Line(simplify(points), style.line, max(1.0, rounded(style.px(0.025)))))

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        fill: str,
        *,
        bold: bool = False,
        anchor: str = "middle",
        role: str = "caption",
    ) -> None:
        """One line of text in front of the lines."""
        self.front.append(
            make_text(x, baseline, text, size, fill, bold=bold, anchor=anchor, role=role)
        )

    def name(self, x: float, y: float, name: str, style: Style, anchor: str = "middle") -> None:
        """The name of a value over its line at (x, y)."""
        fill, size = style.theme.color("caption"), style.metric("caption")
        self.text(x, y - style.px(RISE), name, size, fill, anchor=anchor, role="wire")

    def group(self, group: Group) -> None:
        """A group in front of the lines."""
        self.front.append(group)


BUS_TO_MERGE = 0.85
"""Units from the bus, on which towers end, to the merge box."""


PAD = 0.45
"""Units between what stands on a ground and its edge."""
RISE = 0.12
"""Units between the line of a value and the name over it."""
TURN = 0.75
"""Units that the line from one line of a row to the next stands out at its sides."""


def make_text(
    x: float,
    baseline: float,
    text: str,
    size: float,
    fill: str,
    *,
    bold: bool = False,
    anchor: str = "middle",
    role: str = "caption",
) -> Text:
    """A text with its width measured."""
    width = rounded(text_width(text, size, bold))
    return Text(rounded(x), rounded(baseline), text, rounded(size), width, fill, anchor, bold, role)


def rounded(value: float) -> float:
    """A length as it is written: two decimals, and no negative zero."""
    return round(value, 2) + 0.0


def simplify(points: Iterable[Point]) -> tuple[Point, ...]:
    """``points`` rounded, without doubles and without points inside a straight line."""
    kept: list[Point] = []
    for point in points:
        point = (rounded(point[0]), rounded(point[1]))
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def box_shape(
    canvas: Canvas,
    style: Style,
    x: float,
    y: float,
    width: float,
    height: float,
    role: str,
    lines: tuple[str, ...] = (),
    size: float = 0.0,
    bold: bool = False,
    color: str = "",
    dashed: bool = False,
) -> Shape:
    """A layer's rectangle with its label, its top left corner at (x, y).

    ``color``: a theme's role or ``#rrggbb``, where it is not the role's own.
    """
    colors = style.role(color or role)
    size = rounded(size)
    return Shape(
        id=canvas.new_id(),
        form="rect",
        x=rounded(x),
        y=rounded(y),
        width=rounded(width),
        height=rounded(height),
        fill=colors.fill,
        stroke=style.line,
        line_width=style.line_width,
        radius=rounded(style.px(style.theme.metric("corner"))),
        shadow=rounded(style.px(style.theme.metric("shadow"))),
        lines=lines,
        widths=tuple(rounded(text_width(line, size, bold)) for line in lines),
        text_size=size,
        text_fill=colors.text,
        bold=bold,
        pattern=colors.pattern,
        dash=dash_of(style) if dashed else 0.0,
        role=role,
    )


def dash_of(style: Style) -> float:
    """Length of the dashes round what some calls leave out."""
    return rounded(style.px(0.14))


def badge_width(style: Style, text: str) -> float:
    """The width of a badge; several functions make it longer than high."""
    width = style.metric("badge")
    if "/" in text:
        width = max(
            width,
            text_width(text, style.room.several * style.px(style.room.badge_label)) + width / 3,
        )
    return width


def badge_shape(
    canvas: Canvas,
    style: Style,
    x: float,
    y: float,
    text: str,
    role: str,
    dashed: bool = False,
) -> Shape:
    """A badge or an activation: a circle round (x, y) with one or two letters; longer for more."""
    colors = style.role(role)
    diameter = style.px(style.theme.metric("badge"))
    size, width = style.px(style.room.badge_label), badge_width(style, text)
    several = "/" in text
    if several:
        size *= style.room.several
    while not several and size > style.px(0.16) and text_width(text, size) > diameter * 0.8:
        size *= 0.92
    size = rounded(size)
    return Shape(
        id=canvas.new_id(),
        form="rect" if several else "ellipse",
        x=rounded(x - width / 2),
        y=rounded(y - diameter / 2),
        width=rounded(width),
        height=rounded(diameter),
        fill=colors.fill,
        stroke=style.line,
        line_width=style.line_width,
        radius=rounded(diameter / 2) if several else 0.0,
        lines=(text,),
        widths=(rounded(text_width(text, size)),),
        text_size=size,
        text_fill=colors.text,
        pattern=colors.pattern,
        dash=dash_of(style) if dashed else 0.0,
        role=role,
    )


def port_shape(canvas: Canvas, x: float, y: float) -> Shape:
    """An invisible shape for a line that comes from outside, or goes there."""
    shape = Shape(canvas.new_id(), "ellipse", rounded(x), rounded(y), 0, 0, "", role="port")
    canvas.back.append(shape)
    return shape
