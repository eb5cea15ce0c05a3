"""Sixty random PyTorch networks, live and as files: no wrong number without a word."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="builds its models with PyTorch")
from benchmark_torch_networks import WAYS, verdicts
from torch_networks import network

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS, DAILY, TEN = 60, 20, 10
FILES = (3, 21, 44, 58)
"""Seeds of the networks that go through files, too: exporting takes longer than reading."""


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(first, marks=() if first < DAILY else pytest.mark.long)
        for first in range(1, SEEDS, TEN)
    ],
)
def test_random_networks_are_what_pytorch_says_they_are(first: int) -> None:
    found = [
        (seed, *one)
        for seed in range(first, first + TEN)
        for one in verdicts(network(seed), ["live"])
    ]
    assert not [one for one in found if one[2].outcome == "wrong"]
    right = [one for one in found if one[2].outcome == "right"]
    assert len(right) >= TEN - 1, [one for one in found if one not in right]


@pytest.mark.long
@pytest.mark.parametrize("seed", FILES)
def test_random_networks_are_the_same_from_files(seed: int) -> None:
    for way, one in verdicts(network(seed), [way for way in WAYS if way != "live"]):
        assert one.outcome in ("right", "remarked", "said", "not exported"), (way, one.why)


def test_a_network_is_that_of_its_seed() -> None:
    one, two = network(7).module, network(7).module
    assert repr(one) == repr(two)
    weights = zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    assert all(bool((a == b).all()) for a, b in weights)
