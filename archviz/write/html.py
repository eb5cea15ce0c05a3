"""HTML: one self-contained page of networks that works from a file and asks no server.

Its figures are cut by :mod:`archviz.write.html_parts`; templates, style and script stand in
``templates/page.*.j2``.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.scene.chosen_font import chosen_families
from archviz.scene.scene import Scene
from archviz.write.html_parts import Palette, View, make_view, new_slug, patterns_of
from archviz.write.templates import render_template
from archviz.write.web_fonts import css_families, web_fonts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OTHERS = "Others"
"""What have no family."""
FONT_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "fonts")


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
    dataset: str = ""
    """Of what examples the accuracies are."""
    stated: str = ""
    """Who states them."""
    family: str = ""
    appendix: bool = False
    dark: Scene | None = None


class HtmlExtra(NamedTuple):
    """A further picture with a section of its own: the timeline, the legend."""

    title: str
    scene: Scene
    dark: Scene | None = None


def html_figure(info: Mapping[str, Any], scene: Scene, **more: Any) -> HtmlFigure:
    """A figure from what :func:`archviz.network.report.info_data` tells of its network.

    ``more`` is what that leaves out: ``dark``, ``appendix``, and what is said of accuracy.
    """
    totals, auxiliary = info["totals"], info["with_auxiliary"]
    texts = (
        "name",
        "title",
        "year",
        "brought",
        "paper",
        "authors",
        "venue",
        "link",
        "source",
        "family",
    )
    counts = ("parameters", "trainable", "non_trainable", "macs", "depth")
    return HtmlFigure(
        **{key: info[key] for key in texts},
        **{key: totals[key] for key in counts},
        input=", ".join("×".join(map(str, shape)) for shape in info["inputs"]),
        with_auxiliary=auxiliary["parameters"] if auxiliary else None,
        scene=scene,
        **more,
    )


def write_html(
    figures: Sequence[HtmlFigure], extras: Sequence[HtmlExtra] = (), *, title: str
) -> str:
    """The page: an index, the ``figures`` in their order, a table of them, the ``extras``.

    Where families have two figures or more on average, they stand together.
    """
    families = by_family(figures)
    figures = [item for _, members in families for item in members]
    palette = Palette()
    taken: set[str] = set()
    own = not chosen_families()
    views = [
        make_view(
            item.scene, item.dark, new_slug(item.name, taken), item.title, palette, own
        )._replace(figure=item, stats=_stats(item), facts=_facts(item), meta=_meta(item))
        for item in figures
    ]
    rest = iter(views)
    others = [
        make_view(item.scene, item.dark, new_slug(item.title, taken), item.title, palette, own)
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
        faces=web_fonts(scenes),
        letters=css_families(scenes[0]) if scenes else "",
    )
    return render_template(
        "page.html.j2",
        title=title,
        style=style,
        script=script,
        script_hash=_sha256(script),
        views=views,
        families=[(name, [next(rest) for _ in members]) for name, members in families],
        extras=others,
        patterns=patterns_of(scenes),
        span=_span(figures),
        openable=any(view.of("panel") for view in views),
    )


def by_family(figures: Sequence[HtmlFigure]) -> list[tuple[str, list[HtmlFigure]]]:
    """The figures by families, in the order of their first ones; all under no name, if few do."""
    found: dict[str, list[HtmlFigure]] = {}
    for item in figures:
        found.setdefault(item.family or OTHERS, []).append(item)
    if 1 < len(found) <= len(figures) / 2:
        return [*found.items()]
    return [("", [*figures])]


def _told(view: View, figure: HtmlFigure) -> View:
    """The view of a network with what the page tells of it."""
    stats, facts = _stats(figure), _facts(figure)
    return view._replace(figure=figure, stats=stats, facts=facts, meta=_meta(figure))


def _stats(figure: HtmlFigure) -> list[tuple[str, str]]:
    """The few large numbers beside a title."""
    values = {
        "parameters": short(figure.parameters),
        "multiply-adds": short(figure.macs),
        "depth": short(figure.depth),
        f"top-1{_elsewhere(figure)}": percent(figure.top1),
    }
    return [(name, text) for name, text in values.items() if text]


def _meta(figure: HtmlFigure) -> str:
    """What a network is found by: its words, and its numbers as one types them: ``25.6M``."""
    who = (figure.family, figure.authors, figure.paper, figure.venue)
    texts = (figure.title, figure.year or "", *who)
    numbers = (text.replace("\u00a0", "") for _, text in (*_stats(figure), *_facts(figure)))
    return " ".join(map(str, (*texts, figure.brought, *numbers)))


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
    values[f"Top-5 accuracy{_elsewhere(figure)}"] = percent(figure.top5)
    return [(name, text) for name, text in values.items() if text]


def _elsewhere(figure: HtmlFigure) -> str:
    """Where an accuracy is not that on ImageNet: on what it is."""
    return f" on {figure.dataset}" if figure.dataset not in ("", "ImageNet") else ""


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


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _font(name: str) -> str:
    """A bundled font in base64."""
    with open(os.path.join(FONT_FOLDER, name), "rb") as file:
        return base64.b64encode(file.read()).decode("ascii")
