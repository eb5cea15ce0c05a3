"""The command line, as a user meets it: what it prints where, what it writes, its status.

Knows only the installed package, so that it can also run against a built wheel.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bundled import of_each
from click.testing import CliRunner, Result

import archviz
from archviz import catalog, files
from archviz.bundled import path_of
from archviz.cli.commands import main
from archviz.marks import marked
from archviz.scene.scene import Group, Item
from archviz.write.formats import FORMATS

NAMES = catalog.names()
SVG = "{http://www.w3.org/2000/svg}"
DRAWN_TAGS = {"svg", "title", "desc", "g", "rect", "ellipse", "path", "text", "marker"}
"""What is in a figure's SVG: every viewer draws it."""
GRAPH = """\
title: Graph
network:
  - input 8x8x4
  - graph:
      nodes: {a: conv 1x1 4, b: relu, c: concat}
      edges: [in -> a -> c -> out, in -> b -> c, a -> b2, b2 -> c]
  - conv 1x1 4
"""
GRAPH = GRAPH.replace("b: relu,", "b: relu, b2: conv 1x1 2,")
BROKEN = """\
title: Broken
network:
  - input 8x8x3
  - cnov 3x3 4
  - conv 3x3 4 rleu
  - conv 9x9 4
"""


def cli(*arguments: str) -> Result:
    """The command in this process; an exception that is not an exit is raised."""
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False, prog_name="archviz")


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    options.setdefault("capture_output", True)
    command = [sys.executable, "-m", "archviz", *arguments]
    return subprocess.run(command, timeout=120, **options)


def fails(*arguments: str, status: int = 1) -> str:
    """What a failing command prints on standard error; it prints nothing else."""
    result = cli(*arguments)
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


def drawn(name: str) -> str:
    """What render prints of a network: its SVG, with the mark of what archviz wrote."""
    return marked(archviz.load(name).svg().encode(), "xml").decode()


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- render -----------------------------------------------------------------------------------


def test_render_writes_the_format_of_the_suffix(empty_folder: Path) -> None:
    for suffix, start in (
        ("svg", "<svg "),
        ("json", "{\n"),
        ("gv", "// LeNet-5"),
        ("SVG", "<svg "),
    ):
        result = cli("render", "lenet5", "-o", f"figure.{suffix}")
        assert (result.exit_code, result.output) == (0, "")
        assert (empty_folder / f"figure.{suffix}").read_text(encoding="utf-8").startswith(start)
    assert len(list(empty_folder.iterdir())) == 4  # and no temporary file


def test_render_prints_without_a_file() -> None:
    bare, dash = cli("render", "lenet5"), cli("render", "lenet5", "-o", "-")
    assert bare.stdout == dash.stdout == drawn("lenet5")
    assert bare.stderr == ""


@pytest.mark.parametrize("suffix", ["svg", "json", "gv"])
def test_render_prints_a_format_by_its_name(suffix: str, empty_folder: Path) -> None:
    printed = cli("render", "lenet5", "-f", suffix)
    assert cli("render", "lenet5", "-o", f"x.{suffix}").exit_code == 0
    assert (empty_folder / f"x.{suffix}").read_bytes() == printed.stdout_bytes


@pytest.mark.parametrize(
    "spelling", ["inception_v1", "Inception-v1", "INCEPTION_V1", "inceptionv1", "Inception V1"]
)
def test_names_are_known_however_they_are_spelt(spelling: str) -> None:
    assert cli("render", spelling).stdout == drawn("inception_v1")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", [str.upper, lambda name: name.replace("_", "-")])
def test_every_name_may_be_upper_case_or_hyphened(name: str, change: Any) -> None:
    assert catalog.resolve(change(name)) == path_of(name)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("resnet5", "resnet50"),
        ("Inception-v5", "inception_v"),
        ("alexnte", "alexnet"),
        ("lenet55", "lenet5"),
    ],
)
@pytest.mark.parametrize("command", ["render", "info"])
def test_a_near_miss_asks_whether_it_was_meant(command: str, wrong: str, meant: str) -> None:
    said = fails(command, wrong, status=2)
    assert f"did you mean '{meant}" in said
    assert wrong in said


def test_a_name_like_no_other_is_told_where_the_names_are() -> None:
    assert "'archviz list' shows the names" in fails("render", "qqqq", status=2)


def test_a_file_of_ones_own_is_drawn(empty_folder: Path) -> None:
    (empty_folder / "my net.yaml").write_text(GRAPH, encoding="utf-8")
    assert cli("render", "my net.yaml", "-o", "my net.svg").exit_code == 0
    assert (empty_folder / "my net.svg").exists()


def test_a_bundled_name_wins_over_a_folder_of_that_name(empty_folder: Path) -> None:
    (empty_folder / "vgg16").mkdir()
    assert cli("render", "vgg16").exit_code == 0


