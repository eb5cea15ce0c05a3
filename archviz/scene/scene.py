"""The scene: a finished picture as plain data, and all that a writer sees.

Lengths are in pixels of 1/96 inch, x to the right, y down; colours are ``#rrggbb``.
Positions are final: a writer neither measures nor moves anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import NamedTuple, TypeAlias

from archviz.scene.text import ASCENT, LINE_HEIGHT

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]
"""(x, y, width, height)."""

POINTS = 0.75
"""Points in a pixel."""

FONTS = ("Arimo", "Arial", "Liberation Sans", "Helvetica", "sans-serif")
"""Families of one width, the bundled one first."""

DESCENT = 0.21
"""How far letters reach below their baseline, in em."""
CLEAR = 0.03
"""How far they stay away from the outline of their box, in em."""
UNDER = frozenset("gjpqyçýÿþµQ,;()[]{}|_$@")
"""Latin letters that do; those of other scripts may all."""

SHIFTS = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""The share of a text's width that stands left of its point, by its anchor."""


class Text(NamedTuple):
    """One line of text: ``x`` is what ``anchor`` says (start, middle, end), ``y`` its baseline."""

    x: float
    y: float
    text: str
    size: float
    width: float
    fill: str
    anchor: str = "middle"
    bold: bool = False
    role: str = "caption"

    @property
    def shift(self) -> float:
        """The share of its width that stands left of ``x``."""
        return SHIFTS[self.anchor]

    @property
    def box(self) -> Box:
        """The box of the line's capitals and descenders."""
        top = self.y - ASCENT * self.size
        return (self.x - self.shift * self.width, top, self.width, (ASCENT + DESCENT) * self.size)


class Shape(NamedTuple):
    """A rectangle or an ellipse, with the lines of text that stand centred in it.

    ``fill`` and ``stroke`` may be empty for none; a shape of role ``port`` has neither and
    only marks where a line comes from outside. ``shadow`` is the distance that its soft
    shadow falls down, 0 for none. ``pattern`` names a hatching drawn over the fill, for
    prints without colour. ``dash``: the length of the dashes of its outline and of the gaps
    between them, 0 for a whole outline.
    """

    id: str
    form: str
    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = ""
    line_width: float = 0.0
    radius: float = 0.0
    shadow: float = 0.0
    lines: tuple[str, ...] = ()
    widths: tuple[float, ...] = ()
    text_size: float = 0.0
    text_fill: str = ""
    bold: bool = False
    pattern: str = ""
    role: str = ""
    dash: float = 0.0

    @property
    def box(self) -> Box:
        """Its box without the outline's half width."""
        return (self.x, self.y, self.width, self.height)

    @property
    def overfull(self) -> bool:
        """Whether its texts may reach out of its box."""
        high = len(self.lines) * LINE_HEIGHT * self.text_size
        return high > self.height or max(self.widths, default=0.0) > self.width

    @property
    def lift(self) -> float:
        """How much higher its texts stand where descenders would touch the outline."""
        if (
            self.form != "rect"
            or len(self.lines) < 2
            or not any(map(_reaches_under, self.lines[-1]))
        ):
            return 0.0
        high = (LINE_HEIGHT * (len(self.lines) - 1) + ASCENT) * self.text_size
        free = (self.height - high - self.line_width) / 2
        short = (DESCENT + CLEAR) * self.text_size - free
        return round(min(max(0.0, short), DESCENT * self.text_size / 2), 2)

    @property
    def texts(self) -> tuple["Text", ...]:
        """Its lines as texts, centred as a block on the height of capitals, or a little higher."""
        pitch = LINE_HEIGHT * self.text_size
        first = (
            self.y
            + self.height / 2
            - pitch * (len(self.lines) - 1) / 2
            + ASCENT * self.text_size / 2
            - self.lift
        )
        middle = self.x + self.width / 2
        return tuple(
            Text(
                middle,
                first + pitch * row,
                line,
                self.text_size,
                width,
                self.text_fill,
                bold=self.bold,
                role="label",
            )
            for row, (line, width) in enumerate(zip(self.lines, self.widths, strict=True))
        )


def _reaches_under(letter: str) -> bool:
    """Whether a letter may reach below its baseline."""
    return letter in UNDER or "\u0370" <= letter < "\u2000" or letter >= "\u2c00"


class Line(NamedTuple):
    """A polyline, such as a bracket."""

    points: tuple[Point, ...]
    stroke: str
    line_width: float
    role: str = "bracket"

    @property
    def box(self) -> Box:
        """The box of its points."""
        return box_of(self.points)


