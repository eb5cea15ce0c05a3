"""A figure of an HTML page, cut into parts: its main row, each module's panel, its legend.

Each is an inline SVG that keeps the figure's coordinates: the page opens a panel when its
module's box is clicked, and puts the parts together again to save the figure. The drawing
itself is :func:`archviz.write.svg.operations`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from archviz.scene.scene import Group, Scene, Shape, Text, extent, groups_in
from archviz.write.html_way import packed_way
from archviz.write.svg import number, operations
from archviz.write.svg_steps import Step, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PAD = 10.0
"""Pixels round a part: half an outline, and its shadow."""
CONTAINERS = ("row", "panel", "notes", "legend", "heading", "auxiliary")
"""Roles of groups that hold layers and are none."""
EAR = 9.0
"""Side of the folded corner that marks a box which opens a panel."""


class Palette:
    """Pairs of a light and a dark colour, as custom properties of the page's style."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, str], str] = {}

    def color(self, light: str, dark: str) -> str:
        """What stands for the pair: the colour itself where both are the same."""
        light, dark = light or "#000000", dark or "#000000"
        if light == dark or not re.fullmatch("(#[0-9a-f]{6}){2}", light + dark):
            return light
        return f"var(--{self.names.setdefault((light, dark), f'c{len(self.names)}')})"

    def values(self, index: int) -> dict[str, str]:
        """Name to light (0) or dark (1) colour."""
        return {name: pair[index] for pair, name in self.names.items()}


class FigurePart(NamedTuple):
    """A piece of a figure: which items of the scene, where they stand, what draws them.

    Most of its letters have the ``size``, most of its lines the width of ``line``.
    """

    id: str
    role: str
    name: str
    items: tuple[int, ...]
    view_box: str = ""
    width: str = ""
    swatch: str = ""
    size: str = ""
    line: str = ""
    embedded: bool = False
    """Whether its page surely has the letters, so that no text needs to state its length."""
    steps: tuple[Step, ...] = ()


class Cut(NamedTuple):
    """A figure on the table: its scenes, the panels by their modules, the page's colours."""

    scene: Scene
    dark: Scene | None
    panels: Mapping[str, Sequence[str]]
    palette: Palette
    embedded: bool


class View(NamedTuple):
    """A figure as the templates need it; a file that is saved of it has its ``name``."""

    id: str
    name: str
    title: str
    description: str
    width: str
    height: str
    ground: str
    row: str
    """Width of the main part; the page's scale is what fits it."""
    parts: tuple[FigurePart, ...]
    notes: tuple[str, ...]
    paired: bool
    way: str = ""
    """That of a value, packed."""
    figure: object = None
    """Of a network: what the page tells of it, in words, in large numbers and in exact ones."""
    stats: Sequence[tuple[str, str]] = ()
    facts: Sequence[tuple[str, str]] = ()
    meta: str = ""
    """What it is found by."""

    def of(self, *roles: str) -> list[FigurePart]:
        """Its parts of these roles."""
        return [part for part in self.parts if part.role in roles]


def make_view(
    scene: Scene, dark: Scene | None, slug: str, title: str, palette: Palette, embedded: bool
) -> View:
    """A scene cut into its parts; ``embedded``: see :class:`FigurePart`."""
    pair = dark if dark is not None and aligned(scene, dark) else None
    panels: dict[str, list[str]] = {}
    main: list[int] = []
    parts: list[FigurePart] = []
    taken = {"row"}
    for index, item in enumerate(scene.items):
        role = item.role if isinstance(item, Group) else ""
        part = FigurePart("", role, "", (index,))
        if isinstance(item, Group) and role == "panel":
            part = part._replace(id=f"{slug}/{new_slug(item.name, taken)}", name=item.name)
            panels.setdefault(item.name, []).append(part.id)
            parts.append(part)
        elif role in ("notes", "legend") and len(scene.items) > 1:
            parts.append(part._replace(id=f"{slug}/{new_slug(role, taken)}"))
        else:
            main.append(index)
    if main:
        parts.insert(0, FigurePart(f"{slug}/row", "row", "", tuple(main)))
    parts = [drawn(part, Cut(scene, pair, panels, palette, embedded)) for part in parts]
    ground = scene.background or "#ffffff"
    layers = (part for role in ("row", "panel") for part in parts if part.role == role)
    keys = [key for part in layers for key in _layer_keys(scene, part, panels)]
    return View(
        id=slug,
        name=slug,
        title=title,
        description=scene.description,
        width=number(scene.width),
        height=number(scene.height),
        parts=tuple(parts),
        ground=palette.color(ground, pair.background if pair else ground),
        row=parts[0].width if main else number(scene.width),
        notes=tuple(_notes(scene)),
        paired=pair is not None,
        way=packed_way(scene, keys),
    )


