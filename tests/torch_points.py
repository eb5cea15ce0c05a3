"""Steps of random PyTorch networks that take each number alone: activations, own weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch_parts import Does, Rng

PLAIN = (
    "ReLU", "ReLU6", "GELU", "SiLU", "Mish", "Tanh", "Sigmoid", "LogSigmoid", "ELU", "SELU",
    "CELU", "Softplus", "Softsign", "Softshrink", "Hardshrink", "Hardswish", "Hardsigmoid",
    "Hardtanh", "LeakyReLU", "RReLU", "Tanhshrink", "Identity",
)  # fmt: skip


def activation(rng: Rng, value: Any) -> nn.Module:
    """A function of each number; it gives what it takes."""
    return rng.choice([
        *[lambda: getattr(nn, rng.choice(PLAIN))()] * 4,
        lambda: nn.PReLU(rng.choice([1, value.shape[1]])),
        lambda: nn.LeakyReLU(rng.choice([0.1, 0.2, 0.3])),
        lambda: nn.ELU(rng.choice([0.5, 1.0])),
        lambda: nn.GELU(approximate="tanh"),
        lambda: nn.Softplus(beta=2.0, threshold=10.0),
        lambda: nn.Threshold(0.1, rng.choice([0.0, 20.0])),
        lambda: nn.Hardtanh(-2.0, 2.0),
        lambda: nn.Softmax(dim=rng.choice([-1, 1])),
        lambda: nn.LogSoftmax(dim=-1),
        lambda: nn.Softmin(dim=1),
        lambda: nn.GLU(dim=1 if value.shape[1] % 2 == 0 else -1),
        lambda: Does(lambda own, x: F.relu(x, inplace=False)),
        lambda: Does(lambda own, x: torch.sin(x)),
        lambda: Does(lambda own, x: x.clamp(0, 3)),
        lambda: Does(lambda own, x: x * torch.sigmoid(1.702 * x)),
        lambda: Does(lambda own, x: x * x.relu()),
        lambda: Does(lambda own, x: x.abs().sqrt()),
        lambda: Does(lambda own, x: (x * 2 - 1) / 3),
        lambda: Does(lambda own, x: -x.exp().log1p()),
        lambda: Does(lambda own, x: torch.where(x > 0, x, 0.1 * x)),
        lambda: Does(lambda own, x: x * own.gain + own.shift, gain=1, shift=1),
        lambda: Does(lambda own, x: x * own.gain, gain=()),
        lambda: nn.Dropout(0.3),
        lambda: nn.AlphaDropout(0.3),
    ])()  # fmt: skip


def own_weights(rng: Rng, value: Any) -> nn.Module:
    """Weights of the module itself, added or multiplied along some axes."""
    sides = value.shape[1:]
    size = tuple(side if rng.flip(0.6) else 1 for side in sides)
    does = rng.choice([
        lambda own, x: x + own.weight,
        lambda own, x: x * own.weight,
        lambda own, x: own.weight - x,
        lambda own, x: x * own.weight.sigmoid(),
    ])  # fmt: skip
    return Does(does, weight=size)
