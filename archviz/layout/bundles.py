"""Modules that hand several values straight to the next: level arrows beside one another.

As in figure 1 of "Deep High-Resolution Representation Learning for Visual Recognition" (2019),
where maps of several sizes go side by side from stage to stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from archviz.layout.blocks import Block, BoxBlock, Face
from archviz.layout.canvas import Canvas, Port
from archviz.layout.compound import SeriesBlock
from archviz.layout.outputs import OUT, OutputNames
from archviz.network.model import From, ModuleCall, Outputs, Series

if TYPE_CHECKING:
    from archviz.layout.levels import Piece
    from archviz.layout.style import Style

APART = 0.62
"""Units between two arrows from one box to the next."""
BETWEEN = 0.4
"""Units between two outputs to which arrows lead straight."""
Handed = frozenset[str]
"""Names of values that one call gives, and that only the next one takes."""


class Bundle(NamedTuple):
    """Calls one after another, each of which hands values of its own to the next."""

    calls: tuple[ModuleCall, ...]
    handed: tuple[Handed, ...]
    """What each but the last hands on."""
    outputs: Outputs | None = None
    """Those to which all values of the last one lead, without the names that they begin with."""
    led: Handed = frozenset()
    """What the last one hands to them."""


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
    found = _with_outputs(found, counts)
    whole: list[Piece | Bundle] = []
    for one in found:
        if isinstance(one, Bundle) and not one.led and all(len(names) == 1 for names in one.handed):
            whole += one.calls
        else:
            whole.append(one)
    return whole


def _with_outputs(found: list[Piece | Bundle], counts: Mapping[str, int]) -> list[Piece | Bundle]:
    """The same, where the last call hands all of its values to outputs: these with it."""
    if len(found) < 2:
        return found
    last, ends = found[-2:]
    call = last.calls[-1] if isinstance(last, Bundle) else last
    if not isinstance(call, ModuleCall) or not isinstance(ends, Outputs) or not call.look.drawn:
        return found
    led = _led(call, ends, counts)
    if not led:
        return found
    (first, *rest) = ends.branches
    branches = [(name, Series(series.nodes[1:])) for name, series in rest]
    outputs = ends._replace(branches=(first, *branches))
    bundle = last if isinstance(last, Bundle) else Bundle((call,), ())
    return [*found[:-2], bundle._replace(outputs=outputs, led=led)]


def _led(call: ModuleCall, outputs: Outputs, counts: Mapping[str, int]) -> Handed:
    """What a call hands to outputs, more than one value, of which the first begins with that on
    the line and each other one with one of its own."""
    firsts = [series.nodes[0] if series.nodes else None for _, series in outputs.branches]
    names = {one.name for one in firsts[1:] if isinstance(one, From)}
    given = {name for _, name in call.gives if counts.get(name) == 1}
    whole = firsts and not isinstance(firsts[0], From) and 1 < len(names) == len(firsts) - 1
    shown = all(look.drawn for look in outputs.looks)
    return frozenset(names) if whole and shown and names <= given else frozenset()


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
    """A box that ``rows`` level arrows enter or leave, the first of them on its line.

    ``pitch``: pixels between two of them.
    """

    def __init__(
        self, face: Face, style: Style, rows: int, stubs: frozenset[str], pitch: float
    ) -> None:
        self.rows, self.pitch = rows, pitch
        super().__init__(face, style, stubs=stubs)
        self.lower = (rows - 1) * pitch / 2
        self.up, self.down = self.up - self.lower, self.down + self.lower

    def glyph(self) -> tuple[float, float]:
        """See :meth:`BoxBlock.glyph`."""
        along, across = super().glyph()
        return along, across + (self.rows - 1) * self.pitch

    def entered(
        self, canvas: Canvas, x: float, y: float, rows: Sequence[Sequence[Port]]
    ) -> list[Port]:
        """Draw it, with what comes in at each of its first rows; the ports of all its rows."""
        left = x + (self.width - self.box_width) / 2
        middle, pitch = y + self.lower, self.pitch
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
        return self.through(canvas, x, y, sources)[:1]

    def through(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """Draw it; the ports of all rows of the last box."""
        rows: list[Sequence[Port]] = [sources]
        for box, offset, count in zip(self.boxes, self.offsets, (*self.handed, 0), strict=True):
            ports = box.entered(canvas, x + offset, y, rows)
            rows = [[port] for port in ports[: count + 1]]
        return ports


class LedBlock(Block):
    """The boxes of such calls, and of the last one an arrow straight to each output."""

    def __init__(
        self,
        bundle: BundleBlock,
        outputs: Sequence[SeriesBlock],
        names: OutputNames,
        style: Style,
    ) -> None:
        self.bundle, self.outputs, self.names = bundle, outputs, names
        self.begins, self.left_gap, self.overhang = bundle.begins, bundle.left_gap, bundle.overhang
        self.pitch = bundle.boxes[-1].pitch
        gaps = [bundle.right_gap + row.left_gap + row.overhang for row in outputs]
        self.rows_at = bundle.width + max(gaps)
        self.out = self.rows_at + max(row.width + row.told for row in outputs) + style.gap(OUT)
        self.width = self.out + names.width
        places = [place * self.pitch for place in range(len(outputs))]
        rows = list(zip(places, outputs, strict=True))
        self.up = max(bundle.up, *(row.up - at for at, row in rows))
        self.down = max(bundle.down, *(row.down + at for at, row in rows))

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; no line goes on."""
        ports = self.bundle.through(canvas, x, y, sources)
        for number, (port, row) in enumerate(zip(ports, self.outputs, strict=False)):
            at = y + number * self.pitch
            (end,) = row.place(canvas, x + self.rows_at, at, [port])
            self.names.lead(canvas, end, (x + self.out, at), number)
        return []


def pitch_of(rows: Sequence[Block], style: Style) -> float:
    """Pixels between two arrows of a bundle, which lead straight to these rows, if there are."""
    apart = (over.down + style.row_gap(BETWEEN) + under.up for over, under in pairwise(rows))
    return max([style.px(APART), *apart])


def rows_of(bundle: Bundle) -> list[int]:
    """How many arrows enter or leave each box of a bundle at most, that on the line too."""
    counts = [0, *map(len, bundle.handed), len(bundle.led)]
    return [1 + max(pair) for pair in pairwise(counts)]
