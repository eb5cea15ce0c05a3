"""What a figure prints at its layers: each word of ``--detail``, and the totals."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
from bundled import loaded
from invariants import violations

import archviz
from archviz.layout.left_out import left_out
from archviz.layout.page import Options, draw_network
from archviz.layout.slides import network_slides
from archviz.looks import DETAILS, read_detail
from archviz.network.labels import rounded_count
from archviz.scene.scene import Connector, Group, Scene, Shape, groups_in, leaves, texts_in
from archviz.scene.theme import load_theme

SUBSETS = [words for count in range(6) for words in combinations(DETAILS, count)]
CALLS = """
title: Calls
modules:
  block:
    takes: [width, step]
    layers: [conv 3x3 width /step same, conv 1x1 width]
network: [input 32x32x8, block 16 1, block 32 2, block 64 2, global-avg-pool, dense 10]
"""


def figure(name: str, detail: tuple[str, ...], direction: str = "right", **more: Any) -> Scene:
    network, analysis = loaded(name)
    looks = {**network.figure.looks, "direction": direction, **more}
    network = network._replace(figure=network.figure._replace(looks=looks))
    return draw_network(network, analysis, Options(load_theme(), detail=detail))


def said(scene: Scene) -> list[str]:
    return [text.text for text in texts_in(scene.items)]


def boxes(scene: Scene) -> list[str]:
    return [" ".join(leaf.lines) for leaf in leaves(scene.items) if isinstance(leaf, Shape)]


def captions(scene: Scene, name: str) -> list[list[str]]:
    """The texts of each group called so, besides those in its box and on its badges."""
    inner = [group.items for group in groups_in(scene.items) if group.name == name]
    return [[one.text for one in items if not isinstance(one, Shape | Group | Connector)]
            for items in inner]  # type: ignore[union-attr]  # fmt: skip


@pytest.mark.parametrize("words", SUBSETS, ids="+".join)
def test_each_subset_prints_what_it_says_and_nothing_else(words: tuple[str, ...]) -> None:
    scene = figure("resnet50", words)
    first = next(text for text in boxes(scene) if text.startswith("conv 7×7"))
    more = ["64"] * ("filters" in words) + ["/2"] * ("strides" in words)
    assert first == ", ".join(["conv 7×7", *more])
    assert ("112×112×64" in said(scene)) == ("shapes" in words)
    assert ("9.73k params" in said(scene)) == ("parameters" in words)
    assert ("118M MACs" in said(scene)) == ("macs" in words)
    note = next(text for text in said(scene) if text.startswith("Not shown"))
    assert ("filters" in note) == ("filters" not in words)
    assert ("strides" in note) == ("strides" not in words)
    assert violations(scene) == []


def test_shapes_stand_only_where_they_change() -> None:
    scene = figure("resnet50", ("shapes",))
    assert captions(scene, "conv 7×7") == [["112×112×64"]]
    assert captions(scene, "max-pool 3×3") == [["56×56×64"]]
    assert said(scene).count("28×28×512") == 1
    assert captions(scene, "dense 1000") == [["1000"]]


def test_a_panel_of_calls_that_differ_says_all_of_them() -> None:
    net = archviz.load_text(CALLS, "calls.yaml")
    scene = net.scene(detail="full")
    inside = [text for text in boxes(scene) if text.startswith("conv")]
    assert inside == ["conv 3×3, 16–64, /1 or /2", "conv 1×1, 16–64"]
    texts = said(scene)
    assert "32×32×16" in texts
    assert "… 8×8×64" in texts
    assert "1.17k–18.5k params" in texts
    two = archviz.load_text(CALLS.replace(", block 64 2", ""), "calls.yaml").scene(detail="shapes")
    assert "or 16×16×32" in said(two)
    same = archviz.load_text(CALLS.replace(" 2", " 1"), "calls.yaml").scene(detail="shapes")
    assert "32×32×16–64" in said(same)


def test_where_no_wire_leaves_the_shape_is_a_caption() -> None:
    text = "title: Map\nnetwork: [input 8x8x3, conv 3x3 16 same, conv 1x1 2]\n"
    scene = archviz.load_text(text, "map.yaml").scene(detail="shapes")
    places = {one.text: one for one in texts_in(scene.items)}
    (first, last) = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Shape)
                     and leaf.lines and leaf.lines[0].startswith("conv")]  # fmt: skip
    assert places["8×8×16"].box[0] > first.x + first.width
    assert places["8×8×2"].box[1] > last.y + last.height


def test_a_wide_network_differs_from_a_plain_one_with_filters() -> None:
    def drawn(width: int) -> archviz.LoadedNetwork:
        body = f"[conv 1x1 {width}, conv 3x3 {width} same, conv 1x1 256]"
        spec = f"title: R\nnetwork: [input 56x56x256, {{residual: {body}, merge: add}}]\n"
        return archviz.load_text(spec, "r.yaml")

    plain, wide = drawn(64), drawn(128)
    assert boxes(plain.scene()) == boxes(wide.scene())
    assert boxes(plain.scene(detail="filters")) != boxes(wide.scene(detail="filters"))


@pytest.mark.parametrize("name", ["resnet50", "unet", "inception_v1", "retinanet", "ddpm"])
@pytest.mark.parametrize("direction", ["right", "down", "up"])
def test_words_overlap_nothing_in_any_direction(name: str, direction: str) -> None:
    for words in (("shapes",), DETAILS):
        for merges in ("boxes", "symbols"):
            assert violations(figure(name, words, direction, merges=merges)) == []


def test_numbers_at_boxes_are_those_of_the_analysis() -> None:
    analysis = loaded("vgg16")[1]
    found = re.findall(r"^(\S+) params$", "\n".join(said(figure("vgg16", DETAILS))), re.MULTILINE)
    dense = [rounded_count(row.parameters) for row in analysis.rows if row.layer.kind == "dense"]
    assert found[-len(dense) :] == dense == ["103M", "16.8M", "4.1M"]


def test_of_a_number_nothing_is_cut_off() -> None:
    for name in ("resnet50", "mobilenet_v3_large"):
        network, analysis = loaded(name)
        scenes = [
            figure(name, DETAILS),
            *network_slides(network, analysis, load_theme(), 1.5, DETAILS),
        ]
        assert not [text for scene in scenes for text in said(scene) if text.endswith("…")]


def test_counts_are_rounded_to_three_figures() -> None:
    counts = {0: "0", 999: "999", 1000: "1k", 9408: "9.41k", 999_499: "999k", 999_500: "1M",
              25_636_712: "25.6M", 3_858_000_000: "3.86G", 8_030_261_248: "8.03G"}  # fmt: skip
    assert {count: rounded_count(count) for count in counts} == counts


def test_open_multiply_adds_are_told_as_not_shown() -> None:
    text = "title: Open\nnetwork: [input HxWx3, conv 3x3 16 same, global-avg-pool, dense 10]\n"
    net = archviz.load_text(text, "open.yaml")
    scene = net.scene(detail="macs,parameters,shapes")
    assert "448 params" in said(scene)
    assert "H×W×16" in said(scene)
    assert "multiply-adds that depend on open sides" in left_out([net.network], ("macs",))
    assert "multiply-adds" not in left_out([net.network], ("parameters",))


def test_totals_stand_under_the_title() -> None:
    net = archviz.load("resnet50")
    line = "25.6M parameters · 3.86G multiply-adds · depth 169"
    scene = net.scene(totals=True, title=True)
    title, totals = (next(one for one in texts_in(scene.items) if one.text == text)
                     for text in ("ResNet-50 (2015)", line))  # fmt: skip
    assert title.y < totals.y < min(leaf.box[1] for leaf in leaves(scene.items)
                                    if isinstance(leaf, Shape) and leaf.lines)  # fmt: skip
    assert violations(scene) == []
    assert line not in said(net.scene(title=True))
    assert line in said(net.scene(totals=True, width="column"))
    assert line not in said(net.scene(totals=True, only="conv-block"))


def test_words_are_read_in_any_order_and_form() -> None:
    assert read_detail("macs, filters") == read_detail(["filters", "macs"]) == ("filters", "macs")
    assert read_detail("compact") == ()
    assert read_detail("full") == read_detail(["full", "macs"]) == DETAILS
    for wrong in ("strdes", "", "compact,macs", ["filters", "x"]):
        with pytest.raises(ValueError, match="detail"):
            read_detail(wrong)
    with pytest.raises(ValueError, match="did you mean 'strides'\\? There are filters, strides"):
        read_detail("strdes")
