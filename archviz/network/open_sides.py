"""Sides that are open: numbers of which it is known how they depend on names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

UNKNOWN = "?"


class Side(int):
    """A side that depends on what is open; as a number it is that of the first trial.

    What is computed from it is ``?``, so that no such number is shown.
    """

    text: str

    def __new__(cls, value: int, text: str) -> Side:
        """A number with how it depends on the names."""
        side = super().__new__(cls, value)
        side.text = text
        return side

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def __format__(self, form: str) -> str:
        return self.text


class Factor(float):
    """A factor that depends on what is open, as :class:`Side`."""

    text: str

    def __new__(cls, value: float, text: str) -> Factor:
        """A number with how it depends on the names."""
        factor = super().__new__(cls, value)
        factor.text = text
        return factor

    def __str__(self) -> str:
        return self.text

    def __format__(self, form: str) -> str:
        return self.text


def _unknown(name: str) -> Callable[..., Any]:
    """Arithmetic whose result depends on what is open, nobody knows how."""

    def method(side: int, *others: Any) -> Any:
        value = getattr(int, name)(side, *others)
        if value is NotImplemented:
            return value
        return (Side if isinstance(value, int) else Factor)(value, UNKNOWN)

    return method


_BINARY = ("add", "sub", "mul", "floordiv", "mod", "truediv")
for _name in ("neg", *_BINARY, *(f"r{name}" for name in _BINARY)):
    setattr(Side, f"__{_name}__", _unknown(f"__{_name}__"))


class Open(NamedTuple):
    """A name for what is open, and of what it has to be a multiple where shapes are as told."""

    name: str
    multiple: int = 1


def is_open(value: object) -> bool:
    """Whether a number, or one in a shape, is not known."""
    if isinstance(value, tuple):
        return any(map(is_open, value))
    return value is None or isinstance(value, Side | Factor)


def plain_sides(shape: Sequence[int]) -> list[int | str]:
    """A shape as plain data; what is open as text."""
    return [str(side) if isinstance(side, Side) else side for side in shape]


def sentence(found: Sequence[Open], counted: bool) -> str:
    """What a figure says of the sides that are open; ``counted``: multiply-adds are known."""
    names = [one.name for one in found]
    said = []
    steps = {one.multiple for one in found}
    if len(steps) > 1:
        apart = [f"{one.name} of {one.multiple}" for one in found if one.multiple > 1]
        said.append(f"shapes hold for multiples: {listed(apart)}")
    elif steps != {1}:
        said.append(f"shapes hold for multiples of {min(steps)}")
    if not counted:
        said.append(f"multiply-adds depend on {'it' if len(names) == 1 else 'them'}")
    told = ", ".join(said) if len(steps) == 1 else "; ".join(said)
    start = f"{listed(names)} {'is' if len(names) == 1 else 'are'} open"
    return f"{start}; {told}." if told else f"{start}."


def listed(words: Sequence[str]) -> str:
    """``H``, ``H and W``, ``D, H and W``."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
