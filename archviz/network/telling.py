"""What a network comes to at a few sizes, told as it depends on the names of open sides.

A network with open sides is worked out at several sizes, the trials: at a first one, with each
name alone at another size, and twice with all at others. What is a number in each of them, and not
the same, is told from them: ``H/2``, ``H·W/256``, ``(N+1)``. So no rule of a kind knows of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import gcd, lcm, prod
from typing import Any, TypeAlias

from archviz.network.open_sides import UNKNOWN, Factor, Open, Side

Sizes: TypeAlias = tuple[Mapping[str, int], ...]
"""The sizes of all names, by trial."""
BASES = (6720, 960, 192, 64, 32, 16, 8, 4, 2, 1)
"""What the sizes of a trial are multiples of: what strides divide, and what short tables hold."""
_PRIMES = tuple([n for n in range(11, 110) if all(n % divisor for divisor in (2, 3, 5, 7))])
MAX_NAMES = len(_PRIMES) // 4
MAX_FACTORS = 3
"""Names that are multiplied with one another."""
_OPEN_COUNTS = frozenset({"macs", "products", "changed"})


class UntoldError(Exception):
    """The trials are not the same network."""


def trial_sizes(names: Sequence[str], base: int, multiples: Sequence[int] = _PRIMES) -> Sizes:
    """The sizes of all names in each trial: multiples of ``base``, four of each name."""
    count = len(names)
    first, other, *last = (
        {name: base * multiples[place + turn * count] for place, name in enumerate(names)}
        for turn in range(4)
    )
    return (first, *({**first, name: other[name]} for name in names), *last)


class Telling:
    """Brings the trials of a network together, and notes what its names are multiples of."""

    digits = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
    """A number in a text."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.names = tuple(sizes[0])
        self.base = gcd(*(size for one in sizes for size in one.values()))
        self.multiples = dict.fromkeys(self.names, 1)
        self.told: dict[tuple[Fraction, ...], str] = {}
        self.done: dict[tuple[int, ...], Any] = {}

    @property
    def open(self) -> tuple[Open, ...]:
        """The names, with their multiples so far."""
        return tuple([Open(name, many) for name, many in self.multiples.items()])

    # ---- trees -----------------------------------------------------------------------

    def together(self, values: Sequence[Any]) -> Any:
        """One tree for those of all trials; :class:`UntoldError` where they are not alike."""
        first = values[0]
        if all(value is first for value in values):
            return first
        kind = type(first)
        if any(type(value) is not kind for value in values):
            raise UntoldError
        if isinstance(first, tuple):
            key = tuple(map(id, values))
            if key not in self.done:
                self.done[key] = self.tuples(values)
            return self.done[key]
        if isinstance(first, dict):
            if any(list(value) != list(first) for value in values):
                raise UntoldError
            return {name: self.together([value[name] for value in values]) for name in first}
        if all(value == first for value in values):
            return first
        if kind is int:
            return Side(first, self.number(values))
        if kind is float:
            return Factor(first, self.number(values))
        if kind is str:
            return self.text(values)
        raise UntoldError

    def tuples(self, values: Sequence[tuple[Any, ...]]) -> Any:
        """Tuples, side by side; counts of multiply-adds that differ are left out."""
        first = values[0]
        fields: Sequence[str] = getattr(first, "_fields", ())
        if any(len(value) != len(first) for value in values):
            raise UntoldError
        found = []
        for place, inner in enumerate(zip(*values, strict=True)):
            count = bool(fields) and fields[place] in _OPEN_COUNTS
            if count and any(one != inner[0] for one in inner):
                found.append(() if isinstance(inner[0], tuple) else None)
            else:
                found.append(self.together(inner))
        if all(one is old for one, old in zip(found, first, strict=True)):
            return first
        return type(first)._make(found) if fields else tuple(found)  # type: ignore[attr-defined]

    def text(self, values: Sequence[str]) -> str:
        """Texts that differ in their numbers alone."""
        rest = {self.digits.sub("#", value) for value in values}
        if len(rest) > 1:
            raise UntoldError
        numbers = zip(*map(self.digits.findall, values), strict=True)
        told = iter([one[0] if len({*one}) == 1 else self.numbers(one) for one in numbers])
        return self.digits.sub(lambda found: next(told), values[0])

    def numbers(self, values: Sequence[str]) -> str:
        """How a number in a text depends on the names."""
        if len({*values}) == 1:
            return values[0]
        return self.number([Fraction(value.replace(",", "")) for value in values])

    # ---- numbers ---------------------------------------------------------------------

    def number(self, values: Sequence[int | float | Fraction]) -> str:
        """How a number depends on the names: ``H/2``, ``(N+1)``, ``?`` where that is not simple."""
        key = tuple([Fraction(value) for value in values])
        if key not in self.told:
            terms = self.terms(key)
            self.told[key] = self.shown(terms) if terms else UNKNOWN
            for names, factor in terms or ():
                if len(names) == 1:
                    self.multiples[names[0]] = lcm(self.multiples[names[0]], factor.denominator)
        return self.told[key]

    def shown(self, terms: Terms) -> str:
        """A sum as figures have it."""
        return shown(terms)

    def terms(self, values: Sequence[Fraction]) -> Terms | None:
        """The sum that gives a number in each trial; None where there is none of those tried."""
        moved = [
            name for name, value in zip(self.names, values[1:-2], strict=True) if value != values[0]
        ]
        for forms in _forms(moved):
            factors = _solved(
                [[prod(sizes[name] for name in form) for form in forms] for sizes in self.sizes],
                values,
            )
            terms = tuple(zip(forms, factors, strict=bool(factors)))
            # each is whole at all sizes that are tried, or it is what it is by chance
            if terms and all(factor * self.base ** len(form) % 1 == 0 for form, factor in terms):
                return terms
        return None


