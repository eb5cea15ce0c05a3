"""The main row: one straight line of blocks, wrapped only where the medium asks for it,
with auxiliary heads tapped off between two blocks and hung where there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.aggregation_block import AggregationBlock
from archviz.layout.blocks import NEAR_BADGE, Block, ends_below
from archviz.layout.breaks import (
    Spans,
    break_blocks,
    fill_blocks,
    free_behind,
    least_lines,
    strands_of,
)
from archviz.layout.build import Builder, Drawn, Unsettled
from archviz.layout.canvas import PAD, TURN, Canvas, Port
from archviz.layout.compound import SeriesBlock
from archviz.layout.details import untold
from archviz.layout.grounds import Ground, ground_of
from archviz.layout.hidden_values import is_joint
from archviz.layout.lanes import Chosen, wire
from archviz.layout.levels_rows import RowsBlock
from archviz.layout.stages import (
    StageSpan,
    grounds_taken,
    noted,
    place_stages,
    stage_gap,
    stage_room,
)
from archviz.layout.style import Style
from archviz.layout.wires import room_of
from archviz.network.labels import shape_text
from archviz.network.model import Auxiliary, Graph, Stage, Towers
from archviz.scene.scene import Group, total

APART = 100_000.0
"""Pixels between lines while they are measured."""
LONGEST = 16
"""Boxes, with the gaps between them, in a line of a row that goes on in a next one by itself."""
TAP = 0.5
"""Units from a block's right edge to the tap behind it; also the room added for it."""
HEAD = 0.9
"""Units, where gaps are as usual, from a tap to the head that hangs there."""
BEHIND_NAME = 0.5
"""Units, where gaps are as usual, added behind taps that stand behind the name of a value."""


class AuxiliaryHead(NamedTuple):
    """An auxiliary head, tapped behind block number ``after``."""

    auxiliary: Auxiliary
    block: Block
    after: int


class MainRow(NamedTuple):
    """Blocks of the main row and the heads tapped off it."""

    blocks: tuple[Block, ...]
    heads: tuple[AuxiliaryHead, ...]
    starts: frozenset[int] = frozenset()
    """Numbers of the blocks that begin a new strand: a line of their own."""
    stages: tuple[StageSpan, ...] = ()
    named: bool = True
    """Whether a value is taken by its name, so that there may be wires."""


class RowLine(NamedTuple):
    """One line of a main row, measured: ``up`` and ``down`` include its heads and wires.

    ``anew``: a strand begins, to which no line leads from the one before; ``last``: one
    ends. ``margin``: how far wires stand out at the sides of the row.
    """

    series: SeriesBlock
    first: int
    heads: tuple[tuple[AuxiliaryHead, float, float], ...]
    """(head, x of its tap, height of its line; negative is above the row)."""
    width: float
    up: float
    down: float
    stages: tuple[StageSpan, ...] = ()
    anew: bool = True
    last: bool = True
    margin: float = 0.0
    number: int = 0
    chosen: Chosen = Chosen({})
    """The sides of lines, counted from the row's first, on which wires begin and end."""
    names: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    turned: frozenset[str] = frozenset()
    """Names of values that wires bring or take here; those for which there is no way; keys of
    layers of which the captions have to go above."""


def main_row(builder: Builder) -> MainRow:
    """The blocks of a network's main row, its input first."""
    blocks: list[Block] = []
    heads: list[AuxiliaryHead] = []
    starts: set[int] = set()
    stages: list[StageSpan] = []
    facts, detail = builder.analysis.facts, builder.style.detail

    def add(node: Drawn) -> None:
        if isinstance(node, Stage):
            start = len(blocks)
            for inner in builder.pieces(node.body):
                add(inner)
            if len(blocks) > start:
                shapes = facts[node.where].shapes
                size = shape_text(shapes[0]) if shapes else ""
                stages.append(StageSpan(node, start, len(blocks), size))
        elif isinstance(node, Auxiliary):
            ending = builder._replace(ends=untold(node.body, facts, detail))
            series = ending.series(node.body)
            if series.blocks and node.look.drawn:
                block = noted(series, node, builder.style)
                heads.append(AuxiliaryHead(node, block, len(blocks) - 1))
        elif drawn := builder.block(node):
            anew = is_joint(node) or not isinstance(node, Towers | Graph)
            if drawn.begins and blocks and anew:
                starts.add(len(blocks))
            blocks.append(drawn)

    builder = builder._replace(ends=untold(builder.body, facts, detail))
    for node in builder.pieces(builder.body):
        add(node)
    levels = bool(blocks) and isinstance(blocks[-1], AggregationBlock)  # all wires are in it
    open_above = not (heads or starts or (builder.taken and not levels))
    spans = [span._replace(brace=open_above and not span.stage.look.color) for span in stages]
    spans = [span._replace(size="") for span in spans] if levels else spans  # it tells its own
    named = bool(builder.taken)
    return MainRow(tuple(blocks), tuple(heads), frozenset(starts), tuple(spans), named)


