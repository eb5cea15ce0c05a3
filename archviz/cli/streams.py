"""The standard streams: what is printed, whatever they are and whatever is in it."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import click

from archviz.errors import OUT_OF_MEMORY, SPACES, ArchvizError, MissingCharacters, fail, printable

BINARY = ("png", "pdf", "zip")
"""Forms of marks whose files are no text."""
FORCE = "archviz.force"
"""Where the context of a command keeps whether ``--force`` was given."""
ALLOW_OUTSIDE = "archviz.allow-outside"
INPUTS = "archviz.inputs"
"""Where it keeps the sizes that ``--input`` gave."""
MODE, NAMES = "archviz.mode", "archviz.names"
"""Where it keeps the mode in which live modules are read, and what labels the modules of models."""
LOADED = "archviz.loaded"
"""Where it keeps the networks that were read."""


def open_streams() -> None:
    """Put nothing where a standard stream is closed, lest a file of ours take its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest that is free
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


@contextlib.contextmanager
def standard_output() -> Iterator[None]:
    """Whatever fails in it is a problem of standard output; a reader who left is none.

    Raises:
        ArchvizError: it is closed or full.
    """
    if sys.stdout is None:
        raise fail("standard output", "is closed", "write to a file with -o, where there is one")
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left would fail again
        reason = (error.strerror or str(error)).lower()
        raise fail("standard output", f"cannot be written: {reason}") from error


def say(text: str, *, err: bool = False) -> None:
    """Print lines that may quote a user's file, without what a terminal would obey.

    Raises:
        ArchvizError: standard output is closed or full.
    """
    text = "\n".join(map(printable, text.split("\n")))
    if err:
        with contextlib.suppress(OSError):
            click.echo(text, err=True)
    else:
        with standard_output():
            click.echo(text)


def say_json(text: str) -> None:
    """Print JSON in UTF-8, whatever the console is, with what a terminal would obey escaped.

    Raises:
        ArchvizError: standard output is closed or full.
    """
    import json

    safe = [c if c.isprintable() or c in f"\n{SPACES}" else json.dumps(c)[1:-1] for c in text]
    with standard_output():
        click.echo("".join(safe).encode(), nl=False)


def note(text: str) -> None:
    """Print a line that is not missed where nobody reads; :class:`ArchvizError` as :func:`say`."""
    if sys.stdout is not None:
        with contextlib.suppress(BrokenPipeError):
            say(text)


@contextlib.contextmanager
def problems_told() -> Iterator[None]:
    """Whatever goes wrong in it is told on standard error, and the process ends; no traceback."""
    status = 1
    try:
        yield
        return
    except ArchvizError as error:
        for problem in error.problems:
            say(f"{problem}", err=True)
        if len(error.problems) > 1:
            say(f"{len(error.problems)} problems", err=True)
    except click.ClickException as error:
        usage = io.StringIO()
        error.show(usage)
        say(usage.getvalue().removesuffix("\n"), err=True)
        status = error.exit_code
    except (MemoryError, ImportError) as error:
        if isinstance(error, ImportError) and "failed to map" not in str(error):
            raise
        say(f"archviz: {OUT_OF_MEMORY}", err=True)
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        reason = (error.strerror or str(error)).lower()
        say(f"{error.filename or 'standard output'}: {reason}", err=True)
    sys.exit(status)


@contextlib.contextmanager
def warnings_told() -> Iterator[None]:
    """Within it, what a picture lacks is told on standard error, each once."""
    told: set[str] = set()
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def tell(message: Any, category: Any, *more: Any, **named: Any) -> None:
            if not issubclass(category, MissingCharacters):
                usual(message, category, *more, **named)
            elif str(message) not in told:
                told.add(str(message))
                say(str(message), err=True)

        warnings.simplefilter("always", MissingCharacters)
        warnings.showwarning = tell
        yield


def emit(output: str, data: bytes, form: str) -> None:
    """Write to the file that ``-o`` names, or to standard output for ``-``, with our mark.

    The running command's words name the files that are read, and ``--force``.

    Raises:
        ArchvizError: it must not or cannot be written.
    """
    from archviz.files import write_file
    from archviz.marks import marked

    data = marked(data, form)
    if output != "-":
        context = click.get_current_context()
        inputs = [*files_read(context.params)]
        for loaded in context.meta.get(LOADED, ()):
            inputs += loaded.files()
        write_file(output, data, force=context.meta[FORCE], inputs=inputs)
        return
    with standard_output():
        if form in BINARY and sys.stdout.isatty():
            raise click.UsageError("this format is not for a terminal; name a file with -o")
        sys.stdout.buffer.write(data)


def files_read(given: dict[str, Any]) -> Iterator[str]:
    """The files that a command line names: networks, models, a theme with those under it."""
    from archviz.catalog import resolve
    from archviz.scene.theme import theme_files

    for source in (given.get("network"), *given.get("networks", ())):
        if source:
            with contextlib.suppress(ArchvizError):  # there is no such file
                yield resolve(source)
    if given.get("theme"):
        yield from theme_files(given["theme"])
    yield from filter(None, (given.get("model"), given.get("template")))
