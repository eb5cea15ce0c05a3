"""Labels and captions fitted to their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from archviz.layout.style import Style
from archviz.scene.text import break_lines, clip, paragraph, text_width

WIDTHS = (2.0, 2.5, 3.0, 3.5, 4.0)
WIDER = (4.5, 5.0, 6.0, 7.0)
"""Units that boxes are wide."""
SHOWN = 8
"""Letters that are shown at least of a label that is cut off."""


def fit_label(label: str, style: Style, more: str = "") -> tuple[tuple[str, ...], float, float]:
    """A label's lines, font size and the width of its box.

    The box is two units wide; a label that does not fit in two lines is first set a
    little smaller, then gets a wider box, and is cut off where that is not enough. A
    kernel size stands on the second line rather than part of the name. A line ends behind a
    hyphen between two words that are the label, else only where no box is wide enough; so does
    one before a capital in a word. What there is ``more`` stands behind the kernel, or alone on
    the second line.
    """
    width, size = style.px(2), style.metric("label")
    padding = style.px(0.2)
    room, least = width - padding, style.theme.metric("shrink")
    if more:
        return _fit_more(label, more, style)
    if not label.strip():
        return (), size, width
    if " " not in label and text_width(label, size) <= room / least:
        size *= min(1.0, room / text_width(label, size))
        return (label,), size, width
    name, kernel = _kernel_apart(label)
    if kernel and text_width(label, size) > room >= text_width(name, size):
        long = text_width(kernel, size)
        if long <= room / least:
            return (name, kernel), size * min(1.0, room / long), width
        if long <= style.px(3.75):
            return (name, kernel), size, long + style.px(0.25)
    hyphens = 0 if " " in label else 3  # a word of several breaks whole, "Inception-A" not at all
    for shrink in (1.0, least):
        lines = break_lines(label, room, size * shrink, hyphens=hyphens)
        if lines:
            return lines, size * shrink, width
    for anywhere, words in ((hyphens, False), (1, False), (1, True)):
        for units in (2.5, 3.0, 3.5, 4.0):
            wide = style.px(units) - padding
            lines = break_lines(label, wide, size, hyphens=anywhere, words=words)
            if lines:
                return lines, size, style.px(units)
    least_shown = text_width(label[:SHOWN] + "…", size)
    room = max(style.px(4) - padding, least_shown)
    return (clip(label, room, size),), size, room + padding


def _fit_more(label: str, more: str, style: Style) -> tuple[tuple[str, ...], float, float]:
    """As :func:`fit_label`, of a label with something behind it."""
    size, least = style.metric("label"), style.theme.metric("shrink")
    padding = style.px(0.2)
    name, kernel = _kernel_apart(label)
    ways: list[tuple[str, ...]] = [(f"{label}, {more}",), (f"{label},", more)]
    if kernel:
        ways.append((name, f"{kernel}, {more}"))
    for units in WIDTHS:
        room = style.px(units) - padding
        for lines in ways:
            longest = max(text_width(line, size) for line in lines)
            if longest <= room / (least if units == WIDTHS[0] else 1.0):
                return lines, size * min(1.0, room / longest), style.px(units)
    for units in (*WIDTHS, *WIDER):  # numbers are never cut off
        found = break_lines(f"{label}, {more}", style.px(units) - padding, size)
        if found:
            return found, size, style.px(units)
    return fit_label(f"{label}, {more}", style)


def _kernel_apart(label: str) -> tuple[str, str]:
    """A label's name and its kernel, or kernels: ``3×3 or 5×5``; the latter empty for none."""
    words = label.split(" ")
    start = len(words)
    while start > 1 and ("×" in words[start - 1] or words[start - 1] in ("or", "…")):
        start -= 1
    while start < len(words) and "×" not in words[start]:
        start += 1
    return " ".join(words[:start]), " ".join(words[start:])


def _two_lines(text: str, width: float, size: float) -> Sequence[str]:
    """A caption, broken before its last word where it is wider."""
    head, _, tail = text.rpartition(" ")
    return (head, tail) if len(head) > len("or") and text_width(text, size) > width else (text,)


def _all_words(text: str, width: float, size: float) -> Sequence[str]:
    """A caption, broken between any words where it is wider; no word is cut."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _in_room(text: str, width: float, size: float) -> list[str]:
    """A caption, broken behind commas where it is wider, and between words where it still is."""
    lines: list[str] = []
    for part in text.replace(", ", ",\n").split("\n"):
        if lines and text_width(f"{lines[-1]} {part}", size) <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return [one for line in lines for one in paragraph(line, width, size)]


def _joined(captions: Sequence[str]) -> str:
    """Captions on one line; what goes on with "or" or "…" belongs to the one before."""
    text = " · ".join(captions)
    return text.replace(" · or ", " or ").replace(" · … ", " … ")


def caption_lines(
    captions: Sequence[str], style: Style, size: float, aside: bool = False
) -> list[str]:
    """Captions one under the other; where room is scarce across, some of them on one line.

    ``aside``: they stand at the side of a box, where there is more room along.
    """
    most = style.room.lines
    longest = style.px(6 if style.detail and (aside or most == 1) else 4)
    if style.detail:  # of a number nothing is cut off
        width = style.px(2) if style.room.split and not aside else longest
        broken = style.room.broken and style.flow.vertical and not aside
        lines_of = _all_words if broken else _two_lines
        captions = [line for text in captions for line in lines_of(text, width, size)]
    lines = [line for text in captions for line in _in_room(text, longest, size)]
    if style.flow.vertical or not 0 < most < len(lines):
        return lines
    for count in range(most, len(lines)):
        cuts = ((0, *cut, len(lines)) for cut in combinations(range(1, len(lines)), count - 1))
        ways = [[_joined(lines[start:stop]) for start, stop in pairwise(cut)] for cut in cuts]
        widths = [max(text_width(text, size) for text in way) for way in ways]
        best = widths.index(min(widths))
        if widths[best] <= longest:
            return ways[best]
    return lines
