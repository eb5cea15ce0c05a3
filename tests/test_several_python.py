"""Comparisons, timelines and tables from Python: what the command line writes, by calls."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main

NETS = ["lenet5", "alexnet"]


@pytest.mark.parametrize(
    ("made", "arguments"),
    [
        (lambda: archviz.compare(NETS), ["compare", *NETS]),
        (lambda: archviz.timeline([archviz.load(net) for net in NETS]), ["timeline", *NETS]),
        (
            lambda: archviz.table(NETS, ["year", "parameters"], "-year"),
            ["table", *NETS, "--columns", "year,parameters", "--sort=-year"],
        ),
    ],
    ids=["compare", "timeline", "table"],
)
@pytest.mark.parametrize("suffix", ["svg", "pptx"])
def test_python_writes_what_the_command_line_writes(
    made: object, arguments: list[str], suffix: str, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / f"ours.{suffix}", tmp_path / f"theirs.{suffix}"
    made().save(ours)  # type: ignore[operator]
    result = CliRunner().invoke(main, [*arguments, "-o", str(theirs)])
    assert result.exit_code == 0, result.output
    assert ours.read_bytes() == theirs.read_bytes()


def test_a_notebook_shows_it() -> None:
    found = archviz.compare(NETS)
    assert found._repr_svg_() == found.svg() != found.svg(legend=False)
    assert repr(found) == "<archviz overview of LeNet-5, AlexNet>"
    assert found.scene(width="column").width == 336


def test_a_stream_takes_it() -> None:
    stream = io.BytesIO()
    archviz.timeline(NETS).save(stream, "png")
    assert stream.getvalue().startswith(b"\x89PNG")


def test_a_network_of_ones_own_is_not_written_over(tmp_path: Path) -> None:
    spec = tmp_path / "net.svg"
    spec.write_text("title: Own\nnetwork: [input 8, dense 4]\n")
    with pytest.raises(archviz.ArchvizError, match=r"net\.svg"):
        archviz.compare([spec]).save(spec, force=True)
    assert spec.read_text().startswith("title: Own")


def test_wrong_use_is_told() -> None:
    with pytest.raises(ValueError, match="no networks"):
        archviz.compare([])
    with pytest.raises(ValueError, match="no column is called 'breadth'; there are year"):
        archviz.table(NETS, ["breadth"])
    with pytest.raises(ValueError, match="scale is for png"):
        archviz.compare(NETS).save("two.svg", scale=3)
    with pytest.raises(TypeError, match="colour"):
        archviz.timeline(NETS).svg(colour="red")  # type: ignore[call-arg]
