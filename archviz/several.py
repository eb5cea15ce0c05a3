"""The Python API for several networks: a comparison, a timeline, a table or a chart of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from archviz.api import LoadedNetwork, load, save_picture
from archviz.keywords import agreed, read_given, read_keywords
from archviz.marks import marked
from archviz.write.formats import FORMATS, Format, asked_for, check_options

if TYPE_CHECKING:
    from typing import Unpack

    from archviz.keywords import FigureKeywords, FileKeywords
    from archviz.layout.page import Options
    from archviz.network.model import Network
    from archviz.scene.scene import Scene
    from archviz.scene.slide_form import SlideForm

Networks: TypeAlias = "Sequence[LoadedNetwork | str | os.PathLike[str]]"
"""Networks, or what :func:`archviz.load` takes for each."""


class HowDrawn(NamedTuple):
    """How a figure of several networks is drawn: as one, or as slides of a form."""

    networks: Sequence[Network]
    """Those whose looks hold where they agree."""
    figure: Callable[[Options], Scene]
    slides: Callable[[Options, SlideForm], Sequence[Scene]] | None = None


def drawing_bytes(drawing: HowDrawn, output: Format, given: Mapping[str, object]) -> bytes:
    """A figure of several networks in a format, or slides where that is one of slides.

    Raises:
        ArchvizError: it cannot be drawn for the place that is asked for, or the theme is none.
        TypeError: there is no such keyword, or its value is of the wrong type.
        ValueError: a value is none of those that there are.
    """
    from archviz.decks import slides_bytes
    from archviz.layout.page import with_dark

    options, settings = read_keywords(given, agreed(drawing.networks))
    if drawing.slides and output.alone == "slides":
        return slides_bytes(drawing.slides, output, options, settings)
    return output.write(with_dark(drawing.figure, options), settings)


class Overview:
    """A figure of several networks, ready to be drawn; a notebook shows it as its picture."""

    def __init__(self, loaded: Sequence[LoadedNetwork], drawing: HowDrawn) -> None:
        self.networks = tuple(loaded)
        self.drawing = drawing
        self.left_out: Sequence[tuple[str, Sequence[str]]] = ()
        """Why some are not in it, each with their titles: what a chart cannot show of them."""

    def scene(self, **options: Unpack[FigureKeywords]) -> Scene:
        """The picture as plain data; keywords and errors are those of a network's ``scene``."""
        given = _checked(options, FORMATS["svg"])
        found, _ = read_keywords(given, agreed(self.drawing.networks))
        return self.drawing.figure(found)

    def svg(self, **options: Unpack[FigureKeywords]) -> str:
        """The picture as an SVG document; the keywords and errors of :meth:`scene`."""
        from archviz.write.svg import write_svg

        return write_svg(self.scene(**options))

    def save(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        format: str | None = None,  # noqa: A002 (what everybody calls it)
        *,
        force: bool = False,
        **options: Unpack[FileKeywords],
    ) -> None:
        """Write the picture, in ``"pptx"`` as slides; see :meth:`archviz.LoadedNetwork.save`."""

        def made(output: Format) -> bytes:
            data = drawing_bytes(self.drawing, output, _checked(options, output))
            return marked(data, output.mark)

        save_picture(target, format, made, force=force, inputs=lambda: self._files(options))

    def _files(self, options: FileKeywords) -> Iterator[str]:
        """The files that the picture is made of."""
        for net in self.networks:
            yield from net.files_read(options)

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        titles = ", ".join(net.network.head.title for net in self.networks)
        return f"<archviz overview of {titles}>"


def compare(networks: Networks) -> Overview:
    """Networks on one page, at one scale, each with its figures.

    >>> archviz.compare(["resnet50", "resnext50"]).save("two.svg")

    Raises:
        ArchvizError: with all problems of a spec.
        ValueError: there are no networks.
    """
    from archviz.layout.compare_slides import comparison_slides
    from archviz.layout.several_made_for import comparison_figure

    loaded = _loaded(networks)
    nets = [(net.network, net.analysis) for net in loaded]
    figure, slides = partial(comparison_figure, nets), partial(comparison_slides, nets)
    return Overview(loaded, HowDrawn([net for net, _ in nets], figure, slides))


