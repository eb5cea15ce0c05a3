"""Several networks on slides: all at one scale, none of their letters below 12 pt.

Each is made for a slide, and cut into named parts where it is larger; as many as have room
share one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archviz.errors import fail
from archviz.layout.compare import (
    COLUMN_GAP,
    NETWORK_GAP,
    detail_of_all,
    figures_line,
    flow_of_all,
    flowing,
    placed,
    titled,
)
from archviz.layout.densities import COMPACT, FULL, LEAST_TEXT, NARROW, Density, slide_style
from archviz.layout.left_out import left_out
from archviz.layout.legend import used_by_all, used_in
from archviz.layout.legend_slides import ABOUT_LEGEND, legend_slides
from archviz.layout.made_for import Wanted
from archviz.layout.made_parts import at_scale
from archviz.layout.page import Options, Place, heading_text
from archviz.layout.slicing import Size, Sliced, fitting, size_of
from archviz.layout.slide_frame import centred, lead_height, slide_heading, slide_scene
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Item, Scene, extent, texts_in
from archviz.scene.slide_form import SlideForm
from archviz.scene.theme import Theme

ABOUT = "All drawn at one scale."
EMPTY = Scene(0.0, 0.0, "", "", "")


class Block(NamedTuple):
    """A network or a part of it, under its title."""

    name: str
    items: tuple[Item, ...]

    @property
    def size(self) -> Size:
        """What it takes on a slide."""
        return size_of(self.items)


def comparison_slides(
    networks: Sequence[tuple[Network, Analysis]], options: Options, form: SlideForm
) -> list[Scene]:
    """The networks on as few slides as have room for them, and the legend on one of its own.

    Raises:
        ArchvizError: a part of a network is larger than a slide.
    """
    best: list[Scene] = []
    printed = options.detail or any(network.figure.detail for network, _ in networks)
    for density in (*(FULL if printed else COMPACT), NARROW[0]):
        slides = _slides(networks, options, form, density)
        if slides and (not best or len(slides) < len(best)):
            best = slides
    if not best:
        raise fail(
            "compare",
            "a box or a panel is too large for any slide",
            "break it up into modules, or write another format, such as svg",
        )
    return best


def _slides(
    networks: Sequence[tuple[Network, Analysis]],
    options: Options,
    form: SlideForm,
    density: Density,
) -> list[Scene]:
    """The slides at a density; none where a part has no room."""
    blocks = _blocks(networks, options, form, density, 1.0)
    least = min((text.size for block in blocks for text in texts_in(block.items)), default=0.0)
    if 0 < least < LEAST_TEXT:  # letters of a badge are smaller than others
        blocks = _blocks(networks, options, form, density, (LEAST_TEXT + 0.01) / least)
    if not blocks:
        return []
    style = _style(options.theme, density)
    room = Size(form.inner, _height(form))
    gaps = style.px(COLUMN_GAP), style.px(NETWORK_GAP)
    slides, left = list[Scene](), blocks
    for page in fitting([block.size for block in blocks], room, *gaps):
        some, left = left[: len(page.corners)], left[len(page.corners) :]
        slides.append(_slide(some, page, options.theme, form))
    return [*slides, *(_legend(networks, blocks, options, style, form) if options.legend else ())]


def _height(form: SlideForm) -> float:
    """Pixels under the heading."""
    return form.below(lead_height(ABOUT, "", form))[1]


def _style(theme: Theme, density: Density) -> Style:
    return slide_style(theme, 1.0, density, ())


def _blocks(
    networks: Sequence[tuple[Network, Analysis]],
    options: Options,
    form: SlideForm,
    density: Density,
    scale: float,
) -> list[Block]:
    """The networks and their parts, all with letters so large; none where one has no room."""
    style = _style(options.theme, density)
    head = extent(titled(EMPTY, "A", "A", style, ""))
    place = Place(form.inner, LEAST_TEXT, _height(form) - (head[3] - head[1]) - style.px(0.7))
    blocks: list[Block] = []
    for number, (network, analysis) in enumerate(networks):
        detail = options.detail or network.figure.detail
        plain = Options(options.theme, legend=False, detail=detail)
        parts = at_scale(Wanted(network, analysis, plain, place), density, scale)
        if not parts:
            return []
        for count, part in enumerate(parts):
            title = heading_text(network) + (f": {part.name}" if part.name else "")
            line = figures_line(analysis) if count == 0 else ""
            items = titled(part.scene, title, line, style, f"net{number}-{count}-")
            blocks.append(Block(network.head.title, items))
    return blocks


def _slide(blocks: Sequence[Block], way: Sliced, theme: Theme, form: SlideForm) -> Scene:
    """A slide of networks, and of parts of them."""
    names = ", ".join(dict.fromkeys(block.name for block in blocks))
    title = f"Comparison: {names}"

    def items() -> Iterator[Item]:
        yield from slide_heading(title, ABOUT, "", theme, form)
        yield from centred(
            placed([block.items for block in blocks], way), form, lead_height(ABOUT, "", form)
        )

    return slide_scene(title, f"{names}, drawn at one scale.", theme, form, items())


def _legend(
    networks: Sequence[tuple[Network, Analysis]],
    blocks: Sequence[Block],
    options: Options,
    style: Style,
    form: SlideForm,
) -> list[Scene]:
    """The legend of what all of them use."""
    style = style._replace(flow=flow_of_all(networks))
    parts = [
        used_in(
            [item for block in blocks if block.name == network.head.title for item in block.items],
            flowing(style, network),
            network.figure.colors,
        )
        for network, _ in networks
    ]
    detail = options.detail or detail_of_all(networks)
    said = left_out([network for network, _ in networks], detail)
    return legend_slides(used_by_all(parts), style, form, f"{ABOUT_LEGEND} {said}".strip())
