"""Specs that ask for too much, or make no sense at all, are answered quickly and politely."""

from __future__ import annotations

import pytest
from fuzz_specs import fuzz

from archviz.errors import ArchvizError, Problem
from archviz.language.expand import network_from_text
from archviz.network.analysis import analyse

HEAD = "title: T\n"
NET = "title: T\nnetwork:\n  - input 8x8x3\n"


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ArchvizError) as caught:
        analyse(network_from_text(text, "f.yaml"))
    return caught.value.problems


def only(text: str) -> tuple[int, int, str, str]:
    (problem,) = problems_of(text)
    return problem.mark.line, problem.mark.column, problem.message, problem.hint


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            NET + "  - {repeat: 9999, of: {repeat: 9999, of: {repeat: 9999, of: relu}}}",
            "more than 200,000 layers, with repeats and modules written out",
        ),
        (
            NET + "  - {repeat: 9999, of: {repeat: 9999, of: conv 1x1 w*v, each: {w: [9999 x 4]}}, "
            "each: {v: [9999 x 1]}}",
            "more than 200,000 layers, with repeats and modules written out",
        ),
        (
            HEAD
            + "modules:\n"
            + "".join(
                f"  m{level}: {{layers: [m{level + 1}, m{level + 1}]}}\n" for level in range(40)
            )
            + "  m40: {layers: identity}\nnetwork: [input 8, m0]\n",
            "more than 200,000 layers, with repeats and modules written out",
        ),
        (
            HEAD
            + "modules:\n"
            + "".join(f"  m{level}: {{layers: m{level + 1}}}\n" for level in range(3000))
            + "  m3000: {layers: relu}\nnetwork: [input 8, m0]\n",
            "nested more than 48 deep, with modules filled in",
        ),
        (
            HEAD
            + "modules:\n"
            + "".join(f"  m{level}: {{layers: m{level + 1}}}\n" for level in range(3000))
            + "  m3000: {layers: relu}\nnetwork: [input 8, "
            + ", ".join(f"m{level}" for level in range(3000, -1, -1))
            + "]\n",
            "nested more than 48 deep, with modules filled in",
        ),
    ],
    ids=["repeats", "repeats-each", "doubling", "chain", "chain-backwards"],
)
def test_what_is_too_large_fails_fast_with_one_problem(text: str, message: str) -> None:
    assert only(text)[2] == message


def test_a_long_circle_of_modules_is_found() -> None:
    count = 3000
    modules = "".join(f"  m{level}: {{layers: m{(level + 1) % count}}}\n" for level in range(count))
    problem = only(HEAD + "modules:\n" + modules + "network: [input 8, m0]\n")
    assert problem[0] == count + 2
    assert problem[2].startswith("module m0 calls itself: m0 -> m1")
    assert len(problem[2]) < 500


@pytest.mark.timeout(60)
def test_very_many_problems_are_cut_short() -> None:
    problems = problems_of(NET + "  - cnov 3x3 8\n" * 50_000)
    assert len(problems) == 101
    assert problems[-1].message == "more than 100 problems; those behind here are not shown"


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "item",
    [
        "conv " + "x" * 1_000_000,
        "conv " + "3x" * 500_000,
        "reshape " + "3x" * 500_000,
        "conv 3x3 " + "(" * 100_000,
        "conv 3x3 " + "9" * 100_000,
        "dropout 0." + "1" * 100_000,
        "{repeat: " + "9" * 100_000 + ", of: relu}",
        "{repeat: 9999, of: relu, each: {a: [" + "9999 x 1, " * 50_000 + "1]}}",
        "{repeat: 2, of: relu, each: {" + "".join(f"v{i}: [1, 2], " for i in range(9_000)) + "}}",
        "{repeat: 9999, of: {repeat: 9999, of: {repeat: 9999, of: identity}}}",
        "{repeat: 9999, of: {towers: [" + "identity, " * 50_000 + "relu], merge: add}}",
    ],
    ids=range(11),
)
def test_hostile_items_are_rejected_quickly(item: str) -> None:
    problems_of(f"{NET}  - {item}\n")


@pytest.mark.long
@pytest.mark.timeout(60)
def test_many_equal_towers_many_times_are_quick() -> None:
    text = f"{NET}  - {{repeat: 9999, of: {{towers: 4096, of: relu, merge: add}}}}\n"
    assert analyse(network_from_text(text)).totals.depth == 1 + 2 * 9999


@pytest.mark.long
def test_no_damaged_spec_crashes() -> None:
    outcome = fuzz(300, seed=11)
    assert outcome.crashes == []
    assert outcome.accepted > 5
    assert outcome.rejected > 200
