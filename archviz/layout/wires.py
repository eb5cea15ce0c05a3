"""Named values in a drawing: the blocks that give and take them, and their wires drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from archviz.layout.blocks import NEAR_BADGE, NEAREST, Block
from archviz.layout.canvas import (
    NOTHING,
    RISE,
    Canvas,
    Pin,
    Port,
    over_line,
    port_shape,
    simplify,
)
from archviz.layout.flow import Side
from archviz.layout.grounds import CLEAR, Ground
from archviz.layout.lanes import Chosen, Wiring, wire
from archviz.layout.style import Style
from archviz.layout.ways import Lane, Leg, Route, name_room
from archviz.network.model import (
    Auxiliary,
    From,
    Graph,
    Layer,
    ModuleCall,
    Named,
    Node,
    Outputs,
    Repeat,
    Residual,
    Series,
    Stage,
    Towers,
)
from archviz.network.walk import children
from archviz.scene.scene import Connector, Point
from archviz.scene.text import text_width

TAP_STUB = 0.42
"""Units that a name's line stands out of the row."""
TRUNK_TO_NAME = 1.2
"""Sizes of its letters between a name at which a tower begins and the trunk of the others."""


def taken_in(node: Node) -> Iterator[str]:
    """Names of the values that are taken in what one drawing shows: not inside its modules."""
    rest = [node]
    while rest:
        node = rest.pop()
        if isinstance(node, Layer):
            yield from node.takes if node.drawn else ()
            continue
        if not is_drawn(node):
            continue
        match node:
            case ModuleCall():
                yield from (value for _, value in node.inputs)
                continue
            case From():
                yield from [node.name] if node.name else []
            case Graph():
                own = {name for name, _ in node.nodes}
                yield from (source for source, _ in node.edges if source not in own)
        rest.extend(reversed(children(node, shown=True)))


def is_drawn(node: Node) -> bool:
    """Whether a node is not left out of the figure by what the spec says of it."""
    match node:
        case Layer():
            return node.drawn
        case ModuleCall() | Repeat() | Towers() | Residual() | Graph() | Auxiliary():
            return node.look.drawn
        case _:
            return True


def given_in(node: Node) -> Iterator[str]:
    """Names of the values that a node gives which is not drawn: all are what comes in."""
    match node:
        case Named():
            yield node.name
        case Layer():
            yield from node.gives
        case ModuleCall():
            yield from (value for _, value in node.gives)
            return
    for child in children(node, shown=True):
        if isinstance(child, From):
            return  # what follows is another value
        yield from given_in(child)


def joined(body: Series) -> Series:
    """``body`` with the outputs that begin with its last value on the line that ends in it."""
    if not body.nodes or not isinstance(body.nodes[-1], Outputs):
        return body
    outputs, names = body.nodes[-1], set(_last_names(body.nodes[:-1]))
    branches = []
    for name, series in outputs.branches:
        first = series.nodes[0] if series.nodes else None
        goes_on = isinstance(first, From) and first.name in names
        branches.append((name, Series(series.nodes[1:]) if goes_on else series))
    return Series((*body.nodes[:-1], outputs._replace(branches=tuple(branches))))


def _last_names(nodes: Sequence[Node]) -> Iterator[str]:
    """Names of the value in which a series ends."""
    for node in reversed(nodes):
        if isinstance(node, Stage):
            yield from _last_names(node.body.nodes)
        if not isinstance(node, Named):
            return
        yield node.name


class TapBlock(Block):
    """The place at which the value on a line has a name; ``stub``: with the name over it.

    An arrow leads to the name of a value that ``leaves`` what is drawn.
    """

    behind = True

    def __init__(self, name: str, style: Style, stub: bool, leaves: bool = False) -> None:
        self.name, self.style, self.stub, self.leaves = name, style, stub, leaves
        self.size = style.metric("caption")
        self.width = style.px(0.24)
        self.left_gap = style.px(0.15)
        self.clear = style.px(CLEAR + 0.02)  # a wire may leave past what stands on the line
        self.up = self.down = style.px(0.1)
        if stub:
            along, across = style.flow.lies(text_width(name, self.size), self.size)
            self.width = along + style.px(0.1)
            self.left_gap, self.clear = 0.0, style.px(NEAR_BADGE)
            self.up = style.px(TAP_STUB) + over_line(style) + across

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        source = sources[0]
        y = source.y  # a block in several lines before it has ended lower
        at = x + (self.width / 2 if self.stub else 0.0)
        if self.stub:
            top = y - self.style.px(TAP_STUB)
            end = port_shape(canvas, at, top)
            drawn = source.branch((at, y), (at, top))
            canvas.connect(drawn, self.style, target=end.id, head=self.leaves, role="wire")
            canvas.name(at, top, self.name, self.style)
            canvas.loose.append(source.to((at, y)))
            return [source]
        canvas.pins.append(Pin(self.name, at, y, y, source.to((at, y))))
        return [source]


