"""GGUF files for tests: any head that one wants, and the tensors of small models of each kind."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Shapes = dict[str, tuple[int, ...]]

TYPES = {"B": 0, "b": 1, "H": 2, "h": 3, "I": 4, "i": 5, "f": 6, "?": 7, "Q": 10, "q": 11, "d": 12}
TEXT, LIST = 8, 9


def text(word: str) -> bytes:
    data = word.encode()
    return struct.pack("<Q", len(data)) + data


def fact(value: Any) -> bytes:
    """A value with its type before it."""
    if isinstance(value, bytes):  # as it is
        return value
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value) if value < 2**32 else struct.pack("<IQ", 10, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", TEXT) + text(value)
    kinds = {type(one) for one in value}
    if kinds <= {str}:
        return struct.pack("<IIQ", LIST, TEXT, len(value)) + b"".join(map(text, value))
    form = "?" if kinds == {bool} else "i" if kinds == {int} else "f"
    head = struct.pack("<IIQ", LIST, TYPES[form], len(value))
    return head + struct.pack(f"<{len(value)}{form}", *value)


def head(
    facts: Mapping[str, Any],
    tensors: Mapping[str, tuple[int, ...]],
    *,
    magic: bytes = b"GGUF",
    version: int = 3,
    counts: tuple[int, int] | None = None,
) -> bytes:
    """The bytes of a file without its weights; ``counts`` are other numbers than there are."""
    many = counts or (len(tensors), len(facts))
    data = magic + struct.pack("<IQQ", version, *many)
    for name, value in facts.items():
        data += text(name) + fact(value)
    for name, shape in tensors.items():
        data += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 2, 0)
    return data


def write(path: Path, facts: Mapping[str, Any], tensors: Shapes, **more: Any) -> Path:
    path.write_bytes(head(facts, tensors, **more))
    return path


class Sizes:
    """What small models of all kinds are made with."""

    width, blocks, heads, keys, head, inner = 64, 2, 4, 2, 16, 96
    vocab, context, experts, active, expert, shared = 100, 128, 4, 2, 24, 40


QKV = ("attn_q", "attn_k", "attn_v")
BIASED = (*QKV, "attn_output", "ffn_up", "ffn_down", "attn_norm", "ffn_norm", "output_norm")
KINDS: Mapping[str, Mapping[str, Any]] = {
    "llama": {},
    "mixtral": {"arch": "llama", "experts": True},
    "qwen2": {"biases": QKV},
    "qwen2moe": {"biases": QKV, "experts": True, "shared": True},
    "qwen3": {"normed": "head", "head": 32},
    "qwen3moe": {"normed": "head", "experts": True},
    "gemma": {"tied": True, "head": 32},
    "gemma2": {"tied": True, "around": True, "window": 16},
    "gemma3": {"tied": True, "around": True, "normed": "head", "window": 16, "blocks": 8},
    "phi2": {"biases": [*BIASED, "output"], "gated": False, "norms": ["attn_norm"], "fused": True},
    "phi3": {"fused": True, "joined": True},
    "gpt2": {"biases": BIASED, "gated": False, "fused": True, "positions": True, "tied": True},
    "gptneox": {"biases": BIASED, "gated": False, "fused": True},
    "starcoder2": {"biases": BIASED, "gated": False, "tied": True},
    "olmo": {"norms": [], "final": False},
    "olmo2": {"norms": [], "behind": True, "normed": "all"},
    "olmoe": {"normed": "all", "experts": True},
    "stablelm": {"biases": ["attn_norm", "ffn_norm", "output_norm"]},
    "granite": {},
    "falcon": {
        "biases": ("attn_norm", "output_norm"),
        "norms": ("attn_norm",),
        "fused": True,
        "gated": False,
        "tied": True,
    },
    "command-r": {"norms": ["attn_norm"], "tied": True},
    "cohere2": {"norms": ["attn_norm"], "tied": True, "window": 16, "blocks": 4},
    "nemotron": {"biases": ("attn_norm", "ffn_norm", "output_norm"), "gated": False},
    "bloom": {"biases": BIASED, "gated": False, "fused": True, "tied": True, "first": True},
    "smollm3": {"tied": True, "blocks": 4},
    "glm4": {"around": True, "joined": True, "biases": QKV},
    "granitemoe": {"experts": True, "tied": True},
    "gpt-oss": {
        "experts": True,
        "window": 16,
        "sinks": True,
        "biases": (
            *QKV,
            "attn_output",
            "ffn_gate_inp",
            "ffn_gate_exps",
            "ffn_up_exps",
            "ffn_down_exps",
        ),
    },
    "deepseek2": {"latent": True, "experts": True, "shared": True, "dense": 1},
    "bert": {"biases": BIASED, "gated": False, "positions": True, "encoder": True, "tied": True},
}
"""What the tensors of each kind are, other than those of Llama."""
ALIKE = ("gpt2", "gptneox", "bert", "olmo", "phi2", "phi3", "bloom", "deepseek2")
"""Kinds in which all heads have keys of their own."""


def facts_of(kind: str, **more: Any) -> dict[str, Any]:
    """The facts of a small model; ``more`` are further ones, by their names behind the kind's."""
    row, size = KINDS[kind], Sizes
    arch = row.get("arch", kind)
    facts: dict[str, Any] = {
        "embedding_length": size.width,
        "block_count": row.get("blocks", size.blocks),
        "attention.head_count": size.heads,
        "attention.head_count_kv": size.heads if kind in ALIKE else size.keys,
        "feed_forward_length": size.inner,
        "context_length": size.context,
        "rope.dimension_count": 8,
    }
    if "head" in row:
        facts |= {"attention.key_length": row["head"], "attention.value_length": row["head"]}
    if row.get("experts"):
        facts |= {"expert_count": size.experts, "expert_used_count": size.active}
        facts["expert_feed_forward_length"] = size.expert
    if row.get("shared"):
        facts["expert_shared_feed_forward_length"] = size.shared
    if row.get("latent"):
        facts |= {
            "attention.q_lora_rank": 24,
            "attention.kv_lora_rank": 20,
            "expert_shared_count": 1,
        }
        facts |= {"attention.key_length": 18, "attention.value_length": 12}
        facts["leading_dense_block_count"] = row["dense"]
    if "window" in row:
        facts["attention.sliding_window"] = row["window"]
    common = {
        "general.architecture": arch,
        "general.name": f"Small {kind}",
        "tokenizer.ggml.tokens": [f"w{number}" for number in range(size.vocab)],
        "tokenizer.ggml.scores": [0.5] * size.vocab,
    }
    if row.get("encoder"):
        common["tokenizer.ggml.token_type_count"] = 2
    return {**common, **{f"{arch}.{key}": value for key, value in {**facts, **more}.items()}}


