"""A panel stands for all calls of its module: what it shows where they differ, and says below."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from pypdf import PdfReader

from archviz.api import load_text
from archviz.errors import ArchvizError
from archviz.network.labels import alternatives, either, title_of, without_braces
from archviz.scene.scene import Connector, Group, Shape, Text, groups_in, leaves, shapes_in

HEAD = "title: T\nmodules:\n"


def scene(text: str, **options: str) -> tuple[list[Shape], list[Text]]:
    items = load_text(HEAD + text).scene(**options).items
    return list(shapes_in(items)), [leaf for leaf in leaves(items) if isinstance(leaf, Text)]


def shown(text: str, **options: str) -> list[str]:
    """What boxes and badges say, each in one text, then all other texts."""
    shapes, texts = scene(text, **options)
    return [*(" ".join(shape.lines) for shape in shapes if shape.lines), *(t.text for t in texts)]


def notes(text: str) -> list[str]:
    said = [leaf.text for leaf in scene(text)[1] if leaf.role == "note"]
    return [note for note in said if not note.startswith("Not shown: ")]


TWO_ACTS = """
  block:
    takes: [after, se=0]
    layers:
      - conv 3x3 16 same act=after
      - conv 1x1 16 when=se act=after
      - conv 3x3 16 same dilation=1+3*se
