"""Encoders with their decoders: down on the left, up on the right, skips straight across."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import forms
import pytest
from amounts import examples
from drawn_wiring import wirings
from forms import FLOWS, THEME
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import collect, violations
from random_specs import ACTIVATION, CONCAT, MERGE, NARROW, series
from scene_reader import read
from wirings import differences

from archviz.language.expand import network_from_text
from archviz.layout import slide_fitting, slides
from archviz.layout.levels import Ladder
from archviz.layout.levels_block import LevelsBlock
from archviz.layout.levels_parts import Span, apart
from archviz.layout.page import Options, draw_network
from archviz.layout.pyramid import BESIDE, pieces
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.scene import slide_form
from archviz.scene.scene import Connector, Point, Scene, Shape

CHECKS = settings(forms.CHECKS, max_examples=examples(40))


def draw(spec: dict[str, Any], **options: Any) -> Scene:
    network = network_from_text(json.dumps(spec, ensure_ascii=False), "u.yaml")
    return draw_network(network, analyse(network), Options(THEME, legend=False, **options))


def labelled(layer: str, label: str) -> dict[str, str]:
    kind, _, rest = layer.partition(" ")
    return {kind: rest, "label": label}


DOWN = st.sampled_from(
    ["max-pool 2x2", "avg-pool 3x3 /2 same", "conv 3x3 8 /2 same", "conv 3x3 8 /2 same relu"]
)
UP = st.sampled_from(
    ["upsample 2", "conv-transpose 2x2 8 /2", "conv-transpose 2x2 8 /2 batch-norm"]
)


@st.composite
def encoders(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    """An encoder and its decoder, three to six rows: any blocks, merges and shortcuts.

    What resizes has the labels ``down 1`` and ``up 1`` and so on, merges ``merge 1``; what
    begins a row, ends it or follows a merge is a box.
    """
    least = draw(st.integers(0, 1))
    body: list[Any] = ["conv 3x3 8 same", *draw(series(depth, [], least))]
    levels = draw(st.integers(2, 5))
    for number in range(levels, 0, -1):
        deep = depth if number > 1 else 0  # the row around it does not go on in a next line
        up = [labelled(draw(UP), f"up {number}")]
        if draw(st.booleans()):
            up.append("conv 3x3 8 same" + draw(ACTIVATION))
        merge = draw(st.one_of(MERGE, CONCAT))
        behind: list[Any] = [NARROW] if merge.startswith("concat") else []
        behind += draw(series(deep, [], least))
        skip: dict[str, Any] = {
            "residual": [labelled(draw(DOWN), f"down {number}"), *body, *up],
            "merge": labelled(merge + " ", f"merge {number}"),
        }
        if draw(st.booleans()):
            skip["shortcut"] = draw(series(0, []))
        before = [*draw(series(deep, [], least)), "conv 3x3 8 same"]
        body = [*before, skip, *behind]
    return {"title": "U", "network": ["input 128x128x8", *body]}


def lines(scene: Scene) -> list[Connector]:
    return collect(scene.items).connectors


def boxes(scene: Scene) -> dict[str, Shape]:
    """The boxes of a scene by their labels; what resizes and merges has labels of its own.

    Filters and strides that stand behind a label are left out.
    """
    shapes = [shape for shape, _ in collect(scene.items).shapes]
    return {" ".join(shape.lines).partition(", ")[0]: shape for shape in shapes}


def bends(scene: Scene) -> list[str]:
    """What of a U is not as it should be: lines down and up, skips, and ways back."""
    found: list[str] = []
    named = boxes(scene)
    level = 1
    while f"merge {level}" in named:
        merge = named[f"merge {level}"]
        for name, sign in ((f"down {level}", 1), (f"up {level}", -1)):
            box = named[name]
            middle = box.x + box.width / 2
            into = [line for line in lines(scene) if line.target == box.id]
            out = [line for line in lines(scene) if line.source == box.id]
            out = [line for line in out if line.points[0] == line.route[0]]  # towers share it
            if len(into) != 1 or len(out) != 1:
                found.append(f"{name} has {len(into)} lines in, {len(out)} out")
                continue
            (x0, y0), (x1, y1) = into[0].points[-2:]
            if abs(x0 - middle) > 0.1 or abs(x1 - middle) > 0.1 or (y1 - y0) * sign <= 0:
                found.append(f"{name} is not entered straight")
            (x0, y0), (x1, y1) = out[0].points[:2]
            if abs(x0 - middle) > 0.1 or abs(x1 - middle) > 0.1 or (y1 - y0) * sign <= 0:
                found.append(f"{name} is not left straight")
        entries = [line for line in lines(scene) if line.target == merge.id]
        across = [line for line in entries if line.points[-1][0] < merge.x + 1]
        upward = [line for line in entries if line not in across]
        if len(across) != 1 or len(across[0].points) != 2:
            found.append(f"the skip into merge {level} is not straight")
        if len(upward) != 1 or len(upward[0].points) != 2:
            found.append(f"the line up into merge {level} is not straight")
        level += 1
    shapes = {shape.id: shape for shape, _ in collect(scene.items).shapes if shape.role != "port"}
    for line in lines(scene):
        if _back(line.points):
            found.append(f"{line.points} goes back")
        ends = [(line.source, line.points[0], line.points[1])]
        if line.head:
            ends.append((line.target, line.points[-1], line.points[-2]))
        for name, at, beside in ends:
            if name in shapes and _slips(shapes[name], at, beside):
                found.append(f"{line.points} slips along {name}")
    return found


def _slips(shape: Shape, at: Point, beside: Point) -> bool:
    """Whether a line enters or leaves a box's top or underside elsewhere than in the middle,
    or along it."""
    if min(abs(at[1] - shape.y), abs(at[1] - shape.y - shape.height)) > 0.1:
        return False
    return abs(at[0] - shape.x - shape.width / 2) > 0.1 or abs(beside[0] - at[0]) > 0.1


def _back(points: tuple[Point, ...]) -> bool:
    return any(x1 < x0 - 0.1 for (x0, _), (x1, _) in pairwise(points))


@pytest.mark.long
@given(encoders(), st.booleans())
@CHECKS
def test_a_u_goes_down_across_and_up(spec: dict[str, Any], full: bool) -> None:
    scene = draw(spec, detail=DETAILS * full)
    assert violations(scene) == []
    assert bends(scene) == []


@pytest.mark.long
@given(encoders(0), st.booleans(), st.sampled_from(sorted(FLOWS)))
@settings(CHECKS, max_examples=30)
def test_a_u_is_read_back(spec: dict[str, Any], full: bool, direction: str) -> None:
    spec["figure"] = {"direction": direction}
    network = network_from_text(json.dumps(spec, ensure_ascii=False), "u.yaml")
    scene = draw(spec, detail=DETAILS * full)
    assert violations(scene) == []
    assert differences(read([scene], FLOWS[direction]), wirings(network, analyse(network))) == []


@pytest.mark.long
@given(encoders(), st.sampled_from([0.7, 4 / 3, 16 / 9]))
@settings(CHECKS, max_examples=30)
def test_a_u_fits_a_page(spec: dict[str, Any], aspect: float) -> None:
    assert violations(draw(spec, aspect=aspect)) == []


@pytest.mark.long
@given(encoders(), st.sampled_from([one for one in slides.FULL if one.tight]))
@settings(CHECKS, max_examples=15)
def test_tight_rows_of_a_u_keep_apart(spec: dict[str, Any], density: slides.Density) -> None:
    network = network_from_text(json.dumps(spec, ensure_ascii=False), "u.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slide_fitting, "FULL", (density,))
        patch.setattr(slide_form, "SLIDE_HEIGHT", 2400.0)
        scenes = slides.network_slides(network, analyse(network), THEME, detail=DETAILS)
    for scene in scenes:
        assert violations(scene) == []


def test_rows_reach_past_each_other_only_where_they_are_tight() -> None:
    style = slides.slide_style(THEME, 1.0, slides.FULL[0], DETAILS)
    tight = style._replace(room=style.room._replace(tight=True))
    gap = style.row_gap(0.3)
    left, right = Span(0, 10, 8, 20, 8), Span(100, 10, 30, 8, 8)
    assert apart([left], [right], style) == 20 + gap + 30
    assert apart([left], [right], tight) == gap + 30
    assert apart([left], [right._replace(before=85)], tight) == 20 + gap + 30
    assert apart([left._replace(after=85)], [right], tight) == 20 + gap + 30
    assert apart([left], [right._replace(middle=15)], tight) == 20 + gap + 30


def flat(body: list[Any], number: int = 1) -> list[Any]:
    """The same with values that are named on the way down and taken on the way up."""
    place = next((at for at, one in enumerate(body) if _is_level(one)), None)
    if place is None:
        return body
    skip, name = body[place], f"s{number}"
    assert body[place - 1] == "conv 3x3 8 same"
    merge = skip["merge"]
    ((kind, said),) = ((key, value) for key, value in merge.items() if key != "label")
    if "shortcut" in skip or kind == "scaled-add":
        side = [f"from {name}", *skip.get("shortcut", [])]
        taker: dict[str, Any] = {"towers": ["identity", side], "merge": merge}
    else:
        taker = merge | {kind: f"{name} {said}"}
    main = flat(skip["residual"], number + 1)
    return [*body[: place - 1], f"conv 3x3 8 same as={name}", *main, taker, *body[place + 1 :]]


def _is_level(item: Any) -> bool:
    merge = item.get("merge") if isinstance(item, dict) else None
    return isinstance(merge, dict) and str(merge.get("label")).startswith("merge")


@given(encoders(0))
@settings(CHECKS, max_examples=examples(40))
def test_named_values_make_the_same_u(spec: dict[str, Any]) -> None:
    def seen(spec: dict[str, Any]) -> list[Any]:
        found = collect(draw(spec).items)
        boxes = sorted((shape.box, shape.lines) for shape, _ in found.shapes)
        return [boxes, sorted(line.route for line in found.connectors)]

    assert seen(spec | {"network": flat(spec["network"])}) == seen(spec)


def rows(*skips: dict[str, Any], before: Any = (), behind: Any = ()) -> dict[str, Any]:
    """A U of plain rows, each skip with what is said of it, ``up`` with the way up inside it."""
    body: list[Any] = ["conv 3x3 8 same"]
    for number, skip in reversed(list(enumerate(skips, 1))):
        main = [labelled("max-pool 2x2", f"down {number}"), *body]
        main += skip.get("up", [labelled("upsample 2", f"up {number}")])
        said = {key: value for key, value in skip.items() if key != "up"}
        merge = labelled("add ", f"merge {number}")
        body = ["conv 3x3 8 same", {"residual": main, "merge": merge, **said}, "conv 3x3 8 same"]
    return {"title": "U", "network": ["input 32x32x8", *before, *body, *behind]}


def drawn_as_u(spec: dict[str, Any]) -> bool:
    """Whether the lowest pooling stands right below the one above it, not behind it."""
    named = boxes(draw(spec))
    return named["down 2"].y > named["down 1"].y + named["down 1"].height


GATE = {
    "inputs": ["g"],
    "label": "gate",
    "layers": [{"towers": ["identity", ["from g", "conv 1x1 8"]], "merge": "multiply"}],
}


@pytest.mark.parametrize("direction", ["right", "down", "up"])
def test_a_gate_takes_the_value_of_the_line_beside_it(direction: str) -> None:
    named = {"up": ["upsample 2", "conv 3x3 8 same as=gX"], "shortcut": "gate g=gX"}
    skips = [
        {key: json.loads(json.dumps(value).replace("gX", f"g{n}")) for key, value in named.items()}
        for n in (1, 2)
    ]
    spec = rows(*skips) | {"modules": {"gate": GATE}, "figure": {"direction": direction}}
    scene = draw(spec)
    assert violations(scene) == []
    assert {text.text for text, _ in collect(scene.items).texts}.isdisjoint({"g1", "g2"})
    shapes = {shape.id: shape for shape, _ in collect(scene.items).shapes}
    gates = [shape for shape in shapes.values() if shape.lines == ("gate",)]
    assert len(gates) == 2
    for gate in gates:
        across, up = [line for line in lines(scene) if line.target == gate.id]
        assert across.source != up.source
        assert across.points[-1] != up.points[-1]
        onward = [line.target for line in lines(scene) if line.source == up.source]
        assert sorted(" ".join(shapes[one].lines)[:5] for one in onward) == ["gate", "merge"]


def test_a_value_taken_elsewhere_too_has_a_name() -> None:
    skips = [{"up": ["upsample 2", "conv 3x3 8 same as=g"], "shortcut": "crop to=g"}, {}]
    for behind, named in (([], False), (["add g"], True)):
        scene = draw(rows(*skips, behind=behind))
        assert any(text.text == "g" for text, _ in collect(scene.items).texts) == named
        assert violations(scene) == []


@pytest.mark.parametrize("count, is_u", [(1, False), (2, True), (3, True)])
def test_a_u_has_three_rows(count: int, is_u: bool) -> None:
    spec = rows(*[{} for _ in range(count)])
    assert any("down 2" in name for name in boxes(draw(spec))) == (count > 1)
    network = network_from_text(json.dumps(spec), "u.yaml")
    found = pieces(network.body, analyse(network).facts, BESIDE)
    assert any(isinstance(piece, Ladder) for piece in found) == is_u


def test_what_a_skip_is_called_is_not_lost() -> None:
    spec = rows({"label": "outer"}, {"caption": "inner"}, {})
    scene = draw(spec)
    said = [text.text for text, _ in collect(scene.items).texts]
    assert "outer" in said and "inner" in said
    assert violations(scene) == []


def test_sizes_stand_at_the_left_of_each_level() -> None:
    scene = draw(rows({}, {}, {}))
    sizes = [text for text, _ in collect(scene.items).texts if text.text.endswith("×8")]
    assert [text.text for text in sizes] == ["32×32×8", "16×16×8", "8×8×8", "4×4×8"]
    assert all(text.x < boxes(scene)["down 1"].x for text in sizes[1:])


def test_modules_around_a_u_and_stages_hold() -> None:
    stem = {"stage": "Stem", "of": ["conv 3x3 8 same", "conv 3x3 8 same"]}
    scene = draw(rows({}, {}, before=[stem], behind=["conv 1x1 4"]))
    assert violations(scene) == []
    assert drawn_as_u(rows({}, {}, before=[stem]))
    assert any(text.text == "Stem" for text, _ in collect(scene.items).texts)


# ---- each of the checks can fail ---------------------------------------------------------------


def broken(monkeypatch: pytest.MonkeyPatch, name: str, change: Any) -> list[str]:
    """What is found where a method of the block of a U does something else."""
    method = getattr(LevelsBlock, name)
    monkeypatch.setattr(LevelsBlock, name, lambda self, *args: change(self, method, *args))
    scene = draw(rows({}, {}))
    return bends(scene) + violations(scene)


def test_a_crooked_line_down_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(self: LevelsBlock, columns: Any) -> None:
        columns(self)
        self.starts = [start + 9 for start in self.starts]

    assert any("slips" in fault for fault in broken(monkeypatch, "_columns", moved))


def test_a_crooked_line_up_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(self: LevelsBlock, columns: Any) -> None:
        columns(self)
        self.ups = [up + 40 * number for number, up in enumerate(self.ups)]

    assert any("slips" in fault for fault in broken(monkeypatch, "_columns", moved))


def test_rows_without_room_between_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def narrow(self: LevelsBlock, long: Any, on: Any) -> float:
        return float(long(self, on)) / 4

    assert any("overlaps" in fault for fault in broken(monkeypatch, "long", narrow))


def test_a_step_in_a_skip_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def lower(self: LevelsBlock, row: Any, *args: Any) -> Any:
        *rest, skips, port = args
        skips = [
            [one.to((one.x + 20, one.y), (one.x + 20, one.y + 9)) for one in skip] for skip in skips
        ]
        return row(self, *rest, skips, port)

    assert any("the skip into" in fault for fault in broken(monkeypatch, "_row", lower))