def test_a_missing_file_is_said_to_be_missing() -> None:
    assert fails("render", "my-net.yaml").startswith("my-net.yaml: there is no such file")


def test_legend_and_title_can_be_had_or_not() -> None:
    plain = cli("render", "lenet5").stdout
    assert "convolution</text>" in plain
    assert cli("render", "lenet5", "--legend", "--no-title").stdout == plain
    bare = cli("render", "lenet5", "--no-legend").stdout
    assert "convolution</text>" not in bare
    assert ">LeNet-5 (1998)</text>" not in plain
    assert ">LeNet-5 (1998)</text>" in cli("render", "lenet5", "--title").stdout


def test_full_detail_prints_all() -> None:
    compact = cli("render", "resnet50").stdout
    full = cli("render", "resnet50", "--detail", "full").stdout
    for text in (
        ">64, /2</text>",
        ">112×112×64</text>",
        ">9.73k params</text>",
        ">118M MACs</text>",
    ):
        assert text in full
        assert text not in compact
    assert cli("render", "resnet50", "--detail", "compact").stdout == compact


@pytest.mark.parametrize(
    ("written", "ratio"), [("16:9", 16 / 9), ("4x3", 4 / 3), ("1.5", 1.5), ("0.7", 0.7)]
)
def test_the_page_takes_the_shape_that_is_asked_for(written: str, ratio: float) -> None:
    root = ET.fromstring(cli("render", "vgg16", "--aspect", written).stdout)
    assert float(root.attrib["width"]) / float(root.attrib["height"]) == pytest.approx(
        ratio, rel=2e-3
    )


@pytest.mark.parametrize("written", ["", "wide", "16:0", "0", "-1", "nan", "inf", "1:2:3", "100"])
def test_a_shape_that_is_none_is_wrong_usage(written: str) -> None:
    said = fails("render", "vgg16", "--aspect", written, status=2)
    assert "write 16:9, 4:3 or 1.5" in said


def test_a_theme_may_be_a_name_or_a_file(empty_folder: Path) -> None:
    (empty_folder / "mine.yaml").write_text(
        'extends: article\nroles: {conv: {fill: "#123456", text: "#ffffff"}}\n', encoding="utf-8"
    )
    mine = cli("render", "lenet5", "--theme", "mine.yaml").stdout
    assert 'fill="#123456"' in mine
    assert cli("render", "lenet5", "--theme", "article").stdout == cli("render", "lenet5").stdout
    assert "did you mean 'article'?" in fails("render", "lenet5", "--theme", "articel")
    assert "there is no theme" in fails("render", "lenet5", "--theme", "")


def test_a_choice_that_is_none_is_wrong_usage() -> None:
    assert "compact" in fails("render", "vgg16", "--detail", "some", status=2)
    assert "svg" in fails("render", "vgg16", "-f", "bmp", status=2)
    assert "Missing argument" in fails("render", status=2)
    assert "unexpected extra argument" in fails("render", "vgg16", "resnet50", status=2)


# ---- what is written, and what is not ---------------------------------------------------------


@pytest.mark.parametrize("output", ["x.bmp", "x.xyz", "x", "x."])
def test_an_unknown_suffix_is_told_the_known_ones(output: str, empty_folder: Path) -> None:
    said = fails("render", "lenet5", "-o", output)
    assert said.startswith(f"{output}: ")
    assert "hint: " in said
    assert ".svg" in said
    assert list(empty_folder.iterdir()) == []


def test_a_suffix_with_a_slip_is_recognised() -> None:
    assert "did you mean 'json'?" in fails("render", "lenet5", "-o", "x.jsn")


def test_a_folder_is_no_file(empty_folder: Path) -> None:
    (empty_folder / "a.svg").mkdir()
    assert "a.svg: is a directory, not a file" in fails("render", "lenet5", "-o", "a.svg")
    assert list((empty_folder / "a.svg").iterdir()) == []


def test_a_missing_folder_is_named() -> None:
    said = fails("render", "lenet5", "-o", "no/such/x.svg")
    assert "hint: there is no folder 'no/such'; make it first" in said


def test_a_name_that_is_too_long_is_a_message() -> None:
    assert "cannot be written" in fails("render", "lenet5", "-o", "x" * 300 + ".svg")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_a_message(empty_folder: Path) -> None:
    folder = empty_folder / "locked"
    folder.mkdir(mode=0o500)
    said = fails("render", "lenet5", "-o", "locked/x.svg")
    assert "cannot be written: permission denied" in said
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("how", ["spec", "shapes", "theme"])
def test_an_existing_file_is_untouched_when_drawing_fails(how: str, empty_folder: Path) -> None:
    (empty_folder / "spec.yaml").write_text(BROKEN, encoding="utf-8")
    (empty_folder / "shapes.yaml").write_text(
        "title: T\nnetwork: [input 8x8x3, {residual: conv 3x3 4}]\n", encoding="utf-8"
    )
    (empty_folder / "x.svg").write_text("mine", encoding="utf-8")
    before = sorted(empty_folder.iterdir())
    if how == "theme":
        fails("render", "lenet5", "--theme", "none.yaml", "-o", "x.svg")
    else:
        fails("render", f"{how}.yaml", "-o", "x.svg")
    assert (empty_folder / "x.svg").read_text(encoding="utf-8") == "mine"
    assert sorted(empty_folder.iterdir()) == before


