"""Comparisons, timelines and tables made for a place: as wide as that, no letter too small."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from bundled import network
from click.testing import CliRunner, Result

import archviz
from archviz.catalog import classics, names
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.layout.page import Options, Place
from archviz.layout.several_made_for import comparison_figure, table_figure, timeline_figure
from archviz.looks import DETAILS
from archviz.network.head import Head
from archviz.scene.scene import Group, Item, Scene, Shape, extent, groups_in, leaves, texts_in
from archviz.scene.theme import load_theme
from tests.invariants import violations

INCH = 96.0
SEVEN = 7 / 0.75
COLUMN = Place(3.5 * INCH, SEVEN)
TEXT = Place(7.16 * INCH, SEVEN)
OPTIONS = Options(load_theme())
HEADS = [network(name).head for name in classics(appendix=True)]
ALL = [network(name).head for name in names()]


def compared(nets: str, options: Options, **given: str) -> Scene:
    loaded = [archviz.load(name) for name in nets.split()]
    looks = [net.network.figure._replace(looks=given) for net in loaded]
    pairs = zip(loaded, looks, strict=True)
    return comparison_figure(
        [(net.network._replace(figure=figure), net.analysis) for net, figure in pairs], options
    )


def holds(scene: Scene, place: Place) -> None:
    """As wide as its place, no letter too small, nothing on another."""
    assert scene.width == pytest.approx(place.width, abs=0.006)
    assert scene.height <= place.height
    assert min(text.size for text in texts_in(scene.items)) >= place.least_text
    assert violations(scene) == []


def blocks(scene: Scene, count: int) -> list[tuple[float, float, float, float]]:
    def of(number: int) -> list[Item]:
        return [item for item in scene.items if getattr(item, "id", "").startswith(f"net{number}-")]

    return [extent(of(number)) for number in range(count)]


@pytest.mark.parametrize("place", [COLUMN, TEXT])
@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("nets", ["resnet50 vgg16", "lenet5 alexnet nin"])
def test_a_comparison_is_as_wide_as_its_place(nets: str, direction: str, place: Place) -> None:
    scene = compared(nets, OPTIONS._replace(place=place), direction=direction)
    holds(scene, place)
    assert any(group.role == "legend" for group in groups_in(scene.items))


def test_networks_are_compared_with_letters_of_one_size() -> None:
    scene = compared("resnet50 vgg16", OPTIONS._replace(place=TEXT))
    inputs = [
        (leaf.width, leaf.height)
        for leaf in leaves(scene.items)
        if isinstance(leaf, Shape) and leaf.role == "input"
    ]
    assert len(inputs) >= 2
    assert len(set(inputs)) == 1


def test_networks_stand_one_under_the_other_in_a_column_and_side_by_side_in_a_text() -> None:
    one, other = blocks(compared("resnet50 vgg16", OPTIONS._replace(place=COLUMN)), 2)
    assert one[3] < other[1]
    one, other, _ = blocks(compared("resnet50 vgg16 lenet5", OPTIONS._replace(place=TEXT)), 3)
    assert one[2] < other[0]


def test_all_that_is_printed_at_layers_has_room_in_a_comparison() -> None:
    holds(compared("lenet5 alexnet", OPTIONS._replace(place=TEXT, detail=DETAILS)), TEXT)


def test_what_stands_over_a_network_wraps_in_a_narrow_comparison() -> None:
    place = Place(2.3 * INCH, SEVEN)
    scene = compared("lenet5 lenet5", OPTIONS._replace(place=place), direction="down")
    holds(scene, place)
    said = [text.text for text in texts_in(scene.items) if text.role in ("title", "figures")]
    assert not any("…" in text for text in said)
    assert len(said) > 4
    assert not any(text.endswith("·") for text in said)
    assert "416,520 multiply-adds" in " ".join(said)


@pytest.mark.parametrize("place", [COLUMN, TEXT, Place(2 * INCH, SEVEN), Place(6 * INCH, 16.0)])
@pytest.mark.parametrize("heads", [HEADS, ALL], ids=["classics", "all"])
def test_a_timeline_has_as_many_rows_as_it_takes(heads: list[Head], place: Place) -> None:
    scene = timeline_figure(heads, OPTIONS._replace(place=place))
    holds(scene, place)
    said = Counter(
        title
        for group in groups_in(scene.items)
        if group.role == "layer"
        for title in group.name.split(", ")
    )
    assert said == Counter(head.title for head in heads)


def test_a_narrow_timeline_has_more_rows() -> None:
    def rows(place: Place) -> int:
        scene = timeline_figure(HEADS, OPTIONS._replace(place=place))
        return sum(isinstance(item, Group) and item.role == "timeline" for item in scene.items)

    assert (rows(TEXT), rows(COLUMN)) == (1, 2)


@pytest.mark.parametrize("place", [COLUMN, TEXT])
@pytest.mark.parametrize("heads", [HEADS, ALL], ids=["classics", "all"])
def test_a_table_is_as_wide_as_its_place(heads: list[Head], place: Place) -> None:
    holds(table_figure(heads, OPTIONS._replace(place=place)), place)


@pytest.mark.parametrize("draw", [timeline_figure, table_figure])
def test_what_cannot_be_says_which_width_can(
    draw: Callable[[Sequence[Head], Options], Scene],
) -> None:
    with pytest.raises(ArchvizError) as info:
        draw(HEADS, OPTIONS._replace(place=Place(0.9 * INCH, SEVEN)))
    width = re.search(r"cannot be 0.9 in wide with letters of 7 pt.*or a width of ([0-9.]+) in",
                      str(info.value), re.DOTALL)  # fmt: skip
    assert width, str(info.value)
    place = Place(float(width[1]) * INCH + 1, SEVEN)
    holds(draw(HEADS, OPTIONS._replace(place=place)), place)


def test_a_comparison_that_cannot_be_says_which_width_can() -> None:
    with pytest.raises(ArchvizError) as info:
        compared("lenet5 alexnet", OPTIONS._replace(place=Place(0.8 * INCH, SEVEN)))
    width = re.search(r"or a width of ([0-9.]+) in", str(info.value))
    assert width, str(info.value)
    place = Place(float(width[1]) * INCH + 1, SEVEN)
    holds(compared("lenet5 alexnet", OPTIONS._replace(place=place)), place)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    "command", ["compare lenet5 alexnet", "timeline", "table", "chart nin vgg16 --y depth"]
)
def test_a_file_has_the_width_that_was_asked_for(command: str, tmp_path: Path) -> None:
    target = tmp_path / "a.svg"
    result = run(*command.split(), "--width", "89mm", "--min-font", "6pt", "-o", str(target))
    assert (result.exit_code, result.output) == (0, "")
    assert re.search(r'<svg[^>]* width="336.3', target.read_text("utf-8"))
    high = run(*command.split(), "--width", "89mm", "--max-height", "1cm", "-o", str(target))
    assert (high.exit_code, high.stdout) == (1, "")
    assert "cannot be 3.5 in wide and 0.39 in high with letters of 7 pt" in high.stderr


@pytest.mark.parametrize(
    "command", ["compare lenet5 alexnet", "timeline", "table", "chart nin vgg16 --y depth"]
)
@pytest.mark.parametrize("suffix", ["pptx", "html"])
def test_slides_and_pages_are_made_for_no_width(command: str, suffix: str) -> None:
    result = run(*command.split(), "--width", "column", "-f", suffix)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"and json, not for {suffix}" in result.stderr


def test_a_legend_is_as_wide_as_it_comes() -> None:
    result = run("legend", "--width", "column")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--width is for figures of networks, not for svg" in result.stderr
