"""Networks to files: one, or many in many formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.scene.scene import Page
from archviz.write.formats import FORMATS, Format, Settings
from archviz.write.subfigures import INCLUDED, PAGE, PartFile, subfigures

if TYPE_CHECKING:
    from archviz.decks import Drawn
    from archviz.layout.made_parts import Part
    from archviz.layout.page import Options
    from archviz.network.analysis import Analysis
    from archviz.network.model import Network
    from archviz.scene.scene import Scene
    from archviz.scene.theme import Theme
    from archviz.write.html import HtmlFigure

DECK = "archviz"
"""Name of the files that hold all networks, without their suffix."""

Analysed: TypeAlias = "tuple[Network, Analysis]"
"""A network that has been proven."""


class Picture(NamedTuple):
    """A proven network, and how it is drawn and written."""

    net: Analysed
    options: Options
    settings: Settings


def network_bytes(picture: Picture, output: Format) -> bytes:
    """One network in one format: its figure, or its slides or page where that is better."""
    from archviz.layout.made_for import draw_figure

    net, options, settings = picture
    title = net[0].head.title
    if output.alone == "page":
        from archviz.write.html import write_html
        from archviz.write.html_fragment import write_fragment

        figure = _html_figure(net, options)
        page = write_fragment(figure) if settings.fragment else write_html([figure], title=title)
        return page.encode("utf-8")
    if output.alone == "slides" and output.bind:
        from archviz.decks import network_slides_bytes

        return network_slides_bytes(net, options, output, settings)
    return output.write(draw_figure(*net, options), settings)


def part_files(picture: Picture, output: Format, path: str) -> list[tuple[str, bytes, str]]:
    """The parts of one network's figure, each with the name of its file and the form of its mark.

    The name of the part stands behind that of the file, where there are several. Where LaTeX
    takes the format, a source that sets them as subfigures is among the files.
    """
    from archviz.layout.blank import blanked
    from archviz.layout.made_parts import Part, draw_parts, parts_as_they_come

    net, options, settings = picture

    def drawn(options: Options) -> list[Part]:
        if options.place:
            parts = draw_parts(*net, options, options.place)
        else:
            parts = parts_as_they_come(*net, options)
        scenes = blanked([part.scene for part in parts], net[0].figure.blank, options.theme)
        return [Part(part.name, scene) for part, scene in zip(parts, scenes, strict=True)]

    return _files_of(net[0].head.title, drawn, options, PartsOutput(output, path, settings))


def compared_files(
    nets: Sequence[Analysed], options: Options, to: PartsOutput
) -> list[tuple[str, bytes, str]]:
    """The parts of a comparison, as those of :func:`part_files`."""
    from archviz.layout.compare import told_of
    from archviz.layout.several_parts import comparison_parts

    return _files_of(told_of(nets)[0], partial(comparison_parts, nets), options, to)


class PartsOutput(NamedTuple):
    """Where and how parts are written: the file that theirs are named after."""

    output: Format
    path: str
    settings: Settings


def _files_of(
    title: str, drawn: Callable[[Options], list[Part]], options: Options, to: PartsOutput
) -> list[tuple[str, bytes, str]]:
    """The files of parts that are drawn as told, in the dark, too, where that is asked for."""
    parts, dark = drawn(options), options.theme.dark
    if dark:
        twins = drawn(options._replace(theme=dark))
        pairs = zip(parts, twins, strict=True)
        parts = [one._replace(scene=one.scene._replace(dark=twin.scene)) for one, twin in pairs]
    output, settings = to.output, to.settings
    stem, suffix = os.path.splitext(to.path)
    names = [_slug(part.name) for part in parts]
    names = [
        f"{name}-{number}" if name in names[: number - 1] else name
        for number, name in enumerate(names, 1)
    ]
    paths = [f"{stem}-{name}{suffix}" if name else to.path for name in names]
    files = [
        (file, output.write(part.scene, settings), output.mark)
        for file, part in zip(paths, parts, strict=True)
    ]
    together = stem + ".tex"
    taken = output.suffix in INCLUDED and (output.suffix != "tex" or settings.fragment)
    if not taken or together in paths:
        return files
    shown = [
        PartFile(part.name or title, file, part.scene.width, part.scene.height)
        for file, part in zip(paths, parts, strict=True)
    ]
    source = subfigures(title, together, shown, options.place.height if options.place else PAGE)
    return [*files, (together, source.encode(), FORMATS["tex"].mark)]


def _slug(name: str) -> str:
    """A name as a part of a file's: small letters and digits, hyphens between."""
    words = "".join(char if char.isalnum() else " " for char in name.lower()).split()
    return "-".join(words)[:60]


