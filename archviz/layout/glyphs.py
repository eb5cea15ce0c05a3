"""Shapes of layers and their badges."""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.canvas import Canvas, rounded
from archviz.layout.style import Style
from archviz.scene.scene import Shape
from archviz.scene.text import text_width

WIDEST = 0.92
"""Letters in a circle, as a part of its diameter."""


def box_shape(
    canvas: Canvas,
    style: Style,
    x: float,
    y: float,
    width: float,
    height: float,
    role: str,
    lines: tuple[str, ...] = (),
    size: float = 0.0,
    bold: bool = False,
    color: str = "",
    dashed: bool = False,
) -> Shape:
    """A layer's rectangle with its label, its first corner at (x, y), ``width`` along the flow.

    The shape has the page's coordinates. ``color``: a theme's role or ``#rrggbb``, where it
    is not the role's own.
    """
    colors = style.role(color or role)
    size = rounded(size)
    x, y, width, height = canvas.flow.box(x, y, width, height)
    return Shape(
        id=canvas.new_id(),
        form="rect",
        x=rounded(x),
        y=rounded(y),
        width=rounded(width),
        height=rounded(height),
        fill=colors.fill,
        stroke=style.line,
        line_width=style.line_width,
        radius=rounded(style.px(style.theme.metric("corner"))),
        shadow=rounded(style.px(style.theme.metric("shadow"))),
        lines=lines,
        widths=tuple(rounded(text_width(line, size, bold)) for line in lines),
        text_size=size,
        text_fill=colors.text,
        bold=bold,
        pattern=colors.pattern,
        dash=style.dash if dashed else 0.0,
        role=role,
    )


def is_long(style: Style, text: str) -> bool:
    """Whether a badge is longer than high: for several functions, or for letters that would
    stand out of a circle."""
    least = style.px(min(style.room.badge_label, style.room.least_badge))
    return "/" in text or text_width(text, least) > style.metric("badge") * WIDEST


def badge_width(style: Style, text: str) -> float:
    """The width of a badge."""
    width = style.metric("badge")
    if not is_long(style, text):
        return width
    size = style.room.several * style.px(style.room.badge_label)
    return max(width, text_width(text, size) + width / 3)


def badge_reach(style: Style, count: int, width: float) -> tuple[float, float]:
    """How far badges at the right corners of a box stand out before and behind it."""
    if not count:
        return 0.0, 0.0
    if not style.flow.vertical:
        return 0.0, width / 2
    top = style.metric("badge") / 2
    bottom = top if count > 1 else 0.0
    return (bottom, top) if style.flow.upward else (top, bottom)


def badge_shape(
    canvas: Canvas,
    style: Style,
    x: float,
    y: float,
    text: str,
    role: str,
    dashed: bool = False,
) -> Shape:
    """A badge or an activation: a circle round (x, y) of the page with one or two letters;
    longer for more."""
    colors = style.role(role)
    diameter = style.px(style.theme.metric("badge"))
    size, width = style.px(style.room.badge_label), badge_width(style, text)
    several = is_long(style, text)
    if several:
        size *= style.room.several
    least = style.px(style.room.least_badge)
    while not several and size > least and text_width(text, size) > diameter * 0.8:
        size *= 0.92
    size = rounded(size)
    return Shape(
        id=canvas.new_id(),
        form="rect" if several else "ellipse",
        x=rounded(x - width / 2),
        y=rounded(y - diameter / 2),
        width=rounded(width),
        height=rounded(diameter),
        fill=colors.fill,
        stroke=style.line,
        line_width=style.line_width,
        radius=rounded(diameter / 2) if several else 0.0,
        lines=(text,),
        widths=(rounded(text_width(text, size)),),
        text_size=size,
        text_fill=colors.text,
        pattern=colors.pattern,
        dash=style.dash if dashed else 0.0,
        role=role,
    )


def parted(canvas: Canvas, style: Style, shape: Shape, others: Sequence[str]) -> tuple[Shape, ...]:
    """A shape in the colours of all that it stands for, side by side under outline and text.

    ``others``: the roles of what it is besides its own.
    """
    if not others:
        return (shape,)
    roles, parts = (shape.role, *others), []
    for index, role in enumerate(roles):
        colors, left = style.role(role), shape.x + shape.width * index / len(roles)
        parts.append(
            Shape(
                id=canvas.new_id(),
                form=shape.form,
                x=rounded(left),
                y=shape.y,
                width=rounded(shape.x + shape.width - left),
                height=shape.height,
                fill=colors.fill,
                radius=shape.radius,
                shadow=0.0 if index else shape.shadow,
                pattern=colors.pattern,
                role=role,
            )
        )
    return (*parts, shape._replace(fill="", shadow=0.0, pattern="", role=ALTERNATIVES))


ALTERNATIVES = "alternatives"
"""Role of the outline of what is of several kinds."""
