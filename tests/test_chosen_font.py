"""A font that somebody chose for all texts: measured by it, set in it, embedded in each format."""

from __future__ import annotations

import base64
import io
import re
import string
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops
from pypdf import PdfReader
from tiny_fonts import tiny_font

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.scene import chosen_font
from archviz.scene.bundled_font import bundled_file
from archviz.scene.chosen_font import bold_of, chosen_face
from archviz.scene.font_files import family, has_serifs, may_embed
from archviz.scene.scene import Scene
from archviz.scene.text import text_width
from archviz.write.drawio import write_drawio
from archviz.write.html import HtmlExtra, write_html
from archviz.write.pdf import figure_pdf
from archviz.write.pdf_embedded import is_embeddable
from archviz.write.png import write_png
from archviz.write.svg import write_svg

LETTERS = string.ascii_letters + string.digits + " -,()"


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A font with Latin letters, each 800 wide and more, without the sign of times."""
    return tiny_font(tmp_path / "Own-Regular.ttf", LETTERS)


def heavy(path: Path, name: str = "Own-Regular") -> str:
    """The bold face of a family."""
    made = tiny_font(path, LETTERS, width=600)
    font = TTFont(made)
    font["OS/2"].usWeightClass = 700
    for record in font["name"].names:
        if record.nameID == 1:
            record.string = name
    font.save(made)
    return made


def scene() -> Scene:
    return archviz.load("lenet5").scene()


def test_all_texts_are_measured_by_it_and_what_it_lacks_by_ours(own: str) -> None:
    plain = text_width("conv", 10)
    cross = text_width("×", 10)
    with archviz.first_font(own):
        wide = {letter: 800 + 1 + LETTERS.index(letter) for letter in LETTERS}
        assert text_width("conv", 10) == pytest.approx(sum(wide[c] for c in "conv") / 100, abs=0.01)
        assert text_width("3×3", 10) == pytest.approx(2 * wide["3"] / 100 + cross, abs=0.01)
        assert text_width("conv", 10, bold=True) == text_width("conv", 10), "it has no bold face"
        assert chosen_face(False) == chosen_face(True) == own
    assert text_width("conv", 10) == plain


def test_without_latin_letters_it_is_only_for_what_ours_lacks(tmp_path: Path) -> None:
    other = tiny_font(tmp_path / "Other.ttf", "漢0123456789")
    before = write_svg(scene())
    with archviz.first_font(other):
        assert chosen_face(False) == ""
        assert text_width("漢", 10) == pytest.approx(8.01, abs=0.01)
        assert write_svg(scene()) == before


def test_bold_texts_are_of_the_bold_face(own: str, tmp_path: Path) -> None:
    bold = heavy(tmp_path / "Own-Bold.ttf")
    heavy(tmp_path / "Own-Other.ttf", "Another family")
    assert bold_of(own) == bold
    with archviz.first_font(own):
        assert (chosen_face(False), chosen_face(True)) == (own, bold)
        assert text_width("c", 10, bold=True) < text_width("c", 10)
    named = heavy(tmp_path / "elsewhere" / "B.ttf", "B")
    for order in ((own, named), (named, own)):
        with archviz.first_font(*order):
            assert (chosen_face(False), chosen_face(True)) == (own, named)


def fonts_of(page: Any) -> dict[str, Any]:
    return {font["/BaseFont"]: font for font in page["/Resources"]["/Font"].values()}


def test_a_pdf_has_it_embedded_and_its_words_are_found(own: str) -> None:
    with archviz.first_font(own):
        drawn = scene()
        data = figure_pdf(drawn)
        assert data == figure_pdf(drawn)
    (page,) = PdfReader(io.BytesIO(data), strict=True).pages
    (name,) = [name for name in fonts_of(page) if "Own" in name]
    font = fonts_of(page)[name]
    assert re.fullmatch(r"/[A-Z]{6}\+Own-Regular", name)
    below = font["/DescendantFonts"][0]
    file = below["/FontDescriptor"]["/FontFile2"].get_data()
    cut = TTFont(io.BytesIO(file))
    assert cut["glyf"][cut.getGlyphName(1 + LETTERS.index("c"))].numberOfContours
    assert not cut["glyf"][cut.getGlyphName(1 + LETTERS.index("Z"))].numberOfContours, "not used"
    text = page.extract_text()
    assert "avg-pool" in text
    assert "5×" in text, "a sign of ours stands among its letters"


@pytest.mark.parametrize("name", ["lenet5", "resnet50"])
def test_pdf_and_png_look_alike(name: str, own: str, tmp_path: Path) -> None:
    from shutil import which
    from subprocess import run

    if not which("pdftoppm"):
        pytest.skip("pdftoppm is absent")
    with archviz.first_font(own):
        drawn = archviz.load(name).scene()
        (tmp_path / "a.pdf").write_bytes(figure_pdf(drawn, cropped=False))
        png = write_png(drawn, scale=3)
    run(["pdftoppm", "-png", "-singlefile", "-r", "288", "a.pdf", "a"], cwd=tmp_path, check=True)
    one, other = (
        Image.open(tmp_path / "a.png").convert("L"),
        Image.open(io.BytesIO(png)).convert("L"),
    )
    size = (0, 0, min(one.width, other.width), min(one.height, other.height))
    levels = ImageChops.difference(one.crop(size), other.crop(size)).histogram()
    assert sum(level * count for level, count in enumerate(levels)) / sum(levels) < 1.2
    assert sum(levels[128:]) / sum(levels) < 0.003


def test_svg_and_html_bring_its_letters(own: str) -> None:
    with archviz.first_font(own):
        drawn = scene()
        svg = write_svg(drawn)
        page = write_html((), [HtmlExtra("t", drawn)], title="t")
    assert 'font-family="&#39;Own-Regular&#39;, Arimo,' in svg
    (data,) = re.findall(r"font/ttf;base64,([^)]+)\)", svg)
    assert data in page
    cut = TTFont(io.BytesIO(base64.b64decode(data)))
    assert {ord("c"), ord("o")} <= set(cut.getBestCmap())
    assert ord("Z") not in cut.getBestCmap()
    assert "<style>" not in write_svg(scene())


def test_formats_without_fonts_name_it(own: str, tmp_path: Path) -> None:
    for suffix in ("pptx", "gv", "drawio", "json"):
        path = tmp_path / f"net.{suffix}"
        options = ["render", "lenet5", "-o", str(path), "--font", own]
        assert CliRunner().invoke(main, options).exit_code == 0
        data = path.read_bytes()
        if suffix == "pptx":
            with zipfile.ZipFile(path) as package:
                data = package.read("ppt/slides/slide1.xml")
            assert b'typeface="Arial"' not in data
        assert b"Own-Regular" in data, suffix
    assert "Own-Regular" not in write_drawio([]).decode()


def test_one_that_must_not_be_embedded_is_drawn(tmp_path: Path) -> None:
    path = tiny_font(tmp_path / "Shut.ttf", LETTERS)
    font = TTFont(path)
    font["OS/2"].fsType = 2
    font.save(path)
    assert not may_embed(path)
    assert not is_embeddable(path)
    with archviz.first_font(path):
        data, svg = figure_pdf(scene()), write_svg(scene())
    (page,) = PdfReader(io.BytesIO(data), strict=True).pages
    assert not [name for name in fonts_of(page) if "Shut" in name]
    assert "conv" in page.extract_text(), "its text is there unseen"
    assert "@font-face" not in svg
    assert "Shut" in svg


def test_what_it_is() -> None:
    assert family(bundled_file(bold=False)) == "Arimo"
    assert not has_serifs(bundled_file(bold=False))
    assert is_embeddable(bundled_file(bold=False))


def test_names_of_papers_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHVIZ_FONTS", str(tmp_path))
    with archviz.first_font("helvetica"):
        assert chosen_face(False) == bundled_file(bold=False), "ours is like it"
        assert chosen_face(True) == bundled_file(bold=True)
    with pytest.raises(ArchvizError, match="no such font is here"), archviz.first_font("times"):
        pass
    tinos = tiny_font(tmp_path / "deep" / "Tinos-Regular.ttf", LETTERS)
    with archviz.first_font("Times"):
        assert chosen_face(False) == tinos
    better = tiny_font(tmp_path / "LiberationSerif-Regular.ttf", LETTERS)
    with archviz.first_font("times"):
        assert chosen_face(False) == better
    assert set(chosen_font.NAMED) == set(chosen_font.WHERE)


def test_the_command_line_takes_several_and_says_what_is_none(own: str, tmp_path: Path) -> None:
    bold = heavy(tmp_path / "b" / "Bold.ttf", "B")
    done = CliRunner().invoke(main, ["render", "resnet50", "--font", own, "--font", bold])
    assert done.exit_code == 0
    assert done.stdout.count("@font-face") == 2
    for wrong, said in (("tmes", "did you mean 'times'?"), ("no.ttf", "helvetica, latin-modern")):
        done = CliRunner().invoke(main, ["render", "resnet50", "--font", wrong])
        assert (done.exit_code, done.stdout) == (1, "")
        assert said in done.stderr


def test_real_fonts_of_both_kinds_are_embedded(tmp_path: Path) -> None:
    tried = 0
    for name in chosen_font.NAMED:
        path = chosen_font._installed(name)
        if not path:
            continue
        tried += 1
        with archviz.first_font(path):
            drawn = archviz.load("resnet50").scene()
            data = figure_pdf(drawn)
        (page,) = PdfReader(io.BytesIO(data), strict=True).pages
        for base, font in fonts_of(page).items():
            below = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
            assert {"/FontFile2", "/FontFile3"} & set(below["/FontDescriptor"]), base
        assert "batch normalisation" in page.extract_text()
    assert tried, "the bundled one is always here"
