"""Files of weights without their network: what is in them, and what to do; none of it is run."""

from __future__ import annotations

import json
import os
import pickle
import pickletools
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import IO

from archviz.errors import ArchvizError, fail

SUFFIXES = (".pt", ".pth", ".pkl", ".ckpt", ".bin", ".safetensors")
MAX_HEADER = 64 * 2**20
MAX_PICKLE = 16 * 2**20
MAX_STEPS = 2_000_000
MAX_PARTS = 4
"""Pickles in one file that are looked through; PyTorch wrote three before the one that counts."""
ADVICE = (
    "make the module in Python and give it to archviz.from_torch, "
    "or name it on the command line: model.py:Net"
)
_PROTOCOL = pickle.PROTO
_PLAIN = frozenset({"torch", "collections", "_codecs", "numpy", "builtins", "__builtin__"})
"""Packages whose things a file of weights alone has in it."""


def refusal(path: str) -> ArchvizError:
    """Why a file of weights gives no figure, in the words of what is in it."""
    if not os.path.exists(path):
        return fail(path, "there is no such file")
    try:
        if path.lower().endswith(".safetensors"):
            return _of_safetensors(path)
        return _of_pickle(path)
    except (OSError, ValueError, EOFError, LookupError, TypeError, AttributeError, MemoryError,
            NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error):  # fmt: skip
        return fail(path, "is no file of weights that PyTorch or safetensors writes", ADVICE)


def _of_safetensors(path: str) -> ArchvizError:
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if not 2 <= size <= MAX_HEADER:
            raise ValueError
        header = json.loads(file.read(size))
    shapes = [one["shape"] for name, one in header.items() if name != "__metadata__"]
    count = sum([prod(map(int, shape)) for shape in shapes])
    what = f"{len(shapes):,} tensors, {count:,} numbers"
    beside = os.path.join(os.path.dirname(path), "config.json")
    advice = f"name {beside}, which says more" if os.path.exists(beside) else ADVICE
    return fail(path, f"holds weights without their network: {what}", advice)


def _of_pickle(path: str) -> ArchvizError:
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as file:
            found = [*_classes(file)]
            file.seek(0)
            if not found and file.read(1) == _PROTOCOL:
                return fail(path, "is a pickle, which only runs as Python code", ADVICE)
            return _told(path, found)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        inner = {name.partition("/")[2] for name in names}
        if "constants.pkl" in inner:
            advice = "give the module it was made of to archviz.from_torch"
            return fail(path, "is a TorchScript archive, which hides what it calls", advice)
        if "models/model.json" in inner or "serialized_exported_program.json" in names:
            return fail(path, "is an exported program", "let its name end in .pt2")
        member = next(name for name in names if name.endswith("data.pkl"))
        with archive.open(member) as part:
            return _told(path, [*_classes(part)])


def _told(path: str, found: list[tuple[str, str]]) -> ArchvizError:
    """What to say of a pickle with such classes in it, by their modules and names."""
    if not found:
        raise ValueError
    own = [name for place, name in found if place.partition(".")[0] not in _PLAIN]
    modules = [name for place, name in found if place.startswith("torch.nn.modules")]
    if own or modules:
        what = (own or modules)[0][:80]
        return fail(
            path,
            f"is a pickle with whole objects in it ({what}), which only runs as Python code",
            "if you trust it, load it with torch.load, and give the module to archviz.from_torch",
        )
    return fail(path, "holds weights without their network", ADVICE)


def _classes(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """The classes and functions that pickles name; nothing of them is loaded."""
    import io

    data = io.BytesIO(file.read(MAX_PICKLE))
    for _ in range(MAX_PARTS):
        words: list[str] = []
        for step, argument, _ in islice(_steps(data), MAX_STEPS):
            if step == "GLOBAL":
                place, _, name = str(argument).partition(" ")
                yield place, name
            elif step == "STACK_GLOBAL" and len(words) > 1:
                yield words[-2], words[-1]
            elif isinstance(argument, str):
                words = [*words[-1:], argument]


def _steps(data: IO[bytes]) -> Iterator[tuple[str, object, int | None]]:
    """The steps of the next pickle; what follows it, or cuts it off, ends them."""
    try:
        for step, argument, place in pickletools.genops(data):
            yield step.name, argument, place
    except (ValueError, EOFError, UnicodeDecodeError):
        return
