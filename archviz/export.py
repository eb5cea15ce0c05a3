"""Networks to files: one, or many in many formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from archviz.errors import ArchvizError
from archviz.scene.scene import Page
from archviz.write.formats import FORMATS, Format, Settings

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork
    from archviz.write.html import HtmlFigure

DECK = "archviz"
"""Name of the files that hold all networks, without their suffix."""


class Look(NamedTuple):
    """How figures are drawn; see :func:`archviz.api.figure_options`."""

    theme: str = "article"
    title: bool = False
    legend: bool = True
    aspect: float = 0.0
    detail: str = "compact"


def network_bytes(net: LoadedNetwork, output: Format, look: Look, settings: Settings) -> bytes:
    """One network in one format: its figure, or its slides or page where that is better."""
    if output.suffix == "pptx":
        return _pptx(network_pages(net, look, settings.aspect), settings, net.network.head.title)
    if output.suffix == "html":
        from archviz.write.html import write_html

        return write_html([_html_figure(net, look)], title=net.network.head.title).encode("utf-8")
    return output.write(net.scene(**look._asdict()), settings)


def network_pages(net: LoadedNetwork, look: Look, aspect: float) -> list[Page]:
    """The slides of one network, with speaker notes."""
    from archviz.layout.deck import speaker_notes
    from archviz.layout.slides import network_slides
    from archviz.scene.theme import load_theme

    scenes = network_slides(net.network, net.analysis, load_theme(look.theme), aspect)
    notes = speaker_notes(net.network, net.analysis)
    return [Page(scene, scene.title, notes) for scene in scenes]


def deck_bytes(
    nets: Sequence[LoadedNetwork], output: Format, look: Look, settings: Settings
) -> bytes:
    """Several networks in one file of a format that holds them all."""
    from archviz.layout.deck import DECK_TITLE, deck_pages
    from archviz.scene.theme import load_theme

    networks = [(net.network, net.analysis) for net in nets]
    if output.suffix == "html":
        return _html(nets, look)
    if output.suffix == "drawio":
        from archviz.write.drawio import write_drawio

        return write_drawio(
            [
                Page(net.scene(**look._asdict()), net.network.head.title, net.network.head.brought)
                for net in nets
            ]
        )
    pages = deck_pages(networks, load_theme(look.theme), settings.aspect)
    if output.suffix == "pptx":
        return _pptx(pages, settings, DECK_TITLE)
    from archviz.write.pdf import write_pdf

    titles = ", ".join(network.head.title for network, _ in networks)
    return write_pdf(pages, title=DECK_TITLE, subject=titles)


def _pptx(pages: Sequence[Page], settings: Settings, title: str) -> bytes:
    from archviz.write.pptx import write_pptx

    return write_pptx(pages, aspect=settings.aspect, template=settings.template, title=title)


def _html_figure(net: LoadedNetwork, look: Look) -> HtmlFigure:
    from archviz.write.html import html_figure

    head = net.network.head
    plain = look._replace(legend=False, title=False, aspect=0.0)
    dark = net.scene(**plain._replace(theme="dark")._asdict()) if look.theme == "article" else None
    scores = {key: head.keras.get(key) for key in ("top1", "top5")}
    return html_figure(
        net.info(), net.scene(**plain._asdict()), dark=dark, appendix=head.appendix, **scores
    )


def _html(nets: Sequence[LoadedNetwork], look: Look) -> bytes:
    from archviz.layout.deck import DECK_TITLE, by_publication
    from archviz.layout.page import draw_legend, draw_table, draw_timeline
    from archviz.layout.table import keras_rows
    from archviz.scene.theme import load_theme
    from archviz.write.html import HtmlExtra, write_html

    order = [id(network) for network, _ in by_publication([(n.network, n.analysis) for n in nets])]
    nets = sorted(nets, key=lambda net: order.index(id(net.network)))
    heads = [net.network.head for net in nets]
    dated = [head for head in heads if head.date or head.year]
    theme = load_theme(look.theme)
    dark = load_theme("dark") if look.theme == "article" else None
    extras = []
    if len(dated) > 1:
        pair = [draw_timeline(dated, t) if t else None for t in (theme, dark)]
        extras.append(HtmlExtra("Timeline", pair[0] or draw_timeline(dated, theme), pair[1]))
    if keras_rows(heads):
        extras.append(
            HtmlExtra(
                "Networks in Keras", draw_table(heads, theme), dark and draw_table(heads, dark)
            )
        )
    extras.append(HtmlExtra("Legend", draw_legend(theme), dark and draw_legend(dark)))
    figures = [_html_figure(net, look) for net in nets]
    return write_html(figures, extras, title=DECK_TITLE).encode("utf-8")


class Job(NamedTuple):
    """One file to write, and how to make it."""

    path: str
    make: Callable[[], bytes]
    mark: str


def export_jobs(
    nets: Sequence[LoadedNetwork],
    suffixes: Sequence[str],
    folder: str,
    look: Look,
    settings: Settings,
) -> list[Job]:
    """The files of an export: one a network, or one for all where the format holds them."""
    jobs: list[Job] = []
    for suffix in suffixes:
        output = FORMATS[suffix]
        if output.is_deck:
            path = os.path.join(folder, f"{DECK}.{suffix}")
            jobs.append(Job(path, partial(deck_bytes, nets, output, look, settings), output.mark))
            continue
        for net, name in zip(nets, _file_names(nets), strict=True):
            path = os.path.join(folder, f"{name}.{suffix}")
            jobs.append(Job(path, partial(network_bytes, net, output, look, settings), output.mark))
    return jobs


def _file_names(nets: Sequence[LoadedNetwork]) -> list[str]:
    """A name for each network's files; specs of one name in two folders get numbers."""
    names: dict[str, str] = {}
    for net in nets:
        name = first = net.network.head.name
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


def write_job(job: Job, force: bool, inputs: Iterable[str]) -> int:
    """Make and write one file; its size in bytes.

    Raises:
        ArchvizError: it is somebody else's file, or cannot be made or written.
    """
    from archviz.files import check_target, write_file
    from archviz.marks import marked

    inputs = [*inputs]
    check_target(job.path, force=force, inputs=inputs)  # before the work of making it
    data = marked(job.make(), job.mark)
    write_file(job.path, data, force=force, inputs=inputs)
    return len(data)


def load_all(
    sources: Sequence[str], load: Callable[[str], LoadedNetwork]
) -> Iterator[LoadedNetwork | ArchvizError]:
    """Every network that can be read and proven, and what is wrong with the others."""
    for source in sources:
        try:
            net = load(source)
            net.analysis  # noqa: B018  shapes are checked before anything is written
            yield net
        except ArchvizError as error:
            yield error
