"""Damaged files of facts: GGUF heads and configurations of language models."""

from __future__ import annotations

import json
import random
from typing import Any

import gguf_files
from language_models import MODELS

VALUES: tuple[Any, ...] = (
    None, 0, -1, 1, 2, 3, 7, 64, 10**9, 10**12, 2**70, 0.5, 1e400, True, False, "", "x", "gelu",
    "\ud800\0", [], [1], [3] * 3, [True, False], ["full_attention"] * 3, {}, {"a": 1},
)  # fmt: skip
MORE = ("layer_types", "head_dim", "n_inner", "id2label", "use_sliding_window", "mlp_only_layers",
        "decoder_sparse_step", "text_config", "num_key_value_heads", "auto_map")  # fmt: skip
STATED = (0, 1, 2, 3, 7, 10**9, 2**40, 0.5, True, "", "x", [], [1, 2], [True, False], ["a"])
SIDES = (0, 1, 5, 64, 2**40)


def damaged_facts(rng: random.Random) -> tuple[str, bytes]:
    """A damaged file and its suffix."""
    return (".gguf", _gguf(rng)) if rng.random() < 0.6 else (".json", _configuration(rng))


def _gguf(rng: random.Random) -> bytes:
    kind = rng.choice(list(gguf_files.KINDS))
    facts, tensors = gguf_files.facts_of(kind), gguf_files.tensors_of(kind)
    for _ in range(rng.choice((0, 1, 1, 2))):
        facts[rng.choice(list(facts))] = rng.choice(STATED)
    if rng.random() < 0.3:
        del tensors[rng.choice(list(tensors))]
    if rng.random() < 0.3:
        sides = tuple(rng.choice(SIDES) for _ in range(rng.randint(0, 5)))
        tensors[rng.choice(list(tensors))] = sides
    data = bytearray(gguf_files.head(facts, tensors))
    for _ in range(rng.choice((0, 0, 1, 4))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.2 else data)


def _configuration(rng: random.Random) -> bytes:
    config = dict(rng.choice(MODELS).config)
    for key in ("num_hidden_layers", "n_layer", "num_layers", "n_layers"):
        if key in config:
            config[key] = 3
    for _ in range(rng.choice((1, 1, 2, 3))):
        config[rng.choice([*config, *MORE])] = rng.choice(VALUES)
    data = bytearray(json.dumps(config).encode())
    if rng.random() < 0.1:
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)
