"""What is joined to what in a drawing: boxes by their labels, and the lines between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LETTERS = 8
"""Letters of a label that are compared: boxes cut long ones off."""
BAR = "dense"
"""What a box without words is."""
COMES_IN, GOES_OUT = "(in)", "(out)"
"""What stands for the outside at both ends of a panel's line."""


class Wiring(NamedTuple):
    """A drawing: ``edges`` join the numbers of ``labels``, several where lines are parallel."""

    labels: tuple[str, ...]
    edges: Counter[tuple[int, int]]


def normal(label: str) -> str:
    """A label without what a box may do to it: broken lines, an end that is cut off, filters."""
    return "".join(label.split()).rstrip("…").split(",")[0][:LETTERS]


def port(name: str, leaves: bool = False) -> str:
    """The label of a value that comes from outside by a name, or leaves to there."""
    return leaving(f"({''.join(name.split())})") if leaves else f"({''.join(name.split())})"


def leaving(label: str) -> str:
    """The label of a port, or of the outside, as where a line ends."""
    return label if label == GOES_OUT else f"({normal(label.strip('(>)'))}>)"


def form(wiring: Wiring) -> tuple[int, ...]:
    """The same for drawings with the same wiring, whatever the numbers of their boxes.

    Labels are refined by those of all that a box takes and gives until that tells no more apart.
    """
    takes: list[list[int]] = [[] for _ in wiring.labels]
    gives: list[list[int]] = [[] for _ in wiring.labels]
    for (tail, head), count in wiring.edges.items():
        takes[head] += [tail] * count
        gives[tail] += [head] * count
    colors = [hash(label) for label in wiring.labels]
    kinds = 0
    while kinds < len(set(colors)):
        kinds = len(set(colors))
        colors = [
            hash((color, _sorted(colors, tails), _sorted(colors, heads)))
            for color, tails, heads in zip(colors, takes, gives, strict=True)
        ]
    return tuple(sorted(colors))


def _sorted(colors: Sequence[int], numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(colors[number] for number in numbers))


def differences(drawn: Sequence[Wiring], true: Sequence[Wiring]) -> list[str]:
    """In what two pictures differ, in words; the first drawing of each is the main row."""
    said = [] if form(drawn[0]) == form(true[0]) else ["main row", *_lines(drawn[0], true[0])]
    left = {number: form(one) for number, one in enumerate(true) if number}
    strange: list[Wiring] = []
    for one in drawn[1:]:
        found = next((number for number, other in left.items() if other == form(one)), 0)
        if found:
            del left[found]
        else:
            strange.append(one)
    if left or strange:
        said += ["panels", *_lines(_together(strange), _together(true[number] for number in left))]
    return said


def _together(wirings: Iterable[Wiring]) -> Wiring:
    labels: list[str] = []
    edges: Counter[tuple[int, int]] = Counter()
    for one in wirings:
        edges.update({(a + len(labels), b + len(labels)): n for (a, b), n in one.edges.items()})
        labels += one.labels
    return Wiring(tuple(labels), edges)


def _lines(drawn: Wiring, true: Wiring) -> list[str]:
    one, other = _said(drawn), _said(true)
    wrong = [f"  drawn, not so: {line} ({count})" for line, count in (one - other).items()]
    lacking = [f"  so, not drawn: {line} ({count})" for line, count in (other - one).items()]
    return wrong + lacking or ["  the same edges, from other boxes of the same labels"]


def _said(wiring: Wiring) -> Counter[str]:
    said = Counter(f"box '{label}'" for label in wiring.labels)
    for (tail, head), count in wiring.edges.items():
        said[f"'{wiring.labels[tail]}' -> '{wiring.labels[head]}'"] += count
    return said
