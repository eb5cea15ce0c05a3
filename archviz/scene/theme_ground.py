"""A theme on a ground that is not its own, such as that of a house's slides."""

from __future__ import annotations

from archviz.scene.theme import Theme, contrast, load_theme

READABLE = 4.5


def on_ground(theme: Theme, ground: str, ink: str) -> Theme:
    """The theme for figures on ``ground``, with texts and lines in ``ink``, both ``#rrggbb``.

    On a dark ground the usual theme is its dark twin. Lines stay the theme's own where ``ink``
    could not be told on the tint of a panel.
    """
    is_dark = contrast("#ffffff", ground) > contrast("#000000", ground)
    if is_dark and theme.name == "article":
        theme = load_theme("dark")
    panels = [colors.panel for colors in theme.roles.values()]
    own = theme.color("line")
    line = min((ink, own), key=lambda color: _unread(color, [ground, *panels]))
    caption = min(
        (ink, theme.color("caption")), key=lambda color: _unread(color, [ground, *panels])
    )
    colors = {**theme.colors, "page": ground, "text": ink, "caption": caption, "line": line}
    return theme._replace(colors=colors)


def _unread(color: str, grounds: list[str]) -> int:
    """On how many grounds a colour cannot be read."""
    return sum(contrast(color, ground) < READABLE for ground in grounds)
