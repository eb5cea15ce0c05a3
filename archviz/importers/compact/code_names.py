"""Names of modules as the model's own code has them: the class that holds just their layers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from archviz.importers.code_parts import CONTAINERS
from archviz.importers.compact.structure import Structures
from archviz.importers.compact.tree import Chain, chain_layers
from archviz.importers.graphs import UNNAMED, LayerNode

_VAGUE = frozenset({"block", "layer", "module", "cell", "unit", "stage"})
_WORDS = re.compile(
    r"P?[A-Z][a-z]LU\d?(?![a-z])|"  # ReLU, PReLU, SiLU
    r"[A-Z][a-z]{1,2}[A-Z](?=[A-Z][a-z]|$)|[A-Z\d]+(?=[A-Z][a-z])|[A-Z]?[a-z\d]+|[A-Z\d]+"
)
_NAMED = re.compile(r"[a-z0-9]+")
FIELD, CODE = "field", "code"
"""Whose words label a module: those of the field, or the names of the code's own classes."""
LONGEST = 50
"""Letters of a name in a spec, without the number that tells it from others."""
SHORT = 10
"""Letters of a class that stands as it is written."""


class CodeNames:
    """Which class each part of a model is, and how many layers are in it."""

    def __init__(
        self, model: str, nodes: Sequence[LayerNode], classes: Mapping[str, str], names: str = FIELD
    ) -> None:
        self.model = words_of(model)
        self.names = names
        self.classes = {path: name for path, name in classes.items() if name[:1] != UNNAMED}
        self.sizes: Counter[tuple[str, ...]] = Counter()
        if self.classes:
            for node in nodes:
                if node.kind != "input":
                    self.sizes.update(_prefixes(node.scope))

    def class_of(self, structures: Structures, body: Chain) -> str:
        """The class whose layers are just those of a body; ``""`` where there is none."""
        if not self.classes:
            return ""
        layers = {layer for layer in chain_layers(body) if layer >= 0}
        scopes = [structures.nodes[layer].scope for layer in layers]
        shared = _shared(scopes)
        for depth in range(len(shared), 0, -1):
            path = shared[:depth]
            if self.sizes[path] != len(layers):
                return ""
            name = self.classes.get(".".join(path), "")
            if name and name.lstrip("_") not in CONTAINERS:
                return name
        return ""

    def title(self, name: str) -> str:
        """A class as it is written; what only says that others shall not use it is no name."""
        return name if self.names == CODE else name.lstrip("_")

    def label(self, name: str) -> str:
        """A class in few words: without what the model itself is called, if that leaves some.

        As it is written where labels are the code's own.
        """
        name = self.title(name)
        if self.names == CODE or len(name) <= SHORT:
            return name
        words = words_of(name)
        common = 0
        while common < min(len(words), len(self.model)) and words[common] == self.model[common]:
            common += 1
        rest = words[common:]
        if not rest or (len(rest) == 1 and rest[0].lower() in _VAGUE):
            rest = words if len(words) < 3 else [words[0], words[-1]]
        return " ".join([_sentence(rest[0], True), *(_sentence(word, False) for word in rest[1:])])


def words_of(name: str) -> list[str]:
    """The words of a class: ``Llama``, ``Decoder`` and ``Layer`` for ``LlamaDecoderLayer``."""
    return _WORDS.findall(name)


def key_of(name: str, taken: Collection[str]) -> str:
    """What a spec calls a class: ``llama-decoder-layer``; ``""`` where that is something else."""
    key = "-".join(word.lower() for word in words_of(name))
    return key if key and key[0].isalpha() and key not in taken and len(key) <= 40 else ""


def spec_name(words: str, taken: Collection[str]) -> str:
    """A phrase as a name in a spec, other than those that are taken: ``block-no-conv-1x1``."""
    name = "-".join(_NAMED.findall(words.lower().replace("×", "x")))[:LONGEST]
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in range(2, len(taken) + 3) if f"{name}-{n}" not in taken)


def _sentence(word: str, first: bool) -> str:
    if any(map(str.isupper, word[1:])) or word.isupper() or any(map(str.isdigit, word)):
        return word
    return word.capitalize() if first else word.lower()


def _prefixes(scope: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (scope[: end + 1] for end in range(len(scope)))


def _shared(scopes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    found: list[str] = []
    for level in zip(*scopes, strict=False):
        if len(set(level)) > 1:
            break
        found.append(level[0])
    return tuple(found)
