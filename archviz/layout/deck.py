"""The deck: a title, the legend, the timeline, the table, then every network's slides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archviz.layout.blank import blanked
from archviz.layout.compare import detail_of_all, flow_of_all, flowing
from archviz.layout.cover import cover_page
from archviz.layout.densities import slide_theme
from archviz.layout.left_out import left_out
from archviz.layout.legend import Used, used_by_all, used_in
from archviz.layout.legend_slides import ABOUT_LEGEND, legend_slides
from archviz.layout.overviews import table_slides, timeline_slides
from archviz.layout.slide_frame import numbered
from archviz.layout.slides import network_slides
from archviz.layout.style import Room, Style
from archviz.layout.table import keras_rows
from archviz.network.analysis import Analysis
from archviz.network.head import Head, moment
from archviz.network.labels import macs_text
from archviz.network.model import Network
from archviz.scene.scene import Page
from archviz.scene.slide_form import NO_COVER, Cover, SlideForm, own_form
from archviz.scene.theme import Theme


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
    form: SlideForm | None = None,
    cover: Cover = NO_COVER,
    told: Callable[[], None] | None = None,
) -> list[Page]:
    """The pages of a deck of ``networks``, 7.5 inches high and ``aspect`` times as wide, or of
    a form.

    Each network has the detail that its figure says; ``told`` is called behind each.
    """
    networks = by_publication(networks)
    heads = [network.head for network, _ in networks]
    dated = [head for head in heads if head.year]
    form = form or own_form(aspect)
    slides = []
    for net in networks:
        slides.append(slide_pages(*net, theme, net[0].figure.detail, form))
        if told:
            told()
    slide = slide_theme(theme)
    style = Style(slide, slide.metric("unit") * 1.15, room=Room(least_badge=0.37))
    style = style._replace(flow=flow_of_all(networks))
    pages = [cover_page(heads, theme, form, cover)]
    if legend:
        parts = [
            used_in(
                [item for page in own for item in page.scene.items],
                flowing(style, net),
                net.figure.colors,
            )
            for (net, _), own in zip(networks, slides, strict=True)
        ]
        used = used_by_all(parts)
        said = left_out([network for network, _ in networks], detail_of_all(networks))
        about = f"{ABOUT_LEGEND} {said}".strip()
        scenes = legend_slides(used, style, form, about)
        pages += [
            Page(scene, scene.title, f"{legend_notes(used)} {said}".strip()) for scene in scenes
        ]
    if len(dated) > 1:
        scenes = timeline_slides(heads, theme, form)
        pages += [Page(scene, scene.title, _dates(dated)) for scene in scenes]
    if keras_rows(heads):
        scenes = table_slides(heads, theme, form)
        pages += [Page(scene, scene.title, TABLE_NOTES) for scene in scenes]
    for own in slides:
        pages += own
    return numbered(pages, theme, form)


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


def slide_pages(
    network: Network,
    analysis: Analysis,
    theme: Theme,
    detail: tuple[str, ...],
    form: SlideForm,
) -> list[Page]:
    """The slides of one network, each with what to say to it."""
    scenes = network_slides(network, analysis, theme, 0.0, detail, form)
    scenes = blanked(scenes, network.figure.blank, theme)
    whole = speaker_notes(network, analysis)
    first, *others = [scene.description for scene in scenes]
    notes = [f"{whole}\n{first}" if others else whole, *others]
    return [Page(scene, scene.title, said) for scene, said in zip(scenes, notes, strict=True)]


def _dates(heads: Sequence[Head]) -> str:
    return "\n".join(f"{head.date or head.year}: {head.title}" for head in heads)
