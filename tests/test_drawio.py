"""The draw.io file, read with an XML parser and measured against its scenes."""

from __future__ import annotations

import html
import itertools
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import archviz
from archviz.scene.scene import Connector, Group, Item, Line, Page, Point, Scene, Shape, Text
from archviz.write.drawio import write_drawio

INK = "#000000"
NEAR = 0.02
"""Two decimals are written, of which a place in nested groups sums a few."""
TEXT_SLACK = 1.0
"""Pixels that a text's cell may stand lower than its box."""


def line(source: str, target: str, *route: Point, head: bool = True) -> Connector:
    return Connector(route, route, INK, 1.6, head, 10.8, 8.4, source, target)


def box(name: str, x: float, y: float, **more: Any) -> Shape:
    values: dict[str, Any] = {
        "stroke": INK,
        "line_width": 1.6,
        "lines": (name,),
        "widths": (20.0,),
        "text_size": 14.8,
        "text_fill": INK,
        **more,
    }
    return Shape(name, "rect", x, y, 80, 40, "#e06666", **values)


def synthetic() -> Page:
    layer = Group(
        "a-g",
        "layer",
        'conv "3×3"',
        "conv <3×3> & more\n9 parameters",
        "",
        (
            box(
                "a",
                200.37,
                200,
                lines=("a<b", "& 3×3"),
                widths=(40.0, 25.0),
                radius=4.0,
                shadow=2.4,
            ),
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
            ),
            Text(240, 260, "64 & more", 13.2, 60.0, "#222222"),
        ),
    )
    alone = Group("b-g", "layer", "pool", "max-pool", "", (box("b", 400, 300, pattern="lines"),))
    panel = Group(
        "panel",
        "panel",
        "Panel",
        "",
        "",
        (
            Shape("back", "rect", 100, 160, 700, 300, "#ffe599", shadow=2.0, role="panel"),
            Shape("in", "ellipse", 60, 220, 0, 0, "", role="port"),
            line("in", "a", (60, 220), (200.37, 220)),
            line("a", "b", (280.37, 220), (340, 220), (340, 320), (400, 320), head=False),
            layer,
            alone,
            Text(450, 480, "Panel", 16, 45.0, INK, bold=True, role="title"),
        ),
    )
    loose = (
        Line(((130, 520), (120, 520), (120, 600), (130, 600)), INK, 1.0),
        Line(((300, 520), (310, 520), (310, 600), (300, 600)), INK, 1.0),
        Line(((400, 560), (500, 560), (500, 570)), INK, 2.0, "axis"),
        line("", "c", (820, 560), (900, 560)),
        box("c", 900, 540),
        line("c", "", (940, 540), (980, 470), (1140, 470)),
        Text(60, 70, "left", 16, 40.0, INK, "start"),
        Text(1240, 700, "right", 16, 40.0, INK, "end"),
    )
    scene = Scene(1280, 720, "Synthetic", "", "#fefefe", (panel, *loose))
    return Page(scene, "Synthetic <page>")


def network_page(name: str) -> Page:
    scene = archviz.load(name).scene(aspect=16 / 9, legend=True)
    return Page(scene, scene.title)


PAGES = {
    "synthetic": synthetic,
    "resnet50": lambda: network_page("resnet50"),
    "inception_v3": lambda: network_page("inception_v3"),
}


@pytest.fixture(params=PAGES, scope="module")
def page(request: pytest.FixtureRequest) -> Page:
    return PAGES[request.param]()


@pytest.fixture(scope="module")
def cells(page: Page) -> dict[str, Any]:
    return read(write_drawio([page]))[0]


class Cell:
    """A cell with its style, and with what its user object says."""

    def __init__(self, element: ET.Element) -> None:
        inner = element if element.tag == "mxCell" else element[0]
        self.label = element.get("label") or element.get("value") or ""
        self.tooltip, self.name = element.get("tooltip", ""), element.get("name", "")
        pairs = [part.partition("=") for part in inner.get("style", "").split(";") if part]
        self.style = {key: value for key, _, value in pairs}
        self.parent = inner.get("parent", "")
        self.edge, self.vertex = inner.get("edge") == "1", inner.get("vertex") == "1"
        self.source, self.target = inner.get("source"), inner.get("target")
        self.connectable = inner.get("connectable")
        self.geometry = inner.find("mxGeometry")

    def numbers(self) -> tuple[float, ...]:
        assert self.geometry is not None
        return tuple(float(self.geometry.get(name, "0")) for name in ("x", "y", "width", "height"))

    def points(self) -> dict[str, list[Point]]:
        """The ends and the corners of an edge, relative to its parent."""
        assert self.geometry is not None
        found: dict[str, list[Point]] = {}
        for point in self.geometry.iter("mxPoint"):
            place = (float(point.get("x", "0")), float(point.get("y", "0")))
            found.setdefault(point.get("as", "corner"), []).append(place)
        return found


def read(data: bytes) -> list[dict[str, Cell]]:
    """The cells of each page by their ids, in their order."""
    found = []
    for root in ET.fromstring(data).iter("root"):
        ids = [element.get("id", "") for element in root]
        assert all(ids) and len(set(ids)) == len(ids)
        found.append({element.get("id", ""): Cell(element) for element in root})
    return found


