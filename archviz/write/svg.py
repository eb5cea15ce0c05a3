"""SVG: self-contained, and the same in every viewer.

What viewers disagree on is left out: no filters, ``<use>`` or ``dominant-baseline``, and no
stylesheet but one that brings a chosen font, or a dark theme for readers who have one. A soft
shadow is two translucent rectangles; a text carries its length, if the bundled or the chosen font
has measured it.

An editor finds a group for each layer, with its shadow, badges and captions, under its name;
arrowheads are markers of the lines that end in them. These are no connectors of Inkscape, which
routes such anew when it opens a file (seen with 1.2): shortcuts straight through boxes. All ids
begin with a digest of the picture: a page that has several of them inside has none twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import assert_never

from archviz.scene.chosen_font import is_measured
from archviz.scene.scene import Connector, Group, Item, Line, Point, Scene, Shape, Text, shapes_in
from archviz.write.svg_steps import Step, follow, marked
from archviz.write.templates import render_template
from archviz.write.web_fonts import css_families, web_fonts

SHADOW_LEVELS = ((0.2, 0.17), (0.9, 0.11))
"""(growth in multiples of the shadow's depth, opacity) of the stacked rectangles."""
PREFIX = "\0"
"""What stands for the digest until that is known; no text has it."""


def write_svg(scene: Scene, rewrite: Callable[[Step], Iterator[Step]] | None = None) -> str:
    """The scene as an SVG document; ``rewrite`` may put other steps for a step."""
    steps, dark = [*operations(scene)], list[str]()
    ground = Step("ground", {"fill": scene.background})
    if scene.dark:
        twins = [Step("ground", {"fill": scene.dark.background}), *operations(scene.dark)]
        (ground, *steps), dark = follow([ground, *steps], twins)
    if rewrite:
        steps = [*chain.from_iterable(map(rewrite, steps))]
    steps, arrows = marked(steps, PREFIX)
    text = render_template(
        "figure.svg.j2",
        prefix=PREFIX,
        width=number(scene.width),
        height=number(scene.height),
        title=scene.title,
        description=scene.description,
        ground=ground.values,
        dark=dark,
        arrows=arrows,
        fonts=css_families(scene),
        faces=web_fonts([scene]),
        ops=steps,
    )
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return text.replace(PREFIX, f"fig-{digest}-")


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
    """A part of the figure: what is behind it, its layers, and then the lines between them.

    A layer casts its shadow inside of its own group, which so moves as one.
    """
    yield _open(group, layer="yes")
    panels = [item for item in group.items if isinstance(item, Shape) and item.role == "panel"]
    rest = [item for item in group.items if item not in panels]
    for panel in panels:
        yield from _shadows([panel])
        yield from _items((panel,))
    yield from _shadows(_casting(rest))
    yield from _items([item for item in rest if not _between(item)])
    yield from _items([item for item in rest if _between(item)])
    yield Step("close", {})


def _open(group: Group, layer: str = "") -> Step:
    values = {"id": group.id, "label": group.name, "title": group.detail, "layer": layer}
    return Step("open", values)


def _between(item: Item) -> bool:
    """Whether it is a line between layers, or a gap in one."""
    return isinstance(item, Connector) or (isinstance(item, Line) and item.role == "crossing")


def _casting(items: Sequence[Item]) -> list[Shape]:
    return [item for item in items if isinstance(item, Shape) and item.shadow]


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
        yield Step("shadow", {"d": "".join(data), "opacity": number(opacity).lstrip("0")})


def _items(items: Sequence[Item]) -> Iterator[Step]:
    """Items in their order."""
    for item in items:
        match item:
            case Connector():
                yield _connector(item)
            case Line():
                yield _line(item.points, item.stroke, item.line_width)
            case Shape():
                yield from _shape(item) if item.fill or item.stroke else ()
            case Text():
                yield _text(item)
            case Group():
                yield _open(item)
                yield from _shadows(_casting(item.items))
                yield from _items(item.items)
                yield Step("close", {})
            case _:
                assert_never(item)


def _connector(connector: Connector) -> Step:
    """A line with its head: ``head`` is the size of a marker, ``tip`` a path.

    SVG has a path only where the line ends before its head begins: there is no direction that a
    marker could take. A page has paths.
    """
    step = _line(connector.shaft(), connector.stroke, connector.line_width, connector.dash)
    if connector.head:
        (x0, y0), (x1, y1) = connector.points[-2:]
        if abs(x1 - x0) + abs(y1 - y0) > connector.head_length + 0.1:
            size = f"{number(connector.head_length)} {number(connector.head_width)}"
            step.values["head"] = size
        step.values["tip"] = points(connector.arrowhead(), close=True)
    return step


def _line(path: Sequence[Point], stroke: str, width: float, dash: float = 0.0) -> Step:
    values = {"d": points(path), "stroke": stroke, "width": number(width)}
    bent = "yes" if len(path) > 2 else ""  # a straight line has no inside that could be filled
    values |= {"dash": number(dash) if dash else "", "bent": bent}
    return Step("line", {**values, "tip": "", "head": "", "marker": ""})


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
