"""Words for what modules of one class of the model's code differ in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple

from archviz.importers.compact.structure import ALONE, Structures
from archviz.importers.compact.tree import (
    Call,
    Chain,
    FreeGraph,
    Parallel,
    chain_layers,
    chains_of,
    last_there,
)
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.model import Shape

MOST_PHRASES = 2


class Variant(NamedTuple):
    """A module beside others of its class: its calls, and what stands in it."""

    calls: Sequence[Chain]
    parts: Counter[str]
    badges: Counter[str]


class Told(NamedTuple):
    """What tells a module from others of its class: for its box, and in full."""

    short: str
    whole: str


def told_apart(
    structures: Structures, variants: Mapping[int, Sequence[Chain]], titles: Mapping[int, str]
) -> dict[int, Told]:
    """Words for each of some modules of one class; none for what is most often called.

    ``titles`` are the titles of all modules. Where no words tell two apart, both lack them.
    """
    known = {
        index: Variant(
            calls,
            Counter(_parts(structures, calls, titles)),
            Counter(_badges(structures, calls[0])),
        )
        for index, calls in variants.items()
    }
    shapes = {node.id: node.shape for node in structures.nodes}
    words = {index: variant_word(structures, calls, shapes) for index, calls in variants.items()}
    if len(set(words.values())) == 1:
        words = dict.fromkeys(words, "")
    if not {"", "projection"} & {*words.values()}:
        words = {index: word.replace("no shortcut", "") for index, word in words.items()}
    words = _with_frozen(structures, variants, words)
    result = {}
    for word in dict.fromkeys(words.values()):
        alike = {index: known[index] for index in known if words[index] == word}
        most = max(alike.values(), key=lambda one: len(one.calls))
        for index, variant in alike.items():
            found = [*_differences(variant.parts, most.parts)]
            phrases = (found or [*_differences(variant.badges, most.badges)])[:MOST_PHRASES]
            whole = ", ".join([*([word] if word else []), *phrases])
            result[index] = Told(phrases[0] if phrases else word, whole)
    for field in ("whole", "short"):
        texts = Counter(getattr(told, field) for told in result.values())
        for index, told in result.items():
            if texts[getattr(told, field)] > 1:
                short = told.whole.replace("downsampling", "down").replace("upsampling", "up")
                result[index] = told._replace(short=short)
    return result


def _with_frozen(
    structures: Structures, variants: Mapping[int, Sequence[Chain]], words: Mapping[int, str]
) -> dict[int, str]:
    """The words of variants, and which of them are frozen where others are not."""
    frozen = {index: frozen_word(structures, calls[0]) for index, calls in variants.items()}
    if len(set(frozen.values())) == 1:
        return dict(words)
    return {index: ", ".join(filter(None, (words[index], frozen[index]))) for index in words}


def frozen_word(structures: Structures, body: Chain) -> str:
    """Whether the weights in a body are frozen, or some of them."""
    nodes = [structures.nodes[one] for one in chain_layers(body) if one >= 0]
    weighs = [node for node in nodes if node.parameters]
    frozen = [bool(node.options.get("frozen")) for node in weighs]
    if frozen and all(frozen):
        return "frozen"
    some = any(node.options.get("untrained") for node in weighs)
    return "partly frozen" if some or any(frozen) else ""


def _differences(parts: Counter[str], others: Counter[str]) -> Iterator[str]:
    """What one module has and the other has not, in words."""
    more = [part for part in parts if not others[part]]
    less = [part for part in others if not parts[part]]
    if len(more) == len(less) == 1 and (word := _other_word(more[0], less[0])):
        yield word
        return
    for part in more:
        yield f"with {part}" if parts[part] == 1 else f"{part} ×{parts[part]}"
    for part in less:
        yield f"no {part}"
    for part in parts:
        if others[part] and parts[part] != others[part]:
            yield f"one {part}" if parts[part] == 1 else f"{part} ×{parts[part]}"


def _other_word(part: str, other: str) -> str:
    """What one of two things of a kind is: ``shifted`` of two attentions, ``5×5`` of two layers."""
    words, others = part.split(), other.split()
    if words[-len(others) :] == others:
        return " ".join(words[: -len(others)])
    if others[-len(words) :] == words:
        return "no " + " ".join(others[: -len(words)])
    return words[-1] if words[:-1] == others[:-1] and len(words) > 1 else ""


def _parts(
    structures: Structures, calls: Sequence[Chain], titles: Mapping[int, str]
) -> Iterator[str]:
    """What stands in a module: the titles of modules, and layers in few words."""
    for elements in zip(*map(_elements, calls), strict=False):
        first = elements[0]
        if isinstance(first, Call):
            yield titles.get(first.module, "").partition(",")[0]
            continue
        number = next((one for one in elements if isinstance(one, int) and one >= 0), -1)
        if number < 0 or not KINDS[structures.kind(number)].drawn:
            continue
        kernels = {
            structures.nodes[one].options.get("kernel", ()) if isinstance(one, int) else ()
            for one in elements
            if not isinstance(one, int) or one >= 0
        }
        yield _words(structures, number, kernels.pop() if len(kernels) == 1 else ())


def _badges(structures: Structures, body: Chain) -> Iterator[str]:
    """The norms and activations on layers."""
    for element in _elements(body):
        if isinstance(element, int):
            options = structures.nodes[element if element >= 0 else ~element].options
            if "norm" in options:
                yield NORMS[options["norm"]].title
            if "activation" in options:
                yield ACTIVATIONS[options["activation"]].title


def _words(structures: Structures, number: int, kernel: Sequence[int]) -> str:
    node = structures.nodes[number]
    kind = KINDS[node.kind]
    if label := str(node.options.get("label", "")):
        return label
    if "{kernel}" not in kind.label:
        return kind.title if node.kind in ALONE else kind.label
    return kind.label.replace("{kernel}", "×".join(map(str, kernel))).strip()


def _elements(chain: Chain) -> Iterator[int | Call]:
    """The layers and calls in a chain, merges behind their paths."""
    for element in chain:
        if isinstance(element, int | Call):
            yield element
            continue
        for inner in chains_of(element):
            yield from _elements(inner)
        if isinstance(element, Parallel):
            yield element.merge


def variant_word(
    structures: Structures, calls: Sequence[Chain], shapes: Mapping[str, Shape]
) -> str:
    """What a person says of a block beside others of its class; ``shapes`` are those of layers."""
    grown = {_grown(structures, body, shapes) for body in calls}
    if grown in ({-1}, {1}):
        return "downsampling" if grown == {-1} else "upsampling"
    words = {_way_round(structures, body) for body in calls}
    return words.pop() if len(words) == 1 else ""


def _way_round(structures: Structures, body: Chain) -> str:
    """What leads round the first part of a block in which ways part."""
    there = [one for one in body if isinstance(one, Parallel | FreeGraph)]
    first = next((one for one in there if isinstance(one, FreeGraph) or one.merge >= 0), None)
    if first is None:
        return "no shortcut"
    if isinstance(first, FreeGraph) or structures.kind(first) not in ("add", "scaled-add"):
        return ""
    ways = [any(layer >= 0 for layer in chain_layers(way)) for way in first.branches]
    return "projection" if all(ways) else ""


def _grown(structures: Structures, body: Chain, shapes: Mapping[str, Shape]) -> int:
    """Whether there are more places behind a body than before it (1), or fewer (-1)."""
    last = last_there(body)
    if last is None or last < 0:
        return 0
    first = _first_there(body)
    if first is None:
        return 0
    inputs = structures.nodes[first].inputs
    before = shapes.get(inputs[0], ()) if inputs else ()
    after = structures.nodes[last].shape
    if before == after or not before or sorted(before) == sorted(after):
        return 0  # the same, though perhaps in another order
    return (prod(after[:-1]) > prod(before[:-1])) - (prod(after[:-1]) < prod(before[:-1]))


def _first_there(chain: Chain) -> int | None:
    """The first layer in a chain that is there."""
    for element in chain:
        if isinstance(element, int):
            if element >= 0:
                return element
            continue
        for inner in chains_of(element):
            found = _first_there(inner)
            if found is not None:
                return found
        if isinstance(element, Parallel) and element.merge >= 0:
            return element.merge
    return None


class Stretches(NamedTuple):
    """Where a row begins anew, and where else it changes the resolution."""

    begins: frozenset[int]
    changes: frozenset[int]


def stretches(structures: Structures, chain: Chain) -> Stretches:
    """A row begins anew at calls that change the resolution, if others of their module do not."""
    shapes = {node.id: node.shape for node in structures.nodes}
    grown = {place: _grown(structures, [one], shapes) for place, one in enumerate(chain)}
    modules = {place: one.module for place, one in enumerate(chain) if isinstance(one, Call)}
    keeping = {module for place, module in modules.items() if not grown[place]}
    changes = frozenset(place for place, change in grown.items() if change)
    return Stretches(frozenset(p for p in changes if modules.get(p) in keeping), changes)


def strides(structures: Structures, chain: Chain) -> Iterator[int]:
    """The strides of all layers in a chain, the larger of both sides each."""
    for element in chain:
        if isinstance(element, int):
            stride = structures.nodes[element if element >= 0 else ~element].options.get(
                "stride", (1, 1)
            )
            yield max(stride)
        for inner in chains_of(element):
            yield from strides(structures, inner)
