"""Fonts made for a test: every letter a block, as wide as the test wants it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

EM = 1000


def block(left: int, width: int, height: int = 700) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((left, 0))
    pen.qCurveTo((left, height // 2), (left, height))
    pen.lineTo((left + width, height))
    pen.lineTo((left + width, 0))
    pen.closePath()
    return pen.glyph()


def tiny_font(
    path: Path, letters: Iterable[str], width: int = 800, features: str = "", more: str = ""
) -> str:
    """Write a font with some letters, and glyphs named by ``more`` for its features."""
    named = {ord(letter): f"u{ord(letter):04X}" for letter in letters}
    order = [".notdef", *named.values(), *more.split()]
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(named)
    builder.setupGlyf(
        {name: block(50, width - 100 - at) for at, name in enumerate(order)}  # all differ
    )
    builder.setupHorizontalMetrics({name: (width + at, 50) for at, name in enumerate(order)})
    builder.setupHorizontalHeader(ascent=900, descent=-200)
    names = dict.fromkeys(("familyName", "fullName", "psName"), path.stem)
    builder.setupNameTable({**names, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    if features:
        addOpenTypeFeaturesFromString(builder.font, features)
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.save(path)
    return str(path)
