"""One slide: the items of a scene as PowerPoint's own shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from archviz.scene.scene import Connector, Group, Line, Shape, Text, bracket_side, texts_in
from archviz.scene.slide_form import steps_of
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
from archviz.write.pptx_motion import appearing
from archviz.write.pptx_parts import (
    HEADER,
    NAMESPACES,
    NO_EFFECT,
    PLAIN,
    SILENT,
    Said,
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
from archviz.write.pptx_places import NAMES, NUMBER_FIELD, Places, placed_text
from archviz.write.pptx_table import native_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archviz.scene.scene import Item, Scene
    from archviz.write.pptx_parts import Drawn, EmuPoint, Frame

PLACES = {"slide-title": "title", "subtitle": "subtitle", "slide-number": "number"}
"""Roles of texts that stand in a layout's places, if it has such."""
READ = ("heading", "notes", "cover", "number")
"""Groups of texts that are read out as they are; all else is a figure with one alt text."""


class SlideWriter:
    """Writes the shapes of one slide, numbered from 2 on; 1 is the slide's own group.

    ``places`` are those of its layout, and ``most_pieces`` says how many straight pieces one
    connector may have, 1 to 5. ``built``: its panels appear one after another.
    """

    def __init__(
        self, scene: Scene, frame: Frame, places: Places, most_pieces: int, built: bool = False
    ) -> None:
        self.scene = scene
        self.frame = frame
        self.most_pieces = most_pieces
        self.count = 1
        self.places = places
        self.placed: dict[str, list[Text]] = {}
        self.alt = scene.description or scene.title
        self.later = steps_of(scene) if built else []
        self.steps: list[int] = []
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
            elif isinstance(item, Text) and PLACES.get(item.role) in places:
                self.placed.setdefault(PLACES[item.role], []).append(item)
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
        """The whole slide: the title first, what is at its foot last, as they are read."""
        head = [self._place(role) for role in ("title", "subtitle")]
        body = [xml for xml, _ in self.items(self.scene.items, None)]
        foot = [self._place(role) for role in ("date", "footer", "number")]
        back = ""
        if background and self.scene.background:
            back = f"<p:bg><p:bgPr>{solid(self.scene.background)}{NO_EFFECT}</p:bgPr></p:bg>"
        return (
            f'{HEADER}<p:sld {NAMESPACES}><p:cSld name="{xml_text(name)}">{back}<p:spTree>'
            '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>'
            f"<p:grpSpPr/>{''.join((*head, *body, *foot))}</p:spTree></p:cSld>"
            f"<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>{appearing(self.steps)}</p:sld>"
        ).encode()

    def _place(self, role: str) -> str:
        """What stands in one of the layout's places: texts of the scene, or of the whole deck."""
        place, texts = self.places.get(role), self.placed.get(role, [])
        if place is None or not (texts or place.running):
            return ""
        lines = [text.text for text in texts] or [place.running]
        if place.holder:
            return placed_text(self.number(), role, place.holder, lines)
        boxes = [self.title_box(text) if role == "title" else _roomy(text) for text in texts]
        box = union([self.frame.box(*inner) for inner in boxes])
        body = text_body(self.frame, texts, "b", field=NUMBER_FIELD if role == "number" else "")
        outside = look(self.frame, geometry("rect"))
        kind = f'<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr>{place.tag}</p:nvPr>'
        return sp(self.number(), NAMES[role], PLAIN, box, outside, body, kind)[0]

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
                    if item not in self.placed.get(PLACES.get(item.role, ""), ()):
                        drawn.append(self.text(item, group))
                case _:
                    assert_never(item)
        return drawn

    def group(self, group: Group) -> list[Drawn]:
        """A group; what stands alone in one is not grouped."""
        said = PLAIN if group.role in READ else self._said()
        number = self.number()
        if group in self.later:
            self.steps.append(number)
        if group.role == "table" and (table := native_table(number, group, self.frame, said)):
            notes = [one for one in group.items if isinstance(one, Text) and one.role != "cell"]
            plain = group._replace(role="notes")
            return [table, *(self.text(note, plain) for note in notes)]
        drawn = self.items(group.items, group)
        if len(drawn) < 2 and not said.alt:
            return drawn
        return [group_shape(number, group.name or group.role, said, drawn)] if drawn else []

    def _said(self) -> Said:
        """The alt text of the whole figure for its first part; the others are decoration."""
        said, self.alt = Said(self.alt), ""
        return said

    def shape(self, shape: Shape, group: Group | None) -> Drawn:
        """A rectangle or an oval with its text inside."""
        end = self.order.pop()
        preset = geometry("ellipse" if shape.form == "ellipse" else "rect")
        if shape.form == "rect" and shape.radius:
            share = min(0.5, shape.radius / max(0.01, min(shape.width, shape.height)))
            preset = geometry("roundRect", adj=round(share * 100_000))
        line = stroke(self.frame, shape.stroke, shape.line_width, dash=dash_name(shape))
        outside = look(self.frame, preset, self.frame.fill(shape), line, shape.shadow)
        boxed = bool(shape.fill)
        body = text_body(self.frame, shape.texts, "ctr", boxed) if shape.lines else ""
        said = SILENT if group else self._said()
        return sp(end.number, end.name, said, end.box, outside, body)

    def text(self, text: Text, group: Group | None) -> Drawn:
        """A text box exactly round its text, which stands on the lower edge."""
        box, kind = self.frame.box(*text.box), '<p:cNvSpPr txBox="1"/><p:nvPr/>'
        outside, body = look(self.frame, geometry("rect")), text_body(self.frame, [text], "b")
        said = PLAIN if group is None or group.role in READ else SILENT
        return sp(self.number(), text.text, said, box, outside, body, kind)

    def title_box(self, line: Text) -> tuple[float, float, float, float]:
        """A title's box, wider than its text: with another font than ours it would wrap.

        One at the left reaches to what stands beside it, or to the slide's margin.
        """
        x, y, width, height = line.box
        left = x - line.shift * line.size
        right = min(left + width + line.size, max(x + width, self.scene.width))
        if not line.shift:
            beside = [one.box for one in texts_in(self.scene.items) if one.role == "aside"]
            level = [box for box in beside if box[1] < y + height and y < box[1] + box[3]]
            ends = [box[0] - line.size / 2 for box in level]
            right = max(right, min([self.scene.width - x, *ends]))
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
        turned = bracket_side(points) in ("top", "bottom")
        return sp(self.number(), line.role, SILENT, box, outside, turned=turned)

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
                dots.append(self._dot(stop, "joint", connector.stroke))
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

    def _dot(self, end: EndShape, name: str, fill: str = "") -> Drawn:
        """A small shape to glue to, where the scene has none: a joint, or invisible if empty."""
        outside = look(
            self.frame, geometry("ellipse" if end.ellipse else "rect"), self.frame.paint(fill)
        )
        return sp(end.number, name, SILENT, end.box, outside)


def _roomy(line: Text) -> tuple[float, float, float, float]:
    """The box of a placed text, 2 em wider: LibreOffice wraps these, too."""
    x, y, width, height = line.box
    return (x - 2 * line.shift * line.size, y, width + 2 * line.size, height)


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
