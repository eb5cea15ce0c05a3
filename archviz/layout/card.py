"""A card: facts and figure of a network on a page for a handout; as an exercise, its solution too.

Letters are 9 pt or more. A figure that has no room under the facts goes on on a page of its own,
or in named parts on several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from archviz.errors import ArchvizError
from archviz.layout import card_facts
from archviz.layout.blank import answers, blanked
from archviz.layout.canvas import Canvas, rounded
from archviz.layout.card_facts import SMALL, Said, card_head
from archviz.layout.made_for import Wanted, smallest
from archviz.layout.made_parts import draw_parts
from archviz.layout.page import Options, Place, describe_network, draw_network
from archviz.layout.sheet import moved
from archviz.looks import UNITS
from archviz.network.analysis import Analysis
from archviz.network.model import Network
from archviz.scene.scene import Group, Item, Line, Scene
from archviz.scene.text import clip, text_width

PAPERS: Mapping[str, tuple[float, float]] = {
    "a4": (210 * UNITS["mm"], 297 * UNITS["mm"]),
    "letter": (8.5 * UNITS["in"], 11 * UNITS["in"]),
}
"""Width and height of pages by their names, pixels of 1/96 inch."""
MARGIN = 54.0
"""Pixels round what stands on a page."""
BETWEEN = 22.0
"""Pixels between facts, figure and answers."""
LETTERS = (14.5, 13.2, 12.0)
"""Pixels of the smallest letters in a figure, the largest tried first; the last are 9 pt."""
ANSWER = 24.0
"""Pixels from one line for an answer to the next."""
ANSWERS_WIDE = 135.0
"""Pixels of a column of answers at least."""
SOLUTION = "solution"
TASK = "What is each box? Write it at its number."
TASK_WITHIN = "Write into each box what it is."
TOLD = "What each box is:"


class Card(NamedTuple):
    """What is drawn: a network, how, and on which paper."""

    network: Network
    analysis: Analysis
    options: Options
    paper: str = "a4"

    @property
    def blank(self) -> tuple[str, ...]:
        """What its boxes have where it is an exercise."""
        return self.network.figure.blank

    @property
    def numbered(self) -> bool:
        """Whether answers are given at numbers, and not in the boxes."""
        return "numbers" in self.blank and "lines" not in self.blank

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a page."""
        width, height = PAPERS[self.paper]
        return rounded(width), rounded(height)

    @property
    def room(self) -> tuple[float, float]:
        """Width and height within its margins."""
        width, height = self.size
        return width - 2 * MARGIN, height - 2 * MARGIN


class Block(NamedTuple):
    """What stands on a page from (0, 0) on."""

    items: tuple[Item, ...]
    height: float


def card_pages(card: Card) -> list[Scene]:
    """The pages of a card; of an exercise the blank ones first, then those of its solution.

    Raises:
        ArchvizError: a part of the figure is larger than a page.
    """
    year = str(card.network.head.year or "")
    if not card.blank:
        head = _head(card, Said(year))
        return _best(card, head, _figures(card, head.height, 0))
    head = _head(card, Said(year, TASK if card.numbered else TASK_WITHIN))
    solution = _head(card, Said(", ".join(filter(None, (year, SOLUTION))), TOLD))
    pages: list[Scene] = []
    for figures in _figures(card, head.height, len(_numbered(card))):
        empty = blanked(figures, card.blank, card.options.theme)
        known = answers(figures) if card.numbered else []
        asked = _pages(card, [head, *map(_block, empty), *_answers(card, [""] * len(known))], "")
        told = [solution, *map(_block, figures), *_answers(card, known)]
        made = [*asked, *_pages(card, told, f", {SOLUTION}")]
        pages = made if not pages or len(made) < len(pages) else pages
    return pages


def _best(card: Card, head: Block, ways: Iterator[list[Scene]]) -> list[Scene]:
    """As few pages as can be."""
    made = (_pages(card, [head, *map(_block, figures)], "") for figures in ways)
    return min(made, key=len)


def side_by_side(scenes: Sequence[Scene]) -> Scene:
    """Pages beside one another, for formats that hold one picture."""
    from archviz.layout.compare import renamed

    first, *others = scenes
    items, x = list(first.items), first.width
    for number, scene in enumerate(others, 2):
        items += [moved(renamed(item, f"page{number}-"), x, 0.0) for item in scene.items]
        x += scene.width
    return first._replace(width=rounded(x), items=tuple(items))


def _head(card: Card, said: Said) -> Block:
    canvas = Canvas("facts")
    page = card_facts.Page(0.0, 0.0, card.room[0], card.options.theme)
    high = card_head(card.network, card.analysis, page, canvas, said)
    return Block((Group("facts", "facts", "Facts", items=canvas.items()),), high)


