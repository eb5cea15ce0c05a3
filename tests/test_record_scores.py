"""What is added to the scores of an attention: nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402

nn = torch.nn


def text_of(module: Any, size: Any) -> str:
    net = archviz.from_torch(module.eval(), size)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"]["parameters"] == sum(one.numel() for one in module.parameters())
    return str(net.imported.text)


class Relative(nn.Module):
    """Queries are multiplied with relative positions, too, which a table picks."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))
        self.places = nn.Parameter(torch.randn(4, 4, 11))
        self.mask = nn.Parameter(torch.randn(1, 4, 6, 6))
        self.gate = nn.Parameter(torch.ones(4))

    def heads(self, x: Any) -> Any:
        return x.view(x.shape[0], -1, 4, 4).transpose(1, 2)

    def forward(self, x: Any) -> Any:
        q, k, v = self.heads(self.q(x)), self.heads(self.k(x)), self.heads(self.v(x))
        scores = q @ k.transpose(-1, -2) / 2
        if self.how == "relative":
            index = torch.arange(6)[:, None] - torch.arange(6)[None] + 5
            scores = scores + torch.gather(q @ self.places, 3, index.expand(1, 4, 6, 6))
            weights = scores.softmax(-1)
        elif self.how == "mixed":
            gate = self.gate.sigmoid().view(1, -1, 1, 1)
            weights = (1 - gate) * scores.softmax(-1) + gate * self.mask.softmax(-1)
        found = (weights @ v).transpose(1, 2).flatten(2)
        return self.o(found)


class Net(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.attention, self.end = Relative(how), nn.Linear(16, 3)
        for name in ("places",) if how == "mixed" else ("mask", "gate"):
            delattr(self.attention, name)

    def forward(self, x: Any) -> Any:
        return self.end(x + self.attention(x))


@pytest.mark.parametrize("how", ["relative", "mixed"])
def test_learned_parts_of_scores_are_counted(how: str) -> None:
    text = text_of(Net(how), (1, 6, 16))
    assert "attention" in text


class Twice(nn.Module):
    """A norm that is written out, and takes its mean away in two places."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(16)), nn.Parameter(torch.zeros(16))

    def forward(self, x: Any) -> Any:
        mean = x.mean(-1, keepdim=True)
        variance = (x - mean).pow(2).mean(-1, keepdim=True)
        return self.weight * ((x - mean) / torch.sqrt(variance + 1e-5)) + self.bias


def test_a_difference_that_is_taken_twice_is_one() -> None:
    text = text_of(nn.Sequential(nn.Linear(8, 16), Twice(), nn.Linear(16, 4)), (1, 6, 8))
    assert "dense 16 layer-norm" in text


class Flat(nn.Module):
    """Attention on a map of width 1."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Any) -> Any:
        x = self.conv(x).flatten(2).transpose(1, 2)
        return self.attention(x, x, x)[0]


@pytest.mark.parametrize("sides", [(6, 1), (1, 6), (2, 3)])
def test_a_map_of_width_one_is_a_sequence(sides: tuple[int, int]) -> None:
    assert "attention 2" in text_of(Flat(), (1, 3, *sides))


class Blocks(nn.Module):
    """A batch norm behind a view whose channels are first."""

    def forward(self, x: Any) -> Any:
        x = x.reshape(8, 1, 1, 4, 4).permute(0, 3, 1, 4, 2)
        return x.contiguous().view(1, 8, 4, 4)


def test_a_norm_finds_the_channels_of_a_view() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 1), Blocks(), nn.BatchNorm2d(8), nn.Conv2d(8, 2, 1))
    net = archviz.from_torch(module.eval(), (1, 3, 4, 4))
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"]["non_trainable"] == 16
