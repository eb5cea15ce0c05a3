"""Specs of which a picture was wrong once, as small as they get: each of a kind of its own."""

from __future__ import annotations

import pytest
from drawn_wiring import wirings
from fuzz_pictures import Look, faults
from invariants import collect, segments, violations
from scene_reader import NEAR, _apart, read
from test_graphs import crossings
from wirings import differences

from archviz.language.expand import network_from_text
from archviz.layout import canvas, choice, lanes, ways
from archviz.layout.build import Builder
from archviz.layout.compound import RepeatBlock, SeriesBlock
from archviz.layout.densities import COMPACT, FULL, Density, slide_style
from archviz.layout.densities import NEAR as NEAREST
from archviz.layout.fitting import fit_label
from archviz.layout.flow import FLOWS
from archviz.layout.page import Options, draw_network
from archviz.layout.sheet import moved, over_notes
from archviz.network.analysis import analyse
from archviz.scene.scene import Connector, Scene, Shape, Text, extent, leaves
from archviz.scene.text import text_width
from archviz.scene.theme import load_theme

FOUND: dict[str, tuple[Look, str]] = {
    "a short name over a box enters beside the badge at its corner": (
        Look("right", slides=True),
        """
title: a
network:
  - input 32x32x8
  - conv 3x3 8 same as=a-very-long-name-for-a-value
  - conv 3x3 8 same as=b
  - input 32x32x8
  - {repeat: 9, of: [max-pool 3x3 /1 same, conv 3x3 8 same, conv 1x1 8]}
  - {repeat: 9, of: [max-pool 3x3 /1 same, conv 3x3 8 same, conv 1x1 8]}
  - {repeat: 9, of: [max-pool 3x3 /1 same, conv 3x3 8 same, conv 1x1 8]}
  - {repeat: 9, of: [max-pool 3x3 /1 same, conv 3x3 8 same, conv 1x1 8]}
  - {repeat: 9, of: [max-pool 3x3 /1 same, conv 3x3 8 same, conv 1x1 8]}
  - {repeat: 9, of: [max-pool 3x3 /1 same, conv 3x3 8 same, conv 1x1 8]}
  - add a-very-long-name-for-a-value b relu
""",
    ),
    "a lane is level with what begins on its own line, not with that of another": (
        Look("down"),
        """
title: a
modules: {block: {inputs: [memory], layers: [add memory]}}
network:
  - input 32x32x8
  - conv 3x3 8 same as=a
  - add a as=b
  - mixture-of-experts 4 active=2 inner=8 as=t
  - towers:
      - [block memory=b as=c, add c]
      - [from t, feed-forward 16 gated silu]
      - [dropout 0.5, block memory=a, block memory=b]
    merge: add
  - conv 3x3 8 same as=d
  - stage: squeeze and excite
    of:
      - from b
      - block memory=b
      - add a relu as=e
      - attention 8 kv-heads=2 causal window=5
      - add d t as=f
      - conv 3x3 8 same as=g
    color: "#3355aa"
  - stage: b
    of: [input 32x32x8, add f relu as=h, block memory=h, conv 3x3 8 same as=i]
  - conv 3x3 8 same
  - add e
  - add g
  - add i
""",
    ),
    "the line of what went in before keeps clear of the box before it": (
        Look("up", slides=True),
        """
title: a
modules:
  m:
    graph:
      nodes:
        n0: [conv 3x3 8 same]
        n1: [add, conv 1x1 8]
        n3: [add, attention 2, attention 8 kv-heads=2 causal window=5]
        n4: [add, conv 1x1 8]
      edges: [in -> n0, in -> n1, n0 -> n1, n0 -> n3, n1 -> n3, n3 -> n4,
        previous -> n1, previous -> n3, previous -> n4, n4 -> out]
network: [input 32x32x8, m, m]
""",
    ),
    "brackets are as far apart as what stands between them": (
        Look("right"),
        """
title: a
modules:
  m: {layers: [{repeat: 3, label: Encoder stage with norm, of: conv 3x3 8 same}, conv 1x1 8]}
network:
  - input 32x32x3
  - {repeat: 12, label: Transformer encoder, of: conv 3x3 8 same relu}
  - m
""",
    ),
    "a wire from a tower down keeps off one from the next tower up": (
        Look("right"),
        """
title: a
network:
  - {towers: [input 8x8x8 as=a, input 8x8x8 as=b], merge: add}
  - outputs: {x: [from b, conv 1x1 8], y: conv 1x1 8, z: [from a, conv 1x1 8]}
""",
    ),
    "a name stands clear of the line from another page beside it": (
        Look("down", full=True, slides=True),
        """
title: a
network:
  - {towers: [input 32x32x8, input 32x32x8], merge: scaled-add 0.1 relu}
  - towers:
      - identity
      - - input 32x32x8
        - graph:
            nodes:
              n0: [feed-forward 16 gated silu]
              n1: [add, relu, conv 3x3 8 same relu, attention 8 kv-heads=2 causal window=5,
                   feed-forward 16 gated silu]
              n2: [add, avg-pool 5x5 /1 same, relu, max-pool 3x3 /1 same]
              last: [conv 1x1 8]
            edges: [in -> n0, in -> n1, in -> n2, n0 -> n1, n0 -> n2, n1 -> n2 -> last -> out]
        - lrn
    merge: add relu
""",
    ),
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
    "the name of a wire that begins behind the last box stands beside the line": (
        Look("up", slides=True),
        """
title: a
network:
  - input 32x32x8
  - sep-conv 3x3 8 as=a
  - conv 11x11 8 same relu as=b
  - residual: [attention 2, depthwise-conv 3x3 same]
  - add b
  - conv 3x3 8 same as=c
  - add a
  - add c
""",
    ),
    "a wire that passes a line keeps clear of the names of those above it": (
        Look("down", full=True, aspect=0.7),
        """
title: a
modules:
  block: {inputs: [memory], layers: [add memory, mixture-of-experts 4 active=2 inner=8]}
network:
  - input 32x32x8
  - batch-norm
  - relu
  - {residual: [], merge: add relu, as: p33}
  - add p33 relu
  - {residual: [add p33, add p33 relu as=memory4, add memory4], as: time-embedding5}
  - residual: [add time-embedding5 relu as=a6, dropout 0.5 as=memory7, add a6, add memory7]
    merge: add relu
  - conv 3x3 8 same as=p39
  - input 32x32x8
  - block memory=p33 as=p310
  - add p33 as=p311
  - conv 3x3 8 same as=p314
  - conv 3x3 8 same
  - add p39
  - add p310
  - add p311
  - add p314
""",
    ),
    "no name stands on the end of a stage's ground": (
        Look(aspect=16 / 9),
        """
title: a
modules: {block: {inputs: [memory], layers: [add memory]}}
network:
  - input 32x32x8
  - lrn as=a
  - {stage: 漢字のブロック, of: [input 32x32x8, block memory=a, lrn as=memory5]}
  - conv 3x3 8 same
  - outputs:
      last: conv 3x3 8 same
      first: []
      second: [from memory5, sep-conv 3x3 8 same]
      third: [from a, max-pool 3x3 /1 same]
""",
    ),
    "the ground of a stage at the end of a row is on the slide": (
        Look("up", slides=True),
        """
title: a
network:
  - {stage: b, of: [input 32x32x8, max-pool 3x3 /1 same, conv 3x3 8 same as=c], color: green}
  - conv 3x3 8 same
  - add c
""",
    ),
    "wires go round the ends of names, too": (
        Look(aspect=16 / 9),
        """
title: a
network:
  - input 12x16
  - conv-1d 1 16 as=b
  - relu as=c
  - input 12x16
  - relu
  - relu as=a-long-name-of-a-value
  - input 12x16
  - conv-1d 1 16 as=d
  - conv-1d 1 16 as=e
  - op-merge d e a-long-name-of-a-value c b shape=12x16
""",
    ),
    "a name that a line begins with is not one that leaves it": (
        Look(aspect=16 / 9),
        """
title: a
modules: {block: {inputs: [memory], layers: [add memory]}}
network:
  - input 32x32x8
  - lrn as=p33
  - towers: [[add p33 relu], [from p33, lrn as=memory4, add memory4], [block memory=p33]]
    merge: add
""",
    ),
    "names at a panel's edge keep apart, and show what leaves": (
        Look(),
        """
title: a
modules:
  m:
    inputs: [a-long-name-of-one, a-long-name-of-two]
    gives: [kept-in-mind-as-it-is, other]
    layers:
      - conv 3x3 8 same as=kept-in-mind-as-it-is
      - add a-long-name-of-one a-long-name-of-two
      - conv 3x3 8 same as=other
      - add kept-in-mind-as-it-is
      - conv 3x3 8 same
network:
  - input 32x32x8 as=x
  - conv 3x3 8 same as=y
  - m a-long-name-of-one=x a-long-name-of-two=y kept-in-mind-as-it-is=z other=w
  - add z
  - add w
""",
    ),
    "heads behind a repeat in several lines hang on the line that leads back": (
        Look("down", slides=True),
        """
title: a
network:
  - input 32x32x8
  - repeat: 3
    of: [LAYERS]
    as: a-long-name
  - auxiliary: [avg-pool 5x5, conv 1x1 8 relu, flatten, dense 1024 relu]
  - {auxiliary: [avg-pool 5x5, conv 1x1 8 relu], side: below}
  - conv 1x1 8
  - add a-long-name
""".replace("LAYERS", ", ".join(["conv 3x3 8 same"] * 12)),
    ),
}


