"""Slides on the template of a house: its places, its room, its colours, its letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pptx
import pytest
from bundled import loaded
from deck_reading import A, P, elements, frame, opened
from pptx.dml.color import RGBColor
from pptx.util import Inches

from archviz.decks import deck_bytes, network_slides_bytes
from archviz.keywords import read_keywords
from archviz.scene.theme import contrast, load_theme
from archviz.scene.theme_accents import accents_in, on_accents
from archviz.write.formats import FORMATS
from archviz.write.pptx_template import read_template

NAVY = RGBColor(0x00, 0x22, 0x44)
BAND, FOOT = Inches(1.2), Inches(7.0)


def house(path: Path, width: float = 13.333, dark: bool = False) -> str:
    """A house's template: a dark band with white titles, room under it, a footer with a number."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(width), Inches(7.5)
    master = deck.slide_master
    if dark:
        master.background.fill.solid()
        master.background.fill.fore_color.rgb = NAVY
    places = {
        1: (Inches(0.5), Inches(0.2), Inches(width - 1), Inches(0.8)),
        2: (Inches(0.8), Inches(1.5), Inches(width - 1.6), Inches(5.2)),
    }
    for shape in master.placeholders:
        kind = shape.placeholder_format.type
        if kind in places:
            shape.left, shape.top, shape.width, shape.height = places[kind]
        else:
            shape.top, shape.height = FOOT, Inches(0.4)
    band = deck.slide_layouts[5].shapes._spTree.makeelement(f"{P}sp", {})
    band.append(element("nvSpPr", '<p:cNvPr id="99" name="band"/><p:cNvSpPr/><p:nvPr/>'))
    size = f'<a:off x="0" y="0"/><a:ext cx="{Inches(width)}" cy="{BAND}"/>'
    fill = '<a:solidFill><a:srgbClr val="003366"/></a:solidFill>'
    shape = f'<a:xfrm>{size}</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>{fill}'
    band.append(element("spPr", shape))
    master.shapes._spTree.insert(2, band)
    deck.save(str(path))
    return str(path)


def element(tag: str, inside: str) -> Any:
    from pptx.oxml import parse_xml

    spaces = f'xmlns:p="{P[1:-1]}" xmlns:a="{A[1:-1]}"'
    return parse_xml(f"<p:{tag} {spaces}>{inside}</p:{tag}>")


def deck_of(template: str, *names: str, **told: Any) -> Any:
    options, settings = read_keywords({"template": template, **told})
    data = deck_bytes([loaded(name) for name in names], options, FORMATS["pptx"], settings)
    return opened(data)


def texts(slide: Any) -> list[str]:
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    return house(tmp_path_factory.mktemp("house") / "house.pptx")


@pytest.fixture(scope="module")
def deck(template: str) -> Any:
    told = {"deck_title": "A talk", "author": "A. Lecturer", "date": "2026-11-30"}
    return deck_of(template, "lenet5", "inception_v3", **told)


def test_slides_keep_to_the_room_of_the_template(deck: Any) -> None:
    left, top = Inches(0.8), Inches(1.5)
    right, bottom = Inches(13.333 - 0.8), Inches(6.7)
    for slide in [*deck.slides][1:]:
        assert slide.slide_layout.name == "Title Only"
        for one in elements(slide):
            if one.find(f".//{A}xfrm") is not None:
                x, y, width, height = frame(one)
                assert left - 9525 <= x and x + width <= right + 2 * 9525, one[0][0].get("name")
                assert top - 9525 <= y and y + height <= bottom + 9525, one[0][0].get("name")


def test_no_letter_of_a_template_of_any_shape_is_below_12_pt(tmp_path: Path) -> None:
    for width in (10.0, 16.0):
        path = house(tmp_path / f"{width}.pptx", width)
        for slide in deck_of(path, "inception_v4", "unet").slides:
            sizes = [int(run.get("sz")) for run in slide.element.iter(f"{A}rPr") if run.get("sz")]
            assert min(sizes, default=1200) >= 1200


def test_titles_dates_footers_and_numbers_stand_in_the_layouts_places(deck: Any) -> None:
    cover, *slides = deck.slides
    assert cover.slide_layout.name == "Title Slide"
    assert cover.shapes.title.text_frame.text == "A talk"
    said = "A. Lecturer · 30 November 2026\nLeNet-5, Inception-v3."
    assert cover.placeholders[1].text_frame.text == said
    for number, slide in enumerate(slides, 2):
        kinds = {one.placeholder_format.type for one in slide.placeholders}
        assert {1, 13, 15, 16} == {int(kind) for kind in kinds}
        assert slide.shapes.title._element.find(f".//{A}xfrm") is None
        fields = list(slide.element.iter(f"{A}fld"))
        assert [field.get("type") for field in fields] == ["slidenum"]
        assert fields[0].findtext(f"{A}t") == str(number)
        assert {"A talk", "30 November 2026"} <= {*texts(slide)}
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert len({*titles}) == len(titles)
    assert "Inception-v3: Inception-C and Reduction-A" in titles or len(titles) > 5


