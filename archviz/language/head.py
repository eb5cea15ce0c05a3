"""The head of a spec: title, paper, published numbers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from archviz.bundled import TASKS
from archviz.errors import Mark
from archviz.network.head import Accuracy, Head, Published
from archviz.yamlnodes import (
    MappingNode,
    ScalarNode,
    SequenceNode,
    YamlNode,
    boolean,
    describe,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archviz.language.reader import SpecReader

TEXTS: Mapping[str, tuple[int, str]] = {
    "title": (100, "name of the network, as in its paper"),
    "paper": (300, "title of the paper"),
    "authors": (300, "its authors"),
    "venue": (200, "where it was published"),
    "link": (500, "address of the paper, https://..."),
    "source": (1000, "where the figures (filters, strides, totals) come from"),
}
"""Text keys: longest text, line for the manual."""

PUBLISHED: Mapping[str, str] = {
    "parameters": "all weights, moving statistics included",
    "trainable": "trainable weights",
    "non-trainable": "moving means and variances",
    "macs": "multiply-adds",
    "macs-of": "all: of all matrix products; layers: only of those with weights",
    "depth": "layers on the longest path",
    "with-auxiliary": "all weights, auxiliary classifiers included",
}
MACS_OF = ("all", "layers")
ACCURACY: Mapping[str, str] = {
    "top1": "share of examples whose class is the likeliest answer, such as 0.761",
    "top5": "share of those whose class is among the five likeliest",
    "dataset": "of which examples: ImageNet",
    "source": "who states it",
}
KERAS: Mapping[str, str] = {
    "model": "name in Keras",
    "size_mb": "size of the weights file in MB",
    "top1": "top-1 accuracy",
    "top5": "top-5 accuracy",
    "parameters": "parameters",
    "depth": "depth",
}
GALLERY: Mapping[str, str] = {
    "brought": "what the network brought, in one line",
    "family": "the networks that it belongs with, such as ResNet",
    "task": f"what it does: {', '.join(TASKS)}",
    "names": "what else people call it: [googlenet]",
    "keras": "the network's row in the Keras table",
    "classic": "one of those that `archviz export` writes without names",
    "appendix": "listed after the classic ones",
}
"""What only a collection of networks shows."""
BROUGHT_LENGTH = 500
NAME_LENGTH = 40
MOST_NAMES = 20
KEYS = (*TEXTS, "year", "date", "published", "accuracy", "gallery")


def network_name(file: str) -> str:
    """The name of a network from its file: ``resnet50`` from ``specs/resnet50.yaml``."""
    base = os.path.basename(file)
    stem, ending = os.path.splitext(base)
    name = stem if ending.lower() in (".yaml", ".yml") else base
    return "".join(letter if letter.isprintable() else "_" for letter in name)  # as a lone byte


def read_head(
    reader: SpecReader, pairs: Mapping[str, tuple[ScalarNode, YamlNode]], file: str
) -> tuple[Head, dict[str, Mark]]:
    """The head, and where each published number stands."""
    values: dict[str, Any] = {}
    marks: dict[str, Mark] = {}
    for key, (_, node) in pairs.items():
        if key in TEXTS:
            values[key] = read_text(reader, node, key, TEXTS[key][0])
        elif key == "year":
            values[key] = _number(reader, node, key, 1900, 2100)
        elif key == "date":
            values[key] = _date(reader, node)
        elif key == "published":
            values[key], marks = _published(reader, node)
        elif key == "accuracy":
            values[key] = _accuracy(reader, node)
        elif key in GALLERY:
            hint = f"write gallery: {{{key}: ...}}"
            reader.problem(pairs[key][0].mark, f"{key} stands under gallery", hint)
        elif key == "gallery":
            values.update(_gallery(reader, node))
    link = values.get("link")
    if link and not link.startswith(("https://", "http://")):
        reader.problem(pairs["link"][1].mark, "a link begins with https:// or http://")
    if "title" not in pairs:
        reader.problem(Mark(file, 1, 1), "a spec needs a title", "write title: My network")
    values.setdefault("title", network_name(file))
    if values.get("date"):  # it says when the network was first public; a year alone may not
        values["year"] = int(values["date"][:4])
    return Head(name=network_name(file), **values), marks


def read_text(reader: SpecReader, node: YamlNode, what: str, limit: int) -> str:
    """A text, its blanks and line ends collapsed."""
    if not isinstance(node, ScalarNode):
        reader.problem(node.mark, f"{what} is {describe(node)} where a text is needed")
        return ""
    text = " ".join(node.text.split())
    if not text:
        reader.problem(node.mark, f"{what} is empty", "write a text or remove the key")
    elif len(text) > limit:
        reader.problem(node.mark, f"{what} has {len(text)} characters; at most {limit} fit")
        return text[:limit]
    return text


def _number(reader: SpecReader, node: YamlNode, what: str, low: int, high: int) -> int:
    text = node.text.replace(",", "").replace("_", "") if isinstance(node, ScalarNode) else ""
    if not (text.isascii() and text.isdigit()):
        reader.problem(node.mark, f"{what} is {describe(node)} where a whole number is needed")
        return 0
    if len(text) > 20 or not low <= int(text) <= high:
        reader.problem(node.mark, f"{what} is {shorten(text)}; it must be from {low:,} to {high:,}")
        return 0
    return int(text)


def _date(reader: SpecReader, node: YamlNode) -> str:
    text = node.text if isinstance(node, ScalarNode) else ""
    parts = text.split("-")
    digits = text.isascii() and all(part.isdigit() for part in parts)
    fits = digits and [len(part) for part in parts] in ([4, 2], [4, 2, 2])
    if not fits or not 1 <= int(parts[1]) <= 12 or not 1 <= int(parts[-1]) <= 31:
        reader.problem(node.mark, f"date is {describe(node)}", "write year-month, such as 2015-12")
        return ""
    return text


def _flag(reader: SpecReader, node: YamlNode, what: str) -> bool:
    answer = boolean(node.text) if isinstance(node, ScalarNode) else None
    if answer is None:
        reader.problem(node.mark, f"{what} is {describe(node)}", "use true or false")
    return bool(answer)


def _table(
    reader: SpecReader, node: YamlNode, what: str, known: Mapping[str, str]
) -> dict[str, YamlNode]:
    if not isinstance(node, MappingNode):
        reader.problem(
            node.mark,
            f"{what} is {describe(node)} where a mapping is needed",
            f"its keys are {', '.join(known)}",
        )
        return {}
    for key, _ in node.pairs:
        if key.text not in known:
            reader.unknown(key.mark, f"{what} has no key", key.text, known)
    return {key.text: value for key, value in node.pairs if key.text in known}


def _gallery(reader: SpecReader, node: YamlNode) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in _table(reader, node, "gallery", GALLERY).items():
        if key == "brought":
            values[key] = read_text(reader, value, key, BROUGHT_LENGTH)
        elif key == "family":
            values[key] = read_text(reader, value, key, NAME_LENGTH)
        elif key == "task":
            values[key] = _task(reader, value)
        elif key == "names":
            values[key] = _names(reader, value)
        elif key == "keras":
            values[key] = _keras(reader, value)
        else:
            values[key] = _flag(reader, value, key)
    return values


def _task(reader: SpecReader, node: YamlNode) -> str:
    if isinstance(node, ScalarNode) and node.text in TASKS:
        return node.text
    reader.problem(node.mark, f"task is {describe(node)}", f"use {', '.join(TASKS)}")
    return ""


def _names(reader: SpecReader, node: YamlNode) -> tuple[str, ...]:
    nodes = node.items if isinstance(node, SequenceNode) else [node]
    if len(nodes) > MOST_NAMES:
        reader.problem(node.mark, f"names has {len(nodes)} names; at most {MOST_NAMES} fit")
    return tuple([read_text(reader, one, "a name", NAME_LENGTH) for one in nodes[:MOST_NAMES]])


def _published(reader: SpecReader, node: YamlNode) -> tuple[Published, dict[str, Mark]]:
    rows = _table(reader, node, "published", PUBLISHED)
    values: dict[str, Any] = {
        key.replace("-", "_"): _number(reader, value, key, 0, 10**18)
        for key, value in rows.items()
        if key != "macs-of"
    }
    which = rows.get("macs-of")
    if isinstance(which, ScalarNode) and which.text in MACS_OF:
        values["macs_of"] = which.text
    elif which is not None:
        reader.problem(which.mark, f"macs-of is {describe(which)}", f"use {' or '.join(MACS_OF)}")
    return Published(**values), {key: value.mark for key, value in rows.items()}


def _accuracy(reader: SpecReader, node: YamlNode) -> Accuracy:
    rows = _table(reader, node, "accuracy", ACCURACY)
    values: dict[str, Any] = {}
    for key, value in rows.items():
        share = key in ("top1", "top5")
        limit = NAME_LENGTH if key == "dataset" else BROUGHT_LENGTH
        values[key] = _share(reader, value, key) if share else read_text(reader, value, key, limit)
    found = Accuracy(**values)
    if isinstance(node, MappingNode):
        if found.top1 is None and found.top5 is None:
            reader.problem(node.mark, "accuracy says no share", "write top1: 0.761, or top5")
        elif "dataset" not in rows:
            reader.problem(node.mark, "accuracy does not say of what", "write dataset: ImageNet")
        if (found.top1 or 0.0) > (1.0 if found.top5 is None else found.top5):
            reader.problem(rows["top5"].mark, "top5 is below top1, which is a part of it")
    return found


def _keras(reader: SpecReader, node: YamlNode) -> dict[str, float | str]:
    row: dict[str, float | str] = {}
    for key, value in _table(reader, node, "keras", KERAS).items():
        if key == "model":
            row[key] = read_text(reader, value, key, 60)
        elif key in ("top1", "top5"):
            row[key] = _share(reader, value, key)
        else:
            row[key] = _number(reader, value, key, 0, 10**12)
    return row


def _share(reader: SpecReader, node: YamlNode, what: str) -> float:
    text = node.text if isinstance(node, ScalarNode) else ""
    if text.isascii() and text.replace(".", "", 1).isdigit() and float(text) <= 1:
        return float(text)
    reader.problem(node.mark, f"{what} is {describe(node)}", "write a share such as 0.749")
    return 0.0