network: [input 32x32x16, block relu, block hard-swish se=1, block hard-swish se=1]
"""


def test_a_panel_has_all_that_its_calls_have() -> None:
    shapes, texts = scene(TWO_ACTS)
    assert [shape.lines[0] for shape in shapes if shape.dash and shape.lines] == ["conv 1×1"]
    said = [text.text for text in texts]
    assert "rate 1 or 4" in said
    assert ("R/hS",) in [shape.lines for shape in shapes if shape.role == "activation"]
    assert {"ReLU", "hard swish", "left out in some calls"} <= set(said)
    assert notes(TWO_ACTS) == ["hard swish, conv 1×1, rate 4 from block 2 on"]


def test_what_no_call_has_is_not_drawn_and_nothing_else_is_dashed() -> None:
    text = "  m: {takes: [a=0], layers: [conv 3x3 4, conv 5x5 4 when=a]}\n"
    text += "network: [input 9x9x3, m, m]\n"
    shapes, texts = scene(text)
    assert not any(shape.dash or shape.lines == ("conv 5×5",) for shape in shapes)
    assert "left out in some calls" not in [leaf.text for leaf in texts]
    assert notes(text) == []


def test_a_body_is_that_of_a_call_that_is_there() -> None:
    text = "  inner: {takes: [n], layers: [conv 1x1 n, relu]}\n"
    text += "  outer: {takes: [n=0], layers: [conv 3x3 8 same, inner n when=n]}\n"
    text += "network: [input 8x8x3, outer, outer 4]\n"
    items = load_text(HEAD + text).scene().items
    panels = {group.key: group for group in groups_in(items) if group.role == "panel"}
    assert set(panels) == {"outer", "inner"}
    dashed = [shape.lines for shape in shapes_in([panels["outer"]]) if shape.dash]
    assert dashed == [("inner",)]
    assert notes(text) == ["inner in block 2"]


def test_a_kind_that_is_not_drawn_leaves_the_others_of_its_place() -> None:
    text = "  m: {takes: [kind], layers: [kind 2x2, relu]}\n"
    text += "network: [input 9x9x4, m zero-pad, m max-pool]\n"
    dashed = [shape.lines for shape in scene(text)[0] if shape.dash and shape.lines]
    assert dashed == [("max-pool", "2×2")]


def test_an_activation_that_some_calls_lack_has_a_dashed_badge() -> None:
    text = "  m: {takes: [a], layers: [conv 3x3 4 same act=a batch-norm]}\n"
    text += "network: [input 9x9x3, m relu, m linear, m relu]\n"
    badges = [s for s in scene(text)[0] if s.role in ("activation", "function") and s.lines]
    assert [(badge.lines[0], bool(badge.dash)) for badge in badges][:2] == [
        ("B", False),
        ("R", True),
    ]
    assert notes(text) == ["no ReLU in block 2"]


@pytest.mark.parametrize(
    ("layer", "calls", "said"),
    [
        ("pool 2x2", "takes: [pool]|m max-pool, m avg-pool", "max-pool / avg-pool 2×2"),
        ("conv kxk 4 same", "takes: [k]|m 3, m 5", "conv 3×3 or 5×5"),
        ("conv kxk 4 same", "takes: [k]|m 11, m 5, m 3, m 3", "conv 3×3, 5×5 or 11×11"),
        ("conv kxk 4 same", "takes: [k]|m 3, m 9, m 5, m 7", "conv 3×3 … 9×9"),
        ("conv 3x3 4 same groups=g", "takes: [g]|conv 3x3 4, m 1, m 2", "1 or 2 groups"),
        ("conv 3x3 4 same groups=4", "takes: []|conv 3x3 4, m", "conv dw 3×3"),
        ("conv 3x3 4 same dilation=d", "takes: [d]|m 1, m 2, m 4, m 8", "rate 1 … 8"),
        ("upsample 4", "takes: []|m", "upsample ×4"),
        ("{repeat: n, of: conv 3x3 4 same}", "takes: [n]|m 2, m 5", "×2 or 5"),
        ('{op: "", label: "× {f}"}', "takes: [f]|m 0.98, m 2, m 0.96", "× 0.96, 0.98 or 2"),
        ('{op: "", label: "set {x}"}', "takes: [f]|m 1, m 2", "set {x}"),
    ],
)
def test_values_are_said_and_not_their_symbols(layer: str, calls: str, said: str) -> None:
    takes, _, network = calls.partition("|")
    text = f"  m: {{{takes}, layers: [{layer}]}}\nnetwork: [input 32x32x4, {network}]\n"
    assert said in shown(text)


@pytest.mark.parametrize(
    ("layer", "calls", "said"),
    [
        ("conv 3x3 n", "m 1", "conv 3×3, 1"),
        ("conv 3x3 n", "m 8, m 4", "conv 3×3, 4 or 8"),
        ("conv 3x3 n same", "m 8, m 32, m 16", "conv 3×3, 8–32"),
        ("conv 3x3 4 same /n", "m 1, m 2", "conv 3×3, 4, /1 or /2"),
        ("conv-transpose 2x2 4 /n", "m 2", "conv T 2×2, 4"),
    ],
)
def test_numbers_of_the_full_detail(layer: str, calls: str, said: str) -> None:
    text = f"  m: {{takes: [n], layers: [{layer}]}}\nnetwork: [input 32x32x4, {calls}]\n"
    assert said in " ".join(shown(text, detail="full"))  # of one box, in one or two lines


def test_a_label_with_parameters_has_its_values_and_the_title_is_without() -> None:
    text = '  inner: {takes: [k], label: "bneck, {k}×{k}", layers: [conv kxk 4 same]}\n'
    text += "  outer: {takes: [k], residual: [inner k]}\n"
    text += (
        "network: [input 9x9x4, outer 3, outer 5, {repeat: 2, of: inner k, each: {k: [3, 5]}}]\n"
    )
    said = shown(text)
    assert said.count("bneck, 3×3 or 5×5") == 2
    assert "Bneck" in said
    assert not any("k" in word for text in said for word in text.split() if "×" in word)


SOME = (1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0)


def test_notes_say_which_calls_in_short() -> None:
    text = "  m: {takes: [a=0, b=0], layers: [conv 1x1 4 when=a, conv 3x3 4 same, relu]}\n"
    many = ", ".join(f"m {int(number % 2)}" for number in range(12))
    said = notes(f"{text}network: [input 9x9x4, {many}]\n")
    assert said == ["conv 1×1 in every second block from 2 to 12"]
    many = ", ".join(f"m {number}" for number in SOME)
    assert notes(f"{text}network: [input 9x9x4, {many}]\n") == ["conv 1×1 in 6 of 14 blocks"]
    few = "m, m 1, m 1, m, m 1, m"
    assert notes(f"{text}network: [input 9x9x4, {few}]\n") == ["conv 1×1 in blocks 2–3 and 5"]
    assert notes(f"{text}network: [input 9x9x4, m 1, m]\n") == ["conv 1×1 in block 1"]


def test_calls_that_are_as_many_are_not_the_same_calls() -> None:
    text = "  m: {takes: [a, b], layers: [conv 1x1 4 when=a, conv 5x5 4 same when=b, relu]}\n"
    many = ", ".join(f"m {one} {other}" for one, other in zip(SOME, SOME[::-1], strict=True))
    said = notes(f"{text}network: [input 9x9x4, {many}]\n")
    assert said == ["conv 1×1 in 6 of 14 blocks · conv 5×5 in 6 of 14 blocks"]


def test_notes_say_nothing_that_nobody_needs_to_be_told() -> None:
    text = "  m: {takes: [h], layers: [attention h kv-heads=h]}\n"
    network = "network: [input 16x64, m 2, m 4, m 2]\n"
    assert notes(f"{text}{network}") == ["4 heads in block 2"]


def test_notes_stand_under_their_panel_alone() -> None:
    items = load_text(HEAD + TWO_ACTS).scene().items
    panel = next(g for g in groups_in(items) if isinstance(g, Group) and g.role == "panel")
    texts = {leaf.role: leaf for leaf in leaves([panel]) if isinstance(leaf, Text)}
    assert texts["note"].y > texts["title"].y
    assert texts["note"].x == texts["title"].x


def test_texts_of_several_values() -> None:
    assert either(["3×3", "5×5"]) == "3×3 or 5×5"
    assert either(["8", "1", "4", "2"]) == "1 … 8"
    assert either(["max-pool", "avg-pool"]) == "max-pool / avg-pool"
    assert alternatives(["conv 3×3"]) == "conv 3×3"
    assert alternatives(["conv 3×3", "conv dw 3×3"]) == "conv 3×3 / conv dw 3×3"
    assert without_braces("Layer, rate {r}") == "Layer"
    assert without_braces("sep {k}×{k}") == "sep"
    assert [title_of(label) for label in ("block", "mBConv {k}", "2×conv")] == [
        "Block",
        "mBConv",
        "2×conv",
    ]


DASHED = """
  m: {takes: [a=0], layers: [conv 3x3 4 same, conv 5x5 4 same when=a]}
