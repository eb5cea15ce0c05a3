"""One drawing in three directions: what turns with the flow, and what stays as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from bundled import of_each
from invariants import violations

import archviz
from archviz.layout.compare import draw_comparison
from archviz.layout.deck import deck_pages
from archviz.layout.page import Options, draw_network
from archviz.layout.slides import LEAST_TEXT, network_slides
from archviz.looks import DETAILS
from archviz.scene.scene import (
    Connector,
    Group,
    Item,
    Line,
    Scene,
    Shape,
    Text,
    bracket_side,
    extent,
    groups_in,
    leaves,
    shapes_in,
)
from archviz.scene.theme import load_theme

ONWARD = {"right": (1, 0), "down": (0, 1), "up": (0, -1)}
UPRIGHT = ("down", "up")


@cache
def scene(name: str, direction: str, merges: str = "boxes") -> Scene:
    return archviz.load(name).scene(direction=direction, merges=merges)


def figure(name: str, direction: str) -> list[Group]:
    """The row and the panels."""
    groups = [item for item in scene(name, direction).items if isinstance(item, Group)]
    return [group for group in groups if group.role in ("row", "panel")]


def boxes(name: str, direction: str) -> Iterator[tuple[Group, Shape]]:
    """Each layer and module with its box."""
    for group in groups_in(figure(name, direction)):
        if group.role in ("layer", "module"):
            yield group, next(item for item in group.items if isinstance(item, Shape))


def plain(text: str) -> str:
    """What a box is called without the units that stand under a bar: only some are drawn so."""
    return re.sub(r"^dense [^,\n]+", "dense", text)


def names_of(shapes: Iterator[tuple[Group, Shape]]) -> dict[str, str]:
    """What the lines of a picture join, by the ids of the boxes."""
    return {
        item.id: f"{group.key} {plain(group.name)}"
        for group, _ in shapes
        for item in group.items
        if isinstance(item, Shape)
    }


def joined(name: str, direction: str) -> Counter[tuple[str, str, bool]]:
    """What lines join which boxes, dashed or not; ports have no name."""
    called = names_of(boxes(name, direction))
    return Counter(
        (called.get(line.source, ""), called.get(line.target, ""), bool(line.dash))
        for line in leaves(figure(name, direction))
        if isinstance(line, Connector) and line.source in called and line.target in called
    )


OF_LEVELS = ("unet", "fcn8s", "retinanet", "ssd300", "ddpm", "yolov8n")
"""Us and pyramids, whose captions stand where no line is."""


@pytest.mark.parametrize("direction", UPRIGHT)
@pytest.mark.parametrize("name", of_each())
def test_it_is_the_same_drawing_in_every_direction(name: str, direction: str) -> None:
    def said(direction: str) -> list[tuple[str, str, str]]:
        groups = [group for group, _ in boxes(name, direction)]
        return sorted((group.key, plain(group.name), plain(group.detail)) for group in groups)

    def badges(direction: str) -> Counter[tuple[str, ...]]:
        shapes = shapes_in(figure(name, direction))
        return Counter(shape.lines for shape in shapes if shape.form == "ellipse")

    assert said(direction) == said("right")
    assert badges(direction) == badges("right")
    assert joined(name, direction) == joined(name, "right")
    assert joined(name, direction).total() > min(3, len(said(direction)) - 2)


@pytest.mark.parametrize("direction", ONWARD)
@pytest.mark.parametrize("name", of_each())
def test_no_straight_line_leads_against_the_flow(name: str, direction: str) -> None:
    called = names_of(boxes(name, direction))
    ways: Counter[int] = Counter()
    for line in leaves(figure(name, direction)):
        if not isinstance(line, Connector) or len(line.route) > 2:
            continue
        if {line.source, line.target} <= {*called}:
            (x0, y0), (x1, y1) = line.route
            x, y = ONWARD[direction]
            onward = (x1 - x0) * x + (y1 - y0) * y
            ways[(onward > 0) - (onward < 0)] += 1
    assert ways[-1] == 0
    drawn = joined(name, direction).total()
    assert ways[1] >= max(min(7, drawn), ways[0])  # a U has lines across, between its levels


@pytest.mark.parametrize("direction", ONWARD)
@pytest.mark.parametrize("name", of_each())
def test_brackets_stand_before_and_behind_what_they_hold(name: str, direction: str) -> None:
    lines = [leaf for leaf in leaves(figure(name, direction)) if isinstance(leaf, Line)]
    sides = Counter(bracket_side(line.points) for line in lines if line.role == "bracket")
    assert {*sides} <= ({"left", "right"} if direction == "right" else {"top", "bottom"})
    assert len({*sides.values()}) < 2
    braces = {bracket_side(line.points) for line in lines if line.role == "stage"}
    assert braces <= {"top" if direction == "right" else "left"}


@pytest.mark.parametrize("direction", ONWARD)
@pytest.mark.parametrize("name", of_each())
def test_captions_stand_below_or_at_the_right(name: str, direction: str) -> None:
    for group, shape in boxes(name, direction):
        for text in (item for item in group.items if isinstance(item, Text)):
            if name in OF_LEVELS:
                continue
            below = text.y > shape.y + shape.height
            above = text.box[1] + text.box[3] < shape.y
            if direction == "right":
                assert (below or above) and text.anchor == "middle"
            else:
                assert text.box[0] > shape.x + shape.width and text.anchor == "start"


@pytest.mark.parametrize("direction", UPRIGHT)
def test_a_shortcut_leads_past_its_block_at_the_left(direction: str) -> None:
    for group in figure("resnet50", direction)[1:]:
        lines = [item for item in group.items if isinstance(item, Connector)]
        called = names_of((inner, shape) for inner, shape in boxes("resnet50", direction))
        (shortcut,) = (
            line
            for line in lines
            if called.get(line.target, "").endswith("add") and len(line.route) > 2
        )
        trunk = shortcut.route[0][0] if "Identity" in group.name else shortcut.route[-1][0]
        assert min(x for x, _ in shortcut.route) < trunk - 30
        assert max(x for x, _ in shortcut.route) <= max(trunk, shortcut.route[-1][0])


@pytest.mark.parametrize("merges", ["boxes", "symbols"])
@pytest.mark.parametrize("direction", ONWARD)
@pytest.mark.parametrize("name", ["resnet50", "transformer", "yolov8n", "unet", "ddpm"])
def test_nothing_touches_and_text_is_in_its_box(name: str, direction: str, merges: str) -> None:
    drawn = scene(name, direction, merges)
    assert violations(drawn) == []
    for shape in shapes_in(drawn.items):
        assert max(shape.widths, default=0.0) <= shape.width
        assert len(shape.lines) * shape.text_size <= shape.height


def test_up_is_down_turned_over() -> None:
    """Boxes have the same places, mirrored; texts stand upright in them."""

    def middles(direction: str) -> dict[str, list[tuple[float, float]]]:
        places: dict[str, list[tuple[float, float]]] = {}
        for group, shape in boxes("lenet5", direction):
            at = (round(shape.x, 1), round(shape.y + shape.height / 2, 1))
            places.setdefault(group.key, []).append(at)
        return places

    down, up = middles("down"), middles("up")
    assert {*down} == {*up}
    order = [place[0][1] for place in down.values()]
    assert order == sorted(order)
    sums = {round(y + up[key][0][1]) for key, ((_, y), *_) in down.items()}
    assert max(sums) - min(sums) <= 1


@pytest.mark.parametrize("direction", UPRIGHT)
@pytest.mark.parametrize(
    "name", ["resnet50", "transformer", "yolov8n", "xception", "detr", "inception_v1", "bert"]
)
def test_slides_hold_in_every_direction(name: str, direction: str) -> None:
    loaded = archviz.load(name)
    looks = {**loaded.network.figure.looks, "direction": direction}
    network = loaded.network._replace(figure=loaded.network.figure._replace(looks=looks))
    slides = network_slides(network, loaded.analysis, load_theme())
    keys: Counter[str] = Counter()
    for slide in slides:
        assert violations(slide) == []
        texts = [leaf for leaf in leaves(slide.items) if isinstance(leaf, Text)]
        texts += [text for shape in shapes_in(slide.items) for text in shape.texts]
        assert min(text.size for text in texts) >= LEAST_TEXT
        heading, *rest = slide.items
        assert isinstance(heading, Group) and heading.role == "heading"
        assert lowest((heading,)) < min(top(item) for item in rest)
        keys += Counter(g.key for g in groups_in(slide.items) if g.role in ("layer", "module"))
    assert keys == Counter(group.key for group, _ in boxes(name, direction))


def top(item: Item) -> float:
    return min(leaf.box[1] for leaf in leaves((item,)))


def lowest(items: tuple[Item, ...]) -> float:
    return max(leaf.box[1] + leaf.box[3] for leaf in leaves(items))


@pytest.mark.parametrize(
    ("directions", "said"),
    [
        (("down", "up"), {"beside"}),
        (("right", "right"), {"below"}),
        (("right", "up"), {"below", "below or beside"}),  # a colour of one, and that of both
    ],
)
def test_the_legend_of_many_is_in_their_direction(
    directions: tuple[str, str], said: set[str]
) -> None:
    pair = []
    for name, direction in zip(("resnet50", "gpt2"), directions, strict=True):
        loaded = archviz.load(name)
        figure = loaded.network.figure._replace(looks={"direction": direction})
        pair.append((loaded.network._replace(figure=figure), loaded.analysis))
    scenes = [draw_comparison(pair, Options(load_theme()))]
    (legend,) = (page for page in deck_pages(pair, load_theme()) if page.title == "Legend")
    for scene in [*scenes, legend.scene]:
        texts = {leaf.text for leaf in leaves(scene.items) if isinstance(leaf, Text)}
        modules = {text for text in texts if text.startswith("module")}
        assert modules == {f"module, shown open {place}" for place in said}
    assert f"is opened once {max(said, key=len)} it" in legend.notes


@pytest.mark.parametrize("direction", ["down", "up"])
@pytest.mark.parametrize("full", [False, True], ids=["compact", "full"])
def test_columns_of_panels_are_not_much_longer_than_a_row(direction: str, full: bool) -> None:
    """Else the page is empty over and under it."""
    loaded = archviz.load("retinanet")
    looks = {**loaded.network.figure.looks, "direction": direction}
    network = loaded.network._replace(figure=loaded.network.figure._replace(looks=looks))
    scene = draw_network(network, loaded.analysis, Options(load_theme(), detail=DETAILS * full))
    row = extent([item for item in scene.items if isinstance(item, Group) and item.role == "row"])
    panels = [item for item in scene.items if isinstance(item, Group) and item.role == "panel"]
    _, above, _, below = extent(panels)
    assert row[3] - row[1] > 0.8 * (below - above)
