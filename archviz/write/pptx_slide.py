"""One slide: the items of a scene as PowerPoint's own shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from archviz.scene.scene import Connector, Group, Line, Shape, Text, bracket_side
from archviz.write.pptx_connectors import (
    EndShape,
    arrowhead,
    bend,
    connected_to,
    connector_shape,
    cut,
    joint_box,
    port_box,
)
from archviz.write.pptx_parts import (
    HEADER,
    NAMESPACES,
    NO_EFFECT,
    fill_of,
    freeform,
    geometry,
    group_shape,
    line_preset,
    look,
    solid,
    sp,
    stroke,
    text_body,
    union,
    xml_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archviz.scene.scene import Item, Scene
    from archviz.write.pptx_parts import Drawn, EmuPoint, Frame

TITLE = '<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr>'


class SlideWriter:
    """Writes the shapes of one slide, numbered from 2 on; 1 is the slide's own group.

    ``titled`` says whether the layout has a title to put a ``slide-title`` into, and
    ``most_pieces`` how many straight pieces one connector may have, 1 to 5.
    """

    def __init__(self, scene: Scene, frame: Frame, titled: bool, most_pieces: int) -> None:
        self.scene = scene
        self.frame = frame
        self.most_pieces = most_pieces
        self.count = 1
        self.title: list[Text] = []
        self.ends: dict[str, EndShape] = {}
        self.order: list[EndShape] = []
        ways: dict[str, tuple[str, EmuPoint]] = {}
        for item, _ in items_with_groups(scene.items):
            if isinstance(item, Connector) and len(item.route) > 1:
                ways.setdefault(item.target, ("out", frame.point(*item.route[-2])))
                ways[item.source] = ("in", frame.point(*item.route[1]))
        for item, group in items_with_groups(scene.items):
            if isinstance(item, Shape):
                self._register(item, group, ways)
            elif isinstance(item, Text) and item.role == "slide-title" and titled:
                self.title.append(item)
        self.order.reverse()
        self.sites: dict[str, dict[EmuPoint, EndShape]] = {}
        for item, _ in items_with_groups(scene.items):
            if isinstance(item, Connector) and len(item.route) > 1:
                route = [frame.point(*point) for point in item.route]
                self._register_site(item.source, route[0], route[1])
                self._register_site(item.target, route[-1], route[-2])

    def _register_site(self, shape: str, at: EmuPoint, onward: EmuPoint) -> None:
        """A site of its own for a line's end where the shape has none, to move with the shape."""
        end, sites = self.ends.get(shape), self.sites.setdefault(shape, {})
        if end and at not in sites and end.misses(at, onward):
            sites[at] = EndShape(self.number(), port_box(at, onward), True, end.name)

    def _register(
        self, shape: Shape, group: Group | None, ways: dict[str, tuple[str, EmuPoint]]
    ) -> None:
        """Number a shape, and note where connectors that name it are glued."""
        box, name = self.frame.box(*shape.box), shape_name(shape, group)
        if shape.role == "port":
            at = self.frame.point(shape.x + shape.width / 2, shape.y + shape.height / 2)
            name, onward = ways.get(shape.id, (name, at))
            box = port_box(at, onward)
        end = EndShape(self.number(), box, shape.form == "ellipse", name)
        self.order.append(end)
        self.ends[shape.id] = end

    def number(self) -> int:
        """The next shape's id on the slide."""
        self.count += 1
        return self.count

    def slide(self, name: str, background: bool) -> bytes:
        """The whole slide."""
        title = [self.text(*self.title)] if self.title else []
        shapes = "".join(xml for xml, _ in (*title, *self.items(self.scene.items, None)))
        back = ""
        if background and self.scene.background:
            back = f"<p:bg><p:bgPr>{solid(self.scene.background)}{NO_EFFECT}</p:bgPr></p:bg>"
        return (
            f'{HEADER}<p:sld {NAMESPACES}><p:cSld name="{xml_text(name)}">{back}<p:spTree>'
            '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>'
            f"<p:grpSpPr/>{shapes}</p:spTree></p:cSld>"
            "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>"
        ).encode()

    def items(self, items: Sequence[Item], group: Group | None) -> list[Drawn]:
        """All that a group or the slide holds, from back to front."""
        drawn: list[Drawn] = []
        for item in items:
            match item:
                case Group():
                    drawn += self.group(item)
                case Shape():
                    drawn.append(self.shape(item, group))
                    sites = self.sites.get(item.id, {}).values()
                    drawn += [self._dot(site, f"site on {site.name}") for site in sites]
                case Connector():
                    drawn += self.connector(item)
                case Line():
                    drawn.append(self.line(item, group))
                case Text():
                    drawn += [] if item in self.title else [self.text(item)]
                case _:
                    assert_never(item)
        return drawn

    def group(self, group: Group) -> list[Drawn]:
        """A group; what stands alone in one is not grouped."""
        number = self.number()
        drawn = self.items(group.items, group)
        if len(drawn) < 2:
            return drawn
        return [group_shape(number, group.name or group.role, group.detail, drawn)]

    def shape(self, shape: Shape, group: Group | None) -> Drawn:
        """A rectangle or an oval with its text inside."""
        end = self.order.pop()
        detail = f"{shape.role} {end.name}" if shape.lines else end.name
        if group and end.name == group.name:
            detail = group.detail
        elif group and group.name and not shape.lines:
            detail = f"{end.name} of {group.name}"
        preset = geometry("ellipse" if shape.form == "ellipse" else "rect")
        if shape.form == "rect" and shape.radius:
            share = min(0.5, shape.radius / max(0.01, min(shape.width, shape.height)))
            preset = geometry("roundRect", adj=round(share * 100_000))
        line = stroke(self.frame, shape.stroke, shape.line_width, dash=dash_name(shape))
        outside = look(self.frame, preset, fill_of(shape), line, shape.shadow)
        body = text_body(self.frame, shape.texts, "ctr") if shape.lines else ""
        return sp(end.number, end.name, detail, end.box, outside, body)

    def text(self, *lines: Text) -> Drawn:
        """A text box exactly round its text, which stands on the lower edge; or the title.

        As a placeholder, the title is what outlines and screen readers know the slide by.
        """
        name, kind = lines[0].text, '<p:cNvSpPr txBox="1"/><p:nvPr/>'
        boxes = [line.box for line in lines]
        if lines[0] in self.title:
            name, kind = "Title", TITLE
            boxes = [self.title_box(line) for line in lines]
        box = union([self.frame.box(*inner) for inner in boxes])
        outside, body = look(self.frame, geometry("rect")), text_body(self.frame, lines, "b")
        detail = " ".join(line.text for line in lines)
        return sp(self.number(), name, detail, box, outside, body, kind)

    def title_box(self, line: Text) -> tuple[float, float, float, float]:
        """A title's box, wider than its text by 1 em: LibreOffice wraps a title nevertheless."""
        x, y, width, height = line.box
        left = x - line.shift * line.size
        right = min(left + width + line.size, max(x + width, self.scene.width))
        left = max(left, min(x, 0.0))
        return (left, y, right - left, height)

    def line(self, line: Line, group: Group | None) -> Drawn:
        """A straight line or a square bracket as such; any other polyline as a freeform."""
        points = [self.frame.point(*point) for point in line.points]
        box = union([(x, y, x, y) for x, y in points])
        outside = look(
            self.frame,
            line_preset(points) or freeform(points, box),
            line=stroke(self.frame, line.stroke, line.line_width),
        )
        detail = f"{line.role} in {group.name}" if group and group.name else line.role
        turned = bracket_side(points) in ("top", "bottom")
        return sp(self.number(), line.role, detail, box, outside, turned=turned)

    def connector(self, connector: Connector) -> list[Drawn]:
        """A connector along its whole route, glued at both ends.

        Where it has more bends than one connector is to have, it is cut in the middle of a
        straight piece, and both parts are glued to a joint, a dot in the line.
        """
        parts = cut([self.frame.point(*point) for point in connector.route], self.most_pieces)
        width = self.frame.length(connector.line_width)
        first, last = parts[0], parts[-1]
        dots: list[Drawn] = []
        start = self._end(connector.source, "in", first[0], first[1], dots)
        end = self._end(connector.target, "out", last[-1], last[-2], dots)
        name = f"{'arrow' if connector.head else 'line'} {start.name} → {end.name}"
        drawn: list[Drawn] = []
        for part, following in zip(parts, (*parts[1:], None), strict=True):
            stop, head = end, ""
            if following is None:
                head = arrowhead(self.frame, connector)
            else:
                box = joint_box(part[-1], following[0], width)
                stop = EndShape(self.number(), box, False, "joint")
                dots.append(self._dot(stop, "joint", f"joint of {name}", connector.stroke))
            dash = dash_name(connector)
            line = stroke(self.frame, connector.stroke, connector.line_width, head, dash)
            glue = connected_to(start, stop, part)
            drawn.append(connector_shape(self.number(), name, bend(part), line, glue))
            start = stop
        return [*dots, *drawn]

    def _end(
        self, shape: str, name: str, at: EmuPoint, onward: EmuPoint, drawn: list[Drawn]
    ) -> EndShape:
        """What a line is glued to: its shape, or a dot where it comes from nowhere."""
        end = self.sites.get(shape, {}).get(at) or self.ends.get(shape)
        if end is None:
            end = EndShape(self.number(), port_box(at, onward), True, name)
            drawn.append(self._dot(end, name))
        return end

    def _dot(self, end: EndShape, name: str, detail: str = "", fill: str = "") -> Drawn:
        """A small shape to glue to, where the scene has none: a joint, or invisible if empty."""
        outside = look(self.frame, geometry("ellipse" if end.ellipse else "rect"), solid(fill))
        return sp(end.number, name, detail, end.box, outside)


def items_with_groups(
    items: Sequence[Item], group: Group | None = None
) -> Iterator[tuple[Item, Group | None]]:
    """All that is no group, in its order, with the group that it stands in."""
    for item in items:
        if isinstance(item, Group):
            yield from items_with_groups(item.items, item)
        else:
            yield item, group


def dash_name(drawn: Shape | Connector) -> str:
    """PowerPoint's name of how a line is dashed."""
    return "sysDash" if drawn.dash else "solid"


def shape_name(shape: Shape, group: Group | None) -> str:
    """What a shape is called: a layer's box by its layer, a badge by its letter and layer.

    A part in one of several colours is called by its role: it lies under an outline.
    """
    text = " ".join(shape.lines)
    if group is None or group.role not in ("layer", "module"):
        return text or shape.role or shape.form
    shapes = [item for item in group.items if isinstance(item, Shape)]
    *_, whole = (item for item in shapes if item.box == shapes[0].box)
    if shape.id == whole.id:
        return group.name or text
    return f"{text} on {group.name}" if text else shape.role