network: [input 9x9x4, m, m 1]
"""


@pytest.mark.parametrize(
    ("suffix", "drawn"),
    [  # the legend's are shorter
        ("svg", rb'<(?:rect|path) [^>]*stroke-dasharray="4\.76"'),
        ("html", rb'<(?:rect|path) [^>]*stroke-dasharray="4\.76"'),
        ("drawio", rb"dashed=1;[^\"]*fixDash=1;[^\"]*dashPattern=4\.76 4\.76;"),
        ("tex", rb"dash pattern=on 4\.76\\px off 4\.76\\px"),
        ("gv", rb'(?:fillcolor="#e06666"|arrowhead=normal) [^]]*style="?(?:filled,)?dashed'),
        ("json", rb'"dash": 4\.76'),
    ],
)
def test_every_format_draws_the_dashes(suffix: str, drawn: bytes) -> None:
    stream = io.BytesIO()
    load_text(HEAD + DASHED).save(stream, format=suffix)
    assert len(re.findall(drawn, stream.getvalue())) == 2  # the box, and the line into it
    whole = io.BytesIO()
    load_text(HEAD + DASHED.replace("m, m 1", "m 1, m 1")).save(whole, format=suffix)
    assert not re.search(drawn, whole.getvalue())


def test_a_page_and_a_slide_draw_the_dashes() -> None:
    network = load_text(HEAD + DASHED)
    stream = io.BytesIO()
    network.save(stream, format="pdf", legend=False)
    pages = PdfReader(stream).pages
    contents = [page.get_contents() for page in pages]
    assert (
        sum(found.get_data().count(b"[4.76] 0 d") for found in contents if found is not None) == 2
    )
    stream = io.BytesIO()
    network.save(stream, format="pptx")
    with zipfile.ZipFile(stream) as package:
        slide = package.read("ppt/slides/slide1.xml")
    assert slide.count(b'<a:prstDash val="sysDash"/>') == 2


OPTIONAL = """
  m:
    takes: [s=1, a=1]
    residual: [conv 3x3 4 same, conv 5x5 4 same when=a, conv 7x7 4 same /s]
    merge: add when=2-s
