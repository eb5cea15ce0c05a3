"""The form of a slide: its size, where its figure may stand, and who places its title."""

from __future__ import annotations

from typing import NamedTuple

from archviz.scene.scene import Box, Group, Scene

SLIDE_HEIGHT = 720.0
"""Pixels of 1/96 inch: 7.5 inches, the height of our own slides at any aspect."""
MARGIN = 44.0
BOTTOM = 20.0
OVER_TITLE = 54.0
"""The baseline of a title of our own."""
UNDER_TITLE = 80.0
"""Where a figure may begin under it, if no line stands between."""


class SlideForm(NamedTuple):
    """Lengths in pixels of 1/96 inch.

    ``room`` is (x, y, width, height) of what is free under the title, ``title`` the title's own
    box. ``bleed``: how far a dense figure may reach out of ``room`` at the left and right.
    ``placed``: the file has a place for the title, in letters of its own; else the title stands
    where the scene has it.
    """

    width: float
    height: float
    room: Box
    title: Box
    bleed: float = 0.0
    placed: bool = False

    @property
    def left(self) -> float:
        """Where its room begins."""
        return self.room[0]

    @property
    def right(self) -> float:
        """Where its room ends."""
        return self.room[0] + self.room[2]

    @property
    def inner(self) -> float:
        """The width of its room."""
        return self.room[2]

    def below(self, lead: float) -> tuple[float, float]:
        """(y, height) of its room under a lead so high."""
        return self.room[1] + lead, self.room[3] - lead


def own_form(aspect: float = 16 / 9) -> SlideForm:
    """A slide of our own, 7.5 inches high and ``aspect`` times as wide."""
    width = round(SLIDE_HEIGHT * aspect, 2)
    inner = width - 2 * MARGIN
    room = (MARGIN, UNDER_TITLE, inner, SLIDE_HEIGHT - UNDER_TITLE - BOTTOM)
    return SlideForm(width, SLIDE_HEIGHT, room, (MARGIN, 20.0, inner, 48.0), MARGIN / 2)


def steps_of(scene: Scene) -> list[Group]:
    """What appears step by step when a slide is built up: the panels behind what is there first."""
    shown = [one for one in scene.items if isinstance(one, Group) and one.role in ("row", "panel")]
    return [one for one in shown[1:] if one.role == "panel"]


class Cover(NamedTuple):
    """What stands on the first slide of a deck: its title, who shows it, when; empty for none."""

    title: str = ""
    author: str = ""
    date: str = ""
    """As it is said: ``29 November 2026``."""


NO_COVER = Cover()
