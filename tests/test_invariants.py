"""What must hold of pictures, broken one by one: every check is seen to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from fuzz_pictures import Look, pages
from invariants import violations
from test_reader import says

from archviz.language.expand import network_from_text
from archviz.layout.sheet import moved
from archviz.network.analysis import analyse
from archviz.scene.scene import Connector, Group, Item, Line, Point, Primitive, Scene, Shape, Text

TEXT = """
title: Everything
modules:
  block: {layers: [conv 3x3 8 same, relu]}
  other: {layers: [conv 1x1 8, relu]}
network:
  - input 8x8x8
  - {stage: first, of: [conv 1x1 8 as=a, conv 1x1 8 as=b], color: green}
  - conv 3x3 8 same as=c
  - conv 3x3 8 same as=d
  - {repeat: 2, of: [block]}
  - towers: [conv 1x1 8 relu, conv 3x3 8 same, other]
    merge: add
  - add b
  - add a
  - add c
  - add d
"""
NETWORK = network_from_text(TEXT, "spec.yaml")
(SCENE,) = pages(NETWORK, analyse(NETWORK), Look())


class Break(NamedTuple):
    """What is done to the first primitive of a kind that is like this, and what is said then."""

    kind: type
    like: dict[str, Any]
    change: Callable[[Any], Primitive | None]
    words: str


def broken(scene: Scene, kind: type, like: dict[str, Any], change: Callable[[Any], Any]) -> Scene:
    """A scene in which the first primitive like that is changed, or left out for None."""
    done = False

    def put(items: tuple[Item, ...]) -> tuple[Item, ...]:
        nonlocal done
        kept: list[Item] = []
        for item in items:
            if isinstance(item, Group):
                kept.append(item._replace(items=put(item.items)))
            elif not done and isinstance(item, kind) and _like(item, like):
                done = True
                kept += [other for other in [change(item)] if other is not None]
            else:
                kept.append(item)
        return tuple(kept)

    scene = scene._replace(items=put(scene.items))
    assert done, f"nothing is like {like}"
    return scene


def _like(item: Primitive, like: dict[str, Any]) -> bool:
    return all(getattr(item, name) == value for name, value in like.items())


def by(dx: float, dy: float) -> Callable[[Item], Item]:
    return lambda item: moved(item, dx, dy)


def wire_lane(y: float) -> Callable[[Connector], Connector]:
    """A wire with its level stretch at another height."""

    def led(line: Connector) -> Connector:
        first, second, third, last = line.points
        points = (first, (second[0], y), (third[0], y), last)
        return line._replace(points=points, route=points)

    return led


def end_at(dx: float, dy: float) -> Callable[[Connector], Connector]:
    """A line with its last point elsewhere."""

    def led(line: Connector) -> Connector:
        *rest, (x, y) = line.points
        return line._replace(points=(*rest, (x + dx, y + dy)))

    return led


def limping(line: Connector) -> Connector:
    (x0, y), (x1, _) = line.points
    way: tuple[Point, ...] = ((x0, y), (x0 + 9, y), (x0 + 9, y + 2), (x1, y + 2))
    return line._replace(points=way)


def whole(line: Connector) -> Connector:
    return line._replace(points=line.route, head=True)


def headless(line: Connector) -> Connector:
    return line._replace(head=False)


INPUT = {"lines": ("input",)}
ADD = {"lines": ("add",)}
STAGED = {"lines": ("conv 1×1",)}
INTO_ADD = {"target": "row-13", "role": "connector"}
WIRE_A, WIRE_B = ({"role": "wire", "source": source} for source in ("row-3", "row-4"))
WIRE_D = {"role": "wire", "source": "row-6"}

BREAKS = [
    Break(Shape, STAGED, by(0, 90), "leaves ground"),
    Break(Shape, ADD, by(-60, 0), "overlaps row-"),
    Break(Shape, {"id": "panel1-3"}, by(0, 40), "leaves panel"),
    Break(Shape, {"id": "panel1-1"}, lambda one: one._replace(width=400), "overlaps panel"),
    Break(Shape, INPUT, by(-60, 0), "row-2(input) leaves the page"),
    Break(Shape, ADD, lambda one: one._replace(widths=(99,)), "text 'add' leaves row-"),
    Break(Text, {"text": "a"}, by(0, -60), "text 'a' leaves the page"),
    Break(Text, {"text": "b"}, by(-134, -24), "text 'b' overlaps text 'a'"),
    Break(Text, {"text": "×2"}, by(0, -40), "text '×2' overlaps row-7"),
    Break(Connector, INTO_ADD, end_at(0, 5), "is slanted"),
    Break(Connector, WIRE_B, wire_lane(177), "crosses row-5(conv 3×3)"),
    Break(Connector, WIRE_B, wire_lane(61), "crosses 'b'"),
    Break(Line, {"role": "bracket"}, by(50, 0), "a bracket crosses row-7(block)"),
    Break(Line, {"role": "bracket"}, by(50, 0), "a bracket crosses 'block'"),
    Break(Line, {"role": "bracket"}, by(-440, 0), "a bracket crosses 'first'"),
    Break(Connector, WIRE_B, wire_lane(43), "run on one another"),
    Break(Connector, INTO_ADD, end_at(20, 0), "ends inside row-13(add)"),
    Break(Connector, INTO_ADD, end_at(-9, 0), "ends in the open"),
    Break(Connector, INTO_ADD, limping, "a line jogs"),
    Break(Connector, INTO_ADD, lambda one: one._replace(head_length=99), "than its arrowhead"),
    Break(Connector, {"source": "row-8"}, whole, "2 arrowheads at"),
    Break(Connector, INTO_ADD, headless, "enters row-13(add) without an arrowhead"),
    Break(Connector, {"target": "row-3"}, headless, "no arrowhead enters row-3"),
    Break(Line, {"role": "crossing"}, lambda _: None, "crosses the connector row-6->row-16"),
    Break(Connector, WIRE_D, wire_lane(230), "crosses a bracket"),
    Break(Connector, WIRE_A, lambda one: one._replace(route=one.route[:2]), "does not end where"),
]


def test_nothing_is_wrong_with_what_is_broken_below() -> None:
    assert violations(SCENE) == []
    assert says(NETWORK, SCENE) == []


@pytest.mark.parametrize("case", BREAKS, ids=[case.words for case in BREAKS])
def test_a_check_sees_what_it_is_for(case: Break) -> None:
    found = violations(broken(SCENE, *case[:3]))
    assert any(case.words in line for line in found), found


# ---- the reader ----------------------------------------------------------------------------


def none(_: object) -> None:
    return None


def to_next(dx: float) -> Callable[[Connector], Connector]:
    """A wire with its last leg elsewhere."""

    def led(line: Connector) -> Connector:
        first, second, (x, y), (_, end) = line.points
        return line._replace(points=(first, second, (x + dx, y), (x + dx, end)))

    return led


READ = {
    "a line left out": (Connector, INTO_ADD, none),
    "a line left out in a panel": (Connector, {"target": "panel1-4"}, none),
    "a wire left out": (Connector, WIRE_B, none),
    "an arrowhead left out": (Connector, INTO_ADD, headless),
    "a wire into another box": (Connector, WIRE_A, to_next(120)),
    "a wire that crosses its box's line": (Connector, WIRE_D, to_next(-60)),
    "a tower's line into another tower": (Connector, {"target": "row-8"}, end_at(0, 54)),
    "a line that ends in the open": (Connector, INTO_ADD, end_at(-9, 0)),
    "a line that is slanted": (Connector, INTO_ADD, end_at(0, 5)),
    "a line out of one panel into another": (Connector, {"target": "panel1-5"}, end_at(120, 0)),
    "other words in a box": (Shape, ADD, lambda one: one._replace(lines=("concat",))),
    "a box more": (Shape, {"role": "ground"}, lambda one: one._replace(stroke="#000000")),
}


@pytest.mark.parametrize("name", READ)
def test_the_reader_sees_what_is_not_so(name: str) -> None:
    assert says(NETWORK, broken(SCENE, *READ[name])) != []
