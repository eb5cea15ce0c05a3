"""Texts in a layout's own places: titles, subtitles, dates, footers, slide numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.write.about import said_date
from archviz.write.pptx_parts import xfrm, xml_text
from archviz.write.pptx_template import Holder, Layout, scale_to_fit

if TYPE_CHECKING:
    from archviz.write.about import About

NAMES = {
    "title": "Title",
    "subtitle": "Subtitle",
    "date": "Date",
    "footer": "Footer",
    "number": "Slide number",
}
NUMBER_FIELD = "{5F5C9D2B-3A0E-4C0B-9C57-6D1B7A3A8F10}"


class Place(NamedTuple):
    """One of a layout's places: as the template has it, or by its element alone, where the scene
    says where it stands; ``running``: its text on every slide."""

    holder: Holder | None = None
    tag: str = ""
    running: str = ""


Places: TypeAlias = "Mapping[str, Place]"
OWN = {
    "title": Place(tag='<p:ph type="title"/>'),
    "number": Place(tag='<p:ph type="sldNum" sz="quarter" idx="12"/>'),
}
"""The places of our own slides: their layout is that of python-pptx."""
OWN_COVER = {
    "title": Place(tag='<p:ph type="ctrTitle"/>'),
    "subtitle": Place(tag='<p:ph type="subTitle" idx="1"/>'),
}


def places_of(layout: Layout, running: Mapping[str, str]) -> Places:
    """The places of a template's layout, with what stands in them on every slide."""
    return {
        role: Place(holder, running=running.get(role, ""))
        for role, holder in layout.holders.items()
    }


def holder_tag(holder: Holder) -> str:
    """The reference to a layout's placeholder."""
    index = f' idx="{holder.idx}"' if holder.idx != "0" else ""
    size = ' sz="quarter"' if holder.kind in ("dt", "ftr", "sldNum") else ""
    return f'<p:ph type="{holder.kind}"{size}{index}/>'


def placed_text(number: int, role: str, holder: Holder, lines: Sequence[str]) -> str:
    """Lines of text in a placeholder, in its own letters, smaller only where they must be."""
    size = scale_to_fit(holder, lines)
    sized = f' sz="{size}"' if size != holder.size else ""
    ink = f'<a:solidFill><a:schemeClr val="{holder.ink}"/></a:solidFill>' if holder.ink else ""
    run = f'<a:rPr lang="en-US"{sized}>{ink}</a:rPr>'
    texts = "".join(
        f'<a:p><a:fld id="{NUMBER_FIELD}" type="slidenum">{run}<a:t>{escape(line, quote=False)}'
        "</a:t></a:fld></a:p>"
        if role == "number"
        else f"<a:p><a:r>{run}<a:t>{escape(line, quote=False)}</a:t></a:r></a:p>"
        for line in lines
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="{xml_text(NAMES[role])}"/><p:cNvSpPr>'
        f'<a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr>{holder_tag(holder)}</p:nvPr></p:nvSpPr>'
        f"<p:spPr>{xfrm(holder.box) if holder.moved else ''}</p:spPr><p:txBody><a:bodyPr>"
        f"<a:normAutofit/></a:bodyPr><a:lstStyle/>{texts}</p:txBody></p:sp>"
    )


def running_texts(about: About) -> dict[str, str]:
    """What stands at the foot of every slide of a template, by the roles of its places."""
    found = {"footer": about.title, "date": said_date(about.date)}
    return {role: text for role, text in found.items() if text}
