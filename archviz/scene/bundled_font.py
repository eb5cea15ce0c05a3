"""What the bundled Arimo has, from its table of advances; no font is loaded."""

from __future__ import annotations

import os
from functools import cache

from archviz.scene import metrics

UNITS_PER_EM = 2048
FONTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fonts")


@cache
def advances(bold: bool) -> dict[str, int]:
    """The advance of every character of the bundled font, in 1/2048 em."""
    table = metrics.BOLD if bold else metrics.REGULAR
    return {char: width for width, chars in table.items() for char in chars}


@cache
def covered(bold: bool) -> frozenset[str]:
    """The characters of the bundled font."""
    return frozenset(advances(bold))


def bundled_file(bold: bool) -> str:
    """The file of the bundled font."""
    return os.path.join(FONTS, f"Arimo-{'Bold' if bold else 'Regular'}.ttf")