@pytest.mark.parametrize("step", ["replace", "chmod"])
def test_an_existing_file_is_untouched_when_writing_fails(
    step: str, empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / "x.svg").write_text("mine", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, step, full)
    assert fails("render", "lenet5", "-o", "x.svg", "--force") == (
        "x.svg: cannot be written: no space left on device\n"
    )
    assert [path.name for path in empty_folder.iterdir()] == ["x.svg"]
    assert (empty_folder / "x.svg").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(os.name != "posix", reason="modes and links of Unix")
def test_a_file_keeps_its_mode_and_a_link_its_target(empty_folder: Path) -> None:
    (empty_folder / "real.svg").touch()
    (empty_folder / "real.svg").chmod(0o640)
    (empty_folder / "link.svg").symlink_to("real.svg")
    assert cli("render", "lenet5", "-o", "link.svg").exit_code == 0
    assert (empty_folder / "link.svg").is_symlink()
    assert (empty_folder / "real.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (empty_folder / "real.svg").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no /dev/stdout here")
def test_devices_can_be_written_to() -> None:
    done = process("render", "lenet5", "-f", "svg", "-o", "/dev/stdout")
    assert done.returncode == 0
    assert done.stdout.decode() == drawn("lenet5")
    if os.path.exists("/dev/full"):
        done = process("render", "lenet5", "-f", "svg", "-o", "/dev/full")
        assert done.stderr == b"/dev/full: cannot be written: no space left on device\n"
        assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("command", [["render", "lenet5"], ["list"], ["info", "vgg16", "--json"]])
def test_a_full_standard_output_is_a_message(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = process(*command, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"no space left on device" in done.stderr.lower()


@pytest.mark.skipif(os.name != "posix", reason="file descriptors of Unix")
def test_a_closed_standard_output_does_no_harm_to_a_file(empty_folder: Path) -> None:
    command = [sys.executable, "-m", "archviz", "render", "lenet5", "-o", "x.svg"]
    line = 'exec "$@" >&-'
    done = subprocess.run(["sh", "-c", line, "sh", *command], stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (empty_folder / "x.svg").exists()


@pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")
def test_a_reader_who_leaves_early_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = process(
            "render", "inception_v4", capture_output=False, stdout=pipe, stderr=subprocess.PIPE
        )
    assert done.stderr == b""


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "latin-1", "utf-8"])
def test_a_console_of_any_encoding_will_do(encoding: str, empty_folder: Path) -> None:
    text = 'title: 网络 → "Ω"\nnetwork: [input 8x8x3, {conv: 3x3 4, label: α×}, cnov]\n'
    (empty_folder / "网.yaml").write_text(text.replace(", cnov", ""), encoding="utf-8")
    (empty_folder / "→.yaml").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    for command in (["check", "网.yaml"], ["list"], ["--help"], ["info", "网.yaml", "--layers"]):
        done = process(*command, env=environment)
        assert (done.returncode, done.stderr) == (0, b"")
    assert "6×6×4".encode(encoding, "backslashreplace") in done.stdout
    done = process("info", "网.yaml", "--json", env=environment)
    assert json.loads(done.stdout.decode("utf-8"))["title"] == '网络 → "Ω"'
    for command in (["check", "→.yaml"], ["render", "lenot→"], ["export", "→.yaml", "-f", "svg"]):
        done = process(*command, env=environment)
        assert done.returncode in (1, 2)
        assert b"Traceback" not in done.stderr
        assert "→".encode(encoding, "backslashreplace") in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="a name of bytes that are no text")
