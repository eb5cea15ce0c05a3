"""The font that somebody chose: for all texts if it has Latin letters, else for what ours lacks.

The bundled Arimo gives what it lacks. Within :func:`first_font` texts are measured by it, and
each format is set in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from glob import glob
from string import ascii_letters, digits
from typing import NamedTuple

from archviz.errors import did_you_mean, fail
from archviz.scene.bundled_font import bundled_file, covered
from archviz.scene.font_files import (
    INSTEAD,
    SUFFIXES,
    characters,
    family,
    folders,
    is_italic,
    weight,
)

LATIN = frozenset(map(ord, ascii_letters + digits))
"""What a font has to have to set a whole figure."""
SHAPED = 0x590
"""From here on (Hebrew) letters change their forms or order; no width is given with those."""
HEAVY = 600
"""Weight from which on a face is a bold one."""
NAMED: dict[str, tuple[str, ...]] = {
    "times": (
        "texgyretermes-regular.otf",
        "LiberationSerif-Regular.ttf",
        "Tinos-Regular.ttf",
        "NimbusRoman-Regular.otf",
        "times.ttf",
        "Times New Roman.ttf",
    ),
    "helvetica": (
        "texgyreheros-regular.otf",
        "NimbusSans-Regular.otf",
        "LiberationSans-Regular.ttf",
        os.path.basename(bundled_file(bold=False)),
    ),
    "latin-modern": ("lmroman10-regular.otf", "cmunrm.otf"),
    "latin-modern-sans": ("lmsans10-regular.otf", "cmunss.otf"),
}
"""The files in which papers' fonts are free, by a name for each kind; the first that is here."""
WHERE = {
    "times": "TeX Gyre Termes or Liberation Serif; on Debian fonts-texgyre or fonts-liberation",
    "helvetica": "TeX Gyre Heros or Liberation Sans",
    "latin-modern": "Latin Modern; on Debian fonts-lmodern, in TeX Live lm",
    "latin-modern-sans": "Latin Modern; on Debian fonts-lmodern, in TeX Live lm",
}
TEX = (
    "/usr/share/texmf/fonts/opentype",
    "/usr/share/texlive/texmf-dist/fonts/opentype",
    "/usr/local/texlive/*/texmf-dist/fonts/opentype",
    "/Library/TeX/Root/texmf-dist/fonts/opentype",
    r"C:\texlive\*\texmf-dist\fonts\opentype",
)
"""Where TeX keeps fonts that programs beside it can read."""


class Chosen(NamedTuple):
    """Font files that go first; ``regular`` and ``bold`` set all texts, if they are not empty."""

    files: tuple[str, ...] = ()
    regular: str = ""
    bold: str = ""


_chosen: ContextVar[Chosen] = ContextVar("chosen_font", default=Chosen())  # noqa: B039 (a tuple)


@contextmanager
def first_font(*paths: str | os.PathLike[str]) -> Iterator[None]:
    """Within it, texts are set in this font, where it has Latin letters; else it is asked first
    for what the bundled font lacks.

    Of several files a bold one is for bold texts, as is one beside a file that is its bold face.
    A name of :data:`NAMED` is the first of its fonts that is here.

    Raises:
        ArchvizError: there is no such font.
    """
    token = _chosen.set(_choice(tuple(_found(os.fspath(path)) for path in paths)))
    try:
        yield
    finally:
        _chosen.reset(token)


def chosen_files() -> tuple[str, ...]:
    """The files that are asked before those of the system."""
    return _chosen.get().files


def chosen_face(bold: bool) -> str:
    """The file in which texts are set; empty where that is the bundled font."""
    chosen = _chosen.get()
    return chosen.bold if bold else chosen.regular


def is_plain(text: str, bold: bool) -> bool:
    """Whether the bundled font alone sets a text."""
    return not chosen_face(bold) and covered(bold).issuperset(text)


def is_measured(text: str, bold: bool) -> bool:
    """Whether a text is of letters that stay as they are, of the chosen or the bundled font."""
    return _letters(chosen_face(bold), bold).issuperset(text)


@cache
def _letters(face: str, bold: bool) -> frozenset[str]:
    if not face:
        return covered(bold)
    return covered(bold) | {chr(code) for code in characters(face) if 32 <= code < SHAPED}


def chosen_families() -> tuple[str, ...]:
    """The name of the family in which texts are set, if that is not the bundled one."""
    face = chosen_face(bold=False)
    return (family(face),) if face else ()


def _found(name: str) -> str:
    """The file of a font, or of a name of :data:`NAMED`."""
    known = name.lower()
    if known in NAMED and not os.path.exists(name):
        path = _installed(known)
        if not path:
            raise fail(name, "no such font is here", f"install {WHERE[known]}, or name a file")
        return path
    if not characters(name):
        problem = "is no font that can be read" if os.path.exists(name) else "there is no such file"
        hint = f"name a font file (ttf, otf, ttc), or {', '.join(NAMED)}"
        raise fail(name, problem, did_you_mean(known, NAMED) or hint)
    return os.path.abspath(name)


def _installed(name: str) -> str:
    """The first font of a name of :data:`NAMED` that is here; empty where none is."""
    places = folders() if INSTEAD in os.environ else [*folders(), *TEX]
    wanted = [file.lower() for file in NAMED[name]]
    found = sorted(
        (wanted.index(file.lower()), number, os.path.join(folder, file))
        for number, place in enumerate(places)
        for real in glob(place)
        for folder, _, files in os.walk(real)
        for file in files
        if file.lower() in wanted
    )
    if found:
        return found[0][2]
    own = bundled_file(bold=False)
    return own if os.path.basename(own).lower() in wanted else ""


def _choice(files: tuple[str, ...]) -> Chosen:
    """Which of some files set what."""
    latin = [path for path in files if characters(path) >= LATIN]
    heavy = [path for path in latin if weight(path) >= HEAVY]
    light = [path for path in latin if path not in heavy] or heavy
    if not light:
        return Chosen(files)
    bold = heavy[0] if heavy else bold_of(light[0]) or light[0]
    return Chosen(files, light[0], bold)


@cache
def bold_of(path: str) -> str:
    """The bold face of a font's family, among the files beside it; empty where there is none."""
    folder, own = os.path.split(path)
    for name in sorted(os.listdir(folder)):
        near = os.path.join(folder, name)
        alike = name[:3].lower() == own[:3].lower() and name.lower().endswith(SUFFIXES)
        if not alike or near == path or not characters(near) >= LATIN:
            continue
        if family(near) == family(path) and weight(near) >= HEAVY and not is_italic(near):
            return near
    return ""
