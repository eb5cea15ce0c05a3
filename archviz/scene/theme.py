"""Themes: colour roles and metrics, each theme a small YAML file.

``archviz/themes/`` holds the bundled ones; a theme that says ``extends: NAME`` lists only
what differs from it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from archviz.errors import ArchvizError, Mark, Problem, did_you_mean, fail
from archviz.looks import (
    AUTO,
    MODULE_COLORS,
    ROLES,
    THEMES,
    SpecTheme,
    bundled_themes,
    hex_color,
    theme_names,
)
from archviz.yamlnodes import MappingNode, ScalarNode, YamlNode, leaves, parse_yaml, read_spec_text

ThemeSource: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | SpecTheme
"""A bundled theme by its name, a theme file by its path or as a spec names it, or a dict with
what is in one."""

COLORS = ("page", "line", "text", "caption", "shadow")
ROLE_KEYS = ("fill", "text", "panel", "pattern")
PATTERNS = ("", "lines", "dots", "cross", "grid", "steep")
LATER = {
    **dict.fromkeys(("recurrent", "embedding", "attention"), "dense"),
    **dict.fromkeys(MODULE_COLORS[3:], "green"),
}
"""Roles that a theme may lack, with those whose colours they have there: they came later."""
GROUND = "ground"
"""Where a theme that leaves its page out keeps its colour, which panels are tinted with."""
TINTS = (0.66, 0.5, 0.4, 0.3, 0.2, 0.14, 0.08)
"""Shares of a module's colour in its panel, tried in turn."""
READABLE = 7.0
NEAR = 24
"""Of 255: a fill that differs less from the page would make a panel that nobody sees."""
METRICS = {
    "unit": (8.0, 400.0),
    "panel-scale": (0.3, 1.5),
    "label": (0.1, 0.45),
    "caption": (0.1, 0.6),
    "detail": (0.1, 0.6),
    "title": (0.1, 1.0),
    "line": (0.0, 0.2),
    "corner": (0.0, 0.5),
    "shadow": (0.0, 0.3),
    "gap": (0.6, 3.0),
    "row-gap": (0.5, 3.0),
    "shrink": (0.5, 1.0),
    "badge": (0.3, 0.7),
}
"""The metrics with the least and the largest value that a layout can do with."""


class Colors(NamedTuple):
    """The colours of a role: a fill, the text on it, its panel's tint, a hatching."""

    fill: str
    text: str
    panel: str
    pattern: str = ""


class Theme(NamedTuple):
    """A finished theme: every colour, role and metric has a value."""

    name: str
    title: str
    colors: Mapping[str, str]
    roles: Mapping[str, Colors]
    metrics: Mapping[str, float]
    dark: Theme | None = None
    """What it is on a dark page, where it follows the reader's."""

    def color(self, name: str) -> str:
        """One of the plain colours (:data:`COLORS`)."""
        return self.colors[name]

    def role(self, name: str) -> Colors:
        """The colours of a role (:data:`archviz.looks.ROLES`), or those round a ``#rrggbb``."""
        return self.roles.get(name) or _round(name, self.colors)

    def ground(self, name: str) -> str:
        """A quiet ground in a role's colour or a ``#rrggbb`` for boxes; grey for none."""
        fill = self.role(name or "pool").fill
        return _tint(fill, self.colors, TINTS[3:] if name else TINTS)

    def metric(self, name: str) -> float:
        """A metric: ``unit`` in pixels, the others in units."""
        return self.metrics[name]

    def without_ground(self) -> Theme:
        """The same theme for pictures that leave their ground out."""
        dark = self.dark.without_ground() if self.dark else None
        return self._replace(
            colors={**self.colors, "page": "", GROUND: self.color("page")}, dark=dark
        )

    def with_ground(self) -> Theme:
        """The theme that :meth:`without_ground` came from, or itself."""
        colors = dict(self.colors)
        page = colors.pop(GROUND, colors["page"])
        return self._replace(colors={**colors, "page": page})


