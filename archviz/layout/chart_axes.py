"""The axes of a chart: where values stand, and which of them are written beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple

from archviz.network.numbers import Number

LOG_FROM = 12.0
"""How many times the least value the greatest is at least on an axis of powers of ten."""
TINY = 1e-9
SETS: tuple[tuple[int, ...], ...] = ((1, 2, 5), (1, 3), (1,))
"""Values within a power of ten that have a tick, the most first."""
STEPS = (1, 2, 5)


class Tick(NamedTuple):
    """A value on an axis, where it stands in pixels, and what is written there."""

    at: float
    text: str


class Axis(NamedTuple):
    """A number along a line from ``start`` to ``end``, pixels; ``low`` and ``high`` are the values
    there, or their logarithms."""

    number: Number
    start: float
    end: float
    low: float
    high: float
    log: bool = False

    def at(self, value: float) -> float:
        """Where a value stands."""
        known = log10(value) if self.log else value
        return self.start + (known - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def scale(self) -> str:
        """What is said of it behind its name."""
        return ", logarithmic" if self.log else ""

    def ticks(self, pitch: float) -> list[Tick]:
        """As many round values as stand ``pitch`` pixels from one another or more."""
        length = abs(self.end - self.start)
        most = max(2, floor(length / pitch))
        values = _of_log(self.low, self.high, most) if self.log else self._of_line(most)
        return [Tick(self.at(value), tick_text(self.number, value)) for value in values]

    def _of_line(self, most: int) -> list[float]:
        span = self.high - self.low
        for step in _steps(span / most, 1.0 if self.number.form in ("year", "count") else 0.0):
            low = max(self.low, 0.0)
            high = min(self.high, 1.0) if self.number.form == "share" else self.high
            first, last = ceil(low / step - TINY), floor(high / step + TINY)
            if last - first + 1 <= most:
                return [number * step for number in range(first, last + 1)]
        return []


def _of_log(low: float, high: float, most: int) -> list[float]:
    """Round values between two powers of ten; those of fewer digits where they would be many."""
    powers = range(floor(low), ceil(high) + 1)
    found: list[float] = []
    for digits in SETS:
        found = [float(d * 10**p) if p >= 0 else d / 10**-p for p in powers for d in digits]
        found = [value for value in found if low - TINY <= log10(value) <= high + TINY]
        near = min((log10(b / a) for a, b in pairwise(found)), default=1.0)
        if near * most >= high - low:
            return found
    thin = ceil(len(found) / most)
    return found[::thin]


def _steps(least: float, whole: float) -> Iterator[float]:
    """Round steps from the least on."""
    power = floor(log10(max(least, TINY)))
    while True:
        for digit in STEPS:
            step = float(digit * 10**power) if power >= 0 else digit / 10**-power
            if step >= max(least * (1 - TINY), whole):
                yield step
        power += 1


def tick_text(number: Number, value: float) -> str:
    """``70 %``, ``5 M``, ``2015``, ``100 MB``."""
    if number.form == "share":
        return f"{100 * value:.4g} %"
    if number.form == "year":
        return f"{value:.0f}"
    if number.form == "MB":
        return f"{value:,.0f} MB"
    for unit, name in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= 0.9995 * unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:.0f}"


def axis_of(number: Number, values: Sequence[float], start: float, end: float, pad: float) -> Axis:
    """The axis of values, all of them ``pad`` pixels or more from its ends."""
    least, most = min(values), max(values)
    log = number.form in ("count", "MB") and least > 0 and most >= least * LOG_FROM
    low, high = (log10(least), log10(most)) if log else (least, most)
    if high - low < TINY * max(1.0, abs(high)):
        room = 0.3 if log else {"share": 0.05, "year": 1.0}.get(number.form, abs(high) / 2 or 1.0)
        low, high = low - room, high + room
    inner = max(1.0, abs(end - start) - 2 * pad)
    more = (high - low) * pad / inner
    return Axis(number, start, end, low - more, high + more, log)
