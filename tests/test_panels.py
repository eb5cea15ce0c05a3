"""A panel stands for all calls of its module: what it shows where they differ, and says below."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from pypdf import PdfReader

from archviz.api import load_text
from archviz.network.labels import alternatives, either, title_of, without_braces
from archviz.scene.scene import Group, Shape, Text, groups_in, leaves, shapes_in

HEAD = "title: T\nmodules:\n"


def scene(text: str, **options: str) -> tuple[list[Shape], list[Text]]:
    items = load_text(HEAD + text).scene(**options).items
    return list(shapes_in(items)), [leaf for leaf in leaves(items) if isinstance(leaf, Text)]


def shown(text: str, **options: str) -> list[str]:
    """What boxes and badges say, each in one text, then all other texts."""
    shapes, texts = scene(text, **options)
    return [*(" ".join(shape.lines) for shape in shapes if shape.lines), *(t.text for t in texts)]


def notes(text: str) -> list[str]:
    return [leaf.text for leaf in scene(text)[1] if leaf.role == "note"]


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
    ],
)
def test_values_are_said_and_not_their_symbols(layer: str, calls: str, said: str) -> None:
    takes, _, network = calls.partition("|")
    text = f"  m: {{{takes}, layers: [{layer}]}}\nnetwork: [input 32x32x4, {network}]\n"
    assert said in shown(text)


@pytest.mark.parametrize(
    ("layer", "calls", "said"),
    [
        ("conv 3x3 n", "m 1", "1 filter"),
        ("conv 3x3 n", "m 8, m 4", "4 or 8 filters"),
        ("conv 3x3 n same", "m 8, m 32, m 16", "8–32 filters"),
        ("conv 3x3 4 same /n", "m 1, m 2", "4 filters, /1 or /2"),
        ("conv-transpose 2x2 4 /n", "m 2", "4 filters, ×2"),
    ],
)
def test_numbers_of_the_full_detail(layer: str, calls: str, said: str) -> None:
    text = f"  m: {{takes: [n], layers: [{layer}]}}\nnetwork: [input 32x32x4, {calls}]\n"
    assert said in shown(text, detail="full")


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


def test_notes_say_which_calls_in_short() -> None:
    text = "  m: {takes: [a=0, b=0], layers: [conv 1x1 4 when=a, conv 3x3 4 same, relu]}\n"
    many = ", ".join(f"m {int(number % 2)}" for number in range(12))
    assert notes(f"{text}network: [input 9x9x4, {many}]\n") == ["conv 1×1 in 6 of 12 blocks"]
    few = "m, m 1, m 1, m, m 1, m"
    assert notes(f"{text}network: [input 9x9x4, {few}]\n") == ["conv 1×1 in blocks 2–3 and 5"]
    assert notes(f"{text}network: [input 9x9x4, m 1, m]\n") == ["conv 1×1 in block 1"]


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
        ("svg", rb'<rect [^>]*stroke-dasharray="4\.76"'),
        ("html", rb'<rect [^>]*stroke-dasharray="4\.76"'),
        ("drawio", rb"dashed=1;fixDash=1;dashPattern=4\.76 4\.76;"),
        ("tex", rb"dash pattern=on 4\.76\\px off 4\.76\\px"),
        ("gv", rb'fillcolor="#e06666" [^]]*style="filled,dashed"'),
        ("json", rb'"dash": 4\.76'),
    ],
)
def test_every_format_draws_the_dashes(suffix: str, drawn: bytes) -> None:
    stream = io.BytesIO()
    load_text(HEAD + DASHED).save(stream, format=suffix)
    assert len(re.findall(drawn, stream.getvalue())) == 1
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
        sum(found.get_data().count(b"[4.76] 0 d") for found in contents if found is not None) == 1
    )
    stream = io.BytesIO()
    network.save(stream, format="pptx")
    with zipfile.ZipFile(stream) as package:
        slide = package.read("ppt/slides/slide1.xml")
    assert slide.count(b'<a:prstDash val="sysDash"/>') == 1
