"""Wires of named values: what they join, and that they touch nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from invariants import collect, violations, wiring
from random_values import value_specs
from test_layout_properties import CHECKS, THEME, draw

from archviz.language.expand import network_from_text
from archviz.layout import choice, compound, lanes, ways
from archviz.layout.flow import FLOWS
from archviz.layout.page import Options, draw_network
from archviz.layout.slides import network_slides
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.scene.scene import Connector, Group, Item, Line, Scene, Shape

BLOCK = "{inputs: [time], layers: [conv 3x3 8 same, multiply time]}"
STRANDS = f"""
title: Strands
modules: {{block: {BLOCK}}}
network:
  - input 8
  - dense 8 as=time
  - input 32x32x8
  - {{repeat: 3, of: block}}
  - block
"""
PYRAMID = """
title: Pyramid
defaults: {conv: same}
network:
  - input 64x64x8
  - stage: Backbone
    of:
      - {conv: 3x3 8 /2, label: c1, as: p1}
      - {conv: 3x3 8 /2, label: c2, as: p2}
      - {conv: 3x3 8 /2, label: c3, as: p3}
  - stage: Neck
    of:
      - {upsample: 2, label: double}
      - {concat: p2, label: up2}
      - {conv: 1x1 8, label: u2, as: n2}
      - {upsample: 2, label: double}
      - {concat: p1, label: up1}
      - {conv: 1x1 8, label: u1, as: small}
      - {conv: 3x3 8 /2, label: d2}
      - {concat: n2, label: down2}
      - {conv: 3x3 8 /2, label: d3, as: middle}
      - {concat: p3, label: down3}
  - outputs:
      fine: [from small, {conv: 1x1 4, label: f}]
      medium: [from middle, {conv: 1x1 4, label: m}]
      coarse: {conv: 1x1 4, label: c}
"""
STAGED = """
title: Staged
defaults: {conv: same}
network:
  - input 64x64x8
  - {stage: Backbone, of: [conv 3x3 8 as=p1, conv 3x3 8 as=p2, conv 3x3 8 as=p3, conv 3x3 8]}
  - {stage: Neck, of: [add p3, conv 3x3 8, add p2, conv 3x3 8, add p1, conv 3x3 8]}
"""
SKIPS = """
title: Skips
modules:
  block:
    gives: [skip]
    layers:
      - residual: [conv 3x3 8 same, {conv: 1x1 8, label: out, as: skip}]
        merge: add
network:
  - input 32x32x8
  - {repeat: 10, of: block}
  - from skip
  - {add: relu, label: sum}
