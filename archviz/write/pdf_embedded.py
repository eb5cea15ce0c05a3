"""The font that somebody chose, embedded in a PDF: cut to its glyphs that are drawn.

TrueType and CFF alike become a composite font whose codes are glyphs, with a table of what they
mean. One that must not or cannot be embedded is drawn as outlines instead, with its text unseen.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from archviz.scene.font_files import face, has_serifs, may_embed
from archviz.write.drawn_text import is_coloured

if TYPE_CHECKING:
    from archviz.scene.shaping import Run

NEEDLESS = ("GSUB", "GPOS", "GDEF", "DSIG", "MATH", "kern")
"""Tables that are of use while a text is shaped, which it is here."""
ROS = b"\x0c\x1e"
"""The operator with which a CFF begins whose glyphs have numbers of their own."""


@cache
def is_embeddable(path: str) -> bool:
    """Whether a font can be embedded, and lets itself be."""
    if not may_embed(path) or is_coloured(path):
        return False
    tables = face(path).table_tags
    if "CFF " in tables:
        return ROS not in bytes(face(path).reference_table("CFF ").data[:200])
    return "glyf" in tables


def embedded_font(document: Any, path: str) -> EmbeddedFont:
    """The font in a reportlab document, which gets it when it is asked for."""
    for font in document.delayedFonts:
        if isinstance(font, EmbeddedFont) and font.path == path:
            return font
    made = EmbeddedFont(path, f"F{len(document.fontMapping) + 1}")
    document.fontMapping[path] = f"/{made.name}"
    document.delayedFonts.append(made)
    return made


class EmbeddedFont:
    """A font, and which of its glyphs a document has."""

    def __init__(self, path: str, name: str) -> None:
        import uharfbuzz

        self.path, self.name = path, name
        self.font = uharfbuzz.Font(face(path))
        self.em = float(face(path).upem)
        self.shown: dict[int, str] = {}
        """Its glyphs, each with what it shows."""

    def width(self, glyph: int) -> float:
        """Of a glyph, in thousandths of an em."""
        return float(self.font.get_glyph_h_advance(glyph)) * 1000 / self.em

    def write(self, run: Run, place: float, size: float) -> str:
        """The operators that show a run, its start at ``place``."""
        parts: list[str] = []
        pen = 0.0
        for glyph in run.glyphs:
            self.shown.setdefault(glyph.number, glyph.text)
            back = round(pen - glyph.x * 1000, 1)
            if back:
                parts.append(f"{back:g}")
                pen -= back
            parts.append(f"<{glyph.number:04X}>")
            pen += self.width(glyph.number)
        row = "".join(parts).replace("><", "")
        return f"BT /{self.name} {size:g} Tf 1 0 0 1 {place:.6g} 0 Tm [{row}] TJ ET"

    def addObjects(self, document: Any) -> None:  # noqa: N802 (reportlab calls it)
        """Write the font into the document, whose pages are drawn."""
        from reportlab.pdfbase import pdfdoc  # type: ignore[import-untyped]

        def reference(**entries: Any) -> Any:
            values = {
                key: pdfdoc.PDFName(value) if isinstance(value, str) else value
                for key, value in entries.items()
            }
            return document.Reference(pdfdoc.PDFDictionary(values))

        def stream(data: bytes, **entries: Any) -> Any:
            head = pdfdoc.PDFDictionary(entries)
            return document.Reference(pdfdoc.PDFStream(head, data, filters=[pdfdoc.PDFZCompress]))

        name, data, is_cff = self._cut()
        file = stream(data, Subtype=pdfdoc.PDFName("CIDFontType0C")) if is_cff else None
        described = self._measures()
        described |= (
            {"FontFile3": file} if is_cff else {"FontFile2": stream(data, Length1=len(data))}
        )
        box = pdfdoc.PDFArray(described.pop("FontBBox"))
        descriptor = reference(Type="FontDescriptor", FontName=name, FontBBox=box, **described)
        system = {"Registry": "Adobe", "Ordering": "Identity"}
        known: dict[str, Any] = {key: pdfdoc.PDFString(value) for key, value in system.items()}
        widths = [(glyph, [round(self.width(glyph), 2)]) for glyph in sorted(self.shown)]
        below = reference(
            Type="Font",
            Subtype="CIDFontType0" if is_cff else "CIDFontType2",
            BaseFont=name,
            CIDSystemInfo=pdfdoc.PDFDictionary({**known, "Supplement": 0}),
            FontDescriptor=descriptor,
            W=pdfdoc.PDFArray(
                [one for glyph, width in widths for one in (glyph, pdfdoc.PDFArray(width))]
            ),
            **({} if is_cff else {"CIDToGIDMap": "Identity"}),
        )
        font = reference(
            Type="Font",
            Subtype="Type0",
            BaseFont=f"{name}-Identity-H" if is_cff else name,
            Encoding="Identity-H",
            DescendantFonts=pdfdoc.PDFArray([below]),
            ToUnicode=stream(self._meanings()),
        )
        document.idToObject["BasicFonts"].dict[self.name] = font

    def _cut(self) -> tuple[str, bytes, bool]:
        """The name and the data of the font with its glyphs here, and whether that is CFF."""
        import uharfbuzz

        wanted = uharfbuzz.SubsetInput()
        wanted.glyph_set.update([0, *self.shown])
        wanted.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in NEEDLESS)
        wanted.flags = uharfbuzz.SubsetFlags.RETAIN_GIDS | uharfbuzz.SubsetFlags.NO_LAYOUT_CLOSURE
        if face(self.path).has_var_data:
            wanted.pin_all_axes_to_default(face(self.path))
        cut = uharfbuzz.subset(face(self.path), wanted)
        assert cut is not None, "HarfBuzz cannot cut the font"
        is_cff = "CFF " in cut.table_tags
        data = bytes(cut.reference_table("CFF ").data if is_cff else cut.blob.data)
        named = face(self.path).get_name(uharfbuzz.OTNameIdPredefined.POSTSCRIPT_NAME) or ""
        plain = "".join(
            char for char in named if char.isascii() and (char.isalnum() or char in "-_")
        )
        mark = sha256(data).digest()[:6]
        tag = "".join(chr(ord("A") + byte % 26) for byte in mark)
        return f"{tag}+{plain or 'Chosen'}", data, is_cff

    def _measures(self) -> dict[str, Any]:
        """What a descriptor says of the whole font, in thousandths of an em."""
        head = bytes(face(self.path).reference_table("head").data)
        corners = [int.from_bytes(head[at : at + 2], "big", signed=True) for at in (36, 38, 40, 42)]
        box = [round(value * 1000 / self.em) for value in corners]
        lines = self.font.get_font_extents("ltr")
        return {
            "Flags": 4 + 2 * has_serifs(self.path),
            "FontBBox": box,
            "ItalicAngle": 0,
            "Ascent": round(lines.ascender * 1000 / self.em),
            "Descent": round(lines.descender * 1000 / self.em),
            "CapHeight": 700,
            "StemV": 80,
        }

    def _meanings(self) -> bytes:
        """The table by which readers tell what the glyphs mean."""
        rows = [
            f"<{glyph:04X}> <{text.encode('utf-16-be', 'replace').hex().upper()}>"
            for glyph, text in sorted(self.shown.items())
            if text
        ]
        return to_unicode([("char", rows)])


def to_unicode(tables: list[tuple[str, list[str]]]) -> bytes:
    """A table of what codes of two bytes mean: rows for single ones (char), or for many (range)."""
    lines = ["/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap"]
    lines += ["/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def"]
    lines += ["/CMapName /Adobe-Identity-UCS def", "/CMapType 2 def"]
    lines += ["1 begincodespacerange", "<0000> <FFFF>", "endcodespacerange"]
    for kind, rows in tables:
        for some in (rows[at : at + 100] for at in range(0, len(rows), 100)):  # more are too many
            lines += [f"{len(some)} beginbf{kind}", *some, f"endbf{kind}"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end", ""]
    return "\n".join(lines).encode()
