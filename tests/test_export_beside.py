"""The export's other processes, and its bar: the same files, and a bar that moves with the work."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archviz.cli import beside, export_run
from archviz.cli.commands import main
from archviz.export import Job

NETS = ("lenet5", "nin", "vgg16", "resnet18")


def export(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["export", *NETS, "-d", str(folder), *more])


@pytest.mark.parametrize("count", [1, 2])
def test_pictures_made_beside_are_those_made_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(beside, "processors", lambda: count)
    assert export(tmp_path / "many", "-f", "png,svg").exit_code == 0
    for name in NETS:
        CliRunner().invoke(main, ["render", name, "-o", str(tmp_path / f"{name}.png")])
        alone = (tmp_path / f"{name}.png").read_bytes()
        assert (tmp_path / "many" / f"{name}.png").read_bytes() == alone


def test_files_are_told_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "processors", lambda: 2)
    said = export(tmp_path, "-f", "png,svg,pdf").stdout.splitlines()
    names = [Path(line.split("  ")[0]).name for line in said[:-1]]
    assert names == [f"{name}.{suffix}" for suffix in ("png", "svg") for name in NETS] + [
        "archviz.pdf"
    ]
    assert said[-1].startswith("9 files of 4 networks in ")


def test_what_one_cannot_write_keeps_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "processors", lambda: 2)
    (tmp_path / "nin.png").write_bytes(b"mine")
    result = export(tmp_path, "-f", "png")
    assert result.exit_code == 1 and result.stderr.count("nin.png") == 1
    assert (tmp_path / "nin.png").read_bytes() == b"mine"
    assert "3 files of 4 networks" in result.stdout and "Traceback" not in result.output
    too_large = export(tmp_path, "-f", "png", "--scale", "40", "--force")
    assert too_large.exit_code == 1 and "megapixels" in too_large.stderr


class Broken:
    """A pool whose processes the system has ended."""

    def __init__(self, *given: Any) -> None:
        self.asked = 0

    def submit(self, make: Any) -> Future[bytes]:
        self.asked += 1
        if self.asked > 2:
            raise BrokenExecutor
        lost: Future[bytes] = Future()
        lost.set_exception(BrokenExecutor())
        return lost

    def shutdown(self, **given: Any) -> None: ...


def test_where_no_process_lives_all_is_made_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "processors", lambda: 2)
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", Broken)
    assert export(tmp_path, "-f", "png").exit_code == 0
    assert len(list(tmp_path.glob("*.png"))) == len(NETS)


class Bar:
    """A bar that notes where it was, in shares of its length."""

    seen: list[float]

    def __init__(self, **given: Any) -> None:
        self.length, self.at = given["length"], 0
        Bar.seen = [0.0]

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: Any) -> None: ...

    def update(self, steps: int, item: Job) -> None:
        self.at += steps
        Bar.seen.append(self.at / self.length)


def test_the_bar_moves_evenly_and_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "processors", lambda: 1)
    monkeypatch.setattr(export_run.click, "progressbar", Bar)
    assert export(tmp_path, "-f", "svg,png,html").exit_code == 0
    leaps = [after - before for before, after in zip(Bar.seen, Bar.seen[1:], strict=False)]
    assert Bar.seen[-1] == pytest.approx(1) and min(leaps) > 0
    assert max(leaps) <= 0.2  # of twelve files; one is of all four networks


def test_what_failed_moves_the_bar_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_run.click, "progressbar", Bar)
    (tmp_path / "nin.svg").write_bytes(b"mine")
    assert export(tmp_path, "-f", "svg").exit_code == 1
    assert Bar.seen[-1] == pytest.approx(1)


def test_a_deck_is_the_same_beside_its_print(tmp_path: Path) -> None:
    """Its pages are drawn once for both."""
    export(tmp_path / "both", "-f", "pdf,pptx")
    for suffix in ("pdf", "pptx"):
        export(tmp_path / suffix, "-f", suffix)
        alone = (tmp_path / suffix / f"archviz.{suffix}").read_bytes()
        assert (tmp_path / "both" / f"archviz.{suffix}").read_bytes() == alone


def test_the_bar_moves_while_a_deck_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run.click, "progressbar", Bar)
    assert export(tmp_path, "-f", "pdf").exit_code == 0
    assert len(Bar.seen) == 1 + len(NETS) + 1 and Bar.seen[-1] == pytest.approx(1)
