"""A reader of pictures: what is joined to what, from points, arrowheads, boxes and words alone.

It sees neither ids nor roles nor groups, nor in which order a line's points are. Lines are ink:

- ink that touches is one, but two lines are two where one has a gap for the other;
- a line that begins at a box leaves it; one with an arrowhead at a box enters it;
- where ink forks, it goes on from its one source; where it meets, it goes on to its one target.
  A stretch between a fork and a place where lines meet runs the way the picture runs;
- a line that begins in the open comes from outside, or from where its name stands again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from nearby import Nearby
from wirings import BAR, COMES_IN, GOES_OUT, Wiring, leaving, normal, port

from archviz.scene.scene import Box, Connector, Line, Point, Scene, Shape, Text, leaves

TOUCH = 0.05
"""Pixels within which two points are one."""
EDGE = 1.0
"""Pixels within which a line's end is at a box: half an outline, or thinner ones as a whole."""
CLOSE = 60.0
"""Pixels, more than any text or end of a line is from what it belongs to."""
NEAR = 0.9
"""Sizes of its letters within which a text stands at the end of a line."""


GAP = 3.0
"""Pixels within which a gap is at a crossing."""
HEADING = 30.0
"""Pixels of the letters of a slide's heading."""
CONTINUED = ", continued"
CAPTION = 0.6
"""Sizes of its letters within which a text belongs to a box."""


class UnreadableError(Exception):
    """Lines of which nobody can say what they join."""


class Stroke(NamedTuple):
    points: tuple[Point, ...]
    head: bool


class Seen(NamedTuple):
    """What there is to be seen; of boxes the words in them, badges apart."""

    boxes: tuple[tuple[Box, str], ...]
    panels: tuple[Box, ...]
    strokes: tuple[Stroke, ...]
    texts: tuple[Text, ...]
    covers: tuple[Box, ...]
    """What is laid over a line, in the colour of the ground: a gap in it."""
    titles: tuple[str, ...]
    """What stands in bold letters by each panel."""
    edge: float
    """Pixels within which a line's end is at a box."""


def look(scene: Scene) -> Seen:
    """The ink of a scene."""
    drawn = list(leaves(scene.items))
    shapes = [leaf for leaf in drawn if isinstance(leaf, Shape) and leaf.fill]
    framed = [shape for shape in shapes if shape.stroke]
    frames = Nearby((shape.box for shape in framed), EDGE)
    boxes = [
        shape
        for shape in framed
        if not any(_badge(shape.box, frames.boxes[n]) for n in frames.numbers(shape.box))
    ]
    panels = tuple(shape.box for shape in shapes if not shape.stroke and shape.shadow)
    lines = [leaf for leaf in drawn if isinstance(leaf, Connector)]
    others = [leaf for leaf in drawn if isinstance(leaf, Line) and not _bracket(leaf.points)]
    inks = {line.stroke for line in lines}
    ends = [end for line in lines for end in (line.points[0], line.points[-1])]
    edge = min(EDGE, max((shape.line_width for shape in boxes), default=EDGE))
    solid = Nearby((shape.box for shape in boxes), CLOSE)
    spots = [(*end, 0.0, 0.0) for end in ends]
    loose = Nearby(
        (spot for spot in spots if _nearest(spot, solid, default=CLOSE) > edge),
        CLOSE,
    )
    texts = [leaf for leaf in drawn if isinstance(leaf, Text)]
    return Seen(
        tuple((shape.box, normal("".join(shape.lines) or BAR)) for shape in boxes),
        panels,
        tuple(Stroke(leaf.points, leaf.head) for leaf in lines),
        tuple(text for text in texts if _free(text, solid, panels, loose)),
        tuple(leaf.box for leaf in others if leaf.stroke not in inks),
        _titles(panels, [text for text in texts if text.bold and text.size < HEADING]),
        edge,
    )


def _titles(panels: Sequence[Box], texts: Sequence[Text]) -> tuple[str, ...]:
    """The title of each panel: what is nearest over or under it, and to no other without one."""
    found: dict[Box, str] = {}
    rest = list(texts)
    pairs = [
        (_apart(panel, text.box), panel, text)
        for panel in panels
        for text in texts
        if text.box[0] < panel[0] + panel[2] and panel[0] < text.box[0] + text.box[2]
    ]
    for _, panel, text in sorted(pairs, key=lambda pair: pair[0]):
        if panel not in found and text in rest:
            found[panel] = text.text
            rest.remove(text)
    return tuple(found.get(panel, "") for panel in panels)


