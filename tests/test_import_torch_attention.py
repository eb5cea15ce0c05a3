"""Attention as language models write it: normed queries and keys, capped scores, shared heads."""

from __future__ import annotations

from typing import Any

import pytest

from archviz.importers.read.torch import layers_of_torch

torch = pytest.importorskip("torch")

import archviz  # noqa: E402

nn = torch.nn
WIDTH, HEADS, HEAD = 32, 4, 8


class RMS(nn.Module):
    """A norm that is written out, on numbers of full precision."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Any) -> Any:
        full = x.to(torch.float32)
        mean = full.pow(2).mean(-1, keepdim=True)
        return self.weight * (full * torch.rsqrt(mean + 1e-6)).to(x.dtype)


class Attention(nn.Module):
    """Attention with few heads of keys, as options say."""

    def __init__(self, norm: str = "", cap: float = 0, fused: bool = False, keys: int = 2) -> None:
        super().__init__()
        self.norm, self.cap, self.keys = norm, cap, keys
        total = (HEADS + 2 * keys) * HEAD
        sizes = [total] if fused else [HEADS * HEAD, keys * HEAD, keys * HEAD]
        self.into = nn.ModuleList(nn.Linear(WIDTH, size, bias=False) for size in sizes)
        self.out = nn.Linear(HEADS * HEAD, WIDTH, bias=False)
        make = {"head": RMS, "layer": nn.RMSNorm, "full": RMS}.get(norm)
        sizes = [HEADS * HEAD, keys * HEAD] if norm == "full" else [HEAD, HEAD]
        self.norms = nn.ModuleList(make(size) for size in sizes) if make else None

    def forward(self, x: Any) -> Any:
        if len(self.into) == 1:
            sizes = [HEADS * HEAD, self.keys * HEAD, self.keys * HEAD]
            q, k, v = self.into[0](x).split(sizes, -1)
        else:
            q, k, v = (part(x) for part in self.into)
        if self.norms is not None and self.norm == "full":
            q, k = self.norms[0](q), self.norms[1](k)
        q, k, v = (one.view(1, x.shape[1], -1, HEAD) for one in (q, k, v))
        if self.norms is not None and self.norm != "full":
            q, k = self.norms[0](q), self.norms[1](k)
        q, k, v = (one.transpose(1, 2) for one in (q, k, v))
        k, v = (self._spread(one) for one in (k, v))
        scores = q @ k.transpose(2, 3) / HEAD**0.5
        if self.cap:
            scores = torch.tanh(scores / self.cap) * self.cap
        mixed = scores.softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(1, x.shape[1], -1))

    def _spread(self, x: Any) -> Any:
        times = HEADS // self.keys
        wide = x[:, :, None].expand(1, self.keys, times, x.shape[2], HEAD)
        return wide.reshape(1, HEADS, x.shape[2], HEAD)


class Model(nn.Module):
    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.words = nn.Embedding(40, WIDTH)
        self.blocks = nn.ModuleList(Attention(**options) for _ in range(3))

    def forward(self, ids: Any) -> Any:
        x = self.words(ids)
        for block in self.blocks:
            x = x + block(x)
        return x


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "attention 4 no-bias kv-heads=2"),
        ({"norm": "head"}, "grouped-query attention, QK norm"),
        ({"norm": "layer"}, "grouped-query attention, QK norm"),
        ({"norm": "full"}, "grouped-query attention, QK norm"),
        ({"cap": 30.0}, "grouped-query attention, soft cap"),
        ({"fused": True}, "attention 4 no-bias kv-heads=2"),
        ({"fused": True, "keys": 1}, "attention 4 no-bias kv-heads=1"),
    ],
)
def test_attention_is_one_layer_whatever_lies_between(options: dict[str, Any], words: str) -> None:
    module = Model(**options).eval()
    net = archviz.from_torch(module, (1, 9))
    report = net.imported
    assert report is not None
    assert report.plain, report.report
    assert words in report.text
    assert "repeat: 3" in report.text
    assert "matrix product" not in report.text
    weights = sum(one.numel() for one in module.parameters())
    assert net.info()["totals"]["parameters"] == weights
    keys = options.get("keys", 2)
    sums = 2 * WIDTH * (HEADS + keys) * HEAD * 9 + 2 * 9 * 9 * HEADS * HEAD
    assert net.info()["totals"]["macs"] == 3 * sums


@pytest.mark.parametrize(
    ("biases", "words"),
    [
        ((True, True, True), "residual: attention 4}"),
        ((True, False, True), "residual: attention 4 key-bias=no}"),
        ((True, True, False), "label=attention"),  # of the values alone no word says that
        ((False, True, False), "label=attention"),
    ],
)
def test_keys_may_have_no_bias(biases: tuple[bool, bool, bool], words: str) -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v = (nn.Linear(32, 32, bias) for bias in biases)
            self.out = nn.Linear(32, 32)

        def forward(self, x: Any) -> Any:
            split = [one(x).view(1, -1, 4, 8).transpose(1, 2) for one in (self.q, self.k, self.v)]
            mixed = nn.functional.scaled_dot_product_attention(*split)
            return x + self.out(mixed.transpose(1, 2).flatten(2))

    module = Whole().eval()
    net = archviz.from_torch(module, (1, 9, 32))
    assert net.imported is not None
    assert net.imported.plain, net.imported.report
    assert words in net.imported.text
    weights = sum(one.numel() for one in module.parameters())
    assert net.info()["totals"]["parameters"] == weights


class Plain(nn.Module):
    """Attention and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))

    def forward(self, x: Any) -> Any:
        q, k, v = (p(x).unflatten(-1, (HEADS, HEAD)).transpose(1, 2) for p in self.parts[:3])
        scores = (q @ k.transpose(-1, -2) / HEAD**0.5).softmax(-1)
        return self.parts[3]((scores @ v).transpose(1, 2).flatten(2))


