"""Two articles and a talk with six figures each, as people set them; run it to look at their pages.

``python tests/papers.py FOLDER`` draws and compiles all of them with every engine that is here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from archviz.cli.commands import main
from archviz.scene.chosen_font import _installed

ENGINES = ("pdflatex", "lualatex")
LEAST = "7pt"
PACKAGES = r"\usepackage{graphicx,subcaption,tikz}\usetikzlibrary{arrows.meta,shapes.geometric}"
TWO_COLUMNS = r"""\documentclass[10pt,twocolumn]{article}
\usepackage[letterpaper,textwidth=%s,textheight=%s,columnsep=%s,centering]{geometry}
"""
BODY = (
    "The network is drawn in \\figurename~\\ref{%s}."
    + " Its row is read from the left to the right, brackets mean that what stands in them is "
    "repeated, and every module is shown open once." * 3
)


class Paper(NamedTuple):
    """A document: its class as it is published, one like it, and how wide its figures are."""

    real: str
    like: str
    column: str
    text: str


PAPERS = {
    "ieee": Paper(
        "\\documentclass[conference]{IEEEtran}\n",
        TWO_COLUMNS % ("516pt", "9.25in", "12pt"),
        "88.5mm",
        "181mm",
    ),
    "acm": Paper(
        "\\documentclass[sigconf,nonacm]{acmart}\n",
        TWO_COLUMNS % ("506.295pt", "9in", "24pt"),
        "84.5mm",
        "177.5mm",
    ),
    "talk": Paper("", "\\documentclass[aspectratio=169,11pt]{beamer}\n", "140mm", "140mm"),
}


def draw(folder: Path, *words: str) -> None:
    """Run ``archviz render``; it writes into the folder."""
    done = CliRunner().invoke(main, ["render", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr


def font(name: str) -> list[str]:
    """The option for a font of papers, where this machine has it, whatever tests may see of it."""
    held = os.environ.pop("ARCHVIZ_FONTS", None)
    path = _installed(name)
    if held is not None:
        os.environ["ARCHVIZ_FONTS"] = held
    return ["--font", path] if path else []


def draw_article(folder: Path, paper: Paper) -> str:
    """The six figures of an article, and what its source says between begin and end."""
    column = ("--width", paper.column, "--min-font", LEAST)
    wide = ("--width", paper.text, "--min-font", LEAST)
    draw(folder, "resnet50", *column, "-o", str(folder / "resnet.pdf"))
    draw(folder, "vgg16", *column, "--fragment", "-o", str(folder / "vgg.tex"))
    draw(folder, "lenet5", *column, *font("times"), "-o", str(folder / "lenet.pdf"))
    draw(
        folder,
        "nin",
        *column,
        "--fragment",
        *font("latin-modern"),
        "-o",
        str(folder / "nin.tex"),
    )
    draw(folder, "inception_v3", *wide, "--max-height", "8in", "-o", str(folder / "inception.pdf"))
    parts = ("--max-height", "3.6in", "--parts")
    draw(folder, "resnet50", *column, *parts, "-o", str(folder / "parts.pdf"))
    parts_source = (folder / "parts.tex").read_text(encoding="utf-8")
    figures = [
        figure("resnet", r"\includegraphics{resnet}"),
        figure("vgg", r"\input{vgg}"),
        figure("lenet", r"\includegraphics{lenet}"),
        figure("nin", r"\input{nin}"),
        figure("inception", r"\includegraphics{inception}", "*"),
        parts_source,
    ]
    text = "".join(BODY % f"fig:{name}" + "\n\n" for name in ("resnet", "vgg", "lenet", "nin"))
    return "\n".join([text, *figures, text, BODY % "fig:inception", BODY % "fig:parts"])


def figure(name: str, drawn: str, star: str = "") -> str:
    """A float with one picture."""
    lines = [rf"\begin{{figure{star}}}[tp]", r"\centering", drawn]
    return "\n".join(
        [*lines, rf"\caption{{A figure.}}\label{{fig:{name}}}", rf"\end{{figure{star}}}"]
    )


def draw_talk(folder: Path, paper: Paper) -> str:
    """Six slides with a figure each."""
    size = ("--width", paper.column, "--min-font", LEAST, "--max-height", "63mm")
    frames = []
    for number, name in enumerate(("lenet5", "alexnet", "vgg16", "nin")):
        suffix = (".pdf", ".tex")[number % 2]
        more = ["--fragment", *font("latin-modern-sans")] if suffix == ".tex" else []
        draw(folder, name, *size, *more, "-o", str(folder / f"{name}{suffix}"))
        taken = rf"\input{{{name}}}" if more else rf"\includegraphics{{{name}}}"
        frames.append(taken)
    for name in ("row", "identity-block"):
        draw(folder, "resnet50", *size, "--only", name, "-o", str(folder / f"{name}.pdf"))
        frames.append(rf"\includegraphics{{{name}}}")
    return "\n".join(
        "\\begin{frame}{A network}\\centering\n" + taken + "\n\\end{frame}" for taken in frames
    )


def write_paper(folder: Path, name: str, real: bool = False) -> None:
    """Draw the figures of a document, and write its source as ``paper.tex``."""
    paper = PAPERS[name]
    folder.mkdir(parents=True, exist_ok=True)
    body = draw_talk(folder, paper) if name == "talk" else draw_article(folder, paper)
    head = paper.real if real and paper.real else paper.like
    title = "" if name == "talk" else "\\title{An article}\\author{A. N. Author}\n"
    start = "" if name == "talk" else "\\maketitle\n"
    source = [head, PACKAGES, title, "\\begin{document}", start, body, "\\end{document}", ""]
    (folder / "paper.tex").write_text("\n".join(source), encoding="utf-8")


def compile_paper(folder: Path, engine: str) -> str:
    """Compile a document twice, for its references; the log."""
    words = [engine, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(2):
        done = subprocess.run(words, cwd=folder, capture_output=True, timeout=280)
        assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-2000:]
    return (folder / "paper.log").read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    for name in PAPERS:
        for engine in filter(shutil.which, ENGINES):
            place = Path(sys.argv[1]) / f"{name}-{engine}"
            write_paper(place, name, real="--real" in sys.argv)
            log = compile_paper(place, engine)
            told = [
                line for line in log.splitlines() if line.startswith(("Overfull", "Package arch"))
            ]
            print(place, *told, sep="\n  ")
            words = ["pdftoppm", "-r", "150", "-png", "paper.pdf", "page"]
            subprocess.run(words, cwd=place, check=True)
