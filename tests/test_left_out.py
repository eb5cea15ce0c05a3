"""The line under a legend that says what a figure leaves out."""

from __future__ import annotations

from typing import Any

import pytest

import archviz
from archviz.scene.scene import Text, leaves

SPEC = "title: A\nnetwork: [input 8x8x3, conv 3x3 4 relu, {}flatten, dense 10]\n"


def said(spec: str, **options: Any) -> list[str]:
    items = leaves(archviz.load_text(spec).scene(**options).items)
    return [item.text for item in items if isinstance(item, Text) and item.text.startswith("Not ")]


@pytest.mark.parametrize(
    ("between", "detail", "wanted"),
    [
        ("", "compact", "Not shown: filters, strides, padding, biases, flatten"),
        ("", "full", "Not shown: padding, biases, flatten"),
        ("dropout 0.5, ", "full", "Not shown: padding, biases, dropout, flatten"),
    ],
)
def test_the_legend_says_what_is_left_out(between: str, detail: str, wanted: str) -> None:
    assert said(SPEC.format(between), detail=detail) == [wanted]


def test_it_belongs_to_the_legend_and_says_nothing_where_all_is_shown() -> None:
    assert said(SPEC.format(""), legend=False) == []
    assert said("title: A\nnetwork: [input 8, relu]\n") == []


def test_badges_without_a_note_are_said() -> None:
    hidden = SPEC.format("") + "figure:\n  hide-badges: [conv]\n"
    assert said(hidden)[0].endswith("flatten, badges of convolution")
    assert said(hidden + "  notes: [ReLU follows each convolution.]\n")[0].endswith("flatten")


def test_the_end_of_a_fork_is_not_left_out() -> None:
    fork = "{fork: [conv 1x3 4 same, conv 3x1 4 same]}"
    fork = f"{{towers: [conv 1x1 4, [conv 1x1 4, {fork}]], merge: concat}}, "
    assert said(SPEC.format(fork))[0].endswith("biases, flatten")


def test_biases_are_left_out_only_where_there_are_any() -> None:
    one = SPEC.format("").replace("4 relu", "4 no-bias relu")
    none = one.replace("10", "10 no-bias")
    assert "biases" in said(one)[0]
    assert said(none) == ["Not shown: filters, strides, padding, flatten"]
