"""Where a row that is too long goes on in a next line."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from archviz.layout.blocks import Block, BoxBlock
from archviz.layout.compound import RepeatBlock
from archviz.layout.style import Style
from archviz.scene.scene import total

UNNATURAL = 0.12
"""Of a line's length: how far off its best length it ends in a natural place instead."""
Spans = list[tuple[int, int]]


class Strand(NamedTuple):
    """Numbers of the blocks with which lines may begin, and where they stand on one line.

    The last is that behind the strand's end.
    """

    places: tuple[int, ...]
    at: tuple[float, ...]

    def reach(self, place: int, limit: float) -> int:
        """The place that ends a line from ``place``, if it is no longer than ``limit``."""
        end = bisect_right(self.at, self.at[place] + limit * (1 + 1e-9)) - 1
        return max(place + 1, end)

    def fill(self, limit: float) -> list[int]:
        """Places of the ends of lines no longer than ``limit``, where that can be."""
        ends = [0]
        while ends[-1] < len(self.places) - 1:
            ends.append(self.reach(ends[-1], limit))
        return ends


def strands_of(
    blocks: Sequence[Block],
    style: Style,
    tapped: frozenset[int] = frozenset(),
    starts: frozenset[int] = frozenset(),
) -> list[Strand]:
    """The strands of a row, each of which begins with a block of ``starts``."""
    at = [0.0, *accumulate(block.width + free_behind(block, style) for block in blocks)]
    barred = {index for index, block in enumerate(blocks) if block.behind or index - 1 in tapped}
    strands: list[Strand] = []
    for first, last in pairwise([0, *sorted(starts - {0}), len(blocks)]):
        inside = (place for place in range(first + 1, last) if place not in barred)
        places = (first, *inside, last)
        strands.append(Strand(places, tuple(at[place] for place in places)))
    return strands


def free_behind(block: Block, style: Style) -> float:
    """What is free behind a block, as far as that does not depend on the next one."""
    return max(style.gap(1), block.told + style.gap(0.5)) if block.told else style.gap(1)


def least_lines(strands: Sequence[Strand], limit: float) -> int:
    """In how many lines no longer than ``limit`` strands go, where that can be."""
    return sum(len(strand.fill(limit)) - 1 for strand in strands)


def break_blocks(
    blocks: Sequence[Block],
    count: int,
    style: Style,
    tapped: frozenset[int] = frozenset(),
    starts: frozenset[int] = frozenset(),
    natural: frozenset[int] = frozenset(),
    slack: float = 0.0,
    within: frozenset[int] = frozenset(),
) -> Spans:
    """(start, stop) of ``count`` lines of blocks, the longest as short as can be, all alike.

    A line does not end in a block of which the index is in ``tapped``, nor behind a block
    of which the name hangs there. A line begins with each block of ``starts``; rather than
    elsewhere with one of ``natural``, or behind a repeat or a pooling but for those ``within``
    a stage, even where the longest line becomes longer by the share ``slack``.
    """
    strands = strands_of(blocks, style, tapped, starts)
    count = max(count, len(strands))
    least, most = 0.0, total(strand.at[-1] - strand.at[0] for strand in strands)
    for _ in range(40 if count > len(strands) else 0):
        limit = (least + most) / 2
        if least_lines(strands, limit) <= count:
            most = limit
        else:
            least = limit
    natural |= {index for index, block in enumerate(blocks, 1) if _closes(block)} - within
    spans: Spans = []
    for strand in strands:
        ends = strand.fill(most)
        longest = max(strand.at[end] - strand.at[start] for start, end in pairwise(ends))
        for share in (slack, 0.0):
            room = max(most, longest) * (1 + share)
            even = _even_lines(strand, len(ends) - 1, room, natural, within)
            if even:
                ends = even
                break
        spans += pairwise(strand.places[end] for end in ends)
    return spans


def fill_blocks(strands: Sequence[Strand], limit: float) -> Spans:
    """(start, stop) of lines, each as long as can be, none longer than ``limit`` if that goes."""
    return [
        span
        for strand in strands
        for span in pairwise(strand.places[end] for end in strand.fill(limit))
    ]


def _closes(block: Block) -> bool:
    """Whether what follows a block is something new: a repeat ends, or a pooling."""
    return isinstance(block, RepeatBlock) or (
        isinstance(block, BoxBlock) and block.face.role == "pool"
    )


def _even_lines(
    strand: Strand, count: int, limit: float, natural: frozenset[int], within: frozenset[int]
) -> list[int]:
    """Ends of ``count`` lines about as long as one another, none longer than ``limit``.

    None where that does not go.
    """
    places, at = strand
    last = len(places) - 1
    begins = [last]  # where a line may begin at the earliest, for the rest to have room
    for _ in range(count - 1):
        begins.append(bisect_left(at, at[begins[-1]] - limit * (1 + 1e-9)))
    mean = (at[-1] - at[0]) / count
    ends = [0]
    for number in range(1, count):
        ideal = at[0] + mean * number
        reach = min(strand.reach(ends[-1], limit), last - 1)
        cost = {
            place: abs(at[place] - ideal) / mean
            + UNNATURAL * ((places[place] not in natural) + (places[place] in within))
            for place in range(max(ends[-1] + 1, begins[count - number]), reach + 1)
        }
        if not cost:
            return []
        ends.append(min(cost, key=lambda place: cost[place]))
    return [*ends, last]
