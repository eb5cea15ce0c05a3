"""The parts of a slide in DrawingML: places, fills, lines and texts.

The XML is written as text, since building it element by element takes ten times as long.
Lengths in it are English metric units, 9525 to a pixel; angles are 60,000ths of a degree.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.scene.chosen_font import chosen_families
from archviz.scene.scene import bracket_side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archviz.scene.scene import Scene, Shape, Text

EMU = 9525
"""English metric units in a pixel."""
EMU_IN_POINT = 12700
PATTERNS = {
    "lines": "wdUpDiag",
    "dots": "pct10",
    "cross": "openDmnd",
    "grid": "lgGrid",
    "steep": "ltVert",
}
"""The presets that come nearest to our hatchings."""
HATCH_SHARE = 0.3
"""How much of the outline's colour a hatching has, so that a text on it is read well."""
NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
DECORATIVE = (
    '<a:extLst><a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}"><adec:decorative '
    'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/>'
    "</a:ext></a:extLst>"
)
NO_EFFECT = "<a:effectLst/>"
NO_LINE = "<a:ln><a:noFill/></a:ln>"
QUARTER_TURN = ' rot="5400000"'
"""Clockwise, about a shape's middle."""
BRACKETS = {"left": "left", "right": "right", "top": "left", "bottom": "right"}
"""The bracket that there is for one that shuts a side; those above and below are turned."""
ALIGN = {"start": "l", "middle": "ctr", "end": "r"}

EmuPoint: TypeAlias = tuple[int, int]
EmuBox: TypeAlias = tuple[int, int, int, int]
"""(left, top, right, bottom)."""
Drawn: TypeAlias = tuple[str, EmuBox]
"""A shape's XML, and the box that it takes on the slide."""


class Look(NamedTuple):
    """What slides take of a template: the name of the scheme's colour that stands for ``ink``,
    and the typeface of texts; empty for ours. ``accents``: fills in colours of the scheme.
    """

    ink: str = ""
    scheme: str = ""
    face: str = ""
    accents: Mapping[str, str] = MappingProxyType({})


NO_LOOK = Look()


class Frame(NamedTuple):
    """Where a scene stands on its slide: position = scale * pixels + offset, in EMU."""

    scale: float
    dx: float
    dy: float
    look: Look = NO_LOOK

    def paint(self, color: str) -> str:
        """A plain fill for lines and for texts on the ground: in the template's colour."""
        if color and color == self.look.ink:
            return f'<a:solidFill><a:schemeClr val="{self.look.scheme}"/></a:solidFill>'
        return solid(color)

    def fill(self, shape: Shape) -> str:
        """A shape's fill, in the template's colour where it is one of its accents."""
        return (
            fill_of(shape) if shape.pattern else self.look.accents.get(shape.fill) or fill_of(shape)
        )

    def point(self, x: float, y: float) -> EmuPoint:
        """A point of the scene on the slide."""
        return (round(x * self.scale + self.dx), round(y * self.scale + self.dy))

    def box(self, x: float, y: float, width: float, height: float) -> EmuBox:
        """A box of the scene on the slide."""
        return (*self.point(x, y), *self.point(x + width, y + height))

    def length(self, pixels: float) -> int:
        """A length on the slide."""
        return round(pixels * self.scale)

    def font_size(self, pixels: float) -> int:
        """A font size in hundredths of a point."""
        return max(100, round(pixels * self.scale * 100 / EMU_IN_POINT))


def fit(scene: Scene, width: int, height: int, look: Look = NO_LOOK) -> Frame:
    """A scene centred on a slide: smaller where it must be, twice as large where it is tiny.

    A scene that fits keeps its size, unless it takes less than half of the slide's width
    and of its height: then it is doubled.
    """
    room = min(width / (scene.width * EMU), height / (scene.height * EMU))
    scale = EMU * (room if room < 1 else 2.0 if room > 2 else 1.0)
    dx, dy = (width - scene.width * scale) / 2, (height - scene.height * scale) / 2
    return Frame(scale, dx, dy, look)


