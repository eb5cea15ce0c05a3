"""A PDF round its pages: metadata, tags, the colour space; with no clock and no invented name.

Each page is one figure with its alternative text, so that a screen reader says what it shows.
Every document states its metadata twice: in its information dictionary, and as XMP.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from archviz.write.icc import NAME, srgb_profile
from archviz.write.pdf_fonts import bundled_font, encodable

if TYPE_CHECKING:
    import io

    from archviz.write.about import About

LANGUAGE = "en"
CREATOR = "archviz"
VERSION = (1, 5)
"""pdfTeX's own, which warns of later ones that it includes."""


class Document:
    """A reportlab canvas, and what stands round its pages."""

    def __init__(self, output: io.BytesIO, about: About) -> None:
        from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

        self.canvas: Any = Canvas(
            output,
            invariant=1,
            pageCompression=1,
            lang=LANGUAGE,
            initialFontName=bundled_font(False),
            pdfVersion=VERSION,
        )
        self.about = about._replace(
            title=encodable(about.title),
            subject=encodable(about.subject),
            author=encodable(about.author),
        )
        self.file: Any = self.canvas._doc
        self.figures: list[Any] = []
        self.canvas.setViewerPreference("DisplayDocTitle", "true")
        self.file.info.format = partial(_information, self.about)
        self.file.info.title, self.file.info.author = self.about.title, self.about.author
        self.tree: Any = _dictionary(Type="/StructTreeRoot")
        self.body: Any = _dictionary(Type="/StructElem", S="/Document")

    def begin(self) -> None:
        """Begin a page: all that is drawn until :meth:`end` is one figure."""
        self.canvas._code.append("/Figure <</MCID 0>> BDC")

    def end(self, alternative: str) -> None:
        """End the page, with the words that stand for the figure."""
        from reportlab.pdfbase.pdfdoc import PDFArray, PDFName, PDFPage  # type: ignore[import-untyped]

        self.canvas._code.append("EMC")
        size = self.canvas._pagesize
        number = len(self.figures)
        add = self.file.addPage

        def tagged(page: Any) -> None:
            page.__NoDefault__ = [*PDFPage.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, PDFName("S")
            add(page)
            attributes = _dictionary(O="/Layout", BBox=PDFArray([0, 0, *size]), Placement="/Block")
            figure = _dictionary(
                Type="/StructElem",
                S="/Figure",
                P=self.file.Reference(self.body),
                Pg=self.file.Reference(page),
                K=0,
                Alt=_text(encodable(alternative)),
                A=attributes,
            )
            self.figures.append(self.file.Reference(figure))

        self.file.addPage = tagged
        self.canvas.showPage()
        self.file.addPage = add

    def save(self) -> None:
        """Write the document."""
        from reportlab.pdfbase.pdfdoc import PDFArray, PDFCatalog, PDFStream

        file, catalog = self.file, self.file.Catalog
        numbers = [part for at, one in enumerate(self.figures) for part in (at, PDFArray([one]))]
        self.tree.dict |= {
            "K": PDFArray([file.Reference(self.body)]),
            "ParentTree": file.Reference(_dictionary(Nums=PDFArray(numbers))),
            "ParentTreeNextKey": len(self.figures),
        }
        self.body.dict |= {"P": file.Reference(self.tree), "K": PDFArray(self.figures)}
        profile = PDFStream(_dictionary(N=3), srgb_profile(), filters=_squeezed())
        intent = _dictionary(
            Type="/OutputIntent",
            S="/GTS_PDFA1",
            OutputConditionIdentifier=_text(NAME),
            Info=_text(NAME),
            DestOutputProfile=file.Reference(profile),
        )
        kind = _dictionary(Type="/Metadata", Subtype="/XML")
        more = {
            "StructTreeRoot": self.tree,
            "MarkInfo": _dictionary(Marked="true"),
            "Metadata": PDFStream(kind, xmp(self.about, file.info.producer), filters=[]),
            "OutputIntents": PDFArray([intent]),
        }
        catalog.__NoDefault__ = [*dict.fromkeys([*PDFCatalog.__NoDefault__, *more])]
        catalog.__Refs__ = catalog.__NoDefault__
        for name, value in more.items():
            setattr(catalog, name, value)
        self.canvas.save()


def _squeezed() -> list[Any]:
    from reportlab.pdfbase.pdfdoc import PDFZCompress

    return [PDFZCompress]


def _dictionary(**entries: Any) -> Any:
    """A dictionary; a text that begins with a slash is a name, another is as it stands."""
    from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName

    return PDFDictionary(
        {
            key: PDFName(value[1:]) if isinstance(value, str) and value[:1] == "/" else value
            for key, value in entries.items()
        }
    )


def _text(text: str) -> Any:
    from reportlab.pdfbase.pdfdoc import PDFString

    return PDFString(text)


def _information(about: About, document: Any) -> Any:
    """The information dictionary, with what there is."""
    entries = {
        "Title": about.title,
        "Author": about.author,
        "Subject": about.subject,
        "Creator": CREATOR,
        "Producer": document.info.producer,
    }
    if about.date:
        entries["CreationDate"] = entries["ModDate"] = pdf_date(about.date)
    told = {key: _text(value) for key, value in entries.items() if value}
    return _dictionary(**told, Trapped="/False").format(document)


def pdf_date(text: str) -> str:
    """The date of an :class:`About` as PDF writes it: ``D:20261129100000+01'00'``."""
    day, _, clock = text.partition("T")
    digits = day.replace("-", "")
    if not clock:
        return f"D:{digits}"
    zone = clock[8:].replace(":", "'")
    zone = "Z" if zone == "+00'00" else f"{zone}'"
    return f"D:{digits}{clock[:8].replace(':', '')}{zone}"


def xmp(about: About, producer: str) -> bytes:
    """The metadata as XMP (ISO 16684-1), the same as the information dictionary's."""
    words = {"title": about.title, "description": about.subject}
    start, end = '<rdf:Alt><rdf:li xml:lang="x-default">', "</rdf:li></rdf:Alt>"
    rows = [
        f"<dc:{name}>{start}{_xml(text)}{end}</dc:{name}>" for name, text in words.items() if text
    ]
    if about.author:
        rows.append(
            f"<dc:creator><rdf:Seq><rdf:li>{_xml(about.author)}</rdf:li></rdf:Seq></dc:creator>"
        )
    rows.append(f"<dc:language><rdf:Bag><rdf:li>{LANGUAGE}</rdf:li></rdf:Bag></dc:language>")
    rows += [
        "<dc:format>application/pdf</dc:format>",
        f"<pdf:Producer>{_xml(producer)}</pdf:Producer>",
    ]
    rows.append(f"<xmp:CreatorTool>{CREATOR}</xmp:CreatorTool>")
    if about.date:
        dates = ("xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate")
        rows += [f"<{name}>{about.date}</{name}>" for name in dates]
    spaces = {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "dc": "http://purl.org/dc/elements/1.1/",
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "pdf": "http://ns.adobe.com/pdf/1.3/",
    }
    named = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
    lines = [
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {named}>',
        '<rdf:Description rdf:about="">',
        *rows,
        "</rdf:Description></rdf:RDF></x:xmpmeta>",
        '<?xpacket end="r"?>',
    ]
    return "\n".join([*lines, ""]).encode()


def _xml(text: str) -> str:
    """A text in XML, without what XML 1.0 has not."""
    known = "".join(
        char for char in text if (char >= " " and char not in "\ufffe\uffff") or char in "\t\n"
    )
    return escape(known, quote=False)
