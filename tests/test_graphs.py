"""Graphs: what their lines say, read from the ink alone; how few bends and crossings there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from invariants import collect, violations

from archviz.errors import ArchvizError
from archviz.language.expand import load_network, network_from_text
from archviz.layout import graph_arrange, graph_channels
from archviz.layout.page import Options, draw_network
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.network.model import Network
from archviz.scene.scene import Connector, Group, Point, Scene
from archviz.scene.theme import load_theme

THEME = load_theme()
DIRECTIONS = ("right", "down", "up")
LAYERS = ("conv 3x3 8 same", "conv 1x1 8 relu", "max-pool 3x3 /1 same", "relu")


def drawn(network: Network, **options: Any) -> Scene:
    return draw_network(network, analyse(network), Options(THEME, **options))


def graph_of(edges: list[tuple[str, str]], chance: Random | None = None) -> dict[str, Any]:
    """A graph with these edges: merges where several come together, else some layers."""
    heads = [head for _, head in edges]
    nodes: dict[str, list[str]] = {}
    for name in dict.fromkeys(heads):
        inner: list[str] = []
        if chance:
            inner = [chance.choice(LAYERS) for _ in range(chance.choice((0, 1, 1, 2)))]
        nodes[name] = ["add", *inner] if heads.count(name) > 1 else inner or ["conv 3x3 8 same"]
    del nodes["out"]
    return {"nodes": nodes, "edges": [f"{tail} -> {head}" for tail, head in edges]}


def spec_of(graph: dict[str, Any], direction: str = "right") -> Network:
    spec = {
        "title": "A graph",
        "figure": {"direction": direction},
        "modules": {"m": {"graph": graph}},
        "network": ["input 32x32x8", "conv 1x1 8", "m", "conv 1x1 2"],
    }
    return network_from_text(json.dumps(spec), "graph.yaml")


def random_edges(chance: Random) -> list[tuple[str, str]]:
    """Edges of a graph in which all nodes are reached and reach the output."""
    names = [f"n{number}" for number in range(chance.randint(1, 9))]
    edges: list[tuple[str, str]] = []
    more = ["previous"] if chance.random() < 0.3 else []
    for number, name in enumerate(names):
        pool = ["in", *names[:number], *(more if number else [])]
        count = min(len(pool), chance.choice((1, 1, 1, 2, 2, 3)))
        edges += [(tail, name) for tail in chance.sample(pool, count)]
    tails = {tail for tail, _ in edges}
    edges += [(name, "last") for name in names if name not in tails]
    return [*edges, ("last", "out")]


# ---- the reader: nothing but lines, arrowheads and boxes --------------------------------------


def pieces_of(connectors: list[Connector]) -> list[tuple[Point, Point]]:
    return [piece for connector in connectors for piece in pairwise(connector.points)]


def read(scene: Scene, direction: str) -> set[tuple[str, str]]:
    """What a reader who follows the lines onward, and up or down, finds joined.

    Lines that cross are followed straight; a line is left only at its end or where another
    ends on it. Names of shapes are used only to say what was found.
    """
    found = collect(panel_of(scene).items)
    pieces = [oriented(piece, direction) for piece in pieces_of(found.connectors)]
    heads = {turned(c.points[-1], direction): c.target for c in found.connectors if c.head}
    starts: dict[Point, str] = {}
    for connector in found.connectors:
        at = turned(connector.route[0], direction)
        if at == turned(connector.points[0], direction):
            starts[at] = connector.source
    joins = joints_of(pieces)
    result: set[tuple[str, str]] = set()
    for start, source in starts.items():
        seen, waiting = {start}, [start]
        while waiting:
            at = waiting.pop()
            if at in heads:
                result.add((source, heads[at]))
                continue
            for other in joins.get(at, ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return result


def joints_of(pieces: list[tuple[Point, Point]]) -> dict[Point, set[Point]]:
    """For every end of a piece, the ends and joints that can be gone to from there."""
    ends = {end for piece in pieces for end in piece}
    onward: dict[Point, set[Point]] = {}
    for one, two in pieces:
        on = sorted(end for end in ends if within(end, one, two))
        for a, b in pairwise(on):
            onward.setdefault(a, set()).add(b)
            if a[0] == b[0]:  # across one may go either way
                onward.setdefault(b, set()).add(a)
    return onward


def within(point: Point, one: Point, two: Point) -> bool:
    return all(
        min(a, b) - 0.02 <= value <= max(a, b) + 0.02
        for value, a, b in zip(point, one, two, strict=True)
    )


def turned(point: Point, direction: str) -> Point:
    """(along, across)"""
    if direction == "right":
        return point
    return (point[1] if direction == "down" else -point[1], point[0])


def oriented(piece: tuple[Point, Point], direction: str) -> tuple[Point, Point]:
    one, two = (turned(point, direction) for point in piece)
    return min(one, two), max(one, two)


def panel_of(scene: Scene) -> Group:
    return next(i for i in scene.items if isinstance(i, Group) and i.role == "panel")


def told(scene: Scene) -> set[tuple[str, str]]:
    """What the scene says that its connectors join."""
    return {(c.source, c.target) for c in collect(panel_of(scene).items).connectors}


def faults(network: Network, direction: str, full: bool = False) -> list[str]:
    scene = drawn(network, detail=DETAILS * full)
    wrong = violations(scene)
    if read(scene, direction) != told(scene):
        wrong.append(f"the lines say otherwise: {read(scene, direction) ^ told(scene)}")
    return wrong


@pytest.mark.long
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("seed", range(100))
def test_a_random_graph_reads_as_what_it_is(seed: int, direction: str) -> None:
    chance = Random(seed)
    edges = random_edges(chance)
    network = spec_of(graph_of(edges, chance), direction)
    assert faults(network, direction, full=seed % 3 == 0) == []
    scene = drawn(network)
    ends = len({c.target for c in collect(panel_of(scene).items).connectors})
    assert len(told(scene)) >= len(set(edges)) and ends


def broken(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, value: Any) -> list[str]:
    """All faults of some random graphs with a part of the layout replaced."""
    monkeypatch.setattr(where, name, value)
    wrong: list[str] = []
    for seed in range(40):
        chance = Random(seed)
        wrong += faults(spec_of(graph_of(random_edges(chance), chance)), "right")
    return wrong


def test_the_reader_sees_buses_that_begin_on_other_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    first_wires = graph_channels._first_wires

    def without_levels(*args: Any) -> list[graph_channels.Wire]:
        return [
            wire._replace(trunk=None, level=wire.source.y) if wire.bus else wire
            for wire in first_wires(*args)
        ]

    wrong = broken(monkeypatch, graph_channels, "_first_wires", without_levels)
    assert any("the lines say otherwise" in line for line in wrong)


def test_the_check_sees_tracks_shared_by_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def tracks(order: Any, *_: Any) -> dict[Any, int]:
        return dict.fromkeys(order, 0)

    wrong = broken(monkeypatch, graph_channels, "_tracks", tracks)
    assert any("run on one another" in line for line in wrong)


def test_the_check_sees_columns_that_are_too_tight(monkeypatch: pytest.MonkeyPatch) -> None:
    def flat(columns: Any, *_: Any) -> None:
        for column in columns:
            for vertex in column:
                vertex.y = 20.0 * vertex.place

    wrong = broken(monkeypatch, graph_arrange, "place_heights", flat)
    assert any("overlaps" in line for line in wrong) and any("crosses" in line for line in wrong)


# ---- how well they are drawn -------------------------------------------------------------------


def bends(connectors: list[Connector]) -> int:
    return sum(len(connector.points) - 2 for connector in connectors)


def crossings(connectors: list[Connector]) -> int:
    """Places at which lines of different sources cross."""

    def places() -> Iterator[tuple[float, float, frozenset[str]]]:
        for one, other in product(connectors, repeat=2):
            if one.source == other.source:
                continue
            for (x0, y0), (x1, y1) in pairwise(one.points):
                for (u0, v0), (u1, v1) in pairwise(other.points):
                    inside = min(x0, x1) < u0 < max(x0, x1) and min(v0, v1) < y0 < max(v0, v1)
                    if y0 == y1 and u0 == u1 and inside:
                        yield u0, y0, frozenset((one.source, other.source))

    return len(set(places()))


def counted(network: Network) -> tuple[int, int]:
    connectors = collect(drawn(network).items).connectors
    return bends(connectors), crossings(connectors)


EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def test_the_cells_of_nasnet_have_half_the_bends_and_crossings_that_they_had() -> None:
    bent, crossed = counted(load_network(str(EXAMPLES / "nasnet_mobile.yaml")))
    assert bent <= 93
    assert crossed <= 8


def way(*names: str) -> list[tuple[str, str]]:
    return list(pairwise(names))


FORK = [edge for name in "abcd" for edge in way("in", name, "m")] + [("m", "out")]


def test_a_fork_has_one_trunk_and_a_merge_one_bus_with_one_head() -> None:
    network = spec_of(graph_of(FORK))
    found = collect(panel_of(drawn(network)).items)
    upright = {a[0] for a, b in pieces_of(found.connectors) if a[0] == b[0]}
    assert len(upright) == 2
    assert counted(network)[1] == 0
    into = [c for c in found.connectors if c.target == found.connectors[-1].source]
    assert len(into) == 4 and sum(connector.head for connector in into) == 1


def test_the_towers_of_a_fork_stand_at_equal_distances_about_its_line() -> None:
    scene = drawn(spec_of(graph_of(FORK)))
    boxes = [s for s, _ in collect(panel_of(scene).items).shapes if s.lines == ("conv 3×3",)]
    middles = sorted(box.y + box.height / 2 for box in boxes)
    (gap, *others) = [round(b - a, 1) for a, b in pairwise(middles)]
    assert others == pytest.approx([gap, gap], abs=0.1)
    merge = next(s for s, _ in collect(panel_of(scene).items).shapes if s.lines == ("add",))
    assert merge.y + merge.height / 2 == pytest.approx(sum(middles) / 4, abs=0.1)


@pytest.mark.parametrize(
    "edges",
    [
        way("in", "a", "b", "c", "s", "out") + way("a", "s"),
        way("in", "a", "b", "s", "t", "c", "u", "out")
        + way("a", "s")
        + way("in", "t")
        # a skip in a skip, and one over both
        + way("in", "u"),
    ],
    ids=["one", "nested"],
)
def test_chains_are_straight_and_skips_pass_at_the_side(edges: list[tuple[str, str]]) -> None:
    network = spec_of(graph_of(edges))
    assert counted(network)[1] == 0
    found = collect(panel_of(drawn(network)).items)
    assert len({shape.y + shape.height / 2 for shape, _ in found.shapes if shape.lines}) == 1


def test_what_could_be_read_otherwise_is_not_drawn_so() -> None:
    edges = way("in", "f", "s", "out") + way("in", "x", "f") + way("x", "s")
    assert faults(spec_of(graph_of(edges)), "right") == []


# ---- a value taken twice -----------------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_value_merged_with_itself_enters_the_merge_by_two_lines(direction: str) -> None:
    edges = way("in", "a", "s", "b", "t", "out") + way("a", "s") + way("in", "t")
    graph = graph_of(way("in", "a", "s", "b", "t", "out") + way("in", "t"))
    graph["nodes"]["s"] = ["add"]
    graph["edges"] = [f"{tail} -> {head}" for tail, head in edges]
    network = spec_of(graph, direction)
    assert faults(network, direction) == []
    found = collect(panel_of(drawn(network)).items).connectors
    pairs = [(c.source, c.target) for c in found]
    twice = {pair for pair in pairs if pairs.count(pair) == 2}
    assert len(twice) == 1
    tips = {c.points[-1] for c in found if (c.source, c.target) in twice and c.head}
    assert len(tips) == 2


# ---- large graphs ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["wide", "near"])
def test_a_graph_of_many_nodes_is_drawn(form: str) -> None:
    names = [f"n{number}" for number in range(150)]
    edges: list[tuple[str, str]] = []
    for number, name in enumerate(names):
        near = ["in", *names[max(0, number - 9) : number]]
        edges += [(tail, name) for tail in {near[0], near[-1] if form == "near" else near[0]}]
    tails = {tail for tail, _ in edges}
    edges += [(name, "last") for name in names if name not in tails]
    network = spec_of(graph_of([*edges, ("last", "out")]))
    assert len(told(drawn(network))) >= len(edges)


def test_a_graph_that_no_picture_could_show_is_an_error() -> None:
    names = [f"n{number}" for number in range(400)]
    edges = way("in", *names, "last", "out") + [(name, "last") for name in names[:-1]]
    with pytest.raises(ArchvizError, match=r"graph\.yaml:1:\d+: the graph of 401 nodes is too"):
        drawn(spec_of(graph_of(edges)))


@pytest.mark.long
@pytest.mark.parametrize("form", ["wide", "skips"])
def test_two_thousand_nodes_are_drawn(form: str) -> None:
    names = [f"n{number}" for number in range(2000)]
    if form == "wide":
        edges = [edge for name in names for edge in way("in", name, "last")] + way("last", "out")
    else:
        edges = way("in", *names, "out") + way(*names[::2])
    assert len(told(drawn(spec_of(graph_of(edges))))) >= len(edges)


@pytest.mark.long
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_graph_of_one_node_is_drawn_as_that_node(direction: str) -> None:
    spec = "title: T\nfigure: {direction: %s}\nnetwork:\n  - input 9x9x8\n  - %s\n  - conv 1x1 2\n"
    graph = "graph: {nodes: {a: [conv 3x3 8, relu]}, edges: [in -> a -> out]}"
    texts = [spec % (direction, one) for one in (graph, "conv 3x3 8\n  - relu")]
    one, other = (drawn(network_from_text(text, "graph.yaml")) for text in texts)
    boxes = [[shape.box for shape, _ in collect(scene.items).shapes] for scene in (one, other)]
    assert boxes[0] == boxes[1]


def test_two_thousand_entangled_nodes_are_an_error() -> None:
    chance, names = Random(1), [f"n{number}" for number in range(2000)]
    edges = way("in", *names, "out")
    edges += [
        (names[a], names[b]) for a, b in (sorted(chance.sample(range(2000), 2)) for _ in names)
    ]
    with pytest.raises(ArchvizError, match=r"graph\.yaml:1:\d+: the graph of 2000 nodes is too"):
        drawn(spec_of(graph_of([*dict.fromkeys(edges)])))
