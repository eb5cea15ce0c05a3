"""What differs between the calls of a module, in words: ``SE in blocks 4–6 and 11–15``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from archviz.network.analysis import Analysis
from archviz.network.facts import Facts, Variant, Varied
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.labels import box_label, without_braces
from archviz.network.model import Layer, Module, ModuleCall, Network, Node, Repeat, Series, Towers
from archviz.network.walk import children

MOST_RUNS = 4
"""Stretches of calls that are listed; of more only the number of calls is said."""
MOST_VALUES = 3
"""Values of which it is said which call has which; of more a box says the range."""
NOUNS = ("block", "layer", "unit", "module", "cell", "stage", "branch")
"""What calls are called, where the title of their module ends in it; else blocks."""

Runs: TypeAlias = list[tuple[int, int]]
"""The first and the last number of calls in a row."""


class Said(NamedTuple):
    """What some calls have, which do, and at which place."""

    value: str
    runs: Runs
    place: str


def variant_notes(
    network: Network, analysis: Analysis, module: Module, body: Series
) -> tuple[str, ...]:
    """Which calls of a module have what others do not; nothing that their boxes say already."""
    count = analysis.executed.get(module.name, 0)
    if count < 2:
        return ()
    known = " ".join(_labels(analysis, module))
    said: list[Said] = []
    names = [_name(node, network) for node in _own(body)]
    for node in _own(body):
        facts = analysis.facts.get(node.where)
        if facts is not None and facts.calls and len(facts.variants) > 1:
            said += _presence(node, facts, network, names)
            said += [one for aspect in _aspects(node) for one in _values(facts, aspect, known)]
    noun = next((noun for noun in NOUNS if module.title.lower().endswith(noun)), "block")
    together: dict[str, list[str]] = {}
    for one in said:
        apart = any(one.value == other.value and one.runs != other.runs for other in said)
        value = f"{one.place}: {one.value}" if apart and one.place != one.value else one.value
        values = together.setdefault(_where(one.runs, count, noun), [])
        values += [value] if value not in values else []
    return tuple(f"{', '.join(values)} {where}" for where, values in together.items())


def _labels(analysis: Analysis, module: Module) -> Iterator[str]:
    """What the boxes of a module say in its calls, where that is not the same in all."""
    for facts in analysis.facts.values():
        for node, _ in facts.present:
            if isinstance(node, ModuleCall) and node.module == module.name:
                yield node.look.label


def _own(node: Node) -> Iterator[Varied]:
    """What may differ in a node, without what is in the modules that it calls."""
    if isinstance(node, Layer | ModuleCall | Repeat | Towers):
        yield node
    if not isinstance(node, ModuleCall):
        for child in children(node, shown=True):
            yield from _own(child)


def _aspects(node: Varied) -> list[Callable[[Any], str]]:
    """What may differ in what is drawn of a place, each as a text."""
    if isinstance(node, ModuleCall):
        return [lambda one: one.look.label]
    if isinstance(node, Repeat):
        return [lambda one: f"×{one.times}"]
    if isinstance(node, Towers):
        return [lambda one: f"{one.copies} towers"]
    said: list[Callable[[Any], str]] = [
        box_label,
        lambda one: NORMS[one.norm].title if one.norm in NORMS else "",
        lambda one: ACTIVATIONS[one.activation].title if one.activation in ACTIVATIONS else "",
        lambda one: "1 group" if one.groups == 1 else f"{one.groups} groups",
        lambda one: f"rate {'×'.join(map(str, dict.fromkeys(one.dilation)))}",
        lambda one: f"×{one.value:g}" if one.kind == "scaled-add" else "",
    ]
    words = KINDS[node.kind].words
    if words:
        said.append(lambda one: words(one)[1] if KINDS[one.kind].words else "")
    return said


def _name(node: Varied, network: Network) -> str:
    """What a box is called."""
    if isinstance(node, ModuleCall):
        return without_braces(network.modules[node.module].label)
    return box_label(node) if isinstance(node, Layer) else ""


def _presence(node: Varied, facts: Facts, network: Network, names: Sequence[str]) -> Iterator[Said]:
    """Which calls have what others leave out, or which have not, as is shorter."""
    if not facts.optional:
        return
    label = _name(facts.present[0].node, network)
    if names.count(_name(node, network)) > 1:
        label = f"dashed {label}"
    there = _merged(facts.present)
    gone = _merged([one for one in facts.variants if one not in facts.present])
    yield Said(label, there, label) if len(there) <= len(gone) else Said(f"no {label}", gone, label)


def _values(facts: Facts, said: Callable[[Any], str], known: str) -> list[Said]:
    """Which calls have which of two or three values; of two only the one that is said shorter."""
    groups: dict[str, list[Variant]] = {}
    for variant in facts.present:
        groups.setdefault(said(variant.node), []).append(variant)
    texts = _apart(list(groups))
    if not 1 < len(groups) <= MOST_VALUES or all(_known(text, known) for text in texts):
        return []
    place = said(facts.present[0].node)
    found = [
        Said(text, _merged(variants), place)
        for text, variants in zip(texts, groups.values(), strict=True)
    ]
    numbers = sorted(run for one in found for run in one.runs)
    if any(stop >= start for (_, stop), (start, _) in pairwise(numbers)):
        return []  # within one call, too
    if len(found) > 2:
        return [one._replace(value=one.value or "linear") for one in found]
    short = min(reversed(found), key=lambda one: len(one.runs))
    other = next(one.value for one in found if one is not short)
    return [short._replace(value=short.value or f"no {other}")]


def _known(text: str, known: str) -> bool:
    """Whether the boxes of the module's calls say ``text``."""
    return bool(re.search(rf"(?<!\d){re.escape(text)}(?!\d)", known))


def _apart(texts: Sequence[str]) -> list[str]:
    """The one word in which texts differ, or the texts where it is more than one."""
    words = [text.split() for text in texts]
    if len({len(row) for row in words}) == 1:
        columns = [column for column in zip(*words, strict=True) if len({*column}) > 1]
        plain = [word for column in columns for word in column]
        if len(columns) == 1 and not any(word.isdigit() for word in plain):
            return plain
    return list(texts)


def _merged(variants: Sequence[Variant]) -> Runs:
    """The calls that have one of the variants."""
    runs: Runs = []
    for start, stop in sorted(run for variant in variants for run in variant.runs):
        if runs and start <= runs[-1][1] + 1:
            runs[-1] = runs[-1][0], max(stop, runs[-1][1])
        else:
            runs.append((start, stop))
    return runs


def _where(runs: Runs, count: int, noun: str) -> str:
    """``in blocks 4–6 and 11–15``, ``from block 7 on``, ``in 9 of 24 blocks``."""
    calls = sum(stop - start + 1 for start, stop in runs)
    if len(runs) > MOST_RUNS:
        return f"in {calls} of {count} {_plural(noun)}"
    (start, stop), *more = runs
    if calls == 1:
        return f"in {noun} {start}"
    if not more and stop == count:
        return f"from {noun} {start} on"
    parts = [f"{start}–{stop}" if stop > start else f"{start}" for start, stop in runs]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if more else parts)
    return f"in {_plural(noun)} {listed}"


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith("ch") else "s")
