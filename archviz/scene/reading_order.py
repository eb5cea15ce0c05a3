"""Where letters stand that are read from the right, by Unicode's bidirectional algorithm.

The page is read from the left, as SVG has it. python-bidi lacks the rule for brackets (N0).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from unicodedata import bidirectional, category

LEFTWARDS = ("R", "AL", "AN")
MARK = "\u0300"


def levels(text: str, unseen: Collection[str] = ()) -> list[int]:
    """How deep every character is embedded; odd: it is read leftwards.

    A character of ``unseen`` goes with the one before it.
    """
    if not any(bidirectional(char) in LEFTWARDS for char in text):
        return [0] * len(text)
    from bidi import algorithm

    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = 0, "L"
    plain = "".join(MARK if char in unseen else char for char in text)
    algorithm.get_embedding_levels(plain, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _turn_brackets(storage["chars"])
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    return [int(char["level"]) for char in storage["chars"]]


def mirrored(text: str) -> str:
    """Neutral signs that are read leftwards, as they stand from the left."""
    from bidi.mirror import MIRRORED

    return "".join(MIRRORED.get(char, char) for char in reversed(text))


def _turn_brackets(chars: Sequence[dict[str, Any]]) -> None:
    """Give brackets the direction of what they hold, or of what is before them (rule N0)."""
    for start, end in sorted(_bracket_pairs(chars)):
        held = {_strong(char["type"]) for char in chars[start + 1 : end]}
        if "L" in held:
            way = "L"
        elif "R" in held:
            before = (_strong(char["type"]) for char in reversed(chars[:start]))
            way = next(filter(None, before), "L")
        else:
            continue
        for place in (start, end):
            chars[place]["type"] = way


def _strong(kind: str) -> str:
    """The direction of a class of characters; numbers count as leftwards where words are."""
    return "L" if kind == "L" else "R" if kind in ("R", "AL", "EN", "AN") else ""


def _bracket_pairs(chars: Sequence[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """The places of brackets that open and close each other."""
    from bidi.mirror import MIRRORED

    opened: list[tuple[str, int]] = []
    for place, char in enumerate(chars):
        letter = str(char["ch"])
        kind = category(letter) if char["type"] == "ON" else ""
        if kind == "Ps" and letter in MIRRORED:
            opened.append((MIRRORED[letter], place))
        elif kind == "Pe":
            depth = next((d for d in range(len(opened))[::-1] if opened[d][0] == letter), None)
            if depth is not None:
                yield (opened[depth][1], place)
                del opened[depth:]
