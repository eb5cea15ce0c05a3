"""Parts of blocks that no kind of layer describes: boxes that state what they count."""

from __future__ import annotations

from typing import Any

from archviz.importers.families.facts import Block, Facts, Latent


def latent_attention(facts: Facts, block: Block, latent: Latent) -> dict[str, str]:
    """Attention whose queries, keys and values are made from short codes of the words."""
    width, heads = facts.width, block.heads
    both = latent.plain + latent.turned
    queries, norms = width * heads * both, latent.keys
    if latent.queries:
        queries = latent.queries * (width + heads * both)
        norms += latent.queries
    keys = width * (latent.keys + latent.turned)
    keys += latent.keys * heads * (latent.plain + latent.value)
    matrices = queries + keys + heads * latent.value * width
    return {
        "other-attention": f"weights={matrices + norms} "
        f"macs=length*{matrices}+length*length*{heads * (both + latent.value)}",
        "label": "causal latent attention",
        "caption": f"{heads} heads of {both}",
    }


def attention_with_sinks(facts: Facts, block: Block, words: int) -> dict[str, str]:
    """Attention in which each head has a learned score that nothing is looked up for."""
    width, heads, one = facts.width, block.heads, block.head_width
    queries, keys = heads * one, block.keys * one
    matrices = 2 * width * (queries + keys)
    biases = (queries + 2 * keys) * ("qkv-bias" in facts.biases)
    biases += width * ("out-bias" in facts.biases)
    seen = min(block.window or words, words)
    return {
        "other-attention": f"weights={matrices + biases + heads} "
        f"macs=length*{matrices}+2*length*{seen}*{queries}",
        "label": "causal window attention, sinks" if block.window else "causal attention, sinks",
        "caption": f"{heads} heads of {one}",
    }


def stated_notes(facts: Facts) -> list[str]:
    """What the boxes of such attentions have no room for."""
    block, latent = facts.blocks[0], facts.latent
    if latent:
        codes = f"codes of {latent.keys} for keys and values"
        if latent.queries:
            codes = f"codes of {latent.queries} for queries, {codes.removeprefix('codes of ')}"
        heads = f"heads of {latent.plain} and {latent.turned} rotary features"
        return [f"Attention: {codes}; {heads}, values of {latent.value}."]
    if not facts.family.traits.get("sinks"):
        return []
    window = max(block.window for block in facts.blocks)
    seen = f"; a window is {window} words" if window else ""
    return [f"Attention: {block.keys} heads of keys, rotary, a learned sink a head{seen}."]


def biased_experts(facts: Facts, block: Block) -> dict[str, Any]:
    """A mixture of experts with biases, also in its router."""
    width, some = facts.width, facts.experts
    one = 3 * width * some.inner
    weights = block.experts * (one + 2 * some.inner + width + width + 1)
    return {
        "op": f"weights={weights} macs=length*{width * block.experts + some.active * one}",
        "label": f"{some.active} of {block.experts} experts",
        "caption": f"{some.inner}, SwiGLU",
        "color": "dense",
    }
