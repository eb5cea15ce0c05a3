"""PowerPoint: a deck of native shapes that goes on being editable.

Boxes, ovals and brackets are preset shapes with their text inside, a layer with its
badges is a group in its panel's group, and every connector is glued to the two shapes
that it joins. python-pptx keeps the package; slides are written as text.
"""

from __future__ import annotations

import io
import zipfile
from functools import partial
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

from archviz.errors import fail
from archviz.write.about import About, moment_of
from archviz.write.pptx_parts import HEADER, NAMESPACES, fit
from archviz.write.pptx_slide import SlideWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart
    from pptx.presentation import Presentation
    from pptx.slide import SlideLayout

    from archviz.scene.scene import Page

EMU = 9525
"""In a pixel of 1/96 inch."""
SLIDE_HEIGHT = 720.0
"""7.5 in, the height of a slide of any aspect; 13.33 in wide at 16:9, 10 in at 4:3."""
UNDATED = (1980, 1, 1, 0, 0, 0)
"""The first day that ZIP has: its members cannot be without one."""
MACROS = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
MOST_MEMBERS = 10_000
MOST_BYTES = 256 * 2**20
"""That a template may have, packed or not."""
MOST_MARKS = 2_000_000
"""Tags and attributes in it: in memory, each takes thirty times as much as in the file."""
UNREADABLE = "this template is not a readable PowerPoint file"
TOO_LARGE = "this template is larger than a presentation can be"
TEMPLATE_HINT = "give a .pptx or .potx file that opens in PowerPoint without a password"
APPLICATION = (
    f'{HEADER}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
    'extended-properties"><Application>archviz</Application></Properties>'
).encode()


def write_pptx(
    pages: Sequence[Page],
    about: About | None = None,
    *,
    aspect: float = 16 / 9,
    template: str | None = None,
    joints: bool = True,
    height: float = SLIDE_HEIGHT,
) -> bytes:
    """A deck with a slide for each page.

    Args:
        pages: what is on the slides, and the speaker's notes.
        about: the file's properties, without any other.
        aspect: width / height of the slides; a template has its own.
        template: a .pptx or .potx file whose master the deck uses.
        joints: cut a connector with more than one bend at joints, small squares in the
            line, so that each part has one bend and no adjusts. LibreOffice up to 7.4
            ignores adjusts, and draws other ways through the boxes. Without, a connector
            has up to four bends, and only longer ones are cut.
        height: pixels of the slides' height; a template has its own.

    Raises:
        ArchvizError: the template cannot be read, or is none.
    """
    deck = _Deck(template, (height * aspect, height), 2 if joints else 5)
    for page in pages:
        deck.add(page)
    return deck.save(about or About())


