"""Specs written in another way that should be the same network.

A spec of ``random_language`` has marks: ``«channels/2»`` is a number in a module, ``‹16|16|64›``
in a call what comes in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import reject

LETTERS = {"height": "H", "width": "W", "channels": "C", "length": "L", "features": "C"}
SIDES = {1: ["C"], 2: ["L", "C"], 3: ["H", "W", "C"]}
FORMS = ("repeat", "towers", "residual", "graph", "stage", "auxiliary", "outputs")
_VALUE = re.compile("^(as|from|to|state|last-state)=(.*)")
_BODIES = ("layers", "towers", "residual", "graph")
_PARAMETER = re.compile("p_[a-wyz]|[HWCL]|^v$")

WORDS = ("inputs", "gives", "edges")
"""Keys of lists of names."""
TEXTS = ("name", "label", "title", "caption", "color", "notes")

Names = Mapping[str, str]
"""What values are called; a value of each of several iterations has several names."""


def strings(node: Any) -> list[str]:
    """All texts in a part of a spec."""
    if isinstance(node, dict):
        node = [*node.values()]
    if isinstance(node, list):
        return [text for inner in node for text in strings(inner)]
    return [node] if isinstance(node, str) else []


def replaced(node: Any, other: Any) -> Any:
    """A part of a spec with other texts."""
    if isinstance(node, dict):
        return {key: replaced(value, other) for key, value in node.items()}
    if isinstance(node, list):
        return [replaced(value, other) for value in node]
    return other(node) if isinstance(node, str) else node


def natural(spec: Any) -> Any:
    """With the names of shapes, which calls need not pass."""
    return replaced(spec, lambda text: re.sub("[«»]| ?‹[^›]*›", "", text))


def by_hand(spec: dict[str, Any]) -> dict[str, Any]:
    """With parameters for the sides of what comes into a module."""
    modules = spec.get("modules", {})
    ranks: dict[str, int] = {}

    def letters(text: str) -> str:
        return re.sub("|".join(LETTERS), lambda found: LETTERS[found[0]], text)

    def passed(text: str) -> str:
        found = re.search(" ‹([^›]*)›", text)
        if not found:
            return re.sub("«([^»]*)»", lambda mark: letters(mark[1]), text)
        sides = letters(found[1]).split("|")
        name, *words = text.replace(found[0], "").split()
        takes = [one.partition("=")[0] for one in modules[name].get("takes", [])]
        places = [word for word in words if "=" not in word and word != "shared"]
        given = {*takes[: len(places)], *(word.partition("=")[0] for word in words)}
        more = [f"p_w={sides[-1]}"] * ("p_w" in takes and "p_w" not in given)
        ranks[name] = len(sides)
        return " ".join([name, *sides, *words, *more])

    made: dict[str, Any] = replaced(spec, passed)
    for name, module in made.get("modules", {}).items():
        module["takes"] = [*SIDES[ranks[name]], *module.get("takes", [])]
        module["takes"] = [one.replace("=channels", "=1") for one in module["takes"]]
    return made


class WrittenOut:
    """Writes a spec of :func:`by_hand` without its modules and repeats."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.modules = spec.get("modules", {})
        self.count = 0
        self.others: dict[str, str] = {}
        """Of values that would have two names, the one that they have."""
        network = self.aliased(self.series(spec["network"], {}, {}, ""))
        self.spec = {"title": "Written out", "network": network}

    def aliased(self, node: Any, item: bool = False) -> Any:
        """With one name for each value; the first word of an ``item`` says what it is."""
        if isinstance(node, dict):
            return {key: self.aliased(value) for key, value in node.items()}
        if isinstance(node, list):
            edges = all(isinstance(one, str) and "->" in one for one in node)
            return [self.aliased(one, not edges) for one in node]
        first, *words = re.split("([ =])", node)
        parts = [first if item and first != "from" else self.one(first), *map(self.one, words)]
        return "".join(parts)

    def one(self, name: str) -> str:
        """The name that a value has."""
        while name in self.others:
            name = self.others[name]
        return name

    def word(self, word: str, values: Names, names: Names) -> str:
        """A word with parameters and names of values filled in."""
        found = _VALUE.match(word)
        if found:
            return f"{found[1]}={names.get(found[2], found[2])}"
        return names.get(word) or _PARAMETER.sub(lambda one: values.get(one[0], one[0]), word)

    def anew(self, node: Any, names: dict[str, str]) -> list[str]:
        """New names for the values that are given in a part; what they were called."""
        found: list[str] = []
        for text in strings(node):
            first, *words = text.split() or [""]
            called = self.modules.get(first, {}).get("gives", ())
            pairs = [word.partition("=") for word in [first, *words]]
            found += [value for key, _, value in pairs if key in ("as", "last-state", *called)]
            found += words if first == "split" else []
        found += [item["as"] for item in _mappings(node) if "as" in item]
        for name in found:
            self.count += 1
            names[name] = f"v{self.count}"
        return found

    def series(self, items: Any, values: Names, names: dict[str, str], more: str) -> list[Any]:
        """Items written out; ``more``: a word for each layer, ``shared``."""
        made: list[Any] = []
        for item in items if isinstance(items, list) else [items]:
            plain, name = _without_name(item)
            made += self.item(plain, values, names, more)
            if not name:
                continue
            if not made:  # only a call that is nothing can name what enters
                reject()
            last, name = made[-1], names.get(name, name)
            plain, other = _without_name(last)
            if other:
                self.others[name] = other
            else:
                made[-1] = {**last, "as": name} if isinstance(last, dict) else f"{last} as={name}"
        return made

    def item(self, item: Any, values: Names, names: dict[str, str], more: str) -> list[Any]:
        if isinstance(item, str):
            return self.text(item, values, names, more)
        form = next((key for key in item if key in FORMS), "")
        if form == "repeat":
            return self.repeat(item, values, names, more)
        if form:
            return [self.form(item, form, values, names, more)]
        (kind, words), *others = item.items()
        text = self.text(f"{kind} {words}", values, names, more)
        if not text:
            return []
        kind, _, words = text[0].partition(" ")
        return [{kind: words, **dict(others)}]

    def text(self, text: str, values: Names, names: dict[str, str], more: str) -> list[Any]:
        first, *words = text.split()
        if first in self.modules:
            return self.call(first, words, values, names, more)
        words = [self.word(word, values, names) for word in words]
        if "when=0" in words:
            return []
        words = [word for word in words if word != "when=1"]
        first = values.get(first, first)
        own = more if first not in ("from", "identity", "input") else ""
        return [" ".join([first, *words, *own.split()])]

    def call(
        self, name: str, words: list[str], values: Names, names: dict[str, str], more: str
    ) -> list[Any]:
        """The body of a module with what a call says."""
        module = self.modules[name]
        takes = [one.partition("=") for one in module["takes"]]
        given = {parameter: default for parameter, _, default in takes}
        free = iter(given)
        inner: dict[str, str] = {}
        bound: dict[str, str] = {}
        for word in words:
            key, equals, value = word.partition("=")
            if key in ("when", "shared"):
                more = "shared" if key == "shared" else more
                if key == "when" and self.word(value, values, {}) == "0":
                    return []
            elif not equals or key in given:
                text = self.word(value or word, values, {})
                given[key if equals else next(free)] = f"({text})" if {*text} & {*"*/"} else text
            else:
                bound[key] = names.get(value, value)
        form = next(key for key in _BODIES if key in module)
        body = module["layers"] if form == "layers" else {**module, "takes": [], "gives": []}
        self.anew(body, inner)
        inner |= bound
        if form == "layers":
            return self.series(body, given, inner, more)
        return [self.form(body, form, given, inner, more)]

    def repeat(
        self, item: dict[str, Any], values: Names, names: dict[str, str], more: str
    ) -> list[Any]:
        """Each iteration of a repeat, whose names become many."""
        many: dict[str, list[str]] = {}
        made: list[Any] = []
        for number in range(int(self.word(item["repeat"], values, {}))):
            inner = dict(names)
            inside = self.anew(item["of"], inner)
            chosen = {key: those[number] for key, those in item.get("each", {}).items()}
            again = "shared" if number and "shared" in item else more
            made += self.series(item["of"], {**values, **chosen}, inner, again)
            for name in inside:
                many.setdefault(name, []).append(inner[name])
        names |= {name: " ".join(those) for name, those in many.items()}
        return made

    def form(
        self, item: dict[str, Any], form: str, values: Names, names: dict[str, str], more: str
    ) -> dict[str, Any]:
        """Towers, a residual, a graph, or what only the network has."""

        def inside(part: Any) -> Any:
            made = [one for one in self.series(part, values, names, more) if one != "identity"]
            return made or "identity"

        made: dict[str, Any] = {form: item[form]}
        match form:
            case "towers" if isinstance(item[form], str):
                made["of"] = inside(item["of"])
                made |= {key: item[key] for key in ("shared",) if key in item}
            case "towers":
                made[form] = [inside(tower) for tower in item[form]]
            case "residual" | "auxiliary":
                made[form] = inside(item[form])
            case "stage":
                made["of"] = inside(item["of"])
            case "outputs":
                made[form] = {name: inside(body) for name, body in item[form].items()}
            case "graph":
                nodes = {name: inside(body) for name, body in item[form]["nodes"].items()}
                others = {name: new for name, new in names.items() if name not in nodes}
                edges = [
                    " ".join(others.get(word, word) for word in edge.split())
                    for edge in item[form]["edges"]
                ]
                made[form] = {"nodes": nodes, "edges": edges}
        if "shortcut" in item:
            made["shortcut"] = inside(item["shortcut"])
        if form in ("towers", "residual"):
            merge = item.get("merge", "concat" if form == "towers" else "add")
            made["merge"] = self.text(merge, values, names, more)[0]
        return made


