"""The table of any networks: a row each, with the numbers that are asked for.

What nothing states is a dash; who states accuracies stands under the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.densities import slide_theme
from archviz.layout.overviews import overview_slide
from archviz.layout.page import Options, Place, frame
from archviz.layout.several_made_for import overview_figure, overview_scene
from archviz.layout.sheet import Sheet
from archviz.layout.slide_frame import height_under
from archviz.layout.style import Style
from archviz.layout.table import table_pages
from archviz.network.numbers import NUMBERS, SCORES, Proven, stated_by, written
from archviz.scene.scene import Item, Scene, extent
from archviz.scene.slide_form import SlideForm
from archviz.scene.theme import Theme

TITLE = "Networks"
USUAL = ("year", "input", "parameters", "macs", "depth", "top1", "top5")
"""The columns where none are asked for, as far as there is anything in them."""
SIDES = 0.3
"""Units free at the left and right of a table made for a place."""


class Table(NamedTuple):
    """Networks with what is said of them: their rows in order, and the names of columns."""

    nets: Sequence[Proven]
    columns: Sequence[str]
    short: bool = False
    """Whether counts have three figures, and not all."""

    @property
    def about(self) -> str:
        """What it shows, in a sentence."""
        *most, last = [NUMBERS[name].about for name in self.columns]
        about = f"{', '.join(most)} and {last} of networks.".removeprefix(" and ")
        return about[0].upper() + about[1:]

    @property
    def titles(self) -> str:
        """All titles, as one text."""
        return "".join(network.head.title for network, _ in self.nets)


def table_of(
    nets: Sequence[Proven], columns: Sequence[str] = (), sort: str = "", short: bool = False
) -> Table:
    """The table of networks, in the order given, or by the number ``sort``; ``-year``: the
    largest first. Those of which it is not known stand last."""
    name = sort.removeprefix("-")
    if name:
        values = [NUMBERS[name].of(*net) for net in nets]
        words = [number for number, value in enumerate(values) if value is not None]
        words.sort(key=lambda number: values[number], reverse=sort != name)  # type: ignore[arg-type, return-value]
        nets = [nets[n] for n in (*words, *(n for n, v in enumerate(values) if v is None))]
    chosen = columns or [
        one for one in USUAL if any(NUMBERS[one].of(*net) is not None for net in nets)
    ]
    return Table(nets, tuple(chosen), short)


def stated_pages(
    table: Table, style: Style, width: float = 0.0, height: float = float("inf")
) -> list[tuple[Item, ...]]:
    """The table on pages of a size, its header on each, and who states accuracies on the last."""
    numbers = [NUMBERS[name] for name in table.columns]
    header = ["network", *(number.head for number in numbers)]
    rows = [
        [
            net[0].head.title,
            *(written(number, number.of(*net), table.short) for number in numbers),
        ]
        for net in table.nets
    ]
    words = frozenset(n for n, number in enumerate(numbers, 1) if number.form == "text")
    said = any(name in SCORES for name in table.columns)
    note = " ".join(stated_by([network.head for network, _ in table.nets])) if said else ""
    return table_pages(header, rows, style, width, height, note, words)


def stated_figure(table: Table, options: Options) -> Scene:
    """The table as a figure: made for a place, with short counts where it must, or as it comes.

    Raises:
        ArchvizError: it cannot be as small as the place asks for.
    """
    if options.place:

        def draw(style: Style, place: Place) -> Scene | None:
            room = place.width - 2 * style.px(SIDES)
            for one in (table, table._replace(short=True)):
                (items,) = stated_pages(one, style, room)
                about = TITLE, table.about
                if scene := overview_scene(items, about, style, table.titles, place):
                    return scene
            return None

        hint = "ask for fewer --columns"
        return overview_figure("table", draw, options, options.place, hint)
    style = Style(options.theme, options.theme.metric("unit"))
    sheet = Sheet(style, 0.0)
    (items,) = stated_pages(table, style)
    sheet.items += items
    return frame(sheet, TITLE, table.about, options.aspect)


def stated_slides(table: Table, theme: Theme, form: SlideForm) -> list[Scene]:
    """The table on slides, its header on each."""
    slide = slide_theme(theme)
    style = Style(slide, slide.metric("unit"))
    pages = stated_pages(table, style, form.inner, height_under(table.about, form))
    if _too_wide(pages, form.inner):
        table = table._replace(short=True)
        pages = stated_pages(table, style, form.inner, height_under(table.about, form))
    return [
        overview_slide(items, table.about, TITLE + ", continued" * (number > 0), theme, form)
        for number, items in enumerate(pages)
    ]


def _too_wide(pages: Sequence[Sequence[Item]], width: float) -> bool:
    return any(extent(items)[2] > width + 0.5 for items in pages)
