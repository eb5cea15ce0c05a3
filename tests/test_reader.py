"""Pictures are read: their lines have to say exactly what the network is."""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from bundled import QUICK
from drawn_wiring import wirings
from fuzz_pictures import FLOWS, LOOKS, WRITERS, Look, kind_of, misread, pages
from hypothesis import Phase, given, settings
from invariants import violations
from scene_reader import UnreadableError, read
from test_layout_properties import CHECKS
from wirings import differences

from archviz.catalog import names, resolve
from archviz.language.expand import load_network, network_from_text
from archviz.layout import canvas, compound, lanes, sheet
from archviz.network.analysis import analyse
from archviz.network.model import Network
from archviz.scene.scene import Connector, Group, Item, Point, Scene, leaves, shapes_in

FOLDERS = (Path("docs/examples"), Path("tests/goldens/specs"))
SPECS = [
    *names(),
    *(str(path) for folder in FOLDERS for path in sorted(folder.glob("*.yaml"))),
]
RIGHT = Look()
VIEWS = (RIGHT, Look("down", full=True, aspect=4 / 3), Look("up", aspect=16 / 9))


@cache
def network_of(source: str) -> Network:
    path = Path(__file__).parents[1] / source
    return load_network(str(path) if path.exists() else resolve(source))


def figures(*looks: Look) -> list[Any]:
    return [
        pytest.param(
            source,
            look,
            id=f"{Path(source).stem}-{look.direction}",
            marks=() if source in QUICK or "/" in source else pytest.mark.long,
        )
        for source in SPECS
        for look in looks
    ]


@pytest.mark.parametrize(("source", "look"), figures(*VIEWS))
def test_a_figure_says_what_the_network_is(source: str, look: Look) -> None:
    assert misread(network_of(source), look) == []


@pytest.mark.parametrize(("source", "look"), figures(Look(slides=True)))
def test_slides_say_what_the_network_is(source: str, look: Look) -> None:
    assert misread(network_of(source), look) == []


HIDDEN = """
title: Hidden
network:
  - input 8x8x16
  - conv 1x1 16 as=a
  - {repeat: 2, of: [add a], hidden: yes}
  - {towers: [[relu as=b], tanh], merge: add, hidden: yes}
  - conv 3x3 16 same
  - add b
"""
WRAPPED = """
title: Wrapped
network:
  - input 64x64x8
  - outputs:
      boxes: [{repeat: 9, of: [conv 1x1 8, relu]}, LAYERS]
      classes: [relu, LAYERS]
""".replace("LAYERS", ", ".join(["conv 3x3 8 same"] * 14))


@pytest.mark.parametrize("direction", [*FLOWS])
@pytest.mark.parametrize("slides", [False, True])
@pytest.mark.parametrize("text", [HIDDEN, WRAPPED], ids=["hidden", "wrapped"])
def test_names_stand_at_what_gives_them(text: str, slides: bool, direction: str) -> None:
    network = network_from_text(text, "spec.yaml")
    assert misread(network, Look(direction, slides=slides)) == []


SEEN = [Phase.explicit, Phase.generate]


@pytest.mark.long
@pytest.mark.parametrize("writer", WRITERS)
def test_random_pictures_say_what_the_networks_are(writer: str) -> None:
    """A few, the same ones each time; many others are seen by tests/fuzz_pictures.py."""

    @given(WRITERS[writer], LOOKS)
    @settings(CHECKS, max_examples=12, phases=SEEN, derandomize=True)
    def read_one(spec: dict[str, Any], look: Look) -> None:
        network = network_from_text(json.dumps(spec, ensure_ascii=False), "random.yaml")
        assert misread(network, look) == []

    read_one()


# ---- the reader notices ------------------------------------------------------------------

VALUES = """
title: Values
network:
  - input 32x32x8
  - conv 3x3 8 same as=a
  - max-pool 3x3 /1 same as=b
  - avg-pool 3x3 /1 same
  - add b
  - concat a
  - residual: [conv 1x1 16, relu]
  - towers: [conv 5x5 8 same, [conv 1x1 8, relu], identity]
    merge: concat
"""


def drawn(text: str = VALUES, look: Look = RIGHT) -> tuple[Network, Scene]:
    network = network_from_text(text, "spec.yaml")
    (scene,) = pages(network, analyse(network), look)
    return network, scene


def says(network: Network, scene: Scene, look: Look = RIGHT) -> list[str]:
    try:
        return differences(read([scene], FLOWS[look.direction]), wirings(network, analyse(network)))
    except UnreadableError as error:
        return [str(error)]


def replaced(items: tuple[Item, ...], others: dict[int, Connector]) -> tuple[Item, ...]:
    """Items with connectors in place of those that have these ids in memory."""
    return tuple(
        item._replace(items=replaced(item.items, others))
        if isinstance(item, Group)
        else others.get(id(item), item)
        for item in items
    )


def stem(points: tuple[Point, ...]) -> int:
    """The axis along which a line's last piece runs."""
    return 0 if points[-1][1] == points[-2][1] else 1


def led_to(one: Connector, other: Connector) -> Connector:
    """``one`` with its end where ``other`` ends, right-angled as before."""
    tip, axis = other.points[-1], stem(one.points)
    corner = list(tip)
    corner[axis] = one.points[-2][axis]
    return one._replace(points=(*one.points[:-2], (corner[0], corner[1]), tip))


