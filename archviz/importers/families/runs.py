"""A row of blocks as repeats: runs of equal blocks, and patterns of such runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

MOST_PERIOD = 16
MOST_LEAD = 8


def repeats(row: Sequence[str]) -> list[Any]:
    """Items of a spec for blocks by their names, as few as tell all of them."""
    best = _items(row)
    for lead in range(min(MOST_LEAD, len(row)) + 1):
        for period in range(2, min(MOST_PERIOD, (len(row) - lead) // 2) + 1):
            pattern = row[lead : lead + period]
            times = 1
            while list(row[lead + times * period : lead + (times + 1) * period]) == list(pattern):
                times += 1
            if times < 2:
                continue
            rest = row[lead + times * period :]
            inner = {"repeat": times, "of": _items(pattern)}
            found = [*_items(row[:lead]), inner, *_items(rest)]
            if _length(found) < _length(best):
                best = found
    return best


def _items(row: Sequence[str]) -> list[Any]:
    """Equal neighbours, each with their number."""
    found: list[Any] = []
    for name, some in groupby(row):
        times = len(list(some))
        found.append(name if times == 1 else {"repeat": times, "of": name})
    return found


def _length(items: Sequence[Any]) -> int:
    """How many items there are to read, those in repeats too."""
    inner = [one["of"] for one in items if isinstance(one, dict)]
    return len(items) + sum([len(one) for one in inner if isinstance(one, list)])
