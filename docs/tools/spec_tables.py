"""Write the tables of ``docs/spec.md`` from the tables of the program.

python docs/tools/spec_tables.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from archviz.language.options import COMMON, FLAGS, OPTIONS
from archviz.network.kind import Kind
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS

sys.path.insert(0, str(Path(__file__).parent))
from marked import filled

_OVER = ("-1d", "-3d")
"""What the same kind of sequences and of volumes is called behind its name."""
PAGE = Path(__file__).parents[1] / "spec.md"


def kinds_table() -> str:
    """The layer kinds; activations and norms share a row each."""
    rows = [
        "| kind | what it is | its number | other options | drawn as |",
        "|---|---|---|---|---|",
    ]
    shared = {**dict.fromkeys(ACTIVATIONS, "activation"), **dict.fromkeys(_norms(), "norm")}
    for kind in KINDS.values():
        if kind.name not in shared and kind.name[-3:] not in _OVER:
            rows.append(_kind_row(kind))
    for group, what in (("activation", "an activation"), ("norm", "a normalisation")):
        names = ", ".join(f"`{name}`" for name, of in shared.items() if of == group)
        rows.append(f"| {names} | {what} as a layer of its own | | | circle |")
    return "\n".join(rows)


def _norms() -> list[str]:
    return [name for name, kind in KINDS.items() if kind.role == "norm"]


def _kind_row(kind: Kind) -> str:
    names = [kind.name, *(kind.name + over for over in _OVER if kind.name + over in KINDS)]
    others = ", ".join(f"`{name}`" for name in kind.options if name != kind.main)
    number = f"`{kind.main}`" if kind.main else ""
    drawn = kind.glyph if kind.drawn else "not drawn"
    named = ", ".join(f"`{name}`" for name in names)
    return f"| {named} | {kind.about} | {number} | {others} | {drawn} |"


def options_table() -> str:
    """Every option and the flags that set it."""
    rows = ["| option | what it says | flags |", "|---|---|---|"]
    for name, option in OPTIONS.items():
        flags = ", ".join(f"`{flag}`" for flag, (target, _) in FLAGS.items() if target == name)
        every = "; every kind has it" if name in COMMON else ""
        rows.append(f"| `{name}` | {option.about}{every} | {flags} |")
    return "\n".join(rows)


def weights_table() -> str:
    """What a normalisation counts for each channel."""
    rows = ["| norm | trainable a channel | non-trainable a channel |", "|---|---|---|"]
    rows += [f"| `{name}` | {row.weights[0]} | {row.weights[1]} |" for name, row in NORMS.items()]
    return "\n".join(rows)


TABLES = {"kinds": kinds_table, "options": options_table, "norms": weights_table}


def current(page: str) -> str:
    """The page with its tables made anew."""
    return filled(page, TABLES)


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(current(page), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
