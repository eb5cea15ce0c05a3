"""Labels of a TikZ picture: LaTeX where it has the letters, or else a font that lualatex loads."""

from __future__ import annotations

import os
import re

from archviz.scene.bundled_font import covered
from archviz.write.latex import beyond, latex

NAMES = "abcdefghijklmnopqrstuvwxyz"
HARD = re.compile(r'[%#{}~^"\[\]\r\n]')
"""In the name of a file: what TeX would read as something else."""
TURNS = {*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F))}
"""Characters that turn the order of letters, which is that of the page here."""


class Labels:
    """Turns texts into LaTeX, and gathers the fonts that they need and what none has."""

    def __init__(self) -> None:
        self.fonts: dict[str, str] = {}
        """The files of fonts, each with the letter that stands for it."""
        self.heavy = 0.0
        """The width of the line round letters that are bold where no font has them so, in em; 0
        where there are none."""
        self.missing: dict[str, None] = {}

    def latex(self, text: str, bold: bool) -> str:
        """A text in LaTeX; what only a font has in a command that lualatex knows."""
        if covered(bold).issuperset(text) or not beyond(text):
            return latex(text)
        from archviz.scene.shaping import BUNDLED, Run, runs
        from archviz.write.drawn_text import stroke

        def piece(run: Run) -> str:
            plain = latex(run.text)
            lead = " " * (plain != "" and run.text[:1].isspace())
            tail = " " * (plain != "" and run.text[-1:].isspace())
            lacking = beyond(run.text) if run.font != BUNDLED else ""
            name = self._name(run.font) if lacking else ""
            if lacking and not name:
                self.missing.update(dict.fromkeys(lacking))
            if not name:
                return lead + plain + tail
            letters = "".join(char for char in " ".join(run.text.split()) if char not in TURNS)
            way = "TRT" if run.leftwards else "TLT"
            how = f"{{{name}}}{{{run.script.lower() or 'dflt'}}}{{{way}}}"
            other = rf"\other{how}{{{letters}}}{{{plain}}}"
            if line := stroke(run, bold):
                self.heavy, other = line, rf"{{\heavy{other}}}"
            return f"{lead}{other}{tail}"

        return "".join(map(piece, runs(text, bold)))

    def _name(self, font: str) -> str:
        """The letter of a font; empty where TeX cannot name its file."""
        path = font.replace(os.sep, "/")
        if not path or HARD.search(path) or "\\" in path:
            return ""
        if path not in self.fonts and len(self.fonts) < len(NAMES):
            self.fonts[path] = NAMES[len(self.fonts)]
        return self.fonts.get(path, "")
