"""Shapes and numbers of the kinds that no bundled network has, and what they refuse."""

from __future__ import annotations

import pytest

from archviz.errors import ArchvizError
from archviz.language.expand import network_from_text
from archviz.network.analysis import Analysis, analyse
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.labels import layer_label


def of(shape: str, item: str) -> Analysis:
    return analyse(network_from_text(f"title: T\nnetwork:\n  - input {shape}\n  - {item}\n"))


ROWS = [
    # input, item -> shape, trainable, multiply-adds
    ("6x4", "dense 5", (6, 5), 25, 6 * 20),
    ("6x4", "dense 5 no-bias", (6, 5), 20, 6 * 20),
    ("4", "dense 5 relu", (5,), 25, 20),
    ("6x4", "attention 2", (6, 4), 4 * 16 + 16, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 no-bias", (6, 4), 4 * 16, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 width=10", (6, 4), 4 * 40 + 30 + 4, 4 * 24 * 10 + 2 * 36 * 10),
    ("6", "embedding 4 words=50", (6, 4), 200, 0),
    ("6x4", "position", (6, 4), 24, 0),
    ("8x7x3", "position", (8, 7, 3), 168, 0),
    ("6x4", "class-token", (7, 4), 4, 0),
    ("6x4", "class-token 1", (7, 4), 4, 0),
    ("6x4", "class-token 3", (9, 4), 12, 0),
    ("6x4", "select", (4,), 0, 0),
    ("6x4", "scale", (6, 4), 4, 0),
    ("8x7x3", "scale", (8, 7, 3), 3, 0),
    ("8x7x3", "upsample 3", (24, 21, 3), 0, 0),
    ("8x7x8", "pixel-shuffle 2", (16, 14, 2), 0, 0),
    ("8x7x6", "channel-shuffle 3", (8, 7, 6), 0, 0),
    ("8x7x3", "slice 4x7x3", (4, 7, 3), 0, 0),
    ("8x7x3", "zero-pad pad=1x2", (10, 11, 3), 0, 0),
    ("8x7x3", "zero-pad pad=1,2,3,4", (11, 14, 3), 0, 0),
    ("8x7x3", "reshape 56x3", (56, 3), 0, 0),
    ("8x7x3", "flatten", (168,), 0, 0),
    ("8x7x3", "depthwise-conv 3x2 2 same", (8, 7, 6), 6 * 6 + 6, 56 * 36),
    ("8x7x3", "depthwise-conv 3x2 no-bias", (6, 6, 3), 18, 36 * 18),
    ("8x7x3", "sep-conv 3x2 5 multiplier=2 no-bias", (6, 6, 5), 36 + 30, 36 * 66),
    ("8x7x4", "conv-transpose 2x3 6 /2x1 groups=2", (16, 9, 6), 2 * 3 * 2 * 6 + 6, 56 * 72),
    ("8x7x4", "conv 1x3 6 /1x2 groups=2 pad=0,0,1,1", (8, 4, 6), 3 * 2 * 6 + 6, 32 * 36),
    ("8x7x4", "conv 3x3 6 dilation=2x1", (4, 5, 6), 9 * 24 + 6, 20 * 216),
    ("8x7x4", "max-pool 2x3 /1", (7, 5, 4), 0, 0),
    ("8x7x4", "avg-pool 3x3 /3 pad=1", (3, 3, 4), 0, 0),
    ("6x4", "{op: '', label: mine, shape: 3x2, weights: 11, macs: 70}", (3, 2), 11, 70),
    ("6x4", "attention 2 window=3", (6, 4), 80, 4 * 6 * 16 + 2 * 6 * 3 * 4),
    ("6x4", "attention 2 relative=11", (6, 4), 80 + 2 * 11, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 qk-norm=rms-norm", (6, 4), 80 + 2 * 2, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 qk-norm=layer-norm", (6, 4), 80 + 4 * 2, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 qk-norm=none", (6, 4), 80, 4 * 6 * 16 + 2 * 36 * 4),
    (
        "6x4",
        "attention 2 kv-heads=1 head-width=3 no-bias qk-norm=rms-norm qk-whole",
        (6, 4),
        2 * 4 * 6 + 2 * 4 * 3 + 6 + 3,
        6 * (2 * 4 * 6 + 2 * 4 * 3) + 2 * 36 * 6,
    ),
    ("6x4", "attention 2 causal", (6, 4), 80, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 no-bias out-bias=yes", (6, 4), 68, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 key-bias=no", (6, 4), 76, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "attention 2 no-bias key-bias=yes", (6, 4), 68, 4 * 6 * 16 + 2 * 36 * 4),
    ("3x2x4", "attention 2", (3, 2, 4), 80, 4 * 6 * 16 + 2 * 36 * 4),
    ("6x4", "position 9", (6, 4), 36, 0),
    ("6x4", "sinusoidal-position", (6, 4), 0, 0),
    ("1", "sinusoidal-embedding 8", (8,), 0, 0),
    ("6x4", "lstm 3", (6, 3), 4 * 3 * (4 + 3 + 1), 6 * 4 * 3 * 7),
    ("6x4", "gru 3 reset-after last", (3,), 3 * 3 * (4 + 3 + 2), 6 * 3 * 3 * 7),
    ("6x4", "rnn 3 no-bias bidirectional", (6, 6), 2 * 3 * 7, 6 * 2 * 3 * 7),
    ("6x4", "feed-forward 8 gelu", (6, 4), 8 * 9 + 4, 6 * 2 * 4 * 8),
    ("6x4", "feed-forward 8 prelu", (6, 4), 8 * 9 + 4, 6 * 2 * 4 * 8),
    ("6x4", "feed-forward 8 gated silu no-bias", (6, 4), 3 * 4 * 8, 6 * 3 * 4 * 8),
    (
        "6x4",
        "mixture-of-experts 5 active=2 inner=8 gated silu no-bias",
        (6, 4),
        5 * 96 + 20,
        6 * (2 * 96 + 20),
    ),
    ("9x4", "conv-1d 3 6 /2 same", (5, 6), 3 * 4 * 6 + 6, 5 * 72),
    ("9x4", "conv-1d 3 6 causal dilation=4", (9, 6), 3 * 4 * 6 + 6, 9 * 72),
    ("9x4", "conv-1d 3 6 pad=1,0 no-bias", (8, 6), 72, 8 * 72),
    ("9x4", "depthwise-conv-1d 3 2", (7, 8), 32, 7 * 24),
    ("9x4", "max-pool-1d 2", (4, 4), 0, 0),
    ("9x4", "upsample 2", (18, 4), 0, 0),
    ("4x6x8x2", "conv-3d 3x3x3 6 /1x2x2 same", (4, 3, 4, 6), 27 * 12 + 6, 48 * 324),
    ("4x6x8x2", "conv-3d 3x1x1 6 pad=1x0x0", (4, 6, 8, 6), 36 + 6, 192 * 36),
    ("4x6x8x2", "avg-pool-3d 2x2x2 /1x2x2", (3, 3, 4, 2), 0, 0),
    ("4x6x8x2", "sep-conv-3d 1x3x3 5 same", (4, 6, 8, 5), 18 + 10 + 5, 192 * 28),
    ("8x7x3", "global-avg-pool keep", (1, 1, 3), 0, 0),
    ("8x7x3", "crop 4x5", (4, 5, 3), 0, 0),
    ("3x3x2", "conv-transpose 2x2 4 /3", (9, 9, 4), 4 * 2 * 4 + 4, 9 * 32),
    ("3x3x2", "conv-transpose 2x2 4 /3 pad=0", (8, 8, 4), 4 * 2 * 4 + 4, 9 * 32),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_numbers(row: tuple[str, str, tuple[int, ...], int, int]) -> None:
    given, item, shape, trainable, macs = row
    analysis = of(given, item)
    assert analysis.rows[-1].output_shape == shape
    assert (analysis.totals.trainable, analysis.totals.macs) == (trainable, macs)
    assert analysis.totals.non_trainable == 0


MOVING = {
    "batch-norm": (2, 2),
    "batch-norm-unscaled": (1, 2),
    "batch-norm-plain": (0, 2),
    "batch-norm-unshifted": (1, 2),
    "batch-norm-frozen": (0, 4),
}
SCALED = {
    "layer-norm": 2,
    "layer-norm-unscaled": 1,
    "layer-norm-unshifted": 1,
    "group-norm-unscaled": 1,
    "group-norm-unshifted": 1,
    "group-norm-plain": 0,
    "group-norm": 2,
    "instance-norm": 2,
    "layer-norm-plain": 0,
    "instance-norm-plain": 0,
    "rms-norm": 1,
    "weight-norm": 1,
}


@pytest.mark.parametrize("norm", NORMS)
def test_numbers_of_every_norm(norm: str) -> None:
    trainable, moving = MOVING.get(norm, (SCALED.get(norm, -1), 0))
    alone = of("8x7x3", norm).totals
    assert (alone.trainable, alone.non_trainable) == (3 * trainable, 3 * moving)
    for item in (f"conv 1x1 5 norm={norm}", f"conv 1x1 5 {norm}"):
        behind = of("8x7x3", item).totals
        assert (behind.trainable - 20, behind.non_trainable) == (5 * trainable, 5 * moving)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_numbers_of_every_activation(name: str) -> None:
    weights = 1 if name == "prelu" else 0
    assert of("8x7x3", name).totals.parameters == 3 * weights
    assert of("8x7x3", f"conv 1x1 5 act={name}").totals.parameters == 20 + 5 * weights


@pytest.mark.parametrize(
    ("shape", "item"),
    [
        ("8x7x4", "conv 3x3 6 groups=4"),
        ("8x7x6", "conv 3x3 5 groups=2"),
        ("8x7x4", "conv 9x1 6"),
        ("8x7x4", "conv 1x8 6"),
        ("4", "conv 3x3 6"),
        ("8x7x4", "conv-transpose 3x3 6 groups=3"),
        ("8x7x4", "dense 5"),
        ("4", "attention 2"),
        ("6x4", "attention 3"),
        ("6x4", "attention 4 kv-heads=3"),
        ("6x4", "attention 4 width=8 head-width=3"),
        ("6x4", "mixture-of-experts 2 active=3 inner=8"),
        ("6x4", "position 5"),
        ("8x7x4", "lstm 3"),
        ("8x7x4", "conv-1d 3 6"),
        ("9x4", "conv-1d 10 6"),
        ("8x7x4", "conv-3d 3x3x3 6"),
        ("8x7x3", "crop 9x5"),
        ("8x7x3", "crop 4"),
        ("8x7x4", "class-token 1"),
        ("4", "select"),
        ("8x7x3", "pixel-shuffle 2"),
        ("8x7x6", "channel-shuffle 4"),
        ("8x7x3", "reshape 167"),
        ("4", "upsample 2"),
        ("4", "zero-pad pad=1"),
        ("4", "max-pool 2x2"),
        ("4", "global-avg-pool"),
        ("8x7x4", "max-pool 9x9"),
    ],
)
def test_shapes_that_do_not_fit_are_problems_at_their_line(shape: str, item: str) -> None:
    with pytest.raises(ArchvizError) as caught:
        of(shape, item)
    assert caught.value.problems[0].mark.line == 4


@pytest.mark.parametrize(
    ("shape", "item"),
    [
        ("8x7x4", "conv 8x7 6"),
        ("8x7x4", "max-pool 8x7"),
        ("6x4", "attention 4"),
        ("8x7x4", "conv 3x3 6 groups=2"),
        ("8x7x4", "pixel-shuffle 2"),
    ],
)
def test_shapes_that_just_fit(shape: str, item: str) -> None:
    assert of(shape, item).rows


@pytest.mark.parametrize(
    ("shape", "item", "label"),
    [
        ("8x7x4", "conv 3x2 6", "conv 3×2"),
        ("8x7x4", "sep-conv 3x3 6", "conv sep 3×3"),
        ("8x7x4", "depthwise-conv 3x3", "conv dw 3×3"),
        ("8x7x4", "conv-transpose 2x2 6", "conv T 2×2"),
        ("4", "dense 5", "dense"),
        ("8x7x4", "max-pool 2x2", "max-pool 2×2"),
        ("8x7x4", "avg-pool 2x2", "avg-pool 2×2"),
        ("8x7x4", "global-avg-pool", "global avg-pool"),
        ("8x7x4", "global-max-pool", "global max-pool"),
        ("8x7x4", "relu", "ReLU"),
        ("8x7x4", "batch-norm", "batch norm"),
        ("8x7x4", "upsample 2", "upsample"),
        ("8x7x4", "pixel-shuffle 2", "pixel-shuffle"),
        ("8x7x4", "channel-shuffle 2", "channel-shuffle"),
        ("8x7x4", "flatten", "flatten"),
        ("8x7x4", "dropout 0.5", "dropout"),
        ("8x7x4", "lrn", "lrn"),
        ("8x7x4", "zero-pad pad=1", "zero-pad"),
        ("8x7x4", "reshape 56x4", "reshape"),
        ("6x4", "attention 2", "attention"),
        ("6x4", "attention 2 causal", "causal attention"),
        ("6x4", "attention 4 kv-heads=2 causal", "causal grouped-query attention"),
        ("6x4", "attention 4 kv-heads=1", "multi-query attention"),
        ("6x4", "lstm 3 bidirectional", "bidirectional LSTM"),
        ("6x4", "mixture-of-experts 5 active=2 inner=8", "2 of 5 experts"),
        ("6x4", "conv-1d 3 6", "conv 3"),
        ("6x4", "conv-1d 3 6 causal", "causal conv 3"),
        ("4x6x8x2", "conv-3d 3x3x1 6", "conv 3×3×1"),
        ("6", "embedding 4 words=50", "embedding"),
        ("6x4", "position", "position"),
        ("6x4", "class-token 1", "class token"),
        ("6x4", "select", "select"),
        ("6x4", "scale", "scale"),
        ("8x7x4", "slice 4x7x4", "slice"),
        ("8x7x4", "conv 3x3 6 label=mine", "mine"),
    ],
)
def test_what_a_layer_is_called_in_a_table(shape: str, item: str, label: str) -> None:
    assert layer_label(of(shape, item).rows[-1].layer) == label


WINDOWED = ["conv", "sep-conv", "depthwise-conv", "conv-transpose"]
POOLS = ["max-pool", "avg-pool"]
ROLES = {
    "input": "input",
    "conv": " ".join(f"{name} {name}-1d {name}-3d" for name in WINDOWED) + " other-conv",
    "dense": "dense feed-forward mixture-of-experts matmul",
    "recurrent": "lstm gru rnn other-recurrent",
    "embedding": "embedding position sinusoidal-position sinusoidal-embedding other-embedding",
    "attention": "attention other-attention",
    "pool": " ".join(f"{name} {name}-1d {name}-3d" for name in POOLS)
    + " max-unpool global-avg-pool global-max-pool other-pool",
    "merge": "concat append add scaled-add multiply mean minimum maximum op-merge",
    "activation": " ".join(ACTIVATIONS),
    "norm": " ".join(NORMS),
    "other": "upsample pixel-shuffle channel-shuffle flatten dropout lrn zero-pad reshape crop "
    "split class-token select learned constant scale slice op",
}
NOT_DRAWN = {"flatten", "dropout", "lrn", "zero-pad", "reshape", "select", "scale"}


def test_every_kind_has_its_role_and_most_are_drawn() -> None:
    roles = {name: role for role, names in ROLES.items() for name in names.split()}
    assert {name: kind.role for name, kind in KINDS.items()} == roles
    assert {name for name, kind in KINDS.items() if not kind.drawn} == NOT_DRAWN
