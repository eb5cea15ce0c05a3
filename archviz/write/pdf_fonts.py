"""The fonts of a PDF: the bundled one, embedded, and one without letters for what is drawn.

A text that the bundled font lacks is drawn as outlines; over it stands the same text unseen, to
be searched and copied. Its font has every character and shows none.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from archviz.scene.bundled_font import bundled_file
from archviz.write.pdf_embedded import to_unicode

UNSEEN = "archviz-Unseen"
BLOCKS = {
    **{high: high << 8 for high in range(0xD8)},
    **{high: 0x1F000 + (high - 0xE0 << 8) for high in range(0xE0, 0xEB)},
    **{high: 0x1D400 + (high - 0xF0 << 8) for high in range(0xF0, 0xF4)},
    **{high: high << 8 for high in range(0xF9, 0x100)},
}
"""What the codes of the unseen font mean, by their higher bytes: each a block of 256 characters.

Emoji and mathematical letters, which have no code of two bytes, are where Unicode has none.
"""
CODES = {meant >> 8: high for high, meant in BLOCKS.items()}


@cache
def bundled_font(bold: bool) -> str:
    """The name under which reportlab knows the bundled font."""
    from reportlab.pdfbase.pdfmetrics import registerFont  # type: ignore[import-untyped]
    from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

    weight = "Bold" if bold else "Regular"
    registerFont(TTFont(f"archviz-{weight}", bundled_file(bold)))
    return f"archviz-{weight}"


def unseen_font(document: Any) -> str:
    """The name of the unseen font in a reportlab document, which gets it when it is asked for."""
    if UNSEEN not in document.fontMapping:
        name = f"F{len(document.fontMapping) + 1}"
        document.idToObject["BasicFonts"].dict[name] = _add_unseen(document)
        document.fontMapping[UNSEEN] = f"/{name}"
    return str(document.fontMapping[UNSEEN])


def unseen_codes(text: str) -> bytes:
    """``text`` in the unseen font; a character that it has no code for becomes U+FFFD."""
    rows = ((CODES.get(ord(char) >> 8), ord(char) & 0xFF) for char in text)
    return b"".join(bytes((0xFF, 0xFD) if high is None else (high, low)) for high, low in rows)


def _to_unicode() -> bytes:
    """The table by which readers of a PDF tell what the codes of the unseen font mean."""
    rows = [
        f"<{high:02X}00> <{high:02X}FF> <{chr(meant).encode('utf-16-be').hex().upper()}>"
        for high, meant in BLOCKS.items()
    ]
    return to_unicode([("range", rows)])


def _add_unseen(document: Any) -> Any:
    """Write the unseen font into a document: each of its characters is the bundled blank."""
    from reportlab.pdfbase import pdfdoc  # type: ignore[import-untyped]

    def stream(data: bytes, **entries: int) -> Any:
        squeezed = [pdfdoc.PDFZCompress]
        return document.Reference(
            pdfdoc.PDFStream(pdfdoc.PDFDictionary(entries), data, filters=squeezed)
        )

    def named(kind: str, **entries: Any) -> Any:
        names = {"Type": kind, **entries}
        values = {
            key: pdfdoc.PDFName(value) if isinstance(value, str) else value
            for key, value in names.items()
        }
        return document.Reference(pdfdoc.PDFDictionary(values))

    blank = _blank_font()
    shape = {"Flags": 4, "ItalicAngle": 0, "StemV": 80}
    shape |= {"Ascent": 1000, "Descent": 0, "CapHeight": 1000}
    described = named(
        "FontDescriptor",
        FontName=UNSEEN,
        FontBBox=pdfdoc.PDFArray([0, 0, 1000, 1000]),
        FontFile2=stream(blank, Length1=len(blank)),
        **shape,
    )
    system = {"Registry": "Adobe", "Ordering": "Identity"}
    known = {key: pdfdoc.PDFString(value) for key, value in system.items()}
    below = named(
        "Font",
        Subtype="CIDFontType2",
        BaseFont=UNSEEN,
        CIDSystemInfo=pdfdoc.PDFDictionary({**known, "Supplement": 0}),
        DW=1000,
        FontDescriptor=described,
        CIDToGIDMap=stream(b"\0\1" * 0x10000),
    )
    return named(
        "Font",
        Subtype="Type0",
        BaseFont=UNSEEN,
        Encoding="Identity-H",
        DescendantFonts=pdfdoc.PDFArray([below]),
        ToUnicode=stream(_to_unicode()),
    )


@cache
def _blank_font() -> bytes:
    """The bundled font with its blank, and no letter."""
    import uharfbuzz

    file = bundled_file(bold=False)
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.add(ord(" "))
    smaller = uharfbuzz.subset(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(file), 0), wanted)
    assert smaller is not None, "HarfBuzz cannot cut the bundled font"
    return bytes(smaller.blob.data)


def encodable(text: str) -> str:
    """``text`` with lone surrogates, which no encoding has, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
