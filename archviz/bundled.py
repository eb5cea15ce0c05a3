"""Where the bundled specs are."""

from __future__ import annotations

import os

ENDINGS = (".yaml", ".yml")
"""Of the names of spec files."""
TASKS = ("classification", "detection", "segmentation", "generation", "language", "speech")
"""What a bundled network can do."""


def folder() -> str:
    """The folder of the bundled specs: in the installed package, or beside it in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "specs")
    return installed if os.path.isdir(installed) else os.path.join(package, "..", "specs")


def path_of(name: str) -> str:
    """The file of a bundled spec."""
    return os.path.normpath(os.path.join(folder(), f"{name}.yaml"))


def file_names() -> list[str]:
    """Names of the bundled specs, from their files."""
    return sorted(
        os.path.splitext(file)[0] for file in os.listdir(folder()) if file.endswith(".yaml")
    )


def is_path(source: str) -> bool:
    """Whether a user means a file, rather than a bundled name."""
    return "/" in source or os.sep in source or source.lower().endswith(ENDINGS)
