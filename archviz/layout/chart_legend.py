"""What bubbles look like, and what says so under a chart: families, areas, who states what."""

from __future__ import annotations

from typing import NamedTuple

from archviz.layout.canvas import Canvas, rounded
from archviz.layout.chart_axes import tick_text
from archviz.layout.chart_data import Chart
from archviz.layout.chart_labels import Circle
from archviz.layout.style import Style
from archviz.network.numbers import NUMBERS
from archviz.scene.scene import Shape
from archviz.scene.text import ASCENT, LINE_HEIGHT, paragraph, text_width

LARGEST = 0.6
"""Units of the radius of the largest bubble, which is no larger than a share of the width."""
OF_WIDTH = 1 / 38
ALIKE = 0.2
"""And of all bubbles, where they say nothing."""
LEAST = 0.05
"""And of the smallest that can be seen."""
COLORS = (
    *("conv", "dense", "green", "yellow", "violet", "orange", "recurrent", "attention", "blue"),
    *("brown", "pink", "grey", "merge", "embedding", "pool"),
)
"""Roles in whose colours families are told apart, in their order."""
HATCHINGS = ("", "lines", "dots", "cross")
"""And on them, where there are more families."""
KEYS = (1.0, 0.3, 0.06)
"""Shares of the largest value of which the legend shows bubbles."""


class Bubbles(NamedTuple):
    """How the bubbles of a chart are drawn."""

    chart: Chart
    style: Style
    width: float

    @property
    def most(self) -> float:
        """The largest number of a bubble; 0 where they say nothing."""
        return max(dot.size for dot in self.chart.dots)

    @property
    def thin(self) -> float:
        """The width of outlines and of the lines of the field."""
        return max(0.75, rounded(self.style.px(0.02)))

    def radius(self, value: float) -> float:
        """The radius of a bubble, whose area is in proportion to its number."""
        if self.most <= 0:
            return self.style.px(ALIKE)
        return max(self.style.px(LEAST), self._in_proportion(value))

    def _in_proportion(self, value: float) -> float:
        largest = min(self.style.px(LARGEST), self.width * OF_WIDTH)
        return float(largest * (value / self.most) ** 0.5)

    def clamped(self, value: float) -> bool:
        """Whether a bubble of so much is larger than its number says."""
        return self.most > 0 and self._in_proportion(value) < self.style.px(LEAST)

    def shape(self, canvas: Canvas, circle: Circle, family: str = "") -> Shape:
        """A bubble in its family's colour, or an empty one."""
        colors, hatching = self.style.role("other"), ""
        if family:
            number = self.chart.families.index(family)
            colors = self.style.role(COLORS[number % len(COLORS)])
            hatching = HATCHINGS[number // len(COLORS) % len(HATCHINGS)]
        return Shape(
            id=canvas.new_id(),
            form="ellipse",
            x=rounded(circle.x - circle.radius),
            y=rounded(circle.y - circle.radius),
            width=rounded(2 * circle.radius),
            height=rounded(2 * circle.radius),
            fill=colors.fill,
            stroke=self.style.line,
            line_width=self.thin,
            pattern=hatching or colors.pattern,
            role="bubble",
        )


def key_width(bubbles: Bubbles) -> float:
    """How wide a column of families and areas is."""
    chart, style = bubbles.chart, bubbles.style
    size = style.metric("caption")
    families = [style.px(0.58) + text_width(family, size) for family in chart.families]
    area = text_width(_area(chart), size) if bubbles.most > 0 else 0.0
    return max(area, *families)


def draw_keys(bubbles: Bubbles, canvas: Canvas, width: float) -> float:
    """Draw what colours and areas of bubbles mean from (0, 0) on; how high that is."""
    y = 0.0
    if len(bubbles.chart.families) > 1:
        y = _families(bubbles, canvas, width)
    return _areas(bubbles, canvas, width, y) if bubbles.most > 0 else y


def draw_notes(bubbles: Bubbles, canvas: Canvas, width: float) -> float:
    """Draw who states accuracies, and what is not as it should be; how high that is."""
    style, y = bubbles.style, 0.0
    size, ink = style.metric("caption"), style.theme.color("caption")
    for text in (*bubbles.chart.notes, *_clamped(bubbles)):
        for line in paragraph(text, width, size):
            canvas.text(0.0, y + ASCENT * size, line, size, ink, anchor="start", role="note")
            y += LINE_HEIGHT * size
        y += 0.25 * size
    return y


def _area(chart: Chart) -> str:
    return f"area: {chart.named(chart.size)}"


def _clamped(bubbles: Bubbles) -> list[str]:
    """A sentence on bubbles that would be too small to be seen."""
    least = min(dot.size for dot in bubbles.chart.dots)
    if not bubbles.clamped(least):
        return []
    largest = max(dot.size for dot in bubbles.chart.dots if bubbles.clamped(dot.size))
    text = tick_text(NUMBERS[bubbles.chart.size], largest)
    return [f"Bubbles of {text} or less are larger than that, to be seen."]


def _families(bubbles: Bubbles, canvas: Canvas, width: float) -> float:
    """A dot and a name for each family, in as many lines as it takes; where they end."""
    style = bubbles.style
    size, ink = style.metric("caption"), style.theme.color("text")
    radius, between, apart = style.px(0.2), style.px(0.18), style.px(0.6)
    pitch = max(2 * radius, LINE_HEIGHT * size) + style.px(0.2)
    x = y = 0.0
    for family in bubbles.chart.families:
        length = 2 * radius + between + text_width(family, size)
        if x and x + length > width:
            x, y = 0.0, y + pitch
        middle = y + pitch / 2
        canvas.back.append(bubbles.shape(canvas, Circle(x + radius, middle, radius), family))
        at = x + 2 * radius + between
        base = middle + ASCENT * size / 2
        canvas.text(at, base, family, size, ink, anchor="start", role="legend")
        x += length + apart
    return y + pitch + style.px(0.1)


def _areas(bubbles: Bubbles, canvas: Canvas, width: float, y: float) -> float:
    """What the areas are of, and some of them; where that ends."""
    chart, style = bubbles.chart, bubbles.style
    size, ink = style.metric("caption"), style.theme.color("text")
    values = dict.fromkeys(_round(share * bubbles.most) for share in KEYS)
    shown = [one for one in values if one > 0 and not bubbles.clamped(one)]
    words = [(_area(chart), 0.0)]
    words += [(tick_text(NUMBERS[chart.size], one), bubbles.radius(one)) for one in shown]
    between, apart = style.px(0.15), style.px(0.5)
    lines: list[list[tuple[str, float]]] = [[]]
    x = 0.0
    for text, radius in words:
        length = 2 * radius + between * (radius > 0) + text_width(text, size)
        if x and x + length > width:
            lines.append([])
            x = 0.0
        lines[-1].append((text, radius))
        x += length + apart
    y += style.px(0.05)
    for line in lines:
        high = max(LINE_HEIGHT * size, *(2 * radius for _, radius in line))
        middle, x = y + high / 2, 0.0
        for text, radius in line:
            if radius:
                canvas.back.append(bubbles.shape(canvas, Circle(x + radius, middle, radius)))
                x += 2 * radius + between
            base = middle + ASCENT * size / 2
            canvas.text(x, base, text, size, ink, anchor="start", role="legend")
            x += text_width(text, size) + apart
        y += high + style.px(0.15)
    return y + style.px(0.1)


def _round(value: float) -> float:
    """A round value of about that, and no larger."""
    if value <= 0:
        return 0.0
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return max(digit * power for digit in (1, 2, 5) if digit * power <= value)
