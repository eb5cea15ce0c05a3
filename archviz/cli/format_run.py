"""The run of ``archviz fmt``: what is printed, written, or told to differ."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from archviz.catalog import resolve
from archviz.cli.common import outside_allowed
from archviz.cli.streams import note, standard_output
from archviz.errors import ArchvizError, Mark, Problem, fail
from archviz.files import replace_file
from archviz.formatter.canonical import canonical
from archviz.yamlnodes import MAX_BYTES, read_spec_bytes

STANDARD_INPUT = "-"


def run_format(sources: Sequence[str], write: bool, only_check: bool) -> None:
    """Print, replace or check specs; the problems of all of them are told together.

    Raises:
        ArchvizError: one is wrong, cannot be replaced, or is not in its canonical form.
    """
    problems: list[Problem] = []
    for source in sources:
        try:
            _format(source, write, only_check)
        except ArchvizError as error:
            problems += error.problems
    if problems:
        raise ArchvizError(problems)


def _format(source: str, write: bool, only_check: bool) -> None:
    path = "standard input" if source == STANDARD_INPUT else resolve(source)
    if write and path != source:
        message = "is no file of yours" if source != STANDARD_INPUT else "is no file"
        raise fail(source, f"{message}, and stays as it is", "print it, without --write")
    stdin = source == STANDARD_INPUT
    old = sys.stdin.buffer.read(MAX_BYTES + 1) if stdin else read_spec_bytes(path)
    new = canonical(old, path, outside_allowed())
    if only_check and new != old:
        hint = "'archviz fmt --write' puts it into it"
        raise ArchvizError([Problem(Mark(path), "is not in its canonical form", hint)])
    if write and new != old:
        replace_file(path, old, new)
        note(f"{path}: in its canonical form now")
    if not (write or only_check):
        with standard_output():
            sys.stdout.buffer.write(new)
