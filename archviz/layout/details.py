"""What a figure prints at a layer where it is asked to: in its box, below it, on its wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from archviz.layout.canvas import RISE, Canvas
from archviz.layout.flow import Side, text_extent
from archviz.layout.style import Style
from archviz.network.facts import Facts
from archviz.network.kinds import KINDS
from archviz.network.labels import alternatives, enlarges, rounded_count, shape_text, sides
from archviz.network.model import (
    Auxiliary,
    From,
    Layer,
    ModuleCall,
    Named,
    Repeat,
    Residual,
    Series,
    Shape,
    Stage,
    Towers,
)
from archviz.scene.scene import Text
from archviz.scene.text import text_width

BEHIND_BADGE, BEFORE_NEXT = 0.1, 0.18
"""Units that are free before a shape on a wire, and at least behind it."""
LEAST_GAP = 0.2
"""Units that every block keeps free before it."""
ASIDE = 0.16
"""Units between an upright wire and a shape beside it."""


def span(values: Sequence[int]) -> str:
    """Distinct values in short: ``64``, ``64 or 128``, or ``64–512`` from least to largest."""
    if len(values) > 2:
        return f"{min(values)}–{max(values)}"
    return " or ".join(str(value) for value in sorted(values))


def in_box(label: str, layers: Sequence[Layer], detail: Sequence[str]) -> str:
    """What stands behind the label of a box, filters and strides: of ``conv 7×7``, ``64, /2``."""
    if not detail:
        return ""
    parts: list[str] = []
    options = KINDS[layers[0].kind].options
    filters = span(filters_of(layers))
    if "filters" in detail and "filters" in options and filters not in label.split():
        parts.append(filters)
    if "strides" in detail and "stride" in options and not enlarges(layers[0]):
        strides = list(dict.fromkeys(f"/{sides(layer.stride)}" for layer in layers))
        if strides != ["/1"]:
            parts.append(alternatives(strides))
    return ", ".join(filter(None, parts))


def filters_of(layers: Sequence[Layer]) -> list[int]:
    """The distinct numbers of filters, or of units, of layers."""
    return list(dict.fromkeys(layer.filters for layer in layers if layer.filters))


def words_of(layers: Sequence[Layer], detail: Sequence[str]) -> list[str]:
    """How many words embeddings know, which are what filters are to convolutions."""
    if "filters" not in detail or "words" not in KINDS[layers[0].kind].options:
        return []
    return [f"{span(list({layer.count for layer in layers}))} words"]


def numbers_of(facts: Facts, detail: Sequence[str]) -> tuple[str, ...]:
    """Parameters and multiply-adds, each a caption; what is 0 is left out."""
    if not detail:
        return ()
    rows = (("parameters", facts.parameters, "params"), ("macs", facts.macs, "MACs"))
    shown = [(_rounded(values), noun) for name, values, noun in rows if name in detail]
    return tuple(f"{text} {noun}" for text, noun in shown if text)


def _rounded(values: Sequence[int]) -> str:
    """Counts in short; calls that share the weights of others have none of their own."""
    counts = sorted({value for value in values if value})
    texts = list(dict.fromkeys(map(rounded_count, counts)))
    return f"{texts[0]}–{texts[-1]}" if len(texts) > 2 else " or ".join(texts)


def on_wire(facts: Facts, detail: Sequence[str]) -> tuple[str, ...]:
    """The shape of what comes out, in a line or two, where it is another than came in."""
    if "shapes" not in detail or not any(facts.changed) or not facts.shapes:
        return ()
    first, last = largest_and_smallest(facts.shapes)
    if first == last:
        return (shape_text(first),)
    if len({shape[:-1] for shape in facts.shapes}) == 1 and all(
        isinstance(shape[-1], int) for shape in facts.shapes
    ):
        return (shape_text((*first[:-1], span([shape[-1] for shape in facts.shapes]))),)  # type: ignore[arg-type]
    glue = "or" if len(facts.shapes) == len((first, last)) else "…"
    return shape_text(first), f"{glue} {shape_text(last)}"


def largest_and_smallest(shapes: Sequence[Shape]) -> tuple[Shape, Shape]:
    """Of shapes the largest map, or the longest sequence, and the smallest; by channels else."""
    order = sorted(shapes, key=lambda shape: (-prod(shape[:-1]), shape[-1]))
    return order[0], order[-1]


def untold(series: Series, facts: Mapping[str, Facts], detail: Sequence[str]) -> frozenset[str]:
    """Places of a spec that a shape would leave, and that no wire leaves: where a row ends."""
    return ends_of(series, facts) if "shapes" in detail else frozenset()


def ends_of(series: Series, facts: Mapping[str, Facts]) -> frozenset[str]:
    """Places of a spec at which a row ends: what is drawn last, also of what is in it."""
    for node in reversed(series.nodes):
        match node:
            case Layer():
                if any(one.drawn for one in facts[node.where].layers):
                    return frozenset((node.where,))
            case ModuleCall():
                return frozenset((node.where,))
            case Repeat():
                return ends_of(node.bodies[0], facts)
            case Residual() | Towers():
                return frozenset((node.merge.where,))
            case Stage():
                return ends_of(node.body, facts)
            case Series():
                return ends_of(node, facts)
            case Auxiliary() | Named() | From():
                continue
            case _:
                break
    return frozenset()


class OnWire(NamedTuple):
    """A shape that stands at the line that leaves a box, measured.

    ``start``: from the box to where it begins; ``end``: to where it ends; ``across``: how far it
    reaches from the line.
    """

    lines: tuple[str, ...]
    size: float
    start: float = 0.0
    end: float = 0.0
    across: float = 0.0

    def gap(self, style: Style) -> float:
        """What the box keeps free behind it, beside what the next one keeps free before it."""
        return self.end + style.px(BEFORE_NEXT) - style.px(LEAST_GAP)

    def texts(
        self, canvas: Canvas, x: float, y: float, style: Style, above: bool = False
    ) -> list[Text]:
        """The texts at a line that leaves a box at ``x``; at an upright one behind it, or before
        it where the captions are there (``above``)."""
        if not self.lines:
            return []
        away = style.px(ASIDE if style.flow.vertical else RISE)
        side: Side = "before" if above or not style.flow.vertical else "after"
        at = x + self.start, y + (away if side == "after" else -away)
        fill = style.theme.color("caption")
        return canvas.labels(*at, self.lines, self.size, fill, along="after", across=side)


def measured(lines: tuple[str, ...], size: float, badge: float, style: Style) -> OnWire:
    """A shape behind a box of which badges stand out as far as ``badge``."""
    if not lines:
        return OnWire(lines, size)
    extent = text_extent([text_width(line, size) for line in lines], size)
    along, across = style.flow.lies(*extent)
    start = badge + style.px(BEHIND_BADGE)
    rise = ASIDE if style.flow.vertical else RISE
    return OnWire(lines, size, start, start + along, style.px(rise) + across)
