"""Loops over the length of what goes in, as one step."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402

nn = torch.nn


def text_of(module: Any, size: tuple[int, ...]) -> str:
    net = archviz.from_torch(module.eval(), size)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"]["parameters"] == sum(one.numel() for one in module.parameters())
    return str(net.imported.text)


class Cells(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.cell = getattr(nn, f"{kind}Cell")(8, 16)
        self.last = nn.Linear(16, 4)
        self.pair = kind == "LSTM"

    def forward(self, x: Any) -> Any:
        state = torch.zeros(x.shape[0], 16)
        memory, found = torch.zeros(x.shape[0], 16), []
        for place in range(x.shape[1]):
            if self.pair:
                state, memory = self.cell(x[:, place], (state, memory))
            else:
                state = self.cell(x[:, place], state)
            found.append(state)
        return self.last(torch.stack(found, 1))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_a_cell_in_a_loop_is_one_box(kind: str) -> None:
    text = text_of(Cells(kind), (1, 6, 8))
    assert text.count(f"{kind} cell at each step") == 1
    longer = text_of(Cells(kind), (1, 9, 8))
    assert len(longer.splitlines()) == len(text.splitlines())


class Written(nn.Module):
    """A cell of its own, over the parts of what goes in."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.last = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        state = torch.zeros(x.shape[0], 16)
        for part in x.unbind(1):
            state = torch.tanh(self.one(part) + self.two(state))
        return self.last(state)


def test_a_cell_of_ones_own_is_one_box_with_its_weights() -> None:
    text = text_of(Written(), (1, 7, 8))
    assert '"weights=416 ' in text
    assert "label: recurrent steps" in text
    assert "select" not in text


class Scan(nn.Module):
    """A state that fades, without weights."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(8, 16), nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        state, found = torch.zeros(x.shape[0], 16), torch.zeros_like(x)
        for place in range(x.shape[1]):
            state = 0.5 * state + x[:, place]
            found[:, place] = state
        return self.last(found)


def test_a_scan_does_not_depend_on_the_length() -> None:
    texts = [text_of(Scan(), (1, length, 8)) for length in (4, 12)]
    assert all("label: scan" in text or "label=scan" in text for text in texts)
    assert texts[0].replace("4x", "12x") == texts[1]


class Shared(nn.Module):
    """One layer again and again, or for each part: no loop over a length."""

    def __init__(self, parts: bool) -> None:
        super().__init__()
        self.parts = parts
        self.layer = nn.Linear(8, 8)

    def forward(self, x: Any) -> Any:
        if self.parts:
            return torch.cat([self.layer(one).relu() for one in x.chunk(4, 1)], 1)
        for _ in range(4):
            x = self.layer(x).relu()
        return x


@pytest.mark.parametrize("parts", [True, False])
def test_shared_layers_are_no_loop(parts: bool) -> None:
    text = text_of(Shared(parts), (1, 8, 8))
    assert "step" not in text
    assert "scan" not in text
    assert "dense 8" in text
