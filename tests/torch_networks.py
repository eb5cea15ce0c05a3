"""Random PyTorch networks: options drawn for each layer, branches, shared layers, several ends."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import nn
from torch_maps import MAP_STEPS
from torch_parts import Rng, Step, kind_of
from torch_rows import PAIR_STEPS, ROW_STEPS, VECTOR_STEPS, WORD_STEPS

MOST = 20_000
"""Numbers of a value: larger ones are not gone on with."""
OTHERS = (IndexError, TypeError, NotImplementedError)
"""What layers raise, beside errors of values, on what they cannot take."""


class Planned(NamedTuple):
    """A step, and the numbers of the values that it takes."""

    part: nn.Module
    takes: tuple[int, ...]


class Network(nn.Module):
    """Steps that take values and give some, each by its number; what nothing takes goes out."""

    def __init__(self, steps: Sequence[Planned], given: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList([step.part for step in steps])
        self.takes = [step.takes for step in steps]
        self.given = given

    def forward(self, *given: Any) -> Any:
        values = list(given)
        taken = set()
        for step, takes in zip(self.steps, self.takes, strict=True):
            taken.update(takes)
            values.extend(_several(step(*[values[at] for at in takes])))
        ends = [one for at, one in enumerate(values) if at not in taken and at >= self.given]
        return ends[0] if len(ends) == 1 else tuple(ends)


class Inner(nn.Module):
    """A module with steps of its own, in a row, perhaps around a sum."""

    def __init__(self, row: Sequence[nn.Module], residual: bool) -> None:
        super().__init__()
        self.row = nn.Sequential(*row)
        self.residual = residual

    def forward(self, value: Any) -> Any:
        return value + self.row(value) if self.residual else self.row(value)


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


STEPS: dict[str, list[Step]] = {
    "map1": MAP_STEPS,
    "map2": MAP_STEPS,
    "map3": MAP_STEPS,
    "rows": ROW_STEPS,
    "vector": VECTOR_STEPS,
    "words": WORD_STEPS,
}


def begin(rng: Rng, kind: str) -> Any:
    """What goes in: a map, rows, a vector or words."""
    batch = rng.batch
    if kind == "words":
        return torch.randint(0, 9, (batch, rng.randint(4, 9)), generator=rng.numbers)
    sides = {
        "map1": (rng.randint(2, 6), rng.randint(9, 16)),
        "map2": (rng.randint(1, 6), rng.randint(8, 14), rng.randint(8, 14)),
        "map3": (rng.randint(1, 3), *(rng.randint(5, 7) for _ in range(3))),
        "rows": (rng.randint(4, 9), rng.choice([4, 6, 8])),
        "vector": (rng.randint(4, 12),),
    }[kind]
    return torch.rand((batch, *sides), generator=rng.numbers)


class Grown:
    """A network as it grows: each step is run once to know what it gives."""

    def __init__(self, rng: Rng, given: Sequence[tuple[Any, str]]) -> None:
        self.rng = rng
        self.given = tuple(value for value, _ in given)
        self.values = list(self.given)
        self.kinds = [kind for _, kind in given]
        self.steps: list[Planned] = []
        self.open = set(range(len(given)))

    def pick(self) -> int:
        """A value to go on from: mostly one that nothing has taken."""
        known = range(len(self.values))
        fresh = [at for at in known if at in self.open]
        return self.rng.choice(fresh if fresh and self.rng.flip(0.85) else list(known))

    def add(self, part: nn.Module | None, takes: tuple[int, ...]) -> bool:
        """Whether a step can be taken; what cannot run is not."""
        if part is None:
            return False
        part.eval()
        try:
            with torch.no_grad():
                made = _several(part(*[self.values[at] for at in takes]))
        except (RuntimeError, ValueError, AssertionError, *OTHERS):
            return False
        for one in made:
            if not one.is_floating_point() or not 0 < one.numel() < MOST or one.dim() < 2:
                return False
            if one.shape[0] != self.rng.batch:
                return False
        kinds = [kind_of(one, self.kinds[takes[0]], part) for one in made]
        if not set(kinds) <= set(STEPS):
            return False
        self.open -= set(takes)
        self.open |= {len(self.values) + number for number in range(len(made))}
        self.values += made
        self.kinds += kinds
        self.steps.append(Planned(part, takes))
        return True

    def inner(self, at: int) -> nn.Module | None:
        """Steps in a row as one module."""
        value, kind, row = self.values[at], self.kinds[at], []
        for _ in range(self.rng.randint(1, 3)):
            part = self.rng.choice(STEPS[kind])(self.rng, value)
            try:
                with torch.no_grad():
                    found = part.eval()(value)
            except (RuntimeError, ValueError, AssertionError, *OTHERS):
                continue
            if isinstance(found, tuple) or not found.is_floating_point() or found.dim() < 2:
                continue
            value, kind, row = found, kind_of(found, kind, part), [*row, part]
            if kind not in STEPS:
                return None
        same = value.shape == self.values[at].shape
        return Inner(row, same and self.rng.flip(0.7)) if row else None

    def step(self) -> bool:
        """One more step; whether there was one that fits."""
        at = self.pick()
        if self.rng.flip(0.2):
            other = self.rng.choice(range(len(self.values)))
            part = self.rng.choice(PAIR_STEPS)(self.rng, self.values[at], self.values[other])
            return self.add(part, (at, other))
        if self.rng.flip(0.15) and self.kinds[at] != "words":
            return self.add(self.inner(at), (at,))
        if self.rng.flip(0.1) and self.steps:
            shared = self.rng.choice(self.steps)
            if len(shared.takes) == 1 and self.kinds[shared.takes[0]] == self.kinds[at]:
                return self.add(shared.part, (at,))
        return self.add(self.rng.choice(STEPS[self.kinds[at]])(self.rng, self.values[at]), (at,))


class Made(NamedTuple):
    """A network, and what it is called with."""

    module: Network
    given: tuple[Any, ...]


def network(seed: int, longest: int = 8) -> Made:
    """The random network of a seed."""
    rng = Rng(seed)
    torch.manual_seed(seed)
    first = ("map1", "map2", "map2", "map2", "map3", "rows", "rows", "vector", "words")
    kinds = [rng.choice(first)]
    while rng.flip(0.2):
        kinds.append(rng.choice([kinds[0], "vector", "rows", "map2"]))
    grown = Grown(rng, [(begin(rng, kind), kind) for kind in kinds])
    wanted, tries = rng.randint(1, longest), 0
    while (len(grown.steps) < wanted or grown.open & set(range(len(kinds)))) and tries < 200:
        grown.step()
        tries += 1
    module = Network(grown.steps, len(kinds)).eval()
    _drawn_weights(module, rng)
    return Made(module, grown.given)


def _drawn_weights(module: nn.Module, rng: Rng) -> None:
    """No two weights are alike: exporters write equal ones once. Some are frozen."""
    with torch.no_grad():
        for value in (*module.parameters(), *module.buffers()):
            if value.is_floating_point():
                value.add_(0.01 + 0.1 * torch.rand(value.shape, generator=rng.numbers))
    for one in module.parameters():
        one.requires_grad_(random.Random(one.numel() + rng.seed).random() < rng.trained)
