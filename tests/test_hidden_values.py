"""Names that are given in what a figure leaves out stand for the drawn values that they are."""

from __future__ import annotations

import pytest
from fuzz_pictures import Look, faults

from archviz.language.expand import network_from_text
from archviz.layout.page import Options, draw_network
from archviz.network.analysis import analyse
from archviz.scene.scene import Text, leaves
from archviz.scene.theme import load_theme

LOOKS = (Look(), Look("down", slides=True), Look("up", full=True, aspect=4 / 3))
ROWS = {
    "a hidden input": """
  - input 8x8x16 hidden
  - conv 1x1 16
""",
    "a hidden input with a name": """
  - input 8x8x16 hidden as=a
  - conv 3x3 16 same
  - add a
""",
    "a hidden input before towers": """
  - input 8x8x16 hidden
  - {towers: [conv 1x1 16, conv 3x3 16 same], merge: add}
""",
    "a hidden input before a shortcut": """
  - input 8x8x16 hidden
  - {residual: [conv 1x1 16, conv 3x3 16 same], merge: add}
""",
    "a hidden input before a graph": """
  - input 8x8x16 hidden
  - graph:
      nodes: {n: [conv 3x3 16 same], m: [conv 1x1 16], o: add}
      edges: [in -> n, in -> m, n -> o, m -> o -> out]
""",
    "a hidden input before outputs": """
  - input 64x64x16 hidden
  - outputs: {a: [conv 1x1 16], b: [conv 3x3 16]}
""",
    "a hidden input behind what is drawn": """
  - input 8x8x16
  - conv 1x1 16 as=a
  - input 8x8x16 hidden
  - conv 3x3 16 same
  - add a
""",
    "a hidden learned value": """
  - input 8x8x16
  - conv 3x3 16 same as=b
  - learned 8x8x16 hidden as=pos
  - from b
  - conv 3x3 16 same
  - add pos
  - {residual: [conv 3x3 16 same], shortcut: [from pos]}
  - {towers: [[from pos, conv 1x1 16], identity, [from pos, {residual: [tanh, tanh]}]], merge: add}
""",
    "two values in one name": """
  - input 8x8x16
  - conv 1x1 16 as=a
  - conv 3x3 16 same
  - {residual: [{towers: [identity, [from a]], merge: add}, relu as=c], hidden: yes}
  - conv 5x5 16 same
  - add c
""",
    "two values behind a merge begin a series": """
  - input 8x8x16
  - conv 1x1 16 as=a
  - conv 3x3 16 same
  - {residual: [{towers: [identity, [from a]], merge: add}, relu as=c], hidden: yes}
  - conv 5x5 16 same as=d
  - from c
  - {towers: [relu, tanh], merge: add}
  - {residual: [conv 3x3 16 same], shortcut: [from c]}
  - add d
""",
    "names in a hidden graph": """
  - input 8x8x16
  - conv 1x1 16 as=a
  - conv 3x3 16 same
  - graph:
      nodes: {n: [conv 3x3 16 same as=q], m: [add, conv 1x1 16 as=z], o: [add, relu as=w]}
      edges: [in -> n, a -> m, in -> m, n -> o, m -> o -> out]
    hidden: yes
  - conv 5x5 16 same
  - add q
  - add z
  - concat w
""",
    "hidden in hidden": """
  - input 8x8x16
  - conv 1x1 16 as=a
  - conv 3x3 16 same
  - residual: [relu as=p, {towers: [tanh as=q, [from a]], merge: add, hidden: yes}, relu as=c]
    hidden: yes
  - conv 5x5 16 same
  - op-merge p q c shape=8x8x16
""",
    "parts of a split": """
  - input 8x8x16
  - split a b
  - residual: [{towers: [[from a, conv 3x3 8 same], [from b]], merge: add}, relu as=c]
    hidden: yes
  - conv 3x3 16 same
  - concat c
""",
    "a hidden merge of named values": """
  - input 8x8x16
  - conv 1x1 16 as=a
  - conv 3x3 16 same as=b
  - conv 3x3 16 same as=d
  - op-merge a b shape=8x8x16 hidden as=c
  - conv 5x5 16 same
  - add c d
""",
}
PANEL = """
title: Panel
network: [input 8x8x16, m g=u h=v, conv 5x5 16 same, add u, add v]
modules:
  m:
    gives: [g, h]
    layers: LAYERS
"""
PANELS = {
    "hidden first": "[{residual: [relu as=g, tanh as=h], hidden: yes}, conv 1x1 16, add h]",
    "hidden between": "[conv 3x3 16 same as=k, {residual: [relu as=g, tanh as=h], hidden: yes}, "
    "add k]",
    "by another name": "[conv 3x3 16 same as=k, conv 3x3 16 same, {residual: [from k, relu as=g], "
    "hidden: yes}, add k as=h]",
}
TEXTS = {name: f"title: T\nnetwork:{items}" for name, items in ROWS.items()} | {
    name: PANEL.replace("LAYERS", layers) for name, layers in PANELS.items()
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=[*TEXTS])
def test_a_name_in_what_is_left_out_is_a_drawn_value(text: str) -> None:
    for look in LOOKS:
        assert faults(text, look) == [], look


def test_a_series_that_begins_with_several_values_begins_with_their_name() -> None:
    network = network_from_text(TEXTS["two values behind a merge begin a series"], "spec.yaml")
    scene = draw_network(network, analyse(network), Options(load_theme()))
    names = [leaf.text for leaf in leaves(scene.items) if isinstance(leaf, Text)]
    assert names.count("c") == 2
