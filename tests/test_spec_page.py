"""docs/spec.md says what the program does, and is enough to write networks from."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from archviz.language.expand import network_from_text
from archviz.language.items import Place, read_series
from archviz.language.reader import SpecReader, Value, Values
from archviz.network.analysis import analyse, check_published
from archviz.yamlnodes import SequenceNode, parse_yaml

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "spec.md").read_text(encoding="utf-8")


def examples() -> list[str]:
    return [part.partition("```")[0] for part in PAGE.split("```yaml\n")[1:]]


def test_tables_are_current() -> None:
    tables: dict[str, Any] = runpy.run_path(str(DOCS / "tools" / "spec_tables.py"))
    assert tables["current"](PAGE) == PAGE, "run: python docs/tools/spec_tables.py"


def test_the_first_example_is_a_whole_network() -> None:
    analysis = analyse(network_from_text(examples()[0]))
    assert analysis.rows[-1].output_shape == (10,)
    assert analysis.totals.depth == 31


@pytest.mark.parametrize("text", examples()[1:])
def test_examples_can_be_read(text: str) -> None:
    node, problems = parse_yaml(text, "spec.md")
    assert problems == []
    if isinstance(node, SequenceNode):
        reader = SpecReader([])
        reader.takes = {
            "inception": dict.fromkeys(["a", "b", "c", "d", "e", "f"]),
            "conv-block": dict.fromkeys(["width"]),
            "identity-block": dict.fromkeys(["width"]),
            "encoder-layer": {},
        }
        reader.values = Values(dict.fromkeys(["memory", "p3"], Value(node.mark)))
        scope = dict.fromkeys(["width", "lead", "stride", "after"])
        read_series(reader, node, "network", Place(scope, top=True, own=True, ends=True))
        assert reader.problems == []


@pytest.mark.parametrize("text", [t for t in examples()[1:] if "network:\n" in t])
def test_examples_that_are_networks_fit(text: str) -> None:
    analyse(network_from_text(f"title: Example\n{text}"))


VGG19 = """
title: VGG-19
published: {parameters: 143667240, depth: 26}
defaults:
  conv: same relu
  dense: relu
network:
  - input 224x224x3
  - repeat: 2
    of: [conv 3x3 width, conv 3x3 width, max-pool 2x2]
    each: {width: [64, 128]}
  - repeat: 3
    of: [{repeat: 4, of: conv 3x3 width}, max-pool 2x2]
    each: {width: [256, 2 x 512]}
  - flatten
  - dense 4096
  - dense 4096
  - dense 1000 softmax
"""

RESNET34 = """
title: ResNet-34
published: {trainable: 21797672}
defaults:
  conv: same batch-norm no-bias relu
modules:
  basic-block:
    takes: [width]
    residual: [conv 3x3 width, conv 3x3 width linear]
    merge: add relu
  down-block:
    takes: [width]
    color: yellow
    residual: [conv 3x3 width /2, conv 3x3 width linear]
    shortcut: conv 1x1 width /2 linear
    merge: add relu
network:
  - input 224x224x3
  - conv 7x7 64 /2
  - max-pool 3x3 /2 same
  - {repeat: 3, of: basic-block 64}
  - down-block 128
  - {repeat: 3, of: basic-block 128}
  - down-block 256
  - {repeat: 5, of: basic-block 256}
  - down-block 512
  - {repeat: 2, of: basic-block 512}
  - global-avg-pool
  - dense 1000 softmax
"""

MOBILENET = """
title: MobileNet
published: {parameters: 4253864, trainable: 4231976, non-trainable: 21888}
defaults:
  conv: same batch-norm no-bias act=relu6
  depthwise-conv: same batch-norm no-bias act=relu6
modules:
  pair:
    takes: [width, stride=1]
    layers: [depthwise-conv 3x3 /stride, conv 1x1 width]
network:
  - input 224x224x3
  - conv 3x3 32 /2
  - pair 64
  - repeat: 3
    of: pair
    each: [128 2, 128, 256 2]
  - pair 256
  - pair 512 stride=2
  - {repeat: 5, of: pair 512}
  - pair 1024 stride=2
  - pair 1024
  - global-avg-pool
  - dropout 0.001
  - dense 1000 softmax
"""

DENSENET121 = """
title: DenseNet-121
published: {parameters: 8062504, trainable: 7978856, non-trainable: 83648}
defaults:
  conv: same no-bias
modules:
  dense-block:
    takes: [times]
    layers:
      - repeat: times
        of:
          residual: [batch-norm, relu, conv 1x1 128 batch-norm relu, conv 3x3 32]
          merge: concat
  transition:
    takes: [width]
    color: orange
    layers: [batch-norm, relu, conv 1x1 width, avg-pool 2x2]
network:
  - input 224x224x3
  - conv 7x7 64 /2 batch-norm relu
  - max-pool 3x3 /2 same
  - repeat: 3
    of: [dense-block n, transition w]
    each: {n: [6, 12, 24], w: [128, 256, 512]}
  - dense-block 16
  - batch-norm
  - relu
  - global-avg-pool
  - dense 1000 softmax
"""


@pytest.mark.parametrize(
    "text", [VGG19, RESNET34, MOBILENET, DENSENET121], ids=lambda text: text.split("\n")[1][7:]
)
def test_networks_written_from_the_page_come_to_their_published_totals(text: str) -> None:
    network = network_from_text(text)
    assert check_published(network, analyse(network)) == []


@pytest.mark.parametrize(
    "item",
    [
        "{repeat: 010, of: relu}",  # ten, not eight
        "{conv: 1x1 8, label: yes}",  # a text
        "{conv: 1x1 8, bias: off, norm: batch-norm, act: relu, stride: 2}",
        "{relu: , when: 0}",
        "conv 1×1 8",
        "{max-pool: 2x2, ceil: yes}",
        "{towers: [identity, relu]}",
        "{residual: [relu]}",
        "{flatten: shown}",
        "{flatten: , hidden: no}",
    ],
)
def test_words_are_what_they_look_like(item: str) -> None:
    analyse(network_from_text(f"title: T\nnetwork:\n  - input 8x8x3\n  - {item}\n"))
