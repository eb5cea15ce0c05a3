"""Networks that nobody has published as code, written from their papers' tables in PyTorch.

Each is what a spec in ``docs/examples`` or ``specs`` is held against: ``measured`` counts its
parameters and multiply-adds, the latter as PyTorch's own counter does, half its operations.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import archviz


class Measured(NamedTuple):
    """What a network comes to, of a spec or of a module."""

    parameters: int
    """With the running means and variances of its norms."""
    trainable: int
    macs: int
    outputs: tuple[tuple[int, ...], ...]
    """Sides of each output, the smallest first: PyTorch has them in another order."""


def stated(source: str) -> Measured:
    """What a spec comes to: a path, or the name of a bundled network."""
    net = archviz.load(source)
    info, totals = net.info(), net.analysis.totals
    outputs = [output["shape"] for output in info["outputs"]] or [
        info["layers"][-1]["output_shape"]
    ]
    sides = tuple([tuple(sorted(shape)) for shape in outputs])
    return Measured(totals.parameters, totals.trainable, totals.macs, sides)


def measured(module: nn.Module, *inputs: Tensor) -> Measured:
    """Count a module; ``inputs`` have a batch axis of 1, and may be on the meta device."""
    module.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    counter = FlopCounterMode(display=False)
    with (
        torch.no_grad(),
        sdpa_kernel(SDPBackend.MATH),
        torch.backends.mkldnn.flags(enabled=False),
        counter,
    ):
        given = module(*inputs)
    # those of Keras are parameters, too, where they are seeds of a dropout
    weights = {id(one): one for one in module.parameters() if one.is_floating_point()}.values()
    norms = [norm for norm in module.modules() if "BatchNorm" in type(norm).__name__]
    states = [state for norm in norms for state in norm.buffers() if state.ndim]
    trainable = sum(weight.numel() for weight in weights if weight.requires_grad)
    every = sum(tensor.numel() for tensor in (*weights, *states))
    outputs = tuple([tuple(sorted(value.shape[1:])) for value in _tensors(given)])
    return Measured(every, trainable, counter.get_total_flops() // 2, outputs)


def _tensors(given: Any) -> list[Tensor]:
    return [given] if isinstance(given, Tensor) else list(given)


def _conv(width: int, filters: int, kernel: int, act: bool = True) -> nn.Sequential:
    layers = [
        nn.Conv2d(width, filters, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(filters),
    ]
    return nn.Sequential(*layers, *([nn.ReLU()] if act else []))


class _ZeroBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(width, width, 3), _conv(width, width, 3, act=False))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class AlphaZero(nn.Module):
    """For Go, 19 residual blocks: Silver et al. 2018, the heads as in Silver et al. 2017."""

    def __init__(self) -> None:
        super().__init__()
        blocks = [_ZeroBlock(256) for _ in range(19)]
        self.body = nn.Sequential(_conv(17, 256, 3), *blocks)
        self.policy = nn.Sequential(_conv(256, 2, 1), nn.Flatten(), nn.Linear(2 * 19 * 19, 362))
        self.value = nn.Sequential(_conv(256, 1, 1), nn.Flatten(), nn.Linear(19 * 19, 256))
        self.value.extend([nn.ReLU(), nn.Linear(256, 1), nn.Tanh()])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.body(x)
        return self.policy(x), self.value(x)


class Siamese(nn.Module):
    """Koch, Zemel and Salakhutdinov 2015, figure 4: one tower for two letters."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential()
        width = 1
        for filters, kernel in ((64, 10), (128, 7), (128, 4)):
            self.tower.extend([nn.Conv2d(width, filters, kernel), nn.ReLU(), nn.MaxPool2d(2)])
            width = filters
        self.tower.extend([nn.Conv2d(width, 256, 4), nn.ReLU(), nn.Flatten()])
        self.tower.extend([nn.Linear(256 * 6 * 6, 4096), nn.Sigmoid()])
        self.same = nn.Linear(4096, 1)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return torch.sigmoid(self.same((self.tower(one) - self.tower(other)).abs()))