def _mappings(node: Any) -> list[dict[str, Any]]:
    """All mappings in a part of a spec."""
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = [node] if isinstance(node, dict) else []
    return own + [found for part in parts for found in _mappings(part)]


def _without_name(item: Any) -> tuple[Any, str]:
    """An item, and the name of its value."""
    if isinstance(item, dict):
        return {key: value for key, value in item.items() if key != "as"}, item.get("as", "")
    words = item.split()
    names = [word[3:] for word in words if word.startswith("as=")]
    return " ".join(word for word in words if not word.startswith("as=")), "".join(names)


def renamed(spec: dict[str, Any]) -> dict[str, Any]:
    """A spec of :func:`by_hand` whose values have other names, its modules the other way round."""
    lists = [module.get(key, []) for module in _modules(spec) for key in ("inputs", "gives")]
    names = {name for those in lists for name in those}
    names |= {item["as"] for item in _mappings(spec) if "as" in item}
    keys = {"as", "last-state", *names}
    for text in strings(spec):
        first, *words = text.split() or [""]
        pairs = [word.partition("=") for word in [first, *words]]
        names |= {value for key, _, value in pairs if key in keys}
        names |= {*words} if first == "split" else set()
    names.discard("")

    def other(word: str, called: bool = False) -> str:
        key, equals, value = word.partition("=")
        if not equals:
            return f"{word}-0" if word in names else word
        key = other(key) if called and key in names else key
        return f"{key}={other(value)}" if _VALUE.match(word) or called else word

    def walked(node: Any, key: str) -> Any:
        if isinstance(node, dict):
            return {key: walked(value, key) for key, value in node.items()}
        if isinstance(node, list):
            return [walked(one, key if key in WORDS else "item") for one in node]
        first, *words = node.split() or [""]
        if key != "item":  # all words may be names, not only those behind a kind
            first = other(first)
        called = first in spec.get("modules", {})
        return node if key in TEXTS else " ".join([first, *(other(one, called) for one in words)])

    made: dict[str, Any] = walked(spec, "")
    if "modules" in made:
        made["modules"] = dict(reversed(made["modules"].items()))
    return made


def _modules(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return list(spec.get("modules", {}).values())
