"""What can be written at a place of a spec: words out of the reader's own tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from archviz.formatter.words import KEYS, part_inside, part_under
from archviz.language.calls import OWN_KEYS
from archviz.language.figure import OWN_KEYS as FIGURE_KEYS
from archviz.language.head import ACCURACY, GALLERY, KERAS, PUBLISHED, TEXTS
from archviz.language.item_keys import FORM_KEYS
from archviz.language.items import FORMS
from archviz.language.options import COMMON, FLAGS, OPTIONS, WORDS
from archviz.language.shapes import SHAPE_NAMES
from archviz.language.spec import BODIES, COMPANIONS, MODULE_KEYS, SECTIONS
from archviz.looks import CHOICES, LOOKS, ROLES, WORD_LISTS, theme_names
from archviz.lsp.outline import Cursor, Outline, Piece
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS, OPENABLE

_ABOUT: Mapping[str, str] = {
    **ACCURACY,
    **{key: about for key, (_, about) in TEXTS.items()},
    **PUBLISHED,
    **KERAS,
    **GALLERY,
    **FIGURE_KEYS,
    **{name: look.about for name, look in LOOKS.items()},
}
_VALUES: Mapping[str, Iterable[str]] = {
    "color": ROLES,
    "hide-badges": KINDS,
    "open": OPENABLE,
    "side": ("above", "below"),
    **CHOICES,
    **WORD_LISTS,
}
"""What can stand under a key that is no part of the network."""


class Offer(NamedTuple):
    """A word that can be written, a line on it, and what is typed for it."""

    word: str
    about: str
    sort: str
    """``key``, ``kind``, ``module``, ``word``, ``option`` or ``name``."""

    @property
    def text(self) -> str:
        """What is typed."""
        return self.word + {"key": ": ", "option": "="}.get(self.sort, "")


class Names:
    """The names that a spec gives itself, as far as it is written."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.modules: dict[str, Piece] = {}
        self.parameters: dict[str, dict[str, str]] = {}
        """Of every module: its parameters with their defaults."""
        self.inputs: dict[str, list[str]] = {}
        self.values: dict[str, Piece] = {}
        """Named values, and the nodes of graphs."""
        self.varied: set[str] = set()
        """What repeats vary."""
        for piece in pieces:
            self._add(piece)

    def _add(self, piece: Piece) -> None:
        path, text = piece.path, piece.text
        if piece.key:
            if path == ("modules",):
                self.modules[text] = piece
            elif path[-1:] == ("nodes",):
                self.values[text] = piece
            elif path[-1:] == ("each",):
                self.varied.add(text)
            return
        if path[:1] == ("modules",) and path[2:] == ("takes",):
            name, _, default = text.partition("=")
            self.parameters.setdefault(path[1], {})[name.strip()] = default.strip()
        elif path[:1] == ("modules",) and path[2:] == ("inputs",):
            self.inputs.setdefault(path[1], []).append(text)
        elif path[-1:] == ("as",):
            self.values[text] = piece
        for found in re.finditer(r"(?<!\S)(?:as|last-state)=([\w-]+)", text):
            column = piece.column + found.start(1)
            self.values[found[1]] = piece._replace(column=column)


def offers(before: str, names: Names) -> list[Offer]:
    """What can be written behind a text; ``names`` are those of the whole spec."""
    cursor = Outline(before).cursor
    if cursor is None:
        return []
    part, key = "spec", ""
    for key in cursor.path:
        part = part_inside(part_under(part, key))
    found = list(_offers(cursor, part, key, names))
    return list({(offer.word, offer.sort): offer for offer in found}.values())


def _offers(cursor: Cursor, part: str, key: str, names: Names) -> Iterator[Offer]:
    if part in ("series", "module") and cursor.beside:
        yield from _keys_of_item(cursor.beside, part)
    elif part == "series":
        yield from _words(cursor.text, key, cursor, names)
    elif part.startswith("layer "):
        yield from _behind(part.removeprefix("layer "), cursor.text, cursor, names)
    elif part == "defaults":
        yield from (Offer(kind, row.about, "key") for kind, row in KINDS.items())
    elif part == "spec":
        yield from _keys((*KEYS["spec"],), cursor.beside)
    elif part == "module":
        yield from _keys((*MODULE_KEYS, *BODIES), ())
    elif part in KEYS:
        yield from _keys(KEYS[part], cursor.beside)
    elif key in _VALUES:
        yield from (Offer(word, "", "word") for word in _VALUES[key])
        if key == "open":
            yield from (Offer(name, "module", "module") for name in names.modules)
    elif key == "theme":
        yield from (Offer(name, "theme", "word") for name in theme_names())
    elif key == "edges":
        yield from (Offer(name, "", "name") for name in ("in", "out", "previous", *names.values))


