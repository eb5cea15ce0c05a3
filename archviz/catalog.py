"""The bundled specs: their names, and what ``archviz list`` tells of them."""

from __future__ import annotations

import os
from itertools import islice

from archviz.bundled import ENDINGS, file_names, folder, is_path, path_of
from archviz.errors import ArchvizError, Mark, Problem, did_you_mean, fail, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

INDEX = "index.json"
MOST_FILES = 2000
"""How many files of a folder are looked at for one that was meant."""
MODEL_SUFFIXES = (
    *(".onnx", ".keras", ".json", ".pt2", ".gguf", ".h5", ".hdf5"),
    *(".pt", ".pth", ".pkl", ".ckpt", ".bin", ".safetensors"),
)
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


def families() -> tuple[str, ...]:
    """The families of the bundled networks, that of the oldest network first."""
    return tuple(dict.fromkeys(row["family"] for row in entries() if row["family"]))


def of_family(family: str) -> list[Mapping[str, Any]]:
    """The entries of a family, however it is spelt.

    Raises:
        ArchvizError: there is no such family.
    """
    wanted = _letters(family)
    found = [row for row in entries() if wanted and _letters(row["family"]) == wanted]
    if found:
        return found
    known = families()
    spelt = {name.lower(): name for name in known}
    near = nearest(family.lower(), spelt)
    hint = f"did you mean '{spelt[near]}'?" if near else f"there are {', '.join(known)}"
    raise fail(family[:200], "there is no family of this name", hint)


def found(
    words: Sequence[str] = (), family: str = "", years: range | None = None, task: str = ""
) -> list[Mapping[str, Any]]:
    """The entries that fit all that is asked for.

    ``words`` stand in a network's names, title, family, task, or in what it brought.

    Raises:
        ArchvizError: there is no such family.
    """
    rows = of_family(family) if family else entries()
    return [
        row
        for row in rows
        if (years is None or row["year"] in years)
        and (not task or row["task"] == task)
        and all(_speaks_of(row, word) for word in words)
    ]


def _speaks_of(row: Mapping[str, Any], word: str) -> bool:
    texts = [row["name"], row["title"], row["family"], row["task"], row["brought"], *row["names"]]
    letters = _letters(word)
    return any(
        word.lower() in text.lower() or (letters and letters in _letters(text)) for text in texts
    )


def resolve(source: str) -> str:
    """The file that a user means: a bundled name, however spelt, or a path.

    Raises:
        UnknownNetwork: it is neither.
        ArchvizError: there is no such file, but one that is likely to be meant.
    """
    if is_path(source) and os.path.lexists(source):
        return source
    wanted, known = _letters(source), file_names()
    if is_path(source):
        name = "" if source.lower().endswith(ENDINGS) else _called(wanted, known)
        hint = "" if name else _file_meant(source)
        if hint:
            raise fail(source, "there is no such file", hint)
        return path_of(name) if name else source
    name = _called(wanted, known)
    if name and (_letters(name) == wanted or not os.path.exists(source)):
        return path_of(name)
    if os.path.exists(source):
        return source
    near = did_you_mean(source, known) or did_you_mean(wanted, known)
    bundled = f"{near} ('archviz list' shows them all)" if near else ""
    hint = _file_meant(source, bundled) or "'archviz list' shows the names"
    message = "there is no bundled network of this name, and no such file"
    raise UnknownNetwork([Problem(Mark(source[:200]), message, hint)])


def _called(wanted: str, known: Sequence[str]) -> str:
    """The bundled network of this name, or of one that people call it by; letters and digits."""
    if not wanted:
        return ""
    for name in known:
        if _letters(name) == wanted:
            return name
    for row in entries():
        if any(_letters(name) == wanted for name in row["names"]):
            return str(row["name"])
    return ""


def _file_meant(path: str, bundled: str = "") -> str:
    """A hint at a file in the same folder, of this name with an ending, or of a like one.

    ``bundled``: a hint at a bundled network, which comes before a file of a like name.
    """
    parent, name = os.path.split(path)
    try:
        with os.scandir(parent or ".") as entries:
            found = sorted(entry.name for entry in islice(entries, MOST_FILES))
    except (OSError, ValueError):
        return bundled
    files = [file for file in found if file.lower().endswith((*ENDINGS, *MODEL_SUFFIXES))]
    stem = os.path.splitext(name)[0] if name.lower().endswith(ENDINGS) else name
    stems = {os.path.splitext(file)[0].lower(): os.path.join(parent, file) for file in files}
    if stem.lower() in stems:
        return f"there is {stems[stem.lower()]}; write the name with its ending"
    near = "" if bundled else nearest(stem, stems)
    return f"did you mean '{stems[near]}'?" if near else bundled


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
    rows.sort(key=lambda row: (row["date"] or str(row["year"]), row["parameters"]))
    families = [row["family"] for row in rows]
    first = {family: families.index(family) for family in families}
    rows.sort(
        key=lambda row: (
            not row["classic"],
            not row["appendix"],
            0 if row["classic"] or row["appendix"] else first[row["family"]],
        )
    )
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
        "family": head.family,
        "task": head.task,
        "names": [*head.names],
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
