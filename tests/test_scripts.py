"""Labels in any script: which font has them, their order and width, in every format."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import warnings
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ContentStream
from tiny_fonts import EM, tiny_font

import archviz
from archviz.errors import ArchvizError, MissingCharacters
from archviz.scene import system_fonts
from archviz.scene.reading_order import levels
from archviz.scene.scene import Group, Scene, Text
from archviz.scene.shaping import BUNDLED, runs
from archviz.scene.text import text_width
from archviz.write.drawn_text import without_glyphs as missing
from archviz.write.pdf import figure_pdf
from archviz.write.png import write_png
from archviz.write.svg import write_svg
from archviz.write.tikz import write_tikz

ARABIC = """
languagesystem DFLT dflt; languagesystem arab dflt;
feature init { sub u0628 by beh.init; } init;
feature fina { sub u0628 by beh.fina; } fina;
"""
SPEC = "title: {title}\nnetwork: [input 8x8x3, {{conv: 3x3 8, label: {label}}}]\n"


@pytest.fixture
def fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that the machine has."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    monkeypatch.setenv("ARCHVIZ_FONTS", str(folder))
    return folder


def scene_of(*labels: str, **values: Any) -> Scene:
    texts = [
        Text(150, 40 + 40 * at, label, 20, text_width(label, 20), "#000000", **values)
        for at, label in enumerate(labels)
    ]
    return Scene(300, 40 + 40 * len(texts), "T", "", "#ffffff", (Group("g", "row", items=texts),))


def dark(scene: Scene) -> Any:
    """The box of all that is dark in a PNG, in pixels of the scene."""
    picture = Image.open(io.BytesIO(write_png(scene, scale=1))).convert("L")
    return picture.point(lambda value: 255 * (value < 128)).getbbox()


def test_a_text_is_as_wide_as_the_font_of_the_system_makes_it(fonts: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "漢字", width=800)
    assert text_width("漢字", 10) == pytest.approx((801 + 802) / EM * 10, abs=0.01)
    assert text_width("conv 漢字", 10) == pytest.approx(text_width("conv ", 10) + 16.03, abs=0.01)


def test_what_no_font_has_is_an_em_wide_and_named_once(fonts: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "漢")
    assert text_width("漢字字", 10) == pytest.approx(8.01 + 20, abs=0.01)
    assert missing([("漢字字", False), ("字 x", True)]) == "字"


def test_sans_serif_fonts_go_first_and_boxes_for_everything_never(fonts: Path) -> None:
    tiny_font(fonts / "A-Serif.ttf", "漢")
    tiny_font(fonts / "LastResort.ttf", "漢字")
    tiny_font(fonts / "ASansColor.ttf", "漢")
    tiny_font(fonts / "deep" / "Z-Sans-Bold.ttf", "漢")
    tiny_font(fonts / "deep" / "Z-SansRegular.ttf", "漢")
    tiny_font(fonts / "Z-SansCondensed.ttf", "漢")
    (fonts / "broken-Sans.ttf").write_bytes(b"no font")
    named = [[os.path.basename(run.font) for run in runs("漢", bold)] for bold in (False, True)]
    assert named == [["Z-SansRegular.ttf"], ["Z-Sans-Bold.ttf"]]
    assert missing([("字", False)]) == "字"


def test_one_font_for_a_text_goes_before_several(fonts: Path) -> None:
    tiny_font(fonts / "ASans.ttf", "漢")
    tiny_font(fonts / "BSans.ttf", "漢字")
    tiny_font(fonts / "CSans.ttf", "仮")
    assert [os.path.basename(run.font) for run in runs("漢字", False)] == ["BSans.ttf"]
    several = [os.path.basename(run.font) for run in runs("漢字仮", False)]
    assert several == ["ASans.ttf", "BSans.ttf", "CSans.ttf"]


def test_lines_of_a_label_are_of_one_font_where_there_is_one_for_east_asia(fonts: Path) -> None:
    tiny_font(fonts / "ASans.ttf", "漢ぬ")
    tiny_font(fonts / "BSans.ttf", "漢字畳込层說ぬヌ")
    named = {os.path.basename(run.font) for text in ("漢", "字") for run in runs(text, False)}
    assert named == {"BSans.ttf"}


def test_a_font_of_the_user_goes_first_and_only_within(fonts: Path, tmp_path: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "漢", width=800)
    own = tiny_font(tmp_path / "own.ttf", "漢", width=500)
    with archviz.first_font(own):
        assert text_width("漢", 10) == pytest.approx(5.01, abs=0.01)
        assert text_width("conv", 10) == text_width("conv", 10)
    assert text_width("漢", 10) == pytest.approx(8.01, abs=0.01)
    for name in ("nothing.ttf", __file__):
        with pytest.raises(ArchvizError, match=r"no such file|no font"), archviz.first_font(name):
            pass


def test_letters_are_shaped(fonts: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "\u0628", features=ARABIC, more="beh.init beh.fina")
    (run,) = runs("\u0628\u0628", False)
    assert [glyph.number for glyph in run.glyphs] == [3, 2], "the last stands at the left"
    assert run.leftwards
    assert run.advance == pytest.approx((802 + 803) / EM)


def test_order_of_letters_that_are_read_from_the_right(fonts: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "אבגד ")
    row = runs("a (אב גד) b", False)
    assert [run.text for run in row] == ["a (", "אב גד", ") b"]
    assert [glyph.number for glyph in row[1].glyphs] == [4, 3, 5, 2, 1], "from the left"
    row = runs("x אב 12 (גד) אב", False)
    turned = [run.leftwards and run.font != BUNDLED for run in row]
    shown = "".join(r.text[::-1] if t else r.text for r, t in zip(row, turned, strict=True))
    assert shown == "x בא (דג) 12 בא"


@given(st.text(st.sampled_from("ab אבגس٣ 12()[]-,.%+"), max_size=24))
@example("אב conv 3×3 (גד) — בא 12, x")
@example("אב 12 (גד x) אב")
def test_the_order_is_that_of_a_library_with_all_rules(text: str) -> None:
    """The levels come from one part of python-bidi, and a rule of ours; another has all."""
    from bidi import get_display

    deep = levels(text)
    row = [*zip(text, deep, strict=True)]
    for level in range(max(deep, default=0), 0, -1):
        groups = [(k, [*same]) for k, same in groupby(row, lambda item: item[1] >= level)]  # noqa: B023
        row = [item for k, same in groups for item in (same[::-1] if k else same)]
    assert "".join(char for char, _ in row) == get_display(text, base_dir="L")


def test_marks_and_joined_letters_stay_together(fonts: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "न\u0947\U0001f469\u200d")
    assert text_width("e\u0301", 10) == text_width("é", 10), "composed where the bundled has it"
    assert [run.text for run in runs("न\u0947", False)] == ["न\u0947"]
    family = "\U0001f469\u200d\U0001f469"
    assert [run.text for run in runs(family, False)] == [family]
    assert missing([(family + "\ufe0f\u200b\u2066", False)]) == "", "what is not seen is not missed"
    assert missing([("न\u094d", False)]) == "\u094d", "a mark may be missing alone"


@pytest.mark.parametrize("text", ["漢字", "conv 漢", "שלום x", "x שלום"])
def test_png_and_pdf_draw_what_was_measured(fonts: Path, text: str) -> None:
    tiny_font(fonts / "Sans.ttf", "漢字שלום")
    scene = scene_of(text)
    left, _, right, _ = dark(scene)
    width = text_width(text, 20)
    assert left == pytest.approx(150 - width / 2, abs=2.5)
    assert right == pytest.approx(150 + width / 2, abs=2.5)
    (page,) = PdfReader(io.BytesIO(figure_pdf(scene)), strict=True).pages
    assert page.extract_text().split() == text.split(), "the text is under the outlines"
    fonts_named = [str(f.get_object()["/BaseFont"]) for f in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert "/archviz-Unseen" in fonts_named


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="pdftoppm (poppler-utils) is absent")
def test_pdf_looks_like_png(fonts: Path, tmp_path: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "漢字שלום")
    scene = scene_of("conv 漢字", "שלום conv", "漢 😀")
    with pytest.warns(MissingCharacters):
        (tmp_path / "a.pdf").write_bytes(figure_pdf(scene, cropped=False))
    with pytest.warns(MissingCharacters):
        png = Image.open(io.BytesIO(write_png(scene, scale=1))).convert("L")
    subprocess.run(["pdftoppm", "-r", "96", "-png", "a.pdf", "a"], cwd=tmp_path, check=True)
    pdf = Image.open(tmp_path / "a-1.png").convert("L").resize(png.size)
    pairs = zip(png.tobytes(), pdf.tobytes(), strict=True)
    assert sum(abs(one - other) > 128 for one, other in pairs) < 0.003 * len(png.tobytes())


def test_svg_names_no_font_of_the_machine(fonts: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "漢字")
    source = write_svg(scene_of("漢字"))
    assert "<text" in source
    assert "textLength" not in source, "another font's letters would be pulled apart"
    assert str(fonts) not in source


def test_pictures_are_the_same_for_the_same_fonts(fonts: Path) -> None:
    tiny_font(fonts / "Sans.ttf", "漢字")
    tiny_font(fonts / "Other.ttf", "漢字")
    scene = scene_of("漢字", bold=True)
    assert figure_pdf(scene) == figure_pdf(scene)
    assert write_png(scene) == write_png(scene)


def run_cli(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archviz", *words],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_command_line_says_once_what_is_missing(fonts: Path, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC.format(title="漢字", label="字"), encoding="utf-8")
    done = run_cli(tmp_path, "export", "net.yaml", "-f", "png,pdf,svg", "-d", "out")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("no font here has: 字 (U+5B57)") == 1
    assert "Warning" not in done.stderr
    font = tiny_font(tmp_path / "own.ttf", "漢字")
    done = run_cli(tmp_path, "render", "net.yaml", "--title", "--font", font, "-o", "net.png")
    assert (done.returncode, done.stderr) == (0, "")
    done = run_cli(tmp_path, "render", "net.yaml", "--font", "none.ttf", "-o", "net.pdf")
    assert done.returncode == 1
    assert done.stderr.startswith("none.ttf: there is no such file\n")


def test_no_font_is_looked_for_where_none_is_needed(tmp_path: Path) -> None:
    code = "import sys; from archviz.__main__ import main\ntry: main()\n"
    code += "finally: print(*sorted({'uharfbuzz', 'bidi'} & {*sys.modules}), end='')"
    for name in ("a.svg", "a.png", "a.tex"):
        words = [sys.executable, "-c", code, "render", "lenet5", "--title", "-o", name]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == ""
        assert "archviz.scene.shaping" not in done.stdout


def test_more_characters_than_can_be_named_are_counted(fonts: Path) -> None:
    with pytest.warns(MissingCharacters, match=r"and 8 more; empty boxes"):
        write_png(scene_of("".join(map(chr, range(0x4E00, 0x4E14)))))


DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


@pytest.mark.skipif(not os.path.exists(DEJAVU), reason="DejaVu Sans is absent")
def test_arabic_and_hebrew_of_a_real_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHVIZ_FONTS", os.path.dirname(DEJAVU))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = "مرحبا بالعالم"
        (run,) = runs(text, False)
        assert run.font == DEJAVU
        assert text_width(text, 1) < 0.85 * sum(text_width(char, 1) for char in text), "joined"
        (page,) = PdfReader(io.BytesIO(figure_pdf(scene_of("שלום עולם")))).pages
        assert page.extract_text().strip() == "שלום עולם"
    assert system_fonts.font_with("न", False) == ""


def coloured_font(path: Path) -> str:
    """A font whose only letter is a red block over a green one, and as an outline nothing."""
    from fontTools.colorLib.builder import buildCOLR, buildCPAL
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    tiny_font(path, "😀", width=1000, more="red green")
    font = TTFont(path)
    font["COLR"] = buildCOLR({"u1F600": [("green", 1), ("red", 0)]}, version=0)
    font["CPAL"] = buildCPAL([[(1, 0, 0, 1), (0, 0.5, 0, 1)]])
    font["glyf"]["u1F600"] = Glyph()
    font.save(path)
    return str(path)


def test_a_letter_that_nothing_draws_has_a_box_and_is_named(fonts: Path) -> None:
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    font = TTFont(tiny_font(fonts / "Empty.ttf", "漢"))
    font["glyf"]["u6F22"] = Glyph()
    font.save(fonts / "Empty.ttf")
    with pytest.warns(MissingCharacters, match="has: 漢"):
        assert dark(scene_of("漢"))


def reds(picture: Image.Image) -> int:
    pixels = picture.convert("RGB").tobytes()
    triples = zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
    return sum(red > 200 and green < 60 and blue < 60 for red, green, blue in triples)


def test_letters_that_are_pictures_keep_their_colours(fonts: Path, tmp_path: Path) -> None:
    coloured_font(fonts / "Emoji.ttf")
    scene = scene_of("a 😀 b")
    shown = reds(Image.open(io.BytesIO(write_png(scene, scale=1))))
    assert shown == pytest.approx(18 * 14, rel=0.2)
    data = figure_pdf(scene, cropped=False)
    (page,) = PdfReader(io.BytesIO(data)).pages
    assert page.extract_text().split() == ["a", "😀", "b"]
    if shutil.which("pdftoppm"):
        (tmp_path / "a.pdf").write_bytes(data)
        subprocess.run(["pdftoppm", "-r", "96", "-png", "a.pdf", "a"], cwd=tmp_path, check=True)
        assert reds(Image.open(tmp_path / "a-1.png")) == pytest.approx(shown, rel=0.15)


def test_tikz_names_a_font_for_lualatex_and_a_stand_in_for_others(fonts: Path) -> None:
    font = tiny_font(fonts / "Sans.ttf", "漢字שלום").replace(os.sep, "/")
    source = write_tikz(scene_of("conv 漢 字 ß", "שלום", "Größe"))
    assert rf"\def\fonta{{{font}}}" in source
    assert r"{\fit{conv \other{a}{hani}{TLT}{漢 字}{? ?} \ss{}}}" in source
    assert r"\other{a}{hebr}{TRT}{שלום}{????}" in source
    assert "lualatex takes them from the font files" in source.partition(r"\documentclass")[0]
    plain = write_tikz(scene_of("Größe σ"))
    assert "lualatex" not in plain
    assert r"\other" not in plain


def test_tikz_says_what_no_font_has_and_latex_lacks(fonts: Path) -> None:
    with pytest.warns(MissingCharacters, match=r"^no font here has: 字 \(U\+5B57\); \? stands"):
        assert r"\fit{? $\sigma$}" in write_tikz(scene_of("字 σ"))
    odd = fonts / "50%"
    tiny_font(odd / "Sans.ttf", "漢")
    with pytest.warns(MissingCharacters, match="漢"):  # TeX cannot name its file
        assert r"\other{" not in write_tikz(scene_of("漢"))


def test_bold_letters_of_a_font_without_a_bold_face_are_bold_in_tikz(
    fonts: Path, tmp_path: Path
) -> None:
    tiny_font(fonts / "Sans.ttf", "漢")
    bold, plain = write_tikz(scene_of("x 漢", bold=True)), write_tikz(scene_of("x 漢"))
    assert r"\fit{x {\heavy\other{a}{hani}{TLT}{漢}{?}}}" in bold
    assert r"\def\heavy{\def\bolder{embolden=3.5;}}" in bold
    assert r"\heavy" not in plain
    if not (shutil.which("lualatex") and shutil.which("pdftoppm")):
        return
    ink = []
    light = plain.replace(r"x \other", r"\bfseries x \other")
    for name, source in (("bold", bold), ("light", light)):
        (tmp_path / f"{name}.tex").write_text(source, encoding="utf-8")
        words = ["lualatex", "-interaction=batchmode", f"{name}.tex"]
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=200)
        words = ["pdftoppm", "-r", "600", "-png", f"{name}.pdf", name]
        subprocess.run(words, cwd=tmp_path, check=True, timeout=60)
        ink.append(Image.open(tmp_path / f"{name}-1.png").convert("L").histogram()[0])
        if "Labels have" in (tmp_path / f"{name}.log").read_text(encoding="utf-8"):
            return  # this lualatex has no luaotfload
    assert ink[0] > ink[1] * 1.03


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is absent")
@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_tex_compiles_and_says_what_it_lacks(engine: str, fonts: Path, tmp_path: Path) -> None:
    if not shutil.which(engine):
        pytest.skip(f"{engine} is absent")
    tiny_font(fonts / "Sans.ttf", "漢字שלום")
    (tmp_path / "a.tex").write_text(write_tikz(scene_of("漢字 conv", "שלום")), encoding="utf-8")
    words = [engine, "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=200)
    log = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, log[-2000:]
    (page,) = PdfReader(tmp_path / "a.pdf").pages
    if engine == "lualatex" and "Labels have" not in log:
        assert "漢字" in page.extract_text()
    else:
        assert "Package archviz Warning: Labels have letters that only lualatex" in log
        assert "?? conv" in page.extract_text()


def test_bold_letters_of_a_font_without_a_bold_face_have_a_line_round_them(
    fonts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_font(fonts / "Sans.ttf", "漢")
    plain, bold = scene_of("漢"), scene_of("漢", bold=True)
    wider = write_png(bold, scale=20), write_png(plain, scale=20)
    ink = [Image.open(io.BytesIO(png)).convert("L").histogram()[0] for png in wider]
    assert ink[0] > ink[1] * 1.03
    assert [b"B" in operators(one) for one in (bold, plain)] == [True, False]
    tiny_font(tmp_path / "more" / "Sans-Bold.ttf", "漢")
    monkeypatch.setenv("ARCHVIZ_FONTS", str(tmp_path / "more"))
    assert b"B" not in operators(bold)


def operators(scene: Scene) -> list[bytes]:
    """What is done on the page of a PDF: ``B`` fills a path and draws a line round it."""
    page = PdfReader(io.BytesIO(figure_pdf(scene))).pages[0]
    return [operator for _, operator in ContentStream(page["/Contents"], page.pdf).operations]
