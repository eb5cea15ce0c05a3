"""The head of a card: what a network is called, its numbers, its paper, who states what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archviz.layout.canvas import Canvas, rounded
from archviz.network.analysis import Analysis
from archviz.network.head import Head
from archviz.network.labels import count_text, shape_text
from archviz.network.model import Network
from archviz.network.numbers import NUMBERS, written
from archviz.scene.scene import Line
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, paragraph, text_width
from archviz.scene.theme import Theme

TITLE, LEAD, NUMBER, SMALL = 30.0, 15.0, 18.0, 12.8
"""Pixels of letters: the title, what the network brought, its numbers, all else."""
GAP = 28.0
"""Pixels between two numbers at least."""
KEY = 84.0
"""Pixels of the column of keys."""
RULE = 1.0
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


class Page(NamedTuple):
    """Where the head of a card stands: from ``left`` on, so wide; pixels."""

    left: float
    top: float
    width: float
    theme: Theme


class Said(NamedTuple):
    """What the head of a card says beside its facts: at its right, and in their place."""

    aside: str
    task: str = ""


def card_head(
    network: Network, analysis: Analysis, page: Page, canvas: Canvas, said: Said
) -> float:
    """Draw the head of a card; where it ends."""
    head, theme = network.head, page.theme
    text, muted = theme.color("text"), theme.color("caption")
    right, y = page.left + page.width, page.top + ASCENT * TITLE
    room = page.width - text_width(said.aside, LEAD) - GAP
    title = clip(head.title, room, TITLE, bold=True)
    canvas.text(page.left, y, title, TITLE, text, bold=True, anchor="start", role="title")
    canvas.text(right, y, said.aside, LEAD, muted, anchor="end", role="aside")
    y += 0.45 * TITLE
    for line in paragraph(head.brought, page.width, LEAD):
        canvas.text(page.left, y + ASCENT * LEAD, line, LEAD, text, anchor="start", role="lead")
        y += LINE_HEIGHT * LEAD * 1.08
    y = _rule(canvas, page, y + 0.35 * LEAD)
    y = _numbers(numbers_of(network, analysis), page, canvas, y + 14)
    y = _rule(canvas, page, y + 12)
    if not said.task:
        return _facts(facts_of(network, analysis), page, canvas, y + 12)
    y += 12
    for line in paragraph(said.task, page.width, LEAD):
        canvas.text(page.left, y + ASCENT * LEAD, line, LEAD, text, anchor="start", role="lead")
        y += LINE_HEIGHT * LEAD
    return y


def numbers_of(network: Network, analysis: Analysis) -> list[tuple[str, str]]:
    """The numbers of a network, each with what it is; all to the unit."""
    totals, scores = analysis.totals, network.head.scores
    depth = NUMBERS["depth"]
    known = [
        (shape_text(network.inputs[0].shape), "input"),
        (f"{totals.parameters:,}", "parameters"),
        (count_text(totals.macs), "multiply-adds"),
        (written(depth, depth.of(network, analysis)), "depth"),
    ]
    if scores.top1 is not None:
        known.append((f"{100 * scores.top1:.1f} %", f"top-1 on {scores.dataset}"))
    elif scores.top5 is not None:
        known.append((f"{100 * scores.top5:.1f} %", f"top-5 on {scores.dataset}"))
    return [(number, what) for number, what in known if number != "-"]


def facts_of(network: Network, analysis: Analysis) -> list[tuple[str, str]]:
    """What else is known of a network, each with what it is; nothing of what nobody states."""
    head, totals = network.head, analysis.totals
    others = ", ".join(shape_text(layer.shape) for layer in network.inputs[1:])
    weights = ""
    if totals.non_trainable:
        weights = f"{totals.trainable:,} are trained, {totals.non_trainable:,} are statistics"
    found = (
        ("Paper", head.paper),
        ("Authors", head.authors),
        ("Published", _published(head)),
        ("Link", head.link),
        ("Family", ", ".join(filter(None, (head.family, head.task)))),
        ("Inputs", f"{shape_text(network.inputs[0].shape)}, {others}" if others else ""),
        ("Weights", weights),
        ("Accuracy", _accuracy(head)),
        ("Source", head.source),
    )
    return [(key, text) for key, text in found if text]


def _published(head: Head) -> str:
    """Where, and when it was first public."""
    year, month, day = (*head.date.split("-"), "", "")[:3]
    when = " ".join(filter(None, (day.lstrip("0"), MONTHS[int(month) - 1] if month else "", year)))
    known = when or (str(head.year) if head.year else "")
    first = f"first public {'on' if day else 'in'} {known}" if known else ""
    return "; ".join(filter(None, (head.venue, first)))


def _accuracy(head: Head) -> str:
    scores = head.scores
    shares = [
        f"{name} {100 * value:.4g} %"
        for name, value in (("top-1", scores.top1), ("top-5", scores.top5))
        if value is not None
    ]
    if not shares:
        return ""
    stated = f", as stated by {scores.source}" if scores.source else ""
    return f"{', '.join(shares)} on {scores.dataset}{stated}"


def _rule(canvas: Canvas, page: Page, y: float) -> float:
    points = ((rounded(page.left), rounded(y)), (rounded(page.left + page.width), rounded(y)))
    canvas.back.append(Line(points, page.theme.color("line"), RULE, "rule"))
    return y


def _numbers(numbers: Sequence[tuple[str, str]], page: Page, canvas: Canvas, y: float) -> float:
    """Large numbers beside one another over what they are, in as many rows as it takes."""
    widths = [
        max(text_width(number, NUMBER, bold=True), text_width(what, SMALL))
        for number, what in numbers
    ]
    rows: list[list[int]] = [[]]
    for place, wide in enumerate(widths):
        used = sum(widths[one] + GAP for one in rows[-1])
        if rows[-1] and used + wide > page.width:
            rows.append([])
        rows[-1].append(place)
    text, muted = page.theme.color("text"), page.theme.color("caption")
    for count, row in enumerate(rows):
        x = page.left
        free = page.width - sum(widths[place] for place in row)
        gap = free / (len(row) - 1) if len(row) > 2 else 2 * GAP
        base = y + ASCENT * NUMBER
        for place in row:
            number, what = numbers[place]
            canvas.text(x, base, number, NUMBER, text, bold=True, anchor="start", role="number")
            low = base + 1.45 * SMALL
            canvas.text(x, low, what, SMALL, muted, anchor="start", role="caption")
            x += widths[place] + gap
        y = base + 1.45 * SMALL + (0.9 * SMALL if count < len(rows) - 1 else 0.3 * SMALL)
    return y


def _facts(facts: Sequence[tuple[str, str]], page: Page, canvas: Canvas, y: float) -> float:
    """Keys in a column, what they say beside them; where they end."""
    text, muted = page.theme.color("text"), page.theme.color("caption")
    for key, said in facts:
        canvas.text(page.left, y + ASCENT * SMALL, key, SMALL, muted, anchor="start", role="key")
        for line in paragraph(said, page.width - KEY, SMALL):
            base = y + ASCENT * SMALL
            canvas.text(page.left + KEY, base, line, SMALL, text, anchor="start", role="fact")
            y += LINE_HEIGHT * SMALL
        y += 0.32 * SMALL
    return y
