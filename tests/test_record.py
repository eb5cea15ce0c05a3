"""PyTorch modules as they run: what is written down, and the proof that layers are that."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402
from archviz.errors import ArchvizError  # noqa: E402
from archviz.importers.fold.pipeline import fold_graph  # noqa: E402
from archviz.importers.record.functions import lowered  # noqa: E402
from archviz.importers.record.proof import gaps  # noqa: E402
from archviz.importers.record.recording import Recording, record  # noqa: E402

nn = torch.nn


class Written(nn.Module):
    """One net, written with functions that change what they are given, and without."""

    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.inplace = inplace
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.act = nn.SiLU(inplace=inplace)

    def forward(self, x: Any) -> Any:
        x = self.act(self.first(x))
        y = self.second(x)
        if self.inplace:
            y += x
            return y.relu_().clamp_(0, 6)
        return (y + x).relu().clamp(0, 6)


def spec_of(module: Any, size: tuple[int, ...]) -> str:
    net = archviz.from_torch(module, size)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    return str(net.imported.text)


def test_what_is_written_in_place_is_seen() -> None:
    size = (1, 3, 8, 8)
    assert spec_of(Written(True), size) == spec_of(Written(False), size)
    assert "silu" in spec_of(Written(True), size)
    assert "relu" in spec_of(Written(True), size)


class Views(nn.Module):
    """A part of a value is written to, and the value goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.end = nn.Conv2d(8, 4, 1)

    def forward(self, x: Any) -> Any:
        x = self.conv(x)
        x[:, :2].mul_(2)
        return self.end(x)


def test_a_write_through_a_view_is_in_the_figure() -> None:
    text = spec_of(Views(), (1, 3, 8, 8))
    assert "write a part" in text


# ---- the proof ---------------------------------------------------------------------------------


def recorded(module: Any, *sizes: tuple[int, ...]) -> Recording:
    module.eval()
    with torch.no_grad():
        return record(torch, module, {}, tuple(map(torch.zeros, sizes)), {})


def folded(recording: Recording, module: Any) -> Any:
    learned = frozenset(name for name, _ in module.named_parameters())
    return fold_graph(lowered(recording, "net", learned), "net")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 8, 3, padding=1)
        self.c = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x: Any) -> Any:
        x = self.a(x).relu()
        y = self.b(x)
        return torch.cat([self.c(y), x], 1)


def test_what_ran_is_what_is_drawn() -> None:
    module = Net()
    recording = recorded(module, (1, 3, 8, 8))
    graph = folded(recording, module)
    assert gaps(recording, graph.nodes, graph.owners) == ()


def test_a_wire_to_another_layer_is_noticed() -> None:
    module = Net()
    recording = recorded(module, (1, 3, 8, 8))
    graph = folded(recording, module)
    for place, node in enumerate(graph.nodes):
        for other in graph.nodes:
            if node.kind == "input" or other.id in node.inputs or other.id == node.id:
                continue
            wrong = node._replace(inputs=(other.id, *node.inputs[1:]))
            nodes = (*graph.nodes[:place], wrong, *graph.nodes[place + 1 :])
            found = gaps(recording, nodes, graph.owners)
            assert any(node.id in line for line in found), (node, other)


def test_an_activation_that_is_lost_is_noticed() -> None:
    module = Net()
    recording = recorded(module, (1, 3, 8, 8))
    graph = folded(recording, module)
    nodes = tuple(
        node._replace(options={**node.options, "activation": None}) for node in graph.nodes
    )
    assert gaps(recording, nodes, graph.owners) == ("the relu of '' is in no layer",)


# ---- names -------------------------------------------------------------------------------------


class TinyNetBottleneck(nn.Module):
    def __init__(self, taken: int, given: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(taken, given, 3, stride, 1)
        self.conv2 = nn.Conv2d(given, given, 3, 1, 1)
        self.down = nn.Conv2d(taken, given, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Any) -> Any:
        return (self.conv2(self.conv1(x).relu()) + self.down(x)).relu()


class TinyNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        blocks = [TinyNetBottleneck(8, 8) for _ in range(3)]
        self.layer1 = nn.Sequential(*blocks)
        more = [TinyNetBottleneck(8, 16, 2), *[TinyNetBottleneck(16, 16) for _ in range(2)]]
        self.layer2 = nn.Sequential(*more)

    def forward(self, x: Any) -> Any:
        return self.layer2(self.layer1(self.stem(x)))


def test_modules_are_called_what_the_code_calls_them() -> None:
    text = spec_of(TinyNet(), (1, 3, 18, 18))
    assert "label: Bottleneck\n" in text
    assert "title: TinyNetBottleneck\n" in text
    assert "{repeat: 3, of: tiny-net-bottleneck 8}" in text
    assert "TinyNetBottleneck, downsampling" in text


class Halves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(4, 4, 1)

    def forward(self, x: Any) -> Any:
        one, two = self.a(x).chunk(2, 1)
        return torch.cat([self.b(one), two.relu()], 1)


def test_a_part_that_hangs_from_another_part_is_noticed() -> None:
    module = Halves()
    recording = recorded(module, (1, 3, 8, 8))
    graph = folded(recording, module)
    first, second = (node for node in graph.nodes if node.kind == "slice")
    assert gaps(recording, graph.nodes, graph.owners) == ()
    wrong = second._replace(inputs=(first.id,))
    nodes = [wrong if node is second else node for node in graph.nodes]
    assert gaps(recording, nodes, graph.owners)


def test_a_batch_norm_of_other_channels_is_refused() -> None:
    with pytest.raises(ArchvizError, match="cannot run"):
        archviz.from_torch(nn.Sequential(nn.BatchNorm2d(4)), (1, 3, 8, 8))
    with pytest.raises(ArchvizError, match="cannot run"):
        archviz.from_torch(nn.Sequential(nn.LayerNorm(4)), (1, 8, 3))