def tensors_of(kind: str, tied: bool | None = None) -> Shapes:
    """The tensors of the same model, as converters write them; the innermost side first."""
    row, size = KINDS[kind], Sizes
    width, one = size.width, row.get("head", size.head)
    shapes: Shapes = {"token_embd.weight": (width, size.vocab)}
    if row.get("positions"):
        shapes["position_embd.weight"] = (width, size.context)
    if row.get("encoder"):
        shapes["token_types.weight"] = (width, 2)
    if row.get("encoder") or row.get("first"):
        shapes["token_embd_norm.weight"] = shapes["token_embd_norm.bias"] = (width,)
    for number in range(row.get("blocks", size.blocks)):
        rest = {**row, "experts": False} if number < row.get("dense", 0) else row
        inner = {**_attention(kind, row, one), **_feed_forward(rest)}
        for name in _norms(row):
            inner[name] = (width,)
        biased = [name for name in inner if _is_biased(row, name)]
        shapes |= {f"blk.{number}.{name}.bias": inner[name][1:] or inner[name] for name in biased}
        shapes |= {f"blk.{number}.{name}.weight": shape for name, shape in inner.items()}
    if not row.get("encoder") and row.get("final", True):
        shapes["output_norm.weight"] = (width,)
        if "output_norm" in row.get("biases", ()):
            shapes["output_norm.bias"] = (width,)
    if not (row.get("tied", False) if tied is None else tied):
        shapes["output.weight"] = (width, size.vocab)
        if "output" in row.get("biases", ()):
            shapes["output.bias"] = (size.vocab,)
    return shapes


def _is_biased(row: Mapping[str, Any], name: str) -> bool:
    biases = row.get("biases", ())
    normed = bool(row.get("encoder")) and name.endswith("_norm")
    return name in biases or normed or (name == "attn_qkv" and "attn_q" in biases)


def _attention(kind: str, row: Mapping[str, Any], one: int) -> Shapes:
    size = Sizes
    if row.get("latent"):
        heads, width = size.heads, size.width
        return {
            "attn_q_a": (width, 24), "attn_q_a_norm": (24,), "attn_q_b": (24, heads * 18),
            "attn_kv_a_mqa": (width, 28), "attn_kv_a_norm": (20,),
            "attn_kv_b": (20, heads * 22), "attn_output": (heads * 12, width),
        }  # fmt: skip
    queries, keys = size.heads * one, (size.heads if kind in ALIKE else size.keys) * one
    shapes: Shapes = {"attn_output": (queries, size.width)}
    if row.get("fused"):
        shapes["attn_qkv"] = (size.width, queries + 2 * keys)
    else:
        shapes |= {"attn_q": (size.width, queries), "attn_k": (size.width, keys)}
        shapes["attn_v"] = (size.width, keys)
    if row.get("sinks"):
        shapes["attn_sinks"] = (size.heads,)
    if "normed" in row:
        whole = row["normed"] == "all"
        shapes |= {"attn_q_norm": (queries if whole else one,)}
        shapes |= {"attn_k_norm": (keys if whole else one,)}
    return shapes


def _feed_forward(row: Mapping[str, Any]) -> Shapes:
    size, width = Sizes, Sizes.width
    if row.get("experts"):
        shapes: Shapes = {"ffn_gate_inp": (width, size.experts)}
        shapes |= {
            f"ffn_{part}_exps": (width, size.expert, size.experts) for part in ("gate", "up")
        }
        shapes["ffn_down_exps"] = (size.expert, width, size.experts)
        if row.get("shared"):
            shapes |= {f"ffn_{part}_shexp": (width, size.shared) for part in ("gate", "up")}
            shapes["ffn_down_shexp"] = (size.shared, width)
            if not row.get("latent"):
                shapes["ffn_gate_inp_shexp"] = (width,)
        return shapes
    shapes = {"ffn_down": (size.inner, width), "ffn_up": (width, size.inner)}
    if row.get("joined"):
        shapes["ffn_up"] = (width, 2 * size.inner)
    elif row.get("gated", True):
        shapes["ffn_gate"] = (width, size.inner)
    return shapes


def _norms(row: Mapping[str, Any]) -> list[str]:
    if row.get("encoder"):
        return ["attn_output_norm", "layer_output_norm"]
    names = list(row.get("norms", ["attn_norm", "ffn_norm"]))
    if row.get("around") or row.get("behind"):
        names += ["post_attention_norm", "post_ffw_norm"]
    return names
