"""draw.io: uncompressed XML that diagrams.net opens as an editable figure, a page a scene.

Boxes, ovals and brackets are native shapes; a panel and a layer with its badges are groups
that move as one; connectors are edges that know their two ends and keep their corners.
What hangs over a shape as a tooltip is the detail of its layer.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from archviz.scene.chosen_font import chosen_families
from archviz.scene.scene import (
    Connector,
    Group,
    Line,
    Shape,
    Text,
    bounds,
    bracket_side,
    leaves,
    shapes_in,
)
from archviz.write.svg import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archviz.scene.scene import Box, Item, Page, Point, Scene

PORT = 1.0
"""Diameter of the invisible oval at an end that comes from outside, in pixels."""
TEXT_DROP = 0.0435
"""How much lower a text's cell stands than its box, in em.

An HTML label's line is 1.2 em high: its baseline is that much further from its lower edge
than a text's in the scene.
"""
FILL_STYLES = {
    "lines": "hatch",
    "dots": "dots",
    "cross": "cross-hatch",
    "grid": "cross-hatch",
    "steep": "dashed",
}
ALIGN = {"start": "left", "middle": "center", "end": "right"}

CellStyle: TypeAlias = "Mapping[str, str | float]"


def write_drawio(pages: Sequence[Page]) -> bytes:
    """The pages as an mxfile, the same bytes for the same pages."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<mxfile host="archviz">']
    for count, page in enumerate(pages, 1):
        lines += _Diagram(f"p{count}-", page.scene).lines(page.title)
    return "\n".join([*lines, "</mxfile>", ""]).encode()


class EndCell(NamedTuple):
    """A cell that edges may end at, and its box on the page."""

    cell: str
    box: Box


