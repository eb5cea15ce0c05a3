"""Layers that a figure opens in a panel of their own."""

from __future__ import annotations

import pytest
from invariants import violations

from archviz.api import LoadedNetwork, load_text
from archviz.errors import ArchvizError
from archviz.language.expand import network_from_text
from archviz.scene.scene import Group, Scene, Shape, Text, leaves

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


WORDS = """
title: T
modules:
  block: {takes: [h], layers: [attention h causal rotary, feed-forward 64*h gated silu]}
network:
  - {input: 24x32, as: memory}
  - input 24x32
  - block 2
  - block 4
  - attention 8 kv-heads=2 window=7 relative=13 from=memory
  - attention 8 rotary qk-norm=rms-norm
  - mixture-of-experts 8 active=2 inner=64 gelu
  - lstm 32 bidirectional last
"""


def shown(text: str) -> list[str]:
    """All that is written in and under the boxes of a figure."""
    found: list[str] = []
    for leaf in leaves(load_text(text).scene().items):
        found += leaf.lines if isinstance(leaf, Shape) else ()
        found += [leaf.text] if isinstance(leaf, Text) else []
    return found


def test_boxes_say_what_sets_a_kind_apart_in_all_calls() -> None:
    texts = shown(WORDS)
    for words in (
        ("causal", "attention", "2 or 4 heads, rotary"),
        ("feed-", "forward", "128 or 256, SwiGLU"),
        ("grouped-query", "cross-attention", "8 heads, 2 key heads", "window 7, relative bias"),
        ("attention", "8 heads, rotary", "QK norm"),
        ("2 of 8", "experts", "64, GELU"),
        ("bidirectional", "LSTM", "32, last state"),
    ):
        starts = [place for place, text in enumerate(texts) if text == words[0]]
        assert words in [tuple(texts[place : place + len(words)]) for place in starts]


def test_the_panel_of_an_attention_has_the_norm_of_its_queries_and_keys() -> None:
    network = "title: T\nnetwork:\n  - input 6x8\n  - attention 2 qk-norm={}\n"
    inside = "figure: {open: attention, legend: no}\n"
    for norm, sign in (("rms-norm", "Rm"), ("layer-norm", "L"), ("none", "")):
        words = shown(network.format(norm) + inside)
        assert words.count(sign) == (2 if sign else 0)
        assert ("Multi-head attention, 2 heads, QK norm" in words) == bool(sign)


def test_the_panel_of_a_cross_attention_says_what_its_keys_are_of() -> None:
    network = "title: T\nnetwork:\n  - {input: 4x8, as: memory}\n  - input 6x8\n"
    inside = "  - attention 2\n  - append memory\nfigure: {open: attention}\n"
    own = shown(network + inside)
    assert "query" in own
    assert own.count("memory") == 1  # the wire in the row
    across = "  - attention 2 from=memory\n  - relu\nfigure: {open: attention}\n"
    words = shown(network + across)
    assert "Cross-attention, 2 heads" in words
    assert words.count("memory") > 1


@pytest.mark.parametrize(("relative", "said"), [("13*13", "window 7×7"), ("50", "window 49")])
def test_a_window_has_sides_where_its_relative_positions_are_those_of_a_square(
    relative: str, said: str
) -> None:
    layer = f"attention 3 window=49 relative={relative}"
    spec = f"title: T\nnetwork: [input 196x96, {layer}, select, dense 10]"
    assert any(said in text for text in shown(spec))
