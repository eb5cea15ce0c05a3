"""A language model from a file of facts: its spec, and what of it the file can confirm."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.errors import ArchvizError, fail, one_line
from archviz.importers.families.facts import Facts, facts_of
from archviz.importers.families.sources import (
    NUMBERED,
    Configuration,
    Metadata,
    Source,
    unknown_family,
)
from archviz.importers.families.spec_text import write_family_spec
from archviz.importers.families.stated import stated_notes
from archviz.importers.families.table import table
from archviz.importers.read.config_json import read_configuration
from archviz.importers.read.gguf import read_gguf
from archviz.importers.read.safetensors import tensors_beside
from archviz.language.expand import network_from_text
from archviz.network.analysis import Analysis, analyse

if TYPE_CHECKING:
    from archviz.importers.sizes import Sizes
    from archviz.network.model import Network

SHOWN = 6
COMPUTED = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight",
            ".exp_probs_b.bias")  # fmt: skip
"""Tables in GGUF that stand for numbers of the configuration, or steer a router; no weights."""
_BUFFERS = (".inv_freq", ".position_ids", ".attn.bias", ".attn.masked_bias", ".attention.bias",
            ".attention.masked_bias", ".e_score_correction_bias", ".weight_scale_inv")  # fmt: skip
"""Ends of the names of tensors in safetensors that a model computes and does not learn."""
_PARTS = ("text_config", "llm_config", "language_config")
"""Where a model of several parts keeps the configuration of that for text."""


class Described(NamedTuple):
    """A model's spec as YAML, its network, and what was compared."""

    text: str
    network: Network
    report: str
    agrees: bool
    """Whether nothing in the file speaks against the figure."""


class _Listed(NamedTuple):
    """The tensors that there are of a model, by name and size."""

    sizes: Mapping[str, int]
    where: str
    """What lists them."""
    aside: int
    """Numbers that are listed and no weights."""


def describe(path: str, sizes: Sizes = ()) -> Described:
    """The figure of a language model from its GGUF file or ``config.json``.

    Raises:
        ArchvizError: the file is damaged, of an unknown family, or lacks a fact.
    """
    source, said = _opened(path)
    facts = facts_of(source)
    words = _words(path, facts, sizes)
    family = facts.family.title
    notes = [f"Wiring from the family ({family}), not from the file."]
    if "score-cap" in facts.factors:
        notes.append(f"Scores of the attention are capped at {facts.factors['score-cap']:g}.")
    notes += stated_notes(facts)
    notes += [facts.family.traits["note"]] if "note" in facts.family.traits else []
    remarks = [*said, *facts.remarks]
    notes += [f"{remark[0].upper()}{remark[1:]}." for remark in remarks]
    text = write_family_spec(facts, _title(source), words, notes)
    network, analysis = _read_back(text, path)
    total = analysis.totals.parameters
    listed, why = _listed(source, facts)
    differs = _difference(listed, total, facts) if listed else ""
    report = [f"wiring from the family ({family}), not from the file"]
    if differs:
        report.append(f"differs from the file: {differs}")
    report.append(
        f"{total:,} parameters, {analysis.totals.macs:,} multiply-adds on {words:,} words"
    )
    if listed and not differs:
        report.append(f"{listed.where} lists as many parameters in {len(listed.sizes):,} tensors")
    if listed and listed.aside:
        report.append(f"not counted as weights: {listed.aside:,} numbers of tables and copies")
    report += [f"not compared: {why}"] if why else []
    report += remarks
    if source.assumed:
        some = [f"{key} {json.dumps(value)}" for key, value in source.assumed.items()]
        report.append(f"not in the file, and as the family has it: {', '.join(some)}")
    if isinstance(source, Configuration) and "auto_map" in source.data:
        report.append("the code that it names (auto_map) is not looked at")
    agrees = not differs and not remarks
    return Described(text, network, one_line(f"{path}: {'; '.join(report)}"), agrees)


def _opened(path: str) -> tuple[Source, list[str]]:
    """What the file says, and what of the model it says that is not drawn."""
    if path.lower().endswith(".gguf"):
        gguf = read_gguf(path)
        known = table().architectures
        name = gguf.facts.get("general.architecture")
        if not isinstance(name, str) or name not in known:
            raise unknown_family(path, "general.architecture", name, known)
        return Metadata(path, known[name], gguf), []
    data, said = read_configuration(path), []
    types = table().types
    name = data.get("model_type")
    source: Mapping[str, Any] = data
    if not isinstance(name, str) or name not in types:
        parts = [key for key in _PARTS if isinstance(data.get(key), dict)]
        inner = data[parts[0]].get("model_type") if parts else None
        if isinstance(inner, str) and inner in types:
            said = [f"only the language part of {one_line(str(name), 40)} is drawn"]
            tied = {key: data[key] for key in ("tie_word_embeddings",) if key in data}
            name, source = inner, {**data[parts[0]], **tied}
    if not isinstance(name, str) or name not in types:
        raise unknown_family(path, "model_type", name, types)
    found = Configuration(path, types[name], source)
    classes = data.get("architectures")
    if isinstance(classes, list) and classes and isinstance(classes[0], str):
        found.head = classes[0]
    return found, said


