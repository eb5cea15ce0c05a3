"""What must hold of any picture, checked on the scene: returns what is broken, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from nearby import Nearby

from archviz.scene.scene import Connector, Group, Item, Line, Point, Scene, Shape, Text

Box = tuple[float, float, float, float]
GROUNDS = ("panel", "ground")
"""Roles of shapes that others stand on."""
SLACK = 0.6
"""Pixels by which things may touch: half an outline."""
NEAR = 4.0
"""Pixels between lines that would seem to touch, and across which a line would seem to limp;
on a slide so small that arrowheads are narrower, the width of an arrowhead."""


@dataclass
class Found:
    """The primitives of a scene, with the group (layer) that each belongs to."""

    shapes: list[tuple[Shape, str]]
    texts: list[tuple[Text, str]]
    connectors: list[Connector]
    brackets: list[Line]
    gaps: list[Line]


def collect(items: tuple[Item, ...], owner: str = "", into: Found | None = None) -> Found:
    found = into or Found([], [], [], [], [])
    for item in items:
        if isinstance(item, Group):
            collect(item.items, item.id if item.role in ("layer", "module") else owner, found)
        elif isinstance(item, Shape):
            found.shapes.append((item, owner or item.id))
            found.texts += [(text, owner or item.id) for text in item.texts]
        elif isinstance(item, Text):
            found.texts.append((item, owner or f"text{len(found.texts)}"))
        elif isinstance(item, Connector):
            found.connectors.append(item)
        elif item.role == "crossing":
            found.gaps.append(item)
        else:
            found.brackets.append(item)
    return found


def overlap(a: Box, b: Box, slack: float = SLACK) -> bool:
    return (
        a[0] + slack < b[0] + b[2]
        and b[0] + slack < a[0] + a[2]
        and a[1] + slack < b[1] + b[3]
        and b[1] + slack < a[1] + a[3]
    )


def inside(a: Box, b: Box) -> bool:
    return (
        a[0] >= b[0] - SLACK
        and a[1] >= b[1] - SLACK
        and a[0] + a[2] <= b[0] + b[2] + SLACK
        and a[1] + a[3] <= b[1] + b[3] + SLACK
    )


def segments(points: tuple[Point, ...]) -> Iterator[Box]:
    """The straight pieces of a line as boxes without thickness."""
    for (x0, y0), (x1, y1) in pairwise(points):
        yield (min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))


def crosses(segment: Box, box: Box) -> bool:
    """Whether a piece of a line enters the inside of a box."""
    thick = (segment[0] - 0.01, segment[1] - 0.01, segment[2] + 0.02, segment[3] + 0.02)
    return overlap(thick, box, slack=1.0)


def solid(shape: Shape) -> Box:
    """The box of a shape; of a symbol, whose corners are round, the square in its circle."""
    x, y, width, height = shape.box
    off = (1 - 0.5**0.5) * min(width, height) / 2 if shape.role == "symbol" else 0.0
    return x + off, y + off, width - 2 * off, height - 2 * off


def violations(scene: Scene) -> list[str]:
    """All that is wrong with a picture; empty if nothing is."""
    found = collect(scene.items)
    return [
        *_shapes(found),
        *_texts(found, scene),
        *_lines(found),
        *_parallels(found),
        *_ends(found),
        *_jogs(found),
        *_heads(found),
        *_wires(found),
    ]


def _name(shape: Shape) -> str:
    return f"{shape.id}({' '.join(shape.lines)})"


def _way(connector: Connector) -> str:
    return f"the connector {connector.source}->{connector.target}"


def _shapes(found: Found) -> Iterator[str]:
    solid = [(s, o) for s, o in found.shapes if s.role not in GROUNDS]
    for ground in [shape for shape, _ in found.shapes if shape.role == "ground"]:
        things = [(shape.box, _name(shape)) for shape, _ in solid if shape.role != "port"]
        things += [(text.box, f"text '{text.text}'") for text, _ in found.texts]
        for box, name in things:
            if overlap(box, ground.box) and not inside(box, ground.box):
                yield f"{name} leaves ground {ground.id}"
    panels = [s for s, _ in found.shapes if s.role == "panel"]
    boxes = Nearby((shape.box for shape, _ in solid), NEAR)
    for index, (shape, owner) in enumerate(solid):
        box = boxes.boxes[index]
        for number in boxes.numbers(box):
            other, other_owner = solid[number]
            if number > index and owner != other_owner and overlap(box, boxes.boxes[number]):
                yield f"{_name(shape)} overlaps {_name(other)}"
        for panel in panels:
            if overlap(box, panel.box) and not inside(box, panel.box):
                yield f"{_name(shape)} leaves panel {panel.id}"
    for index, panel in enumerate(panels):
        for other in panels[index + 1 :]:
            if overlap(panel.box, other.box):
                yield f"panel {panel.id} overlaps panel {other.id}"


def _texts(found: Found, scene: Scene) -> Iterator[str]:
    page = (0.0, 0.0, scene.width, scene.height)
    for shape, _ in found.shapes:
        if not inside(shape.box, page):
            yield f"{_name(shape)} leaves the page"
        for text in shape.texts:
            if not inside(text.box, shape.box):
                yield f"text '{text.text}' leaves {_name(shape)}"
    shapes = Nearby((shape.box for shape, _ in found.shapes), NEAR)
    texts = Nearby((text.box for text, _ in found.texts), NEAR)
    for index, (text, owner) in enumerate(found.texts):
        box = texts.boxes[index]
        if not inside(box, page):
            yield f"text '{text.text}' leaves the page"
        for number in shapes.numbers(box):
            shape, other = found.shapes[number]
            foreign = other != owner and shape.role not in GROUNDS
            if foreign and overlap(box, shapes.boxes[number]):
                yield f"text '{text.text}' overlaps {_name(shape)}"
        for number in texts.numbers(box):
            second, other = found.texts[number]
            if number > index and other != owner and overlap(box, texts.boxes[number]):
                yield f"text '{text.text}' overlaps text '{second.text}'"


def _lines(found: Found) -> Iterator[str]:
    solids = [shape for shape, _ in found.shapes if shape.role not in GROUNDS]
    inner = Nearby(map(solid, solids), NEAR)
    outer = Nearby((shape.box for shape in solids), NEAR)
    texts = Nearby((text.box for text, _ in found.texts), NEAR)
    for connector in found.connectors:
        for segment in segments(connector.points):
            if segment[2] and segment[3]:
                yield f"a connector to {connector.target} is slanted"
            for number in _crossed(segment, inner):
                yield f"{_way(connector)} crosses {_name(solids[number])}"
            for number in _crossed(segment, texts):
                yield f"{_way(connector)} crosses '{found.texts[number][0].text}'"
    for bracket in found.brackets:
        for segment in segments(bracket.points):
            for number in _crossed(segment, outer):
                yield f"a bracket crosses {_name(solids[number])}"
            for number in _crossed(segment, texts):
                yield f"a bracket crosses '{found.texts[number][0].text}'"


def _crossed(segment: Box, boxes: Nearby) -> list[int]:
    """The numbers of the boxes whose inside a piece of a line enters."""
    return [number for number in boxes.numbers(segment) if crosses(segment, boxes.boxes[number])]


def _parallels(found: Found) -> Iterator[str]:
    """No two lines run on one another, or so near that they touch."""
    owners, pieces = _pieces(found)
    for index, a in enumerate(pieces.boxes):
        for number in pieces.numbers(a):
            b, line, other = pieces.boxes[number], owners[index], owners[number]
            if number <= index or other == line:
                continue
            for axis in (0, 1):
                across = 1 - axis
                if a[2 + across] or b[2 + across]:
                    continue
                near = abs(a[across] - b[across]) < _near(found.connectors[line])
                shared = min(a[axis] + a[2 + axis], b[axis] + b[2 + axis]) - max(a[axis], b[axis])
                if near and shared > SLACK:
                    yield (
                        f"connectors run on one another at {a} and {b}: "
                        f"{found.connectors[line].target}, {found.connectors[other].target}"
                    )


def _pieces(found: Found) -> tuple[list[int], Nearby]:
    """The straight pieces of all connectors, and the number of the one that each is of."""
    pieces = [
        (number, piece)
        for number, connector in enumerate(found.connectors)
        for piece in segments(connector.points)
    ]
    return [number for number, _ in pieces], Nearby((piece for _, piece in pieces), NEAR)


def _near(line: Connector) -> float:
    return min(NEAR, line.head_width)


def on_rim(shape: Shape, x: float, y: float) -> bool:
    """Whether a point is on the outline of a circle, or of a box with round ends."""
    radius = min(shape.width, shape.height) / 2
    left, top = shape.x + radius, shape.y + radius
    right, bottom = shape.x + shape.width - radius, shape.y + shape.height - radius
    nearest = min(max(x, left), right), min(max(y, top), bottom)
    return abs(hypot(x - nearest[0], y - nearest[1]) - radius) < 0.05


def _ends(found: Found) -> Iterator[str]:
    """Every line begins and ends at a box's edge, at a port or on another line."""
    solids = [shape for shape, _ in found.shapes if shape.role not in GROUNDS]
    boxes = Nearby((shape.box for shape in solids), NEAR)
    owners, pieces = _pieces(found)
    for connector in found.connectors:
        for x, y in (connector.points[0], connector.points[-1]):
            spot = (x, y, 0.0, 0.0)
            at = [solids[n] for n in boxes.numbers(spot) if _touch(spot, boxes.boxes[n], SLACK)]
            for shape in at:
                rim = shape.role == "symbol" and on_rim(shape, x, y)
                if shape.role != "port" and not rim and crosses(spot, shape.box):
                    yield f"{_way(connector)} ends inside {_name(shape)}"
            if not at and not any(
                found.connectors[owners[number]] is not connector
                and _touch(spot, pieces.boxes[number], 0.05)
                for number in pieces.numbers(spot)
            ):
                yield f"{_way(connector)} ends in the open at {x:g}, {y:g}"


