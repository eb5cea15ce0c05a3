"""Graphs that are longer than their page or slide: in parts, and still what they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import drawn_wiring
import pytest
import scene_reader
from invariants import collect, violations
from wirings import differences

from archviz.language.expand import network_from_text
from archviz.layout import graph_parts, panels
from archviz.layout.page import Options, draw_network
from archviz.layout.row import longest_line
from archviz.layout.slides import LEAST_TEXT, network_slides
from archviz.layout.style import Style
from archviz.network.analysis import analyse
from archviz.network.model import Network
from archviz.scene.scene import Group, Scene
from archviz.scene.theme import load_theme

THEME = load_theme()
FLOWS = {"right": (1, 0), "down": (0, 1), "up": (0, -1)}
LAYERS = ("conv 3x3 8 same", "conv 1x1 8 relu", "max-pool 3x3 /1 same", "relu")
Edges = list[tuple[str, str]]


def way(*names: str) -> Edges:
    return list(pairwise(names))


def graph_of(edges: Edges, chance: Random) -> dict[str, Any]:
    """A graph with these edges: merges where several come together, and some layers."""
    heads = [head for _, head in edges]
    nodes = {}
    for name in dict.fromkeys(head for head in heads if head != "out"):
        inner = [chance.choice(LAYERS) for _ in range(chance.choice((1, 1, 2)))]
        nodes[name] = ["add", *inner] if heads.count(name) > 1 else inner
    return {"nodes": nodes, "edges": [f"{tail} -> {head}" for tail, head in edges]}


def ended(names: Sequence[str], edges: Edges) -> Edges:
    """With all that nothing takes merged into what goes out."""
    tails = {tail for tail, _ in edges}
    return [*edges, *((name, "last") for name in names if name not in tails), ("last", "out")]


def random_edges(chance: Random) -> Edges:
    """Of a long graph, whose nodes take what is not far before them."""
    names = [f"n{number}" for number in range(chance.randint(18, 30))]
    back, edges = chance.choice((3, 6, 12)), Edges()
    for number, name in enumerate(names):
        pool = ["in", *names][max(0, number - back + 1) : number + 1]
        count = min(len(pool), chance.choice((1, 1, 1, 2, 2)))
        edges += [(tail, name) for tail in chance.sample(pool, count)]
    return ended(names, edges)


def cell_edges() -> Edges:
    """A cell as a search for architectures finds them: thirty nodes in blocks of three."""
    chance, states, edges = Random(7), ["in", "previous"], Edges()
    for block in range(10):
        one, other = chance.sample(states[-5:], 2)
        edges += [(one, f"a{block}"), (other, f"b{block}")]
        edges += [(f"a{block}", f"sum{block}"), (f"b{block}", f"sum{block}")]
        states.append(f"sum{block}")
    return ended(states[2:], edges)


def spec_of(graph: dict[str, Any], direction: str, in_row: bool) -> Network:
    spec: dict[str, Any] = {
        "title": "A graph",
        "figure": {"direction": direction},
        "network": ["input 32x32x8", "conv 1x1 8", {"graph": graph}, "conv 1x1 2"],
    }
    if not in_row:
        spec["modules"] = {"m": {"graph": graph}}
        spec["network"] = ["input 32x32x8", "conv 1x1 8", "m", "conv 1x1 2"]
    return network_from_text(json.dumps(spec), "graph.yaml")


def pages(network: Network, form: str) -> list[Scene]:
    analysis = analyse(network)
    if form == "slides":
        return network_slides(network, analysis, THEME)
    aspect = 0.7 if form == "column" else 0.0
    return [draw_network(network, analysis, Options(THEME, legend=False, aspect=aspect))]


def faults(network: Network, scenes: Sequence[Scene]) -> list[str]:
    """What is wrong with its pictures, and what they say that it is not."""
    read = scene_reader.read(scenes, FLOWS[network.figure.direction])
    said = differences(read, drawn_wiring.wirings(network, analyse(network)))
    return [*said, *(line for scene in scenes for line in violations(scene))]


def names_in(scenes: Sequence[Scene]) -> list[str]:
    found = [text for scene in scenes for text, _ in collect(scene.items).texts]
    return [text.text for text in found if text.role == "wire"]


def smallest(scenes: Sequence[Scene]) -> float:
    return min(text.size for scene in scenes for text, _ in collect(scene.items).texts)


@pytest.mark.long
@pytest.mark.parametrize("form", ["page", "column", "slides"])
@pytest.mark.parametrize("direction", FLOWS)
def test_a_cell_of_thirty_nodes_wraps(direction: str, form: str) -> None:
    network = spec_of(graph_of(cell_edges(), Random(7)), direction, False)
    scenes = pages(network, form)
    assert faults(network, scenes) == []
    assert len(set(names_in(scenes))) > 1
    if form == "slides":
        assert smallest(scenes) >= LEAST_TEXT


@pytest.mark.long
@pytest.mark.parametrize("in_row", [True, False], ids=["row", "panel"])
@pytest.mark.parametrize("direction", FLOWS)
@pytest.mark.parametrize("seed", range(4))
def test_a_long_random_graph_wraps(seed: int, direction: str, in_row: bool) -> None:
    chance = Random(seed)
    network = spec_of(graph_of(random_edges(chance), chance), direction, in_row)
    (scene,) = pages(network, "page")
    assert faults(network, [scene]) == []
    style = Style(THEME, THEME.metric("unit"))
    assert direction != "right" or scene.width < longest_line(style) + style.px(4)


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "direction", "in_row"),
    [(0, "right", True), (1, "down", True), (4, "up", False), (3, "right", False)],
)
def test_a_long_random_graph_goes_on_on_slides(seed: int, direction: str, in_row: bool) -> None:
    chance = Random(seed)
    network = spec_of(graph_of(random_edges(chance), chance), direction, in_row)
    scenes = pages(network, "slides")
    assert faults(network, scenes) == []
    assert smallest(scenes) >= LEAST_TEXT
    assert scenes[1].title.endswith(", continued")


RESIDUALS = [
    edge
    for number in range(12)
    for edge in [
        *way(f"s{number}", f"a{number}", f"b{number}", f"s{number + 1}"),
        (f"s{number}", f"s{number + 1}"),
    ]
]
ALONE = [*way("in", "s0"), *RESIDUALS, *way("s12", "out")]


@pytest.mark.parametrize("direction", FLOWS)
def test_where_one_value_crosses_it_needs_no_name(direction: str) -> None:
    network = spec_of(graph_of(ALONE, Random(1)), direction, True)
    scenes = pages(network, "page")
    assert faults(network, scenes) == []
    assert names_in(scenes) == []
    assert scenes[0].width < 2200 and scenes[0].height < 2200


def test_what_crosses_more_cuts_has_its_name_at_both_ends() -> None:
    edges = [*ALONE[:-1], ("s12", "last"), ("a0", "last"), ("last", "out")]
    network = spec_of(graph_of(edges, Random(1)), "right", True)
    scenes = pages(network, "page")
    assert faults(network, scenes) == []
    assert names_in(scenes) == ["a0", "a0"]


def test_names_of_two_graphs_are_not_one() -> None:
    edges = [*ALONE[:-1], ("s12", "last"), ("a0", "last"), ("last", "out")]
    graph = graph_of(edges, Random(1))
    row = ["input 32x32x8", "conv 1x1 8", {"graph": graph}, {"graph": graph}, "conv 1x1 2"]
    network = network_from_text(json.dumps({"title": "Two", "network": row}), "graph.yaml")
    scenes = pages(network, "page")
    assert faults(network, scenes) == []
    assert sorted(names_in(scenes)) == ["a0", "a0", "a0 (2)", "a0 (2)"]


def test_what_comes_in_has_a_name_where_a_later_part_takes_it() -> None:
    edges = [*ALONE[:-1], ("s12", "last"), ("in", "last"), ("last", "out")]
    network = spec_of(graph_of(edges, Random(1)), "right", False)
    scenes = pages(network, "page")
    assert faults(network, scenes) == []
    assert names_in(scenes).count("input") == 2


def test_a_chain_at_a_node_that_is_too_long_is_cut_too() -> None:
    graph = graph_of([*way("in", "a", "s", "out"), ("in", "s")], Random(1))
    graph["nodes"]["a"] = ["conv 3x3 8 same"] * 40
    network = spec_of(graph, "right", False)
    scenes = pages(network, "slides")
    assert faults(network, scenes) == []
    assert smallest(scenes) >= LEAST_TEXT


def panels_of(scenes: Sequence[Scene]) -> list[str]:
    items = [item for scene in scenes for item in scene.items if isinstance(item, Group)]
    return [item.name for item in items if item.role == "panel"]


def test_a_panel_that_is_too_high_goes_on_in_another() -> None:
    layers = [f"conv 3x3 {8 * number} same" for number in range(1, 160)]
    spec = {
        "title": "Long",
        "modules": {"long": {"layers": layers}},
        "network": ["input 32x32x3", "long"],
    }
    network = network_from_text(json.dumps(spec), "long.yaml")
    scenes = network_slides(network, analyse(network), THEME)
    assert faults(network, scenes) == []
    assert smallest(scenes) >= LEAST_TEXT
    first, *more = panels_of(scenes)
    assert first == "Long" and set(more) == {"Long, continued"}


# ---- the tests see what is wrong ----------------------------------------------------------------


def test_the_reader_sees_values_that_are_not_those_of_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(self: Any, tail: str, part: int) -> str:
        return "in" if tail in self.part and self.part[tail] < part else tail

    monkeypatch.setattr(graph_parts._Parts, "_tail", wrong)
    network = spec_of(graph_of(cell_edges(), Random(7)), "right", False)
    assert faults(network, pages(network, "page"))


@pytest.mark.long
def test_the_reader_sees_panels_that_go_on_in_another_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = panels.panel_parts

    def turned(*args: Any) -> Any:
        (first, *more), unsettled = parts(*args)
        return [first, *reversed(more)], unsettled

    monkeypatch.setattr(panels, "panel_parts", turned)
    network = spec_of(graph_of(random_edges(Random(6)), Random(6)), "right", False)
    scenes = pages(network, "slides")
    assert len(panels_of(scenes)) > 2
    assert faults(network, scenes)
