"""Inputs with open sides: names in specs, and shapes that depend on them."""

from __future__ import annotations

import io
import json
import re
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.formatter.canonical import canonical_text
from archviz.language.expand import expand_at, network_from_text
from archviz.language.open_names import sides_of
from archviz.language.schema import schema
from archviz.language.spec import read_spec
from archviz.lsp.places import hover, read
from archviz.network.analysis import analyse
from archviz.network.labels import shape_text
from archviz.network.open_sides import Side
from archviz.network.telling import Telling, shown, trial_sizes


def spec(*lines: str, head: str = "") -> str:
    return "\n".join(["title: Open", head, "network:", *[f"  - {line}" for line in lines], ""])


def shapes(text: str) -> list[str]:
    return [shape_text(row.output_shape) for row in analyse(network_from_text(text)).rows]


def problems(text: str) -> list[str]:
    with pytest.raises(ArchvizError) as caught:
        analyse(network_from_text(text, "open.yaml"))
    return [str(problem) for problem in caught.value.problems]


U_NET = spec(
    "input HxWx3",
    "conv 3x3 16 same",
    "{residual: [max-pool 2x2, conv 3x3 32 same, upsample 2], merge: concat}",
    "conv 1x1 2",
)
VIT = spec(
    "input HxWx3",
    "conv 16x16 192 /16",
    "reshape H/16*W/16x192",
    "class-token 1",
    "attention 3",
    "feed-forward 768 gelu",
    "select",
    "dense 10",
)
TEXT = spec(
    "input words",
    "embedding 64 words=1000",
    "position rows=128",
    "attention 4",
    "feed-forward 256 gelu",
)
TWO = spec(
    "towers: [[input HxWx3 label=left, conv 3x3 8 same], [input HxWx1, conv 3x3 8 same]]",
    "global-avg-pool",
    "dense 5",
)
MODULES = spec(
    "input HxWx8",
    "half 16",
    "half 32",
    "back 2",
    head="""modules:
  half:
    takes: [width]
    label: half, {width}
    layers: [conv 3x3 width /2 same relu, attention 4]
  back:
    takes: [classes]
    layers: [upsample 4, conv 1x1 classes, reshape height*widthxchannels, reshape HxWxclasses]
""",
)
SPECS = {"u-net": U_NET, "vit": VIT, "text": TEXT, "two": TWO, "modules": MODULES}


# ---- shapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["input HxWx3", "conv 3x3 8 /2 same"], "H/2×W/2×8"),
        (["input HxWx3", "conv 3x3 8 /2"], "(H/2−1)×(W/2−1)×8"),
        (["input HxWx3", "conv 3x3 8"], "(H−2)×(W−2)×8"),
        (["input HxWx3", "conv 1x1 8", "upsample 3"], "3H×3W×8"),
        (["input HxWx3", "max-pool 4x4", "upsample 3"], "3H/4×3W/4×3"),
        (["input HxWx3", "flatten"], "3·H·W"),
        (["input HxWx3", "max-pool 16x16", "reshape H*W/256x3"], "H·W/256×3"),
        (["input HxHx3", "reshape H*Hx3"], "H·H×3"),
        (["input HxWx3", "global-avg-pool", "dense 10"], "10"),
        (["input N", "embedding 8 words=9", "class-token 2"], "(N+2)×8"),
        (["input time×8", "conv-1d 3 4 /4 same"], "time/4×4"),
        (["input time×8", "upsample 2"], "2·time×8"),
        (["input max_len×8", "lstm 4"], "max_len×4"),
        (["input 32xWx3", "max-pool 2x2"], "16×W/2×3"),
        (["input DxHxWx1", "conv-3d 3x3x3 4 /2 same"], "D/2×H/2×W/2×4"),
        (["{input: HxWx3, label: picture}", "conv 1x1 4"], "H×W×4"),
        (["{input: , shape: HxWx3}", "conv 1x1 4"], "H×W×4"),
        (["towers: [[input Nx8], [input Mx8]]\n    merge: append"], "(N+M)×8"),
    ],
)
def test_shapes_depend_on_names(lines: list[str], last: str) -> None:
    assert shapes(spec(*lines))[-1] == last