"""
TWO_OF_THREE = OPTIONAL + "network: [input 9x9x4, m, m 1 0, m 2]\n"


def connectors(text: str) -> list[Connector]:
    items = load_text(HEAD + text).scene().items
    return [leaf for leaf in leaves(items) if isinstance(leaf, Connector)]


def test_a_merge_that_some_calls_leave_out_has_a_dashed_shortcut() -> None:
    shapes, _ = scene(TWO_OF_THREE)
    dashed = [" ".join(shape.lines) for shape in shapes if shape.dash and shape.lines]
    assert dashed == ["conv 5×5", "add"]
    names = {shape.id: " ".join(shape.lines) for shape in shapes}
    lines = [line for line in connectors(TWO_OF_THREE) if line.dash]
    assert [names[line.target] for line in lines] == ["conv 5×5", "add"]
    assert [bool(names[line.source]) for line in lines] == [True, False]
    assert notes(TWO_OF_THREE) == ["no conv 5×5 in block 2 · shortcut in blocks 1–2"]


def test_a_merge_that_all_calls_leave_out_is_not_drawn() -> None:
    network = load_text(f"{HEAD}{OPTIONAL}network: [input 9x9x4, m 2]\n")
    shapes = list(shapes_in(network.scene().items))
    assert not any(shape.dash or shape.lines == ("add",) for shape in shapes)
    assert network.info()["totals"]["parameters"] == 4 * 4 * (9 + 25 + 49) + 12


def test_what_stands_in_an_optional_shortcut_is_left_out_with_it() -> None:
    text = "  m: {takes: [p=0, s=1], layers: [{residual: [conv 3x3 4 same], "
    text += "shortcut: [conv 1x1 4 when=p as=a], merge: add when=s}, add a]}\n"
    once = f"{text}network: [input 9x9x4, m 1, m 1 0]\n"
    assert notes(once) == ["shortcut in block 1"]
    twice = f"{text}network: [input 9x9x4, m 1, m, m 0 0]\n"
    assert notes(twice) == ["conv 1×1 in block 1 · shortcut in blocks 1–2"]
    assert len([line for line in connectors(once) if line.dash]) == 2


def test_a_merge_of_towers_or_of_a_graph_cannot_be_left_out() -> None:
    for body in (
        "towers: [conv 1x1 4, identity], merge: add when=a",
        "graph: {nodes: {x: conv 1x1 4, s: add when=a}, edges: [in -> x -> s -> out, in -> s]}",
    ):
        text = f"{HEAD}  m: {{takes: [a], {body}}}\nnetwork: [input 9x9x4, m 1, m 0]\n"
        with pytest.raises(ArchvizError, match="add brings values together"):
            load_text(text)
        load_text(text.replace("m 0", "m 1")).scene()


@pytest.mark.parametrize(
    ("body", "calls", "said"),
    [
        ("{towers: n, of: conv 3x3 4 same}", "2, m 4", "4 towers in block 2"),
        ("{towers: n, of: conv 3x3 4 same}", "4, m 2, m 2", "2 towers from block 2 on"),
        ("{repeat: n, of: conv 3x3 4 same}", "1, m 3", "×3 in block 2"),
        ("conv-transpose 3x3 4 same /n", "2, m 4", "×4 in block 2"),
        ("conv 3x3 4 same groups=n", "1, m 2", "2 groups in block 2"),
        ("depthwise-conv 3x3 n, conv 1x1 4", "1, m 2", "multiplier 2 in block 2"),
    ],
)
def test_notes_say_which_call_has_which(body: str, calls: str, said: str) -> None:
    text = f"  m: {{takes: [n], layers: [{body}, conv 1x1 4]}}\n"
    assert notes(f"{text}network: [input 32x32x4, m {calls}]\n") == [said]


def test_notes_of_attention_name_only_what_differs() -> None:
    text = "  m: {takes: [h, k, w, f, a], layers: ["
    text += "attention h kv-heads=k window=w, feed-forward f act=a]}\n"
    text += "network: [input 64x8, m 4 4 9 8 gelu, m 4 2 9 16 relu, m 2 1 64 16 silu]\n"
    said = " · ".join(notes(text))
    assert "2 heads, 1 key head, window 64" in said
    assert all(f"{act} in block" in said for act in ("GELU", "ReLU"))
    assert "GELU: " not in said
    assert "2 or 4 heads" in " ".join(shown(text))
    assert "16, GELU" not in said


def test_notes_tell_boxes_of_one_name_apart() -> None:
    text = "  m: {takes: [a, b], layers: [conv 3x3 4 same act=a, conv 3x3 4 same act=b]}\n"
    text += "network: [input 9x9x4, m relu relu, m tanh relu, m relu tanh]\n"
    said = ["first conv 3×3: tanh in block 2", "second conv 3×3: tanh in block 3"]
    assert " · ".join(notes(text)) == " · ".join(said)
    text = "  m: {takes: [a, b], layers: [conv 3x3 4 same when=a, conv 3x3 4 same when=b]}\n"
    text += "network: [input 9x9x4, m 1 1, m 0 1, m 1 0]\n"
    said = ["no first conv 3×3 in block 2", "second conv 3×3 in blocks 1–2"]
    assert " · ".join(notes(text)) == " · ".join(said)


def test_a_module_has_its_towers_of_all_calls() -> None:
    text = "  m: {takes: [n], towers: n, of: conv 3x3 4 same}\n"
    text += "network: [input 9x9x4, m 2, m 4]\n"
    assert "total 2 or 4 towers" in shown(text)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("conv-transpose 3x3 4 same /2", "enlarges ×2"),
        ("conv-transpose 3x3 4 same /3x2", "enlarges ×3×2"),
        ("sep-conv 3x3 4 same multiplier=2", "multiplier 2"),
        ("depthwise-conv 3x3 2", "multiplier 2"),
        ("conv 3x3 16 groups=8", "multiplier 2"),
        ("channel-shuffle 8", "8 groups"),
        ("conv 3x3 8 dilation=2x1", "rate 2×1"),
        ("attention 2 head-width=16", "2 heads of 16"),
        ("attention 1 width=16", "1 head of 16"),
    ],
)
def test_what_sets_layers_apart_stands_in_compact_figures(layer: str, said: str) -> None:
    text = f"  m: {{layers: [relu, {layer}]}}\nnetwork: [input 16x16x8, m]\n"
    assert said in shown(text)


KINDS_DIFFER = """
  m: {takes: [k], layers: [conv-1d 3 8 same, k 3 same]}
  n: {takes: [k, a], layers: [k, conv-1d 3 8 same act=a]}
