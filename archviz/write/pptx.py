"""PowerPoint: a deck of native shapes that goes on being editable.

Boxes, ovals and brackets are preset shapes with their text inside, a layer with its
badges is a group in its panel's group, and every connector is glued to the two shapes
that it joins. python-pptx keeps the package; slides are written as text.
"""

from __future__ import annotations

import io
import zipfile
from html import escape
from typing import TYPE_CHECKING

from archviz.scene.chosen_font import chosen_families
from archviz.scene.scene import groups_in, texts_in
from archviz.scene.theme_accents import Accent, accents_in
from archviz.write.about import About, moment_of
from archviz.write.pptx_package import drop
from archviz.write.pptx_parts import HEADER, NAMESPACES, Look, fit
from archviz.write.pptx_places import OWN, OWN_COVER, places_of, running_texts
from archviz.write.pptx_slide import SlideWriter
from archviz.write.pptx_template import Template, read_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pptx.slide import SlideLayout

    from archviz.scene.scene import Page
    from archviz.write.pptx_places import Places

EMU = 9525
"""In a pixel of 1/96 inch."""
SLIDE_HEIGHT = 720.0
"""7.5 in, the height of a slide of any aspect; 13.33 in wide at 16:9, 10 in at 4:3."""
UNDATED = (1980, 1, 1, 0, 0, 0)
"""The first day that ZIP has: its members cannot be without one."""
NO_WIDER = frozenset(
    {
        "Arial",
        "Arial Narrow",
        "Arimo",
        "Calibri",
        "Carlito",
        "Garamond",
        "Helvetica",
        "Liberation Sans",
        "Liberation Serif",
        "Times New Roman",
        "Tinos",
    }
)
"""Typefaces whose letters are no wider than those that figures are measured with."""
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
    built: bool = False,
    height: float = SLIDE_HEIGHT,
    accents: bool = False,
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
        built: the panels of a slide appear one after another, each at a click.
        height: pixels of the slides' height; a template has its own.
        accents: fills that are accents of the template stand in its colours.

    Raises:
        ArchvizError: the template cannot be read, or is none.
    """
    size = height * aspect, height
    deck = _Deck(template, size, 2 if joints else 5, about or About(), accents)
    for page in pages:
        deck.add(page, built)
    return deck.save()


class _Deck:
    """A package that slides are added to."""

    def __init__(
        self,
        template: str | None,
        size: tuple[float, float],
        most_pieces: int,
        about: About,
        accents: bool,
    ) -> None:
        from pptx import Presentation
        from pptx.opc.constants import RELATIONSHIP_TYPE

        self.types, self.about, self.most_pieces = RELATIONSHIP_TYPE, about, most_pieces
        self.template = read_template(template) if template else None
        self.look = _look(self.template, accents)
        self.package = self.template.package if self.template else Presentation().part.package
        self.part = self.package.main_document_part
        self.presentation = self.part.presentation
        if not template:
            self._shape_default(*size)
        self.count = self.note_count = 0

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
            drop(self.part, kind)

    def add(self, page: Page, built: bool = False) -> None:
        """A slide, and its notes."""
        from pptx.opc.constants import CONTENT_TYPE
        from pptx.opc.package import Part
        from pptx.opc.packuri import PackURI

        self.count += 1
        layout, places = self._layout(page)
        size = self.presentation.slide_width, self.presentation.slide_height
        frame = fit(page.scene, *size, self.look)
        writer = SlideWriter(page.scene, frame, places, self.most_pieces, built)
        name = PackURI(f"/ppt/slides/slide{self.count}.xml")
        blob = writer.slide(page.title, not self.template)
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

    def _layout(self, page: Page) -> tuple[SlideLayout, Places]:
        """The layout of a page, and which of its places are filled."""
        is_cover = any(one.role == "cover" for one in groups_in(page.scene.items))
        is_titled = any(text.role == "slide-title" for text in texts_in(page.scene.items))
        if self.template is None:
            named = "title" if is_cover else "titleOnly" if is_titled else "blank"
            found = [
                one for one in self.presentation.slide_layouts if one.element.get("type") == named
            ]
            return found[0], OWN_COVER if is_cover else OWN if is_titled else {}
        if is_cover and self.template.cover:
            return self.template.cover.layout, places_of(self.template.cover, {})
        if is_titled and self.template.titled:
            titled = self.template.titled
            return titled.layout, places_of(titled, running_texts(self.about))
        return self.template.blank.layout, {}

    def save(self) -> bytes:
        """The file, the same bytes for the same slides."""
        self._describe(self.about)
        drop(self.package, self.types.THUMBNAIL)
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


def _look(template: Template | None, accents: bool) -> Look:
    """What slides take of a template beside its layouts."""
    if template is None:
        return Look()
    ink = template.colours.scheme.get(template.ink, "")
    own = template.colours.fonts[1]
    measured = chosen_families() == (own,) or (own in NO_WIDER and not chosen_families())
    known = accents_in(template.colours.scheme) if accents else []
    fills = {accent.color: _accent_fill(accent) for accent in reversed(known)}
    return Look(ink, template.ink, "+mn-lt" if measured else "", fills)


def _accent_fill(accent: Accent) -> str:
    """A fill in a shade of a colour of the template's scheme."""
    (share, more), changes = accent.shade, ""
    if share < 1:
        changes = f'<a:lumMod val="{round(share * 100_000)}"/>'
    if more:
        changes += f'<a:lumOff val="{round(more * 100_000)}"/>'
    return f'<a:solidFill><a:schemeClr val="{accent.name}">{changes}</a:schemeClr></a:solidFill>'


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
