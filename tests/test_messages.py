"""What a typical mistake is told: where to change something, and how it should read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import archviz
from archviz.catalog import UnknownNetwork, resolve
from archviz.cli.commands import main
from archviz.errors import ArchvizError, Mark, Problem, did_you_mean
from archviz.language.expand import network_from_text
from archviz.language.options import FLAGS, OPTIONS
from archviz.language.reader import APART
from archviz.language.synonyms import CLASSES, elsewhere, ours
from archviz.network.analysis import analyse
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "title: T\n"
NET = "title: T\nnetwork:\n  - input 48x48x4\n"
TOOK = "is not how a layer is written here"


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ArchvizError) as caught:
        analyse(network_from_text(text, "f.yaml"))
    return caught.value.problems


def told(text: str) -> list[tuple[int, int, str, str]]:
    """Line, column, message and hint of every problem."""
    return [(p.mark.line, p.mark.column, p.message, p.hint) for p in problems_of(text)]


# what stands behind the input of a small network: column, message, hint; the line is 4
UNKNOWN = "no layer kind or module is called"
ITEMS = [
    # other names of kinds
    ("fullyconnected 7", 5, f"{UNKNOWN} 'fullyconnected'", "here it is called dense"),
    ("FC 7", 5, f"{UNKNOWN} 'FC'", "here it is called dense"),
    ("linear 7", 5, f"{UNKNOWN} 'linear'", "here it is called dense"),
    ("Linear 7", 5, f"{UNKNOWN} 'Linear'", "here it is called dense"),
    ("convolutional 5x5 8", 5, f"{UNKNOWN} 'convolutional'", "here it is called conv"),
    ("deconvolution 2x2 8", 5, f"{UNKNOWN} 'deconvolution'", "here it is called conv-transpose"),
    ("maxpooling 2x2", 5, f"{UNKNOWN} 'maxpooling'", "here it is called max-pool"),
    ("pooling 2x2", 5, f"{UNKNOWN} 'pooling'", "here it is called max-pool or avg-pool"),
    ("avg_pool 2x2", 5, f"{UNKNOWN} 'avg_pool'", "did you mean 'avg-pool'?"),
    ("GAP", 5, f"{UNKNOWN} 'GAP'", "here it is called global-avg-pool"),
    ("bn", 5, f"{UNKNOWN} 'bn'", "here it is called batch-norm"),
    ("BatchNormalization", 5, f"{UNKNOWN} 'BatchNormalization'", "here it is called batch-norm"),
    ("swish", 5, f"{UNKNOWN} 'swish'", "here it is called silu"),
    ("sum", 5, f"{UNKNOWN} 'sum'", "here it is called add"),
    ("concatenate", 5, f"{UNKNOWN} 'concatenate'", "here it is called concat"),
    ("BiLSTM 8", 5, f"{UNKNOWN} 'BiLSTM'", "here it is called lstm"),
    ("upsampling 2", 5, f"{UNKNOWN} 'upsampling'", "here it is called upsample"),
    ("{innerproduct: 7, name: out}", 6, f"{UNKNOWN} 'innerproduct'", "here it is called dense"),
    ("{branches: [relu, tanh]}", 6, f"{UNKNOWN} 'branches'", "here it is called towers"),
    # functions: nothing of like letters for another one
    ("conv 5x5 8 swish", 16, "'swish' means nothing to conv", "here it is called silu"),
    ("conv 5x5 8 lrelu", 16, "'lrelu' means nothing to conv", "here it is called leaky-relu"),
    ("conv 5x5 8 LeakyReLU", 16, "'LeakyReLU' means nothing to conv",
     "did you mean 'leaky-relu'?"),
    ("conv 5x5 8 act=swish", 16, "act 'swish': 'swish' is not known here",
     "here it is called silu"),
    ("conv 5x5 8 ln", 16, "'ln' means nothing to conv", "here it is called layer-norm"),
    ("conv 5x5 8 norm", 16, "'norm' means nothing to conv",
     "here it is called batch-norm or layer-norm"),
    ("conv 5x5 8 celu", 16, "'celu' means nothing to conv",
     "it has no name here; write an operator of its own: op label=celu"),
    ("conv 5x5 8 Softsign", 16, "'Softsign' means nothing to conv",
     "it has no name here; write an operator of its own: op label=Softsign"),
    ("maxunpool 2", 5, f"{UNKNOWN} 'maxunpool'", "did you mean 'max-unpool'?"),
    ("lppool 2", 5, f"{UNKNOWN} 'lppool'",
     "it has no name here; write an operator of its own: op label=lppool"),
    ("conv 5x5 8 xelu", 16, "'xelu' means nothing to conv", ""),
    ("conv 5x5 8 rellu", 16, "'rellu' means nothing to conv", "did you mean 'relu'?"),
    ("conv 5x5 8 relu5", 16, "'relu5' means nothing to conv", ""),
    # kernels and numbers in other words
    ("conv 5 x 5 8", 10, "'5 x 5' is written '5x5' here", "write: conv 5x5 8"),
    ("conv 5 × 5 8 relu", 10, "'5 × 5' is written '5x5' here", "write: conv 5x5 8 relu"),
    ("conv 5 8", 10, "'5' is written '5x5' here", "write: conv 5x5 8"),
    ("conv 8 5", 10, "'8 5' is written '5x5 8' here", "write: conv 5x5 8"),
    ("conv 5 5 8", 10, "'5 5' is written '5x5' here", "write: conv 5x5 8"),
    ("conv (5,5) 8", 10, "'(5,5)' is written '5x5' here", "write: conv 5x5 8"),
    ("conv 5*5 8", 10, "'5*5' is written '5x5' here", "write: conv 5x5 8"),
    ("conv 5x5x8", 10, "'5x5x8' is written '5x5 8' here", "write: conv 5x5 8"),
    ("conv 8@5x5", 10, "'8@5x5' is written '5x5 8' here", "write: conv 5x5 8"),
    ("conv5x5 8", 5, "'conv5x5' is written 'conv 5x5' here", "write: conv 5x5 8"),
    ("max-pool 3 2", 14, "'3 2' is written '3x3 /2' here", "write: max-pool 3x3 /2"),
    ("upsample x3", 14, "'x3' is written '3' here", "write: upsample 3"),
    ("dropout 20%", 13, "'20%' is written '0.2' here", "write: dropout 0.2"),
    ("dropout 0,2", 13, "'0,2' is written '0.2' here", "write: dropout 0.2"),
    ("reshape 48 48 4", 13, "'48 48 4' is written '48x48x4' here", "write: reshape 48x48x4"),
    # options in other words
    ("conv 5x5 8 stride 2", 16, "'stride 2' is written '/2' here", "write: conv 5x5 8 /2"),
    ("conv 5x5 8 s2", 16, "'s2' is written '/2' here", "write: conv 5x5 8 /2"),
    ("conv 5x5 8 strides=(2, 2)", 16, "'strides=(2, 2)' is written '/2' here",
     "write: conv 5x5 8 /2"),
    ("conv 5x5 8 stride = 2", 16, "'stride = 2' is written '/2' here", "write: conv 5x5 8 /2"),
    ("conv 5x5 8 stride:2", 16, "'stride:2' is written 'stride=2' here",
     "write: conv 5x5 8 stride=2"),
    ("conv 5x5 8 stride: 2", 16, "'stride:2' is written 'stride=2' here",
     "write: conv 5x5 8 stride=2"),
    ("conv 5x5 8 padding=2", 16, "'padding=2' is written 'pad=2' here",
     "write: conv 5x5 8 pad=2"),
    ("conv 5x5 8 pad 2", 16, "'pad 2' is written 'pad=2' here", "write: conv 5x5 8 pad=2"),
    ("conv 5x5 8 padding='SAME'", 16, "'padding='SAME'' is written 'same' here",
     "write: conv 5x5 8 same"),
    ("conv 5x5 8 padding same", 16, "'padding' is left out here", "write: conv 5x5 8 same"),
    ("conv kernel_size=5 out_channels=8", 10,
     "'kernel_size=5 out_channels=8' is written '5x5 8' here", "write: conv 5x5 8"),
    ("conv 5x5 8 use_bias=False", 16, "'use_bias=False' is written 'no-bias' here",
     "write: conv 5x5 8 no-bias"),
    ("conv 5x5 8 use_bias=True", 16, "'use_bias=True' is written 'bias' here",
     "write: conv 5x5 8 bias"),
    ("conv 5x5 8 activation=Swish", 16, "'activation=Swish' is written 'silu' here",
     "write: conv 5x5 8 silu"),
    ("conv 5x5 8 activation=None", 16, "'activation=None' is written 'linear' here",
     "write: conv 5x5 8 linear"),
    ("conv 5x5 8 dilation_rate=2", 16, "'dilation_rate=2' is written 'dilation=2' here",
     "write: conv 5x5 8 dilation=2"),
    ("conv 5x5 8 kernel_regularizer=l2", 16, "'kernel_regularizer=l2' is left out here",
     "write: conv 5x5 8"),
    ("conv 5x5 8 + bn + ReLU", 16, "'+ bn + ReLU' is written 'batch-norm relu' here",
     "write: conv 5x5 8 batch-norm relu"),
    ("conv 5x5 8, relu", 14, "'8,' is written '8' here", "write: conv 5x5 8 relu"),
    ("conv 5x5 8 @relu", 16, "'@relu' is written 'relu' here", "write: conv 5x5 8 relu"),
    ("{conv: 8, kernel_size: 5, name: a}", 15, "'kernel_size=5' is written '5x5' here",
     "write: {conv: 8 5x5, name: a}"),
    ("conv 5x5: 8", 10, "'5x5:8' is written '5x5 8' here", "write: conv 5x5 8"),
    ("dense:7", 5, f"'dense:7' {TOOK}", "write: dense 7"),
    # classes of PyTorch and Keras
    ("Conv2d(4, 8, kernel_size=5)", 5, f"'Conv2d(4, 8, kernel_size=5)' {TOOK}",
     "write: conv 5x5 8"),
    ("nn.Conv2d(4, 8, 5, stride=2, padding=1, bias=False)", 5,
     f"'nn.Conv2d(4, 8, 5, stride=2, padding=1, bias=False)' {TOOK}",
     "write: conv 5x5 8 /2 pad=1 no-bias"),
    ("Conv2D(8, (5, 3), activation='relu')", 5, f"'Conv2D(8, (5, 3), activation='relu')' {TOOK}",
     "write: conv 5x3 8 relu"),
    ("nn.MaxPool2d(3, stride=1)", 5, f"'nn.MaxPool2d(3, stride=1)' {TOOK}",
     "write: max-pool 3x3 /1"),
    ("nn.ReLU(inplace=True)", 5, f"'nn.ReLU(inplace=True)' {TOOK}", "write: relu"),
    ("nn.BatchNorm2d(4)", 5, f"'nn.BatchNorm2d(4)' {TOOK}", "write: batch-norm"),
    ("Conv2d(4, 8)", 5, f"'Conv2d(...)' {TOOK}",
     "it is called conv here; write such as: conv 3x3 64"),
    ("conv(5x5, 8)", 5, f"'conv(5x5, 8)' {TOOK}", "write: conv 5x5 8"),
    # texts
    ('conv 5x5 8 label="my layer"', 16, "a label with blanks or brackets needs the long form",
     "write: {conv: 5x5 8, label: my layer}"),
    ("conv 5x5 8 label=my layer relu", 16, "a label with blanks or brackets needs the long form",
     "write: {conv: 5x5 8 relu, label: my layer}"),
    ("conv 5x5 8 label=[mine]", 16, "a label with blanks or brackets needs the long form",
     'write: {conv: 5x5 8, label: "[mine]"}'),
    ("conv 5x5 8 label='mine'", 16, "'label='mine'' is written 'label=mine' here",
     "write: conv 5x5 8 label=mine"),
    ("conv 5x5 8 name=my layer", 16, "'name=my layer' is written 'name=my-layer' here",
     "write: conv 5x5 8 name=my-layer"),
    # what is missing
    ("conv relu", 5, "conv needs its kernel and its filters", "such as: conv 3x3 64"),
    # keys in other words
    ("{repeat: 2, layers: relu}", 17, "a repeat has no key 'layers'", "here it is called of"),
    ("{residual: relu, skip: tanh}", 22, "a residual has no key 'skip'",
     "here it is called shortcut"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "column", "message", "hint"), ITEMS)
def test_items(item: str, column: int, message: str, hint: str) -> None:
    assert told(f"{NET}  - {item}\n") == [(4, column, message, hint)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Nonex48x48x4", "48x48x4"),
        ("(48, 48, 4)", "48x48x4"),
        ("48 48 4", "48x48x4"),
        ("shape=(None, 48, 48, 4)", "48x48x4"),
        ("(None, 7)", "7"),
    ],
)
def test_inputs_in_other_words(text: str, line: str) -> None:
    (found,) = told(f"{HEAD}network:\n  - input {text}\n  - relu\n")
    assert found == (3, 11, f"'{text}' is written '{line}' here", f"write: input {line}")


def test_calls_of_modules_in_other_words() -> None:
    text = "title: T\nmodules:\n  cell: {takes: [w], layers: conv 1x1 w}\n" + NET[9:]
    assert told(text + "  - cell w 8\n") == [
        (6, 10, "'w 8' is written 'w=8' here", "write: cell w=8")
    ]
    assert told(text + "  - cell(8)\n") == [(6, 5, f"'cell(8)' {TOOK}", "write: cell 8")]
    assert told(text + "  - Cell 8\n")[0][3] == "did you mean 'cell'?"


def test_a_line_that_reads_as_it_should_is_read_so_far() -> None:
    """Its name is known, so that nothing else is wrong."""
    text = f"{NET}  - Conv2d 5x5 8 as=a\n  - relu\n  - add a\n"
    assert [problem[:2] for problem in told(text)] == [(4, 5)]


def test_many_wrong_lines_do_not_hide_that_there_are_more() -> None:
    found = told(NET + "  - conv 5x5 8 swish\n" * 200)
    assert len(found) == 101
    assert found[-1][2] == "more than 100 problems; those behind here are not shown"


def test_every_name_that_is_offered_is_one_of_ours() -> None:
    """Of each word of others something is found, and no function is another's name."""
    every = {*KINDS, *FLAGS, *OPTIONS, *NORMS, *ACTIVATIONS}
    for name, (kind, options) in CLASSES.items():
        assert kind in KINDS and all(
            option == "-" or option in KINDS[kind].options for option in options.split()
        ), name
    assert not [name for name in APART if elsewhere(name)]
    assert ours("swish", every) == "silu" == ours("Swish", ACTIVATIONS)
    assert ours("mish", every) == ours("relu", every) == ""


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("rleu", "relu"), ("ReLU", "relu"), ("relu_6", "relu6"), ("sigmiod", "sigmoid"),
        ("softmaxx", "softmax"),
        ("crelu", ""), ("relu66", ""), ("tahn", "tanh"), ("sotfmax", "softmax"),
        ("swish", ""), ("celu", ""), ("elu1", ""), ("relu5", ""), ("tan", ""), ("softmin", ""),
        ("log-sigmoid", ""), ("mishh", "mish"), ("zzz", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_function_is_offered_for_a_slip_of_the_hand_only(word: str, near: str) -> None:
    hint = f"did you mean '{near}'?" if near else ""
    assert did_you_mean(word, ACTIVATIONS, ACTIVATIONS) == hint


def test_a_function_is_no_misspelling_of_another() -> None:
    for name in ACTIVATIONS:
        assert did_you_mean(name, {*ACTIVATIONS} - {name}, ACTIVATIONS) == ""
    assert did_you_mean("conv-2d", {"conv-3d"}, {"conv-3d"}) == ""


# whole specs: every problem
SPECS = [
    # the lists and keys of a spec
    (HEAD + "layers:\n  - input 8\n  - relu\n", [
        (2, 1, "a spec has no key 'layers'", "here it is called network")]),
    ("name: T\nmodel:\n  - input 8\n  - swish\n", [
        (1, 1, "a spec has no key 'name'", "here it is called title"),
        (2, 1, "a spec has no key 'model'", "here it is called network"),
        (4, 5, f"{UNKNOWN} 'swish'", "here it is called silu")]),
    (HEAD + "blocks:\n  a: {params: [w], body: dense w}\nnetwork:\n  - input 8\n  - a 3\n", [
        (2, 1, "a spec has no key 'blocks'", "here it is called modules"),
        (3, 7, "module a has no key 'params'", "here it is called takes"),
        (3, 20, "module a has no key 'body'", "here it is called layers")]),
    # indentation
    (HEAD + "network:\n  - input 8\n    - relu\n    - tahn\n", [
        (4, 5, "this item is indented under the one before, and became a part of its text",
         "give both '-' the same column"),
        (5, 7, f"{UNKNOWN} 'tahn'", "did you mean 'tanh'?")]),
    (HEAD + "network:\n  - input 8\n  - repeat: 2\n    of: relu\n      - dense 8\n", [
        (6, 7, "this item is indented under the one before, and became a part of its text",
         "give both '-' the same column")]),
    (HEAD + "network:\n  - input 8\n - relu\n", [
        (4, 2, "this line begins in column 2, and those of its list or mapping do not",
         "items of one list or mapping must start in the same column")]),
    (HEAD + "network:\n\t- input 8\n\t- swish\n", [
        (3, 1, "a tab stands where YAML wants blanks",
         "indent with blanks; 2 lines begin with tabs"),
        (4, 4, f"{UNKNOWN} 'swish'", "here it is called silu")]),
    (HEAD + "network:\n  -input 8\n  -swish\n", [
        (3, 3, "this '-' has no blank behind it", "write: - input"),
        (4, 4, f"{UNKNOWN} 'swish'", "here it is called silu")]),
    (HEAD + "network:\n  - input 8\n  -relu\n  - tanh\n", [
        (4, 3, "this '-' has no blank behind it", "write: - relu")]),
    (HEAD + "network\n  - input 8\n", [
        (2, 1, "'network' is no key and no item",
         "a key needs a colon and a blank behind it, an item of a list a '-' before it")]),
    (NET + "  - conv: 5x5 8 act: relu\n", [
        (4, 20, "not valid YAML: mapping values are not allowed in this context",
         "an option is key=value, or all in braces: {conv: 3x3 8, act: relu}")]),
    (HEAD + "network:\n  input: 8\n  dense: 3\n", [
        (3, 3, "network is a mapping where a list is needed",
         "write each layer as an item: - conv 3x3 64")]),
    # lists in brackets
    (HEAD + "network: [input 48x48x4, Conv2d(4, 8, (5, 5)), relu, nn.MaxPool2d(2, 2)]\n", [
        (2, 26, f"'Conv2d(4, 8, (5, 5))' {TOOK}", "write: conv 5x5 8"),
        (2, 54, f"'nn.MaxPool2d(2, 2)' {TOOK}", "write: max-pool 2x2 /2")]),
    (HEAD + "network: [input 48x48x4, conv 5x5 (8, swish]\n", [
        (2, 35, "filters '(8': a ')' is missing", ""),
        (2, 39, f"{UNKNOWN} 'swish'", "here it is called silu")]),
    # merges and towers
    (NET + "  - relu as=a\n  - tanh\n  - sum b\n  - add b\n  - add a\n", [
        (6, 5, f"{UNKNOWN} 'sum'", "here it is called add"),
        (7, 9, "no value before this is called 'b'", "known are: a")]),
    (NET + "  - add before\n", [
        (4, 9, "no value is called 'before'", "name one before, with as=before")]),
    (NET + "  - towers: {a: relu, b: tanh}\n", [
        (4, 13, "towers is a mapping where a list is needed",
         "write '- ' before each tower, not a name")]),
    # an item that goes on in the next line
    (NET + "  - residual: conv 5x5 8 same\n    shortcut:\n      conv 1x1 8\n      bn\n", [
        (7, 7, "this line goes on with the one before: conv 1x1 8 bn",
         "begin each item with '- '")]),
    (NET + "  - repeat: 2\n    of:\n      conv 1x1 8\n      conv 1x1 4\n", [
        (7, 7, "this line goes on with the one before: conv 1x1 8 conv 1x1 4",
         "begin each item with '- '")]),
    # all mistakes at once, each once
    (NET + "  - dropout 20%\n  - conv 5x5 8 @relu\n  - `relu`\n  - %tanh\n", [
        (4, 13, "'20%' is written '0.2' here", "write: dropout 0.2"),
        (5, 16, "'@relu' is written 'relu' here", "write: conv 5x5 8 relu"),
        (6, 5, "in YAML no text can begin with '`'", "leave the ` out, or quote the text"),
        (7, 5, "in YAML no text can begin with '%'", "leave the % out, or quote the text")]),
    # channels first, and a batch
    (HEAD + "network:\n  - input 3x64x80\n  - conv 7x7 8 /2\n  - conv 3x3 8\n", [
        (3, 5, "the input is 3 high and 64 wide, and has 80 channels",
         "height x width x channels: did you mean 64x80x3?")]),
    (HEAD + "network:\n  - input 1x32x32x16\n  - conv 3x3 8\n", [
        (3, 5, "the input is 1×32×32×16; is its first side a batch?",
         "leave the batch out: input 32x32x16")]),
    (HEAD + "network:\n  - input 16x3x64x64\n  - conv 3x3 8\n  - dense 3\n", [
        (3, 5, "the input is 16×3×64×64; is its first side a batch?",
         "leave the batch out: input 64x64x3"),
        (5, 5, "dense needs a vector and gets a map of 62×62×8",
         "put `flatten` or `global-avg-pool` before it; for each place of a map, write conv 1x1")]),
    (HEAD + "network:\n  - input 28x28\n  - conv 3x3 8\n", [
        (3, 5, "the input is a sequence of 28×28",
         "of a map, write the channels, too: input 28x28x1")]),
    (HEAD + "network:\n  - input 3x64x64\n  - conv 3x3 8 groups=3\n", [
        (4, 5, "64 input channels cannot be divided into 3 groups", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problems"), SPECS)
def test_specs(text: str, problems: list[tuple[int, int, str, str]]) -> None:
    assert told(text) == problems


# ---- what works and is hardly meant so ----------------------------------------------------

WARNINGS = [
    (HEAD + "network: [input 3x64x80, conv 7x7 8 same]", (2, 11),
     "the input is 3 high and 64 wide, and has 80 channels",
     "height x width x channels: did you mean 64x80x3?"),
    (HEAD + "network: [input 1x28x28, flatten, dense 5]", (2, 11),
     "the input is 1 high and 28 wide, and has 28 channels",
     "height x width x channels: did you mean 28x28x1?"),
    (HEAD + "network: [input 1x50, dense 5]", (2, 11),
     "the input is 1×50; is its first side a batch?", "leave the batch out: input 50"),
    (NET + "  - conv 3x3 8\n    batch-norm relu\n", (5, 5),
     "this line goes on with the one before: conv 3x3 8 batch-norm relu",
     "begin each item with '- ', or leave it in one line"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message", "hint"), WARNINGS)
def test_warnings(text: str, place: tuple[int, int], message: str, hint: str) -> None:
    (warning,) = archviz.load_text(text, "f.yaml").analysis.warnings
    assert warning == Problem(Mark("f.yaml", *place), message, hint, warning=True)
    at = f"f.yaml:{place[0]}:{place[1]}"
    assert str(warning) == f"{at}: warning: {message}\n    hint: {hint}"


@pytest.mark.parametrize(
    "shape", ["64x80x3", "8x8x3", "1x1x512", "4x4x512", "4x16x256", "1x64x16", "16x64x64", "50x1"]
)
def test_no_warning_of_what_may_be_meant(shape: str) -> None:
    text = f"{HEAD}network: [input {shape}, relu]"
    assert archviz.load_text(text).analysis.warnings == ()


def test_a_long_line_may_go_on() -> None:
    text = NET + "  - conv 3x3 8\n      /2 pad=1 shared=no\n"
    assert archviz.load_text(text).analysis.warnings == ()


@pytest.mark.parametrize(
    "words",
    [
        ("check",), ("render", "-o", "x.svg"), ("info",), ("export", "-f", "svg"),
        ("compare", "-o", "x.svg", "nin"),
    ],
)  # fmt: skip
def test_every_command_warns_and_goes_on(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.yaml").write_text(f"{HEAD}network: [input 1x50, dense 5]", encoding="utf-8")
    result = CliRunner().invoke(main, [*words, "f.yaml"])
    assert result.exit_code == 0
    assert result.stderr == (
        "f.yaml:2:11: warning: the input is 1×50; is its first side a batch?\n"
        "    hint: leave the batch out: input 50\n"
    )


# ---- what led to a mistake in a module -----------------------------------------------------

MODULES = """title: T
modules:
  block: {takes: [w], residual: [conv 3x3 w same]}
  pair: {takes: [w], layers: [block 4, block w]}
network:
  - input 8x8x4
"""


def trail(items: str) -> list[tuple[str, int, int]]:
    (problem,) = problems_of(MODULES + items)
    assert (problem.mark.line, problem.mark.column) == (3, 10)
    return [(text, mark.line, mark.column) for text, mark in problem.calls]


def test_a_mistake_in_a_module_names_its_call() -> None:
    items = "  - block 4\n  - block 5\n  - block 6\n"
    assert trail(items + "  - pair 4\n") == [("block w=5", 8, 5)]
    last = str(problems_of(MODULES + items + "  - pair 4\n")[0]).splitlines()[-1]
    assert last == "    in: block w=5 at f.yaml:8:5"


def test_nested_calls_are_named_from_the_innermost_on() -> None:
    assert trail("  - pair 4\n  - pair 6\n") == [("block w=6", 4, 40), ("pair w=6", 8, 5)]


def test_the_iteration_of_a_repeat_is_named_where_it_is_not_the_first() -> None:
    items = "  - {repeat: 3, of: block w, each: {w: [4, 7, 4]}}\n  - pair 4\n"
    assert trail(items) == [("block w=7", 7, 21), ("iteration 2 of the repeat", 7, 5)]
    items = "  - {repeat: 2, of: block w, each: {w: [7, 4]}}\n  - pair 4\n"
    assert trail(items) == [("block w=7", 7, 21)]


def test_a_parameter_that_does_not_suit_names_its_call() -> None:
    text = MODULES.replace("conv 3x3 w same", "conv 3x3 8/w same") + "  - pair 3\n"
    (problem,) = problems_of(text)
    assert (problem.mark.line, problem.mark.column) == (3, 43)
    assert [call for call, _ in problem.calls] == ["block w=3", "pair w=3"]


def test_a_long_trail_is_short() -> None:
    calls = tuple((f"m{number}", Mark("f", number, 1)) for number in range(1, 7))
    text = str(Problem(Mark("f", 9, 9), "no", "", calls))
    assert text == "f:9:9: no\n    in: m1 at f:1:1, in m2 at f:2:1, in ..., in m6 at f:6:1"


# ---- files ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("my-net.yaml", "other.yml", "model.onnx", "letters.txt", "resnet-52.yaml"):
        (tmp_path / name).write_text(NET + "  - relu\n", encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "net.yaml").write_text(NET + "  - relu\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("my-net", "there is my-net.yaml; write the name with its ending"),
        ("My-Net", "there is my-net.yaml; write the name with its ending"),
        ("my-nte", "did you mean 'my-net.yaml'?"),
        ("other", "there is other.yml; write the name with its ending"),
        ("other.yaml", "there is other.yml; write the name with its ending"),
        ("model", "there is model.onnx; write the name with its ending"),
        ("./my-net", "there is ./my-net.yaml; write the name with its ending"),
        ("deep/net", "there is deep/net.yaml; write the name with its ending"),
        ("deep/nett.yaml", "did you mean 'deep/net.yaml'?"),
        ("letters", "'archviz list' shows the names"),
        ("resnet-5", "did you mean 'resnet50'? ('archviz list' shows them all)"),
    ],
)
def test_a_file_that_is_meant_is_named(folder: Path, name: str, hint: str) -> None:
    with pytest.raises(ArchvizError) as caught:
        resolve(name)
    (problem,) = caught.value.problems
    assert (problem.mark, problem.hint) == (Mark(name), hint)
    assert isinstance(caught.value, UnknownNetwork) is not ("/" in name or "." in name)


def test_a_bundled_network_comes_before_a_file(folder: Path) -> None:
    (folder / "nin.yaml").write_text(NET, encoding="utf-8")
    assert resolve("nin") != "nin.yaml"
    assert resolve("nin.yaml") == "nin.yaml"
