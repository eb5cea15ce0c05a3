"""Encoders with their decoders: rows of a figure, of which one takes what another ends in."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402

nn = torch.nn


def imported(module: Any, *sizes: tuple[int, ...]) -> Any:
    net = archviz.from_torch(module.eval(), list(sizes) if len(sizes) > 1 else sizes[0])
    report = net.imported
    assert report.faithful, report.report
    assert report.plain, report.report
    weights = sum(one.numel() for one in module.parameters())
    assert net.info()["totals"]["parameters"] + sum(n for _, n in report.unused) == weights
    return net


class Translator(nn.Module):
    """Words of one language to those of another."""

    def __init__(self, depth: int = 3) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(50, 32), nn.Embedding(60, 32)
        self.body = nn.Transformer(32, 4, depth, depth, 64, batch_first=True)
        self.head = nn.Linear(32, 60)

    def forward(self, source: Any, target: Any) -> Any:
        return self.head(self.body(self.source(source), self.target(target)))


def test_a_decoder_is_a_row_that_takes_the_end_of_the_encoder() -> None:
    text = imported(Translator(), (1, 10), (1, 7)).imported.text
    assert "    inputs: [memory]\n" in text
    assert "residual: attention 4 from=memory" in text
    assert "- layer-norm as=memory" in text
    assert text.count("repeat: 3") == 2
    assert "graph:" not in text


def test_one_attention_is_enough_for_a_row() -> None:
    assert "from=memory" in imported(Translator(1), (1, 10), (1, 7)).imported.text


def test_a_memory_that_goes_in_has_the_name_of_its_input() -> None:
    class Decoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerDecoderLayer(32, 4, 64, batch_first=True)
            self.body = nn.TransformerDecoder(layer, 4)

        def forward(self, x: Any, pictures: Any) -> Any:
            return self.body(x, pictures)

    text = imported(Decoder(), (1, 7, 32), (1, 9, 32)).imported.text
    assert "- input 9x32 label=pictures as=pictures" in text
    assert "repeat: 4" in text


def test_attention_to_what_the_same_input_gives_stays_a_box() -> None:
    class Looped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(32, 32)
            self.look = nn.MultiheadAttention(32, 4, batch_first=True)

        def forward(self, x: Any) -> Any:
            memory = self.first(x)
            return self.look(x, memory, memory, need_weights=False)[0]

    assert "label=cross-attention" in imported(Looped(), (1, 7, 32)).imported.text


def test_networks_over_words_are_drawn_upwards_and_others_are_not() -> None:
    class Words(nn.Module):
        def __init__(self, recurrent: bool) -> None:
            super().__init__()
            self.table = nn.Embedding(50, 32)
            layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
            self.body: Any = nn.LSTM(32, 32, batch_first=True) if recurrent else layer
            self.recurrent = recurrent

        def forward(self, ids: Any) -> Any:
            found = self.body(self.table(ids))
            return found[0] if self.recurrent else found

    assert "direction: up" in imported(Words(False), (1, 9)).imported.text
    assert "direction" not in imported(Words(True), (1, 9)).imported.text
    patches = nn.Sequential(nn.Flatten(2), nn.Linear(64, 32), nn.Linear(32, 5))
    assert "direction" not in imported(patches, (1, 3, 8, 8)).imported.text


class Relative(nn.Module):
    """Attention with a table of relative positions, which all layers share."""

    def __init__(self, depth: int = 4) -> None:
        super().__init__()
        self.words = nn.Embedding(40, 32)
        self.table = nn.Embedding(8, 4)
        self.parts = nn.ModuleList(
            nn.ModuleList(nn.Linear(32, 32, bias=False) for _ in range(4)) for _ in range(depth)
        )

    def forward(self, ids: Any) -> Any:
        x, bias = self.words(ids), None
        for query, key, value, out in self.parts:  # type: ignore[misc]
            q, k, v = (part(x).view(1, -1, 4, 8).transpose(1, 2) for part in (query, key, value))
            scores = q @ k.transpose(2, 3)
            if bias is None:
                places = torch.arange(scores.shape[-1])
                buckets = (places[None] - places[:, None]).clamp(0, 7)
                bias = self.table(buckets).permute(2, 0, 1).unsqueeze(0)
            weights = (scores + bias).softmax(-1)
            x = x + out((weights @ v).transpose(1, 2).reshape(1, -1, 32))
        return x


def test_a_table_of_positions_that_all_layers_share_counts_once() -> None:
    text = imported(Relative(), (1, 9)).imported.text
    assert "repeat: 4" in text
    assert "4128" in text  # of the first layer
    assert "4096" in text  # of the others


class Pooled(nn.Module):
    """Words to rows, and a vector of their first one."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(40, 32)
        self.body = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.pool = nn.Linear(32, 32)

    def forward(self, ids: Any) -> Any:
        rows = self.body(self.words(ids))
        return {"rows": rows, "pooled": torch.tanh(self.pool(rows[:, 0]))}


def test_a_value_on_the_way_to_the_end_is_no_output_of_its_own() -> None:
    report = imported(Pooled(), (1, 9)).imported
    assert "gives 1 more value, on the way to its end" in report.report
    assert "outputs" not in report.text
    network, _, figure = report.text.partition("\n\nfigure:\n")
    assert network.split("\n")[-2:] == ["  - select", "  - dense 32 tanh"]
    assert "Also gives 1 value on the way to its end." in figure, "the figure says it, too"


def test_a_memory_that_is_also_given_is_still_the_end_of_its_row() -> None:
    class Both(Translator):
        def forward(self, source: Any, target: Any) -> Any:
            memory = self.body.encoder(self.source(source))
            return self.head(self.body.decoder(self.target(target), memory)), memory

    assert "as=memory" in imported(Both(), (1, 10), (1, 7)).imported.text


def test_maps_of_several_sizes_stay_outputs() -> None:
    class Maps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 16, 3, stride=2)

        def forward(self, x: Any) -> Any:
            first = self.one(x)
            return first, self.two(first)

    net = archviz.from_torch(Maps(), (1, 3, 16, 16))
    assert net.imported is not None
    assert net.imported.faithful
    assert "on the way" not in net.imported.report


def test_what_is_computed_from_weights_counts_where_it_is_first() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.places = nn.Parameter(torch.zeros(1, 9, 32))
            self.turn, self.head = nn.Linear(32, 32), nn.Linear(32, 32)

        def forward(self, x: Any) -> Any:
            places = self.turn(self.places)
            return self.head(x + places) + places

    net = archviz.from_torch(Twice(), (1, 9, 32))
    weights = sum(one.numel() for one in Twice().parameters())
    assert net.info()["totals"]["parameters"] == weights
    assert net.imported is not None
    assert "shared" not in net.imported.text
