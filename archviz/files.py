"""Files: written whole or not at all, and read only where reading ends."""

from __future__ import annotations

import contextlib
import os
import stat

from archviz.errors import ArchvizError, fail


def write_file(path: str, data: bytes) -> None:
    """Write ``data`` beside ``path`` and rename it into place.

    Raises:
        ArchvizError: the file cannot be written; nothing is left behind.
    """
    if os.path.isdir(path):
        raise fail(path, "is a directory, not a file", "give a file name, such as figure.svg")
    try:
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            with open(path, "wb") as special:  # /dev/stdout, a pipe: nothing to rename
                special.write(data)
            return
        _replace(os.path.realpath(path), data)
    except OSError as error:
        raise cannot_write(path, error) from error


def _replace(path: str, data: bytes) -> None:
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "wb") as file:
            file.write(data)
        if os.path.exists(path):
            os.chmod(beside, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def cannot_write(path: str, error: OSError) -> ArchvizError:
    """The error for a file that the system does not let us write."""
    reason = (error.strerror or str(error)).lower()
    folder = os.path.dirname(path) or "."
    hint = ""
    if not os.path.isdir(folder):
        hint = f"there is no folder '{folder}'; make it first"
    elif isinstance(error, PermissionError):
        hint = "choose a folder that you may write to"
    return fail(path, f"cannot be written: {reason}", hint)


def is_special(path: str) -> bool:
    """Whether to open a file might wait for ever, as with a pipe, or never end."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False  # whoever opens it says why that fails
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