"""


def scene_of(text: str, **options: Any) -> Scene:
    network = network_from_text(text, "spec.yaml")
    return draw_network(network, analyse(network), Options(THEME, **options))


def replaced(scene: Scene, keep: Callable[[Item], bool]) -> Scene:
    """The scene with those of its items that are kept."""

    def kept(items: tuple[Item, ...]) -> tuple[Item, ...]:
        inner = (
            item._replace(items=kept(item.items)) if isinstance(item, Group) else item
            for item in items
        )
        return tuple(item for item in inner if keep(item))

    return scene._replace(items=kept(scene.items))


def wires(scene: Scene) -> list[Connector]:
    return [one for one in collect(scene.items).connectors if one.role == "wire"]


FOUND = (Phase.explicit, Phase.reuse, Phase.generate)
"""Making such a spec smaller takes minutes; it is told as it was found."""


DIRECTIONS = st.sampled_from([*FLOWS])


@pytest.mark.long
@given(value_specs(), st.booleans(), st.sampled_from([0.0, 0.7, 16 / 9]), DIRECTIONS)
# the same specs everywhere, as in CI: fresh ones still find a rare fault (fuzz_pictures.py)
@settings(CHECKS, max_examples=40, phases=FOUND, derandomize=True)
def test_wires_touch_nothing(
    spec: dict[str, Any], full: bool, aspect: float, direction: str
) -> None:
    scene = draw({**spec, "figure": {"direction": direction}}, detail=DETAILS * full, aspect=aspect)
    assert violations(scene) == []


@pytest.mark.long
@given(value_specs(), st.booleans(), DIRECTIONS)
@settings(CHECKS, max_examples=10, phases=FOUND, derandomize=True)
def test_wires_touch_nothing_on_slides(spec: dict[str, Any], full: bool, direction: str) -> None:
    spec = {**spec, "figure": {"direction": direction}}
    network = network_from_text(json.dumps(spec, ensure_ascii=False), "random.yaml")
    for slide in network_slides(network, analyse(network), THEME, detail=DETAILS * full):
        assert violations(slide) == []


@pytest.mark.parametrize("full", [False, True])
def test_the_scene_gives_the_wiring_back(full: bool) -> None:
    names = "c1 c2 c3 double up2 u2 double up1 u1 d2 down2 d3 down3 c"
    row = ["input", *names.split(), "(coarse)"]
    named = {("c1", "up1"), ("c2", "up2"), ("c3", "down3"), ("u2", "down2"), ("u1", "f")}
    outputs = {("d3", "m"), ("f", "(fine)"), ("m", "(medium)")}
    drawn = wiring(scene_of(PYRAMID, detail=DETAILS * full))
    # in full detail filters and strides stand behind a label: "c1, 8, /2"
    joined = {(tail.partition(", ")[0], head.partition(", ")[0]) for tail, head in drawn}
    assert joined == {*pairwise(row)} | named | outputs


def test_one_wire_serves_all_that_take_a_value() -> None:
    scene = scene_of(STRANDS)
    names = [text.text for text, _ in collect(scene.items).texts if text.role == "wire"]
    assert names == ["time", "time"]  # once in the row, once over the panel
    assert len([one for one in wires(scene) if one.head]) == 3
    first, second = (one for one in wires(scene) if len(one.route) > 2)
    assert first.source == second.source
    assert first.route[:2] == second.route[:2]


def test_a_strand_begins_below_the_one_before() -> None:
    inputs = [s for s, _ in collect(scene_of(STRANDS).items).shapes if s.lines == ("input",)]
    assert inputs[0].x == inputs[1].x
    assert inputs[0].y + inputs[0].height < inputs[1].y


def test_what_a_repeat_gives_leaves_it_and_its_panel() -> None:
    scene = scene_of(SKIPS)
    joined = wiring(scene)
    assert {("block", "sum"), ("out", "(skip)")} <= joined
    leaving = next(one for one in wires(scene) if len(one.points) == 2)
    panel = next(s for s, _ in collect(scene.items).shapes if s.role == "panel")
    assert leaving.points[1][1] < panel.y < leaving.points[0][1]


def interleaved(count: int) -> Scene:
    """Values of which each is taken behind where the next one is given."""
    body = [f"conv 1x1 8 as=v{number}" for number in range(count)]
    takers = [f"add v{number}" for number in range(count)]
    return draw({"title": "Crossing", "network": ["input 32x32x8", *body, *takers]})


def test_wires_that_cross_have_gaps() -> None:
    scene = interleaved(4)
    assert violations(scene) == []
    found = collect(scene.items)
    names = [text.text for text, _ in found.texts if text.role == "wire"]
    assert sorted(names) == ["v0", "v1", "v2", "v3"]  # two above, two below
    assert len(found.gaps) == 2 * 2
    bare = replaced(scene, lambda item: not (isinstance(item, Line) and item.role == "crossing"))
    assert len([line for line in violations(bare) if "crosses" in line]) == 2 * 2


def test_names_stand_at_both_ends_of_what_would_cross_many() -> None:
    scene = interleaved(9)
    names = [text.text for text, _ in collect(scene.items).texts if text.role == "wire"]
    assert violations(scene) == []
    counts = Counter(names)
    assert sorted(counts) == [f"v{number}" for number in range(9)]
    assert {*counts.values()} == {1, 2}


def test_no_wire_leads_from_one_slide_to_another() -> None:
    given = [f"conv 3x3 8 same as=v{number}" for number in range(12)]
    taken = [f"add v{number}" for number in reversed(range(12))]
    spec = ["input 32x32x8", *given, *["conv 3x3 8 same"] * 110, *taken]
    network = network_from_text(json.dumps({"title": "Long", "network": spec}), "long.yaml")
    slides = network_slides(network, analyse(network), THEME)
    assert len(slides) > 1
    for slide in slides:
        assert violations(slide) == []
        found = collect(slide.items)
        ids = {shape.id for shape, _ in found.shapes}
        assert all(one.source in ids and one.target in ids for one in found.connectors)


def grounds(scene: Scene) -> list[Shape]:
    return [shape for shape, _ in collect(scene.items).shapes if shape.role == "ground"]


@pytest.mark.parametrize("aspect", [0.0, 4 / 3, 0.8])
def test_a_stage_has_its_title_on_every_line(aspect: float) -> None:
    scene = scene_of(STAGED, aspect=aspect)
    titles = [text.text for text, _ in collect(scene.items).texts if text.role == "stage"]
    assert len(titles) == len(grounds(scene)) >= 2
    assert {*titles} == {"Backbone", "Neck"}
    assert violations(scene) == []


def test_an_output_goes_on_from_the_last_value() -> None:
    names = [f"n{number}" for number in range(3)]
    body = ["input 8x8x8", *(f"conv 1x1 8 as={name}" for name in names)]
    outputs = {name: [f"from {name}", {"conv": "1x1 8", "label": f"of {name}"}] for name in names}
    scene = draw({"title": "Fan", "network": [*body, {"outputs": outputs}]})
    assert violations(scene) == []
    boxes = {shape.lines: shape for shape, _ in collect(scene.items).shapes if shape.lines}
    shapes = [boxes[text,] for text in ("of n0", "of n1", "of n2")]
    last = [shape for shape, _ in collect(scene.items).shapes if shape.lines == ("conv 1×1",)][-1]
    assert all(shape.x > last.x for shape in shapes)
    assert shapes[2].y + shapes[2].height / 2 == last.y + last.height / 2
    named = [text.text for text, _ in collect(scene.items).texts if text.role == "wire"]
    assert sorted(named) == ["n0", "n1"]
    assert ("conv 1×1", "of n2") in wiring(scene)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_one_value_twice_is_two_lines_into_the_merge(count: int) -> None:
    square = {"towers": ["identity"] * count, "merge": "multiply"}
    scene = draw({"title": "Square", "network": ["input 8x8x8", square]})
    assert violations(scene) == []
    found = collect(scene.items)
    merge = next(shape for shape, _ in found.shapes if shape.lines == ("multiply",))
    heads = [one.points[-1] for one in found.connectors if one.head and one.target == merge.id]
    assert len({*heads}) == count
    assert all(x == merge.x and merge.y < y < merge.y + merge.height for x, y in heads)


TWO_HEADS = """
title: Heads
modules:
  heads:
    layers: [conv 1x1 8, {conv: 1x1 8, label: one, as: first}, from in, {add: first, label: both}]
