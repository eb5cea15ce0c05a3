"""The list of families in ``docs/import.md``, from the table that they are drawn by."""

from __future__ import annotations

from archviz.importers.families.table import Family, table


def families_list() -> str:
    """A row for each family: what it is called in both kinds of files."""
    known = table()
    rows = ["| family | `model_type` | GGUF |", "|---|---|---|"]
    families = {row.name: row for row in (*known.types.values(), *known.architectures.values())}
    rows += [_row(families[name]) for name in families]
    return "\n".join(rows)


def _row(family: Family) -> str:
    types, architectures = (
        ", ".join(f"`{name}`" for name in family.traits.get(key, ())) for key in ("types", "gguf")
    )
    return f"| {family.title} | {types} | {architectures} |"
