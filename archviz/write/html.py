"""HTML: one self-contained page of networks that works from a file and asks no server.

Every figure is cut into parts (its main row, each module's panel, its legend), each an
inline SVG that keeps the figure's coordinates: the page opens a panel when its module's
box is clicked, and puts the parts together again to save the figure. The drawing itself
is :func:`archviz.write.svg.operations`; templates, style and script stand in
``templates/page.*.j2``.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.scene.scene import Group, Item, Scene, Shape, Text, extent
from archviz.write.svg import Step, number, operations
from archviz.write.templates import render_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FONT_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "fonts")
PAD = 10.0
"""Pixels round a part: half an outline, and its shadow."""
CONTAINERS = ("row", "panel", "notes", "legend", "heading", "auxiliary")
"""Roles of groups that hold layers and are none."""
EAR = 9.0
"""Side of the folded corner that marks a box which opens a panel."""


class HtmlFigure(NamedTuple):
    """A network as the page shows it; what is empty or None is left out.

    ``dark`` is the same figure in a theme for dark grounds, drawn with the same options:
    the page then takes its colours in dark mode. Without it, or where it is laid out
    differently, the figure keeps its own ground.
    """

    name: str
    title: str
    scene: Scene
    year: int = 0
    brought: str = ""
    paper: str = ""
    authors: str = ""
    venue: str = ""
    link: str = ""
    source: str = ""
    input: str = ""
    parameters: int | None = None
    trainable: int | None = None
    non_trainable: int | None = None
    with_auxiliary: int | None = None
    macs: int | None = None
    depth: int | None = None
    top1: float | None = None
    top5: float | None = None
    appendix: bool = False
    dark: Scene | None = None


class HtmlExtra(NamedTuple):
    """A further picture with a section of its own: the timeline, the legend."""

    title: str
    scene: Scene
    dark: Scene | None = None


def html_figure(info: Mapping[str, Any], scene: Scene, **more: Any) -> HtmlFigure:
    """A figure from what :func:`archviz.network.report.info_data` tells of its network.

    ``more`` is what that leaves out: ``dark``, ``appendix``, ``top1`` and ``top5``.
    """
    totals, auxiliary = info["totals"], info["with_auxiliary"]
    texts = ("name", "title", "year", "brought", "paper", "authors", "venue", "link", "source")
    counts = ("parameters", "trainable", "non_trainable", "macs", "depth")
    return HtmlFigure(
        **{key: info[key] for key in texts},
        **{key: totals[key] for key in counts},
        input=", ".join("×".join(map(str, shape)) for shape in info["inputs"]),
        with_auxiliary=auxiliary["parameters"] if auxiliary else None,
        scene=scene,
        **more,
    )


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
    """A piece of a figure: which items of the scene, where they stand, what draws them."""

    id: str
    role: str
    name: str
    items: tuple[int, ...]
    view_box: str = ""
    width: str = ""
    swatch: str = ""
    steps: tuple[Step, ...] = ()


class Cut(NamedTuple):
    """A figure on the table: its scenes, the panels by their modules, the page's colours."""

    scene: Scene
    dark: Scene | None
    panels: Mapping[str, Sequence[str]]
    palette: Palette


class View(NamedTuple):
    """A figure as the templates need it."""

    id: str
    title: str
    description: str
    width: str
    height: str
    ground: str
    fonts: str
    row: str
    """Width of the main part; the page's scale is what fits it."""
    parts: tuple[FigurePart, ...]
    notes: tuple[str, ...]
    paired: bool
    figure: HtmlFigure | None = None
    stats: Sequence[tuple[str, str]] = ()
    facts: Sequence[tuple[str, str]] = ()

    def of(self, *roles: str) -> list[FigurePart]:
        """Its parts of these roles."""
        return [part for part in self.parts if part.role in roles]


def write_html(
    figures: Sequence[HtmlFigure], extras: Sequence[HtmlExtra] = (), *, title: str
) -> str:
    """The page: an index, the ``figures`` in their order, a table of them, the ``extras``."""
    palette = Palette()
    taken: set[str] = set()
    views = [
        make_view(item.scene, item.dark, _slug(item.name, taken), item.title, palette)._replace(
            figure=item, stats=_stats(item), facts=_facts(item)
        )
        for item in figures
    ]
    others = [
        make_view(item.scene, item.dark, _slug(item.title, taken), item.title, palette)
        for item in extras
    ]
    scenes = [figure.scene for figure in figures] + [extra.scene for extra in extras]
    script = render_template("page.js.j2")
    style = render_template(
        "page.css.j2",
        light=palette.values(0),
        dark=palette.values(1),
        regular=_font("Arimo-Regular.ttf"),
        bold=_font("Arimo-Bold.ttf"),
    )
    return render_template(
        "page.html.j2",
        title=title,
        style=style,
        script=script,
        script_hash=_sha256(script),
        views=views,
        extras=others,
        patterns=_patterns(scenes),
        span=_span(figures),
        openable=any(view.of("panel") for view in views),
    )


