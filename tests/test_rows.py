"""Rows: where a long main row goes on in a next line, and how panels and legends stand in rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from amounts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import collect, violations

from archviz.catalog import classics, resolve
from archviz.language.expand import load_network, network_from_text
from archviz.layout.blocks import Block
from archviz.layout.breaks import UNNATURAL, break_blocks
from archviz.layout.canvas import Canvas
from archviz.layout.legend import Entry, Section
from archviz.layout.legend_places import Placed, place_strip, strip_lines
from archviz.layout.packing import pack
from archviz.layout.page import Options, draw_network
from archviz.layout.panels import Panel
from archviz.layout.style import Style
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.network.model import Module
from archviz.scene.scene import Group, Scene, groups_in, shapes_in
from archviz.scene.theme import load_theme

THEME = load_theme()
STYLE = Style(THEME, THEME.metric("unit"))


def draw(spec: dict[str, Any], **options: Any) -> Scene:
    network = network_from_text(json.dumps(spec), "row.yaml")
    return draw_network(network, analyse(network), Options(THEME, **options))


def row_of(scene: Scene) -> list[list[str]]:
    """Labels of the boxes of a plain main row, line by line."""
    (row,) = [item for item in scene.items if isinstance(item, Group) and item.role == "row"]
    lines: dict[float, list[str]] = {}
    for shape in shapes_in([row]):
        if shape.form == "rect" and shape.role not in ("port", "ground"):
            middle = round(shape.y + shape.height / 2, 1)
            lines.setdefault(middle, []).append(" ".join(shape.lines))
    return list(lines.values())


def panel_rows(scene: Scene) -> list[list[str]]:
    rows: dict[float, list[str]] = {}
    for group in groups_in(scene.items):
        if group.role == "panel":
            title = next(text for text, _ in collect(group.items).texts if text.role == "title")
            rows.setdefault(title.y, []).append(group.key)
    return list(rows.values())


@pytest.mark.parametrize("name", classics(appendix=True))
@pytest.mark.parametrize("full", [False, True])
def test_the_rows_of_the_classics_are_one_line(name: str, full: bool) -> None:
    network = load_network(resolve(name))
    scene = draw_network(network, analyse(network), Options(THEME, detail=DETAILS * full))
    back = [way for way in collect(scene.items).connectors if way.points[0][0] > way.points[-1][0]]
    assert back == []


@pytest.mark.parametrize(("layers", "lines"), [(15, [16]), (16, [9, 8]), (40, [14, 14, 13])])
def test_a_row_of_more_than_sixteen_boxes_goes_on_in_a_next_line(
    layers: int, lines: list[int]
) -> None:
    scene = draw({"title": "L", "network": ["input 9x9x8", *["conv 3x3 8 same"] * layers]})
    found = [len(line) for line in row_of(scene)]
    assert len(found) == len(lines) and max(found) - min(found) <= 1
    assert violations(scene) == []


def test_lines_begin_behind_repeats_poolings_and_with_stages() -> None:
    layers = ["conv 3x3 8 same", "conv 1x1 8", "conv 3x3 8 same"]
    body = ["input 64x64x8", *layers * 3, "max-pool 2x2", *layers * 3, "global-avg-pool"]
    first, second = row_of(draw({"title": "P", "network": body}))
    assert first[-1] == "max-pool 2×2" and len(first) == 11 and len(second) == 10
    body = ["input 64x64x8", *layers * 3, {"repeat": 3, "of": layers[0]}, *layers * 4]
    first, second = row_of(draw({"title": "R", "network": body}))
    assert len(first) == 11 and len(second) == 12
    stages = [{"stage": f"S{n}", "of": layers * n} for n in (3, 1, 3)]
    first, second = row_of(draw({"title": "S", "network": ["input 64x64x8", *stages]}))
    assert len(first) == 10 and len(second) == 12


class Plain(Block):
    def __init__(self, width: float, behind: bool = False) -> None:
        self.width, self.behind = width, behind


SIZES = st.lists(st.floats(10, 300), min_size=1, max_size=25)


def longest_line(
    widths: list[float], count: int, tapped: frozenset[int], starts: frozenset[int]
) -> float:
    """The longest line of the best way to break a row: all ways are tried, one line at a time."""
    number, never = len(widths), float("inf")
    best = [0.0, *[never] * number]
    for _ in range(count):
        following = [0.0, *[never] * number]
        for stop in range(1, number + 1):
            if stop < number and stop - 1 in tapped and stop not in starts:
                continue
            for start in range(stop - 1, -1, -1):
                line = sum(widths[start:stop])
                following[stop] = min(following[stop], max(best[start], line))
                if start in starts:
                    break
        best = [min(pair) for pair in zip(best, following, strict=True)]
    return best[number]


@given(SIZES, st.integers(1, 8), st.data())
@settings(max_examples=examples(400))
def test_lines_are_as_short_as_can_be_and_alike(
    sizes: list[float], count: int, data: st.DataObject
) -> None:
    numbers = st.frozensets(st.integers(1, max(1, len(sizes) - 1)), max_size=5)
    inside = numbers.map(lambda some: frozenset(n for n in some if n < len(sizes)))
    starts, natural = data.draw(inside), data.draw(inside)
    tapped = frozenset(n - 1 for n in data.draw(inside))
    slack = data.draw(st.sampled_from([0.0, 0.15]))
    blocks = [Plain(size) for size in sizes]
    spans = break_blocks(blocks, count, STYLE, tapped, starts, natural, slack)
    assert [n for start, stop in spans for n in range(start, stop)] == list(range(len(sizes)))
    assert starts <= {start for start, _ in spans}
    assert all(start in starts or start - 1 not in tapped for start, _ in spans[1:])
    gap = STYLE.gap(1)
    widths = [size + gap for size in sizes]
    lengths = [sum(widths[start:stop]) for start, stop in spans]
    least = longest_line(widths, max(count, len(starts) + 1), tapped, starts)
    assert max(lengths) <= least * (1 + slack) * 1.001


@given(st.integers(1, 200), st.integers(1, 12))
def test_lines_of_equal_blocks_differ_by_one_block(number: int, count: int) -> None:
    spans = break_blocks([Plain(80.0)] * number, count, STYLE)
    lengths = [stop - start for start, stop in spans]
    assert max(lengths) - min(lengths) <= 1


def test_a_natural_place_is_taken_where_it_is_near() -> None:
    near, far = int(20 * UNNATURAL / 2), 5
    blocks = [Plain(80.0)] * 40
    for away, taken in ((near, True), (far, False)):
        natural = frozenset({20 - away})
        (_, stop), _ = break_blocks(blocks, 2, STYLE, natural=natural, slack=0.15)
        assert (stop == 20 - away) is taken, away


def panel(width: float, height: float, color: str = "green") -> Panel:
    module = Module("m", "m", "M", color, None)  # type: ignore[arg-type]
    box = height - STYLE.px(0.48) - STYLE.row_gap(0.52)
    return Panel(module, Block(), STYLE, width, box, box / 2, 0.0, 0.0)


PANELS = st.lists(
    st.builds(
        panel,
        st.floats(100, 900),
        st.floats(100, 600),
        st.sampled_from(["yellow", "green", "orange"]),
    ),
    max_size=14,
)


def length_of(row: Sequence[Panel], gap: float) -> float:
    return sum(one.width for one in row) + gap * (len(row) - 1)


@given(PANELS, st.floats(300, 2500))
def test_rows_of_panels_keep_their_order_and_fit(panels: list[Panel], width: float) -> None:
    rows = pack(panels, width, 36.0)
    assert [one for row in rows for one in row] == panels
    assert all(len(row) == 1 or length_of(row, 36.0) <= width + 1e-6 for row in rows)


@given(st.integers(2, 24), st.floats(300, 2500))
def test_no_panel_is_lonely_beside_a_long_row(count: int, width: float) -> None:
    rows = pack([panel(200, 150) for _ in range(count)], width, 36.0)
    counts = [len(row) for row in rows]
    assert max(counts) - min(counts) <= 2


@pytest.mark.parametrize("first", ["yellow", "green"])
def test_six_panels_where_five_fit_are_three_and_three(first: str) -> None:
    colors = [first, *["green"] * 5]
    heights = [100, *[300] * 5]  # a row of its own would be lower for the first
    panels = [panel(200, h, c) for h, c in zip(heights, colors, strict=True)]
    assert [len(row) for row in pack(panels, 1180, 36.0)] == [3, 3]


def test_panels_may_be_wider_than_the_row() -> None:
    body = ["conv 3x3 8 same", "conv 1x1 8", "conv 3x3 8 same", "conv 1x1 8"]
    modules = {name: {"layers": body} for name in ("first", "second")}
    scene = draw({"title": "W", "modules": modules, "network": ["input 9x9x8", "first", "second"]})
    assert panel_rows(scene) == [["first", "second"]]


@given(
    st.lists(st.lists(st.floats(20, 300), min_size=1, max_size=7), min_size=1, max_size=6),
    st.floats(200, 1500),
)
def test_the_lines_of_a_legend_are_few_and_alike(sizes: list[list[float]], width: float) -> None:
    nothing = Entry(0.0, "", lambda canvas, x, y: None)
    entries = [
        Placed(nothing, size, 28.0 if index else 48.0, index > 0)
        for section in sizes
        for index, size in enumerate(section)
    ]
    lines = strip_lines(entries, width)
    assert [one for line in lines for one in line] == entries

    def length(line: Sequence[Placed]) -> float:
        return sum(one.length for one in line) + sum(one.before for one in line[1:])

    assert all(len(line) == 1 or length(line) <= width for line in lines)
    greedy, x = 1, 0.0
    for one in entries:
        x += (one.before if x else 0.0) + one.length
        if x > width and x > one.length:
            greedy, x = greedy + 1, one.length
    assert len(lines) == greedy
    if len(lines) != 2 or len(entries) > 12:
        return
    ways = [(entries[:at], entries[at:]) for at in range(1, len(entries))]
    ways = [way for way in ways if all(length(line) <= width for line in way)]
    differences = [abs(length(one) - length(two)) / width for one, two in ways]
    if differences:  # what is less alike than another way is so for a section's sake alone
        best = min(differences)
        assert abs(length(lines[0]) - length(lines[1])) / width <= best + 0.6


def test_a_legend_of_two_lines_keeps_its_sections_together() -> None:
    def section(name: str, count: int) -> Section:
        entry = Entry(40.0, name, lambda canvas, x, y: None)
        return Section(name, (entry,) * count)

    canvas = Canvas("legend")
    sections = [section("aaaaaa", 4), section("bbbbbb", 3), section("cccccc", 2)]
    one, _ = place_strip(sections, canvas, STYLE, 5000.0, 0.0)
    place_strip(sections, canvas := Canvas("legend"), STYLE, one - 1, 0.0)
    lines: dict[float, list[str]] = {}
    for text, _ in collect(canvas.items()).texts:
        lines.setdefault(text.y, []).append(text.text[0])
    assert ["".join(line) for line in lines.values()] == ["aaaa", "bbbcc"]
