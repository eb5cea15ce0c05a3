"""GGUF files: what their heads say, and the figures of the language models in them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.importers.read.gguf import MAX_ELEMENTS, Length, read_gguf

import gguf_files as files  # isort: skip

FAMILY = "wiring from the family"


def small(path: Path, kind: str = "llama", **more: Any) -> Path:
    """A small model of a kind; ``more`` are further facts of it."""
    tensors = files.tensors_of(kind)
    return files.write(path / f"{kind}.gguf", files.facts_of(kind, **more), tensors)


def refused(path: Path, data: bytes) -> str:
    """What is said of these bytes, once and by both commands, with nothing written."""
    model = path / "model.gguf"
    model.write_bytes(data)
    said = set()
    for command, output in (("import", "out.yaml"), ("render", "out.svg")):
        result = CliRunner().invoke(main, [command, str(model), "-o", str(path / output)])
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        assert not (path / output).exists()
        said.add(result.stderr)
    assert len(said) == 1
    text = said.pop()
    assert text.startswith(f"{model}: ")
    assert text.count("\n") == 1 + text.count("    hint: ")
    return text.removeprefix(f"{model}: ")


# ---- the head -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
def test_the_head_is_read(tmp_path: Path, version: int) -> None:
    facts = {
        "text": "words", "whole": 7, "large": 2**40, "real": 0.5, "yes": True,
        "names": ["a", "b"], "numbers": [1, 2, 3], "flags": [True, False], "none": [],
        "many": list(range(5000)),
    }  # fmt: skip
    tensors = {"a.weight": (4, 5), "b.bias": (5,), "one": ()}
    read = read_gguf(str(files.write(tmp_path / "m.gguf", facts, tensors, version=version)))
    assert read.tensors == tensors
    assert read.total == 26
    assert read.facts["names"] == Length(2)
    assert read.facts["many"] == Length(5000)
    kept = {name: read.facts[name] for name in facts if name not in ("names", "none", "many")}
    assert kept == {name: facts[name] for name in kept}


def test_all_types_of_numbers_are_read(tmp_path: Path) -> None:
    facts = {form: struct.pack(f"<I{form}", number, 1) for form, number in files.TYPES.items()}
    read = read_gguf(str(files.write(tmp_path / "m.gguf", facts, {})))
    assert read.facts == dict.fromkeys(facts, 1)


def test_lists_of_lists_are_passed_over(tmp_path: Path) -> None:
    inner = struct.pack("<IQ2i", 5, 2, 1, 2)
    facts = {"deep": struct.pack("<IIQ", 9, 9, 2) + 2 * inner, "after": 3}
    read = read_gguf(str(files.write(tmp_path / "m.gguf", facts, {})))
    assert read.facts == {"deep": Length(2), "after": 3}


def test_weights_are_never_read(tmp_path: Path) -> None:
    path = small(tmp_path)
    before = import_file(str(path))
    with path.open("ab") as file:
        file.write(b"\xff" * 1000)
    assert import_file(str(path)) == before


def _text(length: int) -> bytes:
    return struct.pack("<Q", length)


HEAD = files.head(files.facts_of("llama"), files.tensors_of("llama"))
ONE_FACT = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)
DAMAGED = {
    "nothing": (b"", "is no GGUF file"),
    "other bytes": (b"PK\3\4" + HEAD[4:], "is no GGUF file: it begins with other bytes"),
    "the magic alone": (b"GGUF", "ends within its head"),
    "an older format": (b"tjgg" + HEAD[4:], "is of a format from before GGUF"),
    "version 1": (HEAD[:4] + struct.pack("<I", 1) + HEAD[8:], "is GGUF of version 1"),
    "version 4": (HEAD[:4] + struct.pack("<I", 4) + HEAD[8:], "is GGUF of version 4"),
    "big-endian": (HEAD[:4] + struct.pack(">I", 3) + HEAD[8:], "is a big-endian GGUF file"),
    "half of it": (HEAD[: len(HEAD) // 2], "ends within its head"),
    "the last byte": (HEAD[:-1], "ends within its head"),
    "many tensors": (
        files.head({}, {}, counts=(2**60, 0)), "claims to have 1,152,921,504,606,846,976 tensors"
    ),
    "many facts": (files.head({}, {}, counts=(0, 2**63)), "facts"),
    "a long name": (ONE_FACT + _text(2**62), "a text or name of 4,611,686,018,427,387,904 bytes"),
    "a long text": (ONE_FACT + _text(1) + b"a" + struct.pack("<IQ", 8, 2**62), "a text or name"),
    "a long list": (
        ONE_FACT + _text(1) + b"a" + struct.pack("<IIQ", 9, 8, MAX_ELEMENTS + 1), "a list of"
    ),
    "a list of numbers": (
        ONE_FACT + _text(1) + b"a" + struct.pack("<IIQ", 9, 5, 2**61), "ends within its head"
    ),
    "lists in lists": (
        ONE_FACT + _text(1) + b"a" + struct.pack("<I", 9) + 50 * struct.pack("<IQ", 9, 1),
        "nest too deep",
    ),
    "an unknown type": (files.head({"a": struct.pack("<I", 13)}, {}), "a fact of type 13"),
    "five sides": (files.head({}, {"a": (1,) * 5}), "5 dimensions"),
    "endless sides": (files.head({}, {"a": (2**40, 2**40)}), "a tensor has the sides"),
    "a tensor twice": (
        files.head({}, {"a": (1,)}, counts=(2, 0)) + files.head({}, {"a": (1,)})[24:],
        "the tensor 'a' stands in it twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused(tmp_path: Path, name: str) -> None:
    data, words = DAMAGED[name]
    assert words in refused(tmp_path, data)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    head = files.head({"general.architecture": "llama", "l": [1, 2], "t": "a"}, {"w": (2, 3)})
    path = tmp_path / "m.gguf"
    for length in range(len(head)):
        path.write_bytes(head[:length])
        with pytest.raises(ArchvizError, match=r"damaged|no GGUF"):
            read_gguf(str(path))


def test_long_claims_take_no_time_and_no_memory(tmp_path: Path) -> None:
    """A hole of a file in which everything would have room."""
    path = tmp_path / "m.gguf"
    for inner, count in ((8, MAX_ELEMENTS), (10, 2**33)):
        head = ONE_FACT + _text(1) + b"a" + struct.pack("<IIQ", 9, inner, count)
        with path.open("wb") as file:
            file.write(head)
            file.truncate(2**37)
        with pytest.raises(ArchvizError):
            import_file(str(path))


# ---- models -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", files.KINDS)
def test_the_figure_has_as_many_parameters_as_the_file_lists(tmp_path: Path, kind: str) -> None:
    tensors = files.tensors_of(kind)
    net = archviz.load(small(tmp_path, kind))
    assert net.imported
    assert net.analysis.totals.parameters == sum(map(_size, tensors.values()))
    assert net.imported.agrees
    assert not net.imported.faithful
    assert "faithful" not in net.imported.report
    assert f"the file lists as many parameters in {len(tensors)} tensors" in net.imported.report
    assert FAMILY in net.imported.report
    assert "not from the file" in net.svg()
    assert net.network.head.title == f"Small {kind}"


def _size(shape: tuple[int, ...]) -> int:
    number = 1
    for side in shape:
        number *= side
    return number


@pytest.mark.parametrize("kind", files.KINDS)
def test_one_number_more_or_less_is_noticed(tmp_path: Path, kind: str) -> None:
    tensors = files.tensors_of(kind)
    wanted = sum(map(_size, tensors.values()))
    for name, more in (("blk.1.attn_output.weight", 1), ("blk.0.other.scale", 1), ("x", -4)):
        other = dict(tensors)
        if more < 0:  # a tensor that is not there
            held = wanted - _size(other.pop("blk.1.attn_output.weight"))
        else:
            *sides, last = tensors.get(name, (0,))
            other[name] = (*sides, last + 1)
            held = sum(map(_size, other.values()))
        path = files.write(tmp_path / "m.gguf", files.facts_of(kind), other)
        imported = import_file(str(path))
        assert not imported.agrees
        assert f"lists {held:,} parameters in {len(other)} tensors" in imported.report
        assert f"the figure has {wanted:,}: differs by {abs(held - wanted):,}" in imported.report


def test_where_it_differs_is_said(tmp_path: Path) -> None:
    facts, tensors = files.facts_of("gemma3"), files.tensors_of("gemma3")
    tensors["blk.4.attn_q.bias"] = (64,)
    path = files.write(tmp_path / "m.gguf", facts, tensors)
    assert "(unlike the others: blk.4)" in import_file(str(path)).report
    facts["gemma3.block_count"] = 7
    files.write(tmp_path / "m.gguf", facts, tensors)
    assert "(it has 8 blocks, and states 7)" in import_file(str(path)).report


def test_the_commands_say_what_differs(tmp_path: Path) -> None:
    good = small(tmp_path)
    bad = files.write(
        tmp_path / "bad.gguf", files.facts_of("llama"),
        {**files.tensors_of("llama"), "blk.0.more.weight": (3,)},
    )  # fmt: skip
    for path, status in ((good, 0), (bad, 1)):
        out = tmp_path / "out.yaml"
        result = CliRunner().invoke(main, ["import", str(path), "-o", str(out)])
        assert result.exit_code == status
        assert FAMILY in result.stderr
        assert ("differs from the file" in result.stderr) == bool(status)
        assert archviz.load(out).analysis.totals.parameters == 74560
        assert CliRunner().invoke(main, ["check", str(path)]).exit_code == status
        result = CliRunner().invoke(main, ["info", str(path)])
        assert result.exit_code == 0
        assert FAMILY in result.stdout
        assert ("differs from the file" in result.stdout) == bool(status)
        result = CliRunner().invoke(main, ["render", str(path), "-o", str(tmp_path / "out.svg")])
        assert result.exit_code == 0
        assert FAMILY in result.stderr


def test_what_the_tensors_tell_is_taken_from_them(tmp_path: Path) -> None:
    """Biases, a matrix of the last layer, norms of queries and keys, experts."""
    tensors = files.tensors_of("llama", tied=True)
    for part, width in (("q", 64), ("k", 32), ("v", 32)):
        tensors[f"blk.0.attn_{part}.bias"] = tensors[f"blk.1.attn_{part}.bias"] = (width,)
    path = files.write(tmp_path / "m.gguf", files.facts_of("llama"), tensors)
    imported = import_file(str(path))
    assert imported.agrees
    assert "dense 100 no-bias shared" in imported.text
    assert "attention 4 causal kv-heads=2 head-width=16 rotary out-bias=no" in imported.text


def test_blocks_before_the_mixtures_are_dense(tmp_path: Path) -> None:
    facts, tensors = files.facts_of("qwen3moe"), files.tensors_of("qwen3moe")
    for name in list(tensors):
        if name.startswith("blk.0.ffn_") and "norm" not in name:
            del tensors[name]
    tensors |= {f"blk.0.ffn_{part}.weight": (64, 96) for part in ("gate", "up", "down")}
    path = files.write(tmp_path / "m.gguf", facts, tensors)
    imported = import_file(str(path))
    assert imported.agrees
    assert "  - dense-block\n  - sparse-block\n" in imported.text


def test_each_block_may_have_its_own_sizes(tmp_path: Path) -> None:
    facts, tensors = files.facts_of("llama"), files.tensors_of("llama")
    facts |= {"llama.feed_forward_length": [96, 48], "llama.attention.head_count_kv": [2, 1]}
    for part in ("gate", "up"):
        tensors[f"blk.1.ffn_{part}.weight"] = (64, 48)
    tensors["blk.1.ffn_down.weight"] = (48, 64)
    tensors["blk.1.attn_k.weight"] = tensors["blk.1.attn_v.weight"] = (64, 16)
    path = files.write(tmp_path / "m.gguf", facts, tensors)
    imported = import_file(str(path))
    assert imported.agrees
    assert "feed-forward 48" in imported.text
    facts["llama.feed_forward_length"] = [96, 48, 24]
    files.write(path, facts, tensors)
    with pytest.raises(ArchvizError, match="has 2 blocks, and 3 values"):
        import_file(str(path))


def test_tables_of_rotations_are_no_weights(tmp_path: Path) -> None:
    tensors = {**files.tensors_of("llama"), "rope_freqs.weight": (8,)}
    path = files.write(tmp_path / "m.gguf", files.facts_of("llama"), tensors)
    imported = import_file(str(path))
    assert imported.agrees
    assert "not counted as weights: 8 numbers" in imported.report


def test_a_pattern_of_windows(tmp_path: Path) -> None:
    text = import_file(str(small(tmp_path, "gemma3"))).text
    assert "  - {repeat: 5, of: local-block}\n  - global-block\n" in text
    assert "window=16" in text
    pattern = [True, False] * 4
    path = small(tmp_path, "gemma3", **{"attention.sliding_window_pattern": pattern})
    assert "  - {repeat: 4, of: [local-block, global-block]}\n" in import_file(str(path)).text


def test_without_tensors_nothing_is_compared(tmp_path: Path) -> None:
    path = files.write(tmp_path / "m.gguf", files.facts_of("qwen2"), {})
    imported = import_file(str(path))
    assert "not compared: the file lists no tensors" in imported.report
    assert "out-bias=no" in imported.text  # as the family has it


def test_a_model_in_several_files(tmp_path: Path) -> None:
    facts, tensors = files.facts_of("llama"), files.tensors_of("llama")
    names = list(tensors)
    for part in range(3):
        some = {name: tensors[name] for name in names[part::3]}
        own = {"split.count": 3, "split.no": part}
        path = tmp_path / f"m-{part + 1:05}-of-00003.gguf"
        files.write(path, {**facts, **own} if not part else own, some)
    first = tmp_path / "m-00001-of-00003.gguf"
    assert import_file(str(first)).agrees
    assert f"in {len(tensors)} tensors" in import_file(str(first)).report
    assert import_file(str(tmp_path / "m-00002-of-00003.gguf")).agrees
    (tmp_path / "m-00003-of-00003.gguf").unlink()
    report = import_file(str(first)).report
    assert "not compared: m-00003-of-00003.gguf of the model not there" in report


MISSING = ("embedding_length", "block_count", "attention.head_count", "context_length")


@pytest.mark.parametrize("key", [*MISSING, "feed_forward_length"])
def test_a_missing_fact_is_named(tmp_path: Path, key: str) -> None:
    facts = files.facts_of("llama")
    del facts[f"llama.{key}"]
    data = files.head(facts, files.tensors_of("llama"))
    text = refused(tmp_path, data)
    assert "does not state its" in text
    assert f"llama.{key}" in text


@pytest.mark.parametrize("value", [0, 2**40, 0.5, "many", [], True])
def test_impossible_facts_are_refused(tmp_path: Path, value: Any) -> None:
    for key in ("embedding_length", "block_count", "attention.head_count"):
        facts = {**files.facts_of("llama"), f"llama.{key}": value}
        text = refused(tmp_path, files.head(facts, files.tensors_of("llama")))
        assert "cannot be" in text or "values" in text


def test_unknown_families_are_told_what_is_known(tmp_path: Path) -> None:
    text = refused(tmp_path, files.head({"general.architecture": "mamba"}, {}))
    assert "is of the family 'mamba', which is not known" in text
    assert "known: bert, " in text
    assert "qwen3moe" in text
    assert "did you mean 'llama'?" in refused(
        tmp_path, files.head({"general.architecture": "lama"}, {})
    )
    assert "states no general.architecture" in refused(tmp_path, files.head({}, {}))


def test_a_shorter_text(tmp_path: Path) -> None:
    path = small(tmp_path)
    assert archviz.from_onnx(path, (1, 16)).analysis.totals.parameters == 74560
    result = CliRunner().invoke(main, ["import", str(path), "--input", "1x16"])
    assert "input 16 label=words" in result.stdout
    for size in ((2, 16), (1, 3, 16)):
        with pytest.raises(ArchvizError, match="takes one text"):
            archviz.from_onnx(path, size)
    with pytest.raises(ArchvizError, match="texts of 128 words at most"):
        archviz.from_onnx(small(tmp_path, "gpt2"), (1, 129))
