"""Multiply-adds and shapes of PyTorch modules against PyTorch's own count."""

from __future__ import annotations

from typing import Any

import pytest

import archviz

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class OnWindows(nn.Module):
    """Norm, dense layers and a sum on windows that stand beside the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 1), nn.LayerNorm(8)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, x: Any) -> Any:
        x = self.conv(x).view(1, 8, 4, 4, 4, 4).permute(0, 2, 4, 3, 5, 1).reshape(1, 16, 16, 8)
        return x + self.down(F.gelu(self.up(self.norm(x))))


class BackToMap(nn.Module):
    """A sequence that becomes a map, by its rows and columns first, for a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.dense = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 8)
        self.conv = nn.Conv2d(8, 8, 3, padding=1, groups=8)

    def forward(self, x: Any) -> Any:
        x = self.dense(self.patches(x).flatten(2).transpose(1, 2))
        x = self.conv(x.reshape(1, 4, 4, 8).permute(0, 3, 1, 2))
        return x.flatten(2).transpose(1, 2)


class FarAxes(nn.Module):
    """A dense layer on a value of more axes than a layer of ours takes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.dense = nn.Conv2d(3, 8, 1), nn.Linear(4, 6)

    def forward(self, x: Any) -> Any:
        return self.dense(self.conv(x).view(1, 2, 4, 4, 4, 4, 4))


class WideValues(nn.Module):
    """An attention whose values are wider than its queries and keys."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(8, 2 * (4 + 4 + 16)), nn.Linear(32, 8)

    def forward(self, x: Any) -> Any:
        qkv = self.qkv(x).reshape(1, 10, 2, 24).permute(0, 2, 1, 3)
        q, k, v = qkv.split([4, 4, 16], dim=3)
        weights = (q @ k.transpose(-2, -1) * 0.5).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(1, 10, 32))


CASES = [
    (OnWindows(), (1, 3, 16, 16)),
    (BackToMap(), (1, 3, 16, 16)),
    (FarAxes(), (1, 3, 16, 16)),
    (WideValues(), (1, 10, 8)),
]


def counted(module: Any, size: tuple[int, ...]) -> int:
    """Multiply-adds by PyTorch's own count."""
    with FlopCounterMode(display=False) as count, torch.no_grad():
        module.eval()(torch.zeros(size))
    return int(count.get_total_flops()) // 2


@pytest.mark.parametrize(("module", "size"), CASES, ids=lambda one: type(one).__name__)
def test_totals_are_those_of_pytorch(module: Any, size: tuple[int, ...]) -> None:
    net = archviz.from_torch(module, size)
    assert net.imported is not None
    assert net.imported.plain, net.imported.report
    totals = net.info()["totals"]
    assert totals["trainable"] == sum(one.numel() for one in module.parameters())
    assert totals["macs"] == counted(module, size)
