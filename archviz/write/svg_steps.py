"""The steps of which an SVG is made: their arrowheads, their colours in a dark theme."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

BLACK = "#000000"
"""What is filled with no colour named."""


class Step(NamedTuple):
    """One step of the template: what to write, with the values it needs."""

    do: str
    values: dict[str, str]


def follow(steps: Sequence[Step], twins: Sequence[Step]) -> tuple[list[Step], list[str]]:
    """The steps with classes where the same drawing in the dark has other colours, and these.

    Of class ``f0`` is what is filled with the first of the colours there, of ``s0`` what is
    stroked with it.

    Raises:
        ValueError: the two are not the same drawing.
    """
    pairs: dict[tuple[str, str], int] = {}
    found: list[Step] = []
    for step, twin in zip(steps, twins, strict=True):
        if plain(step) != plain(twin):
            raise ValueError("the figure is laid out differently in the dark")
        classes = []
        for key in ("fill", "stroke"):
            light, dark = (one.values.get(key) or _unsaid(one, key) for one in (step, twin))
            if light != dark:
                classes.append(f"{key[0]}{pairs.setdefault((light, dark), len(pairs))}")
        found.append(step._replace(values={**step.values, "class": " ".join(classes)}))
    return found, [dark for _, dark in pairs]


def _unsaid(step: Step, key: str) -> str:
    """The colour of a text that names none."""
    return BLACK if step.do == "text" and key == "fill" else ""


def plain(step: Step) -> tuple[str, list[str]]:
    """What a step draws, whatever its colours."""
    return step.do, [text for key, text in step.values.items() if key not in ("fill", "stroke")]


def marked(steps: Iterable[Step], prefix: str) -> tuple[list[Step], list[Mapping[str, str]]]:
    """The steps with the names of their lines' arrowheads, and each of these once.

    Hatchings are asked for behind a ``prefix``. An arrowhead has its ``name``, ``length``,
    ``width``, colour and class.
    """
    heads: dict[tuple[str, ...], str] = {}
    found: list[Step] = []
    for step in steps:
        if step.do == "line" and step.values.get("head"):
            fill = step.values["stroke"]
            of_line = step.values.get("class", "").replace("s", "f")
            key = (step.values["head"], fill, of_line)
            name = heads.setdefault(key, f"a{len(heads) + 1 if heads else ''}")
            step = Step("line", {**step.values, "marker": name})
        elif step.values.get("fill", "").startswith("url(#"):
            fill = step.values["fill"].replace("#", f"#{prefix}")
            step = Step(step.do, {**step.values, "fill": fill})
        found.append(step)
    return found, [*_arrowheads(heads)]


def _arrowheads(heads: Mapping[tuple[str, ...], str]) -> Iterator[Mapping[str, str]]:
    for (size, fill, of_line), name in heads.items():
        length, width = size.split()
        half = f"{float(width) / 2:.4f}".rstrip("0").rstrip(".")
        yield {
            "name": name,
            "length": length,
            "width": width,
            "half": half,
            "fill": fill,
            "class": of_line,
        }
