"""Pyramids with paths through their levels: up a backbone, down, and up again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from amounts import examples
from forms import (
    CHECKS,
    FLOWS,
    assert_well_drawn,
    draw,
    draw_within,
    labelled,
    misread,
    on_slides,
    on_tight_slides,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import collect, violations
from test_graphs import crossings

from archviz.layout import slides
from archviz.layout.aggregation_block import AggregationBlock
from archviz.looks import DETAILS
from archviz.scene.scene import Scene

MODULES = {
    "block": {"label": "Block", "layers": ["conv 3x3 8 same relu", "conv 3x3 8 same"]},
    "head": {"label": "Head", "layers": ["conv 3x3 8 same relu", "conv 1x1 4"]},
}
HEADS = {
    "gives": ["boxes"],
    "layers": [
        "conv 3x3 8 same",
        "reshape height*widthx8 as=boxes",
        "from in",
        "reshape height*widthx8",
    ],
}


def named(item: str, name: str) -> dict[str, str]:
    kind, _, rest = item.partition(" ")
    return {kind: rest, "as": name}


def aggregation(
    levels: int = 3,
    up: bool = True,
    behind: Sequence[str] = ("block",),
    merge: str = "concat",
    beside: Sequence[str] = (),
    backbone: Sequence[str] = ("conv 3x3 8 /2 same", "block"),
    stages: bool = False,
    stem: int = 1,
    head: Sequence[str] = ("head",),
    direction: str = "right",
) -> dict[str, Any]:
    """A network of so many levels, 0 the largest; the names that nobody takes are left out."""
    top = levels - 1

    def row(items: Sequence[Any], name: str) -> list[Any]:
        *first, last = items
        if isinstance(last, str):
            return [*first, named(last, name)]
        return [*first, {**last, "as": name}]

    def merged(value: str) -> Any:
        if not beside:
            return f"{merge} {value}"
        return {"towers": ["identity", [f"from {value}", *beside]], "merge": merge}

    trunk: list[Any] = ["conv 3x3 8 same relu"] * stem
    for level in range(levels):
        trunk += row(backbone, f"p{level}")
    neck: list[Any] = []
    for level in reversed(range(top)):
        name = f"m{level}" if level or not up else f"n{level}"
        neck += ["upsample 2", *row([merged(f"p{level}"), *behind], name)]
    for level in range(1, levels if up else 1):
        value = f"m{level}" if level < top else f"p{level}"
        neck += ["conv 3x3 8 /2 same relu", *row([merged(value), *behind], f"n{level}")]
    ends = {f"o{at}": [f"from n{at}", *head] for at in range(levels)}
    if not up:
        ends = {f"o{at}": [f"from {'p' if at == top else 'm'}{at}", *head] for at in range(levels)}
    parts: list[Any] = [*trunk, *neck]
    if stages:
        parts = [{"stage": "Backbone", "of": trunk}, {"stage": "Neck", "of": neck}]
    called = {*behind, *backbone, *head}
    return {
        "title": "Aggregation",
        "modules": {name: MODULES[name] for name in MODULES if name in called},
        "network": ["input 96x96x3", *parts, {"outputs": ends}],
        "figure": {"direction": direction},
    }


BLOCKS = ["block", "conv 1x1 8", "conv 3x3 8 same batch-norm relu"]
AGGREGATIONS = st.builds(
    aggregation,
    levels=st.integers(3, 5),
    up=st.booleans(),
    behind=st.lists(st.sampled_from(BLOCKS), max_size=2),
    merge=st.sampled_from(["concat", "add"]),
    beside=st.lists(st.just("conv 1x1 8"), max_size=2),
    backbone=st.sampled_from(
        [["conv 3x3 8 /2 same"], ["conv 3x3 8 /2 same batch-norm relu", "block"]]
    ),
    stages=st.booleans(),
    stem=st.integers(0, 7),
    head=st.sampled_from([["head"], ["conv 1x1 4"], ["conv 1x1 8", "head"]]),
    direction=st.sampled_from(sorted(FLOWS)),
)


@given(AGGREGATIONS, st.booleans())
@CHECKS
def test_an_aggregation_is_read_back(spec: dict[str, Any], full: bool) -> None:
    scene = draw(spec, detail=DETAILS * full)
    assert_well_drawn(spec, scene)
    assert crossings(collect(scene.items).connectors) == 0


STRAIGHT = [
    aggregation(4, direction=direction, **options)
    for direction in FLOWS
    for options in (
        {},
        {"stages": True},
        {"behind": (), "merge": "add"},
        {"behind": (), "stages": True, "backbone": ["conv 3x3 8 /2 same"]},
        {"up": False, "beside": ["conv 1x1 8"], "stages": True},
        {"behind": ("block", "conv 1x1 8"), "beside": ["conv 1x1 8"]},
    )
]


@pytest.mark.parametrize("spec", STRAIGHT)
def test_levels_stand_over_one_another(spec: dict[str, Any]) -> None:
    scene, direction = draw(spec), spec["figure"]["direction"]
    across = 1 if direction == "right" else 0
    heads = labelled(scene, "Head")
    levels = sorted(shape.box[across] + shape.box[across + 2] / 2 for shape in heads)
    assert len(heads) == len({*levels}) == 4
    assert len({shape.box[1 - across] for shape in heads}) == 1
    merges = labelled(scene, "concat", "add")
    on = [shape.box[across] + shape.box[across + 2] / 2 for shape in merges]
    assert len(merges) in (3, 6) and {*on} <= {*levels}
    start = labelled(scene, "input")[0].box[across]
    ends = [shape.box[across] for shape in heads]
    assert start == (max(ends) if direction == "right" else min(ends))  # the smallest is on top
    for connector in collect(scene.items).connectors:
        assert len(connector.points) < 4  # nothing runs round anything


@pytest.mark.parametrize("direction", sorted(FLOWS))
def test_every_path_leans_along_the_flow(direction: str) -> None:
    scene = draw(aggregation(4, direction=direction))
    along = 0 if direction == "right" else 1
    sign = -1.0 if direction == "up" else 1.0
    places = [sign * shape.box[along] for shape in labelled(scene, "concat")]
    assert places == sorted(places) and len({*places}) == 6


def brackets(scene: Scene) -> int:
    return sum(text.role == "stage" for text, _ in collect(scene.items).texts)


def test_stages_stand_under_braces() -> None:
    scene = draw(aggregation(stages=True))
    assert brackets(scene) == 2 and not labelled(scene, "Backbone")
    own = aggregation(stages=True)
    own["network"][1]["color"] = "blue"
    assert violations(draw(own)) == []


@given(AGGREGATIONS, st.sampled_from([6.0, 7.0, 8.0]))
@settings(CHECKS, max_examples=examples(15))
def test_an_aggregation_made_for_a_place_is_read_back(spec: dict[str, Any], inches: float) -> None:
    assert_well_drawn(spec, draw_within(spec, inches))


LONG_BACKBONE = ["conv 3x3 8 /2 same batch-norm relu", "block"]
LONG = aggregation(stem=3, stages=True, backbone=LONG_BACKBONE)


@pytest.mark.parametrize(("inches", "sizes"), [(6.0, True), (5.0, False)])
def test_a_backbone_is_torn_before_the_form_is_given_up(inches: float, sizes: bool) -> None:
    """What stands before the levels is a line of its own; the sizes of levels go last."""
    scene = draw_within(LONG, inches)
    found = collect(scene.items)
    assert brackets(scene) == 3 and crossings(found.connectors) == 0
    assert any(text.text == "12×12×8" for text, _ in found.texts) is sizes
    assert_well_drawn(LONG, scene)


@pytest.mark.parametrize("stem", [4, 5])
def test_no_input_is_alone_on_a_line_of_a_slide(stem: int) -> None:
    spec = aggregation(stem=stem, stages=True, backbone=LONG_BACKBONE)
    (scene,) = on_slides(spec)
    assert brackets(scene) == 3
    assert_well_drawn(spec, scene)


def test_a_backbone_is_torn_on_a_slide() -> None:
    scenes = on_slides(LONG, aspect=4 / 3)
    assert brackets(scenes[0]) == 3 and crossings(collect(scenes[0].items).connectors) == 0
    assert_well_drawn(LONG, *scenes)


def test_stages_that_are_not_apart_leave_it_a_row() -> None:
    spec = aggregation()
    start, *row, outputs = spec["network"]
    spec["network"] = [start, *row[:3], {"stage": "Middle", "of": row[3:6]}, *row[6:], outputs]
    scene = draw(spec)
    assert violations(scene) == [] and brackets(scene) == 1
    assert any(len(connector.points) > 3 for connector in collect(scene.items).connectors)


def test_what_takes_a_level_elsewhere_is_drawn_as_a_row_and_true() -> None:
    spec = aggregation()
    spec["network"][-1]["outputs"]["more"] = ["from p0", "conv 1x1 8"]
    scene = draw(spec)
    assert_well_drawn(spec, scene)
    assert any(len(connector.points) > 3 for connector in collect(scene.items).connectors)


@pytest.mark.parametrize("direction", sorted(FLOWS))
@pytest.mark.parametrize("up", [True, False])
def test_rows_to_outputs_may_stand_in_the_network(up: bool, direction: str) -> None:
    """The one that goes on from the last value has no name before it."""
    spec = aggregation(up=up, direction=direction)
    *row, _ = spec["network"]
    row[-1] = "block"
    values = ["n0", "n1", ""] if up else ["", "m1", "p2"]
    for at, value in sorted(enumerate(values), key=lambda pair: pair[1]):
        row += [*([f"from {value}"] if value else []), "conv 1x1 8", f"heads boxes=b{at} as=a{at}"]
    ends = {name: [f"from {name}0 {name}1 {name}2", "append"] for name in "ab"}
    spec["modules"] = {"block": MODULES["block"], "heads": HEADS}
    spec["network"] = [*row, {"outputs": ends}]
    scene = draw(spec)
    assert_well_drawn(spec, scene)
    along = 0 if direction == "right" else 1
    last = labelled(scene, "heads")
    assert len({shape.box[along] for shape in last}) == 1
    assert len({shape.box[1 - along] for shape in last}) == 3


def test_a_line_that_slips_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    within = AggregationBlock._within

    def slipped(block: AggregationBlock) -> None:
        within(block)
        block.forks[-1] += 150

    monkeypatch.setattr(AggregationBlock, "_within", slipped)
    spec = aggregation()
    assert misread(spec, draw(spec))


def test_parts_on_one_another_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AggregationBlock, "_least", lambda self, number, row, into: 0.0)
    assert violations(draw(aggregation(beside=("conv 1x1 8", "conv 1x1 8"))))


@given(AGGREGATIONS, st.sampled_from([one for one in slides.FULL if one.tight]))
@settings(CHECKS, max_examples=examples(15))
def test_tight_rows_keep_apart(spec: dict[str, Any], density: slides.Density) -> None:
    assert_well_drawn(spec, *on_tight_slides(spec, density))