def card_bytes(picture: Picture, paper: str, output: Format) -> bytes:
    """The card of a network: its pages, beside one another where a format holds one picture.

    ``paper``: its size, of :data:`archviz.layout.card.PAPERS`.
    """
    from archviz.layout.card import Card, card_pages, side_by_side
    from archviz.layout.page import with_dark
    from archviz.write.html import HtmlExtra, write_html

    net, options, settings = picture
    title = net[0].head.title

    def drawn(options: Options) -> list[Scene]:
        return card_pages(Card(*net, options, paper))

    if output.alone == "page":
        theme = options.theme.with_ground()
        themes = [*filter(None, (theme, _night(theme)))]
        pages = zip(*(drawn(options._replace(theme=one)) for one in themes), strict=True)
        extras = [HtmlExtra(scenes[0].title, *scenes) for scenes in pages]
        return write_html((), extras, title=title).encode("utf-8")
    if output.bind:
        scenes = drawn(options)
        width, height = scenes[0].width, scenes[0].height
        settings = settings._replace(aspect=width / height, height=height)
        return output.bind([Page(s, s.title, s.description) for s in scenes], title, "", settings)
    return output.write(with_dark(lambda one: side_by_side(drawn(one)), options), settings)


def deck_bytes(
    pictures: Sequence[Picture],
    output: Format,
    options: Options,
    settings: Settings,
    told: Told | None = None,
    drawn: Drawn | None = None,
) -> bytes:
    """Several networks in one file of a format that holds them all.

    ``options`` are those of the file: its theme, its legend; ``told`` hears of each network
    that is drawn, ``drawn`` keeps the pages of a deck.
    """
    from archviz.layout.cover import DECK_TITLE
    from archviz.layout.made_for import draw_figure

    nets = [picture.net for picture in pictures]
    if output.together == "index":
        return _html_index(pictures, options, told)
    assert output.bind, f"{output.suffix} holds one figure"
    heads = [network.head for network, _ in nets]
    if output.together == "deck":
        from archviz import decks

        each = partial(told, 0.6 * WORK[output.suffix]) if told else None
        return decks.deck_bytes(nets, options, output, settings, each, drawn)
    scenes = [draw_figure(*picture.net, picture.options) for picture in pictures]
    pages = [
        Page(scene, head.title, head.brought) for scene, head in zip(scenes, heads, strict=True)
    ]
    return output.bind(pages, DECK_TITLE, ", ".join(head.title for head in heads), settings)


def _night(theme: Theme) -> Theme | None:
    """What a page in a theme is where its reader's is dark."""
    from archviz.scene.theme import load_theme

    return load_theme("dark") if theme == load_theme() else theme.dark


def _html_figure(net: Analysed, options: Options) -> HtmlFigure:
    from archviz.layout.following import with_way
    from archviz.layout.page import draw_network
    from archviz.network.report import info_data
    from archviz.write.html import html_figure

    head, theme = net[0].head, options.theme.with_ground()
    plain = options._replace(theme=theme, legend=False, title=False, totals=False)
    plain = plain._replace(aspect=0.0)
    night = _night(theme)
    dark = draw_network(*net, plain._replace(theme=night)) if night else None
    top1, top5, dataset, stated = head.scores
    scores = {"top1": top1, "top5": top5, "dataset": dataset, "stated": stated}
    scene = with_way(draw_network(*net, plain), *net)
    return html_figure(info_data(*net), scene, dark=dark, appendix=head.appendix, **scores)


def begin_network(picture: Picture, output: Format, told: Told) -> Callable[[], bytes]:
    """What makes one network's file, once it is drawn."""
    from archviz.layout.made_for import draw_figure

    if output.begin is None:
        return partial(network_bytes, picture, output)
    return output.begin(draw_figure(*picture.net, picture.options), picture.settings)


def begin_deck(
    given: tuple[Sequence[Picture], Format, Options, Settings], drawn: Drawn, told: Told
) -> Callable[[], bytes]:
    """What makes a file of several networks; see :func:`deck_bytes`."""
    return partial(deck_bytes, *given, told, drawn)


