"""A figure environment of LaTeX for a network that is drawn in parts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from archviz.write.latex import ascii_line, latex
from archviz.write.tikz_names import tex_word

PAGE = 9.0 * 96
"""Pixels that parts in one float may be high together, where nothing else is said."""
CAPTION = 30.0
"""Pixels for the caption of a part."""
WIDE = 4.5 * 96
"""Pixels from which on a figure spans both columns of a page that has two."""
INCLUDED = {"pdf": r"\includegraphics{%s}", "png": r"\includegraphics{%s}", "tex": r"\input{%s}"}
"""How LaTeX takes a file of a format; TeX as a picture to ``\\input``."""


class PartFile(NamedTuple):
    """A part of a figure: what it shows, its file, its width and height in pixels."""

    name: str
    path: str
    width: float
    height: float


def subfigures(title: str, path: str, parts: Sequence[PartFile], most: float = PAGE) -> str:
    """The source that sets the files of parts; a float goes on in another above ``most`` pixels.

    ``path`` is that of the source; the files stand beside it.
    """
    most = min(most, PAGE)
    stem = tex_word(os.path.splitext(os.path.basename(path))[0]).lower()
    star = "*" if max(part.width for part in parts) > WIDE else ""
    kind = os.path.splitext(parts[0].path)[1][1:]
    packages = "subcaption" if kind == "tex" else "graphicx,subcaption"
    lines = [
        f"% {ascii_line(title)}, drawn by archviz. For the preamble: \\usepackage{{{packages}}}"
    ]
    for number, page in enumerate(_pages(parts, most)):
        lines += [rf"\begin{{figure{star}}}[tp]", *[r"  \ContinuedFloat"] * (number > 0)]
        lines.append(r"  \centering")
        for part in page:
            lines += _part(part, stem, kind)
        about = f"{latex(title)}, continued." if number else f"{latex(title)}."
        label = "" if number else rf"\label{{fig:{stem}}}"
        lines += [rf"  \caption{{{about}}}{label}", rf"\end{{figure{star}}}"]
    return "\n".join([*lines, ""])


def _pages(parts: Sequence[PartFile], most: float) -> list[list[PartFile]]:
    """The parts that stand together in a float."""
    pages: list[list[PartFile]] = []
    room = 0.0
    for part in parts:
        room -= part.height + CAPTION
        if room < 0 or not pages:
            pages.append([])
            room = most - part.height
        pages[-1].append(part)
    return pages


def _part(part: PartFile, stem: str, kind: str) -> list[str]:
    file = os.path.splitext(os.path.basename(part.path))[0]
    shown = INCLUDED[kind] % file
    label = f"fig:{stem}-{tex_word(part.name).lower()}"
    return [
        r"  \begin{subfigure}{\linewidth}",
        r"    \centering",
        rf"    \makebox[\linewidth]{{{shown}}}",
        rf"    \caption{{{latex(part.name)}}}\label{{{label}}}",
        r"  \end{subfigure}\par\medskip",
    ]
