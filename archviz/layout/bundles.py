"""Modules that hand several values straight to the next: level arrows beside one another.

As in figure 1 of "Deep High-Resolution Representation Learning for Visual Recognition" (2019),
where maps of several sizes go side by side from stage to stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from archviz.layout.blocks import BoxBlock, Face
from archviz.layout.canvas import Canvas, Port
from archviz.layout.compound import SeriesBlock
from archviz.network.model import ModuleCall

if TYPE_CHECKING:
    from archviz.layout.levels import Piece
    from archviz.layout.style import Style

APART = 0.62
"""Units between two arrows from one box to the next."""
Handed = frozenset[str]
"""Names of values that one call gives, and that only the next one takes."""


class Bundle(NamedTuple):
    """Calls one after another, each of which hands values of its own to the next."""

    calls: tuple[ModuleCall, ...]
    handed: tuple[Handed, ...]
    """What each but the last hands on."""

    def __len__(self) -> int:
        return len(self.calls)


def bundled(pieces: Sequence[Piece], counts: Mapping[str, int]) -> list[Piece | Bundle]:
    """``pieces`` with such calls as one; ``counts``: how often each value is taken.

    Where no call hands on more than one value besides what goes out, wires say it better.
    """
    found: list[Piece | Bundle] = []
    for piece in pieces:
        last = found[-1] if found else None
        handed = _handed(last, piece, counts)
        if not handed or not isinstance(piece, ModuleCall):
            found.append(piece)
        elif isinstance(last, Bundle):
            found[-1] = Bundle((*last.calls, piece), (*last.handed, handed))
        elif isinstance(last, ModuleCall):
            found[-1] = Bundle((last, piece), (handed,))
    whole: list[Piece | Bundle] = []
    for one in found:
        single = isinstance(one, Bundle) and all(len(names) == 1 for names in one.handed)
        whole += one.calls if isinstance(one, Bundle) and single else [one]
    return whole


def _handed(last: Piece | Bundle | None, piece: Piece, counts: Mapping[str, int]) -> Handed:
    """What ``last`` hands to ``piece`` alone, where both are drawn."""
    call = last.calls[-1] if isinstance(last, Bundle) else last
    if not isinstance(call, ModuleCall) or not isinstance(piece, ModuleCall):
        return frozenset()
    if not (call.look.drawn and piece.look.drawn):
        return frozenset()
    taken = [value for _, value in piece.inputs]
    given = {name for _, name in call.gives if counts.get(name) == 1}
    return frozenset(name for name in given if taken.count(name) == 1)


class TallBox(BoxBlock):
    """A box that ``rows`` level arrows enter or leave, the first of them on its line."""

    def __init__(self, face: Face, style: Style, rows: int, stubs: frozenset[str]) -> None:
        self.rows = rows
        super().__init__(face, style, stubs=stubs)
        self.lower = (rows - 1) * style.px(APART) / 2
        self.up, self.down = self.up - self.lower, self.down + self.lower

    def glyph(self) -> tuple[float, float]:
        """See :meth:`BoxBlock.glyph`."""
        along, across = super().glyph()
        return along, across + (self.rows - 1) * self.style.px(APART)

    def entered(
        self, canvas: Canvas, x: float, y: float, rows: Sequence[Sequence[Port]]
    ) -> list[Port]:
        """Draw it, with what comes in at each of its first rows; the ports of all its rows."""
        left = x + (self.width - self.box_width) / 2
        middle, pitch = y + self.lower, self.style.px(APART)
        shape = self.shape(canvas, left, middle)
        for row, sources in enumerate(rows):
            if sources:
                at, dashed = y + row * pitch, self.face.dashed
                canvas.arrow_into(sources, self.style, left, at, shape.id, dashed)
        for name, slot in zip(self.face.gives + self.face.takes, self.slots, strict=False):
            self._pin(canvas, shape, name, left + self.box_width / 2 + slot, middle)
        right = left + self.box_width
        return [Port(((right, y + row * pitch),), source=shape.id) for row in range(self.rows)]


class BundleBlock(SeriesBlock):
    """The boxes of such calls, with the arrows between them.

    ``handed``: how many arrows lead from each box to the next, besides the one on the line.
    """

    def __init__(self, boxes: Sequence[TallBox], handed: Sequence[int], style: Style) -> None:
        super().__init__(boxes, style)
        self.boxes, self.handed = boxes, handed

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        rows: list[Sequence[Port]] = [sources]
        for box, offset, count in zip(self.boxes, self.offsets, (*self.handed, 0), strict=True):
            ports = box.entered(canvas, x + offset, y, rows)
            rows = [[port] for port in ports[: count + 1]]
        return list(rows[0])


def rows_of(bundle: Bundle) -> list[int]:
    """How many arrows enter or leave each box of a bundle at most, that on the line too."""
    counts = [0, *map(len, bundle.handed), 0]
    return [1 + max(pair) for pair in pairwise(counts)]