def swaps(scene: Scene) -> list[tuple[Connector, Connector]]:
    """Pairs of lines that begin at and lead to boxes of different words, from the same side."""
    labels = {shape.id: " ".join(shape.lines) for shape in shapes_in(scene.items)}
    lines = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Connector)]
    bent = [line for line in lines if line.head and len(line.points) > 2]
    return [
        (one, other)
        for one, other in combinations(bent, 2)
        if stem(one.points) == stem(other.points)
        and labels[one.source] != labels[other.source]
        and labels[one.target] != labels[other.target]
    ]


SWAPPED = (VALUES, "ddpm", "retinanet", "inception_v3", "docs/examples/nasnet_mobile.yaml")


@pytest.mark.long
@pytest.mark.parametrize("look", VIEWS, ids=[look.direction for look in VIEWS])
@pytest.mark.parametrize("source", SWAPPED, ids=["values", *map(str, SWAPPED[1:])])
def test_the_reader_sees_two_ends_of_lines_swapped(source: str, look: Look) -> None:
    network = network_from_text(source, "spec.yaml") if "\n" in source else network_of(source)
    (scene,) = pages(network, analyse(network), look)
    assert says(network, scene, look) == []
    pairs = swaps(scene)
    assert pairs
    for one, other in pairs[:: max(1, len(pairs) // 8)]:
        others = {id(one): led_to(one, other), id(other): led_to(other, one)}
        wrong = scene._replace(items=replaced(scene.items, others))
        assert says(network, wrong, look) != []


def test_the_reader_sees_a_line_that_is_not_there() -> None:
    network, scene = drawn()
    lines = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Connector)]
    for line in lines:
        short = line._replace(points=(line.points[0], line.points[0]), head=False)
        assert says(network, scene._replace(items=replaced(scene.items, {id(line): short}))) != []


def test_the_reader_needs_no_names() -> None:
    network, scene = drawn()

    def bare(items: tuple[Item, ...]) -> tuple[Item, ...]:
        found: list[Item] = []
        for leaf in leaves(items):
            fields = {"id", "source", "target", "role", "route"} & {*leaf._fields}
            empty = {name: () if name == "route" else "" for name in fields}
            found.append(leaf._replace(**empty))
        return tuple(found)

    assert says(network, scene._replace(items=bare(scene.items))) == []


CROSSING = """
title: Crossing
network:
  - graph:
      nodes:
        a: input 8x8x8
        b: input 8x8x8
        c: [add, conv 1x1 8]
        d: [add, conv 3x3 8 same]
        e: concat
      edges: [a -> c, a -> d, b -> c, b -> d, c -> e, d -> e -> out]
"""


def test_the_reader_takes_a_crossing_without_a_gap_for_a_joint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheet, "gaps", lambda *_: [])
    assert says(*drawn(CROSSING)) != []


ARROW = canvas.Canvas.arrow_into


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (canvas.Canvas, "arrow_into", lambda *_: None),
        (canvas.Canvas, "arrow_into", lambda *at: ARROW(at[0], at[1][:1], *at[2:])),
        (compound.ResidualBlock, "place", lambda self, *at: self.main.place(*at)),
    ],
    ids=["no lines into boxes", "all but the first tower left out", "no shortcut"],
)
def test_the_reader_sees_a_broken_layout(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, value: Any
) -> None:
    monkeypatch.setattr(place, name, value)
    assert says(*drawn()) != []


# ---- the invariants of lines can fail ----------------------------------------------------


def broken() -> set[str]:
    return {kind_of(fault) for fault in violations(drawn()[1])}


def test_nothing_is_wrong_with_what_is_broken_below() -> None:
    assert broken() == set()


@pytest.mark.parametrize(
    ("away", "words"), [(-9.0, "ends in the open"), (9.0, "ends inside")], ids=["short", "long"]
)
def test_the_check_sees_lines_that_end_elsewhere(
    monkeypatch: pytest.MonkeyPatch, away: float, words: str
) -> None:
    connect = canvas.Canvas.connect

    def moved(self: canvas.Canvas, port: Any, style: Any, *points: Point, **more: Any) -> None:
        *rest, (x, y) = points or ((port.x, port.y),)
        connect(self, port, style, *rest, (x + away, y), **more)

    monkeypatch.setattr(canvas.Canvas, "connect", moved)
    assert any(words in fault for fault in broken())


def test_the_check_sees_a_line_that_limps(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = compound.stack

    def uneven(blocks: Any, gap: float) -> list[float]:
        first, *rest = stack(blocks, gap)
        return [first, *(height + 2 for height in rest[:-1]), *rest[-1:]]

    monkeypatch.setattr(compound, "stack", uneven)
    monkeypatch.setattr(compound, "BESIDE_LINE", (0.0, 0.0))  # else it would stand on the line
    text = "title: T\nnetwork: [input 8x8x8, {towers: [relu, relu, relu], merge: add}]"
    assert any("jogs" in fault for fault in violations(drawn(text)[1]))


def test_the_check_sees_lines_close_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LANE", 0.08)
    row = "input 8x8x8 as=a, relu as=b, relu as=c, relu as=d, tanh, add d, add c, add b, add a"
    found = violations(drawn(f"title: Nested\nnetwork: [{row}]")[1])
    assert any("run on one another" in fault for fault in found)
