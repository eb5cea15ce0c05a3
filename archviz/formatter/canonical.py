"""A spec file in its canonical form: what it says and its comments stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archviz.errors import Mark, fail
from archviz.formatter.printer import print_tree
from archviz.formatter.tree import Document, Value, read_tree
from archviz.language.expand import network_from_text
from archviz.language.shapes import SHAPE_NAMES
from archviz.marks import SIGN, is_marked, marked
from archviz.yamlnodes import spec_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archviz.network.model import Network

_NAMING = ("takes", "inputs", "as", "take")
"""Keys under which names are given, and the options that give one."""
_GIVING = ("as=", "last-state=")


def canonical(data: bytes, file: str, allow_outside: bool = False) -> bytes:
    """The canonical form of a spec file; its ends of lines stay, and so does archviz's mark.

    ``allow_outside``: files that it names may be outside of its folder.

    Raises:
        ArchvizError: with all problems of the spec; or its network would become another one.
    """
    ours = is_marked(data)
    text = spec_text(data[: data.rindex(b"# " + SIGN)] if ours else data, file)
    ends = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    result = canonical_text(text, file, allow_outside).replace("\n", ends).encode()
    return marked(result, "yaml") if ours else result


def canonical_text(text: str, file: str, allow_outside: bool = False) -> str:
    """The canonical form of the text of a spec; :func:`canonical` for the errors."""
    network = network_from_text(text, file, allow_outside)
    document = read_tree(text.removeprefix("\ufeff"))
    names = frozenset(_names(document.root)) | SHAPE_NAMES.keys()
    result = print_tree(document, names)
    if _links(read_tree(result)) != _links(document):
        result = print_tree(document, names, sort=False)  # an alias needs its anchor before it
    after = network_from_text(result, file, allow_outside)
    if not same_network(network, after):
        message = "would be another network in its canonical form, and is left as it is"
        raise fail(file, message, "this is a fault of archviz; please report it with the file")
    return result


def same_network(one: Network, other: Network) -> bool:
    """Whether two networks differ in nothing but the places in their files, and warnings."""
    return same(one._replace(warnings=()), other._replace(warnings=()))


def same(one: Any, other: Any, seen: set[tuple[int, int]] | None = None) -> bool:
    """Whether two records differ in nothing but the marks in them.

    What is shared in both, such as the body of a module, is compared once.
    """
    if isinstance(one, Mark) or one is other:
        return True
    if type(one) is not type(other):
        return False
    seen = set() if seen is None else seen
    if (id(one), id(other)) in seen:
        return True
    if isinstance(one, Mapping):
        alike = one.keys() == other.keys() and all(same(one[k], other[k], seen) for k in one)
    elif isinstance(one, tuple):
        pairs = zip(one, other, strict=False)
        alike = len(one) == len(other) and all(same(a, b, seen) for a, b in pairs)
    else:
        return bool(one == other)
    seen.add((id(one), id(other)))
    return alike


def _names(value: Value, under: str = "") -> Iterator[str]:
    """The names that a spec gives: of modules, parameters and values."""
    for entry in value.entries:
        key = entry.key.text if entry.key else under
        if under in ("modules", "each"):
            yield key
        yield from _names(entry.value, key)
    words = value.text.split()
    if under in _NAMING or words[:1] == ["split"]:
        yield from (word.partition("=")[0] for word in words)
    yield from (word.partition("=")[2] for word in words if word.startswith(_GIVING))


def _links(document: Document) -> list[str]:
    """The anchors and aliases of a document in their order."""

    def found(value: Value) -> Iterator[str]:
        yield from (name for name in value.properties if name[0] == "&")
        if value.form == "alias":
            yield value.text
        for entry in value.entries:
            if entry.key:
                yield from found(entry.key)
            yield from found(entry.value)

    return list(found(document.root))
