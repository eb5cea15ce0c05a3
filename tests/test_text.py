"""Widths without a font file, and where labels break."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

import archviz
from archviz.layout.densities import COMPACT, FULL, slide_style
from archviz.layout.fitting import caption_lines, fit_label
from archviz.layout.flow import FLOWS
from archviz.layout.style import Style
from archviz.looks import DETAILS
from archviz.scene import metrics
from archviz.scene.text import (
    ASCENT,
    ELLIPSIS,
    UNITS_PER_EM,
    break_lines,
    clip,
    paragraph,
    text_width,
)
from archviz.scene.theme import load_theme

FONTS = Path(archviz.__file__).parent / "fonts"
WORDS = st.text(st.sampled_from("abc WMil-×…Ü 漢\n\t"), max_size=60)


@pytest.fixture(params=[False, True], ids=["regular", "bold"])
def bold(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def font(bold: bool) -> TTFont:
    return TTFont(FONTS / f"Arimo-{'Bold' if bold else 'Regular'}.ttf")


def test_the_table_holds_the_advances_of_the_bundled_font(bold: bool) -> None:
    with font(bold) as file:
        advances = {chr(code): file["hmtx"][name][0] for code, name in file.getBestCmap().items()}
        assert file["head"].unitsPerEm == UNITS_PER_EM
    table = metrics.BOLD if bold else metrics.REGULAR
    assert {char: width for width, chars in table.items() for char in chars} == advances
    assert len(advances) > 300


def test_capitals_are_as_high_as_the_font_says(bold: bool) -> None:
    with font(bold) as file:
        bounds = file["glyf"][file.getBestCmap()[ord("H")]]
        assert pytest.approx(bounds.yMax / UNITS_PER_EM, abs=1e-6) == ASCENT


def test_every_character_that_figures_use_is_in_the_font(bold: bool) -> None:
    with font(bold) as file:
        known = file.getBestCmap()
    needed = "×…–·σΣ⌈⌉÷−" if not bold else "×…–·"
    assert [char for char in needed if ord(char) not in known and char not in "⌈⌉"] == []


def test_a_width_is_the_sum_of_the_advances() -> None:
    assert text_width("", 12) == 0
    assert text_width("AV", 12) == text_width("A", 12) + text_width("V", 12)  # no kerning
    assert text_width("conv 3×3", 20) == 2 * text_width("conv 3×3", 10)
    assert text_width("m", 10, bold=True) > text_width("m", 10)


def test_an_unknown_character_counts_as_the_widest() -> None:
    assert text_width("漢", 10) == 10
    widest = max(max(metrics.REGULAR), max(metrics.BOLD))
    assert widest <= 1.02 * UNITS_PER_EM


def test_a_label_that_fits_is_one_line() -> None:
    assert break_lines("conv 3×3", 100, 10) == ("conv 3×3",)
    assert break_lines("  conv \n 3×3 ", 100, 10) == ("conv 3×3",)
    assert break_lines("", 10, 10) == ("",)


def test_a_label_breaks_at_a_blank_where_it_is_shortest() -> None:
    assert break_lines("max-pool 3×3", 45, 10) == ("max-pool", "3×3")
    assert break_lines("global avg-pool", 60, 10) == ("global", "avg-pool")
    assert break_lines("a b c d", 18, 10) == ("a b", "c d")


def test_a_blank_goes_before_a_hyphen() -> None:
    assert break_lines("a-b-c-d e", 34, 10) == ("a-b-c-d", "e")
    assert break_lines("Inception-ResNet-A", 55, 10) == ("Inception-", "ResNet-A")
    assert break_lines("Inception", 20, 10) is None  # never inside a word


def test_lines_are_at_most_so_many() -> None:
    assert break_lines("aa bb cc", 13, 10) is None
    assert break_lines("aa bb cc", 13, 10, most=3) == ("aa", "bb", "cc")
    assert break_lines("x" * 10_000, 50, 10, most=3) is None


@given(WORDS, st.floats(1, 300), st.integers(1, 3))
def test_broken_lines_fit_and_lose_nothing(text: str, width: float, most: int) -> None:
    lines = break_lines(text, width, 10, most=most)
    if lines is None:
        assert text_width(" ".join(text.split()), 10) > width
        return
    assert 1 <= len(lines) <= most
    assert all(text_width(line, 10) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_clipping_ends_in_an_ellipsis() -> None:
    assert clip("Inception", 100, 10) == "Inception"
    cut = clip("Inception", 30, 10)
    assert cut.endswith(ELLIPSIS)
    assert "Inception".startswith(cut[:-1])
    assert text_width(cut, 10) <= 30 < text_width("Inception"[: len(cut)] + ELLIPSIS, 10)
    assert clip("long words", text_width("long w…", 10) - 0.1, 10) == "long…"  # no blank before it


@pytest.mark.long
@given(WORDS, st.floats(11, 300))
def test_what_is_clipped_fits(text: str, width: float) -> None:
    assert text_width(clip(text, width, 10), 10) <= width


def test_a_paragraph_fills_its_lines() -> None:
    text = "Batch normalisation and ReLU follow each convolution."
    lines = paragraph(text, 120, 10)
    assert len(lines) > 1
    assert " ".join(lines) == text
    assert all(text_width(line, 10) <= 120 for line in lines)
    for line, following in pairwise(lines):
        assert text_width(f"{line} {following.split()[0]}", 10) > 120
    assert paragraph("", 100, 10) == []
    assert paragraph("W" * 50 + " end", 100, 10)[0].endswith(ELLIPSIS)


def test_a_hyphen_ends_a_line_between_words() -> None:
    assert break_lines("Inception-A", 48, 10, hyphens=3) is None
    assert break_lines("2-D-conv-block", 50, 10, hyphens=3) == ("2-D-conv-", "block")
    assert break_lines("Inception-ResNet-A", 55, 10, hyphens=3) == ("Inception-", "ResNet-A")
    assert break_lines("Inception-ResNet-A", 55, 10, hyphens=0) is None
    assert break_lines("multi-head attention", 60, 10, hyphens=0) == ("multi-head", "attention")


FIGURE = Style(load_theme(), 40.0)
SLIDE = slide_style(load_theme(), 1.0, COMPACT[0], detail=())


@given(st.text(st.sampled_from("abcWMi-- ×…Ü3漢"), min_size=1, max_size=60), st.booleans())
def test_labels_keep_a_margin_in_their_boxes(text: str, slide: bool) -> None:
    style = SLIDE if slide else FIGURE
    lines, size, width = fit_label(text, style)
    assert len(lines) <= 2
    for line in lines:
        assert text_width(line, size) <= width - style.px(0.2) + 1e-6
    assert 2 <= width / style.unit <= 4 + 1e-6


@given(st.text(st.sampled_from("abcdefgh---"), min_size=1, max_size=34), st.booleans())
def test_a_letter_is_torn_off_a_name_only_where_no_box_would_hold_it(
    text: str, slide: bool
) -> None:
    style = SLIDE if slide else FIGURE
    lines, _, _ = fit_label(text, style)
    if len(lines) == 2 and lines[0].endswith("-"):
        widest = style.px(4) - style.px(0.2)
        short = min(len(lines[0]) - 1, len(lines[1])) < 3
        assert not short or text_width(text, style.metric("label")) > widest


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("Inception-A", ("Inception-A",)),
        ("Reduction-B", ("Reduction-B",)),
        ("Inception-ResNet-A", ("Inception-", "ResNet-A")),
        ("feed-forward", ("feed-", "forward")),
        ("masked multi-head attention", ("masked multi-head", "attention")),
        ("PatchMerging", ("PatchMerging",)),
        ("TransformerEncoderLayer", ("Transformer", "EncoderLayer")),
        ("SwinTransformerBlock, no window", ("SwinTransformer", "Block, no window")),
    ],
)
@pytest.mark.parametrize("style", [FIGURE, SLIDE], ids=["figure", "slide"])
def test_labels_break_where_words_do(label: str, lines: tuple[str, ...], style: Style) -> None:
    assert fit_label(label, style)[0] == lines


def test_captions_stand_on_fewer_lines_where_room_is_scarce() -> None:
    said = ["rate 12", "256 filters", "32×32×256"]
    dense = next(one for one in FULL if one.lines == 2)
    roomy, scarce = (slide_style(load_theme(), 1.0, one, DETAILS) for one in (FULL[0], dense))
    assert caption_lines(said, roomy, 16) == said
    assert caption_lines(said, scarce, 16) == ["rate 12 · 256 filters", "32×32×256"]
    assert caption_lines(said[1:], scarce, 16) == said[1:]
    longer = ["rate 12 in every block", "256 filters each", "32×32×256 each"]
    assert caption_lines(longer, scarce, 16) == longer  # two of them are too wide together
    assert caption_lines(said, scarce._replace(flow=FLOWS["down"]), 16) == said


def test_east_asian_text_breaks_between_letters() -> None:
    assert break_lines("全結合層に渡す", 45, 10) == ("全結合", "層に渡す")
    assert break_lines("層層。「層」", 45, 10) == ("層層。", "「層」")
    assert break_lines("conv 畳み", 40, 10) == ("conv", "畳み")
    assert break_lines("शब्दावली", 20, 10) is None, "where words have blanks, letters do not part"


def test_a_paragraph_loses_no_letter_of_scripts_without_blanks() -> None:
    for text in ("畳み込み層とプーリング層を、交互に重ねた。", "ด้วยการเรียนรู้เชิงลึกแบบยาวมาก"):
        lines = paragraph(text, 60, 10)
        assert "".join(lines) == text
        assert len(lines) > 2
        assert all(text_width(line, 10) <= 60 + 10 for line in lines)
        assert not any(unicodedata.category(line[0]).startswith("M") for line in lines)


def test_a_letter_is_not_cut_in_two() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert clip(f"ab {family}", 29, 10) in ("ab…", f"ab {family}")
    assert clip("ना" * 4, 35, 10) == "ना…"


@pytest.mark.parametrize(
    ("word", "whole"),
    [
        ("น้ำหนัก", ["น้ำ", "ห", "นั", "ก"]),
        ("เลเยอร์", ["เล", "เย", "อ", "ร์"]),
        ("ເຄືອຂ່າຍ", ["ເຄື", "ອ", "ຂ່າ", "ຍ"]),
        ("ကွန်ဗော်", ["ကွန်", "ဗော်"]),
        ("ស្រទាប់", ["ស្រ", "ទា", "ប់"]),
        ("प्रक्षेपण", ["प्र", "क्षे", "प", "ण"]),
    ],
)
def test_no_line_breaks_inside_of_what_belongs_together(word: str, whole: list[str]) -> None:
    assert paragraph(word, 0.1, 10) == whole
    assert clip(word, text_width(whole[0] + ELLIPSIS, 10), 10) == whole[0] + ELLIPSIS


def test_an_emoji_with_its_colour_and_a_flag_stay_whole() -> None:
    whole = ["漢", "👍🏽", "漢", "🇩🇪", "🇨🇭"]
    assert paragraph("".join(whole), max(text_width(part, 10) for part in whole), 10) == whole


def test_a_place_for_breaks_is_taken_before_any_other() -> None:
    words = ["สวัสดี", "ครับ"]
    wide = max(text_width(word, 10) for word in words)
    assert break_lines("\u200b".join(words), wide, 10) == tuple(words)
    assert paragraph("\u200b".join(words), wide, 10) == words
    assert break_lines("".join(words), wide, 10) is None
    assert paragraph("conv\u200blayer x", text_width("layer", 10), 10) == ["conv", "layer", "x"]
