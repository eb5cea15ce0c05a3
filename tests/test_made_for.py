"""Figures made for a place: as wide as that, no letter too small, in parts where they must be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bundled import of_each
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.layout.made_for import draw_for
from archviz.layout.made_parts import Part, draw_parts
from archviz.layout.page import Options, Place
from archviz.looks import DETAILS, length_of, width_of
from archviz.scene.scene import Scene, extent, shapes_in, texts_in
from archviz.scene.text import ASCENT
from archviz.scene.theme import load_theme
from tests.invariants import violations

INCH = 96.0
SEVEN = 7 / 0.75
COLUMN = Place(3.5 * INCH, SEVEN)


def drawn(name: str, place: Place, **given: str) -> Scene:
    net = archviz.load(name)
    figure = net.network.figure
    network = net.network._replace(figure=figure._replace(looks={**figure.looks, **given}))
    return draw_for(network, net.analysis, Options(load_theme()), place)


def least_text(scene: Scene) -> float:
    return min(text.size for text in texts_in(scene.items)) * 0.75


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "nin", "resnet50"])
@pytest.mark.parametrize("direction", ["right", "down", "up"])
def test_a_column_takes_the_small_ones_whole(name: str, direction: str) -> None:
    high = COLUMN._replace(height=9 * INCH)
    scene = drawn(name, high, direction=direction)
    assert scene.width == 3.5 * INCH
    assert scene.height <= high.height
    assert least_text(scene) >= 7
    assert not violations(scene)


@pytest.mark.parametrize("name", of_each())
def test_a_column_takes_every_network_in_at_most_three_parts(name: str) -> None:
    net = archviz.load(name)
    place = COLUMN._replace(height=9 * INCH)
    parts = draw_parts(net.network, net.analysis, Options(load_theme()), place)
    assert len(parts) <= 3
    assert len({part.name for part in parts}) == len(parts)
    for part in parts:
        assert part.scene.width == place.width
        assert part.scene.height <= place.height
        assert least_text(part.scene) >= 7
        assert not violations(part.scene)


@pytest.mark.parametrize("inches", [2.5, 3.5, 5.0, 7.16, 13.33])
@pytest.mark.parametrize("name", ["resnet50", "inception_v4", "vit_b_16"])
def test_no_letter_is_too_small_and_the_width_is_met(name: str, inches: float) -> None:
    place = Place(inches * INCH, 8 / 0.75)
    try:
        scene = drawn(name, place)
    except ArchvizError as error:
        assert inches < 4
        assert "cannot be" in str(error)
        return
    assert scene.width == pytest.approx(place.width, abs=0.006)
    assert least_text(scene) >= 8
    assert not violations(scene)


def test_full_detail_fits_too() -> None:
    net = archviz.load("vgg16")
    options = Options(load_theme(), detail=DETAILS)
    scene = draw_for(net.network, net.analysis, options, COLUMN)
    assert (scene.width, least_text(scene) >= 7) == (COLUMN.width, True)


@pytest.mark.parametrize("direction", ["down", "up"])
def test_panels_stand_under_an_upright_row_where_beside_there_is_no_room(direction: str) -> None:
    net = archviz.load("resnext50")
    figure = net.network.figure
    network = net.network._replace(figure=figure._replace(looks={"direction": direction}))
    options = Options(load_theme(), detail=DETAILS)
    for inches, across in ((7.16, False), (3.5, True)):  # wider than 3.5 in: read to the right
        scene = draw_for(network, net.analysis, options, Place(inches * INCH, SEVEN))
        assert (scene.width, least_text(scene) >= 7) == (inches * INCH, True)
        assert not violations(scene)
        said = [text.text for text in texts_in(scene.items)]
        assert "module, shown open below" in said
        row, *panels = (extent([item]) for item in scene.items if item.role in ("row", "panel"))
        assert all(panel[1] > row[3] for panel in panels)
        assert len(panels) == 2
        assert all((panel[3] - panel[1] > panel[2] - panel[0]) == across for panel in panels)


def test_heads_wrap_where_a_line_has_no_room_for_them() -> None:
    net = archviz.load("inception_v1")
    options = Options(load_theme(), detail=DETAILS)
    scene = draw_for(net.network, net.analysis, options, COLUMN)
    assert (scene.width, least_text(scene) >= 7) == (COLUMN.width, True)
    assert not violations(scene)
    parts = draw_parts(net.network, net.analysis, options, COLUMN._replace(height=9 * INCH))
    assert [part.scene.height <= 9 * INCH for part in parts] == [True, True]


@pytest.mark.parametrize("name", ["nin", "resnet50", "inception_v1"])
def test_letters_that_reach_under_their_line_are_clear_of_the_outline(name: str) -> None:
    place = COLUMN._replace(height=9 * INCH)
    shapes = [one for one in shapes_in(drawn(name, place).items) if one.form == "rect"]
    ends = [shape for shape in shapes if set("gjpqy,") & set("".join(shape.lines[-1:]))]
    assert any(len(shape.lines) > 1 for shape in ends)
    for shape in ends:
        rim = shape.y + shape.height - shape.line_width / 2
        assert shape.texts[-1].y + 0.21 * shape.text_size < rim, shape.lines
        assert shape.texts[0].box[1] > shape.y + shape.line_width / 2, shape.lines
    for shape in shapes:
        if shape.lines and shape not in ends:  # the others are centred
            middle = shape.texts[0].y + shape.texts[-1].y - ASCENT * shape.text_size
            assert middle / 2 == pytest.approx(shape.y + shape.height / 2)


def test_badges_are_clear_of_the_next_box_however_narrow() -> None:
    net = archviz.load("resnet50")
    options = Options(load_theme(), only=("row",))
    place = Place(140 / 25.4 * INCH, SEVEN, 63 / 25.4 * INCH)
    shapes = [*shapes_in(draw_for(net.network, net.analysis, options, place).items)]
    boxes = [shape for shape in shapes if shape.form == "rect" and shape.lines]
    badges = [shape for shape in shapes if shape.role in ("norm", "activation")]
    clear = [
        box.x - badge.x - badge.width - box.line_width
        for badge in badges
        for box in boxes
        if badge.x < box.x and abs(badge.y - box.y) < box.height
    ]
    assert min(clear) > 0.5


def test_each_part_says_what_is_left_out_of_it() -> None:
    net = archviz.load("inception_v3")
    place = COLUMN._replace(height=9 * INCH)
    parts = draw_parts(net.network, net.analysis, Options(load_theme()), place)
    assert len(parts) > 1
    for part in parts:
        notes = [text.text for text in texts_in(part.scene.items) if text.role == "note"]
        assert notes[0].startswith("Batch normalisation and ReLU follow each convolution")


@pytest.mark.parametrize("direction", ["right", "down"])
def test_what_stands_under_a_figure_begins_at_one_edge(direction: str) -> None:
    scene = drawn("inception_v3", Place(7.16 * INCH, SEVEN), direction=direction)
    under = [text for text in texts_in(scene.items) if text.role == "note"]
    assert under[0].text.startswith("Batch normalisation")
    assert under[-1].text.startswith("Not shown")
    assert len({text.x for text in under}) == 1


def upright_parts(name: str, direction: str) -> list[Part]:
    """The parts of a network in all detail, for a column of nine inches."""
    net = archviz.load(name)
    figure = net.network.figure
    network = net.network._replace(figure=figure._replace(looks={"direction": direction}))
    options = Options(load_theme(), detail=DETAILS)
    return draw_parts(network, net.analysis, options, COLUMN._replace(height=9 * INCH))


@pytest.mark.parametrize("direction", ["down", "up"])
def test_captions_of_an_upright_row_are_broken_between_words_where_they_must_be(
    direction: str,
) -> None:
    parts = upright_parts("inception_v1", direction)
    assert [part.name for part in parts] == ["Main row", "Stem to Inception module"]
    for part in parts:
        assert (part.scene.width, part.scene.height <= 9 * INCH) == (COLUMN.width, True)
        assert least_text(part.scene) >= 7
        assert not violations(part.scene)
        assert not any("…" in text.text[1:] for text in texts_in(part.scene.items)), "cut"


@pytest.mark.parametrize("direction", ["down", pytest.param("up", marks=pytest.mark.long)])
def test_parts_of_an_upright_figure_are_read_to_the_right_where_they_must_be(
    direction: str,
) -> None:
    parts = upright_parts("resnext50", direction)
    assert [part.name for part in parts] == ["Main row", "Conv block", "Identity block"]
    for part in parts:
        assert (part.scene.width, part.scene.height <= 9 * INCH) == (COLUMN.width, True)
        assert not violations(part.scene)


def test_what_cannot_be_says_what_can() -> None:
    with pytest.raises(ArchvizError) as info:
        drawn("unet", Place(1.5 * INCH, SEVEN))
    said = str(info.value)
    letters = re.search(r"letters of ([0-9.]+) pt can be, or a width of ([0-9.]+) in", said)
    assert letters, said
    assert "cannot be 1.5 in wide with letters of 7 pt" in said
    scene = drawn("unet", Place(float(letters[2]) * INCH + 1, SEVEN))
    assert least_text(scene) >= 7


@pytest.mark.parametrize("direction", ["right", "down", "up"])
def test_a_u_wider_than_its_place_is_a_row_with_skips_by_name(direction: str) -> None:
    scene = drawn("unet", COLUMN._replace(height=9 * INCH), direction=direction)
    assert not violations(scene)
    names = [text.text for text in texts_in(scene.items) if text.text.startswith("skip")]
    assert sorted(names) == sorted(2 * [f"skip {number}" for number in (1, 2, 3, 4)])
    wide = drawn("unet", Place(20 * INCH, SEVEN), direction=direction)
    assert not any(text.text.startswith("skip") for text in texts_in(wide.items))


def test_lengths() -> None:
    assert length_of("3.5in") == 336
    assert length_of("25.4 mm") == pytest.approx(96)
    assert length_of("2.54cm") == pytest.approx(96)
    assert length_of("72pt") == 96
    assert (width_of("Column"), width_of("640"), width_of(300)) == ("column", 640, 300)
    for wrong in ("3.5", "in", "0in", "1e9in", "-3in", "12px", "columns"):
        with pytest.raises(ValueError, match=r"no width|no length"):
            width_of(wrong)


def test_the_command_line_makes_a_figure_for_a_place(tmp_path: Path) -> None:
    for width, inches in (("3.5in", 3.5), ("89mm", 89 / 25.4), ("column", 3.5), ("252pt", 3.5)):
        path = tmp_path / "net.svg"
        assert run("render", "nin", "--width", width, "-o", str(path), "--force").exit_code == 0
        found = re.search(r'<svg[^>]* width="([0-9.]+)"', path.read_text(encoding="utf-8"))
        assert found and float(found[1]) == pytest.approx(inches * 96, abs=0.01)


def test_a_pdf_keeps_its_width(tmp_path: Path) -> None:
    from pypdf import PdfReader

    path = tmp_path / "net.pdf"
    assert run("render", "resnet50", "--width", "3.5in", "-o", str(path)).exit_code == 0
    assert float(PdfReader(path).pages[0].mediabox.width) == pytest.approx(252, abs=0.01)


def test_parts_are_files_with_names(tmp_path: Path) -> None:
    path = str(tmp_path / "net.svg")
    result = run("render", "inception_v3", "--width", "column", "--max-height", "9in", "--parts",
                 "-o", path)  # fmt: skip
    assert result.exit_code == 0
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["net-inception-b-to-reduction-b.svg", "net-main-row-to-inception-a.svg"]
    assert run("render", "lenet5", "--parts", "-o", path).exit_code == 0
    assert (tmp_path / "net-main-row.svg").exists()
    assert "name one with -o" in run("render", "lenet5", "--parts").stderr


def test_a_part_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "part.svg")
    for given in ((), ("--width", "column"), ("--direction", "down")):
        result = run("render", "resnet50", "--only", "conv-block", *given, "-o", path, "--force")
        assert (result.exit_code, result.stderr) == (0, "")
        text = Path(path).read_text(encoding="utf-8")
        assert "Conv block" in text
        assert "Main row" not in text
    result = run("render", "resnet50", "--only", "row", "-o", path, "--force")
    assert ">Conv block</text>" not in Path(path).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--width", "3xx"), "'3xx' is no width; write 3.5in"),
        (("--width", "300"), "--width is for png, not for svg; there it is a length, such as"),
        (("--min-font", "7pt"), "min-font is for a figure made for a width"),
        (("--max-height", "9in"), "max-height is for a figure made for a width"),
        (("--width", "column", "--aspect", "4:3"), "aspect and width both shape the figure"),
        (("--width", "column", "--min-font", "small"), "'small' is no length"),
        (("--only", "nothing"), "no module is called 'nothing'"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], said: str) -> None:
    result = run("render", "resnet50", "-f", "svg", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_module_without_a_panel_cannot_be_shown_alone() -> None:
    result = run("render", "resnet50", "-f", "svg", "--open", "none", "--only", "conv-block")
    assert result.exit_code == 1
    assert "there is no panel of conv-block" in result.stderr


def test_python_knows_the_same(tmp_path: Path) -> None:
    net = archviz.load("resnet50")
    assert net.scene(width="column").width == 336
    assert 5 <= least_text(net.scene(width="column", min_font="5pt")) < 7
    assert net.scene(only="row").height < net.scene().height
    with pytest.raises(ValueError, match="min-font is for"):
        net.scene(min_font="6pt")


# ---- widths, directions, details and scripts --------------------------------------------------

SCRIPTS = (
    "畳み込み層", "卷积", "합성곱", "שלום", "مرحبا", "नमस्ते", "สวัสดีครับ", "свёртка", "συνέλιξη",
    "é̂x🙂",
)  # fmt: skip
WIDTHS = (2.5, 3.5, 5.0, 7.16, 13.33)
WORDS = ((), ("filters", "strides"), ("shapes",), ("parameters", "macs"), DETAILS)
SAID = """
title: "{0}"
modules:
  block:
    takes: [width, step]
    label: "{1}"
    residual: [{{conv: 3x3 width /step same batch-norm, label: "{2}"}}, conv 1x1 width linear]
    shortcut: conv 1x1 width /step linear
    merge: add relu
  towers:
    label: "{3}"
    towers: [conv 1x1 16, [conv 1x1 8, conv 5x5 16 same], max-pool 3x3 /1 same]
