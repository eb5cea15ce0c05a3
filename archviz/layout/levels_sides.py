"""Boxes at both ends of the lines of a U: several leave one side, several enter the other."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blocks import Block, BoxBlock, Face
from archviz.layout.canvas import RISE, Canvas, Pin, Port, port_shape
from archviz.layout.levels import Wire
from archviz.layout.levels_parts import BesideBox, Level, Span, half
from archviz.layout.style import Style
from archviz.scene.scene import Shape, Text, total
from archviz.scene.text import text_width

ARROW = 0.62
"""Units of a line with a name before it."""
END = 0.34
"""Units between an arrow's point and the name of its line."""


def pitch(names: Sequence[str], style: Style) -> float:
    """How far lines are apart over which these names stand."""
    return max((across(name, style) for name in names), default=0.0)


def across(name: str, style: Style) -> float:
    """How much room a line with a name takes across."""
    size = style.metric("caption")
    return max(style.px(0.55), style.flow.lies(text_width(name, size), size)[1] + style.px(0.24))


def along(names: Sequence[str], style: Style) -> float:
    """How long the longest of some names is."""
    size = style.metric("caption")
    return max((style.flow.lies(text_width(one, size), size)[0] for one in names), default=0.0)


class SideBox(BesideBox):
    """A box with names of lines at its sides, before it those of values that come by name.

    ``above``: its captions stand there. ``sides``: whether nothing but those values enters
    at the side before it; else they enter at its top.
    """

    free = True

    def __init__(
        self,
        face: Face,
        style: Style,
        stubs: frozenset[str],
        above: bool,
        sides: bool,
        more: Sequence[str] = (),
        before: bool = False,
    ) -> None:
        face = face.told_below()
        self.entries = face.takes if sides else ()
        self.above = above and bool(face.captions)
        plain = face._replace(takes=() if sides else face.takes)
        bare = plain._replace(captions=()) if above else plain
        self.waiting = stubs.intersection(self.entries)
        super().__init__(bare, style, more, before)
        if self.above or not sides:
            BoxBlock.__init__(self, plain if above else bare, style, True, stubs)
            self.up, self.down = max(self.up, self.half), max(self.down, self.half)
        self.pitch = pitch(self.entries, style)
        self.stub = style.px(ARROW) + along(self.entries, style) if self.entries else 0.0
        if before and self.stub:
            self.start += self.stub + style.px(0.2) * bool(self.beside)
            self.reach += self.stub + style.px(0.2) * bool(self.beside)
            if not self.beside:
                self.reach = self.stub

    def grown(self, half: float) -> None:
        """Make it reach so far on both sides of its line at least."""
        more = max(0.0, half - self.height / 2)
        self.height += 2 * more
        self.up, self.down = self.up + more, self.down + more

    def _caption_texts(self, canvas: Canvas, middle: float, y: float) -> list[Text]:
        texts = BoxBlock._caption_texts(self, canvas, middle, y) if self.above else []
        return texts + super()._caption_texts(canvas, middle, y)

    def enter(self, canvas: Canvas, left: float, y: float, target: str, name: str) -> None:
        """Where a value comes in from before the box at ``y``: its name and an arrow, if it has
        to."""
        style, key = self.style, self.face.key
        if name not in self.waiting:
            canvas.pins.append(Pin(name, left, None, None, target=target, key=key))
            return
        size, fill = style.metric("caption"), style.theme.color("caption")
        start = left - style.px(ARROW)
        end = port_shape(canvas, start, y)
        at = start - style.px(0.08)
        canvas.label(at, y, name, size, fill, along="before", role="wire")
        canvas.connect(
            Port(((start, y),), source=end.id), style, (left, y), target=target, role="wire"
        )


