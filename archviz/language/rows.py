"""The row of a network that is used in another spec, and what can be named in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archviz.language.syntax import (
    AuxiliarySpec,
    CallSpec,
    FromSpec,
    GraphSpec,
    ItemSpec,
    LayerSpec,
    NamedSpec,
    RepeatSpec,
    SeriesSpec,
    StageSpec,
)


class Row(NamedTuple):
    """The items of a used network, out of their stages, and the places among them.

    A place is the number of items up to it, names of values not counted.
    """

    items: tuple[ItemSpec, ...]
    places: Mapping[str, int]
    twice: frozenset[str]
    """Names of several places."""
    inner: Mapping[str, int]
    """Values that have a name inside an item, by that item's number."""
    auxiliary: int
    """Behind which item the first auxiliary classifier was; 0 for none."""


def numbered(items: Sequence[ItemSpec]) -> Iterator[tuple[int, ItemSpec]]:
    """Items with their places; names of values are at the place of what is before them."""
    number = 0
    for item in items:
        number += not isinstance(item, NamedSpec)
        yield number, item


def within(part: Any) -> Iterator[ItemSpec]:
    """All items in a part of a spec."""
    if isinstance(part, ItemSpec):
        yield part
    if type(part) is tuple or (isinstance(part, ItemSpec) and not isinstance(part, LayerSpec)):
        for inner in part:
            yield from within(inner)


def values_of(item: ItemSpec) -> tuple[str, ...]:
    """The names of values that an item gives itself."""
    match item:
        case NamedSpec():
            return (item.name,)
        case LayerSpec():
            names: tuple[str, ...] = item.fields.get("gives", ())
            return names
        case CallSpec():
            return tuple(there for _, there in item.gives)
    return ()


def taken_by(item: ItemSpec) -> tuple[str, ...]:
    """The names of values that an item takes itself."""
    match item:
        case FromSpec():
            return item.names
        case LayerSpec():
            names: tuple[str, ...] = item.fields.get("takes", ())
            return names
        case CallSpec():
            return tuple(given for _, given in item.inputs)
        case GraphSpec():
            return tuple(source for source, _ in item.edges)
    return ()


def row_of(series: SeriesSpec) -> Row:
    """The row of a network, and what can be named in it.

    Names of items and of values, titles of stages, and modules that stand in one item only.
    """
    items: list[ItemSpec] = []
    places: dict[str, set[int]] = {}
    modules: dict[str, set[int]] = {}
    inner: dict[str, int] = {}
    many: set[str] = set()
    auxiliary = 0
    for number, item, ends in _opened(series):
        if isinstance(item, AuxiliarySpec):
            auxiliary = auxiliary or number
            continue
        for name in _names(item):
            places.setdefault(name, set()).add(number)
        if ends:
            continue
        items.append(item)
        if module := _module(item):
            modules.setdefault(module, set()).add(number)
        if not isinstance(item, NamedSpec):
            inner |= {value: number for part in within(item) for value in values_of(part)}
            many |= {
                value
                for repeat in within(item)
                if isinstance(repeat, RepeatSpec)
                for part in within(repeat)
                for value in values_of(part)
            }
    for name, numbers in modules.items():
        if len(numbers) == 1:
            places.setdefault(name, numbers)
    twice = {name for name, numbers in places.items() if len(numbers) > 1 or name in inner} | many
    once = {name: min(numbers) for name, numbers in places.items() if name not in twice}
    given = {name: number for name, number in inner.items() if name not in twice}
    return Row(tuple(items), once, frozenset(twice), given, auxiliary)


def _opened(series: SeriesSpec, number: int = 0) -> Iterator[tuple[int, ItemSpec, bool]]:
    """The items of a row with their places; of a stage its items, and then where it ends."""
    for item in series:
        if isinstance(item, StageSpec):
            for place, inner, ends in _opened(item.body, number):
                yield place, inner, ends
                number = place
        else:
            number += not isinstance(item, NamedSpec | AuxiliarySpec)
        yield number, item, isinstance(item, StageSpec)


def _module(item: ItemSpec) -> str:
    """The module that an item is a call of, or a repeat of such calls."""
    if isinstance(item, RepeatSpec):
        bodies = (item.body, *(row for _, row in item.rows))
        calls = {_module(inner) for body in bodies for inner in body}
        return calls.pop() if len(calls) == 1 else ""
    return item.module if isinstance(item, CallSpec) else ""


def _names(item: ItemSpec) -> set[str]:
    """What an item is called."""
    if isinstance(item, NamedSpec):
        return {item.name}
    if isinstance(item, LayerSpec):
        return {item.fields["name"]} if item.fields.get("name") else set()
    titles = {item.title, item.title.partition(",")[0]} if isinstance(item, StageSpec) else set()
    style = getattr(item, "style", None)
    return (titles | {style.name if style else ""}) - {""}