@pytest.mark.parametrize("shared", [False, True])
def test_attention_may_stand_right_behind_attention(shared: bool) -> None:
    first = Plain()
    net = archviz.from_torch(nn.Sequential(first, first if shared else Plain()), (2, 5, WIDTH))
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.imported.text.count("attention 4") + net.imported.text.count("repeat: 2") == 2
    assert net.info()["totals"]["parameters"] == (1 if shared else 2) * 4 * WIDTH**2


class SelfAttention(nn.Module):
    """PyTorch's own, on itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, batch_first=True, **options)

    def forward(self, x: Any) -> Any:
        return self.attention(x, x, x, need_weights=False)[0]


@pytest.mark.parametrize("heads", [1, 2, 8])
@pytest.mark.parametrize("rows", [{}, {"add_bias_kv": True}, {"add_zero_attn": True}])
def test_exported_attention_on_several_examples(heads: int, rows: dict[str, bool]) -> None:
    module = SelfAttention(num_heads=heads, **rows).eval()
    program = torch.export.export(module, (torch.rand(2, 5, 8),))
    net = archviz.from_torch(program)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    totals, keys = net.info()["totals"], 5 + len(rows)
    assert totals["parameters"] == sum(one.numel() for one in module.parameters())
    assert totals["macs"] == 5 * 8 * 8 * 4 + 2 * 5 * keys * 8


class CutIntoRows(nn.Module):
    """Rows out of one value, which look at one another."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(5, 6)

    def forward(self, x):
        rows = self.project(x).unflatten(1, (3, 2))
        return (rows @ rows.mT).softmax(-1) @ rows


def test_rows_that_are_cut_out_of_one_value_keep_their_shape() -> None:
    graph = layers_of_torch(CutIntoRows().eval(), (torch.zeros(2, 5),))
    assert graph.nodes[-1].shape == (3, 2)
