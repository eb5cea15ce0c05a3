"""What differs between the calls of a module, in words: ``SE in blocks 4–6 and 11–15``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from archviz.layout.style import Style
from archviz.network.analysis import Analysis
from archviz.network.facts import Facts, Variant, Varied
from archviz.network.kind import Trait, counted
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.labels import NUMBER, alternatives, box_label, traits, without_braces
from archviz.network.model import (
    Layer,
    Module,
    ModuleCall,
    Network,
    Node,
    Repeat,
    Residual,
    Series,
    Towers,
)
from archviz.network.walk import within
from archviz.scene.text import paragraph, text_width

MOST_RUNS = 5
"""Stretches of calls that are listed; of more only the number of calls is said."""
MOST_VALUES = 3
"""Numbers of which it is said which call has which; of more a box says the range."""
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
    for node, place in _places(body, analysis, network):
        facts = analysis.facts[node.where]
        said += [*_presence(facts, place), *_values(facts, place, known)]
    noun = next((noun for noun in NOUNS if module.title.lower().endswith(noun)), "block")
    together: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for one in said:
        apart = any(_alike(one, other) and one.runs != other.runs for other in said)
        value = f"{one.place}: {one.value}" if apart and one.place not in one.value else one.value
        values = together.setdefault(tuple(one.runs), [])
        values += [value] if value not in values else []
    return tuple(
        f"{', '.join(values)} {_where([*runs], count, noun)}" for runs, values in together.items()
    )


def _alike(first: Said, second: Said) -> bool:
    """Whether two places have the same, or one has it and the other has it not."""
    return first.value.removeprefix("no ") == second.value.removeprefix("no ")


def _labels(analysis: Analysis, module: Module) -> Iterator[str]:
    """What the boxes of a module say in its calls, where that is not the same in all."""
    for facts in analysis.facts.values():
        for one in facts.variants:
            if isinstance(one.node, ModuleCall) and one.node.module == module.name:
                yield one.node.look.label


def _places(body: Series, analysis: Analysis, network: Network) -> list[tuple[Varied, str]]:
    """What differs between calls in a body, and what it is called there.

    What is called like others is numbered, or called dashed where it alone is. Of a shortcut
    that some calls have, what stands in it goes without saying.
    """
    names: dict[int, str] = {}
    nodes = [one for one in within(body, shown=True, modules=False) if _is_shown(one)]
    varied = [node for node in nodes if isinstance(node, Varied) and node.where in analysis.facts]
    if all(len(analysis.facts[node.where].variants) < 2 for node in varied):
        return []
    for node in nodes:
        if isinstance(node, Varied):
            names.setdefault(id(node), _name(node, analysis, network))
        elif isinstance(node, Residual) and analysis.facts[node.merge.where].optional:
            names[id(node.merge)] = "shortcut"
            without = _gone(analysis.facts[node.merge.where])
            for one in within(node.shortcut, shown=True, modules=False):
                if isinstance(one, Varied) and _gone(analysis.facts[one.where]) == without:
                    names[id(one)] = ""
    of_name: dict[str, list[Varied]] = {}
    for node in varied:
        of_name.setdefault(names[id(node)], []).append(node)
    found: list[tuple[Varied, str]] = []
    for node in varied:
        name, facts = names[id(node)], analysis.facts[node.where]
        alike = of_name[name]
        optional = [one for one in alike if analysis.facts[one.where].optional]
        if len(alike) > 1 and name:
            place = f"{_ordinal(alike.index(node))} {name}"
            name = f"dashed {name}" if optional == [node] else place
        if len(facts.variants) > 1:
            found.append((node, name))
    return found


def _ordinal(index: int) -> str:
    """``first``, ``second`` … ``5th``, of the index of one of several."""
    words = ("first", "second", "third", "fourth")
    return words[index] if index < len(words) else f"{index + 1}th"


def _is_shown(node: Node) -> bool:
    """Whether there is a box that may be missing."""
    return not isinstance(node, Layer) or node.drawn


def _name(node: Varied, analysis: Analysis, network: Network) -> str:
    """What a box is called."""
    if isinstance(node, ModuleCall):
        return without_braces(network.modules[node.module].label)
    if not isinstance(node, Layer):
        return ""
    facts = analysis.facts.get(node.where)
    return alternatives([box_label(one) for one in facts.layers] if facts else [box_label(node)])


def _said(node: Varied) -> tuple[Trait, ...]:
    """What is drawn of a place."""
    if isinstance(node, ModuleCall):
        return (Trait("label", node.look.label),)
    if isinstance(node, Repeat):
        return (Trait("times", f"×{node.times}"),)
    if isinstance(node, Towers):
        return (Trait("times", counted(node.copies, "tower")),) if node.copies > 1 else ()
    norm = NORMS[node.norm].title if node.norm in NORMS else ""
    after = node.activation in ACTIVATIONS and not KINDS[node.kind].inside
    act = ACTIVATIONS[node.activation].title if after else ""
    said = Trait("label", box_label(node)), Trait("norm", norm), Trait("activation", act)
    return (*said, *traits(node))


NONE = {"activation": "linear", "norm": "no normalisation"}
"""What is said of a place that has nothing of a thing that others have."""


def _presence(facts: Facts, place: str) -> Iterator[Said]:
    """Which calls have what others leave out, or which have not, as is shorter."""
    if not facts.optional or not place:
        return
    there = _merged(facts.present)
    gone = _gone(facts)
    yield Said(place, there, place) if len(there) <= len(gone) else Said(f"no {place}", gone, place)


def _values(facts: Facts, place: str, known: str) -> Iterator[Said]:
    """Which calls have which values; of two only the one that is said shorter."""
    told: dict[str, list[tuple[Trait, Variant]]] = {}
    for variant in facts.present:
        for trait in _said(variant.node):
            told.setdefault(trait.about, []).append((trait, variant))
    for about, said in told.items():
        if all(trait.plain for trait, _ in said):
            continue
        groups: dict[str, list[Variant]] = {}
        for trait, variant in said:
            groups.setdefault(trait.text, []).append(variant)
        if len(groups) < 2:
            continue
        texts = _apart(list(groups))
        if _ranged(texts) or all(_known(text, known) for text in texts):
            continue
        found = [
            Said(text, _merged(variants), place)
            for text, variants in zip(texts, groups.values(), strict=True)
        ]
        numbers = sorted(run for one in found for run in one.runs)
        if any(stop >= start for (_, stop), (start, _) in pairwise(numbers)):
            continue  # within one call, too
        if len(found) > 2:
            yield from (one._replace(value=one.value or NONE.get(about, "none")) for one in found)
            continue
        short = min(reversed(found), key=lambda one: len(one.runs))
        other = next(one.value for one in found if one is not short)
        yield short._replace(value=short.value or f"no {other}")


def _ranged(texts: Sequence[str]) -> bool:
    """Whether texts are so many numbers that the box says their range."""
    return len(texts) > MOST_VALUES and len({NUMBER.sub("#", text) for text in texts}) == 1


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


def _gone(facts: Facts) -> Runs:
    """The calls that leave out what stands at a place."""
    return _merged([one for one in facts.variants if not one.present])


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
        if calls == len(runs) and {b - a for (a, _), (b, _) in pairwise(runs)} == {2}:
            return f"in every second {noun} from {runs[0][0]} to {runs[-1][0]}"
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


def note_lines(notes: Sequence[str], width: float, style: Style) -> tuple[str, ...]:
    """Notes in lines no wider than ``width``, which break between notes where that goes."""
    size = style.metric("caption")
    lines: list[str] = []
    for note in notes:
        longer = f"{lines[-1]} · {note}" if lines else note
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines += paragraph(note, width, size)
    return tuple(lines)
