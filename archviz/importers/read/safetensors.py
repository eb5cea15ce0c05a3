"""The heads of safetensors files beside a configuration: names and shapes. No weight is read."""

from __future__ import annotations

import json
import os
import struct
from typing import Any, NamedTuple

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_HEAD = 100 * 2**20
"""As the format itself allows."""
MAX_FILES = 4096
PACKED = frozenset({"U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64"})
"""Types that hold several quantised weights in one number, or indices."""


class Listed(NamedTuple):
    """The tensors of a model by name; why they say nothing of its weights, where they do not."""

    shapes: dict[str, tuple[int, ...]]
    unread: str = ""


def tensors_beside(path: str) -> Listed | None:
    """The tensors of the model whose configuration this is; None where no weights lie beside it."""
    folder = os.path.dirname(path)
    single, index = os.path.join(folder, SINGLE), os.path.join(folder, INDEX)
    try:
        if os.path.isfile(single):
            return _listed([single])
        if os.path.isfile(index):
            with open(index, "rb") as file:
                data = json.loads(file.read(MAX_HEAD))
            names = sorted(set(data["weight_map"].values()))
            if len(names) > MAX_FILES or any(os.path.basename(name) != name for name in names):
                return Listed({}, f"{INDEX} names other files than those of a model")
            return _listed([os.path.join(folder, name) for name in names])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Listed({}, "the safetensors files beside it cannot be read")
    return None


def _listed(paths: list[str]) -> Listed:
    shapes: dict[str, tuple[int, ...]] = {}
    for path in paths:
        if not os.path.isfile(path):
            return Listed({}, f"{os.path.basename(path)} is not there")
        for name, row in _head(path).items():
            if name == "__metadata__":
                continue
            if row["dtype"] in PACKED and not name.endswith("position_ids"):
                return Listed({}, f"{os.path.basename(path)} holds packed weights")
            shape = tuple(row["shape"])
            if not all(type(side) is int and side >= 0 for side in shape):
                raise ValueError("a side is no whole number")
            shapes[name] = shape
    return Listed(shapes)


def _head(path: str) -> dict[str, Any]:
    """The table at the start of a file: eight bytes that say its length, and JSON."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\xff"))
        if length > min(MAX_HEAD, os.path.getsize(path)):
            raise ValueError("the head is longer than the file")
        head = json.loads(file.read(length))
    if not isinstance(head, dict):
        raise ValueError("the head is no table")
    return head
