"""Merges as circles with a sign: which have one, and what stays as it is at a box."""

from __future__ import annotations

from math import hypot
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import collect, on_rim, violations
from random_specs import specs
from test_layout_properties import CHECKS, draw

import archviz
from archviz.layout.symbols import SYMBOLS
from archviz.looks import DETAILS, LOOKS
from archviz.network.kinds import KINDS
from archviz.scene.scene import Connector, Group, Scene, Shape, Text, groups_in, leaves, shapes_in

BOTH = """\
title: T
network:
  - input 8x8x4
  - {towers: [conv 3x3 4 same, conv 1x1 4], merge: MERGE}
  - {residual: relu, merge: MERGE}
"""


def scene(merge: str, **given: Any) -> Scene:
    text = BOTH.replace("MERGE", merge)
    return archviz.load_text(text).scene(**{"merges": "symbols", **given})


def merges(figure: Scene) -> list[Group]:
    """The groups of the row's last layer of each kind of block: its two merges."""
    found = [group for group in groups_in(figure.items) if group.role == "layer"]
    return [
        group
        for group in found
        if any(isinstance(item, Shape) and item.role in ("symbol", "merge") for item in group.items)
    ]


def symbols(figure: Scene) -> list[str]:
    """The signs of what is drawn, without the legend's."""
    return [
        sign
        for group in merges(figure)
        for item in group.items
        if isinstance(item, Shape) and item.role == "symbol"
        for sign in item.lines
    ]


def legend(figure: Scene) -> list[str]:
    (group,) = (group for group in groups_in(figure.items) if group.role == "legend")
    return [leaf.text for leaf in leaves(group.items) if isinstance(leaf, Text)]


SIGNS = {
    "add": ("+", "add"),
    "scaled-add 0.17": ("+", "add"),
    "multiply": ("×", "multiply"),
    "concat": ("C", "concat"),
    "mean": ("mean", "mean"),
    "minimum": ("min", "minimum"),
    "maximum": ("max", "maximum"),
    "{op-merge: ~, label: subtract, shape: 8x8x4}": ("−", "subtract"),
    "{op-merge: ~, label: divide, shape: 8x8x4}": ("÷", "divide"),
}


@pytest.mark.parametrize("merge", SIGNS)
def test_a_merge_is_a_circle_with_its_sign(merge: str) -> None:
    figure = scene(merge)
    sign, title = SIGNS[merge]
    assert symbols(figure) == [sign, sign]
    assert title in legend(figure)
    assert "merge" not in legend(figure)


def test_every_sign_is_tried() -> None:
    assert {sign for sign, _ in SIGNS.values()} == {*SYMBOLS.values()}
    labels = {kind.label for kind in KINDS.values() if kind.join}
    assert labels - {*SYMBOLS} == {"append", "op"}


@pytest.mark.parametrize("merge", ["{add: ~, label: sum}", "{op-merge: ~, label: f, shape: 8x8x4}"])
def test_a_merge_without_a_sign_or_with_a_label_of_its_own_is_a_box(merge: str) -> None:
    figure = scene(merge)
    assert symbols(figure) == []
    assert len(merges(figure)) == 2
    assert "merge" in legend(figure)


def test_merges_are_boxes_unless_told_otherwise() -> None:
    assert LOOKS["merges"].default == "boxes"
    assert symbols(scene("add", merges=None)) == []
    with pytest.raises(ValueError, match="merges must be 'boxes' or 'symbols', not 'round'"):
        scene("add", merges="round")


@pytest.mark.parametrize("merge", ["add batch-norm relu", "scaled-add 0.17 relu", "concat relu"])
def test_badges_captions_and_what_a_pointer_shows_stay(merge: str) -> None:
    circles, boxes = merges(scene(merge)), merges(scene(merge, merges="boxes"))
    assert [one.detail for one in circles] == [one.detail for one in boxes]
    assert [one.name for one in circles] == [one.name for one in boxes]
    for circle, box in zip(circles, boxes, strict=True):
        rest = [
            [item.lines if isinstance(item, Shape) else item for item in group.items[1:]]
            for group in (circle, box)
        ]
        texts = [[getattr(item, "text", item) for item in items] for items in rest]
        assert texts[0] == texts[1]
        assert len(circle.items) > 1


def test_what_some_calls_leave_out_is_dashed() -> None:
    text = (
        "title: T\nmodules:\n  m:\n    takes: [on=1]\n"
        "    layers: [conv 3x3 4 same as=x, relu, {add: x, when: on}]\n"
        "network: [input 8x8x4, m, m on=0]\n"
    )
    figure = archviz.load_text(text).scene(merges="symbols")
    (shape,) = (
        shape
        for shape in shapes_in(figure.items)
        if shape.id
        and shape.lines == ("+",)
        and any(shape in group.items for group in merges(figure))
    )
    assert shape.dash > 0


