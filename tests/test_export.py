"""``archviz export`` and the commands beside it, as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archviz.cli.commands import main
from archviz.write.formats import FORMATS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_one_file_a_network_or_one_for_all(tmp_path: Path) -> None:
    target = tmp_path / "out"
    result = run(
        "export", "lenet5", "resnet50", "-f", "svg,png,pdf,pptx,html,drawio,tex", "-d", str(target)
    )
    assert result.exit_code == 0, result.output
    assert set(folder_bytes(target)) == {
        "lenet5.svg",
        "resnet50.svg",
        "lenet5.png",
        "resnet50.png",
        "lenet5.tex",
        "resnet50.tex",
        "archviz.pdf",
        "archviz.pptx",
        "archviz.html",
        "archviz.drawio",
    }
    assert "10 files of 2 networks" in result.output


def test_without_names_it_is_the_ten(tmp_path: Path) -> None:
    assert run("export", "-f", "json", "-d", str(tmp_path)).exit_code == 0
    assert len(list(tmp_path.glob("*.json"))) == 10
    assert not (tmp_path / "nin.json").exists()
    assert run("export", "--all", "-f", "json", "-d", str(tmp_path)).exit_code == 0
    assert (tmp_path / "nin.json").exists()


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    formats = ",".join(FORMATS)
    for name in ("a", "b"):
        code = "from archviz.cli.commands import main; main()"
        arguments = ["export", "lenet5", "xception", "-f", formats, "-d", str(tmp_path / name)]
        subprocess.run(
            [sys.executable, "-c", code, *arguments],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": "1" if name == "a" else "2"},
        )
    first, second = folder_bytes(tmp_path / "a"), folder_bytes(tmp_path / "b")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_a_wrong_spec_among_good_ones(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("title: x\nnetwork: [input 8x8x3, convv 3x3 8]\n")
    result = run("export", "lenet5", str(bad), "nin", "-f", "svg", "-d", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "bad.yaml:2:" in result.output
    assert "1 problem" in result.output
    assert {"lenet5.svg", "nin.svg"} <= set(folder_bytes(tmp_path / "out"))


def test_a_strangers_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "lenet5.svg").write_text("mine")
    result = run("export", "lenet5", "nin", "-f", "svg", "-d", str(tmp_path))
    assert result.exit_code == 1
    assert "--force" in result.output
    assert (tmp_path / "lenet5.svg").read_text() == "mine"
    assert (tmp_path / "nin.svg").exists()
    assert run("export", "lenet5", "-f", "svg", "-d", str(tmp_path), "--force").exit_code == 0
    assert (tmp_path / "lenet5.svg").read_text() != "mine"


def test_our_own_files_are_renewed_unless_they_were_edited(tmp_path: Path) -> None:
    arguments = ("export", "lenet5", "-f", "svg", "-d", str(tmp_path))
    assert run(*arguments).exit_code == 0
    assert run(*arguments).exit_code == 0
    with (tmp_path / "lenet5.svg").open("a") as file:
        file.write("<!-- edited -->")
    assert run(*arguments).exit_code == 1


def test_two_specs_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    text = "title: x\nnetwork: [input 8x8x3, conv 3x3 8]\n"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.yaml").write_text(text)
    sources = [str(tmp_path / folder / "net.yaml") for folder in ("a", "b")]
    result = run("export", *sources, "-f", "svg", "-d", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert {"net.svg", "net-2.svg"} <= set(folder_bytes(tmp_path / "out"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "lenet5", "-f", "svgg"), "did you mean 'svg'"),
        (("export", "resnet51"), "did you mean 'resnet50'"),
        (("render", "lenet5", "--theme", "drak"), "did you mean 'dark'"),
        (("render", "lenet5", "--aspect", "wide"), "16:9"),
        (("render", "lenet5", "--scale", "-1", "-f", "png"), "scale"),
        (("rendr", "lenet5"), "did you mean 'render'"),
        (("compare",), "NET"),
    ],
)
def test_wrong_usage_says_what_to_do(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code in (1, 2)
    assert words in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("export", "lenet5", "-f", "svg", "-d", str(tmp_path / "file" / "sub"))
    assert result.exit_code == 1
    assert "cannot be written" in result.output


def test_a_broken_template(tmp_path: Path) -> None:
    (tmp_path / "house.pptx").write_text("no deck")
    target = str(tmp_path / "x.pptx")
    result = run("render", "lenet5", "-o", target, "--template", str(tmp_path / "house.pptx"))
    assert result.exit_code == 1
    assert "house.pptx" in result.output
    assert not os.path.exists(target)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "command", ["timeline", "table", "chart", "legend", "compare", "themes", "render"]
)
def test_every_figure_in_every_format(command: str, suffix: str, tmp_path: Path) -> None:
    if command == "themes" and suffix not in ("svg", "png", "pdf"):
        pytest.skip("the picture of themes is for looking at")
    target = tmp_path / f"x.{suffix}"
    networks = {"compare": ["lenet5", "nin"], "render": ["lenet5"], "themes": ["--network", "nin"]}
    result = run(command, *networks.get(command, []), "-o", str(target))
    assert result.exit_code == 0, result.output
    data = target.read_bytes()
    starts = {
        "svg": b"<svg",
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "pptx": b"PK",
        "html": b"<!doctype",
        "tex": b"%",
        "drawio": b"<mxfile",
        "gv": b"//",
        "json": b"{",
    }
    assert data.lower().lstrip().startswith(starts[suffix].lower()) or suffix == "drawio"
    assert len(data) > 500


def test_themes_are_listed() -> None:
    result = run("themes")
    assert [line.split()[0] for line in result.output.splitlines()] == [
        "article",
        "colorblind",
        "dark",
        "print",
        "auto",
    ]
