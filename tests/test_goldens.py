"""Every picture is, line by line, the one that was looked at and accepted."""

from __future__ import annotations

import re
from pathlib import Path

import goldens
import pytest

import archviz
from archviz.scene.scene import Group, Item, Page, Scene, Shape

CASES = goldens.cases()


@pytest.mark.parametrize("name", CASES)
def test_figure(name: str) -> None:
    golden, now = goldens.stored(name), goldens.draw(CASES[name])
    for part, old, new in (("scene", golden.scene, now.scene), ("SVG", golden.svg, now.svg)):
        if old != new:
            pytest.fail(
                f"the {part} of {name} differs from its golden\n{goldens.diff(old, new)}\n\n"
                f"{goldens.HOW_TO}",
                pytrace=False,
            )


def test_there_are_no_goldens_without_a_case() -> None:
    assert goldens.strays() == []


def test_goldens_stay_small() -> None:
    sizes = [path.stat().st_size for path in goldens.FOLDER.rglob("*") if path.is_file()]
    assert sum(sizes) < 3_000_000


def test_the_deck_goes_on_with_the_slides_of_every_network() -> None:
    named = {
        archviz.load(name).network.head.title: name
        for name in goldens.catalog.classics(appendix=True)
    }
    deck = goldens.deck()
    front, rest = deck[: goldens.DECK_FRONT], deck[goldens.DECK_FRONT :]
    assert [page.title for page in front[1:]] == ["Legend", "Timeline", "Networks in Keras"]
    order = list(named.values())
    own = [page for name in order for page in goldens.slides(name)]
    assert [without_number(page) for page in rest] == [without_number(page) for page in own]


def without_number(page: Page) -> Page:
    """A slide as it is in any deck."""
    items = [item for item in page.scene.items if getattr(item, "role", "") != "number"]
    return page._replace(scene=page.scene._replace(items=tuple(items)))


@pytest.mark.parametrize("name", ["slides/resnet50", "compare", "deck", "themes", "generated/01"])
def test_a_golden_can_be_drawn(name: str) -> None:
    """The report draws what was from its text alone."""
    pages = CASES[name].pages()
    again = goldens.scenes_of(goldens.pages_text(pages))
    assert [len(scene_boxes(scene)) for scene in again] == [
        len(scene_boxes(page.scene)) for page in pages
    ]
    for scene, page in zip(again, pages, strict=True):
        for old, new in zip(scene_boxes(page.scene), scene_boxes(scene), strict=True):
            assert new == pytest.approx(old, abs=0.01)
        assert words(goldens.write_svg(scene)) == words(goldens.write_svg(page.scene))


def scene_boxes(scene: Scene) -> list[tuple[float, float, float, float]]:
    """Boxes of all that is drawn, from back to front."""
    found: list[tuple[float, float, float, float]] = []

    def walk(items: tuple[Item, ...]) -> None:
        for item in items:
            if isinstance(item, Group):
                walk(item.items)
            else:
                found.append(item.box)

    walk(scene.items)
    return found


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)<", svg)


def test_a_moved_box_is_one_changed_line() -> None:
    scene = CASES["plain"].pages()[0].scene
    line = next(line for line in goldens.scene_text(scene).split("\n") if '"id":"row-1"' in line)

    def moved(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(
            item._replace(items=moved(item.items))
            if isinstance(item, Group)
            else item._replace(x=99.0)
            if isinstance(item, Shape) and item.id == "row-1"
            else item
            for item in items
        )

    other = scene._replace(items=moved(scene.items))
    lines = goldens.diff(goldens.scene_text(scene), goldens.scene_text(other)).split("\n")
    assert [text for text in lines[2:] if text[0] == "-"] == ["-" + line[:199]]
    assert sum(text[0] == "+" for text in lines[2:]) == 1
    assert goldens.write_svg(other) != goldens.write_svg(scene)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of goldens with two cases, one of which has none yet, and a stray."""
    two = {"plain": CASES["plain"], "slides/lenet5": CASES["slides/lenet5"]}
    golden = goldens.draw(CASES["plain"])
    monkeypatch.setattr(goldens, "FOLDER", tmp_path)
    monkeypatch.setattr(goldens, "cases", lambda: two)
    goldens.store("plain", golden)
    (tmp_path / "gone.svg").write_text("<svg/>", encoding="utf-8")
    return tmp_path


def test_comparing_changes_nothing(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(workshop.iterdir())
    assert goldens.main([]) == 1
    assert capsys.readouterr().out == "slides/lenet5: new\ngone.svg: of no case\n"
    assert sorted(workshop.iterdir()) == before


def test_accepting_writes_what_is_drawn_now(workshop: Path) -> None:
    (workshop / "plain.svg").write_text("<svg/>", encoding="utf-8")
    assert goldens.main(["--accept"]) == 0
    assert {path.name for path in workshop.rglob("*.*")} == {
        "plain.scene",
        "plain.svg",
        "lenet5.scene",
    }
    assert goldens.main([]) == 0


def test_the_report_shows_before_and_now(workshop: Path) -> None:
    (workshop / "plain.svg").write_text("<svg/>", encoding="utf-8")
    assert goldens.main(["--report", str(workshop / "report.html")]) == 0
    page = (workshop / "report.html").read_text(encoding="utf-8")
    assert "2 of 2 cases changed" in page
    slides = len(goldens.slides("lenet5"))
    # before, now and both over one another; the slides are new, and have no before
    assert page.count("<img") == 4 + 2 * slides
    assert page.count("<p>none</p>") == 2 * slides
