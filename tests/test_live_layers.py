"""The gallery against live models, where their packages are; and that a difference is seen."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="runs models with PyTorch")

import live_layers  # noqa: E402
import networks  # noqa: E402
import proof_record  # noqa: E402
import prove_networks  # noqa: E402

from archviz import catalog  # noqa: E402
from archviz.language.expand import network_from_text  # noqa: E402
from archviz.network.analysis import analyse  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
QUICK = frozenset({"lenet5", "nin", "inception_v1"})
nn = torch.nn
SPEC = """
title: T
network:
  - input 16x16x3
  - conv 3x3 8 same batch-norm relu
  - max-pool 2x2
  - residual: [conv 3x3 8 same groups=2 no-bias]
  - flatten
  - dense 10 softmax
"""


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.body = nn.Conv2d(8, 8, 3, padding=1, groups=2, bias=False)
        self.last = nn.Linear(512, 10)

    def forward(self, x: Any) -> Any:
        x = nn.functional.max_pool2d(self.stem(x), 2)
        return self.last((x + self.body(x)).flatten(1))


def of_spec(text: str) -> Any:
    return live_layers.stated(analyse(network_from_text(text)))


def of_model() -> Any:
    module = Small()
    watch = live_layers.Watch(module)
    networks.measured(module, torch.zeros(1, 3, 16, 16), watch=watch)
    return watch.found


def test_the_layers_of_a_model_are_those_of_its_spec() -> None:
    found = of_model()
    assert found == of_spec(SPEC)
    assert found.total() == 6


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("batch-norm relu", "batch-norm gelu", 2),
        ("batch-norm relu", "relu", 1),
        ("groups=2", "groups=4", 2),
        ("max-pool", "avg-pool", 2),
        ("conv 3x3 8 same batch-norm", "conv 5x5 8 same batch-norm", 2),
        ("dense 10", "dense 11", 2),
        ("max-pool 2x2", "max-pool 4x4 /4", 6),
    ],
)
def test_another_layer_is_a_difference(one: str, other: str, differ: int) -> None:
    model, wrong = of_model(), of_spec(SPEC.replace(one, other))
    assert (wrong - model).total() + (model - wrong).total() == differ


def test_towers_are_told_as_the_groups_of_a_convolution() -> None:
    towers = """
title: T
network:
  - input 8x8x6
  - towers: 4
    of: [conv 1x1 2 batch-norm, conv 3x3 3 same relu, conv 1x1 5]
    merge: add
"""
    assert of_spec(towers) == {
        ("dense", 6, 8, 64): 1,
        ("norm", 8): 1,
        ("conv", (3, 3), 8, 12, 4, (1, 1), (8, 8)): 1,
        ("act", "relu", 12 * 64): 1,
        ("dense", 12, 5, 64): 1,
    }


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.long)
        for name in prove_networks.REFERENCES
    ],
)
def test_a_network_is_its_live_model_as_the_record_says(name: str) -> None:
    known = proof_record.entries()[name]
    try:
        found = proof_record.proven(name, prove_networks.REFERENCES[name])
    except (ImportError, PackageNotFoundError):
        pytest.skip(f"needs {known['package']} {known['version']}")
    assert found is not None
    counts = ("parameters", "trainable", "macs", "layers")
    assert [found[key] for key in counts] == [known[key] for key in counts]


def test_every_network_of_the_gallery_is_held_against_something() -> None:
    assert set(prove_networks.REFERENCES) == set(catalog.names()) == set(proof_record.entries())


def test_the_record_is_written_in_the_order_of_the_gallery() -> None:
    text = proof_record.RECORD.read_text("utf-8")
    assert list(json.loads(text)) == list(catalog.names())
    assert text.count("\n") == len(catalog.names()) + 2
