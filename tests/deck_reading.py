"""Scenes for the deck's tests, and how a slide is read back: what is where, what is glued."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import pptx

import archviz
from archviz.scene.scene import Connector, Group, Item, Line, Page, Point, Scene, Shape, Text

EMU = 9525
HALF_A_POINT = 6350
NEAR = 2000
"""A fifth of a pixel: a connector whose ends are level is a quarter of a point off."""
NATIVE = {"sp", "grpSp", "cxnSp"}
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
INK = "#000000"


def box(name: str, x: float, y: float, **more: Any) -> Shape:
    values: dict[str, Any] = {
        "stroke": INK,
        "line_width": 1.6,
        "lines": (name,),
        "widths": (20.0,),
        "text_size": 16.0,
        "text_fill": INK,
        "role": "conv",
        **more,
    }
    return Shape(name, "rect", x, y, 80, 40, "#e06666", **values)


def line(source: str, target: str, *route: Point, head: bool = True) -> Connector:
    return Connector(route, route, INK, 1.6, head, 10.8, 8.4, source, target)


def synthetic() -> Page:
    """All that a scene may hold, on a page of a deck."""
    layer = Group(
        "a-g",
        "layer",
        'conv "3×3" & <co>',
        "conv 3×3\n9 parameters",
        "network/0",
        (
            box("a", 200, 200, lines=("conv", "3×3"), widths=(40.0, 25.0), radius=4.0, shadow=2.4),
            Shape(
                "r",
                "ellipse",
                268,
                188,
                24,
                24,
                "#ffff00",
                INK,
                1.6,
                lines=("R",),
                widths=(10.0,),
                text_size=14.4,
                text_fill=INK,
                role="activation",
            ),
            Text(240, 260, "64 & more", 13.2, 60.0, "#222222"),
        ),
    )
    alone = Group(
        "b-g", "layer", "max-pool", "max-pool", "", (box("b", 400, 300, pattern="lines"),)
    )
    panel = Group(
        "panel",
        "panel",
        "Panel",
        "",
        "",
        (
            Shape("back", "rect", 100, 160, 700, 300, "#ffe599", shadow=2.0, role="panel"),
            Shape("in", "ellipse", 60, 220, 0, 0, "", role="port"),
            Shape("out", "ellipse", 840, 320, 0, 0, "", role="port"),
            line("in", "a", (60, 220), (200, 220)),
            line("a", "b", (280, 220), (340, 220), (340, 320), (400, 320)),
            line("in", "b", (60, 220), (150, 220), (150, 400), (440, 400), (440, 340)),
            line("a", "b", (280, 220), (320, 220), (320, 320), (400, 320), head=False),
            line("b", "out", (480, 320), (840, 320)),
            layer,
            alone,
            Text(450, 480, "Panel", 16, 45.0, INK, bold=True, role="title"),
        ),
    )
    loose = (
        Group(
            "t",
            "heading",
            "",
            "",
            "",
            (Text(60, 70, "A title", 32, 100.0, INK, "start", True, "slide-title"),),
        ),
        Line(((130, 520), (120, 520), (120, 600), (130, 600)), INK, 1.0),
        Line(((300, 520), (310, 520), (310, 600), (300, 600)), INK, 1.0),
        Line(((400, 560), (500, 560)), INK, 2.0, "axis"),
        Line(((400, 600), (450, 620), (500, 600)), INK, 2.0, "curve"),
        line("", "c", (820, 560), (900, 560)),
        box("c", 900, 540),
        box("d", 1100, 540),
        line(
            "c",
            "d",
            (980, 560),
            (1000, 560),
            (1000, 500),
            (1020, 500),
            (1020, 620),
            (1060, 620),
            (1060, 560),
            (1100, 560),
        ),
        line("c", "d", (940, 580), (940, 640), (1140, 640), (1140, 580)),
        line("c", "", (940, 540), (980, 470), (1140, 470)),
        Text(1240, 700, "right", 16, 40.0, INK, "end"),
    )
    scene = Scene(1280, 720, "Synthetic", "All there is.", "#fefefe", (panel, *loose))
    return Page(scene, "Synthetic <page>", "Who & when\n\nhttps://example.org/?a=1&b=2")


def network_page(name: str) -> Page:
    scene = archviz.load(name).scene(aspect=16 / 9, legend=False)
    return Page(scene, scene.title, f"Notes on {scene.title}")


PAGES = {
    "synthetic": synthetic,
    "resnet50": lambda: network_page("resnet50"),
    "inception_v3": lambda: network_page("inception_v3"),
}


def opened(data: bytes) -> Any:
    return pptx.Presentation(io.BytesIO(data))


def elements(slide: Any) -> Iterator[Any]:
    """All shapes, groups and connectors of a slide, nested ones too."""
    for element in slide.shapes._spTree.iter():
        if element.tag.startswith(P) and element.tag[len(P) :] in {*NATIVE, "pic", "graphicFrame"}:
            yield element


def is_silent(element: Any) -> bool:
    """Whether an element is marked as decoration, which nobody reads out."""
    marks = [child for child in identity(element).iter() if child.tag.endswith("}decorative")]
    return [mark.get("val") for mark in marks] == ["1"]


def identity(element: Any) -> Any:
    return element[0][0]


Leaf: TypeAlias = tuple[Any, Group | None]


def leaves(items: Sequence[Item], group: Group | None = None) -> Iterator[Leaf]:
    for item in items:
        if isinstance(item, Group):
            yield from leaves(item.items, item)
        else:
            yield item, group


def scale_of(scene: Scene, width: float = 1280, height: float = 720) -> float:
    room = min(width / scene.width, height / scene.height)
    return room if room < 1 else 2.0 if room > 2 else 1.0


def on_slide(scene: Scene, point: Point) -> Point:
    """A point of the scene in EMU on a 16:9 slide."""
    scale = scale_of(scene)
    dx, dy = (1280 - scene.width * scale) / 2, (720 - scene.height * scale) / 2
    return ((point[0] * scale + dx) * EMU, (point[1] * scale + dy) * EMU)


def frame(element: Any) -> tuple[int, int, int, int]:
    off, ext = element.find(f".//{A}xfrm/{A}off"), element.find(f".//{A}xfrm/{A}ext")
    return (int(off.get("x")), int(off.get("y")), int(ext.get("cx")), int(ext.get("cy")))


def turned_frame(element: Any) -> tuple[int, int, int, int]:
    """The box that an element takes on the slide: its own, turned by a quarter where it says so."""
    x, y, width, height = frame(element)
    if element.find(f".//{A}xfrm").get("rot") in (None, "0"):
        return x, y, width, height
    shift = (width - height) // 2
    return x + shift, y - shift, height, width


def drawn_path(element: Any) -> list[Point]:
    """The path of a preset connector, as ECMA-376's presetShapeDefinitions.xml has it."""
    x, y, w, h = frame(element)
    xfrm = element.find(f".//{A}xfrm")
    values = [int(guide.get("fmla")[4:]) / 100_000 for guide in element.findall(f".//{A}gd")]
    preset = element.find(f".//{A}prstGeom").get("prst")
    assert len(values) == {"straightConnector1": 0}.get(preset, int(preset[-1]) - 2)
    corners: dict[str, list[Point]] = {
        "straightConnector1": [],
        "bentConnector2": [(w, 0)],
        "bentConnector3": [(w * v, b) for v in values[:1] for b in (0, h)],
    }
    if preset == "bentConnector4":
        x1, y2 = w * values[0], h * values[1]
        corners[preset] = [(x1, 0), (x1, y2), (w, y2)]
    if preset == "bentConnector5":
        x1, y2, x3 = w * values[0], h * values[1], w * values[2]
        corners[preset] = [(x1, 0), (x1, y2), (x3, y2), (x3, h)]
    path = []
    turn = math.radians(int(xfrm.get("rot", "0")) / 60_000)
    for px, py in [(0, 0), *corners[preset], (w, h)]:
        u = (w - px if xfrm.get("flipH") == "1" else px) - w / 2
        v = (h - py if xfrm.get("flipV") == "1" else py) - h / 2
        path.append(
            (
                x + w / 2 + u * math.cos(turn) - v * math.sin(turn),
                y + h / 2 + u * math.sin(turn) + v * math.cos(turn),
            )
        )
    return path


