"""What a figure can be told of its look: colours here, and one row an option."""

from __future__ import annotations

import re

ROLES = (
    "input",
    "conv",
    "pool",
    "merge",
    "dense",
    "other",
    "yellow",
    "green",
    "orange",
    "activation",
    "function",
)
"""What a theme has colours for."""
HEX_COLOR = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"


def hex_color(text: str) -> str:
    """``#rrggbb`` of ``#rrggbb`` or ``#rgb``, in small letters; empty if it is neither."""
    if not re.fullmatch(HEX_COLOR, text) or text.endswith("\n"):
        return ""
    digits = text[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
