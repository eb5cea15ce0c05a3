"""Figures of several networks made for a place: a comparison, the timeline, the table.

As :mod:`archviz.layout.made_for` does with one network, they are laid out as wide as the place is,
with the letters that it asks for: networks beside one another as far as there is room, and under
one another; the timeline in more rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from archviz.layout.canvas import rounded
from archviz.layout.compare import (
    NETWORK_GAP,
    compared_sheet,
    draw_comparison,
    figures_line,
    placed,
    titled,
    told_of,
)
from archviz.layout.densities import LEAST_TEXT, NARROW, Density, slide_style
from archviz.layout.made_for import MARGIN, ROOMIER, ROUNDED, Wanted, drawn_at, least_text
from archviz.layout.no_room import no_room
from archviz.layout.overviews import LABELS
from archviz.layout.page import (
    ABOUT_TABLE,
    ABOUT_TIMELINE,
    Options,
    Place,
    draw_table,
    draw_timeline,
    heading_text,
)
from archviz.layout.sheet import Sheet, moved
from archviz.layout.slicing import Size, sliced
from archviz.layout.style import Style
from archviz.layout.table import keras_pages
from archviz.layout.timeline import timeline_pages
from archviz.network.analysis import Analysis
from archviz.network.head import Head
from archviz.network.model import Network
from archviz.scene.scene import Item, Scene, extent, texts_in
from archviz.scene.text import ELLIPSIS

MOST_BESIDE = 4
"""Networks beside one another."""
CLEARLY_LOWER = 1.1
"""How much lower a page with more of them beside one another has to be, as each wraps more then."""
BESIDE_GAP = 1.0
"""Units between two of them."""

Way: TypeAlias = Callable[[float], Scene | None]
"""Draws with letters so many times as large as they must be; None where there is no room."""


class Several(NamedTuple):
    """Networks to compare, how they are drawn, and for which place."""

    networks: Sequence[tuple[Network, Analysis]]
    options: Options
    place: Place

    @property
    def densities(self) -> tuple[Density, ...]:
        """How near to one another things may stand, the roomiest first."""
        printed = self.options.detail or any(net.figure.detail for net, _ in self.networks)
        options = self.options._replace(detail=("filters",) if printed else ())
        return Wanted(*self.networks[0], options, self.place).densities


def comparison_figure(networks: Sequence[tuple[Network, Analysis]], options: Options) -> Scene:
    """The networks on one page, with letters of one size: made for a place, where one is asked for.

    Raises:
        ArchvizError: they cannot be as small as the place asks for.
    """
    if not options.place:
        return draw_comparison(networks, options)
    several = Several(networks, options, options.place)
    if scene := lowest_comparison(several):
        return scene

    def fits(place: Place) -> bool:
        return _comparison(several._replace(place=place), 1) is not None

    limited = options.place.height < float("inf")
    hint = "compare them in parts (--parts), or fewer of them" if limited else ""
    raise no_room("compare", options.place, fits, hint)


def lowest_comparison(several: Several) -> Scene | None:
    """The lowest comparison in one figure; None where none fits."""
    return _comparison(several, min(MOST_BESIDE, len(several.networks)))


def timeline_figure(heads: Sequence[Head], options: Options) -> Scene:
    """The timeline: made for a place, in as many rows as it takes, where one is asked for.

    Raises:
        ArchvizError: it cannot be as small as the place asks for, or no network has a date.
    """
    if not options.place:
        return draw_timeline(heads, options.theme, options.aspect)
    return overview_figure("timeline", partial(_timeline, heads), options, options.place)


def table_figure(heads: Sequence[Head], options: Options) -> Scene:
    """The table of the networks that Keras ships: made for a place, where one is asked for.

    Raises:
        ArchvizError: it cannot be as small as the place asks for, or Keras ships none of them.
    """
    if not options.place:
        return draw_table(heads, options.theme, options.aspect)
    return overview_figure("table", partial(_table, heads), options, options.place)


def _lowest(ways: Iterator[tuple[Way, bool]], place: Place) -> Scene | None:
    """The lowest figure that fits, or one as good as that whose parts stand farther apart.

    Of each way is told whether it is tried only if nothing has been found.
    """
    best: Scene | None = None
    for way, last in ways:
        if best and last:
            break
        made = way(1.0)
        if made and least_text([made]) < place.least_text:  # letters of a badge are smaller
            made = way((place.least_text + ROUNDED) / least_text([made]))
        lower = made and (best is None or made.height * ROOMIER < best.height)
        if made and lower and made.height <= place.height:
            best = made
    return best


def figure_page(sheet: Sheet, title: str, about: str, place: Place) -> Scene | None:
    """What stands on a sheet as a figure as wide as its place; None where it is wider."""
    left, top, right, bottom = sheet.extent()
    margin = sheet.style.px(MARGIN)
    if right - left + 2 * margin > place.width + 0.5:
        return None
    dx, dy = rounded((place.width - (right - left)) / 2 - left), rounded(margin - top)
    items = tuple(moved(item, dx, dy) for item in sheet.items)
    ground = sheet.style.theme.color("page")
    height = rounded(bottom - top + 2 * margin)
    return Scene(rounded(place.width), height, title, about, ground, items)


def style_of(options: Options, place: Place, density: Density, scale: float) -> Style:
    """The style of letters ``scale`` times as large as they must be."""
    return slide_style(options.theme, scale * place.least_text / LEAST_TEXT, density, ())


def _comparison(several: Several, beside: int) -> Scene | None:
    """The lowest comparison with so many networks beside one another at most."""
    ways = (
        (partial(_compared, several, beside, density), density in NARROW or density.below)
        for density in several.densities
    )
    return _lowest(ways, several.place)


def _compared(several: Several, beside: int, density: Density, scale: float) -> Scene | None:
    """The comparison at a density, with letters so large."""
    networks, options, place = several
    style = style_of(options, place, density, scale)
    room, gap = place.width - 2 * style.px(MARGIN), style.px(BESIDE_GAP)
    best: tuple[float, list[Item], list[tuple[Item, ...]]] | None = None
    for columns in range(1, beside + 1):
        wide = (room - gap * (columns - 1)) / columns
        blocks = _blocks(several, density, scale, wide)
        if not blocks:
            break
        sizes = [Size(right - left, low - top) for left, top, right, low in map(extent, blocks)]
        ways = sliced(sizes, gap, style.px(NETWORK_GAP))
        way = min((w for w in ways if w.width <= room + 0.5), key=lambda w: w.height, default=None)
        if way and (best is None or way.height * CLEARLY_LOWER < best[0]):
            best = way.height, placed(blocks, way), blocks
    if best is None:
        return None
    _, items, blocks = best
    sheet = compared_sheet(networks, options, style, items, blocks)
    return figure_page(sheet, *told_of(networks), place)


def _blocks(
    several: Several, density: Density, scale: float, width: float
) -> list[tuple[Item, ...]]:
    """The networks under their titles, none wider than ``width``; none where one has no room."""
    networks, options, place = several
    style = style_of(options, place, density, scale)
    inner = place._replace(width=width + 2 * style.px(MARGIN))
    blocks: list[tuple[Item, ...]] = []
    for number, (network, analysis) in enumerate(networks):
        detail = options.detail or network.figure.detail
        plain = Options(options.theme, legend=False, detail=detail)
        wanted = Wanted(network, analysis, plain, inner)
        scene = drawn_at(wanted, density, scale)
        scene = scene or drawn_at(wanted._replace(beside=None), density, scale)
        if scene is None:
            return []
        title, line = heading_text(network), figures_line(analysis)
        block = titled(scene, title, line, style, f"net{number}-", width)
        if is_clipped(block[:1], title):
            return []
        blocks.append(block)
    return blocks


def is_clipped(items: Sequence[Item], said: str) -> bool:
    """Whether less can be read than is ``said``."""
    return ELLIPSIS not in said and any(ELLIPSIS in text.text for text in texts_in(items))


Overview: TypeAlias = Callable[[Style, Place], Scene | None]
"""Draws in a style for a place; None where there is no room."""


def overview_figure(
    name: str,
    draw: Overview,
    options: Options,
    place: Place,
    hint: str = "",
    labels: Sequence[float] = LABELS,
) -> Scene:
    """A timeline, a table or a chart, made for a place.

    Raises:
        ArchvizError: it cannot be as small as the place asks for; ``name`` is what it is called,
            ``hint`` what else could be done,
            ``labels`` how large letters are, in units, of which the lowest figure is taken.
    """

    def made(place: Place) -> Scene | None:
        def way(label: float, scale: float) -> Scene | None:
            return draw(style_of(options, place, Density(label), scale), place)

        return _lowest(((partial(way, label), False) for label in labels), place)

    if scene := made(place):
        return scene
    hint = "show fewer networks" if place.height < float("inf") else hint
    raise no_room(name, place, lambda place: made(place) is not None, hint)


def _timeline(heads: Sequence[Head], style: Style, place: Place) -> Scene | None:
    room = place.width - 2 * style.px(MARGIN)
    ((_, items),) = timeline_pages(heads, style, room)
    titles = "".join(head.title for head in heads)
    return overview_scene(items, ("Timeline", ABOUT_TIMELINE), style, titles, place)


def _table(heads: Sequence[Head], style: Style, place: Place) -> Scene | None:
    (items,) = keras_pages(heads, style, place.width - 2 * style.px(MARGIN))
    titles = "".join(head.title for head in heads)
    return overview_scene(items, ("Networks in Keras", ABOUT_TABLE), style, titles, place)


def overview_scene(
    items: Sequence[Item], about: tuple[str, str], style: Style, said: str, place: Place
) -> Scene | None:
    """Items as a figure of a title and a description; None where it is too wide, or one of the
    names that are ``said`` is cut."""
    if is_clipped(items, said):
        return None
    sheet = Sheet(style, place.width)
    sheet.items += items
    return figure_page(sheet, *about, place)
