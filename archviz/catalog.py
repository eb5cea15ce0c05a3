"""The bundled specs: their names, and what ``archviz list`` tells of them."""

from __future__ import annotations

import os

from archviz.bundled import file_names, folder, is_path, path_of
from archviz.errors import ArchvizError, Mark, Problem, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

INDEX = "index.json"
MODEL_SUFFIXES = (".onnx", ".keras", ".json", ".h5", ".hdf5", ".pt", ".pth", ".pkl")
"""Of files that are imported, or refused with a word on how they could be; not read as specs."""


class UnknownNetwork(ArchvizError):  # noqa: N818 (what it says is what it is)
    """Neither a bundled network nor a file."""


def names() -> tuple[str, ...]:
    """Names of the bundled specs: the classic ones, their appendix, all others."""
    return tuple(entry["name"] for entry in entries())


def classics(appendix: bool = False) -> tuple[str, ...]:
    """Names of the classic networks in order of publication; their appendix behind them."""
    rows = entries()
    found = [row["name"] for row in rows if row["classic"] or (appendix and row["appendix"])]
    return tuple(found)


def resolve(source: str) -> str:
    """The file that a user means: a bundled name, however spelt, or a path.

    Raises:
        UnknownNetwork: it is neither.
    """
    if is_path(source):
        return source
    wanted = _letters(source)
    known = file_names()
    for name in known:
        if wanted and _letters(name) == wanted:
            return path_of(name)
    if os.path.exists(source):
        return source
    near = did_you_mean(source, known) or did_you_mean(wanted, known)
    hint = f"{near} ('archviz list' shows them all)" if near else "'archviz list' shows the names"
    message = "there is no bundled network of this name, and no such file"
    raise UnknownNetwork([Problem(Mark(source[:200]), message, hint)])


def index_text() -> str:
    """The index of the bundled specs as it was made: JSON."""
    with open(os.path.join(folder(), INDEX), encoding="utf-8") as stream:
        return stream.read()


def entries() -> list[Mapping[str, Any]]:
    """What the index knows of each bundled spec: name, title, year, parameters, ..."""
    import json

    rows: list[Mapping[str, Any]] = json.loads(index_text())
    return rows


def build_index() -> str:
    """The text of the index, made from the bundled specs themselves."""
    import json

    rows = [_entry(name) for name in file_names()]
    rows.sort(key=lambda row: (-row["classic"], -row["appendix"], row["date"], row["parameters"]))
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _entry(name: str) -> dict[str, Any]:
    from archviz.language.expand import load_network
    from archviz.network.analysis import analyse

    network = load_network(path_of(name))
    head = network.head
    return {
        "name": name,
        "title": head.title,
        "year": head.year,
        "date": head.date,
        "parameters": analyse(network).totals.parameters,
        "brought": head.brought,
        "classic": head.classic,
        "appendix": head.appendix,
    }


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _write_index() -> None:
    text = build_index()
    with open(os.path.join(folder(), INDEX), "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


if __name__ == "__main__":
    _write_index()
