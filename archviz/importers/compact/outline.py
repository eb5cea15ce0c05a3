"""The outline of a network: what its spec will say, with every value as a text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias, assert_never

from archviz.importers.compact.outputs import BEGINS
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS

MANY = 20
"""Convolutions from which on one note stands for all their badges."""

WHEN = "when"
"""Behind the arguments of a call that may be left out: when it stands."""

Values: TypeAlias = tuple[tuple[str, str], ...]
"""Fields and their texts."""


class LayerItem(NamedTuple):
    """A layer: the options that are always the same, and fields that may hold a parameter."""

    kind: str
    fixed: tuple[tuple[str, Any], ...] = ()
    values: Values = ()


class CallItem(NamedTuple):
    """A call of a module with its arguments."""

    module: int
    values: Values = ()


class RepeatItem(NamedTuple):
    """A repeat; ``each`` has a text an iteration.

    ``often`` says how often in words that may hold a parameter; then ``times`` says nothing.
    """

    times: int
    body: tuple[Item, ...]
    each: tuple[tuple[str, tuple[str, ...]], ...] = ()
    often: str = ""


class ParallelItem(NamedTuple):
    """Parallel paths: ``form`` is ``towers``, ``residual`` or ``fork``, which has no merge.

    A residual has its main path first and its shortcut second. ``copies`` above 1: one path
    that many times.
    """

    form: str
    branches: tuple[tuple[Item, ...], ...]
    merge: LayerItem | None = None
    copies: int = 1


class GraphItem(NamedTuple):
    """A graph: named nodes and edges."""

    nodes: tuple[tuple[str, tuple[Item, ...]], ...]
    edges: tuple[tuple[str, str], ...]


class AuxiliaryItem(NamedTuple):
    """An auxiliary classifier."""

    body: tuple[Item, ...]


class OutputsItem(NamedTuple):
    """Several outputs: their names, and what leads to each."""

    branches: tuple[tuple[str, tuple[Item, ...]], ...]


class NameItem(NamedTuple):
    """A name for the value behind the item before it."""

    name: str


Item: TypeAlias = (
    NameItem
    | LayerItem
    | CallItem
    | RepeatItem
    | ParallelItem
    | GraphItem
    | AuxiliaryItem
    | OutputsItem
)


class Parameter(NamedTuple):
    """What a module takes; ``default`` is empty where there is none."""

    name: str
    default: str = ""


class OutlineModule(NamedTuple):
    """A module of the outline."""

    name: str
    label: str
    title: str
    color: str
    takes: tuple[Parameter, ...]
    body: tuple[Item, ...]
    inputs: tuple[str, ...] = ()
    """Named values that it takes besides what comes in."""


class Outline(NamedTuple):
    """A network as its spec will have it."""

    name: str
    input: LayerItem | None
    """None where towers or a graph begin with several."""
    modules: tuple[OutlineModule, ...]
    body: tuple[Item, ...]
    hidden: str = ""
    """The kind of which the badges are left out, because a note says them once."""
    notes: tuple[str, ...] = ()
    direction: str = ""
    """The way in which its figure is read, where that is not the usual one."""
    united: bool = False
    """Whether variants of a block are one module."""


def inner_series(item: Item) -> tuple[tuple[Item, ...], ...]:
    """The series in an item."""
    match item:
        case LayerItem() | CallItem() | NameItem():
            return ()
        case RepeatItem() | AuxiliaryItem():
            return (item.body,)
        case ParallelItem():
            return item.branches
        case GraphItem():
            return tuple(body for _, body in item.nodes)
        case OutputsItem():
            return tuple(body for _, body in item.branches)
        case _:
            assert_never(item)


def with_inner_series(item: Item, series: tuple[tuple[Item, ...], ...]) -> Item:
    """An item with other series in it."""
    match item:
        case LayerItem() | CallItem() | NameItem():
            return item
        case RepeatItem() | AuxiliaryItem():
            return item._replace(body=series[0])
        case ParallelItem():
            return item._replace(branches=series)
        case GraphItem():
            names = [name for name, _ in item.nodes]
            return item._replace(nodes=tuple(zip(names, series, strict=True)))
        case OutputsItem():
            names = [name for name, _ in item.branches]
            return item._replace(branches=tuple(zip(names, series, strict=True)))
        case _:
            assert_never(item)


def begun(items: Sequence[Item]) -> list[str]:
    """The names of values that items go on from."""
    names: list[str] = []
    for item in items:
        if isinstance(item, LayerItem) and item.kind == "input":
            names += [name for field, name in item.fixed if field == BEGINS]
        for series in inner_series(item):
            names += begun(series)
    return names


def going_on(items: tuple[Item, ...], name: str) -> tuple[Item, ...]:
    """Items that begin with the value of this name, where that is what comes in anyhow."""
    first = items[0] if items else None
    if isinstance(first, LayerItem):
        return items[begun((first,)) == [name] :]
    if isinstance(first, ParallelItem):
        paths = tuple([going_on(path, name) for path in first.branches])
        return (first._replace(branches=paths), *items[1:])
    return items


def with_names(items: Sequence[Item], kept: Collection[str]) -> tuple[Item, ...]:
    """Items without names of values but for these."""
    return tuple(
        [
            with_inner_series(item, tuple([with_names(one, kept) for one in inner_series(item)]))
            for item in items
            if not isinstance(item, NameItem) or item.name in kept
        ]
    )


def values_of(item: Item) -> Iterator[tuple[str, str]]:
    """All texts of an item that may differ between equal structures, with their fields."""
    if isinstance(item, LayerItem | CallItem):
        yield from item.values
        return
    for series in inner_series(item):
        for inner in series:
            yield from values_of(inner)
    if isinstance(item, ParallelItem) and item.merge is not None:
        yield from item.merge.values
    elif isinstance(item, RepeatItem):
        for name, texts in item.each:
            for text in texts:
                yield f"each-{name}", text
        if item.often:
            yield "times", item.often


def item_structure(item: Item) -> tuple[Any, ...]:
    """All of an item but these texts."""
    inner = tuple(tuple(item_structure(one) for one in series) for series in inner_series(item))
    match item:
        case LayerItem():
            return "layer", item.kind, item.fixed, tuple(field for field, _ in item.values)
        case CallItem():
            return "call", item.module, len(item.values)
        case RepeatItem():
            names = tuple((name, len(texts)) for name, texts in item.each)
            return "repeat", item.times, bool(item.often), inner, names
        case ParallelItem():
            merge = item_structure(item.merge) if item.merge else ()
            return "parallel", item.form, item.copies, inner, merge
        case GraphItem():
            return "graph", inner, item.edges
        case AuxiliaryItem():
            return "auxiliary", inner
        case OutputsItem():
            return "outputs", inner
        case NameItem():
            return "name", item.name
        case _:
            assert_never(item)


def refilled(item: Item, texts: Iterator[str]) -> Item:
    """An item with other texts, in the order of :func:`values_of`."""
    if isinstance(item, LayerItem | CallItem):
        return item._replace(values=tuple((field, next(texts)) for field, _ in item.values))
    series = tuple(tuple(refilled(one, texts) for one in inner) for inner in inner_series(item))
    made = with_inner_series(item, series)
    if isinstance(made, ParallelItem) and made.merge is not None:
        merge = refilled(made.merge, texts)
        assert isinstance(merge, LayerItem)
        return made._replace(merge=merge)
    if isinstance(made, RepeatItem):
        each = tuple((name, tuple(next(texts) for _ in old)) for name, old in made.each)
        return made._replace(each=each, often=next(texts) if made.often else "")
    return made


def layer_items(outline: Outline) -> Iterator[LayerItem]:
    """All layers of an outline, modules written once."""
    waiting: list[Item] = [
        *outline.body,
        *(item for module in outline.modules for item in module.body),
    ]
    while waiting:
        item = waiting.pop()
        if isinstance(item, LayerItem):
            yield item
            continue
        if isinstance(item, ParallelItem) and item.merge is not None:
            yield item.merge
        for series in inner_series(item):
            waiting += series


def boxes(outline: Outline) -> int:
    """How many boxes a figure has in its row and its panels."""
    rows = [outline.body, *[module.body for module in outline.modules]]
    first = 0 if outline.input is None else 1
    return first + sum(boxes_of(item) for row in rows for item in row)


def boxes_of(item: Item) -> int:
    """How many boxes are drawn of an item; those in a repeat once."""
    if isinstance(item, LayerItem):
        drawn = dict(item.fixed).get("drawn", KINDS[item.kind].drawn)
        return int(bool(drawn))
    inside = sum(boxes_of(one) for series in inner_series(item) for one in series)
    merged = isinstance(item, ParallelItem) and item.merge is not None
    return inside + merged + isinstance(item, CallItem)


def badges_once(outline: Outline) -> tuple[str, str]:
    """Convolutions as a kind whose badges a note can say once, and the note; else nothing."""
    found = set()
    count = 0
    for item in layer_items(outline):
        if item.kind == "conv":
            fixed = dict(item.fixed)
            found.add((fixed.get("norm", "none"), fixed.get("activation", "none")))
            count += 1
    if count < MANY or len(found) > 1:
        return "", ""
    norm, activation = found.pop()
    titles = [NORMS[norm].title.removesuffix(" without scale")] if norm != "none" else []
    titles += [ACTIVATIONS[activation].title] if activation != "none" else []
    if not titles:
        return "", ""
    words = " and ".join(titles)
    verb = "follow" if len(titles) > 1 else "follows"
    note = f"{words[:1].upper()}{words[1:]} {verb} each convolution; badges are left out."
    return "conv", note