class FromBlock(Block):
    """The beginning of a series that goes on from a named value."""

    begins = named = True

    def __init__(self, name: str, style: Style, stub: bool) -> None:
        self.name, self.style, self.stub = name, style, stub
        self.size = style.metric("caption")
        self.wired = not stub
        along, across = style.flow.lies(text_width(name, self.size), self.size)
        self.pad = max(0.0, TRUNK_TO_NAME * self.size - style.gap(NEAREST)) if stub else 0.0
        self.width = along + self.pad if stub else style.px(0.2)
        self.up = over_line(style) + across if stub else style.px(0.1)
        self.down = style.px(0.1)
        self.left_gap = 0.0 if stub else style.px(0.3)
        self.right_gap = 0.0 if stub else style.px(0.1)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; no line enters."""
        if self.stub:
            x, end = x + self.pad, x + self.width
            start = port_shape(canvas, x, y)
            canvas.name(x, y, self.name, self.style, "after")
            return [Port(((x, y), (end, y)), source=start.id)]
        start_id = canvas.new_id()
        x -= self.back
        canvas.pins.append(Pin(self.name, x, y, y, target=start_id, head=False))
        return [Port(((x, y),), source=start_id)]


class NothingBlock(Block):
    """The beginning of a series behind an input that is not drawn: no line leads on."""

    begins = True

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        return [Port(((x, y),), source=NOTHING)]


# ---- wires --------------------------------------------------------------------------------


def draw_wires(
    canvas: Canvas, grounds: Sequence[Ground], style: Style, chosen: Chosen, rounds: bool = True
) -> None:
    """Draw the wires between the pins of these lines, and what lines lack up to a name."""
    for port in canvas.loose:
        if not _covered(canvas, port):
            canvas.connect(port, style, head=False)
    if not any(ground.pins for ground in grounds):
        return
    wiring = wire(grounds, style, rounds, chosen)
    rest = list(wiring.routes)
    while rest:  # those that begin on the line of another wire before that one
        begun = {leg.pin.port.source for route in rest for leg in route[0].legs if leg.pin.port}
        free = (r for r in rest if not any(g.pin.target in begun for x in r for g in x.legs))
        route = next(free, rest[0])
        rest.remove(route)
        _draw(canvas, route, wiring, style)
    for pin in (pin for ground in grounds for pin in ground.pins):
        if pin.name in wiring.failed:
            _stub(canvas, pin, style)


def _stub(canvas: Canvas, pin: Pin, style: Style) -> None:
    """A name where a wire was found when it was measured, and now there is none."""
    above = pin.up is not None
    edge = pin.up if pin.up is not None else pin.down
    if edge is None or pin.mute:
        return
    out = edge + style.px(TAP_STUB) * (-1 if above else 1)
    if pin.port:
        end = port_shape(canvas, pin.x, out)
        port = pin.port if pin.port.y == edge else pin.port.to((pin.x, edge))
        begun = port.branch((pin.x, edge))
        canvas.connect(begun, style, (pin.x, out), target=end.id, head=False, role="wire")
    elif pin.head:
        start = port_shape(canvas, pin.x, out)
        port = Port(((pin.x, out),), source=start.id)
        canvas.connect(port, style, (pin.x, edge), target=pin.target, role="wire")
    fill, size = style.theme.color("caption"), style.metric("caption")
    at = out + style.px(-RISE if above else RISE)
    side: Side = "before" if above else "after"
    canvas.label(pin.x, at, pin.name, size, fill, across=side, role="wire")


def room_of(wiring: Wiring, grounds: Sequence[Ground], style: Style) -> list[tuple[float, float]]:
    """How far the lanes reach above and below each of the lines."""
    room = [(0.0, 0.0)] * len(grounds)
    for lane, height in wiring.heights.items():
        if len({leg.x for leg in lane.legs}) == 1 and lane.legs[0].pin.mute:
            continue  # straight from the edge of a panel
        over = under = style.px(0.1)
        if not lane.legs[0].pin.mute:
            name = style.px(RISE) + name_room(lane.name, style)[1]
            over, under = (over, under + name) if lane.under else (over + name, under)
        line, below = lane.zone
        up, down = room[line]
        away = height - grounds[line].y
        room[line] = (up, max(down, away + under)) if below else (max(up, over - away), down)
    return room


def _draw(canvas: Canvas, route: Route, wiring: Wiring, style: Style) -> None:
    """Draw one wire: a connector to everything that takes the value, shared parts once."""
    first, start = route[0], route[0].legs[0]
    port = start.pin.port
    assert port is not None
    if start.up and len(port.pen) == 1 and start.pin.down is not None:
        port = port._replace(pen=((start.x, start.pin.down),))
    drawn: list[tuple[Point, ...]] = []
    if _covered(canvas, port):
        drawn.append(simplify((*port.lead, *port.pen)))
    ways = [(lane, leg) for lane in route for leg in lane.legs if leg is not start]
    ways.sort(key=lambda way: -abs(way[1].x - start.x))
    for lane, leg in ways:
        points = simplify((*port.lead, *port.pen, *_way(route, lane, leg, wiring)))
        _, at, parting = max(
            (_parting(points, other) for other in drawn), default=(0, 0, points[0])
        )
        drawn.append(points)
        own, lead = (parting, *points[at + 1 :]), points[: at + 1]
        if leg.pin.head:
            canvas.connect(Port(own, lead, port.source), style, target=leg.pin.target, role="wire")
        else:
            _prepend(canvas, leg.pin.target, own, points, port.source)
    if not start.pin.mute:
        x, y = start.x + style.px(-0.12 if first.leftward else 0.12), wiring.heights[first]
        fill, size = style.theme.color("caption"), style.metric("caption")
        canvas.label(
            x,
            y + style.px(RISE if first.under else -RISE),
            first.name,
            size,
            fill,
            along="before" if first.leftward else "after",
            across="after" if first.under else "before",
            role="wire",
        )


def _way(route: Route, lane: Lane, leg: Leg, wiring: Wiring) -> Iterator[Point]:
    """The corners of a wire from its start into one of its ends."""
    start, y = route[0].legs[0], wiring.heights[route[0]]
    yield (start.x, y)
    if lane is not route[0]:
        beside = wiring.beside[lane.name]
        yield (beside, y)
        y = wiring.heights[lane]
        yield (beside, y)
    yield (leg.x, y)
    end = leg.pin.down if leg.up else leg.pin.up
    assert end is not None
    yield (leg.x, end)


def _covered(canvas: Canvas, port: Port) -> bool:
    """Whether a line is drawn as far as the place at which a wire leaves it."""
    if len(port.pen) < 2:
        return True
    for item in canvas.lines:
        if isinstance(item, Connector):
            for (x0, y0), (x1, y1) in pairwise(canvas.flow.ways(item.points)):
                level = abs(y0 - y1) < 0.02 and abs(y0 - port.y) < 0.02
                if level and min(x0, x1) < port.x - 0.02 and max(x0, x1) > port.x - 0.02:
                    return True
    return False


def _parting(way: Sequence[Point], other: Sequence[Point]) -> tuple[float, int, Point]:
    """Where a way parts from another: how far that is, the corner before it, the place."""
    far = 0.0
    for at, ((x0, y0), (x1, y1)) in enumerate(pairwise(way)):
        if at + 1 >= len(other):
            return far, at, (x0, y0)
        x2, y2 = other[at + 1]
        if (x1, y1) != (x2, y2):
            straight = x0 == x1 == x2 or y0 == y1 == y2
            one, two = x1 - x0 + y1 - y0, x2 - x0 + y2 - y0
            if straight and one * two > 0:
                shorter = (x1, y1) if abs(one) < abs(two) else (x2, y2)
                return far + min(abs(one), abs(two)), at, shorter
            return far, at, (x0, y0)
        far += abs(x1 - x0) + abs(y1 - y0)
    return far, len(way) - 2, way[-1]


def _prepend(
    canvas: Canvas, start: str, own: Sequence[Point], way: Sequence[Point], source: str
) -> None:
    """Lead the lines that begin at the placeholder ``start`` back to where the value is from."""
    first = True
    for at, item in enumerate(canvas.lines):
        if not isinstance(item, Connector) or item.source != start:
            continue
        points, flow = item.points, canvas.flow
        if first and flow.ways(points[:1]) == simplify([way[-1]]):
            points, first = simplify((*flow.way(own), *points)), False
        route = simplify((*flow.way(way), *item.route))
        canvas.lines[at] = item._replace(points=points, route=route, source=source)