COLOURED = """
title: a
network:
  - input 12x16
  - {towers: [[relu, conv-1d 3 16 same], [gru 16, relu]], color: green, merge: concat}
  - conv-1d 1 32
"""


@pytest.mark.parametrize("direction", [*FLOWS])
@pytest.mark.parametrize("slides", [False, True])
def test_the_shape_behind_a_coloured_part_stands_on_its_ground(
    slides: bool, direction: str
) -> None:
    for more in ("", ", caption: what is told of all of it"):
        text = COLOURED.replace(", merge", f"{more}, merge")
        assert faults(text, Look(direction, full=True, slides=slides)) == []


@pytest.mark.parametrize("name", FOUND)
def test_it_is_right_now(name: str) -> None:
    look, text = FOUND[name]
    assert faults(text, look) == []


@pytest.mark.parametrize("direction", [*FLOWS])
@pytest.mark.parametrize("named", [False, True])
def test_heads_hang_on_lines_that_lead_back(named: bool, direction: str) -> None:
    text = FOUND["heads behind a repeat in several lines hang on the line that leads back"][1]
    if not named:
        text = text.replace("    as: a-long-name\n", "").replace("  - add a-long-name\n", "")
    for full in (False, True):
        assert faults(text, Look(direction, full=full, slides=True)) == []