network: [input 32x8, m max-pool-1d, m depthwise-conv-1d, n relu softmax, n batch-norm relu]
"""


def test_a_box_of_several_kinds_has_the_colours_of_all() -> None:
    shapes, texts = scene(KINDS_DIFFER)
    outline = next(shape for shape in shapes if shape.lines[:1] == ("max-pool 3",))
    assert (outline.role, outline.fill) == ("alternatives", "")
    inside = [shape for shape in shapes if shape.y == outline.y and shape.width <= outline.width]
    left, right = [shape for shape in inside if outline.x <= shape.x < outline.x + outline.width][
        :2
    ]
    assert (left.role, right.role) == ("pool", "conv")
    assert left.box == outline.box and not left.lines + right.lines
    assert (right.x - left.x, right.width) == (outline.width / 2, outline.width / 2)
    badges = [shape for shape in shapes if shape.lines in (("R/B",), ("S/R",))]
    assert [badge.role for badge in badges] == ["alternatives"] * 2
    assert {"convolution", "pooling", "ReLU", "softmax", "batch normalisation"} <= {
        text.text for text in texts
    }
    said = notes(KINDS_DIFFER)
    assert said[0] == "conv dw 3 in block 2"  # no multiplier or rate, which a pooling has not


def test_a_bar_that_is_a_box_in_other_calls_is_a_box() -> None:
    text = "  m: {takes: [k], layers: [conv-1d 3 8 same, k 16]}\n"
    text += "network: [input 32x8, m dense, m lstm, dense 4]\n"
    shapes, _ = scene(text)
    assert "dense / LSTM" in [" ".join(shape.lines) for shape in shapes]
