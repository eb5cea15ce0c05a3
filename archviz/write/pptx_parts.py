"""The parts of a slide in DrawingML: places, connectors, fills, lines and texts.

The XML is written as text, since building it element by element takes ten times as long.
Lengths in it are English metric units, 9525 to a pixel; angles are 60,000ths of a degree.
"""

from __future__ import annotations

import math
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archviz.scene.scene import is_bracket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archviz.scene.scene import Connector, Scene, Shape, Text

EMU = 9525
"""English metric units in a pixel."""
EMU_IN_POINT = 12700
LEAST_EXTENT = 3175
"""Extent of a bent connector whose ends are level: its adjusts are shares of it."""
PORT = 9524
"""Diameter of the invisible oval at an end that comes from outside: about a pixel."""
JOINT = 1906
"""Length of a joint between two parts of a line: a fifth of a pixel."""
QUARTER_TURN = ' rot="5400000"'
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
NO_EFFECT = "<a:effectLst/>"
NO_LINE = "<a:ln><a:noFill/></a:ln>"
ALIGN = {"start": "l", "middle": "ctr", "end": "r"}

EmuPoint: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[int, int, int, int]
"""(left, top, right, bottom)."""
Drawn: TypeAlias = tuple[str, Box]
"""A shape's XML, and the box that it takes on the slide."""


class Frame(NamedTuple):
    """Where a scene stands on its slide: position = scale * pixels + offset, in EMU."""

    scale: float
    dx: float
    dy: float

    def point(self, x: float, y: float) -> EmuPoint:
        """A point of the scene on the slide."""
        return (round(x * self.scale + self.dx), round(y * self.scale + self.dy))

    def box(self, x: float, y: float, width: float, height: float) -> Box:
        """A box of the scene on the slide."""
        return (*self.point(x, y), *self.point(x + width, y + height))

    def length(self, pixels: float) -> int:
        """A length on the slide."""
        return round(pixels * self.scale)

    def font_size(self, pixels: float) -> int:
        """A font size in hundredths of a point."""
        return max(100, round(pixels * self.scale * 100 / EMU_IN_POINT))


def fit(scene: Scene, width: int, height: int) -> Frame:
    """A scene centred on a slide: smaller where it must be, twice as large where it is tiny.

    A scene that fits keeps its size, unless it takes less than half of the slide's width
    and of its height: then it is doubled.
    """
    room = min(width / (scene.width * EMU), height / (scene.height * EMU))
    scale = EMU * (room if room < 1 else 2.0 if room > 2 else 1.0)
    return Frame(scale, (width - scene.width * scale) / 2, (height - scene.height * scale) / 2)


class Bend(NamedTuple):
    """A preset connector: its box before it is flipped and turned, and its adjusts."""

    preset: str
    x: int
    y: int
    width: int
    height: int
    turned: bool = False
    flip_h: bool = False
    flip_v: bool = False
    adjusts: tuple[int, ...] = ()

    @property
    def box(self) -> Box:
        """The box that it takes on the slide, turned."""
        if not self.turned:
            return (self.x, self.y, self.x + self.width, self.y + self.height)
        shift = (self.width - self.height) // 2
        left, top = self.x + shift, self.y - shift
        return (left, top, left + self.height, top + self.width)


def bend(route: Sequence[EmuPoint]) -> Bend:
    """The preset connector that runs along ``route``: 1 to 5 right-angled pieces.

    A bent preset leaves its start to the right and ends at the lower right corner of its
    box; the flips and a quarter turn give all other directions. In the preset's own
    coordinates, u runs along the first piece and v across it.
    """
    (x0, y0), (x1, y1) = route[0], route[-1]
    dx, dy = x1 - x0, y1 - y0
    pieces = len(route) - 1
    if pieces == 1:
        return Bend(
            "straightConnector1",
            min(x0, x1),
            min(y0, y1),
            abs(dx),
            abs(dy),
            flip_h=dx < 0,
            flip_v=dy < 0,
        )
    turned = route[0][0] == route[1][0]
    end_u, end_v = (dy, -dx) if turned else (dx, dy)
    flip_h, flip_v = end_u < 0, end_v < 0
    width = max(abs(end_u), LEAST_EXTENT if pieces > 2 else 0)
    height = max(abs(end_v), LEAST_EXTENT if pieces > 3 else 0)
    adjusts = []
    for number, (x, y) in enumerate(route[2:-1]):
        u, v = (y - y0, x0 - x) if turned else (x - x0, y - y0)
        along, extent, flipped = (v, height, flip_v) if number % 2 else (u, width, flip_h)
        adjusts.append(round(100_000 * (-along if flipped else along) / extent))
    left, top = round((x0 + x1 - width) / 2), round((y0 + y1 - height) / 2)
    return Bend(
        f"bentConnector{pieces}", left, top, width, height, turned, flip_h, flip_v, tuple(adjusts)
    )


