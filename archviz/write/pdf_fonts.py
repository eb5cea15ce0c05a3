"""The fonts of a PDF: the bundled one, embedded, and those that its viewers provide."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from archviz.scene.text import covered

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def bundled_font(bold: bool) -> str:
    """The name under which reportlab knows the bundled font."""
    from reportlab.pdfbase.pdfmetrics import registerFont  # type: ignore[import-untyped]
    from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

    weight = "Bold" if bold else "Regular"
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fonts")
    registerFont(TTFont(f"archviz-{weight}", os.path.join(folder, f"Arimo-{weight}.ttf")))
    return f"archviz-{weight}"


@cache
def _viewer_font(name: str) -> str:
    """A font of the viewer's own, by one of the names that PDF sets aside for them."""
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
    from reportlab.pdfbase.pdfmetrics import registerFont

    registerFont(UnicodeCIDFont(name))
    return name


def runs(text: str, bold: bool) -> Iterator[tuple[str, str]]:
    """The text in pieces of one font each; the font is empty where there is none."""
    own = covered(bold)
    if own.issuperset(text):
        yield (bundled_font(bold), text)
        return
    east = _east_asian(text)
    start = 0
    kinds = ["own" if char in own else "east" if _is_east(char) else "" for char in text]
    for end in range(1, len(text) + 1):
        if end < len(text) and kinds[end] == kinds[start]:
            continue
        kind = kinds[start]
        font = bundled_font(bold) if kind == "own" else _viewer_font(east) if kind else ""
        yield (font, text[start:end])
        start = end


def _is_east(char: str) -> bool:
    """A Chinese, Japanese or Korean character or its punctuation, or a full-width letter."""
    code = ord(char)
    return 0x3000 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3 or 0xFF01 <= code <= 0xFFEE


def _east_asian(text: str) -> str:
    """The viewer's font for a text: Japanese where it has kana, Korean where hangul."""
    if any("\u3040" <= char <= "\u30ff" for char in text):
        return "HeiseiKakuGo-W5"
    if any("\uac00" <= char <= "\ud7a3" for char in text):
        return "HYGothic-Medium"
    return "STSong-Light"


def encodable(text: str) -> str:
    """``text`` with lone surrogates, which no encoding has, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
