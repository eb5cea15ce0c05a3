"""``.pt2`` archives are read without PyTorch, and hostile ones are refused."""

from __future__ import annotations

import copy
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.importers.imported import Imported
from archviz.importers.read import pt2
from tests.programs import Graph, Program, archive, residual, tensor


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def read(path: Path) -> Imported:
    imported = archviz.load(path).imported
    assert imported is not None
    return imported


def saved(tmp_path: Path, net: Any = None) -> Path:
    net = net or residual()
    return Path(net.save(tmp_path / "net.pt2", net.end))


def test_a_program_with_the_modules_of_its_code(tmp_path: Path) -> None:
    found = read(saved(tmp_path))
    assert found.faithful, found.report
    assert "label: Block" in found.text
    assert "residual: [conv 3x3 8, conv 3x3 8 linear]" in found.text
    assert "{repeat: 3, of: block}" in found.text
    assert "input 8x8x3" in found.text
    assert "read as it was exported, for x=2x3x8x8" in found.report
    totals = archviz.load(tmp_path / "net.pt2").info()["totals"]
    assert totals["trainable"] == 27 * 8 + 6 * 72 * 8 + 7 * 16 + 90
    assert totals["non_trainable"] == 7 * 16
    assert totals["macs"] == 64 * (27 * 8 + 6 * 72 * 8) + 80


def test_frozen_tied_and_unused_weights(tmp_path: Path) -> None:
    net = residual(4, frozen=2)
    net.weight("aux.weight", 3, 3)
    found = read(saved(tmp_path, net))
    assert found.faithful, found.report
    assert 'label: "Block, frozen"' in found.text
    assert found.unused == (("aux.weight", 9),)
    words = Program(1, 5, name="ids")
    words.values["ids"]["dtype"] = 5
    table = words.weight("words.weight", 9, 8)
    head = words.weight("head.weight", 9, 8, like="words.weight")
    at = "words:Embedding"
    x = words.step("embedding.default", (1, 5, 8), at, weight=table, indices=("ids",))
    x = words.step("linear.default", (1, 5, 9), "head:Linear", input=(x,), weight=head)
    found = read(words.save(tmp_path / "words.pt2", x))
    assert found.faithful, found.report
    assert "dense 9 no-bias shared" in found.text
    assert archviz.load(tmp_path / "words.pt2").info()["totals"]["parameters"] == 72


def test_what_is_written_to_in_place_and_through_views(tmp_path: Path) -> None:
    net = Program(1, 4, 6)
    part = net.step("slice.Tensor", (1, 2, 6), self=("x",), dim=1, start=0, end=2)
    net.step("mul_.Tensor", (1, 2, 6), self=(part,), other=3.0)
    x = net.step("relu_.default", (1, 4, 6), self=("x",))
    found = read(net.save(tmp_path / "net.pt2", x))
    assert found.faithful, found.report
    assert "write a part" in found.text
    assert "× 3" in found.text
    assert "relu" in found.text


def test_graphs_inside_and_foreign_operators(tmp_path: Path) -> None:
    net = Program(2, 4)
    weight = net.weight("inner.weight", 6, 4)
    inner = Graph()
    for name, sides in (("a", (2, 4)), ("w", (6, 4))):
        inner.given(name, *sides)
    inner.step("linear.default", (2, 6), "inner:Linear", "made", input=("a",), weight=("w",))
    graph = {"as_graph": {"name": "inside", "graph": inner.json("made")}}
    wrap = "torch.ops.higher_order.wrap_with_set_grad_enabled"
    x = net.step(wrap, (2, 6), enabled=False, body=graph, a=("x",), b=weight)
    found = read(net.save(tmp_path / "net.pt2", x))
    assert found.faithful, found.report
    assert "dense 6 no-bias" in found.text
    weight = net.weight("own", 6)
    x = net.step("torch.ops.mine.special.default", (2, 6), a=(x,), b=weight)
    found = read(net.save(tmp_path / "net.pt2", x))
    assert "weights=6" in found.text
    assert "label: special" in found.text or "label=special" in found.text
    assert "not proven: the multiply-adds are not known of: special" in found.report


def test_sides_that_are_open_are_those_of_the_example(tmp_path: Path) -> None:
    side = {"as_expr": {"expr_str": "s0", "hint": {"as_int": 2}}}
    net = Program(side, 4)
    weight = net.weight("weight", 6, 4)
    x = net.step("linear.default", (side, 6), input=("x",), weight=weight)
    assert read(net.save(tmp_path / "net.pt2", x)).faithful
    side["as_expr"]["hint"] = None  # type: ignore[assignment]
    with pytest.raises(ArchvizError, match="a size is open"):
        read(net.save(tmp_path / "net.pt2", x))


def test_sizes_are_those_that_it_was_exported_for(tmp_path: Path) -> None:
    path = str(saved(tmp_path))
    assert run("render", path, "--input", "2x3x8x8", "-o", str(tmp_path / "a.svg")).exit_code == 0
    for size in ("1x3x9x9", "y=2x3x8x8"):
        result = run("import", path, "--input", size)
        assert result.exit_code == 1
        assert "was exported for x=2x3x8x8" in result.stderr
    assert "_Block" not in run("import", path).stdout
    assert run("check", path).exit_code == 0


# ---- hostile files -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON: it nests too deep"),
        ("[]", "is not the JSON of a program"),
        ("{}", "is not the JSON of a program"),
        ('{"graph_module": 3}', "is not the JSON of a program"),
    ],
)
def test_wrong_json(tmp_path: Path, model: str, message: str) -> None:
    with pytest.raises(ArchvizError, match=message):
        read(archive(tmp_path / "net.pt2", model))


def test_wrong_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.pt2"
    path.write_bytes(b"PK no zip")
    with pytest.raises(ArchvizError, match="is no archive of an exported program"):
        read(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("net/data/aotinductor/model/x.so", "")
    with pytest.raises(ArchvizError, match="without a program in it"):
        read(path)
    archive(path, "{}", None, **{"net/models/other.json": "{}"})
    with pytest.raises(ArchvizError, match="several programs: model"):
        read(path)
    archive(path, "[" + "0," * 10_000 + "0]")
    monkeypatch.setattr(pt2, "MAX_JSON", 2**14)
    with pytest.raises(ArchvizError, match="of JSON: this is no program"):
        read(path)
    monkeypatch.setattr(pt2, "MAX_BRACKETS", 100)
    archive(path, "[" + "[]," * 200 + "[]]")
    with pytest.raises(ArchvizError, match="millions of lists"):
        read(path)
    with pytest.raises(ArchvizError, match="no such file"):
        archviz.from_onnx(tmp_path / "none.pt2")


JUNK: tuple[Any, ...] = (
    None, 0, -1, 2**63, -(2**70), 1e308, "", "x", [], {}, [[[]]], True, tensor("nope"),
    {"as_int": 7}, "torch.ops.aten.view.default", "torch.ops.aten.lstm.input",
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """All places in JSON: where they are, and by which key."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    return [place for key in keys for place in ((value, key), *places(value[key]))]


@pytest.mark.parametrize("seed", range(4))
def test_damaged_programs_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    numbers = random.Random(seed)
    net = residual(1)
    whole = net.model(net.end)
    for _ in range(15):
        model = copy.deepcopy(whole)
        for _ in range(numbers.randint(1, 3)):
            where, key = numbers.choice(places(model))
            where[key] = numbers.choice(JUNK)
        path = archive(tmp_path / "net.pt2", json.dumps(model), {"config": net.weights})
        try:
            archviz.load(path).svg()
        except ArchvizError as error:
            assert "mistake of archviz" not in str(error)
