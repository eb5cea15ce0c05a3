"""Articles and a talk with figures: they compile, nothing sticks out, no letter is too small."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from papers import ENGINES, PAPERS, compile_paper, write_paper
from pypdf import PdfReader

from archviz.write.subfigures import PartFile, subfigures


def absent(engine: str, name: str) -> str:
    """What a document needs and is not here."""
    if not shutil.which(engine):
        return engine
    wanted = ["tikz.sty", "subcaption.sty", *["beamer.cls"] * (name == "talk")]
    wanted += ["luaotfload-main.lua"] if engine == "lualatex" else []
    for file in wanted:
        if subprocess.run(["kpsewhich", file], capture_output=True, timeout=60).returncode:
            return file
    return ""


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_with_six_figures_compiles(name: str, engine: str, tmp_path: Path) -> None:
    if lacking := absent(engine, name):
        pytest.skip(f"{lacking} is absent")
    write_paper(tmp_path, name)
    log = " ".join(compile_paper(tmp_path, engine).split())
    for wrong in (
        "Overfull",
        "PDF inclusion",
        "Package archviz Warning",
        "undefined on input",
        "Float too large",
    ):
        assert wrong not in log, log[log.index(wrong) : log.index(wrong) + 300]
    pages = PdfReader(tmp_path / "paper.pdf").pages
    text = "".join(page.extract_text() for page in pages)
    assert text.count("Not shown") >= 6, "each figure is there, and its words are found"
    least = min(size for page in pages for size in sizes(page.get_contents()))
    assert least >= 6.97, "7 points of TeX, which are a little less"


def sizes(contents: object) -> list[float]:
    """The sizes of a page's fonts, without those of the pictures that it includes."""
    assert contents is not None
    data: bytes = contents.get_data()  # type: ignore[attr-defined]
    return [float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", data)] or [10.0]


def test_parts_become_subfigures(tmp_path: Path) -> None:
    parts = [
        PartFile("Main row", "a/net-main-row.pdf", 336, 500),
        PartFile("Größe & 100 %", "a/net-x.pdf", 336, 300),
        PartFile("Stem", "a/net-stem.pdf", 336, 300),
    ]
    source = subfigures("Net_1", "a/my net.tex", parts)
    assert re.findall(r"includegraphics\{(.*?)\}", source) == ["net-main-row", "net-x", "net-stem"]
    assert source.count(r"\begin{figure}") == 2, "one page has 9 in"
    assert source.count(r"\ContinuedFloat") == 1
    assert r"\caption{Net\_1.}\label{fig:my-net}" in source
    assert r"\caption{Gr\"{o}\ss{}e \& 100 \%}\label{fig:my-net-grosse-100}" in source
    assert source.isascii()
    wide = subfigures("t", "t.tex", [parts[0]._replace(width=600, path="t-row.tex")])
    assert r"\begin{figure*}[tp]" in wide
    assert r"\input{t-row}" in wide
    assert "graphicx" not in wide
