"""The legend: what the colours, badges and brackets of a figure mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from archviz.layout.canvas import Canvas, box_shape, circle_shape
from archviz.layout.style import Style
from archviz.network.kinds import ACTIVATIONS, NORMS, Badge
from archviz.scene.scene import Item, Shape, leaves
from archviz.scene.text import ASCENT, text_width

SCALE = 0.62
"""Size of the legend's glyphs against the main row's."""
LAYERS = (
    ("input", "input"),
    ("conv", "convolution"),
    ("pool", "pooling"),
    ("merge", "merge"),
    ("dense", "dense"),
    ("other", "other layer"),
)
MODULES = ("yellow", "green", "orange")
COLUMN = 6
"""Entries that stand under one another."""
ENTRY_PITCH = 1.2


class Entry(NamedTuple):
    """A glyph, drawn by ``draw(canvas, x, y)`` about the line ``y``, and its text."""

    width: float
    text: str
    draw: Callable[[Canvas, float, float], None]


class Section(NamedTuple):
    """Entries under one heading."""

    heading: str
    entries: tuple[Entry, ...]


def used_in(items: Iterable[Item]) -> tuple[set[str], set[tuple[str, str]], bool]:
    """The roles and the badges (role, text) of a drawing, and whether it has repeats."""
    roles: set[str] = set()
    badges: set[tuple[str, str]] = set()
    repeats = False
    for leaf in leaves(items):
        repeats = repeats or leaf.role == "bracket"
        if isinstance(leaf, Shape):
            roles.add(leaf.role)
            if leaf.form == "ellipse" and leaf.lines:
                badges.add((leaf.role, leaf.lines[0]))
    return roles, badges, repeats


def legend_sections(
    style: Style, roles: set[str], badges: set[tuple[str, str]], repeats: bool
) -> list[Section]:
    """The sections of the legend of a drawing that uses these."""
    small = Style(style.theme, style.unit * SCALE)
    layers = [
        box_entry(small, (role,), text)
        for role, text in LAYERS
        if role in roles and role != "input"
    ]
    activations = badge_entries(small, ACTIVATIONS.values(), badges, ("activation",))
    functions = badge_entries(small, NORMS.values(), badges, ("function",))
    functions += badge_entries(small, ACTIVATIONS.values(), badges, ("function",))
    colors = tuple(color for color in MODULES if color in roles)
    modules = [box_entry(small, colors, "module, shown open below")] if colors else []
    sections = [
        Section("Layers", tuple(layers)),
        Section("Activations", tuple(activations)),
        Section("Other functions", tuple(functions)),
        Section("Modules", tuple(modules)),
        Section("Repeats", (repeat_entry(small),) if repeats else ()),
    ]
    return [section for section in sections if section.entries]


def whole_legend(style: Style) -> list[Section]:
    """The sections of the legend on its own: every colour, every badge."""
    roles = {role for role, _ in LAYERS} | set(MODULES)
    badges = {(badge.role, badge.text) for badge in (*NORMS.values(), *ACTIVATIONS.values())}
    return legend_sections(style, roles, badges, True)


def box_entry(style: Style, roles: Sequence[str], text: str) -> Entry:
    """One small box for each role, and what they mean."""
    bar = tuple(roles) == ("dense",)
    width, height = style.px(0.45 if bar else 1.5), style.px(1.3 if bar else 0.8)

    def draw(canvas: Canvas, x: float, y: float) -> None:
        for index, role in enumerate(roles):
            left = x + index * (width + style.px(0.3))
            canvas.front.append(box_shape(canvas, style, left, y - height / 2, width, height, role))

    return Entry(len(roles) * (width + style.px(0.3)) - style.px(0.3), text, draw)


def badge_entries(
    style: Style,
    table: Iterable[Badge],
    badges: set[tuple[str, str]],
    roles: Sequence[str],
) -> list[Entry]:
    """An entry for each badge of ``table`` that is among ``badges``."""
    entries: list[Entry] = []
    seen: set[str] = set()
    large = Style(style.theme, style.unit / SCALE * 0.9)
    diameter = large.metric("badge")
    for badge in table:
        text, role = badge.text, badge.role
        if role not in roles or (role, text) not in badges or text in seen:
            continue
        seen.add(text)

        def draw(canvas: Canvas, x: float, y: float, text: str = text, role: str = role) -> None:
            canvas.front.append(circle_shape(canvas, large, x + diameter / 2, y, text, role))

        entries.append(Entry(diameter, badge.title, draw))
    return entries


def repeat_entry(style: Style) -> Entry:
    """Two small brackets with ×N between them."""
    width = style.px(2.0)
    size = style.metric("caption") / SCALE

    def draw(canvas: Canvas, x: float, y: float) -> None:
        half = style.px(0.6)
        canvas.bracket(x, y - half, y + half, style.px(0.3), style)
        canvas.bracket(x + width, y - half, y + half, -style.px(0.3), style)
        canvas.text(
            x + width / 2,
            y + ASCENT * size / 2,
            "×N",
            size,
            style.theme.color("caption"),
            role="repeat",
        )

    return Entry(width, "repeated N times", draw)


def place_strip(
    sections: Sequence[Section], canvas: Canvas, style: Style, width: float, y: float
) -> tuple[float, float]:
    """Draw the legend as a strip from x = 0, wrapped at ``width``; its (width, height)."""
    size = style.metric("caption")
    pitch = style.px(1.15)
    x, line, widest = 0.0, y + pitch / 2, 0.0
    for number, section in enumerate(sections):
        if number:
            x += style.px(0.5)
        for entry in section.entries:
            text = text_width(entry.text, size)
            length = entry.width + style.px(0.25) + text
            if x > 0 and x + length > width:
                x, line = 0.0, line + pitch
            entry.draw(canvas, x, line)
            canvas.text(
                x + entry.width + style.px(0.25),
                line + ASCENT * size / 2,
                entry.text,
                size,
                style.theme.color("text"),
                anchor="start",
                role="legend",
            )
            widest = max(widest, x + length)
            x += length + style.px(0.7)
    return widest, line + pitch / 2 - y


def place_columns(
    sections: Sequence[Section], canvas: Canvas, style: Style, x: float, y: float
) -> tuple[float, float]:
    """Draw the legend as columns under bold headings from (x, y); its (width, height).

    A section with more than :data:`COLUMN` entries goes on beside; short ones share a column.
    """
    right, lowest = x, y
    line, widest = y, 0.0
    for section in sections:
        rows = (line - y) / style.px(ENTRY_PITCH)
        if rows and rows + 1.6 + len(section.entries) > COLUMN + 1.5:
            right, line, widest = right + widest + style.px(1.1), y, 0.0
        elif rows:
            line += style.px(0.5)
        width, height = _place_section(section, canvas, style, right, line)
        widest = max(widest, width)
        line += height
        lowest = max(lowest, line)
    return right + widest - x, lowest - y


def _place_section(
    section: Section, canvas: Canvas, style: Style, x: float, y: float
) -> tuple[float, float]:
    """One section from (x, y); its (width, height)."""
    size, heading = style.metric("caption"), style.metric("title")
    fill, pitch = style.theme.color("text"), style.px(ENTRY_PITCH)
    canvas.text(
        x,
        y + ASCENT * heading,
        section.heading,
        heading,
        fill,
        bold=True,
        anchor="start",
        role="title",
    )
    glyphs = max(entry.width for entry in section.entries)
    widest = text_width(section.heading, heading, bold=True)
    left = x
    for first in range(0, len(section.entries), COLUMN):
        line = y + style.px(1.2)
        start = left + glyphs + style.px(0.35)
        for entry in section.entries[first : first + COLUMN]:
            entry.draw(canvas, left + (glyphs - entry.width) / 2, line)
            canvas.text(
                start,
                line + ASCENT * size / 2,
                entry.text,
                size,
                fill,
                anchor="start",
                role="legend",
            )
            widest = max(widest, start + text_width(entry.text, size) - x)
            line += pitch
        left = x + widest + style.px(0.6)
    return widest, style.px(0.6) + pitch * min(COLUMN, len(section.entries))