def _bracket(points: tuple[Point, ...]) -> bool:
    """Whether a line has two equal arms that point the same way."""
    if len(points) != 4:
        return False
    (a, b), (c, d) = (
        [x - y for x, y in zip(points[i], points[i + 1], strict=True)] for i in (0, 2)
    )
    return max(abs(a + c), abs(b + d)) < TOUCH


def _free(text: Text, boxes: Nearby, panels: Sequence[Box], loose: Nearby) -> bool:
    """Whether a text is neither a title nor said under a panel or at a box.

    Between a box and the ``loose`` end of a line it is at what is nearer.
    """
    middle = _middle(text.box)[0]
    under = any(abs(middle - _middle(p)[0]) < 1 and text.y > p[1] + p[3] for p in panels)
    at_box = _nearest(text.box, boxes, default=CAPTION * text.size)
    at_end = _nearest(text.box, loose, default=at_box)
    near = at_box < CAPTION * text.size and at_box <= at_end
    return not (text.bold or under or near)


def _nearest(box: Box, others: Nearby, default: float) -> float:
    """How far the nearest of other boxes is; of those that are not close, ``default`` or more."""
    return min((_apart(box, others.boxes[n]) for n in others.numbers(box)), default=default)


def _badge(one: Box, other: Box) -> bool:
    """Whether ``one`` hangs on a corner of ``other``, which is larger."""
    return one[3] < other[3] and _away(_middle(one), other) < 0.1 and one is not other


def _middle(box: Box) -> Point:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def _away(point: Point, box: Box) -> float:
    """How far a point is from a box; 0 inside."""
    x, y, width, height = box
    return max(x - point[0], point[0] - x - width, y - point[1], point[1] - y - height, 0.0)


# ---- ink ---------------------------------------------------------------------------------


@dataclass(eq=False)
class Spot:
    """A place at which ink ends, turns or meets."""

    at: Point
    ends: bool = False
    """Whether a line begins or ends there."""
    head: bool = False
    near: set[Spot] = field(default_factory=set)
    """The next ones along the ink."""
    box: int | None = None


@dataclass(eq=False)
class Stretch:
    """Ink between two spots that are no mere corners; ``forward``: from the first to the second."""

    way: tuple[Spot, ...]
    forward: bool | None = None

    @property
    def ends(self) -> tuple[Spot, Spot]:
        return self.way[0], self.way[-1]

    def enters(self, last: bool) -> bool | None:
        """Whether it runs towards the ``last`` of its ends, or the first."""
        return None if self.forward is None else self.forward == last


class Ink:
    """The spots of all lines, joined along them."""

    def __init__(self, seen: Seen) -> None:
        self.spots: list[Spot] = []
        self.near: dict[tuple[int, int], list[Spot]] = defaultdict(list)
        """By the pixels that they are in."""
        for stroke in seen.strokes:
            for point in stroke.points:
                self.at(point)
            for end in (stroke.points[0], stroke.points[-1]):
                self.at(end).ends = True
            self.at(stroke.points[-1]).head |= stroke.head
        for point in _crossings(seen.strokes):
            if not any(_away(point, cover) < GAP for cover in seen.covers):
                self.at(point)
        for axis in (0, 1):
            self._join(seen.strokes, axis)
        near = Nearby((box for box, _ in seen.boxes), seen.edge)
        for spot in [spot for spot in self.spots if spot.ends]:
            for number in near.numbers((*spot.at, 0.0, 0.0))[::-1]:
                if _on_edge(spot.at, near.boxes[number], seen.edge):
                    spot.box = number

    def at(self, point: Point) -> Spot:
        """The spot at a point, a new one where there is none yet."""
        column, row = round(point[0]), round(point[1])
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for spot in self.near[x, y]:
                    if max(abs(spot.at[0] - point[0]), abs(spot.at[1] - point[1])) <= TOUCH:
                        return spot
        spot = Spot(point)
        self.near[column, row].append(spot)
        self.spots.append(spot)
        return spot

    def _join(self, strokes: Sequence[Stroke], axis: int) -> None:
        """Join the spots on the pieces of lines that run along an axis."""
        ordered = sorted(self.spots, key=lambda spot: spot.at[1 - axis])
        heights = [spot.at[1 - axis] for spot in ordered]
        for a, b in (ends for stroke in strokes for ends in pairwise(stroke.points)):
            if abs(a[1 - axis] - b[1 - axis]) > TOUCH:
                if abs(a[axis] - b[axis]) > TOUCH:
                    raise UnreadableError(f"a slanted line at {a}")
                continue
            low, high = sorted((a[axis], b[axis]))
            first = bisect_left(heights, a[1 - axis] - TOUCH)
            last = bisect_right(heights, a[1 - axis] + TOUCH)
            on = [s for s in ordered[first:last] if low - TOUCH <= s.at[axis] <= high + TOUCH]
            for one, other in pairwise(sorted(on, key=lambda spot: spot.at[axis])):
                one.near.add(other)
                other.near.add(one)