def test_a_file_name_that_is_no_text(empty_folder: Path) -> None:
    name = os.fsdecode(b"\xff.yaml")
    (empty_folder / name).write_text(GRAPH, encoding="utf-8")
    for command in (["check"], ["info"], ["info", "--json"], ["export", "-f", "json,html,pdf"]):
        done = process(*command, name, env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        assert (done.returncode, done.stderr) == (0, b""), command


# ---- the SVG ----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=of_each())
def figure(request: pytest.FixtureRequest) -> tuple[str, ET.Element, bytes]:
    """(name, parsed SVG, its bytes) of a bundled network."""
    data = cli("render", request.param).stdout_bytes
    return request.param, ET.fromstring(data), data


def test_a_figure_is_at_most_60_kilobytes(figure: tuple[str, ET.Element, bytes]) -> None:
    assert len(figure[2]) <= 60_000


def test_a_figure_says_what_it_shows(figure: tuple[str, ET.Element, bytes]) -> None:
    name, root, _ = figure
    info = archviz.load(name).info()
    assert root.tag == f"{SVG}svg"
    assert root.attrib["role"] == "img"
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", info["title"])
    assert description.tag == f"{SVG}desc"
    assert description.text is not None
    for number in (info["totals"]["parameters"], info["totals"]["macs"], info["totals"]["depth"]):
        assert f"{number:,}" in description.text
    assert root.attrib["aria-labelledby"] == title.attrib["id"]
    assert root.attrib["aria-describedby"] == description.attrib["id"]


def layer_groups(items: tuple[Item, ...]) -> list[Group]:
    found = []
    for item in items:
        if isinstance(item, Group):
            found += [item] if item.role in ("layer", "module") else []
            found += layer_groups(item.items)
    return found


def test_every_layer_has_a_tooltip(figure: tuple[str, ET.Element, bytes]) -> None:
    name, root, _ = figure
    net = archviz.load(name)
    layers = layer_groups(net.scene().items)
    assert len(layers) >= min(8, sum(row.layer.drawn for row in net.analysis.rows))
    tooltips = Counter(title.text for title in root.findall(f".//{SVG}g/{SVG}title"))
    for layer in layers:
        assert layer.name
        assert re.search(r"^output \d", layer.detail, re.MULTILINE), layer
        assert tooltips[layer.detail] > 0, layer.detail
        tooltips[layer.detail] -= 1
    for kind in ("conv", "dense"):
        named = [layer for layer in layers if layer.name.startswith(kind) and layer.role == "layer"]
        assert all(
            re.search(r"\d parameters$|^shared weights$", layer.detail, re.M) for layer in named
        )


def test_a_figure_uses_only_what_every_viewer_draws(figure: tuple[str, ET.Element, bytes]) -> None:
    _, root, data = figure
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= DRAWN_TAGS
    names = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name or name == "style" for name in names)
    assert "dominant-baseline" not in names
    assert re.findall(rb"https?://[^\"]*", data) == [
        b"http://www.w3.org/2000/svg",
        b"http://www.inkscape.org/namespaces/inkscape",  # names of groups; nothing is fetched
    ]
    heads = {f"#{element.attrib['id']}".encode() for element in root.iter(f"{SVG}marker")}
    assert {*re.findall(rb"url\(([^)]*)\)", data)} == heads
    drawing, _, mark = data.rpartition(b"</svg>\n")
    assert b"<!" not in drawing
    assert re.fullmatch(rb"<!-- by archviz, sha256 [0-9a-f]{64} -->\n", mark)


def test_ids_are_single(figure: tuple[str, ET.Element, bytes]) -> None:
    ids = Counter(element.attrib["id"] for element in figure[1].iter() if "id" in element.attrib)
    assert set(ids.values()) == {1}


def test_texts_state_their_length(figure: tuple[str, ET.Element, bytes]) -> None:
    for text in figure[1].iter(f"{SVG}text"):
        assert text.text
        assert float(text.attrib["textLength"]) > 0


def test_a_text_whose_letters_were_not_measured_states_no_length(empty_folder: Path) -> None:
    """It would be pulled apart: letters of Arabic, which join, first of all."""
    text = (
        "title: T\nnetwork: [input 8x8x3, {conv: 1x1 8, label: مرحبا}, {conv: 1x1 8, label: AB}]\n"
    )
    Path("net.yaml").write_text(text, encoding="utf-8")
    data = CliRunner().invoke(main, ["render", "net.yaml", "--no-legend"]).stdout
    found = re.findall(r"<text([^>]*)>([^<]*)<", data)
    lengths = {label: "textLength" in given for given, label in found}
    assert (lengths["مرحبا"], lengths["AB"]) == (False, True)


def test_markup_in_a_spec_stays_text(empty_folder: Path) -> None:
    (empty_folder / "x.yaml").write_text(
        'title: "</title><script>alert(1)</script>"\n'
        'network: [input 8, {dense: 3, label: "a & <i>\\"b\\""}]\n'
        "figure: {notes: ['<img src=x onerror=y>']}\n",
        encoding="utf-8",
    )
    root = ET.fromstring(cli("render", "x.yaml").stdout)
    assert root[0].text == "</title><script>alert(1)</script>"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= DRAWN_TAGS
    assert "<img src=x onerror=y>" in [text.text for text in root.iter(f"{SVG}text")]


# ---- the same bytes ---------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("suffix", ["svg", "json", "gv"])
def test_the_bytes_are_the_same_from_run_to_run(suffix: str, empty_folder: Path) -> None:
    (empty_folder / "graph.yaml").write_text(GRAPH, encoding="utf-8")
    for net in ("inception_resnet_v2", "graph.yaml"):
        outputs = set()
        for seed in ("0", "1", "4242"):
            environment = {**os.environ, "PYTHONHASHSEED": seed}
            done = process("render", net, "-f", suffix, env=environment)
            assert done.returncode == 0, done.stderr
            outputs.add(done.stdout)
        assert len(outputs) == 1


