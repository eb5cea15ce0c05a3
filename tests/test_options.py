"""No option is accepted and ignored: it changes the file, or its format is said not to know it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archviz.cli.commands import main
from archviz.cli.options import FormatOption
from archviz.write.formats import FORMATS, PICTURES, Drawn, check_options

GIVEN = {
    "theme": ("--theme", "print"),
    "auto": ("--theme", "auto"),
    "title": ("--title",),
    "totals": ("--totals",),
    "legend": ("--no-legend",),
    "aspect": ("--aspect", "4:3"),
    "direction": ("--direction", "up"),
    "detail": ("--detail", "full"),
    "merges": ("--merges", "symbols"),
    "open": ("--open", "none"),
    "panels": ("--panels", "narrow"),
    "blank": ("--blank",),
    "transparent": ("--transparent",),
    "scale": ("--scale", "1"),
    "width": ("--width", "300"),
    "place": ("--width", "column"),
    "min_font": ("--min-font", "9pt", "--width", "7in"),
    "max_height": ("--max-height", "9in", "--width", "7in"),
    "only": ("--only", "row"),
    "fragment": ("--fragment",),
    "template": ("--template", "house.pptx"),
    "accents": ("--accents", "--template", "house.pptx"),
    "deck_title": ("--deck-title", "A talk"),
    "build": ("--build",),
    "author": ("--author", "A. N. Author"),
    "date": ("--date", "2026-11-29"),
}
"""Every option with a value that is not its default."""
FLAGS = {"auto": "--theme auto", "accents": "--template"}
"""What a message calls an option that is a value of another, or that another is given with."""
NET = """
title: Two modules
modules:
  wide: {layers: [conv 3x3 64 same, conv 3x3 64 same, conv 3x3 64 same]}
  narrow: {layers: [conv 1x1 8, conv 1x1 8]}
