"""Stages of the main row: a brace with name and size, or a ground."""

from __future__ import annotations

import pytest

from archviz.api import load_text
from archviz.scene.scene import Line, Scene, Text, leaves, shapes_in

TWO = """
  - {stage: one, of: [conv 3x3 8 /2 same, {repeat: 2, of: conv 3x3 8 same}]}
  - {stage: two, of: conv 3x3 16 /2 same}
"""


def scene(items: str, **options: str) -> Scene:
    return load_text(f"title: T\nnetwork:\n  - input 32x32x3{items}").scene(**options)


def braces(drawn: Scene) -> list[Line]:
    return [leaf for leaf in leaves(drawn.items) if isinstance(leaf, Line) and leaf.role == "stage"]


def titles(drawn: Scene) -> list[tuple[str, bool]]:
    texts = [leaf for leaf in leaves(drawn.items) if isinstance(leaf, Text)]
    return [(text.text, text.bold) for text in texts if text.role == "stage"]


@pytest.mark.parametrize("direction", ["right", "down", "up"])
def test_a_stage_has_a_brace_with_its_name_and_what_comes_out(direction: str) -> None:
    drawn = scene(TWO, direction=direction)
    assert titles(drawn) == [("one", True), ("16×16×8", False), ("two", True), ("8×8×16", False)]
    assert not [shape for shape in shapes_in(drawn.items) if shape.role == "ground"]
    boxes = [shape.box for shape in shapes_in(drawn.items) if shape.role == "conv"][:3]
    axis = 0 if direction == "right" else 1
    first, second = (line.box for line in braces(drawn))
    inside = [box for box in boxes if first[axis] <= box[axis] <= first[axis] + first[axis + 2]]
    assert inside == boxes[:2]
    assert second[axis] <= boxes[2][axis] <= second[axis] + second[axis + 2]


@pytest.mark.parametrize(
    "items",
    [
        TWO.replace("of: conv 3x3 16", "color: green, of: conv 3x3 16"),
        TWO.replace("conv 3x3 8 /2 same,", "conv 3x3 8 /2 same as=a,") + "  - concat a\n",
        TWO + "  - {auxiliary: [global-avg-pool, dense 4]}\n  - global-avg-pool\n",
    ],
)
def test_a_stage_that_is_coloured_or_that_lines_leave_has_a_ground(items: str) -> None:
    items = items.replace("conv 3x3 16 /2", "conv 3x3 16 /1")
    drawn = scene(items)
    grounds = [shape for shape in shapes_in(drawn.items) if shape.role == "ground"]
    assert len(grounds) + len(braces(drawn)) == 2
    assert grounds


def test_a_name_wider_than_its_stage_keeps_clear_of_the_next() -> None:
    long = TWO.replace("one", "the first one of all the stages here").replace("two", "2" * 30)
    texts = [leaf for leaf in leaves(scene(long).items) if isinstance(leaf, Text)]
    first, _, second, _ = (text.box for text in texts if text.role == "stage")
    assert first[0] + first[2] < second[0]
