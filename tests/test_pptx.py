"""Slides, opened with python-pptx and measured against the scenes that they were made from."""

from __future__ import annotations

import io
import itertools
import math
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from deck_reading import (
    EMU,
    HALF_A_POINT,
    NATIVE,
    PAGES,
    A,
    P,
    chains,
    difference,
    drawn_path,
    elements,
    frame,
    glue,
    identity,
    is_silent,
    leaves,
    line,
    on_slide,
    opened,
    scale_of,
    synthetic,
    turned_frame,
    unglued,
)

import archviz
from archviz.scene.scene import Connector, Group, Line, Page, Point, Scene, Shape, Text
from archviz.write.pptx import write_pptx


@pytest.fixture(params=PAGES, scope="module")
def page(request: pytest.FixtureRequest) -> Page:
    return PAGES[request.param]()


@pytest.fixture(params=[True, False], ids=["joints", "whole"], scope="module")
def joints(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def slide(page: Page, joints: bool) -> Any:
    return opened(write_pptx([page], joints=joints)).slides[0]


def test_only_native_shapes(slide: Any, page: Page) -> None:
    kinds = [element.tag[len(P) :] for element in elements(slide)]
    assert set(kinds) == NATIVE
    shapes = [item for item, _ in leaves(page.scene.items) if isinstance(item, Shape)]
    assert kinds.count("sp") >= len(shapes)
    with zipfile.ZipFile(io.BytesIO(write_pptx([page]))) as package:
        assert not [name for name in package.namelist() if "media" in name or "thumb" in name]


def test_every_shape_stands_where_the_scene_has_it(slide: Any, page: Page) -> None:
    placed = [frame(element) for element in elements(slide) if element.tag == f"{P}sp"]
    for item, _ in leaves(page.scene.items):
        if isinstance(item, Connector) or (isinstance(item, Shape) and item.role == "port"):
            continue
        x, y, width, height = item.box
        left, top = on_slide(page.scene, (x, y))
        right, bottom = on_slide(page.scene, (x + width, y + height))
        if isinstance(item, Text) and item.role == "slide-title":
            # to the margin, see test_title_is_the_slides_title
            right, _ = on_slide(page.scene, (page.scene.width - x, y))
        wanted = (left, top, right - left, bottom - top)
        assert any(place == pytest.approx(wanted, abs=2) for place in placed), item


def test_nothing_outside_the_slide(slide: Any) -> None:
    for element in elements(slide):
        x, y, width, height = turned_frame(element)
        assert x >= 0 and y >= 0, identity(element).get("name")
        assert x + width <= 12_192_000 and y + height <= 6_858_000, identity(element).get("name")


def test_connectors_are_glued_at_both_ends(slide: Any) -> None:
    assert not [name for name in unglued(slide) if "c → out" not in name]  # that is slanted


def test_connectors_run_along_their_routes(slide: Any, page: Page, joints: bool) -> None:
    wanted = [item for item, _ in leaves(page.scene.items) if isinstance(item, Connector)]
    found = chains(slide)
    assert len(found) == len(wanted)
    for connector, chain in zip(wanted, found, strict=True):
        route = [on_slide(page.scene, point) for point in connector.route]
        path = [point for element in chain for point in drawn_path(element)]
        assert difference(path, route) <= HALF_A_POINT, connector
        pieces = len(route) - 1
        slanted = any(a[0] != b[0] and a[1] != b[1] for a, b in itertools.pairwise(route))
        if not slanted:
            assert len(chain) == math.ceil((pieces - 1) / (1 if joints else 4)) or pieces == 1
        heads = [element.find(f".//{A}tailEnd") for element in chain]
        assert [head is not None for head in heads] == [False] * (len(chain) - 1) + [connector.head]
        for element in chain:
            stroke = element.find(f".//{A}ln")
            assert int(stroke.get("w")) == pytest.approx(
                connector.line_width * scale_of(page.scene) * EMU, abs=1
            )
            assert stroke.find(f".//{A}srgbClr").get("val") == connector.stroke[1:].upper()


def test_connectors_join_the_shapes_of_the_scene(slide: Any, page: Page) -> None:
    names = {identity(e).get("id"): identity(e).get("name") for e in elements(slide)}
    shapes = {
        item.id: (item, group)
        for item, group in leaves(page.scene.items)
        if isinstance(item, Shape)
    }
    wanted = [item for item, _ in leaves(page.scene.items) if isinstance(item, Connector)]
    for connector, chain in zip(wanted, chains(slide), strict=True):
        ends = (glue(chain[0])[0], glue(chain[-1])[1])
        keys = (connector.source, connector.target)
        for key, end, port in zip(keys, ends, ("in", "out"), strict=True):
            name = names[end.get("id")]
            if not key or shapes[key][0].role == "port":
                assert name == port
            else:
                shape, group = shapes[key]
                assert name == (
                    group.name
                    if group and group.role in ("layer", "module")
                    else " ".join(shape.lines)
                )


def turns() -> Iterator[tuple[Point, ...]]:
    """Routes of one to nine pieces in all directions, with ends that are level too."""
    steps = [
        (60, 30, 40, 50, 25),
        (60, 30, -90, 40, 30),
        (50, 40, -50, 20, 30),
        (40, 30, 20, -30, 30),
    ]
    for pieces, first, lengths, sx, sy in itertools.product(
        (1, 2, 3, 4, 5, 7, 9), "hv", steps, (1, -1), (1, -1)
    ):
        x, y = 600.0, 350.0
        route = [(x, y)]
        for number in range(pieces):
            length = lengths[number % 5] * (1 if number < 5 else 0.5)
            if (number % 2 == 0) == (first == "h"):
                x += sx * length
            else:
                y += sy * length
            route.append((x, y))
        yield tuple(route)


def test_all_turns_are_drawn_as_they_are(joints: bool) -> None:
    routes = list(turns())
    scene = Scene(1280, 720, "t", "", "", tuple(line("", "", *route) for route in routes))
    slide = opened(write_pptx([Page(scene, "t")], joints=joints)).slides[0]
    found = chains(slide)
    assert len(found) == len(routes) == 224
    assert not unglued(slide)
    presets = set()
    for route, chain in zip(routes, found, strict=True):
        path = [point for element in chain for point in drawn_path(element)]
        assert difference(path, [(x * EMU, y * EMU) for x, y in route]) <= HALF_A_POINT
        presets |= {element.find(f".//{A}prstGeom").get("prst")[-1] for element in chain}
    assert presets == (set("12") if joints else set("12345"))


def test_texts_keep_their_size_and_font(slide: Any, page: Page) -> None:
    scale = scale_of(page.scene)
    items = [item for item, _ in leaves(page.scene.items)]
    texts = [item for item in items if isinstance(item, Text)]
    texts += [text for item in items if isinstance(item, Shape) for text in item.texts]
    wanted = sorted(round(text.size * 75 * scale) for text in texts)
    runs = list(slide.shapes._spTree.iter(f"{A}r"))
    assert sorted(int(run.find(f"{A}rPr").get("sz")) for run in runs) == wanted
    assert {run.find(f".//{A}latin").get("typeface") for run in runs} == {"Arial"}
    for body in slide.shapes._spTree.iter(f"{A}bodyPr"):
        assert [body.get(name) for name in ("wrap", "lIns", "tIns", "rIns", "bIns")] == [
            "none",
            "0",
            "0",
            "0",
            "0",
        ]
        assert body.find(f"{A}noAutofit") is not None


def test_labels_stand_inside_their_shapes(slide: Any, page: Page) -> None:
    inside = [
        tuple("".join(t.text for t in p.iter(f"{A}t")) for p in element.iter(f"{A}p"))
        for element in elements(slide)
        if element.tag == f"{P}sp" and element.find(f"{P}txBody") is not None
    ]
    for item, _ in leaves(page.scene.items):
        if isinstance(item, Shape) and item.lines:
            assert item.lines in inside
        elif isinstance(item, Text):
            assert (item.text,) in inside


def test_names_alt_texts_and_ids(slide: Any) -> None:
    seen = [identity(element) for element in elements(slide)]
    assert all(each.get("name") for each in seen)
    ids = [each.get("id") for each in seen]
    assert len(set(ids)) == len(ids)
    assert "1" not in ids


def test_a_figure_has_one_alt_text_and_its_parts_are_silent(slide: Any, page: Page) -> None:
    told = [e for e in elements(slide) if identity(e).get("descr")]
    assert [identity(e).get("descr") for e in told] == [page.scene.description]
    texts = [e for e in elements(slide) if not is_silent(e) and e not in told]
    for element in texts:  # what is no part of the figure is read as it is
        assert element.tag == f"{P}grpSp" or "".join(t.text for t in element.iter(f"{A}t"))
    assert not [e for e in texts if e.tag == f"{P}cxnSp"]
    assert len(texts) <= 4


def test_layers_and_panels_are_groups() -> None:
    slide = opened(write_pptx([synthetic()])).slides[0]
    panel = next(shape for shape in slide.shapes if shape.name == "Panel" and shape.shape_type == 6)
    names = [shape.name for shape in panel.shapes]
    assert names.count('arrow in → conv "3×3" & <co>') == 1
    assert names.count('line conv "3×3" & <co> → max-pool') == 2  # two parts at a joint
    layer = next(shape for shape in panel.shapes if shape.shape_type == 6)
    assert layer.name == 'conv "3×3" & <co>'
    assert [shape.name for shape in layer.shapes] == [
        'conv "3×3" & <co>',
        'R on conv "3×3" & <co>',
        "64 & more",
    ]
    for shape in (layer, layer.shapes[0], layer.shapes[1]):
        assert is_silent(shape._element)
    assert panel._element[0][0].get("descr") == "All there is."
    alone = next(shape for shape in panel.shapes if shape.name == "max-pool")
    assert alone.shape_type != 6  # it is all that its layer has, so not in a group of its own


def test_groups_have_the_coordinates_of_the_slide(slide: Any) -> None:
    groups = [element for element in elements(slide) if element.tag == f"{P}grpSp"]
    for element in groups:
        x, y, width, height = frame(element)
        child = element.find(f"{P}grpSpPr/{A}xfrm")
        assert (int(child[2].get("x")), int(child[2].get("y"))) == (x, y)
        assert (int(child[3].get("cx")), int(child[3].get("cy"))) == (width, height)
        for inner in element:
            if inner.tag in (f"{P}sp", f"{P}grpSp"):
                left, top, w, h = frame(inner)
                assert x <= left and y <= top
                assert left + w <= x + width and top + h <= y + height


def test_properties_are_in_the_order_of_the_schema(slide: Any) -> None:
    order = ["xfrm", "prstGeom", "custGeom", "noFill", "solidFill", "pattFill", "ln", "effectLst"]
    for element in elements(slide):
        if element.tag == f"{P}grpSp":
            continue
        tags = [child.tag[len(A) :] for child in element.find(f"{P}spPr")]
        places = [order.index(tag) for tag in tags]
        assert places == sorted(set(places))
        assert {"ln", "effectLst"} <= set(tags)


def test_only_what_has_a_shadow_throws_one() -> None:
    slide = opened(write_pptx([synthetic()])).slides[0]
    throwing = [
        identity(element).get("name")
        for element in elements(slide)
        if element.find(f"{P}spPr/{A}effectLst/{A}outerShdw") is not None
    ]
    assert throwing == ["panel", 'conv "3×3" & <co>']


def test_forms_patterns_and_brackets() -> None:
    slide = opened(write_pptx([synthetic()])).slides[0]
    by_name = {identity(element).get("name"): element for element in elements(slide)}
    layer = next(
        e
        for e in elements(slide)
        if e.tag == f"{P}sp" and identity(e).get("name") == 'conv "3×3" & <co>'
    )
    assert layer.find(f".//{A}prstGeom").get("prst") == "roundRect"
    assert layer.find(f".//{A}gd").get("fmla") == "val 10000"
    patterned = by_name["max-pool"].find(f".//{A}pattFill")
    assert patterned.find(f"{A}bgClr/{A}srgbClr").get("val") == "E06666"
    brackets = [e for e in elements(slide) if identity(e).get("name") == "bracket"]
    presets = [bracket.find(f".//{A}prstGeom").get("prst") for bracket in brackets]
    assert presets == ["leftBracket", "rightBracket"]
    assert {b.find(f".//{A}gd").get("fmla") for b in brackets} == {"val 0"}
    assert by_name["axis"].find(f".//{A}prstGeom").get("prst") == "line"
    corners = [(int(at.get("x")), int(at.get("y"))) for at in by_name["curve"].iter(f"{A}pt")]
    assert corners == [(0, 0), (50 * EMU, 20 * EMU), (100 * EMU, 0)]
    assert by_name["in"].find(f"{P}spPr/{A}noFill") is not None
    assert by_name["in"].find(f"{P}spPr/{A}ln/{A}noFill") is not None


def test_a_corner_is_no_rounder_than_half_a_box() -> None:
    box = Shape("a", "rect", 10.0, 10.0, 40.0, 20.0, "#ffffff", "#000000", 1.0, radius=30.0)
    slide = opened(write_pptx([Page(Scene(200.0, 100.0, "T", "", "#ffffff", (box,)), "T", "")]))
    adjusted = [gd.get("fmla") for e in elements(slide.slides[0]) for gd in e.iter(f"{A}gd")]
    assert adjusted == ["val 50000"]


def test_brackets_above_and_below_are_native_and_turned() -> None:
    above = Line(((20, 40), (20, 30), (120, 30), (120, 40)), "#000000", 1.0)
    below = Line(((20, 90), (20, 100), (120, 100), (120, 90)), "#000000", 1.0)
    scene = Scene(1280, 720, "T", "", "#ffffff", (above, below))
    found = list(elements(opened(write_pptx([Page(scene, "T")])).slides[0]))
    assert [e.find(f".//{A}prstGeom").get("prst") for e in found] == ["leftBracket", "rightBracket"]
    for element, y in zip(found, (30, 90), strict=True):
        assert element.find(f".//{A}xfrm").get("rot") == "5400000"  # clockwise: left goes up
        assert frame(element)[2:] == (10 * EMU, 100 * EMU)
        assert turned_frame(element) == (20 * EMU, y * EMU, 100 * EMU, 10 * EMU)


@pytest.mark.parametrize("direction", ["right", "down", pytest.param("up", marks=pytest.mark.long)])
def test_lines_are_glued_on_the_side_where_they_end(direction: str) -> None:
    """Where several enter one side, each has a site of its own in the layer's group."""
    out = io.BytesIO()
    archviz.load("ddpm").save(out, format="pptx", direction=direction)
    own = 0
    for slide in opened(out.getvalue()).slides:
        assert unglued(slide) == []
        shapes = {identity(e).get("id"): e for e in elements(slide) if e.tag == f"{P}sp"}
        for element in elements(slide):
            if element.tag != f"{P}cxnSp":
                continue
            path = drawn_path(element)
            for end, (at, on) in zip(glue(element), (path[:2], path[:-3:-1]), strict=True):
                round_one = shapes[end.get("id")].find(f".//{A}prstGeom").get("prst") == "ellipse"
                side = int(end.get("idx")) // (2 if round_one else 1)
                across, along = on[0] - at[0], on[1] - at[1]
                level = abs(across) > abs(along)
                assert side == ((1 if across < 0 else 3) if level else (0 if along < 0 else 2))
        sites = [e for e in elements(slide) if identity(e).get("name").startswith("site on ")]
        own += len(sites)
        for site in sites:
            name = site.getparent()[0][0].get("name")
            assert identity(site).get("name") == f"site on {name}"
    assert own > 10


def test_a_box_of_several_colours_is_called_by_its_outline() -> None:
    place = (10.0, 10.0, 80.0, 40.0)
    halves = (
        Shape("a", "rect", *place, "#999999", role="pool"),
        Shape("b", "rect", 50.0, 10.0, 40.0, 40.0, "#ff0000", role="conv"),
        Shape("c", "rect", *place, "", "#000000", 1.0, lines=("pool / conv",), widths=(60.0,)),
    )
    layer = Group("c-g", "layer", "pool or conv", items=halves)
    scene = Scene(1280, 720, "T", "", "#ffffff", (layer,))
    found = list(elements(opened(write_pptx([Page(scene, "T")])).slides[0]))
    names = [identity(e).get("name") for e in found if e.tag == f"{P}sp"]
    assert names == ["pool", "conv", "pool or conv"]
