from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest

from archviz.errors import ArchvizError
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.torch import layers_of_torch

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

pytestmark = pytest.mark.filterwarnings("ignore")


def kinds(graph: LayerGraph) -> list[str]:
    return [node.kind for node in graph.nodes[1:]]


def check_totals(module: Any, graph: LayerGraph) -> None:
    """Parameters and multiply-adds against PyTorch's own count."""
    own = sum(weight.numel() for weight in module.parameters())
    moving = sum(value.numel() for name, value in module.named_buffers() if "running" in name)
    nodes = [node for node in graph.nodes if not node.options.get("shared")]
    assert sum(node.parameters for node in nodes) == own + moving
    assert sum(node.fixed for node in nodes) == moving


def conv(inputs: int, filters: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> Any:
    layer = nn.Conv2d(inputs, filters, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(filters), nn.SiLU())


class Gate(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.less, self.more = nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1)

    def forward(self, x: Any) -> Any:
        return x * torch.sigmoid(self.more(F.silu(self.less(self.pool(x)))))


class Inverted(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        wide = 4 * width
        self.inner = nn.Sequential(conv(width, wide, 1), conv(wide, wide, groups=wide), Gate(wide))
        self.end = nn.Sequential(nn.Conv2d(wide, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Any) -> Any:
        return x + self.end(self.inner(x))


def test_inverted_residuals_with_gates() -> None:
    module = nn.Sequential(
        conv(3, 8, stride=2), Inverted(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)
    )
    graph = layers_of_torch(module, (1, 3, 32, 32))
    assert kinds(graph) == [
        "conv",
        "conv",
        "depthwise-conv",
        "global-avg-pool",
        "dense",
        "dense",
        "multiply",
        "conv",
        "add",
        "global-avg-pool",
        "dense",
    ]
    assert graph.nodes[3].options["activation"] == "silu"
    assert graph.nodes[3].scope == ("1", "inner", "1", "0")
    assert not graph.unknown
    check_totals(module, graph)


class Next(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.wide = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Any) -> Any:
        y = self.norm(self.wide(x).permute(0, 2, 3, 1))
        return x + (self.down(F.gelu(self.up(y))) * self.gamma).permute(0, 3, 1, 2)


def test_channels_last_inside_a_block() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 4, 4), Next(8))
    graph = layers_of_torch(module, (1, 3, 32, 32))
    assert kinds(graph) == ["conv", "depthwise-conv", "conv", "conv", "scale", "add"]
    assert graph.nodes[2].options["norm"] == "layer-norm"
    assert graph.nodes[3].options["activation"] == "gelu"
    assert {node.shape for node in graph.nodes[1:]} == {(8, 8, 8), (8, 8, 32)}
    check_totals(module, graph)


@pytest.mark.parametrize("batch", [1, 3])
def test_transformers(batch: int) -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(100, 32)
            layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, activation="gelu")
            self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.head = nn.Linear(32, 5)

        def forward(self, x: Any) -> Any:
            return self.head(self.body(self.words(x.long())).mean(1))

    module = Words()
    graph = layers_of_torch(module, (batch, 12))
    block = ["attention", "add", "layer-norm", "dense", "dense", "add", "layer-norm"]
    assert kinds(graph) == ["embedding", *block, *block, "global-avg-pool", "dense"]
    assert graph.nodes[2].options == {"count": 4}
    assert not graph.unknown
    check_totals(module, graph)


def test_an_encoder_and_decoder() -> None:
    class Decoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = conv(3, 8), conv(8, 16), conv(16, 8)
            self.up, self.end = nn.ConvTranspose2d(16, 8, 2, 2), nn.Conv2d(8, 2, 1)
            self.more = nn.Upsample(scale_factor=2)

        def forward(self, x: Any) -> Any:
            a = self.a(x)
            b = self.b(F.max_pool2d(a, 2))
            return self.more(self.end(self.c(torch.cat([a, self.up(b)], 1))))

    module = Decoder()
    graph = layers_of_torch(module, (1, 3, 32, 32))
    assert kinds(graph) == [
        "conv",
        "max-pool",
        "conv",
        "conv-transpose",
        "concat",
        "conv",
        "conv",
        "upsample",
    ]
    assert graph.nodes[-1].shape == (64, 64, 2)
    check_totals(module, graph)


