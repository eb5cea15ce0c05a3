"""Scalars as YAML: plain where they can be, in quotes where they must, folded where long."""

from __future__ import annotations

import re

import yaml

from archviz.formatter.tree import LOADER

_SAFE = re.compile(r"[A-Za-z/][A-Za-z0-9×/*+().=_-]*( [A-Za-z0-9×/*+().=_-]+)*|[0-9]+")
_NUMBERS = re.compile(r"[-+.]?[0-9][0-9a-fox_.:e+-]*", re.IGNORECASE)


def scalar_text(text: str, quoted: bool, flow: bool, key: bool = False) -> str:
    """A scalar on one line; ``quoted``: it was in quotes; ``flow``: it is for brackets."""
    if not text:
        return '""' if quoted else ""
    if not (quoted and _means_more(text)) and _can_be_plain(text, flow, key):
        return text
    if all(map(str.isprintable, text)):
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        return "'" + text.replace("'", "''") + "'"
    dumped: str = yaml.dump(text, Dumper=yaml.SafeDumper, default_style='"', width=10**9)
    return dumped.rstrip("\n")


def _can_be_plain(text: str, flow: bool, key: bool) -> bool:
    """Whether YAML reads the bare text as just this text."""
    if _SAFE.fullmatch(text):
        return True
    sample = f"{text}: x" if key else text
    try:
        events = list(yaml.parse(f"[{sample}]" if flow else f"- {sample}", Loader=LOADER))
    except yaml.YAMLError:
        return False
    found = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    if len(found) != 1 + key or len(events) != 7 + 3 * key:
        return False
    return found[0].value == text and not found[0].style and not found[0].anchor


def _means_more(text: str) -> bool:
    """Whether a reader may take the bare text for a number, a date, a truth or nothing."""
    first = yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], [])
    return bool(_NUMBERS.fullmatch(text)) or any(rule.match(text) for _, rule in first)


def folded(text: str, width: int) -> list[str]:
    """The words of a text in lines, as many in each as fit."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
