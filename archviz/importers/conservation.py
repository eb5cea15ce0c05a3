"""What a source holds against what the layers drawn of it take: nothing lost, nothing made up.

That the spec is the layer graph is proven elsewhere; here the graph is held against what it was
made of, by numbers that come from the source alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from archviz.importers.graphs import Held

SHOWN = 3
"""Names and shapes that a sentence gives."""
UNSTATED = " (of unstated shape)"
"""Behind the name of a plain box whose shape is that of its input, for want of another one."""


class Drawn(NamedTuple):
    """What the layers of a figure come to."""

    parameters: int
    """Its total, without auxiliary heads."""
    fixed: int
    """How many of them are not trained."""
    heads: int = 0
    """Parameters of auxiliary heads."""


class Findings(NamedTuple):
    """What was found: why the figure cannot be called faithful, and what else is to be said."""

    differences: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    """What could not be compared, and may be other than it is drawn."""
    remarks: tuple[str, ...] = ()
    """What a reader of the figure has to know, though nothing differs."""
    asides: tuple[str, ...] = ()
    """What only the report says."""
    wired: bool = True
    """Whether the source says how its layers are connected."""


def findings(held: Held, drawn: Drawn, unknown: Sequence[str]) -> Findings:
    """What a source holds and states, compared with what was drawn of it.

    ``unknown`` are the plain boxes, by the names of their operators.
    """
    different: list[str] = []
    unproven: list[str] = []
    remarks: list[str] = [*held.warnings]
    asides: list[str] = []
    if held.weights is None:
        if held.boxes:
            unproven.append(f"what weights the plain boxes have is not known: {listed(held.boxes)}")
        if held.frozen:
            different.append(f"not trained, and counted as trainable: {listed(held.frozen)}")
        if drawn.heads:
            different.append(f"its total leaves out {drawn.heads:,} in heads beside the row")
        asides.append(f"its weights were not compared: the {held.source} does not tell them")
    else:
        different += _weights(held, drawn)
        if held.merged and held.weights + held.merged == drawn.parameters + drawn.heads:
            asides.append(f"{held.merged:,} of them are merged with others in the {held.source}")
    if drawn.heads:
        what = _WORDS[held.source][1]
        words = f"{drawn.heads:,} {what} of auxiliary heads, as the {held.source} calls them"
        remarks.append(f"the figure's total leaves out {words}")
    if held.shapes:
        different.append(f"the {held.source} states other shapes: {listed(held.shapes)}")
    if held.unused:
        sizes = dict(held.unused)
        count = f"{sum(sizes.values()):,} parameters"
        asides.append(f"not used in this pass, and left out: {_names(sizes)}, {count}")
    if held.left_out:
        asides.append(f"left out behind the last weights: {', '.join(held.left_out)}")
    if held.calls:
        different.append(f"it ran otherwise than it is drawn: {listed(held.calls)}")
    different += held.counts
    if held.twice:
        different.append(f"one layer that counts in each of its places: {listed(held.twice)}")
    unproven += _unproven(held, unknown)
    if held.aside:
        size = sum(held.aside.values())
        count = "1 number" if size == 1 else f"{size:,} numbers"
        remarks.append(f"not counted as weights: {_names(held.aside)}, {count}")
    said = tuple(different), tuple(unproven), tuple(remarks), (*asides, *held.notes)
    return Findings(*said, wired=not held.unwired)


def _unproven(held: Held, unknown: Sequence[str]) -> list[str]:
    """What a source leaves open of layers that are drawn in one way."""
    unproven = []
    if held.unwired:
        words = (
            f"how the code of {held.unwired} connects its layers, the {held.source} does not say"
        )
        unproven.append(f"{words}: they stand beside one another, without shapes or multiply-adds")
    if held.alike:
        what = f"whether these are one layer, the {held.source} does not say, and each counts"
        unproven.append(f"{what}: {listed(held.alike)}")
    if held.uncounted:
        unproven.append(f"the multiply-adds are not known of: {listed(held.uncounted)}")
    if held.batched:
        words = "shapes and multiply-adds are of all examples, not of one, from here on"
        unproven.append(f"{words}: {listed(held.batched)}")
    guessed = sorted({name for name in unknown if name.endswith(UNSTATED)})
    if guessed:
        names = [name.removesuffix(UNSTATED) for name in guessed]
        unproven.append(f"the shapes of plain boxes are guesses: {listed(names)}")
    return unproven


_WORDS = {"file": ("the file holds", "weights"), "model": ("the model has", "parameters")}


def _weights(held: Held, drawn: Drawn) -> list[str]:
    """What differs between the weights that a source holds and those that layers take."""
    assert held.weights is not None
    has, what = _WORDS[held.source]
    total = drawn.parameters + drawn.heads
    away = abs(total - held.weights)
    if total == held.weights + held.merged:
        away = 0
    fixed = drawn.fixed if held.fixed is None else held.fixed
    other = abs(fixed - drawn.fixed)
    if away or other:
        split = held.fixed is not None and (fixed or drawn.fixed)
        own, taken = f"{held.weights:,} {what}", f"{total:,}"
        if split:
            own = f"{held.weights - fixed:,} trainable and {fixed:,} non-trainable {what}"
            taken = f"{total - drawn.fixed:,} and {drawn.fixed:,}"
        by = f"differs by {away or other:,}{_causes(held)}"
        return [f"{has} {own}, the layers drawn take {taken}: {by}"]
    if held.source == "file" and (held.untaken or held.idle or held.extra):
        return [f"{has} other {what} than the layers drawn take{_causes(held)}"]
    return []


def _causes(held: Held) -> str:
    """Where a difference began, in brackets."""
    parts = [
        f"{words} {_names(some)}"
        for words, some in (
            ("in no layer:", held.untaken),
            ("used by nothing:", held.idle),
            ("counted, but no weights:", held.extra),
            ("computed from others:", held.computed),
        )
        if some
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def _names(sizes: Mapping[str, int]) -> str:
    """Names, the largest first."""
    return listed(sorted(sizes, key=lambda name: (-sizes[name], name)))


def listed(names: Sequence[str]) -> str:
    """Names, and how many more there are."""
    shown = ", ".join([name[:80] for name in names[:SHOWN]])
    return f"{shown} and {len(names) - SHOWN:,} more" if len(names) > SHOWN else shown


def shape_gaps(
    stated: Mapping[str, tuple[int | None, ...]], given: Iterable[tuple[str, tuple[int, ...]]]
) -> tuple[str, ...]:
    """What differs between shapes that a source states and those that its layers give."""
    gaps = []
    for name, dims in given:
        wanted = stated.get(name)
        if wanted is None or wanted == dims or not dims:
            continue
        if not wanted and max(dims) == 1:
            continue
        fits = len(wanted) == len(dims) and all(
            side is None or side == own for side, own in zip(wanted, dims, strict=True)
        )
        if not fits:
            shown = "×".join("?" if side is None else str(side) for side in wanted)
            gaps.append(f"'{name}' is {shown}, the layers give {'×'.join(map(str, dims))}")
    return tuple(gaps)
