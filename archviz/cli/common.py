"""What the commands share when they run: reading a network, writing, reporting problems."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork


def report(error: Exception) -> None:
    """Print every problem of an error on standard error."""
    problems = getattr(error, "problems", ())
    for problem in problems:
        click.echo(f"{problem}", err=True)
    if len(problems) > 1:
        click.echo(f"{len(problems)} problems", err=True)


def get_network(source: str) -> LoadedNetwork:
    """A network by its name or from a file; an unknown name is wrong usage."""
    from archviz.api import load
    from archviz.catalog import UnknownNetwork

    try:
        loaded = load(source)
    except UnknownNetwork as error:
        raise click.UsageError(str(error)) from None
    if loaded.imported and not loaded.imported.plain:
        click.echo(loaded.imported.report, err=True)  # no figure that is wrong without a word
    return loaded


def emit(output: str, data: bytes) -> None:
    """Write to a file, or to standard output for ``-``."""
    if output == "-":
        sys.stdout.buffer.write(data)
        return
    from archviz.files import write_file

    write_file(output, data)
