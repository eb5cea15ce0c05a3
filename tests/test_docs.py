"""The documentation says what the program does: generated parts, links, examples, names."""

from __future__ import annotations

import json
import os
import re
import runpy
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import archviz
from archviz import catalog
from archviz.cli.commands import main
from archviz.importers.families.table import table as families
from archviz.layout.page import draw_legend
from archviz.looks import ROLES, theme_names
from archviz.marks import marked
from archviz.scene.theme import COLORS, METRICS, PATTERNS, load_theme
from archviz.write.scene_json import write_json

import gguf_files  # isort: skip

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")]
BUILD: dict[str, Any] = runpy.run_path(str(DOCS / "tools" / "build.py"))
OUTPUTS: dict[Path, Callable[[], str]] = BUILD["outputs"]()


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[str]:
    """The code blocks of a page in some languages."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


def commands(page: str) -> list[str]:
    """The command lines of a page that call archviz alone, without comments."""
    lines = [line for block in blocks(page, "sh", "") for line in block.splitlines()]
    lines += re.findall(r"`(archviz [^`]* -o [^`]*)`", read(page))
    calls = [line.split(" #")[0].strip() for line in lines if line.startswith("archviz ")]
    return [call for call in calls if "NAME" not in call]


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.name)
def test_generated_files_are_current(path: Path) -> None:
    current = path.read_text(encoding="utf-8") if path.exists() else ""
    assert current == OUTPUTS[path](), "run: python docs/tools/build.py"


def test_there_are_no_other_pictures() -> None:
    assert BUILD["strays"]() == []


def test_the_gallery_shows_every_network() -> None:
    page = read("docs/gallery.md")
    for entry in catalog.entries():
        assert f"## {entry['title']} ({entry['year']})\n" in page
        assert f"](images/{entry['name']}.svg)" in page
        assert f"{entry['parameters']:,} parameters" in page
        assert entry["brought"] in page


@pytest.mark.parametrize("entry", catalog.entries(), ids=lambda entry: str(entry["name"]))
def test_the_page_of_proofs_has_every_network_as_it_is(entry: dict[str, Any]) -> None:
    record = json.loads(read("docs/proofs.json"))
    how = f"run: python tests/prove_networks.py --record {entry['name']}"
    assert entry["name"] in record, how
    found, totals = record[entry["name"]], archviz.load(entry["name"]).analysis.totals
    told = found["parameters"], found["trainable"], found["macs"]
    assert told == (totals.parameters, totals.trainable, totals.macs), how
    assert found["layers"] > 0 and bool(found["package"]) == bool(found["version"])


def test_the_record_of_proofs_has_no_other_network() -> None:
    record = json.loads(read("docs/proofs.json"))
    assert list(record) == list(catalog.names()), "in the order of the gallery"


# ---- links ------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for link in links:
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.is_relative_to(ROOT), f"{link} leaves the repository"
        assert path.exists(), link
        if anchor:
            assert anchor in anchors(path), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_no_place_of_one_machine(page: Path) -> None:
    assert not re.search(r"/(home|root|tmp|work|opt|Users)/", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_pages_name_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("archviz/write/outline", "")  # to be written
    for name in re.findall(r"\b(?:archviz|tests|docs|specs|templates)/[\w/.-]+\.\w+", text):
        assert "NAME" in name or (ROOT / name).exists(), name


# ---- examples ---------------------------------------------------------------------------------


def a_model() -> bytes:
    """An ONNX file, made with the onnx package."""
    pytest.importorskip("onnx", reason="makes a model with the onnx package")
    import models

    net = models.resnet()
    return net.bytes(net.nodes[-1].output[0])


def run(call: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a command line of the pages in a folder with the specs that they speak of."""
    monkeypatch.chdir(folder)
    (folder / "docs").symlink_to(DOCS)
    for name, text in (
        ("my-net.yaml", blocks("README.md", "yaml")[1]),
        ("mine.yaml", blocks("docs/themes.md", "yaml")[0]),
        ("tiny.yaml", blocks("docs/spec.md", "yaml")[0]),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("model", "mobilenet_v2"):
        if f"{name}.onnx" in call:
            (folder / f"{name}.onnx").write_bytes(a_model())
        elif f"check {name}.yaml" in call:
            (folder / f"{name}.yaml").symlink_to(DOCS / "examples" / "mobilenet_v2.yaml")
    if "llama-3.2-1b.gguf" in call:
        facts, tensors = gguf_files.facts_of("llama"), gguf_files.tensors_of("llama")
        gguf_files.write(folder / "llama-3.2-1b.gguf", facts, tensors)
    result = CliRunner().invoke(main, call.partition(" > ")[0].split()[1:])
    assert result.exit_code == 0, result.output


def test_the_readme_begins_with_a_picture_and_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = read("README.md")[:600]
    picture, command = (
        start.index("docs/images/resnet50.svg"),
        start.index("archviz render resnet50"),
    )
    assert start.index("# archviz") < picture < command
    run(commands("README.md")[0], tmp_path, monkeypatch)
    drawn = (tmp_path / "resnet50.svg").read_bytes()
    assert drawn == marked((DOCS / "images" / "resnet50.svg").read_bytes(), "xml")


def test_the_readme_shows_the_spec_of_the_picture_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = next(call for call in commands("README.md") if "small.yaml" in call)
    run(call, tmp_path, monkeypatch)
    drawn = (tmp_path / "small.svg").read_bytes()
    assert drawn == marked((DOCS / "images" / "small.svg").read_bytes(), "xml")
    assert blocks("README.md", "yaml")[0] == (DOCS / "examples" / "small.yaml").read_text("utf-8")


LONG = {("README.md", "archviz export"): pytest.mark.long}  # ten networks in five formats
CALLS = [
    (page, call)
    for page in ("README.md", "docs/themes.md", "docs/spec.md", "docs/scene.md", "docs/papers.md")
    for call in commands(page)
]


@pytest.mark.parametrize(
    ("page", "call"), [pytest.param(*one, marks=LONG.get(one, ())) for one in CALLS]
)
def test_commands_work_as_they_are_written(
    page: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(call, tmp_path, monkeypatch)
    match = re.search(r"-o (\S+)", call)
    assert match is None or "--parts" in call or (tmp_path / match[1]).exists()


def test_the_documentation_shows_commands() -> None:
    assert len([page for page, _ in CALLS if page == "README.md"]) >= 8
    assert {page for page, _ in CALLS} >= {"README.md", "docs/themes.md", "docs/spec.md"}


def test_every_option_that_pages_name_is_one() -> None:
    known = {
        option
        for command in main.commands.values()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    } | {
        "--help",
        "--version",
        "--group",
        "--upgrade",
        "--editable",
        "--accept",
        "--report",
        "--check",
        "--long",
    }
    known |= {
        "--format",
        "--seed",
        "--draw",
        "--count",
        "--room",
        "--place",
        "--networks",
        "--ways",
        "--guided",
        "--record",
    }  # of the tests' tools
    for page in PAGES:
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page.read_text(encoding="utf-8")))
        assert named <= known, page.name


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    *_, code = blocks("README.md", "python")
    names: dict[str, Any] = {}
    exec(code, names)
    assert (tmp_path / "resnet50.svg").exists()
    assert names["svg"].startswith("<svg")


