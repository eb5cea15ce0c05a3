"""Shapes, weights and multiply-adds of kinds against PyTorch modules built beside them.

Multiply-adds are those that PyTorch's own counter finds while the module runs; it counts two
operations for each.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import pytest
from amounts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from archviz.errors import ArchvizError
from archviz.language.expand import network_from_text
from archviz.network.analysis import Analysis, analyse

torch = pytest.importorskip("torch", reason="builds its modules with PyTorch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = st.integers(1, 3)
FLAG = st.booleans()


def of(*items: str) -> Analysis:
    lines = "".join(f"  - {item}\n" for item in items)
    return analyse(network_from_text(f"title: T\nnetwork:\n{lines}"))


def run(call: Callable[[], Any]) -> tuple[Any, int]:
    """What a call gives, and its multiply-adds."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        result = call()
    return result, counter.get_total_flops() // 2


def check(analysis: Analysis, module: nn.Module, call: Callable[[], Any]) -> None:
    """Shape, weights and multiply-adds; a batch of one, channels first but in sequences."""
    result, macs = run(call)
    shape = tuple(result.shape[1:])
    assert analysis.rows[-1].output_shape == shape
    totals = analysis.totals
    assert totals.trainable == sum(one.numel() for one in module.parameters())
    assert totals.non_trainable == sum(
        one.numel() for one in module.buffers() if one.is_floating_point()
    )
    assert totals.macs == macs


def text(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))


def word(name: str, on: bool) -> str:
    return f" {name}" if on else ""


