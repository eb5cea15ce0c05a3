"""Specs of which a picture was wrong once, as small as they get: each of a kind of its own."""

from __future__ import annotations

import pytest
from fuzz_pictures import Look, faults
from invariants import violations

from archviz.language.expand import network_from_text
from archviz.layout.page import Options, draw_network
from archviz.network.analysis import analyse
from archviz.scene.theme import load_theme

FOUND: dict[str, tuple[Look, str]] = {
    "a line into a graph's box from beside it is longer than its arrowhead": (
        Look("down", slides=True),
        """
title: a
network:
  - graph:
      nodes:
        i0: [input 32x32x8]
        i1: [input 32x32x8, depthwise-conv 3x3 same]
        a: [add, conv 3x3 8 same, conv 3x3 8 same, feed-forward 16, conv 3x3 8 same]
        b: [add]
        c: [add]
      edges: [i0 -> a, i0 -> b, i1 -> a, i1 -> b, a -> c, b -> c -> out]
""",
    ),
    "what towers end in keeps clear of their badges": (
        Look("down", full=True, slides=True),
        """
title: a
network:
  - input 32x32x8
  - towers: 2
    of:
      - towers:
          - [conv 3x3 8 same batch-norm gelu, conv 3x3 8 same batch-norm relu]
          - identity
  - auxiliary: [avg-pool 5x5, conv 1x1 8 relu, flatten, dense 1024 relu, dense 1000 softmax]
""",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_it_is_right_now(name: str) -> None:
    look, text = FOUND[name]
    assert faults(text, look) == []


@pytest.mark.parametrize("form", ["towers: [conv 1x1 8, conv 1x1 8]", "residual: conv 1x1 8"])
def test_brackets_keep_clear_of_the_badges_of_merges(form: str) -> None:
    item = f"{{repeat: 2, of: [{{{form}, merge: add relu}}]}}"
    network = network_from_text(f"title: a\nnetwork: [input 8x8x8, {item}]", "found.yaml")
    theme = load_theme()
    theme = theme._replace(metrics={**theme.metrics, "badge": 0.8})  # as on a dense slide
    assert violations(draw_network(network, analyse(network), Options(theme))) == []