class Connector(NamedTuple):
    """A line from one shape to another, right-angled, with or without an arrowhead.

    Lines that share a trunk or a bus draw the shared part once: ``points`` is what this
    one draws, ``route`` the whole way from ``source`` to ``target`` (ids of shapes, empty
    where it comes from or leaves to the outside), for formats that glue connectors.
    ``dash``: as that of a shape.
    """

    points: tuple[Point, ...]
    route: tuple[Point, ...]
    stroke: str
    line_width: float
    head: bool
    head_length: float
    head_width: float
    source: str = ""
    target: str = ""
    role: str = "connector"
    dash: float = 0.0

    @property
    def box(self) -> Box:
        """The box of the points that it draws."""
        return box_of(self.points)

    def arrowhead(self) -> tuple[Point, Point, Point]:
        """The tip and the two other corners of the head."""
        (x0, y0), (x, y) = self.points[-2:]
        length = max(abs(x - x0), abs(y - y0), 1e-9)
        along = ((x - x0) / length, (y - y0) / length)
        across = (-along[1], along[0])
        back = (x - along[0] * self.head_length, y - along[1] * self.head_length)
        half = self.head_width / 2
        return (
            (x, y),
            (back[0] + across[0] * half, back[1] + across[1] * half),
            (back[0] - across[0] * half, back[1] - across[1] * half),
        )

    def shaft(self) -> tuple[Point, ...]:
        """Its points, the last drawn back into the head so that the tip stays sharp."""
        if not self.head:
            return self.points
        _, left, right = self.arrowhead()
        return (*self.points[:-1], ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2))


class Group(NamedTuple):
    """What belongs together: a layer with its badges, a panel, the main row.

    ``name`` is what a reader of the file calls it, ``detail`` its tooltip; ``key`` is
    the place in the spec that it stands for.
    """

    id: str
    role: str
    name: str = ""
    detail: str = ""
    key: str = ""
    items: tuple["Item", ...] = ()


Primitive: TypeAlias = Shape | Text | Line | Connector
Item: TypeAlias = Primitive | Group


class Visit(NamedTuple):
    """A layer that a value passes on its way through the network.

    ``keys`` are those of the groups that stand for it, from the module of the main row to its
    own; ``path`` is its name among all that run, ``what`` what it does, ``facts`` its shapes and
    numbers, each with its name.
    """

    keys: tuple[str, ...]
    path: str
    what: str
    facts: tuple[tuple[str, str], ...]


class Place(NamedTuple):
    """What the layers have in common for which the group of a ``key`` stands."""

    key: str
    facts: tuple[tuple[str, str], ...]


class Scene(NamedTuple):
    """A picture: its size, what it shows in words, and its items from back to front."""

    width: float
    height: float
    title: str
    description: str
    background: str
    items: tuple[Item, ...] = ()
    fonts: tuple[str, ...] = FONTS
    dark: "Scene | None" = None
    """The same picture for a dark page, where it follows the reader's theme."""
    visits: tuple[Visit, ...] = ()
    """All layers in the order in which they run, for formats in which one follows a value."""
    places: tuple[Place, ...] = ()
    """What is known of groups beside their detail: memory, receptive field."""


class Page(NamedTuple):
    """A page of a deck: a scene of the deck's size, its bookmark and what is said to it."""

    scene: Scene
    title: str
    notes: str = ""


def leaves(items: Iterable[Item]) -> Iterator[Primitive]:
    """All that is no group, from back to front."""
    for item in items:
        if isinstance(item, Group):
            yield from leaves(item.items)
        else:
            yield item


def shapes_in(items: Iterable[Item]) -> Iterator[Shape]:
    """All shapes, from back to front."""
    return (leaf for leaf in leaves(items) if isinstance(leaf, Shape))


def texts_in(items: Iterable[Item]) -> Iterator[Text]:
    """All lines of text, those in shapes too, from back to front."""
    for leaf in leaves(items):
        if isinstance(leaf, Text):
            yield leaf
        elif isinstance(leaf, Shape):
            yield from leaf.texts


def groups_in(items: Iterable[Item]) -> Iterator[Group]:
    """All groups, each before those in it."""
    for item in items:
        if isinstance(item, Group):
            yield item
            yield from groups_in(item.items)


def extent(items: Iterable[Item]) -> Box:
    """(left, top, right, bottom) of all that is drawn, texts in shapes too; zeros for nothing."""
    boxes: list[Box] = []
    for leaf in leaves(items):
        boxes.append(leaf.box)
        if isinstance(leaf, Shape) and leaf.overfull:
            boxes += [text.box for text in leaf.texts]
    return bounds(boxes) if boxes else (0.0, 0.0, 0.0, 0.0)


def bounds(boxes: Iterable[Box]) -> Box:
    """(left, top, right, bottom) of one or more boxes."""
    lefts, tops, widths, heights = zip(*boxes, strict=True)
    rights, bottoms = map(add, lefts, widths), map(add, tops, heights)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def box_of(points: tuple[Point, ...]) -> Box:
    """The smallest box round ``points``."""
    xs = [point[0] for point in points]
    ys = [point[1] for point in points]
    return (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def bracket_side(points: Sequence[Point]) -> str:
    """The side that a square bracket shuts: ``left``, ``right``, ``top`` or ``bottom``.

    Empty for any other polyline.
    """
    if len(points) != 4:
        return ""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    if x1 == x2 and x0 == x3 and y0 == y1 and y2 == y3 and x0 != x1 and y0 != y2:
        return "left" if x0 > x1 else "right"
    if y1 == y2 and y0 == y3 and x0 == x1 and x2 == x3 and y0 != y1 and x0 != x2:
        return "top" if y0 > y1 else "bottom"
    return ""


def total(lengths: Iterable[float]) -> float:
    """The sum of lengths, added one by one, so that a picture is the same on every Python.

    Since Python 3.12 ``sum`` rounds less, and lengths that are all but equal come out otherwise.
    """
    return reduce(add, lengths, 0.0)
