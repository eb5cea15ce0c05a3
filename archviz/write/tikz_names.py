"""Names of nodes in a TikZ picture: what a box says, with a number where several say it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import chain, count
from typing import TYPE_CHECKING

from archviz.scene.scene import Group, Shape

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from archviz.scene.scene import Item


class Names:
    """Names for keys: the one wished for where it is free, else with a number."""

    def __init__(self) -> None:
        self.given: dict[Hashable, str] = {}
        self.used: set[str] = set()

    def name(self, key: Hashable, wish: str, gap: str = "-", first: bool = False) -> str:
        """The key's name; given once, it stays. With ``first`` the first has a number, too."""
        if key not in self.given:
            names: Iterator[str] = (f"{wish}{gap}{number}" for number in count(1 if first else 2))
            names = names if first else chain((wish,), names)
            self.given[key] = next(name for name in names if name not in self.used)
            self.used.add(self.given[key])
        return self.given[key]


def tex_word(text: str) -> str:
    """A name that TikZ takes: letters, digits and hyphens."""
    return _letters(text) or "plain"


def _letters(text: str) -> str:
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.replace("ß", "ss")))
    return re.sub("[^A-Za-z0-9]+", "-", plain).strip("-")


def node_names(items: Iterable[Item]) -> dict[str, str]:
    """The name of each shape by its id: ``conv1`` and ``conv2``, ``conv2-B`` for a badge."""
    wishes = dict(_wishes(items, ""))
    often = Counter(wish for wish, owner in wishes.values() if not owner)
    names = Names()
    for id_, (wish, owner) in wishes.items():
        if owner:
            names.name(id_, f"{names.given[owner]}-{wish}")
        else:
            gap = "-" if wish[-1].isdigit() else ""
            names.name(id_, wish, gap, first=often[wish] > 1)
    return {str(id_): name for id_, name in names.given.items()}


def _wishes(items: Iterable[Item], inside: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The id of each shape, the name that suits it, and the id of the box that it belongs to."""
    for item in items:
        if isinstance(item, Group) and item.role == "layer":
            yield from _of_layer(item)
        elif isinstance(item, Group):
            yield from _wishes(item.items, "legend" if item.role == "legend" else item.name)
        elif isinstance(item, Shape):
            wish = _said(item) or tex_word(item.role)
            if inside == "legend":
                wish = f"legend-{tex_word(item.role)}"
            elif item.role == "panel":
                wish = f"{_letters(inside) or 'module'}-panel"
            yield item.id, (wish, "")


def _of_layer(layer: Group) -> Iterator[tuple[str, tuple[str, str]]]:
    """A box, and its badges by what they say."""
    owner = ""
    for item in layer.items:
        if isinstance(item, Group):
            yield from _wishes([item], layer.name)
        elif isinstance(item, Shape) and not owner:
            owner = item.id
            yield item.id, (_kind(layer.name) or _said(item) or tex_word(item.role), "")
        elif isinstance(item, Shape):
            yield item.id, (_letters("".join(item.lines)) or tex_word(item.role), owner)


def _said(shape: Shape) -> str:
    return _kind(" ".join(shape.lines))


def _kind(text: str) -> str:
    """What a label says, without sizes and numbers."""
    sizes = re.compile(r"(?=.*\d)[\d×x*.,:/()+-]+|[^\w]+")
    words = [word for word in text.split() if not sizes.fullmatch(word)]
    return _letters(" ".join(words))[:40].strip("-")