def timeline(networks: Networks) -> Overview:
    """When networks were first public, as their specs' heads say; errors as of :func:`compare`."""
    from archviz.layout.overviews import timeline_slides
    from archviz.layout.several_made_for import timeline_figure

    loaded = _loaded(networks)
    nets = [net.network for net in loaded]
    heads = [net.head for net in nets]

    def slides(options: Options, form: SlideForm) -> Sequence[Scene]:
        return timeline_slides(heads, options.theme, form)

    return Overview(loaded, HowDrawn(nets, partial(timeline_figure, heads), slides))


def table(
    networks: Networks, columns: Sequence[str] = (), sort: str = "", *, short: bool = False
) -> Overview:
    """What is counted and stated of networks, a row each.

    ``columns`` are words such as ``"year"``, ``"parameters"``, ``"macs"``, ``"top1"``; without
    them it is what most have. ``sort`` is a column, ``"-year"`` has the last first; ``short``
    gives counts with three figures.

    Raises:
        ArchvizError: with all problems of a spec.
        ValueError: there are no networks, or no such column.
    """
    from archviz.layout.stated_table import stated_figure, stated_slides, table_of
    from archviz.network.numbers import NUMBERS

    for name in (*columns, *([sort.removeprefix("-")] if sort else ())):
        if name not in NUMBERS:
            raise ValueError(f"no column is called {name!r}; there are {', '.join(NUMBERS)}")
    loaded = _loaded(networks)
    rows = [(net.network, net.analysis) for net in loaded]
    found = table_of(rows, tuple(columns), sort, short)

    def slides(options: Options, form: SlideForm) -> Sequence[Scene]:
        return stated_slides(found, options.theme, form)

    nets = [net for net, _ in rows]
    return Overview(loaded, HowDrawn(nets, partial(stated_figure, found), slides))


def chart(
    networks: Networks, x: str = "macs", y: str = "top1", bubbles: str | None = None
) -> Overview:
    """Networks by two of their numbers, as bubbles of a third; those without are ``left_out``.

    ``x``, ``y`` and ``bubbles`` are words such as ``"macs"``, ``"parameters"``, ``"year"``,
    ``"top1"``; ``bubbles=""`` has them all alike, None has the first of parameters and
    multiply-adds that no axis is of.

    Raises:
        ArchvizError: with all problems of a spec, or none of the networks states the numbers.
        ValueError: there are no networks, or no such number.
    """
    from archviz.layout.chart import chart_figure, chart_slides
    from archviz.layout.chart_data import chart_of, third
    from archviz.network.numbers import DRAWN

    size = third(x, y) if bubbles is None else bubbles
    for name in filter(None, (x, y, size)):
        if name not in DRAWN:
            raise ValueError(f"{name!r} is no number; there are {', '.join(DRAWN)}")
    loaded = _loaded(networks)
    found = chart_of([(net.network, net.analysis) for net in loaded], x, y, size)

    def slides(options: Options, form: SlideForm) -> Sequence[Scene]:
        return chart_slides(found, options.theme, form)

    nets = [net.network for net in loaded]
    made = Overview(loaded, HowDrawn(nets, partial(chart_figure, found), slides))
    made.left_out = found.left_out
    return made


def _loaded(networks: Networks) -> list[LoadedNetwork]:
    found = [net if isinstance(net, LoadedNetwork) else load(net) for net in networks]
    if not found:
        raise ValueError("there are no networks to draw")
    return found


def _checked(given: Mapping[str, object], output: Format) -> Mapping[str, object]:
    read_given(given)  # what is no keyword at all is told as that
    names = asked_for(given)
    check_options(dict(zip(names, names, strict=True)), [output], "several")
    return given
