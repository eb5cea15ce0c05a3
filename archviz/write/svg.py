"""SVG: self-contained, and the same in every viewer.

What viewers disagree on is left out: no filters, markers, ``<use>`` or ``dominant-baseline``,
and no stylesheet but one that brings a font that was chosen. A soft shadow is two translucent
rectangles, drawn for all boxes of a group as one path each; a text carries its length, if the
bundled or the chosen font has measured it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, assert_never

from archviz.scene.chosen_font import is_measured
from archviz.scene.scene import Connector, Group, Item, Line, Point, Scene, Shape, Text, shapes_in
from archviz.write.templates import render_template
from archviz.write.web_fonts import css_families, web_fonts

SHADOW_LEVELS = ((0.2, 0.17), (0.9, 0.11))
"""(growth in multiples of the shadow's depth, opacity) of the stacked rectangles."""


class Step(NamedTuple):
    """One step of the template: what to write, with the values it needs."""

    do: str
    values: dict[str, str]


def write_svg(scene: Scene, rewrite: Callable[[Step], Iterator[Step]] | None = None) -> str:
    """The scene as an SVG document; ``rewrite`` may put other steps for a step."""
    steps = operations(scene)
    return render_template(
        "figure.svg.j2",
        width=number(scene.width),
        height=number(scene.height),
        title=scene.title,
        description=scene.description,
        background=scene.background,
        fonts=css_families(scene),
        faces=web_fonts([scene]),
        ops=[*(chain.from_iterable(map(rewrite, steps)) if rewrite else steps)],
    )


def number(value: float) -> str:
    """A length with at most two decimals and nothing superfluous."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def points(path: Sequence[Point], close: bool = False) -> str:
    """Path data of a polyline, with h and v where it is right-angled."""
    x, y = path[0]
    parts = [f"M{number(x)} {number(y)}"]
    for next_x, next_y in path[1:]:
        if next_y == y:
            parts.append(f"H{number(next_x)}")
        elif next_x == x:
            parts.append(f"V{number(next_y)}")
        else:
            parts.append(f"L{number(next_x)} {number(next_y)}")
        x, y = next_x, next_y
    return "".join(parts) + ("z" if close else "")


def operations(scene: Scene) -> Iterator[Step]:
    """The scene as the flat list of steps that the template writes down."""
    for pattern in sorted({(s.pattern, s.stroke) for s in shapes_in(scene.items) if s.pattern}):
        yield Step("pattern", {"name": pattern[0], "stroke": pattern[1]})
    for item in scene.items:
        yield from _group(item) if isinstance(item, Group) else _items((item,))


def _group(group: Group) -> Iterator[Step]:
    """A part of the figure: shadows under all its boxes, then its items."""
    yield Step("open", {"id": group.id, "title": group.detail or ""})
    panels = [item for item in group.items if isinstance(item, Shape) and item.role == "panel"]
    rest = [item for item in group.items if item not in panels]
    for panel in panels:
        yield from _shadows([panel])
        yield from _items((panel,))
    yield from _shadows([shape for shape in shapes_in(rest) if shape.shadow])
    yield from _items(rest)
    yield Step("close", {})


def _shadows(shapes: Sequence[Shape]) -> Iterator[Step]:
    if not shapes:
        return
    for growth, opacity in SHADOW_LEVELS:
        data = []
        for shape in shapes:
            grow = growth * shape.shadow
            x, y = shape.x - grow + shape.shadow / 2, shape.y - grow + shape.shadow
            right, bottom = x + shape.width + 2 * grow, y + shape.height + 2 * grow
            data.append(points(((x, y), (right, y), (right, bottom), (x, bottom)), close=True))
            if shape.role == "panel":  # a hole where nothing is seen: rasterisers are grateful
                left, top = shape.x, shape.y
                low, end = top + shape.height, left + shape.width
                data.append(points(((left, top), (left, low), (end, low), (end, top)), close=True))
        yield Step("shadow", {"d": "".join(data), "opacity": number(opacity)})


def _items(items: Sequence[Item]) -> Iterator[Step]:
    """Items in their order; neighbouring connectors share one element for their heads."""
    heads: list[str] = []
    color = ""
    for item in items:
        if isinstance(item, Connector):
            yield _line(item.shaft(), item.stroke, item.line_width, item.dash)
            if item.head:
                heads.append(points(item.arrowhead(), close=True))
                color = item.stroke
            continue
        if heads:
            yield Step("heads", {"d": "".join(heads), "fill": color})
            heads = []
        match item:
            case Line():
                yield _line(item.points, item.stroke, item.line_width)
            case Shape():
                yield from _shape(item) if item.fill or item.stroke else ()
            case Text():
                yield _text(item)
            case Group():
                name = item.id if item.role != "layer" else ""
                yield Step("open", {"id": name, "title": item.detail})
                yield from _items(item.items)
                yield Step("close", {})
            case _:
                assert_never(item)
    if heads:
        yield Step("heads", {"d": "".join(heads), "fill": color})


def _line(path: Sequence[Point], stroke: str, width: float, dash: float = 0.0) -> Step:
    values = {"d": points(path), "stroke": stroke, "width": number(width)}
    return Step("line", {**values, "dash": number(dash) if dash else ""})


def _shape(shape: Shape) -> Iterator[Step]:
    values = {"fill": shape.fill, "stroke": shape.stroke, "width": number(shape.line_width)}
    values["dash"] = number(shape.dash) if shape.dash else ""
    if shape.form == "ellipse":
        values["cx"] = number(shape.x + shape.width / 2)
        values["cy"] = number(shape.y + shape.height / 2)
        values["rx"] = number(shape.width / 2)
        values["ry"] = number(shape.height / 2)
    else:
        values["x"], values["y"] = number(shape.x), number(shape.y)
        values["w"], values["h"] = number(shape.width), number(shape.height)
        values["radius"] = number(shape.radius) if shape.radius else ""
    yield Step(shape.form, values)
    if shape.pattern:
        yield Step(shape.form, {**values, "fill": f"url(#{shape.pattern})"})
    for text in shape.texts:
        yield _text(text)


def _text(text: Text) -> Step:
    return Step(
        "text",
        {
            "x": number(text.x),
            "y": number(text.y),
            "size": number(text.size),
            "length": number(text.width) if is_measured(text.text, text.bold) else "",
            "fill": "" if text.fill == "#000000" else text.fill,
            "anchor": "" if text.anchor == "middle" else text.anchor,
            "weight": "bold" if text.bold else "",
            "text": text.text,
        },
    )
