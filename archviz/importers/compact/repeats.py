"""Repeats in a series: runs of equal items, and of items that differ in a few values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from archviz.importers.compact.modules import run_lengths
from archviz.importers.compact.outline import (
    AuxiliaryItem,
    CallItem,
    Item,
    LayerItem,
    NameItem,
    OutputsItem,
    RepeatItem,
    boxes_of,
    inner_series,
    item_structure,
    refilled,
    values_of,
    with_inner_series,
)
from archviz.importers.compact.parameters import FieldColumn, infer_parameters, text_of
from archviz.importers.compact.structure import ALONE
from archviz.language.repeats import MAX_TIMES
from archviz.network.kinds import KINDS

LONGEST = 12
"""Items in a pattern."""
FEW = 6
"""Items that are few enough for a series, however they repeat."""
MOST_VARIABLES = 3
"""Values that may differ between the rounds of a pattern of several items."""
MOST_AT_ONE_SIZE = 6
"""The same where all rounds have one resolution."""
SINGLE = (LayerItem, CallItem, NameItem)
"""Items that have no others in them."""
WEIGHED = frozenset({"conv", "sep-conv", "depthwise-conv", "conv-transpose"})


def with_repeats(
    items: Sequence[Item], taken: Collection[str] = (), most: int = MOST_VARIABLES
) -> tuple[Item, ...]:
    """A series with its runs as repeats, and so the series in it.

    ``most``: values that may differ between the rounds of a pattern.
    """
    inner = [
        item
        if isinstance(item, SINGLE)
        else with_inner_series(
            item, tuple(with_repeats(series, taken) for series in inner_series(item))
        )
        for item in items
    ]
    ways = [_looped(_called(inner, taken), taken, most)]
    if len(ways[0]) > FEW:
        ways.append(
            _looped(inner, taken, most)
        )  # a run of calls may hide a pattern that has one of them
    return min(ways, key=lambda way: sum(map(boxes_of, way)))


def _looped(inner: Sequence[Item], taken: Collection[str], most: int) -> tuple[Item, ...]:
    """A series with its patterns as repeats."""
    numbers: dict[tuple[Any, ...], int] = {}
    keys = [numbers.setdefault(item_structure(item), len(numbers)) for item in inner]
    if len(set(keys)) == len(keys):
        return tuple(inner)
    longest = min(LONGEST, len(keys) // 2)
    runs = {period: run_lengths(keys, period) for period in range(1, longest + 1)}
    result: list[Item] = []
    at = 0
    while at < len(inner):
        loop, used = _best(inner, at, runs, taken, most)
        result.append(loop)
        at += used
    return tuple(result)


def _called(items: Sequence[Item], taken: Collection[str]) -> list[Item]:
    """Runs of one module as repeats."""
    result: list[Item] = []
    at = 0
    while at < len(items):
        first, stop = items[at], at + 1
        if isinstance(first, CallItem):
            most = min(len(items), at + MAX_TIMES)
            while stop < most and _same_module(first, items[stop]):
                stop += 1
        loop = _loop(items[at:stop], 1, taken) if stop > at + 1 else None
        result.append(loop or first)
        at = stop if loop else at + 1
    return result


def _same_module(first: CallItem, other: Item) -> bool:
    return item_structure(other) == item_structure(first)


def _best(
    items: Sequence[Item], at: int, runs: dict[int, list[int]], taken: Collection[str], most: int
) -> tuple[Item, int]:
    """The repeat that begins at a place and covers most; the item itself without one."""
    options = []
    for period, lengths in runs.items():
        times = lengths[at] // period + 1
        if times > 1 and not (period == 1 and times == 2 and _goes_on(items, at)):
            options.append((-times * period, period, times))
    for _, period, times in sorted(options):
        stop = at + times * period
        if period > 1 and stop < len(items) and runs[1][stop - 1] and _is_run(items, stop):
            continue  # it would cut a run
        loop = _loop(items[at : at + period * min(times, MAX_TIMES)], period, taken, most)
        if loop is not None:
            return loop, period * min(times, MAX_TIMES)
    return items[at], 1


def _is_run(items: Sequence[Item], at: int) -> bool:
    """Whether an item goes on with the run before it; calls of one module need be equal."""
    return items[at] == items[at - 1] or not isinstance(items[at], CallItem)


def _goes_on(items: Sequence[Item], at: int) -> bool:
    """Whether two equal layers are part of a run of three that differ only in their badges."""
    first = items[at]
    near = [*items[max(at - 1, 0) : at], *items[at + 2 : at + 3]]
    return isinstance(first, LayerItem) and any(
        isinstance(one, LayerItem) and one.kind == first.kind and one.values == first.values
        for one in near
    )


def _loop(
    items: Sequence[Item], period: int, taken: Collection[str], most: int = MOST_VARIABLES
) -> RepeatItem | None:
    """A repeat of these items; None where a person would write them out."""
    times = len(items) // period
    body = tuple(items[:period])
    if any(isinstance(item, AuxiliaryItem | NameItem | OutputsItem) for item in body):
        return None
    rows = [
        [value for item in items[start : start + period] for value in values_of(item)]
        for start in range(0, len(items), period)
    ]
    columns = [
        FieldColumn(field, tuple(_number(row[place][1]) for row in rows))
        for place, (field, _) in enumerate(rows[0])
    ]
    differing = [column for column in columns if len(set(column.values)) > 1]
    if not _worth_it(body, times, differing):
        return None
    found, texts = infer_parameters(columns, taken, defaults=False)
    calls = period == 1 and isinstance(body[0], CallItem)
    if not calls and len(found) > most + (len(body) > 2):
        return None
    filler = iter(texts)
    filled = tuple(refilled(item, filler) for item in body)
    each = tuple((one.name, tuple(map(text_of, one.values))) for one in found)
    return RepeatItem(times, filled, each)


def _worth_it(body: Sequence[Item], times: int, differing: Sequence[FieldColumn]) -> bool:
    if not all(isinstance(item, LayerItem) for item in body):
        return len(body) == 1 or not differing or times > 2
    kinds = [item.kind for item in body if isinstance(item, LayerItem)]
    if not any(kind in WEIGHED for kind in kinds) or "dense" in kinds:
        return times > 3 and any(KINDS[kind].drawn for kind in kinds)
    if any(kind in ALONE for kind in kinds):
        return times > 3
    sizes = {column.values for column in differing if column.field == "filters"}
    if len(body) == 1:
        return times > 2 or not sizes
    return times > 2 or len(sizes) <= 2


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() and len(text) < 20 else text
