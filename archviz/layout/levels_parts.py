"""What a U is made of: its levels, boxes with captions where no line goes on, what they reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from archviz.layout.blocks import BESIDE, NEAR_BADGE, Block, BoxBlock, CircleBlock, Face
from archviz.layout.canvas import RISE, Canvas, Port
from archviz.layout.compound import SeriesBlock
from archviz.layout.fitting import caption_lines
from archviz.layout.flow import text_extent
from archviz.layout.levels import Wire
from archviz.layout.style import Style
from archviz.layout.symbols import SymbolBlock
from archviz.scene.scene import Text
from archviz.scene.text import text_width

On: TypeAlias = Block | str
"""What is on the line up: a block, or where a wire leaves it, by the name of the value."""


class Level(NamedTuple):
    """A level, measured: its row, and what stands on the ways down to it and up from it.

    ``size``: what stands at its left. The last has no merge.
    """

    left: list[Block]
    skip: list[Block]
    merge: BoxBlock | None
    right: list[Block]
    down: list[Block]
    up: list[On]
    size: str = ""
    wires: tuple[Wire, ...] = ()
    """What goes straight across from the last box, where that is no skip."""
    joined: bool = False
    """Whether it goes into the merge of the level above."""


class Span(NamedTuple):
    """How far what stands in a row reaches from its middle, and from the row's line.

    ``half``: no further where a line enters it.
    """

    middle: float
    beside: float
    up: float
    down: float
    half: float
    before: float = 0.0
    after: float = 0.0
    """How much further captions at its side reach."""

    def over_other(self, other: Span) -> bool:
        """Whether some of it, with its captions, stands above or below some of the other."""
        left, right = (
            self.middle - self.beside - self.before,
            self.middle + self.beside + self.after,
        )
        return other.meets(left - other.after, right + other.before)

    def meets(self, left: float, right: float) -> bool:
        """Whether it stands above or below what reaches so far."""
        return self.middle - self.beside < right and left < self.middle + self.beside

    def under(self, x: float) -> float:
        """How far it reaches down to a line at ``x``."""
        return self.half if abs(self.middle - x) < 0.01 else self.down

    def over(self, x: float) -> float:
        """How far it reaches up to a line at ``x``."""
        return self.half if abs(self.middle - x) < 0.01 else self.up


def stands(block: Block) -> bool:
    """Whether a line can enter a block in the middle of its underside or top."""
    if isinstance(block, CircleBlock) or (isinstance(block, BesideBox) and block.free):
        return True
    return isinstance(block, BoxBlock) and not (block.bar or block.face.gives or block.face.takes)


class BesideBox(BoxBlock):
    """A box with its captions before or behind it, which leaves its underside and top free."""

    free: bool = False
    """Whether it does so whatever it gives and takes."""

    def __init__(self, face: Face, style: Style, more: Sequence[str] = (), before: bool = False):
        face = face.told_below()
        super().__init__(face._replace(captions=()), style)
        self.before = before
        self.beside = caption_lines([*face.captions, *more], style, self.caption_size, aside=True)
        widths = [text_width(text, self.caption_size) for text in self.beside]
        along, across = style.flow.lies(*text_extent(widths, self.caption_size))
        self.start = max(style.px(BESIDE), self.badges[not before] + style.px(0.12))
        self.reach = self.start + along if self.beside else 0.0
        self.half = across / 2
        self.up, self.down = max(self.up, self.half), max(self.down, self.half)

    def _caption_texts(self, canvas: Canvas, middle: float, y: float) -> list[Text]:
        away = self.box_width / 2 + self.start
        return canvas.labels(
            middle - away if self.before else middle + away,
            y,
            self.beside,
            self.caption_size,
            self.style.theme.color("caption"),
            along="before" if self.before else "after",
        )


def reach(blocks: Iterable[On], before: bool = False) -> float:
    """How far what stands on a line reaches to one of its sides."""
    found = [0.0]
    for block in blocks:
        if isinstance(block, BesideBox) and block.before == before:
            found.append(block.width / 2 + block.reach)
        if isinstance(block, Block):
            found.append(block.width / 2 + block.badges[not before])
    return max(found)


class CornerBox(BesideBox):
    """A box that lines go through both ways: captions stand behind it, over the line."""

    def __init__(self, face: Face, style: Style) -> None:
        super().__init__(face, style)
        self.rise = style.px(RISE)
        if self.beside:
            self.half = 2 * self.half + self.rise
            self.up = max(self.up, self.half)

    def _caption_texts(self, canvas: Canvas, middle: float, y: float) -> list[Text]:
        return canvas.labels(
            middle + self.box_width / 2 + self.start,
            y - self.rise,
            self.beside,
            self.caption_size,
            self.style.theme.color("caption"),
            along="after",
            across="before",
        )


class OutRow(NamedTuple):
    """The row from a level to an output, and what is on the way to it from the one before.

    ``tap``: the block from which the next one goes on; -1 for none.
    """

    name: str
    caption: str
    row: list[Block]
    way: list[Block]
    tap: int

    @property
    def whole(self) -> bool:
        """Whether it can be drawn: lines can enter and leave where they have to."""
        blocks = [*self.row, *self.way]
        entered = [*self.row[:1], *self.way, *(self.row[self.tap :][:1] if self.tap >= 0 else ())]
        return bool(self.row) and all(map(stands, entered)) and not any(b.begins for b in blocks)


def dressed(level: Level, number: int, style: Style, led: bool = False) -> Level:
    """A level with captions where no line goes on, and none below its row but for the last.

    ``led``: something leads from every level to an output.
    """
    left, merge, right, skip = [*level.left], level.merge, [*level.right], [*level.skip]
    if merge or level.wires:
        free_left = len(left) - 1 if not number and not style.flow.mirrored else 0
        for row, free in ((left, free_left), (right, 0)):
            row[free:] = [above(block, style) for block in row[free:]]
        if number and right:
            right[-1] = beside(right[-1], style)
        elif number and merge and stands(merge) and not isinstance(merge, SymbolBlock | BesideBox):
            merge = (CornerBox if led else BesideBox)(merge.face, style)
    if left:
        left[-1] = told_below(left[-1], style)
    if skip:
        skip[-1] = told_below(skip[-1], style)
    if number and merge and not right and isinstance(merge, SymbolBlock):  # its line goes up
        merge = type(merge)(merge.face._replace(wire=()), style, True, merge.stubs)
    if number:
        left[0] = beside(left[0], style, [level.size] if level.size else [], before=True)
    down = [beside(one, style, before=len(left) > 1) for one in level.down]
    up = [beside(one, style) if isinstance(one, Block) else one for one in level.up]
    return level._replace(left=left, skip=skip, merge=merge, right=right, down=down, up=up)


def told_below(block: Block, style: Style) -> Block:
    """A box with the shape of what goes out among its captions: no line leaves it to the right."""
    if not isinstance(block, BoxBlock) or not block.face.wire:
        return block
    if isinstance(block, TakingBox):
        return TakingBox(block.face.told_below(), block.taken, style, block.stubs)
    made = SymbolBlock if isinstance(block, SymbolBlock) else BoxBlock
    return made(block.face.told_below(), style, block.captions_above, block.stubs)


def above(block: Block, style: Style) -> Block:
    """A box with its captions above."""
    if not isinstance(block, BoxBlock) or block.bar or isinstance(block, BesideBox):
        return block
    made = SymbolBlock if isinstance(block, SymbolBlock) else BoxBlock
    return made(block.face, style, True, block.stubs)


def beside(block: Block, style: Style, more: Sequence[str] = (), before: bool = False) -> Block:
    """A box that a line can go through with its captions before or behind it."""
    if not isinstance(block, BoxBlock) or isinstance(block, BesideBox) or not stands(block):
        return block
    return BesideBox(block.face, style, more, before)


def half(block: Block) -> float:
    """How far a box reaches up and down from its middle, without badges and captions."""
    return block.height / 2 if isinstance(block, BoxBlock) else block.up


class TakingBox(BoxBlock):
    """A box on a skip that takes values from the line up, at its underside."""

    def __init__(self, face: Face, names: frozenset[str], style: Style, stubs: frozenset[str]):
        self.taken = names
        takes = tuple(name for name in face.takes if name not in names)
        super().__init__(face._replace(takes=takes), style, captions_above=True, stubs=stubs)


def leaves(row: SeriesBlock, style: Style) -> float:
    """From a row's start to the line that leaves it: the middle of its last box, or behind it."""
    if row.blocks and stands(row.blocks[-1]):
        return row.width - row.blocks[-1].width / 2
    badge = style.metric("badge") / 2 + style.px(NEAR_BADGE)  # of what a compound ends in
    return row.width + max(style.gap(0.5), badge)


