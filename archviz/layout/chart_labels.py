"""Where the labels of a chart stand: beside their bubbles, over no other, nor over one another.

Each label has places round its bubble, near ones and, led by a line, farther ones. They are
given out one by one, the label with the fewest places first; then each moves as long as that
makes less trouble.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import cos, hypot, pi, sin
from typing import NamedTuple

from archviz.scene.scene import Box, Point

TURN = 32
DIRECTIONS = (0, 16, 8, 24, 4, 28, 12, 20, *range(2, TURN, 4), *range(1, TURN, 2))
"""Parts of a turn from the right on downwards, the best first."""
AWAY = (0.0, 0.6, 1.1, 1.7, 2.4, 3.2, 4.2, 5.5, 7.5, 10.0)
"""How far labels stand from their bubbles, in their heights."""
DEEP = 0.12
"""Half of what letters reach below their line, in heights of a label."""
LED_FROM = 0.5
"""From how many heights on a line leads there."""
CLASH = 1000.0
SHORT = 1.5
"""Pixels between the end of a leader and the letters that it leads to."""
SAME = 0.3
"""How near two bubbles are that are all but one, in radii."""
MISTAKEN = 60.0
"""What it costs that a label without a line is about as near to another bubble as to its own."""
NEAR = 6.0
"""What it costs that one with a line is."""
PASSES = 6
"""How often all labels are moved to better places."""
MOST_PLACES = 45
"""Places of a label that are tried, those that cost least, and about as many of the others."""
MOST_MOVES = 120
"""How often a label that is in another's way is moved."""
REMEMBERED = 8
"""Places to which such a label does not go back."""


class Circle(NamedTuple):
    """A bubble."""

    x: float
    y: float
    radius: float


class Label(NamedTuple):
    """A place of a label: its box, the line that leads there, what both reach over, its cost."""

    box: Box
    leader: tuple[Point, Point] | None
    reach: Box
    cost: float


