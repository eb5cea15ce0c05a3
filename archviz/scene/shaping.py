"""Texts in any script: which font has what, in which order, and how wide it is.

A text is cut into runs of one font, script and direction, which stand from the left to the
right as they are read on the page; HarfBuzz shapes those that the bundled font lacks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from archviz.scene.bundled_font import UNITS_PER_EM, advances, covered
from archviz.scene.chosen_font import chosen_face, is_plain
from archviz.scene.font_files import characters, face
from archviz.scene.reading_order import levels, mirrored
from archviz.scene.system_fonts import font_files, font_with

BUNDLED = "bundled"
"""Stands for the bundled font."""
JOINER = "\u200d"
EAST_ASIAN = "畳込层說ぬヌ"
"""What only fonts for Japanese, simplified and traditional Chinese have together."""
UNSEEN = frozenset("\u00ad\u034f\u061c\u180e\ufeff") | {
    *map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))),
    *map(chr, (*range(0xFE00, 0xFE10), *range(0xE0000, 0xE01F0))),
}
"""Characters that say how others are shown, and are not seen themselves."""


class Glyph(NamedTuple):
    """A glyph of a run's font: its number, and its place from the run's start, in em.

    ``text`` is what it shows, with the glyphs behind it that have none.
    """

    number: int
    x: float
    y: float
    text: str = ""


class Run(NamedTuple):
    """A piece of a text, in the order of its letters, and the font that it is set in.

    ``font`` is a file, :data:`BUNDLED`, or empty where no font has the characters; ``advance``
    is in em.
    """

    text: str
    font: str
    script: str = ""
    level: int = 0
    advance: float = 0.0
    glyphs: tuple[Glyph, ...] = ()

    @property
    def leftwards(self) -> bool:
        """Whether it is read from the right to the left."""
        return bool(self.level % 2)


def runs(text: str, bold: bool) -> tuple[Run, ...]:
    """The runs of a text from the left to the right."""
    if not text:
        return ()
    files = () if is_plain(text, bold) else (chosen_face(bold), *font_files(bold))
    return _runs(text, bold, files)


@lru_cache(maxsize=4096)
def _runs(text: str, bold: bool, files: tuple[str, ...]) -> tuple[Run, ...]:
    """The runs; ``files`` are the fonts that are asked, of which it takes the first that fits."""
    pieces, found = zip(*_fonts([*_clusters(text)], bold), strict=True)
    fonts = _with_blanks(pieces, found)
    deep = levels("".join(pieces), UNSEEN)
    start, script = 0, ""
    rows: list[Run] = []
    for piece, font in zip(pieces, fonts, strict=True):
        script = (font not in ("", BUNDLED) and _script(piece)) or script
        rows.append(Run(piece, font, script, deep[start]))
        start += len(piece)
    joined = [
        Run("".join(row.text for row in same), *key)
        for key, same in groupby(rows, lambda row: row[1:4])
    ]
    return tuple(_shaped(run, bold) for run in _in_sight(joined))


def fonts_of(texts: Iterable[tuple[str, bool]]) -> list[str]:
    """The font files that texts are set in, beside the bundled one."""
    used = {
        run.font: None
        for text, bold in texts
        if not is_plain(text, bold)
        for run in runs(text, bold)
    }
    return [font for font in used if font not in ("", BUNDLED)]


def advance(text: str, bold: bool) -> int:
    """How wide a line is, in 1/2048 em."""
    return round(sum(run.advance for run in runs(text, bold)) * UNITS_PER_EM)


def _clusters(text: str) -> Iterator[str]:
    """What is one letter for its readers: a base with its marks, emoji that are joined."""
    held = ""
    for char in unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8")):
        flags = len(held) == 1 and _is_flag(held) and _is_flag(char)
        if held and (_extends(char) or held.endswith(JOINER) or flags):
            held += char
            continue
        if held:
            yield held
        held = char
    if held:
        yield held


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _extends(char: str) -> bool:
    """Whether a character belongs to the one before it."""
    return (
        unicodedata.category(char).startswith("M")
        or char in UNSEEN
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )


def _seen(text: str) -> str:
    return "".join(char for char in text if char not in UNSEEN)


def _fonts(clusters: Sequence[str], bold: bool) -> Iterator[tuple[str, str]]:
    """Pieces and their fonts: one that has all that the bundled lacks goes before several.

    A letter with marks that no font has together falls into its characters. The font that was
    chosen for all texts goes before the bundled one.
    """
    own, chosen = covered(bold), chosen_face(bold)
    has = characters(chosen) if chosen else frozenset[int]()
    lacking = [
        piece
        for piece in clusters
        if not own.issuperset(_seen(piece)) and not has.issuperset(map(ord, _seen(piece)))
    ]
    whole = _font(_seen("".join(lacking)), bold)
    for piece in clusters:
        if chosen and has.issuperset(map(ord, _seen(piece))):
            yield (piece, chosen)
            continue
        if own.issuperset(_seen(piece)):
            yield (piece, BUNDLED)
            continue
        font = whole or _font(_seen(piece), bold)
        if font:
            yield (piece, font)
            continue
        for char in piece:
            yield (char, BUNDLED if own.issuperset(_seen(char)) else font_with(char, bold))


def _font(text: str, bold: bool) -> str:
    """The first font with a text; of East Asian ones, that which has the letters of all."""
    if any("\u2e80" <= char <= "\u9fff" for char in text):
        return font_with(text + EAST_ASIAN, bold) or font_with(text, bold)
    return font_with(text, bold)


def _with_blanks(pieces: Sequence[str], fonts: Sequence[str]) -> list[str]:
    """Blanks between two pieces of one font are of that font, so that it shapes a whole line."""
    kept = [*fonts]
    last = ""
    for number, (piece, font) in enumerate(zip(pieces, fonts, strict=True)):
        if piece.isspace():
            continue
        back = number - 1
        while back >= 0 and pieces[back].isspace():
            back -= 1
        if font not in ("", BUNDLED) and font == last:
            kept[back + 1 : number] = [font] * (number - back - 1)
        last = font
    return kept


def _in_sight(logical: Sequence[Run]) -> list[Run]:
    """Runs as they stand from the left to the right: all of a level or deeper are turned."""
    row = [*logical]
    for level in range(max((run.level for run in row), default=0), 0, -1):
        turned: list[Run] = []
        deeper: list[Run] = []
        for run in row:
            if run.level >= level:
                deeper.insert(0, run)
                continue
            turned += [*deeper, run]
            deeper = []
        row = [*turned, *deeper]
    return row


@lru_cache(maxsize=4096)
def _script(piece: str) -> str:
    """The script of a letter, by its four letters in ISO 15924; empty for what all share."""
    import uharfbuzz

    buffer = uharfbuzz.Buffer()
    buffer.add_str(piece)
    buffer.guess_segment_properties()
    return "Hani" if buffer.script in ("Hira", "Kana") else buffer.script or ""


def _shaped(run: Run, bold: bool) -> Run:
    if run.font == BUNDLED:
        text = _seen(run.text)
        text = mirrored(text) if run.leftwards else text
        table = advances(bold)
        return run._replace(text=text, advance=sum(table[char] for char in text) / UNITS_PER_EM)
    if not run.font:
        return run._replace(advance=float(len(_seen(run.text))))
    import uharfbuzz

    buffer = uharfbuzz.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if run.leftwards else "ltr"
    if run.script:
        buffer.script = run.script
    font = uharfbuzz.Font(face(run.font))
    uharfbuzz.shape(font, buffer)
    em, pen = float(face(run.font).upem), 0
    glyphs = []
    starts = [*sorted({info.cluster for info in buffer.glyph_infos}), len(run.text)]
    shown = {start: run.text[start:end] for start, end in pairwise(starts)}
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        x, y = (pen + place.x_offset) / em, place.y_offset / em
        glyphs.append(Glyph(info.codepoint, x, y, shown.pop(info.cluster, "")))
        pen += place.x_advance
    return run._replace(advance=pen / em, glyphs=tuple(glyphs))
