"""Language models from their ``config.json``: totals to the unit, wiring, and what is said."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.importers.families.facts import ACTS
from archviz.importers.families.runs import repeats
from archviz.importers.families.table import table
from archviz.importers.families.yaml_text import lines
from archviz.importers.imported import Imported
from archviz.importers.sources import is_model_file
from archviz.language.expand import network_from_text
from archviz.network.analysis import analyse
from archviz.network.kinds import ACTIVATIONS

from language_models import MODELS, Published  # isort: skip
from models import keras_input, keras_layer, keras_model  # isort: skip

LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64,
    "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 100, "max_position_embeddings": 32,
    "hidden_act": "silu", "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False,
}  # fmt: skip


def write(path: Path, **facts: Any) -> Path:
    """A small Llama with other facts; None leaves one out."""
    data = {key: value for key, value in {**LLAMA, **facts}.items() if value != "left out"}
    target = path / "config.json"
    target.write_text(json.dumps(data), encoding="utf-8")
    return target


def imported(path: Path, **facts: Any) -> Imported:
    return import_file(str(write(path, **facts)))


def refused(path: Path, **facts: Any) -> str:
    with pytest.raises(ArchvizError) as caught:
        imported(path, **facts)
    (problem,) = caught.value.problems
    return f"{problem.message} | {problem.hint}"


# ---- totals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_totals_are_those_of_transformers(model: Published, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(model.config), encoding="utf-8")
    net = archviz.load(path)
    assert net.analysis.totals.parameters == model.parameters
    assert net.imported
    assert net.imported.agrees
    assert not net.imported.faithful
    assert not net.imported.plain
    assert "faithful" not in net.imported.report
    again = network_from_text(net.imported.text, "again.yaml")
    assert analyse(again).totals == net.analysis.totals
    family = table().types[model.config["model_type"]].title
    note = f"Wiring from the family ({family}), not from the file."
    assert note in net.network.figure.notes
    assert note[:-1].lower() in net.imported.report.lower()


def test_every_family_is_tried() -> None:
    assert {model.config["model_type"] for model in MODELS} >= {
        next(iter(row.traits["types"])) for row in table().types.values()
    }


@pytest.mark.parametrize(("spec", "name"), [("llama3_8b", "Llama 3 8B"), ("gpt2", "GPT-2")])
def test_the_bundled_specs_are_the_same_networks(spec: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    (model,) = [one for one in MODELS if one.name == name]
    path.write_text(json.dumps(model.config), encoding="utf-8")
    ours, theirs = archviz.load(path).analysis, archviz.load(spec).analysis
    assert ours.totals == theirs.totals
    assert [row.layer.kind for row in ours.rows] == [row.layer.kind for row in theirs.rows]
    assert [row.parameters for row in ours.rows] == [row.parameters for row in theirs.rows]


# ---- the spec -----------------------------------------------------------------------------------


def test_the_spec_reads_like_the_bundled_ones(tmp_path: Path) -> None:
    assert imported(tmp_path).text == (
        "title: Llama\n\n"
        "defaults:\n  attention:    no-bias\n  feed-forward: no-bias\n\n"
        "modules:\n  block:\n    label: Transformer block\n    layers:\n"
        "      - {residual: [rms-norm, attention 4 causal kv-heads=2 head-width=16 rotary]}\n"
        "      - {residual: [rms-norm, feed-forward 96 silu gated]}\n\n"
        "network:\n  - input 32 label=words\n"
        "  - {embedding: 64 words=100, caption: width 64}\n"
        "  - {repeat: 3, of: block}\n  - rms-norm\n  - dense 100 no-bias\n\n"
        "figure:\n  direction: up\n"
        "  notes:\n    - Wiring from the family (Llama), not from the file.\n"
    )


@pytest.mark.parametrize("kind", ["llama", "gemma2", "gemma3_text", "phi", "gpt_neox", "bert"])
def test_the_spec_is_in_canonical_form(kind: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    text = imported(tmp_path, model_type=kind, num_hidden_layers=9).text
    spec.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["fmt", str(spec)])
    assert result.stdout.partition("# by archviz")[0] == text


def test_the_figure_has_the_facts(tmp_path: Path) -> None:
    svg = archviz.load(write(tmp_path)).svg()
    for words in ("4 heads of 16", "2 key heads", "rotary", ">96, SwiGLU<", ">32<", ">100<",
                  "width 64", "×3", "Wiring from the family"):  # fmt: skip
        assert words in svg, words


def test_the_title_is_what_the_file_is_called_after(tmp_path: Path) -> None:
    for name, title in (
        ("meta-llama/Llama-3.1-8B", "Llama-3.1-8B"),
        ('/home/me/tuned: "a"/', 'tuned: "a"'),
        ("1e5", "1e5"),
        ("", "Llama"),
        (7, "Llama"),
    ):
        found = archviz.load(write(tmp_path, _name_or_path=name))
        assert found.network.head.title == title


@pytest.mark.parametrize("name", ACTS)
def test_activations_have_the_names_of_specs(name: str, tmp_path: Path) -> None:
    text = imported(tmp_path, hidden_act=name, model_type="starcoder2").text
    act, _, then = ACTS[name].partition(" ")
    if then:  # no feed-forward part has it: it stands in its layers
        assert f"dense 96 {act}, {{op: , label: {then}}}" in text
    else:
        assert f"feed-forward 96 {act}" in text
    assert act in ACTIVATIONS


def test_runs_and_patterns_are_repeats() -> None:
    assert repeats("a") == ["a"]
    assert repeats("aaa") == [{"repeat": 3, "of": "a"}]
    assert repeats("abab") == [{"repeat": 2, "of": ["a", "b"]}]
    assert repeats("aabaab" + "aa") == [
        {"repeat": 2, "of": [{"repeat": 2, "of": "a"}, "b"]}, {"repeat": 2, "of": "a"},
    ]  # fmt: skip
    assert repeats("c" + "ab" * 9) == ["c", {"repeat": 9, "of": ["a", "b"]}]
    assert repeats("abc") == ["a", "b", "c"]


def test_lines_break_where_they_are_long() -> None:
    long = "x" * 50
    assert lines([{"a": [long, {"b": [long, "c"]}]}]) == [
        "- a:", f"    - {long}", f"    - {{b: [{long}, c]}}",
    ]  # fmt: skip


def test_layers_with_and_without_windows(tmp_path: Path) -> None:
    gemma = {"model_type": "gemma3_text", "sliding_window": 8, "num_hidden_layers": 14}
    text = imported(tmp_path, **gemma).text
    assert "- {repeat: 2, of: [{repeat: 5, of: local-block}, global-block]}\n" in text
    assert "- {repeat: 2, of: local-block}\n" in text
    assert "- {repeat: 7, of: [local-block, global-block]}" in imported(
        tmp_path, **gemma, sliding_window_pattern=2
    ).text  # fmt: skip
    kinds = ["full_attention"] * 13 + ["sliding_attention"]
    text = imported(tmp_path, **gemma, layer_types=kinds).text
    assert "- {repeat: 13, of: global-block}\n  - local-block\n" in text
    assert "not known | known: full_attention, sliding_attention" in refused(
        tmp_path, **gemma, layer_types=["linear_attention"] * 14
    )
    assert "do not name as many" in refused(tmp_path, **gemma, layer_types=kinds[:5])


def test_windows_that_are_switched_off_are_none(tmp_path: Path) -> None:
    qwen = {"model_type": "qwen2", "sliding_window": 8, "max_window_layers": 1}
    assert "window" not in imported(tmp_path, **qwen, use_sliding_window=False).text
    text = imported(tmp_path, **qwen, use_sliding_window=True).text
    assert "- global-block\n  - {repeat: 2, of: local-block}\n" in text
    assert "window=8" in text


def test_dense_blocks_among_mixtures(tmp_path: Path) -> None:
    moe = {
        "model_type": "qwen3_moe", "num_experts": 4, "num_experts_per_tok": 2, "head_dim": 16,
        "moe_intermediate_size": 24, "decoder_sparse_step": 1, "mlp_only_layers": [0],
    }  # fmt: skip
    text = imported(tmp_path, **moe).text
    assert "- dense-block\n  - {repeat: 2, of: sparse-block}\n" in text
    assert "mixture-of-experts 4 silu inner=24 gated active=2" in text
    assert "qk-norm=rms-norm" in text
    moe |= {"decoder_sparse_step": 2, "num_hidden_layers": 4, "mlp_only_layers": []}
    assert "{repeat: 2, of: [dense-block, sparse-block]}" in imported(tmp_path, **moe).text


def test_blocks_without_rotation(tmp_path: Path) -> None:
    small: dict[str, Any] = {"model_type": "smollm3", "num_hidden_layers": 8}
    found = imported(tmp_path, **small)
    assert "{repeat: 2, of: [{repeat: 3, of: rotary-block}, nope-block]}" in found.text
    assert "label: NoPE block" in found.text
    assert "label: Rotary block" in found.text
    found = imported(tmp_path, **small, no_rope_layers=[0] + [1] * 7)
    assert "- nope-block\n  - {repeat: 7, of: rotary-block}" in found.text
    assert "do not name as many" in refused(tmp_path, **small, no_rope_layers=[1])
    kinds = ["sliding_attention"] * 4 + ["full_attention"] * 4
    text = imported(
        tmp_path, **small, layer_types=kinds, use_sliding_window=True, sliding_window=8
    ).text
    assert "label: NoPE local block" in text
    assert "label: Rotary global block" in text


def test_blocks_of_one_label_are_numbered(tmp_path: Path) -> None:
    text = imported(tmp_path, num_key_value_heads=[1, 2, 4]).text
    assert "  - block\n  - block-2\n  - block-3\n" in text
    assert "label: Block 2" in text


def test_attention_by_short_codes(tmp_path: Path) -> None:
    latent = {
        "model_type": "deepseek_v3", "n_routed_experts": 4, "num_experts_per_tok": 2,
        "moe_intermediate_size": 8, "first_k_dense_replace": 1, "q_lora_rank": 12,
        "kv_lora_rank": 10, "qk_nope_head_dim": 6, "qk_rope_head_dim": 4, "v_head_dim": 8,
    }  # fmt: skip
    found = imported(tmp_path, **latent)
    queries, keys = 64 * 12 + 12 * 4 * 10, 64 * 14 + 10 * 4 * 14
    matrices = queries + keys + 4 * 8 * 64
    assert f"weights={matrices + 22} macs=length*{matrices}+length*length*72" in found.text
    assert "caption: 4 heads of 10" in found.text
    assert "- dense-block\n  - {repeat: 2, of: sparse-block}" in found.text
    assert found.network.figure.notes[1] == (
        "Attention: codes of 12 for queries, 10 for keys and values; "
        "heads of 6 and 4 rotary features, values of 8."
    )
    notes = imported(tmp_path, **{**latent, "q_lora_rank": None}).network.figure.notes
    assert notes[1].startswith("Attention: codes of 10 for keys and values; heads")


def test_attention_with_sinks_and_biased_experts(tmp_path: Path) -> None:
    sinks = {
        "model_type": "gpt_oss", "head_dim": 16, "attention_bias": True, "sliding_window": 8,
        "num_local_experts": 4, "num_experts_per_tok": 2, "num_hidden_layers": 2,
    }  # fmt: skip
    found = imported(tmp_path, **sinks)
    matrices, biases = 2 * 64 * 96, 64 + 64 + 64
    for window, seen in (("window ", 8), ("", 32)):
        assert f'label: "causal {window}attention, sinks"' in found.text
        macs = f"length*{matrices}+2*length*{seen}*64"
        assert f"weights={matrices + biases + 4} macs={macs}" in found.text
    expert = 3 * 64 * 96
    weights = 4 * (expert + 2 * 96 + 64) + 4 * 64 + 4
    assert f"weights={weights} macs=length*{4 * 64 + 2 * expert}" in found.text
    assert found.network.figure.notes[1] == (
        "Attention: 2 heads of keys, rotary, a learned sink a head; a window is 8 words."
    )
    notes = imported(tmp_path, **{**sinks, "sliding_window": None}).network.figure.notes
    assert notes[1] == "Attention: 2 heads of keys, rotary, a learned sink a head."


def test_what_stands_beside_the_layers_is_a_note_or_a_box(tmp_path: Path) -> None:
    gemma = {"model_type": "gemma2", "attn_logit_softcapping": 40.0, "num_hidden_layers": 2}
    found = imported(tmp_path, **gemma, final_logit_softcapping=20.0)
    assert "Scores of the attention are capped at 40." in found.network.figure.notes
    assert "{op: , label: × √64}" in found.text
    assert "dense 100 no-bias\n  - {op: , label: soft cap 20}" in found.text
    scaled = imported(
        tmp_path, model_type="granite", embedding_multiplier=12, residual_multiplier=0.22,
        logits_scaling=8.0,
    )  # fmt: skip
    assert scaled.text.count("merge: scaled-add 0.22") == 2
    assert "{op: , label: × 12}" in scaled.text
    assert "{op: , label: ÷ 8}" in scaled.text
    plain = imported(tmp_path, model_type="granite").text
    assert "scaled-add" not in plain
    assert "op:" not in plain
    bloom = imported(tmp_path, model_type="bloom", n_layer=2, n_head=4)
    assert "(ALiBi)" in " ".join(bloom.network.figure.notes)
    assert "rotary" not in bloom.text
    assert "caption: width 64}\n  - layer-norm\n" in bloom.text


# ---- what the file does not say -----------------------------------------------------------------


def test_what_the_family_adds_is_said(tmp_path: Path) -> None:
    assert "not in the file" not in imported(tmp_path).report.partition("; ")[2]
    report = imported(tmp_path, intermediate_size="left out", hidden_act="left out").report
    assert 'as the family has it: intermediate_size 11008, hidden_act "silu"' in report


def test_heads_of_what_the_class_is_for(tmp_path: Path) -> None:
    def end(name: str, **facts: Any) -> str:
        text = imported(tmp_path, architectures=[name], **facts).text
        return text.partition("of: block}\n")[2].partition("\n\n")[0]

    assert end("LlamaModel") == "  - rms-norm"
    assert end("LlamaForTokenClassification", num_labels=5) == "  - rms-norm\n  - dense 5"
    assert end("LlamaForSequenceClassification", id2label={"0": "a", "1": "b", "2": "c"}) == (
        "  - rms-norm\n  - select last\n  - dense 3 no-bias"
    )
    for name in ("BertLMHeadModel", "BertForCausalLM"):
        bert = imported(tmp_path, model_type="bert", architectures=[name])
        assert f"the head of {name} is not known" in bert.report
    assert "is not known" in imported(tmp_path, architectures=["LlamaForMaskedLM"]).report
    found = imported(tmp_path, architectures=["LlamaForDreaming"])
    assert not found.agrees
    assert "the head of LlamaForDreaming is not known, and not drawn" in found.report
    assert "The head of LlamaForDreaming" in " ".join(found.network.figure.notes)


def test_a_model_of_several_parts(tmp_path: Path) -> None:
    text = {key: value for key, value in LLAMA.items() if key != "architectures"}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({
        "model_type": "llava", "architectures": ["LlavaForConditionalGeneration"],
        "text_config": text, "vision_config": {"model_type": "clip_vision_model"},
    }), encoding="utf-8")  # fmt: skip
    found = import_file(str(path))
    assert not found.agrees
    assert "only the language part of llava is drawn" in found.report
    assert CliRunner().invoke(main, ["import", str(path)]).exit_code == 1
    assert analyse(found.network).totals == analyse(imported(tmp_path).network).totals


def test_code_that_a_file_names_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "modeling.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    found = imported(tmp_path, auto_map={"AutoModelForCausalLM": "modeling.Model"})
    assert "(auto_map) is not looked at" in found.report
    text = refused(tmp_path, model_type="mine", auto_map={"AutoModel": "modeling.Model"})
    assert "is of the family 'mine', which is not known" in text


# ---- refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"model_type": "t5"}, "is of the family 't5', which is not known | known: bert, "),
        ({"model_type": "lama"}, "did you mean 'llama'?"),
        ({"model_type": "left out"}, "states no model_type"),
        ({"model_type": ["llama"]}, "states no model_type"),
        ({"hidden_size": 0}, "states '0' as its width, which cannot be"),
        ({"hidden_size": 66}, "has a width of 66, which is not divided by its 4 heads"),
        ({"num_key_value_heads": 3}, "states what no model can have"),
        ({"num_hidden_layers": 10**6}, "as its layers, which cannot be"),
        ({"num_attention_heads": [4, 4]}, "has 3 blocks, and 2 values as heads"),
        ({"vocab_size": 10**12}, "as its vocab, which cannot be"),
        ({"vocab_size": True}, "as its vocab, which cannot be"),
        ({"hidden_act": "xielu"}, "has the activation 'xielu', which is not known"),
        ({"tie_word_embeddings": "maybe"}, "states 'maybe' as tie_word_embeddings"),
        ({"model_type": "bert", "is_decoder": True}, "has is_decoder True, and that wiring is not"),
        ({"model_type": "opt", "word_embed_proj_dim": 32}, "has word_embed_proj_dim 32"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, facts: dict[str, Any], words: str) -> None:
    assert words in refused(tmp_path, **facts)


def test_all_kinds_of_json_are_told_apart(tmp_path: Path) -> None:
    keras = keras_model([keras_input(4), keras_layer("Dense", "d", "in", units=2)], "d")
    kept = write(tmp_path)
    other = tmp_path / "keras.json"
    other.write_text(keras, encoding="utf-8")
    assert import_file(str(other)).faithful
    assert import_file(str(kept)).agrees
    assert is_model_file(str(kept))
    for text in ("{}", "[]", '{"architecture": "resnet50"}', '["model_type"]', "{", "x" * 100):
        other.write_text(text, encoding="utf-8")
        assert not is_model_file(str(other))
    other.write_text('{"model_type": ' + "[" * 100_000, encoding="utf-8")
    assert not is_model_file(str(other))
    other.write_text(json.dumps({**LLAMA, "id2label": {str(n): "x" * 9 for n in range(9999)}}))
    assert import_file(str(other)).agrees


def test_a_file_of_weights_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes((2).to_bytes(8, "little") + b"{}")
    with pytest.raises(ArchvizError, match="holds weights without their network"):
        archviz.load(path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ArchvizError, match=r"name .*config\.json"):
        archviz.load(path)


# ---- weights beside the configuration -----------------------------------------------------------


def safetensors(path: Path, shapes: dict[str, list[int]], dtype: str = "BF16") -> None:
    rows = {name: {"dtype": dtype, "shape": shape, "data_offsets": [0, 0]}
            for name, shape in shapes.items()}  # fmt: skip
    head = json.dumps({"__metadata__": {"format": "pt"}, **rows}).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head)


def llama_tensors() -> dict[str, list[int]]:
    found = {"model.embed_tokens.weight": [100, 64], "model.norm.weight": [64]}
    found["lm_head.weight"] = [100, 64]
    for number in range(3):
        rows = {"self_attn.q_proj": [64, 64], "self_attn.k_proj": [32, 64],
                "self_attn.v_proj": [32, 64], "self_attn.o_proj": [64, 64],
                "mlp.gate_proj": [96, 64], "mlp.up_proj": [96, 64], "mlp.down_proj": [64, 96],
                "input_layernorm": [64], "post_attention_layernorm": [64]}  # fmt: skip
        found |= {f"model.layers.{number}.{name}.weight": shape for name, shape in rows.items()}
    return found


def test_the_tensors_beside_it_are_compared(tmp_path: Path) -> None:
    shapes = llama_tensors()
    safetensors(tmp_path / "model.safetensors", shapes)
    found = imported(tmp_path)
    assert found.agrees
    assert "the safetensors beside it lists as many parameters in 30 tensors" in found.report
    shapes["model.layers.0.self_attn.q_proj.bias"] = [64]
    safetensors(tmp_path / "model.safetensors", shapes)
    found = imported(tmp_path)
    assert not found.agrees
    assert (
        "lists 105,472 parameters in 31 tensors, the figure has 105,408: differs by 64"
        in found.report
    )


def test_tied_copies_and_buffers_are_no_weights(tmp_path: Path) -> None:
    shapes = llama_tensors()
    shapes["model.layers.0.self_attn.rotary_emb.inv_freq"] = [8]
    safetensors(tmp_path / "model.safetensors", shapes)
    found = imported(tmp_path, tie_word_embeddings=True)
    assert found.agrees
    assert "not counted as weights: 6,408 numbers of tables and copies" in found.report


def test_the_matrix_of_a_masked_head_may_stand_there_twice(tmp_path: Path) -> None:
    bert = {"model_type": "bert", "architectures": ["BertForMaskedLM"], "num_hidden_layers": 1,
            "tie_word_embeddings": True, "type_vocab_size": 2, "hidden_act": "gelu"}  # fmt: skip
    total = analyse(imported(tmp_path, **bert).network).totals.parameters
    shapes = {"bert.embeddings.word_embeddings.weight": [100, 64], "rest": [total - 6400]}
    shapes |= {"cls.predictions.decoder.weight": [100, 64], "bert.embeddings.position_ids": [1, 32]}
    safetensors(tmp_path / "model.safetensors", shapes)
    found = imported(tmp_path, **bert)
    assert found.agrees
    assert "not counted as weights: 6,432 numbers" in found.report


def test_weights_in_several_files(tmp_path: Path) -> None:
    shapes = llama_tensors()
    names = {name: f"model-0000{1 + index % 2}-of-00002.safetensors"
             for index, name in enumerate(shapes)}  # fmt: skip
    for file in sorted(set(names.values())):
        safetensors(tmp_path / file, {name: shapes[name] for name in names if names[name] == file})
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": names}), encoding="utf-8")
    assert "lists as many parameters in 30 tensors" in imported(tmp_path).report
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    report = imported(tmp_path).report
    assert "not compared: model-00002-of-00002.safetensors is not there" in report
    index.write_text(json.dumps({"weight_map": {"a": "../secret"}}), encoding="utf-8")
    assert "not compared: model.safetensors.index.json names other files" in (
        imported(tmp_path).report
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"\1", struct.pack("<Q", 2**60), struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 1),
     struct.pack("<Q", 22) + b'{"a": {"dtype": "F32"}}'],
)  # fmt: skip
def test_damaged_weights_are_not_compared(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(data)
    report = imported(tmp_path).report
    assert "not compared: the safetensors files beside it cannot be read" in report


def test_packed_weights_are_not_compared(tmp_path: Path) -> None:
    safetensors(tmp_path / "model.safetensors", {"a.qweight": [8, 8]}, "I32")
    assert "not compared: model.safetensors holds packed weights" in imported(tmp_path).report


def test_a_squared_relu_stands_in_parts_and_is_refused_where_it_cannot(tmp_path: Path) -> None:
    (model,) = [one for one in MODELS if one.name == "Minitron 4B"]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(model.config), encoding="utf-8")
    net = archviz.load(path)
    assert net.imported
    assert "- dense 9216 no-bias relu\n          - {op: , label: square}" in net.imported.text
    path.write_text(json.dumps({"model_type": "llama", "hidden_act": "relu2"}), encoding="utf-8")
    with pytest.raises(ArchvizError, match="'relu2' where it is not known here"):
        archviz.load(path)


def test_only_blocks_with_a_window_are_rotary_and_logits_are_scaled(tmp_path: Path) -> None:
    (model,) = [one for one in MODELS if one.name == "Command R7B"]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(model.config), encoding="utf-8")
    net = archviz.load(path)
    assert net.imported
    attentions = [line for line in net.imported.text.splitlines() if "attention 32" in line]
    assert ["window" in line for line in attentions] == ["rotary" in line for line in attentions]
    assert len(attentions) == 2
    assert "{op: , label: \u00d7 0.25}" in net.imported.text
