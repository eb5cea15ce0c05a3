"""Themes: the bundled ones, files of one's own, and what is said of wrong ones."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from archviz.errors import ArchvizError, Problem
from archviz.looks import MODULE_COLORS, ROLES, theme_names
from archviz.scene.theme import COLORS, METRICS, PATTERNS, load_theme

NAMES = theme_names()


def written(folder: Path, text: str, name: str = "mine.yaml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def problems(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(ArchvizError) as caught:
        load_theme(written(folder, text))
    return list(caught.value.problems)


def luminance(color: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_default_comes_first() -> None:
    assert NAMES[0] == "article"
    assert len(set(NAMES)) == len(NAMES)
    assert load_theme() == load_theme("article")


@pytest.mark.parametrize("name", NAMES)
def test_bundled_themes_are_whole(name: str) -> None:
    theme = load_theme(name)
    assert theme.name == name
    assert theme.title
    assert set(theme.colors) == set(COLORS)
    assert set(theme.roles) == set(ROLES)
    assert set(theme.metrics) == set(METRICS)
    for key, (least, most) in METRICS.items():
        assert least <= theme.metric(key) <= most


@pytest.mark.parametrize(("name", "role"), [*product(NAMES, ROLES)])
def test_the_text_of_a_box_can_be_read_on_it(name: str, role: str) -> None:
    colors = load_theme(name).role(role)
    assert contrast(colors.text, colors.fill) >= 4.5


@pytest.mark.parametrize(("name", "color"), [*product(NAMES, ["text", "caption", "line"])])
def test_what_stands_outside_of_boxes_can_be_read(name: str, color: str) -> None:
    theme = load_theme(name)
    grounds = [theme.color("page")]
    if color != "text":  # captions and lines stand in panels too
        grounds += [theme.role(role).panel for role in MODULE_COLORS]
    for ground in grounds:
        assert contrast(theme.color(color), ground) >= 4.5, ground


@pytest.mark.parametrize(("name", "role"), [*product(NAMES, MODULE_COLORS)])
def test_a_module_and_its_panel_are_one_colour_and_not_the_page(name: str, role: str) -> None:
    theme = load_theme(name)
    colors = theme.role(role)
    assert colors.panel != theme.color("page")
    for other in {*MODULE_COLORS} - {role}:
        assert colors.panel != theme.role(other).panel, other
        assert colors[0::3] != theme.role(other)[0::3], other  # fill and pattern


# ---- files of one's own -----------------------------------------------------------------------


def test_a_theme_says_only_what_differs(tmp_path: Path) -> None:
    text = (
        "title: Blue\nextends: article\ncolors: {page: '#EEF'}\n"
        "roles:\n  conv: {fill: '#0000ff', text: '#ffffff'}\n  pool: {pattern: dots}\n"
        "metrics: {unit: 30}\n"
    )
    theme, base = load_theme(written(tmp_path, text)), load_theme()
    assert (theme.name, theme.title) == ("mine", "Blue")
    assert theme.color("page") == "#eeeeff"
    assert theme.color("line") == base.color("line")
    assert theme.role("conv")[:2] == ("#0000ff", "#ffffff")
    dotted = base.role("pool")._replace(pattern="dots", panel="#e0e0e6")  # on its own page
    assert theme.role("pool") == dotted
    assert theme.role("merge") == base.role("merge")._replace(panel="#c8bfe4")
    assert theme.metric("unit") == 30
    assert theme.metric("label") == base.metric("label")


def test_a_role_without_a_panel_colour_has_a_tint_of_its_fill(tmp_path: Path) -> None:
    theme = load_theme(written(tmp_path, "extends: article"))
    assert theme.role("conv").panel == "#eb9a9a"  # two thirds of it on white
    assert theme.role("green").panel == "#b6d7a8"  # as the theme says


def test_a_panel_is_extended_only_where_it_can_be_read(tmp_path: Path) -> None:
    night = 'colors: {page: "#101010", line: "#eeeeee", caption: "#eeeeee"}\n'
    theme = load_theme(written(tmp_path, f"extends: article\n{night}"))
    for role in (*MODULE_COLORS, "dense", "attention"):
        assert contrast(theme.role(role).panel, "#eeeeee") >= 4.5, role
    own = night + 'roles: {green: {panel: "#ffffff"}}\n'  # what a theme says itself stays
    assert (
        load_theme(written(tmp_path, f"extends: article\n{own}")).role("green").panel == "#ffffff"
    )


EIGHTS = [0, 36, 73, 109, 146, 182, 219, 255]
HUES = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in product(EIGHTS, repeat=3)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("page", [True, False])
def test_any_colour_can_be_read_on_and_so_can_its_panel(name: str, page: bool) -> None:
    theme = load_theme(name)
    ground = theme.color("page")
    if not page:
        theme = theme.without_ground()
    for color in (*HUES, *ROLES):
        colors = theme.role(color)
        assert color in ROLES or colors.fill == color
        assert contrast(colors.text, colors.fill) >= 4.5, color
        assert colors.panel != ground, color
        assert contrast(theme.color("line"), colors.panel) >= 4.5, color
        assert contrast(theme.color("caption"), colors.panel) >= 4.5, color


def test_no_role_has_no_colours() -> None:
    for name in ("mauve", "#12345", "#12345g", ""):
        with pytest.raises(KeyError):
            load_theme().role(name)


def test_themes_may_extend_themes_that_extend_themes(tmp_path: Path) -> None:
    base = written(tmp_path, "extends: article\nmetrics: {unit: 20, gap: 1.5}\n", "base.yaml")
    theme = load_theme(written(tmp_path, f"extends: {base}\nmetrics: {{unit: 50}}\n"))
    assert (theme.metric("unit"), theme.metric("gap")) == (50, 1.5)


def test_a_theme_without_extends_must_be_whole(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "title: Empty\n")
    assert problem.message == (
        "this theme lacks colors: page, colors: line, colors: text, colors: caption"
    )
    assert problem.hint == "add `extends: article`, and write only what differs"


def test_a_whole_theme_may_lack_the_roles_that_came_later(tmp_path: Path) -> None:
    import yaml

    base = load_theme("dark")
    likes = {
        "dense": ["recurrent", "embedding", "attention"],
        "green": ["blue", "violet", "pink", "brown", "grey"],
    }
    later = [role for roles in likes.values() for role in roles]
    first = [role for role in ROLES if role not in later]
    whole: dict[str, object] = {
        "colors": dict(base.colors),
        "roles": {role: {"fill": base.role(role).fill, "text": "#000000"} for role in first},
        "metrics": dict(base.metrics),
    }
    theme = load_theme(written(tmp_path, yaml.safe_dump(whole)))
    for like, roles in likes.items():
        assert {theme.role(role) for role in roles} == {theme.role(like)}
    assert set(theme.roles) == set(ROLES)


@pytest.mark.parametrize("name", ["mine.yaml", "./mine.yaml"])
def test_a_theme_that_extends_itself(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, f"extends: {name}\n")
    with pytest.raises(ArchvizError, match="this theme extends itself"):
        load_theme("mine.yaml")


def test_themes_that_extend_each_other(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    mine = written(tmp_path, f"extends: {other}\n")
    written(tmp_path, f"extends: {mine}\n", "other.yaml")
    with pytest.raises(ArchvizError, match="this theme extends itself"):
        load_theme(mine)


WRONG = {
    "colours: {}": (1, 1, "unknown key 'colours'", "did you mean 'colors'?"),
    "roles: {cnov: {fill: '#fff'}}": (1, 9, "unknown key 'cnov'", "did you mean 'conv'?"),
    "roles: {conv: {fil: '#fff'}}": (1, 16, "unknown key 'fil'", "did you mean 'fill'?"),
    "extends: article\nroles:\n  conv: {fill: red}": (
        3,
        16,
        "'red' is not a colour",
        'write it as "#rrggbb", in quotes',
    ),
    "colors: {page: '#12345'}": (
        1,
        16,
        "'#12345' is not a colour",
        'write it as "#rrggbb", in quotes',
    ),
    "colors:\n  page: #ffffff\n": (2, 8, "'' is not a colour", 'write it as "#rrggbb", in quotes'),
    "roles: {conv: {pattern: stripes}}": (
        1,
        25,
        "unknown pattern 'stripes'",
        "the patterns are " + ", ".join(PATTERNS[1:]),
    ),
    "metrics: {unit: 4000}": (1, 17, "unit must be a number from 8 to 400, not '4000'", ""),
    "metrics: {label: nan}": (1, 18, "label must be a number from 0.1 to 0.45, not 'nan'", ""),
    "metrics: {label: big}": (1, 18, "label must be a number from 0.1 to 0.45, not 'big'", ""),
    "- article": (1, 1, "expected a mapping here", "write `key: value` lines"),
    "title: [a]": (1, 8, "expected a text", ""),
    "extends: artcile": (1, 10, "there is no theme 'artcile'", "did you mean 'article'?"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_its_place(text: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, text)
    line, column, message, hint = WRONG[text]
    assert (problem.message, problem.hint) == (message, hint)
    assert (problem.mark.line, problem.mark.column) == (line, column)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = "extends: article\ncolors: {page: x, lien: '#fff'}\nmetrics: {unit: 1}\n"
    assert [problem.mark.line for problem in problems(tmp_path, text)] == [2, 2, 3]


def test_equal_keys_are_not_taken_silently(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "extends: article\ncolors: {page: '#fff', page: '#000'}\n")
    assert problem.mark.line == 2
    assert "page" in problem.message


@pytest.mark.parametrize("name", ["artcile", "Article", "", "dark mode"])
def test_an_unknown_name_is_told_the_known_ones(name: str) -> None:
    with pytest.raises(ArchvizError) as caught:
        load_theme(name)
    (problem,) = caught.value.problems
    assert problem.message == f"there is no theme '{name}'"
    assert any(known in problem.hint for known in NAMES)


@pytest.mark.parametrize("name", ["missing.yaml", "no/such/theme", "."])
def test_a_file_that_cannot_be_read_is_a_problem(name: str) -> None:
    with pytest.raises(ArchvizError):
        load_theme(name)
