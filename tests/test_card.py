"""Cards: facts and figure on pages of paper, letters of 9 pt; an exercise and its solution."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.keywords import read_pictures
from archviz.layout.card import Card, card_pages, side_by_side
from archviz.layout.card_facts import facts_of, numbers_of
from archviz.scene.scene import Group, Line, Scene, extent, groups_in, leaves, shapes_in, texts_in
from archviz.write.formats import FORMATS

NINE = 12.0
MM = 96 / 25.4
USUAL = ("lenet5", "resnet50", "llama3_8b", "unet")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def pages_of(name: str, paper: str = "a4", **given: object) -> list[Scene]:
    net = archviz.load(name)
    (picture,), _, _ = read_pictures([(net.network, net.analysis)], given)
    return card_pages(Card(*picture.net, picture.options, paper))


def words(scene: Scene) -> str:
    return " ".join(text.text for text in texts_in(scene.items))


def whole(pages: list[Scene], size: tuple[float, float]) -> None:
    """Every page is of the paper's size, with all of it within margins, in letters of 9 pt."""
    for page in pages:
        assert [page.width, page.height] == pytest.approx([*size], abs=0.01)
        left, top, right, bottom = extent(page.items)
        assert min(left, top, page.width - right, page.height - bottom) >= 50
        assert min(text.size for text in texts_in(page.items)) >= NINE - 0.01
        named = [group.id for group in groups_in(page.items)]
        named += [shape.id for shape in shapes_in(page.items)]
        assert len(named) == len(set(named))
        facts = [one for one in page.items if isinstance(one, Group) and one.role == "facts"]
        for one in facts:
            under = extent((one,))[3]
            others = [item for item in page.items if item is not one]
            assert extent(others)[1] > under


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("name", USUAL)
def test_a_card_is_one_page_of_the_paper(name: str, paper: str) -> None:
    size = (210 * MM, 297 * MM) if paper == "a4" else (8.5 * 96, 11 * 96)
    pages = pages_of(name, paper)
    whole(pages, size)
    assert len(pages) == 1


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("blank", [False, True])
@pytest.mark.parametrize("name", ["inception_v1", "inception_v4", "densenet201", "detr"])
def test_a_large_network_goes_on_on_further_pages(name: str, blank: bool) -> None:
    pages = pages_of(name, blank=blank)
    whole(pages, (210 * MM, 297 * MM))
    titles = [page.title for page in pages]
    assert len(titles) == len(set(titles))


def test_the_facts_are_those_of_the_spec_and_the_counts() -> None:
    net = archviz.load("resnet50")
    assert numbers_of(net.network, net.analysis) == [
        ("224×224×3", "input"),
        ("25,636,712", "parameters"),
        ("3,857,973,248", "multiply-adds"),
        ("169", "depth"),
        ("74.9 %", "top-1 on ImageNet"),
    ]
    assert dict(facts_of(net.network, net.analysis)) == {
        "Paper": "Deep Residual Learning for Image Recognition",
        "Authors": "Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
        "Published": "CVPR 2016; first public on 10 December 2015",
        "Link": "https://arxiv.org/abs/1512.03385",
        "Family": "ResNet, classification",
        "Weights": "25,583,592 are trained, 53,120 are statistics",
        "Accuracy": "top-1 74.9 %, top-5 92.1 % on ImageNet, as stated by the documentation of "
        "Keras",
        "Source": "ResNet50 in Keras: convolutions have a bias, and a block that halves the map "
        "does so in its first 1×1 convolution.",
    }
    said = words(pages_of("resnet50")[0])
    for _, text in facts_of(net.network, net.analysis):
        assert text.split()[0] in said
    assert "Shortcuts past every block" in said
    assert "Not shown: filters" in said


def test_what_nobody_states_is_not_there(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("title: Mine\nnetwork: [input HxWx3, conv 3x3 8, conv 1x1 2]\n", "utf-8")
    net = archviz.load(own)
    assert facts_of(net.network, net.analysis) == []
    assert ("open", "multiply-adds") in numbers_of(net.network, net.analysis)
    done = run("card", str(own))
    assert (done.exit_code, done.stderr) == (0, "")
    for word in ("Paper", "Accuracy", "Source", "None", ">0<"):
        assert word not in done.stdout


def test_a_blank_card_has_the_solution_on_the_next_page_at_the_same_places() -> None:
    asked, told = pages_of("resnet50", blank=True)
    whole([asked, told], (210 * MM, 297 * MM))
    boxes = [
        [shape.box for shape in shapes_in(page.items) if shape.role not in ("port", "bubble")]
        for page in (asked, told)
    ]
    assert boxes[0] == boxes[1]
    assert told.title == "ResNet-50, solution"
    assert "max-pool" in words(told)
    assert "max-pool" not in words(asked)
    lines = [one for one in leaves(asked.items) if isinstance(one, Line) and one.role == "answer"]
    known = [text.text for text in texts_in(told.items) if text.role == "answer"]
    assert len(lines) == len(known) == 21
    assert known[:4] == ["conv 7×7", "max-pool 3×3", "Conv block", "Identity block"]
    assert "What is each box? Write it at its number." in words(asked)
    within = pages_of("lenet5", blank="lines")
    assert "Write into each box what it is." in words(within[0])
    assert not [group for group in groups_in(within[0].items) if group.role == "answers"]


def test_pages_stand_beside_one_another_where_a_format_holds_one_picture() -> None:
    pages = pages_of("lenet5", blank=True)
    scene = side_by_side(pages)
    assert [scene.width, scene.height] == pytest.approx([2 * pages[0].width, pages[0].height])
    named = [shape.id for shape in shapes_in(scene.items)]
    assert len(named) == len(set(named))
    assert words(scene) == " ".join(map(words, pages))


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_card_in_every_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"card.{suffix}"
    done = run("card", "lenet5", "--blank", "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    if suffix == "pptx":
        from pptx import Presentation

        deck = Presentation(str(path))
        assert len(deck.slides) == 2
        size = [deck.slide_width, deck.slide_height]
        assert size == pytest.approx([210 * 36000, 297 * 36000], abs=50)
        sizes = [
            run.font.size.pt
            for slide in deck.slides
            for shape in _shapes(slide.shapes)
            if shape.has_text_frame  # type: ignore[attr-defined]
            for paragraph in shape.text_frame.paragraphs  # type: ignore[attr-defined]
            for run in paragraph.runs
            if run.font.size
        ]
        assert min(sizes) >= 9
    if suffix == "pdf":
        assert path.read_bytes().count(b"/MediaBox [ 0 0 595.27") == 2
    if suffix == "html":
        assert path.read_text("utf-8").count("LeNet-5, solution") >= 1


def _shapes(shapes: object) -> list[object]:
    found: list[object] = []
    for shape in shapes:  # type: ignore[attr-defined]
        inner = getattr(shape, "shapes", None)
        found += _shapes(inner) if inner is not None else [shape]
    return found


def test_looks_are_understood() -> None:
    plain = run("card", "resnet50").stdout
    others = "theme dark,no-legend,detail filters,open none,direction down,merges symbols"
    for more in f"{others},paper letter".split(","):
        changed = run("card", "resnet50", *f"--{more}".split())
        assert (changed.exit_code, changed.stderr) == (0, "")
        assert changed.stdout != plain
    assert re.search(r'<svg[^>]* width="793.7', plain)
    wrong = run("card", "resnet50", "--paper", "a5")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
