"""Charts: bubbles where their numbers are, as large as these are, and labels that touch nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import hypot, log10, pi

import pytest
from amounts import examples
from bundled import loaded
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import archviz
from archviz import catalog
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.layout.chart import chart_figure, chart_items, chart_slides
from archviz.layout.chart_axes import axis_of
from archviz.layout.chart_data import Chart, Dot, chart_of
from archviz.layout.chart_labels import Circle, place_labels
from archviz.layout.page import Options, Place
from archviz.layout.style import Style
from archviz.network.head import Accuracy, Head
from archviz.network.numbers import NUMBERS, Proven
from archviz.scene.scene import Box, Line, Scene, Shape, Text, groups_in, leaves
from archviz.scene.slide_form import own_form
from archviz.scene.theme import load_theme

THEME = load_theme()
INCH = 96.0
SLACK = 0.05


def nets(*names: str) -> list[Proven]:
    return [*map(loaded, names)]


CLASSICS = nets(*catalog.classics())
ALL = nets(*catalog.names())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def field(scene: Scene) -> Box:
    (frame,) = (one for one in leaves(scene.items) if isinstance(one, Line) and one.role == "axis")
    return frame.box


def bubbles(scene: Scene) -> dict[str, Shape]:
    """The bubbles of networks, by the names of these."""
    found = {}
    for group in groups_in(scene.items):
        if group.role == "layer":
            (shape,) = group.items
            assert isinstance(shape, Shape)
            found[group.name] = shape
    return found


def labels(scene: Scene) -> dict[str, Text]:
    found = [one for one in leaves(scene.items) if isinstance(one, Text) and one.role == "label"]
    assert len({text.text for text in found}) == len(found)
    return {text.text: text for text in found}


def ticks(scene: Scene) -> Iterator[tuple[str, float, bool]]:
    """What is written at the axes, where its line is, and whether that is upright."""
    lines = [one for one in leaves(scene.items) if isinstance(one, Line) and one.role == "grid"]
    texts = [one for one in leaves(scene.items) if isinstance(one, Text) and one.role == "caption"]
    assert len(lines) == len(texts)
    for line in lines:
        (x0, y0), (x1, _) = line.points
        upright = x0 == x1
        text = min(texts, key=lambda one: abs(one.x - x0) if upright else abs(one.y - y0))
        yield text.text, x0 if upright else y0, upright


def apart(box: Box, circle: Circle) -> float:
    x = min(max(circle.x, box[0]), box[0] + box[2])
    y = min(max(circle.y, box[1]), box[1] + box[3])
    return hypot(x - circle.x, y - circle.y) - circle.radius


def circle_of(shape: Shape) -> Circle:
    assert shape.width == shape.height
    return Circle(shape.x + shape.width / 2, shape.y + shape.height / 2, shape.width / 2)


def wrong(scene: Scene) -> list[str]:
    """What a chart must not have: labels over labels, bubbles, lines or the frame."""
    found = []
    frame, shapes, words = field(scene), bubbles(scene), labels(scene)
    assert shapes.keys() == words.keys()
    left, top, right, bottom = frame[0], frame[1], frame[0] + frame[2], frame[1] + frame[3]
    for name, text in words.items():
        x, y, width, height = text.box
        if not (left < x and x + width < right and top < y and y + height < bottom):
            found.append(f"{name} leaves the frame")
        found += [
            f"{name} is over the bubble of {other}"
            for other, shape in shapes.items()
            if apart(text.box, circle_of(shape)) < SLACK
        ]
    for (one, first), (other, second) in combinations(words.items(), 2):
        a, b = first.box, second.box
        across = a[0] < b[0] + b[2] and b[0] < a[0] + a[2]
        if across and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]:
            found.append(f"{one} is over {other}")
    for name, shape in shapes.items():
        x, y, width, height = shape.box
        if not (left < x and x + width < right and top < y and y + height < bottom):
            found.append(f"the bubble of {name} leaves the frame")
    leaders = [one for one in leaves(scene.items) if isinstance(one, Line) and one.role == "leader"]
    for leader in leaders:
        (x0, y0), (x1, y1) = leader.points
        steps = [(x0 + (x1 - x0) * n / 50, y0 + (y1 - y0) * n / 50) for n in range(1, 50)]
        for name, text in words.items():
            u, v, width, height = text.box
            if any(u < x < u + width and v < y < v + height for x, y in steps):
                found.append(f"a line runs through {name}")
    x, y, width, height = (0.0, 0.0, scene.width, scene.height)
    for leaf in leaves(scene.items):
        u, v, wide, high = leaf.box
        if u < -SLACK or v < -SLACK or u + wide > width + SLACK or v + high > height + SLACK:
            found.append(f"{leaf} leaves the page")
    return found


SHOWN = [("macs", "top1", "parameters"), ("parameters", "year", "macs"), ("year", "depth", "")]


@pytest.mark.parametrize("shown", SHOWN, ids="-".join)
@pytest.mark.parametrize("some", [CLASSICS, ALL[::3]], ids=["classics", "third"])
def test_labels_touch_nothing(some: list[Proven], shown: tuple[str, str, str]) -> None:
    chart = chart_of(some, *shown)
    for place in (None, Place(3.5 * INCH, 7 / 0.75), Place(7.16 * INCH, 7 / 0.75)):
        scene = chart_figure(chart, Options(THEME, place=place))
        assert wrong(scene) == []
        if place:
            assert scene.width == place.width
            assert min(t.size for t in labels(scene).values()) >= place.least_text - 0.01
    (slide,) = chart_slides(chart, THEME, own_form())
    assert wrong(slide) == []
    assert min(text.size for text in labels(slide).values()) >= 16


@pytest.mark.long
@pytest.mark.parametrize("shown", SHOWN, ids="-".join)
def test_labels_of_all_networks_touch_nothing(shown: tuple[str, str, str]) -> None:
    assert wrong(chart_figure(chart_of(ALL, *shown), Options(THEME))) == []


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**12), st.integers(1, 10**6), st.integers(0, 10**9)),
                min_size=1, max_size=14))  # fmt: skip
def test_any_numbers_have_a_chart(values: list[tuple[int, int, int]]) -> None:
    """Of more than five bubbles at one spot it may be said that their labels have no room."""
    dots = [
        Dot(Head(f"n{n}", f"Network {n}", family=f"F{n % 17}"), *row)
        for n, row in enumerate(values)
    ]
    chart = Chart(dots, "macs", "depth", "parameters", "", ())
    crowded = max(Counter(row[:2] for row in values).values()) > 5
    try:
        assert wrong(chart_figure(chart, Options(THEME))) == []
    except ArchvizError as error:
        assert crowded and "so many labels have no room" in str(error)


@pytest.mark.parametrize("shown", [("macs", "top1", "parameters"), ("depth", "year", "top5")])
def test_bubbles_stand_where_their_numbers_are(shown: tuple[str, str, str]) -> None:
    chart = chart_of(CLASSICS, *shown)
    scene = chart_figure(chart, Options(THEME))
    for upright, name in ((True, shown[0]), (False, shown[1])):
        known = [(number_of(text), at) for text, at, up in ticks(scene) if up is upright]
        assert len(known) >= 3
        log = name in ("macs", "depth")
        (low, first), (high, last) = known[0], known[-1]
        for dot in chart.dots:
            value = dot.x if upright else dot.y
            ends = [log10(one) if log else one for one in (low, high, value)]
            at = first + (ends[2] - ends[0]) / (ends[1] - ends[0]) * (last - first)
            found = circle_of(bubbles(scene)[dot.head.title])
            assert (found.x if upright else found.y) == pytest.approx(at, abs=0.05)


def number_of(text: str) -> float:
    digits, _, unit = text.partition(" ")
    return float(digits) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "%": 0.01}[unit]


def test_areas_are_in_proportion_and_the_legend_says_so() -> None:
    scene = chart_figure(chart_of(CLASSICS, "macs", "top1", "parameters"), Options(THEME))
    parameters = {net.head.title: found.totals.parameters for net, found in CLASSICS}
    each = {
        parameters[name] / (pi * circle_of(shape).radius ** 2)
        for name, shape in bubbles(scene).items()
    }
    assert max(each) == pytest.approx(min(each), rel=0.01)
    shown = [one for one in leaves(scene.items) if isinstance(one, Shape) and one.fill == "#ffffff"]
    said = [
        number_of(one.text)
        for one in leaves(scene.items)
        if isinstance(one, Text) and one.role == "legend" and re.match("[0-9]", one.text)
    ]
    assert len(said) == len(shown) > 1
    for value, shape in zip(said, shown, strict=True):
        assert value / (pi * circle_of(shape).radius ** 2) == pytest.approx(max(each), rel=0.02)


def test_a_bubble_that_is_too_small_to_be_seen_is_larger_and_that_is_said() -> None:
    chart = chart_of(nets("lenet5", "vgg16"), "macs", "depth", "parameters")
    scene = chart_figure(chart, Options(THEME))
    assert circle_of(bubbles(scene)["LeNet-5"]).radius == 2.0
    words = [one for one in leaves(scene.items) if isinstance(one, Text)]
    notes = [one.text for one in words if one.role == "note"]
    assert notes == ["Bubbles of 61.7 k or less are larger than that, to be seen."]


def test_families_have_colours_of_their_own_and_one_alone_no_legend() -> None:
    chart = chart_of(ALL, "macs", "depth", "")
    scene = chart_figure(chart, Options(THEME))
    looks = {(shape.fill, shape.pattern) for shape in bubbles(scene).values()}
    assert len(looks) == len(chart.families) > 10
    alone = chart_figure(chart_of(nets("vgg11", "vgg16"), "macs", "depth", ""), Options(THEME))
    assert not [group for group in groups_in(alone.items) if group.role == "legend"]


def test_what_states_no_such_number_is_left_out_and_named() -> None:
    done = run("chart", "vgg16", "lenet5", "densenet_bc_100", "resnet50")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "left out, since no top-1 accuracy is stated: LeNet-5",
        "left out, since their accuracy is on CIFAR-10, and that of the others ImageNet: "
        "DenseNet-BC-100-12",
    ]
    for word in ("top-1 accuracy on ImageNet", "as stated by the documentation of Keras", "VGG-16"):
        assert word in done.stdout
    assert "LeNet-5" not in done.stdout
    none = run("chart", "lenet5", "hrnet_w18")
    assert (none.exit_code, none.stdout) == (1, "")
    assert "of no network multiply-adds and top-1 accuracy and parameters are known" in none.stderr


def test_without_names_it_is_of_the_ten_and_bubbles_are_of_what_no_axis_is() -> None:
    assert {dot.head.name for dot in chart_of(CLASSICS, "macs", "top1").dots} == {
        *catalog.classics()
    } - {"lenet5"}
    plain = run("chart")
    assert plain.stdout == run("chart", *catalog.classics(), "--bubbles", "parameters").stdout
    other = run("chart", "--x", "parameters").stdout
    assert other == run("chart", "--x", "parameters", "--bubbles", "macs").stdout
    assert "area:" not in run("chart", "--bubbles", "none").stdout


@pytest.mark.parametrize("option", ["--x", "--y", "--bubbles"])
def test_an_axis_is_of_a_number(option: str) -> None:
    done = run("chart", option, "family")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'family' is no number; there are year, parameters" in done.stderr


def test_where_labels_have_no_room_that_is_told() -> None:
    heads = [Head(f"n{n}", f"A network with a long name {n}") for n in range(90)]
    dots = [Dot(head, 5.0 + n / 1e6, 0.5) for n, head in enumerate(heads)]
    chart = Chart(dots, "macs", "top1", "", "", ())
    with pytest.raises(ArchvizError, match="show fewer networks"):
        chart_slides(chart, THEME, own_form())
    assert chart_items(chart, Style(THEME, 40.0), 900.0, 100.0) is None


def test_where_one_slide_has_no_room_each_of_several_names_other_bubbles() -> None:
    chart = chart_of(ALL, "macs", "top1", "parameters")
    slides = chart_slides(chart, THEME, own_form())
    assert len(slides) > 1
    named = [text.text for slide in slides for text in labels(slide).values()]
    assert sorted(named) == sorted(dot.head.title for dot in chart.dots)
    assert all(len(bubbles(slide)) == len(chart.dots) for slide in slides)
    assert min(text.size for slide in slides for text in labels(slide).values()) >= 16


@pytest.mark.parametrize(
    ("name", "values", "log"),
    [
        ("macs", [1, 11.9], False),
        ("macs", [1, 12], True),
        ("macs", [0, 1000], False),
        ("year", [1998.0, 2024.0], False),
        ("top1", [0.01, 0.9], False),
    ],
)
def test_powers_of_ten_are_for_counts_that_differ_much(
    name: str, values: list[float], log: bool
) -> None:
    axis = axis_of(NUMBERS[name], values, 0.0, 500.0, 10.0)
    assert axis.log is log
    assert axis.at(values[0]) == pytest.approx(10.0)
    assert axis.at(values[1]) == pytest.approx(490.0)
    found = axis.ticks(50.0)
    assert 3 <= len(found) <= 11
    assert all(b.at - a.at >= 49 for a, b in pairwise(found))


def test_one_value_is_in_the_middle_of_its_axis() -> None:
    for name, value in (("macs", 5e9), ("top1", 0.7), ("year", 2015.5), ("macs", 0)):
        axis = axis_of(NUMBERS[name], [value], 0.0, 300.0, 20.0)
        assert axis.at(value) == pytest.approx(150.0)
        assert axis.ticks(40.0)


def test_bubbles_at_one_place_have_labels_that_are_led_there() -> None:
    circles = [Circle(200.0, 150.0, 8.0)] * 6
    found = place_labels(
        circles, dict.fromkeys(range(6), (80.0, 14.0)), (0.0, 0.0, 400.0, 300.0), 4.0
    )
    assert found is not None
    assert any(label.leader for label in found.values())


def test_a_tooltip_has_the_numbers() -> None:
    scene = chart_figure(chart_of(nets("resnet50"), "macs", "top1", "parameters"), Options(THEME))
    (group,) = (one for one in groups_in(scene.items) if one.role == "layer")
    assert group.detail.splitlines() == [
        "ResNet-50",
        "multiply-adds: 3,857,973,248",
        "top-1 accuracy on ImageNet: 74.9 %",
        "parameters: 25,636,712",
    ]


def test_accuracies_of_the_dataset_of_which_most_are_stated_stand_together() -> None:
    net, found = nets("vgg16")[0]

    def one(name: str, dataset: str) -> Proven:
        head = Head(name, name, accuracy=Accuracy(0.5, None, dataset))
        return net._replace(head=head), found

    chart = chart_of([one("a", "A"), one("b", "B"), one("c", "B")], "macs", "top1")
    assert ([dot.head.name for dot in chart.dots], chart.dataset) == (["b", "c"], "B")
    assert chart.left_out == [
        ("their accuracy is on A, and that of the others B", ["a"]),
    ]


def test_from_python_it_is_what_the_command_draws() -> None:
    made = archviz.chart(["vgg16", "lenet5", "resnet50"])
    assert made.svg() in run("chart", "vgg16", "lenet5", "resnet50").stdout
    assert made.left_out == [("no top-1 accuracy is stated", ["LeNet-5"])]
    other = archviz.chart(["vgg16", "resnet50"], x="depth", y="year", bubbles="")
    assert other.svg() in run(
        "chart", "vgg16", "resnet50", "--x", "depth", "--y", "year", "--bubbles", "none"
    ).stdout  # fmt: skip
    with pytest.raises(ValueError, match="'family' is no number; there are year"):
        archviz.chart(["vgg16"], x="family")