def test_the_bytes_do_not_depend_on_the_place_or_the_locale(empty_folder: Path) -> None:
    (empty_folder / "deep").mkdir()
    (empty_folder / "graph.yaml").write_text(GRAPH, encoding="utf-8")
    here = process("render", "graph.yaml")
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C", "TZ": "Asia/Tokyo", "PYTHONUTF8": "0"}
    there = process("render", "../graph.yaml", cwd=empty_folder / "deep", env=environment)
    assert here.stdout == there.stdout
    assert here.returncode == there.returncode == 0


def test_the_scene_is_json_with_a_box_for_every_primitive() -> None:
    scene = json.loads(cli("render", "resnet50", "-f", "json").stdout)
    assert {"title", "description", "width", "height", "background", "items"} <= scene.keys()
    seen: Counter[str] = Counter()
    ids: list[str] = []
    joined: set[str] = set()
    stack = list(scene["items"])
    while stack:
        item = stack.pop()
        seen[item["type"]] += 1
        if "id" in item:
            ids.append(item["id"])
        if item["type"] == "connector":
            joined |= {item["source"], item["target"]}
        if item["type"] == "group":
            stack += item["items"]
            continue
        x, y, width, height = item["box"]
        assert x >= 0 <= y
        assert x + width <= scene["width"]
        assert y + height <= scene["height"]
    assert len(set(ids)) == len(ids)
    assert joined - set(ids) <= {""}
    assert seen["connector"] > 20
    assert seen["line"] == 8 + 2  # four brackets, and the one of the legend


# ---- list, info -------------------------------------------------------------------------------


def counts() -> list[int]:
    return [entry["parameters"] for entry in catalog.entries()]


def test_list_has_a_line_for_every_network() -> None:
    result = cli("list")
    assert (result.exit_code, result.stderr) == (0, "")
    header, *below = result.stdout.splitlines()
    assert header.split() == ["NAME", "TITLE", "YEAR", "PARAMETERS", "WHAT", "IT", "BROUGHT"]
    known = {*catalog.families(), ""}
    lines = [line for line in below if line not in known]
    headings = [line for line in below if line and line in known]
    assert len(headings) == len({*headings})
    assert known - {*headings} == {"", "LeNet", "Network in Network"}  # all are classics
    assert [line.split()[0] for line in lines[:11]] == list(catalog.classics(appendix=True))
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert len(lines) == len(NAMES)
    row = next(line for line in lines if line.startswith("resnet50"))
    assert re.match(r"resnet50 +ResNet-50 +2015 +25,636,712 +\w.+\w", row)
    ends = {
        line.index(f"{count:,}") + len(f"{count:,}")
        for line, count in zip(lines, counts(), strict=True)
    }
    assert len(ends) == 1  # numbers stand flush right


def test_list_as_json() -> None:
    entries = json.loads(cli("list", "--json").stdout)
    assert [entry["name"] for entry in entries] == list(NAMES)
    for entry in entries:
        assert {key: type(value) for key, value in entry.items()} == {
            "name": str,
            "title": str,
            "year": int,
            "date": str,
            "parameters": int,
            "brought": str,
            "family": str,
            "task": str,
            "names": list,
            "classic": bool,
            "appendix": bool,
        }
        assert entry["parameters"] == archviz.load(entry["name"]).info()["totals"]["parameters"]
        assert entry["brought"]
        assert entry["date"][:4] in ("", str(entry["year"]))


def listed(*words: str) -> list[str]:
    result = cli("list", *words, "--json")
    assert result.exit_code == 0
    return [entry["name"] for entry in json.loads(result.stdout)]


def test_list_has_what_is_asked_for() -> None:
    assert listed("--family", "vgg") == ["vgg16", "vgg11", "vgg19"]
    assert listed("--family", "ResNet", "--year", "2017..") == ["se_resnet50"]
    assert listed("--year", "2013") == ["nin", "zfnet"]
    assert listed("--year", "..2012") == ["lenet5", "alexnet"]
    assert {"unet", "deeplabv3_plus"} <= {*listed("--task", "segmentation")}
    assert listed("dense", "100-12") == ["densenet_bc_100"]
    assert listed("GoogLeNet") == ["inception_v1"]
    assert listed("25.6") == []
    nothing = cli("list", "no such words")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert "'archviz list' shows them all" in nothing.stderr


