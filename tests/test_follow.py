"""The way of a value: which layers run, and what a place of each depends on."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest

import archviz
from archviz import catalog
from archviz.layout.following import memory_text, with_way
from archviz.network.follow import follow
from archviz.network.reach import Sort
from archviz.scene.scene import groups_in

FIELDS = {
    "alexnet": 195,
    "vgg16": 212,
    "mobilenet_v1": 315,
    "resnet50": 483,
    "resnet101": 1027,
    "resnet152": 1507,
    "inception_v2": 699,
    "inception_v3": 1311,
    "inception_v4": 2071,
    "inception_resnet_v2": 3039,
}
"""Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill
2019: of the last map, in a table of theirs."""


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_fields_are_the_published_ones(name: str) -> None:
    net = archviz.load(name)
    main = {id(row) for row in net.analysis.rows}
    windows = [
        one.reach.sizes
        for one in follow(net.network, net.analysis).passages
        if one.reach.sort is Sort.WINDOW and id(one.row) in main
    ]
    assert windows[-1] == (FIELDS[name],) * 2


def test_all_layers_that_run_are_passed_in_their_order() -> None:
    for name in catalog.names():
        net = archviz.load(name)
        passed = [one.row for one in follow(net.network, net.analysis).passages]
        assert len(passed) == len(net.analysis.rows) + len(net.analysis.auxiliary_rows)
        main = [row for row in passed if any(row is own for own in net.analysis.rows)]
        assert main == list(net.analysis.rows)


def spec_of(layers: Sequence[str], size: int) -> str:
    return f"title: t\nnetwork:\n  - input {size}x1x1\n" + "".join(f"  - {one}\n" for one in layers)


def brute_force(ops: Sequence[tuple[int, int, int, int]], size: int) -> int:
    """The widest span of the input that a place depends on; ops: kernel, stride, dilation, pad."""
    places = [{index} for index in range(size)]
    for kernel, stride, dilation, pad in ops:
        padded = [set[int]() for _ in range(pad)] + places + [set[int]() for _ in range(pad)]
        span = (kernel - 1) * dilation + 1
        starts = range(0, len(padded) - span + 1, stride)
        places = [set().union(*padded[start : start + span : dilation]) for start in starts]
    return max(max(place) - min(place) + 1 for place in places if place)


def test_a_receptive_field_is_what_place_by_place_comes_to() -> None:
    choose = random.Random(7)
    for _ in range(60):
        ops = [
            (choose.choice((1, 2, 3, 5)), choose.choice((1, 1, 2, 3)), choose.choice((1, 1, 2)), 0)
            for _ in range(choose.randint(1, 4))
        ]
        ops = [(k, s, d, choose.randint(0, (k - 1) * d)) for k, s, d, _ in ops]
        layers = [f"conv {k}x1 1 stride={s}x1 dilation={d}x1 pad={p},{p},0,0" for k, s, d, p in ops]
        size = 400
        net = archviz.load_text(spec_of(layers, size))
        reach = follow(net.network, net.analysis).passages[-1].reach
        assert reach.sizes[0] == brute_force(ops, size), layers


def test_ways_that_meet_are_put_together_with_their_offsets() -> None:
    towers = (
        "title: t\nnetwork:\n  - input 40x40x4\n"
        "  - towers:\n    - conv 3x3 4 pad=2,0,2,0\n    - conv 3x3 4 pad=0,2,0,2\n"
    )
    net = archviz.load_text(towers)
    merged = follow(net.network, net.analysis).passages[-1].reach
    assert merged.axes == ((1, -2, 2),) * 2 and merged.sizes == (5, 5)


@pytest.mark.parametrize(
    ("layers", "sort"),
    [
        (["conv 3x3 4 same", "global-avg-pool"], Sort.WHOLE),
        (["conv 1x1 4 stride=2", "global-avg-pool"], Sort.UNKNOWN),  # every other place is unseen
        (["conv 3x3 4 same", "upsample 2"], Sort.UNKNOWN),
        (["conv 3x3 4 same", "flatten", "dense 3"], Sort.WHOLE),
        (["conv 4x4 4 stride=4", "reshape 64x4", "attention 1"], Sort.WHOLE),
        (["global-avg-pool", "dense 3"], Sort.WHOLE),
    ],
)
def test_what_sees_all_and_what_is_unknown(layers: list[str], sort: Sort) -> None:
    text = f"title: t\nnetwork: [input 32x32x4, {', '.join(layers)}]\n"
    net = archviz.load_text(text)
    assert follow(net.network, net.analysis).passages[-1].reach.sort is sort


def test_words_see_what_stands_before_them() -> None:
    net = archviz.load("gpt2")
    sorts = [one.reach.sort for one in follow(net.network, net.analysis).passages]
    assert [sort for sort, _ in itertools.groupby(sorts)] == [Sort.WINDOW, Sort.BEFORE]


def test_the_scene_says_what_each_layer_does() -> None:
    net = archviz.load("resnet50")
    scene = with_way(net.scene(), net.network, net.analysis)
    (first,) = [visit for visit in scene.visits if visit.path == "conv1"]
    assert first.what == "conv 7×7: convolution, 64 filters, stride 2, batch normalisation, ReLU"
    assert dict(first.facts) == {
        "Input": "230×230×3",
        "Output": "112×112×64",
        "Parameters": "9,728",
        "Multiply-adds": "118,013,952",
        "Activations": "3.21 MB",
        "Receptive field": "7×7",
    }
    keys = {group.key for group in groups_in(scene.items)}
    for visit in scene.visits:
        assert visit.keys[-1] in keys or visit.path.startswith(("zero-pad", "flatten", "dropout"))
    places = {place.key: dict(place.facts) for place in scene.places}
    assert places["network/5"] == {"Activations": "3.21 MB", "Receptive field": "19×19"}
    shared = places["modules/identity-block/main/1"]
    assert shared == {"Activations": "803 kB to 100 kB", "Receptive field": "27×27 to 483×483"}


@pytest.mark.parametrize(
    ("shape", "text"),
    [((10,), "40 B"), ((56, 56, 64), "803 kB"), ((112, 112, 64), "3.21 MB"), ((250,), "1 kB")],
)
def test_memory_is_four_bytes_a_value(shape: tuple[int, ...], text: str) -> None:
    assert memory_text(shape) == text
