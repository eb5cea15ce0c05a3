"""The timeline: boxes over their moments, none on another, however many there are."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from amounts import examples
from bundled import network
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import collect, violations

import archviz
from archviz.api import load_text
from archviz.catalog import names, resolve
from archviz.errors import ArchvizError
from archviz.layout.deck import deck_pages
from archviz.layout.overviews import timeline_slides
from archviz.layout.page import draw_timeline
from archviz.network.head import Head
from archviz.scene.scene import Line, Scene, Shape, groups_in, leaves, texts_in
from archviz.scene.slide_form import own_form
from archviz.scene.theme import load_theme

THEME = load_theme()


def head(title: str, date: str) -> Any:
    rest = date.partition("-")[2]
    text = (
        f"title: {title}\n{'date' if rest else 'year'}: {date}\nnetwork: [input 8x8x3, conv 3x3 4]"
    )
    return load_text(text).network.head


def parts(scene: Scene) -> tuple[list[Shape], list[Line]]:
    boxes = [shape for shape, _ in collect(scene.items).shapes if shape.role in ("green", "yellow")]
    return boxes, [leaf for leaf in leaves(scene.items) if isinstance(leaf, Line)]


def holds(heads: list[Head]) -> None:
    scene = draw_timeline(heads, THEME)
    assert violations(scene) == []
    stands(scene)
    assert said(scene) == Counter(head.title for head in heads)


def said(*scenes: Scene) -> Counter[str]:
    """The titles in the boxes, and of what has no date."""
    titles = [
        title
        for scene in scenes
        for group in groups_in(scene.items)
        if group.role == "layer"
        for title in group.name.split(", ")
    ]
    notes = [
        " ".join(text.text for text in texts_in([group])).removeprefix("Without a date: ")
        for scene in scenes
        for group in groups_in(scene.items)
        if group.role == "notes"
    ]
    return Counter(titles + [title for note in notes for title in note.split(", ")])


def stands(scene: Scene) -> None:
    """Each box is reached by a line that stands over it or under it."""
    boxes, lines = parts(scene)
    assert boxes
    for box in boxes:
        ends = [point for line in lines for point in line.points]
        assert any(
            box.x < x < box.x + box.width
            and (abs(y - box.y) < 0.1 or abs(y - box.y - box.height) < 0.1)
            for x, y in ends
        ), box


@pytest.mark.parametrize("date", ["2015", "2015-12-10"])
@pytest.mark.parametrize("count", [2, 3, 4, 9, 55])
def test_networks_of_one_date_are_one_box(date: str, count: int) -> None:
    heads = [head(f"ResNet-{number}", date) for number in range(count)]
    holds(heads)
    boxes, lines = parts(draw_timeline(heads, THEME))
    assert len(boxes) == len(lines) == 1


def spread(kind: str, count: int) -> list[Head]:
    """Networks of one day, of one year, or of many, and one without a date."""
    random = Random(count)
    names = ("Net-{}", "Inception-ResNet-{}", "A network with quite a long name, no. {}")
    found = [Head("u", "Undated", 0, "")]
    for number in range(count):
        month, day = random.randint(1, 12), random.randint(1, 28)
        year = random.randint(2012, 2024) if kind == "years" else 2017
        date = "2015-12-10" if kind == "day" else f"{year}-{month:02}-{day:02}"
        title = random.choice(names).format(number).replace(",", "")
        found.append(Head(f"n{number}", title, int(date[:4]), date))
    return found


@pytest.mark.parametrize("kind", ["day", "year", "years"])
@pytest.mark.parametrize("count", [3, 12, 55, 100])
def test_any_number_is_one_figure_or_slides(kind: str, count: int) -> None:
    heads = spread(kind, count)
    holds(heads)
    slides = timeline_slides(heads, THEME, own_form())
    for slide in slides:
        assert violations(slide) == []
        assert min(text.size for text in texts_in(slide.items)) >= 16
        stands(slide)
    assert said(*slides) == Counter(head.title for head in heads)
    titles = [slide.title for slide in slides]
    assert len(titles) == 1 or all(title.startswith("Timeline, 20") for title in titles)


def test_without_any_date_there_is_no_timeline() -> None:
    with pytest.raises(ArchvizError, match="no network has a date"):
        draw_timeline([Head("u", "Undated")], THEME)


def test_all_bundled_networks_hold() -> None:
    holds([network(name).head for name in names()])


def test_years_that_are_narrow_share_a_label() -> None:
    heads = [head(f"N{year}", str(year)) for year in range(1958, 2027, 3)]
    holds(heads)
    scene = draw_timeline(heads, THEME)
    assert any("–" in text.text for text, _ in collect(scene.items).texts)


DATES = st.one_of(
    st.builds("{}".format, st.integers(1958, 2026)),
    st.builds("{}-{:02}".format, st.integers(2012, 2026), st.integers(1, 12)),
    st.builds("2017-0{}-{:02}".format, st.integers(5, 7), st.integers(1, 28)),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "ResNet-50", "W" * 14]), DATES), min_size=1, max_size=40
    )
)
@settings(max_examples=examples(60), deadline=None)
def test_random_dates_hold(entries: list[tuple[str, str]]) -> None:
    holds([head(f"{title} {n}", date) for n, (title, date) in enumerate(entries)])


@pytest.mark.long
@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3])
def test_legend_timeline_and_table_of_all_networks_fit_on_their_slides(aspect: float) -> None:
    nets = [archviz.load(resolve(name)) for name in names()]
    pages = deck_pages([(net.network, net.analysis) for net in nets], THEME, aspect)
    front = [page for page in pages if page.title.startswith(("Legend", "Timeline", "Networks in"))]
    assert len(front) >= 3
    for page in front:
        assert violations(page.scene) == [], page.title
        assert min(text.size for text, _ in collect(page.scene.items).texts) >= 16, page.title


def test_figures_and_timelines_say_the_same_year() -> None:
    text = "title: N\nyear: 2017\ndate: 2016-11-16\nnetwork: [input 8x8x3, conv 3x3 4]"
    net = load_text(text)
    assert net.info()["year"] == 2016
    assert "N (2016)" in net.svg(title=True)
    assert "N (2016): " in net.scene().description
    timeline = draw_timeline([net.network.head, head("M", "2016")], THEME)
    words = {text.text for text, _ in collect(timeline.items).texts}
    assert {"Nov 2016", "2016"} <= words
    assert "2017" not in words