class ChannelsLast(nn.Module):
    """A module with its channels last, as here."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return self.inner(x.movedim(-1, 1)).movedim(1, -1)


# ---- windows ------------------------------------------------------------------------------------

CONVS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TURNED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
MAXIMA = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
MEANS = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
SUFFIX = {1: "-1d", 2: "", 3: "-3d"}


@st.composite
def window(draw: st.DrawFn, sides: int) -> dict[str, tuple[int, ...]]:
    several = st.tuples(*[SIDE] * sides)
    return {
        "kernel": draw(several),
        "stride": draw(several),
        "pad": draw(st.tuples(*[st.integers(0, 1)] * sides)),
        "size": draw(st.tuples(*[st.integers(5, 9)] * sides)),
    }


def written(kind: str, sides: int, of_window: dict[str, tuple[int, ...]], more: str = "") -> str:
    kernel, stride, pad = (text(of_window[name]) for name in ("kernel", "stride", "pad"))
    if sides == 2:
        kernel = kernel if "x" in kernel else f"{kernel}x{kernel}"
    return f"{kind}{SUFFIX[sides]} {kernel} {more} /{stride} pad={pad}"


@pytest.mark.parametrize("sides", [1, 2, 3])
@settings(max_examples=examples(40), deadline=None)
@given(data=st.data(), groups=SIDE, dilation=st.integers(1, 2), bias=FLAG)
def test_convolutions(
    sides: int, data: st.DataObject, groups: int, dilation: int, bias: bool
) -> None:
    drawn = data.draw(window(sides))
    channels, filters = 2 * groups, 3 * groups
    module = ChannelsLast(CONVS[sides](
        channels, filters, drawn["kernel"], drawn["stride"], drawn["pad"], dilation, groups, bias
    ))  # fmt: skip
    more = f"{filters} groups={groups} dilation={dilation} {'bias' if bias else 'no-bias'}"
    shape = (*drawn["size"], channels)
    analysis = of(f"input {text(shape)}", written("conv", sides, drawn, more))
    check(analysis, module, lambda: module(torch.zeros(1, *shape)))


@pytest.mark.long
@pytest.mark.parametrize("sides", [1, 2, 3])
@settings(max_examples=examples(40), deadline=None)
@given(data=st.data(), multiplier=SIDE, bias=FLAG)
def test_depthwise_and_separable_convolutions(
    sides: int, data: st.DataObject, multiplier: int, bias: bool
) -> None:
    drawn = data.draw(window(sides))
    shape = (*drawn["size"], 4)
    own = "bias" if bias else "no-bias"
    middle = 4 * multiplier
    depthwise = CONVS[sides](
        4, middle, drawn["kernel"], drawn["stride"], drawn["pad"], groups=4, bias=bias
    )
    module = ChannelsLast(depthwise)
    analysis = of(
        f"input {text(shape)}", written("depthwise-conv", sides, drawn, f"{multiplier} {own}")
    )
    check(analysis, module, lambda: module(torch.zeros(1, *shape)))
    first = CONVS[sides](
        4, middle, drawn["kernel"], drawn["stride"], drawn["pad"], groups=4, bias=False
    )
    both = ChannelsLast(nn.Sequential(first, CONVS[sides](middle, 5, 1, bias=bias)))
    item = written("sep-conv", sides, drawn, f"5 multiplier={multiplier} {own}")
    check(of(f"input {text(shape)}", item), both, lambda: both(torch.zeros(1, *shape)))


@pytest.mark.long
@pytest.mark.parametrize("sides", [1, 2, 3])
@settings(max_examples=examples(40), deadline=None)
@given(data=st.data(), groups=SIDE, dilation=st.integers(1, 2), bias=FLAG)
def test_transposed_convolutions_by_a_number(
    sides: int, data: st.DataObject, groups: int, dilation: int, bias: bool
) -> None:
    """Kernels under the stride, too: as PyTorch has it."""
    drawn = data.draw(window(sides))
    drawn["pad"] = tuple(
        min(p, (k - 1) // 2) for p, k in zip(drawn["pad"], drawn["kernel"], strict=True)
    )
    channels, filters = 2 * groups, 3 * groups
    module = ChannelsLast(TURNED[sides](
        channels, filters, drawn["kernel"], drawn["stride"], drawn["pad"], 0, groups, bias, dilation
    ))  # fmt: skip
    more = f"{filters} groups={groups} dilation={dilation} {'bias' if bias else 'no-bias'}"
    shape = (*drawn["size"], channels)
    analysis = of(f"input {text(shape)}", written("conv-transpose", sides, drawn, more))
    check(analysis, module, lambda: module(torch.zeros(1, *shape)))


@settings(max_examples=examples(40), deadline=None)
@given(size=st.integers(1, 9), kernel=st.integers(1, 5), stride=st.integers(1, 5))
def test_transposed_convolutions_in_both_conventions(size: int, kernel: int, stride: int) -> None:
    """``valid`` as Keras: rows that no kernel reaches, where the kernel is under the stride."""
    given = f"input {size}x3"
    layer = nn.ConvTranspose1d(3, 2, kernel, stride)
    out = layer(torch.zeros(1, 3, size)).shape[2]
    by_number = of(given, f"conv-transpose-1d {kernel} 2 /{stride} pad=0")
    assert by_number.rows[-1].output_shape == (out, 2)
    valid = of(given, f"conv-transpose-1d {kernel} 2 /{stride}")
    assert valid.rows[-1].output_shape == (out + max(stride - kernel, 0), 2)
    same = of(given, f"conv-transpose-1d {kernel} 2 /{stride} same")
    assert same.rows[-1].output_shape == (size * stride, 2)
    assert valid.totals.macs == same.totals.macs == by_number.totals.macs


@pytest.mark.parametrize("sides", [1, 2, 3])
@settings(max_examples=examples(40), deadline=None)
@given(data=st.data(), ceil=FLAG, largest=FLAG)
def test_poolings(sides: int, data: st.DataObject, ceil: bool, largest: bool) -> None:
    drawn = data.draw(window(sides))
    drawn["pad"] = tuple(min(p, k // 2) for p, k in zip(drawn["pad"], drawn["kernel"], strict=True))
    pool = (MAXIMA if largest else MEANS)[sides]
    module = ChannelsLast(pool(drawn["kernel"], drawn["stride"], drawn["pad"], ceil_mode=ceil))
    shape = (*drawn["size"], 4)
    item = written("max-pool" if largest else "avg-pool", sides, drawn, "ceil" if ceil else "")
    check(of(f"input {text(shape)}", item), module, lambda: module(torch.zeros(1, *shape)))


@settings(max_examples=examples(40), deadline=None)
@given(size=st.integers(1, 12), kernel=SIDE, dilation=st.integers(1, 4))
def test_causal_convolutions(size: int, kernel: int, dilation: int) -> None:
    inner = nn.Conv1d(4, 6, kernel, dilation=dilation)
    pad = nn.ConstantPad1d(((kernel - 1) * dilation, 0), 0.0)
    module = ChannelsLast(nn.Sequential(pad, inner))
    analysis = of(f"input {size}x4", f"conv-1d {kernel} 6 causal dilation={dilation}")
    check(analysis, module, lambda: module(torch.zeros(1, size, 4)))


# ---- attention ----------------------------------------------------------------------------------


class Attention(nn.Module):
    """Projections of queries, keys and values; keys and values that several heads share."""

    def __init__(
        self,
        features: int,
        source: int,
        heads: int,
        keys: int,
        head: int,
        bias: bool,
        out: bool,
        keyed: bool | None = None,
    ) -> None:
        super().__init__()
        self.heads, self.keys, self.head = heads, keys, head
        self.query = nn.Linear(features, heads * head, bias)
        self.key = nn.Linear(source, keys * head, bias if keyed is None else keyed)
        self.value = nn.Linear(source, keys * head, bias)
        self.out = nn.Linear(heads * head, features, out)

    def split(self, x: Any, heads: int) -> Any:
        x = x.unflatten(-1, (heads, self.head)).transpose(1, 2)
        return x.repeat_interleave(self.heads // heads, 1)

    def forward(self, x: Any, memory: Any, window: int = 0) -> Any:
        query = self.split(self.query(x), self.heads)
        key = self.split(self.key(memory), self.keys)
        value = self.split(self.value(memory), self.keys)
        if window:
            return self.windowed(query, key, value, window)
        weights = torch.softmax(query @ key.transpose(-1, -2) / self.head**0.5, -1)
        return self.out((weights @ value).transpose(1, 2).flatten(2))

    def windowed(self, query: Any, key: Any, value: Any, window: int) -> Any:
        """As many rows as the window has, those before; at the start the first ones."""
        ends = torch.arange(query.shape[2]).clamp(min=window - 1)
        places = ends[:, None] - torch.arange(window)
        keys, values = key[:, :, places], value[:, :, places]
        weights = torch.softmax(query.unsqueeze(3) @ keys.transpose(-1, -2), -1)
        return self.out((weights @ values).squeeze(3).transpose(1, 2).flatten(2))


@settings(max_examples=examples(40), deadline=None)
@given(
    length=st.integers(1, 9), features=st.integers(1, 9), heads=SIDE, shared=SIDE, head=SIDE,
    bias=FLAG, keyed=FLAG, out=FLAG, causal=FLAG, data=st.data(),
)  # fmt: skip
def test_self_attention(
    length: int, features: int, heads: int, shared: int, head: int, bias: bool, keyed: bool,
    out: bool, causal: bool, data: st.DataObject,
) -> None:  # fmt: skip
    queries = heads * shared
    module = Attention(features, features, queries, heads, head, bias, out, keyed)
    window = data.draw(st.integers(0, length))
    item = f"attention {queries} kv-heads={heads} head-width={head} bias={'yes' if bias else 'no'}"
    item += f" key-bias={'yes' if keyed else 'no'} out-bias={'yes' if out else 'no'}"
    item += word("causal", causal)
    item += f" window={window}" if window else ""
    x = torch.zeros(1, length, features)
    check(of(f"input {length}x{features}", item), module, lambda: module(x, x, window))


@settings(max_examples=examples(40), deadline=None)
@given(
    length=st.integers(1, 9), size=st.integers(1, 9), features=st.integers(1, 9),
    source=st.integers(1, 9), heads=SIDE, head=SIDE,
)  # fmt: skip
def test_cross_attention(
    length: int, size: int, features: int, source: int, heads: int, head: int
) -> None:
    module = Attention(features, source, heads, heads, head, True, True)
    analysis = of(
        f"input {size}x{source} as=memory",
        f"input {length}x{features}",
        f"attention {heads} width={heads * head} from=memory",
    )
    x, memory = torch.zeros(1, length, features), torch.zeros(1, size, source)
    check(analysis, module, lambda: module(x, memory))


def test_the_attention_of_pytorch() -> None:
    module = nn.MultiheadAttention(12, 3, batch_first=True).train()
    x = torch.zeros(1, 5, 12)
    check(of("input 5x12", "attention 3"), module, lambda: module(x, x, x)[0])


def test_attention_over_the_places_of_a_map() -> None:
    module = Attention(8, 8, 2, 2, 4, True, True)
    x = torch.zeros(1, 4 * 3, 8)
    check(of("input 4x3x8", "attention 2", "reshape 12x8"), module, lambda: module(x, x))


def test_a_vision_transformer_has_the_published_multiply_adds() -> None:
    """ViT-B/16 of torchvision: 86,567,656 parameters, 17.564 G."""
    totals = of(
        "input 224x224x3", "conv 16x16 768 /16", "reshape 196x768", "class-token", "position",
        "{repeat: 12, of: [{residual: [layer-norm, attention 12]}, "
        "{residual: [layer-norm, dense 3072 gelu, dense 768]}]}",
        "layer-norm", "select", "dense 1000",
    ).totals  # fmt: skip
    assert totals.parameters == 86_567_656
    assert round(totals.macs / 1e9, 3) == 17.564


# ---- feed-forward parts -------------------------------------------------------------------------


class FeedForward(nn.Module):
    def __init__(self, features: int, inner: int, gated: bool, bias: bool) -> None:
        super().__init__()
        self.up = nn.Linear(features, inner, bias)
        self.gate = nn.Linear(features, inner, bias) if gated else None
        self.down = nn.Linear(inner, features, bias)

    def forward(self, x: Any) -> Any:
        y = F.silu(self.up(x))
        return self.down(y if self.gate is None else y * self.gate(x))


class Experts(nn.Module):
    """Mixtral's: a router without bias, and the ``active`` best experts for each row."""

    def __init__(
        self, features: int, inner: int, count: int, active: int, gated: bool, bias: bool
    ) -> None:
        super().__init__()
        self.active = active
        self.router = nn.Linear(features, count, bias=False)
        self.experts = nn.ModuleList(
            FeedForward(features, inner, gated, bias) for _ in range(count)
        )

    def forward(self, x: Any) -> Any:
        weights, chosen = self.router(x).softmax(-1).topk(self.active, -1)
        rows = [
            sum(
                weight * self.experts[int(expert)](row)
                for weight, expert in zip(some, those, strict=True)
            )
            for row, some, those in zip(x[0], weights[0], chosen[0], strict=True)
        ]
        return torch.stack(rows)[None]


