"""Nested values as the YAML of a spec, in the style of the bundled ones."""

from __future__ import annotations

import re
from typing import Any

WIDTH = 96
_PLAIN = re.compile(r"[A-Za-z0-9×÷][\w .=/+*√-]*")
_SENTENCE = re.compile(r"[A-Za-z][^:#]*")


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """A text, in quotes where it needs them."""
    number = text[:1].isdigit() and " " not in text
    if not text or (_PLAIN.fullmatch(text) and not number):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def block_text(text: str) -> str:
    """A text on a line of its own, where more may stand without quotes."""
    return text if _SENTENCE.fullmatch(text) else quoted(text)


def lines(value: Any, indent: int = 0) -> list[str]:
    """The lines of a list or a mapping; what is short enough stands on one."""
    pad = " " * indent
    if isinstance(value, list):
        found = []
        for item in value:
            short = flow(item)
            if isinstance(item, str) or indent + len(short) + 2 <= WIDTH:
                found.append(f"{pad}- {short}")
            else:
                inner = lines(item, indent + 2)
                found += [f"{pad}- {inner[0].lstrip()}", *inner[1:]]
        return found
    found = []
    for key, item in value.items():
        short = flow(item)
        if not isinstance(item, list | dict) or indent + len(key) + len(short) + 2 <= WIDTH:
            found.append(f"{pad}{key}: {short}".rstrip())
        else:
            found += [f"{pad}{key}:", *lines(item, indent + 2)]
    return found
