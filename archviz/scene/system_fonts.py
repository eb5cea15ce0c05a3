"""The fonts of this machine, for characters that the bundled one lacks.

Nothing is looked for until a text needs it. Files are asked in one order, sans-serif ones
first, so that the same fonts give the same picture.
"""

from __future__ import annotations

import os
from functools import lru_cache

from archviz.scene.chosen_font import chosen_files
from archviz.scene.font_files import SUFFIXES, characters, family, folders, is_italic

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
    first = chosen_files()
    found = _found(tuple(folders()), bold)
    return (*first, *(path for path in found if path not in first)) if first else found


def file_of_family(name: str) -> str:
    """The regular face of a family that is installed here; empty where it is not."""
    wanted = "".join(name.lower().split())
    for path in font_files(bold=False) if wanted else ():
        own = os.path.basename(path).lower().replace("-", "").replace(" ", "")
        if own.startswith(wanted) and family(path) == name and not is_italic(path):
            return path
    return ""


def font_with(text: str, bold: bool) -> str:
    """The first font that has all characters of ``text``; empty where none has."""
    return _font_with(frozenset(map(ord, text)), font_files(bold))


@lru_cache(maxsize=4096)
def _font_with(wanted: frozenset[int], files: tuple[str, ...]) -> str:
    return next((path for path in files if wanted <= characters(path)), "")
