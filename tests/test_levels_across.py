"""Us in which one block takes several values of the way down, as in a diffusion U-Net."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from amounts import examples
from drawn_wiring import wirings
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import collect, violations
from scene_reader import read
from test_levels import CHECKS, DOWN, FLOWS, THEME, UP, boxes, labelled, lines
from wirings import differences

from archviz.language.expand import network_from_text
from archviz.layout import levels_block
from archviz.layout.blocks import Block
from archviz.layout.canvas import Canvas, Port
from archviz.layout.flow import FLOWS as WAYS
from archviz.layout.levels_block import LevelsBlock
from archviz.layout.levels_sides import straight
from archviz.layout.page import Options, draw_network
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.network.model import Network
from archviz.scene.scene import Connector, Scene

NARROW = "conv 1x1 8"


def giver(count: int, time: bool) -> dict[str, Any]:
    """A module that gives so many values, and takes another one by name."""
    names = [f"v{number}" for number in range(count)]
    layers: list[Any] = [f"conv 3x3 8 same as={name}" for name in names]
    return {
        "inputs": ["time"] * time,
        "gives": names,
        "layers": [*layers[:1], *_timed(time), *layers[1:]],
    }


def taker(count: int, time: bool) -> dict[str, Any]:
    """A module that takes so many values, the last one first."""
    names = [f"w{number}" for number in reversed(range(count))]
    layers: list[Any] = [layer for name in names for layer in (f"concat {name}", NARROW)]
    return {"inputs": [*names, *["time"] * time], "layers": [*layers, *_timed(time)]}


def _timed(time: bool) -> list[Any]:
    return [{"towers": ["identity", ["from time", "dense 8"]], "merge": "add"}] if time else []


@st.composite
def nets(draw: st.DrawFn, blocks: st.SearchStrategy[int]) -> dict[str, Any]:
    """Encoders with blocks that take values of one to three boxes each, drawn as Us.

    Boxes that give are labelled ``give 1.0`` and so on, those that take ``take 1``.
    """
    time = draw(st.booleans())
    told = ["time=time"] * time
    modules: dict[str, Any] = {}
    down: list[Any] = []
    up: list[Any] = []
    for block in range(1, draw(blocks) + 1):
        counts = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
        if block == 1 and counts in ([0], [1]):
            counts = [2]  # else it is a U of skips
        down += [labelled(draw(DOWN), f"down {block}")] if block > 1 else []
        taken: list[str] = []
        for number, count in enumerate(counts):
            label, values = f"give {block}.{number}", [f"x{block}{number}{n}" for n in range(count)]
            if not count:
                values = [f"x{block}{number}"]
                down.append({"conv": f"3x3 8 same as={values[0]}", "label": label})
            else:
                name = f"give-{block}-{number}"
                modules[name] = giver(count, time) | {"label": label}
                gives = [f"v{n}={value}" for n, value in enumerate(values)]
                down.append(" ".join([name, *told, *gives]))
            taken += values
        here: list[Any] = [{"concat": " ".join(taken), "label": f"take {block}"}, NARROW]
        if draw(st.booleans()):
            name = f"take-{block}"
            modules[name] = taker(len(taken), time) | {"label": f"take {block}"}
            takes = [f"w{n}={value}" for n, value in enumerate(taken)]
            here = [" ".join([name, *told, *takes])]
        up = [*here, *([labelled(draw(UP), f"up {block}")] if block > 1 else []), *up]
    net = ["input 128x128x8", *down, "max-pool 2x2", "conv 3x3 8 same", "upsample 2", *up]
    start = ["input 8", "dense 8 as=time"] if time and modules else []
    return {"title": "U", "modules": modules, "network": [*start, *net]}


BLOCKS = st.integers(2, 3)


def made(spec: dict[str, Any]) -> Network:
    return network_from_text(json.dumps(spec), "u.yaml")


def draw(network: Network, full: bool = False, aspect: float = 0.0) -> Scene:
    options = Options(THEME, legend=False, detail=DETAILS * full, aspect=aspect)
    return draw_network(network, analyse(network), options)


def bends(scene: Scene, direction: str) -> list[str]:
    """What is not as it should be: values that do not go straight across, lines that do not go
    straight up into what takes them."""
    flow, named, found = WAYS[direction], boxes(scene), list[str]()
    ids = {shape.id: label for label, shape in named.items()}
    takers = {label: shape for label, shape in named.items() if label.startswith("take")}
    for label, shape in takers.items():
        own = flow.within(shape.box)
        across, upward = 0, 0
        for line in lines(scene):
            if line.target != shape.id or line.role == "wire":
                continue
            points = flow.ways(line.points)
            if ids.get(line.source, "").startswith("give"):
                across += 1
                straight = len(points) == 2 and points[0][1] == points[1][1]
                inside = own[1] < points[-1][1] < own[1] + own[3]
                if not straight or not inside or points[0][0] > points[1][0]:
                    found.append(f"a value into {label} is not straight: {points}")
            else:
                upward += 1
                if len({x for x, _ in points[-2:]}) > 1 or points[-1][1] > points[-2][1]:
                    found.append(f"the line up into {label} is not straight: {points}")
                if abs(points[-1][0] - own[0] - own[2] / 2) > 0.1:
                    found.append(f"the line up into {label} is not in the middle")
        if not across or upward != 1:
            found.append(f"{across} lines across into {label}, {upward} up")
    for line in lines(scene):
        if line.role == "wire":
            continue
        ways = flow.ways(line.points)
        if any(b[0] < a[0] - 0.1 for a, b in pairwise(ways)):
            found.append(f"{ways} goes back")
    return found


def faults(spec: dict[str, Any], direction: str, full: bool = False) -> list[str]:
    network = made(spec | {"figure": {"direction": direction, "open": "none"}})
    scene = draw(network, full)
    return [*violations(scene), *bends(scene, direction)]


@given(nets(BLOCKS), st.booleans(), st.sampled_from(sorted(FLOWS)))
@settings(CHECKS, max_examples=examples(30))
def test_values_go_straight_across(spec: dict[str, Any], full: bool, direction: str) -> None:
    assert faults(spec, direction, full) == []


@given(nets(BLOCKS), st.sampled_from(sorted(FLOWS)))
@settings(CHECKS, max_examples=examples(15))
def test_it_is_read_back(spec: dict[str, Any], direction: str) -> None:
    network = made(spec | {"figure": {"direction": direction}})
    scene = draw(network)
    assert violations(scene) == []
    assert differences(read([scene], FLOWS[direction]), wirings(network, analyse(network))) == []


def plain(*, time: bool = False) -> dict[str, Any]:
    """A convolution and a module with two values a level, twice."""
    told = " time=time" * time
    modules = {"give": giver(2, time), "take": taker(3, time) | {"label": "take"}}
    down = [
        {"conv": "3x3 8 same as=c1", "label": "give 1.0"},
        labelled(f"give{told} v0=a1 v1=b1", "give 1.1"),
        {"conv": "3x3 8 same /2 as=c2", "label": "give 2.0"},
        labelled(f"give{told} v0=a2 v1=b2", "give 2.1"),
    ]
    up = [
        labelled(f"take{told} w0=c2 w1=a2 w2=b2", "take 2"),
        "upsample 2",
        labelled(f"take{told} w0=c1 w1=a1 w2=b1", "take 1"),
    ]
    start = ["input 8", "dense 8 as=time"] if time else []
    net = [*start, "input 32x32x8", *down, "conv 3x3 8 same", *up, "conv 1x1 4"]
    return {"title": "U", "modules": modules, "network": net}


def is_u(spec: dict[str, Any]) -> bool:
    """Whether what gives the values of a level stands below what gives those of the first."""
    named = boxes(draw(made(spec)))
    return named["give 2.1"].y > named["give 1.0"].y + named["give 1.0"].height


def said(spec: dict[str, Any]) -> list[str]:
    return [text.text for text, _ in collect(draw(made(spec)).items).texts]


@pytest.mark.parametrize("direction", sorted(FLOWS))
@pytest.mark.parametrize("time", [False, True])
def test_each_value_has_a_line_of_its_own_and_its_names(direction: str, time: bool) -> None:
    spec = plain(time=time) | {"figure": {"direction": direction, "open": "none"}}
    assert faults(spec, direction) == []
    scene = draw(made(spec))
    named, flow = boxes(scene), WAYS[direction]
    for level in (1, 2):
        takes = [line for line in lines(scene) if line.target == named[f"take {level}"].id]
        given = [named[f"give {level}.{number}"].id for number in (0, 1, 1)]
        across = [line for line in takes if line.source in given]
        assert sorted(line.source for line in across) == sorted(given)
        assert len({flow.ways(line.points)[0][1] for line in across}) == 3
    words = said(spec)
    assert all(words.count(name) == 2 for name in ("v0", "v1", "w0", "w1", "w2"))
    assert words.count("time") == (5 if time else 0)  # where it is given, and at four boxes


def test_a_u_in_a_module_is_one() -> None:
    spec = plain()
    inside = spec["network"][1:-1]
    spec["modules"]["net"] = {"layers": ["conv 3x3 8 same", *inside]}
    spec["network"] = ["input 32x32x8", "net", "conv 1x1 4"]
    assert is_u(spec)
    assert violations(draw(made(spec))) == []


def test_what_is_no_u_keeps_its_wires() -> None:
    assert is_u(plain())
    spec = plain()
    spec["network"].insert(-1, "concat b1")  # a value that something else takes, too
    assert not is_u(spec)
    network = made(spec)
    scene = draw(network)
    assert violations(scene) == []
    assert differences(read([scene]), wirings(network, analyse(network))) == []


# ---- each of the checks can fail ---------------------------------------------------------------


def test_a_step_in_a_value_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(canvas: Canvas, giver: Block, wires: Any, port: Port, *rest: Any) -> None:
        straight(canvas, giver, wires, port, *rest)
        old = canvas.lines[-1]
        assert isinstance(old, Connector)
        (x, y), end = old.points
        canvas.lines[-1] = old._replace(points=((x, y), (x + 9, y), (x + 9, y + 9), end))

    monkeypatch.setattr(levels_block, "straight", wrong)
    assert any("not straight" in fault for fault in faults(plain(), "right"))


def test_a_line_up_beside_the_middle_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = LevelsBlock._columns

    def moved(self: LevelsBlock) -> None:
        columns(self)
        self.ups = [up + 30 * (number > 1) for number, up in enumerate(self.ups)]

    monkeypatch.setattr(LevelsBlock, "_columns", moved)
    assert faults(plain(), "right") != []


def test_a_value_that_is_not_drawn_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(canvas: Canvas, giver: Block, wires: Any, port: Port, *rest: Any) -> None:
        straight(canvas, giver, wires, port, *rest)
        del canvas.lines[-1]

    network = made(plain())
    monkeypatch.setattr(levels_block, "straight", wrong)
    assert differences(read([draw(network)]), wirings(network, analyse(network))) != []
