"""What differs between the iterations of a repeat: its ``each``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.language.calls import read_call
from archviz.language.expression import Expression, is_name
from archviz.language.options import RESERVED
from archviz.language.reader import SpecReader
from archviz.language.shorthand import Parameters, read_value
from archviz.yamlnodes import ScalarNode, SequenceNode, YamlNode, describe, shorten

if TYPE_CHECKING:
    from archviz.errors import Mark
    from archviz.language.syntax import Binding, SeriesSpec

MAX_TIMES = 10_000
MAX_COPIES = 4096
MAX_VARIABLES = 32


def read_binding(
    reader: SpecReader, key: ScalarNode, node: YamlNode, count: int, scope: Parameters
) -> Binding:
    """A variable of ``each`` and its values, with how many iterations have each."""
    check_parameter(reader, key)
    values: list[tuple[int, Expression]] = []
    for times, text, mark in _elements(reader, node, count):
        value = read_value(reader, text, mark, scope)
        if value is not None:
            values.append((times, value))
    return key.text, tuple(values)


def _elements(reader: SpecReader, node: YamlNode, count: int) -> list[tuple[int, str, Mark]]:
    """The values of one ``each`` list, ``9 x 0.2`` as (9, "0.2"); as many as iterations."""
    if not isinstance(node, SequenceNode):
        reader.problem(
            node.mark, f"each gives {describe(node)} where a list is needed", f"list {count} values"
        )
        return []
    elements: list[tuple[int, str, Mark]] = []
    given = 0
    for item in node.items:
        if not isinstance(item, ScalarNode):
            reader.problem(item.mark, f"each holds {describe(item)} where a value is needed")
            return []
        times, text = split_times(item.text.strip())
        if times > MAX_TIMES:
            reader.problem(item.mark, f"'{shorten(item.text)}': at most {MAX_TIMES:,} times")
            return []
        given += times
        elements.append((times, text, item.mark))
    if given != count:
        reader.problem(
            node.mark,
            f"each gives {given} values for {count} iterations",
            "give one value an iteration; '9 x 0.2' stands for nine",
        )
        return []
    return elements


def split_times(text: str) -> tuple[int, str]:
    """``9 x 0.2`` as (9, "0.2"); any other text once."""
    digits = len(text) - len(text.lstrip("0123456789"))
    rest = text[digits:].lstrip()
    if digits and rest[:2] in ("x ", "× ") and rest[2:].strip():
        return int(text[: min(digits, 9)]), rest[2:].strip()
    return 1, text


def read_rows(
    reader: SpecReader, body: YamlNode, each: YamlNode, count: int, where: str, scope: Parameters
) -> tuple[tuple[int, SeriesSpec], ...]:
    """The calls that a list of arguments in ``each`` stands for, with how often each comes."""
    single = isinstance(body, SequenceNode) and len(body.items) == 1
    node = body.items[0] if isinstance(body, SequenceNode) and single else body
    if not isinstance(node, ScalarNode) or node.text.strip() not in reader.takes:
        reader.problem(
            node.mark,
            "with a list in 'each', 'of' must be the name of one module",
            "or write each: {parameter: [values]}",
        )
        return ()
    module = node.text.strip()
    mark = node.mark
    rows: list[tuple[int, SeriesSpec]] = []
    read: dict[str, SeriesSpec] = {}
    before = dict(reader.values.known)
    for times, text, place in _elements(reader, each, count):
        if text not in read:
            reader.values.known = dict(before)
            tokens = [(word, place) for word in text.split()]
            read[text] = (read_call(reader, module, tokens, f"{where}/of/0", mark, scope),)
        rows.append((times, read[text]))
    return tuple(rows)


def check_parameter(reader: SpecReader, key: ScalarNode) -> None:
    """Note where a word cannot name a parameter."""
    if not key.text or not is_name(key.text):
        reader.problem(
            key.mark,
            f"'{shorten(key.text)}' cannot name a parameter",
            "write a list: [width, stride=1]" if "," in key.text else "use letters, digits and '_'",
        )
    elif key.text in RESERVED:
        message = f"'{key.text}' has a meaning of its own and cannot name a parameter"
        reader.problem(key.mark, message)
