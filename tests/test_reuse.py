"""Specs as parts of others: networks as modules, modules by name, and which files may be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from bundled import of_each
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from random_specs import specs

import archviz
from archviz.bundled import path_of
from archviz.cli.commands import main
from archviz.errors import ArchvizError, Problem
from archviz.language.expand import load_network, network_from_text
from archviz.language.library import MAX_DEPTH, MAX_FILES
from archviz.layout.page import Options, draw_network
from archviz.network.analysis import Analysis, analyse
from archviz.network.model import Network, Outputs
from archviz.scene.theme import load_theme

SMALL = """title: Small
defaults: {conv: same batch-norm relu}
modules:
  block: {takes: [w], layers: [conv 3x3 w, conv 3x3 w linear]}
network:
  - input 16x16x3
  - {conv: 3x3 8, as: early}
  - {repeat: 2, of: block 8}
  - {stage: "head, 16×16", of: [conv 1x1 4 name=last]}
  - towers: [identity, [conv 1x1 3 as=deep, conv 1x1 4]]
  - concat deep early
"""


def spec(modules: str, network: str, head: str = "title: T") -> str:
    return f"{head}\nmodules:\n  {modules}\nnetwork: [{network}]\n"


def worked_out(text: str, file: str = "text") -> tuple[Network, Analysis]:
    network = network_from_text(text, file)
    return network, analyse(network)


def rows_of(analysis: Analysis) -> list[tuple[object, ...]]:
    return [
        (row.layer.kind, row.input_shape, row.output_shape, row.parameters, row.macs)
        for row in analysis.rows
    ]


def problems_of(text: str, file: str = "f.yaml") -> tuple[Problem, ...]:
    with pytest.raises(ArchvizError) as caught:
        network_from_text(text, file)
    return caught.value.problems


def only(text: str, file: str = "f.yaml") -> Problem:
    (problem,) = problems_of(text, file)
    return problem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "specs"
    inside.mkdir()
    (inside / "small.yaml").write_text(SMALL, encoding="utf-8")
    return inside


def write(folder: Path, use: str, more: str = "", name: str = "net.yaml") -> str:
    """A file beside the others with a module that uses one."""
    path = folder / name
    path.write_text(spec(f"m: {{use: {use}{more}}}", "input 16x16x3, m"), encoding="utf-8")
    return str(path)


def reading(path: str) -> tuple[Problem, ...]:
    with pytest.raises(ArchvizError) as caught:
        load_network(path)
    return caught.value.problems


# ---- what is used is what it is alone ----------------------------------------------------


@pytest.mark.parametrize("name", of_each())
def test_a_network_used_whole_has_its_totals(name: str) -> None:
    alone = load_network(path_of(name))
    shape = "x".join(map(str, alone.inputs[0].shape))
    text = spec(f"whole: {{use: {name}}}", f"input {shape}, whole")
    several = "inputs" if len(alone.inputs) > 1 else "outputs"
    if several == "inputs" or isinstance(alone.body.nodes[-1], Outputs):
        assert f"{name} has several {several}" in only(text).message
        return
    network, used = worked_out(text)
    whole = analyse(alone)
    assert used.totals == whole.totals
    assert rows_of(used) == rows_of(whole)
    assert network.files[0] == path_of(name)
    left = whole.with_auxiliary is not None
    said = f"{alone.head.title} is used without its auxiliary classifiers."
    assert (said in network.figure.notes) is left


def test_shapes_are_those_of_what_comes_in() -> None:
    _, used = worked_out(spec("b: {use: resnet50, until: conv5}", "input 512x320x1, b"))
    assert used.rows[-1].output_shape == (16, 10, 2048)
    assert used.rows[2].layer.kind == "conv"
    assert used.rows[2].parameters == 7 * 7 * 1 * 64 + 64 + 4 * 64


DEEPLAB = """title: DeepLab
defaults: {conv: same no-bias relu}
modules:
  backbone: {use: resnet50, until: conv4, gives: [conv2]}
  aspp:
    towers: [conv 1x1 256, conv 3x3 256 dilation=6, conv 3x3 256 dilation=12]
network:
  - input 512x512x3
  - backbone conv2=low
  - aspp
  - upsample 4
  - concat low
  - conv 1x1 21 linear