def cut(route: Sequence[EmuPoint], most: int) -> list[list[EmuPoint]]:
    """``route`` in parts of at most ``most`` straight pieces, one for each connector.

    It is cut in the middle of a piece, where a joint follows. A route that is not
    right-angled is cut at its corners.
    """
    rest = [point for number, point in enumerate(route) if not number or point != route[number - 1]]
    if len(rest) < 2:
        return [[route[0], route[-1]]]
    if any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(rest)):
        return [[a, b] for a, b in pairwise(rest)]
    parts = []
    while len(rest) - 1 > most:
        (ax, ay), (bx, by) = rest[most - 1], rest[most]
        reach = min(JOINT, abs(bx - ax) + abs(by - ay)) // 2
        x, y = (ax + bx) // 2, (ay + by) // 2
        dx, dy = reach * _sign(bx - ax), reach * _sign(by - ay)
        parts.append([*rest[:most], (x - dx, y - dy)])
        rest = [(x + dx, y + dy), *rest[most:]]
    return [*parts, rest]


class End(NamedTuple):
    """A shape that connectors may be glued to: its number on the slide, box and name."""

    number: int
    box: Box
    ellipse: bool
    name: str

    def site(self, at: EmuPoint, onward: EmuPoint) -> int:
        """The connection site for a line that leaves at ``at`` towards ``onward``.

        It is the nearest one, on the side of the line. Of an ellipse's eight sites only the
        four on its axes are used.
        """
        left, top, right, bottom = self.box
        x, y = (left + right) / 2, (top + bottom) / 2
        sites = ((x, top), (left, y), (x, bottom), (right, y))
        ahead = (at[0] + _sign(onward[0] - at[0]), at[1] + _sign(onward[1] - at[1]))
        nearest = min(range(4), key=lambda number: math.dist(sites[number], ahead))
        return 2 * nearest if self.ellipse else nearest


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def port_box(at: EmuPoint, onward: EmuPoint) -> Box:
    """The box of an oval that touches a line's end ``at``, on the side away from the line."""
    half = PORT // 2
    x = at[0] - half * _sign(onward[0] - at[0])
    y = at[1] - half * _sign(onward[1] - at[1])
    return (x - half, y - half, x + half, y + half)


def joint_box(before: EmuPoint, after: EmuPoint, width: int) -> Box:
    """The box of a joint: as wide as the line, and filling the gap between two parts."""
    (x0, y0), (x1, y1), half = before, after, width // 2
    across, along = (half, 0) if x0 == x1 else (0, half)
    return (min(x0, x1) - across, min(y0, y1) - along, max(x0, x1) + across, max(y0, y1) + along)


def union(boxes: Sequence[Box]) -> Box:
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


def xfrm(box: Box, attributes: str = "") -> str:
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


def identity(number: int, name: str, detail: str) -> str:
    """A shape's number, name and alt text."""
    return f'<p:cNvPr id="{number}" name="{xml_text(name)}" descr="{xml_text(detail or name)}"/>'


def sp(
    number: int,
    name: str,
    detail: str,
    box: Box,
    outside: str,
    body: str = "",
    kind: str = "<p:cNvSpPr/><p:nvPr/>",
) -> Drawn:
    """A shape, a text box or a placeholder."""
    return (
        f"<p:sp><p:nvSpPr>{identity(number, name, detail)}{kind}</p:nvSpPr>"
        f"<p:spPr>{xfrm(box)}{outside}</p:spPr>{body}</p:sp>",
        box,
    )


def group_shape(number: int, name: str, detail: str, drawn: Sequence[Drawn]) -> Drawn:
    """A group whose coordinates are the slide's."""
    box = union([box for _, box in drawn])
    left, top, right, bottom = box
    return (
        f"<p:grpSp><p:nvGrpSpPr>{identity(number, name, detail)}<p:cNvGrpSpPr/><p:nvPr/>"
        f'</p:nvGrpSpPr><p:grpSpPr><a:xfrm><a:off x="{left}" y="{top}"/>'
        f'<a:ext cx="{right - left}" cy="{bottom - top}"/><a:chOff x="{left}" y="{top}"/>'
        f'<a:chExt cx="{right - left}" cy="{bottom - top}"/></a:xfrm></p:grpSpPr>'
        f"{''.join(xml for xml, _ in drawn)}</p:grpSp>",
        box,
    )


