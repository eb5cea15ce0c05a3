"""The deck: a title, the legend, the timeline, the table, then every network's slides."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blank import blanked
from archviz.layout.canvas import Canvas, Port, rounded
from archviz.layout.compare import detail_of_all, flow_of_all, flowing
from archviz.layout.glyphs import box_shape
from archviz.layout.left_out import left_out
from archviz.layout.legend import Used, used_by_all, used_in
from archviz.layout.legend_slides import ABOUT_LEGEND, legend_slides
from archviz.layout.overviews import slide_scene, table_slides, timeline_slides
from archviz.layout.slides import (
    MARGIN,
    SLIDE_HEIGHT,
    network_slides,
    slide_theme,
)
from archviz.layout.style import Room, Style
from archviz.layout.table import keras_rows
from archviz.network.analysis import Analysis
from archviz.network.head import Head, moment
from archviz.network.labels import macs_text
from archviz.network.model import Network
from archviz.scene.scene import Group, Page, Scene
from archviz.scene.text import LINE_HEIGHT, paragraph
from archviz.scene.theme import Theme

DECK_TITLE = "Neural networks, drawn by their structure"


def by_publication(networks: Sequence[tuple[Network, Analysis]]) -> list[tuple[Network, Analysis]]:
    """In the order of publication, the appendix last."""

    def order(entry: tuple[Network, Analysis]) -> tuple[bool, float, int]:
        head, totals = entry[0].head, entry[1].totals
        return head.appendix, moment(head) if head.year else 0.0, totals.parameters

    return sorted(networks, key=order)


def deck_pages(
    networks: Sequence[tuple[Network, Analysis]],
    theme: Theme,
    aspect: float = 16 / 9,
    legend: bool = True,
) -> list[Page]:
    """The pages of a deck of ``networks``, 7.5 inches high and ``aspect`` times as wide.

    Each network has the detail that its figure says.
    """
    networks = by_publication(networks)
    heads = [network.head for network, _ in networks]
    dated = [head for head in heads if head.year]
    width = rounded(SLIDE_HEIGHT * aspect)
    slides = [network_slides(*net, theme, aspect, net[0].figure.detail) for net in networks]
    slide = slide_theme(theme)
    style = Style(slide, slide.metric("unit") * 1.15, room=Room(least_badge=0.37))
    style = style._replace(flow=flow_of_all(networks))
    pages = [Page(_title_slide(heads, theme, width), DECK_TITLE, _names(heads))]
    if legend:
        parts = [
            used_in(
                [item for scene in scenes for item in scene.items],
                flowing(style, net),
                net.figure.colors,
            )
            for (net, _), scenes in zip(networks, slides, strict=True)
        ]
        used = used_by_all(parts)
        said = left_out([network for network, _ in networks], detail_of_all(networks))
        about = f"{ABOUT_LEGEND} {said}".strip()
        scenes = legend_slides(used, style, width, about)
        pages += [
            Page(scene, scene.title, f"{legend_notes(used)} {said}".strip()) for scene in scenes
        ]
    if len(dated) > 1:
        scenes = timeline_slides(heads, theme, width)
        pages += [Page(scene, scene.title, _dates(dated)) for scene in scenes]
    if keras_rows(heads):
        scenes = table_slides(heads, theme, width)
        pages += [Page(scene, scene.title, TABLE_NOTES) for scene in scenes]
    for (network, analysis), scenes in zip(networks, slides, strict=True):
        notes = speaker_notes(network, analysis)
        scenes = blanked(scenes, network.figure.blank, theme)
        pages += [Page(scene, scene.title, notes) for scene in scenes]
    return pages


LEGEND_NOTES = (
    "Boxes are layers, coloured by kind; bars are dense layers with their number of units. "
    "Circles on a box are what follows the layer: normalisation and activation. A module is "
    "one box in the main row{}. Brackets repeat what they enclose."
)
TABLE_NOTES = (
    "Size of the weights, accuracy on the ImageNet validation set, parameters and depth, as "
    "the Keras documentation lists them; a dash where it lists none."
)


def legend_notes(used: Used) -> str:
    """What to say to the legend."""
    places = used.where([paint for paint, _ in used.opened])
    said = f" and is opened once {places} it" if places and not used.closed else ""
    return LEGEND_NOTES.format(said)


def speaker_notes(network: Network, analysis: Analysis) -> str:
    """What to say to a network's slides: what it brought, the paper, where figures come from."""
    head, totals = network.head, analysis.totals
    lines = [
        head.brought,
        f"{totals.parameters:,} parameters, {macs_text(totals.macs)}, depth {totals.depth}.",
        f"Paper: {head.paper}" if head.paper else "",
        f"Authors: {head.authors}" if head.authors else "",
        f"Venue: {head.venue}" if head.venue else "",
        f"Link: {head.link}" if head.link else "",
        f"Figures from: {head.source}" if head.source else "",
        *network.figure.notes,
    ]
    return "\n".join(line for line in lines if line)


def _names(heads: Sequence[Head]) -> str:
    return "In this deck: " + ", ".join(head.title for head in heads) + "."


def _dates(heads: Sequence[Head]) -> str:
    return "\n".join(f"{head.date or head.year}: {head.title}" for head in heads)


def _title_slide(heads: Sequence[Head], theme: Theme, width: float) -> Scene:
    """The deck's title over the networks in it, and a row of boxes as an ornament."""
    style = Style(slide_theme(theme), slide_theme(theme).metric("unit"))
    canvas = Canvas("title")
    text, muted = theme.color("text"), theme.color("caption")
    y = 250.0
    for line in paragraph(DECK_TITLE, width - 4 * MARGIN, 50, bold=True)[:2]:
        canvas.text(width / 2, y, line, 50, text, bold=True, role="slide-title")
        y += 50 * LINE_HEIGHT
    y += 10
    for line in paragraph(_names(heads).removeprefix("In this deck: "), width - 6 * MARGIN, 20)[:4]:
        canvas.text(width / 2, y, line, 20, muted, role="lead")
        y += 20 * 1.4
    roles = ("input", "conv", "pool", "yellow", "green", "orange", "merge", "dense")
    size, gap = style.px(1.5), style.px(0.62)
    x = (width - len(roles) * size - (len(roles) - 1) * gap) / 2
    ports: list[Port] = []
    for role in roles:
        box = box_shape(canvas, style, x, 560.0, size, style.px(0.9), role)
        canvas.group(Group(f"{box.id}-g", "ornament", role, items=(box,)))
        middle = box.y + box.height / 2
        if ports:
            canvas.arrow_into(ports, style, x, middle, box.id)
        ports = [Port(((x + size, middle),), source=box.id)]
        x += size + gap
    group = Group("title", "title", DECK_TITLE, items=canvas.items())
    return slide_scene(DECK_TITLE, _names(heads), theme, width, iter((group,)))
