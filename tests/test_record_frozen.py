"""Batch norms that are frozen, and attention to rows with positions added."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402

nn = torch.nn
F = nn.functional


def imported(module: Any, size: Any) -> Any:
    net = archviz.from_torch(module.eval(), size)
    assert net.imported.faithful, net.imported.report
    return net


class Frozen(nn.Module):
    """A batch norm as detectors freeze it: all that it has are buffers."""

    def __init__(self, width: int, form: str = "", learned: bool = False) -> None:
        super().__init__()
        self.form = form
        for name in ("weight", "bias", "running_mean", "running_var"):
            value = torch.ones(width)
            if learned and name in ("weight", "bias"):
                setattr(self, name, nn.Parameter(value))
            else:
                self.register_buffer(name, value)

    def forward(self, x: Any) -> Any:
        own = (self.weight, self.bias, self.running_mean, self.running_var)
        weight, bias, mean, variance = (one.reshape(1, -1, 1, 1) for one in own)
        if self.form == "root":
            scale = weight / (variance + 1e-5).sqrt()
        elif self.form == "spread":
            scale = weight * variance
        else:
            scale = weight * (variance + 1e-5).rsqrt()
        shift = bias - (bias if self.form == "mean" else mean) * scale
        return shift + scale * x if self.form == "turned" else x * scale + shift


def net_of(norm: Any) -> Any:
    return nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), norm, nn.ReLU(), nn.Conv2d(8, 4, 3))


@pytest.mark.parametrize("form", ["", "root", "turned"])
def test_a_frozen_norm_is_a_norm_without_weights(form: str) -> None:
    net = imported(net_of(Frozen(8, form)), (1, 3, 12, 12))
    assert "conv 3x3 8 batch-norm-plain no-bias relu" in net.imported.text
    totals = net.info()["totals"]
    assert totals["trainable"] == 3 * 8 * 9 + 8 * 4 * 9 + 4
    assert totals["non_trainable"] == 16


def test_a_norm_that_is_written_out_with_weights_has_them() -> None:
    net = imported(net_of(Frozen(8, learned=True)), (1, 3, 12, 12))
    assert "conv 3x3 8 batch-norm no-bias relu" in net.imported.text


@pytest.mark.parametrize("form", ["spread", "mean"])
def test_other_arithmetic_is_no_norm(form: str) -> None:
    net = archviz.from_torch(net_of(Frozen(8, form)), (1, 3, 12, 12))
    assert net.imported is not None
    assert "norm" not in net.imported.text


class Placed(nn.Module):
    """Attention whose queries and keys know their places, and whose values do not."""

    def __init__(self, crossed: bool, learned: bool = False) -> None:
        super().__init__()
        self.crossed = crossed
        self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))
        self.stem, self.other = nn.Linear(8, 16), nn.Linear(8, 16)
        table = torch.randn(1, 6, 16)
        if learned:
            self.table = nn.Parameter(table)
        else:
            self.register_buffer("table", table)

    def forward(self, x: Any, y: Any) -> Any:
        x, y = self.stem(x), self.other(y)
        queries = x if self.crossed else y + self.table
        parts = self.q(queries), self.k(y + self.table), self.v(y)
        q, k, v = (one.view(1, -1, 4, 4).transpose(1, 2) for one in parts)
        found = F.scaled_dot_product_attention(q, k, v)
        return x.sum(1) + self.o(found.transpose(1, 2).flatten(2)).sum(1)


@pytest.mark.parametrize("crossed", [True, False])
def test_positions_that_are_added_for_an_attention_belong_to_it(crossed: bool) -> None:
    net = imported(Placed(crossed), ((1, 6, 8), (1, 6, 8)))
    label = "cross-attention, positions" if crossed else "attention, positions"
    assert f'label: "{label}"' in net.imported.text
    assert "table" not in net.imported.text


def test_learned_positions_stay_what_they_are() -> None:
    net = imported(Placed(True, learned=True), ((1, 6, 8), (1, 6, 8)))
    assert "position" in net.imported.text
    assert "attention, positions" not in net.imported.text
