"""What the commands share when they run: reading a network, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archviz.cli.streams import ALLOW_OUTSIDE, LOADED, say

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork


def get_network(source: str) -> LoadedNetwork:
    """A network by its name or from a file; an unknown name is wrong usage."""
    from archviz.api import load
    from archviz.catalog import UnknownNetwork

    try:
        loaded = load(source, allow_outside=outside_allowed())
    except UnknownNetwork as error:
        raise click.UsageError(str(error)) from None
    click.get_current_context().meta.setdefault(LOADED, []).append(loaded)
    say_of(loaded)
    return loaded


def outside_allowed() -> bool:
    """Whether ``--allow-outside`` was given."""
    return bool(click.get_current_context().meta.get(ALLOW_OUTSIDE))


def say_of(loaded: LoadedNetwork) -> None:
    """Say what has to be said of a network: no figure is wrong without a word."""
    if loaded.imported:
        if not loaded.imported.plain:
            say(loaded.imported.report, err=True)
        return
    for warning in loaded.analysis.warnings:
        say(str(warning), err=True)
