"""Networks that nobody has published as code, written from their papers' tables in PyTorch.

Each is what a spec in ``docs/examples`` or ``specs`` is held against: ``measured`` counts its
parameters and multiply-adds, the latter as PyTorch's own counter does, half its operations.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
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


def measured(
    module: nn.Module, *inputs: Tensor, watch: AbstractContextManager[Any] | None = None
) -> Measured:
    """Count a module; ``inputs`` have a batch axis of 1, and may be on the meta device.

    ``watch`` is told of what it runs, if it is a mode of PyTorch.
    """
    module.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    counter = FlopCounterMode(display=False)
    with (
        torch.no_grad(),
        sdpa_kernel(SDPBackend.MATH),
        torch.backends.mkldnn.flags(enabled=False),
        counter,
        watch or nullcontext(),
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


class LeNet5(nn.Module):
    """LeCun et al. 1998, figure 2, with average pooling and a second convolution that is full."""

    def __init__(self) -> None:
        super().__init__()
        pool = nn.AvgPool2d(2)
        self.maps = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), pool)
        self.maps.extend([nn.Conv2d(6, 16, 5), nn.Tanh(), pool, nn.Flatten()])
        self.dense = nn.Sequential(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh())
        self.dense.append(nn.Linear(84, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.dense(self.maps(x))


def _rectified(width: int, filters: int, kernel: int, **options: int) -> list[nn.Module]:
    """A convolution as Caffe's models have it, with ReLU; it keeps the size of the map."""
    sizes = {"padding": kernel // 2, **options}
    return [nn.Conv2d(width, filters, kernel, **sizes), nn.ReLU()]


class AlexNet(nn.Module):
    """Krizhevsky, Sutskever and Hinton 2012, by the definition of Caffe's bvlc_alexnet.

    That takes 227 pixels; 224, padded by 2, are as many places.
    """

    def __init__(self) -> None:
        super().__init__()
        norm, pool = nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2)
        maps = [*_rectified(3, 96, 11, stride=4, padding=2), norm, pool]
        maps += [*_rectified(96, 256, 5, groups=2), norm, pool, *_rectified(256, 384, 3)]
        maps += [*_rectified(384, 384, 3, groups=2), *_rectified(384, 256, 3, groups=2), pool]
        dense = [nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU()]
        self.body = nn.Sequential(*maps, nn.Flatten(), *dense, nn.Linear(4096, 1000))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class NetworkInNetwork(nn.Module):
    """Lin, Chen and Yan 2013, the network for ImageNet by its definition for Caffe."""

    def __init__(self) -> None:
        super().__init__()
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.body = nn.Sequential(*self._mlp(3, 11, 96, 96, stride=4, padding=0), pool)
        self.body.extend([*self._mlp(96, 5, 256, 256), pool, *self._mlp(256, 3, 384, 384), pool])
        self.body.extend(self._mlp(384, 3, 1024, 1000))

    @staticmethod
    def _mlp(into: int, kernel: int, width: int, out: int, **options: int) -> list[nn.Module]:
        first = _rectified(into, width, kernel, **options)
        return [*first, *_rectified(width, width, 1), *_rectified(width, out, 1)]

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x).mean((2, 3))


class _Inception(nn.Module):
    def __init__(self, into: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        one, three_in, three, five_in, five, pool = sizes
        self.one = nn.Sequential(*_rectified(into, one, 1))
        self.three = nn.Sequential(*_rectified(into, three_in, 1), *_rectified(three_in, three, 3))
        self.five = nn.Sequential(*_rectified(into, five_in, 1), *_rectified(five_in, five, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), *_rectified(into, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([tower(x) for tower in (self.one, self.three, self.five, self.pool)], 1)


class GoogLeNet(nn.Module):
    """Szegedy et al. 2014, by the definition of Caffe's bvlc_googlenet; no auxiliary heads."""

    SIZES = (
        *((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), (192, 96, 208, 16, 48, 64)),
        *((160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64)),
        *((256, 160, 320, 32, 128, 128), (256, 160, 320, 32, 128, 128)),
        (384, 192, 384, 48, 128, 128),
    )

    def __init__(self) -> None:
        super().__init__()
        norm, pool = nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2, ceil_mode=True)
        self.body = nn.Sequential(*_rectified(3, 64, 7, stride=2), pool, norm)
        self.body.extend([*_rectified(64, 64, 1), *_rectified(64, 192, 3), norm, pool])
        width = 192
        for number, sizes in enumerate(self.SIZES):
            self.body.extend([pool] if number in (2, 7) else [])
            self.body.append(_Inception(width, sizes))
            width = sizes[0] + sizes[2] + sizes[4] + sizes[5]
        self.last = nn.Linear(width, 1000)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.body(x).mean((2, 3)))


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
