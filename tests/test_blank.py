"""Exercises: a figure whose boxes say nothing is the same figure; its numbers lead to answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.layout.blank import answers, blanked
from archviz.looks import BLANKS, read_blank
from archviz.scene.scene import (
    Connector,
    Group,
    Item,
    Line,
    Scene,
    Shape,
    Text,
    groups_in,
    leaves,
    shapes_in,
    texts_in,
)
from archviz.scene.theme import load_theme

THEME = load_theme()
WORDS = (("numbers",), ("lines",), ("empty",), ("numbers", "lines", "grey", "badges"))
NETS = ("lenet5", "resnet50", "inception_v1", "llama3_8b", "unet", "yolov8n")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def places(items: tuple[Item, ...]) -> list[object]:
    """Where all is that is drawn, without what texts say, and lines to write on."""
    found: list[object] = []
    for leaf in leaves(items):
        if isinstance(leaf, Shape):
            found.append((leaf.form, leaf.box, leaf.stroke, leaf.role))
        elif isinstance(leaf, Connector):
            found.append((leaf.points, leaf.route, leaf.head))
        elif isinstance(leaf, Line) and leaf.role != "answer":
            found.append(leaf.points)
    return found


def boxes(scene: Scene) -> list[Group]:
    return [group for group in groups_in(scene.items) if group.role in ("layer", "module")]


def without_legend(scene: Scene) -> Scene:
    kept = [one for one in scene.items if not (isinstance(one, Group) and one.role == "legend")]
    return scene._replace(items=tuple(kept))


@pytest.mark.parametrize("words", WORDS, ids="-".join)
@pytest.mark.parametrize("name", NETS)
def test_a_blank_figure_is_the_solved_one_without_labels(name: str, words: tuple[str, ...]) -> None:
    solved = archviz.load(name).scene(detail="full")
    empty = archviz.load(name).scene(detail="full", blank=list(words))
    if "grey" in words:
        solved = without_legend(solved)
    assert (empty.width, empty.height) == (solved.width, solved.height)
    assert places(empty.items) == places(solved.items)
    said = {text.text for group in boxes(solved) for text in texts_in((group,))}
    given = {line for shape in shapes_in(solved.items) if shape.role == "input"
             for line in shape.lines}  # fmt: skip
    for group, full in zip(boxes(empty), boxes(solved), strict=True):
        (shape, *_) = shapes_in(full.items)
        if shape.role == "input":
            assert group == full
            continue
        own = [one for one in shapes_in(group.items) if one.role not in ("activation", "function")]
        for one in own:
            assert not {line for line in one.lines if not line.isdigit()}
            assert one.lines == () or "numbers" in words
        if own:
            assert group.name.startswith("box")
            assert group.detail == group.name
    assert said - given


def test_numbers_lead_to_the_labels_in_their_order() -> None:
    solved = archviz.load("lenet5").scene()
    (empty,) = blanked([solved], ("numbers",), THEME)
    numbers = [text.text for group in boxes(empty)[1:] for text in texts_in((group,))
               if text.text.isdigit()]  # fmt: skip
    assert numbers == ["1", "2", "3", "4", "5", "6", "7"]
    assert answers([solved]) == [
        *("conv 5×5", "avg-pool 2×2", "conv 5×5", "avg-pool 2×2"),
        *("dense 120", "dense 84", "dense 10"),
    ]
    assert not {"120", "84", "10"} & {text.text for text in texts_in(empty.items)}


@pytest.mark.parametrize("name", ["resnet50", "inception_v1"])
def test_slides_and_parts_are_numbered_through(name: str, tmp_path: Path) -> None:
    from pptx import Presentation

    path = tmp_path / "x.pptx"
    assert run("render", name, "--blank", "-o", str(path)).exit_code == 0
    found = [
        int(shape.text_frame.text)
        for slide in Presentation(str(path)).slides
        for shape in _shapes(slide.shapes)
        if shape.has_text_frame and shape.text_frame.text.isdigit()
        if not shape.is_placeholder  # which has the slide's own number
    ]
    assert sorted(found) == list(range(1, len(found) + 1))
    assert len(found) == len(answers([archviz.load(name).scene()]))


def _shapes(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def test_grey_leaves_nothing_of_colours_and_badges_nothing_of_letters() -> None:
    scene = archviz.load("resnet50").scene(blank="grey,badges")
    neutral = THEME.role("other").fill
    for group in boxes(scene)[1:]:
        for shape in shapes_in(group.items):
            assert shape.fill == neutral
            assert not [line for line in shape.lines if not line.isdigit()]
    assert len({s.fill for s in shapes_in(scene.items) if s.role == "panel"}) == 1
    assert not [group for group in groups_in(scene.items) if group.role == "legend"]
    colored = archviz.load("resnet50").scene(blank=True)
    assert [group for group in groups_in(colored.items) if group.role == "legend"]


def test_nothing_in_a_file_gives_the_labels_away() -> None:
    text = run("render", "resnet50", "--blank=grey,badges", "-f", "svg").stdout
    for word in ("max-pool", "conv 7×7", "global", "76,", "identity"):
        assert word not in text
    assert "Conv block" in text  # the title of a panel, which is no box


@pytest.mark.parametrize("form", ["svg", "json", "drawio", "tex", "gv", "pdf", "png"])
def test_every_format_of_figures_has_it(form: str) -> None:
    blank, plain = (run("render", "lenet5", "-f", form, *more) for more in (["--blank"], []))
    assert (blank.exit_code, blank.stderr) == (0, "")
    assert blank.stdout_bytes != plain.stdout_bytes


def test_a_page_with_all_numbers_is_no_exercise() -> None:
    wrong = run("render", "lenet5", "--blank", "-f", "html")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "--blank is for svg" in wrong.stderr


def test_the_flag_alone_takes_no_word_after_it() -> None:
    alone = run("render", "--blank", "lenet5")
    assert alone.exit_code == 0
    assert alone.stdout == run("render", "lenet5", "--blank=numbers").stdout
    assert run("render", "lenet5", "--blank=no").stdout == run("render", "lenet5").stdout


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, ("numbers",)),
        ("yes", ("numbers",)),
        (False, ()),
        ("no", ()),
        ("grey", ("numbers", "grey")),
        ("lines,numbers", ("numbers", "lines")),
        (["badges", "empty"], ("empty", "badges")),
        ((), ()),
    ],
)
def test_what_is_said_of_it(value: object, words: tuple[str, ...]) -> None:
    assert read_blank(value) == words  # type: ignore[arg-type]
    assert set(words) <= set(BLANKS)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("colors", "blank has no word 'colors'; there are numbers, lines, empty, grey, badges"),
        ("empty,lines", "blank is empty and more; leave one of the two out"),
    ],
)
def test_what_it_does_not_know_is_wrong_usage(value: str, message: str) -> None:
    wrong = run("render", "lenet5", f"--blank={value}")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert message in wrong.stderr


def test_a_line_stands_in_each_box_and_under_each_bar() -> None:
    scene = archviz.load("lenet5").scene(blank="lines")
    lines = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Line)]
    drawn = [line for line in lines if line.role == "answer"]
    assert len(drawn) == 7
    for line, group in zip(drawn, boxes(scene)[1:], strict=True):
        (own, *_) = shapes_in(group.items)
        (left, y), (right, _) = line.points
        if own.width > own.height:
            assert own.x < left < right < own.x + own.width
            assert own.y < y < own.y + own.height
        else:
            assert y > own.y + own.height
    assert not [t for t in texts_in(scene.items) if isinstance(t, Text) and t.text == "120"]
