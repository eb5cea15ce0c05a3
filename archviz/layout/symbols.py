"""Merges as papers draw them: a circle with the sign of what it does."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archviz.layout.blocks import BoxBlock, Face
from archviz.layout.canvas import Canvas, rounded
from archviz.layout.glyphs import box_shape
from archviz.layout.style import Style
from archviz.scene.scene import Shape

SYMBOLS: Mapping[str, str] = {
    "add": "+",
    "scaled add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "concat": "C",
    "mean": "mean",
    "minimum": "min",
    "maximum": "max",
}
"""The sign of a merge, by its label; one that a spec calls otherwise keeps its box."""
ROLE = "symbol"
DIAMETER, ASIDE, NEARER = 0.84, (0.12, 0.4), (0.0, 0.09)
SIGN, LETTER, WORD = 0.76, 0.54, 0.29
"""In units: a circle; where badges stand beside its corners, to the right and to the middle, in
level and in upright flows, in which arrows come from above; and the size of signs."""


class SymbolBlock(BoxBlock):
    """A merge's circle; longer where several named values enter or leave at its sides."""

    def glyph(self) -> tuple[float, float]:
        """See :meth:`BoxBlock.glyph`."""
        sign = SYMBOLS[self.face.label]
        self.lines, self.label_size = (sign,), sign_size(sign, self.style)
        upright = self.style.flow.vertical
        self.aside = self.style.px(ASIDE[upright]) if self.face.badges else 0.0
        self.nearer = self.style.px(NEARER[upright])
        *slots, _ = self.slots
        spread = slots[-1] - slots[0] if slots else 0.0
        return self.style.px(DIAMETER) + spread, self.style.px(DIAMETER)

    def inset(self, across: float) -> float:
        """See :meth:`BoxBlock.inset`."""
        radius = self.height / 2
        return super().inset(across) + radius - math.sqrt(max(0.0, radius**2 - across**2))

    def outline(self, canvas: Canvas, left: float, y: float) -> Shape:
        """See :meth:`BoxBlock.outline`."""
        return rounded_off(super().outline(canvas, left, y))


def symbol_shape(canvas: Canvas, style: Style, x: float, y: float, sign: str) -> Shape:
    """A symbol whose circle begins at ``x``, about the line ``y``."""
    side, size = style.px(DIAMETER), sign_size(sign, style)
    box = box_shape(canvas, style, x, y - side / 2, side, side, "merge", (sign,), size)
    return rounded_off(box)


def sign_size(sign: str, style: Style) -> float:
    """Size of the letters of a sign."""
    return style.px(WORD if len(sign) > 1 else LETTER if sign.isalpha() else SIGN)


def rounded_off(box: Shape) -> Shape:
    """A box as a circle; with round ends where it is longer than wide."""
    shape = box._replace(form="ellipse", radius=0.0, shadow=0.0, role=ROLE)
    if box.width == box.height:
        return shape
    return shape._replace(form="rect", radius=rounded(min(box.width, box.height) / 2))


def has_symbol(face: Face) -> bool:
    """Whether a face is that of a merge which has a sign."""
    return face.role == "merge" and face.label in SYMBOLS
