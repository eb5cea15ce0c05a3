"""The outline of a network: what its spec will say, with every value as a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from archviz.network.kinds import ACTIVATIONS, NORMS

MANY = 20
"""Convolutions from which on one note stands for all their badges."""

Values: TypeAlias = tuple[tuple[str, str], ...]
"""Fields and their texts."""


class Cell(NamedTuple):
    """A layer: the options that are always the same, and fields that may hold a parameter."""

    kind: str
    fixed: tuple[tuple[str, Any], ...] = ()
    values: Values = ()


class Invoke(NamedTuple):
    """A call of a module with its arguments."""

    module: int
    values: Values = ()


class Loop(NamedTuple):
    """A repeat; ``each`` has a text an iteration."""

    times: int
    body: tuple[Item, ...]
    each: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Split(NamedTuple):
    """Parallel paths: ``form`` is ``towers``, ``residual`` or ``fork``, which has no merge.

    A residual has its main path first and its shortcut second. ``copies`` above 1: one path
    that many times.
    """

    form: str
    branches: tuple[tuple[Item, ...], ...]
    merge: Cell | None = None
    copies: int = 1


class Wires(NamedTuple):
    """A graph: named nodes and edges."""

    nodes: tuple[tuple[str, tuple[Item, ...]], ...]
    edges: tuple[tuple[str, str], ...]


class Head(NamedTuple):
    """An auxiliary classifier."""

    body: tuple[Item, ...]


Item: TypeAlias = Cell | Invoke | Loop | Split | Wires | Head


class Parameter(NamedTuple):
    """What a module takes; ``default`` is empty where there is none."""

    name: str
    default: str = ""


class Unit(NamedTuple):
    """A module of the outline."""

    name: str
    label: str
    title: str
    color: str
    takes: tuple[Parameter, ...]
    body: tuple[Item, ...]


class Outline(NamedTuple):
    """A network as its spec will have it."""

    name: str
    input: Cell | None
    """None where towers or a graph begin with several."""
    units: tuple[Unit, ...]
    body: tuple[Item, ...]
    hidden: str = ""
    """The kind of which the badges are left out, because a note says them once."""
    notes: tuple[str, ...] = ()
    joined: bool = False
    """Whether several outputs are brought together in a box that the model does not have."""


def parts(item: Item) -> tuple[tuple[Item, ...], ...]:
    """The series in an item."""
    if isinstance(item, Split):
        return item.branches
    if isinstance(item, Wires):
        return tuple(body for _, body in item.nodes)
    return (item.body,) if isinstance(item, Loop | Head) else ()


def with_parts(item: Item, series: tuple[tuple[Item, ...], ...]) -> Item:
    """An item with other series in it."""
    if isinstance(item, Split):
        return item._replace(branches=series)
    if isinstance(item, Wires):
        names = [name for name, _ in item.nodes]
        return item._replace(nodes=tuple(zip(names, series, strict=True)))
    return item._replace(body=series[0]) if isinstance(item, Loop | Head) else item


def values_of(item: Item) -> Iterator[tuple[str, str]]:
    """All texts of an item that may differ between equal structures, with their fields."""
    if isinstance(item, Cell | Invoke):
        yield from item.values
        return
    for series in parts(item):
        for inner in series:
            yield from values_of(inner)
    if isinstance(item, Split) and item.merge is not None:
        yield from item.merge.values
    elif isinstance(item, Loop):
        for name, texts in item.each:
            for text in texts:
                yield f"each-{name}", text


def structure(item: Item) -> tuple[Any, ...]:
    """All of an item but these texts."""
    if isinstance(item, Cell):
        return "cell", item.kind, item.fixed, tuple(field for field, _ in item.values)
    if isinstance(item, Invoke):
        return "call", item.module
    inner = tuple(tuple(structure(one) for one in series) for series in parts(item))
    if isinstance(item, Split):
        merge = structure(item.merge) if item.merge else ()
        return "split", item.form, item.copies, inner, merge
    if isinstance(item, Wires):
        return "wires", inner, item.edges
    if isinstance(item, Loop):
        names = tuple((name, len(texts)) for name, texts in item.each)
        return "loop", item.times, inner, names
    return "head", inner


def refilled(item: Item, texts: Iterator[str]) -> Item:
    """An item with other texts, in the order of :func:`values_of`."""
    if isinstance(item, Cell | Invoke):
        return item._replace(values=tuple((field, next(texts)) for field, _ in item.values))
    series = tuple(tuple(refilled(one, texts) for one in inner) for inner in parts(item))
    made = with_parts(item, series)
    if isinstance(made, Split) and made.merge is not None:
        merge = refilled(made.merge, texts)
        assert isinstance(merge, Cell)
        return made._replace(merge=merge)
    if isinstance(made, Loop):
        each = tuple((name, tuple(next(texts) for _ in old)) for name, old in made.each)
        return made._replace(each=each)
    return made


def cells(outline: Outline) -> Iterator[Cell]:
    """All layers of an outline, modules written once."""
    waiting: list[Item] = [*outline.body, *(item for unit in outline.units for item in unit.body)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Cell):
            yield item
            continue
        if isinstance(item, Split) and item.merge is not None:
            yield item.merge
        for series in parts(item):
            waiting += series


def badges_once(outline: Outline) -> tuple[str, str]:
    """Convolutions as a kind whose badges a note can say once, and the note; else nothing."""
    found = set()
    count = 0
    for cell in cells(outline):
        if cell.kind == "conv":
            fixed = dict(cell.fixed)
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
