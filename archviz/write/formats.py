"""The file formats: which suffix is written by which writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archviz.errors import ArchvizError, Mark, Problem, did_you_mean
from archviz.scene import Scene


class Format(NamedTuple):
    """A format: what it is good for, and its writer, which is loaded when it is used."""

    suffix: str
    about: str
    write: Callable[[Scene], bytes]


def _svg(scene: Scene) -> bytes:
    from archviz.write.svg import write_svg

    return write_svg(scene).encode("utf-8")


def _json(scene: Scene) -> bytes:
    from archviz.write.scene_json import write_json

    return write_json(scene).encode("utf-8")


def _gv(scene: Scene) -> bytes:
    from archviz.write.gv import write_gv

    return write_gv(scene).encode("utf-8")


FORMATS: Mapping[str, Format] = {
    row.suffix: row
    for row in (
        Format("svg", "a vector figure for pages, papers and editors", _svg),
        Format("json", "the scene: every primitive with its box, for programs", _json),
        Format("gv", "Graphviz, positions pinned: draw it with `neato -n2`", _gv),
    )
}


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