@settings(max_examples=examples(40), deadline=None)
@given(features=SIDE, inner=st.integers(1, 5), gated=FLAG, bias=FLAG)
def test_feed_forward_parts(features: int, inner: int, gated: bool, bias: bool) -> None:
    module = FeedForward(features, inner, gated, bias)
    more = word("gated", gated) + word("no-bias", not bias)
    analysis = of(f"input 6x{features}", f"feed-forward {inner} silu{more}")
    check(analysis, module, lambda: module(torch.zeros(1, 6, features)))


@settings(max_examples=examples(40), deadline=None)
@given(count=st.integers(1, 5), data=st.data(), gated=FLAG, bias=FLAG)
def test_mixtures_of_experts(count: int, data: st.DataObject, gated: bool, bias: bool) -> None:
    active = data.draw(st.integers(1, count))
    module = Experts(4, 3, count, active, gated, bias)
    more = word("gated", gated) + word("no-bias", not bias)
    item = f"mixture-of-experts {count} active={active} inner=3 silu{more}"
    check(of("input 5x4", item), module, lambda: module(torch.randn(1, 5, 4)))


# ---- recurrent layers ---------------------------------------------------------------------------


class Recurrent(nn.Module):
    def __init__(self, inner: nn.Module, last: bool) -> None:
        super().__init__()
        self.inner, self.last = inner, last

    def forward(self, x: Any) -> Any:
        states, final = self.inner(x)
        final = final[0] if isinstance(final, tuple) else final
        return final.transpose(0, 1).flatten(1) if self.last else states


