"""What the commands say on standard error beside problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork


def say_of_import(loaded: LoadedNetwork) -> None:
    """Say what has to be said of a network from a model: no figure is wrong without a word."""
    if loaded.imported and not loaded.imported.plain:
        click.echo(loaded.imported.report, err=True)
