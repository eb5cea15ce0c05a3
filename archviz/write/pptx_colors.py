"""The colours of a template: its scheme, and what is behind a place of its slides."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from archviz.write.pptx_parts import EmuBox

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MAPPED = ("bg1", "tx1", "bg2", "tx2", *(f"accent{number}" for number in range(1, 7)))
INKS = ("tx1", "bg1", "tx2", "bg2")
"""What texts may be in, the usual first."""
COVERS = 0.6
"""Of a place: what hides so much of it is what a text there stands on."""
SEE_THROUGH = 0.5
READABLE = 4.5
WHITE = "#ffffff"
PRESETS = {"white": WHITE, "black": "#000000"}


class Colours(NamedTuple):
    """A master's scheme by the names that slides use, ``bg1`` to ``accent6``; its own theme."""

    scheme: Mapping[str, str]
    fonts: tuple[str, str]
    """Typefaces of titles and of other texts."""

    def of(self, node: Any) -> str:
        """The colour that an element holds; empty for none that is known."""
        for child in node.iter():
            tag, value = child.tag.removeprefix(A), child.get("val", "")
            if tag == "srgbClr":
                found = f"#{value.lower()}"
            elif tag == "schemeClr":
                found = self.scheme.get(_alias(value), "")
            elif tag == "sysClr":
                found = f"#{child.get('lastClr', '000000').lower()}"
            elif tag == "prstClr":
                found = PRESETS.get(value, "")
            else:
                continue
            return _changed(found, child) if found else ""
        return ""

    def best_ink(self, ground: str) -> str:
        """The name of the scheme's colour that is read best there: the first that is read well."""
        from archviz.scene.theme import contrast

        known = [name for name in INKS if name in self.scheme]
        for name in known:
            if contrast(self.scheme[name], ground) >= READABLE:
                return name
        return max(known, key=lambda name: contrast(self.scheme[name], ground), default="tx1")


def _alias(name: str) -> str:
    return {"dk1": "tx1", "lt1": "bg1", "dk2": "tx2", "lt2": "bg2"}.get(name, name)


def _changed(color: str, node: Any) -> str:
    """A colour made lighter or darker as its children say."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    for child in node:
        kind, share = child.tag.removeprefix(A), int(child.get("val") or 0) / 100_000
        if kind == "lumMod" or kind == "shade":
            parts = [part * share for part in parts]
        elif kind == "lumOff":
            parts = [min(1.0, part + share) for part in parts]
        elif kind == "tint":
            parts = [1 - (1 - part) * share for part in parts]
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, part))):02x}" for part in parts)


def colours_of(master: Any) -> Colours:
    """The scheme of a master and its typefaces."""
    from pptx.opc.constants import RELATIONSHIP_TYPE
    from pptx.oxml import parse_xml

    theme: Any = parse_xml(master.part.part_related_by(RELATIONSHIP_TYPE.THEME).blob)
    plain = Colours({}, ("", ""))
    named = {
        child.tag.removeprefix(A): plain.of(child)
        for scheme in theme.iter(f"{A}clrScheme")
        for child in scheme
    }
    mapped = master.element.find(f"{P}clrMap")
    own = {} if mapped is None else dict(mapped.attrib)
    usual = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
    scheme = {name: named.get(own.get(name, usual.get(name, name)), "") for name in MAPPED}
    faces = [
        str(node.get("typeface", ""))
        for kind in ("majorFont", "minorFont")
        for node in theme.iterfind(f".//{A}{kind}/{A}latin")
    ]
    title, text, *_ = *faces, "", ""
    return Colours({name: color for name, color in scheme.items() if color}, (title, text))


def ground_at(layout: Any, box: EmuBox, colours: Colours) -> str:
    """The colour of what is behind a place of a layout's slides, as far as it is one."""
    master = layout.slide_master
    ground = colours.scheme.get("bg1", WHITE)
    for holder in (master, layout):
        back = holder.element.find(f"{P}cSld/{P}bg")
        if back is not None:
            ground = _fill(back[0], holder.part, colours) or colours.of(back) or ground
    holders = [layout] if layout.element.get("showMasterSp") == "0" else [master, layout]
    for holder in holders:
        for node in _drawn(holder.element):
            if _covered(node, box) >= COVERS:
                properties = node.find(f"{P}spPr")
                whole = node if node.tag == f"{P}pic" else properties
                ground = _fill(whole, holder.part, colours) or ground
    return ground


def _drawn(element: Any) -> Iterator[Any]:
    """Shapes and pictures of a master or layout that are on every slide of it."""
    tree = element.find(f"{P}cSld/{P}spTree")
    for node in tree.iter(f"{P}sp", f"{P}pic"):
        if node.find(f".//{P}nvPr/{P}ph") is None:
            yield node


def _covered(node: Any, box: EmuBox) -> float:
    """How much of a place a shape hides."""
    offset, extent = node.find(f".//{A}xfrm/{A}off"), node.find(f".//{A}xfrm/{A}ext")
    if offset is None or extent is None:
        return 0.0
    left, top = int(offset.get("x")), int(offset.get("y"))
    right, bottom = left + int(extent.get("cx")), top + int(extent.get("cy"))
    wide = min(right, box[2]) - max(left, box[0])
    high = min(bottom, box[3]) - max(top, box[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(0, wide) * max(0, high) / area if area > 0 else 0.0


def _fill(node: Any, part: Any, colours: Colours) -> str:
    """The colour that a fill comes to; empty for none, or for one that is seen through."""
    if node is None:
        return ""
    for child in node:
        kind = child.tag.split("}")[-1]
        if kind == "solidFill":
            alpha = child.find(f".//{A}alpha")
            hidden = alpha is None or int(alpha.get("val")) >= SEE_THROUGH * 100_000
            return colours.of(child) if hidden else ""
        if kind == "gradFill":
            return _mean([colours.of(stop) for stop in child.iter(f"{A}gs")])
        if kind == "blipFill":
            return _picture(child, part)
    return ""


def _mean(colors: list[str]) -> str:
    known = [[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in colors if one]
    if not known:
        return ""
    return "#" + "".join(
        f"{round(sum(part) / len(known)):02x}" for part in zip(*known, strict=True)
    )


def _picture(fill: Any, part: Any) -> str:
    """The mean colour of a picture; empty where it cannot be read."""
    blip = fill.find(f"{A}blip")
    try:
        from PIL import Image

        data = part.related_part(blip.get(f"{R}embed")).blob
        with Image.open(io.BytesIO(data)) as picture:
            small = picture.convert("RGBA").resize((1, 1))
            red, green, blue, alpha = small.tobytes()
    except Exception:  # a picture of any kind, or none
        return ""
    return f"#{red:02x}{green:02x}{blue:02x}" if alpha >= 128 else ""
