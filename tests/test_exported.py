"""Exported programs, live and in archives, give the figure of the module that they were made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError

torch = pytest.importorskip("torch", reason="exports its modules with PyTorch")
nn, F = torch.nn, torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore")


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.m, self.n = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x: Any) -> Any:
        return (x + self.n(self.b(self.m(self.a(x)).relu_()))).relu()


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.body = nn.Conv2d(3, 8, 3), nn.Sequential(Block(8), Block(8), Block(8))
        self.head, self.spare = nn.Linear(8, 10), nn.Linear(2, 2)
        self.stem.requires_grad_(False)

    def forward(self, x: Any) -> Any:
        return self.head(self.body(self.stem(x)).mean((-2, -1)))


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(20, 16), nn.Linear(16, 20, bias=False)
        self.places = nn.Parameter(torch.zeros(1, 6, 16))
        layers = [nn.TransformerEncoderLayer(16, 2, 32, batch_first=True) for _ in range(3)]
        self.layers = nn.ModuleList(layers)
        self.head.weight = self.words.weight

    def forward(self, ids: Any) -> Any:
        x = self.words(ids) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.norm = nn.LSTM(8, 8, 2, batch_first=True), nn.LayerNorm(8)
        self.gru = nn.GRU(8, 4, batch_first=True, bidirectional=True)

    def forward(self, x: Any) -> Any:
        return self.gru(self.norm(self.lstm(x)[0]))[0]


class Maps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 8, 3, 2, 1), nn.ConvTranspose2d(8, 8, 2, 2)
        self.norm, self.end = nn.GroupNorm(1, 11), nn.Conv2d(11, 4, 1)

    def forward(self, x: Any) -> Any:
        y = F.interpolate(self.up(self.down(x)), scale_factor=2, mode="bilinear")
        y = torch.cat([x, F.max_pool2d(y, 2)], 1)
        return self.end(F.pad(F.gelu(self.norm(y)), (1, 1, 1, 1), mode="reflect"))


class Parts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)
        self.register_buffer("table", torch.ones(8))

    def forward(self, x: Any) -> Any:
        with torch.no_grad():
            scale = self.a(x).sin()
        one, two = self.b(self.b(x)).chunk(2, -1)
        return torch.cat([two[:, :3], one], -1) * scale[:, :7] + self.table[:7]


MODULES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "residual": (Residual, (torch.zeros(2, 3, 8, 8),)),
    "words": (Words, (torch.zeros(2, 6, dtype=torch.int64),)),
    "recurrent": (Recurrent, (torch.zeros(2, 5, 8),)),
    "maps": (Maps, (torch.zeros(1, 3, 16, 16),)),
    "parts": (Parts, (torch.zeros(2, 8),)),
    "decoder": (lambda: nn.Transformer(8, 2, 2, 2, 16, batch_first=True),
                (torch.zeros(2, 4, 8), torch.zeros(2, 5, 8))),
}  # fmt: skip


def body(net: Any) -> list[str]:
    """A spec without its title."""
    return list(net.imported.text.split("\n")[1:])


@pytest.mark.parametrize(
    "strict",
    [pytest.param(False, id="plain"), pytest.param(True, id="strict", marks=pytest.mark.long)],
)
@pytest.mark.parametrize("name", MODULES)
def test_the_figure_is_that_of_the_module(tmp_path: Path, name: str, strict: bool) -> None:
    make, inputs = MODULES[name]
    module = make().eval()
    live = archviz.from_torch(module, inputs)
    program = torch.export.export(module, inputs, strict=strict)
    torch.export.save(program, path := str(tmp_path / "net.pt2"))
    assert live.imported is not None
    for net in (archviz.from_torch(program), archviz.from_onnx(path)):
        assert net.imported is not None
        assert net.imported.faithful, net.imported.report
        assert body(net) == body(live)
        assert net.info()["totals"] == live.info()["totals"]
        unused = {} if strict else dict(live.imported.unused)  # a strict program lacks them
        assert dict(net.imported.unused) == unused
        assert "read as it was exported, for " in net.imported.report


def test_what_is_written_in_place() -> None:
    """Live, the last write comes with those before it, once more; the rest is the same."""

    class Writes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Any) -> Any:
            x = self.conv(x)
            x[:, 0].mul_(2)
            return x.relu_()

    module, inputs = Writes().eval(), (torch.zeros(1, 3, 8, 8),)
    program = torch.export.export(module, inputs)
    net, live = archviz.from_torch(program), archviz.from_torch(module, inputs)
    assert net.imported is not None
    assert net.imported.faithful
    assert "write a part" in net.imported.text
    assert body(net) == body(live)


def test_decomposed_programs_are_said_where_they_differ() -> None:
    module, inputs = Residual().eval(), (torch.zeros(2, 3, 8, 8),)
    program = torch.export.export(module, inputs).run_decompositions()
    live = archviz.from_torch(module, inputs)
    net = archviz.from_torch(program)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"] == live.info()["totals"]


def test_sizes_of_a_live_program(tmp_path: Path) -> None:
    program = torch.export.export(Residual().eval(), (torch.zeros(2, 3, 8, 8),))
    for given in ((2, 3, 8, 8), torch.zeros(2, 3, 8, 8)):
        assert archviz.from_torch(program, given).network.head.title == "Residual"
    with pytest.raises(ArchvizError, match="was exported for x=2x3x8x8"):
        archviz.from_torch(program, (1, 3, 9, 9))
    path = tmp_path / "net.pt2"
    torch.export.save(program, path)
    with pytest.raises(ArchvizError, match=r"use archviz\.from_onnx"):
        archviz.from_torch(path)
    path.rename(other := path.with_suffix(".pt"))
    with pytest.raises(ArchvizError, match="let its name end in"):
        archviz.load(other)


def test_a_program_named_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.py").write_text(
        "import torch\n"
        "program = torch.export.export(torch.nn.Linear(2, 3), (torch.zeros(1, 2),))\n"
        "def made(): return program\n"
    )
    monkeypatch.chdir(tmp_path)
    for name in ("program", "made"):
        result = CliRunner().invoke(main, ["import", f"model.py:{name}"])
        assert result.exit_code == 0, result.stderr
        assert "dense 3" in result.stdout