def place_labels(
    circles: Sequence[Circle], sizes: Mapping[int, tuple[float, float]], frame: Box, gap: float
) -> Mapping[int, Label] | None:
    """A place for each label within the frame; None where one is in another's way.

    ``sizes`` are the widths and heights of the labels, by the numbers of their bubbles; ``gap`` is
    what is free between a label and whatever else is there.
    """
    ways: dict[int, list[Label]] = {}
    for number, size in sizes.items():
        places = [*_places(number, circles, size, frame, gap)]
        if not places:
            return None
        places.sort(key=lambda label: label.cost)
        far = places[MOST_PLACES:]
        ways[number] = [*places[:MOST_PLACES], *far[:: max(1, len(far) // MOST_PLACES)]]
    search = _Search(ways, gap)
    search.give_out()
    if not search.untangled():
        return None
    search.improve()
    return search.chosen


class _Search:
    """Places of labels, of which one each is chosen."""

    def __init__(self, ways: Mapping[int, Sequence[Label]], gap: float) -> None:
        self.ways, self.gap = ways, gap
        self.chosen: dict[int, Label] = {}
        self.order = sorted(ways, key=lambda number: len(ways[number]))

    @property
    def labels(self) -> list[Label]:
        """The chosen places."""
        return [self.chosen[number] for number in self.ways]

    def give_out(self) -> None:
        """Choose for one label after the other, first for those of few places."""
        for number in self.order:
            self.chosen[number] = self.best(number)

    def untangled(self) -> bool:
        """Move labels that are in each other's way; whether none is in the end.

        One that has been moved does not go back at once.
        """
        left: dict[int, list[Label]] = {number: [] for number in self.order}
        clashes = {one: len([*self.in_way(one, self.chosen[one])]) for one in self.order}
        for _ in range(MOST_MOVES):
            tangled = [number for number in self.order if clashes[number]]
            if not tangled:
                return True
            number = min(tangled, key=lambda one: (len(left[one]), -clashes[one]))
            for one in self.in_way(number, self.chosen[number]):
                clashes[one] -= 1
            left[number].append(self.chosen[number])
            self.chosen[number] = self.best(number, left[number][-REMEMBERED:])
            now = [*self.in_way(number, self.chosen[number])]
            for one in now:
                clashes[one] += 1
            clashes[number] = len(now)
        return False

    def improve(self) -> None:
        """Move labels to better places, one by one, as long as there are any."""
        for _ in range(PASSES):
            before = self.labels
            for number in self.order:
                self.chosen[number] = self.best(number)
            if self.labels == before:
                break

    def best(self, number: int, but: Sequence[Label] = ()) -> Label:
        """The place of a label that costs least now, none of some that it had."""
        ways = [way for way in self.ways[number] if way not in but] or self.ways[number]
        best, least = ways[0], float("inf")
        for way in ways:
            if way.cost >= least:  # they are in order of their costs
                break
            count = 0
            for count, _ in enumerate(self.in_way(number, way), 1):
                if way.cost + CLASH * count >= least:
                    break
            cost = way.cost + CLASH * count
            if cost < least:
                best, least = way, cost
        return best

    def in_way(self, number: int, label: Label) -> Iterator[int]:
        """The other labels that are in the way of a label at a place."""
        (left, top, right, bottom), gap = label.reach, self.gap
        for one, other in self.chosen.items():
            reach = other.reach
            if (
                one != number
                and left < reach[2] + gap
                and reach[0] < right + gap
                and top < reach[3] + gap
                and reach[1] < bottom + gap
                and _clash(label, other, gap)
            ):
                yield one


def _places(
    number: int, circles: Sequence[Circle], size: tuple[float, float], frame: Box, gap: float
) -> Iterator[Label]:
    """Places of a label where it is over no bubble and within the frame."""
    own, (width, height) = circles[number], size
    for away in AWAY:
        reach = own.radius + (away + 2) * height + width + 3 * gap
        others = [
            circle
            for place, circle in enumerate(circles)
            if place != number and hypot(circle.x - own.x, circle.y - own.y) < reach + circle.radius
        ]
        for rank, direction in enumerate(DIRECTIONS):
            along, down = cos(2 * pi * direction / TURN), sin(2 * pi * direction / TURN)
            far = own.radius + gap + away * height
            x = own.x + along * (far + _half(width, along)) - width / 2
            y = own.y + down * (far + _half(height, down)) - height / 2
            y += (1 - abs(down)) * DEEP * height  # capitals are level with the bubble
            box = (x, y, width, height)
            if not _within(box, frame, gap):
                continue
            mine = _clearance(box, [own])
            near = _clearance(box, others) if mine >= 0.6 * gap else 0.0
            if min(near, mine) < 0.6 * gap:
                continue
            cost = 3.0 * away + 0.08 * rank
            leader = _leader(own, box) if away >= LED_FROM else None
            if leader:
                if any(_crosses(leader, one, own) for one in others):
                    continue
                cost += NEAR * (near < 0.4 * height)
            else:
                cost += MISTAKEN * (near < mine + 0.4 * height)
            ends = [(x, y), (x + width, y + height), *(leader or ())]
            xs, ys = [end[0] for end in ends], [end[1] for end in ends]
            yield Label(box, leader, (min(xs), min(ys), max(xs), max(ys)), cost)


def _half(side: float, share: float) -> float:
    """How far a box reaches back from its middle, on a side on which it stands."""
    return side / 2 * min(1.0, abs(share) * 1.5)


def _clash(one: Label, other: Label, gap: float) -> bool:
    """Whether two labels, or the lines that lead there, are in each other's way."""
    x, y, width, height = one.box
    u, v, wide, high = other.box
    beside = x >= u + wide + gap or u >= x + width + gap
    if not (beside or y >= v + high + gap / 2 or v >= y + height + gap / 2):
        return True
    if one.leader and _through(one.leader, other.box, gap / 2):
        return True
    if other.leader and _through(other.leader, one.box, gap / 2):
        return True
    return bool(one.leader and other.leader and _meet(one.leader, other.leader))


def _within(box: Box, frame: Box, gap: float) -> bool:
    x, y, width, height = box
    left, top, wide, high = frame
    inside = left + gap <= x and x + width <= left + wide - gap
    return inside and top + gap <= y and y + height <= top + high - gap


def _nearest(box: Box, x: float, y: float) -> Point:
    """The point of a box that is nearest to another."""
    return min(max(x, box[0]), box[0] + box[2]), min(max(y, box[1]), box[1] + box[3])


def _clearance(box: Box, circles: Sequence[Circle]) -> float:
    """From a box to the nearest of some circles; less than 0 where it is over one."""
    left, top, width, height = box
    right, bottom, least = left + width, top + height, float("inf")
    for x, y, radius in circles:
        across = left - x if x < left else x - right if x > right else 0.0
        down = top - y if y < top else y - bottom if y > bottom else 0.0
        least = min(least, hypot(across, down) - radius)
    return least


def _leader(circle: Circle, box: Box) -> tuple[Point, Point]:
    """A line from the edge of a bubble to right before the nearest point of its label."""
    x, y = _nearest(box, circle.x, circle.y)
    far = hypot(x - circle.x, y - circle.y)
    start, end = circle.radius / far, max(far - SHORT, circle.radius) / far
    return (
        (circle.x + (x - circle.x) * start, circle.y + (y - circle.y) * start),
        (circle.x + (x - circle.x) * end, circle.y + (y - circle.y) * end),
    )


def _crosses(line: tuple[Point, Point], circle: Circle, own: Circle) -> bool:
    """Whether a line runs over a bubble, other than one that all but covers its own."""
    (x0, y0), (x1, y1) = line
    far = circle.radius + 1.0
    if (
        max(x0, x1) <= circle.x - far
        or min(x0, x1) >= circle.x + far
        or max(y0, y1) <= circle.y - far
        or min(y0, y1) >= circle.y + far
    ):
        return False
    if hypot(own.x - circle.x, own.y - circle.y) < SAME * max(own.radius, circle.radius):
        return False
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2 or 1.0
    share = ((circle.x - x0) * (x1 - x0) + (circle.y - y0) * (y1 - y0)) / length
    share = min(max(share, 0.0), 1.0)
    x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
    return hypot(x - circle.x, y - circle.y) < far


def _through(line: tuple[Point, Point], box: Box, gap: float) -> bool:
    """Whether a line runs through a box, or as near to it as that."""
    (x0, y0), (x1, y1) = line
    left, top = box[0] - gap, box[1] - gap
    right, bottom = box[0] + box[2] + gap, box[1] + box[3] + gap
    if max(x0, x1) <= left or min(x0, x1) >= right or max(y0, y1) <= top or min(y0, y1) >= bottom:
        return False
    sides = [
        (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
        for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
    ]
    return min(sides) < 0 < max(sides)


def _meet(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two lines cross."""
    (a, b), (c, d) = one, other

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