def test_the_first_lines_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torchvision", reason="draws a model of torchvision")
    monkeypatch.chdir(tmp_path)
    exec(blocks("README.md", "python")[0], {})
    assert (tmp_path / "vit.svg").exists()


def test_the_import_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="imports from PyTorch")
    monkeypatch.chdir(tmp_path)
    _, code, _ = blocks("README.md", "python")
    assert len(code.strip().splitlines()) == 3
    exec(code, {"module": torch.nn.Conv2d(3, 4, 3)})
    assert (tmp_path / "mobilenet_v2.svg").exists()


def test_the_python_of_the_scene_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    archviz.load("resnet50").save("resnet50.json")
    (code,) = blocks("docs/scene.md", "python")
    exec(code, {})
    assert "conv 7×7" in capsys.readouterr().out


@pytest.mark.parametrize("code", blocks("CONTRIBUTING.md", "python"))
def test_the_python_of_the_contributors_page_is_python(code: str) -> None:
    text = code if not code.startswith("    ") else f"x = (\n{code})\n"
    compile(text, "CONTRIBUTING.md", "exec")


def test_one_command_runs_the_tests_everywhere() -> None:
    test = "python -m pytest -n 2"
    assert f"&& {test}\n" in read("README.md")
    assert f"&& {test}\n" in read("CONTRIBUTING.md")
    lines = [line.strip() for line in read(".ci/run").splitlines()]
    order = ["ruff check", "ruff format --check", "mypy", f"{test} --long"]
    assert [line for line in lines if line in order] == order
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "bash .ci/run suite lowest\n" in read(".github/workflows/ci.yml")


