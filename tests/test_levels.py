"""Encoders with their decoders: down on the left, up on the right, skips straight across."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invariants import collect, violations
from random_specs import ACTIVATION, CONCAT, MERGE, NARROW, series

from archviz.language.expand import network_from_text
from archviz.layout.page import Options, draw_network
from archviz.network.analysis import analyse
from archviz.scene.scene import Connector, Point, Scene, Shape
from archviz.scene.theme import load_theme

THEME = load_theme()
CHECKS = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


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
        up = [labelled(draw(UP), f"up {number}")]
        if draw(st.booleans()):
            up.append("conv 3x3 8 same" + draw(ACTIVATION))
        merge = draw(st.one_of(MERGE, CONCAT))
        behind: list[Any] = [NARROW] if merge.startswith("concat") else []
        behind += draw(series(depth, [], least))
        skip: dict[str, Any] = {
            "residual": [labelled(draw(DOWN), f"down {number}"), *body, *up],
            "merge": labelled(merge + " ", f"merge {number}"),
        }
        if draw(st.booleans()):
            skip["shortcut"] = draw(series(0, []))
        before = [*draw(series(depth, [], least)), "conv 3x3 8 same"]
        body = [*before, skip, *behind]
    return {"title": "U", "network": ["input 128x128x8", *body]}


def lines(scene: Scene) -> list[Connector]:
    return collect(scene.items).connectors


def boxes(scene: Scene) -> dict[str, Shape]:
    """The boxes of a scene by their labels; what resizes and merges has labels of its own."""
    return {" ".join(shape.lines): shape for shape, _ in collect(scene.items).shapes}


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
    found += [f"{line.points} goes back" for line in lines(scene) if _back(line.points)]
    return found


def _back(points: tuple[Point, ...]) -> bool:
    return any(x1 < x0 - 0.1 for (x0, _), (x1, _) in pairwise(points))


@given(encoders(), st.booleans())
@CHECKS
def test_a_u_goes_down_across_and_up(spec: dict[str, Any], full: bool) -> None:
    scene = draw(spec, full=full)
    assert violations(scene) == []
    assert bends(scene) == []


@given(encoders(), st.sampled_from([0.7, 4 / 3, 16 / 9]))
@settings(CHECKS, max_examples=30)
def test_a_u_fits_a_page(spec: dict[str, Any], aspect: float) -> None:
    assert violations(draw(spec, aspect=aspect)) == []


def levels(*skips: dict[str, Any]) -> dict[str, Any]:
    """A U of plain rows, each skip with what is said of it."""
    body: list[Any] = ["conv 3x3 8 same"]
    for number, skip in reversed(list(enumerate(skips, 1))):
        up = skip.pop("up", ["upsample 2"])
        main = [labelled("max-pool 2x2", f"down {number}"), *body, *up]
        body = ["conv 3x3 8 same", {"residual": main, "merge": "add", **skip}, "conv 3x3 8 same"]
    return {"title": "U", "network": ["input 32x32x8", *body]}