def make_view(scene: Scene, dark: Scene | None, slug: str, title: str, palette: Palette) -> View:
    """A scene cut into its parts."""
    pair = dark if dark is not None and aligned(scene, dark) else None
    panels: dict[str, list[str]] = {}
    main: list[int] = []
    parts: list[FigurePart] = []
    for index, item in enumerate(scene.items):
        role = item.role if isinstance(item, Group) else ""
        part = FigurePart(f"{slug}__{len(parts)}", role, "", (index,))
        if isinstance(item, Group) and role == "panel":
            panels.setdefault(item.name, []).append(part.id)
            parts.append(part._replace(name=item.name))
        elif role in ("notes", "legend") and len(scene.items) > 1:
            parts.append(part)
        else:
            main.append(index)
    if main:
        parts.insert(0, FigurePart(f"{slug}__row", "row", "", tuple(main)))
    parts = [drawn(part, Cut(scene, pair, panels, palette)) for part in parts]
    ground = scene.background or "#ffffff"
    return View(
        id=slug,
        title=title,
        description=scene.description,
        width=number(scene.width),
        height=number(scene.height),
        fonts=", ".join(scene.fonts),
        parts=tuple(parts),
        ground=palette.color(ground, pair.background if pair else ground),
        row=parts[0].width if main else number(scene.width),
        notes=tuple(_notes(scene)),
        paired=pair is not None,
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
        steps=tuple(steps),
    )


def _swatch(module: str, cut: Cut) -> str:
    """The colour of a module's boxes; of what is none, the tint of its panel."""
    for role in ("module", "panel"):
        twins = _groups((cut.dark or cut.scene).items)
        for group, twin in zip(_groups(cut.scene.items), twins, strict=True):
            if group.role == role and group.name == module:
                for shape, other in zip(group.items, twin.items, strict=False):
                    if isinstance(shape, Shape) and isinstance(other, Shape):
                        return cut.palette.color(shape.fill, other.fill)
    return "#808080"


def _steps(cut: Cut, index: int) -> Iterator[Step]:
    """The steps that draw one item, its groups marked up and its colours paired."""
    steps = drawing(cut.scene, index)
    twins = drawing(cut.dark, index) if cut.dark else steps
    groups = _groups((cut.scene.items[index],))
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
        [_plain(step) for step in drawing(scene, index)]
        == [_plain(step) for step in drawing(dark, index)]
        for index in range(len(scene.items))
    )


def _plain(step: Step) -> tuple[str, list[str]]:
    return step.do, [text for key, text in step.values.items() if key not in ("fill", "stroke")]


def _groups(items: Sequence[Item]) -> Iterator[Group]:
    """All groups in the order in which they are opened."""
    for item in items:
        if isinstance(item, Group):
            yield item
            yield from _groups(item.items)


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


def _patterns(scenes: Sequence[Scene]) -> list[Step]:
    """Every hatching once: all figures of the page share them."""
    steps = [step for scene in scenes for step in operations(scene) if step.do == "pattern"]
    return list({tuple(step.values.items()): step for step in steps}.values())


def _stats(figure: HtmlFigure) -> list[tuple[str, str]]:
    """The few large numbers beside a title."""
    values = {
        "parameters": short(figure.parameters),
        "multiply-adds": short(figure.macs),
        "depth": short(figure.depth),
        "top-1": percent(figure.top1),
    }
    return [(name, text) for name, text in values.items() if text]


def _facts(figure: HtmlFigure) -> list[tuple[str, str]]:
    """The exact numbers, below the figure."""
    counts = {
        "Parameters": figure.parameters,
        "Trainable": figure.trainable,
        "Non-trainable": figure.non_trainable,
        "With auxiliary heads": figure.with_auxiliary,
        "Multiply-adds": figure.macs,
    }
    values = {"Input": figure.input}
    values |= {name: f"{count:,}" for name, count in counts.items() if count}
    values["Top-5 accuracy"] = percent(figure.top5)
    return [(name, text) for name, text in values.items() if text]


def short(count: int | None) -> str:
    """A count in three digits, such as ``25.6 M``; nothing for None."""
    if count is None:
        return ""
    for power, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= power:
            value = count / power
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f}\u00a0{unit}"
    return str(count)


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal; nothing for None."""
    return "" if share is None else f"{100 * share:.1f}\u00a0%"


def _span(figures: Sequence[HtmlFigure]) -> str:
    """First and last year of publication: ``1998–2017``."""
    years = sorted({figure.year for figure in figures if figure.year})
    return "–".join(str(year) for year in dict.fromkeys((years[0], years[-1]))) if years else ""


def _slug(name: str, taken: set[str]) -> str:
    """A new id of a-z, 0-9 and hyphens made of ``name``."""
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "figure"
    slug, count = base, 1
    while slug in taken:
        count += 1
        slug = f"{base}-{count}"
    taken.add(slug)
    return slug


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _font(name: str) -> str:
    """A bundled font in base64."""
    with open(os.path.join(FONT_FOLDER, name), "rb") as file:
        return base64.b64encode(file.read()).decode("ascii")
