"""Comparisons in parts: as few as have room, each as wide as its place, all with letters alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.layout.made_parts import Part
from archviz.layout.page import Options, Place
from archviz.layout.several_parts import comparison_parts
from archviz.scene.scene import shapes_in, texts_in
from archviz.scene.theme import load_theme
from tests.invariants import violations

INCH = 96.0
SEVEN = 7 / 0.75
COLUMN = Place(3.5 * INCH, SEVEN, 9 * INCH)
OPTIONS = Options(load_theme())


def parts_of(nets: str, place: Place | None, direction: str = "right") -> list[Part]:
    loaded = [archviz.load(name) for name in nets.split()]
    figures = [net.network.figure._replace(looks={"direction": direction}) for net in loaded]
    pairs = zip(loaded, figures, strict=True)
    networks = [(net.network._replace(figure=figure), net.analysis) for net, figure in pairs]
    return comparison_parts(networks, OPTIONS._replace(place=place))


def holds(parts: list[Part], place: Place) -> None:
    """Each has the width and no more than the height, and boxes have letters of one size."""
    sizes = set()
    for part in parts:
        assert part.scene.width == pytest.approx(place.width, abs=0.006)
        assert part.scene.height <= place.height
        assert min(text.size for text in texts_in(part.scene.items)) >= place.least_text
        assert violations(part.scene) == []
        boxes = [one for one in shapes_in(part.scene.items) if one.lines and one.form == "rect"]
        sizes.add(Counter(one.text_size for one in boxes).most_common(1)[0][0])
    assert len(sizes) == 1


@pytest.mark.long
@pytest.mark.parametrize("direction", ["right", "down"])
def test_what_is_too_high_for_a_column_is_cut_into_named_parts(direction: str) -> None:
    parts = parts_of("inception_v4 unet", COLUMN, direction)
    holds(parts, COLUMN)
    assert len(parts) <= 4
    names = [part.name for part in parts]
    assert names[0].startswith("Inception-v4: Main row")
    assert names[-1].endswith("U-Net")
    assert len(set(names)) == len(names)


def test_a_network_that_is_too_high_is_cut_into_parts() -> None:
    place = COLUMN._replace(height=4 * INCH)
    parts = parts_of("resnet50 nin", place)
    holds(parts, place)
    assert [part.name for part in parts] == [
        "ResNet-50: Main row",
        "ResNet-50: Conv block to Identity block",
        "Network In Network",
    ]


def test_networks_share_a_part_where_there_is_room() -> None:
    place = COLUMN._replace(width=7.16 * INCH, height=5 * INCH)
    parts = parts_of("resnet50 vgg16 lenet5 alexnet nin", place)
    holds(parts, place)
    assert 1 < len(parts) < 5
    titles = [text.text for part in parts for text in texts_in(part.scene.items)]
    for title in ("ResNet-50 (2015)", "VGG-16 (2014)", "LeNet-5 (1998)", "AlexNet (2012)"):
        assert titles.count(title) == 1


def test_what_has_room_is_one_figure() -> None:
    (part,) = parts_of("lenet5 nin", COLUMN)
    assert part.name == ""
    holds([part], COLUMN)


@pytest.mark.parametrize("place", [None, COLUMN._replace(height=float("inf"))])
def test_without_a_height_each_network_is_a_part(place: Place | None) -> None:
    parts = parts_of("vgg16 lenet5", place)
    assert [part.name for part in parts] == ["VGG-16", "LeNet-5"]
    if place:
        holds(parts, place)


def test_what_cannot_be_in_parts_says_what_can() -> None:
    with pytest.raises(ArchvizError, match="cannot be 1 in wide with letters of 7 pt") as info:
        parts_of("vgg16 lenet5", Place(1 * INCH, SEVEN))
    assert "a width of" in str(info.value)
    assert "--parts" not in str(info.value)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments])


def test_files_are_named_after_what_they_show(tmp_path: Path) -> None:
    sized = ("vgg16", "nin", "--width", "column", "--max-height", "4.5in")
    whole = run(*sized, "-o", str(tmp_path / "a.svg"))
    assert whole.exit_code == 1
    assert "in parts (--parts), or fewer of them" in whole.stderr
    result = run(*sized, "--parts", "-o", str(tmp_path / "a.pdf"))
    assert (result.exit_code, result.stdout) == (0, "")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert "a-network-in-network.pdf" in names
    assert "a-vgg-16.pdf" in names
    assert "a.tex" in names
    source = (tmp_path / "a.tex").read_text(encoding="utf-8")
    assert r"\caption{Comparison of VGG-16, Network In Network.}" in source


def test_parts_of_a_page_that_follows_the_reader_are_dark_there(tmp_path: Path) -> None:
    result = run("vgg16", "nin", "--parts", "--theme", "auto", "-o", str(tmp_path / "a.svg"))
    assert result.exit_code == 0
    for name in ("vgg-16", "network-in-network"):
        text = (tmp_path / f"a-{name}.svg").read_text(encoding="utf-8")
        assert "prefers-color-scheme:dark" in text


def test_wrong_usage_is_told(tmp_path: Path) -> None:
    result = run("vgg16", "nin", "--parts")
    assert result.exit_code == 2
    assert "--parts writes several files; name one with -o" in result.stderr
    result = run("vgg16", "nin", "--parts", "-o", str(tmp_path / "a.pptx"))
    assert result.exit_code == 2
    assert "--parts is for formats of figures, such as svg, not for pptx" in result.stderr
