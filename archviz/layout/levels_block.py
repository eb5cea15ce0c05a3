"""An encoder and its decoder as a U: down on the left, up on the right, skips straight across.

As in figure 1 of "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015).
A level begins below the end of the one above it, and its decoder's part ends below the merge
of the one above, so that the lines down and up are straight; what resizes stands on them::

    left ────────────────────── skip ─ merge ─ right
     │                                  │
    down                                up
     │                                  │
    left ─────────── skip ─ merge ─ right
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

from archviz.layout.blocks import BESIDE, Block, BoxBlock, CircleBlock, Face
from archviz.layout.canvas import Canvas, Port
from archviz.layout.compound import TRUNK_TO_BOX, SeriesBlock
from archviz.layout.flow import text_extent
from archviz.layout.style import Style
from archviz.scene.scene import Text, total
from archviz.scene.text import clip, text_width

JOINT = 0.45
"""Units from the joint of a wire to what the line goes on to."""
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


class Span(NamedTuple):
    """How far what stands in a row reaches from its middle, and from the row's line.

    ``half``: no further where a line enters it.
    """

    middle: float
    beside: float
    up: float
    down: float
    half: float

    def meets(self, wide: tuple[float, float]) -> bool:
        """Whether it stands above or below what reaches from ``wide[0]`` to ``wide[1]``."""
        return self.middle - self.beside < wide[1] and wide[0] < self.middle + self.beside

    def under(self, x: float) -> float:
        """How far it reaches down to a line at ``x``."""
        return self.half if abs(self.middle - x) < 0.01 else self.down

    def over(self, x: float) -> float:
        """How far it reaches up to a line at ``x``."""
        return self.half if abs(self.middle - x) < 0.01 else self.up


def stands(block: Block) -> bool:
    """Whether a line can enter a block in the middle of its underside or top."""
    if isinstance(block, CircleBlock):
        return True
    return isinstance(block, BoxBlock) and not (block.bar or block.face.gives or block.face.takes)


class BesideBox(BoxBlock):
    """A box with its captions before or behind it, which leaves its underside and top free."""

    def __init__(self, face: Face, style: Style, more: Sequence[str] = (), before: bool = False):
        super().__init__(face._replace(captions=()), style)
        self.before = before
        self.beside = [clip(text, style.px(4), self.caption_size) for text in face.captions]
        self.beside += more
        widths = [text_width(text, self.caption_size) for text in self.beside]
        along, across = style.flow.lies(*text_extent(widths, self.caption_size))
        self.start = max(style.px(BESIDE), self.badges[not before] + style.px(0.12))
        self.reach = self.start + along if self.beside else 0.0
        self.up, self.down = max(self.up, across / 2), max(self.down, across / 2)

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


def _reach(blocks: Iterable[On], before: bool = False) -> float:
    """How far what stands on a line reaches to one of its sides."""
    found = [0.0]
    for block in blocks:
        if isinstance(block, BesideBox) and block.before == before:
            found.append(block.width / 2 + block.reach)
        if isinstance(block, Block):
            found.append(block.width / 2 + block.badges[not before])
    return max(found)


def _dressed(level: Level, number: int, style: Style) -> Level:
    """A level with captions where no line goes on."""
    left, merge, right = list(level.left), level.merge, level.right
    sizes = [level.size] if level.size else []
    if merge:  # below, a line goes down, with captions of its own
        for place, block in enumerate(left):
            if isinstance(block, BoxBlock) and (number or place == len(left) - 1):
                left[place] = BoxBlock(block.face, style, True, block.stubs)
    if number and isinstance(left[0], BoxBlock) and stands(left[0]):
        left[0] = BesideBox(left[0].face, style, sizes, before=True)
    if merge and number and not right and stands(merge):
        merge = BesideBox(merge.face, style)
    aside = len(left) > 1
    down = [
        BesideBox(one.face, style, before=aside) if isinstance(one, BoxBlock) else one
        for one in level.down
    ]
    up = [BesideBox(one.face, style) if isinstance(one, BoxBlock) else one for one in level.up]
    return level._replace(left=left, merge=merge, down=down, up=up)


def _half(block: Block) -> float:
    """How far a box reaches up and down from its middle, without badges and captions."""
    return block.height / 2 if isinstance(block, BoxBlock) else block.up


class LevelsBlock(Block):
    """The levels of a U, the topmost on the line of the row around it; the last has no merge."""

    def __init__(self, levels: Sequence[Level], style: Style) -> None:
        self.style = style
        self.levels = [_dressed(level, number, style) for number, level in enumerate(levels)]
        first, last = self.levels[0], self.levels[-1]
        self.begins = bool(first.left) and first.left[0].begins
        self.lefts = [SeriesBlock(level.left, style) for level in self.levels]
        self.skips = [SeriesBlock(level.skip, style) for level in self.levels]
        self.rights = [
            SeriesBlock([level.merge, *level.right] if level.merge else [], style)
            for level in self.levels
        ]
        self.straight = len(last.left) > 1 and stands(last.left[-1])
        self._columns()
        self._rows()
        self.left_gap = max(style.gap(0.45), self.lefts[0].left_gap)
        self.right_gap = self.rights[0].right_gap

    # ---- measuring ---------------------------------------------------------------------------

    def _columns(self) -> None:
        """Where rows begin, and where the lines down and up are."""
        style = self.style
        starts, self.forks = [0.0], list[float]()
        for left, under in pairwise(self.lefts):
            self.forks.append(starts[-1] + _leaves(left, style))
            first = under.blocks[0]
            lead = style.gap(TRUNK_TO_BOX) + max(0.0, under.overhang - style.gap(0.45))
            starts.append(self.forks[-1] + (-first.width / 2 if stands(first) else lead))
        ways = [self._way_up(number) for number in range(1, len(self.levels) - 1)]
        end = starts[-1] + self.lefts[-1].width
        lowest = end - self.lefts[-1].blocks[-1].width / 2
        if not self.straight:
            lowest = end + style.gap(0.7)
        for number in range(len(self.levels) - 1):
            beyond = total(ways[number:])
            lowest = max(lowest, self._least(number, starts[number]) - beyond)
        self.ups = [lowest + total(ways[number:]) for number in range(len(self.levels) - 1)]
        if self.straight:
            row = self.lefts[-1]
            extra = lowest - (end - row.blocks[-1].width / 2)
            self.lefts[-1] = SeriesBlock(row.blocks, style, {len(row.blocks) - 2: extra})
        edges, ends = [0.0], list[float]()
        for start, left in zip(starts, self.lefts, strict=True):
            reach = left.blocks[0].reach if left.blocks and isinstance(left.blocks[0], BesideBox) else 0.0
            edges.append(start - reach)
            ends.append(start + left.width)
        for under, fork, up in zip(self.levels[1:], self.forks, self.ups, strict=True):
            edges.append(fork - _reach(under.down, before=True))
            ends.append(up + _reach(under.up))
        for level, right, up in zip(self.levels, self.rights, self.ups, strict=False):
            assert level.merge
            ends.append(up - level.merge.width / 2 + right.width)
            if isinstance(level.merge, BesideBox):
                ends.append(up + _reach([level.merge]))
        shift = -min(edges)
        self.starts = [start + shift for start in starts]
        self.forks = [fork + shift for fork in self.forks]
        self.ups = [up + shift for up in self.ups]
        self.width = max(ends) + shift
        self.out = self.ups[0] + self.rights[0].width

    def _least(self, number: int, start: float) -> float:
        """The least x of the line up to a level."""
        style, under = self.style, self.levels[number + 1]
        merge, skip = self.levels[number].merge, self.skips[number].width
        assert merge
        fork = self.forks[number]
        end = max(start + self.lefts[number].width, fork)
        across = skip + style.gap(1) if skip else 0.0
        passed = fork + _reach(under.down) + style.gap(0.5)
        wired = any(isinstance(one, str) for one in under.up)
        return max(
            end + style.gap(1) + across + merge.width / 2,
            passed + _reach(under.up, before=True),
            passed + (across + merge.width / 2 if wired else 0.0),
        )

    def _way_up(self, number: int) -> float:
        """From the middle of a level's merge to the line up from the level."""
        right = self.rights[number]
        return _leaves(right, self.style) - right.blocks[0].width / 2

    def _rows(self) -> None:
        """Heights of the rows, and what is free for the line down and the line up between two."""
        style, heights = self.style, [0.0]
        self.gap = max(style.row_gap(0.6), style.px(0.55))
        rows = [list(self._spans(number)) for number in range(len(self.levels))]
        ups = [max(span.up for span in row) for row in rows]
        downs = [max(span.down for span in row) for row in rows]
        self.free: list[tuple[tuple[float, float], tuple[float, float]]] = []
        for number, under in enumerate(self.levels[1:]):
            clear = downs[number] + style.row_gap(0.3) + ups[number + 1]
            ends = []
            for on, x in ((under.down, self.forks[number]), (under.up, self.ups[number])):
                wide = (x - _reach(on, before=True), x + _reach(on))
                if any(isinstance(one, str) for one in on):
                    wide = (self._across(number), wide[1])
                top = max(span.under(x) for span in rows[number] if span.meets(wide))
                low = max(
                    (span.over(x) for span in rows[number + 1] if span.meets(wide)), default=0.0
                )
                clear = max(clear, top + self._long(on) + low)
                ends.append((top, low))
            heights.append(heights[-1] + clear)
            self.free.append(
                tuple((heights[-2] + top, heights[-1] - low) for top, low in ends)  # type: ignore
            )
        self.heights = heights
        self.up = ups[0]
        self.down = max(height + down for height, down in zip(heights, downs, strict=True))

    def _across(self, number: int) -> float:
        """Where what is on a skip begins."""
        row = self.rights[number].blocks[0]
        return self.ups[number] - row.width / 2 - self.style.gap(1) - self.skips[number].width

    def _spans(self, number: int) -> Iterator[Span]:
        """What stands in a row, and how far it reaches."""
        parts = [(self.lefts[number], self.starts[number])]
        if number < len(self.ups):
            right = self.rights[number]
            parts.append((self.skips[number], self._across(number)))
            parts.append((right, self.ups[number] - right.blocks[0].width / 2))
        margin = self.style.px(0.2)
        yield Span(self.forks[min(number, len(self.forks) - 1)], 0.0, 0.0, 0.0, 0.0)
        for row, start in parts:
            for block, offset in zip(row.blocks, row.offsets, strict=True):
                x = start + offset
                half = block.down
                if isinstance(block, BoxBlock) and stands(block):
                    half = _half(block) + self.style.px(0.12) * bool(block.face.badges)
                yield Span(
                    x + block.width / 2, block.width / 2 + margin, block.up, block.down, half
                )

    def _long(self, on: Sequence[On]) -> float:
        """How long a line is at least on which this stands."""
        blocks = [one for one in on if isinstance(one, Block)]
        joints = len(on) - len(blocks)
        own = total(block.up + block.down for block in blocks)
        return own + self.gap * (len(blocks) + 1) + self.style.px(JOINT) * joints

    def _spots(self, on: Sequence[On], top: float, bottom: float) -> list[float]:
        """Heights of what stands on a line, from ``top`` down, with equal gaps between."""
        spare = (bottom - top - self._long(on)) / (sum(isinstance(one, Block) for one in on) + 1)
        at, spots = top, list[float]()
        for one in on:
            if isinstance(one, str):
                at += self.style.px(JOINT)
                spots.append(at)
            else:
                spots.append(at + self.gap + spare + one.up)
                at = spots[-1] + one.down
        return spots

    # ---- drawing -----------------------------------------------------------------------------

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port, or none for an input."""
        ports, tops = list(sources), [y + height for height in self.heights]
        skips: list[list[Port]] = []
        for number, left in enumerate(self.lefts):
            first, at = left.blocks[0] if left.blocks else None, tops[number]
            if number and first and stands(first):
                (down,), ports = ports, []
                ids, ports = _placed(left, canvas, x + self.starts[number], at, ports)
                canvas.connect(down, self.style, (down.x, at - _half(first)), target=ids[0])
            else:
                ids, ports = _placed(left, canvas, x + self.starts[number], at, ports)
            if number < len(self.forks):
                skips.append(ports)
                ports = [self._down(canvas, number, x, y, ports[0])]
        port = ports[0]
        if self.straight:
            middle = x + self.ups[-1], tops[-1] - _half(self.levels[-1].left[-1])
            port = Port((middle,), source=port.source)
        for number in range(len(self.ups) - 1, -1, -1):
            port = self._row(canvas, number, x, y, skips[number], port)
        return [port]

    def _down(self, canvas: Canvas, number: int, x: float, y: float, port: Port) -> Port:
        """The line down from a level, as far as the row of the next."""
        left, at = self.levels[number].left, y + self.heights[number]
        fork, under = x + self.forks[number], self.levels[number + 1]
        if left and stands(left[-1]):
            port = Port(((fork, at + _half(left[-1])),), source=port.source)
        else:
            port = port.branch((fork, at))
        top, bottom = self.free[number][0]
        spots = self._spots(under.down, y + top, y + bottom)
        for block, spot in zip(under.down, spots, strict=True):
            port = self._on_line(canvas, block, fork, spot, port, 1)
        return port if stands(under.left[0]) else port.to((fork, y + self.heights[number + 1]))

    def _on_line(
        self, canvas: Canvas, block: Block, x: float, y: float, port: Port, sign: int
    ) -> Port:
        """Draw a block on a line that goes down (``sign`` 1) or up; the port it is left by."""
        half = sign * _half(block)
        shape = block.place(canvas, x - block.width / 2, y, [])[0].source
        canvas.connect(port, self.style, (x, y - half), target=shape)
        return Port(((x, y + half),), source=shape)

    def _row(
        self, canvas: Canvas, number: int, x: float, y: float, skip: list[Port], port: Port
    ) -> Port:
        """The line up into a level's merge, and the level's row behind it."""
        level, under = self.levels[number], self.levels[number + 1]
        middle, at = x + self.ups[number], y + self.heights[number]
        assert level.merge
        left = middle - level.merge.width / 2
        ids: list[str] = []
        if level.skip:
            across = self.skips[number]
            ids, skip = _placed(across, canvas, left - self.style.gap(1) - across.width, at, skip)
        named, skip_ids = level.merge, ids
        ids, ports = _placed(self.rights[number], canvas, left, at, skip)
        if abs(port.x - middle) > 0.01:
            port = port.to((middle, port.y))
        top, bottom = self.free[number][1]
        spots = self._spots(under.up[::-1], y + top, y + bottom)
        for one, spot in zip(under.up, reversed(spots), strict=True):
            if isinstance(one, str):
                self._wires(canvas, number, x, y, port.branch((middle, spot)), one, skip_ids)
            else:
                port = self._on_line(canvas, one, middle, spot, port, -1)
        canvas.connect(port, self.style, (middle, at + _half(named)), target=ids[0])
        last = self.rights[number].blocks[-1]
        if not number:
            return ports[0]
        if stands(last):
            out = left + _leaves(self.rights[number], self.style)
            return Port(((out, at - _half(last)),), source=ports[0].source)
        return ports[0].to((x + self.ups[number - 1], at))

    def _wires(
        self, canvas: Canvas, number: int, x: float, y: float, joint: Port, name: str,
        ids: Sequence[str],
    ) -> None:
        """From a joint of the line up into what takes the value on the skip beside it."""
        skip, at = self.skips[number], y + self.heights[number]
        left = x + self._across(number)
        port = joint
        takers = [
            (left + offset + block.width / 2, block, target)
            for block, offset, target in zip(skip.blocks, skip.offsets, ids, strict=True)
            if isinstance(block, TakingBox) and name in block.taken
        ]
        for middle, block, target in reversed(takers):
            under = (middle, at + _half(block))
            canvas.connect(port, self.style, (middle, joint.y), under, target=target)
            port = port.to((middle, joint.y)).branch((middle, joint.y))


class TakingBox(BoxBlock):
    """A box on a skip that takes values from the line up, at its underside."""

    def __init__(self, face: Face, names: frozenset[str], style: Style, stubs: frozenset[str]):
        self.taken = names
        takes = tuple(name for name in face.takes if name not in names)
        super().__init__(face._replace(takes=takes), style, captions_above=True, stubs=stubs)


def _leaves(row: SeriesBlock, style: Style) -> float:
    """From a row's start to the line that leaves it: the middle of its last box, or behind it."""
    if row.blocks and stands(row.blocks[-1]):
        return row.width - row.blocks[-1].width / 2
    return row.width + style.gap(0.5)


def _placed(
    row: SeriesBlock, canvas: Canvas, x: float, y: float, ports: list[Port]
) -> tuple[list[str], list[Port]]:
    """Draw a row; the ids of what its blocks end in, and its ports."""
    ids: list[str] = []
    for block, offset in zip(row.blocks, row.offsets, strict=True):
        ports = block.place(canvas, x + offset, y, ports)
        ids.append(ports[0].source)
    return ids, ports
