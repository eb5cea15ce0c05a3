"""What no font here has: said once, since the picture cannot show it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

from archviz.errors import MissingCharacters
from archviz.scene.chosen_font import is_plain
from archviz.scene.scene import Scene, Shape, Text, leaves

INSTEAD = "empty boxes stand for them (--font FILE names a font that has them)"
MOST = 12
"""Characters that are named; of more their number is said."""


def other_texts(scenes: Iterable[Scene]) -> list[tuple[str, bool]]:
    """The texts that the bundled font does not have, each with whether it is bold."""
    return [
        (text.text, text.bold)
        for scene in scenes
        for text in _texts(scene)
        if not is_plain(text.text, text.bold)
    ]


def _texts(scene: Scene) -> Iterator[Text]:
    for leaf in leaves(scene.items):
        if isinstance(leaf, Text):
            yield leaf
        elif isinstance(leaf, Shape):
            yield from leaf.texts


def warn_missing(scenes: Iterable[Scene]) -> None:
    """Warn of the characters that no font of this machine has."""
    texts = other_texts(scenes)
    if not texts:
        return
    from archviz.write.drawn_text import without_glyphs

    warn_of(without_glyphs(texts), INSTEAD)


def warn_of(chars: str, instead: str) -> None:
    """Warn of characters that no font has; ``instead``: what stands for them."""
    if chars:
        named = ", ".join(f"{char} (U+{ord(char):04X})" for char in chars[:MOST])
        more = f" and {len(chars) - MOST} more" if len(chars) > MOST else ""
        message = f"no font here has: {named}{more}; {instead}"
        warnings.warn(message, MissingCharacters, stacklevel=4)
