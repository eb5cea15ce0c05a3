"""A name in a drawing is one value's, whatever the figure leaves out or hangs beside the row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzz_pictures import FLOWS, Look, faults, pages

from archviz.errors import ArchvizError
from archviz.language.expand import network_from_text
from archviz.layout import choice
from archviz.layout.build import Builder
from archviz.layout.choice import Chosen
from archviz.layout.style import Style
from archviz.network.analysis import analyse
from archviz.scene.scene import Text, leaves
from archviz.scene.theme import load_theme

START = "title: T\nnetwork:\n  - input 8x8x4\n  - conv 1x1 4 as=a\n  - conv 3x3 4 same\n"
END = "  - conv 3x3 4 same\n  - add b\n  - add a\n"
HIDDEN = {
    "residual": "{residual: [from a, conv 1x1 4 as=b], merge: add, hidden: yes}",
    "tower": "{towers: [[from a, relu as=b], tanh], merge: add, hidden: yes}",
    "chain": "{towers: [tanh, [from a, relu as=c], [from c, relu as=b]], merge: add, hidden: yes}",
}
TAKERS = {
    "merge": "  - add b\n",
    "row": "  - {residual: [from b, relu], merge: add}\n",
    "graph": "  - {graph: {nodes: {n: relu, s: add}, edges: [in -> s, b -> n -> s, s -> out]}}\n",
    "module": "  - block memory=b\n",
}
MODULE = "modules: {block: {inputs: [memory], layers: [conv 1x1 4, add memory]}}\n"
HEADS = """title: T
network:
  - input 8x8x4
  - conv 1x1 4
  - auxiliary: [conv 1x1 4 as=b, relu, add b, softmax]
  - conv 3x3 4 same
  - auxiliary: [conv 5x5 4 same as=b, relu, add b, softmax]
  - conv 3x3 4 same as=b
  - conv 3x3 4 same
  - add b
"""
GIVEN = """title: T
modules:
  block:
    gives: [b]
    layers: [conv 1x1 4 as=a, relu, {residual: [from a, tanh as=b], hidden: yes}, add a]
network: [input 8x8x4, block b=x, conv 1x1 4, add x]
"""
LOOKS = [Look(way, full, slides=full) for way in FLOWS for full in (False, True)]


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize("form", HIDDEN)
def test_what_is_left_out_gives_the_value_that_it_begins_with(form: str, taker: str) -> None:
    text = f"{START}  - {HIDDEN[form]}\n  - conv 1x1 4\n{TAKERS[taker]}  - add a\n"
    text += MODULE if taker == "module" else ""
    assert [fault for look in LOOKS for fault in faults(text, look)] == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_panel_gives_what_a_form_that_is_left_out_begins_with(look: Look) -> None:
    assert faults(GIVEN, look) == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_name_in_a_head_is_no_other_value(look: Look) -> None:
    assert faults(HEADS, look) == []


def test_names_of_heads_have_numbers() -> None:
    network = network_from_text(HEADS)
    (scene,) = pages(network, analyse(network), Look())
    said = [text.text for text in leaves(scene.items) if isinstance(text, Text)]
    assert [said.count(name) > 0 for name in ("b", "b (2)", "b (3)", "b (4)")] == [
        True,
        True,
        True,
        False,
    ]


OUTPUTS = """title: T
network:
  - input 8x8x4 as=x
  - conv 1x1 4 as=a
  - conv 3x3 4 same
  - outputs:
      one: relu
      two: [input 8x8x4 label=other, conv 1x1 3]
      three:
        - graph:
            nodes: {p: from a, q: {towers: [from x, [from a, tanh]], merge: add}, s: concat}
            edges: [p -> s, q -> s, s -> out]
      four: [{towers: [from x, from a], merge: add}, relu]
"""


@pytest.mark.parametrize("look", LOOKS)
def test_outputs_may_begin_with_inputs_and_with_several_values(look: Look) -> None:
    analysis = analyse(network_from_text(OUTPUTS))
    assert [shape for _, shape in analysis.outputs] == [(8, 8, 4), (8, 8, 3), (8, 8, 8), (8, 8, 4)]
    assert faults(OUTPUTS, look) == []


@pytest.mark.parametrize(
    "row",
    [
        "  - {graph: {nodes: {p: from a, q: [from a, tanh], s: add}, "
        "edges: [p -> s -> out, q -> s]}}",
        "  - {residual: [relu, {graph: {nodes: {p: from a}, edges: [p -> out]}}], merge: add}",
    ],
)
def test_a_graph_that_takes_nothing_of_what_comes_in_stands_first(row: str) -> None:
    with pytest.raises(ArchvizError, match="no way leads from 'in' to 'out'"):
        network_from_text(f"{START}{row}\n")


def test_a_body_in_which_names_are_values_stays_the_same() -> None:
    network = network_from_text(f"{START}  - relu as=b\n{END}")
    builder = Builder(network, analyse(network), Style(load_theme(), 20.0), ladders=False)
    assert builder.within(network.body).body is network.body


def test_as_many_values_as_there_are_have_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(self: object, chosen: Chosen, number: int, most: int) -> Iterator[Chosen]:
        yield Chosen((*chosen.places, (number, 0)))

    monkeypatch.setattr(choice._Table, "fitting", first)
    table = choice._Table([()] * 2000, Style(load_theme(), 20.0))
    every = table.every(0, 1)
    assert every and every.places == tuple((number, 0) for number in range(2000))
