"""What to say where a figure is too large for its place: which letters, or which width, can be."""

from __future__ import annotations

from collections.abc import Callable

from archviz.errors import ArchvizError, fail
from archviz.layout.page import Place
from archviz.scene.scene import POINTS

SMALLER = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""What is tried to say which letters would do."""


def no_room(name: str, place: Place, fits: Callable[[Place], bool], hint: str = "") -> ArchvizError:
    """The error of a figure that cannot be as small as its place asks for.

    ``fits``: whether it can be in another place; ``hint``: what else could be done.
    """
    limited = place.height < float("inf")
    high = f" and {_inches(place.height)} high" if limited else ""
    what = (
        f"cannot be {_inches(place.width)} wide{high} with letters of {_points(place.least_text)}"
    )
    advice = "give it more room"
    for share in SMALLER:
        if fits(place._replace(least_text=place.least_text * share)):
            advice = f"letters of {_points(place.least_text * share)} can be"
            if not limited:
                advice += f", or a width of {_inches(place.width / share)}"
            break
    return fail(name, what, f"{advice}; or {hint}" if hint else advice)


def _inches(pixels: float) -> str:
    return f"{pixels / 96:.2f}".rstrip("0").rstrip(".") + " in"


def _points(pixels: float) -> str:
    return f"{pixels * POINTS:.1f}".removesuffix(".0") + " pt"
