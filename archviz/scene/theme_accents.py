"""A theme whose coloured boxes have the accents of a house, as they are or in shades of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archviz.looks import MODULE_COLORS
from archviz.scene.theme import Theme

FIRST = ("conv", "dense", "merge", *MODULE_COLORS[:3])
"""Roles that have accents as they are."""
LATER = ("attention", "embedding", "recurrent", *MODULE_COLORS[3:])
"""Roles that have what is left, or shades; greys and badges stay what they are."""
PLAIN = (1.0, 0.0)
SHADES = (PLAIN, (0.6, 0.4), (0.75, 0.0), (0.4, 0.6), (0.5, 0.0))
"""Parts of an accent's lightness, and what is added: the lighter and darker ones of a scheme."""
ALIKE = 40.0
"""Of 442: colours nearer to one another are not told apart."""


class Accent(NamedTuple):
    """A shade of a colour of a house's scheme: that one's name, and the colour it comes to."""

    name: str
    shade: tuple[float, float]
    color: str


def accents_in(scheme: Mapping[str, str]) -> list[Accent]:
    """The accents of a scheme, ``accent1`` to ``accent6``, and behind them their shades."""
    names = [name for name in scheme if name.startswith("accent")]
    return [Accent(name, shade, _shaded(scheme[name], shade)) for shade in SHADES for name in names]


def on_accents(theme: Theme, scheme: Mapping[str, str]) -> Theme:
    """The theme with boxes in the accents of a scheme, each in that most like its own colour.

    Two roles never have colours that are hard to tell apart; one for which there is none left
    keeps its own.
    """
    accents, taken = accents_in(scheme), [theme.color("page"), theme.role("pool").fill]
    found: dict[str, Accent] = {}
    for roles, shades in ((FIRST, (PLAIN,)), ((*FIRST, *LATER), SHADES)):
        pairs = sorted(
            (_distance(theme.role(role).fill, accent.color), number, place)
            for number, role in enumerate(roles)
            for place, accent in enumerate(accents)
            if role not in found and accent.shade in shades
        )
        for _, number, place in pairs:
            role, accent = roles[number], accents[place]
            if role not in found and _apart(accent.color, taken):
                found[role] = accent
                taken.append(accent.color)
    new = {
        role: theme.role(accent.color)._replace(pattern=theme.role(role).pattern)
        for role, accent in found.items()
    }
    return theme._replace(roles={**theme.roles, **new})


def _apart(color: str, others: Iterable[str]) -> bool:
    return all(_distance(color, other) >= ALIKE for other in others)


def _distance(one: str, other: str) -> float:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return math.hypot(*(a - b for a, b in pairs))


def _channels(color: str) -> bytes:
    return bytes.fromhex(color[1:7])


def _shaded(color: str, shade: tuple[float, float]) -> str:
    """A colour with another lightness, as presentations have it: of hue, lightness, saturation."""
    from colorsys import hls_to_rgb, rgb_to_hls

    if shade == PLAIN:
        return color
    hue, light, full = rgb_to_hls(*(part / 255 for part in _channels(color)))
    parts = hls_to_rgb(hue, min(1.0, light * shade[0] + shade[1]), full)
    return "#" + bytes(round(255 * part) for part in parts).hex()