def contrast(one: str, other: str) -> float:
    """The contrast of two ``#rrggbb`` as WCAG measures it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))


def _round(fill: str, colors: Mapping[str, str]) -> Colors:
    """A fill, black or white on it, and its panel's tint.

    Raises:
        KeyError: it is no ``#rrggbb``.
    """
    if not hex_color(fill):
        raise KeyError(fill)
    text = max("#000000", "#ffffff", key=lambda ink: contrast(ink, fill))
    return Colors(fill, text, _tint(fill, colors))


def _tint(fill: str, colors: Mapping[str, str], shares: tuple[float, ...] = TINTS) -> str:
    """As much of a fill over the page as lines and captions can be read on."""
    page = colors.get(GROUND) or colors["page"]
    if max(abs(a - b) for a, b in zip(_channels(fill), _channels(page), strict=True)) < NEAR:
        fill, shares = colors["line"], TINTS[-2:]
    for share in shares:
        mixed = [
            round(a * share + b * (1 - share))
            for a, b in zip(_channels(fill), _channels(page), strict=True)
        ]
        tint = "#" + bytes(mixed).hex()
        if min(contrast(colors[ink], tint) for ink in ("line", "caption")) >= READABLE:
            break
    return tint


def load_theme(theme: ThemeSource = "article") -> Theme:
    """A bundled theme by its name, one from a file, or one from what stands in a file.

    Raises:
        ArchvizError: there is no such theme, or the file or the dict is not a theme.
    """
    if _is_auto(theme):
        both = "article, or dark where the reader's page is"
        return load_theme()._replace(name=AUTO, title=both, dark=load_theme("dark"))
    return _finish(_read_all(theme))


def _is_auto(theme: ThemeSource) -> bool:
    return (theme.path if isinstance(theme, SpecTheme) else theme) == AUTO


def theme_files(theme: ThemeSource) -> list[str]:
    """The files that a theme is read from: its own, and those that it extends."""
    names = ["article", "dark"] if _is_auto(theme) else [theme]
    return [raw.file for name in names for raw in _read_all(name)]


def _read_all(theme: ThemeSource) -> list[_Raw]:
    seen: list[str] = []
    layers: list[_Raw] = []
    if isinstance(theme, Mapping):
        layers.append(_raw(_nodes(theme, Mark("theme")), [], "theme"))
        source = layers[0].extends
    else:
        source = theme.path if isinstance(theme, SpecTheme) else os.fspath(theme)
    folder = theme.folder if isinstance(theme, SpecTheme) else ""
    while source or not layers:
        mark = layers[-1].extends_mark if layers else None
        path = _path(source, mark)
        if folder and source not in bundled_themes() and leaves(path, folder):
            message = "a theme outside of the folder of the spec that asks for it"
            raise ArchvizError([Problem(mark or Mark(path), message, "give --allow-outside")])
        if path in seen or len(seen) > 8:
            raise fail(path, "this theme extends itself", "let it extend 'article'")
        seen.append(path)
        raw = _read(path)
        layers.append(raw)
        source = raw.extends
        if source.endswith((".yaml", ".yml")):  # beside the theme that names it
            source = os.path.join(os.path.dirname(path), source)
    return layers


class _Raw:
    """A theme file as it was written."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.title = os.path.splitext(os.path.basename(file))[0]
        self.extends = ""
        self.extends_mark = Mark(file)
        self.colors: dict[str, str] = {}
        self.roles: dict[str, dict[str, str]] = {}
        self.metrics: dict[str, float] = {}


def _path(name: str, mark: Mark | None) -> str:
    bundled = os.path.join(THEMES, f"{name}.yaml")
    if name in bundled_themes():
        return bundled
    if os.path.exists(name) or "/" in name or os.sep in name or name.endswith((".yaml", ".yml")):
        return name
    hint = did_you_mean(name, theme_names()) or "the themes are " + ", ".join(theme_names())
    raise ArchvizError([Problem(mark or Mark(name), f"there is no theme '{name}'", hint)])


def _read(path: str) -> _Raw:
    return _parsed(read_spec_text(path), path)


@lru_cache(maxsize=8)  # most pictures of a run have the same theme
def _parsed(text: str, path: str) -> _Raw:
    """What a file says, which nobody changes."""
    node, problems = parse_yaml(text, path)
    return _raw(node, problems, path)


def _nodes(value: object, mark: Mark, depth: int = 3) -> YamlNode:
    """A dict as the nodes of a file, marked with the keys that lead to them."""
    if not isinstance(value, Mapping) or not depth:
        return ScalarNode(str(value), True, mark)
    pairs = [
        (ScalarNode(str(key), True, mark), _nodes(part, Mark(f"{mark.file}[{key!r}]"), depth - 1))
        for key, part in value.items()
    ]
    return MappingNode(tuple(pairs), mark)


