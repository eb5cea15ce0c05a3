"""Files: written whole or not at all, nobody's work lost, and read only where reading ends."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable
from typing import BinaryIO

from archviz.errors import ArchvizError, fail

PREFIX, ENDING = ".archviz-", ".part"
"""Of the name of a file that is still being written."""
TAIL = 2**20
"""Bytes at the end of a file, within which its mark is."""
LARGEST = 2**30
"""Bytes that a file of ours may have."""
HOUR = 3600.0
WINDOWS_DEVICES = {
    *("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"),
    *(f"{port}{digit}" for port in ("COM", "LPT") for digit in "123456789¹²³"),
}


def write_file(path: str, data: bytes, *, force: bool = False, inputs: Iterable[str] = ()) -> None:
    """Write ``data`` beside ``path`` and rename it into place; see :func:`check_target`.

    Raises:
        ArchvizError: the file must not or cannot be written; nothing is left behind.
    """
    check_target(path, force=force, inputs=inputs)
    try:
        if _is_stream(path):
            with open(path, "ab") as stream:  # nothing to rename, and nothing to cut off
                stream.write(data)
        else:
            _replace(os.path.realpath(path), data)
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from error


def replace_file(path: str, old: bytes, new: bytes) -> None:
    """Replace what was read from ``path`` in one step; its mode stays, and links lead to it.

    Raises:
        ArchvizError: it is no file, read-only, not ``old`` any more, or cannot be written.
    """
    if is_special(path):
        raise fail(path, "is no file that could be replaced", "print to it instead")
    if _is_read_only(path):
        raise fail(path, "is read-only", "make it writable first")
    try:
        with open(path, "rb") as file:
            if file.read(len(old) + 1) != old:
                raise fail(path, "was changed by another program meanwhile", "try again")
        _replace(os.path.realpath(path), new)
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from error


def check_target(path: str, *, force: bool, inputs: Iterable[str]) -> None:
    """See that writing to ``path`` loses nothing.

    A file that archviz did not write, or that was changed since or is read-only, is replaced
    only with ``force``; one of the ``inputs``, under whatever name, never.

    Raises:
        ArchvizError: it would.
    """
    if os.name == "nt" and (reason := windows_objection(path)):
        raise fail(path, reason, "choose another name")
    if os.path.isdir(path):
        raise fail(path, "is a directory, not a file", "give a file name, such as figure.svg")
    if not os.path.exists(path) or _is_stream(path):
        return
    if any(_is_same(path, source) for source in inputs):
        raise fail(path, "is read here, and so cannot be written", "choose another name")
    if force:
        return
    hint = "choose another name, or replace it with --force (in Python: force=True)"
    if _is_read_only(path):
        raise fail(path, "is read-only", hint)
    if os.path.getsize(path) and not _is_ours(path):
        raise fail(path, "exists, and archviz did not write it or it was changed since", hint)


def _is_read_only(path: str) -> bool:
    return not os.access(path, os.W_OK) or not os.stat(path).st_mode & 0o222


def _is_same(path: str, source: str) -> bool:
    try:
        return os.path.samefile(path, source)
    except (OSError, ValueError):
        return False


def _is_ours(path: str) -> bool:
    from archviz.marks import SIGN, is_marked

    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - TAIL, 0))
            if size > LARGEST or SIGN not in file.read():
                return False
            file.seek(0)
            return is_marked(file.read())
    except OSError:
        return False


def _replace(path: str, data: bytes) -> None:
    """Write a file under a name of its own, and give it the other name when it is whole."""
    folder = os.path.dirname(path)
    remove_left_over(folder)
    file, beside = _new_file(folder)
    try:
        with file:
            file.write(data)
            file.flush()
            os.close(os.dup(file.fileno()))  # a full network disk says so only here
            if os.path.exists(path):
                os.fsync(file.fileno())  # there is something to lose if the power fails
                os.chmod(beside, stat.S_IMODE(os.stat(path).st_mode))
            if os.name != "nt":
                os.replace(beside, path)  # still locked, so that nobody takes it for left over
        if os.name == "nt":  # where an open file cannot be renamed
            _patiently_replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _new_file(folder: str) -> tuple[BinaryIO, str]:
    """A file that nobody else has, locked where the system can, and its path."""
    while True:
        beside = os.path.join(folder, f"{PREFIX}{os.urandom(8).hex()}{ENDING}")
        file = open(beside, "xb")  # noqa: SIM115 (it is returned)
        if _lock(file, wait=True) is not True or os.fstat(file.fileno()).st_nlink:
            return file, beside
        file.close()  # taken for left over before it was locked


def _lock(file: BinaryIO, *, wait: bool) -> bool | None:
    """Lock a file until it is closed or its process ends; None where that cannot be done."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def remove_left_over(folder: str) -> None:
    """Remove what killed runs left in a folder: files whose writer holds no lock any more."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder or "."):
            if name.startswith(PREFIX) and name.endswith(ENDING):
                with contextlib.suppress(OSError):
                    _remove_if_left(os.path.join(folder, name))


def _remove_if_left(path: str) -> None:
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return
    with open(path, "rb") as file:
        locked = _lock(file, wait=False)
        if locked:
            os.unlink(path)
    if locked is None and time.time() - os.path.getmtime(path) > HOUR:
        os.unlink(path)


def _patiently_replace(beside: str, path: str) -> None:
    """Rename, after a while where another program has the file open."""
    for pause in (0.02, 0.1, 0.4):
        with contextlib.suppress(PermissionError):
            return os.replace(beside, path)
        time.sleep(pause)
    return os.replace(beside, path)


def cannot_write(path: str, error: OSError | ValueError) -> ArchvizError:
    """The error for a file that the system does not let us write."""
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    folder = os.path.dirname(path) or "."
    hint = ""
    if not os.path.isdir(folder):
        hint = f"there is no folder '{folder}'; make it first"
    elif isinstance(error, PermissionError):
        hint = "choose a folder that you may write to"
    return fail(path, f"cannot be written: {reason}", hint)


def windows_objection(path: str) -> str:
    """Why Windows has no file of this name; the empty string where it can."""
    from pathlib import PureWindowsPath

    whole = PureWindowsPath(path)
    for part in whole.parts[1 if whole.anchor else 0 :]:
        if part.split(".")[0].rstrip(" ").upper() in WINDOWS_DEVICES:
            return f"'{part}' is the name of a device on Windows"
        if part[-1:] in (".", " ") and part != "..":
            return f"'{part}' ends with a dot or space, which Windows leaves out"
        if set(part) & set('<>:"|?*'):
            return f"'{part}' has a character that names on Windows cannot have"
    return ""


def is_special(path: str) -> bool:
    """Whether to open a file might wait for ever, as with a pipe, or never end."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False  # whoever opens it says why that fails
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _is_stream(path: str) -> bool:
    """Whether a path leads to a pipe or device, or by a name of the system to an open file."""
    for _ in range(40):
        folder = os.path.realpath(os.path.dirname(path))
        if folder in ("/dev", "/dev/fd") or folder.startswith("/proc/"):
            return True
        if not os.path.islink(path):
            break
        path = os.path.join(folder, os.readlink(path))
    return is_special(path)