def tapped_blocks(row: MainRow) -> frozenset[int]:
    """Numbers of the blocks behind which a head is tapped."""
    return frozenset(head.after for head in row.heads)


def longest_line(style: Style) -> float:
    """The length of :data:`LONGEST` boxes, with the gaps between them."""
    return LONGEST * (style.flow.lies(style.px(2), style.px(1))[0] + style.gap(1))


def count_lines(row: MainRow, style: Style) -> int:
    """How many lines a row takes of which none is longer than :data:`LONGEST` boxes, U's apart.

    What shapes on its wires add to a box does not make it several.
    """
    told = total(free_behind(block, style) - style.gap(1) for block in row.blocks)
    limit = longest_line(style) + told * min(1.0, LONGEST / max(len(row.blocks), 1))
    limit += max((one.width for one in row.blocks if isinstance(one, RowsBlock)), default=0.0)
    return least_lines(strands_of(row.blocks, style, tapped_blocks(row), row.starts), limit)


def break_row(row: MainRow, count: int, style: Style, slack: float = 0.0) -> Spans:
    """(start, stop) of ``count`` lines; see :func:`break_blocks`. They begin with stages."""
    stages = frozenset(edge for span in row.stages for edge in (span.start, span.stop))
    within = frozenset(n for span in row.stages for n in range(span.start + 1, span.stop))
    tapped = tapped_blocks(row)
    return break_blocks(row.blocks, count, style, tapped, row.starts, stages, slack, within)


def fill_row(row: MainRow, width: float, style: Style) -> Spans:
    """(start, stop) of lines about as long as ``width``."""
    return fill_blocks(strands_of(row.blocks, style, tapped_blocks(row), row.starts), width)


def measure_lines(
    row: MainRow, spans: Sequence[tuple[int, int]], style: Style
) -> tuple[RowLine, ...]:
    """Lines of a row with the wires of named values between them."""
    return with_wires(row, [measure_line(row, *span, style) for span in spans], style)


def with_wires(row: MainRow, lines: Sequence[RowLine], style: Style) -> tuple[RowLine, ...]:
    """Lines of a row with the room for the wires of named values, which make none smaller."""
    if not row.named:
        return tuple(lines)
    grounds: list[Ground] = []
    for number, line in enumerate(lines):
        canvas, y = Canvas("measured", style.flow), number * APART
        place_line(line, canvas, 0.0, y, Port(((-1.0, y),)), style)
        ground = ground_of(canvas.items(), canvas.pins, y, style.flow, line.anew)
        grounds.append(ground._replace(right=line.width))
    wiring = wire(grounds, style)
    widest = max(line.width for line in lines)
    sides = [max(-x, x - widest) + style.px(0.2) for x in wiring.beside.values()]
    return tuple(
        line._replace(
            up=max(line.up, up),
            down=max(line.down, down),
            margin=max(sides, default=0.0),
            names=frozenset(pin.name for pin in ground.pins),
            failed=wiring.failed.intersection(pin.name for pin in ground.pins),
            turned=wiring.turned,
            number=number,
            chosen=wiring.chosen,
        )
        for number, (line, ground, (up, down)) in enumerate(
            zip(lines, grounds, room_of(wiring, grounds, style), strict=True)
        )
    )


def measure_line(row: MainRow, start: int, stop: int, style: Style) -> RowLine:
    """Blocks ``start`` to ``stop`` as one line, with the heads tapped off it hung."""
    heads = [head for head in row.heads if start <= head.after < stop]
    turns = {
        head.after - start: style.px(TAP) if ends_below(row.blocks[start : head.after + 1]) else 0.0
        for head in heads
    }
    extra = {
        index: turn
        + style.px(TAP) * sum(head.after - start == index for head in heads)
        + (style.gap(BEHIND_NAME) if row.blocks[start + index].behind else 0.0)
        for index, turn in turns.items()
    }
    stages = [span for span in row.stages if span.start < stop and span.stop > start]
    for span in stages:
        gap = stage_gap(span, row.blocks[span.start : span.stop], style)
        for index in {span.start - 1 - start, span.stop - 1 - start}:
            extra[index] = extra.get(index, 0.0) + gap
    series = SeriesBlock(row.blocks[start:stop], style, extra)
    taken = [
        (offset, offset + block.width, block.up, block.down)
        for block, offset in zip(series.blocks, series.offsets, strict=True)
    ]
    taken += grounds_taken(stages, series, start, style)
    placed: list[tuple[AuxiliaryHead, float, float]] = []
    width, up, down = series.width, series.up, series.down
    if stop < len(row.blocks) and stop not in row.starts:  # what stands at its end belongs to it
        width += series.told
    for number, head in reversed(list(enumerate(heads))):
        index = head.after - start
        before = sum(other.after == head.after for other in heads[:number])
        right = series.offsets[index] + series.blocks[index].width + turns[index]
        tap = right + series.blocks[index].told + style.px(TAP) * (before + 1)
        if any(span.stop == head.after + 1 and not span.brace for span in stages):
            tap += style.px(PAD) / 2  # clear of the end of its ground
        height = _hang(head, tap, taken, style)
        end = tap + style.gap(HEAD) + head.block.width
        placed.append((head, tap, height))
        above, below = head.block.up - height, head.block.down + height
        if height < 0:
            taken.append((tap, end, above, 0.0))
        else:
            taken.append((tap, end, 0.0, below))
        width, up, down = max(width, end), max(up, above), max(down, below)
    up, down = stage_room(stages, up, down, style)
    return RowLine(
        series,
        start,
        tuple(reversed(placed)),
        width,
        up,
        down,
        tuple(stages),
        anew=not start or start in row.starts,
        last=stop == len(row.blocks) or stop in row.starts,
    )


