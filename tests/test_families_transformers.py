"""The table of families, held against the classes of transformers built without weights."""

from __future__ import annotations

import inspect
import json
import random
from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz.importers.families.table import table

from language_models import MODELS, Published, counted  # isort: skip

torch = pytest.importorskip("torch", reason="builds models with PyTorch")
transformers = pytest.importorskip("transformers", reason="builds models of transformers")
pytestmark = pytest.mark.filterwarnings("ignore")

TYPES = sorted(name for name in table().types if name in transformers.CONFIG_MAPPING)
SWITCHES = ("attention_bias", "mlp_bias", "qkv_bias", "use_bias", "qk_layernorm", "use_qkv_bias",
            "use_parallel_residual", "enable_bias", "multi_query", "use_sliding_window", "bias",
            "new_decoder_architecture", "parallel_attn", "attention_out_bias",
            "lm_head_bias", "use_qk_norm")  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_stored_totals_are_those_of_transformers(model: Published) -> None:
    assert counted(model.config) == model.parameters


@pytest.mark.parametrize("name", TYPES)
def test_the_defaults_are_those_of_the_class(name: str) -> None:
    """What a file leaves out is what transformers makes of it, key by key."""
    made = transformers.CONFIG_MAPPING[name]
    known = inspect.signature(made.__init__).parameters
    family = table().types[name]
    wanted = {}
    for key, value in family.defaults.items():
        own = known.get(made.attribute_map.get(key, key))
        if value is not None and own is not None and not callable(own.default):
            wanted[key] = own.default
    stated = {key: value for key, value in family.defaults.items() if key in wanted}
    silent = {"attention_types", "seq_length", "hidden_act"}  # what code or a property fills in
    assert {key for key in stated if stated[key] != wanted[key]} <= silent
    decided = {value for value in family.traits.values() if isinstance(value, str)} & set(known)
    assert {key for key in decided if known[key].default is not None} <= set(family.defaults)


def drawn(name: str, draw: random.Random) -> Any:
    """A small configuration of a type, its options drawn."""
    made = transformers.CONFIG_MAPPING[name]
    known = inspect.signature(made.__init__).parameters
    heads = draw.choice([2, 4, 6])
    some: dict[str, Any] = {
        "hidden_size": 8 * heads, "intermediate_size": draw.choice([24, 40]),
        "num_hidden_layers": draw.choice([1, 3, 7]), "num_attention_heads": heads,
        "vocab_size": draw.choice([50, 77]), "max_position_embeddings": draw.choice([32, 64]),
        "tie_word_embeddings": draw.random() < 0.5,
        "pad_token_id": 1 if "roberta" in name or name == "camembert" else 0,
    }  # fmt: skip
    options = {
        "num_key_value_heads": [1, 2, heads], "head_dim": [8, 16], "sliding_window": [4, 16],
        "max_window_layers": [0, 1, 2], "num_local_experts": [4, 6], "num_experts": [4, 6],
        "num_experts_per_tok": [1, 3], "moe_intermediate_size": [8, 12],
        "shared_expert_intermediate_size": [8, 12], "decoder_sparse_step": [1, 2],
        "mlp_only_layers": [[], [0]], "n_inner": [None, 40], "hidden_dim": [40],
        "ffn_dim": [24, 40], "word_embed_proj_dim": [8 * heads],
        "num_kv_heads": [heads // 2, heads], "ffn_hidden_size": [None, 40],
        "embedding_multiplier": [1.0, 12.0], "residual_multiplier": [1.0, 0.22],
        **{key: [False, True] for key in SWITCHES},
    }  # fmt: skip
    some |= {key: draw.choice(values) for key, values in options.items() if key in known}
    if "attention_types" in known:
        some["attention_types"] = [[["global", "local"], some["num_hidden_layers"] + 1 >> 1]]
        some["num_hidden_layers"] += some["num_hidden_layers"] % 2
        some["window_size"] = draw.choice([4, 16])
    if "kv_lora_rank" in known:
        for key in ("attention_bias", "num_key_value_heads", "num_local_experts", "mlp_bias"):
            some.pop(key, None)
        some |= {
            "kv_lora_rank": 10, "q_lora_rank": draw.choice([None, 12]), "qk_nope_head_dim": 6,
            "qk_rope_head_dim": 4, "v_head_dim": 8, "n_routed_experts": 4, "n_group": 1,
            "topk_group": 1, "n_shared_experts": draw.choice([1, 2]),
            "first_k_dense_replace": draw.choice([0, 1]), "num_experts_per_tok": 2, "head_dim": 4,
        }  # fmt: skip
    if not {"n_inner", "hidden_dim", "ffn_dim"}.isdisjoint(known):
        del some["intermediate_size"]
    if table().types[name].traits.get("encoder"):
        some["tie_word_embeddings"] = True  # else the classes hold a bias that nothing uses
    return made(**{made.attribute_map.get(key, key): value for key, value in some.items()})


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("seed", range(3))
def test_any_configuration_has_the_total_of_its_class(name: str, seed: int, tmp_path: Path) -> None:
    draw = random.Random(f"{name} {seed}")
    config = drawn(name, draw)
    encoder = table().types[name].traits.get("encoder")
    heads = ("AutoModelForMaskedLM",) if encoder else ("AutoModelForCausalLM",) * 2
    auto = getattr(transformers, draw.choice([*heads, "AutoModel"]))
    with torch.device("meta"):
        model = auto.from_config(config)
    config.architectures = [type(model).__name__]
    path = tmp_path / "config.json"
    config.to_json_file(path, use_diff=draw.random() < 0.7)
    net = archviz.load(path)
    wanted = sum(one.numel() for one in model.parameters())
    assert net.analysis.totals.parameters == wanted, path.read_text(encoding="utf-8")
    assert net.imported
    assert net.imported.agrees


@pytest.mark.parametrize("name", ["llama", "qwen3", "gemma", "phi", "gpt_neox", "olmo2", "bert"])
def test_multiply_adds_are_those_of_the_module(name: str, tmp_path: Path) -> None:
    config = drawn(name, random.Random(7))
    encoder = table().types[name].traits.get("encoder")
    auto = transformers.AutoModel if encoder else transformers.AutoModelForCausalLM
    with torch.device("meta"):
        model = auto.from_config(config)
    config.architectures = [type(model).__name__]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config.to_dict()), encoding="utf-8")
    stated = archviz.from_onnx(path, (1, 16)).analysis.totals
    if encoder:
        live = archviz.from_torch(model.eval(), (1, 16)).analysis.totals
        assert stated.macs >= live.macs  # the live one is given no second input
    else:
        live = archviz.from_torch(model.eval(), (1, 16)).analysis.totals
        assert (stated.macs, stated.parameters) == (live.macs, live.parameters)