LIBRARY = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


@pytest.mark.parametrize("kind", LIBRARY)
@settings(max_examples=examples(40), deadline=None)
@given(
    length=st.integers(1, 6), features=SIDE, units=SIDE, ways=st.integers(1, 2), bias=FLAG,
    last=FLAG,
)  # fmt: skip
def test_recurrent_layers(
    kind: str, length: int, features: int, units: int, ways: int, bias: bool, last: bool
) -> None:
    inner = LIBRARY[kind](features, units, bias=bias, batch_first=True, bidirectional=ways == 2)
    module = Recurrent(inner, last)
    more = "" if not bias else " reset-after" if kind == "gru" else " biases=2"
    more += word("no-bias", not bias) + word("bidirectional", ways == 2) + word("last", last)
    analysis = of(f"input {length}x{features}", f"{kind} {units}{more}")
    result = module(torch.zeros(1, length, features))
    assert analysis.rows[-1].output_shape == tuple(result.shape[1:])
    assert analysis.totals.trainable == sum(one.numel() for one in module.parameters())
    matrices = [one for name, one in module.named_parameters() if "weight" in name]
    assert analysis.totals.macs == length * sum(one.numel() for one in matrices)
    once = of(f"input {length}x{features}", f"{kind} {units}{word('no-bias', not bias)}").totals
    assert once.trainable == units * GATES[kind] * (features + units + bias)


