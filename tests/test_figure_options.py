"""How a figure looks, said in its spec: every option, and which of several words holds."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError, Problem
from archviz.keywords import FigureKeywords
from archviz.language.schema import schema
from archviz.layout.page import draw_legend
from archviz.looks import DETAIL_WORDS, LOOKS, MODULE_COLORS, ROLES
from archviz.scene.scene import Group, Scene, Shape, Text, groups_in, leaves
from archviz.scene.theme import load_theme

SPEC = """\
title: Three
modules:
  wide: {color: yellow, layers: [conv 3x3 64 same, conv 3x3 64 same]}
  own: {color: "#88aacc", layers: [conv 1x1 8, inner]}
  inner: {layers: [conv 1x1 8 relu]}
network: [input 8x8x3, wide, own, inner, {residual: relu}, global-avg-pool, dense 10]
"""
SAID: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "legend": ("no", ("--no-legend",), ("--legend",)),
    "title": ("yes", ("--title",), ("--no-title",)),
    "theme": ("dark", ("--theme", "dark"), ("--theme", "article")),
    "aspect": ("4:3", ("--aspect", "4:3"), ("--aspect", "natural")),
    "direction": ("up", ("--direction", "up"), ("--direction", "right")),
    "detail": ("[strides, shapes]", ("--detail", "shapes,strides"), ("--detail", "compact")),
    "totals": ("yes", ("--totals",), ("--no-totals",)),
    "merges": ("symbols", ("--merges", "symbols"), ("--merges", "boxes")),
    "open": ("[inner, wide]", ("--open", "inner,wide"), ("--open", "modules")),
    "panels": ("[inner]", ("--panels", "inner"), ("--panels", "wide,inner,own")),
    "blank": ("[grey, lines]", ("--blank=lines,grey",), ("--blank=numbers",)),
    "transparent": ("yes", ("--transparent",), ("--no-transparent",)),
}
"""Of every option: what a spec says, the flag that says the same, and one that says another."""


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert not isinstance(result.exception, Exception), result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def written(folder: Path, figure: str, name: str = "figure.yaml") -> str:
    (folder / name).write_text(f"{SPEC}figure: {figure}\n", encoding="utf-8")
    return name


def drawn(*arguments: str) -> bytes:
    result = run("render", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def scene(figure: str, **given: Any) -> Scene:
    return loaded(figure).scene(**given)


def loaded(figure: str) -> archviz.LoadedNetwork:
    return archviz.load_text(f"{SPEC}figure: {figure}\n", "figure.yaml")


def panels(figure: Scene) -> list[str]:
    return [group.name for group in groups_in(figure.items) if group.role == "panel"]


def legend(figure: Scene) -> dict[str, list[str]]:
    """The texts of the legend, each with the colours of its boxes."""
    (group,) = (group for group in groups_in(figure.items) if group.role == "legend")
    found: dict[str, list[str]] = {}
    shapes: list[str] = []
    for leaf in leaves(group.items):
        if isinstance(leaf, Shape):
            shapes.append(leaf.fill)
        elif isinstance(leaf, Text):
            found[leaf.text], shapes = shapes, []
    return found


# ---- one table ----------------------------------------------------------------------------------


def test_the_table_is_what_all_ways_offer() -> None:
    names = list(LOOKS)
    assert names == list(SAID)
    assert names == list(typing.get_type_hints(FigureKeywords))
    render = main.commands["render"]
    flags = {str(param.name) for param in render.params if isinstance(param, click.Option)}
    assert set(names) <= flags
    assert set(names) < set(schema()["properties"]["figure"]["properties"])


@pytest.mark.parametrize("suffix", ["svg", "json", "html", "pptx", "pdf"])
@pytest.mark.parametrize("name", SAID)
def test_a_spec_says_what_a_flag_says(name: str, suffix: str, folder: Path) -> None:
    words, flag, _ = SAID[name]
    spec = written(folder, f"{{{name}: {words}}}", "three.yaml")
    in_file = drawn(spec, "-f", suffix)
    (folder / "three.yaml").write_text(SPEC, encoding="utf-8")
    plain = drawn(spec, "-f", suffix)
    try:
        by_flag = drawn(spec, "-f", suffix, *flag)
    except AssertionError:  # the format does not understand it, and the spec is for all formats
        by_flag = plain
    assert in_file == by_flag
    if suffix == "svg":
        assert in_file != plain


@pytest.mark.parametrize("name", SAID)
def test_the_command_line_wins(name: str, folder: Path) -> None:
    words, _, other = SAID[name]
    spec = written(folder, f"{{{name}: {words}}}")
    (folder / "net.yaml").write_text(SPEC, encoding="utf-8")
    expected = drawn("net.yaml", *other)
    assert drawn(spec, *other) == expected != drawn(spec)


def test_python_wins_too_and_hears_the_spec() -> None:
    plain = archviz.load_text(SPEC, "figure.yaml")
    net = loaded("{theme: dark, detail: full, open: none}")
    given = {"theme": "dark", "detail": "full", "open": "none"}
    assert net.scene() == plain.scene(**given) != plain.scene()  # type: ignore[arg-type]
    assert net.scene(theme="article", detail="compact", open="modules") == plain.scene()
    assert net.scene(open=["wide", "inner"], panels=("inner",)) == plain.scene(
        theme="dark", detail="full", open="wide,inner", panels="inner"
    )


@pytest.mark.parametrize(
    ("said", "text"),
    [("yes", "Three"), ("no", None), ("Another title", "Another title"), ("'1'", "1")],
)
def test_a_figure_has_the_title_that_it_says(said: str, text: str | None) -> None:
    figure = scene(f"{{title: {said}}}")
    titles = [group.name for group in groups_in(figure.items) if group.id == "title"]
    assert titles == ([text] if text else [])
    words = {leaf.text for leaf in leaves(figure.items) if isinstance(leaf, Text)}
    assert text is None or text in words
    assert figure.title == "Three"
    assert scene("{}", title="Mine") == scene("{title: Mine}")


# ---- panels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("{}", ["Wide", "Inner", "Own"]),
        ("{open: modules}", ["Wide", "Inner", "Own"]),
        ("{open: [inner, own]}", ["Inner", "Own"]),
        ("{open: inner}", ["Inner"]),
        ("{open: none}", []),
        ("{open: []}", []),
        ("{panels: [own, inner]}", ["Own", "Inner", "Wide"]),
        ("{panels: own, open: [own, wide]}", ["Own", "Wide"]),
        ("{panels: [own, inner], open: [inner, wide]}", ["Inner", "Wide"]),
    ],
)
def test_which_panels_there_are_and_in_which_order(figure: str, expected: list[str]) -> None:
    assert panels(scene(figure)) == expected


def test_a_module_may_be_called_as_the_word_for_all() -> None:
    text = "title: T\nmodules: {modules: {layers: relu}, b: {layers: relu}}\n"
    text += "network: [input 8, modules, b]\nfigure: {open: modules}\n"
    assert panels(archviz.load_text(text).scene()) == ["Modules"]


def test_the_inside_of_a_layer_opens_beside_modules() -> None:
    text = "title: T\nmodules: {a: {layers: attention 4}}\nnetwork: [input 8x16, a]\n"
    loaded = archviz.load_text(text)
    inside = "Multi-head attention, 4 heads"
    assert panels(loaded.scene(open="modules,attention")) == ["A", inside]
    assert panels(loaded.scene(open="attention")) == [inside]
    assert panels(loaded.scene(open="modules,attention", panels="attention")) == [inside, "A"]


# ---- the legend ---------------------------------------------------------------------------------


def test_the_legend_says_which_modules_are_open() -> None:
    yellow, green, own = "#ffd966", "#93c47d", "#88aacc"
    opened, some = "module, shown open below", "module, some shown open below"
    assert legend(scene("{}"))[opened] == [yellow, green, own]
    found = legend(scene("{open: [inner]}"))
    assert (found[opened], found["module"]) == ([green], [yellow, own])
    assert legend(scene("{open: none}"))["module"] == [yellow, green, own]
    text = SPEC.replace("color: yellow, ", "")
    found = legend(archviz.load_text(text).scene(open=["inner"]))
    assert (found[some], found["module"], opened in found) == ([green], [own], False)


def module_colors(**said: str) -> dict[str, str]:
    """The colours of modules with these names; a spec says those that are not empty."""
    lines = []
    for name, color in said.items():
        name = name.replace("_", "-")
        lines.append(f"  {name}: {{layers: dense 8{f', color: {color}' if color else ''}}}")
    calls = ", ".join(name.replace("_", "-") for name in said)
    text = "title: T\nmodules:\n" + "\n".join(lines) + f"\nnetwork: [input 8, {calls}]\n"
    modules = archviz.load_text(text).network.modules
    return {name: module.color for name, module in modules.items()}


def test_up_to_six_modules_without_a_colour_are_green() -> None:
    few = dict.fromkeys(("cell_a", "cell_b", "down1", "down2", "up", "end"), "")
    assert set(module_colors(**few).values()) == {"green"}
    assert module_colors(**few, stem="yellow") == {
        **dict.fromkeys(("cell-a", "cell-b", "down1", "down2", "up", "end"), "green"),
        "stem": "yellow",
    }


def test_of_more_each_family_has_a_colour_that_no_other_module_has() -> None:
    names = ("cell_a", "cell_b", "down1", "down2", "up_1", "end", "mid")
    found = module_colors(**dict.fromkeys(names, ""), stem="yellow", head="blue")
    assert found == {
        "cell-a": "green",
        "cell-b": "green",
        "down1": "violet",
        "down2": "violet",
        "up-1": "pink",
        "end": "brown",
        "mid": "grey",
        "stem": "yellow",
        "head": "blue",
    }


def test_more_families_than_colours_take_turns() -> None:
    found = module_colors(**{f"part{letter}": "" for letter in "abcdefghij"})
    assert len(set(list(found.values())[:8])) == 8
    assert list(found.values())[8:] == list(found.values())[:2]


NEW_ROLES = """
title: T
network:
  - input 8
  - embedding 16 words=20
  - position
  - lstm 16
  - attention 4
  - feed-forward 32
