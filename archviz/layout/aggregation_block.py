"""A pyramid with paths through its levels: up the backbone, down, and up again.

As in figure 1 of "Path Aggregation Network for Instance Segmentation" (2018). A part of a level's
row begins over or under the end of the part before it, so that the lines between two levels are
straight, with what resizes on them, and every path leans along the flow::

    row ───────── row ─────────────────────────── merge ─ row
                   │                               │
                  way                             way
                   │                               │
    row ───────── merge ─ row ───────── merge ─ row ─
     │                     │             │
    way                   way           way
     │                     │             │
    row ───────────────── merge ─ row ─────────
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from archviz.layout.blocks import Block, BoxBlock
from archviz.layout.canvas import Canvas, Port
from archviz.layout.compound import TRUNK_TO_BOX, SeriesBlock
from archviz.layout.levels_parts import (
    BesideBox,
    CornerBox,
    Span,
    above,
    apart,
    beside,
    half,
    leaves,
    placed,
    reach,
    span_of,
    stands,
    told_below,
)
from archviz.layout.levels_rows import RowsBlock
from archviz.layout.pyramid_rows import OutRows
from archviz.layout.stages import (
    BRACE_REACH,
    STAGE_GAP,
    StageSpan,
    place_stage,
    stage_room,
    text_room,
)
from archviz.layout.style import Style
from archviz.layout.symbols import SymbolBlock


class Part(NamedTuple):
    """A part of a level's row, of which the way to it enters the block ``entry``.

    ``stages``: the number of the stage of each block, -1 for none, and that of the ``way``;
    ``size``: what stands before the first one.
    """

    level: int
    row: list[Block]
    entry: int
    way: list[Block]
    stages: list[int]
    stage: int
    size: str = ""


class _Reach(NamedTuple):
    """From where to where something reaches along, and of which stage it is."""

    stage: int
    start: float
    end: float


class AggregationBlock(RowsBlock):
    """Levels over one another, 0 on the line of the row around them, and paths through them.

    The first parts are the backbone's, one a level. ``parted``: whether nothing else stands
    between what is of a stage.
    """

    outs: OutRows

    def __init__(
        self, parts: Sequence[Part], spans: Sequence[StageSpan], style: Style, outs: OutRows
    ) -> None:
        self.style, self.outs, self.spans = style, outs, spans
        self.count = outs.count
        self.parts = [self._dressed(number, parts) for number in range(len(parts))]
        self.begins = self.parts[0].row[0].begins
        self.left_gap = max(style.gap(0.45), self.parts[0].row[0].left_gap)
        self.right_gap = style.gap(0.5)
        self.pushed = [0.0] * len(parts)
        while self._columns():
            pass
        self._within()
        self._rows()
        self.parted = self._stages()

    def _dressed(self, number: int, parts: Sequence[Part]) -> Part:
        """A part with captions where no line goes on."""
        part, style, row = parts[number], self.style, list(parts[number].row)
        used: list[set[int]] = [set() for _ in row]
        if number:
            used[part.entry].add(-_turn(parts, number - 1))
        if number < len(parts) - 1 and stands(row[-1]):
            used[-1].add(_turn(parts, number))
        for place, (block, sides) in enumerate(zip(row, used, strict=True)):
            if not place and 0 < number < self.count:
                row[place] = beside(block, style, [part.size] if part.size else [], before=True)
            elif len(sides) > 1 and isinstance(block, SymbolBlock):
                row[place] = SymbolBlock(block.face._replace(wire=()), style, True, block.stubs)
            elif len(sides) > 1 and stands(block) and isinstance(block, BoxBlock):
                row[place] = CornerBox(block.face, style)
            elif 1 in sides or (not sides and style.flow.mirrored):
                row[place] = above(block, style)
        if number < len(parts) - 1:
            row[-1] = told_below(row[-1], style)
        way = [beside(one, style, before=number < self.count) for one in part.way]
        return part._replace(row=row, way=way)

    # ---- measuring ---------------------------------------------------------------------------

    def _columns(self) -> bool:
        """Where parts begin and the lines between them are; whether one has to be moved yet."""
        self.rows: list[SeriesBlock] = []
        self.starts: list[float] = []
        self.forks: list[float] = []
        self.ends: list[float] = []
        for number, part in enumerate(self.parts):
            row = SeriesBlock(part.row, self.style, self._extra(number))
            if not number:
                start = 0.0
            elif number < self.count and not stands(part.row[0]):
                start = self.forks[-1] + self.style.gap(TRUNK_TO_BOX) + row.overhang
            else:
                into = row.offsets[part.entry] + part.row[part.entry].width / 2
                turn = (number - 1) // (self.count - 1) * (self.count - 1)
                for least, at in (
                    (self._least(number, row, into), turn),
                    (self._least_apart(number, into), number - 1),
                ):
                    if (lacks := least - self.forks[-1]) > 0.01:
                        self.pushed[at] += lacks
                        return True
                start = self.forks[-1] - into
            self._append(number, row, start)
        return False

    def _extra(self, number: int) -> dict[int, float]:
        """By how much the last box is moved, if it is, for the line that leaves it."""
        part, push = self.parts[number], self.pushed[number]
        last, following = len(part.row) - 1, self.parts[min(number + 1, len(self.parts) - 1)]
        moved = last > part.entry and stands(part.row[last])
        ours = following.stages[0] == part.stages[last]
        return {last - 1: push} if push and moved and ours else {}

    def _append(self, number: int, row: SeriesBlock, start: float) -> None:
        """Let a part begin there, and the line that leaves it be where it can."""
        part, style = self.parts[number], self.style
        last = part.row[-1]
        aside = last.reach if isinstance(last, BesideBox) and not last.before else 0.0
        end = start + row.width + max(row.told, aside)
        if number < len(self.parts) - 1:
            fork = start + leaves(row, style)
            if self.pushed[number] and not self._extra(number):
                end = max(fork + self.pushed[number], end + style.gap(0.5))
                fork, self.pushed[number] = end, end - fork
            self.forks.append(fork)
        self.rows.append(row)
        self.starts.append(start)
        self.ends.append(end)

    def _least(self, number: int, row: SeriesBlock, into: float) -> float:
        """The least x of the line to a part behind the backbone's, which begins ``into`` before."""
        style, part = self.style, self.parts[number]
        if number < self.count:
            return 0.0
        aside = reach(part.way, before=True)
        before = max(at for at in range(number) if self.parts[at].level == part.level)
        gap = max(style.gap(1), self.rows[before].right_gap + row.left_gap)
        least = self.ends[before] + gap + into
        for other in range(1, number):
            if self._gap(other) == self._gap(number):
                passed = self.forks[other - 1] + reach(self.parts[other].way)
                least = max(least, passed + style.gap(0.5) + aside)
        return least

    def _least_apart(self, number: int, into: float) -> float:
        """The least x of that line where the part is of another stage than what comes before."""
        part = self.parts[number]
        ends = [one.end for one in self._reaches() if one.stage != part.stages[0]]
        if number < self.count or not ends or not self.spans:
            return 0.0
        aside = reach(part.way, before=True)
        return max(ends) + self.style.px(STAGE_GAP) + max(into, aside)

    def _gap(self, number: int) -> int:
        """The room between two rows in which the way to a part is."""
        return min(self.parts[number - 1].level, self.parts[number].level)

    def _reaches(self, sizes: bool = True) -> Iterator[_Reach]:
        """How far all reaches that has a place already, with the ``sizes`` before it or not."""
        for number, (row, start) in enumerate(zip(self.rows, self.starts, strict=True)):
            part = self.parts[number]
            for block, offset, stage in zip(row.blocks, row.offsets, part.stages, strict=True):
                before = 0.0
                if sizes and isinstance(block, BesideBox) and block.before:
                    before = block.reach
                end = start + offset + block.width + block.told
                yield _Reach(stage, start + offset - before, end)
            if number and part.way:
                fork = self.forks[number - 1]
                left, right = fork - reach(part.way, before=True), fork + reach(part.way)
                yield _Reach(part.stage, left, right)

    def _within(self) -> None:
        """The width, with everything moved inside it, and the rows to the outputs behind it."""
        style, begin = self.style, min(0.0, *(one.start for one in self._reaches()))
        for places in (self.starts, self.forks, self.ends):
            places[:] = [place - begin for place in places]
        self.width = self.outs.begin(max(self.ends) + style.gap(1))

    def _rows(self) -> None:
        """Heights of the rows, and what is free for the lines between two."""
        style, heights = self.style, [0.0]
        self.gap = max(style.row_gap(0.6), style.px(0.5))
        rows = [list(self._spans(number)) for number in range(len(self.outs.rows))]
        self.free = []
        self.lines: list[list[int]] = []
        for number, (over, under) in enumerate(pairwise(rows)):
            inner = range(1, len(self.parts)) if number < self.count - 1 else ()
            self.lines.append([at for at in inner if self._gap(at) == number])
            ways = [(self.parts[at].way, self.forks[at - 1]) for at in self.lines[-1]]
            if number >= self.count - 1:
                ways = [(self.outs.ways[number + 1], self.outs.middle(number + 1))]
            clear, ends = apart(over, under, style), list[tuple[float, float]]()
            for way, x in ways:
                left, right = x - reach(way, before=True), x + reach(way)
                low = max([0.0, *(one.under(x) for one in over if one.meets(left, right))])
                high = max([0.0, *(one.over(x) for one in under if one.meets(left, right))])
                clear = max(clear, low + self.long(way) + high)
                ends.append((low, high))
            heights.append(heights[-1] + clear)
            self.free.append([(heights[-2] + low, heights[-1] - high) for low, high in ends])
        self.heights = heights
        self.up = max(span.up for span in rows[0]) + self.outs.beyond
        downs = zip(heights, rows, strict=True)
        self.down = max(at + span.down for at, row in downs for span in row) + self.outs.beyond

    def _spans(self, level: int) -> Iterator[Span]:
        """What stands in a row, and how far it reaches."""
        parts = [(self.outs.rows[level], self.outs.starts[level])]
        for number, part in enumerate(self.parts):
            if part.level == level:
                parts.append((self.rows[number], self.starts[number]))
        for row, start in parts:
            for block, offset in zip(row.blocks, row.offsets, strict=True):
                yield span_of(block, start + offset, self.style)

    def _stages(self) -> bool:
        """Where stages reach, and the room of their titles; whether they are apart."""
        style, sizes = self.style, not all(span.brace for span in self.spans)
        reaches = list(self._reaches(sizes))
        self.along: list[tuple[float, float]] = []
        for number, span in enumerate(self.spans):
            own = [one for one in reaches if one.stage == number]
            if not own:
                return False
            left, right = min(one.start for one in own), max(one.end for one in own)
            self.along.append((left, right))
            title = text_room(span, style)[0] - (right - left) - 2 * style.px(BRACE_REACH)
            left, right = left - max(0.0, title / 2), right + max(0.0, title / 2)
            others = [one for one in reaches if one.stage != number]
            if any(one.start < right and left < one.end for one in others):
                return False
        self.across = self.up, self.down
        self.up, self.down = stage_room(self.spans, self.up, self.down, style)
        if style.flow.mirrored:
            self.up, self.down = self.down, self.up
        return True

    # ---- drawing -----------------------------------------------------------------------------

    def _place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        across = y - self.across[0], y + self.across[1]
        for span, (left, right) in zip(self.spans, self.along, strict=True):
            place_stage(span, canvas, (x + left, x + right), across, self.style)
        ports: dict[int, list[Port]] = {0: list(sources)}
        coming: Port | None = None
        for number, part in enumerate(self.parts):
            at, first = y + self.heights[part.level], part.row[part.entry]
            row, start = self.rows[number], x + self.starts[number]
            entering = ports.get(part.level, [])
            if coming and not entering and not stands(first):
                entering, coming = [coming.to((coming.x, at))], None
            ids, ports[part.level] = placed(row, canvas, start, at, entering)
            if coming:
                end = coming.x, at - _turn(self.parts, number - 1) * half(first)
                canvas.connect(coming, self.style, end, target=ids[part.entry])
            if number < len(self.parts) - 1:
                coming = self._go(canvas, number, x, y, ports[part.level][0])
        ends: dict[int, Port] = {}
        for level in range(self.count):
            ends |= self.lead_out(canvas, level, x, y, ports[level])
        self.outs.merge(canvas, x, [ends[number] for number in range(len(ends))])
        return []

    def _go(self, canvas: Canvas, number: int, x: float, y: float, port: Port) -> Port:
        """The line from a part to the next one, with what stands on it."""
        part, fork, turn = self.parts[number], x + self.forks[number], _turn(self.parts, number)
        at, last, row = y + self.heights[part.level], part.row[-1], self.rows[number]
        middle = x + self.starts[number] + row.width - last.width / 2
        if stands(last) and abs(middle - fork) < 0.01:
            port = Port(((fork, at + turn * half(last)),), source=port.source)
        else:
            port = port.branch((fork, at))
        way, gap = self.parts[number + 1].way, self._gap(number + 1)
        top, bottom = self.free[gap][self.lines[gap].index(number + 1)]
        spots = self.spots(way[::turn], y + top, y + bottom)[::turn]
        for block, spot in zip(way, spots, strict=True):
            port = self.on_line(canvas, block, fork, spot, port, turn)
        return port


def _turn(parts: Sequence[Part], number: int) -> int:
    """Whether the line from a part goes to a higher level (1) or to a lower one (-1)."""
    return 1 if parts[number + 1].level > parts[number].level else -1
