"""Frozen parameters of PyTorch modules count as not trained, wherever they end up."""

from __future__ import annotations

from typing import Any

import pytest

import archviz

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from torch import nn  # noqa: E402

SIZE = (1, 3, 16, 16)


class Block(nn.Module):
    def __init__(self, norm: Any = nn.BatchNorm2d) -> None:
        super().__init__()
        self.a, self.b = (nn.Conv2d(8, 8, 3, padding=1, bias=False) for _ in range(2))
        self.m, self.n = norm(8), norm(8)

    def forward(self, x: Any) -> Any:
        return (x + self.n(self.b(self.m(self.a(x)).relu()))).relu()


def blocks(norm: Any = nn.BatchNorm2d) -> Any:
    ends = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
    return nn.Sequential(nn.Conv2d(3, 8, 3), *[Block(norm) for _ in range(4)], *ends)


def frozen(module: Any, *kinds: Any) -> Any:
    """The module, with the parameters of some kinds of its parts frozen; all without kinds."""
    for part in module.modules():
        if isinstance(part, kinds or nn.Module):
            part.requires_grad_(False)
    return module


def read(module: Any, size: Any = SIZE) -> str:
    """The spec of a module, whose totals are those that PyTorch counts."""
    net = archviz.from_torch(module, size)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    totals = net.info()["totals"]
    moving = sum(one.numel() for name, one in module.named_buffers() if ".running_" in f".{name}")
    trained = [one.numel() for one in module.parameters() if one.requires_grad]
    idle = [one.numel() for one in module.parameters() if not one.requires_grad]
    assert totals["trainable"] == sum(trained)
    assert totals["non_trainable"] == sum(idle) + moving
    if idle:
        assert f"counted as not trained: {sum(idle):,} parameters" in net.imported.report
    return net.imported.text


def test_all_of_a_module() -> None:
    text = read(frozen(blocks()))
    assert "repeat: 4, of: block}" in text
    assert "dense 10 frozen" in text
    assert "untrained" not in text


def test_blocks_that_differ_in_that_alone_say_so() -> None:
    module = blocks()
    frozen(module[:3])
    text = read(module)
    assert 'label: "Block, frozen"' in text
    assert "{repeat: 2, of: block-frozen}" in text
    assert "{repeat: 2, of: block}" in text
    frozen(module[3].a)
    assert 'label: "Block, partly frozen"' in read(module)
    svg = archviz.from_torch(module, SIZE).svg()
    assert "which weights are frozen" in svg
    assert "frozen" not in archviz.from_torch(blocks(), SIZE).svg()


def test_norms_alone_and_all_but_norms() -> None:
    text = read(frozen(blocks(), nn.BatchNorm2d))
    assert "batch-norm-frozen" in text
    assert "untrained" not in text
    text = read(frozen(blocks(), nn.Conv2d))
    assert "batch-norm-frozen" not in text
    assert "conv 3x3 8 untrained=576" in text


def test_parts_of_layers() -> None:
    layers = [nn.TransformerEncoderLayer(16, 2, 32, batch_first=True) for _ in range(3)]
    module = nn.Sequential(*layers, nn.Linear(16, 4))
    for name, one in module.named_parameters():
        one.requires_grad_(name.endswith("bias"))  # BitFit
    text = read(module, (1, 5, 16))
    assert "repeat: 3" in text
    assert "attention 2 untrained=1024" in text
    assert "dense 4 untrained=64" in text


@pytest.mark.parametrize("tied", [True, False])
def test_shared_weights(tied: bool) -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.inner, self.head = (
                nn.Embedding(9, 8), nn.Linear(8, 8), nn.Linear(8, 9),
            )  # fmt: skip
            if tied:
                self.head.weight = self.words.weight
            self.words.weight.requires_grad_(False)

        def forward(self, x: Any) -> Any:
            return self.head(self.inner(self.words(x)).relu())

    text = read(Words(), (1, 5))
    assert "embedding 8 frozen words=9" in text
    assert ("dense 9 shared own=9" in text) == tied


def test_a_layer_that_runs_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.conv = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, padding=1)
            self.norms = nn.ModuleList([nn.BatchNorm2d(8), nn.BatchNorm2d(8)])
            self.conv.requires_grad_(False)

        def forward(self, x: Any) -> Any:
            x = self.first(x)
            for norm in self.norms:
                x = norm(self.conv(x)).relu()
            return x

    assert "conv 3x3 8 shared own=32" in read(Twice())


