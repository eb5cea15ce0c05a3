"""Blocks made of blocks: series, repeats, towers and residual modules.

Measured bottom-up when they are built, placed top-down; every connector is drawn by the
block that it enters. See :mod:`archviz.layout.blocks` for the protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import pairwise

from archviz.layout.blocks import NEAREST, Block, BoxBlock, DotsBlock, ends_below
from archviz.layout.canvas import BUS_TO_MERGE, TURN, Canvas, Port
from archviz.layout.flow import Side
from archviz.layout.style import Style
from archviz.scene.text import text_width

TRUNK_TO_BOX = 0.9
BOX_TO_BUS = 0.6
BRACKET_PAD, ARM = 0.36, 0.3
TWICE = 0.96
"""Units of a merge's side for the lines of one value where nothing else enters."""
BESIDE_LINE = (0.3, 4.0)
"""Units and pixels: a tower that is nearer to the line of all of them stands on it."""
BADGE_PAD, BADGE_TO_BUS, CAPTION_TO_BUS = 0.14, 0.05, 0.15
"""Units between a badge and a bracket, and the bus; between the bus and captions of a merge."""


class SeriesBlock(Block):
    """Blocks one after another on one line; without any, the line passes through.

    ``extra`` adds room behind a block (by its index), for a tap.
    """

    def __init__(
        self, blocks: Sequence[Block], style: Style, extra: dict[int, float] | None = None
    ) -> None:
        # brackets are levelled in one series, and alone in others that are made of its blocks
        self.blocks = [one.alone() if isinstance(one, RepeatBlock) else one for one in blocks]
        self.style = style
        level_brackets(self.blocks)
        self.offsets: list[float] = []
        x = 0.0
        for index, block in enumerate(self.blocks):
            if index:
                before = self.blocks[index - 1]
                named = before.badges[1] + block.clear if block.clear else 0.0
                x += max(before.right_gap + block.left_gap, named)
                x += (extra or {}).get(index - 1, 0.0)
            self.offsets.append(x)
            x += block.width
        self.width = x
        self.up = max((block.up for block in self.blocks), default=style.px(0.12))
        self.down = max((block.down for block in self.blocks), default=style.px(0.12))
        if self.blocks:
            self.begins = self.blocks[0].begins
            self.left_gap = self.blocks[0].left_gap
            self.right_gap = self.blocks[-1].right_gap
            self.overhang = self.blocks[0].overhang
            self.badges = self.blocks[0].badges[0], self.blocks[-1].badges[1]
            self.end = ends_below(self.blocks)
            self.told = self.blocks[-1].told
            if self.blocks[0].named and len(self.blocks) > 1:
                self.overhang = self.offsets[1] + self.blocks[1].overhang

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        ports = list(sources)
        for block, offset in zip(self.blocks, self.offsets, strict=True):
            alone = block.begins and block is not self.blocks[0]
            ports = block.place(canvas, x + offset, y, [] if alone else ports)
        return ports


def inner_side(style: Style) -> float:
    """How far the line from one line to the next stands out at both sides of a series."""
    return max(style.gap(TURN), style.px(0.6))


class WrappedBlock(Block):
    """A series in several lines, each beginning below the one before; it ends in the last."""

    def __init__(self, lines: Sequence[SeriesBlock], style: Style) -> None:
        self.lines = list(lines)
        self.style = style
        self.side = inner_side(style)
        self.heights = stack(self.lines, style.row_gap(0.5) + style.px(0.2))
        badges = max([line.badges[1] for line in self.lines[:-1]], default=0.0)
        badges = max(badges, self.lines[-1].told)
        turn = max(0.0, badges + style.px(0.2) - 0.75 * self.side)  # keeps clear of the last badges
        self.width = max(line.width for line in self.lines) + 2 * self.side + turn
        self.up = self.lines[0].up
        self.down = self.heights[-1] + self.lines[-1].down
        self.left_gap = self.lines[0].left_gap
        self.right_gap = self.lines[-1].right_gap
        self.end = self.heights[-1] + self.lines[-1].end

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        ports = list(sources)
        for number, (line, height) in enumerate(zip(self.lines, self.heights, strict=True)):
            if number:
                above = self.lines[number - 1]
                bottom, top = y + self.heights[number - 1] + above.down, y + height - line.up
                out = x + self.width - self.side / 4
                ports = [ports[0].turn(out, (bottom + top) / 2, x + self.side / 4, y + height)]
            ports = line.place(canvas, x + self.side, y + height, ports)
        return ports