def test_what_is_not_simple_is_a_question_mark() -> None:
    text = spec("input HxWx3", "{op: , label: odd, shape: H*H*W*Wx1}", "op label=next shape=7")
    assert shapes(text)[1:] == ["H·H·W·W×1", "7"]
    text = spec("input NxMx3", "op label=odd shape=N*N*N+Mx1")
    assert shapes(text)[1] == "?×1"


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_every_shape_is_the_one_at_any_size(text: str) -> None:
    """What is told of a side is what an analysis at that size gives."""
    whole = analyse(network_from_text(text))
    read = read_spec(text, "open.yaml")
    step = max(one.multiple for one in whole.open)
    for count in (1, 2, 3, 5):
        sizes = {name: step * (count + place) for place, name in enumerate(read.open)}
        at = analyse(expand_at(read, sizes))
        assert at.totals.parameters == whole.totals.parameters
        for row, told in zip(at.rows, whole.rows, strict=True):
            assert row.output_shape == tuple(value_of(side, sizes) for side in told.output_shape)
            assert told.macs in (None, row.macs)


def value_of(side: int, sizes: dict[str, int]) -> Fraction | int:
    """The number that the text of a side stands for."""
    if not isinstance(side, Side):
        return side
    text = re.sub(r"(\d)([A-Za-z])", r"\1*\2", str(side)).replace("·", "*").replace("−", "-")
    text = re.sub(r"\d+", r"Fraction(\g<0>)", text)
    value: Fraction = eval(text, {"Fraction": Fraction, **sizes})
    return value


NUMBERS = st.integers(-200, 200).map(lambda number: Fraction(number, 64))


@given(NUMBERS, NUMBERS, NUMBERS, st.integers(-99, 99))
def test_sums_of_products_are_found(a: Fraction, b: Fraction, c: Fraction, d: int) -> None:
    telling = Telling(trial_sizes(("H", "W"), 64))
    values = [a * s["H"] * s["W"] + b * s["H"] + c * s["W"] + d for s in telling.sizes]
    if len({*values}) > 1:
        wanted = [(("H", "W"), a), (("H",), b), (("W",), c), ((), d)]
        found = telling.terms(values)
        assert found is not None
        assert {key: value for key, value in found if value} == {
            key: value for key, value in wanted if value
        }
        assert shown(found) not in ("", "?")