def _numbered(card: Card) -> list[str]:
    """What the boxes of the figure are, where they have numbers."""
    if not card.numbered:
        return []
    return answers([draw_network(card.network, card.analysis, card.options)])


def _figures(card: Card, taken: float, count: int) -> Iterator[list[Scene]]:
    """The figure under what is taken of the first page, its letters as large as there is room;
    or parts of it, in ways of which one may take fewer pages. ``count`` boxes have answers."""
    network, analysis, options, _ = card
    wide, high = card.room
    left = high - taken - BETWEEN
    if scene := _whole(card, left - _answers_height(card, count)):
        yield [scene]
        return
    for room in (left, high):
        try:
            parts = draw_parts(network, analysis, options, Place(wide, LETTERS[-1], room))
        except ArchvizError:
            if room == high:
                raise
            continue
        yield [part.scene for part in parts]


def _whole(card: Card, room: float) -> Scene | None:
    """The figure no higher than that, its parts as far from one another as they can be, with
    letters as large as there is room; None where there is none."""
    network, analysis, options, _ = card
    usual = Wanted(network, analysis, options, Place(card.room[0], LETTERS[-1], room))
    for beside in usual.ways_beside:
        wanted = usual._replace(beside=beside)
        for density in wanted.densities:
            if not (scene := smallest(wanted, density)):
                continue  # larger letters have no room, either
            for least in LETTERS[:-1]:
                place = wanted.place._replace(least_text=least)
                if larger := smallest(wanted._replace(place=place), density):
                    return larger
            return scene
    return None


def _block(scene: Scene) -> Block:
    return Block(scene.items, scene.height)


def _answers_height(card: Card, count: int) -> float:
    rows = ceil(count / _columns(card))
    return rows * ANSWER + BETWEEN if count else 0.0


def _columns(card: Card) -> int:
    return max(1, int(card.room[0] / ANSWERS_WIDE))


def _answers(card: Card, known: Sequence[str]) -> Iterator[Block]:
    """Numbered lines for answers, or with them, in columns of one block; of more where they are
    many."""
    if not known:
        return
    theme, columns = card.options.theme, _columns(card)
    most = int(card.room[1] / ANSWER)
    step = most * columns
    wide = card.room[0] / columns
    label = max(text_width(f"{len(known)}", SMALL), text_width("00", SMALL)) + 8
    for first in range(0, len(known), step):
        some = known[first : first + step]
        rows = ceil(len(some) / columns)
        canvas = Canvas(f"answers{first}" if first else "answers")
        for place, text in enumerate(some):
            x, y = place // rows * wide, place % rows * ANSWER + ANSWER * 0.72
            number = str(first + place + 1)
            ink, pale = theme.color("text"), theme.color("caption")
            canvas.text(x + label - 8, y, number, SMALL, pale, anchor="end", role="number")
            if text:
                said = clip(text, wide - label - 14, SMALL)
                canvas.text(x + label, y, said, SMALL, ink, anchor="start", role="answer")
                continue
            points = ((rounded(x + label), rounded(y)), (rounded(x + wide - 14), rounded(y)))
            canvas.back.append(Line(points, theme.color("line"), 0.75, "answer"))
        group = Group(canvas.prefix, "answers", "Answers", items=canvas.items())
        yield Block((group,), rows * ANSWER)


def _pages(card: Card, blocks: Sequence[Block], which: str) -> list[Scene]:
    """Blocks one under the other, on as many pages as it takes."""
    pages: list[list[tuple[Block, float]]] = [[]]
    y = 0.0
    for block in blocks:
        if pages[-1] and y + block.height > card.room[1] + 0.5:
            pages.append([])
            y = 0.0
        pages[-1].append((block, y))
        y += block.height + BETWEEN
    return [_page(card, page, number, which) for number, page in enumerate(pages)]


def _page(card: Card, placed: Sequence[tuple[Block, float]], number: int, which: str) -> Scene:
    from archviz.layout.compare import renamed

    items: list[Item] = []
    for count, (block, y) in enumerate(placed):
        prefix = f"part{count}-" if count > 1 else ""
        for item in block.items:
            items.append(moved(renamed(item, prefix), MARGIN, rounded(MARGIN + y)))
    width, height = card.size
    title = f"{card.network.head.title}{which}{f', page {number + 1}' if number else ''}"
    about = describe_network(card.network, card.analysis)
    return Scene(width, height, title, about, card.options.theme.color("page"), tuple(items))