def test_weights_that_are_computed_and_learned_rows() -> None:
    from torch.nn.utils.parametrizations import weight_norm

    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = weight_norm(nn.Conv1d(3, 8, 3))
            self.conv.parametrizations.weight.original0.requires_grad_(False)
            self.rows = nn.Parameter(torch.zeros(1, 14, 8), requires_grad=False)

        def forward(self, x: Any) -> Any:
            return self.conv(x).transpose(1, 2) + self.rows

    text = read(Rows(), (1, 3, 16))
    assert "position frozen" in text
    assert "weight-norm untrained=8" in text


# ---- norms whose vectors are all buffers, of which only moving statistics count -----------------


class Buffers(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        for name, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            self.register_buffer(name, torch.full((channels,), float(value)))


class Scaled(Buffers):
    """As torchvision writes it."""

    def forward(self, x: Any) -> Any:
        w, b, v, m = (
            one.reshape(1, -1, 1, 1)
            for one in (self.weight, self.bias, self.running_var, self.running_mean)
        )
        scale = w * (v + 1e-5).rsqrt()
        return x * scale + (b - m * scale)


class Centred(Buffers):
    def forward(self, x: Any) -> Any:
        w, b, v, m = (
            one[None, :, None, None]
            for one in (self.weight, self.bias, self.running_var, self.running_mean)
        )
        return (x - m) / torch.sqrt(v + 1e-5) * w + b


class Called(Buffers):
    def forward(self, x: Any) -> Any:
        facts = self.running_mean, self.running_var, self.weight, self.bias
        return nn.functional.batch_norm(x, *facts, training=False)


@pytest.mark.parametrize("norm", [Scaled, Centred, Called])
def test_norms_of_buffers(norm: Any) -> None:
    module = blocks(norm)
    text = read(module)
    assert "conv: same batch-norm-plain no-bias" in text
    assert "scale" not in text.replace("unscaled", "")


def test_scales_that_are_no_norm_and_statistics_with_trained_scales() -> None:
    class Plain(nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.weight, self.bias = (nn.Parameter(torch.ones(channels, 1, 1)) for _ in range(2))

        def forward(self, x: Any) -> Any:
            return x * self.weight + self.bias

    assert "norm" not in read(blocks(Plain))

    class Trained(Scaled):
        def __init__(self, channels: int) -> None:
            super().__init__(channels)
            del self.weight, self.bias
            self.weight, self.bias = (nn.Parameter(torch.ones(channels)) for _ in range(2))

    assert "conv: same batch-norm no-bias" in read(blocks(Trained))


def test_the_option_of_a_spec() -> None:
    layers = "input 4x4x3, conv 1x1 2 untrained=6 batch-norm, flatten, dense 2 frozen"
    spec = f"title: T\nnetwork: [{layers}]\n"
    totals = archviz.load_text(spec).info()["totals"]
    assert totals["trainable"] == 2 + 4
    assert totals["non_trainable"] == 6 + 4 + 66


def test_a_table_that_several_layers_take_counts_in_the_first() -> None:
    class Scored(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.zeros(1, 2, 5, 5), requires_grad=False)
            self.parts = nn.ModuleList([nn.Linear(8, 24) for _ in range(3)])

        def forward(self, x: Any) -> Any:
            for part in self.parts:
                q, k, v = part(x).reshape(-1, 5, 3, 2, 4).permute(2, 0, 3, 1, 4)
                weights = (q @ k.transpose(-1, -2) / 2 + self.table).softmax(-1)
                x = x + (weights @ v).transpose(1, 2).reshape(-1, 5, 8)
            return x

    assert read(Scored(), (1, 5, 8)).count("untrained=50") == 1


def test_a_frozen_number_that_two_steps_take_is_that_of_the_first() -> None:
    class Blend(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.share = nn.Parameter(torch.tensor(0.3), requires_grad=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.share * x + (1 - self.share) * x.relu()

    totals = archviz.from_torch(Blend(), (1, 4, 8)).info()["totals"]
    assert (totals["trainable"], totals["non_trainable"]) == (0, 1)


def test_a_frozen_number_is_not_that_of_a_layer_far_before() -> None:
    class Blend(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.share = nn.Parameter(torch.tensor(0.3), requires_grad=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.nn.functional.max_pool2d(self.conv(x), 2)
            return self.share * x + (1 - self.share) * x

    assert "untrained" not in read(Blend())


def test_a_frozen_table_that_two_steps_take_is_that_of_the_first() -> None:
    class Gates(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.prelu, self.table = nn.PReLU(), nn.Parameter(torch.rand(1, 16, 16))
            self.table.requires_grad_(False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.prelu(x)
            return x * self.table.sigmoid(), (x * self.table.sigmoid()).relu()

    assert "untrained" not in read(Gates())


def test_statistics_of_a_norm_behind_a_shared_convolution_are_not_trained() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.norm = nn.BatchNorm2d(3, affine=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(self.conv(self.conv(x).relu()))

    assert "batch-norm-plain shared own=6" in read(Twice())
