"""The file formats: which suffix is written by which writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archviz.errors import ArchvizError, Mark, Problem, did_you_mean
from archviz.scene.scene import Page, Scene


class Settings(NamedTuple):
    """What some formats can be told.

    ``scale`` and ``width`` (pixels) size a PNG, ``transparent`` leaves its ground out;
    ``fragment`` makes TeX a picture to ``\\input``; ``template`` is a PPTX whose master a
    deck takes, and ``aspect`` the shape of its slides.
    """

    scale: float = 2.0
    width: int | None = None
    transparent: bool = False
    fragment: bool = False
    template: str | None = None
    aspect: float = 16 / 9


class Format(NamedTuple):
    """A format: what it is good for, its writer, and whether several figures share a file.

    ``mark`` is the form of the mark by which archviz knows its files (:mod:`archviz.marks`).
    """

    suffix: str
    about: str
    write: Callable[[Scene, Settings], bytes]
    mark: str
    is_deck: bool = False


def _svg(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.svg import write_svg

    return write_svg(scene).encode("utf-8")


def _png(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.png import write_png

    return write_png(
        scene, scale=settings.scale, width=settings.width, transparent=settings.transparent
    )


def _pdf(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.pdf import figure_pdf

    return figure_pdf(scene)


def _pptx(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.pptx import write_pptx

    page = Page(scene, scene.title, scene.description)
    return write_pptx([page], aspect=settings.aspect, template=settings.template, title=scene.title)


def _html(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.html import HtmlExtra, write_html

    return write_html((), [HtmlExtra(scene.title, scene)], title=scene.title).encode("utf-8")


def _tex(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.tikz import write_tikz

    return write_tikz(scene, standalone=not settings.fragment).encode("utf-8")


def _drawio(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.drawio import write_drawio

    return write_drawio([Page(scene, scene.title, scene.description)])


def _gv(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.gv import write_gv

    return write_gv(scene).encode("utf-8")


def _json(scene: Scene, settings: Settings) -> bytes:
    from archviz.write.scene_json import write_json

    return write_json(scene).encode("utf-8")


FORMATS: Mapping[str, Format] = {
    row.suffix: row
    for row in (
        Format("svg", "a vector figure for pages, papers and editors", _svg, "xml"),
        Format("png", "pixels, sharp at --scale or --width", _png, "png"),
        Format("pdf", "vector pages; one figure is cropped for LaTeX", _pdf, "pdf", True),
        Format("pptx", "slides of native shapes and glued connectors", _pptx, "zip", True),
        Format("html", "a page with zoom, search and panels that open", _html, "xml", True),
        Format("tex", "TikZ, a document or a picture to \\input", _tex, "tex"),
        Format("drawio", "native shapes for diagrams.net", _drawio, "xml", True),
        Format("gv", "Graphviz, positions pinned: draw it with `neato -n2`", _gv, "gv"),
        Format("json", "the scene: every primitive with its box, for programs", _json, "json"),
    )
}


def choose_format(output: str, suffix: str | None) -> Format:
    """The format that was asked for by name, or else the one of the output's suffix.

    Standard output (``-``) is SVG where nothing else is said.

    Raises:
        ArchvizError: no format has that suffix.
    """
    if output == "-":
        return FORMATS[suffix or "svg"]
    named = os.path.splitext(output)[1].lstrip(".").lower()
    if suffix and named in FORMATS and named != suffix:
        message = f"the name says {named}, and --format says {suffix}"
        raise ArchvizError([Problem(Mark(output), message, "leave one of the two out")])
    return FORMATS[suffix] if suffix else format_of(output)


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
