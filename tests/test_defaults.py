"""What is so where nothing is said: of the Python API and of every option of every command."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.keywords import read_keywords
from archviz.layout.page import Options
from archviz.marks import marked
from archviz.scene.theme import load_theme

MEDIUM = {
    "--scale": None,
    "--width": None,
    "--fragment": False,
    "--template": None,
    "--accents": None,
    "--font": None,
    "--author": None,
    "--date": None,
}
DECK = {"--deck-title": None, "--build": None}
PLACE = {"--min-font": None, "--max-height": None}
ONLY = {"--only": None}
FILE = {"-o --output": "-", "--force": False}
FAMILY = {"--family": None}
OUTSIDE = {"--allow-outside": False}
INPUT = {"--input": None, "--mode": None, "--names": None}
OUTPUT = FILE | {"-f --format": None}
GROUND = {"--transparent --no-transparent": None}
LOOK = GROUND | {
    "--legend --no-legend": None,  # as all of these: what the spec says, or else as ever
    "--title --no-title": None,
    "--theme": None,
    "--aspect": None,
    "--direction": None,
    "--detail": None,
    "--totals --no-totals": None,
    "--merges": None,
    "--open": None,
    "--panels": None,
    "--blank": None,
}
WITHOUT_TITLE = {
    key: value
    for key, value in LOOK.items()
    if "-tot" not in key and "title" not in key and "blank" not in key
}
THEME = GROUND | {"--theme": None}
OPTIONS = {
    "card": OUTPUT
    | OUTSIDE
    | INPUT
    | {"--paper": "a4"}
    | {key: value for key, value in WITHOUT_TITLE.items() if "aspect" not in key}
    | {"--blank": None}
    | MEDIUM,
    "chart": OUTPUT
    | OUTSIDE
    | FAMILY
    | {"--all": False, "--x": "macs", "--y": "top1", "--bubbles": None}
    | THEME
    | {"--aspect": None}
    | PLACE
    | MEDIUM,
    "check": OUTSIDE | INPUT,
    "compare": OUTPUT
    | OUTSIDE
    | FAMILY
    | INPUT
    | WITHOUT_TITLE
    | PLACE
    | {"--parts": False}
    | MEDIUM,
    "export": FAMILY
    | {
        "--all": False,
        "-f --formats": "svg,png,pdf,pptx,html",
        "-d --directory": "archviz-export",
        "--force": False,
    }
    | OUTSIDE
    | INPUT
    | LOOK
    | ONLY
    | PLACE
    | DECK
    | MEDIUM,
    "fmt": OUTSIDE | {"--write": False, "--check": False},
    "import": FILE | INPUT | {"--explain": False},
    "info": OUTSIDE | INPUT | {"--layers": False, "--parts": False, "--json": False},
    "legend": OUTPUT | THEME | MEDIUM,
    "list": {"--family": None, "--year": None, "--task": None, "--json": False},
    "lsp": {},
    "render": OUTPUT | OUTSIDE | INPUT | LOOK | ONLY | PLACE | {"--parts": False} | DECK | MEDIUM,
    "schema": FILE,
    "table": OUTPUT
    | OUTSIDE
    | FAMILY
    | {"--all": False, "--columns": None, "--sort": None, "--short": False}
    | THEME
    | {"--aspect": None}
    | PLACE
    | MEDIUM,
    "themes": OUTPUT | GROUND | {"-o --output": None, "--network": "resnet50"} | MEDIUM,
    "timeline": OUTPUT | OUTSIDE | FAMILY | THEME | {"--aspect": None} | PLACE | MEDIUM,
}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_options_of_a_command_and_what_they_are_without(name: str) -> None:
    """A script that someone wrote goes on working: no option is renamed by accident."""
    assert isinstance(main, click.Group)
    command = main.commands[name]
    found = {}
    for option in command.params:
        if isinstance(option, click.Option):
            value = option.get_default(click.Context(command))
            said = value if isinstance(value, str | bool) else None  # click says "unset", too
            found[" ".join([*option.opts, *option.secondary_opts])] = said
    assert found == OPTIONS[name]


def test_every_command_is_here() -> None:
    assert isinstance(main, click.Group)
    assert set(OPTIONS) == set(main.commands)


def test_a_figure_is_the_same_by_every_way_without_options(tmp_path: Path) -> None:
    net = archviz.load("lenet5")
    net.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_bytes() == marked(net.svg().encode(), "xml")
    theme = load_theme("article")
    assert read_keywords({})[0] == Options(theme) == Options(theme, False, True, 0.0, ())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("render", ["legend", "no-title", "article", "compact", "svg", "2"]),
        ("compare", ["legend", "article", "compact"]),
        ("export", ["svg,png,pdf,pptx,html", "archviz-export", "legend", "no-title", "2"]),
        ("themes", ["resnet50"]),
    ],
)
def test_the_help_says_what_is_so_without_an_option(command: str, said: list[str]) -> None:
    text = " ".join(CliRunner().invoke(main, [command, "--help"]).output.split())
    for default in said:
        assert f"[default: {default}]" in text, default


def test_the_help_names_what_an_option_takes() -> None:
    text = CliRunner().invoke(main, ["render", "--help"]).output
    for said in (
        "-o, --output FILE",
        "-f, --format FORMAT",
        "--aspect W:H",
        "--scale X",
        "--width WIDTH",
        "--template FILE.pptx",
    ):
        assert f"  {said} " in text or f"  {said}\n" in text, said
