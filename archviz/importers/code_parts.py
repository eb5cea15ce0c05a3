"""Parts of a model's own code whose layers have one way in and one way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archviz.importers.graphs import LayerNode
from archviz.network.kinds import KINDS

Path = tuple[str, ...]

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict", "Identity"})
"""Classes that hold others and say nothing of them."""


class CodePart(NamedTuple):
    """A part of the model's code with one way in and one way out."""

    path: Path
    name: str
    """Its class."""
    entry: str
    """The layer before it."""
    exit: str
    """The last of its layers."""
    layers: tuple[int, ...]
    drawn: int


def code_parts(
    nodes: Sequence[LayerNode], classes: Mapping[str, str], used: Sequence[str]
) -> tuple[list[CodePart], Counter[str]]:
    """The parts of a model's code that could be modules, inner ones before outer ones.

    Beside them how many parts of each class have layers at all. ``used`` are layers whose values
    go elsewhere than into ``nodes``.
    """
    instances: Counter[str] = Counter()
    if not classes:
        return [], instances
    inside = _inside(nodes)
    users: dict[str, list[int]] = {}
    for number, node in enumerate(nodes):
        for source in node.inputs:
            users.setdefault(source, []).append(number)
    for name in used:
        users.setdefault(name, []).append(-1)
    found = []
    seen: set[tuple[int, ...]] = set()
    for path in sorted(inside, key=len, reverse=True):
        layers = tuple(inside[path])
        if len(layers) < 2 or layers in seen:
            continue
        name = classes.get(".".join(path), "")
        if not name or name in CONTAINERS:
            continue
        instances[name] += 1
        part = _part(nodes, path, name, _connected(nodes, layers, users), users)
        if part is not None and part.drawn > 1:
            seen.add(part.layers)
            found.append(part)
    return found, instances


def _inside(nodes: Sequence[LayerNode]) -> dict[Path, list[int]]:
    """The layers in each part of the code."""
    inside: dict[Path, list[int]] = {(): []}
    around: dict[Path, list[list[int]]] = {(): []}
    """Those of all parts round one, and its own."""
    for number, node in enumerate(nodes):
        scope = node.scope
        known = around.get(scope)
        if known is None:
            depth = len(scope) - 1
            while scope[:depth] not in around:
                depth -= 1
            known = around[scope[:depth]]
            for end in range(depth + 1, len(scope) + 1):
                known = around[scope[:end]] = [*known, inside.setdefault(scope[:end], [])]
        for layers in known:
            layers.append(number)
    del inside[()]
    return inside


def _connected(
    nodes: Sequence[LayerNode], layers: tuple[int, ...], users: Mapping[str, Sequence[int]]
) -> tuple[int, ...]:
    """Layers without those that are not drawn and lead neither from nor to the others."""
    if all(KINDS[nodes[number].kind].drawn for number in layers):
        return layers
    own = set(layers)
    names = {nodes[number].id for number in layers}
    return tuple(
        number
        for number in layers
        if KINDS[nodes[number].kind].drawn
        or not names.isdisjoint(nodes[number].inputs)
        or not own.isdisjoint(users.get(nodes[number].id, ()))
    )


def _part(
    nodes: Sequence[LayerNode],
    path: Path,
    name: str,
    layers: tuple[int, ...],
    users: Mapping[str, Sequence[int]],
) -> CodePart | None:
    """The part of some layers; None where there is more than one way in or out."""
    own = set(layers)
    inner = [nodes[number] for number in layers]
    if any(node.kind == "input" or not node.inputs for node in inner):
        return None
    entries = {source for node in inner for source in node.inputs} - {node.id for node in inner}
    exits = [node.id for node in inner if not own.issuperset(users.get(node.id, (-1,)))]
    if len(entries) != 1 or len(exits) != 1:
        return None
    drawn = sum([KINDS[node.kind].drawn for node in inner])
    return CodePart(path, name, entries.pop(), exits[0], layers, drawn)
