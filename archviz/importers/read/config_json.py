"""A ``config.json`` of a language model, as the library transformers writes it."""

from __future__ import annotations

import json
import os
from typing import Any

from archviz.errors import fail
from archviz.files import is_special

MAX_SIZE = 4 * 2**20
MAX_BRACKETS = 400_000


def is_configuration(path: str) -> bool:
    """Whether a JSON file says of which type of models it is, as no other JSON does."""
    try:
        if is_special(path) or os.path.getsize(path) > MAX_SIZE:
            return False
        with open(path, "rb") as file:
            text = file.read(MAX_SIZE)
        if b'"model_type"' not in text and b'"architectures"' not in text:
            return False
        data = _parsed(text)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "class_name" not in data and not _TOLD.isdisjoint(data)


_TOLD = frozenset({"model_type", "architectures"})


def read_configuration(path: str) -> dict[str, Any]:
    """What the file states.

    Raises:
        ArchvizError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            data = _parsed(file.read(MAX_SIZE))
    except OSError as error:
        raise fail(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, RecursionError) as error:
        raise fail(path, f"is no JSON: {str(error)[:200]}") from None
    assert isinstance(data, dict)
    return data


def _parsed(text: bytes) -> Any:
    if text.count(b"{") + text.count(b"[") > MAX_BRACKETS:
        raise ValueError("it has hundreds of thousands of lists")
    return json.loads(text)