Terms: TypeAlias = tuple[tuple[tuple[str, ...], Fraction], ...]
"""Products of names, each with its factor; that of no name is a number."""


def _forms(moved: Sequence[str]) -> Iterator[Sequence[tuple[str, ...]]]:
    """What a number that depends on names may be a sum of: products of names, and a number.

    Fewer products than there are trials, so that one is left to prove it.
    """
    alone = [(name,) for name in moved]
    if not moved:
        return
    yield [*alone, ()]
    if len(moved) <= MAX_FACTORS:
        whole = tuple(moved)
        yield [whole, ()]
        yield [tuple(sorted(whole * 2)), whole, ()]
        for powers in sorted(product((1, 2), repeat=len(moved)), key=sum):
            form = (name for name, power in zip(moved, powers, strict=True) for _ in range(power))
            yield [tuple(form), ()]
    if len(moved) == 2:
        yield [whole, *alone, ()]


def _solved(rows: Sequence[Sequence[int]], values: Sequence[Fraction]) -> list[Fraction]:
    """The factors with which each row of numbers comes to its value; none where that cannot be."""
    table = [[*map(Fraction, row), value] for row, value in zip(rows, values, strict=True)]
    count = len(rows[0])
    for column in range(count):
        pivot = next((row for row in table[column:] if row[column]), None)
        if pivot is None:
            return []
        table.remove(pivot)
        table.insert(column, [number / pivot[column] for number in pivot])
        for place, row in enumerate(table):
            if place != column and row[column]:
                pairs = zip(row, table[column], strict=True)
                table[place] = [number - row[column] * other for number, other in pairs]
    if any(row[count] for row in table[count:]):
        return []
    return [row[count] for row in table[:count]]


def shown(terms: Terms, times: str = "·", minus: str = "−") -> str:
    """A sum as text: ``3H/4``, ``H·W/256``, ``(H/2−1)``; in brackets where it has several terms."""
    parts = []
    for names, factor in terms:
        if not factor:
            continue
        sign = minus if factor < 0 else "+"
        top, bottom = abs(factor.numerator), factor.denominator
        words = [*([str(top)] if top > 1 or not names else []), *names]
        glue = "" if times == "·" and len(names) == 1 and len(names[0]) == 1 else times
        parts.append(sign + glue.join(words) + (f"/{bottom}" if bottom > 1 else ""))
    text = "".join(parts).removeprefix("+")
    return f"({text})" if len(parts) > 1 else text