@pytest.mark.parametrize("flow", ["down", "up"])
@pytest.mark.parametrize("density", [*COMPACT, *FULL])
def test_notes_are_no_names_of_arrows_that_lead_to_them(density: Density, flow: str) -> None:
    style = slide_style(load_theme(), 1.0, density, False, FLOWS[flow])
    assert over_notes(style) > 1.4 * NEAR * style.metric("caption")


@pytest.mark.parametrize("direction", [*FLOWS])
@pytest.mark.parametrize("slides", [False, True])
def test_names_alone_say_the_same(
    monkeypatch: pytest.MonkeyPatch, slides: bool, direction: str
) -> None:
    monkeypatch.setattr(lanes, "choose", lambda *_: [])
    text = FOUND["names at a panel's edge keep apart, and show what leaves"][1]
    assert faults(text, Look(direction, slides=slides)) == []


def drawn_dense(
    text: str, flow: str, names: set[str], density: Density = COMPACT[-1], scale: float = 1.0
) -> Scene:
    """The row of a network as it is on a dense slide, ``names`` without wires."""
    network = network_from_text(text, "found.yaml")
    style = slide_style(load_theme(), scale, density, (), FLOWS[flow])
    builder = Builder(network, analyse(network), style).within(network.body)
    row = canvas.Canvas("row", style.flow)
    builder._replace(stubs=frozenset(names)).series(builder.body).place(row, 0.0, 0.0, [])
    left, top, right, bottom = extent(row.items())
    items = tuple(moved(item, -left, -top) for item in row.items())
    return Scene(right - left, bottom - top, "a", "", "#ffffff", items)


def test_names_on_a_line_keep_clear_of_badges() -> None:
    text = "title: a\nnetwork: [input 8x8x8, conv 1x1 8 relu as=abcde, conv 1x1 8, add abcde]"
    assert violations(drawn_dense(text, "right", {"abcde"})) == []


def test_names_at_which_towers_begin_keep_clear_of_their_trunk() -> None:
    towers = "{towers: [conv 1x1 8, [from abcde, conv 1x1 8], conv 3x3 8 same], merge: add}"
    text = f"title: a\nnetwork: [input 8x8x8 as=abcde, conv 1x1 8, {towers}]"
    for flow in FLOWS:
        scene = drawn_dense(text, flow, {"abcde"})
        drawn = [*leaves(scene.items)]
        name = [leaf for leaf in drawn if isinstance(leaf, Text) and leaf.text == "abcde"][-1]
        bent = [leaf.points for leaf in drawn if isinstance(leaf, Connector) and leaf.points[2:]]
        assert bent
        near = min(_apart(piece, name.box) for points in bent for piece in segments(points))
        assert near > (NEAR * name.size if flow != "right" else 0)


