"""The legend of what slides use, on slides of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from archviz.layout.canvas import Canvas
from archviz.layout.legend import Section, Used, legend_sections
from archviz.layout.legend_places import place_columns
from archviz.layout.slide_frame import centred, lead_height, listed, slide_heading, slide_scene
from archviz.layout.style import Style
from archviz.scene.scene import Group, Item, Scene
from archviz.scene.slide_form import SlideForm

ABOUT_LEGEND = "What the colours, badges and brackets of the figures mean."


def legend_slides(used: Used, style: Style, form: SlideForm, about: str) -> list[Scene]:
    """The legend of what the slides use, on as few slides as hold it."""
    sections = legend_sections(style, used)

    def fits(part: Sequence[Section]) -> bool:
        length, height = place_columns(part, Canvas("measured"), style, form.inner)
        return length <= form.inner and height <= form.below(lead_height(about, "", form))[1]

    for count in range(len(sections)):
        for cuts in combinations(range(1, len(sections)), count):
            edges = pairwise((0, *cuts, len(sections)))
            parts = [sections[start:stop] for start, stop in edges]
            if all(fits(part) for part in parts) or count == len(sections) - 1:
                first = parts[0]
                return [_legend_slide(part, style, form, about * (part is first)) for part in parts]
    return []


def _legend_slide(sections: Sequence[Section], style: Style, form: SlideForm, about: str) -> Scene:
    """A slide with sections of the legend; ``about`` stands on the first."""
    canvas = Canvas("legend")
    place_columns(sections, canvas, style, form.inner)
    group = Group("legend", "legend", "Legend", items=canvas.items())
    headings = [section.heading for section in sections]
    title = "Legend" if about else f"Legend: {listed([heading.lower() for heading in headings])}"

    def items() -> Iterator[Item]:
        yield from slide_heading(title, about, "", style.theme, form)
        yield from centred((group,), form, lead_height(about, "", form))

    return slide_scene(title, ABOUT_LEGEND, style.theme, form, items())
