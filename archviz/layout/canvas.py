"""What blocks draw on: a canvas that gathers one group's items, and the ports on it.

Blocks think of x as along the flow and of y as across it; the canvas turns what they draw
into the page's coordinates, in which all of its items are.

A :class:`Port` is where a line is waiting to be continued. It carries what of the line
has been drawn already (``lead``) and what the next connector has to draw (``pen``), so
that lines which share a trunk draw it once and yet know their whole route.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypedDict, Unpack

from archviz.layout.flow import RIGHT, Flow, Side
from archviz.layout.style import Style
from archviz.scene.scene import Box, Connector, Group, Item, Line, Point, Shape, Text
from archviz.scene.text import text_width

NOTHING = "nothing"
"""The source of lines that are not drawn: what is left out begins them."""


class Port(NamedTuple):
    """The end of a line that waits to be continued, from the shape ``source``."""

    pen: tuple[Point, ...]
    lead: tuple[Point, ...] = ()
    source: str = ""
    bus: float | None = None
    """Where the line should turn towards its target; None leaves that to the target."""
    dashed: bool = False
    """Whether some of the calls that the line stands for have none."""

    @property
    def x(self) -> float:
        """Where the line ends."""
        return self.pen[-1][0]

    @property
    def y(self) -> float:
        """The height at which the line ends."""
        return self.pen[-1][1]

    def mirrored(self) -> Port:
        """The port where across counts the other way."""
        pen, lead = (tuple((x, -y) for x, y in way) for way in (self.pen, self.lead))
        return self._replace(pen=pen, lead=lead)

    def turn(self, out: float, between: float, left: float, y: float) -> Port:
        """The port led to the start of the next line: out at ``out``, back at ``between``."""
        return self.to((out, self.y), (out, between), (left, between), (left, y))

    def to(self, *points: Point) -> Port:
        """The port with ``points`` added to what is to be drawn."""
        return Port((*self.pen, *points), self.lead, self.source, dashed=self.dashed)

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

    def mirrored(self) -> Pin:
        """The pin where across counts the other way."""
        up, down = (None if end is None else -end for end in (self.down, self.up))
        return self._replace(up=up, down=down, port=self.port and self.port.mirrored())


class Where(TypedDict, total=False):
    """On which sides of its point a text stands, in the middle of it unless told; and how."""

    along: Side
    across: Side
    bold: bool
    role: str


class Canvas:
    """Items of one group while it is being drawn, by their order from back to front."""

    def __init__(self, prefix: str, flow: Flow = RIGHT) -> None:
        self.prefix = prefix
        self.flow = flow
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
        *onward: Point,
        target: str = "",
        head: bool = True,
        beyond: Sequence[Point] = (),
        role: str = "connector",
        dashed: bool = False,
    ) -> None:
        """Draw ``port``'s line on through the points ``onward``.

        ``beyond`` is the rest of its route, which another connector draws.
        """
        drawn = simplify((*port.pen, *onward))
        if len(drawn) < 2 or port.source == NOTHING:
            return
        points = route = self.flow.way(drawn)
        if port.lead or beyond:
            route = self.flow.way(simplify((*port.lead, *drawn, *beyond)))
        self.lines.append(
            Connector(
                points=points,
                route=route,
                stroke=style.line,
                line_width=style.line_width,
                head=head,
                head_length=rounded(style.px(HEAD_LENGTH)),
                head_width=rounded(style.px(0.21)),
                source=port.source,
                target=target,
                role=role,
                dash=style.dash if dashed or port.dashed else 0.0,
            )
        )

    def arrow_into(
        self,
        ports: Sequence[Port],
        style: Style,
        x: float,
        y: float,
        target: str,
        dashed: bool = False,
        joint: bool = False,
    ) -> None:
        """Lines from all ``ports`` into the left side of ``target`` at (x, y).

        Several lines meet on one vertical bus and enter by a single arrow, or go on from a
        ``joint``. One that is ``dashed`` is so where it comes from a box or a joint, and others
        share nothing of it.
        """
        head = not joint
        ports = [port for port in ports if port.source != NOTHING]
        if not ports:
            return
        if len(ports) == 1 and abs(ports[0].y - y) < 0.01:
            dashed = dashed and len(ports[0].pen) == 1
            self.connect(ports[0], style, (x, y), target=target, head=head, dashed=dashed)
            return
        bus = x - style.gap(BUS_TO_MERGE) if ports[0].bus is None else ports[0].bus
        above = [port for port in ports if port.y < y - 0.01]
        below = [port for port in ports if port.y > y + 0.01]
        level = [port for port in ports if abs(port.y - y) <= 0.01]
        led = False
        for port in level[:1]:
            self.connect(port, style, (x, y), target=target, head=head)
            led = True
        for side in (above, below):
            for port in side:
                outermost = abs(port.y - y) == max(abs(other.y - y) for other in side)
                end = [(bus, port.y)]
                rest: list[Point] = [(bus, y), (x, y)]
                if outermost:
                    end.append((bus, y))
                    rest = [(x, y)]
                    if not led:
                        end.append((x, y))
                        rest = []
                last = head and outermost and not led
                self.connect(port, style, *end, target=target, head=last, beyond=rest)
                led = led or outermost

    def bracket(self, x: float, top: float, bottom: float, arm: float, style: Style) -> None:
        """One square bracket at ``x``; a negative ``arm`` closes, a positive one opens."""
        points = ((x + arm, top), (x, top), (x, bottom), (x + arm, bottom))
        self.back.append(self.line(points, style, "bracket"))

    def line(self, points: Sequence[Point], style: Style, role: str) -> Line:
        """A thin line that no value takes."""
        width = max(1.0, rounded(style.px(0.025)))
        return Line(self.flow.way(simplify(points)), style.line, width, role)

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
        """One line of text in front of the lines, at a place of the page."""
        self.front.append(
            make_text(x, baseline, text, size, fill, bold=bold, anchor=anchor, role=role)
        )

    def label(
        self,
        x: float,
        y: float,
        texts: str | Sequence[str],
        size: float | Sequence[float],
        fill: str,
        **where: Unpack[Where],
    ) -> None:
        """Upright text in front of the lines; see :meth:`labels`."""
        self.front += self.labels(x, y, texts, size, fill, **where)

    def labels(
        self,
        x: float,
        y: float,
        texts: str | Sequence[str],
        size: float | Sequence[float],
        fill: str,
        **where: Unpack[Where],
    ) -> list[Text]:
        """Upright lines of text that stand beside a point of the flow."""
        texts = [texts] if isinstance(texts, str) else texts
        sizes = [size] * len(texts) if isinstance(size, float) else size
        if not texts:
            return []
        sides = where.get("along", "middle"), where.get("across", "middle")
        anchor, places = self.flow.text_places(*sides, (x, y), sizes)
        bold, role = where.get("bold", False), where.get("role", "caption")
        return [
            make_text(*place, text, one, fill, bold=bold, anchor=anchor, role=role)
            for place, text, one in zip(places, texts, sizes, strict=True)
        ]

    def name(self, x: float, y: float, name: str, style: Style, along: Side = "middle") -> None:
        """The name of a value over its line at (x, y)."""
        fill, size = style.theme.color("caption"), style.metric("caption")
        self.label(
            x, y - style.px(RISE), name, size, fill, along=along, across="before", role="wire"
        )

    def group(self, group: Group) -> None:
        """A group in front of the lines."""
        self.front.append(group)


BUS_TO_MERGE = 0.85
"""Units from the bus, on which towers end, to the merge box."""


PAD = 0.45
"""Units between what stands on a ground and its edge."""
RISE = 0.12
"""Units between the line of a value and the name over it."""
CLEAR_NAME, LINE_BESIDE = 1.0, (0.34, 0.12)
"""Sizes of its letters between a name and a line beside it, which it would seem to name otherwise;
units of rows and units of those that are there anyway."""
HEAD_LENGTH = 0.27
"""Units of an arrowhead."""
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


def rounded_box(box: Box) -> Box:
    """A box as it is written."""
    x, y, width, height = box
    return (rounded(x), rounded(y), rounded(width), rounded(height))


def simplify(points: Iterable[Point]) -> tuple[Point, ...]:
    """``points`` rounded, without doubles and without points inside a straight line."""
    kept: list[Point] = []
    for x, y in points:
        point = (round(x, 2) + 0.0, round(y, 2) + 0.0)
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def port_shape(canvas: Canvas, x: float, y: float) -> Shape:
    """An invisible shape for a line that comes from outside, or goes there.

    The shape has the page's coordinates.
    """
    x, y = canvas.flow.point(x, y)
    shape = Shape(canvas.new_id(), "ellipse", rounded(x), rounded(y), 0, 0, "", role="port")
    canvas.back.append(shape)
    return shape


def over_line(style: Style) -> float:
    """How much more than its letters a name over a line takes: nothing stands near it."""
    rows, units = LINE_BESIDE
    lacks = CLEAR_NAME * style.metric("caption") - style.row_gap(rows) - style.px(units)
    return style.px(RISE) + max(0.0, lacks)
