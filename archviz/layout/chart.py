"""The chart: a bubble for each network, at two of its numbers, as large as a third."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from archviz.errors import fail
from archviz.layout.canvas import Canvas, rounded
from archviz.layout.chart_axes import Axis, axis_of
from archviz.layout.chart_data import OTHERS, Chart
from archviz.layout.chart_labels import Circle, Label, place_labels
from archviz.layout.chart_legend import Bubbles, draw_keys, draw_notes, key_width
from archviz.layout.densities import Density, slide_theme
from archviz.layout.overviews import overview_slide
from archviz.layout.page import Options, Place, frame
from archviz.layout.several_made_for import overview_figure, overview_scene
from archviz.layout.sheet import Sheet, moved
from archviz.layout.slide_frame import height_under
from archviz.layout.style import Style
from archviz.network.numbers import NUMBERS, written
from archviz.scene.scene import Group, Item, Line, Point, Scene
from archviz.scene.slide_form import SlideForm
from archviz.scene.text import ASCENT, LINE_HEIGHT, text_width
from archviz.scene.theme import Theme

WIDTH = 900.0
"""Pixels of a chart that is made for no place, without margins."""
RATIO = 0.56
"""Height over width of the field that the axes bound."""
TALLER = 1.2
"""How much higher the field becomes where labels have no room, again and again."""
MOST_TALLER = 16
LOWEST = 3.0
"""Units of a field at least."""
PITCH = 2.0, 1.25
"""Units from one tick to the next at least, along the lower axis, and along the left one."""
MOST_SLIDES = 6
"""Slides of a chart at most."""
LABEL = (0.42,)
"""How large its letters are there, in units."""
SIDES = 0.3
"""Units free at the left and right of a chart made for a place."""


def chart_figure(chart: Chart, options: Options) -> Scene:
    """The chart as a figure: made for a place, where one is asked for, or as it comes.

    Raises:
        ArchvizError: its labels have no room.
    """

    def draw(style: Style, place: Place) -> Scene | None:
        width = place.width - 2 * style.px(SIDES)
        items = chart_items(chart, style, width, place.height - 2 * style.px(SIDES))
        said = "".join(dot.head.title for dot in chart.dots)
        about = chart.title, chart.about
        return overview_scene(items, about, style, said, place) if items else None

    if options.place:
        hint = "show fewer networks"
        return overview_figure("chart", draw, options, options.place, hint, LABEL)
    style = Style(options.theme, options.theme.metric("unit"))
    items = chart_items(chart, style, WIDTH)
    if items is None:
        raise fail("chart", "so many labels have no room", "show fewer networks")
    sheet = Sheet(style, WIDTH)
    sheet.items += items
    return frame(sheet, chart.title, chart.about, options.aspect)


def chart_slides(chart: Chart, theme: Theme, form: SlideForm) -> list[Scene]:
    """The chart on a slide, with letters of 12 pt or more.

    Where not all labels have room, it is there again: every slide names others of its bubbles.

    Raises:
        ArchvizError: the labels have no room on :data:`MOST_SLIDES` slides.
    """
    slide = slide_theme(theme, density=Density(0.46))
    style = Style(slide, slide.metric("unit"))
    for count in range(1, MOST_SLIDES + 1):
        shares = _shares(len(chart.dots), count)
        told = [chart.about if count == 1 else _named(chart, share) for share in shares]
        every = (
            chart_items(chart, style, form.inner, height_under(about, form), True, share)
            for about, share in zip(told, shares, strict=True)
        )
        drawn = [*takewhile(bool, every)]  # the first without room ends it
        if len(drawn) == count:
            return [
                overview_slide(items or (), about, chart.title, theme, form)
                for items, about in zip(drawn, told, strict=True)
            ]
    raise fail("chart", "slides have no room for so many labels", "show fewer networks")


def _shares(many: int, count: int) -> list[range]:
    """So many numbers in ``count`` stretches, about as long as one another."""
    ends = [round(many * part / count) for part in range(count + 1)]
    return [range(*pair) for pair in pairwise(ends)]


def _named(chart: Chart, share: range) -> str:
    """What is said of a chart of which one slide names some bubbles."""
    named = f"{len(share)} of them are named here."
    return f"{chart.about.rstrip('.')}; {named}" if chart.about else named


class Field(NamedTuple):
    """Where the axes are: their numbers run to the right, and up."""

    across: Axis
    up: Axis


def chart_items(
    chart: Chart,
    style: Style,
    width: float,
    height: float = float("inf"),
    beside: bool = False,
    named: Collection[int] | None = None,
) -> tuple[Item, ...] | None:
    """The chart from (0, 0), ``width`` pixels wide and no higher than ``height``.

    The field between its axes is as high as its labels need; None where there is no room.
    ``beside``: what colours and areas mean stands at its right, and not under it. ``named``: the
    numbers of the bubbles that have labels, without it all.
    """
    labelled = range(len(chart.dots)) if named is None else named
    bubbles, size = Bubbles(chart, style, width), style.metric("caption")
    keys, foot = Canvas("legend"), Canvas("notes")
    wide = key_width(bubbles) if beside else width
    right = width - wide - style.px(0.5) if beside else width
    tall = draw_keys(bubbles, keys, 0.0 if beside else width)
    low = draw_notes(bubbles, foot, width) + (0.0 if beside else tall)
    under = style.px(0.5) + 2 * LINE_HEIGHT * size
    above = LINE_HEIGHT * size + style.px(0.35)
    room = height - above - under - low
    left = _left(bubbles, width * RATIO)
    high = min((right - left) * RATIO, room)
    for _ in range(MOST_TALLER):
        if high < style.px(LOWEST):
            return None
        field = Field(_axis(bubbles, 0, left, right), _axis(bubbles, 1, above + high, above))
        canvas = Canvas("chart")
        if _drawn(bubbles, canvas, field, labelled):
            group = Group("chart", "chart", chart.title, chart.about, items=canvas.items())
            y = above + high + under
            at = (right + style.px(0.5), above) if beside else (0.0, y)
            below = [
                moved(Group("legend", "legend", "Legend", items=keys.items()), *map(rounded, at)),
                moved(
                    Group("notes", "notes", "Notes", items=foot.items()),
                    0.0,
                    rounded(y + (0.0 if beside else tall)),
                ),
            ]
            return (group, *(one for one in below if isinstance(one, Group) and one.items))
        if high >= room:
            return None
        high = min(high * TALLER, room)
    return None


def _axis(bubbles: Bubbles, which: int, start: float, end: float) -> Axis:
    """The lower axis, or the left one, so long that no bubble is over its ends."""
    chart = bubbles.chart
    values = [(dot.x, dot.y)[which] for dot in chart.dots]
    pad = max(bubbles.radius(dot.size) for dot in chart.dots) + bubbles.style.px(0.25)
    return axis_of(NUMBERS[(chart.x, chart.y)[which]], values, start, end, pad)


def _left(bubbles: Bubbles, height: float) -> float:
    """Room for what is written at the left axis."""
    style, size = bubbles.style, bubbles.style.metric("caption")
    ticks = _axis(bubbles, 1, height, 0.0).ticks(style.px(PITCH[1] / 3))
    return max((text_width(tick.text, size) for tick in ticks), default=0.0) + style.px(0.25)


def _drawn(bubbles: Bubbles, canvas: Canvas, field: Field, named: Collection[int]) -> bool:
    """Draw the field, bubbles and labels; whether the labels have room."""
    dots, style = bubbles.chart.dots, bubbles.style
    circles = [
        Circle(field.across.at(dot.x), field.up.at(dot.y), bubbles.radius(dot.size)) for dot in dots
    ]
    size = style.metric("caption")
    sizes = {
        at: (text_width(dots[at].head.title, size), (ASCENT + 0.21) * size) for at in sorted(named)
    }
    left, right, top, bottom = field.across.start, field.across.end, field.up.end, field.up.start
    frame = (left, top, right - left, bottom - top)
    labels = place_labels(circles, sizes, frame, style.px(0.1))
    if labels is None:
        return False
    _draw_field(bubbles, canvas, field)
    _draw_bubbles(bubbles, canvas, circles, labels)
    return True


def _draw_field(bubbles: Bubbles, canvas: Canvas, field: Field) -> None:
    """The frame, what is written at it, and a thin line for each tick."""
    (across, up), style, size = field, bubbles.style, bubbles.style.metric("caption")
    text, ink, pale = (
        style.theme.color("caption"),
        style.theme.color("text"),
        style.theme.ground(""),
    )
    left, right, top, bottom = across.start, across.end, up.end, up.start
    low = bottom + style.px(0.2) + ASCENT * size
    for tick in across.ticks(style.px(PITCH[0])):
        if tick.at + text_width(tick.text, size) / 2 > right:
            continue
        canvas.back.append(_line(((tick.at, top), (tick.at, bottom)), pale, bubbles.thin, "grid"))
        canvas.text(tick.at, low, tick.text, size, text)
    for tick in up.ticks(style.px(PITCH[1])):
        canvas.back.append(_line(((left, tick.at), (right, tick.at)), pale, bubbles.thin, "grid"))
        base = tick.at + ASCENT * size / 2
        canvas.text(left - style.px(0.2), base, tick.text, size, text, anchor="end")
    corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
    canvas.back.append(_line(corners, style.line, bubbles.thin, "axis"))
    chart, under = bubbles.chart, low + LINE_HEIGHT * size + style.px(0.1)
    titles = (
        (0.0, ASCENT * size, chart.named(chart.y) + up.scale, "start"),
        (right, under, chart.named(chart.x) + across.scale, "end"),
    )
    for x, base, title, anchor in titles:
        canvas.text(x, base, title, size, ink, bold=True, anchor=anchor, role="axis")


def _draw_bubbles(
    bubbles: Bubbles, canvas: Canvas, circles: Sequence[Circle], labels: Mapping[int, Label]
) -> None:
    """Large bubbles behind small ones, their labels before them all."""
    style, chart = bubbles.style, bubbles.chart
    size, ink = style.metric("caption"), style.theme.color("text")
    for number in sorted(range(len(circles)), key=lambda one: -circles[one].radius):
        dot, label = chart.dots[number], labels.get(number)
        shape = bubbles.shape(canvas, circles[number], dot.head.family or OTHERS)
        names = (chart.x, chart.y, chart.size)
        told = [
            f"{chart.named(name)}: {written(NUMBERS[name], value)}"
            for name, value in zip(names, (dot.x, dot.y, dot.size), strict=True)
            if name
        ]
        title = dot.head.title
        about = "\n".join((title, *told))
        canvas.lines.append(Group(f"{shape.id}-g", "layer", title, about, dot.head.name, (shape,)))
        if label is None:
            continue
        if label.leader:
            canvas.lines.append(_line(label.leader, style.line, bubbles.thin, "leader"))
        x, y, width, height = label.box
        middle = circles[number].x
        anchor = "start" if x >= middle else "end" if x + width <= middle else "middle"
        at = {"start": x, "middle": x + width / 2, "end": x + width}[anchor]
        base = y + height - 0.21 * size
        canvas.text(at, base, title, size, ink, anchor=anchor, role="label")


def _line(points: Sequence[Point], color: str, width: float, role: str) -> Line:
    return Line(tuple((rounded(x), rounded(y)) for x, y in points), color, width, role)
