"""What the commands share when they run: reading a network, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archviz.cli.streams import ALLOW_OUTSIDE, INPUTS, LOADED, MODE, NAMES, say

if TYPE_CHECKING:
    from typing import Any

    from archviz.api import LoadedNetwork
    from archviz.importers.read.python_names import Named

SOURCES = ("network", "networks", "files", "model")
"""Arguments of commands that name what is read."""
FLAGS = {"--input": INPUTS, "--mode": MODE, "--names": NAMES}
"""What says how models are read."""


def get_network(source: str) -> LoadedNetwork:
    """A network by its name or from a file; an unknown name is wrong usage."""
    from archviz.catalog import UnknownNetwork

    try:
        loaded = load_source(source)
    except UnknownNetwork as error:
        raise click.UsageError(str(error)) from None
    click.get_current_context().meta.setdefault(LOADED, []).append(loaded)
    say_of(loaded)
    return loaded


def load_source(source: str) -> LoadedNetwork:
    """What a word of the command line names: a network, a file, or a live module."""
    from archviz.api import from_onnx, load

    context = click.get_current_context()
    _check_given(context)
    what = named_module(source)
    sizes = context.meta.get(INPUTS)
    names: Any = context.meta.get(NAMES) or "field"
    if what is not None:
        return _from_python(what, sizes, context.meta.get(MODE) or "eval", names)
    asked = sizes or context.meta.get(NAMES)
    if context.command.name == "import" or (asked and _is_model(source)):
        return from_onnx(source, sizes, names=names)
    return load(source, allow_outside=outside_allowed())


def named_module(source: str) -> Named | None:
    """The live module that a word names, if it does and no file is called so."""
    import os

    if not (":" in source or source.lower().endswith(".py")):
        return None
    if ":" in source and os.path.exists(source):
        return None
    from archviz.importers.read.python_names import named

    return named(source)


def _from_python(what: Named, sizes: Any, mode: Any, names: Any) -> LoadedNetwork:
    from archviz.api import from_torch
    from archviz.errors import ArchvizError
    from archviz.importers.read.python_names import opened

    with opened(what) as make:
        try:
            made = make(True)
            loaded = from_torch(made.module, sizes or made.size, mode=mode, names=names)
        except ArchvizError:  # its code may look at the numbers of its weights
            made = make(False)
            loaded = from_torch(made.module, sizes or made.size, mode=mode, names=names)
    loaded.source = what.file
    return loaded


def _check_given(context: click.Context) -> None:
    """What says how models are read is wrong usage where none is named."""
    flags = {key: flag for flag, key in FLAGS.items() if context.meta.get(key)}
    if not flags:
        return
    words: list[str] = []
    for key in SOURCES:
        given = context.params.get(key) or ()
        words += [given] if isinstance(given, str) else given
    if any(named_module(word) for word in words):
        return
    if MODE in flags:
        raise click.UsageError("--mode is for PyTorch modules (model.py:Net)")
    if not any(map(_is_model, words)):
        flag = next(iter(flags.values()))
        raise click.UsageError(f"{flag} is for model files and PyTorch modules (model.py:Net)")


def _is_model(word: str) -> bool:
    """Whether a word names a file that is to be imported."""
    from archviz.importers.sources import is_model_file

    return is_model_file(word)


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