"""


def test_a_backbone_is_cut_and_gives_what_is_inside() -> None:
    network, analysis = worked_out(DEEPLAB)
    alone = analyse(load_network(path_of("resnet50"))).rows
    cut = next(at for at, row in enumerate(alone) if row.output_shape == (7, 7, 512))
    own = 1024 * 256 * (1 + 9 + 9) + (768 + 256) * 21
    assert analysis.totals.parameters == sum(row.parameters for row in alone[:cut]) + own
    assert analysis.rows[-2].layer.kind == "concat"
    assert analysis.rows[-2].output_shape == (128, 128, 768 + 256)
    assert [*network.modules] == ["backbone", "conv-block", "identity-block", "aspp"]
    assert network.modules["conv-block"].color == "yellow"
    assert archviz.load_text(DEEPLAB).svg().count(">Conv block<") == 1


FASTER = """title: Faster R-CNN
take: {resnet50: [conv-block, identity-block]}
modules:
  backbone: {use: resnet50, until: conv4, title: ResNet-50}
network:
  - input 800x800x3
  - {backbone: , as: map}
  - conv 3x3 512 same relu
  - outputs:
      objectness: conv 1x1 9
      boxes: conv 1x1 36
      classes:
        - from map
        - conv-block 512
        - {repeat: 2, of: identity-block 512}
        - global-avg-pool
        - dense 21
"""


def test_modules_are_taken_by_name_with_their_defaults() -> None:
    network, analysis = worked_out(FASTER)
    whole = analyse(load_network(path_of("resnet50"))).totals.parameters
    head = whole - (2048 * 1000 + 1000) + (2048 * 21 + 21)
    own = 1024 * 9 * 512 + 512 + 512 * 45 + 45
    assert analysis.totals.parameters == head + own
    assert [name for name, _ in analysis.outputs] == ["objectness", "boxes", "classes"]
    assert [*network.modules] == ["backbone", "conv-block", "identity-block"], "each once"


def test_vgg_is_cut_at_its_last_pooling() -> None:
    _, analysis = worked_out(
        spec("features: {use: vgg16, until: pool5}", "input 224x224x3, features")
    )
    assert analysis.rows[-1].output_shape == (7, 7, 512)
    assert analysis.totals.parameters == 14_714_688, "VGG16 in Keras without its top"


@pytest.mark.parametrize(
    ("until", "shape"),
    [
        ("early", (16, 16, 8)),
        ("block", (16, 16, 8)),
        ("last", (16, 16, 4)),
        ("head", (16, 16, 4)),
        ('"head, 16×16"', (16, 16, 4)),
    ],
)
def test_what_can_be_named(folder: Path, until: str, shape: tuple[int, ...]) -> None:
    analysis = analyse(load_network(write(folder, "./small.yaml", f", until: {until}")))
    assert analysis.rows[-1].output_shape == shape


def test_values_inside_of_items_are_given_too(folder: Path) -> None:
    path = Path(write(folder, "small.yaml", ", gives: [deep, head, early, block]"))
    text = path.read_text(encoding="utf-8")
    ends = "outputs: {a: [from deep head, concat], b: [from early block, add]}"
    path.write_text(text.replace(", m]", f", m, {ends}]"), encoding="utf-8")
    assert analyse(load_network(str(path))).outputs == (("a", (16, 16, 7)), ("b", (16, 16, 8)))


def test_two_modules_of_one_name_are_two(folder: Path) -> None:
    path = folder / "net.yaml"
    modules = "m: {use: ./small.yaml, until: block}\n  block: {layers: conv 1x1 5}"
    path.write_text(spec(modules, "input 16x16x3, block, m"), encoding="utf-8")
    network = load_network(str(path))
    assert [*network.modules] == ["block", "m", "small-block"]
    assert network.modules["small-block"].title == "Block of Small"
    assert analyse(network).rows[1].parameters == 3 * 5 + 5


def test_a_spec_used_twice_has_its_modules_once(folder: Path) -> None:
    write(folder, "./small.yaml", ", until: block", "other.yaml")
    path = folder / "net.yaml"
    modules = "a: {use: small.yaml, until: last}\n  b: {use: other.yaml}"
    text = spec(modules, "input 16x16x3, a, conv 1x1 3, b", "title: T\ntake: {small.yaml: block}")
    path.write_text(text.replace("a, conv", "a, block 3, conv"), encoding="utf-8")
    network = load_network(str(path))
    assert [*network.modules] == ["a", "block", "b", "m"]
    assert [os.path.basename(file) for file in network.files] == ["small.yaml", "other.yaml"]


def test_modules_that_know_their_shape_do_so_here(folder: Path) -> None:
    text = SMALL.replace("takes: [w], layers: [", "takes: [w], layers: [conv 1x1 channels/2, ")
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    path = write(folder, "./small.yaml", ", until: block")
    assert analyse(load_network(path)).rows[2].layer.filters == 4
    text = "title: T\ntake: {small.yaml: block}\nnetwork: [input 8x8x20, block 3]\n"
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    assert analyse(load_network(path)).rows[1].layer.filters == 10


def test_nothing_stands_before_a_used_network(folder: Path) -> None:
    cell = """title: Cells