def span_of(block: Block, x: float, style: Style) -> Span:
    """How far a block of a row reaches that begins at ``x``."""
    middle, free = block.width / 2, block.down
    if isinstance(block, BoxBlock) and stands(block):
        free = half(block) + style.px(0.12) * bool(block.face.badges)
    if isinstance(block, BesideBox):
        free = max(free, block.half)
    beside = middle + max(style.px(0.2), block.badges[1] + style.px(NEAR_BADGE))
    span = Span(x + middle, beside, block.up, block.down, free)
    if isinstance(block, CornerBox) or not isinstance(block, BesideBox):
        return span
    return span._replace(**{"before" if block.before else "after": block.reach})


def apart(above: Sequence[Span], below: Sequence[Span], style: Style) -> float:
    """The least distance of two rows; in tight ones things may reach past each other."""
    gap = style.row_gap(0.3)
    downs, ups = [span.down for span in above], [span.up for span in below]
    if not style.room.tight:
        return max(downs, default=0.0) + gap + max(ups, default=0.0)
    meeting = [
        upper.down + lower.up for upper in above for lower in below if upper.over_other(lower)
    ]
    return gap + max([*downs, *ups, *meeting], default=0.0)


def placed(
    row: SeriesBlock, canvas: Canvas, x: float, y: float, ports: list[Port]
) -> tuple[list[str], list[Port]]:
    """Draw a row; the ids of what its blocks end in, and its ports."""
    ids: list[str] = []
    for block, offset in zip(row.blocks, row.offsets, strict=True):
        ports = block.place(canvas, x + offset, y, ports)
        ids.append(ports[0].source)
    return ids, ports