"""


def test_the_legend_has_recurrent_layers_embeddings_and_attention() -> None:
    found = legend(archviz.load_text(NEW_ROLES).scene())
    assert found == {
        "dense": ["#6d9eeb"],
        "recurrent": ["#5dbcae"],
        "embedding or position": ["#ffdfb8"],
        "attention": ["#d277b0"],
        "Not shown: widths, biases": [],
    }


def test_the_whole_legend_has_every_box_and_the_dashes() -> None:
    found = legend(draw_legend(load_theme()))
    theme = load_theme()
    boxes = [role for role in ROLES if role not in (*MODULE_COLORS, "input")]
    fills = [fill for row in found.values() for fill in row]
    assert {theme.role(role).fill for role in boxes} <= {*fills}
    modules = [theme.role(role).fill for role in MODULE_COLORS]
    assert found["module, shown open below"] == modules
    assert {"left out in some calls", "add", "multiply", "concat"} <= found.keys()


def test_the_legend_says_what_colours_mean() -> None:
    figure = '{colors: {"#88AACC": Attention, conv: Weights, green: Block, orange: Not there}}'
    found = legend(scene(figure))
    assert found["Attention"] == ["#88aacc"]
    assert found["Weights"] == ["#e06666"]
    assert found["Block"] == ["#93c47d"]
    assert found["module, shown open below"] == ["#ffd966"]
    assert not {"convolution", "Not there"} & set(found)
    assert legend(scene(figure, theme="dark"))["Block"] == ["#8bc97a"]


def test_a_module_in_the_colour_of_a_layer_is_no_such_layer() -> None:
    text = SPEC.replace("color: yellow", "color: pool").replace("global-avg-pool", "flatten")
    found = legend(archviz.load_text(text).scene())
    assert "pooling" not in found
    assert "#d9d9d9" in found["module, shown open below"]


def test_a_legend_of_several_networks_says_what_they_agree_on(folder: Path) -> None:
    one = written(folder, "{colors: {green: Block, yellow: Stem}}", "one.yaml")
    two = written(folder, "{colors: {green: Block, yellow: Start}, open: [wide]}", "two.yaml")
    page = run("compare", one, two).stdout
    assert ">Block</text>" in page
    assert ">Stem</text>" not in page
    assert ">Start</text>" not in page
    assert page.count(">module, shown open below</text>") == 1  # yellow
    assert page.count(">module, some shown open below</text>") == 1  # the colour of its own


def test_the_notes_of_a_deck_do_not_say_that_a_closed_module_is_open(folder: Path) -> None:
    from pptx import Presentation

    def said(figure: str) -> str:
        spec = written(folder, figure)
        run("export", spec, "lenet5", "-f", "pptx", "-d", "out", "--force")
        slides = Presentation(str(folder / "out" / "archviz.pptx")).slides
        (text,) = (
            slide.notes_slide.notes_text_frame.text
            for slide in slides
            if "Boxes are layers" in slide.notes_slide.notes_text_frame.text
        )
        return str(text)

    assert "opened once below" in said("{}")
    assert "opened" not in said("{open: [wide]}")


# ---- several networks ---------------------------------------------------------------------------


def test_on_a_shared_page_holds_what_all_specs_say(folder: Path) -> None:
    one = written(folder, "{theme: dark, aspect: 4:3, detail: full}", "one.yaml")
    two = written(folder, "{theme: dark, legend: no, open: none}", "two.yaml")
    page = run("compare", one, two).stdout
    assert 'fill="#1b1d23"' in page  # both say dark
    assert "ReLU" in re.split(r'<g id="[\w-]*legend"', page)[-1]  # only one says no legend
    assert page.count(">64</text>") == 2  # one is in full, the panel of wide
    assert page.count(">Inner</text>") == 1
    assert 'fill="#1b1d23"' in run("compare", one).stdout
    assert 'fill="#1b1d23"' not in run("compare", one, "net.yaml").stdout
    assert 'fill="#1b1d23"' not in run("compare", one, two, "net.yaml").stdout
    assert 'fill="#1b1d23"' not in run("compare", one, two, "--theme", "article").stdout


@pytest.mark.parametrize("suffix", ["pdf", "pptx", "html", "drawio", "svg"])
def test_an_export_draws_each_network_as_its_spec_says(suffix: str, folder: Path) -> None:
    def files(figure: str, *flags: str) -> list[bytes]:
        spec = written(folder, figure)
        done = run("export", spec, "lenet5", "-f", suffix, "-d", "out", "--force", *flags)
        assert done.exit_code == 0, done.output
        return [path.read_bytes() for path in sorted(folder.glob(f"out/*.{suffix}"))]

    plain = files("{}")
    assert files("{detail: full}") != plain
    assert files("{open: none}") == files("{}", "--open", "none") != plain
    assert files("{open: none, detail: full}", "--open", "modules", "--detail", "compact") == plain


def test_the_timeline_has_the_theme_that_all_specs_say(folder: Path) -> None:
    year = SPEC + "year: 2000\nfigure: {theme: dark}\n"
    (folder / "one.yaml").write_text(year, encoding="utf-8")
    (folder / "two.yaml").write_text(year.replace("2000", "2020"), encoding="utf-8")
    assert 'fill="#1b1d23"' in run("timeline", "one.yaml", "two.yaml").stdout
    assert 'fill="#1b1d23"' not in run("timeline", "one.yaml", "lenet5").stdout
    assert 'fill="#1b1d23"' not in run("timeline", "one.yaml", "--theme", "print").stdout


def test_a_module_of_one_network_may_be_named_for_several(folder: Path) -> None:
    assert ">Wide</text>" in run("compare", "net.yaml", "lenet5", "--open", "wide").stdout


# ---- what is wrong ------------------------------------------------------------------------------

WRONG = {
    "{ligend: no}": (9, 10, "figure has no key 'ligend'", "did you mean 'legend'?"),
    "{legend: perhaps}": (9, 18, "'perhaps' is neither yes nor no", ""),
    "{legend: [no]}": (9, 18, "legend is a list where one value is needed", ""),
    "{aspect: wide}": (9, 18, "'wide' is no aspect of a page", "write 16:9, 4:3 or 1.5"),
    "{aspect: 0}": (9, 18, "'0' is no aspect of a page", "write 16:9, 4:3 or 1.5"),
    "{detail: filter}": (
        9,
        18,
        "detail has no word 'filter'",
        f"did you mean 'filters'? There are {', '.join(DETAIL_WORDS)}",
    ),
    "{detail: [macs, compact]}": (
        9,
        18,
        "detail is 'compact' and more",
        "for none of it write 'compact' alone",
    ),
    "{detail: ''}": (9, 18, "detail says nothing", "for none of it write 'compact' alone"),
    "{detail: {macs: yes}}": (9, 18, "detail is a mapping where one value is needed", ""),
    "{title: ''}": (9, 17, "a title has 1 to 100 characters, not 0", ""),
    "{theme: drak}": (9, 17, "there is no theme 'drak'", "did you mean 'dark'?"),
    "{theme: mine.yaml}": (
        9,
        17,
        "there is no file 'mine.yaml'",
        "a path is that from the spec's folder",
    ),
    "{open: [wide, innre]}": (9, 23, "no panel can open 'innre'", "did you mean 'inner'?"),
    "{panels: conv}": (9, 18, "there is no panel of 'conv'", None),
    "{colors: green}": (
        9,
        18,
        "colors is 'green' where a mapping is needed",
        "write {green: Residual block}",
    ),
    "{colors: {gren: Block}}": (9, 19, "there is no color 'gren'", "did you mean 'green'?"),
    "{colors: {green: [a]}}": (9, 26, "what a color means is a list where a text is needed", ""),
}


@pytest.mark.parametrize("figure", WRONG)
def test_what_is_wrong_in_a_figure_is_said_with_its_place(figure: str, folder: Path) -> None:
    line, column, message, hint = WRONG[figure]
    problem = problem_of(written(folder, figure))
    assert (problem.message, problem.mark.line, problem.mark.column) == (message, line - 2, column)
    assert hint is None or problem.hint == hint


def problem_of(spec: str) -> Problem:
    with pytest.raises(ArchvizError) as caught:
        archviz.load(spec).scene()
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("option", ["open", "panels"])
def test_a_module_that_no_network_has_is_wrong_usage(option: str, folder: Path) -> None:
    result = run("render", "net.yaml", f"--{option}", "wdie")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--{option}: no module is called 'wdie'; did you mean 'wide'?" in result.stderr
    with pytest.raises(ValueError, match=f"^{option}: no module is called 'wdie'"):
        archviz.load("net.yaml").scene(**{option: "wdie"})  # type: ignore[arg-type]
    assert "there are attention, inner" in run("render", "net.yaml", f"--{option}", "xyz").stderr


# ---- files that a spec names --------------------------------------------------------------------

THEME = 'extends: article\ncolors: {page: "#123456"}\n'


def test_a_theme_lies_beside_its_spec(folder: Path) -> None:
    (folder / "below" / "themes").mkdir(parents=True)
    (folder / "below" / "themes" / "mine.yaml").write_text(THEME, encoding="utf-8")
    written(folder / "below", "{theme: themes/mine.yaml}")
    assert b'fill="#123456"' in drawn("below/figure.yaml")
    assert b'fill="#123456"' not in drawn("below/figure.yaml", "--theme", "print")


@pytest.mark.parametrize("way", ["..", "absolute", "link", "extends"])
def test_a_spec_names_no_file_outside_of_its_folder(way: str, folder: Path) -> None:
    inside = folder / "inside"
    inside.mkdir()
    (folder / "mine.yaml").write_text(THEME, encoding="utf-8")
    path = {"..": "../mine.yaml", "absolute": str(folder / "mine.yaml")}.get(way, "theme.yaml")
    if way == "link":
        try:
            (inside / "theme.yaml").symlink_to(folder / "mine.yaml")
        except OSError:
            pytest.skip("no links here")
    elif way == "extends":
        (inside / "theme.yaml").write_text("extends: ../mine.yaml\n", encoding="utf-8")
    written(inside, f"{{theme: {json.dumps(path)}}}")
    for command in ("render", "check", "info")[: 1 if way == "extends" else 3]:
        result = run(command, "inside/figure.yaml")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "outside of " in result.stderr
        assert "--allow-outside" in result.stderr
    assert b'fill="#123456"' in drawn("inside/figure.yaml", "--allow-outside")
    assert "#123456" in archviz.load("inside/figure.yaml", allow_outside=True).svg()
    with pytest.raises(ArchvizError):
        archviz.load("inside/figure.yaml").svg()


def test_the_theme_of_a_spec_is_never_written_over(folder: Path) -> None:
    (folder / "mine.yaml").write_text(THEME, encoding="utf-8")
    spec = written(folder, "{theme: mine.yaml}")
    for force in ((), ("--force",)):
        result = run("render", spec, "-f", "svg", "-o", "mine.yaml", *force)
        assert result.exit_code == 1
    with pytest.raises(ArchvizError):
        archviz.load(spec).save("mine.yaml", "svg", force=True)
    assert (folder / "mine.yaml").read_text(encoding="utf-8") == THEME


def test_the_box_of_a_module_of_any_colour_is_a_module() -> None:
    boxes = [group for group in groups_in(scene("{}").items) if group.role == "module"]
    assert [group.name for group in boxes] == ["Wide", "Own", "Inner", "Inner"]
    fills = {
        group.name: group.items[0].fill for group in boxes if isinstance(group.items[0], Shape)
    }
    assert fills == {"Wide": "#ffd966", "Own": "#88aacc", "Inner": "#93c47d"}
    assert all(isinstance(group, Group) for group in boxes)


@pytest.mark.parametrize(
    "item",
    ['"conv 3x3 8 color=blu"', "{conv: 3x3 8, color: blu}", "{repeat: 2, of: relu, color: blu}"],
)
def test_a_colour_that_is_none_is_said_wherever_it_stands(item: str) -> None:
    with pytest.raises(ArchvizError, match=r"^f:3:\d+: .*there is no (such )?color"):
        archviz.load_text(f"title: T\nnetwork:\n  [input 8x8x3, {item}]\n", "f")
    good = item.replace("blu", "'#ABC'") if "{" in item else item.replace("blu", "#ABC")
    archviz.load_text(f"title: T\nnetwork:\n  [input 8x8x3, {good}]\n", "f")
