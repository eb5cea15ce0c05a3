"""The fonts of this machine, for characters that the bundled one lacks.

Nothing is looked for until a text needs it. Files are asked in one order, sans-serif ones
first, so that the same fonts give the same picture.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from archviz.errors import fail

if TYPE_CHECKING:
    import uharfbuzz

INSTEAD = "ARCHVIZ_FONTS"
"""Variable of the environment: folders that are asked instead of the system's."""
SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
SANS = (
    "sans",
    "gothic",
    "kaku",
    "arial",
    "helvetica",
    "dejavusans",
    "segoeui",
    "tahoma",
    "msyh",
    "malgun",
    "meiryo",
    "pingfang",
    "hiragino",
    "heiti",
    "simhei",
    "wqy",
    "nirmala",
    "leelaw",
    "thonburi",
    "fallback",
)
"""Parts of the names of files of sans-serif fonts."""
ODD = (
    "italic",
    "oblique",
    "serif",
    "mono",
    "condensed",
    "narrow",
    "light",
    "thin",
    "black",
    "heavy",
    "medium",
    "semi",
    "demi",
    "extra",
    "math",
    "unifont",
)
"""Parts of the names of faces that a label is not set in where another has it."""
COLOURED = ("color", "colour", "emoji")
"""Of fonts whose letters may be pictures, which a PDF and TeX cannot draw."""
NO_FONTS = ("lastresort", "adobeblank", "notdef", "tofu")
"""Of fonts that have every character, and draw a box for it."""

_first: ContextVar[str] = ContextVar("first_font", default="")


@contextmanager
def first_font(path: str | os.PathLike[str]) -> Iterator[None]:
    """Within it, this file is asked first for what the bundled font lacks.

    Raises:
        ArchvizError: it is no font.
    """
    name = os.fspath(path)
    if not characters(name):
        problem = "is no font that can be read" if os.path.exists(name) else "there is no such file"
        raise fail(name, problem, f"name a font file: {', '.join(SUFFIXES)}")
    token = _first.set(os.path.abspath(name))
    try:
        yield
    finally:
        _first.reset(token)


def asked_first() -> str:
    """The file that is asked before those of the system; empty where there is none."""
    return _first.get()


def folders() -> list[str]:
    """Where this system keeps its fonts, or what the environment says instead."""
    if INSTEAD in os.environ:
        return [place for place in os.environ[INSTEAD].split(os.pathsep) if place]
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", os.path.join(home, "AppData", "Local"))
        return [
            os.path.join(os.environ.get("WINDIR", r"C:\Windows"), "Fonts"),
            os.path.join(local, "Microsoft", "Windows", "Fonts"),
        ]
    if sys.platform == "darwin":
        places = ("/System/Library/Fonts", "/Library/Fonts")
        return [*places, os.path.join(home, "Library", "Fonts")]
    own = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    data = [own, *shared.split(":"), "/usr/share"]
    return [*dict.fromkeys([*(os.path.join(place, "fonts") for place in data), f"{home}/.fonts"])]


def _rank(path: str, bold: bool) -> tuple[bool, bool, int, bool, int, str, str]:
    """Where a file stands among all: upright sans-serif ones of the right weight first."""
    name = "".join(filter(str.isalnum, os.path.basename(path).lower()))
    return (
        any(word in name for word in COLOURED),
        not any(word in name for word in SANS) or "serif" in name.replace("sansserif", ""),
        sum(word in name for word in ODD),
        ("bold" in name) != bold,
        len(name),
        name,
        path,
    )


@lru_cache(maxsize=8)
def _found(places: tuple[str, ...], bold: bool) -> tuple[str, ...]:
    """The font files of some folders, in the order in which they are asked."""
    paths = {
        os.path.join(folder, name)
        for place in places
        for folder, _, names in os.walk(place)
        for name in names
        if name.lower().endswith(SUFFIXES)
        and not any(word in name.lower().replace("-", "") for word in NO_FONTS)
    }
    return tuple(sorted(paths, key=lambda path: _rank(path, bold)))


def font_files(bold: bool) -> tuple[str, ...]:
    """The font files in the order in which they are asked for a character."""
    first = asked_first()
    found = _found(tuple(folders()), bold)
    return (first, *(path for path in found if path != first)) if first else found


@cache
def face(path: str) -> uharfbuzz.Face:
    """A font, or the first of a collection."""
    import uharfbuzz

    return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path), 0)


@cache
def characters(path: str) -> frozenset[int]:
    """The characters of a font; none where the file is no font."""
    import uharfbuzz

    try:
        return frozenset(face(path).unicodes)
    except (OSError, uharfbuzz.HarfBuzzError):
        return frozenset()


def font_with(text: str, bold: bool) -> str:
    """The first font that has all characters of ``text``; empty where none has."""
    return _font_with(frozenset(map(ord, text)), font_files(bold))


@lru_cache(maxsize=4096)
def _font_with(wanted: frozenset[int], files: tuple[str, ...]) -> str:
    return next((path for path in files if wanted <= characters(path)), "")