class _Diagram:
    """The cells of one page; their ids are numbers behind the page's prefix."""

    def __init__(self, prefix: str, scene: Scene) -> None:
        self.prefix = prefix
        self.scene = scene
        self.count = 1
        self.cells: list[str] = []
        self.ends: dict[str, EndCell] = {}
        self.order: list[EndCell] = []
        ways: dict[str, tuple[Point, Point]] = {}
        for item in leaves(scene.items):
            if isinstance(item, Connector) and len(item.route) > 1:
                ways.setdefault(item.target, (item.route[-1], item.route[-2]))
                ways[item.source] = (item.route[0], item.route[1])
        for shape in shapes_in(scene.items):
            box = shape.box
            if shape.role == "port":
                at = (shape.x + shape.width / 2, shape.y + shape.height / 2)
                box = port_box(*ways.get(shape.id, (at, at)))
            end = EndCell(self.new_id(), box)
            self.order.append(end)
            self.ends[shape.id] = end
        self.order.reverse()

    def new_id(self) -> str:
        """The next cell's id; 0 and 1 are the page's root and its layer."""
        self.count += 1
        return f"{self.prefix}{self.count}"

    def lines(self, title: str) -> list[str]:
        """The page as XML."""
        scene, prefix = self.scene, self.prefix
        self.items(scene.items, f"{prefix}1", (0.0, 0.0), "")
        back = attribute("background", scene.background) if scene.background else ""
        return [
            f'<diagram id="{prefix}page"{attribute("name", title)}>',
            '<mxGraphModel grid="0" gridSize="10" guides="1" tooltips="1" connect="1" arrows="1" '
            'fold="1" page="1" pageScale="1" math="0" shadow="0" '
            f'pageWidth="{number(scene.width)}" pageHeight="{number(scene.height)}"{back}>',
            "<root>",
            f'<mxCell id="{prefix}0"/>',
            f'<mxCell id="{prefix}1" parent="{prefix}0"/>',
            *self.cells,
            "</root>",
            "</mxGraphModel>",
            "</diagram>",
        ]

    def items(self, items: Sequence[Item], parent: str, origin: Point, detail: str) -> None:
        """Cells for items, from back to front; ``origin`` is the parent's place on the page."""
        for item in items:
            match item:
                case Group():
                    self.group(item, parent, origin, detail)
                case Shape():
                    self.shape(item, parent, origin, detail)
                case Connector():
                    self.connector(item, parent, origin)
                case Line():
                    self.line(item, parent, origin)
                case Text():
                    self.text(item, parent, origin)
                case _:
                    assert_never(item)

    def group(self, group: Group, parent: str, origin: Point, detail: str) -> None:
        """A group, its children placed relative to it; what stands alone is not grouped."""
        detail = group.detail or detail
        if len(group.items) < 2:
            self.items(group.items, parent, origin, detail)
            return
        cell, box = self.new_id(), self.extent(group.items)
        self.vertex(cell, parent, origin, box, {"group": ""}, names={"name": group.name})
        self.items(group.items, cell, box[:2], detail)

    def extent(self, items: Sequence[Item]) -> Box:
        """The box round all that stands in a group."""
        found = list(leaves(items))
        boxes = [
            self.ends[item.id].box if isinstance(item, Shape) else item.box
            for item in found
            if not isinstance(item, Connector)
        ]
        boxes = boxes or [item.box for item in found]
        left, top, right, bottom = bounds(boxes)
        return (left, top, right - left, bottom - top)

    def shape(self, shape: Shape, parent: str, origin: Point, detail: str) -> None:
        """A rectangle or an oval with its label."""
        end = self.order.pop()
        style: dict[str, str | float] = {"ellipse": ""} if shape.form == "ellipse" else {}
        if shape.form == "rect" and shape.radius:
            style |= {"rounded": 1, "absoluteArcSize": 1, "arcSize": 2 * shape.radius}
        elif shape.form == "rect":
            style["rounded"] = 0
        style |= {
            "html": 1,
            "whiteSpace": "nowrap",
            "fillColor": shape.fill or "none",
            "strokeColor": shape.stroke or "none",
        }
        if shape.stroke:
            style["strokeWidth"] = shape.line_width
        style |= dashes(shape.dash)
        if shape.pattern:
            style["fillStyle"] = FILL_STYLES.get(shape.pattern, "hatch")
        if shape.shadow:
            style |= {
                "shadow": 1,
                "shadowOffsetX": shape.shadow / 2,
                "shadowOffsetY": shape.shadow,
                "shadowBlur": 1.6 * shape.shadow,
                "shadowOpacity": 32,
            }
        if shape.lines:
            style |= {"align": "center", "verticalAlign": "middle"}
            style |= font(shape.text_size, shape.text_fill, shape.bold)
        names = {"tooltip": markup(detail.split("\n")) if detail else ""}
        self.vertex(end.cell, parent, origin, end.box, style, markup(shape.lines), names)

    def text(self, text: Text, parent: str, origin: Point) -> None:
        """A text as a cell round it."""
        x, y, width, height = text.box
        style: dict[str, str | float] = {
            "text": "",
            "html": 1,
            "whiteSpace": "nowrap",
            "align": ALIGN[text.anchor],
            "verticalAlign": "bottom",
            "fillColor": "none",
            "strokeColor": "none",
            **font(text.size, text.fill, text.bold),
        }
        box = (x, y + TEXT_DROP * text.size, width, height)
        self.vertex(self.new_id(), parent, origin, box, style, markup((text.text,)))

    def line(self, line: Line, parent: str, origin: Point) -> None:
        """A square bracket as a rectangle with one side open; else an edge without ends."""
        style: dict[str, str | float] = {
            "fillColor": "none",
            "strokeColor": line.stroke,
            "strokeWidth": line.line_width,
        }
        shut = bracket_side(line.points)
        if not shut:
            style |= {"edgeStyle": "none", "rounded": 0, "endArrow": "none"}
            self.edge(parent, origin, style, line.points)
            return
        opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
        style |= {"shape": "partialRectangle", "top": 1, "bottom": 1, "left": 1, "right": 1}
        style |= {opposite[shut]: 0, "html": 1}
        self.vertex(self.new_id(), parent, origin, line.box, style)

    def connector(self, connector: Connector, parent: str, origin: Point) -> None:
        """An edge along the connector's whole route."""
        route = connector.route
        start = self.ends.get(connector.source) or self.port(route[0], route[1], parent, origin)
        stop = self.ends.get(connector.target) or self.port(route[-1], route[-2], parent, origin)
        style: dict[str, str | float] = {
            "edgeStyle": "orthogonalEdgeStyle",
            "rounded": 0,
            "html": 1,
            **side("exit", start.box, route[0]),
            **side("entry", stop.box, route[-1]),
            "strokeColor": connector.stroke,
            "strokeWidth": connector.line_width,
            "endArrow": "block" if connector.head else "none",
            **dashes(connector.dash),
        }
        if connector.head:  # the head is as long as it is wide, and its outline adds to it
            size = (connector.head_length * connector.head_width) ** 0.5
            size -= 2.5 * connector.line_width
            style |= {"endFill": 1, "endSize": max(1.0, size)}
        if any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(route)):
            style["edgeStyle"] = "none"
        if len(route) == 2:  # a waypoint keeps it straight: without, it may go round a port
            route = (route[0], midpoint(*route), route[1])
        self.edge(parent, origin, style, route, start.cell, stop.cell)

    def port(self, at: Point, onward: Point, parent: str, origin: Point) -> EndCell:
        """An invisible oval at the end of a line that comes from nowhere."""
        end = EndCell(self.new_id(), port_box(at, onward))
        style: CellStyle = {"ellipse": "", "fillColor": "none", "strokeColor": "none"}
        self.vertex(end.cell, parent, origin, end.box, style)
        return end

    def vertex(
        self,
        cell: str,
        parent: str,
        origin: Point,
        box: Box,
        style: CellStyle,
        label: str = "",
        names: Mapping[str, str] | None = None,
    ) -> None:
        """A cell with a place, as a user object where it has more to tell than its label."""
        x, y, width, height = box
        geometry = (
            f'<mxGeometry x="{number(x - origin[0])}" y="{number(y - origin[1])}" '
            f'width="{number(width)}" height="{number(height)}" as="geometry"/>'
        )
        ending = f'style="{style_text(style)}" parent="{parent}" vertex="1"'
        ending += ' connectable="0"' if "group" in style else ""
        more = "".join(attribute(name, text) for name, text in (names or {}).items() if text)
        if more:
            self.cells.append(
                f'<UserObject{attribute("label", label)}{more} id="{cell}">'
                f"<mxCell {ending}>{geometry}</mxCell></UserObject>"
            )
        else:
            self.cells.append(
                f'<mxCell id="{cell}"{attribute("value", label)} {ending}>{geometry}</mxCell>'
            )

    def edge(
        self,
        parent: str,
        origin: Point,
        style: CellStyle,
        route: Sequence[Point],
        source: str = "",
        target: str = "",
    ) -> None:
        """An edge: its ends as cells, or as points where it has none; its corners between."""
        points = [(x - origin[0], y - origin[1]) for x, y in route]
        ends = "".join(
            f'<mxPoint x="{number(x)}" y="{number(y)}" as="{name}"/>'
            for name, (x, y) in (("sourcePoint", points[0]), ("targetPoint", points[-1]))
        )
        corners = "".join(f'<mxPoint x="{number(x)}" y="{number(y)}"/>' for x, y in points[1:-1])
        if corners:
            ends += f'<Array as="points">{corners}</Array>'
        glue = f' source="{source}" target="{target}"' if source and target else ""
        self.cells.append(
            f'<mxCell id="{self.new_id()}" style="{style_text(style)}" parent="{parent}"{glue} '
            f'edge="1"><mxGeometry relative="1" as="geometry">{ends}</mxGeometry></mxCell>'
        )


