"""Texts that the bundled font lacks, for a PNG: the outlines that a PDF has too.

A rasteriser would choose among the fonts itself, and leave out what it does not find. Only
letters that are pictures, such as most emoji, are left to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from archviz.scene.bundled_font import bundled_file
from archviz.scene.chosen_font import is_plain
from archviz.scene.font_files import face, is_bold
from archviz.scene.scene import total
from archviz.scene.shaping import BUNDLED, UNSEEN, Run, runs
from archviz.scene.text import text_width
from archviz.write.outlines import outline
from archviz.write.svg import number
from archviz.write.svg_steps import Step

if TYPE_CHECKING:
    from archviz.scene.scene import Point

BOX = (0.15, 0.7, 0.69, 0.06)
"""The empty box for a character that no font has: its left, width, height and line, in em."""
SHARES = {"": 0.5, "start": 0.0, "end": 1.0}
BOLDER = 0.035
"""Width of the line round a letter that is bold where its font has no bold face, in em."""
PIXELS = 256
"""Height of an em of a letter that is a picture, where it is placed as one."""


def is_coloured(font: str) -> bool:
    """Whether letters of a font file may be pictures."""
    if font in ("", BUNDLED):
        return False
    kind = face(font)
    return bool(
        kind.has_color_png or kind.has_color_layers or kind.has_color_paint or kind.has_color_svg
    )


@lru_cache(maxsize=1024)
def way(run: Run) -> Literal["letters", "picture", "outline", "box"]:
    """How a run is drawn: the bundled font's letters, a picture, outlines, or else boxes."""
    if run.font == BUNDLED:
        return "letters"
    if is_coloured(run.font) and not _is_blank(picture(run)):
        return "picture"
    seen = run.text.isspace() or any(outline(run.font, glyph.number) for glyph in run.glyphs)
    return "outline" if run.font and seen else "box"


def stroke(run: Run, bold: bool) -> float:
    """The width of the line round the letters of a run, in em: as browsers do where a text is
    bold and no font has its letters so."""
    return BOLDER if bold and not is_bold(run.font) else 0.0


def _is_blank(png: bytes) -> bool:
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        return image.convert("RGBA").getchannel("A").getbbox() is None


def without_glyphs(texts: Iterable[tuple[str, bool]]) -> str:
    """The characters of texts (each with whether it is bold) for which boxes stand, each once."""
    lacking = [run.text for text, bold in texts for run in runs(text, bold) if way(run) == "box"]
    return "".join(dict.fromkeys(char for char in "".join(lacking) if char not in UNSEEN))


def drawn(step: Step) -> Iterator[Step]:
    """A step of an SVG; of a text with other letters, a step for each of its runs."""
    values = step.values
    bold = values.get("weight") == "bold"
    if step.do != "text" or is_plain(values["text"], bold):
        yield step
        return
    pieces = runs(values["text"], bold)
    size, y = float(values["size"]), float(values["y"])
    whole = total(run.advance for run in pieces) * size
    x = float(values["x"]) - SHARES[values["anchor"]] * whole
    for run in pieces:
        at = (x, y)
        how = way(run)
        if how in ("letters", "picture"):
            shown = run.text.lstrip()  # SVG has no blanks at the start of a text
            blank = text_width(run.text[: len(run.text) - len(shown)], size, bold)
            place = {"x": number(x + blank), "anchor": "start", "text": shown}
            yield Step("text", {**values, **place})
        elif how == "outline":
            line = stroke(run, bold) * size
            fill = values["fill"] or "#000000"
            width = f"{line:.3f}" if line else ""
            yield Step("outline", {"d": _path(run, at, size), "fill": fill, "width": width})
        else:
            yield _boxes(run, at, size, values["fill"] or "#000000")
        x += run.advance * size


def _path(run: Run, at: Point, size: float) -> str:
    """The glyphs of a run as the data of a path, y down."""
    parts = []
    for glyph in run.glyphs:
        left, base = at[0] + glyph.x * size, at[1] - glyph.y * size
        for step in outline(run.font, glyph.number):
            points = [
                f"{base - value * size:.3f}" if index % 2 else f"{left + value * size:.3f}"
                for index, value in enumerate(step)
            ]
            letter = {2: "M", 4: "L", 8: "C"}[len(points)]
            parts.append(letter + " ".join(points if letter == "M" else points[2:]))
    return "".join(parts)


def _boxes(run: Run, at: Point, size: float, color: str) -> Step:
    """An empty box, one em wide as it was measured, for each character that no font has."""
    left, width, height, line = (value * size for value in BOX)
    data = [
        f"M{at[0] + index * size + left:.3f} {at[1]:.3f}h{width:.3f}v{-height:.3f}h{-width:.3f}z"
        for index in range(round(run.advance))
    ]
    values = {"d": "".join(data), "stroke": color, "width": f"{line:.3f}", "bent": "yes"}
    return Step("line", {**values, **dict.fromkeys(("dash", "tip", "head", "marker"), "")})


@lru_cache(maxsize=256)
def picture(run: Run) -> bytes:
    """A run of coloured letters as a PNG, twice as high as an em, its baseline at three quarters.

    It is as wide as the run.
    """
    import resvg_py

    from archviz.write.templates import render_template

    width, size = max(1, round(run.advance * PIXELS)), float(PIXELS)
    values = {"x": "0", "y": number(1.5 * size), "size": number(size), "anchor": "start"}
    source = render_template(
        "figure.svg.j2",
        width=width,
        height=2 * PIXELS,
        title="",
        description="",
        prefix="",
        ground={"fill": ""},
        dark=(),
        arrows=(),
        fonts="Arimo",
        faces=(),
        ops=[Step("text", {**values, "text": run.text, "fill": "", "weight": "", "length": ""})],
    )
    files = [bundled_file(bold=False), run.font]  # it starts from a font that it knows by name
    return bytes(resvg_py.svg_to_bytes(svg_string=source, skip_system_fonts=True, font_files=files))
