"""The modules that operators of an exported PyTorch model were in, as its file notes them."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

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

    def path(self, scopes: bytes, classes: bytes) -> tuple[str, ...]:
        """The modules of an operator, outermost first.

        ``['', 'encoder', 'encoder.ln', 'add']`` are the names of all modules around it and its own;
        ``['my.Net', 'my.Encoder', 'torch…LayerNorm', 'aten.add']`` are their classes.
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
                    if name and len(kinds) > len(names):
                        self.classes[name] = kind.rpartition(".")[2]
        return found


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
    inside: dict[tuple[str, ...], dict[str, None]] = {}
    direct: set[tuple[str, ...]] = set()
    for path in dict.fromkeys([module_path(op.path) for op in ops if op.path]):
        direct.add(path)
        for depth in range(len(path)):
            inside.setdefault(path[:depth], {})[path[depth]] = None
    names: dict[frozenset[str], str] = {}
    lists: dict[tuple[str, ...], set[frozenset[str]]] = {}
    found: dict[str, str] = {}
    for path, words in inside.items():
        listed = path not in direct and all(word.isdigit() for word in words)
        if not path or listed:
            continue
        key = frozenset(words)
        beside = lists.setdefault(path[:-1], set()) if path[-1].isdigit() else set()
        near = [other for other in beside if 2 * len(key & other) > len(key | other)]
        name = names.get(key) or (names[near[0]] if near else f"{UNNAMED}{len(names)}")
        names.setdefault(key, name)
        beside.add(key)
        found[".".join(path)] = name
    return found