class _Deck:
    """A package that slides are added to."""

    def __init__(self, template: str | None, size: tuple[float, float], most_pieces: int) -> None:
        from pptx import Presentation
        from pptx.opc.constants import RELATIONSHIP_TYPE

        self.types = RELATIONSHIP_TYPE
        self.has_template = template is not None
        self.package = _open_template(template) if template else Presentation().part.package
        self.part = self.package.main_document_part
        self.presentation = self.part.presentation
        if not template:
            self._shape_default(*size)
        self.most_pieces = most_pieces
        self.count = self.note_count = 0
        self.titled, self.blank = _layouts(self.presentation)

    def _shape_default(self, wide: float, high: float) -> None:
        """Give the default master the size that is asked for, in pixels, and our font."""
        from pptx.util import Emu

        size = self.presentation.slide_width, self.presentation.slide_height
        width, height = round(wide * EMU), round(high * EMU)
        self.presentation.slide_width = Emu(width)
        self.presentation.slide_height = Emu(height)
        self.presentation.element.sldSz.attrib.pop("type", None)
        for master in self.presentation.slide_masters:
            for holder in (master, *master.slide_layouts):
                for node in holder.element.xpath(".//a:off|.//a:ext[@cx]"):
                    names = ("cx", "cy") if "cx" in node.attrib else ("x", "y")
                    for name, before, now in zip(names, size, (width, height), strict=True):
                        node.set(name, str(round(int(node.get(name)) * now / before)))
            theme = master.part.part_related_by(self.types.THEME)
            theme.blob = theme.blob.replace(b'"Calibri"', b'"Arial"')
        for kind in (self.types.PRINTER_SETTINGS, self.types.VIEW_PROPS):
            _drop(self.part, kind)

    def add(self, page: Page) -> None:
        """A slide, and its notes."""
        from pptx.opc.constants import CONTENT_TYPE
        from pptx.opc.package import Part
        from pptx.opc.packuri import PackURI

        self.count += 1
        frame = fit(page.scene, self.presentation.slide_width, self.presentation.slide_height)
        writer = SlideWriter(page.scene, frame, self.titled is not None, self.most_pieces)
        layout = self.titled if self.titled and writer.title else self.blank
        name = PackURI(f"/ppt/slides/slide{self.count}.xml")
        blob = writer.slide(page.title, not self.has_template)
        slide = Part(name, CONTENT_TYPE.PML_SLIDE, self.package, blob)
        slide.relate_to(layout.part, self.types.SLIDE_LAYOUT)
        slides = self.presentation.element.get_or_add_sldIdLst()
        slides.add_sldId(self.part.relate_to(slide, self.types.SLIDE))
        if not page.notes:
            return
        self.note_count += 1
        name = PackURI(f"/ppt/notesSlides/notesSlide{self.note_count}.xml")
        kind = CONTENT_TYPE.PML_NOTES_SLIDE
        notes = Part(name, kind, self.package, notes_page(page.notes))
        notes.relate_to(self.part.notes_master_part, self.types.NOTES_MASTER)
        notes.relate_to(slide, self.types.SLIDE)
        slide.relate_to(notes, self.types.NOTES_SLIDE)

    def save(self, about: About) -> bytes:
        """The file, the same bytes for the same slides."""
        self._describe(about)
        _drop(self.package, self.types.THUMBNAIL)
        for rel in self.package._rels.values():
            if rel.reltype == self.types.EXTENDED_PROPERTIES:
                rel.target_part.blob = APPLICATION
        self._list_notes_master()
        raw, packed = io.BytesIO(), io.BytesIO()
        self.presentation.save(raw)
        with zipfile.ZipFile(raw) as given, zipfile.ZipFile(packed, "w") as out:
            for name in given.namelist():
                info = zipfile.ZipInfo(name, UNDATED)
                info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
                out.writestr(info, given.read(name))
        return packed.getvalue()

    def _describe(self, about: About) -> None:
        """Say what the file is, instead of what its template was."""
        properties = self.presentation.core_properties
        for child in [*properties._element]:
            properties._element.remove(child)
        properties.title = about.title
        if about.subject:
            properties.subject = about.subject
        if about.author:
            properties.author = properties.last_modified_by = about.author
        if about.date:
            properties.created = properties.modified = moment_of(about.date).replace(tzinfo=None)

    def _list_notes_master(self) -> None:
        """Name the notes master in the presentation, which python-pptx leaves out."""
        from pptx.oxml import parse_xml

        element = self.presentation.element
        if not self.note_count or element.xpath("p:notesMasterIdLst"):
            return
        rel_id = self.part.relate_to(self.part.notes_master_part, self.types.NOTES_MASTER)
        listed = f'<p:notesMasterId r:id="{rel_id}"/>'
        listed = f"<p:notesMasterIdLst {NAMESPACES}>{listed}</p:notesMasterIdLst>"
        element.xpath("p:sldMasterIdLst")[0].addnext(parse_xml(listed))


def _drop(holder: Any, kind: str) -> None:
    """Drop all relationships of a kind, and so the parts that only they lead to."""
    for rel_id, rel in [*holder._rels.items()]:
        if rel.reltype == kind:
            holder._rels.pop(rel_id)


def _open_template(path: str) -> Package:
    """The package of a template, without its slides.

    Raises:
        ArchvizError: it cannot be read as a presentation.
    """
    from pptx.opc.constants import CONTENT_TYPE
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    data = _read_template(path)
    try:
        package = Package.open(io.BytesIO(data))
        part = package.main_document_part
        if not isinstance(part, PresentationPart):
            raise TypeError("not a presentation")
        part._content_type = CONTENT_TYPE.PML_PRESENTATION_MAIN
        _remove_slides(part)
        if not part.presentation.slide_width or not _layouts(part.presentation):
            raise ValueError("no size")
    except Exception as error:  # a package can be broken in any place
        raise fail(path, UNREADABLE, TEMPLATE_HINT) from error
    return package