def test_activations_and_norms() -> None:
    acts = [
        nn.GELU(),
        nn.GELU("tanh"),
        nn.Mish(),
        nn.Hardswish(),
        nn.Hardsigmoid(),
        nn.PReLU(4),
        nn.LeakyReLU(0.1),
        nn.ReLU6(),
        nn.SELU(),
        nn.ELU(),
        nn.Softplus(),
    ]
    layers: list[Any] = []
    for act in acts:
        layers += [nn.Conv2d(4, 4, 1), act]
    layers += [nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4), nn.ReLU()]
    layers += [nn.Conv2d(4, 4, 1), nn.InstanceNorm2d(4, affine=True)]
    module = nn.Sequential(*layers)
    graph = layers_of_torch(module, (1, 4, 8, 8))
    found = [node.options.get("activation") for node in graph.nodes[1:]]
    assert found == [
        "gelu",
        "gelu",
        "mish",
        "hard-swish",
        "hard-sigmoid",
        "prelu",
        "leaky-relu",
        "relu6",
        "selu",
        "elu",
        "softplus",
        "relu",
        None,
    ]
    assert [node.options.get("norm") for node in graph.nodes[-2:]] == [
        "group-norm",
        "instance-norm",
    ]
    check_totals(module, graph)


def test_a_shared_module_counts_once() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(8, 8, 3, padding=1)

        def forward(self, x: Any) -> Any:
            return self.conv(F.relu(self.conv(x)))

    module = Twice()
    graph = layers_of_torch(module, (1, 8, 8, 8))
    assert kinds(graph) == ["conv", "conv"]
    check_totals(module, graph)


def test_one_dimension_and_recurrence() -> None:
    class Sound(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv1d(4, 8, 5, 2, 2), nn.BatchNorm1d(8)
            self.cells = nn.LSTM(8, 16, batch_first=True)
            self.head = nn.Linear(16, 3)

        def forward(self, x: Any) -> Any:
            x = F.relu(self.norm(self.conv(x)))
            return self.head(self.cells(x.transpose(1, 2))[0][:, -1])

    graph = layers_of_torch(Sound(), (1, 4, 64))
    assert graph.nodes[1].options["kernel"] == (1, 5)
    assert graph.nodes[1].shape == (1, 32, 8)
    assert kinds(graph) == ["conv", "reshape", "lstm", "select", "dense"]
    assert graph.nodes[3].options == {"filters": 16, "biases": 2}
    assert graph.nodes[3].macs == 32 * 4 * 16 * (8 + 16)
    assert not graph.unknown
    assert graph.nodes[-1].shape == (3,)


def test_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    module.train()
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        layers_of_torch(module, (1, 3, 8, 8))
    assert module.training
    assert int(module[1].num_batches_tracked) == 0
    assert output.getvalue() == ""


def test_whole_numbers_are_found_where_a_table_needs_them() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.head = nn.Embedding(50, 8), nn.Linear(12, 3)

        def forward(self, x: Any, ids: Any) -> Any:
            return self.head(torch.cat([x, self.words(ids).mean(1)], 1))

    module = Both()
    graph = layers_of_torch(module, [(1, 4), (1, 6)])
    assert [node.kind for node in graph.nodes] == [
        "input",
        "input",
        "embedding",
        "global-avg-pool",
        "concat",
        "dense",
    ]
    check_totals(module, graph)


def test_a_layer_whose_arguments_have_defaults() -> None:
    module = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    graph = layers_of_torch(module, (1, 10, 32))
    assert kinds(graph) == ["attention", "add", "layer-norm", "dense", "dense", "add", "layer-norm"]
    assert type(module) is nn.TransformerEncoderLayer
    check_totals(module, graph)


def test_nothing_is_written_when_a_module_fails(capfd: pytest.CaptureFixture[str]) -> None:
    class Odd(nn.Module):
        def forward(self, x: Any) -> Any:
            print("here")
            raise ValueError("no way")

    with pytest.raises(ArchvizError, match="cannot run: no way"):
        layers_of_torch(Odd(), (1, 4))
    assert capfd.readouterr() == ("", "")


def test_tied_weights_and_parts_of_tables_count_as_in_the_module() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(100, 32), nn.Embedding(64, 32)
            self.body = nn.MultiheadAttention(32, 4, batch_first=True)
            self.head = nn.Linear(32, 100, bias=False)
            self.head.weight = self.words.weight

        def forward(self, ids: Any) -> Any:
            x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
            mask = nn.Transformer.generate_square_subsequent_mask(ids.shape[1])
            return self.head(x + self.body(x, x, x, attn_mask=mask)[0])

    module = Model()
    graph = layers_of_torch(module, (1, 12))
    assert kinds(graph) == ["embedding", "position", "attention", "add", "dense"]
    assert graph.nodes[-1].options["shared"] is True
    assert not graph.unknown
    check_totals(module, graph)


def test_an_encoder_with_a_decoder_that_looks_at_it() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Transformer(32, 4, 1, 1, 64, batch_first=True)

        def forward(self, x: Any) -> Any:
            return self.body(x, x)

    module = Model()
    graph = layers_of_torch(module, (1, 10, 32))
    crossing = [node for node in graph.nodes if node.kind == "attention"]
    assert [len(node.inputs) for node in crossing] == [1, 1, 2]
    assert not graph.unknown
    check_totals(module, graph)


class Windows(nn.Module):
    """Attention inside windows of 4x4 places, with a learned bias, as in Swin."""

    def __init__(self, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.norm, self.qkv, self.out = nn.LayerNorm(16), nn.Linear(16, 48), nn.Linear(16, 16)
        self.table = nn.Parameter(torch.zeros(49, 2))
        self.register_buffer("index", torch.arange(256) % 49)

    def forward(self, x: Any) -> Any:
        y = self.norm(x)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = y.view(1, 2, 4, 2, 4, 16).permute(0, 1, 3, 2, 4, 5).reshape(4, 16, 16)
        q, k, v = self.qkv(y).reshape(4, 16, 3, 2, 8).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-2, -1) * 8**-0.5
        scores = scores + self.table[self.index].view(16, 16, 2).permute(2, 0, 1)[None]
        y = self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(4, 16, 16))
        y = y.view(1, 2, 2, 4, 4, 16).permute(0, 1, 3, 2, 4, 5).reshape(1, 8, 8, 16)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        return x + y


