"""Specs that are drawn in a form of their own: how tests draw them, and read them back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from amounts import examples
from drawn_wiring import wirings
from hypothesis import HealthCheck, settings
from invariants import collect, violations
from scene_reader import read
from wirings import differences

from archviz.language.expand import network_from_text
from archviz.layout import slide_fitting, slides
from archviz.layout.made_for import draw_for
from archviz.layout.page import Options, Place, draw_network
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.network.model import Network
from archviz.scene import slide_form
from archviz.scene.scene import Scene, Shape
from archviz.scene.theme import load_theme

THEME = load_theme()
FLOWS = {"right": (1.0, 0.0), "down": (0.0, 1.0), "up": (0.0, -1.0)}
CHECKS = settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def network_of(spec: dict[str, Any]) -> Network:
    return network_from_text(json.dumps(spec), "form.yaml")


def draw(spec: dict[str, Any], **options: Any) -> Scene:
    network = network_of(spec)
    return draw_network(network, analyse(network), Options(THEME, legend=False, **options))


def draw_within(spec: dict[str, Any], inches: float, **options: Any) -> Scene:
    """Made for a place so wide, in letters of 7 pt."""
    network, place = network_of(spec), Place(inches * 96, 7 / 0.75)
    return draw_for(network, analyse(network), Options(THEME, legend=False, **options), place)


def on_slides(spec: dict[str, Any], **options: Any) -> list[Scene]:
    network = network_of(spec)
    return slides.network_slides(network, analyse(network), THEME, **options)


def on_tight_slides(spec: dict[str, Any], density: slides.Density) -> list[Scene]:
    """On slides that are high, in all detail and at just this density."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slide_fitting, "FULL", (density,))
        patch.setattr(slide_form, "SLIDE_HEIGHT", 2400.0)
        return on_slides(spec, detail=DETAILS)


def labelled(scene: Scene, *labels: str) -> list[Shape]:
    found = [shape for shape, _ in collect(scene.items).shapes]
    return [shape for shape in found if " ".join(shape.lines) in labels]


def misread(spec: dict[str, Any], *scenes: Scene) -> list[str]:
    """Where the wiring that the scenes show is not that of the network."""
    network, flow = network_of(spec), FLOWS[spec["figure"]["direction"]]
    return differences(read(scenes, flow), wirings(network, analyse(network)))


def assert_well_drawn(spec: dict[str, Any], *scenes: Scene) -> None:
    assert [violations(scene) for scene in scenes] == [[] for _ in scenes]
    assert misread(spec, *scenes) == []
