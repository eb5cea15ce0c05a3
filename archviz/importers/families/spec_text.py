"""The facts of a language model as a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archviz.importers.families.facts import Block, Facts
from archviz.importers.families.runs import repeats
from archviz.importers.families.stated import (
    attention_with_sinks,
    biased_experts,
    latent_attention,
)
from archviz.importers.families.table import table
from archviz.importers.families.yaml_text import block_text, lines

_BARE = ("attention", "feed-forward", "mixture-of-experts")


def write_family_spec(facts: Facts, title: str, words: int, notes: list[str]) -> str:
    """The YAML text of a model on so many words; the notes stand under its figure."""
    names = _named_blocks(facts)
    modules = {
        name: {"label": label, "layers": _block(facts, block, words)}
        for block, (name, label) in names.items()
    }
    row = [names[block][0] for block in facts.blocks]
    spec: dict[str, Any] = {"title": title}
    bare = [kind for kind in _BARE if _is_bare(facts, kind)]
    if bare:
        spec["defaults"] = dict.fromkeys(bare, "no-bias")
    spec["modules"] = modules
    spec["network"] = [*_stem(facts, words), *repeats(row), *_end(facts)]
    spec["figure"] = {"direction": "up", "notes": notes}
    return "\n\n".join(["\n".join(_section(key, value)) for key, value in spec.items()]) + "\n"


def _section(key: str, value: Any) -> list[str]:
    """A part of the spec, set as in the bundled ones."""
    if isinstance(value, str):
        return lines({key: value})
    if key == "defaults":
        wide = max(map(len, value)) + 1
        return [f"{key}:", *[f"  {kind + ':':{wide}} {words}" for kind, words in value.items()]]
    if key == "modules":
        modules = ["\n".join(_module(name, parts)) for name, parts in value.items()]
        return [f"{key}:", "\n\n".join(modules)]
    if key == "figure":
        notes = [f"    - {block_text(note)}" for note in value["notes"]]
        return [f"{key}:", f"  direction: {value['direction']}", "  notes:", *notes]
    return [f"{key}:", *lines(value, 2)]


def _module(name: str, parts: Any) -> list[str]:
    found = [f"  {name}:", f"    label: {parts['label']}", "    layers:"]
    return [*found, *lines(parts["layers"], 6)]


def _is_bare(facts: Facts, kind: str) -> bool:
    """Whether no layer of a kind has a bias, so that the defaults say it."""
    if kind == "attention":
        other = facts.latent or facts.family.traits.get("sinks")
        return not other and not facts.biases & {"qkv-bias", "out-bias"}
    mixed = any(block.experts for block in facts.blocks)
    plain = facts.experts.shared or any(not block.experts for block in facts.blocks)
    plain = plain and " " not in facts.act  # else it stands in its parts
    return "inner-bias" not in facts.biases and bool(mixed if kind != "feed-forward" else plain)


# ---- blocks ---------------------------------------------------------------------------------


def _named_blocks(facts: Facts) -> dict[Block, tuple[str, str]]:
    """A name and a label for each kind of block, by what sets them apart."""
    kinds = list(dict.fromkeys(facts.blocks))
    thing = "Transformer block" if facts.causal else "Transformer layer"
    if len(kinds) == 1:
        return {kinds[0]: (thing.rpartition(" ")[2], thing)}
    fields = ("rotary", "window", "experts")
    turned, windows, mixtures = ({bool(getattr(one, field)) for one in kinds} for field in fields)
    found: dict[Block, tuple[str, str]] = {}
    used: dict[str, int] = {}
    for kind in kinds:
        words = []
        if len(turned) > 1:
            words.append("rotary" if kind.rotary else "NoPE")
        if len(windows) > 1:
            words.append("local" if kind.window else "global")
        if len(mixtures) > 1:
            words.append("sparse" if kind.experts else "dense")
        label = " ".join([*words, "block"])
        used[label] = used.get(label, 0) + 1
        if used[label] > 1:
            label = f"{label} {used[label]}"
        found[kind] = label.replace(" ", "-").lower(), label[0].upper() + label[1:]
    return found


def _block(facts: Facts, block: Block, words: int) -> Any:
    """The layers of a block: its wiring from the table, filled in."""
    parts = {
        "norm": facts.family.traits["norm"],
        "attention": _attention(facts, block, words),
        "feed-forward": _feed_forward(facts, block),
    }
    scale = facts.factors.get("residual-factor")

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            row = [filled(one) for one in value]
            return [one for part in row for one in (part if isinstance(part, list) else [part])]
        if isinstance(value, dict):
            found = {key: filled(one) for key, one in value.items()}
            if scale and "residual" in found:
                found["merge"] = f"scaled-add {scale:g}"
            return found
        if value in parts:
            return parts[value]
        return value.replace(" norm", f" {parts['norm']}")

    return filled(table().blocks[facts.wiring])


def _attention(facts: Facts, block: Block, length: int) -> Any:
    if facts.latent:
        return latent_attention(facts, block, facts.latent)
    if facts.family.traits.get("sinks"):
        return attention_with_sinks(facts, block, length)
    words = [f"attention {block.heads}", "causal" if facts.causal else ""]
    if block.keys != block.heads:
        words.append(f"kv-heads={block.keys}")
    words.append(f"head-width={block.head_width}")
    words.append(f"window={block.window}" if block.window else "")
    words.append("rotary" if block.rotary else "")
    if facts.qk_norm != "none":
        words.append(f"qk-norm={facts.qk_norm}")
        words.append("qk-whole" if facts.family.traits.get("qk-whole") else "")
    biased = "qkv-bias" in facts.biases, "out-bias" in facts.biases
    words.append(
        {(True, False): "out-bias=no", (False, True): "no-bias out-bias=yes"}.get(biased, "")
    )
    return " ".join(filter(None, words))


def _feed_forward(facts: Facts, block: Block) -> Any:
    gated = " gated" if facts.family.traits.get("gated") else ""
    act, _, then = facts.act.partition(" ")
    if then:
        bare = "" if "inner-bias" in facts.biases else " no-bias"
        return [f"dense {block.inner}{bare} {act}", _step(then), f"dense {facts.width}{bare}"]
    if not block.experts:
        return f"feed-forward {block.inner} {facts.act}{gated}"
    if "inner-bias" in facts.biases:
        return biased_experts(facts, block)
    some = facts.experts
    mixture = (
        f"mixture-of-experts {block.experts} {facts.act} inner={some.inner}{gated} "
        f"active={some.active}"
    )
    if not some.shared:
        return mixture
    shared: Any = f"feed-forward {some.shared} {facts.act}{gated}"
    if some.gate:
        shared = {"towers": [shared, "dense 1 no-bias sigmoid"], "merge": "multiply"}
    return {"towers": [mixture, shared], "merge": "add"}


# ---- before and behind the blocks -------------------------------------------------------------


def _stem(facts: Facts, words: int) -> list[Any]:
    row = _looked_up(facts, words, "words", facts.vocab)
    if facts.segments:
        other = _looked_up(facts, words, "segments", facts.segments)
        row = [{"towers": [row, other], "merge": "add"}]
    if facts.rows:
        row.append("position" if facts.rows == words else f"position rows={facts.rows}")
    if not facts.causal or facts.family.traits.get("embedding-norm"):
        row.append(facts.family.traits["norm"])
    factors = facts.factors
    if "embedding-root" in factors:
        row.append(_step(f"× √{facts.width}"))
    if "embedding-factor" in factors:
        row.append(_step(f"× {factors['embedding-factor']:g}"))
    return row


def _looked_up(facts: Facts, length: int, what: str, known: int) -> list[Any]:
    """An input, and the rows of a table for what is in it."""
    table_row = {"embedding": f"{facts.width} words={known}", "caption": f"width {facts.width}"}
    return [f"input {length} label={what}", table_row]


def _end(facts: Facts) -> list[Any]:
    row: list[Any] = []
    for part in facts.head:
        row += _PARTS[part](facts)
    return row


def _final_norm(facts: Facts) -> list[Any]:
    return [facts.family.traits["norm"]] if facts.causal else []


def _logits(facts: Facts) -> list[Any]:
    """The layer that scores each word of the vocabulary."""
    biased = "head-bias" in facts.biases
    words = "shared" if facts.tied else ""
    if facts.tied and biased:
        words += f" own={facts.vocab}"
    row: list[Any] = [f"dense {facts.vocab} {'' if biased else 'no-bias '}{words}".strip()]
    factors = facts.factors
    if "logit-factor" in factors:
        row.append(_step(f"× {factors['logit-factor']:g}"))
    if "logit-divisor" in factors:
        row.append(_step(f"÷ {factors['logit-divisor']:g}"))
    if "soft-cap" in factors:
        row.append(_step(f"soft cap {factors['soft-cap']:g}"))
    return row


def _masked(facts: Facts) -> list[Any]:
    """The head that guesses words that were covered."""
    tied = f" shared own={facts.vocab}" if facts.tied else ""
    norm = facts.family.traits["norm"]
    return [f"dense {facts.width} {facts.act}", norm, f"dense {facts.vocab}{tied}"]


def _pooler(facts: Facts) -> list[Any]:
    if not facts.family.traits.get("pooler"):
        return []
    return ["select", f"dense {facts.width} tanh label=pooler"]


def _classifier(facts: Facts) -> list[Any]:
    """Of a whole text: from its first word, or from its last where none sees those behind it."""
    if facts.causal:
        return ["select last", f"dense {facts.labels} no-bias"]
    act = "tanh" if facts.family.traits.get("pooler") else "relu"
    return ["select", f"dense {facts.width} {act}", f"dense {facts.labels}"]


_PARTS: Mapping[str, Any] = {
    "final-norm": _final_norm,
    "logits": _logits,
    "masked": _masked,
    "pooler": _pooler,
    "classifier": _classifier,
    "labels": lambda facts: [f"dense {facts.labels}"],
    "span": lambda facts: ["dense 2 label=span"],
}
"""What the names of parts in the table of heads stand for."""


def _step(label: str) -> dict[str, str]:
    """Arithmetic with a constant, which has a box of its own."""
    return {"op": "", "label": label}
