"""A template as a package: read as small as it looks, and emptied of its slides."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from archviz.errors import fail

if TYPE_CHECKING:
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

MACROS = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
MOST_MEMBERS = 10_000
MOST_BYTES = 256 * 2**20
"""That a template may have, packed or not."""
MOST_MARKS = 2_000_000
"""Tags and attributes in it: in memory, each takes thirty times as much as in the file."""
UNREADABLE = "this template is not a readable PowerPoint file"
TOO_LARGE = "this template is larger than a presentation can be"
TEMPLATE_HINT = "give a .pptx or .potx file that opens in PowerPoint without a password"


def drop(holder: Any, kind: str) -> None:
    """Drop all relationships of a kind, and so the parts that only they lead to."""
    for rel_id, rel in [*holder._rels.items()]:
        if rel.reltype == kind:
            holder._rels.pop(rel_id)


def open_template(path: str) -> Package:
    """The package of a template, with its slides.

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
        if (
            not part.presentation.slide_width
            or not part.presentation.slide_masters[0].slide_layouts
        ):
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


def remove_slides(part: PresentationPart) -> None:
    """Drop all slides, and whatever refers to them: lists, sections, links in layouts."""
    from pptx.opc.constants import RELATIONSHIP_TYPE
    from pptx.opc.package import XmlPart

    lists = "p:sldIdLst|p:custShowLst|p:extLst/p:ext[.//*[local-name()='sectionLst']]"
    for element in part._element.xpath(lists):
        element.getparent().remove(element)
    for kind in (RELATIONSHIP_TYPE.SLIDE, RELATIONSHIP_TYPE.VIEW_PROPS, MACROS):
        drop(part, kind)
    for other in [*part.package.iter_parts()]:
        for rel_id, rel in [*other.rels.items()]:
            if rel.reltype == RELATIONSHIP_TYPE.SLIDE:
                other.rels.pop(rel_id)
                linked = f"//*[@r:id='{rel_id}']"
                for element in other._element.xpath(linked) if isinstance(other, XmlPart) else ():
                    element.getparent().remove(element)