network: [input 8x8x3, wide, narrow, {residual: relu}, global-avg-pool, dense 10]
"""
DRAWING: dict[str, tuple[str, ...]] = {
    "render": ("net.yaml", "--theme", "dark"),
    "compare": ("lenet5", "net.yaml", "--theme", "dark"),
    "timeline": ("lenet5", "nin", "--theme", "dark"),
    "table": ("vgg16", "resnet50", "--theme", "dark"),
    "chart": ("vgg16", "resnet50", "--theme", "dark"),
    "card": ("net.yaml", "--theme", "dark"),
    "legend": ("--theme", "dark"),
    "themes": ("--network", "lenet5"),
}
"""The commands that draw to one file. A dark ground can be seen to be left out."""


DRAWN: dict[str, Drawn] = {
    "render": "network",
    "card": "figure",
    "legend": "figure",
    "themes": "figure",
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from pptx import Presentation

    path = tmp_path_factory.mktemp("options")
    Presentation().save(str(path / "house.pptx"))
    (path / "net.yaml").write_text(NET, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        yield path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@cache
def plain(command: str, suffix: str) -> bytes:
    return run(command, *DRAWING[command], "-f", suffix, "-o", "-").stdout_bytes


def offered(command: str) -> list[str]:
    params = main.commands[command].params
    return [str(param.name) for param in params if isinstance(param, FormatOption)]


def test_every_option_of_a_format_is_tried_here() -> None:
    known = {name for options in PICTURES.values() for name in options}
    known |= {name for row in FORMATS.values() for name in row.options}
    every = {name for command in DRAWING for name in offered(command)}
    assert known == set(GIVEN) == every | {"place", "auto"}  # values of two others


@pytest.mark.long
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("command", "name"), [(command, name) for command in DRAWING for name in offered(command)]
)
def test_an_option_changes_the_file_or_is_wrong_usage(command: str, name: str, suffix: str) -> None:
    drawn = DRAWN.get(command, "several")
    result = run(command, *DRAWING[command], "-f", suffix, "-o", "-", *GIVEN[name])
    if name not in FORMATS[suffix].understands(drawn):
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"{FLAGS.get(name, GIVEN[name][0])} is for " in result.stderr
        placed = name == "width" and drawn != "figure"
        length = "; there it is a length, such as 3.5in" if placed else ""
        assert f", not for {suffix}{length}\n" in result.stderr
        return
    assert (result.exit_code, result.stderr) == (0, "")
    if (command, name, suffix) == ("themes", "transparent", "tex"):
        return  # its ground is white, and TeX's paper is that already
    assert result.stdout_bytes != plain(command, suffix)


@cache
def exported(suffix: str, *options: str) -> tuple[int, str, list[bytes]]:
    result = run("export", "lenet5", "net.yaml", "-f", suffix, "-d", "out", "--force", *options)
    files = sorted(Path("out").glob(f"*.{suffix}")) if result.exit_code == 0 else []
    return result.exit_code, result.stderr, [path.read_bytes() for path in files]


@pytest.mark.parametrize("suffix", ["svg", "pdf", "pptx", "html", "drawio"])
@pytest.mark.parametrize("name", GIVEN)
def test_an_option_changes_what_is_exported_or_is_wrong_usage(name: str, suffix: str) -> None:
    status, said, files = exported(suffix, "--theme", "dark", *GIVEN[name])
    if name in FORMATS[suffix].understands("networks"):
        assert (status, said) == (0, "")
        assert files != exported(suffix, "--theme", "dark")[2]
    else:
        assert status == 2
        assert f"{FLAGS.get(name, GIVEN[name][0])} is for " in said


def test_a_line_names_the_formats_that_an_option_is_not_for(tmp_path: Path) -> None:
    arguments = ("export", "lenet5", "-f", "svg,pptx,html,tex", "-d", str(tmp_path))
    result = run(*arguments, "--title", "--fragment")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "--title is for svg, png, tex, drawio, gv and json, not for pptx and html",
        "--fragment is for tex, not for svg, pptx and html",
    ]
    assert b">LeNet-5 (1998)</text>" in (tmp_path / "lenet5.svg").read_bytes()
    assert run(*arguments).stderr == ""  # the defaults are not given


def test_an_option_counts_when_it_is_given_also_with_its_default() -> None:
    assert "--legend is for" in run("render", "lenet5", "-f", "pptx", "--legend").stderr
    assert "--no-title is for" in run("render", "lenet5", "-f", "pptx", "--no-title").stderr


def test_scale_and_width_exclude_each_other() -> None:
    result = run("render", "lenet5", "-o", "x.png", "--scale", "2", "--width", "300")
    assert result.exit_code == 2
    assert "--scale and --width both size the picture; leave one of the two out" in result.stderr
    assert not Path("x.png").exists()


@pytest.mark.parametrize(
    "given", [("--transparent",), ("--network", "nin"), ("-f", "png"), ("--scale", "1")]
)
def test_the_list_of_themes_takes_nothing_of_their_picture(given: tuple[str, ...]) -> None:
    result = run("themes", *given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is for a picture; name its file with -o" in result.stderr


def test_the_help_says_which_formats_an_option_is_for() -> None:
    words = " ".join(run("render", "--help").stdout.split())
    assert "--fragment A picture to \\input, or a figure to put into a page, not a" in words
    assert "not a document. (html and tex)" in words
    assert "[default: no-title] (not pptx and html)" in words
    words = " ".join(run("export", "--help").stdout.split())
    assert "[default: no-title] (not pdf, pptx and html)" in words


def test_wrong_usage_comes_before_anything_is_read_or_written(tmp_path: Path) -> None:
    result = run("export", "no-such-net", "-f", "pptx", "--scale", "1", "-d", str(tmp_path / "o"))
    assert result.exit_code == 2
    assert "--scale is for png, not for pptx" in result.stderr
    assert not (tmp_path / "o").exists()


def test_a_new_format_is_a_row() -> None:
    row = FORMATS["svg"]._replace(suffix="txt", options=())
    with pytest.raises(ValueError, match=r"transparent is for svg, .*, not for txt"):
        check_options({"transparent": "transparent"}, [row], "network")
    assert check_options({"title": "title"}, [row], "network") == ()
