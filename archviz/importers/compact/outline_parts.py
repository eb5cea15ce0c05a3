"""Parts of an outline in the making: calls in chains, columns of values, numbers of modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archviz.importers.compact.outline import CallItem, Item, inner_series, with_inner_series
from archviz.importers.compact.parameters import FieldColumn
from archviz.importers.compact.structure import VaryingField
from archviz.importers.compact.tree import Call, Chain, chains_of


def called_in(chain: Chain) -> Iterator[int]:
    """The modules that are called in a chain, but not in their bodies."""
    for element in chain:
        if isinstance(element, Call):
            yield element.module
        else:
            for inner in chains_of(element):
                yield from called_in(inner)


def columns(rows: Sequence[Sequence[VaryingField]]) -> list[FieldColumn]:
    """The fields of rows that have the same ones, with their values."""
    return [
        FieldColumn(field, tuple(row[place][1] for row in rows))
        for place, (field, _) in enumerate(rows[0])
    ]


def renumbered(items: Sequence[Item], places: Mapping[int, int]) -> tuple[Item, ...]:
    """Items whose calls count the modules of the outline."""
    found = []
    for item in items:
        if isinstance(item, CallItem):
            item = item._replace(module=places[item.module])
        found.append(
            with_inner_series(item, tuple(renumbered(one, places) for one in inner_series(item)))
        )
    return tuple(found)
