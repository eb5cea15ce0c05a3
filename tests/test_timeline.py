"""The timeline: boxes over their moments, none on another, however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import collect, violations

import archviz
from archviz.api import load_text
from archviz.catalog import names, resolve
from archviz.layout.deck import deck_pages
from archviz.layout.page import draw_timeline
from archviz.network.model import Head
from archviz.scene.scene import Line, Scene, Shape, leaves
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
    boxes, lines = parts(scene)
    assert len(boxes) == len(heads)
    for box in boxes:  # each is reached by a line that stands over it or under it
        ends = [point for line in lines for point in line.points]
        assert any(
            box.x < x < box.x + box.width
            and (abs(y - box.y) < 0.1 or abs(y - box.y - box.height) < 0.1)
            for x, y in ends
        ), box


@pytest.mark.parametrize("date", ["2015", "2015-12-10"])
@pytest.mark.parametrize("count", [2, 3, 4, 9])
def test_networks_of_one_date_hang_on_one_line(date: str, count: int) -> None:
    heads = [head(f"ResNet-{number}", date) for number in range(count)]
    holds(heads)
    _, lines = parts(draw_timeline(heads, THEME))
    assert len({line.points[0][0] for line in lines}) == 1
    assert len({line.points for line in lines}) == len(lines)


def test_all_bundled_networks_hold() -> None:
    holds([archviz.load(resolve(name)).network.head for name in names()])


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
@settings(max_examples=60, deadline=None)
def test_random_dates_hold(entries: list[tuple[str, str]]) -> None:
    holds([head(title, date) for title, date in entries])


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
    said = {text.text for text, _ in collect(timeline.items).texts}
    assert {"Nov 2016", "2016"} <= said
    assert "2017" not in said
