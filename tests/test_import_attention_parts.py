"""Attention in forms of its own is one box where a module of the code holds just that."""

from __future__ import annotations

import pytest

import archviz

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional


class Cosine(nn.Module):
    """Attention by the cosine of queries and keys, scaled by a learned number a head."""

    def __init__(self, width: int = 16, heads: int = 2, soft: bool = True) -> None:
        super().__init__()
        self.heads, self.soft = heads, soft
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.scale = nn.Parameter(torch.ones(heads, 1, 1))

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(x).reshape(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts[0], parts[1], parts[2]
        scores = F.normalize(queries, dim=-1) @ F.normalize(keys, dim=-1).transpose(-2, -1)
        scores = scores * self.scale
        scores = scores.softmax(-1) if self.soft else scores.relu()
        return self.out((scores @ values).transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """A block of a transformer over a map, whose places are a sequence for a while."""

    def __init__(self, attention: nn.Module, shift: int = 0, window: int = 0) -> None:
        super().__init__()
        self.attention, self.shift, self.window = attention, shift, window
        self.norm, self.dense = nn.LayerNorm(16), nn.Linear(16, 16)

    def attend(self, x):
        if not self.window:
            return self.attention(x.flatten(1, 2)).reshape(x.shape)
        batch, high, wide, width = x.shape
        size = self.window
        x = torch.roll(x, (-self.shift, -self.shift), (1, 2)) if self.shift else x
        x = x.view(batch, high // size, size, wide // size, size, width)
        x = x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, size * size, width)
        x = self.attention(x).view(-1, high // size, wide // size, size, size, width)
        x = x.permute(0, 1, 3, 2, 4, 5).contiguous().view(batch, high, wide, width)
        return torch.roll(x, (self.shift, self.shift), (1, 2)) if self.shift else x

    def forward(self, x):
        x = x + self.norm(self.attend(x))
        shape = x.shape
        x = x.reshape(shape[0], -1, shape[3])
        return (x + self.dense(x).relu()).reshape(shape)


class Patches(nn.Module):
    """Patches of an image, features last."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 2, 2)

    def forward(self, x):
        return self.conv(x).permute(0, 2, 3, 1)


PATCHES = 3 * 16 * 4 + 16


def imported(*blocks: nn.Module):
    return archviz.from_torch(nn.Sequential(Patches(), *blocks), (1, 3, 16, 16))


def weights(net) -> list[tuple[str, int]]:
    graph = net.imported
    assert graph.faithful, graph.report
    assert graph.plain, graph.report
    return [line.strip() for line in graph.text.splitlines() if "attention" in line.lower()]


def test_normalised_queries() -> None:
    net = imported(Block(Cosine()), Block(Cosine()))
    assert net.info()["totals"]["parameters"] == PATCHES + 2 * (
        16 * 48 + 48 + 16 * 16 + 16 + 2 + 32 + 272
    )
    (line,) = weights(net)
    assert "weights=1090" in line
    assert "Gather" not in net.imported.text


def test_windows_belong_to_it() -> None:
    net = imported(Block(Cosine(), 0, 4), Block(Cosine(), 2, 4))
    lines = "\n".join(weights(net))
    assert "label: window attention" in lines
    assert "label: shifted window attention" in lines
    assert "partition" not in net.imported.text
    assert "Block, shifted" in net.imported.text


def test_the_places_of_a_map_stay_where_they_are() -> None:
    text = imported(Block(Cosine()), Block(Cosine())).imported.text
    assert "8x16x8" not in text, "features were taken for a side"


def test_without_a_softmax_it_is_none() -> None:
    text = imported(Block(Cosine(soft=False))).imported.text
    assert "other-attention" not in text


class Inlined(Cosine):
    """The residual is in the same module: it must not be swallowed."""

    def forward(self, x):
        flat = x.flatten(1, 2)
        return (flat + super().forward(flat)).reshape(x.shape)


def test_what_else_a_module_does_is_not_swallowed() -> None:
    text = imported(Inlined(), Inlined()).imported.text
    assert "other-attention" not in text
    assert "residual" in text


class Units(nn.Module):
    """Attention among the rows of each of several groups."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups
        self.qkv, self.out = nn.Linear(16, 48), nn.Linear(16, 16)

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(x).reshape(batch, -1, self.groups, 3, 2, 8).permute(3, 0, 4, 2, 1, 5)
        queries, keys, values = parts.unbind(0)
        scores = (queries @ keys.transpose(-1, -2)).softmax(-1)
        return self.out((scores @ values).transpose(1, 3).reshape(batch, length, width))


@pytest.mark.parametrize("groups", [1, 4])
def test_rows_that_see_only_some_rows(groups: int) -> None:
    net = archviz.from_torch(nn.Sequential(Units(groups)), (1, 32, 16))
    assert net.imported.faithful, net.imported.report
    wanted = 32 * 16 * 16 * 4 + 2 * 32 * (32 // groups) * 16
    assert net.info()["totals"]["macs"] == wanted
    assert ("other-attention" in net.imported.text) == (groups > 1)


class Tables(nn.Module):
    """A product with a learned table, as relative positions have it."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.ones(8, 5, 16))

    def forward(self, x):
        return torch.einsum("bhwc,hkc->bhwk", x.permute(0, 2, 3, 1), self.table).sum(-1)


def test_the_products_of_an_einsum_with_a_table_count() -> None:
    net = archviz.from_torch(nn.Sequential(Tables()), (1, 16, 8, 8))
    assert net.info()["totals"]["macs"] == 8 * 8 * 5 * 16


class Picks(nn.Module):
    """Takes one of several parts of a value apart."""

    def forward(self, x):
        parts = x.reshape(x.shape[0], 4, 3, 5, 8).permute(2, 0, 1, 3, 4)
        return parts[0] @ parts[1].transpose(-1, -2)


def test_a_part_says_which_it_is() -> None:
    found = archviz.from_torch(nn.Sequential(Picks()), (1, 12, 40)).imported
    assert "part 2 of 3" in found.text
    assert found.plain, found.report


class Shared(nn.Module):
    """Several heads share their keys and values, inside torch's own function."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = nn.Linear(16, 16), nn.Linear(16, 8), nn.Linear(16, 8)
        self.out = nn.Linear(16, 16)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            one(x).view(batch, length, -1, 4).transpose(1, 2) for one in (self.q, self.k, self.v)
        )
        made = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
        return self.out(made.transpose(1, 2).reshape(batch, length, width))


def test_heads_that_share_their_keys_inside_the_function() -> None:
    net = archviz.from_torch(nn.Sequential(Shared()), (1, 6, 16))
    assert net.imported.faithful, net.imported.report
    assert "attention 4 kv_heads=2" in net.imported.text or "kv-heads=2" in net.imported.text
    assert net.info()["totals"]["macs"] == 6 * 16 * (16 + 8 + 8 + 16) + 2 * 6 * 6 * 16
