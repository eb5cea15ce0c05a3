"""HTML: one figure to put into a page that has its own style, its own ids and its own script.

It stands in the shadow of one element, so that nothing of the page reaches it, and nothing of
it the page or another figure. It asks no server. ``templates/fragment.*.j2`` are its parts.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from archviz.write.html_parts import Palette, make_view, patterns_of
from archviz.write.templates import render_template
from archviz.write.web_fonts import bundled_web_fonts, css_families, web_fonts

if TYPE_CHECKING:
    from archviz.write.html import HtmlFigure

PREFIX = "\ufdd0"
"""What stands for the digest in ids until that is known; no text has it."""


def write_fragment(figure: HtmlFigure) -> str:
    """The markup of a figure, one element without an empty line: Markdown lets it through."""
    palette = Palette()
    view = make_view(figure.scene, figure.dark, PREFIX, figure.title, palette, embedded=False)
    style = render_template(
        "fragment.css.j2",
        light=palette.values(0),
        dark=palette.values(1),
        letters=f"{PREFIX}, {css_families(figure.scene)}",
    )
    text = render_template(
        "fragment.html.j2",
        icon_ids=f"{PREFIX}-i",
        view=view._replace(name=figure.name),
        style=style,
        script=render_template("fragment.js.j2"),
        patterns=patterns_of([figure.scene]),
        faces=web_fonts([figure.scene]) or bundled_web_fonts([figure.scene], PREFIX),
    )
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    lines = text.replace(PREFIX, f"fig-{digest}").splitlines()
    return "".join(f"{line}\n" for line in lines if line.strip())
