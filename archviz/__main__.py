"""``python -m archviz``."""

from archviz.cli import main

if __name__ == "__main__":
    main(prog_name="archviz")
