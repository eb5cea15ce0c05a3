"""What wires of named values run through: lines with what is drawn on them, and their pins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from archviz.layout.canvas import Pin
from archviz.layout.flow import Flow
from archviz.layout.style import Style
from archviz.scene.scene import Box, Connector, Item, Line, Primitive, Shape, leaves

CLEAR = 0.14
"""Units that are free on both sides of a wire's way up or down."""
ROUNDING = 0.1
"""Pixels that places may move by when they are rounded."""
FAR = 1e7
"""Pixels: where a lane goes round the end of its line."""
HEAD = 0.3
"""Units at the ends of a line, where its arrowhead is, that no wire crosses."""


class Ground(NamedTuple):
    """A line with its pins and the boxes of what is drawn on it.

    ``joined``: no turn leads into it, so that the room above it is that below the line before.
    """

    y: float
    pins: tuple[Pin, ...]
    boxes: tuple[Box, ...]
    joined: bool = True
    lines: frozenset[Box] = frozenset()
    """Those of the boxes that are level lines: a wire may cross them."""
    behind: tuple[Box, ...] = ()
    """Grounds of stages: legs pass over them, lanes do not."""
    right: float = 0.0
    """Where the line ends, which may be behind all that is drawn on it."""
    goes_on: bool = False
    """Whether lines of the row that stand before it are on another page."""
    slack: float = 0.0
    """Pixels by which what was free when it was measured may be less so where it is drawn."""

    def edges(self) -> Iterator[float]:
        """Where the grounds of stages begin and end across."""
        for _, y, _, height in self.behind:
            yield from (y, y + height)

    def settled(self) -> Ground:
        """The same where it is drawn: no captions give way any more, and places are rounded."""
        pins = (pin._replace(down=None) if pin.captions else pin for pin in self.pins)
        return self._replace(pins=tuple(pins), slack=ROUNDING)


def obstacles(drawn: Iterable[Primitive], flow: Flow) -> tuple[list[Box], list[Box]]:
    """Boxes of what a wire may not touch, along and across, and those of connectors alone.

    Lines have no thickness.
    """
    found, lines = list[Box](), list[Box]()
    for leaf in drawn:
        if isinstance(leaf, Connector | Line):
            pieces = [
                (min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
                for (x0, y0), (x1, y1) in pairwise(flow.ways(leaf.points))
            ]
            found += pieces
            if isinstance(leaf, Connector):
                lines += pieces
        elif not (isinstance(leaf, Shape) and leaf.role in ("panel", "port", "ground")):
            found.append(flow.within(leaf.box))
    return found, lines


def ground_of(
    items: Sequence[Item],
    pins: Sequence[Pin],
    y: float,
    flow: Flow,
    joined: bool = True,
    reach: Box | None = None,
) -> Ground:
    """A line with what is drawn on it; of what stands out of ``reach``, nothing."""
    drawn = list(leaves(items))
    boxes, pieces = obstacles(drawn, flow)
    lines = frozenset([box for box in pieces if not box[3]])
    shapes = [leaf for leaf in drawn if isinstance(leaf, Shape)]
    behind = [flow.within(shape.box) for shape in shapes if shape.role == "ground"]
    if reach:
        top, bottom = reach[1], reach[1] + reach[3]
        boxes = [box for box in boxes if box[1] >= top and box[1] + box[3] <= bottom]
    return Ground(y, tuple(pins), tuple(boxes), joined, lines, tuple(behind))


def straightened(grounds: Sequence[Ground], style: Style) -> list[Ground]:
    """The same, where a value that ends a line goes on to right above what takes it below.

    Pins of one box are given to its values so that their wires lie in one another.
    """
    done = [_sorted_slots(number, grounds) for number in range(len(grounds))]
    for number, (ground, under) in enumerate(pairwise(done)):
        ends = max((box[0] + box[2] for box in ground.boxes), default=0.0)
        pins: list[Pin] = []
        longer: list[Box] = []
        for pin in ground.pins:
            xs = [p.x for p in under.pins if p.name == pin.name and not p.port and p.x > pin.x]
            last = pin.port and len(pin.port.pen) > 1 and pin.x + style.px(0.1) > ends
            if last and under.joined and xs and pin.port and pin.down is not None:
                x = min(xs)
                longer.append((pin.x, pin.down, x - pin.x, 0.0))
                pin = pin._replace(x=x, port=pin.port.to((x, pin.down)))
            pins.append(pin)
        boxes, lines = (*ground.boxes, *longer), ground.lines.union(longer)
        done[number] = ground._replace(pins=tuple(pins), boxes=boxes, lines=lines)
    return done


def _sorted_slots(number: int, grounds: Sequence[Ground]) -> Ground:
    """The pins at one box in the order in which their wires arrive.

    From the left come values of the line itself, the latest first; then those of the line
    above; then, round the right end, those of lines further up, the latest first.
    """
    ground = grounds[number]
    given = [(line, pin.name) for line, g in enumerate(grounds) for pin in g.pins if pin.port]
    places = {name: (line, place) for place, (line, name) in enumerate(given)}

    def arrival(pin: Pin) -> tuple[int, int]:
        line, place = places[pin.name]
        if line == number:
            return 0, -place
        return (1, place) if line == number - 1 and ground.joined else (2, -place)

    slots: dict[str, list[Pin]] = {}
    for pin in ground.pins:
        if pin.target and pin.head and pin.name in places:
            slots.setdefault(pin.target, []).append(pin)
    moved: dict[Pin, float] = {}
    for pins in slots.values():
        xs = sorted(pin.x for pin in pins)
        moved |= dict(zip(sorted(pins, key=arrival), xs, strict=True))
    return ground._replace(pins=tuple(p._replace(x=moved.get(p, p.x)) for p in ground.pins))


def sides(grounds: Sequence[Ground]) -> tuple[float, float]:
    """How far what is drawn reaches to the left and to the right."""
    boxes = [box for ground in grounds for box in (*ground.boxes, *ground.behind)]
    lefts = [box[0] for box in boxes]
    rights = [box[0] + box[2] for box in boxes] + [ground.right for ground in grounds]
    return min(lefts, default=0.0), max(rights, default=0.0)


def crossed(x: float, ends: tuple[float, float], ground: Ground, style: Style) -> int | None:
    """How many lines a way straight up or down at ``x`` crosses between two heights.

    None where it would touch something else, or a line where that ends or forks.
    """
    clear, room = style.px(CLEAR) - ground.slack, style.px(CLEAR + HEAD) - ground.slack
    count, least, most, (upper, lower) = 0, x - clear, x + clear, ends
    for box in ground.boxes:
        left, top, width, height = box
        if left < most and left + width > least and top < lower and top + height > upper:
            forks = any(abs(p.x - x) < room and top in (p.up, p.down) for p in ground.pins)
            if box not in ground.lines or forks or left > x - room or left + width < x + room:
                return None
            count += 1
    return count


def leaving(pin: Pin, up: bool, ground: Ground, style: Style) -> int | None:
    """How many lines the way straight up or down from a pin crosses; None where it is not free."""
    start = pin.up if up else pin.down
    if start is None:
        return None
    touch = style.px(0.04)
    ends = (-FAR, start - touch) if up else (start + pin.captions + touch, FAR)
    return crossed(pin.x, ends, ground, style)


def passing(x: float, ground: Ground, style: Style) -> int | None:
    """How many lines a way right through a line of a row crosses; None where it is not free."""
    return crossed(x, (-FAR, FAR), ground, style)
