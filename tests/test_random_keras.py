"""Random Keras networks, live and from each kind of file; where Keras is installed."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("keras", reason="builds its models with Keras")
pytest.importorskip("torch", reason="Keras runs on PyTorch here")
from benchmark_keras_layers import built_by, verdicts

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.long]


@pytest.mark.parametrize("seed", range(10))
def test_random_networks_are_what_keras_says_they_are(seed: int) -> None:
    for model in built_by("network", random.Random(seed), seed):
        for way, one in verdicts(model, counted=True):
            assert one.outcome == "right", (way, one.why)
