"""Modules of a figure are those of the model's code, by name and by what is in them."""

from __future__ import annotations

import re

import pytest

import archviz
from archviz.importers.code_parts import code_parts
from archviz.importers.compact.code_names import words_of
from archviz.importers.graphs import LayerNode

torch = pytest.importorskip("torch")
nn = torch.nn

MAPS = (1, 8, 16, 16)


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1)

    def forward(self, x):
        scale = self.up(self.down(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        return x * scale


class Block(nn.Module):
    """An inverted residual with options."""

    def __init__(self, width: int, out: int, kernel: int = 3, gate: bool = False) -> None:
        super().__init__()
        self.expand = nn.Conv2d(width, 2 * width, 1, bias=False)
        self.norm = nn.BatchNorm2d(2 * width)
        self.spread = nn.Conv2d(2 * width, 2 * width, kernel, padding=kernel // 2)
        self.gate = Gate(2 * width) if gate else nn.Identity()
        self.reduce = nn.Conv2d(2 * width, out, 1)
        self.short = width == out

    def forward(self, x):
        inside = self.norm(self.expand(x)).relu()
        made = self.reduce(self.gate(self.spread(inside).relu()))
        return x + made if self.short else made


class Stage(nn.Module):
    """Several blocks in a row."""

    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)


class Net(nn.Module):
    """Stages of blocks, with a head."""

    def __init__(self, *stages: nn.Module) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean((2, 3)))


def text_of(net: nn.Module, size: tuple[int, ...] = MAPS) -> str:
    found = archviz.from_torch(net, size).imported
    assert found.faithful, found.report
    return found.text


def titles(text: str) -> list[str]:
    """The titles of the modules of a spec; those without have what their label, or name, says."""
    modules = re.findall(r"(?m)^  ([a-z][\w-]*):\n((?:    .*\n)+)", text)
    return [
        [name, *re.findall(r"(?m)^    (?:label|title): \"?([^\"\n]+)", module)][-1]
        for name, module in modules
    ]


def test_blocks_have_their_names_and_what_they_differ_in() -> None:
    net = Net(
        Stage(Block(8, 16), Block(16, 16), Block(16, 16)),
        Stage(Block(16, 8), Block(8, 8, gate=True), Block(8, 8, gate=True), Block(8, 8, gate=True)),
    )
    text = text_of(net)
    assert sorted(titles(text)) == [
        "Block",
        "Block, no Gate",
        "Block, no shortcut",
        "Gate",
    ]
    assert not re.search(r"label: .*-[A-Z]\"?$", text, re.MULTILINE), "a letter tells nothing"


def test_a_stage_is_no_module_and_its_first_block_is_one() -> None:
    text = text_of(Net(Stage(Block(8, 8), Block(8, 8)), Stage(Block(8, 8), Block(8, 8))))
    assert titles(text) == ["Block"]


def test_a_linear_block_is_a_module_too() -> None:
    text = text_of(Net(Stage(Block(8, 6), Block(6, 4)), Stage(Block(4, 8))))
    assert titles(text) == ["Block"]


class Pair(nn.Module):
    """Two convolutions: too little to be opened in another module."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return self.two(self.one(x).relu())


class Shell(nn.Module):
    """A residual round a pair."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()

    def forward(self, x):
        return x + self.pair(x)


def test_what_is_small_stands_open_in_the_module_around_it() -> None:
    assert titles(text_of(Net(Shell(), Shell(), Shell()))) == ["Shell"]


class Nested(nn.Module):
    """A block in itself, as the levels of a U-Net that is written so."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(8, 8, 3, padding=1)
        self.inner = Nested(depth - 1) if depth else nn.Identity()
        self.last = nn.Conv2d(16, 8, 3, padding=1)

    def forward(self, x):
        return self.last(torch.cat([x, self.inner(self.first(x))], 1))


def test_a_class_within_itself_is_no_module() -> None:
    assert "Nested" not in titles(text_of(Net(Nested(3))))


class Parts(nn.Module):
    """Goes apart unevenly; only a part is convolved."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cut = width // 4
        self.conv = nn.Conv2d(self.cut, self.cut, 3, padding=1)
        self.mix = nn.Conv2d(width, width, 1)

    def forward(self, x):
        some, rest = x.split([self.cut, x.shape[1] - self.cut], 1)
        return x + self.mix(torch.cat([self.conv(some), rest + 0], 1))


def test_uneven_parts_are_alike_at_any_width() -> None:
    net = Net(Parts(8), nn.Conv2d(8, 16, 1), Parts(16), nn.Conv2d(16, 8, 1))
    text = text_of(net)
    assert titles(text) == ["Parts"]
    assert "channels, part 2 of 2" in text
    assert "+ 0" not in text, "nothing is added"


class Dilated(nn.Module):
    """A residual block, dilated or not."""

    def __init__(self, rate: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=rate, dilation=rate)
        self.last = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return x + self.last(self.conv(x).relu())


def test_blocks_that_differ_in_dilation_are_one_module() -> None:
    text = text_of(Net(Dilated(1), Dilated(1), Dilated(2), Dilated(4)))
    assert titles(text) == ["Dilated"]
    assert "dilation=dilation" in text


class Gated(nn.Module):
    """Only what gates its map is smaller than it: the map keeps its size."""

    def __init__(self, gated: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.small = nn.Conv2d(8, 8, 3, 2, 1) if gated else None

    def forward(self, x):
        y = self.conv(x)
        if self.small is not None:
            y = y + nn.functional.interpolate(self.small(y), scale_factor=2)
        return x + y


class Scaled(nn.Module):
    """Makes a map smaller, or larger."""

    def __init__(self, up: bool) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(8, 8, 2, 2) if up else nn.Conv2d(8, 8, 2, 2)
        self.last = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        y = self.conv(x).relu()
        return y + self.last(y)


def test_downsampling_is_said_of_what_gives_fewer_places() -> None:
    assert not any("sampling" in title for title in titles(text_of(Net(Gated(False), Gated(True)))))
    found = titles(text_of(Net(Scaled(False), Scaled(False), Scaled(True), Scaled(True))))
    assert found == ["Scaled, downsampling", "Scaled, upsampling"]


class Again(nn.Module):
    """One block, twice."""

    def __init__(self) -> None:
        super().__init__()
        self.block = Dilated(1)

    def forward(self, x):
        return self.block(self.block(x).relu())


def test_what_runs_twice_is_not_one_of_its_kind() -> None:
    assert titles(text_of(Net(Again(), Again()))) == ["Again"]


class Biased(nn.Module):
    """Differs in what no words are for."""

    def __init__(self, bias: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, 2, 1, bias=bias)
        self.last = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return self.last(self.conv(x).relu())


def test_no_two_modules_have_one_title() -> None:
    nets = [Scaled(False), Biased(True), Biased(False), Biased(True), Biased(False)]
    for net in (Net(*nets[1:]), Net(*nets)):
        found = titles(text_of(net, (1, 8, 64, 64)))
        assert len(set(found)) == len(found), found


class Wrapped(nn.Module):
    """A shortcut round something."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class Several(nn.Module):
    """A block whose parts are of one class, and unlike one another."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = Wrapped(nn.Conv2d(8, 8, 3, padding=1, groups=8))
        wide = [nn.Conv2d(8, 16, 1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU()]
        self.deep = Wrapped(nn.Sequential(*wide, nn.Conv2d(16, 8, 1), nn.BatchNorm2d(8), Gate(8)))

    def forward(self, x):
        return self.deep(self.mix(x)).relu()


def test_a_block_of_unlike_parts_of_one_class_is_no_stage() -> None:
    found = titles(text_of(Net(Several(), Several(), nn.MaxPool2d(2), Several(), Several())))
    assert "Several" in found


class Twice(nn.Module):
    """A block in which something small stands twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Shell(), Shell()
        self.layers = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(6))

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers[:3]:
            x = layer(x).sigmoid()
        x = self.second(x)
        for layer in self.layers[3:]:
            x = layer(x).relu()
        return x


class Level(nn.Module):
    """A stage with a convolution before its blocks."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)
        self.blocks = nn.Sequential(*(Twice() for _ in range(times)))

    def forward(self, x):
        return self.blocks(self.conv(x))


def test_a_block_with_something_twice_is_no_stage() -> None:
    found = titles(text_of(Net(*(Level(times) for times in (1, 1, 3, 1)))))
    assert "Twice" in found
    assert "Level" not in found, "one of them has three equal blocks"


def test_what_is_not_drawn_and_stands_apart_makes_no_second_way_in() -> None:
    nodes = [
        LayerNode("in", "input", (), {}, (4, 8)),
        LayerNode("apart", "reshape", ("in",), {"shape": (8, 4)}, (8, 4), ("m", "block")),
        LayerNode("before", "dense", ("in",), {"filters": 8}, (4, 8), ("m", "other")),
        LayerNode("one", "dense", ("before",), {"filters": 8}, (4, 8), ("m", "block")),
        LayerNode("two", "dense", ("one",), {"filters": 8}, (4, 8), ("m", "block")),
        LayerNode("end", "op-merge", ("two", "apart"), {"label": "join"}, (4, 8), ("m",)),
    ]
    parts, _ = code_parts(nodes, {"m.block": "Block"}, ())
    assert [(part.name, part.entry, part.layers) for part in parts] == [("Block", "before", (3, 4))]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Conv3x3GNReLU", "Conv3x3 GN ReLU"),
        ("ConvReLU6Block", "Conv ReLU6 Block"),
        ("PReLUHead", "PReLU Head"),
        ("ConvBNSiLU", "Conv BN SiLU"),
        ("GPTNeoXMoEBlock", "GPT NeoX MoE Block"),
    ],
)
def test_activations_are_words(name: str, words: str) -> None:
    assert words_of(name) == words.split()