class GivingBox(SideBox):
    """The last box of a level, which several lines leave; ``names`` stand over them."""

    def __init__(self, face: Face, names: Sequence[str], style: Style, **said: object) -> None:
        super().__init__(face, style, **said)  # type: ignore[arg-type]
        self.names = list(names)
        self.step = pitch(names, style)
        self.grown(self.step * (len(names) - 1) / 2 + style.px(0.19))

    def heights(self) -> list[float]:
        """Heights of the lines that leave it, seen from its own."""
        middle = (len(self.names) - 1) / 2
        return [self.step * (number - middle) for number in range(len(self.names))]

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; it may be entered at its top, then without ``sources``."""
        ports = super().place(canvas, x, y, sources)
        left = x + (self.width - self.box_width) / 2
        middle = (len(self.entries) - 1) / 2
        for number, name in enumerate(self.entries):
            self.enter(canvas, left, y + self.pitch * (number - middle), ports[0].source, name)
        return ports


class TakingSide(SideBox):
    """What takes the values of one or several levels; it reaches down to the last of them.

    ``rows``: for each level the heights of the lines that enter, seen from the level's own.
    """

    def __init__(self, face: Face, rows: Sequence[Sequence[float]], style: Style, **said: object):
        super().__init__(face, style, sides=True, **said)  # type: ignore[arg-type]
        self.rows = rows
        edge = style.px(0.19)
        self.grown(edge - min(rows[0]))
        last = max(rows[-1])
        self.below = max(last + edge + total([self.pitch] * len(self.entries)), self.height / 2)
        if len(rows) == 1:
            self.half, self.down = max(self.half, self.below), max(self.down, self.below)
        self.drop = 0.0
        """How far its last level is below its first."""

    def outline(self, canvas: Canvas, left: float, y: float) -> Shape:
        """Its rectangle, as long as its levels."""
        from archviz.layout.glyphs import box_shape

        face, top = self.face, self.height / 2
        return box_shape(
            canvas,
            self.style,
            left,
            y - top,
            self.box_width,
            top + self.drop + self.below,
            face.role,
            self.lines,
            self.label_size,
            color=face.color,
            dashed=face.dashed,
        )

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; what goes across into it is not drawn yet."""
        ports = super().place(canvas, x, y, [])
        left = x + (self.width - self.box_width) / 2
        for number, name in enumerate(self.entries, 1):
            at = y + self.drop + max(self.rows[-1]) + self.pitch * number
            self.enter(canvas, left, at, ports[0].source, name)
        return ports


def takers(levels: Sequence[Level]) -> tuple[list[Block], list[int]]:
    """The merge to which the lines of each level but the last go, and its last level."""
    merges, lowest = list[Block](), list[int]()
    for number, level in enumerate(levels[:-1]):
        merges.append(level.merge or merges[-1])
        lowest.append(number)
        lowest = [
            number if merge is merges[-1] else at for at, merge in zip(lowest, merges, strict=True)
        ]
    return merges, lowest


def foot(taker: Block, x: float) -> Span:
    """How far what takes values reaches in the last of its levels, if it begins at ``x``."""
    assert isinstance(taker, TakingSide)
    beside = taker.width / 2 + taker.style.px(0.2)
    return Span(x + taker.width / 2, beside, 0.0, taker.below, taker.below)


def straight(
    canvas: Canvas, giver: Block, wires: Sequence[Wire], port: Port, right: float, target: str
) -> None:
    """The lines from a level's last box to ``right``, with what both ends call them."""
    assert isinstance(giver, GivingBox)
    style, (x, y) = giver.style, port.pen[-1]
    for wire, height in zip(wires, giver.heights(), strict=True):
        line = Port(((x, y + height),), source=port.source)
        canvas.connect(line, style, (right, y + height), target=target)
        if wire.given:
            canvas.name(x + style.px(RISE), y + height, wire.given, style, "after")
        if wire.taken:
            canvas.name(right - style.px(END), y + height, wire.taken, style, "before")


def underside(block: Block) -> float:
    """How far below its line a merge ends."""
    return block.drop + block.below if isinstance(block, TakingSide) else half(block)


def names_room(level: Level, merge: Block | None, style: Style) -> float:
    """Room that names of lines take between a level's row and its merge."""
    if not isinstance(merge, TakingSide) or not level.wires:
        return 0.0
    ends = [[one.given for one in level.wires], [one.taken for one in level.wires]]
    long = total(along(names, style) + style.px(END) for names in ends if any(names))
    return max(long, merge.stub + style.px(0.2))


def with_sides(levels: Sequence[Level], style: Style) -> list[Level]:
    """Levels with boxes that several lines leave and enter, where any go straight across."""
    done = list(levels)
    for number, level in enumerate(levels):
        if level.wires:
            giver = level.left[-1]
            assert isinstance(giver, BoxBlock)
            first = bool(number) and len(level.left) == 1
            names = [max(one.given, one.taken, key=len) for one in level.wires]
            made = GivingBox(
                giver.face,
                names,
                style,
                stubs=giver.stubs,
                above=not first,
                sides=first,
                more=[level.size] if first and level.size else [],
                before=first,
            )
            done[number] = level._replace(left=[*level.left[:-1], made])
    for number, level in enumerate(done):
        if level.wires and level.merge:
            rows = [_heights(level)]
            for other in done[number + 1 :]:
                if not other.joined:
                    break
                rows.append(_heights(other))
            above = bool(level.right) or not number
            face = level.merge.face
            taker = TakingSide(face, rows, style, stubs=level.merge.stubs, above=above)
            done[number] = level._replace(merge=taker)
    return done


def _heights(level: Level) -> list[float]:
    giver = level.left[-1]
    assert isinstance(giver, GivingBox)
    return giver.heights()
