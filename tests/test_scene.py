"""The geometry that scenes carry with them: boxes, lines of text, arrowheads, shafts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from archviz.scene.scene import Connector, Line, Shape, Text, box_of
from archviz.scene.text import ASCENT, LINE_HEIGHT, text_width


def shape(*lines: str, size: float = 10.0) -> Shape:
    widths = tuple(text_width(line, size) for line in lines)
    return Shape(
        "a",
        "rect",
        100,
        50,
        80,
        40,
        "#ffffff",
        lines=lines,
        widths=widths,
        text_size=size,
        text_fill="#000000",
    )


def connector(*points: tuple[float, float], head: bool = True) -> Connector:
    return Connector(points, points, "#000000", 1.6, head, head_length=10.0, head_width=8.0)


def test_one_line_of_text_stands_in_the_middle_on_the_height_of_capitals() -> None:
    (text,) = shape("conv").texts
    assert text.x == 140
    assert text.y == pytest.approx(70 + ASCENT * 10 / 2)
    assert (text.anchor, text.role, text.size) == ("middle", "label", 10.0)
    x, y, width, _ = text.box
    assert x + width / 2 == pytest.approx(140)
    assert y + ASCENT * 10 / 2 == pytest.approx(70)  # capitals reach as far up as down


@pytest.mark.parametrize("count", [2, 3])
def test_more_lines_stand_round_the_middle(count: int) -> None:
    texts = shape(*["conv"] * count).texts
    assert len(texts) == count
    baselines = [text.y for text in texts]
    assert sum(baselines) / count == pytest.approx(70 + ASCENT * 10 / 2)
    steps = {round(b - a, 6) for a, b in pairwise(baselines)}
    assert steps == {round(LINE_HEIGHT * 10, 6)}


def test_a_shape_without_lines_has_no_texts() -> None:
    assert shape().texts == ()
    assert shape().box == (100, 50, 80, 40)


@pytest.mark.parametrize(("anchor", "left"), [("start", 50.0), ("middle", 40.0), ("end", 30.0)])
def test_the_box_of_a_text_follows_its_anchor(anchor: str, left: float) -> None:
    x, y, width, height = Text(50, 100, "x", 10, 20, "#000000", anchor).box
    assert (x, width) == (left, 20)
    assert y == pytest.approx(100 - ASCENT * 10)
    assert y + height == pytest.approx(100 + 0.21 * 10)  # room for what hangs under the baseline


@pytest.mark.parametrize(
    ("start", "end", "corners"),
    [
        ((0, 0), (50, 0), {(40, 4), (40, -4)}),  # to the right
        ((50, 0), (0, 0), {(10, 4), (10, -4)}),
        ((0, 0), (0, 50), {(4, 40), (-4, 40)}),  # down
        ((0, 50), (0, 0), {(4, 10), (-4, 10)}),
    ],
)
def test_an_arrowhead_points_along_the_last_piece(
    start: tuple[float, float], end: tuple[float, float], corners: set[tuple[float, float]]
) -> None:
    line = connector((start[0] - 7, start[1] - 7), start, end)
    tip, *back = line.arrowhead()
    assert tip == end
    assert set(back) == corners


def test_a_shaft_ends_inside_its_head() -> None:
    line = connector((0, 0), (30, 0), (30, 40))
    assert line.shaft() == ((0, 0), (30, 0), (30, 30))
    assert connector((0, 0), (30, 0), head=False).shaft() == ((0, 0), (30, 0))


def test_a_head_without_a_length_does_not_divide_by_nought() -> None:
    assert connector((5, 5), (5, 5)).arrowhead()[0] == (5, 5)


def test_the_box_of_a_line_holds_all_its_points() -> None:
    points = ((10.0, 5.0), (3.0, 5.0), (3.0, 45.0), (10.0, 45.0))
    assert Line(points, "#000000", 1.0).box == box_of(points) == (3, 5, 7, 40)
    assert connector(*points).box == (3, 5, 7, 40)
    assert box_of(((1.0, 2.0),)) == (1, 2, 0, 0)