def test_texts_are_in_the_colours_of_the_scheme(deck: Any) -> None:
    slide = deck.slides[-1]
    for title in slide.shapes.title._element.iter(f"{A}rPr"):  # on a band that is dark
        assert title.find(f".//{A}schemeClr").get("val") == "bg1"
    lines = [one for one in elements(slide) if one.tag == f"{P}cxnSp"]
    assert lines
    for line in lines:
        assert line.find(f"{P}spPr/{A}ln/{A}solidFill/{A}schemeClr").get("val") == "tx1"
    box = next(one for one in elements(slide) if one[0][0].get("name") == "concat")
    assert box.find(f"{P}spPr/{A}solidFill/{A}srgbClr") is not None  # the legend's colour stays
    faces = {face.get("typeface") for face in slide.element.iter(f"{A}latin")}
    assert faces <= {"+mn-lt", "Arial"}


def boxes_of(slide: Any) -> dict[str, Any]:
    """The fills of the boxes on a slide, the last of each text."""
    found = {}
    for one in elements(slide):
        for shape in one.iter(f"{P}sp"):
            said = " ".join(node.text or "" for node in shape.iter(f"{A}t"))
            fill = shape.find(f"{P}spPr/{A}solidFill")
            if said and fill is not None:
                found[said] = fill[0]
    return found


def test_boxes_have_the_accents_of_the_house_on_wish(template: str) -> None:
    deck = deck_of(template, "resnet50", accents=True)
    (slide,) = [one for one in deck.slides if one.shapes.title.text_frame.text[:9] == "ResNet-50"]
    fills = boxes_of(slide)
    named = {said: fill.get("val") for said, fill in fills.items() if fill.tag == f"{A}schemeClr"}
    names = [named[said] for said in ("conv 1×1", "add", "conv", "identity")]
    assert len({*names}) == 4 and all(name.startswith("accent") for name in names)
    assert fills["input"].tag == f"{A}srgbClr"  # greys stay
    legend = next(one for one in deck.slides if one.shapes.title.text_frame.text == "Legend")
    used = {node.get("val") for node in legend.element.iter(f"{A}schemeClr")}
    assert {*names} <= used


def test_accents_are_those_of_a_template() -> None:
    with pytest.raises(ValueError, match="accents are those of a template; give one"):
        read_keywords({"accents": True})


@pytest.mark.parametrize(
    "scheme",
    [
        ("4f81bd", "c0504d", "9bbb59", "8064a2", "4bacc6", "f79646"),
        ("112233", "112233", "112233", "445566", "445566", "445566"),  # a house in two blues
        ("ffffff", "ffffff", "ffffff", "ffffff", "ffffff", "ffffff"),
    ],
)
def test_roles_in_accents_can_be_told_apart(scheme: tuple[str, ...]) -> None:
    theme = load_theme()
    colors = {f"accent{number}": f"#{color}" for number, color in enumerate(scheme, 1)}
    made = on_accents(theme, colors)
    changed = [made.role(role) for role in made.roles if made.role(role) != theme.role(role)]
    fills = [color.fill for color in changed]
    assert len(fills) == len({*fills}) >= (13 if scheme[1] == "c0504d" else 2)
    for color in changed:
        assert contrast(color.text, color.fill) >= 4.5
        assert contrast(theme.color("line"), color.panel) >= 4.5


def test_shades_of_accents_are_what_presentations_make_of_them() -> None:
    made = {accent.shade: accent.color for accent in accents_in({"accent1": "#4f81bd"})}
    # "lighter 40 %", "lighter 60 %" and "darker 25 %" of the Office theme of 2007, as it shows them
    shown = {(0.6, 0.4): "95b3d7", (0.4, 0.6): "b8cce4", (0.75, 0.0): "366092"}
    for shade, color in shown.items():
        pairs = zip(bytes.fromhex(made[shade][1:]), bytes.fromhex(color), strict=True)
        assert max(abs(a - b) for a, b in pairs) <= 1


def test_figures_on_a_dark_ground_are_light(tmp_path: Path) -> None:
    path = house(tmp_path / "dark.pptx", dark=True)
    found = read_template(path)
    assert found.ground == "#002244"
    assert contrast(found.colours.scheme[found.ink], found.ground) > 4.5
    slide = deck_of(path, "lenet5").slides[-1]
    inks = {one.get("val") for one in slide.element.iter(f"{A}schemeClr")}
    assert inks == {found.ink} == {"bg1"}


def test_a_cover_is_told_for_one_network_too() -> None:
    options, settings = read_keywords({"deck_title": "A talk", "author": "A. Lecturer"})
    data = network_slides_bytes(loaded("lenet5"), options, FORMATS["pptx"], settings)
    cover, slide = opened(data).slides
    assert texts(cover)[:2] == ["A talk", "A. Lecturer\nLeNet-5."]
    assert slide.shapes.title.text_frame.text == "LeNet-5 (1998)"
    options, settings = read_keywords({})
    plain = network_slides_bytes(loaded("lenet5"), options, FORMATS["pptx"], settings)
    assert len(opened(plain).slides) == 1
