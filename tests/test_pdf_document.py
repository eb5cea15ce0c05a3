"""What stands round the pages of a PDF: metadata, tags, the colour space; read by others."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image, ImageChops, ImageCms
from pypdf import PdfReader

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.keywords import read_keywords
from archviz.scene.scene import Page, Scene
from archviz.write.about import About, date_of, date_of_build
from archviz.write.icc import srgb_profile
from archviz.write.pdf import figure_pdf, write_pdf
from archviz.write.pdf_document import pdf_date

ABOUT = About("", "", "J. Müller & <Co>", "2026-11-29T10:00:00+01:00")


@pytest.fixture(scope="module")
def scene() -> Scene:
    return archviz.load("resnet50").scene()


@pytest.fixture(scope="module")
def written(scene: Scene) -> bytes:
    return figure_pdf(scene, about=ABOUT)


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data), strict=True)


def root(data: bytes) -> Any:
    return read(data).trailer["/Root"]


def told(data: bytes) -> dict[str, Any]:
    return dict(read(data).metadata or {})


def test_nobody_and_no_day_is_invented(scene: Scene) -> None:
    data = figure_pdf(scene)
    assert set(told(data)) == {"/Title", "/Subject", "/Creator", "/Producer", "/Trapped"}
    assert told(data)["/Creator"] == "archviz"
    found = read(data).xmp_metadata
    assert found is not None
    assert (found.dc_creator, found.xmp_create_date, found.xmp_modify_date) == ([], None, None)
    assert b"2000" not in root(data)["/Metadata"].get_data()


def test_both_kinds_of_metadata_say_the_same(scene: Scene, written: bytes) -> None:
    plain, found = told(written), read(written).xmp_metadata
    assert found is not None
    assert plain["/Title"] == found.dc_title["x-default"] == "ResNet-50"
    assert plain["/Subject"] == found.dc_description["x-default"] == scene.description
    assert [plain["/Author"]] == found.dc_creator == ["J. Müller & <Co>"]
    assert plain["/CreationDate"] == plain["/ModDate"] == "D:20261129100000+01'00'"
    made = read(written).metadata
    assert made is not None
    assert made.creation_date is not None
    assert found.xmp_create_date is not None
    assert found.xmp_create_date == made.creation_date.replace(tzinfo=None).replace(hour=9)
    assert plain["/Producer"] == found.pdf_producer
    assert plain["/Creator"] == found.xmp_creator_tool


def test_a_page_is_a_figure_with_words_that_stand_for_it(scene: Scene, written: bytes) -> None:
    catalog = root(written)
    assert catalog["/MarkInfo"]["/Marked"]
    assert written.startswith(b"%PDF-1.5"), "pdfTeX warns of later ones"
    tree = catalog["/StructTreeRoot"]
    (document,) = tree["/K"]
    (figure,) = document["/K"]
    assert (document["/S"], figure["/S"]) == ("/Document", "/Figure")
    assert figure["/Alt"] == scene.description
    page = read(written).pages[0]
    assert figure["/Pg"]["/MediaBox"] == page["/MediaBox"] == figure["/A"]["/BBox"]
    assert page["/StructParents"] == tree["/ParentTree"]["/Nums"][0] == 0
    assert tree["/ParentTree"]["/Nums"][1][0] == figure
    contents = page.get_contents()
    assert contents is not None
    code = contents.get_data()
    assert code.count(b"BDC") == code.count(b"EMC") == 1
    assert b"BT" not in code[code.index(b"EMC") :], "nothing is drawn outside of the figure"
    assert "max-pool" in page.extract_text(), "texts are still found"


def test_each_page_of_a_document_has_a_figure_of_its_own(scene: Scene) -> None:
    other = archviz.load("lenet5").scene()
    data = write_pdf([Page(scene, "a"), Page(other, "b")], About("Two"))
    tree = root(data)["/StructTreeRoot"]
    figures = tree["/K"][0]["/K"]
    assert [one["/Alt"] for one in figures] == [scene.description, other.description]
    pages = read(data).pages
    assert [page["/StructParents"] for page in pages] == [0, 1]
    assert [[number, *held] for number, held in _pairs(tree["/ParentTree"]["/Nums"])] == [
        [0, figures[0]],
        [1, figures[1]],
    ]


def _pairs(flat: Any) -> Any:
    return zip(flat[::2], flat[1::2], strict=True)


def test_the_colours_are_those_of_srgb(written: bytes) -> None:
    (intent,) = root(written)["/OutputIntents"]
    data = intent["/DestOutputProfile"].get_data()
    assert data == srgb_profile()
    profile = ImageCms.getOpenProfile(io.BytesIO(data))
    turn = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), profile, "RGB", "RGB")
    picture = Image.frombytes("RGB", (32, 32), bytes(at * 7 % 256 for at in range(3 * 32 * 32)))
    same = ImageCms.applyTransform(picture, turn)
    assert same is not None
    spread = ImageChops.difference(picture, same).getextrema()
    assert all(most <= 1 for _, most in spread), spread


@pytest.mark.parametrize("tool", ["qpdf", "pdfinfo", "pdffonts"])
def test_other_readers_find_the_same(tool: str, written: bytes, tmp_path: Path) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is absent")
    path = tmp_path / "figure.pdf"
    path.write_bytes(written)
    words = {"qpdf": ["--check"], "pdfinfo": ["-struct"], "pdffonts": []}[tool]
    done = subprocess.run([tool, *words, str(path)], capture_output=True, timeout=60, check=True)
    said = done.stdout.decode()
    assert done.stderr == b""
    if tool == "qpdf":
        assert "No syntax or stream encoding errors found" in said
    elif tool == "pdfinfo":
        assert said.split()[:2] == ["Document", "Figure:"]
    else:
        rows = [line.split() for line in said.splitlines()[2:]]
        assert len(rows) == 2
        assert all(row[-5:-2] == ["yes", "yes", "yes"] for row in rows), "embedded, cut, readable"


@pytest.mark.parametrize(
    ("given", "kept", "in_pdf"),
    [
        ("2026-11-29", "2026-11-29", "D:20261129"),
        (" 2026-11-29T10:20:30Z", "2026-11-29T10:20:30+00:00", "D:20261129102030Z"),
        ("2026-11-29 10:20", "2026-11-29T10:20:00+00:00", "D:20261129102000Z"),
        ("2026-11-29T10:20:30-05:30", "2026-11-29T10:20:30-05:30", "D:20261129102030-05'30'"),
    ],
)
def test_dates(given: str, kept: str, in_pdf: str) -> None:
    assert date_of(given) == kept
    assert pdf_date(kept) == in_pdf


@pytest.mark.parametrize("wrong", ["", "today", "29.11.2026", "2026-13-01", "2026-02-30", "2026"])
def test_what_is_no_date_is_told(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no date; write 2026-11-29"):
        date_of(wrong)
    result = CliRunner().invoke(main, ["render", "lenet5", "-f", "pdf", "--date", wrong])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no date" in result.stderr


def test_the_date_of_a_build_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert date_of_build() == "2023-11-14T22:13:20+00:00" == read_keywords({})[1].date
    assert read_keywords({"date": "2026-11-29"})[1].date == "2026-11-29"
    for wrong in ("soon", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(ArchvizError, match="is no time"):
            date_of_build()


def test_python_knows_the_same(tmp_path: Path) -> None:
    path = tmp_path / "net.pdf"
    archviz.load("lenet5").save(path, author=" J.  Müller ", date="2026-11-29")
    found = told(path.read_bytes())
    assert (found["/Author"], found["/CreationDate"]) == ("J. Müller", "D:20261129")


def test_odd_words_break_nothing() -> None:
    title = "\x00a\ud800 & </rdf:li> ]]> \uffff"
    data = figure_pdf(Scene(50, 50, title, "", "#ffffff"), about=About(author="<\x01>"))
    found = read(data).xmp_metadata
    assert found is not None
    assert found.dc_creator == ["<>"]
    assert "</rdf:li> ]]>" in found.dc_title["x-default"]


@pytest.mark.parametrize(("width", "least"), [("3.5in", "7pt"), ("84.5mm", "6pt"), ("text", "8pt")])
def test_page_and_letters_are_as_large_as_was_asked(width: str, least: str, tmp_path: Path) -> None:
    path = tmp_path / "net.pdf"
    net = archviz.load("resnet50")
    net.save(path, width=width, min_font=least)
    page = PdfReader(path).pages[0]
    wide = {"3.5in": 252.0, "84.5mm": 84.5 / 25.4 * 72, "text": 7.16 * 72}[width]
    assert float(page.mediabox.width) == pytest.approx(wide, abs=0.01)
    sizes = letters(page)
    assert min(sizes) >= float(least[:-2])


def letters(page: Any) -> list[float]:
    """The sizes of a page's letters in points, as a reader finds them."""
    sizes: list[float] = []

    def note(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if text.strip():
            sizes.append(abs(tm[3] * cm[3]) * size)

    page.extract_text(visitor_text=note)
    assert len(sizes) > 20
    return sizes
