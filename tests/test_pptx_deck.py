"""The deck as a file: its size, titles and notes, templates good and broken, its bytes."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import zipfile
from typing import Any

import pptx
import pytest
from deck_reading import EMU, A, P, box, elements, frame, network_page, opened, synthetic

from archviz.errors import ArchvizError
from archviz.scene.scene import Group, Page, Scene, Text
from archviz.write.about import About
from archviz.write.pptx import write_pptx


def test_title_is_the_slides_title() -> None:
    deck = opened(write_pptx([synthetic(), network_page("resnet50")]))
    first, second = deck.slides
    assert first.shapes.title.text_frame.text == "A title"
    assert first.slide_layout.name == "Title Only"
    assert second.shapes.title is None
    assert second.slide_layout.name == "Blank"
    assert [slide.name for slide in deck.slides] == ["Synthetic <page>", "ResNet-50"]
    x, y, _, height = synthetic().scene.items[1].items[0].box  # type: ignore[union-attr]
    title = first.shapes.title
    assert (title.left, title.top) == (round(x * EMU), round(y * EMU))
    assert title.height == pytest.approx(height * EMU, abs=2)
    # to the margin, so that it does not wrap in a font that is wider than ours
    assert title.width == pytest.approx((synthetic().scene.width - 2 * x) * EMU, abs=2)


def test_title_of_two_lines_is_one_title() -> None:
    lines = tuple(
        Text(640, y, text, 50, 300.0, "#000000", "middle", True, "slide-title")
        for y, text in ((250, "A title of"), (308, "two lines"))
    )
    scene = Scene(1280, 720, "t", "", "", (Group("g", "title", "", items=lines), box("a", 0, 0)))
    slide = opened(write_pptx([Page(scene, "t")])).slides[0]
    assert slide.shapes.title.text_frame.text == "A title of\ntwo lines"
    assert [shape.name for shape in slide.shapes] == ["Title", "a"]
    top, (_, y, _, height) = lines[0].box[1], lines[1].box
    assert (slide.shapes.title.top, slide.shapes.title.height) == pytest.approx(
        (top * EMU, (y + height - top) * EMU), abs=2
    )


def test_notes_and_background() -> None:
    bare = synthetic()._replace(notes="")
    deck = opened(write_pptx([synthetic(), bare]))
    first, second = deck.slides
    assert first.notes_slide.notes_text_frame.text == "Who & when\n\nhttps://example.org/?a=1&b=2"
    assert not second.has_notes_slide
    assert first.background.fill.fore_color.rgb == pptx.dml.color.RGBColor(0xFE, 0xFE, 0xFE)
    masters = deck.element.findall(f"{P}notesMasterIdLst/{P}notesMasterId")
    assert len(masters) == 1


@pytest.mark.parametrize(
    ("aspect", "width"), [(16 / 9, 12_192_000), (4 / 3, 9_144_000), (1.0, 6_858_000)]
)
def test_size_of_the_slides(aspect: float, width: int) -> None:
    deck = opened(write_pptx([network_page("nin")], aspect=aspect))
    assert (deck.slide_width, deck.slide_height) == (width, 6_858_000)
    for element in elements(deck.slides[0]):
        x, y, cx, cy = frame(element)
        assert min(x, y) >= 0 and x + cx <= width and y + cy <= 6_858_000
    for layout in deck.slide_layouts:
        for shape in layout.placeholders:
            assert shape.left + shape.width <= width


@pytest.mark.parametrize(
    ("size", "scale"), [((1280, 720), 1), ((2560, 720), 0.5), ((642, 300), 1), ((600, 350), 2)]
)
def test_scenes_are_scaled_down_but_hardly_ever_up(size: tuple[int, int], scale: float) -> None:
    width, height = size
    shape = box("a", 0, 0)._replace(width=width, height=height, shadow=0)
    slide = opened(write_pptx([Page(Scene(width, height, "s", "", "", (shape,)), "s")])).slides[0]
    found = slide.shapes[0]
    assert (found.width, found.height) == (width * scale * EMU, height * scale * EMU)
    assert found.left + found.width / 2 == pytest.approx(6_096_000, abs=1)
    assert found.top + found.height / 2 == pytest.approx(3_429_000, abs=1)
    assert found.text_frame.paragraphs[0].runs[0].font.size.pt == 12 * scale


def test_the_same_bytes_in_every_run() -> None:
    code = (
        "import sys, deck_reading as t, archviz.write.pptx as w; "
        "sys.stdout.buffer.write(w.write_pptx([t.synthetic(), t.network_page('nin')]))"
    )
    runs = []
    for seed in ("1", "2"):
        path = os.pathsep.join((os.path.dirname(__file__), *filter(None, sys.path)))
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path, "TZ": f"UTC{seed}"}
        runs.append(
            subprocess.run(
                [sys.executable, "-c", code], env=env, check=True, capture_output=True
            ).stdout
        )
    assert runs[0] == runs[1] == write_pptx([synthetic(), network_page("nin")])
    with zipfile.ZipFile(io.BytesIO(runs[0])) as package:
        assert {info.date_time[0] for info in package.infolist()} == {1980}
        assert package.namelist()[0] == "[Content_Types].xml"


def test_properties_of_the_file() -> None:
    properties = opened(write_pptx([synthetic()], About("A talk"))).core_properties
    assert (properties.title, properties.author, properties.last_modified_by) == ("A talk", "", "")
    assert properties.created is properties.modified is None
    assert properties.comments == properties.keywords == ""


def test_author_and_date_are_those_that_were_told() -> None:
    about = About("A talk", "Subject", "J. Müller", "2026-11-29T10:00:00+01:00")
    properties = opened(write_pptx([synthetic()], about)).core_properties
    assert (properties.author, properties.subject) == ("J. Müller", "Subject")
    assert properties.created is not None
    assert properties.created.isoformat() == "2026-11-29T09:00:00"
    assert properties.modified == properties.created


def house_template(path: str) -> None:
    """A template with two slides, notes, a picture, a section, and a link in a layout."""
    from pptx.oxml import parse_xml
    from pptx.util import Inches

    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(12), Inches(8)
    for _ in range(2):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.notes_slide.notes_text_frame.text = "old notes"
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
        "f8cfc000000301010018dd8db00000000049454e44ae426082"
    )
    slide.shapes.add_picture(io.BytesIO(pixel), 0, 0)
    deck.slide_master.background.fill.solid()
    deck.slide_master.background.fill.fore_color.rgb = pptx.dml.color.RGBColor(1, 2, 3)
    layout = deck.slide_layouts[5]
    rel = layout.part.relate_to(slide.part, pptx.opc.constants.RELATIONSHIP_TYPE.SLIDE)
    space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<a:hlinkClick xmlns:a="{A[1:-1]}" xmlns:r="{space}" r:id="{rel}"/>'
    layout.placeholders[0]._element.nvSpPr.cNvPr.append(parse_xml(link))
    section = (
        f'<p:extLst xmlns:p="{P[1:-1]}"><p:ext uri="{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}">'
        '<p14:sectionLst xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main">'
        '<p14:section name="S" id="{6B3EC7E5-0F5A-4B5E-9C80-6E5F3CDBF4B0}"><p14:sldIdLst>'
        '<p14:sldId id="256"/></p14:sldIdLst></p14:section></p14:sectionLst></p:ext></p:extLst>'
    )
    deck.element.append(parse_xml(section))
    deck.save(path)


def test_template_gives_its_master_and_size(tmp_path: Any) -> None:
    path = str(tmp_path / "house.pptx")
    house_template(path)
    data = write_pptx([synthetic(), network_page("resnet50")], template=path)
    deck = opened(data)
    assert (deck.slide_width, deck.slide_height) == (12 * 914_400, 8 * 914_400)
    assert len(deck.slides) == 2
    assert deck.slides[0].shapes.title.text_frame.text == "A title"
    assert deck.slides[0].element.find(f"{P}cSld/{P}bg") is None
    assert deck.slide_master.background.fill.fore_color.rgb == pptx.dml.color.RGBColor(1, 2, 3)
    for element in itertools.chain(*(elements(slide) for slide in deck.slides)):
        if element.find(f".//{A}xfrm") is None:
            continue  # it stands where the template's layout has it
        x, y, width, height = frame(element)
        assert min(x, y) >= 0
        assert x + width <= deck.slide_width and y + height <= deck.slide_height
    sizes = {run.get("sz") for run in deck.slides[0].element.iter(f"{A}rPr")}
    assert str(round(1600 * 0.75 * 0.9)) in sizes  # 12 in wide, so 0.9 of the scene's size
    assert data == write_pptx([synthetic(), network_page("resnet50")], template=path)


def test_template_keeps_nothing_of_its_slides(tmp_path: Any) -> None:
    path = str(tmp_path / "house.pptx")
    house_template(path)
    with zipfile.ZipFile(io.BytesIO(write_pptx([synthetic()], template=path))) as package:
        names = package.namelist()
        everything = b"".join(package.read(name) for name in names)
    assert len(names) == len(set(names))
    assert [name for name in names if "slides/s" in name] == ["ppt/slides/slide1.xml"]
    assert len([name for name in names if "notesSlides/n" in name]) == 1
    assert not [name for name in names if "media" in name]
    for gone in (b"old notes", b"sectionLst", b"hlinkClick"):
        assert gone not in everything


def rewritten(path: str, change: dict[str, bytes | None]) -> None:
    """A deck with some parts replaced or left out."""
    plain = write_pptx([])
    with zipfile.ZipFile(io.BytesIO(plain)) as given, zipfile.ZipFile(path, "w") as out:
        for name in given.namelist():
            data = change.get(name, given.read(name))
            if data is not None:
                out.writestr(name, data)


def break_template(kind: str, path: str) -> None:
    if kind == "text":
        with open(path, "w", encoding="utf-8") as file:
            file.write("not a deck")
    elif kind == "empty":
        open(path, "wb").close()
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("a.txt", "a")
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "cut":
        with open(path, "wb") as file:
            file.write(write_pptx([synthetic()])[:5000])
    elif kind == "xml":
        rewritten(path, {"ppt/slideMasters/slideMaster1.xml": b"<p:sldMaster"})
    elif kind == "master":
        rewritten(path, {"ppt/slideMasters/slideMaster1.xml": None})
    elif kind == "document":
        with zipfile.ZipFile(io.BytesIO(write_pptx([]))) as package:
            types = package.read("[Content_Types].xml")
        old = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
        new = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        assert old in types
        rewritten(path, {"[Content_Types].xml": types.replace(old, new)})


@pytest.mark.parametrize(
    "kind", ["missing", "text", "empty", "zip", "folder", "cut", "xml", "master", "document"]
)
def test_broken_templates_are_one_clear_problem(kind: str, tmp_path: Any) -> None:
    path = str(tmp_path / "broken.pptx")
    break_template(kind, path)
    with pytest.raises(ArchvizError) as caught:
        write_pptx([synthetic()], template=path)
    (problem,) = caught.value.problems
    assert problem.mark.file == path
    assert "template" in problem.message


def test_potx_is_a_template_too(tmp_path: Any) -> None:
    path = str(tmp_path / "house.potx")
    with zipfile.ZipFile(io.BytesIO(write_pptx([]))) as package:
        types = package.read("[Content_Types].xml")
    template = types.replace(b"presentation.main+xml", b"template.main+xml")
    assert template != types
    rewritten(path, {"[Content_Types].xml": template})
    assert len(opened(write_pptx([synthetic()], template=path)).slides) == 1
