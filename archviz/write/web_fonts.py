"""The fonts in SVG and HTML: embedded, cut to the letters that are drawn."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

from archviz.scene.bundled_font import bundled_file
from archviz.scene.chosen_font import chosen_face, chosen_families
from archviz.scene.font_files import face, family, may_embed
from archviz.scene.scene import texts_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archviz.scene.scene import Scene


class WebFont(NamedTuple):
    """A face for ``@font-face``: ``data`` is a font file in base64."""

    family: str
    weight: int
    kind: str
    data: str


def css_families(scene: Scene) -> str:
    """The families of a scene's texts as CSS and SVG list them, the chosen one first."""
    quoted = [f"'{name}'" if " " in name else name for name in scene.fonts]
    return ", ".join([*(f"'{name}'" for name in chosen_families()), *quoted])


def web_fonts(scenes: Iterable[Scene]) -> list[WebFont]:
    """The faces of the chosen font that scenes are set in; none where it is the bundled one."""
    if not chosen_face(bold=False):
        return []
    return [
        made
        for bold, used in _letters(scenes)
        if (made := _cut(chosen_face(bold), _chosen(), bold, used)) is not None
    ]


def bundled_web_fonts(scenes: Iterable[Scene], name: str) -> list[WebFont]:
    """The faces of the bundled font under another ``name``, for a page that may have its own."""
    faces = [_cut(bundled_file(bold), name, bold, used) for bold, used in _letters(scenes)]
    return [made for made in faces if made is not None]


def _letters(scenes: Iterable[Scene]) -> list[tuple[bool, set[str]]]:
    """The letters that are drawn, of the regular face and then of the bold one."""
    letters: dict[bool, set[str]] = {}
    for scene in scenes:
        for text in texts_in(scene.items):
            letters.setdefault(text.bold, set()).update(text.text)
    return sorted(letters.items())


def _chosen() -> str:
    return family(chosen_face(bold=False))


def _cut(path: str, name: str, bold: bool, letters: set[str]) -> WebFont | None:
    """A face with these letters, and all that they become; None where it may not be embedded."""
    import uharfbuzz

    if not may_embed(path):
        return None
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.update(map(ord, letters))
    cut = uharfbuzz.subset(face(path), wanted)
    assert cut is not None, "HarfBuzz cannot cut the font"
    kind = "opentype" if "CFF " in cut.table_tags else "truetype"
    return WebFont(name, 700 if bold else 400, kind, b64encode(bytes(cut.blob.data)).decode())
