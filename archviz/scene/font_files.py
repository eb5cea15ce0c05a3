"""Font files: where they are, and what one says of itself."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uharfbuzz

INSTEAD = "ARCHVIZ_FONTS"
"""Variable of the environment: folders that are asked instead of the system's."""
SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")


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


@cache
def family(path: str) -> str:
    """The name of a font's family, in letters, digits, blanks and hyphens."""
    import uharfbuzz

    name = face(path).get_name(uharfbuzz.OTNameIdPredefined.FONT_FAMILY) or ""
    kept = "".join(char if char.isalnum() or char == "-" else " " for char in name)
    return " ".join(kept.split()) or "Chosen"


@cache
def has_serifs(path: str) -> bool:
    """Whether a font has serifs: by its class, or by its name where it states none."""
    kind = _os2(path)[30:31]  # sFamilyClass
    if kind and 1 <= kind[0] <= 8:
        return kind[0] != 8
    panose = _os2(path)[32:34]
    if len(panose) == 2 and panose[0] == 2 and panose[1] > 1:
        return panose[1] < 11
    name = family(path).lower()
    return "sans" not in name and any(
        word in name for word in ("serif", "roman", "times", "termes")
    )


def may_embed(path: str) -> bool:
    """Whether a font lets itself be embedded in documents."""
    return not _os2(path) or _os2(path)[9] & 15 != 2  # fsType: restricted


def weight(path: str) -> int:
    """How heavy a face is: 400 a regular one, 700 a bold one; 0 where it does not say."""
    return int.from_bytes(_os2(path)[4:6], "big")


def is_bold(path: str) -> bool:
    """Whether a face is a bold one."""
    return weight(path) >= 600 or "bold" in os.path.basename(path).lower()


def is_italic(path: str) -> bool:
    """Whether a face is slanted."""
    return bool(int.from_bytes(_os2(path)[62:64], "big") & 1)


@cache
def _os2(path: str) -> bytes:
    """The table of a font's style; empty where it has none."""
    return bytes(face(path).reference_table("OS/2").data)