def _title(source: Source) -> str:
    if isinstance(source, Metadata):
        name = source.gguf.facts.get("general.name")
        stem = os.path.splitext(os.path.basename(source.file))[0]
        title = name if isinstance(name, str) and name.strip() else stem
    else:
        assert isinstance(source, Configuration)
        name = source.data.get("_name_or_path")
        named = (
            os.path.basename(name.rstrip("/\\").replace("\\", "/")) if isinstance(name, str) else ""
        )
        title = named or source.family.title
    return one_line(title, 100) or source.family.title


def _words(path: str, facts: Facts, sizes: Sizes) -> int:
    """How many words go in: the longest text, or as many as a user wants."""
    given = list(sizes.values()) if isinstance(sizes, Mapping) else list(sizes)
    if not given:
        return facts.context
    size = given[0]
    if len(size) == 2 and size[0] == 1 and len(given) == 1:
        words = size[1]
        if facts.rows and words > facts.context:
            raise fail(path, f"takes texts of {facts.context} words at most, not of {words}")
        return words
    shown = "×".join(map(str, size))
    raise fail(
        path,
        f"takes one text, not {shown}",
        f"its size is a batch of one and words: --input 1x{facts.context}",
    )


def _read_back(text: str, path: str) -> tuple[Network, Analysis]:
    """The network of the spec, whose numbers may be none that a network can have."""
    try:
        network = network_from_text(text, path)
        return network, analyse(network)
    except ArchvizError as error:
        message = f"states what no model can have: {error.problems[0].message}"
        raise fail(path, message, error.problems[0].hint) from None


# ---- what is listed ---------------------------------------------------------------------------


def _listed(source: Source, facts: Facts) -> tuple[_Listed | None, str]:
    """The tensors of the model; None with the reason where there is no list."""
    if isinstance(source, Metadata):
        if source.gguf.missing:
            return None, f"{', '.join(source.gguf.missing[:SHOWN])} of the model not there"
        if not source.gguf.tensors:
            return None, "the file lists no tensors"
        sizes = {name: prod(shape) for name, shape in source.gguf.tensors.items()}
        aside = {name for name in sizes if name.endswith(COMPUTED)}
        return _without(sizes, aside, "the file"), ""
    found = tensors_beside(source.file)
    if found is None:
        return None, "the file lists no weights"
    if found.unread:
        return None, found.unread
    sizes = {name: prod(shape) for name, shape in found.shapes.items()}
    aside = {name for name in sizes if f".{name}".endswith(_BUFFERS)}
    if facts.tied:  # some write the shared matrix twice
        last = [name for name in sizes if name.endswith(("lm_head.weight", "decoder.weight"))]
        shared = (facts.vocab, facts.width)
        aside |= (
            {name for name in last if found.shapes[name] == shared}
            if "logits" in facts.head or "masked" in facts.head
            else set()
        )
    return _without(sizes, aside, "the safetensors beside it"), ""


def _without(sizes: Mapping[str, int], aside: set[str], where: str) -> _Listed:
    kept = {name: size for name, size in sizes.items() if name not in aside}
    return _Listed(kept, where, sum([sizes[name] for name in aside]))


def _difference(listed: _Listed, total: int, facts: Facts) -> str:
    """What the list of tensors and the figure disagree on; empty where on nothing."""
    held = sum(listed.sizes.values())
    if held == total:
        return ""
    says = f"{listed.where} lists {held:,} parameters in {len(listed.sizes):,} tensors"
    return (
        f"{says}, the figure has {total:,}: differs by {abs(held - total):,}{_odd(listed, facts)}"
    )


def _odd(listed: _Listed, facts: Facts) -> str:
    """Blocks with other sums than most have of their kind."""
    sums: Counter[int] = Counter()
    for name, size in listed.sizes.items():
        found = NUMBERED.match(name)
        if found:
            sums[int(found[1])] += size
    if not sums:
        return ""
    if set(sums) != set(range(len(facts.blocks))):
        return f" (it has {len(sums)} blocks, and states {len(facts.blocks)})"
    kinds: dict[Any, Counter[int]] = {}
    for index, block in enumerate(facts.blocks):
        kinds.setdefault(block, Counter())[sums[index]] += 1
    usual = {block: sizes.most_common(1)[0][0] for block, sizes in kinds.items()}
    odd = [index for index, block in enumerate(facts.blocks) if sums[index] != usual[block]]
    if not odd:
        return ""
    shown = ", ".join([f"blk.{index}" for index in odd[:SHOWN]])
    return f" (unlike the others: {shown})"