def _keys(keys: Iterable[str], beside: Iterable[str]) -> Iterator[Offer]:
    for key in keys:
        if key not in beside and (key in _ABOUT or key in _KNOWN):
            yield Offer(key, _ABOUT.get(key, ""), "key")


_KNOWN = {
    *SECTIONS,
    *MODULE_KEYS,
    *BODIES,
    "year",
    "date",
    "published",
    "accuracy",
    "gallery",
    "nodes",
    "edges",
}


def _keys_of_item(beside: tuple[str, ...], part: str) -> Iterator[Offer]:
    """Keys that go with those that a mapping has already."""
    form = next((key for key in beside if key in FORMS), "")
    if part == "module":
        body = next((key for key in beside if key in BODIES), "")
        keys = (*MODULE_KEYS, *(COMPANIONS[body] if body else BODIES))
        yield from (Offer(key, "", "key") for key in keys if key not in beside)
    elif form:
        keys = (*FORM_KEYS[form], "as")
        yield from (Offer(key, "", "key") for key in keys if key not in beside)
    else:
        kind = next((key for key in beside if key in KINDS), "")
        keys = (*KINDS[kind].options, *COMMON) if kind else OWN_KEYS
        for key in (*filter(None, keys), "as"):
            if key not in beside:
                yield Offer(key, OPTIONS[key].about if key in OPTIONS else "", "key")


def _words(text: str, key: str, cursor: Cursor, names: Names) -> Iterator[Offer]:
    """Words of an item: first its kind, then what goes with it."""
    words = text.split()
    if words and (len(words) > 1 or text[-1:].isspace()):
        yield from _behind(words[0], text, cursor, names)
        return
    yield from (Offer(name, "module", "module") for name in names.modules)
    for kind, row in KINDS.items():
        if key != "merge" or row.join:
            yield Offer(kind, row.about, "kind")
    if key == "merge":
        return
    yield from (Offer(form, "", "key") for form in FORMS)
    yield Offer("from", "goes on from a named value", "word")
    if key in ("towers", "shortcut", "fork"):
        yield Offer("identity", "what comes in, as it is", "word")


def _behind(head: str, text: str, cursor: Cursor, names: Names) -> Iterator[Offer]:
    """Words that can follow a kind, a module or ``from``."""
    word = "" if text[-1:].isspace() else (text.split() or [""])[-1]
    option, equals, _ = word.partition("=")
    values = [Offer(name, "value", "name") for name in names.values]
    scope = [*names.varied]
    if cursor.path[:1] == ("modules",) and len(cursor.path) > 1:
        scope += [*names.parameters.get(cursor.path[1], ()), *SHAPE_NAMES]
        values += [Offer(name, "input", "name") for name in names.inputs.get(cursor.path[1], ())]
    parameters = [Offer(name, "parameter", "name") for name in scope]
    if head == "from":
        yield from (*values, Offer("previous", "what went into the item before", "name"))
    elif head in names.modules:
        if not equals:
            for name, default in names.parameters.get(head, {}).items():
                yield Offer(name, f"parameter, {default} without" if default else "", "option")
            for name in names.inputs.get(head, ()):
                yield Offer(name, "input", "option")
            yield from (Offer(key, "", "option") for key in (*OWN_KEYS, "as"))
        yield from (*parameters, *values)
    elif head in KINDS:
        known = (*filter(None, KINDS[head].options), *COMMON)
        if equals:
            form = OPTIONS[option].form if option in OPTIONS else ""
            yield from (values if form == "value" else parameters)
            yield from (Offer(value, _title(value), "word") for value in WORDS.get(form, ()))
            return
        for flag, (name, _) in FLAGS.items():
            if name in known:
                yield Offer(flag, _title(flag) or OPTIONS[name].about, "word")
        yield from (Offer(name, OPTIONS[name].about, "option") for name in known)
        yield Offer("as", "a name for what comes out", "option")
        yield from (*parameters, *(values if KINDS[head].join else ()))


def _title(word: str) -> str:
    badge = NORMS.get(word) or ACTIVATIONS.get(word)
    return badge.title if badge else ""
