"""Slides that show several networks at once: the timeline and the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archviz.layout.densities import Density, slide_theme
from archviz.layout.slide_frame import centred, lead_height, slide_heading, slide_scene
from archviz.layout.style import Style
from archviz.layout.table import keras_pages
from archviz.layout.timeline import timeline_pages
from archviz.network.head import Head
from archviz.scene.scene import Item, Scene
from archviz.scene.slide_form import SlideForm
from archviz.scene.theme import Theme

LABELS = (0.37, 0.42, 0.46)
"""The label of a slide's density, the roomiest first."""


def timeline_slides(heads: Sequence[Head], theme: Theme, form: SlideForm) -> list[Scene]:
    """The timeline on as few slides as have room for it; each but the first says its years."""
    about = "When the networks were first public: as a preprint, at a conference or as a model."
    height = form.below(lead_height(about, "", form))[1]
    ways = []
    for label in LABELS:
        slide = slide_theme(theme, density=Density(label))
        style = Style(slide, slide.metric("unit"))
        ways.append(timeline_pages(heads, style, form.inner, height))
    pages = min(ways, key=len)

    def slides() -> Iterator[Scene]:
        seen = set[str]()
        for years, items in pages:
            title = "Timeline" if len(pages) == 1 else f"Timeline, {years}"
            title += ", continued" if years in seen else ""
            seen.add(years)

            yield overview_slide(items, about, title, theme, form)

    return [*slides()]


def table_slides(heads: Sequence[Head], theme: Theme, form: SlideForm) -> list[Scene]:
    """The table of the networks that Keras ships, its header on each of its slides."""
    slide = slide_theme(theme)
    style = Style(slide, slide.metric("unit"))
    about = "Weights, accuracy on ImageNet, parameters and depth of those that Keras ships."
    height = form.below(lead_height(about, "", form))[1]
    pages = keras_pages(heads, style, form.inner * 0.86, height)
    return [
        overview_slide(
            items, about, "Networks in Keras" + ", continued" * (number > 0), theme, form
        )
        for number, items in enumerate(pages)
    ]


def overview_slide(
    shown: Sequence[Item], about: str, title: str, theme: Theme, form: SlideForm
) -> Scene:
    """A slide of the timeline, of a table or of a chart."""

    def items() -> Iterator[Item]:
        yield from slide_heading(title, about, "", theme, form)
        yield from centred(shown, form, lead_height(about, "", form))

    return slide_scene(title, about, theme, form, items())