modules:
  cell:
    graph:
      nodes: {a: conv 1x1 channels, s: add}
      edges: [in -> a -> s, previous -> s, s -> out]
network: [input 8x8x4, cell, cell]
"""
    (folder / "cells.yaml").write_text(cell, encoding="utf-8")
    path = folder / "net.yaml"
    path.write_text(spec("m: {use: ./cells.yaml}", "input 8x8x3, conv 1x1 4, m"), encoding="utf-8")
    alone = analyse(load_network(str(folder / "cells.yaml")))
    assert rows_of(analyse(load_network(str(path))))[2:] == rows_of(alone)[1:]
    (folder / "cells.yaml").write_text(cell.replace("channels", "4"), encoding="utf-8")
    assert analyse(load_network(str(path))).totals.parameters == 3 * 4 + 4 + 2 * (16 + 4)


@pytest.mark.long
@given(specs())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks_used_whole_have_their_totals(random: dict[str, Any]) -> None:
    text = json.dumps(random, ensure_ascii=False)
    alone = analyse(network_from_text(text))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "random.yaml").write_text(text, encoding="utf-8")
        path = Path(folder) / "net.yaml"
        path.write_text(spec("m: {use: ./random.yaml}", "input 32x32x8, m"), encoding="utf-8")
        if "input" in str(random["network"][1:]) or random["network"][0] != "input 32x32x8":
            (problem,) = reading(str(path))
            assert "has several inputs" in problem.message
            return
        network = load_network(str(path))
        used = analyse(network)
    assert used.totals == alone.totals
    assert rows_of(used) == rows_of(alone)
    assert len(network.modules) == 1 + len(network_from_text(text).modules)
    draw_network(network, used, Options(load_theme()))


def test_notes_and_hidden_badges_are_those_of_their_spec() -> None:
    modules = "b: {use: inception_v4, until: reduction-a}"
    text = spec(modules, "input 299x299x3, conv 3x3 3 relu, b")
    network = network_from_text(text)
    assert network.figure.notes == (
        "Inception-v4: Batch normalisation and ReLU follow each convolution; "
        "their badges are left out.",
    )
    own, theirs = (analyse(network).rows[at].layer for at in (1, 2))
    assert "conv" not in network.figure.hidden(own)
    assert "conv" in network.figure.hidden(theirs)
    notes = network_from_text(spec("b: {use: inception_v4}", "input 299x299x3, b")).figure.notes
    assert notes == (
        *network.figure.notes,
        "Inception-v4 is used without its auxiliary classifiers.",
    )


# ---- what is wrong -----------------------------------------------------------------------

WRONG = [
    ("m: {use: resnet}", 12, "no bundled network is called 'resnet'", "did you mean 'resnet50'?"),
    ("m: {use: [a]}", 12, "no bundled network is called a list", None),
    ("m: {use: qqq}", 12, "no bundled network is called 'qqq'",
     "'archviz list' shows the names; a file is ./x.yaml"),
    ("m: {use: vgg16, until: pol5}", 26, "no place of vgg16 is called 'pol5'",
     "did you mean 'pool5'? there are: pool2, pool5"),
    ("m: {use: lenet5, until: x}", 27, "no place of lenet5 is called 'x'",
     "nothing in it has a name; give one there: name: NAME"),
    ("m: {use: vgg16, gives: [x]}", 26, "no place of vgg16 is called 'x'",
     "there are: pool2, pool5"),
    ("m: {use: vgg16, until: pool2, gives: [pool5]}", 40,
     "no place of vgg16 is called 'pool5' before the cut", None),
    ("m: {use: vgg16, takes: [x]}", 19, "module m has no key 'takes'", None),
    ("m: {use: vgg16, layers: relu}", 3, "module m has more than one body", None),
    ("m: {layers: relu, until: x}", 21, "module m has no key 'until'", None),
    ("m: {use: ./x.yaml}", 12,
     "'./x.yaml' is a file, and this spec is none beside which it could be",
     "use a bundled network, or save the spec"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "column", "message", "hint"), WRONG)
def test_what_is_wrong_is_said(module: str, column: int, message: str, hint: str | None) -> None:
    problem = problems_of(spec(module, "input 224x224x3, m"))[0]
    assert (problem.mark.line, problem.mark.column, problem.message) == (3, column, message)
    assert hint is None or problem.hint == hint


TAKEN = [
    ("{vgg16: [x]}", "vgg16 has no module called 'x'", None),
    ("{resnet50: [conv-blok]}", "resnet50 has no module called 'conv-blok'",
     "did you mean 'conv-block'? there are: conv-block, identity-block"),
    ("{resnet50: [m]}", "resnet50 has no module called 'm'", None),
    ("{resnet50: [conv-block]}", "module conv-block is never called", "remove it or call it"),
    ("{inception_v3: [stem, stem], xception: stem}", "two modules are called 'stem'", None),
    ("[resnet50]", "take is a list where a mapping is needed",
     "write take: {resnet50: [conv-block]}"),
    ("{resnet: [a]}", "no bundled network is called 'resnet'", "did you mean 'resnet50'?"),
]  # fmt: skip


@pytest.mark.parametrize(("take", "message", "hint"), TAKEN)
def test_what_cannot_be_taken_is_said(take: str, message: str, hint: str | None) -> None:
    text = spec("m: {layers: relu}", "input 8x8x3, m", f"title: T\ntake: {take}")
    problem = next(one for one in problems_of(text) if one.message == message)
    assert problem.mark.line == 2
    assert hint is None or problem.hint == hint


def test_what_comes_with_a_used_network_cannot_be_called() -> None:
    problem = only(spec("m: {use: resnet50}", "input 64x64x3, m, conv-block 8"))
    assert problem.message == "no layer kind or module is called 'conv-block'"


UNFIT = [
    ("- input 8x8x3\n- {towers: [identity, [input 8x8x1]]}", "has several inputs"),
    ("- {towers: [input 8x8x3, input 8x8x1]}\n- relu", "has several inputs"),
    ("- input 8x8x3\n- {outputs: {a: relu, b: tanh}}", "has several outputs"),
    ("- {input: 8x8x3, name: p}\n- relu", "nothing is left"),
]


@pytest.mark.parametrize(("network", "message"), UNFIT)
def test_what_cannot_be_a_module_is_said(folder: Path, network: str, message: str) -> None:
    (folder / "other.yaml").write_text(f"title: O\nnetwork:\n{network}\n", encoding="utf-8")
    cut = ", until: p" if "nothing" in message else ""
    (problem,) = reading(write(folder, "./other.yaml", cut))
    assert message in problem.message
    assert problem.mark[1:] == (3, 12)


def test_a_name_of_several_places_names_none(folder: Path) -> None:
    text = SMALL.replace("of: block 8", "of: block 8, name: last")
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    (problem,) = reading(write(folder, "small.yaml", ", until: last"))
    assert problem.message == "several places of small are called 'last'"
    assert problem.hint == "there are: early, head, block"
    problem = reading(write(folder, "small.yaml", ", gives: last"))[0]
    assert problem.message == "several places of small are called 'last'"


def test_a_cut_leaves_no_row_that_leads_nowhere(folder: Path) -> None:
    text = "title: S\nnetwork: [input 8x8x3 as=x, conv 1x1 4 as=a, from x, conv 1x1 5 name=b, "
    (folder / "strands.yaml").write_text(text + "conv 1x1 4, add a]\n", encoding="utf-8")
    (problem,) = reading(write(folder, "strands.yaml", ", until: b"))
    assert problem.message.startswith("nothing before the cut takes 'a'")
    assert problem.hint == "let it out: gives: [a]"
    (problem,) = reading(write(folder, "strands.yaml", ", until: b, gives: a"))
    assert problem.message == "nothing takes the value 'a'", "the caller does not"
    load_network(write(folder, "strands.yaml"))


def test_problems_of_a_used_spec_have_its_file_and_line(folder: Path) -> None:
    (folder / "small.yaml").write_text(SMALL.replace("linear]", "rleu]"), encoding="utf-8")
    path = write(folder, "./small.yaml", ", until: nothing")
    (problem,) = reading(path)
    assert str(problem).startswith(str(folder / "small.yaml") + ":4:")
    assert "'rleu' means nothing to conv" in problem.message
    text = SMALL.replace("16x16x3", "16x16x3\n  - avg-pool 1x1")
    (folder / "small.yaml").write_text(text.replace("conv 3x3 w,", "conv 64x64 w valid,"), "utf-8")
    with pytest.raises(ArchvizError) as caught:
        analyse(load_network(path.replace("net", "small")))
    alone = caught.value.problems
    with pytest.raises(ArchvizError) as caught:
        analyse(load_network(write(folder, "./small.yaml")))
    assert [found._replace(calls=found.calls[:-1]) for found in caught.value.problems] == [*alone]
    assert {found.calls[-1][0] for found in caught.value.problems} == {"m"}


# ---- which files -------------------------------------------------------------------------


def test_files_stay_in_the_folder_of_the_spec(folder: Path) -> None:
    outside = folder.parent / "out.yaml"
    outside.write_text(SMALL, encoding="utf-8")
    (folder / "link.yaml").symlink_to(outside)
    (folder / "deep").mkdir()
    for use in ("../out.yaml", str(outside), "link.yaml", "deep/../../out.yaml", '"./\\0.yaml"'):
        path = write(folder, use)
        problem = reading(path)[0]
        assert "outside of the spec's folder" in problem.message or "not allowed" in problem.message
        if "outside" in problem.message:
            assert "--allow-outside" in problem.hint
            assert analyse(load_network(path, allow_outside=True)).totals.depth > 5
    write(folder / "deep", "../small.yaml", name="inner.yaml")
    load_network(write(folder, "deep/inner.yaml"))
    (problem,) = reading(str(folder / "deep" / "inner.yaml"))
    assert "outside of the spec's folder" in problem.message


def test_the_command_line_lets_files_be_elsewhere(folder: Path) -> None:
    (folder.parent / "out.yaml").write_text(SMALL, encoding="utf-8")
    path = write(folder, "../out.yaml")
    refused = CliRunner().invoke(main, ["check", path])
    assert refused.exit_code == 1
    assert "give --allow-outside" in refused.output
    for words in (["check"], ["info"], ["render", "-o", str(folder / "net.svg")]):
        done = CliRunner().invoke(main, [*words, path, "--allow-outside"])
        assert done.exit_code == 0, done.output
    with pytest.raises(ArchvizError):
        archviz.load(path)
    assert archviz.load(path, allow_outside=True).network.files


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("./no.yaml", "there is no file './no.yaml'"),
        ("./sub.yaml", "there is no file './sub.yaml'"),
        ("./pipe.yaml", "there is no file './pipe.yaml'"),
        ("./secret.txt", "'./secret.txt' is no spec"),
        ("./binary.yaml", "byte 0xff is not UTF-8"),
        ("./empty.yaml", "the file is empty"),
        ("./net.yaml", "this spec uses itself: net.yaml -> net.yaml"),
        ("./circle.yaml", "this spec uses itself: net.yaml -> circle.yaml -> net.yaml"),
    ],
)
def test_files_that_cannot_be_used(folder: Path, use: str, message: str) -> None:
    (folder / "sub.yaml").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.yaml")
    (folder / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "binary.yaml").write_bytes(b"title: \xff")
    (folder / "empty.yaml").write_text("", encoding="utf-8")
    write(folder, "./net.yaml", name="circle.yaml")
    (problem,) = reading(write(folder, use))
    assert problem.message == message


def test_specs_inside_specs_end(folder: Path) -> None:
    write(folder, "./small.yaml", name="s0.yaml")
    for number in range(1, MAX_DEPTH + 2):
        write(folder, f"./s{number - 1}.yaml", name=f"s{number}.yaml")
    load_network(str(folder / f"s{MAX_DEPTH - 1}.yaml"))
    (problem,) = reading(str(folder / f"s{MAX_DEPTH + 1}.yaml"))
    assert problem.message == f"more than {MAX_DEPTH} files that each use the next"


def test_the_files_and_items_of_a_spec_are_limited(folder: Path) -> None:
    for number in range(MAX_FILES + 1):
        (folder / f"s{number}.yaml").write_text(SMALL, encoding="utf-8")
    lines = "\n  ".join(f"m{number}: {{use: s{number}.yaml}}" for number in range(MAX_FILES + 1))
    (folder / "net.yaml").write_text(spec(lines, "input 8x8x3, m0"), encoding="utf-8")
    messages = {problem.message for problem in reading(str(folder / "net.yaml"))}
    assert f"more than {MAX_FILES} files in one spec" in messages
    many = "\n".join("  - relu" for _ in range(30_000))
    (folder / "s0.yaml").write_text(f"title: M\nnetwork:\n  - input 8x8x3\n{many}\n", "utf-8")
    lines = "\n  ".join(f"m{number}: {{use: s0.yaml}}" for number in range(20))
    calls = ", ".join(f"m{number}" for number in range(20))
    (folder / "net.yaml").write_text(spec(lines, f"input 8x8x3, {calls}"), encoding="utf-8")
    (problem,) = reading(str(folder / "net.yaml"))
    assert problem.message == "more than 200,000 items come from other specs"
    large = SMALL + "# " + "x" * 1_500_000 + "\n"
    for name in ("s0", "s1", "s2"):
        (folder / f"{name}.yaml").write_text(large, encoding="utf-8")
    lines = "\n  ".join(f"m{number}: {{use: s{number}.yaml}}" for number in range(3))
    (folder / "net.yaml").write_text(spec(lines, "input 8x8x3, m0, m1, m2"), encoding="utf-8")
    messages = {problem.message for problem in reading(str(folder / "net.yaml"))}
    assert messages == {"more than 2,000,000 bytes in the files of one spec"}


def test_what_is_used_is_never_written_over(folder: Path) -> None:
    path = write(folder, "./small.yaml")
    before = (folder / "small.yaml").read_bytes()
    (folder / "small.svg").symlink_to(folder / "small.yaml")
    for words in (["render", path], ["compare", path, "vgg16"], ["timeline", path, "vgg16"]):
        target = str(folder / "small.svg")
        done = CliRunner().invoke(main, [*words, "-o", target, "--force"])
        assert done.exit_code == 1
        assert "is read here, and so cannot be written" in done.output
    with pytest.raises(ArchvizError, match="is read here"):
        archviz.load(path).save(str(folder / "small.svg"), force=True)
    (folder / "net.svg").symlink_to(folder / "small.yaml")
    done = CliRunner().invoke(main, ["export", path, "-f", "svg", "-d", str(folder), "--force"])
    assert done.exit_code == 1
    assert (folder / "small.yaml").read_bytes() == before


def test_text_without_a_file_has_bundled_networks_only(folder: Path) -> None:
    text = spec("m: {use: small.yaml}", "input 8x8x3, m")
    with pytest.raises(ArchvizError, match="this spec is none beside which it could be"):
        archviz.load_text(text)
    with pytest.raises(ArchvizError, match="this spec is none beside which it could be"):
        archviz.load_text(text, allow_outside=True)
    path = write(folder, "small.yaml")
    with open(path, encoding="utf-8") as file:
        assert archviz.load(file).network.files == (str(folder / "small.yaml"),)


def test_only_who_uses_others_loads_what_that_takes() -> None:
    code = (
        "import sys, archviz; archviz.load('resnet50').analysis; "
        "print([name for name in sys.modules if name.endswith(('.reuse', '.library', '.bundled'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "['archviz.bundled']"
