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

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from archviz.layout.canvas import Canvas, Port
from archviz.layout.compound import TRUNK_TO_BOX, SeriesBlock
from archviz.layout.levels_parts import (
    BesideBox,
    CornerBox,
    Level,
    On,
    Span,
    TakingBox,
    apart,
    dressed,
    half,
    leaves,
    placed,
    reach,
    span_of,
    stands,
)
from archviz.layout.levels_rows import RowsBlock
from archviz.layout.levels_sides import (
    TakingSide,
    foot,
    names_room,
    straight,
    takers,
    underside,
    with_sides,
)
from archviz.layout.pyramid_rows import OutRows
from archviz.layout.style import Style
from archviz.scene.scene import total

Skips: TypeAlias = Sequence[Sequence[Port]]
"""For each level the ports that its row ends in."""


class LevelsBlock(RowsBlock):
    """The levels of a U, the topmost on the line of the row around it; the last has no merge."""

    def __init__(self, levels: Sequence[Level], style: Style, outs: OutRows | None = None) -> None:
        self.style, self.outs = style, outs
        levels = with_sides(levels, style)
        self.levels = [
            dressed(level, number, style, bool(outs)) for number, level in enumerate(levels)
        ]
        first, last = self.levels[0], self.levels[-1]
        self.begins = bool(first.left) and first.left[0].begins
        self.lefts = [SeriesBlock(level.left, style) for level in self.levels]
        self.skips = [SeriesBlock(level.skip, style) for level in self.levels]
        self.rights = [
            SeriesBlock([level.merge, *level.right] if level.merge else [], style)
            for level in self.levels
        ]
        self.merges, self.lowest = takers(self.levels)
        self.straight = len(levels) > 1 and len(last.left) > 1 and stands(last.left[-1])
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
            self.forks.append(starts[-1] + leaves(left, style))
            first = under.blocks[0]
            lead = style.gap(TRUNK_TO_BOX) + max(0.0, under.overhang - style.gap(0.45))
            starts.append(self.forks[-1] + (-first.width / 2 if stands(first) else lead))
        self.starts = starts
        bottom = self.lefts[-1]
        end = starts[-1] + bottom.width
        lowest = middle = end - bottom.blocks[-1].width / 2
        if not self.straight:
            lowest = end + style.gap(0.7)
        steps = [
            leaves(right, style) - right.blocks[0].width / 2 if right.blocks else 0.0
            for right in self.rights[1:-1]
        ]  # from the line up into a level to that out of it
        for number in range(len(self.forks)):
            lowest = max(lowest, self._least(number) - total(steps[number:]))
        self.ups = [lowest + total(steps[number:]) for number in range(len(self.forks))]
        if self.straight:
            extra = {len(bottom.blocks) - 2: lowest - middle}
            self.lefts[-1] = SeriesBlock(bottom.blocks, style, extra)
        self._within()

    def _within(self) -> None:
        """The width, and everything moved inside it."""
        begin, end = 0.0, 0.0
        for number, level in enumerate(self.levels):
            first = level.left[0] if level.left else None
            reached = first.reach if isinstance(first, BesideBox) else 0.0
            begin = min(begin, self.starts[number] - reached)
            end = max(end, self.starts[number] + self.lefts[number].width)
            if number:
                begin = min(begin, self.forks[number - 1] - reach(level.down, before=True))
                end = max(end, self.ups[number - 1] + reach(level.up))
            if level.merge:
                row = self.rights[number]
                last = self.ups[number] - level.merge.width / 2 + row.width
                aside = row.blocks[-1].reach if isinstance(row.blocks[-1], BesideBox) else 0.0
                end = max(end, last + aside)
        if self.outs:
            end = max(end, self._led_out(self.outs, begin) + begin)
        self.starts = [start - begin for start in self.starts]
        self.forks = [fork - begin for fork in self.forks]
        self.ups = [up - begin for up in self.ups]
        self.width = end - begin

    def _led_out(self, outs: OutRows, begin: float) -> float:
        """Begin the rows to the outputs behind the merges; how far they reach."""
        style, merges = self.style, [right.blocks[0] for right in self.rights[:-1]]
        half = max(one.width / 2 for one in (*merges, self.levels[-1].left[-1]))
        told = [one.reach for one in merges if isinstance(one, CornerBox)]
        if style.room.tight:  # captions of the rows come down beside those on the line up
            told += [reach(level.up) + style.px(0.2) - half for level in self.levels]
        away = max([style.gap(1), *(out + style.px(0.3) for out in told)])
        return outs.begin((self.ups or [self.lefts[0].width - half])[0] - begin + half + away)

    def _least(self, number: int) -> float:
        """The least x of the line up to a level, which passes by what is left of it."""
        style, under, fork = self.style, self.levels[number + 1], self.forks[number]
        skip = self.skips[number].width
        across = (skip + style.gap(1) if skip else 0.0) + self.merges[number].width / 2
        across += names_room(self.levels[number], self.merges[number], style)
        end = max(self.starts[number] + self.lefts[number].width, fork)
        passed = fork + reach(under.down) + style.gap(0.5)
        wired = any(isinstance(one, str) for one in under.up)
        badges = self.lefts[number].badges[1]  # captions of what follows may stand as high
        follows = (self.skips[number].blocks or [self.merges[number]])[0]
        return max(
            end + max(style.gap(1), badges + follows.clear if follows.clear else 0.0) + across,
            passed + reach(under.up, before=True),
            passed + across if wired else 0.0,
        )

    def _rows(self) -> None:
        """Heights of the rows, and what is free for the line down and the line up between two."""
        style, heights = self.style, [0.0]
        self.gap = max(style.row_gap(0.6), style.px(0.5))
        count = len(self.outs.rows if self.outs else self.levels)
        rows = [list(self._spans(number)) for number in range(count)]
        downs = [max((span.down for span in row), default=0.0) for row in rows]
        self.free: list[list[tuple[float, float]]] = []
        for number in range(count - 1):
            ways: list[tuple[Sequence[On], float]] = []
            if number < len(self.forks):
                under = self.levels[number + 1]
                ways = [(under.down, self.forks[number]), (under.up, self.ups[number])]
            elif self.outs:
                ways = [(self.outs.ways[number + 1], self.outs.middle(number + 1))]
            ends = [self._ends(on, x, number, rows) for on, x in ways]
            clear = apart(rows[number], rows[number + 1], style)
            for (on, _), (top, low) in zip(ways, ends, strict=True):
                clear = max(clear, top + self.long(on) + low)
            heights.append(heights[-1] + clear)
            self.free.append([(heights[-2] + top, heights[-1] - low) for top, low in ends])
        self.heights = heights
        for number, taker in reversed(list(enumerate(self.merges))):
            if isinstance(taker, TakingSide):
                taker.drop = heights[self.lowest[number]] - heights[number]
        self.up = max((span.up for span in rows[0]), default=0.0)
        self.down = max(height + down for height, down in zip(heights, downs, strict=True))
        if self.outs:
            self.up, self.down = self.up + self.outs.beyond, self.down + self.outs.beyond
        if style.flow.mirrored:
            self.up, self.down = self.down, self.up

    def _ends(
        self, on: Sequence[On], x: float, number: int, rows: Sequence[Sequence[Span]]
    ) -> tuple[float, float]:
        """How far rows reach into the room between two of them where there is a line at ``x``."""
        left, right = x - reach(on, before=True), x + reach(on)
        wired = [isinstance(one, str) for one in on]
        across = self._across(number) if any(wired) else left
        left = across if any(wired[:-1]) else left
        above = (span.under(x) for span in rows[number] if span.meets(across, right))
        below = (span.over(x) for span in rows[number + 1] if span.meets(left, right))
        return max(above, default=0.0), max(below, default=0.0)

    def _across(self, number: int) -> float:
        """Where what is on a skip begins."""
        beside = self.merges[number].width / 2 + self.style.gap(1) + self.skips[number].width
        return self.ups[number] - beside

    def _spans(self, number: int) -> Iterator[Span]:
        """What stands in a row, and how far it reaches."""
        parts = [(self.lefts[number], self.starts[number])] if number < len(self.lefts) else []
        if self.outs:
            parts.append((self.outs.rows[number], self.outs.starts[number]))
        if number < len(self.ups):
            start = self.ups[number] - self.merges[number].width / 2
            parts.append((self.skips[number], self._across(number)))
            parts.append((self.rights[number], start))
            if self.levels[number].joined and number == self.lowest[number]:
                yield foot(self.merges[number], start)
        for row, start in parts:
            for block, offset in zip(row.blocks, row.offsets, strict=True):
                yield span_of(block, start + offset, self.style)

    # ---- drawing -----------------------------------------------------------------------------

    def _place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        ports, tops = list(sources), [y + height for height in self.heights]
        skips: list[list[Port]] = []
        for number, left in enumerate(self.lefts):
            first, at = left.blocks[0] if left.blocks else None, tops[number]
            if number and first and stands(first):
                (down,), ports = ports, []
                ids, ports = placed(left, canvas, x + self.starts[number], at, ports)
                canvas.connect(down, self.style, (down.x, at - half(first)), target=ids[0])
            else:
                ids, ports = placed(left, canvas, x + self.starts[number], at, ports)
            if number < len(self.forks):
                skips.append(ports)
                ports = [self._down(canvas, number, x, y, ports[0])]
        port = ports[0]
        if self.straight:
            middle = x + self.ups[-1], tops[len(self.ups)] - half(self.levels[-1].left[-1])
            port = Port((middle,), source=port.source)
        elif self.outs and self.ups:  # the row to its output draws the line itself
            port = port.branch((x + self.ups[-1], tops[len(self.ups)]))
        ends = self.lead_out(canvas, len(self.ups), x, y, ports)
        for number in range(len(self.ups) - 1, -1, -1):
            if not self.levels[number].joined:
                port = self._row(canvas, number, x, y, ends, skips, port)
        if not self.outs:
            return [port]
        self.outs.merge(canvas, x, [ends[number] for number in range(len(ends))])
        return []

    def _down(self, canvas: Canvas, number: int, x: float, y: float, port: Port) -> Port:
        """The line down from a level, as far as the row of the next."""
        left, at = self.levels[number].left, y + self.heights[number]
        fork, under = x + self.forks[number], self.levels[number + 1]
        if left and stands(left[-1]):
            port = Port(((fork, at + half(left[-1])),), source=port.source)
        else:
            port = port.branch((fork, at))
        top, bottom = self.free[number][0]
        spots = self.spots(under.down, y + top, y + bottom)
        for block, spot in zip(under.down, spots, strict=True):
            port = self.on_line(canvas, block, fork, spot, port, 1)
        return port if stands(under.left[0]) else port.to((fork, y + self.heights[number + 1]))

    def _row(
        self,
        canvas: Canvas,
        number: int,
        x: float,
        y: float,
        outs: dict[int, Port],
        skips: Skips,
        port: Port,
    ) -> Port:
        """The line up into a level's merge, and the level's row behind it; ``outs``: its ends."""
        lowest, skip = self.lowest[number], list(skips[number])
        level, under = self.levels[number], self.levels[lowest + 1]
        middle, at = x + self.ups[number], y + self.heights[number]
        assert level.merge
        left = middle - level.merge.width / 2
        ids: list[str] = []
        if level.skip:
            across = self.skips[number]
            ids, skip = placed(across, canvas, left - self.style.gap(1) - across.width, at, skip)
        named, skip_ids = level.merge, ids
        ids, ports = placed(self.rights[number], canvas, left, at, skip)
        for row in range(number, lowest + 1):
            if wires := self.levels[row].wires:
                giver = self.lefts[row].blocks[-1]
                straight(canvas, giver, wires, skips[row][0], left, ids[0])
        if abs(port.x - middle) > 0.01:
            port = port.to((middle, port.y))
        top, bottom = self.free[lowest][1]
        spots = self.spots(under.up[::-1], y + top, y + bottom)
        for one, spot in zip(under.up, reversed(spots), strict=True):
            if isinstance(one, str):
                self._wires(canvas, number, x, y, port.branch((middle, spot)), one, skip_ids)
            else:
                port = self.on_line(canvas, one, middle, spot, port, -1)
        canvas.connect(port, self.style, (middle, at + underside(named)), target=ids[0])
        last = self.rights[number].blocks[-1]
        outs |= self.lead_out(canvas, number, x, y, ports)
        if not number:
            return ports[0]
        if stands(last):
            out = left + leaves(self.rights[number], self.style)
            return Port(((out, at - half(last)),), source=ports[0].source)
        return ports[0].to((x + self.ups[number - 1], at))

    def _wires(
        self,
        canvas: Canvas,
        number: int,
        x: float,
        y: float,
        joint: Port,
        name: str,
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
            under = (middle, at + half(block))
            canvas.connect(port, self.style, (middle, joint.y), under, target=target)
            port = port.to((middle, joint.y)).branch((middle, joint.y))