def test_list_refuses_what_it_does_not_know() -> None:
    wrong = cli("list", "--family", "resnets")
    assert wrong.exit_code == 1
    assert "no family of this name" in wrong.stderr
    assert "ResNet" in wrong.stderr
    for years in ("20x5", "..", "2017..2015"):
        assert cli("list", "--year", years).exit_code == 2
    assert cli("list", "--task", "cooking").exit_code == 2


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("googlenet", "inception_v1"),
        ("resnet_50", "resnet50"),
        ("vit-b/16", "vit_b_16"),
        ("BN-Inception", "inception_v2"),
    ],
)
def test_what_people_call_a_network_is_known(
    called: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert catalog.resolve(called) == path_of(name)
    own = tmp_path / called
    own.parent.mkdir(exist_ok=True)
    own.write_text("title: T\nnetwork: [input 8]\n", "utf-8")
    if called != "resnet_50":  # a file of one's own, unless it is the very name
        assert catalog.resolve(called) == called


def test_no_name_is_that_of_two_networks() -> None:
    names = [name for entry in catalog.entries() for name in (entry["name"], *entry["names"])]
    letters = ["".join(filter(str.isalnum, name.lower())) for name in names]
    assert len(letters) == len({*letters})


TOTALS = {"parameters", "trainable", "non_trainable", "macs", "depth"}
LAYER = {
    "path": str,
    "kind": str,
    "label": str,
    "output_shape": list,
    "parameters": int,
    "trainable": int,
    "non_trainable": int,
    "macs": int,
}


@pytest.mark.parametrize("name", of_each())
def test_info_as_json(name: str) -> None:
    data = json.loads(cli("info", name, "--json").stdout)
    asked = ["name", "title", "year", "input", "totals", "with_auxiliary", "published", "layers"]
    assert [key for key in data if key in asked] == asked
    assert (data["name"], type(data["title"]), type(data["year"])) == (name, str, int)
    assert data["layers"][0]["output_shape"] == data["input"]
    assert set(data["totals"]) == TOTALS
    assert set(data["published"]) <= {*TOTALS, "with_auxiliary"}
    for layer in (*data["layers"], *data["auxiliary_layers"]):
        assert {key: type(value) for key, value in layer.items()} == LAYER
    for key in ("parameters", "trainable", "non_trainable", "macs"):
        own = sum(layer[key] for layer in data["layers"])
        assert own == data["totals"][key]
        if data["with_auxiliary"]:
            more = sum(layer[key] for layer in data["auxiliary_layers"])
            assert own + more == data["with_auxiliary"][key]
    assert bool(data["with_auxiliary"]) == bool(data["auxiliary_layers"])
    for key, value in data["published"].items():
        of = (
            data["with_auxiliary"]["parameters"] if key == "with_auxiliary" else data["totals"][key]
        )
        assert of == value


def test_info_as_json_has_the_numbers_of_the_papers() -> None:
    data = json.loads(cli("info", "resnet50", "--json").stdout)
    assert data["totals"] == {
        "parameters": 25_636_712,
        "trainable": 25_583_592,
        "non_trainable": 53_120,
        "macs": 3_857_973_248,
        "depth": 169,
    }
    assert data["with_auxiliary"] is None
    conv1 = next(layer for layer in data["layers"] if layer["path"] == "conv1")
    assert conv1 == {
        "path": "conv1",
        "kind": "conv",
        "label": "conv 7×7",
        "output_shape": [112, 112, 64],
        "parameters": 9_728,
        "trainable": 9_600,
        "non_trainable": 128,
        "macs": 118_013_952,
    }
    assert json.loads(cli("info", "inception-v1", "--json").stdout)["with_auxiliary"] == {
        "parameters": 13_378_280,
        "trainable": 13_378_280,
        "non_trainable": 0,
        "macs": 1_591_044_096,
        "depth": 40,
    }


def test_info_prints_totals_beside_the_published_ones() -> None:
    text = cli("info", "inception_v3").stdout
    assert text.startswith("Inception-v3 (2015)\n")
    assert re.search(r"^parameters +23,851,784 +23,851,784 +27,179,376$", text, re.MULTILINE)
    assert re.search(r"^ +input +|^ +input", text, re.MULTILINE)
    assert re.search(r"^depth +159 +159$", text, re.MULTILINE)
    assert "LAYER" not in text
    assert "MULTIPLY-ADDS OF" not in text


def test_info_prints_what_the_multiply_adds_are_of() -> None:
    text = cli("info", "vgg16", "--parts").stdout
    parts = archviz.load("vgg16").info()["macs_parts"]
    rows = [f"{name} {macs:,}" for name, macs in parts.items()]
    printed = text.split("MULTIPLY-ADDS OF\n")[1].splitlines()
    assert [" ".join(line.split()) for line in printed] == rows
    assert list(parts) == ["convolutions", "dense layers"]


def test_info_prints_a_line_for_each_layer() -> None:
    text = cli("info", "inception_v1", "--layers").stdout
    own, auxiliary = text.split("Auxiliary heads\n")
    data = archviz.load("inception_v1").info()
    assert len(own.split("LAYER")[1].strip().splitlines()) == 1 + len(data["layers"])
    assert len(auxiliary.strip().splitlines()) == 1 + len(data["auxiliary_layers"])
    assert re.search(r"^stem1/conv1 +conv 7×7 +112×112×64 +9,472 +118,013,952$", text, re.MULTILINE)


def test_info_of_a_plain_file(empty_folder: Path) -> None:
    (empty_folder / "plain.yaml").write_text("title: P\nnetwork: [input 8, dense 3]\n", "utf-8")
    data = json.loads(cli("info", "plain.yaml", "--json").stdout)
    assert (data["name"], data["year"], data["published"]) == ("plain", 0, {})
    assert data["totals"]["parameters"] == 27
    assert cli("info", "plain.yaml").stdout.startswith("P\n  input    8\n")


# ---- check ------------------------------------------------------------------------------------


def test_check_proves_every_bundled_network() -> None:
    result = cli("check", *NAMES)
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert len(lines) == len(NAMES)
    assert "resnet50: proven, 25,636,712 parameters" in lines


def test_check_lists_every_problem_with_its_place_and_a_hint(empty_folder: Path) -> None:
    (empty_folder / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    said = fails("check", "broken.yaml")
    assert said == (
        "broken.yaml:4:5: no layer kind or module is called 'cnov'\n"
        "    hint: did you mean 'conv'?\n"
        "broken.yaml:5:16: 'rleu' means nothing to conv\n"
        "    hint: did you mean 'relu'?\n"
        "2 problems\n"
    )


def test_check_goes_on_to_the_other_files(empty_folder: Path) -> None:
    (empty_folder / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    (empty_folder / "total.yaml").write_text(
        "title: T\npublished: {parameters: 28}\nnetwork: [input 8, dense 3]\n", encoding="utf-8"
    )
    (empty_folder / "good.yaml").write_text(GRAPH, encoding="utf-8")
    result = cli("check", "broken.yaml", "good.yaml", "total.yaml", "missing.yaml", "vgg16")
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["good.yaml", "vgg16"]
    places = [line for line in result.stderr.splitlines() if ".yaml" in line]
    assert [place.split(":")[0] for place in places] == [
        "broken.yaml",
        "broken.yaml",
        "total.yaml",
        "missing.yaml",
    ]
    assert "parameters come to 27, published are 28: 1 too few" in result.stderr
    assert result.stderr.splitlines()[-1] == "4 problems"


def test_check_lists_the_problems_of_the_other_files_beside_an_unknown_name(
    empty_folder: Path,
) -> None:
    (empty_folder / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    result = cli("check", "broken.yaml", "resnet5")
    assert result.exit_code != 0
    assert "broken.yaml:4:5" in result.stderr
    assert "did you mean 'resnet50'" in result.stderr


def test_check_finds_shapes_that_do_not_merge(empty_folder: Path) -> None:
    (empty_folder / "s.yaml").write_text(
        "title: T\nnetwork:\n  - input 8x8x3\n  - residual: conv 3x3 4 same\n", encoding="utf-8"
    )
    said = fails("check", "s.yaml")
    assert said.startswith("s.yaml:4:5: add needs equal shapes")
    assert "8×8×4" in said
    assert "hint: " in said


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00", b"[" * 100_000, b"title: T\0", b"- 1\n- 2\n", b"a: &x [*x, *x]\n", b"%"],
    ids=["empty", "utf-16", "brackets", "nul", "list", "loop", "directive"],
)
@pytest.mark.parametrize("command", ["check", "info", "render"])
def test_hostile_files_are_problems(command: str, data: bytes, empty_folder: Path) -> None:
    (empty_folder / "x.yaml").write_bytes(data)
    said = fails(command, "x.yaml")
    assert said.startswith("x.yaml:")
    assert len(said) < 2_000


def test_check_needs_a_file() -> None:
    assert "Missing argument" in fails("check", status=2)


# ---- schema, legend, help, version, completion ------------------------------------------------


def test_schema_is_json_schema(empty_folder: Path) -> None:
    printed = cli("schema").stdout
    schema = json.loads(printed)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"title", "network"} <= set(schema["required"])
    assert cli("schema", "-o", "spec.schema.json").exit_code == 0
    assert (empty_folder / "spec.schema.json").read_text(encoding="utf-8") == printed


def test_legend_draws_all_of_it(empty_folder: Path) -> None:
    result = cli("legend", "-o", "legend.svg")
    assert (result.exit_code, result.output) == (0, "")
    text = (empty_folder / "legend.svg").read_text(encoding="utf-8")
    assert cli("legend").stdout == text
    shown = " ".join(node.text or "" for node in ET.fromstring(text).iter(f"{SVG}text"))
    for word in (
        "convolution",
        "pooling",
        "merge",
        "dense",
        "ReLU",
        "tanh",
        "softmax",
        "batch normalisation",
        "module",
        "repeated",
    ):
        assert word in shown, word
    assert len(text) <= 60_000


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    assert cli(flag).stdout == f"archviz {archviz.__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_teaches_by_example(flag: str) -> None:
    text = cli(flag).stdout
    for command in main.commands:
        assert re.search(rf"^  {command} ", text, re.MULTILINE)
        assert cli(command, flag).exit_code == 0
    assert "archviz render resnet50 -o resnet50.svg" in text


EXAMPLE = re.compile(r"^ +archviz (\w.*?)(?:  .*| > .*| && .*|(?<=\.svg) .*)?$", re.MULTILINE)


def examples() -> list[str]:
    """The command lines that the help shows, each once."""
    texts = [cli(*command, "-h").stdout for command in ([], *([name] for name in main.commands))]
    return sorted({line for text in texts for line in EXAMPLE.findall(text)})


NET = "def Net():\n    return Conv2d(3, 8, 3)\n"


LONG = {"export": pytest.mark.long, "export --all -f pptx -d talk": pytest.mark.long}
"""Whole galleries take seconds; every day some networks are exported, in each format."""


@pytest.mark.parametrize(
    "example", [pytest.param(one, marks=LONG.get(one, ())) for one in examples()]
)
def test_every_example_of_the_help_works(example: str, empty_folder: Path) -> None:
    (empty_folder / "my-net.yaml").write_text(GRAPH, encoding="utf-8")
    if "model.onnx" in example:
        pytest.importorskip("onnx", reason="makes a model with the onnx package")
        import models

        net = models.resnet()
        (empty_folder / "model.onnx").write_bytes(net.bytes(net.nodes[-1].output[0]))
    if "model.py" in example:
        pytest.importorskip("torch", reason="makes a model with PyTorch")
        (empty_folder / "model.py").write_text("from torch.nn import Conv2d\n" + NET)
    result = cli(*example.split())
    assert result.exit_code == 0, result.output


def test_the_help_shows_examples() -> None:
    assert "render resnet50 -o resnet50.svg" in examples()
    assert len(examples()) >= 9


def test_python_m_archviz() -> None:
    done = process("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split() == ["archviz", archviz.__version__]


def test_no_command_shows_the_help() -> None:
    result = cli()
    assert "Examples:" in result.output
    assert "Traceback" not in result.output


def test_an_unknown_command_is_wrong_usage() -> None:
    assert "did you mean 'render'?" in fails("rendre", status=2)


def completions(line: str) -> list[str]:
    return [entry.partition(",")[2] for entry in completed(line)]


def completed(line: str) -> list[str]:
    """What the shell is told: a type, a comma, a word."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_ARCHVIZ_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    code = "from archviz.cli.commands import main; main(prog_name='archviz')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


def test_the_shell_completes_names() -> None:
    assert completions("archviz render resne") == [n for n in NAMES if n.startswith("resne")]
    assert completions("archviz info incep") == [n for n in NAMES if n.startswith("incep")]
    assert completions("archviz check vgg1") == ["vgg16", "vgg11", "vgg19"]
    assert set(completions("archviz render ")) >= set(NAMES)
    assert completions("archviz le") == ["legend"]
    assert "article" in completions("archviz render vgg16 --theme ")
    words = ["filters", "strides", "shapes", "parameters", "macs", "compact", "full"]
    assert completions("archviz render vgg16 --detail ") == words
    assert completions("archviz render vgg16 --detail macs,s") == ["macs,strides", "macs,shapes"]


def test_the_shell_completes_files_where_no_name_fits(empty_folder: Path) -> None:
    assert completed("archviz render ./my") == ["file,./my"]  # it is the shell's turn
    assert completed("archviz render vgg16 --theme ./my") == ["file,./my"]
    assert completed("archviz render vgg16") == ["plain,vgg16"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_switched_on(shell: str) -> None:
    environment = {**os.environ, "_ARCHVIZ_COMPLETE": f"{shell}_source", "PATH": os.environ["PATH"]}
    code = "from archviz.cli.commands import main; main(prog_name='archviz')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert b"_ARCHVIZ_COMPLETE" in done.stdout


# ---- formats ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_has_a_word_on_what_it_is_for(suffix: str) -> None:
    assert FORMATS[suffix].suffix == suffix
    assert FORMATS[suffix].about


# ---- families ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["timeline", "compare", "export", "table", "chart"])
def test_a_family_stands_for_its_networks(command: str, tmp_path: Path) -> None:
    known = [entry["title"] for entry in catalog.of_family("VGG")]
    assert len(known) == 3
    if command == "export":
        done = cli(command, "--family", "vgg", "-f", "svg", "-d", str(tmp_path))
        assert {path.stem for path in tmp_path.glob("*.svg")} == {"vgg11", "vgg16", "vgg19"}
    else:
        done = cli(command, "lenet5", "--family", "vgg", "-f", "svg")
        assert all(title in done.stdout for title in known)
    assert done.exit_code == 0
    wrong = cli(command, "--family", "vgh")
    assert (wrong.exit_code, "did you mean 'VGG'?" in wrong.stderr) == (1, True)


def test_a_comparison_needs_networks() -> None:
    assert cli("compare").exit_code == 2