def place(cells: dict[str, Any], key: str) -> tuple[float, float]:
    """Where a cell stands on the page."""
    x = y = 0.0
    while cells[key].geometry is not None:
        left, top, _, _ = cells[key].numbers()
        x, y, key = x + left, y + top, cells[key].parent
    return (x, y)


def leaves(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Group):
            yield from leaves(item.items)
        else:
            yield item


def leaf_cells(cells: dict[str, Any]) -> list[tuple[str, Any]]:
    """The cells that are no groups: those of the scene's items, and ports."""
    return [(k, c) for k, c in cells.items() if c.geometry is not None and "group" not in c.style]


def drawn_like(cells: dict[str, Any], item: Item) -> list[tuple[str, Any]]:
    """The cells at the place and of the size of an item."""
    found = []
    x, y, width, height = item.box
    for key, cell in leaf_cells(cells):
        if cell.vertex:
            left, top = place(cells, key)
            _, _, w, h = cell.numbers()
            if max(abs(left - x), abs(top - y), abs(w - width), abs(h - height)) < NEAR:
                found.append((key, cell))
    return found


def test_shapes_are_native_and_in_their_places(cells: dict[str, Any], page: Page) -> None:
    for shape in leaves(page.scene.items):
        if not isinstance(shape, Shape) or shape.role == "port":
            continue
        label = "<br>".join(html.escape(text, quote=False) for text in shape.lines)
        same = [cell for _, cell in drawn_like(cells, shape) if cell.label == label]
        assert same, shape
        style = same[0].style
        assert ("ellipse" in style) == (shape.form == "ellipse")
        assert style["fillColor"] == (shape.fill or "none")
        assert style["strokeColor"] == (shape.stroke or "none")
        assert style.get("shadow", "0") == ("1" if shape.shadow else "0")
        if shape.form == "rect":
            assert style["rounded"] == ("1" if shape.radius else "0")
        if shape.radius:
            assert float(style["arcSize"]) == pytest.approx(2 * shape.radius, abs=0.01)
        if shape.lines:
            assert style["fontFamily"] == "Arial"
            assert float(style["fontSize"]) == pytest.approx(shape.text_size, abs=0.01)
    for _, cell in leaf_cells(cells):
        assert cell.style.get("shape", "partialRectangle") == "partialRectangle"
        assert "image" not in cell.style


def test_texts_stand_on_their_lines(cells: dict[str, Any], page: Page) -> None:
    for text in leaves(page.scene.items):
        if not isinstance(text, Text):
            continue
        lowered = text._replace(y=text.y + 0.0435 * text.size)
        same = [
            cell
            for _, cell in drawn_like(cells, lowered)
            if cell.label == html.escape(text.text, quote=False)
        ]
        assert same, text
        style = same[0].style
        assert "text" in style
        assert style["align"] == {"start": "left", "middle": "center", "end": "right"}[text.anchor]
        assert style["verticalAlign"] == "bottom"
        assert style.get("fontStyle", "0") == ("1" if text.bold else "0")
        assert style["fontColor"] == text.fill


def test_edges_join_their_shapes_along_their_routes(cells: dict[str, Any], page: Page) -> None:
    wanted = [item for item in leaves(page.scene.items) if isinstance(item, Connector)]
    shapes = {item.id: item for item in leaves(page.scene.items) if isinstance(item, Shape)}
    edges = [cell for _, cell in leaf_cells(cells) if cell.edge and cell.source]
    assert len(edges) == len(wanted)
    for edge, connector in zip(edges, wanted, strict=True):
        dx, dy = place(cells, edge.parent)
        points = edge.points()
        corners = [(x + dx, y + dy) for x, y in points.get("corner", [])]
        route = [*points["sourcePoint"], *points["targetPoint"]]
        route = [(x + dx, y + dy) for x, y in route]
        route = [route[0], *corners, route[1]]
        wanted_route = list(connector.route)
        if len(wanted_route) == 2:
            (ax, ay), (bx, by) = wanted_route
            wanted_route.insert(1, ((ax + bx) / 2, (ay + by) / 2))
        assert len(route) == len(wanted_route)
        for a, b in zip(route, wanted_route, strict=True):
            assert a == pytest.approx(b, abs=NEAR)
        for name, key, cell, end in (
            ("exit", connector.source, edge.source, connector.route[0]),
            ("entry", connector.target, edge.target, connector.route[-1]),
        ):
            left, top = place(cells, cell)
            _, _, width, height = cells[cell].numbers()
            at = (
                left + float(edge.style[f"{name}X"]) * width,
                top + float(edge.style[f"{name}Y"]) * height,
            )
            assert at == pytest.approx(end, abs=0.1)
            if key and shapes[key].role != "port":
                assert cell in dict(drawn_like(cells, shapes[key]))
            else:
                assert (width, height) == (1, 1)
                assert cells[cell].style["fillColor"] == cells[cell].style["strokeColor"] == "none"


