"""Several outputs: the row leads to the deepest one, and what leads to the others hangs off it.

They are of equal rank and count, but for auxiliary classifiers, which only their own source calls
so. What hangs off goes on from values with names, of the row or of what hangs off before it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from archviz.importers.compact.module_drafts import ModuleDrafts
from archviz.importers.compact.tree import Call, Chain, chains_of, last_layer, layers_in
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.language.values import NAME_LENGTH

BEGINS = "begins"
"""The option of what stands for a value with a name, in front of what goes on from it."""
AUXILIARY = re.compile(r"(.*[^a-z])?aux(iliary)?(?![a-z])(.*)", re.IGNORECASE)
"""Names of modules and of outputs that are auxiliary: ``aux1``, ``AuxLogits``, ``aux_head``."""
LONG_TAIL = 8
"""Elements behind the last place that others hang from, of which an output may have more only
where another one has half as many."""
_PLAIN_NAME = re.compile(r"[^\W\d][\w .-]*")
_SIDES = ("value", "vector", "rows", "map", "volume")


class Offshoot(NamedTuple):
    """What leads to one further output, and to nothing before it."""

    output: str
    taps: tuple[str, ...]
    """The layers that it goes on from."""
    nodes: tuple[LayerNode, ...]
    """No layers where the value of a tap is given as it is."""


def offshoots(
    nodes: Sequence[LayerNode], body: Sequence[LayerNode], outputs: Sequence[str]
) -> tuple[Offshoot, ...]:
    """What leads to each further output, in their order; a layer is in the first that has it."""
    placed = {node.id for node in body}
    sources = {node.id: node.inputs for node in nodes}
    found = []
    for output in outputs:
        own: set[str] = set()
        taps: dict[str, None] = {}
        waiting = [output]
        while waiting:
            one = waiting.pop()
            if one in placed:
                taps[one] = None
            elif one not in own:
                own.add(one)
                waiting += sources[one]
        placed |= own
        found.append(Offshoot(output, tuple(taps), tuple([n for n in nodes if n.id in own])))
    return tuple(found)


def auxiliary_outputs(graph: LayerGraph) -> frozenset[str]:
    """The outputs that a model's own source calls auxiliary; none where it calls all of them so."""
    found = set()
    nodes = {node.id: node for node in graph.nodes}
    for output in graph.outputs:
        words = [*nodes[output].scope, graph.called.get(output, "")]
        path = nodes[output].scope
        words += [graph.classes.get(".".join(path[: n + 1]), "") for n in range(len(path))]
        if any(AUXILIARY.fullmatch(_spaced(word)) for word in words):
            found.add(output)
    return frozenset(found if len(found) < len(set(graph.outputs)) else ())


def _spaced(word: str) -> str:
    """``InceptionAux`` as ``Inception Aux``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", word)


def called(graph: LayerGraph, hidden: Collection[str]) -> dict[str, str]:
    """What each output is called that is not hidden: by the source, or else by its number."""
    names: dict[str, str] = {}
    for number, output in enumerate(dict.fromkeys(graph.outputs), 1):
        name = " ".join(graph.called.get(output, "").split())
        if not _PLAIN_NAME.fullmatch(name) or len(name) > NAME_LENGTH or name in names.values():
            name = f"output {number}"
        while name in names.values():
            name += "'"
        names[output] = name
    return {output: name for output, name in names.items() if output not in hidden}


def value_names(
    nodes: Mapping[str, LayerNode], taps: Sequence[str], known: Mapping[str, str], side: int
) -> dict[str, str]:
    """Names of the values that outputs go on from: ``c3`` for a map of an eighth of the side.

    ``known`` are those that have one; ``side`` is that of the first input.
    """
    names = dict(known)
    levels: dict[int, int] = {}
    for tap in taps:
        levels[_level(nodes[tap], side)] = levels.get(_level(nodes[tap], side), 0) + 1
    for tap in taps:
        if tap in names:
            continue
        level, rank = _level(nodes[tap], side), len(nodes[tap].shape)
        word = f"c{level}" if level > 0 and levels[level] == 1 else _SIDES[min(rank, 4)]
        number = 1
        name = word if level > 0 and levels[level] == 1 else f"{word}-1"
        while name in names.values():
            number += 1
            name = f"{word}-{number}"
        names[tap] = name
    return names


def _level(node: LayerNode, side: int) -> int:
    """How often a map has been halved; 0 where it is no such map."""
    if len(node.shape) != 3 or not node.shape[0] or side % node.shape[0]:
        return 0
    times = side // node.shape[0]
    return times.bit_length() - 1 if times & (times - 1) == 0 else 0


def standing_for(tap: str, name: str, shape: Sequence[int]) -> LayerNode:
    """What stands for a value with a name, in front of what goes on from it."""
    return LayerNode(tap, "input", ("",), {BEGINS: name}, tuple(shape))


def open_tapped(chain: Chain, tapped: Collection[int], drafts: ModuleDrafts) -> Chain:
    """The chain without calls of modules that others hang from on their way."""
    result: Chain = []
    for element in chain:
        last = last_layer(element)
        inside = any(one in tapped and one != last for one in layers_in(element))
        if isinstance(element, Call) and inside:
            drafts.of(element).calls.remove(element)
            result += open_tapped(element.body, tapped, drafts)
            continue
        if not isinstance(element, Call):
            for inner in chains_of(element):
                inner[:] = open_tapped(inner, tapped, drafts)
        result.append(element)
    return result


def tail_of(chain: Chain, tapped: Collection[int], lengths: Sequence[int]) -> int:
    """Where the part of the row begins that leads to its own output alone.

    ``lengths``: how many elements lead to others. A part that is much longer stays in the row.
    """
    start = 0
    for place, element in enumerate(chain):
        if any(layer in tapped for layer in layers_in(element)):
            start = place + 1
    return start if len(chain) - start <= max(LONG_TAIL, *(2 * n for n in lengths)) else len(chain)