# ---- what the pages list ----------------------------------------------------------------------


def listed(page: str, header: str) -> set[str]:
    """Names in the first column of the tables whose header begins so."""
    names: set[str] = set()
    for table in re.findall(r"(?:^\|.*\n)+", read(page), re.MULTILINE):
        rows = table.splitlines()
        if rows[0].startswith(f"| {header} |"):
            for row in rows[2:]:
                names |= set(re.findall(r"`([\w-]+)`", row.split("|")[1]))
    return names


def test_the_page_on_themes_lists_every_value() -> None:
    page = "docs/themes.md"
    assert listed(page, "name") == {*theme_names(), *COLORS, *METRICS}
    assert listed(page, "role") == set(ROLES)
    assert {name for name in PATTERNS if name} <= set(re.findall(r"`(\w+)`", read(page)))
    for name, (least, most) in METRICS.items():
        assert re.search(
            rf"^\| `{name}` \|.*\| {least:g} \| {most:g} \|$", read(page), re.MULTILINE
        )


@pytest.mark.parametrize(
    "text",
    [
        *blocks("docs/themes.md", "yaml"),
        *[text for text in blocks("CONTRIBUTING.md", "yaml") if "roles" in text],
    ],
)
def test_themes_of_the_pages_can_be_used(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    theme = load_theme(str(tmp_path / "mine.yaml"))
    assert theme.role("conv").fill == yaml.safe_load(text)["roles"]["conv"]["fill"]


def test_the_family_of_the_page_is_that_of_the_table() -> None:
    (text,) = [one for one in blocks("CONTRIBUTING.md", "yaml") if "defaults" in one]
    ((name, row),) = yaml.safe_load(text).items()
    assert row == {known.name: known.traits for known in families().types.values()}[name]


def scene_values() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The fields and the roles of each type of item in the JSON of many scenes."""
    fields: dict[str, set[str]] = defaultdict(set)
    roles: dict[str, set[str]] = defaultdict(set)
    specs = sorted((ROOT / "tests" / "goldens" / "specs").glob("*.yaml"))
    scenes = [archviz.load(source).scene(title=True) for source in (*catalog.names(), *specs)]
    for scene in (*scenes, draw_legend(load_theme())):
        data = json.loads(write_json(scene))
        fields["page"] |= data.keys()
        stack = list(data["items"])
        while stack:
            item = stack.pop()
            fields[item["type"]] |= item.keys() - {"type"}
            roles[item["type"]].add(item["role"])
            stack += item.get("items", []) + item.get("texts", [])
    return fields, roles


def section(page: str, title: str) -> str:
    return read(page).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_page_on_scenes_lists_every_field_and_role() -> None:
    fields, roles = scene_values()
    titles = {
        "page": "The page",
        "group": "Groups",
        "shape": "Shapes",
        "text": "Texts",
        "connector": "Connectors",
        "line": "Lines",
    }
    for kind, title in titles.items():
        text = section("docs/scene.md", title)
        rows = re.findall(r"^\| (`.*?) \|", text.partition("role of")[0], re.MULTILINE)
        assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == fields[kind], kind
        if kind != "page":
            said = set(re.findall(r"`([\w-]+)`", text))
            assert roles[kind] - set(ROLES) <= said, kind


def test_the_changelog_has_this_version() -> None:
    assert archviz.__version__ in read("CHANGELOG.md")