def _crossings(strokes: Sequence[Stroke]) -> Iterator[Point]:
    """Where a level piece of a line and an upright one cross in their midst."""
    pieces = [(min(ends), max(ends)) for stroke in strokes for ends in pairwise(stroke.points)]
    upright = sorted(piece for piece in pieces if piece[0][0] == piece[1][0])
    xs = [low[0] for low, _ in upright]
    for (left, y), (right, other) in pieces:
        if y == other:
            for low, high in upright[bisect_right(xs, left) : bisect_left(xs, right)]:
                if low[1] < y < high[1]:
                    yield low[0], y


def _on_edge(point: Point, box: Box, edge: float) -> bool:
    x, y, width, height = box
    inner = (x + edge, y + edge, width - 2 * edge, height - 2 * edge)
    return _away(point, box) <= edge and _away(point, inner) > 0


def nets(spots: Sequence[Spot]) -> Iterator[list[Spot]]:
    """Spots that hang together, boxes apart."""
    seen: set[Spot] = set()
    for start in spots:
        if start in seen:
            continue
        net, rest = [], [start]
        seen.add(start)
        while rest:
            spot = rest.pop()
            net.append(spot)
            fresh = sorted(spot.near - seen, key=lambda one: one.at)
            seen.update(fresh)
            rest += fresh
        yield net


def stretches(net: Sequence[Spot]) -> list[Stretch]:
    """The stretches of a net, each once; spots with two ways out of them are corners."""
    found: list[Stretch] = []
    for spot in net:
        if _corner(spot):
            continue
        for step in sorted(spot.near, key=lambda one: one.at):
            way = [spot, step]
            while _corner(way[-1]):
                way += way[-1].near - {way[-2]}
            ends = way[0].at, way[1].at, way[-1].at, way[-2].at
            if ends[:2] < ends[2:]:
                found.append(Stretch(tuple(way)))
    return found


def _corner(spot: Spot) -> bool:
    return len(spot.near) == 2 and spot.box is None and not spot.head


# ---- directions ----------------------------------------------------------------------------


class Net(NamedTuple):
    """Where ink comes from and where it goes, each as often as there is a way."""

    pairs: Counter[tuple[Spot, Spot]]
    pieces: Sequence[Stretch]
    sources: set[Spot]

    def origins(self, one: Spot, other: Spot) -> set[Spot]:
        """The sources of the ink between two spots that are next to one another."""
        rest = [piece for piece in self.pieces if {one, other} in map(set, pairwise(piece.way))]
        seen: set[Spot] = set()
        while rest:
            piece = rest.pop()
            start = piece.ends[0 if piece.forward else 1]
            if start not in seen:
                seen.add(start)
                rest += [more for more in self.pieces if start is more.ends[bool(more.forward)]]
        return seen & self.sources


def read_net(net: Sequence[Spot], flow: Point, named: dict[Spot, Text]) -> Net:
    """What a net joins; ``named`` has the names at ends in the open."""
    pieces = stretches(net)
    at: dict[Spot, list[tuple[Stretch, bool]]] = defaultdict(list)
    for piece in pieces:
        at[piece.ends[0]].append((piece, False))
        at[piece.ends[1]].append((piece, True))
    ends = [spot for spot in at if spot.box is not None or len(spot.near) == 1]
    for spot in at:
        if spot.head and spot not in ends:
            raise UnreadableError(f"an arrowhead points at no box at {spot.at}")
    targets = {spot for spot in ends if spot.head}
    sources = {
        spot for spot in ends if not spot.head and (spot.box is not None or spot not in named)
    }
    rest = [spot for spot in ends if spot not in targets | sources]
    begins = bool(sources) or any(_ahead(spot, flow) for spot in rest)
    for spot in rest:
        given = spot in named and (not _ahead(spot, flow) if targets and begins else not targets)
        (targets if given else sources).add(spot)
    for spot in ends:
        for piece, last in at[spot]:
            piece.forward = last == (spot in targets)
    _run_on({s: those for s, those in at.items() if s not in targets | sources}, pieces, flow)
    return Net(_ways(sources, targets, at), pieces, sources)


