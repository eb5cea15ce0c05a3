"""What boxes say: words of the field, and no operator's raw name."""

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
    assert net.imported.plain, net.imported.report
    return str(net.imported.text)


class Words(nn.Module):
    """Places that are counted in the words, and parts that a table of zeros gives."""

    def __init__(self, counts: bool = True) -> None:
        super().__init__()
        self.counts = counts
        self.words, self.places, self.parts = (nn.Embedding(n, 16) for n in (50, 80, 2))
        self.register_buffer("part_of", torch.zeros(1, 80, dtype=torch.long))
        self.last = nn.Linear(16, 4)

    def forward(self, ids: Any) -> Any:
        there = ids.ne(1).int()
        places = (torch.cumsum(there, 1) * there).long() + 1 if self.counts else there.long()
        parts = torch.gather(self.part_of.expand(ids.shape[0], -1), 1, places)
        return self.last(self.words(ids) + self.parts(parts) + self.places(places))


def test_places_that_are_counted_in_the_words_are_an_embedding_of_them() -> None:
    text = text_of(Words(), (1, 12))
    assert "position embedding" in text
    assert "segment embedding" in text
    for word in ("compare", "running sum", "pick", "multiply"):
        assert word not in text


def test_rows_for_a_mask_are_no_positions() -> None:
    text = text_of(Words(counts=False), (1, 12))
    assert "position embedding" not in text
    assert "compare" in text


class Gate(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.conv, self.less, self.more = nn.Conv2d(3, 8, 3), nn.Linear(8, 4), nn.Linear(4, 8)

    def forward(self, x: Any) -> Any:
        x = self.conv(x)
        gate = self.more(self.less(x.mean((2, 3))).relu()).sigmoid()[:, :, None, None]
        gate = gate.expand_as(x) if self.how != "plain" else gate
        return gate * gate if self.how == "alone" else x * gate


def test_a_gate_that_is_spread_is_a_gate() -> None:
    size = (1, 3, 12, 12)
    assert text_of(Gate("spread"), size) == text_of(Gate("plain"), size)
    assert "repeat" in text_of(Gate("alone"), size)


class Affine(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(16)), nn.Parameter(torch.zeros(16))

    def forward(self, x: Any) -> Any:
        return torch.addcmul(self.shift, self.scale, x)


class Several(nn.Module):
    """Functions that no layer stands for."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        x = torch.where(x > 0, x, x.cumsum(1))
        x = x.sort(-1).values.roll(1, -1) + torch.fft.fft2(x).real
        return self.last(torch.maximum(x.flip(1), x.gather(1, torch.zeros(1, 6, 16).long())))


def test_functions_are_called_by_words() -> None:
    text = text_of(nn.Sequential(nn.Linear(16, 16), Affine(), nn.Linear(16, 16)), (1, 6, 16))
    assert "+ bias" in text
    text = text_of(Several(), (1, 6, 16))
    for word in ("compare", "choose", "running sum", "sort", "FFT", "maximum", "flip", "pick"):
        assert word in text, word
