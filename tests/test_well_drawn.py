"""What an eye would find in a picture: letters near badges, titles, the shape of the page."""

from __future__ import annotations

from math import dist

import pytest

import archviz
from archviz.scene.scene import Scene, Shape, Text, extent, groups_in, leaves, shapes_in

CLEAR = 2.0
"""Pixels at least between the letters of a box and the outline of a badge."""


def drawn(name: str, **options: str) -> Scene:
    return archviz.load(name).scene(**options)


def texts_in(scene: Scene) -> list[Text]:
    own = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Text)]
    return own + [text for shape in shapes_in(scene.items) for text in shape.texts]


def free(text: Text, badge: Shape) -> float:
    """Pixels between the capitals of a text and a round badge."""
    x, y, width, _ = text.box
    middle = (badge.x + badge.width / 2, badge.y + badge.height / 2)
    near = (min(max(middle[0], x), x + width), min(max(middle[1], y), text.y))
    return dist(near, middle) - badge.width / 2 - badge.line_width / 2


@pytest.mark.parametrize("detail", ["compact", "full"])
@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("name", ["xception", "mobilenet_v3_large", "resnet50", "yolov8n"])
def test_letters_keep_clear_of_badges(name: str, direction: str, detail: str) -> None:
    scene = drawn(name, direction=direction, detail=detail)
    badges = [shape for shape in shapes_in(scene.items) if shape.form == "ellipse"]
    assert badges
    near = {
        (text.text, round(free(text, badge), 1))
        for badge in badges
        for text in texts_in(scene)
        if text not in badge.texts and free(text, badge) < CLEAR
    }
    assert not near


@pytest.mark.parametrize("direction", ["down", "up"])
def test_columns_of_panels_begin_level_and_titles_stand_over_their_arrows(direction: str) -> None:
    scene = drawn("xception", direction=direction)
    panels = [group for group in groups_in(scene.items) if group.role == "panel"]
    titles = [
        next(one for one in leaves(p.items) if getattr(one, "role", "") == "title") for p in panels
    ]
    assert len({title.y for title in titles}) == 1
    for panel, title in zip(panels, titles, strict=True):
        ends = [shape for shape in shapes_in(panel.items) if shape.role == "port"]
        upper = min(ends, key=lambda end: end.y)
        assert abs(upper.x + upper.width / 2 - title.x) < 0.1


@pytest.mark.parametrize("direction", ["down", "up"])
@pytest.mark.parametrize(
    "name", ["resnet50", "resnext50", "mobilenet_v3_large", "xception", "alexnet"]
)
def test_a_long_figure_down_or_up_goes_on_in_a_next_column(name: str, direction: str) -> None:
    scene = drawn(name, direction=direction)
    assert scene.height < 1.3 * scene.width


def test_a_column_does_not_end_within_a_stage() -> None:
    texts = [text.text for text in texts_in(drawn("mobilenet_v3_large", direction="down"))]
    assert texts.count("stage 4") == 1


@pytest.mark.parametrize("direction", ["down", "up"])
def test_panels_stand_under_a_wide_u_that_goes_down_or_up(direction: str) -> None:
    scene = drawn("ddpm", direction=direction)
    row = next(group for group in groups_in(scene.items) if group.role == "row")
    panels = [group for group in groups_in(scene.items) if group.role == "panel"]
    assert len(panels) == 6
    assert all(extent(panel.items)[1] > extent(row.items)[3] for panel in panels)
    titles = [
        round(leaf.y) for leaf in leaves(panels) if isinstance(leaf, Text) and leaf.role == "title"
    ]
    assert len(titles) == 6
    assert len({*titles}) == 1
    assert any("open below" in text.text for text in texts_in(scene))
    assert not any("open beside" in text.text for text in texts_in(scene))


def test_panels_stand_beside_a_row_that_goes_down() -> None:
    texts = [text.text for text in texts_in(drawn("transformer", direction="down"))]
    assert any("open beside" in text for text in texts)
