"""A comparison in parts: as few figures as can be for a place, all with letters of one size.

As many networks as have room share a figure; one that is too high for a figure of its own is cut
into its named parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from archviz.layout.compare import (
    NETWORK_GAP,
    compared_sheet,
    draw_comparison,
    figures_line,
    placed,
    titled,
)
from archviz.layout.densities import NARROW, Density
from archviz.layout.made_for import INFINITE, MARGIN, ROUNDED, SPARE, Wanted, least_text
from archviz.layout.made_parts import FEW_PARTS, LOWERED, Part, at_scale
from archviz.layout.no_room import no_room
from archviz.layout.page import Options, Place, heading_text
from archviz.layout.several_made_for import (
    BESIDE_GAP,
    Several,
    figure_page,
    is_clipped,
    lowest_comparison,
    style_of,
)
from archviz.layout.slicing import Size, Sliced, fitting, size_of
from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Item, Scene, extent

EMPTY = Scene(0.0, 0.0, "", "", "")


class Block(NamedTuple):
    """A network or a part of it, under its title; ``number``: which of the networks."""

    number: int
    name: str
    items: tuple[Item, ...]

    @property
    def size(self) -> Size:
        """What it takes of a figure."""
        return size_of(self.items)


def comparison_parts(networks: Sequence[tuple[Network, Analysis]], options: Options) -> list[Part]:
    """Networks to compare as few figures as can be, each made for the place that is asked for.

    Where no place is, or it has no greatest height, each network is one, or more where it must be.

    Raises:
        ArchvizError: a part of a network cannot be so small.
    """
    place = options.place
    if not place:
        return [Part(one[0].head.title, draw_comparison([one], options)) for one in networks]
    several = Several(networks, options, place)
    whole = lowest_comparison(several) if place.height < INFINITE else None
    if whole:
        return [Part("", whole)]
    if parts := _fewest(several):
        return parts

    def fits(place: Place) -> bool:
        return bool(_parts(several._replace(place=place), several.densities[-1]))

    raise no_room("compare", place, fits)


def _fewest(several: Several) -> list[Part]:
    """The fewest parts that fit; none where one does not."""
    best: list[Part] = []
    for density in several.densities:
        if 0 < len(best) <= FEW_PARTS or (best and (density in NARROW or density.below)):
            break
        made = _parts(several, density)
        if made and (not best or len(made) < len(best)):
            best = made
    return best


def _parts(several: Several, density: Density) -> list[Part]:
    """The parts at a density; none where one does not fit."""
    place, scale = several.place, 1.0
    height = place.height
    for _ in range(LOWERED):
        made = _parts_at(several, density, scale, height)
        scenes = [part.scene for part in made]
        if not made:
            return []
        if least_text(scenes) < place.least_text:
            scale *= (place.least_text + ROUNDED) / least_text(scenes)
            continue
        over = max(scene.height for scene in scenes) - place.height
        if over <= 0:
            return made
        height -= over
    return []


def _parts_at(several: Several, density: Density, scale: float, height: float) -> list[Part]:
    """Parts with letters so large, no higher than that without their legends."""
    style = style_of(several.options, several.place, density, scale)
    margins = 2 * style.px(MARGIN)
    room = Size(several.place.width - margins, height - margins)
    blocks = _blocks(several, density, scale, room, style)
    parts: list[Part] = []
    for some, way in _shared(blocks, Size(room.width + SPARE, room.height), style):
        scene = _figure(several, some, way, style)
        if scene is None:
            return []
        parts.append(Part(_name(some), scene))
    return parts


def _blocks(
    several: Several, density: Density, scale: float, room: Size, style: Style
) -> list[Block]:
    """The networks and their parts, under their titles; none where one has no room."""
    options = several.options
    blocks: list[Block] = []
    for number, (network, analysis) in enumerate(several.networks):
        title, line = heading_text(network), figures_line(analysis)
        head = extent(titled(EMPTY, title, line, style, "", room.width))
        high = room.height - (head[3] - head[1]) - style.px(0.7)
        inner = several.place._replace(width=room.width + 2 * style.px(MARGIN), height=high)
        detail = options.detail or network.figure.detail
        plain = Options(options.theme, legend=False, detail=detail)
        forms = Wanted(network, analysis, plain, inner).forms
        parts = next(filter(None, (at_scale(form, density, scale) for form in forms)), [])
        if not parts:
            return []
        for count, part in enumerate(parts):
            said = f"{title}: {part.name}" if part.name else title
            told = line if count == 0 else ""
            items = titled(part.scene, said, told, style, f"net{number}-{count}-", room.width)
            if is_clipped(items[:1], said):
                return []
            name = network.head.title
            blocks.append(Block(number, f"{name}: {part.name}" if part.name else name, items))
    return blocks


def _shared(
    blocks: Sequence[Block], room: Size, style: Style
) -> Iterator[tuple[Sequence[Block], Sliced]]:
    """The blocks of each figure, and the way in which they stand there."""
    alone = room.height == INFINITE
    for _, group in groupby(blocks, lambda block: block.number if alone else 0):
        left = [*group]
        sizes = [block.size for block in left]
        for way in fitting(sizes, room, style.px(BESIDE_GAP), style.px(NETWORK_GAP)):
            some, left = left[: len(way.corners)], left[len(way.corners) :]
            yield some, way


def _figure(several: Several, blocks: Sequence[Block], way: Sliced, style: Style) -> Scene | None:
    """The figure of blocks with a legend of what is in them; None where it is too wide."""
    numbers = [*dict.fromkeys(block.number for block in blocks)]
    shown = [several.networks[number] for number in numbers]
    drawn = [
        [item for block in blocks if block.number == number for item in block.items]
        for number in numbers
    ]
    items = placed([block.items for block in blocks], way)
    sheet = compared_sheet(shown, several.options, style, items, drawn)
    name = _name(blocks)
    about = f"{name}, at the scale of all that it is compared with."
    return figure_page(sheet, f"Comparison: {name}", about, several.place)


def _name(blocks: Sequence[Block]) -> str:
    """The name of a part: what it shows."""
    names = [block.name for block in blocks]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]}"
