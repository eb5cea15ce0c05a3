"""What a chart shows: networks at two of their numbers, with a third.

Networks that do not state what is asked for are left out, and it is known why. Accuracies of one
dataset stand in one chart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from archviz.errors import fail
from archviz.network.head import Head
from archviz.network.numbers import NUMBERS, SCORES, Proven, stated_by

OTHERS = "others"
"""The family of networks that name none."""


class Dot(NamedTuple):
    """A network in a chart: where it stands, and its bubble's number, 0 where there is none."""

    head: Head
    x: float
    y: float
    size: float = 0.0


class Chart(NamedTuple):
    """What a chart shows: networks, the numbers of its axes and of its bubbles, by their names.

    ``left_out``: titles of networks that are not in it, under what they lack.
    """

    dots: Sequence[Dot]
    x: str
    y: str
    size: str
    dataset: str
    left_out: Sequence[tuple[str, Sequence[str]]]

    @property
    def about(self) -> str:
        """What it shows, in a sentence."""
        size = f"; the area of a bubble is its {NUMBERS[self.size].about}" if self.size else ""
        count = f"{len(self.dots)} networks" if len(self.dots) > 1 else "one network"
        about = f"{self.named(self.y)} of {count} against {self.named(self.x)}{size}."
        return about[0].upper() + about[1:]

    @property
    def title(self) -> str:
        """What it is called."""
        about = f"{self.named(self.y)} and {NUMBERS[self.x].about}"
        return about[0].upper() + about[1:]

    def named(self, name: str) -> str:
        """A number in words, and of which dataset it is."""
        return NUMBERS[name].about + (f" on {self.dataset}" if name in SCORES else "")

    @property
    def families(self) -> list[str]:
        """The families in it, that of the oldest network first."""
        heads = sorted((dot.head for dot in self.dots), key=lambda head: (head.year, head.date))
        return [*dict.fromkeys(head.family or OTHERS for head in heads)]

    @property
    def notes(self) -> list[str]:
        """Who states the accuracies in it."""
        scored = {self.x, self.y, self.size} & {*SCORES}
        return stated_by([dot.head for dot in self.dots]) if scored else []


def third(x: str, y: str) -> str:
    """What bubbles are of where nothing is said: what neither axis is, or nothing."""
    return next(name for name in ("parameters", "macs", "") if name not in (x, y))


def chart_of(nets: Sequence[Proven], x: str, y: str, size: str = "") -> Chart:
    """The chart of those networks that state the numbers of its axes and bubbles.

    Accuracies are those on the dataset of which most are stated.

    Raises:
        ArchvizError: none states them all.
    """
    wanted = [*filter(None, (x, y, size))]
    lacking: dict[str, list[str]] = {}
    kept: list[tuple[Head, dict[str, float]]] = []
    for network, analysis in nets:
        values: dict[str, float] = {}
        for name in wanted:
            value = NUMBERS[name].of(network, analysis)
            if not isinstance(value, int | float):
                found = f"no {NUMBERS[name].about} is stated"
                lacking.setdefault(found, []).append(network.head.title)
                break
            values[name] = value
        else:
            kept.append((network.head, values))
    scored = any(name in SCORES for name in wanted)
    counts = Counter(head.scores.dataset for head, _ in kept)
    dataset = counts.most_common(1)[0][0] if scored and counts else ""
    dots = []
    for head, values in kept:
        if scored and head.scores.dataset != dataset:
            found = f"their accuracy is on {head.scores.dataset}, and that of the others {dataset}"
            lacking.setdefault(found, []).append(head.title)
            continue
        dots.append(Dot(head, values[x], values[y], values.get(size, 0.0)))
    if not dots:
        about = " and ".join(NUMBERS[name].about for name in wanted)
        raise fail("chart", f"of no network {about} are known", "ask for other numbers")
    return Chart(dots, x, y, size, dataset, [*lacking.items()])
