"""Layers that a figure opens in a panel of their own."""

from __future__ import annotations

import pytest
from invariants import violations

from archviz.api import LoadedNetwork
from archviz.errors import ArchvizError
from archviz.language.expand import network_from_text
from archviz.scene.scene import Group, Scene, Shape

TEXT = """
title: Encoder
network:
  - input 16x32
  - repeat: 2
    of: [{residual: [layer-norm, attention 4]}, {residual: [layer-norm, dense 64 gelu, dense 32]}]
  - select
  - dense 10
"""


def scene(text: str, **options: bool) -> Scene:
    return LoadedNetwork(network_from_text(text, "encoder.yaml")).scene(**options)


def panels(figure: Scene) -> dict[str, list[str]]:
    """The labels in each panel, by its title."""
    found = {}
    for group in figure.items:
        if isinstance(group, Group) and group.role == "panel":
            boxes = [item for item in group.items if isinstance(item, Group)]
            shapes = [shape for box in boxes for shape in box.items if isinstance(shape, Shape)]
            found[group.name] = [" ".join(shape.lines) for shape in shapes]
    return found


@pytest.mark.parametrize("full", [False, True])
def test_an_attention_opens_where_the_figure_says_so(full: bool) -> None:
    assert panels(scene(TEXT)) == {}
    figure = scene(TEXT + "figure: {open: attention}\n", **({"detail": "full"} if full else {}))
    assert panels(figure) == {
        "Multi-head attention, 4 heads": ["query", "key", "value", "scaled dot product", "output"]
    }
    assert violations(figure) == []


def test_heads_that_differ_are_not_told() -> None:
    text = TEXT.replace("  - select", "  - attention 8\n  - select")
    assert list(panels(scene(text + "figure: {open: [attention]}\n"))) == ["Multi-head attention"]


def test_nothing_opens_where_there_is_none() -> None:
    text = "title: T\nnetwork: [input 8x8x3, conv 3x3 8]\nfigure: {open: attention}\n"
    assert panels(scene(text)) == {}


def test_only_some_kinds_open() -> None:
    with pytest.raises(ArchvizError, match="no panel can open 'conv'"):
        scene(TEXT + "figure: {open: [attention, conv]}\n")
