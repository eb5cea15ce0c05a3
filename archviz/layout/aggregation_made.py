"""The blocks of a pyramid with paths through its levels, made of its nodes."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.aggregation import Aggregation, Step
from archviz.layout.aggregation_block import AggregationBlock, Part
from archviz.layout.blocks import Block, BoxBlock
from archviz.layout.levels import shapes_behind
from archviz.layout.levels_made import Builder
from archviz.layout.levels_parts import OutRow, stands
from archviz.layout.pyramid_rows import OutRows
from archviz.layout.stages import StageSpan
from archviz.network.labels import shape_text
from archviz.network.model import Node


def aggregation_block(net: Aggregation, builder: Builder) -> Block | None:
    """The block of a pyramid, its smallest level on top where the flow goes right.

    None where lines cannot enter and leave boxes where they have to, or stages overlap.
    """
    builder = builder._replace(taken=frozenset())
    if not builder.style.flow.vertical:
        flow = builder.style.flow._replace(mirrored=True)
        builder = builder._replace(style=builder.style._replace(flow=flow))
    parts = [_part(step, net, builder) for step in net.steps]
    outs, merges = (
        [
            OutRow(out.name, out.caption, builder.blocks(out.row), builder.blocks(out.way), out.tap)
            for out in found
        ]
        for found in (net.outs, net.merges)
    )
    whole = all(part.row for part in parts) and all(out.whole for out in outs)
    if not whole or not all(_enters(part, number) for number, part in enumerate(parts)):
        return None
    count = 1 + max(step.level for step in net.steps)
    spans = [StageSpan(stage, 0, 0, brace=not stage.look.color) for stage, _ in net.stages]
    rows = OutRows(outs, merges, count, builder.style)
    block = AggregationBlock(parts, spans, builder.style, rows)
    return block if block.parted else None


def _part(step: Step, net: Aggregation, builder: Builder) -> Part:
    """The blocks of a step, with the numbers of the stages that they are of."""
    row, stages, entry = list[Block](), list[int](), 0
    for node in (*step.beside, *((step.merge,) if step.merge else ()), *step.row):
        if step.merge and node is step.merge:
            entry = len(row)
            made: Block | None = builder.merge(step.merge)
        else:
            made = builder.block(node)
        if made:
            row.append(made)
            stages.append(_stage(node, net))
    sized = not step.merge and not builder.beside.bare
    shapes = shapes_behind(step.row[0], builder.analysis.facts) if sized else ()
    size = (
        shape_text(shapes[0]) if len(shapes) == 1 and "shapes" not in builder.style.detail else ""
    )
    way = [_stage(node, net) for node in step.way]
    return Part(
        step.level, row, entry, builder.blocks(step.way), stages, max(way, default=-1), size
    )


def _stage(node: Node, net: Aggregation) -> int:
    """The number of the stage that a node is of; -1 for none."""
    found = (number for number, (_, nodes) in enumerate(net.stages) if id(node) in nodes)
    return next(found, -1)


def _enters(part: Part, number: int) -> bool:
    """Whether lines can enter a part, and nothing in it begins anew."""
    blocks: Sequence[Block] = [*part.row[number == 0 :], *part.way]
    merge = part.row[part.entry]
    if part.entry and not isinstance(merge, BoxBlock):
        return False
    return all(map(stands, part.way)) and not any(block.begins for block in blocks)