def _raw(node: YamlNode | None, problems: list[Problem], path: str) -> _Raw:
    raw = _Raw(path)
    reader = _ThemeReader(problems)
    if node is not None:
        reader.theme(node, raw)
    if reader.problems:
        raise ArchvizError(reader.problems)
    return raw


class _ThemeReader:
    """Fills a raw theme from nodes and gathers what is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def theme(self, node: YamlNode, raw: _Raw) -> None:
        for key, value in self.pairs(node, ("title", "extends", "colors", "roles", "metrics")):
            if key.text == "title":
                raw.title = self.text(value)
            elif key.text == "extends":
                raw.extends, raw.extends_mark = self.text(value), value.mark
            elif key.text == "colors":
                for name, color in self.pairs(value, COLORS):
                    raw.colors[name.text] = self.color(color)
            elif key.text == "metrics":
                for name, number in self.pairs(value, tuple(METRICS)):
                    raw.metrics[name.text] = self.metric(name.text, number)
            else:
                for role, entries in self.pairs(value, ROLES):
                    raw.roles[role.text] = {
                        entry.text: self.role_value(entry.text, content)
                        for entry, content in self.pairs(entries, ROLE_KEYS)
                    }

    def pairs(self, node: YamlNode, known: tuple[str, ...]) -> list[tuple[ScalarNode, YamlNode]]:
        if not isinstance(node, MappingNode):
            self.problem(node.mark, "expected a mapping here", "write `key: value` lines")
            return []
        good = []
        for key, value in node.pairs:
            if key.text in known:
                good.append((key, value))
            else:
                hint = did_you_mean(key.text, known) or "known: " + ", ".join(known)
                self.problem(key.mark, f"unknown key '{key.text}'", hint)
        return good

    def text(self, node: YamlNode) -> str:
        if isinstance(node, ScalarNode):
            return node.text
        self.problem(node.mark, "expected a text", "")
        return ""

    def color(self, node: YamlNode) -> str:
        text = self.text(node)
        if color := hex_color(text):
            return color
        self.problem(
            node.mark, f"'{text[:40]}' is not a colour", 'write it as "#rrggbb", in quotes'
        )
        return "#000000"

    def role_value(self, key: str, node: YamlNode) -> str:
        if key != "pattern":
            return self.color(node)
        text = self.text(node)
        if text not in PATTERNS:
            known = ", ".join(PATTERNS[1:])
            self.problem(node.mark, f"unknown pattern '{text[:40]}'", f"the patterns are {known}")
        return text

    def metric(self, name: str, node: YamlNode) -> float:
        least, most = METRICS[name]
        text = self.text(node)
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not least <= value <= most:
            message = f"{name} must be a number from {least:g} to {most:g}, not '{text[:40]}'"
            self.problem(node.mark, message, "")
            return least
        return value

    def problem(self, mark: Mark, message: str, hint: str) -> None:
        self.problems.append(Problem(mark, message, hint))


def _finish(layers: list[_Raw]) -> Theme:
    """One theme of the file and of all that it extends, the file's own values last."""
    colors: dict[str, str] = {}
    roles: dict[str, dict[str, str]] = {}
    metrics: dict[str, float] = {}
    for raw in reversed(layers):
        colors.update(raw.colors)
        metrics.update(raw.metrics)
        for values in roles.values():  # extended: no light panel under light lines
            if "panel" in values and contrast(values["panel"], colors.get("line", "#000000")) < 2:
                del values["panel"]
        for role, values in raw.roles.items():
            roles[role] = {**roles.get(role, {}), **values}
    for role, like in LATER.items():
        roles.setdefault(role, roles.get(like, {}))
    own = layers[0]
    missing = [f"colors: {name}" for name in COLORS if name not in colors]
    missing += [f"metrics: {name}" for name in METRICS if name not in metrics]
    missing += [
        f"roles: {role}: {key}"
        for role in ROLES
        for key in ("fill", "text")
        if key not in roles.get(role, {})
    ]
    if missing:
        message = f"this theme lacks {', '.join(missing[:4])}"
        raise fail(own.file, message, "add `extends: article`, and write only what differs")
    finished = {
        role: Colors(
            v["fill"], v["text"], v.get("panel") or _tint(v["fill"], colors), v.get("pattern", "")
        )
        for role, v in roles.items()
    }
    name = os.path.splitext(os.path.basename(own.file))[0]
    return Theme(name, own.title, colors, finished, metrics)