def _ahead(spot: Spot, flow: Point) -> bool:
    """Whether a line runs on from ``spot`` the way the picture runs."""
    (other,) = spot.near
    return _along(spot.at, other.at, flow) > TOUCH


def _along(start: Point, end: Point, flow: Point) -> float:
    return (end[0] - start[0]) * flow[0] + (end[1] - start[1]) * flow[1]


def _run_on(
    joints: dict[Spot, list[tuple[Stretch, bool]]], pieces: Sequence[Stretch], flow: Point
) -> None:
    """Say which way every stretch runs."""
    while True:
        changed = True
        while changed:
            changed = sum(_settle(joint, those) for joint, those in joints.items()) > 0
        rest = [piece for piece in pieces if piece.forward is None]
        if not rest:
            return
        sure = {
            joint
            for joint, those in joints.items()
            if sum(piece.forward is None for piece, _ in those) == 1
        }
        best = max(rest, key=lambda piece: tuple(map(abs, _leaning(piece, flow, sure))))
        leaning = next((one for one in _leaning(best, flow, sure) if abs(one) > TOUCH), 0.0)
        if not leaning:
            raise UnreadableError(f"a line can run either way from {best.ends[0].at}")
        best.forward = leaning > 0


def _leaning(piece: Stretch, flow: Point, sure: set[Spot]) -> tuple[float, float, float]:
    """How much more a stretch runs with the flow than against it: at its ends at joints of which
    all else is known (``sure``), at both ends, and in all.

    A line that leads from the end of a row to the next goes back, but begins and ends onward.
    """
    ways = [_along(a.at, b.at, flow) for a, b in pairwise(piece.way)]
    at_ends = [(way > TOUCH) - (way < -TOUCH) for way in (ways[0], ways[-1])]
    known = (way for way, end in zip(at_ends, piece.ends, strict=True) if end in sure)
    return sum(known), sum(at_ends), sum(ways)


def _settle(joint: Spot, those: Sequence[tuple[Stretch, bool]]) -> bool:
    """What follows at a joint from what is known of it; whether anything did."""
    known = [piece.enters(last) for piece, last in those]
    into, out = known.count(True), known.count(False)
    if into > 1 and out > 1:
        raise UnreadableError(f"lines that meet go on to several places at {joint.at}")
    open_ones = [pair for pair, enters in zip(those, known, strict=True) if enters is None]
    if not open_ones and not (into and out):
        raise UnreadableError(f"a line leads nowhere at {joint.at}")
    enters = _follows(into, out, len(open_ones))
    for piece, last in open_ones if enters is not None else ():
        piece.forward = enters == last
    return enters is not None and bool(open_ones)


def _follows(into: int, out: int, unknown: int) -> bool | None:
    """Whether the unknown lines at a joint enter it, given how many others do and do not."""
    if out > 1:
        return False if into else (True if unknown == 1 else None)
    if into > 1:
        return True if out else (False if unknown == 1 else None)
    return out == 1 if unknown == 1 and into != out else None


def _ways(
    sources: set[Spot], targets: set[Spot], at: dict[Spot, list[tuple[Stretch, bool]]]
) -> Counter[tuple[Spot, Spot]]:
    """Every way from a source to a target."""
    found: Counter[tuple[Spot, Spot]] = Counter()
    for source in sources:
        rest = [(source, 0)]
        while rest:
            spot, steps = rest.pop()
            if spot in targets:
                found[source, spot] += 1
                continue
            if steps > 1000:
                raise UnreadableError(f"a line runs in a circle at {spot.at}")
            for piece, last in at[spot]:
                if piece.enters(last) is False:
                    rest.append((piece.ends[not last], steps + 1))
    return found


