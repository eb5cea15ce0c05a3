"""``archviz`` and ``python -m archviz``: the entry of the command line."""

from __future__ import annotations


def main() -> None:
    """Run the command line, the garbage collector told that this will be short."""
    import gc

    gc.set_threshold(200_000, 20, 20)  # before anything is imported: nothing here is a cycle
    from archviz.cli.commands import main as command_line

    command_line(prog_name="archviz")


if __name__ == "__main__":
    main()
