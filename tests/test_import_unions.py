"""Variants of one block are one module where a figure would be too large with one for each."""

from __future__ import annotations

import re
from typing import Any

import pytest

import archviz
from archviz.importers.compact import pipeline
from archviz.importers.compact.outline import Outline, boxes
from archviz.scene.scene import Group, groups_in

torch = pytest.importorskip("torch")
nn = torch.nn

MAPS = (1, 8, 32, 32)


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1)

    def forward(self, x):
        return x * self.up(self.down(x.mean((2, 3), keepdim=True)).relu()).sigmoid()


class Block(nn.Module):
    """A bottleneck in which all is optional that could be."""

    def __init__(
        self,
        width: int,
        out: int,
        stride: int = 1,
        kernel: int = 3,
        gate: bool = False,
        act: type[nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        inner = 2 * width
        self.expand = nn.Sequential(nn.Conv2d(width, inner, 1, bias=False), nn.BatchNorm2d(inner))
        self.spread = nn.Conv2d(inner, inner, kernel, stride, kernel // 2)
        self.gate = Gate(inner) if gate else nn.Identity()
        self.reduce = nn.Sequential(nn.Conv2d(inner, out, 1), nn.BatchNorm2d(out))
        self.act = act()
        short = [nn.AvgPool2d(stride)] if stride > 1 else []
        short += (
            [nn.Conv2d(width, out, 1), nn.BatchNorm2d(out)] if stride > 1 or out != width else []
        )
        self.short = nn.Sequential(*short)

    def forward(self, x):
        inside = self.act(self.spread(self.act(self.expand(x))))
        return self.act(self.reduce(self.gate(inside)) + self.short(x))


class Net(nn.Module):
    """Parts in a row, with a head."""

    def __init__(self, *parts: nn.Module, width: int = 8) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return self.head(x.mean((2, 3)))


def imported(net: nn.Module, size: tuple[int, ...] = MAPS) -> Any:
    found = archviz.from_torch(net, size)
    assert found.imported.faithful, found.imported.report
    total = sum(one.numel() for one in net.parameters())
    assert found.info()["totals"]["trainable"] == total
    return found


def text_of(net: nn.Module, size: tuple[int, ...] = MAPS) -> str:
    return str(imported(net, size).imported.text)


def titles(text: str) -> list[str]:
    """The titles of the modules of a spec; those without have what their label says."""
    modules = re.findall(r"(?m)^  [a-z][\w-]*:\n((?:    .*\n)+)", text)
    return [
        re.findall(r"(?m)^    (?:label|title): \"?([^\"\n]+)", module)[-1] for module in modules
    ]


def network(text: str) -> str:
    return text.partition("\nnetwork:\n")[2]


def varied() -> Net:
    return Net(
        Block(8, 8),
        Block(8, 8, act=nn.SiLU),
        Block(8, 12, gate=True, act=nn.SiLU),
        Block(12, 12, gate=True),
        Block(12, 16, 2),
        Block(16, 16, kernel=5, act=nn.SiLU),
        Block(16, 16, gate=True, act=nn.SiLU),
        Block(16, 8, 2, gate=True),
        Block(8, 8),
    )


def test_variants_are_one_module_with_parts_that_some_leave_out() -> None:
    text = text_of(varied())
    assert len(titles(text)) <= 3
    assert "Gate" in titles(text)
    assert re.search(r"- gate .*when=", text), "a gate is a part of its own"
    assert re.search(r"conv 1x1 \S+ .*when=", text), "so is what a shortcut has"
    assert re.search(r"act=after", text)
    assert re.search(r"conv kxk", text)


def test_the_figure_says_which_block_has_what() -> None:
    scene = imported(varied()).svg()
    assert re.search(r"Gate in blocks", re.sub(r"<[^>]*>", "", scene))


def test_few_variants_keep_their_panels() -> None:
    text = text_of(Net(Block(8, 8), Block(8, 8), Block(8, 8, 2), Block(8, 8)))
    assert titles(text) == ["Block", "Block, downsampling"]
    assert "when=" not in text


def test_a_repeat_begins_anew_where_the_map_becomes_smaller() -> None:
    assert len(re.findall("block", network(text_of(varied())))) >= 3


class Rows(nn.Module):
    """So many equal bottlenecks between two convolutions."""

    def __init__(self, width: int, times: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 2, 1)
        self.left, self.right = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.inner = nn.Sequential(*(Step(width) for _ in range(times)))
        self.last = nn.Conv2d(2 * width, width, 1)

    def forward(self, x):
        x = self.first(x)
        return self.last(torch.cat([self.inner(self.left(x)), self.right(x).relu()], 1))


class Step(nn.Module):
    """A residual of two convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return x + self.two(self.one(x).relu()).relu()


@pytest.mark.parametrize("times", [(1, 2, 3, 4, 5), (3, 1, 4, 2, 6)])
def test_a_number_of_equal_blocks_is_a_parameter(times: tuple[int, ...]) -> None:
    text = text_of(Net(*(Rows(8, one) for one in times)), (1, 8, 64, 64))
    assert titles(text) == ["Rows", "Step"]
    assert "repeat: times, of: step" in text
    assert "each: [" + ", ".join(str(one) for one in times)[:5] in text


class Round(nn.Module):
    """A shortcut round whatever it is given."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class Spread(nn.Module):
    """Four convolutions, the third of which is not always there."""

    def __init__(self, out: int = 8, more: bool = False, bias: bool = True) -> None:
        super().__init__()
        self.one = nn.Conv2d(8, 16, 1, bias=bias)
        self.two = nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=bias)
        self.more = nn.Conv2d(16, 16, 5, padding=2) if more else nn.Identity()
        self.last = nn.Conv2d(16, out, 1)

    def forward(self, x):
        return self.last(self.more(self.two(self.one(x).relu()).relu()))


class Mix(nn.Module):
    """Something else: a gate between convolutions."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.rows = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(times))
        self.side = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        side = self.side(x).sigmoid()
        for row in self.rows:
            x = row(x) * side
        return x


def test_a_shortcut_round_several_modules_is_in_them() -> None:
    parts = [
        *(Round(Spread()), Spread(), Round(Spread(more=True)), Spread(more=True)),
        *(Round(Mix(4)), Round(Mix(4)), Round(Mix(5)), Round(Mix(5)), Round(Mix(6)), Round(Mix(6))),
        *(Round(Spread(bias=False)), Round(Spread(bias=False)), Round(Spread())),
    ]
    text = text_of(Net(*parts))
    assert "Round" not in titles(text)
    assert titles(text).count("Spread") == 1
    assert "merge: add when=shortcut" in text
    assert "bias=biased" in text


class Scaled(nn.Module):
    """Times a number before a residual."""

    def __init__(self, number: float, groups: int = 1) -> None:
        super().__init__()
        self.number = number
        self.one = nn.Conv2d(8, 8, 3, padding=1)
        self.two = nn.Conv2d(8, 8, 3, padding=1, groups=groups)
        self.three, self.four = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)

    def forward(self, x):
        y = self.two(self.one(x * self.number).relu()).relu()
        return x + self.four(self.three(y).relu()).relu()


def test_blocks_that_differ_in_a_number_are_one() -> None:
    numbers = (0.98, 0.96, 0.94, 0.92, 0.9, 0.88, 0.86)
    found = imported(Net(*(Scaled(one, 1 + (one < 0.9)) for one in numbers)))
    assert titles(found.imported.text) == ["Scaled"]
    assert 'label: "× {factor}"' in found.imported.text
    words = re.sub(r"<[^>]*>", " ", found.svg())
    assert re.search(r"× 0\.86\s+…\s+0\.98", words)


class Bypassed(nn.Module):
    """Convolutions, with others round them or not."""

    def __init__(self, around: bool, groups: int = 1) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.three = nn.Conv2d(8, 8, 3, padding=1, groups=groups)
        self.around = nn.Conv2d(8, 8, 1) if around else None

    def forward(self, x):
        y = self.three(self.two(self.one(x).relu()).relu()).relu()
        return y if self.around is None else y + self.around(x)


def test_a_way_round_with_layers_is_left_out_whole() -> None:
    ways = (False, True, False, True, True, False)
    parts = [Either(False), Either(True), *map(Bypassed, ways), Either(False), Either(True)]
    text = text_of(Net(*varied().parts, *parts), (1, 8, 64, 64))
    assert titles(text).count("Bypassed") == 1
    assert "merge: add when=shortcut" in text


class Either(nn.Module):
    """One class for two blocks that have nothing in common."""

    def __init__(self, dense: bool) -> None:
        super().__init__()
        self.dense = dense
        layer = (lambda: nn.Linear(16, 16)) if dense else (lambda: nn.Conv2d(8, 8, 3, padding=1))
        self.layers = nn.ModuleList(layer() for _ in range(5))

    def forward(self, x):
        one, two, three, four, five = self.layers
        if self.dense:
            return three(two(one(x).sigmoid()).sigmoid()).sigmoid() * five(four(x).sigmoid())
        return x + five(torch.cat([one(x), two(three(four(x).relu()).relu())], 1)[:, :8])


def test_blocks_with_nothing_in_common_stay_apart() -> None:
    parts = [Either(False), Either(False), Either(True), Either(True)]
    text = text_of(Net(*varied().parts, *parts), (1, 8, 64, 64))
    assert sum(title.startswith("Either") for title in titles(text)) > 1
    assert "when=" not in text.partition("  either:")[2]


def test_what_uniting_spoils_is_drawn_without(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pipeline.compact

    def spoiled(*arguments: Any) -> Outline:
        outline = real(*arguments)
        return outline._replace(body=outline.body[:-1]) if outline.united else outline

    monkeypatch.setattr(pipeline, "compact", spoiled)
    assert len(titles(text_of(varied()))) > 3


def test_boxes_are_counted_as_the_figure_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    real, counted = pipeline.compact, []

    def noting(*arguments: Any) -> Outline:
        outline = real(*arguments)
        counted.append(boxes(outline))
        return outline

    monkeypatch.setattr(pipeline, "compact", noting)
    for net in (varied(), Net(Rows(8, 3), Rows(8, 2))):
        items = [
            item
            for item in imported(net).scene().items
            if not (isinstance(item, Group) and item.role == "legend")
        ]
        drawn = [one for one in groups_in(items) if one.role in ("layer", "module")]
        assert counted[-1] == len(drawn)