def test_what_is_whole_by_chance_is_not_told() -> None:
    telling = Telling(trial_sizes(("N",), 1))  # all of them odd
    assert telling.number([(size["N"] - 1) // 2 for size in telling.sizes]) == "?"


def test_powers_of_one_name_are_found() -> None:
    telling = Telling(trial_sizes(("N",), 1))
    assert telling.number([s["N"] ** 2 * 8 + s["N"] * 3 for s in telling.sizes]) == "(8·N·N+3N)"
    assert telling.number([2 ** s["N"] for s in telling.sizes]) == "?"


# ---- numbers -----------------------------------------------------------------------------------


def test_what_is_computed_from_an_open_side_is_unknown() -> None:
    side = Side(64, "H")
    results = (2 * side, side * 2, side + 1, sum([side]), prod([side, 3]), side // 2, 128 - side)
    assert {str(result) for result in results} == {"?"}
    assert f"{side / 2:g} {-side} {side:,}" == "? ? H"
    assert side == 64
    assert side > 3


def test_multiply_adds_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "open.yaml"
    path.write_text(U_NET, "utf-8")
    net = archviz.load(path)
    assert net.analysis.totals.macs is None
    assert net.analysis.totals.parameters == 3 * 9 * 16 + 16 + 16 * 9 * 32 + 32 + 48 * 2 + 2
    said = "H and W are open; shapes hold for multiples of 2, multiply-adds depend on them."
    assert said in net.network.figure.notes
    data = json.loads(json.dumps(net.info()))
    assert data["totals"]["macs"] is None
    assert data["macs_parts"] == {}
    assert data["inputs"] == [["H", "W", 3]]
    assert data["open"] == {"H": {"multiple": 2}, "W": {"multiple": 2}}
    assert data["layers"][2]["output_shape"] == ["H/2", "W/2", 16]
    assert data["layers"][1]["macs"] is None
    info = CliRunner().invoke(main, ["info", "--layers", "--parts", str(path)])
    assert info.exit_code == 0
    assert said in info.stdout
    assert re.search(r"multiply-adds +open +-", info.stdout)
    check = CliRunner().invoke(main, ["check", str(path)])
    assert (check.exit_code, check.stderr) == (0, "")


def test_multiply_adds_that_do_not_depend_are_told() -> None:
    net = archviz.load_text(spec("input HxWx3", "max-pool 2x2", "global-avg-pool", "dense 10"))
    assert net.analysis.totals.macs == 30
    assert "H and W are open; shapes hold for multiples of 2." in net.network.figure.notes


def test_steps_that_differ_are_told_apart() -> None:
    text = spec("input HxWx3", "conv 3x3 4 stride=2x4 same", "towers: 2\n    of: conv 1x1 3")
    (note,) = network_from_text(text).figure.notes
    assert note.startswith(
        "H and W are open; shapes hold for multiples: H of 2 and W of 4; multiply-adds"
    )


def test_published_multiply_adds_cannot_be_proven(tmp_path: Path) -> None:
    path = tmp_path / "open.yaml"
    path.write_text(U_NET.replace("network:", "published: {macs: 7}\nnetwork:"), "utf-8")
    found = CliRunner().invoke(main, ["check", str(path)])
    assert found.exit_code == 1
    assert "open.yaml:3:19: macs depend on what is open, and cannot be 7" in found.stderr


FORMATS = ("svg", "html", "json", "tex", "drawio", "gv")


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("form", FORMATS)
def test_no_size_of_a_trial_is_in_any_file(name: str, form: str) -> None:
    net = archviz.load_text(SPECS[name])
    stream = io.BytesIO()
    net.save(stream, form, detail="full")
    text = stream.getvalue().decode()
    assert_no_trial(text, net)


@pytest.mark.parametrize("name", SPECS)
def test_no_size_of_a_trial_is_on_a_slide_or_in_a_comparison(name: str, tmp_path: Path) -> None:
    path = tmp_path / "open.yaml"
    path.write_text(SPECS[name], "utf-8")
    net = archviz.load(path)
    for words in (
        ["compare", str(path), "lenet5", "-o", str(tmp_path / "two.svg")],
        ["timeline", str(path), "lenet5", "-o", str(tmp_path / "line.svg")],
        ["render", str(path), "-o", str(tmp_path / "deck.pptx")],
    ):
        found = CliRunner().invoke(main, words)
        assert (found.exit_code, found.stderr) == (0, ""), words
    assert_no_trial((tmp_path / "two.svg").read_text("utf-8"), net)
    pptx = pytest.importorskip("pptx")
    for slide in pptx.Presentation(str(tmp_path / "deck.pptx")).slides:
        texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        texts += [slide.notes_slide.notes_text_frame.text] if slide.has_notes_slide else []
        assert_no_trial("\n".join(texts), net)


def assert_no_trial(text: str, net: Any) -> None:
    sizes = {size for trial in net.network.sizes for size in trial.values()}
    sizes |= {int(side) for row in net.analysis.rows for side in row.output_shape if open_(side)}
    found = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)}
    large = {size for size in sizes if size > 2000}
    assert not large & found
    assert "None" not in text


def open_(side: int) -> bool:
    return isinstance(side, Side)


# ---- the language -------------------------------------------------------------------------------


def test_parameters_must_not_depend_on_what_is_open() -> None:
    (said,) = problems(spec("input HxWx3", "flatten", "dense 10"))
    assert said.startswith(
        "open.yaml:6:5: dense would have (30·H·W+10) parameters, and that depends on what is open"
    )
    assert "give the side a number" in said
    (said,) = problems(spec("input Nx8", "position"))
    assert "position would have 8N parameters" in said


def test_what_does_not_fit_is_told_with_names() -> None:
    text = spec("input HxWx3", "{residual: conv 3x3 3 /2 same, merge: concat}")
    (said,) = problems(text)
    assert "the main path gives H/2×W/2×3, the shortcut gives H×W×3" in said
    (said,) = problems(spec("input HxWx3", "reshape H*W/2x3"))
    assert "H×W×3 has 3·H·W values, H·W/2×3 has 3·H·W/2" in said


def test_a_name_of_a_side_is_no_parameter_of_another_word() -> None:
    (said,) = problems(spec("input HxWx3", "conv 3x3 V"))
    assert "'V' means nothing to conv" in said
    assert any("'relu'" in one for one in problems(spec("input 3xrelu", "dense 3")))


@pytest.mark.parametrize("side", ["height", "None×None", "relu"])
def test_words_with_a_meaning_are_no_names(side: str) -> None:
    (said,) = problems(spec(f"input {side}×3", "dense 4"))
    assert f"'{side.partition('×')[0]}'" in said
    if side != "relu":
        assert "a side that is open has a name of its own: input HxWx3" in said


def test_a_parameter_of_that_name_wins() -> None:
    head = "modules: {one: {takes: [H], layers: [conv 3x3 H same]}}"
    assert shapes(spec("input HxWx3", "one 8", head=head))[-1] == "H×W×8"


def test_the_network_may_not_be_another_one() -> None:
    text = spec("input Nx8", "conv-1d 3 8 same when=N-11", "dense 4")
    assert any("'N-11' depends on a side that is open" in one for one in problems(text))


def test_many_names_are_too_many() -> None:
    side = "input " + "x".join(f"a{number}" for number in range(5)) + "x3"
    rows = ", ".join([f"[{side.replace('a', 'abcdef'[one])}]" for one in range(3)])
    assert any("sides are open" in one for one in problems(spec(f"towers: [{rows}]")))


def test_channels_first_are_doubted_with_names() -> None:
    net = network_from_text(spec("input 3xHxW", "relu"))
    (warning,) = analyse(net).warnings
    assert "did you mean HxWx3" in warning.hint


def test_sides_are_split_at_x_or_at_the_sign() -> None:
    assert sides_of("HxWx3") == ["H", "W", "3"]
    assert sides_of("max_len×8") == ["max_len", "8"]


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_the_canonical_form_stays(text: str) -> None:
    once = canonical_text(text, "open.yaml")
    assert canonical_text(once, "open.yaml") == once
    assert shapes(once) == shapes(text)


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_the_schema_accepts_names(text: str) -> None:
    yaml = pytest.importorskip("yaml")
    jsonschema.Draft202012Validator(schema()).validate(yaml.safe_load(text))


def test_editors_show_names() -> None:
    rows = U_NET.split("\n")
    line = next(number for number, one in enumerate(rows) if "conv 3x3 16" in one)
    said = hover(read(U_NET, "open.yaml"), rows[line], line, 6)
    assert "comes to: H×W×16" in said
    assert "multiply-adds" not in said


def test_a_network_with_open_sides_is_a_part_of_another(tmp_path: Path) -> None:
    (tmp_path / "body.yaml").write_text(U_NET, "utf-8")
    whole = tmp_path / "whole.yaml"
    text = "title: W\nmodules: {body: {use: ./body.yaml}}\nnetwork: [input 64x64x3, body]\n"
    whole.write_text(text, "utf-8")
    assert archviz.load(whole).analysis.rows[-1].output_shape == (64, 64, 2)
    (tmp_path / "body.yaml").write_text(VIT, "utf-8")
    with pytest.raises(ArchvizError, match="depends on its open side 'H'"):
        archviz.load(whole)


def test_ordinary_specs_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from archviz.language import trials

    monkeypatch.setattr(trials, "with_trials", None)
    for name in ("resnet50", "bert", "unet"):
        assert archviz.load(name).network.trials == ()
