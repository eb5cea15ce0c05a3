"""A figure as an exercise: the same boxes, without what stands in them.

What was drawn stays where it is. Boxes have numbers, by which answers can be given, or lines to
write on; their colours can go, too. Inputs say what they are: an exercise begins there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from archviz.layout.canvas import make_text, rounded
from archviz.scene.scene import Group, Item, Line, Scene, Shape, Text
from archviz.scene.text import ASCENT, text_width
from archviz.scene.theme import Theme

BOXES = ("layer", "module")
"""Roles of groups that stand for a layer or a call of a module."""
BADGES = ("activation", "function")
GIVEN = ("input", "port", *BADGES)
"""Roles of shapes in them that are no answer."""
SIDE = 0.14
"""Share of a box that is free beside a line to write on."""
LOW = 0.7
"""How far down in its box that stands."""
NEUTRAL = "other"
"""The role whose colours all boxes have that are told to have none of their own."""


class Blank(NamedTuple):
    """What a blank figure has, of :data:`archviz.looks.BLANKS`, in a theme."""

    words: Sequence[str]
    theme: Theme

    def item(self, item: Item, numbers: Iterator[int]) -> Item:
        """An item without its labels."""
        if not isinstance(item, Group):
            return self._ground(item) if isinstance(item, Shape) else item
        if item.role in BOXES and (own := _own(item)):
            return self._box(item, own, numbers)
        return item._replace(items=tuple(self.item(inner, numbers) for inner in item.items))

    def _ground(self, shape: Shape) -> Shape:
        """A panel in a colour that says nothing, where boxes have none of their own."""
        if "grey" not in self.words or shape.role != "panel":
            return shape
        return shape._replace(fill=self.theme.ground(""), pattern="")

    def _box(self, group: Group, own: Shape, numbers: Iterator[int]) -> Group:
        """The box of a layer or a module, and what tells nobody what it is."""
        number = str(next(numbers)) if "numbers" in self.words else ""
        words, bar = [item for item in group.items if isinstance(item, Text)], not own.lines
        items: list[Item] = []
        for item in group.items:
            if item is own:
                items += self._empty(own, number, words[0].size if words else 0.0)
            elif isinstance(item, Shape) and item.role in BADGES:
                items.append(self._badge(item))
            elif bar and isinstance(item, Text):
                bar = False  # the first text at a bar is its label
                items += self._under(item, own)
            else:
                items.append(item)
        name = f"box {number}" if number else "box"
        return group._replace(name=name, detail=name, items=tuple(items))

    def _badge(self, shape: Shape) -> Shape:
        if "badges" not in self.words:
            return shape
        fill = self.theme.role(NEUTRAL).fill if "grey" in self.words else shape.fill
        return shape._replace(lines=(), widths=(), fill=fill)

    def _under(self, text: Text, bar: Shape) -> Iterator[Line]:
        """A line to write on in place of the label of a bar, where there are lines."""
        if "lines" in self.words:
            half = max(text.width, 1.6 * bar.width) / 2
            middle = bar.x + bar.width / 2
            at = ((rounded(middle - half), text.y), (rounded(middle + half), text.y))
            yield Line(at, text.fill, max(0.75, rounded(text.size / 16)), "answer")

    def _empty(self, shape: Shape, number: str, size: float) -> Iterator[Item]:
        """A box with its number, a line to write on, both, or nothing.

        ``size``: of the letters beside it, for a bar, which has none in it.
        """
        if "grey" in self.words:
            colors = self.theme.role(NEUTRAL)
            shape = shape._replace(
                fill=colors.fill, text_fill=colors.text, pattern=colors.pattern, dash=0.0
            )
        size = shape.text_size or size
        lined = "lines" in self.words and shape.form == "rect" and shape.width > shape.height
        inside = (number,) if number and not lined else ()
        widths = tuple(rounded(text_width(text, size, shape.bold)) for text in inside)
        yield shape._replace(lines=inside, widths=widths, text_size=rounded(size))
        if not lined:
            return
        x, right = shape.x + SIDE * shape.width, shape.x + (1 - SIDE) * shape.width
        base = shape.y + LOW * shape.height
        if number:
            base = shape.y + shape.height / 2 + ASCENT * size / 2
            x = shape.x + SIDE / 2 * shape.width
            yield make_text(x, base, number, size, shape.text_fill, anchor="start", role="label")
            x += text_width(number, size) + 0.3 * size
        points = ((rounded(x), rounded(base)), (rounded(right), rounded(base)))
        wide = max(0.75, rounded(size / 16))
        yield Line(points, shape.text_fill, wide, "answer")


def _own(group: Group) -> Shape | None:
    """The shape of the layer itself; none where it is given."""
    shapes = [item for item in group.items if isinstance(item, Shape)]
    return next((shape for shape in shapes if shape.role not in GIVEN), None)


def blanked(scenes: Sequence[Scene], words: Sequence[str], theme: Theme) -> list[Scene]:
    """Scenes of one network without the labels of their boxes, numbered through.

    ``words`` are of :data:`archviz.looks.BLANKS`; the scenes as they are where there are none.
    """
    if not words:
        return [*scenes]
    blank, numbers = Blank(words, theme), count(1)
    return [
        scene._replace(
            items=tuple(
                blank.item(item, numbers)
                for item in scene.items
                if not ("grey" in words and isinstance(item, Group) and item.role == "legend")
            )
        )
        for scene in scenes
    ]


def answers(scenes: Sequence[Scene]) -> list[str]:
    """What the boxes of scenes say that are numbered where they are blank, in this order."""

    def walk(items: Sequence[Item]) -> Iterator[str]:
        for item in items:
            if isinstance(item, Group):
                if item.role in BOXES and _own(item):
                    yield item.name
                else:
                    yield from walk(item.items)

    return [name for scene in scenes for name in walk(scene.items)]