@pytest.mark.parametrize("form", ["towers: [conv 1x1 8, conv 1x1 8]", "residual: conv 1x1 8"])
def test_brackets_keep_clear_of_the_badges_of_merges(form: str) -> None:
    item = f"{{repeat: 2, of: [{{{form}, merge: add relu}}]}}"
    network = network_from_text(f"title: a\nnetwork: [input 8x8x8, {item}]", "found.yaml")
    theme = load_theme()
    theme = theme._replace(metrics={**theme.metrics, "badge": 0.8})  # as on a dense slide
    assert violations(draw_network(network, analyse(network), Options(theme))) == []


def test_wires_that_cross_much_are_drawn_where_they_were_found() -> None:
    def across(name: str, x: float) -> ways.Route:
        legs = tuple(ways.Leg(at, canvas.Pin(name, at, 0.0, 0.0), False) for at in (x, x + 1000.0))
        return (ways.Lane(name, (0, False), legs, x, x + 1000.0, crossed=2),)

    style = slide_style(load_theme(), 1.0, COMPACT[-1], ())
    wires = [[across("a", 0.0)], [across("b", 300.0)], [across("c", 600.0)]]
    assert len(choice.choose(wires, style)) < 3
    assert len(choice.choose(wires, style, known=True)) == 3


@pytest.mark.parametrize("density", [*COMPACT, *NEAREST, *FULL])
def test_letters_keep_inside_of_badges(density: Density) -> None:
    text = "title: a\nnetwork: [input 8x8x8, rms-norm, conv 1x1 8 rms-norm, conv 1x1 8 layer-norm]"
    scene = drawn_dense(text, "down", set(), density)
    assert violations(scene) == []
    badges = [s for s in leaves(scene.items) if isinstance(s, Shape) and s.form == "ellipse"]
    assert badges
    for badge in badges:  # the corners of its letters are inside the circle
        high = (badge.width**2 - badge.texts[0].width ** 2) ** 0.5
        assert high > 0.5 * badge.text_size


@pytest.mark.parametrize("flow", FLOWS)
def test_brackets_are_levelled_in_each_line_anew(flow: str) -> None:
    style = slide_style(load_theme(), 1.0, COMPACT[-1], (), FLOWS[flow])
    high = SeriesBlock([], style)
    high.up = high.down = style.px(4)
    repeats = [RepeatBlock(SeriesBlock([], style), "×1000", style), RepeatBlock(high, "×2", style)]
    long, other = SeriesBlock(repeats, style).blocks
    assert isinstance(long, RepeatBlock) and isinstance(other, RepeatBlock)
    assert long.bracket_down == other.bracket_down > repeats[0].bracket_down
    assert long.down - long.bracket_down == pytest.approx(repeats[0].down - repeats[0].bracket_down)
    (alone,) = SeriesBlock([long], style).blocks
    assert (alone.up, alone.down) == (repeats[0].up, repeats[0].down)


def test_eight_letters_are_shown_of_labels_that_are_cut_off() -> None:
    for density in (*COMPACT, *NEAREST, *FULL):
        style = slide_style(load_theme(), 1.0, density, ())
        (shown,), size, width = fit_label("W" * 30, style)
        assert shown.startswith("W" * 8) and shown.endswith("…")
        assert text_width(shown, size) < width


@pytest.mark.parametrize("scale", [1.0, 0.7, 0.5, 0.3])
def test_lines_of_graphs_keep_apart_on_the_densest_slides(scale: float) -> None:
    text = FOUND["a line into a graph's box from beside it is longer than its arrowhead"][1]
    for density in (COMPACT[0], NEAREST[-1], FULL[-1]):
        assert violations(drawn_dense(text, "right", set(), density, scale)) == []


def test_what_is_drawn_very_small_is_read_as_well() -> None:
    fork = "{fork: [[conv 3x3 8 same, relu], [relu, conv 1x1 8], []]}"
    towers = f"{{towers: [relu, conv 1x1 8, [conv 1x1 8, {fork}]], merge: concat}}"
    text = f"title: a\nnetwork: [input 8x8x8, {towers}]"
    network = network_from_text(text, "found.yaml")
    for flow, way in (("up", (0, -1)), ("right", (1, 0))):
        scene = drawn_dense(text, flow, set(), scale=0.05)
        assert differences(read([scene], way), wirings(network, analyse(network))) == []


def test_a_wire_goes_below_where_a_line_goes_on_above() -> None:
    """The value of the first line goes on to right above what takes it, across the way up."""
    text = """
title: a
network:
  - input 8x8x8
  - conv 3x3 8 same as=memory
  - input 8x8x8
  - conv 3x3 8 same as=h
  - concat memory
  - conv 1x1 8
  - add h
"""
    network = network_from_text(text, "found.yaml")
    scene = draw_network(network, analyse(network), Options(load_theme(), legend=False))
    assert violations(scene) == []
    assert crossings(collect(scene.items).connectors) == 0
