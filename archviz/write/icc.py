"""The colour space of the pictures, sRGB, as a profile: what their numbers mean in print.

ICC.1:2001-12 (version 4.0, which PDF 1.5 knows), of the values that IEC 61966-2-1 states, adapted
to D50.
"""

from __future__ import annotations

import struct
from functools import cache

WHITE = (0.9642, 1.0, 0.8249)
"""D50, the white of all profiles."""
RED, GREEN, BLUE = (
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.7141),
)
CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""Exponent, factor, offset, slope of the straight part, and where that ends."""
ADAPTED = (1.04788, 0.02292, -0.0502, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168)
"""By Bradford's matrix, from D65."""
NAME = "sRGB IEC61966-2.1"


@cache
def srgb_profile() -> bytes:
    """The profile of sRGB; it has no date, and so the same bytes always."""
    curve = b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed(*CURVE)
    tags = {
        b"desc": _words(NAME),
        b"cprt": _words("No copyright, use freely"),
        b"wtpt": _xyz(*WHITE),
        b"chad": b"sf32" + bytes(4) + _fixed(*ADAPTED),
        b"rXYZ": _xyz(*RED),
        b"gXYZ": _xyz(*GREEN),
        b"bXYZ": _xyz(*BLUE),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        at = body.find(data) if data == curve else -1  # the three curves are one
        if at < 0:
            at = len(body)
            body += data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", start + at, len(data))
    head = struct.pack(">I4xI4s4s4s", start + len(body), 0x04000000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2001, 12, 1, 0, 0, 0, b"acsp") + bytes(28)  # the standard's day
    head += _fixed(*WHITE) + bytes(48)
    return head + table + body


def _fixed(*values: float) -> bytes:
    """Numbers with sixteen bits behind the point."""
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _words(text: str) -> bytes:
    """A text in one language."""
    coded = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(coded), 28) + coded