network: [input 8x8x8, heads]
"""


def test_what_comes_into_a_panel_forks_at_its_entry() -> None:
    scene = scene_of(TWO_HEADS)
    assert violations(scene) == []
    assert [text.text for text, _ in collect(scene.items).texts if text.role == "wire"] == ["first"]
    panel = next(shape for shape, _ in collect(scene.items).shapes if shape.role == "panel")
    inside = [c for c in collect(scene.items).connectors if c.route[0][1] > panel.y]
    starts = {one.source for one in inside if one.route[0][0] < panel.x}
    assert len(starts) == 1
    assert ("()", "both") in wiring(scene)


LEVELS = """
title: Levels
network:
  - input 9x8
  - lstm 8 last-state=a
  - lstm 8 last-state=b
  - input 9x8
  - lstm 8 state=a
  - lstm 8 state=b
"""


def test_values_go_straight_down_from_box_to_box() -> None:
    scene = scene_of(LEVELS)
    assert violations(scene) == []
    down = [one for one in wires(scene) if one.head]
    assert len(down) == 2
    assert all(len(one.points) == 2 and one.points[0][0] == one.points[1][0] for one in down)


# ---- the checks can fail -----------------------------------------------------------------


def test_the_check_sees_lanes_on_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LANE", 0.0)
    assert violations(scene_of(STAGED)) != []


def test_the_check_sees_a_way_through_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "leaving", lambda *_: 0)
    spec = {
        "title": "Covered",
        "network": [
            "input 32x32x8",
            "conv 1x1 8 as=v",
            {"towers": [["conv 1x1 8"], ["add v"], ["conv 1x1 8"]], "merge": "add"},
        ],
    }
    assert any("crosses" in line for line in violations(draw(spec)))


def test_the_check_sees_branches_at_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compound, "stagger", lambda *_: 0.0)
    monkeypatch.setattr(ways, "leaving", lambda *_: 0)
    monkeypatch.setattr(choice, "_cuts", lambda *_: 0.0)
    branches = [["from a", "conv 1x1 8"], ["from b", "conv 1x1 8"], [], ["conv 1x1 8"]]
    body = ["input 32x32x8", "conv 1x1 8 as=a", "conv 1x1 8 as=b", "conv 1x1 8"]
    spec = {"title": "Branches", "network": [*body, {"towers": branches, "merge": "concat"}]}
    assert any("run on one another" in line for line in violations(draw(spec)))