def test_in_the_colour_that_a_spec_gives_it() -> None:
    figure = scene('{add: ~, color: "#88aacc"}')
    assert {shape.fill for shape in shapes_in(figure.items) if shape.role == "symbol"} >= {
        "#88aacc"
    }


def test_a_spec_can_ask_for_them_and_the_command_wins() -> None:
    text = BOTH.replace("MERGE", "add") + "figure: {merges: symbols}\n"
    assert symbols(archviz.load_text(text).scene()) == ["+", "+"]
    assert symbols(archviz.load_text(text).scene(merges="boxes")) == []


def badly_met(figure: Scene) -> list[str]:
    """Lines that begin or end off the rim of a symbol, and arrowheads under a badge."""
    circles = {shape.id: shape for shape in shapes_in(figure.items) if shape.role == "symbol"}
    badges = [
        item
        for group in groups_in(figure.items)
        if any(isinstance(item, Shape) and item.id in circles for item in group.items)
        for item in group.items
        if isinstance(item, Shape) and item.id not in circles
    ]
    wrong = []
    for line in leaves(figure.items):
        if not isinstance(line, Connector):
            continue
        ends = [(line.source, line.route[0])]
        ends += [(line.target, line.points[-1])] if line.head else []
        for end, point in ends:
            if end in circles and not on_rim(circles[end], *point):
                wrong.append(f"{line.source}->{line.target} is off the rim at {point}")
        if line.head and line.target in circles:
            for x, y in line.arrowhead():
                for badge in badges:
                    if inside(badge, x, y):
                        wrong.append(f"the head into {line.target} is under {badge.id}")
    return wrong


def inside(badge: Shape, x: float, y: float) -> bool:
    radius = min(badge.width, badge.height) / 2
    middle = min(max(x, badge.x + radius), badge.x + badge.width - radius)
    return hypot(x - middle, y - badge.y - radius) < radius + badge.line_width


@pytest.mark.long
@given(specs(), st.booleans(), st.sampled_from(["right", "down", "up"]))
@settings(CHECKS, max_examples=25)
def test_lines_meet_the_rim_of_any_symbol(spec: dict[str, Any], full: bool, direction: str) -> None:
    figure = {**spec.get("figure", {}), "merges": "symbols", "direction": direction}
    found = draw({**spec, "figure": figure}, detail=DETAILS * full)
    assert badly_met(found) == []
    if direction == "right":
        assert violations(found) == []


@pytest.mark.parametrize("copies", [2, 3])
@pytest.mark.parametrize("direction", ["right", "down", "up"])
def test_one_value_twice_meets_the_rim_twice(copies: int, direction: str) -> None:
    towers = ", ".join(["identity"] * copies)
    text = f"title: T\nnetwork: [input 8x8x4, {{towers: [{towers}], merge: add batch-norm relu}}]\n"
    found = archviz.load_text(text).scene(merges="symbols", direction=direction)
    (shape,) = (item for item in merges(found)[0].items[:1] if isinstance(item, Shape))
    heads = [item for item in leaves(found.items) if isinstance(item, Connector) and item.head]
    assert [line.target for line in heads].count(shape.id) == copies
    assert badly_met(found) == []


@pytest.mark.parametrize("name", ["resnet50", "unet", "yolov8n", "transformer"])
@pytest.mark.parametrize("direction", ["right", "up"])
def test_symbols_change_no_wiring(name: str, direction: str) -> None:
    network = archviz.load(name)
    ways = []
    for merges in ("boxes", "symbols"):
        found = network.scene(merges=merges, direction=direction)
        lines = collect(found.items).connectors
        ways.append([(line.source, line.target, line.head, line.role) for line in lines])
        assert badly_met(found) == []
    assert ways[0] == ways[1]


@pytest.mark.parametrize("merge", SIGNS)
def test_a_sign_stands_in_its_circle(merge: str) -> None:
    shapes = [shape for shape in shapes_in(scene(merge).items) if shape.role == "symbol"]
    assert len(shapes) == 3  # one in the legend
    for shape in shapes:
        (text,) = shape.texts
        x, y, width, _ = text.box
        across = shape.x + shape.width / 2 - x, shape.y + shape.height / 2 - y
        letters = 0.7 if len(text.text) > 1 else 1.0  # of words the corners are empty
        assert hypot(across[0], across[1] * letters) < shape.width / 2
        assert 2 * across[0] == pytest.approx(width, abs=0.1)
