"""Lines that cross look different from lines that join."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from test_layout_properties import THEME

from archviz.layout.canvas import Canvas, Port
from archviz.layout.crossings import gaps
from archviz.layout.glyphs import box_shape
from archviz.layout.stages import place_ground
from archviz.layout.style import Style
from archviz.scene.scene import Line

STYLE = Style(THEME, 40.0)


@dataclass
class Drawn:
    canvas: Canvas
    sources: tuple[str, str]

    def gaps(self) -> list[Line]:
        return gaps(self.canvas.lines, self.canvas.back, STYLE)


def drawn(level: str = "connector", upright: str = "connector", alike: bool = False) -> Drawn:
    """A level line through (100, 100) and an upright one."""
    canvas = Canvas("row")
    one = box_shape(canvas, STYLE, 0, 80, 40, 40, "conv").id
    other = one if alike else box_shape(canvas, STYLE, 80, 0, 40, 40, "conv").id
    canvas.connect(Port(((40, 100),), source=one), STYLE, (200, 100), role=level)
    canvas.connect(Port(((100, 40),), source=other), STYLE, (100, 200), role=upright)
    return Drawn(canvas, (one, other))


@pytest.mark.parametrize(
    ("level", "upright", "cut"),
    [
        ("connector", "connector", "upright"),
        ("wire", "wire", "upright"),
        ("connector", "wire", "upright"),
        ("wire", "connector", "level"),
    ],
)
def test_the_lower_line_has_a_gap(level: str, upright: str, cut: str) -> None:
    found = drawn(level, upright).gaps()
    axis = 1 if cut == "upright" else 0
    width = STYLE.line_width
    assert [line.stroke for line in found] == [THEME.color("page")] * 2
    for line in found:
        assert {point[1 - axis] for point in line.points} == {100.0}
        assert line.line_width > width
        assert all(abs(point[axis] - 100) >= width / 2 - 0.01 for point in line.points)
    assert min(p[axis] for line in found for p in line.points) < 100 - width
    assert max(p[axis] for line in found for p in line.points) > 100 + width


def test_lines_of_one_source_have_one_too() -> None:
    assert len(drawn(alike=True).gaps()) == 2


def test_lines_that_meet_have_none() -> None:
    one = drawn()
    del one.canvas.lines[1]
    one.canvas.connect(Port(((100, 40),), source=one.sources[1]), STYLE, (100, 100))
    assert one.gaps() == []


def test_a_gap_has_the_colour_of_what_is_behind() -> None:
    one = drawn()
    place_ground(one.canvas, 90, 90, 20, 20, "green", STYLE)
    assert {line.stroke for line in one.gaps()} == {THEME.ground("green")}
    bare = STYLE._replace(theme=THEME.without_ground())
    plain = drawn().canvas
    assert {line.stroke for line in gaps(plain.lines, (), bare)} == {THEME.color("page")}
