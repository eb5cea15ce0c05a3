"""What the bundled Arimo has, from its table of advances; no font is loaded."""

from __future__ import annotations

from functools import cache

from archviz.scene import metrics

UNITS_PER_EM = 2048


@cache
def advances(bold: bool) -> dict[str, int]:
    """The advance of every character of the bundled font, in 1/2048 em."""
    table = metrics.BOLD if bold else metrics.REGULAR
    return {char: width for width, chars in table.items() for char in chars}


@cache
def covered(bold: bool) -> frozenset[str]:
    """The characters of the bundled font."""
    return frozenset(advances(bold))
