"""Slides: nothing below 12 pt, nothing outside, in every shape and theme."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import bundled
import pytest
from bundled import loaded, of_each
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invariants import collect, violations
from random_specs import specs

from archviz.catalog import classics
from archviz.language.expand import network_from_text
from archviz.layout.deck import by_publication, deck_pages, speaker_notes
from archviz.layout.densities import slide_theme
from archviz.layout.legend import Used
from archviz.layout.legend_slides import legend_slides
from archviz.layout.page import Options, draw_network
from archviz.layout.slides import LEAST_TEXT, network_slides
from archviz.layout.style import Style
from archviz.looks import DETAILS
from archviz.network.analysis import analyse
from archviz.scene.scene import Connector, Group, Page, Scene, Shape, extent
from archviz.scene.slide_form import own_form
from archviz.scene.theme import load_theme

THEME = load_theme()
CLASSICS = classics(appendix=True)


def smallest_text(scene: Scene) -> float:
    return min(text.size for text, _ in collect(scene.items).texts)


def cut_off(scene: Scene) -> list[str]:
    """Texts that end in dots, or lines of them; those between two numbers have blanks around."""
    shown = [line for text, _ in collect(scene.items).texts for line in text.text.split("\n")]
    return [text for text in shown if text.endswith("…") and not text.endswith(" …")]


@pytest.fixture(scope="module")
def deck() -> list[Page]:
    return deck_pages([loaded(name) for name in CLASSICS], THEME)


@pytest.mark.parametrize("full", [False, True], ids=["compact", "full"])
@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3])
@pytest.mark.parametrize("name", of_each())
def test_no_label_is_below_12_pt_and_nothing_collides(name: str, aspect: float, full: bool) -> None:
    for slide in bundled.slides(name, aspect, full):
        assert smallest_text(slide) >= LEAST_TEXT
        assert violations(slide) == []
        assert cut_off(slide) == []
        assert slide.height == 720
        assert slide.width == pytest.approx(720 * aspect, abs=0.01)


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3])
def test_the_whole_deck_holds(aspect: float, deck: list[Page]) -> None:
    networks = [loaded(name) for name in CLASSICS]
    pages = deck if aspect == 16 / 9 else deck_pages(networks, THEME, aspect)
    assert len({page.title for page in pages}) == len(pages)
    for number, page in enumerate(pages, 1):
        assert violations(page.scene) == [], page.title
        assert (str(number) in texts(page.scene)) == (number > 1), page.title
        assert smallest_text(page.scene) >= LEAST_TEXT, page.title
        assert cut_off(page.scene) == [], page.title
        assert page.notes


def test_what_a_deck_leaves_out_is_said_whole() -> None:
    slide = slide_theme(THEME)
    style, form = Style(slide, slide.metric("unit")), own_form(4 / 3)
    words = [f"thing number {number}" for number in range(16)]
    slides = legend_slides(Used(repeats=True), style, form, f"Not shown: {', '.join(words)}")
    said = " ".join(texts(slides[0]))
    assert all(word in said for word in words)
    assert violations(slides[0]) == []


def test_the_deck_is_in_the_order_of_publication(deck: list[Page]) -> None:
    titles = [page.title for page in deck if ": " not in page.title]
    assert titles[1:4] == ["Legend", "Timeline", "Networks in Keras"]
    assert titles[4:] == [
        "LeNet-5 (1998)",
        "AlexNet (2012)",
        "VGG-16 (2014)",
        "Inception-v1 (2014)",
        "Inception-v3 (2015)",
        "ResNet-50 (2015)",
        "Inception-v4 (2016)",
        "Inception-ResNet-v2 (2016)",
        "Xception (2016)",
        "ResNeXt-50 (2016)",
        "Network In Network (2013)",
    ]


def test_every_layer_and_module_of_the_figure_stands_on_a_slide() -> None:
    network, analysis = loaded("inception_v4")
    slides = network_slides(network, analysis, THEME)
    assert len(slides) > 1

    def groups(items: tuple[Any, ...]) -> list[Group]:
        found = []
        for item in items:
            if isinstance(item, Group):
                found += [item, *groups(item.items)]
        return found

    every = [group for slide in slides for group in groups(slide.items)]
    panels = {group.key for group in every if group.role == "panel"}
    assert panels == set(network.modules)
    figure = draw_network(network, analysis, Options(THEME, legend=False))
    keys = [group.key for group in groups(figure.items) if group.role in ("layer", "module")]
    on_slides = [group.key for group in every if group.role in ("layer", "module")]
    assert sorted(on_slides) == sorted(keys)


def test_a_row_that_goes_on_leaves_one_slide_and_enters_the_next() -> None:
    layers = [f"conv 3x3 {8 * n} same" for n in range(1, 160)]
    spec = {"title": "Long", "network": ["input 32x32x3", *layers]}
    network = network_from_text(json.dumps(spec), "long.yaml")
    first, second = network_slides(network, analyse(network), THEME)
    assert second.title == "Long: main row, continued"

    def ports(scene: Scene) -> tuple[set[str], list[Connector]]:
        found = collect(scene.items)
        ids = {shape.id for shape, _ in found.shapes if shape.role == "port"}
        return {i for i in ids if i.startswith("row")}, found.connectors

    out, lines = ports(first)
    assert [line for line in lines if line.target in out and line.head]
    into, lines = ports(second)
    assert [line for line in lines if line.source in into and line.head]


def test_speaker_notes_say_where_things_come_from() -> None:
    network, analysis = loaded("resnet50")
    notes = speaker_notes(network, analysis)
    for part in ("Kaiming He", "Deep Residual Learning", "arxiv.org/abs/1512.03385", "25,636,712"):
        assert part in notes


def test_equal_dates_are_ordered_by_size() -> None:
    found = by_publication([loaded("inception_resnet_v2"), loaded("inception_v4")])
    assert [network.head.name for network, _ in found] == ["inception_v4", "inception_resnet_v2"]


def texts(scene: Scene) -> list[str]:
    return [text.text for text, _ in collect(scene.items).texts]


@pytest.mark.parametrize("aspect", [16 / 9, pytest.param(4 / 3, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", of_each())
def test_full_detail_says_on_slides_what_it_says_in_the_figure(name: str, aspect: float) -> None:
    network, analysis = loaded(name)
    figure = draw_network(network, analysis, Options(THEME, legend=False, detail=DETAILS))
    on_slides = [
        note  # lines of notes are as wide as their panel
        for s in bundled.slides(name, aspect, True)
        for text in texts(s)
        for note in text.split(" · ")
    ]
    said = [note for text in texts(figure) for note in text.split(" · ")]
    signs = ("filters", "params", "×", "/")
    captions = {text for text in said if any(sign in text for sign in signs)}
    whole = {text for text in captions if not text.startswith("conv")}  # labels may be broken
    assert whole
    words = {word for text in on_slides for word in text.split()}  # lines break elsewhere
    assert {word for text in whole for word in text.split()} <= words
    cut = [text for text in on_slides if text.rstrip().endswith("…")]
    whole_ranges = [text for text in cut if not text[0].isdigit()]  # those of shapes may be broken
    assert not whole_ranges


def test_a_deck_without_its_legend(deck: list[Page]) -> None:
    bare = deck_pages([loaded(name) for name in CLASSICS], THEME, legend=False)
    others = [page for page in deck if page.title != "Legend"]
    assert [page.title for page in bare] == [page.title for page in others]
    for page, other in zip(bare, others, strict=True):  # all but their numbers
        assert page.scene.items[:-1] == other.scene.items[:-1] or "cover" in str(page.scene.items)


@pytest.mark.long
@given(specs(), st.sampled_from([16 / 9, 4 / 3]), st.booleans())
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
def test_random_networks_fit_on_slides(spec: dict[str, Any], aspect: float, full: bool) -> None:
    network = network_from_text(json.dumps(spec, ensure_ascii=False), "random.yaml")
    for slide in network_slides(network, analyse(network), THEME, aspect, DETAILS * full):
        if smallest_text(slide) >= LEAST_TEXT:  # else a single box was wider than a slide
            assert violations(slide) == []


def test_a_panel_too_wide_for_a_slide_is_wrapped() -> None:
    layers = [f"conv 3x3 {8 * n} same" for n in range(1, 31)]
    spec = {
        "title": "Long",
        "modules": {"long": {"layers": layers}},
        "network": ["input 32x32x3", "long"],
    }
    network = network_from_text(json.dumps(spec), "long.yaml")
    (slide,) = network_slides(network, analyse(network), THEME)
    assert smallest_text(slide) >= LEAST_TEXT
    found = collect(slide.items)
    rows = {shape.y for shape, _ in found.shapes if shape.role == "conv"}
    assert len(rows) >= 3
    panel = next(s for s, _ in found.shapes if isinstance(s, Shape) and s.role == "panel")
    assert panel.width < slide.width


LONG = [f"conv 3x3 {8 * number} same" for number in range(1, 15)] + ["conv 1x1 8"]
TOO_LONG = {
    "residual": [{"residual": LONG}],
    "towers": [{"towers": [LONG, ["conv 1x1 8"], LONG[5:]]}],
    "repeat": [{"repeat": 2, "of": LONG}],
    "a repeat in a residual": [{"residual": ["conv 1x1 8", {"repeat": 3, "of": LONG}]}],
    "among others": ["conv 1x1 8", {"residual": LONG}, "conv 1x1 8", {"repeat": 2, "of": LONG}],
}


@pytest.mark.parametrize("inside", [False, True], ids=["row", "panel"])
@pytest.mark.parametrize("layers", TOO_LONG.values(), ids=TOO_LONG)
def test_what_is_longer_than_a_slide_wraps_inside(layers: list[Any], inside: bool) -> None:
    spec: dict[str, Any] = {"title": "Long", "network": ["input 32x32x8", *layers, "relu"]}
    if inside:
        spec["modules"] = {"m": {"layers": layers}}
        spec["network"] = ["input 32x32x8", "m"]
    network = network_from_text(json.dumps(spec), "long.yaml")
    for slide in network_slides(network, analyse(network), THEME):
        assert smallest_text(slide) >= LEAST_TEXT
        assert violations(slide) == []


def panels_of(slide: Scene) -> list[str]:
    return [one.name for one in slide.items if isinstance(one, Group) and one.role == "panel"]


def test_a_family_of_modules_stays_together() -> None:
    slides = network_slides(*loaded("inception_v4"), THEME)
    assert [panels_of(slide) for slide in slides] == [
        ["Stem"],
        ["Inception-A", "Inception-B", "Inception-C"],
        ["Reduction-A", "Reduction-B"],
    ]


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3])
def test_no_panel_stands_alone_where_two_slides_can_share(aspect: float) -> None:
    for name in ("inception_v4", "xception", "ddpm", "retinanet", "detr", "transformer"):
        *_, last = network_slides(*loaded(name), THEME, aspect)
        assert len(panels_of(last)) > 1 or row_of(last), name


def row_of(slide: Scene) -> list[Group]:
    return [one for one in slide.items if isinstance(one, Group) and one.role == "row"]


@pytest.mark.parametrize(
    ("aspect", "full"),
    [(16 / 9, False), (16 / 9, True), (4 / 3, False)],
    ids=["wide", "wide-full", "narrow"],
)
def test_a_u_is_whole_on_its_first_slide(aspect: float, full: bool) -> None:
    first, *others = network_slides(*loaded("unet"), THEME, aspect, DETAILS * full)
    assert texts(first).count("max-pool") == 4
    assert texts(first).count("concat") == 4
    assert len(others) == full  # without details the panel stands below it
    assert not any("max-pool" in texts(slide) for slide in others)


def test_a_u_that_no_slide_holds_at_12_pt_is_a_row_with_its_skips_by_name() -> None:
    slides = network_slides(*loaded("unet"), THEME, 4 / 3, DETAILS)
    assert min(map(smallest_text, slides)) >= LEAST_TEXT
    said = Counter(text for slide in slides for text in texts(slide))
    assert said["max-pool"] == said["concat"] == 4
    assert [said[f"skip {number}"] for number in (1, 2, 3, 4)] == [2, 2, 2, 2]


@pytest.mark.parametrize("aspect", [16 / 9, 4 / 3])
@pytest.mark.parametrize("name", of_each())
def test_what_is_drawn_stands_in_the_middle(name: str, aspect: float) -> None:
    for slide in bundled.slides(name, aspect, False):
        drawn = [one for one in slide.items if getattr(one, "role", "") in ("row", "panel")]
        if not any(isinstance(one, Group) and one.role == "notes" for one in slide.items):
            continue
        left, _, right, _ = extent(drawn)
        assert (left + right) / 2 == pytest.approx(slide.width / 2, abs=1), name
