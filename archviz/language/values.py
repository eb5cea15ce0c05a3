"""Values with a name: where they are given, and where they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.language.reader import Value
from archviz.network.model import COMING_IN, PREVIOUS
from archviz.yamlnodes import shorten

if TYPE_CHECKING:
    from archviz.errors import Mark
    from archviz.language.reader import SpecReader

NAME_LENGTH = 60
TAKEN_WORDS = (COMING_IN, "out", "identity", PREVIOUS)
"""What a value cannot be called, since it is something already."""


def give_name(reader: SpecReader, name: str, mark: Mark) -> bool:
    """Note a name for a value; whether it can be one."""
    values = reader.values
    if not is_value_name(name):
        reader.problem(
            mark, f"'{shorten(name)}' cannot name a value", "use letters, digits, '-' and '_'"
        )
    elif name in TAKEN_WORDS:
        reader.problem(mark, f"'{name}' is a value already", "give this one another name")
    elif name in values.known:
        first = values.known[name].mark
        hint = f"'{name}' is given in line {first.line}; give this one another name"
        reader.problem(mark, f"two values are called '{name}'", hint)
    else:
        values.known[name] = Value(mark)
        return True
    return False


def is_value_name(name: str) -> bool:
    """Whether it has the letters of a name."""
    letters = name.replace("-", "").replace("_", "")
    return letters.isascii() and letters.isalnum() and len(name) <= NAME_LENGTH


def take_name(reader: SpecReader, name: str, mark: Mark, several: bool = False) -> bool:
    """Note that a value is taken; whether there is one of that name.

    ``several``: who takes it can take the values of all iterations of a repeat.
    """
    if name in reader.values.known:
        reader.values.taken.add(name)
        if reader.values.known[name].many and not several:
            message = f"'{name}' is a value of each iteration of a repeat"
            reader.problem(mark, message, f"bring them together first: from {name}, then add")
            return False
        return True
    if not reader.values.known:
        message, hint = f"no value is called '{shorten(name)}'", f"name one before, with as={name}"
        reader.problem(mark, message, hint if is_value_name(name) else "")
    else:
        reader.unknown(mark, "no value before this is called", name, reader.values.known)
    return False


def check_taken(reader: SpecReader, gives: tuple[str, ...] = ()) -> None:
    """Note the values of a network or a module that nothing takes, once it is read."""
    values = reader.values
    for name, value in values.known.items():
        if name not in values.taken and name not in gives and name not in (PREVIOUS, COMING_IN):
            hint = f"remove the name, or take it: from {name}"
            reader.problem(value.mark, f"nothing takes the value '{name}'", hint)
