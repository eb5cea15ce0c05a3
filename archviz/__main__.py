"""``archviz`` and ``python -m archviz``: the entry of the command line."""

from __future__ import annotations


def main() -> None:
    """Run the command line: any encoding will do, and the garbage collector can wait."""
    import atexit
    import gc
    import io
    import sys

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what its encoding lacks is an escape, no error
            stream.reconfigure(errors="backslashreplace")
    gc.set_threshold(200_000, 20, 20)  # before anything is imported: nothing here is a cycle
    atexit.register(gc.freeze)  # nor is anything at the end, when it would be looked for again
    from archviz.cli.commands import main as command_line

    command_line(prog_name="archviz")


if __name__ == "__main__":
    main()
