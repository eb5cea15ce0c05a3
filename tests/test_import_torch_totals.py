"""The total of a figure against PyTorch's own count: where it differs, it says so."""

from __future__ import annotations

from typing import Any

import pytest

import archviz

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from torch import nn  # noqa: E402

from archviz.importers.imported import import_layers  # noqa: E402
from archviz.importers.read.torch import layers_of_torch  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

MAP, SEQUENCE = (1, 8, 16, 16), (1, 10, 8)


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.gain = nn.Conv2d(8, 8, 1), nn.Parameter(torch.ones(1))

    def forward(self, x: Any) -> Any:
        return x + self.gain * self.conv(x)


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.idle = nn.Conv2d(8, 8, 1), nn.Linear(9, 9)

    def forward(self, x: Any) -> Any:
        return self.conv(x)


class Table(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)
        self.register_buffer("table", torch.randn(1, 1, 16, 16))

    def forward(self, x: Any) -> Any:
        return self.conv(x) * self.table


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(8, 8)
        self.two = nn.Linear(8, 8)
        self.two.weight = self.one.weight

    def forward(self, x: Any) -> Any:
        return self.two(torch.relu(self.one(x)))


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(8, 8, 3, padding=1)
        self.one = nn.Sequential(*[nn.Conv2d(8, 8, 1) for _ in range(6)])
        self.two = nn.Conv2d(8, 4, 1)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.body(x))
        return self.one(x), self.two(x)


def test_a_total_that_differs_is_said() -> None:
    graph = layers_of_torch(Heads(), MAP)
    held = graph.held._replace(weights=1053, untaken={"gain": 1})
    found = import_layers(graph._replace(held=held), "heads", "Heads")
    assert not found.faithful
    assert not found.plain
    assert (
        "the model has 1,053 parameters, the layers drawn take 1,052: differs by 1" in found.report
    )
    assert "(in no layer: gain)" in found.report


class Helped(Heads):
    """A head that only helps to train, as the names in the code say."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, head = name, self.two
        del self.two
        self.add_module(name, head)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.body(x))
        return self.one(x), getattr(self, self.name)(x)


@pytest.mark.parametrize(
    ("name", "left_out"),
    [("aux", 36), ("aux2", 36), ("auxiliary_head", 36), ("head_aux", 36), ("two", 0), ("auxin", 0)],
)
def test_only_heads_that_the_code_calls_auxiliary_are_left_out(name: str, left_out: int) -> None:
    net = archviz.from_torch(Helped(name), MAP)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    info = net.info()
    assert info["totals"]["parameters"] == 1052 - left_out
    assert (info["with_auxiliary"] or info["totals"])["parameters"] == 1052
    words = "leaves out 36 parameters of auxiliary heads, as the model calls them"
    assert (words in net.imported.report) is (left_out > 0)


@pytest.mark.parametrize(
    ("module", "size"),
    [
        (nn.Sequential(nn.Conv2d(8, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1)), MAP),
        (Tied(), SEQUENCE),
        (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), SEQUENCE),
        (nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8, affine=False)), MAP),
        (nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8, bias=False)), SEQUENCE),
        (nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8, elementwise_affine=False)), SEQUENCE),
        (nn.Sequential(nn.Conv2d(8, 4, 3), nn.InstanceNorm2d(4)), MAP),
        (nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(8, 8, 3))), MAP),
        (nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Conv2d(8, 8, 3))), MAP),
        (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, bias=False), SEQUENCE),
        (Heads(), MAP),
    ],
)
def test_a_total_that_is_right_is_faithful(module: Any, size: tuple[int, ...]) -> None:
    net = archviz.from_torch(module, size)
    assert net.imported is not None
    assert net.imported.plain, net.imported.report
    own = sum(parameter.numel() for parameter in module.parameters())
    assert net.info()["totals"]["trainable"] == own


@pytest.mark.parametrize("module", [Scaled(), Table()])
def test_what_is_no_weight_does_not_count(module: Any) -> None:
    net = archviz.from_torch(module, MAP)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    own = sum(parameter.numel() for parameter in module.parameters())
    assert net.info()["totals"]["trainable"] == own


def test_weights_that_are_not_used_stand_apart() -> None:
    module = Unused()
    net = archviz.from_torch(module, MAP)
    assert net.imported is not None
    assert net.imported.plain
    assert net.imported.unused == (("idle.weight", 81), ("idle.bias", 9))
    own = sum(parameter.numel() for parameter in module.parameters())
    assert net.info()["totals"]["trainable"] == own - 90
    assert "not used in this pass, and left out: idle.weight, idle.bias" in net.imported.report


def test_instance_norm_by_moving_statistics_has_them() -> None:
    norm = nn.InstanceNorm2d(4, affine=True, track_running_stats=True)
    net = archviz.from_torch(nn.Sequential(nn.Conv2d(8, 4, 3, bias=False), norm), MAP)
    assert net.imported is not None
    assert net.imported.plain, net.imported.report
    totals = net.info()["totals"]
    assert (totals["trainable"], totals["non_trainable"]) == (288 + 8, 8)


def test_a_convolution_with_padding_on_one_value_gives_several() -> None:
    module = nn.Sequential(
        nn.Conv1d(4, 3, 3), nn.AdaptiveMaxPool1d(1), nn.Conv1d(3, 6, 1, padding=1)
    )
    net = archviz.from_torch(module, (1, 4, 10))
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"]["macs"] == 3 * 4 * 3 * 8 + 6 * 3 * 3


class NormTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm3d(1, affine=False)

    def forward(self, x: Any) -> Any:
        return self.norm(self.norm(torch.cat([x, x], 2)[:, :1]))


def test_a_norm_that_follows_itself_counts_once() -> None:
    net = archviz.from_torch(NormTwice(), (2, 3, 5, 7, 6))
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"]["non_trainable"] == 2