def _jogs(found: Found) -> Iterator[str]:
    """No line goes on a little beside where it was, whoever draws what lies between."""
    pieces = [piece for connector in found.connectors for piece in segments(connector.points)]
    near = min(map(_near, found.connectors), default=NEAR)
    for axis in (0, 1):
        ends: list[tuple[float, float, int]] = []
        for piece in pieces:
            if not piece[3 - axis] and piece[2 + axis]:
                low, across = piece[axis], piece[1 - axis]
                ends += [(low, across, 1), (low + piece[2 + axis], across, -1)]
        ends.sort()
        for place, (along, across, side) in enumerate(ends):
            for other, height, onward in ends[place + 1 :]:
                if other - along > 0.05:
                    break
                if side == onward or not 0.05 < abs(height - across) < near:
                    continue
                mirrored = (2 * across - height, 2 * height - across)
                if any(abs(x - along) < 0.05 and _at(y, mirrored) for x, y, _ in ends):
                    continue  # a fork to both sides
                low, high = sorted((across, height))
                if any(
                    abs(piece[axis] - along) < 0.05
                    and not piece[2 + axis]
                    and piece[1 - axis] <= low + 0.05
                    and piece[1 - axis] + piece[3 - axis] >= high - 0.05
                    for piece in pieces
                ):
                    yield f"a line jogs at {(along, across) if not axis else (across, along)}"