network:
  - input 64x64x3
  - {{conv: 7x7 16 /2 same relu, label: "{4}"}}
  - block 32 2
  - {{repeat: 3, of: block 32 1}}
  - towers
  - block 64 2
  - global-avg-pool
  - {{dense: 1000 softmax, caption: "{5}"}}
"""


def faults_at(number: int, inches: float, direction: str, words: tuple[str, ...]) -> list[str]:
    """All that is wrong with a figure of labels in scripts; none where it cannot be so narrow."""
    labels = [SCRIPTS[(number + k) % len(SCRIPTS)] for k in range(6)]
    net = archviz.load_text(SAID.format(*labels), "said.yaml")
    looks = {**net.network.figure.looks, "direction": direction}
    network = net.network._replace(figure=net.network.figure._replace(looks=looks))
    place = Place(inches * INCH, SEVEN)
    try:
        scene = draw_for(network, net.analysis, Options(load_theme(), detail=words), place)
    except ArchvizError as error:
        return [] if inches < 5 and "letters of" in str(error) else [str(error)]
    found = violations(scene)
    found += [f"{scene.width} is not the width"] * (abs(scene.width - place.width) > 0.01)
    return found + [f"{least_text(scene)} pt"] * (least_text(scene) < 7)


@pytest.mark.parametrize("number", range(10))
def test_widths_directions_details_and_scripts_hold(number: int) -> None:
    direction = ("right", "down", "up")[number % 3]
    assert faults_at(number, WIDTHS[number % 5], direction, WORDS[number // 2]) == []


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_all_widths_directions_and_details_hold(number: int) -> None:
    for inches in WIDTHS:
        for direction in ("right", "down", "up"):
            for words in WORDS:
                found = faults_at(number, inches, direction, words)
                assert found == [], (inches, direction, words)