def attribute(name: str, value: str) -> str:
    """An XML attribute, with a blank before it."""
    return f' {name}="{escape(value)}"'


def markup(lines: Sequence[str]) -> str:
    """Lines of text as the HTML of a label."""
    return "<br>".join(escape(line, quote=False) for line in lines)


def style_text(style: CellStyle) -> str:
    """A style as draw.io writes it; a key without a value is a style of its stylesheet."""
    return "".join(
        f"{key}={number(value) if isinstance(value, int | float) else value};"
        if value != ""
        else f"{key};"
        for key, value in style.items()
    )


def dashes(length: float) -> dict[str, str | float]:
    """The style of a dashed line, empty for a whole one."""
    if not length:
        return {}
    return {"dashed": 1, "fixDash": 1, "dashPattern": f"{length} {length}"}


def font(size: float, color: str, bold: bool) -> dict[str, str | float]:
    """The style of a label."""
    style: dict[str, str | float] = {
        "spacing": 0,
        "fontFamily": (*chosen_families(), "Arial")[0],
        "fontSize": size,
        "fontColor": color or "#000000",
    }
    return {**style, "fontStyle": 1} if bold else style


def side(name: str, box: Box, point: Point) -> dict[str, str | float]:
    """Where an edge leaves (``exit``) or enters (``entry``) a cell, as shares of its box."""
    x, y, width, height = box
    share_x = (point[0] - x) / width if width else 0.5
    share_y = (point[1] - y) / height if height else 0.5
    shares = {f"{name}X": round(share_x, 4), f"{name}Y": round(share_y, 4)}
    return {key: f"{value:g}" for key, value in shares.items()} | {f"{name}Dx": 0, f"{name}Dy": 0}


def port_box(at: Point, onward: Point) -> Box:
    """The box of an oval that touches a line's end ``at``, on the side away from the line."""
    half = PORT / 2
    x = at[0] - half * ((onward[0] > at[0]) - (onward[0] < at[0]))
    y = at[1] - half * ((onward[1] > at[1]) - (onward[1] < at[1]))
    return (x - half, y - half, PORT, PORT)


def midpoint(a: Point, b: Point) -> Point:
    """The point half way between two."""
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