def _html_index(pictures: Sequence[Picture], options: Options, told: Told | None = None) -> bytes:
    """A page of several networks, with the timeline, the table and the legend."""
    from archviz.layout.cover import DECK_TITLE
    from archviz.layout.deck import by_publication
    from archviz.layout.page import draw_legend, draw_table, draw_timeline
    from archviz.layout.table import keras_rows
    from archviz.write.html import HtmlExtra, write_html

    nets = by_publication([picture.net for picture in pictures])
    heads = [network.head for network, _ in nets]
    dated = [head for head in heads if head.year]
    theme = options.theme.with_ground()
    themes = [*filter(None, (theme, _night(theme)))]
    extras = []
    if len(dated) > 1:
        extras.append(HtmlExtra("Timeline", *(draw_timeline(dated, theme) for theme in themes)))
    if keras_rows(heads):
        extras.append(
            HtmlExtra("Networks in Keras", *(draw_table(heads, theme) for theme in themes))
        )
    if options.legend:
        extras.append(HtmlExtra("Legend", *(draw_legend(theme) for theme in themes)))
    figures = []
    for net in nets:
        figures.append(_html_figure(net, options._replace(detail=net[0].figure.detail)))
        if told:
            told(0.75 * WORK["html"])
    return write_html(figures, extras, title=DECK_TITLE).encode("utf-8")


Told: TypeAlias = "Callable[[float], None]"
"""Is told how much of its work a job has done, in the units of :data:`WORK`."""
WORK = {"png": 18.0, "html": 5.0, "pdf": 5.0, "pptx": 5.0}
"""What a network in a format takes, in multiples of what it takes as SVG."""


class Job(NamedTuple):
    """One file to write, and how to make it.

    ``begin`` draws it, and gives what makes it; where that may run in another process, it is
    ``apart``. ``work`` is what all of it takes.
    """

    path: str
    begin: Callable[[Told], Callable[[], bytes]]
    mark: str
    work: float = 1.0
    apart: bool = False


def export_jobs(
    pictures: Sequence[Picture],
    suffixes: Sequence[str],
    folder: str,
    options: Options,
    settings: Settings,
) -> list[Job]:
    """The files of an export: one a network, or one for all where the format holds them.

    ``options`` and ``settings`` are for those that hold all.
    """
    from archviz.decks import Drawn

    jobs: list[Job] = []
    drawn = Drawn()
    for suffix in suffixes:
        output = FORMATS[suffix]
        if output.together:
            path = os.path.join(folder, f"{DECK}.{suffix}")
            given = (pictures, output, options, settings)
            begin = partial(begin_deck, given, drawn)
            work = WORK.get(suffix, 1.0) * len(pictures)
            jobs.append(Job(path, begin, output.mark, work))
            continue
        for picture, name in zip(pictures, _file_names(pictures), strict=True):
            path = os.path.join(folder, f"{name}.{suffix}")
            begin = partial(begin_network, picture, output)
            apart = output.begin is not None
            jobs.append(Job(path, begin, output.mark, WORK.get(suffix, 1.0), apart))
    return jobs


def _file_names(pictures: Sequence[Picture]) -> list[str]:
    """A name for each network's files; specs of one name in two folders get numbers."""
    names: dict[str, str] = {}
    for picture in pictures:
        name = first = picture.net[0].head.name
        number = 1
        while name.casefold() in names:  # which some systems take for the same
            number += 1
            name = f"{first}-{number}"
        names[name.casefold()] = name
    return [*names.values()]


def make_folder(path: str) -> None:
    """Make a folder, where there is none yet.

    Raises:
        ArchvizError: it cannot be made.
    """
    from archviz.files import cannot_write

    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


class Begun(NamedTuple):
    """A file that is begun: what makes it, and what writes it and gives its size in bytes.

    Both raise :class:`ArchvizError` where it cannot be made or written.
    """

    make: Callable[[], bytes]
    write: Callable[[bytes], int]


def begin_job(job: Job, force: bool, inputs: Sequence[str], told: Told) -> Begun:
    """Begin one file.

    Raises:
        ArchvizError: it is somebody else's file, or cannot be made or written.
    """
    from archviz.files import check_target, write_file
    from archviz.marks import marked

    check_target(job.path, force=force, inputs=inputs)  # before the work of making it
    make = job.begin(told)

    def write(data: bytes) -> int:
        data = marked(data, job.mark)
        write_file(job.path, data, force=force, inputs=inputs)
        return len(data)

    return Begun(make, write)
