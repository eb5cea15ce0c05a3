"""Attention in windows of a map, and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402

nn = torch.nn
F = nn.functional
WIDE = 32


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.end = nn.Linear(WIDE, 3 * WIDE), nn.Linear(WIDE, WIDE)

    def forward(self, x: Any) -> Any:
        count, rows, width = x.shape
        q, k, v = self.qkv(x).reshape(count, rows, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(q, k, v)
        return self.end(found.transpose(1, 2).reshape(count, rows, width))


class Block(nn.Module):
    """Windows of 4×4, or 2×4, on a map of 16×16: as many windows as places in one."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.norm, self.attention = nn.LayerNorm(WIDE), Attention()
        self.inner = nn.LayerNorm(WIDE) if "norm" in how else nn.Identity()

    def forward(self, x: Any) -> Any:
        kept, x = x, self.norm(x)
        batch, height, width, wide = x.shape
        high = 2 if "oblong" in self.how else 4
        rows, columns = height // high, width // 4
        if "shift" in self.how:
            x = torch.roll(x, (-2, -2), (1, 2))
        x = x.view(batch, rows, high, columns, 4, wide).permute(0, 1, 3, 2, 4, 5)
        if "steps" in self.how:
            x = x.reshape(-1, high, 4, wide).view(-1, high * 4, wide)
        x = self.attention(self.inner(x.reshape(-1, high * 4, wide)))
        if "turned" in self.how:
            x = x.view(batch, height // 4, width // high, 4, high, wide)
            order = (0, 1, 3, 2, 4, 5)
        else:
            x = x.view(batch, rows, columns, high, 4, wide)
            order = (0, 2, 3, 1, 4, 5) if "swapped" in self.how else (0, 1, 3, 2, 4, 5)
            order = (0, 1, 4, 2, 3, 5) if "within" in self.how else order
        if "flat" not in self.how:
            x = x.permute(*order)
        x = x.reshape(batch, height, width, wide)
        if "shift" in self.how:
            x = torch.roll(x, (3, 2) if "too far" in self.how else (2, 2), (1, 2))
        return kept + x


class Net(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.stem, self.block, self.head = nn.Conv2d(3, WIDE, 4, 4), Block(how), nn.Linear(WIDE, 4)

    def forward(self, x: Any) -> Any:
        return self.head(self.block(self.stem(x).permute(0, 2, 3, 1)).mean((1, 2)))


def text_of(module: Any, size: tuple[int, ...] = (1, 3, 64, 64)) -> str:
    net = archviz.from_torch(module.eval(), size)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"]["parameters"] == sum(one.numel() for one in module.parameters())
    return str(net.imported.text)


@pytest.mark.parametrize("how", ["", "oblong", "steps", "shift", "shift, steps"])
def test_windows_that_come_back_are_those_of_an_attention(how: str) -> None:
    text = text_of(Net(how))
    label = "shifted window attention" if "shift" in how else "window attention"
    assert f"label: {label}" in text
    for word in ("partition", "reverse", "cyclic", "reshape", "rearrange"):
        assert word not in text


@pytest.mark.parametrize("how", ["swapped", "within", "flat", "swapped, shift"])
def test_windows_that_come_back_otherwise_are_drawn(how: str) -> None:
    text = text_of(Net(how))
    assert "window attention" not in text
    assert "window partition 4×4" in text
    assert ("rearrange" in text) == (how != "flat")
    assert ("cyclic shift −2×−2" in text) == ("shift" in how)


def test_windows_of_other_sides_do_not_undo_each_other() -> None:
    text = text_of(Net("oblong, turned"))
    assert "window partition 2×4" in text
    assert "window reverse 4×2" in text
    assert "window attention" not in text


def test_a_shift_that_is_not_undone_is_drawn() -> None:
    text = text_of(Net("shift, too far"))
    assert "cyclic shift −2×−2" in text
    assert "cyclic shift +3×+2" in text
    assert "label: window attention" in text


def test_a_norm_in_the_windows_counts() -> None:
    text = text_of(Net("norm"))
    assert text.count("layer-norm") == 2


class Merging(nn.Module):
    """Each block of places as channels."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.last = nn.LayerNorm(16), nn.Linear(16, 8, bias=False)

    def forward(self, x: Any) -> Any:
        x = x.permute(0, 2, 3, 1)
        batch, height, width, wide = x.shape
        x = x.reshape(batch, height // 2, 2, width // 2, 2, wide).permute(0, 1, 3, 4, 2, 5)
        return self.last(self.norm(x.flatten(3)))


def test_patches_are_merged() -> None:
    text = text_of(Merging(), (1, 4, 8, 8))
    assert "label: space to depth" in text
    assert "layer-norm" in text
    assert "rearrange" not in text


class Volume(nn.Module):
    """Windows of a volume: eight axes on the way, and a classifier behind a pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.attention = nn.Conv3d(3, WIDE, 2, 2), Attention()
        self.last = nn.Conv3d(WIDE, 4, 1)

    def forward(self, x: Any) -> Any:
        x = self.stem(x).permute(0, 2, 3, 4, 1)
        batch, depth, height, width, wide = x.shape
        cut = x.view(batch, depth // 2, 2, height // 4, 4, width // 4, 4, wide)
        rows = cut.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(-1, 32, wide)
        back = self.attention(rows).view(batch, depth // 2, height // 4, width // 4, 2, 4, 4, wide)
        x = x + back.permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(x.shape)
        return self.last(F.avg_pool3d(x.permute(0, 4, 1, 2, 3), (depth, height, width)))


def test_windows_of_a_volume_come_through() -> None:
    text = text_of(Volume(), (1, 3, 8, 16, 16))
    assert "attention" in text
    assert "ranspose" not in text


class Anchors(nn.Module):
    """What a head gives for each anchor, in rows: parts of the channels go behind the places."""

    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order
        self.conv = nn.Conv2d(3, 18, 3, padding=1)

    def forward(self, x: Any) -> Any:
        x = self.conv(x)
        batch, _, height, width = x.shape
        return x.view(batch, 3, 6, height, width).permute(*self.order).reshape(batch, -1, 6)


def test_channels_behind_the_places_are_where_they_are_drawn() -> None:
    assert "rearrange" not in text_of(Anchors(0, 3, 4, 1, 2), (1, 3, 8, 12))
    for order in ((0, 4, 3, 1, 2), (0, 4, 1, 2, 3), (0, 1, 3, 4, 2)):
        assert "rearrange" in text_of(Anchors(*order), (1, 3, 8, 12)), order