def connected_to(start: End, stop: End, route: Sequence[EmuPoint]) -> str:
    """The shapes that a connector is glued to."""
    return (
        f'<a:stCxn id="{start.number}" idx="{start.site(route[0], route[1])}"/>'
        f'<a:endCxn id="{stop.number}" idx="{stop.site(route[-1], route[-2])}"/>'
    )


def connector_shape(number: int, name: str, shape: Bend, line: str, glue: str) -> Drawn:
    """A connector of a preset."""
    attributes = QUARTER_TURN if shape.turned else ""
    attributes += ' flipH="1"' if shape.flip_h else ""
    attributes += ' flipV="1"' if shape.flip_v else ""
    box = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
    adjusts = {f"adj{index}": value for index, value in enumerate(shape.adjusts, 1)}
    return (
        f"<p:cxnSp><p:nvCxnSpPr>{identity(number, name, name)}<p:cNvCxnSpPr>{glue}"
        f"</p:cNvCxnSpPr><p:nvPr/></p:nvCxnSpPr><p:spPr>{xfrm(box, attributes)}"
        f"{geometry(shape.preset, **adjusts)}{line}{NO_EFFECT}</p:spPr></p:cxnSp>",
        shape.box,
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


def stroke(frame: Frame, color: str, width: float, head: str = "") -> str:
    """An outline or a line, with sharp corners."""
    if not color or not width:
        return NO_LINE
    return (
        f'<a:ln w="{frame.length(width)}" cap="flat">{solid(color)}<a:prstDash val="solid"/>'
        f'<a:miter lim="800000"/>{head}</a:ln>'
    )


def arrowhead(frame: Frame, connector: Connector) -> str:
    """The arrowhead, of the size nearest to the scene's; thin lines count as 2 pt."""
    if not connector.head:
        return ""
    unit = max(connector.line_width, 2 * EMU_IN_POINT / frame.scale)
    width, length = (
        "sm" if pixels < 2.5 * unit else "med" if pixels < 4.25 * unit else "lg"
        for pixels in (connector.head_width, connector.head_length)
    )
    return f'<a:tailEnd type="triangle" w="{width}" len="{length}"/>'


def text_body(frame: Frame, lines: Sequence[Text], anchor: str) -> str:
    """A text frame that neither wraps nor changes its size, a paragraph for each line.

    The paragraphs take nothing from the template's text styles.
    """
    paragraphs = "".join(
        f'<a:p><a:pPr marL="0" indent="0" algn="{ALIGN[line.anchor]}"><a:lnSpc><a:spcPct '
        'val="100000"/></a:lnSpc><a:spcBef><a:spcPts val="0"/></a:spcBef><a:spcAft><a:spcPts '
        f'val="0"/></a:spcAft><a:buNone/></a:pPr><a:r><a:rPr lang="en-US" '
        f'sz="{frame.font_size(line.size)}" b="{int(line.bold)}" i="0" cap="none" spc="0" '
        f'noProof="1">{solid(line.fill or "#000000")}{NO_EFFECT}<a:latin typeface="Arial"/>'
        f'<a:cs typeface="Arial"/></a:rPr><a:t>{escape(line.text, quote=False)}</a:t></a:r></a:p>'
        for line in lines
    )
    return (
        '<p:txBody><a:bodyPr vert="horz" wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" '
        f'rtlCol="0" anchor="{anchor}" anchorCtr="0"><a:noAutofit/></a:bodyPr><a:lstStyle/>'
        f"{paragraphs}</p:txBody>"
    )


def line_preset(points: Sequence[EmuPoint]) -> str:
    """The geometry of a level or upright line or of a square bracket; else the empty string."""
    if len(points) == 2 and (points[0][0] == points[1][0] or points[0][1] == points[1][1]):
        return geometry("line")
    if not is_bracket(points):
        return ""
    return geometry("leftBracket" if points[0][0] > points[1][0] else "rightBracket", adj=0)


def freeform(points: Sequence[EmuPoint], box: Box) -> str:
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
