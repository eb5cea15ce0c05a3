"""The file formats: which suffix is written by which writer, and which options it understands.

The command line, ``export``, the API, the manual and the messages read this table.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from archviz.errors import ArchvizError, Mark, Problem, did_you_mean
from archviz.scene.scene import Page, Scene
from archviz.scene.slide_form import Cover, steps_of
from archviz.write.about import About

Picture: TypeAlias = Literal["figure", "slides", "deck", "page", "index"]
_DRAWING = ("direction", "detail", "merges", "open", "panels")
_PLACE = ("place", "min_font", "max_height")
"""What only a figure understands that is made for a width."""
PICTURES: Mapping[Picture, tuple[str, ...]] = {
    "figure": ("theme", "title", "totals", "legend", "aspect", *_DRAWING, "only", *_PLACE, "blank"),
    "slides": ("theme", "aspect", *_DRAWING, "blank", "deck_title", "build"),
    "deck": ("theme", "legend", "aspect", *_DRAWING, "blank", "deck_title", "build"),
    "page": ("theme", *_DRAWING, "fragment"),
    "index": ("theme", "legend", *_DRAWING),
}
"""What is drawn of networks, and the options that it understands.

Slides and a page are of one network, a deck and an index with pages below it of many.
"""
Drawn: TypeAlias = Literal["network", "networks", "several", "figure"]
"""What a command draws: one network, many, several in one figure, such as a timeline, or a figure
that is as wide as it comes, such as the legend."""


class Settings(NamedTuple):
    """What some formats can be told.

    ``scale`` and ``width`` (pixels) size a PNG; ``fragment`` makes TeX a picture to
    ``\\input``, and HTML a figure to put into a page; ``template`` is a PPTX whose layouts a
    deck takes, with ``accents`` its colours for boxes, too, and ``aspect`` the shape of its
    slides. ``placed``: a figure was made for a width, and keeps it. ``author`` and ``date`` are
    what a file says of itself (:class:`archviz.write.about.About`), and with ``deck_title`` what
    stands on the cover of a deck.
    """

    scale: float = 2.0
    width: int | None = None
    fragment: bool = False
    template: str | None = None
    aspect: float = 16 / 9
    placed: bool = False
    author: str = ""
    date: str = ""
    height: float = 720.0
    """Pixels of a slide's height."""
    deck_title: str = ""
    build: bool = False
    """Whether slides are built up step by step."""
    accents: bool = False

    def cover(self) -> Cover:
        """What stands on the first slide of a deck."""
        from archviz.write.about import said_date

        return Cover(self.deck_title, self.author, said_date(self.date))

    def about(self, title: str = "", subject: str = "") -> About:
        """The metadata of a file of that title."""
        return About(title, subject, self.author, self.date)


class Format(NamedTuple):
    """A format: what it is good for, how it is written, and what it understands.

    ``write`` writes one figure, ``bind`` several pages with a title and a subject; ``mark``
    is the form of the mark by which archviz knows its files (:mod:`archviz.marks`).
    ``options`` are those that the format understands beside those of the picture: one
    network becomes ``alone``, several become ``together``, or a file each where that is
    empty.
    """

    suffix: str
    about: str
    write: Callable[[Scene, Settings], bytes]
    mark: str
    options: tuple[str, ...] = ("transparent",)
    alone: Picture = "figure"
    together: Picture | None = None
    bind: Callable[[Sequence[Page], str, str, Settings], bytes] | None = None
    begin: Callable[[Scene, Settings], Callable[[], bytes]] | None = None
    """Of a format whose writing may end in another process: what gives the end of it."""

    def understands(self, drawn: Drawn) -> tuple[str, ...]:
        """The options that change the file, if this is what is drawn."""
        if drawn in ("figure", "several"):
            placed = drawn == "several" and self.alone == "figure"
            deaf = ("only",) if placed else ("only", *_PLACE)
            return (*(name for name in PICTURES["figure"] if name not in deaf), *self.options)
        together = self.together if drawn == "networks" else None
        return PICTURES[together or self.alone] + self.options


