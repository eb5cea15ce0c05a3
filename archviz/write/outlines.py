"""Glyphs of fonts as outlines, drawn where a format cannot name the font."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from archviz.scene.font_files import face

if TYPE_CHECKING:
    import uharfbuzz

Step = tuple[float, ...]
"""Two numbers begin an outline, four draw a line, eight a curve; from and to with its handles."""


@lru_cache(maxsize=4096)
def outline(font: str, glyph: int) -> tuple[Step, ...]:
    """A glyph as steps, in em; none where it is blank, or no outline but a picture."""
    pen = _Pen(float(face(font).upem))
    _font(font).draw_glyph(glyph, _pen_strokes(), pen)
    return tuple(pen.steps)


@cache
def _font(path: str) -> uharfbuzz.Font:
    import uharfbuzz

    return uharfbuzz.Font(face(path))


class _Pen:
    """What HarfBuzz draws with."""

    def __init__(self, em: float) -> None:
        self.em = em
        self.at = (0.0, 0.0)
        self.steps: list[Step] = []

    def step(self, *points: float) -> None:
        placed = [value / self.em for value in points]
        self.steps.append(tuple(placed))
        self.at = (points[-2], points[-1])

    def quadratic(self, handle: tuple[float, float], end: tuple[float, float]) -> None:
        first = [at + 2 / 3 * (to - at) for at, to in zip(self.at, handle, strict=True)]
        second = [at + 2 / 3 * (to - at) for at, to in zip(end, handle, strict=True)]
        self.step(*self.at, *first, *second, *end)


@cache
def _pen_strokes() -> uharfbuzz.DrawFuncs:
    import uharfbuzz

    def begin(x: float, y: float, pen: Any) -> None:
        pen.step(x, y)

    def line(x: float, y: float, pen: Any) -> None:
        pen.step(*pen.at, x, y)

    def quadratic(cx: float, cy: float, x: float, y: float, pen: Any) -> None:
        pen.quadratic((cx, cy), (x, y))

    def cubic(ax: float, ay: float, bx: float, by: float, x: float, y: float, pen: Any) -> None:
        pen.step(*pen.at, ax, ay, bx, by, x, y)

    strokes = uharfbuzz.DrawFuncs()
    strokes.set_move_to_func(begin)
    strokes.set_line_to_func(line)
    strokes.set_quadratic_to_func(quadratic)
    strokes.set_cubic_to_func(cubic)
    strokes.set_close_path_func(lambda pen: None)
    return strokes