class _WaveLayer(nn.Module):
    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.filter = nn.Conv1d(32, 32, 2, dilation=dilation)
        self.gate = nn.Conv1d(32, 32, 2, dilation=dilation)
        self.residual = nn.Conv1d(32, 32, 1)
        self.skip = nn.Conv1d(32, 512, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        past = nn.functional.pad(x, (self.dilation, 0))
        gated = torch.tanh(self.filter(past)) * torch.sigmoid(self.gate(past))
        return x + self.residual(gated), self.skip(gated)


class WaveNet(nn.Module):
    """Van den Oord et al. 2016, figure 4; the paper has no widths, these are ibab's.

    (32 channels, 512 of the skips, dilations of 1 to 512 five times.)
    """

    def __init__(self) -> None:
        super().__init__()
        self.causal = nn.Conv1d(256, 32, 2, bias=False)
        self.layers = nn.ModuleList([_WaveLayer(2**power) for _ in range(5) for power in range(10)])
        self.head = nn.Sequential(nn.ReLU(), nn.Conv1d(512, 512, 1), nn.ReLU())
        self.head.append(nn.Conv1d(512, 256, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.causal(nn.functional.pad(x, (1, 0)))
        total = torch.zeros(())
        for layer in self.layers:
            x, skip = layer(x)
            total = total + skip
        return torch.softmax(self.head(total), 1)


class SequenceToSequence(nn.Module):
    """Luong, Pham and Manning 2015: global attention with the score "general"."""

    def __init__(self, words: int = 50_000, width: int = 1000) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(words, width), nn.Embedding(words, width)
        self.encoder = nn.LSTM(width, width, 4, batch_first=True)
        self.decoder = nn.LSTM(width, width, 4, batch_first=True)
        self.score = nn.Linear(width, width, bias=False)
        self.attentional = nn.Linear(2 * width, width, bias=False)
        self.words = nn.Linear(width, words, bias=False)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        memory, state = self.encoder(self.source(source))
        hidden, _ = self.decoder(self.target(target), state)
        weights = torch.softmax(hidden @ self.score(memory).transpose(1, 2), -1)
        context = weights @ memory
        attentional = torch.tanh(self.attentional(torch.cat([context, hidden], -1)))
        return torch.softmax(self.words(attentional), -1)


def _pair(width: int, filters: int) -> nn.Sequential:
    one, two = nn.Conv2d(width, filters, 3), nn.Conv2d(filters, filters, 3)
    return nn.Sequential(one, nn.ReLU(), two, nn.ReLU())


class UNet(nn.Module):
    """Ronneberger, Fischer and Brox 2015, figure 1: no padding, so the skips are cropped."""

    def __init__(self) -> None:
        super().__init__()
        widths = (64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(
            [_pair(*pair) for pair in zip((1, *widths), widths, strict=False)]
        )
        self.up, self.join = nn.ModuleList(), nn.ModuleList()
        for wide, narrow in zip(widths[:0:-1], widths[-2::-1], strict=True):
            self.up.append(nn.ConvTranspose2d(wide, narrow, 2, stride=2))
            self.join.append(_pair(wide, narrow))
        self.last = nn.Conv2d(64, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level, pair in enumerate(self.down):
            x = pair(nn.functional.max_pool2d(x, 2) if level else x)
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, skips[-2::-1], strict=True):
            x = up(x)
            edge = (skip.shape[-1] - x.shape[-1]) // 2
            skip = skip[..., edge : edge + x.shape[-2], edge : edge + x.shape[-1]]
            x = join(torch.cat([skip, x], 1))
        return self.last(x)


class Transformer(nn.Module):
    """Vaswani et al. 2017, the base model: one matrix of 37,000 words for in, out and logits."""

    def __init__(self, words: int = 37_000, width: int = 512) -> None:
        super().__init__()
        sizes = {"d_model": width, "nhead": 8, "dim_feedforward": 2048, "batch_first": True}
        self.words = nn.Embedding(words, width)
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(**sizes), 6, enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**sizes), 6)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        # the sines of the positions have neither weights nor multiply-adds
        memory = self.encoder(self.words(source))
        return self.decoder(self.words(target), memory) @ self.words.weight.T