def test_edges_keep_their_way_and_their_heads(cells: dict[str, Any], page: Page) -> None:
    wanted = [item for item in leaves(page.scene.items) if isinstance(item, Connector)]
    edges = [cell for _, cell in leaf_cells(cells) if cell.edge and cell.source]
    for edge, connector in zip(edges, wanted, strict=True):
        slanted = any(a[0] != b[0] and a[1] != b[1] for a, b in itertools.pairwise(connector.route))
        assert edge.style["edgeStyle"] == ("none" if slanted else "orthogonalEdgeStyle")
        assert edge.style["rounded"] == "0"
        assert edge.style["endArrow"] == ("block" if connector.head else "none")
        if connector.head:
            assert edge.style["endFill"] == "1"
            assert 1 <= float(edge.style["endSize"]) < connector.head_length
        assert float(edge.style["strokeWidth"]) == pytest.approx(connector.line_width, abs=0.01)


def test_groups_hold_their_items(cells: dict[str, Any], page: Page) -> None:
    groups = {key: cell for key, cell in cells.items() if "group" in cell.style}
    assert groups
    for key, group in groups.items():
        assert group.connectable == "0"
        _, _, width, height = group.numbers()
        inside = [cell for cell in cells.values() if cell.parent == key and cell.vertex]
        assert len(inside) > 1
        for cell in inside:
            x, y, w, h = cell.numbers()
            assert min(x, y) >= -NEAR and x + w <= width + NEAR
            assert y + h <= height + (TEXT_SLACK if "text" in cell.style else NEAR)


def test_panel_moves_as_one() -> None:
    (cells,) = read(write_drawio([synthetic()]))
    panel = next(key for key, cell in cells.items() if cell.name == "Panel")
    layer = next(key for key, cell in cells.items() if cell.name == 'conv "3×3"')
    assert cells[layer].parent == panel
    assert cells[panel].parent == "p1-1"
    edges = [cell for cell in cells.values() if cell.edge and cell.parent == panel]
    assert len(edges) == 2
    assert place(cells, panel) == (59, 160)  # with the port, which stands outside the panel


def test_details_are_tooltips() -> None:
    (cells,) = read(write_drawio([synthetic()]))
    tips = [(cell.label, cell.tooltip) for cell in cells.values() if cell.tooltip]
    detail = "conv &lt;3×3&gt; &amp; more<br>9 parameters"
    assert tips == [("a&lt;b<br>&amp; 3×3", detail), ("R", detail), ("b", "max-pool")]


def test_brackets_and_other_lines() -> None:
    (cells,) = read(write_drawio([synthetic()]))
    brackets = [cell for _, cell in leaf_cells(cells) if "shape" in cell.style]
    sides = [[cell.style[side] for side in ("left", "right", "top", "bottom")] for cell in brackets]
    assert sides == [["1", "0", "1", "1"], ["0", "1", "1", "1"]]
    assert [cell.numbers() for cell in brackets] == [(120, 520, 10, 80), (300, 520, 10, 80)]
    (axis,) = [cell for _, cell in leaf_cells(cells) if cell.edge and not cell.source]
    assert axis.points() == {
        "sourcePoint": [(400, 560)],
        "corner": [(500, 560)],
        "targetPoint": [(500, 570)],
    }
    assert axis.style["endArrow"] == "none"


def test_page_has_the_scenes_size_and_ground() -> None:
    root = ET.fromstring(write_drawio([synthetic(), network_page("nin")]))
    first, second = root.iter("mxGraphModel")
    assert (first.get("pageWidth"), first.get("pageHeight")) == ("1280", "720")
    assert first.get("background") == "#fefefe"
    scene = network_page("nin").scene
    assert float(second.get("pageWidth", "0")) == pytest.approx(scene.width, abs=0.01)
    assert [each.get("name") for each in root] == ["Synthetic <page>", "Network In Network"]
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)


def test_hatchings_are_fill_styles() -> None:
    (cells,) = read(write_drawio([synthetic()]))
    hatched = [cell for cell in cells.values() if cell.style.get("fillStyle") == "hatch"]
    assert [cell.label for cell in hatched] == ["b"]


def test_plain_xml_without_dates() -> None:
    data = write_drawio([synthetic()])
    assert data.startswith(b"<?xml")
    assert not re.search(rb"modified|etag|version=\"\d\d|[0-9]{4}-[0-9]{2}", data)
    assert b'-0"' not in data.replace(b'"p1-0"', b"")


def test_the_same_bytes_in_every_run() -> None:
    code = (
        "import sys, test_drawio as t; "
        "sys.stdout.buffer.write(t.write_drawio([t.synthetic(), t.network_page('nin')]))"
    )
    runs = []
    for seed in ("1", "2"):
        path = os.pathsep.join((os.path.dirname(__file__), *filter(None, sys.path)))
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        runs.append(
            subprocess.run(
                [sys.executable, "-c", code], env=env, check=True, capture_output=True
            ).stdout
        )
    assert runs[0] == runs[1] == write_drawio([synthetic(), network_page("nin")])