def test_attention_in_windows() -> None:
    module = nn.Sequential(Windows(0), Windows(2))
    graph = layers_of_torch(module, (1, 8, 8, 16))
    assert kinds(graph) == ["layer-norm", "other-attention", "add"] * 2
    labels = [node.options["label"] for node in graph.nodes if node.kind == "other-attention"]
    assert labels == ["window attention", "shifted window attention"]
    assert {node.shape for node in graph.nodes} == {(8, 8, 16)}
    check_totals(module, graph)


def test_token_mixing_is_between_two_transpositions() -> None:
    class Mix(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Linear(10, 10)

        def forward(self, x: Any) -> Any:
            return x + self.mix(x.transpose(1, 2)).transpose(1, 2)

    module = Mix()
    graph = layers_of_torch(module, (1, 10, 16))
    assert kinds(graph) == ["op", "dense", "op", "add"]
    assert [node.shape for node in graph.nodes] == [
        (10, 16),
        (16, 10),
        (16, 10),
        (10, 16),
        (10, 16),
    ]
    assert graph.nodes[2].macs == 16 * 10 * 10
    check_totals(module, graph)


def test_weight_norm_and_causal_padding() -> None:
    class Causal(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            conv = nn.Conv1d(8, 8, 3, dilation=2)
            self.conv = nn.utils.parametrizations.weight_norm(conv)

        def forward(self, x: Any) -> Any:
            return torch.relu(self.conv(F.pad(x, (4, 0))))

    graph = layers_of_torch(Causal(), (1, 8, 20))
    assert kinds(graph) == ["conv"]
    assert graph.nodes[1].options["padding"] == (0, 0, 4, 0)
    assert graph.nodes[1].shape == (1, 20, 8)


def test_messages() -> None:
    with pytest.raises(ArchvizError, match="cannot run: mat1 and mat2"):
        layers_of_torch(nn.Linear(4, 2), (1, 5))
    with pytest.raises(ArchvizError, match="cannot be run on an input"):
        layers_of_torch(nn.Linear(4, 2), ())
