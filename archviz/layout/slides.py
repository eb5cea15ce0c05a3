"""Slides: a network on as many pages of a fixed shape as it takes, no label below 12 pt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archviz.errors import fail
from archviz.layout.densities import COMPACT, FULL, LEAST_TEXT, Density, slide_style, slide_theme
from archviz.layout.page import describe_network, heading_text
from archviz.layout.sheet import Sheet
from archviz.layout.slide_fitting import Slide, Wanted, slides_of
from archviz.layout.slide_frame import (
    LEAST_TITLE,
    centred,
    lead_height,
    listed,
    slide_heading,
    slide_scene,
)
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Item, Scene
from archviz.scene.slide_form import SLIDE_HEIGHT, SlideForm, own_form
from archviz.scene.text import text_width
from archviz.scene.theme import Theme

__all__ = ("COMPACT", "FULL", "LEAST_TEXT", "SLIDE_HEIGHT", "Density", "slide_style", "slide_theme")
ABOVE = 0.45
"""Of what is free above and below a figure."""


def network_slides(
    network: Network,
    analysis: Analysis,
    theme: Theme,
    aspect: float = 16 / 9,
    detail: tuple[str, ...] = (),
    form: SlideForm | None = None,
) -> list[Scene]:
    """The slides of a network, 7.5 inches high and ``aspect`` times as wide, or of a form.

    ``detail``: what is printed at each layer, of :data:`archviz.looks.DETAILS`.

    Raises:
        ArchvizError: not even the smallest scale makes a part of it fit.
    """
    form = form or own_form(aspect)
    aside = f"{analysis.totals.parameters:,} parameters"
    lead = lead_height(network.head.brought, aside, form)
    wanted = Wanted(network, analysis, theme, form, detail, lead)
    slides = slides_of(wanted)
    if not slides:
        raise fail(
            network.head.name,
            "a box or a panel of this network is too large for any slide",
            "break it up into modules, or write another format, such as svg",
        )
    last = max(number for number, slide in enumerate(slides) if slide.chapter.lines)
    titles = _titles(network, slides, form)
    return [
        _scene(wanted, slide, titles[number], (number == 0, number == last))
        for number, slide in enumerate(slides)
    ]


def _scene(wanted: Wanted, slide: Slide, title: str, parts_of_row: tuple[bool, bool]) -> Scene:
    """One slide: heading above, what it shows centred in the room below."""
    network, analysis, chapter = wanted.network, wanted.analysis, slide.chapter
    style, form, first = slide.style, wanted.form, parts_of_row[0]
    sheet = Sheet(style, style.flow.lies(form.inner, form.room[3])[0])
    if chapter.lines:
        sheet.row(chapter.lines, *parts_of_row)
    for row in chapter.rows:
        sheet.panels(row)
    sheet.notes(chapter.notes, form.inner, alone=True)
    shown = _shown(slide)
    about = describe_network(network, analysis, () if parts_of_row[0] and not shown else shown)
    aside = f"{analysis.totals.parameters:,} parameters" if first else ""
    line = network.head.brought if first else ""

    def items() -> Iterator[Item]:
        yield from slide_heading(title, line, aside, style.theme, form)
        yield from centred(sheet.items, form, slide.lead, ABOVE)

    return slide_scene(title, about, style.theme, form, items())


def _shown(slide: Slide) -> list[str]:
    """What a slide shows, by name."""
    return [panel.module.title for row in slide.chapter.rows for panel in row]


def _titles(network: Network, slides: Sequence[Slide], form: SlideForm) -> list[str]:
    """A title for each slide: the network's, and behind it what the others show."""
    whole, name = heading_text(network), network.head.title
    titles = [whole]
    for slide in slides[1:]:
        shown = _shown(slide)
        named = [*(["main row, continued"] * bool(slide.chapter.lines)), *map(_inside, shown)]
        named = named or ["notes"]
        ways = [listed(named), f"{named[0]} to {named[-1]}", f"part {len(titles) + 1}"]
        wide = [text_width(f"{name}: {way}", LEAST_TITLE, bold=True) for way in ways]
        fits = [way for way, width in zip(ways, wide, strict=True) if width <= form.title[2]]
        titles.append(f"{name}: {fits[0] if fits else ways[-1]}")
    seen: dict[str, int] = {}
    for number, title in enumerate(titles):
        count = seen[title] = seen.get(title, 0) + 1
        titles[number] += f" ({count})" if count > 1 else ""
    return titles


def _inside(name: str) -> str:
    """A panel's title within a sentence: a plain word begins with a small letter."""
    first, *_ = name.split() or [""]
    return name[:1].lower() + name[1:] if first[1:].islower() and first.isalpha() else name
