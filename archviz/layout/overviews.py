"""Slides that show several networks at once: the timeline and the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archviz.layout.canvas import rounded
from archviz.layout.sheet import moved
from archviz.layout.slides import (
    BOTTOM,
    MARGIN,
    SLIDE_HEIGHT,
    TOP,
    Density,
    slide_heading,
    slide_theme,
)
from archviz.layout.style import Style
from archviz.layout.table import keras_pages
from archviz.layout.timeline import timeline_pages
from archviz.network.head import Head
from archviz.scene.scene import Item, Scene, extent
from archviz.scene.theme import Theme

HEIGHT = SLIDE_HEIGHT - TOP - BOTTOM
"""Pixels under the heading."""
LABELS = (0.37, 0.42, 0.46)
"""The label of a slide's density, the roomiest first."""


def slide_scene(title: str, about: str, theme: Theme, width: float, items: Iterator[Item]) -> Scene:
    """A slide of what stands in it."""
    return Scene(width, SLIDE_HEIGHT, title, about, theme.color("page"), tuple(items))


def centred(items: Sequence[Item], width: float) -> Iterator[Item]:
    """Items moved to the middle of the room under a slide's heading."""
    left, top, right, bottom = extent(items)
    dx = rounded((width - (right - left)) / 2 - left)
    dy = rounded(TOP + max(0.0, (HEIGHT - (bottom - top)) * 0.42) - top)
    for item in items:
        yield moved(item, dx, dy)


def timeline_slides(heads: Sequence[Head], theme: Theme, width: float) -> list[Scene]:
    """The timeline on as few slides as have room for it; each but the first says its years."""
    ways = []
    for label in LABELS:
        slide = slide_theme(theme, density=Density(label))
        style = Style(slide, slide.metric("unit"))
        ways.append(timeline_pages(heads, style, width - 2 * MARGIN, HEIGHT))
    pages = min(ways, key=len)
    about = "When the networks were first public: as a preprint, at a conference or as a model."

    def slides() -> Iterator[Scene]:
        seen = set[str]()
        for years, items in pages:
            title = "Timeline" if len(pages) == 1 else f"Timeline, {years}"
            title += ", continued" if years in seen else ""
            seen.add(years)

            yield overview_slide(items, about, title, theme, width)

    return [*slides()]


def table_slides(heads: Sequence[Head], theme: Theme, width: float) -> list[Scene]:
    """The table of the networks that Keras ships, its header on each of its slides."""
    slide = slide_theme(theme)
    style = Style(slide, slide.metric("unit"))
    about = "Weights, accuracy on ImageNet, parameters and depth of those that Keras ships."
    pages = keras_pages(heads, style, (width - 2 * MARGIN) * 0.86, HEIGHT)
    return [
        overview_slide(
            items, about, "Networks in Keras" + ", continued" * (number > 0), theme, width
        )
        for number, items in enumerate(pages)
    ]


def overview_slide(
    shown: Sequence[Item], about: str, title: str, theme: Theme, width: float
) -> Scene:
    """A slide of the timeline, of a table or of a chart."""

    def items() -> Iterator[Item]:
        yield from slide_heading(title, about, "", theme, width)
        yield from centred(shown, width)

    return slide_scene(title, about, theme, width, items())
