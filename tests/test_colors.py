"""Contrast in every theme, and colour distance as colour-blind readers see it."""

from __future__ import annotations

from itertools import combinations

import pytest

from archviz.looks import MODULE_COLORS, ROLES, theme_names
from archviz.scene.theme import Theme, load_theme

# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB
DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
BOXES = tuple(role for role in ROLES if role not in ("activation", "function"))
CLOSE = {
    frozenset(("pool", "other")),  # light grey and white, as the article has them
}
LEAST = {"print": 15.0}
"""How far fills of one pattern are apart; 20 elsewhere."""


def linear(color: str) -> tuple[float, ...]:
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def luminance(color: str) -> float:
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen(color: str, deficiency: str) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of a colour as it is seen."""
    rgb = linear(color)
    matrix = DEFICIENCIES[deficiency]
    r, g, b = (
        min(1.0, max(0.0, sum(a * c for a, c in zip(row, rgb, strict=True)))) for row in matrix
    )
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: str, other: str, deficiency: str) -> float:
    """CIE 1976 colour difference."""
    pairs = zip(seen(one, deficiency), seen(other, deficiency), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def grounds(theme: Theme) -> list[tuple[str, str, str]]:
    """(what, text, ground) of every text that a figure can hold."""
    page = theme.color("page")
    found = [(f"{name} on the page", theme.color(name), page) for name in ("text", "caption")]
    for name in MODULE_COLORS:
        panel = theme.role(name).panel
        for key in ("caption", "line"):
            found.append((f"{key} on a {name} panel", theme.color(key), panel))
    for name, colors in theme.roles.items():
        found.append((f"a label on {name}", colors.text, colors.fill))
    return found


@pytest.mark.parametrize("name", theme_names())
def test_every_text_has_contrast_on_its_ground(name: str) -> None:
    for what, text, ground in grounds(load_theme(name)):
        assert contrast(text, ground) >= 4.5, what


def test_contrast_is_measured_as_the_guidelines_do() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def alike(theme: Theme, deficiency: str, least: float) -> list[tuple[str, str]]:
    """Roles of boxes that have one pattern, and fills that are not as far apart."""
    return [
        (one, other)
        for one, other in combinations(BOXES, 2)
        if theme.role(one).pattern == theme.role(other).pattern
        and distance(theme.role(one).fill, theme.role(other).fill, deficiency) < least
        and {one, other} not in CLOSE
    ]


@pytest.mark.parametrize("name", theme_names())
def test_boxes_of_two_roles_are_told_apart(name: str) -> None:
    assert alike(load_theme(name), "none", LEAST.get(name, 20)) == []


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colorblind_readers_tell_the_roles_apart(deficiency: str) -> None:
    assert alike(load_theme("colorblind"), deficiency, 20) == []


def test_the_article_theme_would_not_pass() -> None:
    theme = load_theme("article")
    assert any(alike(theme, deficiency, 20) for deficiency in DEFICIENCIES)


def test_print_tells_the_roles_apart_without_colour() -> None:
    theme = load_theme("print")
    marks = set()
    for role in BOXES:
        colors = theme.role(role)
        assert colors.fill[1:3] == colors.fill[3:5] == colors.fill[5:7], "a grey"
        marks.add((colors.pattern, round(luminance(colors.fill), 1)))
    assert len(marks) == len(BOXES)