def distance(point: Point, path: Sequence[Point]) -> float:
    """From a point to a polyline."""
    best = math.inf
    for (ax, ay), (bx, by) in itertools.pairwise(path):
        length = (bx - ax) ** 2 + (by - ay) ** 2
        share = (point[0] - ax) * (bx - ax) + (point[1] - ay) * (by - ay)
        share = min(1.0, max(0.0, share / length if length else 0.0))
        best = min(best, math.dist(point, (ax + share * (bx - ax), ay + share * (by - ay))))
    return best


def difference(path: Sequence[Point], route: Sequence[Point]) -> float:
    """How far two polylines are apart: their corners, and their ends in order."""
    return max(
        math.dist(path[0], route[0]),
        math.dist(path[-1], route[-1]),
        *(distance(point, route) for point in path),
        *(distance(point, path) for point in route),
    )


def glue(element: Any) -> tuple[Any, Any]:
    return element.find(f".//{A}stCxn"), element.find(f".//{A}endCxn")


def chains(slide: Any) -> list[list[Any]]:
    """The connectors of a slide, those that follow one another at a joint together."""
    named = {identity(e).get("id"): identity(e).get("name") for e in elements(slide)}
    found: list[list[Any]] = []
    going_on = False
    for element in elements(slide):
        if element.tag == f"{P}cxnSp":
            if going_on:
                assert glue(found[-1][-1])[1].get("id") == glue(element)[0].get("id")
                found[-1].append(element)
            else:
                found.append([element])
            going_on = named[glue(element)[1].get("id")] == "joint"
    return found


def unglued(slide: Any) -> list[str]:
    """The connectors an end of which is not at the site of a shape that it is glued to."""
    shapes = {identity(e).get("id"): e for e in elements(slide) if e.tag == f"{P}sp"}
    found = []
    for element in elements(slide):
        if element.tag != f"{P}cxnSp":
            continue
        path = drawn_path(element)
        for end, point in zip(glue(element), (path[0], path[-1]), strict=True):
            x, y, w, h = frame(shapes[end.get("id")])
            preset = shapes[end.get("id")].find(f".//{A}prstGeom").get("prst")
            sites = [(x + w / 2, y), (x, y + h / 2), (x + w / 2, y + h), (x + w, y + h / 2)]
            if preset == "ellipse":  # it has eight, every other one between two of these
                sites = [site for known in sites for site in (known, (math.inf, 0))]
            if math.dist(sites[int(end.get("idx"))], point) > NEAR:
                found.append(identity(element).get("name"))
    return found
