"""The chosen font in TikZ: its file for lualatex, a package with one like it for pdflatex."""

from __future__ import annotations

import os
from typing import NamedTuple

from archviz.scene.chosen_font import chosen_face
from archviz.scene.font_files import family, has_serifs
from archviz.write.tikz_scripts import HARD

HELVETICA = (("t1uhv.fd", "helvet"), ("lmodern.sty", "lmodern"))
LIKE: tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (("termes", "times", "tinos", "liberation serif", "nimbus rom", "stix"),
     (("t1qtm.fd", "tgtermes"), ("t1ptm.fd", "times"), ("lmodern.sty", "lmodern"))),
    (("heros", "nimbus sans", "liberation sans", "helvetica", "arial", "arimo"),
     (("t1qhv.fd", "tgheros"), *HELVETICA)),
    (("lm roman", "lm sans", "latin modern", "cmu"), (("lmodern.sty", "lmodern"),)),
)  # fmt: skip
"""Parts of names of families; of packages with letters like theirs, a file and the name."""


class TexFace(NamedTuple):
    """What letters are set in: a command for the family, packages that have it, and files."""

    command: str = r"\sffamily"
    packages: tuple[tuple[str, str], ...] = HELVETICA
    family: str = ""
    regular: str = ""
    bold: str = ""


def tex_face() -> TexFace:
    """Of the chosen font; of the bundled one, Helvetica, for which it was measured."""
    regular, bold = chosen_face(bold=False), chosen_face(bold=True)
    if not regular:
        return TexFace()
    name = family(regular)
    serifs = has_serifs(regular)
    other = (("lmodern.sty", "lmodern"),) if serifs else HELVETICA
    packages = next(
        (known for words, known in LIKE if any(word in name.lower() for word in words)), other
    )
    files = [path.replace(os.sep, "/") for path in (regular, bold)]
    if any(HARD.search(path) or "\\" in path or not path.isascii() for path in files):
        files = ["", ""]  # TeX cannot name them
    named = name if name.isascii() else "a font of your choice"
    return TexFace(r"\rmfamily" if serifs else r"\sffamily", packages, named, *files)