def test_a_state_goes_from_one_layer_into_another() -> None:
    analysis = of(
        "input 7x5 as=words", "input 9x4", "lstm 6 bidirectional last-state=state", "from words",
        "lstm 12 state=state",
    )  # fmt: skip
    assert [row.output_shape for row in analysis.rows[2:]] == [(9, 12), (7, 12)]
    with pytest.raises(ArchvizError, match="begins with a vector of 12"):
        of("input 9x4", "lstm 12 last-state=state", "lstm 6 state=state")


# ---- the rest -----------------------------------------------------------------------------------


@settings(max_examples=examples(40), deadline=None)
@given(channels=st.integers(1, 8))
def test_norms(channels: int) -> None:
    pairs: list[tuple[str, nn.Module]] = [
        ("batch-norm", nn.BatchNorm2d(channels)),
        ("instance-norm", nn.InstanceNorm2d(channels, affine=True)),
        ("instance-norm-plain", nn.InstanceNorm2d(channels)),
        ("group-norm", nn.GroupNorm(1, channels)),
        ("layer-norm", nn.LayerNorm(channels)),
        ("layer-norm-plain", nn.LayerNorm(channels, elementwise_affine=False)),
        ("layer-norm-unshifted", nn.LayerNorm(channels, bias=False)),
        ("rms-norm", nn.RMSNorm(channels)),
    ]
    x = torch.zeros(1, channels, 3, 2)
    for kind, inner in pairs:
        module = inner if "layer" in kind or "rms" in kind else ChannelsLast(inner)
        item = f"conv 1x1 {channels} {kind}"
        alone = of(f"input 3x2x{channels}", kind)
        check(alone, module, lambda module=module: module(x.movedim(1, -1)))
        behind, conv = of(f"input 3x2x{channels}", item).totals, channels * channels + channels
        assert behind.trainable == alone.totals.trainable + conv


def test_a_matrix_times_what_comes_in() -> None:
    """A graph layer: the adjacency times the features of each node, then a dense layer."""
    layer = nn.Linear(4, 8)
    analysis = of("input 5x5 as=edges", "input 5x4", "matmul from=edges", "dense 8 relu")
    check(analysis, layer, lambda: layer(torch.zeros(1, 5, 5) @ torch.zeros(1, 5, 4)).relu())
    assert analysis.rows[2].products == prod((5, 5, 4))


def test_values_go_back_to_the_places_of_a_pooling() -> None:
    conv = nn.Conv2d(4, 4, 3, padding=1)

    def both() -> torch.Tensor:
        pooled, places = F.max_pool2d(torch.ones(1, 4, 6, 8), 2, return_indices=True)
        return F.max_unpool2d(conv(pooled), places, 2).permute(0, 2, 3, 1)

    items = ["input 6x8x4", "max-pool 2x2 as=places", "conv 3x3 4 half"]
    check(of(*items, "max-unpool 2 from=places"), conv, both)
    with pytest.raises(ArchvizError, match="has the places of a map of 3×4×4, and a map of 6"):
        of(*items, "upsample 2", "max-unpool 2 from=places")


def test_tensors_that_are_learned_or_fixed() -> None:
    learned = of("input 6x4", "{towers: [identity, learned 6x4, constant 4], merge: add}")
    assert (learned.totals.trainable, learned.rows[-1].output_shape) == (24, (6, 4))


def test_parts_of_the_channels_and_their_merges() -> None:
    for merge in ("add", "mean", "minimum", "maximum", "multiply"):
        analysis = of("input 6x7x8", "split one two", f"{merge} one")
        assert analysis.rows[-1].output_shape == (6, 7, 4)
        gated = of("input 8", "dense 4 as=time", "input 6x7x4", f"{merge} time")
        assert gated.rows[-1].output_shape == (6, 7, 4)
    assert of("input 6x4 as=one", "input 3x4", "append one").rows[-1].output_shape == (9, 4)


def test_sizes_of_a_partner() -> None:
    analysis = of("input 9x8x2 as=small", "input 12x12x5", "crop to=small")
    assert analysis.rows[-1].output_shape == (9, 8, 5)
    analysis = of("input 9x8x2 as=large", "input 4x4x5", "zero-pad to=large")
    assert analysis.rows[-1].output_shape == (9, 8, 5)
    for size, wrong, message in (
        ("9x8x2", "zero-pad to=other", "12×12 cannot be brought to 9×8, which is smaller"),
        ("9x8", "crop to=other", "crop to 9 does not go with a map of 12×12×5"),
        ("9x8x2", "crop to=other 3x3", "crop states a size and takes that of other"),
    ):
        with pytest.raises(ArchvizError, match=message):
            of(f"input {size} as=other", "input 12x12x5", wrong)