def unsettled(lines: Sequence[RowLine]) -> Unsettled:
    """What is not settled yet of the wires of these lines."""
    none = frozenset[str]()
    failed, turned = (line.failed for line in lines), (line.turned for line in lines)
    return Unsettled(none.union(*failed), none.union(*turned))


def turn_room(lines: Sequence[RowLine], style: Style) -> float:
    """How far the line from one line of a row to the next stands out at its sides."""
    clear = style.metric("badge") / 2 + style.px(NEAR_BADGE)  # of the last box
    pad = style.px(PAD) if any(line.stages for line in lines) else 0.0
    return max(style.gap(TURN), clear) + pad


def _hang(
    head: AuxiliaryHead,
    tap: float,
    taken: Sequence[tuple[float, float, float, float]],
    style: Style,
) -> float:
    """Height of a head's line: as near to the row as there is room, above if it can be."""
    end = tap + style.gap(HEAD) + head.block.width
    room = style.px(0.3)
    near = [box for box in taken if box[1] > tap - room and box[0] < end + room]
    clear = style.row_gap(0.5)
    above = max((box[2] for box in near), default=0.0) + clear + head.block.down
    below = max((box[3] for box in near), default=0.0) + clear + head.block.up
    if head.auxiliary.side == "above":
        return -above
    if head.auxiliary.side == "below":
        return below
    return -above if above <= below + style.px(1.5) else below


def place_line(
    line: RowLine, canvas: Canvas, x: float, y: float, source: Port | None, style: Style
) -> Port | None:
    """Draw a line of the row at (x, y), entered from ``source``; the port it ends in."""
    ports = [source] if source and not line.anew else []
    if line.stages:
        place_stages(line.stages, line.series, line.first, canvas, x, y, style)
    taps: dict[int, list[tuple[AuxiliaryHead, float, float]]] = {}
    for entry in line.heads:
        taps.setdefault(entry[0].after - line.first, []).append(entry)
    for index, (block, offset) in enumerate(
        zip(line.series.blocks, line.series.offsets, strict=True)
    ):
        ports = block.place(canvas, x + offset, y, ports)
        last = index == len(line.series.blocks) - 1
        if index in taps and abs(ports[0].y - y) > 0.01:
            turn = x + taps[index][0][1] - style.px(TAP)
            ports = [ports[0].to((turn, ports[0].y), (turn, y))]
        for entry in taps.get(index, ()):
            joint = (x + entry[1], y)
            _place_head(entry, canvas, x, y, ports[0], last, style)
            if last:  # the head has drawn the line as far as its tap
                ports = [ports[0].branch(joint)]
    return ports[0] if ports else None


def _place_head(
    entry: tuple[AuxiliaryHead, float, float],
    canvas: Canvas,
    x: float,
    y: float,
    port: Port,
    last: bool,
    style: Style,
) -> None:
    """Draw a head: up or down from its tap, then along its own line."""
    head, tap, height = entry
    joint = (x + tap, y)
    corner = (x + tap, y + height)
    source = port.to(joint, corner) if last else port.branch(joint, corner)
    inner = Canvas(canvas.new_id(), canvas.flow)
    head.block.place(inner, x + tap + style.gap(HEAD), y + height, [source])
    canvas.lines += inner.back + inner.lines
    canvas.pins += inner.pins
    canvas.loose += inner.loose
    look = head.auxiliary.look
    name = look.title or head.auxiliary.name or "Auxiliary classifier"
    canvas.front.append(
        Group(inner.prefix, "auxiliary", name, "", head.auxiliary.where, tuple(inner.front))
    )