def _at(height: float, heights: tuple[float, ...]) -> bool:
    return any(abs(height - other) < 0.05 for other in heights)


def _heads(found: Found) -> Iterator[str]:
    """One arrowhead for each side of a box that lines enter, and none without a line."""
    tips: dict[Point, int] = {}
    for connector in found.connectors:
        if connector.head:
            tip = connector.points[-1]
            tips[tip] = tips.get(tip, 0) + 1
            length = sum(
                segment[2] + segment[3] for segment in list(segments(connector.points))[-1:]
            )
            if length < connector.head_length:
                yield f"the last piece into {connector.target} is shorter than its arrowhead"
    for tip, count in tips.items():
        if count > 1:
            yield f"{count} arrowheads at {tip}"
    yield from _headless(found, tips)
    entered = {connector.target for connector in found.connectors if connector.head}
    ports = {shape.id for shape, _ in found.shapes if shape.role == "port"}
    begun = {connector.source for connector in found.connectors}
    for connector in found.connectors:
        if connector.target in ports and (connector.role == "wire" or connector.target in begun):
            continue  # the end of a line with a name at it, or a joint from which it goes on
        if connector.target and connector.target not in entered:
            yield f"no arrowhead enters {connector.target}"


def _headless(found: Found, tips: Mapping[Point, int]) -> Iterator[str]:
    """Lines that end at the edge of a box, where no arrowhead is."""
    solids = [shape for shape, _ in found.shapes if shape.role not in (*GROUNDS, "port")]
    boxes = Nearby((shape.box for shape in solids), NEAR)
    for connector in found.connectors:
        x, y = connector.points[-1]
        spot = (x, y, 0.0, 0.0)
        at = [solids[n] for n in boxes.numbers(spot) if _touch(spot, boxes.boxes[n], 0.05)]
        if at and (x, y) not in tips:
            yield f"{_way(connector)} enters {_name(at[0])} without an arrowhead"