def _svg(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.svg import write_svg

    return write_svg(scene).encode("utf-8")


def _png(scene: Scene, settings: Settings) -> bytes:
    return _begin_png(scene, settings)()


def _begin_png(scene: Scene, settings: Settings) -> Callable[[], bytes]:
    from archviz.write.png import begin_png

    return begin_png(scene, scale=settings.scale, width=settings.width)


def _pdf(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.pdf import figure_pdf

    return figure_pdf(scene, not settings.placed, settings.about())


def _pdf_pages(pages: Sequence[Page], title: str, subject: str, settings: Settings) -> bytes:
    from archviz.write.pdf import write_pdf

    if settings.build:
        pages = [step for page in pages for step in built_up(page)]
    return write_pdf(pages, settings.about(title, subject))


def built_up(page: Page) -> list[Page]:
    """A page for each step in which a slide is built up; the last is the whole."""
    later = steps_of(page.scene)
    return [
        page._replace(
            scene=page.scene._replace(
                items=tuple(one for one in page.scene.items if one not in later[shown:])
            )
        )
        for shown in range(len(later) + 1)
    ]


def _pptx(scene: Scene, settings: Settings) -> bytes:
    page = Page(scene, scene.title, scene.description)
    return _pptx_pages([page], scene.title, "", settings)


def _pptx_pages(pages: Sequence[Page], title: str, subject: str, settings: Settings) -> bytes:
    from archviz.write.pptx import write_pptx

    return write_pptx(
        pages,
        settings.about(title),
        aspect=settings.aspect,
        template=settings.template,
        height=settings.height,
        built=settings.build,
        accents=settings.accents,
    )


def _html(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.html import HtmlExtra, write_html

    return write_html((), [HtmlExtra(scene.title, scene)], title=scene.title).encode("utf-8")


def _tex(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.tikz import write_tikz

    alone, cropped = not settings.fragment, not settings.placed
    return write_tikz(scene, standalone=alone, cropped=cropped).encode("utf-8")


def _drawio(scene: Scene, settings: Settings) -> bytes:
    return _drawio_pages([Page(scene, scene.title, scene.description)], "", "", settings)


def _drawio_pages(pages: Sequence[Page], title: str, subject: str, settings: Settings) -> bytes:
    from archviz.write.drawio import write_drawio

    return write_drawio(pages)


def _gv(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.gv import write_gv

    return write_gv(scene).encode("utf-8")


def _json(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.scene_json import write_json

    return write_json(scene).encode("utf-8")


GROUND = ("transparent",)
ABOUT = ("author", "date")
FORMATS: Mapping[str, Format] = {
    row.suffix: row
    for row in (
        Format(
            "svg",
            "a vector figure for pages, papers and editors",
            _svg,
            "xml",
            (*GROUND, "auto"),
        ),
        Format(
            "png",
            "pixels, sharp at any size",
            _png,
            "png",
            (*GROUND, "scale", "width"),
            begin=_begin_png,
        ),
        Format(
            "pdf",
            "vector pages; one figure is cropped for LaTeX",
            _pdf,
            "pdf",
            (*GROUND, *ABOUT),
            together="deck",
            bind=_pdf_pages,
        ),
        Format(
            "pptx",
            "slides of native shapes and glued connectors",
            _pptx,
            "zip",
            (*GROUND, "template", "accents", *ABOUT),
            alone="slides",
            together="deck",
            bind=_pptx_pages,
        ),
        Format(
            "html",
            "a page with zoom, search and panels that open",
            _html,
            "xml",
            ("auto",),
            alone="page",
            together="index",
        ),
        Format(
            "tex", "TikZ, a document or a picture to \\input", _tex, "tex", (*GROUND, "fragment")
        ),
        Format(
            "drawio",
            "native shapes for diagrams.net",
            _drawio,
            "xml",
            together="figure",
            bind=_drawio_pages,
        ),
        Format("gv", "Graphviz, positions pinned: draw it with `neato -n2`", _gv, "gv"),
        Format("json", "the scene: every primitive with its box, for programs", _json, "json"),
    )
}


def check_options(
    given: Mapping[str, str], formats: Sequence[Format], drawn: Drawn
) -> tuple[str, ...]:
    """A line for each option that some of the formats do not understand.

    ``given`` are the options by their names, each as the user wrote it (``--no-legend``).

    Raises:
        ValueError: none of the formats understands one of them, or two exclude each other.
    """
    if "scale" in given and "width" in given:
        message = "{scale} and {width} both size the picture; leave one of the two out"
        raise ValueError(message.format_map(given))
    lines = []
    for name, written in given.items():
        deaf = [row.suffix for row in formats if name not in row.understands(drawn)]
        if deaf:
            known = words(knowing(name, drawn) or ["figures of networks"])
            line = f"{written} is for {known}, not for {words(deaf)}"
            if name == "width" and drawn != "figure":
                line += "; there it is a length, such as 3.5in"
            if len(deaf) == len(formats):
                raise ValueError(line)
            lines.append(line)
    return tuple(lines)


def asked_for(given: Mapping[str, object]) -> list[str]:
    """The names of the options of what was given.

    A width that is no number is a ``place``'s, and the theme that follows the reader's ``auto``.
    """
    names = [name for name, value in given.items() if value is not None]
    width, theme = given.get("width"), given.get("theme")
    placed = isinstance(width, str) and not width.isdecimal()
    others = {"width": "place"} if placed else {}
    others |= {"theme": "auto"} if isinstance(theme, str) and theme == "auto" else {}
    return [others.get(name, name) for name in names]


def knowing(option: str, drawn: Drawn) -> list[str]:
    """The suffixes of the formats that understand an option."""
    return [row.suffix for row in FORMATS.values() if option in row.understands(drawn)]


def words(names: Sequence[str]) -> str:
    """``svg, png and pdf``."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def choose_format(output: str, suffix: str | None) -> Format:
    """The format that was asked for by name, or else the one of the output's suffix.

    Standard output (``-``) is SVG where nothing else is said.

    Raises:
        ArchvizError: no format has that suffix, or the two do not agree.
        ValueError: there is no format of that name.
    """
    chosen = format_named(suffix) if suffix else None
    if output == "-":
        return chosen or FORMATS["svg"]
    named = os.path.splitext(output)[1].lstrip(".").lower()
    if chosen and named in FORMATS and named != chosen.suffix:
        message = f"the name says {named}, and the format asked for is {chosen.suffix}"
        raise ArchvizError([Problem(Mark(output), message, "leave one of the two out")])
    return chosen or format_of(output)


def format_named(name: str) -> Format:
    """A format by its suffix, with or without the dot.

    Raises:
        ValueError: there is none.
    """
    suffix = str(name).strip().lstrip(".").lower()
    if suffix not in FORMATS:
        hint = did_you_mean(suffix, FORMATS) or f"there are {words(list(FORMATS))}"
        raise ValueError(f"there is no format '{suffix}'; {hint}")
    return FORMATS[suffix]


def format_of(path: str) -> Format:
    """The format that a file name's suffix asks for.

    Raises:
        ArchvizError: no format has that suffix.
    """
    suffix = os.path.splitext(path)[1].lstrip(".").lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    known = ", ".join(f".{name}" for name in FORMATS)
    hint = did_you_mean(suffix, FORMATS) or f"use one of {known}"
    message = f"no format has the suffix '.{suffix}'" if suffix else "the name has no suffix"
    raise ArchvizError([Problem(Mark(path), message, hint)])
