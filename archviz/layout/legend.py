"""The legend: what the colours, badges and brackets of a figure mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

from archviz.layout.blocks import MODULE_ROLES
from archviz.layout.canvas import Canvas
from archviz.layout.glyphs import ALTERNATIVES, badge_shape, badge_width, box_shape
from archviz.layout.style import Style
from archviz.layout.symbols import DIAMETER, ROLE, SYMBOLS, symbol_shape
from archviz.looks import MODULE_COLORS
from archviz.network.kinds import ACTIVATIONS, NORMS, Badge
from archviz.network.model import NOTHING
from archviz.scene.scene import Group, Item, Shape, groups_in, leaves, shapes_in
from archviz.scene.text import ASCENT
from archviz.scene.theme import Colors

SCALE = 0.62
"""Size of the legend's glyphs against the main row's."""
LAYERS = (
    ("input", "input"),
    ("conv", "convolution"),
    ("pool", "pooling"),
    ("merge", "merge"),
    ("dense", "dense"),
    ("recurrent", "recurrent"),
    ("embedding", "embedding or position"),
    ("attention", "attention"),
    ("other", "other layer"),
)
SIGNS = ("activation", "function")
"""Roles of badges."""
BOXES = frozenset((*(role for role, _ in LAYERS), *MODULE_ROLES, ROLE))
"""Roles of the boxes that a colour means something on."""
PLACES = ("below", "beside")
"""Where panels stand, seen from the row: where it goes to the right, and else."""


class Entry(NamedTuple):
    """A glyph, drawn by ``draw(canvas, x, y)`` about the line ``y``, and its text."""

    width: float
    text: str
    draw: Callable[[Canvas, float, float], None]


class Section(NamedTuple):
    """Entries under one heading."""

    heading: str
    entries: tuple[Entry, ...]


class Paint(NamedTuple):
    """How a box looks, by which a legend knows it."""

    fill: str
    pattern: str


class Used(NamedTuple):
    """What drawings use, as far as a legend explains it."""

    boxes: frozenset[tuple[str, Paint]] = frozenset()
    """Roles of boxes, each with its paint."""
    badges: frozenset[str] = frozenset()
    """Letters of badges."""
    repeats: bool = False
    dashed: bool = False
    """Whether some calls leave out what is drawn."""
    opened: frozenset[tuple[Paint, str]] = frozenset()
    """Paints of modules that panels show open, each with the place where these stand."""
    closed: frozenset[Paint] = frozenset()
    symbols: frozenset[str] = frozenset()
    """Signs of merges."""
    colors: tuple[tuple[Paint, str, str], ...] = ()
    """What a paint means, where a spec says it: the paint, its color, the meaning."""

    @property
    def paints(self) -> set[Paint]:
        """How the boxes look."""
        return {paint for _, paint in self.boxes}

    def where(self, paints: Collection[Paint]) -> str:
        """``below``, or ``beside``, or both: where panels of these paints stand."""
        places = {place for paint, place in self.opened if paint in paints}
        return " or ".join(place for place in PLACES if place in places)


def paint_of(shape: Shape | Colors) -> Paint:
    """How a box looks, or one of these colours."""
    return Paint(shape.fill, shape.pattern)


def used_in(items: Sequence[Item], style: Style, colors: Mapping[str, str] = NOTHING) -> Used:
    """What the drawing of one network uses; ``colors`` are what its spec says that they mean."""
    drawn = list(leaves(items))
    shapes = [leaf for leaf in drawn if isinstance(leaf, Shape)]
    groups = list(groups_in(items))
    where = place_of_panels(style, groups)
    panels = {group.name for group in groups if group.role == "panel"}
    modules = {
        (group.name in panels, paint_of(shape))
        for group in groups
        if group.role == "module"
        for shape in group.items
        if isinstance(shape, Shape) and shape.form == "rect"
    }
    used = Used(
        frozenset((shape.role, paint_of(shape)) for shape in shapes if shape.role in BOXES),
        frozenset(
            letters
            for shape in shapes
            if shape.role in (*SIGNS, ALTERNATIVES)
            for letters in "".join(shape.lines).split("/")
        ),
        any(leaf.role == "bracket" for leaf in drawn),
        any(shape.dash for shape in shapes),
        frozenset((paint, where) for opened, paint in modules if opened),
        frozenset(paint for opened, paint in modules if not opened),
        frozenset(sign for shape in shapes if shape.role == ROLE for sign in shape.lines),
    )
    meant = [(paint_of(style.role(color)), color, text) for color, text in colors.items()]
    return used._replace(colors=tuple(row for row in meant if row[0] in used.paints))


def place_of_panels(style: Style, drawn: Sequence[Group] = ()) -> str:
    """Where panels stand, seen from the main row; ``drawn``: where both are drawn, in which."""
    if not style.flow.vertical:
        return PLACES[0]
    rows = shapes_in(group for group in drawn if group.role == "row")
    panels = shapes_in(group for group in drawn if group.role == "panel")
    bottom = max((shape.y + shape.height for shape in rows), default=inf)
    return PLACES[bottom > min((shape.y for shape in panels), default=-inf)]


def used_by_all(parts: Sequence[Used]) -> Used:
    """What several networks use; a colour means what all that have it say that it means."""
    rows = dict.fromkeys(row for part in parts for row in part.colors)
    agreed = [
        row for row in rows if all(row in part.colors for part in parts if row[0] in part.paints)
    ]
    boxes, badges, repeats, dashed, opened, closed, symbols, _ = zip(*parts, strict=True)
    return Used(
        frozenset().union(*boxes),
        frozenset().union(*badges),
        any(repeats),
        any(dashed),
        frozenset().union(*opened),
        frozenset().union(*closed),
        frozenset().union(*symbols),
        tuple(agreed),
    )


def legend_sections(style: Style, used: Used) -> list[Section]:
    """The sections of the legend of a drawing."""
    small = style._replace(unit=style.unit * SCALE)
    meant = {paint: text for paint, _, text in used.colors}
    layers, told = [], set[Paint]()
    for role, text in LAYERS:
        paint = paint_of(style.role(role))
        if (role, paint) in used.boxes and (role != "input" or paint in meant):
            told.add(paint)
            bar = role == "dense" and not style.flow.vertical
            layers.append(box_entry(small, (role,), meant.get(paint, text), bar))
    activations = badge_entries(small, ACTIVATIONS.values(), used.badges, ("activation",))
    functions = badge_entries(small, NORMS.values(), used.badges, ("function",))
    functions += badge_entries(small, ACTIVATIONS.values(), used.badges, ("function",))
    colors = [
        box_entry(small, (color,), text) for paint, color, text in used.colors if paint not in told
    ]
    sections = [
        Section("Layers", tuple(layers)),
        Section("Merges", tuple(symbol_entries(small, used.symbols))),
        Section("Activations", tuple(activations)),
        Section("Other functions", tuple(functions)),
        Section("Modules", tuple(module_entries(small, used, meant))),
        Section("Colours", tuple(colors)),
        Section("Repeats", (repeat_entry(small),) if used.repeats else ()),
        Section("Variants", (dashed_entry(small),) if used.dashed else ()),
    ]
    return [section for section in sections if section.entries]


def module_entries(style: Style, used: Used, meant: Collection[Paint]) -> list[Entry]:
    """Whether modules are shown open, for the colours of which no spec says what they mean."""
    names: dict[Paint, str] = {}
    for role in (*MODULE_COLORS, *style.theme.roles):
        names.setdefault(paint_of(style.role(role)), role)
    opened = {paint for paint, _ in used.opened}
    own = sorted({*opened, *used.closed} - {*names})
    texts: dict[str, list[str]] = {}
    for paint, color in [*names.items(), *((paint, paint.fill) for paint in own)]:
        if paint in meant or paint not in opened | used.closed:
            continue
        shown = f"shown open {used.where((paint,))}"
        text = f"module, {shown}" if paint not in used.closed else "module"
        if paint in opened & used.closed:
            text = f"module, some {shown}"
        texts.setdefault(text, []).append(color)
    return [box_entry(style, colors, text) for text, colors in texts.items()]


def whole_legend(style: Style) -> list[Section]:
    """The sections of the legend on its own: every colour, every badge."""
    roles = [*(role for role, _ in LAYERS if role != "input"), *MODULE_COLORS]
    paints = {role: paint_of(style.role(role)) for role in roles}
    badges = {badge.text for badge in (*NORMS.values(), *ACTIVATIONS.values())}
    opened = frozenset((paints[role], place_of_panels(style)) for role in MODULE_COLORS)
    used = Used(frozenset(paints.items()), frozenset(badges), True, True, opened)
    used = used._replace(symbols=frozenset(SYMBOLS.values()))
    return legend_sections(style, used)


def box_entry(style: Style, colors: Sequence[str], text: str, bar: bool = False) -> Entry:
    """One small box for each role or ``#rrggbb``, and what they mean."""
    width, height = style.px(0.45 if bar else 1.5), style.px(1.3 if bar else 0.8)

    def draw(canvas: Canvas, x: float, y: float) -> None:
        for index, color in enumerate(colors):
            role = color if color in style.theme.roles else "module"
            left, top = x + index * (width + style.px(0.3)), y - height / 2
            box = box_shape(canvas, style, left, top, width, height, role, color=color)
            canvas.front.append(box)

    return Entry(len(colors) * (width + style.px(0.3)) - style.px(0.3), text, draw)