def union(boxes: Sequence[EmuBox]) -> EmuBox:
    """The smallest box round ``boxes``."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def solid(color: str) -> str:
    """A plain fill; none for the empty colour."""
    return f"<a:solidFill>{rgb(color)}</a:solidFill>" if color else "<a:noFill/>"


def rgb(color: str) -> str:
    """A colour from ``#rrggbb``."""
    return f'<a:srgbClr val="{color[1:].upper()}"/>'


def mixed(under: str, over: str, share: float) -> str:
    """The colour ``under`` with a share of ``over``."""
    pairs = [(int(under[at : at + 2], 16), int(over[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def fill_of(shape: Shape) -> str:
    """A shape's fill, hatched where the scene asks for it."""
    if not shape.pattern or not shape.fill:
        return solid(shape.fill)
    ink = mixed(shape.fill, shape.stroke or "#000000", HATCH_SHARE)
    return (
        f'<a:pattFill prst="{PATTERNS.get(shape.pattern, "wdUpDiag")}">'
        f"<a:fgClr>{rgb(ink)}</a:fgClr><a:bgClr>{rgb(shape.fill)}</a:bgClr></a:pattFill>"
    )


def xfrm(box: EmuBox, attributes: str = "") -> str:
    """Position and size."""
    left, top, right, bottom = box
    return (
        f'<a:xfrm{attributes}><a:off x="{left}" y="{top}"/>'
        f'<a:ext cx="{right - left}" cy="{bottom - top}"/></a:xfrm>'
    )


def geometry(preset: str, **adjusts: int) -> str:
    """A preset geometry with its adjusts."""
    guides = "".join(f'<a:gd name="{name}" fmla="val {value}"/>' for name, value in adjusts.items())
    return f'<a:prstGeom prst="{preset}"><a:avLst>{guides}</a:avLst></a:prstGeom>'


def xml_text(text: str) -> str:
    """Text as the value of an attribute."""
    return escape(text).replace("\n", "&#10;")


class Said(NamedTuple):
    """What is read out of a shape: its alt text; none and its own text if it is ``plain``; or
    nothing, since it is decoration."""

    alt: str = ""
    plain: bool = False


SILENT, PLAIN = Said(), Said(plain=True)


def identity(number: int, name: str, said: Said) -> str:
    """A shape's number, its name, and what is read out of it."""
    named = f'<p:cNvPr id="{number}" name="{xml_text(name)}"'
    if said.alt:
        return f'{named} descr="{xml_text(said.alt)}"/>'
    return f"{named}/>" if said.plain else f"{named}>{DECORATIVE}</p:cNvPr>"


def sp(
    number: int,
    name: str,
    said: Said,
    box: EmuBox,
    outside: str,
    body: str = "",
    kind: str = "<p:cNvSpPr/><p:nvPr/>",
    turned: bool = False,
) -> Drawn:
    """A shape, a text box or a placeholder; ``turned`` by a quarter, it takes ``box``."""
    place = xfrm(upright(box), QUARTER_TURN) if turned else xfrm(box)
    return (
        f"<p:sp><p:nvSpPr>{identity(number, name, said)}{kind}</p:nvSpPr>"
        f"<p:spPr>{place}{outside}</p:spPr>{body}</p:sp>",
        box,
    )


def upright(box: EmuBox) -> EmuBox:
    """A box before a quarter turn about its middle."""
    left, top, right, bottom = box
    shift = (right - left - bottom + top) // 2
    return (left + shift, top - shift, left + shift + bottom - top, top - shift + right - left)


def group_shape(number: int, name: str, said: Said, drawn: Sequence[Drawn]) -> Drawn:
    """A group whose coordinates are the slide's."""
    box = union([box for _, box in drawn])
    left, top, right, bottom = box
    return (
        f"<p:grpSp><p:nvGrpSpPr>{identity(number, name, said)}<p:cNvGrpSpPr/><p:nvPr/>"
        f'</p:nvGrpSpPr><p:grpSpPr><a:xfrm><a:off x="{left}" y="{top}"/>'
        f'<a:ext cx="{right - left}" cy="{bottom - top}"/><a:chOff x="{left}" y="{top}"/>'
        f'<a:chExt cx="{right - left}" cy="{bottom - top}"/></a:xfrm></p:grpSpPr>'
        f"{''.join(xml for xml, _ in drawn)}</p:grpSp>",
        box,
    )


def look(frame: Frame, preset: str, fill: str = "", line: str = NO_LINE, shadow: float = 0) -> str:
    """Geometry, fill, outline and effects, in the order that the schema wants."""
    if not shadow:
        return f"{preset}{fill or '<a:noFill/>'}{line}{NO_EFFECT}"
    return (
        f'{preset}{fill}{line}<a:effectLst><a:outerShdw blurRad="{frame.length(1.6 * shadow)}" '
        f'dist="{frame.length(1.118 * shadow)}" dir="3806000" algn="ctr" rotWithShape="0">'
        '<a:srgbClr val="000000"><a:alpha val="32000"/></a:srgbClr></a:outerShdw></a:effectLst>'
    )


def stroke(frame: Frame, color: str, width: float, head: str = "", dash: str = "solid") -> str:
    """An outline or a line, with sharp corners; ``dash`` is PowerPoint's name of a dash."""
    if not color or not width:
        return NO_LINE
    return (
        f'<a:ln w="{frame.length(width)}" cap="flat">{frame.paint(color)}<a:prstDash val="{dash}"/>'
        f'<a:miter lim="800000"/>{head}</a:ln>'
    )


def text_body(
    frame: Frame, lines: Sequence[Text], anchor: str, boxed: bool = False, field: str = ""
) -> str:
    """A text frame that neither wraps nor changes its size, a paragraph for each line.

    The paragraphs take nothing from the template's text styles. ``boxed``: they stand on a fill
    of ours, and keep their colour. ``field``: the id of the field of the slide's number.
    """
    paragraphs = "".join(paragraph_of(frame, line, boxed, field) for line in lines)
    return (
        '<p:txBody><a:bodyPr vert="horz" wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" '
        f'rtlCol="0" anchor="{anchor}" anchorCtr="0"><a:noAutofit/></a:bodyPr><a:lstStyle/>'
        f"{paragraphs}</p:txBody>"
    )


def paragraph_of(frame: Frame, line: Text, boxed: bool = False, field: str = "") -> str:
    """A line of text as a paragraph; see :func:`text_body`."""
    name = escape(frame.look.face or (*chosen_families(), "Arial")[0])
    paint = solid if boxed else frame.paint
    begin, end = "<a:r>", "</a:r>"
    if field:
        begin, end = f'<a:fld id="{field}" type="slidenum">', "</a:fld>"
    return (
        f'<a:p><a:pPr marL="0" indent="0" algn="{ALIGN[line.anchor]}"><a:lnSpc><a:spcPct '
        'val="100000"/></a:lnSpc><a:spcBef><a:spcPts val="0"/></a:spcBef><a:spcAft><a:spcPts '
        f'val="0"/></a:spcAft><a:buNone/></a:pPr>{begin}<a:rPr lang="en-US" '
        f'sz="{frame.font_size(line.size)}" b="{int(line.bold)}" i="0" cap="none" spc="0" '
        f'noProof="1">{paint(line.fill or "#000000")}{NO_EFFECT}<a:latin typeface="{name}"/>'
        f'<a:cs typeface="{name}"/></a:rPr><a:t>{escape(line.text, quote=False)}</a:t>{end}</a:p>'
    )


def line_preset(points: Sequence[EmuPoint]) -> str:
    """The geometry of a level or upright line or of a square bracket; else the empty string."""
    if len(points) == 2 and (points[0][0] == points[1][0] or points[0][1] == points[1][1]):
        return geometry("line")
    side = bracket_side(points)
    return geometry(f"{BRACKETS[side]}Bracket", adj=0) if side else ""


def freeform(points: Sequence[EmuPoint], box: EmuBox) -> str:
    """The geometry of a polyline."""
    left, top, right, bottom = box
    path = "".join(
        f'<a:{"lnTo" if number else "moveTo"}><a:pt x="{x - left}" y="{y - top}"/>'
        f"</a:{'lnTo' if number else 'moveTo'}>"
        for number, (x, y) in enumerate(points)
    )
    return (
        "<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/>"
        '<a:rect l="0" t="0" r="r" b="b"/><a:pathLst>'
        f'<a:path w="{right - left}" h="{bottom - top}" fill="none">{path}</a:path>'
        "</a:pathLst></a:custGeom>"
    )