def _read_template(path: str) -> bytes:
    """The bytes of a template that is as small as it looks: its members are read, and counted.

    Raises:
        ArchvizError: it cannot be read, or takes more memory than a presentation does.
    """
    try:
        with open(path, "rb") as file:
            pieces = iter(partial(file.read, 2**20), b"")
            data = b"".join(islice(pieces, MOST_BYTES // 2**20 + 1))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise fail(path, f"the template cannot be read: {reason.lower()}") from error
    try:
        is_small = len(data) <= MOST_BYTES and data.count(b"PK\1\2") <= MOST_MEMBERS
        if is_small:
            with zipfile.ZipFile(io.BytesIO(data)) as package:
                is_small = _is_small(package)
    except Exception as error:  # a package can be broken in any place
        raise fail(path, UNREADABLE, TEMPLATE_HINT) from error
    if not is_small:
        raise fail(path, TOO_LARGE, TEMPLATE_HINT)
    return data


def _is_small(package: zipfile.ZipFile) -> bool:
    """Whether a package can be opened in little memory: read, since headers may be untrue."""
    most_bytes, most_marks = MOST_BYTES, MOST_MARKS
    for member in package.infolist():
        is_xml = member.filename.lower().endswith((".xml", ".rels"))
        with package.open(member) as stream:
            while chunk := stream.read(2**16):
                most_bytes -= len(chunk)
                is_xml = is_xml or chunk.lstrip()[:1] in (b"<", b"\xef", b"\xfe", b"\xff")
                if is_xml:
                    most_marks -= chunk.count(b"<") + chunk.count(b"=")
                if min(most_bytes, most_marks) < 0:
                    return False
    return True


def _remove_slides(part: PresentationPart) -> None:
    """Drop all slides, and whatever refers to them: lists, sections, links in layouts."""
    from pptx.opc.constants import RELATIONSHIP_TYPE
    from pptx.opc.package import XmlPart

    lists = "p:sldIdLst|p:custShowLst|p:extLst/p:ext[.//*[local-name()='sectionLst']]"
    for element in part._element.xpath(lists):
        element.getparent().remove(element)
    for kind in (RELATIONSHIP_TYPE.SLIDE, RELATIONSHIP_TYPE.VIEW_PROPS, MACROS):
        _drop(part, kind)
    for other in [*part.package.iter_parts()]:
        for rel_id, rel in [*other.rels.items()]:
            if rel.reltype == RELATIONSHIP_TYPE.SLIDE:
                other.rels.pop(rel_id)
                linked = f"//*[@r:id='{rel_id}']"
                for element in other._element.xpath(linked) if isinstance(other, XmlPart) else ():
                    element.getparent().remove(element)


def _layouts(presentation: Presentation) -> tuple[SlideLayout | None, SlideLayout]:
    """The layout for a slide with a title, if the master has one, and the emptiest one."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    quiet = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER)
    titled: list[tuple[int, SlideLayout]] = []
    layouts: list[tuple[int, SlideLayout]] = []
    for master in presentation.slide_masters:
        for layout in master.slide_layouts:
            kinds = [shape.placeholder_format.type for shape in layout.placeholders]
            content = sum(kind not in quiet for kind in kinds)
            if layout.element.get("type") in ("titleOnly", "blank"):
                content -= 100
            layouts.append((content, layout))
            if PP_PLACEHOLDER.TITLE in kinds:
                titled.append((content, layout))

    def order(entry: tuple[int, SlideLayout]) -> int:
        return entry[0]

    best = min(titled, key=order)[1] if titled else None
    return best, min(layouts, key=order)[1]


def notes_page(notes: str) -> bytes:
    """The notes under a slide, a paragraph for each line."""
    paragraphs = "".join(
        f'<a:p><a:r><a:rPr lang="en-US"/><a:t>{escape(line, quote=False)}</a:t></a:r></a:p>'
        if line
        else "<a:p/>"
        for line in notes.split("\n")
    )
    return (
        f"{HEADER}<p:notes {NAMESPACES}><p:cSld><p:spTree><p:nvGrpSpPr>"
        '<p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Slide image"/><p:cNvSpPr><a:spLocks noGrp="1" '
        'noRot="1" noChangeAspect="1"/></p:cNvSpPr><p:nvPr><p:ph type="sldImg"/></p:nvPr>'
        '</p:nvSpPr><p:spPr/></p:sp><p:sp><p:nvSpPr><p:cNvPr id="3" name="Notes"/><p:cNvSpPr>'
        '<a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="body" idx="1"/></p:nvPr>'
        f"</p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>"
        "</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:notes>"
    ).encode()