# ---- the picture ---------------------------------------------------------------------------


def read(pages: Sequence[Scene], flow: Point = (1, 0)) -> list[Wiring]:
    """The wiring of a picture that runs to ``flow``: of its main row, then of each panel.

    A row that leaves a page goes on where one comes into the next page; a panel in the next
    one with its title, continued.
    """
    row, panels = _Drawing(), list[_Drawing]()
    views = [look(page) for page in pages]
    inks = [Ink(seen).spots for seen in views]
    ends = [_names_at_ends(*both) for both in zip(inks, views, strict=True)]
    wanted = {name.text for named in ends for name in named.values()}
    titles = [title for seen in views for title in seen.titles]
    started: dict[str, _Drawing] = {}
    for number, seen in enumerate(views):
        own, around = [row], [(f"(page {number})", f"(page {number + 1})")]
        for title in seen.titles:
            place = len(panels) + len(own) - 1
            first, last = not title.endswith(CONTINUED), not _goes_on(titles, place)
            name = title.removesuffix(CONTINUED)
            drawing = _Drawing() if first else started[name]
            started[name] = drawing
            drawing.parts += 1
            before = COMES_IN if first else f"(part {drawing.parts})"
            own.append(drawing)
            around.append((before, GOES_OUT if last else f"(part {drawing.parts + 1})"))
        page = Page(seen, [*nets(inks[number])], ends[number], wanted)
        _read_page(page, flow, own, around)
        panels += own[1:]
    return [drawing.wiring() for drawing in (row, *dict.fromkeys(panels))]


def _goes_on(titles: Sequence[str], place: int) -> bool:
    """Whether a panel goes on in the next one."""
    return titles[place].removesuffix(CONTINUED) + CONTINUED in titles[place + 1 : place + 2]


class Page(NamedTuple):
    """A page: what hangs together on it, its names at ends of lines, and those on any page."""

    seen: Seen
    nets: Sequence[list[Spot]]
    named: dict[Spot, Text]
    wanted: set[str]


def _read_page(
    page: Page, flow: Point, drawings: Sequence[_Drawing], around: Sequence[tuple[str, str]]
) -> None:
    """Read a page's part of the main row, and its panels."""
    seen, named, over = page.seen, page.named, _names_over(page)
    places = [_panel_of(_middle(box), seen) for box, _ in seen.boxes]
    numbers = [
        drawings[place].box(label) for place, (_, label) in zip(places, seen.boxes, strict=True)
    ]
    for number, spot_net in enumerate(page.nets):
        net = read_net(spot_net, flow, named)
        inside = [places[spot.box] for spot in spot_net if spot.box is not None]
        ends = len(inside)
        inside += [_panel_of(_between(spot, near), seen) for spot in spot_net for near in spot.near]
        if (0 in inside[:ends] and max(inside)) or len({*inside} - {0}) > 1:
            raise UnreadableError(f"a line leads into another drawing at {spot_net[0].at}")
        place = max(inside)
        before, after = around[place]
        for (source, target), count in net.pairs.items():
            tail = drawings[place].end(source, numbers, named, before)
            head = drawings[place].end(target, numbers, named, after)
            drawings[place].edges[tail, head] += count
            comes_in = source not in named and before == COMES_IN
            for name, one, other in over[number] if source.box is not None or comes_in else ():
                if source in net.origins(one, other):
                    drawings[place].named_at.setdefault(port(name), []).append(tail)


def _names_at_ends(spots: Sequence[Spot], seen: Seen) -> dict[Spot, Text]:
    """The names at ends of lines in the open."""
    return {
        spot: name
        for spot in spots
        if spot.box is None and len(spot.near) == 1 and (name := _name_at(spot, seen))
    }


def _name_at(spot: Spot, seen: Seen) -> Text | None:
    """The name that stands at the end of a line, or over it where it begins."""
    (other,) = spot.near
    found = [(_apart((*spot.at, 0.0, 0.0), text.box) / text.size, text) for text in seen.texts]
    if not spot.head:
        long = _reach(spot, other)
        over = [text for text in seen.texts if _over(text.box, long)]
        found += [(_apart(long, text.box) / text.size, text) for text in over]
    near = [(distance, text) for distance, text in found if distance < NEAR]
    return min(near)[1] if near else None


