"""Random specs, and what must hold of every picture of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from amounts import examples
from bundled import loaded, of_each
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invariants import violations
from random_specs import MERGE, series, specs

from archviz.language.expand import network_from_text
from archviz.layout import compound
from archviz.layout.page import Options, draw_network
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.scene.scene import Scene
from archviz.scene.theme import load_theme
from archviz.write.scene_json import write_json
from archviz.write.svg import write_svg

THEME = load_theme()
CHECKS = settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)


def draw(spec: dict[str, Any], **options: Any) -> Scene:
    network = network_from_text(json.dumps(spec, ensure_ascii=False), "random.yaml")
    return draw_network(network, analyse(network), Options(THEME, **options))


@pytest.mark.long
@given(specs(), st.booleans(), st.sampled_from([0.0, 0.7, 4 / 3, 16 / 9]))
@CHECKS
def test_nothing_overlaps_and_nothing_leaves_its_place(
    spec: dict[str, Any], full: bool, aspect: float
) -> None:
    scene = draw(spec, detail=DETAILS * full, aspect=aspect, title=full)
    assert violations(scene) == []
    if aspect:
        assert scene.width / scene.height == pytest.approx(aspect, rel=1e-3)


@st.composite
def encoders(draw: st.DrawFn) -> dict[str, Any]:
    """An encoder with its decoder: skips inside one another."""
    body: list[Any] = draw(series(0, []))
    for _ in range(draw(st.integers(3, 5))):
        skip = {"residual": body, "merge": draw(MERGE)}
        body = [*draw(series(0, [])), skip, *draw(series(0, [], least=0))]
    return {"title": "U", "network": ["input 32x32x8", *body]}


@given(encoders(), st.booleans(), st.sampled_from([0.0, 16 / 9]))
@settings(CHECKS, max_examples=examples(60))
def test_an_encoder_with_its_decoder_holds(spec: dict[str, Any], full: bool, aspect: float) -> None:
    scene = draw(spec, detail=DETAILS * full, aspect=aspect)
    assert violations(scene) == []


@st.composite
def varied(draw: st.DrawFn) -> dict[str, Any]:
    """A spec of which each call of a module has other kernels, activations and layers."""
    spec: dict[str, Any] = draw(specs())
    modules = spec.get("modules", {})

    def vary(node: Any) -> Any:
        if isinstance(node, list):
            return [vary(inner) for inner in node]
        if isinstance(node, dict):
            return {key: vary(inner) for key, inner in node.items()}
        if node not in modules:
            return node
        kernel, acts = draw(st.sampled_from([1, 3, 5, 11])), ["relu", "hard-swish", "linear"]
        return f"{node} {kernel} {draw(st.integers(0, 1))} {draw(st.sampled_from(acts))}"

    more = ["conv kxk 8 same batch-norm act=after", "sep-conv 3x3 8 same act=after when=on"]
    for module in modules.values():
        module["takes"] = ["k=3", "on=0", "after=relu"]
        if "layers" in module:
            module["layers"] = vary(module["layers"]) + more
    spec["network"] = vary(spec["network"])
    return spec


@pytest.mark.long
@given(varied(), st.booleans(), st.sampled_from([0.0, 16 / 9]))
@settings(CHECKS, max_examples=examples(60))
def test_panels_of_calls_that_differ_hold(spec: dict[str, Any], full: bool, aspect: float) -> None:
    assert violations(draw(spec, detail=DETAILS * full, aspect=aspect)) == []


@pytest.mark.long
@given(specs())
@settings(CHECKS, max_examples=15)
def test_the_same_spec_gives_the_same_bytes(spec: dict[str, Any]) -> None:
    first, second = draw(spec), draw(spec)
    assert write_svg(first) == write_svg(second)
    assert write_json(first) == write_json(second)


@pytest.mark.parametrize("name", of_each())
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("aspect", [0.0, 16 / 9, 4 / 3])
def test_the_bundled_figures_hold(name: str, full: bool, aspect: float) -> None:
    options = Options(THEME, detail=DETAILS * full, aspect=aspect, title=True)
    assert violations(draw_network(*loaded(name), options)) == []


def broken(monkeypatch: pytest.MonkeyPatch, name: str, **values: Any) -> list[str]:
    for key, value in values.items():
        monkeypatch.setattr(compound, key, value)
    return violations(draw_network(*loaded(name), Options(THEME)))


def test_the_check_sees_towers_stacked_too_tightly(monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(
        monkeypatch,
        "inception_v1",
        stack=lambda blocks, gap: [20.0 * number for number in range(len(blocks))],
    )
    assert any("overlaps" in line for line in found)


def test_the_check_sees_a_bus_inside_the_towers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = broken(monkeypatch, "inception_v1", BOX_TO_BUS=-0.9, BADGE_TO_BUS=-9.0)
    assert any("crosses" in line for line in found)


def test_the_check_sees_a_shortcut_through_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    measure = compound.ResidualBlock.__init__

    def shallow(self: compound.ResidualBlock, *args: Any) -> None:
        measure(self, *args)
        self.depth = 0.0

    monkeypatch.setattr(compound.ResidualBlock, "__init__", shallow)
    found = broken(monkeypatch, "resnet50")
    assert any("crosses" in line or "run on one another" in line for line in found)
