"""How wide a text is, and how a label is broken into lines.

Widths are summed glyph advances of the bundled Arimo (Arial's metrics); no font is
loaded. Where it lacks a character the fonts of the system are asked; one that none has
counts as one em. Where a font was chosen for all texts they are measured by that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from unicodedata import category, combining

from archviz.scene.bundled_font import UNITS_PER_EM, advances
from archviz.scene.chosen_font import chosen_face

ASCENT = 1409 / UNITS_PER_EM
"""Height of capitals over the baseline, in em: what a line is centred by."""
LINE_HEIGHT = 1.16
"""Distance of two baselines, in em."""
ELLIPSIS = "…"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<= )")
JOINER = "\u200d"
PLACE = "\u200b"
"""Where a line may break in a script without blanks; it takes no room."""
BLANK = " \u200b"
"""What is seen at no end of a line."""
VIRAMA = 9
"""Unicode's class of signs that join a letter with the next one."""
ENDS = frozenset("\u0e3a\u103a")
"""Of these the ones of Thai and Burmese that end a syllable instead."""
KILLED = ("\u103a", "\u1039", "\u1037\u103a")
"""Behind a Burmese letter: it ends the syllable before it."""
LEADING = frozenset("เแโใไເແໂໃໄ")
"""Vowels of Thai and Lao before the consonant that they belong to."""
TRAILING = frozenset("ะาำๅฯๆະາຳຽຯໆ")
"""Vowels and signs there that belong to what is before them."""
TONES = range(0x1F3FB, 0x1F400)
"""Colours of the skin, behind an emoji."""
FLAG = range(0x1F1E6, 0x1F200)
"""Letters of which two are a flag."""
FIRST_WIDE = "\u2e80"
"""From here on Unicode has the letters of East Asia."""
NO_START = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝〕〉》」』】,.:;!?)]}…"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
)
NO_END = frozenset("（［｛〔〈《「『【([{")
"""What begins no line there, and what ends none."""


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line of ``text`` at font size ``size``, in the unit of ``size``."""
    return _advance(text, bold) * size / UNITS_PER_EM


def _advance(text: str, bold: bool) -> int:
    known = None if chosen_face(bold) else _of_bundled(text, bold)
    if known is not None:
        return known
    from archviz.scene.shaping import advance

    return advance(text, bold)


@lru_cache(maxsize=4096)  # of a picture's texts most are measured several times
def _of_bundled(text: str, bold: bool) -> int | None:
    table = advances(bold)
    try:
        return sum([table[char] for char in text])
    except KeyError:  # no font is asked before a text needs it
        return None


def clip(text: str, width: float, size: float, bold: bool = False) -> str:
    """``text``, cut off with an ellipsis where it is wider than ``width``."""
    if text_width(text, size, bold) <= width:
        return text
    kept = text[: max(1, int(width / size * 5))]
    while kept and (_inside(text, len(kept)) or text_width(kept + ELLIPSIS, size, bold) > width):
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def _inside(text: str, place: int) -> bool:
    """Whether what belongs together goes on at a place of a text: a letter with its marks and
    vowels, letters that a sign joins, an emoji of several."""
    before, after = text[:place][-1:], text[place : place + 1]
    if not before or not after:
        return False
    if before == JOINER or after == JOINER or category(after).startswith("M"):
        return True
    if before in LEADING or after in TRAILING or text.startswith(KILLED, place + 1):
        return True
    if combining(before) == VIRAMA and before not in ENDS:
        return category(after) == "Lo"
    flags = len(text[:place]) - len(text[:place].rstrip("".join(map(chr, FLAG))))
    return ord(after) in TONES or (ord(after) in FLAG and flags % 2 == 1)


def _letters(word: str) -> list[str]:
    """A word in parts between which a line may break, where it is of a script without blanks."""
    if word.isascii():
        return [word]
    parts = [word[0]]
    for place, (before, after) in enumerate(pairwise(word), 1):
        wide = max(before, after) >= FIRST_WIDE and category(after) != "Zs"
        wide = wide and not (before in NO_END or after in NO_START or _inside(word, place))
        if wide or (before == PLACE and after != " "):
            parts.append("")
        parts[-1] += after
    return parts


def _pieces(text: str, least: int, words: bool = False) -> list[str]:
    """The parts between which a line may break: behind a blank, or behind a hyphen too.

    In scripts without blanks :data:`PLACE` says where words end.
    East Asian letters part from each other, but for marks that begin or end no line.
    A hyphen parts what has ``least`` letters on both sides; no hyphen does where that is 0.
    ``words``: also before a capital in a word, as in ``TransformerEncoderLayer``.
    """
    if words:
        return _CAPITAL.split(text)
    pieces: list[str] = []
    for word in text.split():
        parts = [f"{part}-" for part in word.split("-")] if least else [f"{word}-"]
        parts[-1] = parts[-1][:-1] + " "
        joined = ""
        for number, part in enumerate(parts):
            joined += part
            rest = "".join(parts[number + 1 :])
            if not rest or min(len(joined), len(rest)) > least:
                pieces += _letters(joined)
                joined = ""
    return pieces


def break_lines(
    text: str,
    width: float,
    size: float,
    bold: bool = False,
    most: int = 2,
    hyphens: int = 1,
    words: bool = False,
) -> tuple[str, ...] | None:
    """``text`` in at most ``most`` lines no wider than ``width``; None if it does not fit.

    A break at a blank goes before one behind a hyphen, fewer lines before more, and of
    the ways that are left the one with the shortest longest line is taken. A hyphen ends a
    line where ``hyphens`` letters of a word stand on both sides; 0: none does. With ``words``
    a line may also end before a capital in a word.
    """
    text = " ".join(text.split())
    if text_width(text, size, bold) <= width:
        return (text,)
    if len(text) * 0.1 * size > width * most:  # no glyph but i, j, l is that narrow
        return None
    for count in range(2, most + 1):
        for least in dict.fromkeys((0, hyphens)):
            lines = _balanced(_pieces(text, least, words), count, size, bold)
            if lines and max(text_width(line, size, bold) for line in lines) <= width:
                return lines
    return None


def _balanced(pieces: Sequence[str], count: int, size: float, bold: bool) -> tuple[str, ...] | None:
    """``pieces`` in ``count`` lines, the widest as narrow as can be."""
    if len(pieces) < count:
        return None
    if count == 1:
        return ("".join(pieces).rstrip(BLANK),)
    best: tuple[float, tuple[str, ...]] | None = None
    for split in range(1, len(pieces) - count + 2):
        rest = _balanced(pieces[split:], count - 1, size, bold)
        if rest is None:
            continue
        lines = ("".join(pieces[:split]).rstrip(BLANK), *rest)
        widest = max(text_width(line, size, bold) for line in lines)
        if best is None or widest < best[0] - 1e-9:
            best = (widest, lines)
    return best[1] if best else None


def paragraph(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """``text`` in as many lines as it takes; a word wider than a line is clipped."""
    lines: list[str] = []
    for piece in _pieces(text, 0):
        longer = lines[-1] + piece if lines else piece
        if lines and text_width(longer.rstrip(), size, bold) <= width:
            lines[-1] = longer
        else:
            lines += _parted(piece, width, size, bold)
    return [line.rstrip(BLANK) for line in lines]


def _parted(word: str, width: float, size: float, bold: bool) -> list[str]:
    """A word in lines, cut where it must be if its script may have no blanks, or else clipped."""
    if text_width(word.rstrip(), size, bold) <= width:
        return [word]
    if not any(category(char) == "Lo" for char in word):
        return [clip(word.rstrip(), width, size, bold) + " "]
    lines = [""]
    for place, char in enumerate(word):
        within = not lines[-1] or char in BLANK or _inside(word, place)
        if within or text_width(lines[-1] + char, size, bold) <= width:
            lines[-1] += char
        else:
            lines.append(char)
    return lines
