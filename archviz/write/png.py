"""PNG: the SVG rasterised by resvg, with the bundled fonts: the same on every machine.

resvg leaves out what no font has, without a word. So where a text has characters that the
bundled fonts lack, and only then, they are drawn as outlines of a font of the system.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from archviz.errors import fail
from archviz.scene.bundled_font import bundled_file
from archviz.write.lacking import other_texts, warn_missing
from archviz.write.raster import rasterise
from archviz.write.svg import write_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archviz.scene.scene import Scene
    from archviz.write.svg_steps import Step

LARGEST = 200_000_000
"""Pixels that a picture may have; each takes four bytes of memory."""


def write_png(scene: Scene, *, scale: float = 2.0, width: int | None = None) -> bytes:
    """The scene as a PNG; see :func:`begin_png`."""
    return begin_png(scene, scale=scale, width=width)()


def begin_png(scene: Scene, *, scale: float = 2.0, width: int | None = None) -> Callable[[], bytes]:
    """What makes the scene a PNG, here or in another process; it is most of the work.

    Where the scene has no background, the PNG is transparent.

    Args:
        scene: the picture.
        scale: pixels of the PNG for one of the scene.
        width: width in pixels, instead of ``scale``.

    Raises:
        ArchvizError: the PNG would be too large or have no pixels.
    """
    zoom = _zoom(scene, scale, width)
    source = write_svg(scene._replace(background="", dark=None), _rewriting(scene))
    warn_missing([scene])
    files = [bundled_file(bold) for bold in (False, True)]
    fonts = (*files, *_coloured(scene))
    return partial(rasterise, source, zoom, scene.background, fonts)


def _rewriting(scene: Scene) -> Callable[[Step], Iterator[Step]] | None:
    """How the steps of an SVG are drawn, where texts have letters that the bundled font lacks."""
    if not other_texts([scene]):
        return None
    from archviz.write.drawn_text import drawn

    return drawn


def _coloured(scene: Scene) -> list[str]:
    """The fonts of the system whose letters are pictures, of those that the scene is set in."""
    texts = other_texts([scene])
    if not texts:
        return []
    from archviz.scene.shaping import fonts_of
    from archviz.write.drawn_text import is_coloured

    return [font for font in fonts_of(texts) if is_coloured(font)]


def _zoom(scene: Scene, scale: float, width: int | None) -> float:
    """Pixels of the PNG for one of the scene, after a look at what that comes to."""
    if width is not None and width < 1:
        raise fail("png", f"a width of {width} pixels is no picture", "give 1 or more")
    if width is None and not (math.isfinite(scale) and scale > 0):
        raise fail("png", f"a scale of {scale:g} is no picture", "give a number above 0, such as 2")
    zoom = scale if width is None else width / round(scene.width)  # resvg rounds before it zooms
    if round(min(scene.width, scene.height)) * zoom < 0.51:
        raise fail("png", "the picture would be less than a pixel high or wide", "make it larger")
    pixels = scene.width * scene.height * zoom**2
    if pixels > LARGEST:
        most = math.sqrt(LARGEST / (scene.width * scene.height))
        raise fail(
            "png",
            f"{pixels / 1e6:,.0f} megapixels are more than the {LARGEST // 10**6} that are allowed",
            f"use a scale of at most {math.floor(most * 100) / 100:g}, or a width of at most "
            f"{math.floor(most * scene.width)}; svg and pdf are sharp at any size",
        )
    return zoom