class RepeatBlock(Block):
    """Square brackets round what repeats, with ×N below the boxes (in a panel: above).

    Where captions stand at the side, ×N does so too, outside of the brackets.
    """

    def __init__(self, content: Block, text: str, style: Style) -> None:
        self.content = content
        self.style = style
        self.text = text
        self.size = style.metric("caption") * (1.0 if style.in_panel else 1.1)
        pads = [max(style.px(BRACKET_PAD), out + style.px(BADGE_PAD)) for out in content.badges]
        if not style.flow.vertical:  # the text stands between them, or between their arms
            room = text_width(text, self.size) + 2 * style.px(ARM * style.in_panel + BADGE_PAD)
            wider = max(0.0, room - content.width - sum(pads)) / 2
            pads = [pad + wider for pad in pads]
        self.pad = pads[0]
        self.overhang = self.pad + content.overhang
        self.width = content.width + pads[0] + pads[1]
        self.left_gap = max(style.px(0.2), content.left_gap - pads[0])
        self.right_gap = max(style.px(0.2), content.right_gap - pads[1])
        self.end = content.end
        self.text_side: Side = "middle"
        self._reach()

    def alone(self) -> RepeatBlock:
        """The same with brackets that reach as far as its own content asks for."""
        other = copy(self)
        other._reach()
        return other

    def _reach(self) -> None:
        """How far brackets and text reach across."""
        px, content = self.style.px, self.content
        if self.style.flow.vertical:
            self.bracket_up = max(px(1.2), content.up + px(0.2))
            self.bracket_down = max(px(1.2), content.down + px(0.2))
            self.text_at, self.text_side = self.bracket_down + px(0.2), "after"
            self.up = self.bracket_up
            self.down = self.text_at + text_width(self.text, self.size)
            return
        if self.style.in_panel:
            away = max(px(0.22), (0.55 if self.text[:1] == "×" else 0.8) * self.size)
            self.bracket_up = max(content.up, px(0.5)) + away
            self.bracket_down = max(content.down, px(0.5)) + away
            self.text_at = -self.bracket_up
            self.up = self.bracket_up + self.size * 0.5
            self.down = self.bracket_down + px(0.04)
            return
        self.text_at = max(px(1.0), content.down + px(0.34))
        self.bracket_up = max(px(1.5), content.up + px(0.2))
        self.bracket_down = max(px(1.5), self.text_at + px(0.4))
        self.up = self.bracket_up + px(0.04)
        self.down = self.bracket_down + px(0.04)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        top, bottom = y - self.bracket_up, y + self.bracket_down
        arm, fill = self.style.px(ARM), self.style.theme.color("caption")
        canvas.bracket(x, top, bottom, arm, self.style)
        canvas.bracket(x + self.width, top, bottom, -arm, self.style)
        middle, side = (x + self.width / 2, y + self.text_at), self.text_side
        canvas.label(*middle, self.text, self.size, fill, across=side, role="repeat")
        return self.content.place(canvas, x + self.pad, y, sources)


def level_brackets(blocks: Sequence[Block]) -> None:
    """Let the brackets of one row end level, and what stands at them."""
    repeats = [block for block in blocks if isinstance(block, RepeatBlock)]
    if len(repeats) < 2:
        return
    highest = max(repeats, key=lambda block: block.bracket_up)
    lowest = max(repeats, key=lambda block: block.bracket_down)
    up, down = highest.bracket_up, lowest.bracket_down
    text_at = -up if lowest.text_at < 0 else lowest.text_at
    for block in repeats:
        block.up += up - block.bracket_up
        block.down += down - block.bracket_down
        block.bracket_up, block.bracket_down, block.text_at = up, down, text_at


def stack(blocks: Sequence[Block], gap: float) -> list[float]:
    """Heights of the lines of ``blocks`` stacked with ``gap`` between, from 0 downwards."""
    heights = [0.0]
    for upper, lower in pairwise(blocks):
        heights.append(heights[-1] + upper.down + gap + lower.up)
    return heights


def stagger(
    branches: Sequence[Block], heights: Sequence[float], entered: bool, style: Style
) -> float:
    """Let wires arrive at towers that go on from named values one left of the other.

    Those above the line that enters the others come from above, the upper ones further
    right; the rest from below. Returns the room that it takes.
    """
    starts = [
        (height, branch.blocks[0])
        for branch, height in zip(branches, heights, strict=True)
        if isinstance(branch, SeriesBlock) and branch.blocks and branch.blocks[0].wired
    ]
    above = [start for height, start in starts if height < 0 or not entered]
    below = [start for height, start in reversed(starts) if start not in above]
    for side in (above, below):
        for place, start in enumerate(side):
            start.back = style.px(0.34) * place
    return max((start.back for _, start in starts), default=0.0)


