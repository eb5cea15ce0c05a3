"""The pixels of an SVG: what takes most of the time of a PNG, and may run in another process."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DOTS_PER_METRE = 96 / 0.0254
"""Of a picture at scale 1."""


def rasterise(source: str, zoom: float, background: str, fonts: Sequence[str]) -> bytes:
    """An SVG as a PNG with its resolution, drawn with the fonts of these files alone."""
    import resvg_py

    picture = resvg_py.svg_to_bytes(
        svg_string=source,
        zoom=zoom,
        background=background or None,
        skip_system_fonts=True,
        font_files=[*fonts],
    )
    return _with_resolution(bytes(picture), zoom)


def _with_resolution(picture: bytes, zoom: float) -> bytes:
    """The PNG with its resolution noted, so that programs place it in the scene's size."""
    density = round(DOTS_PER_METRE * zoom)
    body = b"pHYs" + struct.pack(">IIB", density, density, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    behind_header = 8 + 4 + 4 + 13 + 4
    return picture[:behind_header] + chunk + picture[behind_header:]
