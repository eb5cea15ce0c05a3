"""The modules that operators of an exported PyTorch model were in, as its file notes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from sys import intern

from archviz.importers.graphs import MAX_DEPTH, UNNAMED, Op, module_path
from archviz.importers.read.onnx_fields import BYTES, NodeProto
from archviz.importers.read.onnx_wire import scan, text

SCOPES = b"\n\x1apkg.torch.onnx.name_scopes"
CLASSES = b"\n\x1epkg.torch.onnx.class_hierarchy"
"""How the notes begin; behind them stand lists of names, written as Python writes them."""
_WORD = re.compile(r"""'([^']*)'|"([^"]*)\"""")
MOST = 100_000
"""Modules whose classes are noted."""


class Scopes:
    """Paths of modules, and their classes, as far as they have been read."""

    def __init__(self) -> None:
        self.known: dict[bytes, tuple[str, ...]] = {}
        self.classes: dict[str, str] = {}
        self.paths: dict[str, tuple[str, ...]] = {"": ()}
        """Paths of modules that have others in them, by how names of operators begin there."""
        self.last: tuple[str, tuple[str, ...]] = ("", ())
        """The module of the last operator: mostly, it is that of the next one or beside it."""
        self.noted = set[str]()
        """What operators give of which the file says in which module they were."""

    def path(self, scopes: bytes, classes: bytes) -> tuple[str, ...]:
        """The modules of an operator, outermost first.

        ``['', 'encoder', 'encoder.ln', 'add']`` are the names of all modules around it and its own;
        ``['my.Net', 'my.Encoder', 'torch…LayerNorm', 'aten.add']`` are their classes, of which
        that of the whole model is noted for the path ``""``.
        """
        around = _value(scopes).rpartition(b",")[0]
        found = self.known.get(around)
        if found is None:
            names = _words(around)
            last = names[-1] if names else ""
            found = self.known[around] = tuple(filter(None, last.split(".")[:MAX_DEPTH]))
            if len(self.classes) < MOST:
                kinds = _words(_value(classes))
                for name, kind in zip(names, kinds, strict=False):
                    if len(kinds) > len(names):
                        self.classes[name] = kind.rpartition(".")[2]
        return found

    def unnoted(self, ops: Iterable[Op]) -> frozenset[str]:
        """What operators give of which the file does not say it, where it does of others."""
        if not self.classes:
            return frozenset()
        return frozenset([op.outputs[0] for op in ops if op.outputs]) - self.noted

    def by_name(self, scope: tuple[str, ...] | None, name: str) -> tuple[str, ...] | str:
        """The modules of an operator by its name, where none are noted."""
        around = name.rpartition("/")[0]
        if "/" not in around:
            return ()
        if scope is not None:
            return name
        if around != self.last[0]:
            plain = "//" not in around and around.count("/") < MAX_DEPTH
            self.last = around, self.path_of(around) if plain else module_path(name)
        return self.last[1]

    def path_of(self, around: str) -> tuple[str, ...]:
        """The path to a module; what it is in has mostly been met before."""
        outer, _, part = around.rpartition("/")
        path = self.paths.get(outer)
        if path is None:
            path = self.paths[outer] = self.path_of(outer)
        if "." in part:
            before = outer.rpartition("/")[2]
            words = part.removeprefix(f"{before}.").split(".") if before else part.split(".")
            return (*path, *[intern(word) for word in words if word])
        return (*path, intern(part)) if part else path


def _value(note: bytes) -> bytes:
    """What stands behind the key of a note."""
    for number, wire, low, high in scan(note, 0, len(note)):
        if number == NodeProto.METADATA_VALUE and wire == BYTES:
            return note[low:high]
    return b""


def _words(written: bytes) -> list[str]:
    """The texts of a list that Python has written."""
    letters = text(written, 0, len(written))
    return [one or two for one, two in _WORD.findall(letters)]


def with_scopes(ops: Sequence[Op], unnoted: Set[str]) -> list[Op]:
    """Operators, those of which no module is noted in the one that all their users are in.

    ``unnoted`` are the first values that they give.
    """
    users: dict[str, tuple[str, ...]] = {}
    found: list[Op] = []
    for op in reversed(ops):
        if op.outputs and op.outputs[0] in unnoted:
            op = op._replace(path=_shared([users[name] for name in op.outputs if name in users]))
        path = op.path if isinstance(op.path, tuple) else ()
        for name in op.inputs:
            users[name] = _shared([users[name], path]) if name in users else path
        found.append(op)
    found.reverse()
    return found


def _shared(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shared: list[str] = []
    for words in zip(*paths, strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return tuple(shared)


def alike(ops: Sequence[Op]) -> dict[str, str]:
    """Classes without a name for the modules in the paths of operators, equal for modules alike.

    The older exporter writes paths and no classes. Modules are alike that have the same modules in
    them, by name, and so are those of one list that have half of them.
    """
    direct = {module_path(op.path): None for op in ops if op.path}
    names: dict[frozenset[str], str] = {}
    lists: dict[tuple[str, ...], dict[frozenset[str], None]] = {}
    found: dict[str, str] = {}
    for path, words in _inside(direct).items():
        listed = path not in direct and all(word.isdigit() for word in words)
        if not path or listed:
            continue
        key = frozenset(words)
        beside = lists.setdefault(path[:-1], {}) if path[-1].isdigit() else {}
        name = names.get(key, "")
        if not name:
            near = [other for other in beside if 2 * len(key & other) > len(key | other)]
            name = names[key] = names[near[0]] if near else f"{UNNAMED}{len(names)}"
        beside[key] = None
        found[".".join(path)] = name
    return found


def _inside(paths: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, None]]:
    """What stands directly in each module."""
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for path in paths:
        beside = found.get(path[:-1])
        if beside is not None and path:
            beside[path[-1]] = None
            continue
        new = []
        while path:
            path, word = path[:-1], path[-1]
            if path in found:
                found[path][word] = None
                break
            new.append((path, word))
        for outer, word in reversed(new):
            found[outer] = {word: None}
    return found