def ends_of(block: Block) -> list[float]:
    """Heights of the lines in which a block ends, from that which enters it."""
    if isinstance(block, SeriesBlock) and block.blocks:
        return ends_of(block.blocks[-1])
    if isinstance(block, WrappedBlock):
        return [block.heights[-1] + end for end in ends_of(block.lines[-1])]
    if isinstance(block, TowersBlock) and not block.merge:
        rows = zip(block.branches, block.heights, strict=True)
        return [height + end for branch, height in rows for end in ends_of(branch)]
    return [] if isinstance(block, DotsBlock) else [0.0]


class TowersBlock(Block):
    """Towers between a trunk at the left and a bus at the right.

    With a ``merge`` they stand centred about the line; without (a fork inside a tower)
    the first stays on the line and the ends are left to whatever merges them. Towers that
    begin with an input have no trunk; where all but one do, that one stays on the line.
    Where nothing stands in any, each enters the merge by itself (``twice``).
    """

    def __init__(
        self,
        branches: Sequence[Block],
        merge: BoxBlock | None,
        style: Style,
        centred: bool = False,
        gap: float = 0.34,
    ) -> None:
        self.branches = list(branches)
        self.merge = merge
        self.style = style
        self.twice = merge is not None and all(
            isinstance(branch, SeriesBlock) and not branch.blocks for branch in branches
        )
        heights = stack(self.branches, style.row_gap(gap))
        if self.twice:
            pitch = style.px(TWICE) / len(self.branches)
            heights = [pitch * place for place in range(len(self.branches))]
        entered = [h for h, one in zip(heights, self.branches, strict=True) if not one.begins]
        self.begins = not entered
        level = heights[-1] / 2 if merge or centred else 0.0
        rows = zip(self.branches, heights, strict=True)
        lines = [
            height + end
            for branch, height in rows
            for ends in [ends_of(branch)]
            for end in (ends and [0.0, *ends])
        ]
        nearest = min(lines, key=lambda height: abs(height - level))
        if len(entered) == 1:
            level = entered[0]
        elif (
            abs(nearest - level) < max(style.px(BESIDE_LINE[0]), BESIDE_LINE[1]) and not self.twice
        ):
            level = nearest
        self.heights = [height - level for height in heights]
        self.lead = style.gap(TRUNK_TO_BOX)
        overhangs = [branch.overhang for branch in self.branches]
        self.lead += max(0.0, max(overhangs) - style.gap(NEAREST))
        self.lead += stagger(self.branches, self.heights, not self.begins, style)
        inner = max(branch.width - branch.overhang for branch in self.branches)
        self.ends = self.lead + inner
        self.width = self.ends
        badges = max(b.width - b.overhang + b.badges[1] for b in self.branches) - inner
        self.up = max(
            branch.up - height for branch, height in zip(self.branches, self.heights, strict=True)
        )
        self.down = max(
            branch.down + height for branch, height in zip(self.branches, self.heights, strict=True)
        )
        self.left_gap = style.gap(0.45)
        self.right_gap = style.px(0.1)
        self.badges = 0.0, max(0.0, badges)
        self.told = self.badges[1] if any(one.told for one in self.branches) else 0.0
        if merge:
            bus = 0.0 if self.twice else max(style.gap(BOX_TO_BUS), badges + style.px(BADGE_TO_BUS))
            ahead = merge.badges[0] + style.px(BADGE_TO_BUS) if merge.badges[0] else 0.0
            self.to_merge = max(style.gap(BUS_TO_MERGE), ahead)
            self.merge_at = self.ends + bus + self.to_merge
            self.width = self.merge_at + merge.width
            self.up, self.down = max(self.up, merge.up), max(self.down, merge.down)
            self.right_gap, self.badges = merge.right_gap, (0.0, merge.badges[1])
            self.told = merge.told

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port, or none for inputs."""
        ports: list[Port] = []
        drawn = [not (branch.begins or isinstance(branch, DotsBlock)) for branch in self.branches]
        levels = [height for height, real in zip(self.heights, drawn, strict=True) if real]
        for branch, height, real in zip(self.branches, self.heights, drawn, strict=True):
            trunk = self._trunk(sources[0], x, y, height, levels) if real else None
            left = x + self.lead - branch.overhang
            if isinstance(branch, DotsBlock):  # they stand in the middle of the towers
                left += max(0.0, self.ends - self.lead - branch.width) / 2
            ports += branch.place(canvas, left, y + height, [trunk] if trunk else [])
        if not self.merge:
            return ports
        if self.twice:
            left = x + self.merge_at
            merged = self.merge.place(canvas, left, y, [])
            for port in ports:
                at = left + self.merge.inset(port.y - y), port.y
                canvas.connect(port, self.style, at, target=merged[0].source)
            return merged
        merge, near = self.merge, self.style.px(CAPTION_TO_BUS)
        beside = self.to_merge
        if merge.captions and merge.overhang + 2 * near > self.style.gap(BUS_TO_MERGE):
            beside = 2 * near
        if beside != self.style.gap(BUS_TO_MERGE):
            ports = [port._replace(bus=x + self.merge_at - beside) for port in ports]
        return merge.place(canvas, x + self.merge_at, y, ports)

    def _trunk(self, source: Port, x: float, y: float, height: float, levels: list[float]) -> Port:
        """The port at which a tower starts; the outermost towers draw the trunk."""
        at = (x, y + height)
        if abs(height) < 0.01:
            return source.to(at)
        top, bottom = levels[0], levels[-1]
        level = any(abs(other) < 0.01 for other in levels)
        if height == (top if top < 0 else bottom) and not level:
            return source.to((x, y), at)
        if (height == top and top < 0) or (height == bottom and bottom > 0):
            return source.branch((x, y), at)
        return Port((at,), (*source.lead, *source.pen, (x, y)), source.source)


class ResidualBlock(Block):
    """A main path on the line, and below it a shortcut that enters the merge from underneath;
    above it where captions stand below (see :attr:`archviz.layout.flow.Flow.shortcut`)."""

    def __init__(self, main: Block, shortcut: Block, merge: BoxBlock, style: Style) -> None:
        self.main, self.shortcut, self.merge, self.style = main, shortcut, merge, style
        overhang = max(main.overhang, shortcut.overhang)
        self.lead = style.gap(TRUNK_TO_BOX) + max(0.0, overhang - style.gap(NEAREST))
        main_width = main.width - main.overhang
        shortcut_width = shortcut.width - shortcut.overhang
        gap = main.right_gap + merge.left_gap if main_width else style.gap(1)
        if (
            isinstance(main, SeriesBlock)
            and main.blocks
            and isinstance(main.blocks[-1], TowersBlock)
        ):
            gap = max(gap, style.gap(BOX_TO_BUS + BUS_TO_MERGE))
            gap = max(gap, main.told + style.gap(BUS_TO_MERGE)) if main.told else gap
        clear_right = max(style.metric("badge") / 2, shortcut.told) + style.px(0.15)
        self.merge_at = self.lead + max(
            main_width + gap, shortcut_width + clear_right - merge.width / 2
        )
        self.width = self.merge_at + merge.width
        clear = style.row_gap(0.34) if shortcut_width else style.row_gap(0.45)
        self.side = style.flow.shortcut
        self.up, self.down = max(main.up, merge.up), max(main.down, merge.down)
        if self.side > 0:
            self.depth = max(self.down, style.px(0.5)) + clear + shortcut.up
            self.down = self.depth + shortcut.down
        else:
            self.depth = max(self.up, style.px(0.5)) + max(clear, style.px(0.6)) + shortcut.down
            self.up = self.depth + shortcut.up
        self.left_gap = style.gap(0.45)
        self.right_gap, self.badges = merge.right_gap, (0.0, merge.badges[1])
        self.told = merge.told

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; ``sources`` is a single port."""
        source = sources[0]
        below = y + self.side * self.depth
        lead = source.to if self.main.begins else source.branch
        fork = lead((x, y), (x, below))._replace(dashed=self.merge.face.dashed)
        main = x + self.lead - self.main.overhang
        ends = self.main.place(canvas, main, y, [source.to((x, y))])
        left = x + self.merge_at
        merged = self.merge.place(canvas, left, y, ends)
        entry = (left + self.merge.width / 2, y + self.side * self.merge.height / 2)
        side = self.shortcut.place(canvas, x + self.lead - self.shortcut.overhang, below, [fork])
        for port in side[:1]:
            port = port._replace(dashed=self.merge.face.dashed)
            canvas.connect(port, self.style, (entry[0], below), entry, target=merged[0].source)
        return merged
