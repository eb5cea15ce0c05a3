"""What random PyTorch networks are made of: a generator, functions as modules, kinds of values."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import nn


class Rng(random.Random):
    """What is drawn from a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.seed = seed
        self.numbers = torch.Generator().manual_seed(seed)
        self.batch = self.choice([1, 1, 2, 3])
        self.trained = self.choice([1.0, 1.0, 0.7])

    def flip(self, share: float = 0.5) -> bool:
        return self.random() < share

    def sides(self, rank: int, low: int, high: int) -> Any:
        """A number for all sides, or one for each."""
        one = self.randint(low, high)
        return one if self.flip(0.6) else tuple(self.randint(low, high) for _ in range(rank))


Step: TypeAlias = Callable[[Rng, Any], nn.Module]
"""Makes a layer that takes a value, with options that are drawn."""


class Does(nn.Module):
    """A function as a module, with layers and weights that it may use.

    ``kind`` is what it gives, where that is of another kind than what it takes.
    """

    def __init__(self, does: Any, *parts: nn.Module, kind: str = "", **weights: Any) -> None:
        super().__init__()
        self.does, self.kind = does, kind
        self.parts = nn.ModuleList(parts)
        for name, size in weights.items():
            self.register_parameter(name, nn.Parameter(torch.rand(size)))

    def forward(self, *values: Any) -> Any:
        return self.does(self, *values)


def kind_of(value: Any, before: str, part: nn.Module) -> str:
    """What a value is, by its axes, what was before it, and the layer that gave it."""
    told = getattr(part, "kind", "")
    if told and isinstance(told, str):
        return told
    if value.dim() == 3:
        return "map1" if before.startswith("map") else "rows"
    return {2: "vector", 4: "map2", 5: "map3"}.get(value.dim(), "other")


def divisors(*numbers: int) -> list[int]:
    """What divides all of them."""
    return [n for n in range(1, min(numbers) + 1) if all(one % n == 0 for one in numbers)]