def _over(text: Box, piece: Box) -> bool:
    """Whether a text stands beside a piece of a line, and not beyond its end."""
    axis = 0 if piece[2] else 1
    return text[axis] < piece[axis] + piece[2 + axis] and piece[axis] < text[axis] + text[2 + axis]


def _names_over(page: Page) -> dict[int, list[tuple[str, Spot, Spot]]]:
    """The names over lines, of those that stand at ends of lines, too: each over the nearest.

    With the spots between which that runs, by the number of what hangs together with it.
    """
    found: dict[int, list[tuple[str, Spot, Spot]]] = defaultdict(list)
    at_ends = [*page.named.values()]
    pieces = [(n, s, near) for n, net in enumerate(page.nets) for s in net for near in s.near]
    for text in page.seen.texts:
        if text.text in page.wanted and text not in at_ends:
            far = [_apart(text.box, _reach(one, other)) for _, one, other in pieces]
            nearest = min(range(len(far)), key=lambda place: far[place], default=None)
            if nearest is not None and far[nearest] < NEAR * text.size:
                number, one, other = pieces[nearest]
                found[number].append((text.text, one, other))
    return found


def _reach(one: Spot, other: Spot) -> Box:
    low = min(one.at[0], other.at[0]), min(one.at[1], other.at[1])
    return (*low, abs(one.at[0] - other.at[0]), abs(one.at[1] - other.at[1]))


def _apart(one: Box, other: Box) -> float:
    """How far two boxes are apart."""
    across = max(one[0] - other[0] - other[2], other[0] - one[0] - one[2], 0.0)
    return max(across, one[1] - other[1] - other[3], other[1] - one[1] - one[3])


def _between(one: Spot, other: Spot) -> Point:
    return (one.at[0] + other.at[0]) / 2, (one.at[1] + other.at[1]) / 2


def _panel_of(point: Point, seen: Seen) -> int:
    """The number of the panel in which a point is, from 1 on; 0 outside."""
    inside = (number for number, box in enumerate(seen.panels, 1) if not _away(point, box))
    return next(inside, 0)


class _Drawing:
    """One row or panel while it is read; names that stand there twice are one value."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.edges: Counter[tuple[int, int]] = Counter()
        self.ports: dict[str, int] = {}
        self.parts = 0
        """In how many panels it has been found so far."""
        self.named_at: dict[str, list[int]] = {}
        """Where the lines come from that have a name over them."""

    def box(self, label: str) -> int:
        self.labels.append(label)
        return len(self.labels) - 1

    def end(self, spot: Spot, boxes: Sequence[int], named: dict[Spot, Text], other: str) -> int:
        """The number of the box or of the port at which a line ends."""
        if spot.box is not None:
            return boxes[spot.box]
        label = port(named[spot].text, leaves=spot.head) if spot in named else other
        if label not in self.ports:
            self.ports[label] = self.box(label)
        return self.ports[label]

    def wiring(self) -> Wiring:
        """With what stands between two names joined, and those names left out."""
        edges, labels = self.edges, list(self.labels)
        for label, number in self.ports.items():
            into = {tail: n for (tail, head), n in edges.items() if head == number}
            out = {head: n for (tail, head), n in edges.items() if tail == number}
            if into and out:
                edges = Counter({pair: n for pair, n in edges.items() if number not in pair})
                edges.update({(a, b): m * n for a, m in into.items() for b, n in out.items()})
            elif not into and label in self.named_at:
                starts = dict.fromkeys(self.named_at[label])
                edges = Counter({pair: n for pair, n in edges.items() if number not in pair})
                edges.update({(start, head): n for start in starts for head, n in out.items()})
            elif into:
                labels[number] = leaving(labels[number])
            elif leaving(labels[number]) in self.ports:  # it goes out, and in again
                port_out = self.ports[leaving(labels[number])]
                given = {tail: n for (tail, head), n in edges.items() if head == port_out}
                edges = Counter({pair: n for pair, n in edges.items() if number not in pair})
                edges.update({(a, b): m * n for a, m in given.items() for b, n in out.items()})
        used = {number for pair in edges for number in pair} | {
            number for number in range(len(self.labels)) if number not in self.ports.values()
        }
        kept = {number: place for place, number in enumerate(sorted(used))}
        pairs = Counter({(kept[a], kept[b]): n for (a, b), n in edges.items()})
        return Wiring(tuple(labels[number] for number in kept), pairs)
