"""Parameters of a module from the values of its calls.

The calls are a table, a row a call and a column a field. Columns that always go together, or by
a factor, are one parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from math import gcd
from typing import NamedTuple, TypeAlias

from archviz.importers.compact.structure import OPTIONAL, PRESENT, FieldValue
from archviz.language.options import RESERVED

NAMES = {
    "size": "width",
    "kernel": "k",
    "stride": "stride",
    "padding": "edge",
    "value": "size",
    "count": "heads",
    "weights": "weights",
    "macs": "macs",
    "activation": "after",
    "present": "lead",
    "times": "times",
    "number": "factor",
    "norm": "norm",
    "bias": "biased",
    "multiplier": "multiplier",
    "dilation": "dilation",
}
FACTORED = frozenset({"size", "weights", "macs", "count"})
"""Kinds of fields of which one may be a multiple of another."""
WITH_DEFAULT = frozenset(
    {"kernel", "stride", "padding", "activation", "present", "dilation", "norm", "bias"}
)
LARGEST_FACTOR = 64
HALF = "half-kernel"
"""A padding that is half of the kernel, as a column of kernels."""


ColumnKey: TypeAlias = tuple[str, tuple[FieldValue, ...]]
"""The kind of a field, and its values in all calls."""


class FieldColumn(NamedTuple):
    """A column of the table: a field and its values in all calls."""

    field: str
    values: tuple[FieldValue, ...]


class InferredParameter(NamedTuple):
    """A parameter, the kind of its field, and its values in all calls."""

    name: str
    field: str
    values: tuple[FieldValue, ...]
    default: str = ""


def text_of(value: FieldValue) -> str:
    """A value as a spec states it."""
    if isinstance(value, float):
        text = f"{value:.12f}".rstrip("0").rstrip(".")
        return text or "0"
    return str(value)


def infer_parameters(
    columns: Sequence[FieldColumn], taken: Collection[str] = (), defaults: bool = True
) -> tuple[list[InferredParameter], list[str]]:
    """The fewest parameters that give all columns, and the text of each column."""
    columns = _centred(_filled(columns))
    texts: list[str] = [""] * len(columns)
    varying: dict[ColumnKey, list[int]] = {}
    for index, column in enumerate(columns):
        values = unified(column.values) if family(column.field) == "padding" else column.values
        if len(set(values)) == 1:
            texts[index] = text_of(values[0])
        else:
            varying.setdefault((family(column.field), values), []).append(index)
    bases = _bases(list(varying))
    order = {key: min(indices) for key, indices in varying.items()}
    used = {base for base, _, _ in bases.values()}
    leading = sorted(used, key=order.__getitem__)
    names = _names(leading, [columns[order[key]].field for key in leading], taken)
    for key, indices in varying.items():
        base, factor, divisor = bases[key]
        text = names[base] if factor == 1 else f"{factor}*{names[base]}"
        text = text if divisor == 1 else f"{text}/{divisor}"
        for index in indices:
            texts[index] = f"({text}-1)/2" if columns[index].field == HALF else text
    found = []
    for key in leading:
        default = _default(key[0], key[1]) if defaults else ""
        field = columns[order[key]].field
        field = field if field in OPTIONAL else key[0]
        found.append(InferredParameter(names[key], field, key[1], default))
    found.sort(key=lambda one: bool(one.default))
    return found, texts


def _filled(columns: Sequence[FieldColumn]) -> list[FieldColumn]:
    """Columns with values where layers are not there: those of a column that is else the same."""
    whole = [column for column in columns if None not in column.values]
    result: list[FieldColumn] = []
    for column in columns:
        if None in column.values:
            column = column._replace(values=_like_others(column, whole))
            whole.append(column)
        result.append(column)
    return result


def _like_others(column: FieldColumn, others: Sequence[FieldColumn]) -> tuple[FieldValue, ...]:
    """The values of a column with those that it lacks."""
    known = [value for value in column.values if value is not None]
    constant = len({*known}) == 1
    kind = family(column.field)
    for other in others:
        if constant or family(other.field) != kind:
            continue
        if kind in FACTORED and known and isinstance(known[0], int):
            found = _multiple(column.values, other.values)
            if found:
                return found
        elif all(a in (None, b) for a, b in zip(column.values, other.values, strict=True)):
            return other.values
    last = known[0] if known else 1
    values: list[FieldValue] = []
    for value in column.values:
        last = last if value is None else value
        values.append(last)
    return tuple(values)


def _multiple(values: Sequence[FieldValue], others: Sequence[FieldValue]) -> tuple[FieldValue, ...]:
    """Values that are those of others, or a multiple of them; none where they are not."""
    pairs = [
        (a, b)
        for a, b in zip(values, others, strict=True)
        if isinstance(a, int) and isinstance(b, int) and b > 0
    ]
    if not pairs or len(pairs) < len(values) - list(values).count(None):
        return ()
    first, unit = pairs[0]
    factor = first // unit
    if not 1 <= factor <= LARGEST_FACTOR or any(a != factor * b for a, b in pairs):
        return ()
    return tuple([factor * other if isinstance(other, int) else other for other in others])


def _centred(columns: Sequence[FieldColumn]) -> list[FieldColumn]:
    """Paddings that are half of a kernel that varies, as that kernel."""
    kernels = {
        column.values
        for column in columns
        if column.field == "kernel" and len(set(column.values)) > 1
    }
    result = list(columns)
    for index, column in enumerate(columns):
        if column.field != "padding" or len(set(unified(column.values))) == 1:
            continue
        sides = [str(value).removeprefix("half:") for value in column.values]
        if all(side.isdigit() for side in sides):
            twice = tuple(2 * int(side) + 1 for side in sides)
            if twice in kernels:
                result[index] = FieldColumn(HALF, twice)
    return result


def family(field: str) -> str:
    """Fields whose values may depend on one another."""
    if field == HALF:
        return "kernel"
    if field.startswith("each-"):
        return "each"
    if field.startswith("shape") or field in ("filters", "groups"):
        return "size"
    return PRESENT if field in OPTIONAL else field


def _bases(keys: Sequence[ColumnKey]) -> dict[ColumnKey, tuple[ColumnKey, int, int]]:
    """For each column the one it is computed from, the factor and the divisor."""
    clusters: list[list[tuple[ColumnKey, int]]] = []
    result: dict[ColumnKey, tuple[ColumnKey, int, int]] = {key: (key, 1, 1) for key in keys}
    numeric = [key for key in keys if key[0] in FACTORED and isinstance(key[1][0], int)]
    for key in sorted(numeric, key=lambda key: float(text_of(key[1][0]))):
        for cluster in clusters:
            factor = _factor(key, cluster[0][0])
            if factor:
                cluster.append((key, factor))
                break
        else:
            clusters.append([(key, 1)])
    for cluster in clusters:
        base, unit = min(cluster, key=lambda one: sum(_clumsy(f, one[1]) for _, f in cluster))
        for key, factor in cluster:
            shared = gcd(factor, unit)
            result[key] = base, factor // shared, unit // shared
    return result


def _clumsy(factor: int, unit: int) -> int:
    shared = gcd(factor, unit)
    return factor // shared + unit // shared


def _factor(key: ColumnKey, base: ColumnKey) -> int:
    """The whole number by which a column is a multiple of another; 0 where it is none."""
    first, unit = key[1][0], base[1][0]
    if base[0] != key[0] or not isinstance(first, int) or not isinstance(unit, int) or unit <= 0:
        return 0
    factor = first // unit
    if not 2 <= factor <= LARGEST_FACTOR:
        return 0
    pairs = zip(key[1], base[1], strict=True)
    same = all(isinstance(a, int) and isinstance(b, int) and a == factor * b for a, b in pairs)
    return factor if same else 0


def _default(field: str, values: Sequence[FieldValue]) -> str:
    if field not in WITH_DEFAULT:
        return ""
    value, times = Counter(values).most_common(1)[0]
    return text_of(value) if 2 * times >= len(values) else ""


def _names(
    keys: Sequence[ColumnKey], fields: Sequence[str], taken: Collection[str]
) -> dict[ColumnKey, str]:
    names: dict[ColumnKey, str] = {}
    used = {*taken, *RESERVED}
    sizes = [key for key in keys if key[0] == "size"]
    for key, field in zip(keys, fields, strict=True):
        stem = "inner" if key in sizes[:-1] else NAMES.get(key[0], "size")
        stem = NAMES.get(field, field) if field in OPTIONAL else stem
        stem = field.removeprefix("each-").rstrip("0123456789") if key[0] == "each" else stem
        name, number = stem, 2
        while name in used:
            name, number = f"{stem}{number}", number + 1
        used.add(name)
        names[key] = name
    return names


def unified(values: tuple[FieldValue, ...]) -> tuple[FieldValue, ...]:
    """Paddings in the same words where they can be: ``same``, or one number of pixels."""
    kinds = {str(value) for value in values}
    if len(kinds) == 1:
        return values
    given = {text for text in kinds if text != "any" and not text.startswith("half:")}
    halves = {text[5:] for text in kinds if text.startswith("half:")}
    if not given:
        return (("same",) if halves else ("any",)) * len(values)
    if given == {"same"}:
        return ("same",) * len(values)
    if len(given) == 1 and halves <= given:
        only = next(iter(given))
        if "any" not in kinds or only == "valid":
            return (only,) * len(values)
    fill = "same" if halves or "same" in given else "valid"
    plain = [
        "same" if str(value).startswith("half:") else fill if value == "any" else value
        for value in values
    ]
    return tuple(str(value) if value in ("same", "valid") else _side(value) for value in plain)


def _side(value: FieldValue) -> FieldValue:
    text = str(value)
    return int(text) if text.isdigit() else text