def dashed_entry(style: Style) -> Entry:
    """A box with the outline of what not all calls have."""
    width, height = style.px(1.5), style.px(0.8)

    def draw(canvas: Canvas, x: float, y: float) -> None:
        size = (width, height)
        box = box_shape(canvas, style, x, y - height / 2, *size, "other", dashed=True)
        canvas.front.append(box._replace(role="dashed"))

    return Entry(width, "left out in some calls", draw)


def badge_entries(
    style: Style,
    table: Iterable[Badge],
    badges: Collection[str],
    roles: Sequence[str],
) -> list[Entry]:
    """An entry for each badge of ``table`` that is among ``badges``."""
    entries: list[Entry] = []
    seen: set[str] = set()
    strict = style.room.least_badge >= style.room.badge_label  # no letter may be smaller
    large = style._replace(unit=style.unit / SCALE * (1.0 if strict else 0.9))
    for badge in table:
        text, role = badge.text, badge.role
        if role not in roles or text not in badges or text in seen:
            continue
        seen.add(text)
        width = badge_width(large, text)

        def draw(
            canvas: Canvas, x: float, y: float, middle: float = width / 2, badge: Badge = badge
        ) -> None:
            shape = badge_shape(canvas, large, x + middle, y, badge.text, badge.role)
            canvas.front.append(shape)

        entries.append(Entry(width, badge.title, draw))
    return entries


def symbol_entries(style: Style, symbols: Collection[str]) -> list[Entry]:
    """An entry for each sign of a merge that is among ``symbols``."""
    large = Style(style.theme, style.unit / SCALE * 0.8, room=style.room)
    width = large.px(DIAMETER)
    entries: dict[str, Entry] = {}
    for label, sign in SYMBOLS.items():
        if sign in symbols and sign not in entries:

            def draw(canvas: Canvas, x: float, y: float, sign: str = sign) -> None:
                canvas.front.append(symbol_shape(canvas, large, x, y, sign))

            entries[sign] = Entry(width, label, draw)
    return list(entries.values())


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