def _wires(found: Found) -> Iterator[str]:
    """Wires touch nothing, no bracket either; where they cross is a gap."""
    gaps = {line.points for line in found.gaps}
    owners, drawn = _pieces(found)
    for wire in [connector for connector in found.connectors if connector.role == "wire"]:
        for a in segments(wire.points):
            for number in drawn.numbers(a):
                other, b = found.connectors[owners[number]], drawn.boxes[number]
                if other.source == wire.source or not _cross(a, b):
                    continue
                if not _has_gap(a, b, gaps, _near(wire)):
                    yield f"{_way(wire)} crosses {_way(other)} at {a}, {b}"
        for bracket in found.brackets:  # the line of a row goes through them, and so may its end
            (x, y), (other, _) = wire.route[:2]
            pieces = [
                piece
                for piece in segments(wire.points)
                if not (piece[0] == x and not piece[2] if x == other else piece[1] == y)
            ]
            if any(_cross(a, b) for a in pieces for b in segments(bracket.points)):
                yield f"{_way(wire)} crosses a bracket"
        if wire.route[-1] != wire.points[-1]:
            yield f"the route of {_way(wire)} does not end where it is drawn to"


def _has_gap(a: Box, b: Box, gaps: set[tuple[Point, ...]], least: float) -> bool:
    """Whether pieces of lines cross well inside of both, with a gap on each side."""
    if not (a[2] and b[3]) and not (a[3] and b[2]):
        return False
    level, upright = (a, b) if a[2] else (b, a)
    x, y = upright[0], level[1]
    inside = min(x - level[0], level[0] + level[2] - x, y - upright[1], upright[1] + upright[3] - y)
    near = [gap for gap in gaps if all(abs(px - x) + abs(py - y) < 12 for px, py in gap)]
    return inside > 0.75 * least and len(near) >= 2


def _cross(a: Box, b: Box) -> bool:
    """Whether two pieces of lines touch: a level one and an upright one."""
    return _touch(a, b, 0.05)


def _touch(a: Box, b: Box, slack: float) -> bool:
    """Whether boxes meet that are made larger by ``slack``."""
    return (
        a[0] <= b[0] + b[2] + slack
        and b[0] <= a[0] + a[2] + slack
        and a[1] <= b[1] + b[3] + slack
        and b[1] <= a[1] + a[3] + slack
    )


def wiring(scene: Scene) -> set[tuple[str, str]]:
    """What the lines of a scene join, said with labels: the wiring that a reader sees.

    Ports have the name that stands at them.
    """
    found = collect(scene.items)
    labels: dict[str, str] = {}
    for shape, _ in found.shapes:
        labels[shape.id] = " ".join(shape.lines)
        if shape.role == "port":
            near = [
                (abs(text.x - shape.x) + abs(text.y - shape.y), text.text)
                for text, _ in found.texts
                if text.role in ("wire", "output")
            ]
            labels[shape.id] = f"({min(near)[1]})" if near and min(near)[0] < 30 else "()"
    return {
        (labels.get(connector.source, "?"), labels.get(connector.target, "?"))
        for connector in found.connectors
    }
