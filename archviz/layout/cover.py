"""The cover of a deck: its title, who shows it and when, and the networks in it."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.canvas import Canvas, Port
from archviz.layout.densities import slide_theme
from archviz.layout.glyphs import box_shape
from archviz.layout.slide_frame import slide_scene
from archviz.layout.style import Style
from archviz.network.head import Head
from archviz.scene.scene import Group, Page
from archviz.scene.slide_form import MARGIN, Cover, SlideForm
from archviz.scene.text import LINE_HEIGHT, clip, paragraph
from archviz.scene.theme import Theme

DECK_TITLE = "Neural networks, drawn by their structure"
TITLE, SPEAKER, NAMES = 50.0, 24.0, 20.0
"""Pixels of the letters of a cover."""
MOST_NAMES = 4
"""Lines of names; more networks are counted."""
ROLES = ("input", "conv", "pool", "yellow", "green", "orange", "merge", "dense")
"""Of the boxes of its ornament."""


def cover_page(heads: Sequence[Head], theme: Theme, form: SlideForm, cover: Cover) -> Page:
    """The cover of a deck of networks; a template of a house draws its own ornament."""
    title, canvas = cover.title or DECK_TITLE, Canvas("title")
    text, muted = theme.color("text"), theme.color("caption")
    middle, y = form.width / 2, form.height * 0.35
    for line in paragraph(title, form.width - 4 * MARGIN, TITLE, bold=True)[:2]:
        canvas.text(middle, y, line, TITLE, text, bold=True, role="slide-title")
        y += TITLE * LINE_HEIGHT
    speaker = " · ".join(filter(None, (cover.author, cover.date)))
    if speaker:
        room = form.width - 4 * MARGIN
        canvas.text(middle, y, clip(speaker, room, SPEAKER), SPEAKER, text, role="subtitle")
        y += SPEAKER * 1.6
    y += 10
    names = ", ".join(head.title for head in heads)
    lines = paragraph(f"{names}.", form.width - 6 * MARGIN, NAMES) if names else []
    if len(lines) > MOST_NAMES:
        lines = [_counted(heads)]
    for line in lines:
        canvas.text(middle, y, line, NAMES, muted, role="subtitle")
        y += NAMES * 1.4
    if not form.placed:
        _ornament(canvas, theme, form)
    group = Group("title", "cover", title, items=canvas.items())
    about = f"In this deck: {names}." if names else title
    scene = slide_scene(title, about, theme, form, iter((group,)))
    return Page(scene, title, about)


def _counted(heads: Sequence[Head]) -> str:
    """How many networks a deck has, and of which years, where their names are too many."""
    years = sorted(head.year for head in heads if head.year)
    span = [str(year) for year in dict.fromkeys(years[:1] + years[-1:])]
    return f"{len(heads)} networks" + (f", {' to '.join(span)}" if span else "")


def _ornament(canvas: Canvas, theme: Theme, form: SlideForm) -> None:
    """A row of boxes at the foot of a cover of our own."""
    style = Style(slide_theme(theme), slide_theme(theme).metric("unit"))
    size, gap = style.px(1.5), style.px(0.62)
    x = (form.width - len(ROLES) * size - (len(ROLES) - 1) * gap) / 2
    ports: list[Port] = []
    for role in ROLES:
        box = box_shape(canvas, style, x, 560.0, size, style.px(0.9), role)
        canvas.group(Group(f"{box.id}-g", "ornament", role, items=(box,)))
        middle = box.y + box.height / 2
        if ports:
            canvas.arrow_into(ports, style, x, middle, box.id)
        ports = [Port(((x + size, middle),), source=box.id)]
        x += size + gap