def drawn(part: FigurePart, cut: Cut) -> FigurePart:
    """A part with its box and the steps that draw it."""
    steps = [step for index in part.items for step in _steps(cut, index)]
    left, top, right, bottom = extent([cut.scene.items[index] for index in part.items])
    width, height = number(right - left + 2 * PAD), number(bottom - top + 2 * PAD)
    return part._replace(
        view_box=f"{number(left - PAD)} {number(top - PAD)} {width} {height}",
        width=width,
        swatch=_swatch(part.name, cut) if part.role == "panel" else "",
        size=_usual(step.values["size"] for step in steps if step.do == "text"),
        line=_usual(step.values["width"] for step in steps if step.values.get("stroke")),
        embedded=cut.embedded,
        steps=tuple(steps),
    )


def _layer_keys(
    scene: Scene, part: FigurePart, panels: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The keys of the layers of a part, in the order in which they are drawn."""
    for group in groups_in([scene.items[index] for index in part.items]):
        mark = _mark(group, panels)
        if mark["label"] or mark["opens"]:
            yield group.key


def new_slug(name: str, taken: set[str]) -> str:
    """A new id of a-z, 0-9 and hyphens made of ``name``."""
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "figure"
    slug, count = base, 1
    while slug in taken:
        count += 1
        slug = f"{base}-{count}"
    taken.add(slug)
    return slug


def _usual(values: Iterable[str]) -> str:
    """The value that there is most often, the first of these; 0 where there is none."""
    counts = Counter(values)
    return max(counts, key=counts.__getitem__, default="0")


def _swatch(module: str, cut: Cut) -> str:
    """The colour of a module's boxes; of what is none, the tint of its panel."""
    for role in ("module", "panel"):
        twins = groups_in((cut.dark or cut.scene).items)
        for group, twin in zip(groups_in(cut.scene.items), twins, strict=True):
            if group.role == role and group.name == module:
                for shape, other in zip(group.items, twin.items, strict=False):
                    if isinstance(shape, Shape) and isinstance(other, Shape):
                        return cut.palette.color(shape.fill, other.fill)
    return "#808080"


def _steps(cut: Cut, index: int) -> Iterator[Step]:
    """The steps that draw one item, its groups marked up and its colours paired."""
    steps = drawing(cut.scene, index)
    twins = drawing(cut.dark, index) if cut.dark else steps
    groups = groups_in((cut.scene.items[index],))
    ears: list[str] = []
    for step, twin in zip(steps, twins, strict=True):
        if step.do == "open":
            mark = _mark(next(groups), cut.panels)
            ears.append(mark["ear"])
            yield Step("open", mark)
            continue
        if step.do == "close" and (ear := ears.pop()):
            yield Step("ear", {"d": ear})
        values = dict(step.values)
        for key in ("fill", "stroke"):
            if values.get(key) or (step.do == "text" and key == "fill"):
                values[key] = cut.palette.color(values[key], twin.values[key])
        yield Step(step.do, values)


def drawing(scene: Scene, index: int) -> list[Step]:
    """The steps of one item of a scene; patterns are the page's, not the item's."""
    alone = scene._replace(items=(scene.items[index],))
    return [step for step in operations(alone) if step.do != "pattern"]


def aligned(scene: Scene, dark: Scene) -> bool:
    """Whether two scenes are the same drawing in other colours."""
    if len(scene.items) != len(dark.items):
        return False
    return all(
        [plain(step) for step in drawing(scene, index)]
        == [plain(step) for step in drawing(dark, index)]
        for index in range(len(scene.items))
    )


def patterns_of(scenes: Sequence[Scene]) -> list[Step]:
    """Every hatching once: all figures of a page share them."""
    steps = [step for scene in scenes for step in operations(scene) if step.do == "pattern"]
    return list({tuple(step.values.items()): step for step in steps}.values())


def _mark(group: Group, panels: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What the page has to know of a group: its card, and the panels that it opens."""
    opens = panels.get(group.name, ()) if group.role == "module" else ()
    label = "" if group.role in CONTAINERS else group.detail or group.name
    values = {"label": label, "opens": " ".join(opens), "ear": ""}
    shapes = [item for item in group.items if isinstance(item, Shape)]
    if opens and shapes:
        right, bottom = shapes[0].x + shapes[0].width, shapes[0].y + shapes[0].height
        corner = f"M{number(right)} {number(bottom - EAR)}V{number(bottom)}"
        values["ear"] = f"{corner}H{number(right - EAR)}z"
    return values


def _notes(scene: Scene) -> Iterator[str]:
    """Each notes group as running text: its lines were broken for the figure's width."""
    for item in scene.items:
        if isinstance(item, Group) and item.role == "notes":
            yield " ".join(text.text for text in item.items if isinstance(text, Text))
